/* Numerals: print and read back, and the wordings of official text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/rng.h"
#include "base/utf8.h"
#include "base/val.h"
#include "engine/numeral.h"
#include <cmocka.h>

static bool read(const char *text, struct numeral *x, int *chars)
{
	int32_t c[256] = { 0 };
	struct str s = str_c(text);
	int n = 0;
	for (size_t at = 0; at < s.n && n < 250;) c[n++] = utf8_next(s, &at);
	*chars = n;
	return numeral_read(c, n, 0, x);
}

struct row { const char *text; int length; const char *value; int power; };

static void wordings(void **state)
{
	static const struct row rows[] = {
		{ "1,234.5万元", 8, "1234.5", 4 }, { "２０２０年", 4, "2020", 0 }, { "三十二家", 3, "32", 0 }, { "两万五千人", 4, "25000", 0 },
		{ "2.3万余家", 5, "2.3", 4 }, { "600余万元", 5, "600", 4 }, { "三千五百万元", 5, "3500", 4 }, { "千亿级", 2, "1000", 8 },
		{ "1亿2000万元", 7, "12000", 4 }, { "两亿三千万元", 5, "23000", 4 }, { "5千米", 1, "5", 0 }, { "3个百分点", 1, "3", 0 },
		{ "一百零八个", 4, "108", 0 }, { "十二家", 2, "12", 0 }, { "二〇一八年", 4, "2018", 0 }, { "1.2万亿元", 5, "1.2", 12 },
		{ "236.05万平方米", 7, "236.05", 4 }, { "0.07", 4, "0.07", 0 }, { "1234,567", 4, "1234", 0 }, { "12,34", 2, "12", 0 },
		{ "伍佰万元", 3, "500", 4 }, { "五千多家", 3, "5000", 0 }, { "3万5千人", 4, "35", 3 },
	};
	struct numeral x;
	int chars;
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int64_t value;
		assert_true(dec_parse(str_c(rows[i].value), &value));
		if (!read(rows[i].text, &x, &chars) || x.length != rows[i].length || x.value != value || x.power != rows[i].power)
			fail_msg("%s: length %d, value %lld, power %d", rows[i].text, x.length, (long long)x.value, x.power);
	}
}

static void vague_words(void **state)
{
	struct numeral x;
	int chars;
	(void)state;
	assert_true(read("十余家", &x, &chars) && x.vague == NUMERAL_MORE && x.value == 10 * DEC_ONE);
	assert_true(read("几十家", &x, &chars) && x.vague == NUMERAL_ORDER && x.value == 10 * DEC_ONE);
	assert_true(read("数百家", &x, &chars) && x.vague == NUMERAL_ORDER && x.value == 100 * DEC_ONE);
	assert_true(read("七八家", &x, &chars) && x.value == 7 * DEC_ONE && x.high == 8 * DEC_ONE);
	assert_true(read("99999999999999999999", &x, &chars) && x.too_long && x.value == 0);
	assert_false(read("几个", &x, &chars));
	assert_false(read("家", &x, &chars));
	assert_false(read("", &x, &chars));
}

static void chinese_round_trip(void **state)
{
	struct arena *a = arena_new((size_t)64 << 20);
	struct rng rng = rng_seed(7);
	(void)state;
	for (int i = 0; i < 20000; i++) {
		static const uint64_t tops[] = { 100, 10000, 100000000, 1000000000000 };
		int64_t want = (int64_t)rng_below(&rng, tops[i % 4]) + 1;
		if (i % 5 == 0) want -= want % 1000;
		if (want <= 0) continue;
		struct str s = numeral_chinese(a, want);
		struct numeral x;
		int chars;
		if (!read(str_z(a, s), &x, &chars)) fail_msg("%.*s is not read", STRF(s));
		__int128 got = x.value;
		for (int p = 0; p < x.power; p++) got *= 10;
		if (x.length != chars || x.vague || (x.high == x.value && got != (__int128)want * DEC_ONE))
			fail_msg("%lld: %.*s read as %lld, power %d, %d of %d characters", (long long)want, STRF(s), (long long)x.value, x.power, x.length, chars);
		if (i % 1000 == 0) arena_reset(a);
	}
	arena_free(a);
}

/* Thousands separators and decimals. */
static void arabic_round_trip(void **state)
{
	struct arena *a = arena_new((size_t)64 << 20);
	struct rng rng = rng_seed(11);
	(void)state;
	for (int i = 0; i < 20000; i++) {
		int64_t whole = (int64_t)rng_below(&rng, (uint64_t)1 << (1 + i % 36)), micro = (int64_t)rng_below(&rng, DEC_ONE);
		int64_t want = whole * DEC_ONE + (i % 3 ? micro : 0);
		struct str plain = dec_format(a, want), s = plain;
		size_t point = str_find(plain, STR("."), 0), end = point == SIZE_MAX ? plain.n : point;
		if (i % 2) {
			char text[64];
			size_t n = 0;
			for (size_t k = 0; k < plain.n; k++) {
				if (k && k < end && (end - k) % 3 == 0) text[n++] = ',';
				text[n++] = plain.p[k];
			}
			text[n] = 0;
			s = str_fmt(a, "%s", text);
		}
		struct numeral x;
		int chars;
		if (!read(str_z(a, s), &x, &chars) || x.value != want || x.length != chars) fail_msg("%.*s read as %lld", STRF(s), (long long)x.value);
		if (i % 1000 == 0) arena_reset(a);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(wordings), cmocka_unit_test(vague_words), cmocka_unit_test(chinese_round_trip),
		cmocka_unit_test(arabic_round_trip) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

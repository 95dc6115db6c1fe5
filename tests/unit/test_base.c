/* The base: arenas and their ceiling, strings, exact numbers, time, money, CSV, JSON, Unicode, hashes, ids, near names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#undef fail

#include "base/buf.h"
#include "base/csv.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/money.h"
#include "base/rng.h"
#include "base/time.h"
#include "base/utf8.h"
#include "base/val.h"

static struct cx cx;

static int setup(void **state)
{
	(void)state;
	cx = (struct cx){ .arena = arena_new(64 << 20), .lang = LANG_EN };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(cx.arena);
	return 0;
}

static void arena_stops_the_process_at_its_ceiling(void **state)
{
	(void)state;
	pid_t pid = fork();
	if (pid == 0) {
		signal(SIGABRT, SIG_DFL);
		close(STDERR_FILENO);
		struct arena *a = arena_new(1 << 20);
		for (int i = 0; i < 64; i++) arena_alloc(a, 32 << 10);
		_exit(0);
	}
	int status;
	waitpid(pid, &status, 0);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	struct arena *a = arena_new(1 << 20);
	for (int round = 0; round < 100; round++) {
		for (int i = 0; i < 20; i++) {
			char *p = arena_alloc(a, 10000);
			for (int k = 0; k < 10000; k += 777) assert_int_equal(p[k], 0);
			memset(p, 'x', 10000);
		}
		arena_reset(a);
	}
	arena_free(a);
}

static void strings(void **state)
{
	(void)state;
	struct str rest = STR("a,,b"), part;
	int n = 0;
	while (str_cut(&rest, ',', &part)) n++;
	assert_int_equal(n, 3);
	assert_true(str_is(str_trim(STR(" \u3000甲 \t")), "甲"));
	int64_t v;
	assert_true(str_int(STR("-9223372036854775808"), &v) && v == INT64_MIN);
	assert_false(str_int(STR("9223372036854775808"), &v));
	assert_false(str_int(STR("12 "), &v));
	assert_int_equal(str_find(STR("abcabc"), STR("ca"), 0), 2);
	assert_int_equal(str_find(STR("abc"), STR("abcd"), 0), SIZE_MAX);
	struct buf b = BUF(cx.arena, 5);
	buf_add(&b, STR("abc"));
	buf_add(&b, STR("def"));
	assert_true(b.full);
	assert_true(str_is(buf_str(&b), "abc"));
	b = BUF(cx.arena, 200);
	buf_xml(&b, STR("a<b>&\"c'\n\x01铝\xEF\xBF\xBFz"));
	assert_true(str_is(buf_str(&b), "a&lt;b&gt;&amp;&quot;c&#39;&#10; 铝\xEF\xBF\xBDz"));
}

/* Words that overlap must see every byte, at every length. */
static void texts_differ_in_any_byte(void **state)
{
	(void)state;
	char a[40], b[40];
	for (size_t n = 0; n <= sizeof a; n++) {
		for (size_t i = 0; i < n; i++) a[i] = b[i] = (char)('a' + i % 26);
		assert_true(str_eq((struct str){ a, n }, (struct str){ b, n }));
		for (size_t i = 0; i < n; i++) {
			b[i] ^= 1;
			assert_false(str_eq((struct str){ a, n }, (struct str){ b, n }));
			assert_false(str_starts((struct str){ a, n }, (struct str){ b, i + 1 }));
			assert_true(str_starts((struct str){ a, n }, (struct str){ b, i }));
			b[i] ^= 1;
		}
	}
	assert_true(str_is(STR_CAT(cx.arena, STR("/r/"), STR(""), STR("lab")), "/r/lab"));
}

static void buffers_stop_at_their_maximum(void **state)
{
	(void)state;
	for (size_t max = 0; max < 600; max += 5) {
		struct buf b = BUF(cx.arena, max);
		for (size_t i = 0; i < max; i++) buf_c(&b, 'x');
		assert_true(!b.full && b.n == max);
		buf_c(&b, 'y');
		buf_add(&b, STR(""));
		assert_true(b.full && b.n == max);
		b = BUF(cx.arena, max);
		while (!b.full) buf_add(&b, STR("1234567"));
		buf_add(&b, STR("z"));          /* it would fit, but something before it is missing */
		assert_true(b.n == max / 7 * 7 && !str_has(buf_str(&b), STR("z")));
	}
}

static void maps(void **state)
{
	(void)state;
	struct val m = VAL_OF(cx.arena, { STR("a"), val_int(1) }, { STR("long key"), val_textz("x") }), list = val_list_room(cx.arena, 1);
	VAL_SET(cx.arena, m, "a", val_int(2));
	VAL_SET(cx.arena, m, "third", val_bool(true));
	assert_true(val_len(m) == 3 && val_i64(VAL_GET(m, "a")) == 2 && str_is(val_str(VAL_GET(m, "long key")), "x") && val_true(VAL_GET(m, "third")));
	val_push(cx.arena, list, m);
	val_push(cx.arena, list, VNULL);
	assert_true(val_len(list) == 2 && val_eq(val_at(list, 0), m) && val_is_null(val_at(list, 1)));
	struct arena *empty = arena_new(1 << 20);
	assert_non_null(arena_alloc(empty, 0));
	assert_int_equal(arena_used(empty), 0);
	arena_free(empty);
}

static void decimals_are_exact(void **state)
{
	(void)state;
	int64_t v;
	assert_true(dec_parse(STR("-12.345678"), &v) && v == -12345678);
	assert_false(dec_parse(STR("1.2345678"), &v));
	assert_false(dec_parse(STR("1."), &v));
	assert_false(dec_parse(STR(".5"), &v));
	assert_false(dec_parse(STR("1e3"), &v));
	assert_false(dec_parse(STR("99999999999999"), &v));
	struct rng r = rng_seed(7);
	for (int i = 0; i < 20000; i++) {
		int64_t x = (int64_t)(rng_next(&r) % 2000000000000000ull) - 1000000000000000, y;
		assert_true(dec_parse(dec_format(cx.arena, x), &y));
		assert_int_equal(x, y);
	}
}

static void money(void **state)
{
	(void)state;
	static const struct { const char *text; int64_t fen; } good[] = { { "1,234.56", 123456 }, { "1.2万元", 1200000 }, { "3亿", 30000000000 }, { "￥5", 500 },
		{ "0.01", 1 }, { "163620.5万元", 163620500000 }, { "-3", -300 } };
	int64_t fen;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		assert_true(money_parse(str_c(good[i].text), &fen));
		assert_int_equal(fen, good[i].fen);
	}
	assert_false(money_parse(STR("0.001"), &fen));
	assert_false(money_parse(STR("五百"), &fen));
	assert_false(money_parse(STR(""), &fen));
	assert_true(str_is(money_text(cx.arena, 123456789), "1,234,567.89"));
	assert_true(str_is(money_text(cx.arena, -5), "-0.05"));
	assert_true(str_is(money_wan(cx.arena, 163620500000), "163,620.5"));
	int64_t bp;
	assert_true(money_share_bp(1781000, 2172420, &bp) && bp == 8198);
	assert_false(money_share_bp(1, 0, &bp));
}

static void days_and_instants(void **state)
{
	(void)state;
	int32_t d;
	/* Every day of four centuries, there and back, one after the other. */
	int32_t first, last = 0;
	assert_true(date_make(1800, 1, 1, &first));
	for (int32_t i = first; i < first + 146097; i++) {
		int y, m, day;
		date_split(i, &y, &m, &day);
		assert_true(date_make(y, m, day, &d) && d == i);
		if (i > first) assert_int_equal(date_weekday(i), (date_weekday(last) + 1) % 7);
		last = i;
	}
	assert_true(date_make(2026, 11, 25, &d) && date_weekday(d) == 3);
	assert_false(date_make(2025, 2, 29, &d));
	assert_false(date_parse(STR("2026-13-01"), &d));
	int64_t ms;
	assert_true(instant_parse(STR("2026-11-25T08:00"), 480, &ms));
	assert_true(str_is(instant_iso(cx.arena, ms), "2026-11-25T00:00:00.000Z"));
	assert_true(str_is(instant_text(cx.arena, -1, 480), "1970-01-01 07:59:59"));
	assert_int_equal(instant_date(-1, 0), -1);
	assert_false(instant_parse(STR("2026-11-25T24:00"), 480, &ms));
}

static void csv(void **state)
{
	(void)state;
	struct csv c = csv_open(STR("a,b\r\n\"x,\"\"y\",\"2\nlines\"\n\nlast,"), "t.csv");
	struct csv_row row;
	bool more;
	assert_int_equal(csv_next(&cx, &c, &row, &more), RC_OK);
	assert_int_equal(csv_column(&row, "b"), 1);
	assert_int_equal(csv_next(&cx, &c, &row, &more), RC_OK);
	assert_true(str_is(row.cell[0], "x,\"y"));
	assert_true(str_is(row.cell[1], "2\nlines"));
	assert_int_equal(csv_next(&cx, &c, &row, &more), RC_OK);
	assert_int_equal(row.line, 5);
	assert_true(row.n == 2 && row.cell[1].n == 0);
	assert_int_equal(csv_next(&cx, &c, &row, &more), RC_OK);
	assert_false(more);
	c = csv_open(STR("a,\"never closed\n1,2"), "t.csv");
	assert_int_equal(csv_next(&cx, &c, &row, &more), RC_INVALID);
	assert_int_equal(cx.fails.v[0].where.line, 1);
	struct buf b = BUF(cx.arena, 1000);
	csv_put(&b, STR("=1+1"), true);
	csv_put(&b, STR("-5"), false);
	csv_put(&b, STR("a\"b"), false);
	assert_true(str_is(buf_str(&b), "\"'=1+1\",-5,\"a\"\"b\""));
}

static void json(void **state)
{
	(void)state;
	struct val v;
	assert_int_equal(json_read(&cx, STR("{\"a\":[1,2.5,null,true,\"\\u6c49\"],\"b\":{}}"), "t", &v), RC_OK);
	assert_true(str_is(json_text(cx.arena, v), "{\"a\":[1,2.5,null,true,\"汉\"],\"b\":{}}"));
	static const char *const bad[] = { "{\"a\":1,\"a\":2}", "[1,", "\xff", "1e999", "{\"a\" 1}", "" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_int_equal(json_read(&cx, str_c(bad[i]), "t", &v), RC_INVALID);
	/* Nothing that ends a script or a line survives. */
	assert_true(str_is(json_text(cx.arena, val_text(STR("</script>\u2028\x7f"))), "\"\\u003c/script>\\u2028\\u007f\""));
}

static void unicode(void **state)
{
	(void)state;
	assert_true(utf8_valid(STR("链创 🙂")));
	static const char *const bad[] = { "\xC0\x80", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xE9\x93", "\x80" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(utf8_valid(str_c(bad[i])));
	assert_int_equal(utf8_count(STR("链创🙂")), 3);
	struct str a, b;
	assert_int_equal(text_fold(&cx, STR("ＡＢＣ①"), &a), RC_OK);
	assert_int_equal(text_fold(&cx, STR("abc1"), &b), RC_OK);
	assert_true(str_eq(a, b));
	/* Pinyin: 安 before 北 before 昆 before 玉. */
	static const char *const order[] = { "安宁", "保山", "昆明", "玉溪" };
	for (int i = 0; i < 3; i++) {
		assert_int_equal(text_sort_key(&cx, str_c(order[i]), LANG_ZH, &a), RC_OK);
		assert_int_equal(text_sort_key(&cx, str_c(order[i + 1]), LANG_ZH, &b), RC_OK);
		assert_true(str_cmp(a, b) < 0);
	}
	const char *encoding;
	assert_int_equal(text_to_gb18030(&cx, STR("云南省"), &a), RC_OK);
	assert_int_equal(text_decode(&cx, a, &b, &encoding), RC_OK);
	assert_string_equal(encoding, "GB18030");
	assert_true(str_is(b, "云南省"));
	assert_int_equal(text_decode(&cx, STR("\xEF\xBB\xBFx"), &b, &encoding), RC_OK);
	assert_true(str_is(b, "x"));
	assert_int_equal(text_decode(&cx, STR("\xFF\xFEx\0\x2D\x4E"), &b, &encoding), RC_OK);
	assert_true(str_is(b, "x中"));
	assert_int_equal(text_decode(&cx, STR("%PDF-1.7\n"), &b, &encoding), RC_INVALID);
	assert_string_equal(cx.fails.v[cx.fails.n - 1].code, "text.document");
	assert_int_equal(text_decode(&cx, STR("ok\n\xff\xff"), &b, &encoding), RC_INVALID);
}

static void secrets(void **state)
{
	(void)state;
	/* RFC 4231, test case 2 */
	assert_true(str_is(hash_hex(cx.arena, hash_mac(HASH_SHA256, STR("Jefe"), STR("what do ya want for nothing?"))),
		"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
	struct digest d = hash_of(HASH_SM3, STR("abc"));
	assert_true(str_is(hash_hex(cx.arena, d), "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"));
	d = hash_of(HASH_SHA256, STR("abc"));
	assert_true(str_is(hash_hex(cx.arena, d), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
	unsigned char key[KEY_BYTES] = { 1 };
	struct str closed = seal_close(cx.arena, key, STR("here"), STR("text")), open;
	assert_true(seal_open(cx.arena, key, STR("here"), closed, &open) && str_is(open, "text"));
	assert_false(seal_open(cx.arena, key, STR("there"), closed, &open));
	for (size_t i = 0; i < closed.n; i++) {
		((char *)closed.p)[i] ^= 1;
		assert_false(seal_open(cx.arena, key, STR("here"), closed, &open));
		((char *)closed.p)[i] ^= 1;
	}
}

static void ids(void **state)
{
	(void)state;
	struct idgen g = { 0 };
	int64_t last = 0, back;
	for (int i = 0; i < 5000; i++) {
		/* The clock may stand still or go back; ids still rise. */
		int64_t id = id_next(&g, 1795608856795 - i);
		assert_true(id > last);
		assert_true(id_parse(id_text(cx.arena, id), &back) && back == id);
		last = id;
	}
	assert_false(id_parse(STR("0000000000000"), &back));
	assert_false(id_parse(STR("zzzzzzzzzzzzz"), &back));
}

static void near_names(void **state)
{
	(void)state;
	struct str names[] = { STR("required"), STR("field"), STR("number") };
	assert_int_equal(nearest_name(STR("requierd"), names, 3), 0);
	assert_int_equal(nearest_name(STR("feild"), names, 3), 1);
	assert_int_equal(nearest_name(STR("zzzz"), names, 3), -1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = { T(arena_stops_the_process_at_its_ceiling), T(strings), T(texts_differ_in_any_byte), T(buffers_stop_at_their_maximum), T(maps), T(decimals_are_exact), T(money), T(days_and_instants), T(csv),
		T(json), T(unicode), T(secrets), T(ids), T(near_names) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

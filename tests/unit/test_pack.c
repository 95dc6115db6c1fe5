#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/pack.h"
#include "base/rng.h"

#include <cmocka.h>        /* last: it has a macro called fail */

static struct cx cx_new(void) { return (struct cx){ .arena = arena_new((size_t)64 << 20) }; }

static struct val any(struct arena *a, struct rng *r, int depth)
{
	static const char bytes[] = "a\0\xFF\xE4\xB8\xAD";
	switch (rng_below(r, depth > 4 ? 5 : 7)) {
	case 0: return VNULL;
	case 1: return val_bool(rng_below(r, 2));
	case 2: return val_int((int64_t)(rng_next(r) >> rng_below(r, 64)));
	case 3: return val_dec(-(int64_t)(rng_next(r) >> (1 + rng_below(r, 63))));
	case 4: return val_text(str_dup(a, (struct str){ bytes, (size_t)rng_below(r, sizeof bytes) }));
	case 5: {
		struct val list = val_list(a);
		for (uint64_t n = rng_below(r, 6); n; n--) val_push(a, list, any(a, r, depth + 1));
		return list;
	}
	default: {
		struct val map = val_map(a);
		for (uint64_t n = rng_below(r, 6); n; n--) val_set(a, map, str_fmt(a, "k%d", (int)n), any(a, r, depth + 1));
		return map;
	}
	}
}

static struct str packed(struct cx *cx, struct val v)
{
	struct buf b = BUF(cx->arena, 1 << 20);
	assert_true(val_pack(&b, v));
	return buf_str(&b);
}

static void what_goes_in_comes_out(void **state)
{
	struct rng r = rng_seed(7);
	for (int i = 0; i < 3000; i++) {
		struct cx cx = cx_new();
		struct val v = any(cx.arena, &r, 0), back;
		struct str bytes = packed(&cx, v);
		assert_int_equal(val_unpack(&cx, bytes, &back), RC_OK);
		assert_true(val_eq(v, back));
		/* One encoding: packing again gives the same bytes. */
		assert_true(str_eq(bytes, packed(&cx, back)));
		arena_free(cx.arena);
	}
}

static void extremes(void **state)
{
	static const int64_t v[] = { 0, 1, -1, 63, 64, -64, -65, INT64_MAX, INT64_MIN };
	struct cx cx = cx_new();
	for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
		struct val back;
		assert_int_equal(val_unpack(&cx, packed(&cx, val_int(v[i])), &back), RC_OK);
		assert_int_equal(back.kind, VAL_INT);
		assert_true(back.i == v[i]);
	}
	arena_free(cx.arena);
}

static void every_cut_fails(void **state)
{
	struct cx cx = cx_new();
	struct val map = val_map(cx.arena), list = val_list(cx.arena), out;
	val_push(cx.arena, list, val_text(STR("中文")));
	val_push(cx.arena, list, val_int(123456789));
	VAL_SET(cx.arena, map, "list", list);
	VAL_SET(cx.arena, map, "none", VNULL);
	struct str whole = packed(&cx, map);
	for (size_t n = 0; n < whole.n; n++) {
		/* A copy of exactly n bytes, so that the sanitizer sees any step past the end. */
		char *copy = malloc(n ? n : 1);
		memcpy(copy, whole.p, n);
		fail_clear(&cx);
		assert_int_equal(val_unpack(&cx, (struct str){ copy, n }, &out), RC_INVALID);
		assert_string_equal(cx.fails.v[0].code, "pack.malformed");
		free(copy);
	}
	arena_free(cx.arena);
}

static void refused(void **state)
{
	static const struct str bad[] = {
		STR_INIT("x"), STR_INIT("nn"), STR_INIT("i\x80\x00"), STR_INIT("i\x81"),
		STR_INIT("i\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02"), STR_INIT("i\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"),
		STR_INIT("s\x05" "abc"), STR_INIT("l\xFF\xFF\xFF\xFF\x0F"), STR_INIT("m\x01\x01" "a"), STR_INIT("l\x03nn"),
	};
	struct cx cx = cx_new();
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct val out = val_int(42);
		assert_int_equal(val_unpack(&cx, bad[i], &out), RC_INVALID);
		assert_int_equal(out.i, 42);
	}
	arena_free(cx.arena);
}

static void bounded(void **state)
{
	struct cx cx = cx_new();
	struct val out;
	char deep[2 * (PACK_DEPTH_MAX + 2)];
	for (int i = 0; i < PACK_DEPTH_MAX + 2; i++) memcpy(deep + 2 * i, "l\x01", 2);
	deep[2 * PACK_DEPTH_MAX] = 'n';
	assert_int_equal(val_unpack(&cx, (struct str){ deep, 2 * PACK_DEPTH_MAX + 1 }, &out), RC_OK);
	memcpy(deep + 2 * PACK_DEPTH_MAX, "l\x01n", 3);
	assert_int_equal(val_unpack(&cx, (struct str){ deep, 2 * PACK_DEPTH_MAX + 3 }, &out), RC_LIMIT);
	/* A million nulls: a small message that would be 24 MB of values. */
	struct buf b = BUF(cx.arena, 2 << 20);
	buf_add(&b, STR("l\xC0\x84\x3D"));
	for (int i = 0; i < 1000000; i++) buf_c(&b, 'n');
	size_t before = arena_used(cx.arena);
	assert_int_equal(val_unpack(&cx, buf_str(&b), &out), RC_LIMIT);
	assert_true(arena_used(cx.arena) - before < 100000);
	/* What could not be read back is not written either. */
	struct val nest = val_int(1), wide = val_list(cx.arena);
	for (int i = 0; i <= PACK_DEPTH_MAX; i++) {
		struct buf t = BUF(cx.arena, 1 << 20);
		assert_true(val_pack(&t, nest));
		assert_int_equal(val_unpack(&cx, buf_str(&t), &out), RC_OK);
		struct val list = val_list(cx.arena);
		val_push(cx.arena, list, nest);
		nest = list;
	}
	for (int i = 0; i <= PACK_ITEMS_MAX; i++) val_push(cx.arena, wide, VNULL);
	struct buf t = BUF(cx.arena, 1 << 20), u = BUF(cx.arena, 1 << 20);
	assert_false(val_pack(&t, nest));
	assert_false(val_pack(&u, wide));
	arena_free(cx.arena);
}

/* Random damage never crashes, and never yields a value that packs to other bytes. */
static void damaged(void **state)
{
	struct rng r = rng_seed(99);
	for (int i = 0; i < 3000; i++) {
		struct cx cx = cx_new();
		struct str bytes = str_dup(cx.arena, packed(&cx, any(cx.arena, &r, 0)));
		char *p = (char *)bytes.p;
		for (int k = 0; k < 3; k++) p[rng_below(&r, bytes.n)] = (char)rng_next(&r);
		struct val out;
		if (val_unpack(&cx, bytes, &out) == RC_OK) assert_true(str_eq(bytes, packed(&cx, out)));
		arena_free(cx.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_goes_in_comes_out), cmocka_unit_test(extremes), cmocka_unit_test(every_cut_fails),
		cmocka_unit_test(refused), cmocka_unit_test(bounded), cmocka_unit_test(damaged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

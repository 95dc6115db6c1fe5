/* Property: an expression gives the same answer worked out by the database and in memory. Random typed expressions over random
   records, nulls included. SEED in the environment replays a run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#undef fail

#include "base/buf.h"
#include "base/rng.h"
#include "base/time.h"
#include "rec/form.h"
#include "rec/schema.h"

enum { EXPRESSIONS = 60, RECORDS = 40, ROUNDS = 6 };

static struct rng rng;
static int pick(int n) { return (int)rng_below(&rng, (uint64_t)n); }

/* ---- random text of an expression of a given type ---- */

static void cond(struct buf *b, int depth);

static void number(struct buf *b, char type, int depth)
{
	static const char *const ints[] = { "a", "b", "0", "7", "-3" }, *const decs[] = { "x", "y", "1.5", "0.25", "2.0" }, *const moneys[] = { "m", "n", "100元", "3万元" };
	if (depth == 0 || pick(4) == 0) {
		buf_add(b, str_c(type == 'i' ? ints[pick(5)] : type == 'd' ? decs[pick(5)] : moneys[pick(4)]));
		return;
	}
	switch (pick(type == 'i' ? 5 : 7)) {
	case 0:
		buf_c(b, '(');
		number(b, type, depth - 1);
		buf_add(b, pick(2) ? STR(" + ") : STR(" - "));
		number(b, type, depth - 1);
		buf_c(b, ')');
		return;
	case 1:
		buf_add(b, STR("if("));
		cond(b, depth - 1);
		buf_add(b, STR(", "));
		number(b, type, depth - 1);
		buf_add(b, STR(", "));
		number(b, type, depth - 1);
		buf_c(b, ')');
		return;
	case 2:
		buf_add(b, STR("coalesce("));
		number(b, type, depth - 1);
		buf_add(b, STR(", "));
		number(b, type, depth - 1);
		buf_c(b, ')');
		return;
	case 3:
		buf_add(b, STR("abs("));
		number(b, type, depth - 1);
		buf_c(b, ')');
		return;
	case 4:
		buf_c(b, '(');
		number(b, type == 'm' ? 'm' : type, 0);
		buf_add(b, STR(" * "));
		number(b, type == 'm' ? (pick(2) ? 'i' : 'd') : type, 0);
		buf_c(b, ')');
		return;
	case 5:
		buf_c(b, '(');
		number(b, type == 'd' ? "idm"[pick(3)] : 'm', 0);
		buf_add(b, STR(" / "));
		/* int ÷ int, dec ÷ dec, money ÷ money are decimals; money ÷ number is money */
		if (type == 'd') {
			size_t at = b->n;
			while (b->p[at - 1] != '(') at--;
			char first = b->p[at];
			bool money = first == 'm' || first == 'n' || str_has((struct str){ b->p + at, b->n - at }, STR("元"));
			number(b, money ? 'm' : pick(2) ? 'i' : 'd', 0);
		} else {
			number(b, pick(2) ? 'i' : 'd', 0);
		}
		buf_c(b, ')');
		return;
	default:
		if (type == 'd') buf_add(b, STR("sum(part.w)"));
		else buf_add(b, STR("coalesce(max(part.c), 5元)"));
	}
}

static void cond(struct buf *b, int depth)
{
	static const char *const ops[] = { " = ", " != ", " < ", " <= ", " > ", " >= " };
	char type = "idm"[pick(3)];
	switch (depth == 0 ? 0 : pick(6)) {
	case 1:
		buf_c(b, '(');
		cond(b, depth - 1);
		buf_add(b, pick(2) ? STR(" and ") : STR(" or "));
		cond(b, depth - 1);
		buf_c(b, ')');
		return;
	case 2:
		buf_add(b, STR("not ("));
		cond(b, depth - 1);
		buf_c(b, ')');
		return;
	case 3:
		buf_fmt(b, "empty(%c)", "abxym"[pick(5)]);
		return;
	case 4: buf_add(b, STR("k in (red, blue)")); return;
	case 5: buf_fmt(b, "len(part) > %d", pick(3)); return;
	default:
		buf_c(b, '(');
		number(b, type, depth ? depth - 1 : 0);
		buf_add(b, str_c(ops[pick(6)]));
		number(b, type, depth ? depth - 1 : 0);
		buf_c(b, ')');
	}
}

/* ---- the world of one round ---- */

static void declare(struct buf *b)
{
	buf_add(b, STR("region t \"测\" en \"T\" { brand \"链\" en \"C\"; zone +8:00; currency \"元\" en \"yuan\"; division 530000; first zh; }\n"
		       "role o \"处\" en \"O\";\ncodes colour \"色\" en \"Colour\" { code red \"红\" en \"R\"; code blue \"蓝\" en \"B\"; code green \"绿\" en \"G\"; }\n"
		       "type r \"记录\" en \"R\" { title t; field t text \"题\" en \"T\";\n"
		       " field a int \"甲\" en \"A\"; field b int \"乙\" en \"B\"; field x dec \"丙\" en \"X\"; field y dec \"丁\" en \"Y\";\n"
		       " field m money \"戊\" en \"M\"; field n money \"己\" en \"N\"; field k code colour \"色\" en \"K\";\n"
		       " table part \"部分\" en \"Parts\" { column w dec \"重\" en \"W\"; column c money \"价\" en \"C\"; }\n"));
	for (int i = 0; i < EXPRESSIONS; i++) {
		char type = "idmb"[pick(4)];
		buf_fmt(b, " field q%d %s \"式\" en \"Q\" { compute ", i, type == 'i' ? "int" : type == 'd' ? "dec" : type == 'm' ? "money" : "bool");
		if (type == 'b') cond(b, 3);
		else number(b, type, 3);
		buf_add(b, STR("; }\n"));
	}
	buf_add(b, STR(" state s \"态\" en \"S\" { final; } access { see o; edit o; create o; } list t; }\n"));
}

static struct val random_values(struct arena *a)
{
	struct val v = val_map(a), rows = val_list(a);
	static const char *const colours[] = { "red", "blue", "green" };
	VAL_SET(a, v, "t", val_textz("x"));
	if (pick(4)) VAL_SET(a, v, "a", val_int(pick(21) - 10));
	if (pick(4)) VAL_SET(a, v, "b", val_int(pick(2001) - 1000));
	if (pick(4)) VAL_SET(a, v, "x", val_dec((int64_t)pick(20000001) - 10000000));
	if (pick(4)) VAL_SET(a, v, "y", val_dec(pick(5000000)));
	if (pick(4)) VAL_SET(a, v, "m", val_int(pick(100000000)));
	if (pick(4)) VAL_SET(a, v, "n", val_int(pick(20001) - 10000));
	if (pick(4)) VAL_SET(a, v, "k", val_textz(colours[pick(3)]));
	for (int i = pick(4); i > 0; i--) {
		struct val row = val_map(a);
		VAL_SET(a, row, "w", pick(4) ? val_dec(pick(3000000)) : VNULL);
		VAL_SET(a, row, "c", pick(4) ? val_int(pick(100000)) : VNULL);
		val_push(a, rows, row);
	}
	VAL_SET(a, v, "part", rows);
	return v;
}

static void one_round(struct cx *cx, const char *dir, int round)
{
	struct arena *keep = arena_new((size_t)256 << 20);
	struct buf text = BUF(cx->arena, 1 << 20);
	struct region *region;
	struct db *db;
	struct vault vault = { .files_dir = str_c(dir) };
	struct idgen ids = { 0 };
	declare(&text);
	if (region_load_text(cx, keep, STR("t.lc"), buf_str(&text), &region) != RC_OK) {
		struct buf out = BUF(cx->arena, 1 << 20);
		fail_print(&out, &cx->fails, LANG_EN);
		print_error("%.*s\n", STRF(buf_str(&out)));
		assert_true(false);
	}
	fail_clear(cx);
	assert_int_equal(db_open(cx, str_fmt(cx->arena, "sqlite:%s/%d.db", dir, round), DB_WRITE, &db), RC_OK);
	assert_int_equal(schema_migrate(cx, db), RC_OK);
	struct rx rx = { .cx = cx, .db = db, .region = region, .vault = &vault, .ids = &ids, .viewer = { .system = true } };
	assert_int_equal(schema_apply(&rx), RC_OK);
	const struct type_def *t = region_type(region, STR("r"));
	struct mask all = mask_all();
	for (int i = 0; i < RECORDS; i++) {
		struct record head = { .state = t->state[0] }, rec;
		int64_t id;
		assert_int_equal(record_insert(&rx, t, &head, random_values(cx->arena), &id), RC_OK);
		assert_int_equal(record_read(&rx, t, id, &all, &rec), RC_OK);
		for (int k = 0; k < t->n_field; k++) {
			const struct field_def *f = t->field[k];
			struct val memory, database = val_get(rec.values, f->name);
			if (!f->compute) continue;
			struct lookup l = { .rx = &rx, .type = t, .id = id, .record = rec.values };
			struct expr_env env = { .region = region, .record = rec.values, .state = rec.state->name, .lookup = query_lookup, .ctx = &l };
			assert_int_equal(expr_eval(cx, f->compute, &env, &memory), RC_OK);
			if (val_eq(memory, database)) continue;
			print_error("%.*s\n", STRF(f->compute->text));
			print_error("  kinds %d %d values %lld %lld\n", memory.kind, database.kind, (long long)val_i64(memory), (long long)val_i64(database));
			assert_true(false);
		}
	}
	db_close(db);
	arena_free(keep);
}

static void database_and_memory_agree(void **state)
{
	(void)state;
	const char *seed = getenv("SEED");
	uint64_t number = seed ? strtoull(seed, NULL, 10) : 20260101;
	char dir[] = "/tmp/lc-expr-XXXXXX", command[64];
	assert_non_null(mkdtemp(dir));
	rng = rng_seed(number);
	for (int i = 0; i < ROUNDS; i++) {
		struct cx cx = { .arena = arena_new((size_t)512 << 20), .now_ms = time_now_ms() };
		one_round(&cx, dir, i);
		arena_free(cx.arena);
	}
	snprintf(command, sizeof command, "rm -rf %s", dir);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(database_and_memory_agree) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

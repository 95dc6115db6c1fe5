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

static void date(struct buf *b, int depth)
{
	static const char *const days[] = { "d", "e", "2024-02-29", "today()", "link.on", "date(created)" };
	switch (depth == 0 ? 9 : pick(5)) {
	case 3:
	case 0:
		buf_add(b, STR("workdays("));
		date(b, depth - 1);
		buf_fmt(b, ", %s)", pick(2) ? "abs(a)" : "7");
		return;
	case 1:
		buf_c(b, '(');
		date(b, depth - 1);
		buf_add(b, pick(2) ? STR(" + b)") : STR(" - 40)"));
		return;
	case 2: buf_add(b, STR("date(at)")); return;
	default: buf_add(b, str_c(days[pick(6)]));
	}
}

/* Whole numbers out of dates, and of the records that share something with this one. */
static void counted(struct buf *b, int depth)
{
	static const char *const of[] = { "count(r.link is link)", "count(r.k is k where a > this.a and not empty(up(k)))", "count(r.link is link where link.on >= this.d)",
		"count(r.twin)", "count(r.twin where year(d) == year(this.link.on))", "sum(r.a.b is a where k != this.k)", "count(r.link is twin.link where state == this.state)",
		"coalesce(max(r.d.a is d), 3)", "count(part where w > this.x)", "count(part where c >= m or dbl > x)", "count(r.author is author)",
		"count(r.t is t where months(this.d, d) > 3)", "sum(part.lots where c > this.n)" };
	static const char *const two[] = { "months", "years", "days" }, *const one[] = { "year", "month" };
	int n = pick(5);
	if (n < 2) {
		buf_fmt(b, "%s(", n ? one[pick(2)] : two[pick(3)]);
		date(b, depth - 1);
		if (!n) buf_add(b, STR(", ")), date(b, depth - 1);
		buf_c(b, ')');
	} else {
		buf_add(b, str_c(of[pick((int)(sizeof of / sizeof *of))]));
	}
}

static void number(struct buf *b, char type, int depth)
{
	static const char *const ints[] = { "a", "b", "0", "7", "-3" }, *const decs[] = { "x", "y", "1.5", "0.25", "2.0" }, *const moneys[] = { "m", "n", "100元", "3万元" };
	if (depth == 0 || pick(4) == 0) {
		buf_add(b, str_c(type == 'i' ? ints[pick(5)] : type == 'd' ? decs[pick(5)] : moneys[pick(4)]));
		return;
	}
	if (pick(3) == 0) {
		if (type == 'i') {
			counted(b, depth);
		} else {
			buf_add(b, STR("round("));
			number(b, type, depth - 1);
			buf_fmt(b, ", %d)", pick(6) - 3);
		}
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
		if (type == 'd') buf_add(b, pick(2) ? STR("sum(part.w)") : pick(2) ? STR("coalesce(max(part.dbl where lots > 1), 2.0)") : STR("measure(rate.share)"));
		else buf_add(b, pick(2) ? STR("coalesce(max(part.c), 5元)") : pick(2) ? STR("measure(rate.fee)") : STR("coalesce(avg(r.k.m is k2), 0元)"));
	}
}

static void cond(struct buf *b, int depth)
{
	static const char *const ops[] = { " = ", " != ", " < ", " <= ", " > ", " >= " };
	char type = "idm"[pick(3)];
	switch (depth == 0 ? 0 : pick(9)) {
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
	case 6: buf_add(b, pick(2) ? STR("up(k) == red") : pick(2) ? STR("empty(up(k))") : STR("up(up(link.k)) == k")); return;
	case 7:
		buf_c(b, '(');
		date(b, depth - 1);
		buf_add(b, str_c(ops[pick(6)]));
		date(b, depth - 1);
		buf_c(b, ')');
		return;
	case 8: buf_add(b, pick(2) ? STR("(author == link.author or empty(org))") : STR("(division == link.division or now() > at)")); return;
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
		       "role o \"处\" en \"O\";\ncodes colour \"色\" en \"Colour\" { code red \"红\" en \"R\"; code blue \"蓝\" en \"B\" under red; code green \"绿\" en \"G\" under blue; }\n"
		       "measure rate \"率\" en \"Rate\" { number \"1\"; from 2000-01-01; to 2020-06-30; value share 0.5 \"份\" en \"S\"; value fee 20元 \"费\" en \"F\"; }\n"
		       "measure rate \"率\" en \"Rate\" { number \"2\"; from 2020-07-01; value share 2 \"份\" en \"S\"; value fee 3万元 \"费\" en \"F\"; }\n"
		       "calendar 2024 { holiday 2024-02-10 to 2024-02-17; workday 2024-02-04; workday 2024-02-18; }\n"
		       "type org \"位\" en \"Org\" { title t; field t text \"题\" en \"T\"; state s \"态\" en \"S\" { final; } access { see o; edit o; create o; } }\n"
		       "type person \"人\" en \"Person\" { title t; field t text \"题\" en \"T\"; state s \"态\" en \"S\" { final; } access { see o; edit o; create o; } }\n"
		       "type l \"链\" en \"L\" { title t; field t text \"题\" en \"T\"; field on date \"日\" en \"On\"; field k code colour \"色\" en \"K\";\n"
		       " state s \"态\" en \"S\" { final; } access { see o; edit o; create o; } }\n"
		       "type r \"记录\" en \"R\" { title t; day link.on; field t text \"题\" en \"T\";\n"
		       " field a int \"甲\" en \"A\"; field b int \"乙\" en \"B\"; field x dec \"丙\" en \"X\"; field y dec \"丁\" en \"Y\";\n"
		       " field m money \"戊\" en \"M\"; field n money \"己\" en \"N\"; field k code colour \"色\" en \"K\";\n"
		       " field d date \"庚\" en \"D\"; field e date \"辛\" en \"E\"; field at time \"壬\" en \"At\"; field link ref l \"癸\" en \"Link\"; field twin ref r \"孪\" en \"Twin\";\n"
		       " field k2 code colour \"色\" en \"K2\";\n"
		       " table part \"部分\" en \"Parts\" { column w dec \"重\" en \"W\"; column c money \"价\" en \"C\";\n"
		       "  column dbl dec \"倍\" en \"Twice\" { compute w * 2 + coalesce(x, 0.5) * measure(rate.share); } column lots int \"数\" en \"N\" { compute if(w > 1, a, 1); } }\n"));
	for (int i = 0; i < EXPRESSIONS; i++) {
		char type = "idmbt"[pick(5)];
		buf_fmt(b, " field q%d %s \"式\" en \"Q\" { compute ", i, type == 't' ? "date" : type == 'i' ? "int" : type == 'd' ? "dec" : type == 'm' ? "money" : "bool");
		if (type == 't') date(b, 2);
		else if (type == 'b') cond(b, 3);
		else number(b, type, 3);
		buf_add(b, STR("; }\n"));
	}
	buf_add(b, STR(" state s \"态\" en \"S\" { final; } access { see o; edit o; create o; } list t; }\n"));
}

enum { LINKS = 5 };
/* What records of a round refer to; 0 where there is none yet. */
struct others { int64_t link[LINKS], twin; };

static struct val random_values(struct arena *a, const struct others *o)
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
	if (pick(4)) VAL_SET(a, v, "k2", val_textz(colours[pick(3)]));
	if (pick(4)) VAL_SET(a, v, "d", val_int(pick(40000) - 12000));
	if (pick(4)) VAL_SET(a, v, "e", val_int(19700 + pick(100)));
	if (pick(4)) VAL_SET(a, v, "at", val_int(((int64_t)pick(40000) - 12000) * 86400000 + pick(86400000)));
	if (pick(4)) VAL_SET(a, v, "link", val_int(o->link[pick(LINKS)]));
	if (o->twin && pick(2)) VAL_SET(a, v, "twin", val_int(o->twin));
	for (int i = pick(4); i > 0; i--) {
		struct val row = val_map(a);
		VAL_SET(a, row, "w", pick(4) ? val_dec(pick(3000000)) : VNULL);
		VAL_SET(a, row, "c", pick(4) ? val_int(pick(100000)) : VNULL);
		val_push(a, rows, row);
	}
	VAL_SET(a, v, "part", rows);
	return v;
}

static void add_links(struct rx *rx, struct others *o)
{
	static const char *const colours[] = { "red", "blue", "green" };
	const struct type_def *l = region_type(rx->region, STR("l"));
	for (int i = 0; i < LINKS; i++) {
		struct record head = { .state = l->state[0] };
		struct val v = val_map(rx->cx->arena);
		VAL_SET(rx->cx->arena, v, "t", val_textz("l"));
		if (i) VAL_SET(rx->cx->arena, v, "on", val_int(17000 + i * 700));
		if (pick(3)) VAL_SET(rx->cx->arena, v, "k", val_textz(colours[pick(3)]));
		assert_int_equal(record_insert(rx, l, &head, v, &o->link[i]), RC_OK);
	}
}

/* Every computed field of a record in memory; `id` 0: before it is stored. */
static void in_memory(struct rx *rx, const struct type_def *t, const struct record *rec, struct val *out)
{
	struct lookup l = { .rx = rx, .type = t, .id = rec->id };
	struct expr_env env = { .region = rx->region, .record = record_whole(rx, rec, VNULL), .state = rec->state->name, .created_ms = rec->created_ms,
		.lookup = query_lookup, .ctx = &l };
	for (int k = 0; k < t->n_field; k++)
		if (t->field[k]->compute) assert_int_equal(expr_eval(rx->cx, t->field[k]->compute, &env, &out[k]), RC_OK);
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
	struct others others = { 0 };
	add_links(&rx, &others);
	for (int i = 0; i < RECORDS; i++) {
		struct record head = { .state = t->state[0], .values = random_values(cx->arena, &others) }, rec;
		struct val *early = ARENA_ARRAY(cx->arena, struct val, DEF_FIELDS_MAX), *stored = ARENA_ARRAY(cx->arena, struct val, DEF_FIELDS_MAX);
		int64_t id;
		in_memory(&rx, t, &head, early);
		assert_int_equal(record_insert(&rx, t, &head, head.values, &id), RC_OK);
		if (i % 7 == 0) others.twin = id;
		assert_int_equal(record_read(&rx, t, id, &all, &rec), RC_OK);
		in_memory(&rx, t, &rec, stored);
		for (int k = 0; k < t->n_field; k++) {
			const struct field_def *f = t->field[k];
			struct val database = val_get(rec.values, f->name);
			if (!f->compute || (val_eq(stored[k], database) && val_eq(early[k], database))) continue;
			print_error("%.*s\n", STRF(f->compute->text));
			print_error("  kinds %d %d %d values %lld %lld %lld\n", early[k].kind, stored[k].kind, database.kind, (long long)val_i64(early[k]),
				(long long)val_i64(stored[k]), (long long)val_i64(database));
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

/* The declaration language: evaluation against a second, plainer evaluator; working days; measures in time; folders and includes;
   limits; differences, audit and manual. Messages are pinned by tests/golden/test_def.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rng.h"
#include "base/time.h"
#include "def/expr_inner.h"
#include "def/report.h"
#include <cmocka.h>        /* last: it has a macro called fail */

struct world { struct arena *a, *region; struct cx cx; };

static struct world world_new(void)
{
	struct world w = { .a = arena_new((size_t)64 << 20), .region = arena_new((size_t)128 << 20) };
	w.cx = (struct cx){ .arena = w.a, .now_ms = 1795000000000 };    /* 2026-11-18 */
	return w;
}

static void world_end(struct world *w)
{
	arena_free(w->region);
	arena_free(w->a);
}

static struct region *load_in(struct world *w, struct arena *a, struct str text)
{
	struct region *r = NULL;
	enum rc rc = region_load_text(&w->cx, a, STR("t.lc"), text, &r);
	if (rc != RC_OK) {
		struct buf b = BUF(w->a, 1 << 20);
		fail_print(&b, &w->cx.fails, LANG_EN);
		print_message("%.*s", STRF(buf_str(&b)));
	}
	assert_int_equal(rc, RC_OK);
	return r;
}

static struct region *load(struct world *w, struct str text) { return load_in(w, w->region, text); }

#define HEAD "region r \"区\" en \"R\"; role officer \"员\" en \"O\";\n"
#define REST                                                                                                                          \
	" state draft \"草\" en \"D\" { draft; } state done \"完\" en \"E\" { final; } move finish \"完\" en \"F\" draft -> done { by officer; }" \
	" access { see officer; edit officer in draft; create officer; } }\n"

/* ---- a second evaluator, built together with the text it evaluates ---- */

typedef __int128 wide;

struct value { bool null, over; wide v; };
struct made { struct buf text; struct value val; };

struct gen { struct rng rng; struct arena *a; const struct value *field; };     /* fields: i0 i1 d0 d1 m0 m1 b0 b1 */

static const char *const field_names[] = { "i0", "i1", "d0", "d1", "m0", "m1", "b0", "b1" };

/* Sign and magnitude: another way to round than the one under test. */
static wide nearest(wide n, wide d)
{
	bool minus = (n < 0) != (d < 0);
	wide a = n < 0 ? -n : n, b = d < 0 ? -d : d, q = a / b;
	if ((a % b) * 2 >= b) q++;
	return minus ? -q : q;
}

static struct value limited(struct value v)
{
	if (v.over || v.v > INT64_MAX || v.v < -(wide)INT64_MAX) v.over = true, v.v = 0;
	return v;
}

static struct value both(struct value a, struct value b, wide v)
{
	return limited((struct value){ a.null || b.null, a.over || b.over, a.null || b.null ? 0 : v });
}

static struct value number(struct gen *g, enum value_type t, int depth, struct buf *out);

static struct value leaf(struct gen *g, enum value_type t, struct buf *out)
{
	if (rng_below(&g->rng, 2)) {
		int which = (t == TYPE_INT ? 0 : t == TYPE_DEC ? 2 : t == TYPE_MONEY ? 4 : 6) + (int)rng_below(&g->rng, 2);
		buf_add(out, str_c(field_names[which]));
		return g->field[which];
	}
	int64_t n = (int64_t)rng_below(&g->rng, 1000);
	if (t == TYPE_BOOL) {
		buf_add(out, n % 2 ? STR("true") : STR("false"));
		return (struct value){ .v = n % 2 };
	}
	if (t == TYPE_DEC) buf_fmt(out, "%lld.%02lld", (long long)n, (long long)(n % 100));
	else buf_fmt(out, "%lld%s", (long long)n, t == TYPE_MONEY ? "元" : "");
	return (struct value){ .v = t == TYPE_DEC ? (wide)n * 1000000 + (n % 100) * 10000 : t == TYPE_MONEY ? n * 100 : n };
}

/* Operands of the arithmetic that gives type t. */
static struct value arithmetic(struct gen *g, enum value_type t, int depth, struct buf *out)
{
	struct value a, b;
	int op = (int)rng_below(&g->rng, 4);
	enum value_type left = t, right = t;
	if (op == 3 && t == TYPE_INT) op = 2;
	if (t == TYPE_MONEY && op >= 2) right = rng_below(&g->rng, 2) ? TYPE_INT : TYPE_DEC;
	if (t == TYPE_DEC && rng_below(&g->rng, 3) == 0) right = TYPE_INT;
	if (t == TYPE_DEC && op == 3 && rng_below(&g->rng, 2)) left = right = rng_below(&g->rng, 2) ? TYPE_INT : TYPE_MONEY;
	buf_c(out, '(');
	a = number(g, left, depth - 1, out);
	buf_fmt(out, " %c ", "+-*/"[op]);
	b = number(g, right, depth - 1, out);
	buf_c(out, ')');
	wide sa = left == TYPE_DEC ? 1000000 : 1, sb = right == TYPE_DEC ? 1000000 : 1, st = t == TYPE_DEC ? 1000000 : 1;
	if (op < 2) return both(a, b, a.v * (st / sa) + (op ? -1 : 1) * b.v * (st / sb));
	if (op == 2) return both(a, b, nearest(a.v * b.v, sa * sb / st));
	if (!b.null && b.v == 0) return (struct value){ .null = true, .over = a.over || b.over };
	return a.null || b.null ? both(a, b, 0) : both(a, b, nearest(a.v * st * sb, b.v * sa));
}

static struct value comparison(struct gen *g, int depth, struct buf *out)
{
	static const char *const signs[] = { "=", "!=", "<", "<=", ">", ">=" };
	enum value_type t = (enum value_type)(TYPE_INT + rng_below(&g->rng, 3));
	buf_c(out, '(');
	struct value a = number(g, t, depth - 1, out);
	int op = (int)rng_below(&g->rng, 6);
	buf_fmt(out, " %s ", signs[op]);
	struct value b = number(g, t, depth - 1, out);
	buf_c(out, ')');
	bool yes[] = { a.v == b.v, a.v != b.v, a.v < b.v, a.v <= b.v, a.v > b.v, a.v >= b.v };
	return both(a, b, yes[op]);
}

static struct value truth(struct gen *g, int depth, struct buf *out)
{
	int what = (int)rng_below(&g->rng, 4);
	if (depth <= 0) return leaf(g, TYPE_BOOL, out);
	if (what == 0) return comparison(g, depth, out);
	if (what == 1) {
		buf_add(out, STR("(not "));
		struct value a = truth(g, depth - 1, out);
		buf_c(out, ')');
		return (struct value){ .over = a.over, .v = a.null ? 1 : !a.v };
	}
	buf_c(out, '(');
	struct value a = truth(g, depth - 1, out);
	buf_add(out, what == 2 ? STR(" and ") : STR(" or "));
	struct value b = truth(g, depth - 1, out);
	buf_c(out, ')');
	bool decides = what == 3;
	/* The left side decides first; an overflow behind a decision never happens. */
	if (a.over) return a;
	if (!a.null && (bool)a.v == decides) return a;
	if (b.over) return b;
	if (!b.null && (bool)b.v == decides) return b;
	return (struct value){ .null = a.null || b.null, .v = a.null || b.null ? 0 : !decides };
}

static struct value chosen(struct gen *g, enum value_type t, int depth, struct buf *out)
{
	bool choose = rng_below(&g->rng, 2);
	buf_add(out, choose ? STR("if(") : STR("coalesce("));
	struct value c = { 0 };
	if (choose) c = truth(g, depth - 1, out), buf_add(out, STR(", "));
	struct value a = number(g, t, depth - 1, out);
	buf_add(out, STR(", "));
	struct value b = number(g, t, depth - 1, out);
	buf_c(out, ')');
	if (c.over) return c;
	if (choose) return !c.null && c.v ? a : b;
	return a.over || !a.null ? a : b;
}

static struct value number(struct gen *g, enum value_type t, int depth, struct buf *out)
{
	if (t == TYPE_BOOL) return truth(g, depth, out);
	if (depth <= 0 || rng_below(&g->rng, 5) == 0) return leaf(g, t, out);
	if (rng_below(&g->rng, 4) == 0) return chosen(g, t, depth, out);
	if (rng_below(&g->rng, 6) == 0) {
		buf_add(out, STR("(-"));
		struct value a = number(g, t, depth - 1, out);
		buf_c(out, ')');
		a.v = -a.v;
		return a;
	}
	return arithmetic(g, t, depth, out);
}

static struct val as_val(struct value v, enum value_type t)
{
	if (v.null) return VNULL;
	return t == TYPE_BOOL ? val_bool(v.v != 0) : t == TYPE_DEC ? val_dec((int64_t)v.v) : val_int((int64_t)v.v);
}

static void random_fields(struct rng *rng, struct value field[8])
{
	for (int i = 0; i < 8; i++) {
		int64_t n = (int64_t)rng_below(rng, 2000001) - 1000000;
		if (rng_below(rng, 8) == 0) n *= 1000000000000;
		field[i] = (struct value){ .null = rng_below(rng, 5) == 0, .v = i >= 6 ? n & 1 : n };
		if (field[i].null) field[i].v = 0;
	}
}

static void check_expressions(uint64_t seed)
{
	enum { EXPRESSIONS = 60 };
	static const char *const kind_words[] = { "int", "dec", "money", "bool" };
	static const enum value_type types[] = { TYPE_INT, TYPE_DEC, TYPE_MONEY, TYPE_BOOL };
	struct world w = world_new();
	struct value field[8], want[EXPRESSIONS];
	struct gen g = { rng_seed(seed), w.a, field };
	random_fields(&g.rng, field);
	struct buf b = BUF(w.a, 1 << 20);
	buf_add(&b, STR(HEAD "type x \"物\" en \"X\" { title t; field t text \"名\" en \"T\";"));
	for (int i = 0; i < 8; i++) buf_fmt(&b, "field %s %s \"f\";", field_names[i], kind_words[i / 2]);
	for (int i = 0; i < EXPRESSIONS; i++) {
		buf_fmt(&b, "field c%d %s \"c\" { compute ", i, kind_words[i % 4]);
		want[i] = number(&g, types[i % 4], 4, &b);
		buf_add(&b, STR("; }\n"));
	}
	buf_add(&b, STR(REST));
	struct region *r = load(&w, buf_str(&b));
	struct expr_env env = { .region = r, .record = val_map(w.a) };
	for (int i = 0; i < 8; i++) val_set(w.a, env.record, str_c(field_names[i]), as_val(field[i], types[i / 2]));
	for (int i = 0; i < EXPRESSIONS; i++) {
		const struct expr *e = type_field(r->type[0], str_fmt(w.a, "c%d", i))->compute;
		struct val got = VNULL;
		enum rc rc = expr_eval(&w.cx, e, &env, &got);
		bool same = want[i].over ? rc != RC_OK : rc == RC_OK && val_eq(got, as_val(want[i], types[i % 4]));
		if (!same) print_message("seed %llu: %.*s\n", (unsigned long long)seed, STRF(e->text));
		assert_true(same);
	}
	world_end(&w);
}

static void test_expressions(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 60; seed++) check_expressions(seed);
}

/* ---- evaluation: what the generator does not make ---- */

#define SMALL                                                                                                                              \
	HEAD "codes level \"级\" en \"L\" { code national \"国家级\" en \"National\"; code local \"地方级\" en \"Local\"; }\n"                \
	"calendar 2026 { holiday 2026-10-01 to 2026-10-07; workday 2026-10-10; }\n"                                                            \
	"measure m \"办法\" en \"M\" { number \"1\"; from 2020-01-01; to 2022-12-31; value a 0.5 \"甲\" en \"A\"; value w 5 \"日\" en \"D\"; }\n" \
	"measure m \"办法\" en \"M\" { number \"2\"; from 2023-01-01; value a 1 \"甲\" en \"A\"; value w 10 \"日\" en \"D\"; }\n"                \
	"type x \"物\" en \"X\" { title t; field t text \"名\" en \"T\"; field l code level \"级\" en \"L\"; field d date \"日\" en \"D\";"      \
	" field at time \"刻\" en \"At\"; field total int \"总数\" en \"Total\" { code \"e00\"; } field one int \"一\" en \"One\" { code \"e01\"; }" \
	" field two int \"二\" en \"Two\" { code \"e02\"; } field pay money \"款\" en \"Pay\"; field other ref x \"他\" en \"Other\";"             \
	" table rows \"行\" en \"Rows\" { column n int \"数\" en \"N\"; column p dec \"价\" en \"P\"; column np dec \"额\" en \"NP\" { compute n * p; } }"

static struct val eval_text(struct world *w, const char *kind, const char *text, struct val record, const char *state)
{
	struct str src = str_fmt(w->a, "%s field c %s \"c\" { compute %s; }" REST, SMALL, kind, text);
	struct region *r = load_in(w, w->a, src);
	struct expr_env env = { .region = r, .record = record, .state = str_c(state), .created_ms = 0, .me = val_int(7),
		.my_org = val_int(8) };
	struct val v;
	assert_int_equal(expr_eval(&w->cx, type_field(r->type[0], STR("c"))->compute, &env, &v), RC_OK);
	return v;
}

static void test_functions(void **state)
{
	(void)state;
	struct world w = world_new();
	struct val rec = val_map(w.a), rows = val_list(w.a), a = val_map(w.a), b = val_map(w.a), c = val_map(w.a);
	int32_t day, want;
	assert_true(date_make(2026, 9, 30, &day));
	VAL_SET(w.a, rec, "d", val_int(day));
	VAL_SET(w.a, rec, "l", val_textz("national"));
	VAL_SET(w.a, rec, "t", val_textz(""));
	VAL_SET(w.a, rec, "pay", val_int(123456));
	VAL_SET(w.a, rec, "at", val_int((int64_t)day * DAY_MS + 17 * 3600000));     /* 01:00 of the next day in +8:00 */
	VAL_SET(w.a, a, "n", val_int(2)), VAL_SET(w.a, a, "p", val_dec(1500000));
	VAL_SET(w.a, b, "n", val_int(3)), VAL_SET(w.a, b, "p", VNULL);
	VAL_SET(w.a, c, "n", VNULL), VAL_SET(w.a, c, "p", val_dec(4000000));
	val_push(w.a, rows, a), val_push(w.a, rows, b), val_push(w.a, rows, c);
	VAL_SET(w.a, rec, "rows", rows);
	assert_true(date_make(2026, 10, 9, &want));
	assert_int_equal(eval_text(&w, "date", "workdays(d, 3)", rec, "draft").i, want + 1);
		    /* 8th Thursday, 9th Friday, 10th a make-up Saturday */
	/* Null beyond its range, as in SQL: 0 to 10000 working days, years 1 to 9909. */
	assert_int_equal(eval_text(&w, "bool", "empty(workdays(d, 10001)) and empty(workdays(d, 0 - 1)) and not empty(workdays(d, 10000))", rec, "draft").b, true);
	assert_int_equal(eval_text(&w, "bool", "empty(workdays(d + 2890000, 1)) and not empty(workdays(d + 2870000, 1)) and empty(workdays(d - 740500, 1))", rec, "draft").b, true);
	assert_int_equal(eval_text(&w, "int", "days(d, at)", rec, "draft").i, 1);
	assert_int_equal(eval_text(&w, "int", "year(at) * 10000 + year(d)", rec, "draft").i, 20262026);
	assert_true(eval_text(&w, "bool", "date(at) = d + 1 and at > d", rec, "draft").b);
	assert_true(eval_text(&w, "bool", "empty(t) and empty(other) and not empty(l)", rec, "draft").b);
	assert_true(eval_text(&w, "bool", "l in (local, national) and l != local and state = draft", rec, "draft").b);
	assert_false(eval_text(&w, "bool", "state in (done) or l = local", rec, "draft").b);
	assert_int_equal(eval_text(&w, "int", "sum(rows.n)", rec, "").i, 5);
	assert_int_equal(eval_text(&w, "int", "len(rows) * 100 + count(rows where n > 2)", rec, "").i, 301);
	assert_int_equal(eval_text(&w, "dec", "avg(rows.n)", rec, "").i, 2500000);
	assert_int_equal(eval_text(&w, "dec", "max(rows.p) - min(rows.p)", rec, "").i, 2500000);
	assert_int_equal(eval_text(&w, "dec", "sum(rows.np)", rec, "").i, 3000000);
	assert_true(val_is_null(eval_text(&w, "dec", "max(rows.p where n > 9)", rec, "")));
	assert_int_equal(eval_text(&w, "int", "sum(rows.n where n > 9)", rec, "").i, 0);
	assert_int_equal(eval_text(&w, "money", "round(pay, 0)", rec, "").i, 123500);
	assert_int_equal(eval_text(&w, "money", "round(pay, -3)", rec, "").i, 100000);
	assert_int_equal(eval_text(&w, "dec", "measure(m.a)", rec, "").i, DEC_ONE);
	assert_true(val_is_null(eval_text(&w, "bool", "other.t = \"x\"", rec, "")));
	assert_int_equal(eval_text(&w, "dec", "one", val_map(w.a), "").kind, VAL_NULL);
	VAL_SET(w.a, rec, "d", val_textz("2026-10-01"));
	assert_int_equal(eval_text(&w, "int", "year(d)", rec, "").i, 2026);
	world_end(&w);
}

static void test_show(void **state)
{
	(void)state;
	struct world w = world_new();
	struct str src = STR(SMALL " check total = one + two \"话\" en \"W\"; check pay > 10元 and l = local \"话\" en \"W\";" REST);
	struct region *r = load(&w, src);
	struct val rec = val_map(w.a);
	VAL_SET(w.a, rec, "total", val_int(81000));
	VAL_SET(w.a, rec, "one", val_int(1000));
	VAL_SET(w.a, rec, "two", val_int(79000));
	VAL_SET(w.a, rec, "pay", val_int(500));
	VAL_SET(w.a, rec, "l", val_textz("national"));
	struct expr_env env = { .region = r, .record = rec };
	struct str s = expr_show(&w.cx, r->type[0]->check[0]->cond, &env, LANG_ZH);
	assert_string_equal(str_z(w.a, s), "e00 总数 = 81,000；e01 + e02 = 80,000");
	s = expr_show(&w.cx, r->type[0]->check[1]->cond, &env, LANG_EN);
	assert_string_equal(str_z(w.a, s), "Pay = 5.00 yuan; 10.00 yuan; L = National; Local");
	world_end(&w);
}

static void test_overflow(void **state)
{
	(void)state;
	struct world w = world_new();
	struct region *r = load(&w, STR(SMALL " field c int \"c\" { compute one * two; }" REST));
	struct val rec = val_map(w.a), v;
	VAL_SET(w.a, rec, "one", val_int(INT64_MAX));
	VAL_SET(w.a, rec, "two", val_int(2));
	struct expr_env env = { .region = r, .record = rec };
	assert_int_equal(expr_eval(&w.cx, type_field(r->type[0], STR("c"))->compute, &env, &v), RC_INVALID);
	assert_string_equal(w.cx.fails.v[0].code, "expr.overflow");
	assert_true(w.cx.fails.v[0].where.line > 0);
	world_end(&w);
}

static void test_measures_and_days(void **state)
{
	(void)state;
	struct world w = world_new();
	struct region *r = load(&w, STR(SMALL REST));
	const struct measure_def *by = NULL;
	int32_t day, next;
	assert_true(date_make(2022, 12, 31, &day));
	assert_int_equal(region_measure(r, STR("m"), STR("a"), day, &by)->val.i, DEC_ONE / 2);
	assert_string_equal(str_z(w.a, by->number), "1");
	assert_int_equal(region_measure(r, STR("m"), STR("a"), day + 1, &by)->val.i, DEC_ONE);
	assert_true(date_make(2019, 12, 31, &day));
	assert_null(region_measure(r, STR("m"), STR("a"), day, NULL));
	assert_null(region_measure(r, STR("n"), STR("a"), day + 800, NULL));
	assert_true(date_make(2026, 11, 20, &day));     /* a Friday, no holidays near */
	assert_true(date_make(2026, 11, 23, &next));
	assert_int_equal(region_workday(r, day, 0), day);
	assert_int_equal(region_workday(r, day, 1), next);
	assert_int_equal(region_workday(r, day, 5), day + 7);
	world_end(&w);
}

/* ---- folders ---- */

static void write_file(const char *root, const char *name, const char *text)
{
	char path[600];
	snprintf(path, sizeof path, "%s/%s", root, name);
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static enum rc load_folder(struct world *w, const char *root, const char *name, struct region **r)
{
	fail_clear(&w->cx);
	return region_load(&w->cx, w->region, str_fmt(w->a, "%s/%s", root, name), r);
}

static bool failed_with(const struct world *w, const char *code)
{
	for (int i = 0; i < w->cx.fails.n; i++)
		if (!strcmp(w->cx.fails.v[i].code, code)) return true;
	return false;
}

static void test_folders(void **state)
{
	(void)state;
	struct world w = world_new();
	struct region *r = NULL, *other = NULL;
	char root[] = "/tmp/def_XXXXXX", path[600];
	assert_non_null(mkdtemp(root));
	static const char *const folders[] = { "base", "a", "outside" };
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "%s/%s", root, folders[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	write_file(root, "base/roles.lc", "role officer \"员\" en \"O\";\n");
	write_file(root, "base/ignored.txt", "not a declaration");
	write_file(root, "a/b.lc", "role second \"二\" en \"Two\";\n");
	write_file(root, "a/a.lc", "region a \"甲\" en \"A\" { include \"../base\"; }\nrole first \"一\" en \"One\";\n");
	assert_int_equal(load_folder(&w, root, "a", &r), RC_OK);
	assert_int_equal(r->n_role, 3);
	assert_true(str_is(r->role[0]->name, "officer") && str_is(r->role[1]->name, "first") && str_is(r->role[2]->name, "second"));
	assert_int_equal(r->n_file, 3);
	assert_int_equal(r->digest.n, 64);
	assert_int_equal(load_folder(&w, root, "a", &other), RC_OK);
	assert_true(str_eq(r->digest, other->digest));
	write_file(root, "a/b.lc", "role second \"二\" en \"Second\";\n");
	assert_int_equal(load_folder(&w, root, "a", &other), RC_OK);
	assert_false(str_eq(r->digest, other->digest));

	write_file(root, "base/region.lc", "region b \"乙\" en \"B\";\n");
	assert_int_equal(load_folder(&w, root, "a", &r), RC_INVALID);
	assert_true(failed_with(&w, "def.region_again"));
	snprintf(path, sizeof path, "%s/base/region.lc", root);
	unlink(path);
	static const struct { const char *folder, *code; } bad[] = { { "../base\"; include \"../base", "def.include_again" }, { "../a",
		"def.include_again" },
		{ "../nowhere", "def.include" }, { "../../..", "def.include_outside" }, { "/tmp", "def.include" }, { "", "def.include" } };
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		char text[300];
		snprintf(text, sizeof text, "region a \"甲\" en \"A\" { include \"%s\"; }\nrole x \"一\" en \"One\";\n", bad[i].folder);
		write_file(root, "a/a.lc", text);
		assert_int_equal(load_folder(&w, root, "a", &r), RC_INVALID);
		assert_true(failed_with(&w, bad[i].code));
	}
	assert_int_equal(load_folder(&w, root, "missing", &r), RC_IO);
	snprintf(path, sizeof path, "%s/a/link.lc", root);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_int_equal(load_folder(&w, root, "a", &r), RC_IO);
	snprintf(path, sizeof path, "rm -r %s", root);
	assert_int_equal(system(path), 0);
	world_end(&w);
}

/* ---- limits ---- */

static void refuses(const char *code, struct str text)
{
	struct world w = world_new();
	struct region *r = NULL;
	assert_int_not_equal(region_load_text(&w.cx, w.region, STR("t.lc"), text, &r), RC_OK);
	if (!failed_with(&w, code)) print_message("expected %s\n", code);
	assert_true(failed_with(&w, code));
	assert_null(r);
	world_end(&w);
}

static struct str repeated(struct arena *a, const char *head, const char *part, int n, const char *tail)
{
	struct buf b = BUF(a, DEF_FILE_MAX + 100);
	buf_add(&b, str_c(head));
	for (int i = 0; i < n && !b.full; i++) {
		const char *hole = strchr(part, '#');
		if (hole) buf_fmt(&b, "%.*s%d%s", (int)(hole - part), part, i, hole + 1);
		else buf_add(&b, str_c(part));
	}
	buf_add(&b, str_c(tail));
	return buf_str(&b);
}

static void test_limits(void **state)
{
	(void)state;
	struct arena *a = arena_new((size_t)128 << 20);
	refuses("def.file_large", (struct str){ arena_alloc(a, DEF_FILE_MAX + 1), DEF_FILE_MAX + 1 });
	refuses("def.too_many", repeated(a, HEAD, "x y z;", DEF_TOKENS_MAX / 4 + 1, ""));
	refuses("def.too_many", repeated(a, HEAD, "a;", DEF_STATEMENTS_MAX + 1, ""));
	refuses("def.depth", repeated(a, HEAD, "a {", DEF_DEPTH_MAX + 1, ""));
	refuses("def.too_many", repeated(a, HEAD, "role r# \"a\";", DEF_ROLES_MAX, ""));
	refuses("def.too_many", repeated(a, HEAD "type x \"a\" { title f0;", "field f# int \"a\";", DEF_FIELDS_MAX + 1, REST));
	refuses("def.too_many", repeated(a, HEAD "type x \"a\" { title f; field f int \"a\";", "table t# \"a\" { column c int \"c\"; }",
		DEF_TABLES_MAX + 1, REST));
	refuses("def.too_many", repeated(a, HEAD "type x \"a\" { title f; field f int \"a\";", "state s# \"a\" { final; }", DEF_STATES_MAX,
		REST));
	refuses("def.too_many", repeated(a, HEAD "codes x \"a\" {", "code # \"a\";", DEF_CODES_MAX + 1, "}"));
	refuses("def.string_long", repeated(a, HEAD "role x \"", "a", DEF_TEXT_MAX + 1, "\";"));
	refuses("def.expr_long", repeated(a, HEAD "type x \"a\" { title f; field f int \"a\" { default 1", "+1", DEF_EXPR_TOKENS_MAX,
		"; }" REST));
	refuses("def.expr_depth", repeated(a, HEAD "type x \"a\" { title f; field f int \"a\" { default ", "-(", DEF_EXPR_DEPTH_MAX,
		"1; }" REST));
	/* Many codes are fine, and found fast. */
	struct world w = world_new();
	struct region *r = load(&w, repeated(a, HEAD "codes x \"a\" {", "code # \"a\";", DEF_CODES_MAX, "}"));
	assert_int_equal(r->codes[0]->n_item, DEF_CODES_MAX);
	for (int i = 0; i < DEF_CODES_MAX; i += 77) assert_int_equal(codes_item(r->codes[0], str_fmt(a, "%d", i))->order, i);
	assert_null(codes_item(r->codes[0], STR("x")));
	world_end(&w);
	arena_free(a);
}

/* ---- reports ---- */

static const struct change *find_change(const struct changes *c, const char *what, const char *path, enum change_kind kind)
{
	for (size_t i = 0; i < c->n; i++)
		if (!strcmp(c->v[i].what, what) && str_is(c->v[i].path, path) && c->v[i].kind == kind) return &c->v[i];
	return NULL;
}

#define OLD                                                                                                                                    \
	"codes k \"表\" en \"K\" { code a \"甲\" en \"A\"; code b \"乙\" en \"B\"; }\n"                                                             \
	"measure m \"办法\" en \"M\" { number \"1\"; from 2020-01-01; value v 1 \"值\" en \"V\"; }\n"                                               \
	"type x \"物\" en \"X\" { title t; field t text \"名\" en \"T\"; field e email \"信\" en \"E\"; field n int \"数\" en \"N\" { max 10; } field b int \"界\" en \"B\" { max 10; } field gone int \"旧\" en \"Gone\";" \
	" field c code k \"码\" en \"C\"; field m money \"款\" en \"M\" { unit \"元\" en \"yuan\"; } table rows \"行\" en \"Rows\" { column a int \"a\"; }"
#define NEW                                                                                                                                    \
	"codes k \"表\" en \"K\" { code a \"甲\" en \"A\"; code d \"丁\" en \"D\"; }\n"                                                             \
	"measure m \"办法\" en \"M\" { number \"1\"; from 2020-01-01; value v 2 \"值\" en \"V\"; }\n"                                               \
	"type x \"物\" en \"X\" { title t; field t text \"名\" en \"T\"; field e long \"信\" en \"E\"; field n dec \"数\" en \"N\" { max 5; } field b int \"界\" en \"B\" { max 5; } field c code k \"码\" en \"C\" { unique; }" \
	" field m money \"款\" en \"M\" { unit \"万元\" en \"10k yuan\"; } field extra date \"新\" en \"Extra\";"                                    \
	" table rows \"行\" en \"Rows\" { column b int \"b\"; }"                                                                                     \
	" state held \"停\" en \"Held\"; move hold \"停\" en \"Hold\" draft -> held { by officer; } move back \"回\" en \"Back\" held -> draft { by officer; }"

static void test_diff(void **state)
{
	(void)state;
	struct world w = world_new();
	struct arena *second = arena_new((size_t)128 << 20);
	struct region *old = load(&w, STR(HEAD OLD REST));
	struct str moved = STR(HEAD NEW REST);
	/* The first state must stay the first. */
	struct region *now = load_in(&w, second, moved);
	struct changes c = { 0 }, none = { 0 };
	region_diff(w.a, old, old, &none);
	assert_int_equal(none.n, 0);
	region_diff(w.a, old, now, &c);
	static const struct { const char *what, *path; enum change_kind kind; bool safe; } want[] = {
		{ "code", "k.b", CHANGE_REMOVED, false }, { "code", "k.d", CHANGE_ADDED, true }, { "measure", "m.2020-01-01", CHANGE_CHANGED,
			false },
		{ "field", "x.e", CHANGE_RETYPED, true }, { "field", "x.n", CHANGE_RETYPED, false }, { "bounds", "x.b", CHANGE_CHANGED, false },
		{ "field", "x.gone", CHANGE_REMOVED, false }, { "unique", "x.c", CHANGE_CHANGED, false }, { "unit", "x.m", CHANGE_CHANGED, false },
		{ "field", "x.extra", CHANGE_ADDED, true }, { "column", "x.rows.a", CHANGE_REMOVED, false }, { "column", "x.rows.b", CHANGE_ADDED,
			true },
		{ "state", "x.held", CHANGE_ADDED, true }, { "move", "x.hold", CHANGE_ADDED, true } };
	for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
		const struct change *x = find_change(&c, want[i].what, want[i].path, want[i].kind);
		if (!x) print_message("no change %s %s\n", want[i].what, want[i].path);
		assert_non_null(x);
		assert_true(x->safe == want[i].safe);
	}
	struct buf b = BUF(w.a, 1 << 20);
	changes_print(&b, &c, LANG_EN);
	assert_true(str_has(buf_str(&b), STR("UNSAFE retyped field x.n: int → dec")));
	arena_free(second);
	world_end(&w);
}

/* What stands beside types: a changed line is told with its assignment, scoring, matrix or menu; the same region differs in nothing. */
#define BESIDE(how, weight, ones, only, label)                                                                                             \
	"role r \"审\" en \"R\"; codes k \"表\" en \"K\" { code a \"甲\" en \"A\"; }\n"                                                      \
	"type person \"人\" en \"P\" { title t; field t text \"名\" en \"T\"; state on \"在\" en \"On\" { final; } access { see r; create r; edit r; } }\n" \
	"type turn \"轮\" en \"Turn\" { title t; field t text \"名\" en \"T\"; state on \"在\" en \"On\" { final; } access { see r; create r; edit r; } }\n" \
	"type work \"件\" en \"W\" { title t; field t text \"名\" en \"T\"; field turn ref turn \"轮\" en \"Turn\"; field who ref person \"人\" en \"Who\"; field c code k \"码\" en \"C\";" \
	" state on \"在\" en \"On\" { final; } access { see r; create r; edit r; } }\n"                                                         \
	"type sheet \"评\" en \"S\" { title t; field t text \"名\" en \"T\" { by_system; } field work ref work \"件\" en \"W\" { by_system; } field who ref person \"人\" en \"Who\" { by_system; }" \
	" field turn ref turn \"轮\" en \"Turn\" { by_system; } field n int \"分\" en \"N\"; state on \"在\" en \"On\"; state off \"否\" en \"Off\" { final; } move no \"否\" en \"No\" on -> off { by r; } access { see r; edit r in on; } }\n" \
	"assignment draw \"派\" en \"Draw\" { round turn; item work of turn; person person; makes sheet { turn = round; work = item; who = person; t = item.t; } vacant off;" \
	" need 1; load 2; conflict own \"己\" en \"Own\" { item who; person this; } affinity likes \"近\" en \"Likes\" weight " weight " { item who; person this; }" \
	" " ones " by r; publish r; }\n"                                                                                                        \
	"scoring marks \"分\" en \"Marks\" { sheet sheet.work; reviewer who; group turn; score n; method " how "; }\n"                           \
	"matrix table \"阵\" en \"Table\" { rows k; column n \"数\" en \"N\" { count work; by c; " only " } }\n"                                 \
	"menu \"" label "\" en \"Work\" { type work; matrix table; }\n"

static void test_diff_beside(void **state)
{
	static const char head[] = "region r \"区\" en \"R\";\n";
	(void)state;
	struct world w = world_new();
	struct arena *second = arena_new((size_t)128 << 20);
	struct str old_text = str_fmt(w.a, "%s%s", head, BESIDE("mean", "5", "", "", "事"));
	struct str now_text = str_fmt(w.a, "%s%s", head, BESIDE("z", "6", "cap 2 who;", "where state == on;", "务"));
	struct region *old = load(&w, old_text), *now = load_in(&w, second, now_text);
	struct changes c = { 0 }, none = { 0 };
	region_diff(w.a, old, old, &none);
	assert_int_equal(none.n, 0);
	region_diff(w.a, old, now, &c);
	struct buf b = BUF(w.a, 1 << 20);
	changes_print(&b, &c, LANG_EN);
	static const char *const want[] = { "added assignment draw:  → affinity likes weight 6", "removed assignment draw: affinity likes weight 5",
		"added assignment draw:  → cap 2", "added scoring marks:  → ", "added matrix table:  → column n of work by c", "added menu Work:  → menu \"务\"" };
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		if (!str_has(buf_str(&b), str_c(want[i]))) print_message("not told: %s\n%.*s", want[i], STRF(buf_str(&b)));
		assert_true(str_has(buf_str(&b), str_c(want[i])));
	}
	assert_int_equal(c.n, 9);
	assert_int_equal(c.unsafe, 0);
	arena_free(second);
	world_end(&w);
}

static void test_audit(void **state)
{
	(void)state;
	struct world w = world_new();
	struct region *r = load(&w, STR(HEAD "role guest \"客\" en \"Guest\"; type x \"物\" en \"X\" { title t; field t text \"名\" en \"T\"; field secret text \"密\" en \"Secret\";"
		" state draft \"草\" en \"D\" { draft; } state done \"完\" en \"E\" { final; } move finish \"完\" en \"Finish\" draft -> done { by officer; not-by author; }\n"
		" access { see officer;\n see guest own in done except secret;\n see public in done fields t; edit officer in draft; create officer; } }\n"));
	struct buf guest = BUF(w.a, 1 << 16), officer = BUF(w.a, 1 << 16), nobody = BUF(w.a, 1 << 16);
	region_audit(&guest, r, region_role(r, STR("guest")), LANG_EN);
	region_audit(&officer, r, region_role(r, STR("officer")), LANG_EN);
	region_audit(&nobody, r, NULL, LANG_ZH);
	assert_true(str_has(buf_str(&guest), STR("see created by oneself; in E; without Secret\tt.lc:4\n")));
	assert_true(str_has(buf_str(&guest), STR("(anybody)\tt.lc:5\n")));
	assert_true(str_has(buf_str(&guest), STR("never shown: Secret\n")));
	assert_false(str_has(buf_str(&guest), STR("move")));
	assert_false(str_has(buf_str(&guest), STR("edit")));
	assert_true(str_has(buf_str(&officer), STR("move Finish D → E: all; not the author\tt.lc:2\n")));
	assert_false(str_has(buf_str(&officer), STR("never shown")));
	assert_true(str_has(buf_str(&nobody), STR("从不可见：密\n")));
	world_end(&w);
}

/* Every row of the language stands in the manual, in both languages. */
/* Where the declaration `text` is refused, by which failure, and in which line. */
static void refused(struct str text, const char *code, int line)
{
	struct world w = world_new();
	struct region *r = NULL;
	assert_int_equal(region_load_text(&w.cx, w.region, STR("t.lc"), text, &r), RC_INVALID);
	assert_int_equal(w.cx.fails.n, 1);
	assert_string_equal(w.cx.fails.v[0].code, code);
	assert_int_equal(w.cx.fails.v[0].where.line, line);
	world_end(&w);
}

#define BODIES "type body \"单位\" en \"Body\" { title name; field name text \"名\" en \"N\"; field under ref body \"上级\" en \"U\";" REST
#define RECORDS "type mark \"记录\" en \"Mark\" { title why; field why text \"因\" en \"W\"; field of ref body \"谁\" en \"O\"; field by ref body \"由\" en \"B\";" REST
#define BIDS(cond) "type bid \"标\" en \"Bid\" { title why; field why text \"因\" en \"W\"; field host ref body \"谁\" en \"H\"; check " cond " \"否\" en \"no\";" REST

/* What was understood, not what was written: paths by the fields they hold. */
static void understood(struct buf *b, const struct expr *e)
{
	static const char *const signs[] = { [EXPR_AND] = " and ", [EXPR_OR] = " or ", [EXPR_EQ] = " == ", [EXPR_LT] = " < " };
	if (e->op == EXPR_CONST) buf_add(b, e->code);
	if (e->op == EXPR_STATE) buf_add(b, STR("state"));
	if (e->op == EXPR_FIELD) {
		if (e->outer) buf_add(b, STR("this."));
		for (int i = 0; i < e->n_path; i++) buf_fmt(b, "%s%.*s", i ? "." : "", STRF(e->path[i]->name));
	}
	if (e->op == EXPR_AGG) {
		buf_fmt(b, "count(%.*s.%.*s is ", STRF(e->over->name), STRF(e->back->name));
		understood(b, e->is);
		buf_add(b, STR(" where "));
		understood(b, e->where);
		buf_c(b, ')');
		return;
	}
	for (int i = 0; i < e->n_arg; i++) {
		if (i) buf_add(b, str_c(signs[e->op]));
		understood(b, e->arg[i]);
	}
}

/* A use means what its words say with the paths in them: names, paths that go on, `is`, and this. in a where. */
static void test_conditions(void **state)
{
	(void)state;
	struct world w = world_new();
	const struct region *r = load(&w, STR(HEAD BODIES RECORDS
		"condition clear(whom body) = count(mark.of is whom where state == done) == 0;\n"
		"condition fine(whom body, other body) = clear(whom.under) and count(mark.of is whom where by == this.other.under) < 2 or whom == other;\n"
		BIDS("fine(host, host.under)")));
	struct buf b = BUF(w.a, 1000);
	understood(&b, region_type(r, STR("bid"))->check[0]->cond);
	assert_string_equal(str_z(w.a, buf_str(&b)), "count(mark.of is host.under where state == done) == 0 and count(mark.of is host where by == this.host.under.under) < 2 or host == host.under");
	world_end(&w);
	refused(STR(HEAD BODIES RECORDS "condition a(x body) = x.nme == \"\";\n" BIDS("a(host)")), "def.unknown_field", 4);
	refused(STR(HEAD BODIES RECORDS "condition a(x body) = a(x);\n" BIDS("empty(host)")), "def.condition_loop", 4);
	refused(STR(HEAD BODIES RECORDS "condition a(x body) = empty(x);\n" BIDS("a(why)")), "def.type", 5);
	refused(STR(HEAD BODIES RECORDS "condition a(x body) = empty(x);\n" BIDS("a(host, host)")), "def.arguments", 5);
	refused(STR(HEAD BODIES RECORDS "condition a(x body) = empty(x);\n" BIDS("a(coalesce(host, host.under))")), "def.condition_path", 5);
	refused(STR(HEAD BODIES RECORDS "condition count(x body) = empty(x);\n" BIDS("empty(host)")), "def.reserved", 4);
	refused(STR(HEAD BODIES RECORDS "condition a(x body) = count(mark.of is x) == 0;\n" BIDS("count(mark.of is host where a(this.host)) == 0")), "def.aggregate_inside", 5);
}

static void test_manual(void **state)
{
	(void)state;
	struct world w = world_new();
	struct buf zh = BUF(w.a, 1 << 20), en = BUF(w.a, 1 << 20), doc = BUF(w.a, 1 << 20);
	language_doc(&zh, LANG_ZH);
	language_doc(&en, LANG_EN);
	for (int i = 0; i < n_kinds; i++) {
		assert_true(str_has(buf_str(&zh), str_c(kinds[i].zh)));
		assert_true(str_has(buf_str(&en), str_c(kinds[i].en)));
		assert_true(kinds[i].name || kinds[i].link || kinds[i].rule);
		for (int k = 0; k < i; k++) assert_false(kinds[k].ctx == kinds[i].ctx && !strcmp(kinds[k].word, kinds[i].word));
	}
	for (int i = 0; i < n_fn_rows; i++) assert_true(str_has(buf_str(&en), str_c(fn_rows[i].usage)));
	region_doc(&doc, load(&w, STR(SMALL REST)), LANG_EN);
	assert_true(str_has(buf_str(&doc), STR("| A | `m.a` | 0.5 |")));
	/* The process is drawn: a box for each state, an arrow that carries the number of each move in the list. */
	const struct region *small = load(&w, STR(SMALL REST));
	for (int i = 0; i < small->n_type; i++) {
		struct buf svg = BUF(w.cx.arena, 1 << 16);
		region_diagram(&svg, small->type[i], LANG_EN);
		for (int k = 0; k < small->type[i]->n_state; k++) assert_true(str_has(buf_str(&svg), str_fmt(w.cx.arena, ">%.*s<", STRF(small->type[i]->state[k]->label.en))));
		for (int k = 0; k < small->type[i]->n_move; k++) assert_true(str_has(buf_str(&svg), str_fmt(w.cx.arena, "%d", k + 1)));
	}
	assert_false(doc.full || zh.full || en.full);
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_expressions), cmocka_unit_test(test_functions), cmocka_unit_test(test_show),
		cmocka_unit_test(test_overflow), cmocka_unit_test(test_measures_and_days), cmocka_unit_test(test_folders),
			cmocka_unit_test(test_limits),
		cmocka_unit_test(test_diff), cmocka_unit_test(test_diff_beside), cmocka_unit_test(test_audit), cmocka_unit_test(test_conditions),
		cmocka_unit_test(test_manual) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

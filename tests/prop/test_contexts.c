/* Property: what loads also runs. Every function and aggregate of the language stands in every place where a condition can stand;
   then records are kept, read, judged, moved, listed and counted. A new function without a line here fails the test. */
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
#include "def/expr_inner.h"
#include "rec/flow.h"
#include "rec/indicator.h"
#include "rec/schema.h"

/* A condition that uses the function; `who`: it needs somebody who looks, so it stands in rights, guards, actions and defaults only. */
static const struct use { const char *fn, *cond; bool who, total; } uses[] = {
	{ "today", "today() >= d", false, false }, { "now", "now() >= created", false, false }, { "workdays", "workdays(d, a) > e", false, false },
	{ "days", "days(d, e) > a", false, false }, { "months", "months(d, e) > a", false, false }, { "years", "years(d, e) > a", false, false },
	{ "year", "year(d) > a", false, false }, { "month", "month(d) > a", false, false }, { "date", "date(at) > d", false, false },
	{ "empty", "empty(a)", false, false }, { "coalesce", "coalesce(a, 2) > 1", false, false }, { "if", "if(a > 1, a, 0) > 1", false, false },
	{ "abs", "abs(a) > 1", false, false }, { "round", "round(x, -1) > 1.5", false, false }, { "up", "up(k) == red", false, false },
	{ "prev", "prev(a) < a", false, false }, { "me", "me() == author", true, false }, { "my_org", "my_org() == org", true, false },
	{ "author", "not empty(author())", false, false }, { "measure", "measure(rate.most) > a", false, false },
	{ "path", "link.on < d and link.state == live and org.name != \"x\"", false, false },
	{ "in", "k in (red, blue) and a / 2 * 3 - 1 != -a", false, false },
	{ "count", "count(r.link is link where this.a > a and year(this.d) > 1) > 1", false, true }, { "here", "count(r.twin where k != this.k) > 1", false, true },
	{ "sum", "sum(part.w where w > a) > x", false, true }, { "avg", "avg(r.k.x is k) > x", false, true }, { "min", "min(r.link.d is link) < d", false, true },
	{ "similarity", "similarity(alike) > 40", false, false },
	{ "ours", "count(r.link is link where org == my_org() and author == me()) > 1", true, true },
};
enum { N_USES = sizeof uses / sizeof *uses };

static void declare(struct buf *b, const struct use *u)
{
	const char *c = u->cond, *inner = u->total || u->who ? "a > 1" : c, *plain = u->who ? "a > 1" : c;
	const char *rows = strcmp(u->fn, "prev") ? plain : "a > 1";
	buf_add(b, STR("region t \"测\" en \"T\" { brand \"链\" en \"C\"; zone +8:00; currency \"元\" en \"yuan\"; division 530000; first zh; }\nrole o \"处\" en \"O\";\n"
		       "codes colour \"色\" en \"Colour\" { code red \"红\" en \"R\"; code blue \"蓝\" en \"B\" under red; }\n"
		       "measure rate \"率\" en \"Rate\" { number \"1\"; from 2000-01-01; value most 3 \"最多\" en \"Most\"; }\n"
		       "calendar 2024 { holiday 2024-02-12; workday 2024-02-18; }\n"
		       "type org \"位\" en \"Org\" { title name; field name text \"题\" en \"T\"; state live \"态\" en \"S\" { final; } access { see o; edit o; create o; } }\n"
		       "type person \"人\" en \"Person\" { title name; field name text \"题\" en \"T\"; state live \"态\" en \"S\" { final; } access { see o; edit o; create o; } }\n"
		       "type l \"链\" en \"L\" { title t; field t text \"题\" en \"T\"; field on date \"日\" en \"On\"; state live \"态\" en \"S\" { final; } access { see o; edit o; create o; } }\n"
		       "type box \"箱\" en \"Box\" { title t; field t text \"题\" en \"T\"; field ok bool \"可\" en \"Ok\"; field r ref r \"录\" en \"R\"; state live \"态\" en \"S\" { final; } access { see o; edit o; create o; } }\n"
		       "type r \"记录\" en \"R\" { title t; day link.on; return of link period a; field t text \"题\" en \"T\"; field a int \"甲\" en \"A\"; field x dec \"丙\" en \"X\";\n"
		       " field k code colour \"色\" en \"K\"; field d date \"庚\" en \"D\"; field e date \"辛\" en \"E\"; field at time \"壬\" en \"At\"; field link ref l \"癸\" en \"Link\"; field twin ref r \"孪\" en \"Twin\";\n"));
	buf_fmt(b, " field q text \"一\" en \"Q\" { required when %s; } field s bool \"二\" en \"S\" { default %s; } field set bool \"三\" en \"Set\" { by_system; }\n", plain, c);
	buf_fmt(b, " field c bool \"四\" en \"C\" { compute %s; }\n", plain);
	buf_fmt(b, " table part \"部\" en \"Part\" { column w dec \"重\" en \"W\" { required when %s; } column c bool \"五\" en \"C\" { compute %s; } check w > 0.5 or %s \"六\" en \"Row\"; }\n",
		rows, rows, rows);
	buf_fmt(b, " field n int \"七\" en \"N\" { compute count(part where %s) + count(r.twin where %s) + count(r.link is link where %s); }\n", strcmp(u->fn, "prev") ? inner : "a > 1", inner, inner);
	buf_fmt(b, " check warning %s \"八\" en \"Check\";\n state s1 \"态\" en \"S\" { draft; } state s2 \"态\" en \"S\"; state s3 \"终\" en \"E\" { final; }\n", plain);
	buf_fmt(b, " move go \"行\" en \"Go\" s1 -> s2 { by o when %s or true; when %s or true \"九\" en \"Guard\"; set set = %s; set set = true when %s; create box when %s or true { ok = %s; r = this; } }\n",
		c, c, c, c, c, c);
	buf_fmt(b, " move tick \"钟\" en \"Tick\" s2 -> s3 { by system when %s or true; }\n", plain);
	buf_fmt(b, " access { see o; see o own when %s; edit o when %s; create o; } }\n", c, c);
	buf_fmt(b, "indicator i \"指\" en \"I\" { count r; where %s; }\n"
		"similar alike \"似\" en \"Alike\" { text r t, q own link in s1, s2; compare r in s2; }\n", plain);
}

struct world { struct cx cx; struct rx rx; const struct type_def *t; };

static void ok(struct world *w, const struct use *u, enum rc rc)
{
	if (rc == RC_OK) return;
	struct buf out = BUF(w->cx.arena, 1 << 16);
	fail_print(&out, &w->cx.fails, LANG_EN);
	print_error("%s: %s\n%.*s\n", u->fn, u->cond, STRF(buf_str(&out)));
	assert_true(false);
}

static int64_t kept(struct world *w, const struct use *u, const char *type, struct val values)
{
	const struct type_def *t = region_type(w->rx.region, str_c(type));
	struct record head = { .state = t->state[0], .owner = 7, .author = 8, .org = 9 };
	int64_t id;
	ok(w, u, record_insert(&w->rx, t, &head, values, &id));
	return id;
}

static struct val values_of(struct world *w, int64_t link, int64_t twin)
{
	struct arena *a = w->cx.arena;
	struct val v = val_map(a), rows = val_list(a), row = val_map(a);
	VAL_SET(a, v, "t", val_textz("x"));
	VAL_SET(a, v, "a", val_int(2));
	VAL_SET(a, v, "x", val_dec(3 * DEC_ONE));
	VAL_SET(a, v, "k", val_textz("blue"));
	VAL_SET(a, v, "d", val_int(19800));
	VAL_SET(a, v, "e", val_int(19900));
	VAL_SET(a, v, "at", val_int(w->cx.now_ms));
	VAL_SET(a, v, "q", val_textz("q"));
	VAL_SET(a, v, "link", val_int(link));
	VAL_SET(a, v, "twin", twin ? val_int(twin) : VNULL);
	VAL_SET(a, row, "w", val_dec(DEC_ONE));
	val_push(a, rows, row);
	VAL_SET(a, v, "part", rows);
	return v;
}

/* As a person fills in, reads, moves and finds. */
static void at_work(struct world *w, const struct use *u)
{
	struct rx *rx = &w->rx;
	struct mask all = mask_all();
	struct right right;
	struct record rec;
	struct val link = val_map(w->cx.arena), defaults;
	struct check_list checks;
	struct move_options options;
	struct todo_list todo;
	VAL_SET(w->cx.arena, link, "t", val_textz("l"));
	int64_t to = kept(w, u, "l", link), twin = kept(w, u, "r", values_of(w, to, 0));
	struct val v = values_of(w, to, twin);
	VAL_SET(w->cx.arena, v, "a", val_int(3));
	rx->viewer = (struct viewer){ .account = 7, .person = 8, .org = 9, .roles = 1 };
	ok(w, u, form_defaults(rx, w->t, &defaults));
	ok(w, u, form_complete(rx, w->t, NULL, v));
	ok(w, u, form_checks(rx, w->t, NULL, v, &checks));
	int64_t id = kept(w, u, "r", v);
	ok(w, u, access_record(rx, w->t, id, &right));
	assert_true(right.see);
	ok(w, u, record_read(rx, w->t, id, &all, &rec));
	ok(w, u, form_complete(rx, w->t, &rec, rec.values));
	ok(w, u, form_checks(rx, w->t, &rec, rec.values, &checks));
	ok(w, u, flow_options(rx, w->t, &rec, &options));
	ok(w, u, flow_todo(rx, &todo));
	struct val notes = val_map(w->cx.arena);
	for (int i = 0; i < w->t->n_check; i++) {
		val_set(w->cx.arena, notes, w->t->check[i]->name, val_textz("-"));
		val_set(w->cx.arena, notes, str_fmt(w->cx.arena, "%.*s.1", STRF(w->t->check[i]->name)), val_textz("-"));
	}
	struct move_request req = { .move = STR("go"), .rev = -1, .raw = VNULL, .notes = notes };
	ok(w, u, flow_move(rx, w->t, id, &req, &rec));
	int64_t micro, boxes;
	bool known;
	ok(w, u, indicator_figure(rx, region_indicator(rx->region, STR("i")), &micro, &known));
	ok(w, u, db_int(&w->cx, rx->db, SQL("SELECT COUNT(*) FROM r_box"), NO_PARAMS, &boxes, &known));
	assert_int_equal(boxes, 1);
	/* flow_tick passes over what fails; the move alone does not. */
	rx->viewer = (struct viewer){ .system = true };
	req.move = STR("tick");
	ok(w, u, flow_move(rx, w->t, id, &req, &rec));
	assert_true(str_is(rec.state->name, "s3"));
}

static void one_use(const struct use *u, const char *dir, int n)
{
	struct arena *keep = arena_new((size_t)256 << 20);
	struct world w = { .cx = { .arena = arena_new((size_t)256 << 20), .now_ms = time_now_ms() } };
	struct buf text = BUF(w.cx.arena, 1 << 16);
	struct region *region;
	struct vault vault = { .files_dir = str_c(dir) };
	struct idgen ids = { 0 };
	declare(&text, u);
	ok(&w, u, region_load_text(&w.cx, keep, STR("t.lc"), buf_str(&text), &region));
	fail_clear(&w.cx);
	w.t = region_type(region, STR("r"));
	w.rx = (struct rx){ .cx = &w.cx, .region = region, .vault = &vault, .ids = &ids, .viewer = { .system = true } };
	ok(&w, u, db_open(&w.cx, str_fmt(w.cx.arena, "sqlite:%s/%d.db", dir, n), DB_WRITE, &w.rx.db));
	ok(&w, u, schema_migrate(&w.cx, w.rx.db));
	ok(&w, u, db_begin(&w.cx, w.rx.db));
	ok(&w, u, schema_apply(&w.rx));
	at_work(&w, u);
	db_close(w.rx.db);
	arena_free(w.cx.arena);
	arena_free(keep);
}

static void what_loads_runs(void **state)
{
	(void)state;
	/* In memory: a database for each, and nothing here is about durability. */
	char dir[] = "/dev/shm/lc-context-XXXXXX", command[64];
	assert_non_null(mkdtemp(dir));
	for (int i = 0; i < N_USES; i++) one_use(&uses[i], dir, i);
	snprintf(command, sizeof command, "rm -rf %s", dir);
	assert_int_equal(system(command), 0);
}

static void every_function_is_used(void **state)
{
	(void)state;
	for (int i = 0; i < n_fn_rows; i++) {
		/* Needs a declared assignment: tried by scenes and over HTTP. */
		bool used = !strcmp(fn_rows[i].name, "conflict");
		for (int k = 0; k < N_USES; k++) used = used || !strcmp(uses[k].fn, fn_rows[i].name);
		if (!used) print_error("no use of %s\n", fn_rows[i].name);
		assert_true(used);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_function_is_used), cmocka_unit_test(what_loads_runs) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

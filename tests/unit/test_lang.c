/* What declarations can say, run on a real SQLite: limits across records, actions on the record referred to, the record's day,
   records that begin filed, numbers by chance, notices with their reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#undef fail     /* ours has arguments */

#include "base/time.h"
#include "rec/account.h"
#include "rec/command.h"
#include "rec/flow.h"
#include "rec/schema.h"

static const char region_text[] =
	"region test \"测试\" en \"Test\" { brand \"链\" en \"Chain\"; zone +8:00; currency \"元\" en \"yuan\"; division 530000; first zh; demo; }\n"
	"role officer \"处\" en \"Officer\" { staff; }\n"
	"codes division \"区划\" en \"Divisions\" { code 530000 \"云\" en \"Y\"; code 530100 \"昆\" en \"K\" under 530000; }\n"
	"measure fund \"办法\" en \"Measure\" { number \"1\"; from 2020-01-01; to 2024-06-30; value most 100元 \"最高\" en \"Most\"; }\n"
	"measure fund \"办法\" en \"Measure\" { number \"2\"; from 2024-07-01; value most 500元 \"最高\" en \"Most\"; }\n"
	"mail told \"退回：{title}\" en \"Returned: {title}\" { text \"{reason}\" en \"{reason}\"; }\n"
	"type org \"单位\" en \"Organisation\" { registry; title name; field name text \"名称\" en \"Name\" { required; }\n"
	"  state live \"在册\" en \"Live\" { final; } access { see signed; create officer; edit officer; } }\n"
	"type person \"人员\" en \"Person\" { registry; title name; field name text \"姓名\" en \"Name\" { required; }\n"
	"  state live \"在册\" en \"Live\" { final; } access { see signed; create officer; edit officer; } }\n"
	"type call \"批次\" en \"Call\" { title name; number \"C{random:6}\"; field name text \"名称\" en \"Name\" { required; max 8; } field opens date \"开始\" en \"Opens\";\n"
	"  field used int \"次数\" en \"Used\" { by_system; }\n"
	"  state open \"开放\" en \"Open\"; state shut \"关闭\" en \"Shut\" { final; }\n"
	"  check named: name != \"bad\" \"名称不好\" en \"A bad name\";\n"
	"  move close \"关闭\" en \"Close\" open -> shut { by officer, system; when used < 3 \"不可再关\" en \"Too many to close\"; }\n"
	"  move touch \"记\" en \"Count\" open -> open { by system; }\n"
	"  access { see signed; create officer; edit officer; } }\n"
	"type task \"事\" en \"Task\" { title name; field name text \"名称\" en \"Name\"; field who text \"谁\" en \"Who\"; field on date \"日\" en \"On\";\n"
	"  state new \"新\" en \"New\"; state done \"完\" en \"Done\" { final; }\n"
	"  move go \"办\" en \"Go\" new -> done { by officer; when not empty(who) \"未选人\" en \"Nobody chosen\"; when on < today() \"未到日\" en \"Too early\"; }\n"
	"  access { see signed; create officer; edit officer; } }\n"
	"type bid \"申请\" en \"Bid\" { title name; day call.opens; field name text \"名称\" en \"Name\" { required; max 8; }\n"
	"  field call ref call \"批次\" en \"Call\" { required; } field head ref person \"院士\" en \"Head\"; field asks money \"申请\" en \"Asks\"; field why text \"由\" en \"Why\" { by_system; }\n"
	"  field place code division \"地\" en \"Place\" { default division; }\n"
	"  table panel \"专家\" en \"Panel\" { column expert ref call \"专家\" en \"Expert\"; check expert.name != call.name \"同名\" en \"Same name\"; }\n"
	"  check most: asks <= measure(fund.most) \"超过办法\" en \"Above the measure\";\n"
	"  check limit: count(bid.head is head where state == filed and call != this.call) < 2 \"兼任过多\" en \"Too many\";\n"
	"  check mine: count(bid.call is call where org == this.org and state == filed) == 0 \"已有一份\" en \"One already\";\n"
	"  check owner: org.name != \"nobody\" and not empty(author) and not empty(division) and not empty(created) \"内置\" en \"Built in\";\n"
	"  state draft \"草稿\" en \"Draft\" { draft; } state filed \"已报\" en \"Filed\"; state back \"退回\" en \"Back\" { final; tone bad; } state won \"中\" en \"Won\" { final; }\n"
	"  move file \"上报\" en \"File\" draft -> filed { by officer;\n"
	"    set why = \"大\" when asks > 50元; set why = \"小\" when asks <= 50元;\n"
	"    set call.used = coalesce(call.used, 0) + 1; set call.name = \"big\" when why == \"大\"; move call by touch; }\n"
	"  move refuse \"退回\" en \"Return\" filed -> back { by officer; reason; notify author told when not empty(head); }\n"
	"  move win \"中选\" en \"Win\" filed -> won { by officer; move call by close when asks != 7元; }\n"
	"  access { see signed; create officer; edit officer in draft; } }\n";

enum { ANNA = 1, BEN, PEOPLE };
static const char *const people[PEOPLE] = { 0, "anna", "ben" };

struct world {
	char dir[64];
	struct cx cx;
	struct arena *keep;
	struct vault vault;
	struct region *region;
	struct db *db;
	struct office office;
	int64_t account[PEOPLE], person[PEOPLE];
};

static void show_fails(struct world *w)
{
	for (int i = 0; i < w->cx.fails.n; i++)
		print_message("  %s [%.*s] %.*s\n", w->cx.fails.v[i].code, STRF(w->cx.fails.v[i].where.field), STRF(w->cx.fails.v[i].en));
}

#define OK(w, call)                                     \
	do {                                            \
		enum rc ok_rc = (call);                 \
		if (ok_rc != RC_OK) show_fails(w);      \
		assert_int_equal(ok_rc, RC_OK);         \
	} while (0)

static struct rx system_rx(struct world *w)
{
	return (struct rx){ .cx = &w->cx, .db = w->db, .region = w->region, .vault = &w->vault, .ids = &w->office.ids, .region_rev = 1, .viewer = { .system = true } };
}

static int64_t registered(struct world *w, const char *type, const char *name)
{
	struct rx rx = system_rx(w);
	const struct type_def *t = region_type(w->region, str_c(type));
	struct record head = { .state = t->state[0] };
	struct val values = val_map(w->cx.arena);
	int64_t id;
	VAL_SET(w->cx.arena, values, "name", val_textz(name));
	OK(w, record_insert(&rx, t, &head, values, &id));
	return id;
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	strcpy(w->dir, "/tmp/lc-lang-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	w->keep = arena_new((size_t)256 << 20);
	w->cx = (struct cx){ .arena = arena_new((size_t)256 << 20), .lang = LANG_EN, .now_ms = time_now_ms() };
	OK(w, vault_load(&w->cx, w->keep, str_c(w->dir), true, &w->vault));
	OK(w, region_load_text(&w->cx, w->keep, STR("test.lc"), (struct str){ region_text, sizeof region_text - 1 }, &w->region));
	OK(w, db_open(&w->cx, str_fmt(w->cx.arena, "sqlite:%s/t.db", w->dir), DB_WRITE, &w->db));
	OK(w, schema_migrate(&w->cx, w->db));
	w->office = (struct office){ .region = w->region, .vault = &w->vault, .region_rev = 1 };
	struct rx rx = system_rx(w);
	OK(w, db_begin(&w->cx, w->db));
	OK(w, schema_apply(&rx));
	for (int i = 1; i < PEOPLE; i++) {
		w->person[i] = registered(w, "person", people[i]);
		struct account a = { .login = str_c(people[i]), .name_zh = str_c(people[i]), .name_en = str_c(people[i]), .pw_hash = STR("-"),
			.org = registered(w, "org", people[i]), .person = w->person[i], .division = STR("530100"), .roles = STR("officer") };
		OK(w, account_create(&rx, &a, &w->account[i]));
	}
	OK(w, db_commit(&w->cx, w->db));
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	char command[128];
	db_close(w->db);
	snprintf(command, sizeof command, "rm -rf %s", w->dir);
	assert_int_equal(system(command), 0);
	arena_free(w->cx.arena);
	arena_free(w->keep);
	free(w);
	return 0;
}

static enum rc run(struct world *w, int who, const char *name, struct val args, struct val *reply)
{
	struct arena *a = w->cx.arena;
	struct val command = val_map(a), actor = val_map(a);
	fail_clear(&w->cx);
	VAL_SET(a, actor, "account", val_int(w->account[who]));
	VAL_SET(a, command, "name", val_textz(name));
	VAL_SET(a, command, "args", args);
	VAL_SET(a, command, "actor", actor);
	assert_int_equal(db_begin(&w->cx, w->db), RC_OK);
	enum rc rc = command_run(&w->office, &w->cx, w->db, command, reply);
	if (rc == RC_OK) assert_int_equal(db_commit(&w->cx, w->db), RC_OK);
	else db_rollback(w->db);
	return rc;
}

/* "call=…" pairs as a form would send them. */
static enum rc save(struct world *w, int who, const char *type, struct val values, struct val *id)
{
	struct val args = val_map(w->cx.arena), reply;
	VAL_SET(w->cx.arena, args, "type", val_textz(type));
	VAL_SET(w->cx.arena, args, "values", values);
	enum rc rc = run(w, who, "record.save", args, &reply);
	if (rc == RC_OK) *id = VAL_GET(reply, "id");
	return rc;
}

static enum rc move(struct world *w, int who, const char *type, struct val id, const char *name, const char *reason)
{
	struct val args = val_map(w->cx.arena), reply;
	VAL_SET(w->cx.arena, args, "type", val_textz(type));
	VAL_SET(w->cx.arena, args, "id", id);
	VAL_SET(w->cx.arena, args, "move", val_textz(name));
	VAL_SET(w->cx.arena, args, "reason", val_textz(reason));
	return run(w, who, "record.move", args, &reply);
}

static struct val call_of(struct world *w, const char *name, const char *opens)
{
	struct val v = val_map(w->cx.arena), id;
	VAL_SET(w->cx.arena, v, "name", val_textz(name));
	if (opens) VAL_SET(w->cx.arena, v, "opens", val_textz(opens));
	OK(w, save(w, ANNA, "call", v, &id));
	return id;
}

static struct val bid_values(struct world *w, struct val call, bool headed, const char *asks)
{
	struct val v = val_map(w->cx.arena);
	VAL_SET(w->cx.arena, v, "name", val_textz("n"));
	VAL_SET(w->cx.arena, v, "call", call);
	if (headed) VAL_SET(w->cx.arena, v, "head", val_int(w->person[BEN]));
	VAL_SET(w->cx.arena, v, "asks", val_textz(asks));
	return v;
}

static enum rc filed(struct world *w, int who, struct val call, bool headed, const char *asks, struct val *id)
{
	OK(w, save(w, who, "bid", bid_values(w, call, headed, asks), id));
	return move(w, who, "bid", *id, "file", "");
}

static struct record stored(struct world *w, const char *type, struct val id)
{
	struct rx rx = system_rx(w);
	struct mask all = mask_all();
	struct record rec;
	int64_t number;
	assert_true(id_parse(val_str(id), &number));
	OK(w, record_read(&rx, region_type(w->region, str_c(type)), number, &all, &rec));
	return rec;
}

static bool failed_with(struct world *w, const char *code, const char *zh)
{
	for (int i = 0; i < w->cx.fails.n; i++)
		if (!strcmp(w->cx.fails.v[i].code, code) && str_has(w->cx.fails.v[i].zh, str_c(zh))) return true;
	show_fails(w);
	return false;
}

/* ---- tests ---- */

static void limits_count_the_others_of_one_person(void **state)
{
	struct world *w = *state;
	struct val id, mine, calls[4];
	for (int i = 0; i < 4; i++) calls[i] = call_of(w, "c", "2025-01-01");
	OK(w, filed(w, ANNA, calls[0], true, "1", &id));
	OK(w, filed(w, ANNA, calls[1], true, "1", &id));
	assert_int_equal(filed(w, ANNA, calls[2], true, "1", &id), RC_INVALID);
	assert_true(failed_with(w, "form.check", "兼任过多"));
	OK(w, filed(w, ANNA, calls[2], false, "1", &mine));
	/* this.org: another organisation may, the same may not */
	assert_int_equal(filed(w, ANNA, calls[2], false, "1", &id), RC_INVALID);
	assert_true(failed_with(w, "form.check", "已有一份"));
	OK(w, filed(w, BEN, calls[2], false, "1", &id));
}

static void old_bids_are_judged_by_the_old_measure(void **state)
{
	struct world *w = *state;
	struct val old = call_of(w, "old", "2024-03-01"), new = call_of(w, "new", "2024-09-01"), today = call_of(w, "now", NULL), id;
	assert_int_equal(filed(w, ANNA, old, false, "300", &id), RC_INVALID);
	assert_true(failed_with(w, "form.check", "超过办法"));
	OK(w, filed(w, ANNA, new, false, "300", &id));
	OK(w, filed(w, ANNA, today, false, "300", &id));
	assert_int_equal(filed(w, BEN, today, false, "600", &id), RC_INVALID);
}

static void moves_write_to_the_record_referred_to(void **state)
{
	struct world *w = *state;
	struct val call = call_of(w, "c", "2025-01-01"), id;
	int64_t rev = stored(w, "call", call).rev;
	OK(w, filed(w, ANNA, call, false, "20", &id));
	assert_true(str_is(val_str(VAL_GET(stored(w, "bid", id).values, "why")), "小"));
	struct record c = stored(w, "call", call);
	assert_int_equal(val_i64(VAL_GET(c.values, "used")), 1);
	assert_true(str_is(val_str(VAL_GET(c.values, "name")), "c"));
	assert_int_equal(c.rev, rev + 2);       /* one set, one move: each its own event */
	OK(w, filed(w, BEN, call, false, "60", &id));
	c = stored(w, "call", call);
	assert_true(str_is(val_str(VAL_GET(c.values, "name")), "big"));
	assert_int_equal(val_i64(VAL_GET(c.values, "used")), 2);
	assert_true(c.number.n == 7);
	int64_t events;
	bool found;
	OK(w, db_int(&w->cx, w->db, SQL("SELECT COUNT(*) FROM event WHERE record = ? AND act = 'save' AND account = ?"),
		P(p_int(c.id), p_int(w->account[BEN])), &events, &found));
	assert_int_equal(events, 2);
}

static void what_the_other_cannot_do_undoes_all(void **state)
{
	struct world *w = *state;
	struct val call = call_of(w, "c", "2025-01-01"), a, b, c;
	OK(w, filed(w, ANNA, call, false, "20", &a));
	OK(w, filed(w, BEN, call, false, "7", &b));
	OK(w, move(w, ANNA, "bid", b, "win", ""));      /* when does not hold: the call stays open */
	assert_true(str_is(stored(w, "call", call).state->name, "open"));
	OK(w, move(w, ANNA, "bid", a, "win", ""));
	assert_true(str_is(stored(w, "call", call).state->name, "shut"));
	struct val other = call_of(w, "d", "2025-01-01");
	OK(w, filed(w, ANNA, other, false, "20", &a));
	OK(w, filed(w, BEN, other, false, "20", &b));
	OK(w, move(w, ANNA, "bid", a, "refuse", "x"));
	OK(w, filed(w, ANNA, other, false, "20", &c));
	assert_int_equal(move(w, ANNA, "bid", c, "win", ""), RC_CONFLICT);
	assert_true(failed_with(w, "flow.guard", "不可再关"));
	assert_true(str_has(w->cx.fails.v[0].hint_zh, STR("关闭")));
	assert_true(str_is(stored(w, "bid", c).state->name, "filed"));
}

static void notices_give_the_reason(void **state)
{
	struct world *w = *state;
	struct val call = call_of(w, "c", "2025-01-01"), id;
	int64_t n;
	bool found;
	OK(w, filed(w, ANNA, call, false, "20", &id));
	OK(w, move(w, BEN, "bid", id, "refuse", "材料不全"));
	OK(w, db_int(&w->cx, w->db, SQL("SELECT COUNT(*) FROM mail"), NO_PARAMS, &n, &found));
	assert_int_equal(n, 0);
	OK(w, filed(w, ANNA, call, true, "20", &id));
	OK(w, move(w, BEN, "bid", id, "refuse", "材料不全"));
	OK(w, db_int(&w->cx, w->db, SQL("SELECT COUNT(*) FROM mail WHERE text_zh = '材料不全' AND text_en = '材料不全' AND account_id = ?"),
		P(p_int(w->account[ANNA])), &n, &found));
	assert_int_equal(n, 1);
}

static void filed_from_the_start_is_judged_at_once(void **state)
{
	struct world *w = *state;
	struct val v = val_map(w->cx.arena), id;
	VAL_SET(w->cx.arena, v, "name", val_textz("bad"));
	assert_int_equal(save(w, ANNA, "call", v, &id), RC_INVALID);
	assert_true(failed_with(w, "form.check", "名称不好"));
	struct rx rx = system_rx(w);
	struct val values;
	fail_clear(&w->cx);
	assert_int_equal(record_import_values(&rx, region_type(w->region, STR("call")), v, &values), RC_INVALID);
	assert_true(failed_with(w, "form.check", "名称不好"));
}

static void long_text_is_refused_in_drafts_too(void **state)
{
	struct world *w = *state;
	struct val call = call_of(w, "c", NULL), v = bid_values(w, call, false, "1"), id;
	VAL_SET(w->cx.arena, v, "name", val_textz("一二三四五六七八"));
	OK(w, save(w, ANNA, "bid", v, &id));
	VAL_SET(w->cx.arena, v, "name", val_textz("一二三四五六七八九"));
	assert_int_equal(save(w, ANNA, "bid", v, &id), RC_INVALID);
	assert_true(failed_with(w, "form.range", "8"));
	assert_true(str_is(w->cx.fails.v[0].where.field, "name"));
}

static void rows_and_built_ins_are_judged_in_memory(void **state)
{
	struct world *w = *state;
	struct arena *a = w->cx.arena;
	struct val call = call_of(w, "same", NULL), v = bid_values(w, call, false, "1"), rows = val_list(a), row = val_map(a), id;
	VAL_SET(a, row, "expert", call);
	val_push(a, rows, row);
	VAL_SET(a, v, "panel", rows);
	OK(w, save(w, ANNA, "bid", v, &id));
	assert_true(str_is(val_str(VAL_GET(stored(w, "bid", id).values, "place")), "530100"));
	assert_int_equal(move(w, ANNA, "bid", id, "file", ""), RC_INVALID);
	assert_true(failed_with(w, "form.check", "同名"));
	assert_int_equal(w->cx.fails.errors, 1);
}

static void numbers_by_chance_tell_no_order(void **state)
{
	struct world *w = *state;
	struct str before = STR("");
	for (int i = 0; i < 20; i++) {
		struct str number = stored(w, "call", call_of(w, "c", NULL)).number;
		assert_int_equal(number.n, 7);
		assert_true(number.p[0] == 'C' && !str_eq(number, before));
		for (size_t k = 1; k < number.n; k++) assert_null(strchr("01IOabcdefghijklmnopqrstuvwxyz{}", number.p[k]));
		before = number;
	}
}

static void blocked_steps_say_what_is_missing(void **state)
{
	struct world *w = *state;
	struct rx rx = system_rx(w);
	struct todo_list todo;
	struct val v = val_map(w->cx.arena), id;
	assert_int_equal(account_viewer(&w->cx, w->db, w->region, w->account[ANNA], &rx.viewer), RC_OK);
	VAL_SET(w->cx.arena, v, "name", val_textz("n"));
	VAL_SET(w->cx.arena, v, "on", val_textz("2099-01-01"));
	OK(w, save(w, ANNA, "task", v, &id));
	OK(w, flow_todo(&rx, &todo));
	assert_int_equal(todo.n, 0);            /* the day has not come: nothing to do yet */
	VAL_SET(w->cx.arena, v, "on", val_textz("2020-01-01"));
	OK(w, save(w, ANNA, "task", v, &id));
	OK(w, flow_todo(&rx, &todo));
	assert_int_equal(todo.n, 1);
	assert_non_null(todo.v[0].blocked);
	assert_true(str_is(todo.v[0].blocked->why.zh, "未选人"));
	VAL_SET(w->cx.arena, v, "who", val_textz("x"));
	OK(w, save(w, ANNA, "task", v, &id));
	OK(w, flow_todo(&rx, &todo));
	assert_int_equal(todo.n, 2);
	assert_true((todo.v[0].blocked == NULL) != (todo.v[1].blocked == NULL));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = { T(limits_count_the_others_of_one_person), T(old_bids_are_judged_by_the_old_measure),
		T(moves_write_to_the_record_referred_to), T(what_the_other_cannot_do_undoes_all), T(notices_give_the_reason),
		T(filed_from_the_start_is_judged_at_once), T(long_text_is_refused_in_drafts_too), T(rows_and_built_ins_are_judged_in_memory),
		T(numbers_by_chance_tell_no_order), T(blocked_steps_say_what_is_missing) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

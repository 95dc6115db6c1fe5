/* Records at work, on a real SQLite and a small region: rights, sealed fields, moves, four eyes, checks, events, lists. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#undef fail     /* ours has arguments */

#include "base/time.h"
#include "rec/account.h"
#include "rec/command.h"
#include "rec/event.h"
#include "rec/identity.h"
#include "rec/list.h"
#include "rec/schema.h"

static const char region_text[] =
	"region test \"测试\" en \"Test\" { brand \"链\" en \"Chain\"; zone +8:00; currency \"元\" en \"yuan\"; division 530000; first zh; demo; }\n"
	"role officer \"处\" en \"Officer\" { staff; }\n"
	"role firm \"企业\" en \"Firm\";\n"
	"role school \"高校\" en \"School\";\n"
	"codes division \"区划\" en \"Divisions\" { code 530000 \"云\" en \"Y\"; code 530100 \"昆\" en \"K\" under 530000; }\n"
	"mail told \"开启：{title}\" en \"Opened: {title}\" { text \"{number} {link}\" en \"{number} {link}\"; }\n"
	"type org \"单位\" en \"Organisation\" { registry; title name; field name text \"名称\" en \"Name\" { required; }\n"
	"  state live \"在册\" en \"Live\" { final; } access { see signed; create officer; edit officer; } list name; }\n"
	"type person \"人员\" en \"Person\" { registry; title name; field name text \"姓名\" en \"Name\" { required; }\n"
	"  state live \"在册\" en \"Live\" { final; } access { see signed; create officer; edit officer; } list name; }\n"
	"type call \"榜\" en \"Call\" { number \"C{year}-{seq:3}\"; title title;\n"
	"  field title text \"名称\" en \"Title\" { required; max 20; }\n"
	"  field budget money \"榜额\" en \"Budget\" { required; min 0; }\n"
	"  field secret text \"底价说明\" en \"Reserve\";\n"
	"  field ends time \"截止\" en \"Ends\" { required; }\n"
	"  table target \"指标\" en \"Targets\" { min 1; column name text \"指标\" en \"Name\" { required; } column goal dec \"目标\" en \"Goal\" { required; } }\n"
	"  field share dec \"比\" en \"Share\" { compute budget / (budget + 100元) * 100; }\n"
	"  check warning budget <= 1000元 \"榜额偏高\" en \"Budget is high\";\n"
	"  check budget >= 1元 \"榜额过低\" en \"Budget too low\";\n"
	"  state draft \"草稿\" en \"Draft\" { draft; } state open \"已发布\" en \"Open\"; state half \"一人已开\" en \"Half\"; state opened \"已开启\" en \"Opened\" { final; }\n"
	"  move publish \"发布\" en \"Publish\" draft -> open { by officer; }\n"
	"  move first \"首开\" en \"First\" open -> half { by officer; when now() > ends \"未到截止\" en \"Not yet\"; }\n"
	"  move second \"再开\" en \"Second\" half -> opened { by officer; not-by first; move bid.call in filed by open; notify firm all told; }\n"
	"  access { see officer; see signed in open, half, opened except secret; edit officer in draft; create officer; }\n"
	"  list title, budget, ends; }\n"
	"type bid \"标\" en \"Bid\" { title name;\n"
	"  field call ref call \"榜\" en \"Call\" { required; }\n"
	"  field name text \"名称\" en \"Name\" { required; sealed; }\n"
	"  field price money \"报价\" en \"Price\" { required; sealed; }\n"
	"  table step \"步骤\" en \"Steps\" { sealed; column what text \"内容\" en \"What\"; }\n"
	"  state draft \"草稿\" en \"Draft\" { draft; sealed; } state filed \"已投\" en \"Filed\" { sealed; } state opened \"开启\" en \"Opened\" { final; }\n"
	"  move file \"投\" en \"File\" draft -> filed { by school org; when now() <= call.ends \"已截止\" en \"Closed\"; }\n"
	"  move open \"开启\" en \"Open\" filed -> opened { by system; }\n"
	"  access { see school org; see officer in opened; edit school org in draft; create school; }\n"
	"  list call, price; }\n"
	"type house \"基地\" en \"House\" { title name; division place;\n"
	"  field name text \"名称\" en \"Name\" { required; }\n"
	"  field place code division \"地\" en \"Place\";\n"
	"  field area dec \"面积\" en \"Area\" { unit \"平方米\" en \"m²\"; }\n"
	"  criteria conditions \"自评\" en \"Self-assessment\";\n"
	"  state draft \"草稿\" en \"Draft\" { draft; } state filed \"已报\" en \"Filed\"; state done \"认定\" en \"Done\" { final; }\n"
	"  move file \"报\" en \"File\" draft -> filed { by school org; when count(conditions where judged == not_met and empty(statement)) == 0 \"须说明\" en \"Say why\"; }\n"
	"  move decide \"定\" en \"Decide\" filed -> done { by officer; when count(conditions where empty(verdict)) == 0 \"先核定\" en \"Verdicts first\"; }\n"
	"  access { see school org; see officer in filed, done; edit school org in draft; edit officer in filed fields conditions; create school; }\n"
	"  list name; }\n"
	"measure rule \"办法\" en \"Rule\" { number \"1号\"; from 2000-01-01; for house when empty(area) == false;\n"
	"  value area 100 \"面积\" en \"Area\" unverified;\n"
	"  modify area by 0.8 when place == 530100 \"昆减二成\" en \"a fifth less in K\";\n"
	"  criterion area area >= value.area \"面积够\" en \"Large enough\"; criterion model \"模式清晰\" en \"A clear model\"; }\n";

enum { OFFICER = 1, OFFICER2, FIRM, SCHOOL1, SCHOOL2, PEOPLE };
static const char *const people[PEOPLE] = { 0, "officer", "officer2", "firm", "school1", "school2" };

struct world {
	char dir[64];
	struct cx cx;
	struct arena *keep;
	struct vault vault;
	struct region *region;
	struct db *db;
	struct office office;
	int64_t account[PEOPLE];
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

static struct rx as(struct world *w, int who)
{
	struct rx rx = { .cx = &w->cx, .db = w->db, .region = w->region, .vault = &w->vault, .ids = &w->office.ids, .region_rev = 1 };
	if (who) assert_int_equal(account_viewer(&w->cx, w->db, w->region, w->account[who], &rx.viewer), RC_OK);
	return rx;
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	strcpy(w->dir, "/tmp/lc-rec-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	w->keep = arena_new((size_t)256 << 20);
	w->cx = (struct cx){ .arena = arena_new((size_t)256 << 20), .lang = LANG_EN, .now_ms = time_now_ms() };
	OK(w, vault_load(&w->cx, w->keep, str_c(w->dir), true, &w->vault));
	OK(w, region_load_text(&w->cx, w->keep, STR("test.lc"), (struct str){ region_text, sizeof region_text - 1 }, &w->region));
	OK(w, db_open(&w->cx, str_fmt(w->cx.arena, "sqlite:%s/t.db", w->dir), DB_WRITE, &w->db));
	OK(w, schema_migrate(&w->cx, w->db));
	w->office = (struct office){ .region = w->region, .vault = &w->vault, .region_rev = 1 };
	struct rx rx = as(w, 0);
	rx.viewer.system = true;
	OK(w, db_begin(&w->cx, w->db));
	OK(w, schema_apply(&rx));
	for (int i = 1; i < PEOPLE; i++) {
		const struct type_def *org = region_type(w->region, STR("org"));
		struct record head = { .state = org->state[0] };
		struct val values = val_map(w->cx.arena);
		VAL_SET(w->cx.arena, values, "name", val_textz(people[i]));
		int64_t org_id;
		OK(w, record_insert(&rx, org, &head, values, &org_id));
		struct str role = i <= OFFICER2 ? STR("officer") : i == FIRM ? STR("firm") : STR("school");
		struct account a = { .login = str_c(people[i]), .name_zh = str_c(people[i]), .name_en = str_c(people[i]), .pw_hash = STR("-"),
			.org = org_id, .person = org_id, .division = STR("530100"), .roles = role };
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

/* Run a command as the writer does: in a transaction of its own, undone when it fails. */
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

static struct val args_of(struct world *w, const char *type, struct val id)
{
	struct val args = val_map(w->cx.arena);
	VAL_SET(w->cx.arena, args, "type", val_textz(type));
	VAL_SET(w->cx.arena, args, "id", id);
	return args;
}

static enum rc save(struct world *w, int who, const char *type, struct val id, struct val values, struct val *reply)
{
	struct val args = args_of(w, type, id);
	VAL_SET(w->cx.arena, args, "values", values);
	return run(w, who, "record.save", args, reply);
}

static enum rc move(struct world *w, int who, const char *type, struct val id, const char *name, struct val notes)
{
	struct val args = args_of(w, type, id), reply;
	VAL_SET(w->cx.arena, args, "move", val_textz(name));
	VAL_SET(w->cx.arena, args, "notes", notes);
	return run(w, who, "record.move", args, &reply);
}

static struct val call_values(struct world *w, const char *budget)
{
	struct arena *a = w->cx.arena;
	struct val v = val_map(a), rows = val_list(a), row = val_map(a);
	VAL_SET(a, v, "title", val_textz("焊球技术"));
	VAL_SET(a, v, "budget", val_textz(budget));
	VAL_SET(a, v, "secret", val_textz("KANARIE-RESERVE"));
	VAL_SET(a, v, "ends", val_text(str_sub(instant_text(a, w->cx.now_ms + 3600000, 480), 0, 19)));
	VAL_SET(a, row, "name", val_textz("直径"));
	VAL_SET(a, row, "goal", val_textz("0.2"));
	val_push(a, rows, row);
	VAL_SET(a, v, "target", rows);
	return v;
}

static struct val published_call(struct world *w)
{
	struct val reply;
	OK(w, save(w, OFFICER, "call", VNULL, call_values(w, "500"), &reply));
	struct val id = VAL_GET(reply, "id");
	OK(w, move(w, OFFICER, "call", id, "publish", VNULL));
	return id;
}

static struct val filed_bid(struct world *w, int who, struct val call, const char *price)
{
	struct arena *a = w->cx.arena;
	struct val v = val_map(a), reply, rows = val_list(a), row = val_map(a);
	VAL_SET(a, v, "call", call);
	VAL_SET(a, v, "name", val_textz("KANARIE-NAME"));
	VAL_SET(a, v, "price", val_textz(price));
	VAL_SET(a, row, "what", val_textz("KANARIE-STEP"));
	val_push(a, rows, row);
	VAL_SET(a, v, "step", rows);
	OK(w, save(w, who, "bid", VNULL, v, &reply));
	OK(w, move(w, who, "bid", VAL_GET(reply, "id"), "file", VNULL));
	return VAL_GET(reply, "id");
}

static int64_t id_of(struct val id)
{
	int64_t out = 0;
	assert_true(id_parse(val_str(id), &out));
	return out;
}

/* ---- tests ---- */

static void drafts_may_be_incomplete(void **state)
{
	struct world *w = *state;
	struct val reply, v = val_map(w->cx.arena);
	VAL_SET(w->cx.arena, v, "title", val_textz("只有名称"));
	OK(w, save(w, OFFICER, "call", VNULL, v, &reply));
	assert_int_equal(move(w, OFFICER, "call", VAL_GET(reply, "id"), "publish", VNULL), RC_INVALID);
	/* budget, ends, a target row: each named at its field */
	assert_int_equal(w->cx.fails.errors, 3);
	assert_string_equal(w->cx.fails.v[0].code, "form.required");
	assert_true(str_is(w->cx.fails.v[0].where.field, "budget"));
}

static void bad_values_are_named(void **state)
{
	struct world *w = *state;
	struct val reply, v = call_values(w, "五百");
	VAL_SET(w->cx.arena, v, "ends", val_textz("2026-02-30 10:00"));
	assert_int_equal(save(w, OFFICER, "call", VNULL, v, &reply), RC_INVALID);
	assert_int_equal(w->cx.fails.errors, 2);
	int64_t n;
	bool found;
	OK(w, db_int(&w->cx, w->db, SQL("SELECT COUNT(*) FROM r_call"), NO_PARAMS, &n, &found));
	assert_int_equal(n, 0);
}

static void rights_are_denied_by_default(void **state)
{
	struct world *w = *state;
	struct val reply, id;
	OK(w, save(w, OFFICER, "call", VNULL, call_values(w, "500"), &reply));
	id = VAL_GET(reply, "id");
	/* A draft is hidden from the firm, in the words of a missing record. */
	assert_int_equal(save(w, FIRM, "call", id, call_values(w, "1"), &reply), RC_MISSING);
	struct str hidden = w->cx.fails.v[0].zh;
	assert_int_equal(save(w, FIRM, "call", val_textz("0abcdefghjkmn"), call_values(w, "1"), &reply), RC_MISSING);
	assert_true(str_eq(hidden, w->cx.fails.v[0].zh));
	assert_int_equal(save(w, FIRM, "call", VNULL, call_values(w, "1"), &reply), RC_MISSING);
	OK(w, move(w, OFFICER, "call", id, "publish", VNULL));
	/* Published: seen, without the reserve; not to be changed. */
	assert_int_equal(save(w, FIRM, "call", id, call_values(w, "1"), &reply), RC_DENIED);
	struct rx firm = as(w, FIRM);
	struct right right;
	const struct type_def *t = region_type(w->region, STR("call"));
	OK(w, access_record(&firm, t, id_of(id), &right));
	assert_true(right.see);
	assert_false(mask_field(&right.fields, type_field(t, STR("secret"))));
	assert_true(mask_field(&right.fields, type_field(t, STR("title"))));
}

static void filters_do_not_tell_what_they_hide(void **state)
{
	struct world *w = *state;
	published_call(w);
	const struct type_def *t = region_type(w->region, STR("call"));
	struct list_param param = { STR("secret"), STR("KANARIE") };
	for (int who = OFFICER; who <= FIRM; who += 2) {
		struct rx rx = as(w, who);
		struct list_query q;
		struct list_page page;
		int64_t count;
		OK(w, list_parse(&rx, t, &param, 1, &q));
		OK(w, list_read(&rx, &q, &page));
		OK(w, list_count(&rx, &q, &count));
		assert_int_equal(page.n, who == OFFICER ? 1 : 0);
		assert_int_equal(count, who == OFFICER ? 1 : 0);
	}
}

static void warnings_want_a_note(void **state)
{
	struct world *w = *state;
	struct val reply, notes = val_map(w->cx.arena);
	OK(w, save(w, OFFICER, "call", VNULL, call_values(w, "5000"), &reply));
	struct val id = VAL_GET(reply, "id");
	assert_int_equal(move(w, OFFICER, "call", id, "publish", VNULL), RC_INVALID);
	assert_string_equal(w->cx.fails.v[0].code, "form.note");
	struct str field = w->cx.fails.v[0].where.field;
	val_set(w->cx.arena, notes, str_sub(field, 5, field.n), val_textz("经集体研究"));
	OK(w, move(w, OFFICER, "call", id, "publish", notes));
	assert_int_equal(move(w, OFFICER, "call", id, "publish", notes), RC_CONFLICT);
}

/* ---- criteria ---- */

static struct val house_row(struct world *w, int64_t id, const char *criterion)
{
	struct rx rx = as(w, 0);
	struct mask all = mask_all();
	struct record rec;
	OK(w, record_read(&rx, region_type(w->region, STR("house")), id, &all, &rec));
	struct val rows = VAL_GET(rec.values, "conditions");
	for (size_t i = 0; i < val_len(rows); i++)
		if (str_is(val_str(VAL_GET(val_at(rows, i), "criterion")), criterion)) return val_at(rows, i);
	return VNULL;
}

static bool row_is(struct val row, const char *column, const char *want) { return str_is(val_str(val_get(row, str_c(column))), want); }

static struct val house_values(struct world *w, const char *area, const char *place, const char *criterion, const char *column, const char *text)
{
	struct arena *a = w->cx.arena;
	struct val v = val_map(a), rows = val_list(a), row = val_map(a);
	if (area) VAL_SET(a, v, "area", val_textz(area));
	if (place) VAL_SET(a, v, "place", val_textz(place));
	if (area) VAL_SET(a, v, "name", val_textz("春城"));
	if (!criterion) return v;
	VAL_SET(a, row, "measure", val_textz("rule"));
	VAL_SET(a, row, "criterion", val_textz(criterion));
	VAL_SET(a, row, "judged", val_textz("met"));
	VAL_SET(a, row, "document", val_textz("99号"));
	val_set(a, row, str_c(column), val_textz(text));
	val_push(a, rows, row);
	VAL_SET(a, v, "conditions", rows);
	return v;
}

static void criteria_follow_the_figures(void **state)
{
	struct world *w = *state;
	struct val reply;
	OK(w, save(w, SCHOOL1, "house", VNULL, house_values(w, "85", "530000", NULL, NULL, NULL), &reply));
	struct val id = VAL_GET(reply, "id");
	struct val row = house_row(w, id_of(id), "area");
	assert_true(row_is(row, "judged", "not_met") && row_is(row, "document", "1号") && val_true(VAL_GET(row, "unverified")));
	assert_true(row_is(row, "shown_en", "Area 85 m² (needed: ≥ 100)"));
	assert_true(row_is(house_row(w, id_of(id), "model"), "judged", "unknown"));
	assert_int_equal(move(w, SCHOOL1, "house", id, "file", VNULL), RC_CONFLICT);
	/* In K four fifths are enough; what a client says of the judgment counts for nothing. */
	OK(w, save(w, SCHOOL1, "house", id, house_values(w, "85", "530100", "model", "statement", "见附件"), &reply));
	row = house_row(w, id_of(id), "area");
	assert_true(row_is(row, "judged", "met") && row_is(row, "shown_en", "Area 85 m² (needed: ≥ 80); a fifth less in K"));
	row = house_row(w, id_of(id), "model");
	assert_true(row_is(row, "statement", "见附件") && row_is(row, "judged", "unknown") && row_is(row, "document", "1号"));
	OK(w, save(w, SCHOOL1, "house", id, house_values(w, "79", "530100", "area", "judged", "met"), &reply));
	assert_true(row_is(house_row(w, id_of(id), "area"), "judged", "not_met"));
	assert_int_equal(move(w, SCHOOL1, "house", id, "file", VNULL), RC_CONFLICT);
	OK(w, save(w, SCHOOL1, "house", id, house_values(w, "79", "530100", "area", "statement", "在扩建"), &reply));
	OK(w, move(w, SCHOOL1, "house", id, "file", VNULL));
}

static void verdicts_are_the_officers(void **state)
{
	struct world *w = *state;
	struct val reply;
	OK(w, save(w, SCHOOL1, "house", VNULL, house_values(w, "200", NULL, "area", "verdict", "met"), &reply));
	struct val id = VAL_GET(reply, "id");
	assert_true(val_is_null(VAL_GET(house_row(w, id_of(id), "area"), "verdict")));
	OK(w, move(w, SCHOOL1, "house", id, "file", VNULL));
	assert_int_equal(move(w, OFFICER, "house", id, "decide", VNULL), RC_CONFLICT);
	assert_int_equal(save(w, SCHOOL1, "house", id, house_values(w, NULL, NULL, "area", "verdict", "met"), &reply), RC_DENIED);
	OK(w, save(w, OFFICER, "house", id, house_values(w, NULL, NULL, "area", "statement", "改写"), &reply));
	assert_true(val_is_null(VAL_GET(house_row(w, id_of(id), "area"), "statement")));
	OK(w, save(w, OFFICER, "house", id, house_values(w, NULL, NULL, "area", "verdict", "not_met"), &reply));
	OK(w, save(w, OFFICER, "house", id, house_values(w, NULL, NULL, "model", "verdict", "met"), &reply));
	assert_true(row_is(house_row(w, id_of(id), "area"), "verdict", "not_met") && row_is(house_row(w, id_of(id), "area"), "judged", "met"));
	OK(w, move(w, OFFICER, "house", id, "decide", VNULL));
}

/* The same region with a new version of the measure in force from the first day on. */
static void new_measure(struct world *w)
{
	struct str text = { region_text, sizeof region_text - 1 };
	size_t at = str_find(text, STR("number \"1号\""), 0), value = str_find(text, STR("value area 100"), 0);
	struct str changed = str_fmt(w->cx.arena, "%.*snumber \"2号\"%.*svalue area 300%.*s", STRF(str_sub(text, 0, at)),
		STRF(str_sub(text, at + strlen("number \"1号\""), value)), STRF(str_sub(text, value + strlen("value area 100"), text.n)));
	OK(w, region_load_text(&w->cx, w->keep, STR("test.lc"), changed, &w->region));
	w->office.region = w->region;
}

static void filed_criteria_stay(void **state)
{
	struct world *w = *state;
	struct val reply;
	OK(w, save(w, SCHOOL1, "house", VNULL, house_values(w, "200", NULL, "area", "statement", "足够"), &reply));
	struct val filed = VAL_GET(reply, "id");
	OK(w, move(w, SCHOOL1, "house", filed, "file", VNULL));
	OK(w, save(w, SCHOOL1, "house", VNULL, house_values(w, "200", NULL, NULL, NULL, NULL), &reply));
	struct val draft = VAL_GET(reply, "id");
	OK(w, save(w, SCHOOL1, "house", draft, house_values(w, "200", NULL, "area", "statement", "足够"), &reply));
	new_measure(w);
	OK(w, save(w, OFFICER, "house", filed, house_values(w, NULL, NULL, "area", "verdict", "met"), &reply));
	struct val row = house_row(w, id_of(filed), "area");
	assert_true(row_is(row, "document", "1号") && row_is(row, "judged", "met") && row_is(row, "verdict", "met"));
	/* A draft is judged by what is in force when it is filed, and keeps what was said. */
	OK(w, move(w, SCHOOL1, "house", draft, "file", VNULL));
	row = house_row(w, id_of(draft), "area");
	assert_true(row_is(row, "document", "2号") && row_is(row, "judged", "not_met") && row_is(row, "statement", "足够"));
}

static void sealed_bids_are_nowhere(void **state)
{
	struct world *w = *state;
	struct val call = published_call(w), bid = filed_bid(w, SCHOOL1, call, "123456.78");
	const struct type_def *t = region_type(w->region, STR("bid"));
	struct mask all = mask_all();
	struct record rec;
	/* Its owner reads it; the other school and the officer do not even see that it exists. */
	struct rx own = as(w, SCHOOL1), other = as(w, SCHOOL2), officer = as(w, OFFICER);
	OK(w, record_read(&own, t, id_of(bid), &all, &rec));
	assert_int_equal(val_i64(VAL_GET(rec.values, "price")), 12345678);
	assert_int_equal(val_len(VAL_GET(rec.values, "step")), 1);
	struct right right;
	OK(w, access_record(&other, t, id_of(bid), &right));
	assert_false(right.see);
	OK(w, access_record(&officer, t, id_of(bid), &right));
	assert_false(right.see);
	int64_t count;
	OK(w, related_count(&officer, t, type_field(t, STR("call")), id_of(call), &count));
	assert_int_equal(count, 0);
	/* In its own list and to-do it bears its name; in nobody else's. */
	struct rx seers[] = { own, other, officer };
	for (int i = 0; i < 3; i++) {
		struct list_param cols = { STR("cols"), STR("name,price") };
		struct list_query q;
		struct list_page page;
		OK(w, list_parse(&seers[i], t, &cols, 1, &q));
		OK(w, list_read(&seers[i], &q, &page));
		assert_int_equal(page.n, i == 0 ? 1 : 0);
		if (i == 0) assert_true(str_is(val_str(page.v[0].cell[0]), "KANARIE-NAME"));
	}
	/* Not in the files either: database, log, anything in the folder. */
	char command[200];
	snprintf(command, sizeof command, "grep -rqa KANARIE-NAME %s", w->dir);
	assert_int_not_equal(system(command), 0);
	snprintf(command, sizeof command, "grep -rqa KANARIE-STEP %s", w->dir);
	assert_int_not_equal(system(command), 0);
	/* The same search finds what is not sealed: it can fail. */
	snprintf(command, sizeof command, "grep -rqa KANARIE-RESERVE %s", w->dir);
	assert_int_equal(system(command), 0);
}

static void opening_needs_the_deadline_and_four_eyes(void **state)
{
	struct world *w = *state;
	struct val call = published_call(w), bid = filed_bid(w, SCHOOL1, call, "99");
	assert_int_equal(move(w, OFFICER, "call", call, "first", VNULL), RC_CONFLICT);
	w->cx.now_ms += 2 * 3600000;
	OK(w, move(w, OFFICER, "call", call, "first", VNULL));
	assert_int_equal(move(w, OFFICER, "call", call, "second", VNULL), RC_DENIED);
	assert_int_equal(move(w, FIRM, "call", call, "second", VNULL), RC_DENIED);
	OK(w, move(w, OFFICER2, "call", call, "second", VNULL));
	struct rx officer = as(w, OFFICER);
	struct mask all = mask_all();
	struct record rec;
	OK(w, record_read(&officer, region_type(w->region, STR("bid")), id_of(bid), &all, &rec));
	assert_true(str_is(rec.state->name, "opened"));
	assert_int_equal(val_i64(VAL_GET(rec.values, "price")), 9900);
	assert_true(str_is(val_str(VAL_GET(rec.values, "name")), "KANARIE-NAME"));
	int64_t mails;
	bool found;
	OK(w, db_int(&w->cx, w->db, SQL("SELECT COUNT(*) FROM mail"), NO_PARAMS, &mails, &found));
	assert_int_equal(mails, 1);
}

static void late_bids_are_refused(void **state)
{
	struct world *w = *state;
	struct val call = published_call(w), reply, v = val_map(w->cx.arena);
	VAL_SET(w->cx.arena, v, "call", call);
	VAL_SET(w->cx.arena, v, "name", val_textz("迟到"));
	VAL_SET(w->cx.arena, v, "price", val_textz("1"));
	OK(w, save(w, SCHOOL1, "bid", VNULL, v, &reply));
	w->cx.now_ms += 2 * 3600000;
	assert_int_equal(move(w, SCHOOL1, "bid", VAL_GET(reply, "id"), "file", VNULL), RC_CONFLICT);
	assert_string_equal(w->cx.fails.v[0].code, "flow.guard");
}

static void second_writer_is_told(void **state)
{
	struct world *w = *state;
	struct val reply, v = call_values(w, "500");
	OK(w, save(w, OFFICER, "call", VNULL, v, &reply));
	struct val args = args_of(w, "call", VAL_GET(reply, "id"));
	VAL_SET(w->cx.arena, args, "values", call_values(w, "600"));
	VAL_SET(w->cx.arena, args, "rev", VAL_GET(reply, "rev"));
	OK(w, run(w, OFFICER, "record.save", args, &reply));
	VAL_SET(w->cx.arena, args, "values", call_values(w, "700"));
	assert_int_equal(run(w, OFFICER2, "record.save", args, &reply), RC_CONFLICT);
	assert_string_equal(w->cx.fails.v[0].code, "record.changed");
}

static void to_do_lists_name_who_must_act(void **state)
{
	struct world *w = *state;
	struct todo_list todo;
	published_call(w);
	struct rx officer = as(w, OFFICER);
	OK(w, flow_todo(&officer, &todo));
	assert_int_equal(todo.n, 0);
	w->cx.now_ms += 2 * 3600000;
	officer.cx = &w->cx;
	OK(w, flow_todo(&officer, &todo));
	assert_int_equal(todo.n, 1);
	assert_true(str_is(todo.v[0].move->name, "first"));
	struct rx firm = as(w, FIRM);
	OK(w, flow_todo(&firm, &todo));
	assert_int_equal(todo.n, 0);
}

static void chain_shows_tampering(void **state)
{
	struct world *w = *state;
	published_call(w);
	struct rx rx = as(w, OFFICER);
	int64_t checked;
	OK(w, event_anchor(&rx));
	OK(w, event_verify(&rx, &checked));
	assert_true(checked >= 7);
	static const struct sql tampering[] = {
		SQL("UPDATE event SET reason = 'x' WHERE seq = 3"),
		SQL("UPDATE event SET account = account + 1 WHERE seq = 2"),
		SQL("DELETE FROM event WHERE seq = 4"),
		SQL("DELETE FROM event WHERE seq = (SELECT MAX(seq) FROM event)"),
	};
	for (size_t i = 0; i < sizeof tampering / sizeof *tampering; i++) {
		OK(w, db_begin(&w->cx, w->db));
		OK(w, db_run(&w->cx, w->db, tampering[i], NO_PARAMS));
		fail_clear(&w->cx);
		assert_int_equal(event_verify(&rx, &checked), RC_INVALID);
		db_rollback(w->db);
	}
	fail_clear(&w->cx);
	OK(w, event_verify(&rx, &checked));
}

static void working_copies_come_back(void **state)
{
	struct world *w = *state;
	struct val args = args_of(w, "call", VNULL), v = val_map(w->cx.arena), reply, raw;
	VAL_SET(w->cx.arena, v, "budget", val_textz("还没想好 KANARIE-DRAFT"));
	VAL_SET(w->cx.arena, args, "values", v);
	OK(w, run(w, OFFICER, "draft.put", args, &reply));
	struct rx rx = as(w, OFFICER), other = as(w, OFFICER2);
	const struct type_def *t = region_type(w->region, STR("call"));
	int64_t at;
	OK(w, draft_get(&rx, t, 0, &raw, &at));
	assert_true(str_has(val_str(VAL_GET(raw, "budget")), STR("KANARIE-DRAFT")));
	OK(w, draft_get(&other, t, 0, &raw, &at));
	assert_true(val_is_null(raw));
	char command[200];
	snprintf(command, sizeof command, "grep -rqa KANARIE-DRAFT %s", w->dir);
	assert_int_not_equal(system(command), 0);
}

static void pages_by_key_cover_everything_once(void **state)
{
	struct world *w = *state;
	struct rx rx = as(w, OFFICER);
	const struct type_def *t = region_type(w->region, STR("call"));
	OK(w, db_begin(&w->cx, w->db));
	for (int i = 0; i < 23; i++) {
		struct record head = { .state = t->state[0] };
		struct val v = val_map(w->cx.arena);
		int64_t id;
		VAL_SET(w->cx.arena, v, "title", val_text(str_fmt(w->cx.arena, "名%02d", i % 7)));
		if (i % 3) VAL_SET(w->cx.arena, v, "budget", val_int(i % 5 * 100));
		OK(w, record_insert(&rx, t, &head, v, &id));
	}
	OK(w, db_commit(&w->cx, w->db));
	static const char *const sorts[] = { "", "budget", "-budget", "title", "-title", "-ends" };
	for (size_t s = 0; s < sizeof sorts / sizeof *sorts; s++) {
		struct list_param param[] = { { STR("limit"), STR("4") }, { STR("sort"), str_c(sorts[s]) }, { STR("after"), STR("") } };
		int64_t seen[32];
		int n = 0;
		for (int guard = 0; guard < 10; guard++) {
			struct list_query q;
			struct list_page page;
			struct list_param *given = param;
			OK(w, list_parse(&rx, t, sorts[s][0] ? given : (struct list_param[]){ param[0], param[2] }, sorts[s][0] ? 3 : 2, &q));
			OK(w, list_read(&rx, &q, &page));
			for (size_t i = 0; i < page.n; i++) {
				for (int k = 0; k < n; k++) assert_int_not_equal(seen[k], page.v[i].id);
				seen[n++] = page.v[i].id;
			}
			if (!page.more) break;
			param[2].value = page.v[page.n - 1].key;
		}
		assert_int_equal(n, 23);
	}
}

static void computed_fields_are_exact(void **state)
{
	struct world *w = *state;
	struct val call = published_call(w);
	struct rx rx = as(w, OFFICER);
	struct mask all = mask_all();
	struct record rec;
	OK(w, record_read(&rx, region_type(w->region, STR("call")), id_of(call), &all, &rec));
	/* 500 / 600 = 0.833333, × 100 */
	assert_int_equal(val_i64(VAL_GET(rec.values, "share")), 83333300);
}

static void identity_codes(void **state)
{
	(void)state;
	static const char *const good[] = { "91350100M000100Y43", "91512081MA62K0260E", "91330100799655058B", "9144030071526726XG", "91110000802100433B",
		"９１３５０１００ｍ０００１００ｙ４３" };
	char code[19];
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) assert_true(uscc_check(str_c(good[i]), code));
	/* Every change of a single character is found. */
	for (int i = 0; i < 18; i++)
		for (const char *c = "0123456789ABCDEFGHJKLMNPQRTUWXY"; *c; c++) {
			char bad[19];
			strcpy(bad, good[0]);
			if (bad[i] == *c) continue;
			bad[i] = *c;
			assert_false(uscc_check(str_c(bad), code));
		}
	assert_false(uscc_check(STR("91350100M000100Y4Z"), code));
	assert_true(orcid_check(STR("0000-0002-1825-0097"), code));
	assert_true(orcid_check(STR("https://orcid.org/0000-0002-1694-233X"), code));
	assert_false(orcid_check(STR("0000-0002-1825-0098"), code));
	assert_true(email_check(STR("a.b@example.cn")));
	assert_false(email_check(STR("a@b")));
	assert_false(email_check(STR("a b@example.cn")));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = { T(drafts_may_be_incomplete), T(bad_values_are_named), T(rights_are_denied_by_default),
		T(filters_do_not_tell_what_they_hide), T(warnings_want_a_note), T(criteria_follow_the_figures), T(verdicts_are_the_officers), T(filed_criteria_stay), T(sealed_bids_are_nowhere), T(opening_needs_the_deadline_and_four_eyes),
		T(late_bids_are_refused), T(second_writer_is_told), T(to_do_lists_name_who_must_act), T(chain_shows_tampering), T(working_copies_come_back),
		T(pages_by_key_cover_everything_once), T(computed_fields_are_exact), cmocka_unit_test(identity_codes) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

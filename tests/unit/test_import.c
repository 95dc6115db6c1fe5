/* Importing rows: staged by account, taken in all or none, once, by those who may create; drafts may lack what only a form can give. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#undef fail     /* ours has arguments */

#include "base/pack.h"
#include "base/time.h"
#include "rec/account.h"
#include "rec/command.h"
#include "rec/list.h"
#include "rec/schema.h"

static const char region_text[] =
	"region test \"测试\" en \"Test\" { brand \"链\" en \"Chain\"; zone +8:00; currency \"元\" en \"yuan\"; division 530000; first zh; demo; }\n"
	"role officer \"处\" en \"Officer\" { staff; }\n"
	"role firm \"企业\" en \"Firm\";\n"
	"codes division \"区划\" en \"Divisions\" { code 530000 \"云\" en \"Y\"; }\n"
	"type org \"单位\" en \"Organisation\" { registry; title name; field name text \"名称\" en \"Name\" { required; max 10; }\n"
	"  field code text \"代码\" en \"Code\" { unique; } field capital money \"资本\" en \"Capital\";\n"
	"  state live \"在册\" en \"Live\" { final; } access { see signed; create officer; edit officer; } list name; }\n"
	"type person \"人员\" en \"Person\" { registry; title name; field name text \"姓名\" en \"Name\" { required; }\n"
	"  state live \"在册\" en \"Live\" { final; } access { see signed; create officer; edit officer; } list name; }\n"
	"type need \"需求\" en \"Need\" { number \"N{year}-{seq:3}\"; title name; field name text \"名称\" en \"Name\" { required; }\n"
	"  field proof file \"证明\" en \"Proof\" { required; types pdf; } table step \"步骤\" en \"Steps\" { min 1; column what text \"内容\" en \"What\"; }\n"
	"  state draft \"草稿\" en \"Draft\" { draft; } state filed \"已报\" en \"Filed\" { final; } move file \"报\" en \"File\" draft -> filed { by firm org; }\n"
	"  access { see firm org; edit firm org in draft; create firm; } list name; }\n";

enum { OFFICER = 1, OFFICER2, FIRM, PEOPLE };
static const char *const people[PEOPLE] = { 0, "officer", "officer2", "firm" };

struct world { char dir[64]; struct cx cx; struct arena *keep; struct vault vault; struct region *region; struct db *db; struct office office; int64_t account[PEOPLE]; };

#define OK(w, call)                                                                                                             \
	do {                                                                                                                    \
		enum rc ok_rc = (call);                                                                                         \
		for (int ok_i = 0; ok_rc != RC_OK && ok_i < (w)->cx.fails.n; ok_i++)                                            \
			print_message("  %s %.*s\n", (w)->cx.fails.v[ok_i].code, STRF((w)->cx.fails.v[ok_i].en));                \
		assert_int_equal(ok_rc, RC_OK);                                                                                 \
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
	strcpy(w->dir, "/tmp/lc-import-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	w->keep = arena_new((size_t)256 << 20);
	w->cx = (struct cx){ .arena = arena_new((size_t)512 << 20), .lang = LANG_EN, .now_ms = time_now_ms() };
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
		struct account a = { .login = str_c(people[i]), .name_zh = str_c(people[i]), .name_en = str_c(people[i]), .pw_hash = STR("-"), .org = 1000 + i,
			.person = 2000 + i, .division = STR("530000"), .roles = i == FIRM ? STR("firm") : STR("officer") };
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

/* As the writer runs it: undone when it fails. */
static enum rc run(struct world *w, int who, const char *name, struct val args, struct val *reply)
{
	struct arena *a = w->cx.arena;
	struct val command = val_map(a), actor = val_map(a);
	fail_clear(&w->cx);
	w->cx.now_ms++;
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

static void add_row(struct world *w, struct val rows, int line, const char *name, const char *code)
{
	struct arena *a = w->cx.arena;
	struct val raw = val_map(a), pair = val_list(a);
	struct buf b = BUF(a, 100000);
	VAL_SET(a, raw, "name", val_textz(name));
	if (code) VAL_SET(a, raw, "code", val_textz(code));
	val_push(a, pair, val_int(line));
	val_push(a, pair, raw);
	assert_true(val_pack(&b, pair));
	val_push(a, rows, val_text(buf_str(&b)));
}

static enum rc stage(struct world *w, int who, const char *type, struct val rows, struct str *token)
{
	struct val args = val_map(w->cx.arena), reply;
	VAL_SET(w->cx.arena, args, "type", val_textz(type));
	VAL_SET(w->cx.arena, args, "rows", rows);
	enum rc rc = run(w, who, "import.stage", args, &reply);
	if (rc == RC_OK) *token = val_str(VAL_GET(reply, "token"));
	return rc;
}

static enum rc apply(struct world *w, int who, const char *type, struct str token, struct val *reply)
{
	struct val args = val_map(w->cx.arena);
	VAL_SET(w->cx.arena, args, "type", val_textz(type));
	VAL_SET(w->cx.arena, args, "token", val_text(token));
	return run(w, who, "import.apply", args, reply);
}

static int64_t count(struct world *w, int who, const char *type)
{
	struct rx rx = as(w, who);
	struct list_query q = { .type = region_type(w->region, str_c(type)), .limit = 10 };
	int64_t n;
	OK(w, list_count(&rx, &q, &n));
	return n;
}

static void takes_in_all(void **state)
{
	struct world *w = *state;
	struct val rows = val_list(w->cx.arena), reply;
	struct str token;
	for (int i = 0; i < 300; i++) add_row(w, rows, i + 2, "甲", str_fmt(w->cx.arena, "c%d", i).p);
	OK(w, stage(w, OFFICER, "org", rows, &token));
	assert_int_equal(count(w, OFFICER, "org"), 0);
	OK(w, apply(w, OFFICER, "org", token, &reply));
	assert_int_equal(val_i64(VAL_GET(reply, "imported")), 300);
	assert_int_equal(count(w, OFFICER, "org"), 300);
	/* Once: the rows are gone. */
	assert_int_equal(apply(w, OFFICER, "org", token, &reply), RC_CONFLICT);
	assert_string_equal(w->cx.fails.v[0].code, "import.nothing");
	assert_int_equal(count(w, OFFICER, "org"), 300);
}

static void takes_in_none(void **state)
{
	struct world *w = *state;
	struct val rows = val_list(w->cx.arena), reply;
	struct str token;
	add_row(w, rows, 2, "甲", "a");
	add_row(w, rows, 5, "这个名称超过了十个字的上限", "b");
	add_row(w, rows, 6, "乙", "a");
	OK(w, stage(w, OFFICER, "org", rows, &token));
	assert_int_equal(apply(w, OFFICER, "org", token, &reply), RC_INVALID);
	assert_int_equal(w->cx.fails.n, 2);
	assert_true(w->cx.fails.v[0].where.line == 5 && str_starts(w->cx.fails.v[0].zh, STR("第 5 行：")) && str_starts(w->cx.fails.v[0].en, STR("row 5: ")));
	assert_true(w->cx.fails.v[1].where.line == 6 && str_is(w->cx.fails.v[1].where.field, "code"));
	assert_int_equal(count(w, OFFICER, "org"), 0);
}

static void only_what_was_seen(void **state)
{
	struct world *w = *state;
	struct val rows = val_list(w->cx.arena), more = val_list(w->cx.arena), reply;
	struct str first, second, other;
	add_row(w, rows, 2, "甲", "a");
	add_row(w, more, 2, "乙", "b");
	OK(w, stage(w, OFFICER, "org", rows, &first));
	OK(w, stage(w, OFFICER, "org", more, &second));
	assert_int_equal(apply(w, OFFICER, "org", first, &reply), RC_CONFLICT);
	assert_string_equal(w->cx.fails.v[0].code, "import.other");
	/* Another account has its own rows, or none. */
	assert_int_equal(apply(w, OFFICER2, "org", second, &reply), RC_CONFLICT);
	assert_int_equal(apply(w, OFFICER, "person", second, &reply), RC_CONFLICT);
	assert_int_equal(count(w, OFFICER, "org"), 0);
	OK(w, apply(w, OFFICER, "org", second, &reply));
	assert_int_equal(count(w, OFFICER, "org"), 1);
	assert_int_equal(stage(w, OFFICER, "org", val_list(w->cx.arena), &other), RC_CONFLICT);
}

static void only_who_may_create(void **state)
{
	struct world *w = *state;
	struct val rows = val_list(w->cx.arena), reply;
	struct str token = STR("");
	add_row(w, rows, 2, "甲", "a");
	assert_int_equal(stage(w, FIRM, "org", rows, &token), RC_MISSING);
	assert_int_equal(apply(w, FIRM, "org", token, &reply), RC_MISSING);
	assert_int_equal(stage(w, OFFICER, "need", rows, &token), RC_MISSING);
	assert_int_equal(stage(w, OFFICER, "nothing", rows, &token), RC_MISSING);
}

static void drafts_may_lack_tables_and_files(void **state)
{
	struct world *w = *state;
	struct val rows = val_list(w->cx.arena), bad = val_list(w->cx.arena), reply;
	struct str token;
	add_row(w, rows, 2, "需求一", NULL);
	OK(w, stage(w, FIRM, "need", rows, &token));
	OK(w, apply(w, FIRM, "need", token, &reply));
	assert_int_equal(count(w, FIRM, "need"), 1);
	/* But not what a row can hold. */
	add_row(w, bad, 2, " ", NULL);
	OK(w, stage(w, FIRM, "need", bad, &token));
	assert_int_equal(apply(w, FIRM, "need", token, &reply), RC_INVALID);
	assert_int_equal(w->cx.fails.n, 1);
	assert_true(str_is(w->cx.fails.v[0].where.field, "name"));
	assert_int_equal(count(w, FIRM, "need"), 1);
}

/* Messages come from our own processes, but a damaged one must not do harm. */
static void odd_rows(void **state)
{
	struct world *w = *state;
	struct arena *a = w->cx.arena;
	struct val rows = val_list(a), many = val_list(a), reply;
	struct str token;
	val_push(a, rows, val_int(7));
	val_push(a, rows, val_text(STR("not packed")));
	val_push(a, rows, val_text(STR("l\0")));
	OK(w, stage(w, OFFICER, "org", rows, &token));
	assert_int_not_equal(apply(w, OFFICER, "org", token, &reply), RC_OK);
	assert_int_equal(count(w, OFFICER, "org"), 0);
	for (int i = 0; i <= IMPORT_ROWS_MAX; i++) add_row(w, many, i + 2, "甲", NULL);
	assert_int_equal(stage(w, OFFICER, "org", many, &token), RC_LIMIT);
	many.list->n--;
	OK(w, stage(w, OFFICER, "org", many, &token));
	OK(w, apply(w, OFFICER, "org", token, &reply));
	assert_int_equal(val_i64(VAL_GET(reply, "imported")), IMPORT_ROWS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(takes_in_all, setup, teardown),
		cmocka_unit_test_setup_teardown(takes_in_none, setup, teardown),
		cmocka_unit_test_setup_teardown(only_what_was_seen, setup, teardown),
		cmocka_unit_test_setup_teardown(only_who_may_create, setup, teardown),
		cmocka_unit_test_setup_teardown(drafts_may_lack_tables_and_files, setup, teardown),
		cmocka_unit_test_setup_teardown(odd_rows, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

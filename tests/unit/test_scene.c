/* Scenes: one that holds is ok; each wrong expectation, missing refusal and wrong step is told, with its line; scenes do not touch one another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#undef fail     /* ours has arguments */

#include "rec/scene.h"
#include "rec/statements.h"

static const char region_text[] =
	"region t \"测\" en \"T\" { zone +8:00; demo; }\n"
	"role firm \"企业\" en \"Firm\"; role officer \"处\" en \"Officer\";\n"
	"mail told \"收到：{title}\" en \"Received: {title}\" { text \"{link}\" en \"{link}\"; }\n"
	"type org \"单位\" en \"Org\" { registry; title name; field name text \"名\" en \"Name\" { required; }\n"
	"  state on \"在\" en \"On\" { final; } access { see signed; edit officer; create officer; } }\n"
	"type person \"人\" en \"Person\" { registry; title name; field name text \"名\" en \"Name\" { required; }\n"
	"  state on \"在\" en \"On\" { final; } access { see signed; edit officer; create officer; } }\n"
	"type item \"物\" en \"Item\" { title title; number \"I{year}-{seq:2}\";\n"
	"  field title text \"名\" en \"Title\" { required; } field n int \"数\" en \"N\"; field host ref org \"单位\" en \"Host\"; field secret text \"密\" en \"Secret\" { sealed; }\n"
	"  field opinion text \"意见\" en \"Opinion\"; field f file \"附\" en \"F\" { types pdf; } field ends date \"止\" en \"Ends\";\n"
	"  table part \"件\" en \"Parts\" { column name text \"名\" en \"Name\" { required; } column proof file \"证\" en \"Proof\"; }\n"
	"  check small: n <= 10 \"数过大\" en \"N is too large\";\n"
	"  check warning odd: n <= 5 \"数偏大\" en \"N is large\";\n"
	"  state draft \"草\" en \"Draft\" { draft; sealed; } state filed \"报\" en \"Filed\" { sealed; } state late \"迟\" en \"Late\"; state done \"完\" en \"Done\" { final; }\n"
	"  move file \"报\" en \"File\" draft -> filed { by firm org; notify officer all told; }\n"
	"  move finish \"完\" en \"Finish\" filed, late -> done { by officer; not-by author; ask opinion required; reason; }\n"
	"  move expire \"过期\" en \"Expire\" filed -> late { by system when today() > ends; }\n"
	"  access { see firm org except opinion; see officer in filed, late, done; edit firm org in draft except opinion; create firm; } }\n"
	"indicator items \"数\" en \"Items\" { count item; where state == filed; unit \"个\" en \"n\"; kind stock; }\n"
	"account one \"甲某\" en \"One\" { role firm; org \"甲单位\" en \"One Co\"; }\n"
	"account two \"乙某\" en \"Two\" { role firm; org \"乙单位\" en \"Two Co\"; }\n"
	"account boss \"丙某\" en \"Boss\" { role officer; }\n";

struct told { struct scene_tally tally; struct str text; };

static struct told run(struct arena *a, const char *scenes)
{
	struct arena *keep = arena_new((size_t)128 << 20);
	struct cx cx = { .arena = a, .lang = LANG_EN };
	struct region *r;
	struct str text = str_fmt(a, "%s%s", region_text, scenes);
	enum rc rc = region_load_text(&cx, keep, STR("t.lc"), text, &r);
	for (int i = 0; i < cx.fails.n; i++) print_message("%d: %.*s\n", cx.fails.v[i].where.line, STRF(cx.fails.v[i].en));
	assert_int_equal(rc, RC_OK);
	struct buf out = BUF(a, 1 << 20);
	struct told t;
	assert_int_equal(scene_run(&cx, r, NULL, 0, &out, &t.tally), RC_OK);
	t.text = buf_str(&out);
	arena_free(keep);
	return t;
}

static const char start[] =
	"day 2026-03-02; as one create i item { title \"物\"; n 3; secret \"密\"; ends 2026-03-10; f \"x.pdf\"; row part { name \"p\"; proof \"y.pdf\"; } }\n";

static void test_holds(void **state)
{
	struct arena *a = arena_new((size_t)256 << 20);
	struct told t = run(a, str_fmt(a, "scene a \"甲\" en \"A\" { %s"
		"expect boss hides i; expect two hides i; expect one sees i.secret; expect one hides i.opinion; expect one todo i file; as two file i refused \"record.missing\";\n"
		"as one edit i { n 11; } as one file i refused small; as one edit i { n 6; } as one file i refused \"note.odd\"; as one file i { note odd \"因\"; }\n"
		"expect i state == filed and number == \"I2026-01\" and len(part) == 1; expect boss sees i; expect boss hides i.secret; expect mail boss \"物\"; expect no mail one;\n"
		"expect indicator items == 1; expect boss may finish i; expect one cannot finish i; as boss finish i { reason \"r\"; } refused \"opinion\";\n"
		"as boss finish i { opinion \"好\"; } refused \"flow.reason\"; as one edit i { n 1; } refused \"record.not_editable\"; }\n"
		"scene b \"乙\" en \"B\" { %s as one file i; wait 9 days; expect i state == late; as boss finish i { opinion \"好\"; reason \"r\"; } expect i state == done and opinion == \"好\"; }\n"
		"scene c \"丙\" en \"C\" { day 2026-03-06; given i item in filed by one { title \"甲\"; host org two; f \"z.pdf\"; }\n"
		"  expect 1 item; expect i number == \"I2026-01\" and created == 2026-03-06; expect i host is org two; wait 1 workday; expect 0 item where created == today(); find j item of host org two;\n"
		"  expect j secret is none; given d item by one { title \"丁\"; } as one delete d; expect 1 item; }\n", start, start).p);
	if (t.tally.failed) print_message("%.*s", STRF(t.text));
	assert_int_equal(t.tally.failed, 0);
	assert_int_equal(t.tally.passed, 3);
	assert_true(str_has(t.text, STR("ok      a  A\nok      b  B\nok      c  C\n")));
	arena_free(a);
}

/* Moves of several people, copies, rows of other records, masks, criteria judged after filing. */
static const char people[] =
	"account deputy \"丁某\" en \"Deputy\" { role officer; } account third \"戊某\" en \"Third\" { role officer; }\n"
	"measure rules \"办法\" en \"Rules\" { number \"一号\"; from 2020-01-01; for plan; value most 1 \"上限\" en \"Most\"; criterion others others < value.most \"不多\" en \"Not many\"; }\n"
	"type plan \"案\" en \"Plan\" { title title; number \"P{seq:2}\"; copy except n;\n"
	"  field title text \"名\" en \"Title\" { required; } field n int \"数\" en \"N\"; field code text \"号\" en \"Code\" { mask \"99-AX\"; } field f file \"附\" en \"F\" { types pdf; }\n"
	"  field lead ref person \"首\" en \"Lead\"; field asked text \"文号\" en \"Asked\" { by_system; } field others int \"他案\" en \"Others\" { compute count(plan.team.who is lead where state == filed); }\n"
	"  table team \"队\" en \"Team\" { column who ref person \"人\" en \"Who\"; column proof file \"证\" en \"Proof\"; } criteria rows \"条\" en \"Criteria\";\n"
	"  state draft \"草\" en \"Draft\" { draft; } state filed \"报\" en \"Filed\" { judged; } state done \"完\" en \"Done\" { final; }\n"
	"  move file \"报\" en \"File\" draft -> filed { by firm; } move back \"退\" en \"Back\" filed -> draft { by officer; optional; }\n"
	"  move agree \"准\" en \"Agree\" filed -> done { by officer; ask asked required; approvals coalesce(n, 2); }\n"
	"  access { see firm org; see officer in filed, done; edit firm in draft; edit officer in filed fields title, rows; create firm; } }\n";

static void test_people(void **state)
{
	struct arena *a = arena_new((size_t)256 << 20);
	struct told t = run(a, str_fmt(a, "%s"
		"scene approvals \"甲\" en \"A\" { given p plan in filed by one { title \"案\"; }\n"
		"  as boss agree p refused \"asked\"; as boss agree p { asked \"一\"; } expect p state == filed and asked == \"一\"; as boss agree p refused \"flow.four_eyes\";\n"
		"  expect boss no todo p agree; expect deputy todo p agree; as deputy edit p { title \"改\"; } as deputy agree p; expect p state == filed;\n"
		"  as third agree p { asked \"二\"; } expect p state == filed; expect deputy may agree p; as boss back p; as one file p; as boss agree p; as deputy agree p; expect p state == done and asked == \"二\"; }\n"
		"scene one \"乙\" en \"B\" { given p plan in filed by one { title \"案\"; n 1; } as boss agree p { asked \"一\"; } expect p state == done;\n"
		"  given q plan in filed by one { title \"案\"; n 3; asked \"零\"; } as boss agree q; as deputy agree q; expect q state == filed; as third agree q; expect q state == done; }\n"
		"scene copies \"丙\" en \"C\" { given p plan in done by one { title \"案\"; n 7; f \"x.pdf\"; asked \"一\"; lead person one; row team { who person two; proof \"y.pdf\"; } row team { who person one; } }\n"
		"  as one copy p as q; expect q state == draft and title == \"案\" and len(team) == 2 and empty(f) and empty(n) and empty(asked) and empty(number) and count(team where empty(proof)) == 2;\n"
		"  expect q lead is person one; as two copy p as r refused \"record.missing\"; as boss copy p as s refused \"record.missing\"; given i item by one { title \"物\"; } as one copy i as j refused \"record.missing\"; }\n"
		"scene rows \"丁\" en \"D\" { given p plan in filed by one { title \"一\"; lead person one; row team { who person one; } }\n"
		"  given q plan in filed by one { title \"二\"; row team { who person one; } row team { who person one; } } given r plan by one { title \"三\"; row team { who person one; } } expect p others == 1;\n"
		"  as boss edit p { row rows { measure \"rules\"; criterion \"others\"; verdict met; } } expect p count(rows where judged == not_met and verdict == met) == 1;\n"
		"  as boss back q; as boss edit p { title \"四\"; } expect p count(rows where judged == met) == 1; }\n"
		"scene masks \"戊\" en \"E\" { as one create p plan { title \"案\"; code \"12-A9\"; } as one edit p { code \"12-a9\"; } refused \"code\"; as one edit p { code \"12-A\"; } refused \"the form it must have\";\n"
		"  as one edit p { code \"1X-AA\"; } refused \"code\"; as one edit p { code \"99-ZZ\"; } expect p code == \"99-ZZ\"; }\n", people).p);
	if (t.tally.failed) print_message("%.*s", STRF(t.text));
	assert_int_equal(t.tally.failed, 0);
	assert_int_equal(t.tally.passed, 5);
	arena_free(a);
}

/* Every line must fail, and say this. */
/* What moves write elsewhere is held to the field's limits; tables are replaced, whole or sifted; a number takes parts of the record. */
static void test_written(void **state)
{
	static const char declared[] =
		"type box \"盒\" en \"Box\" { title name; field name text \"名\" en \"Name\" { required; unique; max 4; } field n int \"数\" en \"N\" { min 1; max 10; }\n"
		"  table part \"件\" en \"Parts\" { column name text \"名\" en \"Name\"; column n int \"数\" en \"N\"; }\n"
		"  state open \"开\" en \"Open\"; state shut \"关\" en \"Shut\" { final; } move shut \"关\" en \"Shut\" open -> shut { by officer; }\n"
		"  access { see signed; edit officer; create officer; } }\n"
		"type order \"单\" en \"Order\" { title name; number \"O{kind}{year}-{seq:2}\"; field name text \"名\" en \"Name\" { required; } field kind text \"类\" en \"Kind\" { required; }\n"
		"  field n int \"数\" en \"N\"; field box ref box \"盒\" en \"Box\"; field same ref order \"同名\" en \"Same\" { by_system; }\n"
		"  table part \"件\" en \"Parts\" { column name text \"名\" en \"Name\"; column n int \"数\" en \"N\"; column more text \"注\" en \"More\"; }\n"
		"  state draft \"草\" en \"Draft\" { draft; } state filed \"报\" en \"Filed\"; state done \"完\" en \"Done\" { final; }\n"
		"  move file \"报\" en \"File\" draft -> filed { by officer; set same = one(order.name is name where state == filed); }\n"
		"  move done \"完\" en \"Done\" filed -> done { by officer; set box.name = name; set box.n = n; set box.part = part where n > 2; }\n"
		"  move take \"取\" en \"Take\" draft -> draft { by officer; set part = box.part; }\n"
		"  access { see officer; edit officer in draft; create officer; } }\n";
	struct arena *a = arena_new((size_t)256 << 20);
	struct told t;
	(void)state;
	t = run(a, str_fmt(a, "%sscene a \"甲\" en \"A\" { day 2026-03-02; given b1 box { name \"甲\"; n 1; row part { name \"旧\"; n 9; } } given b2 box { name \"乙\"; n 1; }\n"
		"as boss create o1 order { name \"丙\"; kind \"X\"; n 3; box b1; row part { name \"大\"; n 3; more \"注\"; } row part { name \"小\"; n 2; } }\n"
		"as boss create o2 order { name \"乙\"; kind \"Y\"; n 3; box b1; } as boss create o3 order { name \"丁\"; kind \"X\"; n 11; box b1; } as boss create o4 order { name \"名字太长\"; kind \"X\"; n 1; box b1; }\n"
		"as boss create o5 order { name \"丙\"; kind \"X\"; n 0; box b1; } as boss create o6 order { name \"丙\"; kind \"X\"; box b1; } as boss take o6; expect o6 len(part) == 1 and sum(part.n) == 9;\n"
		"as boss file o1; as boss file o2; as boss file o3; as boss file o4; expect o1 number == \"OX2026-01\" and empty(same); expect o2 number == \"OY2026-01\"; expect o4 number == \"OX2026-03\";\n"
		"as boss file o5; expect o5 same is o1; as boss file o6; expect o6 same is none;\n"
		"as boss done o2 refused \"form.unique\"; as boss done o3 refused \"form.\"; as boss done o5 refused \"form.\"; expect b1 name == \"甲\" and n == 1 and sum(part.n) == 9;\n"
		"as boss done o1; expect b1 name == \"丙\" and n == 3 and len(part) == 1 and sum(part.n) == 3; }\n", declared).p);
	if (t.tally.failed) print_message("%.*s", STRF(t.text));
	assert_int_equal(t.tally.failed, 0);
	assert_int_equal(t.tally.passed, 1);
	arena_free(a);
}

static void test_wrong(void **state)
{
	static const char *const wrong[][2] = {
		{ "expect i n == 4;", "it should be n == 4; it is: state draft; N = 3" },
		{ "expect 2 item;", "there should be 2 of item, there are 1" },
		{ "expect i host is org one;", "should be" },
		{ "expect i secret is none;", "it is “密”" },
		{ "expect boss sees i;", "should see it, it does not" },
		{ "expect one hides i.secret;", "should not see it, it does" },
		{ "expect one sees i.opinion;", "should see it, it does not" },
		{ "expect one no todo i;", "it should not wait for the account “one”, it does (file)" },
		{ "expect one todo i finish;", "it should wait for the account “one”, it does not (file)" },
		{ "expect boss todo i;", "it does not (-)" },
		{ "expect one cannot file i;", "should not be able to make “file”, it is" },
		{ "expect boss may file i;", "it is not" },
		{ "expect mail boss;", "it was not; 0 notices" },
		{ "as one file i; expect no mail boss;", "should not be told" },
		{ "as one file i; expect mail boss \"别的\";", "the last: Received: 物" },
		{ "expect indicator items == 1;", "the indicator “items” is 0" },
		{ "as one file i refused \"x\";", "it should be refused; it was done" },
		{ "as two file i;", "it should be done; it was refused:" },
		{ "as two file i refused \"small\";", "it should be refused by “small”; it was refused by:" },
		{ "as boss create j item { title \"x\"; }", "it was refused" },
		{ "as one edit i { opinion \"x\"; }", "[scene.not_editable opinion]" },
		{ "find j item where n == 4;", "there should be 1 item, there are 0" },
		{ "as two create j item { title \"x\"; } refused \"x\";", "it was done" },
		{ "as one create j item { title \"x\"; } find k item;", "there are 2" },
		{ "as one delete i; expect i n == 3;", "there is no record “i”" },
		{ "wait 3 days; day 2026-03-01;", "the clock only goes forward" },
	};
	struct arena *a = arena_new((size_t)256 << 20);
	struct buf b = BUF(a, 1 << 20);
	enum { N = sizeof wrong / sizeof *wrong };
	for (int i = 0; i < N; i++) buf_fmt(&b, "scene s%d \"甲\" en \"A\" { %s%s\n }\n", i, start, wrong[i][0]);
	struct told t = run(a, str_dup(a, buf_str(&b)).p);
	assert_int_equal(t.tally.passed, 0);
	assert_int_equal(t.tally.failed, N);
	int line = 2;
	for (const char *p = region_text; *p; p++) line += *p == '\n';
	/* Reports stand in order; each between its own headline and the next. */
	for (int i = 0; i < N; i++) {
		size_t from = str_find(t.text, str_fmt(a, "FAILED  s%d ", i), 0), to = str_find(t.text, str_fmt(a, "FAILED  s%d ", i + 1), 0);
		struct str part = str_sub(t.text, from, to == SIZE_MAX ? t.text.n : to);
		if (!str_has(part, str_c(wrong[i][1]))) print_message("%s\nwant %s\ngot %.*s\n", wrong[i][0], wrong[i][1], STRF(part));
		assert_true(str_has(part, str_c(wrong[i][1])));
		assert_true(str_has(part, str_fmt(a, "t.lc:%d: ", line + 3 * i)));
	}
	arena_free(a);
}

/* What a database refuses is told at its line when a region is checked, not when somebody opens a list. */
static enum rc try_right(const char *fields, const char *when, int *line)
{
	struct arena *a = arena_new((size_t)64 << 20), *keep = arena_new((size_t)128 << 20);
	struct cx cx = { .arena = a, .lang = LANG_EN };
	struct region *r;
	struct str text = str_fmt(a, "%stype odd \"奇\" en \"Odd\" { title t; field t text \"名\" en \"T\"; field n int \"数\" en \"N\"; field d date \"日\" en \"D\"; %s\n"
		" state on \"在\" en \"On\" { final; }\n access {\n see officer;\n see firm when %s;\n edit officer; create officer; } }\n", region_text, fields, when);
	assert_int_equal(region_load_text(&cx, keep, STR("t.lc"), text, &r), RC_OK);
	enum rc rc = statements_try(&cx, r);
	*line = cx.fails.n ? cx.fails.v[0].where.line : 0;
	int lines = 0;
	for (const char *s = region_text; *s; s++) lines += *s == '\n';
	*line -= lines;
	arena_free(keep);
	arena_free(a);
	return rc;
}

static void test_statements(void **state)
{
	enum { FIELDS = 9, TERMS = 140 };
	struct arena *a = arena_new((size_t)16 << 20);
	struct buf deep = BUF(a, 1 << 20);
	int line;
	(void)state;
	/* Each within the language's own bounds, and each of them stands inside the next. */
	for (int i = 0; i < FIELDS; i++) {
		buf_fmt(&deep, " field b%d bool \"b\" en \"b\" { compute ", i);
		if (i) buf_fmt(&deep, "b%d == true", i - 1);
		else buf_add(&deep, STR("n == 0"));
		for (int k = 1; k < TERMS; k++) buf_fmt(&deep, " or n == %d", k);
		buf_add(&deep, STR("; }"));
	}
	assert_int_equal(try_right(str_z(a, buf_str(&deep)), "n == 1", &line), RC_INVALID);
	assert_int_equal(line, 1);
	assert_int_equal(try_right(str_z(a, buf_str(&deep)), "b8 == true", &line), RC_INVALID);
	assert_int_equal(line, 5);
	assert_int_equal(try_right("", "n == 1", &line), RC_OK);
	/* The calendar stands within the bounds of the engine's parser, also inside counts inside rights. */
	assert_int_equal(try_right("", "years(coalesce(d, today()), today()) < 3 and count(item.host is org where state == filed and (empty(ends) or "
		"years(coalesce(ends, today()), today()) < years(date(this.created), today()))) == 0", &line), RC_OK);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_holds), cmocka_unit_test(test_people), cmocka_unit_test(test_written), cmocka_unit_test(test_wrong), cmocka_unit_test(test_statements) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Portfolio: what is refused and where, rules as an officer writes them, ties and conflicts shown, the public rules, the library's format. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#undef fail

#include "base/arena.h"
#include "engine/ballot.h"
#include "engine/orlib.h"
#include "engine/portfolio.h"

static struct cx fresh(void) { return (struct cx){ .arena = arena_new((size_t)1 << 30) }; }

static const char csv[] = "id,score,cost,division,tag\na,80,10万,east,x:60;y:40\nb,70,10万,east,x\nc,60,5万,west,y\nd,60,5万,west,y\n";

static void refused(const char *text, const char *rules, const char *code, int line)
{
	struct cx cx = fresh();
	struct portfolio p;
	struct portfolio_model m;
	enum rc rc = portfolio_read(&cx, str_c(text), "a.csv", &p);
	if (rc == RC_OK && rules) rc = portfolio_rules(&cx, str_c(rules), "r.lc", &p);
	if (rc == RC_OK) rc = portfolio_model(&cx, &p, &m);
	assert_true(rc == RC_INVALID || rc == RC_LIMIT);
	assert_true(cx.fails.n > 0);
	assert_string_equal(cx.fails.v[0].code, code);
	assert_int_equal(cx.fails.v[0].where.line, line);
	assert_true(cx.fails.v[0].where.file.n > 0);
	arena_free(cx.arena);
}

static void files_refused(void **state)
{
	refused("", NULL, "portfolio.empty", 1);
	refused("id,score\na,1\n", NULL, "portfolio.column", 1);
	refused("id,score,cost\n", NULL, "portfolio.none", 1);
	refused("id,score,cost,score\na,1,2,3\n", NULL, "portfolio.column_twice", 1);
	refused("id,score,cost\na,1,2\nb,x,2\n", NULL, "portfolio.score", 3);
	refused("id,score,cost\na,1,2\n\n,1,2\n", NULL, "portfolio.id", 4);
	refused("id,score,cost\na,1,-2\n", NULL, "portfolio.cost", 2);
	refused("id,score,cost\na,1,0.001\n", NULL, "portfolio.cost", 2);
	refused("id,score,cost\na,1,9000亿\nb,1,9000亿\n", NULL, "portfolio.money", 3);
	refused("id,score,cost\na,1,2,3\n", NULL, "portfolio.cells", 2);
	refused("id,score,cost\na,1,2\na,1,3\n", NULL, "portfolio.twice", 3);
	refused("id,tier,score,cost\na,1,1,2\nb,1,1,3\na,2,1,3\n", NULL, "portfolio.apart", 4);
	refused("id,score,cost,sd\na,1,2,-1\n", NULL, "portfolio.sd", 2);
	refused("id,score,cost\na,99999999999999999999,2\n", NULL, "portfolio.score", 2);
	refused("id,score,cost\n\"a,1,2\n", NULL, "csv.quote", 2);
	(void)state;
}

static void rules_refused(void **state)
{
	static const struct { const char *rules, *code; int line; } bad[] = {
		{ "budgt 3万元;", "portfolio.rule_word", 1 }, { "budget 3万元", "rules.end", 1 }, { "# all\n\nbudget many;", "portfolio.rule_amount", 3 },
		{ "budget 101%;", "portfolio.rule_amount", 1 }, { "budget 3万元 in nowhere x;", "portfolio.rule_column", 1 }, { "budget 3万元 in division;", "portfolio.rule_short", 1 },
		{ "at-most 1.5 each division;", "portfolio.rule_number", 1 }, { "exclude a;", "portfolio.rule_short", 1 }, { "exclude a a;", "portfolio.rule_twice", 1 },
		{ "must z;", "portfolio.rule_application", 1 }, { "ratio cost cost 1;", "portfolio.rule_ratio", 1 }, { "budget 1元 twice;", "portfolio.rule_rest", 1 },
		{ "budget 3万元；", "rules.sign", 1 }, { "must \"a;\n", "rules.quote", 1 }, { ";", "rules.empty", 1 }, { "budget 1元;\nbudget 1元 of tag;", "portfolio.amount", 2 },
		{ "spread tag; spread tag;", "portfolio.rule_again", 1 }, { "caution 11;", "portfolio.rule_caution", 1 } };
	for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) refused(csv, bad[k].rules, bad[k].code, bad[k].line);
	(void)state;
}

static void solved(struct cx *cx, const char *rules, struct portfolio *p, struct portfolio_result *r)
{
	struct portfolio_wish wish = { 0 };
	assert_int_equal(portfolio_read(cx, str_c(csv), "a.csv", p), RC_OK);
	assert_int_equal(portfolio_rules(cx, str_c(rules), "r.lc", p), RC_OK);
	assert_int_equal(portfolio_solve(cx, p, &wish, r), RC_OK);
}

static void answers(void **state)
{
	struct cx cx = fresh();
	struct portfolio p;
	struct portfolio_result r;
	solved(&cx, "budget 15万元;", &p, &r);          /* a and c, or a and d */
	assert_int_equal(r.status, PROGRAM_OPTIMAL);
	assert_int_equal(r.total, 140000);
	assert_int_equal(r.cost, 15000000);
	assert_int_equal(r.ties, PORTFOLIO_TIED);
	assert_true(r.chosen[0] && r.other[0] && r.chosen[2] != r.other[2] && r.chosen[3] != r.other[3]);
	portfolio_done(&r);
	solved(&cx, "budget 15万元; exclude c d; never d;", &p, &r);
	assert_int_equal(r.ties, PORTFOLIO_UNIQUE);
	struct portfolio_price price;
	struct portfolio_wish wish = { 0 };
	assert_int_equal(portfolio_price(&cx, &p, &wish, &r, 1, 1, &price), RC_OK);     /* fund b: a must go */
	assert_int_equal(price.least, 10000);
	assert_int_equal(price.most, 10000);
	assert_true(price.chosen[1] && !price.chosen[0] && price.chosen[2]);
	portfolio_done(&r);
	solved(&cx, "budget 15万元; floor 40% in tag y;", &p, &r);      /* a weighs 40 %: alone exactly enough, with c more */
	assert_int_equal(r.total, 140000);
	portfolio_done(&r);
	solved(&cx, "budget 15万元; must a b; at-most 1 in division west;", &p, &r);
	assert_int_equal(r.status, PROGRAM_IMPOSSIBLE);
	assert_int_equal(r.n_conflict, 2);
	assert_int_equal(r.conflict[0] + r.conflict[1], 1);
	portfolio_done(&r);
	arena_free(cx.arena);
	(void)state;
}

static void breaches(void **state)
{
	struct cx cx = fresh();
	struct portfolio p;
	struct portfolio_verdict v;
	const signed char x[] = { 1, 1, 0, 1 };
	assert_int_equal(portfolio_read(&cx, str_c(csv), "a.csv", &p), RC_OK);
	assert_int_equal(portfolio_rules(&cx, STR("budget 20万元;\nceiling 60% each tag;\nat-most 2 each division;\nneeds d c;\nnever c;\n"), "r.lc", &p), RC_OK);
	assert_int_equal(portfolio_check(&cx, &p, x, &v), RC_OK);
	assert_int_equal(v.n_breach, 3);
	assert_int_equal(v.breach[0].is, 25000000);
	assert_int_equal(v.breach[1].is, 6400);         /* x has 6 + 10 of 25 */
	assert_true(str_is(v.breach[1].value, "x"));
	assert_int_equal(v.breach[2].rule, 3);
	assert_int_equal(v.total, 210000);
	arena_free(cx.arena);
	(void)state;
}

/* ---- the public rules ---- */

static const char election[] = "META\nkey;value\nbudget;100\nrule;greedy\nvote_type;approval\nmin_project_score_threshold;2\nPROJECTS\n"
	"project_id;cost;selected\np;60;1\nq;50;0\nr;40;1\ns;5;0\nt;5;0\nVOTES\nvoter_id;vote\n1;p,q\n2;p,q\n3;p\n4;p,q\n5;r\n6;r\n7;s\n8;t\n9;\n";

static int bits(const struct ballot_outcome *o, int n)
{
	int v = 0;
	for (int k = 0; k < n; k++) v |= o->chosen[k] << k;
	return v;
}

static void public_rules(void **state)
{
	struct cx cx = fresh();
	struct ballot b;
	struct ballot_outcome o;
	assert_int_equal(ballot_read(&cx, str_c(election), "e.pb", &b), RC_OK);
	assert_int_equal(b.n_project, 5);
	assert_int_equal(b.n_vote, 8);
	assert_int_equal(b.project[1].score, 3);
	assert_int_equal(ballot_count(&cx, &b, BALLOT_GREEDY, &o), RC_OK);
	assert_int_equal(bits(&o, 5), 1 | 4);
	assert_int_equal(o.n_tied, 0);
	assert_int_equal(ballot_count(&cx, &b, BALLOT_NO_SKIP, &o), RC_OK);
	assert_int_equal(bits(&o, 5), 1);
	b.budget = 10500;
	assert_int_equal(ballot_count(&cx, &b, BALLOT_GREEDY, &o), RC_OK);      /* s and t: one vote each, room for one */
	assert_int_equal(bits(&o, 5), 1 | 4 | 8);
	assert_int_equal(o.n_tied, 2);
	assert_int_equal(ballot_count(&cx, &b, BALLOT_THRESHOLD, &o), RC_OK);
	assert_int_equal(bits(&o, 5), 1 | 4);
	/* Equal shares of 15 at 120: q's three supporters have 45, p's four exactly 60, r's two 30; s and t pay for themselves. Raised by one, q can
	   no longer be paid after p, r needs 20 from each of its two: at 20 a voter it joins, and all is 60 + 40 + 5 + 5 = 110. */
	b.budget = 12000;
	assert_int_equal(ballot_count(&cx, &b, BALLOT_EQUAL_SHARES, &o), RC_OK);
	assert_int_equal(bits(&o, 5), 1 | 4 | 8 | 16);
	b.n_vote = 0;
	assert_int_equal(ballot_count(&cx, &b, BALLOT_EQUAL_SHARES, &o), RC_INVALID);
	arena_free(cx.arena);
	(void)state;
}

static void elections_refused(void **state)
{
	static const struct { const char *text, *code; int line; } bad[] = {
		{ "", "ballot.section", 1 }, { "META\nkey;value\nbudget;x\n", "ballot.amount", 3 }, { "META\nkey;value\nrule;greedy\nPROJECTS\n", "ballot.budget", 4 },
		{ "META\nk;v\nbudget;1\nvote_type;telepathy\n", "ballot.type", 4 }, { "META\nk;v\nbudget;1\nPROJECTS\nproject_id\n", "ballot.column", 5 },
		{ "META\nk;v\nbudget;1\nPROJECTS\nproject_id;cost\na;1\na;2\n", "ballot.id", 7 }, { "META\nk;v\nbudget;1\nPROJECTS\nproject_id;cost\n", "ballot.none", 5 },
		{ "META\nk;v\nbudget;1\nPROJECTS\nproject_id;cost\na;1\nVOTES\nvoter_id;vote\n1;b\n", "ballot.unknown", 9 },
		{ "META\nk;v\nbudget;1\nPROJECTS\nproject_id;cost\na;1\nVOTES\nvoter_id;vote\n1;a,a\n", "ballot.twice", 9 } };
	for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
		struct cx cx = fresh();
		struct ballot b;
		assert_int_equal(ballot_read(&cx, str_c(bad[k].text), "e.pb", &b), RC_INVALID);
		assert_string_equal(cx.fails.v[0].code, bad[k].code);
		assert_int_equal(cx.fails.v[0].where.line, bad[k].line);
		arena_free(cx.arena);
	}
	(void)state;
}

static void library_files(void **state)
{
	struct cx cx = fresh();
	struct orlib lib;
	const char *two = " 2\n3 1 10\n 5 6 7\n 1 2 3\n 4\n2 2 0\n 1 2\n 1 1\n 2 2\n 1 5\n";
	assert_int_equal(orlib_read(&cx, str_c(two), "k.dat", 1, &lib), RC_OK);
	assert_int_equal(lib.problems, 2);
	assert_int_equal(lib.known, 10);
	struct program_wish wish = PROGRAM_WISH;
	struct program_answer answer;
	struct program_session *s = program_open(lib.program);
	program_solve(s, cx.arena, &wish, &answer);
	assert_int_equal(answer.worth, 12);
	assert_int_equal(answer.bound, 12);
	program_close(s);
	assert_int_equal(orlib_read(&cx, str_c(two), "k.dat", 3, &lib), RC_INVALID);
	assert_int_equal(orlib_read(&cx, STR("3 1 10\n5 6 x\n"), "k.dat", 1, &lib), RC_INVALID);
	assert_int_equal(cx.fails.v[cx.fails.n - 1].where.line, 2);
	assert_int_equal(orlib_read(&cx, STR("1 1 0\n5\n1\n1\n9\n"), "k.dat", 1, &lib), RC_INVALID);
	assert_string_equal(cx.fails.v[cx.fails.n - 1].code, "orlib.rest");
	assert_int_equal(orlib_read(&cx, STR(""), "k.dat", 1, &lib), RC_INVALID);
	arena_free(cx.arena);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(files_refused), cmocka_unit_test(rules_refused), cmocka_unit_test(answers), cmocka_unit_test(breaches),
		cmocka_unit_test(public_rules), cmocka_unit_test(elections_refused), cmocka_unit_test(library_files) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

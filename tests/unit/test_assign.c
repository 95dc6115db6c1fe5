/* Assigning experts: handmade cases, the words of the messages, and the files of the command. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "feature/assign_cmd.h"
#include "feature/assign_read.h"
#include <cmocka.h>
#undef fail

struct ground { struct cx cx; char dir[64]; };

static int begin(void **state)
{
	struct ground *g = calloc(1, sizeof *g);
	g->cx.arena = arena_new((size_t)256 << 20);
	strcpy(g->dir, "/tmp/lc-assign-XXXXXX");
	if (!mkdtemp(g->dir)) return 1;
	*state = g;
	return 0;
}

static const char *const names[] = { "a.csv", "e.csv", "p.csv", "r.lc", "o.csv", "o2.csv", "v.csv" };

static char *path(struct ground *g, const char *name) { return str_z(g->cx.arena, str_fmt(g->cx.arena, "%s/%s", g->dir, name)); }

static int end(void **state)
{
	struct ground *g = *state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) unlink(path(g, names[i]));
	rmdir(g->dir);
	arena_free(g->cx.arena);
	free(g);
	return 0;
}

static void put(struct ground *g, const char *name, const char *text)
{
	FILE *f = fopen(path(g, name), "wb");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static enum rc load(struct ground *g, struct assign_files *f, bool rules)
{
	memset(f, 0, sizeof *f);
	fail_clear(&g->cx);
	return assign_files_read(&g->cx, path(g, "a.csv"), path(g, "e.csv"), path(g, "p.csv"), rules ? path(g, "r.lc") : NULL, f);
}

static void usual(struct ground *g)
{
	put(g, "a.csv", "id,need,discipline,organisation,region\n12,2,510.20,大学甲,north\n40,3,510.20,大学乙,south\n");
	put(g, "e.csv", "id,min,max,organisation,title,region\nx1,0,1,大学甲,senior,north\nx2,0,1,大学乙,other,south\nx3,0,2,研究院,other,north\nx4,0,2,学院,senior,south\nx5,0,0,学院,other,south\n");
	put(g, "p.csv", "application,expert,affinity\n12,x1,9\n12,x2,5\n12,x3,4\n12,x4,3\n40,x1,2\n40,x2,7\n40,x3,6\n40,x4,8\n40,x5,9\n");
}

static void solved(void **state)
{
	struct ground *g = *state;
	struct assign_files f;
	struct assign_result r;
	struct assign_options o = { 0 };
	usual(g);
	assert_int_equal(load(g, &f, false), RC_OK);
	assert_int_equal(assign_solve(&g->cx, &f.in, &o, &r), RC_OK);
	assert_int_equal(r.status, ASSIGN_OPTIMAL);
	assert_int_equal(r.total, 9 + 4 + 7 + 6 + 8);
	assert_int_equal(assign_bound(&f.in, r.price), r.total);
	assert_int_equal(r.worst, 4);
	struct buf out = BUF(g->cx.arena, 1 << 16);
	assign_assignment_write(&g->cx, &f, r.first, r.pair, &out);
	assert_string_equal(str_z(g->cx.arena, buf_str(&out)), "application,expert,affinity\r\n12,x1,9\r\n12,x3,4\r\n40,x2,7\r\n40,x3,6\r\n40,x4,8\r\n");
}

/* The message names who, how many, where, and why the others do not count. */
static void infeasible_words(void **state)
{
	struct ground *g = *state;
	struct assign_files f;
	struct assign_result r;
	struct assign_options o = { 0 };
	usual(g);
	put(g, "r.lc", "differ organisation;   # nobody of the applicant's own\n");
	put(g, "p.csv", "application,expert,affinity\n12,x1,9\n12,x2,5\n12,x3,4\n40,x1,2\n40,x2,7\n40,x5,6\n40,x4,8\n");
	assert_int_equal(load(g, &f, true), RC_OK);
	assert_int_equal(assign_solve(&g->cx, &f.in, &o, &r), RC_OK);
	assert_int_equal(r.status, ASSIGN_INFEASIBLE);
	assert_int_equal(r.unfilled, 1);
	assert_int_equal(r.n_reason, 1);
	assert_string_equal(str_z(g->cx.arena, r.reason[0].en),
		"application 40 needs 3 experts in 510.20; 4 qualify, 1 is in conflict, 1 is full, the others have room for 2 together");
	assert_string_equal(str_z(g->cx.arena, r.reason[0].zh), "申请 40（510.20） 共需 3 名专家：符合条件 4 名，其中回避 1 名，已满 1 名，其余合计只能承担 2 项");
}

static void rules_clash(void **state)
{
	struct ground *g = *state;
	struct assign_files f;
	struct assign_result r;
	struct assign_options o = { 0 };
	usual(g);
	put(g, "r.lc", "least 1 title senior;\nmost 0 title senior;\none organisation;\n");
	assert_int_equal(load(g, &f, true), RC_OK);
	assert_int_equal(assign_solve(&g->cx, &f.in, &o, &r), RC_OK);
	assert_int_equal(r.status, ASSIGN_INFEASIBLE);
	assert_true(r.n_reason >= 1);
	put(g, "r.lc", "least 1 title senior;\nleast 1 region same;\none organisation;\n");
	assert_int_equal(load(g, &f, true), RC_OK);
	assert_int_equal(assign_solve(&g->cx, &f.in, &o, &r), RC_OK);
	assert_int_equal(r.status, ASSIGN_OPTIMAL);
	struct assign_check check;
	assert_int_equal(assign_check(&g->cx, &f.in, r.first, r.pair, &check), RC_OK);
	assert_int_equal(check.n_reason, 0);
}

/* The check trusts nothing: each damage to an answer is named. */
static void check_finds(void **state)
{
	struct ground *g = *state;
	struct assign_files f;
	const uint32_t *first, *pair;
	struct assign_check check;
	usual(g);
	put(g, "r.lc", "one organisation;\nleast 1 title senior;\n");
	assert_int_equal(load(g, &f, true), RC_OK);
	put(g, "o.csv", "application,expert\n12,x2\n12,x3\n40,x2\n40,x3\n40,x5\n");
	assert_int_equal(assign_assignment_read(&g->cx, &f, path(g, "o.csv"), &first, &pair), RC_OK);
	assert_int_equal(assign_check(&g->cx, &f.in, first, pair, &check), RC_OK);
	assert_int_equal(check.n_reason, 4);    /* no senior twice, x2 and x5 beyond their loads */
}

struct hostile { const char *file, *text; int line; };

/* Whatever is wrong is told as file:line, and nothing is solved. */
static void hostile_files(void **state)
{
	static const struct hostile cases[] = {
		{ "a.csv", "", 1 }, { "a.csv", "id\n12\n", 1 }, { "a.csv", "id,need\n12,2\n12,3\n", 3 }, { "a.csv", "id,need\n12,two\n", 2 }, { "a.csv", "id,need\n12,65\n", 2 },
		{ "a.csv", "id,need\n,2\n", 2 }, { "a.csv", "id,need\n12,\"2\n", 2 }, { "e.csv", "id,min\nx1,0\n", 1 }, { "e.csv", "id,min,max\nx1,3,2\n", 2 }, { "e.csv", "id,max\nx1,-1\n", 2 },
		{ "p.csv", "application,expert\n12,x1\n", 1 }, { "p.csv", "application,expert,affinity\n12,x1,1\n13,x1,1\n", 3 }, { "p.csv", "application,expert,affinity\n12,y,1\n", 2 },
		{ "p.csv", "application,expert,affinity\n12,x1,1.5\n", 2 }, { "p.csv", "application,expert,affinity\n12,x1,999999999999\n", 2 },
		{ "p.csv", "application,expert,affinity\n12,x1,1\n12,x2,1\n12,x1,2\n", 4 }, { "p.csv", "application,expert,affinity\n12\n", 2 }, { "p.csv", "application,expert,affinity\n\"12,x1,1\n", 2 },
		{ "r.lc", "one;\n", 1 }, { "r.lc", "one organisation;\n\nunheard of;\n", 3 }, { "r.lc", "least many title senior;\n", 1 }, { "r.lc", "one colour;\n", 1 }, { "r.lc", "acyclic 4 organisation;\n", 1 },
	};
	struct ground *g = *state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct assign_files f;
		usual(g);
		put(g, "r.lc", "one organisation;\n");
		put(g, cases[i].file, cases[i].text);
		enum rc rc = load(g, &f, true);
		if (rc != RC_INVALID || g->cx.fails.n < 1 || g->cx.fails.v[0].where.line != cases[i].line || !str_ends(g->cx.fails.v[0].where.file, str_c(cases[i].file)))
			print_error("case %zu: %s", i, cases[i].text);
		assert_int_equal(rc, RC_INVALID);
		assert_true(g->cx.fails.n > 0);
		assert_int_equal(g->cx.fails.v[0].where.line, cases[i].line);
		assert_true(str_ends(g->cx.fails.v[0].where.file, str_c(cases[i].file)));
	}
}

static int run(struct ground *g, const char *word, const char *a, const char *b, const char *c, const char *d, const char *e, const char *f)
{
	char *argv[20] = { (char *)(uintptr_t)word, "--applications", path(g, "a.csv"), "--experts", path(g, "e.csv"), "--pairs", path(g, "p.csv") };
	const char *more[] = { a, b, c, d, e, f };
	int n = 7;
	for (int i = 0; i < 6 && more[i]; i++) argv[n++] = (char *)(uintptr_t)more[i];
	return assign_command(n, argv);
}

static struct str content(struct ground *g, const char *name)
{
	char *p = arena_alloc(g->cx.arena, 1 << 16);
	FILE *f = fopen(path(g, name), "rb");
	assert_non_null(f);
	size_t n = fread(p, 1, 1 << 16, f);
	fclose(f);
	return (struct str){ p, n };
}

/* The whole door: solve, prove, repair, draw and replay; exit codes as promised. */
static void command(void **state)
{
	struct ground *g = *state;
	usual(g);
	put(g, "r.lc", "draw;\none organisation;\n");
	assert_int_equal(run(g, "solve", "--out", path(g, "o.csv"), "--prices", path(g, "v.csv"), NULL, NULL), 0);
	assert_int_equal(run(g, "check", "--assignment", path(g, "o.csv"), "--prices", path(g, "v.csv"), NULL, NULL), 0);
	assert_int_equal(run(g, "repair", "--assignment", path(g, "o.csv"), "--decline", "x1:12", "--out", path(g, "o2.csv")), 0);
	assert_string_equal(str_z(g->cx.arena, content(g, "o2.csv")), "application,expert,affinity\r\n12,x3,4\r\n12,x4,3\r\n40,x2,7\r\n40,x3,6\r\n40,x4,8\r\n");
	assert_int_equal(run(g, "repair", "--assignment", path(g, "o.csv"), "--decline", "x2", "--out", path(g, "o2.csv")), 0);
	assert_int_equal(run(g, "repair", "--assignment", path(g, "o.csv"), "--load", "x4:0:0", "--out", path(g, "o2.csv")), 1);
	assert_int_equal(run(g, "solve", "--rules", path(g, "r.lc"), "--out", path(g, "o.csv"), "--seed", "7"), 0);
	assert_int_equal(run(g, "replay", "--rules", path(g, "r.lc"), "--assignment", path(g, "o.csv"), "--seed", "7"), 0);
	assert_int_equal(run(g, "explain", "--application", "12", "--expert", "x5", NULL, NULL), 0);
	assert_int_equal(run(g, "solve", "--objective", "loud", NULL, NULL, NULL, NULL), 2);
	put(g, "e.csv", "id,max\nx1,1\nx2,0\nx3,0\nx4,0\nx5,0\n");
	assert_int_equal(run(g, "solve", "--out", path(g, "o2.csv"), NULL, NULL, NULL, NULL), 1);
	put(g, "p.csv", "application,expert,affinity\n12,x1,?\n");
	assert_int_equal(run(g, "solve", "--out", path(g, "o2.csv"), NULL, NULL, NULL, NULL), 2);
}

/* Affinities are shares of shared tokens times weights, the parts beside the sum. */
static void affinities(void **state)
{
	struct ground *g = *state;
	char *argv[] = { "affinity", "--applications", path(g, "a.csv"), "--experts", path(g, "e.csv"), "--rules", path(g, "r.lc"), "--out", path(g, "o.csv") };
	put(g, "a.csv", "id,need,discipline,keywords\nA,1,510.20.1,\"立方氮化硼；涂层, CVD\"\nB,1,610,没有人懂\n");
	put(g, "e.csv", "id,max,discipline,keywords\nx,1,510.20,ＣＶＤ、涂层\ny,1,510.30,别的\nz,1,7,别的\n");
	put(g, "r.lc", "weight code 300 discipline;\nweight words 600 keywords;\ncandidates 5;\n");
	assert_int_equal(assign_command(9, argv), 0);
	assert_string_equal(str_z(g->cx.arena, content(g, "o.csv")), "application,expert,affinity,discipline,keywords\r\nA,x,600,200,400\r\nA,y,100,100,0\r\n");
	put(g, "r.lc", "weight colour 300 discipline;\n");
	assert_int_equal(assign_command(9, argv), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test_setup_teardown(solved, begin, end), cmocka_unit_test_setup_teardown(infeasible_words, begin, end),
		cmocka_unit_test_setup_teardown(rules_clash, begin, end), cmocka_unit_test_setup_teardown(check_finds, begin, end), cmocka_unit_test_setup_teardown(hostile_files, begin, end),
		cmocka_unit_test_setup_teardown(command, begin, end),
		cmocka_unit_test_setup_teardown(affinities, begin, end) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

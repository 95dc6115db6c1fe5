/* Scores: what is refused and where; ties, components, cut and the methods on sheets small enough to work out by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#undef fail

#include "base/arena.h"
#include "base/rng.h"
#include "base/val.h"
#include "engine/scores.h"

static struct cx fresh(void) { return (struct cx){ .arena = arena_new((size_t)1 << 30) }; }

static void files_refused(void **state)
{
	static const struct { const char *text, *code; int line; } bad[] = {
		{ "", "scores.empty", 1 }, { "application,reviewer\na,b\n", "scores.column", 1 }, { "application,reviewer,score\n", "scores.none", 1 },
		{ "application,reviewer,score\na,r,1\nb,r,high\n", "scores.score", 3 }, { "application,reviewer,score\na,r,1\na,r,2\n", "scores.twice", 3 },
		{ "application,reviewer,score\n,r,1\n", "scores.id", 2 }, { "application,reviewer,score\na\n", "scores.cells", 2 },
		{ "application,reviewer,score\na,r,99999999\n", "scores.score", 2 } };
	for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
		struct cx cx = fresh();
		struct scores s;
		assert_int_equal(scores_read(&cx, str_c(bad[k].text), "s.csv", &s), RC_INVALID);
		assert_string_equal(cx.fails.v[0].code, bad[k].code);
		assert_int_equal(cx.fails.v[0].where.line, bad[k].line);
		arena_free(cx.arena);
	}
	(void)state;
}

static struct scores_result calibrated(struct cx *cx, const char *text, enum scores_method method, int cut, int folds)
{
	struct scores s;
	struct scores_result r;
	struct scores_wish w = { .method = method, .cut = cut, .folds = folds, .seed = 1 };
	assert_int_equal(scores_read(cx, str_c(text), "s.csv", &s), RC_OK);
	assert_int_equal(scores_calibrate(cx, &s, &w, &r), RC_OK);
	return r;
}

/* Mild m and strict s both see b; m alone a, s alone c. m gives 10 more than s. */
static const char lean[] = "application,reviewer,score\na,m,80\nb,m,90\nb,s,80\nc,s,75\nd,m,\n";

static void leanings(void **state)
{
	struct cx cx = fresh();
	struct scores_result r = calibrated(&cx, lean, SCORES_LEAST_SQUARES, 2, 0);
	assert_int_equal(cx.fails.n, 1);                /* d has no score: a warning, never 0 */
	assert_int_equal(r.components, 1);
	assert_int_equal(r.application[0].by[SCORES_MEAN], 80 * DEC_ONE);
	assert_in_range(r.application[0].by[SCORES_LEAST_SQUARES], 75 * DEC_ONE - 10, 75 * DEC_ONE + 10);
	assert_in_range(r.application[2].by[SCORES_LEAST_SQUARES], 80 * DEC_ONE - 10, 80 * DEC_ONE + 10);
	assert_int_equal(r.application[1].rank, 1);
	assert_int_equal(r.application[2].rank, 2);     /* by the plain mean it would be the last */
	assert_int_equal(r.application[2].side, SCORES_DEPENDS);
	assert_int_equal(r.application[1].side, SCORES_ABOVE_ALL);
	arena_free(cx.arena);
	(void)state;
}

static void trimming(void **state)
{
	struct cx cx = fresh();
	struct scores_result r = calibrated(&cx, "application,reviewer,score\na,1,0\na,2,50\na,3,60\na,4,70\na,5,100\nb,1,0\nb,2,50\nb,3,100\nb,4,2\n", SCORES_TRIMMED, 1, 3);
	assert_int_equal(r.application[0].by[SCORES_TRIMMED], 60 * DEC_ONE);
	assert_int_equal(r.application[0].by[SCORES_MEAN], 56 * DEC_ONE);
	assert_int_equal(r.application[1].by[SCORES_TRIMMED], 38 * DEC_ONE);    /* four sheets: none is left out */
	assert_int_equal(r.held, 9);
	for (int m = 0; m < SCORES_METHODS; m++) assert_true(r.error[m] > 0);
	arena_free(cx.arena);
	(void)state;
}

/* Three sheets each, the declared least for leaving out the extremes; and the ranks that intervals leave open. */
static void trim_and_ranks(void **state)
{
	static const char text[] = "application,reviewer,score\na,x,90\na,y,91\na,z,20\nb,x,60\nb,y,61\nb,z,62\nc,x,10\nc,y,11\nc,z,12\n";
	struct cx cx = fresh();
	struct scores s;
	struct scores_result r;
	struct scores_wish w = { .method = SCORES_MEAN, .trim = 3 };
	assert_int_equal(scores_read(&cx, str_c(text), "s.csv", &s), RC_OK);
	assert_int_equal(scores_calibrate(&cx, &s, &w, &r), RC_OK);
	assert_int_equal(r.application[0].by[SCORES_TRIMMED], 90 * DEC_ONE);
	assert_int_equal(r.application[1].by[SCORES_TRIMMED], 61 * DEC_ONE);
	for (int i = 0; i < 3; i++) {
		int best = 1, worst = 3;
		for (int k = 0; k < 3; k++) best += r.application[k].low > r.application[i].high, worst -= r.application[k].high < r.application[i].low;
		assert_int_equal(r.application[i].best, best);
		assert_int_equal(r.application[i].worst, worst);
	}
	assert_int_equal(r.application[1].spread, DEC_ONE);
	w.trim = 4;
	assert_int_equal(scores_calibrate(&cx, &s, &w, &r), RC_OK);
	assert_int_equal(r.application[0].by[SCORES_TRIMMED], 67 * DEC_ONE);
	arena_free(cx.arena);
	(void)state;
}

/* 120 reviewers of 200 applications, four each, two components: without the dense matrix the same effects, nearly the same errors. */
static void without_matrix(void **state)
{
	enum { APPLICATIONS = 200, REVIEWERS = 120, EACH = 4 };
	struct cx cx = fresh();
	struct rng rng = rng_seed(7);
	static struct scores_sheet sheet[APPLICATIONS * EACH];
	struct scores s = { .sheet = sheet, .n_sheet = APPLICATIONS * EACH };
	struct scores_result dense, sparse;
	s.application.list.n = APPLICATIONS + 1;        /* the last has no sheet */
	s.reviewer.list.n = REVIEWERS;
	for (int i = 0; i < APPLICATIONS; i++)
		for (int k = 0; k < EACH; k++) {
			int half = i < APPLICATIONS / 4 ? 0 : REVIEWERS / 4, room = i < APPLICATIONS / 4 ? REVIEWERS / 4 : REVIEWERS * 3 / 4;
			int j = half + (int)((rng_below(&rng, (uint64_t)(room / EACH)) * EACH + (uint64_t)k) % (uint64_t)room);
			int64_t score = 60 + i * 7 % 23 + j * 5 % 13 - 6 + (int64_t)rng_below(&rng, 11);
			sheet[i * EACH + k] = (struct scores_sheet){ i, j, score * DEC_ONE };
		}
	struct scores_wish w = { .method = SCORES_SHRUNK, .cut = 40 };
	assert_int_equal(scores_calibrate(&cx, &s, &w, &dense), RC_OK);
	w.dense = 1;
	assert_int_equal(scores_calibrate(&cx, &s, &w, &sparse), RC_OK);
	assert_true(sparse.settled);
	assert_true(llabs(sparse.mean - dense.mean) < DEC_ONE / 20);
	assert_true(llabs(sparse.var_application - dense.var_application) < dense.var_application / 20);
	assert_true(llabs(sparse.var_reviewer - dense.var_reviewer) < dense.var_reviewer / 20);
	assert_true(llabs(sparse.var_noise - dense.var_noise) < dense.var_noise / 20);
	for (int i = 0; i < APPLICATIONS; i++) {
		const struct scores_application *x = &dense.application[i], *y = &sparse.application[i];
		assert_true(llabs(x->by[SCORES_SHRUNK] - y->by[SCORES_SHRUNK]) < DEC_ONE / 10);
		assert_true(llabs(x->by[SCORES_LEAST_SQUARES] - y->by[SCORES_LEAST_SQUARES]) < DEC_ONE / 1000);
		assert_true(llabs(x->sd - y->sd) < x->sd / 10);
	}
	for (int j = 0; j < REVIEWERS; j++) {
		assert_true(llabs(dense.reviewer[j].leaning - sparse.reviewer[j].leaning) < DEC_ONE / 5);
		assert_true(llabs(dense.reviewer[j].leaning_sd - sparse.reviewer[j].leaning_sd) < dense.reviewer[j].leaning_sd / 5 + 1);
	}
	arena_free(cx.arena);
	(void)state;
}

static void ties_and_parts(void **state)
{
	struct cx cx = fresh();
	struct scores_result r = calibrated(&cx, "application,reviewer,score\na,1,80\nb,1,70\nc,2,70\nd,2,60\n", SCORES_MEAN, 2, 0);
	assert_int_equal(r.components, 2);
	assert_int_not_equal(r.application[0].component, r.application[2].component);
	assert_int_equal(r.tied, 2);
	assert_int_equal(r.application[1].rank, 2);
	assert_int_equal(r.application[2].rank, 2);
	assert_int_equal(r.application[1].side, SCORES_DEPENDS);
	assert_true(r.alpha == INT64_MIN);
	r = calibrated(&cx, "application,reviewer,score\na,1,80\na,2,80\nb,1,70\nb,2,70\n", SCORES_SHRUNK, 1, 0);
	assert_int_equal(r.alpha, DEC_ONE);
	assert_true(r.application[0].above > 990000 && r.application[1].above < 10000);
	r = calibrated(&cx, "application,reviewer,score\na,1,80\n", SCORES_SHRUNK, 5, 4);       /* one sheet, a cut beyond all */
	assert_int_equal(r.application[0].above, DEC_ONE);
	assert_int_equal(r.held, 0);
	r = calibrated(&cx, "application,reviewer,score\na,1,80\nb,1,80\na,2,80\n", SCORES_SHRUNK, 1, 2);      /* nothing varies at all */
	assert_int_equal(r.application[0].by[SCORES_SHRUNK], 80 * DEC_ONE);
	assert_int_equal(r.tied, 2);
	arena_free(cx.arena);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(files_refused), cmocka_unit_test(leanings), cmocka_unit_test(trimming), cmocka_unit_test(trim_and_ranks), cmocka_unit_test(without_matrix),
		cmocka_unit_test(ties_and_parts) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Property: the quick fits of the scores engine equal the slow ones by the book, on random small sheets: the shrunk effects and their errors
   those of generalised least squares with the whole covariance matrix; the estimated variances those of the greatest restricted likelihood;
   least squares leaves residuals that add up to nothing for every application and reviewer; alpha counted pair by pair.
   SEED in the environment replays a run; LEVEL=full tries many more. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#undef fail

#include "base/rng.h"
#include "base/time.h"
#include "base/val.h"
#include "engine/scores_inner.h"

static struct rng rng;
static int pick(int n) { return (int)rng_below(&rng, (uint64_t)n); }
static double bell(void) { double s = -6; for (int k = 0; k < 12; k++) s += (double)pick(1 << 20) / (1 << 20); return s; }

enum { N = 40, SIDE = 10 };

struct sample { int application[N], reviewer[N]; double score[N]; struct sheets s; };

static void draw(struct arena *a, struct sample *x)
{
	int applications = 2 + pick(SIDE - 2), reviewers = 2 + pick(5), wanted = 6 + pick(N - 6);
	double va = pick(4), vr = pick(3), effect_a[SIDE], effect_r[SIDE];
	bool met[SIDE][SIDE] = { { false } };
	for (int i = 0; i < SIDE; i++) effect_a[i] = va * bell(), effect_r[i] = vr * bell();
	x->s = (struct sheets){ .applications = applications, .reviewers = reviewers, .application = x->application, .reviewer = x->reviewer, .score = x->score };
	for (int k = 0; k < wanted; k++) {
		int i = pick(applications), j = pick(reviewers);
		if (met[i][j]) continue;
		met[i][j] = true;
		x->application[x->s.n] = i;
		x->reviewer[x->s.n] = j;
		x->score[x->s.n++] = 70 + effect_a[i] + effect_r[j] + bell();
	}
	sheets_index(a, &x->s);
}

/* In place; returns the logarithm of the determinant. */
static double invert(double m[N][N], int n)
{
	double inverse[N][N] = { { 0 } }, log_det = 0;
	for (int i = 0; i < n; i++) inverse[i][i] = 1;
	for (int c = 0; c < n; c++) {
		int best = c;
		for (int r = c; r < n; r++)
			if (fabs(m[r][c]) > fabs(m[best][c])) best = r;
		for (int k = 0; k < n; k++) {
			double t = m[c][k]; m[c][k] = m[best][k]; m[best][k] = t;
			t = inverse[c][k]; inverse[c][k] = inverse[best][k]; inverse[best][k] = t;
		}
		double pivot = m[c][c];
		log_det += log(fabs(pivot));
		for (int k = 0; k < n; k++) m[c][k] /= pivot, inverse[c][k] /= pivot;
		for (int r = 0; r < n; r++) {
			double f = m[r][c];
			if (r == c || f == 0) continue;
			for (int k = 0; k < n; k++) m[r][k] -= f * m[c][k], inverse[r][k] -= f * inverse[c][k];
		}
	}
	memcpy(m, inverse, sizeof inverse);
	return log_det;
}

struct slow { double v[N][N], ones, mean, log_likelihood; };

static void by_the_book(const struct sheets *s, double va, double vr, double ve, struct slow *out)
{
	double quadratic = 0, sum = 0;
	for (int k = 0; k < s->n; k++)
		for (int l = 0; l < s->n; l++)
			out->v[k][l] = (s->application[k] == s->application[l] ? va : 0) + (s->reviewer[k] == s->reviewer[l] ? vr : 0) + (k == l ? ve : 0);
	double log_det = invert(out->v, s->n);
	out->ones = 0;
	for (int k = 0; k < s->n; k++)
		for (int l = 0; l < s->n; l++) out->ones += out->v[k][l], sum += out->v[k][l] * s->score[l];
	out->mean = sum / out->ones;
	for (int k = 0; k < s->n; k++)
		for (int l = 0; l < s->n; l++) quadratic += (s->score[k] - out->mean) * out->v[k][l] * (s->score[l] - out->mean);
	out->log_likelihood = -0.5 * (log_det + log(out->ones) + quadratic);
}

#define NEAR(a, b, tolerance) assert_true(fabs((a) - (b)) <= (tolerance) * (1 + fabs(b)))

static void same_effects(const struct sheets *s, const struct fit *f, const struct slow *slow)
{
	NEAR(f->mean, slow->mean, 1e-6);
	for (int i = 0; i < s->applications; i++) {
		double effect = 0, c[N] = { 0 }, own = f->var_a, border = 1;
		for (int k = 0; k < s->n; k++) {
			if (s->application[k] != i) continue;
			for (int l = 0; l < s->n; l++) c[l] += f->var_a * slow->v[k][l];
		}
		for (int l = 0; l < s->n; l++) {
			effect += c[l] * (s->score[l] - slow->mean);
			border -= c[l];
			if (s->application[l] == i) own -= c[l] * f->var_a;
		}
		NEAR(f->a[i], effect, 1e-5);
		NEAR(f->a_sd[i] * f->a_sd[i], own + border * border / slow->ones, 1e-5);
	}
	for (int j = 0; j < s->reviewers; j++) {
		double effect = 0;
		for (int k = 0; k < s->n; k++)
			for (int l = 0; l < s->n && s->reviewer[k] == j; l++) effect += f->var_r * slow->v[k][l] * (s->score[l] - slow->mean);
		NEAR(f->r[j], effect, 1e-5);
	}
}

static void greatest_likelihood(const struct sheets *s, const struct fit *f)
{
	static struct slow here, there;
	double total = f->var_a + f->var_r + f->var_e;
	by_the_book(s, f->var_a, f->var_r, f->var_e, &here);
	for (int k = 0; k < 6; k++) {
		double step = (k & 1 ? 0.03 : -0.03) * total, v[3] = { f->var_a, f->var_r, f->var_e };
		v[k / 2] = fmax(v[k / 2] + step, 1e-9);
		if (v[2] < 1e-3 * total) continue;
		by_the_book(s, v[0], v[1], v[2], &there);
		if (there.log_likelihood > here.log_likelihood + 1e-4)
			print_error("variances %g %g %g: %.9f, but %g %g %g: %.9f\n", f->var_a, f->var_r, f->var_e, here.log_likelihood, v[0], v[1], v[2], there.log_likelihood);
		assert_true(there.log_likelihood <= here.log_likelihood + 1e-4);
	}
}

static void no_residue(const struct sheets *s, const struct fit *f)
{
	double a[SIDE] = { 0 }, r[SIDE] = { 0 }, part[SIDE] = { 0 };
	for (int k = 0; k < s->n; k++) {
		double left = s->score[k] - f->mean - f->a[s->application[k]] - f->r[s->reviewer[k]];
		a[s->application[k]] += left;
		r[s->reviewer[k]] += left;
	}
	for (int i = 0; i < s->applications; i++) assert_true(fabs(a[i]) < 1e-4);
	for (int j = 0; j < s->reviewers; j++) {
		assert_true(fabs(r[j]) < 1e-4);
		if (s->r_part[j] >= 0) part[s->r_part[j]] += f->r[j];
	}
	for (int p = 0; p < s->parts; p++) assert_true(fabs(part[p]) < 1e-6);
}

static double alpha_by_pairs(const struct sheets *s)
{
	double within = 0, among = 0;
	int n = 0, of[SIDE] = { 0 };
	for (int k = 0; k < s->n; k++) of[s->application[k]]++;
	for (int k = 0; k < s->n; k++) {
		if (of[s->application[k]] < 2) continue;
		n++;
		for (int l = 0; l < s->n; l++) {
			double d = (s->score[k] - s->score[l]) * (s->score[k] - s->score[l]);
			if (of[s->application[l]] < 2) continue;
			among += d;
			if (s->application[k] == s->application[l]) within += d / (of[s->application[k]] - 1);
		}
	}
	return n < 2 ? NAN : 1 - within / n / (among / ((double)n * (n - 1)));
}

static void alpha_alike(struct cx *cx, const struct sheets *s)
{
	struct scores scores = { .application = { .arena = cx->arena }, .reviewer = { .arena = cx->arena }, .n_sheet = s->n };
	struct scores_sheet sheet[N];
	struct scores_wish wish = { .method = SCORES_SHRUNK, .cut = 1 };
	struct scores_result r;
	for (int i = 0; i < s->applications; i++) names_put(&scores.application, str_fmt(cx->arena, "%d", i));
	for (int j = 0; j < s->reviewers; j++) names_put(&scores.reviewer, str_fmt(cx->arena, "%d", j));
	for (int k = 0; k < s->n; k++) sheet[k] = (struct scores_sheet){ s->application[k], s->reviewer[k], llround(s->score[k] * DEC_ONE) };
	scores.sheet = sheet;
	assert_int_equal(scores_calibrate(cx, &scores, &wish, &r), RC_OK);
	double slow = alpha_by_pairs(s);
	if (isnan(slow)) assert_true(r.alpha == INT64_MIN);
	else NEAR((double)r.alpha / DEC_ONE, slow, 1e-4);
	assert_int_equal(r.components, s->parts);
}

static void one_case(uint64_t seed)
{
	struct arena *a = arena_new((size_t)1 << 30);
	struct cx cx = { .arena = a };
	struct sample x;
	static struct slow slow;
	rng = rng_seed(seed);
	draw(a, &x);
	struct fit least = { 0 }, shrunk = { 0 };
	fit_least_squares(a, &x.s, SCORES_DENSE, &least);
	no_residue(&x.s, &least);
	fit_shrunk(a, &x.s, true, SCORES_DENSE, &shrunk);
	/* A noise of nothing has no matrix to compare with. */
	if (shrunk.var_e > 1e-3 * (shrunk.var_a + shrunk.var_r)) {
		by_the_book(&x.s, shrunk.var_a, shrunk.var_r, shrunk.var_e, &slow);
		same_effects(&x.s, &shrunk, &slow);
		if (shrunk.settled) greatest_likelihood(&x.s, &shrunk);
	}
	alpha_alike(&cx, &x.s);
	arena_free(a);
}

static void by_the_book_always(void **state)
{
	const char *given = getenv("SEED"), *level = getenv("LEVEL");
	bool full = level && strcmp(level, "full") == 0;
	uint64_t first = given ? strtoull(given, NULL, 10) : full ? (uint64_t)time_now_ms() : 1;
	for (int k = 0; k < (given ? 1 : full ? 100000 : 300); k++) {
		if (full && k % 20000 == 0) print_message("SEED %llu …\n", (unsigned long long)first + (unsigned)k);
		one_case(first + (uint64_t)k);
	}
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(by_the_book_always) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

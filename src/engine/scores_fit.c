/* Henderson's equations with the applications eliminated: what remains is one dense block of reviewers for each component, bordered by the
   mean. Everything is divided by the noise variance; `ka`, `kr` are noise ÷ application and noise ÷ reviewer variance. */
#include <math.h>
#include <string.h>

#include "engine/scores_inner.h"

void sheets_index(struct arena *a, struct sheets *s)
{
	s->a_start = ARENA_ARRAY(a, int, (size_t)s->applications + 2);
	s->r_start = ARENA_ARRAY(a, int, (size_t)s->reviewers + 2);
	s->a_of = ARENA_ARRAY(a, int, (size_t)s->n + 1);
	s->r_of = ARENA_ARRAY(a, int, (size_t)s->n + 1);
	s->a_part = ARENA_ARRAY(a, int, (size_t)s->applications + 1);
	s->r_part = ARENA_ARRAY(a, int, (size_t)s->reviewers + 1);
	for (int k = 0; k < s->n; k++) s->a_start[s->application[k] + 2]++, s->r_start[s->reviewer[k] + 2]++;
	for (int i = 0; i < s->applications; i++) s->a_start[i + 2] += s->a_start[i + 1];
	for (int j = 0; j < s->reviewers; j++) s->r_start[j + 2] += s->r_start[j + 1];
	for (int k = 0; k < s->n; k++) {
		s->a_of[s->a_start[s->application[k] + 1]++] = k;
		s->r_of[s->r_start[s->reviewer[k] + 1]++] = k;
	}
	int *queue = ARENA_ARRAY(a, int, (size_t)s->applications + 1);
	for (int i = 0; i < s->applications; i++) s->a_part[i] = -1;
	for (int j = 0; j < s->reviewers; j++) s->r_part[j] = -1;
	for (int i = 0; i < s->applications; i++) {
		if (s->a_part[i] >= 0 || s->a_start[i] == s->a_start[i + 1]) continue;
		int head = 0, tail = 0;
		s->a_part[i] = s->parts;
		for (queue[tail++] = i; head < tail; head++)
			for (int k = s->a_start[queue[head]]; k < s->a_start[queue[head] + 1]; k++) {
				int j = s->reviewer[s->a_of[k]];
				if (s->r_part[j] >= 0) continue;
				s->r_part[j] = s->parts;
				for (int l = s->r_start[j]; l < s->r_start[j + 1]; l++) {
					int other = s->application[s->r_of[l]];
					if (s->a_part[other] >= 0) continue;
					s->a_part[other] = s->parts;
					queue[tail++] = other;
				}
			}
		s->parts++;
	}
}

static struct work *work_new(const struct sheets *s, int dense)
{
	struct arena *a = arena_new((size_t)6 << 30);
	struct work *w = ARENA_NEW(a, struct work);
	*w = (struct work){ .s = s, .arena = a, .block = ARENA_ARRAY(a, struct block, (size_t)s->parts + 1), .place = ARENA_ARRAY(a, int, (size_t)s->reviewers + 1),
		.sum_a = ARENA_ARRAY(a, double, (size_t)s->applications + 1), .d = ARENA_ARRAY(a, double, (size_t)s->applications + 1) };
	for (int j = 0; j < s->reviewers; j++)
		if (s->r_part[j] >= 0) w->place[j] = w->block[s->r_part[j]].n++;
	for (int p = 0; p < s->parts; p++) w->most = w->block[p].n > w->most ? w->block[p].n : w->most;
	if (w->most > dense) w->sparse = sparse_new(a, s);
	for (int p = 0; p < s->parts && !w->sparse; p++) {
		size_t n = (size_t)w->block[p].n;
		w->block[p].who = ARENA_ARRAY(a, int, n);
		w->block[p].m = ARENA_ARRAY(a, double, n * n);
		w->block[p].h = ARENA_ARRAY(a, double, n);
		w->block[p].u = ARENA_ARRAY(a, double, n);
		w->block[p].right = ARENA_ARRAY(a, double, n);
		w->block[p].work = ARENA_ARRAY(a, double, n);
	}
	for (int j = 0; j < s->reviewers && !w->sparse; j++)
		if (s->r_part[j] >= 0) w->block[s->r_part[j]].who[w->place[j]] = j;
	for (int k = 0; k < s->n; k++) w->sum_a[s->application[k]] += s->score[k];
	return w;
}

static void build(struct work *w)
{
	const struct sheets *s = w->s;
	w->corner = s->n;
	for (int p = 0; p < s->parts; p++) {
		struct block *b = &w->block[p];
		memset(b->m, 0, sizeof *b->m * (size_t)b->n * (size_t)b->n);
		for (int x = 0; x < b->n; x++) {
			int j = b->who[x], sheets = s->r_start[j + 1] - s->r_start[j];
			b->m[(size_t)x * (size_t)b->n + (size_t)x] = sheets + w->kr;
			b->h[x] = sheets;
			b->right[x] = 0;
			for (int k = s->r_start[j]; k < s->r_start[j + 1]; k++) b->right[x] += s->score[s->r_of[k]];
		}
	}
	for (int i = 0; i < s->applications; i++) {
		int from = s->a_start[i], to = s->a_start[i + 1], n = to - from;
		if (!n) continue;
		struct block *b = &w->block[s->a_part[i]];
		w->d[i] = n + w->ka;
		w->corner -= (double)n * n / w->d[i];
		for (int k = from; k < to; k++) {
			int x = w->place[s->reviewer[s->a_of[k]]];
			b->h[x] -= n / w->d[i];
			b->right[x] -= w->sum_a[i] / w->d[i];
			for (int l = from; l < to; l++) b->m[(size_t)x * (size_t)b->n + (size_t)w->place[s->reviewer[s->a_of[l]]]] -= 1 / w->d[i];
		}
	}
}

/* In place: the inverse of a symmetric positive definite matrix, by its Cholesky factor. */
static void invert(double *m, int size)
{
	size_t n = (size_t)size;
	for (size_t j = 0; j < n; j++) {
		for (size_t i = j; i < n; i++) {
			double sum = m[i * n + j];
			for (size_t k = 0; k < j; k++) sum -= m[i * n + k] * m[j * n + k];
			m[i * n + j] = i == j ? sqrt(sum > 1e-12 ? sum : 1e-12) : sum / m[j * n + j];
		}
	}
	for (size_t j = 0; j < n; j++) {        /* the factor's inverse, column by column, kept in the upper half: m[j][i] = inv[i][j] */
		double *out = &m[j * n];
		double own = 1 / m[j * n + j];
		for (size_t i = j + 1; i < n; i++) {
			double sum = -m[i * n + j] * own;
			for (size_t k = j + 1; k < i; k++) sum -= m[i * n + k] * out[k];
			out[i] = sum / m[i * n + i];
		}
	}
	for (size_t j = 0; j < n; j++) m[j * n + j] = 1 / m[j * n + j];
	for (size_t j = 0; j < n; j++)          /* inverse = transposed(inv) × inv */
		for (size_t i = 0; i <= j; i++) {
			double sum = 0;
			for (size_t k = j; k < n; k++) sum += m[i * n + k] * m[j * n + k];
			m[i * n + j] = sum;
		}
	for (size_t j = 0; j < n; j++)
		for (size_t i = 0; i < j; i++) m[j * n + i] = m[i * n + j];
}

static void times(const struct block *b, const double *x, double *out)
{
	for (int i = 0; i < b->n; i++) {
		out[i] = 0;
		for (int k = 0; k < b->n; k++) out[i] += b->m[(size_t)i * (size_t)b->n + (size_t)k] * x[k];
	}
}

/* Solve for the mean and the effects; the blocks then hold inverses. `mean`: whether there is one of its own. */
static void solve(struct work *w, struct fit *f, bool mean)
{
	const struct sheets *s = w->s;
	double top = 0, bottom = w->corner;
	for (int i = 0; i < s->applications; i++) {
		int n = s->a_start[i + 1] - s->a_start[i];
		if (n) top += w->sum_a[i] - n * w->sum_a[i] / w->d[i];
	}
	for (int p = 0; p < s->parts; p++) {
		struct block *b = &w->block[p];
		double *v = b->work;
		invert(b->m, b->n);
		times(b, b->h, b->u);
		times(b, b->right, v);
		memcpy(b->right, v, sizeof *v * (size_t)b->n);
		for (int x = 0; x < b->n; x++) top -= b->h[x] * v[x], bottom -= b->h[x] * b->u[x];
	}
	w->c = mean ? 1 / bottom : 0;
	f->mean = mean ? top * w->c : 0;
	for (int p = 0; p < s->parts; p++)
		for (int x = 0; x < w->block[p].n; x++) f->r[w->block[p].who[x]] = w->block[p].right[x] - f->mean * w->block[p].u[x];
	for (int i = 0; i < s->applications; i++) {
		double left = w->sum_a[i] - (s->a_start[i + 1] - s->a_start[i]) * f->mean;
		for (int k = s->a_start[i]; k < s->a_start[i + 1]; k++) left -= f->r[s->reviewer[s->a_of[k]]];
		f->a[i] = s->a_start[i] == s->a_start[i + 1] ? 0 : left / w->d[i];
	}
}

/* Prediction error variances ÷ noise: of an application's effect alone, and of mean + effect. */
static double own_variance(const struct work *w, int i, double *with_mean)
{
	const struct sheets *s = w->s;
	int from = s->a_start[i], to = s->a_start[i + 1], n = to - from;
	const struct block *b = &w->block[s->a_part[i]];
	double pairs = 0, border = 0;
	for (int k = from; k < to; k++) {
		int x = w->place[s->reviewer[s->a_of[k]]];
		border += b->u[x];
		for (int l = from; l < to; l++) pairs += b->m[(size_t)x * (size_t)b->n + (size_t)w->place[s->reviewer[s->a_of[l]]]];
	}
	double inner = w->c * (n - border) * (n - border) + pairs, d = w->d[i];
	double own = 1 / d + inner / (d * d);
	*with_mean = own + w->c - 2 * w->c * (n - border) / d;
	return own;
}

/* One round of expectation-maximisation; returns the largest relative change. */
static double improve(struct work *w, struct fit *f)
{
	const struct sheets *s = w->s;
	double a = 0, r = 0, e = 0, ignored, floor_e = 1e-9;
	int na = 0, nr = 0;
	for (int i = 0; i < s->applications; i++) {
		if (s->a_part[i] < 0) continue;
		a += f->a[i] * f->a[i] + (w->sparse ? 0 : f->var_e * own_variance(w, i, &ignored));
		na++;
	}
	for (int j = 0; j < s->reviewers && w->sparse; j++) {
		if (s->r_part[j] < 0) continue;
		r += f->r[j] * f->r[j];
		nr++;
	}
	if (w->sparse) a += f->var_e * w->sparse->trace_a, r += f->var_e * w->sparse->trace_r;
	for (int p = 0; p < s->parts && !w->sparse; p++)
		for (int x = 0; x < w->block[p].n; x++, nr++) {
			const struct block *b = &w->block[p];
			double own = b->m[(size_t)x * (size_t)b->n + (size_t)x] + w->c * b->u[x] * b->u[x];
			r += f->r[b->who[x]] * f->r[b->who[x]] + f->var_e * own;
		}
	for (int k = 0; k < s->n; k++) e += s->score[k] * (s->score[k] - f->mean - f->a[s->application[k]] - f->r[s->reviewer[k]]);
	double was_a = f->var_a, was_r = f->var_r, was_e = f->var_e;
	f->var_a = fmax(a / na, floor_e);
	f->var_r = fmax(r / nr, floor_e);
	f->var_e = fmax(e / (s->n > 1 ? s->n - 1 : 1), floor_e);
	double total = f->var_a + f->var_r + f->var_e;
	return fmax(fmax(fabs(f->var_a - was_a), fabs(f->var_r - was_r)), fabs(f->var_e - was_e)) / total;
}

static void fit_new(struct arena *a, const struct sheets *s, struct fit *f)
{
	f->a = ARENA_ARRAY(a, double, (size_t)s->applications + 1);
	f->r = ARENA_ARRAY(a, double, (size_t)s->reviewers + 1);
	f->a_sd = ARENA_ARRAY(a, double, (size_t)s->applications + 1);
	f->r_sd = ARENA_ARRAY(a, double, (size_t)s->reviewers + 1);
}

static void errors(struct work *w, struct fit *f)
{
	const struct sheets *s = w->s;
	if (w->sparse) {
		sparse_errors(w->sparse, s, f);
		return;
	}
	for (int i = 0; i < s->applications; i++) {
		double with_mean = f->var_a / f->var_e + w->c;
		if (s->a_part[i] >= 0) own_variance(w, i, &with_mean);
		f->a_sd[i] = sqrt(f->var_e * with_mean);
	}
	for (int j = 0; j < s->reviewers; j++) {
		const struct block *b = s->r_part[j] >= 0 ? &w->block[s->r_part[j]] : NULL;
		size_t x = (size_t)w->place[j];
		f->r_sd[j] = b ? sqrt(f->var_e * (b->m[x * (size_t)b->n + x] + w->c * b->u[x] * b->u[x])) : sqrt(f->var_r);
	}
}

static void equations(struct work *w, struct fit *f)
{
	const struct sheets *s = w->s;
	w->ka = f->var_e / f->var_a;
	w->kr = f->var_e / f->var_r;
	if (w->sparse) {
		sparse_solve(w->sparse, s, w->ka, w->kr, true, f);
		return;
	}
	build(w);
	solve(w, f, true);
}

static void logs(const struct fit *f, double t[3])
{
	t[0] = log(f->var_a);
	t[1] = log(f->var_r);
	t[2] = log(f->var_e);
}

/* Plain rounds creep where a variance is nearly 0. Two of them tell where they lead: go there at once (Varadhan and Roland 2008). */
static void leap(struct fit *f, const double t0[3], const double t1[3])
{
	double t2[3], r = 0, v = 0;
	logs(f, t2);
	for (int k = 0; k < 3; k++) {
		r += (t1[k] - t0[k]) * (t1[k] - t0[k]);
		v += (t2[k] - 2 * t1[k] + t0[k]) * (t2[k] - 2 * t1[k] + t0[k]);
	}
	double step = v > 0 ? -sqrt(r / v) : -1;
	if (step > -1) return;
	double *var[3] = { &f->var_a, &f->var_r, &f->var_e };
	for (int k = 0; k < 3; k++) {
		double to = t0[k] - 2 * step * (t1[k] - t0[k]) + step * step * (t2[k] - 2 * t1[k] + t0[k]);
		*var[k] = fmax(exp(fmin(fmax(to, t2[k] - 3), t2[k] + 3)), 1e-9);
	}
}

/* On its way to 0 a variance never arrives. Put it next to 0: when it shrinks from there too, none is the answer. */
static void try_none(struct work *w, struct fit *f, double *var)
{
	struct fit was = *f;
	double total = f->var_a + f->var_r + f->var_e, tiny = 1e-7 * total;
	if (*var > 0.05 * total || *var <= tiny) return;
	*var = tiny;
	for (int k = 0; k < 4; k++) {           /* the others settle beside it first */
		equations(w, f);
		improve(w, f);
		if (k < 3) *var = tiny;
	}
	if (*var < tiny) return;
	f->var_a = was.var_a;
	f->var_r = was.var_r;
	f->var_e = was.var_e;
}

static void estimate_variances(struct work *w, struct fit *f)
{
	enum { ROUNDS_MAX = 600, ROUNDS_LEAST = 12, ROUNDS_SPARSE = 90 };
	double cubes = 1, t0[3], t1[3];
	for (int p = 0; p < w->s->parts && !w->sparse; p++) cubes += (double)w->block[p].n * w->block[p].n * w->block[p].n;
	int rounds = w->sparse ? ROUNDS_SPARSE : cubes * ROUNDS_MAX > 4e10 ? (int)fmax(4e10 / cubes, ROUNDS_LEAST) : ROUNDS_MAX;
	double rest = w->sparse ? 1e-5 : 1e-8;
	for (; !f->settled && f->rounds < rounds; f->rounds++) {
		if (f->rounds % 3 == 0) logs(f, t0);
		if (f->rounds % 3 == 1) logs(f, t1);
		equations(w, f);
		f->settled = improve(w, f) < rest;
		if (f->rounds % 3 == 1 && !f->settled) leap(f, t0, t1);
		if (f->rounds % 6 == 5 && !f->settled) try_none(w, f, &f->var_r);
		if (f->rounds % 6 == 2 && !f->settled) try_none(w, f, &f->var_a);
	}
}

void fit_shrunk(struct arena *a, const struct sheets *s, bool estimate, int dense, struct fit *f)
{
	struct work *w = work_new(s, dense);
	double mean = 0, square = 0;
	for (int k = 0; k < s->n; k++) mean += s->score[k] / s->n;
	/* Scores are looked at from their mean: sums of squares of large numbers would lose digits. */
	struct sheets centred = *s;
	double *score = ARENA_ARRAY(w->arena, double, (size_t)s->n + 1);
	for (int k = 0; k < s->n; k++) score[k] = s->score[k] - mean, square += score[k] * score[k];
	centred.score = score;
	for (int i = 0; i < s->applications; i++) w->sum_a[i] -= mean * (s->a_start[i + 1] - s->a_start[i]);
	w->s = &centred;
	fit_new(a, s, f);
	if (!(f->var_e > 0)) f->var_a = f->var_r = f->var_e = fmax(square / s->n / 3, 1e-9);
	if (estimate) estimate_variances(w, f);
	equations(w, f);
	errors(w, f);
	f->settled |= !estimate;
	f->mean += mean;
	arena_free(w->arena);
}

void fit_least_squares(struct arena *a, const struct sheets *s, int dense, struct fit *f)
{
	struct work *w = work_new(s, dense);
	fit_new(a, s, f);
	w->ka = 0;
	w->kr = 1e-8;           /* one direction for each component is free: it is put right below */
	if (w->sparse) {
		sparse_solve(w->sparse, s, w->ka, w->kr, false, f);
	} else {
		build(w);
		solve(w, f, false);
	}
	double *shift = ARENA_ARRAY(w->arena, double, (size_t)s->parts + 1);
	for (int j = 0; j < s->reviewers; j++)
		if (s->r_part[j] >= 0) shift[s->r_part[j]] += f->r[j] / w->block[s->r_part[j]].n;
	for (int j = 0; j < s->reviewers; j++)
		if (s->r_part[j] >= 0) f->r[j] -= shift[s->r_part[j]];
	for (int i = 0; i < s->applications; i++)
		if (s->a_part[i] >= 0) f->a[i] += shift[s->a_part[i]];
	f->settled = true;
	arena_free(w->arena);
}

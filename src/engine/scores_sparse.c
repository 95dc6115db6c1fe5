#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "engine/scores_inner.h"

enum { STEPS_MAX = 400, PROBES_LEAST = 8, PROBES_MOST = 40, PROBED = 6000 };

struct sparse *sparse_new(struct arena *a, const struct sheets *s)
{
	size_t n = (size_t)s->reviewers + 1, m = (size_t)s->applications + 1;
	struct sparse *x = ARENA_NEW(a, struct sparse);
	struct rng rng = rng_seed(20260101);
	x->probes = PROBED / s->reviewers < PROBES_LEAST ? PROBES_LEAST : PROBED / s->reviewers > PROBES_MOST ? PROBES_MOST : PROBED / s->reviewers;
	double **by_reviewer[] = { &x->diag, &x->h, &x->u, &x->right, &x->v, &x->p, &x->q, &x->rest }, **by_application[] = { &x->group, &x->d, &x->sum };
	for (size_t i = 0; i < sizeof by_reviewer / sizeof *by_reviewer; i++) *by_reviewer[i] = ARENA_ARRAY(a, double, n);
	for (size_t i = 0; i < sizeof by_application / sizeof *by_application; i++) *by_application[i] = ARENA_ARRAY(a, double, m);
	x->z = ARENA_ARRAY(a, double, n * (size_t)x->probes);
	x->sign = ARENA_ARRAY(a, signed char, n * (size_t)x->probes);
	for (size_t i = 0; i < n * (size_t)x->probes; i++) x->sign[i] = rng_below(&rng, 2) ? 1 : -1;
	return x;
}

/* group[i]: the sum of `in` over the reviewers of application i. */
static void gather(const struct sheets *s, const double *in, double *group)
{
	memset(group, 0, sizeof *group * (size_t)s->applications);
	for (int k = 0; k < s->n; k++) group[s->application[k]] += in[s->reviewer[k]];
}

static void times(struct sparse *x, const struct sheets *s, const double *in, double *out)
{
	gather(s, in, x->group);
	for (int i = 0; i < s->applications; i++) x->group[i] = x->d[i] > 0 ? x->group[i] / x->d[i] : 0;
	for (int j = 0; j < s->reviewers; j++) out[j] = (s->r_start[j + 1] - s->r_start[j] + x->kr) * in[j];
	for (int k = 0; k < s->n; k++) out[s->reviewer[k]] -= x->group[s->application[k]];
}

static double dot(const double *a, const double *b, int n)
{
	double sum = 0;
	for (int j = 0; j < n; j++) sum += a[j] * b[j];
	return sum;
}

/* Conjugate gradients with the diagonal in front, from what `out` holds. */
static void solve(struct sparse *x, const struct sheets *s, const double *right, double precise, double *out)
{
	int n = s->reviewers;
	double size = sqrt(dot(right, right, n)), rho = 0;
	times(x, s, out, x->q);
	for (int j = 0; j < n; j++) x->rest[j] = right[j] - x->q[j], x->p[j] = 0;
	for (int step = 0; step < STEPS_MAX; step++) {
		double rho_new = 0, left = 0;
		for (int j = 0; j < n; j++) left += x->rest[j] * x->rest[j], rho_new += x->rest[j] * x->rest[j] / x->diag[j];
		if (sqrt(left) <= precise * size || rho_new <= 0) return;
		double beta = step ? rho_new / rho : 0;
		for (int j = 0; j < n; j++) x->p[j] = x->rest[j] / x->diag[j] + beta * x->p[j];
		times(x, s, x->p, x->q);
		double curve = dot(x->p, x->q, n);
		if (!(curve > 0)) return;
		for (int j = 0; j < n; j++) out[j] += rho_new / curve * x->p[j], x->rest[j] -= rho_new / curve * x->q[j];
		rho = rho_new;
	}
}

static void build(struct sparse *x, const struct sheets *s, double ka, double kr)
{
	x->kr = kr;
	memset(x->sum, 0, sizeof *x->sum * (size_t)s->applications);
	for (int k = 0; k < s->n; k++) x->sum[s->application[k]] += s->score[k];
	for (int i = 0; i < s->applications; i++) {
		int n = s->a_start[i + 1] - s->a_start[i];
		x->d[i] = n ? n + ka : 0;
	}
	for (int j = 0; j < s->reviewers; j++) {
		int n = s->r_start[j + 1] - s->r_start[j];
		x->diag[j] = n + kr;
		x->h[j] = n;
		x->right[j] = 0;
	}
	for (int k = 0; k < s->n; k++) {
		int i = s->application[k], j = s->reviewer[k];
		x->diag[j] -= 1 / x->d[i];
		x->h[j] -= (s->a_start[i + 1] - s->a_start[i]) / x->d[i];
		x->right[j] += s->score[k] - x->sum[i] / x->d[i];
	}
	for (int j = 0; j < s->reviewers; j++) x->diag[j] = fmax(x->diag[j], 1e-12);
}

/* Sums over all reviewers and all applications of what stands in the inverse's diagonal; and how they compare with the local guess. */
static void traces(struct sparse *x, const struct sheets *s)
{
	double r = 0, a = 0, local_r = 0, local_a = 0, extra_r = 0, extra_a = 0;
	double *sign = x->v;            /* free by now */
	double *in = x->sum;            /* too: solve() uses group alone */
	for (int k = 0; k < x->probes; k++) {
		double *z = x->z + (size_t)k * (size_t)s->reviewers;
		for (int j = 0; j < s->reviewers; j++) sign[j] = s->r_part[j] < 0 ? 0 : x->sign[(size_t)k * (size_t)s->reviewers + (size_t)j];
		solve(x, s, sign, 1e-5, z);
		r += dot(sign, z, s->reviewers) / x->probes;
		gather(s, sign, in);
		gather(s, z, x->group);
		for (int i = 0; i < s->applications; i++)
			if (x->d[i] > 0) a += in[i] * x->group[i] / (x->d[i] * x->d[i]) / x->probes;
	}
	for (int j = 0; j < s->reviewers; j++)
		if (s->r_part[j] >= 0) local_r += 1 / x->diag[j], extra_r += x->c * x->u[j] * x->u[j];
	gather(s, x->u, x->group);
	for (int k = 0; k < s->n; k++) local_a += 1 / x->diag[s->reviewer[k]] / (x->d[s->application[k]] * x->d[s->application[k]]);
	for (int i = 0; i < s->applications; i++) {
		double n = s->a_start[i + 1] - s->a_start[i], left = n - x->group[i];
		if (x->d[i] > 0) extra_a += 1 / x->d[i] + x->c * left * left / (x->d[i] * x->d[i]);
	}
	x->scale_r = local_r > 0 ? r / local_r : 1;
	x->scale_a = local_a > 0 ? a / local_a : 1;
	x->trace_r = r + extra_r;
	x->trace_a = a + extra_a;
}

void sparse_solve(struct sparse *x, const struct sheets *s, double ka, double kr, bool mean, struct fit *f)
{
	double top = 0, bottom = s->n;
	build(x, s, ka, kr);
	for (int i = 0; i < s->applications; i++) {
		double n = s->a_start[i + 1] - s->a_start[i];
		if (x->d[i] > 0) top += x->sum[i] - n * x->sum[i] / x->d[i], bottom -= n * n / x->d[i];
	}
	memset(x->v, 0, sizeof *x->v * (size_t)s->reviewers);
	solve(x, s, x->right, 1e-10, x->v);
	x->c = 0;
	f->mean = 0;
	if (mean) {
		solve(x, s, x->h, 1e-10, x->u);
		x->c = 1 / (bottom - dot(x->h, x->u, s->reviewers));
		f->mean = (top - dot(x->h, x->v, s->reviewers)) * x->c;
	}
	for (int j = 0; j < s->reviewers; j++) f->r[j] = s->r_part[j] < 0 ? 0 : x->v[j] - (mean ? f->mean * x->u[j] : 0);
	gather(s, f->r, x->group);
	for (int i = 0; i < s->applications; i++)
		f->a[i] = x->d[i] > 0 ? (x->sum[i] - (s->a_start[i + 1] - s->a_start[i]) * f->mean - x->group[i]) / x->d[i] : 0;
	if (mean) traces(x, s);
}

void sparse_errors(const struct sparse *x, const struct sheets *s, struct fit *f)
{
	for (int i = 0; i < s->applications; i++) {
		double n = s->a_start[i + 1] - s->a_start[i], border = 0, pairs = 0, d = x->d[i];
		double with_mean = f->var_a / f->var_e + x->c;
		for (int k = s->a_start[i]; k < s->a_start[i + 1]; k++) {
			int j = s->reviewer[s->a_of[k]];
			border += x->u[j];
			pairs += x->scale_a / x->diag[j];
		}
		if (d > 0) with_mean = 1 / d + (x->c * (n - border) * (n - border) + pairs) / (d * d) + x->c - 2 * x->c * (n - border) / d;
		f->a_sd[i] = sqrt(f->var_e * with_mean);
	}
	for (int j = 0; j < s->reviewers; j++)
		f->r_sd[j] = s->r_part[j] < 0 ? sqrt(f->var_r) : sqrt(f->var_e * (x->scale_r / x->diag[j] + x->c * x->u[j] * x->u[j]));
}

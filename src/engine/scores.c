#include "engine/scores.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/val.h"
#include "engine/scores_inner.h"

static const char *const method_names[SCORES_METHODS] = { "mean", "trimmed", "z", "least-squares", "shrunk" };

const char *scores_method_name(enum scores_method m) { return method_names[m]; }

bool scores_method_of(const char *name, enum scores_method *m)
{
	for (int k = 0; k < SCORES_METHODS; k++) {
		if (strcmp(name, method_names[k]) != 0) continue;
		*m = (enum scores_method)k;
		return true;
	}
	return false;
}

static int64_t micro(double v)
{
	double x = v * DEC_ONE;
	return x > 9e18 ? INT64_C(9000000000000000000) : x < -9e18 ? -INT64_C(9000000000000000000) : (int64_t)llround(x);
}

/* ---- the plain methods ---- */

struct plain {
	double mean, sd;                /* of all sheets */
	double *r_mean, *r_sd;          /* by reviewer; of all sheets where there are too few */
	double *a_mean, *a_trimmed, *a_z;       /* by application; a_z in units of sd, 0 when it has no sheet */
	double *a_sd;                   /* of its own sheets */
};

static void spread_of(const double *v, int n, double *mean, double *sd)
{
	double m = 0, q = 0;
	for (int k = 0; k < n; k++) m += v[k] / n;
	for (int k = 0; k < n; k++) q += (v[k] - m) * (v[k] - m);
	*mean = m;
	*sd = n > 1 ? sqrt(q / (n - 1)) : 0;
}

static double trimmed(const double *v, int n, int from)
{
	double sum = 0, low = INFINITY, high = -INFINITY;
	for (int k = 0; k < n; k++) {
		sum += v[k];
		low = fmin(low, v[k]);
		high = fmax(high, v[k]);
	}
	return n < from ? sum / n : (sum - low - high) / (n - 2);
}

static void plain_fit(struct arena *a, const struct sheets *s, int trim, struct plain *p)
{
	enum { FEW = 3 };
	double *v = ARENA_ARRAY(a, double, (size_t)s->n + 1);
	p->r_mean = ARENA_ARRAY(a, double, (size_t)s->reviewers + 1);
	p->r_sd = ARENA_ARRAY(a, double, (size_t)s->reviewers + 1);
	p->a_mean = ARENA_ARRAY(a, double, (size_t)s->applications + 1);
	p->a_trimmed = ARENA_ARRAY(a, double, (size_t)s->applications + 1);
	p->a_z = ARENA_ARRAY(a, double, (size_t)s->applications + 1);
	p->a_sd = ARENA_ARRAY(a, double, (size_t)s->applications + 1);
	spread_of(s->score, s->n, &p->mean, &p->sd);
	for (int j = 0; j < s->reviewers; j++) {
		int n = s->r_start[j + 1] - s->r_start[j];
		for (int k = 0; k < n; k++) v[k] = s->score[s->r_of[s->r_start[j] + k]];
		spread_of(v, n, &p->r_mean[j], &p->r_sd[j]);
		if (!n) p->r_mean[j] = p->mean;
		if (n < FEW || p->r_sd[j] <= 0) p->r_sd[j] = p->sd;
	}
	for (int i = 0; i < s->applications; i++) {
		int n = s->a_start[i + 1] - s->a_start[i];
		double z = 0;
		for (int k = 0; k < n; k++) {
			int sheet = s->a_of[s->a_start[i] + k], j = s->reviewer[sheet];
			v[k] = s->score[sheet];
			if (p->r_sd[j] > 0) z += (v[k] - p->r_mean[j]) / p->r_sd[j] / n;
		}
		spread_of(v, n, &p->a_mean[i], &p->a_sd[i]);
		p->a_trimmed[i] = n ? trimmed(v, n, trim ? trim : 5) : p->mean;
		p->a_z[i] = z;
		if (!n) p->a_mean[i] = p->mean;
	}
}

/* Krippendorff's alpha on the interval scale: 1 - disagreement within applications ÷ disagreement among all. */
static int64_t alpha(const struct sheets *s)
{
	double within = 0, sum = 0, square = 0;
	int n = 0;
	for (int i = 0; i < s->applications; i++) {
		int m = s->a_start[i + 1] - s->a_start[i];
		double x = 0, q = 0, from = s->n ? s->score[0] : 0;
		if (m < 2) continue;
		for (int k = s->a_start[i]; k < s->a_start[i + 1]; k++) {
			double v = s->score[s->a_of[k]] - from;
			x += v;
			q += v * v;
		}
		within += 2 * (m * q - x * x) / (m - 1);
		sum += x;
		square += q;
		n += m;
	}
	double among = 2 * (n * square - sum * sum);
	if (n < 2) return INT64_MIN;
	return among <= 0 ? DEC_ONE : micro(1 - within / n / (among / ((double)n * (n - 1))));
}

static int dense_of(const struct scores_wish *w) { return w->dense ? w->dense : SCORES_DENSE; }

/* ---- holding out ---- */

static struct sheets sheets_of(struct arena *a, const struct scores *s, const int *fold, int without)
{
	int *application = ARENA_ARRAY(a, int, (size_t)s->n_sheet + 1), *reviewer = ARENA_ARRAY(a, int, (size_t)s->n_sheet + 1);
	double *score = ARENA_ARRAY(a, double, (size_t)s->n_sheet + 1);
	struct sheets out = { .applications = (int)s->application.list.n, .reviewers = (int)s->reviewer.list.n, .application = application, .reviewer = reviewer, .score = score };
	for (int k = 0; k < s->n_sheet; k++) {
		if (fold && fold[k] == without) continue;
		application[out.n] = s->sheet[k].application;
		reviewer[out.n] = s->sheet[k].reviewer;
		score[out.n++] = (double)s->sheet[k].score / DEC_ONE;
	}
	sheets_index(a, &out);
	return out;
}

static void predict(const struct sheets *s, const struct plain *p, const struct fit *least, const struct fit *shrunk, int i, int j, double out[SCORES_METHODS])
{
	bool known_a = s->a_part[i] >= 0, known_r = s->r_part[j] >= 0;
	out[SCORES_MEAN] = p->a_mean[i];
	out[SCORES_TRIMMED] = p->a_trimmed[i];
	out[SCORES_Z] = p->r_mean[j] + p->r_sd[j] * p->a_z[i];
	out[SCORES_LEAST_SQUARES] = !known_a ? p->r_mean[j] : least->a[i] + (known_r && s->r_part[j] == s->a_part[i] ? least->r[j] : 0);
	out[SCORES_SHRUNK] = shrunk->mean + shrunk->a[i] + shrunk->r[j];
}

static void hold_out(const struct scores *s, const struct scores_wish *w, const struct fit *whole, struct scores_result *out)
{
	struct arena *a = arena_new((size_t)4 << 30);
	struct rng rng = rng_seed(w->seed);
	int *order = ARENA_ARRAY(a, int, (size_t)s->n_sheet + 1), *fold = ARENA_ARRAY(a, int, (size_t)s->n_sheet + 1);
	int folds = w->folds < s->n_sheet ? w->folds : s->n_sheet;
	double square[SCORES_METHODS] = { 0 }, said[SCORES_METHODS];
	for (int k = 0; k < s->n_sheet; k++) {
		int at = (int)rng_below(&rng, (uint64_t)k + 1);
		order[k] = order[at];
		order[at] = k;
	}
	for (int k = 0; k < s->n_sheet; k++) fold[order[k]] = k % folds;
	for (int f = 0; f < folds && folds > 1; f++) {
		struct arena *scratch = arena_new((size_t)4 << 30);
		struct sheets part = sheets_of(scratch, s, fold, f);
		struct plain plain;
		struct fit least = { 0 }, shrunk = { .var_a = whole->var_a, .var_r = whole->var_r, .var_e = whole->var_e };
		plain_fit(scratch, &part, w->trim, &plain);
		fit_least_squares(scratch, &part, dense_of(w), &least);
		fit_shrunk(scratch, &part, true, dense_of(w), &shrunk);
		for (int k = 0; k < s->n_sheet; k++) {
			if (fold[k] != f) continue;
			predict(&part, &plain, &least, &shrunk, s->sheet[k].application, s->sheet[k].reviewer, said);
			for (int m = 0; m < SCORES_METHODS; m++) square[m] += pow((double)s->sheet[k].score / DEC_ONE - said[m], 2);
			out->held++;
		}
		arena_free(scratch);
	}
	for (int m = 0; m < SCORES_METHODS && out->held; m++) out->error[m] = micro(sqrt(square[m] / out->held));
	arena_free(a);
}

/* ---- order and cut ---- */

struct place { int64_t score; int application; };

static int by_score(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	return x->score != y->score ? (x->score < y->score ? 1 : -1) : (x->application > y->application) - (x->application < y->application);
}

static void order_by(struct place *place, const struct scores_result *out, int n, enum scores_method m)
{
	for (int i = 0; i < n; i++) place[i] = (struct place){ out->application[i].by[m], i };
	qsort(place, (size_t)n, sizeof *place, by_score);
}

/* Count for each application the methods that have it above the cut; on a tie across the cut none of the tied counts as decided. */
static void sides(struct arena *a, struct scores_result *out, int n, int cut)
{
	struct place *place = ARENA_ARRAY(a, struct place, (size_t)n + 1);
	int *above = ARENA_ARRAY(a, int, (size_t)n + 1), *below = ARENA_ARRAY(a, int, (size_t)n + 1);
	for (int m = 0; m < SCORES_METHODS; m++) {
		order_by(place, out, n, (enum scores_method)m);
		bool parted = cut < n && place[cut - 1].score == place[cut].score;
		for (int k = 0; k < n; k++) {
			if (parted && place[k].score == place[cut].score) continue;
			(k < cut ? above : below)[place[k].application]++;
		}
	}
	for (int i = 0; i < n; i++)
		out->application[i].side = above[i] == SCORES_METHODS ? SCORES_ABOVE_ALL : below[i] == SCORES_METHODS ? SCORES_BELOW_ALL : SCORES_DEPENDS;
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

/* How many of the sorted values are above `v` (or below it). */
static int count_beyond(const int64_t *sorted, int n, int64_t v, bool above)
{
	int low = 0, high = n;
	while (low < high) {
		int mid = low + (high - low) / 2;
		if (above ? sorted[mid] > v : sorted[mid] >= v) high = mid;
		else low = mid + 1;
	}
	return above ? n - low : low;
}

static void rank_bounds(struct arena *a, int n, struct scores_result *out)
{
	int64_t *low = ARENA_ARRAY(a, int64_t, (size_t)n + 1), *high = ARENA_ARRAY(a, int64_t, (size_t)n + 1);
	for (int i = 0; i < n; i++) low[i] = out->application[i].low, high[i] = out->application[i].high;
	qsort(low, (size_t)n, sizeof *low, by_value);
	qsort(high, (size_t)n, sizeof *high, by_value);
	for (int i = 0; i < n; i++) {
		struct scores_application *x = &out->application[i];
		x->best = 1 + count_beyond(low, n, x->high, true);
		x->worst = n - count_beyond(high, n, x->low, false);
	}
}

static void rank(struct arena *a, const struct scores_wish *w, int n, struct scores_result *out)
{
	struct place *place = ARENA_ARRAY(a, struct place, (size_t)n + 1);
	int cut = w->cut < n ? w->cut : n;
	order_by(place, out, n, w->method);
	for (int k = 0; k < n; k++) {
		bool same = k && place[k].score == place[k - 1].score;
		out->application[place[k].application].rank = same ? out->application[place[k - 1].application].rank : k + 1;
	}
	rank_bounds(a, n, out);
	for (int i = 0; i < n; i++) out->application[i].above = -1;
	if (cut < 1) return;
	int64_t last = place[cut - 1].score;
	out->line = cut < n ? last - (last - place[cut].score) / 2 : last;
	for (int k = 0; k < n && cut < n && place[cut].score == last; k++) out->tied += place[k].score == last;
	for (int i = 0; i < n; i++) {
		struct scores_application *x = &out->application[i];
		double away = (double)(x->by[SCORES_SHRUNK] - out->line);
		x->above = cut == n ? DEC_ONE : x->sd ? micro(0.5 * erfc(-away / (double)x->sd / sqrt(2))) : away >= 0 ? DEC_ONE : 0;
	}
	sides(a, out, n, cut);
}

/* ---- the whole ---- */

static void tell_application(struct scores_application *x, const struct sheets *s, const struct plain *p, const struct fit *least, const struct fit *shrunk, int i)
{
	double score = shrunk->mean + shrunk->a[i];
	x->by[SCORES_MEAN] = micro(p->a_mean[i]);
	x->by[SCORES_TRIMMED] = micro(p->a_trimmed[i]);
	x->by[SCORES_Z] = micro(p->mean + p->sd * p->a_z[i]);
	x->by[SCORES_LEAST_SQUARES] = micro(least->a[i]);
	x->by[SCORES_SHRUNK] = micro(score);
	x->sd = micro(shrunk->a_sd[i]);
	x->low = micro(score - 1.959964 * shrunk->a_sd[i]);
	x->high = micro(score + 1.959964 * shrunk->a_sd[i]);
	x->sheets = s->a_start[i + 1] - s->a_start[i];
	x->spread = x->sheets > 1 ? micro(p->a_sd[i]) : -1;
	x->component = s->a_part[i];
}

static void tell_reviewer(struct scores_reviewer *x, const struct sheets *s, const struct plain *p, const struct fit *shrunk, int j)
{
	double square = 0;
	x->sheets = s->r_start[j + 1] - s->r_start[j];
	for (int k = s->r_start[j]; k < s->r_start[j + 1]; k++) {
		int sheet = s->r_of[k];
		square += pow(s->score[sheet] - shrunk->mean - shrunk->a[s->application[sheet]] - shrunk->r[j], 2);
	}
	x->leaning = micro(shrunk->r[j]);
	x->leaning_sd = micro(shrunk->r_sd[j]);
	x->spread = micro(x->sheets ? sqrt(square / x->sheets) : 0);
	x->mean = micro(p->r_mean[j]);
	x->component = s->r_part[j];
}

enum rc scores_calibrate(struct cx *cx, const struct scores *s, const struct scores_wish *wish, struct scores_result *out)
{
	struct arena *a = cx->arena;
	int n = (int)s->application.list.n, reviewers = (int)s->reviewer.list.n;
	struct sheets all = sheets_of(a, s, NULL, 0);
	struct plain plain;
	struct fit least = { 0 }, shrunk = { 0 };
	struct scores_result made = { .application = ARENA_ARRAY(a, struct scores_application, (size_t)n + 1),
		.reviewer = ARENA_ARRAY(a, struct scores_reviewer, (size_t)reviewers + 1), .components = all.parts };
	if (wish->cut < 0 || wish->folds < 0) return fail(cx, RC_INVALID, "scores.wish", NOWHERE, "线与折数不能为负", "the cut and the folds cannot be negative");
	plain_fit(a, &all, wish->trim, &plain);
	fit_least_squares(a, &all, dense_of(wish), &least);
	fit_shrunk(a, &all, true, dense_of(wish), &shrunk);
	for (int i = 0; i < n; i++) tell_application(&made.application[i], &all, &plain, &least, &shrunk, i);
	for (int j = 0; j < reviewers; j++) tell_reviewer(&made.reviewer[j], &all, &plain, &shrunk, j);
	made.mean = micro(shrunk.mean);
	made.var_application = micro(shrunk.var_a);
	made.var_reviewer = micro(shrunk.var_r);
	made.var_noise = micro(shrunk.var_e);
	made.sd_noise = micro(sqrt(shrunk.var_e));
	made.alpha = alpha(&all);
	made.rounds = shrunk.rounds;
	made.settled = shrunk.settled;
	for (int m = 0; m < SCORES_METHODS; m++) made.error[m] = -1;
	rank(a, wish, n, &made);
	if (wish->folds) hold_out(s, wish, &shrunk, &made);
	*out = made;
	return RC_OK;
}

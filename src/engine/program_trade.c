/* Better selections by exchange: take a few undecided columns out, put others in, keep what the rows allow and what is not much worse. */
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "engine/program_inner.h"

struct trade {
	const struct program *p;
	const int *start, *row;         /* entries column by column */
	const int64_t *coef;
	int64_t *sum;                   /* what each row has now */
	signed char *x;
	int64_t worth;
	int *done, n_done;              /* columns flipped in this round */
};

static struct trade trade_open(struct arena *a, const struct program *p, const struct columns *c, const signed char *x)
{
	struct trade t = { p, c->start, c->row, c->coef, ARENA_ARRAY(a, int64_t, p->row.n + 1), ARENA_ARRAY(a, signed char, (size_t)p->n + 1), program_worth(p, x),
		ARENA_ARRAY(a, int, (size_t)p->n + 1), 0 };
	memcpy(t.x, x, (size_t)p->n);
	for (int j = 0; j < p->n; j++)
		for (int k = t.start[j]; k < t.start[j + 1] && x[j]; k++) t.sum[t.row[k]] += t.coef[k];
	return t;
}

static void flip(struct trade *t, int j)
{
	int64_t sign = t->x[j] ? -1 : 1;
	for (int k = t->start[j]; k < t->start[j + 1]; k++) t->sum[t->row[k]] += sign * t->coef[k];
	t->worth += sign * t->p->value[j];
	t->x[j] = !t->x[j];
}

/* Could j, which is out, come in? */
static bool fits(const struct trade *t, int j)
{
	for (int k = t->start[j]; k < t->start[j + 1]; k++) {
		const struct program_row *r = &t->p->row.v[t->row[k]];
		if (r->high != PROGRAM_FREE && t->coef[k] > 0 && t->sum[t->row[k]] + t->coef[k] > r->high) return false;
	}
	return true;
}

/* Do the rows of all columns flipped in this round hold? */
static bool holds(const struct trade *t)
{
	for (int i = 0; i < t->n_done; i++)
		for (int k = t->start[t->done[i]]; k < t->start[t->done[i] + 1]; k++) {
			const struct program_row *r = &t->p->row.v[t->row[k]];
			int64_t sum = t->sum[t->row[k]];
			if ((r->high != PROGRAM_FREE && sum > r->high) || (r->low != -PROGRAM_FREE && sum < r->low)) return false;
		}
	return true;
}

/* ---- mending ---- */

struct mending { struct trade t; double *scale; unsigned char *flips; const double *reduced; double usual; };

static double excess(const struct mending *m, int r, int64_t sum)
{
	const struct program_row *row = &m->t.p->row.v[r];
	if (row->high != PROGRAM_FREE && sum > row->high) return (double)(sum - row->high) / m->scale[r];
	if (row->low != -PROGRAM_FREE && sum < row->low) return (double)(row->low - sum) / m->scale[r];
	return 0;
}

/* How much less is broken after flipping j. */
static double relief(const struct mending *m, int j)
{
	const struct trade *t = &m->t;
	double less = 0;
	for (int k = t->start[j]; k < t->start[j + 1]; k++) {
		int64_t now = t->sum[t->row[k]], then = now + (t->x[j] ? -t->coef[k] : t->coef[k]);
		less += excess(m, t->row[k], now) - excess(m, t->row[k], then);
	}
	return less;
}

/* The column of row r that mends most for its price; -1: none does. */
static int best_flip(const struct mending *m, int r, const signed char *fix)
{
	enum { FLIPS_MAX = 2 };
	const struct program_row *row = &m->t.p->row.v[r];
	int best = -1;
	double most = 0;
	for (int k = row->start; k < row->start + row->n; k++) {
		int j = m->t.p->col.v[k];
		if ((fix && fix[j] >= 0) || m->flips[j] == FLIPS_MAX) continue;
		double less = relief(m, j), price = m->t.x[j] ? m->reduced[j] : -m->reduced[j];
		if (less <= 1e-9) continue;
		double worth = less / ((price > 0 ? price : 0) + m->usual);
		if (worth > most) most = worth, best = j;
	}
	return best;
}

bool trade_mend(const struct program *p, const struct columns *c, const signed char *fix, const double *reduced, signed char *x)
{
	struct arena *a = arena_new((size_t)2 << 30);
	struct mending m = { .t = trade_open(a, p, c, x), .scale = ARENA_ARRAY(a, double, p->row.n + 1), .flips = ARENA_ARRAY(a, unsigned char, (size_t)p->n + 1), .reduced = reduced };
	int broken = 0;
	for (int j = 0; j < p->n; j++) m.usual += (p->value[j] < 0 ? -(double)p->value[j] : (double)p->value[j]) / (20.0 * p->n);
	m.usual += 1e-9;
	for (size_t r = 0; r < p->row.n; r++) {
		m.scale[r] = 1;
		for (int k = p->row.v[r].start; k < p->row.v[r].start + p->row.v[r].n; k++)
			if ((double)llabs(p->coef.v[k]) > m.scale[r]) m.scale[r] = (double)llabs(p->coef.v[k]);
	}
	while (broken >= 0) {
		int j = -1;
		broken = -1;
		for (size_t r = 0; r < p->row.n && j < 0; r++) {
			if (excess(&m, (int)r, m.t.sum[r]) <= 0) continue;
			broken = (int)r;
			j = best_flip(&m, broken, fix);
		}
		if (j < 0) break;
		flip(&m.t, j);
		m.flips[j]++;
	}
	if (broken < 0) memcpy(x, m.t.x, (size_t)p->n);
	arena_free(a);
	return broken < 0;
}

/* ---- exchange ---- */

static void one_round(struct trade *t, struct rng *rng, const int *list, int n)
{
	int outs = 1 + (int)rng_below(rng, 3);
	for (int tries = 0; tries < 40 && t->n_done < outs; tries++) {
		int j = list[rng_below(rng, (uint64_t)n)];
		if (!t->x[j]) continue;
		flip(t, j);
		t->done[t->n_done++] = j;
	}
	int gone = t->n_done;
	for (int k = 0; k < n; k++) {
		int j = list[k];
		if (t->x[j] || t->p->value[j] <= 0 || rng_below(rng, 6) == 0) continue;
		bool back = false;
		for (int i = 0; i < gone; i++) back |= t->done[i] == j;
		if (back && rng_below(rng, 2)) continue;
		if (!fits(t, j)) continue;
		flip(t, j);
		t->done[t->n_done++] = j;
	}
}

struct place { double reduced; int col; };

static int by_reduced(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	return x->reduced > y->reduced ? -1 : x->reduced < y->reduced ? 1 : (x->col > y->col) - (x->col < y->col);
}

bool trade_up(const struct program *p, const struct columns *c, const struct trade_wish *w, signed char *x)
{
	const struct program_wish *of = w->wish;
	struct arena *a = arena_new((size_t)2 << 30);
	struct trade t = trade_open(a, p, c, x);
	struct rng rng = rng_seed(1);
	struct place *place = ARENA_ARRAY(a, struct place, (size_t)p->n + 1);
	int *list = ARENA_ARRAY(a, int, (size_t)p->n + 1), free = 0;
	int64_t best = t.worth, first = t.worth;
	for (int k = 0; k < p->n; k++) {
		int j = w->order[k];
		if ((k < w->n || x[j] != (w->reduced[j] > 0)) && (!of->fix || of->fix[j] < 0)) place[free++] = (struct place){ w->reduced[j], j };
	}
	qsort(place, (size_t)free, sizeof *place, by_reduced);
	for (int k = 0; k < free; k++) list[k] = place[k].col;
	for (int round = 0; round < w->rounds && free > 1 && best < w->enough; round++) {
		int64_t was = t.worth, slack = (int64_t)rng_below(&rng, (uint64_t)(llabs(best) / 400 + 1));
		if (round % 256 == 0 && ((of->clock_ms && of->clock_ms() >= w->until_ms) || (of->stop && of->stop(of->stop_ctx)))) break;
		t.n_done = 0;
		one_round(&t, &rng, list, free);
		bool keep = holds(&t) && (t.worth >= was || t.worth >= best - slack / (1 + (int64_t)rng_below(&rng, 8)));
		for (int i = t.n_done; i-- > 0 && !keep;) flip(&t, t.done[i]);
		if (t.worth <= best) continue;
		best = t.worth;
		memcpy(x, t.x, (size_t)p->n);
	}
	arena_free(a);
	return best > first;
}

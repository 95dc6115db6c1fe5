/* Prices of rows, whatever they come from, and the bound they prove. A row of few columns can be priced alone: the prices between which
   its columns take it just up are seen from their reduced costs, and the middle of them parts the columns that are in from those that
   are out as widely as it can. */
#include <math.h>
#include <stdlib.h>

#include "engine/program_inner.h"

struct prices prices_new(struct arena *a, const struct program *p)
{
	struct prices s = { .p = p, .turn = ARENA_ARRAY(a, struct turn, (size_t)p->n + 1), .y = ARENA_ARRAY(a, double, p->row.n + 1), .reduced = ARENA_ARRAY(a, double, (size_t)p->n + 1),
		.low = ARENA_ARRAY(a, signed char, (size_t)p->n + 1), .high = ARENA_ARRAY(a, signed char, (size_t)p->n + 1) };
	for (int j = 0; j < p->n; j++) s.high[j] = 1;
	return s;
}

/* A row has no price against a side on which it has no limit. */
static bool priced(const struct program_row *row, double y) { return y > 0 ? row->high != PROGRAM_FREE : y < 0 && row->low != -PROGRAM_FREE; }

double prices_count(struct prices *s)
{
	const struct program *p = s->p;
	double bound = 0;
	for (int j = 0; j < p->n; j++) s->reduced[j] = (double)p->value[j];
	for (size_t r = 0; r < p->row.n; r++) {
		const struct program_row *row = &p->row.v[r];
		double y = s->y[r];
		if (!priced(row, y)) s->y[r] = y = 0;
		if (y == 0) continue;
		bound += y > 0 ? y * (double)row->high : y * (double)row->low;
		for (int k = row->start; k < row->start + row->n; k++) s->reduced[p->col.v[k]] -= y * (double)p->coef.v[k];
	}
	for (int j = 0; j < p->n; j++) bound += s->reduced[j] > 0 ? s->reduced[j] * s->high[j] : s->reduced[j] * s->low[j];
	return bound;
}

static int by_price(const void *a, const void *b)
{
	const struct turn *x = a, *y = b;
	return (x->at > y->at) - (x->at < y->at);
}

/* Puts those not above the pivot first; how many, and what they weigh. */
static int part_at(struct turn *t, int n, double pivot, double *weight)
{
	int left = 0;
	*weight = 0;
	for (int k = 0; k < n; k++) {
		if (t[k].at > pivot) continue;
		struct turn x = t[k];
		t[k] = t[left];
		t[left++] = x;
		*weight += x.coef;
	}
	return left;
}

/* Takes columns out of the row in the order of their prices until it has at most `limit`: how many that are. They stand first then. */
static int take_out(struct turn *t, int n, double *has, double limit)
{
	enum { FEW = 24 };
	int low = 0, high = n;
	while (high - low > FEW) {
		double a = t[low].at, b = t[low + (high - low) / 2].at, c = t[high - 1].at, weight;
		double pivot = a < b ? (b < c ? b : a < c ? c : a) : (a < c ? a : b < c ? c : b);
		int left = part_at(t + low, high - low, pivot, &weight);
		if (*has - weight > limit) {
			*has -= weight;
			low += left;
		} else if (left < high - low) {
			high = low + left;
		} else {
			break;          /* many alike */
		}
	}
	qsort(t + low, (size_t)(high - low), sizeof *t, by_price);
	while (low < high && *has > limit) *has -= t[low++].coef;
	return low;
}

static double extreme(const struct turn *t, int n, double sign)
{
	double most = -INFINITY;
	for (int k = 0; k < n; k++)
		if (sign * t[k].at > most) most = sign * t[k].at;
	return sign * most;
}

/* The price of one row at which the bound is least, the others' given. Below a price of 0 the row pulls up to `low`, above it presses down
   to `high`; `all` is what it has at -∞, and each column leaves that account at its turn. */
static double best_price(double low, double high, struct turn *t, int n, double all)
{
	double weight, has = all;
	int below = part_at(t, n, 0, &weight);
	if (all - weight > high) {
		has = all - weight;
		t += below;
		n -= below;
		int k = take_out(t, n, &has, high);
		double from = k ? extreme(t, k, 1) : 0;
		return has != high ? from : k < n ? (from + extreme(t + k, n - k, -1)) / 2 : from * 1.5;
	}
	if (low == -INFINITY || all < low) return 0;
	int k = take_out(t, below, &has, low);
	double to = k < below ? extreme(t + k, below - k, -1) : 0;
	if (k && has < low) to = extreme(t, k, 1);
	if (to >= 0) return 0;
	return has < low ? to : k ? (to + extreme(t, k, 1)) / 2 : to * 1.5;
}

static void settle_row(struct prices *s, size_t r)
{
	const struct program_row *row = &s->p->row.v[r];
	double all = 0, was = s->y[r], done = 0;
	int n = 0;
	for (int k = row->start; k < row->start + row->n; k++) {
		int j = s->p->col.v[k];
		double c = (double)s->p->coef.v[k];
		if (s->low[j] == s->high[j]) {
			done += s->low[j] * c;
			continue;
		}
		s->turn[n++] = (struct turn){ s->reduced[j] / c + was, fabs(c) };
		if (c > 0) all += c;
	}
	double low = row->low == -PROGRAM_FREE ? -INFINITY : (double)row->low - done, high = row->high == PROGRAM_FREE ? INFINITY : (double)row->high - done;
	double y = best_price(low, high, s->turn, n, all);
	if (y == was) return;
	s->y[r] = y;
	for (int k = row->start; k < row->start + row->n; k++) s->reduced[s->p->col.v[k]] -= (y - was) * (double)s->p->coef.v[k];
}

void prices_settle(struct prices *s, bool long_rows)
{
	for (size_t r = 0; r < s->p->row.n; r++)
		if ((s->p->row.v[r].n > PRICES_SHORT) == long_rows) settle_row(s, r);
}

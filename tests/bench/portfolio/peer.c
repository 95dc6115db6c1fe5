/* The peer: the same rules as the same rows, given whole to CBC by its library, without our reductions.
     peer APPLICATIONS.csv RULES.lc GAP SECONDS        peer --orlib FILE GAP SECONDS
   Prints one JSON line: total, bound, seconds of wall clock and of CPU from the model to the answer. */
#include <coin/Cbc_C_Interface.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "engine/orlib.h"
#include "engine/portfolio.h"
#include "feature/engine_cmd.h"

static Cbc_Model *load(struct arena *a, const struct program *p)
{
	Cbc_Model *m = Cbc_newModel();
	CoinBigIndex *start = ARENA_ARRAY(a, CoinBigIndex, (size_t)p->n + 2);
	int *row = ARENA_ARRAY(a, int, p->col.n + 1);
	double *element = ARENA_ARRAY(a, double, p->col.n + 1), *zero = ARENA_ARRAY(a, double, (size_t)p->n + 1), *one = ARENA_ARRAY(a, double, (size_t)p->n + 1);
	double *cost = ARENA_ARRAY(a, double, (size_t)p->n + 1), *low = ARENA_ARRAY(a, double, p->row.n + 1), *high = ARENA_ARRAY(a, double, p->row.n + 1);
	for (size_t k = 0; k < p->col.n; k++) start[p->col.v[k] + 2]++;
	for (int j = 0; j < p->n; j++) start[j + 2] += start[j + 1], one[j] = 1, cost[j] = -(double)p->value[j];
	for (size_t r = 0; r < p->row.n; r++) {
		const struct program_row *w = &p->row.v[r];
		double scale = 1;
		for (int k = w->start; k < w->start + w->n; k++) scale = fmax(scale, fabs((double)p->coef.v[k]) / 1000);
		low[r] = w->low == -PROGRAM_FREE ? -1e100 : (double)w->low / scale;
		high[r] = w->high == PROGRAM_FREE ? 1e100 : (double)w->high / scale;
		for (int k = w->start; k < w->start + w->n; k++) {
			CoinBigIndex to = start[p->col.v[k] + 1]++;
			row[to] = (int)r;
			element[to] = (double)p->coef.v[k] / scale;
		}
	}
	Cbc_setLogLevel(m, 0);
	Cbc_setParameter(m, "log", "0");
	Cbc_loadProblem(m, p->n, (int)p->row.n, start, row, element, zero, one, cost, low, high);
	for (int j = 0; j < p->n; j++) Cbc_setInteger(m, j);
	return m;
}

static const struct program *read(struct cx *cx, char **argv)
{
	struct str text;
	struct portfolio p;
	struct portfolio_model m;
	struct orlib lib;
	bool library = strcmp(argv[1], "--orlib") == 0;
	if (engine_load(cx, argv[1 + library], (size_t)256 << 20, &text) != RC_OK) return NULL;
	if (library) return orlib_read(cx, text, argv[2], 1, &lib) == RC_OK ? lib.program : NULL;
	if (portfolio_read(cx, text, argv[1], &p) != RC_OK || engine_load(cx, argv[2], (size_t)256 << 20, &text) != RC_OK) return NULL;
	return portfolio_rules(cx, text, argv[2], &p) == RC_OK && portfolio_model(cx, &p, &m) == RC_OK ? m.program : NULL;
}

int main(int argc, char **argv)
{
	struct cx cx = { .arena = arena_new((size_t)8 << 30) };
	const struct program *p = argc == 5 ? read(&cx, argv) : NULL;
	if (!p) return 2;
	int64_t start_ms = time_mono_ms(), start_us = time_cpu_us();
	Cbc_Model *m = load(cx.arena, p);
	Cbc_setParameter(m, "ratioGap", argv[3]);
	Cbc_setMaximumSeconds(m, strtod(argv[4], NULL));
	Cbc_solve(m);
	const double *best = Cbc_bestSolution(m);
	printf("{\"total\":%.0f,\"bound\":%.0f,\"seconds\":%.3f,\"cpu_seconds\":%.3f}\n", best ? -Cbc_getObjValue(m) : 0, -Cbc_getBestPossibleObjValue(m),
		(double)(time_mono_ms() - start_ms) / 1000, (double)(time_cpu_us() - start_us) / 1e6);
	Cbc_deleteModel(m);
	arena_free(cx.arena);
	return 0;
}

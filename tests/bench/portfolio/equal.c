/* The 0-1 engine of the portfolio held to CBC on random programmes, value for value: budgets, shares, floors, numbers, exclusions,
   prerequisites, tiers, worths of either sign. Neither is given a gap.
     equal HOW_MANY [SEED [SECONDS]]      ends with the counts, of fewer when so many seconds are over; exit 1 at the first difference */
#include <coin/Cbc_C_Interface.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "base/time.h"
#include "engine/program.h"

static struct rng rng;
static int pick(int n) { return (int)rng_below(&rng, (uint64_t)n); }

static void rows(struct program *p, const int64_t *cost, int64_t all)
{
	for (int k = 1 + pick(10); k-- > 0;) {
		int kind = pick(6), share = 1 + pick(4), a = pick(p->n), b = pick(p->n);
		if (kind < 4) program_row(p, kind == 1 ? all / (10 + pick(30)) : kind == 3 && pick(2) ? 1 + pick(2) : -PROGRAM_FREE, kind == 0 ? all / (2 + pick(4)) : kind == 2 ? 0 : kind == 3 ? 2 + pick(6) : PROGRAM_FREE);
		else program_row(p, -PROGRAM_FREE, kind == 4 ? 1 : 0);
		for (int j = 0; kind < 4 && j < p->n; j++) {
			bool in = kind == 0 || pick(share) == 0;
			if (kind == 2) program_put(p, j, cost[j] * (in ? 70 : -30));    /* a share of what is spent */
			else if (in) program_put(p, j, kind == 3 ? 1 : cost[j]);
		}
		if (kind >= 4 && a != b) {
			program_put(p, a, 1);
			program_put(p, b, kind == 4 ? 1 : -1);
		}
	}
}

static struct program *make(struct arena *a)
{
	int n = 5 + pick(36), range = (int[]){ 5, 100, 100000 }[pick(3)];
	int64_t all = 0, *cost = ARENA_ARRAY(a, int64_t, (size_t)n);
	struct program *p = program_new(a, n);
	for (int j = 0; j < n; j++) {
		all += cost[j] = 1 + pick(range);
		p->value[j] = pick(range) - (pick(6) == 0 ? range / 2 : 0);
	}
	rows(p, cost, all);
	return p;
}

/* False: no selection obeys the rows. */
static bool cbc(struct arena *a, const struct program *p, int64_t *best)
{
	Cbc_Model *m = Cbc_newModel();
	double *one = ARENA_ARRAY(a, double, (size_t)p->n);
	Cbc_setLogLevel(m, 0);
	Cbc_setParameter(m, "log", "0");
	for (int j = 0; j < p->n; j++) Cbc_addCol(m, "", 0, 1, -(double)p->value[j], 1, 0, NULL, NULL);
	for (size_t r = 0; r < p->row.n; r++) {
		const struct program_row *row = &p->row.v[r];
		for (int k = 0; k < row->n; k++) one[k] = (double)p->coef.v[row->start + k];
		if (row->high != PROGRAM_FREE) Cbc_addRow(m, "", row->n, p->col.v + row->start, one, 'L', (double)row->high);
		if (row->low != -PROGRAM_FREE) Cbc_addRow(m, "", row->n, p->col.v + row->start, one, 'G', (double)row->low);
	}
	Cbc_setParameter(m, "ratioGap", "0");
	Cbc_setAllowableGap(m, 0.5);
	Cbc_solve(m);
	bool found = Cbc_bestSolution(m) != NULL;
	double worth = found ? -Cbc_getObjValue(m) : 0;
	*best = (int64_t)(worth < 0 ? worth - 0.5 : worth + 0.5);
	Cbc_deleteModel(m);
	return found;
}

int main(int argc, char **argv)
{
	int wanted = argc > 1 ? atoi(argv[1]) : 1000, feasible = 0;
	rng = rng_seed(argc > 2 ? strtoull(argv[2], NULL, 10) : 1);
	int64_t until = argc > 3 ? time_mono_ms() + 1000 * strtoll(argv[3], NULL, 10) : INT64_MAX;
	int n = 0;
	for (; n < wanted && time_mono_ms() < until; n++) {
		struct arena *a = arena_new((size_t)1 << 30);
		const struct program *p = make(a);
		struct program_wish w = PROGRAM_WISH;
		struct program_answer r;
		int64_t best;
		struct program_session *s = program_open(p);
		program_solve(s, a, &w, &r);
		program_close(s);
		bool any = cbc(a, p, &best), same = any ? r.status == PROGRAM_OPTIMAL && r.worth == best && program_broken(p, r.x) < 0 : r.status == PROGRAM_IMPOSSIBLE;
		if (!same) {
			printf("programme %d: here status %d worth %lld bound %lld, CBC %s %lld\n", n, (int)r.status, (long long)r.worth, (long long)r.bound, any ? "finds" : "finds nothing", (long long)best);
			return 1;
		}
		feasible += any;
		arena_free(a);
	}
	printf("portfolio: %d programmes equal to CBC; %d feasible, %d infeasible\n", n, feasible, n - feasible);
	return 0;
}

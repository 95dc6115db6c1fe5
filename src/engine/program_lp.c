/* The linear relaxation by CLP. Rows are scaled to coefficients of at most 1; short rows are added only once they are broken. */
#include <coin/Clp_C_Interface.h>
#include <stdlib.h>

#include "engine/program_inner.h"

struct lp {
	struct arena *arena;
	const struct program *p;
	Clp_Simplex *clp;
	int *at;                /* by row of the programme: its row in clp, -1: not there */
	double *scale;          /* by row: what its coefficients were divided by */
	double *value;          /* of the newest solution, kept across lp_fix */
};

static double row_scale(const struct program *p, const struct program_row *row)
{
	double most = 1;
	for (int k = row->start; k < row->start + row->n; k++) {
		double c = (double)p->coef.v[k];
		if (c < 0) c = -c;
		if (c > most) most = c;
	}
	return most;
}

static double low_of(const struct lp *lp, size_t r) { return lp->p->row.v[r].low == -PROGRAM_FREE ? -1e100 : (double)lp->p->row.v[r].low / lp->scale[r]; }
static double high_of(const struct lp *lp, size_t r) { return lp->p->row.v[r].high == PROGRAM_FREE ? 1e100 : (double)lp->p->row.v[r].high / lp->scale[r]; }

/* All long rows at once, column by column: what CLP loads fastest. */
static void load_long_rows(struct lp *lp, int longer_than)
{
	const struct program *p = lp->p;
	int rows = 0, entries = 0;
	for (size_t r = 0; r < p->row.n; r++) {
		lp->at[r] = p->row.v[r].n > longer_than ? rows++ : -1;
		if (lp->at[r] >= 0) entries += p->row.v[r].n;
	}
	CoinBigIndex *start = ARENA_ARRAY(lp->arena, CoinBigIndex, (size_t)p->n + 2);
	int *index = ARENA_ARRAY(lp->arena, int, (size_t)entries + 1);
	double *element = ARENA_ARRAY(lp->arena, double, (size_t)entries + 1), *low = ARENA_ARRAY(lp->arena, double, (size_t)rows + 1);
	double *high = ARENA_ARRAY(lp->arena, double, (size_t)rows + 1), *cost = ARENA_ARRAY(lp->arena, double, (size_t)p->n + 1);
	double *zero = ARENA_ARRAY(lp->arena, double, (size_t)p->n + 1), *one = ARENA_ARRAY(lp->arena, double, (size_t)p->n + 1);
	for (size_t r = 0; r < p->row.n; r++)
		if (lp->at[r] >= 0)
			for (int k = p->row.v[r].start; k < p->row.v[r].start + p->row.v[r].n; k++) start[p->col.v[k] + 2]++;
	for (int j = 0; j < p->n; j++) start[j + 2] += start[j + 1], cost[j] = -(double)p->value[j], one[j] = 1;
	for (size_t r = 0; r < p->row.n; r++) {
		const struct program_row *row = &p->row.v[r];
		if (lp->at[r] < 0) continue;
		low[lp->at[r]] = low_of(lp, r);
		high[lp->at[r]] = high_of(lp, r);
		for (int k = row->start; k < row->start + row->n; k++) {
			CoinBigIndex to = start[p->col.v[k] + 1]++;
			index[to] = lp->at[r];
			element[to] = (double)p->coef.v[k] / lp->scale[r];
		}
	}
	Clp_loadProblem(lp->clp, p->n, rows, start, index, element, zero, one, cost, low, high);
}

struct lp *lp_open(const struct program *p)
{
	enum { SHORT_ROW = 24, PERTURB = 50 };  /* 50: when it seems useful; without it degenerate programmes take hours */
	struct arena *a = arena_new((size_t)2 << 30);
	struct lp *lp = ARENA_NEW(a, struct lp);
	lp->arena = a;
	lp->p = p;
	lp->at = ARENA_ARRAY(a, int, p->row.n + 1);
	lp->scale = ARENA_ARRAY(a, double, p->row.n + 1);
	lp->value = ARENA_ARRAY(a, double, (size_t)p->n + 1);
	for (size_t r = 0; r < p->row.n; r++) lp->scale[r] = row_scale(p, &p->row.v[r]);
	lp->clp = Clp_newModel();
	Clp_setLogLevel(lp->clp, 0);
	Clp_setPerturbation(lp->clp, PERTURB);
	load_long_rows(lp, p->n > 4 * SHORT_ROW ? SHORT_ROW : 0);
	return lp;
}

struct arena *lp_arena(struct lp *lp) { return lp->arena; }

void lp_close(struct lp *lp)
{
	Clp_deleteModel(lp->clp);
	arena_free(lp->arena);
}

void lp_fix(struct lp *lp, int col, int low, int high)
{
	Clp_columnLower(lp->clp)[col] = low;
	Clp_columnUpper(lp->clp)[col] = high;
}

static bool broken(const struct lp *lp, size_t r)
{
	const struct program_row *row = &lp->p->row.v[r];
	double sum = 0, slack = 1e-7 * lp->scale[r];
	for (int k = row->start; k < row->start + row->n; k++) sum += (double)lp->p->coef.v[k] * lp->value[lp->p->col.v[k]];
	return (row->low != -PROGRAM_FREE && sum < (double)row->low - slack) || (row->high != PROGRAM_FREE && sum > (double)row->high + slack);
}

/* All together: one call a row would copy the matrix each time. */
static int add_broken_rows(struct lp *lp)
{
	const struct program *p = lp->p;
	const double *x = Clp_primalColumnSolution(lp->clp);
	struct arena *a = arena_new((size_t)2 << 30);
	VEC(CoinBigIndex) start = { 0 };
	VEC(int) index = { 0 };
	VEC(double) element = { 0 }, low = { 0 }, high = { 0 };
	for (int j = 0; j < p->n; j++) lp->value[j] = x[j];
	for (size_t r = 0; r < p->row.n; r++) {
		const struct program_row *row = &p->row.v[r];
		if (lp->at[r] >= 0 || !broken(lp, r)) continue;
		lp->at[r] = Clp_numberRows(lp->clp) + (int)low.n;
		VEC_PUSH(a, &start, (CoinBigIndex)index.n);
		VEC_PUSH(a, &low, low_of(lp, r));
		VEC_PUSH(a, &high, high_of(lp, r));
		for (int k = row->start; k < row->start + row->n; k++) {
			VEC_PUSH(a, &index, p->col.v[k]);
			VEC_PUSH(a, &element, (double)p->coef.v[k] / lp->scale[r]);
		}
	}
	VEC_PUSH(a, &start, (CoinBigIndex)index.n);
	if (low.n) Clp_addRows(lp->clp, (int)low.n, low.v, high.v, start.v, index.v, element.v);
	int added = (int)low.n;
	arena_free(a);
	return added;
}

/* In stretches, so that somebody can ask for the end in between; each goes on from the basis of the one before. */
static int dual_simplex(struct lp *lp, const struct program_wish *w)
{
	enum { STRETCH = 1000, ITERATIONS_DONE = 3 };
	do {
		if (w->stop) Clp_setMaximumIterations(lp->clp, Clp_numberIterations(lp->clp) + STRETCH);
		Clp_dual(lp->clp, 0);
	} while (w->stop && Clp_status(lp->clp) == ITERATIONS_DONE && !w->stop(w->stop_ctx) && (!w->clock_ms || w->clock_ms() < w->until_ms));
	return Clp_status(lp->clp);
}

bool lp_solve(struct lp *lp, double seconds, const struct program_wish *w, bool *sure)
{
	enum { SOLVED, INFEASIBLE };
	if (seconds > 0) Clp_setMaximumSeconds(lp->clp, seconds);
	do {
		int status = dual_simplex(lp, w);
		*sure = status == INFEASIBLE;
		if (status != SOLVED) return false;
	} while (add_broken_rows(lp));
	*sure = true;
	return true;
}

void lp_look(struct lp *lp, struct lp_view *view)
{
	const struct program *p = lp->p;
	const double *price = Clp_dualRowSolution(lp->clp), *low = Clp_columnLower(lp->clp), *high = Clp_columnUpper(lp->clp);
	double bound = 0;
	for (int j = 0; j < p->n; j++) view->reduced[j] = (double)p->value[j];
	for (size_t r = 0; r < p->row.n; r++) {
		const struct program_row *row = &p->row.v[r];
		if (lp->at[r] < 0) continue;
		double y = -price[lp->at[r]] / lp->scale[r];
		if ((y > 0 && row->high == PROGRAM_FREE) || (y < 0 && row->low == -PROGRAM_FREE)) continue;
		bound += y > 0 ? y * (double)row->high : y < 0 ? y * (double)row->low : 0;
		for (int k = row->start; k < row->start + row->n; k++) view->reduced[p->col.v[k]] -= y * (double)p->coef.v[k];
	}
	for (int j = 0; j < p->n; j++) bound += view->reduced[j] > 0 ? view->reduced[j] * high[j] : view->reduced[j] * low[j];
	view->bound = bound;
	view->x = lp->value;
}

/* The linear relaxation by CLP, over the columns that matter.

   Most columns of a large programme are far from any doubt. Pricing rows one after the other comes close to the optimal prices in a few turns
   (program_price.c). CLP is given the columns near the line only; the others stand where their reduced costs put them, and join once the prices
   say that they stand wrong. Short rows likewise join once they are broken. What is read off at the end is the optimum of the whole (or, under
   a gap, a little above it); the bound does not rest on that: it holds for any prices (weak duality).

   Rows are scaled to coefficients of at most 1. */
#include <coin/Clp_C_Interface.h>
#include <math.h>
#include <stdlib.h>

#include "engine/program_inner.h"

struct lp {
	struct arena *arena;
	const struct program *p;
	struct columns columns;
	struct prices prices;
	Clp_Simplex *clp;
	int *row_at, *col_at;           /* by row, by column of the programme: where it is in clp, -1: outside */
	VEC(int) rows;                  /* in clp */
	VEC(int) cols;
	signed char *stand;             /* by column outside: its value */
	int64_t *outside;               /* by row: what the columns outside have of it */
	double *scale;                  /* by row: what its coefficients were divided by */
	double *x;                      /* of the newest solution, kept across lp_fix */
	double bound;
	int all;                /* so many columns are taken in at once */
	bool begun, solved;
};

static double row_scale(const struct program *p, const struct program_row *row)
{
	double most = 1;
	for (int k = row->start; k < row->start + row->n; k++) {
		double c = fabs((double)p->coef.v[k]);
		if (c > most) most = c;
	}
	return most;
}

static Clp_Simplex *new_clp(void)
{
	enum { PERTURB = 50 };          /* when it seems useful; without it degenerate programmes take hours */
	Clp_Simplex *clp = Clp_newModel();
	Clp_setLogLevel(clp, 0);
	Clp_setPerturbation(clp, PERTURB);
	return clp;
}

struct lp *lp_open(const struct program *p, int all)
{
	struct arena *a = arena_new((size_t)2 << 30);
	struct lp *lp = ARENA_NEW(a, struct lp);
	*lp = (struct lp){
		.arena = a, .p = p, .all = all, .columns = columns_of(a, p), .prices = prices_new(a, p), .clp = new_clp(), .row_at = ARENA_ARRAY(a, int, p->row.n + 1),
		.col_at = ARENA_ARRAY(a, int, (size_t)p->n + 1), .stand = ARENA_ARRAY(a, signed char, (size_t)p->n + 1), .outside = ARENA_ARRAY(a, int64_t, p->row.n + 1),
		.scale = ARENA_ARRAY(a, double, p->row.n + 1), .x = ARENA_ARRAY(a, double, (size_t)p->n + 1) };
	for (size_t r = 0; r < p->row.n; r++) lp->scale[r] = row_scale(p, &p->row.v[r]), lp->row_at[r] = -1;
	for (int j = 0; j < p->n; j++) lp->col_at[j] = -1;
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
	lp->prices.low[col] = (signed char)low;
	lp->prices.high[col] = (signed char)high;
	if (lp->col_at[col] < 0) return;
	Clp_columnLower(lp->clp)[lp->col_at[col]] = low;
	Clp_columnUpper(lp->clp)[lp->col_at[col]] = high;
}

/* ---- rows and columns join ---- */

static double low_of(const struct lp *lp, int r)
{
	int64_t low = lp->p->row.v[r].low;
	return low == -PROGRAM_FREE ? -1e100 : (double)(low - lp->outside[r]) / lp->scale[r];
}

static double high_of(const struct lp *lp, int r)
{
	int64_t high = lp->p->row.v[r].high;
	return high == PROGRAM_FREE ? 1e100 : (double)(high - lp->outside[r]) / lp->scale[r];
}

/* All together: one call a row would copy the matrix each time. */
static void add_rows(struct lp *lp, const int *row, int n)
{
	const struct program *p = lp->p;
	struct arena *a = arena_new((size_t)2 << 30);
	CoinBigIndex *start = ARENA_ARRAY(a, CoinBigIndex, (size_t)n + 1);
	double *low = ARENA_ARRAY(a, double, (size_t)n + 1), *high = ARENA_ARRAY(a, double, (size_t)n + 1);
	VEC(int) index = { 0 };
	VEC(double) element = { 0 };
	for (int i = 0; i < n; i++) {
		const struct program_row *w = &p->row.v[row[i]];
		lp->row_at[row[i]] = (int)lp->rows.n;
		VEC_PUSH(lp->arena, &lp->rows, row[i]);
		low[i] = low_of(lp, row[i]);
		high[i] = high_of(lp, row[i]);
		for (int k = w->start; k < w->start + w->n; k++) {
			if (lp->col_at[p->col.v[k]] < 0) continue;
			VEC_PUSH(a, &index, lp->col_at[p->col.v[k]]);
			VEC_PUSH(a, &element, (double)p->coef.v[k] / lp->scale[row[i]]);
		}
		start[i + 1] = (CoinBigIndex)index.n;
	}
	if (n) Clp_addRows(lp->clp, n, low, high, start, index.v, element.v);
	arena_free(a);
}

static void add_columns(struct lp *lp, const int *col, int n)
{
	const struct columns *c = &lp->columns;
	struct arena *a = arena_new((size_t)2 << 30);
	CoinBigIndex *start = ARENA_ARRAY(a, CoinBigIndex, (size_t)n + 1);
	double *low = ARENA_ARRAY(a, double, (size_t)n + 1), *high = ARENA_ARRAY(a, double, (size_t)n + 1), *cost = ARENA_ARRAY(a, double, (size_t)n + 1);
	VEC(int) index = { 0 };
	VEC(double) element = { 0 };
	for (int i = 0; i < n; i++) {
		int j = col[i];
		lp->col_at[j] = (int)lp->cols.n;
		VEC_PUSH(lp->arena, &lp->cols, j);
		low[i] = lp->prices.low[j];
		high[i] = lp->prices.high[j];
		cost[i] = -(double)lp->p->value[j];
		for (int k = c->start[j]; k < c->start[j + 1]; k++) {
			if (lp->stand[j]) lp->outside[c->row[k]] -= c->coef[k];
			if (lp->row_at[c->row[k]] < 0) continue;
			VEC_PUSH(a, &index, lp->row_at[c->row[k]]);
			VEC_PUSH(a, &element, (double)c->coef[k] / lp->scale[c->row[k]]);
		}
		start[i + 1] = (CoinBigIndex)index.n;
	}
	if (n) Clp_addColumns(lp->clp, n, low, high, cost, start, index.v, element.v);
	for (size_t i = 0; i < lp->rows.n && n; i++) {
		Clp_rowLower(lp->clp)[i] = low_of(lp, lp->rows.v[i]);
		Clp_rowUpper(lp->clp)[i] = high_of(lp, lp->rows.v[i]);
	}
	for (int i = 0; i < n; i++)
		if (lp->solved && lp->stand[col[i]]) Clp_setColumnStatus(lp->clp, lp->col_at[col[i]], 2);     /* at its upper bound, where it stood */
	arena_free(a);
}

/* ---- which columns ---- */

struct doubt { double rank; int col; };

static int by_rank(const void *a, const void *b)
{
	const struct doubt *x = a, *y = b;
	return x->rank < y->rank ? -1 : x->rank > y->rank ? 1 : (x->col > y->col) - (x->col < y->col);
}

/* The `most` columns outside that are nearest to the line. */
static int join_nearest(struct lp *lp, int most)
{
	struct arena *a = arena_new((size_t)2 << 30);
	struct doubt *d = ARENA_ARRAY(a, struct doubt, (size_t)lp->p->n + 1);
	int n = 0;
	for (int j = 0; j < lp->p->n; j++)
		if (lp->col_at[j] < 0) d[n++] = (struct doubt){ fabs(lp->prices.reduced[j]), j };
	qsort(d, (size_t)n, sizeof *d, by_rank);
	if (n > most) n = most;
	int *col = ARENA_ARRAY(a, int, (size_t)n + 1);
	for (int i = 0; i < n; i++) col[i] = d[i].col;
	add_columns(lp, col, n);
	arena_free(a);
	return n;
}

static bool wrong(const struct lp *lp, int j)
{
	double d = lp->prices.reduced[j];
	if (lp->stand[j] < lp->prices.low[j] || lp->stand[j] > lp->prices.high[j]) return true;
	return lp->prices.low[j] != lp->prices.high[j] && (lp->stand[j] ? d < -1e-6 : d > 1e-6);
}

static int join_wrong(struct lp *lp)
{
	struct arena *a = arena_new((size_t)2 << 30);
	VEC(int) col = { 0 };
	for (int j = 0; j < lp->p->n; j++)
		if (lp->col_at[j] < 0 && wrong(lp, j)) VEC_PUSH(a, &col, j);
	add_columns(lp, col.v, (int)col.n);
	arena_free(a);
	return (int)col.n;
}

/* Could the columns inside make row r hold? */
static bool mendable(const struct lp *lp, size_t r)
{
	const struct program_row *row = &lp->p->row.v[r];
	int64_t least = lp->outside[r], most = least;
	for (int k = row->start; k < row->start + row->n; k++) {
		int j = lp->p->col.v[k];
		if (lp->col_at[j] < 0) continue;
		least += lp->p->coef.v[k] * (lp->p->coef.v[k] > 0 ? lp->prices.low[j] : lp->prices.high[j]);
		most += lp->p->coef.v[k] * (lp->p->coef.v[k] > 0 ? lp->prices.high[j] : lp->prices.low[j]);
	}
	return (row->high == PROGRAM_FREE || least <= row->high) && (row->low == -PROGRAM_FREE || most >= row->low);
}

/* All columns of rows that are broken whatever the columns inside do. */
static int join_mending(struct lp *lp)
{
	const struct program *p = lp->p;
	struct arena *a = arena_new((size_t)2 << 30);
	signed char *met = ARENA_ARRAY(a, signed char, (size_t)p->n + 1);
	VEC(int) col = { 0 };
	for (size_t r = 0; r < p->row.n; r++) {
		const struct program_row *row = &p->row.v[r];
		if (mendable(lp, r)) continue;
		for (int k = row->start; k < row->start + row->n; k++) {
			int j = p->col.v[k];
			if (lp->col_at[j] >= 0 || met[j]) continue;
			met[j] = 1;
			VEC_PUSH(a, &col, j);
		}
	}
	add_columns(lp, col.v, (int)col.n);
	arena_free(a);
	return (int)col.n;
}

static bool touched(const struct lp *lp, size_t r)
{
	const struct program_row *row = &lp->p->row.v[r];
	for (int k = row->start; k < row->start + row->n; k++)
		if (lp->col_at[lp->p->col.v[k]] >= 0) return true;
	return false;
}

/* Rows outside that have a price and columns inside. */
static int join_priced(struct lp *lp)
{
	struct arena *a = arena_new((size_t)2 << 30);
	VEC(int) rows = { 0 };
	for (size_t r = 0; r < lp->p->row.n; r++)
		if (lp->row_at[r] < 0 && lp->prices.y[r] != 0 && touched(lp, r)) VEC_PUSH(a, &rows, (int)r);
	add_rows(lp, rows.v, (int)rows.n);
	arena_free(a);
	return (int)rows.n;
}

/* Columns outside stand by the sign of their reduced cost; those of a row that is broken whatever the columns inside do join too. */
static void begin(struct lp *lp)
{
	enum { SHARE = 32, TURNS = 10 };
	const struct program *p = lp->p;
	struct arena *a = arena_new((size_t)2 << 30);
	VEC(int) rows = { 0 };
	lp->begun = true;
	prices_count(&lp->prices);
	if (p->n > lp->all)
		for (int turn = 0; turn < TURNS; turn++) {
			prices_settle(&lp->prices, false);
			prices_settle(&lp->prices, true);
		}
	for (int j = 0; j < p->n; j++) {
		bool up = lp->prices.reduced[j] > 0 ? lp->prices.high[j] : lp->prices.low[j];
		lp->stand[j] = up;
		for (int k = lp->columns.start[j]; k < lp->columns.start[j + 1] && up; k++) lp->outside[lp->columns.row[k]] += lp->columns.coef[k];
	}
	join_nearest(lp, p->n > lp->all ? lp->all + p->n / SHARE : p->n);
	join_mending(lp);
	for (size_t r = 0; r < p->row.n; r++)
		if (p->row.v[r].n > PRICES_SHORT || (p->n <= lp->all && p->n <= 2 * PRICES_SHORT)) VEC_PUSH(a, &rows, (int)r);
	add_rows(lp, rows.v, (int)rows.n);
	join_priced(lp);
	arena_free(a);
}

/* ---- solving ---- */

static bool broken(const struct lp *lp, size_t r)
{
	const struct program_row *row = &lp->p->row.v[r];
	double sum = 0, slack = 1e-7 * lp->scale[r];
	for (int k = row->start; k < row->start + row->n; k++) sum += (double)lp->p->coef.v[k] * lp->x[lp->p->col.v[k]];
	return (row->low != -PROGRAM_FREE && sum < (double)row->low - slack) || (row->high != PROGRAM_FREE && sum > (double)row->high + slack);
}

static int add_broken_rows(struct lp *lp)
{
	struct arena *a = arena_new((size_t)2 << 30);
	const double *x = Clp_primalColumnSolution(lp->clp);
	VEC(int) rows = { 0 };
	for (int j = 0; j < lp->p->n; j++) lp->x[j] = lp->col_at[j] < 0 ? lp->stand[j] : x[lp->col_at[j]];
	for (size_t r = 0; r < lp->p->row.n; r++)
		if (lp->row_at[r] < 0 && broken(lp, r)) VEC_PUSH(a, &rows, (int)r);
	add_rows(lp, rows.v, (int)rows.n);
	arena_free(a);
	return (int)rows.n;
}

/* In stretches, so that somebody can ask for the end in between; each goes on from the basis of the one before. */
static int simplex(struct lp *lp, bool primal, const struct program_wish *w)
{
	enum { STRETCH = 1000, ITERATIONS_DONE = 3 };
	do {
		if (w->stop) Clp_setMaximumIterations(lp->clp, Clp_numberIterations(lp->clp) + STRETCH);
		if (primal) Clp_primal(lp->clp, 0);
		else Clp_dual(lp->clp, 0);
	} while (w->stop && Clp_status(lp->clp) == ITERATIONS_DONE && !w->stop(w->stop_ctx) && (!w->clock_ms || w->clock_ms() < w->until_ms));
	return Clp_status(lp->clp);
}

/* Prices of the rows inside are clp's; of those outside the ones that lie between columns outside stay, the others have none. */
static double count_prices(struct lp *lp)
{
	const double *y = Clp_dualRowSolution(lp->clp);
	for (size_t r = 0; r < lp->p->row.n; r++) {
		if (lp->row_at[r] >= 0) lp->prices.y[r] = -y[lp->row_at[r]] / lp->scale[r];
		else if (lp->prices.y[r] != 0 && touched(lp, r)) lp->prices.y[r] = 0;
	}
	return prices_count(&lp->prices);
}

/* What the settled prices show to be missing; where they show nothing, what clp's own do, and at last what is nearest. */
static int join_more(struct lp *lp)
{
	int n = join_priced(lp) + join_wrong(lp);
	if (n) return n;
	count_prices(lp);
	n = join_wrong(lp);
	return n ? n : join_nearest(lp, (int)lp->cols.n);
}

static double worth_of(const struct lp *lp)
{
	double sum = 0;
	for (int j = 0; j < lp->p->n; j++) sum += (double)lp->p->value[j] * lp->x[j];
	return sum;
}

/* Turn after turn while it helps. */
static double settle(struct lp *lp, double bound)
{
	enum { TURNS = 20 };
	for (int turn = 0; turn < TURNS; turn++) {
		double was = bound;
		prices_settle(&lp->prices, false);
		bound = prices_count(&lp->prices);
		if (was - bound <= 1e-7 * fabs(bound)) break;
	}
	return bound;
}

bool lp_solve(struct lp *lp, double seconds, const struct program_wish *w, bool *sure)
{
	enum { SOLVED, INFEASIBLE };
	/* Under a gap the bound may stay a little above the optimum of the relaxation. */
	const double near = w->quick ? 1e-7 : fmax(1e-7, (double)w->gap_ppm / 20e6);
	bool primal = false;
	if (!lp->begun) begin(lp);
	join_wrong(lp);         /* those that lp_fix has moved */
	if (seconds > 0) Clp_setMaximumSeconds(lp->clp, seconds);
	for (;;) {
		int status = simplex(lp, primal, w);
		lp->solved = true;
		primal = false;
		*sure = status == INFEASIBLE && (int)lp->cols.n == lp->p->n;
		if (status == INFEASIBLE && join_mending(lp) + join_nearest(lp, (int)lp->cols.n)) continue;
		if (status != SOLVED) return false;
		if (add_broken_rows(lp)) continue;
		lp->bound = count_prices(lp);
		if ((int)lp->cols.n < lp->p->n) lp->bound = settle(lp, lp->bound);
		double worth = worth_of(lp);
		if (lp->bound - worth <= near * fabs(worth) || !join_more(lp)) break;
		primal = true;
	}
	*sure = true;
	return true;
}

struct lp_view lp_look(const struct lp *lp) { return (struct lp_view){ lp->x, lp->prices.reduced, lp->bound, &lp->columns }; }

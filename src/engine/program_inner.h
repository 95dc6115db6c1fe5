/* Inside src/engine/program*.c: the two libraries behind narrow doors. CLP and CBC (EPL-2.0) are linked dynamically. */
#ifndef ENGINE_PROGRAM_INNER_H
#define ENGINE_PROGRAM_INNER_H

#include "engine/program.h"

/* The entries column by column. */
struct columns { int *start, *row; int64_t *coef; };     /* column j: start[j] … start[j + 1] - 1 */
struct columns columns_of(struct arena *a, const struct program *p);

/* ---- prices of rows (program_price.c) ---- */

enum { PRICES_SHORT = 64 };             /* a row of so many entries is short: it can be priced alone, and joins a relaxation only when broken */

struct turn { double at, coef; };       /* the price at which a column leaves the account of a row, and how much less the row has then */
struct prices {
	const struct program *p;
	double *y;                      /* by row; > 0 presses down to its high limit, < 0 pulls up to its low one */
	double *reduced;                /* by column: value - Σ y·coef */
	signed char *low, *high;        /* by column: its bounds */
	struct turn *turn;              /* room for one row */
};
struct prices prices_new(struct arena *a, const struct program *p);
/* Counts `reduced` from y and returns Σ y·limit + Σ max(0, reduced) over the columns' bounds: no selection is worth more, whatever the
   prices are. A price against a missing limit is set to 0 first. */
double prices_count(struct prices *s);
/* One turn over the short rows, or the long ones: each gets the price at which the bound is least, the others' given; `reduced` follows. */
void prices_settle(struct prices *s, bool long_rows);

/* ---- linear relaxation (program_lp.c) ---- */

struct lp;
enum { LP_ALL = 1500 };
/* Up to `all` columns are taken whole; of more, only those near the line to begin with. */
struct lp *lp_open(const struct program *p, int all);
void lp_close(struct lp *lp);
struct arena *lp_arena(struct lp *lp);           /* lives as long as it */
void lp_fix(struct lp *lp, int col, int low, int high);
/* False: no point obeys the rows (or it was stopped: *sure is false). */
bool lp_solve(struct lp *lp, double seconds, const struct program_wish *w, bool *sure);
struct lp_view {
	const double *x;                /* by column */
	const double *reduced;          /* by column: value - Σ price·coef */
	double bound;                   /* Σ price·limit + Σ max(0, reduced), over the columns' bounds */
	const struct columns *columns;
};
struct lp_view lp_look(const struct lp *lp);

/* ---- exchange (program_trade.c) ---- */

/* Flip columns of x one by one until its rows hold, each time what mends most for what it costs by the reduced costs. False: it did not
   come to that, and x is as it was. */
bool trade_mend(const struct program *p, const struct columns *c, const signed char *fix, const double *reduced, signed char *x);

struct trade_wish {
	const struct program_wish *wish;
	const double *reduced;
	const int *order;               /* columns, the most doubtful first; the first n take part, and those that stand against their prices */
	int n, rounds;
	int64_t enough;                 /* it ends at this worth */
	int64_t until_ms;               /* on the wish's clock */
};
/* Improve x, which holds, by rounds of exchange. True: it is worth more now. */
bool trade_up(const struct program *p, const struct columns *c, const struct trade_wish *w, signed char *x);

/* ---- branch and bound (program_mip.c) ---- */

struct mip_wish {
	const signed char *fix;         /* by column: 0, 1, or -1 free */
	const signed char *start;       /* or NULL */
	int64_t above;                  /* only selections worth more than this are wanted; -PROGRAM_FREE: all */
	int64_t allow;                  /* the bound may stay this much above the best */
	int64_t gap_ppm;                /* or this many millionths of it */
	double seconds;                 /* ≤ 0: no limit */
	int nodes;                      /* 0: no limit */
	bool (*stop)(void *ctx);        /* NULL, or asked every few milliseconds: the library then works in a child process that can be ended */
	void *stop_ctx;
};
struct mip_answer {
	bool found, closed;             /* closed: nothing (else) is worth more than `bound` */
	int64_t worth, bound;
	int columns, nodes;
};
/* x (n long) is written when found. The rows hold in exact integers. */
void mip_solve(const struct program *p, const struct mip_wish *wish, signed char *x, struct mip_answer *out);

#endif

/* Inside src/engine/program*.c: the two libraries behind narrow doors. CLP and CBC (EPL-2.0) are linked dynamically. */
#ifndef ENGINE_PROGRAM_INNER_H
#define ENGINE_PROGRAM_INNER_H

#include "engine/program.h"

/* ---- linear relaxation (program_lp.c) ---- */

struct lp;
/* Rows with few entries join only when they are broken: most one-of-two rules never bind. */
struct lp *lp_open(const struct program *p);
void lp_close(struct lp *lp);
struct arena *lp_arena(struct lp *lp);           /* lives as long as it */
void lp_fix(struct lp *lp, int col, int low, int high);
/* False: no point obeys the rows (or it was stopped: *sure is false). */
bool lp_solve(struct lp *lp, double seconds, const struct program_wish *w, bool *sure);

struct lp_view {
	const double *x;                /* by column */
	double *reduced;                /* by column: value - Σ price·coef */
	double bound;                   /* Σ price·limit + Σ max(0, reduced), over the columns' bounds */
};
void lp_look(struct lp *lp, struct lp_view *view);      /* `reduced` is the caller's, n long */

/* ---- exchange (program_trade.c) ---- */

/* Flip columns of x one by one until its rows hold, each time what mends most for what it costs by the reduced costs. False: it did not
   come to that, and x is as it was. */
bool trade_mend(const struct program *p, const signed char *fix, const double *reduced, signed char *x);

/* Improve x, which holds, among the first n columns of `order` by so many rounds of exchange, or until then on the wish's clock. True: it is
   worth more now. */
bool trade_up(const struct program *p, const struct program_wish *w, const double *reduced, const int *order, int n, int rounds, int64_t until_ms,
	      signed char *x);

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

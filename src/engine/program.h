/* 0-1 programmes: maximise the worth Σ value·x under rows low ≤ Σ coef·x ≤ high, where every number is an integer and every x is 0 or 1.

   program_solve is exact: it ends with a selection and a bound that no selection can exceed. It reduces first (a linear relaxation by CLP;
   columns whose reduced cost is larger than the gap cannot change the answer and are fixed), finds a selection inside a small core of
   undecided columns, and leaves what remains open to CBC. What the libraries say in floating point is never believed: a selection counts
   when it holds in integers, and the bound of the relaxation is summed again from its prices (weak duality: it is valid for any prices).

   Pure: no clock of its own. The answer's memory is the arena's. Deterministic when no time limit strikes. */
#ifndef ENGINE_PROGRAM_H
#define ENGINE_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

#define PROGRAM_FREE INT64_MAX          /* no limit on this side; low = -PROGRAM_FREE */

struct program_row { int64_t low, high; int start, n; };

struct program {
	struct arena *arena;
	int n;                          /* columns */
	int64_t *value;                 /* by column */
	VEC(struct program_row) row;
	VEC(int) col;                   /* entries of all rows, one row after the other; a column once a row */
	VEC(int64_t) coef;
};

struct program *program_new(struct arena *a, int columns);
/* Begin a row; program_put adds entries to the newest one (coefficient 0 is left out). Returns its index. */
int program_row(struct program *p, int64_t low, int64_t high);
void program_put(struct program *p, int col, int64_t coef);
struct program *program_copy(struct arena *a, const struct program *p);

/* In exact integers: the first row that x breaks, -1 when it breaks none; what x is worth. */
int program_broken(const struct program *p, const signed char *x);
int64_t program_worth(const struct program *p, const signed char *x);

enum program_status {
	PROGRAM_OPTIMAL,        /* worth = bound */
	PROGRAM_WITHIN,         /* proven within the gap asked for */
	PROGRAM_STOPPED,        /* a selection and a bound, but time was up before the gap was closed */
	PROGRAM_IMPOSSIBLE,     /* proven: no selection obeys the rows (or none reaches `floor`) */
	PROGRAM_UNKNOWN         /* time was up before any selection was found */
};

struct program_wish {
	int64_t gap_ppm;                /* stop when bound - worth ≤ gap_ppm millionths of the worth; 0: the optimum */
	int64_t (*clock_ms)(void);      /* a monotonic clock; NULL: no time limit */
	int64_t until_ms;               /* on that clock */
	const signed char *fix;         /* by column: 0 or 1 forced, -1 free; NULL: all free */
	const signed char *start;       /* a selection to improve on, or NULL; need not hold: then the search begins around it */
	bool quick;                     /* the first selection found will do: its worth is no optimum, the bound is the relaxation's */
	int64_t floor;                  /* only selections worth at least this are wanted; -PROGRAM_FREE: all */
	bool (*stop)(void *ctx);        /* asked now and then; true ends the work as when time is up. NULL: nobody asks */
	void *stop_ctx;
};
#define PROGRAM_WISH ((struct program_wish){ .floor = -PROGRAM_FREE })

struct program_answer {
	enum program_status status;
	signed char *x;                 /* by column; NULL when there is none */
	int64_t worth, bound;           /* bound: no selection is worth more (under `fix`) */
	/* The root relaxation. A selection that differs from `lean` in column j is worth at most relaxed - |reduced[j]|. */
	double relaxed;
	double *reduced;
	signed char *lean;
	int core, nodes;                /* columns CBC was given, nodes it took */
};

/* A programme being worked on. Solving again under other `fix`, `start` or `floor` begins where the last relaxation ended, which is
   much quicker than the first time; rows and values must not change in between. */
struct program_session;
struct program_session *program_open(const struct program *p);
void program_solve(struct program_session *s, struct arena *a, const struct program_wish *wish, struct program_answer *out);
void program_close(struct program_session *s);

#endif

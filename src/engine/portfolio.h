/* Choosing a portfolio: which applications to fund, and at which cost, under budgets, floors, ceilings, caps and conditions.

   portfolio_solve finds a selection of the greatest total score and proves how far from it any other could be; portfolio_check judges
   a selection from the rules as they are written (it shares nothing with the solver); portfolio_price says what an override costs.

   Money is int64 fen, scores are milli-points (1 point = 1000). Callers may fill the structures from records as well as from files.
   Everything is owned by the arena of the cx that made it. Pure: no clock (a caller hands one in), no files. */
#ifndef ENGINE_PORTFOLIO_H
#define ENGINE_PORTFOLIO_H

#include "base/fail.h"
#include "engine/names.h"
#include "engine/program.h"

enum { PORTFOLIO_OPTIONS_MAX = 200000, PORTFOLIO_RULES_MAX = 5000 };
#define PORTFOLIO_MONEY_MAX INT64_C(90000000000000)     /* fen, all options together: sums in basis points stay within 64 bits */

/* One way to fund one application. An application with several (tiers of cost) gets one of them at most. */
struct portfolio_option {
	int application;                /* index */
	struct str tier;                /* "" when there is only one */
	int64_t cost;                   /* fen, ≥ 0 */
	int64_t score;                  /* milli-points */
	int64_t sd;                     /* standard error of the score, milli-points; -1: not known */
	const struct str *cell;         /* its texts by column: divisions, organisations, tags, further money */
	int line;                       /* in the file, for messages */
};

/* A cell may hold several values, `;` between them, each with a weight: "battery:60;control:40". Without one it counts wholly. */

enum portfolio_kind {
	PORTFOLIO_CEILING,      /* weighted money ≤ amount (a budget), or ≤ share of all the money spent */
	PORTFOLIO_FLOOR,        /* weighted money ≥ amount, or ≥ share */
	PORTFOLIO_AT_MOST,      /* applications ≤ amount */
	PORTFOLIO_AT_LEAST,     /* applications ≥ amount */
	PORTFOLIO_EXCLUDE,      /* at most one of the applications named */
	PORTFOLIO_NEEDS,        /* the first only with all the others */
	PORTFOLIO_MUST,         /* each of the applications named */
	PORTFOLIO_NEVER,
	PORTFOLIO_RATIO         /* money of one column : money of another ≥ p : q */
};

struct portfolio_rule {
	enum portfolio_kind kind;
	int64_t amount;                 /* fen, applications, or basis points when `share` */
	bool share;
	int of;                         /* money column, -1: cost */
	int per;                        /* RATIO: the other money column, -1: cost */
	int64_t p, q;
	int in;                         /* column that says which options count, -1: all */
	struct str value;               /* … those with this value */
	bool each;                      /* one such rule for every value of column `in` */
	/* AT_LEAST: only applications that score at least this count, and where there are fewer of them, all are enough; INT64_MIN: not asked */
	int64_t quality;
	const int *application;         /* EXCLUDE, NEEDS, MUST, NEVER */
	int n_application;
	struct str text;                /* as written: the rule's name in every message */
	int line;
};

struct portfolio {
	const char *file, *rules_file;  /* for messages */
	const struct str *column;       /* names of the cells */
	int n_column;
	struct names application;       /* identifiers */
	const struct portfolio_option *option;  /* options of an application stand together */
	int n_option;
	const struct portfolio_rule *rule;
	int n_rule;
	/* What is wanted, in this order: the score, then the spread, then the certainty. */
	int spread;                     /* column whose different values should be many, -1: not asked */
	bool certain;                   /* then the least sum of squared standard errors */
	int64_t caution;                /* the score counts less this many thousandths of its standard error */
};

/* ---- reading (portfolio_read.c, portfolio_rules.c) ---- */

/* A CSV with a header row: id, score, cost (yuan or "12万元"); tier, sd and any further columns. `text` is decoded UTF-8.
   The same id on several rows: tiers. Fails with file:line, all mistakes of the file in one run. */
enum rc portfolio_read(struct cx *cx, struct str text, const char *file, struct portfolio *out) MUST_USE;
/* Rules as in docs/portfolio.md; `text` empty: none. Fails with file:line:column. */
enum rc portfolio_rules(struct cx *cx, struct str text, const char *file, struct portfolio *p) MUST_USE;
int portfolio_column(const struct portfolio *p, struct str name);      /* -1: none of that name */
/* What an option is worth after caution, milli-points. */
int64_t portfolio_worth(const struct portfolio *p, const struct portfolio_option *o);
/* Cut the next value of a cell off, with its weight in percent; false at the end. A weight that is not 1…100 belongs to the name. */
bool portfolio_value(struct str *rest, struct str *value, int *percent);

/* ---- solving (portfolio_model.c, portfolio_solve.c) ---- */

struct portfolio_model;

struct portfolio_wish {
	int64_t gap_ppm;                /* 0: the optimum */
	int64_t (*clock_ms)(void);      /* NULL: no limit */
	int64_t limit_ms;               /* from now on that clock */
	bool (*stop)(void *ctx);        /* asked now and then; true: the best so far with its bound, as when time is up. NULL: nobody asks */
	void *stop_ctx;
	bool quick;                     /* prices only: a good selection instead of the best one, between proven limits */
};

enum portfolio_ties { PORTFOLIO_UNIQUE, PORTFOLIO_TIED, PORTFOLIO_TIES_UNKNOWN };

struct portfolio_result {
	enum program_status status;
	signed char *chosen;            /* by option; NULL when there is none */
	int n_chosen;
	int64_t total, bound;           /* milli-points; bound: no selection has more */
	int64_t cost;                   /* fen */
	int64_t values, variance;       /* second and third wish: different values, Σ sd² */
	/* By application: milli-points lost at least if it were decided the other way. 0 means: nothing is known. */
	int64_t *price;
	/* Another selection with the same total (and spread, and certainty): the tie is for people to break. Looked for when the optimum was
	   asked for (gap 0) and proven, in the time that is left. */
	enum portfolio_ties ties;
	signed char *other;             /* by option, when TIED */
	const int *conflict;            /* IMPOSSIBLE: rules that cannot hold together; leaving any one of them out mends it */
	int n_conflict;
	int core, nodes;
	struct program_session *session;        /* until portfolio_done */
	struct portfolio_model *model;
};
/* Ends with RC_OK also when there is no selection; `status` says so. */
enum rc portfolio_solve(struct cx *cx, const struct portfolio *p, const struct portfolio_wish *wish, struct portfolio_result *out) MUST_USE;

/* What deciding one application the other way costs. */
struct portfolio_price {
	enum program_status status;     /* IMPOSSIBLE: the rules do not allow it at all */
	int64_t lost;                   /* milli-points: the total of the portfolio less that of `chosen` */
	int64_t least, most;            /* proven limits of what the best selections lose: equal when both are optimal */
	signed char *chosen;            /* by option: the best selection that has it that way */
};
/* `option` ≥ 0: fund this option (tier); otherwise do not fund `application` at all. Uses what portfolio_solve left in `solved`:
   the relaxation is not started anew, which makes it about as quick as a small problem. */
enum rc portfolio_price(struct cx *cx, const struct portfolio *p, const struct portfolio_wish *wish, const struct portfolio_result *solved, int application,
			int option, struct portfolio_price *out) MUST_USE;
/* Ends what portfolio_solve keeps for prices. */
void portfolio_done(struct portfolio_result *solved);

/* ---- checking (portfolio_check.c) ---- */

struct portfolio_breach {
	int rule;                       /* -1: not a rule but the selection itself (two tiers of one application) */
	struct str value;               /* of an `each` rule */
	int64_t is, limit;              /* in the rule's unit: fen, applications, or basis points */
	struct str zh, en;
};
struct portfolio_verdict {
	struct portfolio_breach *breach;
	int n_breach;
	int64_t total, cost;            /* milli-points, fen */
	int n_chosen;
};
/* `chosen` by option. Judges by the words of the rules alone, in integers. */
enum rc portfolio_check(struct cx *cx, const struct portfolio *p, const signed char *chosen, struct portfolio_verdict *out) MUST_USE;

/* ---- inside src/engine, and for tests and peers: the rules as a 0-1 programme over the options ---- */

struct portfolio_model {
	struct program *program;
	int *rule;                      /* by row: the rule it comes from, -1: one tier an application */
};
enum rc portfolio_model(struct cx *cx, const struct portfolio *p, struct portfolio_model *out) MUST_USE;
/* The money of an option in a column, -1: its cost. Fails with file:line when the cell is no amount. */
enum rc portfolio_money(struct cx *cx, const struct portfolio *p, const struct portfolio_option *o, int column, int64_t *fen) MUST_USE;

#endif

/* Which experts review which applications.

   Pure: arrays in, arrays out, deterministic; everything returned lives in cx->arena. An application needs `need` different experts, an
   expert takes between `min` and `max` applications, only candidate pairs may be used, and the total affinity is the greatest possible.
   That is a transportation problem; so is "at most one expert of an organisation for an application". Both are solved exactly, and the
   answer carries prices of the experts that prove it (assign_bound works the bound out from the prices alone). The other rules leave
   this class: they are kept by multipliers around the exact core and a 0-1 programme for the rest; `bound` is then proven all the same,
   and the status is ASSIGN_FEASIBLE while a gap is left. Rules are never broken: where no assignment keeps them the answer says which clash.

   Method: forward auction with scaled steps (Bertsekas 1988), then shortest augmenting paths on the same prices. Peak memory about
   8 bytes a candidate pair for the caller's arrays and 150 bytes an application besides. */
#ifndef ENGINE_ASSIGN_H
#define ENGINE_ASSIGN_H

#include "base/arena.h"
#include "base/fail.h"

enum {
	ASSIGN_FORBIDDEN = INT32_MIN,   /* as an affinity: a candidate in conflict */
	ASSIGN_AFFINITY_MAX = 100000000, ASSIGN_NEED_MAX = 64, ASSIGN_QUOTA_MAX = 16
};

enum assign_objective {
	ASSIGN_TOTAL,           /* the greatest total affinity */
	ASSIGN_FAIR,            /* the weakest pairs first: as few as possible at the lowest affinity, then at the next, … (leximin) */
	ASSIGN_FAIR_TOTAL       /* the lowest affinity used as high as possible, then the greatest total */
};
/* UNKNOWN: stopped before an answer was found or excluded (under side rules only). */
enum assign_status { ASSIGN_OPTIMAL, ASSIGN_FEASIBLE, ASSIGN_INFEASIBLE, ASSIGN_UNKNOWN };

/* Of the experts of one application, at least `least` and at most `most` belong to a class: expert[e] > 0, or, when `application` is
   given, expert[e] == application[a] (negative values belong to nothing). `zh`, `en` name the class in messages. */
struct assign_quota { int32_t least, most; const int32_t *expert, *application; const char *zh, *en; };
/* One expert gets at most `most` applications with the same group[a] (negative: of no group). */
struct assign_cap { int32_t most; const int32_t *group; const char *zh, *en; };

/* All arrays are borrowed and must outlive the answer. */
struct assign_input {
	int n_application, n_expert;
	const int32_t *need;            /* by application, 0 … ASSIGN_NEED_MAX */
	const int32_t *min, *max;       /* by expert; min NULL: 0 */
	const uint32_t *row;            /* n_application + 1: where the pairs of an application begin */
	const int32_t *expert;          /* by pair: increasing inside a row */
	const int32_t *affinity;        /* by pair */

	const int32_t *one;             /* by expert: at most one of an organisation for an application; negative: of none; NULL: no rule */
	const struct assign_quota *quota;
	int n_quota;
	const struct assign_cap *cap;
	int n_cap;
	const int32_t *applicant;       /* by application: the expert who applies, negative: none of them */
	int cycle;                      /* 2, 3: no two (or three) applicants review each other in a ring; 0: no rule */

	const struct str *application_id, *expert_id;   /* for messages; NULL: numbers from 1 */
	const struct str *field;        /* by application, for messages: its discipline; NULL: none */
};

struct assign_options {
	enum assign_objective objective;
	uint64_t seed;
	bool draw;                      /* among equals by chance from the seed: pairs count as equal within `tolerance` */
	int32_t tolerance;
	bool (*stop)(void *ctx);        /* asked now and then; true: the best answer so far with its bound, FEASIBLE or UNKNOWN */
	void *stop_ctx;
};

struct assign_reason { struct str zh, en; };

struct assign_result {
	enum assign_status status;
	int64_t total, bound;           /* of the affinities; bound >= every possible total (for FAIR: of those equally fair) */
	int64_t unfilled;               /* places that cannot be filled; the pairs are a largest possible part then */
	int32_t worst;                  /* the lowest affinity of a pair used */
	int64_t worst_total;            /* the lowest total of an application */
	const uint32_t *first, *pair;   /* application a has pair[first[a]] … pair[first[a + 1] - 1], increasing */
	const int64_t *price;           /* by expert, in units of affinity; proves `bound` when the input has no rules but `one`. NULL otherwise */
	const struct assign_reason *reason;
	int n_reason;                   /* why it is infeasible: a smallest set of clashing needs; why it is unknown */
};

/* RC_INVALID when the input is malformed. Infeasible is an answer. */
enum rc assign_solve(struct cx *cx, const struct assign_input *in, const struct assign_options *o, struct assign_result *out) MUST_USE;

/* The bound that prices prove, for the rules of the transportation problem; other rules can only lower the true optimum. */
int64_t assign_bound(const struct assign_input *in, const int64_t *price);

/* Does an assignment keep every rule? Looks at nothing but the input: `reason` names each breach. `pair` as in the result. */
struct assign_check { int64_t total; int32_t worst; int64_t worst_total; const struct assign_reason *reason; int n_reason; };
enum rc assign_check(struct cx *cx, const struct assign_input *in, const uint32_t *first, const uint32_t *pair, struct assign_check *out) MUST_USE;

/* What if: a session over an exact answer. Each change is mended by shortest paths on the prices kept, in milliseconds, exact and still
   proven; among equally good answers the one with fewest changed pairs. Rules beyond `one` are not kept here: solve again with
   assign_keep for those. The session owns a copy of the affinities. */
struct assign_session;
enum assign_change_kind { ASSIGN_FORBID, ASSIGN_FORCE, ASSIGN_LOAD };
struct assign_change { enum assign_change_kind kind; int32_t application, expert, min, max; };
struct assign_diff {
	int64_t total, bound, unfilled; /* bound == total unless something is unfilled */
	const uint32_t *added, *removed;        /* pairs */
	int n_added, n_removed;
};
/* `price` and the assignment as assign_solve gave them. An assignment that these prices do not prove optimal is improved first. */
enum rc assign_session_open(struct cx *cx, const struct assign_input *in, const struct assign_result *from, struct assign_session **out) MUST_USE;
enum rc assign_session_change(struct cx *cx, struct assign_session *s, const struct assign_change *change, int n, struct assign_diff *out) MUST_USE;
/* The present assignment, as in a result. */
void assign_session_pairs(struct cx *cx, const struct assign_session *s, const uint32_t **first, const uint32_t **pair);
int64_t assign_session_proof(const struct assign_session *s);  /* the bound worked out afresh from the prices: slow, equals total */

/* Why is this pair there, or not? One sentence for each fact, from the prices of the result. */
enum rc assign_explain(struct cx *cx, const struct assign_input *in, const struct assign_result *r, int application, int expert,
	const struct assign_reason **reason, int *n) MUST_USE;

#endif

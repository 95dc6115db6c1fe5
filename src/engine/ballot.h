/* The public rules by which votes decide a budget (participatory budgeting), for transparency and comparison with the optimum.

   Rules: greedy (by score, what still fits), greedy without skipping (stop at the first that does not fit), threshold (greedy among
   projects that reach a least score), equal shares (Peters, Pierczyński, Skowron 2021: every voter has the same share; the project whose
   supporters can pay for it at the least price per unit of satisfaction comes next; satisfaction is the money spent on projects one
   voted for; then every share is raised by one unit of the currency while the result still fits, and what is left is used greedily).
   Ties are broken by the order of the file and always reported.

   Reads Pabulib files (.pb, http://pabulib.org/format). Money is hundredths of the currency's unit. Pure. */
#ifndef ENGINE_BALLOT_H
#define ENGINE_BALLOT_H

#include "base/fail.h"
#include "engine/names.h"

enum ballot_rule { BALLOT_GREEDY, BALLOT_NO_SKIP, BALLOT_THRESHOLD, BALLOT_EQUAL_SHARES, BALLOT_RULES };

struct ballot_project {
	struct str id;
	int64_t cost;
	int64_t votes, score;           /* score = votes when ballots are approvals */
	int official;                   /* the outcome in the file: 1, 0, or -1: not said */
};
struct ballot_vote { const int *project; const int64_t *points; int n; };

struct ballot {
	int64_t budget;
	bool points;                    /* voters gave points, not only approvals */
	int64_t threshold;              /* min_project_score_threshold, 0: none */
	struct str rule;                /* as the file says: "greedy", "unknown" … */
	struct ballot_project *project;
	int n_project;
	const struct ballot_vote *vote;
	int n_vote;
	int miscounted;                 /* projects whose votes or score in the file differ from a recount */
};

struct ballot_outcome {
	signed char *chosen;            /* by project */
	int64_t cost, score;
	const int *tied;                /* projects for which only the order of the file decided */
	int n_tied;
};

/* `text` is decoded UTF-8 and stays the caller's. Fails with file:line. */
enum rc ballot_read(struct cx *cx, struct str text, const char *file, struct ballot *out) MUST_USE;
/* The rule a file names; false: none of ours (or "unknown"). */
bool ballot_rule_of(struct str name, enum ballot_rule *rule);
const char *ballot_rule_name(enum ballot_rule rule);
/* Equal shares needs votes: without any it fails (ballot.votes). */
enum rc ballot_count(struct cx *cx, const struct ballot *b, enum ballot_rule rule, struct ballot_outcome *out) MUST_USE;

#endif

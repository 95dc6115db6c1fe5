/* What a declared scoring ranks: the items of a group and the sheets that score them, as far as the viewer may see both. A sheet is read
   only through grants that show every field its score is worked out from. */
#ifndef REC_SCORING_H
#define REC_SCORING_H

#include "rec/list.h"

struct scored_item { int64_t id, rev; struct str number, title; const struct state_def *state; };
struct scored_sheet {
	int64_t id, reviewer;
	int item;                       /* its place among the items */
	struct str number;
	bool scored, votes, for_it;     /* a sheet without a score is missing, never 0 */
	int64_t score;                  /* millionths of a point */
	bool named;                     /* the viewer may see who the reviewer is */
};
struct scored_items { VEC(struct scored_item); };
struct scored_sheets { VEC(struct scored_sheet); };
/* Items by id, sheets by item, then by a keyed digest: their order tells nothing. */
enum rc scored_read(struct rx *rx, const struct scoring_def *s, int64_t group, struct scored_items *items, struct scored_sheets *sheets) MUST_USE;
/* What the declaration says can be chosen; 0 when it says nothing, or too little is filled in. */
enum rc scored_cut(struct rx *rx, const struct scoring_def *s, int64_t group, int *cut) MUST_USE;
/* Six characters for a reviewer within a group, the same on every page and untraceable without the installation's key. */
struct str scored_code(struct rx *rx, int64_t group, int64_t reviewer);

#endif

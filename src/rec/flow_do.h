/* What a move does, from the closed list of actions. Called by flow.c only. */
#ifndef REC_FLOW_DO_H
#define REC_FLOW_DO_H

#include "rec/flow.h"

/* An expression over the record, `values` in place of what it holds. */
enum rc flow_value(struct rx *rx, const struct type_def *t, const struct record *rec, struct val values, const struct expr *e, struct val *out) MUST_USE;
/* The guards about what the move asks, over the record with the answers in `values`; the first that does not hold fails. */
enum rc flow_guards(struct rx *rx, const struct type_def *t, const struct record *rec, const struct move_def *m, struct val values) MUST_USE;
/* `set` actions: worked out over the record as it is with `values` laid over it, in order, into `values`. */
enum rc flow_sets(struct rx *rx, const struct type_def *t, const struct record *rec, const struct move_def *m, struct val *values) MUST_USE;
/* The others, after the record has moved; `reason` goes on to the moves and notices they cause. */
enum rc flow_actions(struct rx *rx, const struct type_def *t, const struct record *rec, const struct move_def *m, struct str reason) MUST_USE;

#endif

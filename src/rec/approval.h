/* Moves that several people must make (`approvals N;`): each one's agreement is an event, the move happens with the last.
   What changes the record in between, a save, another move or other answers to what the move asks, voids the agreement so far:
   nobody has agreed to what they did not see. Called by flow.c only. */
#ifndef REC_APPROVAL_H
#define REC_APPROVAL_H

#include "rec/flow.h"
#include "rec/query.h"

/* SQL: this viewer has not agreed yet (to be put after AND). */
void approval_cond(struct query *q, const struct move_def *m);
/* *needed: how many people; *have: how many others agreed so far. 1 and 0 for moves of one. */
enum rc approval_count(struct rx *rx, const struct type_def *t, const struct record *rec, const struct move_def *m, int *have, int *needed) MUST_USE;
/* Keep one person's agreement: the answers in `values` stay with the record. `req` gives the reason and where it came from. */
enum rc approval_add(struct rx *rx, const struct type_def *t, const struct record *rec, const struct move_def *m, struct val values,
	const struct move_request *req) MUST_USE;

#endif

/* Moves: who may make which, what stands in the way, what they do. And from the same facts: to-do lists, and who has a record now. */
#ifndef REC_FLOW_H
#define REC_FLOW_H

#include "rec/form.h"

struct move_option {
	const struct move_def *move;
	bool allowed;                           /* this viewer may make it, now */
	bool named;                             /* it is this viewer's to make, but a guard or four-eyes rule is in the way */
	const struct guard_def *blocked;        /* the first guard that does not hold */
	bool four_eyes;                         /* the viewer made an earlier step that rules this one out */
	int have, needed;                       /* people who agreed so far, the viewer not counted, and how many must; 0 and 1: any one makes it */
};
struct move_options { VEC(struct move_option); };
/* Every move out of the record's state, in declared order (those of others too, so that a page can say what comes next). */
enum rc flow_options(struct rx *rx, const struct type_def *t, const struct record *rec, struct move_options *out) MUST_USE;

/* What a move would write into other records (its `set REF.…`), as far as the viewer sees it there: before it, and after. */
struct effect { const struct action_def *action; const struct type_def *type; int64_t id; struct str title; struct val before, after; };
struct effects { VEC(struct effect); };
enum rc flow_effects(struct rx *rx, const struct type_def *t, const struct record *rec, const struct move_def *m, struct effects *out) MUST_USE;

/* Make a move: rights, guards, completeness and checks when the record leaves its draft, the asked fields, then the actions.
   A move that several people must make leaves the record where it is until the last of them: see rec/approval.h.
   `raw` are the asked fields as typed, `notes` the notes on warnings. All inside the caller's transaction. */
struct move_request { struct str move, reason; struct val raw, notes; int64_t rev; struct str remote; };
enum rc flow_move(struct rx *rx, const struct type_def *t, int64_t id, const struct move_request *req, struct record *after) MUST_USE;

/* Would it be made? The same failures, and nothing is written (`req->notes` must be null). `answered` false: before the asked fields
   and the reason are filled in, so they are not judged. */
enum rc flow_look(struct rx *rx, const struct type_def *t, int64_t id, const struct move_request *req, bool answered) MUST_USE;

/* The checks that a move out of draft would meet, for the page before it. */
bool flow_judges(const struct move_def *m);

/* Until when (inclusive) the record should have left its state; 0: the state says nothing of it. */
enum rc flow_due(struct rx *rx, const struct type_def *t, const struct record *rec, int32_t *day) MUST_USE;

struct todo {
	const struct type_def *type;
	const struct move_def *move;
	int64_t id, changed_ms;
	struct str title, number;
	const struct state_def *state;
	const struct guard_def *blocked;        /* what the viewer, who may change the record, has to see to first, or (timed) what has not come; NULL: the move is open */
	int32_t due;                            /* the last day to do it, by the state's `due`; 0: none */
};
struct todo_list { VEC(struct todo); };
enum { TODO_MAX = 200 };
/* What waits for this viewer, oldest first: one entry a record, with the first move it waits for. */
enum rc flow_todo(struct rx *rx, struct todo_list *out) MUST_USE;

/* Moves `by system` whose time has come, for every record; at most `limit`. *done counts them. */
enum rc flow_tick(struct rx *rx, int limit, int *done) MUST_USE;

/* Mail to whom a grant names (for a record): one outbox row an account. `reason`: what {reason} stands for. */
enum rc mail_notify(struct rx *rx, const struct type_def *t, const struct record *rec, const struct grant *to, const struct mail_def *mail,
	struct str reason) MUST_USE;

#endif

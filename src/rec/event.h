/* The audit trail: one event for every change, in the same transaction, each bound to the one before by a keyed hash.
   The head is written to a file outside the database after each durable batch, so that a cut tail or an old copy shows. */
#ifndef REC_EVENT_H
#define REC_EVENT_H

#include "rec/rx.h"

struct event {
	int64_t seq, at_ms, account;
	struct str actor_zh, actor_en;          /* filled when read */
	struct str type;                        /* record type, or "account", "session", "region" … */
	int64_t record, rev;
	struct str act;                         /* create, save, move, delete, sign-in, sign-out, import, open … */
	struct str move, from, to;
	struct str reason;
	struct val changes;                     /* {field: [before, after]}; sealed values as digests only */
	struct str remote;
};

enum rc event_add(struct rx *rx, const struct event *e) MUST_USE;
/* Of one record, oldest first. Changes are as stored: the caller removes what the viewer may not see. */
struct event_list { struct event *v; int n; };
enum rc event_list(struct rx *rx, struct str type, int64_t record, struct event_list *out) MUST_USE;
/* The newest event as the chain has it: "" and 0 when there is none. */
enum rc event_head(struct rx *rx, int64_t *seq, struct str *hash) MUST_USE;
/* After a durable batch: append the newest head to the anchor file. */
enum rc event_anchor(struct rx *rx) MUST_USE;
/* Recompute the whole chain and compare with every anchor; each break is a failure with its sequence number. */
enum rc event_verify(struct rx *rx, int64_t *checked) MUST_USE;

#endif

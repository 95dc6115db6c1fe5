/* Reading and writing records as rows: no rights and no rules here, except that sealed fields are opened only for their owner. */
#ifndef REC_STORE_H
#define REC_STORE_H

#include "rec/access.h"

struct record {
	int64_t id, rev;
	const struct state_def *state;
	struct str number, division;
	int64_t owner, author, org, created_ms, changed_ms, region_rev;
	bool sealed;                    /* its sealed fields are closed, and this reader may not open them */
	struct val values;              /* by field name; tables are lists of maps by column name */
};

/* Read with the fields of `mask` (computed ones too). RC_MISSING when there is no such row. */
enum rc record_read(struct rx *rx, const struct type_def *t, int64_t id, const struct mask *mask, struct record *out) MUST_USE;

/* A new row: `head` gives state, owner, author, org, division and number (id and rev are given here). */
enum rc record_insert(struct rx *rx, const struct type_def *t, const struct record *head, struct val values, int64_t *id) MUST_USE;
/* Change the fields present in `values`, the state and the number; RC_CONFLICT unless the row still has `rev`.
   `values` gets the rows of criteria that follow from them. */
enum rc record_update(struct rx *rx, const struct type_def *t, const struct record *old, struct val values, const struct state_def *state,
	struct str number) MUST_USE;
/* One table alone, without a new revision. */
enum rc record_put_rows(struct rx *rx, const struct table_def *t, int64_t parent, struct val rows) MUST_USE;
/* A draft that was never filed, by the account that made it. */
bool record_deletable(const struct rx *rx, const struct right *right, const struct record *rec);
enum rc record_delete(struct rx *rx, const struct type_def *t, const struct record *old) MUST_USE;

/* The sealed part of a row, opened for its owner (or the opening itself); VNULL for anybody else, and for rows that are not sealed. */
enum rc record_unseal(struct rx *rx, const struct type_def *t, int64_t id, int64_t owner, int64_t org, struct str sealed, struct val *out) MUST_USE;
bool type_seals(const struct type_def *t);              /* has sealed fields or tables */

/* The name people know a record by, in one language; "" when it has none. */
struct str record_title(const struct type_def *t, const struct record *r);
/* The record's values with its built-in fields, as expressions see them; `over` is laid on top. A record that does not exist yet
   (id 0) has the viewer's organisation, person and division. */
struct val record_whole(struct rx *rx, const struct record *rec, struct val over);
/* The next number by the type's pattern, for the record `rec` (id 0: a new one) with `values` laid over what it holds. Without gaps: the
   counter is part of the caller's transaction. Unique within the type. */
enum rc record_number(struct rx *rx, const struct type_def *t, const struct record *rec, struct val values, struct str *out) MUST_USE;
/* For an event: what a change of these values did, sealed ones as digests. */
struct val record_changes(struct rx *rx, const struct type_def *t, const struct record *old, struct val values);

/* Working copies: what was typed, whole and unchecked, kept (encrypted) until it is saved. `record` 0: a new one. */
enum rc draft_put(struct rx *rx, const struct type_def *t, int64_t record, struct val raw) MUST_USE;
enum rc draft_get(struct rx *rx, const struct type_def *t, int64_t record, struct val *raw, int64_t *saved_ms) MUST_USE;    /* VNULL: none */
enum rc draft_drop(struct rx *rx, const struct type_def *t, int64_t record) MUST_USE;

#endif

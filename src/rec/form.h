/* From what was typed to typed values, and what is still missing or wrong. The same code judges drafts, submissions, the API and imports. */
#ifndef REC_FORM_H
#define REC_FORM_H

#include "rec/store.h"

/* Parse `raw` (a map: field → text, or a typed JSON value; table → list of maps) into typed values. Only editable fields that are
   present are taken; anything that cannot be read as its kind is a failure at its field path, and the others are still parsed.
   An empty text clears the field. Table rows that are wholly empty are dropped. */
enum rc form_parse(struct rx *rx, const struct type_def *t, struct val raw, const struct mask *editable, struct val *values) MUST_USE;
/* Parse one field; `path` is where failures point. */
enum rc form_parse_field(struct rx *rx, const struct field_def *f, struct str path, struct val raw, struct val *out) MUST_USE;
/* A typed value as the text an input shows, and back the same. */
struct str form_text(struct rx *rx, const struct field_def *f, struct val v);
/* What expressions see of a record (NULL: a new one) with these values; *l must outlive the environment. */
struct expr_env form_env(struct rx *rx, const struct type_def *t, const struct record *rec, struct val values, struct lookup *l);
/* `default` expressions of a new record. */
enum rc form_defaults(struct rx *rx, const struct type_def *t, struct val *values) MUST_USE;

/* What a record lacks before it may leave its draft: required fields and rows, limits, unique values. One failure each.
   `rec` is the record as stored, NULL for a new one; `values` are all its values as they would be. */
enum rc form_complete(struct rx *rx, const struct type_def *t, const struct record *rec, struct val values) MUST_USE;

/* May this value be written into the field, by whatever writes it: min, max, unique (of records other than `id`)? */
enum rc form_fits(struct rx *rx, const struct type_def *t, int64_t id, const struct field_def *f, struct val v) MUST_USE;

/* The declared checks over these values. */
struct check_result {
	const struct check_def *check;
	int row;                        /* of its table, from 1; 0: the record */
	struct str shown;               /* both sides with their numbers */
	struct str name;                /* for notes: "name" or "name.row" */
};
struct check_list { VEC(struct check_result); };
/* Those that do not hold, whatever their level. */
enum rc form_checks(struct rx *rx, const struct type_def *t, const struct record *rec, struct val values, struct check_list *out) MUST_USE;
/* Errors, and warnings without a note in `notes` (map name → text), become failures. */
enum rc form_judge(struct rx *rx, const struct check_list *checks, struct val notes) MUST_USE;

#endif

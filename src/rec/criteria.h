/* The self-assessment of a record: one row for each criterion in force, judged by the numbers filled in.
   Rows are never typed. While a record is a draft they follow the measures of its day; from filing on they stay as they are, with the
   document number they were judged by, whatever measures come later. */
#ifndef REC_CRITERIA_H
#define REC_CRITERIA_H

#include "rec/store.h"

/* The rows of a draft with these values: criteria of every measure in force whose `for` holds, in declared order. Statements, files and
   verdicts are taken over from the rows already in `values`. `rec` NULL: a record that does not exist yet. */
enum rc criteria_rows(struct rx *rx, const struct type_def *t, const struct record *rec, struct val values, struct val *rows) MUST_USE;
/* Bring the criteria in `values` (a change of `old`) up to date: of a draft all rows; of others the rows of `old`, with the verdicts and
   notes that `values` gives. Nothing for types without criteria. Doing it twice changes nothing more. */
enum rc criteria_follow(struct rx *rx, const struct type_def *t, const struct record *old, struct val values) MUST_USE;
/* May this column be filled in, in a draft or after it? */
bool criteria_open(const struct field_def *column, bool draft);
/* The criterion a row stands for; NULL when it is not declared any more. */
const struct criterion_def *criteria_of(const struct region *r, struct val row);

#endif

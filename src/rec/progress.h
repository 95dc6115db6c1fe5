/* How the records of a type move on: where they stand, how long each state lasts, what stands longer than usual, who does how much.
   From states and events alone, for any type, over what the viewer may see: every count is that of the list it leads to. */
#ifndef REC_PROGRESS_H
#define REC_PROGRESS_H

#include "rec/list.h"

enum { PROGRESS_EVENTS_MAX = 1000000, PROGRESS_LATE_MAX = 100, PROGRESS_PEOPLE_MAX = 60, PROGRESS_USUAL_LEAST = 5, PROGRESS_DAYS = 30 };

/* How many are in each state, by its index. */
enum rc progress_counts(struct rx *rx, const struct type_def *t, int64_t *count) MUST_USE;

struct progress_step {
	int64_t now;                    /* records in the state */
	int64_t ended;                  /* times that a record has left it */
	int64_t median_ms, high_ms;     /* half, and nine tenths, of those took no longer; -1: none has left */
	int64_t late;                   /* records in it past the day that the state declares for them; else for longer than high_ms (known from
					   PROGRESS_USUAL_LEAST on) */
};
struct progress_late { int64_t id, since_ms; const struct state_def *state; int32_t due; };     /* due: the declared day that has passed; 0: by the usual */
struct progress_person { struct str name_zh, name_en; int64_t moves; };
struct progress {
	struct progress_step *step;     /* by state */
	struct progress_late *late;     /* longest first */
	int n_late, late_all;
	struct progress_person *person; /* staff only, by what they did in the last PROGRESS_DAYS; most first */
	int n_person;
	bool cut;                       /* more events than PROGRESS_EVENTS_MAX: the rest was not read */
};
enum rc progress_read(struct rx *rx, const struct type_def *t, struct progress *out) MUST_USE;

/* By a code or ref field: one row a value, counts by state; rows by their sum. The field must be one that lists filter by. */
struct progress_row { struct val value; int64_t *count, sum; };
struct progress_rows { VEC(struct progress_row); };
bool progress_splits(const struct type_def *t, const struct field_def *f);
enum rc progress_by(struct rx *rx, const struct type_def *t, const struct field_def *f, struct progress_rows *out) MUST_USE;

#endif

/* The verdicts on the criteria of many records: what waits for whoever judges them, and giving verdicts to many at once.

   A record stands on the desk while it is in a state declared `judged` that is no draft, the viewer may see it and change it, and a right
   of the viewer's covers the table of criteria there. Figures tell what they can (judged); a row is open while neither they nor a person
   has found it met. Counts are of the rows as last stored, so that the desk of thousands is one statement; the page judges anew what it shows. */
#ifndef REC_VERDICTS_H
#define REC_VERDICTS_H

#include "rec/store.h"

enum { VERDICT_DRAFT = -2, VERDICTS_MAX = 5000 };       /* the account's working copy of the desk stands under this number (draft_get) */

/* The states of the desk, for this viewer; n 0: none, so that there is no desk. */
int verdicts_states(const struct rx *rx, const struct type_def *t, const struct state_def **out, int max);
/* The ref through which the record's day is found (`day call.opens;`): what records are called for by. NULL: none. */
const struct field_def *verdicts_call(const struct type_def *t);

struct verdict_case { int64_t id, call; int open, fails; bool late; };
struct verdict_cases { VEC(struct verdict_case); bool more; };
/* All on the desk, by id. `measure` and `criterion`: only rows of this one count (both empty: all). */
enum rc verdicts_read(struct rx *rx, const struct type_def *t, struct str measure, struct str criterion, struct verdict_cases *out) MUST_USE;

bool verdict_open(const struct type_def *t, struct val row);    /* a person has to look: not met by the figures, and no verdict */
bool verdict_fails(const struct type_def *t, struct val row);   /* found not met, by a verdict or (without one) by the figures */

#endif

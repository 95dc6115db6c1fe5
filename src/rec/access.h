/* The one function that decides access: to a record, its fields, and everything derived from them.

   A viewer's rights to a type are the grants of the declaration that name one of the viewer's roles (or signed, or public). As SQL
   they are one condition on the record; lists, counts, searches, exports, choices, to-do lists, drill-downs and single reads all use it.
   Which fields show depends on which grants matched that record. */
#ifndef REC_ACCESS_H
#define REC_ACCESS_H

#include "rec/query.h"

enum { MASK_WORDS = 5 };        /* up to 320 fields and tables a type: the checker refuses more */
struct mask { uint64_t w[MASK_WORDS]; };

bool mask_has(const struct mask *m, int bit);
bool mask_field(const struct mask *m, const struct field_def *f);      /* built-ins always show; columns follow their table */
bool mask_table(const struct mask *m, const struct table_def *t);
/* Must whose record it is not be found out by this viewer: by its order, times, history (`anonymous FIELD;`)? */
bool mask_hides_who(const struct mask *m, const struct type_def *t);
struct mask mask_all(void);

/* The condition under which the viewer may do `act` to a record (scope and alias of `q`); FALSE when never. */
enum rc access_where(struct query *q, enum access_act act) MUST_USE;
/* The same, counting only grants that show this field: filters and sorting by a field must not tell what it hides. */
enum rc access_where_field(struct query *q, const struct field_def *f) MUST_USE;
/* Does a single grant (of a move, a notice) hold for the record in scope? */
enum rc access_grant(struct query *q, const struct grant *g) MUST_USE;
/* Does the division `outer` hold `inner`? Codes nest by prefix: 140000 holds 140200 holds 140203. */
bool division_holds(struct str outer, struct str inner);
/* Could the viewer's roles alone satisfy it? Without this, `access_grant` is FALSE. */
bool grant_names(const struct grant *g, const struct viewer *v);
/* May the viewer create records of this type? */
bool access_create(const struct rx *rx, const struct type_def *t);
/* Does the viewer hold a role marked `staff`? */
bool viewer_is_staff(const struct rx *rx);
/* … or change any, as far as roles tell (which ones, access_record says)? Then rows of a table may be taken in. */
bool access_fill(const struct rx *rx, const struct type_def *t);
/* Can the viewer see anything of the type at all (menus)? */
bool access_type(const struct rx *rx, const struct type_def *t);

/* For the select list: `, (cond) AS g0, …` for each grant that shows only some fields; then read the mask of a row.
   `plan` keeps which columns those are. */
struct mask_plan { const struct type_def *type; struct mask always; const struct grant *grant[64]; int n; };
enum rc access_columns(struct query *q, enum access_act act, struct mask_plan *plan) MUST_USE;
struct mask access_mask(const struct mask_plan *plan, const struct rows *r, int first_column);

/* Rights to one record. */
struct right { bool see, edit; struct mask fields, editable; };
enum rc access_record(struct rx *rx, const struct type_def *t, int64_t id, struct right *out) MUST_USE;
/* Rights as the creator of a record that does not exist yet. */
struct right access_new(const struct rx *rx, const struct type_def *t);

#endif

/* SQL from declarations: names of tables and columns, and expressions. */
#ifndef REC_QUERY_H
#define REC_QUERY_H

#include "rec/rx.h"

/* A statement being written: text and parameters grow together, in the same order. */
struct query {
	struct rx *rx;
	struct sqlb sql;
	struct paramv param;
	const struct type_def *type;    /* the record in scope … */
	int alias;                      /* … under this alias t<alias> */
	int row;                        /* alias of the row of its table that is in scope; only then columns can be named */
	int aliases;                    /* handed out so far */
	const struct query_outer *outer;        /* inside an aggregate's where: what `this.` means */
	const struct expr_env *memory;  /* the outermost record is not read from the database: its values are here */
};

struct query query_new(struct rx *rx, const struct type_def *type);
#define Q(q, lit) sqlb_add(&(q)->sql, SQL(lit))
void query_int(struct query *q, int64_t v);             /* a parameter */
void query_text(struct query *q, struct str s);
void query_table(struct query *q, const struct type_def *t, int alias);         /* "r_lab" t0 */
void query_child(struct query *q, const struct table_def *t, int alias);        /* "c_lab_person" t1 */
void query_column(struct query *q, int alias, const char *standard);            /* t0."rev"; a literal of ours */
/* The value of a field of the record in scope: its column, the standard column of a built-in, or its computation. */
enum rc query_field(struct query *q, const struct field_def *f, int alias) MUST_USE;
/* The name of the record in scope: its title field, or the title of the record that field refers to; NULL without one. */
enum rc query_title(struct query *q, const struct type_def *t, int alias) MUST_USE;
/* The value at the end of a path that starts at the record in scope. */
enum rc query_path(struct query *q, struct field_def **path, int n, bool state, int alias) MUST_USE;
/* A value or condition; a null condition is null (write `COALESCE(…, 0)` where it is negated: query_cond does). */
enum rc query_expr(struct query *q, const struct expr *e) MUST_USE;
enum rc query_cond(struct query *q, const struct expr *e) MUST_USE;
void query_states(struct query *q, struct state_def **state, int n, int alias);  /* t0.state IN ('a', 'b'); 1 when n is 0 */
void query_ids(struct query *q, const int64_t *id, int n);                        /* t0."id" IN (…); n > 0 */

enum rc query_rows(struct query *q, struct rows **out) MUST_USE;
enum rc query_one_int(struct query *q, int64_t *out, bool *found) MUST_USE;

/* expr_env.lookup for a record in memory, stored (`id`) or not yet (0): paths, aggregates over others and prev() by SQL, with its own
   values taken from the env. `ctx` is a struct lookup. */
struct lookup { struct rx *rx; const struct type_def *type; int64_t id; };
enum rc query_lookup(struct cx *cx, const struct expr_env *env, const struct expr *e, struct val *out) MUST_USE;
/* A stored column as a typed value. */
struct val column_val(struct arena *a, enum value_type type, const struct rows *r, int column);
enum value_type field_value_type(const struct field_def *f);
bool field_stored(const struct field_def *f);           /* has a column: not computed, not built in */

#endif

/* Between query.c (names, operators, aggregates) and query_call.c (functions). */
#ifndef REC_QUERY_INNER_H
#define REC_QUERY_INNER_H

#include "rec/query.h"

/* What is in scope, so that it can be put back. `memory` belongs to the outermost record only. */
struct query_outer { const struct type_def *type; int alias, row; const struct query_outer *outer; const struct expr_env *memory; };
struct query_outer query_here(const struct query *q);
void query_go(struct query *q, struct query_outer to);

void query_constant(struct query *q, struct val v);
/* The value, multiplied so that it stands in the scale of `want`. */
enum rc query_scaled(struct query *q, const struct expr *e, enum value_type want);
typedef enum rc (*emit)(struct query *q, const void *ctx);
/* x ÷ y to the nearest whole, half away from zero; null when y is 0. Both are written more than once. */
enum rc query_rounded(struct query *q, emit x, const void *xc, emit y, const void *yc);
enum rc query_call(struct query *q, const struct expr *e);
enum rc query_conflict(struct query *q, const struct expr *e);          /* assignment_sql.c */

/* SELECT owner, key … for every item (person) that has keys by `k`; `own` is its type. */
struct key_def;
enum rc query_keys(struct query *q, const struct type_def *own, const struct key_def *k);

#endif

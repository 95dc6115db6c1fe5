/* Between expr_type.c (operators, names) and expr_call.c (functions, aggregates, measures). */
#ifndef DEF_EXPR_INNER_H
#define DEF_EXPR_INNER_H

#include "def/load.h"

struct want want_of(const struct expr *e);
struct expr *expr_day(const struct scope *sc, struct expr *e);          /* an instant as its day; anything else as it is */
bool type_is_number(enum value_type t);
bool expr_meet(const struct scope *sc, struct expr **a, struct expr **b);
struct expr *expr_apart(const struct scope *sc, struct where at, const struct expr *a, const struct expr *b);     /* reports; NULL */
struct expr *expr_call(const struct scope *sc, struct expr *e, struct want want);
struct expr *expr_measure(const struct scope *sc, struct expr *e);
struct expr *expr_own_value(const struct scope *sc, struct expr *e, struct str name);   /* value.NAME inside a measure */
bool expr_is_aggregate(struct str word);
/* A call as a named condition (condition.c): its words with the call's paths in them, typed; NULL after an error. *is: there is one of this name. */
struct expr *condition_use(const struct scope *sc, const struct expr *call, bool *is);
void condition_names(const struct load *ld, struct names *n);
struct expr *expr_aggregate(const struct scope *sc, struct expr *e);

/* The functions: for typing, and for the manual. */
struct fn_row { const char *name; enum expr_fn fn; int low, high; const char *usage, *zh, *en; };
extern const struct fn_row fn_rows[];
extern const int n_fn_rows;

#endif

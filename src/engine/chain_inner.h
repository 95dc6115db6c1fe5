/* Shared inside the chain engine. */
#ifndef ENGINE_CHAIN_INNER_H
#define ENGINE_CHAIN_INNER_H

#include <math.h>

#include "base/utf8.h"
#include "base/val.h"
#include "engine/chain.h"

/* Texts with a number each; for at most the announced count of texts. */
struct chain_texts { struct str *key; int32_t *value, *slot, n; uint32_t slots; };
struct chain_texts chain_texts_new(struct arena *a, size_t most);
/* The number of the text; when it is new it gets `value`, and *fresh tells. */
int32_t chain_texts_put(struct chain_texts *t, struct str key, int32_t value, bool *fresh);
int32_t chain_texts_get(const struct chain_texts *t, struct str key);          /* -1 */

/* A line as it is written; valid while the chain and the struct are. */
enum { CHAIN_NUMBERS = 2, CHAIN_NUMBER = 40 };
struct chain_cells { struct str cell[CHAIN_CELLS]; int n; char number[CHAIN_NUMBERS][CHAIN_NUMBER]; };
void chain_cells(const struct chain *c, enum chain_table t, size_t i, struct chain_cells *out);
size_t chain_count(const struct chain *c, enum chain_table t);         /* lines of a table */

void chain_found(struct cx *cx, struct chain *c, const struct chain_finding *f);
/* Cycles of needs and kinds, and shares that add up to more than all: as findings. */
void chain_judge(struct cx *cx, struct chain *c);

/* The column of every node, edges leading right and short in sum; without cycles and self-loops. `order`: heads behind their tails; `column` is zero. */
void chain_columns(struct arena *a, int32_t n, int32_t m, const int32_t *from, const int32_t *to, const int32_t *order, int32_t *column);

static inline bool chain_known(double v) { return !isnan(v); }

#endif

/* Affinities from fields: a step of its own, its parts shown (docs/assign.md). */
#ifndef FEATURE_ASSIGN_AFFINITY_H
#define FEATURE_ASSIGN_AFFINITY_H

#include "feature/assign_rules.h"

/* The `weight` and `candidates` statements over two tables, as the pairs' CSV with one more column for each weight. */
enum rc assign_affinity(struct cx *cx, const struct assign_files *f, const struct assign_rules *rules, struct buf *out) MUST_USE;

#endif

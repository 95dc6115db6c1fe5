/* From a declared assignment to a draw: its case as the four files of `lianchuang assign`, solved by the very code that replays them, so that
   what anybody works out from the files and the seed is the same bytes. Pure: a case in, texts out. */
#ifndef FEATURE_ASSIGN_DRAW_H
#define FEATURE_ASSIGN_DRAW_H

#include "base/val.h"
#include "feature/assign_read.h"
#include "rec/assignment.h"

/* What an officer changed by hand. FORBID and FORCE name a pair, LOAD a person and bounds. */
enum draw_kind { DRAW_FORBID, DRAW_FORCE, DRAW_LOAD };
struct draw_change { enum draw_kind kind; int64_t item, person; int32_t min, max; struct str reason; };
struct draw_changes { VEC(struct draw_change); };
/* As kept: JSON. Reading takes what it wrote; anything else is RC_INVALID. */
struct str draw_changes_text(struct arena *a, const struct draw_changes *c);
enum rc draw_changes_read(struct cx *cx, struct str json, struct draw_changes *out) MUST_USE;

/* Affinity on top that makes a pair stay: forced by hand; assigned already. Plain in pairs.csv, in columns of their own. */
enum { DRAW_FORCED = 10000000, DRAW_KEPT = 1000000 };

struct draw_outcome {
	struct str items, persons, pairs, rules;        /* applications.csv, experts.csv, pairs.csv, rules.lc */
	struct str answer;                              /* assignment.csv; "" when there is none that keeps the rules */
	struct str commitment;
	struct val figures;                             /* for the page: see draw_solve */
};

/* The four files. Items are A1 …, persons E1 … by their places in the case. */
enum rc draw_files(struct cx *cx, const struct assignment_case *c, const struct draw_changes *changes, struct draw_outcome *out) MUST_USE;
/* Solves them. Figures: {status, total, bound, items, persons, places, filled, unfilled, candidates, excluded_pairs, excluded: [{label, pairs}],
   no_field (pairs used without affinity), loads: {used, most, mean}, rules: [{label, broken}], reasons: [{zh, en}], cpu_ms}. */
enum rc draw_solve(struct cx *cx, const struct assignment_case *c, const struct draw_changes *changes, uint64_t seed, struct draw_outcome *out) MUST_USE;

#endif

/* The other files of `portfolio`: OR-Library problems, Pabulib elections, and the public rules on any of them. */
#ifndef FEATURE_PORTFOLIO_OTHER_H
#define FEATURE_PORTFOLIO_OTHER_H

#include "engine/ballot.h"
#include "engine/portfolio.h"
#include "feature/engine_cmd.h"

enum { PORTFOLIO_FILE_MAX = 256 << 20, PORTFOLIO_OUT_MAX = 256 << 20 };

const char *portfolio_status_word(enum program_status s);
/* status, total, bound, gap, chosen. `scale`: of one unit of worth in millionths (points are 1000). */
void portfolio_put_figures(struct arena *a, struct val figures, enum program_status status, int64_t total, int64_t bound, int64_t chosen, int64_t scale);

/* Solve one problem of an OR-Library file: number `problem`, NULL: the first. */
enum rc portfolio_solve_orlib(struct engine_run *run, const char *path, const char *problem, const struct portfolio_wish *wish, const char *out, struct val figures) MUST_USE;
/* A Pabulib election by a public rule, or its optimum (`rule` NULL or "optimum"). "official": does the outcome in the file agree? */
enum rc portfolio_solve_pabulib(struct engine_run *run, const char *path, const char *rule, const struct portfolio_wish *wish, const char *out, struct val figures) MUST_USE;
/* Applications by score under the first whole budget of the rules, as the public rules have it: the highest tier of each, no other rule. */
enum rc portfolio_as_ballot(struct cx *cx, const struct portfolio *p, struct ballot *out) MUST_USE;
/* All public rules beside the optimum, as a list of figures; `out`: a table project × rule. */
enum rc portfolio_compare_ballot(struct engine_run *run, const struct ballot *b, const struct portfolio_wish *wish, const char *out, struct val figures) MUST_USE;

#endif

/* Inside src/engine/scores*.c: the fits, in floating point. */
#ifndef ENGINE_SCORES_INNER_H
#define ENGINE_SCORES_INNER_H

#include "engine/scores.h"

/* Some of the sheets as numbers. Lists of an application's and of a reviewer's sheets, first to last: `of`[start[i] … start[i + 1]). */
struct sheets {
	int n, applications, reviewers;
	const int *application, *reviewer;      /* by sheet */
	const double *score;
	int *a_start, *a_of, *r_start, *r_of;
	int *a_part, *r_part;                   /* component, -1: no sheet */
	int parts;
};
void sheets_index(struct arena *a, struct sheets *s);

struct fit {
	double mean, var_a, var_r, var_e;
	double *a, *r;                          /* effects, 0 for those without sheets */
	double *a_sd, *r_sd;                    /* of mean + a, and of r */
	int rounds;
	bool settled;
};
/* Mixed model. var_e > 0 on entry: where the variances start, or what they are when not to be estimated. */
void fit_shrunk(struct arena *a, const struct sheets *s, bool estimate, struct fit *f);
/* Two-way least squares; in every component the leanings add up to 0, and a[] carries the mean (f->mean is 0). */
void fit_least_squares(struct arena *a, const struct sheets *s, struct fit *f);

#endif

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
/* The same equations without a dense matrix, for components with many reviewers: solved by conjugate gradients; the traces that the
   variances need are estimated by probes of +1 and -1 (Hutchinson 1989) from a fixed seed, so that the same sheets give the same figures. */
struct sparse {
	int probes;
	double *diag, *h, *u, *right, *v;       /* by reviewer */
	double *z;                              /* probes × reviewers: the last solutions, where the next begin */
	signed char *sign;
	double *p, *q, *rest;                   /* of the solver */
	double *group, *d, *sum;                /* by application: a sum over its reviewers; sheets + ka; sum of its scores */
	double kr, c;
	double trace_a, trace_r;                /* sums of the prediction error variances ÷ noise */
	double scale_a, scale_r;                /* how much larger the true diagonal is, on average, than the local one */
};
struct sparse *sparse_new(struct arena *a, const struct sheets *s);
void sparse_solve(struct sparse *x, const struct sheets *s, double ka, double kr, bool mean, struct fit *f);
/* Standard errors: each its own local one, brought to the right mean square. */
void sparse_errors(const struct sparse *x, const struct sheets *s, struct fit *f);

/* One component's reviewers. */
struct block {
	int n, *who;            /* reviewers */
	double *m;              /* n × n: the matrix, then its Cholesky factor, then its inverse */
	double *h, *u, *right;  /* border, inverse × border, right side and then inverse × right side */
	double *work;
};

struct work {
	const struct sheets *s;
	struct arena *arena;
	struct block *block;    /* by component */
	struct sparse *sparse;  /* NULL: the dense way */
	int most;               /* reviewers of the largest component */
	int *place;             /* by reviewer: its row in its block */
	double *sum_a, *d;      /* by application: sum of scores; sheets + ka */
	double ka, kr;
	double corner, c;       /* c: variance of the mean ÷ noise */
};

/* `dense`: up to so many reviewers in a component the dense matrix is used. */
/* Mixed model. var_e > 0 on entry: where the variances start, or what they are when not to be estimated. */
void fit_shrunk(struct arena *a, const struct sheets *s, bool estimate, int dense, struct fit *f);
/* Two-way least squares; in every component the leanings add up to 0, and a[] carries the mean (f->mean is 0). */
void fit_least_squares(struct arena *a, const struct sheets *s, int dense, struct fit *f);

#endif

/* From review sheets to a ranking. Reviewers see different applications and lean differently; this says what each application's score
   would be without that, how sure it is, and whether a decision depends on the method.

   The model of the default method: score = mean + application + leaning of the reviewer + noise, the three last independent and normal
   with variances estimated from the sheets (restricted maximum likelihood by expectation-maximisation on Henderson's mixed model
   equations: Searle, Casella, McCulloch, Variance Components, 1992, ch. 8); the estimates are shrunk towards the mean by how little is
   known (best linear unbiased prediction). A calibrated score stands beside the plain mean, never instead of it.

   All scores, errors and variances outside are integers: millionths of a point (of its square for variances); probabilities are
   millionths too. Results are owned by cx->arena. Pure; the seed decides which sheets are held out. */
#ifndef ENGINE_SCORES_H
#define ENGINE_SCORES_H

#include "base/fail.h"
#include "engine/names.h"

enum { SCORES_SHEETS_MAX = 2000000, SCORES_REVIEWERS_MAX = 20000, SCORES_DENSE = 1200 };

struct scores_sheet { int application, reviewer; int64_t score; };

struct scores {
	struct names application, reviewer;
	const struct scores_sheet *sheet;       /* an application and a reviewer meet once at most */
	int n_sheet;
};

/* CSV with application, reviewer, score. `text` is decoded UTF-8 and stays the caller's. Fails with file:line, all mistakes in one run.
   An empty score is left out, never taken for 0. */
enum rc scores_read(struct cx *cx, struct str text, const char *file, struct scores *out) MUST_USE;

enum scores_method {
	SCORES_MEAN,
	SCORES_TRIMMED,         /* without the highest and the lowest, from `trim` sheets on */
	SCORES_Z,               /* each reviewer's scores brought to the same mean and spread first */
	SCORES_LEAST_SQUARES,   /* application and reviewer effects, compared within one component only */
	SCORES_SHRUNK,          /* the default */
	SCORES_METHODS
};
const char *scores_method_name(enum scores_method m);
bool scores_method_of(const char *name, enum scores_method *m);

struct scores_wish {
	enum scores_method method;      /* that decides the order and the cut */
	int cut;                        /* so many are to be funded; 0: no cut */
	int folds;                      /* hold out each sheet once, in so many parts; 0: do not */
	uint64_t seed;
	int dense;                      /* components with more reviewers are solved without a dense matrix: in time that grows with the sheets, the
	                                   effects the same, the variances and standard errors within a few hundredths; 0: SCORES_DENSE */
	int trim;                       /* of SCORES_TRIMMED, at least 3; 0: 5 */
};

/* Do all methods put an application on the same side of the cut? */
enum scores_side { SCORES_NO_CUT, SCORES_ABOVE_ALL, SCORES_BELOW_ALL, SCORES_DEPENDS };

struct scores_application {
	int64_t by[SCORES_METHODS];
	int64_t sd, low, high;          /* of the true score under SHRUNK: standard error, 95 % interval */
	int64_t above;                  /* probability that the true score is above the cut; -1: no cut */
	int rank;                       /* by the method wished, from 1; the same for the same score */
	int best, worst;                /* ranks that its interval allows: 1 + those whose whole interval is above it … n - those below */
	int64_t spread;                 /* standard deviation of its own sheets; -1: fewer than two */
	int sheets, component;
	enum scores_side side;
};

struct scores_reviewer {
	int64_t leaning, leaning_sd;    /* above 0: generous */
	int64_t spread;                 /* root mean square of what is left of the sheets: how far from the others, leaning apart */
	int64_t mean;
	int sheets, component;
};

struct scores_result {
	struct scores_application *application;
	struct scores_reviewer *reviewer;
	int64_t mean;
	int64_t var_application, var_reviewer, var_noise;
	int64_t sd_noise;               /* its root, in points */
	int64_t alpha;                  /* Krippendorff's, interval scale, millionths; INT64_MIN: no application has two sheets */
	int64_t line;                   /* the cut: midway between the last above and the first below, by the method wished */
	int components;                 /* applications linked by common reviewers; across them least squares compares nothing */
	int rounds;                     /* of the estimation of variances */
	bool settled;                   /* it came to rest */
	int tied;                       /* applications with exactly the score of the last one above the cut, when the cut parts them */
	int64_t error[SCORES_METHODS];  /* root mean square error of the prediction of held-out sheets; -1: not asked */
	int held;
};

enum rc scores_calibrate(struct cx *cx, const struct scores *s, const struct scores_wish *wish, struct scores_result *out) MUST_USE;

#endif

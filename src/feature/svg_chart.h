/* Charts as SVG, for an <img> beside the table that says the same. Shapes and hatching tell what colours do. */
#ifndef FEATURE_SVG_CHART_H
#define FEATURE_SVG_CHART_H

#include "base/buf.h"
#include "base/fail.h"

enum { CHART_ROWS = 60 };

/* One scored item: its interval as a bar, the calibrated score as a mark (disc: above by every method, ring: below, diamond: it depends),
   the plain mean as a stroke. Millionths of a point. */
struct chart_row { int rank; struct str label; int64_t low, high, value, mean; int side; };
void scoring_chart(struct buf *out, const struct chart_row *row, int n, bool cut, int64_t line, enum lang lang);

/* Bars one below the other, each with a figure in words; `more` > value: a hatched rest up to there. The pattern goes by `tone`: plain,
   wait, good, bad. */
struct chart_bar { struct str label, text; int64_t value, more; int tone; };
void bars_chart(struct buf *out, struct str caption, const struct chart_bar *bar, int n);

#endif

/* Indicators: one definition each, worked out over the records that the viewer may see. */
#ifndef REC_INDICATOR_H
#define REC_INDICATOR_H

#include "rec/list.h"

/* The figure in its own unit, millionths, not rounded to its decimals; `known` false when nothing gives it (no records, division by 0). */
enum rc indicator_figure(struct rx *rx, const struct indicator_def *i, int64_t *micro, bool *known) MUST_USE;
/* The rows behind it; false for formulas (their parts have rows). */
bool indicator_list(struct rx *rx, const struct indicator_def *i, struct list_query *out);

#endif

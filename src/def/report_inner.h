/* What the reports share. */
#ifndef DEF_REPORT_INNER_H
#define DEF_REPORT_INNER_H

#include "def/report.h"

/* The states of a type and the moves between them as SVG, deterministic; arrows carry the moves' places in declared order, from 1. */
void doc_diagram(struct buf *out, const struct type_def *t, enum lang lang);

#endif

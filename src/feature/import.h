/* Shared by import and export. */
#ifndef FEATURE_IMPORT_H
#define FEATURE_IMPORT_H

#include "rec/rx.h"
#include "web/route.h"

/* Reply with a table that has these headings and no rows: CSV, or XLSX when the request's `format` says so. */
enum rc import_template(struct page *p, const struct type_def *t, const struct str *label, int n) MUST_USE;

#endif

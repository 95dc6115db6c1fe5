/* Shared by import and export. */
#ifndef FEATURE_IMPORT_H
#define FEATURE_IMPORT_H

#include "rec/access.h"
#include "web/route.h"

/* Reply with a table that has these headings and no rows: CSV, or XLSX when the request's `format` says so. */
enum rc import_template(struct page *p, const struct type_def *t, const struct str *label, int n) MUST_USE;

/* A file without a name for an XLSX, and the reply with it: "LABEL-SUFFIX.xlsx", or "NAME-ASCII.xlsx" for programs that do not read that. */
struct sheet_target;
enum rc export_target(struct page *p, struct str tab, struct sheet_target *out) MUST_USE;
void export_reply(struct page *p, struct str name, struct str label, int fd, struct str suffix, struct str ascii);

/* Shared by reading a table and by writing one to be filled in. The column of keys ("ID.REV") is called so in either language. */
#define IMPORT_KEY_ZH "记录号"
#define IMPORT_KEY_EN "Record key"
bool import_is_key(struct str folded_heading);
struct mask import_mask(const struct rx *rx, const struct type_def *t);
bool import_takes(const struct mask *editable, const struct field_def *f);
struct str import_heading(struct page *p, const struct field_def *f);

#endif

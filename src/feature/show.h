/* Records and fields as values for pages: labels in the reader's language, texts as shown, links. */
#ifndef FEATURE_SHOW_H
#define FEATURE_SHOW_H

#include "rec/command.h"
#include "rec/list.h"
#include "web/route.h"

/* What the feature layer keeps for its pages: app->ctx. */
struct desk { const struct vault *vault; };

struct rx page_rx(struct page *p);
/* A type or record named in the path; RC_MISSING in the usual words when there is none or the viewer sees nothing of it. */
enum rc page_type(struct page *p, struct str name, const struct type_def **t) MUST_USE;
enum rc page_id(struct page *p, struct str text, int64_t *id) MUST_USE;

struct str label_of(const struct page *p, const struct label *l);
/* "/r/lab/0abc…" */
struct str record_link(struct arena *a, const struct type_def *t, int64_t id);

/* A value as people read it: code labels, yes/no, 1,234.56 元, dates and times in the zone. Refs and files are the caller's. */
struct str show_text(struct page *p, const struct field_def *f, struct val v);
/* The unit a field is shown in: its own, or the region's currency for money; "" when none. */
struct str show_unit(struct page *p, const struct field_def *f);
/* {name, label, text, kind, unit, code, link?, id?, empty, number}: refs with title and link, files with name, size and link. */
enum rc show_field(struct page *p, struct rx *rx, const struct field_def *f, struct val v, struct val *out) MUST_USE;
struct val show_state(struct page *p, const struct state_def *s);
struct val show_type(struct page *p, const struct type_def *t);
struct str show_instant(struct page *p, int64_t ms);
/* What an event did, in words: its move as the type calls it (`t` may be NULL), else its act. */
struct str show_act(struct page *p, const struct type_def *t, struct str act, struct str move);

/* Sections of fields and tables in form order: [{title, fields: […], tables: […]}]. `each` makes one field's value. */
typedef enum rc (*show_one)(struct page *p, struct rx *rx, void *ctx, const struct field_def *f, struct str path, struct val v, struct val *out);
enum rc show_sections(struct page *p, struct rx *rx, const struct type_def *t, const struct mask *mask, struct val values, show_one each, void *ctx,
	struct val *out) MUST_USE;

/* A row of criteria: {n, measure, document, criterion, title, text, hint, evidence, unverified, judged, judged_label, tone, shown} and statement,
   proof, verdict and note as `each` makes them (where it gives VNULL, as values). */
enum rc show_criterion(struct page *p, struct rx *rx, const struct table_def *t, struct val row, size_t n, show_one each, void *ctx, struct val *out) MUST_USE;

/* The JSON body of an API request (its failures are in cx); VNULL when there is none. */
struct val page_body(struct page *p);
/* Form fields as typed, by name ("target.1.goal" makes rows): what record.save and record.move take. Names starting with "_" are ours. */
struct val form_raw(struct page *p, const struct type_def *t);
/* The uploads of the request as the commands take them. */
struct val form_files(struct page *p);
/* Can the uploads for fields declared `strip` be stripped? One that cannot is refused now, at its field, not when somebody outside
   wants to read it. */
enum rc form_files_strip(struct page *p, const struct type_def *t) MUST_USE;
/* A command for the writer with its arguments. */
void page_command(struct page *p, const char *name, struct val args);

#endif

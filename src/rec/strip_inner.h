/* Inside stripping: one function a kind of file. Each adds to `out`; RC_INVALID (strip.damaged) when it is not a sound one. */
#ifndef REC_STRIP_INNER_H
#define REC_STRIP_INNER_H

#include "rec/strip.h"

enum rc strip_damaged(struct cx *cx, const char *what);
enum rc strip_jpeg(struct cx *cx, struct str bytes, struct buf *out) MUST_USE;
enum rc strip_png(struct cx *cx, struct str bytes, struct buf *out) MUST_USE;
enum rc strip_pdf(struct cx *cx, struct str bytes, struct buf *out) MUST_USE;
/* DOCX, XLSX, PPTX; `depth` counts files within files. */
enum rc strip_office(struct cx *cx, struct str bytes, int depth, uint64_t salt, struct buf *out) MUST_USE;
/* One XML part. */
enum part { PART_CONTENT, PART_RELATIONS, PART_TYPES, PART_COMMENTS };
enum rc strip_xml(struct cx *cx, enum part part, struct str bytes, uint64_t salt, struct buf *out) MUST_USE;
/* Parts of an archive that are left out, by their name in lower case without a leading slash. */
bool strip_leaves_out(struct str name);

#endif

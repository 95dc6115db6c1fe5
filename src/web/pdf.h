/* PDF for print and archive, by cairo and pango: A4, page numbers, Chinese and Latin text as text, tables whose head is repeated.
   The same calls give the same bytes: no clock is read. */
#ifndef WEB_PDF_H
#define WEB_PDF_H

#include "base/buf.h"
#include "base/fail.h"

struct pdf;
struct pdf_page { bool landscape; struct str title, mark; };    /* `mark` stands at the foot of every page: "Demonstration data" */

/* Ended by pdf_finish, which must be called exactly once. */
enum rc pdf_start(struct cx *cx, const struct pdf_page *page, struct pdf **out) MUST_USE;
void pdf_heading(struct pdf *p, struct str text);
void pdf_text(struct pdf *p, struct str text);
/* `n` heads (NULL: none) and n × n_row cells; `weight`: share of the width of each column; `right`: numbers, set flush right. */
void pdf_table(struct pdf *p, const struct str *head, const int *weight, const bool *right, int n, const struct str *cell, int n_row);
/* The bytes, in `out` (an empty buffer with room); RC_LIMIT when they do not fit. */
enum rc pdf_finish(struct cx *cx, struct pdf *p, struct buf *out) MUST_USE;

#endif

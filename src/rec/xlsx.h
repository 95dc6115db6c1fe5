/* Inside of XLSX files: what runs in the sandbox's child. Separate so that the fuzzers can drive it without a process each. */
#ifndef REC_XLSX_H
#define REC_XLSX_H

#include "base/buf.h"
#include "base/fail.h"

enum { XLSX_ENTRIES_MAX = 1000, XLSX_RATIO_MAX = 100, XLSX_UNPACKED_MAX = 64 << 20, XLSX_DEPTH_MAX = 64, XLSX_CELL_MAX = 256 << 10 };

/* `name` is for messages; `salt` is a secret of this run against colliding names. Adds rows to `out`: line, number of cells, then each cell's length and bytes, the numbers as 4 bytes
   little-endian. */
enum rc xlsx_read(struct cx *cx, const char *name, uint64_t salt, struct str bytes, struct buf *out) MUST_USE;

/* What xlsx_read added to `out`, checked, as a sheet. */
struct sheet;
enum rc sheet_take(struct cx *cx, struct str rows, const char *name, struct sheet *out) MUST_USE;

/* How a number format shows a number. */
enum { LOOK_DATE = 1, LOOK_TIME = 2 };
unsigned xlsx_look(struct str format);
unsigned xlsx_look_builtin(int64_t id);
/* A stored number as text: long whole numbers exactly, others rounded to 15 digits as spreadsheets show them, dates and times by
   `look`. No floating point. Returns the length; what is not a number stays as it is (cut at the buffer's end). */
enum { XLSX_NUMBER = 80 };
size_t xlsx_number(char out[XLSX_NUMBER], struct str raw, unsigned look, bool from_1904);

#endif

/* Tables people send and take away: CSV and XLSX in as rows of text, XLSX out.

   Reading gives what a person sees in the cells: texts, whole numbers in full, other numbers with at most 15 digits, dates as
   2026-03-31 or 2026-03-31 17:00, "true" and "false". Of a workbook the first visible sheet is read; formulas give the value that
   was stored with them. XLSX is taken apart in a child process (base/sandbox.h), and what comes back is checked. */
#ifndef REC_SHEET_H
#define REC_SHEET_H

#include "base/buf.h"
#include "base/fail.h"

enum { SHEET_FILE_MAX = 16 << 20, SHEET_ROWS_MAX = 100000, SHEET_COLUMNS_MAX = 512, SHEET_CELLS_MAX = 2000000, SHEET_OUT_MAX = 32 << 20 };
/* Reading may take this much of cx->arena: far more than a request has, so give it an arena of its own. */
#define SHEET_ARENA ((size_t)320 << 20)

struct sheet_row { struct str *cell; int n, line; };    /* `line`: as the person's program counts rows, from 1 */
struct sheet {
	VEC(struct sheet_row);          /* rows that are wholly empty are left out, and so are empty cells at a row's end */
	int columns;                    /* of the longest row */
	const char *encoding;           /* "UTF-8", "GB18030" or "XLSX" */
};

/* XLSX when it starts like a ZIP archive, else CSV. `name` is for messages. */
enum rc sheet_read(struct cx *cx, struct str bytes, const char *name, struct sheet *out) MUST_USE;
/* A cell, "" past the row's end. */
struct str sheet_cell(const struct sheet_row *row, int column);

/* ---- writing ---- */

enum out_kind { OUT_EMPTY, OUT_TEXT, OUT_INT, OUT_DEC, OUT_MONEY, OUT_DATE, OUT_TIME };
struct out_cell { enum out_kind kind; int64_t i; struct str s; };       /* dec: millionths, money: fen, date: days, time: ms */

struct sheet_out;
struct sheet_target {
	int fd;                         /* an empty file, open for writing; it need not have a name */
	struct str tmp_dir;             /* for rows under way */
	struct str tab;                 /* name of the sheet; what a program would refuse in it is left out */
	int zone_minutes;
};

/* One row after another, in constant memory. Nothing is ever a formula or a link. Numbers that a spreadsheet would round become
   texts, and so should ids and codes. sheet_finish ends it whatever happens, and must be called exactly once. */
enum rc sheet_start(struct cx *cx, const struct sheet_target *target, struct sheet_out **out) MUST_USE;
enum rc sheet_head(struct cx *cx, struct sheet_out *s, const struct str *label, int n) MUST_USE;
enum rc sheet_put(struct cx *cx, struct sheet_out *s, const struct out_cell *cell, int n) MUST_USE;
/* What may be typed below the head of a column, in `rows` rows, checked by the spreadsheet program. `help` shows when a cell is chosen. */
enum rule_kind { RULE_ANY, RULE_CHOICE, RULE_INT, RULE_DEC, RULE_MONEY, RULE_DATE, RULE_LENGTH };
struct sheet_rule { enum rule_kind kind; int64_t min, max; bool has_min, has_max; struct str title, help, error; int choices; };
/* RULE_CHOICE takes one of the `choices` cells at the top of the same column of the tab called SHEET_CHOICES. */
#define SHEET_CHOICES "choices"
enum rc sheet_limit(struct cx *cx, struct sheet_out *s, int column, int rows, const struct sheet_rule *rule) MUST_USE;
/* The next tab; rows go there from now on, from its top. */
enum rc sheet_tab(struct cx *cx, struct sheet_out *s, struct str name, bool hidden) MUST_USE;
enum rc sheet_finish(struct cx *cx, struct sheet_out *s) MUST_USE;

#endif

#include "rec/sheet.h"

#include "base/csv.h"
#include "base/rng.h"
#include "base/sandbox.h"
#include "base/utf8.h"
#include "rec/xlsx.h"

struct str sheet_cell(const struct sheet_row *row, int column) { return column >= 0 && column < row->n ? row->cell[column] : STR(""); }

enum { CSV_TAKEN_MAX = 2500000 };

static enum rc too_large(struct cx *cx, const char *name, int line)
{
	struct where at = { .file = str_c(name), .line = line };
	enum rc rc = fail(cx, RC_LIMIT, "sheet.size", at, "%s 超过 %d 行或 %d 个单元格", "%s has more than %d rows or %d cells", name,
		SHEET_ROWS_MAX, SHEET_CELLS_MAX);
	fail_hint(cx, "请拆成几个较小的文件", "split it into smaller files");
	return rc;
}

/* Leaves out what is empty at the end, and rows of nothing. */
static enum rc add_row(struct cx *cx, struct sheet *s, struct sheet_row row, const char *name, size_t *cells)
{
	while (row.n && !str_trim(row.cell[row.n - 1]).n) row.n--;
	if (!row.n) return RC_OK;
	*cells += (size_t)row.n;
	if (s->n == SHEET_ROWS_MAX || *cells > SHEET_CELLS_MAX) return too_large(cx, name, row.line);
	if (row.n > s->columns) s->columns = row.n;
	VEC_PUSH(cx->arena, s, row);
	return RC_OK;
}

/* ---- CSV ---- */

static enum rc read_csv(struct cx *cx, struct str bytes, const char *name, struct sheet *out)
{
	struct str text;
	struct sheet s = { 0 };
	size_t cells = 0, taken = 0;
	TRY(text_decode(cx, bytes, &text, &s.encoding));
	struct csv csv = csv_open(text, name);
	for (;;) {
		struct csv_row row;
		bool more;
		TRY(csv_next(cx, &csv, &row, &more));
		if (!more) break;
		/* Empty rows and cells take memory too. */
		taken += (size_t)row.n + 8;
		if (taken > CSV_TAKEN_MAX) return too_large(cx, name, row.line);
		TRY(add_row(cx, &s, (struct sheet_row){ row.cell, row.n, row.line }, name, &cells));
	}
	*out = s;
	return RC_OK;
}

/* ---- XLSX ---- */

static bool take_u32(struct str *s, uint32_t *out)
{
	if (s->n < 4) return false;
	const unsigned char *p = (const unsigned char *)s->p;
	*out = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
	*s = str_sub(*s, 4, s->n);
	return true;
}

static bool take_row(struct cx *cx, struct str *bytes, struct sheet_row *row, int last_line)
{
	uint32_t line, n, len;
	if (!take_u32(bytes, &line) || !take_u32(bytes, &n) || line > INT32_MAX || (int)line <= last_line || !n ||
		n > SHEET_COLUMNS_MAX) return false;
	if (n > bytes->n / 4) return false;
	*row = (struct sheet_row){ ARENA_ARRAY(cx->arena, struct str, n), (int)n, (int)line };
	for (uint32_t i = 0; i < n; i++) {
		if (!take_u32(bytes, &len) || len > bytes->n) return false;
		row->cell[i] = str_sub(*bytes, 0, len);
		*bytes = str_sub(*bytes, len, bytes->n);
		if (!utf8_valid(row->cell[i])) return false;
	}
	return true;
}

/* From a child that may have been taken over: every count and every text is checked. */
enum rc sheet_take(struct cx *cx, struct str rows, const char *name, struct sheet *out)
{
	struct sheet s = { .encoding = "XLSX" };
	size_t cells = 0;
	for (int last = 0; rows.n;) {
		struct sheet_row row;
		if (!take_row(cx, &rows, &row, last))
			return fail(cx, RC_INVALID, "sheet.rows", ((struct where){ .file = str_c(name) }), "%s 无法读取，可能已损坏",
				"%s could not be read; it may be damaged", name);
		last = row.line;
		TRY(add_row(cx, &s, row, name, &cells));
	}
	*out = s;
	return RC_OK;
}

struct job { const char *name; uint64_t salt; struct str bytes; };

static enum rc in_child(void *ctx, struct cx *cx, int in_fd, struct sandbox_out *to)
{
	const struct job *job = ctx;
	struct buf out = BUF(cx->arena, SHEET_OUT_MAX);
	TRY(xlsx_read(cx, job->name, job->salt, job->bytes, &out));
	return sandbox_write(to, buf_str(&out)) ? RC_OK : RC_IO;
}

static enum rc read_xlsx(struct cx *cx, struct str bytes, const char *name, struct sheet *out)
{
	struct sandbox_limits limits = { .output_bytes = SHEET_OUT_MAX };
	struct job job = { .name = name, .bytes = bytes };
	struct str rows;
	rng_secret(&job.salt, sizeof job.salt);
	TRY(sandbox_run(cx, in_child, &job, -1, &limits, NULL, &rows));
	return sheet_take(cx, rows, name, out);
}

enum rc sheet_read(struct cx *cx, struct str bytes, const char *name, struct sheet *out)
{
	if (bytes.n > SHEET_FILE_MAX)
		return fail(cx, RC_LIMIT, "sheet.bytes", ((struct where){ .file = str_c(name) }), "%s 超过 16 MiB", "%s is larger than 16 MiB", name);
	bool zip = str_starts(bytes, STR("PK")), ole = str_starts(bytes, STR("\xD0\xCF\x11\xE0"));
	return zip || ole ? read_xlsx(cx, bytes, name, out) : read_csv(cx, bytes, name, out);
}

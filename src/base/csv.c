#include "csv.h"

#include <string.h>

#include "val.h"

struct csv csv_open(struct str text, const char *name) { return (struct csv){ .text = text, .line = 1, .name = name }; }

/* Does a line end with this byte? A carriage return counts when no line feed follows (old Macintosh files). */
static bool ends_line(const struct csv *c)
{
	char ch = c->text.p[c->at];
	return ch == '\n' || (ch == '\r' && (c->at + 1 == c->text.n || c->text.p[c->at + 1] != '\n'));
}

/* A cell in quotes. Only one with doubled quotes inside is copied, into exactly what it takes: there may be millions. */
static enum rc quoted(struct cx *cx, struct csv *c, struct str *cell)
{
	size_t start = ++c->at, doubled = 0;
	int opened = c->line;
	for (;; c->at++) {
		if (c->at >= c->text.n) {
			struct where at = { .file = str_c(c->name), .line = opened, .column = 1 };
			return fail(cx, RC_INVALID, "csv.quote", at, "引号没有结束", "a quotation mark never closes");
		}
		char ch = c->text.p[c->at];
		c->line += ends_line(c);
		if (ch != '"') continue;
		if (c->at + 1 >= c->text.n || c->text.p[c->at + 1] != '"') break;
		doubled++;
		c->at++;
	}
	struct str raw = str_sub(c->text, start, c->at++);
	*cell = raw;
	if (!doubled) return RC_OK;
	char *p = arena_alloc(cx->arena, raw.n - doubled);
	size_t n = 0;
	for (size_t i = 0; i < raw.n; i++) {
		p[n++] = raw.p[i];
		if (raw.p[i] == '"') i++;
	}
	*cell = (struct str){ p, n };
	return RC_OK;
}

enum rc csv_next(struct cx *cx, struct csv *c, struct csv_row *row, bool *more)
{
	while (c->at < c->text.n && (c->text.p[c->at] == '\n' || c->text.p[c->at] == '\r')) {
		c->line += ends_line(c);
		c->at++;
	}
	if (c->at >= c->text.n) {
		*more = false;
		return RC_OK;
	}
	VEC(struct str) cells = { c->room, 0, c->room_cap };
	int line = c->line;
	char separator = c->separator ? c->separator : ',';
	for (;;) {
		struct str cell;
		if (c->at < c->text.n && c->text.p[c->at] == '"') {
			TRY(quoted(cx, c, &cell));
		} else {
			size_t from = c->at;
			while (c->at < c->text.n && c->text.p[c->at] != separator && !memchr("\r\n", c->text.p[c->at], 2)) c->at++;
			cell = str_sub(c->text, from, c->at);
		}
		if (cells.n == CSV_COLUMNS_MAX) {
			struct where at = { .file = str_c(c->name), .line = line, .column = 1 };
			return fail(cx, RC_LIMIT, "csv.columns", at, "超过 %d 列", "more than %d columns", CSV_COLUMNS_MAX);
		}
		VEC_PUSH(cx->arena, &cells, cell);
		char ch = c->at < c->text.n ? c->text.p[c->at] : '\n';
		if (ch == separator) {
			c->at++;
			continue;
		}
		if (ch != '\n' && ch != '\r') {
			struct where at = { .file = str_c(c->name), .line = c->line, .column = 1 };
			return fail(cx, RC_INVALID, "csv.after_quote", at, "引号后面还有文字", "text after a closing quotation mark");
		}
		break;
	}
	if (c->reuse) c->room = cells.v, c->room_cap = cells.cap;
	*row = (struct csv_row){ cells.v, (int)cells.n, line };
	*more = true;
	return RC_OK;
}

int csv_column(const struct csv_row *header, const char *name)
{
	for (int i = 0; i < header->n; i++)
		if (str_is(str_trim(header->cell[i]), name)) return i;
	return -1;
}

void csv_put(struct buf *out, struct str cell, bool first)
{
	if (!first) buf_c(out, ',');
	int64_t number;
	/* Formula injection: =, +, -, @, tab and CR start formulas in spreadsheets; numbers stay numbers. */
	bool formula = cell.n && memchr("=+-@\t\r", cell.p[0], 6) && !str_int(cell, &number) && !dec_parse(cell, &number);
	bool quote = formula || (cell.n && (memchr(cell.p, ',', cell.n) || memchr(cell.p, '"', cell.n) || memchr(cell.p, '\n', cell.n) ||
						    memchr(cell.p, '\r', cell.n)));
	if (!quote) {
		buf_add(out, cell);
		return;
	}
	buf_c(out, '"');
	if (formula) buf_c(out, '\'');
	for (size_t i = 0; i < cell.n; i++) {
		if (cell.p[i] == '"') buf_c(out, '"');
		buf_c(out, cell.p[i]);
	}
	buf_c(out, '"');
}

void csv_end_row(struct buf *out) { buf_add(out, STR("\r\n")); }

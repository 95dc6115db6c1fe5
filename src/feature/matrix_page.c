/* Matrices: the page, each cell's records, XLSX and PDF. */
#include "feature/feature.h"
#include "feature/show.h"
#include "rec/matrix.h"
#include "rec/sheet.h"
#include "web/pdf.h"

static enum rc find_matrix(struct page *p, const struct matrix_def **m)
{
	struct rx rx = page_rx(p);
	*m = region_matrix(p->region, p->param[0]);
	return *m ? RC_OK : rx_missing(&rx);
}

static struct str figure_text(struct page *p, const struct matrix_column *c, int64_t cell)
{
	int64_t step = DEC_ONE, micro = matrix_figure(c, cell);
	for (int d = 0; d < c->what.decimals && step > 1; d++) step /= 10;
	struct field_def as = { .kind = FIELD_DEC };
	return show_text(p, &as, val_dec((micro + (micro < 0 ? -step / 2 : step / 2)) / step * step));
}

static struct str row_label(struct page *p, const struct matrix_def *m, int row)
{
	if (row < m->rows->n_item) return label_of(p, &m->rows->item[row].label);
	return p->cx->lang == LANG_ZH ? STR("未标注") : STR("Not labelled");
}

static struct str column_label(struct page *p, const struct matrix_column *c)
{
	struct str unit = label_of(p, &c->what.unit);
	return unit.n ? str_fmt(p->cx->arena, "%.*s (%.*s)", STRF(label_of(p, &c->what.label)), STRF(unit)) : label_of(p, &c->what.label);
}

static bool row_empty(const struct matrix_cells *t, int row)
{
	for (int c = 0; c < t->n_column; c++)
		if (t->cell[row * t->n_column + c]) return false;
	return true;
}

static struct str cell_link(struct page *p, const struct matrix_def *m, int row, int column)
{
	struct str code = row < m->rows->n_item ? m->rows->item[row].code : STR("-");
	return str_fmt(p->cx->arena, "/matrix/%.*s/%.*s/%.*s", STRF(m->name), STRF(m->column[column]->what.name), STRF(code));
}

static bool is_top(const struct matrix_def *m, int row) { return row < m->rows->n_item && !m->rows->item[row].parent.n; }

/* The largest of each column, [1] among the top rows and [0] among the rest. */
struct largest { int64_t *of[2]; };

static struct largest find_largest(struct arena *a, const struct matrix_def *m, const struct matrix_cells *t)
{
	struct largest most = { { ARENA_ARRAY(a, int64_t, (size_t)t->n_column), ARENA_ARRAY(a, int64_t, (size_t)t->n_column) } };
	for (int i = 0; i < m->rows->n_item; i++) {
		int64_t *of = most.of[is_top(m, i)];
		for (int c = 0; c < t->n_column; c++)
			if (t->cell[i * t->n_column + c] > of[c]) of[c] = t->cell[i * t->n_column + c];
	}
	return most;
}

/* How dark a cell is: its share of the largest in the column at the same level, in five steps. */
static int heat(const struct matrix_def *m, const struct matrix_cells *t, const struct largest *largest, int row, int column)
{
	int64_t own = t->cell[row * t->n_column + column], most = largest->of[is_top(m, row)][column];
	return own > 0 && most > 0 && row < m->rows->n_item ? (int)((__int128)own * 4 / most) + 1 : 0;
}

static bool column_hidden(struct page *p, const struct matrix_def *m, int column)
{
	struct rx rx = page_rx(p);
	return !access_type(&rx, m->column[column]->what.of);
}

static struct val row_val(struct page *p, const struct matrix_def *m, const struct matrix_cells *t, const struct largest *most, int row)
{
	struct arena *a = p->cx->arena;
	struct val v = val_map(a), cells = val_list(a);
	VAL_SET(a, v, "label", val_text(row_label(p, m, row)));
	VAL_SET(a, v, "code", val_text(row < m->rows->n_item ? m->rows->item[row].code : STR("")));
	VAL_SET(a, v, "top", val_bool(row == m->rows->n_item || !m->rows->item[row].parent.n));
	for (int c = 0; c < t->n_column; c++) {
		struct val one = val_map(a);
		int64_t cell = t->cell[row * t->n_column + c];
		VAL_SET(a, one, "column", val_text(m->column[c]->what.name));
		VAL_SET(a, one, "value", val_dec(matrix_figure(m->column[c], cell)));
		VAL_SET(a, one, "text", val_text(cell ? figure_text(p, m->column[c], cell) : STR("")));
		VAL_SET(a, one, "heat", val_textz((const char *[]){ "h0", "h1", "h2", "h3", "h4", "h5" }[heat(m, t, most, row, c)]));
		if (cell) VAL_SET(a, one, "link", val_text(cell_link(p, m, row, c)));
		VAL_SET(a, one, "hidden", val_bool(column_hidden(p, m, c)));
		val_push(a, cells, one);
	}
	VAL_SET(a, v, "cells", cells);
	return v;
}

static void heading(struct page *p, const struct matrix_def *m)
{
	struct arena *a = p->cx->arena;
	struct val v = val_map(a);
	VAL_SET(a, v, "name", val_text(m->name));
	VAL_SET(a, v, "label", val_text(label_of(p, &m->label)));
	VAL_SET(a, v, "hint", val_text(label_of(p, &m->hint)));
	VAL_SET(a, v, "rows_label", val_text(label_of(p, &m->rows->label)));
	VAL_SET(a, v, "unverified", val_bool(m->rows->unverified));
	VAL_SET(a, v, "link", val_text(str_fmt(a, "/matrix/%.*s", STRF(m->name))));
	VAL_SET(a, p->out, "matrix", v);
}

static int depth_of(const struct matrix_def *m, int row)
{
	int depth = 0;
	for (struct str up = m->rows->item[row].parent; up.n && depth < 16; depth++) {
		const struct code_item *item = codes_item(m->rows, up);
		up = item ? item->parent : STR("");
	}
	return depth;
}

/* Is the row shown under the chosen top row ("" all)? Empty ones too, down to the second level: a gap in a chain is news. */
static bool row_shown(const struct matrix_def *m, const struct matrix_cells *t, int row, struct str under)
{
	if (row == m->rows->n_item) return !under.n && !row_empty(t, row);
	const struct code_item *item = &m->rows->item[row];
	if (depth_of(m, row) >= 2 && row_empty(t, row)) return false;
	return !under.n || str_eq(item->code, under) || str_eq(item->parent, under);
}

static enum rc matrix_page(struct page *p)
{
	struct arena *a = p->cx->arena;
	struct rx rx = page_rx(p);
	const struct matrix_def *m;
	struct matrix_cells t;
	struct str under = str_trim(http_query(p->req, "under"));
	struct val columns = val_list(a), rows = val_list(a), tops = val_list(a), total = val_list(a);
	TRY(find_matrix(p, &m));
	TRY(matrix_read(&rx, m, &t));
	struct largest most = find_largest(a, m, &t);
	heading(p, m);
	for (int c = 0; c < m->n_column; c++) {
		struct val v = val_map(a);
		int64_t sum = 0;
		for (int i = 0; i < t.n_row; i++)
			if (i == m->rows->n_item || !m->rows->item[i].parent.n) sum += t.cell[i * t.n_column + c];
		VAL_SET(a, v, "name", val_text(m->column[c]->what.name));
		VAL_SET(a, v, "label", val_text(label_of(p, &m->column[c]->what.label)));
		VAL_SET(a, v, "unit", val_text(label_of(p, &m->column[c]->what.unit)));
		val_push(a, columns, v);
		val_push(a, total, val_text(figure_text(p, m->column[c], sum)));
	}
	for (int i = 0; i < t.n_row; i++) {
		if (row_shown(m, &t, i, under)) val_push(a, rows, row_val(p, m, &t, &most, i));
		if (i == m->rows->n_item || m->rows->item[i].parent.n) continue;
		struct val v = val_map(a);
		VAL_SET(a, v, "label", val_text(row_label(p, m, i)));
		VAL_SET(a, v, "code", val_text(m->rows->item[i].code));
		VAL_SET(a, v, "chosen", val_bool(str_eq(under, m->rows->item[i].code)));
		val_push(a, tops, v);
	}
	VAL_SET(a, p->out, "columns", columns);
	VAL_SET(a, p->out, "rows", rows);
	VAL_SET(a, p->out, "tops", tops);
	VAL_SET(a, p->out, "total", total);
	VAL_SET(a, p->out, "under", val_text(under));
	return RC_OK;
}

static enum rc cell_page(struct page *p)
{
	struct arena *a = p->cx->arena;
	struct rx rx = page_rx(p);
	const struct matrix_def *m;
	struct list_query q;
	struct val list;
	int column = 0, row = 0;
	TRY(find_matrix(p, &m));
	while (column < m->n_column && !str_eq(m->column[column]->what.name, p->param[1])) column++;
	while (row < m->rows->n_item && !str_eq(m->rows->item[row].code, p->param[2])) row++;
	if (column == m->n_column || (row == m->rows->n_item && !str_is(p->param[2], "-"))) return rx_missing(&rx);
	TRY(matrix_list(&rx, m, column, row, &q));
	q.after = http_query(p->req, "after");
	heading(p, m);
	TRY(list_val(p, &rx, &q, cell_link(p, m, row, column), &list));
	VAL_SET(a, p->out, "list", list);
	VAL_SET(a, p->out, "of", show_type(p, q.type));
	VAL_SET(a, p->out, "row", val_text(row_label(p, m, row)));
	VAL_SET(a, p->out, "column", val_text(label_of(p, &m->column[column]->what.label)));
	return RC_OK;
}

/* ---- as a file ---- */

static enum rc as_xlsx(struct page *p, const struct matrix_def *m, const struct matrix_cells *t)
{
	int n = m->n_column + 2;
	struct str *head = ARENA_ARRAY(p->cx->arena, struct str, (size_t)n);
	struct out_cell *cell = ARENA_ARRAY(p->cx->arena, struct out_cell, (size_t)(n * t->n_row));
	head[0] = p->cx->lang == LANG_ZH ? STR("代码") : STR("Code");
	head[1] = label_of(p, &m->rows->label);
	for (int c = 0; c < m->n_column; c++) head[c + 2] = column_label(p, m->column[c]);
	for (int i = 0; i < t->n_row; i++) {
		struct out_cell *row = cell + i * n;
		row[0] = (struct out_cell){ .kind = OUT_TEXT, .s = i < m->rows->n_item ? m->rows->item[i].code : STR("") };
		row[1] = (struct out_cell){ .kind = OUT_TEXT, .s = row_label(p, m, i) };
		for (int c = 0; c < m->n_column; c++) row[c + 2] = (struct out_cell){ .kind = OUT_DEC, .i = matrix_figure(m->column[c], t->cell[i * t->n_column + c]) };
	}
	return export_table(p, m->name, label_of(p, &m->label), head, n, cell, t->n_row);
}

static enum rc as_pdf(struct page *p, const struct matrix_def *m, const struct matrix_cells *t)
{
	struct arena *a = p->cx->arena;
	int n = m->n_column + 1, rows = 0;
	struct str *head = ARENA_ARRAY(a, struct str, (size_t)n), *cell = ARENA_ARRAY(a, struct str, (size_t)(n * t->n_row));
	int *weight = ARENA_ARRAY(a, int, (size_t)n);
	bool *right = ARENA_ARRAY(a, bool, (size_t)n);
	head[0] = label_of(p, &m->rows->label);
	weight[0] = 28;
	right[0] = false;
	for (int c = 0; c < m->n_column; c++) head[c + 1] = column_label(p, m->column[c]), weight[c + 1] = 10, right[c + 1] = true;
	for (int i = 0; i < t->n_row; i++) {
		if (!row_shown(m, t, i, STR(""))) continue;
		bool under = i < m->rows->n_item && m->rows->item[i].parent.n;
		cell[rows * n] = under ? str_fmt(a, "    %.*s", STRF(row_label(p, m, i))) : row_label(p, m, i);
		for (int c = 0; c < m->n_column; c++) {
			int64_t v = t->cell[i * t->n_column + c];
			cell[rows * n + c + 1] = v ? figure_text(p, m->column[c], v) : STR("");
		}
		rows++;
	}
	struct pdf *pdf;
	struct buf out = BUF(a, 6 << 20);
	bool zh = p->cx->lang == LANG_ZH;
	struct pdf_page page = { .landscape = true, .title = label_of(p, &m->label),
		.mark = !p->region->demo ? STR("") : zh ? STR("演示数据，非真实单位和人员") : STR("Demonstration data: not real organisations or people") };
	TRY(pdf_start(p->cx, &page, &pdf));
	pdf_text(pdf, str_fmt(a, "%.*s · %.*s", STRF(label_of(p, &p->region->label)), STRF(show_instant(p, p->cx->now_ms))));
	pdf_table(pdf, head, weight, right, n, cell, rows);
	TRY(pdf_finish(p->cx, pdf, &out));
	p->raw = (struct http_reply){ .status = 200, .type = STR("application/pdf"), .body = buf_str(&out) };
	http_reply_header(&p->raw, STR("Content-Disposition"), str_fmt(a, "inline; filename=\"%.*s.pdf\"", STRF(m->name)));
	return RC_OK;
}

static enum rc matrix_export(struct page *p)
{
	struct rx rx = page_rx(p);
	const struct matrix_def *m;
	struct matrix_cells t;
	TRY(find_matrix(p, &m));
	TRY(matrix_read(&rx, m, &t));
	return str_is(http_query(p->req, "format"), "pdf") ? as_pdf(p, m, &t) : as_xlsx(p, m, &t);
}

const struct route matrix_routes[] = {
	{ "GET", "/matrix/:name", NEED_SIGNED, "matrix.html", matrix_page, "矩阵：每格是本人可见记录的计数或合计", "A matrix: in each cell the count or sum of the records one may see", "read" },
	{ "GET", "/matrix/:name/export", NEED_SIGNED, "error.html", matrix_export, "矩阵导出 XLSX、PDF", "A matrix as XLSX or PDF", "read" },
	{ "GET", "/matrix/:name/:column/:code", NEED_SIGNED, "matrix_cell.html", cell_page, "一格背后的记录", "The records behind a cell", "read" },
	{ 0 },
};

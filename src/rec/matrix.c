#include "rec/matrix.h"

#include "rec/indicator.h"

static int row_of(const struct code_list *l, struct str code)
{
	for (int i = 0; i < l->n_item; i++)
		if (str_eq(l->item[i].code, code)) return i;
	return l->n_item;
}

/* Only grants that show the field by which it is placed, and what is summed: a figure must not tell what a list hides. */
static enum rc seen(struct query *q, const struct matrix_column *c)
{
	TRY(access_where(q, ACT_SEE));
	Q(q, " AND ");
	TRY(access_where_field(q, c->by));
	if (c->what.value && c->what.value->op == EXPR_FIELD && c->what.value->n_path == 1) {
		Q(q, " AND ");
		TRY(access_where_field(q, c->what.value->path[0]));
	}
	return RC_OK;
}

static enum rc column_rows(struct rx *rx, const struct matrix_column *c, struct rows **out)
{
	struct query q = query_new(rx, c->what.of);
	Q(&q, "SELECT COALESCE(");
	TRY(query_field(&q, c->by, 0));
	Q(&q, ", ''), CAST(");
	if (c->what.kind == INDICATOR_COUNT) Q(&q, "COUNT(*)");
	else {
		Q(&q, "COALESCE(SUM(");
		TRY(query_expr(&q, c->what.value));
		Q(&q, "), 0)");
	}
	Q(&q, " AS INTEGER) FROM ");
	query_table(&q, c->what.of, 0);
	Q(&q, " WHERE ");
	TRY(seen(&q, c));
	if (c->what.where) {
		Q(&q, " AND ");
		TRY(query_cond(&q, c->what.where));
	}
	Q(&q, " GROUP BY 1");
	return query_rows(&q, out);
}

enum rc matrix_read(struct rx *rx, const struct matrix_def *m, struct matrix_cells *out)
{
	struct matrix_cells t = { .n_row = m->rows->n_item + 1, .n_column = m->n_column };
	t.cell = ARENA_ARRAY(rx->cx->arena, int64_t, (size_t)(t.n_row * t.n_column));
	for (int i = 0; i < t.n_row * t.n_column; i++) t.cell[i] = 0;
	for (int c = 0; c < m->n_column; c++) {
		struct rows *r;
		enum rc rc;
		bool more;
		TRY(column_rows(rx, m->column[c], &r));
		while ((rc = db_step(rx->cx, r, &more)) == RC_OK && more) {
			int row = row_of(m->rows, row_text(r, 0));
			int64_t n = row_int(r, 1);
			/* Into the row and every one above it. */
			for (int depth = 0; depth < 16; depth++) {
				t.cell[row * t.n_column + c] += n;
				if (row == m->rows->n_item || !m->rows->item[row].parent.n) break;
				row = row_of(m->rows, m->rows->item[row].parent);
				if (row == m->rows->n_item) break;
			}
		}
		rows_done(r);
		TRY(rc);
	}
	*out = t;
	return RC_OK;
}

int64_t matrix_figure(const struct matrix_column *c, int64_t cell)
{
	bool decimal = c->what.value && c->what.value->type == TYPE_DEC;
	__int128 n = (__int128)cell * (decimal ? 1 : DEC_ONE) * DEC_ONE, half = c->what.scale / 2;
	return (int64_t)((n < 0 ? n - half : n + half) / c->what.scale);
}

static bool holds(const struct code_list *l, int outer, int inner)
{
	for (int depth = 0; depth < 16 && inner < l->n_item; depth++) {
		if (inner == outer) return true;
		if (!l->item[inner].parent.n) return false;
		inner = row_of(l, l->item[inner].parent);
	}
	return false;
}

enum rc matrix_list(struct rx *rx, const struct matrix_def *m, int column, int row, struct list_query *out)
{
	const struct matrix_column *c = m->column[column];
	struct list_query q;
	if (!indicator_list(rx, &c->what, &q)) return rx_missing(rx);
	struct filter f = { .field = c->by, .op = row == m->rows->n_item ? FILTER_EMPTY : FILTER_IS };
	if (f.op == FILTER_IS && row >= 0) {
		struct str *codes = ARENA_ARRAY(rx->cx->arena, struct str, (size_t)m->rows->n_item + 1);
		size_t n = 0;
		for (int i = 0; i < m->rows->n_item; i++)
			if (holds(m->rows, row, i)) codes[n++] = m->rows->item[i].code;
		f.raw = str_join(rx->cx->arena, codes, n, STR(","));
	}
	if (row >= 0) q.filter[q.n_filter++] = f;
	*out = q;
	return RC_OK;
}

/* Tables written as lines: columns with bars, or names and numbers with spaces between. A row 合计 is compared with the rows it sums. */
#include "letter_inner.h"

enum { CELLS_MAX = 12, ROWS_MAX = 200, HEADER_MAX = 60 };

/* The numbers of a line, one a cell; NULL where a barred cell holds none. */
struct row {
	const struct mark *cell[CELLS_MAX];
	int n;                  /* cells */
	int numbers;            /* of them with a number */
	int a, b;               /* the line */
	bool barred, total, sub, rule;
};

static bool is_cell(const struct mark *m)
{
	return m->f.has_value && (str_is(m->f.kind, "other") || m->quantity) && !(m->clues & CLUE_WORD);
}

/* | 城东区 | 12 | | 420 |: a cell ends at each bar; one that holds more than a number holds words. */
static void read_barred(const struct reading *r, struct row *row)
{
	int start = row->a;
	for (int i = row->a; i <= row->b; i++) {
		if (i < row->b && r->c[i] != '|') continue;
		if (i > start || (i < row->b && i > row->a)) {
			size_t k = mark_from(r, start);
			const struct mark *m = k < r->m.n && r->m.v[k].a < i ? &r->m.v[k] : NULL;
			bool alone = m && is_cell(m) && m->a == start && m->b == i;
			if (row->n < CELLS_MAX) row->cell[row->n] = alone ? m : NULL;
			row->n++;
			row->numbers += alone;
		}
		start = i + 1;
	}
}

static void read_spaced(const struct reading *r, struct row *row)
{
	for (size_t k = mark_from(r, row->a); k < r->m.n && r->m.v[k].a < row->b; k++) {
		const struct mark *m = &r->m.v[k];
		if (!is_cell(m) || (m->a == row->a && m->dim == DIM_NONE)) continue;   /* a leading number counts the rows */
		if (row->n < CELLS_MAX) row->cell[row->n] = m;
		row->n++;
		row->numbers++;
	}
}

static struct row read_row(const struct reading *r, int a)
{
	struct row row = { .a = a, .b = paragraph_end(r, a) };
	int head = row.a + 10 < row.b ? row.a + 10 : row.b;
	row.barred = has_any(r, row.a, row.b, "|");
	row.total = has_any(r, row.a, head, "合计|总计|共计");
	row.sub = has_any(r, row.a, head, "小计|其中|#");
	row.rule = row.barred && !has_any(r, row.a, row.b, "0|1|2|3|4|5|6|7|8|9") && has_any(r, row.a, row.b, "--");
	bool words = has_any(r, row.a, row.b, "。|;|,|，|:");
	if (row.barred) read_barred(r, &row);
	else if (!words) read_spaced(r, &row);
	if (row.n > CELLS_MAX) row.n = row.numbers = 0;
	return row;
}

static bool same_shape(const struct row *a, const struct row *b) { return a->barred == b->barred && a->n == b->n && b->numbers > 0; }

/* Means and percentages stand in a total row without being sums. */
static bool is_rate_column(const struct reading *r, const struct row *header, const struct row *total, int cell)
{
	static const char rates[] = "率|比|占|均|%|每|增|名次|排名|单价|年龄|得分|指数";
	if (!header->n && header->b <= header->a) return false;
	if (!header->barred || header->n != total->n) return has_any(r, header->a, header->b, rates);
	int a = header->a, bar = r->c[a] == '|' ? -1 : 0;
	for (int i = header->a; i < header->b; i++) {
		if (r->c[i] != '|') continue;
		if (bar++ == cell) return has_any(r, a, i, rates);
		a = i + 1;
	}
	return has_any(r, a, header->b, rates);
}

static void check_column(struct reading *r, const struct row *total, const struct row *rows, int n, int cell)
{
	struct parts p = { .whole = total->cell[cell] };
	wide sum = 0, rounding = 0;
	if (!p.whole || p.whole->value <= 0) return;
	for (int i = 0; i < n; i++) {
		const struct mark *m = rows[rows[0].a > rows[n - 1].a ? n - 1 - i : i].cell[cell];         /* in the order of the text */
		if (!m) continue;
		if (m->dim != p.whole->dim || m->group != p.whole->group || p.n >= PARTS_MAX) return;
		p.part[p.n++] = m;
		sum += m->value;
		if (m->decimals) rounding += m->hi - m->value;
	}
	wide off = sum > p.whole->value ? sum - p.whole->value : p.whole->value - sum;
	if (p.n >= 2 && off > rounding && off * 10 <= p.whole->value * 3) report_sum(r, &p, LEVEL_ERROR);
}

static int line_before(const struct reading *r, int a) { return a > 0 ? paragraph_start(r, a - 1) : -1; }

static void check_total_row(struct reading *r, const struct row *total)
{
	struct row rows[ROWS_MAX], header = { 0 };
	int n = 0, at;
	for (at = line_before(r, total->a); at >= 0 && n < ROWS_MAX; at = line_before(r, at)) {
		struct row row = read_row(r, at);
		if (row.rule) continue;
		if (row.total || row.sub) return;
		if (!same_shape(total, &row)) {
			header = row;
			break;
		}
		rows[n++] = row;
	}
	/* A total that stands first sums the rows below. */
	for (at = total->b + 1; n == 0 && at < r->n; at = paragraph_end(r, at) + 1) {
		struct row row = read_row(r, at);
		int k = 0;
		for (; at < r->n && k < ROWS_MAX && same_shape(total, &row) && !row.total && !row.sub; k++) {
			rows[k] = row;
			at = row.b + 1;
			row = read_row(r, at);
		}
		if (row.total || row.sub || k < 2) return;
		n = k;
	}
	if (n < 2 || n >= ROWS_MAX || header.b - header.a > HEADER_MAX * 4) return;
	for (int cell = 0; cell < total->n; cell++)
		if (!is_rate_column(r, &header, total, cell)) check_column(r, total, rows, n, cell);
}

/* 单位：万元 above a table: the unit of its bare numbers, but for a leading count and columns of rates. */
void table_units(struct reading *r)
{
	for (int at = find_any(r, 0, r->n, "单位:"); at >= 0; at = find_any(r, at + 3, r->n, "单位:")) {
		int a = at + 3, b = a, power = 0;
		while (b < r->n && (r->c[b] == 0x4E07 || r->c[b] == 0x4EBF)) power += r->c[b++] == 0x4E07 ? 4 : 8;
		struct unit unit;
		if (!unit_read(r, b, &unit) || is_digit(r->c[b + unit.length]) || (b + unit.length < r->n && !is_clause_end(r->c[b + unit.length]))) continue;
		bool rates = false;
		int line = paragraph_end(r, at) + 1, rows = 0;
		for (; line < r->n && rows < ROWS_MAX; line = paragraph_end(r, line) + 1, rows++) {
			struct row row = read_row(r, line);
			rates |= has_any(r, row.a, row.b, "率|占比|比重|比例|同比|均|%");
			if (rates || at_any(r, row.a, "单位:") || (rows > 2 && !row.numbers) || row.n >= CELLS_MAX) break;
			for (int k = 0; k < row.n; k++)
				if (row.cell[k] && row.cell[k]->dim == DIM_NONE) give_unit(r, &r->m.v[row.cell[k]->seq], &unit, power, letter_slice(r, a, b + unit.length));
		}
	}
}

void check_tables(struct reading *r)
{
	for (int at = 0; at < r->n; at = paragraph_end(r, at) + 1) {
		int head = paragraph_end(r, at) < at + 10 ? paragraph_end(r, at) : at + 10;
		if (!has_any(r, at, head, "合计|总计|共计")) continue;
		struct row row = read_row(r, at);
		if (row.total && row.numbers) check_total_row(r, &row);
	}
}

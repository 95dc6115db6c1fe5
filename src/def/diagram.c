/* A type's states drawn as SVG: in columns by how many moves away from the first, arrows numbered as the moves are in the list below. */
#include "base/utf8.h"
#include "def/report_inner.h"

enum { BOX_W = 132, BOX_H = 42, GAP_X = 78, GAP_Y = 30, MARGIN = 16, STATES = 64, LINE = 118, RISE = 26 };

struct drawing {
	struct buf *out;
	const struct type_def *t;
	enum lang lang;
	int layer[STATES], row[STATES], n_layer, n_row;
	int over, under;                /* arrows that go round, so far: each a little further out */
	int top;                        /* room above the boxes */
};

static bool goes(const struct move_def *m, int from, int to)
{
	if (m->to->index != to) return false;
	for (int i = 0; i < m->n_from; i++)
		if (m->from[i]->index == from) return true;
	return false;
}

static void place(struct drawing *d)
{
	int n = d->t->n_state < STATES ? d->t->n_state : STATES, count[STATES] = { 0 };
	for (int s = 0; s < n; s++) d->layer[s] = s ? -1 : 0;
	for (int depth = 0, found = 1; found; depth++) {
		found = 0;
		for (int s = 0; s < n; s++)
			for (int to = 0; d->layer[s] == depth && to < n; to++)
				for (int m = 0; m < d->t->n_move && d->layer[to] < 0; m++)
					if (goes(d->t->move[m], s, to)) d->layer[to] = depth + 1, found = 1;
	}
	for (int s = 0; s < n; s++) {
		if (d->layer[s] < 0) d->layer[s] = 0;
		d->row[s] = count[d->layer[s]]++;
		if (d->layer[s] >= d->n_layer) d->n_layer = d->layer[s] + 1;
		if (d->row[s] >= d->n_row) d->n_row = d->row[s] + 1;
	}
}

static int box_x(const struct drawing *d, int s) { return MARGIN + d->layer[s] * (BOX_W + GAP_X); }
static int box_y(const struct drawing *d, int s) { return d->top + d->row[s] * (BOX_H + GAP_Y); }

static void escaped(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '<') buf_add(out, STR("&lt;"));
		else if (s.p[i] == '&') buf_add(out, STR("&amp;"));
		else if (s.p[i] == '"') buf_add(out, STR("&quot;"));
		else buf_c(out, s.p[i]);
	}
}

/* Where the first line of a label ends: at most LINE wide, at a blank where there is one. */
static size_t line_end(struct str s)
{
	size_t i = 0, blank = 0;
	for (int width = 0; i < s.n;) {
		size_t at = i;
		int32_t c = utf8_next(s, &i);
		if (c == ' ') blank = at;
		width += c >= 0x2E80 ? 13 : 7;
		if (width > LINE) return blank ? blank : at;
	}
	return s.n;
}

static void box(struct drawing *d, int s)
{
	static const char *const fill[] = { "#eef2f5", "#fdf0d5", "#dff2e3", "#fbe3e1" };
	const struct state_def *state = d->t->state[s];
	struct str label = label_text(&state->label, d->lang);
	size_t end = line_end(label);
	int x = box_x(d, s), y = box_y(d, s), mid = x + BOX_W / 2;
	buf_fmt(d->out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"6\" fill=\"%s\" stroke=\"#44505c\" stroke-width=\"%d\"/>\n", x, y, BOX_W, BOX_H,
		fill[state->tone], s == 0 ? 3 : 1);
	if (state->final) buf_fmt(d->out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"4\" fill=\"none\" stroke=\"#44505c\"/>\n", x + 3, y + 3, BOX_W - 6, BOX_H - 6);
	buf_fmt(d->out, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">", mid, end < label.n ? y + 18 : y + 26);
	escaped(d->out, str_sub(label, 0, end));
	if (end < label.n) {
		struct str rest = str_trim(str_sub(label, end, label.n));
		buf_fmt(d->out, "</text><text x=\"%d\" y=\"%d\" text-anchor=\"middle\">", mid, y + 34);
		escaped(d->out, str_sub(rest, 0, line_end(rest)));
	}
	buf_add(d->out, STR("</text>\n"));
}

/* The numbers of the moves from one state to another, as they stand in the list. */
static struct str numbers(const struct drawing *d, int from, int to)
{
	struct buf b = BUF(d->out->arena, 400);
	for (int m = 0; m < d->t->n_move; m++)
		if (goes(d->t->move[m], from, to)) buf_fmt(&b, b.n ? " %d" : "%d", m + 1);
	return buf_str(&b);
}

static void pill(struct drawing *d, int x, int y, struct str text)
{
	int w = (int)text.n * 7 + 10;
	buf_fmt(d->out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"17\" rx=\"8\" fill=\"#fff\" stroke=\"#8694a1\"/>"
		"<text x=\"%d\" y=\"%d\" text-anchor=\"middle\" font-size=\"11\">%.*s</text>\n", x - w / 2, y - 9, w, x, y + 4, STRF(text));
}

static void curve(struct drawing *d, const int *p)
{
	buf_fmt(d->out, "<path d=\"M%d %d C%d %d %d %d %d %d\" fill=\"none\" stroke=\"#5b6875\" marker-end=\"url(#to)\"/>\n", p[0], p[1], p[2], p[3], p[4], p[5],
		p[6], p[7]);
}

/* One column on: straight across. In the same column: along its side. Otherwise round the boxes: onward above them, back below. */
static void arrow(struct drawing *d, int from, int to, struct str text)
{
	int x1 = box_x(d, from), y1 = box_y(d, from), x2 = box_x(d, to), y2 = box_y(d, to), bend;
	if (d->layer[to] == d->layer[from] + 1) {
		x1 += BOX_W, y1 += BOX_H / 2, y2 += BOX_H / 2;
		curve(d, (int[]){ x1, y1, x1 + GAP_X / 2, y1, x2 - GAP_X / 2, y2, x2 - 2, y2 });
		pill(d, (x1 + x2) / 2, (y1 + y2) / 2, text);
		return;
	}
	if (d->layer[to] == d->layer[from] && to != from) {
		x1 += BOX_W, x2 += BOX_W, y1 += BOX_H / 2 + 9, y2 += BOX_H / 2 - 9;
		curve(d, (int[]){ x1, y1, x1 + 34, y1, x2 + 34, y2, x2 + 2, y2 });
		pill(d, x1 + 25, (y1 + y2) / 2, text);
		return;
	}
	bool above = d->layer[to] > d->layer[from];
	if (above) bend = d->top - RISE - 16 * d->over++;
	else if (from == to) bend = y1 + BOX_H + 30;
	else bend = d->top + d->n_row * (BOX_H + GAP_Y) + 8 + 16 * d->under++;
	if (from == to) {
		x1 += BOX_W / 3, x2 += BOX_W * 2 / 3, y1 += BOX_H, y2 += BOX_H;
	} else {
		x1 += BOX_W / 2 + 14, x2 += BOX_W / 2 - 14;
		y1 += above ? 0 : BOX_H, y2 += above ? 0 : BOX_H;
	}
	curve(d, (int[]){ x1, y1, x1, bend, x2, bend, x2, y2 + (above ? -2 : 2) });
	pill(d, (x1 + x2) / 2, (y1 + 6 * bend + y2) / 8, text);
}

void doc_diagram(struct buf *out, const struct type_def *t, enum lang lang)
{
	struct drawing d = { .out = out, .t = t, .lang = lang };
	int n = t->n_state < STATES ? t->n_state : STATES, over = 0, under = 0;
	place(&d);
	for (int from = 0; from < n; from++)
		for (int to = 0; to < n; to++) {
			if (!numbers(&d, from, to).n || d.layer[to] == d.layer[from] + 1) continue;
			if (d.layer[to] > d.layer[from]) over++;
			else if (d.layer[to] < d.layer[from]) under++;
		}
	d.top = MARGIN + (over ? RISE + 16 * over : 0);
	int width = 2 * MARGIN + d.n_layer * (BOX_W + GAP_X) - GAP_X, height = d.top + d.n_row * (BOX_H + GAP_Y) + MARGIN + 16 * under;
	buf_fmt(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" role=\"img\" font-family=\"sans-serif\" font-size=\"13\" aria-label=\"",
		width, height, width);
	escaped(out, label_text(&t->label, lang));
	buf_add(out, STR("\">\n<defs><marker id=\"to\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\">"
		"<path d=\"M0 0L8 4L0 8z\" fill=\"#5b6875\"/></marker></defs>\n"));
	for (int from = 0; from < n; from++)
		for (int to = 0; to < n; to++) {
			struct str text = numbers(&d, from, to);
			if (text.n) arrow(&d, from, to, text);
		}
	for (int s = 0; s < n; s++) box(&d, s);
	buf_add(out, STR("</svg>\n\n"));
}

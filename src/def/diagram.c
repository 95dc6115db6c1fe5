/* A type's states drawn as SVG, from top to bottom: a layer for each move away from the first state. Moves to the next layer go straight
   down and carry their names; moves back and moves that skip layers run along the sides, with the numbers they have in the
   list of moves. Lines never cross a box: they leave by a free side, or through the space between layers. */
#include <stdlib.h>

#include "base/utf8.h"
#include "def/report.h"

enum { BOX_W = 150, BOX_H = 40, GAP_X = 70, GAP_Y = 64, MARGIN = 14, CHANNEL = 16, LOOP = 44, SIDE = 9, STATES = 64, ARROWS = 400, LINE = 136,
	LABEL = 185 };

enum route { ROUTE_DOWN, ROUTE_BESIDE, ROUTE_SELF, ROUTE_LEFT, ROUTE_RIGHT };
struct arrow { int from, to, span; enum route route; int channel; };

struct drawing {
	struct buf *out;
	const struct type_def *t;
	enum lang lang;
	int n, layer[STATES], column[STATES], in_layer[STATES], n_layer, n_column;
	struct arrow arrow[ARROWS];
	int n_arrow, n_left, n_right;
};

static bool goes(const struct move_def *m, int from, int to)
{
	if (m->to->index != to) return false;
	for (int i = 0; i < m->n_from; i++)
		if (m->from[i]->index == from) return true;
	return false;
}

static bool linked(const struct type_def *t, int from, int to)
{
	for (int m = 0; m < t->n_move; m++)
		if (goes(t->move[m], from, to)) return true;
	return false;
}

static void place(struct drawing *d)
{
	for (int s = 0; s < d->n; s++) d->layer[s] = s ? -1 : 0;
	for (int depth = 0, found = 1; found; depth++) {
		found = 0;
		for (int s = 0; s < d->n; s++)
			for (int to = 0; d->layer[s] == depth && to < d->n; to++)
				if (d->layer[to] < 0 && linked(d->t, s, to)) d->layer[to] = depth + 1, found = 1;
	}
	/* The way on stands left, what ends badly right of it. */
	for (int bad = 0; bad < 2; bad++)
		for (int s = 0; s < d->n; s++) {
			if (d->layer[s] < 0) d->layer[s] = 0;
			if ((d->t->state[s]->tone == TONE_BAD) != bad) continue;
			d->column[s] = d->in_layer[d->layer[s]]++;
			if (d->layer[s] >= d->n_layer) d->n_layer = d->layer[s] + 1;
			if (d->column[s] >= d->n_column) d->n_column = d->column[s] + 1;
		}
}

static int by_span(const void *x, const void *y)
{
	const struct arrow *a = x, *b = y;
	if (a->span != b->span) return a->span - b->span;
	return a->from != b->from ? a->from - b->from : a->to - b->to;
}

static void find_arrows(struct drawing *d)
{
	for (int from = 0; from < d->n; from++)
		for (int to = 0; to < d->n && d->n_arrow < ARROWS; to++) {
			if (!linked(d->t, from, to)) continue;
			int down = d->layer[to] - d->layer[from], across = d->column[to] - d->column[from];
			struct arrow a = { .from = from, .to = to, .span = abs(down) };
			if (from == to) a.route = ROUTE_SELF;
			else if (down == 1) a.route = ROUTE_DOWN;
			else if (down == 0 && abs(across) == 1) a.route = ROUTE_BESIDE;
			else a.route = d->column[to] == 0 && (down < 0 || d->in_layer[d->layer[to]] > 1) ? ROUTE_LEFT : ROUTE_RIGHT;
			d->arrow[d->n_arrow++] = a;
		}
	/* Short ways inside, long ones outside: they cross less. */
	if (d->n_arrow) qsort(d->arrow, (size_t)d->n_arrow, sizeof *d->arrow, by_span);
	for (int i = 0; i < d->n_arrow; i++) {
		if (d->arrow[i].route == ROUTE_LEFT) d->arrow[i].channel = d->n_left++;
		if (d->arrow[i].route == ROUTE_RIGHT) d->arrow[i].channel = d->n_right++;
	}
}

static int box_x(const struct drawing *d, int s) { return MARGIN + (d->n_left + 1) * CHANNEL + d->column[s] * (BOX_W + GAP_X); }
static int box_y(const struct drawing *d, int s) { return MARGIN + SIDE + d->layer[s] * (BOX_H + GAP_Y); }

static int glyph(int32_t c) { return c >= 0x2E80 ? 13 : 7; }

static int text_width(struct str s)
{
	int width = 0;
	for (size_t i = 0; i < s.n;) width += glyph(utf8_next(s, &i));
	return width;
}

/* Where a text of at most `most` ends: at a blank where there is one. */
static size_t line_end(struct str s, int most)
{
	size_t i = 0, blank = 0;
	for (int width = 0; i < s.n;) {
		size_t at = i;
		int32_t c = utf8_next(s, &i);
		if (c == ' ') blank = at;
		width += glyph(c);
		if (width > most) return blank ? blank : at;
	}
	return s.n;
}

static void box(struct drawing *d, int s)
{
	static const char *const fill[] = { "#eef2f5", "#fdf0d5", "#dff2e3", "#fbe3e1" };
	const struct state_def *state = d->t->state[s];
	struct str label = label_text(&state->label, d->lang);
	size_t end = line_end(label, LINE);
	int x = box_x(d, s), y = box_y(d, s), mid = x + BOX_W / 2;
	buf_fmt(d->out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"6\" fill=\"%s\" stroke=\"#44505c\" stroke-width=\"%d\"/>\n", x, y, BOX_W,
		BOX_H, fill[state->tone], s == 0 ? 3 : 1);
	if (state->final)
		buf_fmt(d->out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"4\" fill=\"none\" stroke=\"#44505c\"/>\n", x + 3, y + 3, BOX_W - 6,
			BOX_H - 6);
	buf_fmt(d->out, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">", mid, end < label.n ? y + 17 : y + 25);
	buf_xml(d->out, str_sub(label, 0, end));
	if (end < label.n) {
		struct str rest = str_trim(str_sub(label, end, label.n));
		buf_fmt(d->out, "</text><text x=\"%d\" y=\"%d\" text-anchor=\"middle\">", mid, y + 33);
		buf_xml(d->out, str_sub(rest, 0, line_end(rest, LINE)));
	}
	buf_add(d->out, STR("</text>\n"));
}

/* The numbers of the moves of an arrow; with its name when it is one move, and that is wanted. */
static struct str caption(const struct drawing *d, const struct arrow *a, bool named)
{
	struct buf b = BUF(d->out->arena, 800);
	const struct move_def *only = NULL;
	int n = 0;
	for (int m = 0; m < d->t->n_move; m++) {
		if (!goes(d->t->move[m], a->from, a->to)) continue;
		buf_fmt(&b, n++ ? " %d" : "%d", m + 1);
		only = d->t->move[m];
	}
	if (named && n == 1) {
		struct str label = label_text(&only->label, d->lang);
		size_t end = line_end(label, LABEL);
		buf_fmt(&b, " %.*s%s", STRF(str_sub(label, 0, end)), end < label.n ? "…" : "");
	}
	return buf_str(&b);
}

static void pill(struct drawing *d, int x, int y, struct str text)
{
	int w = text_width(text) + 10;
	buf_fmt(d->out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"17\" rx=\"8\" fill=\"#fff\" stroke=\"#8694a1\"/>"
		"<text x=\"%d\" y=\"%d\" text-anchor=\"middle\" font-size=\"12\">", x - w / 2, y - 9, w, x, y + 4);
	buf_xml(d->out, text);
	buf_add(d->out, STR("</text>\n"));
}

static void line(struct drawing *d, struct str path)
{
	buf_fmt(d->out, "<path d=\"%.*s\" fill=\"none\" stroke=\"#5b6875\" marker-end=\"url(#to)\"/>\n", STRF(path));
}

static bool last_in_layer(const struct drawing *d, int s) { return d->column[s] == d->in_layer[d->layer[s]] - 1; }

static void down(struct drawing *d, const struct arrow *a)
{
	int in = 0, out = 0, place_out = 0;
	for (int i = 0; i < d->n_arrow; i++) {
		const struct arrow *b = &d->arrow[i];
		if (b->route != ROUTE_DOWN) continue;
		in += b->to == a->to;
		if (b->from == a->from) {
			place_out += d->column[b->to] < d->column[a->to];
			out++;
		}
	}
	int x1 = box_x(d, a->from) + BOX_W / 2 + (2 * place_out - out + 1) * 14, y1 = box_y(d, a->from) + BOX_H;
	int x2 = box_x(d, a->to) + BOX_W / 2, y2 = box_y(d, a->to) - 2, mid = (y1 + y2) / 2;
	line(d, str_fmt(d->out->arena, "M%d %dC%d %d %d %d %d %d", x1, y1, x1, mid, x2, mid, x2, y2));
	/* Two fifths before the end, where arrows to neighbours are apart. */
	if (in == 1) pill(d, x1 + (x2 - x1) * 4 / 5, y1 + GAP_Y * 3 / 5, caption(d, a, true));
	else pill(d, x1 + (x2 - x1) / 3, y1 + GAP_Y * 2 / 5, caption(d, a, false));
}

static void beside(struct drawing *d, const struct arrow *a)
{
	bool right = d->column[a->to] > d->column[a->from];
	int y = box_y(d, a->from) + BOX_H / 2 + (right ? -SIDE : SIDE);
	int x1 = box_x(d, a->from) + (right ? BOX_W : 0), x2 = box_x(d, a->to) + (right ? -2 : BOX_W + 2);
	line(d, str_fmt(d->out->arena, "M%d %dL%d %d", x1, y, x2, y));
	pill(d, (x1 + x2) / 2, y, caption(d, a, false));
}

static void self(struct drawing *d, const struct arrow *a)
{
	int x = box_x(d, a->from) + BOX_W, y = box_y(d, a->from) + BOX_H / 2;
	line(d, str_fmt(d->out->arena, "M%d %dC%d %d %d %d %d %d", x, y - SIDE, x + LOOP, y - 2 * SIDE, x + LOOP, y + 2 * SIDE, x + 2, y + SIDE));
	pill(d, x + LOOP * 3 / 4, y, caption(d, a, false));
}

/* Out of the source by its free side or its foot, along the channel, into the target by its free side or its head. */
static void around(struct drawing *d, const struct arrow *a)
{
	bool left = a->route == ROUTE_LEFT;
	int edge = MARGIN + (d->n_left + 1) * CHANNEL, right_edge = edge + d->n_column * (BOX_W + GAP_X) - GAP_X + LOOP;
	int x = left ? edge - (a->channel + 1) * CHANNEL : right_edge + (a->channel + 1) * CHANNEL;
	bool out_side = left ? d->column[a->from] == 0 : last_in_layer(d, a->from), in_side = left ? d->column[a->to] == 0 : last_in_layer(d, a->to);
	int x1 = box_x(d, a->from), y1 = box_y(d, a->from), x2 = box_x(d, a->to), y2 = box_y(d, a->to), from_y, to_y;
	struct buf b = BUF(d->out->arena, 300);
	if (out_side) {
		from_y = y1 + BOX_H / 2 + SIDE;
		buf_fmt(&b, "M%d %d", left ? x1 : x1 + BOX_W, from_y);
	} else {
		from_y = y1 + BOX_H + SIDE;
		buf_fmt(&b, "M%d %dV%d", left ? x1 + 2 * SIDE : x1 + BOX_W - 2 * SIDE, y1 + BOX_H, from_y);
	}
	to_y = in_side ? y2 + BOX_H / 2 - SIDE : y2 - SIDE;
	buf_fmt(&b, "H%dV%d", x, to_y);
	if (in_side) buf_fmt(&b, "H%d", left ? x2 - 2 : x2 + BOX_W + 2);
	else buf_fmt(&b, "H%dV%d", left ? x2 + 2 * SIDE : x2 + BOX_W - 2 * SIDE, y2 - 2);
	line(d, buf_str(&b));
	/* Near where it leaves, each a little further, so that neighbours do not cover one another. */
	int step = 26 + a->channel % 3 * 19;
	pill(d, x, to_y < from_y ? from_y - step : from_y + step, caption(d, a, false));
}

void region_diagram(struct buf *out, const struct type_def *t, enum lang lang)
{
	struct drawing *d = ARENA_NEW(out->arena, struct drawing);
	*d = (struct drawing){ .out = out, .t = t, .lang = lang, .n = t->n_state < STATES ? t->n_state : STATES };
	place(d);
	find_arrows(d);
	int width = 2 * MARGIN + (d->n_left + d->n_right + 2) * CHANNEL + d->n_column * (BOX_W + GAP_X) - GAP_X + LOOP;
	int height = 2 * MARGIN + 2 * SIDE + d->n_layer * (BOX_H + GAP_Y) - GAP_Y;
	buf_fmt(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\" font-family=\"sans-serif\" "
		"font-size=\"13\" aria-label=\"", width, height, width, height);
	buf_xml(out, label_text(&t->label, lang));
	buf_add(out, STR("\">\n<defs><marker id=\"to\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\">"
		"<path d=\"M0 0L8 4L0 8z\" fill=\"#5b6875\"/></marker></defs>\n"));
	static void (*const draw[])(struct drawing *, const struct arrow *) = { down, beside, self, around, around };
	/* Longest first: the captions of short arrows lie on top. */
	for (int i = d->n_arrow; i-- > 0;) draw[d->arrow[i].route](d, &d->arrow[i]);
	for (int s = 0; s < d->n; s++) box(d, s);
	buf_add(out, STR("</svg>\n"));
}

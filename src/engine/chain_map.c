/* Which nodes a map shows, and the map as SVG and as a table. */
#include <math.h>
#include <stdlib.h>

#include "base/csv.h"
#include "engine/chain_inner.h"
#include "engine/chain_map.h"

enum { CARD_W = 168, CARD_H = 50, GAP = 66, BUS_GAP = 14, COLUMN_W = 250, COLUMN_PAPER_W = 206, MARGIN = 28, HEAD = 92, LANE_W = 26, LANES_MAX = 8, STRIP = 12, FONT = 14, SMALL = 10 };

/* ---- which nodes ---- */

static int room_for(const struct chain_map_view *v)
{
	return v->most > 0 ? v->most : v->paper == CHAIN_A3 ? 150 : v->paper == CHAIN_A4 ? 80 : 60;
}

struct pick { const struct chain_figures *f; int32_t *number, *depth, *queue; int n, most; };

static void take(struct pick *p, int32_t product, int32_t depth)
{
	if (product < 0 || p->number[product] >= 0 || p->n >= p->most) return;
	p->number[product] = p->n;
	p->depth[p->n] = depth;
	p->queue[p->n++] = product;
}

/* Neighbours by needs and kinds, either way. */
static void around(struct pick *p, int32_t product, int32_t depth, int32_t *left_out)
{
	const struct chain_figures *f = p->f;
	const struct chain *c = f->chain;
	int32_t v = f->product[product].node;
	for (int side = 0; side < 4; side++) {
		const struct chain_rows *r = side == 0 ? &f->needs : side == 1 ? &f->used_by : side == 2 ? &f->kind_of : &f->kinds;
		for (int32_t i = r->first[v]; i < r->first[v + 1]; i++) {
			int32_t k = r->to[i], u = side == 0 ? c->need.v[k].input : side == 1 ? c->need.v[k].product : side == 2 ? c->variant.v[k].kind_of : c->variant.v[k].product;
			if (left_out) *left_out += f->of_node[u] >= 0 && p->number[f->of_node[u]] < 0;
			else take(p, f->of_node[u], depth);
		}
	}
}

static void choose(struct cx *cx, const struct chain_figures *f, const struct chain_map_view *view, int most, struct chain_map *m, int32_t *number)
{
	int room = most < f->n ? most : f->n;
	struct pick p = { f, number, ARENA_ARRAY(cx->arena, int32_t, room + 1), ARENA_ARRAY(cx->arena, int32_t, room + 1), 0, room };
	for (int i = 0; i < f->n; i++) number[i] = -1;
	if (view->root >= 0) take(&p, f->of_node[view->root], 0);
	for (int i = 0; view->root < 0 && i < f->n && p.n < p.most; i++) take(&p, f->rank[i], 0);
	for (int i = 0; view->root >= 0 && i < p.n; i++)
		if (!view->depth || p.depth[i] < view->depth) around(&p, p.queue[i], p.depth[i] + 1, NULL);
	m->product = p.queue;
	m->n = p.n;
	m->hidden = ARENA_ARRAY(cx->arena, int32_t, p.n + 1);
	for (int i = 0; i < p.n; i++) around(&p, p.queue[i], 0, &m->hidden[i]);
}

static int by_number(const void *a, const void *b) { return (*(const int32_t *)a > *(const int32_t *)b) - (*(const int32_t *)a < *(const int32_t *)b); }

/* Needs and kinds between nodes shown, in the order of their lines: kinds are numbered behind the needs. */
static void connect(struct cx *cx, const struct chain_figures *f, struct chain_map *m, const int32_t *number)
{
	const struct chain *c = f->chain;
	int32_t needs = (int32_t)c->need.n, n = 0;
	size_t most = 1;
	for (int i = 0; i < m->n; i++) {
		int32_t v = f->product[m->product[i]].node;
		most += (size_t)(f->needs.first[v + 1] - f->needs.first[v] + f->kinds.first[v + 1] - f->kinds.first[v]);
	}
	int32_t *line = ARENA_ARRAY(cx->arena, int32_t, most);
	for (int i = 0; i < m->n; i++) {
		int32_t v = f->product[m->product[i]].node;
		for (int32_t k = f->needs.first[v]; k < f->needs.first[v + 1]; k++) line[n++] = f->needs.to[k];
		for (int32_t k = f->kinds.first[v]; k < f->kinds.first[v + 1]; k++) line[n++] = needs + f->kinds.to[k];
	}
	if (n) qsort(line, (size_t)n, sizeof *line, by_number);
	m->edge = ARENA_ARRAY(cx->arena, struct chain_edge, most);
	m->essential = ARENA_ARRAY(cx->arena, bool, most);
	m->kind = ARENA_ARRAY(cx->arena, bool, most);
	for (int32_t i = 0; i < n; i++) {
		bool need = line[i] < needs;
		int32_t from = need ? c->need.v[line[i]].input : c->variant.v[line[i] - needs].product, to = need ? c->need.v[line[i]].product : c->variant.v[line[i] - needs].kind_of;
		from = f->of_node[from] < 0 ? -1 : number[f->of_node[from]];
		if (from < 0) continue;
		m->essential[m->edges] = need && c->need.v[line[i]].essential;
		m->kind[m->edges] = !need;
		m->edge[m->edges++] = (struct chain_edge){ from, number[f->of_node[to]] };
	}
}

/* Segments in the order of the nodes' lines; too many, or none, make no lanes. */
static void find_lanes(struct cx *cx, const struct chain_figures *f, struct chain_map *m)
{
	struct chain_texts seen = chain_texts_new(cx->arena, (size_t)m->n);
	int32_t *node = ARENA_ARRAY(cx->arena, int32_t, m->n + 1);
	m->lane = ARENA_ARRAY(cx->arena, int32_t, m->n + 1);
	m->lane_name = ARENA_ARRAY(cx->arena, struct str, m->n + 1);
	for (int i = 0; i < m->n; i++) node[i] = f->product[m->product[i]].node;
	if (m->n) qsort(node, (size_t)m->n, sizeof *node, by_number);
	for (int i = 0; i < m->n; i++) {
		bool fresh = false;
		struct str segment = f->chain->node.v[node[i]].segment;
		if (segment.n) chain_texts_put(&seen, segment, m->lanes, &fresh);
		if (fresh) m->lane_name[m->lanes++] = segment;
	}
	if (m->lanes < 2 || m->lanes > LANES_MAX) {
		m->lanes = 0;
		return;
	}
	bool rest = false;
	for (int i = 0; i < m->n; i++) {
		m->lane[i] = chain_texts_get(&seen, f->chain->node.v[f->product[m->product[i]].node].segment);
		if (m->lane[i] < 0) m->lane[i] = m->lanes, rest = true;
	}
	if (rest) m->lane_name[m->lanes++] = STR("…");
}

static void map_of(struct cx *cx, const struct chain_figures *f, const struct chain_map_view *view, int most, struct chain_map *out)
{
	struct chain_map m = { 0 };
	int32_t *number = ARENA_ARRAY(cx->arena, int32_t, f->n + 1);
	choose(cx, f, view, most, &m, number);
	connect(cx, f, &m, number);
	find_lanes(cx, f, &m);
	struct chain_layout_in in = { m.n, m.edges, m.edge, m.lanes ? m.lane : NULL, GAP, BUS_GAP };
	chain_layout(cx->arena, &in, &m.layout);
	*out = m;
}

/* ---- on paper ---- */

static const double long_side[] = { 0, 297, 420 }, short_side[] = { 0, 210, 297 };     /* millimetres of CHAIN_A4, CHAIN_A3 */
static const double legible = 0.15;     /* millimetres of a unit: names at least 2.1 mm high */

static int column_width(enum chain_paper paper) { return paper == CHAIN_SCREEN ? COLUMN_W : COLUMN_PAPER_W; }

static double drawn_width(const struct chain_map *m, enum chain_paper paper)
{
	double width = 2 * MARGIN + (m->lanes ? LANE_W : 0) + (m->layout.columns > 0 ? m->layout.columns - 1 : 0) * column_width(paper) + CARD_W;
	return width < 560 ? 560 : width;
}

static double drawn_height(const struct chain_map *m)
{
	double low = 0;
	for (int32_t v = 0; v < m->layout.items; v++) low = m->layout.y[v] > low ? m->layout.y[v] : low;
	return HEAD + low + CARD_H + MARGIN;
}

/* Millimetres of a unit on the sheet, the way round that gives more. */
static double fitted(const struct chain_map *m, enum chain_paper paper, bool *upright)
{
	double w = drawn_width(m, paper), h = drawn_height(m), lying = fmin(long_side[paper] / w, short_side[paper] / h), standing = fmin(short_side[paper] / w, long_side[paper] / h);
	*upright = standing > lying;
	return *upright ? standing : lying;
}

void chain_map(struct cx *cx, const struct chain_figures *f, const struct chain_map_view *view, struct chain_map *out)
{
	enum { FEWEST = 8 };
	bool upright;
	int most = room_for(view);
	map_of(cx, f, view, most, out);
	while (view->paper != CHAIN_SCREEN && out->n > FEWEST && fitted(out, view->paper, &upright) < legible) {
		most = out->n * 9 / 10;
		map_of(cx, f, view, most > FEWEST ? most : FEWEST, out);
	}
}

/* ---- SVG ---- */

struct pen { struct buf *out; const struct chain_figures *f; const struct chain_map_view *view; const struct chain_map *m; bool zh; double width, height; };

/* Widths in hundredths of the font's size, on the safe side: wide for Chinese, full-width and unknown, capitals a little less than m. */
static int advance(int32_t c) { return c >= 0x1100 ? 100 : c == 'm' || c == 'w' || c == 'M' || c == 'W' || c == '%' || c == '@' ? 95 : c >= 'A' && c <= 'Z' ? 74 : c == 0xB7 ? 40 : c > 0x7E ? 90 : 60; }

/* As much of the text as fits, "…" where it was cut; what is left over goes to *rest. */
static struct str fit(struct arena *a, struct str s, int width, int font, struct str *rest)
{
	size_t at = 0, cut = 0;
	int used = 0, room = width * 100 / font;
	while (at < s.n) {
		size_t next = at;
		int32_t c = utf8_next(s, &next);
		used += advance(c);
		if (used > room) break;
		if (used + 100 <= room) cut = next;
		at = next;
	}
	if (rest) *rest = str_sub(s, at, s.n);
	if (at >= s.n || rest) return str_sub(s, 0, at);
	return str_fmt(a, "%.*s…", STRF(str_sub(s, 0, cut)));
}

static double x_of(const struct pen *p, int32_t item) { return MARGIN + (p->m->lanes ? LANE_W : 0) + p->m->layout.column[item] * column_width(p->view->paper); }
static double y_of(const struct pen *p, int32_t item) { return HEAD + p->m->layout.y[item]; }     /* the middle is CARD_H / 2 below */

static int step_of(double s) { return !chain_known(s) ? 5 : s < 0.05 ? 0 : s < 0.3 ? 1 : s < 0.6 ? 2 : s < 0.9 ? 3 : 4; }
static const char *const tint[6] = { "#b2182b", "#ef8a62", "#fddbc7", "#a6cfe3", "#2166ac", "#dddddd" };

/* Each step has a pattern too: fewer lines the more is made here, dots from 60 %, none from 90 %; crossed lines when unknown. */
static void put_defs(struct pen *p)
{
	static const char *const mark[6] = { "M0 0L6 6M0 6L6 0M3 0V6", "M0 6L6 0", "M0 3H6", "", "", "M0 0L6 6M0 6L6 0" };
	buf_add(p->out, STR("<defs>"));
	for (int i = 0; i < 6; i++) {
		buf_fmt(p->out, "<pattern id=\"s%d\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\"><rect width=\"6\" height=\"6\" fill=\"%s\"/>", i, tint[i]);
		if (i == 3) buf_add(p->out, STR("<circle cx=\"3\" cy=\"3\" r=\"1.2\" fill=\"#000\"/>"));
		else if (mark[i][0]) buf_fmt(p->out, "<path d=\"%s\" stroke=\"#000\" stroke-width=\".9\"/>", mark[i]);
		buf_add(p->out, STR("</pattern>"));
	}
	buf_add(p->out, STR("<marker id=\"a\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0L8 4L0 8Z\" fill=\"#567\"/></marker></defs>\n"));
	buf_add(p->out, STR("<style>text{font-family:'Noto Sans CJK SC','Source Han Sans SC','Microsoft YaHei',sans-serif;fill:#111}.e{fill:none;stroke:#789;stroke-width:1.3}"
			    ".o{stroke-dasharray:5 4}.k{stroke-dasharray:1.5 3}.b{stroke:#c60;stroke-dasharray:7 3}</style>\n"));
}

static void put_line(struct pen *p, double x, double y, int font, const char *extra, struct str s)
{
	buf_fmt(p->out, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"%d\"%s>", x, y, font, extra);
	buf_xml(p->out, s);
	buf_add(p->out, STR("</text>"));
}

static void put_legend(struct pen *p)
{
	static const char *const zh[6] = { "自给 <5%", "5-30%", "30-60%", "60-90%", "≥90%", "不明" }, *const en[6] = { "own supply <5%", "5-30%", "30-60%", "60-90%", "≥90%", "unknown" };
	struct arena *a = p->out->arena;
	struct str region = p->f->view.region >= 0 ? p->f->chain->place.v[p->f->view.region].name : STR("");
	double x = MARGIN;
	struct str title = str_fmt(a, p->zh ? "%.*s产业链图：%d 个节点，供给数据覆盖 %.0f %%" : "%.*s chain map: %d nodes, supply data cover %.0f %%", STRF(region), p->m->n, p->f->coverage * 100);
	put_line(p, MARGIN, 26, 17, " font-weight=\"bold\"", fit(a, title, (int)p->width - 2 * MARGIN, 17, NULL));
	for (int i = 0; i < 6; i++) {
		struct str s = str_c(p->zh ? zh[i] : en[i]);
		buf_fmt(p->out, "<rect x=\"%.1f\" y=\"38\" width=\"18\" height=\"12\" fill=\"url(#s%d)\" stroke=\"#555\"/>", x, i);
		put_line(p, x + 22, 48, SMALL, "", s);
		x += 40 + (i == 0 && !p->zh ? 74 : 46);
	}
	buf_fmt(p->out, "<rect x=\"%.1f\" y=\"38\" width=\"18\" height=\"12\" fill=\"none\" stroke=\"#c00\" stroke-width=\"2.5\"/>", x);
	put_line(p, x + 22, 48, SMALL, "", p->zh ? STR("卡点") : STR("bottleneck"));
	buf_add(p->out, STR("\n"));
}

static void put_columns(struct pen *p)
{
	static const char *const zh[3] = { "上游", "中游", "下游" }, *const en[3] = { "Upstream", "Midstream", "Downstream" };
	int32_t n = p->m->layout.columns;
	for (int i = 0; i < 3 && n >= 3; i++) {
		int32_t c = n * i / 3;
		double x = MARGIN + (p->m->lanes ? LANE_W : 0) + c * column_width(p->view->paper);
		if (i) buf_fmt(p->out, "<path d=\"M%.1f 60V%.1f\" stroke=\"#ccc\" stroke-dasharray=\"2 4\"/>", x - (column_width(p->view->paper) - CARD_W) / 2.0, p->height - MARGIN);
		put_line(p, x, 76, 13, " font-weight=\"bold\"", str_c(p->zh ? zh[i] : en[i]));
	}
	for (int32_t k = 0; k < p->m->lanes; k++) {
		double top = 1e15, bottom = -1e15;
		for (int i = 0; i < p->m->n; i++) {
			if (p->m->lane[i] != k) continue;
			if (y_of(p, i) < top) top = y_of(p, i);
			if (y_of(p, i) + CARD_H > bottom) bottom = y_of(p, i) + CARD_H;
		}
		buf_fmt(p->out, "<rect x=\"%d\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>", MARGIN - 8, top - 12, p->width - 2 * MARGIN + 16, bottom - top + 24, k % 2 ? "#f3f6f9" : "#fafafa");
		struct str name = fit(p->out->arena, p->m->lane_name[k], (int)(bottom - top + 20), 12, NULL);
		buf_fmt(p->out, "<g transform=\"translate(%d %.1f) rotate(-90)\">", MARGIN + 8, (top + bottom) / 2);
		put_line(p, 0, 0, 12, " font-weight=\"bold\" text-anchor=\"middle\"", name);
		buf_add(p->out, STR("</g>\n"));
	}
}

/* A bus is solid; the piece that reaches a node looks as its edge is: dashed when it is not essential, dotted for a kind, orange and backwards
   where it closes a cycle. Such pieces stand in the order of the edges. */
static void put_segments(struct pen *p)
{
	const struct chain_layout *l = &p->m->layout;
	int32_t e = 0;
	for (int32_t i = 0; i < l->segments; i++) {
		struct chain_edge s = l->segment[i];
		bool bend = s.to >= p->m->n;
		while (!bend && p->m->edge[e].from == p->m->edge[e].to) e++;
		const char *look = bend ? "" : l->against[e] ? " b" : p->m->kind[e] ? " k" : !p->m->essential[e] ? " o" : "";
		double x1 = x_of(p, s.from) + CARD_W, x2 = x_of(p, s.to), y1 = y_of(p, s.from) + CARD_H / 2.0, y2 = y_of(p, s.to) + CARD_H / 2.0, mid = (x1 + x2) / 2;
		buf_fmt(p->out, "<path class=\"e%s\" d=\"M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1f", look, x1, y1, mid, y1, mid, y2, x2, y2);
		if (bend) buf_fmt(p->out, "h%d\"/>", CARD_W);
		else buf_add(p->out, l->against[e] ? s.from >= p->m->n ? STR("\"/>") : STR("\" marker-start=\"url(#a)\"/>") : STR("\" marker-end=\"url(#a)\"/>"));
		e += !bend;
	}
	buf_add(p->out, STR("\n"));
}

static void put_card_text(struct pen *p, int i, double x, double y)
{
	const struct chain_product *q = &p->f->product[p->m->product[i]];
	struct arena *a = p->out->arena;
	struct str name = p->f->chain->node.v[q->node].name, rest, line;
	int room = CARD_W - STRIP - 12 - (p->m->hidden[i] ? 26 : 0);
	line = fit(a, name, room, FONT, &rest);
	if (!rest.n) {
		put_line(p, x + STRIP + 6, y + 20, FONT, "", line);
	} else {
		put_line(p, x + STRIP + 6, y + 14, 12, "", fit(a, name, room, 12, &rest));
		if (rest.n) put_line(p, x + STRIP + 6, y + 28, 12, "", fit(a, rest, CARD_W - STRIP - 12, 12, NULL));
	}
	struct str facts = str_fmt(a, p->zh ? "本地 %d/%d 家" : "local %d/%d", q->local_makers, q->makers);
	if (p->f->view.region < 0) facts = str_fmt(a, p->zh ? "生产者 %d 家" : "makers %d", q->makers);
	if (!q->makers) facts = p->zh ? STR("生产者不明") : STR("makers unknown");
	if (q->n75) facts = str_fmt(a, p->zh ? "%.*s·外%d家占¾" : "%.*s · ¾ by %d", STRF(facts), q->n75);
	if (q->teams) facts = str_fmt(a, p->zh ? "%.*s·团队%d" : "%.*s · teams %d", STRF(facts), q->teams);
	put_line(p, x + STRIP + 6, y + 40, SMALL, " fill=\"#333\"", fit(a, facts, CARD_W - STRIP - 10, SMALL, NULL));
	if (p->m->hidden[i]) {
		buf_fmt(p->out, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"10\" text-anchor=\"end\" font-weight=\"bold\">+%d</text>", x + CARD_W - 5, y + 13, p->m->hidden[i] > 999 ? 999 : p->m->hidden[i]);
	}
}

static void put_card(struct pen *p, int i)
{
	const struct chain_product *q = &p->f->product[p->m->product[i]];
	const struct chain_node *node = &p->f->chain->node.v[q->node];
	double x = x_of(p, i), y = y_of(p, i);
	bool alarm = q->index >= (p->view->alarm > 0 ? p->view->alarm : 0.05), root = q->node == p->view->root;
	int step = step_of(q->local);
	if (p->view->link.n) {
		buf_add(p->out, STR("<a href=\""));
		buf_xml(p->out, p->view->link);
		buf_xml(p->out, node->id);
		buf_add(p->out, STR("\">"));
	}
	buf_add(p->out, STR("<g><title>"));
	buf_xml(p->out, chain_sentence(&(struct cx){ .arena = p->out->arena }, p->f, p->m->product[i], CHAIN_SAY_INDEX, p->view->lang));
	buf_fmt(p->out, "</title><rect x=\"%.1f\" y=\"%.1f\" width=\"%d\" height=\"%d\" rx=\"4\" fill=\"#fff\" stroke=\"%s\" stroke-width=\"%s\"%s/>", x, y, CARD_W, CARD_H,
		alarm ? "#c00" : root ? "#06c" : "#678", alarm ? "2.5" : root ? "2" : "1", step == 5 ? " stroke-dasharray=\"4 3\"" : "");
	buf_fmt(p->out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%d\" height=\"%d\" fill=\"url(#s%d)\"/>", x + 1.5, y + 1.5, STRIP, CARD_H - 3, step);
	if (step < 5) buf_fmt(p->out, "<path d=\"M%.1f %.1fH%.1f\" stroke=\"#ccc\" stroke-width=\"3\"/><path d=\"M%.1f %.1fh%.1f\" stroke=\"#2166ac\" stroke-width=\"3\"/>", x + STRIP + 6, y + CARD_H - 5,
			      x + CARD_W - 6, x + STRIP + 6, y + CARD_H - 5, q->local * (CARD_W - STRIP - 12));
	put_card_text(p, i, x, y);
	buf_add(p->out, p->view->link.n ? STR("</g></a>\n") : STR("</g>\n"));
}

void chain_map_svg(struct buf *out, const struct chain_figures *f, const struct chain_map_view *view, const struct chain_map *m)
{
	struct pen p = { out, f, view, m, view->lang == LANG_ZH, 0, 0 };
	bool upright = false;
	p.width = drawn_width(m, view->paper);
	p.height = drawn_height(m);
	if (view->paper != CHAIN_SCREEN) fitted(m, view->paper, &upright);
	buf_fmt(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\"", p.width, p.height);
	double long_mm = long_side[view->paper], short_mm = short_side[view->paper];
	if (view->paper != CHAIN_SCREEN) buf_fmt(out, " width=\"%.0fmm\" height=\"%.0fmm\"", upright ? short_mm : long_mm, upright ? long_mm : short_mm);
	else buf_fmt(out, " width=\"%.0f\" height=\"%.0f\"", p.width, p.height);
	buf_add(out, STR(" role=\"img\">\n"));
	put_defs(&p);
	buf_fmt(out, "<rect width=\"%.0f\" height=\"%.0f\" fill=\"#fff\"/>", p.width, p.height);
	put_columns(&p);
	put_legend(&p);
	put_segments(&p);
	for (int i = 0; i < m->n; i++) put_card(&p, i);
	buf_add(out, STR("</svg>\n"));
}

void chain_map_csv(struct buf *out, const struct chain_figures *f, const struct chain_map *m)
{
	buf_add(out, STR("id,name,column,segment,local,makers,local_makers,n75,teams,index,hidden,inputs\r\n"));
	for (int i = 0; i < m->n; i++) {
		const struct chain_product *p = &f->product[m->product[i]];
		const struct chain_node *n = &f->chain->node.v[p->node];
		struct buf inputs = BUF(out->arena, 1 << 20);
		csv_put(out, n->id, true);
		csv_put(out, n->name, false);
		buf_fmt(out, ",%d", m->layout.column[i] + 1);
		csv_put(out, n->segment, false);
		buf_fmt(out, chain_known(p->local) ? ",%.4f" : ",", p->local);
		buf_fmt(out, ",%d,%d,", p->makers, p->local_makers);
		if (p->n75) buf_fmt(out, "%d", p->n75);
		buf_fmt(out, ",%d,", p->teams);
		if (chain_known(p->index)) buf_fmt(out, "%.6f", p->index);
		buf_fmt(out, ",%d", m->hidden[i]);
		for (int32_t e = 0; e < m->edges; e++) {
			if (m->edge[e].to != i) continue;
			if (inputs.n) buf_c(&inputs, ' ');
			buf_add(&inputs, f->chain->node.v[f->product[m->product[m->edge[e].from]].node].id);
		}
		csv_put(out, buf_str(&inputs), false);
		csv_end_row(out);
	}
}

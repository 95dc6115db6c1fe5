#include "feature/svg_chart.h"

#include "base/utf8.h"
#include "base/val.h"

enum { LEFT = 300, WIDTH = 900, ROW = 24, TOP = 34, RIGHT = 24 };

struct scale { int64_t low, high; };

static int x_of(const struct scale *s, int64_t v) { return LEFT + (int)((__int128)(v - s->low) * (WIDTH - LEFT - RIGHT) / (s->high - s->low)); }

/* From the lowest to the highest that is drawn, in whole steps of 1, 2, 5, 10 …: at most ten of them. */
static int64_t find_scale(const struct chart_row *row, int n, struct scale *s)
{
	static const int steps[] = { 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000 };
	int64_t low = INT64_MAX, high = INT64_MIN, step = DEC_ONE;
	for (int i = 0; i < n; i++) {
		int64_t least = row[i].low < row[i].mean ? row[i].low : row[i].mean, most = row[i].high > row[i].mean ? row[i].high : row[i].mean;
		low = least < low ? least : low;
		high = most > high ? most : high;
	}
	for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
		step = (int64_t)steps[k] * DEC_ONE;
		s->low = low / step * step - (low < 0 && low % step ? step : 0);
		s->high = high / step * step + (high % step && high > 0 ? step : 0);
		if (s->high <= s->low) s->high = s->low + step;
		if ((s->high - s->low) / step <= 10) break;
	}
	return step;
}

static void mark(struct buf *out, int x, int y, int side)
{
	if (side == 2) buf_fmt(out, "<path d=\"M%d %dl6 -6l6 6l-6 6z\" fill=\"#b35900\" stroke=\"#fff\"/>", x - 6, y);
	else buf_fmt(out, "<circle cx=\"%d\" cy=\"%d\" r=\"5\" fill=\"%s\" stroke=\"#00557f\" stroke-width=\"2\"/>", x, y, side ? "#fff" : "#00557f");
}

static void one_row(struct buf *out, const struct scale *s, const struct chart_row *r, int y)
{
	enum { CHARS = 18 };
	size_t cut = utf8_offset(r->label, CHARS);
	int low = x_of(s, r->low), high = x_of(s, r->high), mean = x_of(s, r->mean);
	buf_fmt(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%d. ", LEFT - 12, y + 4, r->rank);
	buf_xml(out, str_sub(r->label, 0, cut));
	buf_add(out, cut < r->label.n ? STR("…</text>") : STR("</text>"));
	buf_fmt(out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"8\" fill=\"%s\" stroke=\"#7a8a99\"/>", low, y - 4, high > low ? high - low : 1,
		r->side == 2 ? "url(#doubt)" : "#dce6ee");
	buf_fmt(out, "<path d=\"M%d %dV%d\" stroke=\"#333\" stroke-width=\"2\"/>", mean, y - 8, y + 8);
	mark(out, x_of(s, r->value), y, r->side);
	buf_c(out, '\n');
}

void scoring_chart(struct buf *out, const struct chart_row *row, int n, bool cut, int64_t line, enum lang lang)
{
	struct scale s = { 0, 100 * DEC_ONE };
	bool zh = lang == LANG_ZH;
	int64_t step = n ? find_scale(row, n, &s) : 10 * DEC_ONE;
	int height = TOP + n * ROW + 40;
	buf_fmt(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\" font-family=\"sans-serif\" font-size=\"13\" "
		"aria-label=\"%s\">\n<defs><pattern id=\"doubt\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">"
		"<rect width=\"6\" height=\"6\" fill=\"#fff3e0\"/><path d=\"M0 0V6\" stroke=\"#b35900\" stroke-width=\"2\"/></pattern></defs>\n", WIDTH, height, WIDTH, height,
		zh ? "各项校准分及区间" : "Calibrated scores and their intervals");
	for (int64_t v = s.low; v <= s.high; v += step)
		buf_fmt(out, "<path d=\"M%d %dV%d\" stroke=\"#e0e5ea\"/><text x=\"%d\" y=\"20\" text-anchor=\"middle\" fill=\"#444\">%lld</text>\n", x_of(&s, v), TOP - 8, TOP + n * ROW,
			x_of(&s, v), (long long)(v / DEC_ONE));
	if (cut && line > s.low && line < s.high)
		buf_fmt(out, "<path d=\"M%d %dV%d\" stroke=\"#a40000\" stroke-width=\"2\" stroke-dasharray=\"7 4\"/>\n", x_of(&s, line), TOP - 8, TOP + n * ROW);
	for (int i = 0; i < n; i++) one_row(out, &s, &row[i], TOP + i * ROW + ROW / 2);
	int y = TOP + n * ROW + 22;
	static const char *const words[2][3] = { { "都在线上", "都在线下", "取决于方法" }, { "above by all", "below by all", "depends" } };
	for (int k = 0; k < 3; k++) {
		mark(out, LEFT + k * 130, y - 4, k);
		buf_fmt(out, "<text x=\"%d\" y=\"%d\">%s</text>", LEFT + 12 + k * 130, y, words[!zh][k]);
	}
	buf_fmt(out, "<path d=\"M%d %dv14\" stroke=\"#333\" stroke-width=\"2\"/><text x=\"%d\" y=\"%d\">%s</text>", LEFT + 400, y - 11, LEFT + 408, y, zh ? "平均分" : "mean");
	buf_add(out, STR("\n</svg>\n"));
}

/* ---- bars ---- */

static void patterns(struct buf *out)
{
	static const char *const line[] = { "", "M0 4H8", "M0 0V8", "M0 4H8M4 0V8" };
	static const char *const fill[] = { "#8fa9bd", "#f2cf86", "#9ccfae", "#eaa9a4" }, *const ink[] = { "#45607a", "#7a4b00", "#14613a", "#a1221a" };
	for (int k = 0; k < 4; k++)
		buf_fmt(out, "<pattern id=\"p%d\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(%d)\"><rect width=\"8\" height=\"8\" fill=\"%s\"/>"
			"<path d=\"%s\" stroke=\"%s\"/></pattern>", k, k == 2 ? 45 : 0, fill[k], line[k], ink[k]);
}

void bars_chart(struct buf *out, struct str caption, const struct chart_bar *bar, int n)
{
	enum { NAME = 190, ROOM = 120 };
	int height = 16 + n * ROW;
	int64_t most = 1;
	for (int i = 0; i < n; i++) {
		if (bar[i].value > most) most = bar[i].value;
		if (bar[i].more > most) most = bar[i].more;
	}
	buf_fmt(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\" font-family=\"sans-serif\" font-size=\"13\" aria-label=\"",
		WIDTH, height, WIDTH, height);
	buf_xml(out, caption);
	buf_add(out, STR("\">\n<defs>"));
	patterns(out);
	buf_add(out, STR("</defs>\n"));
	for (int i = 0; i < n; i++) {
		int y = 8 + i * ROW, room = WIDTH - NAME - ROOM, w = (int)((__int128)bar[i].value * room / most), more = (int)((__int128)bar[i].more * room / most);
		buf_fmt(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">", NAME - 8, y + 16);
		buf_xml(out, str_sub(bar[i].label, 0, utf8_offset(bar[i].label, 13)));
		buf_add(out, STR("</text>"));
		if (more > w) buf_fmt(out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"4\" fill=\"#fff\" stroke=\"#45607a\"/>", NAME + w, y + 9, more - w);
		if (bar[i].value > 0) buf_fmt(out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"16\" fill=\"url(#p%d)\" stroke=\"#45607a\"/>", NAME, y + 3, w > 2 ? w : 2, bar[i].tone & 3);
		buf_fmt(out, "<text x=\"%d\" y=\"%d\">", NAME + (more > w ? more : w) + 8, y + 16);
		buf_xml(out, bar[i].text);
		buf_add(out, STR("</text>\n"));
	}
	buf_add(out, STR("</svg>\n"));
}

#include "web/pdf.h"

#include <cairo-pdf.h>
#include <pango/pangocairo.h>

/* Points. Margins as an official document has them: top 37 mm, left 28 mm, the rest a little less. */
#define MARGIN_TOP 72.0
#define MARGIN_SIDE 56.0
#define MARGIN_FOOT 62.0
#define PAD 4.0

struct pdf {
	struct cx *cx;
	cairo_surface_t *surface;
	cairo_t *cr;
	struct buf body;
	double width, height, y;
	int page;
	struct str mark;
};

static cairo_status_t keep(void *closure, const unsigned char *data, unsigned int n)
{
	struct pdf *p = closure;
	buf_add(&p->body, (struct str){ (const char *)data, n });
	return p->body.full ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

static PangoLayout *layout_of(struct pdf *p, struct str text, double width, double size, bool bold)
{
	PangoLayout *l = pango_cairo_create_layout(p->cr);
	PangoFontDescription *font = pango_font_description_from_string("Noto Sans CJK SC, Noto Sans, sans-serif");
	pango_font_description_set_absolute_size(font, size * PANGO_SCALE);
	if (bold) pango_font_description_set_weight(font, PANGO_WEIGHT_BOLD);
	pango_layout_set_font_description(l, font);
	pango_layout_set_width(l, (int)(width * PANGO_SCALE));
	pango_layout_set_wrap(l, PANGO_WRAP_WORD_CHAR);
	pango_layout_set_text(l, text.p ? text.p : "", (int)text.n);
	pango_font_description_free(font);
	return l;
}

static double height_of(PangoLayout *l)
{
	int h;
	pango_layout_get_size(l, NULL, &h);
	return (double)h / PANGO_SCALE;
}

static void foot(struct pdf *p)
{
	char text[24];
	int n = snprintf(text, sizeof text, "— %d —", ++p->page);
	PangoLayout *l = layout_of(p, (struct str){ text, (size_t)n }, p->width - 2 * MARGIN_SIDE, 9, false);
	pango_layout_set_alignment(l, PANGO_ALIGN_CENTER);
	cairo_move_to(p->cr, MARGIN_SIDE, p->height - MARGIN_FOOT + 22);
	pango_cairo_show_layout(p->cr, l);
	g_object_unref(l);
	l = layout_of(p, p->mark, p->width - 2 * MARGIN_SIDE, 8, false);
	cairo_move_to(p->cr, MARGIN_SIDE, p->height - MARGIN_FOOT + 23);
	pango_cairo_show_layout(p->cr, l);
	g_object_unref(l);
}

static void next_page(struct pdf *p)
{
	foot(p);
	cairo_show_page(p->cr);
	p->y = MARGIN_TOP;
}

static bool fits(const struct pdf *p, double h) { return p->y + h <= p->height - MARGIN_FOOT; }

static void paragraph(struct pdf *p, struct str text, double size, bool bold, double after)
{
	PangoLayout *l = layout_of(p, text, p->width - 2 * MARGIN_SIDE, size, bold);
	double h = height_of(l);
	if (!fits(p, h) && p->y > MARGIN_TOP) next_page(p);
	cairo_move_to(p->cr, MARGIN_SIDE, p->y);
	pango_cairo_show_layout(p->cr, l);
	p->y += h + after;
	g_object_unref(l);
}

enum rc pdf_start(struct cx *cx, const struct pdf_page *page, struct pdf **out)
{
	struct pdf *p = ARENA_NEW(cx->arena, struct pdf);
	double w = 595.28, h = 841.89;
	*p = (struct pdf){ .cx = cx, .body = BUF(cx->arena, 6 << 20), .width = page->landscape ? h : w, .height = page->landscape ? w : h, .y = MARGIN_TOP,
		.mark = page->mark };
	p->surface = cairo_pdf_surface_create_for_stream(keep, p, p->width, p->height);
	cairo_pdf_surface_set_metadata(p->surface, CAIRO_PDF_METADATA_TITLE, str_z(cx->arena, page->title));
	cairo_pdf_surface_set_metadata(p->surface, CAIRO_PDF_METADATA_CREATE_DATE, "2000-01-01T00:00:00Z");
	p->cr = cairo_create(p->surface);
	if (cairo_status(p->cr) != CAIRO_STATUS_SUCCESS) {
		cairo_destroy(p->cr);
		cairo_surface_destroy(p->surface);
		return fail(cx, RC_IO, "pdf.start", NOWHERE, "不能生成 PDF", "the PDF cannot be made");
	}
	paragraph(p, page->title, 17, true, 12);
	*out = p;
	return RC_OK;
}

void pdf_heading(struct pdf *p, struct str text)
{
	p->y += 8;
	if (!fits(p, 60)) next_page(p);
	paragraph(p, text, 12, true, 5);
}

void pdf_text(struct pdf *p, struct str text) { paragraph(p, text, 10, false, 5); }

struct row_draw { PangoLayout *layout[64]; double x[65], height; int n; };

static struct row_draw row_of(struct pdf *p, const struct str *cell, const int *weight, const bool *right, int n, bool bold)
{
	struct row_draw r = { .n = n < 64 ? n : 64 };
	int sum = 0;
	for (int i = 0; i < r.n; i++) sum += weight[i];
	r.x[0] = MARGIN_SIDE;
	for (int i = 0; i < r.n; i++) {
		double w = (p->width - 2 * MARGIN_SIDE) * weight[i] / (sum ? sum : 1);
		r.x[i + 1] = r.x[i] + w;
		r.layout[i] = layout_of(p, cell[i], w - 2 * PAD, 8.5, bold);
		if (right[i]) pango_layout_set_alignment(r.layout[i], PANGO_ALIGN_RIGHT);
		double h = height_of(r.layout[i]) + 2 * PAD;
		if (h > r.height) r.height = h;
	}
	return r;
}

static void draw_row(struct pdf *p, struct row_draw *r, bool head)
{
	if (head) {
		cairo_set_source_rgb(p->cr, 0.92, 0.94, 0.96);
		cairo_rectangle(p->cr, MARGIN_SIDE, p->y, p->width - 2 * MARGIN_SIDE, r->height);
		cairo_fill(p->cr);
	}
	cairo_set_source_rgb(p->cr, 0.6, 0.65, 0.7);
	cairo_set_line_width(p->cr, 0.5);
	cairo_move_to(p->cr, MARGIN_SIDE, p->y + r->height);
	cairo_line_to(p->cr, p->width - MARGIN_SIDE, p->y + r->height);
	cairo_stroke(p->cr);
	cairo_set_source_rgb(p->cr, 0, 0, 0);
	for (int i = 0; i < r->n; i++) {
		cairo_move_to(p->cr, r->x[i] + PAD, p->y + PAD);
		pango_cairo_show_layout(p->cr, r->layout[i]);
	}
	p->y += r->height;
}

/* A row higher than a page, line by line, on as many pages as it takes. */
static void draw_tall(struct pdf *p, struct row_draw *r)
{
	int next[64] = { 0 };
	for (bool more = true; more;) {
		double lowest = 0;
		more = false;
		for (int i = 0; i < r->n; i++) {
			double y = 0;
			for (; next[i] < pango_layout_get_line_count(r->layout[i]); next[i]++) {
				PangoLayoutLine *l = pango_layout_get_line_readonly(r->layout[i], next[i]);
				PangoRectangle box;
				pango_layout_line_get_extents(l, NULL, &box);
				double h = (double)box.height / PANGO_SCALE;
				if (!fits(p, y + h + 2 * PAD)) break;
				cairo_move_to(p->cr, r->x[i] + PAD, p->y + PAD + y - (double)box.y / PANGO_SCALE);
				pango_cairo_show_layout_line(p->cr, l);
				y += h;
			}
			if (y > lowest) lowest = y;
			more = more || next[i] < pango_layout_get_line_count(r->layout[i]);
		}
		p->y += lowest + 2 * PAD;
		if (more) next_page(p);
	}
}

static void drop_row(struct row_draw *r)
{
	for (int i = 0; i < r->n; i++) g_object_unref(r->layout[i]);
}

void pdf_table(struct pdf *p, const struct str *head, const int *weight, const bool *right, int n, const struct str *cell, int n_row)
{
	struct row_draw top = { 0 };
	if (head) top = row_of(p, head, weight, right, n, true);
	if (head && !fits(p, top.height * 3)) next_page(p);
	if (head) draw_row(p, &top, true);
	for (int i = 0; i < n_row; i++) {
		struct row_draw r = row_of(p, cell + (size_t)i * (size_t)n, weight, right, n, false);
		if (!fits(p, r.height)) {
			next_page(p);
			if (head) draw_row(p, &top, true);
		}
		if (fits(p, r.height)) draw_row(p, &r, false);
		else draw_tall(p, &r);
		drop_row(&r);
	}
	drop_row(&top);
	p->y += 8;
}

enum rc pdf_finish(struct cx *cx, struct pdf *p, struct buf *out)
{
	foot(p);
	cairo_destroy(p->cr);
	cairo_surface_finish(p->surface);
	bool good = cairo_surface_status(p->surface) == CAIRO_STATUS_SUCCESS && !p->body.full;
	cairo_surface_destroy(p->surface);
	if (!good) return fail(cx, RC_LIMIT, "pdf.size", NOWHERE, "PDF 过大，不能生成", "the PDF would be too large");
	buf_add(out, buf_str(&p->body));
	return RC_OK;
}

/* A record on paper: what its page shows this reader, no more. */
#include "feature/feature.h"
#include "web/pdf.h"

static struct str text_of(struct val m, const char *key) { return val_str(val_get(m, str_c(key))); }

static struct str shown(struct page *p, struct val v)
{
	bool zh = p->cx->lang == LANG_ZH;
	if (val_true(VAL_GET(v, "hidden"))) return zh ? STR("（您看不到）") : STR("(not visible to you)");
	if (val_true(VAL_GET(v, "empty"))) return STR("—");
	struct str unit = text_of(v, "unit"), s = text_of(v, "text");
	return unit.n ? str_fmt(p->cx->arena, "%.*s %.*s", STRF(s), STRF(unit)) : s;
}

static void facts(struct page *p, struct pdf *pdf, struct val fields)
{
	static const int weight[] = { 3, 7 };
	static const bool right[] = { false, false };
	size_t n = val_len(fields);
	struct str *cell = ARENA_ARRAY(p->cx->arena, struct str, 2 * n + 1);
	for (size_t i = 0; i < n; i++) {
		cell[2 * i] = text_of(val_at(fields, i), "label");
		cell[2 * i + 1] = shown(p, val_at(fields, i));
	}
	if (n) pdf_table(pdf, NULL, weight, right, 2, cell, (int)n);
}

static void rows(struct page *p, struct pdf *pdf, struct val table)
{
	struct arena *a = p->cx->arena;
	struct val columns = VAL_GET(table, "columns"), list = VAL_GET(table, "rows");
	size_t n = val_len(columns), n_row = val_len(list);
	struct str *head = ARENA_ARRAY(a, struct str, n + 1), *cell = ARENA_ARRAY(a, struct str, n * n_row + 1);
	int *weight = ARENA_ARRAY(a, int, n + 1);
	bool *right = ARENA_ARRAY(a, bool, n + 1);
	for (size_t c = 0; c < n; c++) {
		struct val first = n_row ? val_at(VAL_GET(val_at(list, 0), "cells"), c) : VNULL;
		struct str unit = text_of(val_at(columns, c), "unit"), label = text_of(val_at(columns, c), "label");
		head[c] = unit.n ? str_fmt(a, "%.*s (%.*s)", STRF(label), STRF(unit)) : label;
		right[c] = val_true(VAL_GET(first, "number"));
		weight[c] = right[c] ? 2 : 3;
		for (size_t r = 0; r < n_row; r++) {
			struct val one = val_at(VAL_GET(val_at(list, r), "cells"), c);
			cell[r * n + c] = val_true(VAL_GET(one, "empty")) || val_true(VAL_GET(one, "hidden")) ? shown(p, one) : text_of(one, "text");
		}
	}
	if (n && n_row) pdf_table(pdf, head, weight, right, (int)n, cell, (int)n_row);
	else pdf_text(pdf, STR("—"));
}

static void criteria(struct page *p, struct pdf *pdf, struct val list)
{
	enum { COLUMNS = 5 };
	static const int weight[COLUMNS] = { 1, 6, 6, 5, 4 };
	static const bool right[COLUMNS] = { false };
	struct arena *a = p->cx->arena;
	bool zh = p->cx->lang == LANG_ZH;
	struct str head[COLUMNS] = { STR("#"), zh ? STR("条件") : STR("Criterion"), zh ? STR("按填报数判定") : STR("By the numbers"),
		zh ? STR("自评说明、材料") : STR("Own statement, evidence"), zh ? STR("核定") : STR("Verdict") };
	struct str *cell = ARENA_ARRAY(a, struct str, COLUMNS * val_len(list) + 1);
	int n = 0;
	for (size_t i = 0; i < val_len(list); i++) {
		struct val c = val_at(list, i);
		if (val_true(VAL_GET(c, "first"))) {
			if (n) pdf_table(pdf, head, weight, right, COLUMNS, cell, n);
			n = 0;
			pdf_text(pdf, str_fmt(a, "%.*s %.*s", STRF(text_of(c, "title")), STRF(text_of(c, "document"))));
		}
		const char *mark = !val_true(VAL_GET(c, "unverified")) ? "" : zh ? "（未核对原文）" : " (not checked against the document)";
		struct str *row = cell + COLUMNS * n++;
		row[0] = str_fmt(a, "%zu", i + 1);
		row[1] = str_fmt(a, "%.*s%s", STRF(text_of(c, "text")), mark);
		row[2] = str_fmt(a, "%.*s\n%.*s", STRF(text_of(c, "judged_label")), STRF(text_of(c, "shown")));
		row[3] = str_fmt(a, "%.*s\n%.*s", STRF(text_of(VAL_GET(c, "statement"), "text")), STRF(text_of(VAL_GET(c, "proof"), "text")));
		row[4] = str_fmt(a, "%.*s\n%.*s", STRF(text_of(VAL_GET(c, "verdict"), "text")), STRF(text_of(VAL_GET(c, "note"), "text")));
	}
	if (n) pdf_table(pdf, head, weight, right, COLUMNS, cell, n);
}

static void history(struct page *p, struct pdf *pdf, struct val list)
{
	static const int weight[] = { 3, 4, 4, 6 };
	static const bool right[4] = { false };
	bool zh = p->cx->lang == LANG_ZH;
	struct str head[] = { zh ? STR("时间") : STR("When"), zh ? STR("谁") : STR("Who"), zh ? STR("做了什么") : STR("What"), zh ? STR("理由") : STR("Reason") };
	struct str *cell = ARENA_ARRAY(p->cx->arena, struct str, 4 * val_len(list) + 1);
	for (size_t i = 0; i < val_len(list); i++) {
		struct val h = val_at(list, i);
		cell[4 * i] = text_of(h, "at");
		cell[4 * i + 1] = text_of(h, "who");
		cell[4 * i + 2] = text_of(h, "act");
		cell[4 * i + 3] = text_of(h, "reason");
	}
	if (!val_len(list)) return;
	pdf_heading(pdf, zh ? STR("经过") : STR("History"));
	pdf_table(pdf, head, weight, right, 4, cell, (int)val_len(list));
}

static bool wide(struct val sections)
{
	enum { NARROW = 6 };
	for (size_t i = 0; i < val_len(sections); i++) {
		struct val tables = VAL_GET(val_at(sections, i), "tables");
		for (size_t k = 0; k < val_len(tables); k++)
			if (val_len(VAL_GET(val_at(tables, k), "columns")) > NARROW) return true;
	}
	return false;
}

enum rc record_pdf(struct page *p)
{
	struct arena *a = p->cx->arena;
	struct val out = p->out, sections = VAL_GET(out, "sections"), type = VAL_GET(out, "type");
	struct str label = text_of(type, "label"), number = text_of(out, "number"), title = text_of(out, "title");
	bool zh = p->cx->lang == LANG_ZH;
	struct pdf_page page = { .landscape = wide(sections), .title = title, .mark = !p->region->demo ? STR("") : zh ? STR("演示数据，非真实单位和人员")
		: STR("Demonstration data: not real organisations or people") };
	struct pdf *pdf;
	struct buf bytes = BUF(a, 6 << 20);
	TRY(pdf_start(p->cx, &page, &pdf));
	pdf_text(pdf, str_fmt(a, "%.*s%s%.*s · %.*s · %s %.*s", STRF(label), number.n ? " " : "", STRF(number), STRF(text_of(VAL_GET(out, "state"), "label")),
		zh ? "最近更新" : "last change", STRF(text_of(out, "changed"))));
	for (size_t i = 0; i < val_len(sections); i++) {
		struct val s = val_at(sections, i), tables = VAL_GET(s, "tables");
		struct str heading = text_of(s, "title");
		pdf_heading(pdf, heading.n ? heading : label);
		facts(p, pdf, VAL_GET(s, "fields"));
		for (size_t k = 0; k < val_len(tables); k++) {
			struct val table = val_at(tables, k);
			if (!str_eq(text_of(table, "label"), heading)) pdf_text(pdf, text_of(table, "label"));
			if (val_true(VAL_GET(table, "is_criteria"))) criteria(p, pdf, VAL_GET(table, "criteria"));
			else rows(p, pdf, table);
		}
	}
	history(p, pdf, VAL_GET(out, "history"));
	TRY(pdf_finish(p->cx, pdf, &bytes));
	p->raw = (struct http_reply){ .status = 200, .type = STR("application/pdf"), .body = buf_str(&bytes) };
	http_reply_header(&p->raw, STR("Content-Disposition"), str_fmt(a, "inline; filename=\"%.*s.pdf\"", STRF(text_of(type, "name"))));
	return RC_OK;
}

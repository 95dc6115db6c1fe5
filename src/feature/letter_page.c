/* Checking a letter on screen: its figures marked, each leading to the records behind it, and what contradicts itself. */
#include "base/utf8.h"
#include "engine/letter.h"
#include "feature/feature.h"
#include "feature/letter_dict.h"
#include "feature/show.h"

static struct val findings_val(struct page *p, const struct letter_result *r)
{
	static const char *const levels[] = { "error", "warning", "info" };
	struct arena *a = p->cx->arena;
	struct val list = val_list(a);
	for (int i = 0; i < r->n_finding; i++) {
		const struct letter_finding *f = &r->finding[i];
		struct val m = val_map(a), places = val_list(a);
		VAL_SET(a, m, "n", val_int(i + 1));
		VAL_SET(a, m, "kind", val_text(f->kind));
		VAL_SET(a, m, "level", val_textz(levels[f->severity]));
		VAL_SET(a, m, "message", val_text(p->cx->lang == LANG_ZH ? f->zh : f->en));
		VAL_SET(a, m, "arithmetic", val_text(f->arithmetic));
		for (int k = 0; k < f->n_span; k++) {
			size_t from = utf8_offset(r->text, (size_t)f->span[k].start), to = utf8_offset(r->text, (size_t)f->span[k].end);
			val_push(a, places, val_text(str_sub(r->text, from, to)));
		}
		VAL_SET(a, m, "places", places);
		val_push(a, list, m);
	}
	return list;
}

static struct val figures_val(struct page *p, const struct letter_result *r, const struct letter_indicator *dict)
{
	static const char *const verdicts[] = { "unbound", "no-record", "agrees", "differs" };
	struct arena *a = p->cx->arena;
	struct val list = val_list(a);
	for (int i = 0; i < r->n_figure; i++) {
		const struct letter_figure *f = &r->figure[i];
		struct val m = val_map(a);
		VAL_SET(a, m, "n", val_int(i + 1));
		VAL_SET(a, m, "text", val_text(f->text));
		VAL_SET(a, m, "value", val_text(f->has_value ? dec_format(a, f->value) : STR("")));
		VAL_SET(a, m, "unit", val_text(f->unit));
		VAL_SET(a, m, "period", val_text(f->period));
		VAL_SET(a, m, "label", val_text(f->label));
		VAL_SET(a, m, "verdict", val_textz(verdicts[f->verdict]));
		if (f->indicator >= 0) {
			const struct letter_indicator *d = &dict[f->indicator];
			VAL_SET(a, m, "indicator", val_text(p->cx->lang == LANG_ZH ? d->zh : d->en));
			VAL_SET(a, m, "link", val_text(str_fmt(a, "/indicator/%.*s", STRF(d->id))));
			if (d->known) VAL_SET(a, m, "record", val_text(str_fmt(a, "%.*s %.*s", STRF(dec_format(a, d->value)), STRF(d->unit))));
		}
		val_push(a, list, m);
	}
	return list;
}

static enum rc empty_page(struct page *p)
{
	VAL_SET(p->cx->arena, p->out, "text", val_text(STR("")));
	return RC_OK;
}

static enum rc uploaded(struct page *p, struct str *text)
{
	*text = http_form(p->req, "text");
	if (p->req->body.n) *text = val_str(VAL_GET(page_body(p), "text"));
	for (int i = 0; i < p->req->n_upload; i++)
		if (p->req->upload[i].bytes) TRY(read_upload(p->cx, &p->req->upload[i], LETTER_BYTES_MAX, text));
	const char *encoding;
	TRY(text_decode(p->cx, *text, text, &encoding));
	if (!str_trim(*text).n)
		return fail(p->cx, RC_INVALID, "letter.empty", IN_FIELD(STR("text")), "请粘贴文稿全文，或选择一个文本文件", "paste the text, or choose a text file");
	return RC_OK;
}

static enum rc check_page(struct page *p)
{
	struct rx rx = page_rx(p);
	struct arena *a = p->cx->arena;
	struct str text = STR("");
	const struct letter_indicator *dict;
	int n;
	struct letter_result result;
	enum rc rc = uploaded(p, &text);
	VAL_SET(a, p->out, "text", val_text(text));
	p->shown = true;
	TRY(rc);
	TRY(letter_dict(&rx, &dict, &n));
	TRY(letter_check(p->cx, text, dict, n, &result));
	if (p->json) {
		p->out = letter_val(p->cx, &result, dict);
		return RC_OK;
	}
	VAL_SET(a, p->out, "checked", val_bool(true));
	VAL_SET(a, p->out, "figures", figures_val(p, &result, dict));
	VAL_SET(a, p->out, "findings", findings_val(p, &result));
	VAL_SET(a, p->out, "paragraphs", letter_pieces(p->cx, &result));
	int errors = 0, warnings = 0;
	for (int i = 0; i < result.n_finding; i++) {
		errors += result.finding[i].severity == LEVEL_ERROR;
		warnings += result.finding[i].severity == LEVEL_WARNING;
	}
	VAL_SET(a, p->out, "errors", val_int(errors));
	VAL_SET(a, p->out, "warnings", val_int(warnings));
	return RC_OK;
}

const struct route letter_routes[] = {
	{ "GET", "/letter", NEED_SIGNED, "letter.html", empty_page, "核对文稿：贴入全文", "Check a letter: paste the text", NULL },
	{ "POST", "/letter", NEED_SIGNED, "letter.html", check_page, "核对文稿中的数字和自相矛盾之处", "Check the figures of a text and what contradicts itself", "read" },
	{ 0 },
};

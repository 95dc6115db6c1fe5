/* Indicators: each figure with its unit, kind and period, and the records behind it. */
#include "feature/feature.h"
#include "feature/show.h"
#include "rec/indicator.h"

static struct str figure_text(struct page *p, const struct indicator_def *i, int64_t micro)
{
	/* Rounded to its decimals, half away from zero; more decimals than declared would promise what is not there. */
	return dec_format(p->cx->arena, dec_round(micro, i->decimals));
}

static enum rc indicator_val(struct page *p, struct rx *rx, const struct indicator_def *i, struct val *out)
{
	static const char *const times[][2] = { { "时点数", "stock" }, { "时期数", "flow" }, { "累计数", "cumulative" } };
	struct arena *a = p->cx->arena;
	struct val m = val_map(a);
	int64_t micro = 0;
	bool known;
	TRY(indicator_figure(rx, i, &micro, &known));
	VAL_SET(a, m, "name", val_text(i->name));
	VAL_SET(a, m, "label", val_text(label_of(p, &i->label)));
	VAL_SET(a, m, "subject", val_text(label_of(p, &i->subject)));
	VAL_SET(a, m, "unit", val_text(label_of(p, &i->unit)));
	VAL_SET(a, m, "period", val_text(i->period));
	VAL_SET(a, m, "time", val_textz(times[i->time][p->cx->lang == LANG_ZH ? 0 : 1]));
	VAL_SET(a, m, "known", val_bool(known));
	VAL_SET(a, m, "value", known ? val_dec(micro) : VNULL);
	VAL_SET(a, m, "text", val_text(known ? figure_text(p, i, micro) : STR("")));
	VAL_SET(a, m, "link", val_text(str_fmt(a, "/indicator/%.*s", STRF(i->name))));
	VAL_SET(a, m, "declared", val_text(str_fmt(a, "%.*s:%d", STRF(i->at.file), i->at.line)));
	*out = m;
	return RC_OK;
}

static enum rc all_page(struct page *p)
{
	struct rx rx = page_rx(p);
	struct arena *a = p->cx->arena;
	struct val list = val_list(a);
	for (int i = 0; i < p->region->n_indicator; i++) {
		struct val one;
		TRY(indicator_val(p, &rx, p->region->indicator[i], &one));
		val_push(a, list, one);
	}
	VAL_SET(a, p->out, "indicators", list);
	return RC_OK;
}

static void parts(struct page *p, const struct expr *e, struct val list)
{
	struct arena *a = p->cx->arena;
	if (e->op == EXPR_INDICATOR) {
		struct val m = val_map(a);
		VAL_SET(a, m, "label", val_text(label_of(p, &e->indicator->label)));
		VAL_SET(a, m, "link", val_text(str_fmt(a, "/indicator/%.*s", STRF(e->indicator->name))));
		val_push(a, list, m);
	}
	for (int i = 0; i < e->n_arg; i++) parts(p, e->arg[i], list);
}

static enum rc one_page(struct page *p)
{
	struct rx rx = page_rx(p);
	struct arena *a = p->cx->arena;
	const struct indicator_def *i = region_indicator(p->region, p->param[0]);
	if (!i) return rx_missing(&rx);
	struct val one, list;
	TRY(indicator_val(p, &rx, i, &one));
	VAL_SET(a, p->out, "indicator", one);
	struct list_query q;
	if (indicator_list(&rx, i, &q)) {
		q.after = http_query(p->req, "after");
		TRY(list_val(p, &rx, &q, str_fmt(a, "/indicator/%.*s", STRF(i->name)), &list));
		VAL_SET(a, p->out, "list", list);
		VAL_SET(a, p->out, "of", show_type(p, i->of));
	} else {
		struct val of = val_list(a);
		parts(p, i->formula, of);
		VAL_SET(a, p->out, "parts", of);
		VAL_SET(a, p->out, "formula", val_text(i->formula->text));
	}
	return RC_OK;
}

const struct route indicator_routes[] = {
	{ "GET", "/indicators", NEED_STAFF, "indicators.html", all_page, "指标：定义一次，算自记录", "Indicators: defined once, worked out from records", "read" },
	{ "GET", "/indicator/:name", NEED_STAFF, "indicator.html", one_page, "一个指标和它背后的记录", "An indicator and the records behind it", "read" },
	{ 0 },
};

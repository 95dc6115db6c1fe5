/* Figures as sentences, and the lines they stand on. */
#include "base/csv.h"
#include "engine/chain_inner.h"

typedef struct str (*saying)(struct arena *a, const struct chain_figures *f, const struct chain_product *p, bool zh);

static const char *plural(int n) { return n == 1 ? "" : "s"; }
static double percent(double v) { return v * 100; }
static struct str name_of(const struct chain_figures *f, int32_t v) { return f->chain->node.v[v].name; }
static struct str place_of(const struct chain_figures *f, int32_t place) { return f->chain->place.v[place].name; }

static struct str say_supply(struct arena *a, const struct chain_figures *f, const struct chain_product *p, bool zh)
{
	struct str region = f->view.region >= 0 ? place_of(f, f->view.region) : STR("");
	if (!p->makers) return zh ? STR("未登记生产者，供给情况不明。") : STR("No maker is listed; supply is unknown.");
	if (!region.n) return str_fmt(a, zh ? "已知生产者 %d 家。" : "Known makers: %d.", p->makers);
	if (!chain_known(p->local))
		return str_fmt(a, zh ? "已知生产者 %d 家，其中%.*s %d 家；份额数据不足，自给率不明。" : "%d makers are known; in %.*s: %d. Too few shares are known to give self-sufficiency.", p->makers, STRF(region),
			p->local_makers);
	return str_fmt(a, zh ? "%.*s自给率 %.0f %%，本地生产者 %d 家（共 %d 家）。" : "%.*s supplies %.0f %% itself; %d of %d makers are local.", STRF(region), percent(p->local), p->local_makers, p->makers);
}

static struct str say_concentration(struct arena *a, const struct chain_figures *f, const struct chain_product *p, bool zh)
{
	if (p->top_place < 0) return STR("");
	struct str place = place_of(f, p->top_place);
	if (!p->n75) return str_fmt(a, zh ? "外部供给中%.*s占 %.0f %%，其余来源不明。" : "Of outside supply %.*s has %.0f %%; the rest is of unknown origin.", STRF(place), percent(p->top_share));
	return str_fmt(a, zh ? "外部供给中%.*s占 %.0f %%，%d 家即占四分之三。" : "Of outside supply %.*s has %.0f %%; controllers that hold three quarters: %d.", STRF(place), percent(p->top_share), p->n75);
}

static struct str say_substitutes(struct arena *a, const struct chain_figures *f, const struct chain_product *p, bool zh)
{
	(void)f;
	if (!p->feeds) return STR("");
	if (!chain_known(p->months)) return str_fmt(a, zh ? "可替代来源 %d 个，更换所需时间不明。" : "Other sources: %d; how long a change takes is unknown.", p->others);
	return str_fmt(a, zh ? "可替代来源 %d 个，更换认证约 %.0f 个月。" : "Other sources: %d; qualifying one takes about %.0f months.", p->others, p->months);
}

/* "3 种产品、1 家企业", without what there is none of. */
static struct str what_stops(struct arena *a, const struct chain_product *p, bool zh)
{
	struct str products = p->products ? str_fmt(a, zh ? "%d 种产品" : "%d product%s", p->products, plural(p->products)) : STR("");
	struct str firms = p->firms ? str_fmt(a, zh ? "%d 家企业" : "%d firm%s", p->firms, plural(p->firms)) : STR("");
	return STR_CAT(a, products, !products.n || !firms.n ? STR("") : zh ? STR("、") : STR(" and "), firms);
}

static struct str say_impact(struct arena *a, const struct chain_figures *f, const struct chain_product *p, bool zh)
{
	const char *base_zh = f->wired->weighed == CHAIN_PRODUCT ? "产品" : "机构";
	if (!p->products && !p->firms) {
		if (!(p->impact > 0)) return zh ? STR("停供不会使其他环节停产。") : STR("If it stops, nothing else has to stop.");
		return str_fmt(a, zh ? "停供不会使其他环节停产；它自身占全链规模 %.1f %%。" : "If it stops, nothing else has to stop; it is itself %.1f %% of the chain.", percent(p->impact));
	}
	struct str stops = what_stops(a, p, zh);
	if (!chain_known(p->impact)) return str_fmt(a, zh ? "一旦停供，%.*s停产；规模数据缺失。" : "A stop takes %.*s with it; sizes are not known.", STRF(stops));
	if (zh)
		return str_fmt(a, "一旦停供，%.*s停产，连同自身占全链规模 %.1f %%（%s规模数据覆盖 %.0f %%）。", STRF(stops), percent(p->impact), base_zh, percent(p->impact_coverage));
	return str_fmt(a, "A stop takes %.*s with it, in all %.1f %% of the chain (sizes known for %.0f %%).", STRF(stops), percent(p->impact), percent(p->impact_coverage));
}

static struct str say_single(struct arena *a, const struct chain_figures *f, const struct chain_product *p, bool zh)
{
	enum { SHOWN = 3 };
	struct buf b = BUF(a, 1 << 14);
	if (p->single <= 0) return STR("");
	for (int i = 0; i < p->single && i < SHOWN; i++) {
		if (i) buf_add(&b, zh ? STR("、") : STR(", "));
		buf_add(&b, name_of(f, f->wired->points.x[p->node][i]));
	}
	if (zh) return str_fmt(a, "有 %d 个单点，任何一个停止它就停产：%.*s%s。", p->single, STRF(buf_str(&b)), p->single > SHOWN ? "等" : "");
	return str_fmt(a, "Single points that stop it alone: %d (%.*s%s).", p->single, STRF(buf_str(&b)), p->single > SHOWN ? " …" : "");
}

static struct str say_routes(struct arena *a, const struct chain_figures *f, const struct chain_product *p, bool zh)
{
	(void)f;
	if (!p->routes) return STR("");
	if (p->routes >= 3) return zh ? STR("有 3 条以上独立供给路径。") : STR("It has three or more independent routes of supply.");
	return str_fmt(a, zh ? "只有 %d 条独立供给路径。" : "Independent routes of supply: only %d.", p->routes);
}

static struct str say_state(struct arena *a, const struct chain_figures *f, const struct chain_product *p, bool zh)
{
	static const char *const words_zh[] = { "数据不足，不作判断", "缺链", "弱链", "强链" }, *const words_en[] = { "not enough data to judge", "missing", "weak", "strong" };
	(void)f;
	return str_fmt(a, zh ? "%s。" : "State: %s.", zh ? words_zh[p->state] : words_en[p->state]);
}

static struct str say_near(struct arena *a, const struct chain_figures *f, const struct chain_product *p, bool zh)
{
	struct buf b = BUF(a, 1 << 12);
	(void)f;
	if (p->local_makers && !p->teams) return STR("");
	if (chain_known(p->near)) buf_fmt(&b, zh ? "相近产品中本地能做的占 %.0f %%" : "Of what is near to it the region makes %.0f %%", percent(p->near));
	if (p->teams) {
		if (b.n) buf_add(&b, zh ? STR("，") : STR("; "));
		buf_fmt(&b, zh ? "本地研发团队 %d 个" : "local teams: %d", p->teams);
		if (p->best_trl) buf_fmt(&b, zh ? "，最高技术成熟度 %d 级" : ", best readiness level %d", p->best_trl);
	}
	if (b.n) buf_add(&b, zh ? STR("。") : STR("."));
	return buf_str(&b);
}

static struct str say_extension(struct arena *a, const struct chain_figures *f, const struct chain_product *p, bool zh)
{
	(void)f;
	if (!p->extension) return STR("");
	return str_fmt(a, zh ? "延链机会：本地尚无生产，但 %.0f %% 的投入本地可供。" : "A step to add: not made here, though %.0f %% of its inputs are.", percent(p->inputs_local));
}

static struct str say_coverage(struct arena *a, const struct chain_figures *f, const struct chain_product *p, bool zh)
{
	bool low = p->coverage < f->view.enough;
	return str_fmt(a, zh ? "供给数据覆盖 %.0f %%%s。" : "Supply data cover %.0f %%%s.", percent(p->coverage), low ? zh ? "，数据不足" : ": not enough" : "");
}

static const saying sayings[CHAIN_SAY_END] = { [CHAIN_SAY_SUPPLY] = say_supply, [CHAIN_SAY_CONCENTRATION] = say_concentration, [CHAIN_SAY_SUBSTITUTES] = say_substitutes,
	[CHAIN_SAY_IMPACT] = say_impact, [CHAIN_SAY_SINGLE] = say_single, [CHAIN_SAY_ROUTES] = say_routes, [CHAIN_SAY_STATE] = say_state, [CHAIN_SAY_NEAR] = say_near,
	[CHAIN_SAY_EXTENSION] = say_extension, [CHAIN_SAY_COVERAGE] = say_coverage };

/* The whole finding: what it is for, who supplies it, what stops, how hard it is to replace, and how much of this is known. */
static struct str say_all(struct arena *a, const struct chain_figures *f, const struct chain_product *p, bool zh)
{
	static const enum chain_figure order[] = { CHAIN_SAY_SUPPLY, CHAIN_SAY_IMPACT, CHAIN_SAY_CONCENTRATION, CHAIN_SAY_SUBSTITUTES, CHAIN_SAY_SINGLE, CHAIN_SAY_ROUTES, CHAIN_SAY_NEAR, CHAIN_SAY_EXTENSION,
		CHAIN_SAY_COVERAGE };
	struct buf b = BUF(a, 1 << 16);
	struct str name = name_of(f, p->node);
	if (p->feeds && zh) buf_fmt(&b, "“%.*s”供给 %d 种产品。", STRF(name), p->feeds);
	else if (p->feeds) buf_fmt(&b, "%.*s feeds %d product%s.", STRF(name), p->feeds, plural(p->feeds));
	else buf_fmt(&b, zh ? "“%.*s”是链上的最终产品。" : "%.*s is an end product of the chain.", STRF(name));
	for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
		struct str s = sayings[order[i]](a, f, p, zh);
		if (s.n && !zh) buf_c(&b, ' ');
		buf_add(&b, s);
	}
	return buf_str(&b);
}

struct str chain_sentence(struct cx *cx, const struct chain_figures *f, int i, enum chain_figure which, enum lang lang)
{
	if (which == CHAIN_SAY_INDEX) return say_all(cx->arena, f, &f->product[i], lang == LANG_ZH);
	return sayings[which](cx->arena, f, &f->product[i], lang == LANG_ZH);
}

int chain_proof(const struct chain_figures *f, int i, const struct chain_evidence **out, int max)
{
	int32_t v = f->product[i].node;
	int n = 0;
	for (int32_t k = f->made_by.first[v]; k < f->made_by.first[v + 1] && n < max; k++) out[n++] = &f->chain->make.v[f->made_by.to[k]].evidence;
	for (int32_t k = f->used_by.first[v]; k < f->used_by.first[v + 1] && n < max; k++) out[n++] = &f->chain->need.v[f->used_by.to[k]].evidence;
	for (int32_t k = f->needs.first[v]; k < f->needs.first[v + 1] && n < max; k++) out[n++] = &f->chain->need.v[f->needs.to[k]].evidence;
	for (size_t k = 0; k < f->chain->research.n && n < max; k++)
		if (f->chain->research.v[k].product == v) out[n++] = &f->chain->research.v[k].evidence;
	return n;
}

static void put_number(struct buf *out, double v)
{
	buf_c(out, ',');
	if (chain_known(v)) buf_fmt(out, "%.6g", v);
}

static void put_proof(struct arena *scratch, struct buf *out, const struct chain_figures *f, int i)
{
	enum { SHOWN = 12 };
	const struct chain_evidence *e[SHOWN];
	struct buf b = BUF(scratch, 1 << 12);
	int n = chain_proof(f, i, e, SHOWN);
	for (int k = 0; k < n; k++) buf_fmt(&b, "%s%s:%d", k ? " " : "", chain_table_name[e[k]->table], e[k]->line);
	csv_put(out, buf_str(&b), false);
}

void chain_table_csv(struct cx *cx, struct buf *out, const struct chain_figures *f)
{
	static const char *const states[] = { "unknown", "missing", "weak", "strong" };
	buf_add(out, STR("rank,product,name,state,coverage,makers,local_makers,local,owners,places,n75,others,months,products,firms,impact,impact_coverage,single,routes,index,"
			 "near,teams,trl,inputs_local,extension,evidence,sentence_zh,sentence_en\r\n"));
	struct cx one = { .arena = arena_new((size_t)64 << 20), .lang = cx->lang };     /* a row's sentences: millions would fill the caller's */
	for (int r = 0; r < f->n; r++) {
		int i = f->rank[r];
		const struct chain_product *p = &f->product[i];
		arena_reset(one.arena);
		buf_fmt(out, "%d", r + 1);
		csv_put(out, f->chain->node.v[p->node].id, false);
		csv_put(out, name_of(f, p->node), false);
		buf_fmt(out, ",%s", states[p->state]);
		put_number(out, p->coverage);
		buf_fmt(out, ",%d,%d", p->makers, p->local_makers);
		put_number(out, p->local);
		put_number(out, p->owners);
		put_number(out, p->places);
		buf_fmt(out, p->n75 ? ",%d" : ",", p->n75);
		buf_fmt(out, ",%d", p->others);
		put_number(out, p->months);
		buf_fmt(out, ",%d,%d", p->products, p->firms);
		put_number(out, p->impact);
		put_number(out, p->impact_coverage);
		buf_fmt(out, p->single >= 0 ? ",%d" : ",", p->single);
		buf_fmt(out, p->routes ? ",%d" : ",", p->routes);
		put_number(out, p->index);
		put_number(out, p->near);
		buf_fmt(out, ",%d", p->teams);
		buf_fmt(out, p->best_trl ? ",%d" : ",", p->best_trl);
		put_number(out, p->inputs_local);
		buf_fmt(out, ",%d", p->extension);
		put_proof(one.arena, out, f, i);
		csv_put(out, chain_sentence(&one, f, i, CHAIN_SAY_INDEX, LANG_ZH), false);
		csv_put(out, chain_sentence(&one, f, i, CHAIN_SAY_INDEX, LANG_EN), false);
		csv_end_row(out);
	}
	arena_free(one.arena);
}

/* Shares: X, 占 Y 的 p%. The denominator that fits is looked for; shares above a hundred; structures that miss a hundred. */
#include "letter_inner.h"

enum { LOOK_MAX = 60, NAMED = 75, NEAR_MAX = 12 };

/* Does top / whole give the percentage, within the rounding of all three? */
bool share_fits(const struct mark *top, const struct mark *p, wide whole_lo, wide whole_hi)
{
	double low = 100 * ratio_of(top->lo, whole_hi), high = whole_lo > 0 ? 100 * ratio_of(top->hi, whole_lo) : 1e18;
	double plo = ratio_of(p->lo, DEC_ONE), phi = ratio_of(p->hi, DEC_ONE);
	double slack = 0.02 * (p->decimals ? 1 : 5);
	return low <= phi + slack && high >= plo - slack;
}

static bool fits(const struct share *s, const struct mark *whole) { return share_fits(s->top, s->p, whole->lo, whole->hi); }

static bool may_divide(const struct share *s, const struct mark *m)
{
	return m != s->top && m->quantity && !(m->clues & (CLUE_DELTA | CLUE_WORD)) && comparable(m, s->top) && m->value > 0 && m->f.qualifier != LETTER_RANGE;
}

static bool whole_is_named(const struct reading *r, const struct share *s, const struct mark *m)
{
	if (s->name_b - s->name_a < 2) return false;
	int own = share_of_label(r, s->name_a, s->name_b, m->pre, m->pre_b), after = share_of_label(r, s->name_a, s->name_b, m->post, m->post_b);
	return own >= NAMED || after >= NAMED;
}

static const struct mark *search(const struct reading *r, const struct share *s, bool named, bool must_fit, int reach)
{
	size_t at = (size_t)s->p->seq;
	for (size_t d = 1; d <= LOOK_MAX; d++)
		for (int side = 0; side < 2; side++) {
			size_t k = side ? at + d : at - d;
			if ((!side && d > at) || k >= r->m.n) continue;
			const struct mark *m = &r->m.v[k];
			if (!may_divide(s, m) || (reach == 1 && m->para != s->p->para) || (reach == 0 && m->sent != s->p->sent)) continue;
			if (named && !whole_is_named(r, s, m)) continue;
			if (named && m->year && s->top->year && m->year != s->top->year) continue;
			if (must_fit && !fits(s, m)) continue;
			if (!must_fit && !named && m->lo < s->top->hi) continue;
			return m;
		}
	return NULL;
}

static struct str division(const struct reading *r, const struct share *s, const struct mark *whole)
{
	struct str a = value_text(r, s->top), b = value_text(r, whole), q = number_text(r->arena, 100 * ratio_of(s->top->value, whole->value), 2);
	return str_fmt(r->arena, "%.*s ÷ %.*s = %.*s%%", STRF(a), STRF(b), STRF(q));
}

static void spans(struct reading *r, struct letter_finding *f, const struct share *s, const struct mark *a, const struct mark *b)
{
	add_mark_span(r, f, s->p);
	add_mark_span(r, f, s->top);
	if (a) add_mark_span(r, f, a);
	if (b) add_mark_span(r, f, b);
}

/* The stated whole does not give the percentage; say which other figure would. */
void report_share(struct reading *r, const struct share *s, const struct mark *whole, enum level level)
{
	const struct mark *other = search(r, s, false, true, 1);
	if (other == whole) other = NULL;
	struct str how = division(r, s, whole), said = value_text(r, s->p);
	struct letter_finding *f = add_finding(r, "share", level, str_fmt(r->arena, "%.*s ≠ %.*s", STRF(how), STRF(said)));
	f->zh = str_fmt(r->arena, "占比与数额不符：%.*s，文中写%.*s", STRF(how), STRF(said));
	f->en = str_fmt(r->arena, "the share does not follow from the amounts: %.*s, the text says %.*s", STRF(how), STRF(said));
	if (other) {
		struct str fit = division(r, s, other);
		f->zh = str_fmt(r->arena, "%.*s；与%.*s相符，分母似应为它", STRF(f->zh), STRF(fit));
		f->en = str_fmt(r->arena, "%.*s; it does fit %.*s", STRF(f->en), STRF(fit));
	}
	spans(r, f, s, whole, other);
}

/* The whole is named but its amount is not given: name the figures that fit and the nearest that does not. */
static void report_unnamed(struct reading *r, const struct share *s, const struct mark *fit, enum level level)
{
	const struct mark *miss = !fit && s->top->f.part_of >= 0 ? &r->m.v[s->top->f.part_of] : NULL;
	for (size_t k = (size_t)s->p->seq; !miss && k-- > 0 && s->p->seq - (int)k < 20;) {
		const struct mark *m = &r->m.v[k];
		if (m->para != s->p->para) break;
		if (may_divide(s, m) && m->lo > s->top->hi && !fits(s, m) && m->paren < 0) miss = m;
	}
	if (!fit && !miss) return;
	struct str name = letter_slice(r, s->name_a, s->name_b), said = value_text(r, s->p);
	struct str a = fit ? division(r, s, fit) : STR(""), b = miss ? division(r, s, miss) : STR("");
	struct letter_finding *f = add_finding(r, "share", level,
		fit && miss ? str_fmt(r->arena, "%.*s; %.*s", STRF(a), STRF(b)) : fit ? a : str_fmt(r->arena, "%.*s ≠ %.*s", STRF(b), STRF(said)));
	if (fit) {
		f->zh = str_fmt(r->arena, "“%.*s”的数额文中没有给出；%.*s与%.*s相符（%.*s），请写明分母", STRF(name), STRF(said), STRF(value_text(r, fit)), STRF(a));
		f->en = str_fmt(r->arena, "the amount of the whole (%.*s) is not given; %.*s fits %.*s (%.*s): name the denominator", STRF(name), STRF(said),
			STRF(value_text(r, fit)), STRF(a));
	} else {
		f->zh = str_fmt(r->arena, "占比%.*s与文中任何总数都不符：%.*s", STRF(said), STRF(b));
		f->en = str_fmt(r->arena, "%.*s fits no total of the text: %.*s", STRF(said), STRF(b));
	}
	spans(r, f, s, fit, miss);
}

static const char outside_words[] = "全国|世界|全球|国内|西部|全省|全市|全县|全区|全州|同期|GDP|地区生产总值|生产总值|市场|亚洲|国际|行业|财政|一般公共预算|规模以上|规上|常住|户籍|比重|营业|销售|主营|应|当地|本地";

bool read_share(const struct reading *r, const struct mark *p, struct share *s)
{
	int from = clause_start(r, p->a), at = rfind_any(r, from, p->a, "占");
	*s = (struct share){ .p = p };
	if (at < 0 || p->a - at > 30 || p->dim != DIM_SHARE || has_any(r, at, p->a, "分别|超过一半") || at_any(r, at - 1, "抢占|侵占|占用|占领|占地")
		|| at_any(r, at, "占用|占领|占地|占有率")) return false;
	if (has_any(r, from, at, "分别|各")) return false;
	s->name_a = at + 1 + at_any(r, at + 1, "到|了|比达到|比达|比为|比约|比");
	s->name_b = p->a;
	int length;
	while (s->name_b > s->name_a && (length = before_any(r, s->name_b, s->name_a,
		"的比重达到|的比重达|的比重为|的比例为|的比例达|比重|比例|的|为|达到|达|约|近|超过|超|不低于|不超过|高达|仅|到|已"))) s->name_b -= length;
	s->outside = has_any(r, s->name_a, s->name_b, outside_words) || has_any(r, from, at, "全国|全球|市场|GDP|比重提高|提高到");
	s->generic = s->name_b == s->name_a || (s->name_b - s->name_a <= 4 && has_any(r, s->name_a, s->name_b, "总数|总量|总额|总|全部"));
	for (size_t k = (size_t)p->seq; k-- > 0;) {
		const struct mark *m = &r->m.v[k];
		if (m->a > at) {        /* 占年度计划10亿元的95%: the whole itself */
			if (m->quantity && !s->given && m->paren == p->paren) s->given = m;
			continue;
		}
		if (m->sent != p->sent || p->clause - m->clause > 1) return false;
		if (m->dim == DIM_SHARE && p->clause - m->clause > 0) return false;
		if (m->paren >= 0 && m->paren != p->paren) continue;
		if (!m->quantity || (m->clues & CLUE_WORD)) continue;
		s->top = m;
		return m->f.qualifier != LETTER_RANGE && m->value > 0;
	}
	return false;
}

/* A larger amount of the sentence or its paragraph that gives the percentage. */
static bool fits_larger(const struct reading *r, const struct share *s, const struct mark *whole)
{
	for (size_t k = (size_t)s->p->seq; k-- > 0 && s->p->seq - (int)k < LOOK_MAX && r->m.v[k].para == s->p->para;)
		if (may_divide(s, &r->m.v[k]) && r->m.v[k].lo > whole->hi && fits(s, &r->m.v[k])) return true;
	return false;
}

/* 14项中8项…、4项…、2项…,完成和达到进度的占85.7%: several of the list together, over something before them. */
static bool sums_fit(const struct reading *r, const struct share *s)
{
	struct mark sum = *s->top;
	int first = s->top->seq;
	while (first > 0 && s->top->seq - first < NEAR_MAX && r->m.v[first - 1].sent == s->top->sent) first--;
	for (int from = first; from <= s->top->seq; from++) {
		wide lo = 0, hi = 0;
		for (int to = from; to <= s->top->seq; to++) {
			const struct mark *m = &r->m.v[to];
			if (!m->quantity || !comparable(m, s->top)) continue;
			lo += m->lo;
			hi += m->hi;
			sum.lo = lo, sum.hi = hi;
			for (int w = first; w < from; w++)
				if (may_divide(s, &r->m.v[w]) && share_fits(&sum, s->p, r->m.v[w].lo, r->m.v[w].hi)) return true;
		}
	}
	return false;
}

/* Brackets: 85个(占40%) and 其中20个,占40% are read the same way. */
static void check_share(struct reading *r, const struct mark *p)
{
	struct share s;
	if ((p->clues & CLUE_JUDGED) || !read_share(r, p, &s)) return;
	if (s.given) {
		if (comparable(s.given, s.top) && !fits(&s, s.given)) report_share(r, &s, s.given, LEVEL_ERROR);
		return;
	}
	const struct mark *named = search(r, &s, true, false, 2);
	if (named && !s.generic && !(s.outside && named->para != p->para)) {
		if (fits(&s, named)) return;
		for (int reach = 1; reach <= 2; reach++) {      /* another figure of the same name may be the one meant */
			const struct mark *again = search(r, &s, true, true, reach);
			if (again) return;
		}
		return report_share(r, &s, named, LEVEL_ERROR);
	}
	if (s.outside) return;
	const struct mark *whole = s.top->f.part_of >= 0 ? &r->m.v[s.top->f.part_of] : NULL;
	if (whole && !comparable(whole, s.top)) whole = NULL;
	if (s.generic) {
		if (whole && fits(&s, whole)) return;
		/* 60岁及以上…,其中65岁及以上526万人,占15.18%: of the whole that the list is about. */
		if (whole && p->decimals && fits_larger(r, &s, whole)) return;
		if (!whole) {
			whole = search(r, &s, false, false, 0);
			if (!whole || whole->a > s.top->a || s.top->clause - whole->clause > 2) return;
			if (search(r, &s, false, true, 1) || sums_fit(r, &s)) return;
			return report_share(r, &s, whole, LEVEL_WARNING);
		}
		return report_share(r, &s, whole, LEVEL_ERROR);
	}
	const struct mark *fit = search(r, &s, false, true, 0);
	bool total = has_any(r, s.name_a, s.name_b, "总|全部|资金|合计");
	if (fit && total && fit->lo > s.top->hi && !(whole == fit && !has_any(r, s.name_a, s.name_b, "拟|计划|预算"))) report_unnamed(r, &s, fit, LEVEL_INFO);
	else if (!fit && total && whole) report_unnamed(r, &s, NULL, LEVEL_ERROR);
}

/* 占比, 覆盖率, 合格率 …: never above a hundred. */
static void check_over_hundred(struct reading *r, const struct mark *m)
{
	if (m->dim != DIM_SHARE || m->lo <= 100 * (wide)DEC_ONE) return;
	int from = clause_start(r, m->a);
	if (!has_any(r, from, m->a, "占|覆盖率|合格率|入住率|及格率|普及率|达标率|优良率|满意率|满意度|成活率|治愈率|出勤率|利用率|通过率|森林覆盖|优良天数比例|就业率|抽检合格|解决率|办结率|使用率")) return;
	if (has_any(r, from, m->a, "增长|提高|上升|相当于|完成|超额|占用|占地|占领")) return;
	struct str said = value_text(r, m);
	struct letter_finding *f = add_finding(r, "share", LEVEL_ERROR, str_fmt(r->arena, "%.*s > 100%%", STRF(said)));
	f->zh = str_fmt(r->arena, "比率%.*s超过100%%", STRF(said));
	f->en = str_fmt(r->arena, "a rate of %.*s is above 100%%", STRF(said));
	add_mark_span(r, f, m);
}

struct run { const struct mark *v[12]; int n; wide lo, value; };

/* Shares of one whole in a row: 分别占 a%、b%、c%, or separate 占 clauses of one sentence. */
static void judge_run(struct reading *r, const struct run *q, bool strict)
{
	if (q->n < 2 || q->lo <= 100 * (wide)DEC_ONE) return;
	struct buf b = BUF(r->arena, 1000);
	for (int i = 0; i < q->n; i++) {
		if (i) buf_add(&b, STR(" + "));
		buf_add(&b, value_text(r, q->v[i]));
	}
	struct str total = number_text(r->arena, ratio_of(q->value, DEC_ONE), 2);
	buf_fmt(&b, " = %.*s%% > 100%%", STRF(total));
	struct letter_finding *f = add_finding(r, "share", strict ? LEVEL_ERROR : LEVEL_INFO, buf_str(&b));
	if (strict) {
		f->zh = str_fmt(r->arena, "各项占比之和为%.*s%%，超过100%%", STRF(total));
		f->en = str_fmt(r->arena, "the shares add up to %.*s%%, more than 100%%", STRF(total));
	} else {
		f->zh = str_fmt(r->arena, "各项占比之和为%.*s%%，超过100%%：各项口径有交叉，宜在文中说明", STRF(total));
		f->en = str_fmt(r->arena, "the shares add up to %.*s%%, more than 100%%: the items overlap; say so in the text", STRF(total));
	}
	for (int i = 0; i < q->n; i++) add_mark_span(r, f, q->v[i]);
}

static void check_runs(struct reading *r)
{
	for (size_t i = 0; i < r->m.n;) {
		const struct mark *m = &r->m.v[i];
		struct run q = { 0 };
		bool strict = false, tidy = true;
		int name_a = 0, name_b = 0;
		size_t k = i;
		for (; k < r->m.n && r->m.v[k].sent == m->sent && q.n < 12; k++) {
			const struct mark *x = &r->m.v[k];
			if (x->dim != DIM_SHARE || !x->f.has_value) continue;
			int from = clause_start(r, x->a), at = rfind_any(r, from, x->a, "占");
			if (at < 0 || has_any(r, at, x->a, "占用|占领|占地|占有")) continue;
			if (q.n && x->clause != q.v[q.n - 1]->clause) {
				if (x->pre_b - at != name_b - name_a || !same_text(r, at, x->pre_b, name_a, name_b)) continue;
			}
			if (!q.n) name_a = at, name_b = x->pre_b < at ? at : x->pre_b;
			if (has_any(r, at > 3 ? at - 3 : 0, at + 3, "分别占|占比分别|各占")) strict = true;
			if (q.n && (x->a - q.v[q.n - 1]->b > 16 || !has_any(r, q.v[q.n - 1]->b, x->a, "、"))) tidy = false;
			if (has_any(r, from, x->a, OVERLAP_WORDS)) tidy = false;
			if (q.n >= 2 && at_any(r, from, "其他|其它|其余")) strict = true;
			q.v[q.n++] = x;
			q.lo += x->lo;
			q.value += x->value;
		}
		judge_run(r, &q, strict || (tidy && q.n >= 3));
		i = k > i ? k : i + 1;
	}
}

/* 三次产业结构比为14.3:33.8:51.9 must make a hundred. */
static void check_structure(struct reading *r)
{
	for (size_t i = 0; i + 2 < r->m.n; i++) {
		const struct mark *m = &r->m.v[i];
		if (!str_is(m->f.kind, "ratio") || (i && str_is(m[-1].f.kind, "ratio") && m[-1].b + 1 == m->a)) continue;
		int n = 1;
		wide sum = m->value, half = m->hi - m->value;
		while (i + (size_t)n < r->m.n && str_is(m[n].f.kind, "ratio") && m[n - 1].b + 1 == m[n].a && n < 6) {
			sum += m[n].value;
			half += m[n].hi - m[n].value;
			n++;
		}
		wide hundred = 100 * (wide)DEC_ONE, off = sum > hundred ? sum - hundred : hundred - sum;
		if (n < 3 || off <= half + DEC_ONE / 100 || off > 12 * (wide)DEC_ONE) continue;
		if (!has_any(r, m->a > 24 ? m->a - 24 : 0, m->a, "结构|构成|产业|比重|占比|比例")) continue;
		struct str total = number_text(r->arena, ratio_of(sum, DEC_ONE), 2), said = letter_slice(r, m->a, m[n - 1].b);
		struct letter_finding *f = add_finding(r, "share", LEVEL_ERROR, str_fmt(r->arena, "%.*s: Σ = %.*s ≠ 100", STRF(said), STRF(total)));
		f->zh = str_fmt(r->arena, "结构比%.*s合计为%.*s，不等于100", STRF(said), STRF(total));
		f->en = str_fmt(r->arena, "the structure %.*s adds up to %.*s, not 100", STRF(said), STRF(total));
		add_span(r, f, m->a, m[n - 1].b);
	}
}

/* 抽检500批次,合格490批次,合格率96%. */
static void check_rate_of(struct reading *r, const struct mark *p)
{
	static const char *const roots[] = { "合格", "完成", "通过", "办结", "开工", "竣工", "到位", "满意", "达标", "验收", "支出", "拨付", "支付", "兑现", "投产", "执行" };
	if (p->seq < 2 || p->dim != DIM_SHARE || p->f.qualifier != LETTER_EXACT) return;
	const struct mark *part = p - 1, *whole = p - 2;
	if (part->sent != p->sent || whole->sent != p->sent || p->clause - part->clause != 1 || !part->quantity || !whole->quantity) return;
	if (!comparable(part, whole) || part->paren >= 0 || whole->paren >= 0 || part->lo > whole->hi || part->clause - whole->clause > 1) return;
	int from = clause_start(r, p->a);
	if (has_any(r, from, p->a, "同比|增长|提高|目标|总体|综合|累计")) return;
	for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
		int at = find_any(r, from, p->a, roots[i]);
		if (at < 0 || !at_any(r, at + 2, "率|进度")) continue;
		/* 预算12.5亿元,实际下达12.18亿元,预算执行率97.4%: the budget is the whole. */
		bool told = has_any(r, clause_start(r, part->a), part->post_b, roots[i]), budget = at_any(r, at, "执行") && has_any(r, clause_start(r, whole->a), whole->a, "预算");
		if (!told && !budget) continue;
		struct share s = { .p = p, .top = part };
		if (!fits(&s, whole)) report_share(r, &s, whole, LEVEL_WARNING);
		return;
	}
}

void check_shares(struct reading *r)
{
	for (size_t i = 0; i < r->m.n; i++) {
		const struct mark *m = &r->m.v[i];
		if (m->dim != DIM_SHARE || !m->f.has_value) continue;
		check_share(r, m);
		check_over_hundred(r, m);
		check_rate_of(r, m);
	}
	check_runs(r);
	check_structure(r);
}

/* Growth: 由A增加到B, 增长p%, 比上年增加N, 翻番, 年均增长; checked only where both ends are in the text. */
#include <math.h>

#include "letter_inner.h"

/* Words of growth at constant prices or on another basis: the amounts as stated do not give the rate. */
static const char other_basis[] = "生产总值|增加值|GDP|可支配收入|实际增长|可比价|同口径|可比口径|剔除|扣除|总产值|社会消费品|固定资产投资|折算|单位";

struct change {
	const struct mark *rate;        /* the % or 倍 */
	const struct mark *now, *base, *delta;
	bool down, yearly, times_of;
};

enum { DATES_MAX = 4 };

/* The last mark that is no date, at or before `m`. */
static const struct mark *skip_dates(const struct reading *r, const struct mark *m)
{
	for (int i = 0; i < DATES_MAX && m > r->m.v && (str_is(m->f.kind, "year") || str_is(m->f.kind, "date")); i++) m--;
	return m;
}

static int growth_word(const struct reading *r, const struct mark *m, bool *down)
{
	int from = clause_start(r, m->a);
	static const char up[] = "增长|增加|提高|上升|增幅|增速|增", fall[] = "下降|减少|降低|回落|缩减|压减|下滑|减|降";
	int a = rfind_any(r, from, m->a, up), b = rfind_any(r, from, m->a, fall);
	*down = b > a;
	int at = a > b ? a : b;
	return at >= 0 && m->a - at <= 10 ? at : -1;
}

/* The figure the rate speaks of: the nearest amount before it in the same or the clause before. */
static const struct mark *subject_of(const struct reading *r, const struct mark *rate, bool yearly, const struct mark **delta)
{
	int skipped = 0;        /* 净增335家,增长1.18倍,年均增长29.7%: the yearly rate follows the others */
	*delta = NULL;
	for (size_t k = (size_t)rate->seq; k-- > 0;) {
		const struct mark *m = &r->m.v[k];
		bool last_sentence = *delta && m->sent == rate->sent - 1 && m->para == rate->para && at_any(r, sentence_start(r, rate->a), "与|比|较|同比");
		if ((m->sent != rate->sent || rate->clause - m->clause > (*delta ? 2 : 1) + skipped) && !last_sentence) return NULL;
		if (m->paren != rate->paren) return NULL;
		if (m->dim == DIM_SHARE || m->dim == DIM_POINT || m->dim == DIM_TIMES) {
			if (!yearly || skipped++) return NULL;
			continue;
		}
		if (!m->quantity || (m->clues & (CLUE_WORD | CLUE_BASE | CLUE_GOAL))) continue;
		if (m->clues & CLUE_DELTA) {
			if (*delta) return NULL;
			*delta = m;
			continue;
		}
		if (*delta && !comparable(m, *delta)) return NULL;
		return m->f.qualifier == LETTER_EXACT || m->f.qualifier == LETTER_CUMULATIVE || m->f.qualifier == LETTER_MORE_THAN || m->f.qualifier == LETTER_ABOUT ? m : NULL;
	}
	return NULL;
}

static bool close_label(const struct reading *r, const struct mark *a, const struct mark *b)
{
	int la = a->pre_b - a->pre, lb = b->pre_b - b->pre;
	/* 2021年、2022年、2023年分别为A、B和C: one label for all. */
	if (a->clause == b->clause && b->seq > a->seq && has_any(r, clause_start(r, a->a), a->a, "分别") && lb == 0) return true;
	if (la + a->post_b - a->post < 3 && lb + b->post_b - b->post < 3) return false;
	if (la >= 3 && lb >= 3) {
		if (share_of_label(r, a->pre, a->pre_b, b->pre, b->pre_b) < 90 || share_of_label(r, b->pre, b->pre_b, a->pre, a->pre_b) < 90) return false;
		return same_text(r, a->post, a->post_b, b->post, b->post_b);
	}
	return la == 0 && lb == 0 && same_text(r, a->post, a->post_b, b->post, b->post_b);
}

/* The earlier value: 由A增加到B, 上年为A, or the same thing with the year compared to. */
static const struct mark *base_of(const struct reading *r, const struct mark *now, const struct mark *rate)
{
	if (now->seq > 0) {
		const struct mark *m = skip_dates(r, now - 1);
		if (m->sent == now->sent && now->clause - m->clause <= 1 && m->quantity && comparable(m, now) && has_any(r, m->b, now->a, "到|至")
			&& has_any(r, m->a > 30 ? m->a - 30 : 0, m->a, "由|从") && has_any(r, m->b, now->a, "增|提|升|降|减|扩|发展|上")) return m;
	}
	for (int k = now->seq + 1; k < rate->seq; k++)
		if ((r->m.v[k].clues & CLUE_BASE) && comparable(&r->m.v[k], now)) return &r->m.v[k];
	int lead = clause_start(r, rate->a), year = 0;
	for (size_t k = (size_t)rate->seq; k-- > 0 && r->m.v[k].a >= lead;)
		if (str_is(r->m.v[k].f.kind, "year") && has_any(r, lead, r->m.v[k].a, "比|较")) {
			year = r->m.v[k].year;
			break;
		}
	if (!year && now->year && (has_any(r, lead, rate->a, "同比|比上年|较上年|比去年") || at_any(r, lead, "增长|下降|增幅"))) year = now->year - 1;
	const struct mark *found = NULL;
	for (size_t k = (size_t)now->seq; k-- > 0 && now->seq - (int)k < 40;) {
		const struct mark *m = &r->m.v[k];
		if (!m->quantity || !comparable(m, now) || (m->clues & CLUE_DELTA) || m->month != now->month) continue;
		if (m->para != now->para) break;
		if (year && m->year == year && m->year_end == year && close_label(r, m, now)) {
			if (found) return NULL;
			found = m;
		}
	}
	if (found) return found;
	for (size_t k = (size_t)rate->seq + 1; k < r->m.n && r->m.v[k].sent == now->sent; k++) {
		const struct mark *m = &r->m.v[k];
		if ((m->clues & CLUE_BASE) && m->quantity && comparable(m, now) && m->clause - rate->clause <= 1) return m;
		if (m->quantity) break;
	}
	return NULL;
}

static bool overlaps(double lo, double hi, const struct mark *rate, double slack)
{
	double plo = ratio_of(rate->lo, DEC_ONE), phi = ratio_of(rate->hi, DEC_ONE);
	return lo <= phi + slack && hi >= plo - slack;
}

static void report(struct reading *r, const struct change *q, struct str how)
{
	struct str said = value_text(r, q->rate);
	struct letter_finding *f = add_finding(r, "growth", LEVEL_ERROR, str_fmt(r->arena, "%.*s ≠ %.*s", STRF(how), STRF(said)));
	f->zh = str_fmt(r->arena, "增减幅度与前后数值不符：%.*s，文中写%.*s", STRF(how), STRF(said));
	f->en = str_fmt(r->arena, "the rate does not follow from the values: %.*s, the text says %.*s", STRF(how), STRF(said));
	add_mark_span(r, f, q->rate);
	add_mark_span(r, f, q->now);
	if (q->base) add_mark_span(r, f, q->base);
	if (q->delta) add_mark_span(r, f, q->delta);
}

static void check_against_base(struct reading *r, const struct change *q)
{
	const struct mark *a = q->base, *b = q->now;
	if (a->lo <= 0) return;
	double lo = ratio_of(b->lo, a->hi), hi = ratio_of(b->hi, a->lo), at = ratio_of(b->value, a->value);
	struct str x = value_text(r, b), y = value_text(r, a);
	if (q->rate->dim == DIM_TIMES) {
		if (q->rate->group == 1) {      /* 翻N番 */
			double want = pow(2, ratio_of(q->rate->value, DEC_ONE));
			if (hi >= want * 0.93 && lo <= want * 1.25) return;
			return report(r, q, str_fmt(r->arena, "%.*s ÷ %.*s = %.*s", STRF(x), STRF(y), STRF(number_text(r->arena, at, 2))));
		}
		if (overlaps(lo, hi, q->rate, 0.05) || (!q->times_of && overlaps(lo - 1, hi - 1, q->rate, 0.05))) return;
		return report(r, q, str_fmt(r->arena, "%.*s ÷ %.*s = %.*s", STRF(x), STRF(y), STRF(number_text(r->arena, at, 2))));
	}
	if (q->yearly) {
		int years = b->year - a->year;
		if (years < 2 || years > 30) return;
		lo = pow(lo, 1.0 / years), hi = pow(hi, 1.0 / years), at = pow(at, 1.0 / years);
	}
	double sign = q->down ? -1 : 1, low = (lo - 1) * 100 * sign, high = (hi - 1) * 100 * sign;
	if (low > high) {
		double t = low;
		low = high, high = t;
	}
	if (overlaps(low, high, q->rate, 0.06)) return;
	struct str p = number_text(r->arena, (at - 1) * 100 * sign, 2);
	if (q->yearly) report(r, q, str_fmt(r->arena, "(%.*s ÷ %.*s)^(1/%d) - 1 = %.*s%%", STRF(x), STRF(y), b->year - a->year, STRF(p)));
	else report(r, q, str_fmt(r->arena, "%.*s ÷ %.*s - 1 = %s%.*s%%", STRF(x), STRF(y), q->down ? "-" : "", STRF(p)));
}

/* 达230家,比上年增加46家,增长25%: 46 / (230 - 46). */
static void check_against_delta(struct reading *r, const struct change *q)
{
	wide n = q->delta->value, lo = q->down ? q->now->lo + q->delta->lo : q->now->lo - q->delta->hi;
	wide hi = q->down ? q->now->hi + q->delta->hi : q->now->hi - q->delta->lo;
	if (lo <= 0 || q->rate->dim != DIM_SHARE || q->yearly) return;
	if (overlaps(100 * ratio_of(q->delta->lo, hi), 100 * ratio_of(q->delta->hi, lo), q->rate, 0.06)) return;
	wide base = q->down ? q->now->value + n : q->now->value - n;
	struct str a = value_text(r, q->delta), b = base_text(r, q->delta, base), p = number_text(r->arena, 100 * ratio_of(n, base), 2);
	report(r, q, str_fmt(r->arena, "%.*s ÷ %.*s = %.*s%%", STRF(a), STRF(b), STRF(p)));
}

static void check_rate(struct reading *r, const struct mark *rate)
{
	struct change q = { .rate = rate };
	int word = growth_word(r, rate, &q.down), from = clause_start(r, rate->a);
	bool fan = rate->dim == DIM_TIMES && rate->group == 1;
	q.times_of = rate->dim == DIM_TIMES && has_any(r, from, rate->a, "是");
	if (word < 0 && !fan && !q.times_of) return;
	if (has_any(r, from, rate->a, "分别|增速|快于|高于|低于|目标|预期|提高到|增加到|降低到|降到|提高至|不低于|以上|占")) return;
	q.yearly = has_any(r, from, rate->a, "年均|年平均|复合");
	/* 2.6亿元,比2019年的2.0亿元增长30%: the base stands between. */
	const struct mark *stated = rate->seq ? rate - 1 : NULL, *from_mark = rate;
	bool inside = stated && stated->clause == rate->clause && stated->quantity && (has_any(r, from, stated->a, "比|较") || q.times_of) && !(stated->clues & CLUE_DELTA)
		&& rate->a - stated->b <= 8;
	if (inside) {
		from_mark = stated;
		while (from_mark > r->m.v && from_mark[-1].clause == rate->clause && str_is(from_mark[-1].f.kind, "year")) from_mark--;
	} else stated = NULL;
	q.now = subject_of(r, from_mark, q.yearly, &q.delta);
	if (stated && (!q.now || !comparable(q.now, stated))) return;
	if (!q.now || has_any(r, sentence_start(r, q.now->a) > q.now->a - 40 ? sentence_start(r, q.now->a) : q.now->a - 40, rate->a, other_basis)) return;
	q.base = stated ? stated : base_of(r, q.now, rate);
	if (q.base) {
		q.delta = NULL;
		check_against_base(r, &q);
	} else if (q.delta && !q.times_of && !has_any(r, from, rate->a, "年均|年平均|20")) check_against_delta(r, &q);
}

/* 由A增加到B,增加N; and a fall called a rise. */
static void check_move(struct reading *r, const struct mark *now)
{
	if (now->seq == 0) return;
	const struct mark *base = base_of(r, now, now);
	if (!base || base->seq >= now->seq || !has_any(r, base->b, now->a, "到|至") || now->clause - base->clause > 1) return;
	bool rise = has_any(r, base->b, now->a, "增加|增长|增至|上升|提高|提升|扩大"), fall = has_any(r, base->b, now->a, "减少|下降|降低|降至|降到|减至|缩短|压缩");
	if (!has_any(r, clause_start(r, base->a), base->a, "由|从")) return;
	struct str a = value_text(r, base), b = value_text(r, now);
	if ((rise && !fall && base->lo > now->hi) || (fall && !rise && base->hi < now->lo)) {
		struct letter_finding *f = add_finding(r, "growth", LEVEL_ERROR, str_fmt(r->arena, "%.*s → %.*s", STRF(a), STRF(b)));
		f->zh = str_fmt(r->arena, "文字说%s，数字却由%.*s到%.*s", rise ? "增加" : "减少", STRF(a), STRF(b));
		f->en = str_fmt(r->arena, "the text speaks of a %s, the figures go from %.*s to %.*s", rise ? "rise" : "fall", STRF(a), STRF(b));
		add_mark_span(r, f, base);
		add_mark_span(r, f, now);
		return;
	}
	if ((size_t)now->seq + 1 >= r->m.n) return;
	const struct mark *delta = now + 1;
	if (delta->dim == DIM_TIME && (size_t)delta->seq + 1 < r->m.n) delta++;         /* 三年净增335家 */
	if (!(delta->clues & CLUE_DELTA) || delta->sent != now->sent || delta->clause - now->clause > 1 || !comparable(delta, now) || !delta->quantity) return;
	wide lo = rise ? now->lo - base->hi : base->lo - now->hi, hi = rise ? now->hi - base->lo : base->hi - now->lo;
	if (!rise && !fall) return;
	if (lo <= delta->hi && hi >= delta->lo) return;
	struct str d = base_text(r, delta, rise ? now->value - base->value : base->value - now->value), said = value_text(r, delta);
	struct letter_finding *f = add_finding(r, "growth", LEVEL_ERROR,
		str_fmt(r->arena, "%.*s - %.*s = %.*s ≠ %.*s", STRF(rise ? b : a), STRF(rise ? a : b), STRF(d), STRF(said)));
	f->zh = str_fmt(r->arena, "由%.*s到%.*s相差%.*s，文中写%.*s", STRF(a), STRF(b), STRF(d), STRF(said));
	f->en = str_fmt(r->arena, "from %.*s to %.*s is %.*s, the text says %.*s", STRF(a), STRF(b), STRF(d), STRF(said));
	add_mark_span(r, f, base);
	add_mark_span(r, f, now);
	add_mark_span(r, f, delta);
}

/* 5812家,较2019年底的4530家增加1282家. */
static void check_difference(struct reading *r, const struct mark *base)
{
	if (!(base->clues & CLUE_BASE) || (size_t)base->seq + 1 >= r->m.n || !base->quantity) return;
	const struct mark *delta = base + 1, *now = NULL;
	if (delta->clause != base->clause || !(delta->clues & CLUE_DELTA) || !comparable(delta, base) || delta->a - base->b > 8) return;
	for (int k = base->seq - 1; k >= 0 && r->m.v[k].sent == base->sent && base->clause - r->m.v[k].clause <= 1; k--)
		if (r->m.v[k].quantity && !(r->m.v[k].clues & (CLUE_DELTA | CLUE_BASE | CLUE_WORD))) {
			now = &r->m.v[k];
			break;
		}
	if (!now || !comparable(now, base)) return;
	bool down = has_any(r, base->b, delta->a, "减|降|少");
	wide lo = down ? base->lo - now->hi : now->lo - base->hi, hi = down ? base->hi - now->lo : now->hi - base->lo;
	if (lo <= delta->hi && hi >= delta->lo) return;
	const struct mark *big = down ? base : now, *small = down ? now : base;
	struct str a = value_text(r, big), b = value_text(r, small), said = value_text(r, delta), d = base_text(r, delta, big->value - small->value);
	struct letter_finding *f = add_finding(r, "growth", LEVEL_ERROR, str_fmt(r->arena, "%.*s - %.*s = %.*s ≠ %.*s", STRF(a), STRF(b), STRF(d), STRF(said)));
	f->zh = str_fmt(r->arena, "%.*s与%.*s相差%.*s，文中写%.*s", STRF(a), STRF(b), STRF(d), STRF(said));
	f->en = str_fmt(r->arena, "%.*s and %.*s differ by %.*s, the text says %.*s", STRF(a), STRF(b), STRF(d), STRF(said));
	add_mark_span(r, f, now);
	add_mark_span(r, f, base);
	add_mark_span(r, f, delta);
}

/* 由65.2%下降到66.4%: the word and the values disagree. */
static void check_direction(struct reading *r, const struct mark *now)
{
	const struct mark *base = now->seq ? skip_dates(r, now - 1) : NULL;
	if (!base || now->dim != DIM_SHARE || base->dim != DIM_SHARE || base->sent != now->sent || now->clause - base->clause > 1) return;
	if (!has_any(r, clause_start(r, base->a), base->a, "由|从") || !has_any(r, base->b, now->a, "到|至")) return;
	bool rise = has_any(r, base->b, now->a, "增|上升|提高|提升|扩大"), fall = has_any(r, base->b, now->a, "减|下降|降|缩|回落");
	if (rise == fall || (rise ? now->hi >= base->lo : now->lo <= base->hi)) return;
	struct str a = value_text(r, base), b = value_text(r, now);
	struct letter_finding *f = add_finding(r, "growth", LEVEL_ERROR, str_fmt(r->arena, "%.*s → %.*s", STRF(a), STRF(b)));
	f->zh = str_fmt(r->arena, "文字说%s，数字却由%.*s到%.*s", rise ? "上升" : "下降", STRF(a), STRF(b));
	f->en = str_fmt(r->arena, "the text speaks of a %s, the figures go from %.*s to %.*s", rise ? "rise" : "fall", STRF(a), STRF(b));
	add_mark_span(r, f, base);
	add_mark_span(r, f, now);
}

/* 由80%提高到92%,提高10个百分点. */
static void check_points(struct reading *r, const struct mark *p)
{
	if (p->seq < 2 || p->dim != DIM_POINT) return;
	const struct mark *now = p - 1, *base = p - 2;
	if (now->dim != DIM_SHARE || base->dim != DIM_SHARE || now->sent != p->sent || base->sent != p->sent || p->clause - now->clause > 1) return;
	base = skip_dates(r, base);
	if (!has_any(r, base->a > 30 ? base->a - 30 : 0, base->a, "由|从") || !has_any(r, base->b, now->a, "到|至") || now->clause - base->clause > 1) return;
	if (has_any(r, clause_start(r, p->a), p->a, "年均|高于|低于|比全|目标")) return;
	wide lo = now->lo - base->hi, hi = now->hi - base->lo;
	if (now->value < base->value) lo = base->lo - now->hi, hi = base->hi - now->lo;
	if (lo <= p->hi && hi >= p->lo) return;
	wide off = now->value > base->value ? now->value - base->value : base->value - now->value;
	struct str a = value_text(r, base), b = value_text(r, now), said = value_text(r, p), d = number_text(r->arena, ratio_of(off, DEC_ONE), 2);
	struct letter_finding *f = add_finding(r, "growth", LEVEL_ERROR, str_fmt(r->arena, "%.*s → %.*s: %.*s ≠ %.*s", STRF(a), STRF(b), STRF(d), STRF(said)));
	f->zh = str_fmt(r->arena, "由%.*s到%.*s相差%.*s个百分点，文中写%.*s", STRF(a), STRF(b), STRF(d), STRF(said));
	f->en = str_fmt(r->arena, "from %.*s to %.*s is %.*s percentage points, the text says %.*s", STRF(a), STRF(b), STRF(d), STRF(said));
	add_mark_span(r, f, p);
	add_mark_span(r, f, now);
	add_mark_span(r, f, base);
}

void check_growth(struct reading *r)
{
	for (size_t i = 0; i < r->m.n; i++) {
		const struct mark *m = &r->m.v[i];
		if (!m->f.has_value) continue;
		if (m->dim == DIM_SHARE || m->dim == DIM_TIMES) check_rate(r, m);
		if (m->quantity) check_move(r, m);
		check_direction(r, m);
		check_points(r, m);
		check_difference(r, m);
	}
}

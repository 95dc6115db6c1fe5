/* Percentages judged with their neighbours: parts that each have a share, shares given "respectively", how far a target is reached,
   and the balance of births and deaths. */
#include "letter_inner.h"

enum { PAIRS_MAX = 16, WHOLES = 60, BACK_MAX = 30 };

struct pairs {
	struct share s[PAIRS_MAX];
	int n;
};

static int fits_of(const struct pairs *q, wide lo, wide hi)
{
	int n = 0;
	for (int i = 0; i < q->n; i++) n += share_fits(q->s[i].top, q->s[i].p, lo, hi);
	return n;
}

/* The whole that most of the shares agree on: an amount of the paragraph, or what the parts add up to (then `sum` is filled). */
static const struct mark *best_whole(const struct reading *r, const struct pairs *q, struct mark *sum, int *fits)
{
	const struct mark *first = q->s[0].top, *best = NULL;
	*sum = *first;
	sum->value = sum->lo = sum->hi = 0;
	for (int i = 0; i < q->n; i++) {
		const struct mark *t = q->s[i].top;
		sum->value += t->value, sum->lo += t->lo, sum->hi += t->hi;
	}
	*fits = fits_of(q, sum->lo, sum->hi);
	int before = 0;
	for (size_t k = (size_t)first->seq; k-- > 0 && before++ < WHOLES && first->para - r->m.v[k].para <= 1;) {
		const struct mark *m = &r->m.v[k];
		if (!m->quantity || (m->clues & (CLUE_DELTA | CLUE_WORD)) || !comparable(m, first) || m->hi <= first->lo) continue;
		int n = fits_of(q, m->lo, m->hi);
		if (n >= *fits) best = m, *fits = n;
		if (n == q->n) break;
	}
	return best;
}

/* The parts together are the whole that the other shares agree on. */
static void report_of_sum(struct reading *r, const struct share *s, const struct mark *sum)
{
	struct str a = value_text(r, s->top), b = base_text(r, s->top, sum->value), said = value_text(r, s->p);
	struct str q = number_text(r->arena, 100 * ratio_of(s->top->value, sum->value), 2);
	struct letter_finding *f = add_finding(r, "share", LEVEL_ERROR, str_fmt(r->arena, "%.*s ÷ %.*s = %.*s%% ≠ %.*s", STRF(a), STRF(b), STRF(q), STRF(said)));
	f->zh = str_fmt(r->arena, "占比与数额不符：%.*s占各项之和%.*s的%.*s%%，文中写%.*s", STRF(a), STRF(b), STRF(q), STRF(said));
	f->en = str_fmt(r->arena, "the share does not follow: %.*s is %.*s%% of what the items add up to (%.*s), the text says %.*s", STRF(a), STRF(q), STRF(b), STRF(said));
	add_mark_span(r, f, s->p);
	add_mark_span(r, f, s->top);
}

static void judge_pairs(struct reading *r, struct pairs *q)
{
	struct mark sum;
	int fits;
	if (q->n < 2) return;
	const struct mark *whole = best_whole(r, q, &sum, &fits);
	bool all = fits == q->n;
	if (!all && (q->n < 3 || fits < q->n - 1 || fits < 2)) return;
	for (int i = 0; i < q->n; i++) {
		const struct share *s = &q->s[i];
		struct mark *p = &r->m.v[s->p->seq];
		/* A whole that is named but not given is left to check_share, which asks for it. */
		if (s->generic || !all) p->clues |= CLUE_JUDGED;
		if (!all && !share_fits(s->top, p, whole ? whole->lo : sum.lo, whole ? whole->hi : sum.hi)) {
			if (whole) report_share(r, s, whole, LEVEL_ERROR);
			else report_of_sum(r, s, &sum);
		}
	}
}

/* A家,占a%;B家,占b%;C家,占c%: of the same whole, in one paragraph. */
static void check_run(struct reading *r, size_t *at)
{
	struct pairs q = { 0 };
	size_t k = *at;
	for (; k < r->m.n && q.n < PAIRS_MAX; k++) {
		const struct mark *p = &r->m.v[k];
		struct share s;
		if (q.n && (p->para != q.s[0].p->para || p->sent > q.s[q.n - 1].p->sent + 1)) break;
		if (p->dim != DIM_SHARE || !p->f.has_value || !read_share(r, p, &s) || s.given) continue;
		const struct share *last = q.n ? &q.s[q.n - 1] : NULL;
		if (last && (s.top == last->top || !comparable(s.top, last->top) || s.generic != last->generic)) break;
		if (last && !s.generic && !same_text(r, s.name_a, s.name_b, last->name_a, last->name_b)) break;
		q.s[q.n++] = s;
	}
	judge_pairs(r, &q);
	*at = k > *at ? k : *at + 1;
}

/* A3120项、B418项、C96项,占比分别为 a%、b%和c%. */
static void check_respective(struct reading *r, size_t i)
{
	const struct mark *first = &r->m.v[i];
	int from = clause_start(r, first->a);
	if (first->dim != DIM_SHARE || rfind_any(r, from, first->a, "占比分别|比重分别|分别占|比例分别") < 0 || (i && first[-1].dim == DIM_SHARE && first[-1].a >= from)) return;
	struct pairs q = { 0 };
	while (i + (size_t)q.n < r->m.n && q.n < PAIRS_MAX && first[q.n].dim == DIM_SHARE && first[q.n].clause == first->clause) {
		q.s[q.n] = (struct share){ .p = &first[q.n], .generic = true };
		q.n++;
	}
	int left = q.n;
	for (size_t k = i; k-- > 0 && left && (int)(i - k) < BACK_MAX && r->m.v[k].sent == first->sent;) {
		const struct mark *m = &r->m.v[k];
		if (!m->quantity || (m->clues & (CLUE_DELTA | CLUE_WORD | CLUE_TOTAL))) continue;
		if (left < q.n && !comparable(m, q.s[left].top)) return;
		q.s[--left].top = m;
	}
	if (!left) judge_pairs(r, &q);
}

void check_pairs_of_shares(struct reading *r)
{
	for (size_t i = 0; i < r->m.n;) check_run(r, &i);
	for (size_t i = 0; i < r->m.n; i++) check_respective(r, i);
}

/* 高新技术企业625家,完成目标800家的78.1%: the goal stands right before the percentage. */
static void check_target(struct reading *r, const struct mark *p)
{
	if (p->seq < 2 || p->dim != DIM_SHARE || !p->f.has_value) return;
	const struct mark *goal = p - 1;
	int from = clause_start(r, p->a), gap = at_any(r, goal->b, "的约|的近|的");
	if (!gap || goal->b + gap != p->a || goal->a < from || (!goal->quantity && goal->dim != DIM_SHARE)) return;
	int word = rfind_any(r, from, goal->a, "完成|达到|达成|实现|相当于|为");
	if (word < 0 || goal->a - word > 20 || !has_any(r, word, goal->a, "目标|任务|计划|预算|预期|指标|总投资|总量|全年|年度")) return;
	for (const struct mark *m = goal - 1; m >= r->m.v && m->sent == p->sent && p->clause - m->clause <= 2; m--) {
		bool same = goal->dim == DIM_SHARE ? m->dim == DIM_SHARE : m->quantity && comparable(m, goal);
		if (m->a >= word || !same || (m->clues & (CLUE_DELTA | CLUE_BASE | CLUE_WORD))) continue;
		struct share s = { .p = p, .top = m };
		if (m->value > 0 && !share_fits(m, p, goal->lo, goal->hi)) report_share(r, &s, goal, LEVEL_ERROR);
		return;
	}
}

void check_targets(struct reading *r)
{
	for (size_t i = 0; i < r->m.n; i++) check_target(r, &r->m.v[i]);
}

/* 出生率3.29‰,死亡率9.14‰,自然增长率-5.85‰. */
void check_balance(struct reading *r)
{
	const struct mark *birth = NULL, *death = NULL;
	for (size_t i = 0; i < r->m.n; i++) {
		const struct mark *m = &r->m.v[i];
		if (m->dim != DIM_SHARE || !m->f.has_value) continue;
		int from = clause_start(r, m->a);
		if (birth && birth->para != m->para) birth = death = NULL;
		if (has_any(r, from, m->a, "出生率")) birth = m, death = NULL;
		else if (has_any(r, from, m->a, "死亡率")) death = m;
		else if (birth && death && has_any(r, from, m->a, "自然增长率")) {
			if (birth->lo - death->hi > m->hi || birth->hi - death->lo < m->lo) {
				struct str a = value_text(r, birth), b = value_text(r, death), said = value_text(r, m), is = base_text(r, birth, birth->value - death->value);
				struct letter_finding *f = add_finding(r, "sum", LEVEL_ERROR, str_fmt(r->arena, "%.*s - %.*s = %.*s ≠ %.*s", STRF(a), STRF(b), STRF(is), STRF(said)));
				f->zh = str_fmt(r->arena, "自然增长率应为出生率减死亡率：%.*s，文中写%.*s", STRF(is), STRF(said));
				f->en = str_fmt(r->arena, "natural growth is births less deaths: %.*s, the text says %.*s", STRF(is), STRF(said));
				add_mark_span(r, f, m);
				add_mark_span(r, f, birth);
				add_mark_span(r, f, death);
			}
			birth = death = NULL;
		}
	}
}

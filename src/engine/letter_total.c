/* Totals that follow their parts (A20家,B30家,合计50家; 三市合计 …; 320万元、80万元,共400万元), and n of N. */
#include "letter_inner.h"

enum { CLAUSES_MAX = 12 };

/* What may stand between the clause's start and 合计; "三市" says how many parts there are. */
static int skip_lead(const struct reading *r, int from, int at, int *count)
{
	*count = 0;
	for (int i = from; i < at;) {
		struct numeral x;
		int length = at_any(r, i, "以上|上述|各项|两者|资金|经费|人数|数量|项目|全部|,");
		if (!length && numeral_read(r->c, r->n, i, &x) && !x.power && !x.vague && x.value >= 2 * DEC_ONE && x.value <= PARTS_MAX * DEC_ONE) {
			length = x.length + at_any(r, i + x.length, "个市|市州|州市|项|市|州|县|区|省|批|类|者|家|地|部分|级|轮|年|校|所|方|块");
			if (length == x.length) return -1;
			*count = (int)(x.value / DEC_ONE);
		}
		if (!length) return -1;
		i += length;
	}
	return 0;
}

/* The parts before a total, last first: as many as it names, else back to the sentence's or the list's start. */
static void parts_before(const struct reading *r, const struct mark *m, int start, int count, struct parts *p)
{
	for (size_t k = (size_t)m->seq; k-- > 0 && r->m.v[k].a >= start && p->n < PARTS_MAX && (!count || p->n < count);) {
		const struct mark *x = &r->m.v[k];
		if (!is_part(x) || x->paren != m->paren || !comparable(x, m)) continue;
		p->part[p->n++] = x;
		if (!count && p->n >= 2 && adds_up(p, p->n)) return;
	}
	for (int i = 0; i < p->n / 2; i++) {
		const struct mark *t = p->part[i];
		p->part[i] = p->part[p->n - 1 - i];
		p->part[p->n - 1 - i] = t;
	}
}

/* One list: 、 between all of them, with short names. */
static bool is_tight(const struct reading *r, const struct parts *p)
{
	for (int k = 1; k < p->n; k++)
		if (p->part[k]->a - p->part[k - 1]->b > 20 || !has_any(r, p->part[k - 1]->b, p->part[k]->a, "、|和|及")) return false;
	return true;
}

static void check_total(struct reading *r, const struct mark *m)
{
	int from = clause_start(r, m->a), at = find_any(r, from, m->a, "合计|总计|共计|总共|一共"), count;
	if (at < 0 && at_any(r, from, "总规模|总额|总金额|总量")) at = from;
	if (at < 0) at = rfind_any(r, from, m->a, "共认定|共安排|共支持|共");
	if (at < 0 || m->a - at > 8 || skip_lead(r, from, at, &count) < 0) return;
	bool bare = !has_any(r, at, m->a, "计|总计|总共|一共");
	struct parts p = { .whole = m, .complete = true, .listed = true, .adjacent = true };
	int start = sentence_start(r, m->a), list = rfind_any(r, start, m->a, "分别为|分别是|分别");
	parts_before(r, m, list > start ? list : start, count, &p);
	if (p.n < 2 || (count && p.n < count) || adds_up(&p, p.n)) return;
	if (!count && list <= start && has_any(r, start, m->a, "其中|累计")) return;
	/* "共" alone sums only what stands right before it, one short clause each. */
	if (bare && (has_any(r, list > start ? list : start, m->a, "其中|累计|新增|目前") || m->clause - p.part[0]->clause > CLAUSES_MAX)) return;
	if (bare && !count && (p.part[p.n - 1]->clause + 1 != m->clause || at != from || (p.n > 3 && list <= start && !is_tight(r, &p)))) return;
	for (int k = 0; k < p.n; k++)
		if (p.part[k]->lo > m->hi) return report_subset(r, p.part[k], m, LEVEL_ERROR);
	report_sum(r, &p, LEVEL_ERROR);
}

/* 14项指标中,8项提前完成、5项达到进度、2项滞后: items told one after the other, a little more than there are. */
static void check_out_of_list(struct reading *r, const struct mark *whole, const struct mark *first)
{
	struct parts p = { .whole = whole, .part = { first }, .n = 1 };
	for (int k = first->seq + 1; (size_t)k < r->m.n && p.n < PARTS_MAX; k++) {
		const struct mark *m = &r->m.v[k], *last = p.part[p.n - 1];
		if (m->sent != whole->sent || m->a - last->b > 14 || !is_part(m) || !str_eq(m->f.unit, first->f.unit) || m->pre_b > m->pre + 1) break;
		p.part[p.n++] = m;
	}
	wide sum = 0;
	for (int k = 0; k < p.n; k++) sum += p.part[k]->value;
	if (p.n < 3 || whole->dim != DIM_COUNT || adds_up(&p, p.n) || sum < whole->value || sum > whole->value + whole->value / 4) return;
	report_sum(r, &p, LEVEL_WARNING);
}

/* 全省16个州(市)中有17个: n of N. */
static void check_out_of(struct reading *r, const struct mark *whole)
{
	if ((size_t)whole->seq + 1 >= r->m.n) return;
	const struct mark *part = whole + 1;
	if (!is_part(part)) return;
	int at = find_any(r, whole->b, part->a, "中");
	if (at < 0 || part->paren != whole->paren || !comparable(whole, part) || part->a - whole->b > 30) return;
	if (has_any(r, whole->b, at, ",|，|;|:|。|、") || has_any(r, at + 1, part->a, ";|:|。|、")) return;
	if (!at_any(r, at, "中有|中,|中，|中已|中的") && !(at + 1 == part->a)) return;
	if (at_any(r, at - 1, "其中|集中|高中|初中|年中|期中")) return;
	if (part->lo > whole->hi) return report_subset(r, part, whole, LEVEL_ERROR);
	check_out_of_list(r, whole, part);
}

void check_totals(struct reading *r)
{
	for (size_t k = 0; k < r->m.n; k++) {
		const struct mark *m = &r->m.v[k];
		if (!is_part(m)) continue;
		check_total(r, m);
		check_out_of(r, m);
	}
}

/* Which indicator a figure is, by words, subject, unit and period; and whether the records agree. */
#include <string.h>

#include "base/utf8.h"
#include "letter_inner.h"

enum { NAME_MAX = 64, NEAR = 62, CLEAR = 8, FAR = 100000, SUBJECT_APART = 15 };

int share_of_label(const struct reading *r, int a, int b, int c, int d)
{
	int pairs = b - a - 1, hit = 0;
	if (pairs < 1) return b - a == 1 && d > c && find_any(r, c, d, "") >= 0 ? 100 : 0;
	for (int i = a; i < b - 1; i++)
		for (int k = c; k < d - 1; k++)
			if (r->c[i] == r->c[k] && r->c[i + 1] == r->c[k + 1]) {
				hit++;
				break;
			}
	return hit * 100 / pairs;
}

/* A name of the dictionary as characters. */
struct name { int32_t c[NAME_MAX]; int n; };

static void load_name(struct name *out, struct str s)
{
	out->n = 0;
	for (size_t at = 0; at < s.n && out->n < NAME_MAX;) {
		int32_t c = utf8_next(s, &at);
		if (c == '(' || c == ')' || c == 0xFF08 || c == 0xFF09 || c == ' ' || c == '-' || c == 0x3001) continue;
		out->c[out->n++] = c;
	}
}

static bool is_joint(int32_t c) { return c == '(' || c == ')' || c == '-' || c == 0x3001; }

static bool pair_in(const struct reading *r, int a, int b, int32_t x, int32_t y)
{
	for (int i = a; i + 1 < b; i++) {
		if (r->c[i] != x) continue;
		int k = i + 1;
		while (k < b - 1 && is_joint(r->c[k])) k++;
		if (r->c[k] == y) return true;
	}
	return false;
}

static bool pair_in_name(const struct name *w, int32_t x, int32_t y)
{
	for (int i = 0; i + 1 < w->n; i++)
		if (w->c[i] == x && w->c[i + 1] == y) return true;
	return is_joint(x) || is_joint(y);
}

/* A word figure must be named in the words of the indicator: 三张牌, 八大重点产业. */
static bool word_fits(const struct reading *r, const struct mark *m, const struct name *w)
{
	int end = m->b + 2 < r->n ? m->b + 2 : r->n;
	for (int i = m->a; i + 1 < end; i++)
		if (pair_in_name(w, r->c[i], r->c[i + 1])) return true;
	return false;
}

/* How much of the name the figure's own words say, and how much with the words of its sentence and subject around it. */
static int name_score(const struct reading *r, const struct mark *m, const struct name *w, int context_a)
{
	int own = 0, around = 0, pairs = w->n - 1;
	if (pairs < 1) return 0;
	for (int i = 0; i < pairs; i++) {
		bool here = pair_in(r, m->pre, m->pre_b, w->c[i], w->c[i + 1]) || pair_in(r, m->clues & CLUE_WORD ? m->a : m->b, m->post_b, w->c[i], w->c[i + 1]);
		own += here;
		around += !here && pair_in(r, context_a, m->pre, w->c[i], w->c[i + 1]);
	}
	if (!own) return 0;
	/* The words of the figure that the name does not know count against it. */
	int said = 0, known = 0;
	for (int i = m->pre; i + 1 < m->pre_b; i++) said++, known += pair_in_name(w, r->c[i], r->c[i + 1]);
	for (int i = m->post; i + 1 < m->post_b; i++) said++, known += pair_in_name(w, r->c[i], r->c[i + 1]);
	int recall = (own * 100 + around * 70) / pairs, precision = said ? known * 100 / said : 0;
	int score = (recall * 7 + precision * 3) / 10;
	if (own == pairs && known == said) score += 12;
	/* 16个州(市) is not of 众创空间: the counted noun must be known to the name. */
	int noun = 0;
	for (int i = m->post; i + 1 < m->post_b && i < m->post + 6; i++) {
		int k = i + 1;
		while (k < m->post_b && is_joint(r->c[k])) k++;
		noun += !is_joint(r->c[i]) && k < m->post_b && pair_in_name(w, r->c[i], r->c[k]);
	}
	if (m->post_b - m->post >= 2 && !noun && m->dim == DIM_COUNT) score -= 40;
	return score;
}

static bool unit_fits(const struct mark *m, const struct letter_indicator *d)
{
	int64_t factor;
	enum dim dim;
	int group;
	if (!d->unit.n) return true;
	if (str_eq(d->unit, m->f.unit)) return true;
	if (!unit_of(d->unit, &factor, &dim, &group)) return m->dim == DIM_NONE || m->dim == DIM_OTHER;
	if (m->clues & CLUE_WORD) return dim == DIM_COUNT || dim == DIM_OTHER;
	bool counts = (dim == DIM_COUNT || dim == DIM_PERSON || dim == DIM_VISIT) && (m->dim == DIM_COUNT || m->dim == DIM_PERSON || m->dim == DIM_VISIT);
	if (counts) return dim == m->dim || (dim == DIM_COUNT && m->dim == DIM_COUNT);
	return dim == m->dim;
}

static bool period_fits(const struct mark *m, const struct letter_indicator *d, int *bonus)
{
	*bonus = 0;
	if (!d->period.n || !m->f.period.n || !m->year) return true;
	if (d->period.n < 4) return true;
	if (str_starts(d->period, str_sub(m->f.period, 0, 4)) || (m->year_end != m->year && str_has(d->period, str_sub(m->f.period, 5, 9)))) {
		*bonus = 4;
		return true;
	}
	int64_t y;
	return !str_int(str_sub(d->period, 0, 4), &y);
}

/* How far before the figure its subject was last named in the paragraph: -1 when the indicator has none, FAR when it was not. */
static int subject_gap(const struct reading *r, const struct mark *m, const struct letter_indicator *d)
{
	struct name w;
	load_name(&w, d->subject);
	if (w.n < 2) return -1;
	int from = paragraph_start(r, m->a), hit = 0, last = -1;
	for (int i = 0; i + 1 < w.n; i++) {
		int at = -1;
		for (int k = m->post_b - 2; k >= from && k >= m->post_b - 600; k--)
			if (r->c[k] == w.c[i] && r->c[k + 1] == w.c[i + 1]) {
				at = k;
				break;
			}
		hit += at >= 0;
		if (at > last) last = at;
	}
	if (hit * 100 < (w.n - 1) * 70) return FAR;
	return last > m->a ? 0 : m->a - last;
}

struct claim { int indicator, score, gap; };

static struct claim claim_of(const struct reading *r, const struct mark *m, int i)
{
	const struct letter_indicator *d = &r->dict[i];
	int bonus, best = 0, from = sentence_start(r, m->a);
	struct claim none = { -1, 0, FAR };
	if (!unit_fits(m, d) || !period_fits(m, d, &bonus)) return none;
	int context = from > m->pre - 80 ? from : m->pre - 80;
	for (int k = -1; k < d->n_alias; k++) {
		struct name w;
		load_name(&w, k < 0 ? d->zh : d->alias[k]);
		if ((m->clues & CLUE_WORD) && !word_fits(r, m, &w)) continue;
		int s = name_score(r, m, &w, context);
		if (s > best) best = s;
	}
	if (!best) return none;
	int gap = subject_gap(r, m, d);
	int near = gap < 0 ? 0 : gap == FAR ? -25 : gap < 40 ? 10 : gap < 120 ? 7 : gap < 300 ? 4 : 0;
	return (struct claim){ i, best + bonus + near, gap < 0 ? FAR : gap };
}

static bool may_bind(const struct mark *m)
{
	return m->f.has_value && !(m->clues & CLUE_BASE) && (!(m->clues & CLUE_DELTA) || m->dim == DIM_SHARE) && !str_is(m->f.kind, "year") && !str_is(m->f.kind, "date")
		&& !str_is(m->f.kind, "id") && !str_is(m->f.kind, "ordinal");
}

/* The best claim, when it is clear; among claims of equal words, the one whose subject was named last. */
static int bind_one(struct reading *r, struct mark *m)
{
	struct claim best = { -1, 0, FAR }, second = { -1, 0, FAR };
	for (int i = 0; i < r->n_dict; i++) {
		struct claim c = claim_of(r, m, i);
		if (c.score > best.score) second = best, best = c;
		else if (c.score > second.score) second = c;
	}
	if (best.indicator < 0 || best.score < NEAR) return 0;
	if (best.score - second.score < CLEAR) {
		if (second.gap + SUBJECT_APART <= best.gap) best = second;
		else if (best.gap + SUBJECT_APART > second.gap) return 0;
	}
	m->f.indicator = best.indicator;
	return best.score;
}

static bool same_value(const struct mark *m, const struct letter_indicator *d)
{
	int64_t factor;
	enum dim dim;
	int group;
	if (!unit_of(d->unit, &factor, &dim, &group)) factor = DEC_ONE;
	wide known = (wide)d->value * factor / DEC_ONE;
	return known >= m->lo && known <= m->hi;
}

void letter_bind(struct reading *r)
{
	size_t limit = r->n_dict ? (size_t)20000000 / (size_t)(r->n_dict * 40) : 0;
	for (size_t i = 0; i < r->m.n && i < limit; i++) {
		struct mark *m = &r->m.v[i];
		if (!may_bind(m)) continue;
		int score = bind_one(r, m);
		if (m->f.indicator < 0) continue;
		const struct letter_indicator *d = &r->dict[m->f.indicator];
		m->f.verdict = !d->known ? LETTER_NO_RECORD : same_value(m, d) ? LETTER_AGREES : LETTER_DIFFERS;
		/* A difference accuses: a claim that is only just good enough is dropped instead. */
		if (m->f.verdict == LETTER_DIFFERS && score < NEAR + CLEAR) m->f.verdict = LETTER_UNBOUND, m->f.indicator = -1;
	}
}

void check_records(struct reading *r)
{
	for (size_t i = 0; i < r->m.n; i++) {
		const struct mark *m = &r->m.v[i];
		if (m->f.verdict != LETTER_DIFFERS) continue;
		const struct letter_indicator *d = &r->dict[m->f.indicator];
		struct str known = dec_format(r->arena, d->value), said = value_text(r, m);
		struct letter_finding *f = add_finding(r, "record", LEVEL_ERROR,
			str_fmt(r->arena, "%.*s ≠ %.*s%.*s", STRF(said), STRF(known), STRF(d->unit)));
		f->zh = str_fmt(r->arena, "“%.*s”文中为%.*s，台账为%.*s%.*s，请核对", STRF(d->zh), STRF(said), STRF(known), STRF(d->unit));
		f->en = str_fmt(r->arena, "%.*s: the text says %.*s, the records say %.*s %.*s", STRF(d->en.n ? d->en : d->zh), STRF(said), STRF(known),
			STRF(d->unit));
		add_mark_span(r, f, m);
	}
}

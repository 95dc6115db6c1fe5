/* Which indicator a figure is, by words, subject, unit and period; and whether the records agree. */
#include <string.h>

#include "base/utf8.h"
#include "letter_inner.h"

enum { NAME_MAX = 64, CANDIDATES_MAX = 4096, NEAR = 62, CLEAR = 8 };

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

static bool pair_in(const struct reading *r, int a, int b, int32_t x, int32_t y)
{
	for (int i = a; i + 1 < b; i++)
		if (r->c[i] == x && r->c[i + 1] == y) return true;
	return false;
}

static bool pair_in_name(const struct name *w, int32_t x, int32_t y)
{
	for (int i = 0; i + 1 < w->n; i++)
		if (w->c[i] == x && w->c[i + 1] == y) return true;
	return false;
}

/* How much of the name the figure's own words say, and how much with the words of its sentence and subject around it. */
static int name_score(const struct reading *r, const struct mark *m, const struct name *w, int context_a)
{
	int own = 0, around = 0, pairs = w->n - 1;
	if (pairs < 1) return 0;
	for (int i = 0; i < pairs; i++) {
		bool here = pair_in(r, m->pre, m->pre_b, w->c[i], w->c[i + 1]) || pair_in(r, m->b, m->post_b, w->c[i], w->c[i + 1]);
		own += here;
		around += !here && pair_in(r, context_a, m->pre, w->c[i], w->c[i + 1]);
	}
	if (!own) return 0;
	/* The words of the figure that the name does not know count against it. */
	int said = 0, known = 0;
	for (int i = m->pre; i + 1 < m->pre_b; i++) said++, known += pair_in_name(w, r->c[i], r->c[i + 1]);
	for (int i = m->post; i + 1 < m->post_b; i++) said++, known += pair_in_name(w, r->c[i], r->c[i + 1]);
	int recall = (own * 100 + around * 70) / pairs, precision = said ? known * 100 / said : 0;
	return (recall * 7 + precision * 3) / 10;
}

static bool unit_fits(const struct mark *m, const struct letter_indicator *d)
{
	int64_t factor;
	enum dim dim;
	int group;
	if (!d->unit.n) return true;
	if (str_eq(d->unit, m->f.unit)) return true;
	if (!unit_of(d->unit, &factor, &dim, &group)) return m->dim == DIM_NONE || m->dim == DIM_OTHER;
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

/* A subject named in the paragraph before the figure lifts the score; a name that needs its subject sinks without it. */
static int subject_score(const struct reading *r, const struct mark *m, const struct letter_indicator *d)
{
	struct name w;
	load_name(&w, d->subject);
	if (w.n < 2) return 0;
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
	if (hit * 100 < (w.n - 1) * 70) return -25;
	/* The nearer the subject, the better: two things in one paragraph are told apart by the last one named. */
	int gap = m->a - last;
	return gap < 40 ? 10 : gap < 120 ? 7 : gap < 300 ? 4 : 0;
}

static int indicator_score(const struct reading *r, const struct mark *m, const struct letter_indicator *d)
{
	int bonus, best = 0, from = sentence_start(r, m->a);
	if (!unit_fits(m, d) || !period_fits(m, d, &bonus)) return 0;
	int context = from > m->pre - 80 ? from : m->pre - 80;
	for (int i = -1; i < d->n_alias; i++) {
		struct name w;
		load_name(&w, i < 0 ? d->zh : d->alias[i]);
		int s = name_score(r, m, &w, context);
		if (s > best) best = s;
	}
	return best ? best + bonus + subject_score(r, m, d) : 0;
}

static bool may_bind(const struct mark *m)
{
	return m->f.has_value && !(m->clues & (CLUE_DELTA | CLUE_BASE)) && !str_is(m->f.kind, "year") && !str_is(m->f.kind, "date")
		&& !str_is(m->f.kind, "id") && !str_is(m->f.kind, "ordinal");
}

static void bind_one(struct reading *r, struct mark *m)
{
	int best = -1, top = 0, second = 0;
	for (int i = 0; i < r->n_dict; i++) {
		int s = indicator_score(r, m, &r->dict[i]);
		if (s > top) second = top, top = s, best = i;
		else if (s > second) second = s;
	}
	if (best < 0 || top < NEAR || top - second < CLEAR) return;
	m->f.indicator = best;
}

/* One figure an indicator: of several claims the last word stays only if they say the same value. */
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
		bind_one(r, m);
		if (m->f.indicator < 0) continue;
		const struct letter_indicator *d = &r->dict[m->f.indicator];
		m->f.verdict = !d->known ? LETTER_NO_RECORD : same_value(m, d) ? LETTER_AGREES : LETTER_DIFFERS;
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

/* The door of the engine, and what every check uses to report. */
#include <math.h>

#include "base/utf8.h"
#include "letter_inner.h"

struct letter_finding *add_finding(struct reading *r, const char *kind, enum level severity, struct str arithmetic)
{
	if (r->found.n >= LETTER_FINDINGS_MAX) return ARENA_NEW(r->arena, struct letter_finding);       /* written to and forgotten */
	struct letter_finding f = { .kind = str_c(kind), .severity = severity, .arithmetic = arithmetic, .zh = STR(""), .en = STR("") };
	VEC_PUSH(r->arena, &r->found, f);
	return &r->found.v[r->found.n - 1];
}

void add_span(struct reading *r, struct letter_finding *f, int a, int b)
{
	if (b <= a || a < 0 || b > r->n || f->n_span >= LETTER_SPANS_MAX) return;
	if (!f->span) f->span = ARENA_ARRAY(r->arena, struct letter_span, LETTER_SPANS_MAX);
	struct letter_span s = { r->pos[a], r->pos[b - 1] + 1 };
	for (int i = 0; i < f->n_span; i++)
		if (f->span[i].start == s.start && f->span[i].end == s.end) return;
	f->span[f->n_span++] = s;
}

void add_mark_span(struct reading *r, struct letter_finding *f, const struct mark *m) { add_span(r, f, m->a, m->b); }

/* May the two be added or compared? */
bool comparable(const struct mark *a, const struct mark *b)
{
	if (a->dim != b->dim || a->dim == DIM_NONE) return false;
	if (a->dim == DIM_FOREIGN) return str_eq(a->f.unit, b->f.unit);
	return a->group == b->group || a->dim == DIM_MONEY || a->dim == DIM_AREA;
}

struct str value_text(const struct reading *r, const struct mark *m) { return letter_slice(r, m->a, m->b); }

static int64_t ten(int power)
{
	int64_t v = 1;
	while (power-- > 0) v *= 10;
	return v;
}

struct str number_text(struct arena *a, double v, int decimals)
{
	struct str s = str_fmt(a, "%.*f", decimals, v);
	if (decimals == 0) return s;
	while (s.n > 1 && s.p[s.n - 1] == '0') s.n--;
	if (s.n > 1 && s.p[s.n - 1] == '.') s.n--;
	return s;
}

/* A value in the unit of `like`, with its digits (and two more when that is not enough). */
struct str base_text(const struct reading *r, const struct mark *like, wide value)
{
	double v = (double)value / ((double)like->factor * (double)ten(like->power));
	int decimals = like->decimals;
	if (fabs(v * (double)ten(decimals) - round(v * (double)ten(decimals))) > 1e-4 && decimals < 4) decimals += 2;
	struct str n = number_text(r->arena, v, decimals);
	return str_fmt(r->arena, "%.*s%.*s", STRF(n), STRF(like->f.unit));
}

struct str label_text(const struct reading *r, const struct mark *m)
{
	struct str pre = letter_slice(r, m->pre, m->pre_b), post = letter_slice(r, m->post, m->post_b);
	if (!post.n) return pre;
	return pre.n ? str_fmt(r->arena, "%.*s%.*s", STRF(pre), STRF(post)) : post;
}

static struct letter_result *finish(struct reading *r, struct letter_result *out)
{
	out->text = r->text;
	out->n_figure = (int)r->m.n;
	out->figure = ARENA_ARRAY(r->arena, struct letter_figure, r->m.n ? r->m.n : 1);
	for (size_t i = 0; i < r->m.n; i++) out->figure[i] = r->m.v[i].f;
	out->finding = r->found.v;
	out->n_finding = (int)r->found.n;
	return out;
}

/* By place in the text; equal places keep the order of the checks. */
static void sort_findings(struct reading *r)
{
	for (size_t i = 1; i < r->found.n; i++) {
		struct letter_finding f = r->found.v[i];
		size_t k = i;
		while (k > 0 && (r->found.v[k - 1].n_span ? r->found.v[k - 1].span[0].start : 0) > (f.n_span ? f.span[0].start : 0)) {
			r->found.v[k] = r->found.v[k - 1];
			k--;
		}
		r->found.v[k] = f;
	}
}

enum rc letter_check(struct cx *cx, struct str text, const struct letter_indicator *dict, int n_dict, struct letter_result *out)
{
	int64_t work = 0;
	struct reading r = { .cx = cx, .arena = cx->arena, .dict = dict, .n_dict = n_dict, .work = &work };
	TRY(letter_prepare(&r, text));
	TRY(letter_figures(&r));
	check_times(&r);        /* finds the signature, which the periods leave out */
	letter_periods(&r);
	letter_bind(&r);
	check_sums(&r);
	check_totals(&r);
	check_tables(&r);
	check_pairs_of_shares(&r);
	check_shares(&r);
	check_targets(&r);
	check_balance(&r);
	check_growth(&r);
	check_ratios(&r);
	check_repeats(&r);
	check_wording(&r);
	check_records(&r);
	if (work > LETTER_WORK_MAX)
		return fail(cx, RC_LIMIT, "letter.work", NOWHERE, "句子过长、数字过密，无法核对，请分篇核对", "sentences too long and figures too dense to check: check the text in parts");
	sort_findings(&r);
	finish(&r, out);
	return RC_OK;
}

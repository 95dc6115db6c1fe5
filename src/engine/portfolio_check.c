/* Judging a selection from the rules as they are written: plain loops over the options, nothing of the solver's. */
#include "base/money.h"
#include "engine/portfolio.h"

/* Some of the options, in order: all, or those with one value of an `each` rule. */
struct view { int *v; size_t n, cap; };

struct checker {
	struct cx *cx;
	const struct portfolio *p;
	const signed char *chosen;
	VEC(struct portfolio_breach) breach;
};

static struct str unit_text(struct checker *c, const struct portfolio_rule *r, int64_t v)
{
	struct arena *a = c->cx->arena;
	if (r->kind == PORTFOLIO_AT_MOST || r->kind == PORTFOLIO_AT_LEAST) return str_fmt(a, "%lld", (long long)v);
	if (r->share) return str_fmt(a, "%lld.%02lld %%", (long long)v / 100, (long long)v % 100);
	return str_fmt(a, "%.*s 元", STRF(money_text(a, v)));
}

static void breach(struct checker *c, int rule, struct str value, int64_t is, int64_t limit)
{
	const struct portfolio_rule *r = &c->p->rule[rule];
	struct arena *a = c->cx->arena;
	struct str was = unit_text(c, r, is), allowed = unit_text(c, r, limit), colon = value.n ? STR(" → ") : STR("");
	struct portfolio_breach b = { rule, value, is, limit,
		str_fmt(a, "不符合“%.*s”%.*s%.*s：实际 %.*s，限值 %.*s", STRF(r->text), STRF(colon), STRF(value), STRF(was), STRF(allowed)),
		str_fmt(a, "breaks “%.*s”%.*s%.*s: %.*s, the limit is %.*s", STRF(r->text), STRF(colon), STRF(value), STRF(was), STRF(allowed)) };
	VEC_PUSH(a, &c->breach, b);
}

/* How far an option counts for a value of a column, in percent. */
static int weight(const struct portfolio *p, const struct portfolio_option *o, int column, struct str value)
{
	if (column < 0) return 100;
	struct str rest = o->cell[column], v;
	int percent;
	while (portfolio_value(&rest, &v, &percent))
		if (str_eq(v, value)) return percent;
	return 0;
}

static int64_t best_score(const struct portfolio *p, int at)
{
	int64_t best = p->option[at].score;
	int from = at, to = at;
	while (from > 0 && p->option[from - 1].application == p->option[at].application) from--;
	while (to + 1 < p->n_option && p->option[to + 1].application == p->option[at].application) to++;
	for (int o = from; o <= to; o++)
		if (p->option[o].score > best) best = p->option[o].score;
	return best;
}

static void count_rule(struct checker *c, int rule, struct str value, const struct view *view)
{
	const struct portfolio *p = c->p;
	const struct portfolio_rule *r = &p->rule[rule];
	int64_t got = 0, there = 0;
	for (size_t i = 0; i < view->n; i++) {
		int o = view->v[i];
		if (!weight(p, &p->option[o], r->in, value) || (r->quality != INT64_MIN && best_score(p, o) < r->quality)) continue;
		got += c->chosen[o];
		bool counted = false;           /* another tier of it, before */
		for (int k = o - 1; k >= 0 && p->option[k].application == p->option[o].application; k--) counted |= weight(p, &p->option[k], r->in, value) > 0;
		there += !counted;
	}
	int64_t limit = r->amount;
	if (r->kind == PORTFOLIO_AT_LEAST && r->quality != INT64_MIN && there < limit) limit = there;
	if (r->kind == PORTFOLIO_AT_MOST ? got > limit : got < limit) breach(c, rule, value, got, limit);
}

static enum rc money_rule(struct checker *c, int rule, struct str value, const struct view *view, __int128 whole)
{
	const struct portfolio *p = c->p;
	const struct portfolio_rule *r = &p->rule[rule];
	__int128 part = 0, other = 0;
	for (size_t i = 0; i < view->n; i++) {
		int64_t fen, per = 0;
		int o = view->v[i];
		if (!c->chosen[o]) continue;
		int percent = weight(p, &p->option[o], r->in, value);
		TRY(portfolio_money(c->cx, p, &p->option[o], r->of, &fen));
		if (r->kind == PORTFOLIO_RATIO) TRY(portfolio_money(c->cx, p, &p->option[o], r->per, &per));
		part += r->kind == PORTFOLIO_RATIO ? (percent ? (__int128)fen * 100 : 0) : (__int128)fen * percent;
		other += percent ? per : 0;
	}
	if (r->kind == PORTFOLIO_RATIO) {
		if (part / 100 * r->q < other * r->p) breach(c, rule, value, (int64_t)(part / 100), (int64_t)((other * r->p + r->q - 1) / r->q));
		return RC_OK;
	}
	__int128 left = r->share ? part * 10000 : part, right = r->share ? whole * r->amount : (__int128)r->amount * 100;
	int64_t is = r->share ? (int64_t)(whole ? part * 10000 / whole : 0) : (int64_t)(part / 100);
	if (r->kind == PORTFOLIO_CEILING ? left > right : left < right) breach(c, rule, value, is, r->amount);
	return RC_OK;
}

/* All the money spent out of a rule's column, in hundredths of a fen. */
static enum rc spent(struct checker *c, int column, __int128 *out)
{
	*out = 0;
	for (int o = 0; o < c->p->n_option; o++) {
		int64_t fen;
		if (!c->chosen[o]) continue;
		TRY(portfolio_money(c->cx, c->p, &c->p->option[o], column, &fen));
		*out += (__int128)fen * 100;
	}
	return RC_OK;
}

static enum rc one(struct checker *c, int rule, struct str value, const struct view *view, __int128 whole)
{
	enum portfolio_kind kind = c->p->rule[rule].kind;
	if (kind != PORTFOLIO_AT_MOST && kind != PORTFOLIO_AT_LEAST) return money_rule(c, rule, value, view, whole);
	count_rule(c, rule, value, view);
	return RC_OK;
}

static enum rc each(struct checker *c, int rule, __int128 whole)
{
	const struct portfolio *p = c->p;
	struct arena *a = c->cx->arena;
	struct names seen = { .arena = a };
	VEC(struct view) views = { 0 };
	for (int o = 0; o < p->n_option; o++) {
		struct str rest = p->option[o].cell[p->rule[rule].in], value;
		int percent;
		while (portfolio_value(&rest, &value, &percent)) {
			size_t k = (size_t)names_put(&seen, value);
			struct view none = { 0 };
			if (k == views.n) VEC_PUSH(a, &views, none);
			struct view *w = &views.v[k];
			if (!w->n || w->v[w->n - 1] != o) VEC_PUSH(a, w, o);
		}
	}
	for (size_t k = 0; k < seen.list.n; k++) TRY(one(c, rule, seen.list.v[k], &views.v[k], whole));
	return RC_OK;
}

static bool funded(const struct checker *c, int application)
{
	for (int o = 0; o < c->p->n_option; o++)
		if (c->chosen[o] && c->p->option[o].application == application) return true;
	return false;
}

static void named(struct checker *c, int rule)
{
	const struct portfolio_rule *r = &c->p->rule[rule];
	struct arena *a = c->cx->arena;
	int have = 0;
	bool first = funded(c, r->application[0]);
	for (int k = 0; k < r->n_application; k++) have += funded(c, r->application[k]);
	bool fine = r->kind == PORTFOLIO_EXCLUDE ? have <= 1 : r->kind == PORTFOLIO_NEEDS ? !first || have == r->n_application
		: r->kind == PORTFOLIO_MUST ? have == r->n_application : have == 0;
	if (fine) return;
	struct portfolio_breach b = { rule, { "", 0 }, have, 0, str_fmt(a, "不符合“%.*s”", STRF(r->text)), str_fmt(a, "breaks “%.*s”", STRF(r->text)) };
	VEC_PUSH(a, &c->breach, b);
}

static void tiers(struct checker *c)
{
	const struct portfolio *p = c->p;
	struct arena *a = c->cx->arena;
	for (int o = 0, have = 0; o < p->n_option; o++) {
		if (o && p->option[o].application != p->option[o - 1].application) have = 0;
		have += c->chosen[o];
		if (!c->chosen[o] || have != 2) continue;
		struct str id = p->application.list.v[p->option[o].application];
		struct portfolio_breach b = { -1, id, have, 1, str_fmt(a, "申请 %.*s 选了两档", STRF(id)), str_fmt(a, "two tiers of %.*s are chosen", STRF(id)) };
		VEC_PUSH(a, &c->breach, b);
	}
}

enum rc portfolio_check(struct cx *cx, const struct portfolio *p, const signed char *chosen, struct portfolio_verdict *out)
{
	struct checker c = { .cx = cx, .p = p, .chosen = chosen };
	struct portfolio_verdict v = { 0 };
	struct view all = { 0 };
	for (int o = 0; o < p->n_option; o++) VEC_PUSH(cx->arena, &all, o);
	tiers(&c);
	for (int k = 0; k < p->n_rule; k++) {
		enum portfolio_kind kind = p->rule[k].kind;
		__int128 whole = 0;
		if (p->rule[k].share) TRY(spent(&c, p->rule[k].of, &whole));
		if (kind == PORTFOLIO_EXCLUDE || kind == PORTFOLIO_NEEDS || kind == PORTFOLIO_MUST || kind == PORTFOLIO_NEVER) named(&c, k);
		else if (p->rule[k].each) TRY(each(&c, k, whole));
		else TRY(one(&c, k, p->rule[k].value, &all, whole));
	}
	for (int o = 0; o < p->n_option; o++) {
		if (!chosen[o]) continue;
		v.total += portfolio_worth(p, &p->option[o]);
		v.cost += p->option[o].cost;
		v.n_chosen++;
	}
	v.breach = c.breach.v;
	v.n_breach = (int)c.breach.n;
	*out = v;
	return RC_OK;
}

/* Property: what the portfolio engine answers is what trying every selection answers: the optimum, the bound, ties, the least and exact
   prices of overrides, and why there is no answer. The selections are judged by portfolio_check, which shares nothing with the solver.
   SEED in the environment replays a run; LEVEL=full tries many more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#undef fail

#include "base/buf.h"
#include "base/rng.h"
#include "base/time.h"
#include "engine/portfolio.h"

static struct rng rng;
static int pick(int n) { return (int)rng_below(&rng, (uint64_t)n); }

enum { APPLICATIONS = 7, OPTIONS = 10 };

static struct str random_csv(struct arena *a)
{
	static const char *const divisions[] = { "d1", "d2", "d3" }, *const tags[] = { "x", "y:60;x:40", "y", "z:30", "" };
	struct buf b = BUF(a, 1 << 16);
	int options = 0;
	bool coarse = pick(2);
	buf_add(&b, STR("id,tier,score,sd,cost,division,tag,year1\n"));
	for (int i = 0, n = 2 + pick(APPLICATIONS - 1); i < n; i++) {
		const char *division = divisions[pick(3)];
		for (int t = 0, tiers = 1 + (pick(4) == 0) + (pick(8) == 0); t < tiers && options < OPTIONS; t++, options++) {
			int cost = coarse ? 10 * (1 + pick(5)) : 1 + pick(99), score = coarse ? 10 * pick(6) : pick(1000);
			buf_fmt(&b, "A%d,t%d,%d.%d,%s,%d.0%d,%s,%s,%d\n", i, t, score / 10, score % 10, pick(3) ? "1.5" : "", cost, coarse ? 0 : pick(10), division,
				tags[pick(5)], pick(cost + 1));
		}
	}
	return buf_str(&b);
}

static void random_rule(struct buf *b, int applications)
{
	static const char *const scopes[] = { "", " in division d1", " in division d2", " in tag x", " in tag y", " each division", " each tag", " in tag nowhere" };
	int one = pick(applications), two = (one + 1 + pick(applications - 1)) % applications;
	const char *scope = scopes[pick(8)], *of = pick(4) ? "" : " of year1";
	switch (pick(12)) {
	case 0: case 1: buf_fmt(b, "budget %d元%s%s;\n", 20 + pick(200), of, scope); break;
	case 2: buf_fmt(b, "floor %d元%s%s;\n", pick(60), of, scope); break;
	case 3: buf_fmt(b, "floor %d%%%s%s;\n", pick(60), of, scope); break;
	case 4: buf_fmt(b, "ceiling %d%%%s%s;\n", 20 + pick(80), of, scope); break;
	case 5: buf_fmt(b, "at-most %d%s;\n", pick(4), scope); break;
	case 6: buf_fmt(b, "at-least %d%s%s;\n", 1 + pick(2), scope, pick(2) ? "" : pick(2) ? " quality 5" : " quality 40"); break;
	case 7: buf_fmt(b, "exclude A%d A%d;\n", one, two); break;
	case 8: buf_fmt(b, "needs A%d A%d;\n", one, two); break;
	case 9: buf_fmt(b, "%s A%d;\n", pick(3) ? "never" : "must", one); break;
	case 10: buf_fmt(b, "ratio year1 cost 1:%d%s;\n", 2 + pick(4), scope); break;
	default: buf_fmt(b, "budget %d元;\n", 20 + pick(200)); break;
	}
}

static struct str random_rules(struct arena *a, int applications)
{
	struct buf b = BUF(a, 1 << 16);
	for (int k = 0, n = 1 + pick(5); k < n; k++) random_rule(&b, applications);
	if (pick(3) == 0) buf_add(&b, STR("spread tag;\n"));
	if (pick(3) == 0) buf_add(&b, STR("certain;\n"));
	if (pick(4) == 0) buf_add(&b, STR("caution 0.5;\n"));
	return buf_str(&b);
}

/* ---- every selection ---- */

struct merit { int64_t total, values, variance; };

static struct merit merit_of(const struct portfolio *p, const signed char *x)
{
	struct merit m = { 0 };
	int64_t unknown = 0;
	bool seen[4] = { false };
	static const char *const tags[] = { "x", "y", "z" };
	for (int o = 0; o < p->n_option; o++)
		if (p->option[o].sd > unknown) unknown = p->option[o].sd;
	for (int o = 0; o < p->n_option; o++) {
		int64_t sd = p->option[o].sd < 0 ? unknown : p->option[o].sd;
		if (!x[o]) continue;
		m.total += p->option[o].score - (p->option[o].sd > 0 ? p->option[o].sd * p->caution / 1000 : 0);
		if (p->certain) m.variance += sd * sd;
		for (int t = 0; t < 3 && p->spread >= 0; t++)
			if (str_has(p->option[o].cell[p->spread], str_c(tags[t])) && !seen[t]) m.values += seen[t] = true;
	}
	return m;
}

static int compare(struct merit a, struct merit b)
{
	if (a.total != b.total) return a.total > b.total ? 1 : -1;
	if (a.values != b.values) return a.values > b.values ? 1 : -1;
	return a.variance == b.variance ? 0 : a.variance < b.variance ? 1 : -1;
}

struct truth { bool any; struct merit best; int how_many; bool decided[APPLICATIONS][2]; int64_t with[APPLICATIONS][2]; };

static void try_all(struct cx *cx, const struct portfolio *p, struct truth *t)
{
	*t = (struct truth){ 0 };
	for (int bits = 0; bits < 1 << p->n_option; bits++) {
		signed char x[OPTIONS];
		bool funded[APPLICATIONS] = { false };
		struct portfolio_verdict v;
		size_t mark_fails = (size_t)cx->fails.n;
		for (int o = 0; o < p->n_option; o++) {
			x[o] = (signed char)(bits >> o & 1);
			funded[p->option[o].application] |= x[o];
		}
		assert_int_equal(portfolio_check(cx, p, x, &v), RC_OK);
		assert_int_equal(cx->fails.n, mark_fails);
		if (v.n_breach) continue;
		struct merit m = merit_of(p, x);
		assert_int_equal(m.total, v.total);
		int better = t->any ? compare(m, t->best) : 1;
		t->how_many = better > 0 ? 1 : better == 0 ? t->how_many + 1 : t->how_many;
		if (better > 0) t->best = m;
		t->any = true;
		for (size_t i = 0; i < p->application.list.n; i++) {
			int64_t *with = &t->with[i][funded[i]];
			if (!t->decided[i][funded[i]] || m.total > *with) *with = m.total;
			t->decided[i][funded[i]] = true;
		}
	}
}

/* ---- the engine against it ---- */

static bool possible_without(struct cx *cx, struct portfolio p, const int *keep, int n, int but)
{
	struct portfolio_rule *some = ARENA_ARRAY(cx->arena, struct portfolio_rule, (size_t)n + 1);
	struct truth t;
	p.n_rule = 0;
	for (int k = 0; k < n; k++)
		if (k != but) some[p.n_rule++] = p.rule[keep[k]];
	p.rule = some;
	try_all(cx, &p, &t);
	return t.any;
}

static void same_conflict(struct cx *cx, const struct portfolio *p, const struct portfolio_result *r)
{
	assert_true(r->n_conflict > 0);
	assert_false(possible_without(cx, *p, r->conflict, r->n_conflict, -1));
	for (int k = 0; k < r->n_conflict; k++) assert_true(possible_without(cx, *p, r->conflict, r->n_conflict, k));
}

static void same_prices(struct cx *cx, const struct portfolio *p, const struct truth *t, const struct portfolio_wish *wish, const struct portfolio_result *r)
{
	for (int i = 0; i < (int)p->application.list.n; i++) {
		bool funded = false;
		for (int o = 0; o < p->n_option; o++) funded |= r->chosen[o] && p->option[o].application == i;
		if (t->decided[i][!funded]) assert_true(t->best.total - t->with[i][!funded] >= r->price[i]);
		if (!funded || pick(3)) continue;
		struct portfolio_price price;
		assert_int_equal(portfolio_price(cx, p, wish, r, i, -1, &price), RC_OK);
		assert_int_equal(price.status == PROGRAM_IMPOSSIBLE, !t->decided[i][0]);
		if (!price.chosen) continue;
		assert_int_equal(price.least, price.most);
		assert_int_equal(price.least, t->best.total - t->with[i][0]);
	}
}

static void one_case(uint64_t seed)
{
	struct arena *a = arena_new((size_t)1 << 30);
	struct cx cx = { .arena = a };
	struct portfolio p;
	struct truth t;
	struct portfolio_wish wish = { 0 };
	struct portfolio_result r;
	rng = rng_seed(seed);
	struct str csv = random_csv(a);
	assert_int_equal(portfolio_read(&cx, csv, "random.csv", &p), RC_OK);
	struct str rules = random_rules(a, (int)p.application.list.n);
	assert_int_equal(portfolio_rules(&cx, rules, "random.lc", &p), RC_OK);
	try_all(&cx, &p, &t);
	assert_int_equal(portfolio_solve(&cx, &p, &wish, &r), RC_OK);
	bool fine = t.any ? r.chosen && r.status == PROGRAM_OPTIMAL && compare(merit_of(&p, r.chosen), t.best) == 0 && r.bound == t.best.total &&
				    r.ties == (t.how_many > 1 ? PORTFOLIO_TIED : PORTFOLIO_UNIQUE)
			  : !r.chosen && r.status == PROGRAM_IMPOSSIBLE;
	if (!fine)
		print_error("SEED %llu: status %d total %lld bound %lld ties %d, tried: any %d total %lld values %lld variance %lld ways %d\n%.*s\n%.*s\n", (unsigned long long)seed,
			r.status, (long long)r.total, (long long)r.bound, r.ties, t.any, (long long)t.best.total, (long long)t.best.values, (long long)t.best.variance, t.how_many,
			STRF(csv), STRF(rules));
	assert_true(fine);
	if (t.any) same_prices(&cx, &p, &t, &wish, &r);
	else same_conflict(&cx, &p, &r);
	if (t.any && r.other) assert_int_equal(compare(merit_of(&p, r.other), t.best), 0);
	portfolio_done(&r);
	arena_free(a);
}

static void every_selection(void **state)
{
	const char *given = getenv("SEED"), *level = getenv("LEVEL");
	int cases = given ? 1 : level && strcmp(level, "full") == 0 ? 20000 : 200;
	uint64_t first = given ? strtoull(given, NULL, 10) : level && strcmp(level, "full") == 0 ? (uint64_t)time_now_ms() : 1;
	for (int k = 0; k < cases; k++) one_case(first + (uint64_t)k);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_selection) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Any bytes as a table of applications and rules (a line of "====" between them): reading ends with rules over known columns and
   applications, or with mistakes told as file:line. What is read and small is solved; the answer passes the check and its bound holds. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/time.h"
#include "base/utf8.h"
#include "engine/portfolio.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SOLVED_MAX = 20, RULES_MAX = 40 };

static void assert_told(const struct cx *cx)
{
	assert(cx->fails.errors > 0);
	for (int i = 0; i < cx->fails.n; i++) {
		const struct failure *f = &cx->fails.v[i];
		assert(f->level != LEVEL_ERROR || (f->where.file.n && f->where.line > 0));
	}
}

static void solve(struct cx *cx, const struct portfolio *p)
{
	struct portfolio_result r;
	struct portfolio_verdict v;
	struct portfolio_wish wish = { .clock_ms = time_mono_ms, .limit_ms = 2000 };
	if (p->n_option > SOLVED_MAX || p->n_rule > RULES_MAX) return;
	enum rc rc = portfolio_solve(cx, p, &wish, &r);
	if (rc != RC_OK) assert_told(cx);       /* a cell that a rule needs is no amount */
	else if (r.chosen) {
		assert(portfolio_check(cx, p, r.chosen, &v) == RC_OK && v.n_breach == 0);
		assert(v.total == r.total && r.bound >= r.total);
	}
	portfolio_done(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { INPUT_MAX = 1 << 14 };
	if (size > INPUT_MAX) return 0;
	struct arena *a = arena_new((size_t)2 << 30);
	struct cx cx = { .arena = a };
	struct str text = { (const char *)data, size }, rules = STR("");
	struct portfolio p;
	size_t end = str_find(text, STR("====\n"), 0);
	if (end != SIZE_MAX) rules = str_sub(text, end + 5, size), text = str_sub(text, 0, end);
	/* The commands decode their files first. */
	if (utf8_valid(text) && utf8_valid(rules)) {
		enum rc rc = portfolio_read(&cx, text, "fuzz.csv", &p);
		if (rc == RC_OK) rc = portfolio_rules(&cx, rules, "fuzz.lc", &p);
		if (rc != RC_OK) assert_told(&cx);
		else solve(&cx, &p);
	}
	arena_free(a);
	return 0;
}

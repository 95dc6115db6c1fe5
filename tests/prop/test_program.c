/* Property: the relaxation over the columns near the line ends at the same optimum as over all columns, also after columns were fixed, and
   finds that there is none where there is none. SEED in the environment replays a run; LEVEL=full tries many more. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#undef fail

#include "base/rng.h"
#include "base/time.h"
#include "engine/program_inner.h"

static struct rng rng;
static int pick(int n) { return (int)rng_below(&rng, (uint64_t)n); }

/* Budgets, floors, shares and numbers over many columns; exclusions, tiers, prerequisites and musts over few. */
static struct program *random_program(struct arena *a)
{
	int n = 20 + pick(120);
	int64_t all = 0;
	struct program *p = program_new(a, n);
	int64_t *cost = ARENA_ARRAY(a, int64_t, (size_t)n + 1);
	for (int j = 0; j < n; j++) {
		p->value[j] = pick(1000) - (pick(8) ? 0 : 300);
		all += cost[j] = 1 + pick(100);
	}
	for (int k = 1 + pick(4); k-- > 0;) {
		int kind = pick(4), from = pick(3);
		program_row(p, kind == 1 ? all / 20 : kind == 3 ? 1 : -PROGRAM_FREE, kind == 0 ? all / (2 + pick(4)) : kind == 2 ? 0 : kind == 3 ? n / 4 : PROGRAM_FREE);
		for (int j = from; j < n; j++)
			if (kind == 2 || pick(3)) program_put(p, j, kind == 3 ? 1 : kind == 2 ? cost[j] * (pick(4) ? -30 : 70) : cost[j]);
	}
	for (int k = pick(n); k-- > 0;) {
		int x = pick(n - 4), size = 2 + pick(3), kind = pick(12);
		program_row(p, kind == 0 ? 1 : -PROGRAM_FREE, kind == 0 ? PROGRAM_FREE : kind < 4 ? 0 : 1 + (kind == 5));
		for (int j = 0; j < size; j++) program_put(p, x + j, kind > 0 && kind < 4 && j ? -1 : 1);
	}
	return p;
}

static void same(struct lp *part, struct lp *whole, const struct program *p)
{
	const struct program_wish w = PROGRAM_WISH;
	bool sure_part, sure_whole, one = lp_solve(part, 0, &w, &sure_part), two = lp_solve(whole, 0, &w, &sure_whole);
	assert_int_equal(one, two);
	assert_int_equal(sure_part, sure_whole);
	if (!one) return;
	double best = lp_look(whole).bound, worth = 0;
	struct lp_view v = lp_look(part);
	for (int j = 0; j < p->n; j++) worth += v.x[j] * (double)p->value[j];
	assert_true(fabs(v.bound - best) <= 1e-5 * fabs(best) + 1e-3);
	assert_true(fabs(worth - best) <= 1e-5 * fabs(best) + 1e-3);
}

static void one_case(uint64_t seed)
{
	struct arena *a = arena_new((size_t)1 << 28);
	rng = rng_seed(seed);
	const struct program *p = random_program(a);
	struct lp *part = lp_open(p, 8), *whole = lp_open(p, p->n);
	for (int turn = 0; turn < 3; turn++) {
		same(part, whole, p);
		for (int k = 0; k < 3; k++) {
			int j = pick(p->n), low = pick(2), high = low | pick(2);
			lp_fix(part, j, low, high);
			lp_fix(whole, j, low, high);
		}
	}
	lp_close(part);
	lp_close(whole);
	arena_free(a);
}

static void part_equals_whole(void **state)
{
	const char *given = getenv("SEED"), *level = getenv("LEVEL");
	bool full = level && strcmp(level, "full") == 0;
	uint64_t first = given ? strtoull(given, NULL, 10) : full ? (uint64_t)time_now_ms() : 1;
	for (int k = 0; k < (given ? 1 : full ? 20000 : 300); k++) {
		one_case(first + (uint64_t)k);
	}
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(part_equals_whole) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

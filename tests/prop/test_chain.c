/* Property: what stops by both ways of the engine is what the definition says, worked out by trying, on random AND-OR graphs with cycles,
   equal providers and self-loops. LEVEL=full: a million small graphs. SEED replays a run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/rng.h"
#include "engine/chain_graph.h"

enum { NODES = 12, LINKS = 40 };

static struct rng rng;
static uint64_t seed;
static bool deep;
static int pick(int n) { return (int)rng_below(&rng, (uint64_t)n); }

struct links { struct chain_link v[LINKS]; int n, nodes; };

/* Few groups a node, so that members gather in them; now and then a link twice or onto itself. */
static void random_links(struct links *l)
{
	l->nodes = 1 + pick(NODES);
	l->n = pick(LINKS);
	int groups = 1 + pick(4);
	for (int i = 0; i < l->n; i++) {
		if (i && pick(8) == 0) l->v[i] = l->v[pick(i)];
		else l->v[i] = (struct chain_link){ pick(l->nodes), pick(groups) - 2, pick(l->nodes) };
		if (pick(12) == 0) l->v[i].member = l->v[i].owner;
	}
}

/* The definition: sets as bits; a group has stopped when no link of it has a member outside. */
static unsigned stopped_with(const struct links *l, unsigned k)
{
	for (unsigned before = 0; before != k; ) {
		before = k;
		for (int i = 0; i < l->n; i++) {
			bool whole = true;
			for (int j = 0; j < l->n; j++)
				if (l->v[j].owner == l->v[i].owner && l->v[j].group == l->v[i].group) whole &= k >> l->v[j].member & 1;
			if (whole) k |= 1u << l->v[i].owner;
		}
	}
	return k;
}

static void same_graph(const struct links *l)
{
	struct arena *a = arena_new((size_t)64 << 20);
	int64_t weight[NODES];
	struct chain_graph g;
	struct chain_impact one, rows, mixed;
	struct chain_cascade c;
	for (int i = 0; i < l->nodes; i++) weight[i] = pick(3) ? (int64_t)rng_below(&rng, 1000000007) * 1000 : 0;
	chain_graph_make(a, l->nodes, l->v, (size_t)l->n, &g);
	chain_impact_all(a, &g, weight, INT64_MAX, &one);
	chain_impact_rows(a, &g, weight, &rows);
	chain_impact_all(a, &g, weight, 3, &mixed);
	chain_cascade_open(a, &g, &c);
	for (int32_t p = 0; p < l->nodes; p++) {
		unsigned k = stopped_with(l, 1u << p), got = 0;
		int64_t sum = 0;
		for (int i = 0; i < l->nodes; i++) sum += k >> i & 1 ? weight[i] : 0;
		chain_cascade_run(&c, &p, 1);
		for (int i = 0; i < c.n; i++) got |= 1u << c.stopped[i];
		chain_cascade_undo(&c);
		if (got != k || one.stopped[p] != __builtin_popcount(k) || rows.stopped[p] != one.stopped[p] || mixed.stopped[p] != one.stopped[p] || one.weight[p] != sum ||
			rows.weight[p] != sum || mixed.weight[p] != sum)
			fail_msg("SEED=%llu: node %d of %d: %x, definition %x; one %d, rows %d", (unsigned long long)seed, p, l->nodes, got, k, one.stopped[p], rows.stopped[p]);
	}
	int32_t two[2] = { pick(l->nodes), pick(l->nodes) };
	unsigned k = stopped_with(l, 1u << two[0] | 1u << two[1]);
	chain_cascade_run(&c, two, 2);
	assert_int_equal(c.n, __builtin_popcount(k));
	arena_free(a);
}

static void small_graphs(void **state)
{
	int rounds = deep ? 1000000 : 15000;
	for (int i = 0; i < rounds; i++) {
		struct links l;
		random_links(&l);
		same_graph(&l);
	}
}

/* More nodes than a row has bits, so that batches, long orders and large components count. */
static void large_graphs(void **state)
{
	for (int round = 0; round < (deep ? 40 : 4); round++) {
		struct arena *a = arena_new((size_t)512 << 20);
		int n = 2000 + pick(4000), m = n * 2;
		bool cyclic = round % 2;
		struct chain_link *link = ARENA_ARRAY(a, struct chain_link, m);
		int64_t *weight = ARENA_ARRAY(a, int64_t, n);
		for (int i = 0; i < n; i++) weight[i] = pick(1000000);
		for (int i = 0; i < m; i++) {
			int owner = 1 + pick(n - 1), member = cyclic && pick(6) == 0 ? pick(n) : pick(owner);
			link[i] = (struct chain_link){ owner, pick(2), member };
		}
		struct chain_graph g;
		struct chain_impact one, rows;
		chain_graph_make(a, n, link, (size_t)m, &g);
		chain_impact_all(a, &g, weight, INT64_MAX, &one);
		chain_impact_rows(a, &g, weight, &rows);
		assert_false(one.by_rows);
		assert_true(rows.by_rows);
		assert_memory_equal(one.stopped, rows.stopped, sizeof *one.stopped * (size_t)n);
		assert_memory_equal(one.weight, rows.weight, sizeof *one.weight * (size_t)n);
		/* Every link a group by itself: what stops is what can be reached. */
		for (int i = 0; i < m; i++) link[i].group = i;
		chain_graph_make(a, n, link, (size_t)m, &g);
		struct chain_rows forward = chain_rows_of(a, &g, false);
		chain_impact_rows(a, &g, weight, &rows);
		chain_cones(a, &forward, weight, &one);
		assert_memory_equal(one.stopped, rows.stopped, sizeof *one.stopped * (size_t)n);
		assert_memory_equal(one.weight, rows.weight, sizeof *one.weight * (size_t)n);
		arena_free(a);
	}
}

/* ---- graphs without groups ---- */

struct plain { int n, m; int32_t from[60], to[60]; };

static void random_plain(struct plain *p, bool acyclic)
{
	p->n = 2 + pick(12);
	p->m = pick(40);
	for (int i = 0; i < p->m; i++) {
		p->from[i] = pick(p->n);
		p->to[i] = pick(p->n);
		if (!acyclic) continue;
		if (p->from[i] == p->to[i]) p->to[i] = (p->from[i] + 1) % p->n;
		int32_t low = p->from[i] < p->to[i] ? p->from[i] : p->to[i], high = p->from[i] + p->to[i] - low;
		p->from[i] = low;
		p->to[i] = high;
	}
}

/* What is reached from `start` without passing `out`, edges one way or both. */
static unsigned reached(const struct plain *p, int start, int out, bool both)
{
	unsigned seen = 1u << start;
	for (unsigned before = 0; before != seen; ) {
		before = seen;
		for (int i = 0; i < p->m; i++) {
			if (p->from[i] == out || p->to[i] == out) continue;
			if (seen >> p->from[i] & 1) seen |= 1u << p->to[i];
			if (both && seen >> p->to[i] & 1) seen |= 1u << p->from[i];
		}
	}
	return seen;
}

static void dominators_cut(void **state)
{
	for (int round = 0; round < (deep ? 100000 : 5000); round++) {
		struct arena *a = arena_new((size_t)256 << 20);
		struct plain p;
		random_plain(&p, false);
		struct chain_rows g = chain_rows_make(a, p.n, p.from, p.to, (size_t)p.m);
		int32_t *dom = ARENA_ARRAY(a, int32_t, p.n), *component = ARENA_ARRAY(a, int32_t, p.n);
		bool *cut = ARENA_ARRAY(a, bool, p.n);
		unsigned from_root = reached(&p, 0, -1, false);
		assert_int_equal(chain_dominators(&g, 0, dom, NULL), __builtin_popcount(from_root));
		struct chain_impact cone;
		chain_components(&g, component);
		chain_articulation(&g, cut);
		chain_cones(a, &g, NULL, &cone);
		for (int d = 0; d < p.n; d++) {
			int pieces = 0;
			assert_int_equal(cone.stopped[d], __builtin_popcount(reached(&p, d, -1, false)));
			unsigned around = reached(&p, d, -1, true) & ~(1u << d);
			while (around) {
				pieces++;
				around &= ~reached(&p, __builtin_ctz(around), d, true);
			}
			assert_int_equal(cut[d], pieces > 1);
			for (int v = 0; v < p.n; v++) {
				bool up = false;
				for (int32_t x = v; x >= 0; x = dom[x]) up |= x == d;
				if (from_root >> v & 1) assert_int_equal(up, v == d || d == 0 || !(reached(&p, 0, d, false) >> v & 1));
				bool together = reached(&p, d, -1, false) >> v & 1 && reached(&p, v, -1, false) >> d & 1;
				assert_int_equal(component[d] == component[v], together);
				if (reached(&p, d, -1, false) >> v & 1) assert_true(component[d] <= component[v]);
			}
		}
		arena_free(a);
	}
}

/* On acyclic graphs with one group a node, dominators tell what the cascades tell. */
static void dominators_are_impact(void **state)
{
	for (int round = 0; round < (deep ? 100000 : 3000); round++) {
		struct arena *a = arena_new((size_t)256 << 20);
		struct plain p;
		struct chain_link link[60];
		random_plain(&p, true);
		for (int i = 0; i < p.m; i++) link[i] = (struct chain_link){ p.to[i], 0, p.from[i] };
		int64_t *weight = ARENA_ARRAY(a, int64_t, p.n), *sum = ARENA_ARRAY(a, int64_t, p.n);
		int32_t *dom = ARENA_ARRAY(a, int32_t, p.n), *stopped = ARENA_ARRAY(a, int32_t, p.n);
		for (int i = 0; i < p.n; i++) weight[i] = pick(1000);
		struct chain_graph g;
		struct chain_impact all;
		chain_graph_make(a, p.n, link, (size_t)p.m, &g);
		chain_impact_all(a, &g, weight, 0, &all);
		struct chain_rows forward = chain_rows_of(a, &g, false);
		chain_impact_or(&forward, weight, dom, stopped, sum);
		assert_memory_equal(stopped, all.stopped, sizeof *stopped * (size_t)p.n);
		assert_memory_equal(sum, all.weight, sizeof *sum * (size_t)p.n);
		arena_free(a);
	}
}

/* Long and narrow, so that dominators lie deep: the same as the cascades, with and without weights. */
static void deep_dominators(void **state)
{
	enum { N = 400 };
	for (int round = 0; round < (deep ? 3000 : 60); round++) {
		struct arena *a = arena_new((size_t)64 << 20);
		struct chain_link link[2 * N];
		int32_t from[2 * N], to[2 * N], dom[N], stopped[N];
		int64_t weight[N], sum[N];
		int m = 0, near = 1 + pick(12);
		for (int v = 0; v < N; v++) {
			weight[v] = pick(1000);
			for (int k = 0; v && k < 2; k++) {
				if (pick(40) == 0) continue;
				from[m] = v - 1 - pick(near < v ? near : v);
				to[m] = v;
				link[m] = (struct chain_link){ v, 0, from[m] };
				m++;
			}
		}
		struct chain_graph g;
		struct chain_impact all;
		chain_graph_make(a, N, link, (size_t)m, &g);
		chain_impact_all(a, &g, weight, INT64_MAX, &all);
		struct chain_rows rows = chain_rows_make(a, N, from, to, (size_t)m);
		chain_impact_or(&rows, weight, dom, stopped, sum);
		assert_memory_equal(stopped, all.stopped, sizeof stopped);
		assert_memory_equal(sum, all.weight, sizeof sum);
		chain_impact_or(&rows, NULL, dom, stopped, NULL);
		assert_memory_equal(stopped, all.stopped, sizeof stopped);
		arena_free(a);
	}
}

/* With cycles: what can no longer be entered from outside when p is taken away. */
static void cut_off_from_outside(void **state)
{
	for (int round = 0; round < (deep ? 100000 : 3000); round++) {
		struct arena *a = arena_new((size_t)64 << 20);
		struct plain p;
		int32_t dom[16], stopped[16];
		random_plain(&p, false);
		struct chain_rows g = chain_rows_make(a, p.n, p.from, p.to, (size_t)p.m);
		chain_impact_or(&g, NULL, dom, stopped, NULL);
		unsigned fed = 0, all = 0;
		for (int i = 0; i < p.m; i++) fed |= 1u << p.to[i];
		for (int v = 0; v < p.n; v++)
			if (!(fed >> v & 1)) all |= reached(&p, v, -1, false);
		for (int d = 0; d < p.n; d++) {
			unsigned left = 0;
			for (int v = 0; v < p.n; v++)
				if (v != d && !(fed >> v & 1)) left |= reached(&p, v, d, false);
			int lost = all >> d & 1 ? __builtin_popcount(all & ~left) : 1;
			if (stopped[d] != lost) fail_msg("SEED=%llu: node %d of %d stops %d, taken away %d", (unsigned long long)seed, d, p.n, stopped[d], lost);
		}
		arena_free(a);
	}
}

int main(void)
{
	const char *s = getenv("SEED"), *level = getenv("LEVEL");
	seed = s ? strtoull(s, NULL, 10) : 20261125;
	deep = level && strcmp(level, "full") == 0;
	rng = rng_seed(seed);
	const struct CMUnitTest tests[] = { cmocka_unit_test(small_graphs), cmocka_unit_test(large_graphs), cmocka_unit_test(dominators_cut),
		cmocka_unit_test(dominators_are_impact), cmocka_unit_test(deep_dominators), cmocka_unit_test(cut_off_from_outside) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

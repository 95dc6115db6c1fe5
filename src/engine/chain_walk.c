/* Rows of heads, and what a depth-first walk tells: components in topological order, nodes that hold a graph together. */
#include <string.h>

#include "engine/chain_graph.h"

/* `first` holds the starts while the rows are filled and ends one place further each time. */
static void filled(int32_t *first, int32_t n)
{
	memmove(first + 1, first, sizeof *first * (size_t)n);
	first[0] = 0;
}

struct chain_rows chain_rows_make(struct arena *a, int32_t n, const int32_t *from, const int32_t *to, size_t m)
{
	struct chain_rows r = { n, ARENA_ARRAY(a, int32_t, (size_t)n + 2), ARENA_ARRAY(a, int32_t, m + 1) };
	for (size_t i = 0; i < m; i++) r.first[from[i] + 1]++;
	for (int32_t v = 0; v < n; v++) r.first[v + 1] += r.first[v];
	for (size_t i = 0; i < m; i++) r.to[r.first[from[i]]++] = to[i];
	filled(r.first, n);
	return r;
}

struct chain_rows chain_rows_turn(struct arena *a, const struct chain_rows *g)
{
	struct chain_rows r = { g->n, ARENA_ARRAY(a, int32_t, (size_t)g->n + 2), ARENA_ARRAY(a, int32_t, (size_t)g->first[g->n] + 1) };
	for (int32_t i = 0; i < g->first[g->n]; i++) r.first[g->to[i] + 1]++;
	for (int32_t v = 0; v < g->n; v++) r.first[v + 1] += r.first[v];
	for (int32_t v = 0; v < g->n; v++)
		for (int32_t i = g->first[v]; i < g->first[v + 1]; i++) r.to[r.first[g->to[i]]++] = v;
	filled(r.first, g->n);
	return r;
}

struct chain_rows chain_rows_of(struct arena *a, const struct chain_graph *g, bool backward)
{
	int32_t links = g->member_first[g->n_group], at = 0;
	struct chain_rows r = { g->n, ARENA_ARRAY(a, int32_t, (size_t)g->n + 2), ARENA_ARRAY(a, int32_t, (size_t)links + 1) };
	for (int32_t v = 0; v < g->n; v++) {
		if (backward)
			for (int32_t k = g->group_first[v]; k < g->group_first[v + 1]; k++)
				for (int32_t m = g->member_first[k]; m < g->member_first[k + 1]; m++) r.to[at++] = g->member[m];
		else
			for (int32_t k = g->feed_first[v]; k < g->feed_first[v + 1]; k++) r.to[at++] = g->owner[g->feed[k]];
		r.first[v + 1] = at;
	}
	return r;
}

/* Tarjan 1972 without recursion. `low` doubles as the number in the walk; components come out last first. */
struct tarjan { const struct chain_rows *g; int32_t *low, *next, *walk, *stack, *component, n_walk, n_stack, clock, found; };

static void tarjan_enter(struct tarjan *t, int32_t v)
{
	t->low[v] = ++t->clock;
	t->next[v] = t->g->first[v];
	t->walk[t->n_walk++] = v;
	t->stack[t->n_stack++] = v;
}

/* `low` may sink below the own number, so that number is kept in `component` (negative) until the component is known. */
static void tarjan_from(struct tarjan *t, int32_t root)
{
	tarjan_enter(t, root);
	t->component[root] = -t->low[root];
	while (t->n_walk) {
		int32_t v = t->walk[t->n_walk - 1];
		if (t->next[v] < t->g->first[v + 1]) {
			int32_t u = t->g->to[t->next[v]++];
			if (!t->low[u]) {
				tarjan_enter(t, u);
				t->component[u] = -t->low[u];
			} else if (t->component[u] < 0 && t->low[u] < t->low[v]) {
				t->low[v] = t->low[u];
			}
			continue;
		}
		t->n_walk--;
		if (t->n_walk && t->low[v] < t->low[t->walk[t->n_walk - 1]]) t->low[t->walk[t->n_walk - 1]] = t->low[v];
		if (t->low[v] != -t->component[v]) continue;
		int32_t u;
		do {
			u = t->stack[--t->n_stack];
			t->component[u] = t->found;
		} while (u != v);
		t->found++;
	}
}

int32_t chain_components(const struct chain_rows *g, int32_t *component)
{
	struct arena *work = arena_new(((size_t)g->n + 1) * 16 + ((size_t)8 << 20));
	struct tarjan t = { .g = g, .component = component };
	t.low = ARENA_ARRAY(work, int32_t, (size_t)g->n + 1);
	t.next = ARENA_ARRAY(work, int32_t, (size_t)g->n + 1);
	t.walk = ARENA_ARRAY(work, int32_t, (size_t)g->n + 1);
	t.stack = ARENA_ARRAY(work, int32_t, (size_t)g->n + 1);
	for (int32_t v = 0; v < g->n; v++)
		if (!t.low[v]) tarjan_from(&t, v);
	for (int32_t v = 0; v < g->n; v++) component[v] = t.found - 1 - component[v];
	arena_free(work);
	return t.found;
}

/* Hopcroft and Tarjan 1973: a child whose subtree reaches no higher than v makes v a cut; a root is one with two children. Parallel edges
   and self-loops cut nothing. */
void chain_articulation(const struct chain_rows *g, bool *cut)
{
	struct arena *work = arena_new(((size_t)g->n + 1) * 32 + (size_t)g->first[g->n] * 4 + ((size_t)8 << 20));
	size_t n = (size_t)g->n + 1;
	struct chain_rows back = chain_rows_turn(work, g);
	int32_t *number = ARENA_ARRAY(work, int32_t, n), *low = ARENA_ARRAY(work, int32_t, n), *next = ARENA_ARRAY(work, int32_t, n), *walk = ARENA_ARRAY(work, int32_t, n);
	int32_t clock = 0;
	memset(cut, 0, sizeof *cut * (size_t)g->n);
	for (int32_t root = 0; root < g->n; root++) {
		int32_t top = 0, children = 0;
		if (number[root]) continue;
		number[root] = low[root] = ++clock;
		walk[top++] = root;
		while (top) {
			int32_t v = walk[top - 1], out = g->first[v + 1] - g->first[v], all = out + back.first[v + 1] - back.first[v];
			if (next[v] < all) {
				int32_t u = next[v] < out ? g->to[g->first[v] + next[v]] : back.to[back.first[v] + next[v] - out];
				next[v]++;
				if (!number[u]) {
					number[u] = low[u] = ++clock;
					walk[top++] = u;
					children += v == root;
				} else if (number[u] < low[v] && !(top > 1 && u == walk[top - 2])) {
					low[v] = number[u];
				}
				continue;
			}
			top--;
			if (!top) continue;
			int32_t parent = walk[top - 1];
			if (low[v] < low[parent]) low[parent] = low[v];
			if (parent != root && low[v] >= number[parent]) cut[parent] = true;
		}
		if (children > 1) cut[root] = true;
	}
	arena_free(work);
}

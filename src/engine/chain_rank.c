/* Dominators, and the two measures that are for finding one's way only. */
#include <math.h>
#include <string.h>

#include "engine/chain_graph.h"

/* ---- dominators: everything below is in numbers of the walk, root 0 ---- */

struct walk { int32_t n, *node, *number, *parent; };      /* number 0: not reached, else the number + 1 */

static void walk_from(const struct chain_rows *g, struct walk *w, int32_t start, int32_t parent, int32_t *next, int32_t *stack)
{
	int32_t top = 0;
	if (w->number[start]) return;
	w->parent[w->n] = parent;
	w->node[w->n] = start;
	w->number[start] = ++w->n;
	next[start] = g->first[start];
	stack[top++] = start;
	while (top) {
		int32_t v = stack[top - 1];
		if (next[v] == g->first[v + 1]) {
			top--;
			continue;
		}
		int32_t u = g->to[next[v]++];
		if (w->number[u]) continue;
		w->parent[w->n] = w->number[v] - 1;
		w->node[w->n] = u;
		w->number[u] = ++w->n;
		next[u] = g->first[u];
		stack[top++] = u;
	}
}

/* The label of least semidominator on the way up to what is already joined; paths are shortened as they are walked. */
static int32_t least_label(int32_t v, int32_t joined, int32_t *up, int32_t *label, const int32_t *semi, int32_t *stack)
{
	int32_t top = 0;
	if (up[v] < joined) return label[v];
	for (; up[v] >= joined; v = up[v]) stack[top++] = v;
	while (top) {
		int32_t u = stack[--top], p = up[u];
		if (semi[label[p]] < semi[label[u]]) label[u] = label[p];
		up[u] = up[p];
		v = u;
	}
	return label[v];
}

/* Semi-NCA: semidominators backwards, then the nearest ancestor not below it. `outside`: nodes without providers hang on number 0. */
static void semi_nca(struct arena *a, const struct chain_rows *back, const struct walk *w, int32_t *dom, bool outside)
{
	size_t n = (size_t)w->n + 1;
	int32_t *semi = ARENA_ARRAY(a, int32_t, n), *label = ARENA_ARRAY(a, int32_t, n), *up = ARENA_ARRAY(a, int32_t, n), *stack = ARENA_ARRAY(a, int32_t, n);
	for (int32_t v = 0; v < w->n; v++) semi[v] = label[v] = v, up[v] = w->parent[v];
	for (int32_t v = w->n - 1; v > 0; v--) {
		int32_t node = w->node[v];
		int32_t least = w->parent[v];
		for (int32_t i = back->first[node]; i < back->first[node + 1]; i++) {
			int32_t u = w->number[back->to[i]] - 1;
			if (u < 0) continue;
			int32_t s = u <= v ? u : semi[least_label(u, v + 1, up, label, semi, stack)];
			if (s < least) least = s;
		}
		if (outside && back->first[node] == back->first[node + 1]) least = 0;
		semi[v] = least;
	}
	dom[0] = -1;
	for (int32_t v = 1; v < w->n; v++) {
		int32_t d = w->parent[v];
		while (d > semi[v]) d = dom[d];
		dom[v] = d;
	}
}

static struct walk new_walk(struct arena *a, int32_t n)
{
	return (struct walk){ 0, ARENA_ARRAY(a, int32_t, (size_t)n + 2), ARENA_ARRAY(a, int32_t, (size_t)n + 2), ARENA_ARRAY(a, int32_t, (size_t)n + 2) };
}

int32_t chain_dominators(const struct chain_rows *g, int32_t root, int32_t *dominator, int32_t *order)
{
	struct arena *a = arena_new(((size_t)g->n * 12 + (size_t)g->first[g->n]) * 4 + ((size_t)32 << 20));
	struct walk w = new_walk(a, g->n);
	int32_t *next = ARENA_ARRAY(a, int32_t, (size_t)g->n + 2), *stack = ARENA_ARRAY(a, int32_t, (size_t)g->n + 2), *dom = ARENA_ARRAY(a, int32_t, (size_t)g->n + 2);
	struct chain_rows back = chain_rows_turn(a, g);
	walk_from(g, &w, root, -1, next, stack);
	semi_nca(a, &back, &w, dom, false);
	for (int32_t v = 0; v < g->n; v++) dominator[v] = -1;
	for (int32_t v = 0; v < w.n; v++) {
		if (v) dominator[w.node[v]] = w.node[dom[v]];
		if (order) order[v] = w.node[v];
	}
	int32_t reached = w.n;
	arena_free(a);
	return reached;
}

void chain_impact_or(const struct chain_rows *forward, const int64_t *weight, int32_t *dominator, int32_t *stopped, int64_t *sum)
{
	int32_t n = forward->n;
	struct arena *a = arena_new(((size_t)n * 12 + (size_t)forward->first[n]) * 4 + ((size_t)32 << 20));
	struct walk w = new_walk(a, n);
	int32_t *next = ARENA_ARRAY(a, int32_t, (size_t)n + 2), *stack = ARENA_ARRAY(a, int32_t, (size_t)n + 2), *dom = ARENA_ARRAY(a, int32_t, (size_t)n + 2);
	struct chain_rows back = chain_rows_turn(a, forward);
	w.node[w.n++] = n;              /* the outside */
	for (int32_t v = 0; v < n; v++)
		if (back.first[v] == back.first[v + 1]) walk_from(forward, &w, v, 0, next, stack);
	semi_nca(a, &back, &w, dom, true);
	for (int32_t v = 0; v < n; v++) {
		dominator[v] = -1;
		stopped[v] = 1;
		if (weight) sum[v] = weight[v];
	}
	for (int32_t v = w.n - 1; v > 0; v--) {
		if (!dom[v]) continue;
		int32_t node = w.node[v], d = w.node[dom[v]];
		dominator[node] = d;
		stopped[d] += stopped[node];
		if (weight) sum[d] += sum[node];
	}
	arena_free(a);
}

/* ---- navigation ---- */

void chain_pagerank(const struct chain_rows *g, double *rank)
{
	static const double damping = 0.85, enough = 1e-12;
	enum { ROUNDS = 1000 };
	struct arena *a = arena_new((size_t)g->n * 24 + (size_t)g->first[g->n] * 4 + ((size_t)16 << 20));
	struct chain_rows back = chain_rows_turn(a, g);
	double *share = ARENA_ARRAY(a, double, (size_t)g->n + 1), change = 1;
	for (int32_t v = 0; v < g->n; v++) rank[v] = 1.0 / g->n;
	for (int round = 0; round < ROUNDS && change > enough; round++) {
		double loose = 0, all = 0;
		for (int32_t v = 0; v < g->n; v++) {
			int32_t out = g->first[v + 1] - g->first[v];
			share[v] = out ? rank[v] / out : 0;
			loose += out ? 0 : rank[v];
		}
		change = 0;
		for (int32_t v = 0; v < g->n; v++) {
			double sum = 0;
			for (int32_t i = back.first[v]; i < back.first[v + 1]; i++) sum += share[back.to[i]];
			double now = (1 - damping) / g->n + damping * (sum + loose / g->n);
			change += fabs(now - rank[v]);
			rank[v] = now;
			all += now;
		}
		for (int32_t v = 0; v < g->n; v++) rank[v] /= all;
	}
	arena_free(a);
}

void chain_betweenness(const struct chain_rows *g, double *score)
{
	size_t n = (size_t)g->n + 1;
	struct arena *a = arena_new(n * 32 + ((size_t)8 << 20));
	double *paths = ARENA_ARRAY(a, double, n), *flow = ARENA_ARRAY(a, double, n);
	int32_t *distance = ARENA_ARRAY(a, int32_t, n), *queue = ARENA_ARRAY(a, int32_t, n);
	for (int32_t v = 0; v < g->n; v++) score[v] = 0, distance[v] = -1;
	for (int32_t s = 0; s < g->n; s++) {
		int32_t end = 0;
		queue[end++] = s;
		distance[s] = 0;
		paths[s] = 1;
		for (int32_t i = 0; i < end; i++) {
			int32_t v = queue[i];
			for (int32_t k = g->first[v]; k < g->first[v + 1]; k++) {
				int32_t u = g->to[k];
				if (distance[u] < 0) {
					distance[u] = distance[v] + 1;
					queue[end++] = u;
				}
				if (distance[u] == distance[v] + 1) paths[u] += paths[v];
			}
		}
		/* Backwards: what flows through v is what its readers one step further take, by their paths. */
		for (int32_t i = end - 1; i >= 0; i--) {
			int32_t v = queue[i];
			for (int32_t k = g->first[v]; k < g->first[v + 1]; k++)
				if (distance[g->to[k]] == distance[v] + 1) flow[v] += paths[v] / paths[g->to[k]] * (1 + flow[g->to[k]]);
			if (v != s) score[v] += flow[v];
		}
		for (int32_t i = 0; i < end; i++) distance[queue[i]] = -1, paths[queue[i]] = 0, flow[queue[i]] = 0;
	}
	arena_free(a);
}

/* Dominators, and the two measures that are for finding one's way only. */
#include <math.h>
#include <string.h>

#include "engine/chain_graph.h"

/* ---- dominators: everything below is in numbers of the walk, root 0 ---- */

struct walk { int32_t n, *node, *number, *parent; uint64_t *seen; };   /* number: + 1, 0 where not reached */
struct frame { int32_t at, end, number; };

static bool is_seen(const uint64_t *seen, int32_t v) { return seen[v >> 6] >> (v & 63) & 1; }
static void mark(uint64_t *seen, int32_t v) { seen[v >> 6] |= (uint64_t)1 << (v & 63); }

static struct frame enter(const struct chain_rows *g, struct walk *w, int32_t v, int32_t parent)
{
	mark(w->seen, v);
	w->parent[w->n] = parent;
	w->node[w->n] = v;
	w->number[v] = w->n + 1;
	return (struct frame){ g->first[v], g->first[v + 1], w->n++ };
}

static void walk_from(const struct chain_rows *g, struct walk *w, int32_t start, int32_t parent, struct frame *stack)
{
	int32_t top = 0;
	if (is_seen(w->seen, start)) return;
	stack[top++] = enter(g, w, start, parent);
	while (top) {
		struct frame *f = &stack[top - 1];
		if (f->at == f->end) {
			top--;
			continue;
		}
		int32_t u = g->to[f->at++];
		if (!is_seen(w->seen, u)) stack[top++] = enter(g, w, u, f->number);
	}
}

/* What leads to v: of the nodes before it the first (`direct`, -1 when there is none), and all behind it. */
struct sources { int32_t *direct, *first, *from; };

/* Per node of g, side by side: each edge looks at all three, at random. `behind`: how many edges come from behind. */
struct reach { int32_t number, direct, behind, unused; };

enum { ROWS_AHEAD = 8, EDGES_AHEAD = 24 };

/* The tables are larger than the caches: ask for what the rows ahead will need. */
static inline void ask_ahead(const struct chain_rows *g, const struct walk *w, const struct reach *r, int32_t v)
{
	if (v + 3 * ROWS_AHEAD >= w->n) return;
	__builtin_prefetch(&g->first[w->node[v + 3 * ROWS_AHEAD]]);
	__builtin_prefetch(&g->to[g->first[w->node[v + 2 * ROWS_AHEAD]]]);
	int32_t node = w->node[v + ROWS_AHEAD];
	for (int32_t i = g->first[node]; i < g->first[node + 1] && i < g->first[node] + EDGES_AHEAD; i++) __builtin_prefetch(&r[g->to[i]], 1);
}

static struct sources find_sources(struct arena *a, const struct chain_rows *g, const struct walk *w, int32_t from)
{
	size_t n = (size_t)w->n + 1;
	struct sources s = { ARENA_ARRAY(a, int32_t, n), ARENA_ARRAY(a, int32_t, n + 1), NULL };
	struct reach *r = ARENA_ARRAY(a, struct reach, (size_t)g->n + 1);
	int32_t *to = ARENA_ARRAY(a, int32_t, (size_t)g->first[g->n] + 1), *end = ARENA_ARRAY(a, int32_t, n), m = 0;
	for (int32_t v = 0; v < g->n; v++) r[v] = (struct reach){ w->number[v] - 1, -1, 0, 0 };
	for (int32_t v = from; v < w->n; v++) {
		int32_t node = w->node[v];
		ask_ahead(g, w, r, v);
		for (int32_t i = g->first[node]; i < g->first[node + 1]; i++) {
			struct reach *u = &r[g->to[i]];
			if (u->number > v && u->direct < 0) u->direct = v;
			if (u->number < v) u->behind++, to[m++] = u->number;
		}
		end[v] = m;
	}
	if (from) s.direct[0] = -1;
	for (int32_t v = from, at = 0; v < w->n; v++) {
		s.direct[v] = r[w->node[v]].direct;
		s.first[v] = at;
		at += r[w->node[v]].behind;
	}
	s.from = ARENA_ARRAY(a, int32_t, (size_t)m + 1);
	for (int32_t v = from, i = 0; v < w->n; v++) {
		for (; i < end[v]; i++) {
			if (i + 2 * EDGES_AHEAD < m) {
				__builtin_prefetch(&s.first[to[i + 2 * EDGES_AHEAD]], 1);
				__builtin_prefetch(&s.from[s.first[to[i + EDGES_AHEAD]]], 1);
			}
			s.from[s.first[to[i]]++] = v;
		}
	}
	memmove(s.first + 1, s.first, sizeof *s.first * (size_t)w->n);
	s.first[0] = 0;
	return s;
}

/* Side by side: a path upwards meets them together. */
struct joint { int32_t up, label, semi, dom; };

/* The label of least semidominator on the way up to what is already joined; paths are shortened as they are walked. */
static int32_t least_label(struct joint *x, int32_t v, int32_t joined, int32_t *stack)
{
	int32_t top = 0;
	if (x[v].up < joined) return x[v].label;
	for (; x[v].up >= joined; v = x[v].up) stack[top++] = v;
	while (top) {
		int32_t u = stack[--top], p = x[u].up;
		if (x[x[p].label].semi < x[x[u].label].semi) x[u].label = x[p].label;
		x[u].up = x[p].up;
		v = u;
	}
	return x[v].label;
}

/* Semi-NCA: semidominators backwards, then the nearest ancestor not below it. Walk numbers `from` and above are nodes of g. */
static struct joint *semi_nca(struct arena *a, const struct chain_rows *g, const struct walk *w, int32_t from)
{
	struct joint *x = ARENA_ARRAY(a, struct joint, (size_t)w->n + 1);
	int32_t *stack = ARENA_ARRAY(a, int32_t, (size_t)w->n + 1);
	struct sources s = find_sources(a, g, w, from);
	for (int32_t v = 0; v < w->n; v++) x[v] = (struct joint){ w->parent[v], v, v, -1 };
	for (int32_t v = w->n - 1; v > 0; v--) {
		int32_t least = w->parent[v];
		if (s.direct[v] >= 0 && s.direct[v] < least) least = s.direct[v];
		for (int32_t i = s.first[v]; i < s.first[v + 1]; i++) {
			int32_t semi = x[least_label(x, s.from[i], v + 1, stack)].semi;
			if (semi < least) least = semi;
		}
		x[v].semi = least;
	}
	for (int32_t v = 1; v < w->n; v++) {
		int32_t d = w->parent[v];
		while (d > x[v].semi) d = x[d].dom;
		x[v].dom = d;
	}
	return x;
}

static struct walk new_walk(struct arena *a, int32_t n)
{
	return (struct walk){ 0, ARENA_ARRAY(a, int32_t, (size_t)n + 2), ARENA_ARRAY(a, int32_t, (size_t)n + 2), ARENA_ARRAY(a, int32_t, (size_t)n + 2),
		ARENA_ARRAY(a, uint64_t, (size_t)n / 64 + 1) };
}

static struct arena *room_for(const struct chain_rows *g) { return arena_new(((size_t)g->n * 24 + (size_t)g->first[g->n] * 2) * 4 + ((size_t)32 << 20)); }

int32_t chain_dominators(const struct chain_rows *g, int32_t root, int32_t *dominator, int32_t *order)
{
	struct arena *a = room_for(g);
	struct walk w = new_walk(a, g->n);
	walk_from(g, &w, root, -1, ARENA_ARRAY(a, struct frame, (size_t)g->n + 1));
	const struct joint *x = semi_nca(a, g, &w, 0);
	for (int32_t v = 0; v < g->n; v++) dominator[v] = -1;
	for (int32_t v = 0; v < w.n; v++) {
		if (v) dominator[w.node[v]] = w.node[x[v].dom];
		if (order) order[v] = w.node[v];
	}
	int32_t reached = w.n;
	arena_free(a);
	return reached;
}

static void impact_cyclic(const struct chain_rows *forward, const int64_t *weight, int32_t *dominator, int32_t *stopped, int64_t *sum)
{
	int32_t n = forward->n;
	struct arena *a = room_for(forward);
	struct walk w = new_walk(a, n);
	struct frame *stack = ARENA_ARRAY(a, struct frame, (size_t)n + 1);
	uint64_t *fed = ARENA_ARRAY(a, uint64_t, (size_t)n / 64 + 1);
	for (int32_t i = 0; i < forward->first[n]; i++) mark(fed, forward->to[i]);
	w.node[w.n++] = n;              /* the outside */
	for (int32_t v = 0; v < n; v++)
		if (!is_seen(fed, v)) walk_from(forward, &w, v, 0, stack);
	const struct joint *x = semi_nca(a, forward, &w, 1);
	for (int32_t v = 0; v < n; v++) {
		dominator[v] = -1;
		stopped[v] = 1;
		if (weight) sum[v] = weight[v];
	}
	for (int32_t v = w.n - 1; v > 0; v--) {
		if (!x[v].dom) continue;
		int32_t node = w.node[v], d = w.node[x[v].dom];
		dominator[node] = d;
		stopped[d] += stopped[node];
		if (weight) sum[d] += sum[node];
	}
	arena_free(a);
}

/* ---- acyclic graphs: one pass in topological order, no way back is needed ---- */

/* Per node, side by side: the dominator so far, and how many edges from behind are still to come. */
struct pending { int32_t dom, left; };
/* Towards the outside: `far` skips over as many as the skips before it allow (Myers 1983), so that a common dominator takes logarithmic time. */
struct height { int32_t depth, far; };
struct pass { const struct chain_rows *g; struct pending *at; struct height *up; int32_t *queue, n; };

enum { NODES_AHEAD = 8, HEADS_AHEAD = 32 };

static int32_t common(const struct pass *p, int32_t a, int32_t b)
{
	if (p->up[a].depth < p->up[b].depth) {
		int32_t t = a;
		a = b;
		b = t;
	}
	while (p->up[a].depth > p->up[b].depth) a = p->up[p->up[a].far].depth >= p->up[b].depth ? p->up[a].far : p->at[a].dom;
	while (a != b) {
		bool skip = p->up[a].far != p->up[b].far;
		a = skip ? p->up[a].far : p->at[a].dom;
		b = skip ? p->up[b].far : p->at[b].dom;
	}
	return a;
}

/* Nothing more leads to v, so its dominator is known. */
static void settle(struct pass *p, int32_t v)
{
	int32_t d = p->at[v].dom, far = p->up[d].far;
	bool even = p->up[d].depth - p->up[far].depth == p->up[far].depth - p->up[p->up[far].far].depth;
	p->up[v] = (struct height){ p->up[d].depth + 1, even ? p->up[far].far : d };
	p->queue[p->n++] = v;
}

static inline void ask_for_rows(const struct pass *p, int32_t i)
{
	const int32_t *first = p->g->first;
	if (i + 3 * NODES_AHEAD >= p->n) return;
	__builtin_prefetch(&first[p->queue[i + 3 * NODES_AHEAD]]);
	__builtin_prefetch(&p->g->to[first[p->queue[i + 2 * NODES_AHEAD]]]);
	int32_t v = p->queue[i + NODES_AHEAD];
	for (int32_t k = first[v]; k < first[v + 1] && k < first[v] + EDGES_AHEAD; k++) __builtin_prefetch(&p->at[p->g->to[k]], 1);
}

/* False when a cycle is left over. The outside is number n, its own dominator. */
static bool pass_over(struct pass *p)
{
	const struct chain_rows *g = p->g;
	int32_t n = g->n, m = g->first[n];
	for (int32_t v = 0; v <= n; v++) p->at[v] = (struct pending){ n, 0 };
	for (int32_t i = 0; i < m; i++) {
		if (i + HEADS_AHEAD < m) __builtin_prefetch(&p->at[g->to[i + HEADS_AHEAD]], 1);
		p->at[g->to[i]].left++;
	}
	p->up[n] = (struct height){ 0, n };
	for (int32_t v = 0; v < n; v++) {
		if (p->at[v].left) p->at[v].dom = -1;
		else settle(p, v);
	}
	for (int32_t i = 0; i < p->n; i++) {
		int32_t v = p->queue[i];
		ask_for_rows(p, i);
		for (int32_t k = g->first[v]; k < g->first[v + 1]; k++) {
			struct pending *u = &p->at[g->to[k]];
			if (u->dom < 0) u->dom = v;
			else if (u->dom != n && u->dom != v) u->dom = common(p, u->dom, v);
			if (--u->left == 0) settle(p, g->to[k]);
		}
	}
	return p->n == n;
}

void chain_impact_or(const struct chain_rows *forward, const int64_t *weight, int32_t *dominator, int32_t *stopped, int64_t *sum)
{
	int32_t n = forward->n;
	size_t room = (size_t)n + 1;
	struct arena *a = arena_new(room * 24 + ((size_t)16 << 20));
	struct pass p = { forward, ARENA_ARRAY(a, struct pending, room), ARENA_ARRAY(a, struct height, room), ARENA_ARRAY(a, int32_t, room), 0 };
	if (!pass_over(&p)) {
		arena_free(a);
		impact_cyclic(forward, weight, dominator, stopped, sum);
		return;
	}
	for (int32_t v = 0; v < n; v++) {
		stopped[v] = 1;
		if (weight) sum[v] = weight[v];
	}
	for (int32_t i = n - 1; i >= 0; i--) {
		int32_t v = p.queue[i], d = p.at[v].dom;
		dominator[v] = d < n ? d : -1;
		if (d == n) continue;
		stopped[d] += stopped[v];
		if (weight) sum[d] += sum[v];
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

#include "chain_graph.h"

#include <stdlib.h>
#include <string.h>

struct pair { int32_t group, member, link; };

static int by_pair(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	if (x->group != y->group) return x->group < y->group ? -1 : 1;
	if (x->member != y->member) return x->member < y->member ? -1 : 1;
	return (x->link > y->link) - (x->link < y->link);
}

/* Most rows are a handful: those are put in order in place. */
static void sort_pairs(struct pair *p, int32_t n)
{
	if (n > 24) {
		qsort(p, (size_t)n, sizeof *p, by_pair);
		return;
	}
	for (int32_t i = 1; i < n; i++) {
		struct pair x = p[i];
		int32_t k = i;
		for (; k > 0 && by_pair(&p[k - 1], &x) > 0; k--) p[k] = p[k - 1];
		p[k] = x;
	}
}

/* Turn counts at [i+1] into starts, in place. */
static void sum_up(int32_t *first, int32_t n)
{
	for (int32_t i = 0; i < n; i++) first[i + 1] += first[i];
}

/* The links by owner, each owner's ordered by group and member. */
static struct pair *by_owner(struct arena *a, int32_t n, const struct chain_link *link, size_t n_link, int32_t *first)
{
	struct pair *pair = ARENA_ARRAY(a, struct pair, n_link + 1);
	int32_t *at = ARENA_ARRAY(a, int32_t, (size_t)n + 1);
	for (size_t i = 0; i < n_link; i++) first[link[i].owner + 1]++;
	sum_up(first, n);
	memcpy(at, first, sizeof *at * ((size_t)n + 1));
	for (size_t i = 0; i < n_link; i++) pair[at[link[i].owner]++] = (struct pair){ link[i].group, link[i].member, (int32_t)i };
	for (int32_t v = 0; v < n; v++) sort_pairs(pair + first[v], first[v + 1] - first[v]);
	return pair;
}

/* Keep one of equal members; drop a group that holds its owner. Returns the end of the group in `p`, its new length in *kept. */
static int32_t take_group(struct pair *p, int32_t from, int32_t to, int32_t owner, int32_t *kept)
{
	int32_t end = from, n = 0;
	bool own = false;
	while (end < to && p[end].group == p[from].group) {
		own |= p[end].member == owner;
		if (end == from || p[end].member != p[end - 1].member) n++;
		end++;
	}
	*kept = own ? 0 : n;
	return end;
}

static void fill_feeds(struct arena *a, struct chain_graph *g)
{
	int32_t links = g->member_first[g->n_group];
	g->feed_first = ARENA_ARRAY(a, int32_t, (size_t)g->n + 1);
	g->feed = ARENA_ARRAY(a, int32_t, (size_t)links + 1);
	for (int32_t i = 0; i < links; i++) g->feed_first[g->member[i] + 1]++;
	sum_up(g->feed_first, g->n);
	for (int32_t k = 0; k < g->n_group; k++)
		for (int32_t i = g->member_first[k]; i < g->member_first[k + 1]; i++) g->feed[g->feed_first[g->member[i]]++] = k;
	memmove(g->feed_first + 1, g->feed_first, sizeof *g->feed_first * (size_t)g->n);
	g->feed_first[0] = 0;
}

void chain_graph_make_from(struct arena *a, int32_t n, const struct chain_link *link, size_t n_link, struct chain_graph *out, struct chain_rows *from)
{
	struct arena *work = arena_new(n_link * sizeof(struct pair) + ((size_t)n + 1) * 8 + ((size_t)32 << 20));
	int32_t *first = ARENA_ARRAY(work, int32_t, (size_t)n + 1), kept, groups = 0, links = 0, n_from = 0;
	struct pair *p = by_owner(work, n, link, n_link, first);
	struct chain_graph g = { .n = n, .group_first = ARENA_ARRAY(a, int32_t, (size_t)n + 1) };
	for (int32_t v = 0; v < n; v++) {
		for (int32_t i = first[v]; i < first[v + 1]; ) {
			i = take_group(p, i, first[v + 1], v, &kept);
			groups += kept > 0;
			links += kept;
		}
	}
	g.owner = ARENA_ARRAY(a, int32_t, (size_t)groups + 1);
	g.member_first = ARENA_ARRAY(a, int32_t, (size_t)groups + 1);
	g.member = ARENA_ARRAY(a, int32_t, (size_t)links + 1);
	if (from) *from = (struct chain_rows){ groups, ARENA_ARRAY(a, int32_t, (size_t)groups + 1), ARENA_ARRAY(a, int32_t, n_link + 1) };
	for (int32_t v = 0; v < n; v++) {
		g.group_first[v] = g.n_group;
		for (int32_t i = first[v], end; i < first[v + 1]; i = end) {
			end = take_group(p, i, first[v + 1], v, &kept);
			if (!kept) continue;
			int32_t at = g.member_first[g.n_group];
			for (int32_t k = i; k < end; k++)
				if (k == i || p[k].member != p[k - 1].member) g.member[at++] = p[k].member;
			for (int32_t k = i; from && k < end; k++) from->to[n_from++] = p[k].link;
			g.owner[g.n_group++] = v;
			g.member_first[g.n_group] = at;
			if (from) from->first[g.n_group] = n_from;
		}
	}
	g.group_first[n] = g.n_group;
	arena_free(work);
	fill_feeds(a, &g);
	*out = g;
}

void chain_graph_make(struct arena *a, int32_t n, const struct chain_link *link, size_t n_link, struct chain_graph *out)
{
	chain_graph_make_from(a, n, link, n_link, out, NULL);
}

/* ---- one failure ---- */

void chain_cascade_open(struct arena *a, const struct chain_graph *g, struct chain_cascade *c)
{
	*c = (struct chain_cascade){ .graph = g, .slot = ARENA_ARRAY(a, struct chain_slot, (size_t)g->n_group + 1), .cause = ARENA_ARRAY(a, int32_t, (size_t)g->n + 1),
		.stopped = ARENA_ARRAY(a, int32_t, (size_t)g->n + 1) };
	for (int32_t k = 0; k < g->n_group; k++) c->slot[k] = (struct chain_slot){ g->member_first[k + 1] - g->member_first[k], g->owner[k] };
	for (int32_t v = 0; v < g->n; v++) c->cause[v] = CHAIN_RUNS;
}

static void stop(struct chain_cascade *c, int32_t v, int32_t cause)
{
	if (c->cause[v] != CHAIN_RUNS) return;
	c->cause[v] = cause;
	c->stopped[c->n++] = v;
}

void chain_cascade_run(struct chain_cascade *c, const int32_t *start, int32_t n)
{
	const struct chain_graph *g = c->graph;
	for (int32_t i = 0; i < n; i++) stop(c, start[i], CHAIN_STARTED);
	for (int32_t i = 0; i < c->n; i++) {
		int32_t u = c->stopped[i];
		for (int32_t k = g->feed_first[u]; k < g->feed_first[u + 1]; k++) {
			struct chain_slot *slot = &c->slot[g->feed[k]];
			if (--slot->left == 0) stop(c, slot->owner, g->feed[k]);
		}
	}
}

void chain_cascade_undo(struct chain_cascade *c)
{
	const struct chain_graph *g = c->graph;
	for (int32_t i = 0; i < c->n; i++) {
		int32_t u = c->stopped[i];
		c->cause[u] = CHAIN_RUNS;
		for (int32_t k = g->feed_first[u]; k < g->feed_first[u + 1]; k++) c->slot[g->feed[k]].left++;
	}
	c->n = 0;
}

/* ---- every node ---- */

/* What is in no group of one stops nothing but itself: no cascade is run for it. */
bool chain_cascade_each(const struct chain_graph *g, int64_t budget, chain_visit visit, void *ctx, int64_t *steps)
{
	struct arena *work = arena_new(((size_t)g->n * 8 + (size_t)g->n_group * 8) * 2 + (size_t)g->n + ((size_t)64 << 20));
	bool *alone = ARENA_ARRAY(work, bool, (size_t)g->n + 1);
	struct chain_cascade c;
	chain_cascade_open(work, g, &c);
	for (int32_t k = 0; k < g->n_group; k++)
		if (g->member_first[k + 1] - g->member_first[k] == 1) alone[g->member[g->member_first[k]]] = true;
	*steps = 0;
	for (int32_t v = 0; v < g->n && *steps <= budget; v++) {
		if (!alone[v]) continue;
		chain_cascade_run(&c, &v, 1);
		for (int32_t i = 0; i < c.n; i++) *steps += g->feed_first[c.stopped[i] + 1] - g->feed_first[c.stopped[i]] + 1;
		visit(ctx, c.stopped, c.n);
		chain_cascade_undo(&c);
	}
	arena_free(work);
	return *steps <= budget;
}

int64_t chain_budget(const struct chain_graph *g) { return 50 * ((int64_t)g->n + g->member_first[g->n_group]); }

struct counting { const int64_t *weight; struct chain_impact *out; };

static void count_one(void *ctx, const int32_t *stopped, int32_t n)
{
	const struct counting *c = ctx;
	c->out->stopped[stopped[0]] = n;
	for (int32_t i = 1; c->weight && i < n; i++) c->out->weight[stopped[0]] += c->weight[stopped[i]];
}

void chain_impact_all(struct arena *a, const struct chain_graph *g, const int64_t *weight, int64_t budget, struct chain_impact *out)
{
	struct chain_impact r = { .stopped = ARENA_ARRAY(a, int32_t, (size_t)g->n + 1), .weight = weight ? ARENA_ARRAY(a, int64_t, (size_t)g->n + 1) : NULL };
	for (int32_t v = 0; v < g->n; v++) {
		r.stopped[v] = 1;
		if (weight) r.weight[v] = weight[v];
	}
	if (chain_cascade_each(g, budget ? budget : chain_budget(g), count_one, &(struct counting){ weight, &r }, &r.steps)) *out = r;
	else chain_impact_rows(a, g, weight, out);
}

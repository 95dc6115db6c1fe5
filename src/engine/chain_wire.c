/* The chain as an AND-OR graph, and what stops. */
#include <stdlib.h>
#include <string.h>

#include "engine/chain_inner.h"

struct val chain_ratio(double v) { return chain_known(v) ? val_dec(llround(v * DEC_ONE)) : VNULL; }

/* Groups of one owner need numbers that differ: needs by label, by themselves, makers, kinds. */
enum { OF_MAKERS = -1, OF_KINDS = -2, OF_PRODUCTS = -3, BY_THEMSELVES = -16 };

struct wire { struct chain_link link; const struct chain_evidence *evidence; };
struct wires { VEC(struct wire); };

static void add(struct cx *cx, struct wires *w, int32_t owner, int32_t group, int32_t member, const struct chain_evidence *evidence)
{
	VEC_PUSH(cx->arena, w, ((struct wire){ { owner, group, member }, evidence }));
}

/* A product stops without all its makers; an organisation when everything it makes has stopped. What stands for many never fails:
   a group with such a member cannot stop, so it gets the owner as a member, which leaves it out. */
static struct wires collect(struct cx *cx, const struct chain *c)
{
	struct wires w = { 0 };
	for (size_t i = 0; i < c->need.n; i++) {
		const struct chain_need *n = &c->need.v[i];
		int32_t group = n->group >= 0 ? n->group : BY_THEMSELVES - (int32_t)i;
		if (n->essential) add(cx, &w, n->product, group, c->node.v[n->input].pseudo ? n->product : n->input, &n->evidence);
	}
	for (size_t i = 0; i < c->make.n; i++) {
		const struct chain_make *m = &c->make.v[i];
		bool pseudo = c->node.v[m->organisation].pseudo;
		add(cx, &w, m->product, OF_MAKERS, pseudo ? m->product : m->organisation, &m->evidence);
		if (!pseudo) add(cx, &w, m->organisation, OF_PRODUCTS, m->product, &m->evidence);
	}
	for (size_t i = 0; i < c->variant.n; i++) {
		const struct chain_variant *k = &c->variant.v[i];
		add(cx, &w, k->kind_of, k->all ? BY_THEMSELVES - (int32_t)(c->need.n + i) : OF_KINDS, k->product, &k->evidence);
	}
	return w;
}

static int by_link(const void *a, const void *b)
{
	const struct chain_link *x = a, *y = b;
	if (x->owner != y->owner) return x->owner < y->owner ? -1 : 1;
	if (x->group != y->group) return x->group < y->group ? -1 : 1;
	return (x->member > y->member) - (x->member < y->member);
}

/* The lines of every group that stayed: walks the sorted links along with the graph, which keeps their order. */
static void note_reasons(struct cx *cx, struct wires *w, struct chain_wired *out)
{
	const struct chain_graph *g = &out->graph;
	out->why = ARENA_ARRAY(cx->arena, struct chain_evidence *, (size_t)g->n_group + 1);
	out->n_why = ARENA_ARRAY(cx->arena, int32_t, (size_t)g->n_group + 1);
	struct chain_evidence *all = ARENA_ARRAY(cx->arena, struct chain_evidence, w->n + 1);
	if (w->n) qsort(w->v, w->n, sizeof *w->v, by_link);
	int32_t k = 0;
	for (size_t i = 0, end; i < w->n; i = end) {
		bool own = false;
		for (end = i; end < w->n && w->v[end].link.owner == w->v[i].link.owner && w->v[end].link.group == w->v[i].link.group; end++) {
			own |= w->v[end].link.member == w->v[end].link.owner;
			all[end] = *w->v[end].evidence;
		}
		if (own) continue;
		out->why[k] = all + i;
		out->n_why[k++] = (int32_t)(end - i);
	}
}

/* Products' sizes when any is known, else organisations'. */
static void weigh(struct cx *cx, const struct chain *c, struct chain_wired *out)
{
	size_t known[4] = { 0 }, all[4] = { 0 };
	out->weight = ARENA_ARRAY(cx->arena, int64_t, c->node.n + 1);
	for (size_t i = 0; i < c->node.n; i++) {
		all[c->node.v[i].kind]++;
		known[c->node.v[i].kind] += c->node.v[i].size != CHAIN_UNKNOWN;
	}
	out->weighed = known[CHAIN_PRODUCT] ? CHAIN_PRODUCT : CHAIN_ORGANISATION;
	out->coverage = all[out->weighed] ? (double)known[out->weighed] / (double)all[out->weighed] : 0;
	for (size_t i = 0; i < c->node.n; i++) {
		if (c->node.v[i].kind != out->weighed || c->node.v[i].size == CHAIN_UNKNOWN) continue;
		out->weight[i] = c->node.v[i].size;
		out->total += c->node.v[i].size;
	}
}

/* How many products and organisations stop with each: two sums in one number, each node counting 1 or 2^32. */
static void count_kinds(struct cx *cx, const struct chain *c, struct chain_wired *out)
{
	size_t n = c->node.n;
	int64_t *one = ARENA_ARRAY(cx->arena, int64_t, n + 1);
	struct chain_impact both;
	for (size_t i = 0; i < n; i++) one[i] = c->node.v[i].kind == CHAIN_PRODUCT ? 1 : c->node.v[i].kind == CHAIN_ORGANISATION ? (int64_t)1 << 32 : 0;
	chain_impact_all(cx->arena, &out->graph, one, 0, &both);
	out->products = ARENA_ARRAY(cx->arena, int32_t, n + 1);
	out->organisations = ARENA_ARRAY(cx->arena, int32_t, n + 1);
	for (size_t i = 0; i < n; i++) {
		int64_t rest = both.weight[i] - one[i];
		out->products[i] = (int32_t)(rest & UINT32_MAX);
		out->organisations[i] = (int32_t)(rest >> 32);
	}
}

void chain_wire(struct cx *cx, const struct chain *c, struct chain_wired *out)
{
	struct chain_wired r = { 0 };
	struct wires w = collect(cx, c);
	struct chain_link *link = ARENA_ARRAY(cx->arena, struct chain_link, w.n + 1);
	for (size_t i = 0; i < w.n; i++) link[i] = w.v[i].link;
	chain_graph_make(cx->arena, (int32_t)c->node.n, link, w.n, &r.graph);
	note_reasons(cx, &w, &r);
	weigh(cx, c, &r);
	chain_impact_all(cx->arena, &r.graph, r.weight, 0, &r.impact);
	count_kinds(cx, c, &r);
	*out = r;
}

void chain_stop(struct cx *cx, const struct chain *c, const struct chain_wired *w, const int32_t *start, int n, struct chain_stopped *out)
{
	struct chain_cascade run;
	chain_cascade_open(cx->arena, &w->graph, &run);
	chain_cascade_run(&run, start, n);
	*out = (struct chain_stopped){ .node = run.stopped, .cause = run.cause, .n = run.n, .order = ARENA_ARRAY(cx->arena, int32_t, c->node.n + 1) };
	for (int32_t i = 0; i < run.n; i++) {
		out->order[run.stopped[i]] = i;
		enum chain_kind kind = c->node.v[run.stopped[i]].kind;
		out->products += kind == CHAIN_PRODUCT;
		out->organisations += kind == CHAIN_ORGANISATION;
		out->weight += w->weight[run.stopped[i]];
	}
}

/* Of the group that stopped a node, the member that stopped last is the reason to go on from: all before it were not enough. */
int chain_reasons(const struct chain_wired *w, const struct chain_stopped *s, int32_t node, int32_t *path, int max)
{
	const struct chain_graph *g = &w->graph;
	int n = 0;
	while (n < max) {
		path[n++] = node;
		int32_t k = s->cause[node], last = -1;
		if (k < 0) break;
		for (int32_t m = g->member_first[k]; m < g->member_first[k + 1]; m++)
			if (last < 0 || s->order[g->member[m]] > s->order[last]) last = g->member[m];
		node = last;
	}
	for (int i = 0; i < n / 2; i++) {
		int32_t t = path[i];
		path[i] = path[n - 1 - i];
		path[n - 1 - i] = t;
	}
	return n;
}

/* One cascade for each node that can stop another; where they are too many for that, the points beyond the budget stay uncounted (-1). */
void chain_single_points(struct cx *cx, const struct chain_wired *w, struct chain_points *out)
{
	const struct chain_graph *g = &w->graph;
	struct chain_points p = { ARENA_ARRAY(cx->arena, int32_t, (size_t)g->n + 1), arena_array(cx->arena, (size_t)g->n + 1, sizeof *p.x) };
	struct chain_cascade c;
	int64_t budget = 200 * ((int64_t)g->n + 1000);
	chain_cascade_open(cx->arena, g, &c);
	for (int32_t x = 0; x < g->n && budget > 0; x++) {
		if (w->impact.stopped[x] < 2) continue;
		chain_cascade_run(&c, &x, 1);
		for (int32_t i = 1; i < c.n; i++) {
			int32_t v = c.stopped[i];
			if (p.n[v] < CHAIN_SINGLE_KEPT) p.x[v][p.n[v]] = x;
			p.n[v]++;
		}
		budget -= c.n;
		chain_cascade_undo(&c);
	}
	for (int32_t v = 0; budget <= 0 && v < g->n; v++) p.n[v] = -1;
	*out = p;
}

/* ---- what if ---- */

static bool drops(const struct chain_step *s, const struct chain_make *m)
{
	return s->act == CHAIN_DROP_MAKER && s->a == m->organisation && s->b == m->product;
}

static void fall(struct cx *cx, struct chain *c, int32_t v, size_t *cap)
{
	if ((size_t)c->n_fallen == *cap) c->fallen = arena_grow(cx->arena, c->fallen, (size_t)c->n_fallen, cap, sizeof *c->fallen);
	c->fallen[c->n_fallen++] = v;
}

/* The makers left, and the products that lost the last of those they had. */
static void take_makers(struct cx *cx, const struct chain *c, const struct chain_step *step, int n, struct chain *r, size_t *cap)
{
	int32_t *left = ARENA_ARRAY(cx->arena, int32_t, c->node.n + 1), *lost = ARENA_ARRAY(cx->arena, int32_t, c->node.n + 1);
	r->make.v = NULL;
	r->make.n = r->make.cap = 0;
	for (size_t i = 0; i < c->make.n; i++) {
		bool gone = false;
		for (int k = 0; k < n; k++) gone |= drops(&step[k], &c->make.v[i]);
		if (gone) lost[c->make.v[i].product]++;
		else left[c->make.v[i].product]++;
		if (!gone) VEC_PUSH(cx->arena, &r->make, c->make.v[i]);
	}
	for (int k = 0; k < n; k++) {
		if (step[k].act != CHAIN_ADD_MAKER) continue;
		left[step[k].b]++;
		VEC_PUSH(cx->arena, &r->make, ((struct chain_make){ step[k].a, step[k].b, step[k].share, { .source = STR("what-if"), .table = CHAIN_MAKES } }));
	}
	for (size_t v = 0; v < c->node.n; v++)
		if (lost[v] && !left[v]) fall(cx, r, (int32_t)v, cap);
}

void chain_change(struct cx *cx, const struct chain *c, const struct chain_step *step, int n, struct chain *out)
{
	struct chain r = *c;
	size_t cap = 0;
	r.fallen = NULL;
	r.n_fallen = 0;
	for (int i = 0; i < c->n_fallen; i++) fall(cx, &r, c->fallen[i], &cap);
	take_makers(cx, c, step, n, &r, &cap);
	for (int k = 0; k < n; k++) {
		if (step[k].act == CHAIN_STOP_NODE) fall(cx, &r, step[k].a, &cap);
		for (size_t v = 0; step[k].act == CHAIN_STOP_PLACE && v < c->node.n; v++)
			if (c->node.v[v].kind == CHAIN_ORGANISATION && chain_inside(c, c->node.v[v].place, step[k].a)) fall(cx, &r, (int32_t)v, &cap);
	}
	*out = r;
}

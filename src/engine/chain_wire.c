/* The chain as an AND-OR graph, and what stops. */
#include <stdlib.h>
#include <string.h>

#include "engine/chain_inner.h"

struct val chain_ratio(double v) { return chain_known(v) ? val_dec(llround(v * DEC_ONE)) : VNULL; }

/* Groups of one owner need numbers that differ: needs by label, by themselves, makers, kinds. */
enum { OF_MAKERS = -1, OF_KINDS = -2, OF_PRODUCTS = -3, BY_THEMSELVES = -16 };

struct wires { struct chain_link *link; const struct chain_evidence **evidence; size_t n; };

static void add(struct wires *w, int32_t owner, int32_t group, int32_t member, const struct chain_evidence *evidence)
{
	w->link[w->n] = (struct chain_link){ owner, group, member };
	w->evidence[w->n++] = evidence;
}

/* A product stops without all its makers; an organisation when everything it makes has stopped. What stands for many never fails:
   a group with such a member cannot stop, so it gets the owner as a member, which leaves it out. */
static struct wires collect(struct cx *cx, const struct chain *c)
{
	size_t most = c->need.n + 2 * c->make.n + c->variant.n + 1;
	struct wires w = { ARENA_ARRAY(cx->arena, struct chain_link, most), ARENA_ARRAY(cx->arena, const struct chain_evidence *, most), 0 };
	for (size_t i = 0; i < c->need.n; i++) {
		const struct chain_need *n = &c->need.v[i];
		int32_t group = n->group >= 0 ? n->group : BY_THEMSELVES - (int32_t)i;
		if (n->essential) add(&w, n->product, group, c->node.v[n->input].pseudo ? n->product : n->input, &n->evidence);
	}
	for (size_t i = 0; i < c->make.n; i++) {
		const struct chain_make *m = &c->make.v[i];
		bool pseudo = c->node.v[m->organisation].pseudo;
		add(&w, m->product, OF_MAKERS, pseudo ? m->product : m->organisation, &m->evidence);
		if (!pseudo) add(&w, m->organisation, OF_PRODUCTS, m->product, &m->evidence);
	}
	for (size_t i = 0; i < c->variant.n; i++) {
		const struct chain_variant *k = &c->variant.v[i];
		add(&w, k->kind_of, k->all ? BY_THEMSELVES - (int32_t)(c->need.n + i) : OF_KINDS, k->product, &k->evidence);
	}
	return w;
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

/* What a stopped node counts for, side by side: `one` is 1 for a product, 2^32 for an organisation. */
struct counted { int64_t weight, one; int32_t single; };
struct failing { struct counted *node; struct chain_wired *w; };

static int64_t one_of(enum chain_kind kind) { return kind == CHAIN_PRODUCT ? 1 : kind == CHAIN_ORGANISATION ? (int64_t)1 << 32 : 0; }

static void put_kinds(struct chain_wired *w, int32_t x, int64_t ones)
{
	w->products[x] = (int32_t)(ones & UINT32_MAX);
	w->organisations[x] = (int32_t)(ones >> 32);
}

static void fail_alone(void *ctx, const int32_t *stopped, int32_t n)
{
	const struct failing *f = ctx;
	struct chain_wired *w = f->w;
	int32_t x = stopped[0];
	int64_t weight = 0, ones = 0;
	for (int32_t i = 1; i < n; i++) {
		struct counted *v = &f->node[stopped[i]];
		if (v->single < CHAIN_SINGLE_KEPT) w->points.x[stopped[i]][v->single] = x;
		v->single++;
		weight += v->weight;
		ones += v->one;
	}
	w->impact.stopped[x] = n;
	w->impact.weight[x] += weight;
	put_kinds(w, x, ones);
}

/* Too many failures to follow: rows of bits. */
static void fail_by_rows(struct cx *cx, const struct chain *c, struct chain_wired *w)
{
	size_t n = c->node.n;
	int64_t *one = ARENA_ARRAY(cx->arena, int64_t, n + 1);
	struct chain_impact both;
	for (size_t i = 0; i < n; i++) one[i] = one_of(c->node.v[i].kind);
	chain_impact_rows(cx->arena, &w->graph, w->weight, &w->impact);
	chain_impact_rows(cx->arena, &w->graph, one, &both);
	for (size_t i = 0; i < n; i++) {
		put_kinds(w, (int32_t)i, both.weight[i] - one[i]);
		w->points.n[i] = -1;
	}
}

void chain_wire(struct cx *cx, const struct chain *c, struct chain_wired *out)
{
	size_t n = c->node.n;
	struct arena *a = cx->arena;
	struct chain_wired r = { .products = ARENA_ARRAY(a, int32_t, n + 1), .organisations = ARENA_ARRAY(a, int32_t, n + 1),
		.points = { ARENA_ARRAY(a, int32_t, n + 1), arena_array(a, n + 1, sizeof *r.points.x) } };
	struct chain_rows from;
	struct wires w = collect(cx, c);
	chain_graph_make_from(a, (int32_t)n, w.link, w.n, &r.graph, &from);
	r.why_first = from.first;
	r.why = ARENA_ARRAY(a, const struct chain_evidence *, w.n + 1);
	for (int32_t i = 0; i < from.first[from.n]; i++) r.why[i] = w.evidence[from.to[i]];
	weigh(cx, c, &r);
	r.impact = (struct chain_impact){ .stopped = ARENA_ARRAY(a, int32_t, n + 1), .weight = ARENA_ARRAY(a, int64_t, n + 1) };
	struct failing f = { ARENA_ARRAY(a, struct counted, n + 1), &r };
	for (size_t v = 0; v < n; v++) {
		r.impact.stopped[v] = 1;
		r.impact.weight[v] = r.weight[v];
		f.node[v] = (struct counted){ r.weight[v], one_of(c->node.v[v].kind), 0 };
	}
	bool followed = chain_cascade_each(&r.graph, chain_budget(&r.graph), fail_alone, &f, &r.impact.steps);
	for (size_t v = 0; v < n; v++) r.points.n[v] = f.node[v].single;
	if (!followed) fail_by_rows(cx, c, &r);
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

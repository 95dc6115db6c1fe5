/* The figures of a region. Formulas: docs/chain.md, numbers as there. */
#include <stdlib.h>

#include "engine/chain_inner.h"

static const double source_least = 0.05, reach = 0.75, extension_least = 0.60, shares_all = 1.0;
static const int months_worst = 36;
enum { NEAR_PRODUCTS_MAX = 6000, GROUP_MAX = 8 };

/* Shares of outside supply by controller and by jurisdiction. */
struct part { struct str key; int32_t place; double share; };
struct parts { struct part *v; int n; };

static void add_part(struct parts *p, struct str key, int32_t place, double share)
{
	for (int i = 0; i < p->n; i++) {
		if (p->v[i].place != place || !str_eq(p->v[i].key, key)) continue;
		p->v[i].share += share;
		return;
	}
	p->v[p->n++] = (struct part){ key, place, share };
}

static int by_share(const void *a, const void *b)
{
	const struct part *x = a, *y = b;
	return (x->share < y->share) - (x->share > y->share);
}

static double squares(const struct parts *p, double total)
{
	double h = 0;
	for (int i = 0; i < p->n; i++) h += p->v[i].share / total * (p->v[i].share / total);
	return p->n ? h : NAN;
}

/* The largest place around `place` that does not hold the region: a country abroad, a province at home. */
static int32_t jurisdiction(const struct chain *c, int32_t place, int32_t region)
{
	for (int depth = 0; depth < 32 && c->place.v[place].parent >= 0; depth++) {
		if (chain_inside(c, region, c->place.v[place].parent)) break;
		place = c->place.v[place].parent;
	}
	return place;
}

enum line { MAKER, MADE, NEEDER, INPUT, KIND, KIND_OF };

static struct chain_rows index_lines(struct cx *cx, const struct chain *c, size_t m, enum line end)
{
	int32_t *from = ARENA_ARRAY(cx->arena, int32_t, m + 1), *line = ARENA_ARRAY(cx->arena, int32_t, m + 1);
	for (size_t i = 0; i < m; i++) {
		from[i] = end == MAKER ? c->make.v[i].organisation : end == MADE ? c->make.v[i].product : end == NEEDER ? c->need.v[i].product : end == INPUT ? c->need.v[i].input
			: end == KIND ? c->variant.v[i].product : c->variant.v[i].kind_of;
		line[i] = (int32_t)i;
	}
	return chain_rows_make(cx->arena, (int32_t)c->node.n, from, line, m);
}

/* 1, 2 and half of 3. What stands for many is supply from nobody knows where: it counts against no one. */
static void measure_supply(const struct chain_figures *f, struct chain_product *p, struct parts *owners, struct parts *places)
{
	const struct chain *c = f->chain;
	double placed = 0, local = 0, outside = 0, largest = 0;
	int sources = 0;
	owners->n = places->n = 0;
	for (int32_t i = f->made_by.first[p->node]; i < f->made_by.first[p->node + 1]; i++) {
		const struct chain_make *m = &c->make.v[f->made_by.to[i]];
		const struct chain_node *o = &c->node.v[m->organisation];
		bool here = chain_inside(c, o->place, f->view.region);
		p->makers += !o->pseudo;
		p->local_makers += here && !o->pseudo;
		if (!chain_known(m->share)) continue;
		if (!o->pseudo && m->share >= source_least) sources++;
		if (!o->pseudo && m->share > largest) largest = m->share;
		if (!here) outside += m->share;
		if (o->pseudo || o->place < 0) continue;
		placed += m->share;
		if (here) {
			local += m->share;
			continue;
		}
		add_part(owners, o->owner.n ? o->owner : o->id, -1, m->share);
		add_part(places, STR(""), jurisdiction(c, o->place, f->view.region), m->share);
	}
	p->coverage = placed > shares_all ? shares_all : placed;
	p->local = f->view.region >= 0 && placed > 0 && p->coverage >= f->view.enough ? local / placed : NAN;
	p->others = sources > 1 ? sources - 1 : 0;
	p->owners = p->places = p->top_share = NAN;
	p->top_place = -1;
	if (outside <= 0) return;
	qsort(owners->v, (size_t)owners->n, sizeof *owners->v, by_share);
	qsort(places->v, (size_t)places->n, sizeof *places->v, by_share);
	p->owners = squares(owners, outside);
	p->places = squares(places, outside);
	if (places->n) p->top_place = places->v[0].place, p->top_share = places->v[0].share / outside;
	double sum = 0;
	for (int i = 0; i < owners->n && !p->n75; i++) {
		sum += owners->v[i].share / outside;
		if (sum >= reach - 1e-9) p->n75 = i + 1;
	}
}

static int in_group(const struct chain_figures *f, const struct chain_need *n)
{
	int same = 0;
	for (int32_t i = f->needs.first[n->product]; n->group >= 0 && i < f->needs.first[n->product + 1]; i++) {
		const struct chain_need *other = &f->chain->need.v[f->needs.to[i]];
		same += other->group == n->group && other->input != n->input;
	}
	return same;
}

/* The rest of 3: in the use where it is hardest to replace. */
static void measure_uses(const struct chain_figures *f, struct chain_product *p)
{
	int fewest = -1;
	p->months = NAN;
	for (int32_t i = f->used_by.first[p->node]; i < f->used_by.first[p->node + 1]; i++) {
		const struct chain_need *n = &f->chain->need.v[f->used_by.to[i]];
		p->feeds++;
		if (chain_known(n->months) && !(p->months >= n->months)) p->months = n->months;
		int others = n->essential ? in_group(f, n) : -1;
		if (others >= 0 && (fewest < 0 || others < fewest)) fewest = others;
	}
	p->substitutes = fewest > 0 ? fewest : 0;
	p->others += p->substitutes;
}

/* Does the failure of x stop u? Only as far as single points are kept. */
static bool stops(const struct chain_points *s, int32_t x, int32_t u)
{
	bool hit = x == u;
	for (int32_t i = 0; i < s->n[u] && i < CHAIN_SINGLE_KEPT; i++) hit |= s->x[u][i] == x;
	return hit;
}

static int32_t reason(const struct chain_points *s, int32_t u, int i) { return i < 0 ? u : s->x[u][i]; }
static int kept(const struct chain_points *s, int32_t u) { return s->n[u] < CHAIN_SINGLE_KEPT ? s->n[u] : CHAIN_SINGLE_KEPT; }

/* Do two failures stop a whole group? */
static bool two_stop(const struct chain_points *s, const int32_t *member, int n)
{
	for (int a = -1; a < kept(s, member[0]); a++) {
		int32_t x = reason(s, member[0], a);
		int rest = 0;
		while (rest < n && stops(s, x, member[rest])) rest++;
		if (rest == n) return true;
		for (int b = -1; b < kept(s, member[rest]); b++) {
			int32_t y = reason(s, member[rest], b);
			bool all = true;
			for (int i = 0; i < n; i++) all &= stops(s, x, member[i]) || stops(s, y, member[i]);
			if (all) return true;
		}
	}
	return false;
}

/* 6: how many failures it takes, as many as there are independent routes; 3 stands for three and more. */
static int count_routes(const struct chain_figures *f, int32_t v)
{
	const struct chain_graph *g = &f->wired->graph;
	const struct chain_points *s = &f->wired->points;
	if (g->group_first[v] == g->group_first[v + 1] || s->n[v] < 0) return 0;
	if (s->n[v] > 0) return 1;
	for (int32_t k = g->group_first[v]; k < g->group_first[v + 1]; k++) {
		int n = g->member_first[k + 1] - g->member_first[k];
		if (n <= GROUP_MAX && two_stop(s, g->member + g->member_first[k], n)) return 2;
	}
	return 3;
}

static void measure_team(const struct chain_figures *f, struct chain_product *p, const struct chain_rows *teams)
{
	for (int32_t i = teams->first[p->node]; i < teams->first[p->node + 1]; i++) {
		const struct chain_research *r = &f->chain->research.v[teams->to[i]];
		if (!chain_inside(f->chain, f->chain->node.v[r->organisation].place, f->view.region)) continue;
		p->teams++;
		if (r->trl > p->best_trl) p->best_trl = r->trl;
	}
}

static void measure_failure(const struct chain_figures *f, struct chain_product *p)
{
	const struct chain_wired *w = f->wired;
	p->products = w->products[p->node];
	p->firms = w->organisations[p->node];
	p->impact = w->total ? (double)w->impact.weight[p->node] / (double)w->total : NAN;
	p->impact_coverage = w->coverage;
	p->single = f->wired->points.n[p->node];
	p->routes = count_routes(f, p->node);
}

static void judge(const struct chain_figures *f, struct chain_product *p)
{
	bool known = f->view.region >= 0 && p->makers && p->coverage >= f->view.enough;
	if (known && !p->local_makers) p->state = CHAIN_MISSING;
	else if (known && chain_known(p->local)) p->state = p->local >= f->view.strong ? CHAIN_STRONG : CHAIN_WEAK;
	double h = !(p->owners >= p->places) ? p->places : p->owners;
	if (chain_known(p->local) && p->local >= shares_all) h = 0;
	p->index = known ? p->impact * (1 - p->local) * h * (p->months < months_worst ? p->months / months_worst : chain_known(p->months) ? 1 : NAN) : NAN;
}

/* 12 */
static void measure_inputs(const struct chain_figures *f, struct chain_product *p)
{
	double known = 0, here = 0;
	for (int32_t i = f->needs.first[p->node]; i < f->needs.first[p->node + 1]; i++) {
		const struct chain_need *n = &f->chain->need.v[f->needs.to[i]];
		int32_t q = f->of_node[n->input];
		if (!chain_known(n->share) || q < 0) continue;
		known += n->share;
		if (f->product[q].local_makers) here += n->share;
	}
	p->inputs_local = known > 0 ? here / known : NAN;
	p->extension = p->makers && !p->local_makers && p->inputs_local >= extension_least;
}

/* ---- 11: what is near to what, from who makes what where (after Hidalgo et al. 2007) ---- */

/* has[r * n + p]: place r makes p more than its size and p's spread would let expect (RCA ≥ 1 over numbers of makers). */
static uint8_t *advantages(struct cx *cx, const struct chain_figures *f, size_t places)
{
	const struct chain *c = f->chain;
	size_t n = (size_t)f->n;
	uint32_t *x = ARENA_ARRAY(cx->arena, uint32_t, places * n + 1);
	double *row = ARENA_ARRAY(cx->arena, double, places + 1), *column = ARENA_ARRAY(cx->arena, double, n + 1), all = 0;
	uint8_t *has = ARENA_ARRAY(cx->arena, uint8_t, places * n + 1);
	for (size_t i = 0; i < c->make.n; i++) {
		int32_t r = c->node.v[c->make.v[i].organisation].place, p = f->of_node[c->make.v[i].product];
		if (r < 0 || p < 0) continue;
		if (chain_inside(c, r, f->view.region)) r = f->view.region;
		x[(size_t)r * n + (size_t)p]++;
		row[r]++;
		column[p]++;
		all++;
	}
	for (size_t r = 0; r < places; r++)
		for (size_t p = 0; p < n; p++) has[r * n + p] = x[r * n + p] && (double)x[r * n + p] * all >= row[r] * column[p];
	return has;
}

static void measure_near(struct cx *cx, const struct chain_figures *f)
{
	size_t places = f->chain->place.n, n = (size_t)f->n;
	if (f->view.region < 0 || places < 2 || n > NEAR_PRODUCTS_MAX || places * n > (size_t)32 << 20) return;
	uint8_t *has = advantages(cx, f, places);
	int32_t *spread = ARENA_ARRAY(cx->arena, int32_t, n + 1), *both = ARENA_ARRAY(cx->arena, int32_t, n + 1);
	for (size_t r = 0; r < places; r++)
		for (size_t p = 0; p < n; p++) spread[p] += has[r * n + p];
	for (size_t p = 0; p < n; p++) {
		double all = 0, here = 0;
		for (size_t q = 0; q < n; q++) both[q] = 0;
		for (size_t r = 0; r < places; r++)
			for (size_t q = 0; has[r * n + p] && q < n; q++) both[q] += has[r * n + q];
		for (size_t q = 0; q < n; q++) {
			if (q == p || !both[q]) continue;
			double near = (double)both[q] / (spread[p] > spread[q] ? spread[p] : spread[q]);
			all += near;
			here += has[(size_t)f->view.region * n + q] ? near : 0;
		}
		if (all > 0) f->product[p].near = here / all;
	}
}

/* ---- order ---- */

static int by_risk(const void *a, const void *b, void *ctx)
{
	const struct chain_figures *f = ctx;
	const struct chain_product *x = &f->product[*(const int32_t *)a], *y = &f->product[*(const int32_t *)b];
	if (chain_known(x->index) != chain_known(y->index)) return chain_known(x->index) ? -1 : 1;
	if (chain_known(x->index) && x->index != y->index) return x->index > y->index ? -1 : 1;
	if (x->impact > y->impact) return -1;
	if (x->impact < y->impact) return 1;
	if (x->products != y->products) return x->products > y->products ? -1 : 1;
	return (x->node > y->node) - (x->node < y->node);
}

/* What has nothing to be ranked by keeps the order of the nodes, behind the rest: most of a large chain. */
static void rank(struct chain_figures *f)
{
	size_t n = 0;
	for (int pass = 0; pass < 2; pass++) {
		for (int i = 0; i < f->n; i++) {
			const struct chain_product *p = &f->product[i];
			bool something = chain_known(p->index) || p->impact > 0 || p->products;
			if (something == (pass == 0)) f->rank[n++] = i;
		}
		if (pass == 0) qsort_r(f->rank, n, sizeof *f->rank, by_risk, f);
	}
}

enum rc chain_measure(struct cx *cx, const struct chain *c, const struct chain_wired *w, const struct chain_view *view, struct chain_figures *out)
{
	struct chain_figures f = { .view = *view, .chain = c, .wired = w, .made_by = index_lines(cx, c, c->make.n, MADE), .makes = index_lines(cx, c, c->make.n, MAKER),
		.needs = index_lines(cx, c, c->need.n, NEEDER), .used_by = index_lines(cx, c, c->need.n, INPUT), .kind_of = index_lines(cx, c, c->variant.n, KIND),
		.kinds = index_lines(cx, c, c->variant.n, KIND_OF) };
	if (view->region < -1 || view->region >= (int32_t)c->place.n)
		return fail(cx, RC_MISSING, "chain.region", NOWHERE, "表中没有这个地区", "the tables have no such region");
	if (!(f.view.strong > 0)) f.view.strong = 0.30;
	if (!(f.view.enough > 0)) f.view.enough = 0.50;
	f.product = ARENA_ARRAY(cx->arena, struct chain_product, c->node.n + 1);
	f.rank = ARENA_ARRAY(cx->arena, int32_t, c->node.n + 1);
	f.of_node = ARENA_ARRAY(cx->arena, int32_t, c->node.n + 1);
	int32_t *from = ARENA_ARRAY(cx->arena, int32_t, c->research.n + 1), *line = ARENA_ARRAY(cx->arena, int32_t, c->research.n + 1), most = 0, covered = 0;
	for (size_t i = 0; i < c->research.n; i++) from[i] = c->research.v[i].product, line[i] = (int32_t)i;
	struct chain_rows teams = chain_rows_make(cx->arena, (int32_t)c->node.n, from, line, c->research.n);
	for (size_t v = 0; v < c->node.n; v++) {
		f.of_node[v] = c->node.v[v].kind == CHAIN_PRODUCT ? f.n : -1;
		if (f.made_by.first[v + 1] - f.made_by.first[v] > most) most = f.made_by.first[v + 1] - f.made_by.first[v];
		if (f.of_node[v] >= 0) f.product[f.n++] = (struct chain_product){ .node = (int32_t)v, .near = NAN };
	}
	struct parts owners = { ARENA_ARRAY(cx->arena, struct part, (size_t)most + 1), 0 }, places = { ARENA_ARRAY(cx->arena, struct part, (size_t)most + 1), 0 };
	for (int i = 0; i < f.n; i++) {
		struct chain_product *p = &f.product[i];
		measure_supply(&f, p, &owners, &places);
		measure_uses(&f, p);
		measure_team(&f, p, &teams);
		measure_failure(&f, p);
		judge(&f, p);
		covered += p->coverage >= f.view.enough;
	}
	for (int i = 0; i < f.n; i++) measure_inputs(&f, &f.product[i]);
	measure_near(cx, &f);
	f.coverage = f.n ? (double)covered / f.n : 0;
	rank(&f);
	*out = f;
	return RC_OK;
}

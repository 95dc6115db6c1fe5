/* A stop for a while: how much output each node loses (ESRI, downstream side, Diem et al. 2022, with σ = 1: nothing is replaced at once). */
#include <stdlib.h>

#include "engine/chain_inner.h"

enum { ROUNDS_MAX = 500 };
static const double followed = 1e-9;

/* A line that passes loss on: `weight` of its group, groups of one owner by number. */
struct pull { int32_t owner, group, member; double weight; };
struct pulls { VEC(struct pull); };

static void collect(struct cx *cx, const struct chain *c, struct pulls *p)
{
	int32_t next = (int32_t)c->group.n;
	for (size_t i = 0; i < c->need.n; i++) {
		const struct chain_need *n = &c->need.v[i];
		/* Non-essential inputs add up with their share of the product's inputs; an unknown share of those passes nothing on that is known. */
		if (!n->essential) VEC_PUSH(cx->arena, p, ((struct pull){ n->product, -1, n->input, chain_known(n->share) ? n->share : 0 }));
		else VEC_PUSH(cx->arena, p, ((struct pull){ n->product, n->group >= 0 ? n->group : next++, n->input, n->share }));
	}
	for (size_t i = 0; i < c->make.n; i++) {
		const struct chain_make *m = &c->make.v[i];
		VEC_PUSH(cx->arena, p, ((struct pull){ m->product, INT32_MAX, m->organisation, m->share }));
		if (!c->node.v[m->organisation].pseudo) VEC_PUSH(cx->arena, p, ((struct pull){ m->organisation, INT32_MAX, m->product, NAN }));
	}
	for (size_t i = 0; i < c->variant.n; i++) {
		const struct chain_variant *k = &c->variant.v[i];
		VEC_PUSH(cx->arena, p, ((struct pull){ k->kind_of, k->all ? next++ : INT32_MAX - 1, k->product, NAN }));
	}
}

static int by_owner(const void *a, const void *b)
{
	const struct pull *x = a, *y = b;
	if (x->owner != y->owner) return x->owner < y->owner ? -1 : 1;
	if (x->group != y->group) return x->group < y->group ? -1 : 1;
	return (x->member > y->member) - (x->member < y->member);
}

/* Weights of an essential group add up to 1: known shares as they are, unknown ones get the mean of the known, or all the same. */
static void even_out(struct pull *p, size_t n)
{
	double known = 0, sum = 0;
	for (size_t i = 0; i < n; i++)
		if (chain_known(p[i].weight)) known++, sum += p[i].weight;
	double each = known && sum > 0 ? sum / known : 1;
	for (size_t i = 0; i < n; i++) p[i].weight = chain_known(p[i].weight) && sum > 0 ? p[i].weight : each;
	sum = 0;
	for (size_t i = 0; i < n; i++) sum += p[i].weight;
	for (size_t i = 0; i < n; i++) p[i].weight /= sum;
}

static size_t group_end(const struct pulls *p, size_t i)
{
	size_t end = i;
	while (end < p->n && p->v[end].owner == p->v[i].owner && p->v[end].group == p->v[i].group) end++;
	return end;
}

/* An organisation that sells less of one product can still make its others: only the one that fails passes its loss on. */
static bool passes(const struct chain *c, int32_t failed, int32_t member)
{
	return c->node.v[member].kind != CHAIN_ORGANISATION || member == failed;
}

void chain_shock(struct cx *cx, const struct chain *c, int32_t p, double *loss, double *cut)
{
	struct pulls pulls = { 0 };
	collect(cx, c, &pulls);
	if (pulls.n) qsort(pulls.v, pulls.n, sizeof *pulls.v, by_owner);
	for (size_t i = 0, end; i < pulls.n; i = end) {
		end = group_end(&pulls, i);
		if (pulls.v[i].group >= 0) even_out(pulls.v + i, end - i);
	}
	for (size_t v = 0; v < c->node.n; v++) loss[v] = 0;
	loss[p] = 1;
	*cut = 1;
	for (int round = 0; round < ROUNDS_MAX && *cut > followed; round++) {
		*cut = 0;
		for (size_t i = 0, end; i < pulls.n; i = end) {
			double sum = 0;
			end = group_end(&pulls, i);
			for (size_t k = i; k < end; k++) sum += passes(c, p, pulls.v[k].member) ? pulls.v[k].weight * loss[pulls.v[k].member] : 0;
			if (sum > 1) sum = 1;
			double *mine = &loss[pulls.v[i].owner];
			if (sum <= *mine) continue;
			if (sum - *mine > *cut) *cut = sum - *mine;
			*mine = sum;
		}
	}
}

struct str chain_shock_sentence(struct arena *a, const struct chain *c, int32_t p, int32_t v, double loss, enum lang lang)
{
	struct str first = c->node.v[p].name, name = c->node.v[v].name;
	return str_fmt(a, lang == LANG_ZH ? "“%.*s”停供期间，“%.*s”产出损失 %.1f %%。" : "While %.*s stops, %.*s loses %.1f %% of its output.", STRF(first), STRF(name), loss * 100);
}

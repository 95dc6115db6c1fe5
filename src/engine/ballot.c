#include "engine/ballot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct counter {
	struct arena *arena;
	const struct ballot *b;
	struct ballot_outcome *out;
	int *order;             /* projects by score, then as in the file */
	bool *tied;
};

static const struct { struct str name; enum ballot_rule rule; } names[] = {
	{ STR_INIT("greedy"), BALLOT_GREEDY }, { STR_INIT("greedy-no-skip"), BALLOT_NO_SKIP }, { STR_INIT("greedy-threshold"), BALLOT_THRESHOLD },
	{ STR_INIT("threshold"), BALLOT_THRESHOLD }, { STR_INIT("equalshares"), BALLOT_EQUAL_SHARES }, { STR_INIT("equal-shares"), BALLOT_EQUAL_SHARES } };

bool ballot_rule_of(struct str name, enum ballot_rule *rule)
{
	for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
		if (!str_eq(name, names[k].name)) continue;
		*rule = names[k].rule;
		return true;
	}
	return false;
}

const char *ballot_rule_name(enum ballot_rule rule)
{
	static const char *const words[BALLOT_RULES] = { "greedy", "greedy-no-skip", "threshold", "equal-shares" };
	return words[rule];
}

struct place { int64_t score; int project; };

static int by_score(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	return x->score != y->score ? (x->score < y->score ? 1 : -1) : (x->project > y->project) - (x->project < y->project);
}

static int *order_of(struct arena *a, const struct ballot *b)
{
	struct place *place = ARENA_ARRAY(a, struct place, (size_t)b->n_project + 1);
	int *order = ARENA_ARRAY(a, int, (size_t)b->n_project + 1);
	for (int p = 0; p < b->n_project; p++) place[p] = (struct place){ b->project[p].score, p };
	qsort(place, (size_t)b->n_project, sizeof *place, by_score);
	for (int p = 0; p < b->n_project; p++) order[p] = place[p].project;
	return order;
}

static bool choose(struct counter *c, int p)
{
	if (c->b->project[p].cost > c->b->budget - c->out->cost) return false;
	c->out->chosen[p] = 1;
	c->out->cost += c->b->project[p].cost;
	return true;
}

/* Down the list. Projects of one score that do not all fare alike were told apart by the order of the file alone. */
static void greedy(struct counter *c, bool skip, int64_t least)
{
	const struct ballot *b = c->b;
	bool stopped = false;
	for (int from = 0, to; from < b->n_project; from = to) {
		int64_t score = b->project[c->order[from]].score;
		int taken = 0, asked = 0;
		for (to = from; to < b->n_project && b->project[c->order[to]].score == score; to++) {
			int p = c->order[to];
			if (c->out->chosen[p] || score < least || b->project[p].cost > b->budget) continue;
			asked++;
			if (stopped) continue;
			if (choose(c, p)) taken++;
			else stopped = !skip;
		}
		for (int k = from; k < to && taken && taken < asked; k++) c->tied[c->order[k]] = true;
	}
}

/* ---- equal shares ---- */

struct support { int voter; double utility; };
struct shares {
	struct support **of;    /* by project */
	int *n;
	double *left;           /* by voter */
};

static void find_support(struct counter *c, struct shares *s)
{
	const struct ballot *b = c->b;
	s->of = ARENA_ARRAY(c->arena, struct support *, (size_t)b->n_project + 1);
	s->n = ARENA_ARRAY(c->arena, int, (size_t)b->n_project + 1);
	s->left = ARENA_ARRAY(c->arena, double, (size_t)b->n_vote + 1);
	for (int pass = 0; pass < 2; pass++) {
		for (int v = 0; v < b->n_vote; v++)
			for (int k = 0; k < b->vote[v].n; k++) {
				int p = b->vote[v].project[k];
				if (b->vote[v].points[k] <= 0) continue;
				if (pass) s->of[p][s->n[p]] = (struct support){ v, (double)b->vote[v].points[k] * (double)b->project[p].cost };
				s->n[p]++;
			}
		for (int p = 0; p < b->n_project && !pass; p++) s->of[p] = ARENA_ARRAY(c->arena, struct support, (size_t)s->n[p] + 1), s->n[p] = 0;
	}
}

struct payer { double limit, left, utility; };

static int by_limit(const void *a, const void *b)
{
	const struct payer *x = a, *y = b;
	return (x->limit > y->limit) - (x->limit < y->limit);
}

/* The least price per unit of satisfaction at which the supporters can pay; INFINITY: they cannot. */
static double price_of(const struct counter *c, const struct shares *s, int p, struct payer *payer)
{
	double cost = (double)c->b->project[p].cost, money = 0, utility = 0;
	for (int k = 0; k < s->n[p]; k++) {
		const struct support *u = &s->of[p][k];
		payer[k] = (struct payer){ u->utility > 0 ? s->left[u->voter] / u->utility : INFINITY, s->left[u->voter], u->utility };
		money += payer[k].left;
		utility += u->utility;
	}
	if (money < cost - 1e-6 || utility <= 0) return INFINITY;
	qsort(payer, (size_t)s->n[p], sizeof *payer, by_limit);
	for (int k = 0; k < s->n[p]; k++) {
		double price = cost / utility;
		if (price <= payer[k].limit * (1 + 1e-12)) return price;
		cost -= payer[k].left;
		utility -= payer[k].utility;
	}
	return payer[s->n[p] - 1].limit;
}

/* One run with every share at `share`. False: its cost is over the budget. */
static bool run_shares(struct counter *c, struct shares *s, double share, signed char *chosen, bool *tied)
{
	const struct ballot *b = c->b;
	struct arena *a = arena_new((size_t)1 << 30);
	struct payer *payer = ARENA_ARRAY(a, struct payer, (size_t)b->n_vote + 1);
	int64_t cost = 0;
	memset(chosen, 0, (size_t)b->n_project);
	memset(tied, 0, sizeof *tied * (size_t)b->n_project);
	for (int v = 0; v < b->n_vote; v++) s->left[v] = share;
	for (;;) {
		double best = INFINITY;
		int pick = -1, equal = -1;
		for (int i = 0; i < b->n_project; i++) {
			int p = c->order[i];
			if (chosen[p] || !b->project[p].cost) continue;
			double price = price_of(c, s, p, payer);
			if (price < best * (1 - 1e-12)) best = price, pick = p, equal = -1;
			else if (pick >= 0 && price <= best * (1 + 1e-12)) equal = p;
		}
		if (pick < 0) break;
		if (equal >= 0) tied[pick] = tied[equal] = true;
		chosen[pick] = 1;
		cost += b->project[pick].cost;
		for (int k = 0; k < s->n[pick]; k++) {
			double *left = &s->left[s->of[pick][k].voter], pays = best * s->of[pick][k].utility;
			*left -= pays < *left ? pays : *left;
		}
	}
	arena_free(a);
	return cost <= b->budget;
}

static bool all_in(const struct counter *c, const signed char *x)
{
	for (int p = 0; p < c->b->n_project; p++)
		if (!x[p] && c->b->project[p].cost && c->b->project[p].cost <= c->b->budget) return false;
	return true;
}

static void equal_shares(struct counter *c)
{
	enum { RAISES_MAX = 20000 };
	const struct ballot *b = c->b;
	struct shares s;
	signed char *x = ARENA_ARRAY(c->arena, signed char, (size_t)b->n_project + 1);
	bool *tied = ARENA_ARRAY(c->arena, bool, (size_t)b->n_project + 1);
	find_support(c, &s);
	double share = (double)b->budget / (double)b->n_vote;
	for (int k = 0; k < RAISES_MAX && run_shares(c, &s, share + 100.0 * k, x, tied); k++) {
		memcpy(c->out->chosen, x, (size_t)b->n_project);
		memcpy(c->tied, tied, sizeof *tied * (size_t)b->n_project);
		if (all_in(c, x)) break;         /* nothing more can come in */
	}
	for (int p = 0; p < b->n_project; p++) c->out->cost += c->out->chosen[p] ? b->project[p].cost : 0;
	greedy(c, true, 0);
}

enum rc ballot_count(struct cx *cx, const struct ballot *b, enum ballot_rule rule, struct ballot_outcome *out)
{
	struct ballot_outcome made = { .chosen = ARENA_ARRAY(cx->arena, signed char, (size_t)b->n_project + 1) };
	struct counter c = { cx->arena, b, &made, order_of(cx->arena, b), ARENA_ARRAY(cx->arena, bool, (size_t)b->n_project + 1) };
	if (rule == BALLOT_EQUAL_SHARES && !b->n_vote)
		return fail(cx, RC_INVALID, "ballot.votes", NOWHERE, "等额份额法需要选票", "equal shares needs the votes");
	if (rule == BALLOT_EQUAL_SHARES) equal_shares(&c);
	else greedy(&c, rule != BALLOT_NO_SKIP, rule == BALLOT_THRESHOLD ? b->threshold : 0);
	int *list = ARENA_ARRAY(cx->arena, int, (size_t)b->n_project + 1);
	for (int p = 0; p < b->n_project; p++) {
		made.score += made.chosen[p] ? b->project[p].score : 0;
		if (c.tied[p]) list[made.n_tied++] = p;
	}
	made.tied = list;
	*out = made;
	return RC_OK;
}

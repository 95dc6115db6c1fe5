/* What if: changes to an exact answer, each mended on the prices that are there. */
#include <stdlib.h>
#include <string.h>

#include "engine/assign_core.h"
#include "engine/assign_inner.h"

static const int32_t FORCE = 1000000000;        /* above every affinity, and their sum still fits */

struct assign_session { const struct assign_input *in; struct core *c; int32_t *cost; int64_t total, unfilled; };

/* A pair that shifts back and forth counts once. */
static int move_cmp(const void *x, const void *y)
{
	const struct move *a = x, *b = y;
	return a->pair < b->pair ? -1 : a->pair > b->pair;
}

static void diff_of(struct cx *cx, struct assign_session *s, struct assign_diff *out)
{
	struct core *c = s->c;
	size_t n = c->moves.n;
	uint32_t *added = ARENA_ARRAY(cx->arena, uint32_t, n), *removed = ARENA_ARRAY(cx->arena, uint32_t, n);
	struct assign_diff d = { .added = added, .removed = removed };
	if (n) qsort(c->moves.v, n, sizeof *c->moves.v, move_cmp);
	for (size_t from = 0, to; from < n; from = to) {
		int net = 0;
		for (to = from; to < n && c->moves.v[to].pair == c->moves.v[from].pair; to++) net += c->moves.v[to].taken ? 1 : -1;
		uint32_t i = c->moves.v[from].pair;
		if (net > 0) added[d.n_added++] = i, s->total += s->in->affinity[i];
		if (net < 0) removed[d.n_removed++] = i, s->total -= s->in->affinity[i];
	}
	d.total = d.bound = s->total;
	d.unfilled = s->unfilled;
	c->moves.n = 0;
	*out = d;
}

static bool open_application(const struct core *c, int a) { return c->held[a] < c->need[a]; }
static bool open_expert(const struct core *c, int e) { return c->list[e].n < c->min[e]; }

/* Everything is counted only when something touched is open or something was: there may be a million others. */
static void count_unfilled(struct assign_session *s, const struct assign_change *change, int n)
{
	const struct core *c = s->c;
	bool open = s->unfilled > 0;
	for (size_t i = 0; !open && i < c->moves.n; i++) open = open_application(c, c->moves.v[i].application) || open_expert(c, c->expert[c->moves.v[i].pair]);
	for (int k = 0; !open && k < n; k++) open = open_application(c, change[k].application) || open_expert(c, change[k].expert);
	s->unfilled = open ? core_unfilled(c) : 0;
}

enum rc assign_session_open(struct cx *cx, const struct assign_input *in, const struct assign_result *from, struct assign_session **out)
{
	struct assign_session *s = ARENA_NEW(cx->arena, struct assign_session);
	uint32_t pairs = in->row[in->n_application];
	s->in = in;
	s->cost = ARENA_ARRAY(cx->arena, int32_t, pairs);
	if (pairs) memcpy(s->cost, in->affinity, pairs * sizeof *s->cost);
	struct core *c = s->c = core_new(cx->arena, in, s->cost);
	if (!from->price) return fail(cx, RC_CONFLICT, "assign.session", NOWHERE, "此结果没有价格，不能在其上推演", "this answer has no prices to go on from");
	memcpy(c->v, from->price, (size_t)c->ne * sizeof *c->v);
	for (int a = 0; a < c->np; a++)
		for (uint32_t k = from->first[a]; k < from->first[a + 1]; k++) core_take(c, a, from->pair[k]);
	for (int a = 0; a < c->np; a++) core_settle(c, a);
	core_columns(c);
	core_mend(c);
	for (int a = 0; a < c->np; a++)
		for (int k = 0; k < c->held[a]; k++) s->total += in->affinity[c->pair[c->first[a] + (uint32_t)k]];
	s->unfilled = core_unfilled(c);
	c->logging = true;
	*out = s;
	return RC_OK;
}

static int surplus_cmp(const void *x, const void *y)
{
	const int64_t *a = x, *b = y;
	return a[0] != b[0] ? (a[0] < b[0] ? -1 : 1) : a[1] < b[1] ? -1 : a[1] > b[1];
}

/* Settle everybody who holds e; dropping changes the list, so from a copy. */
static void settle_holders(struct cx *cx, struct core *c, int e)
{
	int n = c->list[e].n;
	int32_t *v = ARENA_ARRAY(cx->arena, int32_t, (size_t)n);
	for (int h = 0; h < n; h++) v[h] = c->list[e].v[h].application;
	for (int h = 0; h < n; h++) core_settle(c, v[h]);
}

/* More than the maximum: the price rises until just enough would rather go. */
static void shed(struct cx *cx, struct core *c, int e)
{
	int n = c->list[e].n, over = n - c->max[e];
	if (over <= 0) return;
	int64_t (*v)[2] = arena_array(cx->arena, (size_t)n, sizeof *v);
	for (int h = 0; h < n; h++) {
		struct hold x = c->list[e].v[h];
		v[h][0] = core_value(c, x.pair) - c->u[x.application];
		v[h][1] = x.pair;
	}
	qsort(v, (size_t)n, sizeof *v, surplus_cmp);
	c->v[e] += v[over - 1][0];
	for (int k = 0; k < over; k++) {
		int h = 0;
		while (c->list[e].v[h].pair != (uint32_t)v[k][1]) h++;
		int a = c->list[e].v[h].application;
		core_drop(c, a, (uint32_t)v[k][1]);
		core_settle(c, a);
	}
	settle_holders(cx, c, e);
}

static void change_load(struct cx *cx, struct core *c, int e, int32_t min, int32_t max)
{
	int32_t degree = (int32_t)(c->column_start[e + 1] - c->column_start[e]);
	c->min[e] = min;
	c->max[e] = max < degree ? max : degree;
	core_room(c, e);
	core_revive(c);
	if (c->v[e] < 0 && c->list[e].n > min) {
		c->v[e] = 0;
		settle_holders(cx, c, e);
	}
	shed(cx, c, e);
	core_mend_expert(c, e);
}

static enum rc change_pair(struct cx *cx, struct assign_session *s, const struct assign_change *x)
{
	struct core *c = s->c;
	uint32_t i = x->application >= 0 && x->application < c->np ? core_find(c, x->application, x->expert) : NO_PAIR;
	if (i == NO_PAIR || (x->kind == ASSIGN_FORCE && s->in->affinity[i] == ASSIGN_FORBIDDEN))
		return fail(cx, RC_INVALID, "assign.change", NOWHERE, "不是可用的候选对", "not a pair that could be assigned");
	s->cost[i] = x->kind == ASSIGN_FORBID ? ASSIGN_FORBIDDEN : s->in->affinity[i] + FORCE;
	core_revive(c);
	core_settle(c, x->application);
	core_mend_application(c, x->application);
	return RC_OK;
}

enum rc assign_session_change(struct cx *cx, struct assign_session *s, const struct assign_change *change, int n, struct assign_diff *out)
{
	for (int k = 0; k < n; k++) {
		const struct assign_change *x = &change[k];
		if (x->expert < 0 || x->expert >= s->c->ne) return fail(cx, RC_INVALID, "assign.change", NOWHERE, "没有这一专家", "no such expert");
		if (x->kind != ASSIGN_LOAD) TRY(change_pair(cx, s, x));
		else if (x->min < 0 || x->max < x->min) return fail(cx, RC_INVALID, "assign.change", NOWHERE, "负荷有误", "not a load");
		else change_load(cx, s->c, x->expert, x->min, x->max);
		core_mend_logged(s->c);
	}
	count_unfilled(s, change, n);
	diff_of(cx, s, out);
	return RC_OK;
}

void assign_session_pairs(struct cx *cx, const struct assign_session *s, const uint32_t **first, const uint32_t **pair) { assign_gather(cx, s->c, first, pair); }

int64_t assign_session_proof(const struct assign_session *s)
{
	int64_t forced = 0;
	const struct core *c = s->c;
	for (uint32_t i = 0; i < c->row[c->np]; i++) forced += s->cost[i] > ASSIGN_AFFINITY_MAX;
	return core_dual(c) - forced * FORCE;
}

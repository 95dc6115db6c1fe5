/* assign_solve: the input checked, the right method chosen, the answer gathered. */
#include "engine/assign.h"

#include <stdlib.h>
#include <string.h>

#include "engine/assign_core.h"
#include "engine/assign_inner.h"

static enum rc malformed(struct cx *cx, const char *zh, const char *en, int at)
{
	return fail(cx, RC_INVALID, "assign.input", NOWHERE, "指派输入有误：%s%.0s（%d）", "bad input: %.0s%s (%d)", zh, en, at);
}

static enum rc row_valid(struct cx *cx, const struct assign_input *in, int a)
{
	if (in->need[a] < 0 || in->need[a] > ASSIGN_NEED_MAX) return malformed(cx, "所需专家数", "the number of experts needed", a);
	if (in->row[a + 1] < in->row[a]) return malformed(cx, "行", "rows", a);
	for (uint32_t i = in->row[a]; i < in->row[a + 1]; i++) {
		if (in->expert[i] < 0 || in->expert[i] >= in->n_expert || (i > in->row[a] && in->expert[i] <= in->expert[i - 1]))
			return malformed(cx, "候选专家须递增", "candidates must increase", a);
		int32_t w = in->affinity[i];
		if (w != ASSIGN_FORBIDDEN && (w > ASSIGN_AFFINITY_MAX || w < -ASSIGN_AFFINITY_MAX)) return malformed(cx, "契合度过大", "affinity too large", a);
	}
	return RC_OK;
}

static enum rc input_valid(struct cx *cx, const struct assign_input *in)
{
	if (in->n_application < 0 || in->n_expert < 0 || in->n_quota > ASSIGN_QUOTA_MAX || in->row[0] != 0) return malformed(cx, "规模", "sizes", 0);
	if (in->cycle && in->cycle != 2 && in->cycle != 3) return malformed(cx, "环长", "length of rings", in->cycle);
	for (int a = 0; a < in->n_application; a++) TRY(row_valid(cx, in, a));
	for (int e = 0; e < in->n_expert; e++)
		if (in->max[e] < 0 || (in->min && (in->min[e] < 0 || in->min[e] > in->max[e]))) return malformed(cx, "专家负荷", "loads", e);
	return RC_OK;
}

bool assign_has_side_rules(const struct assign_input *in) { return in->n_quota || in->n_cap || in->cycle; }

/* ---- flows ---- */

static void settle_and_mend(struct core *c)
{
	for (int a = 0; a < c->np; a++) core_settle(c, a);
	core_mend(c);
}

/* The same pairs, none worth more than another. */
static int32_t *flattened(struct cx *cx, const struct assign_input *in, const int32_t *cost)
{
	uint32_t pairs = in->row[in->n_application];
	int32_t *flat = ARENA_ARRAY(cx->arena, int32_t, pairs);
	for (uint32_t i = 0; i < pairs; i++) flat[i] = cost[i] == ASSIGN_FORBIDDEN ? ASSIGN_FORBIDDEN : 0;
	return flat;
}

/* A largest flow whatever it is worth: says quickly that a case is infeasible, where prices would only chase each other. */
static struct core *largest(struct cx *cx, const struct assign_input *in, const int32_t *cost, const struct assign_options *o)
{
	struct core *c = core_new(cx->arena, in, flattened(cx, in, cost));
	c->stop = o->stop;
	c->stop_ctx = o->stop_ctx;
	settle_and_mend(c);
	return c;
}

struct core *assign_flow(struct cx *cx, const struct assign_input *in, const int32_t *cost, const struct assign_options *o)
{
	struct core *c = core_new(cx->arena, in, cost);
	c->stop = o->stop;
	c->stop_ctx = o->stop_ctx;
	int64_t room = 0;
	for (int e = 0; e < c->ne; e++) room += c->max[e];
	c->lost = room < c->first[c->np];
	if (!c->lost) core_auction(c);
	if (c->lost && !c->stopped) {
		struct core *flat = largest(cx, in, cost, o);
		c->stopped = flat->stopped;
		if (!flat->stopped && core_unfilled(flat)) return flat;
	}
	settle_and_mend(c);
	return c;
}

static int pair_cmp(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

void assign_gather(struct cx *cx, const struct core *c, const uint32_t **first, const uint32_t **pair)
{
	uint32_t *f = ARENA_ARRAY(cx->arena, uint32_t, (size_t)c->np + 1), *p = ARENA_ARRAY(cx->arena, uint32_t, c->first[c->np]);
	for (int a = 0; a < c->np; a++) {
		f[a + 1] = f[a] + (uint32_t)c->held[a];
		if (c->held[a]) memcpy(p + f[a], c->pair + c->first[a], (size_t)c->held[a] * sizeof *p);
		qsort(p + f[a], (size_t)c->held[a], sizeof *p, pair_cmp);
	}
	*first = f;
	*pair = p;
}

void assign_figures(const struct assign_input *in, const uint32_t *first, const uint32_t *pair, int64_t *total, int32_t *worst, int64_t *worst_total)
{
	bool any = false, any_application = false;
	*total = *worst_total = 0;
	*worst = 0;
	for (int a = 0; a < in->n_application; a++) {
		int64_t sum = 0;
		for (uint32_t k = first[a]; k < first[a + 1]; k++) {
			int32_t w = in->affinity[pair[k]];
			sum += w;
			if (!any || w < *worst) *worst = w;
			any = true;
		}
		*total += sum;
		if (in->need[a] && (!any_application || sum < *worst_total)) *worst_total = sum, any_application = true;
	}
}

/* What was held when the work was stopped, completed by any pairs that are allowed: what they are worth is not looked at. */
static struct core *completed(struct cx *cx, const struct assign_input *in, const struct core *c)
{
	struct core *flat = core_new(cx->arena, in, flattened(cx, in, c->cost));
	for (int a = 0; a < c->np; a++)
		for (int k = 0; k < c->held[a]; k++) core_take(flat, a, c->pair[c->first[a] + (uint32_t)k]);
	settle_and_mend(flat);
	return flat;
}

enum rc assign_from_core(struct cx *cx, const struct assign_input *in, struct core *c, struct assign_result *out)
{
	bool early = c->stopped;
	if (early) c = completed(cx, in, c);
	struct assign_result r = { .unfilled = core_unfilled(c), .price = early ? NULL : c->v };
	assign_gather(cx, c, &r.first, &r.pair);
	assign_figures(in, r.first, r.pair, &r.total, &r.worst, &r.worst_total);
	r.status = r.unfilled ? ASSIGN_INFEASIBLE : early ? ASSIGN_FEASIBLE : ASSIGN_OPTIMAL;
	if (r.unfilled) assign_why(cx, in, c, &r);
	*out = r;
	return RC_OK;
}

enum rc assign_solve(struct cx *cx, const struct assign_input *in, const struct assign_options *o, struct assign_result *out)
{
	TRY(input_valid(cx, in));
	if (o->objective != ASSIGN_TOTAL) return assign_fair(cx, in, o, out);
	if (o->draw) return assign_draw(cx, in, o, out);
	if (assign_has_side_rules(in)) return assign_ruled(cx, in, o, out);
	struct core *c = assign_flow(cx, in, in->affinity, o);
	TRY(assign_from_core(cx, in, c, out));
	out->bound = out->status == ASSIGN_INFEASIBLE ? 0 : core_dual(c);        /* valid for any prices: also when stopped */
	if (out->status == ASSIGN_OPTIMAL && out->bound != out->total) out->status = ASSIGN_FEASIBLE;   /* never seen: the proof decides, not the method */
	return RC_OK;
}

int64_t assign_bound(const struct assign_input *in, const int64_t *price)
{
	struct arena *scratch = arena_new((size_t)8 << 30);
	struct core *c = core_new(scratch, in, in->affinity);
	memcpy(c->v, price, (size_t)c->ne * sizeof *price);
	int64_t bound = core_dual(c);
	arena_free(scratch);
	return bound;
}

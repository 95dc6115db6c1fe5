/* Fairness and the draw: several exact flows one after the other, each inside the best answers of the one before. */
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "engine/assign_core.h"
#include "engine/assign_inner.h"

/* The best answers of a flow: pairs that none of them uses go, pairs (or organisations) that all of them use are given `bonus`, experts
   whose price is not zero keep their load. Written into `cost`, `min`, `max`. */

static void face_application(const struct core *c, int a, const int32_t *weight, int32_t bonus, int32_t *cost)
{
	for (uint32_t i = c->row[a]; i < c->row[a + 1]; i++) {
		bool held = core_holds(c, a, i);
		int k = core_rival(c, a, c->expert[i]);
		cost[i] = ASSIGN_FORBIDDEN;
		if (c->cost[i] == ASSIGN_FORBIDDEN) continue;
		int64_t value = core_value(c, i);
		if (!held && k >= 0 ? value < core_value(c, c->pair[c->first[a] + (uint32_t)k]) : !held && value < c->u[a]) continue;
		cost[i] = weight[i] + (value > c->u[a] ? bonus : 0);
	}
}

static void face_of(const struct core *c, const int32_t *weight, int32_t bonus, int32_t *cost, int32_t *min, int32_t *max)
{
	for (int a = 0; a < c->np; a++) face_application(c, a, weight, bonus, cost);
	for (int e = 0; e < c->ne; e++) {
		min[e] = c->v[e] > 0 ? c->max[e] : c->min[e];
		max[e] = c->v[e] < 0 ? c->min[e] : c->max[e];
	}
}

/* Feasible with pairs of at least `level` only? */
static enum rc reaches(struct cx *cx, const struct assign_input *in, const struct assign_options *o, int32_t level, int32_t *cost, bool *yes)
{
	struct arena *mine = arena_new((size_t)16 << 30), *outer = cx->arena;
	for (uint32_t i = 0; i < in->row[in->n_application]; i++) cost[i] = in->affinity[i] < level ? ASSIGN_FORBIDDEN : in->affinity[i];
	struct assign_input at = *in;
	struct assign_options total = *o;
	struct assign_result r;
	at.affinity = cost;
	total.objective = ASSIGN_TOTAL;
	total.draw = false;
	cx->arena = mine;
	enum rc rc = assign_solve(cx, &at, &total, &r);
	cx->arena = outer;
	*yes = rc == RC_OK && (r.status == ASSIGN_OPTIMAL || r.status == ASSIGN_FEASIBLE);
	arena_free(mine);
	return rc;
}

static int level_cmp(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
	return x < y ? -1 : x > y;
}

/* The different affinities, increasing. */
static int levels_of(struct cx *cx, const struct assign_input *in, int32_t **out)
{
	uint32_t pairs = in->row[in->n_application];
	int n = 0;
	int32_t *v = ARENA_ARRAY(cx->arena, int32_t, pairs);
	for (uint32_t i = 0; i < pairs; i++)
		if (in->affinity[i] != ASSIGN_FORBIDDEN) v[n++] = in->affinity[i];
	if (!n) return 0;
	qsort(v, (size_t)n, sizeof *v, level_cmp);
	int kept = 1;
	for (int i = 1; i < n; i++)
		if (v[i] != v[kept - 1]) v[kept++] = v[i];
	*out = v;
	return kept;
}

/* The highest level at which everything can be filled; -1 when not even the lowest. */
static enum rc best_level(struct cx *cx, const struct assign_input *in, const struct assign_options *o, const int32_t *level, int n, int32_t *cost, int *found)
{
	int lo = -1, hi = n;            /* lo is reached, hi is not */
	while (hi - lo > 1) {
		int mid = lo < 0 && hi == n ? 0 : lo + (hi - lo) / 2;
		bool yes;
		TRY(reaches(cx, in, o, level[mid], cost, &yes));
		if (yes) lo = mid;
		else hi = mid;
		if (lo < 0) break;
	}
	*found = lo;
	return RC_OK;
}

/* The lowest affinity above `level` that some application may still take or leave; false: nothing is left to choose. */
static bool next_level(const struct assign_input *in, const int32_t *cost, int32_t level, int32_t *next)
{
	bool found = false;
	for (int a = 0; a < in->n_application; a++) {
		int open = 0;
		for (uint32_t i = in->row[a]; i < in->row[a + 1]; i++) open += cost[i] != ASSIGN_FORBIDDEN;
		for (uint32_t i = in->row[a]; open > in->need[a] && i < in->row[a + 1]; i++)
			if (cost[i] != ASSIGN_FORBIDDEN && in->affinity[i] > level && (!found || in->affinity[i] < *next)) *next = in->affinity[i], found = true;
	}
	return found;
}

/* As few pairs as possible at the lowest level, then at the next, and so on. Each stage works in an arena of its own. */
static enum rc leximin(struct cx *cx, const struct assign_input *in, const struct assign_options *o, int32_t level, struct assign_result *out)
{
	uint32_t pairs = in->row[in->n_application];
	int32_t *weight = ARENA_ARRAY(cx->arena, int32_t, pairs), *cost = ARENA_ARRAY(cx->arena, int32_t, pairs), *next = ARENA_ARRAY(cx->arena, int32_t, pairs);
	int32_t *min = ARENA_ARRAY(cx->arena, int32_t, (size_t)in->n_expert), *max = ARENA_ARRAY(cx->arena, int32_t, (size_t)in->n_expert), places = 0;
	struct assign_input now = *in;
	for (int a = 0; a < in->n_application; a++) places += in->need[a];
	for (uint32_t i = 0; i < pairs; i++) cost[i] = in->affinity[i] < level ? ASSIGN_FORBIDDEN : in->affinity[i] > level;
	for (bool more = true; more;) {
		struct arena *mine = arena_new((size_t)16 << 30);
		struct cx stage = *cx;
		stage.arena = mine;
		struct core *c = assign_flow(&stage, &now, cost, o);
		face_of(c, weight, places + 1, next, min, max);
		now.min = min;
		now.max = max;
		more = !c->stopped && next_level(in, next, level, &level);
		enum rc rc = more ? RC_OK : assign_from_core(cx, in, c, out);
		arena_free(mine);
		TRY(rc);
		for (uint32_t i = 0; i < pairs; i++) cost[i] = next[i] == ASSIGN_FORBIDDEN ? ASSIGN_FORBIDDEN : next[i] + (in->affinity[i] > level);
	}
	return RC_OK;
}

enum rc assign_fair(struct cx *cx, const struct assign_input *in, const struct assign_options *o, struct assign_result *out)
{
	int32_t *level = NULL, *cost = ARENA_ARRAY(cx->arena, int32_t, in->row[in->n_application]);
	int n = levels_of(cx, in, &level), at = -1;
	struct assign_options total = *o;
	total.objective = ASSIGN_TOTAL;
	if (n) TRY(best_level(cx, in, o, level, n, cost, &at));
	if (at < 0) return assign_solve(cx, in, &total, out);   /* infeasible: says why */
	if (o->objective == ASSIGN_FAIR && !assign_has_side_rules(in)) {
		TRY(leximin(cx, in, o, level[at], out));
		out->price = NULL;
		out->bound = out->status == ASSIGN_OPTIMAL ? out->total : assign_bound(in, ARENA_ARRAY(cx->arena, int64_t, (size_t)in->n_expert));
		return RC_OK;
	}
	for (uint32_t i = 0; i < in->row[in->n_application]; i++) cost[i] = in->affinity[i] < level[at] ? ASSIGN_FORBIDDEN : in->affinity[i];
	struct assign_input fair = *in;
	fair.affinity = cost;
	return assign_solve(cx, &fair, &total, out);
}

/* ---- the draw ---- */

/* A number below n from the seed and the two names: the same whatever the order of the files. */
static int32_t drawn(uint64_t seed, uint64_t application, uint64_t expert, int32_t n)
{
	struct rng r = rng_seed(seed ^ application * 0x9E3779B97F4A7C15ull ^ (expert << 32 | expert >> 32));
	return (int32_t)rng_below(&r, (uint64_t)n);
}

static uint64_t key_of(const struct str *names, int k) { return names ? str_hash(names[k]) : (uint64_t)k + 1; }

enum rc assign_draw(struct cx *cx, const struct assign_input *in, const struct assign_options *o, struct assign_result *out)
{
	const int32_t bonus_max = ASSIGN_AFFINITY_MAX / 2;
	uint32_t pairs = in->row[in->n_application];
	int32_t *cost = ARENA_ARRAY(cx->arena, int32_t, pairs), *lot = ARENA_ARRAY(cx->arena, int32_t, pairs);
	struct assign_options plain = *o;
	struct assign_result first;
	plain.draw = false;
	TRY(assign_solve(cx, in, &plain, &first));
	*out = first;
	if (first.status == ASSIGN_INFEASIBLE || first.status == ASSIGN_UNKNOWN) return RC_OK;
	int32_t places = (int32_t)first.first[in->n_application] + 1, n = o->tolerance > 0 ? o->tolerance + 1 : bonus_max / places > 1 ? bonus_max / places : 2;
	for (int a = 0; a < in->n_application; a++)
		for (uint32_t i = in->row[a]; i < in->row[a + 1]; i++)
			lot[i] = drawn(o->seed, key_of(in->application_id, a), key_of(in->expert_id, in->expert[i]), n);
	struct assign_input next = *in;
	if (o->tolerance > 0 || !first.price) {         /* each pair may gain up to the tolerance */
		if (o->tolerance <= 0) return RC_OK;
		for (uint32_t i = 0; i < pairs; i++) cost[i] = in->affinity[i] == ASSIGN_FORBIDDEN ? ASSIGN_FORBIDDEN : in->affinity[i] + lot[i];
		next.affinity = cost;
	} else {                                        /* among the best answers, by lot */
		struct core *c = core_new(cx->arena, in, in->affinity);
		memcpy(c->v, first.price, (size_t)c->ne * sizeof *c->v);
		for (int a = 0; a < c->np; a++)
			for (uint32_t k = first.first[a]; k < first.first[a + 1]; k++) core_take(c, a, first.pair[k]);
		for (int a = 0; a < c->np; a++) core_settle(c, a);
		int32_t *min = ARENA_ARRAY(cx->arena, int32_t, (size_t)c->ne), *max = ARENA_ARRAY(cx->arena, int32_t, (size_t)c->ne);
		face_of(c, lot, n * places, cost, min, max);
		next.affinity = cost;
		next.min = min;
		next.max = max;
	}
	TRY(assign_solve(cx, &next, &plain, out));
	assign_figures(in, out->first, out->pair, &out->total, &out->worst, &out->worst_total);
	out->bound = first.bound;
	out->price = first.price;
	out->status = out->total == out->bound ? ASSIGN_OPTIMAL : ASSIGN_FEASIBLE;
	return RC_OK;
}

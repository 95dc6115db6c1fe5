/* Rules outside the transportation problem: quotas of classes, caps for groups of applications, rings of applicants.

   Each rule is a cut: a set of pairs of which at most, or at least, so many may be used. A cut that the exact flow breaks gets a
   multiplier on the costs of its pairs, just enough to move one of them at the present prices; the flow is mended and the next breach is
   looked for. The flow's value plus multiplier times right-hand side bounds the optimum at every moment (Lagrange), and a flow that
   breaks nothing is an answer; it is optimal when no cut with a multiplier has slack. What gap is left is closed by a 0-1 programme over
   the pairs that a better answer could have otherwise, which the bound and the prices say. */
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "engine/assign_core.h"
#include "engine/assign_inner.h"
#include "engine/assign_program.h"

enum cut_kind { CUT_QUOTA, CUT_CAP, CUT_RING };

struct cut {
	enum cut_kind kind;
	bool least;                     /* at least `rhs` (else at most) */
	int32_t rhs, n;
	uint32_t *pair;
	int32_t *application;           /* of each pair */
	int64_t mult, growth;
	int rule, group;                /* which quota or cap, which group */
	int next;                       /* of the same expert */
	int used;                       /* pairs used, as of the last update */
};

struct ruled {
	struct cx *cx;
	const struct assign_input *in;
	struct core *c;
	int32_t *cost;                  /* scaled, with multipliers */
	int32_t scale, first_step;      /* a first step too long does no harm while its cut ends up exactly at `rhs` */
	VEC(struct cut) cuts;
	int *quota_cut;                 /* by application and quota: 1 + index */
	int *chain;                     /* by expert: 1 + index of its first cap or ring */
	uint32_t *own_start;            /* applications by applicant, for rings */
	int32_t *own;
	int64_t constant;               /* of the multipliers */
	int64_t lowest;                 /* no answer is below (scaled) */
	int64_t best_total;
	uint32_t *best;                 /* slots as in the core */
	int32_t *best_held;
	bool any;
	VEC(int32_t) dirty;             /* applications that changed since the last update */
	unsigned char *is_dirty;
	int64_t enough;                 /* a gap that is not worth more work */
	bool any_will_do;               /* only whether there is an answer is asked */
};

/* Above so many places 0.08 % of the total is near enough. */
enum { EXACT_PLACES = 3000, SCALE = 1 << 20, SCALE_LARGE = 32, WIDEST = 10000000 };  /* multipliers may grow to ten times the widest affinity */
static const int64_t MULT_MAX = 1 << 27;

static int used(const struct ruled *r, const struct cut *k)
{
	int n = 0;
	for (int j = 0; j < k->n; j++) n += core_holds(r->c, k->application[j], k->pair[j]);
	return n;
}

static bool broken(const struct cut *k) { return k->least ? k->used < k->rhs : k->used > k->rhs; }

static void touch(struct ruled *r, int a)
{
	if (r->is_dirty[a]) return;
	r->is_dirty[a] = 1;
	VEC_PUSH(r->cx->arena, &r->dirty, a);
}

static void mend(struct ruled *r)
{
	core_mend_logged(r->c);
	for (size_t i = 0; i < r->c->moves.n; i++) touch(r, r->c->moves.v[i].application);
	r->c->moves.n = 0;
}

static bool usable(const struct ruled *r, uint32_t i) { return r->cost[i] != ASSIGN_FORBIDDEN; }

/* Change a multiplier; the applications concerned are settled, mending is up to the caller. */
static void shift(struct ruled *r, struct cut *k, int64_t by)
{
	int32_t each = (int32_t)(k->least ? by : -by);
	k->mult += by;
	r->constant -= (int64_t)each * k->rhs;
	for (int j = 0; j < k->n; j++)
		if (usable(r, k->pair[j])) r->cost[k->pair[j]] += each;
	core_revive(r->c);
	for (int j = 0; j < k->n; j++)
		if (j == 0 || k->application[j] != k->application[j - 1]) core_settle(r->c, k->application[j]);
}

/* ---- how much a broken cut must move ---- */

static bool in_cut(const struct cut *k, uint32_t i)
{
	for (int j = 0; j < k->n; j++)
		if (k->pair[j] == i) return true;
	return false;
}

/* What it takes that some application swaps a held pair of the cut for one outside it. INT64_MAX: it cannot. */
static int64_t cheapest_out(const struct ruled *r, const struct cut *k)
{
	const struct core *c = r->c;
	int64_t low = INT64_MAX;
	for (int j = 0; j < k->n; j++) {
		int a = k->application[j];
		uint32_t held = k->pair[j];
		if (!core_holds(c, a, held)) continue;
		int64_t value = core_value(c, held);
		if (k->kind != CUT_QUOTA) {             /* one pair of the application: everything else is outside */
			if (value - c->u[a] < low) low = value - c->u[a];
			continue;
		}
		for (uint32_t i = c->row[a]; i < c->row[a + 1]; i++) {
			if (!usable(r, i) || value - core_value(c, i) >= low || core_holds(c, a, i) || quota_has(&r->in->quota[k->rule], r->in, a, i)) continue;
			int rival = core_rival(c, a, c->expert[i]);
			if (rival < 0 || c->pair[c->first[a] + (uint32_t)rival] == held) low = value - core_value(c, i);
		}
	}
	return low;
}

/* What it takes that an application swaps one held pair outside the cut for one inside. INT64_MAX: it cannot. */
static int64_t cheapest_in(const struct ruled *r, const struct cut *k)
{
	int64_t low = INT64_MAX;
	for (int j = 0; j < k->n; j++) {
		int a = k->application[j];
		uint32_t i = k->pair[j];
		const uint32_t *p = &r->c->pair[r->c->first[a]];
		if (!usable(r, i) || core_holds(r->c, a, i)) continue;
		int rival = core_rival(r->c, a, r->c->expert[i]);
		for (int h = 0; h < r->c->held[a]; h++) {
			if ((rival >= 0 && h != rival) || in_cut(k, p[h])) continue;
			int64_t by = core_value(r->c, p[h]) - core_value(r->c, i);
			if (by < low) low = by;
		}
		if (r->c->held[a] < r->c->need[a] && low > 0) low = 0;
	}
	return low;
}

enum raised { RAISED, CLASH, STUCK };

/* CLASH: nothing can mend this cut, whatever the costs. STUCK: the multiplier is as large as it may be. */
static enum raised raise_cut(struct ruled *r, struct cut *k)
{
	int64_t by = k->least ? cheapest_in(r, k) : cheapest_out(r, k);
	if (by == INT64_MAX) return CLASH;
	by = (by > 0 ? by : 0) + 1 + k->growth;
	if (k->growth < MULT_MAX) k->growth = k->growth * 3 / 2 + 1;
	if (k->mult + by > MULT_MAX) return STUCK;
	shift(r, k, by);
	return RAISED;
}

/* ---- finding what is broken ---- */

static struct cut cut_new(struct ruled *r, enum cut_kind kind, bool least, int32_t rhs, int room)
{
	return (struct cut){ .kind = kind, .least = least, .rhs = rhs, .pair = ARENA_ARRAY(r->cx->arena, uint32_t, (size_t)room),
		.application = ARENA_ARRAY(r->cx->arena, int32_t, (size_t)room), .growth = r->first_step };
}

static void cut_add(struct cut *k, int a, uint32_t i)
{
	k->pair[k->n] = i;
	k->application[k->n++] = a;
}

static void find_quotas(struct ruled *r, int a)
{
	const struct assign_input *in = r->in;
	for (int q = 0; q < in->n_quota; q++) {
		int n = 0;
		for (int k = 0; k < r->c->held[a]; k++) n += quota_has(&in->quota[q], in, a, r->c->pair[r->c->first[a] + (uint32_t)k]);
		for (int least = 0; least < 2; least++) {
			int *at = &r->quota_cut[((size_t)a * (size_t)in->n_quota + (size_t)q) * 2 + (size_t)least];
			if (*at || (least ? n >= in->quota[q].least : n <= in->quota[q].most)) continue;
			struct cut k = cut_new(r, CUT_QUOTA, least, least ? in->quota[q].least : in->quota[q].most, (int)(in->row[a + 1] - in->row[a]));
			k.rule = q;
			for (uint32_t i = in->row[a]; i < in->row[a + 1]; i++)
				if (quota_has(&in->quota[q], in, a, i)) cut_add(&k, a, i);
			VEC_PUSH(r->cx->arena, &r->cuts, k);
			*at = (int)r->cuts.n;
		}
	}
}

static bool known_at(const struct ruled *r, int e, int rule, int group)
{
	for (int k = r->chain[e]; k; k = r->cuts.v[k - 1].next)
		if (r->cuts.v[k - 1].kind == CUT_CAP && r->cuts.v[k - 1].rule == rule && r->cuts.v[k - 1].group == group) return true;
	return false;
}

static void chain_cut(struct ruled *r, int e, struct cut k)
{
	k.next = r->chain[e];
	VEC_PUSH(r->cx->arena, &r->cuts, k);
	r->chain[e] = (int)r->cuts.n;
}

static void find_caps(struct ruled *r, int e)
{
	const struct core *c = r->c;
	for (int q = 0; q < r->in->n_cap; q++) {
		const struct assign_cap *cap = &r->in->cap[q];
		for (int h = 0; h < c->list[e].n; h++) {
			int32_t group = cap->group[c->list[e].v[h].application];
			int n = 0;
			for (int o = 0; o < c->list[e].n; o++) n += cap->group[c->list[e].v[o].application] == group;
			if (group < 0 || n <= cap->most || known_at(r, e, q, group)) continue;
			core_columns(r->c);
			struct cut k = cut_new(r, CUT_CAP, false, cap->most, (int)(c->column_start[e + 1] - c->column_start[e]));
			k.rule = q;
			k.group = group;
			for (uint32_t j = c->column_start[e]; j < c->column_start[e + 1]; j++)
				if (cap->group[c->column[j]] == group) cut_add(&k, c->column[j], core_find(c, c->column[j], e));
			chain_cut(r, e, k);
		}
	}
}

/* A ring that the flow closes now: `v` are the pairs. New ones only appear with a pair that no known ring of the expert blocks. */
static void ring(struct ruled *r, int e, const int32_t *a, const uint32_t *v, int n)
{
	struct cut k = cut_new(r, CUT_RING, false, n - 1, n);
	for (int j = 0; j < n; j++) cut_add(&k, a[j], v[j]);
	for (int o = r->chain[e]; o; o = r->cuts.v[o - 1].next) {
		const struct cut *was = &r->cuts.v[o - 1];
		if (was->kind == CUT_RING && was->n == n && memcmp(was->pair, k.pair, (size_t)n * sizeof *k.pair) == 0) return;
	}
	chain_cut(r, e, k);
}

static void find_rings(struct ruled *r, int a)
{
	const struct core *c = r->c;
	const int32_t *who = r->in->applicant;
	int32_t me = who[a];
	for (int x = 0; me >= 0 && x < c->held[a]; x++) {
		uint32_t i = c->pair[c->first[a] + (uint32_t)x];
		int32_t second = c->expert[i];
		for (uint32_t b = r->own_start[second]; second != me && b < r->own_start[second + 1]; b++) {
			int ab = r->own[b];
			for (int y = 0; y < c->held[ab]; y++) {
				uint32_t j = c->pair[c->first[ab] + (uint32_t)y];
				int32_t third = c->expert[j];
				if (third == me && me < second) ring(r, me, (int32_t[]){ a, ab }, (uint32_t[]){ i, j }, 2);
				if (r->in->cycle < 3 || third == me || third == second || me > second || me > third) continue;
				for (uint32_t d = r->own_start[third]; d < r->own_start[third + 1]; d++) {
					int ad = r->own[d];
					for (int z = 0; z < c->held[ad]; z++) {
						uint32_t l = c->pair[c->first[ad] + (uint32_t)z];
						if (c->expert[l] == me) ring(r, me, (int32_t[]){ a, ab, ad }, (uint32_t[]){ i, j, l }, 3);
					}
				}
			}
		}
	}
}

/* Bring what cuts know up to date, with the new ones that are broken now. */
static void update(struct ruled *r)
{
	for (size_t i = 0; i < r->dirty.n; i++) {
		int a = r->dirty.v[i];
		r->is_dirty[a] = 0;
		if (r->in->n_quota && r->in->need[a]) find_quotas(r, a);
		for (int q = 0; q < r->in->n_quota * 2; q++) {
			int k = r->quota_cut[(size_t)a * (size_t)r->in->n_quota * 2 + (size_t)q];
			if (k) r->cuts.v[k - 1].used = used(r, &r->cuts.v[k - 1]);
		}
	}
	r->dirty.n = 0;
	for (int a = 0; r->in->cycle && r->in->applicant && a < r->c->np; a++) find_rings(r, a);
	for (int e = 0; r->in->n_cap && e < r->c->ne; e++) find_caps(r, e);
	for (size_t j = 0; j < r->cuts.n; j++)
		if (r->cuts.v[j].kind != CUT_QUOTA) r->cuts.v[j].used = used(r, &r->cuts.v[j]);
}

/* ---- one node: multipliers up until nothing is broken ---- */

static int64_t bound_now(const struct ruled *r) { return core_total(r->c) + r->constant; }

static int64_t plain_total(const struct ruled *r)
{
	int64_t sum = 0;
	for (int a = 0; a < r->c->np; a++)
		for (int k = 0; k < r->c->held[a]; k++) sum += r->in->affinity[r->c->pair[r->c->first[a] + (uint32_t)k]];
	return sum;
}

static void remember_best(struct ruled *r)
{
	struct core *c = r->c;
	int64_t total = plain_total(r);
	if (r->any && total <= r->best_total) return;
	r->any = true;
	r->best_total = total;
	memcpy(r->best, c->pair, c->first[c->np] * sizeof *r->best);
	memcpy(r->best_held, c->held, (size_t)c->np * sizeof *r->best_held);
}

static int64_t floor_div(int64_t x, int64_t by) { return x / by - (x % by < 0); }

/* Lower the multiplier of a slack cut until one more pair would rather be on the other side. */
static bool relax_slack(struct ruled *r)
{
	bool any = false;
	for (size_t j = 0; j < r->cuts.n; j++) {
		struct cut *k = &r->cuts.v[j];
		if (k->mult == 0 || k->used == k->rhs) continue;
		k->used = used(r, k);
		if (k->used == k->rhs || broken(k)) continue;
		int64_t by = k->least ? cheapest_out(r, k) : cheapest_in(r, k);
		shift(r, k, -(by < k->mult ? by + 1 : k->mult));
		mend(r);
		k->growth = 0;
		any = true;
	}
	return any;
}

/* The best bound met; false when the rules clash here. */
static bool ascend(struct ruled *r, int rounds, int64_t *bound)
{
	int polish = 0;
	*bound = INT64_MAX;
	for (int n = 0; n < rounds && !r->c->stopped; n++) {
		update(r);
		bool any = false;
		for (size_t j = 0; j < r->cuts.n; j++) {
			struct cut *k = &r->cuts.v[j];
			if (!broken(k)) continue;
			any = true;
			k->used = used(r, k);           /* earlier ones may have mended it */
			if (!broken(k)) continue;
			enum raised x = raise_cut(r, k);
			if (x != RAISED) return x == STUCK;
			mend(r);
		}
		int64_t now = floor_div(bound_now(r), r->scale);
		if (now < *bound) *bound = now;
		if (*bound < r->lowest || (r->any && *bound <= r->best_total)) return true;
		if (any) continue;
		remember_best(r);
		if (*bound - r->best_total <= r->enough || ++polish > rounds / 4 || !relax_slack(r)) return true;
	}
	return true;
}

/* ---- what is left open: a 0-1 programme over the pairs that can still matter ---- */

/* What the bound loses at least when pair i, which `a` holds, is left out, or when one that it does not hold is taken: valid for the
   prices and multipliers of the flow as they are (weak duality). */
static int64_t regret(const struct ruled *r, int a, uint32_t i, const int64_t *lowest, const int64_t *next)
{
	const struct core *c = r->c;
	int rival = core_rival(c, a, c->expert[i]);
	if (core_holds(c, a, i)) return core_value(c, i) - next[rival < 0 ? c->held[a] : rival];
	return (rival >= 0 ? core_value(c, c->pair[c->first[a] + (uint32_t)rival]) : *lowest) - core_value(c, i);
}

/* For each held place the best pair that could stand there instead; at the end the best that needs no place of its organisation. */
static void alternatives(const struct ruled *r, int a, int64_t *lowest, int64_t *next)
{
	const struct core *c = r->c;
	*lowest = INT64_MAX;
	for (int k = 0; k <= c->held[a]; k++) next[k] = INT64_MIN / 2;
	for (int k = 0; k < c->held[a]; k++) {
		int64_t value = core_value(c, c->pair[c->first[a] + (uint32_t)k]);
		if (value < *lowest) *lowest = value;
	}
	for (uint32_t i = c->row[a]; i < c->row[a + 1]; i++) {
		if (!usable(r, i) || core_holds(c, a, i)) continue;
		int rival = core_rival(c, a, c->expert[i]);
		int64_t *at = &next[rival < 0 ? c->held[a] : rival];
		if (core_value(c, i) > *at) *at = core_value(c, i);
	}
	for (int k = 0; k < c->held[a]; k++)
		if (next[c->held[a]] > next[k]) next[k] = next[c->held[a]];
}

/* Decide pairs of one application: with an answer known, all that no better one can have otherwise; without, all but the `keep` best. */
static bool decide(const struct ruled *r, int a, int keep, int64_t bound, signed char *fix)
{
	const struct core *c = r->c;
	int64_t lowest, next[ASSIGN_NEED_MAX + 1];
	bool whole = true;
	alternatives(r, a, &lowest, next);
	for (uint32_t i = c->row[a]; i < c->row[a + 1]; i++) {
		fix[i] = usable(r, i) ? -1 : 0;
		if (!usable(r, i)) continue;
		if (r->any && floor_div(bound - regret(r, a, i, &lowest, next), r->scale) <= r->best_total) fix[i] = core_holds(c, a, i);
		if (r->any || core_holds(c, a, i)) continue;
		int better = 0;
		for (uint32_t j = c->row[a]; j < c->row[a + 1] && better < keep; j++) better += usable(r, j) && (core_value(c, j) > core_value(c, i) || (core_value(c, j) == core_value(c, i) && j < i));
		if (better < keep) continue;
		fix[i] = 0;
		whole = false;
	}
	return whole;
}

/* The pairs of an answer into the core's places, whose prices are of no use any more, and the rings it closes into the list of cuts. */
static size_t take_answer(struct ruled *r, const signed char *x)
{
	struct core *c = r->c;
	size_t before = r->cuts.n;
	for (int a = 0; a < c->np; a++) {
		c->held[a] = 0;
		for (uint32_t i = c->row[a]; i < c->row[a + 1]; i++)
			if (x[i]) c->pair[c->first[a] + (uint32_t)c->held[a]++] = i;
	}
	for (int a = 0; r->in->cycle && r->in->applicant && a < c->np; a++) find_rings(r, a);
	return r->cuts.n - before;
}

/* One programme until its answer closes no ring. PROGRAM_UNKNOWN: stopped before. */
static enum program_status solve_part(struct ruled *r, const signed char *fix, const struct assign_options *o, int64_t *bound)
{
	for (;;) {
		VEC(struct assign_ring) rings = { 0 };
		for (size_t k = 0; k < r->cuts.n; k++) {
			const struct cut *cut = &r->cuts.v[k];
			if (cut->kind != CUT_RING) continue;
			struct assign_ring ring = { .n = cut->n };
			memcpy(ring.pair, cut->pair, (size_t)cut->n * sizeof *cut->pair);
			VEC_PUSH(r->cx->arena, &rings, ring);
		}
		struct assign_part part = { .in = r->in, .fix = fix, .ring = rings.v, .n_ring = rings.n, .floor = r->any ? r->best_total + 1 : -PROGRAM_FREE, .stop = o->stop,
			.stop_ctx = o->stop_ctx };
		int64_t size = llabs(*bound);
		part.gap_ppm = r->any_will_do ? 1000000 : size ? r->enough * 1000000 / size : 0;
		struct program_answer answer;
		assign_program(r->cx, &part, &answer);
		if (answer.bound < *bound) *bound = answer.bound;
		if (!answer.x) return answer.status;
		if (take_answer(r, answer.x)) continue;
		remember_best(r);
		return answer.status;
	}
}

/* The answer and its proof, or why there is none; cases too large for it are left as they are. `proven`: nothing is left to look for. */
static int64_t close_gap(struct ruled *r, const struct assign_options *o, int64_t bound, bool *proven)
{
	enum { KEEP = 16, OPEN_MAX = 400000 };
	struct core *c = r->c;
	uint32_t pairs = c->row[c->np], places = c->first[c->np], *pair = ARENA_ARRAY(r->cx->arena, uint32_t, places);
	int32_t *held = ARENA_ARRAY(r->cx->arena, int32_t, (size_t)c->np);
	signed char *fix = ARENA_ARRAY(r->cx->arena, signed char, pairs);
	int64_t scaled = bound_now(r);
	if (places) memcpy(pair, c->pair, places * sizeof *pair);
	if (c->np) memcpy(held, c->held, (size_t)c->np * sizeof *held);
	*proven = false;
	for (int keep = KEEP;; keep *= 4) {
		bool whole = true;
		uint32_t open = 0;
		int64_t found = bound;
		for (int a = 0; a < c->np; a++) whole &= decide(r, a, keep, scaled, fix);
		for (uint32_t i = 0; i < pairs; i++) open += fix[i] < 0;
		if (open > OPEN_MAX) return bound;
		enum program_status status = solve_part(r, fix, o, &found);
		bool stopped = status == PROGRAM_UNKNOWN || status == PROGRAM_STOPPED;
		if (whole || stopped) {
			*proven = !stopped;
			return !whole ? bound : r->any && (found < r->best_total || status == PROGRAM_IMPOSSIBLE) ? r->best_total : found;
		}
		if (places) memcpy(c->pair, pair, places * sizeof *pair);       /* the flow that the prices belong to */
		if (c->np) memcpy(c->held, held, (size_t)c->np * sizeof *held);
	}
}

/* ---- the whole ---- */

static struct ruled ruled_new(struct cx *cx, const struct assign_input *in, const struct assign_options *o)
{
	struct ruled r = { .cx = cx, .in = in };
	size_t pairs = in->row[in->n_application], np = (size_t)in->n_application;
	int32_t widest = 1;
	for (size_t i = 0; i < pairs; i++)
		if (in->affinity[i] != ASSIGN_FORBIDDEN && abs(in->affinity[i]) > widest) widest = abs(in->affinity[i]);
	int64_t places = 0;
	for (size_t a = 0; a < np; a++) places += in->need[a];
	r.scale = places > EXACT_PLACES ? SCALE_LARGE : SCALE;
	while (r.scale > 1 && (int64_t)widest * r.scale > (places > EXACT_PLACES ? ASSIGN_AFFINITY_MAX : WIDEST)) r.scale /= 2;
	r.first_step = r.scale;
	/* Few different affinities make many flows equally good, and multipliers only chase one with the next: a little chance, less than one
	   unit of affinity in all, tells them apart. It only adds, so that the bound stays one. */
	struct rng rng = rng_seed(1);
	uint64_t chance = places > EXACT_PLACES ? 1 : (uint64_t)(r.scale / (places + 1)) + 1;
	r.cost = ARENA_ARRAY(cx->arena, int32_t, pairs);
	for (size_t i = 0; i < pairs; i++) r.cost[i] = in->affinity[i] == ASSIGN_FORBIDDEN ? ASSIGN_FORBIDDEN : in->affinity[i] * r.scale + (int32_t)(chance > 1 ? rng_below(&rng, chance) : 0);
	r.quota_cut = ARENA_ARRAY(cx->arena, int, np * (size_t)in->n_quota * 2);
	r.chain = ARENA_ARRAY(cx->arena, int, (size_t)in->n_expert);
	r.own_start = ARENA_ARRAY(cx->arena, uint32_t, (size_t)in->n_expert + 2);
	r.own = ARENA_ARRAY(cx->arena, int32_t, np);
	for (size_t a = 0; in->applicant && a < np; a++)
		if (in->applicant[a] >= 0) r.own_start[in->applicant[a] + 2]++;
	for (int e = 2; e <= in->n_expert + 1; e++) r.own_start[e] += r.own_start[e - 1];
	for (size_t a = 0; in->applicant && a < np; a++)
		if (in->applicant[a] >= 0) r.own[r.own_start[in->applicant[a] + 1]++] = (int32_t)a;
	r.c = assign_flow(cx, in, r.cost, o);
	r.best = ARENA_ARRAY(cx->arena, uint32_t, r.c->first[np]);
	r.best_held = ARENA_ARRAY(cx->arena, int32_t, np);
	r.lowest = -(int64_t)widest * r.c->first[np];
	r.is_dirty = ARENA_ARRAY(cx->arena, unsigned char, np);
	for (int a = 0; a < in->n_application; a++) touch(&r, a);
	r.c->logging = true;
	if (r.c->first[np] > EXACT_PLACES) r.enough = llabs(core_total(r.c)) / r.scale / 1250;
	return r;
}

static bool without(struct assign_input *in, int rule, struct assign_quota *quota, struct assign_cap *cap, const struct assign_input *from)
{
	*in = *from;
	in->n_quota = in->n_cap = 0;
	int k = 0;
	bool had = false;
	for (int q = 0; q < from->n_quota; q++, k++)
		if (k != rule) quota[in->n_quota++] = from->quota[q];
		else had = true;
	for (int q = 0; q < from->n_cap; q++, k++)
		if (k != rule) cap[in->n_cap++] = from->cap[q];
		else had = true;
	if (k == rule && from->cycle) in->cycle = 0, had = true;
	if (k + 1 == rule && from->one) in->one = NULL, had = true;
	in->quota = quota;
	in->cap = cap;
	return had;
}

static void rule_words(struct cx *cx, const struct assign_input *in, reason_list *out)
{
	for (int q = 0; q < in->n_quota; q++) {
		const struct assign_quota *x = &in->quota[q];
		if (x->least > 0) REASONS(cx, out, "冲突的规则：每项申请至少 %d 名%s专家%.0s", "clashing rule: at least %d experts of %.0s%s for each application", x->least, x->zh, x->en);
		if (x->most < ASSIGN_NEED_MAX) REASONS(cx, out, "冲突的规则：每项申请至多 %d 名%s专家%.0s", "clashing rule: at most %d experts of %.0s%s for each application", x->most, x->zh, x->en);
	}
	for (int q = 0; q < in->n_cap; q++)
		REASONS(cx, out, "冲突的规则：每名专家至多承担同一%2$s的 %1$d 项%3$.0s", "clashing rule: at most %1$d applications of one %2$.0s%3$s for an expert", in->cap[q].most, in->cap[q].zh, in->cap[q].en);
	if (in->cycle) REASONS(cx, out, "冲突的规则：申请人不得互评（环长至 %d）", "clashing rule: applicants must not review each other (rings up to %d)", in->cycle);
	if (in->one) REASONS(cx, out, "冲突的规则：每项申请同一单位至多 %d 名", "clashing rule: at most %d expert of an organisation for each application", 1);
}

/* A quota that single applications cannot meet whatever the others do. */
static void hopeless(struct cx *cx, const struct assign_input *in, reason_list *out)
{
	enum { SHOWN = 20 };
	for (int a = 0; a < in->n_application; a++)
		for (int q = 0; in->need[a] && q < in->n_quota && out->n < SHOWN; q++) {
			const struct assign_quota *x = &in->quota[q];
			int inside = 0, outside = 0;
			for (uint32_t i = in->row[a]; i < in->row[a + 1]; i++)
				if (in->affinity[i] != ASSIGN_FORBIDDEN) quota_has(x, in, a, i) ? inside++ : outside++;
			if (inside < x->least)
				REASONS(cx, out, "申请 %.*s：至少须 %d 名%s专家%.0s，候选中只有 %d 名", "application %.*s needs at least %d experts of %.0s%s and has %d among its candidates",
					STRF(assign_application_name(cx, in, a)), x->least, x->zh, x->en, inside);
			if (in->need[a] - outside > x->most)
				REASONS(cx, out, "申请 %.*s：至多 %d 名%s专家%.0s，其余候选只有 %d 名", "application %.*s may have at most %d experts of %.0s%s, and there are only %d others",
					STRF(assign_application_name(cx, in, a)), x->most, x->zh, x->en, outside);
		}
}

/* Is there an answer under these rules? */
static bool possible(struct cx *cx, const struct assign_input *in, const struct assign_options *o, bool *sure)
{
	enum { ROUNDS = 200 };
	struct ruled x = ruled_new(cx, in, o);
	int64_t bound = 0;
	bool proven = true;
	if (core_unfilled(x.c) && !x.c->stopped) return false;
	if (!assign_has_side_rules(in) && !x.c->stopped) return true;
	x.any_will_do = true;
	if (!x.c->stopped) ascend(&x, ROUNDS, &bound);
	if (!x.any && !x.c->stopped) close_gap(&x, o, bound, &proven);
	*sure &= proven && !x.c->stopped;
	return x.any || !proven || x.c->stopped;
}

/* Leave out rule after rule: what is still impossible did not need it. */
static enum rc clashing(struct cx *cx, const struct assign_input *in, const struct assign_options *o, struct assign_result *out)
{
	reason_list reasons = { 0 };
	hopeless(cx, in, &reasons);
	if (!reasons.n) {
		struct assign_input now = *in, next;
		int rules = in->n_quota + in->n_cap + 2, rule = 0;
		bool sure = true;
		while (rules-- > 0) {
			struct assign_quota *quota = ARENA_ARRAY(cx->arena, struct assign_quota, (size_t)in->n_quota);
			struct assign_cap *cap = ARENA_ARRAY(cx->arena, struct assign_cap, (size_t)in->n_cap);
			if (!without(&next, rule, quota, cap, &now) || possible(cx, &next, o, &sure)) rule++;
			else now = next;
		}
		rule_words(cx, &now, &reasons);
		if (!sure) REASONS(cx, &reasons, "计算被中止：以上 %zu 条之中可能有不必要的", "stopped: some of these %zu rules may not be needed for the clash", reasons.n);
	}
	out->status = ASSIGN_INFEASIBLE;
	out->reason = reasons.v;
	out->n_reason = (int)reasons.n;
	return RC_OK;
}

enum rc assign_ruled(struct cx *cx, const struct assign_input *in, const struct assign_options *o, struct assign_result *out)
{
	enum { ROUNDS = 400 };
	struct ruled r = ruled_new(cx, in, o);
	struct core *c = r.c;
	if (core_unfilled(c) && !c->stopped) return assign_from_core(cx, in, c, out);
	int64_t bound = INT64_MAX;
	bool proven = false;
	if (!c->stopped) ascend(&r, ROUNDS, &bound);
	if (bound == INT64_MAX) bound = floor_div(core_dual(c) + r.constant, r.scale);
	if (!c->stopped && !core_unfilled(c) && !(r.any && bound - r.best_total <= r.enough)) bound = close_gap(&r, o, bound, &proven);
	struct assign_result x = { .bound = bound };
	if (!r.any) {
		x.first = ARENA_ARRAY(cx->arena, uint32_t, (size_t)c->np + 1);
		x.pair = ARENA_ARRAY(cx->arena, uint32_t, 1);
		x.status = ASSIGN_UNKNOWN;
		reason_list reasons = { 0 };
		REASONS(cx, &reasons, "尚未找到满足全部 %d 条限制规则的方案，也未证明没有", "no assignment that keeps all %d side rules was found, and none is excluded",
			in->n_quota + in->n_cap + (in->cycle > 0));
		x.reason = reasons.v;
		x.n_reason = (int)reasons.n;
		if (proven) TRY(clashing(cx, in, o, &x));
		*out = x;
		return RC_OK;
	}
	memcpy(c->pair, r.best, c->first[c->np] * sizeof *r.best);
	memcpy(c->held, r.best_held, (size_t)c->np * sizeof *r.best_held);
	assign_gather(cx, c, &x.first, &x.pair);
	assign_figures(in, x.first, x.pair, &x.total, &x.worst, &x.worst_total);
	if (x.bound < x.total) x.bound = x.total;
	x.status = x.bound == x.total ? ASSIGN_OPTIMAL : ASSIGN_FEASIBLE;
	*out = x;
	return RC_OK;
}

/* Rules outside the transportation problem: quotas of classes, caps for groups of applications, rings of applicants.

   Each rule is a cut: a set of pairs of which at most, or at least, so many may be used. A cut that the exact flow breaks gets a
   multiplier on the costs of its pairs, just enough to move one of them at the present prices; the flow is mended and the next breach is
   looked for. The flow's value plus multiplier times right-hand side bounds the optimum at every moment (Lagrange), and a flow that
   breaks nothing is an answer; it is optimal when no cut with a multiplier has slack. What gap is left is closed by branching on single
   pairs, which are cuts too, as far as a fixed amount of work allows: the result does not depend on the machine. */
#include <stdlib.h>
#include <string.h>

#include "engine/assign_core.h"
#include "engine/assign_inner.h"

enum cut_kind { CUT_QUOTA, CUT_CAP, CUT_RING, CUT_BRANCH };

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
	int64_t work;                   /* searches allowed */
	int64_t enough;                 /* a gap that is not worth more work */
};

/* Above so many places there is no branching, and 0.08 % of the total is near enough. */
enum { BRANCH_PLACES = 3000 };
static const int64_t MULT_MAX = 1 << 27, FORCE = 1 << 28;

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
	if (k->mult + by > MULT_MAX || k->kind == CUT_BRANCH) return STUCK;
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

/* ---- branching ---- */

/* A pair to decide: of a cut that is broken or has a multiplier and slack. */
static uint32_t branch_pair(const struct ruled *r, const unsigned char *fixed, int *a)
{
	for (int pass = 0; pass < 3; pass++)
		for (size_t j = 0; j < r->cuts.n; j++) {
			const struct cut *k = &r->cuts.v[j];
			if (k->kind == CUT_BRANCH || (pass == 0 && !broken(k)) || (pass == 1 && k->mult == 0)) continue;
			for (int x = 0; x < k->n; x++)
				if (!fixed[k->pair[x]] && usable(r, k->pair[x]) && (pass == 2 || core_holds(r->c, k->application[x], k->pair[x]) || k->least)) {
					*a = k->application[x];
					return k->pair[x];
				}
		}
	for (*a = 0; *a < r->c->np; ++*a)
		for (uint32_t i = r->in->row[*a]; i < r->in->row[*a + 1]; i++)
			if (!fixed[i] && usable(r, i)) return i;
	return NO_PAIR;
}

/* Start the flow again: after a dead end its potentials are of no use. */
static void restart(struct ruled *r)
{
	struct core *c = r->c;
	c->logging = false;
	for (int a = 0; a < c->np; a++)
		while (c->held[a]) core_drop(c, a, c->pair[c->first[a]]);
	memset(c->v, 0, (size_t)c->ne * sizeof *c->v);
	core_revive(c);
	for (int a = 0; a < c->np; a++) core_settle(c, a);
	core_mend(c);
	c->logging = true;
	for (int a = 0; a < c->np; a++) touch(r, a);
}

/* The cost of a pair as all multipliers want it. */
static void restore(struct ruled *r, int a, uint32_t i)
{
	r->cost[i] = r->in->affinity[i] * r->scale;
	for (size_t j = 0; j < r->cuts.n; j++)
		if (in_cut(&r->cuts.v[j], i)) r->cost[i] += (int32_t)(r->cuts.v[j].least ? r->cuts.v[j].mult : -r->cuts.v[j].mult);
	core_revive(r->c);
	core_settle(r->c, a);
	if (core_unfilled(r->c)) restart(r);
	mend(r);
}

static int64_t branch(struct ruled *r, unsigned char *fixed, int64_t above, int depth);

/* One side of a decision: the highest bound that stays open below it. */
static int64_t decide(struct ruled *r, unsigned char *fixed, int64_t above, int depth, int a, uint32_t i, bool take)
{
	enum { ROUNDS = 24 };
	size_t at = r->cuts.n;
	int64_t bound, open = INT64_MIN;
	if (take) {
		struct cut k = cut_new(r, CUT_BRANCH, true, 1, 1);
		cut_add(&k, a, i);
		VEC_PUSH(r->cx->arena, &r->cuts, k);
		shift(r, &r->cuts.v[at], FORCE);
	} else {
		r->cost[i] = ASSIGN_FORBIDDEN;
		core_settle(r->c, a);
	}
	mend(r);
	if (!core_unfilled(r->c) && ascend(r, ROUNDS, &bound)) {
		if (bound > above) bound = above;
		if (bound >= r->lowest && !(r->any && bound <= r->best_total)) open = branch(r, fixed, bound, depth + 1);
	}
	if (take) {
		shift(r, &r->cuts.v[at], -r->cuts.v[at].mult);
		r->cuts.v[at].n = r->cuts.v[at].rhs = 0;        /* out of force; later cuts keep their places */
		mend(r);
	} else {
		restore(r, a, i);
	}
	return open;
}

/* Explore below the present decisions; the highest bound that stays open (INT64_MIN: none). */
static int64_t branch(struct ruled *r, unsigned char *fixed, int64_t above, int depth)
{
	enum { DEPTH_MAX = 200 };
	int a;
	uint32_t i = branch_pair(r, fixed, &a);
	if (i == NO_PAIR || depth > DEPTH_MAX || r->c->searches > r->work || r->c->stopped) return above;
	bool first = core_holds(r->c, a, i);
	fixed[i] = 1;
	int64_t x = decide(r, fixed, above, depth, a, i, first), y = decide(r, fixed, above, depth, a, i, !first);
	fixed[i] = 0;
	return x > y ? x : y;
}

/* ---- the whole ---- */

static struct ruled ruled_new(struct cx *cx, const struct assign_input *in, const struct assign_options *o)
{
	struct ruled r = { .cx = cx, .in = in, .scale = 32 };
	size_t pairs = in->row[in->n_application], np = (size_t)in->n_application;
	int32_t widest = 1;
	for (size_t i = 0; i < pairs; i++)
		if (in->affinity[i] != ASSIGN_FORBIDDEN && abs(in->affinity[i]) > widest) widest = abs(in->affinity[i]);
	while (r.scale > 1 && (int64_t)widest * r.scale > ASSIGN_AFFINITY_MAX) r.scale /= 2;
	r.first_step = r.scale;
	r.cost = ARENA_ARRAY(cx->arena, int32_t, pairs);
	for (size_t i = 0; i < pairs; i++) r.cost[i] = in->affinity[i] == ASSIGN_FORBIDDEN ? ASSIGN_FORBIDDEN : in->affinity[i] * r.scale;
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
	if (r.c->first[np] > BRANCH_PLACES) r.enough = llabs(core_total(r.c)) / r.scale / 1250;
	r.work = r.c->searches + 60000 + 20 * (int64_t)r.c->first[np];
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

/* Leave out rule after rule: what is still impossible did not need it. */
static enum rc clashing(struct cx *cx, const struct assign_input *in, const struct assign_options *o, bool proven, struct assign_result *out)
{
	enum { ROUNDS = 200 };
	reason_list reasons = { 0 };
	hopeless(cx, in, &reasons);
	if (!reasons.n) {
		struct assign_input now = *in, next;
		int rules = in->n_quota + in->n_cap + 2, rule = 0;
		while (rules-- > 0) {
			struct assign_quota *quota = ARENA_ARRAY(cx->arena, struct assign_quota, (size_t)in->n_quota);
			struct assign_cap *cap = ARENA_ARRAY(cx->arena, struct assign_cap, (size_t)in->n_cap);
			bool tried = without(&next, rule, quota, cap, &now);
			if (!tried) {
				rule++;
				continue;
			}
			struct ruled x = ruled_new(cx, &next, o);
			int64_t bound;
			bool possible = !core_unfilled(x.c) && (!assign_has_side_rules(&next) || (ascend(&x, ROUNDS, &bound) && x.any));
			if (possible) rule++;
			else now = next;
		}
		rule_words(cx, &now, &reasons);
		if (!proven) REASONS(cx, &reasons, "在 %d 次搜索内没有找到满足全部规则的方案", "no assignment that keeps all rules was found in %d searches", 60000);
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
	if (c->stopped || core_unfilled(c)) return assign_from_core(cx, in, c, out);
	int64_t bound = INT64_MAX, open;
	bool good = ascend(&r, ROUNDS, &bound);
	open = good ? bound : INT64_MIN;
	if (c->first[c->np] <= BRANCH_PLACES && good && bound >= r.lowest && !(r.any && bound <= r.best_total)) {
		unsigned char *fixed = ARENA_ARRAY(cx->arena, unsigned char, in->row[c->np]);
		open = branch(&r, fixed, bound, 0);
	}
	if (c->stopped) return assign_from_core(cx, in, c, out);
	struct assign_result x = { .unfilled = 0 };
	if (!r.any) {
		x.first = ARENA_ARRAY(cx->arena, uint32_t, (size_t)c->np + 1);
		x.pair = ARENA_ARRAY(cx->arena, uint32_t, 1);
		TRY(clashing(cx, in, o, open == INT64_MIN || bound < r.lowest, &x));
		*out = x;
		return RC_OK;
	}
	memcpy(c->pair, r.best, c->first[c->np] * sizeof *r.best);
	memcpy(c->held, r.best_held, (size_t)c->np * sizeof *r.best_held);
	assign_gather(cx, c, &x.first, &x.pair);
	assign_figures(in, x.first, x.pair, &x.total, &x.worst, &x.worst_total);
	x.bound = open > x.total ? open : x.total;
	x.status = x.bound == x.total ? ASSIGN_OPTIMAL : ASSIGN_FEASIBLE;
	*out = x;
	return RC_OK;
}

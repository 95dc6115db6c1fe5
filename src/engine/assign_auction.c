/* The auction: prices and a nearly optimal flow, fast (Bertsekas' forward auction with scaled increments).

   An application that lacks an expert bids for the best one at present prices, as much as makes the second best equal plus `step`; a full
   expert lets its lowest bidder go and costs what is now its lowest bid. An expert with room costs nothing. Prices only rise inside a
   round, so an application remembers its best few candidates and an upper limit of all others and seldom reads its whole row again.
   Prices are kept in fractions of a unit: rounded down at the end most conditions hold exactly, and core_mend does the rest. */
#include "engine/assign_core.h"

#include <string.h>

enum {
	CACHE = 3, PRICE_MAX = 1 << 29, COST_MAX = 1 << 27, STOP_EVERY = 4096,
	WAIT = 4, COARSER = 4, FINER = 5, STEP_MAX = 1 << 24        /* more than WAIT bids a place: a price war, the step grows; later rounds refine */
};

/* A remembered candidate, with what a bid must know of it in one place: rows are long and far apart. */
struct candidate { uint32_t pair; int32_t expert, cost; };

struct auction {
	struct core *c;
	int shift;                      /* prices are cost << shift, or >> -shift where costs are large */
	int32_t step;
	int32_t *price;                 /* by expert: the lowest bid when full */
	struct candidate (*cache)[CACHE];
	int32_t *limit;                 /* no pair outside the cache is worth more */
	uint8_t *cached;
	int32_t *stack;
	int n_stack;
	int64_t bids, patience, wait;
	bool growing, lost;             /* lost: somebody found nothing to bid for */
};

static inline int32_t scaled(const struct auction *x, int32_t cost) { return x->shift >= 0 ? (int32_t)((uint32_t)cost << x->shift) : cost >> -x->shift; }
static inline int32_t value_of(const struct auction *x, uint32_t i) { return scaled(x, x->c->cost[i]) - x->price[x->c->expert[i]]; }

static inline int32_t worth(const struct auction *x, const struct candidate *k) { return k->cost - x->price[k->expert]; }

static bool open_to(const struct core *c, int a, uint32_t i)
{
	return !core_holds(c, a, i) && core_rival(c, a, c->expert[i]) < 0;
}

static struct candidate candidate_of(const struct auction *x, uint32_t i) { return (struct candidate){ i, x->c->expert[i], scaled(x, x->c->cost[i]) }; }

/* Read the whole row: the best few into the cache, the best of the others as the limit. */
static void read_row(struct auction *x, int a)
{
	const struct core *c = x->c;
	uint32_t id[CACHE + 1];
	int32_t value[CACHE + 1], worst = INT32_MIN;
	int n = 0;
	for (uint32_t i = c->row[a]; i < c->row[a + 1]; i++) {
		if (c->cost[i] == ASSIGN_FORBIDDEN) continue;   /* its value would be out of range */
		int32_t w = value_of(x, i);
		if (w <= worst || !open_to(c, a, i)) continue;
		int k = n <= CACHE ? n++ : CACHE;
		for (; k > 0 && value[k - 1] < w; k--) value[k] = value[k - 1], id[k] = id[k - 1];
		value[k] = w;
		id[k] = i;
		if (n > CACHE) worst = value[CACHE];
	}
	x->limit[a] = n > CACHE ? value[CACHE] : INT32_MIN;
	x->cached[a] = (uint8_t)(n > CACHE ? CACHE : n);
	for (int k = 0; k < x->cached[a]; k++) x->cache[a][k] = candidate_of(x, id[k]);
}

/* The best open candidate and the value of the next best (the limit, when that is higher: a lower bid is still a bid). */
static const struct candidate *look(struct auction *x, int a, int32_t *best, int32_t *second)
{
	const struct core *c = x->c;
	const struct candidate *found = NULL;
	*best = *second = INT32_MIN;
	for (const struct candidate *k = x->cache[a], *end = k + x->cached[a]; k < end; k++) {
		int32_t w = worth(x, k);
		if (w <= *second || core_holds(c, a, k->pair) || core_rival(c, a, k->expert) >= 0) continue;
		if (w > *best) *second = *best, *best = w, found = k;
		else *second = w;
	}
	if (*best < x->limit[a]) return NULL;
	if (*second < x->limit[a]) *second = x->limit[a];
	return found;
}

/* A pair that was lost may be worth more than what the cache and the limit know. */
static void remember(struct auction *x, int a, uint32_t i)
{
	struct candidate k = candidate_of(x, i);
	if (x->cached[a] < CACHE) {
		x->cache[a][x->cached[a]++] = k;
		return;
	}
	int worst = 0;
	int32_t out = INT32_MAX, in = worth(x, &k);
	for (int j = 0; j < CACHE; j++)
		if (worth(x, &x->cache[a][j]) < out) worst = j, out = worth(x, &x->cache[a][j]);
	if (in > out) x->cache[a][worst] = k;
	else out = in;
	if (out > x->limit[a]) x->limit[a] = out;
}

static void reprice(struct auction *x, int e)
{
	const struct holders *l = &x->c->list[e];
	int32_t low = INT32_MAX;
	if (l->n < x->c->max[e]) return;
	for (int h = 0; h < l->n; h++)
		if (l->v[h].bid < low) low = l->v[h].bid;
	x->price[e] = low;
}

static void let_go(struct auction *x, int e)
{
	struct core *c = x->c;
	struct holders *l = &c->list[e];
	int low = 0;
	for (int h = 1; h < l->n - 1; h++)      /* the newest stands last and stays */
		if (l->v[h].bid < l->v[low].bid) low = h;
	struct hold out = l->v[low];
	if (c->held[out.application] == c->need[out.application]) x->stack[x->n_stack++] = out.application;
	core_drop(c, out.application, out.pair);
	remember(x, out.application, out.pair);
}

/* Bid until `a` has what it needs. False when it has nothing left to bid for at a sensible price. */
static bool bid_for(struct auction *x, int a)
{
	struct core *c = x->c;
	while (c->held[a] < c->need[a]) {
		int32_t best, second;
		const struct candidate *k = look(x, a, &best, &second);
		if (!k) {
			read_row(x, a);
			k = look(x, a, &best, &second);
		}
		if (!k) return false;
		int e = k->expert;
		int64_t rise = second == INT32_MIN ? (int64_t)COST_MAX / 64 : (int64_t)best - second;
		int64_t bid = x->price[e] + rise + x->step;
		if (bid > PRICE_MAX) return false;
		core_take(c, a, k->pair);
		c->list[e].v[c->list[e].n - 1].bid = (int32_t)bid;
		if (c->list[e].n > c->max[e]) let_go(x, e);
		reprice(x, e);
		if (++x->bids == x->patience && x->growing) {
			x->step = x->step < STEP_MAX ? x->step * COARSER : x->step;
			x->patience += x->wait;
		}
	}
	return true;
}

static void round_of_bids(struct auction *x)
{
	struct core *c = x->c;
	for (int a = 0; a < c->np && !c->stopped; a++) {
		if (a % STOP_EVERY == 0 && c->stop && c->stop(c->stop_ctx)) c->stopped = true;
		x->stack[x->n_stack++] = a;
		while (x->n_stack) x->lost |= !bid_for(x, x->stack[--x->n_stack]);
	}
}

static void let_all_go(struct auction *x)
{
	struct core *c = x->c;
	memset(c->held, 0, (size_t)c->np * sizeof *c->held);
	memset(x->cached, 0, (size_t)c->np);
	for (int a = 0; a < c->np; a++) x->limit[a] = INT32_MAX;
	for (int e = 0; e < c->ne; e++) c->list[e].n = 0;
}

static int32_t widest_cost(const struct core *c)
{
	int32_t most = 1;
	for (uint32_t i = 0; i < c->row[c->np]; i++) {
		int32_t w = c->cost[i];
		if (w == ASSIGN_FORBIDDEN) continue;
		if (w < 0) w = -w;
		if (w > most) most = w;
	}
	return most;
}

void core_auction(struct core *c)
{
	enum { SHIFT_MAX = 6 };         /* 64ths */
	struct arena *scratch = arena_new((size_t)8 << 30);
	struct auction x = { .c = c, .shift = SHIFT_MAX };
	int32_t widest = widest_cost(c);
	while (x.shift > -31 && ((int64_t)widest << (x.shift > 0 ? x.shift : 0)) >> (x.shift < 0 ? -x.shift : 0) > COST_MAX / 64) x.shift--;
	x.price = ARENA_ARRAY(scratch, int32_t, (size_t)c->ne);
	x.cache = arena_array(scratch, (size_t)c->np, sizeof *x.cache);
	x.limit = ARENA_ARRAY(scratch, int32_t, (size_t)c->np);
	x.cached = ARENA_ARRAY(scratch, uint8_t, (size_t)c->np);
	x.stack = ARENA_ARRAY(scratch, int32_t, (size_t)c->np + 1);
	x.step = 1;
	x.wait = x.patience = (int64_t)c->first[c->np] * WAIT;
	x.growing = true;
	for (;;) {
		let_all_go(&x);
		for (int e = 0; e < c->ne; e++)
			if (c->max[e] == 0) x.price[e] = PRICE_MAX;
		round_of_bids(&x);
		x.growing = false;
		if (x.step == 1 || x.lost || c->stopped) break;
		for (int e = 0; e < c->ne; e++) {
			int64_t p = c->list[e].n < c->max[e] ? 0 : x.price[e] - 2 * (int64_t)x.step;
			x.price[e] = p > 0 ? (int32_t)p : 0;
		}
		x.step = x.step / FINER > 1 ? x.step / FINER : 1;
	}
	for (int e = 0; e < c->ne; e++) {
		int64_t p = x.price[e];
		c->v[e] = x.shift >= 0 ? p >> x.shift : p << -x.shift;
	}
	c->lost = x.lost;
	arena_free(scratch);
}

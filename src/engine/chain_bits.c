/* The failure of every node at once: F[v] = self or, for some group, F of all its members, for 2,048 failures as the bits of a row. */
#include <string.h>

#include "engine/chain_graph.h"

enum { WORDS = 32, WIDTH = WORDS * 64, LEVELS = 63 };

typedef uint64_t word4 __attribute__((vector_size(32), aligned(16)));
enum { QUADS = WORDS / 4 };
struct row { word4 w[QUADS]; };

/* The loops below are compiled twice, for processors with and without wide registers; sanitizers do not go with that. */
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
#define WIDE __attribute__((target_clones("avx2", "default")))
#else
#define WIDE
#endif

/* ---- nodes that always stop together become one ---- */

/* Components of "the only member of one of its groups"; returns how many. */
static int32_t together(const struct chain_graph *g, int32_t *component)
{
	size_t m = 0;
	struct arena *work = arena_new(((size_t)g->n_group * 3 + (size_t)g->n + 8) * 4 + ((size_t)8 << 20));
	int32_t *from = ARENA_ARRAY(work, int32_t, (size_t)g->n_group + 1), *to = ARENA_ARRAY(work, int32_t, (size_t)g->n_group + 1);
	for (int32_t k = 0; k < g->n_group; k++) {
		if (g->member_first[k + 1] - g->member_first[k] != 1) continue;
		from[m] = g->member[g->member_first[k]];
		to[m++] = g->owner[k];
	}
	struct chain_rows rows = chain_rows_make(work, g->n, from, to, m);
	int32_t found = chain_components(&rows, component);
	arena_free(work);
	return found;
}

/* The graph of the components; groups keep their numbers, so that those of one component stay apart. */
static void merge(struct arena *a, const struct chain_graph *g, const int32_t *component, int32_t n, struct chain_graph *out)
{
	size_t links = (size_t)g->member_first[g->n_group], at = 0;
	struct arena *work = arena_new(links * sizeof(struct chain_link) + ((size_t)8 << 20));
	struct chain_link *link = ARENA_ARRAY(work, struct chain_link, links + 1);
	for (int32_t k = 0; k < g->n_group; k++)
		for (int32_t m = g->member_first[k]; m < g->member_first[k + 1]; m++) link[at++] = (struct chain_link){ component[g->owner[k]], k, component[g->member[m]] };
	chain_graph_make(a, n, link, links, out);
	arena_free(work);
}

/* Groups shrink when members become one, which may join more: until nothing changes. `of` maps the nodes of `g`. */
static struct arena *contract(const struct chain_graph *g, struct chain_graph *out, int32_t *of)
{
	struct arena *held = NULL;
	struct arena *work = arena_new(((size_t)g->n + 1) * 4 + ((size_t)1 << 20));
	int32_t *component = ARENA_ARRAY(work, int32_t, (size_t)g->n + 1);
	for (int32_t v = 0; v < g->n; v++) of[v] = v;
	*out = *g;
	for (;;) {
		int32_t n = together(out, component);
		if (n == out->n) break;
		struct chain_graph next;
		struct arena *a = arena_new(((size_t)g->n * 3 + (size_t)g->n_group * 2 + (size_t)g->member_first[g->n_group] * 2 + 64) * 4 + ((size_t)32 << 20));
		merge(a, out, component, n, &next);
		for (int32_t v = 0; v < g->n; v++) of[v] = component[of[v]];
		arena_free(held);
		held = a;
		*out = next;
	}
	arena_free(work);
	return held;
}

/* ---- the program: nodes in topological order, members by their place in it ---- */

struct program {
	int32_t n;
	int32_t *first;         /* n+1 */
	int32_t *code;          /* members; the last of a group as its complement */
	int32_t *start;         /* per place: the first place of its component */
	int32_t *place;         /* node → place */
};

static struct program compile(struct arena *a, const struct chain_graph *g)
{
	size_t n = (size_t)g->n + 1;
	struct program p = { g->n, ARENA_ARRAY(a, int32_t, n), ARENA_ARRAY(a, int32_t, (size_t)g->member_first[g->n_group] + 1), ARENA_ARRAY(a, int32_t, n), ARENA_ARRAY(a, int32_t, n) };
	struct arena *work = arena_new(((size_t)g->member_first[g->n_group] + n * 5) * 4 + ((size_t)16 << 20));
	struct chain_rows forward = chain_rows_of(work, g, false);
	int32_t *component = ARENA_ARRAY(work, int32_t, n), *order = ARENA_ARRAY(work, int32_t, n), *begin = ARENA_ARRAY(work, int32_t, n + 1), at = 0;
	int32_t found = chain_components(&forward, component);
	for (int32_t v = 0; v < g->n; v++) begin[component[v] + 1]++;
	for (int32_t k = 0; k < found; k++) begin[k + 1] += begin[k];
	for (int32_t v = 0; v < g->n; v++) {
		p.place[v] = begin[component[v]]++;
		order[p.place[v]] = v;
	}
	for (int32_t i = 0; i < g->n; i++) {
		int32_t v = order[i];
		p.start[i] = i && component[order[i - 1]] == component[v] ? p.start[i - 1] : i;
		for (int32_t k = g->group_first[v]; k < g->group_first[v + 1]; k++) {
			for (int32_t m = g->member_first[k]; m < g->member_first[k + 1]; m++) p.code[at++] = p.place[g->member[m]];
			p.code[at - 1] = ~p.code[at - 1];
		}
		p.first[i + 1] = at;
	}
	arena_free(work);
	return p;
}

/* ---- adding up columns: counters of one bit each, two rows of a level make one of the next ---- */

struct columns { struct row sum[LEVELS + 1], held[LEVELS + 1]; bool has[LEVELS + 1]; };

WIDE static void add_row(struct columns *c, const struct row *add, int level)
{
	struct row r = *add;
	while (c->has[level]) {
		struct row carry;
		for (int i = 0; i < QUADS; i++) {
			word4 a = c->sum[level].w[i], b = c->held[level].w[i], half = a ^ b;
			carry.w[i] = (a & b) | (half & r.w[i]);
			c->sum[level].w[i] = half ^ r.w[i];
		}
		c->has[level] = false;
		r = carry;
		level++;
	}
	c->held[level] = r;
	c->has[level] = true;
}

static void add_weighted(struct columns *c, const struct row *r, int64_t weight)
{
	for (uint64_t left = (uint64_t)weight; left; left &= left - 1) add_row(c, r, __builtin_ctzll(left));
}

static void read_columns(const struct columns *c, int64_t total[WIDTH])
{
	memset(total, 0, sizeof *total * WIDTH);
	for (int level = 0; level < LEVELS; level++) {
		for (int q = 0; q < WORDS; q++) {
			uint64_t s = c->sum[level].w[q / 4][q % 4], h = c->has[level] ? c->held[level].w[q / 4][q % 4] : 0;
			for (; s; s &= s - 1) total[q * 64 + __builtin_ctzll(s)] += (int64_t)1 << level;
			for (; h; h &= h - 1) total[q * 64 + __builtin_ctzll(h)] += (int64_t)1 << level;
		}
	}
}

/* ---- sweeps ---- */

/* What a row holds: no bit, then its memory means nothing; some; or every bit, then its memory means nothing either. */
enum { EMPTY, SOME, FULL };
struct sweep { const struct program *p; struct row *row; uint8_t *state; int64_t steps; };

/* What the groups of a place say without their rows: FULL when one is full, SOME when one may have bits, else EMPTY. */
static uint8_t glance(const struct sweep *s, const int32_t *code, const int32_t *end)
{
	uint8_t best = EMPTY;
	while (code < end) {
		uint8_t least = FULL;
		bool more = true;
		for (; more; code++) {
			int32_t member = *code < 0 ? ~*code : *code;
			more = *code >= 0;
			if (s->state[member] < least) least = s->state[member];
		}
		if (least > best) best = least;
		if (best == FULL) return FULL;
	}
	return best;
}

/* The bits that all members of a group have, into `t`; code is at its first member. Full members take none away. */
static inline const struct row *meet(const struct sweep *s, const int32_t *code, struct row *t)
{
	const struct row *only = NULL;
	for (bool more = true; more; code++) {
		int32_t member = *code < 0 ? ~*code : *code;
		const struct row *m = &s->row[member];
		more = *code >= 0;
		if (s->state[member] == FULL) continue;
		if (only) {
			for (int q = 0; q < QUADS; q++) t->w[q] = only->w[q] & m->w[q];
			only = t;
		} else {
			only = m;
		}
	}
	return only;
}

/* The row of place i from its groups; false when it has no bit beyond those it had. */
WIDE static bool gather(struct sweep *s, int32_t i)
{
	const int32_t *code = s->p->code + s->p->first[i], *end = s->p->code + s->p->first[i + 1];
	uint8_t had = s->state[i], seen = had == FULL ? EMPTY : glance(s, code, end);
	if (seen == EMPTY) return false;
	if (seen == FULL) {
		s->state[i] = FULL;
		return true;
	}
	struct row r = { 0 }, room;
	if (had) r = s->row[i];
	word4 fresh = { 0 }, full = ~(word4){ 0 };
	while (code < end) {
		const int32_t *group = code;
		bool all = true;
		for (; *code >= 0; code++) all &= s->state[*code] != EMPTY;
		all &= s->state[~*code] != EMPTY;
		code++;
		if (!all) continue;
		s->steps += code - group;
		const struct row *t = meet(s, group, &room);
		for (int q = 0; q < QUADS; q++) {
			fresh |= t->w[q] & ~r.w[q];
			r.w[q] |= t->w[q];
		}
	}
	if (!(fresh[0] | fresh[1] | fresh[2] | fresh[3])) return false;
	for (int q = 0; q < QUADS; q++) full &= r.w[q];
	s->state[i] = (full[0] & full[1] & full[2] & full[3]) == UINT64_MAX ? FULL : SOME;
	s->row[i] = r;
	return true;
}

/* A component alone is one pass; a cyclic one is swept until nothing changes: the least solution, from below. */
static void fill_rows(struct sweep *s, int32_t from)
{
	for (int32_t i = from, end; i < s->p->n; i = end) {
		end = i + 1;
		while (end < s->p->n && s->p->start[end] == i) end++;
		bool more = true;
		while (more) {
			more = false;
			for (int32_t v = i; v < end; v++) more |= gather(s, v);
			more &= end > i + 1;
		}
	}
}

static void begin_batch(struct sweep *s, int32_t from, int32_t to)
{
	memset(s->state, EMPTY, (size_t)s->p->n);
	memset(s->row + from, 0, sizeof *s->row * (size_t)(to - from));
	for (int32_t i = from; i < to; i++) {
		int32_t bit = i - from;
		s->row[i].w[bit / 256][bit / 64 % 4] |= (uint64_t)1 << bit % 64;
		s->state[i] = SOME;
	}
}

/* Per place: how many nodes it stands for, and their weight. */
struct worth { int64_t *nodes, *weight; };

static void add_up(struct sweep *s, struct columns *c, int32_t from, const int64_t *worth, int64_t total[WIDTH])
{
	int64_t full = 0;
	memset(c, 0, sizeof *c);
	for (int32_t i = from; i < s->p->n; i++) {
		if (s->state[i] == SOME) add_weighted(c, &s->row[i], worth[i]);
		else if (s->state[i] == FULL) full += worth[i];
	}
	read_columns(c, total);
	for (int k = 0; k < WIDTH; k++) total[k] += full;
}

static void run(struct arena *work, struct sweep *s, const struct worth *w, struct worth *result)
{
	struct columns *c = ARENA_NEW(work, struct columns);
	int64_t *total = ARENA_ARRAY(work, int64_t, WIDTH);
	for (int32_t from = 0; from < s->p->n; from += WIDTH) {
		int32_t to = from + WIDTH < s->p->n ? from + WIDTH : s->p->n, start = s->p->start[from];
		begin_batch(s, from, to);
		fill_rows(s, start);
		add_up(s, c, start, w->nodes, total);
		memcpy(result->nodes + from, total, sizeof *total * (size_t)(to - from));
		if (!w->weight) continue;
		add_up(s, c, start, w->weight, total);
		memcpy(result->weight + from, total, sizeof *total * (size_t)(to - from));
	}
}

/* Results of the places for the nodes: `of` says which node of the program each stands for. */
static struct chain_impact sweep_all(struct arena *a, struct arena *work, const struct program *p, int32_t n, const int32_t *of, const int64_t *weight)
{
	size_t room = (size_t)n + 1, places = (size_t)p->n + 1;
	struct chain_impact r = { .stopped = ARENA_ARRAY(a, int32_t, room), .weight = weight ? ARENA_ARRAY(a, int64_t, room) : NULL, .by_rows = true };
	struct sweep s = { p, ARENA_ARRAY(work, struct row, places), ARENA_ARRAY(work, uint8_t, places), 0 };
	struct worth w = { ARENA_ARRAY(work, int64_t, places), weight ? ARENA_ARRAY(work, int64_t, places) : NULL };
	struct worth result = { ARENA_ARRAY(work, int64_t, places), weight ? ARENA_ARRAY(work, int64_t, places) : NULL };
	for (int32_t v = 0; v < n; v++) {
		w.nodes[p->place[of[v]]]++;
		if (weight) w.weight[p->place[of[v]]] += weight[v];
	}
	run(work, &s, &w, &result);
	for (int32_t v = 0; v < n; v++) {
		r.stopped[v] = (int32_t)result.nodes[p->place[of[v]]];
		if (weight) r.weight[v] = result.weight[p->place[of[v]]];
	}
	r.steps = s.steps;
	return r;
}

void chain_impact_rows(struct arena *a, const struct chain_graph *g, const int64_t *weight, struct chain_impact *out)
{
	size_t n = (size_t)g->n + 1;
	struct arena *work = arena_new(n * (sizeof(struct row) + 64) + (size_t)g->member_first[g->n_group] * 4 + ((size_t)16 << 20));
	int32_t *of = ARENA_ARRAY(work, int32_t, n);
	struct chain_graph small;
	struct arena *held = contract(g, &small, of);
	struct program p = compile(work, &small);
	arena_free(held);
	*out = sweep_all(a, work, &p, g->n, of, weight);
	arena_free(work);
}

/* ---- cones: every head by itself ---- */

/* Components are in topological order already: they are the places, and each of their sources is a group of one. */
static struct program compile_cones(struct arena *a, const struct chain_rows *forward, const int32_t *component, int32_t found)
{
	size_t n = (size_t)found + 1;
	struct program p = { found, ARENA_ARRAY(a, int32_t, n + 1), ARENA_ARRAY(a, int32_t, (size_t)forward->first[forward->n] + 1), ARENA_ARRAY(a, int32_t, n), ARENA_ARRAY(a, int32_t, n) };
	for (int32_t v = 0; v < forward->n; v++)
		for (int32_t i = forward->first[v]; i < forward->first[v + 1]; i++) p.first[component[forward->to[i]] + 1] += component[forward->to[i]] != component[v];
	for (int32_t k = 0; k < found; k++) p.first[k + 1] += p.first[k], p.start[k] = p.place[k] = k;
	for (int32_t v = 0; v < forward->n; v++)
		for (int32_t i = forward->first[v]; i < forward->first[v + 1]; i++)
			if (component[forward->to[i]] != component[v]) p.code[p.first[component[forward->to[i]]]++] = ~component[v];
	memmove(p.first + 1, p.first, sizeof *p.first * (size_t)found);
	p.first[0] = 0;
	return p;
}

void chain_cones(struct arena *a, const struct chain_rows *forward, const int64_t *weight, struct chain_impact *out)
{
	size_t n = (size_t)forward->n + 1;
	struct arena *work = arena_new(n * (sizeof(struct row) + 72) + (size_t)forward->first[forward->n] * 4 + ((size_t)16 << 20));
	int32_t *component = ARENA_ARRAY(work, int32_t, n), found = chain_components(forward, component);
	struct program p = compile_cones(work, forward, component, found);
	*out = sweep_all(a, work, &p, forward->n, component, weight);
	arena_free(work);
}

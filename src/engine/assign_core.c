/* The core's state, its conditions and its bound. */
#include "engine/assign_core.h"

#include <string.h>

struct core *core_new(struct arena *a, const struct assign_input *in, const int32_t *cost)
{
	struct core *c = ARENA_NEW(a, struct core);
	*c = (struct core){ .arena = a, .np = in->n_application, .ne = in->n_expert, .row = in->row, .expert = in->expert, .cost = cost, .org = in->one,
		.need = in->need };
	size_t np = (size_t)c->np, ne = (size_t)c->ne;
	c->min = ARENA_ARRAY(a, int32_t, ne);
	c->max = ARENA_ARRAY(a, int32_t, ne);
	c->first = ARENA_ARRAY(a, uint32_t, np + 1);
	for (int i = 0; i < c->np; i++) c->first[i + 1] = c->first[i] + (uint32_t)c->need[i];
	c->pair = ARENA_ARRAY(a, uint32_t, c->first[np]);
	c->held = ARENA_ARRAY(a, int32_t, np);
	c->list = ARENA_ARRAY(a, struct holders, ne);
	c->v = ARENA_ARRAY(a, int64_t, ne);
	c->u = ARENA_ARRAY(a, int64_t, np);
	int32_t *degree = ARENA_ARRAY(a, int32_t, ne);
	for (uint32_t i = 0; i < c->row[np]; i++) degree[c->expert[i]]++;
	size_t total = 0;
	for (int e = 0; e < c->ne; e++) {
		c->min[e] = in->min ? in->min[e] : 0;
		c->max[e] = in->max[e] < degree[e] ? in->max[e] : degree[e];
		c->list[e].cap = c->max[e] + 1;         /* one more: a path may pass through a full expert */
		total += (size_t)c->list[e].cap;
	}
	struct hold *pool = ARENA_ARRAY(a, struct hold, total);
	for (int e = 0; e < c->ne; e++) {
		c->list[e].v = pool;
		pool += c->list[e].cap;
	}
	c->dead = ARENA_ARRAY(a, unsigned char, np + ne);
	return c;
}

void core_room(struct core *c, int e)
{
	struct holders *l = &c->list[e];
	if (l->cap > c->max[e]) return;
	struct hold *v = ARENA_ARRAY(c->arena, struct hold, (size_t)c->max[e] + 1);
	if (l->n) memcpy(v, l->v, (size_t)l->n * sizeof *v);
	l->v = v;
	l->cap = c->max[e] + 1;
}

void core_take(struct core *c, int a, uint32_t i)
{
	struct holders *l = &c->list[c->expert[i]];
	c->pair[c->first[a] + (uint32_t)c->held[a]++] = i;
	l->v[l->n++] = (struct hold){ .application = a, .pair = i };
	if (c->logging) VEC_PUSH(c->arena, &c->moves, ((struct move){ a, i, true }));
}

void core_drop(struct core *c, int a, uint32_t i)
{
	struct holders *l = &c->list[c->expert[i]];
	uint32_t *p = &c->pair[c->first[a]];
	int last = --c->held[a], k = 0;
	while (p[k] != i) k++;
	p[k] = p[last];
	int h = 0;
	while (l->v[h].pair != i) h++;
	l->v[h] = l->v[--l->n];
	if (c->logging) VEC_PUSH(c->arena, &c->moves, ((struct move){ a, i, false }));
}

bool core_holds(const struct core *c, int a, uint32_t i)
{
	const uint32_t *p = &c->pair[c->first[a]];
	for (int k = 0; k < c->held[a]; k++)
		if (p[k] == i) return true;
	return false;
}

int core_rival(const struct core *c, int a, int e)
{
	const uint32_t *p = &c->pair[c->first[a]];
	if (!c->org || c->org[e] < 0) return -1;
	for (int k = 0; k < c->held[a]; k++)
		if (c->org[c->expert[p[k]]] == c->org[e]) return k;
	return -1;
}

uint32_t core_find(const struct core *c, int a, int e)
{
	uint32_t lo = c->row[a], hi = c->row[a + 1];
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		if (c->expert[mid] < e) lo = mid + 1;
		else hi = mid;
	}
	return lo < c->row[a + 1] && c->expert[lo] == e ? lo : NO_PAIR;
}

void core_columns(struct core *c)
{
	if (c->column_start) return;
	c->column_start = ARENA_ARRAY(c->arena, uint32_t, (size_t)c->ne + 2);
	c->column = ARENA_ARRAY(c->arena, int32_t, c->row[c->np]);
	uint32_t *at = c->column_start + 1;     /* filled one place late, so that it ends as the starts */
	for (uint32_t i = 0; i < c->row[c->np]; i++)
		if (c->expert[i] + 1 < c->ne) at[c->expert[i] + 1]++;
	for (int e = 1; e < c->ne; e++) at[e] += at[e - 1];
	for (int a = 0; a < c->np; a++)
		for (uint32_t i = c->row[a]; i < c->row[a + 1]; i++) c->column[at[c->expert[i]]++] = a;
}

void core_settle(struct core *c, int a)
{
	enum { KEEP_MAX = 64 };
	uint32_t *p = &c->pair[c->first[a]];
	uint64_t beaten = 0;
	int64_t floor = INT64_MAX, level = INT64_MIN;
	for (int k = 0; k < c->held[a]; k++) {
		int64_t value = c->cost[p[k]] == ASSIGN_FORBIDDEN ? INT64_MIN : core_value(c, p[k]);
		if (value < floor) floor = value;
	}
	for (uint32_t i = c->row[a]; i < c->row[a + 1]; i++) {
		int64_t value = core_value(c, i);
		if (c->cost[i] == ASSIGN_FORBIDDEN || (value <= level && value <= floor) || core_holds(c, a, i)) continue;
		int k = core_rival(c, a, c->expert[i]);
		if (k >= 0 && c->cost[p[k]] != ASSIGN_FORBIDDEN && core_value(c, p[k]) >= value) continue;
		if (k >= 0 && k < KEEP_MAX) beaten |= (uint64_t)1 << k;
		if (value > level) level = value;
	}
	for (int k = c->held[a] - 1; k >= 0; k--)       /* dropping swaps the last one in, so from the end */
		if ((k < KEEP_MAX && beaten >> k & 1) || c->cost[p[k]] == ASSIGN_FORBIDDEN || core_value(c, p[k]) < level) core_drop(c, a, p[k]);
	if (level == INT64_MIN) {
		level = INT64_MAX;
		for (int k = 0; k < c->held[a]; k++)
			if (core_value(c, p[k]) < level) level = core_value(c, p[k]);
		if (level == INT64_MAX) level = 0;
	}
	c->u[a] = level;
}

/* The sum of the `need` best values of a row, one of an organisation. `best` has room for them. Too short a row gives what there is. */
static int64_t best_of_row(const struct core *c, int a, int64_t *best, int32_t *org)
{
	int n = 0, need = c->need[a];
	int64_t sum = 0;
	for (uint32_t i = c->row[a]; need && i < c->row[a + 1]; i++) {
		int64_t value = core_value(c, i);
		if (c->cost[i] == ASSIGN_FORBIDDEN || (n == need && value <= best[n - 1])) continue;
		int32_t group = c->org ? c->org[c->expert[i]] : -1;
		int k = n;
		for (int j = 0; group >= 0 && j < n; j++)
			if (org[j] == group) k = j;
		if (k < n && best[k] >= value) continue;
		if (k == n && n < need) n++;
		else if (k == n) k = n - 1;
		for (; k > 0 && best[k - 1] < value; k--) best[k] = best[k - 1], org[k] = org[k - 1];
		best[k] = value;
		org[k] = group;
	}
	for (int k = 0; k < n; k++) sum += best[k];
	return sum;
}

int64_t core_dual(const struct core *c)
{
	int32_t most = 1;
	int64_t sum = 0;
	for (int a = 0; a < c->np; a++)
		if (c->need[a] > most) most = c->need[a];
	struct arena *scratch = arena_new((size_t)1 << 30);
	int64_t *best = ARENA_ARRAY(scratch, int64_t, (size_t)most + 1);
	int32_t *org = ARENA_ARRAY(scratch, int32_t, (size_t)most + 1);
	for (int a = 0; a < c->np; a++) sum += best_of_row(c, a, best, org);
	for (int e = 0; e < c->ne; e++) sum += c->v[e] * (c->v[e] > 0 ? c->max[e] : c->min[e]);
	arena_free(scratch);
	return sum;
}

int64_t core_total(const struct core *c)
{
	int64_t sum = 0;
	for (int a = 0; a < c->np; a++)
		for (int k = 0; k < c->held[a]; k++) sum += c->cost[c->pair[c->first[a] + (uint32_t)k]];
	return sum;
}

int64_t core_unfilled(const struct core *c)
{
	int64_t n = 0;
	for (int a = 0; a < c->np; a++) n += c->need[a] - c->held[a];
	for (int e = 0; e < c->ne; e++)
		if (c->list[e].n < c->min[e]) n += c->min[e] - c->list[e].n;
	return n;
}

/* Exact repair by shortest paths on the prices: from an application that lacks experts to an expert with room, or back from an expert
   that must take more. Reduced costs are never negative, so Dijkstra; among equally cheap paths the one with the fewest changes. */
#include "engine/assign_core.h"

#include <string.h>

/* Distances carry the number of changes in their low bits, so that it decides ties; it stops growing before it could carry over. */
enum { HOP_BITS = 12, HOP_MAX = (1 << HOP_BITS) - 2, STOP_EVERY = 256 };
static const int64_t FAR = INT64_MAX / 2;

static int64_t further(int64_t dist, int64_t cost, int hops)
{
	int64_t used = dist & ((1 << HOP_BITS) - 1);
	return dist + (cost << HOP_BITS) + (used + hops <= HOP_MAX ? hops : 0);
}

static int64_t length(int64_t dist) { return dist >> HOP_BITS; }

/* ---- the heap: lazy, ties by node so that runs repeat ---- */

static bool before(struct heap_item a, struct heap_item b) { return a.key != b.key ? a.key < b.key : a.node < b.node; }

static void heap_push(struct core *c, struct heap_item x)
{
	VEC_PUSH(c->arena, &c->heap, x);
	size_t i = c->heap.n - 1;
	for (; i && before(x, c->heap.v[(i - 1) / 2]); i = (i - 1) / 2) c->heap.v[i] = c->heap.v[(i - 1) / 2];
	c->heap.v[i] = x;
}

static struct heap_item heap_pop(struct core *c)
{
	struct heap_item *v = c->heap.v, top = v[0], x = v[--c->heap.n];
	size_t i = 0, n = c->heap.n;
	for (;;) {
		size_t k = 2 * i + 1;
		if (k >= n) break;
		if (k + 1 < n && before(v[k + 1], v[k])) k++;
		if (!before(v[k], x)) break;
		v[i] = v[k];
		i = k;
	}
	v[i] = x;
	return top;
}

/* ---- the search ---- */

struct search { struct core *c; int64_t end; uint32_t end_node; };

static void search_begin(struct search *s, struct core *c)
{
	*s = (struct search){ .c = c, .end = FAR, .end_node = NO_PAIR };
	c->heap.n = c->seen.n = 0;
	if (!c->node) c->node = ARENA_ARRAY(c->arena, struct node, (size_t)c->np + (size_t)c->ne + (c->org ? c->first[c->np] : 0));
	if (c->stamp > UINT32_MAX - 4) {
		for (size_t i = 0; i < (size_t)c->np + c->ne + (c->org ? c->first[c->np] : 0); i++) c->node[i].stamp = 0;
		c->stamp = 0;
	}
	c->stamp += 2;          /* stamp: reached; stamp + 1: settled */
	if (++c->searches % STOP_EVERY == 0 && c->stop && c->stop(c->stop_ctx)) c->stopped = true;
}

static void reach(struct search *s, uint32_t id, int64_t dist, uint32_t parent, uint32_t pair)
{
	struct core *c = s->c;
	struct node *n = &c->node[id];
	if (dist >= s->end || (id < (uint32_t)(c->np + c->ne) && c->dead[id]) || n->stamp == c->stamp + 1 || (n->stamp == c->stamp && n->dist <= dist)) return;
	if (n->stamp != c->stamp) VEC_PUSH(c->arena, &c->seen, id);
	*n = (struct node){ .dist = dist, .parent = parent, .pair = pair, .stamp = c->stamp };
	heap_push(c, (struct heap_item){ dist, id });
}

/* The nearest unsettled node, settled now; false when none is left nearer than the end. */
static bool search_next(struct search *s, uint32_t *id)
{
	struct core *c = s->c;
	while (c->heap.n) {
		struct heap_item top = heap_pop(c);
		if (top.key >= s->end) return false;
		struct node *n = &c->node[top.node];
		if (n->stamp != c->stamp || n->dist != top.key) continue;
		n->stamp++;
		*id = top.node;
		return true;
	}
	return false;
}

static void ends_at(struct search *s, uint32_t id, int64_t dist)
{
	if (dist < s->end) s->end = dist, s->end_node = id;
}

static uint32_t expert_node(const struct core *c, int e) { return (uint32_t)(c->np + e); }
static uint32_t slot_node(const struct core *c, int a, int k) { return (uint32_t)(c->np + c->ne) + c->first[a] + (uint32_t)k; }
static int slot_of(const struct core *c, int a, uint32_t pair)
{
	int k = 0;
	while (c->pair[c->first[a] + (uint32_t)k] != pair) k++;
	return k;
}

/* Who could take one more at this expert, at what cost beyond its price; FAR: nobody. */
static int64_t room_at(const struct core *c, int e)
{
	if (c->list[e].n < c->min[e]) return 0;
	if (c->list[e].n >= c->max[e]) return FAR;
	return c->v[e] < 0 ? -c->v[e] : 0;
}

/* The experts of the same organisation that the holder of slot k could have instead. */
static void swap_inside(struct search *s, uint32_t id, int a, uint32_t held, int64_t dist)
{
	struct core *c = s->c;
	int32_t group = c->org[c->expert[held]];
	int64_t value = core_value(c, held);
	for (uint32_t i = c->row[a]; i < c->row[a + 1]; i++)
		if (i != held && c->cost[i] != ASSIGN_FORBIDDEN && c->org[c->expert[i]] == group)
			reach(s, expert_node(c, c->expert[i]), further(dist, value - core_value(c, i), 1), id, i);
}

static void forward_application(struct search *s, int a, int64_t dist)
{
	struct core *c = s->c;
	int64_t slack = length(s->end) - length(dist);
	for (uint32_t i = c->row[a]; i < c->row[a + 1]; i++) {
		int64_t cost = c->u[a] - core_value(c, i);
		if (cost > slack || c->cost[i] == ASSIGN_FORBIDDEN || core_holds(c, a, i) || core_rival(c, a, c->expert[i]) >= 0) continue;
		reach(s, expert_node(c, c->expert[i]), further(dist, cost, 1), (uint32_t)a, i);
	}
}

static void forward_expert(struct search *s, int e, int64_t dist)
{
	struct core *c = s->c;
	uint32_t id = expert_node(c, e);
	int64_t room = room_at(c, e);
	if (room < FAR) ends_at(s, id, further(dist, room, 0));
	for (int h = 0; h < c->list[e].n; h++) {
		struct hold x = c->list[e].v[h];
		if (c->org && c->org[e] >= 0) reach(s, slot_node(c, x.application, slot_of(c, x.application, x.pair)), dist, id, x.pair);
		else reach(s, (uint32_t)x.application, further(dist, core_value(c, x.pair) - c->u[x.application], 0), id, x.pair);
	}
}

/* Slot nodes know their pair; the application is the one whose slot it is. */
static int slot_owner(const struct core *c, uint32_t id)
{
	uint32_t slot = id - (uint32_t)(c->np + c->ne);
	int lo = 0, hi = c->np;
	while (hi - lo > 1) {
		int mid = lo + (hi - lo) / 2;
		if (c->first[mid] <= slot) lo = mid;
		else hi = mid;
	}
	return lo;
}

static void forward_slot(struct search *s, uint32_t id, int64_t dist)
{
	struct core *c = s->c;
	int a = slot_owner(c, id);
	uint32_t held = c->node[id].pair;
	reach(s, (uint32_t)a, further(dist, core_value(c, held) - c->u[a], 0), id, held);
	swap_inside(s, id, a, held, dist);
}

/* Move the flow along the path that ends at `id`. */
static void forward_apply(struct core *c, uint32_t id)
{
	for (;;) {
		struct node e = c->node[id];            /* an expert: reached over e.pair by e.parent */
		int a;
		uint32_t slot;
		if (e.parent < (uint32_t)c->np) {
			a = (int)e.parent;
			struct node n = c->node[e.parent];
			if (n.parent == NO_PAIR) {
				core_take(c, a, e.pair);
				return;
			}
			core_drop(c, a, n.pair);
			slot = n.parent;
		} else {
			a = slot_owner(c, e.parent);
			core_drop(c, a, c->node[e.parent].pair);
			slot = e.parent;
		}
		core_take(c, a, e.pair);
		id = slot >= (uint32_t)(c->np + c->ne) ? c->node[slot].parent : slot;
	}
}

/* Shift potentials of everything nearer than the end. `sign`: +1 after a search forward, -1 after one backward. */
static void shift_prices(struct search *s, int sign)
{
	struct core *c = s->c;
	int64_t end = length(s->end);
	for (size_t i = 0; i < c->seen.n; i++) {
		uint32_t id = c->seen.v[i];
		int64_t d = length(c->node[id].dist);
		if (d >= end) continue;
		if (id < (uint32_t)c->np) c->u[id] -= sign * (end - d);
		else if (id < (uint32_t)(c->np + c->ne)) c->v[id - (uint32_t)c->np] += sign * (end - d);
	}
}

/* From what was seen there is no way out, now or later: it is not entered again, and its potentials move so far away that every arc
   towards it stays dear. */
static void cut_off(struct core *c)
{
	const int64_t away = (int64_t)1 << 40;
	for (size_t i = 0; i < c->seen.n; i++) {
		uint32_t id = c->seen.v[i];
		if (id >= (uint32_t)(c->np + c->ne)) continue;
		c->dead[id] = 1;
		if (id < (uint32_t)c->np) c->u[id] -= away;
		else c->v[id - (uint32_t)c->np] += away;
	}
	c->any_dead = true;
}

static bool forward(struct core *c, int source)
{
	struct search s;
	uint32_t id;
	if (c->dead[source]) return false;
	search_begin(&s, c);
	reach(&s, (uint32_t)source, 0, NO_PAIR, NO_PAIR);
	while (search_next(&s, &id)) {
		int64_t dist = c->node[id].dist;
		if (id < (uint32_t)c->np) forward_application(&s, (int)id, dist);
		else if (id < (uint32_t)(c->np + c->ne)) forward_expert(&s, (int)id - c->np, dist);
		else forward_slot(&s, id, dist);
	}
	if (s.end_node == NO_PAIR) {
		cut_off(c);
		return false;
	}
	shift_prices(&s, 1);
	forward_apply(c, s.end_node);
	return true;
}

void core_mend_application(struct core *c, int a)
{
	while (c->held[a] < c->need[a] && !c->stopped)
		if (!forward(c, a)) return;
}

/* ---- backward: dist is the distance from a node to the expert that must take more ---- */

static void backward_expert(struct search *s, int e, int source, int64_t dist)
{
	struct core *c = s->c;
	uint32_t id = expert_node(c, e);
	bool spare = e == source ? c->list[e].n >= c->min[e] : c->list[e].n > c->min[e];
	if (spare) ends_at(s, id, further(dist, c->v[e] > 0 ? c->v[e] : 0, 0));
	int64_t slack = length(s->end) - length(dist);
	for (uint32_t j = c->column_start[e]; j < c->column_start[e + 1]; j++) {
		int a = c->column[j];
		uint32_t i = core_find(c, a, e);
		if (c->cost[i] == ASSIGN_FORBIDDEN || core_holds(c, a, i)) continue;
		int64_t value = core_value(c, i);
		int k = core_rival(c, a, e);
		if (k >= 0) {
			uint32_t held = c->pair[c->first[a] + (uint32_t)k];
			reach(s, slot_node(c, a, k), further(dist, core_value(c, held) - value, 1), id, i);
		} else if (c->u[a] - value <= slack) {
			reach(s, (uint32_t)a, further(dist, c->u[a] - value, 1), id, i);
		}
	}
}

static void backward_application(struct search *s, int a, int64_t dist)
{
	struct core *c = s->c;
	for (int k = 0; k < c->held[a]; k++) {
		uint32_t held = c->pair[c->first[a] + (uint32_t)k];
		int e = c->expert[held];
		int64_t d = further(dist, core_value(c, held) - c->u[a], 0);
		if (c->org && c->org[e] >= 0) reach(s, slot_node(c, a, k), d, (uint32_t)a, NO_PAIR);
		else reach(s, expert_node(c, e), d, (uint32_t)a, held);
	}
}

static void backward_slot(struct search *s, uint32_t id, int64_t dist)
{
	struct core *c = s->c;
	uint32_t held = c->pair[id - (uint32_t)(c->np + c->ne)];
	reach(s, expert_node(c, c->expert[held]), dist, id, held);
}

/* The flow moves from the end towards the source: each application on the way drops one expert and takes the next. */
static void backward_apply(struct core *c, uint32_t id, int source)
{
	while (id != expert_node(c, source)) {
		struct node e = c->node[id];            /* the application (or its slot) at e.parent drops e.pair */
		uint32_t next = e.parent;
		int a = next < (uint32_t)c->np ? (int)next : slot_owner(c, next);
		if (next >= (uint32_t)c->np && c->node[next].pair == NO_PAIR) next = c->node[next].parent;    /* slot, then its application */
		struct node n = c->node[next];
		core_drop(c, a, e.pair);
		core_take(c, a, n.pair);
		id = n.parent;
	}
}

/* The nodes with no way to the expert say nothing of the way from it, so `dead` is not asked here. */
static bool backward(struct core *c, int source)
{
	struct search s;
	uint32_t id;
	core_columns(c);
	core_revive(c);
	search_begin(&s, c);
	reach(&s, expert_node(c, source), 0, NO_PAIR, NO_PAIR);
	while (search_next(&s, &id)) {
		int64_t dist = c->node[id].dist;
		if (id < (uint32_t)c->np) backward_application(&s, (int)id, dist);
		else if (id < (uint32_t)(c->np + c->ne)) backward_expert(&s, (int)id - c->np, source, dist);
		else backward_slot(&s, id, dist);
	}
	if (s.end_node == NO_PAIR) return false;
	shift_prices(&s, -1);
	backward_apply(c, s.end_node, source);
	return true;
}

void core_mend_expert(struct core *c, int e)
{
	while (c->list[e].n < (c->v[e] > 0 ? c->max[e] : c->min[e]) && !c->stopped)
		if (!backward(c, e)) return;
}

void core_revive(struct core *c)
{
	if (!c->any_dead) return;
	memset(c->dead, 0, (size_t)c->np + (size_t)c->ne);
	c->any_dead = false;
}

void core_mend(struct core *c)
{
	for (int a = 0; a < c->np; a++) core_mend_application(c, a);
	for (int e = 0; e < c->ne; e++) core_mend_expert(c, e);
}

void core_mend_logged(struct core *c)
{
	for (size_t i = 0; i < c->moves.n; i++) core_mend_application(c, c->moves.v[i].application);
	for (size_t i = 0; i < c->moves.n; i++)         /* grows while it is read; ends because each repair fills a place */
		if (!c->moves.v[i].taken) core_mend_expert(c, c->expert[c->moves.v[i].pair]);
}

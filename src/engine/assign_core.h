/* Inside of assign: the exact core, a transportation problem on prices. Costs here are what is maximised.

   An application takes `need` pairs of its row, at most one of an organisation when `org` is given; an expert takes between `min` and
   `max`. With prices v of the experts the value of a pair is cost - v. The flow is optimal when, for every application with level u,
   what it holds is the best of its organisation and worth at least u, what it does not hold is worth at most u, and every expert with
   v > 0 is full, with v < 0 at its minimum. The bound that proves it needs the prices only:

     sum over experts (v > 0 ? v max : v min)  +  sum over applications of the `need` best values (one of an organisation).  */
#ifndef ENGINE_ASSIGN_CORE_H
#define ENGINE_ASSIGN_CORE_H

#include "engine/assign.h"

#define NO_PAIR UINT32_MAX

struct hold { int32_t application; uint32_t pair; int32_t bid; };      /* `bid` matters during the auction only */
struct holders { struct hold *v; int32_t n, cap; };

struct node { int64_t dist; uint32_t parent, pair, stamp; };           /* of a shortest-path search */
struct heap_item { int64_t key; uint32_t node; };

struct move { int32_t application; uint32_t pair; bool taken; };

struct core {
	struct arena *arena;
	int np, ne;
	const uint32_t *row;            /* np + 1 */
	const int32_t *expert;          /* by pair, increasing inside a row */
	const int32_t *cost;            /* by pair; ASSIGN_FORBIDDEN: must not be taken */
	const int32_t *org;             /* by expert, negative: of none; NULL: no such rule */
	const int32_t *need;
	int32_t *min, *max;             /* by expert */

	uint32_t *first;                /* np + 1: where an application's slots begin */
	uint32_t *pair;                 /* by slot: the first `held` slots of an application are taken */
	int32_t *held;
	struct holders *list;           /* by expert */
	int64_t *v, *u;

	uint32_t *column_start;         /* the transposed rows, made when first needed */
	int32_t *column;

	struct node *node;              /* applications, experts, and with `org` slots; made by the first search */
	uint32_t stamp;
	VEC(struct heap_item) heap;
	VEC(uint32_t) seen;
	unsigned char *dead;            /* applications and experts from which no room can be reached */
	bool any_dead;
	bool logging;                   /* keep `moves`: what was taken and dropped */
	VEC(struct move) moves;
	int64_t searches;

	bool (*stop)(void *ctx);        /* asked now and then; true ends the work */
	void *stop_ctx;
	bool stopped;
	bool lost;                      /* the auction left somebody with nothing to bid for: perhaps infeasible */
};

/* Room for a problem; holds nothing yet, all prices 0. The arrays of the input are borrowed. */
struct core *core_new(struct arena *a, const struct assign_input *in, const int32_t *cost);
void core_take(struct core *c, int a, uint32_t i);
void core_drop(struct core *c, int a, uint32_t i);
bool core_holds(const struct core *c, int a, uint32_t i);
/* The slot of `a` that holds an expert of the same organisation; -1. */
int core_rival(const struct core *c, int a, int e);
static inline int64_t core_value(const struct core *c, uint32_t i) { return c->cost[i] - c->v[c->expert[i]]; }
/* The pair of application `a` and expert `e`; NO_PAIR. */
uint32_t core_find(const struct core *c, int a, int e);

/* Prices and a nearly optimal flow from nothing. Then core_settle every application, then core_mend. */
void core_auction(struct core *c);
/* Let go of what breaks the conditions at the present prices; the level u follows. Then core_mend. */
void core_settle(struct core *c, int a);
/* Fill every need and every expert that must be filled, by shortest paths; exact afterwards. What cannot be filled stays open. */
void core_mend(struct core *c);
void core_mend_application(struct core *c, int a);
void core_mend_expert(struct core *c, int e);
/* Widen an expert's list after its maximum was raised. */
void core_room(struct core *c, int e);

/* From the prices alone, nothing of the flow is used. */
int64_t core_dual(const struct core *c);
int64_t core_total(const struct core *c);
int64_t core_unfilled(const struct core *c);    /* open places of applications, and of experts below their minimum */

/* After changes: fill the applications and the experts that the log names, until nothing is left open that can be filled. */
void core_mend_logged(struct core *c);

void core_columns(struct core *c);
/* Forget which nodes were cut off, after room was made or candidates were added. */
void core_revive(struct core *c);

#endif

/* AND-OR graphs: what stops when something stops. Whole numbers only; names, shares and regions are chain.h's.

   Every node has groups of providers. It stops when all members of at least one of its groups have stopped (the groups are
   AND-ed, the members of one group OR-ed), and what stops when a node p fails is the least such set that holds p:
       K(p) = least K with p in K, and v in K when some group of v lies wholly in K.
   Least, so a cycle never stops by itself. Source of the definition: docs/chain.md. Nothing here can fail; results belong to the arena. */
#ifndef ENGINE_CHAIN_GRAPH_H
#define ENGINE_CHAIN_GRAPH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

/* `member` is one of the providers of `owner` in the group `group` (any number that tells the groups of one owner apart). */
struct chain_link { int32_t owner, group, member; };

/* Rows in one array: those of i are at [first[i], first[i+1]). */
struct chain_graph {
	int32_t n, n_group;
	int32_t *group_first;           /* n+1: the groups of a node are consecutive */
	int32_t *owner;                 /* n_group */
	int32_t *member_first;          /* n_group+1 */
	int32_t *member;                /* ascending and distinct in a group */
	int32_t *feed_first;            /* n+1 */
	int32_t *feed;                  /* the groups a node is a member of */
};

/* Equal links count once. A group that holds its own owner can never be why the owner stops, and is left out. */
void chain_graph_make(struct arena *a, int32_t n, const struct chain_link *link, size_t n_link, struct chain_graph *out);

/* The same, and which links each group was made of: rows of numbers of links by group, equal ones too. */
struct chain_rows { int32_t n, *first, *to; };
void chain_graph_make_from(struct arena *a, int32_t n, const struct chain_link *link, size_t n_link, struct chain_graph *out, struct chain_rows *from);

/* ---- one failure ---- */

enum { CHAIN_RUNS = -1, CHAIN_STARTED = -2 };

struct chain_slot { int32_t left, owner; };     /* of a group: members that still run */
struct chain_cascade {
	const struct chain_graph *graph;
	struct chain_slot *slot;        /* per group */
	int32_t *cause;                 /* per node: CHAIN_RUNS, CHAIN_STARTED, or the group that stopped it */
	int32_t *stopped, n;            /* in the order of stopping, what started it first */
};
void chain_cascade_open(struct arena *a, const struct chain_graph *g, struct chain_cascade *c);
/* Let these nodes fail together. Call chain_cascade_undo before the next run: it costs what the run cost, not the size of the graph. */
void chain_cascade_run(struct chain_cascade *c, const int32_t *start, int32_t n);
void chain_cascade_undo(struct chain_cascade *c);

/* Every node that can stop another fails alone, in order; `visit` sees what stopped, itself first. False: `budget` links were followed, the
   nodes from there on were not visited. *steps: links followed. */
typedef void (*chain_visit)(void *ctx, const int32_t *stopped, int32_t n);
bool chain_cascade_each(const struct chain_graph *g, int64_t budget, chain_visit visit, void *ctx, int64_t *steps);
int64_t chain_budget(const struct chain_graph *g);      /* where chain_impact_all changes over to rows of bits */

/* ---- the failure of every node, each alone ---- */

struct chain_impact {
	int32_t *stopped;               /* |K(p)|, p included */
	int64_t *weight;                /* sum of `weight` over K(p); NULL when none were given */
	int64_t steps;                  /* links followed */
	bool by_rows;                   /* which of the two ways was taken */
};
/* One cascade after another while that is cheap; when `budget` links have been followed (0: a default), 2,048 failures at a time as
   rows of bits. Both ways give the same figures. `weight` may be NULL; weights are ≥ 0 and their sum fits an int64. */
void chain_impact_all(struct arena *a, const struct chain_graph *g, const int64_t *weight, int64_t budget, struct chain_impact *out);
/* The second way alone. */
void chain_impact_rows(struct arena *a, const struct chain_graph *g, const int64_t *weight, struct chain_impact *out);

/* ---- graphs without groups: rows of heads ---- */

/* An edge from every member to the owners of its groups (backward = false), or the other way round; parallel edges are kept. */
struct chain_rows chain_rows_of(struct arena *a, const struct chain_graph *g, bool backward);
struct chain_rows chain_rows_make(struct arena *a, int32_t n, const int32_t *from, const int32_t *to, size_t m);
struct chain_rows chain_rows_turn(struct arena *a, const struct chain_rows *g);        /* every edge reversed */
/* The cone of every node: how many nodes can be reached from it, itself included, and their weight (NULL: not asked for). */
void chain_cones(struct arena *a, const struct chain_rows *forward, const int64_t *weight, struct chain_impact *out);
/* Strongly connected components, numbered in topological order: an edge never leads to a smaller number. Returns how many. */
int32_t chain_components(const struct chain_rows *g, int32_t *component);
/* The immediate dominator of every node in the graph entered at `root` (its own is -1, and so is that of what cannot be reached).
   Semi-NCA after Georgiadis 2005. `order` (may be NULL): reached nodes, parents in the depth-first tree before children. */
int32_t chain_dominators(const struct chain_rows *g, int32_t root, int32_t *dominator, int32_t *order);
/* Dominators and, in one pass, how many nodes and how much weight each dominates: the OR-only case of chain_impact_all, where every node has
   one group. Nodes without providers are entered from outside. Equal to it on acyclic graphs; on a cycle it tells what is cut off from outside. */
void chain_impact_or(const struct chain_rows *forward, const int64_t *weight, int32_t *dominator, int32_t *stopped, int64_t *sum);
/* Nodes whose removal cuts an undirected component apart (edges both ways). */
void chain_articulation(const struct chain_rows *g, bool *cut);
/* Navigation only, never risk. PageRank with damping .85 to a change of 1e-12; betweenness after Brandes 2001 over all pairs, directed,
   unweighted; parallel edges count as so many paths, self-loops as none. */
void chain_pagerank(const struct chain_rows *g, double *rank);
void chain_betweenness(const struct chain_rows *g, double *score);

#endif

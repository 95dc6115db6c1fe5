/* Drawing a chain: a layered layout of any directed graph, and the map of a chain as SVG made from it. Deterministic: the same input gives
   the same bytes. Nothing can fail; results belong to the arena. */
#ifndef ENGINE_CHAIN_MAP_H
#define ENGINE_CHAIN_MAP_H

#include "engine/chain.h"

/* ---- layout: columns from left to right along the edges ---- */

struct chain_edge { int32_t from, to; };
struct chain_layout_in { int32_t n, m; const struct chain_edge *edge; const int32_t *lane; double gap, bus_gap; };  /* lane: bands from top to bottom, may be NULL */

/* Items are the nodes 0..n-1, then the bends of long edges: a source has one bus, a bend in every column up to its farthest reader. */
struct chain_layout {
	int32_t items, columns, segments;
	int32_t *column, *place;        /* per item: its column, and its place in it from the top */
	double *y;                      /* per item; nodes of a column are at least `gap` apart, bends `bus_gap` */
	int32_t *first, *in_column;     /* the items of a column, top to bottom: [first[c], first[c+1]) */
	struct chain_edge *segment;     /* between items of neighbouring columns, each drawn once */
	bool *against;                  /* per edge: it closes a cycle and was laid out the other way round */
	int64_t crossings;              /* of segments */
};
/* Cycles broken depth first; columns that make the edges shortest in sum (network simplex); barycentre sweeps, switching of neighbours and
   sifting, crossings counted exactly; then heights evened out. For graphs a person looks at: thousands of nodes take seconds. */
void chain_layout(struct arena *a, const struct chain_layout_in *in, struct chain_layout *out);

/* ---- the map ---- */

enum chain_paper { CHAIN_SCREEN, CHAIN_A4, CHAIN_A3 };
struct chain_map_view {
	int32_t root;                   /* a node to look from; -1: the whole chain, riskiest first */
	int depth;                      /* steps from the root either way; 0: all */
	int most;                       /* nodes shown at most; 0: 60 on a screen, 80 on A4, 150 on A3. On paper fewer, as names stay 2 mm high */
	enum chain_paper paper;
	double alarm;                   /* index from which a card has a red border; 0.05 when 0 */
	struct str link;                /* what stands before an id in a card's link ("?root="); empty: no links */
	enum lang lang;
};
struct chain_map {
	struct chain_layout layout;
	int32_t *product, n;            /* shown: indices into figures->product, by number of the layout's node */
	int32_t *hidden;                /* per shown node: neighbours left out ("+37" on its card) */
	int32_t *lane, lanes;
	struct str *lane_name;
	struct chain_edge *edge; int32_t edges; /* input → product, numbers of the layout */
	bool *essential, *kind;         /* per edge; kind: a kind and what it is a kind of */
};
void chain_map(struct cx *cx, const struct chain_figures *f, const struct chain_map_view *view, struct chain_map *out);
/* Cards with name, self-sufficiency (colour, pattern and bar), local makers, controllers, teams; no text ever reaches beyond its card. */
void chain_map_svg(struct buf *out, const struct chain_figures *f, const struct chain_map_view *view, const struct chain_map *m);
/* The same as a table: one row a card, with its inputs on the map. */
void chain_map_csv(struct buf *out, const struct chain_figures *f, const struct chain_map *m);

#endif

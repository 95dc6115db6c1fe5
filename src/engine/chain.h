/* An industrial chain as an official means it: who makes what, what needs what, where it is weak, and what stops if a part fails.

       chain_read     six tables of rows             → struct chain, with everything found wrong in them
       chain_change   a what-if on top of it         → another chain (nothing is copied that did not change)
       chain_wire     the chain                      → struct chain_wired: its AND-OR graph and the failure of every node
       chain_measure  the chain as one region sees it → struct chain_figures: every figure of every product
       chain_sentence one figure                     → the sentence that explains it, in Chinese or English
       chain_map.h    drawing it · chain_io.h input-output tables · chain_graph.h the bare graph

   Pure and deterministic. Everything belongs to cx->arena and borrows the texts of the tables. Unknown is never 0: an unknown ratio is NaN,
   an unknown amount CHAIN_UNKNOWN, and every risk figure stands beside its coverage. Ratios are 0..1. Definitions: docs/chain.md. */
#ifndef ENGINE_CHAIN_H
#define ENGINE_CHAIN_H

#include "base/buf.h"
#include "base/fail.h"
#include "base/val.h"
#include "engine/chain_graph.h"

/* A ratio as a value: decimal, or null when unknown. */
struct val chain_ratio(double v);

/* ---- the model ---- */

#define CHAIN_UNKNOWN INT64_MIN
enum { CHAIN_NODES_MAX = 4 << 20, CHAIN_LINES_MAX = 32 << 20 };

enum chain_kind { CHAIN_PRODUCT, CHAIN_ORGANISATION, CHAIN_INDUSTRY, CHAIN_REGION };
enum chain_table { CHAIN_NODES, CHAIN_NEEDS, CHAIN_MAKES, CHAIN_RESEARCHES, CHAIN_KINDS, CHAIN_WANTS, CHAIN_TABLES };
extern const char *const chain_table_name[CHAIN_TABLES];        /* "nodes", "needs", … : file names and what findings cite */
extern const char *const chain_kind_name[4];                    /* "product", … */

/* Where a line comes from. Kept as written; empty when not given. */
struct chain_evidence { struct str source, date, confidence; enum chain_table table; int line; };

struct chain_node {
	struct str id, name;
	enum chain_kind kind;
	int32_t place;                  /* into chain.place; -1 unknown */
	int64_t size;                   /* output, tax or jobs, millionths; or CHAIN_UNKNOWN */
	struct str segment;             /* the lane of the map; may be empty */
	struct str owner;               /* an organisation's group company; empty: it controls itself */
	bool pseudo;                    /* "various", "其他" …: stands for many, so it neither fails nor monopolises */
	struct chain_evidence evidence;
};
struct chain_place { struct str name; int32_t parent, node; };  /* `node`: its line among the nodes, -1 when only named */
struct chain_need {
	int32_t product, input, group;  /* inputs of equal group replace each other; group < 0: by itself */
	double share;                   /* of the product's input value */
	double months;                  /* to put another source in its place */
	bool essential;
	struct str relation;            /* material, component, process …: as written */
	struct chain_evidence evidence;
};
struct chain_make { int32_t organisation, product; double share; struct chain_evidence evidence; };      /* share of all supply */
struct chain_research { int32_t organisation, product; int trl; struct chain_evidence evidence; };       /* TRL 1-9, 0 unknown */
struct chain_variant { int32_t product, kind_of; bool all; struct chain_evidence evidence; };            /* all: every kind is needed */
struct chain_want { int32_t organisation, product; struct str need; struct chain_evidence evidence; };

/* What the import found. It goes on: a line that cannot be used is left out, a value that cannot be used is unknown. */
enum chain_fault {
	CHAIN_DUPLICATE, CHAIN_DANGLING, CHAIN_SELF_LOOP, CHAIN_CYCLE, CHAIN_BAD_VALUE, CHAIN_BAD_KIND, CHAIN_SAME_NAME, CHAIN_BROKEN_NAME, CHAIN_EMPTY_ID,
	CHAIN_SHARES_OVER, CHAIN_FAULTS
};
extern const char *const chain_fault_name[CHAIN_FAULTS];
struct chain_finding {
	enum chain_fault fault;
	enum chain_table table;
	int line, other;                /* `other`: the line it collides with or that closes the cycle; 0 none */
	struct str zh, en;
};

struct chain {
	VEC(struct chain_node) node;
	VEC(struct str) group;          /* labels of groups, by number */
	VEC(struct chain_place) place;
	VEC(struct chain_need) need;
	VEC(struct chain_make) make;
	VEC(struct chain_research) research;
	VEC(struct chain_variant) variant;
	VEC(struct chain_want) want;
	VEC(struct chain_finding) finding;
	int32_t *slot;                  /* hash of ids; see chain_find */
	uint32_t slots;
	int32_t *fallen;                /* products that a change left without one of their groups: they have stopped */
	int n_fallen;
};

/* One table: the header row, then lines as the person's program counts them. Absent tables have no rows; nodes must be there.
   Either rows, or `text`: CSV that is read row by row, and has `n` rows at most. */
struct chain_line { struct str *cell; int n, line; };
struct chain_rows_in { struct str file; struct chain_line *row; int n; struct str text; };

/* RC_INVALID, citing file:line, only for what makes a table unreadable: a column that is missing, sizes that overflow. */
enum rc chain_read(struct cx *cx, const struct chain_rows_in table[CHAIN_TABLES], struct chain *out) MUST_USE;
int32_t chain_find(const struct chain *c, struct str id);                      /* a node by id; -1 */
int32_t chain_place_find(const struct chain *c, struct str name_or_id);        /* a place; -1 */
bool chain_inside(const struct chain *c, int32_t place, int32_t region);       /* is the place the region, or in it? */
enum { CHAIN_CELLS = 12 };
extern const char *const chain_column_name[CHAIN_TABLES][CHAIN_CELLS];  /* as written and read; NULL ends a shorter list */
/* The table as CSV rows, header first: what is read back is the same chain, and written again the same bytes. */
void chain_write(struct buf *out, const struct chain *c, enum chain_table table);
/* The whole chain as GraphML (nodes and relations with all they carry). */
void chain_graphml(struct buf *out, const struct chain *c);

/* ---- what if ---- */

enum chain_act { CHAIN_STOP_NODE, CHAIN_STOP_PLACE, CHAIN_DROP_MAKER, CHAIN_ADD_MAKER };
struct chain_step { enum chain_act act; int32_t a, b; double share; };  /* node · place · organisation, product · organisation, product, share */

/* The chain after the steps. A product whose last maker is taken, and what the steps stop, are in `fallen`; dropped makers make nothing any more. */
void chain_change(struct cx *cx, const struct chain *c, const struct chain_step *step, int n, struct chain *out);

/* ---- what fails ---- */

enum { CHAIN_SINGLE_KEPT = 12 };
/* Per node: all whose failure alone stops it (single points), at most CHAIN_SINGLE_KEPT, and the true number. */
struct chain_points { int32_t *n; int32_t (*x)[CHAIN_SINGLE_KEPT]; };
struct chain_wired {
	struct chain_graph graph;       /* node numbers are the chain's */
	const struct chain_evidence **why;      /* the lines that group k stands on: why[why_first[k]] to before why[why_first[k + 1]] */
	int32_t *why_first;
	int64_t *weight;                /* per node: what counts as lost when it stops, millionths; 0 when unknown */
	int64_t total;                  /* of the weights */
	double coverage;                /* share of weighed nodes whose size is known */
	enum chain_kind weighed;        /* products, or organisations when no product has a size */
	struct chain_impact impact;     /* per node, alone */
	int32_t *products, *organisations;      /* per node: how many stop with it, itself left out */
	struct chain_points points;     /* where the failures are too many to follow one by one, all n are -1: not counted */
};
void chain_wire(struct cx *cx, const struct chain *c, struct chain_wired *out);

/* What stops when `start` fails together, in the order of stopping, and why each did: per node `cause` as chain_cascade
   gives it, and `order`, its place among the stopped. */
struct chain_stopped { int32_t *node, *cause, *order, n; int32_t products, organisations; int64_t weight; };
void chain_stop(struct cx *cx, const struct chain *c, const struct chain_wired *w, const int32_t *start, int n, struct chain_stopped *out);
/* From what failed first to `node`: the chain of reasons, first one first. Returns how many were written, at most `max`. */
int chain_reasons(const struct chain_wired *w, const struct chain_stopped *s, int32_t node, int32_t *path, int max);
/* Output lost per node when p stops for a while (ESRI, downstream side, after Diem et al. 2022): see docs/chain.md. Shares that are unknown
   are spread evenly over the group; *cut is the largest change that was not followed any further. loss[v] in 0..1. */
void chain_shock(struct cx *cx, const struct chain *c, int32_t p, double *loss, double *cut);
struct str chain_shock_sentence(struct arena *a, const struct chain *c, int32_t p, int32_t v, double loss, enum lang lang);

/* ---- the figures of a region ---- */

enum chain_state { CHAIN_STATE_UNKNOWN, CHAIN_MISSING, CHAIN_WEAK, CHAIN_STRONG };     /* 缺链 / 弱链 / 强链 */

struct chain_view {
	int32_t region;                 /* into chain.place; -1: the chain alone, nothing local */
	double strong;                  /* at least this self-sufficiency is strong; 0.30 when 0 */
	double enough;                  /* under this coverage the index is hidden; 0.50 when 0 */
};

struct chain_product {
	int32_t node, makers, local_makers, teams, feeds;       /* feeds: products that need it */
	enum chain_state state;
	double coverage;                /* of supply shares: the known share of supply, at most 1 */
	double local;                   /* 1 S: self-sufficiency */
	double owners, places;          /* 2 H: concentration of outside supply by controller and by outside place */
	int32_t n75;                    /* fewest controllers that reach 75 % of outside supply; 0 unknown */
	int32_t top_place; double top_share;    /* the largest outside place and its share of outside supply */
	int32_t others;                 /* 3 A: sources of at least 5 % beside the largest, and substitutes */
	int32_t substitutes;
	double months;                  /* 3 τ: longest time to put another source in its place */
	int32_t products, firms;        /* 4: what stops with it */
	double impact;                  /* 4 V: share of the chain's size that stops with it */
	double impact_coverage;
	int32_t single;                 /* 5: how many single points it depends on, itself left out */
	int32_t routes;                 /* 6 κ: independent routes, capped at 3; 0 unknown */
	double index;                   /* 7 B: to sort by, never to show alone; NaN when coverage is not enough */
	double near;                    /* 11 d: how much of what is near to it the region makes */
	double inputs_local;            /* 12: share of its input value made in the region */
	bool extension;                 /* 12: not made here, at least 60 % of its inputs are */
	int best_trl;                   /* of the region's teams; 0 unknown */
};

struct chain_figures {
	struct chain_view view;
	const struct chain *chain;
	const struct chain_wired *wired;
	struct chain_product *product; int n;   /* in the order of the nodes */
	int32_t *rank;                  /* products by index, highest first; those without an index after them, by impact */
	int32_t *of_node;               /* node → product, -1 */
	struct chain_rows makes, made_by, needs, used_by;       /* numbers of lines in chain.make and chain.need by node */
	struct chain_rows kind_of, kinds;                       /* and in chain.variant: what it is a kind of; its kinds */
	double coverage;                /* share of products whose supply shares are covered enough */
};
enum rc chain_measure(struct cx *cx, const struct chain *c, const struct chain_wired *w, const struct chain_view *view, struct chain_figures *out) MUST_USE;

/* ---- saying it ---- */

enum chain_figure {
	CHAIN_SAY_SUPPLY = 1, CHAIN_SAY_CONCENTRATION, CHAIN_SAY_SUBSTITUTES, CHAIN_SAY_IMPACT, CHAIN_SAY_SINGLE, CHAIN_SAY_ROUTES, CHAIN_SAY_INDEX,
	CHAIN_SAY_STATE, CHAIN_SAY_NEAR, CHAIN_SAY_EXTENSION, CHAIN_SAY_COVERAGE, CHAIN_SAY_END
};
/* One sentence for one figure of figures->product[i]; for CHAIN_SAY_INDEX the whole finding from all of them. Empty when there is nothing to say. */
struct str chain_sentence(struct cx *cx, const struct chain_figures *f, int i, enum chain_figure which, enum lang lang);
/* Lines the figures of a product stand on, most direct first: makers, needs on either side, teams. Returns how many were written. */
int chain_proof(const struct chain_figures *f, int i, const struct chain_evidence **out, int max);
/* The table of all products as CSV, ranked, sentences in both languages and evidence as table:line. */
void chain_table_csv(struct cx *cx, struct buf *out, const struct chain_figures *f);

/* ---- two dates side by side ---- */

struct chain_difference { enum chain_table table; char what; struct str id; struct str zh, en; };      /* what: + − or ~ */
/* What was added, taken away and changed from `old` to `now`, nodes first; sentences say what. */
void chain_diff(struct cx *cx, const struct chain *old, const struct chain *now, struct chain_difference **out, int *n);

#endif

/* The chain engine beside igraph, in one process. Words: check N · ckg DIR · or N M · all N M [cyclic]. CPU seconds. */
#include <igraph/igraph.h>
#undef STR
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/time.h"
#include "feature/chain_file.h"

static struct rng rng;
static int pick(int n) { return (int)rng_below(&rng, (uint64_t)n); }
static double since(int64_t us) { return (double)(time_cpu_us() - us) / 1e6; }

static void to_igraph(igraph_t *g, int32_t n, const int32_t *from, const int32_t *to, size_t m)
{
	igraph_vector_int_t edges;
	igraph_vector_int_init(&edges, (igraph_integer_t)m * 2);
	for (size_t i = 0; i < m; i++) VECTOR(edges)[2 * i] = from[i], VECTOR(edges)[2 * i + 1] = to[i];
	igraph_create(g, &edges, n, IGRAPH_DIRECTED);
	igraph_vector_int_destroy(&edges);
}

static void differ(const char *what, int round) { printf("differs from igraph: %s in graph %d\n", what, round); exit(1); }

static void check_one(int round)
{
	struct arena *a = arena_new((size_t)256 << 20);
	int n = 2 + pick(30), m = pick(90);
	int32_t from[100], to[100], *dom = ARENA_ARRAY(a, int32_t, n), *component = ARENA_ARRAY(a, int32_t, n);
	double *rank = ARENA_ARRAY(a, double, n), *between = ARENA_ARRAY(a, double, n);
	bool *cut = ARENA_ARRAY(a, bool, n);
	for (int i = 0; i < m; i++) from[i] = pick(n), to[i] = pick(n);
	struct chain_rows r = chain_rows_make(a, n, from, to, (size_t)m);
	igraph_t g;
	igraph_vector_int_t idom, member, points;
	igraph_vector_t v;
	igraph_integer_t found;
	to_igraph(&g, n, from, to, (size_t)m);
	igraph_vector_int_init(&idom, 0), igraph_vector_int_init(&member, 0), igraph_vector_int_init(&points, 0), igraph_vector_init(&v, 0);
	chain_dominators(&r, 0, dom, NULL);
	igraph_dominator_tree(&g, 0, &idom, NULL, NULL, IGRAPH_OUT);
	for (int i = 0; i < n; i++)
		if (dom[i] != (VECTOR(idom)[i] >= 0 ? VECTOR(idom)[i] : -1)) differ("dominators", round);
	igraph_connected_components(&g, &member, NULL, &found, IGRAPH_STRONG);
	if (chain_components(&r, component) != found) differ("number of components", round);
	for (int i = 0; i < n; i++)
		for (int k = 0; k < i; k++)
			if ((component[i] == component[k]) != (VECTOR(member)[i] == VECTOR(member)[k])) differ("components", round);
	chain_articulation(&r, cut);
	igraph_articulation_points(&g, &points);
	int cuts = 0;
	for (int i = 0; i < n; i++) cuts += cut[i];
	if (cuts != igraph_vector_int_size(&points)) differ("articulation points", round);
	for (int i = 0; i < igraph_vector_int_size(&points); i++)
		if (!cut[VECTOR(points)[i]]) differ("articulation points", round);
	chain_betweenness(&r, between);
	igraph_betweenness(&g, &v, igraph_vss_all(), true, NULL);
	for (int i = 0; i < n; i++)
		if (fabs(between[i] - VECTOR(v)[i]) > 1e-9 * (1 + between[i])) differ("betweenness", round);
	chain_pagerank(&r, rank);
	igraph_pagerank(&g, IGRAPH_PAGERANK_ALGO_PRPACK, &v, NULL, igraph_vss_all(), true, 0.85, NULL, NULL);
	for (int i = 0; i < n; i++)
		if (fabs(rank[i] - VECTOR(v)[i]) > 1e-9) differ("PageRank", round);
	igraph_vector_int_destroy(&idom), igraph_vector_int_destroy(&member), igraph_vector_int_destroy(&points), igraph_vector_destroy(&v);
	igraph_destroy(&g);
	arena_free(a);
}

/* What igraph offers of the table: components both ways, cut points, PageRank, dominators. It has no AND-OR cascade. */
static void ckg(const char *dir)
{
	struct cx cx = { .arena = arena_new((size_t)8 << 30) };
	struct chain c;
	struct str file[CHAIN_TABLES];
	struct chain_wired w;
	struct chain_figures f;
	struct chain_view view = { .region = -1 };
	if (chain_file_read(&cx, str_c(dir), &c, file) != RC_OK) exit(2);
	int64_t at = time_cpu_us();
	chain_wire(&cx, &c, &w);
	if (chain_measure(&cx, &c, &w, &view, &f) != RC_OK) exit(2);
	double ours = since(at);
	size_t m = c.need.n + c.make.n + c.variant.n, k = 0;
	int32_t *from = ARENA_ARRAY(cx.arena, int32_t, m + c.node.n), *to = ARENA_ARRAY(cx.arena, int32_t, m + c.node.n), n = (int32_t)c.node.n;
	for (size_t i = 0; i < c.need.n; i++) from[k] = c.need.v[i].input, to[k++] = c.need.v[i].product;
	for (size_t i = 0; i < c.make.n; i++) from[k] = c.make.v[i].organisation, to[k++] = c.make.v[i].product;
	for (size_t i = 0; i < c.variant.n; i++) from[k] = c.variant.v[i].product, to[k++] = c.variant.v[i].kind_of;
	bool *fed = ARENA_ARRAY(cx.arena, bool, n);
	for (size_t i = 0; i < m; i++) fed[to[i]] = true;
	for (int32_t v = 0; v < n; v++)
		if (!fed[v]) from[k] = n, to[k++] = v;
	at = time_cpu_us();
	igraph_t g;
	igraph_vector_int_t x;
	igraph_vector_t v;
	igraph_integer_t found;
	to_igraph(&g, n + 1, from, to, k);
	igraph_vector_int_init(&x, 0), igraph_vector_init(&v, 0);
	igraph_connected_components(&g, &x, NULL, &found, IGRAPH_WEAK);
	igraph_connected_components(&g, &x, NULL, &found, IGRAPH_STRONG);
	igraph_articulation_points(&g, &x);
	igraph_pagerank(&g, IGRAPH_PAGERANK_ALGO_PRPACK, &v, NULL, igraph_vss_all(), true, 0.85, NULL, NULL);
	igraph_dominator_tree(&g, n, &x, NULL, NULL, IGRAPH_OUT);
	double peer = since(at);
	printf("| bottleneck table of %d nodes (igraph: components, cut points, PageRank, dominators only) | %.3f s | %.3f s | %.1f |\n", n, ours, peer, peer / ours);
}

/* A random acyclic graph: edges from lower to higher numbers. */
static void random_edges(int32_t n, size_t m, bool cyclic, int32_t *from, int32_t *to)
{
	for (size_t i = 0; i < m; i++) {
		int32_t a = pick(n), b = pick(n);
		if (a == b) b = (a + 1) % n;
		bool turn = a > b && !(cyclic && pick(10) == 0);
		from[i] = turn ? b : a;
		to[i] = turn ? a : b;
	}
}

static void or_graph(int32_t n, size_t m)
{
	struct arena *a = arena_new((size_t)4 << 30);
	int32_t *from = ARENA_ARRAY(a, int32_t, m + n), *to = ARENA_ARRAY(a, int32_t, m + n), *dom = ARENA_ARRAY(a, int32_t, n), *stopped = ARENA_ARRAY(a, int32_t, n);
	int64_t *weight = ARENA_ARRAY(a, int64_t, n), *sum = ARENA_ARRAY(a, int64_t, n);
	random_edges(n, m, false, from, to);
	for (int32_t v = 0; v < n; v++) weight[v] = v % 1000;
	int64_t at = time_cpu_us();
	struct chain_rows g = chain_rows_make(a, n, from, to, m);
	double build = since(at);
	at = time_cpu_us();
	chain_impact_or(&g, weight, dom, stopped, sum);
	double ours = since(at);
	bool *fed = ARENA_ARRAY(a, bool, n);
	size_t k = m;
	for (size_t i = 0; i < m; i++) fed[to[i]] = true;
	for (int32_t v = 0; v < n; v++)
		if (!fed[v]) from[k] = n, to[k++] = v;
	igraph_t ig;
	igraph_vector_int_t x;
	igraph_integer_t differing = 0;
	to_igraph(&ig, n + 1, from, to, k);
	igraph_vector_int_init(&x, 0);
	at = time_cpu_us();
	igraph_dominator_tree(&ig, n, &x, NULL, NULL, IGRAPH_OUT);
	double peer = since(at);
	for (int32_t v = 0; v < n; v++) differing += (VECTOR(x)[v] == n ? -1 : VECTOR(x)[v]) != dom[v];
	printf("| dominators and impact sums, %d nodes, %zu edges (build %.2f s; igraph: dominators only; %d differ) | %.3f s | %.3f s | %.1f |\n", n, m, build, (int)differing, ours, peer, peer / ours);
}

/* Every node removed: ten links in thirty groups, so most groups have one provider. The plain way is one cascade each, timed on a sample of nodes. */
static void all_removals(int32_t n, size_t m, bool cyclic)
{
	enum { SAMPLE = 200 };
	struct arena *a = arena_new((size_t)8 << 30), *links = arena_new((size_t)4 << 30);
	struct chain_link *link = ARENA_ARRAY(links, struct chain_link, m);
	int32_t *from = ARENA_ARRAY(links, int32_t, m), *to = ARENA_ARRAY(links, int32_t, m);
	random_edges(n, m, cyclic, from, to);
	for (size_t i = 0; i < m; i++) link[i] = (struct chain_link){ to[i], pick(30), from[i] };
	struct chain_graph g;
	struct chain_impact r;
	chain_graph_make(a, n, link, m, &g);
	arena_free(links);
	struct chain_cascade c;
	chain_cascade_open(a, &g, &c);
	int64_t at = time_cpu_us();
	int32_t counted[SAMPLE];
	for (int i = 0; i < SAMPLE; i++) {
		int32_t v = (int32_t)((int64_t)i * n / SAMPLE);
		chain_cascade_run(&c, &v, 1);
		counted[i] = c.n;
		chain_cascade_undo(&c);
	}
	double plain = since(at) / SAMPLE * n;
	at = time_cpu_us();
	chain_impact_rows(a, &g, NULL, &r);
	double ours = since(at);
	for (int i = 0; i < SAMPLE; i++)
		if (r.stopped[(int32_t)((int64_t)i * n / SAMPLE)] != counted[i]) exit(1);
	printf("| failure of every node, %s, %d nodes, %zu links (plain: %d sampled cascades) | %.2f s | %.0f s | %.0f |\n", cyclic ? "cyclic" : "acyclic", n, m, SAMPLE, ours, plain, plain / ours);
}

/* What each node reaches; the plain way is one search each, timed on a sample. */
static void cones(int32_t n, size_t m, bool cyclic)
{
	enum { SAMPLE = 200 };
	struct arena *a = arena_new((size_t)8 << 30);
	int32_t *from = ARENA_ARRAY(a, int32_t, m), *to = ARENA_ARRAY(a, int32_t, m), *queue = ARENA_ARRAY(a, int32_t, n), *seen = ARENA_ARRAY(a, int32_t, n), counted[SAMPLE];
	struct chain_impact r;
	random_edges(n, m, cyclic, from, to);
	struct chain_rows g = chain_rows_make(a, n, from, to, m);
	int64_t at = time_cpu_us();
	for (int i = 0; i < SAMPLE; i++) {
		int32_t end = 0, start = (int32_t)((int64_t)i * n / SAMPLE);
		queue[end++] = start;
		seen[start] = i + 1;
		for (int32_t k = 0; k < end; k++)
			for (int32_t e = g.first[queue[k]]; e < g.first[queue[k] + 1]; e++)
				if (seen[g.to[e]] != i + 1) seen[g.to[e]] = i + 1, queue[end++] = g.to[e];
		counted[i] = end;
	}
	double plain = since(at) / SAMPLE * n;
	at = time_cpu_us();
	chain_cones(a, &g, NULL, &r);
	double ours = since(at);
	for (int i = 0; i < SAMPLE; i++)
		if (r.stopped[(int32_t)((int64_t)i * n / SAMPLE)] != counted[i]) exit(1);
	printf("| cone of every node, %s, %d nodes, %zu edges (plain: %d sampled searches) | %.2f s | %.0f s | %.0f |\n", cyclic ? "cyclic" : "acyclic", n, m, SAMPLE, ours, plain, plain / ours);
}

int main(int argc, char **argv)
{
	rng = rng_seed(20261125);
	if (argc > 2 && strcmp(argv[1], "check") == 0) {
		int n = atoi(argv[2]);
		for (int i = 0; i < n; i++) check_one(i);
		printf("equal to igraph on %d random graphs: dominators, components, articulation points, betweenness, PageRank\n", n);
	} else if (argc > 2 && strcmp(argv[1], "ckg") == 0) {
		ckg(argv[2]);
	} else if (argc > 3 && strcmp(argv[1], "or") == 0) {
		or_graph(atoi(argv[2]), (size_t)atol(argv[3]));
	} else if (argc > 3 && strcmp(argv[1], "all") == 0) {
		all_removals(atoi(argv[2]), (size_t)atol(argv[3]), argc > 4);
	} else if (argc > 3 && strcmp(argv[1], "cones") == 0) {
		cones(atoi(argv[2]), (size_t)atol(argv[3]), argc > 4);
	} else {
		return 2;
	}
	return 0;
}

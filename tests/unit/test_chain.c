/* The chain engine on an invented chain of 35 nodes (tests/golden/chain/demo) and on small hostile tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include "base/csv.h"
#include "base/rng.h"
#include "engine/chain_io.h"
#include "engine/chain_map.h"
#include "feature/chain_file.h"
#include "feature/engine_cmd.h"
#include <cmocka.h>

static struct cx cx_new(void) { return (struct cx){ .arena = arena_new((size_t)1 << 30) }; }

static struct chain demo(struct cx *cx)
{
	struct chain c;
	struct str file[CHAIN_TABLES];
	assert_int_equal(chain_file_read(cx, STR("tests/golden/chain/demo"), &c, file), RC_OK);
	return c;
}

static int32_t node(const struct chain *c, const char *id)
{
	int32_t v = chain_find(c, str_c(id));
	assert_true(v >= 0);
	return v;
}

static struct chain_rows_in rows(struct cx *cx, const char *file, const char *text)
{
	VEC(struct chain_line) lines = { 0 };
	struct csv csv = csv_open(str_c(text), file);
	for (;;) {
		struct csv_row row;
		bool more;
		assert_int_equal(csv_next(cx, &csv, &row, &more), RC_OK);
		if (!more) break;
		VEC_PUSH(cx->arena, &lines, ((struct chain_line){ row.cell, row.n, row.line }));
	}
	return (struct chain_rows_in){ .file = str_c(file), .row = lines.v, .n = (int)lines.n };
}

/* ---- reading ---- */

static void reads_the_demo(void **state)
{
	struct cx cx = cx_new();
	struct chain c = demo(&cx);
	assert_int_equal(c.node.n, 39);
	assert_int_equal(c.need.n, 25);
	assert_int_equal(c.make.n, 20);
	assert_true(chain_inside(&c, c.node.v[node(&c, "o01")].place, chain_place_find(&c, STR("示例国"))));
	assert_false(chain_inside(&c, c.node.v[node(&c, "o05")].place, chain_place_find(&c, STR("r0"))));
	assert_true(c.node.v[node(&c, "o11")].pseudo);
	assert_true(c.node.v[node(&c, "p19")].size == CHAIN_UNKNOWN);
	/* p09 is made from scrap of p15, which is made from p09 by way of p11: the one cycle, and nothing else is found. */
	assert_int_equal(c.finding.n, 1);
	assert_int_equal(c.finding.v[0].fault, CHAIN_CYCLE);
	arena_free(cx.arena);
}

/* A table as a workbook is the same table, its lines counted as the person's program counts them. */
static void reads_a_workbook(void **state)
{
	struct cx cx = cx_new();
	char dir[] = "/tmp/lc-chain-XXXXXX";
	static const char *const cells[4][5] = { { "id", "kind", "name", "region", "size" }, { "a", "product", "高纯铟", "甲省", "12.5" }, { "a", "product", "again", "", "" },
		{ "b", "product", "铟锭", "", "" } };
	assert_non_null(mkdtemp(dir));
	const char *path = str_fmt(cx.arena, "%s/nodes.xlsx", dir).p;
	lxw_workbook *book = workbook_new(path);
	lxw_worksheet *sheet = workbook_add_worksheet(book, NULL);
	for (uint32_t r = 0; r < 4; r++)
		for (uint16_t c = 0; c < 5; c++) {
			if (c == 4 && r == 1) worksheet_write_number(sheet, r, c, 12.5, NULL);
			else if (cells[r][c][0]) worksheet_write_string(sheet, r, c, cells[r][c], NULL);
		}
	assert_int_equal(workbook_close(book), LXW_NO_ERROR);
	struct chain c;
	struct str file[CHAIN_TABLES];
	assert_int_equal(chain_file_read(&cx, str_c(dir), &c, file), RC_OK);
	assert_int_equal(c.node.n, 2);
	assert_true(str_is(c.node.v[0].name, "高纯铟") && c.node.v[0].size == 12 * DEC_ONE + DEC_ONE / 2 && str_ends(file[CHAIN_NODES], STR("nodes.xlsx")));
	assert_true(c.finding.v[0].fault == CHAIN_DUPLICATE && c.finding.v[0].line == 3 && c.finding.v[0].other == 2);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
	arena_free(cx.arena);
}

static void writes_what_it_read(void **state)
{
	struct cx cx = cx_new();
	struct chain c = demo(&cx), again;
	struct chain_rows_in table[CHAIN_TABLES];
	for (enum chain_table t = 0; t < CHAIN_TABLES; t++) {
		struct buf b = BUF(cx.arena, 1 << 20);
		chain_write(&b, &c, t);
		table[t] = rows(&cx, "again.csv", str_z(cx.arena, buf_str(&b)));
	}
	assert_int_equal(chain_read(&cx, table, &again), RC_OK);
	for (enum chain_table t = 0; t < CHAIN_TABLES; t++) {
		struct buf a = BUF(cx.arena, 1 << 20), b = BUF(cx.arena, 1 << 20);
		chain_write(&a, &c, t);
		chain_write(&b, &again, t);
		assert_int_equal(a.n, b.n);
		assert_memory_equal(a.p, b.p, a.n);
	}
	struct buf xml = BUF(cx.arena, 1 << 20), back = BUF(cx.arena, 1 << 20);
	chain_graphml(&xml, &c);
	assert_int_equal(chain_file_graphml(&cx, buf_str(&xml), STR("x.graphml"), table), RC_OK);
	assert_int_equal(chain_read(&cx, table, &again), RC_OK);
	chain_graphml(&back, &again);
	assert_int_equal(xml.n, back.n);
	assert_memory_equal(xml.p, back.p, xml.n);
	arena_free(cx.arena);
}

#define NODES "id,kind,name,region,size\n"

static void finds_every_mistake_with_its_line(void **state)
{
	static const struct { enum chain_fault fault; enum chain_table table; int line, other; } want[] = {
		{ CHAIN_DUPLICATE, CHAIN_NODES, 4, 2 }, { CHAIN_BROKEN_NAME, CHAIN_NODES, 5, 0 }, { CHAIN_BAD_KIND, CHAIN_NODES, 7, 0 }, { CHAIN_EMPTY_ID, CHAIN_NODES, 8, 0 },
		{ CHAIN_BAD_VALUE, CHAIN_NODES, 9, 0 }, { CHAIN_SAME_NAME, CHAIN_NODES, 9, 3 }, { CHAIN_SELF_LOOP, CHAIN_NEEDS, 2, 0 }, { CHAIN_DANGLING, CHAIN_NEEDS, 3, 0 },
		{ CHAIN_DUPLICATE, CHAIN_NEEDS, 6, 4 }, { CHAIN_BAD_VALUE, CHAIN_NEEDS, 7, 0 }, { CHAIN_BAD_VALUE, CHAIN_NEEDS, 7, 0 }, { CHAIN_BAD_KIND, CHAIN_MAKES, 2, 2 },
		{ CHAIN_BAD_VALUE, CHAIN_MAKES, 3, 0 }, { CHAIN_CYCLE, CHAIN_NEEDS, 4, 5 }, { CHAIN_SHARES_OVER, CHAIN_MAKES, 5, 0 },
	};
	struct cx cx = cx_new();
	struct chain c;
	struct chain_rows_in table[CHAIN_TABLES] = {
		rows(&cx, "nodes.csv", NODES "a,product,A,,1\nb,product,Ｂ１,,\na,product,A2,,\nc,product,\"C\nC\",,\nx,thing,X,,\n,product,nobody,,\nd,product,b1,,many\no,organisation,O,,\np,organisation,P,,\n"),
		rows(&cx, "needs.csv", "product,input,group,share,essential,months\na,a,,,,\na,zz,,,,\na,b,,,,\nb,a,,,0,\na,b,,,,\nc,d,,1.5,1,-3\n"),
		rows(&cx, "makes.csv", "organisation,product,share\na,b,1\no,b,-0.2\no,d,80%\np,d,0.5\n") };
	assert_int_equal(chain_read(&cx, table, &c), RC_OK);
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		bool there = false;
		for (size_t k = 0; k < c.finding.n; k++) {
			const struct chain_finding *f = &c.finding.v[k];
			there |= f->fault == want[i].fault && f->table == want[i].table && f->line == want[i].line && f->other == want[i].other && f->zh.n && f->en.n;
		}
		if (!there) fail_msg("not found: %s in %s line %d", chain_fault_name[want[i].fault], chain_table_name[want[i].table], want[i].line);
	}
	assert_int_equal(c.finding.n, sizeof want / sizeof *want);
	assert_int_equal(c.need.n, 3);
	assert_true(c.make.v[0].share != c.make.v[0].share);
	arena_free(cx.arena);
}

static void says_which_column_is_missing(void **state)
{
	struct cx cx = cx_new();
	struct chain c;
	struct chain_rows_in table[CHAIN_TABLES] = { rows(&cx, "nodes.csv", NODES "a,product,A,,1\n"), rows(&cx, "needs.csv", "product,input,share,essential,months\n") };
	assert_int_equal(chain_read(&cx, table, &c), RC_INVALID);
	assert_string_equal(cx.fails.v[0].code, "chain.column");
	assert_int_equal(cx.fails.v[0].where.line, 1);
	assert_true(str_is(cx.fails.v[0].where.file, "needs.csv") && str_has(cx.fails.v[0].en, STR("group")));
	fail_clear(&cx);
	table[CHAIN_NODES] = rows(&cx, "nodes.csv", NODES "a,product,A,,9000000000000\nb,product,B,,9000000000000\n");
	assert_int_equal(chain_read(&cx, table, &c), RC_INVALID);
	assert_int_equal(cx.fails.v[0].where.line, 3);
	fail_clear(&cx);
	static const char *const bomb = "<?xml version=\"1.0\"?>\n<!DOCTYPE g [<!ENTITY a \"aaaa\">]>\n<graphml>&a;</graphml>";
	assert_int_equal(chain_file_graphml(&cx, str_c(bomb), STR("g.graphml"), table), RC_INVALID);
	assert_int_equal(cx.fails.v[0].where.line, 2);
	arena_free(cx.arena);
}

/* Columns and kinds as an official names them; the text read row by row, with old line ends, tells what the rows tell. */
static void reads_chinese_headers(void **state)
{
	struct cx cx = cx_new();
	struct chain c[2];
	static const char *const nodes = "编号,类别,名称,地区,规模\r\na,产品,\"钨\"\"精\"\"矿\",,10\r\nb,产品,碳化钨,,20\r\nh,公司,某厂,湖南,\r\n", *const needs = "产品,投入,替代组,份额,是否必需,更换月数\rb,a,,80%,是,6\r",
		*const makes = "企业,产品,份额\nh,b,90%\nh,b,90%\n";
	for (int k = 0; k < 2; k++) {
		struct chain_rows_in table[CHAIN_TABLES] = { rows(&cx, "nodes.csv", nodes), rows(&cx, "needs.csv", needs), rows(&cx, "makes.csv", makes) };
		const char *const text[3] = { nodes, needs, makes };
		for (int t = 0; t < 3 && k; t++) table[t] = (struct chain_rows_in){ .file = table[t].file, .text = str_c(text[t]), .n = table[t].n };
		assert_int_equal(chain_read(&cx, table, &c[k]), RC_OK);
		assert_int_equal(c[k].node.n, 3);
		assert_string_equal(str_z(cx.arena, c[k].node.v[0].name), "钨\"精\"矿");
		assert_int_equal(c[k].node.v[2].kind, CHAIN_ORGANISATION);
		assert_int_equal(c[k].need.n, 1);
		assert_true(c[k].need.v[0].essential && c[k].need.v[0].months == 6 && c[k].need.v[0].share == 0.8);
		assert_int_equal(c[k].make.n, 1);
		assert_int_equal(c[k].finding.n, 1);
		assert_int_equal(c[k].finding.v[0].line, 3);
	}
	struct chain_rows_in torn[CHAIN_TABLES] = { { .file = STR("nodes.csv"), .text = STR("id,kind,name,region,size\na,product,\"open,,\n"), .n = 3 } };
	assert_int_equal(chain_read(&cx, torn, &c[0]), RC_INVALID);
	assert_string_equal(cx.fails.v[0].code, "csv.quote");
	assert_int_equal(cx.fails.v[0].where.line, 2);
	arena_free(cx.arena);
}

/* ---- what stops ---- */

static void stops_what_it_must(void **state)
{
	struct cx cx = cx_new();
	struct chain c = demo(&cx);
	struct chain_wired w;
	struct chain_stopped s;
	chain_wire(&cx, &c, &w);
	int32_t gauge = node(&c, "p19"), path[8];
	chain_stop(&cx, &c, &w, &gauge, 1, &s);
	/* The gauge stops strip, strip stops foil stock, cells' foil and battery cases; car bodies may use profiles instead. */
	static const char *const stopped[] = { "p19", "p12", "p13", "p14", "p18", "o05", "o07" }, *const running[] = { "p16", "p15", "p11", "o06" };
	for (size_t i = 0; i < sizeof stopped / sizeof *stopped; i++) assert_int_not_equal(s.cause[node(&c, stopped[i])], CHAIN_RUNS);
	for (size_t i = 0; i < sizeof running / sizeof *running; i++) assert_int_equal(s.cause[node(&c, running[i])], CHAIN_RUNS);
	assert_int_equal(s.n, 7);
	assert_int_equal(w.impact.stopped[gauge], 7);
	assert_int_equal(w.products[gauge], 4);
	assert_int_equal(w.organisations[gauge], 2);
	assert_int_equal(s.weight, (int64_t)(75 + 25 + 18 + 16) * DEC_ONE);
	assert_int_equal(chain_reasons(&w, &s, node(&c, "p14"), path, 8), 2);
	assert_int_equal(path[0], gauge);
	assert_int_equal(chain_reasons(&w, &s, node(&c, "p18"), path, 8), 3);
	assert_int_equal(path[1], node(&c, "p12"));
	int32_t k = s.cause[node(&c, "p12")];
	assert_int_equal(w.why_first[k + 1] - w.why_first[k], 1);
	assert_true(w.why[w.why_first[k]]->table == CHAIN_NEEDS && w.why[w.why_first[k]]->line == 16);
	/* Its only maker stops it; what "others" also make does not stop with its one named maker. */
	assert_int_equal(w.impact.stopped[node(&c, "o05")], 7);
	assert_int_equal(w.impact.stopped[node(&c, "o02")], 1);
	struct chain_points p;
	p = w.points;
	assert_int_equal(p.n[node(&c, "p16")], 1);
	assert_int_equal(p.x[node(&c, "p16")][0], node(&c, "p11"));
	bool found = false;
	for (int i = 0; i < p.n[node(&c, "p18")] && i < CHAIN_SINGLE_KEPT; i++) found |= p.x[node(&c, "p18")][i] == gauge;
	assert_true(found);
	arena_free(cx.arena);
}

static void answers_what_if(void **state)
{
	struct cx cx = cx_new();
	struct chain c = demo(&cx), now;
	struct chain_wired w;
	struct chain_stopped s;
	struct chain_step out[] = { { CHAIN_STOP_PLACE, chain_place_find(&c, STR("r3")), 0, 0 } };
	chain_change(&cx, &c, out, 1, &now);
	chain_wire(&cx, &now, &w);
	chain_stop(&cx, &now, &w, now.fallen, now.n_fallen, &s);
	assert_int_not_equal(s.cause[node(&c, "p12")], CHAIN_RUNS);
	int before = s.n;
	/* With a second maker of the gauge in the province, the same loss stops only what the pure metal needs. */
	struct chain_step both[] = { out[0], { CHAIN_ADD_MAKER, node(&c, "o10"), node(&c, "p19"), 0.05 } };
	chain_change(&cx, &c, both, 2, &now);
	chain_wire(&cx, &now, &w);
	chain_stop(&cx, &now, &w, now.fallen, now.n_fallen, &s);
	assert_int_equal(s.cause[node(&c, "p12")], CHAIN_RUNS);
	assert_true(s.n < before);
	struct chain_step drop[] = { { CHAIN_DROP_MAKER, node(&c, "o04"), node(&c, "p05"), 0 } };
	chain_change(&cx, &c, drop, 1, &now);
	assert_int_equal(now.n_fallen, 1);
	assert_int_equal(now.fallen[0], node(&c, "p05"));
	assert_int_equal(now.make.n, c.make.n - 1);
	arena_free(cx.arena);
}

/* ---- the figures of a region ---- */

static void same_as_file(struct cx *cx, const char *path, const struct buf *b)
{
	struct str want;
	if (getenv("GOLDEN_UPDATE")) assert_int_equal(engine_save(cx, path, b), RC_OK);
	assert_int_equal(engine_map(cx, path, &want), RC_OK);
	if (!str_eq(want, buf_str(b))) fail_msg("%s differs; look at the difference, then run with GOLDEN_UPDATE=1", path);
}

static struct chain_figures figures_of(struct cx *cx, const struct chain *c, const char *region)
{
	struct chain_wired *w = ARENA_NEW(cx->arena, struct chain_wired);
	struct chain_view view = { .region = chain_place_find(c, str_c(region)) };
	struct chain_figures f;
	chain_wire(cx, c, w);
	assert_int_equal(chain_measure(cx, c, w, &view, &f), RC_OK);
	return f;
}

static void measures_a_region(void **state)
{
	struct cx cx = cx_new();
	struct chain c = demo(&cx);
	struct chain_figures f = figures_of(&cx, &c, "甲省");
	struct chain_product *gauge = &f.product[f.of_node[node(&c, "p19")]], *ore = &f.product[f.of_node[node(&c, "p01")]], *lye = &f.product[f.of_node[node(&c, "p02")]];
	assert_int_equal(gauge->state, CHAIN_MISSING);
	assert_true(gauge->local == 0 && gauge->places == 1 && gauge->n75 == 1 && gauge->months == 30 && gauge->best_trl == 5);
	assert_true(gauge->index > 134.0 / 840 * 30 / 36 - 1e-9 && gauge->index < 134.0 / 840 * 30 / 36 + 1e-9);
	/* 40 % is known to be local, 60 % comes from nobody knows where: no ratio, and no monopoly of "others". */
	assert_true(ore->local != ore->local && ore->index != ore->index && ore->local_makers == 1 && ore->state == CHAIN_STATE_UNKNOWN);
	assert_true(lye->makers == 0 && lye->state == CHAIN_STATE_UNKNOWN && lye->coverage == 0);
	assert_int_equal(f.product[f.of_node[node(&c, "p11")]].routes, 2);
	assert_true(f.product[f.of_node[node(&c, "p14")]].extension);
	struct buf b = BUF(cx.arena, 1 << 20);
	chain_table_csv(&cx, &b, &f);
	same_as_file(&cx, "tests/golden/chain/metrics.csv", &b);
	/* Seen from abroad the gauge is strong. */
	f = figures_of(&cx, &c, "丙国");
	assert_int_equal(f.product[f.of_node[node(&c, "p19")]].state, CHAIN_STRONG);
	arena_free(cx.arena);
}

/* ---- the map ---- */

static bool opposed(const struct chain_layout *l, struct chain_edge a, struct chain_edge b)
{
	if (l->column[a.from] != l->column[b.from]) return false;
	int from = l->place[a.from] - l->place[b.from], to = l->place[a.to] - l->place[b.to];
	return (from < 0 && to > 0) || (from > 0 && to < 0);
}

/* Columns run along the edges, neighbours keep their distance, and the crossings told are those there are. */
static void lays_out_any_graph(void **state)
{
	struct rng rng = rng_seed(7);
	for (int round = 0; round < 300; round++) {
		struct arena *a = arena_new((size_t)64 << 20);
		int n = 1 + (int)rng_below(&rng, 40), m = (int)rng_below(&rng, 80);
		struct chain_edge *edge = ARENA_ARRAY(a, struct chain_edge, m + 1);
		int32_t *lane = ARENA_ARRAY(a, int32_t, n);
		for (int i = 0; i < n; i++) lane[i] = (int32_t)rng_below(&rng, 3);
		for (int i = 0; i < m; i++) edge[i] = (struct chain_edge){ (int32_t)rng_below(&rng, (uint64_t)n), (int32_t)rng_below(&rng, (uint64_t)n) };
		struct chain_layout_in in = { n, m, edge, round % 2 ? lane : NULL, 10, 3 };
		struct chain_layout l;
		chain_layout(a, &in, &l);
		int64_t crossings = 0;
		for (int i = 0; i < l.segments; i++) {
			assert_int_equal(l.column[l.segment[i].to], l.column[l.segment[i].from] + 1);
			for (int k = 0; k < i; k++) crossings += opposed(&l, l.segment[i], l.segment[k]);
		}
		assert_int_equal(crossings, l.crossings);
		for (int i = 0; i < m; i++)
			if (edge[i].from != edge[i].to) assert_true(l.against[i] ? l.column[edge[i].to] < l.column[edge[i].from] : l.column[edge[i].from] < l.column[edge[i].to]);
		for (int c = 0; c < l.columns; c++) {
			for (int i = l.first[c]; i + 1 < l.first[c + 1]; i++) {
				int32_t u = l.in_column[i], v = l.in_column[i + 1];
				double least = (u < n ? 5 : 1.5) + (v < n ? 5 : 1.5);
				assert_true(l.y[v] - l.y[u] > least - 1e-6);
			}
		}
		arena_free(a);
	}
}

/* The least sum of lengths of edges that lead right, by trying every column of so many for every node. */
static int least_length(int n, int columns, int m, const struct chain_edge *edge)
{
	int column[8] = { 0 }, least = 1 << 20;
	for (int v = 0; v < n; ) {
		int sum = 0;
		bool fits = true;
		for (int i = 0; i < m; i++) fits &= column[edge[i].to] > column[edge[i].from], sum += column[edge[i].to] - column[edge[i].from];
		if (fits && sum < least) least = sum;
		for (v = 0; v < n && ++column[v] == columns; v++) column[v] = 0;
	}
	return least;
}

static void keeps_edges_short(void **state)
{
	struct rng rng = rng_seed(11);
	for (int round = 0; round < 150; round++) {
		struct arena *a = arena_new((size_t)64 << 20);
		enum { N = 7, COLUMNS = 5 };
		struct chain_edge edge[12];
		int m = (int)rng_below(&rng, 13), sum = 0;
		for (int i = 0; i < m; i++) {
			int u = (int)rng_below(&rng, N), v = (int)rng_below(&rng, N - 1);
			if (v >= u) v++;
			edge[i] = u < v ? (struct chain_edge){ u, v } : (struct chain_edge){ v, u };
		}
		struct chain_layout l;
		chain_layout(a, &(struct chain_layout_in){ N, m, edge, NULL, 10, 3 }, &l);
		for (int i = 0; i < m; i++) sum += l.column[edge[i].to] - l.column[edge[i].from];
		if (l.columns <= COLUMNS) assert_int_equal(sum, least_length(N, COLUMNS, m, edge));
		arena_free(a);
	}
}

static void draws_the_demo(void **state)
{
	struct cx cx = cx_new();
	struct chain c = demo(&cx);
	struct chain_figures f = figures_of(&cx, &c, "甲省");
	struct chain_map_view view = { .root = node(&c, "p12"), .paper = CHAIN_A3, .lang = LANG_ZH, .link = STR("?root=") };
	struct chain_map m;
	struct buf svg = BUF(cx.arena, 1 << 20), again = BUF(cx.arena, 1 << 20), table = BUF(cx.arena, 1 << 20);
	chain_map(&cx, &f, &view, &m);
	chain_map_svg(&svg, &f, &view, &m);
	same_as_file(&cx, "tests/golden/chain/map.svg", &svg);
	chain_map(&cx, &f, &view, &m);
	chain_map_svg(&again, &f, &view, &m);
	assert_true(str_eq(buf_str(&svg), buf_str(&again)));
	chain_map_csv(&table, &f, &m);
	same_as_file(&cx, "tests/golden/chain/map.csv", &table);
	/* One step from the strip, and no more than five cards: what is left out is counted on them. */
	view.depth = 1;
	view.most = 5;
	chain_map(&cx, &f, &view, &m);
	assert_int_equal(m.n, 5);
	assert_int_equal(m.product[0], f.of_node[node(&c, "p12")]);
	assert_int_equal(m.hidden[0], 2);
	arena_free(cx.arena);
}

/* ---- losses, sectors, two dates ---- */

static bool near(double a, double b) { return a - b < 1e-7 && b - a < 1e-7; }

/* A hundred inputs of one product fill no sheet legibly: fewer are drawn, the rest is counted, and the sheet is turned the way that holds more. */
static void keeps_names_legible_on_paper(void **state)
{
	struct cx cx = cx_new();
	struct buf nodes = BUF(cx.arena, 1 << 20), needs = BUF(cx.arena, 1 << 20), svg = BUF(cx.arena, 1 << 20);
	struct chain_rows_in table[CHAIN_TABLES] = { 0 };
	struct chain c;
	struct chain_map m;
	struct chain_map_view view = { .paper = CHAIN_A4 };
	int width, height;
	buf_add(&nodes, STR("id,kind,name,region,size\n"));
	buf_add(&needs, STR("product,input,group,share,essential,months\n"));
	for (int i = 0; i <= 100; i++) buf_fmt(&nodes, "p%d,product,P%d,,\n", i, i);
	for (int i = 1; i <= 100; i++) buf_fmt(&needs, "p0,p%d,,,,\n", i);
	buf_c(&nodes, 0), buf_c(&needs, 0);
	table[CHAIN_NODES] = rows(&cx, "nodes.csv", nodes.p);
	table[CHAIN_NEEDS] = rows(&cx, "needs.csv", needs.p);
	assert_int_equal(chain_read(&cx, table, &c), RC_OK);
	struct chain_figures f = figures_of(&cx, &c, "");
	chain_map(&cx, &f, &view, &m);
	chain_map_svg(&svg, &f, &view, &m);
	buf_c(&svg, 0);
	assert_int_equal(sscanf(svg.p, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"210mm\" height=\"297mm\"", &width, &height), 2);
	assert_true(297.0 / height >= 0.149 && 210.0 / width >= 0.149);
	assert_true(m.n > 20 && m.n < 60);
	assert_int_equal(m.hidden[0], 101 - m.n);
	view.paper = CHAIN_SCREEN;
	view.most = 101;
	chain_map(&cx, &f, &view, &m);
	assert_int_equal(m.n, 101);
	arena_free(cx.arena);
}

static void spreads_a_shock(void **state)
{
	struct cx cx = cx_new();
	struct chain c = demo(&cx);
	double *loss = ARENA_ARRAY(cx.arena, double, c.node.n), cut;
	chain_shock(&cx, &c, node(&c, "p08"), loss, &cut);
	/* Primary metal is three quarters of the known metal in an ingot; scrap gives the rest and loses .3 of what profiles lose, which lose what
	   ingots lose: x = .75 + .25 · .3 x. */
	assert_true(near(loss[node(&c, "p11")], 0.75 / (1 - 0.25 * 0.3)));
	assert_true(near(loss[node(&c, "p09")], 0.3 * loss[node(&c, "p15")]));
	assert_true(near(loss[node(&c, "o03")], (1 + loss[node(&c, "p11")]) / 2));
	assert_true(loss[node(&c, "p08")] == 1 && loss[node(&c, "p04")] == 0 && cut <= 1e-9);
	assert_true(str_is(chain_shock_sentence(cx.arena, &c, node(&c, "p08"), node(&c, "p11"), loss[node(&c, "p11")], LANG_ZH), "“电解铝”停供期间，“铝合金锭”产出损失 81.1 %。"));
	arena_free(cx.arena);
}

static void links_sectors(void **state)
{
	struct cx cx = cx_new();
	struct chain_io io;
	/* A = [.15 .25; .2 .05]; the example of Leontief's in Miller and Blair, Input-Output Analysis, chapter 2. */
	struct chain_rows_in t = rows(&cx, "io.csv", "from,to,value\na,a,150\na,b,500\na,use,350\nb,a,200\nb,b,100\nb,use,1700\na,total,1000\nb,total,2000\n");
	assert_int_equal(chain_io(&cx, &t, &io), RC_OK);
	assert_int_equal(io.n, 2);
	double d = 0.85 * 0.95 - 0.25 * 0.2;
	assert_true(near(io.backward[0], (0.95 + 0.2) / d) && near(io.backward[1], (0.25 + 0.85) / d));
	/* Without b, a delivers only to itself and final use: x = 350 / .85; both lose the rest. */
	assert_true(near(io.removal[1], 3000 - 350 / 0.85));
	t = rows(&cx, "io.csv", "from,to,value\na,b,x\n");
	assert_int_equal(chain_io(&cx, &t, &io), RC_INVALID);
	assert_int_equal(cx.fails.v[0].where.line, 2);
	arena_free(cx.arena);
}

static void compares_two_dates(void **state)
{
	struct cx cx = cx_new();
	struct chain old = demo(&cx), now = demo(&cx);
	struct chain_difference *d;
	int n;
	chain_diff(&cx, &old, &now, &d, &n);
	assert_int_equal(n, 0);
	now.need.n--;
	now.make.v[0].share = 0.5;
	chain_diff(&cx, &old, &now, &d, &n);
	assert_int_equal(n, 2);
	assert_int_equal(d[0].what, '-');
	assert_int_equal(d[1].what, '~');
	assert_true(str_is(d[0].zh, "去除：“再生铝”需要“铝型材”：替代组 废料，份额 0.3，是否必需 0，关系 material，来源 调研，日期 2026-05-10，置信度 0.5。"));
	assert_true(str_has(d[1].en, STR(": share was 0.4, is 0.5.")));
	/* Two needs of one organisation for one product are two lines, and a cell may hold line breaks. */
	VEC_PUSH(cx.arena, &old.want, old.want.v[0]);
	old.want.v[old.want.n - 1].need = STR("a\nb");
	chain_diff(&cx, &old, &old, &d, &n);
	assert_int_equal(n, 0);
	arena_free(cx.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_demo), cmocka_unit_test(reads_a_workbook), cmocka_unit_test(writes_what_it_read), cmocka_unit_test(finds_every_mistake_with_its_line),
		cmocka_unit_test(says_which_column_is_missing), cmocka_unit_test(reads_chinese_headers), cmocka_unit_test(stops_what_it_must), cmocka_unit_test(answers_what_if), cmocka_unit_test(measures_a_region),
		cmocka_unit_test(lays_out_any_graph), cmocka_unit_test(keeps_edges_short), cmocka_unit_test(draws_the_demo), cmocka_unit_test(keeps_names_legible_on_paper), cmocka_unit_test(spreads_a_shock), cmocka_unit_test(links_sectors),
		cmocka_unit_test(compares_two_dates),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Any bytes as a chain: the first one chooses GraphML ("G"), flows of an input-output table ("I"), the tab-separated files of ChainKnowledgeGraph
   ("K", each behind a line "== product.tsv"), or tables of CSV one after another, each
   behind a line "== nodes" (UTF-8 or GB18030). What is read has only sound references; written as tables or as GraphML it reads back as the same bytes;
   every figure is in its range; the map is well-formed XML. */
#include <assert.h>
#include <expat.h>
#include <string.h>

#include "base/utf8.h"
#include "engine/chain_io.h"
#include "engine/chain_map.h"
#include "feature/chain_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum rc read_tables(struct cx *cx, struct str text, struct chain_rows_in table[CHAIN_TABLES])
{
	for (enum chain_table t = 0; t < CHAIN_TABLES; t++) {
		struct str head = str_fmt(cx->arena, "== %s\n", chain_table_name[t]), part, bytes;
		size_t at = str_find(text, head, 0), end;
		const char *encoding;
		table[t] = (struct chain_rows_in){ .file = str_c(chain_table_name[t]) };
		if (at == SIZE_MAX) continue;
		end = str_find(text, STR("\n== "), at + head.n);
		part = str_sub(text, at + head.n, end == SIZE_MAX ? text.n : end + 1);
		TRY(text_decode(cx, part, &bytes, &encoding));
		TRY(chain_file_csv(cx, bytes, chain_table_name[t], &table[t]));
	}
	return RC_OK;
}

static enum rc read_ckg(struct cx *cx, struct str text, struct chain_rows_in table[CHAIN_TABLES])
{
	struct str file[CHAIN_CKG_FILES];
	for (int i = 0; i < CHAIN_CKG_FILES; i++) {
		struct str head = str_fmt(cx->arena, "== %s\n", chain_ckg_name[i]);
		size_t at = str_find(text, head, 0), end = at == SIZE_MAX ? at : str_find(text, STR("\n== "), at + head.n - 1);
		const char *encoding;
		file[i] = at == SIZE_MAX ? STR("") : str_sub(text, at + head.n, end);
		TRY(text_decode(cx, file[i], &file[i], &encoding));
	}
	return chain_file_ckg_texts(cx, STR("ckg"), file, table);
}

static void check_sound(const struct chain *c)
{
	int32_t n = (int32_t)c->node.n, places = (int32_t)c->place.n;
	for (size_t i = 0; i < c->node.n; i++) assert(c->node.v[i].place < places && utf8_valid(c->node.v[i].name) && chain_find(c, c->node.v[i].id) == (int32_t)i);
	for (size_t i = 0; i < c->need.n; i++) {
		const struct chain_need *k = &c->need.v[i];
		assert(k->product >= 0 && k->product < n && k->input >= 0 && k->input < n && k->product != k->input && k->group < (int32_t)c->group.n);
	}
	for (size_t i = 0; i < c->make.n; i++) assert(c->make.v[i].organisation >= 0 && c->make.v[i].organisation < n && c->make.v[i].product >= 0 && c->make.v[i].product < n);
	for (size_t i = 0; i < c->finding.n; i++) assert(c->finding.v[i].line > 0 && c->finding.v[i].zh.n && c->finding.v[i].en.n);
}

/* Can XML hold the text? */
static bool fits_xml(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (((unsigned char)s.p[i] < 0x20 && !memchr("\t\r\n", s.p[i], 3)) || (i + 2 < s.n && memcmp(s.p + i, "\xEF\xBF", 2) == 0 && (unsigned char)s.p[i + 2] >= 0xBE)) return false;
	return true;
}

/* Written, read and written again. */
static void round_trip(struct cx *cx, const struct chain *c, bool graphml)
{
	struct chain_rows_in table[CHAIN_TABLES];
	struct buf b[2][CHAIN_TABLES], xml = BUF(cx->arena, 16 << 20);
	struct chain again;
	enum rc rc = RC_OK;
	for (enum chain_table t = 0; t < CHAIN_TABLES; t++) {
		b[0][t] = BUF(cx->arena, 16 << 20);
		b[1][t] = BUF(cx->arena, 16 << 20);
		chain_write(&b[0][t], c, t);
		assert(!b[0][t].full);
		if (graphml && !fits_xml(buf_str(&b[0][t]))) return;
		if (!graphml) rc = chain_file_csv(cx, buf_str(&b[0][t]), chain_table_name[t], &table[t]);
		assert(rc == RC_OK);
	}
	if (graphml) {
		chain_graphml(&xml, c);
		rc = chain_file_graphml(cx, buf_str(&xml), STR("again"), table);
		assert(rc == RC_OK);
	}
	rc = chain_read(cx, table, &again);
	assert(rc == RC_OK && again.node.n == c->node.n);
	for (enum chain_table t = 0; t < CHAIN_TABLES; t++) {
		chain_write(&b[1][t], &again, t);
		assert(str_eq(buf_str(&b[0][t]), buf_str(&b[1][t])));
	}
	struct chain_difference *d;
	int n;
	chain_diff(cx, c, &again, &d, &n);
	assert(n == 0);
}

static bool share(double v) { return v != v || (v >= -1e-9 && v <= 1 + 1e-9); }

static void check_figures(struct cx *cx, const struct chain *c)
{
	struct chain_wired w;
	struct chain_figures f;
	struct chain_view view = { .region = c->place.n ? 0 : -1 };
	struct chain_map m;
	struct chain_map_view map = { .root = -1, .lang = LANG_ZH };
	struct buf svg = BUF(cx->arena, 16 << 20), csv = BUF(cx->arena, 16 << 20);
	chain_wire(cx, c, &w);
	enum rc rc = chain_measure(cx, c, &w, &view, &f);
	assert(rc == RC_OK);
	for (int i = 0; i < f.n; i++) {
		const struct chain_product *p = &f.product[i];
		assert(share(p->coverage) && share(p->local) && share(p->owners) && share(p->places) && share(p->impact) && share(p->index) && share(p->near) && share(p->inputs_local));
		assert(p->single < (int)c->node.n && p->products < (int)c->node.n && p->firms <= (int)c->node.n && p->routes >= 0 && p->routes <= 3);
		for (enum lang lang = LANG_ZH; lang <= LANG_EN; lang++) assert(utf8_valid(chain_sentence(cx, &f, i, CHAIN_SAY_INDEX, lang)));
	}
	chain_table_csv(cx, &csv, &f);
	chain_map(cx, &f, &map, &m);
	chain_map_svg(&svg, &f, &map, &m);
	chain_map_csv(&csv, &f, &m);
	XML_Parser parser = XML_ParserCreate(NULL);
	assert(parser && !svg.full && XML_Parse(parser, svg.p, (int)svg.n, 1) == XML_STATUS_OK);
	XML_ParserFree(parser);
	double *loss = ARENA_ARRAY(cx->arena, double, c->node.n + 1), cut;
	if (c->node.n) chain_shock(cx, c, 0, loss, &cut);
	for (size_t i = 0; i < c->node.n; i++) assert(share(loss[i]));
}

static void check_what_if(struct cx *cx, const struct chain *c)
{
	struct chain_step step[2] = { { .act = CHAIN_STOP_NODE, .a = 0 }, { .act = CHAIN_STOP_PLACE, .a = 0 } };
	struct chain now;
	struct chain_wired w;
	struct chain_stopped s;
	int32_t path[8];
	chain_change(cx, c, step, c->place.n ? 2 : 1, &now);
	chain_wire(cx, &now, &w);
	chain_stop(cx, &now, &w, now.fallen, now.n_fallen, &s);
	assert(s.n >= 1 && s.n <= (int32_t)c->node.n && s.n >= w.impact.stopped[0]);
	for (int32_t i = 0; i < s.n; i++) assert(chain_reasons(&w, &s, s.node[i], path, 8) > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { INPUT_MAX = 1 << 14 };
	if (!size || size > INPUT_MAX) return 0;
	struct cx cx = { .arena = arena_new((size_t)1 << 30) };
	struct str text = { (const char *)data, size }, flows;
	struct chain_rows_in table[CHAIN_TABLES] = { 0 };
	struct chain_io io;
	struct chain c;
	const char *encoding;
	enum rc rc;
	if (data[0] == 'I') {
		rc = text_decode(&cx, str_sub(text, 1, text.n), &flows, &encoding);
		if (rc == RC_OK) rc = chain_file_csv(&cx, flows, "flows", &table[0]);
		if (rc == RC_OK) rc = chain_io(&cx, &table[0], &io);
	} else {
		rc = data[0] == 'G' ? chain_file_graphml(&cx, str_sub(text, 1, text.n), STR("chain.graphml"), table) : data[0] == 'K' ? read_ckg(&cx, text, table) : read_tables(&cx, text, table);
		if (rc == RC_OK) rc = chain_read(&cx, table, &c);
		if (rc == RC_OK) {
			check_sound(&c);
			round_trip(&cx, &c, false);
			round_trip(&cx, &c, true);
			if (c.node.n) check_figures(&cx, &c), check_what_if(&cx, &c);
		}
	}
	assert((rc == RC_OK) == (cx.fails.errors == 0));
	arena_free(cx.arena);
	return 0;
}

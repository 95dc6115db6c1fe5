/* A chain as tables and as GraphML. */
#include <stdio.h>
#include <stdlib.h>

#include "base/csv.h"
#include "engine/chain_inner.h"

const char *const chain_column_name[CHAIN_TABLES][CHAIN_CELLS] = {
	{ "id", "kind", "name", "region", "size", "segment", "owner", "source", "date", "confidence" },
	{ "product", "input", "group", "share", "essential", "months", "relation", "source", "date", "confidence" },
	{ "organisation", "product", "share", "source", "date", "confidence" }, { "organisation", "product", "trl", "source", "date", "confidence" },
	{ "product", "kind_of", "mode", "source", "date", "confidence" }, { "organisation", "product", "need", "source", "date", "confidence" } };

size_t chain_count(const struct chain *c, enum chain_table t)
{
	const size_t n[CHAIN_TABLES] = { c->node.n, c->need.n, c->make.n, c->research.n, c->variant.n, c->want.n };
	return n[t];
}

/* ---- one line as cells ---- */

struct row { struct chain_cells *out; int numbers; };

static void put(struct row *r, struct str s) { r->out->cell[r->out->n++] = s; }

/* The shortest digits that read back as the same number. */
static void put_ratio(struct row *r, double v)
{
	char *text = r->out->number[r->numbers++];
	int n = 0;
	if (chain_known(v)) {
		for (int digits = 6; digits <= 17; digits += digits == 6 ? 9 : 2) {
			n = snprintf(text, CHAIN_NUMBER, "%.*g", digits, v);
			if (strtod(text, NULL) == v) break;
		}
	}
	put(r, (struct str){ text, (size_t)n });
}

static void put_size(struct row *r, int64_t size)
{
	char *text = r->out->number[r->numbers++];
	int n = 0;
	if (size != CHAIN_UNKNOWN) n = snprintf(text, CHAIN_NUMBER, "%lld.%06lld", (long long)(size / DEC_ONE), (long long)(size % DEC_ONE));
	while (n && text[n - 1] == '0') n--;
	if (n && text[n - 1] == '.') n--;
	put(r, (struct str){ text, (size_t)n });
}

static void put_trl(struct row *r, int trl)
{
	char *text = r->out->number[r->numbers++];
	put(r, (struct str){ text, trl ? (size_t)snprintf(text, CHAIN_NUMBER, "%d", trl) : 0 });
}

static void put_pair(struct row *r, const struct chain *c, int32_t a, int32_t b)
{
	put(r, c->node.v[a].id);
	put(r, c->node.v[b].id);
}

static const struct chain_evidence *put_node(struct row *r, const struct chain *c, const struct chain_node *n)
{
	const struct chain_place *p = n->place >= 0 ? &c->place.v[n->place] : NULL;
	put(r, n->id);
	put(r, str_c(chain_kind_name[n->kind]));
	put(r, n->name);
	put(r, !p ? STR("") : p->node >= 0 ? c->node.v[p->node].id : p->name);
	put_size(r, n->size);
	put(r, n->segment);
	put(r, n->owner);
	return &n->evidence;
}

static const struct chain_evidence *put_need(struct row *r, const struct chain *c, const struct chain_need *n)
{
	put_pair(r, c, n->product, n->input);
	put(r, n->group >= 0 ? c->group.v[n->group] : STR(""));
	put_ratio(r, n->share);
	put(r, n->essential ? STR("1") : STR("0"));
	put_ratio(r, n->months);
	put(r, n->relation);
	return &n->evidence;
}

static const struct chain_evidence *put_rest(struct row *r, const struct chain *c, enum chain_table t, size_t i)
{
	if (t == CHAIN_MAKES) {
		put_pair(r, c, c->make.v[i].organisation, c->make.v[i].product);
		put_ratio(r, c->make.v[i].share);
		return &c->make.v[i].evidence;
	}
	if (t == CHAIN_RESEARCHES) {
		put_pair(r, c, c->research.v[i].organisation, c->research.v[i].product);
		put_trl(r, c->research.v[i].trl);
		return &c->research.v[i].evidence;
	}
	if (t == CHAIN_KINDS) {
		put_pair(r, c, c->variant.v[i].product, c->variant.v[i].kind_of);
		put(r, c->variant.v[i].all ? STR("and") : STR("or"));
		return &c->variant.v[i].evidence;
	}
	put_pair(r, c, c->want.v[i].organisation, c->want.v[i].product);
	put(r, c->want.v[i].need);
	return &c->want.v[i].evidence;
}

void chain_cells(const struct chain *c, enum chain_table t, size_t i, struct chain_cells *out)
{
	struct row r = { out, 0 };
	out->n = 0;
	const struct chain_evidence *e = t == CHAIN_NODES ? put_node(&r, c, &c->node.v[i]) : t == CHAIN_NEEDS ? put_need(&r, c, &c->need.v[i]) : put_rest(&r, c, t, i);
	put(&r, e->source);
	put(&r, e->date);
	put(&r, e->confidence);
}

/* ---- files ---- */

void chain_write(struct buf *out, const struct chain *c, enum chain_table t)
{
	struct chain_cells row;
	for (int k = 0; k < CHAIN_CELLS && chain_column_name[t][k]; k++) csv_put(out, str_c(chain_column_name[t][k]), k == 0);
	csv_end_row(out);
	for (size_t i = 0, n = chain_count(c, t); i < n; i++) {
		chain_cells(c, t, i, &row);
		for (int k = 0; k < row.n; k++) csv_put(out, row.cell[k], k == 0);
		csv_end_row(out);
	}
}

/* Nodes and edges with the columns of the tables as data; an edge's `table` says which. */
static void put_element(struct buf *out, enum chain_table t, const struct chain_cells *row)
{
	int ids = t == CHAIN_NODES ? 1 : 2;
	buf_add(out, t == CHAIN_NODES ? STR("<node id=\"") : STR("<edge source=\""));
	buf_xml(out, row->cell[0]);
	if (t != CHAIN_NODES) {
		buf_add(out, STR("\" target=\""));
		buf_xml(out, row->cell[1]);
	}
	buf_add(out, STR("\">"));
	if (t != CHAIN_NODES) buf_fmt(out, "<data key=\"table\">%s</data>", chain_table_name[t]);
	for (int k = ids; k < row->n; k++) {
		if (!row->cell[k].n) continue;
		buf_fmt(out, "<data key=\"%s\">", chain_column_name[t][k]);
		buf_xml(out, row->cell[k]);
		buf_add(out, STR("</data>"));
	}
	buf_add(out, t == CHAIN_NODES ? STR("</node>\n") : STR("</edge>\n"));
}

void chain_graphml(struct buf *out, const struct chain *c)
{
	static const struct { const char *of; const char *key[10]; } keys[] = { { "node", { "kind", "name", "region", "size", "segment", "owner" } },
		{ "edge", { "table", "group", "share", "essential", "months", "relation", "trl", "mode", "need" } }, { "all", { "source", "date", "confidence" } } };
	struct chain_cells row;
	buf_add(out, STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n"));
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		for (const char *const *k = keys[i].key; *k; k++) buf_fmt(out, "<key id=\"%s\" for=\"%s\" attr.name=\"%s\" attr.type=\"string\"/>\n", *k, keys[i].of, *k);
	buf_add(out, STR("<graph id=\"chain\" edgedefault=\"directed\">\n"));
	for (enum chain_table t = 0; t < CHAIN_TABLES; t++) {
		for (size_t i = 0, n = chain_count(c, t); i < n; i++) {
			chain_cells(c, t, i, &row);
			put_element(out, t, &row);
		}
	}
	buf_add(out, STR("</graph>\n</graphml>\n"));
}

/* A chain as tables and as GraphML. */
#include <stdio.h>
#include <stdlib.h>

#include "base/csv.h"
#include "engine/chain_inner.h"

/* The shortest digits that read back as the same number. */
static struct str ratio_text(char text[40], double v)
{
	if (!chain_known(v)) return STR("");
	int n = 0;
	for (int digits = 6; digits <= 17; digits += digits == 6 ? 9 : 2) {
		n = snprintf(text, 40, "%.*g", digits, v);
		if (strtod(text, NULL) == v) break;
	}
	return (struct str){ text, (size_t)n };
}

static void put_ratio(struct buf *out, double v)
{
	char text[40];
	csv_put(out, ratio_text(text, v), false);
}

static void put_evidence(struct buf *out, const struct chain_evidence *e)
{
	csv_put(out, e->source, false);
	csv_put(out, e->date, false);
	csv_put(out, e->confidence, false);
	csv_end_row(out);
}

static struct str size_text(struct arena *a, int64_t size) { return size == CHAIN_UNKNOWN ? STR("") : dec_format(a, size); }

static struct str place_text(const struct chain *c, int32_t place)
{
	if (place < 0) return STR("");
	return c->place.v[place].node >= 0 ? c->node.v[c->place.v[place].node].id : c->place.v[place].name;
}

static void write_nodes(struct buf *out, const struct chain *c)
{
	for (size_t i = 0; i < c->node.n; i++) {
		const struct chain_node *n = &c->node.v[i];
		csv_put(out, n->id, true);
		csv_put(out, str_c(chain_kind_name[n->kind]), false);
		csv_put(out, n->name, false);
		csv_put(out, place_text(c, n->place), false);
		csv_put(out, size_text(out->arena, n->size), false);
		csv_put(out, n->segment, false);
		csv_put(out, n->owner, false);
		put_evidence(out, &n->evidence);
	}
}

static void put_pair(struct buf *out, const struct chain *c, int32_t a, int32_t b)
{
	csv_put(out, c->node.v[a].id, true);
	csv_put(out, c->node.v[b].id, false);
}

static void write_needs(struct buf *out, const struct chain *c)
{
	for (size_t i = 0; i < c->need.n; i++) {
		const struct chain_need *n = &c->need.v[i];
		put_pair(out, c, n->product, n->input);
		csv_put(out, n->group >= 0 ? c->group.v[n->group] : STR(""), false);
		put_ratio(out, n->share);
		csv_put(out, n->essential ? STR("1") : STR("0"), false);
		put_ratio(out, n->months);
		csv_put(out, n->relation, false);
		put_evidence(out, &n->evidence);
	}
}

static void write_rest(struct buf *out, const struct chain *c, enum chain_table table)
{
	for (size_t i = 0; table == CHAIN_MAKES && i < c->make.n; i++) {
		put_pair(out, c, c->make.v[i].organisation, c->make.v[i].product);
		put_ratio(out, c->make.v[i].share);
		put_evidence(out, &c->make.v[i].evidence);
	}
	for (size_t i = 0; table == CHAIN_RESEARCHES && i < c->research.n; i++) {
		put_pair(out, c, c->research.v[i].organisation, c->research.v[i].product);
		csv_put(out, c->research.v[i].trl ? str_fmt(out->arena, "%d", c->research.v[i].trl) : STR(""), false);
		put_evidence(out, &c->research.v[i].evidence);
	}
	for (size_t i = 0; table == CHAIN_KINDS && i < c->variant.n; i++) {
		put_pair(out, c, c->variant.v[i].product, c->variant.v[i].kind_of);
		csv_put(out, c->variant.v[i].all ? STR("and") : STR("or"), false);
		put_evidence(out, &c->variant.v[i].evidence);
	}
	for (size_t i = 0; table == CHAIN_WANTS && i < c->want.n; i++) {
		put_pair(out, c, c->want.v[i].organisation, c->want.v[i].product);
		csv_put(out, c->want.v[i].need, false);
		put_evidence(out, &c->want.v[i].evidence);
	}
}

void chain_write(struct buf *out, const struct chain *c, enum chain_table table)
{
	static const char *const header[CHAIN_TABLES] = { "id,kind,name,region,size,segment,owner", "product,input,group,share,essential,months,relation",
		"organisation,product,share", "organisation,product,trl", "product,kind_of,mode", "organisation,product,need" };
	buf_add(out, str_c(header[table]));
	buf_add(out, STR(",source,date,confidence\r\n"));
	if (table == CHAIN_NODES) write_nodes(out, c);
	else if (table == CHAIN_NEEDS) write_needs(out, c);
	else write_rest(out, c, table);
}

/* ---- GraphML: nodes and edges with the columns of the tables as data; an edge's `table` says which ---- */

static void put_text(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char ch = (unsigned char)s.p[i];
		if (ch == '<') buf_add(out, STR("&lt;"));
		else if (ch == '>') buf_add(out, STR("&gt;"));
		else if (ch == '&') buf_add(out, STR("&amp;"));
		else if (ch == '"') buf_add(out, STR("&quot;"));
		else if (ch < 0x20) buf_fmt(out, ch == '\n' || ch == '\t' || ch == '\r' ? "&#%d;" : " ", ch);
		else buf_c(out, s.p[i]);
	}
}

static void put_data(struct buf *out, const char *key, struct str value)
{
	if (!value.n) return;
	buf_fmt(out, "<data key=\"%s\">", key);
	put_text(out, value);
	buf_add(out, STR("</data>"));
}

static void put_data_ratio(struct buf *out, const char *key, double v)
{
	char text[40];
	put_data(out, key, ratio_text(text, v));
}

static void put_data_evidence(struct buf *out, const struct chain_evidence *e)
{
	put_data(out, "source", e->source);
	put_data(out, "date", e->date);
	put_data(out, "confidence", e->confidence);
}

static void start_edge(struct buf *out, const struct chain *c, enum chain_table table, int32_t from, int32_t to)
{
	buf_add(out, STR("<edge source=\""));
	put_text(out, c->node.v[from].id);
	buf_add(out, STR("\" target=\""));
	put_text(out, c->node.v[to].id);
	buf_fmt(out, "\"><data key=\"table\">%s</data>", chain_table_name[table]);
}

static void end_edge(struct buf *out, const struct chain_evidence *e)
{
	put_data_evidence(out, e);
	buf_add(out, STR("</edge>\n"));
}

static void put_edges(struct buf *out, const struct chain *c)
{
	for (size_t i = 0; i < c->need.n; i++) {
		const struct chain_need *n = &c->need.v[i];
		start_edge(out, c, CHAIN_NEEDS, n->product, n->input);
		if (n->group >= 0) put_data(out, "group", c->group.v[n->group]);
		put_data_ratio(out, "share", n->share);
		put_data(out, "essential", n->essential ? STR("1") : STR("0"));
		put_data_ratio(out, "months", n->months);
		put_data(out, "relation", n->relation);
		end_edge(out, &n->evidence);
	}
	for (size_t i = 0; i < c->make.n; i++) {
		start_edge(out, c, CHAIN_MAKES, c->make.v[i].organisation, c->make.v[i].product);
		put_data_ratio(out, "share", c->make.v[i].share);
		end_edge(out, &c->make.v[i].evidence);
	}
	for (size_t i = 0; i < c->research.n; i++) {
		start_edge(out, c, CHAIN_RESEARCHES, c->research.v[i].organisation, c->research.v[i].product);
		if (c->research.v[i].trl) put_data(out, "trl", str_fmt(out->arena, "%d", c->research.v[i].trl));
		end_edge(out, &c->research.v[i].evidence);
	}
	for (size_t i = 0; i < c->variant.n; i++) {
		start_edge(out, c, CHAIN_KINDS, c->variant.v[i].product, c->variant.v[i].kind_of);
		put_data(out, "mode", c->variant.v[i].all ? STR("and") : STR("or"));
		end_edge(out, &c->variant.v[i].evidence);
	}
	for (size_t i = 0; i < c->want.n; i++) {
		start_edge(out, c, CHAIN_WANTS, c->want.v[i].organisation, c->want.v[i].product);
		put_data(out, "need", c->want.v[i].need);
		end_edge(out, &c->want.v[i].evidence);
	}
}

void chain_graphml(struct buf *out, const struct chain *c)
{
	static const char *const of_node[] = { "kind", "name", "region", "size", "segment", "owner" };
	static const char *const of_edge[] = { "table", "group", "share", "essential", "months", "relation", "trl", "mode", "need" };
	static const char *const of_all[] = { "source", "date", "confidence" };
	buf_add(out, STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n"));
	for (size_t i = 0; i < 6; i++) buf_fmt(out, "<key id=\"%s\" for=\"node\" attr.name=\"%s\" attr.type=\"string\"/>\n", of_node[i], of_node[i]);
	for (size_t i = 0; i < 9; i++) buf_fmt(out, "<key id=\"%s\" for=\"edge\" attr.name=\"%s\" attr.type=\"string\"/>\n", of_edge[i], of_edge[i]);
	for (size_t i = 0; i < 3; i++) buf_fmt(out, "<key id=\"%s\" for=\"all\" attr.name=\"%s\" attr.type=\"string\"/>\n", of_all[i], of_all[i]);
	buf_add(out, STR("<graph id=\"chain\" edgedefault=\"directed\">\n"));
	for (size_t i = 0; i < c->node.n; i++) {
		const struct chain_node *n = &c->node.v[i];
		buf_add(out, STR("<node id=\""));
		put_text(out, n->id);
		buf_add(out, STR("\">"));
		put_data(out, "kind", str_c(chain_kind_name[n->kind]));
		put_data(out, "name", n->name);
		put_data(out, "region", place_text(c, n->place));
		put_data(out, "size", size_text(out->arena, n->size));
		put_data(out, "segment", n->segment);
		put_data(out, "owner", n->owner);
		put_data_evidence(out, &n->evidence);
		buf_add(out, STR("</node>\n"));
	}
	put_edges(out, c);
	buf_add(out, STR("</graph>\n</graphml>\n"));
}

#include "feature/chain_file.h"

#include <expat.h>
#include <string.h>
#include <unistd.h>

#include "base/csv.h"
#include "feature/engine_cmd.h"
#include "rec/sheet.h"

enum { CELLS_MAX = 160 << 20 };         /* of one table: 2.5 GiB of them */

static struct where at_line(struct str file, int line) { return (struct where){ .file = file, .line = line, .column = 1 }; }

enum rc chain_file_csv(struct cx *cx, struct str text, const char *path, struct chain_rows_in *out)
{
	VEC(struct chain_line) lines = { 0 };
	int64_t cells = 0;
	struct csv csv = csv_open(text, path);
	for (;;) {
		struct csv_row row;
		bool more;
		TRY(csv_next(cx, &csv, &row, &more));
		if (!more) break;
		if (lines.n == CHAIN_LINES_MAX) return fail(cx, RC_LIMIT, "chain.lines", at_line(str_c(path), row.line), "超过 %d 行", "more than %d lines", CHAIN_LINES_MAX);
		cells += row.n;
		if (cells > CELLS_MAX) return fail(cx, RC_LIMIT, "chain.cells", at_line(str_c(path), row.line), "超过 %d 个单元格", "more than %d cells", CELLS_MAX);
		VEC_PUSH(cx->arena, &lines, ((struct chain_line){ row.cell, row.n, row.line }));
	}
	*out = (struct chain_rows_in){ .file = str_c(path), .row = lines.v, .n = (int)lines.n };
	return RC_OK;
}

enum rc chain_file_rows(struct cx *cx, const char *path, struct chain_rows_in *out)
{
	struct str text;
	TRY(engine_load(cx, path, CHAIN_FILE_MAX, &text));
	return chain_file_csv(cx, text, path, out);
}

/* Bytes that may end a row: there are no more rows than these and one. */
static size_t count_ends(struct str s)
{
	size_t n = 0;
	for (const char *p = s.p, *end = s.p + s.n; (p = memchr(p, '\n', (size_t)(end - p))); p++) n++;
	for (const char *p = s.p, *end = s.p + s.n; (p = memchr(p, '\r', (size_t)(end - p))); p++) n += p + 1 == end || p[1] != '\n';
	return n;
}

/* Tables may have millions of lines: read row by row, the rows take no room. */
static enum rc text_of(struct cx *cx, const char *path, struct chain_rows_in *out)
{
	struct str text;
	TRY(engine_load(cx, path, CHAIN_FILE_MAX, &text));
	size_t n = text.n ? count_ends(text) + 1 : 0;
	*out = (struct chain_rows_in){ .file = str_c(path), .text = text, .n = n > INT32_MAX ? INT32_MAX : (int)n };
	return RC_OK;
}

static enum rc workbook_rows(struct cx *cx, const char *path, struct chain_rows_in *out)
{
	struct str bytes;
	struct sheet sheet;
	TRY(engine_map(cx, path, &bytes));
	TRY(sheet_read(cx, bytes, path, &sheet));
	struct chain_line *line = ARENA_ARRAY(cx->arena, struct chain_line, sheet.n + 1);
	for (size_t i = 0; i < sheet.n; i++) line[i] = (struct chain_line){ sheet.v[i].cell, sheet.v[i].n, sheet.v[i].line };
	*out = (struct chain_rows_in){ .file = str_c(path), .row = line, .n = (int)sheet.n };
	return RC_OK;
}

static enum rc folder_tables(struct cx *cx, struct str dir, struct chain_rows_in table[CHAIN_TABLES])
{
	for (enum chain_table t = 0; t < CHAIN_TABLES; t++) {
		const char *csv = str_fmt(cx->arena, "%.*s/%s.csv", STRF(dir), chain_table_name[t]).p, *xlsx = str_fmt(cx->arena, "%.*s/%s.xlsx", STRF(dir), chain_table_name[t]).p;
		bool there = access(csv, F_OK) == 0;
		table[t] = (struct chain_rows_in){ .file = str_c(csv) };
		if (!there && access(xlsx, F_OK) == 0) TRY(workbook_rows(cx, xlsx, &table[t]));
		else if (t == CHAIN_NODES || there) TRY(text_of(cx, csv, &table[t]));
	}
	return RC_OK;
}

enum rc chain_file_read(struct cx *cx, struct str path, struct chain *out, struct str file[CHAIN_TABLES])
{
	struct chain_rows_in table[CHAIN_TABLES] = { 0 };
	struct str bytes;
	if (str_ends(path, STR(".graphml"))) {
		TRY(engine_map(cx, str_z(cx->arena, path), &bytes));
		TRY(chain_file_graphml(cx, bytes, path, table));
	} else {
		TRY(folder_tables(cx, path, table));
	}
	for (int t = 0; t < CHAIN_TABLES; t++) file[t] = table[t].file;
	return chain_read(cx, table, out);
}

/* ---- GraphML ---- */

struct graphml {
	struct cx *cx;
	XML_Parser parser;
	struct str name;
	VEC(struct chain_line) table[CHAIN_TABLES];
	struct str cell[CHAIN_CELLS], from, to, key, of_table;
	VEC(struct str) name_of, value_of;      /* data of the element being read */
	bool in_element, in_node, in_data;
	struct buf text;
	int line;
	enum rc rc;
};

static struct str attribute(struct graphml *g, const XML_Char **atts, const char *name)
{
	for (int i = 0; atts[i]; i += 2)
		if (strcmp(atts[i], name) == 0) return str_dup(g->cx->arena, str_c(atts[i + 1]));
	return STR("");
}

static void XMLCALL on_start(void *ctx, const XML_Char *name, const XML_Char **atts)
{
	struct graphml *g = ctx;
	bool node = strcmp(name, "node") == 0, edge = strcmp(name, "edge") == 0;
	if (node || edge) {
		g->in_element = true;
		g->in_node = node;
		g->from = attribute(g, atts, node ? "id" : "source");
		g->to = attribute(g, atts, "target");
		g->name_of.n = g->value_of.n = 0;
		g->line = (int)XML_GetCurrentLineNumber(g->parser);
	} else if (g->in_element && strcmp(name, "data") == 0) {
		g->key = attribute(g, atts, "key");
		g->in_data = true;
		g->text = BUF(g->cx->arena, 1 << 20);
	}
}

static void stop_reading(struct graphml *g, const char *code, const char *zh, const char *en)
{
	g->rc = fail_text(g->cx, RC_INVALID, code, at_line(g->name, (int)XML_GetCurrentLineNumber(g->parser)), str_c(zh), str_c(en));
	XML_StopParser(g->parser, XML_FALSE);
}

static void XMLCALL on_text(void *ctx, const XML_Char *s, int n)
{
	struct graphml *g = ctx;
	if (!g->in_data) return;
	buf_add(&g->text, (struct str){ s, (size_t)n });
	if (g->text.full && g->rc == RC_OK) stop_reading(g, "chain.long", "一个值超过 1 MiB", "a value is longer than 1 MiB");
}

static struct str data_of(const struct graphml *g, const char *name)
{
	for (size_t i = 0; i < g->name_of.n; i++)
		if (str_is(g->name_of.v[i], name)) return g->value_of.v[i];
	return STR("");
}

static void end_element(struct graphml *g)
{
	enum chain_table t = CHAIN_NODES;
	struct str table = data_of(g, "table");
	if (!g->in_node) t = CHAIN_NEEDS;
	for (enum chain_table k = CHAIN_NEEDS; !g->in_node && k < CHAIN_TABLES; k++)
		if (str_is(table, chain_table_name[k])) t = k;
	struct str *cell = ARENA_ARRAY(g->cx->arena, struct str, CHAIN_CELLS);
	cell[0] = g->from;
	int n = 1;
	if (!g->in_node) cell[n++] = g->to;
	for (; n < CHAIN_CELLS && chain_column_name[t][n]; n++) cell[n] = data_of(g, chain_column_name[t][n]);
	VEC_PUSH(g->cx->arena, &g->table[t], ((struct chain_line){ cell, n, g->line }));
	g->in_element = false;
}

static void XMLCALL on_end(void *ctx, const XML_Char *name)
{
	struct graphml *g = ctx;
	if (g->in_data && strcmp(name, "data") == 0) {
		VEC_PUSH(g->cx->arena, &g->name_of, g->key);
		VEC_PUSH(g->cx->arena, &g->value_of, buf_str(&g->text));
		g->in_data = false;
	} else if (g->in_element && (strcmp(name, "node") == 0 || strcmp(name, "edge") == 0)) {
		end_element(g);
	}
}

/* No document type, so no entities of its own: nothing can grow. */
static void XMLCALL on_doctype(void *ctx, const XML_Char *name, const XML_Char *sys, const XML_Char *pub, int internal)
{
	struct graphml *g = ctx;
	(void)name, (void)sys, (void)pub, (void)internal;
	stop_reading(g, "chain.doctype", "GraphML 中不允许 DOCTYPE", "a DOCTYPE is not allowed in GraphML");
}

enum rc chain_file_graphml(struct cx *cx, struct str bytes, struct str name, struct chain_rows_in table[CHAIN_TABLES])
{
	if (bytes.n > CHAIN_FILE_MAX) return fail(cx, RC_LIMIT, "file.size", at_line(name, 1), "文件超过 %d MiB", "the file is larger than %d MiB", CHAIN_FILE_MAX >> 20);
	struct graphml g = { .cx = cx, .parser = XML_ParserCreate(NULL), .name = name, .rc = RC_OK };
	if (!g.parser) return fail(cx, RC_IO, "chain.xml", at_line(name, 1), "内存不足", "out of memory");
	for (int t = 0; t < CHAIN_TABLES; t++) {
		struct str *head = ARENA_ARRAY(cx->arena, struct str, CHAIN_CELLS);
		int n = 0;
		for (; n < CHAIN_CELLS && chain_column_name[t][n]; n++) head[n] = str_c(chain_column_name[t][n]);
		VEC_PUSH(cx->arena, &g.table[t], ((struct chain_line){ head, n, 1 }));
	}
	XML_SetUserData(g.parser, &g);
	XML_SetElementHandler(g.parser, on_start, on_end);
	XML_SetCharacterDataHandler(g.parser, on_text);
	XML_SetStartDoctypeDeclHandler(g.parser, on_doctype);
	if (XML_Parse(g.parser, bytes.p, (int)bytes.n, 1) == XML_STATUS_ERROR && g.rc == RC_OK)
		g.rc = fail(cx, RC_INVALID, "chain.xml", at_line(name, (int)XML_GetCurrentLineNumber(g.parser)), "不是有效的 GraphML：%s", "not valid GraphML: %s",
			XML_ErrorString(XML_GetErrorCode(g.parser)));
	XML_ParserFree(g.parser);
	TRY(g.rc);
	for (int t = 0; t < CHAIN_TABLES; t++) table[t] = (struct chain_rows_in){ .file = name, .row = g.table[t].v, .n = (int)g.table[t].n };
	return RC_OK;
}

/* ---- the layout of data/chain/ckg: tab-separated, without headers ---- */

enum { CKCHAIN_CELLS = 6 };
enum { CKG_PRODUCT, CKG_COMPANY, CKG_INDUSTRY, CKG_NEEDS, CKG_MAKES };
const char *const chain_ckg_name[CHAIN_CKG_FILES] = { "product.tsv", "company.tsv", "industry.tsv", "product_product.tsv", "company_product.tsv" };
struct ckg { struct cx *cx; struct str dir; const struct str *text; VEC(struct chain_line) out; };

static struct str ckg_id(struct cx *cx, char letter, struct str number) { return str_fmt(cx->arena, "%c%.*s", letter, STRF(number)); }

typedef void (*ckg_take)(struct ckg *k, const struct str *f, int line);

static void push(struct ckg *k, int line, int n, const struct str *cell)
{
	struct str *copy = ARENA_ARRAY(k->cx->arena, struct str, n);
	memcpy(copy, cell, sizeof *copy * (size_t)n);
	VEC_PUSH(k->cx->arena, &k->out, ((struct chain_line){ copy, n, line }));
}

static void take_product(struct ckg *k, const struct str *f, int line)
{
	push(k, line, 5, (struct str[]){ ckg_id(k->cx, 'p', f[0]), STR("product"), f[1], STR(""), STR("") });
}
static void take_company(struct ckg *k, const struct str *f, int line)
{
	push(k, line, 5, (struct str[]){ ckg_id(k->cx, 'c', f[0]), STR("organisation"), f[3].n ? f[3] : f[2], STR(""), STR("") });
}
static void take_industry(struct ckg *k, const struct str *f, int line)
{
	push(k, line, 5, (struct str[]){ ckg_id(k->cx, 'i', f[0]), STR("industry"), f[2], STR(""), STR("") });
}
/* a, b, U: b is an upstream material of a. a, b, D: b lies downstream of a, one of what it may be made from. */
static void take_need(struct ckg *k, const struct str *f, int line)
{
	struct str a = ckg_id(k->cx, 'p', f[0]), b = ckg_id(k->cx, 'p', f[1]);
	if (str_is(f[2], "U")) push(k, line, 6, (struct str[]){ a, b, STR(""), STR(""), STR("1"), STR("") });
	else if (str_is(f[2], "D")) push(k, line, 6, (struct str[]){ b, a, STR("upstream"), STR(""), STR("0"), STR("") });
}
/* a, b, S: b is a kind of a. */
static void take_kind(struct ckg *k, const struct str *f, int line)
{
	if (str_is(f[2], "S")) push(k, line, 3, (struct str[]){ ckg_id(k->cx, 'p', f[1]), ckg_id(k->cx, 'p', f[0]), STR("or") });
}
/* The third column is the product's share of the company's revenue, which says nothing of the product's supply: the share stays unknown. */
static void take_make(struct ckg *k, const struct str *f, int line)
{
	push(k, line, 3, (struct str[]){ ckg_id(k->cx, 'c', f[0]), ckg_id(k->cx, 'p', f[1]), STR("") });
}

static enum rc ckg_lines(struct ckg *k, int file, int fields, ckg_take take)
{
	struct str path = str_fmt(k->cx->arena, "%.*s/%s", STRF(k->dir), chain_ckg_name[file]), text = k->text[file], line, f[CKCHAIN_CELLS];
	for (int at = 1; str_cut(&text, '\n', &line); at++) {
		int n = 0;
		if (!str_trim(line).n) continue;
		memset(f, 0, sizeof f);
		while (n < CKCHAIN_CELLS && str_cut(&line, '\t', &f[n])) n++;
		if (n < fields) return fail(k->cx, RC_INVALID, "chain.fields", at_line(path, at), "应有 %d 列，只有 %d 列", "%d columns are needed, there are %d", fields, n);
		take(k, f, at);
	}
	return RC_OK;
}

static void ckg_head(struct ckg *k, const char *columns)
{
	struct str rest = str_c(columns), cell[CKCHAIN_CELLS];
	int n = 0;
	while (n < CKCHAIN_CELLS && str_cut(&rest, ',', &cell[n])) n++;
	k->out.v = NULL;
	k->out.n = k->out.cap = 0;
	push(k, 1, n, cell);
}

static void ckg_table(struct ckg *k, int file, struct chain_rows_in *out)
{
	*out = (struct chain_rows_in){ .file = str_fmt(k->cx->arena, "%.*s/%s", STRF(k->dir), chain_ckg_name[file]), .row = k->out.v, .n = (int)k->out.n };
}

enum rc chain_file_ckg_texts(struct cx *cx, struct str dir, const struct str text[CHAIN_CKG_FILES], struct chain_rows_in table[CHAIN_TABLES])
{
	struct ckg k = { .cx = cx, .dir = dir, .text = text };
	ckg_head(&k, "id,kind,name,region,size");
	TRY(ckg_lines(&k, CKG_PRODUCT, 2, take_product));
	TRY(ckg_lines(&k, CKG_COMPANY, 4, take_company));
	TRY(ckg_lines(&k, CKG_INDUSTRY, 3, take_industry));
	ckg_table(&k, CKG_PRODUCT, &table[CHAIN_NODES]);
	ckg_head(&k, "product,input,group,share,essential,months");
	TRY(ckg_lines(&k, CKG_NEEDS, 3, take_need));
	ckg_table(&k, CKG_NEEDS, &table[CHAIN_NEEDS]);
	ckg_head(&k, "product,kind_of,mode");
	TRY(ckg_lines(&k, CKG_NEEDS, 3, take_kind));
	ckg_table(&k, CKG_NEEDS, &table[CHAIN_KINDS]);
	ckg_head(&k, "organisation,product,share");
	TRY(ckg_lines(&k, CKG_MAKES, 2, take_make));
	ckg_table(&k, CKG_MAKES, &table[CHAIN_MAKES]);
	return RC_OK;
}

enum rc chain_file_ckg(struct cx *cx, struct str dir, struct chain_rows_in table[CHAIN_TABLES])
{
	struct str text[CHAIN_CKG_FILES];
	for (int i = 0; i < CHAIN_CKG_FILES; i++) TRY(engine_load(cx, str_fmt(cx->arena, "%.*s/%s", STRF(dir), chain_ckg_name[i]).p, CHAIN_FILE_MAX, &text[i]));
	return chain_file_ckg_texts(cx, dir, text, table);
}

/* Tables of rows into a chain. Nothing of the content stops it: what is wrong is noted with its line. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/time.h"
#include "base/utf8.h"
#include "base/val.h"
#include "engine/chain_inner.h"

const char *const chain_table_name[CHAIN_TABLES] = { "nodes", "needs", "makes", "researches", "kinds", "wants" };
const char *const chain_kind_name[4] = { "product", "organisation", "industry", "region" };
const char *const chain_fault_name[CHAIN_FAULTS] = { "duplicate", "dangling", "self-loop", "cycle", "bad-value", "bad-kind", "same-name", "broken-name", "empty-id", "shares-over" };

enum { COLUMNS = 6, EVIDENCE = 3 };
static const char *const column_name[CHAIN_TABLES][COLUMNS] = {
	{ "id", "kind", "name", "region", "size" }, { "product", "input", "group", "share", "essential", "months" }, { "organisation", "product", "share" },
	{ "organisation", "product", "trl" }, { "product", "kind_of", "mode" }, { "organisation", "product", "need" },
};
static const char *const extra_name[CHAIN_TABLES][2] = { { "segment", "owner" }, { "relation" } };
static const char *const evidence_name[EVIDENCE] = { "source", "date", "confidence" };

/* The same line twice: keys of three numbers. */
struct keys { int32_t (*key)[3], *slot, n; uint32_t slots; };

struct reader {
	struct cx *cx;
	struct chain *c;
	enum chain_table table;
	int column[COLUMNS], extra[2], evidence[EVIDENCE];
	const struct chain_line *line;
	struct chain_texts group;
	struct keys keys;
	struct str *place;              /* per node, as written */
};

void chain_found(struct cx *cx, struct chain *c, const struct chain_finding *f)
{
	VEC_PUSH(cx->arena, &c->finding, *f);
}

#define FOUND(r, fault_, other_, zh_, en_, ...)                                                                                   \
	chain_found((r)->cx, (r)->c, &(struct chain_finding){ (fault_), (r)->table, (r)->line->line, (other_), \
		str_fmt((r)->cx->arena, zh_, __VA_ARGS__), str_fmt((r)->cx->arena, en_, __VA_ARGS__) })

#define RESERVE(r, vec, count) ((vec)->cap = (size_t)(count), (vec)->v = arena_array((r)->cx->arena, (vec)->cap, sizeof *(vec)->v))

/* ---- tables of texts and of keys ---- */

static uint32_t slots_for(size_t most)
{
	uint32_t n = 16;
	while (n < most * 2) n *= 2;
	return n;
}

struct chain_texts chain_texts_new(struct arena *a, size_t most)
{
	uint32_t slots = slots_for(most);
	return (struct chain_texts){ ARENA_ARRAY(a, struct str, most + 1), ARENA_ARRAY(a, int32_t, most + 1), ARENA_ARRAY(a, int32_t, slots), 0, slots };
}

/* Slots hold numbers from 1, so that 0 is free. */
static uint32_t text_slot(const struct chain_texts *t, struct str key)
{
	uint32_t i = (uint32_t)str_hash(key) & (t->slots - 1);
	while (t->slot[i] && !str_eq(t->key[t->slot[i] - 1], key)) i = (i + 1) & (t->slots - 1);
	return i;
}

int32_t chain_texts_put(struct chain_texts *t, struct str key, int32_t value, bool *fresh)
{
	uint32_t i = text_slot(t, key);
	*fresh = !t->slot[i];
	if (!*fresh) return t->value[t->slot[i] - 1];
	t->key[t->n] = key;
	t->value[t->n] = value;
	t->slot[i] = ++t->n;
	return value;
}

int32_t chain_texts_get(const struct chain_texts *t, struct str key)
{
	uint32_t i = text_slot(t, key);
	return t->slot[i] ? t->value[t->slot[i] - 1] : -1;
}

/* The number of an equal earlier line, else -1 and it is kept. */
static int32_t seen_before(struct reader *r, int32_t a, int32_t b, int32_t c)
{
	int32_t want[3] = { a, b, c };
	uint64_t hash = ((uint64_t)(uint32_t)a * 0x9E3779B97F4A7C15u) ^ ((uint64_t)(uint32_t)b * 0xC2B2AE3D27D4EB4Fu) ^ ((uint64_t)(uint32_t)c * 0x165667B19E3779F9u);
	uint32_t i = (uint32_t)(hash ^ hash >> 32) & (r->keys.slots - 1);
	for (; r->keys.slot[i]; i = (i + 1) & (r->keys.slots - 1))
		if (memcmp(r->keys.key[r->keys.slot[i] - 1], want, sizeof want) == 0) return r->keys.slot[i] - 1;
	memcpy(r->keys.key[r->keys.n], want, sizeof want);
	r->keys.slot[i] = ++r->keys.n;
	return -1;
}

/* ---- cells ---- */

/* Without the apostrophe that csv_put sets before what a spreadsheet would run. */
static struct str cell(const struct reader *r, int column)
{
	struct str s = column >= 0 && column < r->line->n ? str_trim(r->line->cell[column]) : STR("");
	return s.n > 1 && s.p[0] == '\'' && memchr("=+-@", s.p[1], 4) ? str_sub(s, 1, s.n) : s;
}
static struct str own(const struct reader *r, int i) { return cell(r, r->column[i]); }

static void bad(struct reader *r, const char *name, struct str text)
{
	FOUND(r, CHAIN_BAD_VALUE, 0, "“%s”不能是“%.*s”，按未知处理", "“%s” cannot be “%.*s”; taken as unknown", name, STRF(str_sub(text, 0, utf8_offset(text, 40))));
}

static bool ratio(struct str s, double *out)
{
	char text[40], *end;
	bool percent = str_ends(s, STR("%"));
	if (percent) s = str_trim(str_sub(s, 0, s.n - 1));
	if (!s.n || s.n >= sizeof text || !memchr("0123456789.-+", s.p[0], 13)) return false;
	memcpy(text, s.p, s.n);
	text[s.n] = 0;
	if (strpbrk(text, "xXnNpP")) return false;
	double v = strtod(text, &end);
	if (*end || !isfinite(v)) return false;
	*out = percent ? v / 100 : v;
	return true;
}

/* A number of [0, most], NaN when the cell is empty or bad. */
static double number(struct reader *r, int i, double most)
{
	struct str s = own(r, i);
	double v;
	if (!s.n) return NAN;
	if (ratio(s, &v) && v >= 0 && v <= most) return v;
	bad(r, column_name[r->table][i], s);
	return NAN;
}

static struct chain_evidence evidence(struct reader *r)
{
	struct chain_evidence e = { cell(r, r->evidence[0]), cell(r, r->evidence[1]), cell(r, r->evidence[2]), r->table, r->line->line };
	int32_t day;
	double v;
	if (e.date.n && !date_parse(e.date, &day) && !(e.date.n == 4 && ratio(e.date, &v)) && !(e.date.n == 7 && e.date.p[4] == '-')) bad(r, "date", e.date);
	if (e.confidence.n && !(ratio(e.confidence, &v) && v >= 0 && v <= 1)) bad(r, "confidence", e.confidence);
	return e;
}

/* A node the line speaks of, of one of the kinds given as bits; -1 with a finding otherwise. */
static int32_t refer(struct reader *r, int i, unsigned kinds)
{
	struct str id = own(r, i);
	const char *name = column_name[r->table][i];
	int32_t v = id.n ? chain_find(r->c, id) : -1;
	if (v < 0) FOUND(r, CHAIN_DANGLING, 0, "%s “%.*s”不在节点表中，这一行未采用", "%s “%.*s” is not among the nodes; the line is left out", name, STRF(id));
	else if (!(kinds >> r->c->node.v[v].kind & 1)) {
		FOUND(r, CHAIN_BAD_KIND, r->c->node.v[v].evidence.line, "%s “%.*s”是 %s，这一行未采用", "%s “%.*s” is a %s; the line is left out", name, STRF(id),
			chain_kind_name[r->c->node.v[v].kind]);
		return -1;
	}
	return v;
}

/* ---- ids ---- */

int32_t chain_find(const struct chain *c, struct str id)
{
	for (uint32_t i = c->slots ? (uint32_t)str_hash(id) & (c->slots - 1) : 0; c->slots && c->slot[i]; i = (i + 1) & (c->slots - 1))
		if (str_eq(c->node.v[c->slot[i] - 1].id, id)) return c->slot[i] - 1;
	return -1;
}

static void enter(struct chain *c, int32_t v)
{
	uint32_t i = (uint32_t)str_hash(c->node.v[v].id) & (c->slots - 1);
	while (c->slot[i]) i = (i + 1) & (c->slots - 1);
	c->slot[i] = v + 1;
}

/* ---- nodes ---- */

static bool kind_of(struct str s, enum chain_kind *out)
{
	static const struct { const char *word; enum chain_kind kind; } words[] = {
		{ "product", CHAIN_PRODUCT }, { "technology", CHAIN_PRODUCT }, { "process", CHAIN_PRODUCT }, { "segment", CHAIN_PRODUCT }, { "产品", CHAIN_PRODUCT },
		{ "技术", CHAIN_PRODUCT }, { "工序", CHAIN_PRODUCT }, { "环节", CHAIN_PRODUCT }, { "organisation", CHAIN_ORGANISATION },
		{ "organization", CHAIN_ORGANISATION }, { "company", CHAIN_ORGANISATION }, { "公司", CHAIN_ORGANISATION }, { "单位", CHAIN_ORGANISATION }, { "机构", CHAIN_ORGANISATION }, { "企业", CHAIN_ORGANISATION }, { "industry", CHAIN_INDUSTRY },
		{ "行业", CHAIN_INDUSTRY }, { "产业", CHAIN_INDUSTRY }, { "region", CHAIN_REGION }, { "地区", CHAIN_REGION } };
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (!str_is(s, words[i].word)) continue;
		*out = words[i].kind;
		return true;
	}
	return false;
}

static bool stands_for_many(struct str name)
{
	static const char *const words[] = { "various", "others", "other", "unknown", "multiple", "其他", "其它", "多家", "不详", "未知", "各地", "若干" };
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (str_is(name, words[i])) return true;
	return false;
}

static struct str one_line(struct reader *r, struct str name)
{
	if (!memchr(name.p, '\n', name.n) && !memchr(name.p, '\r', name.n)) return name;
	char *p = str_z(r->cx->arena, name);
	for (size_t i = 0; i < name.n; i++)
		if (p[i] == '\n' || p[i] == '\r') p[i] = ' ';
	FOUND(r, CHAIN_BROKEN_NAME, 0, "名称中有换行：“%.*s”", "a line break inside the name “%.*s”", STRF(((struct str){ p, name.n })));
	return (struct str){ p, name.n };
}

static enum rc read_size(struct reader *r, struct chain_node *node, int64_t *total, struct str file)
{
	struct str s = own(r, 4);
	node->size = CHAIN_UNKNOWN;
	if (!s.n) return RC_OK;
	if (!dec_parse(s, &node->size) || node->size < 0) {
		node->size = CHAIN_UNKNOWN;
		bad(r, "size", s);
	} else if (__builtin_add_overflow(*total, node->size, total)) {
		return fail(r->cx, RC_INVALID, "chain.size", ((struct where){ .file = file, .line = r->line->line, .column = 1 }), "size 的总和太大，请换更大的单位",
			"the sizes add up to too much; use a larger unit");
	}
	return RC_OK;
}

static enum rc read_node(struct reader *r, int64_t *total, struct str file)
{
	struct chain_node node = { .id = own(r, 0), .place = -1 };
	if (!node.id.n) {
		FOUND(r, CHAIN_EMPTY_ID, 0, "没有编号，这一行未采用%s", "no id; the line is left out%s", "");
		return RC_OK;
	}
	int32_t twin = chain_find(r->c, node.id);
	if (twin >= 0) {
		FOUND(r, CHAIN_DUPLICATE, r->c->node.v[twin].evidence.line, "编号“%.*s”重复，这一行未采用", "the id “%.*s” stands twice; this line is left out", STRF(node.id));
		return RC_OK;
	}
	if (!kind_of(own(r, 1), &node.kind)) {
		FOUND(r, CHAIN_BAD_KIND, 0, "类别不能是“%.*s”（应为产品、企业、产业或地区），这一行未采用", "“%.*s” is not a kind (product, organisation, industry or region); the line is left out", STRF(own(r, 1)));
		return RC_OK;
	}
	struct str name = own(r, 2);
	node.name = name.n ? one_line(r, name) : node.id;
	node.pseudo = stands_for_many(node.name);
	node.segment = cell(r, r->extra[0]);
	node.owner = cell(r, r->extra[1]);
	node.evidence = evidence(r);
	TRY(read_size(r, &node, total, file));
	r->place[r->c->node.n] = own(r, 3);
	VEC_PUSH(r->cx->arena, &r->c->node, node);
	enter(r->c, (int32_t)r->c->node.n - 1);
	return RC_OK;
}

/* Two nodes of one kind whose names are the same text to a reader. */
static enum rc same_names(struct reader *r)
{
	size_t n = r->c->node.n;
	struct chain_texts seen[4];
	for (int k = 0; k < 4; k++) seen[k] = chain_texts_new(r->cx->arena, n);
	for (size_t i = 0; i < n; i++) {
		const struct chain_node *node = &r->c->node.v[i], *twin;
		struct str key;
		bool fresh;
		TRY(text_fold(r->cx, node->name, &key));
		twin = &r->c->node.v[chain_texts_put(&seen[node->kind], key, (int32_t)i, &fresh)];
		if (fresh) continue;
		chain_found(r->cx, r->c, &(struct chain_finding){ CHAIN_SAME_NAME, CHAIN_NODES, node->evidence.line, twin->evidence.line,
			str_fmt(r->cx->arena, "名称“%.*s”与编号 %.*s 的相同", STRF(node->name), STRF(twin->id)),
			str_fmt(r->cx->arena, "the name “%.*s” is that of %.*s too", STRF(node->name), STRF(twin->id)) });
	}
	return RC_OK;
}

/* A place is a region among the nodes (by its id, else its name), or a mere name. */
static void resolve_places(struct reader *r)
{
	struct chain *c = r->c;
	struct arena *a = r->cx->arena;
	struct chain_texts places = chain_texts_new(a, c->node.n * 3);
	bool fresh;
	for (size_t i = 0; i < c->node.n; i++) {
		if (c->node.v[i].kind != CHAIN_REGION) continue;
		chain_texts_put(&places, c->node.v[i].id, (int32_t)c->place.n, &fresh);
		VEC_PUSH(a, &c->place, ((struct chain_place){ c->node.v[i].name, -1, (int32_t)i }));
	}
	for (size_t p = 0; p < c->place.n; p++) chain_texts_put(&places, c->place.v[p].name, (int32_t)p, &fresh);
	for (size_t i = 0; i < c->node.n; i++) {
		if (!r->place[i].n) continue;
		int32_t p = chain_texts_put(&places, r->place[i], (int32_t)c->place.n, &fresh);
		if (fresh) VEC_PUSH(a, &c->place, ((struct chain_place){ r->place[i], -1, -1 }));
		c->node.v[i].place = p;
	}
	for (size_t p = 0; p < c->place.n; p++)
		if (c->place.v[p].node >= 0) c->place.v[p].parent = c->node.v[c->place.v[p].node].place;
}

int32_t chain_place_find(const struct chain *c, struct str name_or_id)
{
	int32_t by_name = -1;
	for (size_t p = 0; p < c->place.n; p++) {
		if (c->place.v[p].node >= 0 && str_eq(c->node.v[c->place.v[p].node].id, name_or_id)) return (int32_t)p;
		if (by_name < 0 && str_eq(c->place.v[p].name, name_or_id)) by_name = (int32_t)p;
	}
	return by_name;
}

bool chain_inside(const struct chain *c, int32_t place, int32_t region)
{
	enum { DEPTH = 32 };
	for (int depth = 0; place >= 0 && depth < DEPTH; depth++) {
		if (place == region) return true;
		place = c->place.v[place].parent;
	}
	return false;
}

/* ---- relations ---- */

enum { PRODUCTS = 1 << CHAIN_PRODUCT | 1 << CHAIN_INDUSTRY, MAKERS = 1 << CHAIN_ORGANISATION };

static bool twice(struct reader *r, const struct chain_evidence *earlier)
{
	FOUND(r, CHAIN_DUPLICATE, earlier->line, "与第 %d 行相同，这一行未采用", "the same as line %d; this line is left out", earlier->line);
	return true;
}

static bool onto_itself(struct reader *r, int32_t v)
{
	FOUND(r, CHAIN_SELF_LOOP, 0, "“%.*s”指向自己，这一行未采用", "“%.*s” leads to itself; the line is left out", STRF(r->c->node.v[v].name));
	return true;
}

static bool yes(struct reader *r, int i, bool when_empty, const char *const on[3], const char *const off[3])
{
	struct str s = own(r, i);
	for (int k = 0; k < 3; k++) {
		if (str_is(s, on[k])) return true;
		if (str_is(s, off[k])) return false;
	}
	if (s.n) bad(r, column_name[r->table][i], s);
	return when_empty;
}

static void read_need(struct reader *r)
{
	static const char *const on[3] = { "1", "yes", "是" }, *const off[3] = { "0", "no", "否" };
	struct chain *c = r->c;
	struct chain_need n = { .group = -1, .relation = cell(r, r->extra[0]) };
	bool fresh;
	n.product = refer(r, 0, PRODUCTS);
	n.input = refer(r, 1, PRODUCTS | MAKERS);
	n.share = number(r, 3, 1);
	n.months = number(r, 5, 1200);
	if (n.product < 0 || n.input < 0 || (n.product == n.input && onto_itself(r, n.product))) return;
	if (own(r, 2).n) {
		n.group = chain_texts_put(&r->group, own(r, 2), (int32_t)c->group.n, &fresh);
		if (fresh) VEC_PUSH(r->cx->arena, &c->group, own(r, 2));
	}
	n.essential = yes(r, 4, true, on, off);
	n.evidence = evidence(r);
	int32_t at = seen_before(r, n.product, n.input, n.group);
	if (at >= 0 && twice(r, &c->need.v[at].evidence)) return;
	VEC_PUSH(r->cx->arena, &c->need, n);
}

static void read_make(struct reader *r)
{
	struct chain_make m = { .organisation = refer(r, 0, MAKERS) };
	m.product = refer(r, 1, PRODUCTS);
	m.share = number(r, 2, 1);
	if (m.organisation < 0 || m.product < 0) return;
	m.evidence = evidence(r);
	int32_t at = seen_before(r, m.organisation, m.product, 0);
	if (at >= 0 && twice(r, &r->c->make.v[at].evidence)) return;
	VEC_PUSH(r->cx->arena, &r->c->make, m);
}

static void read_research(struct reader *r)
{
	struct chain_research m = { .organisation = refer(r, 0, MAKERS) };
	m.product = refer(r, 1, PRODUCTS);
	if (m.organisation < 0 || m.product < 0) return;
	double trl = number(r, 2, 9);
	if (chain_known(trl) && (trl < 1 || trl > floor(trl))) bad(r, "trl", own(r, 2));
	else if (chain_known(trl)) m.trl = (int)trl;
	m.evidence = evidence(r);
	int32_t at = seen_before(r, m.organisation, m.product, 0);
	if (at >= 0 && twice(r, &r->c->research.v[at].evidence)) return;
	VEC_PUSH(r->cx->arena, &r->c->research, m);
}

static void read_variant(struct reader *r)
{
	static const char *const on[3] = { "and", "AND", "全部" }, *const off[3] = { "or", "OR", "任一" };
	struct chain_variant k = { .product = refer(r, 0, PRODUCTS) };
	k.kind_of = refer(r, 1, PRODUCTS);
	if (k.product < 0 || k.kind_of < 0 || (k.product == k.kind_of && onto_itself(r, k.product))) return;
	k.all = yes(r, 2, false, on, off);
	k.evidence = evidence(r);
	int32_t at = seen_before(r, k.product, k.kind_of, 0);
	if (at >= 0 && twice(r, &r->c->variant.v[at].evidence)) return;
	VEC_PUSH(r->cx->arena, &r->c->variant, k);
}

static void read_want(struct reader *r)
{
	struct chain_want w = { .organisation = refer(r, 0, MAKERS), .need = own(r, 2) };
	w.product = refer(r, 1, PRODUCTS);
	if (w.organisation < 0 || w.product < 0) return;
	w.evidence = evidence(r);
	VEC_PUSH(r->cx->arena, &r->c->want, w);
}

/* ---- tables ---- */

/* The rows of a table, one after another. */
struct rows { const struct chain_rows_in *in; struct csv csv; struct chain_line line; int at; };

static struct rows open_rows(struct reader *r, const struct chain_rows_in *in)
{
	struct rows s = { .in = in };
	if (!in->row) s.csv = csv_open(in->text, str_z(r->cx->arena, in->file));
	s.csv.reuse = true;
	return s;
}

static enum rc next_row(struct reader *r, struct rows *s, bool *more)
{
	*more = s->at < s->in->n;
	if (!*more) return RC_OK;
	if (s->in->row) {
		s->line = s->in->row[s->at];
	} else {
		struct csv_row row;
		TRY(csv_next(r->cx, &s->csv, &row, more));
		if (*more) s->line = (struct chain_line){ row.cell, row.n, row.line };
	}
	s->at++;
	r->line = &s->line;
	return RC_OK;
}

/* What an official calls the columns. */
static const struct { const char *name, *zh[3]; } called[] = { { "id", { "编号", "代码" } }, { "kind", { "类别", "类型" } }, { "name", { "名称" } }, { "region", { "地区", "所在地" } },
	{ "size", { "规模", "产值" } }, { "segment", { "环节" } }, { "owner", { "控制方", "集团" } }, { "product", { "产品", "产品编号" } }, { "input", { "投入", "投入编号", "上游" } },
	{ "group", { "替代组" } }, { "share", { "份额", "占比" } }, { "essential", { "是否必需", "必需" } }, { "months", { "更换月数", "替换月数" } }, { "relation", { "关系" } },
	{ "organisation", { "企业", "机构", "企业编号" } }, { "trl", { "技术成熟度" } }, { "kind_of", { "上级产品" } }, { "mode", { "组合方式" } }, { "need", { "需求" } },
	{ "source", { "来源" } }, { "date", { "日期" } }, { "confidence", { "置信度" } } };

static int column_of(const struct chain_line *header, const char *name)
{
	struct csv_row row = { header->cell, header->n, header->line };
	int found = csv_column(&row, name);
	for (size_t i = 0; i < sizeof called / sizeof *called; i++)
		for (int k = 0; k < 3 && strcmp(called[i].name, name) == 0 && called[i].zh[k] && found < 0; k++) found = csv_column(&row, called[i].zh[k]);
	return found;
}

/* From the header, which is the line now. */
static enum rc find_columns(struct reader *r, const struct chain_rows_in *in)
{
	const struct chain_line *head = r->line;
	for (int i = 0; i < COLUMNS; i++) {
		const char *name = column_name[r->table][i];
		r->column[i] = name ? column_of(head, name) : -1;
		if (!name || r->column[i] >= 0) continue;
		return fail(r->cx, RC_INVALID, "chain.column", ((struct where){ .file = in->file, .line = head->line, .column = 1 }), "表头中没有“%s”一列", "the header has no column “%s”", name);
	}
	for (int i = 0; i < 2; i++) r->extra[i] = extra_name[r->table][i] ? column_of(head, extra_name[r->table][i]) : -1;
	for (int i = 0; i < EVIDENCE; i++) r->evidence[i] = column_of(head, evidence_name[i]);
	return RC_OK;
}

static enum rc read_nodes(struct reader *r, const struct chain_rows_in *in)
{
	int64_t total = 0;
	struct rows s = open_rows(r, in);
	bool more;
	if (in->n > CHAIN_NODES_MAX) return fail(r->cx, RC_LIMIT, "chain.nodes", ((struct where){ .file = in->file, .line = CHAIN_NODES_MAX }), "节点超过 %d 个", "more than %d nodes", CHAIN_NODES_MAX);
	TRY(next_row(r, &s, &more));
	if (!more) return fail(r->cx, RC_INVALID, "chain.empty", ((struct where){ .file = in->file, .line = 1, .column = 1 }), "节点表是空的", "the table of nodes is empty");
	r->c->slots = slots_for((size_t)in->n);
	r->c->slot = ARENA_ARRAY(r->cx->arena, int32_t, r->c->slots);
	r->place = ARENA_ARRAY(r->cx->arena, struct str, (size_t)in->n + 1);
	RESERVE(r, &r->c->node, in->n);
	TRY(find_columns(r, in));
	for (;;) {
		TRY(next_row(r, &s, &more));
		if (!more) break;
		TRY(read_node(r, &total, in->file));
	}
	resolve_places(r);
	return same_names(r);
}

/* Growing would leave copies behind, of tables that may have millions of lines. */
static void reserve(struct reader *r, size_t n)
{
	struct chain *c = r->c;
	if (r->table == CHAIN_NEEDS) RESERVE(r, &c->need, n);
	else if (r->table == CHAIN_MAKES) RESERVE(r, &c->make, n);
	else if (r->table == CHAIN_RESEARCHES) RESERVE(r, &c->research, n);
	else if (r->table == CHAIN_KINDS) RESERVE(r, &c->variant, n);
	else RESERVE(r, &c->want, n);
}

static enum rc read_relations(struct reader *r, const struct chain_rows_in *in)
{
	static void (*const read[CHAIN_TABLES])(struct reader *r) = { NULL, read_need, read_make, read_research, read_variant, read_want };
	struct rows s = open_rows(r, in);
	bool more;
	if (in->n > CHAIN_LINES_MAX) return fail(r->cx, RC_LIMIT, "chain.lines", ((struct where){ .file = in->file, .line = CHAIN_LINES_MAX }), "超过 %d 行", "more than %d lines", CHAIN_LINES_MAX);
	TRY(next_row(r, &s, &more));
	if (!more) return RC_OK;
	TRY(find_columns(r, in));
	reserve(r, (size_t)in->n);
	r->group = chain_texts_new(r->cx->arena, r->table == CHAIN_NEEDS && r->column[2] >= 0 ? (size_t)in->n : 0);
	struct arena *work = arena_new((size_t)in->n * 28 + ((size_t)1 << 20));
	r->keys = (struct keys){ .key = arena_array(work, (size_t)in->n, sizeof *r->keys.key), .slots = slots_for((size_t)in->n) };
	r->keys.slot = ARENA_ARRAY(work, int32_t, r->keys.slots);
	enum rc rc = RC_OK;
	while (rc == RC_OK) {
		rc = next_row(r, &s, &more);
		if (rc != RC_OK || !more) break;
		read[r->table](r);
	}
	arena_free(work);
	return rc;
}

enum rc chain_read(struct cx *cx, const struct chain_rows_in table[CHAIN_TABLES], struct chain *out)
{
	struct chain c = { 0 };
	struct reader r = { .cx = cx, .c = &c };
	TRY(read_nodes(&r, &table[CHAIN_NODES]));
	for (enum chain_table t = CHAIN_NEEDS; t < CHAIN_TABLES; t++) {
		r.table = t;
		TRY(read_relations(&r, &table[t]));
	}
	chain_judge(cx, &c);
	*out = c;
	return RC_OK;
}

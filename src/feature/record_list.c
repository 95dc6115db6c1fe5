/* Lists of records: the page, its filters, and the same rows as CSV or XLSX. */
#include "base/csv.h"
#include "base/rng.h"
#include "feature/feature.h"
#include "feature/show.h"
#include "rec/form.h"
#include "rec/verdicts.h"

/* ---- the link of a list, with one thing changed ---- */

static void add_param(struct buf *b, struct str name, struct str value)
{
	buf_c(b, str_has(buf_str(b), STR("?")) ? '&' : '?');
	buf_add(b, name);
	buf_c(b, '=');
	for (size_t i = 0; i < value.n; i++) {
		unsigned char c = (unsigned char)value.p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == ',';
		if (plain) buf_c(b, (char)c);
		else buf_fmt(b, "%%%02X", c);
	}
}

static struct str link_with(struct page *p, struct str base, struct str name, struct str value)
{
	struct buf b = BUF(p->cx->arena, 8000);
	buf_add(&b, base);
	for (int i = 0; i < p->req->n_query; i++) {
		struct str key = p->req->query[i].name;
		if (str_eq(key, name) || str_is(key, "after") || str_is(key, "done") || !p->req->query[i].value.n) continue;
		add_param(&b, key, p->req->query[i].value);
	}
	if (value.n) add_param(&b, name, value);
	return buf_str(&b);
}

/* ---- rows ---- */

static bool numeric(const struct field_def *f) { return f->kind == FIELD_INT || f->kind == FIELD_DEC || f->kind == FIELD_MONEY; }

/* A cell as the template takes it: amounts and dates as they are; refs as {text, id}, null when hidden; else text. The title is text too, even
   where it is the name of another: it leads to this record. */
static struct val cell_val(struct page *p, const struct list_query *q, const struct list_row *row, int c)
{
	const struct field_def *f = q->column[c];
	struct val v = row->cell[c];
	if (f == q->type->title) return val_text(f->kind == FIELD_REF ? row->shown[c] : show_text(p, f, v));
	if (val_is_null(v) || f->kind == FIELD_MONEY || f->kind == FIELD_DATE || f->kind == FIELD_INT) return v;
	if (f->kind != FIELD_REF) return val_text(show_text(p, f, v));
	return row->shown[c].n ? VAL_OF(p->cx->arena, { STR("text"), val_text(row->shown[c]) }, { STR("id"), v }) : VNULL;
}

static struct val row_values(struct page *p, const struct list_query *q, const struct list_row *row)
{
	struct arena *a = p->cx->arena;
	struct val m = val_map(a);
	for (int c = 0; c < q->n_column; c++) {
		struct val v = row->cell[c];
		if (q->column[c]->kind == FIELD_REF && !val_is_null(v)) v = val_text(id_text(a, v.i));
		val_set(a, m, q->column[c]->name, v);
	}
	return m;
}

static struct val row_val(struct page *p, const struct list_query *q, struct list_row *r, struct val state)
{
	struct arena *a = p->cx->arena;
	struct str id = id_text(a, r->id);
	if (p->json)
		return VAL_OF(a, { STR("id"), val_text(id) }, { STR("number"), val_text(r->number) }, { STR("state"), state },
			{ STR("changed"), val_text(show_instant(p, r->changed_ms)) }, { STR("values"), row_values(p, q, r) });
	/* The row's own cells become what is shown of them. */
	struct val_list *cells = ARENA_NEW(a, struct val_list);
	*cells = (struct val_list){ .v = r->cell, .n = (size_t)q->n_column, .cap = (size_t)q->n_column };
	for (int c = 0; c < q->n_column; c++) r->cell[c] = cell_val(p, q, r, c);
	return VAL_OF(a, { STR("id"), val_text(id) }, { STR("number"), val_text(r->number) }, { STR("state"), state },
		{ STR("changed"), val_int(r->changed_ms) }, { STR("cells"), (struct val){ .kind = VAL_LIST, .list = cells } });
}

/* What a column's cells hold, for the template. */
static const char *cell_kind(const struct list_query *q, const struct field_def *f)
{
	if (f == q->type->title) return "title";
	if (f->kind == FIELD_REF) return "ref";
	return f->kind == FIELD_MONEY ? "money" : f->kind == FIELD_DATE ? "date" : "text";
}

static struct val columns_val(struct page *p, const struct list_query *q, struct str base)
{
	struct arena *a = p->cx->arena;
	struct val list = val_list(a);
	for (int c = 0; c < q->n_column; c++) {
		const struct field_def *f = q->column[c];
		struct val m = val_map(a);
		bool sorted = q->sort == f, can = f->kind != FIELD_LONG && f->kind != FIELD_FILE && !f->sealed;
		VAL_SET(a, m, "name", val_text(f->name));
		VAL_SET(a, m, "label", val_text(label_of(p, &f->label)));
		VAL_SET(a, m, "unit", val_text(show_unit(p, f)));
		VAL_SET(a, m, "number", val_bool(numeric(f)));
		VAL_SET(a, m, "cell", val_textz(cell_kind(q, f)));
		if (f->kind == FIELD_REF) VAL_SET(a, m, "link", val_text(STR_CAT(a, STR("/r/"), f->ref->name)));
		if (sorted) VAL_SET(a, m, "sorted", val_textz(q->ascending ? "ascending" : "descending"));
		if (can) VAL_SET(a, m, "sort", val_text(link_with(p, base, STR("sort"), STR_CAT(a, sorted && q->ascending ? STR("-") : STR(""), f->name))));
		val_push(a, list, m);
	}
	return list;
}

enum rc list_val(struct page *p, struct rx *rx, const struct list_query *q, struct str base, struct val *out)
{
	struct arena *a = p->cx->arena;
	struct list_page page;
	TRY(list_read(rx, q, &page));
	/* What stands on one page is counted already. */
	int64_t count = (int64_t)page.n;
	if (q->after.n || page.more) TRY(list_count(rx, q, &count));
	struct val m = val_map(a), rows = val_list_room(a, page.n), *state = ARENA_ARRAY(a, struct val, (size_t)q->type->n_state + 1);
	for (int i = 0; i < q->type->n_state; i++) state[i] = show_state(p, q->type->state[i]);
	for (size_t i = 0; i < page.n; i++) val_push(a, rows, row_val(p, q, &page.v[i], state[page.v[i].state->index]));
	VAL_SET(a, m, "columns", columns_val(p, q, base));
	VAL_SET(a, m, "rows", rows);
	VAL_SET(a, m, "link", val_text(STR_CAT(a, STR("/r/"), q->type->name)));
	VAL_SET(a, m, "count", val_int(count > LIST_COUNT_MAX ? LIST_COUNT_MAX : count));
	VAL_SET(a, m, "count_more", val_bool(count > LIST_COUNT_MAX));
	VAL_SET(a, m, "first", val_bool(!q->after.n));
	if (q->after.n) VAL_SET(a, m, "first_link", val_text(link_with(p, base, STR("after"), STR(""))));
	if (page.more) {
		struct str next = page.v[page.n - 1].key;
		struct str link = link_with(p, base, STR("after"), next);
		VAL_SET(a, m, "next", val_text(link));
		VAL_SET(a, m, "after", val_text(next));
	}
	*out = m;
	return RC_OK;
}

/* ---- filters ---- */

static bool offered(const struct field_def *f)
{
	return !f->sealed && (f->kind == FIELD_CODE || f->kind == FIELD_BOOL || f->kind == FIELD_DATE || f->kind == FIELD_MONEY || f->kind == FIELD_INT);
}

static enum rc filters_val(struct page *p, struct rx *rx, const struct list_query *q, struct val *out)
{
	struct arena *a = p->cx->arena;
	struct val list = val_list(a);
	for (int i = 0; i < q->type->n_list; i++) {
		const struct field_def *f = q->type->list[i];
		if (!offered(f) || !field_stored(f)) continue;
		bool range = f->kind == FIELD_DATE || f->kind == FIELD_MONEY || f->kind == FIELD_INT;
		struct str typed = http_query(p->req, str_z(a, f->name));
		struct val one;
		TRY(form_input(p, rx, f, f->name, VNULL, typed, &one));
		VAL_SET(a, one, "range", val_bool(range));
		if (range) {
			VAL_SET(a, one, "min", val_text(http_query(p->req, STR_CAT(a, f->name, STR(".min")).p)));
			VAL_SET(a, one, "max_value", val_text(http_query(p->req, STR_CAT(a, f->name, STR(".max")).p)));
		}
		val_push(a, list, one);
	}
	*out = list;
	return RC_OK;
}

static struct val states_val(struct page *p, const struct list_query *q)
{
	struct arena *a = p->cx->arena;
	struct val list = val_list(a);
	for (int i = 0; i < q->type->n_state; i++) {
		struct val one = show_state(p, q->type->state[i]);
		VAL_SET(a, one, "selected", val_bool(str_eq(q->state, q->type->state[i]->name)));
		val_push(a, list, one);
	}
	return list;
}

static struct val choices_val(struct page *p, const struct list_query *q, struct rx *rx)
{
	struct arena *a = p->cx->arena;
	struct val list = val_list(a);
	struct query probe = query_new(rx, q->type);
	struct mask_plan plan;
	if (access_columns(&probe, ACT_SEE, &plan) != RC_OK) return list;
	for (int i = 0; i < q->type->n_field; i++) {
		const struct field_def *f = q->type->field[i];
		if (f->kind == FIELD_LONG || f->kind == FIELD_FILE || f->sealed || (!mask_field(&plan.always, f) && !plan.n)) continue;
		struct val one = val_map(a);
		bool chosen = false;
		for (int c = 0; c < q->n_column; c++) chosen |= q->column[c] == f;
		VAL_SET(a, one, "name", val_text(f->name));
		VAL_SET(a, one, "label", val_text(label_of(p, &f->label)));
		VAL_SET(a, one, "chosen", val_bool(chosen));
		val_push(a, list, one);
	}
	return list;
}

/* ---- the page ---- */

enum rc list_from_request(struct page *p, struct rx *rx, const struct type_def *t, struct list_query *q)
{
	struct arena *a = p->cx->arena;
	struct list_param *param = ARENA_ARRAY(a, struct list_param, (size_t)p->req->n_query + 1);
	struct buf columns = BUF(a, 4000);
	int n = 0;
	for (int i = 0; i < p->req->n_query; i++) {
		struct str name = p->req->query[i].name;
		if (str_is(name, "done") || str_is(name, "lang") || str_is(name, "format") || str_is(name, "encoding")) continue;
		/* Boxes of the column chooser come one by one. */
		if (str_is(name, "col")) buf_fmt(&columns, "%s%.*s", columns.n ? "," : "", STRF(p->req->query[i].value));
		else param[n++] = (struct list_param){ name, p->req->query[i].value };
	}
	if (columns.n) param[n++] = (struct list_param){ STR("cols"), buf_str(&columns) };
	return list_parse(rx, t, param, n, q);
}

static enum rc list_page(struct page *p)
{
	struct rx rx = page_rx(p);
	struct arena *a = p->cx->arena;
	const struct type_def *t;
	struct list_query q;
	TRY(page_type(p, p->param[0], &t));
	enum rc parsed = list_from_request(p, &rx, t, &q);
	if (parsed != RC_OK && p->json) return parsed;
	struct str base = STR_CAT(a, STR("/r/"), t->name);
	struct val list, filters;
	TRY(list_val(p, &rx, &q, base, &list));
	VAL_SET(a, p->out, "type", show_type(p, t));
	VAL_SET(a, p->out, "list", list);
	if (p->json) return RC_OK;
	TRY(filters_val(p, &rx, &q, &filters));
	VAL_SET(a, p->out, "filters", filters);
	VAL_SET(a, p->out, "states", states_val(p, &q));
	VAL_SET(a, p->out, "choices", choices_val(p, &q, &rx));
	VAL_SET(a, p->out, "words", val_text(q.words));
	VAL_SET(a, p->out, "filtered", val_bool(q.n_filter || q.state.n || q.words.n));
	VAL_SET(a, p->out, "bulk_moves", bulk_choices(p, &rx, &q));
	VAL_SET(a, p->out, "bulk_link", val_text(link_with(p, STR_CAT(a, base, STR("/bulk")), STR("after"), STR(""))));
	if (access_create(&rx, t)) VAL_SET(a, p->out, "new_link", val_text(STR_CAT(a, base, STR("/new"))));
	if (access_fill(&rx, t)) {
		VAL_SET(a, p->out, "fill", val_text(link_with(p, STR_CAT(a, base, STR("/fill")), STR("format"), STR("xlsx"))));
		VAL_SET(a, p->out, "fill_back", val_text(STR_CAT(a, base, STR("/import"))));
	}
	const struct state_def *desk;
	if (verdicts_states(&rx, t, &desk, 1)) {
		VAL_SET(a, p->out, "verdicts", val_text(STR_CAT(a, base, STR("/verdicts"))));
		VAL_SET(a, p->out, "verdicts_label", val_text(label_of(p, &t->criteria->label)));
	}
	if (access_create(&rx, t)) VAL_SET(a, p->out, "import_link", val_text(STR_CAT(a, base, STR("/import"))));
	if (page_is_staff(p)) VAL_SET(a, p->out, "pdfs", val_text(link_with(p, STR_CAT(a, base, STR("/pdfs")), STR("after"), STR(""))));
	struct str export = STR_CAT(a, base, STR("/export"));
	VAL_SET(a, p->out, "later", val_bool(p->viewer.account && val_true(VAL_GET(list, "count_more"))));
	VAL_SET(a, p->out, "csv", val_text(link_with(p, export, STR("format"), STR("csv"))));
	VAL_SET(a, p->out, "gb", val_text(link_with(p, export, STR("format"), STR("gb18030"))));
	VAL_SET(a, p->out, "xlsx", val_text(link_with(p, export, STR("format"), STR("xlsx"))));
	return RC_OK;
}

const struct route record_list_routes[] = {
	{ "GET", "/r/:type", NEED_NOTHING, "record_list.html", list_page, "记录列表：筛选、排序、选列，链接可分享", "A list: filter, sort, columns; its link can be shared", "read" },
	{ 0 },
};

#include "rec/list.h"

#include "base/rng.h"
#include "base/time.h"
#include "base/utf8.h"
#include "rec/form.h"

static enum rc unknown(struct rx *rx, struct str name)
{
	return fail(rx->cx, RC_INVALID, "list.parameter", IN_FIELD(name), "列表没有“%.*s”这个条件", "the list has no condition “%.*s”", STRF(name));
}

static bool sortable(const struct field_def *f) { return f->kind != FIELD_LONG && f->kind != FIELD_FILE && !f->sealed && !f->in_table; }

static enum rc parse_columns(struct rx *rx, const struct type_def *t, struct str value, struct list_query *out)
{
	struct str part;
	enum rc rc = RC_OK;
	while (str_cut(&value, ',', &part)) {
		const struct field_def *f = type_field(t, part);
		if (!f || out->n_column == LIST_COLUMNS) rc = unknown(rx, part);
		else out->column[out->n_column++] = f;
	}
	return rc;
}

static enum rc parse_filter(struct rx *rx, const struct type_def *t, struct list_param p, struct list_query *out)
{
	struct str name = p.name;
	enum filter_op op = FILTER_IS;
	if (str_ends(name, STR(".min"))) op = FILTER_MIN, name.n -= 4;
	else if (str_ends(name, STR(".max"))) op = FILTER_MAX, name.n -= 4;
	else if (str_ends(name, STR(".empty"))) op = FILTER_EMPTY, name.n -= 6;
	const struct field_def *f = type_any_field(t, name);
	if (!f || !sortable(f) || out->n_filter == LIST_FILTERS) return unknown(rx, p.name);
	if (!str_trim(p.value).n) return RC_OK;
	if (op == FILTER_IS && field_value_type(f) == TYPE_TEXT) op = FILTER_TEXT;
	out->filter[out->n_filter++] = (struct filter){ f, op, str_trim(p.value) };
	return RC_OK;
}

static enum rc parse_one(struct rx *rx, const struct type_def *t, struct list_param p, struct list_query *out)
{
	int64_t limit;
	if (str_is(p.name, "state")) return out->state = p.value, RC_OK;
	if (str_is(p.name, "q")) return out->words = str_trim(p.value), RC_OK;
	if (str_is(p.name, "after")) return out->after = p.value, RC_OK;
	if (str_is(p.name, "cols")) return parse_columns(rx, t, p.value, out);
	if (str_is(p.name, "limit")) {
		if (!str_int(p.value, &limit) || limit < 1 || limit > LIST_PAGE_MAX) return unknown(rx, p.name);
		return out->limit = (int)limit, RC_OK;
	}
	if (!str_is(p.name, "sort")) return parse_filter(rx, t, p, out);
	out->ascending = !str_starts(p.value, STR("-"));
	struct str name = out->ascending ? p.value : str_sub(p.value, 1, p.value.n);
	out->sort = type_any_field(t, name);
	if (out->sort && out->sort->builtin == BUILTIN_CHANGED) out->sort = NULL;
	else if (!out->sort || !sortable(out->sort)) return out->sort = NULL, unknown(rx, p.value);
	return RC_OK;
}

enum rc list_parse(struct rx *rx, const struct type_def *t, const struct list_param *p, int n, struct list_query *out)
{
	*out = (struct list_query){ .type = t, .limit = LIST_PAGE };
	enum rc rc = RC_OK;
	for (int i = 0; i < n; i++)
		if (parse_one(rx, t, p[i], out) != RC_OK) rc = RC_INVALID;
	if (!out->n_column)
		for (int i = 0; i < t->n_list && i < LIST_COLUMNS; i++) out->column[out->n_column++] = t->list[i];
	return rc;
}

/* ---- conditions ---- */

static struct str like_pattern(struct arena *a, struct str s)
{
	struct buf b = BUF(a, s.n * 2 + 2);
	buf_c(&b, '%');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '%' || s.p[i] == '_' || s.p[i] == '\\') buf_c(&b, '\\');
		buf_c(&b, s.p[i]);
	}
	buf_c(&b, '%');
	return buf_str(&b);
}

static void put_value(struct query *q, struct val v)
{
	if (v.kind == VAL_TEXT) query_text(q, v.s);
	else query_int(q, val_i64(v));
}

static enum rc filter_values(struct query *q, const struct filter *f)
{
	struct str rest = f->raw, part;
	int n = 0;
	TRY(query_field(q, f->field, 0));
	Q(q, " IN (");
	while (str_cut(&rest, ',', &part)) {
		struct val v;
		TRY(form_parse_field(q->rx, f->field, f->field->name, val_text(part), &v));
		if (n++) Q(q, ", ");
		put_value(q, v);
	}
	Q(q, ")");
	return RC_OK;
}

static enum rc filter_cond(struct query *q, const struct filter *f)
{
	struct val v;
	Q(q, " AND ");
	/* A condition on a field may only sift what shows the field: otherwise the result would tell what it hides. */
	if (!f->field->builtin) {
		TRY(access_where_field(q, f->field));
		Q(q, " AND ");
	}
	switch (f->op) {
	case FILTER_IS: return filter_values(q, f);
	case FILTER_TEXT:
		TRY(query_field(q, f->field, 0));
		Q(q, " LIKE ");
		query_text(q, like_pattern(q->rx->cx->arena, f->raw));
		Q(q, " ESCAPE '\\'");
		return RC_OK;
	case FILTER_EMPTY:
		TRY(query_field(q, f->field, 0));
		if (str_is(f->raw, "0")) Q(q, " IS NOT NULL");
		else Q(q, " IS NULL");
		return RC_OK;
	case FILTER_MIN:
	case FILTER_MAX:
		TRY(form_parse_field(q->rx, f->field, f->field->name, val_text(f->raw), &v));
		TRY(query_field(q, f->field, 0));
		if (f->op == FILTER_MIN) Q(q, " >= ");
		else Q(q, " <= ");
		put_value(q, v);
	}
	return RC_OK;
}

static enum rc words_cond(struct query *q, struct str words)
{
	struct str fold, part;
	TRY(text_fold(q->rx->cx, words, &fold));
	while (str_cut(&fold, ' ', &part)) {
		if (!part.n) continue;
		Q(q, " AND (");
		if (q->type->title) TRY(access_where_field(q, q->type->title));
		else Q(q, "TRUE");
		Q(q, " AND ");
		query_column(q, 0, "title_fold");
		Q(q, " LIKE ");
		query_text(q, like_pattern(q->rx->cx->arena, part));
		Q(q, " ESCAPE '\\' OR ");
		query_column(q, 0, "number");
		Q(q, " LIKE ");
		query_text(q, like_pattern(q->rx->cx->arena, part));
		Q(q, " ESCAPE '\\')");
	}
	return RC_OK;
}

static enum rc where(struct query *q, const struct list_query *l)
{
	Q(q, " WHERE ");
	TRY(access_where(q, ACT_SEE));
	if (l->where) {
		Q(q, " AND ");
		TRY(query_cond(q, l->where));
	}
	if (l->state.n) {
		struct str rest = l->state, part;
		int n = 0;
		Q(q, " AND ");
		query_column(q, 0, "state");
		Q(q, " IN (");
		while (str_cut(&rest, ',', &part)) {
			if (n++) Q(q, ", ");
			query_text(q, part);
		}
		Q(q, ")");
	}
	for (int i = 0; i < l->n_filter; i++) TRY(filter_cond(q, &l->filter[i]));
	return l->words.n ? words_cond(q, l->words) : RC_OK;
}

/* What rows are ordered by: titles by their collation key, a field only as far as it may be seen. */
static enum rc sort_value(struct query *q, const struct list_query *l)
{
	struct mask_plan plan;
	struct query probe = query_new(q->rx, q->type);
	if (!l->sort && q->type->anonymous) TRY(access_columns(&probe, ACT_SEE, &plan));
	if (!l->sort) {
		/* The order in which sheets came in would tell whose they are. */
		query_column(q, 0, q->type->anonymous && mask_hides_who(&plan.always, q->type) ? "id" : "changed_ms");
		return RC_OK;
	}
	if (l->sort->builtin) return query_field(q, l->sort, 0);
	TRY(access_columns(&probe, ACT_SEE, &plan));
	bool open = mask_field(&plan.always, l->sort);
	if (!open) {
		Q(q, "CASE WHEN ");
		TRY(access_where_field(q, l->sort));
		Q(q, " THEN ");
	}
	if (l->sort == q->type->title) query_column(q, 0, "title_key");
	else TRY(query_field(q, l->sort, 0));
	if (!open) Q(q, " END");
	return RC_OK;
}

/* A key is the sort value and the id: "i123.0abc…", "t<hex>.0abc…", "n.0abc…" (null). */
static struct str make_key(struct arena *a, const struct rows *r, int column, bool text, int64_t id)
{
	struct str tail = id_text(a, id);
	if (row_null(r, column)) return str_fmt(a, "n.%.*s", STRF(tail));
	if (!text) return str_fmt(a, "i%lld.%.*s", (long long)row_int(r, column), STRF(tail));
	struct str bytes = row_text(r, column);
	struct buf b = BUF(a, bytes.n * 2 + 20);
	buf_c(&b, 't');
	for (size_t i = 0; i < bytes.n; i++) buf_fmt(&b, "%02x", (unsigned char)bytes.p[i]);
	buf_c(&b, '.');
	buf_add(&b, tail);
	return buf_str(&b);
}

static int hex(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; }

static bool read_key(struct arena *a, struct str key, struct param *value, int64_t *id)
{
	size_t dot = str_find(key, STR("."), 0);
	if (dot == SIZE_MAX || !id_parse(str_sub(key, dot + 1, key.n), id)) return false;
	struct str body = str_sub(key, 1, dot);
	int64_t i;
	if (key.p[0] == 'n') return *value = p_null(), body.n == 0;
	if (key.p[0] == 'i') {
		if (!str_int(body, &i)) return false;
		*value = p_int(i);
		return true;
	}
	if (key.p[0] != 't' || body.n % 2) return false;
	char *bytes = arena_alloc(a, body.n / 2 + 1);
	for (size_t k = 0; k < body.n / 2; k++) {
		int high = hex(body.p[2 * k]), low = hex(body.p[2 * k + 1]);
		if (high < 0 || low < 0) return false;
		bytes[k] = (char)(high << 4 | low);
	}
	*value = p_text((struct str){ bytes, body.n / 2 });
	return true;
}

static bool sort_is_key(const struct list_query *l) { return l->sort && l->sort == l->type->title; }

static bool sort_is_text(const struct list_query *l)
{
	enum value_type t = l->sort ? field_value_type(l->sort) : TYPE_TIME;
	return t == TYPE_TEXT || t == TYPE_CODE;
}

/* Rows after the key; nulls come last in both directions. */
static enum rc after_cond(struct query *q, const struct list_query *l)
{
	struct param v;
	int64_t id;
	if (!read_key(q->rx->cx->arena, l->after, &v, &id)) return unknown(q->rx, STR("after"));
	if (sort_is_key(l) && v.kind == PARAM_TEXT) v.kind = PARAM_BLOB;
	Q(q, " AND ");
	if (v.kind == PARAM_NULL) {
		Q(q, "(");
		TRY(sort_value(q, l));
		Q(q, " IS NULL AND ");
		query_column(q, 0, "id");
		if (l->ascending) Q(q, " > ");
		else Q(q, " < ");
		query_int(q, id);
		Q(q, ")");
		return RC_OK;
	}
	/* A row comparison uses the index (value, id); the OR for nulls is only there for fields that can be null. */
	if (l->sort) Q(q, "(");
	Q(q, "(");
	TRY(sort_value(q, l));
	Q(q, ", ");
	query_column(q, 0, "id");
	if (l->ascending) Q(q, ") > (?, ?)");
	else Q(q, ") < (?, ?)");
	VEC_PUSH(q->rx->cx->arena, &q->param, v);
	VEC_PUSH(q->rx->cx->arena, &q->param, p_int(id));
	if (l->sort) {
		Q(q, " OR ");
		TRY(sort_value(q, l));
		Q(q, " IS NULL)");
	}
	return RC_OK;
}

static enum rc order(struct query *q, const struct list_query *l)
{
	Q(q, " ORDER BY ");
	TRY(sort_value(q, l));
	if (l->ascending) Q(q, " ASC NULLS LAST, ");
	else if (l->sort) Q(q, " DESC NULLS LAST, ");
	else Q(q, " DESC, ");
	query_column(q, 0, "id");
	if (!l->ascending) Q(q, " DESC");
	Q(q, " LIMIT ");
	sqlb_int(&q->sql, l->limit + 1);
	return RC_OK;
}

static enum rc build(struct query *q, const struct list_query *l, struct mask_plan *plan)
{
	Q(q, "SELECT ");
	query_column(q, 0, "id");
	Q(q, ", ");
	query_column(q, 0, "changed_ms");
	Q(q, ", ");
	query_column(q, 0, "state");
	Q(q, ", ");
	query_column(q, 0, "number");
	Q(q, ", ");
	TRY(sort_value(q, l));
	for (int i = 0; i < l->n_column; i++) {
		Q(q, ", ");
		TRY(query_field(q, l->column[i], 0));
	}
	TRY(access_columns(q, ACT_SEE, plan));
	if (type_seals(l->type)) {
		Q(q, ", ");
		query_column(q, 0, "owner");
		Q(q, ", ");
		query_column(q, 0, "org");
		Q(q, ", ");
		query_column(q, 0, "sealed");
	}
	Q(q, " FROM ");
	query_table(q, l->type, 0);
	TRY(where(q, l));
	if (l->after.n) TRY(after_cond(q, l));
	return order(q, l);
}

/* What is the same for every row of a page. */
struct reading {
	struct mask_plan plan;
	bool open[LIST_COLUMNS];        /* every row shows it */
	enum value_type type[LIST_COLUMNS];
	bool seals;
};

static void prepare_reading(struct reading *how, const struct list_query *l)
{
	how->seals = type_seals(l->type);
	for (int i = 0; i < l->n_column; i++) {
		how->open[i] = mask_field(&how->plan.always, l->column[i]);
		how->type[i] = field_value_type(l->column[i]);
	}
}

static enum rc read_row(struct rx *rx, const struct list_query *l, const struct reading *how, const struct rows *r, bool last, struct list_row *row)
{
	struct arena *a = rx->cx->arena;
	struct mask mask = access_mask(&how->plan, r, 5 + l->n_column);
	*row = (struct list_row){ .id = row_int(r, 0), .changed_ms = row_int(r, 1), .state = type_state(l->type, row_text(r, 2)),
		.number = str_dup(a, row_text(r, 3)), .cell = ARENA_ARRAY(a, struct val, (size_t)l->n_column),
		.shown = ARENA_ARRAY(a, struct str, (size_t)l->n_column) };
	if (mask_hides_who(&mask, l->type)) row->changed_ms = instant_midnight(row->changed_ms, rx->region->zone_minutes);
	if (last) row->key = make_key(a, r, 4, sort_is_key(l) || sort_is_text(l), row->id);
	for (int i = 0; i < l->n_column; i++)
		if (how->open[i] || mask_field(&mask, l->column[i])) row->cell[i] = column_val(a, how->type[i], r, 5 + i);
	if (!how->seals) return RC_OK;
	/* Its own organisation sees a sealed record in its lists as it is. */
	struct val opened;
	int first = 5 + l->n_column + how->plan.n;
	TRY(record_unseal(rx, l->type, row->id, row_int(r, first), row_int(r, first + 1), row_text(r, first + 2), &opened));
	for (int i = 0; i < l->n_column && opened.kind == VAL_MAP; i++)
		if (l->column[i]->sealed && mask_field(&mask, l->column[i])) row->cell[i] = val_get(opened, l->column[i]->name);
	return RC_OK;
}

static enum rc show_refs(struct rx *rx, const struct list_query *l, struct list_page *page)
{
	for (int c = 0; c < l->n_column; c++) {
		if (l->column[c]->kind != FIELD_REF) continue;
		int64_t *id = ARENA_ARRAY(rx->cx->arena, int64_t, page->n + 1);
		struct str *title = ARENA_ARRAY(rx->cx->arena, struct str, page->n + 1);
		for (size_t i = 0; i < page->n; i++) id[i] = val_i64(page->v[i].cell[c]);
		TRY(titles_read(rx, l->column[c]->ref, id, (int)page->n, title));
		for (size_t i = 0; i < page->n; i++) page->v[i].shown[c] = title[i];
	}
	return RC_OK;
}

enum rc list_read(struct rx *rx, const struct list_query *l, struct list_page *out)
{
	struct query q = query_new(rx, l->type);
	struct reading how;
	TRY(build(&q, l, &how.plan));
	prepare_reading(&how, l);
	struct rows *r;
	TRY(query_rows(&q, &r));
	struct list_page page = { 0 };
	enum rc rc;
	bool more, last = false;
	size_t bytes = 0;
	while ((rc = db_step(rx->cx, r, &more)) == RC_OK && more) {
		if (last) {
			page.more = true;
			break;
		}
		/* Rows of long texts fill a request's memory before the limit: such a page is shorter. */
		last = page.n + 1 == (size_t)l->limit || bytes > LIST_BYTES_MAX;
		struct list_row row;
		if ((rc = read_row(rx, l, &how, r, last, &row)) != RC_OK) break;
		for (int i = 0; i < l->n_column; i++) bytes += row.cell[i].kind == VAL_TEXT ? row.cell[i].s.n : 0;
		VEC_PUSH(rx->cx->arena, &page, row);
	}
	rows_done(r);
	TRY(rc);
	TRY(show_refs(rx, l, &page));
	*out = page;
	return RC_OK;
}

/* Is there one beyond those that are counted? A third of what counting them costs. */
static enum rc beyond_count(struct rx *rx, const struct list_query *l, bool *found)
{
	struct query q = query_new(rx, l->type);
	int64_t one;
	Q(&q, "SELECT 1 FROM ");
	query_table(&q, l->type, 0);
	TRY(where(&q, l));
	Q(&q, " LIMIT 1 OFFSET ");
	sqlb_int(&q.sql, LIST_COUNT_MAX);
	return query_one_int(&q, &one, found);
}

enum rc list_count(struct rx *rx, const struct list_query *l, int64_t *count)
{
	bool found;
	TRY(beyond_count(rx, l, &found));
	if (found) return *count = LIST_COUNT_MAX + 1, RC_OK;
	struct query q = query_new(rx, l->type);
	Q(&q, "SELECT COUNT(*) FROM (SELECT 1 FROM ");
	query_table(&q, l->type, 0);
	TRY(where(&q, l));
	Q(&q, " LIMIT ");
	sqlb_int(&q.sql, LIST_COUNT_MAX + 1);
	Q(&q, ") x");
	return query_one_int(&q, count, &found);
}

enum rc list_ids(struct rx *rx, const struct list_query *l, int max, int64_t **id, int *n)
{
	struct list_query all = *l;
	struct query q = query_new(rx, l->type);
	all.limit = max;
	Q(&q, "SELECT ");
	query_column(&q, 0, "id");
	Q(&q, " FROM ");
	query_table(&q, l->type, 0);
	TRY(where(&q, &all));
	TRY(order(&q, &all));
	struct rows *r;
	TRY(query_rows(&q, &r));
	int64_t *list = ARENA_ARRAY(rx->cx->arena, int64_t, (size_t)max + 1);
	enum rc rc;
	bool more;
	int count = 0;
	while ((rc = db_step(rx->cx, r, &more)) == RC_OK && more) list[count++] = row_int(r, 0);
	rows_done(r);
	TRY(rc);
	*id = list;
	*n = count;
	return RC_OK;
}

/* ---- titles and choices ---- */

enum rc titles_read(struct rx *rx, const struct type_def *t, const int64_t *id, int n, struct str *out)
{
	for (int i = 0; i < n; i++) out[i] = STR("");
	if (!t->title || !n) return RC_OK;
	struct query q = query_new(rx, t);
	int asked = 0;
	/* The ids as a table of their own: to look them up in an IN list SQLite would build an index of them first. */
	Q(&q, "WITH v(i, id) AS (VALUES ");
	for (int i = 0; i < n; i++) {
		if (!id[i]) continue;
		if (asked++) Q(&q, ", (");
		else Q(&q, "(");
		sqlb_int(&q.sql, i);
		Q(&q, ", ?)");
		VEC_PUSH(rx->cx->arena, &q.param, p_int(id[i]));
	}
	if (!asked) return RC_OK;
	Q(&q, ") SELECT v.i, ");
	TRY(query_title(&q, t, 0));
	Q(&q, " FROM v CROSS JOIN ");
	query_table(&q, t, 0);
	Q(&q, " WHERE ");
	TRY(access_where_field(&q, t->title));
	Q(&q, " AND ");
	query_column(&q, 0, "id");
	Q(&q, " = v.id");
	struct rows *r;
	TRY(query_rows(&q, &r));
	enum rc rc;
	bool more;
	while ((rc = db_step(rx->cx, r, &more)) == RC_OK && more) out[row_int(r, 0)] = str_dup(rx->cx->arena, row_text(r, 1));
	rows_done(r);
	return rc;
}

enum rc choices_read(struct rx *rx, const struct type_def *t, struct str words, int limit, struct choices *out)
{
	struct query q = query_new(rx, t);
	Q(&q, "SELECT ");
	query_column(&q, 0, "id");
	Q(&q, ", ");
	if (t->title) TRY(query_title(&q, t, 0));
	else query_column(&q, 0, "number");
	Q(&q, ", ");
	query_column(&q, 0, "number");
	Q(&q, " FROM ");
	query_table(&q, t, 0);
	Q(&q, " WHERE ");
	TRY(t->title ? access_where_field(&q, t->title) : access_where(&q, ACT_SEE));
	if (words.n) TRY(words_cond(&q, words));
	Q(&q, " ORDER BY ");
	query_column(&q, 0, "title_key");
	Q(&q, " NULLS LAST, ");
	query_column(&q, 0, "id");
	Q(&q, " LIMIT ");
	sqlb_int(&q.sql, limit + 1);
	struct rows *r;
	TRY(query_rows(&q, &r));
	struct choices list = { 0 };
	enum rc rc;
	bool more;
	while ((rc = db_step(rx->cx, r, &more)) == RC_OK && more) {
		if (list.n == (size_t)limit) {
			list.more = true;
			break;
		}
		struct choice c = { row_int(r, 0), str_dup(rx->cx->arena, row_text(r, 1)), str_dup(rx->cx->arena, row_text(r, 2)) };
		VEC_PUSH(rx->cx->arena, &list, c);
	}
	rows_done(r);
	if (rc == RC_OK) *out = list;
	return rc;
}

enum rc related_count(struct rx *rx, const struct type_def *t, const struct field_def *ref, int64_t id, int64_t *count)
{
	struct query q = query_new(rx, t);
	Q(&q, "SELECT COUNT(*) FROM (SELECT 1 FROM ");
	query_table(&q, t, 0);
	Q(&q, " WHERE ");
	TRY(query_field(&q, ref, 0));
	Q(&q, " = ");
	query_int(&q, id);
	Q(&q, " AND ");
	TRY(access_where_field(&q, ref));
	Q(&q, " LIMIT ");
	sqlb_int(&q.sql, LIST_COUNT_MAX + 1);
	Q(&q, ") x");
	bool found;
	return query_one_int(&q, count, &found);
}

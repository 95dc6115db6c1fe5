/* One move for many rows of a list: choosing on the list, looking at what would become of each, confirming, and what became of them. */
#include "feature/feature.h"
#include "feature/show.h"
#include "base/rng.h"
#include "rec/bulk.h"
#include "rec/sheet.h"

enum { SHOWN = 200 };   /* rows a table: the rest is in the file */

/* ---- choosing ---- */

/* The moves that could be made on rows of this list, for its bar: [{name, label, from, selected}]. */
static bool leaves_one_of(const struct move_def *m, struct str states)
{
	struct str part;
	if (!states.n) return true;
	while (str_cut(&states, ',', &part))
		for (int i = 0; i < m->n_from; i++)
			if (str_eq(m->from[i]->name, part)) return true;
	return false;
}

struct val bulk_choices(struct page *p, struct rx *rx, const struct list_query *q)
{
	struct arena *a = p->cx->arena;
	struct val list = val_list(a);
	for (int i = 0; i < q->type->n_move; i++) {
		const struct move_def *m = q->type->move[i];
		if (!bulk_offers(rx, m) || !leaves_one_of(m, q->state)) continue;
		struct val one = val_map(a);
		struct str *from = ARENA_ARRAY(a, struct str, (size_t)m->n_from + 1);
		for (int k = 0; k < m->n_from; k++) from[k] = label_of(p, &m->from[k]->label);
		VAL_SET(a, one, "name", val_text(m->name));
		VAL_SET(a, one, "label", val_text(label_of(p, &m->label)));
		VAL_SET(a, one, "from", val_text(str_join(a, from, (size_t)m->n_from, p->cx->lang == LANG_ZH ? STR("、") : STR(", "))));
		VAL_SET(a, one, "to", val_text(label_of(p, &m->to->label)));
		val_push(a, list, one);
	}
	return list;
}

static enum rc ids_of_list(struct page *p, struct rx *rx, const struct type_def *t, struct val ids)
{
	struct list_query q;
	int64_t *id;
	int n;
	TRY(list_from_request(p, rx, t, &q));
	TRY(list_ids(rx, &q, BULK_MAX, &id, &n));
	if (n > BULK_MAX) return fail(p->cx, RC_LIMIT, "bulk.rows", NOWHERE, "一次最多办理 %d 条，请缩小条件", "at most %d at a time: narrow the list", BULK_MAX);
	for (int i = 0; i < n; i++) val_push(p->cx->arena, ids, val_int(id[i]));
	return RC_OK;
}

static enum rc staged(struct page *p, enum rc rc, struct val reply)
{
	if (rc != RC_OK) return rc;
	if (p->json) p->out = reply;
	p->redirect = str_fmt(p->cx->arena, "/bulk/%.*s", STRF(val_str(VAL_GET(reply, "id"))));
	return RC_OK;
}

static enum rc choose(struct page *p)
{
	struct rx rx = page_rx(p);
	struct arena *a = p->cx->arena;
	const struct type_def *t;
	struct val args = val_map(a), ids = val_list(a), body = page_body(p);
	bool json = body.kind == VAL_MAP;
	TRY(page_type(p, p->param[0], &t));
	if (p->cx->fails.errors) return RC_INVALID;
	if (json ? val_true(VAL_GET(body, "all")) : http_form(p->req, "all").n > 0) TRY(ids_of_list(p, &rx, t, ids));
	else if (json) ids = VAL_GET(body, "ids");
	for (int i = 0; !json && i < p->req->n_form && !http_form(p->req, "all").n; i++)
		if (str_is(p->req->form[i].name, "id")) val_push(a, ids, val_text(p->req->form[i].value));
	VAL_SET(a, args, "type", val_text(t->name));
	VAL_SET(a, args, "move", json ? VAL_GET(body, "move") : val_text(http_form(p->req, "move")));
	VAL_SET(a, args, "ids", ids);
	page_command(p, "bulk.stage", args);
	p->then = staged;
	return RC_OK;
}

/* ---- looking, and what became of them ---- */

enum rc record_heads(struct rx *rx, const struct type_def *t, const int64_t *id, int n, struct record_head *out)
{
	struct str *title = ARENA_ARRAY(rx->cx->arena, struct str, (size_t)n + 1);
	for (int i = 0; i < n; i++) out[i] = (struct record_head){ STR(""), STR(""), NULL, 0 };
	if (!n) return RC_OK;
	TRY(titles_read(rx, t, id, n, title));
	struct query q = query_new(rx, t);
	Q(&q, "SELECT ");
	query_column(&q, 0, "id");
	Q(&q, ", ");
	query_column(&q, 0, "number");
	Q(&q, ", ");
	query_column(&q, 0, "state");
	Q(&q, ", ");
	query_column(&q, 0, "org");
	Q(&q, " FROM ");
	query_table(&q, t, 0);
	Q(&q, " WHERE ");
	TRY(access_where(&q, ACT_SEE));
	Q(&q, " AND ");
	query_ids(&q, id, n);
	struct rows *r;
	TRY(query_rows(&q, &r));
	enum rc rc;
	bool more;
	while ((rc = db_step(rx->cx, r, &more)) == RC_OK && more)
		for (int i = 0; i < n; i++)
			if (id[i] == row_int(r, 0)) out[i] = (struct record_head){ str_dup(rx->cx->arena, row_text(r, 1)), title[i], type_state(t, row_text(r, 2)), row_int(r, 3) };
	rows_done(r);
	return rc;
}

/* The first rows in one state, with names: [{number, title, link, state, why}]. */
static enum rc rows_in(struct page *p, struct rx *rx, const struct bulk *b, const struct bulk_rows *rows, const char *state, struct val *out)
{
	struct arena *a = p->cx->arena;
	const struct bulk_row *chosen[SHOWN];
	int64_t id[SHOWN] = { 0 };
	struct record_head head[SHOWN];
	int n = 0;
	for (size_t i = 0; i < rows->n && n < SHOWN; i++)
		if (str_is(rows->v[i].state, state)) chosen[n] = &rows->v[i], id[n++] = rows->v[i].record;
	TRY(record_heads(rx, b->type, id, n, head));
	struct val list = val_list(a);
	for (int i = 0; i < n; i++) {
		struct val one = val_map(a);
		VAL_SET(a, one, "id", val_text(id_text(a, id[i])));
		VAL_SET(a, one, "number", val_text(head[i].number));
		if (head[i].state) {
			VAL_SET(a, one, "title", val_text(head[i].title.n ? head[i].title : head[i].number.n ? head[i].number : label_of(p, &b->type->label)));
			VAL_SET(a, one, "link", val_text(record_link(a, b->type, id[i])));
			VAL_SET(a, one, "state", show_state(p, head[i].state));
		}
		VAL_SET(a, one, "why", val_text(p->cx->lang == LANG_ZH ? chosen[i]->zh : chosen[i]->en));
		val_push(a, list, one);
	}
	*out = list;
	return RC_OK;
}

/* The reasons for which rows are skipped, and how many each: [{why, count}], in the order met. */
static struct val reasons(struct page *p, const struct bulk_rows *rows, int64_t *done, int64_t *skipped)
{
	enum { REASONS = 30 };
	struct arena *a = p->cx->arena;
	const struct bulk_row *first[REASONS];
	int64_t count[REASONS];
	int n = 0;
	*done = *skipped = 0;
	for (size_t i = 0; i < rows->n; i++) {
		const struct bulk_row *row = &rows->v[i];
		int k = 0;
		*done += str_is(row->state, "done");
		if (!str_is(row->state, "skipped")) continue;
		++*skipped;
		while (k < n && !str_eq(first[k]->zh, row->zh)) k++;
		if (k == REASONS) continue;
		if (k == n) first[n] = row, count[n++] = 0;
		count[k]++;
	}
	struct val list = val_list(a);
	for (int k = 0; k < n; k++) {
		struct val one = val_map(a);
		VAL_SET(a, one, "why", val_text(p->cx->lang == LANG_ZH ? first[k]->zh : first[k]->en));
		VAL_SET(a, one, "count", val_int(count[k]));
		val_push(a, list, one);
	}
	return list;
}

static bool bulk_asks(const struct bulk *b) { return b->move->n_ask > 0 || b->move->reason; }

static enum rc show_move(struct page *p, struct rx *rx, const struct bulk *b)
{
	struct arena *a = p->cx->arena;
	const struct move_def *m = b->move;
	struct val move = val_map(a), fields = val_list(a);
	VAL_SET(a, move, "name", val_text(m->name));
	VAL_SET(a, move, "label", val_text(label_of(p, &m->label)));
	VAL_SET(a, move, "hint", val_text(label_of(p, &m->hint)));
	VAL_SET(a, move, "confirm", val_text(label_of(p, &m->confirm)));
	VAL_SET(a, move, "to", val_text(label_of(p, &m->to->label)));
	VAL_SET(a, move, "reason", val_bool(m->reason));
	VAL_SET(a, move, "asks", val_bool(bulk_asks(b)));
	VAL_SET(a, move, "tone", val_textz(m->to->tone == TONE_BAD ? "bad" : "good"));
	VAL_SET(a, p->out, "move", move);
	VAL_SET(a, p->out, "type", show_type(p, b->type));
	VAL_SET(a, p->out, "reason_typed", val_text(http_form(p->req, "reason")));
	for (int i = 0; i < m->n_ask && str_is(b->state, "staged"); i++) {
		struct val one;
		TRY(form_input(p, rx, m->ask[i], m->ask[i]->name, VNULL, http_form(p->req, str_z(a, m->ask[i]->name)), &one));
		VAL_SET(a, one, "required", val_bool(m->ask_required[i]));
		val_push(a, fields, one);
	}
	VAL_SET(a, p->out, "fields", fields);
	return RC_OK;
}

static enum rc fill(struct page *p, struct rx *rx, const struct bulk *b, bool answered)
{
	struct arena *a = p->cx->arena;
	struct bulk_rows rows;
	struct val one = val_map(a), yes, no;
	int64_t done, skipped;
	bool staged_only = str_is(b->state, "staged");
	TRY(bulk_rows_read(rx, b, &rows));
	if (staged_only) TRY(bulk_look(rx, b, form_raw(p, b->type), http_form(p->req, "reason"), answered || !bulk_asks(b), &rows));
	TRY(show_move(p, rx, b));
	VAL_SET(a, p->out, "reasons", reasons(p, &rows, &done, &skipped));
	TRY(rows_in(p, rx, b, &rows, "done", &yes));
	TRY(rows_in(p, rx, b, &rows, "skipped", &no));
	VAL_SET(a, one, "id", val_text(id_text(a, b->id)));
	VAL_SET(a, one, "link", val_text(str_fmt(a, "/bulk/%.*s", STRF(id_text(a, b->id)))));
	VAL_SET(a, one, "state", val_text(b->state));
	VAL_SET(a, one, "count", val_int((int64_t)rows.n));
	VAL_SET(a, one, "done", val_int(done));
	VAL_SET(a, one, "skipped", val_int(skipped));
	VAL_SET(a, one, "waiting", val_int((int64_t)rows.n - done - skipped));
	VAL_SET(a, one, "more_done", val_bool(done > SHOWN));
	VAL_SET(a, one, "more_skipped", val_bool(skipped > SHOWN));
	VAL_SET(a, one, "answered", val_bool(answered));
	VAL_SET(a, one, "reason", val_text(b->reason));
	if (b->ended_ms) VAL_SET(a, one, "ended", val_text(show_instant(p, b->ended_ms)));
	VAL_SET(a, p->out, "bulk", one);
	VAL_SET(a, p->out, "done_rows", yes);
	VAL_SET(a, p->out, "skipped_rows", no);
	return RC_OK;
}

static enum rc look_page(struct page *p)
{
	struct rx rx = page_rx(p);
	struct bulk b;
	int64_t id;
	TRY(page_id(p, p->param[0], &id));
	TRY(bulk_read(&rx, id, &b));
	return fill(p, &rx, &b, false);
}

static enum rc started(struct page *p, enum rc rc, struct val reply)
{
	(void)reply;
	struct rx rx = page_rx(p);
	struct bulk b;
	int64_t id;
	if (rc == RC_OK && !p->json) {
		p->redirect = str_fmt(p->cx->arena, "/bulk/%.*s", STRF(p->param[0]));
		return RC_OK;
	}
	if (page_id(p, p->param[0], &id) != RC_OK || bulk_read(&rx, id, &b) != RC_OK) return rc;
	if (rc == RC_OK || !p->json) TRY(fill(p, &rx, &b, false));
	p->shown = rc != RC_OK && !p->json;
	return rc;
}

static enum rc confirm(struct page *p)
{
	struct rx rx = page_rx(p);
	struct arena *a = p->cx->arena;
	struct val args = val_map(a), body = page_body(p);
	struct bulk b;
	int64_t id;
	TRY(page_id(p, p->param[0], &id));
	TRY(bulk_read(&rx, id, &b));
	if (p->cx->fails.errors) return RC_INVALID;
	if (str_is(http_form(p->req, "_step"), "look")) return fill(p, &rx, &b, true);
	VAL_SET(a, args, "id", val_int(id));
	VAL_SET(a, args, "reason", body.kind == VAL_MAP ? VAL_GET(body, "reason") : val_text(http_form(p->req, "reason")));
	VAL_SET(a, args, "values", form_raw(p, b.type));
	page_command(p, "bulk.start", args);
	p->then = started;
	return RC_OK;
}

/* All rows as a table: number, title, state, what became or would become of it, and why. */
static enum rc bulk_export(struct page *p)
{
	enum { COLUMNS = 5, PART = 400 };
	struct rx rx = page_rx(p);
	struct arena *a = p->cx->arena;
	bool zh = p->cx->lang == LANG_ZH;
	struct bulk b;
	struct bulk_rows rows;
	int64_t id;
	TRY(page_id(p, p->param[0], &id));
	TRY(bulk_read(&rx, id, &b));
	TRY(bulk_rows_read(&rx, &b, &rows));
	if (str_is(b.state, "staged")) TRY(bulk_look(&rx, &b, VNULL, STR(""), !bulk_asks(&b), &rows));
	struct out_cell *cell = ARENA_ARRAY(a, struct out_cell, rows.n * COLUMNS + 1);
	struct record_head *head = ARENA_ARRAY(a, struct record_head, rows.n + 1);
	int64_t *record = ARENA_ARRAY(a, int64_t, rows.n + 1);
	for (size_t i = 0; i < rows.n; i++) record[i] = rows.v[i].record;
	for (size_t i = 0; i < rows.n; i += PART)
		TRY(record_heads(&rx, b.type, record + i, (int)(rows.n - i < PART ? rows.n - i : PART), head + i));
	for (size_t i = 0; i < rows.n; i++) {
		struct str state = rows.v[i].state, was = str_is(state, "done") ? (zh ? STR("办理") : STR("done")) :
			str_is(state, "skipped") ? (zh ? STR("跳过") : STR("skipped")) : zh ? STR("待办理") : STR("waiting");
		struct str text[COLUMNS] = { head[i].number, head[i].title, head[i].state ? label_of(p, &head[i].state->label) : STR(""), was,
			zh ? rows.v[i].zh : rows.v[i].en };
		for (int c = 0; c < COLUMNS; c++) cell[i * COLUMNS + (size_t)c] = (struct out_cell){ .kind = OUT_TEXT, .s = text[c] };
	}
	struct str titles[COLUMNS] = { zh ? STR("编号") : STR("Number"), zh ? STR("名称") : STR("Name"), zh ? STR("状态") : STR("State"),
		zh ? STR("结果") : STR("Result"), zh ? STR("说明") : STR("Why") };
	return export_table(p, STR("bulk"), label_of(p, &b.move->label), titles, COLUMNS, cell, (int)rows.n);
}

const struct route bulk_routes[] = {
	{ "POST", "/r/:type/bulk", NEED_SIGNED, "error.html", choose, "选定多条记录办理同一步（先预览）", "Choose records for one move; looked at before anything is done", "write" },
	{ "GET", "/bulk/:id", NEED_SIGNED, "bulk.html", look_page, "一批办理：预览，或结果", "A batch of moves: what would happen, or what did", "read" },
	{ "POST", "/bulk/:id", NEED_SIGNED, "bulk.html", confirm, "确认一批办理", "Confirm a batch of moves", "write" },
	{ "GET", "/bulk/:id/export", NEED_SIGNED, "error.html", bulk_export, "一批办理的明细 XLSX", "The rows of a batch as XLSX", "read" },
	{ 0 },
};

/* The desk of whoever judges criteria: many records on one page, each with what a person has to decide, the figures and files beside it,
   and what the figures decided folded. Verdicts are saved for all at once, each record by itself; what was typed is kept meanwhile. */
#include "base/json.h"
#include "base/rng.h"
#include "feature/feature.h"
#include "feature/show.h"
#include "rec/bulk.h"
#include "rec/criteria.h"
#include "rec/verdicts.h"

enum { PAGE = 20, CALLS = 60, TABLE_ROWS = 12 };
enum tab { TAB_OPEN, TAB_FAILS, TAB_LATE, TAB_READY, TAB_ALL, TABS };
static const struct { const char *name, *zh, *en; } tabs[TABS] = { { "open", "须人工核定", "Needs a person" }, { "fails", "有不符合的", "Fails" },
	{ "late", "已超期", "Late" }, { "ready", "已核完", "All decided" }, { "all", "全部", "All" } };

struct desk_page {
	struct page *p;
	struct rx rx;
	const struct type_def *type;
	struct verdict_cases all;
	int64_t call;
	enum tab tab;
	struct str measure, criterion;          /* one criterion alone; empty: all */
	int from;
	struct val typed;                       /* field → text: what stands in the form instead of what is stored */
	struct val failed;                      /* of the last save: [{id, zh, en, conflict}] */
};

static bool in_tab(const struct verdict_case *c, enum tab tab)
{
	switch (tab) {
	case TAB_OPEN: return c->open > 0;
	case TAB_FAILS: return c->fails > 0;
	case TAB_LATE: return c->late;
	case TAB_READY: return c->open == 0;
	default: return true;
	}
}

/* ---- what the link asks for ---- */

static enum rc open_desk(struct page *p, struct desk_page *d)
{
	struct str tab = http_query(p->req, "show"), call = http_query(p->req, "call"), one = http_query(p->req, "criterion");
	int64_t from;
	*d = (struct desk_page){ .p = p, .rx = page_rx(p), .typed = VNULL, .failed = VNULL };
	TRY(page_type(p, p->param[0], &d->type));
	while (d->tab < TAB_ALL && !str_is(tab, tabs[d->tab].name)) d->tab++;
	if (!tab.n) d->tab = TAB_OPEN;
	if (call.n) TRY(page_id(p, call, &d->call));
	if (one.n && str_cut(&one, '.', &d->measure) && one.p) d->criterion = one;
	if (str_int(http_query(p->req, "from"), &from) && from > 0 && from < VERDICTS_MAX) d->from = (int)from;
	return verdicts_read(&d->rx, d->type, d->measure, d->criterion, &d->all);
}

/* The page's own link with one thing changed; another filter begins at the first page. */
static struct str link_to(const struct desk_page *d, enum tab tab, int64_t call, int from)
{
	struct buf b = BUF(d->p->cx->arena, 1000);
	buf_fmt(&b, "/r/%.*s/verdicts?show=%s", STRF(d->type->name), tabs[tab].name);
	if (call) buf_fmt(&b, "&call=%.*s", STRF(id_text(d->p->cx->arena, call)));
	if (d->criterion.n) buf_fmt(&b, "&criterion=%.*s.%.*s", STRF(d->measure), STRF(d->criterion));
	if (from) buf_fmt(&b, "&from=%d", from);
	return buf_str(&b);
}

static struct val tabs_val(const struct desk_page *d)
{
	struct arena *a = d->p->cx->arena;
	struct val list = val_list(a);
	for (int k = 0; k < TABS; k++) {
		int64_t n = 0;
		if (k == TAB_LATE && !d->type->criteria->late) continue;
		for (size_t i = 0; i < d->all.n; i++) n += (!d->call || d->all.v[i].call == d->call) && in_tab(&d->all.v[i], (enum tab)k);
		val_push(a, list, VAL_OF(a, { STR("name"), val_textz(tabs[k].name) }, { STR("label"), val_textz(d->p->cx->lang == LANG_ZH ? tabs[k].zh : tabs[k].en) },
			{ STR("count"), val_int(n) }, { STR("selected"), val_bool(k == (int)d->tab) }, { STR("link"), val_text(link_to(d, (enum tab)k, d->call, 0)) }));
	}
	return list;
}

/* The calls that records on the desk belong to: [{value, label, count, selected}]. */
static enum rc calls_val(struct desk_page *d, struct val *out)
{
	const struct field_def *call = verdicts_call(d->type);
	struct arena *a = d->p->cx->arena;
	int64_t id[CALLS], count[CALLS];
	struct str title[CALLS];
	int n = 0;
	struct val list = val_list(a);
	for (size_t i = 0; call && i < d->all.n; i++) {
		int k = 0;
		while (k < n && id[k] != d->all.v[i].call) k++;
		if (!d->all.v[i].call || k == CALLS) continue;
		if (k == n) id[n] = d->all.v[i].call, count[n++] = 0;
		count[k]++;
	}
	if (call) TRY(titles_read(&d->rx, call->ref, id, n, title));
	for (int k = 0; k < n; k++)
		val_push(a, list, VAL_OF(a, { STR("value"), val_text(id_text(a, id[k])) }, { STR("label"), val_text(title[k]) }, { STR("count"), val_int(count[k]) },
			{ STR("selected"), val_bool(id[k] == d->call) }));
	*out = list;
	return RC_OK;
}

/* The criteria that may stand in rows of the type, newest version of each: [{value, label, selected}]. */
static struct val criteria_val(const struct desk_page *d)
{
	struct arena *a = d->p->cx->arena;
	struct val list = val_list(a);
	for (int i = d->p->region->n_measure; i-- > 0;) {
		const struct measure_def *m = d->p->region->measure[i];
		for (int k = 0; m->judges == d->type && k < m->n_criterion; k++) {
			struct str value = STR_CAT(a, m->family, STR("."), m->criterion[k]->name);
			bool known = false;
			for (size_t j = 0; j < val_len(list); j++) known |= str_eq(val_str(VAL_GET(val_at(list, j), "value")), value);
			if (!known) val_push(a, list, VAL_OF(a, { STR("value"), val_text(value) }, { STR("label"), val_text(label_of(d->p, &m->criterion[k]->label)) },
				{ STR("selected"), val_bool(d->criterion.n && str_eq(value, STR_CAT(a, d->measure, STR("."), d->criterion))) }));
		}
	}
	return list;
}

/* ---- one record ---- */

static enum rc nothing(struct page *p, struct rx *rx, void *ctx, const struct field_def *f, struct str path, struct val v, struct val *out)
{
	*out = VNULL;
	return RC_OK;
}

static struct str cell_of(const struct type_def *t, struct val row, enum criteria_column c) { return val_str(val_get(row, t->criteria->column[c]->name)); }

/* "v.ID.MEASURE.CRITERION": of a verdict (v) or a note (n). */
static struct str input_name(struct arena *a, char what, struct str id, const struct type_def *t, struct val row)
{
	return str_fmt(a, "%c.%.*s.%.*s.%.*s", what, STRF(id), STRF(cell_of(t, row, CRITERIA_FAMILY)), STRF(cell_of(t, row, CRITERIA_NAME)));
}

/* Rows of a table in few words, files as links. */
static enum rc table_evidence(struct desk_page *d, const struct table_def *t, struct val rows, struct val list)
{
	struct page *p = d->p;
	struct arena *a = p->cx->arena;
	for (size_t r = 0; r < val_len(rows) && r < TABLE_ROWS; r++) {
		struct val cells = val_list(a);
		for (int i = 0; i < t->n_column; i++) {
			struct val cell, v = val_get(val_at(rows, r), t->column[i]->name);
			if (val_is_null(v)) continue;
			TRY(show_field(p, &d->rx, t->column[i], v, &cell));
			val_push(a, cells, cell);
		}
		if (val_len(cells)) val_push(a, list, VAL_OF(a, { STR("label"), val_text(r ? STR("") : label_of(p, &t->label)) }, { STR("cells"), cells }));
	}
	if (!val_len(rows)) val_push(a, list, VAL_OF(a, { STR("label"), val_text(label_of(p, &t->label)) }, { STR("empty"), val_bool(true) }));
	return RC_OK;
}

/* What the criterion's declaration wants beside it, as far as this viewer sees it. */
static enum rc evidence_val(struct desk_page *d, const struct criterion_def *c, const struct record *rec, const struct mask *mask, struct val *out)
{
	const struct type_def *t = d->type;
	struct arena *a = d->p->cx->arena;
	struct val list = val_list(a);
	*out = list;
	if (!c || !c->show) return RC_OK;
	for (int i = 0; i < t->n_field; i++) {
		struct val one;
		if (!c->show[i] || !mask_field(mask, t->field[i])) continue;
		TRY(show_field(d->p, &d->rx, t->field[i], val_get(rec->values, t->field[i]->name), &one));
		struct str link = similar_link(a, t->field[i], rec->id);
		if (link.n && !val_is_null(val_get(rec->values, t->field[i]->name))) VAL_SET(a, one, "link", val_text(link));
		val_push(a, list, one);
	}
	for (int i = 0; i < t->n_table; i++)
		if (c->show[t->n_field + i] && mask_table(mask, t->table[i])) TRY(table_evidence(d, t->table[i], val_get(rec->values, t->table[i]->name), list));
	return RC_OK;
}

static struct val options_val(const struct desk_page *d, struct str chosen)
{
	const struct code_list *l = d->type->criteria->column[CRITERIA_VERDICT]->codes;
	struct arena *a = d->p->cx->arena;
	struct val list = val_list(a);
	val_push(a, list, VAL_OF(a, { STR("value"), val_text(STR("")) }, { STR("label"), val_text(d->p->cx->lang == LANG_ZH ? STR("未定") : STR("Open")) },
		{ STR("checked"), val_bool(!chosen.n) }, { STR("key"), val_int(0) }));
	for (int i = 0; i < l->n_item; i++)
		val_push(a, list, VAL_OF(a, { STR("value"), val_text(l->item[i].code) }, { STR("label"), val_text(label_of(d->p, &l->item[i].label)) },
			{ STR("checked"), val_bool(str_eq(l->item[i].code, chosen)) }, { STR("key"), val_int(i + 1) }));
	return list;
}

static struct str typed_or(const struct desk_page *d, struct str name, struct str stored)
{
	struct val v = val_get(d->typed, name);
	return v.kind == VAL_TEXT ? v.s : stored;
}

static enum rc row_val(struct desk_page *d, const struct record *rec, const struct mask *mask, struct val row, size_t n, struct val *out)
{
	struct arena *a = d->p->cx->arena;
	const struct type_def *t = d->type;
	struct str id = id_text(a, rec->id), verdict = input_name(a, 'v', id, t, row), note = input_name(a, 'n', id, t, row);
	struct val one, evidence;
	TRY(show_criterion(d->p, &d->rx, t->criteria, row, n, nothing, NULL, &one));
	TRY(evidence_val(d, criteria_of(d->p->region, row), rec, mask, &evidence));
	VAL_SET(a, one, "verdict_name", val_text(verdict));
	VAL_SET(a, one, "note_name", val_text(note));
	VAL_SET(a, one, "options", options_val(d, typed_or(d, verdict, cell_of(t, row, CRITERIA_VERDICT))));
	VAL_SET(a, one, "note_text", val_text(typed_or(d, note, cell_of(t, row, CRITERIA_NOTE))));
	VAL_SET(a, one, "note_max", val_int(t->criteria->column[CRITERIA_NOTE]->max));
	VAL_SET(a, one, "shown_beside", evidence);
	VAL_SET(a, one, "open", val_bool(verdict_open(t, row)));
	VAL_SET(a, one, "fails", val_bool(verdict_fails(t, row)));
	*out = one;
	return RC_OK;
}

static bool asked_for(const struct desk_page *d, struct val row)
{
	return !d->criterion.n || (str_eq(cell_of(d->type, row, CRITERIA_FAMILY), d->measure) && str_eq(cell_of(d->type, row, CRITERIA_NAME), d->criterion));
}

/* The columns of the type's lists, but for the title: who applies for what. */
static enum rc facts_val(struct desk_page *d, const struct record *rec, const struct mask *mask, struct val *out)
{
	struct arena *a = d->p->cx->arena;
	struct val list = val_list(a);
	for (int i = 0; i < d->type->n_list; i++) {
		const struct field_def *f = d->type->list[i];
		struct val one, v = f->builtin == BUILTIN_ORG ? (rec->org ? val_int(rec->org) : VNULL) : val_get(rec->values, f->name);
		if (f == d->type->title || !mask_field(mask, f) || val_is_null(v)) continue;
		TRY(show_field(d->p, &d->rx, f, v, &one));
		val_push(a, list, one);
	}
	*out = list;
	return RC_OK;
}

static void failed_val(const struct desk_page *d, struct str id, struct val one)
{
	struct arena *a = d->p->cx->arena;
	for (size_t i = 0; i < val_len(d->failed); i++) {
		struct val f = val_at(d->failed, i);
		if (!str_eq(val_str(VAL_GET(f, "id")), id)) continue;
		VAL_SET(a, one, "error", d->p->cx->lang == LANG_ZH ? VAL_GET(f, "zh") : VAL_GET(f, "en"));
		VAL_SET(a, one, "conflict", VAL_GET(f, "conflict"));
	}
}

static enum rc rows_val(struct desk_page *d, const struct record *rec, const struct mask *mask, struct val rows, struct val one)
{
	struct arena *a = d->p->cx->arena;
	struct val open = val_list(a), rest = val_list(a);
	int64_t decided = 0, fails = 0;
	for (size_t i = 0; i < val_len(rows); i++) {
		struct val row = val_at(rows, i), v;
		if (!asked_for(d, row)) continue;
		TRY(row_val(d, rec, mask, row, i + 1, &v));
		/* What a person has looked at stays in sight where it was found wanting, or where it is the one asked for. */
		bool shown = verdict_open(d->type, row) || verdict_fails(d->type, row) || d->criterion.n;
		decided += !verdict_open(d->type, row);
		fails += verdict_fails(d->type, row);
		val_push(a, shown ? open : rest, v);
	}
	VAL_SET(a, one, "rows", open);
	VAL_SET(a, one, "folded", rest);
	VAL_SET(a, one, "decided", val_int(decided));
	VAL_SET(a, one, "fails", val_int(fails));
	return RC_OK;
}

/* The record with its criteria as they stand today. What is shown of it goes by `right`; judging takes all, whoever looks. */
static enum rc judged_now(struct desk_page *d, int64_t id, struct right *right, struct record *rec, struct val *rows)
{
	struct mask all = mask_all();
	*rows = VNULL;
	TRY(access_record(&d->rx, d->type, id, right));
	if (!right->see) return RC_OK;
	TRY(record_read(&d->rx, d->type, id, &all, rec));
	*rows = val_get(rec->values, d->type->criteria->name);
	return rec->state->judged ? criteria_rows(&d->rx, d->type, rec, val_copy(d->p->cx->arena, rec->values), rows) : RC_OK;
}

static enum rc case_val(struct desk_page *d, const struct verdict_case *c, struct val *out)
{
	struct arena *a = d->p->cx->arena;
	const struct type_def *t = d->type;
	struct val one = val_map(a), rows, facts;
	struct right right;
	struct record rec;
	*out = VNULL;
	TRY(judged_now(d, c->id, &right, &rec, &rows));
	if (!right.see || !mask_table(&right.fields, t->criteria)) return RC_OK;
	struct str id = id_text(a, rec.id), title = record_title(t, &rec);
	VAL_SET(a, one, "id", val_text(id));
	VAL_SET(a, one, "number", val_text(rec.number));
	VAL_SET(a, one, "title", val_text(title.n ? title : rec.number));
	VAL_SET(a, one, "link", val_text(record_link(a, t, rec.id)));
	VAL_SET(a, one, "rev", val_int(rec.rev));
	VAL_SET(a, one, "state", show_state(d->p, rec.state));
	VAL_SET(a, one, "late", val_bool(c->late));
	VAL_SET(a, one, "editable", val_bool(right.edit && mask_table(&right.editable, t->criteria)));
	TRY(facts_val(d, &rec, &right.fields, &facts));
	VAL_SET(a, one, "facts", facts);
	TRY(rows_val(d, &rec, &right.fields, rows, one));
	failed_val(d, id, one);
	*out = one;
	return RC_OK;
}

/* ---- the page ---- */

static enum rc cases_val(struct desk_page *d, const struct verdict_case *const *shown, int n, struct val *out)
{
	struct arena *a = d->p->cx->arena;
	struct val list = val_list(a);
	for (int i = 0; i < n; i++) {
		struct val one;
		TRY(case_val(d, shown[i], &one));
		if (!val_is_null(one)) val_push(a, list, one);
	}
	*out = list;
	return RC_OK;
}

static bool sent_here(const struct page *p, struct str id)
{
	struct str name = STR_CAT(p->cx->arena, STR("rev."), id);
	for (int i = 0; i < p->req->n_form; i++)
		if (str_eq(p->req->form[i].name, name)) return true;
	return false;
}

/* A page of the filter; or (sent) the records that the form came with, whatever filter they have left since. */
static int choose(const struct desk_page *d, bool sent, const struct verdict_case **shown, int *total)
{
	int n = 0;
	*total = 0;
	for (size_t i = 0; i < d->all.n; i++) {
		const struct verdict_case *c = &d->all.v[i];
		bool mine = sent ? sent_here(d->p, id_text(d->p->cx->arena, c->id)) : (!d->call || c->call == d->call) && in_tab(c, d->tab);
		if (!mine) continue;
		if (*total >= (sent ? 0 : d->from) && n < PAGE) shown[n++] = c;
		++*total;
	}
	return n;
}

static enum rc fill(struct desk_page *d, bool sent)
{
	struct page *p = d->p;
	struct arena *a = p->cx->arena;
	const struct verdict_case *shown[PAGE];
	struct list_query q = { .type = d->type };
	struct val calls, cases, typed;
	int64_t saved_ms;
	int total, n = choose(d, sent, shown, &total);
	TRY(draft_get(&d->rx, d->type, VERDICT_DRAFT, &typed, &saved_ms));
	if (val_is_null(d->typed) && typed.kind == VAL_MAP) {
		d->typed = typed;
		VAL_SET(a, p->out, "restored", val_text(show_instant(p, saved_ms)));
	}
	TRY(calls_val(d, &calls));
	TRY(cases_val(d, shown, n, &cases));
	const struct state_def *state[64];
	struct buf states = BUF(a, 2000);
	int n_state = verdicts_states(&d->rx, d->type, state, 64);
	for (int i = 0; i < n_state; i++) buf_fmt(&states, "%s%.*s", i ? "," : "", STRF(state[i]->name));
	q.state = buf_str(&states);
	VAL_SET(a, p->out, "type", show_type(p, d->type));
	VAL_SET(a, p->out, "label", val_text(label_of(p, &d->type->criteria->label)));
	VAL_SET(a, p->out, "hint", val_text(label_of(p, &d->type->criteria->hint)));
	VAL_SET(a, p->out, "late_words", val_text(label_of(p, &d->type->criteria->late_words)));
	VAL_SET(a, p->out, "tabs", tabs_val(d));
	VAL_SET(a, p->out, "calls", calls);
	if (verdicts_call(d->type)) VAL_SET(a, p->out, "call_label", val_text(label_of(p, &verdicts_call(d->type)->label)));
	VAL_SET(a, p->out, "criteria", criteria_val(d));
	VAL_SET(a, p->out, "show", val_textz(tabs[d->tab].name));
	VAL_SET(a, p->out, "cases", cases);
	VAL_SET(a, p->out, "total", val_int(total));
	VAL_SET(a, p->out, "first", val_int(d->from + 1));
	VAL_SET(a, p->out, "last", val_int(d->from + n));
	VAL_SET(a, p->out, "bulk_moves", bulk_choices(p, &d->rx, &q));
	VAL_SET(a, p->out, "verdicts", options_val(d, http_form(p->req, "_verdict")));
	VAL_SET(a, p->out, "fill_note", val_text(http_form(p->req, "_note")));
	VAL_SET(a, p->out, "action", val_text(link_to(d, d->tab, d->call, d->from)));
	VAL_SET(a, p->out, "autosave", val_text(str_fmt(a, "/r/%.*s/verdicts/autosave", STRF(d->type->name))));
	VAL_SET(a, p->out, "today", val_text(str_sub(show_instant(p, p->cx->now_ms), 0, 10)));
	VAL_SET(a, p->out, "more", val_bool(d->all.more));
	if (d->from > 0) VAL_SET(a, p->out, "previous", val_text(link_to(d, d->tab, d->call, d->from > PAGE ? d->from - PAGE : 0)));
	if (!sent && d->from + n < total) VAL_SET(a, p->out, "following", val_text(link_to(d, d->tab, d->call, d->from + PAGE)));
	p->template = "verdicts.html";
	return RC_OK;
}

static enum rc desk_get(struct page *p)
{
	struct desk_page d;
	TRY(open_desk(p, &d));
	return fill(&d, false);
}

/* ---- saving ---- */

/* Verdicts and notes as typed, by the name of their input. */
static struct val typed_val(const struct page *p)
{
	struct arena *a = p->cx->arena;
	struct val m = val_map(a);
	for (int i = 0; i < p->req->n_form; i++) {
		struct str name = p->req->form[i].name;
		if (str_starts(name, STR("v.")) || str_starts(name, STR("n."))) val_set(a, m, name, val_text(p->req->form[i].value));
	}
	return m;
}

/* Of a working copy what does not belong to the records sent now. */
static struct val kept_val(struct page *p, struct val draft)
{
	struct arena *a = p->cx->arena;
	struct val m = val_map(a);
	for (size_t i = 0; i < val_len(draft); i++) {
		struct str rest = draft.map->v[i].key, what, id;
		if (str_cut(&rest, '.', &what) && str_cut(&rest, '.', &id) && !sent_here(p, id)) val_set(a, m, draft.map->v[i].key, draft.map->v[i].val);
	}
	return m;
}

/* The rows of one record that differ from what is stored: [{measure, criterion, verdict, note}]. */
static struct val changed_rows(const struct desk_page *d, struct str id, struct val rows, struct val typed)
{
	struct arena *a = d->p->cx->arena;
	const struct type_def *t = d->type;
	struct val list = val_list(a);
	for (size_t i = 0; i < val_len(rows); i++) {
		struct val row = val_at(rows, i), verdict = val_get(typed, input_name(a, 'v', id, t, row)), note = val_get(typed, input_name(a, 'n', id, t, row));
		struct str was = cell_of(t, row, CRITERIA_VERDICT), was_note = cell_of(t, row, CRITERIA_NOTE);
		struct str now = verdict.kind == VAL_TEXT ? verdict.s : was, now_note = note.kind == VAL_TEXT ? str_trim(note.s) : was_note;
		if (str_eq(now, was) && str_eq(now_note, str_trim(was_note))) continue;
		val_push(a, list, VAL_OF(a, { STR("measure"), val_text(cell_of(t, row, CRITERIA_FAMILY)) }, { STR("criterion"), val_text(cell_of(t, row, CRITERIA_NAME)) },
			{ STR("verdict"), val_text(now) }, { STR("note"), val_text(now_note) }));
	}
	return list;
}

/* The records of the form with what is new in them. */
static enum rc records_val(struct desk_page *d, struct val typed, struct val *out)
{
	struct page *p = d->p;
	struct arena *a = p->cx->arena;
	struct val list = val_list(a);
	for (int i = 0; i < p->req->n_form; i++) {
		struct str name = p->req->form[i].name;
		if (!str_starts(name, STR("rev."))) continue;
		struct str id = str_sub(name, 4, name.n);
		struct right right;
		struct record rec;
		struct val rows;
		int64_t record;
		TRY(page_id(p, id, &record));
		TRY(judged_now(d, record, &right, &rec, &rows));
		if (!right.see) return rx_missing(&d->rx);
		struct val changed = changed_rows(d, id, rows, typed);
		if (val_len(changed))
			val_push(a, list, VAL_OF(a, { STR("id"), val_text(id) }, { STR("rev"), val_text(p->req->form[i].value) }, { STR("rows"), changed }));
	}
	*out = list;
	return RC_OK;
}

/* After a save that did not wholly go through the form comes back: what was saved as it is stored, the rest as typed. */
static enum rc saved(struct page *p, enum rc rc, struct val reply)
{
	struct arena *a = p->cx->arena;
	struct desk_page d;
	struct val failed = VAL_GET(reply, "failed");
	struct str place = p->data ? *(struct str *)p->data : STR("");
	if (rc == RC_OK && p->json) {
		p->out = reply;
		return RC_OK;
	}
	if (rc == RC_OK && !val_len(failed)) {
		struct str bulk = val_str(VAL_GET(reply, "bulk")), path = str_fmt(a, "%.*s?%.*s", STRF(p->req->path), STRF(p->req->raw_query));
		bool anew = str_has(path, STR("done="));
		p->redirect = bulk.n ? str_fmt(a, "/bulk/%.*s", STRF(bulk)) : STR_CAT(a, path, anew ? STR("") : STR("&done=saved"), place.n ? STR("#case-") : STR(""), place);
		return RC_OK;
	}
	if (p->json) return rc;
	struct fails keep = p->cx->fails;
	if (open_desk(p, &d) != RC_OK) {
		p->cx->fails = keep;
		return rc;
	}
	d.typed = typed_val(p);
	d.failed = failed;
	if (rc == RC_OK) {
		rc = RC_CONFLICT;
		(void)fail(p->cx, rc, "verdicts.some", NOWHERE, "%d 条已保存，%d 条未能保存，原因见各条；填写的内容都还在", "%d saved, %d not: see each for why; all that was typed is still here",
			(int)val_i64(VAL_GET(reply, "saved")), (int)val_len(failed));
	}
	p->shown = true;
	TRY(fill(&d, true));
	return rc;
}

static struct val ticked(const struct page *p)
{
	struct arena *a = p->cx->arena;
	struct val list = val_list(a);
	for (int i = 0; i < p->req->n_form; i++)
		if (str_is(p->req->form[i].name, "id")) val_push(a, list, val_text(p->req->form[i].value));
	return list;
}

/* The same verdict and reason into the open rows (or the one criterion) of the records ticked: into the form, nothing is saved. */
static enum rc fill_in(struct desk_page *d)
{
	struct page *p = d->p;
	struct arena *a = p->cx->arena;
	struct str verdict = http_form(p->req, "_verdict"), note = str_trim(http_form(p->req, "_note")), one = http_form(p->req, "_criterion");
	struct val ids = ticked(p), typed = typed_val(p);
	d->typed = typed;
	if (!val_len(ids)) return fail(p->cx, RC_INVALID, "verdicts.tick", NOWHERE, "请先勾选申报，再批量填入", "tick the records first");
	if (!verdict.n) return fail(p->cx, RC_INVALID, "verdicts.which", IN_FIELD(STR("_verdict")), "请选择要填入的核定", "choose the verdict to fill in");
	for (size_t i = 0; i < val_len(ids); i++) {
		struct right right;
		struct record rec;
		struct val rows;
		int64_t id;
		TRY(page_id(p, val_str(val_at(ids, i)), &id));
		TRY(judged_now(d, id, &right, &rec, &rows));
		if (!right.see) return rx_missing(&d->rx);
		for (size_t k = 0; k < val_len(rows); k++) {
			struct val row = val_at(rows, k);
			bool named = one.n && str_eq(one, STR_CAT(a, cell_of(d->type, row, CRITERIA_FAMILY), STR("."), cell_of(d->type, row, CRITERIA_NAME)));
			if (one.n ? !named : !verdict_open(d->type, row)) continue;
			val_set(a, typed, input_name(a, 'v', val_str(val_at(ids, i)), d->type, row), val_text(verdict));
			if (note.n) val_set(a, typed, input_name(a, 'n', val_str(val_at(ids, i)), d->type, row), val_text(note));
		}
	}
	return RC_OK;
}

static enum rc again(struct desk_page *d, enum rc rc)
{
	d->p->shown = rc != RC_OK;
	TRY(fill(d, true));
	return rc;
}

static enum rc desk_post(struct page *p)
{
	struct arena *a = p->cx->arena;
	struct desk_page d;
	struct val body = page_body(p), args = val_map(a), draft, records;
	int64_t saved_ms;
	TRY(open_desk(p, &d));
	if (p->cx->fails.errors) return RC_INVALID;
	VAL_SET(a, args, "type", val_text(d.type->name));
	if (body.kind == VAL_MAP) {
		VAL_SET(a, args, "records", VAL_GET(body, "records"));
	} else {
		struct str step = http_form(p->req, "_step");
		if (str_is(step, "fill")) return again(&d, fill_in(&d));
		struct val typed = typed_val(p), ids = ticked(p);
		bool moves = str_is(step, "move");
		if (moves && (!val_len(ids) || !http_form(p->req, "move").n)) {
			d.typed = typed;
			return again(&d, fail(p->cx, RC_INVALID, "verdicts.move", NOWHERE, "请勾选申报，并选择要办理的步骤", "tick the records and choose the step"));
		}
		TRY(records_val(&d, typed, &records));
		TRY(draft_get(&d.rx, d.type, VERDICT_DRAFT, &draft, &saved_ms));
		/* Back to the last of those saved, where the filter still shows it. */
		struct str *place = ARENA_NEW(a, struct str);
		*place = val_str(VAL_GET(val_at(records, val_len(records) ? val_len(records) - 1 : 0), "id"));
		p->data = place;
		VAL_SET(a, args, "records", records);
		VAL_SET(a, args, "keep", kept_val(p, draft));
		if (moves) VAL_SET(a, args, "move", val_text(http_form(p->req, "move")));
		if (moves) VAL_SET(a, args, "ids", ids);
	}
	page_command(p, "verdicts.save", args);
	p->then = saved;
	return RC_OK;
}

/* ---- the working copy ---- */

static enum rc kept(struct page *p, enum rc rc, struct val reply)
{
	struct arena *a = p->cx->arena;
	TRY(rc);
	p->out = val_map(a);
	p->json = true;
	VAL_SET(a, p->out, "saved", val_text(show_instant(p, val_i64(VAL_GET(reply, "saved_ms")))));
	VAL_SET(a, p->out, "missing", val_int(0));
	return RC_OK;
}

static enum rc autosave(struct page *p)
{
	struct arena *a = p->cx->arena;
	struct desk_page d;
	struct val args = val_map(a), draft, typed = typed_val(p);
	int64_t saved_ms;
	TRY(open_desk(p, &d));
	TRY(draft_get(&d.rx, d.type, VERDICT_DRAFT, &draft, &saved_ms));
	struct val all = kept_val(p, draft);
	for (size_t i = 0; i < val_len(typed); i++) val_set(a, all, typed.map->v[i].key, typed.map->v[i].val);
	p->json = true;
	VAL_SET(a, args, "type", val_text(d.type->name));
	VAL_SET(a, args, "values", all);
	page_command(p, "verdicts.keep", args);
	p->then = kept;
	return RC_OK;
}

const struct route verdicts_routes[] = {
	{ "GET", "/r/:type/verdicts", NEED_SIGNED, "verdicts.html", desk_get, "批量核定：多条记录须人工核定的条目", "Verdicts on many records: what a person has to decide", "read" },
	{ "POST", "/r/:type/verdicts", NEED_SIGNED, "verdicts.html", desk_post, "保存多条记录的核定", "Save the verdicts on many records", "write" },
	{ "POST", "/r/:type/verdicts/autosave", NEED_SIGNED, NULL, autosave, "保留正在填写的核定", "Keep a working copy of the verdicts being typed", NULL },
	{ 0 },
};

/* One record: what it says, what state it is in, who has it now, what comes next, who did what when; and making a move. */
#include <sys/mman.h>
#include <unistd.h>

#include "base/rng.h"
#include "base/time.h"
#include "feature/feature.h"
#include "feature/show.h"
#include "rec/assignment.h"
#include "rec/event.h"
#include "rec/file.h"
#include "rec/flow.h"
#include "rec/receipt.h"
#include "rec/strip.h"

struct view { const struct type_def *type; int64_t id; struct right right; struct record rec; struct move_options options; };

static enum rc load(struct page *p, struct rx *rx, struct view *v)
{
	TRY(page_type(p, p->param[0], &v->type));
	TRY(page_id(p, p->param[1], &v->id));
	TRY(access_record(rx, v->type, v->id, &v->right));
	if (!v->right.see) return rx_missing(rx);
	TRY(record_read(rx, v->type, v->id, &v->right.fields, &v->rec));
	return flow_options(rx, v->type, &v->rec, &v->options);
}

static enum rc one_field(struct page *p, struct rx *rx, void *ctx, const struct field_def *f, struct str path, struct val v, struct val *out)
{
	(void)ctx;
	TRY(show_field(p, rx, f, v, out));
	VAL_SET(p->cx->arena, *out, "path", val_text(path));
	return RC_OK;
}

/* ---- who has it, and what comes next ---- */

static struct str who_text(struct page *p, const struct grant *g)
{
	bool zh = p->cx->lang == LANG_ZH;
	switch (g->who) {
	case WHO_ROLE: return label_of(p, &g->role->label);
	case WHO_SYSTEM: return zh ? STR("系统（到时自动办理）") : STR("the system, when the time comes");
	case WHO_PUBLIC: return zh ? STR("任何人") : STR("anybody");
	default: return zh ? STR("登录用户") : STR("any signed-in user");
	}
}

/* Each once, those in the list already too; the system only where nobody else makes the move. */
static void add_movers(struct page *p, const struct move_def *m, struct val list)
{
	bool people = false;
	for (int i = 0; i < m->n_by; i++) people = people || m->by[i].who != WHO_SYSTEM;
	for (int i = 0; i < m->n_by; i++) {
		if (people && m->by[i].who == WHO_SYSTEM) continue;
		struct val who = val_text(who_text(p, &m->by[i]));
		bool known = false;
		for (size_t k = 0; k < val_len(list); k++) known |= val_eq(val_at(list, k), who);
		if (!known) val_push(p->cx->arena, list, who);
	}
}

static struct str movers(struct page *p, const struct move_def *m)
{
	struct val list = val_list(p->cx->arena);
	add_movers(p, m, list);
	struct str *name = ARENA_ARRAY(p->cx->arena, struct str, val_len(list) + 1);
	size_t n = val_len(list);
	for (size_t i = 0; i < n; i++) name[i] = val_str(val_at(list, i));
	return str_join(p->cx->arena, name, n, p->cx->lang == LANG_ZH ? STR("、") : STR(", "));
}

/* Made by the system because another record's step calls for it: nobody waits for it. */
static bool called(const struct move_def *m)
{
	for (int i = 0; i < m->n_by; i++)
		if (m->by[i].who != WHO_SYSTEM || m->by[i].when) return false;
	return true;
}

static bool rewrites(const struct move_def *m)
{
	for (int i = 0; i < m->n_action; i++)
		if (m->action[i].kind == DO_SET && m->action[i].n_path) return true;
	return false;
}

static bool asks(const struct move_def *m, const struct check_list *checks)
{
	for (size_t i = 0; i < checks->n && flow_judges(m); i++)
		if (checks->v[i].check->level == LEVEL_WARNING) return true;
	return m->n_ask > 0 || m->reason || rewrites(m);
}

/* "…; two people must agree, one has" */
static struct str with_approvals(struct page *p, const struct move_option *o)
{
	struct str hint = label_of(p, &o->move->hint);
	if (o->needed < 2) return hint;
	if (p->cx->lang == LANG_ZH)
		return str_fmt(p->cx->arena, "%.*s%s须 %d 人同意，已有 %d 人同意；有修改或退回则重新计算", STRF(hint), hint.n ? "；" : "", o->needed, o->have);
	return str_fmt(p->cx->arena, "%.*s%s%d people must agree, %d have; a change or a send-back begins the count anew", STRF(hint), hint.n ? "; " : "",
		o->needed, o->have);
}

static void show_moves(struct page *p, const struct view *v, const struct check_list *checks)
{
	struct arena *a = p->cx->arena;
	struct val mine = val_list(a), next = val_list(a), holders = val_list(a);
	for (size_t i = 0; i < v->options.n; i++) {
		const struct move_option *o = &v->options.v[i];
		struct val m = val_map(a);
		if (called(o->move)) continue;
		VAL_SET(a, m, "stays", val_bool(o->move->to == v->rec.state));
		VAL_SET(a, m, "name", val_text(o->move->name));
		VAL_SET(a, m, "label", val_text(label_of(p, &o->move->label)));
		VAL_SET(a, m, "hint", val_text(with_approvals(p, o)));
		VAL_SET(a, m, "confirm", val_text(label_of(p, &o->move->confirm)));
		VAL_SET(a, m, "who", val_text(movers(p, o->move)));
		VAL_SET(a, m, "to", val_text(label_of(p, &o->move->to->label)));
		VAL_SET(a, m, "page", val_bool(asks(o->move, checks) || o->move->confirm.zh.n));
		VAL_SET(a, m, "link", val_text(str_fmt(a, "%.*s/%.*s", STRF(record_link(a, v->type, v->id)), STRF(o->move->name))));
		VAL_SET(a, m, "allowed", val_bool(o->allowed));
		VAL_SET(a, m, "tone", val_textz(o->move->to->tone == TONE_BAD ? "bad" : o->move->optional || o->move->reason ? "plain" : "good"));
		if (o->blocked) VAL_SET(a, m, "why", val_text(label_of(p, &o->blocked->why)));
		if (o->four_eyes) VAL_SET(a, m, "why", val_text(p->cx->lang == LANG_ZH ? STR("须由另一人办理") : STR("needs another person")));
		val_push(a, o->named ? mine : next, m);
		if (!o->move->optional) add_movers(p, o->move, holders);
	}
	VAL_SET(a, p->out, "moves", mine);
	VAL_SET(a, p->out, "next", next);
	VAL_SET(a, p->out, "holders", holders);
}

/* ---- history ---- */

/* Events keep JSON: whole numbers of a decimal field come back as such. */
static struct val typed(const struct field_def *f, struct val v)
{
	return f->kind == FIELD_DEC && v.kind == VAL_INT ? val_dec(v.i * DEC_ONE) : v;
}

static struct val changes_of(struct page *p, const struct view *v, const struct event *e)
{
	struct arena *a = p->cx->arena;
	struct val list = val_list(a);
	for (size_t i = 0; i < val_len(e->changes); i++) {
		struct str key = e->changes.map->v[i].key;
		struct val pair = e->changes.map->v[i].val, one = val_map(a);
		const struct field_def *f = type_field(v->type, key);
		const struct table_def *t = f ? NULL : type_table(v->type, key);
		if (f && mask_field(&v->right.fields, f)) {
			VAL_SET(a, one, "label", val_text(label_of(p, &f->label)));
			if (!f->sealed && f->kind != FIELD_REF && f->kind != FIELD_FILE) {
				VAL_SET(a, one, "before", val_text(show_text(p, f, typed(f, val_at(pair, 0)))));
				VAL_SET(a, one, "after", val_text(show_text(p, f, typed(f, val_at(pair, 1)))));
			}
		} else if (t && mask_table(&v->right.fields, t)) {
			VAL_SET(a, one, "label", val_text(label_of(p, &t->label)));
		} else {
			continue;
		}
		val_push(a, list, one);
	}
	return list;
}

static enum rc show_history(struct page *p, struct rx *rx, const struct view *v)
{
	struct arena *a = p->cx->arena;
	struct event_list events = { 0 };
	if (!mask_hides_who(&v->right.fields, v->type)) TRY(event_list(rx, v->type->name, v->id, &events));
	struct val list = val_list(a);
	const struct state_def *last = NULL;
	for (int i = 0; i < events.n; i++) {
		const struct event *e = &events.v[i];
		struct val one = val_map(a);
		const struct state_def *to = type_state(v->type, e->to);
		VAL_SET(a, one, "at", val_text(show_instant(p, e->at_ms)));
		VAL_SET(a, one, "at_ms", val_int(e->at_ms));
		VAL_SET(a, one, "who", val_text(p->viewer.account ? (p->cx->lang == LANG_ZH ? e->actor_zh : e->actor_en) : STR("")));
		VAL_SET(a, one, "act", val_text(show_act(p, v->type, e->act, e->move)));
		VAL_SET(a, one, "to", val_text(to ? label_of(p, &to->label) : STR("")));
		VAL_SET(a, one, "step", val_bool(to && to != last));
		if (to) last = to;
		VAL_SET(a, one, "reason", val_text(e->reason));
		VAL_SET(a, one, "changes", changes_of(p, v, e));
		val_push(a, list, one);
	}
	VAL_SET(a, p->out, "history", list);
	return RC_OK;
}

static enum rc show_receipts(struct page *p, struct rx *rx, const struct view *v)
{
	struct arena *a = p->cx->arena;
	struct receipts receipts = { 0 };
	struct val list = val_list(a);
	TRY(receipt_list(rx, v->type, v->id, &receipts));
	for (size_t i = 0; i < receipts.n; i++) {
		const struct receipt *r = &receipts.v[i];
		struct val one = val_map(a);
		VAL_SET(a, one, "number", val_text(r->number));
		VAL_SET(a, one, "at", val_text(show_instant(p, r->at_ms)));
		VAL_SET(a, one, "digest", val_text(r->digest));
		VAL_SET(a, one, "link", val_text(str_fmt(a, "/receipt/%.*s", STRF(r->number))));
		val_push(a, list, one);
	}
	if (receipts.n) VAL_SET(a, p->out, "receipts", list);
	return RC_OK;
}

/* ---- what refers here ---- */

static enum rc related_rows(struct page *p, struct rx *rx, const struct type_def *t, const struct field_def *ref, int64_t id, struct val one)
{
	struct arena *a = p->cx->arena;
	struct list_param param[] = { { ref->name, id_text(a, id) }, { STR("limit"), STR("8") } };
	struct list_query q;
	struct list_page page;
	TRY(list_parse(rx, t, param, 2, &q));
	TRY(list_read(rx, &q, &page));
	struct val rows = val_list(a);
	for (size_t i = 0; i < page.n; i++) {
		struct val row = val_map(a);
		struct str title = page.v[i].number;
		for (int c = 0; c < q.n_column; c++) {
			if (q.column[c] == t->title && !val_is_null(page.v[i].cell[c])) title = t->title->kind == FIELD_REF ? page.v[i].shown[c] : val_str(page.v[i].cell[c]);
			else if (q.column[c]->kind == FIELD_REF && q.column[c] != ref && page.v[i].shown[c].n && !title.n) title = page.v[i].shown[c];
		}
		VAL_SET(a, row, "title", val_text(title.n ? title : label_of(p, &t->label)));
		VAL_SET(a, row, "number", val_text(page.v[i].number));
		VAL_SET(a, row, "link", val_text(record_link(a, t, page.v[i].id)));
		VAL_SET(a, row, "state", show_state(p, page.v[i].state));
		val_push(a, rows, row);
	}
	VAL_SET(a, one, "rows", rows);
	VAL_SET(a, one, "more", val_bool(page.more));
	return RC_OK;
}

static enum rc show_related(struct page *p, struct rx *rx, const struct view *v)
{
	struct arena *a = p->cx->arena;
	struct val list = val_list(a), starts = val_list(a);
	for (int i = 0; i < p->region->n_type; i++) {
		const struct type_def *t = p->region->type[i];
		if (!access_type(rx, t)) continue;
		for (int k = 0; k < t->n_field; k++) {
			const struct field_def *f = t->field[k];
			if (f->ref != v->type || f->in_table || !field_stored(f)) continue;
			int64_t count;
			TRY(related_count(rx, t, f, v->id, &count));
			bool may_add = access_create(rx, t) && t != v->type;
			if (!count && !may_add) continue;
			struct val one = val_map(a);
			VAL_SET(a, one, "label", val_text(label_of(p, &t->label)));
			VAL_SET(a, one, "by", val_text(label_of(p, &f->label)));
			VAL_SET(a, one, "count", val_int(count));
			VAL_SET(a, one, "link", val_text(str_fmt(a, "/r/%.*s?%.*s=%.*s", STRF(t->name), STRF(f->name), STRF(id_text(a, v->id)))));
			if (may_add) VAL_SET(a, one, "add", val_text(str_fmt(a, "/r/%.*s/new?%.*s=%.*s", STRF(t->name), STRF(f->name), STRF(id_text(a, v->id)))));
			if (count) TRY(related_rows(p, rx, t, f, v->id, one));
			if (may_add) val_push(a, starts, one);
			val_push(a, list, one);
		}
	}
	VAL_SET(a, p->out, "related", list);
	if (!p->json) VAL_SET(a, p->out, "starts", starts);
	return RC_OK;
}

/* ---- the page ---- */

static struct val checks_val(struct page *p, const struct check_list *checks)
{
	static const char *const levels[] = { "error", "warning", "info" };
	struct arena *a = p->cx->arena;
	struct val list = val_list(a);
	for (size_t i = 0; i < checks->n; i++) {
		struct val one = val_map(a);
		VAL_SET(a, one, "level", val_textz(levels[checks->v[i].check->level]));
		VAL_SET(a, one, "name", val_text(checks->v[i].name));
		VAL_SET(a, one, "message", val_text(label_of(p, &checks->v[i].check->message)));
		VAL_SET(a, one, "shown", val_text(checks->v[i].shown));
		val_push(a, list, one);
	}
	return list;
}

static void show_missing(struct page *p, struct rx *rx, const struct view *v)
{
	struct arena *a = p->cx->arena;
	struct val list = val_list(a);
	struct fails keep = p->cx->fails;
	p->cx->fails = (struct fails){ 0 };
	(void)!form_complete(rx, v->type, &v->rec, v->rec.values);
	for (int i = 0; i < p->cx->fails.n; i++) {
		struct val one = val_map(a);
		const struct failure *f = &p->cx->fails.v[i];
		VAL_SET(a, one, "message", val_text(fail_message(f, p->cx->lang)));
		VAL_SET(a, one, "link", val_text(str_fmt(a, "%.*s/edit#f-%.*s", STRF(record_link(a, v->type, v->id)), STRF(f->where.field))));
		val_push(a, list, one);
	}
	p->cx->fails = keep;
	VAL_SET(a, p->out, "missing", list);
}

static enum rc show_head(struct page *p, struct rx *rx, const struct view *v)
{
	struct arena *a = p->cx->arena;
	struct str title = record_title(v->type, &v->rec);
	if (!title.n && v->type->title && v->type->title->kind == FIELD_REF) TRY(titles_read(rx, v->type, &v->id, 1, &title));
	VAL_SET(a, p->out, "type", show_type(p, v->type));
	VAL_SET(a, p->out, "id", val_text(id_text(a, v->id)));
	/* How often it was saved tells too. */
	VAL_SET(a, p->out, "rev", val_int(mask_hides_who(&v->right.fields, v->type) ? 0 : v->rec.rev));
	VAL_SET(a, p->out, "link", val_text(record_link(a, v->type, v->id)));
	VAL_SET(a, p->out, "number", val_text(v->rec.number));
	VAL_SET(a, p->out, "title", val_text(title.n ? title : v->rec.number.n ? v->rec.number : label_of(p, &v->type->label)));
	VAL_SET(a, p->out, "state", show_state(p, v->rec.state));
	VAL_SET(a, p->out, "sealed", val_bool(v->rec.sealed));
	int32_t due = 0;
	if (v->right.see && !v->rec.sealed && !mask_hides_who(&v->right.fields, v->type)) TRY(flow_due(rx, v->type, &v->rec, &due));
	if (due) VAL_SET(a, p->out, "due", val_text(date_text(a, due)));
	int64_t changed = mask_hides_who(&v->right.fields, v->type) ? instant_midnight(v->rec.changed_ms, p->region->zone_minutes) : v->rec.changed_ms;
	VAL_SET(a, p->out, "changed", val_text(show_instant(p, changed)));
	VAL_SET(a, p->out, "changed_ms", val_int(changed));
	VAL_SET(a, p->out, "can_edit", val_bool(v->right.edit));
	VAL_SET(a, p->out, "can_copy", val_bool(v->type->copies && access_create(rx, v->type)));
	VAL_SET(a, p->out, "can_delete", val_bool(record_deletable(rx, &v->right, &v->rec)));
	return RC_OK;
}

/* Ids as text, as everywhere in the API: 64 bits are more than a program's number may hold. */
static struct val values_val(struct arena *a, const struct type_def *t, const struct table_def *table, struct val values)
{
	struct val out = val_map(a);
	for (size_t i = 0; i < val_len(values); i++) {
		struct str name = values.map->v[i].key;
		struct val v = values.map->v[i].val;
		const struct field_def *f = table ? table_column(table, name) : type_field(t, name);
		const struct table_def *rows = table ? NULL : type_table(t, name);
		if (f && (f->kind == FIELD_REF || f->kind == FIELD_FILE) && !val_is_null(v)) v = val_text(id_text(a, v.i));
		if (rows && v.kind == VAL_LIST) {
			struct val list = val_list(a);
			for (size_t k = 0; k < val_len(v); k++) val_push(a, list, values_val(a, t, rows, val_at(v, k)));
			v = list;
		}
		val_set(a, out, name, v);
	}
	return out;
}

/* The assignments that this viewer runs for this round. */
static enum rc show_assignments(struct page *p, struct rx *rx, const struct view *v)
{
	struct arena *a = p->cx->arena;
	struct val list = val_list(a);
	for (int i = 0; i < p->region->n_assignment; i++) {
		const struct assignment_def *d = p->region->assignment[i];
		struct assignment_right right;
		struct val one = val_map(a);
		if (d->round != v->type) continue;
		TRY(assignment_right(rx, d, v->id, &right));
		if (!right.see) continue;
		VAL_SET(a, one, "label", val_text(label_of(p, &d->label)));
		VAL_SET(a, one, "link", val_text(str_fmt(a, "/assignment/%.*s/%.*s", STRF(d->name), STRF(id_text(a, v->id)))));
		val_push(a, list, one);
	}
	if (!p->json) VAL_SET(a, p->out, "assignments", list);
	return RC_OK;
}

/* Where the scores of this record's group are, for staff who see the sheets; and what the comparing of its text found. */
static void show_scorings(struct page *p, const struct rx *rx, const struct view *v)
{
	struct arena *a = p->cx->arena;
	struct val list = val_list(a);
	for (int i = 0; i < p->region->n_scoring && page_is_staff(p); i++) {
		const struct scoring_def *s = p->region->scoring[i];
		if (s->group->ref != v->type || !access_type(rx, s->sheet)) continue;
		struct val one = val_map(a);
		VAL_SET(a, one, "label", val_text(label_of(p, &s->label)));
		VAL_SET(a, one, "link", val_text(str_fmt(a, "/scoring/%.*s/%.*s", STRF(s->name), STRF(id_text(a, v->id)))));
		val_push(a, list, one);
	}
	for (int i = 0; i < v->type->n_field; i++) {
		const struct field_def *f = v->type->field[i];
		struct str link = similar_link(a, f, v->id);
		if (!link.n || !mask_field(&v->right.fields, f) || val_is_null(val_get(v->rec.values, f->name))) continue;
		val_push(a, list, VAL_OF(a, { STR("label"), val_text(label_of(p, &f->compute->similar->label)) }, { STR("link"), val_text(link) }));
	}
	VAL_SET(a, p->out, "scorings", list);
}

/* A draft that no step out of it will file (a review that was declined) is not held to be complete. */
static bool will_be_judged(const struct view *v)
{
	for (size_t i = 0; i < v->options.n; i++)
		if (flow_judges(v->options.v[i].move)) return true;
	return !v->rec.state->draft;
}

/* Of what is filed, sections of nothing but empty tables are named in one line instead of standing there one by one. */
static void mark_bare(struct page *p, const struct view *v, struct val sections)
{
	bool any = false;
	for (size_t i = 0; i < val_len(sections) && !v->rec.state->draft; i++) {
		struct val s = val_at(sections, i), tables = VAL_GET(s, "tables");
		bool bare = !val_len(VAL_GET(s, "fields")) && val_len(tables);
		for (size_t k = 0; k < val_len(tables); k++) bare = bare && !val_len(VAL_GET(val_at(tables, k), "rows")) && !VAL_GET(val_at(tables, k), "is_criteria").b;
		VAL_SET(p->cx->arena, s, "bare", val_bool(bare));
		any = any || bare;
	}
	VAL_SET(p->cx->arena, p->out, "bare", val_bool(any));
}

static enum rc fill(struct page *p, struct rx *rx, struct view *v)
{
	struct arena *a = p->cx->arena;
	struct val sections;
	struct check_list checks = { 0 };
	TRY(show_head(p, rx, v));
	TRY(show_assignments(p, rx, v));
	TRY(show_sections(p, rx, v->type, &v->right.fields, v->rec.values, one_field, NULL, &sections));
	if (!p->json) mark_bare(p, v, sections);
	VAL_SET(a, p->out, "sections", sections);
	if (p->json) VAL_SET(a, p->out, "values", values_val(a, v->type, NULL, v->rec.values));
	if (!v->rec.sealed && v->type->n_check) TRY(form_checks(rx, v->type, &v->rec, v->rec.values, &checks));
	if (v->right.edit || (p->viewer.account && will_be_judged(v))) VAL_SET(a, p->out, "checks", checks_val(p, &checks));
	if (v->right.edit && v->rec.state->draft) show_missing(p, rx, v);
	show_moves(p, v, &checks);
	show_scorings(p, rx, v);
	TRY(show_history(p, rx, v));
	TRY(show_receipts(p, rx, v));
	return show_related(p, rx, v);
}

enum rc record_fill(struct page *p)
{
	struct rx rx = page_rx(p);
	struct view v;
	TRY(load(p, &rx, &v));
	return fill(p, &rx, &v);
}

static enum rc view_page(struct page *p)
{
	bool pdf = str_ends(p->param[1], STR(".pdf"));
	if (pdf) p->param[1] = str_sub(p->param[1], 0, p->param[1].n - 4);
	TRY(record_fill(p));
	return pdf ? record_pdf(p) : RC_OK;
}

/* ---- moves ---- */

static const struct move_option *chosen(const struct view *v, struct str name)
{
	for (size_t i = 0; i < v->options.n; i++)
		if (str_eq(v->options.v[i].move->name, name)) return &v->options.v[i];
	return NULL;
}

static enum rc ask_fields(struct page *p, struct rx *rx, const struct view *v, const struct move_def *m)
{
	struct arena *a = p->cx->arena;
	struct val fields = val_list(a);
	for (int i = 0; i < m->n_ask; i++) {
		struct val one;
		struct str typed_text = http_form(p->req, str_z(a, m->ask[i]->name));
		TRY(form_input(p, rx, m->ask[i], m->ask[i]->name, val_get(v->rec.values, m->ask[i]->name), typed_text, &one));
		VAL_SET(a, one, "required", val_bool(m->ask_required[i]));
		val_push(a, fields, one);
	}
	VAL_SET(a, p->out, "fields", fields);
	return RC_OK;
}

/* Rows of a table as lines of text. */
static struct val effect_lines(struct page *p, const struct table_def *t, struct val rows)
{
	struct arena *a = p->cx->arena;
	struct val list = val_list(a);
	for (size_t i = 0; i < val_len(rows); i++) {
		struct buf b = BUF(a, 4000);
		for (int k = 0; k < t->n_column; k++) {
			struct val v = val_get(val_at(rows, i), t->column[k]->name);
			if (val_is_null(v) || t->column[k]->kind == FIELD_REF || t->column[k]->kind == FIELD_FILE) continue;
			struct str text = show_text(p, t->column[k], v), label = label_of(p, &t->column[k]->label);
			buf_fmt(&b, "%s%.*s %.*s", b.n ? (p->cx->lang == LANG_ZH ? "，" : ", ") : "", STRF(label), STRF(text));
		}
		val_push(a, list, val_text(buf_str(&b)));
	}
	return list;
}

static enum rc effect_field(struct page *p, struct rx *rx, const struct field_def *f, struct val v, struct val *out)
{
	struct val shown;
	TRY(show_field(p, rx, f, v, &shown));
	*out = val_list(p->cx->arena);
	if (!val_is_null(v)) val_push(p->cx->arena, *out, VAL_GET(shown, "text"));
	return RC_OK;
}

/* What the move writes into other records: before, and after. What stays as it is is not listed. */
static enum rc show_effects(struct page *p, struct rx *rx, const struct view *v, const struct move_def *m)
{
	struct arena *a = p->cx->arena;
	struct val list = val_list(a);
	struct effects effects;
	TRY(flow_effects(rx, v->type, &v->rec, m, &effects));
	for (size_t i = 0; i < effects.n; i++) {
		const struct effect *x = &effects.v[i];
		const struct action_set *s = &x->action->set;
		struct val one = val_map(a), before = VNULL, after = VNULL;
		if (s->table) before = effect_lines(p, s->table, x->before), after = effect_lines(p, s->table, x->after);
		else {
			TRY(effect_field(p, rx, s->field, x->before, &before));
			TRY(effect_field(p, rx, s->field, x->after, &after));
		}
		if (val_eq(before, after)) continue;
		VAL_SET(a, one, "where", val_text(label_of(p, &x->type->label)));
		VAL_SET(a, one, "title", val_text(x->title));
		VAL_SET(a, one, "link", val_text(record_link(a, x->type, x->id)));
		VAL_SET(a, one, "label", val_text(label_of(p, s->table ? &s->table->label : &s->field->label)));
		VAL_SET(a, one, "before", before);
		VAL_SET(a, one, "after", after);
		val_push(a, list, one);
	}
	VAL_SET(a, p->out, "effects", list);
	return RC_OK;
}

static enum rc move_show(struct page *p, struct rx *rx, struct view *v, const struct move_option *o)
{
	struct arena *a = p->cx->arena;
	struct val m = val_map(a), warnings = val_list(a);
	struct check_list checks = { 0 };
	TRY(show_head(p, rx, v));
	VAL_SET(a, m, "name", val_text(o->move->name));
	VAL_SET(a, m, "label", val_text(label_of(p, &o->move->label)));
	VAL_SET(a, m, "hint", val_text(label_of(p, &o->move->hint)));
	VAL_SET(a, m, "confirm", val_text(label_of(p, &o->move->confirm)));
	VAL_SET(a, m, "to", val_text(label_of(p, &o->move->to->label)));
	VAL_SET(a, m, "reason", val_bool(o->move->reason));
	VAL_SET(a, p->out, "move", m);
	VAL_SET(a, p->out, "reason_typed", val_text(http_form(p->req, "reason")));
	if (flow_judges(o->move) && v->rec.state->draft) TRY(form_checks(rx, v->type, &v->rec, v->rec.values, &checks));
	struct val all = checks_val(p, &checks);
	for (size_t i = 0; i < val_len(all); i++) {
		struct val one = val_at(all, i);
		if (!str_is(val_str(VAL_GET(one, "level")), "warning")) continue;
		struct str field = str_fmt(a, "note.%.*s", STRF(val_str(VAL_GET(one, "name"))));
		VAL_SET(a, one, "field", val_text(field));
		VAL_SET(a, one, "typed", val_text(http_form(p->req, str_z(a, field))));
		val_push(a, warnings, one);
	}
	VAL_SET(a, p->out, "warnings", warnings);
	TRY(show_effects(p, rx, v, o->move));
	p->template = "record_move.html";
	return ask_fields(p, rx, v, o->move);
}

static enum rc move_page(struct page *p)
{
	struct rx rx = page_rx(p);
	struct view v;
	TRY(load(p, &rx, &v));
	const struct move_option *o = chosen(&v, p->param[2]);
	if (!o || !o->named) return rx_missing(&rx);
	return move_show(p, &rx, &v, o);
}

/* After a refusal the page comes back with what was typed. */
static enum rc moved(struct page *p, enum rc rc, struct val reply)
{
	struct rx rx = page_rx(p);
	struct view v;
	if (rc == RC_OK) {
		const struct type_def *t = region_type(p->region, p->param[0]);
		const struct move_def *m = t ? type_move(t, p->param[2]) : NULL;
		bool waits = m && m->approvals && !str_eq(val_str(VAL_GET(reply, "state")), m->to->name);
		p->out = p->json ? reply : p->out;
		p->redirect = str_fmt(p->cx->arena, "/r/%.*s/%.*s?done=%.*s", STRF(p->param[0]), STRF(p->param[1]), STRF(waits ? STR("agreed") : p->param[2]));
		return RC_OK;
	}
	if (p->json || load(p, &rx, &v) != RC_OK) return rc;
	p->shown = true;
	p->template = "record.html";
	const struct move_option *o = chosen(&v, p->param[2]);
	if (o && o->named && rc == RC_INVALID) TRY(move_show(p, &rx, &v, o));
	else TRY(fill(p, &rx, &v));
	return rc;
}

static enum rc move_make(struct page *p)
{
	struct arena *a = p->cx->arena;
	const struct type_def *t;
	int64_t id;
	TRY(page_type(p, p->param[0], &t));
	TRY(page_id(p, p->param[1], &id));
	struct val args = val_map(a), notes = val_map(a), body = page_body(p);
	if (p->cx->fails.errors) return RC_INVALID;
	enum rc files = form_files_strip(p, t);
	if (files != RC_OK) return moved(p, files, VNULL);
	for (int i = 0; i < p->req->n_form; i++)
		if (str_starts(p->req->form[i].name, STR("note.")))
			val_set(a, notes, str_sub(p->req->form[i].name, 5, p->req->form[i].name.n), val_text(p->req->form[i].value));
	bool json = body.kind == VAL_MAP;
	VAL_SET(a, args, "type", val_text(t->name));
	VAL_SET(a, args, "id", val_int(id));
	VAL_SET(a, args, "move", val_text(p->param[2]));
	VAL_SET(a, args, "rev", json ? VAL_GET(body, "rev") : val_text(http_form(p->req, "_rev")));
	VAL_SET(a, args, "reason", json ? VAL_GET(body, "reason") : val_text(http_form(p->req, "reason")));
	VAL_SET(a, args, "values", form_raw(p, t));
	VAL_SET(a, args, "notes", json ? VAL_GET(body, "notes") : notes);
	VAL_SET(a, args, "files", form_files(p));
	page_command(p, "record.move", args);
	p->then = moved;
	return RC_OK;
}

/* ---- files ---- */

/* What is opened or stripped in memory goes out from there: never onto the disk. */
static enum rc in_memory(struct cx *cx, struct str content, int *fd)
{
	int f = memfd_create("file", MFD_CLOEXEC);
	size_t done = 0;
	while (f >= 0 && done < content.n) {
		ssize_t n = write(f, content.p + done, content.n - done);
		if (n <= 0) break;
		done += (size_t)n;
	}
	if (f >= 0 && done == content.n) return *fd = f, RC_OK;
	if (f >= 0) close(f);
	return fail(cx, RC_IO, "file.read", NOWHERE, "读取文件失败", "cannot read the file");
}

static enum rc open_file(struct rx *rx, int64_t id, struct file_info *info, int *fd)
{
	struct cx *cx = rx->cx, own = *cx;
	struct rx big = *rx;
	struct file_info found;
	struct str content = STR("");
	own.arena = arena_new(STRIP_ARENA);
	own.fails = (struct fails){ 0 };
	big.cx = &own;
	enum rc rc = file_open(&big, id, &found, fd, &content);
	if (rc == RC_OK && *fd < 0) rc = in_memory(cx, content, fd);
	else if (rc == RC_MISSING) rc = rx_missing(rx);
	else if (rc == RC_INVALID || rc == RC_LIMIT) fail_copy(cx, &own.fails);
	else if (rc != RC_OK) rc = fail(cx, rc, "file.read", NOWHERE, "读取文件失败", "cannot read the file");
	if (rc == RC_OK) {
		*info = found;
		info->name = str_dup(cx->arena, found.name);
		info->kind = str_dup(cx->arena, found.kind);
	}
	arena_free(own.arena);
	return rc;
}

static enum rc file_page(struct page *p)
{
	struct rx rx = page_rx(p);
	struct arena *a = p->cx->arena;
	struct file_info info;
	int64_t id;
	int fd;
	TRY(page_id(p, p->param[0], &id));
	TRY(open_file(&rx, id, &info, &fd));
	struct buf name = BUF(a, info.name.n * 3 + 1);
	for (size_t i = 0; i < info.name.n; i++) {
		unsigned char c = (unsigned char)info.name.p[i];
		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_') buf_c(&name, (char)c);
		else buf_fmt(&name, "%%%02X", c);
	}
	p->raw = (struct http_reply){ .status = 200, .file_fd = fd, .file_bytes = lseek(fd, 0, SEEK_END), .type = str_c(file_media_type(info.kind)) };
	http_reply_header(&p->raw, STR("Content-Disposition"),
		str_fmt(a, "attachment; filename=\"%.*s.%.*s\"; filename*=UTF-8''%.*s", STRF(info.field), STRF(info.kind), STRF(buf_str(&name))));
	return RC_OK;
}

const struct route record_view_routes[] = {
	{ "GET", "/file/:id", NEED_NOTHING, NULL, file_page, "一个文件，限于能看到所属栏目的人", "A file, for those who see the field it belongs to", "read" },
	{ "GET", "/r/:type/:id", NEED_NOTHING, "record.html", view_page, "一条记录：内容、状态、下一步与经过；加 .pdf 得 PDF", "One record: content, state, next steps and history; as a PDF with .pdf added", "read" },
	{ "GET", "/r/:type/:id/:move", NEED_SIGNED, "record_move.html", move_page, "办理一步前要填写的内容", "What a move asks before it is made", "read" },
	{ "POST", "/r/:type/:id/:move", NEED_SIGNED, "record.html", move_make, "办理一步", "Make a move", "write" },
	{ 0 },
};

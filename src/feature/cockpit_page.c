/* The cockpit: of every type what stands where, how long a step takes, what is late and with whom, who does how much. Every figure leads
   to its list. */
#include "base/rng.h"
#include "base/time.h"
#include "feature/feature.h"
#include "feature/show.h"
#include "feature/svg_chart.h"
#include "rec/progress.h"

enum { SPLIT_ROWS = 100 };

static struct str duration_text(struct page *p, int64_t ms)
{
	bool zh = p->cx->lang == LANG_ZH;
	struct arena *a = p->cx->arena;
	if (ms < 0) return STR("");
	if (ms < MINUTE_MS) return zh ? STR("不到 1 分钟") : STR("under a minute");
	if (ms < 60 * MINUTE_MS) return str_fmt(a, zh ? "%lld 分钟" : "%lld min", (long long)(ms / MINUTE_MS));
	if (ms < DAY_MS) return str_fmt(a, zh ? "%lld 小时" : "%lld h", (long long)(ms / (60 * MINUTE_MS)));
	return str_fmt(a, zh ? "%lld 天" : "%lld days", (long long)((ms + DAY_MS / 2) / DAY_MS));
}

static struct str list_link(struct page *p, const struct type_def *t, const struct state_def *s)
{
	return str_fmt(p->cx->arena, "/r/%.*s?state=%.*s", STRF(t->name), STRF(s->name));
}

/* Whose step is next in a state: the roles of the moves out of it that are not optional; the system where there are none. `org`: one of them only for its own organisation. */
static struct str holders(struct page *p, const struct state_def *s, const struct type_def *t, bool *org)
{
	struct str name[DEF_ROLES_MAX];
	size_t n = 0;
	bool system = false;
	*org = false;
	for (int i = 0; i < t->n_move; i++) {
		const struct move_def *m = t->move[i];
		bool leaves = false;
		for (int k = 0; k < m->n_from; k++) leaves = leaves || m->from[k] == s;
		for (int k = 0; k < m->n_by && leaves && !m->optional; k++) {
			const struct grant *g = &m->by[k];
			struct str who = g->who == WHO_ROLE ? label_of(p, &g->role->label) : STR("");
			system = system || g->who == WHO_SYSTEM;
			bool known = !who.n;
			for (size_t j = 0; j < n; j++) known = known || str_eq(name[j], who);
			if (!known && n < DEF_ROLES_MAX) name[n++] = who;
			*org = *org || g->scope != SCOPE_ALL;
		}
	}
	if (!n && system) return p->cx->lang == LANG_ZH ? STR("系统") : STR("the system");
	return str_join(p->cx->arena, name, n, p->cx->lang == LANG_ZH ? STR("、") : STR(", "));
}

/* ---- all types ---- */

static enum rc all_page(struct page *p)
{
	struct rx rx = page_rx(p);
	struct arena *a = p->cx->arena;
	struct val list = val_list(a);
	for (int i = 0; i < p->region->n_type; i++) {
		const struct type_def *t = p->region->type[i];
		int64_t *count = ARENA_ARRAY(a, int64_t, (size_t)t->n_state + 1), all = 0, open = 0;
		if (t->registry || !t->n_move || !access_type(&rx, t)) continue;
		TRY(progress_counts(&rx, t, count));
		struct val one = show_type(p, t), states = val_list(a);
		for (int s = 0; s < t->n_state; s++) {
			all += count[s];
			if (!t->state[s]->final) open += count[s];
			if (!count[s]) continue;
			struct val v = show_state(p, t->state[s]);
			VAL_SET(a, v, "count", val_int(count[s]));
			VAL_SET(a, v, "list", val_text(list_link(p, t, t->state[s])));
			val_push(a, states, v);
		}
		if (!all) continue;
		VAL_SET(a, one, "all", val_int(all));
		VAL_SET(a, one, "open", val_int(open));
		VAL_SET(a, one, "states", states);
		VAL_SET(a, one, "cockpit", val_text(str_fmt(a, "/cockpit/%.*s", STRF(t->name))));
		val_push(a, list, one);
	}
	VAL_SET(a, p->out, "types", list);
	return RC_OK;
}

/* ---- one type ---- */

static void show_steps(struct page *p, const struct type_def *t, const struct progress *x)
{
	struct arena *a = p->cx->arena;
	struct val list = val_list(a);
	int64_t all = 0, ended = 0;
	for (int i = 0; i < t->n_state; i++) {
		const struct progress_step *s = &x->step[i];
		struct val one = show_state(p, t->state[i]);
		bool org;
		all += s->now;
		ended += s->ended;
		VAL_SET(a, one, "now", val_int(s->now));
		VAL_SET(a, one, "list", val_text(list_link(p, t, t->state[i])));
		VAL_SET(a, one, "ended", val_int(s->ended));
		if (s->ended) {
			VAL_SET(a, one, "median", val_text(duration_text(p, s->median_ms)));
			VAL_SET(a, one, "high", val_text(duration_text(p, s->high_ms)));
			VAL_SET(a, one, "median_ms", val_int(s->median_ms));
			VAL_SET(a, one, "high_ms", val_int(s->high_ms));
		}
		VAL_SET(a, one, "late", val_int(s->late));
		if (!t->state[i]->final) VAL_SET(a, one, "holders", val_text(holders(p, t->state[i], t, &org)));
		val_push(a, list, one);
	}
	VAL_SET(a, p->out, "steps", list);
	VAL_SET(a, p->out, "all", val_int(all));
	VAL_SET(a, p->out, "timed", val_bool(ended > 0));
}

static enum rc show_late(struct page *p, struct rx *rx, const struct type_def *t, const struct progress *x)
{
	struct arena *a = p->cx->arena;
	struct val list = val_list(a);
	const struct type_def *orgs = region_type(p->region, STR("org"));
	int64_t id[PROGRESS_LATE_MAX] = { 0 }, org[PROGRESS_LATE_MAX] = { 0 };
	struct record_head head[PROGRESS_LATE_MAX];
	struct str name[PROGRESS_LATE_MAX];
	for (int i = 0; i < x->n_late; i++) id[i] = x->late[i].id;
	TRY(record_heads(rx, t, id, x->n_late, head));
	for (int i = 0; i < x->n_late; i++) org[i] = head[i].org, name[i] = STR("");
	if (orgs) TRY(titles_read(rx, orgs, org, x->n_late, name));
	for (int i = 0; i < x->n_late; i++) {
		struct val one = val_map(a);
		bool own;
		struct str who = holders(p, x->late[i].state, t, &own);
		VAL_SET(a, one, "title", val_text(head[i].title.n ? head[i].title : head[i].number.n ? head[i].number : label_of(p, &t->label)));
		VAL_SET(a, one, "number", val_text(head[i].number));
		VAL_SET(a, one, "link", val_text(record_link(a, t, id[i])));
		VAL_SET(a, one, "state", show_state(p, x->late[i].state));
		VAL_SET(a, one, "for", val_text(duration_text(p, p->cx->now_ms - x->late[i].since_ms)));
		if (x->late[i].due) VAL_SET(a, one, "due", val_text(date_text(a, x->late[i].due)));
		VAL_SET(a, one, "usual", val_text(duration_text(p, x->step[x->late[i].state->index].high_ms)));
		VAL_SET(a, one, "with", val_text(own && name[i].n ? str_fmt(a, "%.*s · %.*s", STRF(who), STRF(name[i])) : who));
		val_push(a, list, one);
	}
	VAL_SET(a, p->out, "late", list);
	VAL_SET(a, p->out, "late_all", val_int(x->late_all));
	return RC_OK;
}

static void show_people(struct page *p, const struct progress *x)
{
	struct arena *a = p->cx->arena;
	struct val list = val_list(a);
	for (int i = 0; i < x->n_person; i++) {
		struct val one = val_map(a);
		VAL_SET(a, one, "name", val_text(p->cx->lang == LANG_EN && x->person[i].name_en.n ? x->person[i].name_en : x->person[i].name_zh));
		VAL_SET(a, one, "moves", val_int(x->person[i].moves));
		val_push(a, list, one);
	}
	VAL_SET(a, p->out, "people", list);
	VAL_SET(a, p->out, "days", val_int(PROGRESS_DAYS));
}

static struct str split_label(struct page *p, const struct field_def *f, struct val v, struct str title)
{
	if (val_is_null(v)) return p->cx->lang == LANG_ZH ? STR("未填") : STR("Not filled in");
	if (f->kind == FIELD_CODE) return show_text(p, f, v);
	return title.n ? title : p->cx->lang == LANG_ZH ? STR("（无权查看）") : STR("(not visible to you)");
}

/* States in which no record stands have no column. */
static struct val split_row(struct page *p, const struct type_def *t, const struct field_def *f, const struct progress_row *row, const struct progress *x, struct str title)
{
	struct arena *a = p->cx->arena;
	struct val one = val_map(a), cells = val_list(a);
	struct str key = f->kind == FIELD_REF && !val_is_null(row->value) ? id_text(a, val_i64(row->value)) : val_str(row->value);
	struct str filter = key.n ? str_fmt(a, "%.*s=%.*s", STRF(f->name), STRF(key)) : str_fmt(a, "%.*s.empty=1", STRF(f->name));
	VAL_SET(a, one, "label", val_text(split_label(p, f, row->value, title)));
	if (f->kind == FIELD_REF && title.n) VAL_SET(a, one, "link", val_text(record_link(a, f->ref, val_i64(row->value))));
	VAL_SET(a, one, "sum", val_int(row->sum));
	VAL_SET(a, one, "list", val_text(str_fmt(a, "/r/%.*s?%.*s", STRF(t->name), STRF(filter))));
	for (int i = 0; i < t->n_state; i++) {
		struct val cell = val_map(a);
		VAL_SET(a, cell, "count", val_int(row->count[i]));
		VAL_SET(a, cell, "shown", val_bool(x->step[i].now > 0));
		VAL_SET(a, cell, "list", val_text(str_fmt(a, "/r/%.*s?state=%.*s&%.*s", STRF(t->name), STRF(t->state[i]->name), STRF(filter))));
		val_push(a, cells, cell);
	}
	VAL_SET(a, one, "cells", cells);
	return one;
}

/* By a field: the one asked for, or the first ref of the list's columns, or none. */
static const struct field_def *split_field(struct page *p, const struct type_def *t)
{
	struct str by = http_query(p->req, "by");
	const struct field_def *f = by.n ? type_field(t, by) : NULL;
	if (f) return progress_splits(t, f) ? f : NULL;
	for (int i = 0; i < t->n_field && !by.n; i++)
		if (t->field[i]->kind == FIELD_REF && progress_splits(t, t->field[i]) && !t->field[i]->ref->registry) return t->field[i];
	return NULL;
}

static enum rc show_split(struct page *p, struct rx *rx, const struct type_def *t, const struct progress *x)
{
	struct arena *a = p->cx->arena;
	struct val choices = val_list(a), rows = val_list(a);
	const struct field_def *f = split_field(p, t);
	for (int i = 0; i < t->n_field; i++) {
		struct val one = val_map(a);
		if (!progress_splits(t, t->field[i])) continue;
		VAL_SET(a, one, "name", val_text(t->field[i]->name));
		VAL_SET(a, one, "label", val_text(label_of(p, &t->field[i]->label)));
		VAL_SET(a, one, "selected", val_bool(t->field[i] == f));
		val_push(a, choices, one);
	}
	VAL_SET(a, p->out, "splits", choices);
	VAL_SET(a, p->out, "split", rows);
	if (!f) return RC_OK;
	struct progress_rows by;
	int64_t id[SPLIT_ROWS] = { 0 };
	struct str title[SPLIT_ROWS];
	TRY(progress_by(rx, t, f, &by));
	int n = by.n < SPLIT_ROWS ? (int)by.n : SPLIT_ROWS;
	for (int i = 0; i < n; i++) id[i] = f->kind == FIELD_REF ? val_i64(by.v[i].value) : 0, title[i] = STR("");
	if (f->kind == FIELD_REF) TRY(titles_read(rx, f->ref, id, n, title));
	for (int i = 0; i < n; i++) val_push(a, rows, split_row(p, t, f, &by.v[i], x, title[i]));
	VAL_SET(a, p->out, "split_label", val_text(label_of(p, &f->label)));
	VAL_SET(a, p->out, "split_more", val_bool(by.n > SPLIT_ROWS));
	return RC_OK;
}

static enum rc one_page(struct page *p)
{
	struct rx rx = page_rx(p);
	struct arena *a = p->cx->arena;
	const struct type_def *t;
	struct progress x;
	TRY(page_type(p, p->param[0], &t));
	if (!access_type(&rx, t)) return rx_missing(&rx);
	TRY(progress_read(&rx, t, &x));
	VAL_SET(a, p->out, "type", show_type(p, t));
	VAL_SET(a, p->out, "cockpit", val_text(str_fmt(a, "/cockpit/%.*s", STRF(t->name))));
	show_steps(p, t, &x);
	TRY(show_late(p, &rx, t, &x));
	show_people(p, &x);
	VAL_SET(a, p->out, "cut", val_bool(x.cut));
	return show_split(p, &rx, t, &x);
}

/* "funnel": how many stand where; "times": half of them (bar) and nine tenths (line) took no longer. */
static enum rc chart(struct page *p)
{
	struct rx rx = page_rx(p);
	struct arena *a = p->cx->arena;
	const struct type_def *t;
	struct progress x;
	TRY(page_type(p, p->param[0], &t));
	bool times = str_is(p->param[1], "times");
	if (!access_type(&rx, t) || (!times && !str_is(p->param[1], "funnel"))) return rx_missing(&rx);
	TRY(progress_read(&rx, t, &x));
	struct chart_bar *bar = ARENA_ARRAY(a, struct chart_bar, (size_t)t->n_state + 1);
	int n = 0;
	for (int i = 0; i < t->n_state; i++) {
		const struct progress_step *s = &x.step[i];
		struct chart_bar one = { .label = label_of(p, &t->state[i]->label), .tone = (int)t->state[i]->tone, .value = s->now, .text = str_fmt(a, "%lld", (long long)s->now) };
		if (times) {
			one.value = s->median_ms < 0 ? 0 : s->median_ms;
			one.more = s->high_ms;
			one.text = s->median_ms < 0 ? STR("—") : str_fmt(a, "%.*s / %.*s", STRF(duration_text(p, s->median_ms)), STRF(duration_text(p, s->high_ms)));
		}
		if (!times || !t->state[i]->final) bar[n++] = one;
	}
	struct buf out = BUF(a, 1 << 20);
	bars_chart(&out, label_of(p, &t->label), bar, n);
	p->raw = (struct http_reply){ .status = 200, .type = STR("image/svg+xml"), .body = buf_str(&out) };
	return RC_OK;
}

const struct route cockpit_routes[] = {
	{ "GET", "/cockpit", NEED_STAFF, "cockpit.html", all_page, "办理情况总览：各类记录各在哪一步", "Cockpit: what stands where, of every type", "read" },
	{ "GET", "/cockpit/:type", NEED_STAFF, "cockpit_type.html", one_page, "一类记录的办理情况：漏斗、用时、超期、工作量", "Cockpit of a type: funnel, times, what is late, workload", "read" },
	{ "GET", "/cockpit/:type/:chart", NEED_STAFF, "error.html", chart, "办理情况的图（SVG）", "The cockpit's charts (SVG)", "read" },
	{ 0 },
};

#include "rec/statements.h"

#include "def/assignment.h"
#include "rec/query_inner.h"
#include "rec/access.h"
#include "rec/scene_play.h"

struct trying { struct cx *cx; struct rx rx; struct cx own; int refused; };

/* Somebody who holds every role, so that no part of a right is left out. */
static struct viewer everybody(const struct region *r)
{
	struct viewer v = { .account = 1, .person = 1, .org = 1, .division = r->division, .login = STR("-"), .name_zh = STR("-"), .name_en = STR("-") };
	for (int i = 0; i < r->n_role; i++) v.roles |= (uint64_t)1 << r->role[i]->index;
	return v;
}

/* Is it taken? `built` is how far writing it went. */
static bool taken(struct trying *t, enum rc built, struct query *q)
{
	struct rows *rows;
	enum rc rc = built == RC_OK ? query_rows(q, &rows) : built;
	if (rc == RC_OK) rows_done(rows);
	return rc == RC_OK;
}

static void refuse(struct trying *t, struct where at, struct str what_zh, struct str what_en)
{
	const struct failure *f = t->own.fails.n ? &t->own.fails.v[t->own.fails.n - 1] : NULL;
	struct arena *a = t->cx->arena;
	t->refused++;
	(void)fail_text(t->cx, RC_INVALID, "def.statement", at, str_fmt(a, "%.*s写成数据库语句后，数据库不接受：%.*s", STRF(what_zh), STRF(f ? f->zh : STR(""))),
		str_fmt(a, "as a statement the database refuses %.*s: %.*s", STRF(what_en), STRF(f ? f->en : STR(""))));
	fail_hint(t->cx, "条件嵌套过深或过长：请拆成几条，或改用更短的写法", "it is nested too deep or too long: divide it, or write it shorter");
}

static struct query start(struct trying *t, const struct type_def *type)
{
	fail_clear(&t->own);
	return query_new(&t->rx, type);
}

static enum rc from_type(struct query *q)
{
	Q(q, " FROM ");
	query_table(q, q->type, 0);
	return RC_OK;
}

static bool grant_taken(struct trying *t, const struct type_def *type, const struct grant *g)
{
	struct query q = start(t, type);
	Q(&q, "SELECT ");
	enum rc rc = access_grant(&q, g);
	if (rc == RC_OK) rc = from_type(&q);
	return taken(t, rc, &q);
}

static enum rc whole_right(struct query *q, enum access_act act)
{
	struct mask_plan plan;
	Q(q, "SELECT ");
	query_column(q, 0, "id");
	TRY(access_columns(q, act, &plan));
	TRY(from_type(q));
	Q(q, " WHERE ");
	return access_where(q, act);
}

/* All at once, as lists ask; only where that is refused each grant by itself, so that the one in the way is named. */
static void try_rights(struct trying *t, const struct type_def *type)
{
	for (int act = 0; act < ACT_CREATE; act++) {
		struct query q = start(t, type);
		int before = t->refused;
		if (taken(t, whole_right(&q, (enum access_act)act), &q)) continue;
		for (int i = 0; i < type->n_grant[act]; i++)
			if (!grant_taken(t, type, type->grant[act][i])) refuse(t, type->grant[act][i]->at, STR("这条权限"), STR("this right"));
		if (t->refused == before)
			refuse(t, type->at, str_fmt(t->cx->arena, "“%.*s”的全部权限合起来", STRF(type->label.zh)),
				str_fmt(t->cx->arena, "all rights to “%.*s” together", STRF(label_text(&type->label, LANG_EN))));
	}
}

static bool expr_taken(struct trying *t, const struct type_def *type, const struct expr *e)
{
	struct query q = start(t, type);
	Q(&q, "SELECT ");
	enum rc rc = query_expr(&q, e);
	if (rc == RC_OK) rc = from_type(&q);
	return taken(t, rc, &q);
}

static void try_expr(struct trying *t, const struct type_def *type, const struct expr *e, struct where at, const char *zh, const char *en)
{
	if (e && !expr_taken(t, type, e)) refuse(t, at, str_c(zh), str_c(en));
}

/* A move with who makes it and what it asks, as a page asks for the moves of a record. */
static enum rc whole_move(struct query *q, const struct move_def *m)
{
	Q(q, "SELECT 1");
	for (int k = 0; k < m->n_by; k++) {
		Q(q, ", ");
		TRY(access_grant(q, &m->by[k]));
	}
	for (int k = 0; k < m->n_guard; k++) {
		if (m->guard[k].asked) continue;
		Q(q, ", ");
		TRY(query_cond(q, m->guard[k].cond));
	}
	return from_type(q);
}

static void try_move(struct trying *t, const struct type_def *type, const struct move_def *m)
{
	struct query q = start(t, type);
	if (taken(t, whole_move(&q, m), &q)) return;
	for (int k = 0; k < m->n_by; k++)
		if (!grant_taken(t, type, &m->by[k])) refuse(t, m->by[k].at, STR("这条权限"), STR("this right"));
	for (int k = 0; k < m->n_guard; k++)
		if (!m->guard[k].asked) try_expr(t, type, m->guard[k].cond, m->guard[k].at, "这个条件", "this condition");
}

static void try_type(struct trying *t, const struct type_def *type)
{
	try_rights(t, type);
	for (int i = 0; i < type->n_field; i++) try_expr(t, type, type->field[i]->compute, type->field[i]->at, "这个计算字段", "this computed field");
	for (int i = 0; i < type->n_move; i++) try_move(t, type, type->move[i]);
}

static void try_keys(struct trying *t, const struct type_def *own, const struct key_def *k, int n)
{
	for (int i = 0; i < n; i++) {
		struct query q = start(t, own);
		enum rc rc = query_keys(&q, own, &k[i]);
		if (!taken(t, rc, &q)) refuse(t, k[i].at, STR("这一边"), STR("this side"));
	}
}

static void try_assignment(struct trying *t, const struct assignment_def *d)
{
	for (int i = 0; i < d->n_match; i++) {
		try_keys(t, d->item, d->match[i]->item, d->match[i]->n_item);
		try_keys(t, d->person, d->match[i]->person, d->match[i]->n_person);
	}
	try_expr(t, d->item, d->item_where, d->at, "item 的条件", "the condition of item");
	try_expr(t, d->person, d->person_where, d->at, "person 的条件", "the condition of person");
}

enum rc statements_try(struct cx *cx, const struct region *r)
{
	struct stage s = { 0 };
	enum rc rc = stage_open(cx, r, &s);
	if (rc == RC_OK) {
		struct arena *a = arena_new((size_t)256 << 20);
		struct trying t = { .cx = cx, .own = { .arena = a, .lang = cx->lang, .now_ms = 1767225600000 } };
		t.rx = (struct rx){ .cx = &t.own, .db = s.db, .region = r, .vault = &s.vault, .region_rev = s.office.region_rev, .viewer = everybody(r) };
		for (int i = 0; i < r->n_type; i++) {
			try_type(&t, r->type[i]);
			fail_clear(&t.own);
			arena_reset(a);
		}
		for (int i = 0; i < r->n_assignment; i++) try_assignment(&t, r->assignment[i]);
		arena_free(a);
		if (t.refused) rc = RC_INVALID;
	}
	stage_close(&s);
	return rc;
}

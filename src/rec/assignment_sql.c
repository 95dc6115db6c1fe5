/* Keys of assignments as SQL: for all items or persons at once, and for one pair as a condition. */
#include "def/assignment.h"
#include "rec/query_inner.h"

/* Of whom: emitted in the scope that `from` keeps. */
struct whose { enum rc (*emit)(struct query *q, const void *ctx); const void *ctx; struct query_outer from; };

struct source { const struct type_def *base; const struct key_def *k; int record, row, back; };

static struct source source_new(struct query *q, const struct type_def *own, const struct key_def *k)
{
	struct source s = { .base = k->over ? k->over : own, .k = k, .record = q->aliases++, .row = -1, .back = -1 };
	if (k->table) s.row = q->aliases++;
	if (k->back && k->back->in_table) s.back = q->aliases++;
	return s;
}

static enum rc owner(struct query *q, const struct source *s)
{
	if (s->k->back) return query_field(q, s->k->back, s->back >= 0 ? s->back : s->record);
	query_column(q, s->record, "id");
	return RC_OK;
}

static enum rc value(struct query *q, const struct source *s)
{
	const struct key_def *k = s->k;
	if (k->n_path) return query_path(q, k->path, k->n_path, false, k->path[0]->in_table ? s->row : s->record);
	query_column(q, s->record, "id");
	return RC_OK;
}

static enum rc from(struct query *q, const struct source *s, const struct whose *of)
{
	struct query_outer inner = query_here(q);
	Q(q, " FROM ");
	query_table(q, s->base, s->record);
	if (s->row >= 0) {
		Q(q, ", ");
		query_child(q, s->k->table, s->row);
	}
	if (s->back >= 0) {
		Q(q, ", ");
		query_child(q, s->k->back->in_table, s->back);
	}
	Q(q, " WHERE ");
	TRY(owner(q, s));
	if (of) {
		Q(q, " = ");
		query_go(q, of->from);
		TRY(of->emit(q, of->ctx));
		query_go(q, inner);
	} else {
		Q(q, " IS NOT NULL");
	}
	const int child[] = { s->row, s->back };
	for (int i = 0; i < 2; i++) {
		if (child[i] < 0) continue;
		Q(q, " AND ");
		query_column(q, child[i], "parent");
		Q(q, " = ");
		query_column(q, s->record, "id");
	}
	if (!s->k->where) return RC_OK;
	Q(q, " AND ");
	return query_cond(q, s->k->where);
}

static void enter(struct query *q, const struct source *s) { query_go(q, (struct query_outer){ s->base, s->record, s->row, NULL, NULL }); }

enum rc query_keys(struct query *q, const struct type_def *own, const struct key_def *k)
{
	struct query_outer outer = query_here(q);
	struct source s = source_new(q, own, k);
	enter(q, &s);
	Q(q, "SELECT ");
	TRY(owner(q, &s));
	Q(q, ", ");
	TRY(value(q, &s));
	TRY(from(q, &s, NULL));
	query_go(q, outer);
	return RC_OK;
}

/* ---- one pair ---- */

/* The record in scope, or what a field of it refers to; in memory its values are known. */
static enum rc refers(struct query *q, const struct field_def *f)
{
	const struct lookup *l = q->memory ? q->memory->ctx : NULL;
	if (!l) {
		if (f) return query_field(q, f, q->alias);
		query_column(q, q->alias, "id");
		return RC_OK;
	}
	struct val v = f ? val_get(q->memory->record, f->name) : val_int(l->id);
	if (val_i64(v)) query_int(q, val_i64(v));
	else Q(q, "NULL");
	return RC_OK;
}

static enum rc emit_item(struct query *q, const void *ctx)
{
	const struct assignment_def *d = ((const struct expr *)ctx)->assignment;
	return refers(q, q->type == d->makes ? d->made_item : NULL);
}

static enum rc emit_person(struct query *q, const void *ctx)
{
	const struct expr *e = ctx;
	return e->n_arg ? query_expr(q, e->arg[0]) : refers(q, e->assignment->made_person);
}

static enum rc keys_of(struct query *q, const struct type_def *own, const struct key_def *k, const struct whose *of)
{
	struct source s = source_new(q, own, k);
	enter(q, &s);
	Q(q, "SELECT ");
	TRY(value(q, &s));
	return from(q, &s, of);
}

/* Does a key of the item stand among the person's? The person's side stands for itself: where the person is fixed (me()) an engine reads it once. */
static enum rc meets(struct query *q, const struct expr *e, const struct match_def *m, const struct key_def *k)
{
	const struct assignment_def *d = e->assignment;
	struct query_outer outer = query_here(q);
	struct whose item = { emit_item, e, outer }, person = { emit_person, e, outer };
	struct source s = source_new(q, d->item, k);
	enter(q, &s);
	Q(q, "EXISTS (SELECT 1");
	TRY(from(q, &s, &item));
	Q(q, " AND ");
	TRY(value(q, &s));
	Q(q, " IN (");
	for (int i = 0; i < m->n_person; i++) {
		if (i) Q(q, " UNION ALL ");
		query_go(q, outer);
		TRY(keys_of(q, d->person, &m->person[i], &person));
	}
	Q(q, "))");
	query_go(q, outer);
	return RC_OK;
}

enum rc query_conflict(struct query *q, const struct expr *e)
{
	const struct assignment_def *d = e->assignment;
	bool any = false;
	Q(q, "(");
	for (int i = 0; i < d->n_match; i++) {
		if (!d->match[i]->conflict) continue;
		for (int k = 0; k < d->match[i]->n_item; k++) {
			if (any) Q(q, " OR ");
			TRY(meets(q, e, d->match[i], &d->match[i]->item[k]));
			any = true;
		}
	}
	if (!any) Q(q, "FALSE");
	Q(q, ")");
	return RC_OK;
}

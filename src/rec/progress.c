#include "rec/progress.h"

#include <stdlib.h>

#include "base/time.h"

enum rc progress_counts(struct rx *rx, const struct type_def *t, int64_t *count)
{
	struct query q = query_new(rx, t);
	struct rows *r;
	for (int i = 0; i < t->n_state; i++) count[i] = 0;
	Q(&q, "SELECT ");
	query_column(&q, 0, "state");
	Q(&q, ", COUNT(*) FROM ");
	query_table(&q, t, 0);
	Q(&q, " WHERE ");
	TRY(access_where(&q, ACT_SEE));
	Q(&q, " GROUP BY 1");
	TRY(query_rows(&q, &r));
	enum rc rc;
	bool more;
	while ((rc = db_step(rx->cx, r, &more)) == RC_OK && more) {
		const struct state_def *s = type_state(t, row_text(r, 0));
		if (s) count[s->index] = row_int(r, 1);
	}
	rows_done(r);
	return rc;
}

/* ---- times ---- */

struct times { VEC(int64_t); };

struct dated { int64_t record; int32_t day; bool late; };       /* of a record whose state says until when */

struct reading {
	struct rx *rx;
	const struct type_def *type;
	struct times *times;            /* by state */
	struct { VEC(struct progress_late); } open;     /* every record, where it stands and since when */
	struct { VEC(struct dated); } due;              /* by record */
	int64_t record, since_ms;
	const struct state_def *state;
};

static void record_ended(struct reading *d)
{
	if (d->record && d->state) VEC_PUSH(d->rx->cx->arena, &d->open, ((struct progress_late){ d->record, d->since_ms, d->state, 0 }));
}

static void event_seen(struct reading *d, int64_t record, int64_t at_ms, struct str to)
{
	const struct state_def *s = type_state(d->type, to);
	if (record != d->record) {
		record_ended(d);
		d->record = record;
		d->state = NULL;
	}
	if (!s || s == d->state) return;
	if (d->state) VEC_PUSH(d->rx->cx->arena, &d->times[d->state->index], at_ms - d->since_ms);
	d->state = s;
	d->since_ms = at_ms;
}

static enum rc read_events(struct reading *d, bool *cut)
{
	struct query q = query_new(d->rx, d->type);
	struct rows *r;
	Q(&q, "SELECT e.record, e.at_ms, e.to_state FROM ");
	query_table(&q, d->type, 0);
	Q(&q, " JOIN event e ON e.record = ");
	query_column(&q, 0, "id");
	Q(&q, " WHERE e.to_state <> '' AND ");
	TRY(access_where(&q, ACT_SEE));
	Q(&q, " ORDER BY ");
	query_column(&q, 0, "id");
	Q(&q, ", e.seq LIMIT ");
	sqlb_int(&q.sql, PROGRESS_EVENTS_MAX + 1);
	TRY(query_rows(&q, &r));
	enum rc rc;
	bool more;
	int n = 0;
	while ((rc = db_step(d->rx->cx, r, &more)) == RC_OK && more && n++ < PROGRESS_EVENTS_MAX) event_seen(d, row_int(r, 0), row_int(r, 1), row_text(r, 2));
	rows_done(r);
	record_ended(d);
	*cut = n > PROGRESS_EVENTS_MAX;
	return rc;
}

static int by_i64(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static int by_record(const void *a, const void *b)
{
	const struct dated *x = a, *y = b;
	return (x->record > y->record) - (x->record < y->record);
}

static enum rc read_due(struct reading *d, const struct state_def *s)
{
	struct query q = query_new(d->rx, d->type);
	int32_t today = instant_date(d->rx->cx->now_ms, d->rx->region->zone_minutes);
	struct rows *r;
	Q(&q, "SELECT id, day FROM (SELECT ");
	query_column(&q, 0, "id");
	Q(&q, " AS id, ");
	TRY(query_expr(&q, s->due));
	Q(&q, " AS day FROM ");
	query_table(&q, d->type, 0);
	Q(&q, " WHERE ");
	query_column(&q, 0, "state");
	Q(&q, " = ");
	query_text(&q, s->name);
	Q(&q, " AND ");
	TRY(access_where(&q, ACT_SEE));
	Q(&q, ") x WHERE day IS NOT NULL");
	TRY(query_rows(&q, &r));
	enum rc rc;
	bool more;
	while ((rc = db_step(d->rx->cx, r, &more)) == RC_OK && more)
		VEC_PUSH(d->rx->cx->arena, &d->due, ((struct dated){ row_int(r, 0), (int32_t)row_int(r, 1), row_int(r, 1) < today }));
	rows_done(r);
	return rc;
}

static int oldest_first(const void *a, const void *b)
{
	const struct progress_late *x = a, *y = b;
	return x->since_ms != y->since_ms ? (x->since_ms > y->since_ms) - (x->since_ms < y->since_ms) : (x->id > y->id) - (x->id < y->id);
}

static const struct dated *due_of(const struct reading *d, const struct progress_late *x)
{
	const struct dated key = { .record = x->id };
	return d->due.n ? bsearch(&key, d->due.v, d->due.n, sizeof key, by_record) : NULL;
}

/* By the day that its state declares for this record, else by how long the state usually lasts. */
static bool is_late(const struct progress_step *s, const struct progress_late *x, const struct dated *due, int64_t now_ms)
{
	if (due) return due->late;
	return !x->state->final && s->ended >= PROGRESS_USUAL_LEAST && now_ms - x->since_ms > s->high_ms;
}

static void work_out(struct reading *d, struct progress *out)
{
	struct arena *a = d->rx->cx->arena;
	int64_t now = d->rx->cx->now_ms;
	for (int i = 0; i < d->type->n_state; i++) {
		struct progress_step *s = &out->step[i];
		struct times *t = &d->times[i];
		s->ended = (int64_t)t->n;
		s->median_ms = s->high_ms = -1;
		if (!t->n) continue;
		qsort(t->v, t->n, sizeof *t->v, by_i64);
		s->median_ms = t->v[(t->n - 1) / 2];
		s->high_ms = t->v[(t->n * 9 + 9) / 10 - 1];
	}
	if (d->open.n) qsort(d->open.v, d->open.n, sizeof *d->open.v, oldest_first);
	out->late = ARENA_ARRAY(a, struct progress_late, PROGRESS_LATE_MAX);
	for (size_t i = 0; i < d->open.n; i++) {
		struct progress_step *s = &out->step[d->open.v[i].state->index];
		const struct dated *due = due_of(d, &d->open.v[i]);
		if (!is_late(s, &d->open.v[i], due, now)) continue;
		d->open.v[i].due = due ? due->day : 0;
		s->late++;
		out->late_all++;
		if (out->n_late < PROGRESS_LATE_MAX) out->late[out->n_late++] = d->open.v[i];
	}
}

/* ---- who did how much ---- */

/* Only of accounts with a role marked staff: others, reviewers above all, do not show by what they did. */
static void staff_cond(struct query *q)
{
	int n = 0;
	Q(q, "EXISTS (SELECT 1 FROM account_role s WHERE s.account_id = a.id AND s.role IN (");
	for (int i = 0; i < q->rx->region->n_role; i++) {
		if (!q->rx->region->role[i]->staff) continue;
		if (n++) Q(q, ", ");
		query_text(q, q->rx->region->role[i]->name);
	}
	if (!n) Q(q, "''");
	Q(q, "))");
}

static enum rc read_people(struct rx *rx, const struct type_def *t, struct progress *out)
{
	struct query q = query_new(rx, t);
	struct rows *r;
	Q(&q, "SELECT a.name_zh, a.name_en, COUNT(*) FROM ");
	query_table(&q, t, 0);
	Q(&q, " JOIN event e ON e.record = ");
	query_column(&q, 0, "id");
	Q(&q, " JOIN account a ON a.id = e.account WHERE e.act = 'move' AND e.at_ms >= ");
	query_int(&q, rx->cx->now_ms - (int64_t)PROGRESS_DAYS * DAY_MS);
	Q(&q, " AND ");
	staff_cond(&q);
	Q(&q, " AND ");
	TRY(access_where(&q, ACT_SEE));
	Q(&q, " GROUP BY a.id, a.name_zh, a.name_en ORDER BY 3 DESC, a.id LIMIT ");
	sqlb_int(&q.sql, PROGRESS_PEOPLE_MAX);
	TRY(query_rows(&q, &r));
	out->person = ARENA_ARRAY(rx->cx->arena, struct progress_person, PROGRESS_PEOPLE_MAX);
	enum rc rc;
	bool more;
	while ((rc = db_step(rx->cx, r, &more)) == RC_OK && more)
		out->person[out->n_person++] = (struct progress_person){ str_dup(rx->cx->arena, row_text(r, 0)), str_dup(rx->cx->arena, row_text(r, 1)), row_int(r, 2) };
	rows_done(r);
	return rc;
}

enum rc progress_read(struct rx *rx, const struct type_def *t, struct progress *out)
{
	struct arena *a = rx->cx->arena;
	struct progress p = { .step = ARENA_ARRAY(a, struct progress_step, (size_t)t->n_state + 1) };
	struct reading d = { .rx = rx, .type = t, .times = ARENA_ARRAY(a, struct times, (size_t)t->n_state + 1) };
	int64_t *count = ARENA_ARRAY(a, int64_t, (size_t)t->n_state + 1);
	TRY(progress_counts(rx, t, count));
	for (int i = 0; i < t->n_state; i++) p.step[i].now = count[i];
	TRY(read_events(&d, &p.cut));
	for (int i = 0; i < t->n_state; i++)
		if (t->state[i]->due) TRY(read_due(&d, t->state[i]));
	if (d.due.n) qsort(d.due.v, d.due.n, sizeof *d.due.v, by_record);
	work_out(&d, &p);
	TRY(read_people(rx, t, &p));
	*out = p;
	return RC_OK;
}

/* ---- split by a field ---- */

bool progress_splits(const struct type_def *t, const struct field_def *f)
{
	return (f->kind == FIELD_REF || f->kind == FIELD_CODE) && field_stored(f) && !f->sealed && !f->in_table && f->type == t;
}

static int most_first(const void *a, const void *b)
{
	const struct progress_row *x = a, *y = b;
	return (x->sum < y->sum) - (x->sum > y->sum);
}

enum rc progress_by(struct rx *rx, const struct type_def *t, const struct field_def *f, struct progress_rows *out)
{
	struct arena *a = rx->cx->arena;
	struct query q = query_new(rx, t);
	struct rows *r;
	struct progress_rows list = { 0 };
	Q(&q, "SELECT ");
	TRY(query_field(&q, f, 0));
	Q(&q, ", ");
	query_column(&q, 0, "state");
	Q(&q, ", COUNT(*) FROM ");
	query_table(&q, t, 0);
	Q(&q, " WHERE ");
	TRY(access_where(&q, ACT_SEE));
	Q(&q, " AND ");
	TRY(access_where_field(&q, f));
	Q(&q, " GROUP BY 1, 2 ORDER BY 1 NULLS LAST");
	TRY(query_rows(&q, &r));
	enum rc rc;
	bool more;
	while ((rc = db_step(rx->cx, r, &more)) == RC_OK && more) {
		struct val v = column_val(a, field_value_type(f), r, 0);
		const struct state_def *s = type_state(t, row_text(r, 1));
		if (!list.n || !val_eq(list.v[list.n - 1].value, v))
			VEC_PUSH(a, &list, ((struct progress_row){ v, ARENA_ARRAY(a, int64_t, (size_t)t->n_state + 1), 0 }));
		struct progress_row *row = &list.v[list.n - 1];
		if (s) row->count[s->index] = row_int(r, 2);
		row->sum += row_int(r, 2);
	}
	rows_done(r);
	TRY(rc);
	if (list.n) qsort(list.v, list.n, sizeof *list.v, most_first);
	*out = list;
	return RC_OK;
}

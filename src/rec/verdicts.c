#include "rec/verdicts.h"

static bool covers(const struct grant *g, const struct type_def *t, const struct state_def *s)
{
	bool here = g->n_state == 0;
	for (int i = 0; i < g->n_state; i++) here |= g->state[i] == s;
	return here && (!g->field || g->field[t->n_field + t->criteria->index]);
}

int verdicts_states(const struct rx *rx, const struct type_def *t, const struct state_def **out, int max)
{
	int n = 0;
	for (int i = 0; t->criteria && i < t->n_state && n < max; i++) {
		const struct state_def *s = t->state[i];
		bool mine = false;
		for (int k = 0; k < t->n_grant[ACT_EDIT]; k++)
			mine |= grant_names(t->grant[ACT_EDIT][k], &rx->viewer) && covers(t->grant[ACT_EDIT][k], t, s);
		if (s->judged && !s->draft && mine) out[n++] = s;
	}
	return n;
}

const struct field_def *verdicts_call(const struct type_def *t)
{
	const struct expr *e = t->day;
	return e && e->op == EXPR_FIELD && e->n_path > 1 && e->path[0]->kind == FIELD_REF && field_stored(e->path[0]) ? e->path[0] : NULL;
}

bool verdict_open(const struct type_def *t, struct val row)
{
	struct str judged = val_str(val_get(row, t->criteria->column[CRITERIA_JUDGED]->name));
	return !val_str(val_get(row, t->criteria->column[CRITERIA_VERDICT]->name)).n && !str_is(judged, "met");
}

bool verdict_fails(const struct type_def *t, struct val row)
{
	struct str judged = val_str(val_get(row, t->criteria->column[CRITERIA_JUDGED]->name)), verdict = val_str(val_get(row, t->criteria->column[CRITERIA_VERDICT]->name));
	return str_is(verdict, "not_met") || (!verdict.n && str_is(judged, "not_met"));
}

static enum rc cell(struct query *q, enum criteria_column c, int alias) { return query_field(q, q->type->criteria->column[c], alias); }

/* How many rows of the record in scope are open (or fail), of this criterion where one is named. */
static enum rc count_rows(struct query *q, bool fails, struct str measure, struct str criterion)
{
	int row = q->aliases++;
	Q(q, ", (SELECT COUNT(*) FROM ");
	query_child(q, q->type->criteria, row);
	Q(q, " WHERE ");
	query_column(q, row, "parent");
	Q(q, " = ");
	query_column(q, q->alias, "id");
	if (fails) Q(q, " AND (COALESCE(");
	else Q(q, " AND COALESCE(");
	TRY(cell(q, CRITERIA_VERDICT, row));
	if (fails) {
		Q(q, ", '') = 'not_met' OR (COALESCE(");
		TRY(cell(q, CRITERIA_VERDICT, row));
		Q(q, ", '') = '' AND ");
		TRY(cell(q, CRITERIA_JUDGED, row));
		Q(q, " = 'not_met'))");
	} else {
		Q(q, ", '') = '' AND ");
		TRY(cell(q, CRITERIA_JUDGED, row));
		Q(q, " <> 'met'");
	}
	if (criterion.n) {
		Q(q, " AND ");
		TRY(cell(q, CRITERIA_FAMILY, row));
		Q(q, " = ");
		query_text(q, measure);
		Q(q, " AND ");
		TRY(cell(q, CRITERIA_NAME, row));
		Q(q, " = ");
		query_text(q, criterion);
	}
	Q(q, ")");
	return RC_OK;
}

static enum rc desk_query(struct query *q, const struct state_def **state, int n, struct str measure, struct str criterion)
{
	const struct type_def *t = q->type;
	const struct field_def *call = verdicts_call(t);
	Q(q, "SELECT ");
	query_column(q, 0, "id");
	Q(q, ", ");
	if (call) TRY(query_field(q, call, 0));
	else Q(q, "NULL");
	Q(q, ", ");
	if (t->criteria->late) TRY(query_cond(q, t->criteria->late));
	else Q(q, "FALSE");
	TRY(count_rows(q, false, measure, criterion));
	TRY(count_rows(q, true, measure, criterion));
	Q(q, " FROM ");
	query_table(q, t, 0);
	Q(q, " WHERE ");
	query_states(q, (struct state_def **)state, n, 0);
	Q(q, " AND ");
	TRY(access_where(q, ACT_SEE));
	Q(q, " AND ");
	TRY(access_where(q, ACT_EDIT));
	Q(q, " ORDER BY ");
	query_column(q, 0, "id");
	Q(q, " LIMIT ");
	sqlb_int(&q->sql, VERDICTS_MAX + 1);
	return RC_OK;
}

enum rc verdicts_read(struct rx *rx, const struct type_def *t, struct str measure, struct str criterion, struct verdict_cases *out)
{
	const struct state_def **state = ARENA_ARRAY(rx->cx->arena, const struct state_def *, (size_t)t->n_state + 1);
	int n = verdicts_states(rx, t, state, t->n_state);
	struct query q = query_new(rx, t);
	struct verdict_cases list = { 0 };
	struct rows *r;
	bool more;
	enum rc rc;
	if (!n) return rx_missing(rx);
	TRY(desk_query(&q, state, n, measure, criterion));
	TRY(query_rows(&q, &r));
	while ((rc = db_step(rx->cx, r, &more)) == RC_OK && more) {
		struct verdict_case one = { .id = row_int(r, 0), .call = row_int(r, 1), .late = row_int(r, 2) != 0, .open = (int)row_int(r, 3), .fails = (int)row_int(r, 4) };
		if (list.n < VERDICTS_MAX) VEC_PUSH(rx->cx->arena, &list, one);
		else list.more = true;
	}
	rows_done(r);
	if (rc == RC_OK) *out = list;
	return rc;
}

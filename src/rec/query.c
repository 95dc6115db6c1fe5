#include "rec/query_inner.h"

#include <assert.h>

#include "base/time.h"

enum rc rx_missing(struct rx *rx)
{
	return fail(rx->cx, RC_MISSING, "record.missing", NOWHERE, "没有这条记录，或您无权查看", "there is no such record, or it is not yours to see");
}

struct query query_new(struct rx *rx, const struct type_def *type)
{
	return (struct query){ .rx = rx, .sql = sqlb_new(rx->cx->arena), .type = type, .alias = 0, .row = -1, .aliases = 1 };
}

void query_int(struct query *q, int64_t v)
{
	Q(q, "?");
	VEC_PUSH(q->rx->cx->arena, &q->param, p_int(v));
}

void query_text(struct query *q, struct str s)
{
	Q(q, "?");
	VEC_PUSH(q->rx->cx->arena, &q->param, p_text(s));
}

void query_table(struct query *q, const struct type_def *t, int alias)
{
	sqlb_name(&q->sql, "r_", t->name);
	Q(q, " ");
	sqlb_alias(&q->sql, 't', alias);
}

void query_child(struct query *q, const struct table_def *t, int alias)
{
	sqlb_name(&q->sql, "c_", str_fmt(q->rx->cx->arena, "%.*s_%.*s", STRF(t->type->name), STRF(t->name)));
	Q(q, " ");
	sqlb_alias(&q->sql, 't', alias);
}

void query_column(struct query *q, int alias, const char *standard)
{
	sqlb_alias(&q->sql, 't', alias);
	Q(q, ".");
	sqlb_name(&q->sql, "", str_c(standard));
}

enum value_type field_value_type(const struct field_def *f)
{
	switch (f->kind) {
	case FIELD_INT: return TYPE_INT;
	case FIELD_DEC: return TYPE_DEC;
	case FIELD_MONEY: return TYPE_MONEY;
	case FIELD_BOOL: return TYPE_BOOL;
	case FIELD_DATE: return TYPE_DATE;
	case FIELD_TIME: return TYPE_TIME;
	case FIELD_CODE: return TYPE_CODE;
	case FIELD_REF: return TYPE_REF;
	case FIELD_FILE: return TYPE_FILE;
	default: return TYPE_TEXT;
	}
}

bool field_stored(const struct field_def *f) { return !f->compute && !f->builtin; }

static const char *builtin_column(enum builtin b)
{
	switch (b) {
	case BUILTIN_ORG: return "org";
	case BUILTIN_AUTHOR: return "author";
	case BUILTIN_CREATED: return "created_ms";
	case BUILTIN_CHANGED: return "changed_ms";
	case BUILTIN_DIVISION: return "division";
	default: return "number";
	}
}

struct query_outer query_here(const struct query *q) { return (struct query_outer){ q->type, q->alias, q->row, q->outer, q->memory }; }

static struct query_outer enter(struct query *q, const struct type_def *type, int alias)
{
	struct query_outer old = query_here(q);
	q->type = type;
	q->alias = alias;
	q->memory = NULL;
	return old;
}

void query_go(struct query *q, struct query_outer to)
{
	q->type = to.type;
	q->alias = to.alias;
	q->row = to.row;
	q->outer = to.outer;
	q->memory = to.memory;
}

enum rc query_field(struct query *q, const struct field_def *f, int alias)
{
	if (f->compute) {
		/* A column is worked out for its row, beside the record that has it. */
		struct query_outer old = enter(q, f->type, f->in_table ? q->alias : alias);
		if (f->in_table) q->row = alias;
		Q(q, "(");
		TRY(query_expr(q, f->compute));
		Q(q, ")");
		query_go(q, old);
		return RC_OK;
	}
	sqlb_alias(&q->sql, 't', alias);
	Q(q, ".");
	if (f->builtin) sqlb_name(&q->sql, "", str_c(builtin_column(f->builtin)));
	else sqlb_name(&q->sql, "f_", f->name);
	return RC_OK;
}

enum rc query_path(struct query *q, struct field_def **path, int n, bool state, int alias)
{
	if (n == 0) {
		query_column(q, alias, "state");
		return RC_OK;
	}
	if (n == 1 && !state) return query_field(q, path[0], alias);
	const struct type_def *to = path[0]->ref;
	assert(to);
	int inner = q->aliases++;
	Q(q, "(SELECT ");
	TRY(query_path(q, path + 1, n - 1, state, inner));
	Q(q, " FROM ");
	query_table(q, to, inner);
	Q(q, " WHERE ");
	query_column(q, inner, "id");
	Q(q, " = ");
	TRY(query_field(q, path[0], alias));
	Q(q, ")");
	return RC_OK;
}

enum rc query_title(struct query *q, const struct type_def *t, int alias)
{
	if (!t->title) {
		Q(q, "NULL");
		return RC_OK;
	}
	if (t->title->kind != FIELD_REF || !t->title->ref->title) return query_field(q, t->title, alias);
	struct field_def *path[2] = { t->title, t->title->ref->title };
	return query_path(q, path, 2, false, alias);
}

static int64_t scale(enum value_type t) { return t == TYPE_DEC ? DEC_ONE : 1; }

void query_constant(struct query *q, struct val v)
{
	switch (v.kind) {
	case VAL_NULL: Q(q, "NULL"); break;
	case VAL_TEXT: query_text(q, v.s); break;
	default: query_int(q, val_i64(v)); break;
	}
}

/* A field of the record in scope, or this.…: of the one around it. */
static enum rc field(struct query *q, const struct expr *e)
{
	struct query_outer now = query_here(q);
	if (e->outer && q->outer) query_go(q, *q->outer);
	enum rc rc;
	if (q->memory) {
		struct expr plain = *e;
		struct val v = VNULL;
		plain.outer = false;
		rc = expr_eval(q->rx->cx, &plain, q->memory, &v);
		if (rc == RC_OK) query_constant(q, v);
	} else {
		rc = query_path(q, e->path, e->n_path, e->path_state, e->n_path && e->path[0]->in_table ? q->row : q->alias);
	}
	query_go(q, now);
	return rc;
}

/* The value, multiplied so that it stands in the scale of `want`. */
enum rc query_scaled(struct query *q, const struct expr *e, enum value_type want)
{
	if (scale(want) == scale(e->type) || e->type == TYPE_NULL) return query_expr(q, e);
	assert(scale(want) > scale(e->type));
	Q(q, "(");
	TRY(query_expr(q, e));
	Q(q, " * 1000000)");
	return RC_OK;
}

struct operand { const struct expr *e; int64_t factor; bool number; };

static enum rc operand(struct query *q, struct operand o)
{
	if (o.number) {
		sqlb_int(&q->sql, o.factor);
		return RC_OK;
	}
	Q(q, "(");
	TRY(query_expr(q, o.e));
	if (o.factor != 1) {
		Q(q, " * ");
		sqlb_int(&q->sql, o.factor);
	}
	Q(q, ")");
	return RC_OK;
}

/* x ÷ y to the nearest whole, half away from zero; null when y is 0: (2x ± y) / 2y, with the sign of the quotient. */
enum rc query_rounded(struct query *q, emit x, const void *xc, emit y, const void *yc)
{
	Q(q, "((2 * ");
	TRY(x(q, xc));
	Q(q, " + CASE WHEN (");
	TRY(x(q, xc));
	Q(q, " < 0) = (");
	TRY(y(q, yc));
	Q(q, " < 0) THEN ");
	TRY(y(q, yc));
	Q(q, " ELSE -");
	TRY(y(q, yc));
	Q(q, " END) / NULLIF(2 * ");
	TRY(y(q, yc));
	Q(q, ", 0))");
	return RC_OK;
}

static enum rc emit_operand(struct query *q, const void *ctx) { return operand(q, *(const struct operand *)ctx); }

static enum rc emit_product(struct query *q, const void *ctx)
{
	const struct expr *e = ctx;
	Q(q, "(");
	TRY(query_expr(q, e->arg[0]));
	Q(q, " * ");
	TRY(query_expr(q, e->arg[1]));
	Q(q, ")");
	return RC_OK;
}

static enum rc arithmetic(struct query *q, const struct expr *e)
{
	const struct expr *a = e->arg[0], *b = e->arg[1];
	if (e->op == EXPR_MUL) {
		int64_t divide = scale(a->type) * scale(b->type) / scale(e->type);
		if (divide == 1) return emit_product(q, e);
		struct operand by = { NULL, divide, true };
		return query_rounded(q, emit_product, e, emit_operand, &by);
	}
	if (e->op == EXPR_DIV) {
		struct operand x = { a, scale(e->type) * scale(b->type) / scale(a->type), false }, y = { b, 1, false };
		return query_rounded(q, emit_operand, &x, emit_operand, &y);
	}
	Q(q, "(");
	TRY(query_scaled(q, a, e->type));
	if (e->op == EXPR_ADD) Q(q, " + ");
	else Q(q, " - ");
	TRY(query_scaled(q, b, e->type));
	Q(q, ")");
	return RC_OK;
}

static enum value_type wider(enum value_type a, enum value_type b) { return a == TYPE_DEC ? a : b; }

static enum rc comparison(struct query *q, const struct expr *e)
{
	enum value_type t = wider(e->arg[0]->type, e->arg[1]->type);
	Q(q, "(");
	TRY(query_scaled(q, e->arg[0], t));
	switch (e->op) {
	case EXPR_EQ: Q(q, " = "); break;
	case EXPR_NE: Q(q, " <> "); break;
	case EXPR_LT: Q(q, " < "); break;
	case EXPR_LE: Q(q, " <= "); break;
	case EXPR_GT: Q(q, " > "); break;
	default: Q(q, " >= "); break;
	}
	TRY(query_scaled(q, e->arg[1], t));
	Q(q, ")");
	return RC_OK;
}

static enum rc membership(struct query *q, const struct expr *e)
{
	enum value_type t = e->arg[0]->type;
	for (int i = 1; i < e->n_arg; i++) t = wider(t, e->arg[i]->type);
	Q(q, "(");
	TRY(query_scaled(q, e->arg[0], t));
	Q(q, " IN (");
	for (int i = 1; i < e->n_arg; i++) {
		if (i > 1) Q(q, ", ");
		TRY(query_scaled(q, e->arg[i], t));
	}
	Q(q, "))");
	return RC_OK;
}

/* `day`, or when the record was made, as a day number; today where that is empty. */
static enum rc record_day(struct query *q, const struct type_def *over)
{
	struct rx *rx = q->rx;
	Q(q, "COALESCE(");
	if (over && over->day) {
		TRY(query_expr(q, over->day));
	} else if (over) {
		Q(q, "(");
		query_column(q, q->alias, "created_ms");
		Q(q, " + ");
		sqlb_int(&q->sql, (int64_t)rx->region->zone_minutes * MINUTE_MS);
		Q(q, ") / 86400000");
	} else {
		Q(q, "NULL");
	}
	Q(q, ", ");
	query_int(q, instant_date(rx->cx->now_ms, rx->region->zone_minutes));
	Q(q, ")");
	return RC_OK;
}

/* The value in force on the record's day, which is worked out once, in a row of its own. */
static enum rc measure(struct query *q, const struct expr *e)
{
	const struct region *r = q->rx->region;
	Q(q, "(SELECT CASE");
	for (int i = 0; i < r->n_measure; i++) {
		const struct measure_def *m = r->measure[i];
		if (!str_eq(m->family, e->family)) continue;
		for (int k = 0; k < m->n_value; k++) {
			if (!str_eq(m->value[k].name, e->name)) continue;
			Q(q, " WHEN d.v BETWEEN ");
			sqlb_int(&q->sql, m->from);
			Q(q, " AND ");
			sqlb_int(&q->sql, m->to);
			Q(q, " THEN ");
			query_constant(q, m->value[k].val);
		}
	}
	Q(q, " END FROM (SELECT ");
	TRY(record_day(q, e->over));
	Q(q, " AS v) d)");
	return RC_OK;
}

static bool depends_on_record(const struct expr *e)
{
	if (e->op == EXPR_FIELD || e->op == EXPR_STATE || e->op == EXPR_COLUMN || e->op == EXPR_AGG || e->op == EXPR_MEASURE) return true;
	if (e->op == EXPR_CALL && (e->fn == FN_PREV || e->fn == FN_CONFLICT || e->fn == FN_SIMILARITY || e->fn == FN_AUTHOR || e->fn == FN_ME || e->fn == FN_MY_ORG)) return true;
	for (int i = 0; i < e->n_arg; i++)
		if (depends_on_record(e->arg[i])) return true;
	return false;
}

/* Over records: those of another type; over rows: the record stays, a row comes beside it. */
static struct query_outer enter_each(struct query *q, const struct expr *e, int alias)
{
	if (e->over) return enter(q, e->over, alias);
	struct query_outer old = query_here(q);
	q->row = alias;
	return old;
}

static enum rc aggregate_value(struct query *q, const struct expr *e, int alias)
{
	struct query_outer old = enter_each(q, e, alias);
	enum rc rc = e->column_expr ? query_expr(q, e->column_expr) : query_field(q, e->column, alias);
	query_go(q, old);
	return rc;
}

struct average { const struct expr *e; int alias; };

static enum rc emit_sum(struct query *q, const void *ctx)
{
	const struct average *of = ctx;
	enum value_type t = of->e->column_expr ? of->e->column_expr->type : field_value_type(of->e->column);
	Q(q, "(SUM(");
	TRY(aggregate_value(q, of->e, of->alias));
	Q(q, ") * ");
	sqlb_int(&q->sql, scale(of->e->type) / scale(t));
	Q(q, ")");
	return RC_OK;
}

static enum rc emit_count(struct query *q, const void *ctx)
{
	const struct average *of = ctx;
	Q(q, "COUNT(");
	TRY(aggregate_value(q, of->e, of->alias));
	Q(q, ")");
	return RC_OK;
}

/* Which records are meant: those that refer here (or a row of theirs does), or share a value with this record; then never this record itself. */
static enum rc meant(struct query *q, const struct expr *e, int inner)
{
	const struct lookup *l = q->memory ? q->memory->ctx : NULL;
	int row = e->back->in_table ? q->aliases++ : inner;
	if (e->back->in_table) {
		query_column(q, inner, "id");
		Q(q, " IN (SELECT ");
		query_column(q, row, "parent");
		Q(q, " FROM ");
		query_child(q, e->back->in_table, row);
		Q(q, " WHERE ");
	}
	TRY(query_field(q, e->back, row));
	Q(q, " = ");
	if (e->is) TRY(field(q, e->is));
	else if (l) query_int(q, l->id);
	else query_column(q, q->alias, "id");
	if (e->back->in_table) Q(q, ")");
	if (!e->is || e->over != q->type) return RC_OK;
	Q(q, " AND ");
	query_column(q, inner, "id");
	Q(q, " <> ");
	if (l) query_int(q, l->id);
	else query_column(q, q->alias, "id");
	return RC_OK;
}

static enum rc aggregate(struct query *q, const struct expr *e)
{
	int inner = q->aliases++;
	Q(q, "(SELECT ");
	switch (e->agg) {
	case AGG_COUNT: Q(q, "COUNT(*)"); break;
	case AGG_ONE:
		Q(q, "CASE WHEN COUNT(*) = 1 THEN MIN(");
		query_column(q, inner, "id");
		Q(q, ") END");
		break;
	case AGG_AVG: {
		struct average of = { e, inner };
		TRY(query_rounded(q, emit_sum, &of, emit_count, &of));
		break;
	}
	default:
		if (e->agg == AGG_SUM) Q(q, "COALESCE(SUM(");
		else if (e->agg == AGG_MIN) Q(q, "MIN(");
		else Q(q, "MAX(");
		TRY(aggregate_value(q, e, inner));
		if (e->agg == AGG_SUM) Q(q, "), 0)");
		else Q(q, ")");
	}
	Q(q, " FROM ");
	if (e->table) {
		query_child(q, e->table, inner);
		Q(q, " WHERE ");
		query_column(q, inner, "parent");
		Q(q, " = ");
		query_column(q, q->alias, "id");
	} else {
		query_table(q, e->over, inner);
		Q(q, " WHERE ");
		TRY(meant(q, e, inner));
	}
	if (e->where) {
		struct query_outer *old = ARENA_NEW(q->rx->cx->arena, struct query_outer);
		*old = enter_each(q, e, inner);
		q->outer = old;
		Q(q, " AND ");
		TRY(query_expr(q, e->where));
		query_go(q, *old);
	}
	Q(q, ")");
	return RC_OK;
}

static enum rc joined(struct query *q, const struct expr *e)
{
	Q(q, "(");
	for (int i = 0; i < e->n_arg; i++) {
		if (i && e->op == EXPR_AND) Q(q, " AND ");
		if (i && e->op == EXPR_OR) Q(q, " OR ");
		TRY(query_expr(q, e->arg[i]));
	}
	Q(q, ")");
	return RC_OK;
}

enum rc query_expr(struct query *q, const struct expr *e)
{
	if (e->op == EXPR_CALL && !depends_on_record(e)) {
		struct expr_env env = { .region = q->rx->region };
		struct val v;
		TRY(expr_eval(q->rx->cx, e, &env, &v));
		query_constant(q, v);
		return RC_OK;
	}
	switch (e->op) {
	case EXPR_CONST:
		if (e->type == TYPE_CODE || e->type == TYPE_STATE) query_text(q, e->code);
		else query_constant(q, e->val);
		return RC_OK;
	case EXPR_FIELD:
	case EXPR_COLUMN:
	case EXPR_STATE: return field(q, e);
	case EXPR_MEASURE: return measure(q, e);
	case EXPR_NOT:
		Q(q, "(NOT ");
		TRY(query_cond(q, e->arg[0]));
		Q(q, ")");
		return RC_OK;
	case EXPR_NEG:
		Q(q, "(-");
		TRY(query_expr(q, e->arg[0]));
		Q(q, ")");
		return RC_OK;
	case EXPR_AND:
	case EXPR_OR: return joined(q, e);
	case EXPR_IN: return membership(q, e);
	case EXPR_CALL: return query_call(q, e);
	case EXPR_AGG: return aggregate(q, e);
	case EXPR_ADD:
	case EXPR_SUB:
	case EXPR_MUL:
	case EXPR_DIV: return arithmetic(q, e);
	default: return comparison(q, e);
	}
}

enum rc query_cond(struct query *q, const struct expr *e)
{
	Q(q, "COALESCE(");
	if (e->op == EXPR_FIELD || e->op == EXPR_CONST) {
		Q(q, "(");
		TRY(query_expr(q, e));
		Q(q, " <> 0)");
	} else {
		TRY(query_expr(q, e));
	}
	Q(q, ", FALSE)");
	return RC_OK;
}

void query_states(struct query *q, struct state_def **state, int n, int alias)
{
	if (!n) {
		Q(q, "TRUE");
		return;
	}
	query_column(q, alias, "state");
	Q(q, " IN (");
	for (int i = 0; i < n; i++) {
		if (i) Q(q, ", ");
		query_text(q, state[i]->name);
	}
	Q(q, ")");
}

void query_ids(struct query *q, const int64_t *id, int n)
{
	query_column(q, 0, "id");
	Q(q, " IN (");
	for (int i = 0; i < n; i++) {
		if (i) Q(q, ", ");
		query_int(q, id[i]);
	}
	Q(q, ")");
}

enum rc query_rows(struct query *q, struct rows **out)
{
	return db_rows(q->rx->cx, q->rx->db, sqlb_sql(&q->sql), PV(&q->param), out);
}

enum rc query_one_int(struct query *q, int64_t *out, bool *found)
{
	return db_int(q->rx->cx, q->rx->db, sqlb_sql(&q->sql), PV(&q->param), out, found);
}

struct val column_val(struct arena *a, enum value_type type, const struct rows *r, int column)
{
	struct param v = row_value(r, column);
	if (v.kind == PARAM_NULL) return VNULL;
	switch (type) {
	case TYPE_DEC: return val_dec(v.i);
	case TYPE_BOOL: return val_bool(v.i != 0);
	case TYPE_TEXT:
	case TYPE_CODE:
	case TYPE_STATE: return val_text(str_dup(a, v.kind == PARAM_INT ? row_text(r, column) : v.s));
	default: return val_int(v.kind == PARAM_INT ? v.i : row_int(r, column));
	}
}

static enum rc first_value(struct query *q, enum value_type type, struct val *out)
{
	struct rows *r;
	bool more;
	TRY(query_rows(q, &r));
	enum rc rc = db_step(q->rx->cx, r, &more);
	if (rc == RC_OK) *out = more ? column_val(q->rx->cx->arena, type, r, 0) : VNULL;
	rows_done(r);
	return rc;
}

/* A path that starts at a ref of the record being filled in: the rest is read from the record it points to. */
static enum rc lookup_path(struct rx *rx, const struct expr_env *env, const struct expr *e, struct val *out)
{
	struct field_def *first = e->path[0];
	struct expr ref = { .op = EXPR_FIELD, .type = TYPE_REF, .path = e->path, .n_path = 1 };
	struct val to;
	TRY(expr_eval(rx->cx, &ref, env, &to));
	*out = VNULL;
	if (val_is_null(to) || !first->ref) return RC_OK;
	struct query q = query_new(rx, first->ref);
	Q(&q, "SELECT ");
	TRY(query_path(&q, e->path + 1, e->n_path - 1, e->path_state, 0));
	Q(&q, " FROM ");
	query_table(&q, first->ref, 0);
	Q(&q, " WHERE ");
	query_column(&q, 0, "id");
	Q(&q, " = ");
	query_int(&q, val_i64(to));
	return first_value(&q, e->type, out);
}

static enum rc lookup_prev(struct lookup *l, const struct expr_env *env, const struct expr *e, struct val *out)
{
	const struct type_def *t = l->type;
	struct query q = query_new(l->rx, t);
	Q(&q, "SELECT ");
	TRY(query_field(&q, e->arg[0]->path[0], 0));
	Q(&q, " FROM ");
	query_table(&q, t, 0);
	Q(&q, " WHERE ");
	TRY(query_field(&q, t->return_of, 0));
	Q(&q, " = ");
	query_int(&q, val_i64(val_get(env->record, t->return_of->name)));
	Q(&q, " AND ");
	TRY(query_field(&q, t->period, 0));
	Q(&q, " = ");
	query_int(&q, val_i64(val_get(env->record, t->period->name)) - 1);
	return first_value(&q, e->type, out);
}

enum rc query_lookup(struct cx *cx, const struct expr_env *env, const struct expr *e, struct val *out)
{
	struct lookup *l = env->ctx;
	(void)cx;
	if (e->op == EXPR_FIELD || e->op == EXPR_COLUMN) return lookup_path(l->rx, env, e, out);
	if (e->op == EXPR_CALL && e->fn == FN_PREV) return lookup_prev(l, env, e, out);
	if (e->op != EXPR_AGG && !(e->op == EXPR_CALL && (e->fn == FN_CONFLICT || e->fn == FN_SIMILARITY))) {
		*out = VNULL;
		return RC_OK;
	}
	struct query q = query_new(l->rx, l->type);
	q.memory = env;
	Q(&q, "SELECT ");
	TRY(query_expr(&q, e));
	return first_value(&q, e->type, out);
}

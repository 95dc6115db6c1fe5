/* Expressions in memory: exact integer arithmetic, null where something is missing, the same answers as the SQL of src/rec. */
#include <assert.h>

#include "base/time.h"
#include "def/model.h"

typedef __int128 wide;

static enum rc overflow(struct cx *cx, const struct expr *e)
{
	return fail(cx, RC_INVALID, "expr.overflow", e->at, "“%.*s”的结果过大", "the result of “%.*s” is too large", STRF(e->text));
}

static enum rc whole(struct cx *cx, const struct expr *e, wide v, struct val *out)
{
	if (v > INT64_MAX || v < -(wide)INT64_MAX) return overflow(cx, e);
	*out = e->type == TYPE_DEC ? val_dec((int64_t)v) : val_int((int64_t)v);
	return RC_OK;
}

/* n ÷ d to the nearest whole, half away from zero; d is not 0. */
static wide divided(wide n, wide d)
{
	if (d < 0) n = -n, d = -d;
	wide half = n < 0 ? -(d / 2) : d / 2;
	/* For an odd d the half is short by one half, which is never reached by whole numbers. */
	return (n + half) / d;
}

static int64_t scale(enum value_type t) { return t == TYPE_DEC ? DEC_ONE : 1; }

/* What a record holds under a field's name, in the form that expr.h promises. */
static struct val stored(struct val v, enum field_kind kind)
{
	int32_t day;
	switch (kind) {
	case FIELD_BOOL:
		if (v.kind == VAL_INT) return val_bool(v.i != 0);
		return v.kind == VAL_BOOL ? v : VNULL;
	case FIELD_DEC:
		if (v.kind == VAL_INT && v.i <= INT64_MAX / DEC_ONE && v.i >= -(INT64_MAX / DEC_ONE)) return val_dec(v.i * DEC_ONE);
		return v.kind == VAL_DEC ? v : VNULL;
	case FIELD_DATE:
		if (v.kind == VAL_TEXT && date_parse(v.s, &day)) return val_int(day);
		return v.kind == VAL_INT ? v : VNULL;
	case FIELD_INT:
	case FIELD_MONEY:
	case FIELD_TIME:
	case FIELD_REF: return v.kind == VAL_INT ? v : VNULL;
	case FIELD_FILE: return v.kind == VAL_INT || v.kind == VAL_TEXT ? v : VNULL;
	case FIELD_TEXT:
	case FIELD_LONG:
	case FIELD_CODE:
	case FIELD_EMAIL:
	case FIELD_PHONE:
	case FIELD_USCC:
	case FIELD_ORCID:
	case FIELD_URL: break;
	}
	return v.kind == VAL_TEXT ? v : VNULL;
}

static enum rc looked_up(struct cx *cx, const struct expr *e, const struct expr_env *env, struct val *out)
{
	if (env->lookup) return env->lookup(cx, env, e, out);
	*out = VNULL;
	return RC_OK;
}

static enum rc field_value(struct cx *cx, const struct field_def *f, const struct expr_env *env, struct val *out)
{
	if (f->compute) return expr_eval(cx, f->compute, env, out);
	*out = stored(val_get(f->in_table ? env->row : env->record, f->name), f->kind);
	return RC_OK;
}

static enum rc field(struct cx *cx, const struct expr *e, const struct expr_env *env, struct val *out)
{
	if (e->outer && env->outer) env = env->outer;
	if (e->n_path > 1 || e->path_state) return looked_up(cx, e, env, out);
	return field_value(cx, e->path[0], env, out);
}

enum rc expr_record_day(struct cx *cx, const struct type_def *t, const struct expr_env *env, int32_t *day)
{
	bool by_day = t && t->day;
	struct val own = VNULL;
	*day = instant_date(env->created_ms && !by_day ? env->created_ms : cx->now_ms, env->region->zone_minutes);
	if (by_day) TRY(expr_eval(cx, t->day, env, &own));
	if (!val_is_null(own)) *day = (int32_t)own.i;
	return RC_OK;
}

static enum rc measure(const struct expr *e, struct cx *cx, const struct expr_env *env, struct val *out)
{
	int32_t day;
	TRY(expr_record_day(cx, e->over, env, &day));
	const struct measure_value *v = region_measure(env->region, e->family, e->name, day, NULL);
	*out = v ? v->val : VNULL;
	return RC_OK;
}

static enum rc arithmetic(struct cx *cx, const struct expr *e, struct val x, struct val y, struct val *out)
{
	enum value_type s = e->arg[0]->type, t = e->arg[1]->type;
	wide a = x.i, b = y.i;
	if (e->op == EXPR_MUL) return whole(cx, e, divided(a * b, (wide)scale(s) * scale(t) / scale(e->type)), out);
	if (e->op == EXPR_DIV) {
		if (b == 0) {
			*out = VNULL;
			return RC_OK;
		}
		return whole(cx, e, divided(a * scale(e->type) * scale(t), b * scale(s)), out);
	}
	a *= scale(e->type) / scale(s);
	b *= scale(e->type) / scale(t);
	return whole(cx, e, e->op == EXPR_ADD ? a + b : a - b, out);
}

/* -1, 0, 1; both are there. */
static int order(const struct expr *x, struct val a, const struct expr *y, struct val b)
{
	if (a.kind == VAL_TEXT || b.kind == VAL_TEXT) return str_cmp(val_str(a), val_str(b));
	if (a.kind == VAL_BOOL || b.kind == VAL_BOOL) return (int)val_true(a) - (int)val_true(b);
	int64_t top = x->type == TYPE_DEC || y->type == TYPE_DEC ? DEC_ONE : 1;
	wide s = (wide)a.i * (top / scale(x->type)), t = (wide)b.i * (top / scale(y->type));
	return (s > t) - (s < t);
}

static bool compared(enum expr_op op, int c)
{
	switch (op) {
	case EXPR_EQ: return c == 0;
	case EXPR_NE: return c != 0;
	case EXPR_LT: return c < 0;
	case EXPR_LE: return c <= 0;
	case EXPR_GT: return c > 0;
	default: return c >= 0;
	}
}

static enum rc binary(struct cx *cx, const struct expr *e, const struct expr_env *env, struct val *out)
{
	struct val a, b;
	TRY(expr_eval(cx, e->arg[0], env, &a));
	TRY(expr_eval(cx, e->arg[1], env, &b));
	if (val_is_null(a) || val_is_null(b)) {
		*out = VNULL;
		return RC_OK;
	}
	bool arith = e->op == EXPR_ADD || e->op == EXPR_SUB || e->op == EXPR_MUL || e->op == EXPR_DIV;
	if (arith) return arithmetic(cx, e, a, b, out);
	*out = val_bool(compared(e->op, order(e->arg[0], a, e->arg[1], b)));
	return RC_OK;
}

/* Three-valued: one false (for or: true) side decides, else a null side makes it null. */
static enum rc logic(struct cx *cx, const struct expr *e, const struct expr_env *env, struct val *out)
{
	bool decides = e->op == EXPR_OR, missing = false;
	for (int i = 0; i < e->n_arg; i++) {
		struct val v;
		TRY(expr_eval(cx, e->arg[i], env, &v));
		if (val_is_null(v)) {
			missing = true;
		} else if (val_true(v) == decides) {
			*out = val_bool(decides);
			return RC_OK;
		}
	}
	*out = missing ? VNULL : val_bool(!decides);
	return RC_OK;
}

static enum rc membership(struct cx *cx, const struct expr *e, const struct expr_env *env, struct val *out)
{
	struct val x, item;
	bool missing = false, found = false;
	TRY(expr_eval(cx, e->arg[0], env, &x));
	for (int i = 1; i < e->n_arg; i++) {
		TRY(expr_eval(cx, e->arg[i], env, &item));
		if (val_is_null(item)) missing = true;
		else if (!val_is_null(x) && order(e->arg[0], x, e->arg[i], item) == 0) found = true;
	}
	*out = val_is_null(x) || (missing && !found) ? VNULL : val_bool(found);
	return RC_OK;
}

/* ---- functions ---- */

static enum rc rounded(struct cx *cx, const struct expr *e, struct val x, struct val places, struct val *out)
{
	/* Places after the point that the stored number has: money 2, decimals 6, whole numbers none. */
	int have = e->type == TYPE_MONEY ? 2 : e->type == TYPE_DEC ? 6 : 0, drop = have - (int)places.i;
	if (drop <= 0) {
		*out = x;
		return RC_OK;
	}
	wide unit = 1;
	for (int i = 0; i < drop; i++) unit *= 10;
	return whole(cx, e, divided(x.i, unit) * unit, out);
}

static enum rc workdays(const struct expr_env *env, struct val day, struct val n, struct val *out)
{
	bool near = n.i >= 0 && n.i <= WORKDAYS_MAX && day.i >= WORKDAYS_FROM && day.i <= WORKDAYS_TO;
	*out = near ? val_int(region_workday(env->region, (int32_t)day.i, (int)n.i)) : VNULL;
	return RC_OK;
}

/* Year, month and day of the month as one number that grows with the date: 32 days a month, 12 months a year, so that a
   difference counts a month when the day of the month is reached. The SQL of src/rec says the same. */
static bool serial(struct val date, wide *out)
{
	int year, month, day;
	if (date.i < INT32_MIN / 2 || date.i > INT32_MAX / 2) return false;
	date_split((int32_t)date.i, &year, &month, &day);
	*out = ((wide)year * 12 + month - 1) * 32 + day - 1;
	return true;
}

static enum rc calendar(struct cx *cx, const struct expr *e, const struct val *v, struct val *out)
{
	wide a = 0, b = 0;
	if (!serial(v[0], &a) || (e->n_arg == 2 && !serial(v[1], &b))) return overflow(cx, e);
	switch (e->fn) {
	case FN_MONTHS: return whole(cx, e, (b - a) / 32, out);
	case FN_YEARS: return whole(cx, e, (b - a) / (32 * 12), out);
	case FN_MONTH: return whole(cx, e, a / 32 % 12 + 1, out);
	default: return whole(cx, e, a / (32 * 12), out);
	}
}

static struct val up(const struct expr *e, struct val code)
{
	const struct code_item *c = codes_item(e->codes, val_str(code));
	return c && c->parent.n ? val_text(c->parent) : VNULL;
}

static enum rc of_values(struct cx *cx, const struct expr *e, const struct expr_env *env, struct val *out)
{
	struct val v[3];
	assert(e->n_arg <= 3);
	for (int i = 0; i < e->n_arg; i++) {
		TRY(expr_eval(cx, e->arg[i], env, &v[i]));
		if (!val_is_null(v[i])) continue;
		*out = VNULL;
		return RC_OK;
	}
	switch (e->fn) {
	case FN_WORKDAYS: return workdays(env, v[0], v[1], out);
	case FN_DAYS: return whole(cx, e, ((wide)v[1].i - v[0].i) / (e->arg[0]->type == TYPE_TIME ? DAY_MS : 1), out);
	case FN_ABS: return whole(cx, e, v[0].i < 0 ? -(wide)v[0].i : v[0].i, out);
	case FN_ROUND: return rounded(cx, e, v[0], v[1], out);
	case FN_DATE: *out = val_int(instant_date(v[0].i, env->region->zone_minutes)); return RC_OK;
	case FN_UP: *out = up(e, v[0]); return RC_OK;
	default: return calendar(cx, e, v, out);
	}
}

/* Of the branch taken: an int becomes a decimal when the whole is one. */
static enum rc branch(struct cx *cx, const struct expr *e, const struct expr *taken, struct val v, struct val *out)
{
	if (e->type == TYPE_DEC && taken->type == TYPE_INT && !val_is_null(v)) return whole(cx, e, (wide)v.i * DEC_ONE, out);
	*out = v;
	return RC_OK;
}

static enum rc call(struct cx *cx, const struct expr *e, const struct expr_env *env, struct val *out)
{
	struct val v;
	switch (e->fn) {
	case FN_TODAY: *out = val_int(instant_date(cx->now_ms, env->region->zone_minutes)); return RC_OK;
	case FN_NOW: *out = val_int(cx->now_ms); return RC_OK;
	case FN_ME: *out = env->me; return RC_OK;
	case FN_MY_ORG: *out = env->my_org; return RC_OK;
	case FN_AUTHOR: *out = stored(val_get(env->record, STR("author")), FIELD_REF); return RC_OK;
	case FN_PREV:
	case FN_SIMILARITY:
	case FN_CONFLICT: return looked_up(cx, e, env, out);
	case FN_EMPTY:
		TRY(expr_eval(cx, e->arg[0], env, &v));
		*out = val_bool(val_is_null(v) || (v.kind == VAL_TEXT && v.s.n == 0));
		return RC_OK;
	case FN_COALESCE:
		TRY(expr_eval(cx, e->arg[0], env, &v));
		if (!val_is_null(v)) return branch(cx, e, e->arg[0], v, out);
		TRY(expr_eval(cx, e->arg[1], env, &v));
		return branch(cx, e, e->arg[1], v, out);
	case FN_IF: {
		TRY(expr_eval(cx, e->arg[0], env, &v));
		const struct expr *taken = e->arg[val_true(v) ? 1 : 2];
		TRY(expr_eval(cx, taken, env, &v));
		return branch(cx, e, taken, v, out);
	}
	default: return of_values(cx, e, env, out);
	}
}

/* ---- child tables ---- */

struct tally { wide sum; int64_t n; struct val least, most; };

static enum rc tally_row(struct cx *cx, const struct expr *e, const struct expr_env *row, struct tally *t)
{
	struct val v;
	bool yes = true, judged;
	if (e->where) TRY(expr_true(cx, e->where, row, &yes, &judged));
	if (!yes) return RC_OK;
	if (!e->column) {
		t->n++;
		return RC_OK;
	}
	TRY(field_value(cx, e->column, row, &v));
	if (val_is_null(v)) return RC_OK;
	t->n++;
	t->sum += v.i;
	if (t->n == 1 || v.i < t->least.i) t->least = v;
	if (t->n == 1 || v.i > t->most.i) t->most = v;
	return RC_OK;
}

static enum rc aggregate(struct cx *cx, const struct expr *e, const struct expr_env *env, struct val *out)
{
	if (!e->table) return looked_up(cx, e, env, out);
	struct val rows = val_get(env->record, e->table->name);
	struct tally t = { .least = VNULL, .most = VNULL };
	for (size_t i = 0; i < val_len(rows); i++) {
		struct expr_env row = *env;
		row.outer = env;
		row.row = val_at(rows, i);
		TRY(tally_row(cx, e, &row, &t));
	}
	switch (e->agg) {
	case AGG_COUNT: *out = val_int(t.n); return RC_OK;
	case AGG_SUM: return whole(cx, e, t.sum, out);
	case AGG_MIN: *out = t.least; return RC_OK;
	case AGG_MAX: *out = t.most; return RC_OK;
	case AGG_ONE: *out = VNULL; return RC_OK;       /* never over rows */
	case AGG_AVG: break;
	}
	if (t.n == 0) {
		*out = VNULL;
		return RC_OK;
	}
	bool ints = e->column->kind == FIELD_INT;
	return whole(cx, e, divided(t.sum * (ints ? DEC_ONE : 1), t.n), out);
}

enum rc expr_eval(struct cx *cx, const struct expr *e, const struct expr_env *env, struct val *out)
{
	struct val v;
	switch (e->op) {
	case EXPR_CONST: *out = e->val; return RC_OK;
	case EXPR_FIELD:
	case EXPR_COLUMN: return field(cx, e, env, out);
	case EXPR_STATE:
		if (e->outer && env->outer) env = env->outer;
		*out = env->state.n ? val_text(env->state) : VNULL;
		return RC_OK;
	case EXPR_MEASURE: return measure(e, cx, env, out);
	case EXPR_NOT:
		TRY(expr_eval(cx, e->arg[0], env, &v));
		*out = val_bool(!val_true(v));
		return RC_OK;
	case EXPR_NEG:
		TRY(expr_eval(cx, e->arg[0], env, &v));
		if (!val_is_null(v)) return whole(cx, e, -(wide)v.i, out);
		*out = VNULL;
		return RC_OK;
	case EXPR_AND:
	case EXPR_OR: return logic(cx, e, env, out);
	case EXPR_IN: return membership(cx, e, env, out);
	case EXPR_CALL: return call(cx, e, env, out);
	case EXPR_AGG: return aggregate(cx, e, env, out);
	case EXPR_INDICATOR: return looked_up(cx, e, env, out);
	case EXPR_EQ:
	case EXPR_NE:
	case EXPR_LT:
	case EXPR_LE:
	case EXPR_GT:
	case EXPR_GE:
	case EXPR_ADD:
	case EXPR_SUB:
	case EXPR_MUL:
	case EXPR_DIV: break;
	}
	return binary(cx, e, env, out);
}

enum rc expr_true(struct cx *cx, const struct expr *e, const struct expr_env *env, bool *yes, bool *judged)
{
	struct val v;
	TRY(expr_eval(cx, e, env, &v));
	*judged = !val_is_null(v);
	*yes = val_true(v);
	return RC_OK;
}

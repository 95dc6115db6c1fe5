#include "rec/indicator.h"

static enum rc part_lookup(struct cx *cx, const struct expr_env *env, const struct expr *e, struct val *out)
{
	struct rx *rx = env->ctx;
	int64_t micro;
	bool known;
	(void)cx;
	*out = VNULL;
	if (e->op != EXPR_INDICATOR) return RC_OK;
	TRY(indicator_figure(rx, e->indicator, &micro, &known));
	if (known) *out = val_dec(micro);
	return RC_OK;
}

static enum rc formula(struct rx *rx, const struct indicator_def *i, int64_t *micro, bool *known)
{
	struct expr_env env = { .region = rx->region, .lookup = part_lookup, .ctx = rx };
	struct val v;
	TRY(expr_eval(rx->cx, i->formula, &env, &v));
	*known = v.kind == VAL_DEC || v.kind == VAL_INT;
	if (*known) *micro = v.kind == VAL_INT ? v.i * DEC_ONE : v.i;
	return RC_OK;
}

static enum rc select_value(struct query *q, const struct indicator_def *i)
{
	switch (i->kind) {
	case INDICATOR_COUNT: Q(q, "COUNT(*)"); return RC_OK;
	case INDICATOR_DISTINCT: Q(q, "COUNT(DISTINCT "); break;
	case INDICATOR_SUM: Q(q, "SUM("); break;
	default: Q(q, "AVG("); break;
	}
	TRY(query_expr(q, i->value));
	Q(q, ")");
	return RC_OK;
}

enum rc indicator_figure(struct rx *rx, const struct indicator_def *i, int64_t *micro, bool *known)
{
	if (i->kind == INDICATOR_FORMULA) {
		TRY(formula(rx, i, micro, known));
	} else {
		struct query q = query_new(rx, i->of);
		Q(&q, "SELECT CAST(");
		TRY(select_value(&q, i));
		Q(&q, " AS INTEGER) FROM ");
		query_table(&q, i->of, 0);
		Q(&q, " WHERE ");
		TRY(access_where(&q, ACT_SEE));
		if (i->where) {
			Q(&q, " AND ");
			TRY(query_cond(&q, i->where));
		}
		TRY(query_one_int(&q, micro, known));
		bool decimal = (i->kind == INDICATOR_SUM || i->kind == INDICATOR_AVG) && i->value->type == TYPE_DEC;
		if (*known && !decimal && __builtin_mul_overflow(*micro, DEC_ONE, micro))
			return fail(rx->cx, RC_LIMIT, "indicator.overflow", i->at, "指标数值过大", "the figure is too large");
	}
	if (!*known || !i->scale || i->scale == DEC_ONE) return RC_OK;
	/* figure = stored ÷ scale, half away from zero */
	__int128 n = (__int128)*micro * DEC_ONE, half = i->scale / 2;
	*micro = (int64_t)((n < 0 ? n - half : n + half) / i->scale);
	return RC_OK;
}

bool indicator_list(struct rx *rx, const struct indicator_def *i, struct list_query *out)
{
	(void)rx;
	if (i->kind == INDICATOR_FORMULA) return false;
	*out = (struct list_query){ .type = i->of, .limit = LIST_PAGE, .where = i->where };
	for (int k = 0; k < i->of->n_list && k < LIST_COLUMNS; k++) out->column[out->n_column++] = i->of->list[k];
	bool shown = !i->value || i->value->op != EXPR_FIELD || i->value->n_path != 1;
	for (int k = 0; k < out->n_column && !shown; k++) shown = out->column[k] == i->value->path[0];
	if (!shown && out->n_column < LIST_COLUMNS && !i->value->path[0]->builtin) out->column[out->n_column++] = i->value->path[0];
	return true;
}

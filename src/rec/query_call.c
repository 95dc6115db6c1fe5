/* Functions of the language as SQL that any engine knows: no functions of the database beyond those docs/architecture.md lists. */
#include <assert.h>

#include "base/time.h"
#include "rec/query_inner.h"

static enum rc previous(struct query *q, const struct expr *e)
{
	const struct type_def *t = q->type;
	int inner = q->aliases++, outer = q->alias;
	assert(t->return_of && t->period && e->arg[0]->op == EXPR_FIELD);
	Q(q, "(SELECT ");
	TRY(query_field(q, e->arg[0]->path[0], inner));
	Q(q, " FROM ");
	query_table(q, t, inner);
	Q(q, " WHERE ");
	TRY(query_field(q, t->return_of, inner));
	Q(q, " = ");
	TRY(query_field(q, t->return_of, outer));
	Q(q, " AND ");
	TRY(query_field(q, t->period, inner));
	Q(q, " = ");
	TRY(query_field(q, t->period, outer));
	Q(q, " - 1 LIMIT 1)");
	return RC_OK;
}

/* ---- the calendar, without functions of the database ---- */

/* Year, month and day of the month of a day number as one number (see serial in expr_eval.c): Howard Hinnant's civil_from_days
   (http://howardhinnant.github.io/date_algorithms.html), for days from year 0 on, one row a step so that no part is written twice.
   The steps stand beside one another, not inside: an engine's parser bears only so much nesting. */
static enum rc serial(struct query *q, const struct expr *day)
{
	Q(q, "(WITH z(v) AS (SELECT ");
	TRY(query_expr(q, day));
	Q(q, " + 719468), s0(era, doe) AS (SELECT z.v / 146097, z.v % 146097 FROM z), "
	     "s1(era, doe, yoe) AS (SELECT s0.era, s0.doe, (s0.doe - s0.doe / 1460 + s0.doe / 36524 - s0.doe / 146096) / 365 FROM s0), "
	     "s2(y, doy) AS (SELECT s1.yoe + s1.era * 400, s1.doe - (365 * s1.yoe + s1.yoe / 4 - s1.yoe / 100) FROM s1), "
	     "s3(y, doy, mp) AS (SELECT s2.y, s2.doy, (5 * s2.doy + 2) / 153 FROM s2), "
	     "s4(y, m, d) AS (SELECT s3.y, s3.mp + 2, s3.doy - (153 * s3.mp + 2) / 5 FROM s3) "
	     "SELECT ((s4.y + CASE WHEN s4.m > 11 THEN 1 ELSE 0 END) * 12 + s4.m - CASE WHEN s4.m > 11 THEN 12 ELSE 0 END) * 32 + s4.d FROM s4)");
	return RC_OK;
}

static enum rc calendar(struct query *q, const struct expr *e)
{
	Q(q, "((");
	if (e->n_arg == 2) {
		TRY(serial(q, e->arg[1]));
		Q(q, " - ");
	}
	TRY(serial(q, e->arg[0]));
	switch (e->fn) {
	case FN_MONTHS: Q(q, ") / 32)"); break;
	case FN_YEARS:
	case FN_YEAR: Q(q, ") / 384)"); break;
	default: Q(q, ") / 32 % 12 + 1)");
	}
	return RC_OK;
}

static void day_list(struct query *q, bool workdays)
{
	const struct region *r = q->rx->region;
	Q(q, " WHEN w.day + 1 IN (0");
	for (int i = 0; i < r->n_calendar; i++) {
		const struct calendar_def *c = r->calendar[i];
		for (int k = 0; k < (workdays ? c->n_workday : c->n_holiday); k++) {
			Q(q, ", ");
			sqlb_int(&q->sql, workdays ? c->workday[k] : c->holiday[k]);
		}
	}
	if (workdays) Q(q, ") THEN 1");
	else Q(q, ") THEN 0");
}

/* Day after day, counting down at each working one. Day 0 was a Thursday: day + 4, that is w.day + 5, mod 7 is 0 or 6 at a weekend. */
static enum rc workdays(struct query *q, const struct expr *e)
{
	Q(q, "(WITH RECURSIVE w(day, rest) AS (SELECT a.v, a.n FROM (SELECT ");
	TRY(query_expr(q, e->arg[0]));
	Q(q, " AS v, ");
	TRY(query_expr(q, e->arg[1]));
	Q(q, " AS n) a WHERE a.n BETWEEN 0 AND ");
	sqlb_int(&q->sql, WORKDAYS_MAX);
	Q(q, " AND a.v BETWEEN ");
	sqlb_int(&q->sql, WORKDAYS_FROM);
	Q(q, " AND ");
	sqlb_int(&q->sql, WORKDAYS_TO);
	Q(q, " UNION ALL SELECT w.day + 1, w.rest - CASE");
	day_list(q, true);
	day_list(q, false);
	Q(q, " WHEN (w.day + 700005) % 7 IN (0, 6) THEN 0 ELSE 1 END FROM w WHERE w.rest > 0) SELECT MAX(w.day) FROM w)");
	return RC_OK;
}

/* Codes and what they stand under, as declared. */
static enum rc up(struct query *q, const struct expr *e)
{
	int n = 0;
	Q(q, "CASE ");
	TRY(query_expr(q, e->arg[0]));
	for (int i = 0; i < e->codes->n_item; i++) {
		const struct code_item *c = &e->codes->item[i];
		if (!c->parent.n) continue;
		n++;
		Q(q, " WHEN ");
		query_text(q, c->code);
		Q(q, " THEN ");
		query_text(q, c->parent);
	}
	if (n) Q(q, " END");
	else Q(q, " WHEN '' THEN NULL END");
	return RC_OK;
}

static enum rc emit_expr(struct query *q, const void *ctx) { return query_expr(q, ctx); }

static enum rc emit_int(struct query *q, const void *ctx)
{
	sqlb_int(&q->sql, *(const int64_t *)ctx);
	return RC_OK;
}

/* To the places wanted: dropped digits become noughts. */
static enum rc round_places(struct query *q, const struct expr *e)
{
	const struct expr *d = e->arg[1]->op == EXPR_NEG ? e->arg[1]->arg[0] : e->arg[1];
	int have = e->type == TYPE_MONEY ? 2 : e->type == TYPE_DEC ? 6 : 0, drop = have - (int)(e->arg[1]->op == EXPR_NEG ? -d->val.i : d->val.i);
	if (drop <= 0) return query_expr(q, e->arg[0]);
	int64_t unit = 1;
	while (drop-- > 0) unit *= 10;
	Q(q, "(");
	TRY(query_rounded(q, emit_expr, e->arg[0], emit_int, &unit));
	Q(q, " * ");
	sqlb_int(&q->sql, unit);
	Q(q, ")");
	return RC_OK;
}

static void viewer_id(struct query *q, int64_t id)
{
	if (id) query_int(q, id);
	else Q(q, "NULL");
}

enum rc query_call(struct query *q, const struct expr *e)
{
	struct rx *rx = q->rx;
	int64_t zone = (int64_t)rx->region->zone_minutes * MINUTE_MS;
	switch (e->fn) {
	case FN_NOW: query_int(q, rx->cx->now_ms); return RC_OK;
	case FN_TODAY: query_int(q, instant_date(rx->cx->now_ms, rx->region->zone_minutes)); return RC_OK;
	case FN_ME: viewer_id(q, rx->viewer.person); return RC_OK;
	case FN_MY_ORG: viewer_id(q, rx->viewer.org); return RC_OK;
	case FN_AUTHOR: query_column(q, q->alias, "author"); return RC_OK;
	case FN_ROUND: return round_places(q, e);
	case FN_MONTHS:
	case FN_YEARS:
	case FN_YEAR:
	case FN_MONTH: return calendar(q, e);
	case FN_WORKDAYS: return workdays(q, e);
	case FN_UP: return up(q, e);
	case FN_PREV: return previous(q, e);
	case FN_CONFLICT: return query_conflict(q, e);
	case FN_SIMILARITY:
		Q(q, "(SELECT s.others FROM similar s WHERE s.name = ");
		query_text(q, e->similar->name);
		Q(q, " AND s.record = ");
		if (q->memory) query_int(q, ((const struct lookup *)q->memory->ctx)->id);
		else query_column(q, q->alias, "id");
		Q(q, ")");
		return RC_OK;
	case FN_EMPTY:
		Q(q, "(COALESCE(CAST(");
		TRY(query_expr(q, e->arg[0]));
		Q(q, " AS TEXT), '') = '')");
		return RC_OK;
	case FN_COALESCE:
		Q(q, "COALESCE(");
		TRY(query_scaled(q, e->arg[0], e->type));
		Q(q, ", ");
		TRY(query_scaled(q, e->arg[1], e->type));
		Q(q, ")");
		return RC_OK;
	case FN_IF:
		Q(q, "CASE WHEN ");
		TRY(query_expr(q, e->arg[0]));
		Q(q, " THEN ");
		TRY(query_scaled(q, e->arg[1], e->type));
		Q(q, " ELSE ");
		TRY(query_scaled(q, e->arg[2], e->type));
		Q(q, " END");
		return RC_OK;
	case FN_ABS:
		Q(q, "ABS(");
		TRY(query_expr(q, e->arg[0]));
		Q(q, ")");
		return RC_OK;
	case FN_DATE:
		/* Ten million days ahead, so that the division also rounds down before 1970. */
		Q(q, "((");
		TRY(query_expr(q, e->arg[0]));
		Q(q, " + ");
		sqlb_int(&q->sql, zone + (int64_t)10000000 * DAY_MS);
		Q(q, ") / 86400000 - 10000000)");
		return RC_OK;
	case FN_DAYS:
		Q(q, "((");
		TRY(query_expr(q, e->arg[1]));
		Q(q, " - ");
		TRY(query_expr(q, e->arg[0]));
		if (e->arg[0]->type == TYPE_TIME) Q(q, ") / 86400000)");
		else Q(q, "))");
		return RC_OK;
	}
	assert(false);
	return RC_INVALID;
}

/* What only the whole can tell: after everything is resolved and typed. */
#include <stdlib.h>

#include "base/time.h"
#include "def/load.h"

void check_region(struct load *ld)
{
	check_types(ld);
	check_rest(ld);
	check_demo(ld);
}

/* ---- measures ---- */

static void check_overlap(struct load *ld, const struct measure_def *m, const struct measure_def *other)
{
	if (m->from > other->to || other->from > m->to) return;
	struct where at = load_at(ld, other->at);
	BAD(ld, m->at, "def.measure_overlap", "办法“%.*s”的两个版本有效期重叠", "two versions of the measure “%.*s” are in force at once", STRF(m->family));
	HINT(ld, "另一版本在 %.*s:%d；写明 from 和 to", "the other is at %.*s:%d; say from and to", STRF(at.file), at.line);
}

/* One name, one type in all versions; 1 in one and 0.5 in another are both decimals. */
static void check_same_type(struct load *ld, struct measure_value *v, struct measure_value *w)
{
	if (v->type == w->type) return;
	struct measure_value *whole = v->type == TYPE_INT ? v : w;
	bool numbers = (v->type == TYPE_INT || v->type == TYPE_DEC) && (w->type == TYPE_INT || w->type == TYPE_DEC);
	if (numbers && !__builtin_mul_overflow(whole->val.i, DEC_ONE, &whole->val.i)) {
		whole->val.kind = VAL_DEC;
		whole->type = TYPE_DEC;
		return;
	}
	BAD(ld, v->at, "def.measure_type", "“%.*s”在各版本中种类不同（%s%.0s、%s%.0s）", "“%.*s” is %.0s%s in one version and %.0s%s in another", STRF(v->name),
		type_word(v->type, LANG_ZH), type_word(v->type, LANG_EN), type_word(w->type, LANG_ZH), type_word(w->type, LANG_EN));
}

static void check_versions(struct load *ld, struct measure_def *m, struct measure_def *other)
{
	struct names gone = { 0 };
	check_overlap(ld, other, m);
	for (int i = 0; i < m->n_value; i++) {
		struct measure_value *same = NULL;
		for (int k = 0; k < other->n_value; k++)
			if (str_eq(m->value[i].name, other->value[k].name)) same = &other->value[k];
		if (same) check_same_type(ld, same, &m->value[i]);
		else VEC_PUSH(ld->scratch, &gone, m->value[i].name);
	}
	if (!gone.n) return;
	struct str all = clip(str_join(ld->scratch, gone.v, gone.n, STR(", ")));
	NOTE(ld, other->at, "def.measure_value_gone", "办法“%.*s”的这一版本没有这些值：%.*s",
		"this version of the measure “%.*s” lacks the values %.*s", STRF(m->family), STRF(all));
}

/* Before expressions are typed: load.c calls it between the passes. */
void check_measures(struct load *ld)
{
	struct region *r = ld->r;
	for (int i = 0; i < r->n_measure; i++) {
		struct measure_def *m = r->measure[i];
		if (m->from > m->to) BAD(ld, m->at, "def.period_order", "结束早于开始", "it ends before it begins");
		if (m->from == INT32_MIN) BAD(ld, m->at, "def.measure_from", "办法“%.*s”没有写自何日起有效", "the measure “%.*s” does not say since when", STRF(m->family));
		if (!m->number.n) WARN(ld, m->at, "def.measure_number", "办法“%.*s”没有文号", "the measure “%.*s” has no document number", STRF(m->family));
		for (int k = 0; k < i; k++)
			if (str_eq(r->measure[k]->family, m->family)) check_versions(ld, r->measure[k], m);
	}
}

/* ---- computed fields ---- */

struct cycle { struct load *ld; const struct field_def **stack; int depth; bool found; };

static void visit_field(struct cycle *c, const struct field_def *f);

static bool visit_expr(const struct expr *e, void *ctx)
{
	struct cycle *c = ctx;
	bool names = e->op == EXPR_FIELD || e->op == EXPR_COLUMN;
	for (int i = 0; names && i < e->n_path; i++) visit_field(c, e->path[i]);
	if (e->column) visit_field(c, e->column);
	return !c->found;
}

/* Marks: `index` of fields is in use, so the stack itself tells where we are; finished fields are in `done`. */
static void visit_field(struct cycle *c, const struct field_def *f)
{
	if (!f->compute || c->found) return;
	for (int i = 0; i < c->depth; i++)
		if (c->stack[i] == f) {
			/* A cycle that does not come back to the first is reported when its own first is looked at. */
			c->found = i == 0;
			return;
		}
	if (c->depth == DEF_DEPTH_MAX) return;
	c->stack[c->depth++] = f;
	expr_walk(f->compute, visit_expr, c);
	c->depth--;
}

static void check_compute(struct load *ld, const struct field_def *f)
{
	const struct field_def *stack[DEF_DEPTH_MAX];
	struct cycle c = { .ld = ld, .stack = stack };
	if (!f->compute) return;
	visit_field(&c, f);
	if (c.found) BAD(ld, f->at, "def.compute_cycle", "“%.*s”的算法绕回了自己", "“%.*s” is worked out from itself", STRF(f->name));
}

static void check_computed(struct load *ld)
{
	for (int i = 0; i < ld->r->n_type; i++) {
		const struct type_def *t = ld->r->type[i];
		for (int k = 0; k < t->n_field; k++) check_compute(ld, t->field[k]);
		for (int k = 0; k < t->n_table; k++)
			for (int j = 0; j < t->table[k]->n_column; j++) check_compute(ld, t->table[k]->column[j]);
	}
}

/* ---- indicators ---- */

static bool leads_to(const struct indicator_def *from, const struct indicator_def *to, int depth);

struct lead { const struct indicator_def *to; int depth; bool found; };

static bool visit_indicator(const struct expr *e, void *ctx)
{
	struct lead *l = ctx;
	if (e->op == EXPR_INDICATOR && (e->indicator == l->to || leads_to(e->indicator, l->to, l->depth + 1))) l->found = true;
	return !l->found;
}

static bool leads_to(const struct indicator_def *from, const struct indicator_def *to, int depth)
{
	enum { DEEP = 8 };
	struct lead l = { to, depth, false };
	if (from->formula && depth < DEEP) expr_walk(from->formula, visit_indicator, &l);
	return l.found;
}

static void check_indicators(struct load *ld)
{
	for (int i = 0; i < ld->r->n_indicator; i++) {
		const struct indicator_def *x = ld->r->indicator[i];
		bool bad = !x->of && !x->formula;
		if (bad && ld->cx->fails.errors == 0)
			BAD(ld, x->at, "def.indicator_empty", "指标“%.*s”没有算法", "the indicator “%.*s” does not say how it is worked out", STRF(x->name));
		if (leads_to(x, x, 0)) BAD(ld, x->at, "def.compute_cycle", "“%.*s”的算法绕回了自己", "“%.*s” is worked out from itself", STRF(x->name));
	}
}

static void check_accounts(struct load *ld)
{
	for (int i = 0; i < ld->r->n_account; i++) {
		const struct demo_account *a = ld->r->account[i];
		if (!a->n_role) BAD(ld, a->at, "def.account_role", "账户“%.*s”没有角色", "the account “%.*s” has no role", STRF(a->login));
	}
	const struct where *first = ld->r->n_demo ? &ld->r->demo_block[0]->at : ld->r->n_account ? &ld->r->account[0]->at : NULL;
	if (first && !ld->r->demo && ld->region_stmt)
		WARN(ld, *first, "def.demo_off", "地区没有写 demo;，演示数据和账户不会生成", "the region does not say demo; so none of these is made");
}

void check_rest(struct load *ld)
{
	check_computed(ld);
	check_indicators(ld);
	check_accounts(ld);
}

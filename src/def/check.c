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
	BAD(ld, v->at, "def.measure_type", "“%.*s”在各版本中种类不同（%s%.0s、%s%.0s）", "“%.*s” is %.0s%s in one version and %.0s%s in another",
		STRF(v->name),
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
		if (m->from == INT32_MIN) BAD(ld, m->at, "def.measure_from", "办法“%.*s”没有写自何日起有效", "the measure “%.*s” does not say since when",
			STRF(m->family));
		if (!m->number.n) WARN(ld, m->at, "def.measure_number", "办法“%.*s”没有文号", "the measure “%.*s” has no document number",
			STRF(m->family));
		for (int k = 0; k < i; k++)
			if (str_eq(r->measure[k]->family, m->family)) check_versions(ld, r->measure[k], m);
	}
}

/* ---- what leads to itself: computed fields, indicators, moves that cause moves ---- */

/* Things by address, each with its size once it is known: 0 not looked at, ON_STACK being looked at. Every thing is looked at
   once, so that the time stays linear whatever leads to what. */
enum { ON_STACK = -1, SIZE_MAX_EXPR = 4000 };
struct marks { struct load *ld; const void **p; int *size; int n; int depth; };

static int by_address(const void *a, const void *b)
{
	uintptr_t x = (uintptr_t)*(const void *const *)a, y = (uintptr_t)*(const void *const *)b;
	return (x > y) - (x < y);
}

struct things { VEC(const void *); };

static struct marks marks_of(struct load *ld, struct things *t)
{
	struct marks m = { .ld = ld, .p = t->v, .n = (int)t->n, .size = ARENA_ARRAY(ld->scratch, int, t->n + 1) };
	if (t->n) qsort(t->v, t->n, sizeof *t->v, by_address);
	return m;
}

static int *size_of(struct marks *m, const void *thing)
{
	const void **hit = m->n ? bsearch(&thing, m->p, (size_t)m->n, sizeof *m->p, by_address) : NULL;
	return hit ? &m->size[hit - m->p] : NULL;
}

static void leads_back(struct marks *m, struct where at, struct str name)
{
	BAD(m->ld, at, "def.compute_cycle", "“%.*s”的算法绕回了自己", "“%.*s” is worked out from itself", STRF(name));
}

/* Worked out in full, an expression holds the expressions of all that it names: that size is limited, for memory and SQL alike. */
struct sum { struct marks *m; int64_t size; };

static int sized(struct marks *m, const struct expr *e, struct where at, struct str name, bool (*visit)(const struct expr *, void *))
{
	struct sum s = { m, 0 };
	if (++m->depth <= DEF_DEPTH_MAX) expr_walk(e, visit, &s);
	if (m->depth > DEF_DEPTH_MAX || s.size > SIZE_MAX_EXPR) {
		BAD(m->ld, at, "def.compute_large", "“%.*s”连同它用到的算法过大", "“%.*s” is too large with all that it is worked out from", STRF(name));
		s.size = 1;
	}
	m->depth--;
	return (int)s.size;
}

static bool visit_field_expr(const struct expr *e, void *ctx);

static int field_size(struct marks *m, const struct field_def *f)
{
	int *size = f->compute ? size_of(m, f) : NULL;
	if (!size) return 0;
	if (*size == ON_STACK) {
		leads_back(m, f->at, f->name);
		return 0;
	}
	if (*size) return *size;
	*size = ON_STACK;
	*size = sized(m, f->compute, f->at, f->name, visit_field_expr);
	return *size;
}

static bool visit_field_expr(const struct expr *e, void *ctx)
{
	struct sum *s = ctx;
	bool names = e->op == EXPR_FIELD || e->op == EXPR_COLUMN;
	s->size++;
	for (int i = 0; names && i < e->n_path; i++) s->size += field_size(s->m, e->path[i]);
	if (e->column) s->size += field_size(s->m, e->column);
	if (e->is) s->size += field_size(s->m, e->back);
	return true;
}

static void add_computed(struct load *ld, struct things *t, struct field_def *const *f, int n)
{
	for (int i = 0; i < n; i++)
		if (f[i]->compute) VEC_PUSH(ld->scratch, t, f[i]);
}

static void check_computed(struct load *ld)
{
	struct things t = { 0 };
	for (int i = 0; i < ld->r->n_type; i++) {
		const struct type_def *type = ld->r->type[i];
		add_computed(ld, &t, type->field, type->n_field);
		for (int k = 0; k < type->n_table; k++) add_computed(ld, &t, type->table[k]->column, type->table[k]->n_column);
	}
	size_t n = t.n;
	const void **in_order = ARENA_ARRAY(ld->scratch, const void *, n + 1);
	for (size_t i = 0; i < n; i++) in_order[i] = t.v[i];
	struct marks m = marks_of(ld, &t);
	for (size_t i = 0; i < n; i++) field_size(&m, in_order[i]);
}

static bool visit_indicator_expr(const struct expr *e, void *ctx);

static int indicator_size(struct marks *m, const struct indicator_def *x)
{
	int *size = x->formula ? size_of(m, x) : NULL;
	if (!size) return 0;
	if (*size == ON_STACK) {
		leads_back(m, x->at, x->name);
		return 0;
	}
	if (*size) return *size;
	*size = ON_STACK;
	*size = sized(m, x->formula, x->at, x->name, visit_indicator_expr);
	return *size;
}

static bool visit_indicator_expr(const struct expr *e, void *ctx)
{
	struct sum *s = ctx;
	s->size++;
	if (e->op == EXPR_INDICATOR) s->size += indicator_size(s->m, e->indicator);
	return true;
}

static void check_indicators(struct load *ld)
{
	check_matrices(ld);
	check_assignments(ld);
	check_scorings(ld);
	check_similars(ld);
	struct things t = { 0 };
	for (int i = 0; i < ld->r->n_indicator; i++) {
		const struct indicator_def *x = ld->r->indicator[i];
		if (!x->of && !x->formula && ld->cx->fails.errors == 0)
			BAD(ld, x->at, "def.indicator_empty", "指标“%.*s”没有算法", "the indicator “%.*s” does not say how it is worked out", STRF(x->name));
		VEC_PUSH(ld->scratch, &t, x);
	}
	struct marks m = marks_of(ld, &t);
	for (int i = 0; i < ld->r->n_indicator; i++) indicator_size(&m, ld->r->indicator[i]);
}

static void move_size(struct marks *m, const struct move_def *x)
{
	int *size = size_of(m, x);
	if (!size || *size > 0) return;
	if (*size == ON_STACK || m->depth == DEF_DEPTH_MAX) {
		BAD(m->ld, x->at, "def.move_cycle", "动作“%.*s”引起的动作又引起它（或一连串超过 %d 个）",
			"the moves caused by “%.*s” cause it again (or more than %d in a row)",
			STRF(x->name), DEF_DEPTH_MAX);
		return;
	}
	*size = ON_STACK;
	m->depth++;
	for (int i = 0; i < x->n_action; i++)
		if (x->action[i].kind == DO_MOVE && x->action[i].move) move_size(m, x->action[i].move);
	m->depth--;
	*size = 1;
}

/* Moves made by moves must come to an end. */
static void check_chains(struct load *ld)
{
	struct things t = { 0 };
	for (int i = 0; i < ld->r->n_type; i++)
		for (int k = 0; k < ld->r->type[i]->n_move; k++) VEC_PUSH(ld->scratch, &t, ld->r->type[i]->move[k]);
	struct marks m = marks_of(ld, &t);
	for (int i = 0; i < ld->r->n_type; i++)
		for (int k = 0; k < ld->r->type[i]->n_move; k++) move_size(&m, ld->r->type[i]->move[k]);
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

/* Criteria need a table to be answered in. */
static void check_judges(struct load *ld)
{
	for (int i = 0; i < ld->r->n_measure; i++) {
		const struct measure_def *m = ld->r->measure[i];
		if (!m->judges || !m->n_criterion || m->judges->criteria) continue;
		WARN(ld, m->at, "def.criteria_table", "类型“%.*s”没有 criteria 表，这些条件无处填写",
			"type “%.*s” has no criteria table: these criteria show nowhere", STRF(m->judges->name));
		HINT(ld, "在类型中写 criteria 名字 …;", "write criteria NAME …; in the type");
	}
}

void check_rest(struct load *ld)
{
	check_judges(ld);
	check_computed(ld);
	check_chains(ld);
	check_indicators(ld);
	check_accounts(ld);
}

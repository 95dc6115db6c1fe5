/* Functions, measures and aggregates: how they are typed. */
#include "def/expr_inner.h"

#include "def/assignment.h"

const struct fn_row fn_rows[] = {
	{ "today", FN_TODAY, 0, 0, "today()", "今天（地区时区）", "the date of today in the region's zone" },
	{ "now", FN_NOW, 0, 0, "now()", "此刻", "this instant" },
	{ "workdays", FN_WORKDAYS, 2, 2, "workdays(DATE, N)", "某日之后第 N 个工作日，按日历", "the N-th working day after a date, by the calendars" },
	{ "days", FN_DAYS, 2, 2, "days(A, B)", "从 A 到 B 的天数", "days from A to B" },
	{ "months", FN_MONTHS, 2, 2, "months(A, B)", "从 A 到 B 的整月数", "whole months from A to B" },
	{ "years", FN_YEARS, 2, 2, "years(A, B)", "从 A 到 B 的整年数（周岁）", "whole years from A to B (an age)" },
	{ "year", FN_YEAR, 1, 1, "year(DATE)", "年份", "the year" },
	{ "month", FN_MONTH, 1, 1, "month(DATE)", "月份，1 到 12", "the month, 1 to 12" },
	{ "date", FN_DATE, 1, 1, "date(INSTANT)", "时刻所在的日期", "the day of an instant" },
	{ "empty", FN_EMPTY, 1, 1, "empty(X)", "未填", "not filled in" },
	{ "coalesce", FN_COALESCE, 2, 2, "coalesce(A, B)", "A 未填时取 B", "A, or B when A is not filled in" },
	{ "if", FN_IF, 3, 3, "if(CONDITION, A, B)", "条件成立取 A，否则 B", "A when the condition holds, else B" },
	{ "abs", FN_ABS, 1, 1, "abs(X)", "绝对值", "the absolute value" },
	{ "round", FN_ROUND, 2, 2, "round(X, DECIMALS)", "四舍五入；DECIMALS 可为负", "rounded half away from zero; DECIMALS may be negative" },
	{ "up", FN_UP, 1, 1, "up(CODE)", "代码表中的上级代码；最上级为空", "the code that this one stands under in its list; null at the top" },
	{ "prev", FN_PREV, 1, 1, "prev(FIELD)", "同一对象上期年报的该项", "the same field in the subject's previous return" },
	{ "me", FN_ME, 0, 0, "me()", "当前用户（人员）", "the viewer's person" },
	{ "my_org", FN_MY_ORG, 0, 0, "my_org()", "当前用户的单位", "the viewer's organisation" },
	{ "author", FN_AUTHOR, 0, 0, "author()", "创建人", "who created the record" },
	{ "similarity", FN_SIMILARITY, 1, 1, "similarity(SIMILAR)", "按该文字比对，本记录文字在他人记录中出现的百分比；未比对时为空",
		"by that comparison of texts, the percentage of this record's text that stands in records of others; null until it was compared" },
	{ "conflict", FN_CONFLICT, 1, 2, "conflict(ASSIGNMENT [, PERSON])", "按该指派声明的回避规则，此人（不写时为本记录指派的人）应当回避",
		"by the conflicts that the assignment declares, the person (without: the one that this record assigns) must stay away" },
};
const int n_fn_rows = sizeof fn_rows / sizeof fn_rows[0];

static struct expr *arg_must_be(const struct scope *sc, const struct expr *arg, const char *zh, const char *en)
{
	BAD(sc->ld, arg->at, "def.argument", "“%.*s”应是%s%.0s", "“%.*s” should be %.0s%s", STRF(clip(arg->text)), zh, en);
	return NULL;
}

static struct expr *is_a(const struct scope *sc, struct expr *e, const char *type_name)
{
	struct type_def *t = region_type(sc->ld->r, str_c(type_name));
	e->type = TYPE_REF;
	e->ref = t;
	if (t) return e;
	BAD(sc->ld, e->at, "def.registry", "此处需要类型“%s”", "this needs a type “%s”", type_name);
	return NULL;
}

static struct expr *viewer(const struct scope *sc, struct expr *e, const char *type_name)
{
	if (sc->viewer) return is_a(sc, e, type_name);
	BAD(sc->ld, e->at, "def.viewer", "此处没有当前用户：“%.*s”只能用于权限、动作条件和默认值", "nobody is looking here: “%.*s” is for rights, guards and defaults",
		STRF(clip(e->text)));
	return NULL;
}

static struct expr *previous(const struct scope *sc, struct expr *e)
{
	struct expr *f = e->arg[0];
	if (!sc->type || !sc->type->return_of || !sc->type->period) {
		BAD(sc->ld, e->at, "def.prev", "prev() 只用于年报类型", "prev() is for annual returns only");
		HINT(sc->ld, "在类型中写 return of 字段 period 字段;", "say in the type: return of FIELD period FIELD;");
		return NULL;
	}
	if (f->op != EXPR_FIELD || f->n_path != 1 || f->path_state) return arg_must_be(sc, f, "本类型的字段", "a field of this type");
	e->type = f->type;
	e->codes = f->codes;
	e->ref = f->ref;
	return e;
}

static struct expr *branches(const struct scope *sc, struct expr *e, int first, struct want want)
{
	struct expr **a = &e->arg[first], **b = &e->arg[first + 1];
	/* Only bare words need to know what is wanted; numbers meet below. */
	if (want.type != TYPE_CODE && want.type != TYPE_STATE) want = WANT_ANY;
	if (!(*a = expr_typed(sc, *a, want))) return NULL;
	struct want next = want_of(*a);
	if (next.type != TYPE_CODE && next.type != TYPE_STATE) next = want;
	if (!(*b = expr_typed(sc, *b, next))) return NULL;
	if (!expr_meet(sc, a, b)) return expr_apart(sc, e->at, *a, *b);
	const struct expr *shown = (*a)->type == TYPE_NULL ? *b : *a;
	e->type = (*a)->type == TYPE_DEC || (*b)->type == TYPE_DEC ? TYPE_DEC : shown->type;
	e->codes = shown->codes;
	e->ref = shown->ref;
	return e;
}

static bool is_day(enum value_type t) { return t == TYPE_DATE || t == TYPE_TIME; }

static struct expr *typed_call(const struct scope *sc, struct expr *e)
{
	struct expr **a = e->arg;
	switch (e->fn) {
	case FN_WORKDAYS:
		a[0] = expr_day(sc, a[0]);
		if (a[0]->type != TYPE_DATE) return arg_must_be(sc, a[0], "日期", "a date");
		if (a[1]->type != TYPE_INT) return arg_must_be(sc, a[1], "整数", "a whole number");
		e->type = TYPE_DATE;
		return e;
	case FN_DAYS:
		if (!is_day(a[0]->type)) return arg_must_be(sc, a[0], "日期", "a date");
		if (!is_day(a[1]->type)) return arg_must_be(sc, a[1], "日期", "a date");
		expr_meet(sc, &a[0], &a[1]);
		e->type = TYPE_INT;
		return e;
	case FN_MONTHS:
	case FN_YEARS:
	case FN_YEAR:
	case FN_MONTH:
		for (int i = 0; i < e->n_arg; i++) {
			a[i] = expr_day(sc, a[i]);
			if (a[i]->type != TYPE_DATE) return arg_must_be(sc, a[i], "日期", "a date");
		}
		e->type = TYPE_INT;
		return e;
	case FN_DATE:
		if (a[0]->type != TYPE_TIME) return arg_must_be(sc, a[0], "时刻", "an instant");
		e->type = TYPE_DATE;
		return e;
	case FN_UP:
		if (a[0]->type != TYPE_CODE || !a[0]->codes) return arg_must_be(sc, a[0], "代码字段", "a code field");
		e->type = TYPE_CODE;
		e->codes = a[0]->codes;
		return e;
	case FN_ABS:
	case FN_ROUND:
		if (!type_is_number(a[0]->type) && a[0]->type != TYPE_MONEY) return arg_must_be(sc, a[0], "数或金额", "a number or money");
		if (e->fn == FN_ROUND) {
			const struct expr *d = a[1]->op == EXPR_NEG ? a[1]->arg[0] : a[1];
			if (d->op != EXPR_CONST || d->type != TYPE_INT || d->val.i > 6) return arg_must_be(sc, a[1], "-6 到 6 的整数",
				"a whole number from -6 to 6");
		}
		e->type = a[0]->type;
		return e;
	default: return e;
	}
}

static const struct fn_row *find_fn(const struct scope *sc, const struct expr *e)
{
	struct names n = { 0 };
	for (int i = 0; i < n_fn_rows; i++) {
		if (str_is(e->name, fn_rows[i].name)) return &fn_rows[i];
		VEC_PUSH(sc->ld->scratch, &n, str_c(fn_rows[i].name));
	}
	static const struct str more[] = { STR_INIT("count"), STR_INIT("sum"), STR_INIT("avg"), STR_INIT("min"), STR_INIT("max"),
		STR_INIT("len"),
		STR_INIT("one"), STR_INIT("measure") };
	for (int i = 0; i < 8; i++) VEC_PUSH(sc->ld->scratch, &n, more[i]);
	condition_names(sc->ld, &n);
	BAD(sc->ld, e->at, "def.unknown_function", "没有函数“%.*s”", "there is no function “%.*s”", STRF(clip(e->name)));
	hint_nearest(sc->ld, e->name, &n);
	return NULL;
}

/* conflict(NAME [, PERSON]): on what the assignment makes, or with a person on its items. The name is no expression. */
static struct expr *conflict(const struct scope *sc, struct expr *e)
{
	struct load *ld = sc->ld;
	const struct expr *name = e->arg[0];
	struct names n = { 0 };
	e->type = TYPE_BOOL;
	e->assignment = name->op == EXPR_FIELD ? region_assignment(ld->r, name->code) : NULL;
	if (!e->assignment) {
		for (int i = 0; i < ld->r->n_assignment; i++) VEC_PUSH(ld->scratch, &n, ld->r->assignment[i]->name);
		BAD(ld, name->at, "def.unknown", "没有指派“%.*s”", "there is no assignment “%.*s”", STRF(clip(name->text)));
		hint_nearest(ld, name->code, &n);
		return NULL;
	}
	const struct assignment_def *d = e->assignment;
	if (!d->item || !d->person || !d->makes) return NULL;
	e->arg++;
	e->n_arg--;
	bool here = sc->type == d->makes || (sc->type == d->item && e->n_arg);
	if (!here) {
		BAD(ld, e->at, "def.conflict", "conflict(%.*s) 只用于“%.*s”，或写明人员用于“%.*s”", "conflict(%.*s) is for “%.*s”, or with a person for “%.*s”", STRF(d->name),
			STRF(d->makes->name), STRF(d->item->name));
		return NULL;
	}
	if (!e->n_arg) return e;
	if (!(e->arg[0] = expr_typed(sc, e->arg[0], WANT_ANY))) return NULL;
	return e->arg[0]->type == TYPE_REF && e->arg[0]->ref == d->person ? e : arg_must_be(sc, e->arg[0], "人员", "a person");
}

/* similarity(NAME): the name is no expression. */
static struct expr *similarity(const struct scope *sc, struct expr *e)
{
	struct load *ld = sc->ld;
	const struct expr *name = e->arg[0];
	struct names n = { 0 };
	e->type = TYPE_DEC;
	e->similar = name->op == EXPR_FIELD ? region_similar(ld->r, name->code) : NULL;
	e->n_arg = 0;
	if (!e->similar) {
		for (int i = 0; i < ld->r->n_similar; i++) VEC_PUSH(ld->scratch, &n, ld->r->similar[i]->name);
		BAD(ld, name->at, "def.unknown", "没有文字比对“%.*s”", "there is no comparison of texts “%.*s”", STRF(clip(name->text)));
		hint_nearest(ld, name->code, &n);
		return NULL;
	}
	if (sc->type == e->similar->compares || !e->similar->compares) return e;
	BAD(ld, e->at, "def.similarity", "similarity(%.*s) 只用于“%.*s”", "similarity(%.*s) is for “%.*s”", STRF(e->similar->name), STRF(e->similar->compares->name));
	return NULL;
}

struct expr *expr_call(const struct scope *sc, struct expr *e, struct want want)
{
	bool named;
	struct expr *condition = condition_use(sc, e, &named);
	if (named) return condition;
	const struct fn_row *row = find_fn(sc, e);
	if (!row) return NULL;
	e->fn = row->fn;
	if (e->n_arg < row->low || e->n_arg > row->high) {
		BAD(sc->ld, e->at, "def.arguments", "“%s”有 %d 个参数，应为 %d 个", "“%s” has %d arguments instead of %d", row->name, e->n_arg, row->low);
		HINT(sc->ld, "写法：%s", "write: %s", row->usage);
		return NULL;
	}
	if (e->fn == FN_CONFLICT) return conflict(sc, e);
	if (e->fn == FN_SIMILARITY) return similarity(sc, e);
	if (e->fn == FN_COALESCE) return branches(sc, e, 0, want);
	if (e->fn == FN_IF) {
		if (!(e->arg[0] = expr_typed(sc, e->arg[0], WANT_BOOL))) return NULL;
		return branches(sc, e, 1, want);
	}
	for (int i = 0; i < e->n_arg; i++)
		if (!(e->arg[i] = expr_typed(sc, e->arg[i], WANT_ANY))) return NULL;
	switch (e->fn) {
	case FN_TODAY: e->type = TYPE_DATE; return e;
	case FN_NOW: e->type = TYPE_TIME; return e;
	case FN_EMPTY: e->type = TYPE_BOOL; return e;
	case FN_PREV: return previous(sc, e);
	case FN_ME: return viewer(sc, e, "person");
	case FN_MY_ORG: return viewer(sc, e, "org");
	case FN_AUTHOR: return is_a(sc, e, "person");
	default: return typed_call(sc, e);
	}
}

/* ---- measures ---- */

static void no_measure(const struct scope *sc, const struct expr *e, bool family_known)
{
	struct load *ld = sc->ld;
	struct names n = { 0 };
	for (int i = 0; i < ld->r->n_measure; i++) {
		const struct measure_def *m = ld->r->measure[i];
		if (!family_known) VEC_PUSH(ld->scratch, &n, m->family);
		if (family_known && str_eq(m->family, e->family))
			for (int k = 0; k < m->n_value; k++) VEC_PUSH(ld->scratch, &n, m->value[k].name);
	}
	if (family_known)
		BAD(ld, e->at, "def.unknown_measure", "办法“%.*s”没有值“%.*s”", "measure “%.*s” has no value “%.*s”", STRF(e->family),
			STRF(clip(e->name)));
	else
		BAD(ld, e->at, "def.unknown_measure", "没有办法“%.*s”", "there is no measure “%.*s”", STRF(clip(e->family)));
	hint_nearest(ld, family_known ? e->name : e->family, &n);
	fold_missing(ld);
}

struct expr *expr_measure(const struct scope *sc, struct expr *e)
{
	struct str rest = e->code;
	str_cut(&rest, '.', &e->family);
	e->name = rest.p ? rest : STR("");
	if (!rest.p) {
		BAD(sc->ld, e->at, "def.measure_name", "应写 measure(办法.值)", "write measure(family.value)");
		return NULL;
	}
	bool family = false;
	for (int i = 0; i < sc->ld->r->n_measure; i++) {
		const struct measure_def *m = sc->ld->r->measure[i];
		if (!str_eq(m->family, e->family)) continue;
		family = true;
		for (int k = 0; k < m->n_value; k++) {
			if (!str_eq(m->value[k].name, e->name)) continue;
			e->type = m->value[k].type;
			e->over = sc->type;
			return e;
		}
	}
	no_measure(sc, e, family);
	return NULL;
}

/* ---- aggregates ---- */

static struct expr *column_of(const struct scope *sc, struct expr *e, struct field_def *column)
{
	enum value_type t = column ? kind_type(column->kind) : TYPE_NONE;
	bool number = type_is_number(t) || t == TYPE_MONEY, sortable = number || is_day(t);
	e->column = column;
	if (e->agg == AGG_ONE && e->table) {
		BAD(sc->ld, e->at, "def.one_table", "one() 用于记录，不用于表的行", "one() is for records, not for rows of a table");
		return NULL;
	}
	if (e->agg == AGG_COUNT || e->agg == AGG_ONE) {
		e->type = e->agg == AGG_ONE ? TYPE_REF : TYPE_INT;
		if (e->agg == AGG_ONE) e->ref = e->over;
		if (!column) return e;
		BAD(sc->ld, e->at, "def.count_column", "计数不需要列", "a count needs no column");
		return NULL;
	}
	if (!column) {
		BAD(sc->ld, e->at, "def.no_column", "“%.*s”缺少要汇总的列", "“%.*s” does not say which column", STRF(clip(e->text)));
		HINT(sc->ld, "写法：sum(表.列) 或 sum(类型.字段.列)", "write: sum(table.column) or sum(type.field.column)");
		return NULL;
	}
	if (e->agg == AGG_SUM || e->agg == AGG_AVG ? !number : !sortable) {
		BAD(sc->ld, e->at, "def.column_type", "“%.*s”是%s%.0s，不能这样汇总", "“%.*s” is %.0s%s: it cannot be summed up so", STRF(column->name),
			type_word(t, LANG_ZH), type_word(t, LANG_EN));
		return NULL;
	}
	e->type = e->agg == AGG_AVG && t == TYPE_INT ? TYPE_DEC : t;
	return e;
}

static struct expr *unknown_column(const struct scope *sc, const struct expr *e, const struct table_def *t, struct str column)
{
	BAD(sc->ld, e->at, "def.unknown_column", "表“%.*s”没有列“%.*s”", "table “%.*s” has no column “%.*s”", STRF(t->name), STRF(clip(column)));
	struct names n = { 0 };
	for (int i = 0; i < t->n_column; i++) VEC_PUSH(sc->ld->scratch, &n, t->column[i]->name);
	hint_nearest(sc->ld, column, &n);
	return NULL;
}

static struct expr *over_table(const struct scope *sc, struct expr *e, struct table_def *t, struct str column)
{
	e->table = t;
	struct field_def *f = column.n ? table_column(t, column) : NULL;
	if (column.n && !f) return unknown_column(sc, e, t, column);
	if (e->is) {
		BAD(sc->ld, e->is->at, "def.is_table", "表的行不用 is：它们总是本记录的", "rows of a table need no “is”: they are always of this record");
		return NULL;
	}
	struct scope inner = { .ld = sc->ld, .type = sc->type, .row = t, .viewer = sc->viewer, .outer = sc };
	if (e->where && !(e->where = expr_typed(&inner, e->where, WANT_BOOL))) return NULL;
	return column_of(sc, e, f);
}

/* TYPE.FIELD is PATH: both must be of one kind, for a difference between them is never what was meant. */
static bool shares(const struct scope *sc, struct expr *e)
{
	e->is = expr_typed(sc, e->is, WANT_ANY);
	if (!e->is) return false;
	const struct field_def *f = e->back, *g = e->is->n_path && !e->is->path_state ? e->is->path[e->is->n_path - 1] : NULL;
	enum value_type t = kind_type(f->kind);
	if (g && t == kind_type(g->kind) && t != TYPE_FILE && f->codes == g->codes && f->ref == g->ref) return true;
	BAD(sc->ld, e->is->at, "def.is_kind", "“%.*s”与“%.*s.%.*s”不是同一种值", "“%.*s” and “%.*s.%.*s” are not of one kind", STRF(clip(e->is->text)),
		STRF(e->over->name), STRF(f->name));
	HINT(sc->ld, "is 两边须引用同一类型、用同一代码表或为同一种数", "both sides of “is” must refer to one type, use one code list, or be one kind of value");
	return false;
}

static struct expr *over_type(const struct scope *sc, struct expr *e, struct type_def *t, struct str back, struct str column)
{
	e->over = t;
	if (!back.n) {
		BAD(sc->ld, e->at, "def.no_back", "“%.*s”须写明以哪个字段引用本记录", "“%.*s” must say by which field it refers here", STRF(clip(e->code)));
		HINT(sc->ld, "写法：count(类型.字段 [is 路径] where …)", "write: count(type.field [is path] where …)");
		return NULL;
	}
	struct table_def *rows = type_table(t, back);
	if (rows) {
		e->back = table_column(rows, column);
		if (!e->back) return unknown_column(sc, e, rows, column);
		column = STR("");
	} else {
		e->back = need_field(sc->ld, t, back, e->at, true);
		if (!e->back) return NULL;
	}
	if (e->is && !shares(sc, e)) return NULL;
	if (!e->is && !is_ref_to(e->back, sc->type)) {
		BAD(sc->ld, e->at, "def.back", "“%.*s.%.*s”不是对“%.*s”的引用", "“%.*s.%.*s” does not refer to “%.*s”", STRF(t->name), STRF(back),
			STRF(sc->type->name));
		HINT(sc->ld, "若要找与本记录引用同一对象的：count(%.*s.%.*s is 路径)", "for those that refer to the same as this record: count(%.*s.%.*s is PATH)",
			STRF(t->name), STRF(back));
		return NULL;
	}
	struct field_def *f = NULL;
	if (column.n && !(f = need_field(sc->ld, t, column, e->at, true))) return NULL;
	struct scope inner = { .ld = sc->ld, .type = t, .viewer = sc->viewer, .outer = sc };
	if (e->where && !(e->where = expr_typed(&inner, e->where, WANT_BOOL))) return NULL;
	return column_of(sc, e, f);
}

struct expr *expr_aggregate(const struct scope *sc, struct expr *e)
{
	static const struct { const char *word; enum expr_agg agg; } words[] = { { "count", AGG_COUNT }, { "len", AGG_COUNT },
		{ "sum", AGG_SUM },
		{ "avg", AGG_AVG }, { "min", AGG_MIN }, { "max", AGG_MAX }, { "one", AGG_ONE } };
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (str_is(e->name, words[i].word)) e->agg = words[i].agg;
	if (sc->outer || !sc->type) {
		BAD(sc->ld, e->at, "def.aggregate_inside", "此处不能再汇总", "no aggregate can stand here");
		return NULL;
	}
	struct str rest = e->code, part[3] = { 0 };
	int n = 0;
	while (n < 3 && str_cut(&rest, '.', &part[n])) n++;
	struct table_def *table = type_table(sc->type, part[0]);
	if (table && n <= 2 && !rest.p) return over_table(sc, e, table, n == 2 ? part[1] : STR(""));
	struct type_def *t = table ? NULL : region_type(sc->ld->r, part[0]);
	if (t && !rest.p) return over_type(sc, e, t, n > 1 ? part[1] : STR(""), n > 2 ? part[2] : STR(""));
	struct names names = { 0 };
	for (int i = 0; i < sc->type->n_table; i++) VEC_PUSH(sc->ld->scratch, &names, sc->type->table[i]->name);
	for (int i = 0; i < sc->ld->r->n_type; i++) VEC_PUSH(sc->ld->scratch, &names, sc->ld->r->type[i]->name);
	BAD(sc->ld, e->at, "def.unknown_over", "“%.*s”不是本类型的表，也不是类型", "“%.*s” is neither a table of this type nor a type", STRF(clip(e->code)));
	hint_nearest(sc->ld, part[0], &names);
	return NULL;
}

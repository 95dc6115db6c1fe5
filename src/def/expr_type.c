/* Meaning for a parsed expression: names become fields, codes, states; every node gets its type; misfits are reported. */
#include <string.h>

#include "def/expr_inner.h"

enum value_type kind_type(enum field_kind k)
{
	switch (k) {
	case FIELD_INT: return TYPE_INT;
	case FIELD_DEC: return TYPE_DEC;
	case FIELD_MONEY: return TYPE_MONEY;
	case FIELD_BOOL: return TYPE_BOOL;
	case FIELD_DATE: return TYPE_DATE;
	case FIELD_TIME: return TYPE_TIME;
	case FIELD_CODE: return TYPE_CODE;
	case FIELD_REF: return TYPE_REF;
	case FIELD_FILE: return TYPE_FILE;
	case FIELD_TEXT:
	case FIELD_LONG:
	case FIELD_EMAIL:
	case FIELD_PHONE:
	case FIELD_USCC:
	case FIELD_ORCID:
	case FIELD_URL: break;
	}
	return TYPE_TEXT;
}

const char *type_word(enum value_type t, enum lang lang)
{
	static const char *const words[][2] = { { "无", "nothing" }, { "真假值", "a truth value" }, { "整数", "a whole number" },
		{ "小数", "a decimal" },
		{ "金额", "money" }, { "文字", "text" }, { "日期", "a date" }, { "时刻", "an instant" }, { "代码", "a code" }, { "引用", "a reference" },
		{ "状态", "a state" }, { "文件", "a file" }, { "空", "null" } };
	return words[t][lang == LANG_EN];
}

struct want want_field(const struct field_def *f) { return (struct want){ kind_type(f->kind), f->codes, f->ref }; }

struct want want_of(const struct expr *e) { return (struct want){ e->type, e->codes, e->ref }; }

static struct expr *mismatch(const struct scope *sc, const struct expr *e, struct want want)
{
	BAD(sc->ld, e->at, "def.type", "“%.*s”是%s%.0s，此处须是%s%.0s", "“%.*s” is %.0s%s where %.0s%s is needed", STRF(clip(e->text)),
		type_word(e->type, LANG_ZH), type_word(e->type, LANG_EN), type_word(want.type, LANG_ZH), type_word(want.type, LANG_EN));
	if (want.type == TYPE_MONEY && (e->type == TYPE_INT || e->type == TYPE_DEC)) HINT(sc->ld, "金额写作 5元、500万元", "write money as 5元, 500万元");
	if (want.type == TYPE_DATE && e->type == TYPE_TEXT) HINT(sc->ld, "日期不加引号：2026-01-31", "dates stand without quotes: 2026-01-31");
	return NULL;
}

static struct expr *wrap(const struct scope *sc, struct expr *e, enum expr_op op, enum value_type type)
{
	struct expr *w = ARENA_NEW(sc->ld->arena, struct expr);
	*w = (struct expr){ .op = op, .type = type, .at = e->at, .text = e->text };
	APPEND(sc->ld->arena, w->arg, w->n_arg, e);
	return w;
}

struct expr *expr_day(const struct scope *sc, struct expr *e)
{
	if (e->type != TYPE_TIME) return e;
	struct expr *w = wrap(sc, e, EXPR_CALL, TYPE_DATE);
	w->fn = FN_DATE;
	return w;
}

/* A typed expression put where `want` is wanted: the last conversions, or the complaint. */
static struct expr *fit(const struct scope *sc, struct expr *e, struct want want)
{
	if (!e || want.type == TYPE_NONE || e->type == TYPE_NULL) return e;
	if (want.type == TYPE_DEC && e->type == TYPE_INT) {
		if (e->op == EXPR_CONST) {
			e->type = TYPE_DEC;
			int64_t micro;
			if (__builtin_mul_overflow(e->val.i, DEC_ONE, &micro)) return mismatch(sc, e, want);
			e->val = val_dec(micro);
			return e;
		}
		struct expr *one = wrap(sc, e, EXPR_CONST, TYPE_DEC), *w = wrap(sc, e, EXPR_MUL, TYPE_DEC);
		one->n_arg = 0, one->arg = NULL, one->val = val_dec(DEC_ONE);
		APPEND(sc->ld->arena, w->arg, w->n_arg, one);
		return w;
	}
	if (want.type == TYPE_MONEY && e->type == TYPE_INT && e->op == EXPR_CONST && e->val.i == 0) e->type = TYPE_MONEY;
	if (want.type == TYPE_DATE) e = expr_day(sc, e);
	if (e->type != want.type) return mismatch(sc, e, want);
	bool other_list = e->type == TYPE_CODE && e->codes && want.codes && e->codes != want.codes;
	bool other_type = (e->type == TYPE_REF || e->type == TYPE_STATE) && e->ref && want.ref && e->ref != want.ref;
	if (!other_list && !other_type) return e;
	struct str have = other_list ? e->codes->name : e->ref->name, need = other_list ? want.codes->name : want.ref->name;
	BAD(sc->ld, e->at, "def.type", "“%.*s”属于“%.*s”，此处须是“%.*s”的", "“%.*s” is of “%.*s” where one of “%.*s” is needed",
		STRF(clip(e->text)), STRF(have), STRF(need));
	return NULL;
}

/* ---- names ---- */

static struct field_def *first_name(const struct scope *sc, struct str name, bool *column)
{
	struct field_def *f = sc->row ? table_column(sc->row, name) : NULL;
	*column = f != NULL;
	return f ? f : sc->type ? type_any_field(sc->type, name) : NULL;
}

static void unknown_name(const struct scope *sc, const struct expr *e, struct str name, const struct type_def *t, struct want want)
{
	struct load *ld = sc->ld;
	struct names n = { 0 };
	for (int i = 0; sc->row && t == sc->type && i < sc->row->n_column; i++) VEC_PUSH(ld->scratch, &n, sc->row->column[i]->name);
	for (int i = 0; i < t->n_field; i++) VEC_PUSH(ld->scratch, &n, t->field[i]->name);
	for (int i = 0; i < BUILTIN_COUNT; i++)
		if (t->builtin[i]) VEC_PUSH(ld->scratch, &n, t->builtin[i]->name);
	VEC_PUSH(ld->scratch, &n, STR("state"));
	if (want.type == TYPE_CODE && want.codes) {
		for (int i = 0; i < want.codes->n_item; i++) VEC_PUSH(ld->scratch, &n, want.codes->item[i].code);
		BAD(ld, e->at, "def.unknown_code", "“%.*s”既不是代码表“%.*s”的代码，也不是字段", "“%.*s” is neither a code of “%.*s” nor a field",
			STRF(clip(name)), STRF(want.codes->name));
	} else if (want.type == TYPE_STATE && want.ref) {
		n.n = 0;
		for (int i = 0; i < want.ref->n_state; i++) VEC_PUSH(ld->scratch, &n, want.ref->state[i]->name);
		BAD(ld, e->at, "def.unknown_state", "类型“%.*s”没有状态“%.*s”", "type “%.*s” has no state “%.*s”", STRF(want.ref->name),
			STRF(clip(name)));
	} else {
		BAD(ld, e->at, "def.unknown_field", "类型“%.*s”没有字段“%.*s”", "type “%.*s” has no field “%.*s”", STRF(t->name), STRF(clip(name)));
	}
	if (str_is(name, "this")) HINT(ld, "this. 只用于 count、sum 等的 where 之内；此处直接写字段", "this. is for the where of count, sum …; here just name the field");
	else if (type_table(t, name))
		HINT(ld, "“%.*s”是表：用 len(…)、sum(表.列)", "“%.*s” is a table: use len(…), sum(table.column)", STRF(name));
	else hint_nearest(ld, name, &n);
}

/* Resolve `code` as a path of fields. `quiet`: only try. */
static bool path(const struct scope *sc, struct expr *e, struct want want, bool quiet)
{
	struct str rest = e->code, part, first;
	/* this.… in a where: the record outside, unless the type has a field of that name. */
	bool outer = sc->outer && str_cut(&rest, '.', &first) && str_is(str_trim(first), "this") && rest.p && !type_any_field(sc->type, STR("this"));
	if (outer) sc = sc->outer;
	else rest = e->code;
	struct type_def *t = sc->type;
	bool column = false;
	struct field_def **out = NULL, *f = NULL;
	int n = 0;
	bool state = false;
	while (str_cut(&rest, '.', &part)) {
		part = str_trim(part);
		if (state || (f && (f->kind != FIELD_REF || !(t = f->ref)))) {
			if (!quiet && (state || f->kind != FIELD_REF))
				BAD(sc->ld, e->at, "def.not_ref", "“%.*s”之前的部分不是引用", "what stands before “%.*s” is not a reference", STRF(clip(part)));
			return false;
		}
		if (str_is(part, "state")) {
			state = true;
			continue;
		}
		f = n == 0 ? first_name(sc, part, &column) : type_any_field(t, part);
		if (!f) {
			if (!quiet && t) unknown_name(sc, e, part, t, n == 0 ? want : WANT_ANY);
			return false;
		}
		APPEND(sc->ld->arena, out, n, f);
	}
	if (f && !state && f->kind == FIELD_REF && !f->ref) return false;       /* its own mistake is reported where it is declared */
	e->path = out;
	e->n_path = n;
	e->path_state = state && n;
	e->outer = outer;
	e->op = n == 0 ? EXPR_STATE : column ? EXPR_COLUMN : EXPR_FIELD;
	e->type = state ? TYPE_STATE : kind_type(f->kind);
	e->codes = state ? NULL : f->codes;
	e->ref = state ? (n ? f->ref : sc->type) : f->ref;
	return true;
}

/* A bare word or number read as a code or a state of what is wanted. */
static bool as_constant(const struct scope *sc, struct expr *e, struct want want)
{
	struct str word = e->op == EXPR_CONST && e->type == TYPE_TEXT ? e->val.s : e->code;
	if (e->op != EXPR_FIELD && e->op != EXPR_CONST) return false;
	bool is_word = e->op == EXPR_FIELD || e->type == TYPE_CODE;
	if (want.type == TYPE_CODE && (is_word || e->type == TYPE_INT || e->type == TYPE_DEC || e->type == TYPE_TEXT)) {
		if (want.codes ? !codes_item(want.codes, word) : e->op == EXPR_FIELD) return false;
		e->codes = want.codes;
	} else if (want.type == TYPE_STATE && want.ref && e->op == EXPR_FIELD) {
		if (!type_state(want.ref, word)) return false;
		e->ref = want.ref;
	} else {
		return false;
	}
	e->op = EXPR_CONST;
	e->type = want.type;
	e->code = word;
	e->val = val_text(word);
	return true;
}

static struct expr *name(const struct scope *sc, struct expr *e, struct want want)
{
	if (as_constant(sc, e, want)) return e;
	if (sc->measure && str_starts(e->code, STR("value."))) return expr_own_value(sc, e, str_sub(e->code, 6, e->code.n));
	if (sc->type) return path(sc, e, want, false) ? e : NULL;
	struct indicator_def *i = region_indicator(sc->ld->r, e->code);
	if (i) {
		e->op = EXPR_INDICATOR;
		e->type = TYPE_DEC;
		e->indicator = i;
		return e;
	}
	BAD(sc->ld, e->at, "def.unknown", "没有指标“%.*s”", "there is no indicator “%.*s”", STRF(clip(e->code)));
	struct names n = { 0 };
	for (int k = 0; k < sc->ld->r->n_indicator; k++) VEC_PUSH(sc->ld->scratch, &n, sc->ld->r->indicator[k]->name);
	hint_nearest(sc->ld, e->code, &n);
	return NULL;
}

static struct expr *constant(const struct scope *sc, struct expr *e, struct want want)
{
	if (as_constant(sc, e, want)) return e;
	if (want.type == TYPE_CODE && want.codes && e->type != TYPE_NULL) {
		struct str word = e->type == TYPE_TEXT ? e->val.s : e->code;
		need_code(sc->ld, want.codes, word, e->at);
		return NULL;
	}
	if (e->type != TYPE_CODE) return e;
	BAD(sc->ld, e->at, "def.bare_code", "“%.*s”只能与代码字段比较", "“%.*s” can only be compared with a code field", STRF(clip(e->code)));
	return NULL;
}

/* ---- operators ---- */

/* Can this side be read only once the other is known? */
static bool waits(const struct scope *sc, const struct expr *e)
{
	if (e->op == EXPR_CONST) return true;
	if (e->op != EXPR_FIELD) return false;
	struct expr probe = *e;
	return !path(sc, &probe, WANT_ANY, true);
}

/* Only words that stand for codes and states depend on the other side; what a number is, fits() settles. */
static struct want other_side(const struct expr *e)
{
	struct want w = want_of(e);
	return w.type == TYPE_CODE || w.type == TYPE_STATE ? w : WANT_ANY;
}

static bool both(const struct scope *sc, struct expr **a, struct expr **b)
{
	if (waits(sc, *a) && !waits(sc, *b)) {
		if (!(*b = expr_typed(sc, *b, WANT_ANY))) return false;
		return (*a = expr_typed(sc, *a, other_side(*b))) != NULL;
	}
	if (!(*a = expr_typed(sc, *a, WANT_ANY))) return false;
	return (*b = expr_typed(sc, *b, other_side(*a))) != NULL;
}

bool type_is_number(enum value_type t) { return t == TYPE_INT || t == TYPE_DEC; }

/* Bring two typed sides to one type where the language does so by itself. False: they do not go together. */
bool expr_meet(const struct scope *sc, struct expr **a, struct expr **b)
{
	for (int turn = 0; turn < 2; turn++) {
		struct expr **x = turn ? b : a, *y = turn ? *a : *b;
		if (y->type == TYPE_MONEY && (*x)->type == TYPE_INT && (*x)->op == EXPR_CONST && (*x)->val.i == 0) (*x)->type = TYPE_MONEY;
		if (y->type == TYPE_DATE) *x = expr_day(sc, *x);
	}
	enum value_type s = (*a)->type, t = (*b)->type;
	if (s == TYPE_NULL || t == TYPE_NULL || (type_is_number(s) && type_is_number(t))) return true;
	if (s != t) return false;
	if (s == TYPE_CODE) return !(*a)->codes || !(*b)->codes || (*a)->codes == (*b)->codes;
	if (s == TYPE_REF || s == TYPE_STATE) return !(*a)->ref || !(*b)->ref || (*a)->ref == (*b)->ref;
	return true;
}

struct expr *expr_apart(const struct scope *sc, struct where at, const struct expr *a, const struct expr *b)
{
	BAD(sc->ld, at, "def.types_apart", "%s%.0s“%.*s”与%s%.0s“%.*s”不能一起用", "%.0s%s “%.*s” and %.0s%s “%.*s” do not go together",
		type_word(a->type, LANG_ZH), type_word(a->type, LANG_EN), STRF(clip(a->text)), type_word(b->type, LANG_ZH),
		type_word(b->type, LANG_EN), STRF(clip(b->text)));
	bool money = a->type == TYPE_MONEY || b->type == TYPE_MONEY;
	if (money && (type_is_number(a->type) || type_is_number(b->type))) HINT(sc->ld, "金额写作 5元、500万元", "write money as 5元, 500万元");
	if ((a->type == TYPE_DATE && b->type == TYPE_TEXT) || (b->type == TYPE_DATE && a->type == TYPE_TEXT))
		HINT(sc->ld, "日期不加引号：2026-01-31", "dates stand without quotes: 2026-01-31");
	return NULL;
}

static bool ordered(enum value_type t)
{
	return type_is_number(t) || t == TYPE_MONEY || t == TYPE_TEXT || t == TYPE_DATE || t == TYPE_TIME;
}

static struct expr *no_null(const struct scope *sc, const struct expr *e)
{
	BAD(sc->ld, e->at, "def.null", "与 null 比较的结果总是空", "a comparison with null is always null");
	HINT(sc->ld, "写 empty(…) 或 not empty(…)", "write empty(…) or not empty(…)");
	return NULL;
}

static struct expr *comparison(const struct scope *sc, struct expr *e)
{
	struct expr **a = &e->arg[0], **b = &e->arg[1];
	if (!both(sc, a, b)) return NULL;
	if ((*a)->type == TYPE_NULL || (*b)->type == TYPE_NULL) return no_null(sc, e);
	if (!expr_meet(sc, a, b)) return expr_apart(sc, e->at, *a, *b);
	bool equality = e->op == EXPR_EQ || e->op == EXPR_NE;
	if ((*a)->type == TYPE_FILE || (!equality && !ordered((*a)->type))) {
		BAD(sc->ld, e->at, "def.no_order", "%s%.0s没有大小，不能这样比较", "%.0s%s has no order: it cannot be compared so",
			type_word((*a)->type, LANG_ZH),
			type_word((*a)->type, LANG_EN));
		return NULL;
	}
	e->type = TYPE_BOOL;
	return e;
}

static struct expr *membership(const struct scope *sc, struct expr *e)
{
	if (!(e->arg[0] = expr_typed(sc, e->arg[0], WANT_ANY))) return NULL;
	bool good = true;
	for (int i = 1; i < e->n_arg; i++) {
		struct expr *item = expr_typed(sc, e->arg[i], other_side(e->arg[0]));
		good = good && item;
		if (!item) continue;
		if (item->type == TYPE_NULL) good = no_null(sc, item);
		else if (!expr_meet(sc, &e->arg[0], &item)) good = expr_apart(sc, item->at, e->arg[0], item);
		e->arg[i] = item;
	}
	e->type = TYPE_BOOL;
	return good ? e : NULL;
}

static enum value_type sum_type(enum expr_op op, enum value_type a, enum value_type b)
{
	if (type_is_number(a) && type_is_number(b)) return a == TYPE_DEC || b == TYPE_DEC ? TYPE_DEC : TYPE_INT;
	if (a == TYPE_MONEY && b == TYPE_MONEY) return TYPE_MONEY;
	if (a == TYPE_DATE && b == TYPE_INT) return TYPE_DATE;
	if (a == TYPE_INT && b == TYPE_DATE && op == EXPR_ADD) return TYPE_DATE;
	if (a == TYPE_DATE && b == TYPE_DATE && op == EXPR_SUB) return TYPE_INT;
	return TYPE_NONE;
}

static enum value_type product_type(enum expr_op op, enum value_type a, enum value_type b)
{
	bool numbers = type_is_number(a) && type_is_number(b);
	if (op == EXPR_MUL) {
		if (numbers) return a == TYPE_DEC || b == TYPE_DEC ? TYPE_DEC : TYPE_INT;
		return (a == TYPE_MONEY && type_is_number(b)) || (b == TYPE_MONEY && type_is_number(a)) ? TYPE_MONEY : TYPE_NONE;
	}
	if (numbers || (a == TYPE_MONEY && b == TYPE_MONEY)) return TYPE_DEC;
	return a == TYPE_MONEY && type_is_number(b) ? TYPE_MONEY : TYPE_NONE;
}

static struct expr *arithmetic(const struct scope *sc, struct expr *e)
{
	struct expr **a = &e->arg[0], **b = &e->arg[1];
	if (!(*a = expr_typed(sc, *a, WANT_ANY))) return NULL;
	if (!(*b = expr_typed(sc, *b, WANT_ANY))) return NULL;
	bool sum = e->op == EXPR_ADD || e->op == EXPR_SUB;
	if (sum && ((*a)->type == TYPE_MONEY || (*b)->type == TYPE_MONEY || (*a)->type == TYPE_TIME || (*b)->type == TYPE_TIME))
		expr_meet(sc, a, b);
	e->type = sum ? sum_type(e->op, (*a)->type, (*b)->type) : product_type(e->op, (*a)->type, (*b)->type);
	return e->type == TYPE_NONE ? expr_apart(sc, e->at, *a, *b) : e;
}

static struct expr *logic(const struct scope *sc, struct expr *e)
{
	bool good = true;
	for (int i = 0; i < e->n_arg; i++) {
		struct expr *arg = expr_typed(sc, e->arg[i], WANT_BOOL);
		if (arg) e->arg[i] = arg;
		good = good && arg;
	}
	e->type = TYPE_BOOL;
	return good ? e : NULL;
}

static struct expr *negative(const struct scope *sc, struct expr *e)
{
	if (!(e->arg[0] = expr_typed(sc, e->arg[0], WANT_ANY))) return NULL;
	e->type = e->arg[0]->type;
	if (type_is_number(e->type) || e->type == TYPE_MONEY) return e;
	return mismatch(sc, e->arg[0], (struct want){ .type = TYPE_INT });
}

struct expr *expr_typed(const struct scope *sc, struct expr *e, struct want want)
{
	switch (e->op) {
	case EXPR_CONST: e = constant(sc, e, want); break;
	case EXPR_FIELD: e = name(sc, e, want); break;
	case EXPR_NOT:
	case EXPR_AND:
	case EXPR_OR: e = logic(sc, e); break;
	case EXPR_NEG: e = negative(sc, e); break;
	case EXPR_EQ:
	case EXPR_NE:
	case EXPR_LT:
	case EXPR_LE:
	case EXPR_GT:
	case EXPR_GE: e = comparison(sc, e); break;
	case EXPR_ADD:
	case EXPR_SUB:
	case EXPR_MUL:
	case EXPR_DIV: e = arithmetic(sc, e); break;
	case EXPR_IN: e = membership(sc, e); break;
	case EXPR_CALL: e = expr_call(sc, e, want); break;
	case EXPR_MEASURE: e = expr_measure(sc, e); break;
	case EXPR_AGG: e = expr_aggregate(sc, e); break;
	case EXPR_COLUMN:
	case EXPR_STATE:
	case EXPR_INDICATOR: break;
	}
	return fit(sc, e, want);
}

struct expr *args_expr(struct args *a, const struct scope *sc, struct want want)
{
	struct expr *raw = expr_raw(a), *e = raw ? expr_typed(sc, raw, want) : NULL;
	if (!e) a->st->bad = true;
	return e;
}

bool expr_walk(const struct expr *e, bool (*visit)(const struct expr *e, void *ctx), void *ctx)
{
	if (!e) return true;
	if (!visit(e, ctx)) return false;
	for (int i = 0; i < e->n_arg; i++)
		if (!expr_walk(e->arg[i], visit, ctx)) return false;
	return expr_walk(e->is, visit, ctx) && expr_walk(e->where, visit, ctx);
}

static bool other_field(const struct expr *e, void *ctx)
{
	return !(e->op == EXPR_FIELD && e->n_path && e->path[0] == ctx);
}

bool expr_mentions(const struct expr *e, const struct field_def *f)
{
	return !expr_walk(e, other_field, (void *)f);
}

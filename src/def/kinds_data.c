/* Indicators. */
#include "base/time.h"
#include "def/kinds.h"

/* ---- indicators ---- */

void indicator_name(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct region *r = ld->r;
	struct indicator_def *x = ARENA_NEW(ld->arena, struct indicator_def);
	*x = (struct indicator_def){ .scale = DEC_ONE, .at = st->at };
	st->object = x;
	struct where at = args_at(&a);
	if (!args_name(&a, &x->name, "指标的名字", "the indicator's name")) return;
	struct indicator_def *before = region_indicator(r, x->name);
	if (!name_free(ld, x->name, at, before ? before->at : at, before != NULL)) return;
	if (r->n_indicator >= DEF_TOP_MAX) {
		BAD(ld, at, "def.too_many", "“%.*s”过多（最多 %d 个）", "too many of “%.*s” (at most %d)", STRF(st->word), DEF_TOP_MAX);
		return;
	}
	APPEND(ld->arena, r->indicator, r->n_indicator, x);
	if (args_label(&a, &x->label)) args_end(&a);
}

void indicator_alias(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct indicator_def *x = object;
	do {
		struct label l = { 0 };
		/* Aliases are what Chinese texts call it; an English one is welcome, not wanted. */
		if (args_peek(&a)->kind != TOK_STRING) {
			args_unexpected(&a, "引号内的文字", "a text in quotes");
			return;
		}
		if (!args_string(&a, &l.zh) || (args_word(&a, "en") && !args_string(&a, &l.en))) return;
		if (x->n_alias < DEF_ROLES_MAX) APPEND(ld->arena, x->alias, x->n_alias, l);
	} while (args_op(&a, OP_COMMA));
	args_end(&a);
}

static bool one_kind(struct load *ld, struct stmt *st, const struct indicator_def *x)
{
	if (!x->of && !x->formula) return true;
	BAD(ld, st->at, "def.indicator_twice", "一个指标只能有一种算法", "an indicator is worked out in one way only");
	return false;
}

void indicator_value(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct indicator_def *x = object;
	struct str name;
	struct where at;
	if (!one_kind(ld, st, x) || !args_any_word(&a, &name, &at, "类型", "a type")) return;
	x->kind = (enum indicator_kind)st->kind->offset;
	x->of = need_type(ld, name, at);
	if (!x->of) return;
	if (x->kind == INDICATOR_COUNT) {
		args_end(&a);
		return;
	}
	if (!args_need_op(&a, OP_DOT, ".")) return;
	struct scope sc = { .ld = ld, .type = x->of };
	at = args_at(&a);
	struct expr *e = args_expr(&a, &sc, WANT_ANY);
	if (!e || !args_end(&a)) return;
	bool number = e->type == TYPE_INT || e->type == TYPE_DEC || e->type == TYPE_MONEY;
	if (e->op != EXPR_FIELD) BAD(ld, at, "def.indicator_field", "此处须是字段", "this must be a field");
	else if (x->kind != INDICATOR_DISTINCT && !number)
		BAD(ld, at, "def.column_type", "“%.*s”是%s%.0s，不能这样汇总", "“%.*s” is %.0s%s: it cannot be summed up so", STRF(clip(e->text)),
			type_word(e->type, LANG_ZH), type_word(e->type, LANG_EN));
	else x->value = e;
}

void indicator_formula(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct indicator_def *x = object;
	struct scope sc = { .ld = ld };
	if (!one_kind(ld, st, x)) return;
	x->kind = INDICATOR_FORMULA;
	x->formula = args_expr(&a, &sc, (struct want){ .type = TYPE_DEC });
	args_end(&a);
}

/* `where` may stand before `count`: the type is taken from the sibling that names it. */
struct type_def *indicator_type_of(struct load *ld, const struct stmt *st)
{
	for (const struct stmt *s = st->up->child; s; s = s->next) {
		bool names = s->kind && s->kind->rule == indicator_value && s->n_arg && s->arg[0].kind == TOK_WORD;
		if (names) return region_type(ld->r, s->arg[0].text);
	}
	return NULL;
}

void indicator_where(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct indicator_def *x = object;
	struct scope sc = { .ld = ld, .type = indicator_type_of(ld, st) };
	if (!sc.type) return;           /* reported where the type is named, or by the check of the whole */
	x->where = args_expr(&a, &sc, WANT_BOOL);
	args_end(&a);
}

void indicator_unit(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct indicator_def *x = object;
	struct val v;
	enum value_type type;
	if (!args_label(&a, &x->unit)) return;
	if (args_word(&a, "scale")) {
		struct where at = args_at(&a);
		if (!args_literal(&a, &v, &type)) return;
		bool number = type == TYPE_INT || type == TYPE_DEC || type == TYPE_MONEY;
		bool good = number && v.i > 0 && (type == TYPE_DEC || !__builtin_mul_overflow(v.i, DEC_ONE, &v.i));
		if (good) x->scale = v.i;
		else BAD(ld, at, "def.scale", "换算须是正数或金额", "a scale is a positive number or money");
	}
	args_end(&a);
}

void indicator_decimals(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	int64_t n;
	if (args_int(&a, 0, 6, &n) && args_end(&a)) ((struct indicator_def *)object)->decimals = (int)n;
}

void indicator_kind_word(struct load *ld, struct stmt *st, void *object)
{
	static const char *const words[] = { "stock", "flow", "cumulative" };
	struct args a = args_of(ld, st);
	for (int i = 0; i < 3; i++) {
		if (!args_word(&a, words[i])) continue;
		((struct indicator_def *)object)->time = (enum indicator_time)i;
		args_end(&a);
		return;
	}
	args_unexpected(&a, "stock、flow 或 cumulative", "stock, flow or cumulative");
}

void indicator_period(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct where at = args_at(&a);
	struct str s;
	if (!args_string(&a, &s) || !args_end(&a)) return;
	int32_t day;
	int64_t year;
	if ((s.n == 4 && str_int(s, &year) && year >= 1900) || date_parse(s, &day)) ((struct indicator_def *)object)->period = s;
	else BAD(ld, at, "def.indicator_period", "时间须写 \"2020\" 或 \"2020-12-31\"", "the period is \"2020\" or \"2020-12-31\"");
}

void indicator_owner(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct str name;
	struct where at;
	if (args_any_word(&a, &name, &at, "角色", "a role") && args_end(&a)) ((struct indicator_def *)object)->owner = need_role(ld, name, at);
}

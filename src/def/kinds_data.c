/* Indicators and demonstration data. */
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
static struct type_def *type_of(struct load *ld, const struct stmt *st)
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
	struct scope sc = { .ld = ld, .type = type_of(ld, st) };
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

/* ---- demonstration data ---- */

void demo_name(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct demo_def *d = ARENA_NEW(ld->arena, struct demo_def);
	d->at = st->at;
	struct str word;
	struct where at = args_at(&a);
	int64_t seed;
	st->object = d;
	if (!args_any_word(&a, &word, NULL, "类型", "a type")) return;
	if (args_peek(&a)->kind == TOK_WORD) {
		d->name = word;
		for (int i = 0; i < ld->r->n_demo; i++) {
			const struct demo_def *before = ld->r->demo_block[i];
			if (!name_free(ld, word, at, before->at, str_eq(before->name, word))) return;
		}
		if (!args_any_word(&a, &word, NULL, "类型", "a type")) return;
	}
	if (!args_int(&a, 1, 100000, &d->count)) return;
	if (!args_word(&a, "seed")) {
		args_unexpected(&a, "seed", "seed");
		return;
	}
	if (!args_int(&a, 0, INT64_MAX, &seed) || !args_end(&a)) return;
	d->seed = (uint64_t)seed;
	if (ld->r->n_demo >= DEF_TOP_MAX) BAD(ld, at, "def.too_many", "“%.*s”过多（最多 %d 个）", "too many of “%.*s” (at most %d)", STRF(st->word),
		DEF_TOP_MAX);
	else APPEND(ld->arena, ld->r->demo_block, ld->r->n_demo, d);
}

void demo_link(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct demo_def *d = st->object;
	a.i = d->name.n ? 1 : 0;
	struct where at = args_at(&a);
	d->type = need_type(ld, args_peek(&a)->text, at);
	if (!d->type) st->object = NULL;        /* its fields mean nothing then */
}

void demo_state(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct demo_def *d = object;
	struct str name;
	struct where at;
	if (d->type && args_any_word(&a, &name, &at, "状态", "a state") && args_end(&a)) d->state = need_state(ld, d->type, name, at);
}

static bool code_value(struct args *a, const struct code_list *codes, struct val *v)
{
	struct where at = args_at(a);
	struct str code;
	if (!args_code(a, &code)) return false;
	if (codes && !need_code(a->ld, codes, code, at)) return false;
	*v = val_text(code);
	return true;
}

bool read_value(struct args *a, const struct field_def *f, struct type_def *state_of, struct val *v)
{
	struct where at = args_at(a);
	if (!f) {
		struct str name;
		if (!args_any_word(a, &name, &at, "状态", "a state") || !need_state(a->ld, state_of, name, at)) return false;
		*v = val_text(name);
		return true;
	}
	if (f->kind == FIELD_CODE) return code_value(a, f->codes, v);
	enum value_type type, want = kind_type(f->kind);
	if (!args_literal(a, v, &type)) return false;
	if (want == TYPE_DEC && type == TYPE_INT && !__builtin_mul_overflow(v->i, DEC_ONE, &v->i)) v->kind = VAL_DEC, type = TYPE_DEC;
	if (want == TYPE_MONEY && type == TYPE_INT && v->i == 0) type = TYPE_MONEY;
	if (want == TYPE_TIME && type == TYPE_DATE) {
		v->i = v->i * DAY_MS - (int64_t)a->ld->r->zone_minutes * MINUTE_MS;
		type = TYPE_TIME;
	}
	if (type == want && want != TYPE_REF && want != TYPE_FILE) return true;
	a->st->bad = true;
	BAD(a->ld, at, "def.value", "“%.*s”是%s%.0s，不能取此值", "“%.*s” is %.0s%s: this is no value of it", STRF(f->name), type_word(want, LANG_ZH),
		type_word(want, LANG_EN));
	if (want == TYPE_MONEY) HINT(a->ld, "金额写作 5元、500万元", "write money as 5元, 500万元");
	return false;
}

/* The field that a rule fills; each only once. NULL with *good for the state. */
static struct field_def *rule_field(struct args *a, struct demo_def *d, bool state_too, bool *good)
{
	struct str name;
	struct where at;
	*good = false;
	if (!d->type || !args_any_word(a, &name, &at, "字段", "a field")) return NULL;
	*good = state_too && str_is(name, "state");
	bool owner = str_is(name, "org") || str_is(name, "author");
	struct field_def *f = *good ? NULL : need_field(a->ld, d->type, name, at, owner);
	if (f && f->compute) {
		BAD(a->ld, at, "def.set_computed", "“%.*s”是算出来的，不能写入", "“%.*s” is worked out: it cannot be set", STRF(name));
		return NULL;
	}
	for (int i = 0; (f || *good) && i < d->n_rule; i++)
		if (d->rule[i].field == f) {
			BAD(a->ld, at, "def.set_twice", "“%.*s”写入了两次", "“%.*s” is set twice", STRF(name));
			break;
		}
	if (f) *good = true;
	if (!*good) a->st->bad = true;
	return f;
}

static void add_rule(struct load *ld, struct demo_def *d, struct demo_rule rule)
{
	if (d->n_rule < DEF_FIELDS_MAX) APPEND(ld->arena, d->rule, d->n_rule, rule);
}

void demo_set(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct demo_def *d = object;
	bool good;
	struct demo_rule r = { .kind = DEMO_SET, .at = st->at };
	r.field = rule_field(&a, d, false, &good);
	if (!good) return;
	bool equals = args_op(&a, OP_EQ);
	const struct tok *t = args_peek(&a);
	if (t->kind == TOK_STRING && kind_type(r.field->kind) == TYPE_TEXT) {
		if (!args_string(&a, &r.pattern) || (args_word(&a, "en") && !args_string(&a, &r.pattern_en))) return;
	} else if (!equals) {
		args_unexpected(&a, "=", "=");
		return;
	} else {
		bool code = r.field->kind == FIELD_CODE && a.n - a.i == 1 && !(r.field->codes && !codes_item(r.field->codes, t->text));
		bool names = t->kind == TOK_WORD && !code && !args_is(&a, "true") && !args_is(&a, "false");
		if (!names) {
			if (!read_value(&a, r.field, d->type, &r.val)) return;
		} else {
			struct where at = args_at(&a);
			r.kind = DEMO_COPY;
			if (!args_path(&a, d->type, &r.path, &r.n_path)) return;
			const struct field_def *last = r.path[r.n_path - 1];
			if (kind_type(last->kind) != kind_type(r.field->kind) || (last->kind == FIELD_REF && last->ref != r.field->ref)) {
				BAD(ld, at, "def.copy", "“%.*s”与“%.*s”种类不同，不能照抄", "“%.*s” and “%.*s” are of different kinds: no copying",
					STRF(r.field->name),
					STRF(last->name));
				return;
			}
		}
	}
	if (args_end(&a)) add_rule(ld, d, r);
}

void demo_shares(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct demo_def *d = object;
	bool good;
	struct demo_rule r = { .kind = (enum demo_kind)st->kind->offset, .at = st->at };
	int64_t sum = 0;
	r.field = rule_field(&a, d, true, &good);
	if (!good) return;
	do {
		struct demo_share s;
		if (!read_value(&a, r.field, d->type, &s.val) || !args_int(&a, 0, 1000000, &s.weight)) return;
		args_op(&a, OP_COMMA);
		sum += s.weight;
		if (r.n_share < DEF_LIST_MAX) APPEND(ld->arena, r.share, r.n_share, s);
	} while (args_peek(&a)->kind != TOK_END);
	if (r.kind == DEMO_SPLIT && sum != d->count) {
		BAD(ld, st->at, "def.split_sum", "各份之和 %lld 不等于记录数 %lld", "the parts add up to %lld, not to the %lld records", (long long)sum,
			(long long)d->count);
		return;
	}
	if (sum == 0) BAD(ld, st->at, "def.spread_zero", "权重之和是 0", "the weights add up to 0");
	add_rule(ld, d, r);
}

static bool is_amount(const struct field_def *f) { return f && (f->kind == FIELD_INT || f->kind == FIELD_DEC || f->kind == FIELD_MONEY); }

void demo_total(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct demo_def *d = object;
	bool good;
	struct demo_rule r = { .kind = DEMO_TOTAL, .at = st->at, .low = val_int(0), .high = VNULL };
	r.field = rule_field(&a, d, false, &good);
	if (!good) return;
	if (!is_amount(r.field)) {
		BAD(ld, st->at, "def.total_kind", "“%.*s”不是数或金额", "“%.*s” is neither a number nor money", STRF(r.field->name));
		return;
	}
	if (!read_value(&a, r.field, NULL, &r.val)) return;
	if (r.val.kind == VAL_DEC) r.low = val_dec(0);
	if (args_word(&a, "min") && !read_value(&a, r.field, NULL, &r.low)) return;
	if (args_word(&a, "max") && !read_value(&a, r.field, NULL, &r.high)) return;
	if (!args_end(&a)) return;
	__int128 least = (__int128)r.low.i * d->count, most = (__int128)val_i64(r.high) * d->count;
	if (r.val.i < least || (r.high.kind != VAL_NULL && r.val.i > most))
		BAD(ld, st->at, "def.total_bounds", "合计与个数和上下限不能同时成立", "the total cannot be met by so many records within these bounds");
	add_rule(ld, d, r);
}

void demo_range(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct demo_def *d = object;
	bool good;
	struct demo_rule r = { .kind = DEMO_RANGE, .at = st->at };
	r.field = rule_field(&a, d, false, &good);
	if (!good) return;
	if (!is_amount(r.field) && r.field->kind != FIELD_DATE && r.field->kind != FIELD_TIME) {
		BAD(ld, st->at, "def.range_kind", "“%.*s”不是数、金额、日期或时刻", "“%.*s” is not a number, money, date or instant", STRF(r.field->name));
		return;
	}
	if (!read_value(&a, r.field, NULL, &r.low)) return;
	args_word(&a, "to");
	if (!read_value(&a, r.field, NULL, &r.high) || !args_end(&a)) return;
	if (r.low.i > r.high.i) BAD(ld, st->at, "def.bounds", "min 大于 max", "min is above max");
	add_rule(ld, d, r);
}

void demo_pick(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct demo_def *d = object;
	bool good;
	struct demo_rule r = { .kind = DEMO_PICK, .at = st->at };
	r.field = rule_field(&a, d, false, &good);
	if (!good) return;
	do {
		struct demo_share s = { .weight = 1 };
		if (!read_value(&a, r.field, d->type, &s.val)) return;
		args_op(&a, OP_COMMA);
		if (r.n_share < DEF_LIST_MAX) APPEND(ld->arena, r.share, r.n_share, s);
	} while (args_peek(&a)->kind != TOK_END);
	add_rule(ld, d, r);
}

/* The type of the records that a handle or a type's name stands for. */
static struct type_def *under_type(struct load *ld, struct str name)
{
	for (int i = 0; i < ld->r->n_demo; i++)
		if (str_eq(ld->r->demo_block[i]->name, name)) return ld->r->demo_block[i]->type;
	return region_type(ld->r, name);
}

void demo_under(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct demo_def *d = object;
	bool good;
	struct where at;
	struct demo_rule r = { .kind = DEMO_UNDER, .at = st->at };
	r.field = rule_field(&a, d, false, &good);
	if (!good || !args_any_word(&a, &r.under, &at, "演示数据的名字或类型", "a demo handle or a type")) return;
	struct type_def *t = under_type(ld, r.under);
	if (!t) {
		BAD(ld, at, "def.unknown", "没有%s%.0s“%.*s”", "there is no %.0s%s “%.*s”", "演示数据或类型", "demo block or type", STRF(clip(r.under)));
		struct names n = { 0 };
		for (int i = 0; i < ld->r->n_demo; i++)
			if (ld->r->demo_block[i]->name.n) VEC_PUSH(ld->scratch, &n, ld->r->demo_block[i]->name);
		for (int i = 0; i < ld->r->n_type; i++) VEC_PUSH(ld->scratch, &n, ld->r->type[i]->name);
		hint_nearest(ld, r.under, &n);
		return;
	}
	if (!is_ref_to(r.field, t)) {
		BAD(ld, at, "def.copy_ref", "“%.*s”不是对“%.*s”的引用", "“%.*s” does not refer to “%.*s”", STRF(r.field->name), STRF(t->name));
		return;
	}
	if (args_word(&a, "weight")) {
		struct str name;
		if (!args_any_word(&a, &name, &at, "字段", "a field")) return;
		r.weight = need_field(ld, t, name, at, false);
		if (r.weight && !is_amount(r.weight)) {
			BAD(ld, at, "def.total_kind", "“%.*s”不是数或金额", "“%.*s” is neither a number nor money", STRF(name));
			return;
		}
	}
	if (args_end(&a)) add_rule(ld, d, r);
}

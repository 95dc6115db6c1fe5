/* Demonstration data: records, their rows and files, and the accounts they belong to. */
#include "base/time.h"
#include "def/kinds.h"

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

bool args_whose(const struct args *a, const struct field_def *f)
{
	bool word = f && f->kind == FIELD_REF && (args_is(a, "org") || args_is(a, "person"));
	return word && a->i + 1 < a->n && a->t[a->i + 1].kind == TOK_WORD;
}

static bool whose_value(struct args *a, const struct field_def *f, struct val *v)
{
	struct where at = args_at(a);
	struct str what, login;
	if (!args_any_word(a, &what, NULL, "org 或 person", "org or person")) return false;
	if (!f->ref || !str_eq(f->ref->name, what)) {
		a->st->bad = true;
		BAD(a->ld, at, "def.copy_ref", "“%.*s”不是对“%.*s”的引用", "“%.*s” does not refer to “%.*s”", STRF(f->name), STRF(what));
		return false;
	}
	if (!args_any_word(a, &login, &at, "演示账户", "a demonstration account") || !need_account(a->ld, login, at)) return false;
	*v = val_text(login);
	return true;
}

bool read_file_name(struct args *a, const struct field_def *f, struct str *name)
{
	struct where at = args_at(a);
	if (!args_string(a, name)) return false;
	struct str rest = *name, end = STR(""), types = f->types.n ? f->types : STR("pdf txt csv"), type;
	while (str_cut(&rest, '.', &end)) {}
	bool made = str_is(end, "pdf") || str_is(end, "txt") || str_is(end, "csv"), taken = false;
	while (str_cut(&types, ' ', &type)) taken |= str_eq(type, end);
	if (made && taken && end.n < name->n) return true;
	a->st->bad = true;
	BAD(a->ld, at, "def.file_name", "文件名须以 .pdf、.txt 或 .csv 结尾，且为“%.*s”所接受", "a file's name ends in .pdf, .txt or .csv, as “%.*s” takes it",
		STRF(f->name));
	return false;
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
	if (args_whose(a, f)) return whose_value(a, f, v);
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
	*good = state_too && !d->table && str_is(name, "state");
	bool owner = str_is(name, "org") || str_is(name, "author");
	struct field_def *f = *good ? NULL : d->table ? need_column(a->ld, d->table, name, at) : need_field(a->ld, d->type, name, at, owner);
	if (f && f->compute) {
		BAD(a->ld, at, "def.set_computed", "“%.*s”是算出来的，不能写入", "“%.*s” is worked out: it cannot be set", STRF(name));
		return NULL;
	}
	for (int i = 0; (f || *good) && i < d->n_rule; i++)
		if (d->rule[i].field == f && d->rule[i].kind != DEMO_ROWS) {
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

/* More than one value or path: an operator, or a function. */
static bool works(const struct args *a, const struct field_def *f)
{
	for (int i = a->i; i < a->n; i++) {
		const struct tok *t = &a->t[i];
		if (t->kind != TOK_OP || t->op == OP_DOT) continue;
		bool sign = t->op == OP_MINUS && (i == a->i || f->kind == FIELD_CODE);
		if (!sign) return true;
	}
	return false;
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
		struct args ahead = a;
		struct str all;
		bool code = r.field->kind == FIELD_CODE && t->kind == TOK_WORD && args_code(&ahead, &all) && ahead.i == ahead.n &&
			!(r.field->codes && !codes_item(r.field->codes, all));
		bool names = t->kind == TOK_WORD && !code && !args_is(&a, "true") && !args_is(&a, "false") && !args_whose(&a, r.field);
		if (works(&a, r.field) || (names && d->table)) {
			struct scope sc = { .ld = ld, .type = d->type, .row = d->table };
			r.kind = DEMO_WORK;
			if (!(r.work = args_expr(&a, &sc, want_field(r.field)))) return;
		} else if (!names) {
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

void demo_by(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct str login;
	struct where at;
	if (args_any_word(&a, &login, &at, "演示账户", "a demonstration account") && args_end(&a))
		((struct demo_def *)object)->by = need_account(ld, login, at);
}

/* `row TABLE [COUNT] { … }`: made in the first pass, so that what stands inside is looked at; known in the last. */
void demo_row(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct demo_def *d = object, *rows = st->object;
	if (!rows) {
		st->object = ARENA_NEW(ld->arena, struct demo_def);
		return;
	}
	struct str name;
	struct where at;
	*rows = (struct demo_def){ .type = d->type, .each = 1, .at = st->at };
	st->object = NULL;
	if (!d->type || !args_any_word(&a, &name, &at, "子表", "a table") || !(rows->table = need_table(ld, d->type, name, at))) return;
	if (a.i < a.n && !args_int(&a, 1, 200, &rows->each)) return;
	rows->count = rows->each * d->count;
	if (!args_end(&a)) return;
	st->object = rows;
	add_rule(ld, d, (struct demo_rule){ .kind = DEMO_ROWS, .rows = rows, .at = st->at });
}

void demo_file(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct demo_def *d = object;
	bool good;
	struct demo_rule r = { .kind = DEMO_FILE, .at = st->at };
	r.field = rule_field(&a, d, false, &good);
	if (!good) return;
	if (r.field->kind != FIELD_FILE) {
		BAD(ld, st->at, "def.file_kind", "“%.*s”不是文件", "“%.*s” is not a file", STRF(r.field->name));
		return;
	}
	if (read_file_name(&a, r.field, &r.file) && args_string(&a, &r.text) && args_end(&a)) add_rule(ld, d, r);
}

/* Types: fields, tables, checks, states. Moves and rights are in kinds_move.c. */
#include "def/kinds.h"
#include "def/report.h"

/* ---- types ---- */

static bool room(struct load *ld, struct stmt *st, int n, int max)
{
	if (n < max) return true;
	st->bad = true;
	BAD(ld, st->at, "def.too_many", "“%.*s”过多（最多 %d 个）", "too many of “%.*s” (at most %d)", STRF(st->word), max);
	return false;
}

void type_name(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct type_def *t = ARENA_NEW(ld->arena, struct type_def);
	t->at = st->at;
	struct where at = args_at(&a);
	if (!args_name(&a, &t->name, "类型的名字", "the type's name") || !room(ld, st, ld->r->n_type, DEF_TOP_MAX)) return;
	struct type_def *before = region_type(ld->r, t->name);
	if (!name_free(ld, t->name, at, before ? before->at : at, before != NULL)) return;
	t->registry = str_is(t->name, "org") || str_is(t->name, "person");
	t->index = ld->r->n_type;
	st->object = t;         /* what is inside a duplicate would only repeat the complaint */
	APPEND(ld->arena, ld->r->type, ld->r->n_type, t);
	if (args_label(&a, &t->label)) args_end(&a);
}

static struct field_def *builtin_field(struct load *ld, struct type_def *t, enum builtin b, const char *name, const char *zh,
	const char *en,
	enum field_kind kind)
{
	struct field_def *f = ARENA_NEW(ld->arena, struct field_def);
	*f = (struct field_def){ .name = str_c(name), .label = { str_c(zh), str_c(en) }, .kind = kind, .builtin = b, .index = -1, .type = t,
		.at = t->at };
	t->builtin[b] = f;
	return f;
}

/* Between the first two passes: all types are known by name. */
void make_builtins(struct load *ld)
{
	struct region *r = ld->r;
	struct type_def *org = region_type(r, STR("org")), *person = region_type(r, STR("person"));
	struct code_list *division = region_codes(r, STR("division"));
	for (int i = 0; i < r->n_type; i++) {
		struct type_def *t = r->type[i];
		if (org) builtin_field(ld, t, BUILTIN_ORG, "org", "所属单位", "Organisation", FIELD_REF)->ref = org;
		if (person) builtin_field(ld, t, BUILTIN_AUTHOR, "author", "创建人", "Author", FIELD_REF)->ref = person;
		builtin_field(ld, t, BUILTIN_CREATED, "created", "创建时间", "Created", FIELD_TIME);
		builtin_field(ld, t, BUILTIN_CHANGED, "changed", "修改时间", "Changed", FIELD_TIME);
		builtin_field(ld, t, BUILTIN_DIVISION, "division", "行政区划", "Division", division ? FIELD_CODE : FIELD_TEXT)->codes = division;
		builtin_field(ld, t, BUILTIN_NUMBER, "number", "编号", "Number", FIELD_TEXT);
	}
}

static struct field_def *one_field(struct args *a, struct type_def *t, bool builtin_too)
{
	struct str name;
	struct where at;
	if (!args_any_word(a, &name, &at, "字段", "a field")) return NULL;
	struct field_def *f = need_field(a->ld, t, name, at, builtin_too);
	if (!f) a->st->bad = true;
	return f;
}

void type_number(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct where at = args_at(&a);
	struct type_def *t = object;
	struct str s, part;
	if (!args_string(&a, &s) || !args_end(&a)) return;
	int parts = 0;
	bool good = true;
	for (size_t i = 0; good && i < s.n; i++) {
		if (s.p[i] == '}') good = false;
		if (s.p[i] != '{') continue;
		size_t end = str_find(s, STR("}"), i);
		part = str_sub(s, i + 1, end == SIZE_MAX ? s.n : end);
		int64_t digits = 0;
		bool seq = str_starts(part, STR("seq:")) && str_int(str_sub(part, 4, part.n), &digits) && digits >= 1 && digits <= 9;
		/* Fewer than five characters are soon used up. */
		bool chance = str_starts(part, STR("random:")) && str_int(str_sub(part, 7, part.n), &digits) && digits >= 5 && digits <= 9;
		parts += seq || chance;
		/* {year} is that of the day the number is given, whatever the type has. */
		struct field_def *f = seq || chance || end == SIZE_MAX || str_is(part, "year") ? NULL : type_field(t, part);
		bool filled = f && (f->kind == FIELD_TEXT || f->kind == FIELD_CODE || f->kind == FIELD_INT);
		good = end != SIZE_MAX && (seq || chance || filled || str_is(part, "year"));
		if (filled) APPEND(ld->arena, t->number_field, t->n_number_field, f);
		i = end;
	}
	if (good && parts == 1) {
		t->number = s;
		return;
	}
	BAD(ld, at, "def.number_pattern", "编号式样不成立：须恰有一个 {seq:位数} 或 {random:5 至 9}", "not a number pattern: it needs exactly one {seq:DIGITS} or {random:5 to 9}");
	HINT(ld, "可用 {year} {seq:4} {random:6}，以及必填或算出的文字、代码、整数字段", "there are {year} {seq:4} {random:6}, and fields (text, code, int) that are required or computed");
}

void state_due(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct state_def *s = object;
	struct scope sc = { .ld = ld, .type = st->up->up->object };
	struct expr *e = args_expr(&a, &sc, (struct want){ .type = TYPE_DATE });
	if (e && args_end(&a)) s->due = e;
}

void type_title(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct type_def *t = object;
	struct field_def *f = one_field(&a, t, true);
	if (!f || !args_end(&a)) return;
	if (f->kind == FIELD_FILE || f->kind == FIELD_LONG || f->sealed)
		BAD(ld, st->at, "def.title_kind", "“%.*s”不能作记录名称", "“%.*s” cannot name a record", STRF(f->name));
	else t->title = f;
}

void type_division(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct type_def *t = object;
	struct field_def *f = one_field(&a, t, false);
	if (!f || !args_end(&a)) return;
	if (f->kind != FIELD_CODE) BAD(ld, st->at, "def.division_kind", "“%.*s”不是代码字段", "“%.*s” is not a code field", STRF(f->name));
	else t->division = f;
}

void type_anonymous(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct type_def *t = object;
	struct field_def *f = one_field(&a, t, false);
	if (!f || !args_end(&a)) return;
	if (f->kind != FIELD_REF) BAD(ld, st->at, "def.anonymous_kind", "“%.*s”不是引用字段", "“%.*s” is not a reference", STRF(f->name));
	else t->anonymous = f;
}

static bool visit_plain(const struct expr *e, void *ctx)
{
	(void)ctx;
	for (int i = 0; i < e->n_path; i++)
		if (e->path[i]->compute) return false;
	return e->op == EXPR_FIELD || (e->op == EXPR_CALL && e->fn == FN_DATE);
}

/* Measures are worked out with it: a computed field could use a measure in turn. */
void type_day(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct type_def *t = object;
	struct scope sc = { .ld = ld, .type = t };
	struct expr *e = args_expr(&a, &sc, (struct want){ .type = TYPE_DATE });
	if (!e || !args_end(&a)) return;
	if (expr_walk(e, visit_plain, NULL)) t->day = e;
	else BAD(ld, e->at, "def.day_path", "“%.*s”应是日期字段或通向日期字段的路径，不能是算出来的", "“%.*s” should be a date field or a path to one, not something worked out",
		STRF(clip(e->text)));
}

void type_return(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct type_def *t = object;
	if (!args_word(&a, "of")) {
		args_unexpected(&a, "of", "of");
		return;
	}
	struct field_def *of = one_field(&a, t, false);
	if (!of) return;
	if (!args_word(&a, "period")) {
		args_unexpected(&a, "period", "period");
		return;
	}
	struct field_def *period = one_field(&a, t, false);
	if (!period || !args_end(&a)) return;
	if (of->kind != FIELD_REF) BAD(ld, st->at, "def.return_of", "年报对象“%.*s”须是引用", "the subject “%.*s” of a return must be a ref",
		STRF(of->name));
	if (period->kind != FIELD_INT) BAD(ld, st->at, "def.return_period", "年份“%.*s”须是 int", "the period “%.*s” of a return must be an int",
		STRF(period->name));
	t->return_of = of;
	t->period = period;
}

void type_list(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct type_def *t = object;
	do {
		if (args_word(&a, "state")) continue;
		struct where at = args_at(&a);
		struct str name = args_peek(&a)->text;
		struct field_def *f = one_field(&a, t, true);
		if (!f) {
			if (args_peek(&a)->kind == TOK_OP) continue;
			return;
		}
		if (f->kind == FIELD_FILE)
			BAD(ld, at, "def.list_kind", "“%.*s”不能在列表中显示", "“%.*s” cannot be shown in a list", STRF(name));
		if (room(ld, st, t->n_list, DEF_FIELDS_MAX)) APPEND(ld->arena, t->list, t->n_list, f);
	} while (args_op(&a, OP_COMMA));
	args_end(&a);
}

void type_copy(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct type_def *t = object;
	t->copies = true;
	t->not_copied = ARENA_ARRAY(ld->arena, bool, (size_t)(t->n_field + t->n_table) + 1);
	if (args_word(&a, "except")) {
		do {
			struct str name;
			struct where at;
			if (!args_any_word(&a, &name, &at, "字段或表", "a field or table")) return;
			struct table_def *table = type_table(t, name);
			struct field_def *f = table ? NULL : need_field(ld, t, name, at, false);
			if (table) t->not_copied[t->n_field + table->index] = true;
			else if (f) t->not_copied[f->index] = true;
		} while (args_op(&a, OP_COMMA));
	}
	args_end(&a);
}

void section_name(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	st->object = object;
	st->heading = ARENA_NEW(ld->arena, struct label);
	if (args_label(&a, st->heading)) args_end(&a);
}

/* ---- fields ---- */

static const struct { const char *word; enum field_kind kind; } kind_words[] = {
	{ "text", FIELD_TEXT }, { "long", FIELD_LONG }, { "int", FIELD_INT }, { "dec", FIELD_DEC }, { "money", FIELD_MONEY }, { "bool",
		FIELD_BOOL },
	{ "date", FIELD_DATE }, { "time", FIELD_TIME }, { "code", FIELD_CODE }, { "ref", FIELD_REF }, { "file", FIELD_FILE }, { "email",
		FIELD_EMAIL },
	{ "phone", FIELD_PHONE }, { "uscc", FIELD_USCC }, { "orcid", FIELD_ORCID }, { "url", FIELD_URL } };

const char *field_kind_word(enum field_kind k)
{
	for (size_t i = 0; i < sizeof kind_words / sizeof kind_words[0]; i++)
		if (kind_words[i].kind == k) return kind_words[i].word;
	return "";
}

static bool kind_word(struct args *a, enum field_kind *kind)
{
	struct str word;
	struct where at;
	struct names n = { 0 };
	if (!args_any_word(a, &word, &at, "字段种类", "a kind of field")) return false;
	for (size_t i = 0; i < sizeof kind_words / sizeof kind_words[0]; i++) {
		VEC_PUSH(a->ld->scratch, &n, str_c(kind_words[i].word));
		if (!str_is(word, kind_words[i].word)) continue;
		*kind = kind_words[i].kind;
		return true;
	}
	a->st->bad = true;
	BAD(a->ld, at, "def.unknown_kind", "没有字段种类“%.*s”", "there is no kind of field “%.*s”", STRF(clip(word)));
	bool decimal = str_is(word, "decimal") || str_is(word, "number") || str_is(word, "float");
	if (decimal) HINT(a->ld, "小数写 dec，整数写 int", "decimals are dec, whole numbers int");
	else hint_nearest(a->ld, word, &n);
	return false;
}

static bool place_field(struct load *ld, struct stmt *st, void *object, struct field_def *f, struct where at)
{
	bool column = str_is(st->word, "column");
	struct table_def *table = column ? object : NULL;
	struct type_def *t = column ? table->type : object;
	f->type = t;
	f->in_table = table;
	if (st->up && st->up->heading) f->section = *st->up->heading;
	if (column) {
		struct field_def *before = table_column(table, f->name);
		if (!name_free(ld, f->name, at, before ? before->at : at, before != NULL) || !room(ld, st, table->n_column,
			DEF_FIELDS_MAX)) return false;
		f->index = table->n_column;
		APPEND(ld->arena, table->column, table->n_column, f);
		return true;
	}
	static const char *const builtins[] = { "org", "author", "created", "changed", "number" };
	for (size_t i = 0; i < sizeof builtins / sizeof builtins[0]; i++) {
		if (!str_is(f->name, builtins[i])) continue;
		BAD(ld, at, "def.builtin", "“%.*s”是每条记录自有的字段", "“%.*s” is a field that every record has", STRF(f->name));
		HINT(ld, "换一个名字，或直接使用它", "take another name, or use it as it is");
		return false;
	}
	struct field_def *before = type_field(t, f->name);
	struct table_def *other = type_table(t, f->name);
	if (!name_free(ld, f->name, at, before ? before->at : other ? other->at : at, before || other) || !room(ld, st, t->n_field,
		DEF_FIELDS_MAX)) return false;
	f->index = t->n_field;
	APPEND(ld->arena, t->field, t->n_field, f);
	return true;
}

void field_name(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct field_def *f = ARENA_NEW(ld->arena, struct field_def);
	f->at = st->at;
	f->klass = CLASS_INTERNAL;
	struct where at = args_at(&a);
	struct str target;
	st->object = f;
	f->type = str_is(st->word, "column") ? ((struct table_def *)object)->type : object;
	if (!args_name(&a, &f->name, "字段的名字", "the field's name")) return;
	bool known = kind_word(&a, &f->kind);
	if (!place_field(ld, st, object, f, at) || !known) return;
	bool pointed = f->kind == FIELD_CODE || f->kind == FIELD_REF;
	if (pointed && !args_any_word(&a, &target, NULL, f->kind == FIELD_CODE ? "代码表" : "类型", f->kind == FIELD_CODE ? "a code list" :
		"a type")) return;
	if (args_label(&a, &f->label)) args_end(&a);
}

void field_link(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct field_def *f = st->object;
	a.i = 2;
	struct where at = args_at(&a);
	if (f->kind == FIELD_CODE) f->codes = need_codes(ld, args_peek(&a)->text, at);
	if (f->kind == FIELD_REF) f->ref = need_type(ld, args_peek(&a)->text, at);
}

static bool is_text(enum field_kind k) { return kind_type(k) == TYPE_TEXT; }

/* A bound in the field's own measure. */
static bool bound(struct args *a, const struct field_def *f, int64_t *out)
{
	const struct tok *t = args_peek(a);
	struct where at = args_at(a);
	if (t->kind == TOK_SIZE && f->kind == FIELD_FILE) {
		int64_t n;
		if (!str_int(str_sub(t->text, 0, t->text.n - 2), &n) || n < 1 || n > 4096) {
			BAD(a->ld, at, "def.range", "数须在 %lld 与 %lld 之间", "the number must be between %lld and %lld", 1ll, 4096ll);
			return false;
		}
		a->i++;
		char unit = t->text.p[t->text.n - 2];
		*out = n << (unit == 'K' ? 10 : unit == 'M' ? 20 : 30);
		return args_end(a);
	}
	if (is_text(f->kind)) return args_int(a, 0, 100000, out) && args_end(a);
	struct val v;
	enum value_type type;
	if (!args_literal(a, &v, &type) || !args_end(a)) return false;
	enum value_type want = kind_type(f->kind);
	*out = v.kind == VAL_INT || v.kind == VAL_DEC ? v.i : 0;
	if (want == TYPE_DEC && type == TYPE_INT) return !__builtin_mul_overflow(*out, DEC_ONE, out);
	if (want == TYPE_MONEY && type == TYPE_INT && *out == 0) type = TYPE_MONEY;
	if (type == want && (want == TYPE_INT || want == TYPE_DEC || want == TYPE_MONEY)) return true;
	a->st->bad = true;
	if (f->kind == FIELD_FILE) {
		BAD(a->ld, at, "def.bound", "文件的限度是大小", "the limit of a file is a size");
		HINT(a->ld, "写 20MB", "write 20MB");
		return false;
	}
	BAD(a->ld, at, "def.bound", "“%.*s”是%s%.0s，限度不能是%s%.0s", "“%.*s” is %.0s%s: its limit cannot be %.0s%s", STRF(f->name),
		type_word(want, LANG_ZH), type_word(want, LANG_EN), type_word(type, LANG_ZH), type_word(type, LANG_EN));
	if (want == TYPE_MONEY) HINT(a->ld, "金额写作 5元、500万元", "write money as 5元, 500万元");
	if (want == TYPE_DATE || want == TYPE_TIME) HINT(a->ld, "日期的限度用 check", "limit dates by a check");
	return false;
}

void field_min(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct field_def *f = object;
	f->has_min = bound(&a, f, &f->min);
	if (f->has_min && f->has_max && f->min > f->max) BAD(ld, st->at, "def.bounds", "min 大于 max", "min is above max");
}

void field_max(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct field_def *f = object;
	f->has_max = bound(&a, f, &f->max);
	if (f->has_min && f->has_max && f->min > f->max) BAD(ld, st->at, "def.bounds", "min 大于 max", "min is above max");
}

void field_types(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct field_def *f = object;
	struct str word;
	if (f->kind != FIELD_FILE) {
		BAD(ld, st->at, "def.types_kind", "types 只用于 file 字段", "types is for file fields");
		return;
	}
	do {
		if (!args_code(&a, &word)) return;
		f->types = f->types.n ? str_fmt(ld->arena, "%.*s %.*s", STRF(f->types), STRF(word)) : word;
	} while (args_op(&a, OP_COMMA) || args_peek(&a)->kind != TOK_END);
}

void field_deadline(struct load *ld, struct stmt *st, void *object)
{
	struct field_def *f = object;
	if ((f->kind != FIELD_DATE && f->kind != FIELD_TIME) || f->in_table || f->sealed) {
		BAD(ld, st->at, "def.deadline_kind", "deadline 只用于不密封的 date 或 time 字段", "deadline is for date or time fields of the record that are not sealed");
		return;
	}
	f->deadline = true;
}

/* After every `types` was read: a kind that cannot be taken apart must not come in. */
void field_strip(struct load *ld, struct stmt *st, void *object)
{
	struct field_def *f = object;
	struct str rest = f->types, type;
	bool good = rest.n > 0;
	if (f->kind != FIELD_FILE) {
		BAD(ld, st->at, "def.strip_kind", "strip 只用于 file 字段", "strip is for file fields");
		return;
	}
	while (str_cut(&rest, ' ', &type)) good = good && file_strips(type);
	f->strip = true;
	if (good) return;
	BAD(ld, st->at, "def.strip_types", "strip 的字段须用 types 写明可去除作者信息的文件类型", "a field with strip needs types, and only those that can be stripped");
	HINT(ld, "可用 pdf docx xlsx pptx png jpg jpeg txt csv", "there are pdf docx xlsx pptx png jpg jpeg txt csv");
}

/* Names inside a field's own expressions: of its record, in a table also of its row. */
static struct scope scope_of(struct load *ld, const struct field_def *f)
{
	return (struct scope){ .ld = ld, .type = f->type, .row = f->in_table };
}

void field_required(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct field_def *f = object;
	struct scope sc = scope_of(ld, f);
	if (args_word(&a, "when")) f->required_when = args_expr(&a, &sc, WANT_BOOL);
	else f->required = true;
	args_end(&a);
}

void field_default(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct field_def *f = object;
	struct scope sc = scope_of(ld, f);
	sc.viewer = true;
	f->initial = args_expr(&a, &sc, want_field(f));
	args_end(&a);
}

/* That it is computed must be known before other statements try to set it; the expression itself comes in the next pass. */
void field_computed(struct load *ld, struct stmt *st, void *object)
{
	struct expr *unknown = ARENA_NEW(ld->arena, struct expr);
	unknown->type = TYPE_NULL;
	unknown->at = st->at;
	((struct field_def *)object)->compute = unknown;
}

void field_compute(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct field_def *f = object;
	struct scope sc = scope_of(ld, f);
	struct expr *e = args_expr(&a, &sc, want_field(f));
	if (e) f->compute = e;
	args_end(&a);
}

void field_class(struct load *ld, struct stmt *st, void *object)
{
	static const char *const words[] = { "public", "internal", "personal", "sensitive" };
	struct args a = args_of(ld, st);
	for (int i = 0; i < 4; i++) {
		if (!args_word(&a, words[i])) continue;
		((struct field_def *)object)->klass = (enum field_class)i;
		args_end(&a);
		return;
	}
	args_unexpected(&a, "public、internal、personal 或 sensitive", "public, internal, personal or sensitive");
}

/* ---- tables, checks, states ---- */

void table_name(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct type_def *t = object;
	struct table_def *table = ARENA_NEW(ld->arena, struct table_def);
	*table = (struct table_def){ .type = t, .max_rows = DEF_LIST_MAX, .index = t->n_table, .at = st->at };
	st->object = table;
	if (st->up && st->up->heading) table->section = *st->up->heading;
	struct where at = args_at(&a);
	if (!args_name(&a, &table->name, "表的名字", "the table's name") || !room(ld, st, t->n_table, DEF_TABLES_MAX)) return;
	struct table_def *before = type_table(t, table->name);
	struct field_def *other = type_field(t, table->name);
	if (!name_free(ld, table->name, at, before ? before->at : other ? other->at : at, before || other)) return;
	APPEND(ld->arena, t->table, t->n_table, table);
	if (args_label(&a, &table->label)) args_end(&a);
}

void table_min(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	int64_t n;
	if (args_int(&a, 0, DEF_LIST_MAX, &n) && args_end(&a)) ((struct table_def *)object)->min_rows = (int)n;
}

void table_max(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	int64_t n;
	if (args_int(&a, 1, DEF_LIST_MAX, &n) && args_end(&a)) ((struct table_def *)object)->max_rows = (int)n;
}

/* `name:`, if it stands here. */
static bool check_name(struct args *a, const struct type_def *t, struct check_def *c)
{
	const struct tok *word = args_peek(a);
	if (word->kind != TOK_WORD || a->i + 1 >= a->n || word[1].kind != TOK_OP || word[1].op != OP_COLON) return true;
	struct where at = args_at(a);
	if (!args_name(a, &c->name, "校验的名字", "the check's name")) return false;
	a->i++;
	for (int i = 0; i < t->n_check; i++) name_free(a->ld, c->name, at, t->check[i]->at, str_eq(t->check[i]->name, c->name));
	return true;
}

void check_rule(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	bool row = st->up->kind->inner == CTX_TABLE;
	struct table_def *table = row ? object : NULL;
	struct type_def *t = row ? table->type : object;
	struct check_def *c = ARENA_NEW(ld->arena, struct check_def);
	*c = (struct check_def){ .level = LEVEL_ERROR, .table = table, .at = st->at };
	c->name = str_fmt(ld->arena, "check_%d", t->n_check + 1);
	if (!check_name(&a, t, c)) return;
	if (args_word(&a, "warning")) c->level = LEVEL_WARNING;
	else if (args_word(&a, "info")) c->level = LEVEL_INFO;
	else args_word(&a, "error");
	if (!check_name(&a, t, c)) return;      /* in either order: name: warning, warning name: */
	struct scope sc = { .ld = ld, .type = t, .row = table };
	c->cond = args_expr(&a, &sc, WANT_BOOL);
	if (!c->cond || !args_label(&a, &c->message) || !args_end(&a)) return;
	if (room(ld, st, t->n_check, DEF_LIST_MAX)) APPEND(ld->arena, t->check, t->n_check, c);
}

void state_name(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct type_def *t = object;
	struct state_def *s = ARENA_NEW(ld->arena, struct state_def);
	*s = (struct state_def){ .index = t->n_state, .at = st->at };
	st->object = s;
	struct where at = args_at(&a);
	if (!args_name(&a, &s->name, "状态的名字", "the state's name") || !room(ld, st, t->n_state, DEF_STATES_MAX)) return;
	struct state_def *before = type_state(t, s->name);
	if (!name_free(ld, s->name, at, before ? before->at : at, before != NULL)) return;
	APPEND(ld->arena, t->state, t->n_state, s);
	if (args_label(&a, &s->label)) args_end(&a);
}

void state_tone(struct load *ld, struct stmt *st, void *object)
{
	static const char *const words[] = { "plain", "wait", "good", "bad" };
	struct args a = args_of(ld, st);
	for (int i = 0; i < 4; i++) {
		if (!args_word(&a, words[i])) continue;
		((struct state_def *)object)->tone = i;
		args_end(&a);
		return;
	}
	args_unexpected(&a, "plain、wait、good 或 bad", "plain, wait, good or bad");
}

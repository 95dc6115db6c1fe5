/* Looking names up while loading: every miss is reported with the nearest name that exists. */
#include <string.h>

#include "def/load.h"

bool name_free(struct load *ld, struct str name, struct where at, struct where first, bool taken)
{
	if (!taken) return true;
	struct where f = load_at(ld, first);
	BAD(ld, at, "def.duplicate", "“%.*s”已经声明过", "“%.*s” is declared already", STRF(clip(name)));
	HINT(ld, "先前在 %.*s:%d", "first at %.*s:%d", STRF(f.file), f.line);
	return false;
}

void fold_missing(struct load *ld)
{
	struct fails *f = &ld->cx->fails;
	if (f->dropped || f->n < 2 || str_starts(f->v[f->n - 1].hint_en, STR("did you mean"))) return;
	for (int i = 0; i < f->n - 1; i++) {
		if (strcmp(f->v[i].code, f->v[f->n - 1].code) != 0 || !str_eq(f->v[i].zh, f->v[f->n - 1].zh)) continue;
		f->v[i].hint_zh = STR("其他地方也用到它，声明一次即可");
		f->v[i].hint_en = STR("it is used in other places too: declare it once");
		f->n--;
		return;
	}
}

static void unknown(struct load *ld, struct where at, struct str name, const char *zh, const char *en, const struct names *names)
{
	BAD(ld, at, "def.unknown", "没有%s%.0s“%.*s”", "there is no %.0s%s “%.*s”", zh, en, STRF(clip(name)));
	hint_nearest(ld, name, names);
	fold_missing(ld);
}

#define COLLECT(ld, names, array, n, member) \
	for (int collect_i = 0; collect_i < (n); collect_i++) VEC_PUSH((ld)->scratch, &(names), (array)[collect_i]member)

struct type_def *need_type(struct load *ld, struct str name, struct where at)
{
	struct type_def *t = region_type(ld->r, name);
	if (t) return t;
	struct names n = { 0 };
	COLLECT(ld, n, ld->r->type, ld->r->n_type, ->name);
	unknown(ld, at, name, "类型", "type", &n);
	return NULL;
}

struct role_def *need_role(struct load *ld, struct str name, struct where at)
{
	struct role_def *r = region_role(ld->r, name);
	if (r) return r;
	struct names n = { 0 };
	COLLECT(ld, n, ld->r->role, ld->r->n_role, ->name);
	static const struct str words[] = { STR_INIT("public"), STR_INIT("signed"), STR_INIT("system") };
	for (int i = 0; i < 3; i++) VEC_PUSH(ld->scratch, &n, words[i]);
	unknown(ld, at, name, "角色", "role", &n);
	return NULL;
}

struct code_list *need_codes(struct load *ld, struct str name, struct where at)
{
	struct code_list *c = region_codes(ld->r, name);
	if (c) return c;
	struct names n = { 0 };
	COLLECT(ld, n, ld->r->codes, ld->r->n_codes, ->name);
	unknown(ld, at, name, "代码表", "code list", &n);
	return NULL;
}

struct code_item *need_code(struct load *ld, const struct code_list *l, struct str code, struct where at)
{
	struct code_item *c = codes_item(l, code);
	if (c) return c;
	BAD(ld, at, "def.unknown_code", "代码表“%.*s”中没有“%.*s”", "the code list “%.*s” has no “%.*s”", STRF(l->name), STRF(clip(code)));
	struct names n = { 0 };
	COLLECT(ld, n, l->item, l->n_item, .code);
	hint_nearest(ld, code, &n);
	return NULL;
}

struct field_def *need_field(struct load *ld, const struct type_def *t, struct str name, struct where at, bool builtin_too)
{
	struct field_def *f = builtin_too ? type_any_field(t, name) : type_field(t, name);
	if (f) return f;
	struct names n = { 0 };
	COLLECT(ld, n, t->field, t->n_field, ->name);
	for (int i = 0; builtin_too && i < BUILTIN_COUNT; i++)
		if (t->builtin[i]) VEC_PUSH(ld->scratch, &n, t->builtin[i]->name);
	BAD(ld, at, "def.unknown_field", "类型“%.*s”没有字段“%.*s”", "type “%.*s” has no field “%.*s”", STRF(t->name), STRF(clip(name)));
	hint_nearest(ld, name, &n);
	return NULL;
}

struct state_def *need_state(struct load *ld, const struct type_def *t, struct str name, struct where at)
{
	struct state_def *s = type_state(t, name);
	if (s) return s;
	struct names n = { 0 };
	COLLECT(ld, n, t->state, t->n_state, ->name);
	BAD(ld, at, "def.unknown_state", "类型“%.*s”没有状态“%.*s”", "type “%.*s” has no state “%.*s”", STRF(t->name), STRF(clip(name)));
	hint_nearest(ld, name, &n);
	return NULL;
}

struct move_def *need_move(struct load *ld, const struct type_def *t, struct str name, struct where at)
{
	struct move_def *m = type_move(t, name);
	if (m) return m;
	struct names n = { 0 };
	COLLECT(ld, n, t->move, t->n_move, ->name);
	BAD(ld, at, "def.unknown_move", "类型“%.*s”没有动作“%.*s”", "type “%.*s” has no move “%.*s”", STRF(t->name), STRF(clip(name)));
	hint_nearest(ld, name, &n);
	return NULL;
}

struct demo_account *need_account(struct load *ld, struct str login, struct where at)
{
	struct demo_account *x = region_account(ld->r, login);
	if (x) return x;
	struct names n = { 0 };
	COLLECT(ld, n, ld->r->account, ld->r->n_account, ->login);
	unknown(ld, at, login, "演示账户", "demonstration account", &n);
	return NULL;
}

struct indicator_def *need_indicator(struct load *ld, struct str name, struct where at)
{
	struct indicator_def *x = region_indicator(ld->r, name);
	if (x) return x;
	struct names n = { 0 };
	COLLECT(ld, n, ld->r->indicator, ld->r->n_indicator, ->name);
	unknown(ld, at, name, "指标", "indicator", &n);
	return NULL;
}

struct field_def *need_column(struct load *ld, const struct table_def *t, struct str name, struct where at)
{
	struct field_def *f = table_column(t, name);
	if (f) return f;
	struct names n = { 0 };
	COLLECT(ld, n, t->column, t->n_column, ->name);
	BAD(ld, at, "def.unknown_column", "表“%.*s”没有列“%.*s”", "the table “%.*s” has no column “%.*s”", STRF(t->name), STRF(clip(name)));
	hint_nearest(ld, name, &n);
	return NULL;
}

struct table_def *need_table(struct load *ld, const struct type_def *t, struct str name, struct where at)
{
	struct table_def *table = type_table(t, name);
	if (table) return table;
	struct names n = { 0 };
	COLLECT(ld, n, t->table, t->n_table, ->name);
	BAD(ld, at, "def.unknown_table", "类型“%.*s”没有子表“%.*s”", "type “%.*s” has no table “%.*s”", STRF(t->name), STRF(clip(name)));
	hint_nearest(ld, name, &n);
	return NULL;
}

struct mail_def *need_mail(struct load *ld, struct str name, struct where at)
{
	struct mail_def *m = region_mail(ld->r, name);
	if (m) return m;
	struct names n = { 0 };
	COLLECT(ld, n, ld->r->mail, ld->r->n_mail, ->name);
	unknown(ld, at, name, "邮件模板", "mail", &n);
	return NULL;
}

bool is_ref_to(const struct field_def *f, const struct type_def *t) { return f->kind == FIELD_REF && f->ref == t; }

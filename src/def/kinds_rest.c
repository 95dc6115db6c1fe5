/* Region, roles, code lists, measures, calendars, mails, menus, accounts. */
#include <stdlib.h>

#include "base/time.h"
#include "def/kinds.h"

/* At most DEF_TOP_MAX of a kind: names are looked up by walking along. */
static bool room(struct load *ld, struct stmt *st, int n, int max)
{
	if (n < max) return true;
	st->bad = true;
	if (n == max) BAD(ld, st->at, "def.too_many", "“%.*s”过多（最多 %d 个）", "too many of “%.*s” (at most %d)", STRF(st->word), max);
	return false;
}

/* ---- region ---- */

void region_name(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	if (ld->region_stmt != st) {
		struct where first = load_at(ld, ld->region_stmt ? ld->region_stmt->at : st->at);
		BAD(ld, st->at, "def.region_again", "地区只能声明一次，且不能在被包含的文件夹内", "one region only, and none in an included folder");
		HINT(ld, "已在 %.*s:%d", "there is one at %.*s:%d", STRF(first.file), first.line);
		return;
	}
	st->object = ld->r;
	if (args_name(&a, &ld->r->name, "地区的名字", "the region's name") && args_label(&a, &ld->r->label)) args_end(&a);
}

void region_zone(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	bool minus = args_op(&a, OP_MINUS);
	int64_t hours, minutes = 0;
	if (!minus && !args_op(&a, OP_PLUS)) {
		args_unexpected(&a, "+ 或 -", "+ or -");
		return;
	}
	if (!args_int(&a, 0, 900, &hours)) return;
	if (args_op(&a, OP_COLON)) {
		if (!args_int(&a, 0, 59, &minutes)) return;
		minutes += hours * 60;
	} else if (args_word(&a, "minutes")) {
		minutes = hours;
	} else {
		minutes = hours * 60;
	}
	if (minutes > 14 * 60) BAD(ld, st->at, "def.zone", "时区偏移过大", "no zone is that far off");
	else if (args_end(&a)) ld->r->zone_minutes = (int)(minus ? -minutes : minutes);
}

void region_division(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct where at = args_at(&a);
	struct str code;
	if (!args_code(&a, &code) || !args_end(&a)) return;
	struct code_list *l = region_codes(ld->r, STR("division"));
	if (!l || need_code(ld, l, code, at)) ld->r->division = code;
}

void region_first(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	if (args_word(&a, "en")) ld->r->first_lang = LANG_EN;
	else if (!args_word(&a, "zh")) args_unexpected(&a, "zh 或 en", "zh or en");
	args_end(&a);
}

/* The folder itself was read before (load.c); here only the shape. */
void region_include(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct str folder;
	if (args_string(&a, &folder)) args_end(&a);
}

void role_name(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct region *r = ld->r;
	struct role_def *role = ARENA_NEW(ld->arena, struct role_def);
	st->object = role;
	role->at = st->at;
	struct where at = args_at(&a);
	if (!args_name(&a, &role->name, "角色的名字", "the role's name")) return;
	static const char *const words[] = { "public", "signed", "system", "author", "org", "division" };
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (!str_is(role->name, words[i])) continue;
		BAD(ld, at, "def.reserved", "“%.*s”是语言自己的词，不能作名字", "“%.*s” is a word of the language, not a name", STRF(role->name));
		return;
	}
	struct role_def *before = region_role(r, role->name);
	if (!room(ld, st, r->n_role, DEF_ROLES_MAX) || !name_free(ld, role->name, at, before ? before->at : at, before != NULL)) return;
	role->index = r->n_role;
	APPEND(ld->arena, r->role, r->n_role, role);
	if (args_label(&a, &role->label)) args_end(&a);
}

/* ---- codes ---- */

void codes_name(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct region *r = ld->r;
	struct code_list *l = ARENA_NEW(ld->arena, struct code_list);
	st->object = l;
	l->at = st->at;
	struct where at = args_at(&a);
	if (!args_name(&a, &l->name, "代码表的名字", "the list's name")) return;
	struct code_list *before = region_codes(r, l->name);
	if (!room(ld, st, r->n_codes, DEF_TOP_MAX) || !name_free(ld, l->name, at, before ? before->at : at, before != NULL)) return;
	APPEND(ld->arena, r->codes, r->n_codes, l);
	if (args_label(&a, &l->label)) args_end(&a);
}

void code_name(struct load *ld, struct stmt *st, void *object)
{
	enum { CODE_MAX = 40 };
	struct args a = args_of(ld, st);
	struct code_list *l = object;
	struct code_item c = { .from = INT32_MIN, .to = INT32_MAX, .order = l->n_item, .at = args_at(&a) };
	if (!room(ld, st, l->n_item, DEF_CODES_MAX) || !args_code(&a, &c.code)) return;
	if (c.code.n == 0 || c.code.n > CODE_MAX) {
		BAD(ld, c.at, "def.code_long", "代码须有 1 到 %d 个字符", "a code has 1 to %d characters", CODE_MAX);
		return;
	}
	if (args_label(&a, &c.label)) {
		for (bool more = true; more && !st->bad;) {
			if (args_word(&a, "from")) args_date(&a, &c.from);
			else if (args_word(&a, "to")) args_date(&a, &c.to);
			else if (args_word(&a, "under")) args_code(&a, &c.parent);
			else more = false;
		}
		args_end(&a);
	}
	if (c.from > c.to) BAD(ld, c.at, "def.period_order", "结束早于开始", "it ends before it begins");
	APPEND(ld->arena, l->item, l->n_item, c);
}

static int by_code(const void *x, const void *y)
{
	const struct code_item *a = *(struct code_item *const *)x, *b = *(struct code_item *const *)y;
	int order = str_cmp(a->code, b->code);
	return order ? order : (a->order > b->order) - (a->order < b->order);
}

/* Sorted when all names are in (load.c calls it between the passes). */
void codes_sort(struct load *ld)
{
	for (int i = 0; i < ld->r->n_codes; i++) {
		struct code_list *l = ld->r->codes[i];
		l->sorted = ARENA_ARRAY(ld->arena, struct code_item *, (size_t)l->n_item + 1);
		for (int k = 0; k < l->n_item; k++) l->sorted[k] = &l->item[k];
		qsort(l->sorted, (size_t)l->n_item, sizeof *l->sorted, by_code);
		for (int k = 1; k < l->n_item; k++) {
			const struct code_item *before = l->sorted[k - 1], *c = l->sorted[k];
			name_free(ld, c->code, c->at, before->at, str_eq(before->code, c->code));
		}
	}
}

/* Parents exist and nobody is under itself. */
void codes_rule(struct load *ld, struct stmt *st, void *object)
{
	struct code_list *l = st->object;
	if (!l->n_item) BAD(ld, st->at, "def.codes_empty", "代码表是空的", "the list has no codes");
	for (int i = 0; i < l->n_item; i++) {
		const struct code_item *c = &l->item[i];
		if (!c->parent.n || !l->sorted || !need_code(ld, l, c->parent, c->at)) continue;
		int steps = 0;
		for (const struct code_item *p = c; p && p->parent.n && steps <= DEF_DEPTH_MAX; steps++) p = codes_item(l, p->parent);
		if (steps > DEF_DEPTH_MAX) BAD(ld, c->at, "def.code_cycle", "“%.*s”的上级绕了回来（或超过 %d 层）",
			"“%.*s” is under itself (or more than %d levels deep)", STRF(c->code), DEF_DEPTH_MAX);
	}
}

/* ---- measures ---- */

void measure_name(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct region *r = ld->r;
	struct measure_def *m = ARENA_NEW(ld->arena, struct measure_def);
	*m = (struct measure_def){ .from = INT32_MIN, .to = INT32_MAX, .at = st->at };
	st->object = m;
	if (!args_name(&a, &m->family, "办法的名字", "the measure's family") || !room(ld, st, r->n_measure, DEF_TOP_MAX)) return;
	APPEND(ld->arena, r->measure, r->n_measure, m);
	if (args_label(&a, &m->label)) args_end(&a);
}

void measure_from(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	if (args_date(&a, &((struct measure_def *)object)->from)) args_end(&a);
}

void measure_to(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	if (args_date(&a, &((struct measure_def *)object)->to)) args_end(&a);
}

void measure_value_name(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct measure_def *m = object;
	struct measure_value v = { .at = args_at(&a) };
	if (!room(ld, st, m->n_value, DEF_LIST_MAX) || !args_name(&a, &v.name, "值的名字", "the value's name") || !args_literal(&a, &v.val,
		&v.type)) return;
	for (int i = 0; i < m->n_value; i++)
		if (!name_free(ld, v.name, v.at, m->value[i].at, str_eq(m->value[i].name, v.name))) return;
	if (args_label(&a, &v.label)) {
		v.unverified = args_word(&a, "unverified");
		args_end(&a);
	}
	APPEND(ld->arena, m->value, m->n_value, v);
}

/* ---- calendars ---- */

void calendar_name(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct calendar_def *c = ARENA_NEW(ld->arena, struct calendar_def);
	st->object = c;
	c->at = st->at;
	int64_t year;
	if (!args_int(&a, 1900, 2999, &year) || !args_end(&a) || !room(ld, st, ld->r->n_calendar, DEF_TOP_MAX)) return;
	c->year = (int)year;
	for (int i = 0; i < ld->r->n_calendar; i++)
		if (!name_free(ld, st->arg[0].text, st->at, ld->r->calendar[i]->at, ld->r->calendar[i]->year == c->year)) return;
	APPEND(ld->arena, ld->r->calendar, ld->r->n_calendar, c);
}

static void add_days(struct load *ld, struct stmt *st, struct calendar_def *c, int32_t from, int32_t to)
{
	int year, month, day;
	bool holiday = st->kind->offset;
	for (int32_t d = from; d <= to; d++) {
		date_split(d, &year, &month, &day);
		if (year != c->year && c->year) {
			BAD(ld, st->at, "def.calendar_year", "日期不在 %d 年", "the date is not in %d", c->year);
			return;
		}
		if (c->n_holiday + c->n_workday >= 366) return;
		if (holiday) APPEND(ld->arena, c->holiday, c->n_holiday, d);
		else APPEND(ld->arena, c->workday, c->n_workday, d);
	}
}

void calendar_days(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	int32_t from, to;
	do {
		if (!args_date(&a, &from)) return;
		to = from;
		if (args_word(&a, "to") && !args_date(&a, &to)) return;
		if (to < from || to - from > 366) {
			BAD(ld, st->at, "def.period_order", "结束早于开始", "it ends before it begins");
			return;
		}
		add_days(ld, st, object, from, to);
	} while (args_op(&a, OP_COMMA));
	args_end(&a);
}

/* ---- mails and menus ---- */

void mail_name(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct mail_def *m = ARENA_NEW(ld->arena, struct mail_def);
	st->object = m;
	m->at = st->at;
	struct where at = args_at(&a);
	if (!args_name(&a, &m->name, "模板的名字", "the notice's name")) return;
	struct mail_def *before = region_mail(ld->r, m->name);
	if (!room(ld, st, ld->r->n_mail, DEF_TOP_MAX) || !name_free(ld, m->name, at, before ? before->at : at, before != NULL)) return;
	APPEND(ld->arena, ld->r->mail, ld->r->n_mail, m);
	if (args_label(&a, &m->subject)) args_end(&a);
}

void menu_name(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct menu_def *m = ARENA_NEW(ld->arena, struct menu_def);
	st->object = m;
	m->at = st->at;
	if (!room(ld, st, ld->r->n_menu, DEF_TOP_MAX)) return;
	APPEND(ld->arena, ld->r->menu, ld->r->n_menu, m);
	if (args_label(&a, &m->label)) args_end(&a);
}

void menu_add(struct load *ld, struct stmt *st, struct menu_def *m, struct menu_item item)
{
	if (room(ld, st, m->n_item, DEF_LIST_MAX)) APPEND(ld->arena, m->item, m->n_item, item);
}

void menu_type(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct menu_item item = { 0 };
	struct str name;
	struct where at;
	do {
		if (!args_any_word(&a, &name, &at, "类型", "a type")) return;
		if ((item.type = need_type(ld, name, at))) menu_add(ld, st, object, item);
	} while (args_op(&a, OP_COMMA));
	args_end(&a);
}

void menu_page(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct menu_item item = { 0 };
	if (args_any_word(&a, &item.page, NULL, "页面", "a page") && args_label(&a, &item.label) && args_end(&a)) menu_add(ld, st, object, item);
}

/* ---- accounts ---- */

void account_name(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct demo_account *x = ARENA_NEW(ld->arena, struct demo_account);
	st->object = x;
	x->at = st->at;
	struct where at = args_at(&a);
	if (!args_name(&a, &x->login, "账户名", "the login") || !room(ld, st, ld->r->n_account, DEF_TOP_MAX)) return;
	for (int i = 0; i < ld->r->n_account; i++)
		if (!name_free(ld, x->login, at, ld->r->account[i]->at, str_eq(ld->r->account[i]->login, x->login))) return;
	APPEND(ld->arena, ld->r->account, ld->r->n_account, x);
	if (args_label(&a, &x->name)) args_end(&a);
}

void account_role(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct demo_account *x = object;
	struct str name;
	struct where at;
	do {
		if (!args_any_word(&a, &name, &at, "角色", "a role")) return;
		struct role_def *role = need_role(ld, name, at);
		if (role && room(ld, st, x->n_role, DEF_ROLES_MAX)) APPEND(ld->arena, x->role, x->n_role, role);
	} while (args_op(&a, OP_COMMA));
	args_end(&a);
}

void account_org(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	if (args_label(&a, &((struct demo_account *)object)->org)) args_end(&a);
}

/* `kind` and `division`: codes of the type org, when the region has it. */
void account_code(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct where at = args_at(&a);
	struct str code;
	if (!args_code(&a, &code) || !args_end(&a)) return;
	struct type_def *org = region_type(ld->r, STR("org"));
	struct field_def *f = org ? type_field(org, STR("kind")) : NULL;
	struct code_list *l = str_is(st->word, "kind") ? (f ? f->codes : NULL) : region_codes(ld->r, STR("division"));
	if (!l || need_code(ld, l, code, at)) *(struct str *)((char *)object + st->kind->offset) = code;
}

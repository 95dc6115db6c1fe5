/* Scenes: the steps and the values they give. */
#include "base/time.h"
#include "def/scene_inner.h"

void scene_name(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct region *r = ld->r;
	struct scene_def *x = ARENA_NEW(ld->arena, struct scene_def);
	st->object = x;
	x->at = st->at;
	struct where at = args_at(&a);
	if (!args_name(&a, &x->name, "情景的名字", "the scene's name")) return;
	for (int i = 0; i < r->n_scene; i++)
		if (!name_free(ld, x->name, at, r->scene[i]->at, str_eq(r->scene[i]->name, x->name))) return;
	if (r->n_scene >= DEF_TOP_MAX) {
		BAD(ld, at, "def.too_many", "“%.*s”过多（最多 %d 个）", "too many of “%.*s” (at most %d)", STRF(st->word), DEF_TOP_MAX);
		return;
	}
	APPEND(ld->arena, r->scene, r->n_scene, x);
	if (args_label(&a, &x->label)) args_end(&a);
}

void scene_need(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct scene_def *x = object;
	do {
		struct str row;
		if (!args_code(&a, &row)) return;
		if (x->n_row < DEF_LIST_MAX) APPEND(ld->arena, x->row, x->n_row, row);
	} while (args_op(&a, OP_COMMA));
	args_end(&a);
}

/* In the first pass, so that what stands inside is looked at; filled in the last. */
void scene_step_new(struct load *ld, struct stmt *st, void *object) { st->object = ARENA_NEW(ld->arena, struct scene_step); }

struct scene_step *scene_step_of(struct load *ld, struct stmt *st, enum scene_kind kind)
{
	struct scene_def *scene = st->up->object;
	struct scene_step *s = st->object;
	*s = (struct scene_step){ .kind = kind, .scene = scene, .handle = -1, .at = st->at };
	st->object = NULL;              /* given back when the statement is good: its block means nothing otherwise */
	if (scene->n_step < SCENE_STEPS_MAX) {
		APPEND(ld->arena, scene->step, scene->n_step, s);
		return s;
	}
	if (scene->n_step == SCENE_STEPS_MAX)
		BAD(ld, st->at, "def.too_many", "“%.*s”过多（最多 %d 个）", "too many of “%.*s” (at most %d)", STRF(st->word), SCENE_STEPS_MAX);
	return NULL;
}

/* ---- names ---- */

static int handle_of(const struct scene_def *x, struct str name)
{
	for (int i = 0; i < x->n_handle; i++)
		if (str_eq(x->handle[i].name, name)) return i;
	return -1;
}

/* A name of a record that this step makes. */
static bool new_handle(struct args *a, struct scene_step *s)
{
	static const char *const words[] = { "org", "person", "none", "mail", "no", "indicator", "row", "is" };
	struct where at = args_at(a);
	struct scene_handle h = { .at = at };
	if (!args_name(a, &h.name, "记录的名字", "a name for the record")) return false;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (!str_is(h.name, words[i])) continue;
		BAD(a->ld, at, "def.reserved", "“%.*s”是语言自己的词，不能作名字", "“%.*s” is a word of the language, not a name", STRF(h.name));
		return false;
	}
	int before = handle_of(s->scene, h.name);
	if (!name_free(a->ld, h.name, at, before < 0 ? at : s->scene->handle[before].at, before >= 0) || s->scene->n_handle >= SCENE_HANDLES_MAX) return false;
	s->handle = s->scene->n_handle;
	APPEND(a->ld->arena, s->scene->handle, s->scene->n_handle, h);
	return true;
}

static bool new_record(struct args *a, struct scene_step *s)
{
	struct str name;
	struct where at;
	if (!new_handle(a, s) || !args_any_word(a, &name, &at, "类型", "a type")) return false;
	s->type = need_type(a->ld, name, at);
	s->scene->handle[s->handle].type = s->type;
	return s->type != NULL;
}

bool scene_handle_next(struct args *a, struct scene_step *s)
{
	struct str name;
	struct where at;
	if (!args_any_word(a, &name, &at, "记录的名字", "the name of a record")) return false;
	s->handle = handle_of(s->scene, name);
	if (s->handle >= 0) {
		s->type = s->scene->handle[s->handle].type;
		return s->type != NULL;
	}
	BAD(a->ld, at, "def.unknown", "没有%s%.0s“%.*s”", "there is no %.0s%s “%.*s”", "名为此的记录", "record named", STRF(clip(name)));
	struct names n = { 0 };
	for (int i = 0; i < s->scene->n_handle; i++) VEC_PUSH(a->ld->scratch, &n, s->scene->handle[i].name);
	hint_nearest(a->ld, name, &n);
	return false;
}

bool scene_account_next(struct args *a, struct demo_account **out)
{
	struct str login;
	struct where at;
	return args_any_word(a, &login, &at, "演示账户", "a demonstration account") && (*out = need_account(a->ld, login, at));
}

/* ---- the clock ---- */

void scene_day(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct scene_step *s = scene_step_of(ld, st, SCENE_DAY);
	int64_t hour = 9, minute = 0;
	struct where at = args_at(&a);
	int32_t first;
	if (!s || !args_date(&a, &s->day) || !date_make(SCENE_YEAR_MIN, 1, 1, &first)) return;
	if (s->day < first) BAD(ld, at, "def.scene_day", "情景的时钟从 %d 年起", "the clock of a scene begins in %d", SCENE_YEAR_MIN);
	if (args_word(&a, "at") && !(args_int(&a, 0, 23, &hour) && args_need_op(&a, OP_COLON, ":") && args_int(&a, 0, 59, &minute))) return;
	s->minutes = (int)(hour * 60 + minute);
	args_end(&a);
}

void scene_wait(struct load *ld, struct stmt *st, void *object)
{
	static const char *const units[][2] = { { "minutes", "minute" }, { "hours", "hour" }, { "days", "day" }, { "workdays", "workday" } };
	struct args a = args_of(ld, st);
	struct scene_step *s = scene_step_of(ld, st, SCENE_WAIT);
	if (!s || !args_int(&a, 1, 10000, &s->n)) return;
	for (int i = 0; i < 4; i++) {
		if (!args_word(&a, units[i][0]) && !args_word(&a, units[i][1])) continue;
		s->unit = (enum scene_unit)i;
		args_end(&a);
		return;
	}
	args_unexpected(&a, "minutes、hours、days 或 workdays", "minutes, hours, days or workdays");
}

/* ---- who does what ---- */

void scene_given(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct scene_step *s = scene_step_of(ld, st, SCENE_GIVEN);
	struct str name;
	struct where at;
	if (!s || !new_record(&a, s)) return;
	if (args_word(&a, "in")) {
		if (!args_any_word(&a, &name, &at, "状态", "a state") || !(s->state = need_state(ld, s->type, name, at))) return;
	}
	if (args_word(&a, "by") && !scene_account_next(&a, &s->account)) return;
	if (args_end(&a)) st->object = s;
}

/* `refused CHECK` or `refused "text"`, before the block or after it. */
static bool refusal(struct args *a, struct scene_step *s)
{
	if (!args_word(a, "refused")) return true;
	s->refused = true;
	if (args_peek(a)->kind == TOK_STRING) return args_string(a, &s->text);
	struct str name;
	struct where at;
	if (!args_any_word(a, &name, &at, "校验的名字或引号内的文字", "the name of a check or a text in quotes")) return false;
	struct names n = { 0 };
	for (int i = 0; i < s->type->n_check; i++) {
		if (str_eq(s->type->check[i]->name, name)) s->check = s->type->check[i];
		VEC_PUSH(a->ld->scratch, &n, s->type->check[i]->name);
	}
	if (s->check) return true;
	BAD(a->ld, at, "def.unknown", "没有%s%.0s“%.*s”", "there is no %.0s%s “%.*s”", "校验", "check", STRF(clip(name)));
	hint_nearest(a->ld, name, &n);
	return false;
}

void scene_as(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st), tail = args_tail(ld, st);
	struct scene_step *s = scene_step_of(ld, st, SCENE_MOVE);
	struct str verb;
	struct where at;
	if (!s || !scene_account_next(&a, &s->account) || !args_any_word(&a, &verb, &at, "create、edit、delete 或动作", "create, edit, delete or a move")) return;
	if (str_is(verb, "create")) {
		s->kind = SCENE_CREATE;
		if (!new_record(&a, s)) return;
	} else if (str_is(verb, "copy")) {
		s->kind = SCENE_COPY;
		if (!scene_handle_next(&a, s)) return;
		s->from = s->handle;
		if (!args_word(&a, "as")) {
			args_unexpected(&a, "as", "as");
			return;
		}
		if (!new_handle(&a, s)) return;
		s->scene->handle[s->handle].type = s->type;
	} else {
		if (!scene_handle_next(&a, s)) return;
		if (str_is(verb, "edit")) s->kind = SCENE_EDIT;
		else if (str_is(verb, "delete")) s->kind = SCENE_DELETE;
		else if (!(s->move = need_move(ld, s->type, verb, at))) return;
	}
	if (!refusal(&a, s) || !args_end(&a) || !refusal(&tail, s) || !args_end(&tail)) return;
	st->object = s;
}

bool scene_where(struct args *a, struct scene_step *s)
{
	struct scope sc = { .ld = a->ld, .type = s->type };
	if (!args_word(a, "where")) return true;
	return (s->expr = args_expr(a, &sc, WANT_BOOL)) != NULL;
}

void scene_find(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct scene_step *s = scene_step_of(ld, st, SCENE_FIND);
	if (!s || !new_record(&a, s)) return;
	if (args_word(&a, "of")) {
		do {
			struct scene_value v = { 0 };
			struct str name;
			struct where at;
			if (!args_any_word(&a, &name, &at, "字段", "a field") || !(v.field = need_field(ld, s->type, name, at, true))) return;
			if (!scene_value_next(&a, s->scene, v.field, &v)) return;
			APPEND(ld->arena, s->value, s->n_value, v);
		} while (args_op(&a, OP_COMMA));
	}
	if (scene_where(&a, s)) args_end(&a);
}

/* ---- values ---- */

/* `at 17:30` after the date of an instant. */
static bool clock_next(struct args *a, int64_t *ms)
{
	int64_t hour, minute;
	if (!args_word(a, "at")) return true;
	if (!args_int(a, 0, 23, &hour) || !args_need_op(a, OP_COLON, ":") || !args_int(a, 0, 59, &minute)) return false;
	*ms += (hour * 60 + minute) * MINUTE_MS;
	return true;
}

bool scene_value_next(struct args *a, const struct scene_def *scene, struct field_def *f, struct scene_value *v)
{
	*v = (struct scene_value){ .field = f, .at = args_at(a) };
	if (args_word(a, "none")) {
		v->kind = SCENE_NONE;
		return true;
	}
	if (f->kind == FIELD_FILE) {
		v->kind = SCENE_FILE;
		return read_file_name(a, f, &v->file);
	}
	if (f->kind == FIELD_TIME) return read_value(a, f, NULL, &v->val) && clock_next(a, &v->val.i);
	if (f->kind != FIELD_REF) return read_value(a, f, NULL, &v->val);
	if (args_whose(a, f)) {
		v->kind = args_is(a, "org") ? SCENE_ORG : SCENE_PERSON;
		return read_value(a, f, NULL, &v->val) && (v->account = region_account(a->ld->r, v->val.s));
	}
	struct scene_step of = { .scene = (struct scene_def *)(uintptr_t)scene };
	v->kind = SCENE_HANDLE;
	if (!scene_handle_next(a, &of)) return false;
	v->handle = of.handle;
	if (of.type == f->ref) return true;
	a->st->bad = true;
	BAD(a->ld, v->at, "def.copy_ref", "“%.*s”不是对“%.*s”的引用", "“%.*s” does not refer to “%.*s”", STRF(f->name), STRF(of.type->name));
	return false;
}

static bool asked(const struct move_def *m, const struct field_def *f)
{
	for (int i = 0; i < m->n_ask; i++)
		if (m->ask[i] == f) return true;
	return false;
}

/* `reason "…"` of a move; a field of that name comes first unless the move wants a reason. */
static bool takes_reason(const struct scene_step *s)
{
	if (s->kind != SCENE_MOVE) return false;
	const struct field_def *f = type_field(s->type, STR("reason"));
	return s->move->reason || !f || !asked(s->move, f);
}

static void note_rule(struct load *ld, struct args *a, struct scene_step *s)
{
	struct scene_note n = { 0 };
	if (!args_code(a, &n.check) || !args_string(a, &n.text) || !args_end(a)) return;
	if (s->n_note < DEF_LIST_MAX) APPEND(ld->arena, s->note, s->n_note, n);
}

static void step_value(struct load *ld, struct stmt *st, struct scene_step *s)
{
	struct args a = args_of(ld, st);
	struct scene_value v;
	if (str_is(st->word, "reason") && takes_reason(s)) {
		if (args_string(&a, &s->reason)) args_end(&a);
		return;
	}
	if (str_is(st->word, "note") && args_peek(&a)->kind == TOK_WORD) {
		note_rule(ld, &a, s);
		return;
	}
	struct field_def *f = need_field(ld, s->type, st->word, st->at, s->kind == SCENE_GIVEN);
	if (!f) return;
	if (f->compute) {
		BAD(ld, st->at, "def.set_computed", "“%.*s”是算出来的，不能写入", "“%.*s” is worked out: it cannot be set", STRF(f->name));
		return;
	}
	if (s->kind == SCENE_MOVE && !asked(s->move, f)) {
		BAD(ld, st->at, "def.not_asked", "动作“%.*s”不问字段“%.*s”", "the move “%.*s” does not ask for “%.*s”", STRF(s->move->name), STRF(f->name));
		return;
	}
	if (scene_value_next(&a, s->scene, f, &v) && args_end(&a) && s->n_value < DEF_FIELDS_MAX) APPEND(ld->arena, s->value, s->n_value, v);
}

void scene_value_rule(struct load *ld, struct stmt *st, void *object)
{
	if (st->kind->ctx == CTX_SCENE_VALUES) {
		step_value(ld, st, object);
		return;
	}
	struct args a = args_of(ld, st);
	struct scene_rows *rows = object;
	struct scene_value v;
	struct field_def *f = need_column(ld, rows->table, st->word, st->at);
	if (f && scene_value_next(&a, rows->step->scene, f, &v) && args_end(&a)) APPEND(ld->arena, rows->value, rows->n_value, v);
}

void scene_rows_new(struct load *ld, struct stmt *st, void *object) { st->object = ARENA_NEW(ld->arena, struct scene_rows); }

void scene_row(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct scene_step *s = object;
	struct scene_rows *rows = st->object;
	struct str name;
	struct where at;
	st->object = NULL;
	rows->step = s;
	if (s->kind == SCENE_MOVE || s->kind == SCENE_DELETE) {
		BAD(ld, st->at, "def.not_asked", "动作“%.*s”不问字段“%.*s”", "the move “%.*s” does not ask for “%.*s”",
			STRF(s->move ? s->move->name : STR("delete")), STRF(a.n ? a.t[0].text : st->word));
		return;
	}
	if (!args_any_word(&a, &name, &at, "子表", "a table") || !(rows->table = need_table(ld, s->type, name, at)) || !args_end(&a)) return;
	st->object = rows;
	APPEND(ld->arena, s->rows, s->n_rows, rows);
}

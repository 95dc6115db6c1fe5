/* Scenes: what must hold. */
#include "base/val.h"
#include "def/scene_inner.h"

/* `HANDLE[.FIELD]` after sees or hides. */
static bool record_field(struct args *a, struct scene_step *s)
{
	struct str name;
	struct where at;
	if (!scene_handle_next(a, s)) return false;
	if (!args_op(a, OP_DOT)) return true;
	if (!args_any_word(a, &name, &at, "字段", "a field")) return false;
	s->table = type_table(s->type, name);
	return s->table || (s->field = need_field(a->ld, s->type, name, at, false));
}

static bool move_next(struct args *a, struct str *name, struct where *at) { return args_any_word(a, name, at, "动作", "a move"); }

/* `LOGIN sees …`: decided by the second word, since a record may have the name of an account. */
static bool by_account(const struct args *a)
{
	static const char *const words[] = { "sees", "hides", "may", "cannot", "todo", "no" };
	if (a->i + 1 >= a->n || a->t[a->i + 1].kind != TOK_WORD) return false;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (str_is(a->t[a->i + 1].text, words[i])) return true;
	return false;
}

static void account_rule(struct args *a, struct scene_step *s)
{
	struct str name;
	struct where at;
	if (!scene_account_next(a, &s->account)) return;
	if (args_is(a, "sees") || args_is(a, "hides")) {
		s->kind = SCENE_SEES;
		s->negated = args_is(a, "hides");
		a->i++;
		if (record_field(a, s)) args_end(a);
		return;
	}
	if (args_is(a, "may") || args_is(a, "cannot")) {
		s->kind = SCENE_MAY;
		s->negated = args_is(a, "cannot");
		a->i++;
		if (move_next(a, &name, &at) && scene_handle_next(a, s) && (s->move = need_move(a->ld, s->type, name, at))) args_end(a);
		return;
	}
	s->kind = SCENE_TODO;
	s->negated = args_word(a, "no");
	if (!args_word(a, "todo")) {
		args_unexpected(a, "todo", "todo");
		return;
	}
	if (!scene_handle_next(a, s)) return;
	if (a->i < a->n && !(move_next(a, &name, &at) && (s->move = need_move(a->ld, s->type, name, at)))) return;
	args_end(a);
}

static void mail_rule(struct args *a, struct scene_step *s)
{
	s->kind = SCENE_MAIL;
	if (!scene_account_next(a, &s->account)) return;
	if (a->i < a->n && !args_string(a, &s->text)) return;
	args_end(a);
}

static void indicator_rule(struct args *a, struct scene_step *s)
{
	static const enum op ops[] = { OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE };
	struct str name;
	struct where at;
	struct val v;
	enum value_type type;
	s->kind = SCENE_INDICATOR;
	if (!args_any_word(a, &name, &at, "指标", "an indicator") || !(s->indicator = need_indicator(a->ld, name, at))) return;
	bool found = false;
	for (size_t i = 0; i < sizeof ops / sizeof ops[0] && !found; i++)
		if ((found = args_op(a, ops[i]))) s->op = (enum scene_op)i;
	if (!found) {
		args_unexpected(a, "== 或别的比较", "== or another comparison");
		return;
	}
	at = args_at(a);
	if (!args_literal(a, &v, &type)) return;
	bool number = type == TYPE_DEC || (type == TYPE_INT && !__builtin_mul_overflow(v.i, DEC_ONE, &v.i));
	s->figure = v.i;
	if (!number) BAD(a->ld, at, "def.number", "不能表示的数（小数最多 6 位）", "a number that cannot be kept (at most 6 decimals)");
	else args_end(a);
}

static void count_rule(struct args *a, struct scene_step *s)
{
	struct str name;
	struct where at;
	s->kind = SCENE_COUNT;
	if (!args_int(a, 0, 1000000, &s->n) || !args_any_word(a, &name, &at, "类型", "a type") || !(s->type = need_type(a->ld, name, at))) return;
	if (scene_where(a, s)) args_end(a);
}

static void record_rule(struct args *a, struct scene_step *s)
{
	struct str name;
	struct where at;
	if (!scene_handle_next(a, s)) return;
	if (a->i + 1 < a->n && a->t[a->i + 1].kind == TOK_WORD && str_is(a->t[a->i + 1].text, "is")) {
		struct scene_value v;
		s->kind = SCENE_IS;
		if (!args_any_word(a, &name, &at, "字段", "a field")) return;
		struct field_def *f = need_field(a->ld, s->type, name, at, true);
		a->i++;
		if (!f || !scene_value_next(a, s->scene, f, &v) || !args_end(a)) return;
		APPEND(a->ld->arena, s->value, s->n_value, v);
		return;
	}
	struct scope sc = { .ld = a->ld, .type = s->type };
	s->expr = args_expr(a, &sc, WANT_BOOL);
	args_end(a);
}

void scene_expect(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct scene_step *s = scene_step_of(ld, st, SCENE_HOLDS);
	if (!s) return;
	if (args_is(&a, "no") && a.i + 1 < a.n && a.t[a.i + 1].kind == TOK_WORD && str_is(a.t[a.i + 1].text, "mail")) {
		s->negated = true;
		a.i++;
	}
	if (by_account(&a)) account_rule(&a, s);
	else if (args_word(&a, "mail")) mail_rule(&a, s);
	else if (args_word(&a, "indicator")) indicator_rule(&a, s);
	else if (args_peek(&a)->kind == TOK_NUMBER) count_rule(&a, s);
	else record_rule(&a, s);
}

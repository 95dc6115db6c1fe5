/* A failed comparison with its numbers: "e00 总面积 = 81,000；e01 + e02 + e03 + e04 = 80,000". */
#include "base/money.h"
#include "base/time.h"
#include "def/model.h"

struct show { struct cx *cx; const struct expr_env *env; enum lang lang; struct buf out; int parts; bool needed; };

static struct str code_label(const struct code_list *l, struct str code, enum lang lang)
{
	struct code_item *c = l ? codes_item(l, code) : NULL;
	return c ? label_text(&c->label, lang) : code;
}

/* 1234567.5 as 1,234,567.5 */
static void grouped(struct buf *out, struct str digits)
{
	size_t point = str_find(digits, STR("."), 0), whole = point == SIZE_MAX ? digits.n : point;
	for (size_t i = 0; i < digits.n; i++) {
		bool minus = digits.p[0] == '-';
		if (i > (size_t)minus && i < whole && (whole - i) % 3 == 0) buf_c(out, ',');
		buf_c(out, digits.p[i]);
	}
}

static void show_value(struct show *s, const struct expr *e, struct val v)
{
	struct arena *a = s->cx->arena;
	bool zh = s->lang == LANG_ZH;
	if (val_is_null(v)) {
		buf_add(&s->out, zh ? STR("未填") : STR("not filled in"));
		return;
	}
	switch (e->type) {
	case TYPE_MONEY:
		buf_add(&s->out, money_text(a, v.i));
		if (zh) buf_add(&s->out, s->env->region->currency.zh);
		else buf_fmt(&s->out, " %.*s", STRF(s->env->region->currency.en));
		break;
	case TYPE_DEC: grouped(&s->out, dec_format(a, v.i)); break;
	case TYPE_INT: grouped(&s->out, str_fmt(a, "%lld", (long long)v.i)); break;
	case TYPE_DATE: buf_add(&s->out, date_text(a, (int32_t)v.i)); break;
	case TYPE_TIME: buf_add(&s->out, str_sub(instant_text(a, v.i, s->env->region->zone_minutes), 0, 16)); break;
	case TYPE_BOOL: buf_add(&s->out, v.b ? (zh ? STR("是") : STR("yes")) : zh ? STR("否") : STR("no")); break;
	case TYPE_CODE: buf_add(&s->out, code_label(e->codes, val_str(v), s->lang)); break;
	case TYPE_STATE: {
		const struct state_def *state = e->ref ? type_state(e->ref, val_str(v)) : NULL;
		buf_add(&s->out, state ? label_text(&state->label, s->lang) : val_str(v));
		break;
	}
	case TYPE_TEXT: buf_fmt(&s->out, zh ? "“%.*s”" : "\"%.*s\"", STRF(val_str(v))); break;
	case TYPE_REF:
	case TYPE_FILE:
	case TYPE_NONE:
	case TYPE_NULL: buf_c(&s->out, '#'); break;
	}
}

static void name_of(struct show *s, const struct field_def *f, bool alone)
{
	bool coded = f->code.n != 0;
	if (coded) buf_add(&s->out, f->code);
	if (coded && alone) buf_c(&s->out, ' ');
	if (!coded || alone) buf_add(&s->out, label_text(&f->label, s->lang));
}

static const char *sign(enum expr_op op)
{
	switch (op) {
	case EXPR_ADD: return " + ";
	case EXPR_SUB: return " − ";
	case EXPR_MUL: return " × ";
	default: return " ÷ ";
	}
}

static int level(enum expr_op op) { return op == EXPR_ADD || op == EXPR_SUB ? 1 : op == EXPR_MUL || op == EXPR_DIV ? 2 : 3; }

/* Does not depend on what was filled in, except by a choice between fixed values. */
static bool constant(const struct expr *e)
{
	if (e->op == EXPR_CALL && e->fn == FN_IF) return constant(e->arg[1]) && constant(e->arg[2]);
	return e->op == EXPR_CONST || e->op == EXPR_MEASURE;
}

/* The formula in the words of the form. */
static void formula(struct show *s, const struct expr *e, bool alone)
{
	struct val v;
	switch (e->op) {
	case EXPR_CONST: show_value(s, e, e->val); break;
	case EXPR_FIELD:
	case EXPR_COLUMN:
		for (int i = 0; i < e->n_path; i++) {
			if (i) buf_add(&s->out, s->lang == LANG_ZH ? STR("的") : STR(" / "));
			name_of(s, e->path[i], alone && e->n_path == 1);
		}
		break;
	case EXPR_ADD:
	case EXPR_SUB:
	case EXPR_MUL:
	case EXPR_DIV:
		/* · 1.0, put there by the typing */
		if (e->op == EXPR_MUL && e->arg[1]->op == EXPR_CONST && str_eq(e->arg[0]->text, e->arg[1]->text)) {
			formula(s, e->arg[0], alone);
			break;
		}
		for (int i = 0; i < 2; i++) {
			bool brackets = level(e->arg[i]->op) < level(e->op) + (i == 1);
			if (i) buf_add(&s->out, str_c(sign(e->op)));
			if (brackets) buf_c(&s->out, '(');
			formula(s, e->arg[i], false);
			if (brackets) buf_c(&s->out, ')');
		}
		break;
	case EXPR_MEASURE:
		if (expr_eval(s->cx, e, s->env, &v) == RC_OK) show_value(s, e, v);
		break;
	case EXPR_CALL:
		if (e->fn == FN_DATE && e->arg[0]->op == EXPR_FIELD) formula(s, e->arg[0], alone);
		else if (constant(e) && expr_eval(s->cx, e, s->env, &v) == RC_OK) show_value(s, e, v);
		else buf_add(&s->out, e->text);
		break;
	default: buf_add(&s->out, e->text);
	}
}

static void side(struct show *s, const struct expr *e)
{
	struct val v;
	if (expr_eval(s->cx, e, s->env, &v) != RC_OK) return;
	if (!constant(e)) {
		formula(s, e, true);
		buf_add(&s->out, STR(" = "));
	}
	show_value(s, e, v);
}

static void show(struct show *s, const struct expr *e);

/* "own area 8,000 m² (needed: ≥ 10,000)" */
static bool needed(struct show *s, const struct expr *e)
{
	static const char *const signs[] = { [EXPR_EQ] = "=", [EXPR_NE] = "≠", [EXPR_LT] = "<", [EXPR_LE] = "≤", [EXPR_GT] = ">", [EXPR_GE] = "≥" };
	struct val v;
	bool zh = s->lang == LANG_ZH;
	if (!s->needed || e->op == EXPR_IN || !constant(e->arg[1]) || constant(e->arg[0])) return false;
	if (expr_eval(s->cx, e->arg[0], s->env, &v) != RC_OK) return false;
	if (s->parts++) buf_add(&s->out, zh ? STR("；") : STR("; "));
	formula(s, e->arg[0], true);
	buf_c(&s->out, ' ');
	show_value(s, e->arg[0], v);
	const struct field_def *f = e->arg[0]->op == EXPR_FIELD && e->arg[0]->n_path ? e->arg[0]->path[e->arg[0]->n_path - 1] : NULL;
	if (f && f->unit.zh.n && !val_is_null(v)) buf_fmt(&s->out, " %.*s", STRF(label_text(&f->unit, s->lang)));
	buf_fmt(&s->out, zh ? "（要求 %s " : " (needed: %s ", signs[e->op]);
	side(s, e->arg[1]);
	buf_add(&s->out, zh ? STR("）") : STR(")"));
	return true;
}

static void sides(struct show *s, const struct expr *e)
{
	if (needed(s, e)) return;
	if (s->parts++) buf_add(&s->out, s->lang == LANG_ZH ? STR("；") : STR("; "));
	side(s, e->arg[0]);
	if (e->op == EXPR_IN) return;
	buf_add(&s->out, s->lang == LANG_ZH ? STR("；") : STR("; "));
	side(s, e->arg[1]);
}

static void show(struct show *s, const struct expr *e)
{
	bool yes = false, judged = false;
	switch (e->op) {
	case EXPR_EQ:
	case EXPR_NE:
	case EXPR_LT:
	case EXPR_LE:
	case EXPR_GT:
	case EXPR_GE:
	case EXPR_IN: sides(s, e); break;
	case EXPR_AND:
	case EXPR_OR:
		/* Of an `and` that failed, only what does not hold. */
		for (int i = 0; i < e->n_arg; i++) {
			bool known = expr_true(s->cx, e->arg[i], s->env, &yes, &judged) == RC_OK;
			/* `kind != period or …`: where a rule does not apply is no part of what is wrong. */
			bool where = e->op == EXPR_OR && e->arg[i]->op == EXPR_NE && e->arg[i]->arg[1]->op == EXPR_CONST && i + 1 < e->n_arg;
			if (where && !s->needed) continue;
			if (e->op == EXPR_OR || s->needed || (known && !yes)) show(s, e->arg[i]);
		}
		break;
	case EXPR_NOT: show(s, e->arg[0]); break;
	default: break;
	}
}

static struct str shown(struct cx *cx, const struct expr *e, const struct expr_env *env, enum lang lang, bool needed)
{
	enum { SHOWN_MAX = 2000 };
	struct show s = { .cx = cx, .env = env, .lang = lang, .out = BUF(cx->arena, SHOWN_MAX), .needed = needed };
	show(&s, e);
	return buf_str(&s.out);
}

struct str expr_show(struct cx *cx, const struct expr *e, const struct expr_env *env, enum lang lang)
{
	return shown(cx, e, env, lang, false);
}

struct str expr_show_needed(struct cx *cx, const struct expr *e, const struct expr_env *env, enum lang lang)
{
	return shown(cx, e, env, lang, true);
}

/* Expressions as written: precedence climbing over the tokens of a statement. Names stay unresolved (`code` holds "a.b.c",
   `name` a function); expr_type.c gives them meaning. It stops at the first token that cannot go on, such as a label. */
#include <string.h>

#include "base/money.h"
#include "base/time.h"
#include "def/expr_inner.h"

struct reader { struct args *a; int depth; };

static struct expr *climb(struct reader *r, int lowest);

static struct expr *node(struct reader *r, enum expr_op op, struct where at)
{
	struct expr *e = ARENA_NEW(r->a->ld->arena, struct expr);
	e->op = op;
	e->at = at;
	return e;
}

/* The source from `from` to the last token read. */
static struct str written(const struct reader *r, int from)
{
	const struct tok *first = &r->a->t[from], *last = &r->a->t[r->a->i - 1];
	return (struct str){ first->text.p, (size_t)(last->text.p + last->text.n - first->text.p) };
}

static void add_arg(struct reader *r, struct expr *e, struct expr *arg) { APPEND(r->a->ld->arena, e->arg, e->n_arg, arg); }

static struct expr *fail_here(struct reader *r, const char *zh, const char *en)
{
	args_unexpected(r->a, zh, en);
	return NULL;
}

static bool dotted(struct reader *r, struct str *out)
{
	struct args *a = r->a;
	int from = a->i;
	struct str part;
	if (!args_any_word(a, &part, NULL, "名字", "a name")) return false;
	while (args_op(a, OP_DOT))
		if (!args_any_word(a, &part, NULL, "“.”之后的名字", "a name after “.”")) return false;
	*out = written(r, from);
	return true;
}

bool expr_is_aggregate(struct str w)
{
	static const char *const words[] = { "count", "sum", "avg", "min", "max", "len", "one" };
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (str_is(w, words[i])) return true;
	return false;
}

/* count(bid.challenge is challenge where state == opened), measure(challenge.own_ratio) */
static struct expr *over(struct reader *r, struct expr *e)
{
	if (!dotted(r, &e->code)) return NULL;
	if (e->op == EXPR_AGG && args_word(r->a, "is")) {
		int from = r->a->i;
		e->is = node(r, EXPR_FIELD, args_at(r->a));
		if (!dotted(r, &e->is->code)) return NULL;
		e->is->text = written(r, from);
	}
	if (e->op == EXPR_AGG && args_word(r->a, "where") && !(e->where = climb(r, 1))) return NULL;
	return args_need_op(r->a, OP_PAREN_END, ")") ? e : NULL;
}

static struct expr *call(struct reader *r, struct str fn, struct where at)
{
	struct expr *e = node(r, EXPR_CALL, at);
	e->name = fn;
	if (str_is(fn, "measure")) e->op = EXPR_MEASURE;
	if (expr_is_aggregate(fn)) e->op = EXPR_AGG;
	if (e->op != EXPR_CALL) return over(r, e);
	if (args_op(r->a, OP_PAREN_END)) return e;
	do {
		struct expr *arg = climb(r, 1);
		if (!arg) return NULL;
		add_arg(r, e, arg);
	} while (args_op(r->a, OP_COMMA));
	return args_need_op(r->a, OP_PAREN_END, ")") ? e : NULL;
}

static struct expr *literal(struct reader *r, struct where at)
{
	const struct tok *t = args_peek(r->a);
	struct expr *e = node(r, EXPR_CONST, at);
	if (t->kind == TOK_CODE || t->kind == TOK_SIZE) {
		e->type = TYPE_CODE;
		e->code = t->text;
		r->a->i++;
		return e;
	}
	if (t->kind == TOK_WORD && str_is(t->text, "null")) {
		e->type = TYPE_NULL;
		r->a->i++;
		return e;
	}
	e->code = t->text;      /* 140203 may turn out to be a code */
	return args_literal(r->a, &e->val, &e->type) ? e : NULL;
}

static struct expr *primary(struct reader *r)
{
	struct args *a = r->a;
	struct where at = args_at(a);
	const struct tok *t = args_peek(a);
	if (args_op(a, OP_PAREN)) {
		struct expr *e = climb(r, 1);
		return e && args_need_op(a, OP_PAREN_END, ")") ? e : NULL;
	}
	if (t->kind == TOK_WORD && !str_is(t->text, "true") && !str_is(t->text, "false") && !str_is(t->text, "null")) {
		if (str_is(t->text, "and") || str_is(t->text, "or") || str_is(t->text, "in") || str_is(t->text, "not"))
			return fail_here(r, "值", "a value");
		struct expr *e = node(r, EXPR_FIELD, at);
		if (!dotted(r, &e->code)) return NULL;
		if (args_op(a, OP_PAREN)) return call(r, e->code, at);
		return e;
	}
	if (t->kind == TOK_END || t->kind == TOK_OP) return fail_here(r, "表达式", "an expression");
	return literal(r, at);
}

static struct expr *unary(struct reader *r)
{
	int from = r->a->i;
	struct where at = args_at(r->a);
	struct expr *e, *arg;
	if (++r->depth > DEF_EXPR_DEPTH_MAX) {
		r->a->st->bad = true;
		BAD(r->a->ld, at, "def.expr_depth", "表达式嵌套过深（最多 %d 层）", "the expression is nested too deeply (at most %d levels)",
			DEF_EXPR_DEPTH_MAX);
		return NULL;
	}
	if (args_op(r->a, OP_MINUS)) {
		if (!(arg = unary(r))) return NULL;
		e = node(r, EXPR_NEG, at);
		add_arg(r, e, arg);
	} else if (!(e = primary(r))) {
		return NULL;
	}
	r->depth--;
	/* In brackets an expression keeps its own text, so that messages show what was written. */
	if (!e->text.n) e->text = written(r, from);
	return e;
}

struct infix { enum expr_op op; int level; bool negated; };

/* What stands next as an operator; level 0: nothing. or 1, and 2, not 3, comparison 4, + - 5, * / 6. */
static struct infix infix_next(const struct args *a)
{
	const struct tok *t = args_peek(a);
	static const struct { unsigned char op; unsigned char expr, level; } signs[] = {
		{ OP_EQ, EXPR_EQ, 4 }, { OP_NE, EXPR_NE, 4 }, { OP_LT, EXPR_LT, 4 }, { OP_LE, EXPR_LE, 4 }, { OP_GT, EXPR_GT, 4 },
		{ OP_GE, EXPR_GE, 4 },
		{ OP_PLUS, EXPR_ADD, 5 }, { OP_MINUS, EXPR_SUB, 5 }, { OP_TIMES, EXPR_MUL, 6 }, { OP_OVER, EXPR_DIV, 6 } };
	if (t->kind == TOK_OP)
		for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
			if (t->op == signs[i].op) return (struct infix){ (enum expr_op)signs[i].expr, signs[i].level, false };
	if (t->kind != TOK_WORD) return (struct infix){ 0 };
	if (str_is(t->text, "or")) return (struct infix){ EXPR_OR, 1, false };
	if (str_is(t->text, "and")) return (struct infix){ EXPR_AND, 2, false };
	bool negated = str_is(t->text, "not");
	int at = a->i + negated;
	if (at + 1 < a->n && a->t[at].kind == TOK_WORD && str_is(a->t[at].text, "in") && a->t[at + 1].kind == TOK_OP &&
		a->t[at + 1].op == OP_PAREN)
		return (struct infix){ EXPR_IN, 4, negated };
	return (struct infix){ 0 };
}

static struct expr *members(struct reader *r, struct expr *left, bool negated)
{
	struct expr *e = node(r, EXPR_IN, left->at);
	add_arg(r, e, left);
	r->a->i += 2 + negated;
	do {
		struct expr *item = climb(r, 5);
		if (!item) return NULL;
		add_arg(r, e, item);
	} while (args_op(r->a, OP_COMMA));
	if (!args_need_op(r->a, OP_PAREN_END, ")")) return NULL;
	if (!negated) return e;
	struct expr *no = node(r, EXPR_NOT, left->at);
	add_arg(r, no, e);
	return no;
}

static struct expr *negation(struct reader *r)
{
	struct where at = args_at(r->a);
	if (++r->depth > DEF_EXPR_DEPTH_MAX) return unary(r);
	r->a->i++;
	struct expr *arg = climb(r, 3);
	if (!arg) return NULL;
	r->depth--;
	struct expr *e = node(r, EXPR_NOT, at);
	add_arg(r, e, arg);
	return e;
}

static struct expr *climb(struct reader *r, int lowest)
{
	int from = r->a->i;
	bool not_first = args_is(r->a, "not");
	if (not_first && lowest > 3) return fail_here(r, "值（not 之前加括号）", "a value (put brackets around not)");
	struct expr *left = not_first ? negation(r) : unary(r);
	if (!left) return NULL;
	if (!left->text.n) left->text = written(r, from);
	for (;;) {
		struct infix in = infix_next(r->a);
		if (in.level == 0 || in.level < lowest) return left;
		if (in.op == EXPR_IN) {
			left = members(r, left, in.negated);
		} else {
			struct where at = args_at(r->a);
			r->a->i++;
			struct expr *right = climb(r, in.level + 1);
			if (!right) return NULL;
			/* a and b and c: one node, which keeps trees flat and messages short */
			bool joins = left->op == in.op && (in.op == EXPR_AND || in.op == EXPR_OR) && left->text.p == r->a->t[from].text.p;
			struct expr *e = joins ? left : node(r, in.op, in.level <= 2 ? left->at : at);
			if (!joins) add_arg(r, e, left);
			add_arg(r, e, right);
			left = e;
		}
		if (!left) return NULL;
		left->text = written(r, from);
		if (in.level == 4 && infix_next(r->a).level == 4) return fail_here(r, "and 或 or（比较不能连写）", "and or or (comparisons do not chain)");
	}
}

struct expr *expr_raw(struct args *a)
{
	struct reader r = { .a = a };
	if (a->n - a->i > DEF_EXPR_TOKENS_MAX) {
		a->st->bad = true;
		BAD(a->ld, args_at(a), "def.expr_long", "语句过长（最多 %d 个记号）", "the statement is too long (at most %d tokens)", DEF_EXPR_TOKENS_MAX);
		return NULL;
	}
	return climb(&r, 1);
}

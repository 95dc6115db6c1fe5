/* Named conditions: said once, used wherever a condition may stand. A use is put in the place of its words when it is typed, so that
   memory, SQL, comparisons of regions and documentation see only what it says. */
#include "def/expr_inner.h"
#include "def/kinds.h"

enum { CONDITION_PARTS_MAX = 6 };

struct condition {
	struct str name;
	struct stmt *st;
	int body;                       /* the argument of `st` that its words begin with */
	struct str word[CONDITION_PARTS_MAX];           /* the names it is about … */
	struct type_def *type[CONDITION_PARTS_MAX];     /* … and their types */
	int n;
	bool open;                      /* being put in: it must not stand within itself */
	bool looked_at, good;           /* its words have been typed by themselves, and they are right */
	struct where at;
};

static struct condition *find(const struct load *ld, struct str name)
{
	for (size_t i = 0; i < ld->conditions.n; i++)
		if (str_eq(ld->conditions.v[i]->name, name)) return ld->conditions.v[i];
	return NULL;
}

void condition_names(const struct load *ld, struct names *n)
{
	for (size_t i = 0; i < ld->conditions.n; i++) VEC_PUSH(ld->scratch, n, ld->conditions.v[i]->name);
}

static bool is_function(struct str name)
{
	for (int i = 0; i < n_fn_rows; i++)
		if (str_is(name, fn_rows[i].name)) return true;
	return str_is(name, "measure") || expr_is_aggregate(name);
}

void condition_name(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct where at = args_at(&a);
	struct condition *c = ARENA_NEW(ld->scratch, struct condition);
	(void)object;
	st->object = c;
	c->st = st;
	c->at = at;
	if (!args_name(&a, &c->name, "条件的名字", "the condition's name")) return;
	const struct condition *before = find(ld, c->name);
	if (!name_free(ld, c->name, at, before ? before->at : at, before != NULL)) return;
	if (is_function(c->name)) BAD(ld, at, "def.reserved", "“%.*s”是语言自己的词，不能作名字", "“%.*s” is a word of the language, not a name", STRF(c->name));
	else if (ld->conditions.n < DEF_TOP_MAX) VEC_PUSH(ld->scratch, &ld->conditions, c);
}

void condition_link(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct condition *c = st->object;
	struct str type;
	struct where at;
	(void)object;
	a.i = 1;
	if (!args_need_op(&a, OP_PAREN, "(")) return;
	do {
		struct where word_at = args_at(&a);
		if (c->n == CONDITION_PARTS_MAX) {
			BAD(ld, word_at, "def.too_many", "“%.*s”过多（最多 %d 个）", "too many of “%.*s” (at most %d)", STRF(c->name), CONDITION_PARTS_MAX);
			return;
		}
		if (!args_name(&a, &c->word[c->n], "名字", "a name") || !args_any_word(&a, &type, &at, "类型", "a type")) return;
		for (int i = 0; i < c->n; i++)
			if (!name_free(ld, c->word[c->n], word_at, c->at, str_eq(c->word[i], c->word[c->n]))) return;
		if (!(c->type[c->n] = need_type(ld, type, at))) return;
		c->n++;
	} while (args_op(&a, OP_COMMA));
	if (args_need_op(&a, OP_PAREN_END, ")") && args_need_op(&a, OP_EQ, "=")) c->body = a.i;
}

/* The path given for the name that `code` begins with; `code` itself where it begins with none. */
static struct str given(struct load *ld, const struct condition *c, const struct expr *call, struct str code)
{
	struct str rest = code, first;
	str_cut(&rest, '.', &first);
	for (int i = 0; i < c->n; i++) {
		if (!str_eq(c->word[i], str_trim(first))) continue;
		return rest.p ? str_fmt(ld->arena, "%.*s.%.*s", STRF(call->arg[i]->code), STRF(rest)) : call->arg[i]->code;
	}
	return code;
}

/* Names within a `where` are those of the records counted; what the condition is about stands behind `this.` there. */
static void put_in(struct load *ld, const struct condition *c, const struct expr *call, struct expr *e, bool inside)
{
	struct str rest = e->code, first;
	e->at = call->at;
	if (e->op == EXPR_FIELD && !inside) {
		e->code = given(ld, c, call, e->code);
	} else if (e->op == EXPR_FIELD && str_cut(&rest, '.', &first) && rest.p && str_is(str_trim(first), "this")) {
		struct str path = given(ld, c, call, rest);
		e->code = str_starts(path, STR("this.")) ? path : str_fmt(ld->arena, "this.%.*s", STRF(path));
	}
	for (int i = 0; i < e->n_arg; i++) put_in(ld, c, call, e->arg[i], inside);
	if (e->is) put_in(ld, c, call, e->is, inside);
	if (e->where) put_in(ld, c, call, e->where, true);
}

static bool arguments_fit(const struct scope *sc, const struct condition *c, const struct expr *call)
{
	struct load *ld = sc->ld;
	if (call->n_arg != c->n) {
		BAD(ld, call->at, "def.arguments", "“%.*s”有 %d 个参数，应为 %d 个", "“%.*s” has %d arguments instead of %d", STRF(c->name), call->n_arg, c->n);
		return false;
	}
	for (int i = 0; i < c->n; i++) {
		struct expr probe = *call->arg[i];
		const struct expr *got = expr_typed(sc, &probe, (struct want){ .type = TYPE_REF, .ref = c->type[i] });
		if (!got) return false;
		if (got->op == EXPR_FIELD || got->op == EXPR_COLUMN) continue;
		BAD(ld, call->arg[i]->at, "def.condition_path", "“%.*s”应是字段或经引用的路径", "“%.*s” should be a field, or a path through refs", STRF(clip(call->arg[i]->text)));
		return false;
	}
	return true;
}

/* Its words are typed once by themselves, over a type that has nothing but its names: a mistake is told there, not at every use. */
static bool look_at(struct load *ld, struct condition *c)
{
	struct args a = args_of(ld, c->st);
	struct type_def *t = ARENA_NEW(ld->scratch, struct type_def);
	if (c->looked_at || !c->body) return c->good;
	c->looked_at = true;
	t->name = c->name;
	for (int i = 0; i < c->n; i++) {
		struct field_def *f = ARENA_NEW(ld->scratch, struct field_def);
		*f = (struct field_def){ .name = c->word[i], .kind = FIELD_REF, .ref = c->type[i], .type = t, .index = i, .at = c->at };
		APPEND(ld->scratch, t->field, t->n_field, f);
	}
	struct scope sc = { .ld = ld, .type = t };
	a.i = c->body;
	c->open = true;
	struct expr *e = args_expr(&a, &sc, WANT_BOOL);
	c->open = false;
	if (!e || !args_end(&a)) return false;
	const struct tok *from = &a.t[1], *to = &a.t[a.n - 1];
	struct condition_def *d = ARENA_NEW(ld->arena, struct condition_def);
	*d = (struct condition_def){ c->name, { from->text.p, (size_t)(to->text.p + to->text.n - from->text.p) }, c->at };
	APPEND(ld->arena, ld->r->condition, ld->r->n_condition, d);
	return c->good = true;
}

void condition_rule(struct load *ld, struct stmt *st, void *object)
{
	(void)object;
	(void)look_at(ld, st->object);
}

struct expr *condition_use(const struct scope *sc, const struct expr *call, bool *is)
{
	struct load *ld = sc->ld;
	struct condition *c = find(ld, call->name);
	*is = c != NULL;
	if (c && c->open) BAD(ld, call->at, "def.condition_loop", "条件“%.*s”用到了自己", "the condition “%.*s” is made of itself", STRF(c->name));
	if (!c || c->open || !look_at(ld, c) || !arguments_fit(sc, c, call)) return NULL;
	struct stmt quiet = *c->st;
	struct args a = args_of(ld, &quiet);
	a.i = c->body;
	quiet.bad = true;       /* what is wrong with its words was told where they stand */
	struct expr *e = expr_raw(&a);
	if (!e) return NULL;
	put_in(ld, c, call, e, false);
	c->open = true;
	e = expr_typed(sc, e, WANT_BOOL);
	c->open = false;
	if (e) e->text = call->text;
	return e;
}

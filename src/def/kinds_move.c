/* Rights and moves: who, from where to where, under which conditions, and what else happens then. */
#include "def/kinds.h"

/* ---- paths, states, who ---- */

bool args_path(struct args *a, const struct type_def *from, struct field_def ***path, int *n)
{
	const struct type_def *t = from;
	struct field_def **out = NULL;
	int count = 0;
	do {
		struct str name;
		struct where at;
		if (!args_any_word(a, &name, &at, "字段", "a field")) return false;
		if (count && !(t = out[count - 1]->kind == FIELD_REF ? out[count - 1]->ref : NULL)) {
			a->st->bad = true;
			if (out[count - 1]->kind == FIELD_REF) return false;
			BAD(a->ld, at, "def.not_ref", "“%.*s”之前的部分不是引用", "what stands before “%.*s” is not a reference", STRF(clip(name)));
			return false;
		}
		struct field_def *f = need_field(a->ld, t, name, at, true);
		if (!f) {
			a->st->bad = true;
			return false;
		}
		APPEND(a->ld->arena, out, count, f);
	} while (args_op(a, OP_DOT));
	*path = out;
	*n = count;
	return true;
}

bool read_states(struct args *a, struct type_def *t, struct state_def ***state, int *n)
{
	do {
		struct str name;
		struct where at;
		if (!args_any_word(a, &name, &at, "状态", "a state")) return false;
		struct state_def *s = need_state(a->ld, t, name, at);
		if (!s) continue;
		for (int i = 0; i < *n; i++)
			if ((*state)[i] == s) BAD(a->ld, at, "def.state_twice", "状态“%.*s”写了两次", "the state “%.*s” stands twice", STRF(name));
		if (*n < DEF_STATES_MAX) APPEND(a->ld->arena, *state, *n, s);
	} while (args_op(a, OP_COMMA));
	return true;
}

static bool read_who(struct args *a, struct grant *g, bool notice)
{
	struct str word;
	if (!args_any_word(a, &word, &g->at, "角色、public、signed 或 system", "a role, public, signed or system")) return false;
	g->who = WHO_ROLE;
	if (str_is(word, "public")) g->who = WHO_PUBLIC;
	else if (str_is(word, "signed")) g->who = WHO_SIGNED;
	else if (str_is(word, "system")) g->who = WHO_SYSTEM;
	else if (notice && str_is(word, "author")) g->who = WHO_AUTHOR;
	else if (!(g->role = need_role(a->ld, word, g->at))) a->st->bad = true;
	return true;
}

/* TYPE.FIELD that refers to `t`. */
static bool read_back(struct args *a, struct type_def *t, struct type_def **type, struct field_def **back)
{
	struct str name;
	struct where at;
	if (!args_any_word(a, &name, &at, "类型", "a type")) return false;
	*type = need_type(a->ld, name, at);
	if (!*type) a->st->bad = true;
	if (!*type || !args_need_op(a, OP_DOT, ".")) return false;
	if (!args_any_word(a, &name, &at, "字段", "a field")) return false;
	*back = need_field(a->ld, *type, name, at, true);
	if (*back && is_ref_to(*back, t)) return true;
	a->st->bad = true;
	if (*back)
		BAD(a->ld, at, "def.back", "“%.*s.%.*s”不是对“%.*s”的引用", "“%.*s.%.*s” does not refer to “%.*s”", STRF((*type)->name), STRF(name),
			STRF(t->name));
	return false;
}

static bool path_follows(const struct args *a)
{
	const struct tok *t = args_peek(a);
	return t->kind == TOK_WORD && !args_is(a, "in") && !args_is(a, "when") && !args_is(a, "fields") && !args_is(a, "except");
}

/* What a scope's path must end in. */
static void check_scope_end(struct args *a, struct where at, const struct grant *g)
{
	if (!g->n_path) return;
	const struct field_def *last = g->path[g->n_path - 1];
	struct type_def *person = region_type(a->ld->r, STR("person")), *org = region_type(a->ld->r, STR("org"));
	bool good = g->scope == SCOPE_OWN ? is_ref_to(last, person) : g->scope == SCOPE_ORG ? is_ref_to(last, org) :
		last->kind == FIELD_CODE || last->builtin == BUILTIN_DIVISION;
	if (good) return;
	const char *const zh[] = { "", "人员（person）的引用", "单位（org）的引用", "区划代码" };
	const char *const en[] = { "", "a ref to person", "a ref to org", "a division code" };
	BAD(a->ld, at, "def.scope_path", "“%.*s”不是%s%.0s", "“%.*s” is not %.0s%s", STRF(last->name), zh[g->scope], en[g->scope]);
	a->st->bad = true;
}

static bool read_scope(struct args *a, struct type_def *t, struct grant *g)
{
	static const struct { const char *word; enum scope_kind scope; } words[] = { { "all", SCOPE_ALL }, { "own", SCOPE_OWN }, { "org",
		SCOPE_ORG },
		{ "division", SCOPE_DIVISION } };
	if (args_word(a, "via") && !read_back(a, t, &g->via, &g->via_field)) return false;
	struct where at = args_at(a);
	for (int i = 0; i < 4; i++) {
		if (!args_word(a, words[i].word)) continue;
		g->scope = words[i].scope;
		at = args_at(a);
		if (g->scope != SCOPE_ALL && path_follows(a) && !args_path(a, g->via ? g->via : t, &g->path, &g->n_path)) return false;
		check_scope_end(a, at, g);
		return true;
	}
	return true;
}

static void mark_field(struct args *a, struct type_def *t, struct grant *g, bool value)
{
	struct str name;
	struct where at;
	if (!args_any_word(a, &name, &at, "字段或表", "a field or table")) return;
	struct field_def *f = type_field(t, name);
	struct table_def *table = type_table(t, name);
	if (f) g->field[f->index] = value;
	else if (table) g->field[t->n_field + table->index] = value;
	else if (type_any_field(t, name)) BAD(a->ld, at, "def.builtin_hidden", "“%.*s”总是可见，不能列在此处",
		"“%.*s” always shows: it cannot stand here", STRF(name));
	else need_field(a->ld, t, name, at, false);
}

static void read_fields(struct args *a, struct type_def *t, struct grant *g)
{
	bool only = args_word(a, "fields");
	if (!only && !args_word(a, "except")) return;
	int n = t->n_field + t->n_table;
	g->field = ARENA_ARRAY(a->ld->arena, bool, (size_t)n + 1);
	for (int i = 0; i < n; i++) g->field[i] = !only;
	do mark_field(a, t, g, only);
	while (!a->st->bad && args_op(a, OP_COMMA));
}

bool read_grant(struct args *a, struct type_def *t, bool access, struct grant *g)
{
	if (!read_who(a, g, false) || !read_scope(a, t, g)) return false;
	if (access && args_word(a, "in") && !read_states(a, t, &g->state, &g->n_state)) return false;
	struct scope sc = { .ld = a->ld, .type = t, .viewer = g->who != WHO_PUBLIC && g->who != WHO_SYSTEM };
	if (args_word(a, "when") && !(g->when = args_expr(a, &sc, WANT_BOOL))) return false;
	if (access) read_fields(a, t, g);
	bool nobody = g->who == WHO_PUBLIC || g->who == WHO_SYSTEM;
	if (nobody && (g->scope != SCOPE_ALL || g->via)) {
		BAD(a->ld, g->at, "def.scope_nobody", "%s 没有本人、单位和区划，只能是 all", "%s has no person, organisation or division: its scope is all",
			g->who == WHO_PUBLIC ? "public" : "system");
		a->st->bad = true;
	}
	return !a->st->bad;
}

/* ---- access ---- */

void access_name(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	st->object = object;
	args_end(&a);
}

void access_grant_rule(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct type_def *t = object;
	enum access_act act = (enum access_act)st->kind->offset;
	do {
		struct grant *g = ARENA_NEW(ld->arena, struct grant);
		if (act == ACT_CREATE ? !read_who(&a, g, false) : !read_grant(&a, t, true, g)) return;
		if (g->who == WHO_SYSTEM) {
			BAD(ld, g->at, "def.system_access", "system 只用于动作", "system is for moves only");
			return;
		}
		if (t->n_grant[act] >= DEF_LIST_MAX) return;
		APPEND(ld->arena, t->grant[act], t->n_grant[act], g);
	} while (args_op(&a, OP_COMMA));
	args_end(&a);
}

/* ---- moves ---- */

void move_name(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct type_def *t = object;
	struct move_def *m = ARENA_NEW(ld->arena, struct move_def);
	*m = (struct move_def){ .type = t, .index = t->n_move, .at = st->at };
	st->object = m;
	struct where at = args_at(&a);
	if (!args_name(&a, &m->name, "动作的名字", "the move's name")) return;
	struct move_def *before = type_move(t, m->name);
	if (!name_free(ld, m->name, at, before ? before->at : at, before != NULL)) return;
	if (t->n_move >= DEF_MOVES_MAX) BAD(ld, at, "def.too_many", "“%.*s”过多（最多 %d 个）", "too many of “%.*s” (at most %d)", STRF(st->word),
		DEF_MOVES_MAX);
	else APPEND(ld->arena, t->move, t->n_move, m);
}

void move_link(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct move_def *m = st->object;
	struct str name;
	struct where at;
	a.i = 1;
	if (!args_label(&a, &m->label) || !read_states(&a, object, &m->from, &m->n_from) || !args_need_op(&a, OP_ARROW, "->")) return;
	if (!args_any_word(&a, &name, &at, "状态", "a state")) return;
	m->to = need_state(ld, object, name, at);
	args_end(&a);
}

void move_by(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct move_def *m = object;
	do {
		struct grant g = { 0 };
		if (!read_grant(&a, m->type, false, &g)) return;
		if (g.who == WHO_PUBLIC) BAD(ld, g.at, "def.public_move", "未登录者不能做动作", "nobody who is not signed in may make a move");
		if (m->n_by < DEF_ROLES_MAX) APPEND(ld->arena, m->by, m->n_by, g);
	} while (args_op(&a, OP_COMMA));
	args_end(&a);
}

void move_not_by(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct move_def *m = object;
	do {
		struct str name;
		struct where at;
		if (args_word(&a, "author")) {
			m->not_author = true;
			continue;
		}
		if (!args_any_word(&a, &name, &at, "author 或动作", "author or a move")) return;
		struct move_def *other = need_move(ld, m->type, name, at);
		if (other && m->n_not_by < DEF_MOVES_MAX) APPEND(ld->arena, m->not_by, m->n_not_by, other);
	} while (args_op(&a, OP_COMMA));
	args_end(&a);
}

static struct scope scope_of(struct load *ld, const struct move_def *m);

void move_approvals(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct move_def *m = object;
	struct scope sc = scope_of(ld, m);
	m->approvals = args_expr(&a, &sc, (struct want){ .type = TYPE_INT });
	args_end(&a);
}

static struct scope scope_of(struct load *ld, const struct move_def *m) { return (struct scope){ .ld = ld, .type = m->type,
	.viewer = true }; }

static bool visit_timeless(const struct expr *e, void *ctx)
{
	(void)ctx;
	return e->op != EXPR_CALL || (e->fn != FN_TODAY && e->fn != FN_NOW);
}

/* today() >= DAY comes true by itself; DAY > today() never does, and whoever may edit the record can see to it. */
static bool visit_waits(const struct expr *e, void *ctx)
{
	(void)ctx;
	if (e->op < EXPR_LT || e->op > EXPR_GE) return true;
	const struct expr *later = e->op == EXPR_GT || e->op == EXPR_GE ? e->arg[0] : e->arg[1];
	return expr_walk(later, visit_timeless, NULL);
}

void move_when(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct move_def *m = object;
	struct scope sc = scope_of(ld, m);
	struct guard_def g = { .at = st->at };
	g.cond = args_expr(&a, &sc, WANT_BOOL);
	g.timed = !expr_walk(g.cond, visit_waits, NULL);
	if (!g.cond || !args_label(&a, &g.why) || !args_end(&a) || m->n_guard >= DEF_LIST_MAX) return;
	APPEND(ld->arena, m->guard, m->n_guard, g);
}

void move_ask(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct move_def *m = object;
	do {
		struct str name;
		struct where at;
		if (!args_any_word(&a, &name, &at, "字段", "a field")) return;
		struct field_def *f = need_field(ld, m->type, name, at, false);
		int n = m->n_ask;
		bool required = args_word(&a, "required");
		if (f && f->compute) BAD(ld, at, "def.set_computed", "“%.*s”是算出来的，不能写入", "“%.*s” is worked out: it cannot be set", STRF(name));
		if (!f || n >= DEF_FIELDS_MAX) continue;
		for (int i = 0; i < n; i++)
			if (m->ask[i] == f) BAD(ld, at, "def.ask_twice", "字段“%.*s”问了两次", "the field “%.*s” is asked for twice", STRF(name));
		APPEND(ld->arena, m->ask, m->n_ask, f);
		APPEND(ld->arena, m->ask_required, n, required);
	} while (args_op(&a, OP_COMMA));
	args_end(&a);
}

static void add_action(struct load *ld, struct move_def *m, const struct action_def *x)
{
	if (m->n_action < DEF_LIST_MAX) APPEND(ld->arena, m->action, m->n_action, *x);
}

/* A field that a declaration may write. */
static struct field_def *settable(struct load *ld, struct type_def *t, struct str name, struct where at, bool owner_too)
{
	bool owner = owner_too && (str_is(name, "org") || str_is(name, "author") || str_is(name, "division"));
	struct field_def *f = need_field(ld, t, name, at, owner);
	if (!f || !f->compute) return f;
	BAD(ld, at, "def.set_computed", "“%.*s”是算出来的，不能写入", "“%.*s” is worked out: it cannot be set", STRF(name));
	return NULL;
}

/* `when CONDITION` at the end of an action, if it is there. False after an error. */
static bool action_when(struct args *a, struct move_def *m, struct expr **when)
{
	struct scope sc = scope_of(a->ld, m);
	return !args_word(a, "when") || (*when = args_expr(a, &sc, WANT_BOOL)) != NULL;
}

/* The refs of a path, which an action follows to another record: nothing worked out on the way, for they are read from rows. */
static bool all_refs(struct args *a, struct where at, struct field_def *const *path, int n)
{
	for (int i = 0; i < n; i++) {
		if (path[i]->kind == FIELD_REF && !path[i]->compute) continue;
		a->st->bad = true;
		BAD(a->ld, at, "def.not_stored_ref", "“%.*s”不是填写的引用", "“%.*s” is not a ref that is filled in", STRF(path[i]->name));
		return false;
	}
	return true;
}

/* [REF.…]TABLE, if that is what stands next; else nothing is taken. */
static bool table_path(struct args *a, const struct type_def *t, struct field_def ***path, int *n, struct table_def **table)
{
	struct field_def **out = NULL;
	int count = 0, i = a->i;
	for (; t && i < a->n && a->t[i].kind == TOK_WORD; i += 2) {
		bool more = i + 1 < a->n && a->t[i + 1].kind == TOK_OP && a->t[i + 1].op == OP_DOT;
		if (!more) {
			if (type_any_field(t, a->t[i].text) || !(*table = type_table(t, a->t[i].text))) return false;
			a->i = i + 1;
			*path = out;
			*n = count;
			return true;
		}
		struct field_def *f = type_any_field(t, a->t[i].text);
		if (!f || f->kind != FIELD_REF) return false;
		APPEND(a->ld->arena, out, count, f);
		t = f->ref;
	}
	return false;
}

static void same_columns(struct load *ld, struct where at, const struct table_def *to, const struct table_def *from);

/* set [REF.…]TABLE = [REF.…]TABLE: all its rows are replaced. */
static void set_table(struct args *a, struct move_def *m, struct action_def *x)
{
	struct where at = args_at(a);
	if (x->set.table->criteria) {
		BAD(a->ld, x->at, "def.set_criteria", "“%.*s”的各行由系统列出，不能写入", "the rows of “%.*s” come by themselves: they cannot be set", STRF(x->set.table->name));
		return;
	}
	if (!args_need_op(a, OP_EQ, "=")) return;
	if (!table_path(a, m->type, &x->set.from_path, &x->set.n_from_path, &x->set.from)) {
		args_unexpected(a, "表", "a table");
		return;
	}
	same_columns(a->ld, at, x->set.table, x->set.from);
	struct scope sc = scope_of(a->ld, m);
	sc.row = x->set.from;
	if (args_word(a, "where") && !(x->set.where = args_expr(a, &sc, WANT_BOOL))) return;
	if (all_refs(a, at, x->set.from_path, x->set.n_from_path) && action_when(a, m, &x->when) && args_end(a)) add_action(a->ld, m, x);
}

void move_set(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct move_def *m = object;
	struct scope sc = scope_of(ld, m);
	struct action_def x = { .kind = DO_SET, .at = st->at };
	struct where at = args_at(&a);
	if (table_path(&a, m->type, &x.path, &x.n_path, &x.set.table)) {
		if (all_refs(&a, at, x.path, x.n_path)) set_table(&a, m, &x);
		return;
	}
	if (!args_path(&a, m->type, &x.path, &x.n_path) || !all_refs(&a, at, x.path, --x.n_path)) return;
	struct field_def *last = x.path[x.n_path];
	struct field_def *f = settable(ld, last->type, last->name, at, false);
	if (!f || !args_need_op(&a, OP_EQ, "=")) return;
	struct expr *value = args_expr(&a, &sc, want_field(f));
	if (!value || !action_when(&a, m, &x.when) || !args_end(&a)) return;
	x.set = (struct action_set){ .field = f, .value = value };
	add_action(ld, m, &x);
}

/* TYPE.FIELD that refers here, rather than a ref of this type. */
static bool names_back(const struct args *a, const struct type_def *t)
{
	const struct tok *x = a->t + a->i;
	struct type_def *type = region_type(a->ld->r, x->text);
	if (!type || a->n - a->i < 3 || x[1].kind != TOK_OP || x[1].op != OP_DOT) return type && !type_any_field(t, x->text);
	const struct field_def *f = type_any_field(type, x[2].text);
	return !type_any_field(t, x->text) || (f && is_ref_to(f, t));
}

void move_move(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct move_def *m = object;
	struct action_def x = { .kind = DO_MOVE, .type = m->type, .at = st->at };
	struct str name;
	struct where at = args_at(&a);
	if (!args_word(&a, "this") && a.n > 0 && !names_back(&a, m->type)) {
		if (!args_path(&a, m->type, &x.path, &x.n_path) || !all_refs(&a, at, x.path, x.n_path)) return;
		x.type = x.path[x.n_path - 1]->ref;
		if (!x.type) return;
	} else if (x.n_path == 0 && a.i == 0) {
		if (!read_back(&a, m->type, &x.type, &x.back)) return;
		if (args_word(&a, "in") && !read_states(&a, x.type, &x.state, &x.n_state)) return;
	}
	if (!args_word(&a, "by")) {
		args_unexpected(&a, "by", "by");
		return;
	}
	if (!args_any_word(&a, &name, &at, "动作", "a move")) return;
	x.move = need_move(ld, x.type, name, at);
	if (!x.move || !action_when(&a, m, &x.when) || !args_end(&a)) return;
	add_action(ld, m, &x);
}

void move_notify(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct move_def *m = object;
	struct grant *g = ARENA_NEW(ld->arena, struct grant);
	struct str name;
	struct where at;
	struct action_def x = { .kind = DO_NOTIFY, .owner = g, .at = st->at };
	int all = a.n, when = 0;
	while (when < a.n && !(a.t[when].kind == TOK_WORD && str_is(a.t[when].text, "when"))) when++;
	if (when < 2) {
		a.i = when;
		args_unexpected(&a, "对象和通知模板", "whom and which mail");
		return;
	}
	a.n = when - 1; /* the last word before `when` is the mail: a path never swallows it */
	if (!read_who(&a, g, true) || !read_scope(&a, m->type, g)) return;
	a.n = all;
	if (!args_any_word(&a, &name, &at, "通知模板", "a mail") || !action_when(&a, m, &x.when) || !args_end(&a)) return;
	if (g->who == WHO_PUBLIC || g->who == WHO_SYSTEM || g->who == WHO_SIGNED)
		BAD(ld, g->at, "def.notify_who", "通知须发给角色或 author", "a notice goes to a role or to author");
	if ((x.mail = need_mail(ld, name, at))) add_action(ld, m, &x);
}

/* ---- create ---- */

void move_create_name(struct load *ld, struct stmt *st, void *object)
{
	/* Actions stand in one array that still grows: this one is made apart, and copied in by move_create. */
	struct action_def *x = ARENA_NEW(ld->arena, struct action_def);
	*x = (struct action_def){ .kind = DO_CREATE, .at = st->at };
	st->object = x;
}

/* Neither a table of this type nor a type. */
static bool no_source(struct args *a, const struct type_def *t, const struct tok *first, struct where at)
{
	struct load *ld = a->ld;
	struct names n = { 0 };
	if (first->kind != TOK_WORD || region_type(ld->r, first->text)) return false;
	for (int i = 0; i < t->n_table; i++) VEC_PUSH(ld->scratch, &n, t->table[i]->name);
	for (int i = 0; i < ld->r->n_type; i++) VEC_PUSH(ld->scratch, &n, ld->r->type[i]->name);
	BAD(ld, at, "def.unknown_over", "“%.*s”不是本类型的表，也不是类型", "“%.*s” is neither a table of this type nor a type", STRF(clip(first->text)));
	hint_nearest(ld, first->text, &n);
	return true;
}

static bool read_each(struct args *a, struct type_def *t, struct action_def *x)
{
	enum { EACH_MAX = 4 };
	struct action_each e = { 0 };
	struct where at = args_at(a);
	const struct tok *first = args_peek(a);
	if (first->kind == TOK_WORD && (e.table = type_table(t, first->text))) a->i++;
	else if (no_source(a, t, first, at)) return false;
	else if (!read_back(a, t, &e.over, &e.back)) return false;
	else if (args_word(a, "in") && !read_states(a, e.over, &e.state, &e.n_state)) return false;
	if (!args_word(a, "as")) {
		args_unexpected(a, "as", "as");
		return false;
	}
	if (!args_name(a, &e.as, "名字", "a name")) return false;
	for (int i = 0; i < x->n_each; i++)
		if (!name_free(a->ld, e.as, at, x->at, str_eq(x->each[i].as, e.as))) return false;
	if (x->n_each == EACH_MAX) {
		BAD(a->ld, at, "def.too_many", "“%.*s”过多（最多 %d 个）", "too many of “%.*s” (at most %d)", STRF(STR("each")), EACH_MAX);
		return false;
	}
	APPEND(a->ld->arena, x->each, x->n_each, e);
	return true;
}

void move_create(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st), tail = args_tail(ld, st);
	struct move_def *m = object;
	struct action_def *x = st->object;
	struct str name;
	struct where at;
	if (!args_any_word(&a, &name, &at, "类型", "a type")) return;
	x->type = need_type(ld, name, at);
	while (args_word(&a, "each"))
		if (!read_each(&a, m->type, x)) return;
	if (!action_when(&a, m, &x->when) || !args_end(&a) || !x->type) return;
	if (args_word(&tail, "in")) {
		if (!args_any_word(&tail, &name, &at, "状态", "a state")) return;
		x->into = need_state(ld, x->type, name, at);
	}
	args_end(&tail);
	/* The values fill x before it is copied; the walk must not read them again. */
	walk(ld, PASS_RULE, st->child, x);
	st->child = NULL;
	add_action(ld, m, x);
}

static const struct action_each *find_each(const struct action_def *x, struct str name)
{
	for (int i = 0; i < x->n_each; i++)
		if (str_eq(x->each[i].as, name)) return &x->each[i];
	return NULL;
}

static bool same_kind(const struct field_def *to, const struct field_def *from)
{
	return kind_type(to->kind) == kind_type(from->kind) && (to->codes == from->codes || to->kind != FIELD_CODE) && (to->ref == from->ref ||
		to->kind != FIELD_REF);
}

static void unlike(struct load *ld, struct where at, struct str to, struct str from)
{
	BAD(ld, at, "def.copy", "“%.*s”与“%.*s”种类不同，不能照抄", "“%.*s” and “%.*s” are of different kinds: no copying", STRF(to), STRF(from));
}

/* p.expert, b, this: what an each or the record itself gives. False: it is an expression. */
static bool copied(struct args *a, struct type_def *t, struct action_def *x, struct create_value *v)
{
	struct load *ld = a->ld;
	const struct tok *first = args_peek(a);
	struct where at = args_at(a);
	if (first->kind != TOK_WORD || a->n - a->i > 3) return false;
	const struct action_each *e = find_each(x, first->text);
	bool whole = a->n - a->i == 1;
	if (whole && (str_is(first->text, "this") || (e && e->over))) {
		struct type_def *source = e ? e->over : t;
		v->source = e ? e->as : STR("");
		if (!is_ref_to(v->field, source))
			BAD(ld, at, "def.copy_ref", "“%.*s”不是对“%.*s”的引用", "“%.*s” does not refer to “%.*s”", STRF(v->field->name), STRF(source->name));
		a->i++;
		return true;
	}
	if (!e || a->n - a->i != 3) return false;
	a->i++;
	v->source = e->as;
	struct str name;
	if (!args_need_op(a, OP_DOT, ".") || !args_any_word(a, &name, &at, "字段", "a field")) return true;
	v->from = e->table ? table_column(e->table, name) : type_any_field(e->over, name);
	if (!v->from && e->over) need_field(ld, e->over, name, at, true);
	else if (!v->from) BAD(ld, at, "def.unknown_column", "表“%.*s”没有列“%.*s”", "table “%.*s” has no column “%.*s”", STRF(e->table->name),
		STRF(clip(name)));
	else if (!same_kind(v->field, v->from)) unlike(ld, at, v->field->name, v->from->name);
	return true;
}

static void same_columns(struct load *ld, struct where at, const struct table_def *to, const struct table_def *from)
{
	int same = 0;
	for (int i = 0; i < to->n_column; i++) {
		struct field_def *x = to->column[i], *y = table_column(from, x->name);
		if (!y) continue;
		same++;
		if (!same_kind(x, y)) unlike(ld, at, x->name, y->name);
	}
	if (!same) BAD(ld, at, "def.copy_table", "两个表没有同名的列", "the two tables share no column");
}

static void copy_table(struct args *a, struct type_def *t, struct action_def *x, struct create_value *v)
{
	struct str name;
	struct where at;
	if (!args_any_word(a, &name, &at, "表", "a table")) return;
	const struct action_each *e = find_each(x, name);
	if (e && e->over) {
		v->source = e->as;
		t = e->over;
		if (!args_need_op(a, OP_DOT, ".") || !args_any_word(a, &name, &at, "表", "a table")) return;
	}
	v->table_from = type_table(t, name);
	if (!v->table_from) {
		BAD(a->ld, at, "def.unknown", "没有%s%.0s“%.*s”", "there is no %.0s%s “%.*s”", "表", "table", STRF(clip(name)));
		return;
	}
	same_columns(a->ld, at, v->table_to, v->table_from);
}

void move_value(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct action_def *x = object;
	struct move_def *m = st->up->up->object;
	struct create_value v = { 0 };
	if (!x->type) return;
	v.table_to = type_table(x->type, st->word);
	if (!v.table_to && !(v.field = settable(ld, x->type, st->word, st->at, true))) return;
	for (int i = 0; i < x->n_value; i++)
		if ((v.field && x->value[i].field == v.field) || (v.table_to && x->value[i].table_to == v.table_to))
			BAD(ld, st->at, "def.set_twice", "“%.*s”写入了两次", "“%.*s” is set twice", STRF(st->word));
	if (!args_need_op(&a, OP_EQ, "=")) return;
	struct scope sc = scope_of(ld, m);
	if (v.table_to) copy_table(&a, m->type, x, &v);
	else if (!copied(&a, m->type, x, &v)) v.value = args_expr(&a, &sc, want_field(v.field));
	if (args_end(&a) && x->n_value < DEF_FIELDS_MAX) APPEND(ld->arena, x->value, x->n_value, v);
}

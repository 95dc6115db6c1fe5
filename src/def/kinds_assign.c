/* Assignments: which persons get which items of a round. */
#include "def/kinds.h"

#include "def/assignment.h"

struct assignment_def *region_assignment(const struct region *r, struct str name)
{
	for (int i = 0; i < r->n_assignment; i++)
		if (str_eq(r->assignment[i]->name, name)) return r->assignment[i];
	return NULL;
}

static bool too_many(struct load *ld, struct stmt *st, int n, int most)
{
	if (n < most) return false;
	BAD(ld, st->at, "def.too_many", "“%.*s”过多（最多 %d 个）", "too many of “%.*s” (at most %d)", STRF(st->word), most);
	return true;
}

void assignment_name(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct assignment_def *d = ARENA_NEW(ld->arena, struct assignment_def);
	*d = (struct assignment_def){ .candidates = ASSIGNMENT_CANDIDATES, .at = st->at };
	(void)object;
	struct where at = args_at(&a);
	if (!args_name(&a, &d->name, "指派的名字", "the assignment's name")) return;
	struct assignment_def *before = region_assignment(ld->r, d->name);
	if (!name_free(ld, d->name, at, before ? before->at : at, before != NULL)) return;
	if (ld->r->n_assignment < DEF_TOP_MAX) APPEND(ld->arena, ld->r->assignment, ld->r->n_assignment, d);
	if (args_label(&a, &d->label) && args_end(&a)) st->object = d;
}

/* ---- round, item, person: types first, so that expressions anywhere can name the assignment ---- */

static struct type_def *first_type(struct load *ld, struct stmt *st)
{
	struct args a = args_of(ld, st);
	struct str name;
	struct where at;
	return args_any_word(&a, &name, &at, "类型", "a type") ? need_type(ld, name, at) : NULL;
}

void assignment_round(struct load *ld, struct stmt *st, void *object) { ((struct assignment_def *)object)->round = first_type(ld, st); }
void assignment_item(struct load *ld, struct stmt *st, void *object) { ((struct assignment_def *)object)->item = first_type(ld, st); }
void assignment_person(struct load *ld, struct stmt *st, void *object) { ((struct assignment_def *)object)->person = first_type(ld, st); }

void assignment_round_rule(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct assignment_def *d = object;
	a.i = 1;
	if (!d->round) return;
	if (args_word(&a, "in") && !read_states(&a, d->round, &d->open, &d->n_open)) return;
	args_end(&a);
}

static bool read_where(struct args *a, struct type_def *t, struct table_def *row, struct expr **where)
{
	struct scope sc = { .ld = a->ld, .type = t, .row = row };
	return !args_word(a, "where") || (*where = args_expr(a, &sc, WANT_BOOL)) != NULL;
}

void assignment_item_rule(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct assignment_def *d = object;
	a.i = 1;
	if (!d->round || !d->item) return;
	struct where at = args_at(&a);
	if (!args_word(&a, "of")) {
		args_unexpected(&a, "of 字段", "of FIELD");
		return;
	}
	at = args_at(&a);
	if (!args_path(&a, d->item, &d->item_path, &d->n_item_path)) return;
	if (args_word(&a, "is") && !args_path(&a, d->round, &d->round_path, &d->n_round_path)) return;
	const struct field_def *left = d->item_path[d->n_item_path - 1];
	const struct type_def *to = d->n_round_path ? d->round_path[d->n_round_path - 1]->ref : d->round;
	if (left->kind != FIELD_REF || left->ref != to)
		BAD(ld, at, "def.assignment_item", "“%.*s”与轮次所给的不是同一类型的引用", "“%.*s” does not refer to what the round gives", STRF(left->name));
	if (read_where(&a, d->item, NULL, &d->item_where)) args_end(&a);
}

void assignment_person_rule(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct assignment_def *d = object;
	a.i = 1;
	if (d->person && read_where(&a, d->person, NULL, &d->person_where)) args_end(&a);
}

/* ---- what is made ---- */

void assignment_makes(struct load *ld, struct stmt *st, void *object)
{
	struct assignment_def *d = object;
	d->makes = first_type(ld, st);
	st->object = d;
}

void assignment_makes_rule(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct assignment_def *d = object;
	struct str name;
	struct where at;
	a.i = 1;
	if (!d->makes) return;
	if (args_word(&a, "in")) {
		if (!args_any_word(&a, &name, &at, "状态", "a state")) return;
		d->into = need_state(ld, d->makes, name, at);
	}
	args_end(&a);
}

static bool same_value(const struct field_def *x, const struct field_def *y)
{
	return kind_type(x->kind) == kind_type(y->kind) && (x->kind != FIELD_CODE || x->codes == y->codes) && (x->kind != FIELD_REF || x->ref == y->ref);
}

/* FIELD = round | item | person, with a path behind. */
void assignment_value(struct load *ld, struct stmt *st, void *object)
{
	static const char *const words[] = { "round", "item", "person" };
	struct args a = args_of(ld, st);
	struct assignment_def *d = object;
	if (!d->makes || !d->round || !d->item || !d->person) return;
	struct type_def *const types[] = { d->round, d->item, d->person };
	struct made_value v = { .field = need_field(ld, d->makes, st->word, st->at, false) };
	if (!v.field || !args_need_op(&a, OP_EQ, "=")) return;
	struct where at = args_at(&a);
	int k = 0;
	while (k < 3 && !args_word(&a, words[k])) k++;
	if (k == 3) {
		args_unexpected(&a, "round、item 或 person", "round, item or person");
		return;
	}
	v.from = (enum made_from)k;
	if (args_op(&a, OP_DOT) && !args_path(&a, types[k], &v.path, &v.n_path)) return;
	bool good = v.n_path ? same_value(v.field, v.path[v.n_path - 1]) : is_ref_to(v.field, types[k]);
	if (!good || v.field->compute) {
		BAD(ld, at, "def.assignment_value", "“%.*s”不能取这里的值", "“%.*s” cannot take this value", STRF(v.field->name));
		return;
	}
	if (!args_end(&a) || too_many(ld, st, d->n_value, DEF_FIELDS_MAX)) return;
	APPEND(ld->arena, d->value, d->n_value, v);
	struct field_def **main[] = { &d->made_round, &d->made_item, &d->made_person };
	if (!v.n_path) *main[k] = v.field;
}

void assignment_vacant(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct assignment_def *d = object;
	if (d->makes && read_states(&a, d->makes, &d->vacant, &d->n_vacant)) args_end(&a);
}

/* ---- needs and loads ---- */

static struct expr *whole_number(struct args *a, struct type_def *t)
{
	struct scope sc = { .ld = a->ld, .type = t };
	return args_expr(a, &sc, (struct want){ .type = TYPE_INT });
}

void assignment_need(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct assignment_def *d = object;
	if (d->item && (d->need = whole_number(&a, d->item))) args_end(&a);
}

void assignment_load(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct assignment_def *d = object;
	if (!d->person || !(d->most = whole_number(&a, d->person))) return;
	if (args_word(&a, "to")) {
		d->least = d->most;
		if (!(d->most = whole_number(&a, d->person))) return;
	}
	args_end(&a);
}

/* ---- matches ---- */

static void match_new(struct load *ld, struct stmt *st, struct assignment_def *d, bool conflict)
{
	static const struct { const char *word; enum match_how how; } hows[] = { { "codes", MATCH_CODES }, { "words", MATCH_WORDS } };
	struct args a = args_of(ld, st);
	struct match_def *m = ARENA_NEW(ld->arena, struct match_def);
	*m = (struct match_def){ .conflict = conflict, .at = st->at };
	struct where at = args_at(&a);
	int64_t weight = 0;
	if (!args_name(&a, &m->name, "名字", "a name")) return;
	for (int i = 0; i < d->n_match; i++)
		if (!name_free(ld, m->name, at, d->match[i]->at, str_eq(d->match[i]->name, m->name))) return;
	if (!args_label(&a, &m->label)) return;
	if (!conflict) {
		if (!args_word(&a, "weight")) {
			args_unexpected(&a, "weight", "weight");
			return;
		}
		if (!args_int(&a, -1000, 1000, &weight)) return;
		for (int k = 0; k < 2; k++)
			if (args_word(&a, hows[k].word)) m->how = hows[k].how;
	}
	m->weight = (int)weight;
	if (!args_end(&a) || too_many(ld, st, d->n_match, ASSIGNMENT_MATCHES)) return;
	APPEND(ld->arena, d->match, d->n_match, m);
	if (conflict) d->n_conflict++;
	else d->n_affinity++;
	st->object = m;
}

void assignment_conflict(struct load *ld, struct stmt *st, void *object) { match_new(ld, st, object, true); }
void assignment_affinity(struct load *ld, struct stmt *st, void *object) { match_new(ld, st, object, false); }

/* A path, or TABLE.COLUMN and on; nothing for `this`. */
static bool key_path(struct args *a, struct type_def *from, struct key_def *k)
{
	if (args_word(a, "this")) return true;
	const struct tok *t = args_peek(a);
	struct table_def *table = t->kind == TOK_WORD && !type_any_field(from, t->text) ? type_table(from, t->text) : NULL;
	if (!table) return args_path(a, from, &k->path, &k->n_path);
	struct str name;
	struct where at;
	a->i++;
	k->table = table;
	if (!args_need_op(a, OP_DOT, ".") || !args_any_word(a, &name, &at, "列", "a column")) return false;
	struct field_def *column = need_column(a->ld, table, name, at), **rest = NULL;
	int n = 0;
	if (!column) return false;
	APPEND(a->ld->arena, k->path, k->n_path, column);
	if (!args_op(a, OP_DOT)) return true;
	if (column->kind != FIELD_REF || !column->ref) {
		BAD(a->ld, at, "def.not_ref", "“%.*s”之前的部分不是引用", "what stands before “%.*s” is not a reference", STRF(args_peek(a)->text));
		return false;
	}
	if (!args_path(a, column->ref, &rest, &n)) return false;
	for (int i = 0; i < n; i++) APPEND(a->ld->arena, k->path, k->n_path, rest[i]);
	return true;
}

/* TYPE.FIELD or TYPE.TABLE.FIELD that refers to `to`. The tokens stand behind the path, but say what the path starts from. */
static bool key_over(struct args *a, struct type_def *to, struct key_def *k)
{
	struct str name;
	struct where at;
	struct table_def *table = NULL;
	if (!args_any_word(a, &name, &at, "类型", "a type") || !(k->over = need_type(a->ld, name, at)) || !args_need_op(a, OP_DOT, ".")) return false;
	if (!args_any_word(a, &name, &at, "字段", "a field")) return false;
	if (!type_any_field(k->over, name) && (table = type_table(k->over, name))) {
		if (!args_need_op(a, OP_DOT, ".") || !args_any_word(a, &name, &at, "列", "a column")) return false;
		k->back = need_column(a->ld, table, name, at);
	} else {
		k->back = need_field(a->ld, k->over, name, at, true);
	}
	if (k->back && is_ref_to(k->back, to) && !k->back->compute) return true;
	if (k->back) BAD(a->ld, at, "def.back", "“%.*s.%.*s”不是对“%.*s”的引用", "“%.*s.%.*s” does not refer to “%.*s”", STRF(k->over->name), STRF(name), STRF(to->name));
	return false;
}

/* Where `of` stands among the arguments, before any `where`; the end when there is none. */
static int find_of(const struct args *a)
{
	for (int i = a->i; i < a->n && !(a->t[i].kind == TOK_WORD && str_is(a->t[i].text, "where")); i++)
		if (a->t[i].kind == TOK_WORD && str_is(a->t[i].text, "of")) return i;
	return a->n;
}

static struct key_def *key_read(struct load *ld, struct stmt *st, struct type_def *to)
{
	struct args a = args_of(ld, st), over = a;
	struct key_def *k = ARENA_NEW(ld->arena, struct key_def);
	*k = (struct key_def){ .at = st->at };
	over.i = find_of(&a) + 1;
	bool from_others = over.i <= a.n;
	if (from_others && !key_over(&over, to, k)) {
		st->bad = true;
		return NULL;
	}
	if (!key_path(&a, k->over ? k->over : to, k)) {
		st->bad = true;
		return NULL;
	}
	if (from_others) {
		if (!args_word(&a, "of")) {
			args_unexpected(&a, "of", "of");
			return NULL;
		}
		a.i = over.i;
	}
	if (!read_where(&a, k->over ? k->over : to, k->table, &k->where) || !args_end(&a)) return NULL;
	return k;
}

static struct assignment_def *around(struct stmt *st) { return st->up->up->object; }

void match_item(struct load *ld, struct stmt *st, void *object)
{
	struct match_def *m = object;
	struct type_def *t = around(st)->item;
	struct key_def *k = t ? key_read(ld, st, t) : NULL;
	if (k && !too_many(ld, st, m->n_item, ASSIGNMENT_KEYS)) APPEND(ld->arena, m->item, m->n_item, *k);
}

void match_person(struct load *ld, struct stmt *st, void *object)
{
	struct match_def *m = object;
	struct type_def *t = around(st)->person;
	struct key_def *k = t ? key_read(ld, st, t) : NULL;
	if (k && !too_many(ld, st, m->n_person, ASSIGNMENT_KEYS)) APPEND(ld->arena, m->person, m->n_person, *k);
}

/* ---- rules ---- */

static void rule_add(struct load *ld, struct stmt *st, struct assignment_def *d, struct assignment_rule r)
{
	if (too_many(ld, st, d->n_rule, ASSIGNMENT_RULES)) return;
	r.at = st->at;
	APPEND(ld->arena, d->rule, d->n_rule, r);
}

/* one PATH */
void assignment_one(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct assignment_def *d = object;
	struct assignment_rule r = { .kind = RULE_ONE, .n = 1 };
	if (!d->person || !args_path(&a, d->person, &r.person, &r.n_person)) return;
	r.label = r.person[r.n_person - 1]->label;
	if (args_label_maybe(&a, &r.label) && args_end(&a)) rule_add(ld, st, d, r);
}

static void quota(struct load *ld, struct stmt *st, struct assignment_def *d, enum assignment_rule_kind kind)
{
	struct args a = args_of(ld, st);
	struct assignment_rule r = { .kind = kind };
	int64_t n;
	if (!d->person || !d->item || !args_int(&a, 0, 64, &n) || !args_label(&a, &r.label)) return;
	r.n = (int)n;
	if (args_word(&a, "same")) {
		struct where at = args_at(&a);
		if (!args_path(&a, d->item, &r.item, &r.n_item)) return;
		if (!args_word(&a, "as")) {
			args_unexpected(&a, "as", "as");
			return;
		}
		if (!args_path(&a, d->person, &r.person, &r.n_person)) return;
		if (!same_value(r.item[r.n_item - 1], r.person[r.n_person - 1]))
			BAD(ld, at, "def.assignment_keys", "两边的值种类不同，无法比较", "the two sides are of different kinds and never meet");
	} else if (!args_is(&a, "where")) {
		args_unexpected(&a, "where 或 same", "where or same");
		return;
	} else if (!read_where(&a, d->person, NULL, &r.where)) {
		return;
	}
	if (args_end(&a)) rule_add(ld, st, d, r);
}

void assignment_least(struct load *ld, struct stmt *st, void *object) { quota(ld, st, object, RULE_LEAST); }
void assignment_most(struct load *ld, struct stmt *st, void *object) { quota(ld, st, object, RULE_MOST); }

static void by_item_path(struct load *ld, struct stmt *st, struct assignment_def *d, enum assignment_rule_kind kind, int low, int high)
{
	struct args a = args_of(ld, st);
	struct assignment_rule r = { .kind = kind };
	int64_t n;
	if (!d->item || !args_int(&a, low, high, &n)) return;
	struct where at = args_at(&a);
	if (!args_path(&a, d->item, &r.item, &r.n_item)) return;
	r.n = (int)n;
	r.label = r.item[r.n_item - 1]->label;
	if (kind == RULE_RING && d->person && !is_ref_to(r.item[r.n_item - 1], d->person))
		BAD(ld, at, "def.assignment_ring", "“%.*s”不是对“%.*s”的引用", "“%.*s” does not refer to “%.*s”", STRF(r.item[r.n_item - 1]->name), STRF(d->person->name));
	if (args_label_maybe(&a, &r.label) && args_end(&a)) rule_add(ld, st, d, r);
}

void assignment_cap(struct load *ld, struct stmt *st, void *object) { by_item_path(ld, st, object, RULE_CAP, 1, 1000); }
void assignment_ring(struct load *ld, struct stmt *st, void *object) { by_item_path(ld, st, object, RULE_RING, 2, 3); }

void assignment_rest(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct assignment_def *d = object;
	int64_t n;
	if (!d->round || !args_int(&a, 1, 20, &n) || !args_label(&a, &d->rest_words) || !read_where(&a, d->round, NULL, &d->rest_where) || !args_end(&a)) return;
	d->rest = (int)n;
}

void assignment_candidates(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	int64_t n;
	if (args_int(&a, 1, 1000, &n) && args_end(&a)) ((struct assignment_def *)object)->candidates = (int)n;
}

void assignment_draw(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct assignment_def *d = object;
	int64_t n = 0;
	if (a.n && !args_int(&a, 0, 1000, &n)) return;
	d->draw = true;
	d->tolerance = (int)n;
	args_end(&a);
}

void assignment_aim(struct load *ld, struct stmt *st, void *object)
{
	static const char *const words[] = { "total", "fair", "fair_total" };
	struct args a = args_of(ld, st);
	for (int k = 0; k < 3; k++) {
		if (!args_word(&a, words[k])) continue;
		((struct assignment_def *)object)->aim = (enum assignment_aim)k;
		args_end(&a);
		return;
	}
	args_unexpected(&a, "total、fair 或 fair_total", "total, fair or fair_total");
}

/* ---- who, and what then ---- */

static void grant(struct load *ld, struct stmt *st, struct assignment_def *d, struct grant **list, int *n)
{
	struct args a = args_of(ld, st);
	struct grant g = { .at = st->at };
	if (!d->round || !read_grant(&a, d->round, false, &g) || !args_end(&a)) return;
	if (g.who != WHO_ROLE) BAD(ld, g.at, "def.assignment_who", "这里须写角色", "a role is needed here");
	else if (*n < DEF_LIST_MAX) APPEND(ld->arena, *list, *n, g);
}

void assignment_by(struct load *ld, struct stmt *st, void *object)
{
	struct assignment_def *d = object;
	grant(ld, st, d, &d->by, &d->n_by);
}

void assignment_publish(struct load *ld, struct stmt *st, void *object)
{
	struct assignment_def *d = object;
	grant(ld, st, d, &d->publish, &d->n_publish);
}

void assignment_then(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct assignment_def *d = object;
	struct move_def **const move[] = { &d->proposed, &d->published };
	struct str name;
	struct where at;
	for (int i = 0; i < 2 && d->round; i++) {
		if (i && !args_need_op(&a, OP_COMMA, ",")) return;
		if (!args_any_word(&a, &name, &at, "动作", "a move")) return;
		*move[i] = need_move(ld, d->round, name, at);
	}
	args_end(&a);
}

static struct field_def *round_text(struct load *ld, struct stmt *st, struct assignment_def *d)
{
	struct args a = args_of(ld, st);
	struct str name;
	struct where at;
	if (!d->round || !args_any_word(&a, &name, &at, "字段", "a field") || !args_end(&a)) return NULL;
	struct field_def *f = need_field(ld, d->round, name, at, false);
	if (!f || (f->kind == FIELD_TEXT && f->by_system)) return f;
	BAD(ld, at, "def.assignment_field", "“%.*s”应是 by_system 的文字字段", "“%.*s” should be a text that is by_system", STRF(name));
	return NULL;
}

void assignment_commitment(struct load *ld, struct stmt *st, void *object) { ((struct assignment_def *)object)->commitment = round_text(ld, st, object); }
void assignment_seed(struct load *ld, struct stmt *st, void *object) { ((struct assignment_def *)object)->seed = round_text(ld, st, object); }

/* WHO [SCOPE [PATH]] MAIL over what is made: the last word is the mail. */
void assignment_notify(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st), last = a;
	struct assignment_def *d = object;
	struct grant g = { .at = st->at };
	struct str name;
	struct where at;
	if (!d->makes) return;
	if (a.n < 2) {
		args_unexpected(&a, "对象和通知模板", "whom and which mail");
		return;
	}
	last.i = a.n - 1;
	a.n--;
	if (!read_grant(&a, d->makes, false, &g) || !args_end(&a) || !args_any_word(&last, &name, &at, "通知模板", "a mail")) return;
	if (!(d->mail = need_mail(ld, name, at))) return;
	d->notify = ARENA_NEW(ld->arena, struct grant);
	*d->notify = g;
}

/* ---- the whole ---- */

static enum value_type key_type(const struct key_def *k) { return k->n_path ? kind_type(k->path[k->n_path - 1]->kind) : TYPE_REF; }

static const struct type_def *key_ref(const struct key_def *k, const struct type_def *own)
{
	return k->n_path ? k->path[k->n_path - 1]->ref : k->over ? k->over : own;
}

static bool keys_meet(const struct assignment_def *d, const struct key_def *x, const struct key_def *y)
{
	bool text = key_type(x) != TYPE_REF && key_type(x) != TYPE_CODE;
	if (key_type(x) != key_type(y)) return false;
	if (text) return true;
	if (key_type(x) == TYPE_REF) return key_ref(x, d->item) == key_ref(y, d->person);
	const struct field_def *f = x->path[x->n_path - 1], *g = y->path[y->n_path - 1];
	return f->codes == g->codes;
}

static void check_match(struct load *ld, const struct assignment_def *d, const struct match_def *m)
{
	if (!m->n_item || !m->n_person)
		BAD(ld, m->at, "def.assignment_sides", "“%.*s”须写 item 和 person 两边", "“%.*s” needs both sides: item and person", STRF(m->name));
	for (int i = 0; i < m->n_item; i++)
		for (int k = 0; k < m->n_person; k++)
			if (!keys_meet(d, &m->item[i], &m->person[k]))
				BAD(ld, m->person[k].at, "def.assignment_keys", "两边的值种类不同，无法比较", "the two sides are of different kinds and never meet");
	for (int k = 0; k < m->n_item && m->how != MATCH_SAME; k++)
		if (key_type(&m->item[k]) != (m->how == MATCH_CODES ? TYPE_CODE : TYPE_TEXT))
			BAD(ld, m->item[k].at, "def.assignment_how", "codes 须是代码，words 须是文字", "codes takes codes, words takes texts");
}

bool assignment_writes(const struct region *r, const struct field_def *f)
{
	for (int i = 0; i < r->n_assignment; i++) {
		const struct assignment_def *d = r->assignment[i];
		if (d->commitment == f || d->seed == f) return true;
		for (int k = 0; k < d->n_value; k++)
			if (d->value[k].field == f) return true;
	}
	return false;
}

bool assignment_moves(const struct region *r, const struct move_def *m)
{
	for (int i = 0; i < r->n_assignment; i++)
		if (r->assignment[i]->proposed == m || r->assignment[i]->published == m) return true;
	return false;
}

bool assignment_makes_type(const struct region *r, const struct type_def *t)
{
	for (int i = 0; i < r->n_assignment; i++)
		if (r->assignment[i]->makes == t) return true;
	return false;
}

void check_assignments(struct load *ld)
{
	bool errors = ld->cx->fails.errors > 0;
	for (int i = 0; i < ld->r->n_assignment && !errors; i++) {
		const struct assignment_def *d = ld->r->assignment[i];
		const struct { bool there; const char *word; } needed[] = { { d->round, "round" }, { d->item && d->n_item_path, "item" }, { d->person, "person" }, { d->makes, "makes" },
			{ d->need, "need" }, { d->most, "load" }, { d->n_by, "by" }, { d->n_publish, "publish" } };
		for (size_t k = 0; k < sizeof needed / sizeof *needed; k++)
			if (!needed[k].there) BAD(ld, d->at, "def.assignment_lacks", "指派“%.*s”没有写 %s", "the assignment “%.*s” has no %s", STRF(d->name), needed[k].word);
		if (d->makes && (!d->made_item || !d->made_person))
			BAD(ld, d->at, "def.assignment_made", "makes 须写明引用 item 和 person 的字段", "makes needs fields that refer to item and person");
		if (d->rest && !d->made_round)
			BAD(ld, d->at, "def.assignment_rest", "写 rest 须在 makes 中写明轮次（字段 = round;）", "rest needs the round in makes (FIELD = round;)");
		int ones = 0, rings = 0;
		for (int k = 0; k < d->n_rule; k++) ones += d->rule[k].kind == RULE_ONE, rings += d->rule[k].kind == RULE_RING;
		if (ones > 1 || rings > 1) BAD(ld, d->at, "def.assignment_once", "one 和 ring 各只能有一条", "one and ring stand once each");
		for (int k = 0; k < d->n_match; k++) check_match(ld, d, d->match[k]);
	}
}

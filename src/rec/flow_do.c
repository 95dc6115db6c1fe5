#include "rec/flow_do.h"

#include "rec/event.h"

enum { CREATE_MAX = 20000, MOVE_ARENA = 64 << 20 };      /* records that one step may create or move; memory for one of them */

static struct expr_env flow_env(struct lookup *l, const struct record *rec, struct val values)
{
	const struct viewer *v = &l->rx->viewer;
	return (struct expr_env){ .region = l->rx->region, .record = values, .state = rec->state->name, .created_ms = rec->created_ms,
		.me = v->person ? val_int(v->person) : VNULL, .my_org = v->org ? val_int(v->org) : VNULL, .lookup = query_lookup, .ctx = l };
}

enum rc flow_value(struct rx *rx, const struct type_def *t, const struct record *rec, struct val values, const struct expr *e, struct val *out)
{
	struct lookup l = { .rx = rx, .type = t, .id = rec->id };
	struct expr_env env = flow_env(&l, rec, values);
	return expr_eval(rx->cx, e, &env, out);
}

/* Does the action's `when` hold? An unknown condition does not. */
static enum rc wanted(struct rx *rx, const struct type_def *t, const struct record *rec, struct val values, const struct action_def *a, bool *yes)
{
	struct val v = val_bool(true);
	if (a->when) TRY(flow_value(rx, t, rec, values, a->when, &v));
	*yes = val_true(v);
	return RC_OK;
}

enum rc flow_guards(struct rx *rx, const struct type_def *t, const struct record *rec, const struct move_def *m, struct val values)
{
	for (int i = 0; i < m->n_guard; i++) {
		const struct guard_def *g = &m->guard[i];
		struct val v;
		if (!g->asked) continue;
		TRY(flow_value(rx, t, rec, record_whole(rx, rec, values), g->cond, &v));
		if (!val_true(v)) return fail_text(rx->cx, RC_INVALID, "flow.guard", IN_FIELD(m->ask[0]->name), g->why.zh, label_text(&g->why, LANG_EN));
	}
	return RC_OK;
}

/* The record at the end of refs of this one; 0 where one is not filled in. */
static enum rc referred(struct rx *rx, const struct type_def *t, const struct record *rec, struct val values, struct field_def **path, int n, int64_t *id)
{
	struct expr e = { .op = EXPR_FIELD, .type = TYPE_REF, .ref = path[n - 1]->ref, .path = path, .n_path = n, .at = path[n - 1]->at };
	struct val v;
	TRY(flow_value(rx, t, rec, values, &e, &v));
	*id = val_i64(v);
	return RC_OK;
}

static struct str set_name(const struct action_def *a) { return a->set.table ? a->set.table->name : a->set.field->name; }

/* The rows that a set gives to its table: what both tables have. A file belongs to one record, and stays there. */
static enum rc rows_for(struct rx *rx, const struct type_def *t, const struct record *rec, struct val values, const struct action_set *s, struct val rows, struct val *got)
{
	struct arena *a = rx->cx->arena;
	struct val out = val_list(a);
	struct lookup l = { .rx = rx, .type = t, .id = rec->id };
	struct expr_env env = flow_env(&l, rec, values);
	for (size_t i = 0; i < val_len(rows); i++) {
		struct val row = val_map(a);
		bool yes = true, judged;
		env.row = val_at(rows, i);
		if (s->where) TRY(expr_true(rx->cx, s->where, &env, &yes, &judged));
		if (!yes) continue;
		for (int k = 0; k < s->table->n_column; k++) {
			const struct field_def *f = s->table->column[k];
			if (f->kind != FIELD_FILE && !f->compute && table_column(s->from, f->name)) val_set(a, row, f->name, val_get(val_at(rows, i), f->name));
		}
		val_push(a, out, row);
	}
	*got = out;
	return RC_OK;
}

/* What the set action gives; `values` is the whole record. */
static enum rc set_value(struct rx *rx, const struct type_def *t, const struct record *rec, struct val values, const struct action_def *a, struct val *out)
{
	const struct action_set *s = &a->set;
	struct mask all = mask_all();
	struct record other = { 0 };
	int64_t id = 0;
	if (s->value) return flow_value(rx, t, rec, values, s->value, out);
	if (s->n_from_path) TRY(referred(rx, t, rec, values, s->from_path, s->n_from_path, &id));
	if (id) TRY(record_read(rx, s->from_path[s->n_from_path - 1]->ref, id, &all, &other));
	return rows_for(rx, t, rec, values, s, val_get(s->n_from_path ? other.values : values, s->from->name), out);
}

enum rc flow_sets(struct rx *rx, const struct type_def *t, const struct record *rec, const struct move_def *m, struct val *values)
{
	for (int i = 0; i < m->n_action; i++) {
		const struct action_def *a = &m->action[i];
		if (a->kind != DO_SET || a->n_path) continue;
		struct val v, whole = record_whole(rx, rec, *values);
		bool yes;
		TRY(wanted(rx, t, rec, whole, a, &yes));
		if (!yes) continue;
		TRY(set_value(rx, t, rec, whole, a, &v));
		if (a->set.field) TRY(form_fits(rx, t, rec->id, a->set.field, v));
		val_set(rx->cx->arena, *values, set_name(a), v);
	}
	return RC_OK;
}

/* ---- create ---- */

/* What `each` has bound so far. */
struct bound { struct str as; struct val values; int64_t id; };
enum { EACH_MAX = 4 };
struct creation {
	struct rx *rx;
	const struct type_def *t;
	const struct record *rec;
	const struct action_def *a;
	struct bound bound[EACH_MAX];
	int n_bound, made;
};

static enum rc make_one(struct creation *c)
{
	struct rx *rx = c->rx;
	struct arena *a = rx->cx->arena;
	if (++c->made > CREATE_MAX)
		return fail(rx->cx, RC_LIMIT, "flow.create_max", NOWHERE, "一步最多生成 %d 条记录", "one step may create at most %d records", CREATE_MAX);
	const struct type_def *to = c->a->type;
	struct record head = { .state = c->a->into ? c->a->into : to->state[0], .owner = rx->viewer.account, .author = rx->viewer.person, .org = c->rec->org,
		.division = c->rec->division };
	struct val values, source_this = record_whole(rx, c->rec, VNULL);
	TRY(form_defaults(rx, to, &values));
	for (int i = 0; i < c->a->n_value; i++) {
		const struct create_value *v = &c->a->value[i];
		struct bound from = { STR(""), source_this, c->rec->id };
		for (int k = 0; k < c->n_bound; k++)
			if (v->source.n && str_eq(c->bound[k].as, v->source)) from = c->bound[k];
		if (v->table_to) {
			val_set(a, values, v->table_to->name, val_copy(a, val_get(from.values, v->table_from->name)));
			continue;
		}
		struct val got;
		if (v->value) TRY(flow_value(rx, c->t, c->rec, source_this, v->value, &got));
		else got = v->from ? val_get(from.values, v->from->name) : val_int(from.id);
		if (v->field->builtin == BUILTIN_ORG) head.org = val_i64(got);
		else if (v->field->builtin == BUILTIN_AUTHOR) head.author = val_i64(got);
		else if (v->field->builtin == BUILTIN_DIVISION) head.division = val_str(got);
		else val_set(a, values, v->field->name, got);
	}
	if (!head.state->draft && to->number.n) TRY(record_number(rx, to, &head, values, &head.number));
	int64_t id;
	TRY(record_insert(rx, to, &head, values, &id));
	struct event e = { .type = to->name, .record = id, .rev = 1, .act = STR("create"), .to = head.state->name,
		.changes = record_changes(rx, to, NULL, values) };
	return event_add(rx, &e);
}

static enum rc each_record(struct rx *rx, const struct action_each *each, int64_t id, int64_t *out, int *n)
{
	struct query q = query_new(rx, each->over);
	Q(&q, "SELECT ");
	query_column(&q, 0, "id");
	Q(&q, " FROM ");
	query_table(&q, each->over, 0);
	Q(&q, " WHERE ");
	TRY(query_field(&q, each->back, 0));
	Q(&q, " = ");
	query_int(&q, id);
	Q(&q, " AND ");
	query_states(&q, each->state, each->n_state, 0);
	Q(&q, " ORDER BY ");
	query_column(&q, 0, "id");
	Q(&q, " LIMIT ");
	sqlb_int(&q.sql, CREATE_MAX + 1);
	struct rows *r;
	TRY(query_rows(&q, &r));
	enum rc rc;
	bool more;
	*n = 0;
	while ((rc = db_step(rx->cx, r, &more)) == RC_OK && more) out[(*n)++] = row_int(r, 0);
	rows_done(r);
	if (rc != RC_OK || *n <= CREATE_MAX) return rc;
	return fail(rx->cx, RC_LIMIT, "flow.each_records", NOWHERE, "一步最多牵动 %d 条记录", "one step may reach at most %d records", CREATE_MAX);
}

/* The loops of `each`, outermost first. */
static enum rc make_each(struct creation *c, int depth)
{
	if (depth == c->a->n_each) return make_one(c);
	const struct action_each *each = &c->a->each[depth];
	struct bound *b = &c->bound[depth];
	c->n_bound = depth + 1;
	b->as = each->as;
	if (each->table) {
		struct val rows = val_get(c->rec->values, each->table->name);
		for (size_t i = 0; i < val_len(rows); i++) {
			b->values = val_at(rows, i);
			b->id = 0;
			TRY(make_each(c, depth + 1));
			c->n_bound = depth + 1;
		}
		return RC_OK;
	}
	int64_t *id = ARENA_ARRAY(c->rx->cx->arena, int64_t, CREATE_MAX + 1);
	int n;
	TRY(each_record(c->rx, each, c->rec->id, id, &n));
	struct mask all = mask_all();
	for (int i = 0; i < n; i++) {
		struct record other;
		TRY(record_read(c->rx, each->over, id[i], &all, &other));
		b->values = record_whole(c->rx, &other, VNULL);
		b->id = id[i];
		TRY(make_each(c, depth + 1));
		c->n_bound = depth + 1;
	}
	return RC_OK;
}

/* ---- others: those that refer here, and the one referred to ---- */

/* What others do because of a step they do as the system; the account stays: the trail shows whose step caused it. */
static struct rx as_system(const struct rx *rx)
{
	struct rx system = *rx;
	system.viewer.system = true;
	return system;
}

static enum rc set_other(struct rx *rx, const struct type_def *t, const struct record *rec, const struct action_def *a)
{
	struct rx system = as_system(rx);
	const struct type_def *to = a->path[a->n_path - 1]->ref;
	struct mask all = mask_all();
	struct record other;
	struct val values = val_map(rx->cx->arena), v;
	int64_t id;
	struct val whole = record_whole(rx, rec, VNULL);
	TRY(set_value(&system, t, rec, whole, a, &v));
	TRY(referred(rx, t, rec, whole, a->path, a->n_path, &id));
	if (!id) return RC_OK;
	TRY(record_read(&system, to, id, &all, &other));
	if (a->set.field) TRY(form_fits(&system, to, id, a->set.field, v));
	val_set(rx->cx->arena, values, set_name(a), v);
	struct val changes = record_changes(&system, to, &other, values);
	if (!val_len(changes)) return RC_OK;
	TRY(record_update(&system, to, &other, values, other.state, other.number));
	struct event e = { .type = to->name, .record = id, .rev = other.rev + 1, .act = STR("save"), .changes = changes };
	return event_add(&system, &e);
}

enum rc flow_effects(struct rx *rx, const struct type_def *t, const struct record *rec, const struct move_def *m, struct effects *out)
{
	struct val whole = record_whole(rx, rec, VNULL);
	struct effects list = { 0 };
	for (int i = 0; i < m->n_action; i++) {
		const struct action_def *a = &m->action[i];
		struct effect x = { .action = a };
		struct right right;
		struct record other;
		bool yes;
		if (a->kind != DO_SET || !a->n_path) continue;
		TRY(wanted(rx, t, rec, whole, a, &yes));
		if (!yes) continue;
		x.type = a->path[a->n_path - 1]->ref;
		TRY(referred(rx, t, rec, whole, a->path, a->n_path, &x.id));
		if (!x.id) continue;
		TRY(access_record(rx, x.type, x.id, &right));
		bool seen = right.see && (a->set.table ? mask_table(&right.fields, a->set.table) : mask_field(&right.fields, a->set.field));
		if (!seen) continue;
		TRY(record_read(rx, x.type, x.id, &right.fields, &other));
		x.title = record_title(x.type, &other);
		x.before = val_get(other.values, set_name(a));
		TRY(set_value(rx, t, rec, whole, a, &x.after));
		VEC_PUSH(rx->cx->arena, &list, x);
	}
	*out = list;
	return RC_OK;
}

static enum rc move_others(struct rx *rx, const struct type_def *from, const struct record *rec, const struct action_def *a,
	struct str reason)
{
	struct rx system = as_system(rx);
	int64_t *id = ARENA_ARRAY(rx->cx->arena, int64_t, CREATE_MAX + 1);
	int n = 1;
	id[0] = rec->id;
	const struct type_def *t = a->move->type;
	if (a->back) {
		struct action_each over = { .over = a->move->type, .back = a->back, .state = a->state, .n_state = a->n_state };
		TRY(each_record(&system, &over, rec->id, id, &n));
	} else if (a->n_path) {
		TRY(referred(rx, from, rec, record_whole(rx, rec, VNULL), a->path, a->n_path, &id[0]));
		if (!id[0]) return RC_OK;
	}
	/* Each in memory of its own: thousands of them would fill the step's. */
	struct arena *arena = arena_new(MOVE_ARENA);
	struct cx own = { .arena = arena, .lang = rx->cx->lang, .now_ms = rx->cx->now_ms };
	enum rc rc = RC_OK;
	system.cx = &own;
	for (int i = 0; i < n && rc == RC_OK; i++) {
		struct move_request req = { .move = a->move->name, .reason = reason, .rev = -1, .raw = VNULL, .notes = VNULL };
		struct record after;
		rc = flow_move(&system, t, id[i], &req, &after);
		/* Whoever made the step sees only that step: say which other one did not go. */
		if (rc != RC_OK && own.fails.n)
			fail_hint_text(&own, str_fmt(arena, "这一步还要办理“%.*s”的“%.*s”", STRF(t->label.zh), STRF(a->move->label.zh)),
				str_fmt(arena, "this step also makes the move “%.*s” of “%.*s”", STRF(label_text(&a->move->label, LANG_EN)), STRF(label_text(&t->label, LANG_EN))));
		fail_copy(rx->cx, &own.fails);
		own.fails = (struct fails){ 0 };
		arena_reset(arena);
	}
	arena_free(arena);
	return rc;
}

enum rc flow_actions(struct rx *rx, const struct type_def *t, const struct record *rec, const struct move_def *m, struct str reason)
{
	for (int i = 0; i < m->n_action; i++) {
		const struct action_def *a = &m->action[i];
		bool yes;
		if (a->kind == DO_SET && !a->n_path) continue;
		TRY(wanted(rx, t, rec, record_whole(rx, rec, VNULL), a, &yes));
		if (!yes) continue;
		switch (a->kind) {
		case DO_SET: TRY(set_other(rx, t, rec, a)); break;
		case DO_CREATE: {
			struct creation c = { .rx = rx, .t = t, .rec = rec, .a = a };
			if (a->n_each > EACH_MAX) return fail(rx->cx, RC_LIMIT, "flow.each_max", a->at, "each 最多 %d 层", "at most %d levels of each", EACH_MAX);
			TRY(make_each(&c, 0));
			break;
		}
		case DO_MOVE: TRY(move_others(rx, t, rec, a, reason)); break;
		case DO_NOTIFY: TRY(mail_notify(rx, t, rec, a->owner, a->mail, reason)); break;
		}
	}
	return RC_OK;
}

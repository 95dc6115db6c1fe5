#include "rec/flow.h"

#include <stdlib.h>

#include "rec/approval.h"
#include "rec/criteria.h"
#include "rec/event.h"
#include "rec/flow_do.h"
#include "rec/receipt.h"

static bool leaves(const struct move_def *m, const struct state_def *s)
{
	for (int i = 0; i < m->n_from; i++)
		if (m->from[i] == s) return true;
	return false;
}

bool flow_judges(const struct move_def *m)
{
	/* Leaving a draft for anything but another draft or a bad end (declined, void): what is filed must be whole. */
	bool from_draft = false, person = false;
	for (int i = 0; i < m->n_from; i++) from_draft |= m->from[i]->draft;
	for (int i = 0; i < m->n_by; i++) person |= m->by[i].who != WHO_SYSTEM;
	return from_draft && person && !m->to->draft && m->to->tone != TONE_BAD;
}

/* May this viewer's roles make the move on the record in scope? */
static enum rc by_cond(struct query *q, const struct move_def *m)
{
	Q(q, "(");
	int n = 0;
	for (int i = 0; i < m->n_by; i++) {
		if (!grant_names(&m->by[i], &q->rx->viewer)) continue;
		if (n++) Q(q, " OR ");
		TRY(access_grant(q, &m->by[i]));
	}
	if (!n) Q(q, "FALSE");
	Q(q, ")");
	return RC_OK;
}

/* Four eyes: not the author, and nobody who made one of the named moves on this record. */
static enum rc eyes_cond(struct query *q, const struct move_def *m)
{
	int64_t me = q->rx->viewer.account;
	Q(q, "(TRUE");
	if (m->not_author && !q->rx->viewer.system) {
		Q(q, " AND COALESCE(");
		query_column(q, q->alias, "owner");
		Q(q, ", 0) <> ");
		query_int(q, me);
	}
	for (int i = 0; i < m->n_not_by && !q->rx->viewer.system; i++) {
		Q(q, " AND NOT EXISTS (SELECT 1 FROM event e WHERE e.record = ");
		query_column(q, q->alias, "id");
		Q(q, " AND e.account = ");
		query_int(q, me);
		Q(q, " AND e.move = ");
		query_text(q, m->not_by[i]->name);
		Q(q, ")");
	}
	if (m->approvals && !q->rx->viewer.system) {
		Q(q, " AND ");
		approval_cond(q, m);
	}
	Q(q, ")");
	return RC_OK;
}

enum rc flow_options(struct rx *rx, const struct type_def *t, const struct record *rec, struct move_options *out)
{
	struct query q = query_new(rx, t);
	Q(&q, "SELECT 1");
	for (int i = 0; i < t->n_move; i++) {
		const struct move_def *m = t->move[i];
		if (!leaves(m, rec->state)) continue;
		Q(&q, ", ");
		TRY(by_cond(&q, m));
		Q(&q, ", ");
		TRY(eyes_cond(&q, m));
		for (int k = 0; k < m->n_guard; k++) {
			if (m->guard[k].asked) continue;
			Q(&q, ", ");
			TRY(query_cond(&q, m->guard[k].cond));
		}
	}
	Q(&q, " FROM ");
	query_table(&q, t, 0);
	Q(&q, " WHERE ");
	query_column(&q, 0, "id");
	Q(&q, " = ");
	query_int(&q, rec->id);
	struct rows *r;
	bool more;
	TRY(query_rows(&q, &r));
	enum rc rc = db_step(rx->cx, r, &more);
	struct move_options list = { 0 };
	for (int i = 0, c = 1; rc == RC_OK && more && i < t->n_move; i++) {
		const struct move_def *m = t->move[i];
		if (!leaves(m, rec->state)) continue;
		struct move_option o = { .move = m, .named = row_int(r, c++) != 0 };
		o.four_eyes = row_int(r, c++) == 0;
		for (int k = 0; k < m->n_guard; k++)
			if (!m->guard[k].asked && row_int(r, c++) == 0 && !o.blocked) o.blocked = &m->guard[k];
		o.allowed = o.named && !o.four_eyes && !o.blocked;
		VEC_PUSH(rx->cx->arena, &list, o);
	}
	rows_done(r);
	for (size_t i = 0; rc == RC_OK && i < list.n; i++) rc = approval_count(rx, t, rec, list.v[i].move, &list.v[i].have, &list.v[i].needed);
	if (rc == RC_OK) *out = list;
	return rc;
}

/* Find the move and say why it cannot be made, in the order a person would want to know. */
static enum rc permitted(struct rx *rx, const struct type_def *t, const struct record *rec, struct str name, struct move_option *out)
{
	struct move_options options;
	TRY(flow_options(rx, t, rec, &options));
	for (size_t i = 0; i < options.n; i++) {
		const struct move_option *o = &options.v[i];
		if (!str_eq(o->move->name, name)) continue;
		if (!o->named) return fail(rx->cx, RC_DENIED, "flow.not_yours", NOWHERE, "这一步不由您办理", "this step is not yours to make");
		if (o->four_eyes)
			return fail(rx->cx, RC_DENIED, "flow.four_eyes", NOWHERE, "这一步须由另一人办理：您已办理过前一步", "this step needs another person: you made an earlier one");
		if (o->blocked)
			return fail_text(rx->cx, RC_CONFLICT, "flow.guard", NOWHERE, o->blocked->why.zh, label_text(&o->blocked->why, LANG_EN));
		*out = *o;
		return RC_OK;
	}
	struct str zh = rec->state->label.zh, en = label_text(&rec->state->label, LANG_EN);
	return fail_text(rx->cx, RC_CONFLICT, "flow.state", NOWHERE, str_fmt(rx->cx->arena, "当前状态是“%.*s”，不能办理这一步", STRF(zh)),
		str_fmt(rx->cx->arena, "the state is now “%.*s”: this step is not open", STRF(en)));
}

/* The fields asked with the move, into `values`. */
static enum rc asked(struct rx *rx, const struct move_def *m, const struct record *rec, struct val raw, struct val *values)
{
	struct arena *a = rx->cx->arena;
	bool good = true;
	for (int i = 0; i < m->n_ask; i++) {
		const struct field_def *f = m->ask[i];
		struct val given = val_get(raw, f->name), v = val_get(rec->values, f->name);
		if (!val_is_null(given)) good &= form_parse_field(rx, f, f->name, given, &v) == RC_OK;
		if (val_is_null(v) && m->ask_required[i] && !rx->cx->fails.errors) {
			(void)fail_text(rx->cx, RC_INVALID, "form.required", IN_FIELD(f->name), str_fmt(a, "请填写“%.*s”", STRF(f->label.zh)),
				str_fmt(a, "“%.*s” is needed", STRF(label_text(&f->label, LANG_EN))));
			good = false;
		}
		if (!val_is_null(given)) val_set(a, *values, f->name, v);
	}
	return good ? RC_OK : RC_INVALID;
}

static enum rc keep_notes(struct rx *rx, const struct type_def *t, int64_t id, const struct check_list *checks, struct val notes)
{
	for (size_t i = 0; i < checks->n; i++) {
		struct str note = str_trim(val_str(val_get(notes, checks->v[i].name)));
		if (checks->v[i].check->level != LEVEL_WARNING || !note.n) continue;
		TRY(db_run(rx->cx, rx->db, SQL("DELETE FROM check_note WHERE type = ? AND record = ? AND name = ?"),
			P(p_text(t->name), p_int(id), p_text(checks->v[i].name))));
		TRY(db_run(rx->cx, rx->db, SQL("INSERT INTO check_note (type, record, name, note, account_id, at_ms) VALUES (?, ?, ?, ?, ?, ?)"),
			P(p_text(t->name), p_int(id), p_text(checks->v[i].name), p_text(note), p_int(rx->viewer.account), p_int(rx->cx->now_ms))));
	}
	return RC_OK;
}

/* The criteria of a draft, or of a state that is judged, as of this moment, before guards look at them: a measure may have come into force since it was saved.
   `keep`: write them, too. */
static enum rc fresh_criteria(struct rx *rx, const struct type_def *t, struct record *rec, bool keep)
{
	if (!t->criteria || !(rec->state->draft || rec->state->judged)) return RC_OK;
	struct val values = val_map(rx->cx->arena);
	TRY(criteria_follow(rx, t, rec, values));
	struct val rows = val_get(values, t->criteria->name);
	if (val_eq(rows, val_get(rec->values, t->criteria->name))) return RC_OK;
	val_set(rx->cx->arena, rec->values, t->criteria->name, rows);
	return keep ? record_put_rows(rx, t->criteria, rec->id, rows) : RC_OK;
}

static struct val laid_over(struct rx *rx, const struct record *rec, struct val values)
{
	struct val all = val_copy(rx->cx->arena, rec->values);
	for (size_t i = 0; i < val_len(values); i++) val_set(rx->cx->arena, all, values.map->v[i].key, values.map->v[i].val);
	return all;
}

/* The checks about what the move asks: the others were judged when the record left its draft. */
static enum rc judge_asked(struct rx *rx, const struct move_def *m, const struct record *rec, struct val values, struct val notes)
{
	struct check_list checks, about = { 0 };
	if (!m->n_ask || m->to->draft) return RC_OK;
	TRY(form_checks(rx, m->type, rec, laid_over(rx, rec, values), &checks));
	for (size_t i = 0; i < checks.n; i++) {
		bool asked = false;
		for (int k = 0; k < m->n_ask; k++) asked = asked || expr_mentions(checks.v[i].check->cond, m->ask[k]);
		if (asked) VEC_PUSH(rx->cx->arena, &about, checks.v[i]);
	}
	TRY(form_judge(rx, &about, notes));
	return keep_notes(rx, m->type, rec->id, &about, notes);
}

/* Everything that must hold before a record leaves its draft. */
static enum rc judge(struct rx *rx, const struct type_def *t, const struct record *rec, struct val values, struct val notes)
{
	struct val all = laid_over(rx, rec, values);
	struct check_list checks;
	enum rc complete = form_complete(rx, t, rec, all);
	if (complete != RC_OK && complete != RC_INVALID) return complete;
	TRY(form_checks(rx, t, rec, all, &checks));
	enum rc judged = form_judge(rx, &checks, notes);
	if (complete != RC_OK || judged != RC_OK) return RC_INVALID;
	return keep_notes(rx, t, rec->id, &checks, notes);
}

/* Is this the last of the people who must agree? Other answers than those the earlier ones agreed to begin the count anew. */
static bool agreed(struct rx *rx, const struct type_def *t, const struct record *rec, const struct move_option *o, struct val values)
{
	int have = o->have && val_len(record_changes(rx, t, rec, values)) ? 0 : o->have;
	return have + 1 >= o->needed;
}

/* A move about to be made: the record as it is, and what was answered. */
struct step { struct record rec; struct right right; struct move_option option; struct val values; };

/* All that must hold first. `keep`: it will be made, so that what it is judged by is written; `answered` false: what the move asks is
   not filled in yet, and not judged. */
static bool named_in(const struct mail_def *mail, struct arena *a, const struct field_def *f)
{
	struct str name = str_fmt(a, "{%.*s}", STRF(f->name));
	return str_has(mail->subject.zh, name) || str_has(mail->subject.en, name) || str_has(mail->text.zh, name) || str_has(mail->text.en, name);
}

/* Is the value of this computed field itself wanted by what the move does? (Expressions work it out by themselves.) */
static bool shown_by(struct arena *a, const struct type_def *t, const struct move_def *m, const struct field_def *f)
{
	if (t->title == f) return true;
	for (int i = 0; i < m->n_action; i++) {
		const struct action_def *x = &m->action[i];
		if (x->mail && named_in(x->mail, a, f)) return true;
		for (int k = 0; k < x->n_value; k++)
			if (x->value[k].from == f) return true;
	}
	return false;
}

/* What a step reads of its record. Steps of the system come by thousands (a round is sent to review): for them nothing is worked out
   that nobody looks at. */
static struct mask step_mask(const struct rx *rx, const struct type_def *t, const struct move_def *m)
{
	struct mask mask = mask_all();
	for (int i = 0; rx->viewer.system && m && i < t->n_field; i++)
		if (t->field[i]->compute && !shown_by(rx->cx->arena, t, m, t->field[i])) mask.w[i / 64] &= ~((uint64_t)1 << (i % 64));
	return mask;
}

static enum rc prepare(struct rx *rx, const struct type_def *t, int64_t id, const struct move_request *req, bool keep, bool answered, struct step *s)
{
	struct mask all = step_mask(rx, t, type_move(t, req->move));
	*s = (struct step){ .values = val_map(rx->cx->arena) };
	TRY(access_record(rx, t, id, &s->right));
	if (!s->right.see) return rx_missing(rx);
	TRY(record_read(rx, t, id, &all, &s->rec));
	if (req->rev >= 0 && req->rev != s->rec.rev)
		return fail(rx->cx, RC_CONFLICT, "record.changed", NOWHERE, "有人在您之后修改了这条记录", "somebody changed this record after you opened it");
	TRY(fresh_criteria(rx, t, &s->rec, keep));
	TRY(permitted(rx, t, &s->rec, req->move, &s->option));
	const struct move_def *m = s->option.move;
	enum rc rc = answered ? asked(rx, m, &s->rec, req->raw, &s->values) : RC_OK;
	if (answered && m->reason && !rx->viewer.system && !str_trim(req->reason).n)
		rc = fail(rx->cx, RC_INVALID, "flow.reason", IN_FIELD(STR("reason")), "请说明理由", "a reason is needed");
	if (rc == RC_OK && answered) rc = flow_guards(rx, t, &s->rec, m, s->values);
	enum rc judged = RC_OK;
	if (flow_judges(m) && s->rec.state->draft) judged = judge(rx, t, &s->rec, s->values, req->notes);
	else if (answered) judged = judge_asked(rx, m, &s->rec, s->values, req->notes);
	TRY(rc);
	return judged;
}

enum rc flow_look(struct rx *rx, const struct type_def *t, int64_t id, const struct move_request *req, bool answered)
{
	struct step s;
	return prepare(rx, t, id, req, false, answered, &s);
}

enum rc flow_move(struct rx *rx, const struct type_def *t, int64_t id, const struct move_request *req, struct record *after)
{
	struct step s;
	struct mask all = step_mask(rx, t, type_move(t, req->move));
	TRY(prepare(rx, t, id, req, true, true, &s));
	struct record *rec = &s.rec;
	const struct move_def *m = s.option.move;
	if (!rx->viewer.system && !agreed(rx, t, rec, &s.option, s.values)) {
		TRY(approval_add(rx, t, rec, m, s.values, req));
		return record_read(rx, t, id, &all, after);
	}
	TRY(flow_sets(rx, t, rec, m, &s.values));
	struct str number = rec->number;
	if (!number.n && t->number.n && !m->to->draft) TRY(record_number(rx, t, rec, s.values, &number));
	TRY(record_update(rx, t, rec, s.values, m->to, number));
	struct event e = { .type = t->name, .record = id, .rev = rec->rev + 1, .act = STR("move"), .move = m->name, .from = rec->state->name,
		.to = m->to->name, .reason = str_trim(req->reason), .changes = record_changes(rx, t, rec, s.values), .remote = req->remote };
	TRY(event_add(rx, &e));
	TRY(record_read(rx, t, id, &all, after));
	if (m->receipt && !rx->viewer.system) TRY(receipt_issue(rx, t, after, m, &s.right.fields));
	return flow_actions(rx, t, after, m, e.reason);
}

enum rc flow_due(struct rx *rx, const struct type_def *t, const struct record *rec, int32_t *day)
{
	struct val v = VNULL;
	if (rec->state->due) TRY(flow_value(rx, t, rec, record_whole(rx, rec, VNULL), rec->state->due, &v));
	*day = (int32_t)val_i64(v);
	return RC_OK;
}

/* ---- what waits ---- */

static int oldest_first(const void *a, const void *b)
{
	const struct todo *x = a, *y = b;
	return (x->changed_ms > y->changed_ms) - (x->changed_ms < y->changed_ms);
}

/* When a record must have moved on from where it is; null where its state says nothing. */
static enum rc due_day(struct query *q, const struct type_def *t)
{
	Q(q, "CASE ");
	query_column(q, 0, "state");
	for (int i = 0; i < t->n_state; i++) {
		if (!t->state[i]->due) continue;
		Q(q, " WHEN ");
		query_text(q, t->state[i]->name);
		Q(q, " THEN ");
		TRY(query_expr(q, t->state[i]->due));
	}
	Q(q, " WHEN '' THEN 0 END");
	return RC_OK;
}

/* Or: only its day or hour has not come, and the state says until when it lasts: whoever will make the move can see it coming. */
static enum rc coming(struct query *q, const struct move_def *m)
{
	bool timed = false, due = false;
	for (int i = 0; i < m->n_guard; i++) timed = timed || m->guard[i].timed;
	for (int i = 0; i < m->n_from; i++) due = due || m->from[i]->due;
	if (!timed || !due) return RC_OK;
	Q(q, " OR (");
	TRY(due_day(q, m->type));
	Q(q, " IS NOT NULL");
	for (int i = 0; i < m->n_guard; i++) {
		if (m->guard[i].timed || m->guard[i].asked) continue;
		Q(q, " AND ");
		TRY(query_cond(q, m->guard[i].cond));
	}
	Q(q, ")");
	return RC_OK;
}

/* `mend`: also where a guard does not hold yet but the viewer may change the record, for then it is theirs to make it hold; not
   where the time has not come. */
static enum rc waiting_for(struct query *q, const struct move_def *m, bool mend)
{
	Q(q, " WHERE ");
	query_states(q, m->from, m->n_from, 0);
	Q(q, " AND ");
	TRY(by_cond(q, m));
	Q(q, " AND ");
	TRY(eyes_cond(q, m));
	Q(q, " AND ((TRUE");
	for (int i = 0; i < m->n_guard; i++) {
		if (m->guard[i].asked) continue;
		Q(q, " AND ");
		TRY(query_cond(q, m->guard[i].cond));
	}
	Q(q, ")");
	if (mend && m->n_guard) {
		Q(q, " OR (");
		TRY(access_where(q, ACT_EDIT));
		for (int i = 0; i < m->n_guard; i++) {
			if (!m->guard[i].timed || m->guard[i].asked) continue;
			Q(q, " AND ");
			TRY(query_cond(q, m->guard[i].cond));
		}
		Q(q, ")");
	}
	if (mend) TRY(coming(q, m));
	Q(q, ")");
	return RC_OK;
}

/* The first guard that does not hold, as its index; -1: all do. */
static enum rc first_blocked(struct query *q, const struct move_def *m)
{
	Q(q, "CASE WHEN FALSE THEN -1");
	for (int i = 0; i < m->n_guard; i++) {
		if (m->guard[i].asked) continue;
		Q(q, " WHEN NOT ");
		TRY(query_cond(q, m->guard[i].cond));
		Q(q, " THEN ");
		sqlb_int(&q->sql, i);
	}
	Q(q, " ELSE -1 END");
	return RC_OK;
}

static bool turns_back(const struct move_def *m) { return m->reason || m->to->tone == TONE_BAD; }

/* One entry a record: a step that can be made comes before one that cannot, unless it turns the record back. */
static void add_todo(struct rx *rx, struct todo_list *out, struct todo item)
{
	for (size_t i = 0; i < out->n; i++) {
		if (out->v[i].type != item.type || out->v[i].id != item.id) continue;
		if (out->v[i].blocked && !item.blocked && !turns_back(item.move)) out->v[i] = item;
		return;
	}
	if (out->n < TODO_MAX) VEC_PUSH(rx->cx->arena, out, item);
}

static enum rc todo_of_move(struct rx *rx, const struct move_def *m, struct todo_list *out)
{
	const struct type_def *t = m->type;
	struct query q = query_new(rx, t);
	Q(&q, "SELECT ");
	query_column(&q, 0, "id");
	Q(&q, ", ");
	query_column(&q, 0, "changed_ms");
	Q(&q, ", ");
	query_column(&q, 0, "state");
	Q(&q, ", ");
	query_column(&q, 0, "number");
	Q(&q, ", ");
	TRY(query_title(&q, t, 0));
	Q(&q, ", ");
	TRY(first_blocked(&q, m));
	Q(&q, ", ");
	TRY(due_day(&q, t));
	Q(&q, " FROM ");
	query_table(&q, t, 0);
	TRY(waiting_for(&q, m, true));
	Q(&q, " AND ");
	TRY(access_where(&q, ACT_SEE));
	Q(&q, " ORDER BY ");
	query_column(&q, 0, "changed_ms");
	Q(&q, " LIMIT 100");
	struct rows *r;
	TRY(query_rows(&q, &r));
	enum rc rc;
	bool more;
	while ((rc = db_step(rx->cx, r, &more)) == RC_OK && more) {
		int64_t guard = row_int(r, 5);
		struct todo item = { t, m, row_int(r, 0), row_int(r, 1), str_dup(rx->cx->arena, row_text(r, 4)), str_dup(rx->cx->arena, row_text(r, 3)),
			type_state(t, row_text(r, 2)), guard < 0 ? NULL : &m->guard[guard], row_null(r, 6) ? 0 : (int32_t)row_int(r, 6) };
		add_todo(rx, out, item);
	}
	rows_done(r);
	return rc;
}

static bool names_viewer(const struct rx *rx, const struct move_def *m)
{
	for (int i = 0; i < m->n_by; i++)
		if (m->by[i].who != WHO_SYSTEM && grant_names(&m->by[i], &rx->viewer)) return true;
	return false;
}

enum rc flow_todo(struct rx *rx, struct todo_list *out)
{
	struct todo_list list = { 0 };
	for (int i = 0; i < rx->region->n_type; i++) {
		const struct type_def *t = rx->region->type[i];
		/* The step forward names what waits; a return or refusal only where there is nothing else. */
		for (int pass = 0; pass < 2; pass++)
			for (int k = 0; k < t->n_move; k++) {
				const struct move_def *m = t->move[k];
				if (turns_back(m) == (pass == 1) && !m->optional && names_viewer(rx, m)) TRY(todo_of_move(rx, m, &list));
			}
	}
	/* A sealed title is read the long way, by its owner. */
	struct mask all = mask_all();
	for (size_t i = 0; i < list.n; i++) {
		struct record rec;
		if (list.v[i].title.n || !list.v[i].state->sealed) continue;
		TRY(record_read(rx, list.v[i].type, list.v[i].id, &all, &rec));
		list.v[i].title = record_title(list.v[i].type, &rec);
	}
	if (list.n) qsort(list.v, list.n, sizeof *list.v, oldest_first);
	*out = list;
	return RC_OK;
}

static enum rc due(struct rx *rx, const struct move_def *m, int limit, int64_t *id, int *n)
{
	struct query q = query_new(rx, m->type);
	Q(&q, "SELECT ");
	query_column(&q, 0, "id");
	Q(&q, " FROM ");
	query_table(&q, m->type, 0);
	TRY(waiting_for(&q, m, false));
	Q(&q, " LIMIT ");
	sqlb_int(&q.sql, limit);
	struct rows *r;
	TRY(query_rows(&q, &r));
	enum rc rc;
	bool more;
	*n = 0;
	while ((rc = db_step(rx->cx, r, &more)) == RC_OK && more) id[(*n)++] = row_int(r, 0);
	rows_done(r);
	return rc;
}

enum rc flow_tick(struct rx *rx, int limit, int *done)
{
	enum { BATCH = 64 };
	*done = 0;
	for (int i = 0; i < rx->region->n_type; i++) {
		const struct type_def *t = rx->region->type[i];
		for (int k = 0; k < t->n_move; k++) {
			const struct move_def *m = t->move[k];
			bool system = false;
			for (int b = 0; b < m->n_by; b++) system |= m->by[b].who == WHO_SYSTEM && m->by[b].when;
			if (!system || *done >= limit) continue;
			int64_t id[BATCH];
			int n;
			TRY(due(rx, m, limit - *done < BATCH ? limit - *done : BATCH, id, &n));
			for (int j = 0; j < n; j++, ++*done) {
				/* One record that cannot move must not hold up the others. */
				struct move_request req = { .move = m->name, .rev = -1, .raw = VNULL, .notes = VNULL };
				struct record after;
				TRY(db_savepoint(rx->cx, rx->db));
				if (flow_move(rx, t, id[j], &req, &after) == RC_OK) TRY(db_release(rx->cx, rx->db));
				else db_undo(rx->db);
			}
		}
	}
	return RC_OK;
}

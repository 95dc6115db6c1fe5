/* The steps of a scene: the clock, records that are there, who does what. */
#include "base/time.h"
#include "rec/event.h"
#include "rec/file.h"
#include "rec/sample_file.h"
#include "rec/scene_play.h"

/* ---- the clock ---- */

/* Whatever is due by itself; what one round makes due is done in the next. */
static bool tick(struct play *p, const struct scene_step *s)
{
	enum { ROUNDS = 10, MOVES = 1000 };
	for (int i = 0, done = 1; i < ROUNDS && done; i++) {
		struct cx cx = play_cx(p);
		struct rx rx;
		if (play_rx(p, &cx, NULL, &rx) == RC_OK && flow_tick(&rx, MOVES, &done) == RC_OK) continue;
		play_tell(p, s, "到期的动作不能办理", "what is due cannot be done");
		play_tell_fails(p, s, &cx.fails);
		return false;
	}
	return true;
}

static bool set_clock(struct play *p, const struct scene_step *s)
{
	static const int64_t unit_ms[] = { [SCENE_MINUTES] = MINUTE_MS, [SCENE_HOURS] = 60 * MINUTE_MS, [SCENE_DAYS] = DAY_MS };
	int64_t zone = (int64_t)p->region->zone_minutes * MINUTE_MS, to;
	if (s->kind == SCENE_DAY) {
		to = s->day * (int64_t)DAY_MS + s->minutes * (int64_t)MINUTE_MS - zone;
	} else if (s->unit == SCENE_WORKDAYS) {
		int32_t today = instant_date(p->now_ms, p->region->zone_minutes);
		to = p->now_ms + (region_workday(p->region, today, (int)s->n) - today) * (int64_t)DAY_MS;
	} else {
		to = p->now_ms + s->n * unit_ms[s->unit];
	}
	bool begun = false;
	for (int i = 0; p->scene->step[i] != s; i++) begun |= p->scene->step[i]->kind != SCENE_DAY;
	if (to < p->now_ms && begun) {
		play_tell(p, s, "时钟只能向前，此时已是 %.*s", "the clock only goes forward; it is %.*s already",
			STRF(instant_text(p->arena, p->now_ms, p->region->zone_minutes)));
		return false;
	}
	p->now_ms = to;
	return tick(p, s);
}

/* ---- records that are there ---- */

static enum rc keep_file(struct play *p, struct rx *rx, const struct scene_value *v, struct val *out)
{
	struct upload u;
	int64_t id;
	TRY(sample_file(rx, v->file, str_fmt(p->arena, "%.*s：%.*s", STRF(p->scene->name), STRF(v->file)), &u));
	TRY(file_keep(rx, v->field, 0, &u, &id));
	*out = val_int(id);
	return RC_OK;
}

static enum rc given_value(struct play *p, struct rx *rx, const struct scene_value *v, struct val *out)
{
	return v->kind == SCENE_FILE ? keep_file(p, rx, v, out) : play_value(p, rx->cx, v, out);
}

static enum rc bind_all(struct rx *rx, const struct scene_value *v, int n, struct val values, int64_t record)
{
	for (int i = 0; i < n; i++)
		if (v[i].kind == SCENE_FILE) TRY(file_bind(rx, val_i64(val_get(values, v[i].field->name)), record));
	return RC_OK;
}

static enum rc given_rows(struct play *p, struct rx *rx, const struct scene_step *s, struct val values)
{
	for (int i = 0; i < s->n_rows; i++) {
		const struct scene_rows *r = s->rows[i];
		struct val list = val_get(values, r->table->name), row = val_map(p->arena), v;
		if (list.kind != VAL_LIST) list = val_list(p->arena);
		for (int k = 0; k < r->n_value; k++) {
			TRY(given_value(p, rx, &r->value[k], &v));
			val_set(p->arena, row, r->value[k].field->name, v);
		}
		val_push(p->arena, list, row);
		val_set(p->arena, values, r->table->name, list);
	}
	return RC_OK;
}

static enum rc give(struct play *p, struct rx *rx, const struct scene_step *s)
{
	const struct type_def *t = s->type;
	struct val values, v;
	TRY(form_defaults(rx, t, &values));
	struct record head = { .state = s->state ? s->state : t->state[0], .owner = rx->viewer.account, .author = rx->viewer.person, .org = rx->viewer.org,
		.division = rx->viewer.division };
	for (int i = 0; i < s->n_value; i++) {
		const struct field_def *f = s->value[i].field;
		TRY(given_value(p, rx, &s->value[i], &v));
		if (f->builtin == BUILTIN_ORG) head.org = val_i64(v);
		else if (f->builtin == BUILTIN_AUTHOR) head.author = val_i64(v);
		else if (f->builtin == BUILTIN_DIVISION) head.division = val_str(v);
		else if (f->builtin == BUILTIN_NUMBER) head.number = val_str(v);
		else val_set(p->arena, values, f->name, v);
	}
	TRY(given_rows(p, rx, s, values));
	if (t->division && val_get(values, t->division->name).kind == VAL_TEXT) head.division = val_str(val_get(values, t->division->name));
	if (!head.division.n) head.division = p->region->division;
	if (!head.state->draft && t->number.n && !head.number.n) TRY(record_number(rx, t, &head, values, &head.number));
	int64_t id;
	TRY(record_insert(rx, t, &head, values, &id));
	TRY(bind_all(rx, s->value, s->n_value, values, id));
	for (int i = 0, at; i < s->n_rows; i++) {
		for (int k = at = 0; k < i; k++) at += s->rows[k]->table == s->rows[i]->table;
		struct val row = val_at(val_get(values, s->rows[i]->table->name), (size_t)at);
		TRY(bind_all(rx, s->rows[i]->value, s->rows[i]->n_value, row, id));
	}
	struct event e = { .type = t->name, .record = id, .rev = 1, .act = STR("given"), .to = head.state->name };
	TRY(event_add(rx, &e));
	p->id[s->handle] = id;
	return RC_OK;
}

/* ---- who does what: what a form would send ---- */

struct form { struct play *p; struct rx *rx; struct val raw, files; };

static enum rc form_value(struct form *f, const struct scene_value *v, struct str path, struct val into)
{
	struct arena *a = f->p->arena;
	struct val typed;
	if (v->kind == SCENE_FILE) {
		struct upload u;
		TRY(sample_file(f->rx, v->file, str_fmt(a, "%.*s：%.*s", STRF(f->p->scene->name), STRF(v->file)), &u));
		struct val file = val_map(a);
		VAL_SET(a, file, "field", val_text(path));
		VAL_SET(a, file, "path", val_text(u.path));
		VAL_SET(a, file, "name", val_text(u.name));
		VAL_SET(a, file, "digest", val_text(u.digest));
		VAL_SET(a, file, "bytes", val_int(u.bytes));
		val_push(a, f->files, file);
		return RC_OK;
	}
	TRY(play_value(f->p, f->rx->cx, v, &typed));
	val_set(a, into, v->field->name, typed.kind == VAL_BOOL ? typed : val_text(form_text(f->rx, v->field, typed)));
	return RC_OK;
}

static enum rc form_fill(struct form *f, const struct scene_step *s)
{
	struct arena *a = f->p->arena;
	for (int i = 0; i < s->n_value; i++) TRY(form_value(f, &s->value[i], s->value[i].field->name, f->raw));
	for (int i = 0; i < s->n_rows; i++) {
		const struct scene_rows *r = s->rows[i];
		struct val list = val_get(f->raw, r->table->name), row = val_map(a);
		if (list.kind != VAL_LIST) list = val_list(a);
		for (int k = 0; k < r->n_value; k++)
			TRY(form_value(f, &r->value[k], str_fmt(a, "%.*s.%zu.%.*s", STRF(r->table->name), val_len(list) + 1, STRF(r->value[k].field->name)), row));
		val_push(a, list, row);
		val_set(a, f->raw, r->table->name, list);
	}
	return RC_OK;
}

/* A form shows only what the account may fill in; the command passes over the rest in silence, a scene must not. */
static enum rc editable(struct rx *rx, const struct scene_step *s, int64_t id)
{
	struct right right = access_new(rx, s->type);
	if (id) TRY(access_record(rx, s->type, id, &right));
	if (!right.see || !right.edit) return RC_OK;    /* the command says so itself */
	const struct label *closed = NULL;
	struct str name = STR("");
	for (int i = 0; i < s->n_value; i++) {
		const struct field_def *f = s->value[i].field;
		if (!f->by_system && mask_field(&right.editable, f)) continue;
		closed = &f->label;
		name = f->name;
	}
	for (int i = 0; i < s->n_rows; i++) {
		const struct table_def *t = s->rows[i]->table;
		if (mask_table(&right.editable, t)) continue;
		closed = &t->label;
		name = t->name;
	}
	if (!closed) return RC_OK;
	return fail_text(rx->cx, RC_DENIED, "scene.not_editable", IN_FIELD(name), str_fmt(rx->cx->arena, "“%.*s”不由此账户填写", STRF(closed->zh)),
		str_fmt(rx->cx->arena, "“%.*s” is not this account's to fill in", STRF(label_text(closed, LANG_EN))));
}

static enum rc command(struct play *p, struct cx *cx, const struct scene_step *s, struct val *reply)
{
	struct arena *a = p->arena;
	struct rx rx;
	int64_t id = s->kind == SCENE_CREATE ? 0 : p->id[s->kind == SCENE_COPY ? s->from : s->handle];
	TRY(play_rx(p, cx, s->account, &rx));
	if (s->kind != SCENE_CREATE && !id)
		return fail(cx, RC_MISSING, "scene.no_record", NOWHERE, "记录“%.*s”不存在", "there is no record “%.*s”", STRF(p->scene->handle[s->handle].name));
	struct form f = { p, &rx, val_map(a), val_list(a) };
	TRY(form_fill(&f, s));
	if (s->kind == SCENE_CREATE || s->kind == SCENE_EDIT) TRY(editable(&rx, s, id));
	struct val args = val_map(a), actor = val_map(a), notes = val_map(a), message = val_map(a);
	for (int i = 0; i < s->n_note; i++) val_set(a, notes, s->note[i].check, val_text(s->note[i].text));
	VAL_SET(a, args, "type", val_text(s->type->name));
	VAL_SET(a, args, "id", id ? val_int(id) : VNULL);
	VAL_SET(a, args, "values", f.raw);
	VAL_SET(a, args, "files", f.files);
	VAL_SET(a, args, "notes", notes);
	VAL_SET(a, args, "reason", val_text(s->reason));
	if (s->move) VAL_SET(a, args, "move", val_text(s->move->name));
	VAL_SET(a, actor, "account", val_int(play_person(p, s->account)->account));
	VAL_SET(a, message, "name", val_text(s->move ? STR("record.move") : s->kind == SCENE_DELETE ? STR("record.delete") :
		s->kind == SCENE_COPY ? STR("record.copy") : STR("record.save")));
	VAL_SET(a, message, "args", args);
	VAL_SET(a, message, "actor", actor);
	return command_run(p->office, cx, p->db, message, reply);
}

static bool names_it(const struct scene_step *s, const struct failure *f)
{
	if (f->level != LEVEL_ERROR) return false;
	if (s->check) return str_starts(f->zh, s->check->message.zh);
	return str_has(str_c(f->code), s->text) || str_has(f->zh, s->text) || str_has(f->en, s->text) || str_has(f->where.field, s->text);
}

static bool refused_as_said(struct play *p, const struct scene_step *s, const struct fails *fails)
{
	for (int i = 0; i < fails->n; i++)
		if (names_it(s, &fails->v[i])) return true;
	struct str by = s->check ? s->check->name : s->text;
	play_tell(p, s, "应因“%.*s”被拒绝，实际因：", "it should be refused by “%.*s”; it was refused by:", STRF(by));
	play_tell_fails(p, s, fails);
	return false;
}

static bool act(struct play *p, const struct scene_step *s)
{
	struct cx cx = play_cx(p);
	struct val reply = VNULL;
	if (db_savepoint(&cx, p->db) != RC_OK) return false;
	enum rc rc = command(p, &cx, s, &reply);
	if (rc != RC_OK) db_undo(p->db);
	else if (db_release(&cx, p->db) != RC_OK) return false;
	if (s->refused) {
		if (rc != RC_OK) return refused_as_said(p, s, &cx.fails);
		play_tell(p, s, "应被拒绝，实际办成了", "it should be refused; it was done");
		return false;
	}
	if (rc != RC_OK) {
		play_tell(p, s, "应办成，实际被拒绝：", "it should be done; it was refused:");
		play_tell_fails(p, s, &cx.fails);
		return false;
	}
	if ((s->kind == SCENE_CREATE || s->kind == SCENE_COPY) && !id_parse(val_str(VAL_GET(reply, "id")), &p->id[s->handle])) return false;
	if (s->kind == SCENE_DELETE) p->id[s->handle] = 0;
	return tick(p, s);
}

static bool find(struct play *p, const struct scene_step *s)
{
	struct cx cx = play_cx(p);
	int64_t count = 0, id = 0;
	if (scene_matches(p, &cx, s, &count, &id) != RC_OK) {
		play_tell_fails(p, s, &cx.fails);
		return false;
	}
	p->id[s->handle] = id;
	if (count != 1)
		play_tell(p, s, "应有 1 条“%.*s”记录，实际 %lld 条", "there should be 1 %.*s, there are %lld", STRF(s->type->name), (long long)count);
	return count == 1;
}

bool scene_do(struct play *p, const struct scene_step *s)
{
	struct cx cx = play_cx(p);
	struct rx rx;
	switch (s->kind) {
	case SCENE_DAY:
	case SCENE_WAIT: return set_clock(p, s);
	case SCENE_FIND: return find(p, s);
	case SCENE_GIVEN:
		if (play_rx(p, &cx, s->account, &rx) == RC_OK && give(p, &rx, s) == RC_OK) return true;
		play_tell(p, s, "记录不能放入：", "the record cannot be put in:");
		play_tell_fails(p, s, &cx.fails);
		return false;
	default: return act(p, s);
	}
}

#include "rec/command.h"

#include <string.h>

#include "base/pack.h"
#include "base/rng.h"
#include "base/time.h"
#include "rec/account.h"
#include "rec/bulk.h"
#include "rec/assignment.h"
#include "rec/criteria.h"
#include "rec/event.h"
#include "rec/file.h"
#include "rec/job.h"
#include "rec/link.h"
#include "rec/similar.h"
#include "rec/verdicts.h"

enum { IMPORT_DRAFT = -1, IMPORT_FAILED_MAX = 20, IMPORT_ROW_ARENA = 64 << 20 };

struct call { struct rx rx; struct office *office; struct val args, *reply; struct str remote; };

static enum rc arg_type(struct call *c, const struct type_def **t)
{
	*t = region_type(c->rx.region, val_str(VAL_GET(c->args, "type")));
	return *t ? RC_OK : rx_missing(&c->rx);
}

static enum rc arg_id(struct call *c, int64_t *id)
{
	struct val v = VAL_GET(c->args, "id");
	*id = val_i64(v);
	if (v.kind == VAL_TEXT && v.s.n && !id_parse(v.s, id)) return rx_missing(&c->rx);
	return RC_OK;
}

static enum rc arg_record(struct call *c, const struct type_def **t, int64_t *id) { TRY(arg_type(c, t)); return arg_id(c, id); }

static struct val arg_values(const struct call *c)
{
	struct val v = VAL_GET(c->args, "values");
	return v.kind == VAL_MAP ? v : val_map(c->rx.cx->arena);
}

static int64_t arg_rev(struct call *c)
{
	struct val v = VAL_GET(c->args, "rev");
	int64_t rev;
	if (v.kind == VAL_TEXT) return str_int(v.s, &rev) ? rev : -1;
	return val_is_null(v) ? -1 : val_i64(v);
}

static void answer_record(struct call *c, const struct type_def *t, int64_t id, int64_t rev, const struct state_def *state, struct str number)
{
	struct arena *a = c->rx.cx->arena;
	*c->reply = val_map(a);
	VAL_SET(a, *c->reply, "type", val_text(t->name));
	VAL_SET(a, *c->reply, "id", val_text(id_text(a, id)));
	VAL_SET(a, *c->reply, "rev", val_int(rev));
	VAL_SET(a, *c->reply, "state", val_text(state->name));
	VAL_SET(a, *c->reply, "number", val_text(number));
}

/* ---- files that came with a form ---- */

/* "report", or "evidence.2.paper" in a table: the field, and where its value goes in `raw`. */
static const struct field_def *upload_target(const struct type_def *t, struct str path, struct val raw, struct val *into)
{
	const struct field_def *f = type_field(t, path);
	*into = raw;
	if (f) return f->kind == FIELD_FILE ? f : NULL;
	struct str rest = path, table, row;
	int64_t n;
	if (!str_cut(&rest, '.', &table) || !str_cut(&rest, '.', &row) || !rest.p || !str_int(row, &n) || n < 1) return NULL;
	const struct table_def *td = type_table(t, table);
	f = td ? table_column(td, rest) : NULL;
	*into = val_at(val_get(raw, table), (size_t)n - 1);
	return f && f->kind == FIELD_FILE && into->kind == VAL_MAP ? f : NULL;
}

static enum rc keep_uploads(struct call *c, const struct type_def *t, int64_t record, struct val raw, const struct mask *editable)
{
	struct arena *a = c->rx.cx->arena;
	struct val files = VAL_GET(c->args, "files");
	bool good = true;
	for (size_t i = 0; i < val_len(files); i++) {
		struct val f = val_at(files, i), into;
		const struct field_def *field = upload_target(t, val_str(VAL_GET(f, "field")), raw, &into);
		if (!field || (editable && !mask_field(editable, field))) continue;
		struct upload u = { val_str(VAL_GET(f, "path")), val_str(VAL_GET(f, "name")), val_str(VAL_GET(f, "digest")), val_i64(VAL_GET(f, "bytes")) };
		int64_t id;
		if (file_keep(&c->rx, field, record, &u, &id) != RC_OK) good = false;
		else val_set(a, into, field->name, val_text(id_text(a, id)));
	}
	return good ? RC_OK : RC_INVALID;
}

static enum rc bind_files(struct call *c, const struct type_def *t, int64_t record, struct val values)
{
	for (int i = 0; i < t->n_field; i++)
		if (t->field[i]->kind == FIELD_FILE && val_i64(val_get(values, t->field[i]->name)))
			TRY(file_bind(&c->rx, val_i64(val_get(values, t->field[i]->name)), record));
	for (int i = 0; i < t->n_table; i++) {
		struct val rows = val_get(values, t->table[i]->name);
		for (size_t k = 0; k < val_len(rows); k++)
			for (int j = 0; j < t->table[i]->n_column; j++)
				if (t->table[i]->column[j]->kind == FIELD_FILE && val_i64(val_get(val_at(rows, k), t->table[i]->column[j]->name)))
					TRY(file_bind(&c->rx, val_i64(val_get(val_at(rows, k), t->table[i]->column[j]->name)), record));
	}
	return RC_OK;
}

/* ---- records ---- */

/* Outside drafts a record must be complete and hold its checks; warnings keep the notes they have. `rec` NULL: a new one. */
static enum rc stays_whole(struct rx *rx, const struct type_def *t, const struct record *rec, struct val values)
{
	struct val all = rec ? val_copy(rx->cx->arena, rec->values) : values, notes = val_map(rx->cx->arena);
	for (size_t i = 0; rec && i < val_len(values); i++) val_set(rx->cx->arena, all, values.map->v[i].key, values.map->v[i].val);
	enum rc complete = form_complete(rx, t, rec, all);
	if (complete != RC_OK && complete != RC_INVALID) return complete;
	struct check_list checks;
	TRY(form_checks(rx, t, rec, all, &checks));
	for (size_t i = 0; i < checks.n; i++)
		if (checks.v[i].check->level == LEVEL_WARNING) val_set(rx->cx->arena, notes, checks.v[i].name, val_text(STR("-")));
	TRY(form_judge(rx, &checks, notes));
	return complete;
}

static enum rc create(struct call *c, const struct type_def *t, struct val raw)
{
	struct rx *rx = &c->rx;
	if (!access_create(rx, t)) return rx_missing(rx);
	struct right right = access_new(rx, t);
	struct val values, given;
	TRY(form_defaults(rx, t, &values));
	enum rc files = keep_uploads(c, t, 0, raw, &right.editable);
	TRY(form_parse(rx, t, raw, &right.editable, &given));
	TRY(files);
	for (size_t i = 0; i < val_len(given); i++) val_set(rx->cx->arena, values, given.map->v[i].key, given.map->v[i].val);
	struct record head = { .state = t->state[0], .owner = rx->viewer.account, .author = rx->viewer.person, .org = rx->viewer.org,
		.division = rx->viewer.division };
	if (!head.state->draft) {
		TRY(stays_whole(rx, t, NULL, values));
		if (t->number.n) TRY(record_number(rx, t, &head, values, &head.number));
	}
	int64_t id;
	TRY(record_insert(rx, t, &head, values, &id));
	TRY(bind_files(c, t, id, values));
	struct event e = { .type = t->name, .record = id, .rev = 1, .act = STR("create"), .to = head.state->name,
		.changes = record_changes(rx, t, NULL, values), .remote = c->remote };
	TRY(event_add(rx, &e));
	TRY(draft_drop(rx, t, 0));
	answer_record(c, t, id, 1, head.state, head.number);
	return RC_OK;
}

/* Verdicts alone make nothing less whole: what else is wrong with a record must not stand in the way of saying so. */
static bool verdicts_alone(const struct type_def *t, struct val values)
{
	return t->criteria && val_len(values) == 1 && !val_is_null(val_get(values, t->criteria->name));
}

static enum rc save_record(struct call *c, const struct type_def *t, int64_t id, struct val raw)
{
	struct rx *rx = &c->rx;
	struct right right;
	TRY(access_record(rx, t, id, &right));
	if (!right.see) return rx_missing(rx);
	if (!right.edit) return fail(rx->cx, RC_DENIED, "record.not_editable", NOWHERE, "这条记录现在不由您修改", "this record is not yours to change now");
	struct mask all = mask_all();
	struct record rec;
	TRY(record_read(rx, t, id, &all, &rec));
	int64_t rev = arg_rev(c);
	if (rev >= 0 && rev != rec.rev) {
		enum rc rc = fail(rx->cx, RC_CONFLICT, "record.changed", NOWHERE, "有人在您之后修改了这条记录", "somebody changed this record after you opened it");
		fail_hint(rx->cx, "您填写的内容已保留；请核对新的内容后再保存", "what you typed is kept; compare with the new content, then save again");
		return rc;
	}
	struct val values;
	enum rc files = keep_uploads(c, t, id, raw, &right.editable);
	TRY(form_parse(rx, t, raw, &right.editable, &values));
	TRY(files);
	TRY(criteria_follow(rx, t, &rec, values));
	if (!rec.state->draft && !verdicts_alone(t, values)) TRY(stays_whole(rx, t, &rec, values));
	struct val changes = record_changes(rx, t, &rec, values);
	if (!val_len(changes)) {
		TRY(draft_drop(rx, t, id));
		answer_record(c, t, id, rec.rev, rec.state, rec.number);
		return RC_OK;
	}
	TRY(record_update(rx, t, &rec, values, rec.state, rec.number));
	struct event e = { .type = t->name, .record = id, .rev = rec.rev + 1, .act = STR("save"), .changes = changes, .remote = c->remote };
	TRY(event_add(rx, &e));
	TRY(draft_drop(rx, t, id));
	answer_record(c, t, id, rec.rev + 1, rec.state, rec.number);
	return RC_OK;
}

static enum rc save(struct call *c)
{
	const struct type_def *t;
	int64_t id;
	TRY(arg_record(c, &t, &id));
	return id ? save_record(c, t, id, arg_values(c)) : create(c, t, arg_values(c));
}

static enum rc move(struct call *c)
{
	const struct type_def *t;
	int64_t id;
	TRY(arg_record(c, &t, &id));
	struct val raw = arg_values(c);
	TRY(keep_uploads(c, t, id, raw, NULL));
	struct move_request req = { .move = val_str(VAL_GET(c->args, "move")), .reason = val_str(VAL_GET(c->args, "reason")), .raw = raw,
		.notes = VAL_GET(c->args, "notes"), .rev = arg_rev(c), .remote = c->remote };
	struct record after;
	TRY(flow_move(&c->rx, t, id, &req, &after));
	answer_record(c, t, id, after.rev, after.state, after.number);
	return RC_OK;
}

static enum rc drop(struct call *c)
{
	struct rx *rx = &c->rx;
	const struct type_def *t;
	int64_t id;
	TRY(arg_record(c, &t, &id));
	struct right right;
	TRY(access_record(rx, t, id, &right));
	if (!right.see) return rx_missing(rx);
	struct mask all = mask_all();
	struct record rec;
	TRY(record_read(rx, t, id, &all, &rec));
	if (!record_deletable(rx, &right, &rec))
		return fail(rx->cx, RC_CONFLICT, "record.not_draft", NOWHERE, "只有未提交过的草稿可以删除", "only a draft that was never filed can be deleted");
	TRY(record_delete(rx, t, &rec));
	struct event e = { .type = t->name, .record = id, .rev = rec.rev, .act = STR("delete"), .from = rec.state->name, .remote = c->remote };
	TRY(event_add(rx, &e));
	TRY(draft_drop(rx, t, id));
	*c->reply = val_map(rx->cx->arena);
	return RC_OK;
}

/* A new draft from a record: of what the viewer sees of it, all that the viewer may fill in anew. Files belong to one record. */
static void copy_values(struct rx *rx, const struct type_def *t, const struct record *from, const struct right *old, const struct right *now, struct val values)
{
	struct arena *a = rx->cx->arena;
	for (int i = 0; i < t->n_field; i++) {
		const struct field_def *f = t->field[i];
		bool wanted = !f->compute && !f->by_system && !f->unique && f->kind != FIELD_FILE && !t->not_copied[i];
		if (wanted && mask_field(&old->fields, f) && mask_field(&now->editable, f)) val_set(a, values, f->name, val_get(from->values, f->name));
	}
	for (int i = 0; i < t->n_table; i++) {
		const struct table_def *table = t->table[i];
		if (table->criteria || t->not_copied[t->n_field + i] || !mask_table(&old->fields, table) || !mask_table(&now->editable, table)) continue;
		struct val rows = val_copy(a, val_get(from->values, table->name));
		for (size_t k = 0; k < val_len(rows); k++)
			for (int j = 0; j < table->n_column; j++)
				if (table->column[j]->kind == FIELD_FILE) val_set(a, val_at(rows, k), table->column[j]->name, VNULL);
		val_set(a, values, table->name, rows);
	}
}

static enum rc copy(struct call *c)
{
	struct rx *rx = &c->rx;
	const struct type_def *t;
	struct mask all = mask_all();
	struct right old;
	struct record from;
	struct val values;
	int64_t id;
	TRY(arg_record(c, &t, &id));
	TRY(access_record(rx, t, id, &old));
	if (!old.see || !t->copies || !access_create(rx, t)) return rx_missing(rx);
	TRY(record_read(rx, t, id, &all, &from));
	if (from.sealed) from.values = val_map(rx->cx->arena);
	struct right now = access_new(rx, t);
	TRY(form_defaults(rx, t, &values));
	copy_values(rx, t, &from, &old, &now, values);
	struct record head = { .state = t->state[0], .owner = rx->viewer.account, .author = rx->viewer.person, .org = rx->viewer.org,
		.division = rx->viewer.division };
	TRY(record_insert(rx, t, &head, values, &id));
	struct event e = { .type = t->name, .record = id, .rev = 1, .act = STR("create"), .to = head.state->name, .reason = from.number,
		.changes = record_changes(rx, t, NULL, values), .remote = c->remote };
	TRY(event_add(rx, &e));
	answer_record(c, t, id, 1, head.state, STR(""));
	return RC_OK;
}

/* What stands in a form so far, and the time of it as the reply. */
static enum rc keep_typed(struct call *c, const struct type_def *t, int64_t id)
{
	TRY(draft_put(&c->rx, t, id, VAL_GET(c->args, "values")));
	*c->reply = val_map(c->rx.cx->arena);
	VAL_SET(c->rx.cx->arena, *c->reply, "saved_ms", val_int(c->rx.cx->now_ms));
	return RC_OK;
}

static enum rc autosave(struct call *c)
{
	const struct type_def *t;
	int64_t id;
	struct right right;
	TRY(arg_record(c, &t, &id));
	if (id) {
		TRY(access_record(&c->rx, t, id, &right));
		if (!right.see || !right.edit) return rx_missing(&c->rx);
	} else if (!access_create(&c->rx, t)) {
		return rx_missing(&c->rx);
	}
	return keep_typed(c, t, id);
}

static enum rc discard(struct call *c)
{
	const struct type_def *t;
	int64_t id;
	TRY(arg_record(c, &t, &id));
	*c->reply = val_map(c->rx.cx->arena);
	return draft_drop(&c->rx, t, id);
}

/* ---- import ---- */

/* What only a form can give later: a draft may still lack its tables and files. */
static bool for_later(const struct type_def *t, const struct failure *f)
{
	const struct field_def *field = type_field(t, f->where.field);
	return strcmp(f->code, "form.rows_min") == 0 || (strcmp(f->code, "form.required") == 0 && field && field->kind == FIELD_FILE);
}

/* Forget the failures since `from` that `later` says of; RC_OK when no other is left. */
static enum rc but_for(struct fails *fails, int from, int errors, const struct type_def *t, bool (*later)(const struct type_def *t, const struct failure *f))
{
	int kept = from;
	for (int i = from; i < fails->n; i++)
		if (later(t, &fails->v[i])) fails->errors--;
		else fails->v[kept++] = fails->v[i];
	fails->n = kept;
	return fails->errors == errors ? RC_OK : RC_INVALID;
}

/* A draft that is there already may stay unfinished. */
static bool unfinished(const struct type_def *t, const struct failure *f)
{
	(void)t;
	return strcmp(f->code, "form.rows_min") == 0 || strcmp(f->code, "form.required") == 0;
}

enum rc record_import_change(struct rx *rx, const struct type_def *t, struct str key, struct val raw, struct record *rec, struct val *values)
{
	struct fails *fails = &rx->cx->fails;
	struct str rest = key, id_part;
	struct mask all = mask_all();
	struct right right;
	int64_t id, rev;
	if (!str_cut(&rest, '.', &id_part) || !rest.p || !id_parse(id_part, &id) || !str_int(rest, &rev)) return rx_missing(rx);
	TRY(access_record(rx, t, id, &right));
	if (!right.see) return rx_missing(rx);
	if (!right.edit) return fail(rx->cx, RC_DENIED, "record.not_editable", NOWHERE, "这条记录现在不由您修改", "this record is not yours to change now");
	TRY(record_read(rx, t, id, &all, rec));
	if (rev != rec->rev) return fail(rx->cx, RC_CONFLICT, "import.changed", NOWHERE, "下载之后记录又有修改，请重新下载", "it was changed after you downloaded it: download it again");
	TRY(form_parse(rx, t, raw, &right.editable, values));
	TRY(criteria_follow(rx, t, rec, *values));
	if (!rec->state->draft) return stays_whole(rx, t, rec, *values);
	struct val whole = val_copy(rx->cx->arena, rec->values);
	for (size_t i = 0; i < val_len(*values); i++) val_set(rx->cx->arena, whole, values->map->v[i].key, values->map->v[i].val);
	int from = fails->n, errors = fails->errors;
	enum rc rc = form_complete(rx, t, rec, whole);
	return rc == RC_INVALID ? but_for(fails, from, errors, t, unfinished) : rc;
}

static enum rc import_change(struct rx *rx, const struct type_def *t, struct str key, struct val raw, struct str remote)
{
	struct record rec;
	struct val values;
	TRY(record_import_change(rx, t, key, raw, &rec, &values));
	struct val changes = record_changes(rx, t, &rec, values);
	if (!val_len(changes)) return RC_OK;
	TRY(record_update(rx, t, &rec, values, rec.state, rec.number));
	struct event e = { .type = t->name, .record = rec.id, .rev = rec.rev + 1, .act = STR("import"), .changes = changes, .remote = remote };
	TRY(event_add(rx, &e));
	return draft_drop(rx, t, rec.id);
}

enum rc record_import_values(struct rx *rx, const struct type_def *t, struct val raw, struct val *values)
{
	struct right right = access_new(rx, t);
	struct fails *fails = &rx->cx->fails;
	struct val all, given;
	TRY(form_defaults(rx, t, &all));
	TRY(form_parse(rx, t, raw, &right.editable, &given));
	for (size_t i = 0; i < val_len(given); i++) val_set(rx->cx->arena, all, given.map->v[i].key, given.map->v[i].val);
	int from = fails->n, errors = fails->errors;
	enum rc rc = t->state[0]->draft ? form_complete(rx, t, NULL, all) : stays_whole(rx, t, NULL, all);
	if (rc == RC_INVALID && t->state[0]->draft) rc = but_for(fails, from, errors, t, for_later);
	TRY(rc);
	*values = all;
	return RC_OK;
}

static enum rc record_import(struct rx *rx, const struct type_def *t, struct val raw, struct str remote)
{
	struct val values;
	int64_t id;
	TRY(record_import_values(rx, t, raw, &values));
	struct record head = { .state = t->state[0], .owner = rx->viewer.account, .author = rx->viewer.person, .org = rx->viewer.org,
		.division = rx->viewer.division };
	if (!head.state->draft && t->number.n) TRY(record_number(rx, t, &head, values, &head.number));
	TRY(record_insert(rx, t, &head, values, &id));
	struct event e = { .type = t->name, .record = id, .rev = 1, .act = STR("import"), .to = head.state->name,
		.changes = record_changes(rx, t, NULL, values), .remote = remote };
	return event_add(rx, &e);
}

static enum rc no_rows(struct cx *cx)
{
	enum rc rc = fail(cx, RC_CONFLICT, "import.nothing", NOWHERE, "没有待导入的数据，或已经导入", "there is nothing to import, or it was imported already");
	fail_hint(cx, "请重新上传文件", "upload the file again");
	return rc;
}

/* Rows that were looked at wait as the account's draft; each is a packed [line, {field: text}], with the key of the record that it changes. */
static enum rc import_stage(struct call *c)
{
	struct arena *a = c->rx.cx->arena;
	const struct type_def *t;
	TRY(arg_type(c, &t));
	if (!access_fill(&c->rx, t)) return rx_missing(&c->rx);
	struct val rows = VAL_GET(c->args, "rows");
	if (rows.kind != VAL_LIST || !val_len(rows)) return no_rows(c->rx.cx);
	if (val_len(rows) > IMPORT_ROWS_MAX)
		return fail(c->rx.cx, RC_LIMIT, "import.rows", NOWHERE, "一次最多导入 %d 行", "at most %d rows at a time", IMPORT_ROWS_MAX);
	TRY(draft_put(&c->rx, t, IMPORT_DRAFT, rows));
	*c->reply = val_map(a);
	VAL_SET(a, *c->reply, "token", val_text(str_fmt(a, "%lld", (long long)c->rx.cx->now_ms)));
	return RC_OK;
}

/* A row's failures, with its place in the file. */
static void fail_row(struct cx *cx, int64_t line, const struct fails *fails)
{
	for (int i = 0; i < fails->n; i++) {
		const struct failure *f = &fails->v[i];
		struct where at = { .line = (int)line, .field = str_dup(cx->arena, f->where.field) };
		(void)fail_text(cx, RC_INVALID, str_dup(cx->arena, str_c(f->code)).p, at,
			str_fmt(cx->arena, "第 %lld 行：%.*s", (long long)line, STRF(f->zh)), str_fmt(cx->arena, "row %lld: %.*s", (long long)line, STRF(f->en)));
		fail_hint_text(cx, str_dup(cx->arena, f->hint_zh), str_dup(cx->arena, f->hint_en));
	}
}

/* One row in memory of its own: thousands of them would fill the command's. */
static enum rc import_one(struct call *c, const struct type_def *t, struct arena *a, struct str packed)
{
	struct cx cx = { .arena = a, .lang = c->rx.cx->lang, .now_ms = c->rx.cx->now_ms };
	struct rx rx = c->rx;
	struct val row = VNULL;
	rx.cx = &cx;
	enum rc rc = val_unpack(&cx, packed, &row);
	struct str key = val_str(val_at(row, 2));
	if (rc == RC_OK && key.n) rc = import_change(&rx, t, key, val_at(row, 1), c->remote);
	else if (rc == RC_OK) rc = access_create(&rx, t) ? record_import(&rx, t, val_at(row, 1), c->remote) : rx_missing(&rx);
	if (rc != RC_OK) fail_row(c->rx.cx, val_i64(val_at(row, 0)), &cx.fails);
	arena_reset(a);
	return rc;
}

/* All of the staged rows or none: a failure undoes the command. */
static enum rc import_apply(struct call *c)
{
	struct rx *rx = &c->rx;
	const struct type_def *t;
	struct val rows;
	int64_t saved_ms;
	TRY(arg_type(c, &t));
	if (!access_fill(rx, t)) return rx_missing(rx);
	TRY(draft_get(rx, t, IMPORT_DRAFT, &rows, &saved_ms));
	struct str token = val_str(VAL_GET(c->args, "token"));
	if (rows.kind != VAL_LIST) return no_rows(rx->cx);
	if (!str_eq(token, str_fmt(rx->cx->arena, "%lld", (long long)saved_ms)))
		return fail(rx->cx, RC_CONFLICT, "import.other", NOWHERE, "此后您又上传了另一个文件，请核对后再导入", "you uploaded another file since: look at that one");
	struct arena *row = arena_new(IMPORT_ROW_ARENA);
	enum rc rc = RC_OK;
	int bad = 0;
	for (size_t i = 0; i < val_len(rows) && bad < IMPORT_FAILED_MAX; i++) {
		enum rc one = import_one(c, t, row, val_str(val_at(rows, i)));
		if (one == RC_OK) continue;
		rc = one;
		bad++;
		if (one == RC_IO || one == RC_BUSY) break;
	}
	arena_free(row);
	TRY(rc);
	TRY(draft_drop(rx, t, IMPORT_DRAFT));
	*c->reply = val_map(rx->cx->arena);
	VAL_SET(rx->cx->arena, *c->reply, "imported", val_int((int64_t)val_len(rows)));
	return RC_OK;
}

/* ---- the rest ---- */

enum rc clock_offset(struct cx *cx, struct db *db, int64_t *offset_ms)
{
	struct rows *r;
	bool more;
	*offset_ms = 0;
	TRY(db_rows(cx, db, SQL("SELECT value FROM setting WHERE name = 'clock_offset_ms'"), NO_PARAMS, &r));
	enum rc rc = db_step(cx, r, &more);
	if (rc == RC_OK && more && !str_int(row_text(r, 0), offset_ms)) *offset_ms = 0;
	rows_done(r);
	return rc;
}

/* Only a demonstration has a clock that can be moved, and only forward: what was decided stays decided. */
static enum rc set_clock(struct call *c)
{
	struct rx *rx = &c->rx;
	int64_t add = val_i64(VAL_GET(c->args, "add_ms"));
	if (!rx->region->demo) return rx_missing(rx);
	if (add <= 0 || add > (int64_t)400 * DAY_MS)
		return fail(rx->cx, RC_INVALID, "clock.step", IN_FIELD(STR("add")), "演示时钟只能向前拨，每次最多 400 天", "the demonstration clock only moves forward, at most 400 days at a time");
	c->office->clock_offset_ms += add;
	TRY(db_run(rx->cx, rx->db, SQL("DELETE FROM setting WHERE name = 'clock_offset_ms'"), NO_PARAMS));
	TRY(db_run(rx->cx, rx->db, SQL("INSERT INTO setting (name, value) VALUES ('clock_offset_ms', ?)"),
		P(p_text(str_fmt(rx->cx->arena, "%lld", (long long)c->office->clock_offset_ms)))));
	struct event e = { .type = STR("clock"), .act = STR("advance"), .reason = str_fmt(rx->cx->arena, "%lld ms", (long long)add), .remote = c->remote };
	return event_add(rx, &e);
}

static enum rc signed_in(struct call *c) { return account_signed_in(&c->rx, c->args, c->remote); }
static enum rc refused(struct call *c) { return account_refused(&c->rx, c->args); }
static enum rc signed_out(struct call *c) { return account_signed_out(&c->rx, c->args, c->remote); }
static enum rc password(struct call *c) { return account_password(&c->rx, c->args); }

static enum rc account_state_set(struct call *c) { return account_state(&c->rx, c->args); }
static enum rc account_reset_set(struct call *c) { return account_reset(&c->rx, c->args); }
static enum rc account_roles_set(struct call *c) { return account_roles(&c->rx, c->args); }

static void answer_id(struct call *c, int64_t id)
{
	*c->reply = val_map(c->rx.cx->arena);
	VAL_SET(c->rx.cx->arena, *c->reply, "id", val_text(id_text(c->rx.cx->arena, id)));
}

static enum rc account_opened(struct call *c)
{
	int64_t id;
	TRY(account_open(&c->rx, c->args, &id));
	answer_id(c, id);
	return RC_OK;
}

static enum rc bulk_staged(struct call *c)
{
	int64_t id;
	TRY(bulk_stage(&c->rx, c->args, &id));
	answer_id(c, id);
	return RC_OK;
}

static enum rc bulk_started(struct call *c) { return bulk_start(&c->rx, c->args, c->remote); }

/* ---- verdicts on many records ---- */

static enum rc verdict_type(struct call *c, const struct type_def **t)
{
	const struct state_def *one;
	TRY(arg_type(c, t));
	return verdicts_states(&c->rx, *t, &one, 1) ? RC_OK : rx_missing(&c->rx);
}

/* One record, {id, rev, rows: [{measure, criterion, verdict, note}]}, in memory and a savepoint of its own: another that somebody changed
   meanwhile must not cost these verdicts. Fails only when the database does; what else went wrong is told in `failed`. */
static enum rc verdicts_one(struct call *c, const struct type_def *t, struct val one, struct arena *memory, struct val failed)
{
	struct arena *a = c->rx.cx->arena;
	struct cx cx = { .arena = memory, .lang = c->rx.cx->lang, .now_ms = c->rx.cx->now_ms };
	struct val reply, raw = val_map(memory);
	struct call own = { .rx = c->rx, .office = c->office, .args = one, .reply = &reply, .remote = c->remote };
	int64_t id;
	own.rx.cx = &cx;
	TRY(db_savepoint(c->rx.cx, c->rx.db));
	val_set(memory, raw, t->criteria->name, VAL_GET(one, "rows"));
	enum rc rc = arg_id(&own, &id);
	if (rc == RC_OK) rc = id ? save_record(&own, t, id, raw) : rx_missing(&own.rx);
	if (rc == RC_OK) return db_release(c->rx.cx, c->rx.db);
	db_undo(c->rx.db);
	if (rc == RC_IO || rc == RC_BUSY || !db_active(c->rx.db)) {
		fail_copy(c->rx.cx, &cx.fails);
		return rc == RC_BUSY ? RC_BUSY : RC_IO;
	}
	const struct failure *f = cx.fails.n ? &cx.fails.v[0] : NULL;
	val_push(a, failed, VAL_OF(a, { STR("id"), val_copy(a, VAL_GET(one, "id")) }, { STR("zh"), val_text(str_dup(a, f ? f->zh : STR(""))) },
		{ STR("en"), val_text(str_dup(a, f ? f->en : STR(""))) }, { STR("conflict"), val_bool(rc == RC_CONFLICT) }));
	return RC_OK;
}

/* {type, records, keep, move, ids} → {saved, failed: [{id, zh, en}], bulk}: each record by itself; `keep` is what stays in the working copy;
   where all went well and a move is named, its batch is staged for `ids`. */
static enum rc verdicts_save(struct call *c)
{
	struct rx *rx = &c->rx;
	struct arena *a = rx->cx->arena;
	const struct type_def *t;
	TRY(verdict_type(c, &t));
	struct val records = VAL_GET(c->args, "records"), keep = VAL_GET(c->args, "keep"), failed = val_list(a), move = VAL_GET(c->args, "move");
	if (val_len(records) > VERDICTS_MAX) return fail(rx->cx, RC_LIMIT, "verdicts.many", NOWHERE, "一次最多 %d 条", "at most %d at a time", VERDICTS_MAX);
	struct arena *memory = arena_new(IMPORT_ROW_ARENA);
	enum rc rc = RC_OK;
	for (size_t i = 0; i < val_len(records) && rc == RC_OK; i++) {
		rc = verdicts_one(c, t, val_at(records, i), memory, failed);
		arena_reset(memory);
	}
	arena_free(memory);
	TRY(rc);
	if (!val_len(failed)) TRY(val_len(keep) ? draft_put(rx, t, VERDICT_DRAFT, keep) : draft_drop(rx, t, VERDICT_DRAFT));
	*c->reply = val_map(a);
	VAL_SET(a, *c->reply, "saved", val_int((int64_t)(val_len(records) - val_len(failed))));
	VAL_SET(a, *c->reply, "failed", failed);
	if (val_len(failed) || !val_str(move).n) return RC_OK;
	int64_t bulk;
	TRY(bulk_stage(rx, c->args, &bulk));
	VAL_SET(a, *c->reply, "bulk", val_text(id_text(a, bulk)));
	return RC_OK;
}

static enum rc verdicts_keep(struct call *c)
{
	const struct type_def *t;
	TRY(verdict_type(c, &t));
	return keep_typed(c, t, VERDICT_DRAFT);
}

static enum rc touch(struct call *c)
{
	return db_run(c->rx.cx, c->rx.db, SQL("UPDATE session SET seen_ms = ? WHERE id_hash = ?"),
		P(p_int(c->rx.cx->now_ms), p_text(val_str(VAL_GET(c->args, "id_hash")))));
}

static enum rc token_make(struct call *c)
{
	struct rx *rx = &c->rx;
	TRY(db_run(rx->cx, rx->db, SQL("INSERT INTO api_token (id_hash, account_id, scopes, name, created_ms, expires_ms) VALUES (?, ?, ?, ?, ?, ?)"),
		P(p_text(val_str(VAL_GET(c->args, "id_hash"))), p_int(rx->viewer.account), p_text(val_str(VAL_GET(c->args, "scopes"))),
			p_text(val_str(VAL_GET(c->args, "name"))), p_int(rx->cx->now_ms), p_int(rx->cx->now_ms + (int64_t)365 * DAY_MS))));
	struct event e = { .type = STR("account"), .record = rx->viewer.account, .act = STR("token"), .reason = val_str(VAL_GET(c->args, "scopes")), .remote = c->remote };
	return event_add(rx, &e);
}

static enum rc token_revoke(struct call *c)
{
	struct rx *rx = &c->rx;
	TRY(db_run(rx->cx, rx->db, SQL("UPDATE api_token SET revoked = 1 WHERE account_id = ? AND name = ?"),
		P(p_int(rx->viewer.account), p_text(val_str(VAL_GET(c->args, "name"))))));
	struct event e = { .type = STR("account"), .record = rx->viewer.account, .act = STR("token-revoke"), .remote = c->remote };
	return event_add(rx, &e);
}

static enum rc propose(struct call *c) { return assignment_do_propose(&c->rx, c->args, c->remote, c->reply); }
static enum rc publish(struct call *c) { return assignment_do_publish(&c->rx, c->args, c->remote, c->reply); }

static enum rc link_make_set(struct call *c) { return link_make(&c->rx, c->args, c->remote); }
static enum rc link_revoke_set(struct call *c) { return link_revoke(&c->rx, c->args, c->remote); }

/* By somebody who has not signed in: the link is all that is known, and it is judged by the installation's clock. */
static enum rc link_used_set(struct call *c)
{
	c->rx.cx->now_ms += c->office->clock_offset_ms;
	return link_used(&c->rx, c->args, c->remote);
}

/* From the jobs process: texts were fed to the index, one was compared, or all is to be fed anew. */
static enum rc similar_fed_set(struct call *c) { return similar_do_fed(&c->rx, c->args); }
static enum rc similar_reset_set(struct call *c) { return similar_do_reset(&c->rx, c->args); }

static enum rc similar_compared_set(struct call *c) { return similar_do_compared(&c->rx, c->args); }

/* From the jobs process: a notice went out, or will not. */
static enum rc mail_sent(struct call *c)
{
	struct str error = val_str(VAL_GET(c->args, "error"));
	return db_run(c->rx.cx, c->rx.db, SQL("UPDATE mail SET state = ?, sent_ms = ?, error = ? WHERE id = ? AND state = 'queued'"),
		P(p_text(error.n ? STR("failed") : STR("sent")), p_int(c->rx.cx->now_ms), p_text(error), p_int(val_i64(VAL_GET(c->args, "id")))));
}

static enum rc job_asked(struct call *c)
{
	int64_t id;
	TRY(job_ask(&c->rx, c->args, c->remote, &id));
	answer_id(c, id);
	return RC_OK;
}

static enum rc job_cancelled(struct call *c) { return job_cancel(&c->rx, c->args, c->remote); }
static enum rc job_was_taken(struct call *c) { return job_taken(&c->rx, c->args, c->remote); }

/* From the jobs process. */
static enum rc job_goes(struct call *c, enum rc (*run)(struct rx *rx, struct val args, bool *go))
{
	bool go;
	c->rx.cx->now_ms += c->office->clock_offset_ms;
	TRY(run(&c->rx, c->args, &go));
	*c->reply = val_map(c->rx.cx->arena);
	VAL_SET(c->rx.cx->arena, *c->reply, "go", val_bool(go));
	return RC_OK;
}

static enum rc job_begins(struct call *c) { return job_goes(c, job_take); }
static enum rc job_noted(struct call *c) { return job_goes(c, job_note); }

static enum rc job_ended(struct call *c)
{
	c->rx.cx->now_ms += c->office->clock_offset_ms;
	return job_end(&c->rx, c->args);
}

static enum rc job_swept(struct call *c)
{
	c->rx.cx->now_ms += c->office->clock_offset_ms;
	return job_sweep(&c->rx);
}

/* `open`: about sessions: comes from our own processes before anybody is signed in, and goes by the real clock. */
static const struct { const char *name; enum rc (*run)(struct call *c); bool open; } commands[] = {
	{ "record.save", save, false },
	{ "record.move", move, false },
	{ "record.copy", copy, false },
	{ "record.delete", drop, false },
	{ "bulk.stage", bulk_staged, false },
	{ "bulk.start", bulk_started, false },
	{ "draft.put", autosave, false },
	{ "draft.drop", discard, false },
	{ "verdicts.save", verdicts_save, false },
	{ "verdicts.keep", verdicts_keep, false },
	{ "import.stage", import_stage, false },
	{ "import.apply", import_apply, false },
	{ "assignment.propose", propose, false },
	{ "assignment.publish", publish, false },
	{ "session.open", signed_in, true },
	{ "session.refused", refused, true },
	{ "session.close", signed_out, false },
	{ "session.touch", touch, true },
	{ "account.password", password, false },
	{ "account.open", account_opened, false },
	{ "account.state", account_state_set, false },
	{ "account.reset", account_reset_set, false },
	{ "account.roles", account_roles_set, false },
	{ "token.make", token_make, false },
	{ "token.revoke", token_revoke, false },
	{ "link.make", link_make_set, false },
	{ "link.revoke", link_revoke_set, false },
	{ "link.used", link_used_set, true },
	{ "clock.advance", set_clock, false },
	{ "mail.sent", mail_sent, true },
	{ "similar.fed", similar_fed_set, true },
	{ "similar.compared", similar_compared_set, true },
	{ "similar.reset", similar_reset_set, true },
	{ "job.ask", job_asked, false },
	{ "job.cancel", job_cancelled, false },
	{ "job.taken", job_was_taken, false },
	{ "job.take", job_begins, true },
	{ "job.note", job_noted, true },
	{ "job.end", job_ended, true },
	{ "job.sweep", job_swept, true },
};

enum rc command_run(void *ctx, struct cx *cx, struct db *db, struct val command, struct val *reply)
{
	struct office *office = ctx;
	struct str name = val_str(VAL_GET(command, "name"));
	*reply = VNULL;
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		if (!str_is(name, commands[i].name)) continue;
		if (!commands[i].open) cx->now_ms += office->clock_offset_ms;
		struct call c = { .office = office, .args = VAL_GET(command, "args"), .reply = reply, .remote = val_str(VAL_GET(command, "remote")) };
		c.rx = (struct rx){ .cx = cx, .db = db, .region = office->region, .vault = office->vault, .ids = &office->ids, .region_rev = office->region_rev };
		int64_t account = val_i64(VAL_GET(VAL_GET(command, "actor"), "account"));
		if (account) TRY(account_viewer(cx, db, office->region, account, &c.rx.viewer));
		else if (!commands[i].open) return fail(cx, RC_DENIED, "command.signed_out", NOWHERE, "请先登录", "sign in first");
		return commands[i].run(&c);
	}
	return fail(cx, RC_INVALID, "command.unknown", NOWHERE, "没有命令“%.*s”", "no command “%.*s”", STRF(name));
}

enum rc command_tick(void *ctx, struct cx *cx, struct db *db)
{
	struct office *office = ctx;
	cx->now_ms += office->clock_offset_ms;
	struct rx rx = { .cx = cx, .db = db, .region = office->region, .vault = office->vault, .ids = &office->ids, .region_rev = office->region_rev,
		.viewer = { .system = true } };
	int done;
	/* What closes by itself waits for those who asked in time and are still sending. */
	cx->now_ms -= REQUEST_GRACE_MS;
	TRY(flow_tick(&rx, 200, &done));
	cx->now_ms += REQUEST_GRACE_MS;
	rx.viewer = (struct viewer){ 0 };
	return bulk_tick(&rx);
}

#include "rec/bulk.h"

#include <stdlib.h>

#include "base/pack.h"
#include "base/rng.h"
#include "base/time.h"
#include "rec/account.h"
#include "rec/event.h"

enum { ROW_ARENA = 64 << 20, BODY_MAX = 1 << 20, KEEP_STAGED_MS = 7 * DAY_MS };

bool bulk_offers(const struct rx *rx, const struct move_def *m)
{
	bool mine = false;
	for (int i = 0; i < m->n_by; i++) mine = mine || (m->by[i].who != WHO_SYSTEM && grant_names(&m->by[i], &rx->viewer));
	for (int i = 0; i < m->n_ask; i++)
		if (m->ask[i]->kind == FIELD_FILE || m->ask[i]->sealed) return false;
	return mine && rx->viewer.account;
}

/* ---- reading ---- */

enum rc bulk_read(struct rx *rx, int64_t id, struct bulk *out)
{
	struct arena *a = rx->cx->arena;
	struct rows *r;
	bool more;
	TRY(db_rows(rx->cx, rx->db, SQL("SELECT b.type, b.move, b.state, b.reason, b.account_id, b.made_ms, b.started_ms, b.ended_ms, "
		"(SELECT COUNT(*) FROM bulk_row w WHERE w.bulk = b.id), (SELECT COUNT(*) FROM bulk_row w WHERE w.bulk = b.id AND w.state = 'done'), "
		"(SELECT COUNT(*) FROM bulk_row w WHERE w.bulk = b.id AND w.state = 'skipped') FROM bulk b WHERE b.id = ?"), P(p_int(id)), &r));
	struct bulk b = { .id = id };
	enum rc rc = db_step(rx->cx, r, &more);
	if (rc == RC_OK && more) {
		b.type = region_type(rx->region, row_text(r, 0));
		b.move = b.type ? type_move(b.type, row_text(r, 1)) : NULL;
		b.state = str_dup(a, row_text(r, 2));
		b.reason = str_dup(a, row_text(r, 3));
		b.account = row_int(r, 4);
		b.made_ms = row_int(r, 5);
		b.started_ms = row_int(r, 6);
		b.ended_ms = row_int(r, 7);
		b.rows = row_int(r, 8);
		b.done = row_int(r, 9);
		b.skipped = row_int(r, 10);
	}
	rows_done(r);
	TRY(rc);
	/* Gone too when the declarations no longer know its type or move. */
	if (!b.move || b.account != rx->viewer.account) return rx_missing(rx);
	*out = b;
	return RC_OK;
}

enum rc bulk_rows_read(struct rx *rx, const struct bulk *b, struct bulk_rows *out)
{
	struct arena *a = rx->cx->arena;
	struct rows *r;
	struct bulk_rows list = { 0 };
	TRY(db_rows(rx->cx, rx->db, SQL("SELECT record, rev, state, why_zh, why_en FROM bulk_row WHERE bulk = ? ORDER BY pos"), P(p_int(b->id)), &r));
	enum rc rc;
	bool more;
	while ((rc = db_step(rx->cx, r, &more)) == RC_OK && more) {
		struct bulk_row row = { row_int(r, 0), row_int(r, 1), STR(""), STR(""), STR("") };
		struct str state = row_text(r, 2);
		row.state = str_is(state, "done") ? STR("done") : str_is(state, "skipped") ? STR("skipped") : STR("waiting");
		if (row_text(r, 3).n) row.zh = str_dup(a, row_text(r, 3)), row.en = str_dup(a, row_text(r, 4));
		VEC_PUSH(a, &list, row);
	}
	rows_done(r);
	if (rc == RC_OK) *out = list;
	return rc;
}

/* ---- one row, in memory of its own: thousands of them would fill the command's ---- */

/* Why it was refused: what is in the way, each thing once. Kept in `keep`; the same text as the row before is the same bytes. */
static void tell_why(struct arena *keep, const struct fails *fails, const struct bulk_row *before, struct bulk_row *row)
{
	enum { SAID = 3 };
	struct str zh[SAID] = { { 0 } }, en[SAID] = { { 0 } };
	size_t n = 0;
	for (int i = 0; i < fails->n && n < SAID; i++) {
		if (fails->v[i].level != LEVEL_ERROR) continue;
		zh[n] = fails->v[i].zh;
		en[n++] = fails->v[i].en;
	}
	struct str all_zh = str_join(keep, zh, n, STR("；")), all_en = str_join(keep, en, n, STR("; "));
	if (!n) all_zh = STR("未能办理"), all_en = STR("could not be done");
	row->state = STR("skipped");
	row->zh = before && str_eq(before->zh, all_zh) ? before->zh : all_zh;
	row->en = before && str_eq(before->en, all_en) ? before->en : all_en;
}

static struct rx row_rx(const struct rx *rx, struct cx *cx)
{
	struct rx own = *rx;
	own.cx = cx;
	return own;
}

enum rc bulk_look(struct rx *rx, const struct bulk *b, struct val raw, struct str reason, bool answered, struct bulk_rows *rows)
{
	struct arena *memory = arena_new(ROW_ARENA);
	enum rc rc = RC_OK;
	for (size_t i = 0; i < rows->n && rc == RC_OK; i++) {
		struct bulk_row *row = &rows->v[i];
		struct cx cx = { .arena = memory, .lang = rx->cx->lang, .now_ms = rx->cx->now_ms };
		struct rx own = row_rx(rx, &cx);
		struct move_request req = { .move = b->move->name, .reason = reason, .raw = raw, .notes = VNULL, .rev = row->rev };
		enum rc one = flow_look(&own, b->type, row->record, &req, answered);
		if (one == RC_OK) row->state = STR("done");
		else if (one == RC_IO || one == RC_BUSY) fail_copy(rx->cx, &cx.fails), rc = one;
		else tell_why(rx->cx->arena, &cx.fails, i ? row - 1 : NULL, row);
		arena_reset(memory);
	}
	arena_free(memory);
	return rc;
}

/* ---- staging ---- */

static enum rc stage_row(struct rx *rx, const struct type_def *t, int64_t bulk, int64_t pos, int64_t record)
{
	struct query q = query_new(rx, t);
	int64_t rev = -1;
	bool found;
	Q(&q, "SELECT ");
	query_column(&q, 0, "rev");
	Q(&q, " FROM ");
	query_table(&q, t, 0);
	Q(&q, " WHERE ");
	query_column(&q, 0, "id");
	Q(&q, " = ");
	query_int(&q, record);
	TRY(query_one_int(&q, &rev, &found));
	return db_run(rx->cx, rx->db, SQL("INSERT INTO bulk_row (bulk, pos, record, rev, state, why_zh, why_en) VALUES (?, ?, ?, ?, 'waiting', '', '')"),
		P(p_int(bulk), p_int(pos), p_int(record), p_int(rev)));
}

static int by_id(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

/* The ids given, in their order, each once. */
static enum rc chosen_ids(struct rx *rx, struct val list, int64_t **out, size_t *n)
{
	size_t len = val_len(list), kept = 0;
	if (list.kind != VAL_LIST || !len) return fail(rx->cx, RC_INVALID, "bulk.nothing", NOWHERE, "请先选择要办理的行", "choose the rows first");
	if (len > BULK_MAX) return fail(rx->cx, RC_LIMIT, "bulk.rows", NOWHERE, "一次最多办理 %d 条，请缩小条件", "at most %d at a time: narrow the list", BULK_MAX);
	int64_t *id = ARENA_ARRAY(rx->cx->arena, int64_t, len), *sorted = ARENA_ARRAY(rx->cx->arena, int64_t, len);
	for (size_t i = 0; i < len; i++) {
		struct val v = val_at(list, i);
		id[i] = v.kind == VAL_INT ? v.i : 0;
		if (v.kind == VAL_TEXT && !id_parse(v.s, &id[i])) return rx_missing(rx);
		sorted[i] = id[i];
	}
	qsort(sorted, len, sizeof *sorted, by_id);
	bool *taken = ARENA_ARRAY(rx->cx->arena, bool, len);
	for (size_t i = 0; i < len; i++) {
		const int64_t *at = bsearch(&id[i], sorted, len, sizeof *sorted, by_id);
		while (at > sorted && at[-1] == id[i]) at--;
		if (taken[at - sorted]) continue;
		taken[at - sorted] = true;
		id[kept++] = id[i];
	}
	*out = id;
	*n = kept;
	return RC_OK;
}

enum rc bulk_stage(struct rx *rx, struct val args, int64_t *id)
{
	const struct type_def *t = region_type(rx->region, val_str(VAL_GET(args, "type")));
	const struct move_def *m = t ? type_move(t, val_str(VAL_GET(args, "move"))) : NULL;
	int64_t *record, bulk = id_next(rx->ids, rx->cx->now_ms);
	size_t n;
	if (!m || !access_type(rx, t) || !bulk_offers(rx, m)) return rx_missing(rx);
	TRY(chosen_ids(rx, VAL_GET(args, "ids"), &record, &n));
	/* What was never confirmed does not stay. */
	TRY(db_run(rx->cx, rx->db, SQL("DELETE FROM bulk_row WHERE bulk IN (SELECT id FROM bulk WHERE state = 'staged' AND made_ms < ?)"),
		P(p_int(rx->cx->now_ms - KEEP_STAGED_MS))));
	TRY(db_run(rx->cx, rx->db, SQL("DELETE FROM bulk WHERE state = 'staged' AND made_ms < ?"), P(p_int(rx->cx->now_ms - KEEP_STAGED_MS))));
	TRY(db_run(rx->cx, rx->db, SQL("INSERT INTO bulk (id, account_id, type, move, state, reason, body, remote, made_ms, started_ms, ended_ms) "
		"VALUES (?, ?, ?, ?, 'staged', '', ?, '', ?, 0, 0)"),
		P(p_int(bulk), p_int(rx->viewer.account), p_text(t->name), p_text(m->name), p_blob(STR("")), p_int(rx->cx->now_ms))));
	for (size_t i = 0; i < n; i++) TRY(stage_row(rx, t, bulk, (int64_t)i, record[i]));
	*id = bulk;
	return RC_OK;
}

/* ---- running ---- */

static struct str body_context(struct rx *rx, int64_t bulk) { return str_fmt(rx->cx->arena, "bulk:%lld", (long long)bulk); }

static enum rc read_body(struct rx *rx, int64_t bulk, struct val *raw, struct str *reason, struct str *remote)
{
	struct arena *a = rx->cx->arena;
	struct rows *r;
	bool more;
	TRY(db_rows(rx->cx, rx->db, SQL("SELECT body, reason, remote FROM bulk WHERE id = ?"), P(p_int(bulk)), &r));
	enum rc rc = db_step(rx->cx, r, &more);
	struct str body = STR(""), plain;
	*reason = *remote = STR("");
	if (rc == RC_OK && more) {
		body = str_dup(a, row_text(r, 0));
		*reason = str_dup(a, row_text(r, 1));
		*remote = str_dup(a, row_text(r, 2));
	}
	rows_done(r);
	*raw = VNULL;
	TRY(rc);
	return seal_open(a, rx->vault->seal_key, body_context(rx, bulk), body, &plain) ? val_unpack(rx->cx, plain, raw) : RC_OK;
}

/* Moves one row and says what became of it; fails only when the database does. */
static enum rc run_row(struct rx *rx, const struct bulk *b, const struct move_request *asked, int64_t pos, const struct bulk_row *row, struct arena *memory)
{
	struct cx cx = { .arena = memory, .lang = rx->cx->lang, .now_ms = rx->cx->now_ms };
	struct rx own = row_rx(rx, &cx);
	struct move_request req = *asked;
	struct record after;
	struct bulk_row end = { .state = STR("done") };
	req.rev = row->rev;
	TRY(db_savepoint(rx->cx, rx->db));
	enum rc rc = flow_move(&own, b->type, row->record, &req, &after);
	if (rc == RC_OK) {
		TRY(db_release(rx->cx, rx->db));
	} else {
		db_undo(rx->db);
		if (rc == RC_IO || rc == RC_BUSY || !db_active(rx->db)) {
			fail_copy(rx->cx, &cx.fails);
			return rc == RC_BUSY ? RC_BUSY : RC_IO;
		}
		tell_why(memory, &cx.fails, NULL, &end);
	}
	return db_run(rx->cx, rx->db, SQL("UPDATE bulk_row SET state = ?, why_zh = ?, why_en = ? WHERE bulk = ? AND pos = ?"),
		P(p_text(end.state), p_text(end.zh), p_text(end.en), p_int(b->id), p_int(pos)));
}

static enum rc run_rows(struct rx *rx, const struct bulk *b, struct arena *memory, bool *left)
{
	struct bulk_rows rows;
	struct move_request req = { .move = b->move->name, .notes = VNULL };
	int64_t until = time_mono_ms() + BULK_SLICE_MS;
	TRY(read_body(rx, b->id, &req.raw, &req.reason, &req.remote));
	TRY(bulk_rows_read(rx, b, &rows));
	*left = false;
	for (size_t i = 0; i < rows.n; i++) {
		if (!str_is(rows.v[i].state, "waiting")) continue;
		if ((*left = time_mono_ms() >= until)) break;
		TRY(run_row(rx, b, &req, (int64_t)i, &rows.v[i], memory));
		arena_reset(memory);
	}
	return RC_OK;
}

static enum rc run_slice(struct rx *rx, int64_t id)
{
	struct bulk b;
	bool left = false;
	TRY(bulk_read(rx, id, &b));
	struct arena *memory = arena_new(ROW_ARENA);
	enum rc rc = run_rows(rx, &b, memory, &left);
	arena_free(memory);
	TRY(rc);
	if (left) return RC_OK;
	return db_run(rx->cx, rx->db, SQL("UPDATE bulk SET state = 'done', ended_ms = ? WHERE id = ?"), P(p_int(rx->cx->now_ms), p_int(id)));
}

enum rc bulk_start(struct rx *rx, struct val args, struct str remote)
{
	struct val v = VAL_GET(args, "id"), raw = VAL_GET(args, "values");
	struct bulk b;
	int64_t id = v.kind == VAL_INT ? v.i : 0;
	if (v.kind == VAL_TEXT && !id_parse(v.s, &id)) return rx_missing(rx);
	TRY(bulk_read(rx, id, &b));
	if (!str_is(b.state, "staged")) return RC_OK;
	struct str reason = str_trim(val_str(VAL_GET(args, "reason")));
	if (b.move->reason && !reason.n) return fail(rx->cx, RC_INVALID, "flow.reason", IN_FIELD(STR("reason")), "请说明理由", "a reason is needed");
	struct buf body = BUF(rx->cx->arena, BODY_MAX);
	if (!val_pack(&body, raw.kind == VAL_MAP ? raw : val_map(rx->cx->arena)))
		return fail(rx->cx, RC_LIMIT, "bulk.answers", NOWHERE, "填写的内容过长", "what was filled in is too long");
	TRY(db_run(rx->cx, rx->db, SQL("UPDATE bulk SET state = 'running', reason = ?, body = ?, remote = ?, started_ms = ? WHERE id = ?"),
		P(p_text(reason), p_blob(seal_close(rx->cx->arena, rx->vault->seal_key, body_context(rx, id), buf_str(&body))), p_text(remote),
			p_int(rx->cx->now_ms), p_int(id))));
	return run_slice(rx, id);
}

/* The account was closed meanwhile, or the declarations no longer know the move: the rest stays as it is. */
static enum rc give_up(struct rx *rx, int64_t id)
{
	TRY(db_run(rx->cx, rx->db, SQL("UPDATE bulk_row SET state = 'skipped', why_zh = '办理人的账号已停用，或这一步已取消', why_en = 'the account that asked is closed, or the step no longer exists' "
		"WHERE bulk = ? AND state = 'waiting'"), P(p_int(id))));
	return db_run(rx->cx, rx->db, SQL("UPDATE bulk SET state = 'done', ended_ms = ? WHERE id = ?"), P(p_int(rx->cx->now_ms), p_int(id)));
}

enum rc bulk_tick(struct rx *rx)
{
	struct rows *r;
	bool more;
	TRY(db_rows(rx->cx, rx->db, SQL("SELECT id, account_id FROM bulk WHERE state = 'running' ORDER BY started_ms, id LIMIT 1"), NO_PARAMS, &r));
	enum rc rc = db_step(rx->cx, r, &more);
	int64_t id = rc == RC_OK && more ? row_int(r, 0) : 0, account = id ? row_int(r, 1) : 0;
	rows_done(r);
	TRY(rc);
	if (!id) return RC_OK;
	struct rx own = *rx;
	struct cx quiet = *rx->cx;
	own.cx = &quiet;
	rc = account_viewer(&quiet, rx->db, rx->region, account, &own.viewer);
	if (rc == RC_OK) rc = run_slice(&own, id);
	if (rc == RC_MISSING) return give_up(rx, id);
	if (rc != RC_OK) fail_copy(rx->cx, &quiet.fails);
	return rc;
}

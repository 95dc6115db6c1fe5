#include "rec/job.h"

#include "base/pack.h"
#include "base/rng.h"
#include "base/time.h"
#include "rec/event.h"

#define COLUMNS "id, account_id, kind, args, title_zh, title_en, lang, state, rights, name, link, done, total, bytes, notes_bytes, asked_ms, started_ms, " \
	"ended_ms, until_ms, taker, why_zh, why_en, hint_zh, hint_en"
#define OPEN "state IN ('queued', 'running')"

static struct job read_one(struct arena *a, const struct rows *r)
{
	struct job j = { .id = row_int(r, 0), .account = row_int(r, 1), .lang = str_is(row_text(r, 6), "en") ? LANG_EN : LANG_ZH };
	const struct { struct str *to; int column; } texts[] = { { &j.kind, 2 }, { &j.args, 3 }, { &j.title_zh, 4 }, { &j.title_en, 5 }, { &j.state, 7 }, { &j.rights, 8 },
		{ &j.name, 9 }, { &j.link, 10 }, { &j.zh, 20 }, { &j.en, 21 }, { &j.hint_zh, 22 }, { &j.hint_en, 23 } };
	int64_t *const numbers[] = { &j.done, &j.total, &j.bytes, &j.notes_bytes, &j.asked_ms, &j.started_ms, &j.ended_ms, &j.until_ms, &j.taker };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) *texts[i].to = str_dup(a, row_text(r, texts[i].column));
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) *numbers[i] = row_int(r, 11 + (int)i);
	return j;
}

enum rc job_list(struct rx *rx, struct jobs *out)
{
	struct rows *r;
	struct jobs list = { 0 };
	enum rc rc;
	bool more;
	TRY(db_rows(rx->cx, rx->db, SQL("SELECT " COLUMNS " FROM job WHERE account_id = ? ORDER BY id DESC LIMIT 200"), P(p_int(rx->viewer.account)), &r));
	while ((rc = db_step(rx->cx, r, &more)) == RC_OK && more) VEC_PUSH(rx->cx->arena, &list, read_one(rx->cx->arena, r));
	rows_done(r);
	if (rc == RC_OK) *out = list;
	return rc;
}

static enum rc read_row(struct cx *cx, struct db *db, struct sql sql, struct params p, struct job *out, bool *found)
{
	struct rows *r;
	TRY(db_rows(cx, db, sql, p, &r));
	enum rc rc = db_step(cx, r, found);
	if (rc == RC_OK && *found) *out = read_one(cx->arena, r);
	rows_done(r);
	return rc;
}

enum rc job_read(struct rx *rx, int64_t id, struct job *out)
{
	bool found;
	TRY(read_row(rx->cx, rx->db, SQL("SELECT " COLUMNS " FROM job WHERE id = ? AND account_id = ?"), P(p_int(id), p_int(rx->viewer.account)), out, &found));
	return found && rx->viewer.account ? RC_OK : rx_missing(rx);
}

bool job_is_open(const struct job *j) { return str_is(j->state, "queued") || str_is(j->state, "running"); }

struct str job_rights(struct arena *a, const struct region *region, const struct viewer *v)
{
	struct buf b = BUF(a, 8000);
	buf_fmt(&b, "%lld %lld %.*s", (long long)v->person, (long long)v->org, STRF(v->division));
	for (int i = 0; i < region->n_role; i++)
		if (v->roles >> region->role[i]->index & 1) buf_fmt(&b, " %.*s", STRF(region->role[i]->name));
	return buf_str(&b);
}

struct str job_path(struct arena *a, const struct vault *vault, int64_t id, bool notes)
{
	return str_fmt(a, "%.*s/../jobs/%.*s%s", STRF(vault->files_dir), STRF(id_text(a, id)), notes ? ".notes" : "");
}

/* ---- for the jobs process ---- */

enum rc job_next(struct cx *cx, struct db *db, int64_t last, struct job *out, bool *found)
{
	TRY(read_row(cx, db, SQL("SELECT " COLUMNS " FROM job WHERE " OPEN " AND account_id > ? ORDER BY account_id, id LIMIT 1"), P(p_int(last)), out, found));
	if (*found) return RC_OK;
	return read_row(cx, db, SQL("SELECT " COLUMNS " FROM job WHERE " OPEN " ORDER BY account_id, id LIMIT 1"), NO_PARAMS, out, found);
}

enum rc job_has_file(struct cx *cx, struct db *db, int64_t id, bool *yes)
{
	int64_t n = 0;
	TRY(db_int(cx, db, SQL("SELECT COUNT(*) FROM job WHERE id = ? AND (" OPEN " OR (state = 'done' AND name <> ''))"), P(p_int(id)), &n, yes));
	*yes = n > 0;
	return RC_OK;
}

/* ---- commands of people ---- */

static enum rc count_of(struct rx *rx, struct sql sql, int64_t *n)
{
	bool found;
	*n = 0;
	return db_int(rx->cx, rx->db, sql, P(p_int(rx->viewer.account)), n, &found);
}

static enum rc note_event(struct rx *rx, int64_t id, const char *act, struct str reason, struct str remote)
{
	struct event e = { .type = STR("job"), .record = id, .act = str_c(act), .reason = reason, .remote = remote };
	return event_add(rx, &e);
}

enum rc job_ask(struct rx *rx, struct val args, struct str remote, int64_t *id)
{
	struct arena *a = rx->cx->arena;
	int64_t open, kept, made = id_next(rx->ids, rx->cx->now_ms);
	struct buf packed = BUF(a, JOB_ARGS_MAX);
	TRY(count_of(rx, SQL("SELECT COUNT(*) FROM job WHERE account_id = ? AND " OPEN), &open));
	TRY(count_of(rx, SQL("SELECT COUNT(*) FROM job WHERE account_id = ? AND state = 'done' AND name <> ''"), &kept));
	if (open >= JOB_OPEN_MAX || kept >= JOB_KEPT_MAX) {
		enum rc rc = fail(rx->cx, RC_LIMIT, "job.many", NOWHERE, "您已有 %d 项任务在办、%d 份结果在存", "you have %d jobs under way and %d results kept", (int)open, (int)kept);
		fail_hint(rx->cx, "请在“后台作业”中等其办完，或取消、删除不用的", "wait under “Background jobs”, or cancel or remove what you do not need");
		return rc;
	}
	if (!val_pack(&packed, VAL_GET(args, "args"))) return fail(rx->cx, RC_LIMIT, "job.args", NOWHERE, "选定的内容过多", "too much was chosen");
	struct str zh = val_str(VAL_GET(args, "zh"));
	TRY(db_run(rx->cx, rx->db, SQL("INSERT INTO job (id, account_id, kind, args, title_zh, title_en, lang, state, asked_ms) VALUES (?, ?, ?, ?, ?, ?, ?, 'queued', ?)"),
		P(p_int(made), p_int(rx->viewer.account), p_text(val_str(VAL_GET(args, "kind"))), p_blob(buf_str(&packed)), p_text(zh),
			p_text(val_str(VAL_GET(args, "en"))), p_text(rx->cx->lang == LANG_EN ? STR("en") : STR("zh")), p_int(rx->cx->now_ms))));
	*id = made;
	return note_event(rx, made, "job-ask", zh, remote);
}

static enum rc arg_job(struct rx *rx, struct val args, struct job *j)
{
	struct val v = VAL_GET(args, "id");
	int64_t id = v.kind == VAL_INT ? v.i : 0;
	if (v.kind == VAL_TEXT && !id_parse(v.s, &id)) return rx_missing(rx);
	return job_read(rx, id, j);
}

enum rc job_cancel(struct rx *rx, struct val args, struct str remote)
{
	struct job j;
	TRY(arg_job(rx, args, &j));
	bool kept = str_is(j.state, "done") && j.name.n;
	if (!job_is_open(&j) && !kept) return RC_OK;
	TRY(db_run(rx->cx, rx->db, SQL("UPDATE job SET state = ?, ended_ms = ? WHERE id = ?"),
		P(p_text(kept ? STR("over") : STR("cancelled")), p_int(kept ? j.ended_ms : rx->cx->now_ms), p_int(j.id))));
	return note_event(rx, j.id, kept ? "job-remove" : "job-cancel", j.title_zh, remote);
}

enum rc job_taken(struct rx *rx, struct val args, struct str remote)
{
	struct job j;
	TRY(arg_job(rx, args, &j));
	return note_event(rx, j.id, "job-taken", j.title_zh, remote);
}

/* ---- commands of the jobs process ---- */

enum rc job_take(struct rx *rx, struct val args, bool *go)
{
	struct param id = p_int(val_i64(VAL_GET(args, "id"))), now = p_int(rx->cx->now_ms);
	TRY(db_run(rx->cx, rx->db, SQL("UPDATE job SET state = 'running', taker = ?, tries = tries + 1, started_ms = CASE WHEN started_ms = 0 THEN ? ELSE started_ms END "
		"WHERE id = ? AND tries < ? AND " OPEN), P(p_int(val_i64(VAL_GET(args, "taker"))), now, id, p_int(JOB_TRIES))));
	*go = db_changed(rx->db) > 0;
	if (*go) return RC_OK;
	return db_run(rx->cx, rx->db, SQL("UPDATE job SET state = 'failed', ended_ms = ?, why_zh = '处理到同一处多次中断', why_en = 'the work broke off at the same place several times', "
		"hint_zh = '请缩小范围再试，并告知系统管理员', hint_en = 'try a smaller part, and tell the administrator' WHERE id = ? AND " OPEN), P(now, id));
}

enum rc job_note(struct rx *rx, struct val args, bool *go)
{
	struct param done = p_int(val_i64(VAL_GET(args, "done")));
	/* Getting further shows that it is not this job that kills the process. */
	TRY(db_run(rx->cx, rx->db, SQL("UPDATE job SET tries = CASE WHEN done < ? THEN 0 ELSE tries END, done = ?, total = ?, bytes = ?, notes_bytes = ?, rights = ? "
		"WHERE id = ? AND taker = ? AND state = 'running'"),
		P(done, done, p_int(val_i64(VAL_GET(args, "total"))), p_int(val_i64(VAL_GET(args, "bytes"))), p_int(val_i64(VAL_GET(args, "notes"))),
			p_text(val_str(VAL_GET(args, "rights"))), p_int(val_i64(VAL_GET(args, "id"))), p_int(val_i64(VAL_GET(args, "taker"))))));
	*go = db_changed(rx->db) > 0;
	return RC_OK;
}

enum rc job_end(struct rx *rx, struct val args)
{
	struct param now = p_int(rx->cx->now_ms), id = p_int(val_i64(VAL_GET(args, "id"))), taker = p_int(val_i64(VAL_GET(args, "taker")));
	struct str zh = val_str(VAL_GET(args, "zh"));
	if (zh.n)
		return db_run(rx->cx, rx->db, SQL("UPDATE job SET state = 'failed', ended_ms = ?, why_zh = ?, why_en = ?, hint_zh = ?, hint_en = ? "
			"WHERE id = ? AND taker = ? AND state = 'running'"), P(now, p_text(zh), p_text(val_str(VAL_GET(args, "en"))),
			p_text(val_str(VAL_GET(args, "hint_zh"))), p_text(val_str(VAL_GET(args, "hint_en"))), id, taker));
	return db_run(rx->cx, rx->db, SQL("UPDATE job SET state = 'done', done = total, ended_ms = ?, until_ms = ?, bytes = ?, name = ?, link = ? "
		"WHERE id = ? AND taker = ? AND state = 'running'"), P(now, p_int(rx->cx->now_ms + (int64_t)JOB_KEEP_DAYS * DAY_MS),
		p_int(val_i64(VAL_GET(args, "bytes"))), p_text(val_str(VAL_GET(args, "name"))), p_text(val_str(VAL_GET(args, "link"))), id, taker));
}

enum rc job_sweep(struct rx *rx)
{
	struct param now = p_int(rx->cx->now_ms), old = p_int(rx->cx->now_ms - (int64_t)JOB_ROW_DAYS * DAY_MS);
	TRY(db_run(rx->cx, rx->db, SQL("UPDATE job SET state = 'over' WHERE state = 'done' AND name <> '' AND until_ms < ?"), P(now)));
	return db_run(rx->cx, rx->db, SQL("DELETE FROM job WHERE NOT " OPEN " AND ended_ms < ?"), P(old));
}

/* SQLite behind db.h. One connection a process, no threads. Durability rests on three things here: WAL with
   synchronous=FULL in the writer, no checkpoint by anybody else (SQLite before 3.51.3 can lose a commit that overlaps
   another connection's checkpoint), and errors of the disk never taken for success. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "db/backend.h"

enum {
	STATEMENTS = 256, BUCKETS = 512, NO_SLOT = -1,
	LOG_LONG_BYTES = 4 << 20,       /* a passive checkpoint after this much log */
	LOG_IDLE_BYTES = 256 << 10,     /* worth shortening when nobody waits */
	STEPS_BETWEEN_CHECKS = 4000,
	BUSY_MS = 5000,
	VALUE_BYTES_MAX = 256 << 20
};

struct slot {
	sqlite3_stmt *stmt;
	char *text;
	size_t n;
	uint64_t hash, used;            /* `used`: when, by the clock of the cache */
	int next;                       /* in the bucket */
	bool busy;
	unsigned generation;            /* a cursor whose generation differs was closed by its transaction */
};

struct sqlite {
	struct db db;
	sqlite3 *h;
	sqlite3_stmt *rollback;         /* ready, so that giving a transaction up needs no memory */
	enum db_mode mode;
	int limit_ms, log_pages, page_bytes;
	int64_t deadline_ms;
	uint64_t clock;
	int bucket[BUCKETS];
	struct slot slot[STATEMENTS];
};

struct cursor {
	struct rows rows;
	struct sqlite *s;
	struct slot *slot;
	unsigned generation;
	int columns;
	int64_t deadline_ms;
};

static const struct db_ops sqlite_ops;

static enum rc broken(struct cx *cx, struct sqlite *s, const char *doing)
{
	int code = sqlite3_extended_errcode(s->h);
	const char *said = sqlite3_errmsg(s->h);
	switch (code & 0xFF) {
	case SQLITE_CONSTRAINT:
		if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_ROWID)
			return fail(cx, RC_CONFLICT, "db.unique", NOWHERE, "已有相同的记录（%s）", "the same entry exists already (%s)", said);
		if (code == SQLITE_CONSTRAINT_FOREIGNKEY)
			return fail(cx, RC_CONFLICT, "db.reference", NOWHERE, "被引用的记录不存在，或仍被引用（%s）",
				    "a referenced entry is missing, or is still referred to (%s)", said);
		return fail(cx, RC_INVALID, "db.check", NOWHERE, "数据不符合数据库的约束（%s）",
			    "the data break a constraint of the database (%s)", said);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return fail(cx, RC_BUSY, "db.busy", NOWHERE, "数据库正忙，请稍后再试", "the database is busy, try again later");
	case SQLITE_INTERRUPT:
		return fail(cx, RC_BUSY, "db.slow", NOWHERE, "查询超过 %d 毫秒，已停止",
			    "the query took longer than %d ms and was stopped", s->limit_ms);
	case SQLITE_TOOBIG:
		return fail(cx, RC_LIMIT, "db.large", NOWHERE, "数据过大", "the data are too large");
	case SQLITE_FULL:
		return fail(cx, RC_IO, "db.full", NOWHERE, "磁盘已满，没有保存（%s）", "the disk is full, nothing was saved (%s)", doing);
	case SQLITE_READONLY:
		return fail(cx, RC_IO, "db.read_only", NOWHERE, "此连接只能读（%s）", "this connection can only read (%s)", doing);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return fail(cx, RC_IO, "db.corrupt", NOWHERE, "数据库文件损坏（%s：%s）", "the database file is damaged (%s: %s)", doing, said);
	case SQLITE_ERROR:
		return fail(cx, RC_IO, "db.sql", NOWHERE, "数据库拒绝了语句（%s：%s）", "the database refused a statement (%s: %s)", doing, said);
	default:
		return fail(cx, RC_IO, "db.io", NOWHERE, "数据库出错（%s：%s，%d）", "the database failed (%s: %s, %d)", doing, said, code);
	}
}

/* ---- statements, kept by text ---- */

static void forget(struct sqlite *s, int at)
{
	struct slot *slot = &s->slot[at];
	int *link = &s->bucket[slot->hash % BUCKETS];
	while (*link != at) link = &s->slot[*link].next;
	*link = slot->next;
	sqlite3_finalize(slot->stmt);
	free(slot->text);
	*slot = (struct slot){ .generation = slot->generation + 1 };
}

/* Statements of a page are some two thousand bytes: by words. */
static uint64_t text_hash(struct str s)
{
	uint64_t h = s.n, w;
	for (; s.n >= sizeof w; s.p += sizeof w, s.n -= sizeof w) {
		memcpy(&w, s.p, sizeof w);
		h = (h ^ w) * 0x9E3779B97F4A7C15u;
		h ^= h >> 32;
	}
	return h ^ str_hash(s);
}

/* A free place, or that of the statement unused for longest; NO_SLOT when every one has a cursor open. */
static int place(struct sqlite *s)
{
	int oldest = NO_SLOT;
	for (int i = 0; i < STATEMENTS; i++) {
		if (!s->slot[i].stmt) return i;
		if (!s->slot[i].busy && (oldest == NO_SLOT || s->slot[i].used < s->slot[oldest].used)) oldest = i;
	}
	if (oldest != NO_SLOT) forget(s, oldest);
	return oldest;
}

static bool only_space(const char *p, const char *end)
{
	while (p < end && memchr(" \t\r\n;", *p, 5)) p++;
	return p == end;
}

/* A statement that is not in use: the same text inside its own loop gets a second prepared copy. */
static enum rc take(struct cx *cx, struct sqlite *s, struct str text, struct slot **out)
{
	uint64_t hash = text_hash(text);
	int *bucket = &s->bucket[hash % BUCKETS];
	for (int i = *bucket; i != NO_SLOT; i = s->slot[i].next) {
		struct slot *slot = &s->slot[i];
		if (slot->busy || slot->hash != hash || !str_eq(text, (struct str){ slot->text, slot->n })) continue;
		slot->used = ++s->clock;
		slot->busy = true;
		*out = slot;
		return RC_OK;
	}
	int at = place(s);
	if (at == NO_SLOT) return fail(cx, RC_LIMIT, "db.cursors", NOWHERE, "同时打开的查询过多", "too many queries are open at once");
	assert(text.n < (1u << 20));
	sqlite3_stmt *stmt;
	const char *tail;
	if (sqlite3_prepare_v3(s->h, text.p, (int)text.n, SQLITE_PREPARE_PERSISTENT, &stmt, &tail) != SQLITE_OK) {
		enum rc rc = broken(cx, s, "prepare");
		fail_source(cx, str_dup(cx->arena, str_sub(text, 0, 300)));
		return rc;
	}
	if (!stmt || !only_space(tail, text.p + text.n)) {
		sqlite3_finalize(stmt);
		return fail(cx, RC_IO, "db.sql", NOWHERE, "应为一条语句", "expected one statement");
	}
	char *copy = malloc(text.n + 1);
	if (!copy) {
		sqlite3_finalize(stmt);
		return fail(cx, RC_IO, "db.memory", NOWHERE, "内存不足", "out of memory");
	}
	memcpy(copy, text.p, text.n);
	struct slot *slot = &s->slot[at];
	*slot = (struct slot){ .stmt = stmt, .text = copy, .n = text.n, .hash = hash, .used = ++s->clock, .next = *bucket, .busy = true,
			       .generation = slot->generation + 1 };
	*bucket = at;
	*out = slot;
	return RC_OK;
}

static void give(struct slot *slot)
{
	sqlite3_reset(slot->stmt);
	sqlite3_clear_bindings(slot->stmt);
	slot->busy = false;
	slot->generation++;
}

/* Cursors left open by an early return end with their transaction, or they would hold its snapshot for ever. */
static void give_all(struct sqlite *s)
{
	for (int i = 0; i < STATEMENTS; i++)
		if (s->slot[i].busy) give(&s->slot[i]);
}

static int bind_one(sqlite3_stmt *stmt, int at, struct param p, sqlite3_destructor_type keep)
{
	const char *bytes = p.s.p ? p.s.p : "";
	switch (p.kind) {
	case PARAM_NULL: return sqlite3_bind_null(stmt, at);
	case PARAM_INT: return sqlite3_bind_int64(stmt, at, p.i);
	case PARAM_TEXT: return sqlite3_bind_text64(stmt, at, bytes, p.s.n, keep, SQLITE_UTF8);
	case PARAM_BLOB: return sqlite3_bind_blob64(stmt, at, bytes, p.s.n, keep);
	}
	return SQLITE_MISUSE;
}

static enum rc bind(struct cx *cx, struct sqlite *s, struct slot *slot, struct params p, sqlite3_destructor_type keep)
{
	if (sqlite3_bind_parameter_count(slot->stmt) != p.n)
		return fail(cx, RC_IO, "db.params", NOWHERE, "语句有 %d 个参数，给了 %d 个", "the statement has %d parameters, %d were given",
			    sqlite3_bind_parameter_count(slot->stmt), p.n);
	for (int i = 0; i < p.n; i++)
		if (bind_one(slot->stmt, i + 1, p.v[i], keep) != SQLITE_OK) return broken(cx, s, "bind");
	return RC_OK;
}

static int over_deadline(void *ctx)
{
	struct sqlite *s = ctx;
	return s->deadline_ms && time_mono_ms() > s->deadline_ms;
}

static int64_t deadline(const struct sqlite *s) { return s->limit_ms ? time_mono_ms() + s->limit_ms : 0; }

static enum rc run_slot(struct cx *cx, struct sqlite *s, struct slot *slot, struct params p, const char *doing)
{
	TRY(bind(cx, s, slot, p, SQLITE_STATIC));
	s->deadline_ms = deadline(s);
	int code = sqlite3_step(slot->stmt);
	if (code == SQLITE_DONE || code == SQLITE_ROW) return RC_OK;
	return broken(cx, s, doing);
}

static enum rc run_as(struct cx *cx, struct sqlite *s, struct str sql, struct params p, const char *doing)
{
	struct slot *slot;
	TRY(take(cx, s, sql, &slot));
	enum rc rc = run_slot(cx, s, slot, p, doing);
	give(slot);
	return rc;
}

static enum rc lite_run(struct cx *cx, struct db *db, struct str sql, struct params p)
{
	return run_as(cx, (struct sqlite *)db, sql, p, "run");
}

static enum rc lite_script(struct cx *cx, struct db *db, struct str sql)
{
	struct sqlite *s = (struct sqlite *)db;
	s->deadline_ms = deadline(s);
	if (sqlite3_exec(s->h, str_z(cx->arena, sql), NULL, NULL, NULL) != SQLITE_OK) return broken(cx, s, "script");
	return RC_OK;
}

static int64_t lite_changed(const struct db *db) { return sqlite3_changes64(((const struct sqlite *)db)->h); }

/* ---- rows ---- */

static enum rc lite_rows(struct cx *cx, struct db *db, struct str sql, struct params p, struct rows **out)
{
	struct sqlite *s = (struct sqlite *)db;
	struct slot *slot;
	TRY(take(cx, s, sql, &slot));
	/* Bound values are copied: the cursor may outlive the caller's. */
	enum rc rc = bind(cx, s, slot, p, SQLITE_TRANSIENT);
	if (rc != RC_OK) {
		give(slot);
		return rc;
	}
	struct cursor *c = ARENA_NEW(cx->arena, struct cursor);
	*c = (struct cursor){ .rows.ops = &sqlite_ops, .s = s, .slot = slot, .generation = slot->generation,
			      .columns = sqlite3_column_count(slot->stmt), .deadline_ms = deadline(s) };
	*out = &c->rows;
	return RC_OK;
}

static bool open_cursor(const struct cursor *c) { return c->slot && c->slot->generation == c->generation; }

static enum rc lite_step(struct cx *cx, struct rows *r, bool *more)
{
	struct cursor *c = (struct cursor *)r;
	if (!c->slot) {
		*more = false;
		return RC_OK;
	}
	assert(open_cursor(c));
	c->s->deadline_ms = c->deadline_ms;
	int code = sqlite3_step(c->slot->stmt);
	if (code == SQLITE_ROW) {
		/* The statement may have been prepared again for a changed schema. */
		c->columns = sqlite3_column_count(c->slot->stmt);
		*more = true;
		return RC_OK;
	}
	enum rc rc = code == SQLITE_DONE ? RC_OK : broken(cx, c->s, "read");
	give(c->slot);
	c->slot = NULL;
	if (rc == RC_OK) *more = false;
	return rc;
}

static void lite_rows_done(struct rows *r)
{
	struct cursor *c = (struct cursor *)r;
	if (open_cursor(c)) give(c->slot);
	c->slot = NULL;
}

static sqlite3_stmt *at_row(const struct rows *r, int column)
{
	const struct cursor *c = (const struct cursor *)r;
	assert(open_cursor(c) && column >= 0 && column < c->columns);
	return c->slot->stmt;
}

static int lite_columns(const struct rows *r) { return ((const struct cursor *)r)->columns; }
static bool lite_null(const struct rows *r, int column) { return sqlite3_column_type(at_row(r, column), column) == SQLITE_NULL; }
static int64_t lite_int(const struct rows *r, int column) { return sqlite3_column_int64(at_row(r, column), column); }

static struct str lite_text(const struct rows *r, int column)
{
	sqlite3_value *v = sqlite3_column_value(at_row(r, column), column);
	int type = sqlite3_value_type(v);
	/* As bytes a text needs no zero at its end, and is not copied. */
	const char *p = type == SQLITE_BLOB || type == SQLITE_TEXT ? sqlite3_value_blob(v) : (const char *)sqlite3_value_text(v);
	return p ? (struct str){ p, (size_t)sqlite3_value_bytes(v) } : STR("");
}

static struct param lite_value(const struct rows *r, int column)
{
	sqlite3_value *v = sqlite3_column_value(at_row(r, column), column);
	int type = sqlite3_value_type(v);
	if (type == SQLITE_NULL) return p_null();
	if (type == SQLITE_INTEGER || type == SQLITE_FLOAT) return p_int(sqlite3_value_int64(v));
	const char *p = sqlite3_value_blob(v);
	struct str s = { p ? p : "", (size_t)sqlite3_value_bytes(v) };
	return type == SQLITE_BLOB ? p_blob(s) : p_text(s);
}

/* ---- transactions ---- */

static enum rc lite_begin(struct cx *cx, struct db *db)
{
	struct sqlite *s = (struct sqlite *)db;
	return run_as(cx, s, s->mode == DB_WRITE ? STR("begin immediate") : STR("begin"), NO_PARAMS, "begin");
}

static void lite_rollback(struct db *db)
{
	struct sqlite *s = (struct sqlite *)db;
	give_all(s);
	if (!sqlite3_get_autocommit(s->h)) (void)sqlite3_step(s->rollback);
	sqlite3_reset(s->rollback);
	assert(sqlite3_get_autocommit(s->h));
}

static enum rc lite_commit(struct cx *cx, struct db *db)
{
	struct sqlite *s = (struct sqlite *)db;
	give_all(s);
	if (sqlite3_get_autocommit(s->h))
		return fail(cx, RC_IO, "db.given_up", NOWHERE, "事务已被数据库撤销，没有保存", "the database gave the transaction up, nothing was saved");
	enum rc rc = run_as(cx, s, STR("commit"), NO_PARAMS, "commit");
	if (rc != RC_OK) lite_rollback(db);
	/* Bulk work without the writer's loop must not grow the log for ever. */
	else if ((int64_t)s->log_pages * s->page_bytes > 4 * (int64_t)LOG_LONG_BYTES) db_tidy(db, false);
	return rc;
}

static enum rc lite_savepoint(struct cx *cx, struct db *db)
{
	return run_as(cx, (struct sqlite *)db, STR("savepoint s"), NO_PARAMS, "savepoint");
}

static enum rc lite_release(struct cx *cx, struct db *db)
{
	struct sqlite *s = (struct sqlite *)db;
	give_all(s);
	return run_as(cx, s, STR("release s"), NO_PARAMS, "release");
}

static void lite_undo(struct db *db)
{
	struct sqlite *s = (struct sqlite *)db;
	give_all(s);
	if (sqlite3_get_autocommit(s->h)) return;
	/* A savepoint that cannot be undone leaves only one safe way: give the whole transaction up; db_active tells. */
	if (sqlite3_exec(s->h, "rollback to s; release s", NULL, NULL, NULL) != SQLITE_OK) lite_rollback(db);
}

static bool lite_active(const struct db *db) { return !sqlite3_get_autocommit(((const struct sqlite *)db)->h); }

static void lite_limit_ms(struct db *db, int ms)
{
	struct sqlite *s = (struct sqlite *)db;
	s->limit_ms = ms;
	s->deadline_ms = 0;
	sqlite3_progress_handler(s->h, ms ? STEPS_BETWEEN_CHECKS : 0, ms ? over_deadline : NULL, s);
}

/* ---- the log ---- */

static int log_grew(void *ctx, sqlite3 *h, const char *schema, int pages)
{
	((struct sqlite *)ctx)->log_pages = pages;
	return SQLITE_OK;
}

static void lite_tidy(struct db *db, bool idle)
{
	struct sqlite *s = (struct sqlite *)db;
	int64_t bytes = (int64_t)s->log_pages * s->page_bytes;
	if (s->mode != DB_WRITE || bytes < (idle ? LOG_IDLE_BYTES : LOG_LONG_BYTES) || !sqlite3_get_autocommit(s->h)) return;
	/* Failing is no harm: the log stays as it is, complete, and the next call tries again. */
	sqlite3_busy_timeout(s->h, 0);
	int left = 0;
	int code = sqlite3_wal_checkpoint_v2(s->h, NULL, idle ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE, &left, NULL);
	if (code == SQLITE_OK) s->log_pages = idle ? 0 : left;
	sqlite3_busy_timeout(s->h, BUSY_MS);
}

/* ---- open and close ---- */

static void lite_close(struct db *db)
{
	struct sqlite *s = (struct sqlite *)db;
	lite_rollback(db);
	for (int i = 0; i < STATEMENTS; i++)
		if (s->slot[i].stmt) forget(s, i);
	sqlite3_finalize(s->rollback);
	int code = sqlite3_close(s->h);
	assert(code == SQLITE_OK);
	free(s);
}

static enum rc pragma(struct cx *cx, struct sqlite *s, const char *text)
{
	if (sqlite3_exec(s->h, text, NULL, NULL, NULL) != SQLITE_OK) return broken(cx, s, text);
	return RC_OK;
}

static enum rc harden(struct cx *cx, struct sqlite *s)
{
	sqlite3_extended_result_codes(s->h, 1);
	sqlite3_busy_timeout(s->h, BUSY_MS);
	sqlite3_limit(s->h, SQLITE_LIMIT_LENGTH, VALUE_BYTES_MAX);
	sqlite3_limit(s->h, SQLITE_LIMIT_ATTACHED, 1);  /* VACUUM INTO needs one */
	const struct { int option, value; } set[] = {
		{ SQLITE_DBCONFIG_DEFENSIVE, 1 }, { SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 }, { SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
		{ SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 }, { SQLITE_DBCONFIG_DQS_DML, 0 }, { SQLITE_DBCONFIG_DQS_DDL, 0 },
		{ SQLITE_DBCONFIG_ENABLE_FKEY, 1 }, { SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, s->mode == DB_READ },
	};
	for (size_t i = 0; i < sizeof set / sizeof *set; i++)
		if (sqlite3_db_config(s->h, set[i].option, set[i].value, NULL) != SQLITE_OK) return broken(cx, s, "configure");
	return RC_OK;
}

static enum rc tune(struct cx *cx, struct sqlite *s)
{
	TRY(pragma(cx, s, "pragma wal_autocheckpoint=0; pragma temp_store=memory"));
	/* Mapped pages are examined anew whenever they are looked at: cell_size_check would double the cost of a row. */
	if (s->mode == DB_READ) return pragma(cx, s, "pragma query_only=on; pragma cache_size=-16384; pragma mmap_size=268435456");
	/* The writer maps nothing: a stray write through a pointer must not reach the file, nor an I/O error arrive as a signal. */
	return pragma(cx, s, "pragma cell_size_check=on; pragma journal_mode=wal; pragma synchronous=full; pragma secure_delete=on; pragma mmap_size=0;"
			     "pragma cache_size=-65536; pragma journal_size_limit=16777216");
}

static enum rc checked(struct cx *cx, struct sqlite *s, const char *path)
{
	struct rows *r;
	bool more;
	TRY(lite_rows(cx, &s->db, STR("pragma journal_mode"), NO_PARAMS, &r));
	TRY(lite_step(cx, r, &more));
	bool wal = more && str_is(lite_text(r, 0), "wal");
	lite_rows_done(r);
	if (!wal)
		return fail(cx, RC_IO, "db.no_wal", NOWHERE, "%s：数据库没有使用 WAL 日志", "%s: the database does not use a WAL journal", path);
	TRY(lite_rows(cx, &s->db, STR("pragma page_size"), NO_PARAMS, &r));
	TRY(lite_step(cx, r, &more));
	s->page_bytes = (int)lite_int(r, 0);
	lite_rows_done(r);
	return RC_OK;
}

/* Byte by byte the same, then synced, through SQLite's own handle. */
static int write_again(sqlite3_file *log)
{
	char chunk[1 << 16];
	sqlite3_int64 bytes = 0;
	int code = log->pMethods->xFileSize(log, &bytes);
	if (code != SQLITE_OK || bytes == 0) return code;
	for (sqlite3_int64 at = 0; code == SQLITE_OK && at < bytes; at += (int)sizeof chunk) {
		int n = bytes - at < (int)sizeof chunk ? (int)(bytes - at) : (int)sizeof chunk;
		code = log->pMethods->xRead(log, chunk, n, at);
		if (code == SQLITE_OK) code = log->pMethods->xWrite(log, chunk, n, at);
	}
	return code == SQLITE_OK ? log->pMethods->xSync(log, SQLITE_SYNC_NORMAL) : code;
}

/* After a sync that failed the kernel takes the pages for clean: a log found here reads well, yet parts of it may not be on the
   disk, and no later sync would bring them there. So it is written once more before anything is acknowledged on top of it or moved
   out of it. Inside a transaction, so that no other writer changes it meanwhile; one that is writing now has done this itself. */
static enum rc renew_log(struct cx *cx, struct sqlite *s)
{
	sqlite3_file *log = NULL;
	sqlite3_busy_timeout(s->h, 0);
	int code = sqlite3_exec(s->h, "begin immediate", NULL, NULL, NULL);
	sqlite3_busy_timeout(s->h, BUSY_MS);
	if (code == SQLITE_BUSY) return RC_OK;
	if (code == SQLITE_OK) code = sqlite3_file_control(s->h, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
	if (code == SQLITE_OK && log && log->pMethods) code = write_again(log);
	lite_rollback(&s->db);
	if (code == SQLITE_OK) return RC_OK;
	return fail(cx, RC_IO, "db.log", NOWHERE, "数据库日志无法写入磁盘（%s）", "the database's log cannot be written to the disk (%s)",
		    sqlite3_errstr(code));
}

/* SQLite would create the file readable for all; what is in it is not for all. */
static enum rc create_private(struct cx *cx, const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fail(cx, RC_IO, "db.open", NOWHERE, "%s：无法打开数据库文件（%s）",
			    "%s: cannot open the database file (%s)", path, strerror(errno));
	close(fd);
	return RC_OK;
}

static enum rc set_up(struct cx *cx, struct sqlite *s, const char *path)
{
	TRY(harden(cx, s));
	TRY(tune(cx, s));
	TRY(checked(cx, s, path));
	if (sqlite3_prepare_v3(s->h, "rollback", -1, SQLITE_PREPARE_PERSISTENT, &s->rollback, NULL) != SQLITE_OK) return broken(cx, s, "prepare");
	if (s->mode == DB_READ) return RC_OK;
	sqlite3_wal_hook(s->h, log_grew, s);
	return renew_log(cx, s);
}

enum rc sqlite_open(struct cx *cx, struct str where, enum db_mode mode, struct db **out)
{
	const char *path = str_z(cx->arena, where);
	if (mode == DB_WRITE) TRY(create_private(cx, path));
	struct sqlite *s = calloc(1, sizeof *s);
	if (!s) return fail(cx, RC_IO, "db.memory", NOWHERE, "内存不足", "out of memory");
	s->db.ops = &sqlite_ops;
	s->mode = mode;
	for (int i = 0; i < BUCKETS; i++) s->bucket[i] = NO_SLOT;
	int flags = mode == DB_WRITE ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
	if (sqlite3_open_v2(path, &s->h, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
		enum rc rc = fail(cx, RC_IO, "db.open", NOWHERE, "%s：无法打开数据库文件（%s）", "%s: cannot open the database file (%s)", path,
				  s->h ? sqlite3_errmsg(s->h) : "memory");
		sqlite3_close(s->h);
		free(s);
		return rc;
	}
	enum rc rc = set_up(cx, s, path);
	if (rc != RC_OK) {
		lite_close(&s->db);
		return rc;
	}
	*out = &s->db;
	return RC_OK;
}

/* ---- backup ---- */

static enum rc io_failed(struct cx *cx, const char *path)
{
	return fail(cx, RC_IO, "db.backup", NOWHERE, "%s：备份失败（%s）", "%s: the backup failed (%s)", path, strerror(errno));
}

static enum rc sync_path(struct cx *cx, const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);
	if (fd < 0) return io_failed(cx, path);
	int bad = fsync(fd);
	if (close(fd) != 0 || bad) return io_failed(cx, path);
	return RC_OK;
}

static enum rc vacuum_into(struct cx *cx, struct sqlite *s, const char *path)
{
	if (s->mode == DB_READ) TRY(pragma(cx, s, "pragma query_only=off"));
	enum rc rc = run_as(cx, s, STR("vacuum into ?"), P(p_text(str_c(path))), "backup");
	if (s->mode == DB_READ) {
		enum rc back = pragma(cx, s, "pragma query_only=on");
		if (rc == RC_OK) rc = back;
	}
	return rc;
}

static enum rc lite_backup(struct cx *cx, struct db *db, struct str where)
{
	const char *path = str_z(cx->arena, where);
	const char *part = str_fmt(cx->arena, "%s.part", path).p;
	size_t slash = where.n;
	while (slash && where.p[slash - 1] != '/') slash--;
	const char *folder = slash ? str_z(cx->arena, str_sub(where, 0, slash)) : ".";
	if (unlink(part) != 0 && errno != ENOENT) return io_failed(cx, part);
	TRY(create_private(cx, part));
	struct sqlite *s = (struct sqlite *)db;
	int limit = s->limit_ms;
	lite_limit_ms(db, 0);
	enum rc rc = vacuum_into(cx, s, part);
	lite_limit_ms(db, limit);
	if (rc == RC_OK) rc = sync_path(cx, part, O_RDWR);
	if (rc == RC_OK) rc = db_verify(cx, str_c(part));
	if (rc == RC_OK && rename(part, path) != 0) rc = io_failed(cx, path);
	if (rc != RC_OK) {
		(void)unlink(part);
		return rc;
	}
	return sync_path(cx, folder, O_RDONLY | O_DIRECTORY);
}

static enum rc verify_with(struct cx *cx, struct sqlite *s, const char *path)
{
	struct rows *r;
	bool more;
	TRY(harden(cx, s));
	TRY(lite_rows(cx, &s->db, STR("pragma integrity_check(1)"), NO_PARAMS, &r));
	TRY(lite_step(cx, r, &more));
	bool sound = more && str_is(lite_text(r, 0), "ok");
	if (!sound)
		(void)fail(cx, RC_IO, "db.damaged", NOWHERE, "%s：数据库损坏：%.*s", "%s: the database is damaged: %.*s", path,
			   STRF(more ? lite_text(r, 0) : STR("?")));
	lite_rows_done(r);
	if (!sound) return RC_IO;
	TRY(lite_rows(cx, &s->db, STR("pragma foreign_key_check"), NO_PARAMS, &r));
	TRY(lite_step(cx, r, &more));
	if (more)
		(void)fail(cx, RC_IO, "db.dangling", NOWHERE, "%s：表 %.*s 中有记录引用了不存在的记录",
			   "%s: an entry of table %.*s refers to one that does not exist", path, STRF(lite_text(r, 0)));
	lite_rows_done(r);
	return more ? RC_IO : RC_OK;
}

/* Immutable: the copy is looked at as it is, and nothing is written beside it. */
static const char *immutable_uri(struct cx *cx, struct str path)
{
	struct buf b = BUF(cx->arena, 16 * 1024);
	buf_add(&b, STR("file:"));
	for (size_t i = 0; i < path.n; i++) {
		if (memchr("%?#", path.p[i], 3)) buf_fmt(&b, "%%%02X", (unsigned char)path.p[i]);
		else buf_c(&b, path.p[i]);
	}
	buf_add(&b, STR("?immutable=1"));
	return str_z(cx->arena, buf_str(&b));
}

enum rc db_verify(struct cx *cx, struct str where)
{
	const char *path = str_z(cx->arena, where);
	struct sqlite *s = calloc(1, sizeof *s);
	if (!s) return fail(cx, RC_IO, "db.memory", NOWHERE, "内存不足", "out of memory");
	s->db.ops = &sqlite_ops;
	s->mode = DB_READ;
	for (int i = 0; i < BUCKETS; i++) s->bucket[i] = NO_SLOT;
	int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX;
	enum rc rc;
	if (sqlite3_open_v2(immutable_uri(cx, where), &s->h, flags, NULL) != SQLITE_OK) rc = broken(cx, s, path);
	else rc = verify_with(cx, s, path);
	lite_close(&s->db);
	return rc;
}

static const struct db_ops sqlite_ops = {
	.close = lite_close, .run = lite_run, .script = lite_script, .changed = lite_changed,
	.rows = lite_rows, .step = lite_step, .rows_done = lite_rows_done, .columns = lite_columns,
	.null = lite_null, .integer = lite_int, .text = lite_text, .value = lite_value,
	.begin = lite_begin, .commit = lite_commit, .rollback = lite_rollback,
	.savepoint = lite_savepoint, .release = lite_release, .undo = lite_undo, .active = lite_active,
	.limit_ms = lite_limit_ms, .tidy = lite_tidy, .backup = lite_backup,
};

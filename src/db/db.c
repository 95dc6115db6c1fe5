/* The door: picks the engine by the address, then hands every call on. */
#include "db/backend.h"

enum rc db_open(struct cx *cx, struct str url, enum db_mode mode, struct db **out)
{
	struct str scheme = STR("sqlite:");
	if (str_starts(url, scheme) && url.n > scheme.n) return sqlite_open(cx, str_sub(url, scheme.n, url.n), mode, out);
	return fail(cx, RC_INVALID, "db.url", NOWHERE, "不认识的数据库地址“%.*s”，应为 sqlite:路径",
		    "unknown database address \"%.*s\", expected sqlite:PATH", STRF(url));
}

void db_close(struct db *db)
{
	if (db) db->ops->close(db);
}

enum rc db_run(struct cx *cx, struct db *db, struct sql sql, struct params p) { return db->ops->run(cx, db, sql.text, p); }
int64_t db_changed(const struct db *db) { return db->ops->changed(db); }

enum rc db_rows(struct cx *cx, struct db *db, struct sql sql, struct params p, struct rows **out)
{
	return db->ops->rows(cx, db, sql.text, p, out);
}

enum rc db_step(struct cx *cx, struct rows *r, bool *more) { return r->ops->step(cx, r, more); }

void rows_done(struct rows *r)
{
	if (r) r->ops->rows_done(r);
}

int rows_columns(const struct rows *r) { return r->ops->columns(r); }
bool row_null(const struct rows *r, int column) { return r->ops->null(r, column); }
int64_t row_int(const struct rows *r, int column) { return r->ops->integer(r, column); }
struct str row_text(const struct rows *r, int column) { return r->ops->text(r, column); }
struct param row_value(const struct rows *r, int column) { return r->ops->value(r, column); }

enum rc db_int(struct cx *cx, struct db *db, struct sql sql, struct params p, int64_t *out, bool *found)
{
	struct rows *r;
	bool more;
	TRY(db_rows(cx, db, sql, p, &r));
	TRY(db_step(cx, r, &more));
	if (more) more = !row_null(r, 0);
	if (more) *out = row_int(r, 0);
	*found = more;
	rows_done(r);
	return RC_OK;
}

enum rc db_begin(struct cx *cx, struct db *db) { return db->ops->begin(cx, db); }
enum rc db_commit(struct cx *cx, struct db *db) { return db->ops->commit(cx, db); }
void db_rollback(struct db *db) { db->ops->rollback(db); }
enum rc db_savepoint(struct cx *cx, struct db *db) { return db->ops->savepoint(cx, db); }
enum rc db_release(struct cx *cx, struct db *db) { return db->ops->release(cx, db); }
void db_undo(struct db *db) { db->ops->undo(db); }
bool db_active(const struct db *db) { return db->ops->active(db); }
void db_limit_ms(struct db *db, int ms) { db->ops->limit_ms(db, ms); }
void db_tidy(struct db *db, bool idle) { db->ops->tidy(db, idle); }
enum rc db_backup(struct cx *cx, struct db *db, struct str path) { return db->ops->backup(cx, db, path); }

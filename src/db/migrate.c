/* Forward only. What ran is remembered with the SHA-256 of its text, so that a migration edited after it ran is noticed. */
#include <assert.h>

#include "base/hash.h"
#include "db/backend.h"

static enum rc checksum_of(struct cx *cx, struct db *db, int number, struct str *sum)
{
	struct rows *r;
	bool more;
	TRY(db_rows(cx, db, SQL("select checksum from schema_migration where number = ?"), P(p_int(number)), &r));
	TRY(db_step(cx, r, &more));
	*sum = more ? str_dup(cx->arena, row_text(r, 0)) : STR("");
	rows_done(r);
	return RC_OK;
}

static enum rc apply(struct cx *cx, struct db *db, const struct migration *m, struct str sum)
{
	TRY(db->ops->script(cx, db, m->sql.text));
	return db_run(cx, db, SQL("insert into schema_migration (number, name, checksum, at_ms) values (?, ?, ?, ?)"),
		      P(p_int(m->number), p_text(str_c(m->name)), p_text(sum), p_int(cx->now_ms)));
}

static enum rc apply_once(struct cx *cx, struct db *db, const struct migration *m)
{
	struct str sum = hash_hex(cx->arena, hash_of(HASH_SHA256, m->sql.text)), had;
	TRY(checksum_of(cx, db, m->number, &had));
	if (str_eq(had, sum)) return RC_OK;
	if (had.n)
		return fail(cx, RC_CONFLICT, "db.migration_changed", NOWHERE, "迁移 %d（%s）执行之后又被修改",
			    "migration %d (%s) was edited after it ran", m->number, m->name);
	TRY(db_begin(cx, db));
	enum rc rc = apply(cx, db, m, sum);
	if (rc == RC_OK) return db_commit(cx, db);
	db_rollback(db);
	(void)fail(cx, rc, "db.migration", NOWHERE, "迁移 %d（%s）没有执行", "migration %d (%s) was not applied", m->number, m->name);
	return rc;
}

enum rc db_migrate(struct cx *cx, struct db *db, const struct migration *m, int n)
{
	int64_t newest = 0;
	bool found;
	TRY(db_run(cx, db, SQL("create table if not exists schema_migration (number integer primary key, name text not null, "
			       "checksum text not null, at_ms integer not null) strict"), NO_PARAMS));
	TRY(db_int(cx, db, SQL("select max(number) from schema_migration"), NO_PARAMS, &newest, &found));
	if (found && (n == 0 || newest > m[n - 1].number))
		return fail(cx, RC_CONFLICT, "db.newer", NOWHERE, "数据库的版本 %lld 比程序新，请使用新的程序",
			    "the database is at version %lld, newer than this program: use the newer program", (long long)newest);
	for (int i = 0; i < n; i++) {
		assert(i == 0 || m[i].number > m[i - 1].number);
		TRY(apply_once(cx, db, &m[i]));
	}
	return RC_OK;
}

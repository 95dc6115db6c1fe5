#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/time.h"
#include "db/db.h"

#include <cmocka.h>        /* last: it has a macro called fail */

struct fixture {
	struct cx cx;
	char dir[64];
	struct str url;
	struct db *w, *r;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	f->cx.arena = arena_new((size_t)256 << 20);
	f->cx.now_ms = time_now_ms();
	strcpy(f->dir, "/tmp/test_db.XXXXXX");
	if (!mkdtemp(f->dir)) return 1;
	f->url = str_fmt(f->cx.arena, "sqlite:%s/t.db", f->dir);
	if (db_open(&f->cx, f->url, DB_WRITE, &f->w) != RC_OK) return 1;
	struct sql table = SQL("create table t (id integer primary key, name text not null unique, body blob) strict");
	if (db_run(&f->cx, f->w, table, NO_PARAMS) != RC_OK) return 1;
	if (db_open(&f->cx, f->url, DB_READ, &f->r) != RC_OK) return 1;
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	db_close(f->r);
	db_close(f->w);
	char command[128];
	snprintf(command, sizeof command, "rm -rf %s", f->dir);
	int rc = system(command);
	arena_free(f->cx.arena);
	free(f);
	return rc;
}

static void ok(struct fixture *f, enum rc rc)
{
	if (rc == RC_OK) return;
	struct buf b = BUF(f->cx.arena, 65536);
	fail_print(&b, &f->cx.fails, LANG_EN);
	fail_msg("%.*s", STRF(buf_str(&b)));
}

static void add(struct fixture *f, int64_t id, const char *name)
{
	ok(f, db_run(&f->cx, f->w, SQL("insert into t (id, name) values (?, ?)"), P(p_int(id), p_text(str_c(name)))));
}

static int64_t count(struct fixture *f, struct db *db)
{
	int64_t n = -1;
	bool found;
	ok(f, db_int(&f->cx, db, SQL("select count(*) from t"), NO_PARAMS, &n, &found));
	assert_true(found);
	return n;
}

static int64_t setting(struct fixture *f, struct db *db, struct sql sql)
{
	int64_t n = -1;
	bool found;
	ok(f, db_int(&f->cx, db, sql, NO_PARAMS, &n, &found));
	return n;
}

static const char *last_code(struct fixture *f) { return f->cx.fails.n ? f->cx.fails.v[f->cx.fails.n - 1].code : ""; }

static void settings_hold(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(setting(f, f->w, SQL("pragma synchronous")), 2);
	assert_int_equal(setting(f, f->w, SQL("pragma foreign_keys")), 1);
	assert_int_equal(setting(f, f->w, SQL("pragma trusted_schema")), 0);
	assert_int_equal(setting(f, f->w, SQL("pragma wal_autocheckpoint")), 0);
	assert_int_equal(setting(f, f->w, SQL("pragma secure_delete")), 1);
	assert_int_equal(setting(f, f->r, SQL("pragma query_only")), 1);
	assert_int_equal(setting(f, f->r, SQL("pragma wal_autocheckpoint")), 0);
	struct stat st;
	assert_int_equal(stat(str_sub(f->url, 7, f->url.n).p, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void values_come_back(void **state)
{
	struct fixture *f = *state;
	struct str blob = STR("a\0b\xFF");
	ok(f, db_run(&f->cx, f->w, SQL("insert into t (id, name, body) values (?, ?, ?)"),
		     P(p_int(INT64_MIN), p_text(STR("云南")), p_blob(blob))));
	ok(f, db_run(&f->cx, f->w, SQL("insert into t (id, name, body) values (?, ?, ?)"),
		     P(p_int(INT64_MAX), p_text((struct str){ NULL, 0 }), p_null())));
	struct rows *r;
	bool more;
	ok(f, db_rows(&f->cx, f->r, SQL("select id, name, body from t order by id"), NO_PARAMS, &r));
	ok(f, db_step(&f->cx, r, &more));
	assert_true(more);
	assert_int_equal(rows_columns(r), 3);
	assert_true(row_int(r, 0) == INT64_MIN);
	assert_true(str_is(row_text(r, 1), "云南"));
	assert_true(str_eq(row_text(r, 2), blob));
	assert_true(row_value(r, 0).kind == PARAM_INT && row_value(r, 0).i == INT64_MIN);
	assert_true(row_value(r, 1).kind == PARAM_TEXT && str_is(row_value(r, 1).s, "云南"));
	assert_true(row_value(r, 2).kind == PARAM_BLOB && str_eq(row_value(r, 2).s, blob));
	ok(f, db_step(&f->cx, r, &more));
	assert_true(row_int(r, 0) == INT64_MAX);
	assert_true(row_null(r, 2) && row_value(r, 2).kind == PARAM_NULL);
	assert_false(row_null(r, 1));
	assert_true(row_value(r, 1).kind == PARAM_TEXT && row_value(r, 1).s.n == 0);
	ok(f, db_step(&f->cx, r, &more));
	assert_false(more);
	ok(f, db_step(&f->cx, r, &more));
	assert_false(more);
	rows_done(r);
	int64_t n = 7;
	bool found;
	ok(f, db_int(&f->cx, f->r, SQL("select id from t where name = ?"), P(p_text(STR("nobody"))), &n, &found));
	assert_false(found);
	assert_int_equal(n, 7);
}

static void reader_cannot_write(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(db_run(&f->cx, f->r, SQL("insert into t (id, name) values (1, 'x')"), NO_PARAMS), RC_IO);
	assert_string_equal(last_code(f), "db.read_only");
	/* Not even after asking to be allowed. */
	ok(f, db_run(&f->cx, f->r, SQL("pragma query_only=off"), NO_PARAMS));
	assert_int_equal(db_run(&f->cx, f->r, SQL("insert into t (id, name) values (1, 'x')"), NO_PARAMS), RC_IO);
	assert_int_equal(count(f, f->w), 0);
	struct db *none;
	assert_int_equal(db_open(&f->cx, str_fmt(f->cx.arena, "sqlite:%s/none.db", f->dir), DB_READ, &none), RC_IO);
	assert_int_equal(db_open(&f->cx, STR("mysql:x"), DB_READ, &none), RC_INVALID);
}

static void constraints_have_names(void **state)
{
	struct fixture *f = *state;
	ok(f, db_run(&f->cx, f->w, SQL("create table c (id integer primary key, t integer not null references t(id), "
				       "n integer check (n > 0)) strict"), NO_PARAMS));
	add(f, 1, "a");
	assert_int_equal(db_run(&f->cx, f->w, SQL("insert into t (id, name) values (2, 'a')"), NO_PARAMS), RC_CONFLICT);
	assert_string_equal(last_code(f), "db.unique");
	assert_int_equal(db_run(&f->cx, f->w, SQL("insert into c (id, t) values (1, 99)"), NO_PARAMS), RC_CONFLICT);
	assert_string_equal(last_code(f), "db.reference");
	assert_int_equal(db_run(&f->cx, f->w, SQL("insert into c (id, t, n) values (1, 1, 0)"), NO_PARAMS), RC_INVALID);
	assert_int_equal(db_run(&f->cx, f->w, SQL("insert into c (id, t, n) values (1, 1, 'word')"), NO_PARAMS), RC_INVALID);
	assert_int_equal(db_run(&f->cx, f->w, SQL("select * from \"nowhere\""), NO_PARAMS), RC_IO);
	assert_int_equal(db_run(&f->cx, f->w, SQL("delete from t; delete from t"), NO_PARAMS), RC_IO);
	assert_int_equal(db_run(&f->cx, f->w, SQL("delete from t where id = ?"), NO_PARAMS), RC_IO);
	assert_string_equal(last_code(f), "db.params");
	/* A word in double quotes is a name, never silently a text. */
	assert_int_equal(db_run(&f->cx, f->w, SQL("delete from t where name = \"a\""), NO_PARAMS), RC_IO);
	assert_int_equal(count(f, f->w), 1);
}

static void same_text_nested(void **state)
{
	struct fixture *f = *state;
	add(f, 1, "a");
	add(f, 2, "b");
	struct rows *outer, *inner;
	bool more, more_in;
	int pairs = 0;
	ok(f, db_rows(&f->cx, f->r, SQL("select id from t order by id"), NO_PARAMS, &outer));
	for (ok(f, db_step(&f->cx, outer, &more)); more; ok(f, db_step(&f->cx, outer, &more))) {
		ok(f, db_rows(&f->cx, f->r, SQL("select id from t order by id"), NO_PARAMS, &inner));
		for (ok(f, db_step(&f->cx, inner, &more_in)); more_in; ok(f, db_step(&f->cx, inner, &more_in)))
			pairs += (int)(10 * row_int(outer, 0) + row_int(inner, 0));
	}
	assert_int_equal(pairs, 11 + 12 + 21 + 22);
}

/* More texts than the cache holds, with cursors open across the evictions. */
static void many_texts(void **state)
{
	struct fixture *f = *state;
	add(f, 5, "a");
	struct rows *held;
	bool more, found;
	ok(f, db_rows(&f->cx, f->r, SQL("select id from t"), NO_PARAMS, &held));
	ok(f, db_step(&f->cx, held, &more));
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 700; i++) {
			struct sqlb b = sqlb_new(f->cx.arena);
			int64_t n;
			sqlb_add(&b, SQL("select id + "));
			sqlb_int(&b, i);
			sqlb_add(&b, SQL(" from "));
			sqlb_name(&b, "", STR("t"));
			ok(f, db_int(&f->cx, f->r, sqlb_sql(&b), NO_PARAMS, &n, &found));
			assert_int_equal(n, 5 + i);
		}
	assert_int_equal(row_int(held, 0), 5);
	rows_done(held);
	rows_done(held);
	/* All places taken by open cursors: refused, not crashed; then usable again. */
	ok(f, db_begin(&f->cx, f->r));
	enum rc rc = RC_OK;
	for (int i = 0; i < 300 && rc == RC_OK; i++) rc = db_rows(&f->cx, f->r, SQL("select id from t"), NO_PARAMS, &held);
	assert_int_equal(rc, RC_LIMIT);
	ok(f, db_commit(&f->cx, f->r));
	assert_int_equal(count(f, f->r), 1);
}

static void snapshot_and_abandoned_cursor(void **state)
{
	struct fixture *f = *state;
	add(f, 1, "a");
	add(f, 2, "b");
	ok(f, db_begin(&f->cx, f->r));
	struct rows *r;
	bool more;
	ok(f, db_rows(&f->cx, f->r, SQL("select id from t"), NO_PARAMS, &r));
	ok(f, db_step(&f->cx, r, &more));
	add(f, 3, "c");
	assert_int_equal(count(f, f->r), 2);
	ok(f, db_commit(&f->cx, f->r));         /* the cursor was left open */
	assert_int_equal(count(f, f->r), 3);
	rows_done(r);
	/* Nothing holds the old snapshot any more: the log can be emptied. */
	int64_t busy = -1;
	bool found;
	ok(f, db_int(&f->cx, f->w, SQL("pragma wal_checkpoint(truncate)"), NO_PARAMS, &busy, &found));
	assert_int_equal(busy, 0);
}

static void savepoints(void **state)
{
	struct fixture *f = *state;
	ok(f, db_begin(&f->cx, f->w));
	assert_true(db_active(f->w));
	ok(f, db_savepoint(&f->cx, f->w));
	add(f, 1, "kept");
	ok(f, db_release(&f->cx, f->w));
	ok(f, db_savepoint(&f->cx, f->w));
	add(f, 2, "undone");
	struct rows *r;
	bool more;
	ok(f, db_rows(&f->cx, f->w, SQL("select id from t"), NO_PARAMS, &r));
	ok(f, db_step(&f->cx, r, &more));
	db_undo(f->w);
	assert_true(db_active(f->w));
	ok(f, db_savepoint(&f->cx, f->w));
	add(f, 3, "undone");    /* the name is free again */
	ok(f, db_release(&f->cx, f->w));
	assert_int_equal(count(f, f->r), 0);
	ok(f, db_commit(&f->cx, f->w));
	assert_false(db_active(f->w));
	assert_int_equal(count(f, f->r), 2);
	ok(f, db_begin(&f->cx, f->w));
	add(f, 9, "rolled back");
	db_rollback(f->w);
	assert_int_equal(count(f, f->w), 2);
	ok(f, db_run(&f->cx, f->w, SQL("update t set body = null"), NO_PARAMS));
	assert_int_equal(db_changed(f->w), 2);
	assert_int_equal(db_commit(&f->cx, f->w), RC_IO);
}

static void one_writer_readers_free(void **state)
{
	struct fixture *f = *state;
	/* A connection must not cross a fork, so the second process starts while none is open. */
	db_close(f->r);
	db_close(f->w);
	int go[2], ready[2];
	char c;
	assert_int_equal(pipe(go), 0);
	assert_int_equal(pipe(ready), 0);
	pid_t child = fork();
	if (child == 0) {
		struct db *second;
		if (read(go[0], &c, 1) != 1 || db_open(&f->cx, f->url, DB_WRITE, &second) != RC_OK) _exit(1);
		if (write(ready[1], "x", 1) != 1) _exit(1);
		int64_t from = time_mono_ms();
		if (db_begin(&f->cx, second) != RC_OK) _exit(2);
		_exit(time_mono_ms() - from > 100 ? 0 : 3);
	}
	ok(f, db_open(&f->cx, f->url, DB_WRITE, &f->w));
	ok(f, db_open(&f->cx, f->url, DB_READ, &f->r));
	ok(f, db_begin(&f->cx, f->w));
	add(f, 1, "a");
	assert_int_equal(write(go[1], "x", 1), 1);
	assert_int_equal(count(f, f->r), 0);    /* does not wait */
	assert_int_equal(read(ready[0], &c, 1), 1);
	usleep(300000);
	ok(f, db_commit(&f->cx, f->w));
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void slow_is_stopped(void **state)
{
	struct fixture *f = *state;
	struct sql slow = SQL("with recursive c(i) as (select 1 union all select i + 1 from c where i < 1000000000) "
			      "select sum(i) from c");
	int64_t n, from = time_mono_ms();
	bool found;
	db_limit_ms(f->r, 100);
	assert_int_equal(db_int(&f->cx, f->r, slow, NO_PARAMS, &n, &found), RC_BUSY);
	assert_string_equal(last_code(f), "db.slow");
	assert_true(time_mono_ms() - from < 2000);
	db_limit_ms(f->r, 0);
	assert_int_equal(count(f, f->r), 0);
	/* A write stopped in the middle takes its transaction with it, and db_active says so. */
	ok(f, db_begin(&f->cx, f->w));
	add(f, 1, "a");
	ok(f, db_savepoint(&f->cx, f->w));
	db_limit_ms(f->w, 100);
	struct sql write = SQL("insert into t (id, name) "
			       "with recursive c(i) as (select 2 union all select i + 1 from c where i < 1000000000) "
			       "select i, cast(i as text) from c");
	assert_int_equal(db_run(&f->cx, f->w, write, NO_PARAMS), RC_BUSY);
	assert_false(db_active(f->w));
	db_undo(f->w);
	assert_int_equal(db_commit(&f->cx, f->w), RC_IO);
	db_limit_ms(f->w, 0);
	assert_int_equal(count(f, f->w), 0);
}

static int64_t file_bytes(struct fixture *f, const char *name)
{
	struct stat st;
	return stat(str_fmt(f->cx.arena, "%s/%s", f->dir, name).p, &st) == 0 ? (int64_t)st.st_size : -1;
}

static void only_the_writer_checkpoints(void **state)
{
	struct fixture *f = *state;
	int64_t small = file_bytes(f, "t.db");
	struct str big = { arena_alloc(f->cx.arena, 1 << 20), 1 << 20 };
	ok(f, db_begin(&f->cx, f->w));
	for (int i = 0; i < 6; i++)
		ok(f, db_run(&f->cx, f->w, SQL("insert into t (id, name, body) values (?, ?, ?)"),
			     P(p_int(i), p_text(str_fmt(f->cx.arena, "%d", i)), p_blob(big))));
	ok(f, db_commit(&f->cx, f->w));
	assert_int_equal(count(f, f->r), 6);
	db_close(f->r);
	ok(f, db_open(&f->cx, f->url, DB_READ, &f->r));
	assert_int_equal(file_bytes(f, "t.db"), small);         /* a reader's close moved nothing */
	assert_true(file_bytes(f, "t.db-wal") > (6 << 20));
	/* A reader with an old snapshot makes tidying incomplete, never waiting. */
	ok(f, db_begin(&f->cx, f->r));
	assert_int_equal(count(f, f->r), 6);
	int64_t from = time_mono_ms();
	db_tidy(f->w, false);
	assert_true(file_bytes(f, "t.db") > (6 << 20));
	add(f, 100, "later");
	db_tidy(f->w, true);
	assert_true(time_mono_ms() - from < 4000);      /* a busy timeout would be 5 s */
	assert_int_equal(count(f, f->r), 6);
	ok(f, db_commit(&f->cx, f->r));
	for (int i = 0; i < 80; i++)    /* enough log to be worth shortening */
		ok(f, db_run(&f->cx, f->w, SQL("update t set body = ? where id = 100"), P(p_blob(str_sub(big, 0, 8000)))));
	db_tidy(f->w, true);
	assert_int_equal(file_bytes(f, "t.db-wal"), 0);
	assert_int_equal(count(f, f->r), 7);
}

static const struct migration steps[] = {
	{ 1, "first", SQL("create table a (id integer primary key) strict; insert into a (id) values (1);") },
	{ 2, "second", SQL("create table b (id integer primary key) strict; insert into b (id) select id from a;") },
};

static void migrations(void **state)
{
	struct fixture *f = *state;
	ok(f, db_migrate(&f->cx, f->w, steps, 1));
	ok(f, db_migrate(&f->cx, f->w, steps, 2));
	ok(f, db_migrate(&f->cx, f->w, steps, 2));
	assert_int_equal(setting(f, f->r, SQL("select count(*) from b")), 1);
	struct migration edited[] = { steps[0], { 2, "second", SQL("create table other (id integer) strict") } };
	assert_int_equal(db_migrate(&f->cx, f->w, edited, 2), RC_CONFLICT);
	assert_int_equal(db_migrate(&f->cx, f->w, steps, 1), RC_CONFLICT);
	assert_string_equal(last_code(f), "db.newer");
	/* A step that fails in the middle leaves nothing. */
	struct migration bad[] = { steps[0], steps[1],
		{ 3, "bad", SQL("create table c (id integer) strict; insert into nowhere values (1)") } };
	assert_int_equal(db_migrate(&f->cx, f->w, bad, 3), RC_IO);
	assert_int_equal(setting(f, f->w, SQL("select count(*) from sqlite_schema where name = 'c'")), 0);
	assert_int_equal(setting(f, f->w, SQL("select max(number) from schema_migration")), 2);
}

static void backups(void **state)
{
	struct fixture *f = *state;
	add(f, 1, "a");
	struct str path = str_fmt(f->cx.arena, "%s/copy?.db", f->dir);
	ok(f, db_backup(&f->cx, f->r, path));           /* from a reader, while the writer lives */
	add(f, 2, "b");
	ok(f, db_backup(&f->cx, f->r, path));           /* over the old one */
	ok(f, db_verify(&f->cx, path));
	assert_int_equal(file_bytes(f, "copy?.db.part"), -1);
	assert_int_equal(db_run(&f->cx, f->r, SQL("delete from t"), NO_PARAMS), RC_IO);
	struct stat st;
	assert_int_equal(stat(path.p, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	/* A damaged page is found. */
	int fd = open(path.p, O_RDWR);
	char junk[64];
	memset(junk, 0x5A, sizeof junk);
	assert_int_equal(pwrite(fd, junk, sizeof junk, 4096), sizeof junk);
	close(fd);
	assert_int_equal(db_verify(&f->cx, path), RC_IO);
	assert_int_equal(db_backup(&f->cx, f->r, STR("/nonexistent/x.db")), RC_IO);
}

static void building_sql(void **state)
{
	struct fixture *f = *state;
	struct sqlb b = sqlb_new(f->cx.arena);
	sqlb_add(&b, SQL("select "));
	sqlb_alias(&b, 't', 3);
	sqlb_add(&b, SQL("."));
	sqlb_name(&b, "r_", STR("lab_2"));
	sqlb_add(&b, SQL(" limit "));
	sqlb_int(&b, -5);
	assert_true(str_is(sqlb_sql(&b).text, "select t3.\"r_lab_2\" limit -5"));
	static const char *const bad[] = { "", "A", "a-b", "a\"b", "1a", "_a", "a b", "中" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		pid_t child = fork();
		if (child == 0) {
			close(2);
			sqlb_name(&b, "", str_c(bad[i]));
			_exit(0);
		}
		int status;
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) != 0);
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(settings_hold), T(values_come_back), T(reader_cannot_write), T(constraints_have_names), T(same_text_nested),
		T(many_texts), T(snapshot_and_abandoned_cursor), T(savepoints), T(one_writer_readers_free), T(slow_is_stopped),
		T(only_the_writer_checkpoints), T(migrations), T(backups), T(building_sql),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

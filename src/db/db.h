/* One SQL interface over SQLite (and PostgreSQL later): about ten functions, one portable dialect.

   Dialect: types integer, real, text, blob only; booleans 0/1; dates ISO text or day numbers, instants integer ms;
   NULLS FIRST/LAST always said; no bare columns under GROUP BY; no LIKE on raw text; no date or string functions;
   no sequences, triggers or RETURNING. Tables end in `strict` (an engine without the word drops it). Parameters are `?` in order. */
#ifndef DB_DB_H
#define DB_DB_H

#include "base/buf.h"
#include "base/fail.h"

struct db;
struct rows;

/* SQL text that is a literal, or was built only from literals and checked names: nothing else compiles. */
struct sql { struct str text; };
#define SQL(lit) ((struct sql){ { "" lit "", sizeof(lit) - 1 } })

struct sqlb { struct buf b; };
struct sqlb sqlb_new(struct arena *a);
void sqlb_add(struct sqlb *b, struct sql s);
/* A table or column name out of a declaration: [a-z][a-z0-9_]{0,62}, asserted; written in double quotes. */
void sqlb_name(struct sqlb *b, const char *prefix, struct str name);
void sqlb_int(struct sqlb *b, int64_t n);
/* An alias made of a letter and a number: t3. */
void sqlb_alias(struct sqlb *b, char letter, int n);
struct sql sqlb_sql(const struct sqlb *b);

enum param_kind { PARAM_NULL, PARAM_INT, PARAM_TEXT, PARAM_BLOB };
struct param { enum param_kind kind; int64_t i; struct str s; };
static inline struct param p_null(void) { return (struct param){ PARAM_NULL, 0, { 0 } }; }
static inline struct param p_int(int64_t i) { return (struct param){ PARAM_INT, i, { 0 } }; }
static inline struct param p_text(struct str s) { return (struct param){ PARAM_TEXT, 0, s }; }
static inline struct param p_blob(struct str s) { return (struct param){ PARAM_BLOB, 0, s }; }

struct params { const struct param *v; int n; };
#define P(...) ((struct params){ (struct param[]){ __VA_ARGS__ }, (int)(sizeof((struct param[]){ __VA_ARGS__ }) / sizeof(struct param)) })
#define NO_PARAMS ((struct params){ NULL, 0 })
/* Parameters collected while SQL is built. */
struct paramv { VEC(struct param); };
#define PV(pv) ((struct params){ (pv)->v, (int)(pv)->n })

enum db_mode {
	DB_READ,        /* cannot write, by the database's own refusal (query_only, read-only file) */
	DB_WRITE        /* the one writer: WAL, synchronous=FULL, foreign keys; it alone checkpoints */
};

/* `url`: "sqlite:PATH". Creates the file in DB_WRITE only. */
enum rc db_open(struct cx *cx, struct str url, enum db_mode mode, struct db **out) MUST_USE;
void db_close(struct db *db);

/* Run a statement without rows. Statements are prepared once and kept (by text). */
enum rc db_run(struct cx *cx, struct db *db, struct sql sql, struct params p) MUST_USE;
int64_t db_changed(const struct db *db);                /* rows changed by the last db_run */

/* Rows: read with db_step until *more is false; texts are borrowed until the next step. An abandoned cursor is closed by
   rows_done, or with the transaction or savepoint it is in; `rows` itself lives in cx->arena. */
enum rc db_rows(struct cx *cx, struct db *db, struct sql sql, struct params p, struct rows **out) MUST_USE;
enum rc db_step(struct cx *cx, struct rows *r, bool *more) MUST_USE;
void rows_done(struct rows *r);
int rows_columns(const struct rows *r);
bool row_null(const struct rows *r, int column);
int64_t row_int(const struct rows *r, int column);
struct str row_text(const struct rows *r, int column);  /* text or blob; borrowed */
struct param row_value(const struct rows *r, int column);       /* whatever it is, in one go; text or blob borrowed */
/* The first row's first column; *found false when there is no row or it is null (then *out is untouched). */
enum rc db_int(struct cx *cx, struct db *db, struct sql sql, struct params p, int64_t *out, bool *found) MUST_USE;

/* Transactions. One savepoint level under a transaction is what the writer needs. */
enum rc db_begin(struct cx *cx, struct db *db) MUST_USE;        /* read snapshot, or BEGIN IMMEDIATE in DB_WRITE */
enum rc db_commit(struct cx *cx, struct db *db) MUST_USE;       /* durable when it returns RC_OK */
void db_rollback(struct db *db);
enum rc db_savepoint(struct cx *cx, struct db *db) MUST_USE;
enum rc db_release(struct cx *cx, struct db *db) MUST_USE;
void db_undo(struct db *db);                                    /* back to the savepoint, and forget it */

/* False when the engine itself gave the transaction up (disk full, I/O error, interrupted write): all of it is undone. */
bool db_active(const struct db *db);

/* Stop a statement that runs longer than this (RC_BUSY; checked every few thousand steps, counted from its start); 0: no limit. */
void db_limit_ms(struct db *db, int ms);
/* DB_WRITE, between transactions: move a long log into the main file; when idle, shorten it too. Never waits for readers. */
void db_tidy(struct db *db, bool idle);

/* Numbered migrations of the system tables, forward only, checksummed, each in its own transaction. */
struct migration { int number; const char *name; struct sql sql; };
enum rc db_migrate(struct cx *cx, struct db *db, const struct migration *m, int n) MUST_USE;

/* Backup under load, outside a transaction, best on a DB_READ of its own: a consistent copy, fsynced, checked, then renamed
   into place. Verify reads the whole copy. */
enum rc db_backup(struct cx *cx, struct db *db, struct str path) MUST_USE;
enum rc db_verify(struct cx *cx, struct str path) MUST_USE;

#endif

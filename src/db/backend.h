/* What an engine provides. Only src/db includes this: adding PostgreSQL means one more table of these. */
#ifndef DB_BACKEND_H
#define DB_BACKEND_H

#include "db/db.h"

struct db_ops {
	void (*close)(struct db *db);
	enum rc (*run)(struct cx *cx, struct db *db, struct str sql, struct params p);
	/* Several statements separated by semicolons, without parameters. */
	enum rc (*script)(struct cx *cx, struct db *db, struct str sql);
	int64_t (*changed)(const struct db *db);
	enum rc (*rows)(struct cx *cx, struct db *db, struct str sql, struct params p, struct rows **out);
	enum rc (*step)(struct cx *cx, struct rows *r, bool *more);
	void (*rows_done)(struct rows *r);
	int (*columns)(const struct rows *r);
	bool (*null)(const struct rows *r, int column);
	int64_t (*integer)(const struct rows *r, int column);
	struct str (*text)(const struct rows *r, int column);
	struct param (*value)(const struct rows *r, int column);
	enum rc (*begin)(struct cx *cx, struct db *db);
	enum rc (*commit)(struct cx *cx, struct db *db);
	void (*rollback)(struct db *db);
	enum rc (*savepoint)(struct cx *cx, struct db *db);
	enum rc (*release)(struct cx *cx, struct db *db);
	void (*undo)(struct db *db);
	bool (*active)(const struct db *db);
	void (*limit_ms)(struct db *db, int ms);
	void (*tidy)(struct db *db, bool idle);
	enum rc (*backup)(struct cx *cx, struct db *db, struct str path);
};

/* The first member of each engine's own struct. */
struct db { const struct db_ops *ops; };
struct rows { const struct db_ops *ops; };

enum rc sqlite_open(struct cx *cx, struct str path, enum db_mode mode, struct db **out) MUST_USE;

#endif

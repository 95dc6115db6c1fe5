#include "rec/schema.h"

#include "rec/query.h"

static const struct migration system_tables[] = {
	{ 1, "accounts", SQL("CREATE TABLE account (id INTEGER PRIMARY KEY, login TEXT NOT NULL UNIQUE, name_zh TEXT NOT NULL, name_en TEXT NOT NULL, "
		"pw_hash TEXT NOT NULL, person_id INTEGER, org_id INTEGER, division TEXT, state TEXT NOT NULL, failed INTEGER NOT NULL DEFAULT 0, "
		"locked_until_ms INTEGER NOT NULL DEFAULT 0, lang TEXT, email TEXT) STRICT") },
	{ 2, "roles of accounts", SQL("CREATE TABLE account_role (account_id INTEGER NOT NULL, role TEXT NOT NULL, PRIMARY KEY (account_id, role)) STRICT") },
	{ 3, "sessions", SQL("CREATE TABLE session (id_hash TEXT PRIMARY KEY, account_id INTEGER NOT NULL, csrf TEXT NOT NULL, created_ms INTEGER NOT NULL, "
		"seen_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, remote TEXT) STRICT") },
	{ 4, "tokens of the API", SQL("CREATE TABLE api_token (id_hash TEXT PRIMARY KEY, account_id INTEGER NOT NULL, scopes TEXT NOT NULL, name TEXT NOT NULL, "
		"created_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, revoked INTEGER NOT NULL DEFAULT 0) STRICT") },
	{ 5, "events", SQL("CREATE TABLE event (seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, account INTEGER NOT NULL, type TEXT NOT NULL, "
		"record INTEGER NOT NULL, rev INTEGER NOT NULL, act TEXT NOT NULL, move TEXT NOT NULL, from_state TEXT NOT NULL, to_state TEXT NOT NULL, "
		"reason TEXT NOT NULL, changes TEXT NOT NULL, remote TEXT NOT NULL, prev TEXT NOT NULL, hash TEXT NOT NULL) STRICT") },
	{ 6, "events by record", SQL("CREATE INDEX event_record ON event (record, seq)") },
	{ 7, "drafts", SQL("CREATE TABLE draft (account_id INTEGER NOT NULL, type TEXT NOT NULL, record INTEGER NOT NULL, body BLOB NOT NULL, "
		"saved_ms INTEGER NOT NULL, PRIMARY KEY (account_id, type, record)) STRICT") },
	{ 8, "files", SQL("CREATE TABLE file (id INTEGER PRIMARY KEY, digest TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, bytes INTEGER NOT NULL, "
		"account_id INTEGER NOT NULL, created_ms INTEGER NOT NULL, type TEXT NOT NULL, record INTEGER NOT NULL, field TEXT NOT NULL, "
		"sealed INTEGER NOT NULL DEFAULT 0) STRICT") },
	{ 9, "mail", SQL("CREATE TABLE mail (id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, account_id INTEGER NOT NULL, address TEXT NOT NULL, "
		"subject_zh TEXT NOT NULL, subject_en TEXT NOT NULL, text_zh TEXT NOT NULL, text_en TEXT NOT NULL, type TEXT NOT NULL, record INTEGER NOT NULL, "
		"state TEXT NOT NULL, sent_ms INTEGER, error TEXT) STRICT") },
	{ 10, "mail by account", SQL("CREATE INDEX mail_account ON mail (account_id, id)") },
	{ 11, "counters of record numbers", SQL("CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT") },
	{ 12, "region revisions", SQL("CREATE TABLE region_rev (id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, digest TEXT NOT NULL, files TEXT NOT NULL) STRICT") },
	{ 13, "columns of record types", SQL("CREATE TABLE schema_column (table_name TEXT NOT NULL, column_name TEXT NOT NULL, kind TEXT NOT NULL, "
		"PRIMARY KEY (table_name, column_name)) STRICT") },
	{ 14, "settings", SQL("CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT") },
	{ 15, "notes on warnings", SQL("CREATE TABLE check_note (type TEXT NOT NULL, record INTEGER NOT NULL, name TEXT NOT NULL, note TEXT NOT NULL, "
		"account_id INTEGER NOT NULL, at_ms INTEGER NOT NULL, PRIMARY KEY (type, record, name)) STRICT") },
	{ 16, "answered commands", SQL("CREATE TABLE IF NOT EXISTS command_done (key TEXT PRIMARY KEY, at_ms INTEGER NOT NULL, answer BLOB NOT NULL) STRICT") },
	{ 17, "passwords given by an administrator", SQL("ALTER TABLE account ADD COLUMN must_change INTEGER NOT NULL DEFAULT 0") },
	{ 18, "receipts", SQL("CREATE TABLE receipt (number TEXT PRIMARY KEY, type TEXT NOT NULL, record INTEGER NOT NULL, rev INTEGER NOT NULL, "
		"account_id INTEGER NOT NULL, org INTEGER NOT NULL, at_ms INTEGER NOT NULL, digest TEXT NOT NULL, body BLOB NOT NULL) STRICT") },
	{ 19, "receipts by record", SQL("CREATE INDEX receipt_record ON receipt (record, at_ms)") },
	{ 20, "batches of moves", SQL("CREATE TABLE bulk (id INTEGER PRIMARY KEY, account_id INTEGER NOT NULL, type TEXT NOT NULL, move TEXT NOT NULL, "
		"state TEXT NOT NULL, reason TEXT NOT NULL, body BLOB NOT NULL, remote TEXT NOT NULL, made_ms INTEGER NOT NULL, started_ms INTEGER NOT NULL, "
		"ended_ms INTEGER NOT NULL) STRICT") },
	{ 21, "rows of batches", SQL("CREATE TABLE bulk_row (bulk INTEGER NOT NULL, pos INTEGER NOT NULL, record INTEGER NOT NULL, rev INTEGER NOT NULL, "
		"state TEXT NOT NULL, why_zh TEXT NOT NULL, why_en TEXT NOT NULL, PRIMARY KEY (bulk, pos)) STRICT") },
	{ 22, "batches by state", SQL("CREATE INDEX bulk_state ON bulk (state, started_ms)") },
	{ 23, "proposals of assignments", SQL("CREATE TABLE proposal (id INTEGER PRIMARY KEY, assignment TEXT NOT NULL, round INTEGER NOT NULL, seed INTEGER NOT NULL, "
		"account INTEGER NOT NULL, at_ms INTEGER NOT NULL, items TEXT NOT NULL, persons TEXT NOT NULL, pairs TEXT NOT NULL, rules TEXT NOT NULL, answer TEXT NOT NULL, "
		"item_ids TEXT NOT NULL, person_ids TEXT NOT NULL, changes TEXT NOT NULL, commitment TEXT NOT NULL, figures TEXT NOT NULL, "
		"published_ms INTEGER NOT NULL DEFAULT 0, publisher INTEGER NOT NULL DEFAULT 0) STRICT") },
	{ 24, "proposals by round", SQL("CREATE INDEX proposal_round ON proposal (assignment, round, id)") },
	{ 25, "accounts by person", SQL("CREATE INDEX account_person ON account (person_id)") },
	{ 26, "links that open without signing in", SQL("CREATE TABLE secret_link (id_hash TEXT PRIMARY KEY, kind TEXT NOT NULL, type TEXT NOT NULL, record INTEGER NOT NULL, "
		"account_id INTEGER NOT NULL, name TEXT NOT NULL, created_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, revoked INTEGER NOT NULL) STRICT") },
	{ 27, "links by record", SQL("CREATE INDEX secret_link_record ON secret_link (record, kind)") },
	{ 28, "long work", SQL("CREATE TABLE job (id INTEGER PRIMARY KEY, account_id INTEGER NOT NULL, kind TEXT NOT NULL, args BLOB NOT NULL, title_zh TEXT NOT NULL, "
		"title_en TEXT NOT NULL, lang TEXT NOT NULL, state TEXT NOT NULL, rights TEXT NOT NULL DEFAULT '', name TEXT NOT NULL DEFAULT '', link TEXT NOT NULL DEFAULT '', "
		"done INTEGER NOT NULL DEFAULT 0, total INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0, notes_bytes INTEGER NOT NULL DEFAULT 0, "
		"asked_ms INTEGER NOT NULL, started_ms INTEGER NOT NULL DEFAULT 0, ended_ms INTEGER NOT NULL DEFAULT 0, until_ms INTEGER NOT NULL DEFAULT 0, "
		"taker INTEGER NOT NULL DEFAULT 0, tries INTEGER NOT NULL DEFAULT 0, why_zh TEXT NOT NULL DEFAULT '', why_en TEXT NOT NULL DEFAULT '', "
		"hint_zh TEXT NOT NULL DEFAULT '', hint_en TEXT NOT NULL DEFAULT '') STRICT") },
	{ 29, "long work by state", SQL("CREATE INDEX job_state ON job (state, account_id, id)") },
	{ 30, "long work by account", SQL("CREATE INDEX job_account ON job (account_id, id)") },
	{ 31, "texts in an index", SQL("CREATE TABLE similar_text (name TEXT NOT NULL, type TEXT NOT NULL, record INTEGER NOT NULL, rev INTEGER NOT NULL, digest TEXT NOT NULL, "
		"seq INTEGER NOT NULL, PRIMARY KEY (name, record)) STRICT") },
	{ 32, "texts compared", SQL("CREATE TABLE similar (name TEXT NOT NULL, record INTEGER NOT NULL, digest TEXT NOT NULL, seen INTEGER NOT NULL, at_ms INTEGER NOT NULL, "
		"units INTEGER NOT NULL, total INTEGER NOT NULL, clean INTEGER NOT NULL, others INTEGER NOT NULL, sources BLOB NOT NULL, PRIMARY KEY (name, record)) STRICT") },
};

enum rc schema_migrate(struct cx *cx, struct db *db)
{
	return db_migrate(cx, db, system_tables, (int)(sizeof system_tables / sizeof *system_tables));
}

enum rc schema_revision(struct cx *cx, struct db *db, int64_t *rev, struct str *digest)
{
	struct rows *r;
	bool more;
	TRY(db_rows(cx, db, SQL("SELECT id, digest FROM region_rev ORDER BY id DESC LIMIT 1"), NO_PARAMS, &r));
	enum rc rc = db_step(cx, r, &more);
	if (rc == RC_OK) {
		*rev = more ? row_int(r, 0) : 0;
		*digest = more ? str_dup(cx->arena, row_text(r, 1)) : STR("");
	}
	rows_done(r);
	return rc;
}

static const char *stored_kind(const struct field_def *f)
{
	enum value_type t = field_value_type(f);
	return t == TYPE_TEXT || t == TYPE_CODE ? "TEXT" : "INTEGER";
}

/* What the columns are now: "table.column" → kind. Kept by us, so that no database's catalogue is asked. */
static enum rc known_columns(struct rx *rx, struct val *out)
{
	struct arena *a = rx->cx->arena;
	struct rows *r;
	TRY(db_rows(rx->cx, rx->db, SQL("SELECT table_name, column_name, kind FROM schema_column"), NO_PARAMS, &r));
	struct val tables = val_map(a);
	enum rc rc;
	bool more;
	while ((rc = db_step(rx->cx, r, &more)) == RC_OK && more) {
		struct str table = str_dup(a, row_text(r, 0));
		struct val columns = val_get(tables, table);
		if (val_is_null(columns)) {
			columns = val_map(a);
			val_set(a, tables, table, columns);
		}
		val_set(a, columns, str_dup(a, row_text(r, 1)), val_text(str_dup(a, row_text(r, 2))));
	}
	rows_done(r);
	if (rc == RC_OK) *out = tables;
	return rc;
}

static enum rc run_built(struct rx *rx, const struct sqlb *b) { return db_run(rx->cx, rx->db, sqlb_sql(b), NO_PARAMS); }

static enum rc remember(struct rx *rx, struct str table, struct str column, const char *kind)
{
	return db_run(rx->cx, rx->db, SQL("INSERT INTO schema_column (table_name, column_name, kind) VALUES (?, ?, ?)"),
		P(p_text(table), p_text(column), p_text(str_c(kind))));
}

static void put_column(struct sqlb *b, const struct field_def *f)
{
	sqlb_name(b, "f_", f->name);
	if (stored_kind(f)[0] == 'T') sqlb_add(b, SQL(" TEXT"));
	else sqlb_add(b, SQL(" INTEGER"));
}

/* A new table has its columns from the start: SQLite reads the whole schema again after each ALTER, which at 200 tables is nearly all the time of a set-up. */
static enum rc create_table(struct rx *rx, struct str table, struct sql head, struct field_def *const *field, int n, struct sql tail)
{
	struct sqlb b = sqlb_new(rx->cx->arena);
	sqlb_add(&b, SQL("CREATE TABLE "));
	sqlb_name(&b, "", table);
	sqlb_add(&b, head);
	TRY(remember(rx, table, STR("."), "TABLE"));
	for (int i = 0; i < n; i++) {
		if (!field_stored(field[i])) continue;
		sqlb_add(&b, SQL(", "));
		put_column(&b, field[i]);
		TRY(remember(rx, table, field[i]->name, stored_kind(field[i])));
	}
	sqlb_add(&b, tail);
	return run_built(rx, &b);
}

static enum rc add_column(struct rx *rx, struct val columns, struct str table, const struct field_def *f)
{
	const char *kind = stored_kind(f);
	struct val known = val_get(columns, f->name);
	if (!val_is_null(known)) {
		if (str_is(val_str(known), kind)) return RC_OK;
		enum rc rc = fail(rx->cx, RC_CONFLICT, "schema.retyped", f->at, "字段“%.*s”的存储类型由 %.*s 变为 %s，不能就地改变",
			"field “%.*s” was stored as %.*s and would become %s: this cannot be changed in place", STRF(f->name), STRF(val_str(known)), kind);
		fail_hint(rx->cx, "另起一个字段名，把数据导入新字段", "give the field a new name and import the data into it");
		return rc;
	}
	struct sqlb b = sqlb_new(rx->cx->arena);
	sqlb_add(&b, SQL("ALTER TABLE "));
	sqlb_name(&b, "", table);
	sqlb_add(&b, SQL(" ADD COLUMN "));
	put_column(&b, f);
	TRY(run_built(rx, &b));
	return remember(rx, table, f->name, kind);
}

static enum rc add_index(struct rx *rx, struct str table, struct str suffix, const char *c1, struct str f1, const char *c2)
{
	struct sqlb b = sqlb_new(rx->cx->arena);
	sqlb_add(&b, SQL("CREATE INDEX IF NOT EXISTS "));
	sqlb_name(&b, "i_", str_fmt(rx->cx->arena, "%.*s_%.*s", STRF(table), STRF(suffix)));
	sqlb_add(&b, SQL(" ON "));
	sqlb_name(&b, "", table);
	sqlb_add(&b, SQL(" ("));
	sqlb_name(&b, c1, f1);
	if (c2) {
		sqlb_add(&b, SQL(", "));
		sqlb_name(&b, "", str_c(c2));
	}
	sqlb_add(&b, SQL(")"));
	return run_built(rx, &b);
}

enum { INDEX_NAME_MAX = 63 };

static enum rc apply_child(struct rx *rx, struct val known, const struct table_def *t)
{
	struct str name = str_fmt(rx->cx->arena, "c_%.*s_%.*s", STRF(t->type->name), STRF(t->name));
	struct val columns = val_get(known, name);
	bool fresh = val_is_null(columns);
	if (fresh) TRY(create_table(rx, name, SQL(" (parent INTEGER NOT NULL, pos INTEGER NOT NULL"), t->column, t->n_column, SQL(", PRIMARY KEY (parent, pos)) STRICT")));
	for (int i = 0; i < t->n_column; i++) {
		const struct field_def *f = t->column[i];
		if (!field_stored(f)) continue;
		if (!fresh) TRY(add_column(rx, columns, name, f));
		if (f->kind == FIELD_REF && name.n + f->name.n + 5 <= INDEX_NAME_MAX) TRY(add_index(rx, name, str_fmt(rx->cx->arena, "f_%.*s", STRF(f->name)), "f_", f->name, "parent"));
	}
	return RC_OK;
}

static enum rc create_type(struct rx *rx, struct str name, const struct type_def *t)
{
	TRY(create_table(rx, name, SQL(" (id INTEGER PRIMARY KEY, rev INTEGER NOT NULL, state TEXT NOT NULL, number TEXT, owner INTEGER, author INTEGER, "
			"org INTEGER, division TEXT, created_ms INTEGER NOT NULL, changed_ms INTEGER NOT NULL, region_rev INTEGER NOT NULL, "
			"title_fold TEXT, title_key BLOB, sealed BLOB"), t->field, t->n_field, SQL(") STRICT")));
	TRY(add_index(rx, name, STR("changed"), "", STR("changed_ms"), "id"));
	TRY(add_index(rx, name, STR("state"), "", STR("state"), "changed_ms"));
	TRY(add_index(rx, name, STR("org"), "", STR("org"), "changed_ms"));
	TRY(add_index(rx, name, STR("owner"), "", STR("owner"), "changed_ms"));
	return add_index(rx, name, STR("number"), "", STR("number"), NULL);
}

static bool wants_index(const struct type_def *t, const struct field_def *f)
{
	if (f->kind == FIELD_REF || f->unique) return true;
	for (int i = 0; i < t->n_list; i++)
		if (t->list[i] == f && f->kind != FIELD_LONG && f->kind != FIELD_FILE) return true;
	return false;
}

static enum rc apply_type(struct rx *rx, struct val known, const struct type_def *t)
{
	struct str name = str_fmt(rx->cx->arena, "r_%.*s", STRF(t->name));
	struct val columns = val_get(known, name);
	bool fresh = val_is_null(columns);
	if (fresh) TRY(create_type(rx, name, t));
	for (int i = 0; i < t->n_field; i++) {
		const struct field_def *f = t->field[i];
		if (!field_stored(f)) continue;
		if (!fresh) TRY(add_column(rx, columns, name, f));
		if (wants_index(t, f)) TRY(add_index(rx, name, str_fmt(rx->cx->arena, "f_%.*s", STRF(f->name)), "f_", f->name, "id"));
	}
	for (int i = 0; i < t->n_table; i++) TRY(apply_child(rx, known, t->table[i]));
	return RC_OK;
}

enum rc schema_apply(struct rx *rx)
{
	struct val known;
	TRY(known_columns(rx, &known));
	for (int i = 0; i < rx->region->n_type; i++) TRY(apply_type(rx, known, rx->region->type[i]));
	int64_t rev;
	struct str digest;
	TRY(schema_revision(rx->cx, rx->db, &rev, &digest));
	if (!str_eq(digest, rx->region->digest)) {
		struct str files = str_join(rx->cx->arena, rx->region->file, (size_t)rx->region->n_file, STR("\n"));
		rev++;
		TRY(db_run(rx->cx, rx->db, SQL("INSERT INTO region_rev (id, at_ms, digest, files) VALUES (?, ?, ?, ?)"),
			P(p_int(rev), p_int(rx->cx->now_ms), p_text(rx->region->digest), p_text(files))));
	}
	rx->region_rev = rev;
	return RC_OK;
}

#include "app/data.h"

#include "base/time.h"
#include "rec/demo.h"
#include "rec/event.h"
#include "rec/schema.h"

static struct str db_url(struct arena *a, struct str dir) { return str_fmt(a, "sqlite:%.*s/lianchuang.db", STRF(dir)); }

static enum rc setting(struct cx *cx, struct db *db, struct str name, struct str *value)
{
	struct rows *r;
	bool more;
	TRY(db_rows(cx, db, SQL("SELECT value FROM setting WHERE name = ?"), P(p_text(name)), &r));
	enum rc rc = db_step(cx, r, &more);
	if (rc == RC_OK) *value = more ? str_dup(cx->arena, row_text(r, 0)) : STR("");
	rows_done(r);
	return rc;
}

static enum rc set_setting(struct cx *cx, struct db *db, struct str name, struct str value)
{
	TRY(db_run(cx, db, SQL("DELETE FROM setting WHERE name = ?"), P(p_text(name))));
	return db_run(cx, db, SQL("INSERT INTO setting (name, value) VALUES (?, ?)"), P(p_text(name), p_text(value)));
}

enum rc data_open(struct cx *cx, struct arena *arena, struct str dir, enum db_mode mode, struct data *out)
{
	struct data d = { .arena = arena, .dir = str_dup(arena, dir) };
	struct str region_dir, digest;
	TRY(vault_load(cx, arena, d.dir, false, &d.vault));
	TRY(db_open(cx, db_url(cx->arena, dir), mode, &d.db));
	enum rc rc = setting(cx, d.db, STR("region_dir"), &region_dir);
	if (rc == RC_OK) rc = schema_revision(cx, d.db, &d.region_rev, &digest);
	if (rc == RC_OK && !region_dir.n) rc = fail(cx, RC_MISSING, "data.region", NOWHERE, "数据库中没有区域设置，请先 init", "the database names no region: run init first");
	if (rc == RC_OK) rc = region_load(cx, arena, region_dir, &d.region);
	if (rc == RC_OK && !str_eq(digest, d.region->digest)) {
		rc = fail(cx, RC_CONFLICT, "data.region_changed", NOWHERE, "区域声明已改变，尚未应用到数据库", "the region's declarations changed and are not applied yet");
		fail_hint(cx, "先运行 lianchuang region apply --data %.*s", "run lianchuang region apply --data %.*s first", STRF(dir));
	}
	if (rc != RC_OK) {
		db_close(d.db);
		return rc;
	}
	*out = d;
	return RC_OK;
}

void data_close(struct data *d)
{
	if (d->db) db_close(d->db);
	d->db = NULL;
}

struct rx data_rx(struct cx *cx, struct data *d, struct idgen *ids)
{
	return (struct rx){ .cx = cx, .db = d->db, .region = d->region, .vault = &d->vault, .ids = ids, .region_rev = d->region_rev,
		.viewer = { .system = true } };
}

static enum rc fill(struct cx *cx, struct data *d, struct str region_dir, bool demo, bool *fresh)
{
	struct idgen ids = { 0 };
	struct str made;
	TRY(schema_migrate(cx, d->db));
	TRY(db_begin(cx, d->db));
	struct rx rx = data_rx(cx, d, &ids);
	TRY(schema_apply(&rx));
	d->region_rev = rx.region_rev;
	TRY(set_setting(cx, d->db, STR("region_dir"), region_dir));
	TRY(setting(cx, d->db, STR("demo_made"), &made));
	*fresh = !made.n;
	if (demo && !made.n) {
		int n;
		TRY(demo_make(&rx, STR(DEMO_PASSWORD), &n));
		TRY(set_setting(cx, d->db, STR("demo_made"), str_fmt(cx->arena, "%d", n)));
	}
	TRY(db_commit(cx, d->db));
	return event_anchor(&rx);
}

enum rc data_make(struct cx *cx, struct arena *arena, struct str dir, struct str region_dir, bool demo, struct data *out, bool *fresh)
{
	struct data d = { .arena = arena, .dir = str_dup(arena, dir) };
	TRY(region_load(cx, arena, region_dir, &d.region));
	if (demo && !d.region->demo)
		return fail(cx, RC_INVALID, "data.no_demo", NOWHERE, "该区域没有声明 demo，不能生成演示数据", "this region does not declare `demo`: no demonstration data");
	TRY(vault_load(cx, arena, d.dir, true, &d.vault));
	TRY(db_open(cx, db_url(cx->arena, dir), DB_WRITE, &d.db));
	enum rc rc = fill(cx, &d, region_dir, demo, fresh);
	if (rc != RC_OK) {
		db_rollback(d.db);
		db_close(d.db);
		return rc;
	}
	*out = d;
	return RC_OK;
}

#include "rec/link.h"

#include "base/rng.h"
#include "base/time.h"
#include "rec/event.h"
#include "rec/file.h"

static struct link read_one(struct arena *a, const struct rows *r)
{
	return (struct link){ .id_hash = str_dup(a, row_text(r, 0)), .kind = str_dup(a, row_text(r, 1)), .type = str_dup(a, row_text(r, 2)), .record = row_int(r, 3),
		.account = row_int(r, 4), .name = str_dup(a, row_text(r, 5)), .created_ms = row_int(r, 6), .expires_ms = row_int(r, 7), .revoked = row_int(r, 8) != 0 };
}

#define COLUMNS "id_hash, kind, type, record, account_id, name, created_ms, expires_ms, revoked"

enum rc link_find(struct rx *rx, struct str kind, struct str id_hash, struct link *out)
{
	struct rows *r;
	bool more;
	TRY(db_rows(rx->cx, rx->db, SQL("SELECT " COLUMNS " FROM secret_link WHERE id_hash = ? AND kind = ? AND revoked = 0 AND expires_ms > ?"),
		P(p_text(id_hash), p_text(kind), p_int(rx->cx->now_ms)), &r));
	enum rc rc = db_step(rx->cx, r, &more);
	if (rc == RC_OK && more) *out = read_one(rx->cx->arena, r);
	rows_done(r);
	TRY(rc);
	return more ? RC_OK : rx_missing(rx);
}

enum rc link_list(struct rx *rx, struct str kind, int64_t record, struct links *out)
{
	struct rows *r;
	struct links list = { 0 };
	enum rc rc;
	bool more;
	TRY(db_rows(rx->cx, rx->db, SQL("SELECT " COLUMNS " FROM secret_link WHERE kind = ? AND record = ? AND (record <> 0 OR account_id = ?) ORDER BY created_ms DESC LIMIT 100"),
		P(p_text(kind), p_int(record), p_int(rx->viewer.account)), &r));
	while ((rc = db_step(rx->cx, r, &more)) == RC_OK && more) VEC_PUSH(rx->cx->arena, &list, read_one(rx->cx->arena, r));
	rows_done(r);
	if (rc == RC_OK) *out = list;
	return rc;
}

static enum rc note(struct rx *rx, const struct link *l, const char *act, struct str reason, struct str remote)
{
	struct event e = { .type = l->record ? l->type : STR("account"), .record = l->record ? l->record : rx->viewer.account, .act = str_c(act), .reason = reason,
		.remote = remote };
	return event_add(rx, &e);
}

/* The record the link is of, seen by staff; nothing to check for a feed of one's own. */
static enum rc may(struct rx *rx, struct link *l, struct val args)
{
	struct right right;
	l->kind = val_str(VAL_GET(args, "kind"));
	l->id_hash = val_str(VAL_GET(args, "id_hash"));
	if (str_is(l->kind, "calendar")) return RC_OK;
	const struct type_def *t = region_type(rx->region, val_str(VAL_GET(args, "type")));
	if (!str_is(l->kind, "dossier") || !t || !viewer_is_staff(rx) || !id_parse(val_str(VAL_GET(args, "id")), &l->record)) return rx_missing(rx);
	TRY(access_record(rx, t, l->record, &right));
	l->type = t->name;
	return right.see ? RC_OK : rx_missing(rx);
}

enum rc link_make(struct rx *rx, struct val args, struct str remote)
{
	struct link l = { .name = str_trim(val_str(VAL_GET(args, "name"))) };
	int64_t days = val_i64(VAL_GET(args, "days"));
	TRY(may(rx, &l, args));
	if (days < 1 || days > LINK_DAYS_MAX)
		return fail(rx->cx, RC_INVALID, "link.days", IN_FIELD(STR("days")), "有效期应为 1 到 %d 天", "it can be open for 1 to %d days", LINK_DAYS_MAX);
	if (l.record && !l.name.n) return fail(rx->cx, RC_INVALID, "link.name", IN_FIELD(STR("name")), "请写明交给谁、为什么", "say for whom it is, and why");
	TRY(db_run(rx->cx, rx->db, SQL("INSERT INTO secret_link (" COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)"),
		P(p_text(l.id_hash), p_text(l.kind), p_text(l.type.p ? l.type : STR("")), p_int(l.record), p_int(rx->viewer.account), p_text(l.name), p_int(rx->cx->now_ms),
			p_int(rx->cx->now_ms + days * DAY_MS))));
	return note(rx, &l, "link", l.name, remote);
}

enum rc link_revoke(struct rx *rx, struct val args, struct str remote)
{
	struct link l = { 0 };
	TRY(may(rx, &l, args));
	/* A feed by its owner; a record's link by anybody who could have made it. */
	TRY(db_run(rx->cx, rx->db, SQL("UPDATE secret_link SET revoked = 1 WHERE id_hash = ? AND kind = ? AND record = ? AND (record <> 0 OR account_id = ?) AND revoked = 0"),
		P(p_text(l.id_hash), p_text(l.kind), p_int(l.record), p_int(rx->viewer.account))));
	if (!db_changed(rx->db)) return rx_missing(rx);
	return note(rx, &l, "link-revoke", STR(""), remote);
}

enum rc link_used(struct rx *rx, struct val args, struct str remote)
{
	struct link l;
	TRY(link_find(rx, val_str(VAL_GET(args, "kind")), val_str(VAL_GET(args, "id_hash")), &l));
	return note(rx, &l, "link-used", l.name, remote);
}

#include "rec/account.h"

#include "base/rng.h"
#include "rec/event.h"
#include "rec/form.h"
#include "rec/identity.h"

enum rc account_viewer(struct cx *cx, struct db *db, const struct region *region, int64_t account, struct viewer *out)
{
	struct viewer v = { .account = account };
	struct rows *r;
	bool more;
	TRY(db_rows(cx, db, SQL("SELECT login, name_zh, name_en, person_id, org_id, division, must_change FROM account WHERE id = ? AND state = 'active'"),
		P(p_int(account)), &r));
	enum rc rc = db_step(cx, r, &more);
	if (rc == RC_OK && more) {
		v.login = str_dup(cx->arena, row_text(r, 0));
		v.name_zh = str_dup(cx->arena, row_text(r, 1));
		v.name_en = str_dup(cx->arena, row_text(r, 2));
		v.person = row_int(r, 3);
		v.org = row_int(r, 4);
		v.division = str_dup(cx->arena, row_text(r, 5));
		v.must_change = row_int(r, 6) != 0;
	}
	rows_done(r);
	TRY(rc);
	if (!more) return fail(cx, RC_MISSING, "account.missing", NOWHERE, "账号不存在或已停用", "no such account, or it is closed");
	TRY(db_rows(cx, db, SQL("SELECT role FROM account_role WHERE account_id = ?"), P(p_int(account)), &r));
	while ((rc = db_step(cx, r, &more)) == RC_OK && more) {
		const struct role_def *role = region_role(region, row_text(r, 0));
		if (role) v.roles |= (uint64_t)1 << role->index;
	}
	rows_done(r);
	if (rc == RC_OK) *out = v;
	return rc;
}

enum rc account_create(struct rx *rx, const struct account *a, int64_t *id)
{
	int64_t new_id = id_next(rx->ids, rx->cx->now_ms), taken;
	bool found;
	TRY(db_int(rx->cx, rx->db, SQL("SELECT id FROM account WHERE login = ?"), P(p_text(a->login)), &taken, &found));
	if (found) return fail(rx->cx, RC_CONFLICT, "account.taken", IN_FIELD(STR("login")), "登录名已被使用", "this login is taken");
	TRY(db_run(rx->cx, rx->db,
		SQL("INSERT INTO account (id, login, name_zh, name_en, pw_hash, person_id, org_id, division, state, email) "
		    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'active', ?)"),
		P(p_int(new_id), p_text(a->login), p_text(a->name_zh), p_text(a->name_en), p_text(a->pw_hash), p_int(a->person), p_int(a->org),
			p_text(a->division), p_text(a->email))));
	struct str rest = a->roles, role;
	while (str_cut(&rest, ',', &role)) {
		if (!region_role(rx->region, role)) continue;
		TRY(db_run(rx->cx, rx->db, SQL("INSERT INTO account_role (account_id, role) VALUES (?, ?)"), P(p_int(new_id), p_text(role))));
	}
	struct event e = { .type = STR("account"), .record = new_id, .rev = 1, .act = STR("create"), .reason = a->roles };
	TRY(event_add(rx, &e));
	*id = new_id;
	return RC_OK;
}

enum rc account_by_login(struct cx *cx, struct db *db, struct str login, int64_t *id, struct str *pw_hash, bool *found)
{
	struct rows *r;
	bool more;
	TRY(db_rows(cx, db, SQL("SELECT id, pw_hash, locked_until_ms FROM account WHERE login = ? AND state = 'active'"), P(p_text(login)), &r));
	enum rc rc = db_step(cx, r, &more);
	int64_t locked = 0;
	*found = rc == RC_OK && more;
	if (*found) {
		*id = row_int(r, 0);
		*pw_hash = str_dup(cx->arena, row_text(r, 1));
		locked = row_int(r, 2);
	}
	rows_done(r);
	TRY(rc);
	if (locked > cx->now_ms)
		return fail(cx, RC_BUSY, "account.locked", IN_FIELD(STR("login")), "尝试次数过多，请 15 分钟后再试", "too many attempts: try again in 15 minutes");
	return RC_OK;
}

enum rc account_signed_in(struct rx *rx, struct val args, struct str remote)
{
	int64_t account = val_i64(VAL_GET(args, "account"));
	TRY(db_run(rx->cx, rx->db, SQL("UPDATE account SET failed = 0, locked_until_ms = 0, lang = ? WHERE id = ?"),
		P(p_text(rx->cx->lang == LANG_EN ? STR("en") : STR("zh")), p_int(account))));       /* mails follow the language one last signed in with */
	TRY(db_run(rx->cx, rx->db, SQL("DELETE FROM session WHERE expires_ms < ?"), P(p_int(rx->cx->now_ms))));
	TRY(db_run(rx->cx, rx->db,
		SQL("INSERT INTO session (id_hash, account_id, csrf, created_ms, seen_ms, expires_ms, remote) VALUES (?, ?, ?, ?, ?, ?, ?)"),
		P(p_text(val_str(VAL_GET(args, "id_hash"))), p_int(account), p_text(val_str(VAL_GET(args, "csrf"))), p_int(rx->cx->now_ms),
			p_int(rx->cx->now_ms), p_int(rx->cx->now_ms + (int64_t)SESSION_HOURS * 3600000), p_text(remote))));
	rx->viewer.account = account;
	struct event e = { .type = STR("account"), .record = account, .act = STR("sign-in"), .remote = remote };
	return event_add(rx, &e);
}

enum rc account_refused(struct rx *rx, struct val args)
{
	int64_t account = val_i64(VAL_GET(args, "account")), failed = 0;
	bool found;
	TRY(db_int(rx->cx, rx->db, SQL("SELECT failed FROM account WHERE id = ?"), P(p_int(account)), &failed, &found));
	if (!found) return RC_OK;
	failed++;
	int64_t until = failed >= SIGN_IN_TRIES ? rx->cx->now_ms + SIGN_IN_LOCK_MS : 0;
	TRY(db_run(rx->cx, rx->db, SQL("UPDATE account SET failed = ?, locked_until_ms = ? WHERE id = ?"),
		P(p_int(until ? 0 : failed), p_int(until), p_int(account))));
	struct event e = { .type = STR("account"), .record = account, .act = STR("sign-in-refused") };
	return event_add(rx, &e);
}

enum rc account_signed_out(struct rx *rx, struct val args, struct str remote)
{
	TRY(db_run(rx->cx, rx->db, SQL("DELETE FROM session WHERE id_hash = ?"), P(p_text(val_str(VAL_GET(args, "id_hash"))))));
	struct event e = { .type = STR("account"), .record = rx->viewer.account, .act = STR("sign-out"), .remote = remote };
	return event_add(rx, &e);
}

enum rc account_password(struct rx *rx, struct val args)
{
	TRY(db_run(rx->cx, rx->db, SQL("UPDATE account SET pw_hash = ?, must_change = 0 WHERE id = ?"),
		P(p_text(val_str(VAL_GET(args, "pw_hash"))), p_int(rx->viewer.account))));
	/* Whoever knew the old password is out: only the session that changed it stays. */
	TRY(db_run(rx->cx, rx->db, SQL("DELETE FROM session WHERE account_id = ? AND id_hash <> ?"),
		P(p_int(rx->viewer.account), p_text(val_str(VAL_GET(args, "id_hash"))))));
	struct event e = { .type = STR("account"), .record = rx->viewer.account, .act = STR("password") };
	return event_add(rx, &e);
}

/* ---- administrators ---- */

static enum rc must_have(struct rx *rx, enum duty duty)
{
	return region_duty(rx->region, &rx->viewer, duty) ? RC_OK : rx_missing(rx);
}

static enum rc other_account(struct rx *rx, struct val args, int64_t *id)
{
	int64_t there;
	bool found;
	if (!id_parse(val_str(VAL_GET(args, "id")), id)) return rx_missing(rx);
	TRY(db_int(rx->cx, rx->db, SQL("SELECT id FROM account WHERE id = ?"), P(p_int(*id)), &there, &found));
	if (!found) return rx_missing(rx);
	if (*id == rx->viewer.account)
		return fail(rx->cx, RC_DENIED, "account.own", NOWHERE, "不能管理自己的账号，请由另一位管理员办理", "nobody manages the own account: ask another administrator");
	return RC_OK;
}

static enum rc end_sessions(struct rx *rx, int64_t id, const char *act, struct str reason)
{
	TRY(db_run(rx->cx, rx->db, SQL("DELETE FROM session WHERE account_id = ?"), P(p_int(id))));
	struct event e = { .type = STR("account"), .record = id, .act = str_c(act), .reason = reason };
	return event_add(rx, &e);
}

/* Everybody who signs in is a person of the registry, and keeps the own entry. */
static enum rc new_person(struct rx *rx, struct str name, int64_t org, struct str division, int64_t *id)
{
	const struct type_def *t = region_type(rx->region, STR("person"));
	*id = 0;
	if (!t) return RC_OK;
	struct val values = val_map(rx->cx->arena);
	val_set(rx->cx->arena, values, t->title->name, val_text(name));
	struct record head = { .state = t->state[0], .org = org, .division = division };
	TRY(record_insert(rx, t, &head, values, id));
	TRY(db_run(rx->cx, rx->db, SQL("UPDATE r_person SET author = id WHERE id = ?"), P(p_int(*id))));
	struct event e = { .type = t->name, .record = *id, .rev = 1, .act = STR("create"), .to = t->state[0]->name };
	return event_add(rx, &e);
}

static bool login_good(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '.' || s.p[i] == '_' || s.p[i] == '-')) return false;
	return s.n >= 3 && s.n <= 40;
}

static enum rc check_opening(struct rx *rx, const struct account *a)
{
	enum rc rc = RC_OK;
	if (!login_good(a->login))
		rc = fail(rx->cx, RC_INVALID, "account.login", IN_FIELD(STR("login")), "登录名为 3 到 40 个小写字母、数字、. _ -", "a login has 3 to 40 small letters, digits, . _ -");
	if (!a->name_zh.n || a->name_zh.n > 180)
		rc = fail(rx->cx, RC_INVALID, "account.name", IN_FIELD(STR("name")), "请填写姓名", "give a name");
	if (a->email.n && !email_check(a->email))
		rc = fail(rx->cx, RC_INVALID, "account.email", IN_FIELD(STR("email")), "邮箱地址不正确", "this is not a mail address");
	return rc;
}

enum rc account_open(struct rx *rx, struct val args, int64_t *id)
{
	TRY(must_have(rx, DUTY_ACCOUNTS));
	struct str name = val_str(VAL_GET(args, "name")), org = val_str(VAL_GET(args, "org"));
	struct account a = { .login = val_str(VAL_GET(args, "login")), .name_zh = name, .name_en = name, .email = val_str(VAL_GET(args, "email")),
		.pw_hash = val_str(VAL_GET(args, "pw_hash")), .division = rx->region->division };
	enum rc rc = check_opening(rx, &a);
	struct type_def *t = region_type(rx->region, STR("org"));
	struct field_def ref = { .name = STR("org"), .label = { STR("单位"), STR("organisation") }, .kind = FIELD_REF, .ref = t };
	struct val v = VNULL;
	if (t && org.n) {
		enum rc bad = form_parse_field(rx, &ref, STR("org"), val_text(org), &v);
		if (bad != RC_OK) rc = bad;
	}
	TRY(rc);
	a.org = val_i64(v);
	if (a.org && t->division) {
		struct mask all = mask_all();
		struct record there;
		TRY(record_read(rx, t, a.org, &all, &there));
		struct str place = val_str(val_get(there.values, t->division->name));
		if (place.n) a.division = place;
	}
	TRY(new_person(rx, name, a.org, a.division, &a.person));
	TRY(account_create(rx, &a, id));
	return db_run(rx->cx, rx->db, SQL("UPDATE account SET must_change = 1 WHERE id = ?"), P(p_int(*id)));
}

enum rc account_state(struct rx *rx, struct val args)
{
	int64_t id;
	bool close = str_is(val_str(VAL_GET(args, "state")), "closed");
	TRY(must_have(rx, DUTY_ACCOUNTS));
	TRY(other_account(rx, args, &id));
	TRY(db_run(rx->cx, rx->db, SQL("UPDATE account SET state = ?, failed = 0, locked_until_ms = 0 WHERE id = ?"),
		P(p_text(close ? STR("closed") : STR("active")), p_int(id))));
	TRY(db_run(rx->cx, rx->db, SQL("UPDATE api_token SET revoked = 1 WHERE account_id = ? AND 1 = ?"), P(p_int(id), p_int(close))));
	return end_sessions(rx, id, close ? "close" : "reopen", STR(""));
}

enum rc account_reset(struct rx *rx, struct val args)
{
	int64_t id;
	TRY(must_have(rx, DUTY_ACCOUNTS));
	TRY(other_account(rx, args, &id));
	TRY(db_run(rx->cx, rx->db, SQL("UPDATE account SET pw_hash = ?, must_change = 1, failed = 0, locked_until_ms = 0 WHERE id = ?"),
		P(p_text(val_str(VAL_GET(args, "pw_hash"))), p_int(id))));
	return end_sessions(rx, id, "password-given", STR(""));
}

enum rc account_roles(struct rx *rx, struct val args)
{
	int64_t id;
	struct str roles = val_str(VAL_GET(args, "roles")), rest = roles, role;
	TRY(must_have(rx, DUTY_GRANTS));
	TRY(other_account(rx, args, &id));
	TRY(db_run(rx->cx, rx->db, SQL("DELETE FROM account_role WHERE account_id = ?"), P(p_int(id))));
	while (str_cut(&rest, ',', &role))
		if (region_role(rx->region, role))
			TRY(db_run(rx->cx, rx->db, SQL("INSERT INTO account_role (account_id, role) VALUES (?, ?)"), P(p_int(id), p_text(role))));
	return end_sessions(rx, id, "roles", roles);
}

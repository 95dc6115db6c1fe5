/* Signing in and out, the own password, tokens for the API. */
#include "base/hash.h"
#include "base/rng.h"
#include "base/time.h"
#include "feature/feature.h"
#include "feature/show.h"
#include "rec/account.h"
#include "rec/demo.h"
#include "web/session.h"

enum { PASSWORD_MIN = 10, PASSWORD_MAX = 200 };

/* In a demonstration the accounts are shown, so that a newcomer can be anybody with one click. */
static void show_accounts(struct page *p)
{
	struct arena *a = p->cx->arena;
	struct val list = val_list(a);
	for (int i = 0; i < p->region->n_account && p->region->demo; i++) {
		const struct demo_account *d = p->region->account[i];
		struct val m = val_map(a), roles = val_list(a);
		for (int k = 0; k < d->n_role; k++) val_push(a, roles, val_text(label_of(p, &d->role[k]->label)));
		VAL_SET(a, m, "login", val_text(d->login));
		VAL_SET(a, m, "name", val_text(label_of(p, &d->name)));
		VAL_SET(a, m, "org", val_text(label_of(p, &d->org)));
		VAL_SET(a, m, "roles", roles);
		val_push(a, list, m);
	}
	VAL_SET(a, p->out, "accounts", list);
	VAL_SET(a, p->out, "demo_password", val_textz(p->region->demo ? DEMO_PASSWORD : ""));
}

/* Only a path of our own may follow: never another site. */
static struct str safe_next(struct str next)
{
	bool own = next.n && next.p[0] == '/' && !str_starts(next, STR("//")) && !str_has(next, STR("\\")) && !str_has(next, STR("\n"));
	return own ? next : STR("/");
}

static enum rc sign_in_page(struct page *p)
{
	if (p->viewer.account) p->redirect = safe_next(http_query(p->req, "next"));
	show_accounts(p);
	VAL_SET(p->cx->arena, p->out, "next", val_text(safe_next(http_query(p->req, "next"))));
	return RC_OK;
}

static enum rc shown_again(struct page *p, enum rc rc)
{
	show_accounts(p);
	VAL_SET(p->cx->arena, p->out, "login_typed", val_text(http_form(p->req, "login")));
	VAL_SET(p->cx->arena, p->out, "next", val_text(safe_next(http_form(p->req, "next"))));
	p->shown = true;
	return rc;
}

static enum rc wrong(struct page *p)
{
	enum rc rc = fail(p->cx, RC_INVALID, "session.wrong", IN_FIELD(STR("login")), "登录名或密码不对", "the login or the password is wrong");
	fail_hint(p->cx, "连续 5 次不对须等 15 分钟；忘记密码请联系本单位管理员", "after five wrong tries wait 15 minutes; if you forgot the password, ask your administrator");
	return shown_again(p, rc);
}

static enum rc signed_in(struct page *p, enum rc rc, struct val reply)
{
	struct fresh_session *fresh = p->data;
	(void)reply;
	if (rc != RC_OK) return shown_again(p, rc);
	p->cookie[p->n_cookie++] = (struct http_pair){ session_cookie_name(p->app->secure_cookies), fresh->token };
	p->redirect = safe_next(http_form(p->req, "next"));
	return RC_OK;
}

static enum rc refused(struct page *p, enum rc rc, struct val reply)
{
	(void)rc;
	(void)reply;
	return wrong(p);
}

static enum rc sign_in(struct page *p)
{
	struct arena *a = p->cx->arena;
	struct str login = str_trim(http_form(p->req, "login")), password = http_form(p->req, "password"), pw_hash = STR("");
	int64_t account = 0;
	bool found;
	/* Locks are kept by the real clock, not by that of the demonstration. */
	p->cx->now_ms = time_now_ms();
	enum rc rc = account_by_login(p->cx, p->db, login, &account, &pw_hash, &found);
	bool locked = rc == RC_BUSY;
	if (locked) fail_clear(p->cx);
	else TRY(rc);
	/* Unknown, locked and known logins answer alike and cost alike: neither words nor time tell which exist. */
	static const char nobody[] = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$qLml5cbqFAO6YxVHhrSBHP0UWdxrIxkNcM8aMX3blzU";
	bool right = password_verify(found ? pw_hash : str_c(nobody), password) && found && !locked;
	struct val args = val_map(a);
	VAL_SET(a, args, "account", val_int(account));
	if (locked) return wrong(p);
	if (!right) {
		page_command(p, "session.refused", args);
		p->then = refused;
		return RC_OK;
	}
	struct fresh_session *fresh = ARENA_NEW(a, struct fresh_session);
	*fresh = session_fresh(p->cx);
	VAL_SET(a, args, "id_hash", val_text(fresh->id_hash));
	VAL_SET(a, args, "csrf", val_text(fresh->csrf));
	page_command(p, "session.open", args);
	p->then = signed_in;
	p->data = fresh;
	return RC_OK;
}

static enum rc signed_out(struct page *p, enum rc rc, struct val reply)
{
	(void)reply;
	TRY(rc);
	p->cookie[p->n_cookie++] = (struct http_pair){ session_cookie_name(p->app->secure_cookies), STR("") };
	p->redirect = STR("/?done=signed-out");
	return RC_OK;
}

static enum rc sign_out(struct page *p)
{
	struct val args = val_map(p->cx->arena);
	VAL_SET(p->cx->arena, args, "id_hash", val_text(p->session->id_hash));
	page_command(p, "session.close", args);
	p->then = signed_out;
	return RC_OK;
}

/* ---- the own account ---- */

static enum rc account_page(struct page *p)
{
	struct arena *a = p->cx->arena;
	struct rows *r;
	TRY(db_rows(p->cx, p->db, SQL("SELECT name, scopes, created_ms, expires_ms, revoked FROM api_token WHERE account_id = ? ORDER BY created_ms DESC LIMIT 100"),
		P(p_int(p->viewer.account)), &r));
	struct val list = val_list(a);
	enum rc rc;
	bool more;
	while ((rc = db_step(p->cx, r, &more)) == RC_OK && more) {
		struct val m = val_map(a);
		VAL_SET(a, m, "name", val_text(str_dup(a, row_text(r, 0))));
		VAL_SET(a, m, "scopes", val_text(str_dup(a, row_text(r, 1))));
		VAL_SET(a, m, "created", val_text(show_instant(p, row_int(r, 2))));
		VAL_SET(a, m, "expires", val_text(show_instant(p, row_int(r, 3))));
		VAL_SET(a, m, "revoked", val_bool(row_int(r, 4) != 0));
		val_push(a, list, m);
	}
	rows_done(r);
	VAL_SET(a, p->out, "tokens", list);
	return rc;
}

static enum rc again(struct page *p, enum rc rc)
{
	p->shown = true;
	TRY(account_page(p));
	return rc;
}

static enum rc password_changed(struct page *p, enum rc rc, struct val reply)
{
	(void)reply;
	if (rc != RC_OK) return again(p, rc);
	p->redirect = STR("/account?done=password");
	return RC_OK;
}

static enum rc change_password(struct page *p)
{
	struct arena *a = p->cx->arena;
	struct str old = http_form(p->req, "old"), fresh = http_form(p->req, "new"), repeat = http_form(p->req, "repeat"), pw_hash = STR("");
	int64_t account;
	bool found;
	TRY(account_by_login(p->cx, p->db, p->viewer.login, &account, &pw_hash, &found));
	if (!found || !password_verify(pw_hash, old))
		return again(p, fail(p->cx, RC_INVALID, "account.old", IN_FIELD(STR("old")), "当前密码不对", "the present password is wrong"));
	if (fresh.n < PASSWORD_MIN || fresh.n > PASSWORD_MAX)
		return again(p, fail(p->cx, RC_INVALID, "account.short", IN_FIELD(STR("new")), "新密码应为 %d 到 %d 个字符", "the new password needs %d to %d characters", PASSWORD_MIN, PASSWORD_MAX));
	if (!str_eq(fresh, repeat))
		return again(p, fail(p->cx, RC_INVALID, "account.repeat", IN_FIELD(STR("repeat")), "两次输入的新密码不同", "the two new passwords differ"));
	struct val args = val_map(a);
	TRY(password_hash(p->cx, fresh, &pw_hash));
	VAL_SET(a, args, "pw_hash", val_text(pw_hash));
	VAL_SET(a, args, "id_hash", val_text(p->session->id_hash));
	page_command(p, "account.password", args);
	p->then = password_changed;
	return RC_OK;
}

static enum rc token_made(struct page *p, enum rc rc, struct val reply)
{
	(void)reply;
	if (rc != RC_OK) return again(p, rc);
	/* Shown once: only its hash is kept. */
	VAL_SET(p->cx->arena, p->out, "token", val_text(((struct fresh_session *)p->data)->token));
	return account_page(p);
}

static enum rc make_token(struct page *p)
{
	struct arena *a = p->cx->arena;
	struct str name = str_trim(http_form(p->req, "name"));
	if (!name.n || name.n > 100)
		return again(p, fail(p->cx, RC_INVALID, "token.name", IN_FIELD(STR("name")), "请给令牌起一个名字", "give the token a name"));
	struct fresh_session *fresh = ARENA_NEW(a, struct fresh_session);
	*fresh = session_fresh(p->cx);
	struct val args = val_map(a);
	VAL_SET(a, args, "id_hash", val_text(fresh->id_hash));
	VAL_SET(a, args, "name", val_text(name));
	VAL_SET(a, args, "scopes", val_textz(str_is(http_form(p->req, "scope"), "write") ? "read write" : "read"));
	page_command(p, "token.make", args);
	p->then = token_made;
	p->data = fresh;
	return RC_OK;
}

static enum rc token_revoked(struct page *p, enum rc rc, struct val reply)
{
	(void)reply;
	if (rc != RC_OK) return again(p, rc);
	p->redirect = STR("/account?done=revoked");
	return RC_OK;
}

static enum rc revoke_token(struct page *p)
{
	struct val args = val_map(p->cx->arena);
	VAL_SET(p->cx->arena, args, "name", val_text(http_form(p->req, "name")));
	page_command(p, "token.revoke", args);
	p->then = token_revoked;
	return RC_OK;
}

const struct route session_routes[] = {
	{ "GET", "/signin", NEED_NOTHING, "signin.html", sign_in_page, "登录", "Sign in", NULL },
	{ "POST", "/signin", NEED_NOTHING, "signin.html", sign_in, "登录", "Sign in", NULL },
	{ "POST", "/signout", NEED_SIGNED, "error.html", sign_out, "退出", "Sign out", NULL },
	{ "GET", "/account", NEED_SIGNED, "account.html", account_page, "我的密码和接口令牌", "My password and API tokens", NULL },
	{ "POST", "/account/password", NEED_SIGNED, "account.html", change_password, "修改密码", "Change the password", NULL },
	{ "POST", "/account/token", NEED_SIGNED, "account.html", make_token, "生成接口令牌", "Make an API token", NULL },
	{ "POST", "/account/revoke", NEED_SIGNED, "account.html", revoke_token, "停用接口令牌", "Revoke an API token", NULL },
	{ 0 },
};

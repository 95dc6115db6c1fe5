/* Administrators' pages: accounts (opened and closed by one, given roles by another) and the audit log. */
#include "base/hash.h"
#include "base/rng.h"
#include "base/time.h"
#include "base/utf8.h"
#include "feature/feature.h"
#include "feature/show.h"
#include "rec/account.h"

enum { ACCOUNTS_SHOWN = 200, EVENTS_SHOWN = 100 };

/* The title of an organisation, whoever looks: an administrator must know whose account it is. */
static enum rc org_title(struct page *p, int64_t org, struct str *out)
{
	struct rx rx = page_rx(p);
	const struct type_def *t = region_type(p->region, STR("org"));
	struct mask all = mask_all();
	struct record rec;
	*out = STR("");
	if (!org || !t) return RC_OK;
	TRY(record_read(&rx, t, org, &all, &rec));
	*out = record_title(t, &rec);
	return RC_OK;
}

static enum rc role_labels(struct page *p, int64_t account, struct str *names, struct val *labels)
{
	struct arena *a = p->cx->arena;
	struct rows *r;
	struct str got[ROLES_MAX];
	size_t n = 0;
	enum rc rc;
	bool more;
	*labels = val_list(a);
	TRY(db_rows(p->cx, p->db, SQL("SELECT role FROM account_role WHERE account_id = ? ORDER BY role"), P(p_int(account)), &r));
	while ((rc = db_step(p->cx, r, &more)) == RC_OK && more && n < ROLES_MAX) {
		const struct role_def *role = region_role(p->region, row_text(r, 0));
		if (!role) continue;
		got[n++] = role->name;
		val_push(a, *labels, val_text(label_of(p, &role->label)));
	}
	rows_done(r);
	*names = str_join(a, got, n, STR(","));
	return rc;
}

static enum rc account_val(struct page *p, const struct rows *r, struct val *out)
{
	struct arena *a = p->cx->arena;
	struct val m = val_map(a), labels;
	struct str org, roles;
	int64_t id = row_int(r, 0);
	VAL_SET(a, m, "id", val_text(id_text(a, id)));
	VAL_SET(a, m, "login", val_text(str_dup(a, row_text(r, 1))));
	VAL_SET(a, m, "name", val_text(str_dup(a, row_text(r, p->cx->lang == LANG_ZH ? 2 : 3))));
	VAL_SET(a, m, "closed", val_bool(!str_is(row_text(r, 4), "active")));
	VAL_SET(a, m, "email", val_text(str_dup(a, row_text(r, 5))));
	VAL_SET(a, m, "first", val_bool(row_int(r, 7) != 0));
	VAL_SET(a, m, "own", val_bool(id == p->viewer.account));
	VAL_SET(a, m, "link", val_text(str_fmt(a, "/accounts/%.*s", STRF(id_text(a, id)))));
	TRY(org_title(p, row_int(r, 6), &org));
	TRY(role_labels(p, id, &roles, &labels));
	VAL_SET(a, m, "org", val_text(org));
	VAL_SET(a, m, "roles", labels);
	VAL_SET(a, m, "role_names", val_text(roles));
	*out = m;
	return RC_OK;
}

#define ACCOUNT_COLUMNS "id, login, name_zh, name_en, state, email, org_id, must_change"

static void may(struct page *p)
{
	VAL_SET(p->cx->arena, p->out, "may_open", val_bool(region_duty(p->region, &p->viewer, DUTY_ACCOUNTS)));
	VAL_SET(p->cx->arena, p->out, "may_grant", val_bool(region_duty(p->region, &p->viewer, DUTY_GRANTS)));
}

static enum rc accounts_page(struct page *p)
{
	struct arena *a = p->cx->arena;
	struct str q = str_trim(http_query(p->req, "q")), fold;
	struct val list = val_list(a);
	struct rows *r;
	enum rc rc;
	bool more;
	int64_t all = 0;
	may(p);
	VAL_SET(a, p->out, "q", val_text(q));
	TRY(text_fold(p->cx, q, &fold));
	TRY(db_rows(p->cx, p->db, SQL("SELECT " ACCOUNT_COLUMNS " FROM account ORDER BY login"), NO_PARAMS, &r));
	while ((rc = db_step(p->cx, r, &more)) == RC_OK && more) {
		struct str hay;
		if ((rc = text_fold(p->cx, str_fmt(a, "%.*s %.*s %.*s", STRF(row_text(r, 1)), STRF(row_text(r, 2)), STRF(row_text(r, 3))), &hay)) != RC_OK) break;
		if (!str_has(hay, fold)) continue;
		if (all++ >= ACCOUNTS_SHOWN) continue;
		struct val m;
		if ((rc = account_val(p, r, &m)) != RC_OK) break;
		val_push(a, list, m);
	}
	rows_done(r);
	VAL_SET(a, p->out, "accounts", list);
	VAL_SET(a, p->out, "total", val_int(all));
	return rc;
}

static enum rc one_account(struct page *p)
{
	struct arena *a = p->cx->arena;
	struct val roles = val_list(a), m = VNULL;
	struct rows *r;
	int64_t id;
	bool more;
	may(p);
	if (!id_parse(p->param[0], &id)) id = 0;
	TRY(db_rows(p->cx, p->db, SQL("SELECT " ACCOUNT_COLUMNS " FROM account WHERE id = ?"), P(p_int(id)), &r));
	enum rc rc = db_step(p->cx, r, &more);
	if (rc == RC_OK && more) rc = account_val(p, r, &m);
	rows_done(r);
	TRY(rc);
	struct rx rx = page_rx(p);
	if (m.kind != VAL_MAP) return rx_missing(&rx);
	for (int i = 0; i < p->region->n_role; i++) {
		const struct role_def *role = p->region->role[i];
		struct val one = val_map(a);
		struct str rest = val_str(VAL_GET(m, "role_names")), part;
		bool held = false;
		while (str_cut(&rest, ',', &part)) held = held || str_eq(part, role->name);
		VAL_SET(a, one, "name", val_text(role->name));
		VAL_SET(a, one, "label", val_text(label_of(p, &role->label)));
		VAL_SET(a, one, "hint", val_text(label_of(p, &role->hint)));
		VAL_SET(a, one, "held", val_bool(held));
		val_push(a, roles, one);
	}
	VAL_SET(a, p->out, "account", m);
	VAL_SET(a, p->out, "all_roles", roles);
	return RC_OK;
}

/* ---- changes ---- */

/* Nobody but the two of them ever knows it, and only until the first sign-in. */
static enum rc give_password(struct page *p, struct val args)
{
	struct str fresh = str_sub(rng_token(p->cx->arena), 0, 14), hash;
	TRY(password_hash(p->cx, fresh, &hash));
	VAL_SET(p->cx->arena, args, "pw_hash", val_text(hash));
	VAL_SET(p->cx->arena, p->out, "given", val_text(fresh));
	return RC_OK;
}

static enum rc opened(struct page *p, enum rc rc, struct val reply)
{
	struct arena *a = p->cx->arena;
	static const char *const typed[] = { "login", "name", "org", "email" };
	if (rc == RC_OK) {
		VAL_SET(a, p->out, "given_to", val_text(http_form(p->req, "login")));
		p->param[0] = val_str(VAL_GET(reply, "id"));
		p->template = "account_one.html";
		return one_account(p);
	}
	struct val m = val_map(a);
	for (size_t i = 0; i < sizeof typed / sizeof *typed; i++) val_set(a, m, str_c(typed[i]), val_text(http_form(p->req, typed[i])));
	VAL_SET(a, p->out, "typed", m);
	VAL_SET(a, p->out, "given", VNULL);
	p->shown = true;
	TRY(accounts_page(p));
	return rc;
}

static enum rc open_account(struct page *p)
{
	struct arena *a = p->cx->arena;
	struct val args = val_map(a);
	static const char *const names[] = { "login", "name", "org", "email" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) val_set(a, args, str_c(names[i]), val_text(str_trim(http_form(p->req, names[i]))));
	TRY(give_password(p, args));
	page_command(p, "account.open", args);
	p->then = opened;
	return RC_OK;
}

static enum rc changed(struct page *p, enum rc rc, struct val reply)
{
	(void)reply;
	if (rc != RC_OK) VAL_SET(p->cx->arena, p->out, "given", VNULL);
	p->shown = rc != RC_OK;
	TRY(one_account(p));
	if (rc == RC_OK) VAL_SET(p->cx->arena, p->out, "done", val_textz("account"));
	return rc;
}

static struct val about_account(struct page *p)
{
	struct val args = val_map(p->cx->arena);
	VAL_SET(p->cx->arena, args, "id", val_text(p->param[0]));
	return args;
}

static enum rc set_state(struct page *p)
{
	struct val args = about_account(p);
	VAL_SET(p->cx->arena, args, "state", val_text(http_form(p->req, "state")));
	page_command(p, "account.state", args);
	p->then = changed;
	return RC_OK;
}

static enum rc reset_password(struct page *p)
{
	struct val args = about_account(p);
	TRY(give_password(p, args));
	page_command(p, "account.reset", args);
	p->then = changed;
	return RC_OK;
}

static enum rc set_roles(struct page *p)
{
	struct val args = about_account(p);
	struct str names[ROLES_MAX];
	size_t n = 0;
	for (int i = 0; i < p->region->n_role; i++) {
		struct str role = p->region->role[i]->name;
		if (http_form(p->req, str_z(p->cx->arena, str_fmt(p->cx->arena, "role.%.*s", STRF(role)))).n) names[n++] = role;
	}
	VAL_SET(p->cx->arena, args, "roles", val_text(str_join(p->cx->arena, names, n, STR(","))));
	page_command(p, "account.roles", args);
	p->then = changed;
	return RC_OK;
}

/* ---- the audit log ---- */

/* What an event is about when it is no record. */
static struct str kind_label(struct page *p, struct str kind)
{
	if (p->cx->lang == LANG_ZH && str_is(kind, "account")) return STR("账号");
	if (p->cx->lang == LANG_ZH && str_is(kind, "clock")) return STR("演示时钟");
	return str_dup(p->cx->arena, kind);
}

static struct str state_label(struct page *p, const struct type_def *t, struct str state)
{
	const struct state_def *s = t ? type_state(t, state) : NULL;
	return s ? label_of(p, &s->label) : str_dup(p->cx->arena, state);
}

/* What happened, never what it was about: contents stay with those who may see the record. */
static enum rc audit_page(struct page *p)
{
	struct arena *a = p->cx->arena;
	struct val list = val_list(a);
	struct rows *r;
	enum rc rc;
	bool more;
	int64_t before = INT64_MAX, seq = 0;
	if (!str_int(http_query(p->req, "before"), &before)) before = INT64_MAX;
	struct str who = str_trim(http_query(p->req, "who"));
	TRY(db_rows(p->cx, p->db,
		SQL("SELECT e.seq, e.at_ms, COALESCE(a.login, ''), e.type, e.record, e.act, e.move, e.from_state, e.to_state, e.remote, COALESCE(a.name_zh, ''), COALESCE(a.name_en, '') "
		    "FROM event e LEFT JOIN account a ON a.id = e.account WHERE e.seq < ? AND (? = '' OR a.login = ?) ORDER BY e.seq DESC LIMIT ?"),
		P(p_int(before), p_text(who), p_text(who), p_int(EVENTS_SHOWN)), &r));
	while ((rc = db_step(p->cx, r, &more)) == RC_OK && more) {
		const struct type_def *t = region_type(p->region, row_text(r, 3));
		struct val m = val_map(a);
		seq = row_int(r, 0);
		VAL_SET(a, m, "seq", val_int(seq));
		VAL_SET(a, m, "at", val_text(show_instant(p, row_int(r, 1))));
		VAL_SET(a, m, "who", val_text(str_dup(a, row_text(r, 2))));
		VAL_SET(a, m, "type", val_text(t ? label_of(p, &t->label) : kind_label(p, row_text(r, 3))));
		VAL_SET(a, m, "record", val_text(id_text(a, row_int(r, 4))));
		VAL_SET(a, m, "act", val_text(str_dup(a, row_text(r, 5))));
		VAL_SET(a, m, "move", val_text(str_dup(a, row_text(r, 6))));
		VAL_SET(a, m, "did", val_text(str_dup(a, show_act(p, t, row_text(r, 5), row_text(r, 6)))));
		VAL_SET(a, m, "from", val_text(state_label(p, t, row_text(r, 7))));
		VAL_SET(a, m, "to", val_text(state_label(p, t, row_text(r, 8))));
		VAL_SET(a, m, "name", val_text(str_dup(a, row_text(r, p->cx->lang == LANG_ZH ? 10 : 11))));
		VAL_SET(a, m, "remote", val_text(str_dup(a, row_text(r, 9))));
		val_push(a, list, m);
	}
	rows_done(r);
	VAL_SET(a, p->out, "events", list);
	VAL_SET(a, p->out, "who", val_text(who));
	if (val_len(list) == EVENTS_SHOWN)
		VAL_SET(a, p->out, "older", val_text(str_fmt(a, "/audit?before=%lld%s%.*s", (long long)seq, who.n ? "&who=" : "", STRF(who))));
	return rc;
}

const struct route account_routes[] = {
	{ "GET", "/accounts", NEED_ACCOUNTS, "accounts.html", accounts_page, "账号名册", "Accounts", NULL },
	{ "POST", "/accounts", NEED_ACCOUNTS, "accounts.html", open_account, "开设账号", "Open an account", NULL },
	{ "GET", "/accounts/:id", NEED_ACCOUNTS, "account_one.html", one_account, "一个账号", "One account", NULL },
	{ "POST", "/accounts/:id/state", NEED_ACCOUNTS, "account_one.html", set_state, "停用、恢复账号", "Close or reopen an account", NULL },
	{ "POST", "/accounts/:id/password", NEED_ACCOUNTS, "account_one.html", reset_password, "重置密码", "Give a new password", NULL },
	{ "POST", "/accounts/:id/roles", NEED_ACCOUNTS, "account_one.html", set_roles, "授予角色", "Give roles", NULL },
	{ "GET", "/audit", NEED_AUDITS, "audit.html", audit_page, "审计日志", "The audit log", NULL },
	{ 0 },
};

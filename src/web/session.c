#include "web/session.h"

#include "base/hash.h"
#include "base/rng.h"

struct str session_cookie_name(bool secure) { return secure ? STR("__Host-lc_session") : STR("lc_session"); }

/* Visitors have a secret too, so that signing in is protected like everything else. */
static struct str visitor_cookie_name(bool secure) { return secure ? STR("__Host-lc_visit") : STR("lc_visit"); }

struct str session_hash(struct cx *cx, struct str token) { return hash_hex(cx->arena, hash_of(HASH_SHA256, token)); }

struct fresh_session session_fresh(struct cx *cx)
{
	struct fresh_session f = { .token = str_join(cx->arena, (struct str[]){ rng_token(cx->arena), rng_token(cx->arena) }, 2, STR("")), .csrf = rng_token(cx->arena) };
	f.id_hash = session_hash(cx, f.token);
	return f;
}

struct str session_cookie(struct cx *cx, struct str name, struct str value, bool secure, int64_t max_age_s)
{
	struct str age = max_age_s ? str_fmt(cx->arena, "; Max-Age=%lld", (long long)(max_age_s < 0 ? 0 : max_age_s)) : STR("");
	return str_fmt(cx->arena, "%.*s=%.*s; Path=/; HttpOnly; SameSite=Lax%s%.*s", STRF(name), STRF(value), secure ? "; Secure" : "", STRF(age));
}

static enum rc by_token(struct cx *cx, struct db *db, struct str token, struct session *out)
{
	struct rows *r;
	bool more;
	TRY(db_rows(cx, db, SQL("SELECT account_id, scopes FROM api_token WHERE id_hash = ? AND revoked = 0 AND expires_ms > ?"),
		P(p_text(session_hash(cx, token)), p_int(cx->now_ms)), &r));
	enum rc rc = db_step(cx, r, &more);
	if (rc == RC_OK && more) *out = (struct session){ .account = row_int(r, 0), .scopes = str_dup(cx->arena, row_text(r, 1)), .token = true };
	rows_done(r);
	return rc;
}

static enum rc by_cookie(struct cx *cx, struct db *db, struct str token, struct session *out)
{
	struct rows *r;
	bool more;
	struct str hash = session_hash(cx, token);
	TRY(db_rows(cx, db, SQL("SELECT account_id, csrf, seen_ms FROM session WHERE id_hash = ? AND expires_ms > ? AND seen_ms > ?"),
		P(p_text(hash), p_int(cx->now_ms), p_int(cx->now_ms - SESSION_IDLE_MS)), &r));
	enum rc rc = db_step(cx, r, &more);
	if (rc == RC_OK && more) {
		*out = (struct session){ .account = row_int(r, 0), .csrf = str_dup(cx->arena, row_text(r, 1)), .id_hash = hash };
		out->touch = row_int(r, 2) < cx->now_ms - SESSION_TOUCH_MS;
	}
	rows_done(r);
	return rc;
}

enum rc session_read(struct cx *cx, struct db *db, const struct http_request *r, bool secure, struct session *out)
{
	struct session s = { 0 };
	struct str bearer = http_header(r, "authorization");
	if (str_starts(bearer, STR("Bearer "))) {
		TRY(by_token(cx, db, str_trim(str_sub(bearer, 7, bearer.n)), &s));
		s.token = true;         /* an unknown token is nobody, and stays without a cookie's rights */
	} else {
		struct str token = http_cookie(r, str_z(cx->arena, session_cookie_name(secure)));
		if (token.n) TRY(by_cookie(cx, db, token, &s));
	}
	if (!s.csrf.n) s.csrf = http_cookie(r, str_z(cx->arena, visitor_cookie_name(secure)));
	*out = s;
	return RC_OK;
}

struct str session_csrf(struct cx *cx, const struct session *s)
{
	return s->csrf.n ? str_sub(hash_hex(cx->arena, hash_mac(HASH_SHA256, s->csrf, STR("form"))), 0, 32) : STR("");
}

bool session_is_ours(struct cx *cx, const struct http_request *r, const struct session *s)
{
	if (s->token) return true;
	struct str site = http_header(r, "sec-fetch-site"), origin = http_header(r, "origin"), host = http_header(r, "host");
	if (site.n && !str_is(site, "same-origin") && !str_is(site, "none")) return false;
	size_t at = str_find(origin, STR("://"), 0);
	if (origin.n && (at == SIZE_MAX || !str_eq(str_sub(origin, at + 3, origin.n), host))) return false;
	struct str given = http_form(r, "_csrf"), expect = session_csrf(cx, s);
	if (!given.n) given = http_header(r, "x-csrf-token");
	return expect.n && hash_eq(hash_of(HASH_SHA256, given), hash_of(HASH_SHA256, expect));
}

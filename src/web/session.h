/* Who is asking: session cookies, API tokens, CSRF tokens. Read here; changed by commands of the writer. */
#ifndef WEB_SESSION_H
#define WEB_SESSION_H

#include "web/route.h"

enum { SESSION_IDLE_MS = 60 * 60000, SESSION_TOUCH_MS = 60000 };

struct session {
	int64_t account;                /* 0: nobody */
	struct str id_hash, csrf;       /* csrf: the secret of this session (or of the visitor's cookie) */
	bool token;                     /* by an API token: no CSRF, only routes with a scope */
	struct str scopes;
	bool touch;                     /* last seen long enough ago to be noted */
};

/* The session of a request; nobody when the cookie or token is unknown, expired or idle too long. */
enum rc session_read(struct cx *cx, struct db *db, const struct http_request *r, bool secure, struct session *out) MUST_USE;
/* The value every form carries. */
struct str session_csrf(struct cx *cx, const struct session *s);
/* A POST is from our own page: same site by the browser's word, and the token fits. */
bool session_is_ours(struct cx *cx, const struct http_request *r, const struct session *s);

struct str session_cookie_name(bool secure);
/* Set-Cookie values. */
struct str session_cookie(struct cx *cx, struct str name, struct str value, bool secure, int64_t max_age_s);
/* What signing in needs: a fresh token for the cookie, its hash for the database, a CSRF secret. */
struct fresh_session { struct str token, id_hash, csrf; };
struct fresh_session session_fresh(struct cx *cx);
struct str session_hash(struct cx *cx, struct str token);

#endif

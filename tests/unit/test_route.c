/* The router at work: a web worker in a child process with a real database and real sockets; this process is the browser and
   plays the writer at the other end of the channel. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/time.h"
#include "web/assets.h"
#include "web/channel.h"
#include "web/fails_wire.h"
#include "web/route.h"
#include "web/session.h"

#include <cmocka.h>

struct world {
	struct arena *arena;
	struct cx cx;
	struct channel *writer;
	char dir[40];
	int port;
	pid_t worker;
	struct val command;             /* the last that came */
	struct str head, body;          /* of the last reply */
	int status;
};

/* ---- the application under the router ---- */

static struct role_def officer = { .name = STR_INIT("officer"), .label = { STR_INIT("主管"), STR_INIT("Officer") }, .staff = true, .index = 0 };
static struct role_def applicant = { .name = STR_INIT("applicant"), .label = { STR_INIT("申报人"), STR_INIT("Applicant") }, .index = 1 };
static struct role_def *roles[] = { &officer, &applicant };
static struct region region = { .role = roles, .n_role = 2, .zone_minutes = 480, .first_lang = LANG_ZH };

static enum rc load_viewer(struct cx *cx, struct db *db, const struct region *r, int64_t account, struct viewer *out)
{
	int64_t bits;
	bool found;
	TRY(db_int(cx, db, SQL("SELECT roles FROM account WHERE id = ?"), P(p_int(account)), &bits, &found));
	if (!found) return (fail)(cx, RC_MISSING, "account.missing", NOWHERE, "没有", "none");
	*out = (struct viewer){ .account = account, .roles = (uint64_t)bits, .login = STR("wang"), .name_zh = STR("王"), .name_en = STR("Wang") };
	return RC_OK;
}

static enum rc show(struct page *p)
{
	VAL_SET(p->cx->arena, p->out, "route", val_textz(p->route->path));
	VAL_SET(p->cx->arena, p->out, "a", val_text(p->param[0]));
	VAL_SET(p->cx->arena, p->out, "b", val_text(p->param[1]));
	return RC_OK;
}

static enum rc hidden(struct page *p) { return (fail)(p->cx, RC_MISSING, "route.missing", NOWHERE, "没有这个页面，或您无权查看", "there is no such page, or it is not yours to see"); }
static enum rc away(struct page *p) { return p->redirect = http_query(p->req, "to"), RC_OK; }

static enum rc broken(struct page *p)
{
	static const enum rc all[] = { RC_INVALID, RC_CONFLICT, RC_LIMIT, RC_BUSY, RC_IO };
	return (fail)(p->cx, all[(p->param[0].p[0] - '0') % 5], "test.broken", IN_FIELD(STR("x.1")), "坏<了>", "broken <it>");
}

static enum rc saved(struct page *p, enum rc rc, struct val reply)
{
	VAL_SET(p->cx->arena, p->out, "route", val_textz("saved"));
	VAL_SET(p->cx->arena, p->out, "a", VAL_GET(reply, "id"));
	p->shown = rc != RC_OK;
	if (rc == RC_OK && str_is(http_form(p->req, "go"), "1")) p->redirect = STR("/铝?done=saved");
	return rc;
}

static enum rc save(struct page *p)
{
	struct arena *a = p->cx->arena;
	struct val args = val_map(a);
	VAL_SET(a, args, "title", val_text(http_form(p->req, "title")));
	p->command = val_map(a);
	VAL_SET(a, p->command, "name", val_textz("record.save"));
	VAL_SET(a, p->command, "args", args);
	p->then = saved;
	return RC_OK;
}

static enum rc cookie(struct page *p)
{
	p->cookie[p->n_cookie++] = (struct http_pair){ session_cookie_name(false), STR("fresh") };
	p->redirect = STR("/");
	return RC_OK;
}

static const struct route table[] = {
	{ "GET", "/", NEED_NOTHING, "page.html", show, "", "", "read" },
	{ "GET", "/r/:type/:id", NEED_NOTHING, "page.html", show, "", "", "read" },
	{ "GET", "/r/:type/new", NEED_NOTHING, "page.html", show, "", "", NULL },
	{ "POST", "/r/:type/new", NEED_SIGNED, "page.html", save, "", "", "write" },
	{ "POST", "/open", NEED_NOTHING, "page.html", save, "", "", NULL },
	{ "POST", "/cookie", NEED_NOTHING, "page.html", cookie, "", "", NULL },
	{ "GET", "/private", NEED_SIGNED, "page.html", show, "", "", NULL },
	{ "GET", "/staff", NEED_STAFF, "page.html", show, "", "", "read" },
	{ "GET", "/hidden", NEED_NOTHING, "page.html", hidden, "", "", NULL },
	{ "GET", "/away", NEED_NOTHING, "page.html", away, "", "", NULL },
	{ "GET", "/broken/:how", NEED_NOTHING, "page.html", broken, "", "", NULL },
	{ 0 }
};
static const struct route *const tables[] = { table };

static const struct template_source sources[] = {
	{ STR_INIT("page.html"), STR_INIT("<p data-lang=\"{{ lang }}\">{{ route }}|{{ a }}|{{ b }}|{{ viewer.name }}|{% for f in fails %}{{ f.field }}:{{ f.message }};{% end %}</p>"
		"<input name=\"_csrf\" value=\"{{ csrf }}\"><input name=\"_key\" value=\"{{ key }}\"><a href=\"{{ lang_link }}\">") },
	{ STR_INIT("error.html"), STR_INIT("<h1>{{ status }}</h1>{% for f in fails %}{{ f.message }}{% end %}") },
};

static int work(int listen_fd, int channel_fd, const char *dir)
{
	struct arena *a = arena_new(256 << 20);
	struct cx cx = { .arena = a };
	struct app app = { .region = &region, .tables = tables, .n_tables = 1, .writer = channel_new(channel_fd), .viewer = load_viewer };
	struct assets *assets;
	struct templates *templates;
	struct http *h;
	enum rc rc = assets_open(&cx, a, STR(""), &assets);
	if (rc == RC_OK) rc = templates_compile(&cx, a, assets, sources, 2, &templates);
	if (rc == RC_OK) rc = db_open(&cx, str_fmt(a, "sqlite:%s/test.db", dir), DB_READ, &app.db);
	app.assets = assets;
	app.templates = templates;
	if (rc == RC_OK) rc = route_start(&cx, &app);
	struct http_config config = { .listen_fd = listen_fd, .body_max = 1 << 20, .upload_max = 1 << 20, .spool_dir = str_c(dir), .connections_max = 200,
		.per_ip_max = 200, .idle_ms = 15000, .header_ms = 15000, .body_ms = 15000, .handle = route_handle, .ctx = &app, .extra_fd = channel_fd,
		.extra_wants_write = route_writer_wants, .extra_ready = route_writer_ready, .tick = route_tick };
	if (rc == RC_OK) rc = http_new(&cx, &config, &h);
	if (rc != RC_OK) return 1;
	rc = http_run(h);
	http_free(h);
	route_stop(&app);
	channel_free(app.writer);
	db_close(app.db);
	arena_free(a);
	return rc == RC_OK ? 0 : 1;
}

/* ---- the world around it ---- */

static struct str cookie_hash(struct cx *cx, const char *token) { return hash_hex(cx->arena, hash_of(HASH_SHA256, str_c(token))); }

static void fill_database(struct world *w)
{
	struct db *db;
	struct cx *cx = &w->cx;
	int64_t now = time_now_ms();
	assert_int_equal(db_open(cx, str_fmt(w->arena, "sqlite:%s/test.db", w->dir), DB_WRITE, &db), RC_OK);
	assert_int_equal(db_run(cx, db, SQL("CREATE TABLE account (id INTEGER PRIMARY KEY, roles INTEGER NOT NULL) STRICT"), NO_PARAMS), RC_OK);
	assert_int_equal(db_run(cx, db, SQL("CREATE TABLE session (id_hash TEXT PRIMARY KEY, account_id INTEGER NOT NULL, csrf TEXT NOT NULL, created_ms INTEGER NOT NULL, "
		"seen_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, remote TEXT) STRICT"), NO_PARAMS), RC_OK);
	assert_int_equal(db_run(cx, db, SQL("CREATE TABLE api_token (id_hash TEXT PRIMARY KEY, account_id INTEGER NOT NULL, scopes TEXT NOT NULL, name TEXT NOT NULL, "
		"created_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, revoked INTEGER NOT NULL DEFAULT 0) STRICT"), NO_PARAMS), RC_OK);
	static const struct { const char *token; int account, seen_ago, left; } sessions[] = { { "officer", 1, 0, 1000000 }, { "applicant", 2, 0, 1000000 },
		{ "expired", 2, 0, -1 }, { "idle", 2, SESSION_IDLE_MS + 1, 1000000 }, { "closed", 99, 0, 1000000 }, { "stale", 2, SESSION_TOUCH_MS + 1000, 1000000 } };
	for (size_t i = 0; i < sizeof sessions / sizeof *sessions; i++)
		assert_int_equal(db_run(cx, db, SQL("INSERT INTO session VALUES (?, ?, ?, ?, ?, ?, '')"), P(p_text(cookie_hash(cx, sessions[i].token)),
			p_int(sessions[i].account), p_text(str_fmt(w->arena, "csrf-%s", sessions[i].token)), p_int(now), p_int(now - sessions[i].seen_ago),
			p_int(now + sessions[i].left))), RC_OK);
	static const struct { const char *token, *scopes; int left, revoked; } tokens[] = { { "t-read", "read", 1000000, 0 }, { "t-write", "read write", 1000000, 0 },
		{ "t-old", "read write", -1, 0 }, { "t-revoked", "read write", 1000000, 1 }, { "t-odd", "readwrite", 1000000, 0 } };
	for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++)
		assert_int_equal(db_run(cx, db, SQL("INSERT INTO api_token VALUES (?, 2, ?, 'x', 0, ?, ?)"), P(p_text(cookie_hash(cx, tokens[i].token)),
			p_text(str_c(tokens[i].scopes)), p_int(now + tokens[i].left), p_int(tokens[i].revoked))), RC_OK);
	assert_int_equal(db_run(cx, db, SQL("INSERT INTO account VALUES (1, 1)"), NO_PARAMS), RC_OK);
	assert_int_equal(db_run(cx, db, SQL("INSERT INTO account VALUES (2, 2)"), NO_PARAMS), RC_OK);
	db_close(db);
}

static int setup(void **state)
{
	struct world *w = test_calloc(1, sizeof *w);
	w->arena = arena_new(256 << 20);
	w->cx = (struct cx){ .arena = w->arena };
	strcpy(w->dir, "/tmp/lc-route-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	fill_database(w);
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), pair[2];
	assert_int_equal(bind(fd, (struct sockaddr *)&address, n) | listen(fd, 100) | getsockname(fd, (struct sockaddr *)&address, &n), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
	w->port = ntohs(address.sin_port);
	fflush(NULL);
	w->worker = fork();
	if (w->worker == 0) {
		close(pair[0]);
		/* What this process inherited is not the worker's to answer for. */
		int code = work(fd, pair[1], w->dir);
		close(fd);
		_exit(code);
	}
	close(pair[1]);
	close(fd);
	w->writer = channel_new(pair[0]);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	int status;
	kill(w->worker, SIGTERM);
	assert_int_equal(waitpid(w->worker, &status, 0), w->worker);
	assert_int_equal(status, 0);
	channel_free(w->writer);
	static const char *const files[] = { "test.db", "test.db-wal", "test.db-shm" };
	for (int i = 0; i < 3; i++) unlink(str_fmt(w->arena, "%s/%s", w->dir, files[i]).p);
	assert_int_equal(rmdir(w->dir), 0);
	arena_free(w->arena);
	test_free(w);
	return 0;
}

/* ---- the browser ---- */

static int begin(struct world *w, const char *method, const char *target, const char *headers, const char *body)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)w->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
	struct buf b = BUF(w->arena, 1 << 20);
	buf_fmt(&b, "%s %s HTTP/1.1\r\nHost: lc.cn\r\nConnection: close\r\n%s", method, target, headers);
	if (body) buf_fmt(&b, "Content-Length: %zu\r\n%s", strlen(body), strstr(headers, "Content-Type") ? "" : "Content-Type: application/x-www-form-urlencoded\r\n");
	buf_fmt(&b, "\r\n%s", body ? body : "");
	assert_int_equal(send(fd, b.p, b.n, MSG_NOSIGNAL), b.n);
	return fd;
}

static void end(struct world *w, int fd)
{
	struct buf b = BUF(w->arena, 16 << 20);
	char chunk[8192];
	ssize_t n;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	while (poll(&p, 1, 20000) == 1 && (n = recv(fd, chunk, sizeof chunk, 0)) > 0) buf_add(&b, (struct str){ chunk, (size_t)n });
	close(fd);
	struct str all = str_dup(w->arena, buf_str(&b));
	size_t cut = str_find(all, STR("\r\n\r\n"), 0);
	assert_true(cut != SIZE_MAX);
	w->head = str_dup(w->arena, str_sub(all, 0, cut + 2));
	w->body = str_dup(w->arena, str_sub(all, cut + 4, all.n));
	w->status = atoi(w->head.p + 9);
}

static void get(struct world *w, const char *target, const char *headers) { end(w, begin(w, "GET", target, headers, NULL)); }

static struct str header(struct world *w, const char *name)
{
	size_t at = str_find(w->head, str_fmt(w->arena, "\r\n%s: ", name), 0);
	if (at == SIZE_MAX) return STR("");
	at += strlen(name) + 4;
	return str_sub(w->head, at, str_find(w->head, STR("\r\n"), at));
}

static void body_has(struct world *w, const char *text)
{
	if (!str_has(w->body, str_c(text))) fail_msg("no \"%s\" in %d: %s", text, w->status, w->body.p);
}

static void status_is(struct world *w, int status)
{
	if (w->status != status) fail_msg("status %d, not %d: %s", w->status, status, w->body.p);
}

/* ---- the writer ---- */

static bool command_comes(struct world *w, int wait_ms)
{
	struct pollfd p = { .fd = channel_fd(w->writer), .events = POLLIN };
	bool more = false;
	assert_int_equal(channel_next(&w->cx, w->writer, &w->command, &more), RC_OK);
	if (more) return true;
	if (poll(&p, 1, wait_ms) != 1) return false;
	assert_int_equal(channel_next(&w->cx, w->writer, &w->command, &more), RC_OK);
	return more;
}

static void answer(struct world *w, enum rc rc, const char *id, const struct fails *fails)
{
	struct val m = val_map(w->arena), reply = val_map(w->arena);
	VAL_SET(w->arena, reply, "id", val_textz(id));
	VAL_SET(w->arena, m, "id", VAL_GET(w->command, "id"));
	VAL_SET(w->arena, m, "rc", val_int(rc));
	VAL_SET(w->arena, m, "reply", reply);
	if (fails) VAL_SET(w->arena, m, "fails", fails_val(w->arena, fails));
	assert_int_equal(channel_send(&w->cx, w->writer, m), RC_OK);
}

static struct str csrf_of(struct world *w, const char *token)
{
	struct session s = { .csrf = str_fmt(w->arena, "csrf-%s", token) };
	return session_csrf(&w->cx, &s);
}

/* ---- tests ---- */

static void test_routing(void **state)
{
	struct world *w = *state;
	get(w, "/r/lab/7", "");
	status_is(w, 200);
	body_has(w, "/r/:type/:id|lab|7|");
	get(w, "/r/lab/new", "");
	body_has(w, "/r/:type/new|lab||");
	get(w, "/r/%E9%93%9D/%3Cb%3E", "");
	body_has(w, "|铝|&lt;b&gt;|");
	get(w, "/r/lab/7.json", "");
	assert_true(str_is(header(w, "Content-Type"), "application/json; charset=utf-8"));
	assert_true(str_is(w->body, "{\"route\":\"/r/:type/:id\",\"a\":\"lab\",\"b\":\"7\"}\n"));
	get(w, "/private.json", "");
	status_is(w, 401);
	get(w, "/r/lab/7", "Accept: application/json\r\n");
	assert_true(str_is(w->body, "{\"route\":\"/r/:type/:id\",\"a\":\"lab\",\"b\":\"7\"}\n"));
	get(w, "/r/lab", "");
	status_is(w, 404);
	get(w, "/r//7", "");
	status_is(w, 400);
	get(w, "/open", "");
	status_is(w, 405);
	assert_true(str_is(header(w, "Allow"), "POST"));
	end(w, begin(w, "HEAD", "/r/lab/7", "", NULL));
	status_is(w, 200);
	assert_int_equal(w->body.n, 0);
	end(w, begin(w, "POST", "/open", "", "a=%zz"));
	status_is(w, 400);
	body_has(w, "<h1>400</h1>");
	/* Routes that no path could tell apart do not start. */
	static const struct route twice[] = { { "GET", "/x/:a", NEED_NOTHING, NULL, show, "", "", NULL }, { "GET", "/x/:b", NEED_NOTHING, NULL, show, "", "", NULL }, { 0 } };
	const struct route *const tables2[] = { twice };
	struct app app = { .tables = tables2, .n_tables = 1 };
	assert_int_equal(route_start(&w->cx, &app), RC_CONFLICT);
	assert_string_equal(w->cx.fails.v[w->cx.fails.n - 1].code, "route.twice");
}

static void test_headers(void **state)
{
	struct world *w = *state;
	static const char *const targets[] = { "/", "/nope", "/private", "/broken/4", "/?lang=en", "/r/a/b.json" };
	for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
		get(w, targets[i], "");
		struct str csp = header(w, "Content-Security-Policy");
		assert_true(str_starts(csp, STR("default-src 'none'")) && str_has(csp, STR("frame-ancestors 'none'")) && !str_has(csp, STR("unsafe")));
		assert_true(str_is(header(w, "X-Content-Type-Options"), "nosniff") && str_is(header(w, "Cache-Control"), "no-store"));
		assert_true(header(w, "Referrer-Policy").n && header(w, "Cross-Origin-Opener-Policy").n && header(w, "Permissions-Policy").n);
	}
	end(w, begin(w, "POST", "/cookie", "Cookie: lc_visit=v\r\n", str_fmt(w->arena, "_csrf=%.*s", STRF(session_csrf(&w->cx, &(struct session){ .csrf = STR("v") }))).p));
	status_is(w, 303);
	struct str set = header(w, "Set-Cookie");
	assert_true(str_starts(set, STR("lc_session=fresh;")) && str_has(set, STR("HttpOnly")) && str_has(set, STR("SameSite=Lax")) && str_has(set, STR("Path=/")));
}

static void test_failures(void **state)
{
	struct world *w = *state;
	static const int status[] = { 400, 409, 413, 503, 500 };
	for (int i = 0; i < 5; i++) {
		get(w, str_fmt(w->arena, "/broken/%d", i).p, "");
		status_is(w, status[i]);
		body_has(w, "坏&lt;了&gt;");
		get(w, str_fmt(w->arena, "/broken/%d.json", i).p, "");
		status_is(w, status[i]);
		body_has(w, "\"code\":\"test.broken\",\"field\":\"x.1\",\"message_zh\":\"坏\\u003c了>\",\"message_en\":\"broken \\u003cit>\"");
	}
	get(w, "/broken/3", "");
	assert_true(header(w, "Retry-After").n > 0);
}

static void test_sessions(void **state)
{
	struct world *w = *state;
	static const struct { const char *cookie; bool known; } cases[] = { { "officer", true }, { "applicant", true }, { "expired", false }, { "idle", false },
		{ "closed", false }, { "unknown", false }, { "", false }, { "' OR 1=1 --", false } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		get(w, "/private?a=1&b=%E9%93%9D", str_fmt(w->arena, "Cookie: x=y; lc_session=%s\r\n", cases[i].cookie).p);
		status_is(w, cases[i].known ? 200 : 303);
		if (cases[i].known) body_has(w, "/private|||王|");
		else assert_true(str_is(header(w, "Location"), "/signin?next=/private%3Fa%3D1%26b%3D%25E9%2593%259D"));
	}
	/* Not staff and no such page: the same bytes. */
	get(w, "/staff", "Cookie: lc_session=officer\r\n");
	status_is(w, 200);
	get(w, "/nope", "Cookie: lc_session=applicant\r\n");
	status_is(w, 404);
	struct str missing = w->body;
	get(w, "/staff", "Cookie: lc_session=applicant\r\n");
	status_is(w, 404);
	assert_true(str_eq(w->body, missing));
	get(w, "/hidden", "Cookie: lc_session=applicant\r\n");
	assert_true(str_eq(w->body, missing));
	/* Seen again after a minute: the writer is told, nobody waits. */
	get(w, "/", "Cookie: lc_session=officer\r\n");
	assert_false(command_comes(w, 100));
	get(w, "/", "Cookie: lc_session=stale\r\n");
	status_is(w, 200);
	assert_true(command_comes(w, 5000));
	assert_true(str_is(val_str(VAL_GET(w->command, "name")), "session.touch"));
	assert_true(str_eq(val_str(VAL_GET(VAL_GET(w->command, "args"), "id_hash")), cookie_hash(&w->cx, "stale")));
}

static void test_tokens(void **state)
{
	struct world *w = *state;
	static const struct { const char *token, *target; int status; } cases[] = { { "t-read", "/r/lab/7", 200 }, { "t-read", "/private", 403 }, { "t-read", "/r/a/new", 403 },
		{ "t-old", "/r/lab/7", 401 }, { "t-revoked", "/r/lab/7", 401 }, { "t-none", "/r/lab/7", 401 }, { "t-odd", "/r/lab/7", 403 }, { "t-read", "/staff", 404 } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		get(w, cases[i].target, str_fmt(w->arena, "Accept: application/json\r\nAuthorization: Bearer %s\r\n", cases[i].token).p);
		if (w->status != cases[i].status) fail_msg("%s %s: %d", cases[i].token, cases[i].target, w->status);
	}
	end(w, begin(w, "POST", "/r/lab/new", "Authorization: Bearer t-read\r\nAccept: application/json\r\n", "title=x"));
	status_is(w, 403);
	assert_false(command_comes(w, 100));
	/* A token needs no CSRF; a cookie beside it gives nothing. */
	int fd = begin(w, "POST", "/r/lab/new", "Authorization: Bearer t-write\r\nAccept: application/json\r\nIdempotency-Key: k-1\r\nCookie: lc_session=officer\r\n", "title=x");
	assert_true(command_comes(w, 5000));
	assert_int_equal(val_i64(VAL_GET(VAL_GET(w->command, "actor"), "account")), 2);
	answer(w, RC_OK, "new-id", NULL);
	end(w, fd);
	status_is(w, 200);
	assert_true(str_is(w->body, "{\"route\":\"saved\",\"a\":\"new-id\"}\n"));
	end(w, begin(w, "POST", "/r/lab/new", "Authorization: Bearer wrong\r\nCookie: lc_session=officer\r\n", str_fmt(w->arena, "_csrf=%.*s", STRF(csrf_of(w, "officer"))).p));
	status_is(w, 401);
}

static void test_csrf(void **state)
{
	struct world *w = *state;
	struct str good = csrf_of(w, "applicant"), other = csrf_of(w, "officer");
	static const char *const refused[] = { "Sec-Fetch-Site: cross-site\r\n", "Sec-Fetch-Site: same-site\r\n", "Origin: https://evil.example\r\n", "Origin: null\r\n",
		"Origin: http://lc.cn.evil.example\r\n" };
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		end(w, begin(w, "POST", "/r/lab/new", str_fmt(w->arena, "Cookie: lc_session=applicant\r\n%s", refused[i]).p, str_fmt(w->arena, "_csrf=%.*s", STRF(good)).p));
		status_is(w, 403);
	}
	const char *const bodies[] = { "title=x", "_csrf=", "_csrf=0123456789abcdef0123456789abcdef", str_fmt(w->arena, "_csrf=%.*s", STRF(other)).p };
	for (size_t i = 0; i < 4; i++) {
		end(w, begin(w, "POST", "/r/lab/new", "Cookie: lc_session=applicant\r\n", bodies[i]));
		status_is(w, 403);
	}
	end(w, begin(w, "POST", "/open", "", "_csrf="));
	status_is(w, 403);
	assert_false(command_comes(w, 100));
	/* By form and by header. */
	int fd = begin(w, "POST", "/r/lab/new", "Cookie: lc_session=applicant\r\nSec-Fetch-Site: same-origin\r\nOrigin: http://lc.cn\r\n",
		str_fmt(w->arena, "_csrf=%.*s&_key=abc&title=%%E9%%93%%9D&go=1", STRF(good)).p);
	assert_true(command_comes(w, 5000));
	assert_true(str_is(val_str(VAL_GET(w->command, "name")), "record.save") && str_is(val_str(VAL_GET(VAL_GET(w->command, "args"), "title")), "铝"));
	assert_true(str_is(val_str(VAL_GET(w->command, "key")), "2:/r/lab/new:abc") && str_is(val_str(VAL_GET(w->command, "remote")), "127.0.0.1"));
	answer(w, RC_OK, "1", NULL);
	end(w, fd);
	status_is(w, 303);
	assert_true(str_is(header(w, "Location"), "/%E9%93%9D?done=saved"));
	fd = begin(w, "POST", "/r/lab/new", str_fmt(w->arena, "Cookie: lc_session=applicant\r\nX-CSRF-Token: %.*s\r\nContent-Type: application/json\r\nAccept: application/json\r\n", STRF(good)).p, "{}");
	assert_true(command_comes(w, 5000));
	answer(w, RC_OK, "2", NULL);
	end(w, fd);
	status_is(w, 200);
}

static void test_visitors(void **state)
{
	struct world *w = *state;
	get(w, "/", "");
	struct str set = header(w, "Set-Cookie");
	assert_true(str_starts(set, STR("lc_visit=")));
	struct str visit = str_sub(set, 9, str_find(set, STR(";"), 0));
	size_t at = str_find(w->body, STR("name=\"_csrf\" value=\""), 0);
	struct str csrf = str_sub(w->body, at + 20, at + 52);
	int fd = begin(w, "POST", "/open", str_fmt(w->arena, "Cookie: lc_visit=%.*s\r\n", STRF(visit)).p, str_fmt(w->arena, "_csrf=%.*s&title=t", STRF(csrf)).p);
	assert_true(command_comes(w, 5000));
	assert_int_equal(val_i64(VAL_GET(VAL_GET(w->command, "actor"), "account")), 0);
	struct cx failing = { .arena = w->arena };
	(void)(fail)(&failing, RC_INVALID, "record.title", IN_FIELD(STR("title")), "标题太短", "title too short");
	answer(w, RC_INVALID, "", &failing.fails);
	end(w, fd);
	status_is(w, 422);
	body_has(w, "saved|");
	body_has(w, "title:标题太短;");
	int tried = 0;
	for (; tried < 100 && w->status != 429; tried++) end(w, begin(w, "POST", "/open", "", "title=t"));
	status_is(w, 429);
	assert_true(tried > 40 && header(w, "Retry-After").n);
	/* Whoever is signed in is not held up. */
	end(w, begin(w, "POST", "/r/lab/new", "Cookie: lc_session=applicant\r\n", "title=x"));
	status_is(w, 403);
}

static void test_language(void **state)
{
	struct world *w = *state;
	get(w, "/r/%E9%93%9D/x?a=1&lang=en&b=2", "");
	status_is(w, 303);
	assert_true(str_is(header(w, "Location"), "/r/%E9%93%9D/x?a=1&b=2"));
	assert_true(str_starts(header(w, "Set-Cookie"), STR("lc_lang=en;")));
	get(w, "/private?q=1", "Cookie: lc_lang=en; lc_session=officer\r\n");
	body_has(w, "data-lang=\"en\"");
	body_has(w, "|Wang|");
	body_has(w, "href=\"/private?q=1&amp;lang=zh\"");
	get(w, "/", "Cookie: lc_lang=xx\r\n");
	body_has(w, "data-lang=\"zh\"");
	static const struct { const char *to, *location; } cases[] = { { "//evil.example", "/" }, { "https://evil.example", "/" }, { "/%5Cevil", "/" }, { "/ok?x=1%26y=2", "/ok?x=1&y=2" },
		{ "/a%0d%0aX-Evil:1", "/a%0D%0AX-Evil:1" } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		get(w, str_fmt(w->arena, "/away?to=%s", cases[i].to).p, "");
		if (!str_is(header(w, "Location"), cases[i].location)) fail_msg("%s: %.*s", cases[i].to, STRF(header(w, "Location")));
	}
}

static void test_static(void **state)
{
	struct world *w = *state;
	struct assets *assets;
	assert_int_equal(assets_open(&w->cx, w->arena, STR(""), &assets), RC_OK);
	get(w, "/static/none.css", "");
	status_is(w, 404);
	get(w, "/static/%2e%2e/page.html", "");
	status_is(w, 400);
	if (!assets_count(assets)) return;
	const struct asset *f = asset_at(assets, 0);
	get(w, str_z(w->arena, f->url), "");
	status_is(w, 200);
	assert_true(str_eq(w->body, f->bytes) && str_has(header(w, "Cache-Control"), STR("immutable")) && str_eq(header(w, "ETag"), f->etag));
	get(w, str_z(w->arena, f->url), str_fmt(w->arena, "If-None-Match: %.*s\r\n", STRF(f->etag)).p);
	status_is(w, 304);
	assert_int_equal(w->body.n, 0);
	get(w, str_fmt(w->arena, "/static/%.*s", STRF(f->name)).p, "Accept-Encoding: gzip\r\n");
	assert_true(str_is(header(w, "Cache-Control"), "no-cache"));
	if (f->gzip.n) assert_true(str_is(header(w, "Content-Encoding"), "gzip") && str_eq(w->body, f->gzip));
}

static void test_writer_silent_then_gone(void **state)
{
	struct world *w = *state;
	char *form = str_z(w->arena, str_fmt(w->arena, "_csrf=%.*s&title=t", STRF(csrf_of(w, "applicant"))));
	int64_t from = time_mono_ms();
	int fd = begin(w, "POST", "/r/lab/new", "Cookie: lc_session=applicant\r\n", form);
	assert_true(command_comes(w, 5000));
	struct val late = w->command;
	/* Others are served meanwhile. */
	get(w, "/r/lab/7", "");
	status_is(w, 200);
	end(w, fd);
	status_is(w, 503);
	assert_true(time_mono_ms() - from > 8000 && time_mono_ms() - from < 14000);
	/* Its answer comes after all: nobody is waiting, nothing breaks. */
	w->command = late;
	answer(w, RC_OK, "1", NULL);
	get(w, "/r/lab/7", "");
	status_is(w, 200);
	fd = begin(w, "POST", "/r/lab/new", "Cookie: lc_session=applicant\r\n", form);
	assert_true(command_comes(w, 5000));
	channel_free(w->writer);
	w->writer = NULL;
	end(w, fd);
	status_is(w, 503);
	end(w, begin(w, "POST", "/r/lab/new", "Cookie: lc_session=applicant\r\n", form));
	status_is(w, 503);
	get(w, "/r/lab/7", "");
	status_is(w, 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_routing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_headers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_failures, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sessions, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tokens, setup, teardown),
		cmocka_unit_test_setup_teardown(test_csrf, setup, teardown),
		cmocka_unit_test_setup_teardown(test_visitors, setup, teardown),
		cmocka_unit_test_setup_teardown(test_language, setup, teardown),
		cmocka_unit_test_setup_teardown(test_static, setup, teardown),
		cmocka_unit_test_setup_teardown(test_writer_silent_then_gone, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

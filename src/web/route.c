#include "web/route.h"

#include <assert.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/rng.h"
#include "base/time.h"
#include "web/assets.h"
#include "web/channel.h"
#include "web/fails_wire.h"
#include "web/head.h"
#include "web/session.h"

enum {
	ROUTES_MAX = 256, PENDING_MAX = 4096, WRITER_MS = 10000, READ_MS = 5000,
	PAGE_FIRST = 48 << 10,
	PAGE_MAX = 8000000,             /* growing to this takes 16 MiB of the page's arena */
	BUCKETS = 1024, BUCKET_FULL = 60, BUCKET_DRIP_MS = 1000
};

/* What visitors may post (signing in, above all): so many at once from one address, and one more each second. */
struct bucket { uint64_t who; int left; int64_t at_ms; };


struct pending { struct page *page; int64_t id, until_ms; };

struct route_state {
	const struct route *route[ROUTES_MAX];
	struct str front[ROUTES_MAX];           /* what a path of this route begins with: all before the first parameter */
	int depth[ROUTES_MAX];                  /* how many "/" it has */
	int n;
	struct pending *pending;
	int n_pending;
	int64_t next_id;
	bool writer_gone;
	struct arena *scratch;
	struct bucket bucket[BUCKETS];
};

static int depth_of(struct str path)
{
	int n = 0;
	for (size_t i = 0; i < path.n; i++) n += path.p[i] == '/';
	return n;
}

/* Two patterns that no path could tell apart. */
static bool same_shape(const char *a, const char *b)
{
	struct str ra = str_c(a), rb = str_c(b), wa, wb;
	for (;;) {
		bool more = str_cut(&ra, '/', &wa);
		if (more != str_cut(&rb, '/', &wb)) return false;
		if (!more) return true;
		bool pa = str_starts(wa, STR(":")), pb = str_starts(wb, STR(":"));
		if (pa != pb || (!pa && !str_eq(wa, wb))) return false;
	}
}

enum rc route_start(struct cx *cx, struct app *app)
{
	struct route_state *s = ARENA_NEW(cx->arena, struct route_state);
	s->pending = ARENA_ARRAY(cx->arena, struct pending, PENDING_MAX);
	for (int t = 0; t < app->n_tables; t++)
		for (const struct route *r = app->tables[t]; r->method; r++) {
			if (s->n == ROUTES_MAX) return fail(cx, RC_LIMIT, "route.many", NOWHERE, "路由过多", "too many routes");
			for (int i = 0; i < s->n; i++)
				if (strcmp(r->method, s->route[i]->method) == 0 && same_shape(r->path, s->route[i]->path))
					return fail(cx, RC_CONFLICT, "route.twice", NOWHERE, "路由重复：%s %s", "this route is declared twice: %s %s", r->method, r->path);
			s->front[s->n] = (struct str){ r->path, strcspn(r->path, ":") };
			s->depth[s->n] = depth_of(str_c(r->path));
			s->route[s->n++] = r;
		}
	db_limit_ms(app->db, READ_MS);
	s->scratch = arena_new((size_t)64 << 20);
	app->state = s;
	return RC_OK;
}

void route_stop(struct app *app)
{
	arena_free(app->state->scratch);
	app->state->scratch = NULL;
}

const struct route *route_at(const struct app *app, int i) { return i < app->state->n ? app->state->route[i] : NULL; }

/* ---- which route ---- */

/* Does the path fit the pattern? `literal` counts the segments that are words, so that "/r/:type/new" wins over "/r/:type/:id". */
static bool fits(const char *pattern, struct str path, struct str param[4], int *literal)
{
	struct str want = str_sub(str_c(pattern), 1, SIZE_MAX), have = str_sub(path, 1, path.n), w, h;
	int n = 0;
	*literal = 0;
	for (;;) {
		bool more_w = str_cut(&want, '/', &w), more_h = str_cut(&have, '/', &h);
		if (more_w != more_h) return false;
		if (!more_w) return true;
		if (w.n && w.p[0] == ':') {
			if (!h.n || n == 4) return false;
			param[n++] = h;
		} else {
			if (!str_eq(w, h)) return false;
			++*literal;
		}
	}
}

static const struct route *find(const struct app *app, struct str method, struct str path, struct str param[4], bool *other_method)
{
	const struct route *best = NULL;
	int best_literal = -1, depth = depth_of(path);
	if (str_is(method, "HEAD")) method = STR("GET");
	for (int i = 0; i < app->state->n; i++) {
		const struct route *r = app->state->route[i];
		struct str got[4] = { { 0 } };
		int literal;
		if (app->state->depth[i] != depth || !str_starts(path, app->state->front[i]) || !fits(r->path, path, got, &literal)) continue;
		if (!str_is(method, r->method)) {
			*other_method = true;
			continue;
		}
		if (literal <= best_literal) continue;
		best = r;
		best_literal = literal;
		memcpy(param, got, sizeof got);
	}
	return best;
}

/* ---- replies ---- */

static int status_of(enum rc rc)
{
	switch (rc) {
	case RC_OK: return 200;
	case RC_INVALID: return 422;
	case RC_DENIED: return 403;
	case RC_MISSING: return 404;
	case RC_CONFLICT: return 409;
	case RC_LIMIT: return 413;
	case RC_BUSY: return 503;
	case RC_IO: return 500;
	}
	return 500;
}

static void secure_headers(struct page *p, struct http_reply *reply)
{
	http_reply_header(reply, STR("Content-Security-Policy"),
		STR("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; "
		    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"));
	http_reply_header(reply, STR("X-Content-Type-Options"), STR("nosniff"));
	http_reply_header(reply, STR("Referrer-Policy"), STR("same-origin"));
	http_reply_header(reply, STR("Cross-Origin-Opener-Policy"), STR("same-origin"));
	http_reply_header(reply, STR("Cross-Origin-Resource-Policy"), STR("same-origin"));
	http_reply_header(reply, STR("Permissions-Policy"), STR("camera=(), microphone=(), geolocation=()"));
	http_reply_header(reply, STR("Cache-Control"), STR("no-store"));
	http_reply_header(reply, STR("Vary"), STR("Accept, Cookie"));
	if (p->app->secure_cookies) http_reply_header(reply, STR("Strict-Transport-Security"), STR("max-age=31536000"));
	for (int i = 0; i < p->n_cookie; i++)
		http_reply_header(reply, STR("Set-Cookie"), session_cookie(p->cx, p->cookie[i].name, p->cookie[i].value, p->app->secure_cookies,
			p->cookie[i].value.n ? (str_is(p->cookie[i].name, "lc_lang") ? 365 * 86400 : 0) : -1));
}

static struct val failures_val(struct page *p)
{
	struct arena *a = p->cx->arena;
	struct val list = val_list(a);
	for (int i = 0; i < p->cx->fails.n; i++) {
		const struct failure *f = &p->cx->fails.v[i];
		struct val m = val_map(a);
		bool zh = p->cx->lang == LANG_ZH;
		VAL_SET(a, m, "code", val_textz(f->code));
		if (f->where.field.n) VAL_SET(a, m, "field", val_text(f->where.field));
		if (p->json) {
			VAL_SET(a, m, "message_zh", val_text(f->zh));
			VAL_SET(a, m, "message_en", val_text(f->en));
		} else {
			VAL_SET(a, m, "message", val_text(zh ? f->zh : f->en));
			VAL_SET(a, m, "hint", val_text(zh ? f->hint_zh : f->hint_en));
			if (f->where.field.n) VAL_SET(a, m, "anchor", val_text(str_fmt(a, "#f-%.*s", STRF(f->where.field))));
		}
		val_push(a, list, m);
	}
	return list;
}

/* Most pages fit what is taken at once: growing would copy them several times. */
static struct buf page_buf(struct page *p)
{
	struct arena *a = http_page_arena(p->exchange);
	return (struct buf){ .arena = a, .p = arena_alloc(a, PAGE_FIRST), .cap = PAGE_FIRST, .max = PAGE_MAX };
}

static void reply_json(struct page *p, enum rc rc, struct http_reply *reply)
{
	struct val out = p->out;
	if (rc != RC_OK) {
		out = val_map(p->cx->arena);
		VAL_SET(p->cx->arena, out, "error", failures_val(p));
	} else if (p->region->demo && out.kind == VAL_MAP && !str_starts(p->req->path, STR("/api/"))) {
		VAL_SET(p->cx->arena, out, "synthetic", val_bool(true));
	}
	struct buf b = page_buf(p);
	json_write(&b, out);
	buf_c(&b, '\n');
	if (b.full) {
		/* Never a cut answer that looks whole. */
		reply->status = 413;
		b = BUF(http_page_arena(p->exchange), 1000);
		buf_add(&b, STR("{\"error\":[{\"code\":\"route.large\",\"message_zh\":\"结果过大，请缩小范围\",\"message_en\":\"the answer is too large: narrow it down\"}]}\n"));
	}
	reply->type = STR("application/json; charset=utf-8");
	reply->body = buf_str(&b);
}

/* The query without one parameter, re-encoded as it came. */
static struct str query_without(struct page *p, struct str name)
{
	struct buf b = BUF(p->cx->arena, 8192);
	struct str rest = p->req->raw_query, part;
	while (rest.n && str_cut(&rest, '&', &part)) {
		struct str key = str_sub(part, 0, str_find(part, STR("="), 0));
		if (str_eq(key, name) || !part.n) continue;
		if (b.n) buf_c(&b, '&');
		buf_add(&b, part);
	}
	return buf_str(&b);
}

static struct str path_encoded(struct arena *a, struct str path) { return percent_encode(a, path, "/!$&'()*+,;=:@"); }

/* A place on this site, fit for a header: never another site, whatever a handler was given. */
static struct str location(struct arena *a, struct str to)
{
	bool own = to.n && to.p[0] == '/' && (to.n == 1 || (to.p[1] != '/' && to.p[1] != '\\'));
	return own ? percent_encode(a, to, "/?#[]@!$&'()*+,;=:%") : STR("/");
}

static void put_viewer(struct page *p)
{
	struct arena *a = p->cx->arena;
	struct val v = val_map(a), roles = val_list(a);
	VAL_SET(a, v, "signed", val_bool(p->viewer.account != 0));
	VAL_SET(a, v, "login", val_text(p->viewer.login));
	VAL_SET(a, v, "name", val_text(p->cx->lang == LANG_ZH ? p->viewer.name_zh : p->viewer.name_en));
	for (int i = 0; i < p->region->n_role; i++)
		if (p->viewer.account && (p->viewer.roles >> p->region->role[i]->index & 1)) val_push(a, roles, val_text(label_text(&p->region->role[i]->label, p->cx->lang)));
	VAL_SET(a, v, "roles", roles);
	VAL_SET(a, p->out, "viewer", v);
}

static void put_common(struct page *p)
{
	struct arena *a = p->cx->arena;
	struct str other = p->cx->lang == LANG_ZH ? STR("en") : STR("zh"), query = query_without(p, STR("lang"));
	struct str here = str_is(p->req->method, "POST") ? STR("/") : p->req->path;
	VAL_SET(a, p->out, "lang", val_textz(p->cx->lang == LANG_ZH ? "zh" : "en"));
	VAL_SET(a, p->out, "csrf", val_text(session_csrf(p->cx, p->session)));
	VAL_SET(a, p->out, "key", val_text(rng_token(a)));
	VAL_SET(a, p->out, "path", val_text(p->req->path));
	VAL_SET(a, p->out, "query", val_text(p->req->raw_query));
	VAL_SET(a, p->out, "done", val_text(http_query(p->req, "done")));
	VAL_SET(a, p->out, "lang_link", val_text(STR_CAT(a, path_encoded(a, here), STR("?"), query, query.n ? STR("&lang=") : STR("lang="), other)));
	VAL_SET(a, p->out, "fails", failures_val(p));
	put_viewer(p);
}

static enum rc render(struct page *p, const char *name, struct http_reply *reply)
{
	struct template_env env = { p->cx->lang, p->region->zone_minutes, p->cx->now_ms };
	struct buf b = page_buf(p);
	put_common(p);
	if (p->app->decorate) TRY(p->app->decorate(p));
	TRY(template_render(p->cx, p->app->templates, name, p->out, &env, &b));
	reply->type = STR("text/html; charset=utf-8");
	reply->body = buf_str(&b);
	return RC_OK;
}

static void log_failure(struct page *p, enum rc rc)
{
	if (rc != RC_IO) return;
	for (int i = 0; i < p->cx->fails.n; i++)
		log_line(LEVEL_ERROR, "code=%s msg=\"%.*s\" path=\"%.*s\"", p->cx->fails.v[i].code, STRF(p->cx->fails.v[i].en), STRF(p->req->path));
}

/* Turn what the handler left into a reply. */
static void finish(struct page *p, enum rc rc, struct http_reply *reply)
{
	log_failure(p, rc);
	reply->status = p->status ? p->status : status_of(rc);
	if (rc == RC_INVALID && !p->status && !str_is(p->req->method, "POST")) reply->status = 400;
	if (p->raw.status && rc == RC_OK) {
		struct http_reply raw = p->raw;
		*reply = raw;
	} else if (rc == RC_OK && p->redirect.n && !p->json) {
		reply->status = 303;
		http_reply_header(reply, STR("Location"), location(p->cx->arena, p->redirect));
	} else if (p->json || !p->template) {
		reply_json(p, rc, reply);
	} else {
		bool own = rc == RC_OK || p->shown;
		if (!own) {
			p->out = val_map(p->cx->arena);
			VAL_SET(p->cx->arena, p->out, "status", val_int(reply->status));
		}
		if (render(p, own ? p->template : "error.html", reply) != RC_OK) {
			log_failure(p, RC_IO);
			reply->status = 500;
			reply->type = STR("text/plain; charset=utf-8");
			reply->body = STR("系统出错，请稍后再试 / something went wrong, please try again\n");
		}
	}
	if (reply->status == 405) http_reply_header(reply, STR("Allow"), str_is(p->req->method, "POST") ? STR("GET, HEAD") : STR("POST"));
	if (reply->status == 503 || reply->status == 429) http_reply_header(reply, STR("Retry-After"), STR("5"));
	secure_headers(p, reply);
}

/* ---- the writer ---- */

static bool send_command(struct page *p)
{
	struct route_state *s = p->app->state;
	struct arena *a = p->cx->arena;
	struct val actor = val_map(a);
	struct str key = http_form(p->req, "_key");
	if (!key.n) key = http_header(p->req, "idempotency-key");
	if (s->writer_gone || s->n_pending == PENDING_MAX) {
		(void)fail(p->cx, RC_BUSY, "route.busy", NOWHERE, "系统繁忙，请稍后再试；再次提交是安全的", "busy: please try again; asking again is safe");
		return false;
	}
	VAL_SET(a, actor, "account", val_int(p->viewer.account));
	VAL_SET(a, p->command, "id", val_int(++s->next_id));
	VAL_SET(a, p->command, "actor", actor);
	VAL_SET(a, p->command, "lang", val_text(p->cx->lang == LANG_EN ? STR("en") : STR("zh")));
	VAL_SET(a, p->command, "remote", val_text(p->req->remote));
	VAL_SET(a, p->command, "arrived", val_int(p->req->arrived_ms));
	if (key.n && key.n <= 200)
		VAL_SET(a, p->command, "key", val_text(str_fmt(a, "%lld:%.*s:%.*s", (long long)p->viewer.account, STRF(p->req->path), STRF(key))));
	enum rc sent = channel_send(p->cx, p->app->writer, p->command);
	if (sent != RC_OK) {
		p->status = sent == RC_LIMIT ? 413 : 503;
		return false;
	}
	s->pending[s->n_pending++] = (struct pending){ p, s->next_id, time_mono_ms() + WRITER_MS };
	return true;
}

static void answered(struct page *p, enum rc rc, struct val reply)
{
	struct http_reply out = { 0 };
	enum rc begun = db_begin(p->cx, p->db);
	if (begun == RC_OK && p->then) rc = p->then(p, rc, reply);
	finish(p, begun == RC_OK ? rc : begun, &out);
	db_rollback(p->db);
	http_resume(p->exchange, &out);
}

bool route_writer_wants(void *ctx)
{
	struct app *app = ctx;
	return channel_wants_write(app->writer);
}

static void drop_pending(struct route_state *s, int i) { s->pending[i] = s->pending[--s->n_pending]; }

static void give_up(struct page *p)
{
	(void)fail(p->cx, RC_BUSY, "route.late", NOWHERE, "系统没有及时答复；再次提交是安全的，不会重复办理", "no answer in time; asking again is safe and acts once");
	answered(p, RC_BUSY, VNULL);
}

bool route_writer_ready(void *ctx)
{
	struct app *app = ctx;
	struct route_state *s = app->state;
	struct cx cx = { .arena = s->scratch };
	bool more = true;
	enum rc rc = channel_flush(&cx, app->writer);
	while (rc == RC_OK && more) {
		struct val answer;
		rc = channel_next(&cx, app->writer, &answer, &more);
		if (rc != RC_OK || !more) break;
		int64_t id = val_i64(VAL_GET(answer, "id"));
		for (int i = 0; i < s->n_pending; i++) {
			if (s->pending[i].id != id) continue;
			struct page *p = s->pending[i].page;
			drop_pending(s, i);
			struct val own = val_copy(p->cx->arena, answer);
			fails_from_val(p->cx, VAL_GET(own, "fails"));
			answered(p, (enum rc)val_i64(VAL_GET(own, "rc")), VAL_GET(own, "reply"));
			break;
		}
		arena_reset(s->scratch);
	}
	if (rc == RC_OK) return true;
	s->writer_gone = true;
	while (s->n_pending) {
		struct page *p = s->pending[0].page;
		drop_pending(s, 0);
		give_up(p);
	}
	return false;
}

void route_tick(void *ctx)
{
	struct app *app = ctx;
	struct route_state *s = app->state;
	int64_t now = time_mono_ms();
	bool late = false;
	for (int i = 0; i < s->n_pending; i++) late |= s->pending[i].until_ms <= now;
	/* This worker may itself have been busy: what has arrived meanwhile is not late. */
	if (late && !s->writer_gone) route_writer_ready(ctx);
	for (int i = s->n_pending - 1; i >= 0; i--) {
		if (s->pending[i].until_ms > now) continue;
		struct page *p = s->pending[i].page;
		drop_pending(s, i);
		give_up(p);
	}
}

/* ---- a request ---- */

static bool wants_json(const struct http_request *r)
{
	struct str accept = http_header(r, "accept");
	size_t json = str_find(accept, STR("application/json"), 0), html = str_find(accept, STR("text/html"), 0);
	return json != SIZE_MAX && json < html;
}

bool page_is_staff(const struct page *p)
{
	return region_duty(p->region, &p->viewer, DUTY_STAFF);
}

/* By the viewer's roles alone. */
static bool role_admits(const struct page *p)
{
	switch (p->route->need) {
	case NEED_NOTHING:
	case NEED_SIGNED: return true;
	case NEED_STAFF: return page_is_staff(p);
	case NEED_ACCOUNTS: return region_duty(p->region, &p->viewer, DUTY_ACCOUNTS) || region_duty(p->region, &p->viewer, DUTY_GRANTS);
	case NEED_AUDITS: return region_duty(p->region, &p->viewer, DUTY_AUDITS);
	}
	return false;
}

static bool scope_given(struct str scopes, const char *scope)
{
	struct str word;
	while (str_cut(&scopes, ' ', &word))
		if (str_is(word, scope)) return true;
	return false;
}

/* False: this address has posted too much without being signed in. Addresses that share a bucket share its fill. */
static bool may_post(struct route_state *s, struct str remote)
{
	uint64_t who = str_hash(remote);
	int64_t now = time_mono_ms();
	struct bucket *b = &s->bucket[who % BUCKETS];
	int64_t dripped = (now - b->at_ms) / BUCKET_DRIP_MS;
	if (b->who == 0 || dripped >= BUCKET_FULL) *b = (struct bucket){ who, BUCKET_FULL, now };
	else if (dripped > 0) {
		b->left = b->left + (int)dripped > BUCKET_FULL ? BUCKET_FULL : b->left + (int)dripped;
		b->at_ms += dripped * BUCKET_DRIP_MS;
	}
	return b->left > 0 && b->left-- > 0;
}

static enum rc not_found(struct page *p)
{
	return fail(p->cx, RC_MISSING, "route.missing", NOWHERE, "没有这个页面，或您无权查看", "there is no such page, or it is not yours to see");
}

/* This page's own address, as a parameter of another. */
static struct str here(struct page *p)
{
	struct arena *a = p->cx->arena;
	struct str path = path_encoded(a, p->req->path), query = p->req->raw_query;
	return percent_encode(a, query.n ? str_fmt(a, "%.*s?%.*s", STRF(path), STRF(query)) : path, "/");
}

/* May this request reach the handler? Everything that is decided without looking at records. */
static enum rc admitted(struct page *p, bool other_method)
{
	const struct route *r = p->route;
	if (!r && other_method) {
		p->status = 405;
		return fail(p->cx, RC_INVALID, "route.method", NOWHERE, "此处不接受这种请求方法", "this address does not take that method");
	}
	if (!r) return not_found(p);
	if (p->req->bad != RC_OK) {
		if (p->req->bad == RC_INVALID) p->status = 400;
		return p->req->bad;
	}
	if (p->session->token && (!r->scope || !p->viewer.account || !scope_given(p->session->scopes, r->scope))) {
		p->status = p->viewer.account ? 403 : 401;
		return fail(p->cx, RC_DENIED, "route.token", NOWHERE, "令牌无效，或没有所需的权限范围", "the token is not valid, or lacks the scope");
	}
	if (r->need != NEED_NOTHING && !p->viewer.account) {
		if (p->json || str_is(p->req->method, "POST")) p->status = 401;
		else p->redirect = str_fmt(p->cx->arena, "/signin?next=%.*s", STRF(here(p)));
		return fail(p->cx, RC_DENIED, "route.signed_out", NOWHERE, "请先登录；登录后您填写的内容仍在", "sign in first; what you typed is kept");
	}
	if (!role_admits(p)) return not_found(p);
	if (p->viewer.must_change && r->need != NEED_NOTHING && !str_starts(p->req->path, STR("/account")) && !str_is(p->req->path, "/signout")) {
		p->status = 403;
		if (!p->json) p->redirect = STR("/account?done=first");
		return fail(p->cx, RC_DENIED, "route.must_change", NOWHERE, "请先修改初始密码", "change the password you were given first");
	}
	if (str_is(p->req->method, "POST") && !p->viewer.account && !may_post(p->app->state, p->req->remote)) {
		p->status = 429;
		return fail(p->cx, RC_BUSY, "route.often", NOWHERE, "提交过于频繁，请稍后再试", "too many attempts: please wait a little");
	}
	if (str_is(p->req->method, "POST") && !session_is_ours(p->cx, p->req, p->session)) {
		enum rc rc = fail(p->cx, RC_DENIED, "route.csrf", NOWHERE, "页面已过期，请返回、刷新后再提交", "the page is out of date: go back, reload, and send it again");
		fail_hint(p->cx, "您填写的内容由浏览器和自动保存保留", "what you typed is kept by the browser and the autosave");
		return rc;
	}
	return RC_OK;
}

static enum rc who_is_it(struct page *p)
{
	struct session *s = ARENA_NEW(p->cx->arena, struct session);
	p->session = s;
	TRY(session_read(p->cx, p->db, p->req, p->app->secure_cookies, s));
	if (!s->account) return RC_OK;
	struct fails before = p->cx->fails;
	if (p->app->viewer(p->cx, p->db, p->region, s->account, &p->viewer) == RC_OK) return RC_OK;
	/* The account was closed meanwhile: a visitor from now on. */
	p->cx->fails = before;
	p->viewer = (struct viewer){ 0 };
	return RC_OK;
}

static void choose_language(struct page *p)
{
	struct str given = http_query(p->req, "lang"), kept = http_cookie(p->req, "lc_lang"), header = http_header(p->req, "accept-language");
	struct str word = given.n ? given : kept;
	p->cx->lang = p->region->first_lang;
	if (str_is(word, "zh")) p->cx->lang = LANG_ZH;
	else if (str_is(word, "en")) p->cx->lang = LANG_EN;
	else if (p->json && str_starts(header, STR("en"))) p->cx->lang = LANG_EN;
	/* A switch keeps page and data: the same address without the parameter. */
	if (!given.n || p->json || !str_is(p->req->method, "GET")) return;
	struct str query = query_without(p, STR("lang"));
	p->cookie[p->n_cookie++] = (struct http_pair){ STR("lc_lang"), p->cx->lang == LANG_ZH ? STR("zh") : STR("en") };
	p->redirect = str_fmt(p->cx->arena, "%.*s%s%.*s", STRF(path_encoded(p->cx->arena, p->req->path)), query.n ? "?" : "", STRF(query));
}

/* Visitors get a secret for their forms with the first page that may hold one. */
static void give_visitor_secret(struct page *p)
{
	if (p->session->csrf.n || p->json || p->session->token || !str_is(p->req->method, "GET")) return;
	p->session->csrf = rng_token(p->cx->arena);
	p->cookie[p->n_cookie++] = (struct http_pair){ p->app->secure_cookies ? STR("__Host-lc_visit") : STR("lc_visit"), p->session->csrf };
}

static void note_seen(struct page *p)
{
	if (!p->session->touch || p->app->state->writer_gone) return;
	struct arena *a = p->cx->arena;
	struct val m = val_map(a), args = val_map(a);
	VAL_SET(a, args, "id_hash", val_text(p->session->id_hash));
	VAL_SET(a, m, "name", val_textz("session.touch"));
	VAL_SET(a, m, "args", args);
	VAL_SET(a, m, "id", val_int(0));
	(void)!channel_send(p->cx, p->app->writer, m);
}

static bool static_file(struct page *p, struct http_reply *reply)
{
	bool hashed;
	if (!str_starts(p->req->path, STR("/static/"))) return false;
	const struct asset *asset = asset_find(p->app->assets, str_sub(p->req->path, 8, p->req->path.n), &hashed);
	*reply = (struct http_reply){ .status = 404, .type = STR("text/plain; charset=utf-8"), .body = STR("404\n") };
	if (!asset) return true;
	reply->type = asset->type;
	reply->status = 200;
	http_reply_header(reply, STR("ETag"), asset->etag);
	http_reply_header(reply, STR("Cache-Control"), hashed ? STR("public, max-age=31536000, immutable") : STR("no-cache"));
	http_reply_header(reply, STR("X-Content-Type-Options"), STR("nosniff"));
	if (str_eq(http_header(p->req, "if-none-match"), asset->etag)) {
		reply->status = 304;
		return true;
	}
	bool gzip = asset->gzip.n && str_has(http_header(p->req, "accept-encoding"), STR("gzip"));
	if (gzip) http_reply_header(reply, STR("Content-Encoding"), STR("gzip"));
	http_reply_header(reply, STR("Vary"), STR("Accept-Encoding"));
	reply->body = gzip ? asset->gzip : asset->bytes;
	return true;
}

static enum rc answer_page(struct page *p, bool other_method)
{
	TRY(db_begin(p->cx, p->db));
	TRY(who_is_it(p));
	choose_language(p);
	if (p->redirect.n) return RC_OK;
	note_seen(p);
	if (p->app->begin) TRY(p->app->begin(p));
	give_visitor_secret(p);
	enum rc rc = admitted(p, other_method);
	if (p->redirect.n) return RC_OK;        /* to the sign-in page */
	TRY(rc);
	return p->route->handle(p);
}

enum http_next route_handle(void *ctx, struct http_exchange *x, struct cx *cx, const struct http_request *r, struct http_reply *reply)
{
	struct app *app = ctx;
	struct page *p = ARENA_NEW(cx->arena, struct page);
	bool other_method = false;
	*p = (struct page){ .exchange = x, .cx = cx, .req = r, .app = app, .db = app->db, .region = app->region, .out = val_map(cx->arena) };
	cx->now_ms = time_now_ms();
	if (static_file(p, reply)) return HTTP_REPLY;
	p->json = wants_json(r);
	p->route = find(app, r->method, r->path, p->param, &other_method);
	/* "/r/lab/7.json" is the JSON of "/r/lab/7"; "/api/openapi.json" is a route of its own. */
	if (str_ends(r->path, STR(".json")) && !(p->route && str_ends(str_c(p->route->path), STR(".json")))) {
		const struct route *plain = find(app, r->method, str_sub(r->path, 0, r->path.n - 5), p->param, &other_method);
		if (plain) p->route = plain;
		p->json = true;
	}
	p->template = p->route ? p->route->template : "error.html";
	if (p->route && !p->route->template) p->template = str_is(str_c(p->route->method), "POST") ? "error.html" : NULL;
	enum rc rc = answer_page(p, other_method);
	/* The snapshot ends here; after the writer's answer there is a new one, which sees the change. */
	if (rc == RC_OK && p->command.kind == VAL_MAP) {
		db_rollback(p->db);
		if (send_command(p)) return HTTP_WAIT;
		rc = RC_BUSY;
		(void)!db_begin(p->cx, p->db);
	}
	finish(p, rc, reply);
	db_rollback(p->db);
	return HTTP_REPLY;
}

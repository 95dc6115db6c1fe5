/* lianchuang serve: listen, then hand over to the supervisor; what the writer and each web worker do. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/cli.h"
#include "app/data.h"
#include "app/features.h"
#include "app/jobs.h"
#include "app/mail_out.h"
#include "app/supervise.h"
#include "app/writer.h"
#include "base/arena.h"
#include "base/log.h"
#include "base/time.h"
#include "feature/feature.h"
#include "feature/show.h"
#include "rec/account.h"
#include "rec/event.h"
#include "web/assets.h"
#include "web/channel.h"
#include "web/http.h"

enum { PROCESS_ARENA = 512 << 20, BODY_MAX = 4 << 20, UPLOAD_MAX = 64 << 20, CONNECTIONS = 1024, PER_IP = 64, IDLE_MS = 15000, HEADER_MS = 10000,
	BODY_MS = 60000, STOP_MS = 10000 };

struct service { struct str data_dir, assets_dir, proxy; int listen_fd; bool secure; struct mail_config mail; };

static int report(struct cx *cx, enum rc rc)
{
	for (int i = 0; i < cx->fails.n; i++)
		log_line(LEVEL_ERROR, "code=%s msg=\"%.*s\"", cx->fails.v[i].code, STRF(cx->fails.v[i].en));
	return rc == RC_OK ? 0 : 1;
}

/* ---- the writer ---- */

struct scribe { struct office office; struct db *db; struct arena *scratch; };

static void committed(void *ctx)
{
	struct scribe *s = ctx;
	struct cx cx = { .arena = s->scratch };
	struct rx rx = { .cx = &cx, .db = s->db, .region = s->office.region, .vault = s->office.vault };
	if (event_anchor(&rx) != RC_OK) report(&cx, RC_IO);
	arena_reset(s->scratch);
}

static int run_writer(void *ctx, int index, int control_fd)
{
	struct service *s = ctx;
	struct cx cx = { .arena = arena_new(PROCESS_ARENA) };
	struct arena *keep = arena_new(PROCESS_ARENA);
	struct data d;
	(void)index;
	log_name("writer");
	close(s->listen_fd);
	enum rc rc = data_open(&cx, keep, s->data_dir, DB_WRITE, &d);
	if (rc != RC_OK) return report(&cx, rc);
	struct scribe scribe = { .office = { .region = d.region, .vault = &d.vault, .region_rev = d.region_rev }, .db = d.db, .scratch = arena_new(1 << 20) };
	rc = clock_offset(&cx, d.db, &scribe.office.clock_offset_ms);
	if (rc == RC_OK) {
		struct writer w = { .db = d.db, .run = command_run, .committed = committed, .tick = command_tick, .ctx = &scribe, .control_fd = control_fd };
		rc = writer_serve(&cx, &w);
	}
	data_close(&d);
	return report(&cx, rc);
}

/* ---- a web worker ---- */

static enum rc web_worker(struct cx *cx, struct service *s, struct data *d, int channel_fd)
{
	struct arena *keep = d->arena;
	struct desk desk = { &d->vault };
	struct assets *assets;
	struct templates *templates;
	struct http *http;
	TRY(assets_open(cx, keep, s->assets_dir, &assets));
	const struct template_source *src;
	int n = assets_templates(assets, &src);
	TRY(templates_compile(cx, keep, assets, src, n, &templates));
	struct app app = { .region = d->region, .templates = templates, .assets = assets, .db = d->db, .writer = channel_new(channel_fd),
		.files_dir = d->vault.files_dir, .secure_cookies = s->secure, .viewer = account_viewer, .begin = feature_begin, .decorate = feature_decorate,
		.ctx = &desk };
	app.tables = feature_tables(&app.n_tables);
	TRY(route_start(cx, &app));
	struct http_config config = { .listen_fd = s->listen_fd, .body_max = BODY_MAX, .upload_max = UPLOAD_MAX,
		.spool_dir = str_fmt(keep, "%.*s/spool", STRF(s->data_dir)), .connections_max = CONNECTIONS, .per_ip_max = PER_IP, .idle_ms = IDLE_MS,
		.header_ms = HEADER_MS, .body_ms = BODY_MS, .proxy = s->proxy, .handle = route_handle, .ctx = &app, .extra_fd = channel_fd,
		.extra_wants_write = route_writer_wants, .extra_ready = route_writer_ready, .tick = route_tick };
	TRY(http_new(cx, &config, &http));
	enum rc rc = http_run(http);
	http_free(http);
	return rc;
}

/* ---- jobs and mail ---- */

static enum rc jobs(struct cx *cx, struct service *s, struct data *d, int channel_fd) { return jobs_serve(cx, d, channel_new(channel_fd), s->assets_dir); }
static enum rc mail(struct cx *cx, struct service *s, struct data *d, int channel_fd) { return mail_serve(cx, d, channel_new(channel_fd), &s->mail); }

/* ---- all who talk to the writer ---- */

static int run_spoke(struct service *s, int channel_fd, enum rc (*work)(struct cx *cx, struct service *s, struct data *d, int channel_fd))
{
	struct cx cx = { .arena = arena_new(PROCESS_ARENA) };
	struct arena *keep = arena_new(PROCESS_ARENA);
	struct data d;
	enum rc rc = data_open(&cx, keep, s->data_dir, DB_READ, &d);
	if (rc != RC_OK) return report(&cx, rc);
	rc = work(&cx, s, &d, channel_fd);
	data_close(&d);
	return report(&cx, rc);
}

static int run_web(void *ctx, int index, int channel_fd)
{
	char name[16];
	snprintf(name, sizeof name, "web-%d", index);
	log_name(name);
	return run_spoke(ctx, channel_fd, web_worker);
}

static int run_jobs(void *ctx, int index, int channel_fd)
{
	(void)index;
	close(((struct service *)ctx)->listen_fd);
	return run_spoke(ctx, channel_fd, jobs);
}

static int run_mail(void *ctx, int index, int channel_fd)
{
	(void)index;
	close(((struct service *)ctx)->listen_fd);
	return run_spoke(ctx, channel_fd, mail);
}

/* ---- starting ---- */

static enum rc listen_on(struct cx *cx, const char *where, int *fd)
{
	char host[128] = "127.0.0.1";
	const char *colon = strrchr(where, ':');
	if (!colon || colon - where >= (int)sizeof host)
		return fail(cx, RC_INVALID, "serve.listen", NOWHERE, "--listen 应为 地址:端口", "--listen wants HOST:PORT");
	if (colon > where) snprintf(host, sizeof host, "%.*s", (int)(colon - where), where);
	struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM }, *found = NULL;
	int s = -1, yes = 1;
	if (getaddrinfo(host, colon + 1, &hints, &found) == 0) {
		s = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (s >= 0) setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
		if (s >= 0 && (bind(s, found->ai_addr, found->ai_addrlen) != 0 || listen(s, 512) != 0)) {
			close(s);
			s = -1;
		}
		freeaddrinfo(found);
	}
	if (s < 0) return fail(cx, RC_IO, "serve.listen", NOWHERE, "不能监听 %s：%s", "cannot listen on %s: %s", where, strerror(errno));
	*fd = s;
	return RC_OK;
}

enum { WORKERS_MAX = CHILDREN_MAX - 3 };        /* beside the writer, jobs and mail */

int serve_command(struct command_line *c)
{
	struct cx cx = cli_cx((size_t)1 << 30);
	struct arena *keep = arena_new(PROCESS_ARENA);
	const char *data = cli_option(c, "data"), *where = cli_option(c, "listen"), *workers = cli_option(c, "workers"), *assets = cli_option(c, "assets"),
		   *proxy = cli_option(c, "proxy");
	struct service s = { .data_dir = str_c(data ? data : "data"), .assets_dir = str_c(assets), .proxy = str_c(proxy), .secure = cli_flag(c, "secure-cookies") };
	struct child child[CHILDREN_MAX] = { { "writer", CHILD_HUB, run_writer, &s } };
	s.mail = (struct mail_config){ str_c(cli_option(c, "smtp")), str_c(cli_option(c, "mail-from")), str_c(cli_option(c, "link-base")) };
	int64_t web = 2;
	if (workers && (!str_int(str_c(workers), &web) || web < 1 || web > WORKERS_MAX))
		return cli_end(&cx, fail(&cx, RC_INVALID, "serve.workers", NOWHERE, "--workers 应为 1 至 %d 的整数，不是“%s”", "--workers takes a whole number from 1 to %d, not “%s”", WORKERS_MAX, workers));
	int n = 1;
	child[n++] = (struct child){ "jobs", CHILD_SPOKE, run_jobs, &s };
	if (s.mail.smtp_url.n) child[n++] = (struct child){ "mail", CHILD_SPOKE, run_mail, &s };
	for (int64_t i = 0; i < web; i++) child[n++] = (struct child){ "web", CHILD_SPOKE, run_web, &s };
	struct data d;
	/* Everything that can be wrong with the folder is told here, once, before any process starts. */
	enum rc rc = data_open(&cx, keep, s.data_dir, DB_WRITE, &d);      /* as the writer, so that a restored backup gets its log again */
	if (rc == RC_OK) {
		data_close(&d);
		fail_clear(&cx);
	}
	if (rc == RC_OK) rc = listen_on(&cx, where ? where : "127.0.0.1:8080", &s.listen_fd);
	time_hold();
	if (rc == RC_OK) rc = supervise(&cx, child, n, STOP_MS);
	arena_free(keep);
	return cli_end(&cx, rc);
}

int routes_command(struct command_line *c)
{
	static const char *const needs[] = { "anybody", "signed in", "staff", "accounts", "audits" };
	int n;
	const struct route *const *tables = feature_tables(&n);
	(void)c;
	for (int i = 0; i < n; i++)
		for (const struct route *r = tables[i]; r->method; r++)
			printf("%-5s %-28s %-10s %-6s %s\n", r->method, r->path, needs[r->need], r->scope ? r->scope : "-", r->en);
	return 0;
}

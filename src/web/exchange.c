/* libmicrohttpd's side: bodies in, the handler called, replies out. It sees only requests that front.c wrote, and only those with bodies. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/time.h"
#include "web/http_inner.h"

enum { PAGE_ARENA_MAX = 24 << 20, IDLE_MAX = 4 };

/* The memory of a few is kept for the next requests: asking the system for it again costs more than most pages' work. */
struct http_exchange *exchange_new(struct http *h)
{
	struct http_exchange *x = h->idle;
	if (x) {
		h->idle = x->next;
		h->n_idle--;
		*x = (struct http_exchange){ .arena = x->arena, .page = x->page };
		arena_ceiling(x->arena, EXCHANGE_ARENA_MAX);
	} else {
		x = calloc(1, sizeof *x);
		if (!x) return NULL;
		x->arena = arena_new(EXCHANGE_ARENA_MAX);
	}
	x->h = h;
	x->cx = (struct cx){ .arena = x->arena, .lang = LANG_ZH, .now_ms = time_now_ms() };
	return x;
}

void exchange_free(struct http_exchange *x)
{
	if (!x) return;
	form_done(x->form);
	/* A file that libmicrohttpd did not take over is ours to close. */
	if (x->reply.file_fd > 0) close(x->reply.file_fd);
	if (x->h->n_idle == IDLE_MAX) {
		arena_free(x->page);
		arena_free(x->arena);
		free(x);
		return;
	}
	arena_reset(x->arena);
	if (x->page) arena_reset(x->page);
	x->next = x->h->idle;
	x->h->idle = x;
	x->h->n_idle++;
}

static void idle_free(struct http *h)
{
	while (h->idle) {
		struct http_exchange *x = h->idle;
		h->idle = x->next;
		arena_free(x->page);
		arena_free(x->arena);
		free(x);
	}
}

struct cx *http_cx(struct http_exchange *x) { return &x->cx; }
const struct http_request *http_request_of(struct http_exchange *x) { return &x->request; }

struct arena *http_page_arena(struct http_exchange *x)
{
	if (!x->page) x->page = arena_new(PAGE_ARENA_MAX);
	return x->page;
}

/* ---- replies ---- */

static struct MHD_Response *make_response(struct http_exchange *x)
{
	struct http_reply *r = &x->reply;
	struct MHD_Response *m;
	if (r->file_fd > 0) m = MHD_create_response_from_fd64((uint64_t)r->file_bytes, r->file_fd);
	else m = MHD_create_response_from_buffer(r->body.n, (void *)(uintptr_t)(r->body.n ? r->body.p : ""), MHD_RESPMEM_PERSISTENT);
	if (!m) return NULL;
	r->file_fd = 0;
	if (r->type.n) (void)MHD_add_response_header(m, "Content-Type", str_z(x->arena, r->type));
	for (int i = 0; i < r->n_header; i++)
		(void)MHD_add_response_header(m, str_z(x->arena, r->header[i].name), str_z(x->arena, r->header[i].value));
	return m;
}

static enum MHD_Result queue_reply(struct http_exchange *x)
{
	assert(x->reply.status >= 200 && x->reply.status < 600);
	struct MHD_Response *m = make_response(x);
	if (!m) return MHD_NO;
	x->have_reply = false;
	enum MHD_Result queued = MHD_queue_response(x->mhd, (unsigned)x->reply.status, m);
	MHD_destroy_response(m);
	return queued;
}

void http_resume(struct http_exchange *x, const struct http_reply *reply)
{
	assert(x->waiting);
	x->reply = *reply;
	x->waiting = false;
	if (!x->mhd) {
		struct http_exchange **at = &x->h->waiting;
		while (*at != x) at = &(*at)->next;
		*at = x->next;
		front_answer(x);
		return;
	}
	x->have_reply = true;
	x->h->kick = true;
	MHD_resume_connection(x->mhd);
}

bool exchange_ask(struct http_exchange *x)
{
	struct http *h = x->h;
	enum http_next next = h->config.handle(h->config.ctx, x, &x->cx, &x->request, &x->reply);
	/* What comes after a long page counts from its end. */
	h->now_ms = time_mono_ms();
	if (next == HTTP_REPLY) return true;
	x->waiting = true;
	x->next = h->waiting;
	h->waiting = x;
	return false;
}

static enum MHD_Result finish_request(struct http_exchange *x)
{
	struct http_config *c = &x->h->config;
	x->begun = true;
	if (x->form && x->request.bad == RC_OK) x->request.bad = form_finish(&x->cx, x->form, &x->request);
	enum http_next next = c->handle(c->ctx, x, &x->cx, &x->request, &x->reply);
	if (next == HTTP_WAIT) {
		x->waiting = true;
		MHD_suspend_connection(x->mhd);
		return MHD_YES;
	}
	x->have_reply = true;
	return queue_reply(x);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
	const char *upload, size_t *upload_bytes, void **slot)
{
	struct http_exchange *x = *slot;
	if (!x) {
		const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
		struct link *link = info ? info->socket_context : NULL;
		if (!link || !link->x) return MHD_NO;
		x = link->x;
		x->mhd = connection;
		*slot = x;
		return MHD_YES;
	}
	if (*upload_bytes) {
		if (x->request.bad == RC_OK) x->request.bad = form_feed(&x->cx, x->form, (struct str){ upload, *upload_bytes });
		*upload_bytes = 0;
		return MHD_YES;
	}
	if (!x->begun) return finish_request(x);
	return x->have_reply ? queue_reply(x) : MHD_YES;
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **slot, enum MHD_RequestTerminationCode code)
{
	struct http_exchange *x = *slot;
	*slot = NULL;
	if (!x) return;
	/* A suspended request only ends after it was resumed, so nobody waits for it any more. */
	assert(!x->waiting);
	struct link *link = x->link;
	if (link->x == x) link->x = NULL;
	if (link->front) front_ready(link->front);
	exchange_free(x);
}

/* ---- connections ---- */

static void on_connection(void *cls, struct MHD_Connection *connection, void **context, enum MHD_ConnectionNotificationCode code)
{
	struct http *h = cls;
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		*context = h->adding;
		return;
	}
	struct link *link = *context;
	*context = NULL;
	if (!link) return;
	exchange_free(link->x);         /* one that its handler never saw */
	if (link->front) link->front->link = NULL;
	if (link->prev) link->prev->next = link->next;
	else h->links = link->next;
	if (link->next) link->next->prev = link->prev;
	free(link);
}

struct link *link_new(struct http *h, struct front *f, int fd)
{
	struct link *link = calloc(1, sizeof *link);
	if (!link) {
		close(fd);
		return NULL;
	}
	*link = (struct link){ .h = h, .front = f, .next = h->links };
	if (link->next) link->next->prev = link;
	h->links = h->adding = link;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	/* On failure libmicrohttpd has closed fd and, if it got that far, told on_connection to free the link. */
	enum MHD_Result added = MHD_add_connection(h->mhd, fd, (struct sockaddr *)&address, sizeof address);
	if (added != MHD_YES && h->links == link) {
		h->links = link->next;
		if (h->links) h->links->prev = NULL;
		free(link);
	}
	h->adding = NULL;
	return added == MHD_YES ? link : NULL;
}

bool exchange_start(struct http *h)
{
	unsigned most = (unsigned)h->config.connections_max * 2 + 256;
	h->mhd = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, h,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, h, MHD_OPTION_NOTIFY_CONNECTION, on_connection, h,
		MHD_OPTION_CONNECTION_LIMIT, most, MHD_OPTION_CONNECTION_TIMEOUT, 0u, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)32 << 10,
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
	if (!h->mhd) return false;
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(h->mhd, MHD_DAEMON_INFO_EPOLL_FD);
	h->mhd_fd = info ? info->epoll_fd : -1;
	return h->mhd_fd >= 0;
}

void exchange_stop(struct http *h)
{
	static const struct http_reply gone = { .status = 503, .type = { "text/plain; charset=utf-8", 25 }, .body = { "stopping\n", 9 } };
	for (struct link *l = h->links; l; l = l->next)
		if (l->x && l->x->waiting) http_resume(l->x, &gone);
	for (int i = 0; i < 4; i++) (void)MHD_run(h->mhd);
	MHD_stop_daemon(h->mhd);
	h->mhd = NULL;
	while (h->waiting) {
		struct http_exchange *x = h->waiting;
		h->waiting = x->next;
		exchange_free(x);
	}
	idle_free(h);
}

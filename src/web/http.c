/* The loop and the clock. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/time.h"
#include "web/http_inner.h"

enum { SWEEP_MS = 500, STOP_MS = 5000, EVENTS_MAX = 256 };

void http_watch(struct http *h, int fd, struct watch *w, uint32_t *mask, uint32_t wanted)
{
	/* EPOLLHUP and EPOLLERR always come: bit 31 (EPOLLET, unused here) marks a descriptor that is registered for nothing else. */
	uint32_t marked = wanted | EPOLLET;
	if (*mask == marked) return;
	struct epoll_event e = { .events = wanted, .data = { .ptr = w } };
	int done = epoll_ctl(h->epoll, *mask ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &e);
	assert(done == 0);
	*mask = marked;
}

static enum rc http_fail(struct cx *cx, struct http *h, const char *what)
{
	enum rc rc = fail(cx, RC_IO, "http.start", NOWHERE, "HTTP 服务不能启动：%s：%s", "the HTTP server cannot start: %s: %s", what, strerror(errno));
	http_free(h);
	return rc;
}

enum rc http_new(struct cx *cx, const struct http_config *config, struct http **out)
{
	struct http *h = calloc(1, sizeof *h);
	if (!h) return fail(cx, RC_IO, "http.start", NOWHERE, "内存不足", "out of memory");
	h->config = *config;
	h->signals = h->mhd_fd = -1;
	h->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (h->epoll < 0) return http_fail(cx, h, "epoll");
	/* Several workers may wait on one listening socket: who comes second must not block. */
	int flags = fcntl(config->listen_fd, F_GETFL);
	if (flags < 0 || fcntl(config->listen_fd, F_SETFL, flags | O_NONBLOCK) != 0) return http_fail(cx, h, "fcntl");
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, &h->old_signals) != 0) return http_fail(cx, h, "sigprocmask");
	h->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (h->signals < 0) return http_fail(cx, h, "signalfd");
	/* libmicrohttpd writes to sockets whose other end may be gone. */
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR) return http_fail(cx, h, "SIGPIPE");
	if (!exchange_start(h)) return http_fail(cx, h, "libmicrohttpd");
	uint32_t mask[3] = { 0 };
	h->listen_watch.kind = WATCH_LISTEN;
	h->mhd_watch.kind = WATCH_MHD;
	h->signal_watch.kind = WATCH_SIGNAL;
	h->extra_watch.kind = WATCH_EXTRA;
	http_watch(h, config->listen_fd, &h->listen_watch, &mask[0], EPOLLIN);
	http_watch(h, h->mhd_fd, &h->mhd_watch, &mask[1], EPOLLIN);
	http_watch(h, h->signals, &h->signal_watch, &mask[2], EPOLLIN);
	*out = h;
	return RC_OK;
}

void http_stop(struct http *h)
{
	if (h->stopping) return;
	h->stopping = true;
	h->stop_ms = time_mono_ms();
	epoll_ctl(h->epoll, EPOLL_CTL_DEL, h->config.listen_fd, NULL);
}

static void run_extra(struct http *h)
{
	if (h->config.extra_ready(h->config.ctx)) return;
	epoll_ctl(h->epoll, EPOLL_CTL_DEL, h->config.extra_fd, NULL);
	h->config.extra_fd = -1;
}

static void watch_extra(struct http *h)
{
	if (h->config.extra_fd < 0 || !h->config.extra_ready) return;
	bool writes = h->config.extra_wants_write && h->config.extra_wants_write(h->config.ctx);
	http_watch(h, h->config.extra_fd, &h->extra_watch, &h->extra_mask, EPOLLIN | (writes ? EPOLLOUT : 0));
}

static void run_mhd(struct http *h)
{
	for (int i = 0; i < 16 && h->kick; i++) {
		h->kick = false;
		(void)MHD_run(h->mhd);
		MHD_UNSIGNED_LONG_LONG ms;
		if (MHD_get_timeout(h->mhd, &ms) == MHD_YES && ms == 0) h->kick = true;
		while (h->ready) {
			struct front *f = h->ready;
			h->ready = f->ready_next;
			f->ready = false;
			if (f->state != FRONT_DEAD) front_pump(f);
		}
	}
}

static void sweep(struct http *h)
{
	if (h->now_ms - h->swept_ms < SWEEP_MS) return;
	h->swept_ms = h->now_ms;
	for (struct front *f = h->fronts, *next; f; f = next) {
		next = f->next;
		front_deadlines(f);
	}
	if (h->accept_paused && !h->stopping) {
		h->accept_paused = false;
		struct epoll_event e = { .events = EPOLLIN, .data = { .ptr = &h->listen_watch } };
		epoll_ctl(h->epoll, EPOLL_CTL_ADD, h->config.listen_fd, &e);
	}
	if (h->config.tick) h->config.tick(h->config.ctx);
}

static void take_event(struct http *h, const struct epoll_event *e)
{
	struct watch *w = e->data.ptr;
	struct signalfd_siginfo info;
	switch (w->kind) {
	case WATCH_LISTEN:
		front_accept(h);
		if (h->accept_paused) epoll_ctl(h->epoll, EPOLL_CTL_DEL, h->config.listen_fd, NULL);
		break;
	case WATCH_MHD: h->kick = true; break;
	case WATCH_EXTRA:
		if (h->config.extra_fd >= 0) run_extra(h);
		break;
	case WATCH_SIGNAL:
		while (read(h->signals, &info, sizeof info) == (ssize_t)sizeof info) http_stop(h);
		break;
	default: front_event(w->front, w->kind, e->events);
	}
}

static bool under_way(const struct http *h)
{
	for (const struct front *f = h->fronts; f; f = f->next)
		if (f->state == FRONT_BODY || f->state == FRONT_REPLY) return true;
	return false;
}

enum rc http_run(struct http *h)
{
	struct epoll_event events[EVENTS_MAX];
	h->now_ms = h->swept_ms = time_mono_ms();
	while (!h->stopping || (under_way(h) && h->now_ms - h->stop_ms < STOP_MS)) {
		watch_extra(h);
		int n = epoll_wait(h->epoll, events, EVENTS_MAX, h->kick ? 0 : h->stopping ? 50 : SWEEP_MS);
		if (n < 0 && errno != EINTR) return RC_IO;
		int64_t polled_ms = h->now_ms = time_mono_ms();
		for (int i = 0; i < n; i++) take_event(h, &events[i]);
		run_mhd(h);
		/* Pages may have taken long; what came meanwhile is not read yet, and nobody is late for that. */
		h->now_ms = polled_ms;
		sweep(h);
		fronts_bury(h);
	}
	return RC_OK;
}

void http_free(struct http *h)
{
	if (!h) return;
	while (h->fronts) front_kill(h->fronts);
	if (h->mhd) exchange_stop(h);
	fronts_bury(h);
	if (h->signals >= 0) {
		close(h->signals);
		(void)sigprocmask(SIG_SETMASK, &h->old_signals, NULL);
	}
	if (h->epoll >= 0) close(h->epoll);
	free(h);
}

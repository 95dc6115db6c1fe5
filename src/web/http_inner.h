/* What the three parts of the HTTP server share: http.c (loop, clock), front.c (the client's side), exchange.c (libmicrohttpd's). */
#ifndef WEB_HTTP_INNER_H
#define WEB_HTTP_INNER_H

#include <microhttpd.h>
#include <signal.h>

#include "base/arena.h"
#include "web/form.h"
#include "web/head.h"
#include "web/http.h"

enum { EXCHANGE_ARENA_MAX = 8 << 20 };

enum watch_kind { WATCH_LISTEN, WATCH_MHD, WATCH_EXTRA, WATCH_SIGNAL, WATCH_CLIENT, WATCH_INNER };
struct watch { enum watch_kind kind; struct front *front; };

/* One connection between a front and libmicrohttpd; outlives the front while a reply is still awaited. */
struct link {
	struct http *h;
	struct front *front;            /* NULL: the client is gone */
	struct http_exchange *x;        /* under way; NULL between requests */
	struct link *prev, *next;
};

enum front_state {
	FRONT_HEAD,                     /* waiting for, or reading, a request's head */
	FRONT_BODY,                     /* handing the body on */
	FRONT_REPLY,                    /* waiting for, or sending, the reply */
	FRONT_LINGER,                   /* everything sent: reading off what the client still says, then closed */
	FRONT_DEAD
};

struct front {
	struct http *h;
	struct front *prev, *next, *ready_next;
	enum front_state state;
	int client, inner;              /* inner: our end of the pair; -1 */
	struct watch client_watch, inner_watch;
	uint32_t client_mask, inner_mask;
	char remote[64];
	bool proxy;                     /* the peer is the declared proxy */
	bool close, eof, used, done, ready, inner_ended;
	bool more;                      /* there is more to do at once */
	bool inner_quiet;               /* nothing to read there until an event or the exchange's end says so */
	struct http_exchange *asked;    /* its handler waits for the writer, without libmicrohttpd */
	struct http_exchange *last;     /* the head of its reply is in `out` or sent; the body goes out from where it lies */
	int64_t body_at, body_bytes;    /* of last's reply */
	char *in, *out;
	size_t in_at, in_n, scanned, out_at, out_n;
	int64_t body_left, body_seen, drained;
	int64_t since_ms;               /* of the phase that has a deadline */
	int64_t progress_ms;            /* the client took something */
	struct link *link;
};

struct http_exchange {
	struct http *h;
	struct http_exchange *next;     /* among the idle ones, or those that wait */
	struct link *link;
	struct MHD_Connection *mhd;     /* NULL: a request without a body; `front` answers it (NULL: the client is gone) */
	struct front *front;
	struct arena *arena, *page;
	struct cx cx;
	struct http_request request;
	struct form *form;
	struct http_reply reply;
	bool begun, waiting, have_reply;
	bool head_only;                 /* HEAD */
};

struct http {
	struct http_config config;
	int epoll, signals;
	sigset_t old_signals;
	struct MHD_Daemon *mhd;
	int mhd_fd;
	struct watch listen_watch, mhd_watch, extra_watch, signal_watch;
	uint32_t extra_mask;
	struct front *fronts, *dead, *ready;
	struct link *links, *adding;
	struct http_exchange *idle;     /* their memory, kept for the next requests */
	struct http_exchange *waiting;  /* for the writer, without libmicrohttpd */
	int64_t date_s;                 /* `date` is for this second */
	char date[40];
	int n_front, n_idle;
	int64_t now_ms, swept_ms, stop_ms;
	bool kick;                      /* libmicrohttpd has something to do */
	bool accept_paused, stopping;
};

/* http.c */
void http_watch(struct http *h, int fd, struct watch *w, uint32_t *mask, uint32_t wanted);

/* front.c */
void front_accept(struct http *h);
void front_event(struct front *f, enum watch_kind kind, uint32_t events);
void front_pump(struct front *f);
void front_kill(struct front *f);
void front_deadlines(struct front *f);
void front_ready(struct front *f);      /* pump it soon: its exchange is complete */
void front_answer(struct http_exchange *x);     /* its reply is there */
void fronts_bury(struct http *h);

/* exchange.c */
bool exchange_start(struct http *h);    /* libmicrohttpd itself */
void exchange_stop(struct http *h);
struct link *link_new(struct http *h, struct front *f, int fd);
struct http_exchange *exchange_new(struct http *h);
bool exchange_ask(struct http_exchange *x);     /* a request without a body, for the handler; false: it waits */
void exchange_free(struct http_exchange *x);

#endif

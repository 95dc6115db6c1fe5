/* HTTP behind a narrow door: one thread, one epoll loop.

   A guard of our own (front.c, head.c) holds the client's socket. It reads each request's head strictly and refuses what two
   servers could read differently: more than one Host or Content-Length, any Transfer-Encoding (411; with a length 400), a space
   before a colon, folded lines, bare line feeds, control characters, a head over 16 KiB or 100 fields, a target over 4 KiB, not
   UTF-8 or with dot segments, unknown methods (405); too many connections in all or of one address (503 with Retry-After); a
   slow first byte, head or body (408). A request without a body goes straight to the handler, and its reply straight to the client:
   the head made by the guard, the body sent from where it lies. For what has a body libmicrohttpd stands behind the guard on a socket
   pair and is handed a request line of our own making, the length and the body: no byte of a head that the guard has not read ever
   reaches it, on the first request of a connection or a later one. It frames bodies, suspends what waits for the writer, and writes
   those replies.

   A body that is too large or malformed comes to the handler without content and with `bad` set, so that people see a page
   in their language; only requests that are not HTTP as we speak it get the guard's own plain text. */
#ifndef WEB_HTTP_H
#define WEB_HTTP_H

#include "base/fail.h"
#include "base/val.h"
#include "db/db.h"

struct http;
struct http_exchange;           /* one request and its reply; lives until the reply is sent */

struct http_pair { struct str name, value; };
struct http_upload {
	struct str field, filename;     /* as sent; the name is cleaned of paths and control characters */
	struct str type;                /* as claimed */
	struct str path;                /* spool file; removed after the exchange unless moved away */
	int64_t bytes;
	struct str digest;              /* SHA-256, hex */
};

struct http_request {
	struct str method;              /* GET, HEAD, POST */
	struct str path;                /* percent-decoded, no dot segments, starts with "/" */
	struct str raw_query;
	const struct http_pair *query, *header, *cookie, *form;        /* header names lower case */
	int n_query, n_header, n_cookie, n_form;
	const struct http_upload *upload;
	int n_upload;
	struct str body;                /* JSON bodies, whole; empty for forms */
	int64_t arrived_ms;             /* when its head was whole: what a deadline goes by, however long the body takes */
	struct str remote;              /* peer address (or X-Forwarded-For's last when the peer is a declared proxy) */
	enum rc bad;                    /* the body could not be taken: RC_INVALID, RC_LIMIT or RC_IO; cx->fails say why */
};
struct str http_header(const struct http_request *r, const char *name);
struct str http_query(const struct http_request *r, const char *name);
struct str http_form(const struct http_request *r, const char *name);
struct str http_cookie(const struct http_request *r, const char *name);

struct http_reply {
	int status;
	struct str type;                /* content type */
	struct str body;                /* must live until sent: in the exchange's arenas, or static */
	int file_fd;                    /* when > 0: send this file instead (closed afterwards) */
	int64_t file_bytes;
	struct http_pair header[24];
	int n_header;
};
void http_reply_header(struct http_reply *r, struct str name, struct str value);

enum http_next { HTTP_REPLY, HTTP_WAIT };       /* WAIT: http_resume comes later with the reply */

struct http_config {
	int listen_fd;
	int64_t body_max;               /* JSON and url-encoded forms */
	int64_t upload_max;             /* multipart, per file */
	struct str spool_dir;
	int connections_max, per_ip_max, idle_ms, header_ms, body_ms;
	struct str proxy;               /* address whose X-Forwarded-For and -Proto are believed; empty: none */
	/* The handler fills `reply`, or says HTTP_WAIT and keeps `x`. cx->arena is the exchange's (8 MiB ceiling). */
	enum http_next (*handle)(void *ctx, struct http_exchange *x, struct cx *cx, const struct http_request *r, struct http_reply *reply);
	void *ctx;
	/* A second descriptor watched by the same loop (the writer's channel), -1 for none: called when readable or writable.
	   extra_ready says false when the peer is gone: the descriptor is not watched any more. */
	int extra_fd;
	bool (*extra_wants_write)(void *ctx);
	bool (*extra_ready)(void *ctx);
	void (*tick)(void *ctx);        /* about twice a second; NULL is fine */
};

/* Blocks SIGTERM and SIGINT in this thread: http_run takes them. `config` is copied, its texts are borrowed. */
enum rc http_new(struct cx *cx, const struct http_config *config, struct http **out) MUST_USE;
enum rc http_run(struct http *h);               /* until http_stop, SIGTERM or SIGINT; finishes what is under way (5 s) */
void http_stop(struct http *h);
void http_free(struct http *h);
struct cx *http_cx(struct http_exchange *x);
const struct http_request *http_request_of(struct http_exchange *x);
/* For the reply's body: lives as long as the exchange, 24 MiB ceiling. */
struct arena *http_page_arena(struct http_exchange *x);
/* The reply of an exchange that said HTTP_WAIT; exactly once, not from inside `handle`. The client may be gone: no matter. */
void http_resume(struct http_exchange *x, const struct http_reply *reply);

#endif

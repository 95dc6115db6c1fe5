/* HTTP behind a narrow door (libmicrohttpd, epoll, one thread). A guard refuses what a careful server refuses before any
   handler sees it: more than one Host or Content-Length, Content-Length with Transfer-Encoding, a space before a colon, control characters,
   header block over 16 KiB or 100 fields, a target over 4 KiB or not valid UTF-8 after decoding, unknown methods (405), bodies over the route's limit (413), too many
   connections in all or of one address (503 with Retry-After), slow first byte, header or body. */
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
	struct str remote;              /* peer address (or X-Forwarded-For's last when the peer is a declared proxy) */
};
struct str http_header(const struct http_request *r, const char *name);
struct str http_query(const struct http_request *r, const char *name);
struct str http_form(const struct http_request *r, const char *name);
struct str http_cookie(const struct http_request *r, const char *name);

struct http_reply {
	int status;
	struct str type;                /* content type */
	struct str body;                /* must live until sent: in the exchange's arena, or static */
	int file_fd;                    /* when > 0: send this file instead (closed afterwards) */
	int64_t file_bytes;
	struct http_pair header[16];
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
	/* A second descriptor watched by the same loop (the writer's channel): called when readable or writable. */
	int extra_fd;
	bool (*extra_wants_write)(void *ctx);
	void (*extra_ready)(void *ctx);
};

enum rc http_new(struct cx *cx, const struct http_config *config, struct http **out) MUST_USE;
enum rc http_run(struct http *h);               /* until http_stop or SIGTERM; finishes what is under way (5 s) */
void http_stop(struct http *h);
void http_free(struct http *h);
struct cx *http_cx(struct http_exchange *x);
const struct http_request *http_request_of(struct http_exchange *x);
void http_resume(struct http_exchange *x, const struct http_reply *reply);

#endif

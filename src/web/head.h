/* The head of an HTTP/1 request, read strictly: what two careful servers could read differently is refused. Pure: bytes in,
   fields out; no sockets. Requests that carry a body must say its length (411 for chunked ones: browsers send none). */
#ifndef WEB_HEAD_H
#define WEB_HEAD_H

#include "base/fail.h"
#include "web/http.h"

enum { HEAD_BYTES_MAX = 16 << 10, HEAD_FIELDS_MAX = 100, TARGET_BYTES_MAX = 4 << 10, QUERY_PAIRS_MAX = 200, COOKIES_MAX = 50 };

/* Why a request is refused before any handler saw it. */
struct refusal { int status; const char *zh, *en; };

struct head {
	struct http_request request;    /* without form, uploads, body, remote */
	int64_t length;                 /* of the body; -1: none announced */
	bool head_only;                 /* HEAD: request.method says GET */
	bool close;                     /* the client wants the connection closed, or speaks HTTP/1.0 */
	bool expect_continue;
	struct str content_type;
};

/* Look for the end of a head in bytes[0..n), from *at on (keep it between calls, 0 at first; the first bytes are the request
   line). 0: more is needed. Positive: its length, blank line included. -1: refused, see *why. */
int head_scan(struct str bytes, size_t *at, const struct refusal **why);
/* Read a whole head as found by head_scan. Texts are copied into `a`. NULL when all is well. */
const struct refusal *head_parse(struct arena *a, struct str bytes, struct head *out);

/* Percent-decode; `plus`: "+" is a space. False: a bad escape, not UTF-8, or a control character (tab and line ends are kept
   when `lines`). */
bool percent_decode(struct arena *a, struct str s, bool plus, bool lines, struct str *out);
/* Percent-encode all but letters, digits, "-._~" and the characters of `keep`. */
struct str percent_encode(struct arena *a, struct str s, const char *keep);
/* name=value&…; at most `max` pairs. NULL, or why not. */
const struct refusal *pairs_parse(struct arena *a, struct str s, int max, bool lines, struct http_pair **out, int *n);

#endif

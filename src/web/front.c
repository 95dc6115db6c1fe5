/* The client's side of a connection: bytes in, heads judged, bodies measured, replies handed back, every phase with a deadline. */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/time.h"
#include "web/http_inner.h"

enum {
	IN_BYTES = HEAD_BYTES_MAX + 2048, OUT_BYTES = 32 << 10,
	ACCEPT_BURST = 64,              /* new connections taken in one round */
	EXTRA_FRONTS = 64,              /* over the limit, only to be told 503 */
	LINGER_MS = 2000, LINGER_ALL_MS = 30000, LINGER_BYTES = 64 << 20
};

/* ---- birth and death ---- */

/* Its end of the pair, and that it is there. */
static void drop_inner(struct front *f)
{
	if (f->inner >= 0) close(f->inner);
	f->inner = -1;
	if (f->link) f->link->front = NULL;
	f->link = NULL;
}

void front_kill(struct front *f)
{
	if (f->state == FRONT_DEAD) return;
	struct http *h = f->h;
	f->state = FRONT_DEAD;
	close(f->client);
	drop_inner(f);
	exchange_free(f->last);
	f->last = NULL;
	if (f->asked) f->asked->front = NULL;
	f->asked = NULL;
	if (f->prev) f->prev->next = f->next;
	else h->fronts = f->next;
	if (f->next) f->next->prev = f->prev;
	h->n_front--;
	h->kick = true;
	/* Events of this round may still name it: freed at the round's end. */
	f->prev = NULL;
	f->next = h->dead;
	h->dead = f;
}

void fronts_bury(struct http *h)
{
	while (h->dead) {
		struct front *f = h->dead;
		h->dead = f->next;
		free(f->in);
		free(f->out);
		free(f);
	}
}

static bool text_address(const struct sockaddr_storage *a, char *out, size_t n)
{
	if (a->ss_family == AF_INET) return inet_ntop(AF_INET, &((const struct sockaddr_in *)a)->sin_addr, out, (socklen_t)n) != NULL;
	if (a->ss_family != AF_INET6) {
		memcpy(out, "local", 6);
		return true;
	}
	const struct in6_addr *six = &((const struct sockaddr_in6 *)a)->sin6_addr;
	if (IN6_IS_ADDR_V4MAPPED(six)) return inet_ntop(AF_INET, six->s6_addr + 12, out, (socklen_t)n) != NULL;
	return inet_ntop(AF_INET6, six, out, (socklen_t)n) != NULL;
}

static void refuse(struct front *f, const struct refusal *why);

static void front_new(struct http *h, int fd, const struct sockaddr_storage *address)
{
	static const struct refusal many = { 503, "连接过多，请稍后再试", "too many connections, try again later" };
	struct front *f = h->n_front < h->config.connections_max + EXTRA_FRONTS ? calloc(1, sizeof *f) : NULL;
	if (f) f->in = malloc(IN_BYTES);
	if (!f || !f->in || !text_address(address, f->remote, sizeof f->remote)) {
		if (f) free(f->in);
		free(f);
		close(fd);
		return;
	}
	f->h = h;
	f->client = fd;
	f->inner = -1;
	f->client_watch = (struct watch){ WATCH_CLIENT, f };
	f->inner_watch = (struct watch){ WATCH_INNER, f };
	f->since_ms = f->progress_ms = h->now_ms;
	f->proxy = h->config.proxy.n && str_is(h->config.proxy, f->remote);
	int same = 0;
	for (const struct front *o = h->fronts; o; o = o->next) same += strcmp(o->remote, f->remote) == 0;
	f->next = h->fronts;
	if (f->next) f->next->prev = f;
	h->fronts = f;
	int one = 1;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (h->n_front++ >= h->config.connections_max || (same >= h->config.per_ip_max && !f->proxy)) refuse(f, &many);
	front_pump(f);
}

void front_accept(struct http *h)
{
	for (int i = 0; i < ACCEPT_BURST; i++) {
		struct sockaddr_storage address = { 0 };
		socklen_t n = sizeof address;
		int fd = accept4(h->config.listen_fd, (struct sockaddr *)&address, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			front_new(h, fd, &address);
		} else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			/* Nothing to take it with: look again when the clock ticks. */
			h->accept_paused = true;
			return;
		} else if (errno != EINTR && errno != ECONNABORTED) {
			return;
		}
	}
}

/* ---- the guard's own replies ---- */

static const char *date_of(struct http *h)
{
	time_t t = (time_t)(time_now_ms() / 1000);
	struct tm tm;
	if (t != h->date_s) strftime(h->date, sizeof h->date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&t, &tm));
	h->date_s = t;
	return h->date;
}

static bool out_room(struct front *f)
{
	if (!f->out) f->out = malloc(OUT_BYTES);
	return f->out != NULL;
}

/* Answer and close. Only between replies: nothing of another reply is under way. */
static void refuse(struct front *f, const struct refusal *why)
{
	if (!out_room(f)) {
		front_kill(f);
		return;
	}
	bool head = f->in_n - f->in_at >= 5 && memcmp(f->in + f->in_at, "HEAD ", 5) == 0;
	int n = snprintf(f->out, OUT_BYTES,
		"HTTP/1.1 %d %s\r\nDate: %s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %zu\r\nConnection: close\r\n"
		"Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nContent-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n%s%s\r\n",
		why->status, MHD_get_reason_phrase_for((unsigned)why->status), date_of(f->h), strlen(why->zh) + strlen(why->en) + 2, why->status == 405 ? "Allow: GET, HEAD, POST\r\n" : "",
		why->status == 503 ? "Retry-After: 5\r\n" : "");
	if (!head) n += snprintf(f->out + n, OUT_BYTES - (size_t)n, "%s\n%s\n", why->zh, why->en);
	f->out_at = 0;
	f->out_n = (size_t)n;
	f->in_at = f->in_n = 0;
	f->close = true;
	f->state = FRONT_REPLY;
	drop_inner(f);
}

static bool header_fits(struct str s) { return !memchr(s.p, '\r', s.n) && !memchr(s.p, '\n', s.n) && !memchr(s.p, '\0', s.n); }

static struct str reply_head(struct front *f, const struct http_reply *r, int64_t bytes)
{
	struct buf b = { .p = f->out, .cap = OUT_BYTES, .max = OUT_BYTES - 1 };
	buf_add(&b, STR("HTTP/1.1 "));
	buf_int(&b, r->status);
	buf_c(&b, ' ');
	buf_add(&b, str_c(MHD_get_reason_phrase_for((unsigned)r->status)));
	buf_add(&b, STR("\r\nDate: "));
	buf_add(&b, str_c(date_of(f->h)));
	if (f->close) buf_add(&b, STR("\r\nConnection: close"));
	if (r->status != 204 && r->status != 304) {
		buf_add(&b, STR("\r\nContent-Length: "));
		buf_int(&b, bytes);
	}
	for (int i = -1; i < r->n_header; i++) {
		struct http_pair h = i < 0 ? (struct http_pair){ STR("Content-Type"), r->type } : r->header[i];
		if (!h.value.n || !header_fits(h.name) || !header_fits(h.value)) continue;
		buf_add(&b, STR("\r\n"));
		buf_add(&b, h.name);
		buf_add(&b, STR(": "));
		buf_add(&b, h.value);
	}
	buf_add(&b, STR("\r\n\r\n"));
	return b.full ? (struct str){ NULL, 0 } : buf_str(&b);
}

/* The reply to a request without a body: its head is made here, its body sent from where it lies. */
static void answer(struct front *f, struct http_exchange *x)
{
	const struct http_reply *r = &x->reply;
	int64_t bytes = r->file_fd > 0 ? r->file_bytes : (int64_t)r->body.n;
	struct str head = out_room(f) ? reply_head(f, r, bytes) : (struct str){ NULL, 0 };
	f->last = x;
	if (!head.n) {
		front_kill(f);
		return;
	}
	f->out_at = 0;
	f->out_n = head.n;
	f->body_at = 0;
	f->body_bytes = x->head_only || r->status == 204 || r->status == 304 ? 0 : bytes;
	f->progress_ms = f->h->now_ms;
	if (f->close) drop_inner(f);
}

void front_answer(struct http_exchange *x)
{
	struct front *f = x->front;
	if (!f) {
		exchange_free(x);
		return;
	}
	f->asked = NULL;
	x->front = NULL;
	answer(f, x);
	if (f->state == FRONT_DEAD) return;
	f->h->kick = true;
	front_ready(f);
}

static void ask(struct front *f, struct http_exchange *x)
{
	if (exchange_ask(x)) {
		answer(f, x);
	} else {
		f->asked = x;
		x->front = f;
	}
}

/* ---- towards libmicrohttpd ---- */

static bool open_inner(struct front *f)
{
	int pair[2];
	if (f->inner >= 0) return true;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0) return false;
	f->inner = pair[0];
	f->inner_mask = 0;
	f->link = link_new(f->h, f, pair[1]);
	return f->link != NULL;
}

/* The request as libmicrohttpd sees it: ours, down to the last byte. */
static bool send_skeleton(struct front *f, const struct head *head, bool body)
{
	char text[160];
	int n = snprintf(text, sizeof text, "POST / HTTP/1.1\r\nHost: inner\r\n%sContent-Length: %lld\r\n\r\n", f->close ? "Connection: close\r\n" : "",
		body ? (long long)head->length : 0LL);
	/* The pair is empty between requests and takes 160 bytes whole. */
	return send(f->inner, text, (size_t)n, MSG_NOSIGNAL) == n;
}

static struct str peer_of(const struct front *f, struct arena *a, const struct http_request *r)
{
	struct str last = { 0 }, part;
	if (!f->proxy) return str_dup(a, str_c(f->remote));
	for (int i = 0; i < r->n_header; i++) {
		struct str rest = r->header[i].value;
		while (str_is(r->header[i].name, "x-forwarded-for") && str_cut(&rest, ',', &part)) last = str_trim(part);
	}
	unsigned char address[16];
	const char *z = str_z(a, last);
	return inet_pton(AF_INET, z, address) == 1 || inet_pton(AF_INET6, z, address) == 1 ? str_c(z) : str_dup(a, str_c(f->remote));
}

static void take_body(struct front *f, struct http_exchange *x, const struct head *head, bool *body)
{
	*body = false;
	if (!str_is(head->request.method, "POST")) return;
	struct form_limits limits = { f->h->config.body_max, f->h->config.upload_max, f->h->config.spool_dir };
	int64_t most = form_max(&limits, head->content_type);
	/* JSON of n bytes can become values of some fifty times n; a form's texts are copied a few times. */
	if (head->length <= most) arena_ceiling(x->arena, EXCHANGE_ARENA_MAX + 64 * (size_t)(head->length < limits.body_max ? head->length : limits.body_max));
	x->request.bad = form_new(&x->cx, &limits, head->content_type, head->length, &x->form);
	*body = x->request.bad == RC_OK && head->length > 0;
	/* A body nobody will read: the connection cannot be used again. */
	if (x->request.bad != RC_OK) f->close = true;
}

static void start_request(struct front *f, struct str bytes)
{
	static const struct refusal busy = { 503, "系统繁忙，请稍后再试", "busy, try again later" };
	struct http_exchange *x = exchange_new(f->h);
	struct head head;
	const struct refusal *why = x ? head_parse(x->arena, bytes, &head) : &busy;
	bool body = false, post = false;
	if (!why) {
		post = str_is(head.request.method, "POST");
		x->request = head.request;
		x->request.remote = peer_of(f, x->arena, &head.request);
		x->request.arrived_ms = x->cx.now_ms;
		f->close = head.close || f->h->stopping;
		take_body(f, x, &head, &body);
		if (post && (!open_inner(f) || !send_skeleton(f, &head, body))) why = &busy;
	}
	if (why) {
		exchange_free(x);
		refuse(f, why);
		return;
	}
	f->in_at += bytes.n;
	f->used = true;
	f->done = false;
	f->since_ms = f->progress_ms = f->h->now_ms;
	f->body_left = body ? head.length : 0;
	f->body_seen = 0;
	f->state = body ? FRONT_BODY : FRONT_REPLY;
	f->inner_quiet = true;
	if (!post) {
		x->head_only = head.head_only;
		ask(f, x);
		return;
	}
	f->link->x = x;
	x->link = f->link;
	f->h->kick = true;
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	if (body && head.expect_continue && f->in_at == f->in_n && out_room(f)) {
		memcpy(f->out, go_on, sizeof go_on - 1);
		f->out_at = 0;
		f->out_n = sizeof go_on - 1;
	}
}

/* True when something happened. */
static bool take_head(struct front *f)
{
	static const struct refusal ended = { 400, "请求不完整", "the request is incomplete" };
	size_t n = f->in_n - f->in_at;
	/* One empty line before a request is forgiven (RFC 9112, 2.2). */
	if (f->used && n >= 2 && f->scanned == 0 && memcmp(f->in + f->in_at, "\r\n", 2) == 0) f->in_at += 2, n -= 2;
	if (f->in_at && n) memmove(f->in, f->in + f->in_at, n);
	f->in_at = 0;
	f->in_n = n;
	if (!n) return false;
	const struct refusal *why = NULL;
	struct str bytes = { f->in, n };
	int end = head_scan(bytes, &f->scanned, &why);
	if (end == 0 && f->eof) end = -1, why = &ended;
	if (end == 0) return false;
	f->scanned = 0;
	if (end < 0) refuse(f, why);
	else start_request(f, str_sub(bytes, 0, (size_t)end));
	return true;
}

/* ---- moving bytes ---- */

static bool read_client(struct front *f)
{
	if (f->in_at == f->in_n) f->in_at = f->in_n = 0;
	size_t room = IN_BYTES - f->in_n;
	if (f->eof || room == 0) return false;
	ssize_t n = recv(f->client, f->in + f->in_n, room, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) return false;
	if (n < 0) {
		front_kill(f);
		return false;
	}
	if (n == 0) {
		f->eof = true;
		return true;
	}
	/* The head's clock begins with its first byte. */
	if (f->state == FRONT_HEAD && f->in_n == f->in_at) f->since_ms = f->h->now_ms;
	f->in_n += (size_t)n;
	return true;
}

/* Something is ready for the client. */
static bool has_out(const struct front *f) { return f->out_at < f->out_n || f->body_at < f->body_bytes; }

static ssize_t send_some(struct front *f)
{
	const struct http_reply *r = f->last ? &f->last->reply : NULL;
	if (f->out_at == f->out_n && r && r->file_fd > 0) {
		off_t at = (off_t)f->body_at;
		return sendfile(f->client, r->file_fd, &at, (size_t)(f->body_bytes - f->body_at));
	}
	struct iovec part[2] = { { f->out + f->out_at, f->out_n - f->out_at } };
	if (r && r->file_fd <= 0 && f->body_bytes) part[1] = (struct iovec){ (void *)(uintptr_t)(r->body.p + f->body_at), (size_t)(f->body_bytes - f->body_at) };
	struct msghdr m = { .msg_iov = part, .msg_iovlen = part[1].iov_len ? 2 : 1 };
	return sendmsg(f->client, &m, MSG_NOSIGNAL);
}

static bool flush_out(struct front *f)
{
	if (!has_out(f)) return false;
	ssize_t n = send_some(f);
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) return false;
	if (n <= 0) {
		front_kill(f);
		return false;
	}
	size_t head = f->out_n - f->out_at < (size_t)n ? f->out_n - f->out_at : (size_t)n;
	f->out_at += head;
	f->body_at += n - (ssize_t)head;
	f->progress_ms = f->h->now_ms;
	return true;
}

/* The whole reply has passed: the next request may come. */
static bool next_request(struct front *f)
{
	f->done = false;
	f->state = FRONT_HEAD;
	f->since_ms = f->h->now_ms;
	return true;
}

/* Is the body out too? */
static bool end_body(struct front *f)
{
	if (!f->last || has_out(f)) return false;
	exchange_free(f->last);
	f->last = NULL;
	f->body_at = f->body_bytes = 0;
	return f->close ? true : next_request(f);
}

static bool pull_inner(struct front *f)
{
	if (f->inner < 0 || f->inner_quiet || has_out(f)) return false;
	if (!out_room(f)) {
		front_kill(f);
		return false;
	}
	ssize_t n = recv(f->inner, f->out, OUT_BYTES, 0);
	if (n > 0) {
		f->out_at = 0;
		f->out_n = (size_t)n;
		f->progress_ms = f->h->now_ms;
		return true;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		f->inner_quiet = true;
		return f->state == FRONT_REPLY && f->done && !f->close && next_request(f);
	}
	drop_inner(f);
	f->close = true;
	f->state = FRONT_REPLY;         /* with nothing inner left: lingers as soon as all is out */
	return true;
}

static bool push_body(struct front *f)
{
	size_t have = f->in_n - f->in_at;
	if ((int64_t)have > f->body_left) have = (size_t)f->body_left;
	if (f->body_left == 0) {
		f->state = FRONT_REPLY;
		return true;
	}
	if (have == 0) return false;
	ssize_t n = send(f->inner, f->in + f->in_at, have, MSG_NOSIGNAL);
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) return false;
	if (n <= 0) {
		front_kill(f);
		return false;
	}
	f->in_at += (size_t)n;
	f->body_left -= n;
	f->body_seen += n;
	f->h->kick = true;
	return true;
}

static bool linger(struct front *f)
{
	if (f->state == FRONT_REPLY) {
		shutdown(f->client, SHUT_WR);
		f->state = FRONT_LINGER;
		f->since_ms = f->progress_ms = f->h->now_ms;
	}
	if (f->in_n > f->in_at) f->progress_ms = f->h->now_ms;
	f->drained += (int64_t)(f->in_n - f->in_at);
	f->in_at = f->in_n = 0;
	if (f->eof || f->drained > LINGER_BYTES) front_kill(f);
	return f->state != FRONT_DEAD && read_client(f);
}

static bool step(struct front *f)
{
	bool moved = flush_out(f);
	if (f->state == FRONT_DEAD) return false;
	if (has_out(f)) return moved;
	if (end_body(f)) return true;
	moved = pull_inner(f) || moved;
	/* What was read goes out before anything else is looked at. */
	if (has_out(f)) return true;
	switch (f->state) {
	case FRONT_HEAD:
		if (take_head(f)) return true;
		if (f->eof) front_kill(f);
		else moved = read_client(f) || moved;
		return moved;
	case FRONT_BODY:
		if (push_body(f)) return true;
		if (f->state == FRONT_DEAD) return false;
		if (f->eof) front_kill(f);
		else if (f->in_at == f->in_n) moved = read_client(f) || moved;
		return moved;
	case FRONT_REPLY: return (f->inner < 0 && !f->last && !f->asked && !has_out(f) && linger(f)) || moved;
	case FRONT_LINGER: return linger(f) || moved;
	default: return false;
	}
}

static void set_masks(struct front *f)
{
	bool sending = has_out(f), body_waits = f->state == FRONT_BODY && f->in_at < f->in_n;
	uint32_t client = sending || f->more ? EPOLLOUT : 0, inner = 0;
	if (f->state == FRONT_HEAD || f->state == FRONT_LINGER || (f->state == FRONT_BODY && !body_waits)) client |= EPOLLIN;
	if (f->state == FRONT_REPLY && !f->eof) client |= EPOLLRDHUP;
	if (!sending) inner |= EPOLLIN;
	if (body_waits) inner |= EPOLLOUT;
	http_watch(f->h, f->client, &f->client_watch, &f->client_mask, client);
	if (f->inner < 0 || (f->inner_ended && sending)) return;
	f->inner_ended = false;
	http_watch(f->h, f->inner, &f->inner_watch, &f->inner_mask, inner);
}

void front_pump(struct front *f)
{
	/* A fast client must not keep the others waiting: the rest comes with the next round, which its writable socket calls. */
	int steps = 0;
	while (steps < 64 && f->state != FRONT_DEAD && step(f)) steps++;
	f->more = steps == 64;
	if (f->state != FRONT_DEAD) set_masks(f);
}

void front_event(struct front *f, enum watch_kind kind, uint32_t events)
{
	if (f->state == FRONT_DEAD) return;
	if (kind == WATCH_CLIENT && (events & (EPOLLERR | EPOLLHUP))) {
		front_kill(f);
		return;
	}
	/* libmicrohttpd has said all; what it said still waits for a slow client. Until then this event would come for ever. */
	if (kind == WATCH_INNER) f->inner_quiet = false;
	if (kind == WATCH_INNER && (events & EPOLLHUP) && has_out(f) && f->inner >= 0) {
		epoll_ctl(f->h->epoll, EPOLL_CTL_DEL, f->inner, NULL);
		f->inner_mask = 0;
		f->inner_ended = true;
	}
	/* Half closed: some clients do so and still read. The next write tells. */
	if (kind == WATCH_CLIENT && (events & EPOLLRDHUP) && f->state == FRONT_REPLY) f->eof = true;
	front_pump(f);
}

void front_ready(struct front *f)
{
	f->done = true;
	f->inner_quiet = false;
	if (f->ready) return;
	f->ready = true;
	f->ready_next = f->h->ready;
	f->h->ready = f;
}

void front_deadlines(struct front *f)
{
	static const struct refusal slow = { 408, "等待请求超时", "the request took too long" };
	const struct http_config *c = &f->h->config;
	int64_t waited = f->h->now_ms - f->since_ms;
	/* A proxy keeps idle connections of its own (nginx a minute), and loses a POST sent on one that closes under it. */
	int64_t idle_ms = f->proxy ? 5 * (int64_t)c->idle_ms : c->idle_ms;
	bool empty = f->in_at == f->in_n, late = false;
	if (f->state == FRONT_HEAD) late = waited > (!empty ? c->header_ms : f->used ? idle_ms : c->header_ms / 2) || (empty && f->h->stopping);
	/* At least a byte each millisecond, on the whole. */
	else if (f->state == FRONT_BODY) late = waited > c->body_ms + f->body_seen;
	else if (f->state == FRONT_LINGER) late = f->h->now_ms - f->progress_ms > LINGER_MS || waited > LINGER_ALL_MS;
	else late = has_out(f) && f->h->now_ms - f->progress_ms > 2 * (int64_t)c->idle_ms;
	if (!late) return;
	if (f->state == FRONT_BODY || (f->state == FRONT_HEAD && !empty)) {
		refuse(f, &slow);
		front_pump(f);
	} else {
		front_kill(f);
	}
}

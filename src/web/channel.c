#include "web/channel.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/pack.h"
#include "base/time.h"

enum { HEAD = 4, QUEUE_MAX = 64 << 20, SCRATCH_MAX = 4 * CHANNEL_MESSAGE_MAX, READ_BYTES = 64 << 10, KEEP_BYTES = 1 << 20 };

/* Bytes from `from` to `n` are waiting. Not in an arena: a channel outlives every request that uses it. */
struct queue { char *p; size_t from, n, cap; };

struct channel {
	int fd;
	bool gone;
	struct queue in, out;
	struct arena *scratch;          /* for packing one message */
};

static bool queue_room(struct queue *q, size_t more)
{
	if (q->from) {
		memmove(q->p, q->p + q->from, q->n - q->from);
		q->n -= q->from;
		q->from = 0;
	}
	if (q->n + more <= q->cap) return true;
	size_t cap = q->cap ? q->cap : READ_BYTES;
	while (cap < q->n + more) cap *= 2;
	char *p = malloc(cap);
	if (!p) return false;
	if (q->n) memcpy(p, q->p, q->n);
	if (q->p) explicit_bzero(q->p, q->cap);
	free(q->p);
	q->p = p;
	q->cap = cap;
	return true;
}

static void queue_free(struct queue *q)
{
	if (q->p) explicit_bzero(q->p, q->cap);
	free(q->p);
	*q = (struct queue){ 0 };
}

/* After one very large message the memory is given back, and personal data do not linger in it. */
static void queue_took(struct queue *q, size_t bytes)
{
	q->from += bytes;
	if (q->from < q->n) return;
	q->from = q->n = 0;
	if (q->cap > KEEP_BYTES) queue_free(q);
}

struct channel *channel_new(int fd)
{
	struct channel *c = calloc(1, sizeof *c);
	assert(c);
	c->fd = fd;
	c->scratch = arena_new(SCRATCH_MAX);
	return c;
}

void channel_free(struct channel *c)
{
	if (!c) return;
	close(c->fd);
	queue_free(&c->in);
	queue_free(&c->out);
	arena_free(c->scratch);
	free(c);
}

int channel_fd(const struct channel *c) { return c->fd; }
bool channel_wants_write(const struct channel *c) { return c->out.from < c->out.n && !c->gone; }

static enum rc gone(struct cx *cx, struct channel *c)
{
	c->gone = true;
	return fail(cx, RC_IO, "channel.gone", NOWHERE, "内部连接已断开", "the internal connection is gone");
}

enum rc channel_flush(struct cx *cx, struct channel *c)
{
	if (c->gone) return gone(cx, c);
	while (c->out.from < c->out.n) {
		ssize_t n = send(c->fd, c->out.p + c->out.from, c->out.n - c->out.from, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n >= 0) queue_took(&c->out, (size_t)n);
		else if (errno == EAGAIN || errno == EWOULDBLOCK) return RC_OK;
		else if (errno != EINTR) return gone(cx, c);
	}
	return RC_OK;
}

enum rc channel_send(struct cx *cx, struct channel *c, struct val message)
{
	if (c->gone) return gone(cx, c);
	struct buf b = BUF(c->scratch, CHANNEL_MESSAGE_MAX);
	bool fits = val_pack(&b, message);
	size_t waiting = c->out.n - c->out.from;
	enum rc rc = RC_OK;
	if (!fits) rc = fail(cx, RC_LIMIT, "channel.large", NOWHERE, "内部消息过大", "the internal message is too large");
	else if (waiting + HEAD + b.n > QUEUE_MAX || !queue_room(&c->out, HEAD + b.n))
		rc = fail(cx, RC_BUSY, "channel.behind", NOWHERE, "系统正忙，请稍后再试", "the system is busy, try again later");
	else {
		uint32_t n = (uint32_t)b.n;
		memcpy(c->out.p + c->out.n, &n, HEAD);
		memcpy(c->out.p + c->out.n + HEAD, b.p, b.n);
		c->out.n += HEAD + b.n;
	}
	arena_reset(c->scratch);
	return rc == RC_OK ? channel_flush(cx, c) : rc;
}

/* The message at the front: its length when all of it is here, 0 when not yet. */
static enum rc whole(struct cx *cx, struct channel *c, size_t *bytes)
{
	size_t have = c->in.n - c->in.from;
	uint32_t n = 0;
	*bytes = 0;
	if (have < HEAD) return RC_OK;
	memcpy(&n, c->in.p + c->in.from, HEAD);
	if (n == 0 || n > CHANNEL_MESSAGE_MAX) return gone(cx, c);
	if (have >= HEAD + n) *bytes = n;
	return RC_OK;
}

enum rc channel_next(struct cx *cx, struct channel *c, struct val *out, bool *more)
{
	if (c->gone) return gone(cx, c);
	for (;;) {
		size_t bytes;
		TRY(whole(cx, c, &bytes));
		if (bytes) {
			enum rc rc = val_unpack(cx, (struct str){ c->in.p + c->in.from + HEAD, bytes }, out);
			queue_took(&c->in, HEAD + bytes);
			if (rc == RC_OK) *more = true;
			return rc;
		}
		if (!queue_room(&c->in, READ_BYTES)) return fail(cx, RC_IO, "channel.memory", NOWHERE, "内存不足", "out of memory");
		ssize_t n = recv(c->fd, c->in.p + c->in.n, c->in.cap - c->in.n, MSG_DONTWAIT);
		if (n > 0) c->in.n += (size_t)n;
		else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			*more = false;
			return RC_OK;
		} else if (n == 0 || errno != EINTR) {
			return gone(cx, c);
		}
	}
}

enum rc channel_call(struct cx *cx, struct channel *c, struct val message, int deadline_ms, struct val *answer)
{
	struct val id = VAL_GET(message, "id");
	int64_t until = time_mono_ms() + deadline_ms;
	TRY(channel_send(cx, c, message));
	for (;;) {
		struct val got;
		bool more;
		TRY(channel_next(cx, c, &got, &more));
		if (more && val_eq(VAL_GET(got, "id"), id)) {
			*answer = got;
			return RC_OK;
		}
		if (more) continue;     /* late, for a call that was given up */
		int64_t left = until - time_mono_ms();
		if (left <= 0) return fail(cx, RC_BUSY, "channel.deadline", NOWHERE, "等待超时", "no answer in time");
		struct pollfd p = { .fd = c->fd, .events = (short)(POLLIN | (channel_wants_write(c) ? POLLOUT : 0)) };
		if (poll(&p, 1, (int)left) < 0 && errno != EINTR) return gone(cx, c);
		TRY(channel_flush(cx, c));
	}
}

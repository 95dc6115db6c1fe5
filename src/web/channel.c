#include "web/channel.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/pack.h"
#include "base/time.h"

enum { WAITING_MAX = 64 << 20 };

struct bytes { char *p; size_t n, at, cap; };  /* [at, n) is still to be used */

struct channel { int fd; bool closed; struct bytes in, out; };

struct channel *channel_new(int fd)
{
	struct channel *c = calloc(1, sizeof *c);
	if (!c) abort();
	c->fd = fd;
	return c;
}

void channel_free(struct channel *c)
{
	if (!c) return;
	close(c->fd);
	free(c->in.p);
	free(c->out.p);
	free(c);
}

int channel_fd(const struct channel *c) { return c->fd; }

bool channel_wants_write(const struct channel *c) { return c->out.at < c->out.n; }

static void reserve(struct bytes *b, size_t more)
{
	if (b->at) {
		memmove(b->p, b->p + b->at, b->n - b->at);
		b->n -= b->at;
		b->at = 0;
	}
	if (b->n + more <= b->cap) return;
	size_t cap = b->cap ? b->cap : 16384;
	while (cap < b->n + more) cap *= 2;
	char *p = realloc(b->p, cap);
	if (!p) abort();
	b->p = p;
	b->cap = cap;
}

static enum rc gone(struct cx *cx)
{
	return fail(cx, RC_IO, "channel.closed", NOWHERE, "内部连接已断开，请重试", "an internal connection is gone: please try again");
}

enum rc channel_flush(struct cx *cx, struct channel *c)
{
	while (channel_wants_write(c)) {
		ssize_t n = send(c->fd, c->out.p + c->out.at, c->out.n - c->out.at, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n > 0) {
			c->out.at += (size_t)n;
			continue;
		}
		if (n < 0 && errno == EINTR) continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return RC_OK;
		return gone(cx);
	}
	c->out.at = c->out.n = 0;
	return RC_OK;
}

enum rc channel_send(struct cx *cx, struct channel *c, struct val message)
{
	struct buf b = BUF(cx->arena, CHANNEL_MESSAGE_MAX);
	val_pack(&b, message);
	if (b.full) return fail(cx, RC_LIMIT, "channel.size", NOWHERE, "内容过大", "the message is too large");
	if (c->out.n - c->out.at + b.n > WAITING_MAX) return fail(cx, RC_BUSY, "channel.behind", NOWHERE, "系统繁忙，请稍后再试", "busy: please try again");
	uint32_t length = (uint32_t)b.n;
	reserve(&c->out, sizeof length + b.n);
	memcpy(c->out.p + c->out.n, &length, sizeof length);
	memcpy(c->out.p + c->out.n + sizeof length, b.p, b.n);
	c->out.n += sizeof length + b.n;
	return channel_flush(cx, c);
}

/* A whole message in the buffer? */
static bool whole(const struct channel *c, uint32_t *length)
{
	size_t have = c->in.n - c->in.at;
	if (have < sizeof *length) return false;
	memcpy(length, c->in.p + c->in.at, sizeof *length);
	return *length > CHANNEL_MESSAGE_MAX || have - sizeof *length >= *length;
}

bool channel_ready(const struct channel *c)
{
	uint32_t length;
	return whole(c, &length);
}

enum rc channel_next(struct cx *cx, struct channel *c, struct val *out, bool *more)
{
	uint32_t length;
	while (!whole(c, &length)) {
		if (c->closed) return gone(cx);
		reserve(&c->in, 65536);
		ssize_t n = recv(c->fd, c->in.p + c->in.n, c->in.cap - c->in.n, MSG_DONTWAIT);
		if (n > 0) {
			c->in.n += (size_t)n;
			continue;
		}
		if (n < 0 && errno == EINTR) continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			*more = false;
			return RC_OK;
		}
		c->closed = true;
	}
	if (length > CHANNEL_MESSAGE_MAX) return gone(cx);
	struct val v;
	TRY(val_unpack(cx, (struct str){ c->in.p + c->in.at + sizeof length, length }, &v));
	c->in.at += sizeof length + length;
	*out = v;
	*more = true;
	return RC_OK;
}

enum rc channel_call(struct cx *cx, struct channel *c, struct val message, int deadline_ms, struct val *answer)
{
	int64_t until = time_mono_ms() + deadline_ms;
	TRY(channel_send(cx, c, message));
	for (;;) {
		bool more;
		TRY(channel_next(cx, c, answer, &more));
		if (more) return RC_OK;
		int64_t left = until - time_mono_ms();
		if (left <= 0) return fail(cx, RC_BUSY, "channel.deadline", NOWHERE, "等待超时；再次提交是安全的", "no answer in time; asking again is safe");
		struct pollfd p = { c->fd, (short)(POLLIN | (channel_wants_write(c) ? POLLOUT : 0)), 0 };
		poll(&p, 1, (int)left);
		TRY(channel_flush(cx, c));
	}
}

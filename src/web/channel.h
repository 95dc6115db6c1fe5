/* Messages over a socket pair between our processes: 4 bytes of length, then a packed value. Non-blocking on both sides.

   A request is {id, …}; its answer carries the same id. One channel joins one web worker (or jobs, or a command line)
   to the writer. */
#ifndef WEB_CHANNEL_H
#define WEB_CHANNEL_H

#include "base/fail.h"
#include "base/val.h"

enum { CHANNEL_MESSAGE_MAX = 8 << 20 };

struct channel;

struct channel *channel_new(int fd);            /* takes the descriptor */
void channel_free(struct channel *c);
int channel_fd(const struct channel *c);
bool channel_wants_write(const struct channel *c);
bool channel_ready(const struct channel *c);    /* a whole message is already here: waiting on the descriptor would not tell */
/* Queue a message and write what the socket takes. RC_BUSY when the peer is so far behind that 64 MiB wait, RC_LIMIT when the
   message is too large (the channel stays good), RC_IO when the peer is gone. */
enum rc channel_send(struct cx *cx, struct channel *c, struct val message) MUST_USE;
/* Read what has arrived; *more tells whether `out` (in cx->arena) holds a message. RC_IO when the peer is gone, after its last
   message. Call until *more is false. */
enum rc channel_next(struct cx *cx, struct channel *c, struct val *out, bool *more) MUST_USE;
enum rc channel_flush(struct cx *cx, struct channel *c) MUST_USE;
/* Send and wait for the one answer (command line, tests); deadline in ms. */
enum rc channel_call(struct cx *cx, struct channel *c, struct val message, int deadline_ms, struct val *answer) MUST_USE;

#endif

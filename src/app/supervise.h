/* The processes: one writer, several web workers. Starts them, starts a crashed one again, stops them in order. */
#ifndef APP_SUPERVISE_H
#define APP_SUPERVISE_H

#include "base/fail.h"

struct crew {
	int (*writer)(void *ctx, int control_fd);       /* runs in its own process; returns its exit code */
	int (*web)(void *ctx, int index, int channel_fd);
	void *ctx;
	int workers;
};

/* Until SIGTERM or SIGINT. A web worker that dies is replaced; when the writer dies, all are (their channels led to it). */
enum rc supervise(struct cx *cx, const struct crew *crew) MUST_USE;

#endif

/* The supervisor: starts the processes, starts them again when they crash, stops them in order. It does nothing else, so
   that it has no reason to crash.

   One child may be the hub (the writer): each spoke (web worker, jobs) gets one end of a fresh socket pair, and the hub is handed
   the other over its control socket, also while it is running. A spoke that crashes is started alone; when the hub crashes all
   are started anew. */
#ifndef APP_SUPERVISE_H
#define APP_SUPERVISE_H

#include "base/fail.h"

enum child_kind { CHILD_ALONE, CHILD_HUB, CHILD_SPOKE };

struct child {
	const char *name;
	enum child_kind kind;
	/* In the new process; returns the exit status. `fd`: a spoke's socket to the hub, the hub's control socket (hub_take), or -1.
	   Spokes and lone children end on SIGTERM (default disposition at the start); the hub ignores it and ends when its control
	   socket and all spokes are gone. */
	int (*run)(void *ctx, int index, int fd);
	void *ctx;
};

enum { CHILDREN_MAX = 64 };

/* Serve until SIGTERM or SIGINT (RC_OK), or until a child keeps dying at once (RC_IO). SIGHUP is ignored. On stopping, spokes and lone
   children get SIGTERM, after `stop_ms` SIGKILL; then the hub drains what they sent and ends. Call it with one thread and no
   database open: connections must not cross a fork. */
enum rc supervise(struct cx *cx, const struct child *children, int n, int stop_ms) MUST_USE;

/* In the hub: the next socket that has arrived, *fd -1 when none has. False: the supervisor closed the control socket. */
bool hub_take(int control_fd, int *fd);
/* The other side, for tests. */
bool hub_give(int control_fd, int fd);

#endif

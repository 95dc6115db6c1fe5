/* The writer: the only process that changes the database. No network. It takes commands from its channels, runs each in a
   savepoint, commits the waiting batch with one fsync, then answers them all: an answer means durable. */
#ifndef APP_WRITER_H
#define APP_WRITER_H

#include "base/val.h"
#include "db/db.h"

/* Run one command {name, args, actor, …}; on failure everything it did is undone. `cx` lives for this command. */
typedef enum rc (*writer_run)(void *ctx, struct cx *cx, struct db *db, struct val command, struct val *reply);

enum { WRITER_CHANNELS = 128, WRITER_BATCH = 512 };

struct writer {
	struct db *db;
	writer_run run;
	enum rc (*committed)(void *ctx, struct cx *cx, struct db *db);  /* after each durable batch; NULL is fine */
	enum rc (*tick)(void *ctx, struct cx *cx, struct db *db);       /* about once a second, in a transaction of its own; NULL is fine */
	void *ctx;
	int control_fd;                         /* new channels arrive here as descriptors; -1: only those of `fd` */
	const int *fd;                          /* channels open from the start */
	int n_fd;
	bool commit_each;                       /* one commit a command: the bench's counterpart */
};

/* Serve until the control socket and every channel have closed. A command's "key" (idempotency): a key seen before answers with the
   first answer and changes nothing (table command_done, kept 7 days). The answer is {id, rc, reply, fails}. */
enum rc writer_serve(struct cx *cx, const struct writer *w) MUST_USE;

/* Hand a channel's descriptor to a running writer. */
bool writer_give(int control_fd, int fd);

#endif

/* The writer: the only process that changes the database. No network. It takes commands from its channels, runs each in a
   savepoint, commits the waiting batch with one fsync, then answers them all: an answer means durable. */
#ifndef APP_WRITER_H
#define APP_WRITER_H

#include "base/val.h"
#include "db/db.h"

/* Run one command {name, args, actor, …}; on failure the caller undoes everything it did. `cx` lives for this command. */
typedef enum rc (*writer_run)(void *ctx, struct cx *cx, struct db *db, struct val command, struct val *reply);

struct writer {
	struct db *db;
	writer_run run;
	void (*committed)(void *ctx);           /* after each durable batch; NULL is fine */
	enum rc (*tick)(void *ctx, struct cx *cx, struct db *db);       /* about once a second inside a batch of its own; NULL is fine */
	void *ctx;
	int *fd;                                /* socket pairs' ends */
	int n_fd;
	bool commit_each;                       /* one commit a command: the bench's counterpart */
};

/* Serve until every channel has closed. Commands carry "key" (idempotency): a key seen before answers with the first
   answer and changes nothing (table command_done, kept 7 days). The answer is {id, rc, reply, fails:[{code, field, zh, en, …}]}. */
enum rc writer_serve(struct cx *cx, struct writer *w) MUST_USE;

/* fails ⇄ values, so that a failure in the writer reaches the page that asked. */
struct val fails_val(struct arena *a, const struct fails *fails);
void fails_from_val(struct cx *cx, struct val list);

#endif

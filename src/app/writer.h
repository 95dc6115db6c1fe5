/* The writer: the only process that changes the database. No network. It takes commands from its channels, runs each in a
   savepoint, commits the waiting batch with one fsync, then answers them all: an answer means durable. */
#ifndef APP_WRITER_H
#define APP_WRITER_H

#include "base/val.h"
#include "db/db.h"

/* Run one command {name, args, actor, …}; on failure the caller undoes everything it did. `cx` lives for this command.
   It may be run again when another command of its batch made the database give the transaction up, so it changes nothing
   outside the database; what must follow a change belongs into `committed`. */
typedef enum rc (*writer_run)(void *ctx, struct cx *cx, struct db *db, struct val command, struct val *reply);

struct writer {
	struct db *db;
	writer_run run;
	void (*committed)(void *ctx);           /* after each durable batch, before its answers; NULL is fine */
	enum rc (*tick)(void *ctx, struct cx *cx, struct db *db);       /* about once a second inside a batch of its own; NULL is fine */
	void *ctx;
	int *fd;                                /* socket pairs' ends; taken */
	int n_fd;
	int control_fd;                         /* > 0: further ends arrive here while serving (hub_take in supervise.h); taken */
	bool commit_each;                       /* one commit a command: the bench's counterpart */
};

/* Serve until every channel and the control socket have closed. Commands carry "key" (idempotency, at most 1000 bytes, told apart by
   actor.account): a key seen before answers with the first answer and changes nothing (table command_done, kept 7 days; only
   successes are remembered), and "arrived" (ms): the command runs with that time in cx->now_ms when it lies within the past
   REQUEST_GRACE_MS, else with the time now. The answer is {id, rc, reply, fails:[{code, field, zh, en, …}]}. A failed commit fails its whole
   batch; one from a failing disk also ends serving (RC_IO), since only a restart knows what the disk holds. */
enum rc writer_serve(struct cx *cx, struct writer *w) MUST_USE;

#endif

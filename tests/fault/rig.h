/* A real writer in a process of its own, small commands for it, clients over socket pairs, and the check afterwards that nothing
   acknowledged is missing and nothing is half there. Shared by the fault tests and the bench. */
#ifndef TEST_RIG_H
#define TEST_RIG_H

#include <sys/types.h>

#include "base/fail.h"
#include "base/val.h"
#include "db/db.h"
#include "disk.h"
#include "web/channel.h"

enum { RIG_CHANNELS = 64 };

/* What became of command n (from 1). Every 7th is one that must fail. */
enum outcome { UNSENT, SENT, ACKED, REFUSED };
struct ledger {
	unsigned char *outcome;
	unsigned char *early;           /* told by the command itself, before the commit: the negative control */
	int total, next;
	int64_t acked;
};
struct ledger ledger_new(int total);
void ledger_free(struct ledger *l);
bool must_fail(int n);

/* The effect of command n: a row in `a`, its twin in `b`, one more in `tally`; with a body of up to 30 KiB when `heavy`. */
enum rc put_tables(struct cx *cx, struct db *db) MUST_USE;
enum rc put(struct cx *cx, struct db *db, int n, bool heavy) MUST_USE;

struct rig_options {
	const char *path;
	int channels;
	const struct disk_plan *disk;   /* NULL: the real one */
	bool each;                      /* one commit a command */
	bool normal;                    /* synchronous=NORMAL: the negative control */
	bool heavy;
	int from_first;                 /* > 0: driving ends so many ms after the first acknowledgement */
	int die_at;                     /* > 0: the writer gets SIGKILL in the middle of this command of its life */
	bool quiet;                     /* the log of the writer goes nowhere (not under a sanitizer: its reports go there too) */
};

struct rig_counts { long changes, calls; };

struct rig {
	struct rig_options o;
	pid_t pid;
	int early_fd, counts_fd;
	struct channel *channel[RIG_CHANNELS];
	int busy_with[RIG_CHANNELS];    /* the command this client waits for; 0: none */
	int n;
};

void rig_start(struct rig *r, const struct rig_options *o);
/* Closed loop: every client has one command under way. Ends when all of the ledger is answered, at `until_ms` (monotonic), or when
   the writer is gone. */
void rig_drive(struct rig *r, struct ledger *l, int64_t until_ms);
/* Take what is left of answers, close, and wait for the end; the wait status. `kill_now`: SIGKILL first. `*counts`: what the disk
   counted, when the writer ended by itself; NULL is fine. */
int rig_end(struct rig *r, struct ledger *l, bool kill_now, struct rig_counts *counts);

/* Against the database as it is now, on the plain disk: this is also the recovery. */
struct verdict {
	bool sound;                     /* opens, integrity_check, foreign keys, twins and tally agree, no effect of a refused command */
	int64_t rows, lost, lost_early;
	int64_t unasked;                /* there, though answered with a failure of the disk */
	char why[200];
};
struct verdict check(const char *path, const struct ledger *l);

/* A folder for one run, in memory where the disk is only simulated; emptied and removed by its path. */
void folder_new(char *out, size_t n, bool in_memory);
void folder_gone(const char *folder);

#endif

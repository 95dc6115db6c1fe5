/* Long work, away from requests. A job is a row: which kind, with what arguments, who asked, how far it is, what came of it. A command of
   the writer makes it; the jobs process takes it, works in steps with the rights that its owner has then, and tells the writer how far it is
   at most once a second. What it tells is durable and so is the result up to there, so that a process killed anywhere goes on from the last
   telling, without doing earlier parts again.

   States: queued → running → done | failed, or cancelled by its owner; done → over when the time is up or the owner removes the result.
   The result is a file of the folder jobs/ (its name is the job's id), or a page that the work has changed. Only the owner reaches it, and
   only with the rights it was made with: when they have changed since, it must be made anew. */
#ifndef REC_JOB_H
#define REC_JOB_H

#include "base/val.h"
#include "rec/rx.h"

enum {
	JOB_OPEN_MAX = 5,               /* of one person, waiting or running */
	JOB_KEPT_MAX = 20,              /* results kept for one person */
	JOB_ARGS_MAX = 1 << 20,
	JOB_KEEP_DAYS = 3,              /* a result */
	JOB_ROW_DAYS = 30,              /* the row, afterwards */
	JOB_TRIES = 3                   /* so often may the process die at one job without getting further */
};

struct job {
	int64_t id, account;
	struct str kind, args;          /* args: packed */
	struct str title_zh, title_en;
	enum lang lang;                 /* of who asked: the result is in it */
	struct str state, rights, name, link;   /* name: of the file; link: of the page that shows the result */
	int64_t done, total, bytes, notes_bytes, asked_ms, started_ms, ended_ms, until_ms;
	int64_t taker;                  /* the process that has it */
	struct str zh, en, hint_zh, hint_en;    /* why it failed, and what to do */
};
struct jobs { VEC(struct job); };

/* The viewer's own, newest first; job_read: RC_MISSING in the usual words for anybody else's. */
enum rc job_list(struct rx *rx, struct jobs *out) MUST_USE;
enum rc job_read(struct rx *rx, int64_t id, struct job *out) MUST_USE;
bool job_is_open(const struct job *j);
/* What of an account decides its rights, as one text to compare. */
struct str job_rights(struct arena *a, const struct region *region, const struct viewer *v);

/* The file of its result, and (`notes`) what the work keeps for itself beside it. */
struct str job_path(struct arena *a, const struct vault *vault, int64_t id, bool notes);

/* For the jobs process. The next to work at: people take turns, `last` is the account whose turn it was; of each the oldest job. */
enum rc job_next(struct cx *cx, struct db *db, int64_t last, struct job *out, bool *found) MUST_USE;
/* May the file of this id stay: is it being made, or kept? */
enum rc job_has_file(struct cx *cx, struct db *db, int64_t id, bool *yes) MUST_USE;

/* Commands of the writer. */
enum rc job_ask(struct rx *rx, struct val args, struct str remote, int64_t *id) MUST_USE;      /* {kind, args, zh, en}: the title in both languages */
enum rc job_cancel(struct rx *rx, struct val args, struct str remote) MUST_USE;                /* {id}: stops it, or removes its result */
enum rc job_taken(struct rx *rx, struct val args, struct str remote) MUST_USE;                 /* {id}: the owner takes the result; an event */
/* … and of the jobs process: {id, taker} begins or goes on after a crash; {id, taker, done, total, bytes, notes, rights} tells how far it is;
   {id, taker, bytes, name, link} ends it, or {id, taker, zh, en, hint_zh, hint_en} in failure. `go`: it still is this taker's to do. */
enum rc job_take(struct rx *rx, struct val args, bool *go) MUST_USE;
enum rc job_note(struct rx *rx, struct val args, bool *go) MUST_USE;
enum rc job_end(struct rx *rx, struct val args) MUST_USE;
/* What is over is over: results whose time is up, rows that nobody needs any more. */
enum rc job_sweep(struct rx *rx) MUST_USE;

#endif

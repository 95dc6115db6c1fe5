/* Kinds of long work (src/rec/job.h): what the jobs process does step by step, and the pages on which people ask for it. */
#ifndef FEATURE_JOB_H
#define FEATURE_JOB_H

#include "feature/show.h"
#include "rec/job.h"

/* One job, for one slice of time. The page is of who asked: rights, language and time as they are now, no request behind it; its memory is
   that of the slice. */
struct job_run {
	struct page *page;
	struct val args;                /* as asked */
	int64_t started_ms;
	int64_t done, total;            /* steps; a kind may find more while it works */
	int fd;                         /* the result; whole up to `bytes`, where the next step goes on */
	int64_t bytes;
	struct buf notes;               /* lines kept for later slices: job_keep */
	struct str kept;                /* those of earlier ones */
	void *data;                     /* the kind's own, for the slice */
	struct val command;             /* set by a step or finish: {name, args}, sent with the rights of who asked before the job ends */
	struct str ending, link;        /* set by finish: of the file's name (".zip"), or the page to look at instead */
};

/* A failure ends the job and is told to its owner; RC_BUSY: tried again. */
struct job_kind {
	const char *name;
	enum rc (*plan)(struct job_run *r);     /* once: sets `total`, at least 1 */
	enum rc (*open)(struct job_run *r);     /* each slice, before its steps: rights, and what was kept */
	enum rc (*step)(struct job_run *r);     /* the next from `done` on; adds what it did to it */
	enum rc (*finish)(struct job_run *r);
	void (*close)(struct job_run *r);       /* at the end of a slice, whatever happened; NULL: nothing to give back */
};
const struct job_kind *job_kind_find(struct str name);         /* NULL when there is none */
extern const struct job_kind dossier_job, assign_job, export_job;

/* Keep a value for later slices, durable together with the step's own bytes; read back one by one (`from` starts as 0). */
void job_keep(struct job_run *r, struct val v);
enum rc job_kept(struct job_run *r, size_t *from, struct val *out, bool *more) MUST_USE;

/* From a handler: ask for a job; the reply is its page. The title names what it is about. */
void job_page_ask(struct page *p, const struct job_kind *kind, struct val args, struct str zh, struct str en);

#endif

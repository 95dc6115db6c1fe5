/* The comparing of texts that a region declares (`similar`), done by the jobs process a slice at a time: texts that changed are fed to the
   index of derived files, then the records that are due are compared with it. What it finds it tells the writer by commands. */
#ifndef FEATURE_SIMILAR_WORK_H
#define FEATURE_SIMILAR_WORK_H

#include "engine/text.h"
#include "rec/similar.h"

struct similar_work {
	struct str dir;                 /* of the data: the index is its folder text/NAME */
	struct text_pipe *pipe;         /* opened at the first need, closed by similar_work_end */
	enum rc (*send)(void *ctx, struct cx *cx, const char *command, struct val args);
	void *ctx;
	int64_t again_ms;               /* after a failure: not before this, by time_mono_ms */
};
/* Some of what is to be done, about half a second; *idle: there was nothing. `rx` as the system, outside a transaction. A damaged index is
   made again by feeding everything anew. */
enum rc similar_work(struct similar_work *w, struct rx *rx, bool *idle) MUST_USE;
void similar_work_end(struct similar_work *w);

#endif

/* Run the scenes of a region: each on a database of its own (one temporary database with the demonstration accounts; a scene's doings
   are undone after it), through the command layer, on a clock that only the scene moves. */
#ifndef REC_SCENE_H
#define REC_SCENE_H

#include "base/buf.h"
#include "def/model.h"

struct scene_tally { int passed, failed; };

/* All scenes, or those named (`names`; RC_MISSING for one that there is not). One line a scene goes to `out`, "ok" or "FAILED", and
   under a failed one where and what differed, in cx->lang. Fails only when the scenes cannot be run at all. */
enum rc scene_run(struct cx *cx, const struct region *r, const struct str *names, int n, struct buf *out, struct scene_tally *tally) MUST_USE;

#endif

/* A scene while it runs: between scene.c (stage and report), scene_do.c (steps) and scene_expect.c (what must hold). */
#ifndef REC_SCENE_PLAY_H
#define REC_SCENE_PLAY_H

#include "base/buf.h"
#include "def/scene.h"
#include "rec/command.h"
#include "rec/demo.h"

struct play {
	const struct region *region;
	struct db *db;
	struct office *office;
	const struct demo_person *person;       /* as the region's accounts */
	const struct scene_def *scene;
	struct arena *arena;                    /* the scene's */
	enum lang lang;
	int64_t now_ms;
	int64_t *id;                            /* by handle; 0: not there (yet) */
	struct buf *out;
	bool failed;
};

/* A database of its own, empty but for the region's accounts, in an open transaction that is never committed. */
struct stage { char dir[256]; struct vault vault; struct db *db; struct office office; struct demo_person *person; };
enum rc stage_open(struct cx *cx, const struct region *r, struct stage *s) MUST_USE;
void stage_close(struct stage *s);      /* after a failure too; removes its folder */

/* A context for one step, with failures of its own, at the scene's time. */
struct cx play_cx(const struct play *p);
/* As an account looks at it, or (NULL) as the system. */
enum rc play_rx(const struct play *p, struct cx *cx, const struct demo_account *account, struct rx *out) MUST_USE;
const struct demo_person *play_person(const struct play *p, const struct demo_account *account);
/* The typed value of a step's value; a file is not made. RC_MISSING (told) when its record was not made. */
enum rc play_value(const struct play *p, struct cx *cx, const struct scene_value *v, struct val *out) MUST_USE;
/* A line of the report under the scene: its place, then the words. */
void play_tell(struct play *p, const struct scene_step *s, const char *zh, const char *en, ...) __attribute__((format(printf, 3, 5), format(printf, 4, 5)));
/* What `fails` say, as lines of the report. */
void play_tell_fails(struct play *p, const struct scene_step *s, const struct fails *fails);

/* False: the scene cannot go on (told). */
bool scene_do(struct play *p, const struct scene_step *s);
/* Tells what differs. */
void scene_judge(struct play *p, const struct scene_step *s);
/* How many records have the step's values and its condition; `first` is the id of one. */
enum rc scene_matches(const struct play *p, struct cx *cx, const struct scene_step *s, int64_t *count, int64_t *first) MUST_USE;

#endif

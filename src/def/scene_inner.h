/* Between kinds_scene.c (steps) and scene_expect.c (what must hold). */
#ifndef DEF_SCENE_INNER_H
#define DEF_SCENE_INNER_H

#include "def/kinds.h"
#include "def/scene.h"

/* The step of this statement, added to its scene, with its place; NULL when the scene is full. */
struct scene_step *scene_step_of(struct load *ld, struct stmt *st, enum scene_kind kind);
/* A record named before: sets the step's handle and type. */
bool scene_handle_next(struct args *a, struct scene_step *s);
bool scene_account_next(struct args *a, struct demo_account **out);
/* A value for `f`: literal, handle, org LOGIN, person LOGIN, "file.pdf", none. */
bool scene_value_next(struct args *a, const struct scene_def *scene, struct field_def *f, struct scene_value *v);
/* `of FIELD VALUE, …` is scene_find's; `where CONDITION` over the step's type. */
bool scene_where(struct args *a, struct scene_step *s);

#endif

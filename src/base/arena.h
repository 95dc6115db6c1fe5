/* Memory by lifetime: one arena a request (or a command, or a loaded region), freed as a whole.
   Every arena has a ceiling. Reaching it is a bug in the limits in front of it, so the process stops
   (the supervisor starts another): callers never see a failed allocation. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdalign.h>
#include <stddef.h>

struct arena_block;
struct arena {                  /* arena.c's own; here only so that allocating is a few instructions */
	char *at, *end;         /* what is free of the last block */
	struct arena_block *last;
	size_t ceiling, total;
};

struct arena *arena_new(size_t ceiling_bytes);
void arena_free(struct arena *a);              /* NULL is fine; the memory is wiped first */
void arena_reset(struct arena *a);             /* forget everything, keep one block (of 512 KiB at most); wiped */
void *arena_alloc_block(struct arena *a, size_t bytes);        /* arena_alloc's, when the last block is used up */
/* Zeroed, aligned for any type, never NULL. */
static inline void *arena_alloc(struct arena *a, size_t bytes)
{
	size_t free = (size_t)(a->end - a->at), size = (bytes + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	if (bytes > free || size > free) return arena_alloc_block(a, bytes);
	char *p = a->at;
	a->at += size;
	return p;
}
void *arena_array(struct arena *a, size_t count, size_t bytes);   /* checked multiplication */
size_t arena_used(const struct arena *a);
void arena_ceiling(struct arena *a, size_t bytes);             /* another ceiling from now on */

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, type, count) ((type *)arena_array((a), (count), sizeof(type)))

/* Append to a growing array: `vec` has members `v` (pointer), `n`, `cap`. */
#define VEC(type) struct { type *v; size_t n, cap; }
#define VEC_PUSH(a, vec, item)                                                                        \
	do {                                                                                          \
		if ((vec)->n == (vec)->cap)                                                           \
			(vec)->v = arena_grow((a), (vec)->v, (vec)->n, &(vec)->cap, sizeof *(vec)->v); \
		(vec)->v[(vec)->n++] = (item);                                                        \
	} while (0)
void *arena_grow(struct arena *a, const void *old, size_t used, size_t *cap, size_t item_bytes);

#endif

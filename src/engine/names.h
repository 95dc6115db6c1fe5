/* A set of texts, numbered in the order they came. */
#ifndef ENGINE_NAMES_H
#define ENGINE_NAMES_H

#include "base/arena.h"
#include "base/str.h"

struct names {
	struct arena *arena;
	VEC(struct str) list;           /* list.v[i] is number i; bytes borrowed */
	int *slot;                      /* open addressing: number + 1 */
	size_t slots;
};

int names_put(struct names *set, struct str s);         /* its number, new or old */
int names_find(const struct names *set, struct str s);  /* -1: not there */

#endif

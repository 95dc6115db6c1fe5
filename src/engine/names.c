#include "engine/names.h"

static size_t place(const struct names *set, struct str s)
{
	size_t i = str_hash(s) & (set->slots - 1);
	while (set->slot[i] && !str_eq(set->list.v[set->slot[i] - 1], s)) i = (i + 1) & (set->slots - 1);
	return i;
}

static void widen(struct names *set)
{
	set->slots = set->slots ? set->slots * 2 : 64;
	set->slot = ARENA_ARRAY(set->arena, int, set->slots);
	for (size_t k = 0; k < set->list.n; k++) set->slot[place(set, set->list.v[k])] = (int)k + 1;
}

int names_put(struct names *set, struct str s)
{
	if (set->list.n * 2 >= set->slots) widen(set);
	size_t at = place(set, s);
	if (!set->slot[at]) {
		VEC_PUSH(set->arena, &set->list, s);
		set->slot[at] = (int)set->list.n;
	}
	return set->slot[at] - 1;
}

int names_find(const struct names *set, struct str s) { return set->slots ? set->slot[place(set, s)] - 1 : -1; }

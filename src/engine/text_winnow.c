#include "engine/text_winnow.h"

enum { RING = 8 };

/* Of the units i … i + 5; the keys of the last units stand in a ring. */
static inline uint32_t gram(const uint64_t *ring, size_t i)
{
	uint64_t h = 0;
	for (size_t k = i; k < i + TEXT_GRAM_UNITS; k++) h = (h ^ ring[k % RING]) * 0x9fb21c651e98df25u + 0x2545f4914f6cdd1du;
	return (uint32_t)(text_mix(h) >> 32);
}

/* The rightmost least of each window, as the paper has it; a text shorter than a window gives its least gram. */
size_t winnow(const struct text_term *term, const uint32_t *unit, size_t m, bool every, struct winnow_print *out)
{
	uint32_t hash[TEXT_WINDOW] = { 0 };
	uint64_t ring[RING];
	size_t n = 0, least = 0, kept = SIZE_MAX;
	if (m < TEXT_GRAM_UNITS) return 0;
	size_t grams = m - TEXT_GRAM_UNITS + 1;
	for (size_t i = 0; i + 1 < TEXT_GRAM_UNITS; i++) ring[i] = term[unit[i]].key;
	for (size_t i = 0; i < grams; i++) {
		ring[(i + TEXT_GRAM_UNITS - 1) % RING] = term[unit[i + TEXT_GRAM_UNITS - 1]].key;
		hash[i % TEXT_WINDOW] = gram(ring, i);
		if (every) {
			out[n++] = (struct winnow_print){ hash[i % TEXT_WINDOW], (uint32_t)i };
			continue;
		}
		if (i && least + TEXT_WINDOW <= i) {            /* the least has left the window */
			least = i + 1 - TEXT_WINDOW;
			for (size_t k = least + 1; k <= i; k++)
				if (hash[k % TEXT_WINDOW] <= hash[least % TEXT_WINDOW]) least = k;
		} else if (hash[i % TEXT_WINDOW] <= hash[least % TEXT_WINDOW]) {
			least = i;
		}
		if ((i + 1 >= TEXT_WINDOW || i + 1 == grams) && least != kept) {
			out[n++] = (struct winnow_print){ hash[least % TEXT_WINDOW], (uint32_t)least };
			kept = least;
		}
	}
	return n;
}

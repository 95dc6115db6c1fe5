#include "engine/text_winnow.h"

static uint32_t gram(const struct text_term *term, const uint32_t *unit)
{
	uint64_t h = 0;
	for (int k = 0; k < TEXT_GRAM_UNITS; k++) h = (h ^ term[unit[k]].key) * 0x9fb21c651e98df25u + 0x2545f4914f6cdd1du;
	return (uint32_t)(text_mix(h) >> 32);
}

/* The rightmost least of each window, as the paper has it; a text shorter than a window gives its least gram. */
size_t winnow(const struct text_term *term, const uint32_t *unit, size_t m, bool every, struct winnow_print *out)
{
	uint32_t hash[TEXT_WINDOW] = { 0 };
	size_t n = 0, least = 0, kept = SIZE_MAX;
	if (m < TEXT_GRAM_UNITS) return 0;
	size_t grams = m - TEXT_GRAM_UNITS + 1;
	for (size_t i = 0; i < grams; i++) {
		hash[i % TEXT_WINDOW] = gram(term, unit + i);
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

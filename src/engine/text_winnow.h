/* Winnowing: of every 8 neighbouring grams of 6 units the least fingerprint is kept, so two texts that share 13 units in a row
   share a fingerprint at the same place of the run. */
#ifndef ENGINE_TEXT_WINNOW_H
#define ENGINE_TEXT_WINNOW_H

#include "engine/text_inner.h"

struct winnow_print { uint32_t hash, unit; };           /* unit: number of the first unit of the gram */

/* The units of a text: terms that are one Han character or one word. Room for n in `unit`; returns how many. */
static inline size_t winnow_units(const struct text_term *term, size_t n, uint32_t *unit)
{
	size_t m = 0;
	for (size_t i = 0; i < n; i++)
		if (term[i].kind == TEXT_CHAR || term[i].kind == TEXT_WORD) unit[m++] = (uint32_t)i;
	return m;
}
/* Room for m. Returns how many prints; in order of their units. `every`: all grams, not only the least of a window. */
size_t winnow(const struct text_term *term, const uint32_t *unit, size_t m, bool every, struct winnow_print *out);

#endif

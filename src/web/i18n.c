#include "web/i18n.h"

#include "web/i18n_table.h"

/* Sorted by the bytes of the English text: po2c sorts with the order of str_cmp. */
static const struct i18n_pair *find(struct str english)
{
	int low = 0, high = i18n_count - 1;
	while (low <= high) {
		int mid = low + (high - low) / 2, c = str_cmp(i18n_table[mid].en, english);
		if (c == 0) return &i18n_table[mid];
		if (c < 0) low = mid + 1;
		else high = mid - 1;
	}
	return NULL;
}

bool tr_has(enum lang lang, struct str english) { return lang == LANG_EN || find(english) != NULL; }

struct str tr(enum lang lang, struct str english)
{
	if (lang == LANG_EN) return english;
	const struct i18n_pair *pair = find(english);
	return pair ? pair->zh : english;
}

/* Any bytes as a knapsack file of the OR-Library: reading ends with a programme whose rows hold together, or with a mistake told as file:line. */
#include <assert.h>
#include <stdint.h>

#include "base/utf8.h"
#include "engine/orlib.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { INPUT_MAX = 1 << 14 };
	struct str text = { (const char *)data, size };
	if (size > INPUT_MAX || !utf8_valid(text)) return 0;    /* the commands decode their files first */
	struct arena *a = arena_new((size_t)1 << 30);
	struct cx cx = { .arena = a };
	struct orlib lib;
	enum rc rc = orlib_read(&cx, text, "fuzz.dat", 1, &lib);
	if (rc != RC_OK) {
		assert(cx.fails.errors == 1 && cx.fails.v[0].where.line > 0);
	} else {
		const struct program *p = lib.program;
		size_t entries = 0;
		for (size_t r = 0; r < p->row.n; r++) {
			assert(p->row.v[r].start == (int)entries && p->row.v[r].n <= p->n);
			entries += (size_t)p->row.v[r].n;
		}
		assert(entries == p->col.n && p->coef.n == p->col.n);
		for (size_t k = 0; k < p->col.n; k++) assert(p->col.v[k] >= 0 && p->col.v[k] < p->n && p->coef.v[k]);
	}
	arena_free(a);
	return 0;
}

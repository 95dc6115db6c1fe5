/* Any bytes as a segment file whose checksums are taken as right: everything a reader or a merge would follow is followed. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "engine/text_segment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(struct arena *a, const struct seg *s)
{
	uint32_t doc[BLOCK], found;
	unsigned char code[BLOCK];
	uint32_t *all = ARENA_ARRAY(a, uint32_t, (size_t)s->head->n_doc + 1);
	for (uint64_t i = 0; i < s->head->n_term && i < 5000; i++) {
		const struct seg_term *t = &s->term[i];
		const struct seg_block *h = seg_blocks(s, t);
		seg_find(s, t->key);
		for (uint32_t b = 0; h && b < t->blocks; b++) {
			int n = seg_docs(s, t, h, b, doc);
			for (int k = 0; k < n; k++) assert(doc[k] < s->head->n_doc);
			if (n) seg_codes(s, t, h, b, code);
		}
		seg_all(s, t, all);
	}
	for (uint32_t d = 0; d < s->head->n_doc && d < 5000; d++) {
		struct seg_doc x;
		if (seg_doc(s, a, d, true, &x) && seg_by_id(s, x.id, &found)) assert(found < s->head->n_doc);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cx cx = { .arena = arena_new((size_t)1 << 30) };
	struct seg s;
	char *copy = aligned_alloc(64, (size + 64) & ~(size_t)63);     /* a file is mapped at a page */
	if (!copy) abort();
	memcpy(copy, data, size);
	if (seg_parse(&cx, cx.arena, "segment", copy, size, true, &s) == RC_OK) walk(cx.arena, &s);
	free(copy);
	arena_free(cx.arena);
	return 0;
}

/* Any bytes as review sheets: reading ends with sheets or with mistakes told as file:line; every calibration of them is finite and in order. */
#include <assert.h>
#include <stdint.h>

#include "base/utf8.h"
#include "base/val.h"
#include "engine/scores.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void calibrate(struct cx *cx, const struct scores *s)
{
	int n = (int)s->application.list.n;
	struct scores_result r;
	struct scores_wish w = { .method = SCORES_SHRUNK, .cut = n > 1 ? n / 2 : 0, .folds = s->n_sheet > 1 ? 2 : 0, .seed = 1 };
	assert(scores_calibrate(cx, s, &w, &r) == RC_OK);
	for (int i = 0; i < n; i++) {
		const struct scores_application *x = &r.application[i];
		assert(x->rank >= 1 && x->rank <= n && x->low <= x->high && x->sd >= 0 && x->component >= 0 && x->component < r.components);
		assert(x->above == -1 || (x->above >= 0 && x->above <= DEC_ONE));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { INPUT_MAX = 1 << 12 };
	struct str text = { (const char *)data, size };
	if (size > INPUT_MAX || !utf8_valid(text)) return 0;    /* the commands decode their files first */
	struct arena *a = arena_new((size_t)512 << 20);
	struct cx cx = { .arena = a };
	struct scores s;
	if (scores_read(&cx, text, "fuzz.csv", &s) == RC_OK) {
		calibrate(&cx, &s);
	} else {
		assert(cx.fails.errors > 0);
		for (int i = 0; i < cx.fails.n; i++) assert(cx.fails.v[i].level != LEVEL_ERROR || cx.fails.v[i].where.line > 0);
	}
	arena_free(a);
	return 0;
}

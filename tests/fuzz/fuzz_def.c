/* Any bytes as declarations: loading ends, within its limits, with a region or with failures that can be printed; what loads can be
   documented, audited, compared with itself, and its expressions evaluated over an empty record. */
#include <assert.h>
#include <stdint.h>

#include "def/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(struct cx *cx, const struct region *r)
{
	struct buf b = BUF(cx->arena, 8 << 20);
	struct changes c = { 0 };
	region_dump(&b, r);
	region_doc(&b, r, LANG_ZH);
	region_audit(&b, r, r->n_role ? r->role[0] : NULL, LANG_EN);
	region_diff(cx->arena, r, r, &c);
	assert(c.n == 0);
	struct expr_env env = { .region = r, .record = val_map(cx->arena), .row = val_map(cx->arena) };
	for (int i = 0; i < r->n_type; i++) {
		const struct type_def *t = r->type[i];
		struct val v;
		for (int k = 0; k < t->n_field; k++)
			if (t->field[k]->compute && expr_eval(cx, t->field[k]->compute, &env, &v) != RC_OK) assert(cx->fails.errors);
		for (int k = 0; k < t->n_check; k++) {
			bool yes, judged;
			if (expr_true(cx, t->check[k]->cond, &env, &yes, &judged) != RC_OK) assert(cx->fails.errors);
			expr_show(cx, t->check[k]->cond, &env, LANG_ZH);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { INPUT_MAX = 1 << 16 };
	if (size > INPUT_MAX) return 0;
	struct arena *a = arena_new((size_t)128 << 20), *region = arena_new((size_t)128 << 20);
	struct cx cx = { .arena = a, .now_ms = 1795000000000 };
	struct region *r = NULL;
	enum rc rc = region_load_text(&cx, region, STR("fuzz.lc"), (struct str){ (const char *)data, size }, &r);
	assert((rc == RC_OK) == (r != NULL) && (rc == RC_OK) == (cx.fails.errors == 0));
	struct buf b = BUF(a, 4 << 20);
	fail_print(&b, &cx.fails, LANG_ZH);
	fail_print(&b, &cx.fails, LANG_EN);
	if (r) use(&cx, r);
	arena_free(region);
	arena_free(a);
	return 0;
}

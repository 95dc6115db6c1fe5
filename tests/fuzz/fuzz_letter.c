/* Any bytes as a letter: read, checked, written out in all three forms. The dictionary makes binding work too. */
#include <assert.h>

#include "base/json.h"
#include "base/utf8.h"
#include "engine/letter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct letter_indicator dict[] = {
	{ .id = STR_INIT("a"), .zh = STR_INIT("科技企业孵化器"), .en = STR_INIT("incubators"), .subject = STR_INIT("孵化器"), .unit = STR_INIT("家"),
		.period = STR_INIT("2020-12-31"), .known = true, .value = 46000000 },
	{ .id = STR_INIT("b"), .zh = STR_INIT("总面积"), .en = STR_INIT("area"), .unit = STR_INIT("万平方米"), .known = true, .value = 81580000 },
	{ .id = STR_INIT("c"), .zh = STR_INIT("省本级资金"), .en = STR_INIT("money"), .unit = STR_INIT("亿元"), .period = STR_INIT("2020"), .known = true, .value = 16362050 },
};

static void check_spans(const struct letter_result *r)
{
	int chars = (int)utf8_count(r->text);
	for (int i = 0; i < r->n_figure; i++) {
		const struct letter_figure *f = &r->figure[i];
		assert(f->start >= 0 && f->start < f->end && f->end <= chars);
		assert(f->part_of < r->n_figure && f->indicator < (int)(sizeof dict / sizeof *dict));
	}
	for (int i = 0; i < r->n_finding; i++) {
		assert(r->finding[i].n_span > 0 && r->finding[i].zh.n && r->finding[i].en.n);
		for (int k = 0; k < r->finding[i].n_span; k++) {
			const struct letter_span *s = &r->finding[i].span[k];
			assert(s->start >= 0 && s->start < s->end && s->end <= chars);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cx cx = { .arena = arena_new((size_t)1 << 30) };
	struct str text = { (const char *)data, size };
	const char *encoding;
	struct letter_result r = { 0 };
	if (text_decode(&cx, text, &text, &encoding) == RC_OK && letter_check(&cx, text, dict, (int)(sizeof dict / sizeof *dict), &r) == RC_OK) {
		check_spans(&r);
		struct buf out = BUF(cx.arena, (size_t)256 << 20);
		letter_terminal(&out, &r, dict, LANG_ZH, true);
		json_write(&out, letter_val(&cx, &r, dict));
		json_write(&out, letter_pieces(&cx, &r));
	}
	arena_free(cx.arena);
	return 0;
}

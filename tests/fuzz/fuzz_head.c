/* Request heads: whatever is accepted keeps what the handlers rely on. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/utf8.h"
#include "web/head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct http_request *r)
{
	assert(r->path.n && r->path.p[0] == '/' && utf8_valid(r->path) && !str_has(r->path, STR("/../")) && !str_has(r->path, STR("//")));
	for (size_t i = 0; i < r->path.n; i++) assert((unsigned char)r->path.p[i] >= 0x20 && r->path.p[i] != '\\');
	for (int i = 0; i < r->n_query; i++) assert(utf8_valid(r->query[i].name) && utf8_valid(r->query[i].value));
	for (int i = 0; i < r->n_header; i++) assert(r->header[i].name.n && utf8_valid(r->header[i].value) && !memchr(r->header[i].value.p, '\n', r->header[i].value.n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 64 << 10) return 0;
	struct arena *a = arena_new(16 << 20);
	struct str bytes = { (const char *)data, size };
	const struct refusal *why = NULL, *again = NULL;
	size_t at = 0, slow = 0;
	int end = head_scan(bytes, &at, &why), step = 0;
	/* In pieces the answer is the same. */
	for (size_t n = size ? 1 : 0; n && n <= size && step == 0; n = n < size && n + 7 > size ? size : n + 7) step = head_scan(str_sub(bytes, 0, n), &slow, &again);
	if (size <= HEAD_BYTES_MAX) assert(step == end && why == again);
	struct head h;
	if (end > 0) {
		assert((size_t)end <= size);
		why = head_parse(a, str_sub(bytes, 0, (size_t)end), &h);
		assert(!why || (why->status >= 400 && why->status < 500));
		if (!why) check(&h.request);
	}
	arena_free(a);
	return 0;
}

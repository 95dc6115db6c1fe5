/* Bodies: the first byte chooses the kind, the second the size of the pieces; whole and in pieces the answer is the same. */
#include <assert.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/utf8.h"
#include "web/form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum rc read_body(struct arena *a, struct str type, struct str body, size_t piece, struct http_request *r, struct form **f)
{
	static const struct form_limits limits = { .body_max = 50000, .upload_max = 50000, .spool_dir = STR_INIT("/tmp") };
	struct cx cx = { .arena = a };
	enum rc rc = form_new(&cx, &limits, type, (int64_t)body.n, f);
	for (size_t i = 0; rc == RC_OK && i < body.n; i += piece) rc = form_feed(&cx, *f, str_sub(body, i, i + piece));
	if (rc == RC_OK) rc = form_finish(&cx, *f, r);
	assert((rc == RC_OK) == (cx.fails.errors == 0));
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct str types[] = { STR_INIT("multipart/form-data; boundary=X"), STR_INIT("application/x-www-form-urlencoded"), STR_INIT("application/json"),
		STR_INIT("multipart/form-data; boundary=\"--\"") };
	if (size < 2 || size > 40000) return 0;
	struct str type = types[data[0] % 4], body = { (const char *)data + 2, size - 2 };
	struct arena *a = arena_new(64 << 20);
	struct http_request one = { 0 }, two = { 0 };
	struct form *f = NULL, *g = NULL;
	enum rc rc = read_body(a, type, body, body.n ? body.n : 1, &one, &f), again = read_body(a, type, body, (size_t)data[1] % 64 + 1, &two, &g);
	assert(rc == again && one.n_form == two.n_form && one.n_upload == two.n_upload);
	for (int i = 0; i < one.n_form; i++) assert(utf8_valid(one.form[i].value) && str_eq(one.form[i].value, two.form[i].value) && str_eq(one.form[i].name, two.form[i].name));
	for (int i = 0; i < one.n_upload; i++) {
		assert(str_eq(one.upload[i].digest, two.upload[i].digest) && one.upload[i].filename.n && utf8_valid(one.upload[i].filename));
		assert(!str_has(one.upload[i].filename, STR("/")) && one.upload[i].filename.p[0] != '.');
	}
	form_done(f);
	form_done(g);
	arena_free(a);
	return 0;
}

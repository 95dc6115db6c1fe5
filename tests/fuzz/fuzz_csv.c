/* Any bytes as CSV: reading ends with rows of valid text or with a failure; what csv_put writes reads back as the same cells, and
   no cell of it starts a formula. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/csv.h"
#include "base/utf8.h"
#include "base/val.h"
#include "rec/sheet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The apostrophe before what a spreadsheet would run is the one change allowed. */
static void assert_same(struct str was, struct str now)
{
	int64_t n;
	if (was.n && memchr("=+-@\t\r", was.p[0], 6) && !str_int(was, &n) && !dec_parse(was, &n)) {
		assert(now.n == was.n + 1 && now.p[0] == '\'');
		now = str_sub(now, 1, now.n);
	}
	assert(str_eq(was, now));
}

static void round_trip(struct cx *cx, const struct sheet *s)
{
	struct buf b = BUF(cx->arena, 4 << 20);
	for (size_t i = 0; i < s->n; i++) {
		for (int k = 0; k < s->v[i].n; k++) csv_put(&b, s->v[i].cell[k], k == 0);
		csv_end_row(&b);
	}
	/* A first cell may look like an archive or a byte order mark, which a file starts with. */
	if (b.full || str_starts(buf_str(&b), STR("PK")) || str_starts(buf_str(&b), STR("\xD0\xCF\x11\xE0")) || str_starts(buf_str(&b), STR("\xEF\xBB\xBF"))) return;
	struct sheet again;
	enum rc rc = sheet_read(cx, buf_str(&b), "again.csv", &again);
	assert(rc == RC_OK && again.n == s->n);
	for (size_t i = 0; i < s->n; i++) {
		assert(again.v[i].n == s->v[i].n);
		for (int k = 0; k < s->v[i].n; k++) assert_same(s->v[i].cell[k], again.v[i].cell[k]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { INPUT_MAX = 1 << 16 };
	if (size > INPUT_MAX || (size >= 2 && (memcmp(data, "PK", 2) == 0 || memcmp(data, "\xD0\xCF", 2) == 0))) return 0;
	struct arena *a = arena_new((size_t)128 << 20);
	struct cx cx = { .arena = a };
	struct sheet s;
	enum rc rc = sheet_read(&cx, (struct str){ (const char *)data, size }, "fuzz.csv", &s);
	assert((rc == RC_OK) == (cx.fails.errors == 0));
	for (size_t i = 0; rc == RC_OK && i < s.n; i++) {
		assert(s.v[i].n > 0 && s.v[i].n <= s.columns && (i == 0 || s.v[i].line > s.v[i - 1].line));
		for (int k = 0; k < s.v[i].n; k++) assert(utf8_valid(s.v[i].cell[k]));
	}
	if (rc == RC_OK) round_trip(&cx, &s);
	arena_free(a);
	return 0;
}

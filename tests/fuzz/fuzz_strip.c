/* Any bytes as a file to strip. The first byte chooses the kind: p PDF, z an office archive, j JPEG, g PNG, x/r/t/c one XML part (content,
   relations, types, comments). It ends within its limits; and what was stripped strips again to the same bytes. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "rec/strip_inner.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum rc strip_one(struct cx *cx, char kind, struct str s, struct buf *out)
{
	switch (kind) {
	case 'p': return strip_pdf(cx, s, out);
	case 'z': return strip_office(cx, s, 0, 7, out);
	case 'j': return strip_jpeg(cx, s, out);
	case 'g': return strip_png(cx, s, out);
	case 'x': return strip_xml(cx, PART_CONTENT, s, 7, out);
	case 'r': return strip_xml(cx, PART_RELATIONS, s, 7, out);
	case 't': return strip_xml(cx, PART_TYPES, s, 7, out);
	case 'c': return strip_xml(cx, PART_COMMENTS, s, 7, out);
	default: return RC_INVALID;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2) return 0;
	struct cx cx = { .arena = arena_new((size_t)1 << 30) };
	struct buf once = BUF(cx.arena, 4 << 20), twice = BUF(cx.arena, 4 << 20);
	struct str s = { (const char *)data + 1, size - 1 };
	if (strip_one(&cx, (char)data[0], s, &once) == RC_OK && !once.full) {
		enum rc again = strip_one(&cx, (char)data[0], buf_str(&once), &twice);
		/* An archive of which nothing was worth keeping is no archive any more. */
		if (data[0] != 'z') assert(again == RC_OK || twice.full);
		if (again == RC_OK && strchr("jg", (char)data[0])) assert(str_eq(buf_str(&once), buf_str(&twice)));
	} else {
		assert(cx.fails.n || once.full || !strchr("pzjgxrtc", (char)data[0]));
	}
	arena_free(cx.arena);
	return 0;
}

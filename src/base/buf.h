/* A growing byte buffer in an arena, with a mandatory maximum. Writing past it sets `full` and drops the bytes:
   check once, at the end. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <string.h>

#include "arena.h"
#include "str.h"

struct buf {
	struct arena *arena;
	char *p;
	size_t n, cap, max;
	bool full;
};

#define BUF(arena_, max_) ((struct buf){ .arena = (arena_), .max = (max_) })

/* Bytes that fit are put in place without a call: pages are made of thousands of short pieces. */
void buf_add_more(struct buf *b, struct str s);
static inline void buf_add(struct buf *b, struct str s)
{
	if (s.n < b->cap - b->n) {
		if (s.n) memcpy(b->p + b->n, s.p, s.n);
		b->n += s.n;
	} else {
		buf_add_more(b, s);
	}
}
static inline void buf_c(struct buf *b, char c)
{
	if (b->n + 1 < b->cap) b->p[b->n++] = c;
	else buf_add_more(b, (struct str){ &c, 1 });
}
/* Room for so many bytes at `p + n`, to be written there and added to `n`; NULL when there is none. */
char *buf_room(struct buf *b, size_t bytes);
void buf_fmt(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_int(struct buf *b, int64_t v);
/* As text or attribute of XML or HTML: < > & and quotes as entities, tab and line ends as references, other controls as blanks,
   U+FFFE and U+FFFF as U+FFFD: XML has no way to hold them. */
void buf_xml(struct buf *b, struct str s);
static inline struct str buf_str(const struct buf *b) { return (struct str){ b->p ? b->p : "", b->n }; }

#endif

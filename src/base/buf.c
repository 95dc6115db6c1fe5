#include "buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool room(struct buf *b, size_t more)
{
	if (b->full || more > b->max - b->n) {
		b->full = true;
		b->cap = b->n;          /* no later piece fits either */
		return false;
	}
	if (b->n + more + 1 <= b->cap) return true;
	size_t cap = b->cap ? b->cap * 2 : 256;
	while (cap < b->n + more + 1) cap *= 2;
	if (cap > b->max + 1) cap = b->max + 1;         /* what buf_add writes without asking stays within `max` */
	char *p = arena_alloc(b->arena, cap);
	if (b->n) memcpy(p, b->p, b->n);
	b->p = p;
	b->cap = cap;
	return true;
}

char *buf_room(struct buf *b, size_t bytes) { return room(b, bytes) ? b->p + b->n : NULL; }

void buf_add_more(struct buf *b, struct str s)
{
	if (s.n == 0 || !room(b, s.n)) return;
	memcpy(b->p + b->n, s.p, s.n);
	b->n += s.n;
}

void buf_fmt(struct buf *b, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	assert(n >= 0);
	if (!room(b, (size_t)n)) return;
	va_start(args, fmt);
	vsnprintf(b->p + b->n, (size_t)n + 1, fmt, args);
	va_end(args);
	b->n += (size_t)n;
}

void buf_int(struct buf *b, int64_t v)
{
	char tmp[24];
	size_t i = sizeof tmp;
	uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	do tmp[--i] = (char)('0' + u % 10);
	while (u /= 10);
	if (v < 0) tmp[--i] = '-';
	buf_add(b, (struct str){ tmp + i, sizeof tmp - i });
}

void buf_xml(struct buf *b, struct str s)
{
	size_t from = 0;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool never = c == 0xEF && i + 2 < s.n && (unsigned char)s.p[i + 1] == 0xBF && (unsigned char)s.p[i + 2] >= 0xBE;       /* U+FFFE, U+FFFF */
		if (c >= 0x20 && c != '<' && c != '>' && c != '&' && c != '"' && c != '\'' && !never) continue;
		buf_add(b, str_sub(s, from, i));
		from = i + (never ? 3 : 1);
		if (never) buf_add(b, STR("\xEF\xBF\xBD"));
		else if (c == '<') buf_add(b, STR("&lt;"));
		else if (c == '>') buf_add(b, STR("&gt;"));
		else if (c == '&') buf_add(b, STR("&amp;"));
		else if (c == '"') buf_add(b, STR("&quot;"));
		else if (c == '\'') buf_add(b, STR("&#39;"));
		else buf_fmt(b, c == '\n' || c == '\t' || c == '\r' ? "&#%d;" : " ", c);
	}
	buf_add(b, str_sub(s, from, s.n));
}

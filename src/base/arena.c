#include "arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BLOCK_MIN = 32 * 1024, KEEP_MAX = 512 * 1024, LARGE = 32 << 20 };

struct arena_block {
	struct arena_block *prev;
	size_t cap, used;               /* what lies beyond `used` is zero: cleared when it was made, wiped when it was given back */
	alignas(max_align_t) char data[];
};

static void die(const char *what, size_t bytes)
{
	fprintf(stderr, "level=fatal msg=\"%s\" bytes=%zu\n", what, bytes);
	abort();
}

/* How far the last block is used is only known here. */
static void settle(const struct arena *a)
{
	if (a->last) a->last->used = (size_t)(a->at - a->last->data);
}

static void open_block(struct arena *a, struct arena_block *b)
{
	a->last = b;
	/* Without a block there is no room; the pointer is still one, for what asks for nothing. */
	a->at = b ? b->data + b->used : (char *)a;
	a->end = b ? b->data + b->cap : (char *)a;
}

struct arena *arena_new(size_t ceiling_bytes)
{
	struct arena *a = calloc(1, sizeof *a);
	if (!a) die("out of memory", sizeof *a);
	a->ceiling = ceiling_bytes;
	open_block(a, NULL);
	return a;
}

static void free_block(struct arena *a, struct arena_block *b)
{
	explicit_bzero(b->data, b->used);
	a->total -= b->cap;
	free(b);
}

void arena_free(struct arena *a)
{
	if (!a) return;
	settle(a);
	while (a->last) {
		struct arena_block *b = a->last;
		a->last = b->prev;
		free_block(a, b);
	}
	free(a);
}

void arena_reset(struct arena *a)
{
	struct arena_block *keep = NULL;
	settle(a);
	while (a->last) {
		struct arena_block *b = a->last;
		a->last = b->prev;
		/* Newer blocks are larger: the first that may stay is the one to keep. */
		if (!keep && b->cap <= KEEP_MAX) keep = b;
		else free_block(a, b);
	}
	if (keep) {
		explicit_bzero(keep->data, keep->used);
		keep->used = 0;
		keep->prev = NULL;
	}
	open_block(a, keep);
}

void arena_ceiling(struct arena *a, size_t bytes) { a->ceiling = bytes < a->total ? a->total : bytes; }

/* Very large tables are looked up at random: with pages of 2 MiB the processor finds them, and the kernel hands them over at once. Only a wish. */
static void wish_large_pages(const struct arena_block *b)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), from = ((uintptr_t)b + page - 1) & ~(page - 1), to = ((uintptr_t)b + b->cap) & ~(page - 1);
	(void)!madvise((void *)from, to - from, MADV_HUGEPAGE);
}

void *arena_alloc_block(struct arena *a, size_t bytes)
{
	if (bytes > a->ceiling) die("arena ceiling reached", bytes);
	size_t size = (bytes + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	settle(a);
	size_t cap = a->last ? a->last->cap * 2 : BLOCK_MIN;
	if (cap > (size_t)8 << 20) cap = (size_t)8 << 20;
	if (cap < size) cap = size;
	if (cap > a->ceiling - a->total) cap = size;
	if (cap > a->ceiling - a->total) die("arena ceiling reached", bytes);
	struct arena_block *b = calloc(1, sizeof *b + cap);
	if (!b) die("out of memory", cap);
	b->prev = a->last;
	b->cap = cap;
	if (cap >= LARGE) wish_large_pages(b);
	a->total += cap;
	open_block(a, b);
	a->at += size;
	return b->data;
}

void *arena_array(struct arena *a, size_t count, size_t bytes)
{
	size_t total;
	if (__builtin_mul_overflow(count, bytes, &total)) die("array too large", SIZE_MAX);
	return arena_alloc(a, total);
}

size_t arena_used(const struct arena *a)
{
	size_t n = 0;
	settle(a);
	for (const struct arena_block *b = a->last; b; b = b->prev) n += b->used;
	return n;
}

void *arena_grow(struct arena *a, const void *old, size_t used, size_t *cap, size_t item_bytes)
{
	*cap = *cap ? *cap * 2 : 4;     /* most maps and lists are small */
	void *p = arena_array(a, *cap, item_bytes);
	if (used) memcpy(p, old, used * item_bytes);
	return p;
}

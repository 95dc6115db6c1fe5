/* Writing a segment: one stream from first byte to last, then the head over its place, then durable. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/text_pack.h"
#include "engine/text_segment.h"

enum { PAGE = 1 << 16, BLOCK_BYTES = 1300, OUT_BYTES = (size_t)3 << 30 };

struct seg_out {
	struct arena *arena;
	int dir_fd, fd;
	char name[64];
	unsigned char *page;
	size_t in_page;
	uint64_t at;                    /* of the next byte in the file */
	int error;                      /* the first errno; nothing is written after it */
	struct seg_head head;
	VEC(uint64_t) doc_at;
	VEC(unsigned char) title, body;
	VEC(uint32_t) class, tie;
	VEC(struct seg_class) classes;
	uint32_t *class_table;          /* number + 1, by hash */
	size_t class_cap;
	VEC(struct seg_id) id;
	VEC(struct seg_term) term;
	struct seg_block *heads;        /* of the term at hand, and its bytes */
	unsigned char *packed;
	uint32_t blocks_room;
	float title_norm[256], body_norm[256];
};

static void write_all(struct seg_out *o, const unsigned char *p, size_t n)
{
	while (n && !o->error) {
		ssize_t w = write(o->fd, p, n);
		if (w < 0 && errno == EINTR) continue;
		if (w < 0) o->error = errno;
		else p += w, n -= (size_t)w;
	}
}

static void flush(struct seg_out *o)
{
	o->head.body_checksum = seg_checksum(o->page, o->in_page, o->head.body_checksum);
	write_all(o, o->page, o->in_page);
	o->in_page = 0;
}

static void put(struct seg_out *o, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	o->at += n;
	while (n) {
		size_t k = PAGE - o->in_page < n ? PAGE - o->in_page : n;
		memcpy(o->page + o->in_page, p, k);
		o->in_page += k, p += k, n -= k;
		if (o->in_page == PAGE) flush(o);
	}
}

static void begin(struct seg_out *o, int section)
{
	static const char zero[8] = { 0 };
	put(o, zero, (8 - (o->at & 7)) & 7);
	o->head.section[section].at = o->at;
}
static void end(struct seg_out *o, int section) { o->head.section[section].bytes = o->at - o->head.section[section].at; }

static void section(struct seg_out *o, int number, const void *p, size_t bytes)
{
	begin(o, number);
	if (bytes) put(o, p, bytes);
	end(o, number);
}

enum rc seg_out_open(struct cx *cx, int dir_fd, const char *name, struct seg_out **out)
{
	int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	if (fd < 0) return seg_io(cx, "open", name);
	struct arena *a = arena_new(OUT_BYTES);
	struct seg_out *o = ARENA_NEW(a, struct seg_out);
	o->arena = a, o->dir_fd = dir_fd, o->fd = fd;
	snprintf(o->name, sizeof o->name, "%s", name);
	o->page = arena_alloc(a, PAGE);
	o->class_cap = 1024;
	o->class_table = ARENA_ARRAY(a, uint32_t, o->class_cap);
	write_all(o, (const unsigned char *)&o->head, sizeof o->head);
	o->at = sizeof o->head;
	begin(o, SEG_DOCS);
	*out = o;
	return RC_OK;
}

uint32_t seg_out_docs(const struct seg_out *o) { return (uint32_t)o->doc_at.n; }

/* ---- documents ---- */

static void put_var(struct seg_out *o, uint64_t v)
{
	unsigned char b[10] = { 0 };
	put(o, b, var_put(b, v));
}

static void put_changes(struct seg_out *o, const struct text_folded *f)
{
	uint32_t past = 0;
	for (size_t i = 0; i < f->n_change; i++) {
		const struct text_change *c = &f->change[i];
		put_var(o, c->folded - past);
		put(o, &c->folded_n, 1);
		put(o, &c->given_n, 1);
		past = c->folded + c->folded_n;
	}
}

static uint64_t class_hash(const struct seg_class *c)
{
	uint64_t h = text_hash(c->type.p, c->type.n, (uint64_t)(uint32_t)c->year);
	h = text_hash(c->division.p, c->division.n, h);
	for (int i = 0; i < c->n_see; i++) h = text_hash(c->see[i].p, c->see[i].n, h);
	return h;
}

static bool class_same(const struct seg_class *a, const struct seg_class *b)
{
	bool same = a->year == b->year && a->n_see == b->n_see && str_eq(a->type, b->type) && str_eq(a->division, b->division);
	for (int i = 0; same && i < a->n_see; i++) same = str_eq(a->see[i], b->see[i]);
	return same;
}

static struct seg_class class_copy(struct arena *a, const struct seg_class *c)
{
	struct seg_class r = { .type = str_dup(a, c->type), .division = str_dup(a, c->division), .year = c->year, .n_see = c->n_see };
	struct str *see = ARENA_ARRAY(a, struct str, (size_t)c->n_see + 1);
	for (int i = 0; i < c->n_see; i++) see[i] = str_dup(a, c->see[i]);
	r.see = see;
	return r;
}

static void class_grow(struct seg_out *o)
{
	o->class_cap *= 2;
	o->class_table = ARENA_ARRAY(o->arena, uint32_t, o->class_cap);
	for (size_t k = 0; k < o->classes.n; k++) {
		size_t i = class_hash(&o->classes.v[k]) & (o->class_cap - 1);
		while (o->class_table[i]) i = (i + 1) & (o->class_cap - 1);
		o->class_table[i] = (uint32_t)k + 1;
	}
}

static uint32_t class_number(struct seg_out *o, const struct seg_class *c)
{
	if (2 * (o->classes.n + 1) > o->class_cap) class_grow(o);
	size_t i = class_hash(c) & (o->class_cap - 1);
	for (; o->class_table[i]; i = (i + 1) & (o->class_cap - 1))
		if (class_same(&o->classes.v[o->class_table[i] - 1], c)) return o->class_table[i] - 1;
	VEC_PUSH(o->arena, &o->classes, class_copy(o->arena, c));
	o->class_table[i] = (uint32_t)o->classes.n;
	return (uint32_t)o->classes.n - 1;
}

enum rc seg_out_doc(struct cx *cx, struct seg_out *o, const struct seg_record *r)
{
	const struct seg_doc *d = &r->doc;
	uint32_t number = (uint32_t)o->doc_at.n;
	struct seg_id id = { .hash = text_hash(d->id.p, d->id.n, 1), .doc = number };
	VEC_PUSH(o->arena, &o->doc_at, o->at - o->head.section[SEG_DOCS].at);
	VEC_PUSH(o->arena, &o->title, seg_length_code(r->title_length));
	VEC_PUSH(o->arena, &o->body, seg_length_code(r->body_length));
	VEC_PUSH(o->arena, &o->tie, (uint32_t)(id.hash >> 32));
	VEC_PUSH(o->arena, &o->class, class_number(o, &r->class));
	VEC_PUSH(o->arena, &o->id, id);
	/* Of the lengths as they are kept, so that a merge changes no average. */
	o->head.title_sum += (uint64_t)seg_length_of(seg_length_code(r->title_length));
	o->head.body_sum += (uint64_t)seg_length_of(seg_length_code(r->body_length));
	const struct str part[] = { d->id, d->owner, d->title.s, d->body.s };
	for (size_t i = 0; i < 4; i++) put_var(o, part[i].n);
	put_var(o, d->title.n_change);
	put_var(o, d->body.n_change);
	for (size_t i = 0; i < 4; i++) put(o, part[i].p, part[i].n);
	put_changes(o, &d->title);
	put_changes(o, &d->body);
	if (o->error) errno = o->error;
	return o->error ? seg_io(cx, "write", o->name) : RC_OK;
}

static void put_text(struct seg_out *o, struct str s)
{
	put_var(o, s.n);
	put(o, s.p, s.n);
}

enum rc seg_out_postings(struct cx *cx, struct seg_out *o)
{
	size_t n = o->doc_at.n;
	end(o, SEG_DOCS);
	VEC_PUSH(o->arena, &o->doc_at, o->head.section[SEG_DOCS].bytes);
	section(o, SEG_AT, o->doc_at.v, (n + 1) * 8);
	begin(o, SEG_LENGTHS);
	put(o, o->title.v, n);
	put(o, o->body.v, n);
	end(o, SEG_LENGTHS);
	section(o, SEG_TIES, o->tie.v, n * 4);
	section(o, SEG_CLASS, o->class.v, n * 4);
	begin(o, SEG_CLASSES);
	for (size_t i = 0; i < o->classes.n; i++) {
		const struct seg_class *c = &o->classes.v[i];
		put_text(o, c->type);
		put_text(o, c->division);
		put_var(o, (uint32_t)c->year);
		put_var(o, (uint64_t)c->n_see);
		for (int k = 0; k < c->n_see; k++) put_text(o, c->see[k]);
	}
	end(o, SEG_CLASSES);
	float title = n ? (float)o->head.title_sum / (float)n : 1, body = n ? (float)o->head.body_sum / (float)n : 1;
	for (int i = 0; i < 256; i++) {
		o->title_norm[i] = TEXT_TITLE / (1 - TEXT_B + TEXT_B * seg_length_of((unsigned char)i) / (title > 0 ? title : 1));
		o->body_norm[i] = 1 / (1 - TEXT_B + TEXT_B * seg_length_of((unsigned char)i) / (body > 0 ? body : 1));
	}
	begin(o, SEG_POSTINGS);
	if (o->error) errno = o->error;
	return o->error ? seg_io(cx, "write", o->name) : RC_OK;
}

/* ---- postings ---- */

static unsigned char block_max(const struct seg_out *o, const uint32_t *posting, uint32_t n)
{
	float best = 0;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t doc = posting[i] >> 8, code = posting[i] & 255;
		float t = (float)(code & 3) * o->title_norm[o->title.v[doc]] + (float)(code >> 2) * o->body_norm[o->body.v[doc]];
		if (t > best) best = t;
	}
	float s = best / (best + TEXT_K1) * 255 + 1.001f;       /* up, with room for rounding */
	return s >= 255 ? 255 : (unsigned char)s;
}

/* Bytes of a block into `out` (room for BLOCK_BYTES). */
static size_t pack_block(const uint32_t *posting, uint32_t n, uint32_t before, struct seg_block *h, unsigned char *out)
{
	uint32_t delta[BLOCK], code[BLOCK], most = 0, most_code = 0;
	for (uint32_t i = 0; i < n; i++) {
		delta[i] = (posting[i] >> 8) - before;
		before = posting[i] >> 8;
		code[i] = posting[i] & 255;
		if (delta[i] > most) most = delta[i];
		if (code[i] > most_code) most_code = code[i];
	}
	h->last = before;
	h->n = (unsigned char)(n - 1);
	if (n == BLOCK) {
		h->doc_bits = (unsigned char)pack_bits(most);
		h->code_bits = (unsigned char)pack_bits(most_code);
		pack_put(delta, h->doc_bits, out);
		pack_put(code, h->code_bits, out + pack_bytes(h->doc_bits));
		return pack_bytes(h->doc_bits) + pack_bytes(h->code_bits);
	}
	size_t w = 0;
	for (uint32_t i = 0; i < n; i++) w += var_put(out + w, delta[i]);
	for (uint32_t i = 0; i < n; i++) out[w++] = (unsigned char)code[i];
	return w;
}

enum rc seg_out_term(struct cx *cx, struct seg_out *o, uint64_t key, const uint32_t *posting, uint32_t n)
{
	static const char zero[4] = { 0 };
	uint32_t blocks = (n + BLOCK - 1) / BLOCK, before = 0, at = 0;
	if (blocks > o->blocks_room) {
		o->blocks_room = blocks * 2;
		o->heads = ARENA_ARRAY(o->arena, struct seg_block, o->blocks_room);
		o->packed = arena_alloc(o->arena, (size_t)o->blocks_room * BLOCK_BYTES);
	}
	put(o, zero, (4 - (o->at & 3)) & 3);
	struct seg_term t = { .key = key, .at = o->at - o->head.section[SEG_POSTINGS].at, .df = n, .blocks = blocks };
	for (uint32_t b = 0; b < blocks; b++) {
		uint32_t from = b * BLOCK, k = n - from < BLOCK ? n - from : BLOCK;
		struct seg_block *h = &o->heads[b];
		*h = (struct seg_block){ .at = at, .max = block_max(o, posting + from, k) };
		at += (uint32_t)pack_block(posting + from, k, before, h, o->packed + at);
		before = h->last;
	}
	put(o, o->heads, blocks * sizeof *o->heads);
	put(o, o->packed, at);
	VEC_PUSH(o->arena, &o->term, t);
	o->head.n_term++;
	if (o->error) errno = o->error;
	return o->error ? seg_io(cx, "write", o->name) : RC_OK;
}

/* ---- the end ---- */

static int by_hash(const void *a, const void *b)
{
	const struct seg_id *x = a, *y = b;
	return x->hash != y->hash ? (x->hash < y->hash ? -1 : 1) : (x->doc > y->doc) - (x->doc < y->doc);
}

static void put_directory(struct seg_out *o)
{
	uint32_t bits = 1, t = 0;
	while (bits < 24 && (1ull << bits) < o->head.n_term) bits++;
	uint32_t *dir = ARENA_ARRAY(o->arena, uint32_t, (1u << bits) + 1);
	for (uint32_t b = 0; b < 1u << bits; b++) {
		while (t < o->head.n_term && o->term.v[t].key >> (64 - bits) < b) t++;
		dir[b] = t;
	}
	dir[1u << bits] = (uint32_t)o->head.n_term;
	o->head.directory_bits = bits;
	section(o, SEG_DIRECTORY, dir, ((1u << bits) + 1) * 4);
}

/* By the upper halves, least significant digit first, 11 bits a pass; equal ones stay in their order. Returns where the result is. */
static const uint64_t *radix(uint64_t *v, uint64_t *room, size_t n)
{
	uint64_t *from = v, *to = room;
	for (int shift = 32; shift < 64; shift += 11) {
		size_t count[2049] = { 0 };
		for (size_t i = 0; i < n; i++) count[(from[i] >> shift & 2047) + 1]++;
		for (int i = 0; i < 2048; i++) count[i + 1] += count[i];
		for (size_t i = 0; i < n; i++) to[count[from[i] >> shift & 2047]++] = from[i];
		uint64_t *swap = from;
		from = to, to = swap;
	}
	return from;
}

static void put_prints(struct seg_out *o, uint64_t *given, size_t n)
{
	uint32_t bits = (uint32_t)pack_bits((uint32_t)(o->doc_at.n > 2 ? o->doc_at.n - 2 : 1)), low = 32 - bits;
	uint32_t *dir = ARENA_ARRAY(o->arena, uint32_t, (1u << bits) + 1);
	uint64_t *room = malloc(n * 8 + 8);
	if (!room) abort();
	const uint64_t *print = radix(given, room, n);
	begin(o, SEG_PRINTS);
	size_t at = 0;
	for (size_t i = 0; i < n; i++) {
		uint32_t hash = (uint32_t)(print[i] >> 32), entry = (uint32_t)((uint64_t)hash << bits) | (uint32_t)print[i];
		while (at <= hash >> low) dir[at++] = (uint32_t)i;
		put(o, &entry, 4);
	}
	free(room);
	end(o, SEG_PRINTS);
	while (at <= 1u << bits) dir[at++] = (uint32_t)n;
	o->head.print_bits = bits, o->head.n_print = n;
	section(o, SEG_PRINT_DIR, dir, ((1u << bits) + 1) * 4);
}

void seg_out_drop(struct seg_out *o)
{
	if (!o) return;
	close(o->fd);
	unlinkat(o->dir_fd, o->name, 0);
	arena_free(o->arena);
}

enum rc seg_out_close(struct cx *cx, struct seg_out *o, uint64_t *print, size_t n_print)
{
	end(o, SEG_POSTINGS);
	section(o, SEG_TERMS, o->term.v, o->term.n * sizeof *o->term.v);
	put_directory(o);
	if (o->id.n) qsort(o->id.v, o->id.n, sizeof *o->id.v, by_hash);
	section(o, SEG_IDS, o->id.v, o->id.n * sizeof *o->id.v);
	put_prints(o, print, n_print);
	flush(o);
	memcpy(o->head.magic, "LCTEXT02", 8);
	o->head.n_doc = (uint32_t)o->doc_at.n - 1;
	o->head.n_class = (uint32_t)o->classes.n;
	struct seg_head head = o->head;
	head.checksum = seg_checksum(&head, sizeof head, 0);
	if (!o->error && pwrite(o->fd, &head, sizeof head, 0) != (ssize_t)sizeof head) o->error = errno ? errno : EIO;
	if (!o->error && fsync(o->fd) != 0) o->error = errno;
	if (o->error) {
		errno = o->error;
		enum rc rc = seg_io(cx, "write", o->name);
		seg_out_drop(o);
		return rc;
	}
	close(o->fd);
	arena_free(o->arena);
	return RC_OK;
}

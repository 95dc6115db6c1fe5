/* Reading a segment, and the small files beside it. Nothing in the file is believed that could lead outside of it. */
#include "engine/text_segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/text_pack.h"

enum { PAGE = 1 << 16 };

uint64_t seg_checksum(const void *p, size_t n, uint64_t before)
{
	const char *b = p;
	for (size_t at = 0; at < n; at += PAGE) before = text_hash(b + at, n - at < PAGE ? n - at : PAGE, before);
	return before;
}

enum rc seg_damaged(struct cx *cx, const char *name)
{
	return fail(cx, RC_INVALID, "text.damaged", ((struct where){ .file = str_dup(cx->arena, str_c(name)) }), "索引文件已损坏，需要重建", "the index file is damaged and must be made again");
}

enum rc seg_io(struct cx *cx, const char *what, const char *name)
{
	return fail(cx, RC_IO, "text.io", ((struct where){ .file = str_dup(cx->arena, str_c(name)) }), "%s 失败：%s", "%s: %s", what, strerror(errno));
}

static bool section_fits(const struct seg_head *h, int s, size_t file, uint64_t bytes)
{
	const struct seg_section *x = &h->section[s];
	return x->at % 8 == 0 && x->at >= sizeof *h && x->at <= file && x->bytes <= file - x->at && (bytes == UINT64_MAX || x->bytes == bytes);
}

static bool read_text(const unsigned char **p, const unsigned char *end, struct str *out)
{
	uint32_t n;
	if (!var_get(p, end, &n) || n > (size_t)(end - *p)) return false;
	*out = (struct str){ (const char *)*p, n };
	*p += n;
	return true;
}

static bool read_classes(struct arena *a, struct seg *s)
{
	const unsigned char *p = (const unsigned char *)s->map + s->head->section[SEG_CLASSES].at, *end = p + s->head->section[SEG_CLASSES].bytes;
	if (s->head->n_class > (size_t)(end - p)) return false;
	s->classes = ARENA_ARRAY(a, struct seg_class, (size_t)s->head->n_class + 1);
	for (uint32_t i = 0; i < s->head->n_class; i++) {
		struct seg_class *c = &s->classes[i];
		uint32_t year, n;
		if (!read_text(&p, end, &c->type) || !read_text(&p, end, &c->division) || !var_get(&p, end, &year) || !var_get(&p, end, &n) ||
			n > (size_t)(end - p)) return false;
		struct str *see = ARENA_ARRAY(a, struct str, (size_t)n + 1);
		for (uint32_t k = 0; k < n; k++)
			if (!read_text(&p, end, &see[k])) return false;
		c->year = (int)year, c->see = see, c->n_see = (int)n;
	}
	return true;
}

/* The numbers that later code follows without a second look. */
static bool sound(const struct seg *s)
{
	const struct seg_head *h = s->head;
	uint64_t docs = h->section[SEG_DOCS].bytes;
	for (uint32_t i = 0; i < h->n_doc; i++)
		if (s->doc_at[i] > s->doc_at[i + 1] || s->class[i] >= h->n_class || s->id[i].doc >= h->n_doc) return false;
	if (s->doc_at[h->n_doc] != docs) return false;
	for (uint64_t b = 0; b < 1ull << h->directory_bits; b++)
		if (s->directory[b] > s->directory[b + 1]) return false;
	if (s->directory[1ull << h->directory_bits] != h->n_term) return false;
	for (uint64_t b = 0; b < 1ull << h->print_bits; b++)
		if (s->print_dir[b] > s->print_dir[b + 1]) return false;
	return s->print_dir[1ull << h->print_bits] == h->n_print;
}

enum rc seg_parse(struct cx *cx, struct arena *a, const char *name, const char *bytes, size_t n, bool trust, struct seg *out)
{
	struct seg s = { .map = bytes, .bytes = n, .head = (const struct seg_head *)bytes };
	struct seg_head h;
	if (n < sizeof h) return seg_damaged(cx, name);
	memcpy(&h, bytes, sizeof h);
	uint64_t sum = h.checksum;
	h.checksum = 0;
	if (memcmp(h.magic, "LCTEXT02", 8) != 0 || (!trust && (seg_checksum(&h, sizeof h, 0) != sum || seg_checksum(bytes + sizeof h, n - sizeof h, 0) != h.body_checksum)))
		return seg_damaged(cx, name);
	uint64_t d = h.n_doc;
	if (d > SEG_DOCS_MAX || h.n_term > UINT32_MAX || h.directory_bits > 24 || !h.directory_bits || h.print_bits > 24 || !h.print_bits || h.n_print > UINT32_MAX ||
		!section_fits(&h, SEG_DOCS, n, UINT64_MAX) || !section_fits(&h, SEG_AT, n, (d + 1) * 8) || !section_fits(&h, SEG_LENGTHS, n, d * 2) ||
		!section_fits(&h, SEG_TIES, n, d * 4) || !section_fits(&h, SEG_CLASS, n, d * 4) || !section_fits(&h, SEG_CLASSES, n, UINT64_MAX) || !section_fits(&h, SEG_POSTINGS, n, UINT64_MAX) ||
		!section_fits(&h, SEG_TERMS, n, h.n_term * sizeof(struct seg_term)) || !section_fits(&h, SEG_DIRECTORY, n, ((1ull << h.directory_bits) + 1) * 4) ||
		!section_fits(&h, SEG_IDS, n, d * sizeof(struct seg_id)) || !section_fits(&h, SEG_PRINTS, n, h.n_print * 4) ||
		!section_fits(&h, SEG_PRINT_DIR, n, ((1ull << h.print_bits) + 1) * 4))
		return seg_damaged(cx, name);
	s.doc_at = (const uint64_t *)(bytes + h.section[SEG_AT].at);
	s.title_length = (const unsigned char *)bytes + h.section[SEG_LENGTHS].at;
	s.body_length = s.title_length + d;
	s.tie = (const uint32_t *)(bytes + h.section[SEG_TIES].at);
	s.class = (const uint32_t *)(bytes + h.section[SEG_CLASS].at);
	s.postings = bytes + h.section[SEG_POSTINGS].at;
	s.term = (const struct seg_term *)(bytes + h.section[SEG_TERMS].at);
	s.directory = (const uint32_t *)(bytes + h.section[SEG_DIRECTORY].at);
	s.id = (const struct seg_id *)(bytes + h.section[SEG_IDS].at);
	s.print = (const uint32_t *)(bytes + h.section[SEG_PRINTS].at);
	s.print_dir = (const uint32_t *)(bytes + h.section[SEG_PRINT_DIR].at);
	if (!read_classes(a, &s) || !sound(&s)) return seg_damaged(cx, name);
	*out = s;
	return RC_OK;
}

enum rc seg_open(struct cx *cx, struct arena *a, int dir_fd, const char *name, bool trust, struct seg *out)
{
	struct stat st;
	int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0) return errno == ENOENT ? seg_damaged(cx, name) : seg_io(cx, "open", name);
	if (fstat(fd, &st) != 0 || st.st_size < (off_t)sizeof(struct seg_head)) {
		close(fd);
		return seg_damaged(cx, name);
	}
	char *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (map == MAP_FAILED) return seg_io(cx, "mmap", name);
	enum rc rc = seg_parse(cx, a, name, map, (size_t)st.st_size, trust, out);
	if (rc != RC_OK) munmap(map, (size_t)st.st_size);
	return rc;
}

void seg_close(struct seg *s)
{
	if (s->map) munmap((void *)(uintptr_t)s->map, s->bytes);
	s->map = NULL;
}

/* ---- terms and postings ---- */

const struct seg_term *seg_find(const struct seg *s, uint64_t key)
{
	uint64_t b = key >> (64 - s->head->directory_bits);
	for (uint32_t i = s->directory[b]; i < s->directory[b + 1]; i++)
		if (s->term[i].key == key) return &s->term[i];
	return NULL;
}

const struct seg_block *seg_blocks(const struct seg *s, const struct seg_term *t)
{
	uint64_t bytes = s->head->section[SEG_POSTINGS].bytes;
	if (t->at % 4 || t->at > bytes || (uint64_t)t->blocks * sizeof(struct seg_block) > bytes - t->at || !t->df || t->df > s->head->n_doc ||
		t->blocks != (t->df + BLOCK - 1) / BLOCK) return NULL;
	return (const struct seg_block *)(s->postings + t->at);
}

/* The bytes of a block, `n` of them to the end of the section; NULL when the block is not inside. */
static const unsigned char *block_bytes(const struct seg *s, const struct seg_term *t, const struct seg_block *h, size_t *n)
{
	uint64_t at = t->at + (uint64_t)t->blocks * sizeof *h + h->at, bytes = s->head->section[SEG_POSTINGS].bytes;
	if (at > bytes) return NULL;
	*n = bytes - at;
	return (const unsigned char *)s->postings + at;
}

int seg_docs(const struct seg *s, const struct seg_term *t, const struct seg_block *heads, uint32_t b, uint32_t *doc)
{
	const struct seg_block *h = &heads[b];
	uint32_t before = b ? heads[b - 1].last : 0;
	size_t room;
	const unsigned char *p = block_bytes(s, t, h, &room);
	int n = h->n + 1;
	if (!p || h->last >= s->head->n_doc || before > h->last) return 0;
	if (n == BLOCK) {
		if (h->doc_bits > 24 || h->code_bits > 8 || pack_bytes(h->doc_bits) + pack_bytes(h->code_bits) > room) return 0;
		pack_get(p, h->doc_bits, doc);
		pack_sum(doc, before);
		before = doc[BLOCK - 1];
	} else {
		const unsigned char *end = p + room;
		if (n > BLOCK) return 0;
		for (int i = 0; i < n; i++) {
			uint32_t d;
			if (!var_get(&p, end, &d) || d >= SEG_DOCS_MAX) return 0;
			before = doc[i] = before + d;
		}
		if ((size_t)(end - p) < (size_t)n) return 0;
	}
	return before == h->last ? n : 0;       /* steps of at most 24 bits: nothing wrapped, so all are below */
}

void seg_codes(const struct seg *s, const struct seg_term *t, const struct seg_block *heads, uint32_t b, unsigned char *code)
{
	const struct seg_block *h = &heads[b];
	size_t room;
	const unsigned char *p = block_bytes(s, t, h, &room);
	if (h->n + 1 == BLOCK) {
		NOT_CLEARED uint32_t wide[BLOCK];
		pack_get(p + pack_bytes(h->doc_bits), h->code_bits, wide);
		for (int i = 0; i < BLOCK; i++) code[i] = (unsigned char)wide[i];
		return;
	}
	uint32_t skip;
	const unsigned char *end = p + room;
	for (int i = 0; i <= h->n; i++)
		if (!var_get(&p, end, &skip)) return;
	memcpy(code, p, (size_t)h->n + 1);
}

bool seg_all(const struct seg *s, const struct seg_term *t, uint32_t *posting)
{
	const struct seg_block *heads = seg_blocks(s, t);
	uint32_t doc[BLOCK], w = 0;
	unsigned char code[BLOCK];
	if (!heads) return false;
	for (uint32_t b = 0; b < t->blocks; b++) {
		int n = seg_docs(s, t, heads, b, doc);
		if (!n || w + (uint32_t)n > t->df) return false;
		seg_codes(s, t, heads, b, code);
		for (int i = 0; i < n; i++) posting[w++] = doc[i] << 8 | code[i];
	}
	return w == t->df;
}

/* ---- documents ---- */

static bool read_changes(struct arena *a, const unsigned char **p, const unsigned char *end, uint32_t n, bool wanted, struct text_folded *f)
{
	uint32_t folded = 0, given = 0;
	if (n > (size_t)(end - *p)) return false;
	struct text_change *c = wanted ? ARENA_ARRAY(a, struct text_change, (size_t)n + 1) : NULL;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t gap;
		if (!var_get(p, end, &gap) || end - *p < 2 || gap > f->s.n) return false;
		unsigned char folded_n = *(*p)++, given_n = *(*p)++;
		folded += gap, given += gap;
		if (c) c[i] = (struct text_change){ .folded = folded, .given = given, .folded_n = folded_n, .given_n = given_n };
		folded += folded_n, given += given_n;
		if (folded > f->s.n) return false;
	}
	f->change = c, f->n_change = c ? n : 0;
	return true;
}

bool seg_doc(const struct seg *s, struct arena *a, uint32_t doc, bool changes, struct seg_doc *out)
{
	const unsigned char *p = (const unsigned char *)s->map + s->head->section[SEG_DOCS].at, *end = p + s->doc_at[doc + 1];
	uint32_t n[6];
	p += s->doc_at[doc];
	for (int i = 0; i < 6; i++)
		if (!var_get(&p, end, &n[i])) return false;
	struct str *part[] = { &out->id, &out->owner, &out->title.s, &out->body.s };
	for (int i = 0; i < 4; i++) {
		if (n[i] > (size_t)(end - p)) return false;
		*part[i] = (struct str){ (const char *)p, n[i] };
		p += n[i];
	}
	out->title.change = out->body.change = NULL, out->title.n_change = out->body.n_change = 0;
	return !changes || (read_changes(a, &p, end, n[4], true, &out->title) && read_changes(a, &p, end, n[5], true, &out->body));
}

bool seg_by_id(const struct seg *s, struct str id, uint32_t *doc)
{
	uint64_t hash = text_hash(id.p, id.n, 1);
	uint32_t lo = 0, hi = s->head->n_doc;
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		if (s->id[mid].hash < hash) lo = mid + 1;
		else hi = mid;
	}
	for (; lo < s->head->n_doc && s->id[lo].hash == hash; lo++) {
		struct seg_doc d;
		if (seg_is_removed(s, s->id[lo].doc) || !seg_doc(s, NULL, s->id[lo].doc, false, &d) || !str_eq(d.id, id)) continue;
		*doc = s->id[lo].doc;
		return true;
	}
	return false;
}

/* ---- small files ---- */

static enum rc put_bytes(struct cx *cx, int fd, const char *name, const void *bytes, size_t n)
{
	for (const char *p = bytes; n;) {
		ssize_t w = write(fd, p, n);
		if (w < 0 && errno == EINTR) continue;
		if (w < 0) return seg_io(cx, "write", name);
		p += w, n -= (size_t)w;
	}
	return RC_OK;
}

enum rc seg_file_put(struct cx *cx, int dir_fd, const char *name, const void *bytes, size_t n)
{
	char beside[80];
	uint64_t sum = seg_checksum(bytes, n, 5);
	snprintf(beside, sizeof beside, "%s.tmp", name);
	int fd = openat(dir_fd, beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	if (fd < 0) return seg_io(cx, "open", beside);
	enum rc rc = put_bytes(cx, fd, beside, bytes, n);
	if (rc == RC_OK) rc = put_bytes(cx, fd, beside, &sum, sizeof sum);
	if (rc == RC_OK && fsync(fd) != 0) rc = seg_io(cx, "fsync", beside);
	close(fd);
	if (rc == RC_OK && renameat(dir_fd, beside, dir_fd, name) != 0) rc = seg_io(cx, "rename", beside);
	if (rc == RC_OK && fsync(dir_fd) != 0) rc = seg_io(cx, "fsync", name);
	return rc;
}

enum rc seg_file_get(struct cx *cx, struct arena *a, int dir_fd, const char *name, struct str *out)
{
	struct stat st;
	int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0) return errno == ENOENT ? RC_MISSING : seg_io(cx, "open", name);
	if (fstat(fd, &st) != 0 || st.st_size < 8 || st.st_size > (off_t)1 << 33) {
		close(fd);
		return seg_damaged(cx, name);
	}
	size_t n = (size_t)st.st_size, got = 0;
	char *p = arena_alloc(a, n);
	ssize_t r = 1;
	while (got < n && (r = read(fd, p + got, n - got)) > 0) got += (size_t)r;
	close(fd);
	if (got < n) return r < 0 ? seg_io(cx, "read", name) : seg_damaged(cx, name);
	uint64_t sum;
	memcpy(&sum, p + n - 8, 8);
	if (sum != seg_checksum(p, n - 8, 5)) return seg_damaged(cx, name);
	*out = (struct str){ p, n - 8 };
	return RC_OK;
}

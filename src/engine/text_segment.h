/* One segment: an immutable file of documents, postings and fingerprints, read by mmap. Derived: it can always be made again, so the
   numbers in it are those of the machine that wrote it (little-endian), and a version word in the head ends older layouts.

   head · documents · where each begins · lengths · ties · classes · postings · terms · directory · ids · fingerprints

   Postings of a term: blocks of 128 documents. A block head tells the last document, where its bytes are, and an upper bound of
   what any of its documents scores; full blocks are bit-packed, the last one is in variable-length bytes. A posting carries a code:
   occurrences in the body (at most 63) times 4 plus occurrences in the title (at most 3). */
#ifndef ENGINE_TEXT_SEGMENT_H
#define ENGINE_TEXT_SEGMENT_H

#include "engine/text_inner.h"

enum {
	SEG_DOCS_MAX = 1 << 24, BLOCK = 128, CODE_MAX = 255,
	SEG_DOCS = 0, SEG_AT, SEG_LENGTHS, SEG_TIES, SEG_CLASS, SEG_CLASSES, SEG_POSTINGS, SEG_TERMS, SEG_DIRECTORY, SEG_IDS, SEG_PRINTS, SEG_PRINT_DIR, SEG_SECTIONS
};

/* BM25F */
#define TEXT_K1 1.2f
#define TEXT_B 0.75f
#define TEXT_TITLE 2.0f

struct seg_section { uint64_t at, bytes; };
struct seg_head {
	char magic[8];
	uint64_t checksum;              /* of this head with zero here */
	uint64_t body_checksum;         /* of everything after the head */
	uint64_t title_sum, body_sum;   /* of lengths, for the averages */
	uint32_t n_doc, n_class;
	uint64_t n_term;
	uint32_t directory_bits, print_bits;
	uint64_t n_print;
	struct seg_section section[SEG_SECTIONS];
};
struct seg_term { uint64_t key, at; uint32_t df, blocks; };
struct seg_block { uint32_t last, at; unsigned char max, doc_bits, code_bits, n; };    /* n − 1 */
struct seg_id { uint64_t hash; uint32_t doc, unused; };

/* Type, division, year, groups: few combinations, one number a document. */
struct seg_class { struct str type, division; int year; const struct str *see; int n_see; };

struct seg {
	uint64_t number;
	const char *map;
	size_t bytes;
	const struct seg_head *head;
	const uint64_t *doc_at;
	const unsigned char *title_length, *body_length;
	const uint32_t *tie;            /* of each document, by its id: breaks ties without a look at the text */
	const uint32_t *class;
	struct seg_class *classes;
	const struct seg_term *term;
	const uint32_t *directory;
	const char *postings;
	const struct seg_id *id;
	const uint32_t *print_dir, *print;
	const unsigned char *removed;   /* bitmap, or NULL */
	uint32_t n_removed;
	const int8_t *meaning;          /* vectors of the model, or NULL */
	const float *meaning_scale;
};

/* A document as it is stored; borrowed from the map. */
struct seg_doc { struct str id, owner; struct text_folded title, body; };

/* Lengths in a byte: exact under 16, then four bits of mantissa. */
static inline unsigned char seg_length_code(uint32_t n)
{
	if (n < 16) return (unsigned char)n;
	int e = 31 - __builtin_clz(n);
	uint32_t c = (uint32_t)(e - 4) * 16 + (n >> (e - 4) & 15) + 16;
	return c > 255 ? 255 : (unsigned char)c;
}
static inline float seg_length_of(unsigned char c)
{
	if (c < 16) return c;
	int e = (c - 16) / 16;
	return (float)((16u + (c & 15u)) << e) + (float)(1u << e) / 2 - 0.5f;
}

/* ---- writing: documents first, in order, then terms in the order of their keys, then the rest ---- */

struct seg_out;
struct seg_record { struct seg_doc doc; struct seg_class class; uint32_t title_length, body_length; };

enum rc seg_out_open(struct cx *cx, int dir_fd, const char *name, struct seg_out **out) MUST_USE;
enum rc seg_out_doc(struct cx *cx, struct seg_out *o, const struct seg_record *r) MUST_USE;
uint32_t seg_out_docs(const struct seg_out *o);
enum rc seg_out_postings(struct cx *cx, struct seg_out *o) MUST_USE;    /* no more documents from here on */
enum rc seg_out_term(struct cx *cx, struct seg_out *o, uint64_t key, const uint32_t *posting, uint32_t n) MUST_USE;    /* doc << 8 | code */
/* Sorts `print` (fingerprint << 32 | doc, documents in order), writes the rest, and makes the file durable. Always frees o, and removes the file on failure. */
enum rc seg_out_close(struct cx *cx, struct seg_out *o, uint64_t *print, size_t n_print) MUST_USE;
void seg_out_drop(struct seg_out *o);

/* ---- reading ---- */

/* Maps and checks; everything that later code relies on is checked here or where it is used. `a` owns what is parsed. `trust` leaves the
   checksums out: for a file that the caller has just written. */
enum rc seg_open(struct cx *cx, struct arena *a, int dir_fd, const char *name, bool trust, struct seg *out) MUST_USE;
/* The same for bytes in memory; `trust` as above. */
enum rc seg_parse(struct cx *cx, struct arena *a, const char *name, const char *bytes, size_t n, bool trust, struct seg *out) MUST_USE;
void seg_close(struct seg *s);

const struct seg_term *seg_find(const struct seg *s, uint64_t key);
/* The block heads of a term; NULL when the term's bytes are not inside the file. */
const struct seg_block *seg_blocks(const struct seg *s, const struct seg_term *t);
/* Documents and codes of block b; 0 when its bytes make no sense. Room for 128 each. */
int seg_docs(const struct seg *s, const struct seg_term *t, const struct seg_block *heads, uint32_t b, uint32_t *doc);
void seg_codes(const struct seg *s, const struct seg_term *t, const struct seg_block *heads, uint32_t b, unsigned char *code);
/* All postings of a term into room for t->df; false when they make no sense. */
bool seg_all(const struct seg *s, const struct seg_term *t, uint32_t *posting);
bool seg_doc(const struct seg *s, struct arena *a, uint32_t doc, bool changes, struct seg_doc *out);
/* The live document of that id; false when there is none. */
bool seg_by_id(const struct seg *s, struct str id, uint32_t *doc);
static inline bool seg_is_removed(const struct seg *s, uint32_t doc) { return s->removed && s->removed[doc >> 3] >> (doc & 7) & 1; }

/* Small files (the list of segments, bitmaps, models): written beside, made durable, then renamed over. */
enum rc seg_file_put(struct cx *cx, int dir_fd, const char *name, const void *bytes, size_t n) MUST_USE;
/* Whole into memory and checked against the checksum at its end; RC_MISSING, or RC_INVALID when damaged. */
enum rc seg_file_get(struct cx *cx, struct arena *a, int dir_fd, const char *name, struct str *out) MUST_USE;
enum rc seg_damaged(struct cx *cx, const char *name) MUST_USE;
enum rc seg_io(struct cx *cx, const char *what, const char *name) MUST_USE;
uint64_t seg_checksum(const void *p, size_t n, uint64_t before);

#endif

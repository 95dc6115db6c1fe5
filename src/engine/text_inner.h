/* What the parts of the text engine share. The manual of the engine is text.h; the file format is told in text_segment.h. */
#ifndef ENGINE_TEXT_INNER_H
#define ENGINE_TEXT_INNER_H

#include <string.h>

#include "engine/text.h"

/* For room that is written before it is read, in the innermost loops: the compiler is told to clear everything else. */
#if defined(__has_attribute) && __has_attribute(uninitialized)
#define NOT_CLEARED __attribute__((uninitialized))
#else
#define NOT_CLEARED
#endif

/* Reversible, so that distinct keys stay distinct, and even, so that a sorted table of keys can be searched by its top bits. */
static inline uint64_t text_mix(uint64_t x)
{
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93u;
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93u;
	return x ^ x >> 32;
}

/* 64 bits of bytes, for keys of words, ids and checksums of short things. */
uint64_t text_hash(const void *p, size_t n, uint64_t seed);

/* A pipe's word borders in a run of Han characters: mark[i] tells whether a word begins at the i-th byte. Folded text. */
enum rc text_words(struct cx *cx, struct text_pipe *p, struct str run, bool *mark) MUST_USE;

/* The same as text_terms into room that is used again: grows in the pipe's own memory. Valid until the next call. */
const struct text_term *text_scan(struct text_pipe *p, struct str folded, size_t *n);
/* The same as text_fold_map, into the pipe's own memory; valid until the next call. */
struct text_folded text_fold_again(struct text_pipe *p, struct str given);

/* What a query asks for: each distinct key once. */
struct text_want {
	uint64_t key;
	enum text_kind kind;
	uint32_t start, end;            /* its first place in the folded query */
	float weight;                   /* times in the query, less where it crosses words */
};
struct text_ask {
	struct str folded;
	struct text_want *want;
	int n;
	struct str *phrase;             /* runs of the query that a document may hold as written */
	float *phrase_weight;
	int n_phrase;
	bool all;
};
enum rc text_ask_read(struct cx *cx, struct text_pipe *p, struct str query, struct text_ask *out) MUST_USE;

#endif

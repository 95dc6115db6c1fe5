/* Latent semantics: 128 dimensions from a randomized SVD of the term-document matrix, words as vectors, documents as the weighted
   sum of their words. Vectors of documents are kept in bytes with one scale each. */
#ifndef ENGINE_TEXT_MEANING_H
#define ENGINE_TEXT_MEANING_H

#include "engine/text_folder.h"

enum { MEANING_K = 128 };

struct meaning_word { uint64_t key; float idf; int8_t v[MEANING_K]; float scale; };
struct meaning { uint64_t number; const struct meaning_word *word; uint32_t n; };      /* sorted by key */

/* Learn from the segments (a sample of 20,000 of the longest documents at most) and write model file `number`. */
enum rc meaning_train(struct cx *cx, int dir_fd, const struct seg *const *seg, int n, uint64_t seed, uint64_t number) MUST_USE;
enum rc meaning_load(struct cx *cx, struct arena *a, int dir_fd, uint64_t number, struct meaning *out) MUST_USE;
/* Write the vectors of a segment's documents under the model. */
enum rc meaning_fold_docs(struct cx *cx, int dir_fd, const struct meaning *m, const struct seg *s, uint64_t number) MUST_USE;
/* Set s->meaning when the file is there. */
enum rc meaning_load_docs(struct cx *cx, struct arena *a, int dir_fd, uint64_t number, uint64_t model, struct seg *s) MUST_USE;

const struct meaning_word *meaning_find(const struct meaning *m, uint64_t key);
/* The vector of a query, of length 1; false when no word of it is known. */
bool meaning_query(const struct meaning *m, const struct text_ask *ask, float v[MEANING_K]);
double meaning_cosine(const struct seg *s, uint32_t doc, const float v[MEANING_K]);

#endif

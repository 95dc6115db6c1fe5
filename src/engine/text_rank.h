/* Scoring: the best documents of an open index for a query, by words alone. */
#ifndef ENGINE_TEXT_RANK_H
#define ENGINE_TEXT_RANK_H

#include "engine/text_meaning.h"

/* A state of the folder as one reader sees it. */
struct text_index {
	struct text_pipe *pipe;
	int dir_fd;
	struct folder folder;
	int64_t stamp[3];               /* inode, seconds and nanoseconds of `index` */
	struct piece_in { struct seg seg; struct arena *arena; uint64_t number, model; uint32_t gone; } *piece;
	int n;
	struct arena *model_arena;
	struct meaning model;           /* number 0: none */
	uint64_t documents;             /* removed ones too: what df counts */
	float title_average, body_average;
	float title_norm[256], body_norm[256];
	float body_score[64][256];      /* of a posting without the title: by occurrences and length */
};

struct rank_found { uint32_t score; int seg; uint32_t doc; };
struct rank_term { float weight; double idf; uint64_t df; };        /* weight: the query's times idf, in units of 1/TEXT_ONE */

/* Weights of the terms over all segments, in the order of ask->want. */
struct rank_term *rank_terms(struct arena *a, const struct text_index *x, const struct text_ask *ask);
/* Which classes of a segment the filter lets through. */
bool *rank_classes(struct arena *a, const struct seg *s, const struct text_filter *f);
/* The k best, best first; ties by a hash of the id. Exact: nothing is left out by pruning. */
struct rank_found *rank_best(struct arena *a, const struct text_index *x, const struct text_ask *ask, const struct rank_term *terms,
	const struct text_filter *f, uint32_t k, uint32_t *n);

static inline float rank_saturated(const struct text_index *x, unsigned char code, unsigned char title_length, unsigned char body_length)
{
	if (!(code & 3)) return x->body_score[code >> 2][body_length];
	float t = (float)(code & 3) * x->title_norm[title_length] + (float)(code >> 2) * x->body_norm[body_length];
	return t / (t + TEXT_K1);
}
static inline uint32_t rank_part(float weight, float saturated) { return (uint32_t)(int32_t)(weight * saturated + 0.5f); }

#endif

/* The folder of an index: `index` names the segments that count, seg-N is a segment, gone-N-G a bitmap of its removed documents,
   model-M the model of latent semantics, mean-N-M the vectors of a segment under it. What `index` does not name is rubbish of a
   writer that was killed; the next writer sweeps it. */
#ifndef ENGINE_TEXT_FOLDER_H
#define ENGINE_TEXT_FOLDER_H

#include "engine/text_segment.h"

enum { FOLDER_SEGS_MAX = 256, FOLDER_NAME = 64 };

struct folder_seg { uint64_t number, bytes, checksum; uint32_t n_removed, gone; };      /* gone: generation of the bitmap, 0: none removed */
struct folder {
	uint64_t generation, next, model;       /* model 0: none */
	uint32_t n;
	struct folder_seg seg[FOLDER_SEGS_MAX];
};

enum rc folder_load(struct cx *cx, int dir_fd, struct folder *out) MUST_USE;   /* RC_MISSING, RC_INVALID */
enum rc folder_save(struct cx *cx, int dir_fd, const struct folder *f) MUST_USE;
/* Opens a segment with its bitmap and, when there is a model, its vectors (made later: none is no failure). */
enum rc folder_open_seg(struct cx *cx, struct arena *a, int dir_fd, const struct folder_seg *fs, uint64_t model, struct seg *out) MUST_USE;
/* Removes every file that `f` does not name. */
void folder_sweep(int dir_fd, const struct folder *f);

void folder_seg_name(char out[FOLDER_NAME], uint64_t number);
void folder_gone_name(char out[FOLDER_NAME], uint64_t number, uint32_t gone);
void folder_model_name(char out[FOLDER_NAME], uint64_t model);
void folder_meaning_name(char out[FOLDER_NAME], uint64_t number, uint64_t model);

#endif

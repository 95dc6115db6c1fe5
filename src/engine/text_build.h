/* One segment in the making: documents go to its file as they come, postings and fingerprints wait in memory. */
#ifndef ENGINE_TEXT_BUILD_H
#define ENGINE_TEXT_BUILD_H

#include "engine/text_segment.h"

struct build;
struct build *build_new(struct text_pipe *p, size_t memory_bytes);
void build_free(struct build *b);                       /* a file begun is removed */
uint32_t build_docs(const struct build *b);
bool build_is_full(const struct build *b);
enum rc build_put(struct cx *cx, struct build *b, int dir_fd, const char *name, const struct text_doc *doc, uint32_t *number) MUST_USE;
/* Writes the segment and forgets it; an error too leaves b empty. */
enum rc build_flush(struct cx *cx, struct build *b) MUST_USE;

/* A new segment of the living documents of `in`, in order. */
enum rc build_merge(struct cx *cx, int dir_fd, const char *name, const struct seg *const *in, int n) MUST_USE;

#endif

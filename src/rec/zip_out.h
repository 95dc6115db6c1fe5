/* Writing a ZIP archive into a file, entry by entry, in constant memory (minizip). Names are UTF-8 and say so, times are all the
   same: the same entries give the same bytes. */
#ifndef REC_ZIP_OUT_H
#define REC_ZIP_OUT_H

#include "base/fail.h"

struct zip_out;
/* Into `fd`, an empty file open for reading and writing, which stays the caller's. zip_finish must be called exactly once. */
enum rc zip_start(struct cx *cx, int fd, struct zip_out **out) MUST_USE;
enum rc zip_add(struct cx *cx, struct zip_out *z, struct str name, struct str bytes) MUST_USE;
/* The whole of another file, as it is: those of people are mostly packed already. */
enum rc zip_add_file(struct cx *cx, struct zip_out *z, struct str name, int fd) MUST_USE;
enum rc zip_finish(struct cx *cx, struct zip_out *z) MUST_USE;

/* A name that every system takes as one part of a path: without /\:*?"<>| and control characters, at most 80 characters. */
struct str zip_name(struct arena *a, struct str name);

#endif

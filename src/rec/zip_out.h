/* Writing a ZIP archive into a file, entry by entry, in constant memory. Names are UTF-8 and say so, times are all the same: the same
   entries give the same bytes.

   The file only grows: an entry is whole once it is added, and the directory at the end is made from the entries themselves. So an archive
   can be left at any entry and gone on with later, by another process, from the number of bytes it had. (minizip keeps the directory in
   memory only, so what it has begun must be finished in one go.) An entry is below 4 GiB; the archive need not be. */
#ifndef REC_ZIP_OUT_H
#define REC_ZIP_OUT_H

#include "base/fail.h"

struct zip_out;
/* Into `fd`, a file open for reading and writing, which stays the caller's; its first `bytes` are whole entries (0: none yet), what is
   behind them is dropped. */
enum rc zip_start(struct cx *cx, int fd, int64_t bytes, struct zip_out **out) MUST_USE;
enum rc zip_add(struct cx *cx, struct zip_out *z, struct str name, struct str bytes) MUST_USE;
/* The whole of another file, as it is: those of people are mostly packed already. */
enum rc zip_add_file(struct cx *cx, struct zip_out *z, struct str name, int fd) MUST_USE;
/* How far it is: the whole entries, in bytes. */
int64_t zip_bytes(const struct zip_out *z);
/* Drop the entries behind these bytes, which zip_bytes told. */
void zip_cut(struct zip_out *z, int64_t bytes);
enum rc zip_finish(struct cx *cx, struct zip_out *z) MUST_USE;

/* A name that every system takes as one part of a path: without /\:*?"<>| and control characters, at most 80 characters. */
struct str zip_name(struct arena *a, struct str name);

#endif

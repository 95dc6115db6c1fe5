/* What a file tells of who made it, taken out: for readers who must not learn it (a field declared `strip`).

   PDF is written anew from what its pages need: no document information, XMP, IDs, revisions, signatures, authors and dates of
   notes, attachments, scripts. DOCX, XLSX and PPTX lose properties, authors and dates of comments and changes, revision ids,
   paths, printer settings, links to templates and other outside parts. JPEG and PNG keep the picture, its colours and its
   orientation. Texts stay as they are: what is written on the pages is content. A file that cannot be taken apart is refused:
   never handed out as it was. */
#ifndef REC_STRIP_H
#define REC_STRIP_H

#include "base/buf.h"
#include "base/fail.h"

enum { STRIP_BYTES_MAX = 64 << 20 };
/* Room for the answer in an arena of its own. */
#define STRIP_ARENA ((size_t)320 << 20)

/* `kind` is a file name ending for which file_strips (def/model.h). In the sandbox (base/sandbox.h); the answer is in cx->arena. RC_INVALID with what is wrong: protected, damaged. */
enum rc strip_file(struct cx *cx, struct str kind, struct str bytes, struct str *out) MUST_USE;

/* What runs in the sandbox's child; separate for tests and fuzzers. `salt` is a secret of this run against colliding names; `out`
   needs room for STRIP_BYTES_MAX. */
enum rc strip_bytes(struct cx *cx, struct str kind, struct str bytes, uint64_t salt, struct buf *out) MUST_USE;

#endif

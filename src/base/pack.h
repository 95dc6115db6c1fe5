/* Values as bytes for the pipes between our own processes: compact, strict, bounded. Not a storage format. */
#ifndef BASE_PACK_H
#define BASE_PACK_H

#include "base/buf.h"
#include "base/fail.h"
#include "base/val.h"

/* A message of many tiny values costs far more memory than bytes: both counts are bounded. The depth leaves room around a
   JSON body of the deepest kind (JSON_DEPTH_MAX). */
enum { PACK_DEPTH_MAX = 80, PACK_ITEMS_MAX = 500000 };

/* False, and out->full, when the value is over a limit and could not be read back. */
bool val_pack(struct buf *out, struct val v);
/* Texts are copied into cx->arena. Anything malformed, too deep, too many or left over fails. */
enum rc val_unpack(struct cx *cx, struct str bytes, struct val *out) MUST_USE;

#endif

/* JSON in (jansson: strict UTF-8, no duplicate keys, no overflow) and out. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "buf.h"
#include "fail.h"
#include "val.h"

enum { JSON_BYTES_MAX = 16 << 20, JSON_DEPTH_MAX = 64, JSON_VALUES_MAX = 200000 };

/* A number with a fraction becomes VAL_DEC (6 decimals at most); exponents are refused. `name` is for messages. */
enum rc json_read(struct cx *cx, struct str text, const char *name, struct val *out) MUST_USE;
/* Compact, keys in insertion order, all control characters and U+2028/9 escaped, so it may stand in any page. */
void json_write(struct buf *out, struct val v);
struct str json_text(struct arena *a, struct val v);

#endif

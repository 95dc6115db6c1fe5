/* Inside receipts: shared by making and checking. */
#ifndef REC_RECEIPT_INNER_H
#define REC_RECEIPT_INNER_H

#include "base/val.h"

/* Keys sorted by bytes; ids, which many programs would round (they are above 2^53), as their 13 characters. */
struct val receipt_canonical(struct arena *a, struct val v);
/* SM3 of "SALT\nNAME\nVALUE", hex. */
struct str receipt_field_digest(struct arena *a, struct str salt, struct str name, struct val value);

#endif

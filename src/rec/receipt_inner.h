/* Inside receipts: shared by making and checking. */
#ifndef REC_RECEIPT_INNER_H
#define REC_RECEIPT_INNER_H

#include "base/val.h"

/* SM3 of "SALT\nNAME\nVALUE", hex. */
struct str receipt_field_digest(struct arena *a, struct str salt, struct str name, struct val value);

#endif

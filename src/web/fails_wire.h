/* Failures ⇄ values, so that a failure in the writer reaches the page that asked. */
#ifndef WEB_FAILS_WIRE_H
#define WEB_FAILS_WIRE_H

#include "base/fail.h"
#include "base/val.h"

/* A list of {code, level, field, zh, en, …}. Source lines stay behind: they are the region's, not the user's. */
struct val fails_val(struct arena *a, const struct fails *fails);
/* Add them to cx->fails; what is not of that shape is left out. Texts are borrowed from `list`. */
void fails_from_val(struct cx *cx, struct val list);

#endif

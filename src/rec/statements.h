/* Will the database take what a region's declarations become? An engine bears only so much nesting and length in one statement: what a
   declaration writes short may be long as SQL. So `region check` has every statement prepared on an empty database of its own. */
#ifndef REC_STATEMENTS_H
#define REC_STATEMENTS_H

#include "def/model.h"

/* Rights (each act as somebody who holds every role), moves with their guards, computed fields, and the keys of assignments. Each that is
   refused is a failure at its own line; RC_INVALID then. */
enum rc statements_try(struct cx *cx, const struct region *r) MUST_USE;

#endif

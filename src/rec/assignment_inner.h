/* Between assignment.c (reading) and assignment_pick.c (candidates). */
#ifndef REC_ASSIGNMENT_INNER_H
#define REC_ASSIGNMENT_INNER_H

#include "rec/assignment.h"

/* Fills row, candidate, affinity, part, excluded of a case that is read. */
void assignment_pick(struct rx *rx, struct assignment_case *c, const struct assignment_wish *wish, int n_wish);

#endif

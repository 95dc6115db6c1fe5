/* Working out the proposal of a round: at once when the round is small, else as a job. */
#ifndef FEATURE_ASSIGN_JOB_H
#define FEATURE_ASSIGN_JOB_H

#include "feature/assign_draw.h"

/* Adds to `args` what the command assignment.propose takes. `seed`: that of the round's first proposal; 0: there is none, and one is drawn.
   No right is asked here. rx->db has another snapshot afterwards: none is
   held while solving, which may take long. */
enum rc assign_work_out(struct rx *rx, const struct assignment_def *def, int64_t round, const struct draw_changes *changes, int64_t seed, struct val args) MUST_USE;

#endif

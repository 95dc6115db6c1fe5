/* The rules as a 0-1 programme over the pairs that are still open, for what multipliers leave undecided (assign_rule.c). */
#ifndef ENGINE_ASSIGN_PROGRAM_H
#define ENGINE_ASSIGN_PROGRAM_H

#include "engine/assign.h"
#include "engine/program.h"

/* Pairs that close a ring of applicants: not all of them. */
struct assign_ring { uint32_t pair[3]; int n; };

struct assign_part {
	const struct assign_input *in;
	const signed char *fix;         /* by pair: 1 taken, 0 left, -1 open */
	const struct assign_ring *ring; /* those met so far; the caller looks for others in the answer */
	size_t n_ring;
	int64_t gap_ppm, floor;         /* as in program_wish */
	bool (*stop)(void *ctx);
	void *stop_ctx;
};

/* `out->x` is by pair; `worth` and `bound` are totals of affinity. */
void assign_program(struct cx *cx, const struct assign_part *part, struct program_answer *out);

#endif

/* Input-output tables: linkages of sectors after Leontief 1936 and Ghosh 1958, and what the loss of one costs (hypothetical extraction). */
#ifndef ENGINE_CHAIN_IO_H
#define ENGINE_CHAIN_IO_H

#include "engine/chain.h"

enum { CHAIN_SECTORS_MAX = 4000 };

/* Lines `from,to,value`: value flows from sector to sector. What only receives (consumption, export) is final use. A line to "total" gives a
   sector's whole output; without one it is the sum of what the sector delivers. */
struct chain_io {
	int n;
	struct str *sector;
	double *output, *backward, *forward;    /* column sums of (I-A)^-1; row sums of (I-B)^-1 */
	double *removal;                        /* output of all lost when the sector is taken out, final use unchanged */
};
/* RC_INVALID with file:line for what cannot be read; RC_MISSING when the table has no answer (a singular system, a sector without output). */
enum rc chain_io(struct cx *cx, const struct chain_rows_in *flows, struct chain_io *out) MUST_USE;
struct str chain_io_sentence(struct arena *a, const struct chain_io *io, int sector, enum lang lang);

#endif

/* OR-Library files of the multi-dimensional knapsack problem: numbers only,
     [how many problems]  n m known  value…(n)  coefficient…(m × n)  limit…(m)
   `known` is the best value its publisher knew, 0 when none. http://people.brunel.ac.uk/~mastjjb/jeb/orlib/mknapinfo.html */
#ifndef ENGINE_ORLIB_H
#define ENGINE_ORLIB_H

#include "base/fail.h"
#include "engine/program.h"

struct orlib {
	struct program *program;
	int64_t known;
	int problems;                   /* in the file */
};

/* Problem `which` (from 1). `text` is the caller's. Fails with file:line on anything but that. */
enum rc orlib_read(struct cx *cx, struct str text, const char *file, int which, struct orlib *out) MUST_USE;

#endif

/* Code that reads bytes from strangers runs in a child process that can do nothing but compute: no files (Landlock, seccomp),
   no network, no new processes, bounded memory, CPU and time. What it may touch: the descriptor it was given (read), and the pipe
   to us. A child that is taken over can only give a wrong result; check what comes back as you would check the input.

   The child is a fork: it can read, though not send anywhere but back to the caller, what the parent had in memory. Under
   AddressSanitizer the memory limit is off and refused system calls fail instead of killing, so that reports can be written. */
#ifndef BASE_SANDBOX_H
#define BASE_SANDBOX_H

#include "base/fail.h"

struct sandbox_limits {
	size_t memory_bytes;            /* on top of what the parent has mapped; 0: 256 MiB */
	int cpu_s;                      /* 0: 5 s */
	int wall_ms;                    /* 0: 10 s */
	size_t output_bytes;            /* 0: 16 MiB */
};

/* The child's only way out. False: the parent has gone or had enough; end soon. */
struct sandbox_out;
bool sandbox_write(struct sandbox_out *out, struct str bytes);

/* In the child. `cx` is its own; what it records in cx->fails reaches the caller's. `in_fd` is the one passed to sandbox_run. */
typedef enum rc (*sandbox_fn)(void *ctx, struct cx *cx, int in_fd, struct sandbox_out *out);

/* Run `fn` and wait. `in_fd` -1: none (bytes in memory are seen through `ctx`). The output is written to cx->arena, or into
   `room` when that is not NULL. A child that dies gives RC_INVALID (sandbox.died), one over a limit RC_LIMIT (sandbox.limit). */
enum rc sandbox_run(struct cx *cx, sandbox_fn fn, void *ctx, int in_fd, const struct sandbox_limits *limits, struct arena *room,
		    struct str *output) MUST_USE;

#endif

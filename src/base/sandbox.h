/* Work on bytes that somebody sent, in a child of its own: no network, no files, no other process, little memory, little time.

   The child is a fork, so `input` and `ctx` are there already; everything open is closed but the pipe, and from then on it can
   only compute, allocate, write to that pipe and leave (anything else ends it at once). What it writes is checked like any
   message from outside. A child that crashes, is stopped or sends nonsense is a failure RC_INVALID ("could not be read"), one
   that runs out of time or memory RC_LIMIT; nothing of it reaches this process.

   A process that is itself confined must be allowed: fork, close_range, prlimit64, prctl, seccomp, pipe2, poll, kill, wait4. */
#ifndef BASE_SANDBOX_H
#define BASE_SANDBOX_H

#include "buf.h"
#include "fail.h"

struct sandbox_limits {
	size_t memory;          /* bytes the child may take beyond what it starts with; not enforced by the system under ASan */
	size_t output;          /* bytes it may send back */
	int cpu_s, wall_ms;
};
#define SANDBOX_LIMITS ((struct sandbox_limits){ .memory = (size_t)256 << 20, .output = (size_t)32 << 20, .cpu_s = 5, .wall_ms = 8000 })

/* Runs in the child, with an arena of its own. What it adds to `out` and its failures come back. */
typedef enum rc (*sandbox_fn)(struct cx *cx, void *ctx, struct str input, struct buf *out);

/* `name` is what messages call the input (a file name). `out` lives in cx->arena. */
enum rc sandbox_run(struct cx *cx, const struct sandbox_limits *limits, const char *name, sandbox_fn fn, void *ctx, struct str input,
	struct str *out) MUST_USE;

#endif

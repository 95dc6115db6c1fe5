/* What the engine commands share: read a file, write a file, end with one JSON object on standard output.
   Exit codes: 0 answered, 1 the question has no answer, 2 bad input. */
#ifndef FEATURE_ENGINE_CMD_H
#define FEATURE_ENGINE_CMD_H

#include "base/buf.h"
#include "base/fail.h"
#include "base/val.h"

struct engine_run {
	struct cx cx;
	int64_t start_ms, start_us;
	int argc;
	char **argv;            /* after the engine's name */
	int used;               /* words taken so far, from the left */
	int64_t until_ms;       /* on the monotonic clock; 0: no limit */
};

struct engine_run engine_begin(int argc, char **argv, size_t arena_bytes);
/* Options `--name VALUE` and flags `--name`, taken out of the words; NULL when not given, or no more: ask again for one that may be repeated.
   A name of one letter has one dash (`-k 10`). `--lang` is taken by engine_begin. */
const char *engine_option(struct engine_run *run, const char *name);
bool engine_flag(struct engine_run *run, const char *name);
/* The next word that is no option; NULL at the end. Take the options first. */
const char *engine_word(struct engine_run *run);
/* Fails with what is left over. */
enum rc engine_words_end(struct engine_run *run, const char *usage_zh, const char *usage_en) MUST_USE;
/* "0.001" as millionths, "60" as whole seconds or numbers; NULL gives `otherwise`. Fails on anything else. */
enum rc engine_ppm(struct engine_run *run, const char *option, int64_t otherwise, int64_t *ppm) MUST_USE;
enum rc engine_number(struct engine_run *run, const char *option, int64_t low, int64_t high, int64_t otherwise, int64_t *n) MUST_USE;

/* From now on engine_stop (with the run as context) says when to end with the best answer so far: after `seconds` (0: no limit), or once
   the user interrupts (Ctrl-C; a second time ends the process). */
void engine_stoppable(struct engine_run *run, int64_t seconds);
bool engine_stop(void *run);

/* The decoded text of a file ("-": standard input); its name and line 1 stand in what fails. */
enum rc engine_load(struct cx *cx, const char *path, size_t max_bytes, struct str *utf8) MUST_USE;
/* The bytes of a file as they stand, mapped until the process ends, a byte order mark left out: for what is read once from front to back. */
enum rc engine_map(struct cx *cx, const char *path, struct str *bytes) MUST_USE;
/* Whole or not at all: a new file takes the old one's place. "-" is not allowed: standard output is the figures'. */
enum rc engine_save(struct cx *cx, const char *path, const struct buf *bytes) MUST_USE;
/* Adds seconds, cpu_seconds, peak_mib and seed to the figures (a map) and prints them as one line. */
enum rc engine_figures(struct engine_run *run, struct val figures, int64_t seed) MUST_USE;
/* Prints what failed, frees, gives the exit code. `no_answer`: 1 although all went well. */
int engine_end(struct engine_run *run, enum rc rc, bool no_answer);

#endif

#include "feature/engine_cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/time.h"
#include "base/utf8.h"

struct engine_run engine_begin(int argc, char **argv, size_t arena_bytes)
{
	const char *lang = getenv("LC_ALL");
	struct engine_run run = { .start_ms = time_mono_ms(), .start_us = time_cpu_us(), .argc = argc, .argv = argv };
	if (!lang || !*lang) lang = getenv("LANG");
	const char *said = engine_option(&run, "lang");
	if (said) lang = said;
	run.cx = (struct cx){ .arena = arena_new(arena_bytes), .lang = lang && strncmp(lang, "zh", 2) == 0 ? LANG_ZH : LANG_EN, .now_ms = time_now_ms() };
	return run;
}

/* A signal handler reaches nothing else. */
static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal) { interrupted = signal; }

void engine_stoppable(struct engine_run *run, int64_t seconds)
{
	struct sigaction once = { .sa_handler = on_interrupt, .sa_flags = SA_RESTART | (int)SA_RESETHAND };
	run->until_ms = seconds ? time_mono_ms() + seconds * 1000 : 0;
	sigaction(SIGINT, &once, NULL);
}

bool engine_stop(void *run)
{
	const struct engine_run *r = run;
	return interrupted || (r->until_ms && time_mono_ms() >= r->until_ms);
}

static bool is_option(const char *word, const char *name)
{
	if (name[0] && !name[1]) return word[0] == '-' && strcmp(word + 1, name) == 0;
	return strncmp(word, "--", 2) == 0 && strcmp(word + 2, name) == 0;
}

static void remove_words(struct engine_run *run, int at, int n)
{
	for (int i = at; i + n < run->argc; i++) run->argv[i] = run->argv[i + n];
	run->argc -= n;
}

const char *engine_option(struct engine_run *run, const char *name)
{
	for (int i = 0; i + 1 < run->argc; i++) {
		if (!is_option(run->argv[i], name)) continue;
		const char *value = run->argv[i + 1];
		remove_words(run, i, 2);
		return value;
	}
	return NULL;
}

bool engine_flag(struct engine_run *run, const char *name)
{
	for (int i = 0; i < run->argc; i++) {
		if (!is_option(run->argv[i], name)) continue;
		remove_words(run, i, 1);
		return true;
	}
	return false;
}

const char *engine_word(struct engine_run *run)
{
	if (run->used >= run->argc || strncmp(run->argv[run->used], "--", 2) == 0) return NULL;
	return run->argv[run->used++];
}

enum rc engine_words_end(struct engine_run *run, const char *usage_zh, const char *usage_en)
{
	if (run->used >= run->argc) return RC_OK;
	enum rc rc = fail(&run->cx, RC_INVALID, "cli.word", NOWHERE, "不明白“%s”", "“%s” is not understood", run->argv[run->used]);
	fail_hint_text(&run->cx, str_c(usage_zh), str_c(usage_en));
	return rc;
}

enum rc engine_ppm(struct engine_run *run, const char *option, int64_t otherwise, int64_t *ppm)
{
	const char *text = engine_option(run, option);
	*ppm = otherwise;
	if (!text || (dec_parse(str_c(text), ppm) && *ppm >= 0 && *ppm <= DEC_ONE)) return RC_OK;
	return fail(&run->cx, RC_INVALID, "cli.share", NOWHERE, "--%s 应为 0 到 1 的小数，此处为“%s”", "--%s takes a number from 0 to 1, not “%s”", option, text);
}

enum rc engine_number(struct engine_run *run, const char *option, int64_t low, int64_t high, int64_t otherwise, int64_t *n)
{
	const char *text = engine_option(run, option);
	*n = otherwise;
	if (!text || (str_int(str_c(text), n) && *n >= low && *n <= high)) return RC_OK;
	return fail(&run->cx, RC_INVALID, "cli.number", NOWHERE, "%s%s 应为 %lld 到 %lld 的整数，此处为“%s”", "%s%s takes a whole number from %lld to %lld, not “%s”",
		option[1] ? "--" : "-", option, (long long)low, (long long)high, text);
}

static struct where first_line(const char *path) { return (struct where){ .file = str_c(path), .line = 1, .column = 1 }; }

static enum rc io_failed(struct cx *cx, const char *path, bool reading)
{
	const char *why = strerror(errno);
	if (reading) return fail(cx, RC_INVALID, "file.read", first_line(path), "无法读取文件：%s", "cannot read the file: %s", why);
	return fail(cx, RC_IO, "file.write", first_line(path), "无法写出文件：%s", "cannot write the file: %s", why);
}

static enum rc read_bytes(struct cx *cx, const char *path, size_t max_bytes, struct str *out)
{
	struct stat st;
	int fd = strcmp(path, "-") == 0 ? dup(0) : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) return io_failed(cx, path, true);
	struct buf b = BUF(cx->arena, max_bytes + 1);
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 && (size_t)st.st_size <= max_bytes) {
		b.cap = (size_t)st.st_size + 1;         /* room at once: growing would copy a large file again and again */
		b.p = arena_alloc(cx->arena, b.cap);
	}
	char *block = arena_alloc(cx->arena, 1 << 16);
	ssize_t got;
	while (!b.full && b.n <= max_bytes && (got = read(fd, block, 1 << 16)) > 0) buf_add(&b, (struct str){ block, (size_t)got });
	bool bad = !b.full && b.n <= max_bytes && got < 0;
	if (bad) (void)!io_failed(cx, path, true);
	close(fd);
	if (bad) return RC_INVALID;
	if (b.full || b.n > max_bytes)
		return fail(cx, RC_LIMIT, "file.size", first_line(path), "文件超过 %zu MiB", "the file is larger than %zu MiB", max_bytes >> 20);
	*out = buf_str(&b);
	return RC_OK;
}

enum rc engine_load(struct cx *cx, const char *path, size_t max_bytes, struct str *utf8)
{
	struct str bytes;
	const char *encoding;
	TRY(read_bytes(cx, path, max_bytes, &bytes));
	int before = cx->fails.n;
	enum rc rc = text_decode(cx, bytes, utf8, &encoding);
	for (int i = before; i < cx->fails.n; i++) {
		cx->fails.v[i].where.file = str_c(path);
		if (!cx->fails.v[i].where.line) cx->fails.v[i].where.line = 1, cx->fails.v[i].where.column = 1;
	}
	return rc == RC_OK || rc == RC_IO ? rc : RC_INVALID;
}

enum rc engine_map(struct cx *cx, const char *path, struct str *bytes)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) return io_failed(cx, path, true);
	bool regular = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	void *p = regular && st.st_size ? mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
	close(fd);
	if (!regular) return fail(cx, RC_INVALID, "file.read", first_line(path), "不是普通文件", "not a regular file");
	if (p == MAP_FAILED) return io_failed(cx, path, true);
	struct str s = { p ? p : "", (size_t)st.st_size };
	*bytes = str_starts(s, STR("\xEF\xBB\xBF")) ? str_sub(s, 3, s.n) : s;
	return RC_OK;
}

enum rc engine_save(struct cx *cx, const char *path, const struct buf *bytes)
{
	char *temporary = str_z(cx->arena, str_fmt(cx->arena, "%s.%d.tmp", path, (int)getpid()));
	if (bytes->full) return fail(cx, RC_LIMIT, "file.output", first_line(path), "结果太大", "the result is too large");
	FILE *f = fopen(temporary, "wbe");
	if (!f) return io_failed(cx, path, false);
	bool fine = fwrite(bytes->n ? bytes->p : "", 1, bytes->n, f) == bytes->n;
	fine &= fflush(f) == 0 && fsync(fileno(f)) == 0;
	fine &= fclose(f) == 0;
	if (fine && rename(temporary, path) == 0) return RC_OK;
	(void)!io_failed(cx, path, false);
	unlink(temporary);
	return RC_IO;
}

enum rc engine_figures(struct engine_run *run, struct val figures, int64_t seed)
{
	struct arena *a = run->cx.arena;
	struct buf out = BUF(a, 64 << 20);
	struct rusage use, children;
	VAL_SET(a, figures, "seconds", val_dec((time_mono_ms() - run->start_ms) * 1000));
	VAL_SET(a, figures, "cpu_seconds", val_dec(time_cpu_us() - run->start_us));
	bool counted = getrusage(RUSAGE_SELF, &use) == 0 && getrusage(RUSAGE_CHILDREN, &children) == 0;
	VAL_SET(a, figures, "peak_mib", val_int(!counted ? 0 : (use.ru_maxrss > children.ru_maxrss ? use.ru_maxrss : children.ru_maxrss) / 1024));
	VAL_SET(a, figures, "seed", val_int(seed));
	json_write(&out, figures);
	buf_c(&out, '\n');
	if (out.full) return fail(&run->cx, RC_LIMIT, "output", NOWHERE, "结果太大", "the result is too large");
	if (fwrite(out.p, 1, out.n, stdout) != out.n || fflush(stdout)) return fail(&run->cx, RC_IO, "output", NOWHERE, "无法写出结果", "cannot write the result");
	return RC_OK;
}

int engine_end(struct engine_run *run, enum rc rc, bool no_answer)
{
	struct buf err = BUF(run->cx.arena, 1 << 20);
	fail_print(&err, &run->cx.fails, run->cx.lang);
	if (err.n) fwrite(err.p, 1, err.n, stderr);
	arena_free(run->cx.arena);
	return rc == RC_INVALID || rc == RC_LIMIT ? 2 : rc != RC_OK || no_answer ? 1 : 0;
}

#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arena.h"
#include "pack.h"
#include "time.h"
#include "utf8.h"

#if defined(__SANITIZE_ADDRESS__)
#define ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ASAN 1
#endif
#endif
#ifndef ASAN
#define ASAN 0
#endif

/* A message: two lengths, then the packed failures and the output. */
enum { HEAD = 16, REPORT_MAX = 1 << 20, EXIT_SHUT = 91, PIPE_FD = 3 };

/* ---- the child ---- */

static bool send_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t sent = write(fd, p, n);
		if (sent < 0 && errno == EINTR) continue;
		if (sent <= 0) return false;
		p += sent;
		n -= (size_t)sent;
	}
	return true;
}

static void put_size(char out[8], uint64_t n)
{
	for (int i = 0; i < 8; i++) out[i] = (char)(n >> (8 * i));
}

/* Only the pipe stays open. The sanitizer's reports need standard error. */
static bool close_rest(int fd)
{
	if (fd != PIPE_FD && dup2(fd, PIPE_FD) < 0) return false;
	if (close_range(PIPE_FD + 1, ~0U, 0) != 0) return false;
	close(0);
	close(1);
	if (!ASAN) close(2);
	return true;
}

/* The size this process has now, in bytes: RLIMIT_AS counts all of it, also what was mapped before the fork. */
static size_t mapped_now(void)
{
	long pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");
	if (!f) return 0;
	if (fscanf(f, "%ld", &pages) != 1) pages = 0;
	fclose(f);
	return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

static bool limit(int what, size_t soft, size_t hard)
{
	struct rlimit r = { soft, hard };
	return setrlimit(what, &r) == 0;
}

static bool shut_in(void)
{
	static const int allowed[] = { SCMP_SYS(write), SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap),
		SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(mprotect), SCMP_SYS(futex), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask),
		SCMP_SYS(getrandom), SCMP_SYS(clock_gettime), SCMP_SYS(sched_yield), SCMP_SYS(getpid), SCMP_SYS(gettid) };
	/* Asked for by the C library before it complains; saying no is enough. */
	static const int harmless[] = { SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(ioctl), SCMP_SYS(close), SCMP_SYS(lseek) };
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);
	if (!f) return false;
	bool ok = true;
	for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++) ok &= seccomp_rule_add(f, SCMP_ACT_ALLOW, allowed[i], 0) == 0;
	for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++) ok &= seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), harmless[i], 0) == 0;
	/* abort(): a signal to itself. */
	ok &= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 2, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()), SCMP_A2(SCMP_CMP_EQ, SIGABRT)) == 0;
	ok = ok && seccomp_load(f) == 0;
	seccomp_release(f);
	return ok;
}

static bool confine(const struct sandbox_limits *l, int fd, pid_t parent)
{
	static const int plain[] = { SIGTERM, SIGINT, SIGPIPE, SIGXCPU, SIGSEGV, SIGABRT, SIGBUS, SIGALRM };
	size_t now = mapped_now();
	for (size_t i = 0; !ASAN && i < sizeof plain / sizeof *plain; i++) signal(plain[i], SIG_DFL);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent || !close_rest(fd)) return false;
	if (!limit(RLIMIT_CORE, 0, 0) || !limit(RLIMIT_CPU, (size_t)l->cpu_s, (size_t)l->cpu_s + 1)) return false;
	if (!ASAN && (!now || !limit(RLIMIT_AS, now + l->memory, now + l->memory))) return false;
	return prctl(PR_SET_DUMPABLE, 0) == 0 && shut_in();
}

static struct val failure_val(struct arena *a, const struct failure *f)
{
	struct val v = val_list(a);
	val_push(a, v, val_textz(f->code));
	val_push(a, v, val_text(f->where.file));
	val_push(a, v, val_int(f->where.line));
	val_push(a, v, val_int(f->where.column));
	val_push(a, v, val_text(f->where.field));
	val_push(a, v, val_text(f->zh));
	val_push(a, v, val_text(f->en));
	val_push(a, v, val_text(f->hint_zh));
	val_push(a, v, val_text(f->hint_en));
	return v;
}

static _Noreturn void work(const struct sandbox_limits *l, enum lang lang, int64_t now_ms, sandbox_fn fn, void *ctx, struct str input)
{
	struct cx cx = { .arena = arena_new(l->memory), .lang = lang, .now_ms = now_ms };
	struct buf out = BUF(cx.arena, l->output), report = BUF(cx.arena, REPORT_MAX);
	enum rc rc = fn(&cx, ctx, input, &out);
	if (rc == RC_OK && out.full) rc = fail(&cx, RC_LIMIT, "sandbox.output", NOWHERE, "内容过大", "it holds too much");
	struct val list = val_list(cx.arena), all = val_list(cx.arena);
	for (int i = 0; i < cx.fails.n; i++)
		if (cx.fails.v[i].level == LEVEL_ERROR) val_push(cx.arena, list, failure_val(cx.arena, &cx.fails.v[i]));
	val_push(cx.arena, all, val_int(rc));
	val_push(cx.arena, all, list);
	if (!val_pack(&report, all)) _exit(EXIT_SHUT);
	struct str bytes = rc == RC_OK ? buf_str(&out) : STR("");
	char head[HEAD];
	put_size(head, report.n);
	put_size(head + 8, bytes.n);
	bool sent = send_all(PIPE_FD, head, HEAD) && send_all(PIPE_FD, report.p, report.n) && send_all(PIPE_FD, bytes.p, bytes.n);
	_exit(sent ? 0 : EXIT_SHUT);
}

/* ---- the parent ---- */

enum ending { END_SENT, END_LATE, END_SHORT, END_LARGE };

/* Exactly `n` bytes by the deadline. */
static enum ending take(int fd, char *p, size_t n, int64_t until_ms)
{
	while (n) {
		int64_t left = until_ms - time_mono_ms();
		if (left <= 0) return END_LATE;
		struct pollfd pfd = { .fd = fd, .events = POLLIN };
		int ready = poll(&pfd, 1, (int)left);
		if (ready < 0 && errno == EINTR) continue;
		if (ready == 0) return END_LATE;
		ssize_t got = ready < 0 ? -1 : read(fd, p, n);
		if (got < 0 && errno == EINTR) continue;
		if (got <= 0) return END_SHORT;
		p += got;
		n -= (size_t)got;
	}
	return END_SENT;
}

static uint64_t get_size(const char in[8])
{
	uint64_t n = 0;
	for (int i = 7; i >= 0; i--) n = n << 8 | (unsigned char)in[i];
	return n;
}

static enum ending receive(struct cx *cx, int fd, const struct sandbox_limits *l, int64_t until_ms, struct str *report, struct str *out)
{
	char head[HEAD];
	enum ending e = take(fd, head, HEAD, until_ms);
	if (e != END_SENT) return e;
	uint64_t first = get_size(head), second = get_size(head + 8);
	if (first > REPORT_MAX || second > l->output) return END_LARGE;
	char *r = arena_alloc(cx->arena, (size_t)first + 1), *o = arena_alloc(cx->arena, (size_t)second + 1);
	e = take(fd, r, (size_t)first, until_ms);
	if (e == END_SENT) e = take(fd, o, (size_t)second, until_ms);
	*report = (struct str){ r, (size_t)first };
	*out = (struct str){ o, (size_t)second };
	return e;
}

static enum rc unreadable(struct cx *cx, const char *name)
{
	enum rc rc = fail(cx, RC_INVALID, "sandbox.unreadable", ((struct where){ .file = str_c(name) }), "%s 无法读取，可能已损坏",
		"%s could not be read; it may be damaged", name);
	fail_hint(cx, "请用办公软件打开后另存一份再试", "open it in your office software, save a copy, and try again");
	return rc;
}

static enum rc too_much(struct cx *cx, const char *name)
{
	enum rc rc = fail(cx, RC_LIMIT, "sandbox.limit", ((struct where){ .file = str_c(name) }), "%s 读取时占用的时间或内存超过限度",
		"%s takes more time or memory to read than is allowed", name);
	fail_hint(cx, "请拆成几个较小的文件", "split it into smaller files");
	return rc;
}

/* What the child said went wrong, taken as text from a stranger. */
static enum rc told(struct cx *cx, const char *name, struct str report)
{
	struct val v;
	struct cx quiet = { .arena = cx->arena };
	if (val_unpack(&quiet, report, &v) != RC_OK) return unreadable(cx, name);
	int64_t rc = val_i64(val_at(v, 0));
	struct val list = val_at(v, 1);
	if (rc < RC_OK || rc > RC_IO || val_len(list) > FAILS_MAX) return unreadable(cx, name);
	for (size_t i = 0; i < val_len(list); i++) {
		struct val f = val_at(list, i);
		for (size_t k = 0; k < val_len(f); k++)
			if (val_at(f, k).kind == VAL_TEXT && !utf8_valid(val_at(f, k).s)) return unreadable(cx, name);
		struct where at = { .file = val_str(val_at(f, 1)), .line = (int)val_i64(val_at(f, 2)), .column = (int)val_i64(val_at(f, 3)),
			.field = val_str(val_at(f, 4)) };
		(void)fail_text(cx, RC_INVALID, str_z(cx->arena, val_str(val_at(f, 0))), at, val_str(val_at(f, 5)), val_str(val_at(f, 6)));
		fail_hint_text(cx, val_str(val_at(f, 7)), val_str(val_at(f, 8)));
	}
	if (rc != RC_OK && !val_len(list)) return unreadable(cx, name);
	return (enum rc)rc;
}

static enum rc judge(struct cx *cx, const char *name, enum ending e, int status, struct str report)
{
	bool killed = WIFSIGNALED(status);
	if (e == END_SENT) return told(cx, name, report);
	/* The arena's ceiling and the CPU limit end the child this way. */
	if (e == END_LATE || (killed && (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGABRT))) return too_much(cx, name);
	return unreadable(cx, name);
}

enum rc sandbox_run(struct cx *cx, const struct sandbox_limits *l, const char *name, sandbox_fn fn, void *ctx, struct str input, struct str *out)
{
	int fd[2], status = 0;
	int64_t until_ms = time_mono_ms() + l->wall_ms;
	if (pipe2(fd, O_CLOEXEC) != 0) return fail(cx, RC_BUSY, "sandbox.pipe", NOWHERE, "系统繁忙，请稍后再试", "busy: please try again");
	pid_t parent = getpid(), child = fork();
	if (child == 0) {
		if (!confine(l, fd[1], parent)) _exit(EXIT_SHUT);
		work(l, cx->lang, cx->now_ms, fn, ctx, input);
	}
	close(fd[1]);
	struct str report = STR(""), bytes = STR("");
	enum ending e = child > 0 ? receive(cx, fd[0], l, until_ms, &report, &bytes) : END_SHORT;
	close(fd[0]);
	if (child < 0) return fail(cx, RC_BUSY, "sandbox.fork", NOWHERE, "系统繁忙，请稍后再试", "busy: please try again");
	/* Whatever it is doing now, it has had its say; how it ended before this stays in `status`. */
	kill(child, SIGKILL);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
	}
	if (e != END_SENT && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SHUT)
		return fail(cx, RC_IO, "sandbox.confine", NOWHERE, "系统不能建立隔离环境", "the system cannot confine the reader");
	TRY(judge(cx, name, e, status, report));
	*out = bytes;
	return RC_OK;
}

#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/pack.h"
#include "base/time.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

enum { IN_FD = 3, OUT_FD = 4, FRAME_HEAD = 5, FRAME_MAX = 1 << 20, FAILS_BYTES_MAX = 1 << 20 };
enum frame { FRAME_DATA = 'd', FRAME_FAILS = 'f', FRAME_END = 'e' };

/* ---- the child ---- */

struct sandbox_out { bool broken; };

static bool write_all(const char *p, size_t n)
{
	while (n) {
		ssize_t w = write(OUT_FD, p, n);
		if (w < 0 && errno == EINTR) continue;
		if (w <= 0) return false;
		p += w;
		n -= (size_t)w;
	}
	return true;
}

static bool put_frame(enum frame kind, struct str s)
{
	char head[FRAME_HEAD] = { (char)kind };
	uint32_t n = (uint32_t)s.n;
	memcpy(head + 1, &n, sizeof n);
	return write_all(head, sizeof head) && write_all(s.p, s.n);
}

bool sandbox_write(struct sandbox_out *out, struct str bytes)
{
	while (bytes.n && !out->broken) {
		struct str part = str_sub(bytes, 0, FRAME_MAX);
		out->broken = !put_frame(FRAME_DATA, part);
		bytes = str_sub(bytes, part.n, bytes.n);
	}
	return !out->broken;
}

static struct val packed_fails(struct arena *a, const struct fails *fails)
{
	struct val list = val_list(a);
	for (int i = 0; i < fails->n; i++) {
		const struct failure *f = &fails->v[i];
		struct val m = val_map(a);
		VAL_SET(a, m, "code", val_textz(f->code));
		VAL_SET(a, m, "level", val_int(f->level));
		VAL_SET(a, m, "file", val_text(f->where.file));
		VAL_SET(a, m, "line", val_int(f->where.line));
		VAL_SET(a, m, "column", val_int(f->where.column));
		VAL_SET(a, m, "field", val_text(f->where.field));
		VAL_SET(a, m, "zh", val_text(f->zh));
		VAL_SET(a, m, "en", val_text(f->en));
		VAL_SET(a, m, "hint_zh", val_text(f->hint_zh));
		VAL_SET(a, m, "hint_en", val_text(f->hint_en));
		val_push(a, list, m);
	}
	return list;
}

/* Only our input, our output and /dev/null at 0 to 2 stay open: an inherited database or socket must not. */
static bool only_two(int in_fd, int out_fd)
{
	int null = open("/dev/null", O_RDWR);
	/* First above all targets, so that none is overwritten before it is copied. */
	int in = fcntl(in_fd >= 0 ? in_fd : null, F_DUPFD, 10), out = fcntl(out_fd, F_DUPFD, 10);
	if (null < 0 || in < 0 || out < 0) return false;
	for (int fd = 0; fd <= 2; fd++)
		if (!(SANITIZED && fd == 2) && dup2(null, fd) < 0) return false;
	return dup2(in, IN_FD) == IN_FD && dup2(out, OUT_FD) == OUT_FD && syscall(SYS_close_range, 5u, ~0u, 0u) == 0;
}

/* RLIMIT_AS counts what the parent had mapped too (a database, a region): the limit goes on top of that. */
static bool limit(const struct sandbox_limits *l)
{
	char text[64] = { 0 };
	int fd = open("/proc/self/statm", O_RDONLY);
	if (fd < 0 || read(fd, text, sizeof text - 1) <= 0) return false;
	close(fd);
	rlim_t mapped = strtoull(text, NULL, 10) * (rlim_t)sysconf(_SC_PAGESIZE);
	rlim_t memory = mapped + l->memory_bytes, cpu = (rlim_t)l->cpu_s;
	const struct { int what; struct rlimit r; } set[] = {
		{ RLIMIT_CORE, { 0, 0 } }, { RLIMIT_FSIZE, { 0, 0 } }, { RLIMIT_CPU, { cpu, cpu + 1 } }, { RLIMIT_AS, { memory, memory } },
		{ RLIMIT_NPROC, { 0, 0 } },
	};
	for (size_t i = 0; i < sizeof set / sizeof *set; i++) {
		if (SANITIZED && set[i].what == RLIMIT_AS) continue;
		if (setrlimit((__rlimit_resource_t)set[i].what, &set[i].r) != 0) return false;
	}
	return true;
}

/* A second wall where the kernel has it: every kind of file access is handled, and none is granted. */
static void no_files(void)
{
	struct landlock_ruleset_attr all = { .handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1 };
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0);
	if (ruleset < 0) return;
	(void)!syscall(SYS_landlock_restrict_self, ruleset, 0);
	close(ruleset);
}

static bool allow(scmp_filter_ctx filter, const int *calls, size_t n)
{
	bool ok = true;
	for (size_t i = 0; i < n; i++) ok &= seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0) == 0;
	return ok;
}

static bool allow_if(scmp_filter_ctx filter, int call, struct scmp_arg_cmp a)
{
	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, &a) == 0;
}

static bool only_compute(void)
{
	static const int plain[] = { SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap),
		SCMP_SYS(madvise), SCMP_SYS(futex), SCMP_SYS(rt_sigreturn), SCMP_SYS(clock_gettime), SCMP_SYS(restart_syscall) };
	/* What the sanitizer's own runtime needs to report. */
	static const int report[] = { SCMP_SYS(write), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction), SCMP_SYS(sigaltstack),
		SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(sched_yield), SCMP_SYS(tgkill), SCMP_SYS(mprotect), SCMP_SYS(close) };
	/* Reading from the input, writing to the output, memory that is never executable and never a file's. */
	const struct scmp_arg_cmp memory[] = { SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
		SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS) };
	scmp_filter_ctx filter = seccomp_init(SANITIZED ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_KILL_PROCESS);
	if (!filter) return false;
	bool ok = allow(filter, plain, sizeof plain / sizeof *plain) &&
		  allow_if(filter, SCMP_SYS(read), SCMP_A0(SCMP_CMP_EQ, IN_FD, 0)) &&
		  allow_if(filter, SCMP_SYS(lseek), SCMP_A0(SCMP_CMP_EQ, IN_FD, 0)) &&
		  seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2, memory) == 0;
	if (SANITIZED) ok = ok && allow(filter, report, sizeof report / sizeof *report);
	else
		ok = ok && allow_if(filter, SCMP_SYS(write), SCMP_A0(SCMP_CMP_EQ, OUT_FD, 0)) &&
		     allow_if(filter, SCMP_SYS(mprotect), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	ok = ok && seccomp_load(filter) == 0;
	seccomp_release(filter);
	return ok;
}

static void child(sandbox_fn fn, void *ctx, int in_fd, int out_fd, const struct sandbox_limits *l, enum lang lang, int64_t now_ms)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int sig = 1; sig < 32; sig++) signal(sig, SIG_DFL);
	if (!only_two(in_fd, out_fd) || !limit(l)) _exit(2);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0) _exit(2);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	no_files();
	if (!only_compute()) _exit(2);
	struct sandbox_out out = { 0 };
	/* The arena's ceiling is under the limit, with room for what libraries take. */
	struct cx cx = { .arena = arena_new(l->memory_bytes), .lang = lang, .now_ms = now_ms };
	char rc = (char)fn(ctx, &cx, in_fd >= 0 ? IN_FD : -1, &out);
	if (cx.fails.n) {
		struct arena *a = arena_new(l->memory_bytes);
		struct buf b = BUF(a, FAILS_BYTES_MAX);
		if (val_pack(&b, packed_fails(a, &cx.fails))) put_frame(FRAME_FAILS, buf_str(&b));
	}
	put_frame(FRAME_END, (struct str){ &rc, 1 });
	_exit(0);
}

/* ---- the parent ---- */

struct listener {
	struct cx *cx;
	struct buf in, output;          /* `in`: what is not yet a whole frame */
	size_t at;
	bool ended, mad;
	enum rc rc;
};

static struct str text_of(struct val m, struct str key) { return val_str(val_get(m, key)); }

static int place(struct val v)
{
	int64_t i = val_i64(v);
	return i > 0 && i <= INT32_MAX ? (int)i : 0;
}

static void hear_fails(struct listener *l, struct str bytes)
{
	struct cx quiet = { .arena = l->cx->arena };
	struct val list;
	if (val_unpack(&quiet, bytes, &list) != RC_OK) {
		l->mad = true;
		return;
	}
	for (size_t i = 0; i < val_len(list) && i < FAILS_MAX; i++) {
		struct val m = val_at(list, i);
		int64_t level = val_i64(VAL_GET(m, "level"));
		if (level < LEVEL_ERROR || level > LEVEL_INFO) level = LEVEL_ERROR;
		const char *code = str_z(l->cx->arena, text_of(m, STR("code")));
		struct failure f = { .code = code, .level = (enum level)level,
			.where = { text_of(m, STR("file")), place(VAL_GET(m, "line")), place(VAL_GET(m, "column")),
				text_of(m, STR("field")) },
			.zh = text_of(m, STR("zh")), .en = text_of(m, STR("en")), .hint_zh = text_of(m, STR("hint_zh")),
			.hint_en = text_of(m, STR("hint_en")) };
		fail_copy(l->cx, &(struct fails){ .v = &f, .n = 1 });
	}
}

static void hear(struct listener *l)
{
	while (!l->mad && !l->ended && l->in.n - l->at >= FRAME_HEAD) {
		const char *p = l->in.p + l->at;
		uint32_t n;
		memcpy(&n, p + 1, sizeof n);
		if (n > FRAME_MAX) l->mad = true;
		if (l->mad || l->in.n - l->at - FRAME_HEAD < n) break;
		struct str body = { p + FRAME_HEAD, n };
		l->at += FRAME_HEAD + n;
		if (*p == FRAME_DATA) buf_add(&l->output, body);
		else if (*p == FRAME_FAILS) hear_fails(l, body);
		else if (*p == FRAME_END && n == 1 && body.p[0] >= RC_OK && body.p[0] <= RC_IO) {
			l->rc = (enum rc)body.p[0];
			l->ended = true;
		} else l->mad = true;
	}
	/* Keep the rest at the front. */
	if (l->at) memmove(l->in.p, l->in.p + l->at, l->in.n - l->at);
	l->in.n -= l->at;
	l->at = 0;
}

enum outcome { OUTCOME_EOF, OUTCOME_TIME, OUTCOME_SIZE, OUTCOME_MAD };

static enum outcome listen_to(struct listener *l, int fd, int wall_ms)
{
	int64_t until = time_mono_ms() + wall_ms;
	char chunk[64 * 1024];
	for (;;) {
		int64_t left = until - time_mono_ms();
		if (left <= 0) return OUTCOME_TIME;
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int ready = poll(&p, 1, (int)left);
		if (ready <= 0) continue;
		ssize_t n = read(fd, chunk, sizeof chunk);
		if (n < 0 && errno == EINTR) continue;
		if (n <= 0) return OUTCOME_EOF;
		buf_add(&l->in, (struct str){ chunk, (size_t)n });
		hear(l);
		if (l->output.full) return OUTCOME_SIZE;
		if (l->mad || l->in.full) return OUTCOME_MAD;
	}
}

static enum rc judge(struct cx *cx, const struct listener *l, enum outcome outcome, int status)
{
	bool cpu = WIFSIGNALED(status) && (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL);
	if (outcome == OUTCOME_TIME || (outcome == OUTCOME_EOF && cpu))
		return fail(cx, RC_LIMIT, "sandbox.limit", NOWHERE, "处理文件用时过长，已停止", "processing the file took too long and was stopped");
	if (outcome == OUTCOME_SIZE)
		return fail(cx, RC_LIMIT, "sandbox.limit", NOWHERE, "文件内容过大", "the contents of the file are too large");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 2)
		return fail(cx, RC_IO, "sandbox.start", NOWHERE, "无法建立隔离环境", "the sandbox could not be set up");
	if (outcome == OUTCOME_MAD || !l->ended || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return fail(cx, RC_INVALID, "sandbox.died", NOWHERE, "文件损坏或过大，无法处理（%d）", "the file is damaged or too large to process (%d)",
			    WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	return l->rc;
}

static struct sandbox_limits filled(const struct sandbox_limits *given)
{
	struct sandbox_limits l = given ? *given : (struct sandbox_limits){ 0 };
	if (!l.memory_bytes) l.memory_bytes = (size_t)256 << 20;
	if (!l.cpu_s) l.cpu_s = 5;
	if (!l.wall_ms) l.wall_ms = 10000;
	if (!l.output_bytes) l.output_bytes = (size_t)16 << 20;
	return l;
}

enum rc sandbox_run(struct cx *cx, sandbox_fn fn, void *ctx, int in_fd, const struct sandbox_limits *limits, struct arena *room,
		    struct str *output)
{
	struct sandbox_limits l = filled(limits);
	int pipes[2];
	if (pipe2(pipes, O_CLOEXEC) != 0)
		return fail(cx, RC_IO, "sandbox.start", NOWHERE, "无法建立管道（%s）", "cannot make a pipe (%s)", strerror(errno));
	fflush(NULL);   /* or the child's copy of a buffer could be written twice */
	pid_t pid = fork();
	if (pid == 0) child(fn, ctx, in_fd, pipes[1], &l, cx->lang, cx->now_ms);
	close(pipes[1]);
	if (pid < 0) {
		close(pipes[0]);
		return fail(cx, RC_IO, "sandbox.start", NOWHERE, "无法启动子进程（%s）", "cannot start a child process (%s)", strerror(errno));
	}
	struct arena *frames = arena_new((size_t)16 << 20);
	struct listener heard = { .cx = cx, .in = BUF(frames, 2 * FRAME_MAX), .output = BUF(room ? room : cx->arena, l.output_bytes) };
	enum outcome outcome = listen_to(&heard, pipes[0], l.wall_ms);
	close(pipes[0]);
	if (outcome != OUTCOME_EOF) kill(pid, SIGKILL);
	int status = 0;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
	arena_free(frames);
	TRY(judge(cx, &heard, outcome, status));
	*output = buf_str(&heard.output);
	return RC_OK;
}

/* The sandbox: what works outside is refused inside, and nothing the child does reaches us. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#undef fail     /* ours has arguments */

#include "base/sandbox.h"
#include "base/time.h"

static struct cx cx;

static int setup(void **state)
{
	cx = (struct cx){ .arena = arena_new((size_t)128 << 20), .lang = LANG_EN, .now_ms = 12345 };
	return 0;
}

static int teardown(void **state)
{
	arena_free(cx.arena);
	return 0;
}

static enum rc run_with(const struct sandbox_limits *l, sandbox_fn fn, void *ctx, struct str input, struct str *out)
{
	return sandbox_run(&cx, l, "f.xlsx", fn, ctx, input, out);
}

static enum rc run(sandbox_fn fn, struct str *out)
{
	struct sandbox_limits l = SANDBOX_LIMITS;
	return run_with(&l, fn, NULL, STR("input"), out);
}

/* The same function here, without the sandbox. */
static enum rc outside(sandbox_fn fn, struct str *out)
{
	struct buf b = BUF(cx.arena, 1 << 20);
	enum rc rc = fn(&cx, NULL, STR("input"), &b);
	*out = buf_str(&b);
	return rc;
}

static enum rc echo(struct cx *in, void *ctx, struct str input, struct buf *out)
{
	buf_fmt(out, "%.*s at %lld in %d", STRF(input), (long long)in->now_ms, (int)in->lang);
	return RC_OK;
}

static void gives_back(void **state)
{
	struct str out, same;
	assert_int_equal(run(echo, &out), RC_OK);
	assert_int_equal(outside(echo, &same), RC_OK);
	assert_true(str_eq(out, same) && str_is(out, "input at 12345 in 1"));
}

static enum rc much(struct cx *in, void *ctx, struct str input, struct buf *out)
{
	for (int i = 0; i < 3000000; i++) buf_c(out, (char)('a' + i % 23));
	return RC_OK;
}

static void gives_back_much(void **state)
{
	struct str out;
	assert_int_equal(run(much, &out), RC_OK);
	assert_int_equal(out.n, 3000000);
	for (size_t i = 0; i < out.n; i += 997) assert_int_equal(out.p[i], 'a' + (int)(i % 23));
}

static enum rc complains(struct cx *in, void *ctx, struct str input, struct buf *out)
{
	buf_add(out, STR("half"));
	(void)fail(in, RC_INVALID, "test.first", ((struct where){ .file = STR("a.xml"), .line = 7, .column = 2, .field = STR("x") }), "坏 %d", "bad %d", 1);
	fail_hint(in, "改", "mend");
	return fail(in, RC_LIMIT, "test.second", NOWHERE, "多", "much");
}

static void failures_come_back(void **state)
{
	struct str out = STR("untouched");
	assert_int_equal(run(complains, &out), RC_LIMIT);
	assert_true(str_is(out, "untouched"));
	assert_int_equal(cx.fails.n, 2);
	const struct failure *f = &cx.fails.v[0];
	assert_string_equal(f->code, "test.first");
	assert_true(str_is(f->zh, "坏 1") && str_is(f->en, "bad 1") && str_is(f->hint_zh, "改") && str_is(f->hint_en, "mend"));
	assert_true(str_is(f->where.file, "a.xml") && f->where.line == 7 && f->where.column == 2 && str_is(f->where.field, "x"));
	assert_string_equal(cx.fails.v[1].code, "test.second");
}

/* ---- what must not work; each works outside ---- */

static enum rc opens(struct cx *in, void *ctx, struct str input, struct buf *out)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (fd < 0) return fail(in, RC_IO, "test.open", NOWHERE, "x", "x");
	close(fd);
	buf_add(out, STR("opened"));
	return RC_OK;
}

static enum rc sockets(struct cx *in, void *ctx, struct str input, struct buf *out)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0) return fail(in, RC_IO, "test.socket", NOWHERE, "x", "x");
	close(fd);
	buf_add(out, STR("opened"));
	return RC_OK;
}

static enum rc forks(struct cx *in, void *ctx, struct str input, struct buf *out)
{
	pid_t child = fork();
	if (child == 0) _exit(0);
	if (child < 0) return fail(in, RC_IO, "test.fork", NOWHERE, "x", "x");
	waitpid(child, NULL, 0);
	buf_add(out, STR("opened"));
	return RC_OK;
}

static enum rc signals(struct cx *in, void *ctx, struct str input, struct buf *out)
{
	if (kill(getppid(), 0) != 0) return fail(in, RC_IO, "test.kill", NOWHERE, "x", "x");
	buf_add(out, STR("opened"));
	return RC_OK;
}

static enum rc runs_code(struct cx *in, void *ctx, struct str input, struct buf *out)
{
	char *const none[] = { NULL };
	pid_t child = vfork();
	if (child == 0) {
		execve("/bin/true", none, none);
		_exit(1);
	}
	waitpid(child, NULL, 0);
	buf_add(out, STR("opened"));
	return child > 0 ? RC_OK : RC_IO;
}

static void refused(void **state)
{
	static const sandbox_fn fns[] = { opens, sockets, forks, signals, runs_code };
	for (size_t i = 0; i < sizeof fns / sizeof *fns; i++) {
		struct str out = STR("none");
		assert_int_equal(outside(fns[i], &out), RC_OK);        /* negative control */
		assert_true(str_is(out, "opened"));
		out = STR("none");
		fail_clear(&cx);
		assert_int_equal(run(fns[i], &out), RC_INVALID);
		assert_true(str_is(out, "none"));
		assert_string_equal(cx.fails.v[0].code, "sandbox.unreadable");
	}
}

static enum rc writes_to(struct cx *in, void *ctx, struct str input, struct buf *out)
{
	int fd = *(int *)ctx;
	if (write(fd, "x", 1) != 1) return fail(in, RC_IO, "test.write", NOWHERE, "x", "x");
	buf_add(out, STR("opened"));
	return RC_OK;
}

/* A descriptor that was open before the fork is closed inside. */
static void inherited_files_are_closed(void **state)
{
	char name[] = "/tmp/lc-sandbox-XXXXXX";
	int low = mkstemp(name), fd = fcntl(low, F_DUPFD_CLOEXEC, 10);
	assert_true(low >= 0 && fd >= 10);
	unlink(name);
	struct sandbox_limits l = SANDBOX_LIMITS;
	struct buf b = BUF(cx.arena, 100);
	struct str out;
	assert_int_equal(writes_to(&cx, &fd, STR(""), &b), RC_OK);
	assert_int_equal(lseek(fd, 0, SEEK_END), 1);
	assert_int_equal(run_with(&l, writes_to, &fd, STR(""), &out), RC_IO);
	assert_string_equal(cx.fails.v[0].code, "test.write");
	assert_int_equal(lseek(fd, 0, SEEK_END), 1);
	close(low);
	close(fd);
}

/* ---- crashes and limits ---- */

static enum rc crashes(struct cx *in, void *ctx, struct str input, struct buf *out)
{
	char *p = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	*(volatile char *)p = 1;
	return RC_OK;
}

static enum rc leaves(struct cx *in, void *ctx, struct str input, struct buf *out) { _exit(0); }

static enum rc aborts(struct cx *in, void *ctx, struct str input, struct buf *out)
{
	arena_alloc(arena_new(10), 100);
	return RC_OK;
}

static void crash_is_a_failure(void **state)
{
	struct str out;
	assert_int_equal(run(crashes, &out), RC_INVALID);
	assert_int_equal(run(leaves, &out), RC_INVALID);
	fail_clear(&cx);
	assert_int_not_equal(run(aborts, &out), RC_OK);
	assert_int_equal(cx.fails.errors, 1);
}

static enum rc spins(struct cx *in, void *ctx, struct str input, struct buf *out)
{
	for (volatile uint64_t i = 0; i < UINT64_MAX;) i = i + 1;
	return RC_OK;
}

static void cpu_is_limited(void **state)
{
	struct sandbox_limits l = SANDBOX_LIMITS;
	struct str out;
	l.cpu_s = 1;
	l.wall_ms = 20000;
	int64_t start = time_mono_ms();
	assert_int_equal(run_with(&l, spins, NULL, STR(""), &out), RC_LIMIT);
	assert_true(time_mono_ms() - start < 15000);
}

static void wall_is_limited(void **state)
{
	struct sandbox_limits l = SANDBOX_LIMITS;
	struct str out;
	l.cpu_s = 20;
	l.wall_ms = 300;
	int64_t start = time_mono_ms();
	assert_int_equal(run_with(&l, spins, NULL, STR(""), &out), RC_LIMIT);
	assert_true(time_mono_ms() - start >= 290 && time_mono_ms() - start < 5000);
}

static enum rc hoards(struct cx *in, void *ctx, struct str input, struct buf *out)
{
	size_t n = *(size_t *)ctx;
	char *p = malloc(n);
	if (!p) return fail(in, RC_LIMIT, "test.memory", NOWHERE, "x", "x");
	memset(p, 1, n);
	buf_fmt(out, "%d", p[n / 2]);
	free(p);
	return RC_OK;
}

static void memory_is_limited(void **state)
{
	struct sandbox_limits l = SANDBOX_LIMITS;
	struct str out;
	size_t some = (size_t)64 << 20, more = (size_t)300 << 20;
	struct buf b = BUF(cx.arena, 100);
	assert_int_equal(hoards(&cx, &more, STR(""), &b), RC_OK);      /* negative control */
	assert_int_equal(run_with(&l, hoards, &some, STR(""), &out), RC_OK);
#if !defined(__SANITIZE_ADDRESS__)
	fail_clear(&cx);
	assert_int_equal(run_with(&l, hoards, &more, STR(""), &out), RC_LIMIT);
	assert_string_equal(cx.fails.v[0].code, "test.memory");
#endif
}

static void output_is_limited(void **state)
{
	struct sandbox_limits l = SANDBOX_LIMITS;
	struct str out;
	l.output = 2999999;
	assert_int_equal(run_with(&l, much, NULL, STR(""), &out), RC_LIMIT);
	l.output = 3000000;
	assert_int_equal(run_with(&l, much, NULL, STR(""), &out), RC_OK);
}

/* A child that was taken over writes what it likes; the pipe is the fourth descriptor. */
static enum rc lies(struct cx *in, void *ctx, struct str input, struct buf *out)
{
	const struct str *message = ctx;
	if (write(3, message->p, message->n) < 0) _exit(1);
	_exit(0);
}

static void lies_are_refused(void **state)
{
	static const struct str messages[] = {
		STR_INIT("\0\0\0\0\0\0\0\0\377\377\377\377\377\377\377\377"),  /* a huge output */
		STR_INIT("\377\377\377\377\0\0\0\0\0\0\0\0\0\0\0\0"),          /* a huge report */
		STR_INIT("\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0abc"),               /* not a value */
		STR_INIT("\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0l"),                 /* a list cut short */
		STR_INIT("\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0l\2i\4l\0"),         /* fails without a reason */
		STR_INIT("\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0l\2i\100l\0"),       /* no such code */
		STR_INIT("\0\0\0"),
	};
	struct sandbox_limits l = SANDBOX_LIMITS;
	for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
		struct str out = STR("none");
		assert_int_equal(run_with(&l, lies, (void *)&messages[i], STR(""), &out), RC_INVALID);
		assert_true(str_is(out, "none"));
	}
}

static void leaves_no_child(void **state)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(gives_back, setup, teardown),
		cmocka_unit_test_setup_teardown(gives_back_much, setup, teardown),
		cmocka_unit_test_setup_teardown(failures_come_back, setup, teardown),
		cmocka_unit_test_setup_teardown(refused, setup, teardown),
		cmocka_unit_test_setup_teardown(inherited_files_are_closed, setup, teardown),
		cmocka_unit_test_setup_teardown(crash_is_a_failure, setup, teardown),
		cmocka_unit_test_setup_teardown(cpu_is_limited, setup, teardown),
		cmocka_unit_test_setup_teardown(wall_is_limited, setup, teardown),
		cmocka_unit_test_setup_teardown(memory_is_limited, setup, teardown),
		cmocka_unit_test_setup_teardown(output_is_limited, setup, teardown),
		cmocka_unit_test_setup_teardown(lies_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(leaves_no_child, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

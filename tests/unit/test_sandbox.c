#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/sandbox.h"
#include "base/time.h"

#include <cmocka.h>
#undef fail      /* ours is wanted here, not cmocka's */

#ifdef __SANITIZE_ADDRESS__
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

static int set_up(void **state)
{
	struct cx *cx = calloc(1, sizeof *cx);
	cx->arena = arena_new((size_t)512 << 20);
	*state = cx;
	return 0;
}

static int tear_down(void **state)
{
	struct cx *cx = *state;
	arena_free(cx->arena);
	free(cx);
	return 0;
}

static enum rc echo(void *ctx, struct cx *cx, int in_fd, struct sandbox_out *out)
{
	char chunk[4096];
	ssize_t n;
	while (in_fd >= 0 && (n = read(in_fd, chunk, sizeof chunk)) > 0) sandbox_write(out, (struct str){ chunk, (size_t)n });
	struct str given = *(struct str *)ctx;
	sandbox_write(out, given);
	return RC_OK;
}

static void reads_and_writes(void **state)
{
	struct cx *cx = *state;
	char path[] = "/tmp/test_sandbox.XXXXXX";
	int fd = mkstemp(path);
	unlink(path);
	assert_int_equal(write(fd, "from a file; ", 13), 13);
	lseek(fd, 0, SEEK_SET);
	struct str memory = STR("from memory"), out;
	assert_int_equal(sandbox_run(cx, echo, &memory, fd, NULL, NULL, &out), RC_OK);
	assert_true(str_is(out, "from a file; from memory"));
	struct str big = { arena_alloc(cx->arena, 5 << 20), 5 << 20 };
	struct arena *room = arena_new((size_t)64 << 20);
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(sandbox_run(cx, echo, &big, fd, NULL, room, &out), RC_OK);
	assert_int_equal(out.n, big.n + 13);
	arena_free(room);
	close(fd);
}

static enum rc explains(void *ctx, struct cx *cx, int in_fd, struct sandbox_out *out)
{
	struct where at = { .file = STR("a.xlsx"), .line = 3, .column = 4 };
	(void)fail(cx, RC_INVALID, "test.cell", at, "第 %d 行", "row %d", 3);
	fail_hint(cx, "改%s", "mend %s", "it");
	return RC_INVALID;
}

static void failures_come_back(void **state)
{
	struct cx *cx = *state;
	struct str out = STR("untouched");
	assert_int_equal(sandbox_run(cx, explains, NULL, -1, NULL, NULL, &out), RC_INVALID);
	assert_true(str_is(out, "untouched"));
	assert_int_equal(cx->fails.n, 1);
	const struct failure *f = &cx->fails.v[0];
	assert_string_equal(f->code, "test.cell");
	assert_true(str_is(f->zh, "第 3 行") && str_is(f->en, "row 3") && str_is(f->hint_en, "mend it") && str_is(f->where.file, "a.xlsx"));
	assert_int_equal(f->where.line, 3);
}

/* Each tries something forbidden and says so when it could. */
static enum rc tries(void *ctx, struct cx *cx, int in_fd, struct sandbox_out *out)
{
	bool did = false;
	switch (*(int *)ctx) {
	case 0: did = open("/etc/passwd", O_RDONLY) >= 0; break;
	case 1: did = open("/tmp/test_sandbox_made", O_CREAT | O_WRONLY, 0600) >= 0; break;
	case 2: did = socket(AF_INET, SOCK_STREAM, 0) >= 0; break;
	case 3: did = socket(AF_UNIX, SOCK_STREAM, 0) >= 0; break;
	case 4: did = fork() >= 0; break;
	case 5: did = kill(getppid(), 0) == 0; break;
	case 6: did = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED; break;
	case 7: did = execl("/bin/true", "true", (char *)NULL) == 0; break;
	case 8: did = unlink("/tmp/x") == 0 || errno == ENOENT; break;
	default: {
		/* Descriptors the parent had open are not there. */
		char c;
		for (int fd = 5; fd < 64; fd++) did |= read(fd, &c, 1) >= 0 || errno != EBADF;
		did = did && !SANITIZED;        /* there a refused call gives EPERM, not a killed child */
	}
	}
	return did ? RC_OK : RC_INVALID;
}

static void nothing_else_is_allowed(void **state)
{
	struct cx *cx = *state;
	for (int what = 0; what < 10; what++) {
		struct str out;
		enum rc rc = sandbox_run(cx, tries, &what, -1, NULL, NULL, &out);
		if (rc != RC_INVALID) printf("attempt %d was let through\n", what);
		assert_int_equal(rc, RC_INVALID);
		if (!SANITIZED) assert_string_equal(cx->fails.v[cx->fails.n - 1].code, "sandbox.died");
	}
	assert_int_equal(access("/tmp/test_sandbox_made", F_OK), -1);
}

static enum rc hogs(void *ctx, struct cx *cx, int in_fd, struct sandbox_out *out)
{
	volatile uint64_t n = 0;
	switch (*(int *)ctx) {
	case 0: for (;;) n++;
	case 1: for (;;) memset(arena_alloc(cx->arena, 1 << 20), 1, 1 << 20);
	case 2:
		for (int i = 0; i < 400; i++) {
			char *p = malloc(1 << 20);
			if (!p) return fail(cx, RC_LIMIT, "test.memory", NOWHERE, "内存", "memory");
			memset(p, 1, 1 << 20);
		}
		return RC_OK;
	case 3: while (sandbox_write(out, STR("more and more and more and more and more and more "))) continue;
		return RC_OK;
	default: return (enum rc)99;
	}
}

static void limits_hold(void **state)
{
	struct cx *cx = *state;
	struct str out;
	struct sandbox_limits cpu = { .cpu_s = 1 }, wall = { .wall_ms = 300 }, small = { .output_bytes = 100000 };
	int what = 0;
	int64_t from = time_mono_ms();
	assert_int_equal(sandbox_run(cx, hogs, &what, -1, &cpu, NULL, &out), RC_LIMIT);
	assert_in_range(time_mono_ms() - from, 900, 8000);
	from = time_mono_ms();
	assert_int_equal(sandbox_run(cx, hogs, &what, -1, &wall, NULL, &out), RC_LIMIT);
	assert_in_range(time_mono_ms() - from, 290, 3000);
	if (!SANITIZED) {
		what = 1;
		assert_int_equal(sandbox_run(cx, hogs, &what, -1, NULL, NULL, &out), RC_INVALID);
		what = 2;       /* 400 MiB over 256: an honest program sees malloc fail */
		assert_int_equal(sandbox_run(cx, hogs, &what, -1, NULL, NULL, &out), RC_LIMIT);
		assert_string_equal(cx->fails.v[cx->fails.n - 1].code, "test.memory");
	}
	what = 3;
	assert_int_equal(sandbox_run(cx, hogs, &what, -1, &small, NULL, &out), RC_LIMIT);
	what = 4;       /* not an rc */
	assert_int_equal(sandbox_run(cx, hogs, &what, -1, NULL, NULL, &out), RC_INVALID);
}

/* The memory limit is on top of what the parent has: a parent with a large mapping can still use the sandbox. */
static void large_parents_can(void **state)
{
	struct cx *cx = *state;
	size_t n = (size_t)1 << 30;
	void *p = mmap(NULL, n, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert_true(p != MAP_FAILED);
	struct str memory = STR("x"), out;
	assert_int_equal(sandbox_run(cx, echo, &memory, -1, NULL, NULL, &out), RC_OK);
	munmap(p, n);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(reads_and_writes), T(failures_come_back), T(nothing_else_is_allowed), T(limits_hold), T(large_parents_can),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The index under power cuts: a writer dies in the middle of its n-th write, sync, rename or removal, for every n. What a reader
   opens afterwards is the state before or the state after, whole; the next writer goes on. Then every file is cut and spoilt, and
   readers look on while a writer commits. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/time.h"
#include "engine/text.h"

static int calls, die_at;
static int passed, failed;

static bool now(void) { return die_at && ++calls == die_at; }

ssize_t __real_write(int fd, const void *p, size_t n);
ssize_t __wrap_write(int fd, const void *p, size_t n);
ssize_t __wrap_write(int fd, const void *p, size_t n)
{
	if (now()) {
		ssize_t half = __real_write(fd, p, n / 2);
		_exit(half < 0 ? 8 : 9);
	}
	return __real_write(fd, p, n);
}
ssize_t __real_pwrite(int fd, const void *p, size_t n, off_t at);
ssize_t __wrap_pwrite(int fd, const void *p, size_t n, off_t at);
ssize_t __wrap_pwrite(int fd, const void *p, size_t n, off_t at)
{
	if (now()) {
		ssize_t half = __real_pwrite(fd, p, n / 2, at);
		_exit(half < 0 ? 8 : 9);
	}
	return __real_pwrite(fd, p, n, at);
}
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd) { return now() ? _exit(9), 0 : __real_fsync(fd); }
int __real_renameat(int a, const char *from, int b, const char *to);
int __wrap_renameat(int a, const char *from, int b, const char *to);
int __wrap_renameat(int a, const char *from, int b, const char *to) { return now() ? _exit(9), 0 : __real_renameat(a, from, b, to); }
int __real_unlinkat(int fd, const char *name, int flags);
int __wrap_unlinkat(int fd, const char *name, int flags);
int __wrap_unlinkat(int fd, const char *name, int flags) { return now() ? _exit(9), 0 : __real_unlinkat(fd, name, flags); }

static void check(bool ok, const char *what, int n)
{
	if (ok) passed++;
	else if (failed++ < 20) printf("FAILED %s (%d)\n", what, n);
}

static void clear(const char *dir)
{
	DIR *d = opendir(dir);
	for (struct dirent *e; d && (e = readdir(d));) {
		char path[400];
		snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
		unlink(path);
	}
	if (d) closedir(d);
}

/* Round r gives every document the word "roundR". */
static enum rc put_round(struct cx *cx, struct text_writer *w, int round)
{
	enum rc rc = RC_OK;
	for (int i = 0; i < 40 && rc == RC_OK; i++) {
		struct text_doc d = { .id = str_fmt(cx->arena, "d%d", i), .title = str_fmt(cx->arena, "round%d", round), .body = STR("高原特色农业的核心在于品种、品质与品牌三者同时提升，缺一不可") };
		rc = text_put(cx, w, &d);
	}
	return rc == RC_OK ? text_commit(cx, w) : rc;
}

static enum rc write_round(struct cx *cx, struct text_pipe *p, const char *dir, int round)
{
	struct text_writer *w;
	TRY(text_writer_open(cx, p, str_c(dir), 0, &w));
	enum rc rc = put_round(cx, w, round);
	text_writer_close(w);
	return rc;
}

/* How many documents carry the word of the round; -1 when the index does not open. */
static int count_round(struct cx *cx, struct text_pipe *p, const char *dir, int round)
{
	struct text_index *x;
	struct text_result r = { 0 };
	if (text_open(cx, p, str_c(dir), &x) != RC_OK) return -1;
	struct text_query q = { .text = str_fmt(cx->arena, "round%d", round), .k = 100, .all = true, .words_only = true };
	enum rc rc = text_search(cx, x, &q, &r);
	text_close(x);
	return rc == RC_OK ? r.n : -1;
}

/* True when the writer got to its end. */
static bool die_in(struct text_pipe *p, const char *dir, int n, int round)
{
	pid_t pid = fork();
	int status;
	if (pid == 0) {
		struct cx cx = { .arena = arena_new((size_t)1 << 30) };
		die_at = n;
		_exit(write_round(&cx, p, dir, round) == RC_OK ? 0 : 7);
	}
	waitpid(pid, &status, 0);
	check(WIFEXITED(status) && (WEXITSTATUS(status) == 9 || WEXITSTATUS(status) == 0), "the writer dies by plan", n);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void kills(struct text_pipe *p, const char *dir)
{
	bool whole = false;
	for (int n = 1; !whole && n < 500; n++) {
		struct cx cx = { .arena = arena_new((size_t)1 << 30) };
		clear(dir);
		for (int round = 1; round <= 3; round++)
			if (write_round(&cx, p, dir, round) != RC_OK) abort();
		whole = die_in(p, dir, n, 4);
		int old = count_round(&cx, p, dir, 3), new = count_round(&cx, p, dir, 4);
		check((old == 40 && new == 0) || (old == 0 && new == 40), "before or after, whole", n);
		check(!whole || new == 40, "what was committed is there", n);
		check(write_round(&cx, p, dir, 5) == RC_OK && count_round(&cx, p, dir, 5) == 40, "the next writer goes on", n);
		arena_free(cx.arena);
	}
	check(whole, "the writer ended at last", 0);
}

/* ---- one writer, many readers ---- */

enum { ROUNDS = 60, READERS = 4, VISIBLE_MS = 1000, PATIENCE_MS = 60000 };

/* Shared by the processes. */
struct board {
	int64_t committed_ms[ROUNDS + 1];       /* when text_commit came back; 0: not yet */
	int64_t late_ms[READERS];               /* the longest that a committed round was not seen */
	int looks[READERS], last[READERS];
	bool torn[READERS];
};

/* The round that all documents are of; -1 when they are not of one, or not all there. */
static int round_seen(struct cx *cx, struct text_index *x, int from)
{
	struct text_query q = { .text = STR("高原特色"), .k = 100, .words_only = true };
	struct text_result r = { 0 };
	struct text_explanation e;
	if (text_search(cx, x, &q, &r) != RC_OK || r.n != 40) return -1;
	q.all = true;
	for (int round = from; round <= ROUNDS; round++) {
		q.text = str_fmt(cx->arena, "round%d", round);
		if (text_search(cx, x, &q, &r) != RC_OK) return -1;
		if (r.n) return r.n == 40 && text_explain(cx, x, &q, r.hit[0].id, &e) == RC_OK ? round : -1;
	}
	return -1;
}

/* Has the index open all along. */
static void read_beside(struct text_pipe *p, const char *dir, struct board *b, int me)
{
	struct cx cx = { .arena = arena_new((size_t)1 << 30) };
	struct text_index *x;
	int64_t until = time_mono_ms() + PATIENCE_MS;
	if (text_open(&cx, p, str_c(dir), &x) != RC_OK) _exit(7);
	for (bool changed; b->last[me] < ROUNDS && !b->torn[me] && time_mono_ms() < until; usleep(2000)) {
		struct cx one = { .arena = arena_new((size_t)64 << 20) };
		enum rc rc = text_refresh(&one, x, &changed);
		int seen = rc != RC_OK ? -1 : changed || !b->looks[me] ? round_seen(&one, x, b->last[me]) : b->last[me];
		int64_t now = time_mono_ms();
		b->torn[me] = seen < b->last[me];
		for (int r = b->last[me] + 1; r <= ROUNDS && b->committed_ms[r]; r++)
			if (now - b->committed_ms[r] > b->late_ms[me]) b->late_ms[me] = now - b->committed_ms[r];
		b->looks[me] += seen != b->last[me];
		if (!b->torn[me]) b->last[me] = seen;
		arena_free(one.arena);
	}
	text_close(x);
	arena_free(cx.arena);
	_exit(0);
}

/* One writer commits round after round, merges and a second opening included, while readers have the index open: each sees whole rounds
   only, never an older one after a newer one, and each round within a second. */
static void beside(struct text_pipe *p, const char *dir)
{
	struct cx cx = { .arena = arena_new((size_t)1 << 30) };
	struct board *b = mmap(NULL, sizeof *b, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct text_writer *w = NULL;
	pid_t reader[READERS];
	int status;
	clear(dir);
	if (b == MAP_FAILED || write_round(&cx, p, dir, 0) != RC_OK) abort();
	for (int i = 0; i < READERS; i++) {
		reader[i] = fork();
		if (reader[i] == 0) read_beside(p, dir, b, i);
	}
	for (int round = 1; round <= ROUNDS; round++) {
		if (round % 20 == 1) {
			text_writer_close(w);
			if (text_writer_open(&cx, p, str_c(dir), 0, &w) != RC_OK) abort();
		}
		check(put_round(&cx, w, round) == RC_OK, "a commit beside readers", round);
		b->committed_ms[round] = time_mono_ms();
		usleep(5000);
	}
	int64_t late = 0;
	for (int i = 0; i < READERS; i++) {
		waitpid(reader[i], &status, 0);
		if (b->late_ms[i] > late) late = b->late_ms[i];
		check(WIFEXITED(status) && WEXITSTATUS(status) == 0 && !b->torn[i], "the reader saw whole rounds only", i);
		check(b->last[i] == ROUNDS && b->looks[i] > 3, "the last round was seen, and some before", b->looks[i]);
		check(b->late_ms[i] <= VISIBLE_MS, "visible within a second", (int)b->late_ms[i]);
	}
	printf("%d readers, %d commits: seen after %lld ms at most\n", READERS, ROUNDS, (long long)late);
	text_writer_close(w);
	munmap(b, sizeof *b);
	arena_free(cx.arena);
}

static void spoil(const char *path, int how)
{
	struct stat st;
	int fd = open(path, O_RDWR);
	unsigned char b;
	if (fd < 0 || fstat(fd, &st) != 0) abort();
	off_t at = st.st_size * how / 10;
	if (how % 2) {
		if (ftruncate(fd, at) != 0) abort();
	} else if (pread(fd, &b, 1, at) == 1) {
		b ^= 0x10;
		if (__real_pwrite(fd, &b, 1, at) != 1) abort();
	}
	close(fd);
}

static void damage(struct text_pipe *p, const char *dir)
{
	static const char *const kind[] = { "index", "seg-", "gone-" };
	for (int k = 0; k < 3; k++)
		for (int how = 0; how < 10; how++) {
			struct cx cx = { .arena = arena_new((size_t)1 << 30) };
			struct text_index *x;
			struct text_doc d = { .id = STR("d3"), .title = STR("other") };
			struct text_writer *w;
			char path[400] = "";
			clear(dir);
			if (write_round(&cx, p, dir, 1) != RC_OK || text_writer_open(&cx, p, str_c(dir), 0, &w) != RC_OK || text_put(&cx, w, &d) != RC_OK || text_commit(&cx, w) != RC_OK) abort();
			text_writer_close(w);
			DIR *o = opendir(dir);
			for (struct dirent *e; o && (e = readdir(o));)
				if (strncmp(e->d_name, kind[k], strlen(kind[k])) == 0) snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
			closedir(o);
			spoil(path, how);
			enum rc rc = text_open(&cx, p, str_c(dir), &x);
			check(rc == RC_INVALID && strcmp(cx.fails.v[0].code, "text.damaged") == 0, kind[k], how);
			if (rc == RC_OK) text_close(x);
			check(write_round(&cx, p, dir, 2) == RC_OK && count_round(&cx, p, dir, 2) == 40, "made again", how);
			arena_free(cx.arena);
		}
}

int main(void)
{
	struct cx cx = { .arena = arena_new((size_t)1 << 30) };
	struct text_pipe *p;
	char dir[] = "/tmp/lc-text-fault-XXXXXX";
	if (!mkdtemp(dir) || text_pipe_open(&cx, &p) != RC_OK) return 2;
	kills(p, dir);
	damage(p, dir);
	beside(p, dir);
	clear(dir);
	rmdir(dir);
	text_pipe_close(p);
	arena_free(cx.arena);
	printf("%d passed, %d failed\n", passed, failed);
	return failed ? 1 : 0;
}

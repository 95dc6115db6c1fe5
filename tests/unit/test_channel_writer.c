#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/supervise.h"
#include "app/writer.h"
#include "base/log.h"
#include "base/time.h"
#include "db/db.h"
#include "web/channel.h"
#include "web/fails_wire.h"

#include <cmocka.h>
#undef fail      /* ours is wanted here, not cmocka's */

/* ---- the commands of the tests ---- */

static enum rc add_row(struct cx *cx, struct db *db, struct val args)
{
	return db_run(cx, db, SQL("insert into t (n, batch) values (?, ?)"),
		      P(p_int(val_i64(VAL_GET(args, "n"))), p_text(str_fmt(cx->arena, "%lld", (long long)time_mono_ms()))));
}

static enum rc run(void *ctx, struct cx *cx, struct db *db, struct val command, struct val *reply)
{
	struct str name = val_str(VAL_GET(command, "name"));
	struct val args = VAL_GET(command, "args");
	if (str_is(name, "add")) {
		TRY(add_row(cx, db, args));
		fail_note(cx, LEVEL_WARNING, "test.note", IN_FIELD(STR("n")), "注意 %d", "note %d", 1);
		*reply = val_int(val_i64(VAL_GET(args, "n")) * 2);
		return RC_OK;
	}
	if (str_is(name, "fail")) {
		TRY(add_row(cx, db, args));
		return fail(cx, RC_INVALID, "test.wrong", IN_FIELD(STR("n")), "错 %s", "wrong %s", "x");
	}
	if (str_is(name, "poison")) {
		TRY(add_row(cx, db, args));
		db_rollback(db);        /* what the engine does by itself when a disk is full */
		return fail(cx, RC_IO, "test.poison", NOWHERE, "毒", "poison");
	}
	if (str_is(name, "large")) {
		*reply = val_text((struct str){ arena_alloc(cx->arena, CHANNEL_MESSAGE_MAX), CHANNEL_MESSAGE_MAX });
		return add_row(cx, db, args);
	}
	if (str_is(name, "crash")) _exit(9);
	if (str_is(name, "sleep")) usleep((useconds_t)val_i64(VAL_GET(args, "us")));
	return RC_OK;
}

struct fixture {
	struct cx cx;
	char dir[64];
	struct str url;
	struct channel *c[4];
	pid_t writer;
};

static int serve(struct str url, int *fd, int n, int control_fd, bool each)
{
	struct cx cx = { .arena = arena_new((size_t)16 << 20) };
	struct db *db;
	if (db_open(&cx, url, DB_WRITE, &db) != RC_OK) return 2;
	if (db_run(&cx, db, SQL("create table if not exists t (n integer primary key, batch text) strict"), NO_PARAMS) != RC_OK) return 3;
	struct writer w = { .db = db, .run = run, .fd = fd, .n_fd = n, .control_fd = control_fd, .commit_each = each };
	enum rc rc = writer_serve(&cx, &w);
	db_close(db);
	arena_free(cx.arena);
	return rc == RC_OK ? 0 : 4;
}

/* The log of the processes under test. */
static void quiet(void)
{
	int null = open("/dev/null", O_WRONLY);
	dup2(null, STDERR_FILENO);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	int ours[4], theirs[4];
	f->cx.arena = arena_new((size_t)256 << 20);
	strcpy(f->dir, "/tmp/test_writer.XXXXXX");
	if (!mkdtemp(f->dir)) return 1;
	f->url = str_fmt(f->cx.arena, "sqlite:%s/t.db", f->dir);
	for (int i = 0; i < 4; i++) {
		int pair[2];
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) return 1;
		ours[i] = pair[0];
		theirs[i] = pair[1];
	}
	f->writer = fork();
	if (f->writer == 0) {
		for (int i = 0; i < 4; i++) close(ours[i]);
		quiet();
		_exit(serve(f->url, theirs, 4, 0, false));
	}
	for (int i = 0; i < 4; i++) {
		close(theirs[i]);
		f->c[i] = channel_new(ours[i]);
	}
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	int status = 0;
	for (int i = 0; i < 4; i++) channel_free(f->c[i]);
	/* It ends by itself when every channel has closed. */
	if (f->writer && (waitpid(f->writer, &status, 0) != f->writer || status != 0)) return 1;
	char command[128];
	snprintf(command, sizeof command, "rm -rf %s", f->dir);
	if (system(command) != 0) return 1;
	arena_free(f->cx.arena);
	free(f);
	return 0;
}

static struct val command(struct fixture *f, int64_t id, const char *name, int64_t n)
{
	struct arena *a = f->cx.arena;
	struct val m = val_map(a), args = val_map(a);
	VAL_SET(a, args, "n", val_int(n));
	VAL_SET(a, m, "id", val_int(id));
	VAL_SET(a, m, "name", val_textz(name));
	VAL_SET(a, m, "args", args);
	return m;
}

static struct val keyed(struct fixture *f, int64_t id, int64_t n, const char *key, int64_t account)
{
	struct arena *a = f->cx.arena;
	struct val m = command(f, id, "add", n), actor = val_map(a);
	VAL_SET(a, actor, "account", val_int(account));
	VAL_SET(a, m, "key", val_textz(key));
	VAL_SET(a, m, "actor", actor);
	return m;
}

static struct val call(struct fixture *f, int channel, struct val message)
{
	struct val answer;
	assert_int_equal(channel_call(&f->cx, f->c[channel], message, 10000, &answer), RC_OK);
	return answer;
}

static int64_t rc_of(struct val answer)
{
	assert_int_equal(VAL_GET(answer, "rc").kind, VAL_INT);
	return val_i64(VAL_GET(answer, "rc"));
}

static struct str code_of(struct val answer) { return val_str(VAL_GET(val_at(VAL_GET(answer, "fails"), 0), "code")); }

static int64_t ask(struct fixture *f, struct sql sql)
{
	struct db *r;
	int64_t n = -1;
	bool found;
	assert_int_equal(db_open(&f->cx, f->url, DB_READ, &r), RC_OK);
	assert_int_equal(db_int(&f->cx, r, sql, NO_PARAMS, &n, &found), RC_OK);
	db_close(r);
	return n;
}

/* ---- channels alone ---- */

static void messages_cross(void **state)
{
	struct cx cx = { .arena = arena_new((size_t)256 << 20) };
	int pair[2];
	bool more;
	struct val got;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	struct channel *a = channel_new(pair[0]), *b = channel_new(pair[1]);
	assert_int_equal(channel_next(&cx, b, &got, &more), RC_OK);
	assert_false(more);
	/* Far more than a socket holds: the rest waits, and comes in order. */
	struct val big = val_list(cx.arena);
	val_push(cx.arena, big, val_text((struct str){ arena_alloc(cx.arena, 6 << 20), 6 << 20 }));
	assert_int_equal(channel_send(&cx, a, big), RC_OK);
	assert_true(channel_wants_write(a));
	for (int i = 0; i < 1000; i++) assert_int_equal(channel_send(&cx, a, val_int(i)), RC_OK);
	int seen = -1;
	while (seen < 999) {
		assert_int_equal(channel_flush(&cx, a), RC_OK);
		assert_int_equal(channel_next(&cx, b, &got, &more), RC_OK);
		if (!more) continue;
		if (seen < 0 && got.kind == VAL_LIST) assert_true(val_eq(got, big));
		else assert_int_equal(val_i64(got), ++seen);
	}
	assert_false(channel_wants_write(a));
	/* Too large: refused, and the channel stays good. */
	struct val huge = val_text((struct str){ arena_alloc(cx.arena, CHANNEL_MESSAGE_MAX), CHANNEL_MESSAGE_MAX });
	assert_int_equal(channel_send(&cx, a, huge), RC_LIMIT);
	assert_int_equal(channel_send(&cx, a, val_int(5)), RC_OK);
	/* A peer that never reads: refused in the end, not grown without end. */
	enum rc rc = RC_OK;
	int sent = 0;
	while (rc == RC_OK && sent < 100) rc = channel_send(&cx, a, big), sent++;
	assert_int_equal(rc, RC_BUSY);
	assert_in_range(sent, 10, 12);
	channel_free(b);
	assert_int_equal(channel_send(&cx, a, val_int(5)), RC_IO);
	channel_free(a);
	arena_free(cx.arena);
}

static void bad_bytes_end_a_channel(void **state)
{
	static const struct { struct str bytes; enum rc rc; } bad[] = {
		{ STR_INIT("\xFF\xFF\xFF\x7F" "abc"), RC_IO }, { STR_INIT("\0\0\0\0"), RC_IO }, { STR_INIT("\x02\0\0\0nn"), RC_INVALID },
		{ STR_INIT("\x05\0\0\0" "s"), RC_IO },
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct cx cx = { .arena = arena_new(1 << 20) };
		int pair[2];
		bool more = false;
		struct val got;
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
		struct channel *c = channel_new(pair[0]);
		assert_int_equal(write(pair[1], bad[i].bytes.p, bad[i].bytes.n), bad[i].bytes.n);
		close(pair[1]);
		assert_int_equal(channel_next(&cx, c, &got, &more), bad[i].rc);
		assert_false(more);
		channel_free(c);
		arena_free(cx.arena);
	}
}

static void last_words_are_read(void **state)
{
	struct cx cx = { .arena = arena_new((size_t)64 << 20) };
	int pair[2];
	bool more;
	struct val got;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	struct channel *a = channel_new(pair[0]), *b = channel_new(pair[1]);
	assert_int_equal(channel_send(&cx, a, val_int(1)), RC_OK);
	channel_free(a);
	assert_int_equal(channel_next(&cx, b, &got, &more), RC_OK);
	assert_true(more);
	assert_int_equal(channel_next(&cx, b, &got, &more), RC_IO);
	channel_free(b);
	/* Nobody answers. */
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	a = channel_new(pair[0]);
	int64_t from = time_mono_ms();
	assert_int_equal(channel_call(&cx, a, val_map(cx.arena), 100, &got), RC_BUSY);
	assert_in_range(time_mono_ms() - from, 90, 2000);
	channel_free(a);
	close(pair[1]);
	arena_free(cx.arena);
}

/* ---- the writer ---- */

static void answers(void **state)
{
	struct fixture *f = *state;
	struct val a = call(f, 0, command(f, 7, "add", 21));
	assert_int_equal(rc_of(a), RC_OK);
	assert_int_equal(val_i64(VAL_GET(a, "id")), 7);
	assert_int_equal(val_i64(VAL_GET(a, "reply")), 42);
	assert_true(str_is(code_of(a), "test.note"));
	a = call(f, 1, command(f, 8, "fail", 5));
	assert_int_equal(rc_of(a), RC_INVALID);
	assert_true(str_is(code_of(a), "test.wrong"));
	struct cx other = { .arena = f->cx.arena };
	fails_from_val(&other, VAL_GET(a, "fails"));
	assert_int_equal(other.fails.errors, 1);
	assert_true(str_is(other.fails.v[0].zh, "错 x"));
	assert_true(str_is(other.fails.v[0].where.field, "n"));
	assert_int_equal(rc_of(call(f, 2, command(f, 9, "add", 21))), RC_CONFLICT);
	assert_int_equal(ask(f, SQL("select count(*) from t")), 1);
	/* Too large an answer undoes its command. */
	a = call(f, 3, command(f, 10, "large", 77));
	assert_int_equal(rc_of(a), RC_LIMIT);
	assert_int_equal(ask(f, SQL("select count(*) from t where n = 77")), 0);
}

/* A batch of good and bad commands sent at once: each answered by itself. */
static void one_failure_is_alone(void **state)
{
	struct fixture *f = *state;
	enum { N = 600 };
	for (int i = 0; i < N; i++)
		assert_int_equal(channel_send(&f->cx, f->c[i % 4], command(f, i, i % 3 == 0 ? "fail" : "add", i)), RC_OK);
	bool seen[N] = { false };
	for (int left = N, ch = 0; left; ch = (ch + 1) % 4) {
		struct val a;
		bool more;
		assert_int_equal(channel_flush(&f->cx, f->c[ch]), RC_OK);
		assert_int_equal(channel_next(&f->cx, f->c[ch], &a, &more), RC_OK);
		if (!more) continue;
		int64_t id = val_i64(VAL_GET(a, "id"));
		assert_in_range(id, 0, N - 1);
		assert_false(seen[id]);
		assert_int_equal(rc_of(a), id % 3 == 0 ? RC_INVALID : RC_OK);
		assert_int_equal(id % 4, ch);
		seen[id] = true;
		left--;
	}
	assert_int_equal(ask(f, SQL("select count(*) from t")), N - N / 3);
	assert_int_equal(ask(f, SQL("select count(*) from t where n % 3 = 0")), 0);
}

static void a_key_acts_once(void **state)
{
	struct fixture *f = *state;
	for (int i = 0; i < 3; i++) {
		struct val a = call(f, i, keyed(f, 100 + i, 5, "k1", 1));
		assert_int_equal(rc_of(a), RC_OK);
		assert_int_equal(val_i64(VAL_GET(a, "reply")), 10);
		assert_int_equal(val_i64(VAL_GET(a, "id")), 100 + i);
	}
	/* Another account's equal key is another key: it runs, and collides with the row. */
	assert_int_equal(rc_of(call(f, 0, keyed(f, 1, 5, "k1", 2))), RC_CONFLICT);
	/* A failure is not remembered. */
	assert_int_equal(rc_of(call(f, 0, keyed(f, 1, 5, "k2", 1))), RC_CONFLICT);
	assert_int_equal(rc_of(call(f, 0, keyed(f, 1, 6, "k2", 1))), RC_OK);
	assert_int_equal(ask(f, SQL("select count(*) from t")), 2);
	/* Twice in one batch. */
	assert_int_equal(channel_send(&f->cx, f->c[0], command(f, 1, "sleep", 0)), RC_OK);
	for (int i = 0; i < 8; i++) assert_int_equal(channel_send(&f->cx, f->c[0], keyed(f, 200 + i, 50, "k3", 1)), RC_OK);
	for (int left = 9; left;) {
		struct val a;
		bool more;
		assert_int_equal(channel_next(&f->cx, f->c[0], &a, &more), RC_OK);
		if (!more) continue;
		assert_int_equal(rc_of(a), RC_OK);
		left--;
	}
	assert_int_equal(ask(f, SQL("select count(*) from t")), 3);
	char key[1100];
	memset(key, 'k', sizeof key - 1);
	key[sizeof key - 1] = '\0';
	assert_int_equal(rc_of(call(f, 0, keyed(f, 1, 9, key, 1))), RC_INVALID);
}

/* One command makes the engine give the transaction up: the others of its batch are run again and saved. */
static void poison_is_alone(void **state)
{
	struct fixture *f = *state;
	for (int i = 0; i < 10; i++)
		assert_int_equal(channel_send(&f->cx, f->c[0], command(f, i, i == 5 ? "poison" : "add", i)), RC_OK);
	for (int left = 10; left;) {
		struct val a;
		bool more;
		assert_int_equal(channel_next(&f->cx, f->c[0], &a, &more), RC_OK);
		if (!more) continue;
		bool bad = val_i64(VAL_GET(a, "id")) == 5;
		assert_int_equal(rc_of(a), bad ? RC_IO : RC_OK);
		if (bad) assert_true(str_is(code_of(a), "test.poison"));
		left--;
	}
	assert_int_equal(ask(f, SQL("select count(*) from t")), 9);
	/* Nothing but poison: every one is answered, the writer lives. */
	for (int i = 0; i < 20; i++) assert_int_equal(channel_send(&f->cx, f->c[0], command(f, i, "poison", 100 + i)), RC_OK);
	for (int left = 20; left;) {
		struct val a;
		bool more;
		assert_int_equal(channel_next(&f->cx, f->c[0], &a, &more), RC_OK);
		if (!more) continue;
		assert_int_equal(rc_of(a), RC_IO);
		left--;
	}
	assert_int_equal(rc_of(call(f, 0, command(f, 1, "add", 1000))), RC_OK);
}

static void peers_die(void **state)
{
	struct fixture *f = *state;
	/* Sent, then gone without waiting: done all the same, and nobody else notices. */
	for (int i = 0; i < 50; i++) assert_int_equal(channel_send(&f->cx, f->c[0], command(f, i, "add", i)), RC_OK);
	channel_free(f->c[0]);
	f->c[0] = NULL;
	assert_int_equal(rc_of(call(f, 1, command(f, 1, "add", 500))), RC_OK);
	/* Garbage ends that channel only. */
	assert_int_equal(write(channel_fd(f->c[2]), "\x01\0\0\0?", 5), 5);
	struct pollfd p = { .fd = channel_fd(f->c[2]), .events = POLLIN };
	assert_int_equal(poll(&p, 1, 5000), 1);
	struct val got;
	bool more;
	assert_int_equal(channel_next(&f->cx, f->c[2], &got, &more), RC_IO);
	assert_int_equal(rc_of(call(f, 1, command(f, 1, "add", 501))), RC_OK);
	assert_int_equal(ask(f, SQL("select count(*) from t where n >= 500")), 2);
	/* What it had asked is done as far as it was read before its end was seen, in the order of asking. */
	int64_t done = ask(f, SQL("select count(*) from t where n < 50"));
	assert_in_range(done, 1, 50);
	assert_int_equal(ask(f, SQL("select max(n) from t where n < 50")), done - 1);
}

static void group_shares_a_commit(void **state)
{
	struct fixture *f = *state;
	/* While the first sleeps, the others queue: one transaction, so nothing is visible before all are. */
	struct val slow = command(f, 0, "sleep", 0);
	VAL_SET(f->cx.arena, VAL_GET(slow, "args"), "us", val_int(500000));
	assert_int_equal(channel_send(&f->cx, f->c[0], slow), RC_OK);
	usleep(20000);
	for (int i = 1; i <= 30; i++) assert_int_equal(channel_send(&f->cx, f->c[1], command(f, i, "add", i)), RC_OK);
	for (int left = 30; left;) {
		struct val a;
		bool more;
		assert_int_equal(channel_next(&f->cx, f->c[1], &a, &more), RC_OK);
		if (!more) continue;
		if (left == 30) assert_int_equal(ask(f, SQL("select count(*) from t")), 30);
		left--;
	}
}

/* ---- the supervisor ---- */

struct site { struct str url; int report[2]; };

static int hub(void *ctx, int index, int fd)
{
	struct site *s = ctx;
	return serve(s->url, NULL, 0, fd, false);
}

/* Adds its pid as a row, reports the outcome, then waits; dies when a file tells it to. */
static int spoke(void *ctx, int index, int fd)
{
	struct site *s = ctx;
	struct fixture f = { .cx.arena = arena_new((size_t)64 << 20) };
	struct channel *c = channel_new(fd);
	struct val a;
	enum rc rc = channel_call(&f.cx, c, command(&f, 1, "add", getpid()), 5000, &a);
	int line[2] = { index, rc == RC_OK && val_i64(VAL_GET(a, "rc")) == RC_OK ? getpid() : -1 };
	if (write(s->report[1], line, sizeof line) != sizeof line) return 1;
	for (;;) {
		struct val got;
		bool more;
		struct pollfd p = { .fd = fd, .events = POLLIN };
		poll(&p, 1, -1);
		if (channel_next(&f.cx, c, &got, &more) != RC_OK) return 0;      /* the hub is gone */
	}
}

static int refuses_to_stop(void *ctx, int index, int fd)
{
	struct site *s = ctx;
	int line[2] = { index, getpid() };
	signal(SIGTERM, SIG_IGN);
	if (write(s->report[1], line, sizeof line) != sizeof line) return 1;
	while (pause() < 0) continue;
	return 0;
}

static int next_report(struct site *s, int *index)
{
	struct pollfd p = { .fd = s->report[0], .events = POLLIN };
	int line[2];
	assert_int_equal(poll(&p, 1, 20000), 1);
	assert_int_equal(read(s->report[0], line, sizeof line), sizeof line);
	assert_true(line[1] > 0);
	*index = line[0];
	return line[1];
}

static pid_t child_of(pid_t parent, int which)
{
	char path[64], line[256];
	snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)parent, (int)parent);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	size_t n = fread(line, 1, sizeof line - 1, file);
	fclose(file);
	line[n] = '\0';
	char *p = line;
	for (int i = 0; i < which; i++) strtol(p, &p, 10);
	return (pid_t)strtol(p, NULL, 10);
}

static void supervised(void **state)
{
	struct cx cx = { .arena = arena_new((size_t)64 << 20) };
	char dir[] = "/tmp/test_super.XXXXXX";
	assert_non_null(mkdtemp(dir));
	struct site site = { .url = str_fmt(cx.arena, "sqlite:%s/t.db", dir) };
	assert_int_equal(pipe(site.report), 0);
	pid_t boss = fork();
	if (boss == 0) {
		quiet();
		const struct child children[] = {
			{ "writer", CHILD_HUB, hub, &site }, { "web-1", CHILD_SPOKE, spoke, &site }, { "web-2", CHILD_SPOKE, spoke, &site },
			{ "deaf", CHILD_ALONE, refuses_to_stop, &site },
		};
		_exit(supervise(&cx, children, 4, 700) == RC_OK ? 0 : 1);
	}
	int at, pid[4] = { 0 };
	for (int i = 0; i < 3; i++) {
		int p = next_report(&site, &at);
		pid[at] = p;
	}
	/* A spoke crashes: it alone comes back, with a fresh line to the same hub. */
	pid_t the_hub = child_of(boss, 0);
	assert_int_equal(kill(pid[1], SIGKILL), 0);
	int fresh = next_report(&site, &at);
	assert_int_equal(at, 1);
	assert_int_not_equal(fresh, pid[1]);
	assert_int_equal(kill(pid[2], 0), 0);
	assert_int_equal(child_of(boss, 0), the_hub);
	/* SIGHUP means nothing. */
	assert_int_equal(kill(boss, SIGHUP), 0);
	/* The hub crashes: everybody starts anew. */
	assert_int_equal(kill(the_hub, SIGKILL), 0);
	int again[4] = { 0 };
	for (int i = 0; i < 3; i++) {
		int p = next_report(&site, &at);
		again[at] = p;
	}
	assert_true(again[1] && again[2] && again[1] != fresh && again[2] != pid[2]);
	/* Stopping: also what does not want to. */
	int64_t from = time_mono_ms();
	int status;
	assert_int_equal(kill(boss, SIGTERM), 0);
	assert_int_equal(waitpid(boss, &status, 0), boss);
	assert_int_equal(status, 0);
	assert_in_range(time_mono_ms() - from, 500, 5000);
	assert_int_equal(kill(again[1], 0), -1);
	struct fixture f = { .cx = cx, .url = site.url };
	assert_int_equal(ask(&f, SQL("select count(*) from t")), 5);
	char cmd[128];
	snprintf(cmd, sizeof cmd, "rm -rf %s", dir);
	assert_int_equal(system(cmd), 0);
	arena_free(cx.arena);
}

static int dies(void *ctx, int index, int fd) { return 3; }

static void gives_up(void **state)
{
	pid_t boss = fork();
	if (boss == 0) {
		struct cx cx = { .arena = arena_new(1 << 20) };
		quiet();
		const struct child children[] = { { "dies", CHILD_ALONE, dies, NULL } };
		_exit(supervise(&cx, children, 1, 500) == RC_IO ? 0 : 1);
	}
	int status;
	assert_int_equal(waitpid(boss, &status, 0), boss);
	assert_int_equal(status, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_cross), cmocka_unit_test(bad_bytes_end_a_channel), cmocka_unit_test(last_words_are_read),
		T(answers), T(one_failure_is_alone), T(a_key_acts_once), T(poison_is_alone), T(peers_die), T(group_shares_a_commit),
		cmocka_unit_test(supervised), cmocka_unit_test(gives_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

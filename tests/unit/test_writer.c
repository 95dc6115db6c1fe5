/* The writer over real socket pairs and a real SQLite: answers, idempotency, undoing one command alone, a peer that goes away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#undef fail

#include "app/supervise.h"
#include "app/writer.h"
#include "base/time.h"
#include "web/channel.h"
#include "web/fails_wire.h"

static char dir[64];

/* "put" inserts a number; "bad" inserts one and then fails. */
static enum rc run(void *ctx, struct cx *cx, struct db *db, struct val command, struct val *reply)
{
	(void)ctx;
	struct val n = VAL_GET(command, "n");
	TRY(db_run(cx, db, SQL("INSERT INTO t (n) VALUES (?)"), P(p_int(val_i64(n)))));
	if (str_is(val_str(VAL_GET(command, "name")), "bad"))
		return fail(cx, RC_INVALID, "test.bad", IN_FIELD(STR("n")), "不行：%d", "no: %d", (int)val_i64(n));
	*reply = n;
	return RC_OK;
}

struct world { pid_t pid; struct channel *channel[2]; int control; struct cx cx; };

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	int pair[2][2], control[2];
	strcpy(dir, "/tmp/lc-writer-XXXXXX");
	assert_non_null(mkdtemp(dir));
	w->cx = (struct cx){ .arena = arena_new(64 << 20) };
	for (int i = 0; i < 2; i++) assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair[i]), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, control), 0);
	w->pid = fork();
	if (w->pid == 0) {
		close(control[0]);
		close(pair[0][0]);
		close(pair[1][0]);
		close(pair[1][1]);
		struct db *db;
		if (db_open(&w->cx, str_fmt(w->cx.arena, "sqlite:%s/t.db", dir), DB_WRITE, &db) != RC_OK) _exit(3);
		if (db_run(&w->cx, db, SQL("CREATE TABLE t (n INTEGER)"), NO_PARAMS) != RC_OK) _exit(4);
		if (db_run(&w->cx, db, SQL("CREATE TABLE command_done (key TEXT PRIMARY KEY, at_ms INTEGER NOT NULL, answer BLOB NOT NULL)"), NO_PARAMS) != RC_OK) _exit(5);
		struct writer writer = { .db = db, .run = run, .control_fd = control[1], .fd = (int[]){ pair[0][1] }, .n_fd = 1 };
		_exit(writer_serve(&w->cx, &writer) == RC_OK ? 0 : 6);
	}
	close(control[1]);
	close(pair[0][1]);
	assert_true(hub_give(control[0], pair[1][1]));
	close(pair[1][1]);
	w->control = control[0];
	for (int i = 0; i < 2; i++) w->channel[i] = channel_new(pair[i][0]);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	int status;
	char command[128];
	close(w->control);
	for (int i = 0; i < 2; i++) channel_free(w->channel[i]);
	assert_int_equal(waitpid(w->pid, &status, 0), w->pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	snprintf(command, sizeof command, "rm -rf %s", dir);
	assert_int_equal(system(command), 0);
	arena_free(w->cx.arena);
	free(w);
	return 0;
}

static struct val ask(struct world *w, int channel, const char *name, int n, const char *key)
{
	struct val m = val_map(w->cx.arena), answer;
	VAL_SET(w->cx.arena, m, "id", val_int(n * 10));
	VAL_SET(w->cx.arena, m, "name", val_textz(name));
	VAL_SET(w->cx.arena, m, "n", val_int(n));
	VAL_SET(w->cx.arena, m, "key", val_textz(key));
	assert_int_equal(channel_call(&w->cx, w->channel[channel], m, 5000, &answer), RC_OK);
	assert_int_equal(val_i64(VAL_GET(answer, "id")), n * 10);
	return answer;
}

static int64_t count(struct world *w)
{
	struct db *db;
	int64_t n = -1;
	bool found;
	assert_int_equal(db_open(&w->cx, str_fmt(w->cx.arena, "sqlite:%s/t.db", dir), DB_READ, &db), RC_OK);
	assert_int_equal(db_int(&w->cx, db, SQL("SELECT COUNT(*) FROM t"), NO_PARAMS, &n, &found), RC_OK);
	db_close(db);
	return n;
}

static void an_answer_means_it_is_there(void **state)
{
	struct world *w = *state;
	for (int i = 1; i <= 20; i++) assert_int_equal(val_i64(VAL_GET(ask(w, i % 2, "put", i, ""), "rc")), RC_OK);
	assert_int_equal(count(w), 20);
}

static void a_failure_is_undone_alone_and_told(void **state)
{
	struct world *w = *state;
	ask(w, 0, "put", 1, "");
	struct val answer = ask(w, 1, "bad", 2, "");
	assert_int_equal(val_i64(VAL_GET(answer, "rc")), RC_INVALID);
	struct cx cx = { .arena = w->cx.arena };
	fails_from_val(&cx, VAL_GET(answer, "fails"));
	assert_int_equal(cx.fails.n, 1);
	assert_true(str_is(cx.fails.v[0].zh, "不行：2"));
	assert_true(str_is(cx.fails.v[0].where.field, "n"));
	assert_int_equal(count(w), 1);
}

static void a_replay_acts_once(void **state)
{
	struct world *w = *state;
	for (int i = 0; i < 3; i++) assert_int_equal(val_i64(VAL_GET(ask(w, i % 2, "put", 7, "key-7"), "reply")), 7);
	assert_int_equal(count(w), 1);
	/* A failure is not remembered: mending it and asking again must work. */
	ask(w, 0, "bad", 8, "key-8");
	assert_int_equal(val_i64(VAL_GET(ask(w, 0, "put", 8, "key-8"), "rc")), RC_OK);
	assert_int_equal(count(w), 2);
}

static void many_in_flight_are_all_answered(void **state)
{
	struct world *w = *state;
	enum { N = 1500 };
	for (int i = 1; i <= N; i++) {
		struct val m = val_map(w->cx.arena);
		VAL_SET(w->cx.arena, m, "id", val_int(i));
		VAL_SET(w->cx.arena, m, "name", val_textz(i % 10 ? "put" : "bad"));
		VAL_SET(w->cx.arena, m, "n", val_int(i));
		assert_int_equal(channel_send(&w->cx, w->channel[i % 2], m), RC_OK);
	}
	int answers = 0, good = 0;
	for (int64_t until = time_mono_ms() + 10000; answers < N && time_mono_ms() < until;) {
		for (int c = 0; c < 2; c++) {
			struct val answer;
			bool more = true;
			assert_int_equal(channel_flush(&w->cx, w->channel[c]), RC_OK);
			while (more) {
				assert_int_equal(channel_next(&w->cx, w->channel[c], &answer, &more), RC_OK);
				if (!more) break;
				answers++;
				good += val_i64(VAL_GET(answer, "rc")) == RC_OK;
			}
		}
		usleep(1000);
	}
	assert_int_equal(answers, N);
	assert_int_equal(good, N - N / 10);
	assert_int_equal(count(w), good);
}

static void a_peer_that_goes_away_harms_nobody(void **state)
{
	struct world *w = *state;
	struct val m = val_map(w->cx.arena);
	VAL_SET(w->cx.arena, m, "name", val_textz("put"));
	VAL_SET(w->cx.arena, m, "n", val_int(1));
	assert_int_equal(channel_send(&w->cx, w->channel[1], m), RC_OK);
	channel_free(w->channel[1]);
	w->channel[1] = NULL;
	assert_int_equal(val_i64(VAL_GET(ask(w, 0, "put", 2, ""), "rc")), RC_OK);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = { T(an_answer_means_it_is_there), T(a_failure_is_undone_alone_and_told), T(a_replay_acts_once),
		T(many_in_flight_are_all_answered), T(a_peer_that_goes_away_harms_nobody) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

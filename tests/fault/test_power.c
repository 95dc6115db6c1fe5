/* What was acknowledged survives a power cut at any write, and kill -9 at any moment; nothing is ever half there.

   Four parts: the database alone (the same calls every time, so every point can be replayed from its seed), the writer's loop with
   clients, and kill -9 of a writer with 64 clients on the real disk. The negative controls show that the test can see a loss:
   the same with synchronous=NORMAL, and with answers given before the commit, must lose.

   test_power [--points N] [--seed S]      N power cuts (default 250) */
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/rng.h"
#include "base/time.h"
#include "rig.h"

enum { ROUNDS = 26, DIRECT_MAX = 200, WRITER_COMMANDS = 60, KILL_COMMANDS = 4000, NC_SHARE = 30, NC_KILL = 10 };

struct sum { int runs, cuts, lossy, lossy_early, unsound, broken; int64_t acked, lost; };

static const char *const pattern[CUT_PATTERNS] = { "nothing", "subset", "but-last", "torn" };

/* ---- the database alone ---- */

static enum rc open_again(struct cx *cx, const char *path, bool normal, struct db **db)
{
	TRY(db_open(cx, str_fmt(cx->arena, "sqlite:%s", path), DB_WRITE, db));
	return normal ? db_run(cx, *db, SQL("pragma synchronous=normal"), NO_PARAMS) : RC_OK;
}

static enum rc one_round(struct cx *cx, struct db *db, struct rng *r, int *next, int fd)
{
	int first = *next, kept[8], n_kept = 0, line[2] = { SENT, 0 };
	TRY(db_begin(cx, db));
	for (uint64_t k = rng_below(r, 4) + 1; k; k--) {
		int n = (*next)++;
		line[1] = n;
		if (write(fd, line, sizeof line) < 0) return RC_IO;
		TRY(db_savepoint(cx, db));
		enum rc rc = put(cx, db, n, true);
		if (rc == RC_OK) {
			TRY(db_release(cx, db));
			kept[n_kept++] = n;
		} else {
			db_undo(db);
		}
	}
	assert(*next > first);
	TRY(db_commit(cx, db));
	line[0] = ACKED;
	for (int i = 0; i < n_kept; i++) {
		line[1] = kept[i];
		if (write(fd, line, sizeof line) < 0) return RC_IO;
	}
	return RC_OK;
}

/* Tables, rounds of commands, tidying both ways, closing and opening again half-way and twice at the end. */
static enum rc by_hand(struct cx *cx, const char *path, bool normal, int fd)
{
	struct db *db;
	struct rng r = rng_seed(3);
	int next = 1;
	TRY(open_again(cx, path, normal, &db));
	TRY(put_tables(cx, db));
	for (int i = 1; i <= ROUNDS; i++) {
		TRY(one_round(cx, db, &r, &next, fd));
		if (i % 7 == 0) db_tidy(db, true);
		if (i % 13 == 0) {
			db_close(db);
			TRY(open_again(cx, path, normal, &db));
		}
	}
	db_close(db);
	return RC_OK;
}

static long hand_once(const char *path, const struct disk_plan *plan, bool normal, struct ledger *l, int *status)
{
	int pipe_fd[2], line[2];
	long changes = 0;
	assert(pipe2(pipe_fd, O_CLOEXEC) == 0);
	fflush(NULL);
	pid_t pid = fork();
	assert(pid >= 0);
	if (pid == 0) {
		struct disk *d = disk_install(plan);
		struct cx cx = { .arena = arena_new(64 << 20), .now_ms = time_now_ms() };
		if (by_hand(&cx, path, normal, pipe_fd[1]) != RC_OK) _exit(1);
		line[0] = -1;
		line[1] = (int)disk_changes(d);
		_exit(write(pipe_fd[1], line, sizeof line) == sizeof line ? 0 : 2);
	}
	close(pipe_fd[1]);
	while (read(pipe_fd[0], line, sizeof line) == sizeof line) {
		if (line[0] == -1) {
			changes = line[1];
			continue;
		}
		assert(line[1] > 0 && line[1] <= DIRECT_MAX);
		l->outcome[line[1]] = (unsigned char)line[0];
		l->acked += line[0] == ACKED;
	}
	close(pipe_fd[0]);
	assert(waitpid(pid, status, 0) == pid);
	return changes;
}

/* ---- the sums ---- */

static void count_run(struct sum *s, const struct ledger *l, int status, struct verdict v, const char *what, const struct disk_plan *plan,
		      bool may_lose)
{
	bool cut = WIFEXITED(status) && WEXITSTATUS(status) == DISK_CUT;
	bool ended = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	s->runs++;
	s->cuts += cut;
	s->acked += l->acked;
	s->lost += v.lost;
	s->lossy += v.lost > 0;
	s->lossy_early += v.lost_early > 0;
	s->unsound += !v.sound;
	s->broken += !cut && !ended;
	if (v.sound && (may_lose || !v.lost) && (cut || ended)) return;
	printf("FAILED %s: cut at %ld, pattern %s, seed %llu: status %x, %lld lost, %s\n", what, plan ? plan->cut_at : 0,
	       plan ? pattern[plan->cut] : "kill", plan ? (unsigned long long)plan->seed : 0, status, (long long)v.lost,
	       v.sound ? "sound" : v.why);
}

static bool told(const char *what, const struct sum *s)
{
	printf("%-44s %5d runs, %5d cut, %7lld acknowledged, %6lld lost, %d unsound, %d ended badly\n", what, s->runs, s->cuts,
	       (long long)s->acked, (long long)s->lost, s->unsound, s->broken);
	return s->lost == 0 && s->unsound == 0 && s->broken == 0;
}

static bool told_control(const char *what, const struct sum *s, int lossy, int least)
{
	int share = s->runs ? 100 * lossy / s->runs : 0;
	printf("%-44s %5d runs, %5d cut, %d %% of the runs lose (must be at least %d %%), %d unsound\n", what, s->runs, s->cuts, share, least,
	       s->unsound);
	return share >= least && s->unsound == 0 && s->broken == 0;
}

/* ---- the parts ---- */

/* The controls use the two patterns that drop more than the last write: the others lose nothing that was acknowledged before it. */
static enum disk_cut pattern_of(long i, bool control) { return (enum disk_cut)(i % (control ? CUT_SUBSET + 1 : CUT_PATTERNS)); }

static struct sum hand_part(long points, uint64_t seed, bool normal)
{
	struct sum s = { 0 };
	long changes = 0;
	for (long i = 0; i <= points; i++) {
		char folder[64], path[80];
		int status;
		/* The first goes through, to learn how many points there are; the others are spread over them. */
		struct disk_plan plan = { .cut = pattern_of(i, normal), .seed = seed + (uint64_t)i };
		if (i) plan.cut_at = 1 + (long)((seed + (uint64_t)(i - 1) * (uint64_t)changes / (uint64_t)points) % (uint64_t)changes);
		struct ledger l = ledger_new(DIRECT_MAX);
		folder_new(folder, sizeof folder, true);
		snprintf(path, sizeof path, "%s/t.db", folder);
		long n = hand_once(path, &plan, normal, &l, &status);
		count_run(&s, &l, status, check(path, &l), "database", &plan, normal);
		if (i == 0) changes = n;
		ledger_free(&l);
		folder_gone(folder);
		if (!changes) break;
	}
	return s;
}

static struct sum writer_part(long points, uint64_t seed, bool normal)
{
	struct sum s = { 0 };
	struct rng r = rng_seed(seed);
	long changes = 0;
	for (long i = 0; i <= points; i++) {
		char folder[64], path[80];
		struct rig_counts counts;
		struct rig rig;
		struct disk_plan plan = { .cut = pattern_of(i, normal), .seed = seed + (uint64_t)i };
		if (i) plan.cut_at = 1 + (long)rng_below(&r, (uint64_t)changes);
		struct ledger l = ledger_new(WRITER_COMMANDS);
		folder_new(folder, sizeof folder, true);
		snprintf(path, sizeof path, "%s/t.db", folder);
		struct rig_options o = { .path = path, .channels = 8, .disk = &plan, .normal = normal, .heavy = true, .quiet = true };
		rig_start(&rig, &o);
		rig_drive(&rig, &l, time_mono_ms() + 20000);
		int status = rig_end(&rig, &l, false, &counts);
		count_run(&s, &l, status, check(path, &l), "writer", &plan, normal);
		if (i == 0) changes = counts.changes;
		ledger_free(&l);
		folder_gone(folder);
		if (!changes) break;
	}
	return s;
}

/* One database all along: each writer takes over what the killed one left. */
static struct sum kill_part(int kills, uint64_t seed)
{
	struct sum s = { 0 };
	struct rng r = rng_seed(seed);
	char folder[64], path[80];
	folder_new(folder, sizeof folder, false);
	snprintf(path, sizeof path, "%s/t.db", folder);
	struct ledger l = ledger_new(KILL_COMMANDS * kills);
	for (int i = 0; i < kills; i++) {
		struct rig rig;
		struct rig_options o = { .path = path, .channels = RIG_CHANNELS, .heavy = i % 2, .quiet = true,
					 .from_first = 1 + (int)rng_below(&r, 60) };
		/* Every third is killed surely inside a command, the others at any moment. */
		if (i % 3 == 2) o.die_at = 2 + (int)rng_below(&r, 100);
		int64_t before = l.acked;
		rig_start(&rig, &o);
		rig_drive(&rig, &l, time_mono_ms() + 20000);
		(void)rig_end(&rig, &l, true, NULL);
		struct verdict v = check(path, &l);
		s.runs++;
		s.cuts++;
		s.acked += l.acked - before;
		s.lost += v.lost;
		s.lossy_early += v.lost_early > 0;
		s.unsound += !v.sound;
		if (!v.sound || v.lost) printf("FAILED kill %d: %lld lost, %s\n", i, (long long)v.lost, v.sound ? "sound" : v.why);
		/* What was told too early is looked at once. */
		memset(l.early, 0, (size_t)l.total + 1);
	}
	ledger_free(&l);
	folder_gone(folder);
	return s;
}

int main(int argc, char **argv)
{
	long points = 250;
	uint64_t seed = 1;
	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--points") == 0) points = strtol(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--seed") == 0) seed = strtoull(argv[i + 1], NULL, 10);
	}
	if (points < 40) points = 40;
	bool good = true;
	int64_t from = time_mono_ms();
	struct sum s = hand_part(points * 7 / 10, seed, false);
	good &= told("power cut, database", &s) && s.cuts >= s.runs - 1;
	s = writer_part(points / 10, seed, false);
	good &= told("power cut, writer with 8 clients", &s) && s.cuts > s.runs / 2;
	int lossy = s.lossy_early;
	good &= told_control("CONTROL answered before the commit", &s, lossy, NC_SHARE);
	s = hand_part(points / 10, seed, true);
	good &= told_control("CONTROL database, synchronous=NORMAL", &s, s.lossy, NC_SHARE);
	s = writer_part(points / 10, seed, true);
	good &= told_control("CONTROL writer, synchronous=NORMAL", &s, s.lossy, NC_SHARE);
	s = kill_part((int)(points / 50) + 4, seed);
	good &= told("kill -9, writer with 64 clients", &s) && s.acked > 0;
	good &= told_control("CONTROL answered before the commit", &s, s.lossy_early, NC_KILL);
	printf("%s in %lld ms (--points %ld --seed %llu)\n", good ? "ok" : "FAILED", (long long)(time_mono_ms() - from), points,
	       (unsigned long long)seed);
	return good ? 0 : 1;
}

/* Every call to the disk fails once, and from then on, with an I/O error and with a full disk: nothing crashes, nothing acknowledged
   is lost, who asked is told, and afterwards the next command works. The same for a backup, and a backup through power cuts. And the
   sync that failed: the kernel forgets what it could not write, so what is read afterwards need not be on the disk.

   test_io [--points N] [--seed S] [--all]      N points a part (default 12), or every one

   Linked with --wrap=fsync,--wrap=rename: a backup's last steps go past SQLite. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/rng.h"
#include "base/time.h"
#include "rig.h"

enum { COMMANDS = 24, AFTERWARDS = 6, COPY_ROWS = 60, MORE_ROWS = 20, HAND_MAX = 200 };

struct mode { const char *name; enum disk_fault fault; bool on; };
static const struct mode modes[] = {
	{ "EIO once", FAULT_EIO, false }, { "EIO from then on", FAULT_EIO, true },
	{ "ENOSPC once", FAULT_FULL, false }, { "ENOSPC from then on", FAULT_FULL, true },
};

struct opts { long points; uint64_t seed; bool all; };

/* The k-th point: every one, or one of `points` equal parts. The parts are of a length that the last run told. */
static long point(const struct opts *o, long k, long calls)
{
	long step = o->all || calls <= o->points ? 1 : calls / o->points;
	return 1 + k * step + (long)(o->seed % (uint64_t)step);
}

/* ---- the backup's calls beside SQLite ---- */

static struct disk *the_disk;   /* the linker's wraps know no context */

int __real_fsync(int fd);
int __real_rename(const char *from, const char *to);
int __wrap_fsync(int fd);
int __wrap_rename(const char *from, const char *to);

int __wrap_fsync(int fd)
{
	char link[64], path[300];
	struct stat st;
	if (!the_disk) return __real_fsync(fd);
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, path, sizeof path - 1);
	assert(n > 0 && fstat(fd, &st) == 0);
	path[n] = '\0';
	if (S_ISDIR(st.st_mode) ? disk_sync_folder(the_disk) : disk_sync_file(the_disk, path)) return 0;
	errno = EIO;
	return -1;
}

int __wrap_rename(const char *from, const char *to)
{
	if (!the_disk || disk_rename(the_disk, from, to)) return __real_rename(from, to);
	errno = EIO;
	return -1;
}

/* ---- commands ---- */

struct sum { int runs, hit, ended, failed; int64_t acked, refused; };

static void wrong(struct sum *s, const char *what, const char *mode, long at, const char *why)
{
	s->failed++;
	printf("FAILED %s, %s at call %ld: %s\n", what, mode, at, why);
}

/* The writer anew on a disk that works, with further commands. */
static const char *afterwards(const char *path, struct ledger *l)
{
	struct rig rig;
	struct rig_options o = { .path = path, .channels = 4, .heavy = true, .quiet = true };
	int64_t before = l->acked;
	l->total += AFTERWARDS;
	rig_start(&rig, &o);
	rig_drive(&rig, l, time_mono_ms() + 20000);
	int status = rig_end(&rig, l, false, NULL);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return "the next writer failed";
	/* At most one in AFTERWARDS commands is of the kind that must fail. */
	return l->acked - before >= AFTERWARDS - 1 ? NULL : "a command afterwards was refused";
}

static const char *judge(const char *path, struct ledger *l, int status, const struct mode *m)
{
	if (!WIFEXITED(status) || (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != 5)) return "the writer crashed";
	bool ended = WEXITSTATUS(status) == 5;
	int told = 0;
	for (int n = 1; n <= COMMANDS; n++) told += l->outcome[n] == ACKED || l->outcome[n] == REFUSED;
	if (!ended && told != COMMANDS) return "a command got no answer";
	if (!ended && !m->on && l->acked == 0) return "nothing worked although only one call failed";
	struct verdict v = check(path, l);
	if (!v.sound || v.lost) return v.sound ? "acknowledged commands lost" : "not sound";
	const char *why = afterwards(path, l);
	if (why) return why;
	v = check(path, l);
	return v.sound && !v.lost ? NULL : "not sound, or lost, afterwards";
}

static struct sum commands(const struct opts *opts, const struct mode *m)
{
	struct sum s = { 0 };
	long calls = 0;
	bool hit = true;
	for (long k = 0; hit; k++) {
		char folder[64], path[80];
		struct rig rig;
		struct rig_counts counts;
		struct disk_plan plan = { .fail_at = k ? point(opts, k - 1, calls) : 0, .fault = m->fault, .fail_on = m->on };
		struct ledger l = ledger_new(COMMANDS + AFTERWARDS);
		l.total = COMMANDS;
		folder_new(folder, sizeof folder, true);
		snprintf(path, sizeof path, "%s/t.db", folder);
		struct rig_options o = { .path = path, .channels = 4, .disk = &plan, .heavy = true, .quiet = true };
		rig_start(&rig, &o);
		rig_drive(&rig, &l, time_mono_ms() + 20000);
		int status = rig_end(&rig, &l, false, &counts);
		if (k == 0) calls = counts.calls;
		hit = k == 0 || counts.calls >= plan.fail_at;
		s.runs++;
		s.hit += k && hit;
		s.ended += WIFEXITED(status) && WEXITSTATUS(status) == 5;
		s.acked += l.acked;
		for (int n = 1; n <= COMMANDS; n++) s.refused += l.outcome[n] == REFUSED && !must_fail(n);
		const char *why = judge(path, &l, status, m);
		if (why) wrong(&s, "commands", m->name, plan.fail_at, why);
		ledger_free(&l);
		folder_gone(folder);
	}
	return s;
}

/* ---- a backup ---- */

enum { OLD_COPY = 10, NEW_COPY = 11, BAD = 12 };

static enum rc fill(struct cx *cx, const char *path, int from, int to)
{
	struct db *db;
	TRY(db_open(cx, str_fmt(cx->arena, "sqlite:%s", path), DB_WRITE, &db));
	enum rc rc = put_tables(cx, db);
	for (int n = from; rc == RC_OK && n < to; n++)
		if (!must_fail(n)) rc = put(cx, db, n, true);
	db_close(db);
	return rc;
}

static int64_t rows_in(const char *path)
{
	int64_t n = -1;
	bool found;
	struct cx cx = { .arena = arena_new(64 << 20), .now_ms = time_now_ms() };
	struct db *db;
	if (db_verify(&cx, str_c(path)) == RC_OK) {
		/* A copy has no log; to read it, it is opened as the database it is for. */
		if (db_open(&cx, str_fmt(cx.arena, "sqlite:%s", path), DB_WRITE, &db) == RC_OK) {
			if (db_int(&cx, db, SQL("select count(*) from a"), NO_PARAMS, &n, &found) != RC_OK) n = -1;
			db_close(db);
		}
	}
	arena_free(cx.arena);
	return n;
}

/* In a child: an old copy exists; the disk fails or dies while a new one is made. Tells over `fd` how it ended. */
static int backup_child(const char *path, const char *copy, const struct disk_plan *plan, int fd)
{
	struct cx cx = { .arena = arena_new(64 << 20), .now_ms = time_now_ms() };
	char part[300];
	struct db *db;
	the_disk = disk_install(plan);
	enum rc rc = db_open(&cx, str_fmt(cx.arena, "sqlite:%s", path), DB_READ, &db);
	bool opened = rc == RC_OK;
	if (opened) rc = db_backup(&cx, db, str_c(copy));
	long line[3] = { rc, disk_calls(the_disk), disk_changes(the_disk) };
	if (write(fd, line, sizeof line) != sizeof line) return BAD;
	if (rc != RC_OK && cx.fails.errors == 0) return BAD;
	snprintf(part, sizeof part, "%s.part", copy);
	if (access(part, F_OK) == 0) return BAD;
	disk_plan_again(the_disk, &(struct disk_plan){ 0 });
	fail_clear(&cx);
	if (!opened && db_open(&cx, str_fmt(cx.arena, "sqlite:%s", path), DB_READ, &db) != RC_OK) return BAD;
	int64_t rows = rows_in(copy), all = rows_in(path);
	if (rc == RC_OK ? rows != all : rows <= 0) return BAD;
	/* Not again when it worked: `rows_in` has turned the copy into a database in use. */
	if (rc != RC_OK && db_backup(&cx, db, str_c(copy)) != RC_OK) return BAD;
	db_close(db);
	arena_free(cx.arena);
	return rc == RC_OK ? NEW_COPY : OLD_COPY;
}

static bool prepare(const char *path, const char *copy)
{
	struct cx cx = { .arena = arena_new(64 << 20), .now_ms = time_now_ms() };
	struct db *db;
	bool good = fill(&cx, path, 1, COPY_ROWS) == RC_OK && db_open(&cx, str_fmt(cx.arena, "sqlite:%s", path), DB_READ, &db) == RC_OK;
	if (good) {
		good = db_backup(&cx, db, str_c(copy)) == RC_OK;
		db_close(db);
		good = good && fill(&cx, path, COPY_ROWS, COPY_ROWS + MORE_ROWS) == RC_OK;
	}
	arena_free(cx.arena);
	return good;
}

static int backup_once(const char *path, const char *copy, const struct disk_plan *plan, long line[3])
{
	int fd[2], status;
	assert(pipe2(fd, O_CLOEXEC) == 0);
	fflush(NULL);
	pid_t pid = fork();
	assert(pid >= 0);
	if (pid == 0) _exit(backup_child(path, copy, plan, fd[1]));
	close(fd[1]);
	if (read(fd[0], line, 3 * sizeof *line) != 3 * sizeof *line) line[0] = -1;
	close(fd[0]);
	assert(waitpid(pid, &status, 0) == pid);
	return status;
}

static struct sum backups(const struct opts *opts, const struct mode *m)
{
	struct sum s = { 0 };
	long calls = 0;
	for (long k = 0; k == 0 || point(opts, k - 1, calls) <= calls; k++) {
		char folder[64], path[80], copy[80];
		long line[3] = { 0 };
		struct disk_plan plan = { .fail_at = k ? point(opts, k - 1, calls) : 0, .fault = m->fault, .fail_on = m->on };
		folder_new(folder, sizeof folder, true);
		snprintf(path, sizeof path, "%s/t.db", folder);
		snprintf(copy, sizeof copy, "%s/copy.db", folder);
		assert(prepare(path, copy));
		int status = backup_once(path, copy, &plan, line);
		int end = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
		s.runs++;
		s.acked += end == NEW_COPY;
		s.refused += end == OLD_COPY;
		s.hit += k && line[1] >= plan.fail_at;
		if (end != OLD_COPY && end != NEW_COPY) wrong(&s, "backup", m->name, plan.fail_at, "it crashed, told nothing, or left a bad copy");
		if (k == 0) calls = line[1];
		folder_gone(folder);
	}
	return s;
}

/* Power cuts: afterwards there is a whole copy, and the new one when it was acknowledged. */
static struct sum backup_cuts(const struct opts *opts)
{
	struct sum s = { 0 };
	long changes = 0;
	for (long k = 0; k == 0 || point(opts, k - 1, changes) <= changes; k++) {
		for (enum disk_cut cut = 0; cut < CUT_PATTERNS; cut++) {
			char folder[64], path[80], copy[80];
			long line[3] = { 0 };
			struct disk_plan plan = { .cut_at = k ? point(opts, k - 1, changes) : 0, .cut = cut, .seed = opts->seed + (uint64_t)k };
			folder_new(folder, sizeof folder, true);
			snprintf(path, sizeof path, "%s/t.db", folder);
			snprintf(copy, sizeof copy, "%s/copy.db", folder);
			assert(prepare(path, copy));
			int status = backup_once(path, copy, &plan, line);
			bool was_cut = WIFEXITED(status) && WEXITSTATUS(status) == DISK_CUT;
			int64_t rows = rows_in(copy), all = rows_in(path);
			s.runs++;
			s.hit += was_cut;
			s.acked += line[0] == RC_OK;
			if (k == 0) changes = line[2];
			if (rows <= 0 || (line[0] == RC_OK && rows != all) || all != rows_in(path))
				wrong(&s, "backup, power cut", "pattern", (long)cut * 1000000 + plan.cut_at, "no whole copy");
			folder_gone(folder);
		}
	}
	return s;
}

/* ---- a sync that failed, a restart, and then a power cut ---- */

static void tell(int fd, int what, int n)
{
	int line[2] = { what, n };
	if (write(fd, line, sizeof line) != sizeof line) _exit(BAD);
}

static enum rc some_rounds(struct cx *cx, struct db *db, int *next, int rounds, int fd)
{
	for (int i = 0; i < rounds; i++) {
		*next += must_fail(*next);
		int n = (*next)++;
		tell(fd, SENT, n);
		TRY(db_begin(cx, db));
		enum rc rc = put(cx, db, n, true);
		if (rc == RC_OK) rc = db_commit(cx, db);
		else db_rollback(db);
		if (rc != RC_OK) return rc;
		tell(fd, ACKED, n);
	}
	return RC_OK;
}

/* Syncs fail from the one at `fail_at` on, the disk heals, another process takes over (the files as the page cache has them), and the power
   fails at its change `cut_at`. */
static int sync_child(const char *path, long fail_at, const struct disk_plan *then, int fd)
{
	struct cx cx = { .arena = arena_new(256 << 20), .now_ms = time_now_ms() };
	struct disk *d = disk_install(&(struct disk_plan){ 0 });
	struct str url = str_fmt(cx.arena, "sqlite:%s", path);
	struct db *db;
	int next = 1;
	if (db_open(&cx, url, DB_WRITE, &db) != RC_OK || put_tables(&cx, db) != RC_OK) return BAD;
	if (some_rounds(&cx, db, &next, 6, fd) != RC_OK) return BAD;
	disk_plan_again(d, &(struct disk_plan){ .fail_at = fail_at, .fail_on = true, .only_syncs = true });
	(void)some_rounds(&cx, db, &next, 6, fd);
	db_close(db);
	disk_plan_again(d, then);
	fail_clear(&cx);
	if (db_open(&cx, url, DB_WRITE, &db) != RC_OK || some_rounds(&cx, db, &next, 12, fd) != RC_OK) return BAD;
	db_tidy(db, true);
	if (some_rounds(&cx, db, &next, 6, fd) != RC_OK) return BAD;
	db_close(db);
	tell(fd, -1, (int)disk_changes(d));
	return 0;
}

static long sync_once(const char *path, long fail_at, const struct disk_plan *then, struct ledger *l, int *status)
{
	int fd[2], line[2];
	long changes = 0;
	assert(pipe2(fd, O_CLOEXEC) == 0);
	fflush(NULL);
	pid_t pid = fork();
	assert(pid >= 0);
	if (pid == 0) _exit(sync_child(path, fail_at, then, fd[1]));
	close(fd[1]);
	while (read(fd[0], line, sizeof line) == sizeof line) {
		if (line[0] == -1) changes = line[1];
		if (line[0] < 0) continue;
		assert(line[1] > 0 && line[1] <= HAND_MAX);
		l->outcome[line[1]] = (unsigned char)line[0];
		l->acked += line[0] == ACKED;
	}
	close(fd[0]);
	assert(waitpid(pid, status, 0) == pid);
	return changes;
}

static struct sum failed_syncs(const struct opts *opts)
{
	struct sum s = { 0 };
	struct rng r = rng_seed(opts->seed);
	long changes = 0;
	for (long k = 0; k <= opts->points * 4; k++) {
		char folder[64], path[80];
		int status;
		long fail_at = 1 + (long)rng_below(&r, 6);
		struct disk_plan then = { .cut = (enum disk_cut)rng_below(&r, CUT_PATTERNS), .seed = opts->seed + (uint64_t)k };
		if (k) then.cut_at = 1 + (long)rng_below(&r, (uint64_t)changes);
		struct ledger l = ledger_new(HAND_MAX);
		folder_new(folder, sizeof folder, true);
		snprintf(path, sizeof path, "%s/t.db", folder);
		long n = sync_once(path, fail_at, &then, &l, &status);
		if (k == 0) changes = n;
		int end = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
		struct verdict v = check(path, &l);
		s.runs++;
		s.hit += end == DISK_CUT;
		s.acked += l.acked;
		if ((end != 0 && end != DISK_CUT) || !v.sound || v.lost) {
			char why[300];
			snprintf(why, sizeof why, "end %d, cut at %ld pattern %d, %lld lost, %s", end, then.cut_at, then.cut, (long long)v.lost,
				 v.sound ? "sound" : v.why);
			wrong(&s, "failed sync, restart, power cut", "EIO", fail_at, why);
		}
		ledger_free(&l);
		folder_gone(folder);
		assert(changes > 0);
	}
	return s;
}

/* ---- all ---- */

static bool told(const char *what, const char *mode, struct sum s, bool must_refuse)
{
	printf("%-34s %-20s %4d runs, %4d reached, %3d writers ended, %6lld acknowledged, %4lld refused, %d failed\n", what, mode, s.runs, s.hit,
	       s.ended, (long long)s.acked, (long long)s.refused, s.failed);
	/* Faults that nobody was told of were no faults: then the test saw nothing. */
	return s.failed == 0 && s.hit > 0 && (!must_refuse || s.refused + s.ended > 0);
}

int main(int argc, char **argv)
{
	struct opts o = { .points = 12, .seed = 1 };
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--all") == 0) o.all = true;
		else if (i + 1 < argc && strcmp(argv[i], "--points") == 0) o.points = strtol(argv[++i], NULL, 10);
		else if (i + 1 < argc && strcmp(argv[i], "--seed") == 0) o.seed = strtoull(argv[++i], NULL, 10);
	}
	if (o.points < 10) o.points = 10;
	bool good = true;
	int64_t from = time_mono_ms();
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) good &= told("commands", modes[i].name, commands(&o, &modes[i]), true);
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) good &= told("backup", modes[i].name, backups(&o, &modes[i]), true);
	good &= told("backup", "power cut", backup_cuts(&o), false);
	good &= told("failed sync, restart, power cut", "EIO for a while", failed_syncs(&o), false);
	printf("%s in %lld ms (--points %ld --seed %llu)\n", good ? "ok" : "FAILED", (long long)(time_mono_ms() - from), o.points,
	       (unsigned long long)o.seed);
	return good ? 0 : 1;
}

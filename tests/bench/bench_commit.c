/* Durable commands a second, 64 clients in a closed loop over socket pairs: the writer's group commit against one commit a command
   (`commit_each`), in turns over the same disk, after the rate at which that disk syncs at all. A disk with a sync of 2 ms, made
   slow on purpose and labelled so, shows the ratio where syncs are dear.

   bench_commit [--seconds N] [--rounds N] [--dir FOLDER] */
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/time.h"
#include "rig.h"

enum { ROUNDS_MAX = 20, COMMANDS = 4000000, RATIO_GOAL = 10 };

struct setting { const char *name; struct disk_plan disk; bool on_disk; };

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

static double median(double *v, int n)
{
	qsort(v, (size_t)n, sizeof *v, by_value);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* Appending 4 KiB and fdatasync, as the log does. */
static double syncs_a_second(const char *folder, int seconds)
{
	char path[300], block[4096];
	snprintf(path, sizeof path, "%s/sync", folder);
	memset(block, 1, sizeof block);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert(fd >= 0);
	int64_t from = time_mono_ms(), ms;
	long n = 0;
	do {
		assert(pwrite(fd, block, sizeof block, n * (long)sizeof block) == sizeof block && fdatasync(fd) == 0);
		n++;
		ms = time_mono_ms() - from;
	} while (ms < seconds * 1000);
	close(fd);
	(void)unlink(path);
	return (double)n * 1000 / (double)ms;
}

/* Answers a second, counted from the first one. Every answer is checked for in the database afterwards. */
static double commands_a_second(const char *folder, const struct setting *s, bool each, int seconds)
{
	char path[300];
	struct rig r;
	struct ledger l = ledger_new(COMMANDS);
	snprintf(path, sizeof path, "%s/bench.db", folder);
	struct rig_options o = { .path = path, .channels = RIG_CHANNELS, .disk = s->on_disk ? NULL : &s->disk, .each = each, .quiet = true,
				 .from_first = seconds * 1000 };
	rig_start(&r, &o);
	rig_drive(&r, &l, time_mono_ms() + 60000);
	double rate = (double)l.acked / seconds;
	/* Takes the answers under way; no new commands. */
	l.total = l.next - 1;
	r.o.from_first = 0;
	rig_drive(&r, &l, time_mono_ms() + 60000);
	int status = rig_end(&r, &l, false, NULL);
	struct verdict v = check(path, &l);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || !v.sound || v.lost) {
		printf("FAILED: status %x, %lld lost, %s\n", status, (long long)v.lost, v.why);
		exit(1);
	}
	ledger_free(&l);
	static const char *const end[] = { "", "-wal", "-shm" };
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "%s/bench.db%s", folder, end[i]);
		(void)unlink(path);
	}
	return rate;
}

static void compare(const char *folder, const struct setting *s, int rounds, int seconds)
{
	double group[ROUNDS_MAX], each[ROUNDS_MAX];
	for (int i = 0; i < rounds; i++) {
		/* In turns, the first one changing too: whoever else uses the machine disturbs both alike. */
		for (int k = 0; k < 2; k++) {
			bool is_each = (i + k) % 2;
			(is_each ? each : group)[i] = commands_a_second(folder, s, is_each, seconds);
		}
	}
	double g = median(group, rounds), e = median(each, rounds);
	printf("%-28s group %8.0f/s (%.0f..%.0f)   each %7.0f/s (%.0f..%.0f)   ratio %.1f %s\n", s->name, g, group[0], group[rounds - 1],
	       e, each[0], each[rounds - 1], g / e, g / e >= RATIO_GOAL ? "" : "(below the goal of 10)");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	int seconds = 2, rounds = 3;
	char own[64] = "";
	const char *folder = own;
	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--seconds") == 0) seconds = (int)strtol(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--rounds") == 0) rounds = (int)strtol(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--dir") == 0) folder = argv[i + 1];
	}
	if (seconds < 1) seconds = 1;
	if (rounds < 1 || rounds > ROUNDS_MAX) rounds = 3;
	if (folder == own) folder_new(own, sizeof own, false);
	printf("64 clients, closed loop, durable; medians of %d rounds of %d s (lowest..highest)\n", rounds, seconds);
	double before = syncs_a_second(folder, 2);
	static const struct setting settings[] = {
		{ "this disk", { 0 }, true },
		{ "injected sync of 2 ms", { .sync_us = 2000 }, false },
		{ "injected sync of 200 us", { .sync_us = 200 }, false },
	};
	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) compare(folder, &settings[i], rounds, seconds);
	printf("this disk syncs 4 KiB appended %.0f times a second before, %.0f after\n", before, syncs_a_second(folder, 2));
	if (folder == own) folder_gone(folder);
	return 0;
}

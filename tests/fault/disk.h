/* A disk for tests: a layer over SQLite's own VFS that knows, for every file, what has been synced and what has not. It can cut
   the power at the n-th write, leaving what a real disk could leave; let the n-th call fail; or make every sync slow.

   Within a run the files hold what the page cache would hold, so everything reads normally. Nothing is truly synced unless
   `real_sync`: the cut itself writes what survives. Model: pages of 4 KiB reach the disk in any order and at any moment before
   their sync; a page holds what it held at one moment; creating and deleting files lasts once the folder is synced. */
#ifndef TEST_DISK_H
#define TEST_DISK_H

#include <stdbool.h>
#include <stdint.h>

enum disk_cut {
	CUT_NOTHING,            /* nothing of the unsynced writes is left */
	CUT_SUBSET,             /* a random subset of the pages, each at a random moment */
	CUT_BUT_LAST,           /* all but the last write */
	CUT_TORN,               /* all, but only the beginning of the last write */
	CUT_PATTERNS
};

enum disk_fault { FAULT_EIO, FAULT_FULL };

struct disk_plan {
	long cut_at;            /* which call loses the power, counting from 1 the calls that change something; 0: none */
	enum disk_cut cut;
	uint64_t seed;
	long fail_at;           /* which call fails, counting also opens, reads of data and shared memory; 0: none */
	enum disk_fault fault;
	bool fail_on;           /* all later ones fail too */
	bool only_syncs;        /* only SQLite's syncs are counted and fail */
	int sync_us;            /* every sync takes this long */
	bool real_sync;
};

/* The exit status of a process that lost its power. */
enum { DISK_CUT = 77 };

struct disk;

/* From now on every database this process opens is on such a disk. */
struct disk *disk_install(const struct disk_plan *plan);
long disk_changes(const struct disk *d);        /* calls that changed something */
long disk_calls(const struct disk *d);          /* calls that can fail */
void disk_plan_again(struct disk *d, const struct disk_plan *plan);     /* counts start anew; what is unsynced stays unsynced */

/* For what is done beside SQLite (a backup's last steps): to be called before doing it; false: it must fail. After a rename either
   the old or the new file may be found until the folder is synced. */
bool disk_sync_file(struct disk *d, const char *path);
bool disk_sync_folder(struct disk *d);
bool disk_rename(struct disk *d, const char *from, const char *to);

#endif

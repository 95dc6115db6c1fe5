#include "disk.h"

#include <assert.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rng.h"

enum { PAGE = 4096, IMAGES = 16 };

/* Something not yet synced: bytes written, or a new length (bytes NULL). */
struct op { int64_t at; size_t n; unsigned char *bytes; };

struct bytes { unsigned char *p; int64_t n, cap; };

/* One path. What the disk surely has: `durable` when `named`, and `ghost` while a deletion has not reached the disk. */
struct image {
	char path[256];
	bool now, named, has_ghost, syncs_folder, is_main;
	struct bytes durable, ghost;
	struct op *op;
	int n_ops, cap_ops;
};

struct disk {
	sqlite3_vfs vfs, *under;
	struct disk_plan plan;
	long changes, calls;
	struct image image[IMAGES];
	int n_images;
};

struct handle {
	sqlite3_file file;
	struct disk *disk;
	struct image *image;            /* NULL: a temporary file or one only read, let through */
	bool can_fail;
	sqlite3_file *under;
};

/* ---- bytes ---- */

static void bytes_size(struct bytes *b, int64_t n)
{
	if (n > b->cap) {
		b->cap = n * 2;
		b->p = realloc(b->p, (size_t)b->cap);
		assert(b->p);
	}
	if (n > b->n) memset(b->p + b->n, 0, (size_t)(n - b->n));
	b->n = n;
}

static void bytes_put(struct bytes *b, int64_t at, const void *p, size_t n)
{
	if (!n) return;
	if (at + (int64_t)n > b->n) bytes_size(b, at + (int64_t)n);
	memcpy(b->p + at, p, n);
}

static void bytes_apply(struct bytes *b, const struct op *op)
{
	if (op->bytes) bytes_put(b, op->at, op->bytes, op->n);
	else bytes_size(b, op->at);
}

static void bytes_read(struct bytes *b, const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) return;
	assert(fstat(fd, &st) == 0);
	bytes_size(b, st.st_size);
	assert(pread(fd, b->p, (size_t)b->n, 0) == b->n);
	close(fd);
}

static void bytes_write(const struct bytes *b, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert(fd >= 0 && (b->n == 0 || pwrite(fd, b->p, (size_t)b->n, 0) == b->n));
	close(fd);
}

/* ---- images ---- */

static struct image *image_of(struct disk *d, const char *path)
{
	for (int i = 0; i < d->n_images; i++)
		if (strcmp(d->image[i].path, path) == 0) return &d->image[i];
	return NULL;
}

static void forget_ops(struct image *im)
{
	for (int i = 0; i < im->n_ops; i++) free(im->op[i].bytes);
	im->n_ops = 0;
}

static void add_op(struct image *im, int64_t at, const void *p, size_t n)
{
	if (im->n_ops == im->cap_ops) {
		im->cap_ops = im->cap_ops ? im->cap_ops * 2 : 64;
		im->op = realloc(im->op, (size_t)im->cap_ops * sizeof *im->op);
		assert(im->op);
	}
	struct op op = { .at = at, .n = n };
	if (p) {
		op.bytes = malloc(n ? n : 1);
		assert(op.bytes);
		memcpy(op.bytes, p, n);
	}
	im->op[im->n_ops++] = op;
}

static struct image *image_open(struct disk *d, const char *path, int flags)
{
	struct image *im = image_of(d, path);
	if (im && im->now) return im;
	if (!im) {
		assert(d->n_images < IMAGES && strlen(path) < sizeof im->path);
		im = &d->image[d->n_images++];
		strcpy(im->path, path);
		bytes_read(&im->durable, path);
		im->named = im->durable.n > 0;
	}
	im->now = true;
	im->is_main = flags & SQLITE_OPEN_MAIN_DB;
	/* SQLite syncs the folder together with the first sync of a new journal. */
	im->syncs_folder = flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL);
	return im;
}

static void folder_synced(struct disk *d)
{
	for (int i = 0; i < d->n_images; i++) {
		d->image[i].named = d->image[i].now;
		d->image[i].has_ghost = false;
	}
}

static void image_synced(struct disk *d, struct image *im)
{
	for (int i = 0; i < im->n_ops; i++) bytes_apply(&im->durable, &im->op[i]);
	forget_ops(im);
	if (im->syncs_folder && !im->named) folder_synced(d);
}

static void image_deleted(struct disk *d, struct image *im, bool synced)
{
	if (im->named) {
		bytes_size(&im->ghost, 0);
		bytes_put(&im->ghost, 0, im->durable.p, (size_t)im->durable.n);
		im->has_ghost = true;
	}
	forget_ops(im);
	bytes_size(&im->durable, 0);
	im->now = im->named = false;
	if (synced) folder_synced(d);
}


/* ---- the cut ---- */

static uint64_t chance(const struct disk *d, int image, int64_t what, uint64_t n)
{
	struct rng r = rng_seed(d->plan.seed ^ ((uint64_t)image << 56) ^ ((uint64_t)what * 0x9E3779B97F4A7C15u));
	(void)rng_next(&r);
	return rng_below(&r, n);
}

/* How many of the operations this page has seen on the disk. */
static int page_seen(const struct disk *d, int image, int64_t page, int n_ops)
{
	switch (chance(d, image, page * 2, 4)) {
	case 0: return 0;
	case 1: return n_ops;
	default: return (int)chance(d, image, page * 2 + 1, (uint64_t)n_ops + 1);
	}
}

static void apply_some(struct disk *d, int image, struct bytes *b, const struct op *op, int index, int n_ops)
{
	if (!op->bytes) {
		if (chance(d, image, -index - 1, 2)) bytes_apply(b, op);
		return;
	}
	for (size_t from = 0; from < op->n;) {
		int64_t at = op->at + (int64_t)from, page = at / PAGE;
		size_t n = (size_t)((page + 1) * PAGE - at);
		if (n > op->n - from) n = op->n - from;
		if (index < page_seen(d, image, page, n_ops)) bytes_put(b, at, op->bytes + from, n);
		from += n;
	}
}

static void cut_image(struct disk *d, int index, bool last_written)
{
	struct image *im = &d->image[index];
	enum disk_cut cut = d->plan.cut;
	bool early = cut == CUT_NOTHING || (cut == CUT_SUBSET && chance(d, index, INT64_MAX, 2));
	if (im->has_ghost && early) {
		bytes_write(&im->ghost, im->path);
		return;
	}
	if (!im->now || (!im->named && early)) {
		(void)unlink(im->path);
		return;
	}
	struct bytes *b = &im->durable;
	for (int i = 0; i < im->n_ops; i++) {
		struct op op = im->op[i];
		bool last = last_written && i == im->n_ops - 1;
		if (cut == CUT_NOTHING || (cut == CUT_BUT_LAST && last)) continue;
		if (cut == CUT_TORN && last && op.bytes) op.n = (size_t)chance(d, index, i, op.n + 1);
		if (cut == CUT_SUBSET) apply_some(d, index, b, &op, i, im->n_ops);
		else bytes_apply(b, &op);
	}
	bytes_write(b, im->path);
}

/* The index of the log is only in shared memory: after a power cut it may hold anything. */
static void spoil_shared(const struct disk *d, const struct image *im)
{
	char path[sizeof im->path + 8];
	struct stat st;
	snprintf(path, sizeof path, "%s-shm", im->path);
	if (stat(path, &st) != 0) return;
	struct bytes b = { 0 };
	struct rng r = rng_seed(d->plan.seed + 1);
	bytes_size(&b, st.st_size);
	for (int64_t i = 0; i < b.n; i++) b.p[i] = (unsigned char)rng_next(&r);
	bytes_write(&b, path);
	free(b.p);
}

static void power_off(struct disk *d, const struct image *writing)
{
	for (int i = 0; i < d->n_images; i++) {
		cut_image(d, i, !writing || &d->image[i] == writing);
		if (d->image[i].is_main) spoil_shared(d, &d->image[i]);
	}
	_exit(DISK_CUT);
}

/* ---- counting ---- */

static void changing(struct disk *d, const struct image *writing)
{
	if (++d->changes == d->plan.cut_at) power_off(d, writing);
}

static bool counted_failing(struct disk *d)
{
	d->calls++;
	return d->plan.fail_at && (d->plan.fail_on ? d->calls >= d->plan.fail_at : d->calls == d->plan.fail_at);
}

static bool disk_failing(struct disk *d) { return !d->plan.only_syncs && counted_failing(d); }

/* A full disk still reads, syncs and deletes. */
static bool failing_unless_full(struct disk *d) { return disk_failing(d) && d->plan.fault != FAULT_FULL; }

/* ---- beside SQLite ---- */

bool disk_sync_file(struct disk *d, const char *path)
{
	struct image *im = image_of(d, path);
	if (disk_failing(d)) {
		if (im) forget_ops(im);
		return false;
	}
	changing(d, NULL);
	if (im) image_synced(d, im);
	return true;
}

bool disk_sync_folder(struct disk *d)
{
	if (disk_failing(d)) return false;
	changing(d, NULL);
	folder_synced(d);
	return true;
}

bool disk_rename(struct disk *d, const char *from, const char *to)
{
	struct image *a = image_of(d, from), *b = image_open(d, to, 0);
	assert(a && a != b);
	if (disk_failing(d)) return false;
	changing(d, NULL);
	if (b->named) image_deleted(d, b, false);
	bytes_size(&b->durable, 0);
	bytes_put(&b->durable, 0, a->durable.p, (size_t)a->durable.n);
	for (int i = 0; i < a->n_ops; i++) add_op(b, a->op[i].at, a->op[i].bytes, a->op[i].n);
	b->now = true;
	image_deleted(d, a, false);
	return true;
}

/* ---- what SQLite calls on a file ---- */

static int disk_close(sqlite3_file *f)
{
	struct handle *h = (struct handle *)f;
	return h->under->pMethods ? h->under->pMethods->xClose(h->under) : SQLITE_OK;
}

static int disk_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
	struct handle *h = (struct handle *)f;
	if (h->can_fail && failing_unless_full(h->disk)) return SQLITE_IOERR_READ;
	return h->under->pMethods->xRead(h->under, p, n, at);
}

static int disk_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	struct handle *h = (struct handle *)f;
	if (!h->image) return h->under->pMethods->xWrite(h->under, p, n, at);
	bool fails = disk_failing(h->disk);
	int part = fails ? (h->disk->plan.fault == FAULT_FULL ? n / 2 : 0) : n;
	if (part) {
		add_op(h->image, at, p, (size_t)part);
		changing(h->disk, h->image);
		int code = h->under->pMethods->xWrite(h->under, p, part, at);
		if (code != SQLITE_OK) return code;
	}
	if (!fails) return SQLITE_OK;
	return h->disk->plan.fault == FAULT_FULL ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

static int disk_truncate(sqlite3_file *f, sqlite3_int64 n)
{
	struct handle *h = (struct handle *)f;
	if (h->image) {
		if (failing_unless_full(h->disk)) return SQLITE_IOERR_TRUNCATE;
		add_op(h->image, n, NULL, 0);
		changing(h->disk, h->image);
	}
	return h->under->pMethods->xTruncate(h->under, n);
}

static int disk_sync(sqlite3_file *f, int flags)
{
	struct handle *h = (struct handle *)f;
	if (!h->image) return SQLITE_OK;
	struct disk *d = h->disk;
	if (counted_failing(d)) {
		/* As Linux does: what could not be written counts as clean from now on, and no later sync will write it. */
		forget_ops(h->image);
		return SQLITE_IOERR_FSYNC;
	}
	changing(d, NULL);
	int code = d->plan.real_sync ? h->under->pMethods->xSync(h->under, flags) : SQLITE_OK;
	if (d->plan.sync_us) usleep((useconds_t)d->plan.sync_us);
	if (code == SQLITE_OK) image_synced(d, h->image);
	return code;
}

#define UNDER(f) (((struct handle *)(f))->under)

static int disk_size(sqlite3_file *f, sqlite3_int64 *n) { return UNDER(f)->pMethods->xFileSize(UNDER(f), n); }
static int disk_lock(sqlite3_file *f, int how) { return UNDER(f)->pMethods->xLock(UNDER(f), how); }
static int disk_unlock(sqlite3_file *f, int how) { return UNDER(f)->pMethods->xUnlock(UNDER(f), how); }
static int disk_reserved(sqlite3_file *f, int *out) { return UNDER(f)->pMethods->xCheckReservedLock(UNDER(f), out); }
static int disk_control(sqlite3_file *f, int op, void *arg) { return UNDER(f)->pMethods->xFileControl(UNDER(f), op, arg); }
static int disk_sector(sqlite3_file *f) { return UNDER(f)->pMethods->xSectorSize(UNDER(f)); }
static int disk_traits(sqlite3_file *f) { return UNDER(f)->pMethods->xDeviceCharacteristics(UNDER(f)); }

static int disk_shm_map(sqlite3_file *f, int page, int bytes, int extend, void volatile **out)
{
	struct handle *h = (struct handle *)f;
	if (disk_failing(h->disk)) return SQLITE_IOERR_SHMMAP;
	return h->under->pMethods->xShmMap(h->under, page, bytes, extend, out);
}

static int disk_shm_lock(sqlite3_file *f, int at, int n, int flags) { return UNDER(f)->pMethods->xShmLock(UNDER(f), at, n, flags); }
static void disk_shm_barrier(sqlite3_file *f) { UNDER(f)->pMethods->xShmBarrier(UNDER(f)); }
static int disk_shm_unmap(sqlite3_file *f, int gone) { return UNDER(f)->pMethods->xShmUnmap(UNDER(f), gone); }

/* Version 2: no memory mapping of data, so every write comes by. */
static const sqlite3_io_methods methods = {
	2, disk_close, disk_read, disk_write, disk_truncate, disk_sync, disk_size, disk_lock, disk_unlock, disk_reserved, disk_control,
	disk_sector, disk_traits, disk_shm_map, disk_shm_lock, disk_shm_barrier, disk_shm_unmap, NULL, NULL,
};

/* ---- what SQLite calls on the disk ---- */

static int disk_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *f, int flags, int *out)
{
	struct disk *d = vfs->pAppData;
	struct handle *h = (struct handle *)f;
	const int kept = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL;
	*h = (struct handle){ .disk = d, .under = (sqlite3_file *)(h + 1) };
	h->under->pMethods = NULL;
	h->can_fail = path && (flags & kept);
	bool ours = h->can_fail && (flags & SQLITE_OPEN_READWRITE);
	if (h->can_fail && disk_failing(d)) return SQLITE_CANTOPEN;
	/* Before the file is made, so that a new one is known as new. */
	if (ours) h->image = image_open(d, path, flags);
	int code = d->under->xOpen(d->under, path, h->under, flags, out);
	if (code != SQLITE_OK) return code;
	h->file.pMethods = &methods;
	return SQLITE_OK;
}

static int disk_delete(sqlite3_vfs *vfs, const char *path, int sync)
{
	struct disk *d = vfs->pAppData;
	if (failing_unless_full(d)) return SQLITE_IOERR_DELETE;
	struct image *im = image_of(d, path);
	if (im && im->now) {
		changing(d, NULL);
		image_deleted(d, im, sync);
	}
	return d->under->xDelete(d->under, path, sync && d->plan.real_sync);
}

static int disk_access(sqlite3_vfs *vfs, const char *path, int how, int *out)
{
	struct disk *d = vfs->pAppData;
	return d->under->xAccess(d->under, path, how, out);
}

struct disk *disk_install(const struct disk_plan *plan)
{
	struct disk *d = calloc(1, sizeof *d);
	assert(d);
	d->plan = *plan;
	d->under = sqlite3_vfs_find(NULL);
	d->vfs = *d->under;
	d->vfs.zName = "test-disk";
	d->vfs.szOsFile = (int)sizeof(struct handle) + d->under->szOsFile;
	d->vfs.pNext = NULL;
	d->vfs.pAppData = d;
	d->vfs.xOpen = disk_open;
	d->vfs.xDelete = disk_delete;
	d->vfs.xAccess = disk_access;
	assert(sqlite3_vfs_register(&d->vfs, 1) == SQLITE_OK);
	return d;
}

long disk_changes(const struct disk *d) { return d->changes; }
long disk_calls(const struct disk *d) { return d->calls; }

void disk_plan_again(struct disk *d, const struct disk_plan *plan)
{
	d->plan = *plan;
	d->changes = d->calls = 0;
}

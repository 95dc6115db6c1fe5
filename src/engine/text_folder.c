#include "engine/text_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "engine/text_meaning.h"

static const char folder_magic[8] = "LCFOLD01";

void folder_seg_name(char out[FOLDER_NAME], uint64_t number) { snprintf(out, FOLDER_NAME, "seg-%llu", (unsigned long long)number); }
void folder_gone_name(char out[FOLDER_NAME], uint64_t number, uint32_t gone) { snprintf(out, FOLDER_NAME, "gone-%llu-%u", (unsigned long long)number, gone); }
void folder_model_name(char out[FOLDER_NAME], uint64_t model) { snprintf(out, FOLDER_NAME, "model-%llu", (unsigned long long)model); }
void folder_meaning_name(char out[FOLDER_NAME], uint64_t number, uint64_t model)
{
	snprintf(out, FOLDER_NAME, "mean-%llu-%llu", (unsigned long long)number, (unsigned long long)model);
}

enum rc folder_load(struct cx *cx, int dir_fd, struct folder *out)
{
	struct str s;
	const size_t fixed = sizeof folder_magic + offsetof(struct folder, seg);
	struct folder f = { 0 };
	TRY(seg_file_get(cx, cx->arena, dir_fd, "index", &s));
	if (s.n < fixed || memcmp(s.p, folder_magic, sizeof folder_magic) != 0) return seg_damaged(cx, "index");
	memcpy(&f, s.p + sizeof folder_magic, offsetof(struct folder, seg));
	if (f.n > FOLDER_SEGS_MAX || s.n != fixed + f.n * sizeof *f.seg) return seg_damaged(cx, "index");
	memcpy(f.seg, s.p + fixed, f.n * sizeof *f.seg);
	*out = f;
	return RC_OK;
}

enum rc folder_save(struct cx *cx, int dir_fd, const struct folder *f)
{
	struct buf b = BUF(cx->arena, 1 << 20);
	buf_add(&b, (struct str){ folder_magic, sizeof folder_magic });
	buf_add(&b, (struct str){ (const char *)f, offsetof(struct folder, seg) });
	buf_add(&b, (struct str){ (const char *)f->seg, f->n * sizeof *f->seg });
	return seg_file_put(cx, dir_fd, "index", b.p, b.n);
}

enum rc folder_open_seg(struct cx *cx, struct arena *a, int dir_fd, const struct folder_seg *fs, uint64_t model, struct seg *out)
{
	char name[FOLDER_NAME];
	struct seg s;
	struct str gone = { 0 };
	folder_seg_name(name, fs->number);
	TRY(seg_open(cx, a, dir_fd, name, false, &s));
	enum rc rc = s.bytes == fs->bytes && s.head->checksum == fs->checksum ? RC_OK : seg_damaged(cx, name);
	if (rc == RC_OK && fs->gone) {
		folder_gone_name(name, fs->number, fs->gone);
		rc = seg_file_get(cx, a, dir_fd, name, &gone);
		if (rc == RC_MISSING || (rc == RC_OK && gone.n != (s.head->n_doc + 7) / 8)) rc = seg_damaged(cx, name);
	}
	if (rc == RC_OK && model) rc = meaning_load_docs(cx, a, dir_fd, fs->number, model, &s);
	if (rc != RC_OK) {
		seg_close(&s);
		return rc;
	}
	s.number = fs->number;
	s.removed = fs->gone ? (const unsigned char *)gone.p : NULL;
	s.n_removed = fs->n_removed;
	*out = s;
	return RC_OK;
}

static bool named(const struct folder *f, const char *file)
{
	char name[FOLDER_NAME];
	if (strcmp(file, "index") == 0 || strcmp(file, "lock") == 0) return true;
	folder_model_name(name, f->model);
	if (f->model && strcmp(file, name) == 0) return true;
	for (uint32_t i = 0; i < f->n; i++) {
		folder_seg_name(name, f->seg[i].number);
		if (strcmp(file, name) == 0) return true;
		folder_gone_name(name, f->seg[i].number, f->seg[i].gone);
		if (f->seg[i].gone && strcmp(file, name) == 0) return true;
		folder_meaning_name(name, f->seg[i].number, f->model);
		if (f->model && strcmp(file, name) == 0) return true;
	}
	return false;
}

/* Only files that carry our names: a folder given by mistake loses nothing. */
static bool ours(const char *file)
{
	return strncmp(file, "seg-", 4) == 0 || strncmp(file, "gone-", 5) == 0 || strncmp(file, "model-", 6) == 0 || strncmp(file, "mean-", 5) == 0 ||
		strcmp(file, "index.tmp") == 0;
}

void folder_sweep(int dir_fd, const struct folder *f)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		if (fd >= 0) close(fd);
		return;
	}
	for (struct dirent *e; (e = readdir(d));)
		if (ours(e->d_name) && !named(f, e->d_name)) unlinkat(dir_fd, e->d_name, 0);
	closedir(d);
}

/* The one writer of a folder: segments in, `index` renamed over when they count, small segments merged afterwards. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/text_build.h"
#include "engine/text_meaning.h"

enum { MERGE_AT = 8, TIER = 4 };

/* A segment as the writer sees it. `gone` is the bitmap as it will be. */
struct piece { struct seg seg; struct arena *arena; unsigned char *gone; uint32_t n_gone; bool dirty, saved; };

struct text_writer {
	struct text_pipe *pipe;
	int dir_fd, lock_fd;
	bool broken;                    /* a write failed half way: only closing is left */
	struct folder folder;           /* as it was last saved */
	uint64_t next;
	struct piece *piece[FOLDER_SEGS_MAX];
	int n;
	struct build *build;
	struct arena *pending;          /* ids and bitmap of the segment in the making */
	struct seg_id *id;              /* open addressing, by hash of id; doc + 1 in `unused` */
	size_t id_cap, id_n;
	struct str *id_text;
	size_t id_text_cap;
	unsigned char *gone;
	uint32_t n_gone;
};

static void piece_free(struct piece *p)
{
	if (!p) return;
	seg_close(&p->seg);
	arena_free(p->arena);
	free(p->gone);
	free(p);
}

static enum rc piece_open(struct cx *cx, int dir_fd, const struct folder_seg *fs, uint64_t model, struct piece **out)
{
	struct piece *p = calloc(1, sizeof *p);
	if (!p) abort();
	p->arena = arena_new((size_t)8 << 30);
	enum rc rc = folder_open_seg(cx, p->arena, dir_fd, fs, model, &p->seg);
	if (rc != RC_OK) {
		p->seg.map = NULL;
		piece_free(p);
		return rc;
	}
	p->gone = calloc(1, (p->seg.head->n_doc + 7) / 8 + 1);
	if (!p->gone) abort();
	if (p->seg.removed) memcpy(p->gone, p->seg.removed, (p->seg.head->n_doc + 7) / 8);
	p->n_gone = p->seg.n_removed;
	p->seg.removed = p->gone;
	*out = p;
	return RC_OK;
}

static void drop_pending(struct text_writer *w)
{
	if (w->pending) arena_free(w->pending);
	w->pending = NULL, w->id = NULL, w->id_text = NULL, w->gone = NULL;
	w->id_cap = w->id_n = w->id_text_cap = 0, w->n_gone = 0;
}

static enum rc load(struct cx *cx, struct text_writer *w)
{
	enum rc rc = folder_load(cx, w->dir_fd, &w->folder);
	if (rc == RC_INVALID) fail_clear(cx);
	if (rc == RC_IO) return rc;
	if (rc != RC_OK) {
		if (rc == RC_INVALID) fail_note(cx, LEVEL_WARNING, "text.damaged", NOWHERE, "索引目录已损坏：请重新送入全部文档", "the index is damaged: feed all documents again");
		w->folder = (struct folder){ .next = 1 };
	}
	w->next = w->folder.next;
	for (uint32_t i = 0; i < w->folder.n; i++) {
		struct piece *p;
		rc = piece_open(cx, w->dir_fd, &w->folder.seg[i], w->folder.model, &p);
		if (rc == RC_INVALID) {
			fail_clear(cx);
			fail_note(cx, LEVEL_WARNING, "text.damaged", NOWHERE, "段 %llu 已损坏，已丢弃：请重新送入全部文档", "segment %llu is damaged and was dropped: feed all documents again",
				(unsigned long long)w->folder.seg[i].number);
			continue;
		}
		TRY(rc);
		p->saved = true;
		w->piece[w->n++] = p;
	}
	folder_sweep(w->dir_fd, &w->folder);
	return RC_OK;
}

enum rc text_writer_open(struct cx *cx, struct text_pipe *pipe, struct str dir, size_t memory, struct text_writer **out)
{
	const char *path = str_z(cx->arena, dir);
	if (mkdir(path, 0750) != 0 && errno != EEXIST) return seg_io(cx, "mkdir", path);
	int dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0) return seg_io(cx, "open", path);
	int lock_fd = openat(dir_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (lock_fd < 0 || flock(lock_fd, LOCK_EX | LOCK_NB) != 0) {
		enum rc rc = lock_fd < 0 ? seg_io(cx, "open", "lock")
			: fail(cx, RC_BUSY, "text.busy", ((struct where){ .file = dir }), "另一个进程正在写这个索引", "another process is writing this index");
		if (lock_fd >= 0) close(lock_fd);
		close(dir_fd);
		return rc;
	}
	struct text_writer *w = calloc(1, sizeof *w);
	if (!w) abort();
	w->pipe = pipe, w->dir_fd = dir_fd, w->lock_fd = lock_fd;
	w->build = build_new(pipe, memory);
	enum rc rc = load(cx, w);
	if (rc != RC_OK) text_writer_close(w);
	else *out = w;
	return rc;
}

void text_writer_close(struct text_writer *w)
{
	if (!w) return;
	build_free(w->build);
	drop_pending(w);
	for (int i = 0; i < w->n; i++) piece_free(w->piece[i]);
	close(w->lock_fd);
	close(w->dir_fd);
	free(w);
}

/* ---- documents ---- */

static struct seg_id *pending_find(struct text_writer *w, struct str id, uint64_t hash)
{
	size_t i = hash & (w->id_cap - 1);
	while (w->id[i].unused && (w->id[i].hash != hash || !str_eq(w->id_text[w->id[i].doc], id))) i = (i + 1) & (w->id_cap - 1);
	return &w->id[i];
}

static void pending_grow(struct text_writer *w)
{
	size_t old = w->id_cap, cap = old ? old * 2 : 1024;
	struct seg_id *from = w->id;
	if (!w->pending) w->pending = arena_new((size_t)8 << 30);
	w->id = ARENA_ARRAY(w->pending, struct seg_id, cap);
	w->id_cap = cap;
	for (size_t k = 0; k < old; k++) {
		if (!from[k].unused) continue;
		size_t i = from[k].hash & (cap - 1);
		while (w->id[i].unused) i = (i + 1) & (cap - 1);
		w->id[i] = from[k];
	}
	struct str *text = ARENA_ARRAY(w->pending, struct str, cap);
	unsigned char *gone = ARENA_ARRAY(w->pending, unsigned char, cap / 8 + 1);
	if (w->id_text_cap) memcpy(text, w->id_text, w->id_text_cap * sizeof *text), memcpy(gone, w->gone, w->id_text_cap / 8 + 1);
	w->id_text = text, w->gone = gone, w->id_text_cap = cap;
}

static bool forget_doc(struct text_writer *w, struct str id)
{
	uint32_t doc;
	if (w->id_n) {
		struct seg_id *s = pending_find(w, id, text_hash(id.p, id.n, 1));
		if (s->unused && !(w->gone[s->doc >> 3] >> (s->doc & 7) & 1)) {
			w->gone[s->doc >> 3] |= (unsigned char)(1 << (s->doc & 7));
			w->n_gone++;
			return true;
		}
	}
	for (int i = w->n - 1; i >= 0; i--) {
		struct piece *p = w->piece[i];
		if (!seg_by_id(&p->seg, id, &doc)) continue;
		p->gone[doc >> 3] |= (unsigned char)(1 << (doc & 7));
		p->n_gone++;
		p->dirty = true;
		return true;
	}
	return false;
}

static void remember(struct text_writer *w, struct str id, uint32_t doc)
{
	while (2 * (w->id_n + 1) > w->id_cap || doc >= w->id_text_cap) pending_grow(w);
	uint64_t hash = text_hash(id.p, id.n, 1);
	struct seg_id *s = pending_find(w, id, hash);
	if (!s->unused) w->id_n++;
	w->id_text[doc] = str_dup(w->pending, id);
	*s = (struct seg_id){ .hash = hash, .doc = doc, .unused = 1 };
}

static enum rc check_doc(struct cx *cx, const struct text_doc *d)
{
	bool longs = d->owner.n > TEXT_ID_MAX || d->type.n > TEXT_ID_MAX || d->division.n > TEXT_ID_MAX || d->n_see > 10000;
	for (int i = 0; i < d->n_see && !longs; i++) longs = d->see[i].n > TEXT_ID_MAX;
	if (!d->id.n || d->id.n > TEXT_ID_MAX || longs || d->year < 0)
		return fail(cx, RC_INVALID, "text.doc", IN_FIELD(STR("id")), "文档编号缺失，或某项超过 %d 字节", "a document without an id, or an item longer than %d bytes", TEXT_ID_MAX);
	if (d->title.n > TEXT_FIELD_MAX || d->body.n > TEXT_FIELD_MAX)
		return fail(cx, RC_INVALID, "text.long", IN_FIELD(STR("body")), "标题或正文超过 4 MiB", "a title or body is longer than 4 MiB");
	return RC_OK;
}

static enum rc usable(struct cx *cx, const struct text_writer *w)
{
	return w->broken ? fail(cx, RC_IO, "text.broken", NOWHERE, "前一次写入失败：请关闭后重新打开", "an earlier write failed: close and open again") : RC_OK;
}

/* What is in the making becomes a segment that does not count yet. */
static enum rc flush(struct cx *cx, struct text_writer *w)
{
	char name[FOLDER_NAME];
	struct stat st;
	if (!build_docs(w->build)) return RC_OK;
	if (w->n == FOLDER_SEGS_MAX) return fail(cx, RC_LIMIT, "text.segments", NOWHERE, "段太多：请先提交", "too many segments: commit first");
	w->broken = true;
	TRY(build_flush(cx, w->build));
	struct piece *p = calloc(1, sizeof *p);
	if (!p) abort();
	p->arena = arena_new((size_t)8 << 30);
	folder_seg_name(name, w->next);
	enum rc rc = seg_open(cx, p->arena, w->dir_fd, name, true, &p->seg);
	if (rc != RC_OK || fstatat(w->dir_fd, name, &st, 0) != 0) {
		piece_free(p);
		return rc != RC_OK ? rc : seg_io(cx, "stat", name);
	}
	size_t bytes = (p->seg.head->n_doc + 7) / 8;
	p->gone = calloc(1, bytes + 1);
	if (!p->gone) abort();
	memcpy(p->gone, w->gone, bytes);
	p->seg.removed = p->gone;
	p->seg.number = w->next++;
	p->n_gone = w->n_gone, p->dirty = w->n_gone > 0;
	w->piece[w->n++] = p;
	drop_pending(w);
	w->broken = false;
	return RC_OK;
}

enum rc text_put(struct cx *cx, struct text_writer *w, const struct text_doc *doc)
{
	char name[FOLDER_NAME];
	uint32_t number;
	TRY(usable(cx, w));
	TRY(check_doc(cx, doc));
	if (build_is_full(w->build)) TRY(flush(cx, w));
	forget_doc(w, doc->id);
	folder_seg_name(name, w->next);
	w->broken = true;
	TRY(build_put(cx, w->build, w->dir_fd, name, doc, &number));
	w->broken = false;
	remember(w, doc->id, number);
	return RC_OK;
}

enum rc text_remove(struct cx *cx, struct text_writer *w, struct str id)
{
	TRY(usable(cx, w));
	return forget_doc(w, id) ? RC_OK : fail(cx, RC_MISSING, "text.missing", NOWHERE, "没有文档 %.*s", "no document %.*s", STRF(id));
}

/* ---- committing ---- */

static uint32_t living(const struct piece *p) { return p->seg.head->n_doc - p->n_gone; }

static enum rc save(struct cx *cx, struct text_writer *w, uint64_t model)
{
	char name[FOLDER_NAME];
	struct folder f = { .generation = w->folder.generation + 1, .next = w->next, .model = model };
	for (int i = 0; i < w->n; i++) {
		struct piece *p = w->piece[i];
		uint32_t gone = 0;
		for (uint32_t k = 0; k < w->folder.n; k++)
			if (w->folder.seg[k].number == p->seg.number) gone = w->folder.seg[k].gone;
		if (p->dirty) {
			folder_gone_name(name, p->seg.number, ++gone);
			TRY(seg_file_put(cx, w->dir_fd, name, p->gone, (p->seg.head->n_doc + 7) / 8));
			p->dirty = false;
		}
		f.seg[f.n++] = (struct folder_seg){ .number = p->seg.number, .bytes = p->seg.bytes, .checksum = p->seg.head->checksum, .n_removed = p->n_gone, .gone = gone };
	}
	TRY(folder_save(cx, w->dir_fd, &f));
	for (int i = 0; i < w->n; i++) w->piece[i]->saved = true;
	w->folder = f;
	folder_sweep(w->dir_fd, &w->folder);
	return RC_OK;
}

/* New segments get vectors under the model there is. */
static enum rc fold_new(struct cx *cx, struct text_writer *w)
{
	struct meaning m;
	struct arena *a = NULL;
	enum rc rc = RC_OK;
	for (int i = 0; i < w->n && rc == RC_OK && w->folder.model; i++) {
		struct piece *p = w->piece[i];
		if (p->saved && p->seg.meaning) continue;
		if (!a) {
			a = arena_new((size_t)1 << 30);
			rc = meaning_load(cx, a, w->dir_fd, w->folder.model, &m);
			if (rc != RC_OK) break;
		}
		rc = meaning_fold_docs(cx, w->dir_fd, &m, &p->seg, p->seg.number);
		if (rc == RC_OK) rc = meaning_load_docs(cx, p->arena, w->dir_fd, p->seg.number, w->folder.model, &p->seg);
	}
	if (a) arena_free(a);
	return rc;
}

static int tier(uint32_t docs)
{
	int t = 0;
	for (; docs >= TIER * 64; docs /= TIER) t++;
	return t;
}

/* The pieces to merge: MERGE_AT of one tier, or one that is half empty. Returns how many, as marks. */
static int choose(const struct text_writer *w, bool *mark)
{
	for (int t = 0; t < 16; t++) {
		int n = 0;
		uint64_t docs = 0;
		memset(mark, 0, FOLDER_SEGS_MAX);
		for (int i = 0; i < w->n; i++) {
			if (tier(living(w->piece[i])) != t || docs + living(w->piece[i]) > SEG_DOCS_MAX) continue;
			docs += living(w->piece[i]);
			mark[i] = true;
			n++;
		}
		if (n >= MERGE_AT) return n;
	}
	for (int i = 0; i < w->n; i++) {
		memset(mark, 0, FOLDER_SEGS_MAX);
		mark[i] = true;
		if (w->piece[i]->n_gone * 2 > w->piece[i]->seg.head->n_doc) return 1;
	}
	return 0;
}

static enum rc merge_once(struct cx *cx, struct text_writer *w, const bool *mark)
{
	const struct seg *in[FOLDER_SEGS_MAX];
	char name[FOLDER_NAME];
	struct piece *made = NULL, *kept[FOLDER_SEGS_MAX];
	int n = 0, k = 0;
	uint64_t docs = 0;
	for (int i = 0; i < w->n; i++)
		if (mark[i]) in[n++] = &w->piece[i]->seg, docs += living(w->piece[i]);
	if (docs) {
		struct folder_seg fs = { .number = w->next };
		struct seg s;
		folder_seg_name(name, fs.number);
		TRY(build_merge(cx, w->dir_fd, name, in, n));
		w->next++;
		TRY(seg_open(cx, cx->arena, w->dir_fd, name, true, &s));
		fs.bytes = s.bytes, fs.checksum = s.head->checksum;
		seg_close(&s);
		TRY(piece_open(cx, w->dir_fd, &fs, 0, &made));
	}
	for (int i = 0; i < w->n; i++) {
		if (!mark[i]) {
			kept[k++] = w->piece[i];
			continue;
		}
		piece_free(w->piece[i]);
		if (made) kept[k++] = made;             /* in the place of the first of them */
		made = NULL;
	}
	memcpy(w->piece, kept, (size_t)k * sizeof *kept);
	w->n = k;
	TRY(fold_new(cx, w));
	return save(cx, w, w->folder.model);
}

enum rc text_commit(struct cx *cx, struct text_writer *w)
{
	bool mark[FOLDER_SEGS_MAX];
	TRY(usable(cx, w));
	TRY(flush(cx, w));
	w->broken = true;
	TRY(fold_new(cx, w));
	TRY(save(cx, w, w->folder.model));
	while (choose(w, mark)) TRY(merge_once(cx, w, mark));
	w->broken = false;
	return RC_OK;
}

enum rc text_train(struct cx *cx, struct text_writer *w, uint64_t seed)
{
	const struct seg *seg[FOLDER_SEGS_MAX];
	uint64_t docs = 0, number = w->next;
	TRY(text_commit(cx, w));
	for (int i = 0; i < w->n; i++) seg[i] = &w->piece[i]->seg, docs += living(w->piece[i]);
	if (docs < 64) return fail(cx, RC_MISSING, "text.few", NOWHERE, "少于 64 篇文档，无法训练", "fewer than 64 documents: nothing to learn from");
	number = w->next++;
	w->broken = true;
	TRY(meaning_train(cx, w->dir_fd, seg, w->n, seed, number));
	struct arena *a = arena_new((size_t)1 << 30);
	struct meaning m;
	enum rc rc = meaning_load(cx, a, w->dir_fd, number, &m);
	for (int i = 0; i < w->n && rc == RC_OK; i++) {
		rc = meaning_fold_docs(cx, w->dir_fd, &m, &w->piece[i]->seg, w->piece[i]->seg.number);
		if (rc == RC_OK) rc = meaning_load_docs(cx, w->piece[i]->arena, w->dir_fd, w->piece[i]->seg.number, number, &w->piece[i]->seg);
	}
	arena_free(a);
	TRY(rc);
	TRY(save(cx, w, number));
	w->broken = false;
	return RC_OK;
}

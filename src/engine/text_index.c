/* An index as a reader has it open. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/text_rank.h"

enum { TRIES = 5 };

static void norms(struct text_index *x)
{
	double title = 0, body = 0;
	x->documents = 0;
	for (int i = 0; i < x->n; i++) {
		const struct seg_head *h = x->piece[i].seg.head;
		x->documents += h->n_doc;
		title += (double)h->title_sum, body += (double)h->body_sum;
	}
	title = x->documents && title > 0 ? title / (double)x->documents : 1;
	body = x->documents && body > 0 ? body / (double)x->documents : 1;
	x->title_average = (float)title, x->body_average = (float)body;
	for (int i = 0; i < 256; i++) {
		float n = seg_length_of((unsigned char)i);
		x->title_norm[i] = TEXT_TITLE / (1 - TEXT_B + TEXT_B * n / (float)title);
		x->body_norm[i] = 1 / (1 - TEXT_B + TEXT_B * n / (float)body);
		for (int k = 0; k < 64; k++) {
			float t = (float)k * x->body_norm[i];
			x->body_score[k][i] = t / (t + TEXT_K1);
		}
	}
}

static void piece_close(struct piece_in *p)
{
	seg_close(&p->seg);
	arena_free(p->arena);
}

/* A segment that is open already under the same model and bitmap is taken over. */
static bool take_over(struct text_index *x, const struct folder_seg *fs, uint64_t model, struct piece_in *out)
{
	for (int i = 0; i < x->n; i++) {
		struct piece_in *p = &x->piece[i];
		if (!p->seg.map || p->number != fs->number || p->gone != fs->gone || p->model != model) continue;
		*out = *p;
		p->seg.map = NULL;
		return true;
	}
	return false;
}

static enum rc load(struct cx *cx, struct text_index *x)
{
	struct stat st;
	struct text_index y = *x;
	enum rc rc = RC_OK;
	if (fstatat(x->dir_fd, "index", &st, 0) != 0)
		return errno == ENOENT ? fail(cx, RC_MISSING, "text.none", NOWHERE, "这里还没有索引", "there is no index here yet") : seg_io(cx, "stat", "index");
	TRY(folder_load(cx, x->dir_fd, &y.folder));
	y.stamp[0] = (int64_t)st.st_ino, y.stamp[1] = st.st_mtim.tv_sec, y.stamp[2] = st.st_mtim.tv_nsec;
	y.model_arena = NULL, y.model = (struct meaning){ 0 };
	if (y.folder.model && y.folder.model == x->model.number) {
		y.model = x->model, y.model_arena = x->model_arena;
	} else if (y.folder.model) {
		y.model_arena = arena_new((size_t)1 << 30);
		rc = meaning_load(cx, y.model_arena, x->dir_fd, y.folder.model, &y.model);
	}
	y.piece = calloc(y.folder.n + 1, sizeof *y.piece);
	if (!y.piece) abort();
	y.n = 0;
	bool *taken = ARENA_ARRAY(cx->arena, bool, FOLDER_SEGS_MAX);
	for (uint32_t i = 0; i < y.folder.n && rc == RC_OK; i++) {
		const struct folder_seg *fs = &y.folder.seg[i];
		struct piece_in *p = &y.piece[y.n];
		taken[y.n] = take_over(x, fs, y.folder.model, p);
		if (!taken[y.n]) {
			*p = (struct piece_in){ .arena = arena_new((size_t)8 << 30), .number = fs->number, .model = y.folder.model, .gone = fs->gone };
			rc = folder_open_seg(cx, p->arena, x->dir_fd, fs, y.folder.model, &p->seg);
			if (rc != RC_OK) arena_free(p->arena);
		}
		if (rc == RC_OK) y.n++;
	}
	if (rc != RC_OK) {              /* give back what was taken over */
		for (int i = 0, k = 0; i < y.n; i++) {
			if (!taken[i]) {
				piece_close(&y.piece[i]);
				continue;
			}
			while (x->piece[k].number != y.piece[i].number) k++;
			x->piece[k] = y.piece[i];
			k = 0;
		}
		if (y.model_arena && y.model_arena != x->model_arena) arena_free(y.model_arena);
		free(y.piece);
		return rc;
	}
	for (int i = 0; i < x->n; i++)
		if (x->piece[i].seg.map) piece_close(&x->piece[i]);
	if (x->model_arena && x->model_arena != y.model_arena) arena_free(x->model_arena);
	free(x->piece);
	*x = y;
	norms(x);
	return RC_OK;
}

/* A writer may sweep files between our reading the list and opening them: then the list has changed, and we read it again. */
static enum rc load_patiently(struct cx *cx, struct text_index *x)
{
	enum rc rc = RC_OK;
	struct stat before, after;
	for (int i = 0; i < TRIES; i++) {
		bool known = fstatat(x->dir_fd, "index", &before, 0) == 0;
		rc = load(cx, x);
		if (rc != RC_INVALID || !known) return rc;
		if (fstatat(x->dir_fd, "index", &after, 0) != 0 || (after.st_ino == before.st_ino && after.st_mtim.tv_nsec == before.st_mtim.tv_nsec)) return rc;
		fail_clear(cx);
	}
	return rc;
}

enum rc text_open(struct cx *cx, struct text_pipe *p, struct str dir, struct text_index **out)
{
	int fd = open(str_z(cx->arena, dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) return errno == ENOENT ? fail(cx, RC_MISSING, "text.none", ((struct where){ .file = dir }), "没有这个索引目录", "no such index folder") : seg_io(cx, "open", str_z(cx->arena, dir));
	struct text_index *x = calloc(1, sizeof *x);
	if (!x) abort();
	x->pipe = p, x->dir_fd = fd;
	enum rc rc = load_patiently(cx, x);
	if (rc != RC_OK) text_close(x);
	else *out = x;
	return rc;
}

enum rc text_refresh(struct cx *cx, struct text_index *x, bool *changed)
{
	struct stat st;
	*changed = false;
	if (fstatat(x->dir_fd, "index", &st, 0) != 0) return seg_io(cx, "stat", "index");
	if (x->stamp[0] == (int64_t)st.st_ino && x->stamp[1] == st.st_mtim.tv_sec && x->stamp[2] == st.st_mtim.tv_nsec) return RC_OK;
	TRY(load_patiently(cx, x));
	*changed = true;
	return RC_OK;
}

void text_close(struct text_index *x)
{
	if (!x) return;
	for (int i = 0; i < x->n; i++) piece_close(&x->piece[i]);
	if (x->model_arena) arena_free(x->model_arena);
	free(x->piece);
	close(x->dir_fd);
	free(x);
}

struct text_figures text_figures(const struct text_index *x)
{
	struct text_figures f = { .segments = x->n, .model = x->model.number != 0 };
	for (int i = 0; i < x->n; i++) {
		const struct seg *s = &x->piece[i].seg;
		f.documents += s->head->n_doc - s->n_removed;
		f.removed += s->n_removed;
		f.terms += (int64_t)s->head->n_term;
		f.bytes += (int64_t)s->bytes;
	}
	return f;
}

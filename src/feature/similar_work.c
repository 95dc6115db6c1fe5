#include "feature/similar_work.h"

#include <string.h>
#include <sys/stat.h>

#include "base/rng.h"
#include "base/time.h"

enum { FEED = 100, DUE = 50, SLICE_MS = 500, SOURCES = 20, PASSAGES = 12, WRITER_MEMORY = 64 << 20, PAUSE_MS = 5000 };

static struct str folder(struct similar_work *w, struct cx *cx, const struct similar_def *d)
{
	return str_fmt(cx->arena, "%.*s/text/%.*s", STRF(w->dir), STRF(d->name));
}

static struct str doc_id(struct cx *cx, const struct similar_piece *p)
{
	return STR_CAT(cx->arena, p->type->name, STR(":"), id_text(cx->arena, p->record));
}

static enum rc reset(struct similar_work *w, struct cx *cx, const struct similar_def *d)
{
	return w->send(w->ctx, cx, "similar.reset", VAL_OF(cx->arena, { STR("name"), val_text(d->name) }));
}

static bool told(const struct cx *cx, int from, const char *code)
{
	for (int i = from; i < cx->fails.n; i++)
		if (strcmp(cx->fails.v[i].code, code) == 0) return true;
	return false;
}

/* ---- feeding ---- */

static enum rc feed_one(struct rx *rx, struct text_writer *t, const struct similar_def *d, const struct similar_piece *p, struct val fed, struct val gone)
{
	struct arena *a = rx->cx->arena;
	struct similar_words words;
	if (p->gone) {
		val_push(a, gone, val_int(p->record));
		return text_remove(rx->cx, t, doc_id(rx->cx, p));
	}
	TRY(similar_words(rx, similar_text_of(d, p->type), p->record, &words));
	val_push(a, fed, VAL_OF(a, { STR("type"), val_text(p->type->name) }, { STR("record"), val_int(p->record) }, { STR("rev"), val_int(words.rev) },
		{ STR("digest"), val_text(words.digest) }));
	struct text_doc doc = { .id = doc_id(rx->cx, p), .title = words.title, .body = words.body, .owner = words.own, .type = p->type->name };
	return text_put(rx->cx, t, &doc);
}

static enum rc feed(struct similar_work *w, struct rx *rx, const struct similar_def *d, const struct similar_pieces *list)
{
	struct cx *cx = rx->cx;
	struct text_writer *t;
	struct val fed = val_list(cx->arena), gone = val_list(cx->arena);
	int before = cx->fails.n;
	(void)mkdir(str_z(cx->arena, str_fmt(cx->arena, "%.*s/text", STRF(w->dir))), 0700);
	TRY(text_writer_open(cx, w->pipe, folder(w, cx, d), WRITER_MEMORY, &t));
	if (told(cx, before, "text.damaged")) {
		text_writer_close(t);
		return reset(w, cx, d);
	}
	enum rc rc = RC_OK;
	for (size_t i = 0; i < list->n && rc == RC_OK; i++) rc = feed_one(rx, t, d, &list->v[i], fed, gone);
	if (rc == RC_OK) rc = text_commit(cx, t);
	text_writer_close(t);
	TRY(rc);
	return w->send(w->ctx, cx, "similar.fed", VAL_OF(cx->arena, { STR("name"), val_text(d->name) }, { STR("fed"), fed }, { STR("gone"), gone }));
}

/* ---- comparing ---- */

static enum rc source_val(struct rx *rx, const struct similar_def *d, const struct text_source *s, struct val list)
{
	struct arena *a = rx->cx->arena;
	struct str rest = s->id, type;
	struct val passages = val_list(a);
	struct similar_words words;
	int64_t id;
	const struct type_def *t = str_cut(&rest, ':', &type) ? region_type(rx->region, type) : NULL;
	const struct similar_text *text = t ? similar_text_of(d, t) : NULL;
	if (!text || !id_parse(rest, &id)) return RC_OK;
	enum rc rc = similar_words(rx, text, id, &words);
	if (rc == RC_MISSING) return RC_OK;     /* deleted since it was fed */
	TRY(rc);
	for (int i = 0; i < s->n_passage && i < PASSAGES; i++) {
		const struct text_passage *p = &s->passage[i];
		struct val one = val_list(a);
		const uint32_t at[] = { p->a0, p->a1, p->b0, p->b1 };
		for (int k = 0; k < 4; k++) val_push(a, one, val_int(at[k]));
		val_push(a, passages, one);
	}
	val_push(a, list, VAL_OF(a, { STR("type"), val_text(t->name) }, { STR("id"), val_int(id) }, { STR("own"), val_bool(s->own) }, { STR("share"), val_int(dec_round(text_percent(s->share), 1)) },
		{ STR("digest"), val_text(words.digest) }, { STR("passages"), passages }));
	return RC_OK;
}

static enum rc compare_one(struct similar_work *w, struct rx *rx, struct text_index *x, const struct similar_def *d, const struct similar_piece *p, int64_t seen)
{
	struct cx *cx = rx->cx;
	struct arena *a = cx->arena;
	struct similar_words words;
	struct text_dup_result r;
	struct val sources = val_list(a);
	TRY(similar_words(rx, similar_text_of(d, p->type), p->record, &words));
	struct text_doc doc = { .id = doc_id(cx, p), .title = words.title, .body = words.body, .owner = words.own, .type = p->type->name };
	struct text_dup_query q = { .doc = &doc, .filter = { .everything = true }, .sources = SOURCES };
	TRY(text_dup(cx, x, &q, &r));
	for (int i = 0; i < r.n_source; i++) TRY(source_val(rx, d, &r.source[i], sources));
	return w->send(w->ctx, cx, "similar.compared", VAL_OF(a, { STR("name"), val_text(d->name) }, { STR("record"), val_int(p->record) }, { STR("digest"), val_text(words.digest) },
		{ STR("seen"), val_int(seen) }, { STR("units"), val_int(r.units) }, { STR("total"), val_int(dec_round(text_percent(r.total), 1)) }, { STR("clean"), val_int(dec_round(text_percent(r.without_template), 1)) },
		{ STR("others"), val_int(dec_round(text_percent(r.without_own), 1)) }, { STR("sources"), sources }));
}

static enum rc compare(struct similar_work *w, struct rx *rx, const struct similar_def *d, const struct similar_pieces *list, int64_t seen)
{
	struct text_index *x;
	int64_t until = time_mono_ms() + SLICE_MS;
	int before = rx->cx->fails.n, errors = rx->cx->fails.errors;
	enum rc rc = text_open(rx->cx, w->pipe, folder(w, rx->cx, d), &x);
	if (rc == RC_MISSING || rc == RC_INVALID) {
		rx->cx->fails.n = before;
		rx->cx->fails.errors = errors;
		return reset(w, rx->cx, d);
	}
	TRY(rc);
	for (size_t i = 0; i < list->n && rc == RC_OK && time_mono_ms() < until; i++) rc = compare_one(w, rx, x, d, &list->v[i], seen);
	text_close(x);
	return rc;
}

/* ---- a slice ---- */

static enum rc slice(struct similar_work *w, struct rx *rx, const struct similar_def *d, bool *idle)
{
	struct similar_pieces list;
	struct stat st;
	int64_t n, seq;
	TRY(similar_pending(rx, d, FEED, &list));
	bool feeds = list.n > 0;
	if (!feeds) TRY(similar_due(rx, d, DUE, &list));
	if (!list.n) return RC_OK;
	*idle = false;
	TRY(similar_fed(rx, d, &n, &seq));
	/* The folder is gone (a restored database, say): what was fed is nowhere. */
	if (n && stat(str_z(rx->cx->arena, folder(w, rx->cx, d)), &st) != 0) return reset(w, rx->cx, d);
	if (!w->pipe) TRY(text_pipe_open(rx->cx, &w->pipe));
	return feeds ? feed(w, rx, d, &list) : compare(w, rx, d, &list, seq);
}

enum rc similar_work(struct similar_work *w, struct rx *rx, bool *idle)
{
	*idle = true;
	if (time_mono_ms() < w->again_ms) return RC_OK;
	w->again_ms = time_mono_ms() + PAUSE_MS;
	for (int i = 0; i < rx->region->n_similar && *idle; i++) {
		TRY(db_begin(rx->cx, rx->db));
		enum rc rc = slice(w, rx, rx->region->similar[i], idle);
		db_rollback(rx->db);
		TRY(rc);
	}
	w->again_ms = 0;
	return RC_OK;
}

void similar_work_end(struct similar_work *w)
{
	text_pipe_close(w->pipe);
	w->pipe = NULL;
}

/* What a dossier is made of: records as PDF and JSON, their files under their own names, an index. It holds what its maker may see when it is
   taken, no more. The same record at the same revision gives the same bytes. */
#include "feature/dossier.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/rng.h"
#include "feature/feature.h"
#include "rec/file.h"
#include "rec/sheet.h"
#include "rec/strip.h"
#include "web/pdf.h"

enum { DEPTH_MAX = 3, RECORD_ARENA = 128 << 20, INDEX_BYTES = 16 << 20 };

struct dossier *dossier_start(struct page *p, const struct viewer *maker, bool alone, int max)
{
	struct dossier *d = ARENA_NEW(p->cx->arena, struct dossier);
	*d = (struct dossier){ .p = p, .maker = *maker, .alone = alone, .max = max, .item = ARENA_ARRAY(p->cx->arena, struct dossier_item, max), .index = val_list(p->cx->arena),
		.inner = *p, .own = { .arena = arena_new(RECORD_ARENA), .lang = p->cx->lang, .now_ms = p->cx->now_ms } };
	d->inner.cx = &d->own;
	d->inner.viewer = *maker;
	d->inner.json = true;           /* with the values as they are stored */
	return d;
}

void dossier_end(struct dossier *d)
{
	arena_free(d->own.arena);
	d->own.arena = NULL;
}

/* ---- which records ---- */

void dossier_add(struct dossier *d, const struct type_def *t, int64_t id, int depth)
{
	for (int i = 0; i < d->n; i++)
		if (d->item[i].type == t && d->item[i].id == id) return;
	if (d->n == d->max) d->cut = true;
	else d->item[d->n++] = (struct dossier_item){ t, id, depth };
}

static enum rc add_referring(struct dossier *d, struct rx *rx, const struct dossier_item *to, const struct type_def *t, const struct field_def *f)
{
	struct list_param param[] = { { f->name, id_text(rx->cx->arena, to->id) } };
	struct list_query q;
	int64_t *id;
	int n;
	TRY(list_parse(rx, t, param, 1, &q));
	TRY(list_ids(rx, &q, d->max, &id, &n));
	for (int i = 0; i < n; i++) {
		if (i == d->max) d->cut = true;
		else dossier_add(d, t, id[i], to->depth + 1);
	}
	return RC_OK;
}

enum rc dossier_follow(struct dossier *d, int i)
{
	struct rx rx = page_rx(&d->inner);
	struct dossier_item to = d->item[i];
	enum rc rc = RC_OK;
	for (int k = 0; k < rx.region->n_type && to.depth < DEPTH_MAX && !d->alone; k++) {
		const struct type_def *t = rx.region->type[k];
		if (!access_type(&rx, t) || t->registry) continue;
		for (int c = 0; c < t->n_field && rc == RC_OK; c++)
			if (t->field[c]->ref == to.type && field_stored(t->field[c])) rc = add_referring(d, &rx, &to, t, t->field[c]);
	}
	if (rc != RC_OK) fail_copy(d->p->cx, &d->own.fails);
	arena_reset(d->own.arena);
	d->own.fails = (struct fails){ 0 };
	return rc;
}

/* ---- one record ---- */

static enum rc put_file(struct dossier *d, struct str folder, int n, int64_t id, struct val names)
{
	struct cx own = { .arena = arena_new(STRIP_ARENA), .lang = d->p->cx->lang, .now_ms = d->p->cx->now_ms };
	struct rx rx = page_rx(&d->inner);
	struct arena *a = d->p->cx->arena;
	struct file_info info;
	struct str content;
	int fd;
	rx.cx = &own;
	enum rc rc = file_open(&rx, id, &info, &fd, &content);
	if (rc == RC_OK) {
		struct str name = str_fmt(a, "%.*s%02d %.*s", STRF(folder), n, STRF(zip_name(own.arena, info.name)));
		rc = fd < 0 ? zip_add(&own, d->zip, name, content) : zip_add_file(&own, d->zip, name, fd);
		if (fd >= 0) close(fd);
		val_push(a, names, val_text(name));
	}
	/* A file that does not open is missing in the archive, and the index says so. */
	if (rc == RC_INVALID || rc == RC_MISSING || rc == RC_LIMIT) {
		val_push(a, names, val_text(d->p->cx->lang == LANG_ZH ? STR("（一个附件打不开）") : STR("(one file does not open)")));
		rc = RC_OK;
	}
	fail_copy(d->p->cx, &(struct fails){ .v = own.fails.v, .n = rc == RC_OK ? 0 : own.fails.n });
	arena_free(own.arena);
	return rc;
}

static enum rc put_files(struct dossier *d, struct str folder, struct val names)
{
	struct val sections = VAL_GET(d->inner.out, "sections");
	int n = 0;
	for (size_t i = 0; i < val_len(sections); i++) {
		struct val fields = VAL_GET(val_at(sections, i), "fields"), tables = VAL_GET(val_at(sections, i), "tables");
		for (size_t k = 0; k < val_len(fields); k++) {
			struct val f = val_at(fields, k);
			struct str link = val_str(VAL_GET(f, "link"));
			int64_t id;
			if (str_is(val_str(VAL_GET(f, "kind")), "file") && str_starts(link, STR("/file/")) && id_parse(str_sub(link, 6, link.n), &id))
				TRY(put_file(d, folder, ++n, id, names));
		}
		for (size_t k = 0; k < val_len(tables); k++) {
			struct val rows = VAL_GET(val_at(tables, k), "rows");
			for (size_t r = 0; r < val_len(rows); r++) {
				struct val cells = VAL_GET(val_at(rows, r), "cells");
				for (size_t c = 0; c < val_len(cells); c++) {
					struct str link = val_str(VAL_GET(val_at(cells, c), "link"));
					int64_t id;
					if (str_starts(link, STR("/file/")) && id_parse(str_sub(link, 6, link.n), &id)) TRY(put_file(d, folder, ++n, id, names));
				}
			}
		}
	}
	return RC_OK;
}

static struct str name_of_pdf(struct dossier *d, struct str folder)
{
	struct arena *a = d->p->cx->arena;
	if (d->alone) return STR_CAT(a, str_sub(folder, 0, folder.n - 1), STR(".pdf"));
	return STR_CAT(a, folder, d->p->cx->lang == LANG_ZH ? STR("记录.pdf") : STR("record.pdf"));
}

/* The record's page is in `in`; its files and its line of the index. */
static enum rc put_shown(struct dossier *d, int i, struct page *in, struct val one)
{
	struct arena *a = d->p->cx->arena;
	struct val files = val_list(a);
	struct str title = val_str(VAL_GET(in->out, "title")), label = label_of(in, &d->item[i].type->label), number = val_str(VAL_GET(in->out, "number"));
	struct str folder = str_fmt(a, "%03d %.*s %.*s/", i + 1, STRF(number.n && d->alone ? zip_name(in->cx->arena, number) : label), STRF(zip_name(in->cx->arena, title)));
	VAL_SET(a, one, "number", val_text(str_dup(a, number)));
	VAL_SET(a, one, "title", val_text(str_dup(a, title)));
	VAL_SET(a, one, "state", val_text(str_dup(a, val_str(VAL_GET(VAL_GET(in->out, "state"), "label")))));
	VAL_SET(a, one, "changed", val_text(str_dup(a, val_str(VAL_GET(in->out, "changed")))));
	VAL_SET(a, one, "pdf", val_text(name_of_pdf(d, folder)));
	if (!d->alone) {
		VAL_SET(a, one, "json", val_text(STR_CAT(a, folder, STR("record.json"))));
		TRY(zip_add(in->cx, d->zip, val_str(VAL_GET(one, "json")), json_text(in->cx->arena, in->out)));
		TRY(put_files(d, folder, files));
	}
	VAL_SET(a, one, "files", files);
	TRY(record_pdf(in));
	return zip_add(in->cx, d->zip, val_str(VAL_GET(one, "pdf")), in->raw.body);
}

/* What is kept on the disk must not hold in the clear what the database keeps sealed. */
static bool stays_out(const struct dossier *d, int i)
{
	const struct state_def *s = type_state(d->item[i].type, val_str(VAL_GET(VAL_GET(d->inner.out, "state"), "name")));
	return d->kept && s && s->sealed;
}

static enum rc put_one(struct dossier *d, int i, struct val one)
{
	struct page *in = &d->inner;
	in->out = val_map(in->cx->arena);
	in->raw = (struct http_reply){ 0 };
	in->param[0] = d->item[i].type->name;
	in->param[1] = id_text(in->cx->arena, d->item[i].id);
	TRY(record_fill(in));
	return stays_out(d, i) ? RC_DENIED : put_shown(d, i, in, one);
}

enum rc dossier_put(struct dossier *d, int i)
{
	struct arena *a = d->p->cx->arena;
	bool zh = d->p->cx->lang == LANG_ZH;
	struct val one = val_map(a);
	int64_t before = zip_bytes(d->zip);
	VAL_SET(a, one, "n", val_int(i + 1));
	VAL_SET(a, one, "depth", val_int(d->item[i].depth));
	VAL_SET(a, one, "type", val_text(label_of(d->p, &d->item[i].type->label)));
	enum rc rc = put_one(d, i, one);
	if (rc == RC_MISSING || rc == RC_DENIED || rc == RC_LIMIT || rc == RC_INVALID) {
		zip_cut(d->zip, before);
		VAL_SET(a, one, "title", val_text(rc == RC_MISSING ? (zh ? STR("（已不存在，或无权查看）") : STR("(no longer there, or not yours to see)")) :
			rc == RC_DENIED ? (zh ? STR("（密封期内，未收入）") : STR("(still sealed: left out)")) : zh ? STR("（未能生成）") : STR("(could not be made)")));
		VAL_SET(a, one, "pdf", val_text(STR("")));
		VAL_SET(a, one, "files", val_list(a));
		rc = RC_OK;
	}
	if (rc == RC_OK) val_push(a, d->index, one);
	else fail_copy(d->p->cx, &d->own.fails);
	arena_reset(d->own.arena);
	d->own.fails = (struct fails){ 0 };
	return rc;
}

/* ---- the index ---- */

static enum rc index_pdf(struct dossier *d, struct val about)
{
	static const int weight[] = { 1, 3, 3, 6, 3, 3 };
	static const bool right[] = { true, false, false, false, false, false };
	enum { COLUMNS = 6 };
	struct cx *cx = d->p->cx;
	struct arena *a = cx->arena;
	bool zh = cx->lang == LANG_ZH;
	struct str head[COLUMNS] = { STR("#"), zh ? STR("类型") : STR("Type"), zh ? STR("编号") : STR("Number"), zh ? STR("名称") : STR("Title"), zh ? STR("状态") : STR("State"),
		zh ? STR("最近更新") : STR("Last change") };
	struct str *cell = ARENA_ARRAY(a, struct str, COLUMNS * val_len(d->index) + 1);
	for (size_t i = 0; i < val_len(d->index); i++) {
		struct val one = val_at(d->index, i);
		struct str *row = cell + COLUMNS * i;
		row[0] = str_fmt(a, "%zu", i + 1);
		row[1] = val_str(VAL_GET(one, "type"));
		row[2] = val_str(VAL_GET(one, "number"));
		row[3] = val_str(VAL_GET(one, "title"));
		row[4] = val_str(VAL_GET(one, "state"));
		row[5] = val_str(VAL_GET(one, "changed"));
	}
	struct pdf_page page = { .title = val_str(VAL_GET(about, "title")), .mark = d->p->region->demo ? val_str(VAL_GET(about, "mark")) : STR("") };
	struct pdf *pdf;
	struct buf bytes = BUF(a, INDEX_BYTES);
	TRY(pdf_start(cx, &page, &pdf));
	pdf_text(pdf, val_str(VAL_GET(about, "made")));
	pdf_table(pdf, head, weight, right, COLUMNS, cell, (int)val_len(d->index));
	TRY(pdf_finish(cx, pdf, &bytes));
	return zip_add(cx, d->zip, zh ? STR("目录.pdf") : STR("index.pdf"), buf_str(&bytes));
}

enum rc dossier_put_index(struct dossier *d, int64_t made_ms)
{
	struct cx *cx = d->p->cx;
	struct arena *a = cx->arena;
	bool zh = cx->lang == LANG_ZH;
	struct val about = val_map(a);
	struct str first = val_str(VAL_GET(val_at(d->index, 0), "title"));
	struct buf html = BUF(a, INDEX_BYTES);
	struct template_env env = { cx->lang, d->p->region->zone_minutes, cx->now_ms };
	VAL_SET(a, about, "title", val_text(str_fmt(a, zh ? "卷宗：%.*s" : "Dossier: %.*s", STRF(first))));
	VAL_SET(a, about, "made", val_text(str_fmt(a, zh ? "生成时间 %.*s，按 %.*s 的权限，共 %d 条记录%s" : "Made at %.*s with the rights of %.*s; %d records%s",
		STRF(show_instant(d->p, made_ms)), STRF(d->maker.login), d->n, !d->cut ? "" : zh ? "（超出上限的未列入）" : " (those beyond the limit are left out)")));
	VAL_SET(a, about, "mark", val_text(zh ? STR("演示数据，非真实单位和人员") : STR("Demonstration data: not real organisations or people")));
	VAL_SET(a, about, "demo", val_bool(d->p->region->demo));
	VAL_SET(a, about, "lang", val_textz(zh ? "zh" : "en"));
	VAL_SET(a, about, "records", d->index);
	TRY(template_render(cx, d->p->app->templates, "dossier_index.html", about, &env, &html));
	TRY(zip_add(cx, d->zip, zh ? STR("目录.html") : STR("index.html"), buf_str(&html)));
	return index_pdf(d, about);
}

/* The dossier: a record with all that hangs on it, as a ZIP with an index, for somebody without an account: PDF and JSON of each record,
   its files under their own names, its history. It holds what its maker may see when it is taken, no more. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/rng.h"
#include "base/time.h"
#include "feature/feature.h"
#include "feature/import.h"
#include "feature/show.h"
#include "rec/account.h"
#include "rec/file.h"
#include "rec/link.h"
#include "rec/sheet.h"
#include "rec/strip.h"
#include "rec/zip_out.h"
#include "web/pdf.h"
#include "web/session.h"

enum { RECORDS_MAX = 200, DEPTH_MAX = 3, RECORD_ARENA = 128 << 20, INDEX_BYTES = 2 << 20, DAYS = 14 };

struct item { const struct type_def *type; int64_t id; int depth; };

struct dossier {
	struct page *p;                 /* the request's */
	struct page inner;              /* of the record under way: memory of its own, the maker's rights */
	struct viewer maker;
	struct zip_out *zip;
	struct item item[RECORDS_MAX];
	int n;
	bool cut;                       /* there were more */
	struct val index;
};

/* ---- which records ---- */

static void add_item(struct dossier *d, const struct type_def *t, int64_t id, int depth)
{
	for (int i = 0; i < d->n; i++)
		if (d->item[i].type == t && d->item[i].id == id) return;
	if (d->n == RECORDS_MAX) d->cut = true;
	else d->item[d->n++] = (struct item){ t, id, depth };
}

static enum rc add_referring(struct dossier *d, struct rx *rx, const struct item *to, const struct type_def *t, const struct field_def *f)
{
	struct list_param param[] = { { f->name, id_text(rx->cx->arena, to->id) }, { STR("limit"), STR("1000") } };
	struct list_query q;
	struct list_page page;
	TRY(list_parse(rx, t, param, 2, &q));
	TRY(list_read(rx, &q, &page));
	for (size_t i = 0; i < page.n; i++) add_item(d, t, page.v[i].id, to->depth + 1);
	return RC_OK;
}

/* Those that name this one, and in their turn those that name them. */
static enum rc find_all(struct dossier *d, struct rx *rx)
{
	for (int i = 0; i < d->n && d->item[i].depth < DEPTH_MAX; i++) {
		struct item to = d->item[i];
		for (int k = 0; k < rx->region->n_type; k++) {
			const struct type_def *t = rx->region->type[k];
			if (!access_type(rx, t) || t->registry) continue;
			for (int c = 0; c < t->n_field; c++)
				if (t->field[c]->ref == to.type && field_stored(t->field[c])) TRY(add_referring(d, rx, &to, t, t->field[c]));
		}
	}
	return RC_OK;
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

static enum rc put_record(struct dossier *d, int i)
{
	struct page *in = &d->inner;
	struct arena *a = d->p->cx->arena;
	bool zh = d->p->cx->lang == LANG_ZH;
	in->out = val_map(in->cx->arena);
	in->raw = (struct http_reply){ 0 };
	in->param[0] = d->item[i].type->name;
	in->param[1] = id_text(in->cx->arena, d->item[i].id);
	TRY(record_fill(in));
	struct val one = val_map(a), files = val_list(a);
	struct str title = val_str(VAL_GET(in->out, "title")), label = label_of(in, &d->item[i].type->label), number = val_str(VAL_GET(in->out, "number"));
	struct str folder = str_fmt(a, "%03d %.*s %.*s/", i + 1, STRF(label), STRF(zip_name(in->cx->arena, title)));
	VAL_SET(a, one, "n", val_int(i + 1));
	VAL_SET(a, one, "depth", val_int(d->item[i].depth));
	VAL_SET(a, one, "type", val_text(str_dup(a, label)));
	VAL_SET(a, one, "number", val_text(str_dup(a, number)));
	VAL_SET(a, one, "title", val_text(str_dup(a, title)));
	VAL_SET(a, one, "state", val_text(str_dup(a, val_str(VAL_GET(VAL_GET(in->out, "state"), "label")))));
	VAL_SET(a, one, "changed", val_text(str_dup(a, val_str(VAL_GET(in->out, "changed")))));
	VAL_SET(a, one, "pdf", val_text(str_fmt(a, "%.*s%s.pdf", STRF(folder), zh ? "记录" : "record")));
	VAL_SET(a, one, "json", val_text(str_fmt(a, "%.*srecord.json", STRF(folder))));
	TRY(zip_add(in->cx, d->zip, val_str(VAL_GET(one, "json")), json_text(in->cx->arena, in->out)));
	TRY(put_files(d, folder, files));
	VAL_SET(a, one, "files", files);
	TRY(record_pdf(in));
	TRY(zip_add(in->cx, d->zip, val_str(VAL_GET(one, "pdf")), in->raw.body));
	val_push(a, d->index, one);
	return RC_OK;
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

static enum rc put_index(struct dossier *d)
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
		STRF(show_instant(d->p, cx->now_ms)), STRF(d->maker.login), d->n, !d->cut ? "" : zh ? "（超出上限的未列入）" : " (those beyond the limit are left out)")));
	VAL_SET(a, about, "mark", val_text(zh ? STR("演示数据，非真实单位和人员") : STR("Demonstration data: not real organisations or people")));
	VAL_SET(a, about, "demo", val_bool(d->p->region->demo));
	VAL_SET(a, about, "lang", val_textz(zh ? "zh" : "en"));
	VAL_SET(a, about, "records", d->index);
	TRY(template_render(cx, d->p->app->templates, "dossier_index.html", about, &env, &html));
	TRY(zip_add(cx, d->zip, zh ? STR("目录.html") : STR("index.html"), buf_str(&html)));
	return index_pdf(d, about);
}

static enum rc put_all(struct dossier *d)
{
	struct cx own = { .arena = arena_new(RECORD_ARENA), .lang = d->p->cx->lang, .now_ms = d->p->cx->now_ms };
	d->inner = *d->p;
	d->inner.cx = &own;
	d->inner.viewer = d->maker;
	d->inner.json = true;           /* with the values as they are stored */
	struct rx rx = page_rx(&d->inner);
	enum rc rc = find_all(d, &rx);
	for (int i = 0; i < d->n && rc == RC_OK; i++) {
		arena_reset(own.arena);
		own.fails = (struct fails){ 0 };
		rc = put_record(d, i);
	}
	if (rc != RC_OK) fail_copy(d->p->cx, &own.fails);
	arena_free(own.arena);
	return rc == RC_OK ? put_index(d) : rc;
}

/* The archive as the reply; `maker`: whose rights. */
static enum rc reply_dossier(struct page *p, const struct viewer *maker, const struct type_def *t, int64_t id)
{
	struct dossier *d = ARENA_NEW(p->cx->arena, struct dossier);
	struct sheet_target target;
	*d = (struct dossier){ .p = p, .maker = *maker, .index = val_list(p->cx->arena) };
	add_item(d, t, id, 0);
	TRY(export_target(p, STR(""), &target));
	enum rc rc = zip_start(p->cx, target.fd, &d->zip);
	if (rc == RC_OK) {
		enum rc put = put_all(d), closed = zip_finish(p->cx, d->zip);
		rc = put == RC_OK ? closed : put;
	}
	if (rc != RC_OK) {
		close(target.fd);
		return rc;
	}
	p->raw = (struct http_reply){ .status = 200, .type = STR("application/zip"), .file_fd = target.fd, .file_bytes = lseek(target.fd, 0, SEEK_END) };
	http_reply_header(&p->raw, STR("Content-Disposition"), str_fmt(p->cx->arena, "attachment; filename=\"dossier-%.*s.zip\"", STRF(id_text(p->cx->arena, id))));
	return RC_OK;
}

/* ---- for staff: taking it, handing it out ---- */

static enum rc named(struct page *p, const struct type_def **t, int64_t *id)
{
	struct rx rx = page_rx(p);
	struct right right;
	TRY(page_type(p, p->param[0], t));
	TRY(page_id(p, p->param[1], id));
	TRY(access_record(&rx, *t, *id, &right));
	return right.see ? RC_OK : rx_missing(&rx);
}

static enum rc own_zip(struct page *p)
{
	const struct type_def *t;
	int64_t id;
	TRY(named(p, &t, &id));
	return reply_dossier(p, &p->viewer, t, id);
}

static enum rc links_page(struct page *p)
{
	struct rx rx = page_rx(p);
	struct arena *a = p->cx->arena;
	const struct type_def *t;
	int64_t id;
	struct links links;
	struct str title;
	struct val list = val_list(a);
	TRY(named(p, &t, &id));
	TRY(titles_read(&rx, t, &id, 1, &title));
	TRY(link_list(&rx, STR("dossier"), id, &links));
	for (size_t i = 0; i < links.n; i++) {
		const struct link *l = &links.v[i];
		struct val m = val_map(a);
		VAL_SET(a, m, "hash", val_text(l->id_hash));
		VAL_SET(a, m, "name", val_text(l->name));
		VAL_SET(a, m, "created", val_text(show_instant(p, l->created_ms)));
		VAL_SET(a, m, "expires", val_text(show_instant(p, l->expires_ms)));
		VAL_SET(a, m, "open", val_bool(!l->revoked && l->expires_ms > p->cx->now_ms));
		VAL_SET(a, m, "revoked", val_bool(l->revoked));
		val_push(a, list, m);
	}
	VAL_SET(a, p->out, "links", list);
	VAL_SET(a, p->out, "type", show_type(p, t));
	VAL_SET(a, p->out, "title", val_text(title.n ? title : label_of(p, &t->label)));
	VAL_SET(a, p->out, "record", val_text(record_link(a, t, id)));
	VAL_SET(a, p->out, "days", val_int(DAYS));
	return RC_OK;
}

static struct val link_args(struct page *p)
{
	struct val args = val_map(p->cx->arena);
	VAL_SET(p->cx->arena, args, "kind", val_textz("dossier"));
	VAL_SET(p->cx->arena, args, "type", val_text(p->param[0]));
	VAL_SET(p->cx->arena, args, "id", val_text(p->param[1]));
	return args;
}

static enum rc link_made(struct page *p, enum rc rc, struct val reply)
{
	(void)reply;
	p->shown = true;
	if (rc == RC_OK) VAL_SET(p->cx->arena, p->out, "fresh", val_text(str_fmt(p->cx->arena, "/dossier/%.*s", STRF(((struct fresh_session *)p->data)->token))));
	enum rc page = links_page(p);
	return rc == RC_OK ? page : rc;
}

static enum rc make_link(struct page *p)
{
	struct arena *a = p->cx->arena;
	struct fresh_session *fresh = ARENA_NEW(a, struct fresh_session);
	struct val args = link_args(p);
	int64_t days = 0;
	*fresh = session_fresh(p->cx);
	(void)str_int(http_form(p->req, "days"), &days);
	VAL_SET(a, args, "days", val_int(days));
	VAL_SET(a, args, "name", val_text(http_form(p->req, "name")));
	VAL_SET(a, args, "id_hash", val_text(fresh->id_hash));
	page_command(p, "link.make", args);
	p->then = link_made;
	p->data = fresh;
	return RC_OK;
}

static enum rc link_revoked(struct page *p, enum rc rc, struct val reply)
{
	(void)reply;
	TRY(rc);
	p->redirect = str_fmt(p->cx->arena, "/r/%.*s/%.*s/dossier?done=link-revoked", STRF(p->param[0]), STRF(p->param[1]));
	return RC_OK;
}

static enum rc revoke_link(struct page *p)
{
	struct val args = link_args(p);
	VAL_SET(p->cx->arena, args, "id_hash", val_text(http_form(p->req, "hash")));
	page_command(p, "link.revoke", args);
	p->then = link_revoked;
	return RC_OK;
}

/* ---- for who has the link ---- */

static enum rc opened(struct page *p, struct link *l, struct viewer *maker, const struct type_def **t)
{
	struct rx rx = page_rx(p);
	struct right right;
	TRY(link_find(&rx, STR("dossier"), session_hash(p->cx, p->param[0]), l));
	*t = region_type(p->region, l->type);
	if (!*t || account_viewer(p->cx, p->db, p->region, l->account, maker) != RC_OK) return rx_missing(&rx);
	rx.viewer = *maker;
	TRY(access_record(&rx, *t, l->record, &right));
	return right.see ? RC_OK : rx_missing(&rx);
}

static enum rc cover_page(struct page *p)
{
	struct arena *a = p->cx->arena;
	struct link l;
	struct viewer maker;
	const struct type_def *t;
	struct str title;
	TRY(opened(p, &l, &maker, &t));
	struct rx rx = page_rx(p);
	rx.viewer = maker;
	TRY(titles_read(&rx, t, &l.record, 1, &title));
	VAL_SET(a, p->out, "title", val_text(title.n ? title : label_of(p, &t->label)));
	VAL_SET(a, p->out, "type", val_text(label_of(p, &t->label)));
	VAL_SET(a, p->out, "name", val_text(l.name));
	VAL_SET(a, p->out, "maker", val_text(p->cx->lang == LANG_ZH ? maker.name_zh : maker.name_en));
	VAL_SET(a, p->out, "expires", val_text(show_instant(p, l.expires_ms)));
	VAL_SET(a, p->out, "zip", val_text(str_fmt(a, "/dossier/%.*s/zip", STRF(p->param[0]))));
	return RC_OK;
}

/* First the event, then the archive: nothing is taken without a trace. */
static enum rc noted(struct page *p, enum rc rc, struct val reply)
{
	struct link l;
	struct viewer maker;
	const struct type_def *t;
	(void)reply;
	TRY(rc);
	TRY(opened(p, &l, &maker, &t));
	return reply_dossier(p, &maker, t, l.record);
}

static enum rc take_zip(struct page *p)
{
	struct val args = val_map(p->cx->arena);
	struct link l;
	struct viewer maker;
	const struct type_def *t;
	TRY(opened(p, &l, &maker, &t));
	VAL_SET(p->cx->arena, args, "kind", val_text(l.kind));
	VAL_SET(p->cx->arena, args, "id_hash", val_text(l.id_hash));
	page_command(p, "link.used", args);
	p->then = noted;
	return RC_OK;
}

const struct route dossier_routes[] = {
	{ "GET", "/r/:type/:id/dossier", NEED_STAFF, "dossier.html", links_page, "卷宗：下载，或给没有账号的人一个链接", "The dossier: take it, or give a link to somebody without an account", NULL },
	{ "GET", "/r/:type/:id/dossier.zip", NEED_STAFF, NULL, own_zip, "卷宗：记录和挂在其下的一切，ZIP", "The dossier: the record and all that hangs on it, as a ZIP", "read" },
	{ "POST", "/r/:type/:id/dossier", NEED_STAFF, "dossier.html", make_link, "制作卷宗链接", "Make a link to the dossier", NULL },
	{ "POST", "/r/:type/:id/dossier/revoke", NEED_STAFF, "dossier.html", revoke_link, "停用卷宗链接", "Withdraw a link to the dossier", NULL },
	{ "GET", "/dossier/:token", NEED_NOTHING, "dossier_cover.html", cover_page, "凭链接看卷宗封面", "The cover of a dossier, by its link", NULL },
	{ "GET", "/dossier/:token/zip", NEED_NOTHING, NULL, take_zip, "凭链接取走卷宗，记入经过", "Take a dossier by its link; recorded", NULL },
	{ 0 },
};

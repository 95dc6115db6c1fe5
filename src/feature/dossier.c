/* The dossier: a record with all that hangs on it, as a ZIP with an index, for somebody without an account. Handed out here; made by
   dossier_make.c, at once when it is small, else as a job. */
#include <unistd.h>

#include "base/rng.h"
#include "base/time.h"
#include "feature/dossier.h"
#include "feature/feature.h"
#include "feature/import.h"
#include "feature/job.h"
#include "rec/account.h"
#include "rec/link.h"
#include "rec/sheet.h"
#include "web/session.h"

enum { DAYS = 14 };

enum { LINK_RECORDS = 200 };    /* in an archive that a link gives: it is made while the visitor waits */

static enum rc put_all(struct dossier *d)
{
	for (int i = 0; i < d->n; i++) TRY(dossier_put(d, i));
	return dossier_put_index(d, d->p->cx->now_ms);
}

/* The archive as the reply; `maker`: whose rights. RC_LIMIT when there are more than `max` records and `all` are wanted. */
static enum rc reply_dossier(struct page *p, const struct viewer *maker, const struct type_def *t, int64_t id, int max, bool all)
{
	struct dossier *d = dossier_start(p, maker, false, max);
	struct sheet_target target = { .fd = -1 };
	enum rc rc = RC_OK;
	dossier_add(d, t, id, 0);
	for (int i = 0; i < d->n && rc == RC_OK && !(all && d->cut); i++) rc = dossier_follow(d, i);
	if (rc == RC_OK && all && d->cut) {
		rc = fail(p->cx, RC_LIMIT, "dossier.large", NOWHERE, "这份卷宗超过 %d 条记录", "this dossier has more than %d records", max);
		fail_hint(p->cx, "请在卷宗页选“后台生成”，办好后在“后台作业”下载", "choose “Make it in the background” on the dossier's page and take it from “Background jobs”");
	}
	if (rc == RC_OK) rc = export_target(p, STR(""), &target);
	if (rc == RC_OK) rc = zip_start(p->cx, target.fd, 0, &d->zip);
	if (rc == RC_OK) rc = put_all(d);
	if (rc == RC_OK) rc = zip_finish(p->cx, d->zip);
	dossier_end(d);
	if (rc != RC_OK) {
		if (target.fd >= 0) close(target.fd);
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
	return reply_dossier(p, &p->viewer, t, id, DOSSIER_NOW, true);
}

/* ---- as a job ---- */

/* Of one record with all that hangs on it. */
static enum rc ask_dossier(struct page *p)
{
	struct arena *a = p->cx->arena;
	struct rx rx = page_rx(p);
	const struct type_def *t;
	int64_t id;
	struct str title;
	struct val args = val_map(a);
	TRY(named(p, &t, &id));
	TRY(titles_read(&rx, t, &id, 1, &title));
	VAL_SET(a, args, "type", val_text(t->name));
	VAL_SET(a, args, "id", val_int(id));
	job_page_ask(p, &dossier_job, args, str_fmt(a, "卷宗：%.*s", STRF(title.n ? title : t->label.zh)), str_fmt(a, "Dossier: %.*s", STRF(title.n ? title : t->label.en)));
	return RC_OK;
}

/* Of the rows of a list that were ticked, or of all that its link finds: each record as one PDF. */
static enum rc ask_pdfs(struct page *p)
{
	struct arena *a = p->cx->arena;
	struct rx rx = page_rx(p);
	const struct type_def *t;
	struct list_query q;
	struct val args = val_map(a), ids = val_list(a), body = page_body(p), given = VAL_GET(body, "ids");
	int64_t *id;
	int n = 0;
	TRY(page_type(p, p->param[0], &t));
	if (p->cx->fails.errors) return RC_INVALID;
	for (size_t i = 0; i < val_len(given); i++) val_push(a, ids, val_at(given, i));
	for (int i = 0; i < p->req->n_form; i++)
		if (str_is(p->req->form[i].name, "id")) val_push(a, ids, val_text(p->req->form[i].value));
	if (!val_len(ids)) {
		TRY(list_from_request(p, &rx, t, &q));
		TRY(list_ids(&rx, &q, DOSSIER_MAX, &id, &n));
		for (int i = 0; i < n; i++) val_push(a, ids, val_text(id_text(a, id[i])));
	}
	int count = (int)val_len(ids);
	if (count > DOSSIER_MAX) return fail(p->cx, RC_LIMIT, "dossier.rows", NOWHERE, "一次最多 %d 条，请缩小条件", "at most %d at a time: narrow the list", DOSSIER_MAX);
	if (!count) return fail(p->cx, RC_INVALID, "dossier.nothing", NOWHERE, "没有符合条件的记录", "no record fits");
	VAL_SET(a, args, "type", val_text(t->name));
	VAL_SET(a, args, "ids", ids);
	const struct label *many = t->plural.zh.n ? &t->plural : &t->label;
	job_page_ask(p, &dossier_job, args, str_fmt(a, "%.*s：%d 条的 PDF", STRF(many->zh), count), str_fmt(a, "%.*s: PDFs of %d records", STRF(label_text(many, LANG_EN)), count));
	return RC_OK;
}

/* What is kept for the slices to come: the records, each with the place where it was found, and the lines of the index. */
static void keep_items(struct job_run *r, const struct dossier *d, int from)
{
	struct arena *a = r->page->cx->arena;
	for (int i = from; i < d->n; i++)
		job_keep(r, VAL_OF(a, { STR("type"), val_text(d->item[i].type->name) }, { STR("id"), val_text(id_text(a, d->item[i].id)) }, { STR("depth"), val_int(d->item[i].depth) }));
}

static enum rc still_staff(struct job_run *r)
{
	if (page_is_staff(r->page)) return RC_OK;
	return fail(r->page->cx, RC_DENIED, "dossier.rights", NOWHERE, "您已无权办理这项任务", "you may no longer have this made");
}

static enum rc job_plan(struct job_run *r)
{
	struct page *p = r->page;
	struct rx rx = page_rx(p);
	const struct type_def *t;
	struct val ids = VAL_GET(r->args, "ids");
	TRY(still_staff(r));
	TRY(page_type(p, val_str(VAL_GET(r->args, "type")), &t));
	struct dossier *d = dossier_start(p, &p->viewer, val_len(ids) > 0, DOSSIER_MAX);
	int64_t id;
	for (size_t i = 0; i < val_len(ids); i++)
		if (id_parse(val_str(val_at(ids, i)), &id)) dossier_add(d, t, id, 0);
	if (!val_len(ids)) dossier_add(d, t, val_i64(VAL_GET(r->args, "id")), 0);
	keep_items(r, d, 0);
	r->total = d->n;
	dossier_end(d);
	return d->n ? RC_OK : rx_missing(&rx);
}

/* Lines of the index are read at the end only: there may be thousands, and a slice is short. */
static bool of_index(const struct job_run *r, size_t from) { return str_starts(str_sub(r->kept, from, r->kept.n), STR("{\"n\":")); }

static size_t next_line(const struct job_run *r, size_t from)
{
	size_t end = str_find(r->kept, STR("\n"), from);
	return end == SIZE_MAX ? r->kept.n : end + 1;
}

static enum rc read_index(struct job_run *r, struct val list)
{
	struct val v;
	bool more;
	for (size_t from = 0; from < r->kept.n;) {
		if (!of_index(r, from)) {
			from = next_line(r, from);
			continue;
		}
		TRY(job_kept(r, &from, &v, &more));
		val_push(r->page->cx->arena, list, v);
	}
	return RC_OK;
}

static enum rc job_open(struct job_run *r)
{
	struct page *p = r->page;
	TRY(still_staff(r));
	struct dossier *d = dossier_start(p, &p->viewer, val_len(VAL_GET(r->args, "ids")) > 0, DOSSIER_MAX);
	r->data = d;
	d->kept = true;
	bool more = true;
	size_t from = 0;
	struct val v;
	while (more) {
		if (of_index(r, from)) {
			from = next_line(r, from);
			continue;
		}
		TRY(job_kept(r, &from, &v, &more));
		const struct type_def *t = more ? region_type(p->region, val_str(VAL_GET(v, "type"))) : NULL;
		int64_t id;
		if (t && d->n < d->max && id_parse(val_str(VAL_GET(v, "id")), &id)) d->item[d->n++] = (struct dossier_item){ t, id, (int)val_i64(VAL_GET(v, "depth")) };
		else if (more) d->cut = true;
	}
	return zip_start(p->cx, r->fd, r->bytes, &d->zip);
}

static enum rc job_step(struct job_run *r)
{
	struct dossier *d = r->data;
	int i = (int)r->done, before = d->n;
	bool cut = d->cut;
	TRY(dossier_follow(d, i));
	TRY(dossier_put(d, i));
	keep_items(r, d, before);
	job_keep(r, val_at(d->index, val_len(d->index) - 1));
	if (d->cut && !cut) job_keep(r, val_bool(true));
	r->total = d->n;
	r->done++;
	r->bytes = zip_bytes(d->zip);
	return RC_OK;
}

static enum rc job_finish(struct job_run *r)
{
	struct dossier *d = r->data;
	struct arena *a = r->page->cx->arena;
	struct val index = val_list(a);
	TRY(read_index(r, index));
	for (size_t i = 0; i < val_len(d->index); i++) val_push(a, index, val_at(d->index, i));
	d->index = index;
	TRY(dossier_put_index(d, r->started_ms));
	TRY(zip_finish(r->page->cx, d->zip));
	r->ending = STR(".zip");
	return RC_OK;
}

static void job_close(struct job_run *r)
{
	if (r->data) dossier_end(r->data);
}

const struct job_kind dossier_job = { "dossier", job_plan, job_open, job_step, job_finish, job_close };

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
	return reply_dossier(p, &maker, t, l.record, LINK_RECORDS, false);
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
	{ "POST", "/r/:type/pdfs", NEED_STAFF, "error.html", ask_pdfs, "列表中选定或全部记录的 PDF，后台生成 ZIP", "The records of a list, ticked or all, as PDFs in a ZIP, in the background", "write" },
	{ "POST", "/r/:type/:id/dossier/job", NEED_STAFF, "error.html", ask_dossier, "卷宗在后台生成", "Make the dossier in the background", "write" },
	{ "POST", "/r/:type/:id/dossier", NEED_STAFF, "dossier.html", make_link, "制作卷宗链接", "Make a link to the dossier", NULL },
	{ "POST", "/r/:type/:id/dossier/revoke", NEED_STAFF, "dossier.html", revoke_link, "停用卷宗链接", "Withdraw a link to the dossier", NULL },
	{ "GET", "/dossier/:token", NEED_NOTHING, "dossier_cover.html", cover_page, "凭链接看卷宗封面", "The cover of a dossier, by its link", NULL },
	{ "GET", "/dossier/:token/zip", NEED_NOTHING, NULL, take_zip, "凭链接取走卷宗，记入经过", "Take a dossier by its link; recorded", NULL },
	{ 0 },
};

/* Background jobs: what I asked for that takes long, how far it is, its result, and stopping it. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rng.h"
#include "feature/feature.h"
#include "feature/job.h"
#include "rec/zip_out.h"
#include "web/head.h"

static struct str of_lang(const struct page *p, struct str zh, struct str en) { return p->cx->lang == LANG_ZH ? zh : en; }

static struct str link_of(struct arena *a, const struct job *j) { return STR_CAT(a, STR("/jobs/"), id_text(a, j->id)); }

/* Made with rights that its owner no longer has. */
static bool is_stale(struct page *p, const struct job *j) { return !str_eq(j->rights, job_rights(p->cx->arena, p->region, &p->viewer)); }

static struct val show_job(struct page *p, const struct job *j)
{
	struct arena *a = p->cx->arena;
	struct val v = val_map(a);
	bool kept = str_is(j->state, "done") && j->name.n, stale = kept && is_stale(p, j);
	VAL_SET(a, v, "id", val_text(id_text(a, j->id)));
	VAL_SET(a, v, "link", val_text(link_of(a, j)));
	VAL_SET(a, v, "kind", val_text(j->kind));
	VAL_SET(a, v, "title", val_text(of_lang(p, j->title_zh, j->title_en)));
	VAL_SET(a, v, "state", val_text(stale ? STR("stale") : j->state));
	VAL_SET(a, v, "open", val_bool(job_is_open(j)));
	VAL_SET(a, v, "done", val_int(j->done));
	VAL_SET(a, v, "total", val_int(j->total));
	VAL_SET(a, v, "percent", val_int(j->total ? j->done * 100 / j->total : 0));
	VAL_SET(a, v, "asked", val_text(show_instant(p, j->asked_ms)));
	if (j->ended_ms) VAL_SET(a, v, "ended", val_text(show_instant(p, j->ended_ms)));
	if (kept) {
		VAL_SET(a, v, "name", val_text(j->name));
		VAL_SET(a, v, "bytes", val_int(j->bytes));
		VAL_SET(a, v, "until", val_text(show_instant(p, j->until_ms)));
		if (!stale) VAL_SET(a, v, "file", val_text(STR_CAT(a, link_of(a, j), STR("/file"))));
	}
	if (str_is(j->state, "done") && j->link.n) VAL_SET(a, v, "page", val_text(j->link));
	if (j->zh.n) {
		VAL_SET(a, v, "why", val_text(of_lang(p, j->zh, j->en)));
		VAL_SET(a, v, "hint", val_text(of_lang(p, j->hint_zh, j->hint_en)));
	}
	VAL_SET(a, v, "removable", val_bool(kept));
	return v;
}

static enum rc jobs_page(struct page *p)
{
	struct rx rx = page_rx(p);
	struct jobs jobs;
	struct val list = val_list(p->cx->arena);
	bool open = false;
	TRY(job_list(&rx, &jobs));
	for (size_t i = 0; i < jobs.n; i++) {
		val_push(p->cx->arena, list, show_job(p, &jobs.v[i]));
		open = open || job_is_open(&jobs.v[i]);
	}
	VAL_SET(p->cx->arena, p->out, "jobs", list);
	VAL_SET(p->cx->arena, p->out, "open", val_bool(open));
	VAL_SET(p->cx->arena, p->out, "days", val_int(JOB_KEEP_DAYS));
	return RC_OK;
}

static enum rc named(struct page *p, struct job *j)
{
	struct rx rx = page_rx(p);
	int64_t id;
	TRY(page_id(p, p->param[0], &id));
	return job_read(&rx, id, j);
}

static enum rc job_page(struct page *p)
{
	struct job j;
	TRY(named(p, &j));
	VAL_SET(p->cx->arena, p->out, "job", show_job(p, &j));
	VAL_SET(p->cx->arena, p->out, "days", val_int(JOB_KEEP_DAYS));
	return RC_OK;
}

/* ---- asking and stopping ---- */

static enum rc asked(struct page *p, enum rc rc, struct val reply)
{
	struct arena *a = p->cx->arena;
	TRY(rc);
	struct str id = val_str(VAL_GET(reply, "id"));
	if (p->json) p->out = VAL_OF(a, { STR("id"), val_text(id) }, { STR("link"), val_text(STR_CAT(a, STR("/jobs/"), id)) });
	p->redirect = STR_CAT(a, STR("/jobs/"), id);
	return RC_OK;
}

void job_page_ask(struct page *p, const struct job_kind *kind, struct val args, struct str zh, struct str en)
{
	page_command(p, "job.ask", VAL_OF(p->cx->arena, { STR("kind"), val_textz(kind->name) }, { STR("args"), args }, { STR("zh"), val_text(zh) }, { STR("en"), val_text(en) }));
	p->then = asked;
}

static enum rc cancelled(struct page *p, enum rc rc, struct val reply)
{
	(void)reply;
	TRY(rc);
	if (p->json) return job_page(p);
	p->redirect = STR("/jobs");
	return RC_OK;
}

static enum rc cancel(struct page *p)
{
	struct job j;
	TRY(named(p, &j));
	page_command(p, "job.cancel", VAL_OF(p->cx->arena, { STR("id"), val_int(j.id) }));
	p->then = cancelled;
	return RC_OK;
}

/* ---- the result ---- */

static enum rc may_take(struct page *p, struct job *j)
{
	struct rx rx = page_rx(p);
	TRY(named(p, j));
	if (!str_is(j->state, "done") || !j->name.n || j->until_ms <= p->cx->now_ms) return rx_missing(&rx);
	if (!is_stale(p, j)) return RC_OK;
	enum rc rc = fail(p->cx, RC_DENIED, "job.rights", NOWHERE, "生成之后您的权限有变化，这份结果不能再取", "your rights have changed since this was made: it can no longer be taken");
	fail_hint(p->cx, "请按现在的权限重新生成", "make it anew with the rights you have now");
	return rc;
}

static enum rc noted(struct page *p, enum rc rc, struct val reply)
{
	struct job j;
	struct stat st;
	struct arena *a = p->cx->arena;
	const struct desk *desk = p->app->ctx;
	(void)reply;
	TRY(rc);
	TRY(may_take(p, &j));
	int fd = open(str_z(a, job_path(a, desk->vault, j.id, false)), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &st) != 0 || st.st_size != j.bytes) {
		if (fd >= 0) close(fd);
		rc = fail(p->cx, RC_MISSING, "job.gone", NOWHERE, "这份结果已不在服务器上", "this result is no longer on the server");
		fail_hint(p->cx, "请重新生成", "make it anew");
		return rc;
	}
	size_t dot = j.name.n;
	while (dot && j.name.p[dot - 1] != '.') dot--;
	p->raw = (struct http_reply){ .status = 200, .type = str_ends(j.name, STR(".zip")) ? STR("application/zip") : STR("application/octet-stream"), .file_fd = fd, .file_bytes = st.st_size };
	http_reply_header(&p->raw, STR("Content-Disposition"), str_fmt(a, "attachment; filename=\"%.*s-%.*s.%.*s\"; filename*=UTF-8''%.*s", STRF(j.kind), STRF(id_text(a, j.id)),
		STRF(str_sub(j.name, dot, j.name.n)), STRF(percent_encode(a, j.name, "-._"))));
	return RC_OK;
}

/* First the event, then the file: nothing is taken without a trace. */
static enum rc take(struct page *p)
{
	struct job j;
	TRY(may_take(p, &j));
	page_command(p, "job.taken", VAL_OF(p->cx->arena, { STR("id"), val_int(j.id) }));
	p->then = noted;
	return RC_OK;
}

const struct route job_routes[] = {
	{ "GET", "/jobs", NEED_SIGNED, "jobs.html", jobs_page, "后台作业：后台办理的进度和结果", "Background jobs: what is made in the background, how far it is, its result", "read" },
	{ "GET", "/jobs/:id", NEED_SIGNED, "job.html", job_page, "一项后台任务", "One job", "read" },
	{ "GET", "/jobs/:id/file", NEED_SIGNED, "error.html", take, "取走后台任务的结果，记入日志", "Take the result of a job; recorded", "read" },
	{ "POST", "/jobs/:id/cancel", NEED_SIGNED, "error.html", cancel, "取消任务，或删除其结果", "Cancel a job, or remove its result", "write" },
	{ 0 },
};

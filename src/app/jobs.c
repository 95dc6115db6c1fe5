#include "app/jobs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "base/pack.h"
#include "base/rng.h"
#include "base/time.h"
#include "feature/feature.h"
#include "feature/job.h"
#include "feature/similar_work.h"
#include "rec/account.h"
#include "rec/zip_out.h"
#include "web/assets.h"
#include "web/fails_wire.h"

enum {
	SLICE_MS = 1000,                /* between two tellings */
	SLICE_CPU_MS = 400, SLICE_LONGEST_MS = 5000,    /* on a busy machine longer, or beginning a slice would take as long as its steps */
	PAUSE_MS = 300, SWEEP_MS = 3000, OVER_MS = 60000,
	ANSWER_MS = 600000,             /* the writer may be at something large; what it was asked must not happen after we went on */
	SLICE_ARENA = 512 << 20, NOTES_MAX = 64 << 20, WHY_MAX = 3,
	NICE = 5                       /* people who wait for a page come first */
};
static const int64_t RESULT_MAX = (int64_t)2 << 30, DISK_FREE_MIN = (int64_t)512 << 20;

struct shop {
	struct data *d;
	struct channel *writer;
	struct app app;                 /* for pages without a request */
	struct desk desk;
	struct arena *slice;
	int64_t taker, last;            /* this process; whose turn it was */
	int64_t asked;                  /* commands so far */
	int64_t swept_ms, over_ms;      /* when files were looked at, and rows */
};

/* One slice of one job. */
struct bench { struct shop *shop; struct cx *cx; struct job job; const struct job_kind *kind; struct job_run run; struct http_request request; struct page page; int notes_fd;
	struct str rights; };

/* ---- the writer ---- */

static enum rc command(struct shop *s, struct cx *cx, struct str name, struct val args, int64_t account, struct str key, enum lang lang, struct val *reply)
{
	struct arena *a = cx->arena;
	struct val m = val_map(a), answer;
	VAL_SET(a, m, "id", val_int(++s->asked));
	VAL_SET(a, m, "name", val_text(name));
	VAL_SET(a, m, "args", args);
	VAL_SET(a, m, "lang", val_text(lang == LANG_EN ? STR("en") : STR("zh")));
	if (account) VAL_SET(a, m, "actor", VAL_OF(a, { STR("account"), val_int(account) }));
	if (key.n) VAL_SET(a, m, "key", val_text(key));
	if (channel_call(cx, s->writer, m, ANSWER_MS, &answer) != RC_OK) return RC_IO;
	fails_from_val(cx, VAL_GET(answer, "fails"));
	*reply = VAL_GET(answer, "reply");
	return (enum rc)val_i64(VAL_GET(answer, "rc"));
}

static struct val job_args(struct bench *b)
{
	struct arena *a = b->cx->arena;
	return VAL_OF(a, { STR("id"), val_int(b->job.id) }, { STR("taker"), val_int(b->shop->taker) }, { STR("done"), val_int(b->run.done) }, { STR("total"), val_int(b->run.total) },
		{ STR("bytes"), val_int(b->run.bytes) }, { STR("notes"), val_int(b->job.notes_bytes) }, { STR("rights"), val_text(b->rights) });
}

static enum rc tell(struct bench *b, const char *name, struct val args, bool *go)
{
	struct val reply;
	TRY(command(b->shop, b->cx, str_c(name), args, 0, STR(""), b->job.lang, &reply));
	*go = val_true(VAL_GET(reply, "go"));
	return RC_OK;
}

static void remove_files(struct bench *b, bool result)
{
	struct arena *a = b->cx->arena;
	const struct vault *v = &b->shop->d->vault;
	if (result) unlink(str_z(a, job_path(a, v, b->job.id, false)));
	unlink(str_z(a, job_path(a, v, b->job.id, true)));
}

/* Tells the owner what went wrong. */
static enum rc end_badly(struct bench *b, const struct fails *fails)
{
	struct arena *a = b->cx->arena;
	struct str zh[WHY_MAX] = { { 0 } }, en[WHY_MAX] = { { 0 } };
	struct val args = job_args(b);
	size_t n = 0;
	bool go;
	struct str hint_zh = STR(""), hint_en = STR("");
	for (int i = 0; i < fails->n && n < WHY_MAX; i++) {
		const struct failure *f = &fails->v[i];
		if (f->level != LEVEL_ERROR) continue;
		log_line(LEVEL_WARNING, "msg=\"a job failed\" kind=%.*s code=%s", STRF(b->job.kind), f->code);
		if (!hint_zh.n) hint_zh = f->hint_zh, hint_en = f->hint_en;
		zh[n] = f->zh;
		en[n++] = f->en;
	}
	VAL_SET(a, args, "zh", val_text(n ? str_join(a, zh, n, STR("；")) : STR("未能办理")));
	VAL_SET(a, args, "en", val_text(n ? str_join(a, en, n, STR("; ")) : STR("it could not be done")));
	VAL_SET(a, args, "hint_zh", val_text(hint_zh.n ? hint_zh : STR("请重新办理；仍不行请联系系统管理员")));
	VAL_SET(a, args, "hint_en", val_text(hint_en.n ? hint_en : STR("ask for it again; if that does not help, tell the administrator")));
	remove_files(b, true);
	return tell(b, "job.end", args, &go);
}

/* ---- the files of a job ---- */

static enum rc io_failed(struct cx *cx)
{
	enum rc rc = fail(cx, RC_IO, "job.file", NOWHERE, "不能写入任务文件：%s", "the job's files cannot be written: %s", strerror(errno));
	fail_hint(cx, "请联系系统管理员，处理后重新办理", "tell the administrator, then ask for it again");
	return rc;
}

static bool open_at(struct arena *a, struct str path, int *fd)
{
	*fd = open(str_z(a, path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	return *fd >= 0;
}

/* As they were at the last telling; from the beginning, when what was told is not there (a restored database, say). */
static enum rc open_files(struct bench *b)
{
	struct arena *a = b->cx->arena;
	struct job *j = &b->job;
	const struct vault *v = &b->shop->d->vault;
	struct stat result, notes;
	if (!open_at(a, job_path(a, v, j->id, false), &b->run.fd) || !open_at(a, job_path(a, v, j->id, true), &b->notes_fd) || fstat(b->run.fd, &result) != 0 ||
		fstat(b->notes_fd, &notes) != 0) return io_failed(b->cx);
	if (result.st_size < j->bytes || notes.st_size < j->notes_bytes) j->done = j->total = j->bytes = j->notes_bytes = 0;
	if (ftruncate(b->run.fd, (off_t)j->bytes) != 0 || ftruncate(b->notes_fd, (off_t)j->notes_bytes) != 0) return io_failed(b->cx);
	char *kept = arena_alloc(a, (size_t)j->notes_bytes + 1);
	for (int64_t at = 0; at < j->notes_bytes;) {
		ssize_t n = pread(b->notes_fd, kept + at, (size_t)(j->notes_bytes - at), (off_t)at);
		if (n <= 0) return io_failed(b->cx);
		at += n;
	}
	b->run.kept = (struct str){ kept, (size_t)j->notes_bytes };
	return RC_OK;
}

static void close_files(struct bench *b)
{
	if (b->run.fd >= 0) close(b->run.fd);
	if (b->notes_fd >= 0) close(b->notes_fd);
}

/* What the steps so far have made is on the disk. */
static enum rc settle(struct bench *b)
{
	struct str s = buf_str(&b->run.notes);
	if (b->run.notes.full) return fail(b->cx, RC_LIMIT, "job.notes", NOWHERE, "任务过大", "the job is too large");
	while (s.n) {
		ssize_t n = pwrite(b->notes_fd, s.p, s.n, (off_t)b->job.notes_bytes);
		if (n <= 0) return io_failed(b->cx);
		b->job.notes_bytes += n;
		s = str_sub(s, (size_t)n, s.n);
	}
	return fdatasync(b->run.fd) == 0 && fdatasync(b->notes_fd) == 0 ? RC_OK : io_failed(b->cx);
}

static enum rc room_left(struct bench *b)
{
	struct statvfs fs;
	enum rc rc;
	if (b->run.bytes > RESULT_MAX) {
		rc = fail(b->cx, RC_LIMIT, "job.size", NOWHERE, "结果超过 %d GB", "the result is larger than %d GB", (int)(RESULT_MAX >> 30));
		fail_hint(b->cx, "请缩小范围，分几次办理", "take it in parts");
		return rc;
	}
	if (fstatvfs(b->run.fd, &fs) == 0 && (int64_t)fs.f_bavail * (int64_t)fs.f_frsize < DISK_FREE_MIN) {
		rc = fail(b->cx, RC_LIMIT, "job.disk", NOWHERE, "服务器磁盘空间不足", "the server's disk is almost full");
		fail_hint(b->cx, "请联系系统管理员，腾出空间后重新办理", "tell the administrator; ask again when there is room");
		return rc;
	}
	return RC_OK;
}

/* ---- one slice ---- */

/* A page without a request, of who asked. */
static enum rc set_up(struct bench *b)
{
	struct shop *s = b->shop;
	struct cx *cx = b->cx;
	struct page *p = &b->page;
	struct val args;
	*p = (struct page){ .cx = cx, .req = &b->request, .app = &s->app, .db = s->d->db, .region = s->d->region, .out = val_map(cx->arena) };
	cx->lang = b->job.lang;
	TRY(feature_begin(p));
	TRY(val_unpack(cx, b->job.args, &args));
	if (account_viewer(cx, s->d->db, s->d->region, b->job.account, &p->viewer) != RC_OK)
		return fail(cx, RC_DENIED, "job.account", NOWHERE, "办理人的账号已停用", "the account that asked is closed");
	b->rights = job_rights(cx->arena, s->d->region, &p->viewer);
	if (b->job.rights.n && !str_eq(b->job.rights, b->rights)) {
		enum rc rc = fail(cx, RC_DENIED, "job.rights_changed", NOWHERE, "办理期间您的权限有变化", "your rights changed while it was being made");
		fail_hint(cx, "请按现在的权限重新办理", "ask for it again with the rights you have now");
		return rc;
	}
	b->kind = job_kind_find(b->job.kind);
	if (!b->kind) return fail(cx, RC_MISSING, "job.kind", NOWHERE, "没有这种任务", "there is no such kind of job");
	TRY(open_files(b));
	b->run.page = p;
	b->run.args = args;
	b->run.done = b->job.done;
	b->run.total = b->job.total;
	b->run.bytes = b->job.bytes;
	b->run.started_ms = b->job.started_ms ? b->job.started_ms : cx->now_ms;
	b->run.notes = BUF(cx->arena, NOTES_MAX);
	return RC_OK;
}

static bool slice_over(int64_t from_ms, int64_t from_us)
{
	int64_t ms = time_mono_ms() - from_ms;
	return ms >= SLICE_LONGEST_MS || (ms >= SLICE_MS && time_cpu_us() - from_us >= (int64_t)SLICE_CPU_MS * 1000);
}

/* Plan, if that was not done, and as many steps as the time allows. */
static enum rc work(struct bench *b)
{
	struct job_run *r = &b->run;
	int64_t from = time_mono_ms(), used = time_cpu_us();
	TRY(room_left(b));
	if (!r->total) {
		TRY(b->kind->plan(r));
		TRY(settle(b));
		r->notes.n = 0;
		return RC_OK;
	}
	TRY(b->kind->open(r));
	while (r->done < r->total && !slice_over(from, used)) TRY(b->kind->step(r));
	TRY(settle(b));
	return r->done == r->total ? b->kind->finish(r) : RC_OK;
}

static enum rc end_well(struct bench *b)
{
	struct job_run *r = &b->run;
	struct arena *a = b->cx->arena;
	struct val args = job_args(b), reply;
	struct stat st;
	bool go;
	if (r->command.kind == VAL_MAP)
		TRY(command(b->shop, b->cx, val_str(VAL_GET(r->command, "name")), VAL_GET(r->command, "args"), b->job.account,
			str_fmt(a, "job:%lld", (long long)b->job.id), b->job.lang, &reply));
	if (fdatasync(r->fd) != 0 || fstat(r->fd, &st) != 0) return io_failed(b->cx);
	struct str title = b->job.lang == LANG_ZH ? b->job.title_zh : b->job.title_en;
	VAL_SET(a, args, "bytes", val_int(st.st_size));
	VAL_SET(a, args, "name", val_text(r->ending.n ? STR_CAT(a, zip_name(a, title), r->ending) : STR("")));
	VAL_SET(a, args, "link", val_text(r->link));
	TRY(tell(b, "job.end", args, &go));
	remove_files(b, !r->ending.n);
	return RC_OK;
}

/* Fails only when the writer or the database is gone, or busy: what is wrong with a job is told to its owner. */
static enum rc slice(struct bench *b)
{
	bool go = true;
	if (b->job.taker != b->shop->taker) {
		TRY(tell(b, "job.take", job_args(b), &go));
		if (!go) return RC_OK;          /* its files go with the next sweep, unless they are its result */
	}
	TRY(db_begin(b->cx, b->shop->d->db));
	enum rc rc = set_up(b);
	if (rc == RC_OK) rc = work(b);
	if (b->run.data && b->kind->close) b->kind->close(&b->run);
	db_rollback(b->shop->d->db);
	if (rc == RC_OK && b->run.total && b->run.done == b->run.total) rc = end_well(b);
	else if (rc == RC_OK) return tell(b, "job.note", job_args(b), &go);
	struct fails fails = b->cx->fails;
	return rc == RC_OK || rc == RC_BUSY ? rc : end_badly(b, &fails);
}

/* ---- the round ---- */

/* Files whose job is over, or that no job knows: removed by its owner, after a crash between an end and its clean-up, or of a restored database. */
static enum rc sweep(struct shop *s, struct cx *cx)
{
	struct arena *a = cx->arena;
	struct val reply;
	struct str folder = str_fmt(a, "%.*s/../jobs", STRF(s->d->vault.files_dir));
	s->swept_ms = time_mono_ms();
	if (!s->over_ms || s->swept_ms - s->over_ms > OVER_MS) {
		TRY(command(s, cx, STR("job.sweep"), val_map(a), 0, STR(""), LANG_ZH, &reply));
		s->over_ms = s->swept_ms;
	}
	DIR *dir = opendir(str_z(a, folder));
	enum rc rc = RC_OK;
	for (struct dirent *e; dir && rc == RC_OK && (e = readdir(dir));) {
		struct str name = str_c(e->d_name);
		int64_t id;
		bool stays = true;
		if (str_ends(name, STR(".notes"))) name.n -= 6;
		if (!id_parse(name, &id)) continue;
		rc = job_has_file(cx, s->d->db, id, &stays);
		if (rc == RC_OK && !stays) unlink(str_z(a, str_fmt(a, "%.*s/%s", STRF(folder), e->d_name)));
	}
	if (dir) closedir(dir);
	return rc;
}

static enum rc turn(struct shop *s, struct cx *cx, bool *idle)
{
	struct bench *b = ARENA_NEW(cx->arena, struct bench);
	bool found;
	if (!s->swept_ms || time_mono_ms() - s->swept_ms > SWEEP_MS) TRY(sweep(s, cx));
	TRY(job_next(cx, s->d->db, s->last, &b->job, &found));
	*idle = !found;
	if (!found) return RC_OK;
	s->last = b->job.account;
	b->shop = s;
	b->cx = cx;
	b->run.fd = b->notes_fd = -1;
	enum rc rc = slice(b);
	close_files(b);
	if (rc != RC_BUSY) return rc;
	*idle = true;                   /* a little later */
	return RC_OK;
}

/* ---- what is to be done without anybody asking ---- */

static enum rc send_system(void *ctx, struct cx *cx, const char *name, struct val args)
{
	struct val reply;
	return command(ctx, cx, str_c(name), args, 0, STR(""), LANG_ZH, &reply);
}

/* Comparing texts, when no job waits. What goes wrong with it is logged and tried again; only a writer that is gone ends the process. */
static void compare_texts(struct shop *s, struct similar_work *w, struct cx *cx, bool *idle)
{
	struct rx rx = { .cx = cx, .db = s->d->db, .region = s->d->region, .vault = &s->d->vault, .region_rev = s->d->region_rev, .viewer = { .system = true } };
	if (similar_work(w, &rx, idle) == RC_OK) return;
	log_line(LEVEL_WARNING, "msg=\"texts were not compared\" code=%s", cx->fails.n ? cx->fails.v[0].code : "?");
	*idle = true;
}

static enum rc open_shop(struct cx *cx, struct data *d, struct str assets_dir, struct shop *s)
{
	const struct template_source *src;
	struct assets *assets;
	struct templates *templates;
	char *folder = str_z(cx->arena, str_fmt(cx->arena, "%.*s/../jobs", STRF(d->vault.files_dir)));
	if (mkdir(folder, 0700) != 0 && errno != EEXIST) return io_failed(cx);
	TRY(assets_open(cx, d->arena, assets_dir, &assets));
	int n = assets_templates(assets, &src);
	TRY(templates_compile(cx, d->arena, assets, src, n, &templates));
	s->desk = (struct desk){ &d->vault };
	s->app = (struct app){ .region = d->region, .templates = templates, .assets = assets, .db = d->db, .files_dir = d->vault.files_dir, .ctx = &s->desk };
	rng_secret(&s->taker, sizeof s->taker);
	s->taker = (s->taker & INT64_MAX) | 1;
	return RC_OK;
}

enum rc jobs_serve(struct cx *cx, struct data *d, struct channel *writer, struct str assets_dir)
{
	struct shop s = { .d = d, .writer = writer, .slice = arena_new(SLICE_ARENA) };
	enum rc rc = open_shop(cx, d, assets_dir, &s);
	struct similar_work texts = { .dir = d->dir, .send = send_system, .ctx = &s };
	if (nice(NICE) < 0) log_line(LEVEL_WARNING, "msg=\"no lower priority\"");
	while (rc == RC_OK) {
		struct cx one = { .arena = s.slice, .now_ms = time_now_ms() };
		struct val nothing;
		bool idle = true, more;
		rc = turn(&s, &one, &idle);
		if (rc == RC_OK && idle) compare_texts(&s, &texts, &one, &idle);
		if (rc == RC_OK && channel_next(&one, writer, &nothing, &more) != RC_OK) break;       /* the writer is gone */
		if (rc != RC_OK) fail_copy(cx, &one.fails);
		arena_reset(s.slice);
		if (idle) usleep(PAUSE_MS * 1000);
	}
	similar_work_end(&texts);
	arena_free(s.slice);
	return rc;
}

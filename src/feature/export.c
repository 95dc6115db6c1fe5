/* A list as a file: the same rows in the same order as the page, all of them, as CSV or XLSX. Written page by page into a file
   without a name, so that memory does not grow with the rows. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/csv.h"
#include "base/json.h"
#include "base/money.h"
#include "base/time.h"
#include "base/utf8.h"
#include "feature/feature.h"
#include "feature/import.h"
#include "feature/job.h"
#include "rec/form.h"
#include "rec/sheet.h"

enum {
	EXPORT_NOW = LIST_COUNT_MAX,    /* rows that are written while the request waits; more are a job */
	EXPORT_NOW_VISITOR = 5000,      /* … of somebody who has no account to keep a job for */
	EXPORT_ROWS_MAX = 100000, EXPORT_PAGE = 200, PAGE_ARENA = 256 << 20, FLUSH = 256 << 10, FIXED = 3,
	CELLS_MAX = LIST_COLUMNS + FIXED
};
enum format { FORMAT_CSV, FORMAT_GB18030, FORMAT_XLSX };

struct export {
	struct page *p;
	const struct type_def *type;
	struct list_query query;
	enum format format;
	int fd;
	struct sheet_out *sheet;
	bool lines;                     /* rows of a workbook to be: one in JSON a line, since a workbook cannot be gone on with */
	int64_t rows;
};

static bool zh(const struct export *e) { return e->p->cx->lang == LANG_ZH; }

static enum rc io_failed(struct cx *cx)
{
	return fail(cx, RC_IO, "export.file", NOWHERE, "暂时不能生成文件：%s", "the file cannot be made now: %s", strerror(errno));
}

static enum rc write_all(struct cx *cx, int fd, struct str s)
{
	while (s.n) {
		ssize_t n = write(fd, s.p, s.n);
		if (n < 0 && errno == EINTR) continue;
		if (n <= 0) return io_failed(cx);
		s = str_sub(s, (size_t)n, s.n);
	}
	return RC_OK;
}

/* ---- columns and cells ---- */

static struct str heading(const struct export *e, const struct field_def *f)
{
	struct page *p = e->p;
	struct str label = label_of(p, &f->label), unit = show_unit(p, f);
	if (!unit.n) return label;
	return str_fmt(p->cx->arena, zh(e) ? "%.*s（%.*s）" : "%.*s (%.*s)", STRF(label), STRF(unit));
}

static int headings(const struct export *e, struct str *out)
{
	int n = 0;
	out[n++] = zh(e) ? STR("编号") : STR("Number");
	out[n++] = zh(e) ? STR("状态") : STR("State");
	for (int i = 0; i < e->query.n_column; i++) out[n++] = heading(e, e->query.column[i]);
	if (e->p->region->demo) out[n++] = zh(e) ? STR("数据性质") : STR("Data");
	return n;
}

static struct out_cell text_cell(struct str s) { return (struct out_cell){ s.n ? OUT_TEXT : OUT_EMPTY, .s = s }; }

/* `p` has the memory of the page of rows under way. */
static struct out_cell cell_of(struct page *p, const struct list_query *q, const struct list_row *row, int c)
{
	const struct field_def *f = q->column[c];
	struct val v = row->cell[c];
	int64_t micro;
	if (val_is_null(v)) return (struct out_cell){ 0 };
	switch (f->kind) {
	case FIELD_REF: return text_cell(row->shown[c]);
	case FIELD_INT: return (struct out_cell){ OUT_INT, .i = v.i };
	case FIELD_MONEY: return (struct out_cell){ OUT_MONEY, .i = v.i };
	case FIELD_DATE: return (struct out_cell){ OUT_DATE, .i = v.i };
	case FIELD_TIME: return (struct out_cell){ OUT_TIME, .i = v.i };
	case FIELD_DEC:
		if (v.kind == VAL_DEC) return (struct out_cell){ OUT_DEC, .i = v.i };
		if (!__builtin_mul_overflow(v.i, DEC_ONE, &micro)) return (struct out_cell){ OUT_DEC, .i = micro };
		return text_cell(str_fmt(p->cx->arena, "%lld", (long long)v.i));
	default: return text_cell(show_text(p, f, v));
	}
}

static int cells_of(const struct export *e, struct page *p, const struct list_row *row, struct out_cell *out)
{
	int n = 0;
	out[n++] = text_cell(row->number);
	out[n++] = text_cell(label_of(p, &row->state->label));
	for (int c = 0; c < e->query.n_column; c++) out[n++] = cell_of(p, &e->query, row, c);
	if (p->region->demo) out[n++] = text_cell(zh(e) ? STR("演示数据（合成）") : STR("synthetic demonstration data"));
	return n;
}

/* Yuan with two decimals and nothing between the digits, so that programs read a number. */
static struct str money_plain(struct arena *a, int64_t fen)
{
	uint64_t u = fen < 0 ? 0 - (uint64_t)fen : (uint64_t)fen;
	return str_fmt(a, "%s%llu.%02llu", fen < 0 ? "-" : "", (unsigned long long)(u / 100), (unsigned long long)(u % 100));
}

static struct str cell_text(struct page *p, const struct out_cell *c)
{
	struct arena *a = p->cx->arena;
	switch (c->kind) {
	case OUT_EMPTY: return STR("");
	case OUT_TEXT: return c->s;
	case OUT_INT: return str_fmt(a, "%lld", (long long)c->i);
	case OUT_DEC: return dec_format(a, c->i);
	case OUT_MONEY: return money_plain(a, c->i);
	case OUT_DATE: return date_text(a, (int32_t)c->i);
	case OUT_TIME: return show_instant(p, c->i);
	}
	return STR("");
}

/* ---- writing ---- */

static enum rc put_csv(struct cx *cx, const struct export *e, const struct buf *b)
{
	struct str bytes = buf_str(b);
	if (b->full) return fail(cx, RC_LIMIT, "export.page", NOWHERE, "内容过多，请减少列", "too much: choose fewer columns");
	if (e->format == FORMAT_GB18030) TRY(text_to_gb18030(cx, bytes, &bytes));
	return write_all(cx, e->fd, bytes);
}

static enum rc put_head(struct export *e)
{
	struct cx *cx = e->p->cx;
	struct str label[CELLS_MAX];
	int n = headings(e, label);
	if (e->sheet) return sheet_head(cx, e->sheet, label, n);
	if (e->lines) return RC_OK;
	struct buf b = BUF(cx->arena, 100000);
	/* Office programs know UTF-8 by its mark. */
	if (e->format == FORMAT_CSV) buf_add(&b, STR("\xEF\xBB\xBF"));
	for (int i = 0; i < n; i++) csv_put(&b, label[i], i == 0);
	csv_end_row(&b);
	return put_csv(cx, e, &b);
}

static void put_line(struct page *p, struct buf *b, const struct out_cell *cell, int n)
{
	struct arena *a = p->cx->arena;
	struct val row = val_list_room(a, (size_t)n * 2);
	for (int c = 0; c < n; c++) {
		val_push(a, row, val_int(cell[c].kind));
		val_push(a, row, cell[c].kind == OUT_TEXT ? val_text(cell[c].s) : val_int(cell[c].i));
	}
	json_write(b, row);
	buf_c(b, '\n');
}

static enum rc put_rows(struct export *e, struct page *p, const struct list_page *page)
{
	struct out_cell cell[CELLS_MAX];
	struct buf b = BUF(p->cx->arena, (size_t)32 << 20);
	for (size_t i = 0; i < page->n; i++) {
		int n = cells_of(e, p, &page->v[i], cell);
		if (e->sheet) {
			TRY(sheet_put(p->cx, e->sheet, cell, n));
			continue;
		}
		for (int c = 0; c < n && !e->lines; c++) csv_put(&b, cell_text(p, &cell[c]), c == 0);
		if (e->lines) put_line(p, &b, cell, n);
		else csv_end_row(&b);
		if (b.n < FLUSH && i + 1 < page->n) continue;
		TRY(put_csv(p->cx, e, &b));
		b.n = 0;
	}
	return RC_OK;
}

static enum rc too_many(struct cx *cx)
{
	enum rc rc = fail(cx, RC_LIMIT, "export.rows", NOWHERE, "符合条件的超过 %d 行", "more than %d rows fit", EXPORT_ROWS_MAX);
	fail_hint(cx, "请用筛选条件缩小范围，分几次导出", "narrow it down with filters and take it in parts");
	return rc;
}

/* One page of rows, in the memory of `inner`; *more: there is another after it. */
static enum rc put_page(struct export *e, struct page *inner, bool *more)
{
	struct rx rx = page_rx(inner);
	struct list_page page;
	TRY(list_read(&rx, &e->query, &page));
	e->rows += (int64_t)page.n;
	if (e->rows > EXPORT_ROWS_MAX) return too_many(inner->cx);
	TRY(put_rows(e, inner, &page));
	*more = page.more;
	if (page.more) e->query.after = str_dup(e->p->cx->arena, page.v[page.n - 1].key);
	return RC_OK;
}

/* One page in memory of its own. */
static enum rc put_next(struct export *e, struct arena *a, bool *more)
{
	struct cx cx = { .arena = a, .lang = e->p->cx->lang, .now_ms = e->p->cx->now_ms };
	struct page inner = *e->p;
	inner.cx = &cx;
	enum rc rc = put_page(e, &inner, more);
	if (rc != RC_OK) fail_copy(e->p->cx, &cx.fails);
	arena_reset(a);
	return rc;
}

static enum rc put_all(struct export *e)
{
	struct arena *a = arena_new(PAGE_ARENA);
	bool more = true;
	enum rc rc = put_head(e);
	while (rc == RC_OK && more) rc = put_next(e, a, &more);
	arena_free(a);
	return rc;
}

static struct str spool(struct page *p)
{
	const struct desk *desk = p->app->ctx;
	return str_fmt(p->cx->arena, "%.*s/../spool", STRF(desk->vault->files_dir));
}

static struct str plural(struct page *p, const struct type_def *t) { return label_of(p, t->plural.zh.n ? &t->plural : &t->label); }

static enum rc write_export(struct export *e)
{
	struct cx *cx = e->p->cx;
	if (e->format != FORMAT_XLSX) return put_all(e);
	struct sheet_target target = { .fd = e->fd, .tmp_dir = spool(e->p), .tab = plural(e->p, e->type),
		.zone_minutes = e->p->region->zone_minutes };
	TRY(sheet_start(cx, &target, &e->sheet));
	enum rc put = put_all(e), closed = sheet_finish(cx, e->sheet);
	return put == RC_OK ? closed : put;
}

/* ---- the reply ---- */

static struct str percent(struct arena *a, struct str s)
{
	struct buf b = BUF(a, s.n * 3 + 1);
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_') buf_c(&b, (char)c);
		else buf_fmt(&b, "%%%02X", c);
	}
	return buf_str(&b);
}

/* `ascii` is for programs that do not read the name in full. */
static void reply_named(struct page *p, struct str name, struct str shown, int fd, bool xlsx, struct str suffix, struct str ascii)
{
	struct arena *a = p->cx->arena;
	const char *demo = p->region->demo ? "demo-" : "", *ending = xlsx ? "xlsx" : "csv";
	struct str label = percent(a, shown);
	p->raw = (struct http_reply){ .status = 200, .file_fd = fd, .file_bytes = lseek(fd, 0, SEEK_END),
		.type = xlsx ? STR("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet") : STR("text/csv") };
	http_reply_header(&p->raw, STR("Content-Disposition"),
		str_fmt(a, "attachment; filename=\"%s%.*s-%.*s.%s\"; filename*=UTF-8''%s%.*s-%.*s.%s", demo, STRF(name), STRF(ascii), ending,
			demo, STRF(label), STRF(percent(a, suffix)), ending));
}

static void reply_file(struct page *p, const struct type_def *t, int fd, bool xlsx, struct str suffix, struct str ascii)
{
	reply_named(p, t->name, plural(p, t), fd, xlsx, suffix, ascii);
}

static enum rc temporary(struct page *p, int *fd)
{
	char *path = str_z(p->cx->arena, str_fmt(p->cx->arena, "%.*s/export-XXXXXX", STRF(spool(p))));
	*fd = mkostemp(path, O_CLOEXEC);
	if (*fd < 0) return io_failed(p->cx);
	unlink(path);
	return RC_OK;
}

static enum rc read_format(struct page *p, enum format *out)
{
	struct str s = http_query(p->req, "format");
	if (!s.n || str_is(s, "csv")) return *out = FORMAT_CSV, RC_OK;
	if (str_is(s, "gb18030")) return *out = FORMAT_GB18030, RC_OK;
	if (str_is(s, "xlsx")) return *out = FORMAT_XLSX, RC_OK;
	enum rc rc = fail(p->cx, RC_INVALID, "export.format", IN_FIELD(STR("format")), "没有这种格式", "there is no such format");
	fail_hint(p->cx, "可用 csv、gb18030、xlsx", "csv, gb18030 and xlsx are there");
	return rc;
}

/* May as many rows as there are be written while the request waits? */
static enum rc few_enough(struct page *p, struct rx *rx, const struct list_query *q)
{
	int64_t count, *id;
	int n;
	if (p->viewer.account) {
		TRY(list_count(rx, q, &count));
		if (count <= EXPORT_NOW) return RC_OK;
		enum rc rc = fail(p->cx, RC_LIMIT, "export.job", NOWHERE, "超过 %d 行的导出在后台办理", "an export of more than %d rows is made in the background", EXPORT_NOW);
		fail_hint(p->cx, "请在列表的“导出”中选择，办好后在“后台作业”下载", "choose it under “Export” of the list, then take it from “Background jobs”");
		return rc;
	}
	TRY(list_ids(rx, q, EXPORT_NOW_VISITOR, &id, &n));
	if (n <= EXPORT_NOW_VISITOR) return RC_OK;
	enum rc rc = fail(p->cx, RC_LIMIT, "export.rows", NOWHERE, "符合条件的超过 %d 行", "more than %d rows fit", EXPORT_NOW_VISITOR);
	fail_hint(p->cx, "请用筛选条件缩小范围，或登录后在后台导出", "narrow it down with filters, or sign in and have it made in the background");
	return rc;
}

static enum rc set_up(struct page *p, struct str type, struct export *e)
{
	struct rx rx = page_rx(p);
	TRY(page_type(p, type, &e->type));
	TRY(read_format(p, &e->format));
	TRY(list_from_request(p, &rx, e->type, &e->query));
	e->query.after = STR("");
	e->query.limit = EXPORT_PAGE;
	return RC_OK;
}

static enum rc export_list(struct page *p)
{
	struct rx rx = page_rx(p);
	struct export e = { .p = p };
	TRY(set_up(p, p->param[0], &e));
	TRY(few_enough(p, &rx, &e.query));
	TRY(temporary(p, &e.fd));
	enum rc rc = write_export(&e);
	struct str today = date_text(p->cx->arena, instant_date(p->cx->now_ms, p->region->zone_minutes));
	if (rc == RC_OK) reply_file(p, e.type, e.fd, e.format == FORMAT_XLSX, today, today);
	else close(e.fd);
	return rc;
}

/* ---- as a job ---- */

static enum rc export_later(struct page *p)
{
	struct arena *a = p->cx->arena;
	struct export e = { .p = p };
	struct val args = val_map(a), query = val_list(a);
	TRY(set_up(p, p->param[0], &e));
	for (int i = 0; i < p->req->n_query; i++) {
		val_push(a, query, val_text(p->req->query[i].name));
		val_push(a, query, val_text(p->req->query[i].value));
	}
	VAL_SET(a, args, "type", val_text(e.type->name));
	VAL_SET(a, args, "query", query);
	const struct label *many = e.type->plural.zh.n ? &e.type->plural : &e.type->label;
	const char *format = e.format == FORMAT_XLSX ? "XLSX" : "CSV";
	job_page_ask(p, &export_job, args, str_fmt(a, "%.*s：导出 %s", STRF(many->zh), format), str_fmt(a, "%.*s: export as %s", STRF(label_text(many, LANG_EN)), format));
	return RC_OK;
}

/* The list that was asked for, as its link said. */
static enum rc job_query(struct job_run *r, struct export *e)
{
	struct arena *a = r->page->cx->arena;
	struct val query = VAL_GET(r->args, "query");
	struct http_request *req = ARENA_NEW(a, struct http_request);
	struct http_pair *pair = ARENA_ARRAY(a, struct http_pair, val_len(query) / 2 + 1);
	for (size_t i = 0; i + 1 < val_len(query); i += 2) pair[req->n_query++] = (struct http_pair){ val_str(val_at(query, i)), val_str(val_at(query, i + 1)) };
	req->query = pair;
	r->page->req = req;
	*e = (struct export){ .p = r->page, .fd = r->fd };
	TRY(set_up(r->page, val_str(VAL_GET(r->args, "type")), e));
	e->lines = e->format == FORMAT_XLSX;
	return RC_OK;
}

static enum rc job_plan(struct job_run *r)
{
	struct rx rx = page_rx(r->page);
	struct export e;
	int64_t *id;
	int n;
	TRY(job_query(r, &e));
	TRY(list_ids(&rx, &e.query, EXPORT_ROWS_MAX, &id, &n));
	if (n > EXPORT_ROWS_MAX) return too_many(rx.cx);
	r->total = n ? n : 1;
	TRY(put_head(&e));
	r->bytes = lseek(r->fd, 0, SEEK_CUR);
	return RC_OK;
}

static enum rc job_open(struct job_run *r)
{
	struct export *e = ARENA_NEW(r->page->cx->arena, struct export);
	struct val after;
	size_t from = 0;
	bool more;
	TRY(job_query(r, e));
	for (;;) {
		TRY(job_kept(r, &from, &after, &more));
		if (!more) break;
		e->query.after = val_str(after);
	}
	e->rows = r->done;
	lseek(r->fd, (off_t)r->bytes, SEEK_SET);
	r->data = e;
	return RC_OK;
}

/* A page of rows. There may be more or fewer by now than were counted. */
static enum rc job_step(struct job_run *r)
{
	struct export *e = r->data;
	struct arena *a = arena_new(PAGE_ARENA);
	bool more;
	enum rc rc = put_next(e, a, &more);
	arena_free(a);
	TRY(rc);
	if (more) job_keep(r, val_text(e->query.after));
	r->done = e->rows;
	if (more && r->total <= r->done) r->total = r->done + 1;
	if (!more) r->done = r->total = r->done ? r->done : 1;
	r->bytes = lseek(r->fd, 0, SEEK_CUR);
	return RC_OK;
}

static enum rc put_kept(struct cx *cx, struct sheet_out *sheet, struct str lines)
{
	struct arena *a = arena_new(PAGE_ARENA);
	struct out_cell cell[CELLS_MAX];
	struct str line;
	enum rc rc = RC_OK;
	while (rc == RC_OK && lines.n && str_cut(&lines, '\n', &line) && line.n) {
		struct cx own = { .arena = a, .lang = cx->lang, .now_ms = cx->now_ms };
		struct val row;
		int n = 0;
		rc = json_read(&own, line, "row", &row);
		for (size_t i = 0; rc == RC_OK && i + 1 < val_len(row) && n < CELLS_MAX; i += 2)
			cell[n++] = (struct out_cell){ .kind = (enum out_kind)val_i64(val_at(row, i)), .i = val_i64(val_at(row, i + 1)), .s = val_str(val_at(row, i + 1)) };
		if (rc == RC_OK) rc = sheet_put(&own, sheet, cell, n);
		if (rc != RC_OK) fail_copy(cx, &own.fails);
		arena_reset(a);
	}
	arena_free(a);
	return rc;
}

static enum rc copy_over(struct cx *cx, int from, int to)
{
	char chunk[65536];
	ssize_t n;
	off_t at = 0;
	if (ftruncate(to, 0) != 0 || lseek(to, 0, SEEK_SET) != 0) return io_failed(cx);
	for (; (n = pread(from, chunk, sizeof chunk, at)) > 0; at += n) TRY(write_all(cx, to, (struct str){ chunk, (size_t)n }));
	return n == 0 ? RC_OK : io_failed(cx);
}

/* The workbook out of the rows that were kept. */
static enum rc make_book(struct job_run *r, struct export *e, int fd)
{
	struct page *p = r->page;
	struct sheet_target target = { .fd = fd, .tmp_dir = spool(p), .tab = plural(p, e->type), .zone_minutes = p->region->zone_minutes };
	struct str label[CELLS_MAX];
	int n = headings(e, label);
	size_t bytes = (size_t)r->bytes;
	char *lines = bytes ? mmap(NULL, bytes, PROT_READ, MAP_SHARED, r->fd, 0) : NULL;
	if (lines == MAP_FAILED) return io_failed(p->cx);
	struct sheet_out *sheet;
	enum rc rc = sheet_start(p->cx, &target, &sheet);
	if (rc == RC_OK) {
		rc = sheet_head(p->cx, sheet, label, n);
		if (rc == RC_OK) rc = put_kept(p->cx, sheet, (struct str){ lines, bytes });
		enum rc closed = sheet_finish(p->cx, sheet);
		if (rc == RC_OK) rc = closed;
	}
	if (lines) munmap(lines, bytes);
	return rc == RC_OK ? copy_over(p->cx, fd, r->fd) : rc;
}

static enum rc job_finish(struct job_run *r)
{
	struct export *e = r->data;
	int fd;
	r->ending = e->lines ? STR(".xlsx") : STR(".csv");
	if (!e->lines) return RC_OK;
	TRY(temporary(r->page, &fd));
	enum rc rc = make_book(r, e, fd);
	close(fd);
	return rc;
}

const struct job_kind export_job = { "export", job_plan, job_open, job_step, job_finish, NULL };

/* ---- tables that are made whole ---- */

enum rc export_table(struct page *p, struct str name, struct str label, const struct str *head, int n, const struct out_cell *cell, int n_row)
{
	struct sheet_target target = { .tmp_dir = spool(p), .tab = label, .zone_minutes = p->region->zone_minutes };
	struct sheet_out *sheet;
	TRY(temporary(p, &target.fd));
	enum rc rc = sheet_start(p->cx, &target, &sheet);
	if (rc == RC_OK) {
		rc = sheet_head(p->cx, sheet, head, n);
		for (int i = 0; i < n_row && rc == RC_OK; i++) rc = sheet_put(p->cx, sheet, cell + (size_t)i * (size_t)n, n);
		enum rc closed = sheet_finish(p->cx, sheet);
		if (rc == RC_OK) rc = closed;
	}
	struct str today = date_text(p->cx->arena, instant_date(p->cx->now_ms, p->region->zone_minutes));
	if (rc == RC_OK) reply_named(p, name, label, target.fd, true, today, today);
	else close(target.fd);
	return rc;
}

enum rc export_target(struct page *p, struct str tab, struct sheet_target *out)
{
	*out = (struct sheet_target){ .tmp_dir = spool(p), .tab = tab, .zone_minutes = p->region->zone_minutes };
	return temporary(p, &out->fd);
}

void export_reply(struct page *p, struct str name, struct str label, int fd, struct str suffix, struct str ascii) { reply_named(p, name, label, fd, true, suffix, ascii); }

/* ---- an empty table to fill in ---- */

enum rc import_template(struct page *p, const struct type_def *t, const struct str *label, int n)
{
	bool xlsx = str_is(http_query(p->req, "format"), "xlsx");
	struct sheet_target target = { .tmp_dir = spool(p), .tab = plural(p, t), .zone_minutes = p->region->zone_minutes };
	struct sheet_out *sheet;
	TRY(temporary(p, &target.fd));
	enum rc rc;
	if (xlsx) {
		rc = sheet_start(p->cx, &target, &sheet);
		if (rc == RC_OK) {
			enum rc head = sheet_head(p->cx, sheet, label, n);
			rc = sheet_finish(p->cx, sheet);
			if (head != RC_OK) rc = head;
		}
	} else {
		struct buf b = BUF(p->cx->arena, 200000);
		buf_add(&b, STR("\xEF\xBB\xBF"));
		for (int i = 0; i < n; i++) csv_put(&b, label[i], i == 0);
		csv_end_row(&b);
		rc = write_all(p->cx, target.fd, buf_str(&b));
	}
	if (rc == RC_OK) reply_file(p, t, target.fd, xlsx, p->cx->lang == LANG_ZH ? STR("导入模板") : STR("template"), STR("template"));
	else close(target.fd);
	return rc;
}

const struct route export_routes[] = {
	{ "GET", "/r/:type/export", NEED_NOTHING, "error.html", export_list, "导出列表：与列表页相同的条件，CSV（UTF-8 或 GB18030）或 XLSX",
		"A list as a file: the conditions of the list page; CSV (UTF-8 or GB18030) or XLSX", "read" },
	{ "POST", "/r/:type/export", NEED_SIGNED, "error.html", export_later, "在后台导出列表", "Export a list in the background", "read" },
	{ 0 },
};

#include "rec/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rng.h"
#include "base/utf8.h"
#include "rec/strip.h"

enum { SEALED_MAX = 24 << 20 };

struct kind { const char *ending, *magic; size_t n; const char *media; };
static const struct kind kinds[] = {
	{ "pdf", "%PDF-", 5, "application/pdf" },
	{ "docx", "PK\x03\x04", 4, "application/vnd.openxmlformats-officedocument.wordprocessingml.document" },
	{ "xlsx", "PK\x03\x04", 4, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
	{ "pptx", "PK\x03\x04", 4, "application/vnd.openxmlformats-officedocument.presentationml.presentation" },
	{ "zip", "PK\x03\x04", 4, "application/zip" },
	{ "png", "\x89PNG", 4, "image/png" },
	{ "jpg", "\xFF\xD8\xFF", 3, "image/jpeg" },
	{ "jpeg", "\xFF\xD8\xFF", 3, "image/jpeg" },
	{ "doc", "\xD0\xCF\x11\xE0", 4, "application/msword" },
	{ "xls", "\xD0\xCF\x11\xE0", 4, "application/vnd.ms-excel" },
	{ "ofd", "PK\x03\x04", 4, "application/ofd" },
	{ "txt", "", 0, "text/plain; charset=utf-8" },
	{ "csv", "", 0, "text/csv; charset=utf-8" },
};

static const struct kind *kind_of(struct str ending)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (str_is(ending, kinds[i].ending)) return &kinds[i];
	return NULL;
}

const char *file_media_type(struct str kind)
{
	const struct kind *k = kind_of(kind);
	return k ? k->media : "application/octet-stream";
}

static bool allowed(struct str types, struct str ending)
{
	struct str rest = types.n ? types : STR("pdf docx xlsx pptx png jpg jpeg zip txt csv ofd"), part;
	while (str_cut(&rest, ' ', &part))
		if (str_eq(part, ending)) return true;
	return false;
}

static enum rc check(struct rx *rx, const struct field_def *f, const struct upload *u, struct str *ending)
{
	struct arena *a = rx->cx->arena;
	size_t dot = SIZE_MAX;
	for (size_t i = 0; i < u->name.n; i++)
		if (u->name.p[i] == '.') dot = i;
	struct str end = STR("");
	if (dot != SIZE_MAX) TRY(text_fold(rx->cx, str_sub(u->name, dot + 1, u->name.n), &end));
	const struct kind *k = kind_of(end);
	struct str types = f->types.n ? f->types : STR("pdf docx xlsx pptx png jpg zip txt csv ofd");
	if (!k || !allowed(f->types, end))
		return fail_text(rx->cx, RC_INVALID, "file.type", IN_FIELD(f->name),
			str_fmt(a, "文件“%.*s”的类型不被接受，可用：%.*s", STRF(u->name), STRF(types)),
			str_fmt(a, "the type of “%.*s” is not accepted; use: %.*s", STRF(u->name), STRF(types)));
	int64_t max = f->has_max ? f->max : (int64_t)20 << 20;
	if (u->bytes > max || u->bytes == 0)
		return fail_text(rx->cx, RC_LIMIT, "file.size", IN_FIELD(f->name),
			str_fmt(a, "文件“%.*s”大小为 %lld 字节，应在 1 字节到 %lld MB 之间", STRF(u->name), (long long)u->bytes, (long long)(max >> 20)),
			str_fmt(a, "“%.*s” has %lld bytes; between 1 byte and %lld MB is accepted", STRF(u->name), (long long)u->bytes, (long long)(max >> 20)));
	char head[8] = { 0 };
	int fd = open(str_z(a, u->path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n = fd >= 0 ? pread(fd, head, sizeof head, 0) : -1;
	if (fd >= 0) close(fd);
	if (n < 0) return fail(rx->cx, RC_IO, "file.spool", IN_FIELD(f->name), "上传的文件读不到，请重新上传", "the upload cannot be read: upload it again");
	if ((size_t)n < k->n || memcmp(head, k->magic, k->n) != 0)
		return fail_text(rx->cx, RC_INVALID, "file.content", IN_FIELD(f->name),
			str_fmt(a, "文件“%.*s”的内容与扩展名不符", STRF(u->name)), str_fmt(a, "the content of “%.*s” does not fit its ending", STRF(u->name)));
	*ending = end;
	return RC_OK;
}

static struct str place(struct rx *rx, const struct file_info *i)
{
	struct arena *a = rx->cx->arena;
	if (i->sealed) return str_fmt(a, "%.*s/sealed/%.*s", STRF(rx->vault->files_dir), STRF(id_text(a, i->id)));
	return str_fmt(a, "%.*s/%.2s/%.*s", STRF(rx->vault->files_dir), i->digest.p, STRF(i->digest));
}

static bool sync_folder(struct arena *a, struct str file)
{
	while (file.n && file.p[file.n - 1] != '/') file.n--;
	int fd = open(str_z(a, file), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) return false;
	bool ok = fsync(fd) == 0;
	close(fd);
	return ok;
}

static enum rc read_whole(struct rx *rx, int fd, int64_t max, struct str *out)
{
	struct stat st;
	if (fstat(fd, &st) != 0 || st.st_size > max) return fail(rx->cx, RC_LIMIT, "file.size", NOWHERE, "文件过大", "the file is too large");
	char *p = arena_alloc(rx->cx->arena, (size_t)st.st_size + 1);
	ssize_t n = pread(fd, p, (size_t)st.st_size, 0);
	if (n != st.st_size) return fail(rx->cx, RC_IO, "file.read", NOWHERE, "读取文件失败", "cannot read the file");
	*out = (struct str){ p, (size_t)n };
	return RC_OK;
}

static bool write_new(struct arena *a, struct str path, struct str bytes)
{
	int fd = open(str_z(a, path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0) return false;
	bool ok = write(fd, bytes.p, bytes.n) == (ssize_t)bytes.n && fsync(fd) == 0;
	close(fd);
	return ok;
}

/* Durable in its place before the row that names it is committed. */
static enum rc settle(struct rx *rx, const struct file_info *i, struct str spool)
{
	struct arena *a = rx->cx->arena;
	struct str to = place(rx, i), folder = to;
	while (folder.p[folder.n - 1] != '/') folder.n--;
	mkdir(str_z(a, str_sub(folder, 0, folder.n - 1)), 0700);
	bool ok = false;
	int fd = open(str_z(a, spool), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0 && i->sealed) {
		struct str plain;
		TRY(read_whole(rx, fd, SEALED_MAX, &plain));
		ok = write_new(a, to, seal_close(a, rx->vault->seal_key, id_text(a, i->id), plain)) && unlink(str_z(a, spool)) == 0;
	} else if (fd >= 0) {
		ok = fsync(fd) == 0 && rename(str_z(a, spool), str_z(a, to)) == 0;
	}
	if (fd >= 0) close(fd);
	if (!ok || !sync_folder(a, to)) return fail(rx->cx, RC_IO, "file.store", NOWHERE, "文件未能保存，请重试", "the file could not be stored: try again");
	return RC_OK;
}

enum rc file_keep(struct rx *rx, const struct field_def *f, int64_t record, const struct upload *u, int64_t *id)
{
	struct file_info i = { .id = id_next(rx->ids, rx->cx->now_ms), .bytes = u->bytes, .name = u->name, .digest = u->digest, .field = f->name,
		.sealed = f->sealed || (f->in_table && f->in_table->sealed) };
	struct digest parsed;
	if (!hash_from_hex(u->digest, &parsed)) return fail(rx->cx, RC_INVALID, "file.digest", IN_FIELD(f->name), "上传不完整，请重新上传", "the upload is incomplete: upload it again");
	TRY(check(rx, f, u, &i.kind));
	TRY(settle(rx, &i, u->path));
	TRY(db_run(rx->cx, rx->db,
		SQL("INSERT INTO file (id, digest, name, kind, bytes, account_id, created_ms, type, record, field, sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
		P(p_int(i.id), p_text(i.sealed ? STR("") : i.digest), p_text(i.sealed ? STR("") : i.name), p_text(i.kind), p_int(i.bytes),
			p_int(rx->viewer.account), p_int(rx->cx->now_ms), p_text(f->type->name), p_int(record),
			p_text(f->in_table ? f->in_table->name : f->name), p_int(i.sealed))));
	*id = i.id;
	return RC_OK;
}

enum rc file_bind(struct rx *rx, int64_t id, int64_t record)
{
	return db_run(rx->cx, rx->db, SQL("UPDATE file SET record = ? WHERE id = ? AND record = 0 AND account_id = ?"),
		P(p_int(record), p_int(id), p_int(rx->viewer.account)));
}

static enum rc info_of(struct rx *rx, int64_t id, struct file_info *out)
{
	struct rows *r;
	bool more;
	TRY(db_rows(rx->cx, rx->db, SQL("SELECT digest, name, kind, bytes, type, record, field, sealed FROM file WHERE id = ?"), P(p_int(id)), &r));
	enum rc rc = db_step(rx->cx, r, &more);
	if (rc == RC_OK && more) {
		struct arena *a = rx->cx->arena;
		*out = (struct file_info){ .id = id, .digest = str_dup(a, row_text(r, 0)), .name = str_dup(a, row_text(r, 1)), .kind = str_dup(a, row_text(r, 2)),
			.bytes = row_int(r, 3), .type = region_type(rx->region, row_text(r, 4)), .record = row_int(r, 5), .field = str_dup(a, row_text(r, 6)),
			.sealed = row_int(r, 7) != 0 };
		/* A sealed file's name would tell; it gets a plain one. */
		if (!out->name.n) out->name = str_fmt(a, "%.*s.%.*s", STRF(out->field), STRF(out->kind));
	}
	rows_done(r);
	TRY(rc);
	return more && out->type ? RC_OK : rx_missing(rx);
}

/* ---- stripped for readers outside ---- */

static bool strips(const struct file_info *i)
{
	const struct field_def *f = type_field(i->type, i->field);
	const struct table_def *t = f ? NULL : type_table(i->type, i->field);
	bool any = f && f->strip;
	for (int c = 0; t && c < t->n_column; c++) any |= t->column[c]->strip;
	return any;
}

/* As it was uploaded: for the owner, the owner's organisation and the department. */
static enum rc reads_original(struct rx *rx, const struct file_info *i, bool *yes)
{
	const struct viewer *v = &rx->viewer;
	*yes = !strips(i) || v->system || viewer_is_staff(rx);
	if (*yes || !v->account || !i->record) return RC_OK;
	struct query q = query_new(rx, i->type);
	int64_t one;
	Q(&q, "SELECT 1 FROM ");
	query_table(&q, i->type, 0);
	Q(&q, " WHERE ");
	query_column(&q, 0, "id");
	Q(&q, " = ");
	query_int(&q, i->record);
	Q(&q, " AND (");
	query_column(&q, 0, "owner");
	Q(&q, " = ");
	query_int(&q, v->account);
	Q(&q, " OR (");
	query_column(&q, 0, "org");
	Q(&q, " <> 0 AND ");
	query_column(&q, 0, "org");
	Q(&q, " = ");
	query_int(&q, v->org);
	Q(&q, "))");
	return query_one_int(&q, &one, yes);
}

enum rc file_info(struct rx *rx, int64_t id, struct file_info *out)
{
	struct file_info i;
	bool original;
	TRY(info_of(rx, id, &i));
	TRY(reads_original(rx, &i, &original));
	/* The name tells as much as the file: 张三-申报书.pdf. */
	if (!original) i.name = str_fmt(rx->cx->arena, "%.*s.%.*s", STRF(i.field), STRF(i.kind));
	*out = i;
	return RC_OK;
}

static enum rc shows(struct rx *rx, const struct file_info *info, bool *yes)
{
	struct right right;
	TRY(access_record(rx, info->type, info->record, &right));
	const struct field_def *f = type_field(info->type, info->field);
	const struct table_def *t = f ? NULL : type_table(info->type, info->field);
	*yes = right.see && ((f && mask_field(&right.fields, f)) || (t && mask_table(&right.fields, t)));
	return RC_OK;
}

enum rc file_known(struct rx *rx, int64_t id, bool *yes)
{
	int64_t account = 0;
	bool found;
	TRY(db_int(rx->cx, rx->db, SQL("SELECT account_id FROM file WHERE id = ?"), P(p_int(id)), &account, &found));
	*yes = found && (rx->viewer.system || (account && account == rx->viewer.account));
	if (*yes || !found) return RC_OK;
	struct file_info info;
	TRY(file_info(rx, id, &info));
	return shows(rx, &info, yes);
}

enum rc file_open_original(struct rx *rx, int64_t id, struct file_info *info, int *fd, struct str *content)
{
	TRY(info_of(rx, id, info));
	bool yes;
	TRY(shows(rx, info, &yes));
	if (!yes) return rx_missing(rx);
	int file = open(str_z(rx->cx->arena, place(rx, info)), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (file < 0) return fail(rx->cx, RC_IO, "file.gone", NOWHERE, "文件不在存储中，请联系管理员", "the file is not in the store: tell the administrator");
	*fd = file;
	*content = STR("");
	if (!info->sealed) return RC_OK;
	struct str sealed;
	enum rc rc = read_whole(rx, file, SEALED_MAX, &sealed);
	close(file);
	*fd = -1;
	TRY(rc);
	if (!seal_open(rx->cx->arena, rx->vault->seal_key, id_text(rx->cx->arena, id), sealed, content))
		return fail(rx->cx, RC_IO, "file.seal", NOWHERE, "密封文件无法解开", "the sealed file does not open");
	return RC_OK;
}

enum rc file_open(struct rx *rx, int64_t id, struct file_info *info, int *fd, struct str *content)
{
	struct file_info shown;
	struct str bytes = STR("");
	bool original;
	int file;
	TRY(file_open_original(rx, id, info, &file, &bytes));
	enum rc rc = reads_original(rx, info, &original);
	if (rc == RC_OK && original) return *fd = file, *content = bytes, RC_OK;
	if (rc == RC_OK && file >= 0) rc = read_whole(rx, file, STRIP_BYTES_MAX, &bytes);
	if (file >= 0) close(file);
	TRY(rc);
	TRY(strip_file(rx->cx, info->kind, bytes, &bytes));
	TRY(file_info(rx, id, &shown));
	info->name = shown.name;
	*fd = -1;
	*content = bytes;
	return RC_OK;
}

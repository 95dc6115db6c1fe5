#include "web/form.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "web/head.h"

enum kind { KIND_WHOLE, KIND_URLENCODED, KIND_MULTIPART };
enum state { AT_START, AT_BOUNDARY_END, AT_HEAD, AT_DATA, AT_END };
enum { BOUNDARY_MAX = 70, FILES_BUFFER = 4096 };

struct form {
	struct form_limits limits;
	enum kind kind;
	enum rc rc;                     /* the first failure, kept */
	struct arena *arena;
	struct buf whole;

	/* multipart */
	char mark[BOUNDARY_MAX + 8];    /* "\r\n--boundary" */
	size_t n_mark, match;
	enum state state;
	char tail[2];                   /* after a boundary: "\r\n" or "--" */
	size_t n_tail;
	struct buf head;                /* of the current part */
	struct buf value;               /* of the current text field */
	int64_t text_bytes;
	struct http_pair *field;
	int n_field;
	struct http_upload *upload;
	int n_upload;
	int64_t file_bytes;
	int fd;                         /* the file being written; -1 */
	bool in_file;
	EVP_MD_CTX *md;
};

/* ---- content types ---- */

static bool type_is(struct str type, const char *name)
{
	struct str rest = type, media;
	if (!str_cut(&rest, ';', &media)) return false;
	media = str_trim(media);
	return media.n == strlen(name) && strncasecmp(media.p, name, media.n) == 0;
}

static bool is_boundary_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("'()+_,-./:=?", c));
}

/* The boundary parameter: exactly one, quoted or not. */
static bool find_boundary(struct str type, struct str *out)
{
	struct str rest = type, part;
	int found = 0;
	(void)str_cut(&rest, ';', &part);
	while (str_cut(&rest, ';', &part)) {
		part = str_trim(part);
		if (part.n < 9 || strncasecmp(part.p, "boundary=", 9) != 0) continue;
		struct str b = str_sub(part, 9, part.n);
		if (b.n >= 2 && b.p[0] == '"' && b.p[b.n - 1] == '"') b = str_sub(b, 1, b.n - 1);
		*out = b;
		found++;
	}
	if (found != 1 || out->n == 0 || out->n > BOUNDARY_MAX) return false;
	for (size_t i = 0; i < out->n; i++)
		if (!is_boundary_char(out->p[i])) return false;
	return true;
}

static enum kind kind_of(struct str type)
{
	if (type_is(type, "application/x-www-form-urlencoded")) return KIND_URLENCODED;
	return type_is(type, "multipart/form-data") ? KIND_MULTIPART : KIND_WHOLE;
}

int64_t form_max(const struct form_limits *limits, struct str content_type)
{
	return kind_of(content_type) == KIND_MULTIPART ? 4 * limits->upload_max + limits->body_max : limits->body_max;
}

/* ---- making ---- */

static enum rc too_large(struct cx *cx, int64_t max)
{
	return fail(cx, RC_LIMIT, "form.large", NOWHERE, "提交的内容超过 %lld KB", "what was sent is larger than %lld KB", (long long)(max >> 10));
}

enum rc form_new(struct cx *cx, const struct form_limits *limits, struct str content_type, int64_t length, struct form **out)
{
	struct form *f = ARENA_NEW(cx->arena, struct form);
	*f = (struct form){ .limits = *limits, .kind = kind_of(content_type), .arena = cx->arena, .fd = -1 };
	if (length > form_max(limits, content_type)) return too_large(cx, form_max(limits, content_type));
	struct str boundary;
	if (f->kind == KIND_MULTIPART) {
		if (!find_boundary(content_type, &boundary))
			return fail(cx, RC_INVALID, "form.boundary", NOWHERE, "multipart 的 boundary 缺失或不正确", "the multipart boundary is missing or malformed");
		memcpy(f->mark, "\r\n--", 4);
		memcpy(f->mark + 4, boundary.p, boundary.n);
		f->n_mark = boundary.n + 4;
		f->match = 2;           /* the body begins as if after a line end */
		f->field = ARENA_ARRAY(cx->arena, struct http_pair, FORM_FIELDS_MAX);
		f->upload = ARENA_ARRAY(cx->arena, struct http_upload, FORM_FILES_MAX);
	} else if (length > 0 && !(type_is(content_type, "application/json") || f->kind == KIND_URLENCODED)) {
		return fail(cx, RC_INVALID, "form.type", NOWHERE, "不支持这种内容类型", "this content type is not understood");
	} else {
		/* The length is known: one piece, no growing. */
		f->whole = (struct buf){ .arena = cx->arena, .p = arena_alloc(cx->arena, (size_t)(length < 0 ? 0 : length) + 1),
			.cap = (size_t)(length < 0 ? 0 : length) + 1, .max = (size_t)(length < 0 ? 0 : length) };
	}
	*out = f;
	return RC_OK;
}

static enum rc malformed(struct cx *cx, const char *zh, const char *en)
{
	return fail(cx, RC_INVALID, "form.malformed", NOWHERE, "表单数据的格式不正确：%s%.0s", "the form data is malformed: %.0s%s", zh, en);
}

/* ---- a part's head ---- */

/* One parameter of a Content-Disposition: ` name="…"`. Browsers write %22 for a quote and %0D%0A for line ends. */
static bool take_param(struct str *rest, struct str *name, struct str *value)
{
	*rest = str_trim(*rest);
	size_t eq = str_find(*rest, STR("=\""), 0);
	if (eq == SIZE_MAX) return false;
	*name = str_sub(*rest, 0, eq);
	size_t end = str_find(*rest, STR("\""), eq + 2);
	if (end == SIZE_MAX) return false;
	*value = str_sub(*rest, eq + 2, end);
	*rest = str_trim(str_sub(*rest, end + 1, rest->n));
	if (!rest->n) return true;
	if (rest->p[0] != ';') return false;
	*rest = str_sub(*rest, 1, rest->n);
	return rest->n > 0;
}

static struct str unquote(struct arena *a, struct str s)
{
	static const struct { const char *code, *text; } codes[] = { { "%22", "\"" }, { "%0D", "\r" }, { "%0A", "\n" }, { "%0d", "\r" }, { "%0a", "\n" } };
	struct buf out = BUF(a, s.n + 1);
	for (size_t i = 0; i < s.n; i++) {
		struct str at = str_sub(s, i, i + 3), text = str_sub(s, i, i + 1);
		for (size_t k = 0; k < sizeof codes / sizeof *codes; k++)
			if (str_is(at, codes[k].code)) text = str_c(codes[k].text);
		buf_add(&out, text);
		if (text.p != s.p + i) i += 2;
	}
	return buf_str(&out);
}

/* A file name without folders, control characters or leading dots; never empty. */
static struct str clean_name(struct arena *a, struct str s)
{
	for (size_t i = s.n; i > 0; i--) {
		if (s.p[i - 1] != '/' && s.p[i - 1] != '\\') continue;
		s = str_sub(s, i, s.n);
		break;
	}
	struct buf out = BUF(a, s.n + 1);
	for (size_t i = 0; i < s.n;) {
		size_t from = i;
		int32_t c = utf8_next(s, &i);
		/* Marks that turn the writing direction make "gpj.exe" look like another name. */
		bool turn = (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x200E || c == 0x200F;
		if (c < 0x20 || (c >= 0x7F && c < 0xA0) || turn || strchr("<>:\"|?*", c < 0x80 ? c : 'a') || (c == '.' && !out.n)) continue;
		buf_add(&out, str_sub(s, from, i));
	}
	struct str name = str_trim(buf_str(&out));
	if (utf8_count(name) > 120) {
		size_t dot = name.n;
		while (dot > 0 && name.p[dot - 1] != '.') dot--;
		struct str end = dot && name.n - dot < 10 ? str_sub(name, dot - 1, name.n) : STR("");
		name = str_fmt(a, "%.*s%.*s", (int)utf8_offset(name, 100), name.p, STRF(end));
	}
	return name.n ? name : STR("file");
}

struct part { struct str name, filename, type; bool file; };

static enum rc read_disposition(struct cx *cx, struct str value, struct part *p)
{
	struct str kind, rest = value;
	if (!str_cut(&rest, ';', &kind) || str_trim(kind).n != 9 || strncasecmp(str_trim(kind).p, "form-data", 9) != 0 || !rest.p)
		return malformed(cx, "每部分都要有 form-data", "every part must be form-data");
	bool named = false;
	while (rest.n) {
		struct str key, text;
		if (!take_param(&rest, &key, &text)) return malformed(cx, "Content-Disposition", "Content-Disposition");
		if (str_is(key, "name") && !named) {
			named = true;
			p->name = unquote(cx->arena, text);
		} else if (str_is(key, "filename") && !p->file) {
			p->file = true;
			p->filename = unquote(cx->arena, text);
		} else {
			return malformed(cx, "Content-Disposition 的参数", "a parameter of Content-Disposition");
		}
	}
	if (!named || !p->name.n || p->name.n > FORM_NAME_MAX || !utf8_valid(p->name) || !utf8_valid(p->filename))
		return malformed(cx, "字段名", "a field's name");
	return RC_OK;
}

static enum rc read_part_head(struct cx *cx, struct str head, struct part *p)
{
	bool disposition = false;
	*p = (struct part){ 0 };
	while (head.n) {
		size_t end = str_find(head, STR("\r\n"), 0), colon = str_find(head, STR(":"), 0);
		if (end == SIZE_MAX || colon == SIZE_MAX || colon > end || colon == 0) return malformed(cx, "部分的头", "the head of a part");
		struct str name = str_sub(head, 0, colon), value = str_trim(str_sub(head, colon + 1, end));
		for (size_t i = 0; i < name.n; i++)
			if ((unsigned char)name.p[i] <= 0x20 || (unsigned char)name.p[i] >= 0x7F) return malformed(cx, "部分的头", "the head of a part");
		head = str_sub(head, end + 2, head.n);
		if (name.n == 19 && strncasecmp(name.p, "content-disposition", 19) == 0) {
			if (disposition) return malformed(cx, "重复的 Content-Disposition", "a second Content-Disposition");
			disposition = true;
			TRY(read_disposition(cx, value, p));
		} else if (name.n == 12 && strncasecmp(name.p, "content-type", 12) == 0) {
			if (value.n > 100 || !utf8_valid(value)) return malformed(cx, "部分的内容类型", "the content type of a part");
			p->type = str_dup(cx->arena, value);
		} else if (name.n == 25 && strncasecmp(name.p, "content-transfer-encoding", 25) == 0) {
			if (!str_is(value, "binary") && !str_is(value, "8bit") && !str_is(value, "7bit"))
				return malformed(cx, "不支持的传输编码", "a transfer encoding that is not understood");
		}
	}
	return disposition ? RC_OK : malformed(cx, "缺少 Content-Disposition", "a part without Content-Disposition");
}

/* ---- parts ---- */

static enum rc spool_fail(struct cx *cx)
{
	return fail(cx, RC_IO, "form.spool", NOWHERE, "暂时不能保存上传的文件：%s", "the upload cannot be stored now: %s", strerror(errno));
}

static enum rc begin_file(struct cx *cx, struct form *f, const struct part *p)
{
	if (!f->limits.spool_dir.n) return fail(cx, RC_INVALID, "form.no_files", NOWHERE, "这里不接受文件", "no files are taken here");
	if (f->n_upload == FORM_FILES_MAX)
		return fail(cx, RC_LIMIT, "form.files", IN_FIELD(p->name), "一次最多上传 %d 个文件", "at most %d files at once", FORM_FILES_MAX);
	char *path = str_z(f->arena, str_fmt(f->arena, "%.*s/upload-XXXXXX", STRF(f->limits.spool_dir)));
	f->fd = mkostemp(path, O_CLOEXEC);
	if (f->fd < 0) return spool_fail(cx);
	f->upload[f->n_upload++] = (struct http_upload){ .field = p->name, .filename = clean_name(f->arena, p->filename), .type = p->type, .path = str_c(path) };
	if (!f->md) f->md = EVP_MD_CTX_new();
	f->file_bytes = 0;
	if (!f->md || EVP_DigestInit_ex(f->md, EVP_sha256(), NULL) != 1) return spool_fail(cx);
	return RC_OK;
}

static enum rc begin_part(struct cx *cx, struct form *f)
{
	struct part p;
	TRY(read_part_head(cx, buf_str(&f->head), &p));
	f->in_file = p.file && p.filename.n > 0;
	if (f->in_file) return begin_file(cx, f, &p);
	if (f->n_field == FORM_FIELDS_MAX)
		return fail(cx, RC_LIMIT, "form.fields", NOWHERE, "一次最多提交 %d 个字段", "at most %d fields at once", FORM_FIELDS_MAX);
	/* A file input that was left empty comes as an empty text field. */
	f->field[f->n_field++].name = p.name;
	f->value = BUF(f->arena, (size_t)f->limits.body_max);
	return RC_OK;
}

static enum rc write_all(struct cx *cx, int fd, struct str bytes)
{
	while (bytes.n) {
		ssize_t n = write(fd, bytes.p, bytes.n);
		if (n < 0 && errno == EINTR) continue;
		if (n <= 0) return spool_fail(cx);
		bytes = str_sub(bytes, (size_t)n, bytes.n);
	}
	return RC_OK;
}

static enum rc part_data(struct cx *cx, struct form *f, struct str bytes)
{
	if (!bytes.n) return RC_OK;
	if (!f->in_file) {
		f->text_bytes += (int64_t)bytes.n;
		if (f->text_bytes > f->limits.body_max) return too_large(cx, f->limits.body_max);
		buf_add(&f->value, bytes);
		return RC_OK;
	}
	f->file_bytes += (int64_t)bytes.n;
	const struct http_upload *u = &f->upload[f->n_upload - 1];
	if (f->file_bytes > f->limits.upload_max)
		return fail(cx, RC_LIMIT, "form.file_large", IN_FIELD(u->field), "文件超过 %lld MB", "the file is larger than %lld MB", (long long)(f->limits.upload_max >> 20));
	if (EVP_DigestUpdate(f->md, bytes.p, bytes.n) != 1) return spool_fail(cx);
	return write_all(cx, f->fd, bytes);
}

static enum rc end_part(struct cx *cx, struct form *f)
{
	if (!f->in_file) {
		struct str value = buf_str(&f->value);
		if (!utf8_valid(value)) return malformed(cx, "字段不是 UTF-8", "a field is not UTF-8");
		for (size_t i = 0; i < value.n; i++)
			if (((unsigned char)value.p[i] < 0x20 && !strchr("\t\r\n", value.p[i])) || value.p[i] == 0x7F)
				return malformed(cx, "字段含控制字符", "a field holds control characters");
		f->field[f->n_field - 1].value = value;
		return RC_OK;
	}
	struct digest d;
	unsigned n = 0;
	if (EVP_DigestFinal_ex(f->md, d.b, &n) != 1 || n != HASH_BYTES) return spool_fail(cx);
	struct http_upload *u = &f->upload[f->n_upload - 1];
	u->bytes = f->file_bytes;
	u->digest = hash_hex(f->arena, d);
	int fd = f->fd;
	f->fd = -1;
	return close(fd) == 0 ? RC_OK : spool_fail(cx);
}

/* ---- the stream ---- */

/* After "--boundary": a line end begins a part, "--" ends the form. */
static enum rc boundary_end(struct cx *cx, struct form *f, char c)
{
	f->tail[f->n_tail++] = c;
	if (f->n_tail < 2) return RC_OK;
	f->n_tail = 0;
	if (memcmp(f->tail, "--", 2) == 0) {
		f->state = AT_END;
	} else if (memcmp(f->tail, "\r\n", 2) == 0) {
		f->state = AT_HEAD;
		f->head = BUF(f->arena, PART_HEAD_MAX);
	} else {
		return malformed(cx, "分隔符后有多余的字符", "extra characters after a boundary");
	}
	return RC_OK;
}

static enum rc part_head(struct cx *cx, struct form *f, char c)
{
	if (c == '\0') return malformed(cx, "空字节", "a NUL byte");
	buf_c(&f->head, c);
	if (f->head.full) return fail(cx, RC_LIMIT, "form.part_head", NOWHERE, "表单部分的头过大", "the head of a form part is too large");
	struct str h = buf_str(&f->head);
	if (h.n == 2 && str_is(h, "\r\n")) return malformed(cx, "缺少 Content-Disposition", "a part without Content-Disposition");
	if (c == '\n' && (h.n < 2 || h.p[h.n - 2] != '\r')) return malformed(cx, "部分的头", "the head of a part");
	if (!str_ends(h, STR("\r\n\r\n"))) return RC_OK;
	f->head.n -= 2;
	TRY(begin_part(cx, f));
	f->state = AT_DATA;
	f->match = 0;
	return RC_OK;
}

/* Data up to the next mark. "\r" stands only at the mark's beginning, so a failed match restarts there. */
static enum rc take_data(struct cx *cx, struct form *f, struct str bytes, size_t *at)
{
	size_t i = *at;
	if (f->match == 0) {
		const char *cr = memchr(bytes.p + i, '\r', bytes.n - i);
		size_t end = cr ? (size_t)(cr - bytes.p) : bytes.n;
		TRY(part_data(cx, f, str_sub(bytes, i, end)));
		*at = end;
		if (end < bytes.n) f->match = 1, ++*at;
		return RC_OK;
	}
	if (bytes.p[i] == f->mark[f->match]) {
		*at = i + 1;
		if (++f->match < f->n_mark) return RC_OK;
		f->match = 0;
		bool first = f->state == AT_START;
		f->state = AT_BOUNDARY_END;
		return first ? RC_OK : end_part(cx, f);
	}
	if (f->state == AT_START) return malformed(cx, "没有以分隔符开头", "it does not begin with the boundary");
	size_t held = f->match;
	f->match = 0;
	return part_data(cx, f, (struct str){ f->mark, held });
}

static enum rc feed_multipart(struct cx *cx, struct form *f, struct str bytes)
{
	for (size_t i = 0; i < bytes.n;) {
		switch (f->state) {
		case AT_START:
		case AT_DATA: TRY(take_data(cx, f, bytes, &i)); break;
		case AT_BOUNDARY_END: TRY(boundary_end(cx, f, bytes.p[i++])); break;
		case AT_HEAD: TRY(part_head(cx, f, bytes.p[i++])); break;
		case AT_END:
			if (f->n_tail == 2 || bytes.p[i] != "\r\n"[f->n_tail]) return malformed(cx, "结束后还有数据", "data after the end");
			f->n_tail++, i++;
		}
	}
	return RC_OK;
}

enum rc form_feed(struct cx *cx, struct form *f, struct str bytes)
{
	if (f->rc != RC_OK) return f->rc;
	if (f->kind == KIND_MULTIPART) f->rc = feed_multipart(cx, f, bytes);
	else buf_add(&f->whole, bytes);
	if (f->whole.full) f->rc = too_large(cx, (int64_t)f->whole.max);
	return f->rc;
}

enum rc form_finish(struct cx *cx, struct form *f, struct http_request *r)
{
	if (f->rc != RC_OK) return f->rc;
	struct str whole = buf_str(&f->whole);
	if (f->kind == KIND_WHOLE) {
		r->body = whole;
		return RC_OK;
	}
	if (f->kind == KIND_URLENCODED) {
		struct http_pair *pairs = NULL;
		int n = 0;
		const struct refusal *why = pairs_parse(f->arena, whole, FORM_FIELDS_MAX, true, &pairs, &n);
		if (why) return f->rc = fail(cx, why->status == 413 ? RC_LIMIT : RC_INVALID, "form.malformed", NOWHERE, "%s%.0s", "%.0s%s", why->zh, why->en);
		r->form = pairs;
		r->n_form = n;
		return RC_OK;
	}
	if (f->state != AT_END) return f->rc = malformed(cx, "没有结束", "it has no end");
	r->form = f->field;
	r->n_form = f->n_field;
	r->upload = f->upload;
	r->n_upload = f->n_upload;
	return RC_OK;
}

void form_done(struct form *f)
{
	if (!f) return;
	if (f->fd >= 0) close(f->fd);
	f->fd = -1;
	for (int i = 0; i < f->n_upload; i++) unlink(f->upload[i].path.p);
	f->n_upload = 0;
	EVP_MD_CTX_free(f->md);
	f->md = NULL;
}

/* PDF written anew: every object that the pages need, from the catalogue on, under new numbers; streams as they are.

   Objects are found by reading the file from its beginning, not through its cross-reference tables: a later object replaces an
   earlier one of the same number, as appended revisions do, so tables that are broken, doubled or compressed do not matter.
   What nothing leads to (old revisions, the document information) is not written. */
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "rec/strip_inner.h"

enum { NUMBER_MAX = 1 << 20, DEPTH_MAX = 100, NAME_MAX_BYTES = 64, UNPACKED_MAX = 64 << 20 };

struct object { struct str value, stream; bool has_stream; uint32_t number, written; };

struct pdf_in {
	struct cx *cx;
	struct str s;
	VEC(struct object);
	uint32_t *by_number;            /* index + 1 into the objects; 0: none */
	size_t unpacked;
	uint32_t root;                  /* object numbers; 0: none */
	bool protected;
	VEC(uint32_t) queue;           /* places of objects, in the order of their new numbers */
};

/* ---- reading tokens ---- */

struct lex { struct str s; size_t at; };

static bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0; }
static bool is_mark(char c) { return c && strchr("()<>[]{}/%", c) != NULL; }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static char peek(const struct lex *l) { return l->at < l->s.n ? l->s.p[l->at] : 0; }

static void blanks(struct lex *l)
{
	for (; l->at < l->s.n; l->at++) {
		char c = l->s.p[l->at];
		if (c == '%')
			while (l->at < l->s.n && l->s.p[l->at] != '\n' && l->s.p[l->at] != '\r') l->at++;
		else if (!is_space(c)) return;
	}
}

static bool word(struct lex *l, const char *text)
{
	size_t n = strlen(text);
	if (l->s.n - l->at < n || memcmp(l->s.p + l->at, text, n) != 0) return false;
	l->at += n;
	return true;
}

static bool whole(struct lex *l, uint32_t *v)
{
	size_t from = l->at;
	uint64_t sum = 0;
	while (is_digit(peek(l)) && l->at - from < 10) sum = sum * 10 + (uint64_t)(l->s.p[l->at++] - '0');
	*v = sum > UINT32_MAX ? UINT32_MAX : (uint32_t)sum;
	return l->at > from && !is_digit(peek(l));
}

/* "12 0 R" */
static bool reference(struct lex *l, uint32_t *number)
{
	struct lex try = *l;
	uint32_t generation;
	if (!whole(&try, number)) return false;
	blanks(&try);
	if (!whole(&try, &generation)) return false;
	blanks(&try);
	if (peek(&try) != 'R') return false;
	try.at++;
	if (try.at < try.s.n && !is_space(peek(&try)) && !is_mark(peek(&try))) return false;
	*l = try;
	return true;
}

static int hex(char c)
{
	if (is_digit(c)) return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A name as it is meant: /Au#74hor is Author. Longer than the room: cut, and so none that is known. */
static bool name(struct lex *l, char out[NAME_MAX_BYTES])
{
	size_t n = 0;
	if (peek(l) != '/') return false;
	for (l->at++; l->at < l->s.n && !is_space(peek(l)) && !is_mark(peek(l)); l->at++) {
		char c = peek(l);
		if (c == '#' && l->s.n - l->at > 2 && hex(l->s.p[l->at + 1]) >= 0 && hex(l->s.p[l->at + 2]) >= 0) {
			c = (char)(hex(l->s.p[l->at + 1]) * 16 + hex(l->s.p[l->at + 2]));
			l->at += 2;
		}
		if (n < NAME_MAX_BYTES - 1) out[n++] = c;
	}
	out[n] = 0;
	return true;
}

static bool text(struct lex *l)
{
	int open = 0;
	for (; l->at < l->s.n; l->at++) {
		char c = l->s.p[l->at];
		if (c == '\\') l->at++;
		else if (c == '(') open++;
		else if (c == ')' && --open == 0) return l->at++, true;
	}
	return false;
}

static bool skip(struct lex *l, int depth);

static bool skip_until(struct lex *l, const char *end, int depth)
{
	for (;;) {
		blanks(l);
		if (l->at >= l->s.n) return false;
		if (word(l, end)) return true;
		if (!skip(l, depth + 1)) return false;
	}
}

/* One value: left behind. */
static bool skip(struct lex *l, int depth)
{
	uint32_t number;
	char text_of[NAME_MAX_BYTES];
	blanks(l);
	if (depth > DEPTH_MAX || l->at >= l->s.n) return false;
	if (word(l, "<<")) return skip_until(l, ">>", depth);
	if (word(l, "[")) return skip_until(l, "]", depth);
	char c = peek(l);
	if (c == '(') return text(l);
	if (c == '/') return name(l, text_of);
	if (c == '<') {
		while (l->at < l->s.n && peek(l) != '>') l->at++;
		return l->at++ < l->s.n;
	}
	if (is_mark(c)) return false;
	if (is_digit(c) && reference(l, &number)) return true;
	size_t from = l->at;
	while (l->at < l->s.n && !is_space(peek(l)) && !is_mark(peek(l))) l->at++;
	return l->at > from;
}

/* The value of a key of the dictionary that `dict` starts with. */
static bool entry(struct str dict, const char *key, struct str *value)
{
	struct lex l = { dict, 0 };
	char found[NAME_MAX_BYTES];
	blanks(&l);
	if (!word(&l, "<<")) return false;
	for (;;) {
		blanks(&l);
		if (!name(&l, found)) return false;
		blanks(&l);
		size_t from = l.at;
		if (!skip(&l, 0)) return false;
		if (strcmp(found, key) != 0) continue;
		*value = str_sub(dict, from, l.at);
		return true;
	}
}

static bool entry_is(struct str dict, const char *key, const char *wanted)
{
	struct str v;
	char found[NAME_MAX_BYTES];
	if (!entry(dict, key, &v)) return false;
	struct lex l = { v, 0 };
	return name(&l, found) && strcmp(found, wanted) == 0;
}

static bool entry_number(struct str dict, const char *key, uint32_t *out)
{
	struct str v;
	if (!entry(dict, key, &v)) return false;
	struct lex l = { v, 0 };
	return whole(&l, out) && l.at == v.n;
}

/* ---- finding the objects ---- */

static void add(struct pdf_in *in, uint32_t number, struct object o)
{
	if (!number || number >= NUMBER_MAX) return;
	o.number = number;
	VEC_PUSH(in->cx->arena, in, o);
	in->by_number[number] = (uint32_t)in->n;
}

/* "\n7 0 obj 1234": a length that stands in an object of its own, read already or after the stream, at `from` or later. */
static bool length_elsewhere(const struct pdf_in *in, uint32_t number, size_t from, uint32_t *length)
{
	char pattern[32];
	if (number < NUMBER_MAX && in->by_number[number]) {
		struct lex l = { in->v[in->by_number[number] - 1].value, 0 };
		return whole(&l, length);
	}
	int n = snprintf(pattern, sizeof pattern, "%u 0 obj", number);
	for (size_t at = from; (at = str_find(in->s, (struct str){ pattern, (size_t)n }, at)) != SIZE_MAX; at++) {
		struct lex l = { in->s, at + (size_t)n };
		if (at && is_digit(in->s.p[at - 1])) continue;
		blanks(&l);
		if (whole(&l, length)) return true;
	}
	return false;
}

static bool ends_here(const struct pdf_in *in, size_t at)
{
	enum { SLACK = 4 };
	struct lex l = { in->s, at };
	for (int i = 0; i < SLACK && is_space(peek(&l)) && l.at < l.s.n; i++) l.at++;
	return at <= in->s.n && word(&l, "endstream");
}

/* After "stream": its bytes; moves behind "endstream". */
static bool take_stream(const struct pdf_in *in, struct lex *l, struct str dict, struct str *out)
{
	uint32_t length = 0, elsewhere;
	struct str v;
	if (peek(l) == '\r') l->at++;
	if (peek(l) == '\n') l->at++;
	size_t from = l->at, end = SIZE_MAX;
	bool known = entry_number(dict, "Length", &length);
	if (!known && entry(dict, "Length", &v)) {
		struct lex r = { v, 0 };
		known = reference(&r, &elsewhere) && length_elsewhere(in, elsewhere, from, &length);
	}
	if (known && length <= in->s.n - from && ends_here(in, from + length)) end = from + length;
	if (end == SIZE_MAX) {
		end = str_find(in->s, STR("endstream"), from);
		if (end == SIZE_MAX) return false;
		if (end > from && in->s.p[end - 1] == '\n') end--;
		if (end > from && in->s.p[end - 1] == '\r') end--;
	}
	*out = str_sub(in->s, from, end);
	l->at = str_find(in->s, STR("endstream"), end) + strlen("endstream");
	return true;
}

static enum rc unpack(struct pdf_in *in, const struct object *o, struct str *out)
{
	struct str v;
	if (!entry(o->value, "Filter", &v)) return *out = o->stream, RC_OK;
	if (!entry_is(o->value, "Filter", "FlateDecode") || (entry(o->value, "DecodeParms", &v) && !str_is(str_trim(v), "null")))
		return strip_damaged(in->cx, "object stream");
	struct buf b = BUF(in->cx->arena, UNPACKED_MAX);
	z_stream z = { .next_in = (unsigned char *)(uintptr_t)o->stream.p, .avail_in = (unsigned)o->stream.n };
	char chunk[16384];
	int state = inflateInit(&z);
	while (state == Z_OK && !b.full) {
		z.next_out = (unsigned char *)chunk;
		z.avail_out = sizeof chunk;
		state = inflate(&z, Z_NO_FLUSH);
		buf_add(&b, (struct str){ chunk, sizeof chunk - z.avail_out });
	}
	(void)inflateEnd(&z);
	in->unpacked += b.n;
	if (b.full || in->unpacked > UNPACKED_MAX) return strip_damaged(in->cx, "size");
	if (state != Z_STREAM_END && state != Z_BUF_ERROR) return strip_damaged(in->cx, "deflate");
	*out = buf_str(&b);
	return RC_OK;
}

/* The objects within an object stream. */
static enum rc add_packed(struct pdf_in *in, const struct object *o)
{
	uint32_t n, first, number, offset;
	struct str s;
	if (!entry_number(o->value, "N", &n) || !entry_number(o->value, "First", &first)) return strip_damaged(in->cx, "object stream");
	TRY(unpack(in, o, &s));
	struct lex l = { s, 0 };
	for (uint32_t i = 0; i < n; i++) {
		blanks(&l);
		if (!whole(&l, &number)) return strip_damaged(in->cx, "object stream");
		blanks(&l);
		if (!whole(&l, &offset) || first > s.n || offset > s.n - first) return strip_damaged(in->cx, "object stream");
		struct lex value = { s, first + offset };
		blanks(&value);
		size_t from = value.at;
		if (skip(&value, 0)) add(in, number, (struct object){ .value = str_sub(s, from, value.at) });
	}
	return RC_OK;
}

static void read_trailer(struct pdf_in *in, struct str dict)
{
	struct str v;
	if (entry(dict, "Encrypt", &v)) in->protected = true;
	if (!entry(dict, "Root", &v)) return;
	struct lex l = { v, 0 };
	uint32_t number;
	if (reference(&l, &number)) in->root = number;
}

/* "12 0 obj" and what follows; false: there is none here. */
static enum rc take_object(struct pdf_in *in, struct lex *l, bool *taken)
{
	struct lex t = *l;
	uint32_t number, generation;
	struct object o = { 0 };
	*taken = false;
	if (!whole(&t, &number)) return RC_OK;
	blanks(&t);
	if (!whole(&t, &generation)) return RC_OK;
	blanks(&t);
	if (!word(&t, "obj")) return RC_OK;
	blanks(&t);
	size_t from = t.at;
	if (!skip(&t, 0)) return RC_OK;
	o.value = str_sub(in->s, from, t.at);
	struct lex s = t;
	blanks(&s);
	if (str_starts(o.value, STR("<<")) && word(&s, "stream")) {
		if (!take_stream(in, &s, o.value, &o.stream)) return RC_OK;
		o.has_stream = true;
		t = s;
	}
	*taken = true;
	*l = t;
	if (o.has_stream && entry_is(o.value, "Type", "XRef")) return read_trailer(in, o.value), RC_OK;
	if (o.has_stream && entry_is(o.value, "Type", "ObjStm")) return add_packed(in, &o);
	add(in, number, o);
	return RC_OK;
}

static enum rc find_objects(struct pdf_in *in)
{
	struct lex l = { in->s, 0 };
	for (;;) {
		bool taken = false;
		blanks(&l);
		if (l.at >= in->s.n) return RC_OK;
		if (is_digit(peek(&l))) TRY(take_object(in, &l, &taken));
		if (taken) continue;
		if (word(&l, "trailer")) {
			struct lex t = l;
			blanks(&t);
			size_t from = t.at;
			if (skip(&t, 0)) read_trailer(in, str_sub(in->s, from, t.at));
			continue;
		}
		size_t from = l.at;
		while (l.at < in->s.n && !is_space(peek(&l)) && !is_mark(peek(&l))) l.at++;
		if (l.at == from) l.at++;
	}
}

/* ---- writing ---- */

/* What a dictionary is, as far as it decides what stays of it. */
struct kind { bool note, placed, signature, signature_field, outside, page, stream; };

static bool named_in(struct str dict, const char *key, const char *const *names)
{
	for (; *names; names++)
		if (entry_is(dict, key, *names)) return true;
	return false;
}

static struct kind kind_of(struct str dict, bool stream)
{
	static const char *const notes[] = { "Text", "FreeText", "Line", "Square", "Circle", "Polygon", "PolyLine", "Highlight", "Underline", "Squiggly", "StrikeOut",
		"Stamp", "Caret", "Ink", "Popup", "FileAttachment", "Sound", "Redact", NULL };
	static const char *const acts[] = { "JavaScript", "Launch", "SubmitForm", "ImportData", "GoToR", "GoToE", "Rendition", "RichMediaExecute", NULL };
	struct str v;
	return (struct kind){ .note = named_in(dict, "Subtype", notes), .placed = entry(dict, "Rect", &v), .signature = entry(dict, "ByteRange", &v), .signature_field = entry_is(dict, "FT", "Sig"),
		.outside = named_in(dict, "S", acts) || entry_is(dict, "Type", "Filespec") || entry_is(dict, "Type", "F"), .page = entry_is(dict, "Type", "Page"),
		.stream = stream };
}

static bool listed(const char *key, const char *const *names)
{
	for (; *names; names++)
		if (strcmp(key, *names) == 0) return true;
	return false;
}

static bool left_out(const struct kind *k, const char *key)
{
	/* Information, private data of programs, what runs or calls home when the file is opened, and what is attached. */
	static const char *const always[] = { "Metadata", "PieceInfo", "LastModified", "AA", "OpenAction", "JavaScript", "JS", "EmbeddedFiles", "EF", "AF", "Collection",
		"Perms", "DSS", "SpiderInfo", "CreatorInfo", "XFA", "Threads", "Legal", "Thumb", NULL };
	static const char *const of_note[] = { "T", "M", "CreationDate", "NM", NULL }, *const of_placed[] = { "M", "NM", NULL },
		*const of_stream[] = { "Length", "F", "FFilter", "FDecodeParms", "DL", NULL };
	if (k->signature) return strcmp(key, "Type") != 0;
	if (k->outside) return strcmp(key, "Type") != 0 && strcmp(key, "S") != 0;
	if (listed(key, always)) return true;
	if (k->note && listed(key, of_note)) return true;
	if (k->placed && listed(key, of_placed)) return true;
	if (k->signature_field && strcmp(key, "V") == 0) return true;
	if (k->page && strcmp(key, "B") == 0) return true;
	return k->stream && listed(key, of_stream);
}

/* The new number of an object: given when it is first named. 0: there is no such object. */
static uint32_t written(struct pdf_in *in, uint32_t number)
{
	uint32_t at = number < NUMBER_MAX ? in->by_number[number] : 0;
	if (!at) return 0;
	struct object *o = &in->v[at - 1];
	if (o->written) return o->written;
	VEC_PUSH(in->cx->arena, &in->queue, at - 1);
	return o->written = (uint32_t)in->queue.n;
}

static bool copy(struct pdf_in *in, struct lex *l, int depth, bool stream, struct buf *out);

static bool copy_dict(struct pdf_in *in, struct lex *l, int depth, bool stream, struct buf *out)
{
	struct lex end = *l;
	char key[NAME_MAX_BYTES];
	if (!skip(&end, depth)) return false;
	struct kind k = kind_of(str_sub(l->s, l->at, end.at), stream);
	l->at += 2;
	buf_add(out, STR("<<"));
	for (;;) {
		blanks(l);
		if (word(l, ">>")) break;
		size_t from = l->at;
		if (!name(l, key)) return false;
		struct str raw = str_sub(l->s, from, l->at);
		if (left_out(&k, key)) {
			if (!skip(l, depth + 1)) return false;
			continue;
		}
		buf_add(out, raw);
		buf_c(out, ' ');
		if (!copy(in, l, depth + 1, false, out)) return false;
		buf_c(out, ' ');
	}
	buf_add(out, STR(">>"));
	return true;
}

/* One value, without what is left out, under the new numbers. */
static bool copy(struct pdf_in *in, struct lex *l, int depth, bool stream, struct buf *out)
{
	uint32_t number;
	blanks(l);
	if (depth > DEPTH_MAX || l->at >= l->s.n) return false;
	if (str_starts(str_sub(l->s, l->at, l->s.n), STR("<<"))) return copy_dict(in, l, depth, stream, out);
	if (word(l, "[")) {
		buf_c(out, '[');
		for (;;) {
			blanks(l);
			if (word(l, "]")) break;
			if (!copy(in, l, depth + 1, false, out)) return false;
			buf_c(out, ' ');
		}
		buf_c(out, ']');
		return true;
	}
	if (is_digit(peek(l)) && reference(l, &number)) {
		uint32_t to = written(in, number);
		if (to) buf_fmt(out, "%u 0 R", to);
		else buf_add(out, STR("null"));
		return true;
	}
	size_t from = l->at;
	if (!skip(l, depth)) return false;
	buf_add(out, str_sub(l->s, from, l->at));
	return true;
}

/* A picture in its own format may carry what its camera wrote. */
static bool is_jpeg(struct str dict)
{
	struct str v;
	char filter[NAME_MAX_BYTES];
	if (!entry(dict, "Filter", &v)) return false;
	struct lex l = { v, 0 };
	if (word(&l, "[")) blanks(&l);
	if (!name(&l, filter) || strcmp(filter, "DCTDecode") != 0) return false;
	blanks(&l);
	return l.at == v.n || peek(&l) == ']';
}

static enum rc put_object(struct pdf_in *in, uint32_t place, struct buf *out)
{
	struct object o = in->v[place];
	struct lex l = { o.value, 0 };
	struct str bytes = o.stream;
	if (o.has_stream && entry_is(o.value, "Type", "Metadata")) return buf_add(out, STR("null")), RC_OK;
	if (o.has_stream && is_jpeg(o.value)) {
		struct buf picture = BUF(in->cx->arena, o.stream.n + 64);
		TRY(strip_jpeg(in->cx, o.stream, &picture));
		bytes = buf_str(&picture);
	}
	size_t from = out->n;
	if (!copy(in, &l, 0, o.has_stream, out)) return strip_damaged(in->cx, "object");
	if (!o.has_stream) return RC_OK;
	if (out->full || out->n - from < 4) return strip_damaged(in->cx, "stream");
	out->n -= 2;    /* before the closing >> */
	buf_fmt(out, "/Length %zu>>\nstream\n", bytes.n);
	buf_add(out, bytes);
	buf_add(out, STR("\nendstream"));
	return RC_OK;
}

static enum rc put_all(struct pdf_in *in, struct buf *out)
{
	VEC(size_t) at = { 0 };
	buf_add(out, STR("%PDF-1.7\n%\xE2\xE3\xCF\xD3\n"));
	for (size_t i = 0; i < in->queue.n; i++) {
		VEC_PUSH(in->cx->arena, &at, out->n);
		buf_fmt(out, "%zu 0 obj\n", i + 1);
		TRY(put_object(in, in->queue.v[i], out));
		buf_add(out, STR("\nendobj\n"));
	}
	size_t table = out->n;
	buf_fmt(out, "xref\n0 %zu\n0000000000 65535 f \n", at.n + 1);
	for (size_t i = 0; i < at.n; i++) buf_fmt(out, "%010zu 00000 n \n", at.v[i]);
	buf_fmt(out, "trailer\n<</Size %zu/Root 1 0 R>>\nstartxref\n%zu\n%%%%EOF\n", at.n + 1, table);
	return RC_OK;
}

enum rc strip_pdf(struct cx *cx, struct str bytes, struct buf *out)
{
	struct pdf_in *in = ARENA_NEW(cx->arena, struct pdf_in);
	*in = (struct pdf_in){ .cx = cx, .s = bytes, .by_number = ARENA_ARRAY(cx->arena, uint32_t, NUMBER_MAX) };
	TRY(find_objects(in));
	if (in->protected) {
		enum rc rc = fail(cx, RC_INVALID, "strip.protected", NOWHERE, "PDF 有密码或权限保护，无法去除作者等信息", "the PDF is protected: what tells of its author cannot be taken out");
		fail_hint(cx, "请上传未加保护的 PDF", "upload a PDF without protection");
		return rc;
	}
	for (size_t i = 0; i < in->n && !in->root; i++)
		if (entry_is(in->v[i].value, "Type", "Catalog")) in->root = in->v[i].number;
	if (!in->root || !written(in, in->root)) return strip_damaged(cx, "PDF");
	return put_all(in, out);
}

/* One line of JSON to a document. Most lines are one flat object of texts, which are read in place here; a line with anything else in it,
   wrong ones too, is left to the reader of JSON, so that there is one opinion of what is valid. */
#include "base/json.h"
#include "base/utf8.h"
#include "feature/text_cmd.h"

enum { KEYS_MAX = 24, YEAR_MAX = 9999, LINE_MAX_BYTES = 16 << 20 };

struct scan { struct arena *arena; const unsigned char *p, *end; };

static void blanks(struct scan *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\r' || *s->p == '\n')) s->p++;
}

static bool mark(struct scan *s, char c)
{
	blanks(s);
	if (s->p == s->end || *s->p != (unsigned char)c) return false;
	s->p++;
	return true;
}

/* Behind the longest piece from `p` of whole characters without quote, backslash or control; NULL when it ends in malformed bytes. */
static const unsigned char *plain_end(const unsigned char *p, const unsigned char *end)
{
	while (p < end) {
		if (*p < 0x80) {
			if (*p < 0x20 || *p == '"' || *p == '\\') return p;
			p++;
		} else if (*p > 0xE0 && *p < 0xF0 && *p != 0xED && end - p > 2 && (p[1] & 0xC0) == 0x80 && (p[2] & 0xC0) == 0x80) {
			p += 3;
		} else {
			size_t at = 0;
			if (utf8_next((struct str){ (const char *)p, (size_t)(end - p) }, &at) < 0) return NULL;
			p += at;
		}
	}
	return p;
}

static int hex4(const unsigned char *p)
{
	int v = 0;
	for (int i = 0; i < 4; i++) {
		int c = p[i], d = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
		if (d < 0) return -1;
		v = v << 4 | d;
	}
	return v;
}

/* The escape at s->p, put at `out`; 0: one that is left to the other reader. */
static size_t escape(struct scan *s, char *out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	if (s->end - s->p < 2) return 0;
	const char *k = s->p[1] ? strchr(from, s->p[1]) : NULL;
	if (k) {
		*out = to[k - from];
		s->p += 2;
		return 1;
	}
	int c = s->p[1] == 'u' && s->end - s->p >= 6 ? hex4(s->p + 2) : -1;
	if (c <= 0 || (c >= 0xD800 && c < 0xE000)) return 0;
	s->p += 6;
	return utf8_put(out, c);
}

static bool text(struct scan *s, struct str *out)
{
	if (!mark(s, '"')) return false;
	const unsigned char *from = s->p, *to = plain_end(from, s->end);
	if (!to || to == s->end || *to < 0x20) return false;
	if (*to == '"') {
		*out = (struct str){ (const char *)from, (size_t)(to - from) };
		s->p = to + 1;
		return true;
	}
	char *made = arena_alloc(s->arena, (size_t)(s->end - from) + 4);        /* an escape is never shorter than what it stands for */
	size_t n = 0;
	for (;;) {
		memcpy(made + n, s->p, (size_t)(to - s->p));
		n += (size_t)(to - s->p);
		s->p = to;
		if (*to == '"') break;
		size_t k = escape(s, made + n);
		if (!k) return false;
		n += k;
		to = plain_end(s->p, s->end);
		if (!to || to == s->end || *to < 0x20) return false;
	}
	s->p++;
	*out = (struct str){ made, n };
	return true;
}

/* A whole number of at most 18 digits, as it is written. */
static bool whole_number(struct scan *s, struct str *out)
{
	const unsigned char *from = s->p;
	if (s->p < s->end && *s->p == '-') s->p++;
	const unsigned char *digits = s->p;
	while (s->p < s->end && *s->p >= '0' && *s->p <= '9') s->p++;
	size_t n = (size_t)(s->p - digits);
	if (!n || n > 18 || (*digits == '0' && (n > 1 || digits > from)) || (s->p < s->end && (*s->p == '.' || (*s->p | 32) == 'e'))) return false;
	*out = (struct str){ (const char *)from, (size_t)(s->p - from) };
	return true;
}

static bool groups(struct scan *s, struct text_doc *d)
{
	VEC(struct str) v = { 0 };
	struct str one;
	if (!mark(s, '[')) return false;
	for (bool more = !mark(s, ']'); more; more = !mark(s, ']')) {
		if (v.n && !mark(s, ',')) return false;
		if (!text(s, &one)) return false;
		VEC_PUSH(s->arena, &v, one);
	}
	d->see = v.v, d->n_see = (int)v.n;
	return true;
}

static bool member(struct scan *s, struct str key, struct text_doc *d)
{
	struct { const char *name; struct str *to; } texts[] = { { "id", &d->id }, { "title", &d->title }, { "body", &d->body }, { "owner", &d->owner },
		{ "type", &d->type }, { "division", &d->division } };
	struct str v;
	blanks(s);
	if (str_is(key, "see")) return groups(s, d);
	bool quoted = s->p < s->end && *s->p == '"';
	if (quoted ? !text(s, &v) : !whole_number(s, &v)) return false;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (str_is(key, texts[i].name)) return *texts[i].to = v, quoted || i == 0;
	int64_t year;
	if (!str_is(key, "year")) return true;
	if (quoted || !str_int(v, &year) || year < 0 || year > YEAR_MAX) return false;
	d->year = (int)year;
	return true;
}

static bool flat(struct scan *s, struct text_doc *d)
{
	struct str key[KEYS_MAX];
	int n = 0;
	if (!mark(s, '{')) return false;
	for (bool more = !mark(s, '}'); more; more = !mark(s, '}')) {
		if (n == KEYS_MAX || (n && !mark(s, ',')) || !text(s, &key[n]) || !mark(s, ':')) return false;
		for (int i = 0; i < n; i++)
			if (str_eq(key[i], key[n])) return false;
		if (!member(s, key[n++], d)) return false;
	}
	blanks(s);
	return s->p == s->end && d->id.n;
}

/* ---- by the reader of JSON ---- */

static enum rc wrong(struct cx *cx, struct where at, const char *field, struct str zh, struct str en)
{
	at.field = str_c(field);
	return fail_text(cx, RC_INVALID, "text.field", at, zh, en);
}

static enum rc take_text(struct cx *cx, struct where at, struct val v, const char *name, struct str *out)
{
	struct val x = val_get(v, str_c(name));
	if (x.kind != VAL_NULL && x.kind != VAL_TEXT) return wrong(cx, at, name, STR("应为文本"), STR("takes a text"));
	*out = val_str(x);
	return RC_OK;
}

static enum rc from_json(struct cx *cx, struct where at, struct val v, struct text_doc *d)
{
	if (v.kind != VAL_MAP) return fail(cx, RC_INVALID, "text.line", at, "每行应为一个 JSON 对象", "every line should be one JSON object");
	struct val id = VAL_GET(v, "id"), year = VAL_GET(v, "year"), see = VAL_GET(v, "see");
	if (id.kind == VAL_INT) d->id = str_fmt(cx->arena, "%lld", (long long)id.i);
	else TRY(take_text(cx, at, v, "id", &d->id));
	TRY(take_text(cx, at, v, "title", &d->title));
	TRY(take_text(cx, at, v, "body", &d->body));
	TRY(take_text(cx, at, v, "owner", &d->owner));
	TRY(take_text(cx, at, v, "type", &d->type));
	TRY(take_text(cx, at, v, "division", &d->division));
	if (year.kind != VAL_NULL && (year.kind != VAL_INT || year.i < 0 || year.i > YEAR_MAX)) return wrong(cx, at, "year", STR("应为 0 到 9999 的整数"), STR("takes a whole number from 0 to 9999"));
	d->year = year.kind == VAL_INT ? (int)year.i : 0;
	if (see.kind != VAL_NULL && see.kind != VAL_LIST) return wrong(cx, at, "see", STR("应为文本的列表"), STR("takes a list of texts"));
	struct str *group = ARENA_ARRAY(cx->arena, struct str, (see.kind == VAL_LIST ? val_len(see) : 0) + 1);
	for (size_t i = 0; see.kind == VAL_LIST && i < val_len(see); i++) {
		if (val_at(see, i).kind != VAL_TEXT) return wrong(cx, at, "see", STR("应为文本的列表"), STR("takes a list of texts"));
		group[d->n_see++] = val_str(val_at(see, i));
	}
	d->see = group;
	return RC_OK;
}

enum rc text_utf8_check(struct cx *cx, struct str s, struct where at)
{
	for (size_t i = 0, from; i < s.n;) {
		from = i;
		if (utf8_next(s, &i) >= 0) continue;
		at.column = from < INT32_MAX ? (int)from + 1 : 0;
		enum rc rc = fail(cx, RC_INVALID, "text.utf8", at, "从这一字节起不是 UTF-8", "not UTF-8 from this byte on");
		fail_hint(cx, "GB18030 或 GBK 的文件请先转换：iconv -f GB18030 -t UTF-8", "convert a file in GB18030 or GBK first: iconv -f GB18030 -t UTF-8");
		return rc;
	}
	return RC_OK;
}

enum rc text_doc_read(struct cx *cx, struct str line, const char *path, int number, struct text_doc *out)
{
	struct where at = { .file = str_c(path), .line = number, .column = 1 };
	struct text_doc d = { 0 };
	struct scan s = { .arena = cx->arena, .p = (const unsigned char *)line.p, .end = (const unsigned char *)line.p + line.n };
	if (line.n > LINE_MAX_BYTES) return fail(cx, RC_INVALID, "text.long", at, "一行超过 16 MiB", "a line is longer than 16 MiB");
	if (!flat(&s, &d)) {
		struct val v;
		TRY(text_utf8_check(cx, line, at));
		int before = cx->fails.n;
		enum rc rc = json_read(cx, line, path, &v);
		for (int i = before; i < cx->fails.n; i++) cx->fails.v[i].where = at;
		if (rc != RC_OK) return RC_INVALID;
		d = (struct text_doc){ 0 };
		TRY(from_json(cx, at, v, &d));
	}
	if (!d.id.n) return fail(cx, RC_INVALID, "text.doc", at, "缺少 id", "id is missing");
	*out = d;
	return RC_OK;
}

/* One line of JSON to a document. Most lines are one flat object of texts, which are read in place here; a line with anything else in it,
   wrong ones too, is left to the reader of JSON, so that there is one opinion of what is valid. */
#include "base/json.h"
#include "base/utf8.h"
#include "feature/text_cmd.h"

enum { KEYS_MAX = 24, LINE_MAX_BYTES = 16 << 20 };

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
		if (str_is(key, texts[i].name)) return *texts[i].to = quoted || i == 0 ? v : (struct str){ 0 }, true;
	int64_t year;
	if (str_is(key, "year") && !quoted && str_int(v, &year)) d->year = year > 0 && year < 10000 ? (int)year : 0;
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

static struct str text_of(struct val v, struct str key) { return val_str(val_get(v, key)); }

static void from_json(struct arena *a, struct val v, struct text_doc *d)
{
	struct val id = VAL_GET(v, "id"), year = VAL_GET(v, "year"), see = VAL_GET(v, "see");
	d->id = id.kind == VAL_INT ? str_fmt(a, "%lld", (long long)id.i) : val_str(id);
	d->title = text_of(v, STR("title")), d->body = text_of(v, STR("body")), d->owner = text_of(v, STR("owner"));
	d->type = text_of(v, STR("type")), d->division = text_of(v, STR("division"));
	d->year = year.kind == VAL_INT && year.i > 0 && year.i < 10000 ? (int)year.i : 0;
	struct str *group = ARENA_ARRAY(a, struct str, val_len(see) + 1);
	for (size_t i = 0; see.kind == VAL_LIST && i < val_len(see); i++) group[d->n_see++] = val_str(val_at(see, i));
	d->see = group;
}

enum rc text_doc_read(struct cx *cx, struct str line, const char *path, int number, struct text_doc *out)
{
	struct where at = { .file = str_c(path), .line = number, .column = 1 };
	struct text_doc d = { 0 };
	struct scan s = { .arena = cx->arena, .p = (const unsigned char *)line.p, .end = (const unsigned char *)line.p + line.n };
	if (line.n > LINE_MAX_BYTES) return fail(cx, RC_INVALID, "text.long", at, "一行超过 16 MiB", "a line is longer than 16 MiB");
	if (!flat(&s, &d)) {
		struct val v;
		int before = cx->fails.n;
		enum rc rc = json_read(cx, line, path, &v);
		for (int i = before; i < cx->fails.n; i++) cx->fails.v[i].where = at;
		if (rc != RC_OK) return RC_INVALID;
		d = (struct text_doc){ 0 };
		from_json(cx->arena, v, &d);
	}
	if (!d.id.n) return fail(cx, RC_INVALID, "text.doc", at, "缺少 id", "id is missing");
	*out = d;
	return RC_OK;
}

#include "web/head.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/utf8.h"

#define REFUSE(status_, zh_, en_)                                            \
	do {                                                                 \
		static const struct refusal why_ = { (status_), (zh_), (en_) }; \
		return &why_;                                                \
	} while (0)

int head_scan(struct str bytes, size_t *at, const struct refusal **why)
{
	static const struct refusal bad = { 400, "请求含有不允许的字符或换行", "the request holds characters or line ends that are not allowed" };
	static const struct refusal large = { 431, "请求头过大", "the request's head is too large" };
	static const struct refusal target = { 414, "网址过长", "the address is too long" };
	for (size_t i = *at; i < bytes.n; i++) {
		unsigned char c = (unsigned char)bytes.p[i];
		if (c == '\n') {
			if (i == 0 || bytes.p[i - 1] != '\r') {
				*why = &bad;
				return -1;
			}
			if (i == 1 || (i >= 3 && bytes.p[i - 2] == '\n')) {
				if (i + 1 > HEAD_BYTES_MAX) break;
				return (int)(i + 1);
			}
		} else if (i > 0 && bytes.p[i - 1] == '\r') {
			*why = &bad;
			return -1;
		} else if ((c < 0x20 && c != '\t' && c != '\r') || c == 0x7F) {
			*why = &bad;
			return -1;
		}
	}
	*at = bytes.n;
	if (bytes.n <= HEAD_BYTES_MAX) return 0;
	*why = memchr(bytes.p, '\n', HEAD_BYTES_MAX) ? &large : &target;
	return -1;
}

static bool is_token(struct str s)
{
	if (!s.n) return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("!#$%&'*+-.^_`|~", c));
		if (!ok) return false;
	}
	return true;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9') return c - '0';
	if (c >= 'a' && c <= 'f') return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool percent_decode(struct arena *a, struct str s, bool plus, bool lines, struct str *out)
{
	char *p = arena_alloc(a, s.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c == '%') {
			if (s.n - i < 3 || hex(s.p[i + 1]) < 0 || hex(s.p[i + 2]) < 0) return false;
			c = (char)(hex(s.p[i + 1]) << 4 | hex(s.p[i + 2]));
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		bool line = c == '\t' || c == '\n' || c == '\r';
		if (((unsigned char)c < 0x20 || c == 0x7F) && !(line && lines)) return false;
		p[n++] = c;
	}
	*out = (struct str){ p, n };
	return utf8_valid(*out);
}

struct str percent_encode(struct arena *a, struct str s, const char *keep)
{
	static const char digits[] = "0123456789ABCDEF";
	struct buf out = BUF(a, s.n * 3);
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && (strchr("-._~", c) || strchr(keep, c)));
		if (!plain) buf_c(&out, '%');
		buf_c(&out, plain ? (char)c : digits[c >> 4]);
		if (!plain) buf_c(&out, digits[c & 15]);
	}
	return buf_str(&out);
}

const struct refusal *pairs_parse(struct arena *a, struct str s, int max, bool lines, struct http_pair **out, int *n)
{
	int count = s.n > 0;
	for (size_t i = 0; i < s.n; i++) count += s.p[i] == '&';
	if (count > max) REFUSE(413, "字段过多", "too many fields");
	struct http_pair *v = ARENA_ARRAY(a, struct http_pair, (size_t)count + 1);
	struct str part;
	int used = 0;
	while (str_cut(&s, '&', &part)) {
		struct str name = STR("");
		if (!part.n) continue;
		struct str value = part;
		(void)str_cut(&value, '=', &name);
		if (!percent_decode(a, name, true, false, &v[used].name) || !percent_decode(a, value, true, lines, &v[used].value))
			REFUSE(400, "字段的编码不正确", "a field is encoded wrongly");
		used++;
	}
	*out = v;
	*n = used;
	return NULL;
}

static const struct refusal *read_path(struct arena *a, struct str raw, struct str *path)
{
	for (size_t i = 0; i < raw.n; i++) {
		unsigned char c = (unsigned char)raw.p[i];
		if (c <= 0x20 || c >= 0x7F || strchr("\"#<>\\", c)) REFUSE(400, "网址中有不允许的字符", "the address holds a character that is not allowed");
		/* An encoded slash would be one segment here and two elsewhere. */
		if (c == '%' && i + 2 < raw.n && ((raw.p[i + 1] == '2' && (raw.p[i + 2] | 32) == 'f') || (raw.p[i + 1] == '5' && (raw.p[i + 2] | 32) == 'c')))
			REFUSE(400, "网址中有编码的斜杠", "the address holds an encoded slash");
	}
	if (!percent_decode(a, raw, false, false, path)) REFUSE(400, "网址的编码不正确", "the address is encoded wrongly");
	struct str rest = str_sub(*path, 1, path->n), part;
	while (str_cut(&rest, '/', &part))
		if (str_is(part, ".") || str_is(part, "..") || (part.n == 0 && rest.p)) REFUSE(400, "网址路径不规范", "the address has dot or empty segments");
	if (str_starts(*path, STR("//"))) REFUSE(400, "网址路径不规范", "the address has dot or empty segments");
	return NULL;
}

static const struct refusal *read_target(struct arena *a, struct str target, struct http_request *r)
{
	if (target.n > TARGET_BYTES_MAX) REFUSE(414, "网址过长", "the address is too long");
	if (!target.n || target.p[0] != '/') REFUSE(400, "网址要以“/”开头", "the address must begin with \"/\"");
	size_t mark = str_find(target, STR("?"), 0);
	const struct refusal *why = read_path(a, str_sub(target, 0, mark == SIZE_MAX ? target.n : mark), &r->path);
	if (why || mark == SIZE_MAX) return why;
	r->raw_query = str_dup(a, str_sub(target, mark + 1, target.n));
	for (size_t i = 0; i < r->raw_query.n; i++) {
		unsigned char c = (unsigned char)r->raw_query.p[i];
		if (c <= 0x20 || c >= 0x7F || strchr("\"#<>", c)) REFUSE(400, "网址中有不允许的字符", "the address holds a character that is not allowed");
	}
	struct http_pair *pairs;
	why = pairs_parse(a, r->raw_query, QUERY_PAIRS_MAX, true, &pairs, &r->n_query);
	if (why) REFUSE(400, "网址参数不正确", "the address's parameters are malformed");
	r->query = pairs;
	return NULL;
}

static const struct refusal *read_request_line(struct arena *a, struct str line, struct head *out)
{
	struct str rest = line, method, target;
	if (!str_cut(&rest, ' ', &method) || !str_cut(&rest, ' ', &target)) REFUSE(400, "请求行不正确", "the request line is malformed");
	if (!is_token(method) || method.n > 20 || str_has(rest, STR(" "))) REFUSE(400, "请求行不正确", "the request line is malformed");
	if (!str_is(rest, "HTTP/1.1") && !str_is(rest, "HTTP/1.0")) REFUSE(400, "只支持 HTTP/1.1", "only HTTP/1.1 is spoken here");
	out->close = str_is(rest, "HTTP/1.0");
	out->head_only = str_is(method, "HEAD");
	if (!out->head_only && !str_is(method, "GET") && !str_is(method, "POST")) REFUSE(405, "不支持这个方法", "this method is not allowed");
	out->request.method = str_is(method, "POST") ? STR("POST") : STR("GET");
	return read_target(a, target, &out->request);
}

/* Fields of which a second one would let two readers disagree. */
static bool is_single(struct str name)
{
	static const char *const single[] = { "host", "content-length", "content-type", "transfer-encoding", "authorization", "cookie", "origin", "referer",
		"expect", "if-none-match", "sec-fetch-site", "x-csrf-token", "idempotency-key", "accept-language", "x-forwarded-proto" };
	for (size_t i = 0; i < sizeof single / sizeof *single; i++)
		if (str_is(name, single[i])) return true;
	return false;
}

static const struct refusal *read_field(struct arena *a, struct str line, struct http_pair *v, int n)
{
	size_t colon = str_find(line, STR(":"), 0);
	struct str name = str_sub(line, 0, colon == SIZE_MAX ? 0 : colon);
	if (!is_token(name)) REFUSE(400, "请求头的写法不正确", "a header field is malformed");
	char *low = str_z(a, name);
	for (size_t i = 0; i < name.n; i++)
		if (low[i] >= 'A' && low[i] <= 'Z') low[i] = (char)(low[i] + 32);
	v[n].name = (struct str){ low, name.n };
	struct str value = str_sub(line, colon + 1, line.n);
	while (value.n && (value.p[0] == ' ' || value.p[0] == '\t')) value = str_sub(value, 1, value.n);
	while (value.n && (value.p[value.n - 1] == ' ' || value.p[value.n - 1] == '\t')) value.n--;
	if (!utf8_valid(value)) REFUSE(400, "请求头不是 UTF-8", "a header field is not UTF-8");
	v[n].value = str_dup(a, value);
	for (int i = 0; i < n; i++)
		if (str_eq(v[i].name, v[n].name) && is_single(v[n].name)) REFUSE(400, "请求头重复", "a header field is given twice");
	return NULL;
}

static const struct refusal *read_fields(struct arena *a, struct str bytes, struct head *out)
{
	struct http_pair *v = ARENA_ARRAY(a, struct http_pair, HEAD_FIELDS_MAX);
	int n = 0;
	while (bytes.n > 2) {
		size_t end = str_find(bytes, STR("\r\n"), 0);
		if (n == HEAD_FIELDS_MAX) REFUSE(431, "请求头过多", "too many header fields");
		const struct refusal *why = read_field(a, str_sub(bytes, 0, end), v, n++);
		if (why) return why;
		bytes = str_sub(bytes, end + 2, bytes.n);
	}
	out->request.header = v;
	out->request.n_header = n;
	return NULL;
}

static bool is_host(struct str s)
{
	if (!s.n || s.n > 255) return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("-._:[]", c)))) return false;
	}
	return true;
}

static const struct refusal *read_framing(struct head *out)
{
	const struct http_request *r = &out->request;
	struct str length = http_header(r, "content-length"), coding = http_header(r, "transfer-encoding");
	bool post = str_is(r->method, "POST"), has_length = length.p != NULL;
	if (coding.p) {
		if (has_length || out->close) REFUSE(400, "请求体长度自相矛盾", "the body's length is contradictory");
		REFUSE(411, "请给出 Content-Length", "give a Content-Length");
	}
	out->length = -1;
	if (has_length) {
		if (!length.n || length.n > 15) REFUSE(400, "Content-Length 不正确", "the Content-Length is malformed");
		for (size_t i = 0; i < length.n; i++)
			if (length.p[i] < '0' || length.p[i] > '9') REFUSE(400, "Content-Length 不正确", "the Content-Length is malformed");
		if (!str_int(length, &out->length)) REFUSE(400, "Content-Length 不正确", "the Content-Length is malformed");
	}
	if (post && !has_length) REFUSE(411, "请给出 Content-Length", "give a Content-Length");
	if (!post && out->length > 0) REFUSE(400, "这个方法不能带请求体", "this method takes no body");
	return NULL;
}

static const struct refusal *read_cookies(struct arena *a, struct http_request *r)
{
	struct str rest = http_header(r, "cookie"), part;
	struct http_pair *v = ARENA_ARRAY(a, struct http_pair, COOKIES_MAX);
	while (str_cut(&rest, ';', &part)) {
		struct str value = str_trim(part), name;
		/* Cookies of other applications on the host may be anything: what we cannot read is not ours. */
		if (!str_has(value, STR("=")) || !str_cut(&value, '=', &name)) continue;
		if (r->n_cookie == COOKIES_MAX) REFUSE(431, "Cookie 过多", "too many cookies");
		v[r->n_cookie++] = (struct http_pair){ name, value };
	}
	r->cookie = v;
	return NULL;
}

const struct refusal *head_parse(struct arena *a, struct str bytes, struct head *out)
{
	size_t end = str_find(bytes, STR("\r\n"), 0);
	*out = (struct head){ 0 };
	const struct refusal *why = read_request_line(a, str_sub(bytes, 0, end), out);
	if (!why) why = read_fields(a, str_sub(bytes, end + 2, bytes.n), out);
	if (why) return why;
	struct str host = http_header(&out->request, "host"), connection = http_header(&out->request, "connection");
	if (host.p ? !is_host(host) : !out->close) REFUSE(400, "Host 缺失或不正确", "the Host is missing or malformed");
	why = read_framing(out);
	if (!why) why = read_cookies(a, &out->request);
	if (why) return why;
	struct str token;
	while (str_cut(&connection, ',', &token))
		out->close = out->close || (str_trim(token).n == 5 && strncasecmp(str_trim(token).p, "close", 5) == 0);
	struct str expect = http_header(&out->request, "expect");
	out->expect_continue = expect.n == 12 && strncasecmp(expect.p, "100-continue", 12) == 0;
	if (expect.n && !out->expect_continue) REFUSE(417, "不支持 Expect", "this expectation cannot be met");
	out->content_type = http_header(&out->request, "content-type");
	return NULL;
}

static struct str pair_get(const struct http_pair *v, int n, const char *name)
{
	for (int i = 0; i < n; i++)
		if (str_is(v[i].name, name)) return v[i].value;
	return (struct str){ 0 };
}

struct str http_header(const struct http_request *r, const char *name) { return pair_get(r->header, r->n_header, name); }
struct str http_query(const struct http_request *r, const char *name) { return pair_get(r->query, r->n_query, name); }
struct str http_form(const struct http_request *r, const char *name) { return pair_get(r->form, r->n_form, name); }
struct str http_cookie(const struct http_request *r, const char *name) { return pair_get(r->cookie, r->n_cookie, name); }

void http_reply_header(struct http_reply *r, struct str name, struct str value)
{
	int max = (int)(sizeof r->header / sizeof *r->header);
	for (int i = 0; i < r->n_header; i++) {
		if (!str_eq(r->header[i].name, name) || str_is(name, "Set-Cookie")) continue;
		r->header[i].value = value;
		return;
	}
	if (r->n_header < max) r->header[r->n_header++] = (struct http_pair){ name, value };
}

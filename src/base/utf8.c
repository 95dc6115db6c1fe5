#include "utf8.h"

#include <string.h>
#include <unicode/ucnv.h>
#include <unicode/ucol.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include "arena.h"

int32_t utf8_next(struct str s, size_t *at)
{
	size_t i = *at;
	unsigned char b = (unsigned char)s.p[i];
	*at = i + 1;
	if (b < 0x80) return b;
	int more = b >= 0xF0 && b <= 0xF4 ? 3 : b >= 0xE0 && b < 0xF0 ? 2 : b >= 0xC2 && b < 0xE0 ? 1 : 0;
	if (!more || s.n - i <= (size_t)more) return -1;
	int32_t c = more == 3 ? b & 7 : more == 2 ? b & 15 : b & 31;
	for (int k = 1; k <= more; k++) {
		unsigned char t = (unsigned char)s.p[i + (size_t)k];
		if ((t & 0xC0) != 0x80) return -1;
		c = c << 6 | (t & 0x3F);
	}
	if ((more == 2 && c < 0x800) || (more == 3 && (c < 0x10000 || c > 0x10FFFF)) || (c >= 0xD800 && c < 0xE000)) return -1;
	*at = i + (size_t)more + 1;
	return c;
}

bool utf8_valid(struct str s)
{
	for (size_t i = 0; i < s.n;)
		if (utf8_next(s, &i) <= 0) return false;
	return true;
}

size_t utf8_count(struct str s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; n++) utf8_next(s, &i);
	return n;
}

size_t utf8_offset(struct str s, size_t chars)
{
	size_t i = 0;
	while (chars-- && i < s.n) utf8_next(s, &i);
	return i;
}

size_t utf8_put(char out[4], int32_t c)
{
	if (c < 0x80) return out[0] = (char)c, 1;
	size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = n - 1; i > 0; i--, c >>= 6) out[i] = (char)(0x80 | (c & 0x3F));
	out[0] = (char)((n == 2 ? 0xC0 : n == 3 ? 0xE0 : 0xF0) | c);
	return n;
}

bool utf8_is_han(int32_t c)
{
	return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x323AF) || c == 0x3007;
}

static enum rc icu_failed(struct cx *cx, UErrorCode e)
{
	return fail(cx, RC_IO, "text.icu", NOWHERE, "字符处理失败：%s", "text processing failed: %s", u_errorName(e));
}

static enum rc to_utf16(struct cx *cx, struct str s, UChar **out, int32_t *n)
{
	if (s.n > INT32_MAX / 4)
		return fail(cx, RC_LIMIT, "text.size", NOWHERE, "文本过长", "text too long");
	UErrorCode e = U_ZERO_ERROR;
	UChar *u = ARENA_ARRAY(cx->arena, UChar, s.n + 1);
	u_strFromUTF8WithSub(u, (int32_t)s.n + 1, n, s.p ? s.p : "", (int32_t)s.n, 0xFFFD, NULL, &e);
	if (U_FAILURE(e)) return icu_failed(cx, e);
	*out = u;
	return RC_OK;
}

static enum rc to_utf8(struct cx *cx, const UChar *u, int32_t n, struct str *out)
{
	UErrorCode e = U_ZERO_ERROR;
	int32_t bytes = 0, cap = n * 3 + 1;
	char *p = arena_alloc(cx->arena, (size_t)cap);
	u_strToUTF8(p, cap, &bytes, u, n, &e);
	if (U_FAILURE(e)) return icu_failed(cx, e);
	*out = (struct str){ p, (size_t)bytes };
	return RC_OK;
}

static bool plain_lower_ascii(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80 || (s.p[i] >= 'A' && s.p[i] <= 'Z')) return false;
	return true;
}

enum rc text_fold(struct cx *cx, struct str s, struct str *key)
{
	if (plain_lower_ascii(s)) {
		*key = s;
		return RC_OK;
	}
	UErrorCode e = U_ZERO_ERROR;
	const UNormalizer2 *fold = unorm2_getNFKCCasefoldInstance(&e);
	UChar *u;
	int32_t n;
	TRY(to_utf16(cx, s, &u, &n));
	int32_t cap = n * 4 + 32;
	UChar *f = ARENA_ARRAY(cx->arena, UChar, (size_t)cap);
	int32_t m = unorm2_normalize(fold, u, n, f, cap, &e);
	if (e == U_BUFFER_OVERFLOW_ERROR) {
		e = U_ZERO_ERROR;
		cap = m + 1;
		f = ARENA_ARRAY(cx->arena, UChar, (size_t)cap);
		m = unorm2_normalize(fold, u, n, f, cap, &e);
	}
	if (U_FAILURE(e)) return icu_failed(cx, e);
	return to_utf8(cx, f, m, key);
}

enum rc text_sort_key(struct cx *cx, struct str s, enum lang lang, struct str *key)
{
	UErrorCode e = U_ZERO_ERROR;
	UChar *u;
	int32_t n;
	TRY(to_utf16(cx, s, &u, &n));
	UCollator *col = ucol_open(lang == LANG_ZH ? "zh-u-co-pinyin" : "en", &e);
	if (U_FAILURE(e)) return icu_failed(cx, e);
	int32_t need = ucol_getSortKey(col, u, n, NULL, 0);
	char *p = arena_alloc(cx->arena, (size_t)need + 1);
	ucol_getSortKey(col, u, n, (uint8_t *)p, need);
	ucol_close(col);
	*key = (struct str){ p, need > 0 ? (size_t)need - 1 : 0 };
	return RC_OK;
}

/* A document given where text is expected: what it is, by its first bytes. */
static enum rc refuse_document(struct cx *cx, struct str bytes)
{
	static const struct { struct str head; const char *name; } kinds[] = {
		{ STR_INIT("%PDF-"), "PDF" }, { STR_INIT("PK\x03\x04"), "DOCX/XLSX/ZIP" }, { STR_INIT("\xD0\xCF\x11\xE0"), "DOC/XLS" }, { STR_INIT("{\\rtf"), "RTF" },
		{ STR_INIT("\x1F\x8B"), "GZIP" }, { STR_INIT("\x89PNG"), "PNG" }, { STR_INIT("\xFF\xD8\xFF"), "JPEG" },
	};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (!str_starts(bytes, kinds[i].head)) continue;
		enum rc rc = fail(cx, RC_INVALID, "text.document", NOWHERE, "这是 %s 文件，不是文本", "this is a %s file, not text", kinds[i].name);
		fail_hint(cx, "在原来的程序里打开，另存为纯文本，或复制文字粘贴", "open it in its own program and save it as plain text, or copy the words");
		return rc;
	}
	return RC_OK;
}

/* By an ICU converter that stops at the first bad byte. */
static enum rc convert(struct cx *cx, struct str bytes, const char *name, struct str *utf8)
{
	UErrorCode e = U_ZERO_ERROR;
	UConverter *from = ucnv_open(name, &e);
	if (U_FAILURE(e)) return icu_failed(cx, e);
	ucnv_setToUCallBack(from, UCNV_TO_U_CALLBACK_STOP, NULL, NULL, NULL, &e);
	UChar *u = ARENA_ARRAY(cx->arena, UChar, bytes.n + 1), *w = u;
	const char *r = bytes.p;
	ucnv_toUnicode(from, &w, u + bytes.n + 1, &r, bytes.p + bytes.n, NULL, true, &e);
	ucnv_close(from);
	bool nul = false;
	for (UChar *q = u; q < w; q++) nul |= *q == 0;
	if (!U_FAILURE(e) && !nul) return to_utf8(cx, u, (int32_t)(w - u), utf8);
	int line = 1;
	for (const char *q = bytes.p; q < r; q++) line += *q == '\n';
	enum rc rc = fail(cx, RC_INVALID, "text.encoding", ((struct where){ .line = line, .column = 1 }),
		"既不是 UTF-8 也不是 GB18030（第 %zu 字节）", "neither UTF-8 nor GB18030 (byte %zu)", (size_t)(r - bytes.p));
	fail_hint(cx, "另存为 UTF-8 文本后再试", "save it as UTF-8 text and try again");
	return rc;
}

enum rc text_decode(struct cx *cx, struct str bytes, struct str *utf8, const char **encoding)
{
	if (str_starts(bytes, STR("\xEF\xBB\xBF"))) bytes = str_sub(bytes, 3, bytes.n);
	TRY(refuse_document(cx, bytes));
	if (utf8_valid(bytes)) {
		*utf8 = bytes;
		*encoding = "UTF-8";
		return RC_OK;
	}
	if (bytes.n > INT32_MAX / 4) return fail(cx, RC_LIMIT, "text.size", NOWHERE, "文本过长", "text too long");
	bool wide = str_starts(bytes, STR("\xFF\xFE")) || str_starts(bytes, STR("\xFE\xFF"));
	*encoding = wide ? "UTF-16" : "GB18030";
	return convert(cx, bytes, wide ? "UTF-16" : "gb18030", utf8);
}

enum rc text_to_gb18030(struct cx *cx, struct str utf8, struct str *bytes)
{
	UErrorCode e = U_ZERO_ERROR;
	UChar *u;
	int32_t n;
	TRY(to_utf16(cx, utf8, &u, &n));
	UConverter *gb = ucnv_open("gb18030", &e);
	if (U_FAILURE(e)) return icu_failed(cx, e);
	int32_t cap = n * 4 + 1;
	char *p = arena_alloc(cx->arena, (size_t)cap);
	int32_t m = ucnv_fromUChars(gb, p, cap, u, n, &e);
	ucnv_close(gb);
	if (U_FAILURE(e)) return icu_failed(cx, e);
	*bytes = (struct str){ p, (size_t)m };
	return RC_OK;
}

/* The text as characters: decoding, folding, and the small look-around words the readers are written in. */
#include <string.h>

#include "base/utf8.h"
#include "letter_inner.h"

/* How far a clause, a sentence and a paragraph are followed: keeps hostile input linear. */
enum { CLAUSE_MAX = 300, SENTENCE_MAX = 1000, PARAGRAPH_MAX = 3000, CALL_COST = 8 };

static int32_t fold_mark(int32_t c)
{
	switch (c) {
	case 0xFF1A: case 0x2236: case 0xFE30: return ':';
	case 0xFF1B: return ';';
	case 0x3014: case 0x3010: case 0xFF3B: case 0x2772: case 0x3016: return '[';
	case 0x3015: case 0x3011: case 0xFF3D: case 0x2773: case 0x3017: return ']';
	case 0xFE6A: return '%';
	case 0x2013: case 0x2014: case 0x2015: case 0x2010: case 0x2011: case 0x2012: case 0x2212: case 0x2500: case 0xFF5E:
	case 0x301C: case '~': return '-';
	case 0x201F: case 0xFF02: case '"': return 0x201C;
	case 0x3000: case 0xA0: case '\t': case 0x2002: case 0x2003: case 0x2009: case 0x202F: return ' ';
	case 0x200B: case 0xFEFF: case 0x200C: case 0x200D: return ' ';
	case 0x2028: case 0x2029: case '\r': return '\n';
	case 0xFF61: return 0x3002;
	case 0x25CB: case 0x25EF: case 0x3007: return 0x3007;
	default: break;
	}
	/* Full-width forms, but not the full-width comma: it never separates thousands. */
	if (c >= 0xFF01 && c <= 0xFF5E && c != 0xFF0C) return c - 0xFEE0;
	return c;
}

static bool keeps_space(int32_t before, int32_t after)
{
	bool left = is_digit(before) || is_latin(before) || before == '.' || before == ',';
	bool right = is_digit(after) || is_latin(after);
	return left && right;
}

enum rc letter_prepare(struct reading *r, struct str text)
{
	if (text.n > LETTER_BYTES_MAX)
		return fail(r->cx, RC_LIMIT, "letter.size", NOWHERE, "文本超过 4 MiB", "the text is larger than 4 MiB");
	struct str head = str_sub(str_trim(text), 0, 9);
	if (str_starts(head, STR("<!DOCTYPE")) || str_starts(head, STR("<!doctype")) || str_starts(head, STR("<html")) || str_starts(head, STR("<?xml")))
		return fail(r->cx, RC_INVALID, "letter.markup", NOWHERE, "这是网页或 XML 源码，请在浏览器里打开后复制正文", "this is the source of a web page or XML: open it in a browser and copy its text");
	char *clean = arena_alloc(r->arena, text.n + 1);
	size_t used = 0;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\r' && i + 1 < text.n && text.p[i + 1] == '\n') continue;
		clean[used++] = text.p[i] == '\r' ? '\n' : text.p[i];
	}
	r->text = (struct str){ clean, used };
	if (!utf8_valid(r->text))
		return fail(r->cx, RC_INVALID, "letter.encoding", NOWHERE, "不是有效的 UTF-8 文本", "not valid UTF-8 text");
	size_t count = utf8_count(r->text);
	r->c = ARENA_ARRAY(r->arena, int32_t, count + 4);
	r->pos = ARENA_ARRAY(r->arena, int, count + 2);
	r->byte = ARENA_ARRAY(r->arena, int, count + 2);
	size_t at = 0;
	int chars = 0;
	while (at < used) {
		int start = (int)at;
		int32_t c = fold_mark(utf8_next(r->text, &at));
		if (c == ' ') {
			size_t look = at;
			int32_t after = look < used ? fold_mark(utf8_next(r->text, &look)) : 0;
			if (r->n == 0 || !keeps_space(r->c[r->n - 1], after)) c = 0;
		}
		if (c) {
			r->c[r->n] = c;
			r->pos[r->n] = chars;
			r->byte[r->n++] = start;
		}
		chars++;
	}
	r->pos[r->n] = chars;
	r->byte[r->n] = (int)used;
	return RC_OK;
}

/* The bytes of [a, b) as written; dropped spaces after the last character are left out. */
struct str letter_slice(const struct reading *r, int a, int b)
{
	if (b <= a) return STR("");
	size_t end = (size_t)r->byte[b - 1];
	utf8_next(r->text, &end);
	return str_sub(r->text, (size_t)r->byte[a], end);
}

/* The length in characters when `word` (one of the list) stands at `at`. */
static int word_at(const struct reading *r, int at, struct str word)
{
	size_t i = 0;
	int k = at;
	while (i < word.n) {
		int32_t w = utf8_next(word, &i);
		if (w != r->c[k] && w != 0x201C && w != ',') return 0;
		bool quote = w == 0x201C && (k < r->n && (r->c[k] == 0x201C || r->c[k] == 0x201D));
		if (k >= r->n || (r->c[k] != w && !quote && !(w == ',' && r->c[k] == 0xFF0C))) return 0;
		k++;
	}
	return k - at;
}

int at_any(const struct reading *r, int at, const char *words)
{
	char first[4];
	if (at < 0 || at >= r->n) return 0;
	size_t n = utf8_put(first, r->c[at]);
	*r->work += CALL_COST;
	for (const char *p = words;; p++) {
		const char *end = strchrnul(p, '|');
		/* A comma or a quotation mark of the list stands for its look-alikes too. */
		if (strncmp(p, first, n) == 0 || *p == ',' || strncmp(p, "“", 3) == 0) {
			int length = word_at(r, at, (struct str){ p, (size_t)(end - p) });
			if (length) return length;
		}
		if (!*end) return 0;
		p = end;
	}
}

int before_any(const struct reading *r, int end, int lo, const char *words)
{
	char last[4];
	if (end < 1 || end > r->n) return 0;
	size_t n = utf8_put(last, r->c[end - 1]);
	for (const char *p = words;; p++) {
		const char *stop = strchrnul(p, '|');
		size_t size = (size_t)(stop - p);
		/* The last character decides first; a comma or a quotation mark of the list stands for its look-alikes too. */
		bool alike = size && (stop[-1] == ',' || (size >= 3 && strncmp(stop - 3, "“", 3) == 0));
		if (size >= n && (alike || strncmp(stop - n, last, n) == 0)) {
			struct str word = { p, size };
			int length = (int)utf8_count(word);
			if (end - length >= lo && end - length >= 0 && word_at(r, end - length, word)) return length;
		}
		if (!*stop) return 0;
		p = stop;
	}
}

static uint64_t bit_of(int32_t c) { return (uint64_t)1 << ((uint32_t)(c ^ c >> 6) & 63); }

/* The first characters of the words, hashed to 64 bits: most places are ruled out without comparing. */
static uint64_t first_bits(const char *words)
{
	struct str rest = str_c(words), word;
	uint64_t bits = 0;
	while (str_cut(&rest, '|', &word)) {
		size_t at = 0;
		int32_t c = word.n ? utf8_next(word, &at) : 0;
		bits |= bit_of(c);
		if (c == ',') bits |= bit_of(0xFF0C);
		if (c == 0x201C) bits |= bit_of(0x201D);
	}
	return bits;
}

int find_any(const struct reading *r, int a, int b, const char *words)
{
	if (b <= a || *r->work > LETTER_WORK_MAX) return -1;
	uint64_t bits = first_bits(words);
	int i = a < 0 ? 0 : a, found = -1;
	for (; i < b && i < r->n && found < 0; i++) {
		if (!(bits & bit_of(r->c[i]))) continue;
		int length = at_any(r, i, words);
		if (length && i + length <= b) found = i;
	}
	*r->work += i - a + CALL_COST;
	return found;
}

int rfind_any(const struct reading *r, int a, int b, const char *words)
{
	if (b <= a || *r->work > LETTER_WORK_MAX) return -1;
	uint64_t bits = first_bits(words);
	int i = b - 1, found = -1;
	for (; i >= a && i >= 0 && found < 0; i--) {
		if (!(bits & bit_of(r->c[i]))) continue;
		int length = at_any(r, i, words);
		if (length && i + length <= b) found = i;
	}
	*r->work += b - i + CALL_COST;
	return found;
}

bool has_any(const struct reading *r, int a, int b, const char *words) { return find_any(r, a, b, words) >= 0; }

bool same_text(const struct reading *r, int a, int b, int c, int d)
{
	if (b - a != d - c) return false;
	return b <= a || memcmp(r->c + a, r->c + c, (size_t)(b - a) * sizeof *r->c) == 0;
}

bool is_sentence_end(int32_t c) { return c == 0x3002 || c == '!' || c == '?' || c == '\n'; }

bool is_clause_end(int32_t c)
{
	return c == ',' || c == 0xFF0C || c == ';' || c == ':' || c == '(' || c == ')' || c == '[' || c == ']' || is_sentence_end(c);
}

static bool ends_clause_at(const struct reading *r, int i)
{
	if (!is_clause_end(r->c[i])) return false;
	/* Thousands separators and ratios are not clause ends. */
	return !((r->c[i] == ',' || r->c[i] == ':') && i && is_digit(r->c[i - 1]) && is_digit(r->c[i + 1]));
}

int sentence_start(const struct reading *r, int at)
{
	int low = at > SENTENCE_MAX ? at - SENTENCE_MAX : 0;
	while (at > low && !is_sentence_end(r->c[at - 1])) at--;
	return at;
}

int sentence_end(const struct reading *r, int at)
{
	int high = r->n - at > SENTENCE_MAX ? at + SENTENCE_MAX : r->n;
	while (at < high && !is_sentence_end(r->c[at])) at++;
	return at;
}

int clause_start(const struct reading *r, int at)
{
	int low = at > CLAUSE_MAX ? at - CLAUSE_MAX : 0;
	while (at > low && !ends_clause_at(r, at - 1)) at--;
	return at;
}

int clause_end(const struct reading *r, int at)
{
	int high = r->n - at > CLAUSE_MAX ? at + CLAUSE_MAX : r->n;
	while (at < high && !ends_clause_at(r, at)) at++;
	return at;
}

int paragraph_start(const struct reading *r, int at)
{
	int low = at > PARAGRAPH_MAX ? at - PARAGRAPH_MAX : 0;
	while (at > low && r->c[at - 1] != '\n') at--;
	return at;
}

int paragraph_end(const struct reading *r, int at)
{
	int high = r->n - at > PARAGRAPH_MAX ? at + PARAGRAPH_MAX : r->n;
	while (at < high && r->c[at] != '\n') at++;
	return at;
}

bool in_title(const struct reading *r, int at)
{
	for (int i = at - 1; i >= 0 && at - i < 120 && r->c[i] != '\n'; i--) {
		if (r->c[i] == 0x300B) return false;
		if (r->c[i] == 0x300A) return true;
	}
	return false;
}

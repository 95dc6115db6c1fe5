/* The pipeline: bytes to folded text to terms. Nearly every character of real text maps to one character by itself, so a table made
   from ICU at start does the work; clusters that may compose go to ICU. */
#include <libstemmer.h>
#include <unicode/ubrk.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utrans.h>

#include "base/utf8.h"
#include "engine/text_inner.h"

enum { BMP = 0x10000, STEMS = 1 << 14, STEM_MAX = 64, PIPE_BYTES = 256 << 20 };
/* Classes of folded characters; ALONE tells of a given character that nothing before it can compose with it. */
enum { C_OTHER, C_HAN, C_LETTER, C_DIGIT, C_JOIN, C_CLASS = 7, C_ALONE = 8 };

struct stem_slot { uint64_t word, key; };

struct text_pipe {
	struct arena *arena;
	uint16_t *fold;                 /* 0: ICU decides */
	unsigned char *class;
	const UNormalizer2 *nfkc;
	UBreakIterator *words;
	struct sb_stemmer *stemmer;
	struct stem_slot *stem;         /* by word, a later one takes the place of an earlier */
	VEC(struct text_term) term;
	VEC(struct text_change) change;
	char *folded;
	size_t folded_cap;
	UChar *wide;                    /* room for ICU */
	size_t wide_cap;
	uint64_t *lexicon;              /* hashes of words, open addressing */
	size_t lexicon_cap, lexicon_n;
	size_t lexicon_longest;         /* bytes */
};

uint64_t text_hash(const void *p, size_t n, uint64_t seed)
{
	const unsigned char *b = p;
	uint64_t h = seed ^ (n * 0x9e3779b97f4a7c15u), w;
	for (; n >= 8; n -= 8, b += 8) {
		memcpy(&w, b, 8);
		h = (h ^ text_mix(w)) * 0x9fb21c651e98df25u;
		h ^= h >> 35;
	}
	w = 0;
	if (n) memcpy(&w, b, n);
	return text_mix(h ^ w ^ (uint64_t)n << 56);
}

/* ---- tables ---- */

static UChar32 plain_letter(const UNormalizer2 *nfd, UChar32 c)
{
	UChar out[8];
	UErrorCode e = U_ZERO_ERROR;
	if (c < 0xC0 || c > 0x24F) return c;
	int32_t n = unorm2_getDecomposition(nfd, c, out, 8, &e);
	return n > 1 && U_SUCCESS(e) && out[0] < 0x80 ? out[0] : c;
}

static unsigned char class_of(UChar32 c)
{
	if (c < 0x80) {
		if (c >= '0' && c <= '9') return C_DIGIT;
		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return C_LETTER;
		return c == '-' || c == '_' || c == '/' || c == '.' || c == '\'' || c == '+' ? C_JOIN : C_OTHER;
	}
	if (utf8_is_han(c) || u_hasBinaryProperty(c, UCHAR_IDEOGRAPHIC)) return C_HAN;
	UErrorCode e = U_ZERO_ERROR;
	UScriptCode s = uscript_getScript(c, &e);
	if (u_isalnum(c) && (s == USCRIPT_HIRAGANA || s == USCRIPT_KATAKANA || s == USCRIPT_HANGUL || s == USCRIPT_BOPOMOFO)) return C_HAN;
	if (c == 0x30FC) return C_HAN;
	if (u_isdigit(c)) return C_DIGIT;
	return u_isalnum(c) || u_getCombiningClass(c) || u_charType(c) == U_NON_SPACING_MARK ? C_LETTER : C_OTHER;
}

static enum rc icu_failed(struct cx *cx, const char *what, UErrorCode e)
{
	return fail(cx, RC_IO, "text.icu", NOWHERE, "ICU 的 %s 失败：%s", "%s of ICU failed: %s", what, u_errorName(e));
}

/* Traditional to simplified for the characters of [from, to), one to one. */
static enum rc simplify(struct cx *cx, struct text_pipe *p, UTransliterator *t, UChar32 from, UChar32 to)
{
	UErrorCode e = U_ZERO_ERROR;
	int32_t n = (to - from) * 2, length = n, limit = n;
	UChar *b = ARENA_ARRAY(p->arena, UChar, (size_t)n + 16);
	for (UChar32 c = from; c < to; c++) b[(c - from) * 2] = (UChar)c, b[(c - from) * 2 + 1] = ' ';
	utrans_transUChars(t, b, &length, n + 16, 0, &limit, &e);
	if (U_FAILURE(e) || length != n) return icu_failed(cx, "Hant-Hans", e);
	for (UChar32 c = from; c < to; c++) p->fold[c] = b[(c - from) * 2];
	return RC_OK;
}

static enum rc make_tables(struct cx *cx, struct text_pipe *p)
{
	static const UChar name[] = u"Hant-Hans";
	UErrorCode e = U_ZERO_ERROR;
	const UNormalizer2 *nfd = unorm2_getNFDInstance(&e);
	UTransliterator *t = utrans_openU(name, -1, UTRANS_FORWARD, NULL, 0, NULL, &e);
	if (U_FAILURE(e)) return icu_failed(cx, "Hant-Hans", e);
	p->fold = ARENA_ARRAY(p->arena, uint16_t, BMP);
	p->class = ARENA_ARRAY(p->arena, unsigned char, BMP);
	enum rc rc = simplify(cx, p, t, 0x3400, 0x4DC0);
	if (rc == RC_OK) rc = simplify(cx, p, t, 0x4E00, 0xA000);
	utrans_close(t);
	TRY(rc);
	for (UChar32 c = 1; c < BMP; c++) {
		if (c >= 0xD800 && c < 0xE000) continue;
		UChar out[4];
		p->class[c] = class_of(c);
		if (unorm2_hasBoundaryBefore(p->nfkc, c)) p->class[c] |= C_ALONE;
		if (p->fold[c]) continue;               /* an ideograph: its own normal form */
		int32_t n = unorm2_getDecomposition(p->nfkc, c, out, 4, &e);
		if (U_FAILURE(e)) {
			e = U_ZERO_ERROR;
			continue;
		}
		if (n > 1) {                            /* may compose again: é is its own normal form */
			UChar given = (UChar)c;
			n = unorm2_normalize(p->nfkc, &given, 1, out, 4, &e);
			e = U_ZERO_ERROR;
		}
		UChar32 to = n < 0 ? c : n == 1 ? out[0] : 0;
		if (to >= 0xD800 && to < 0xE000) to = 0;
		p->fold[c] = (uint16_t)plain_letter(nfd, to);
		if (to >= 0x3400 && to < 0xA000 && p->fold[to]) p->fold[c] = p->fold[to];
	}
	return RC_OK;
}

enum rc text_pipe_open(struct cx *cx, struct text_pipe **out)
{
	UErrorCode e = U_ZERO_ERROR;
	struct arena *a = arena_new(PIPE_BYTES);
	struct text_pipe *p = ARENA_NEW(a, struct text_pipe);
	p->arena = a;
	p->nfkc = unorm2_getNFKCCasefoldInstance(&e);
	enum rc rc = U_FAILURE(e) ? icu_failed(cx, "NFKC", e) : make_tables(cx, p);
	if (rc == RC_OK) {
		p->words = ubrk_open(UBRK_WORD, "zh", NULL, 0, &e);
		p->stemmer = sb_stemmer_new("english", "UTF_8");
		p->stem = ARENA_ARRAY(a, struct stem_slot, STEMS);
		if (U_FAILURE(e)) rc = icu_failed(cx, "word breaks", e);
		else if (!p->stemmer) rc = fail(cx, RC_IO, "text.stemmer", NOWHERE, "词干提取不可用", "the stemmer is not available");
	}
	if (rc != RC_OK) text_pipe_close(p);
	else *out = p;
	return rc;
}

void text_pipe_close(struct text_pipe *p)
{
	if (!p) return;
	if (p->words) ubrk_close(p->words);
	if (p->stemmer) sb_stemmer_delete(p->stemmer);
	arena_free(p->arena);
}

/* ---- folding ---- */

/* The character at s.p[i] and its length; malformed bytes count as one U+FFFD. */
static inline UChar32 decode(struct str s, size_t i, int *n)
{
	const unsigned char *b = (const unsigned char *)s.p + i;
	if (b[0] < 0x80) return *n = 1, b[0];
	if ((b[0] & 0xF0) == 0xE0 && i + 2 < s.n && (b[1] & 0xC0) == 0x80 && (b[2] & 0xC0) == 0x80) {
		UChar32 c = (b[0] & 15) << 12 | (b[1] & 63) << 6 | (b[2] & 63);
		if (c >= 0x800 && (c < 0xD800 || c > 0xDFFF)) return *n = 3, c;
	}
	size_t at = i;
	UChar32 c = utf8_next(s, &at);
	*n = (int)(at - i);
	return c < 0 ? 0xFFFD : c;
}

static inline bool alone(const struct text_pipe *p, UChar32 c)
{
	return c < BMP ? p->class[c] & C_ALONE : unorm2_hasBoundaryBefore(p->nfkc, c);
}

static inline unsigned char class_at(const struct text_pipe *p, UChar32 c) { return c < BMP ? p->class[c] & C_CLASS : class_of(c); }

static void room_for(struct text_pipe *p, size_t bytes)
{
	if (p->folded_cap >= bytes) return;
	const char *old = p->folded;
	char *made = arena_alloc(p->arena, bytes + bytes / 2);
	if (old) memcpy(made, old, p->folded_cap);
	p->folded = made;
	p->folded_cap = bytes + bytes / 2;
}

static void note_change(struct text_pipe *p, size_t folded, size_t given, size_t folded_n, size_t given_n)
{
	/* Long clusters (Zalgo) are told in pieces: the lengths are bytes. */
	while (folded_n || given_n) {
		size_t f = folded_n < 255 ? folded_n : 255, g = given_n < 255 ? given_n : 255;
		if (p->change.n == p->change.cap) p->change.v = arena_grow(p->arena, p->change.v, p->change.n, &p->change.cap, sizeof *p->change.v);
		struct text_change *c = &p->change.v[p->change.n++];
		c->folded = (uint32_t)folded, c->given = (uint32_t)given, c->folded_n = (unsigned char)f, c->given_n = (unsigned char)g;
		folded += f, given += g, folded_n -= f, given_n -= g;
	}
}

/* A cluster that ICU must look at. Returns bytes written at out, for which there is room. */
static size_t fold_cluster(struct text_pipe *p, struct str cluster, char *out)
{
	UErrorCode e = U_ZERO_ERROR;
	size_t need = cluster.n * 20 + 64;
	if (p->wide_cap < need) {
		p->wide_cap = need * 2;
		p->wide = ARENA_ARRAY(p->arena, UChar, p->wide_cap);
	}
	int32_t n = 0, given = (int32_t)cluster.n, made;
	UChar *in = p->wide, *to = p->wide + cluster.n + 32;
	u_strFromUTF8WithSub(in, given + 32, &n, cluster.p, given, 0xFFFD, NULL, &e);
	made = unorm2_normalize(p->nfkc, in, n, to, (int32_t)(p->wide_cap - cluster.n - 32), &e);
	if (U_FAILURE(e)) return 0;
	size_t w = 0;
	for (int32_t i = 0; i < made;) {
		UChar32 c;
		U16_NEXT(to, i, made, c);
		if (c < BMP && p->fold[c]) c = p->fold[c];
		if (c == 0 || (c >= 0xD800 && c < 0xE000)) c = 0xFFFD;
		w += utf8_put(out + w, c);
	}
	return w;
}

struct text_folded text_fold_again(struct text_pipe *p, struct str s)
{
	size_t w = 0, i = 0;
	p->change.n = 0;
	room_for(p, s.n * 3 + 128);
	int n = 0, n2 = 0;
	UChar32 c = s.n ? decode(s, 0, &n) : 0;
	while (i < s.n) {
		size_t next = i + (size_t)n;
		UChar32 c2 = next < s.n ? decode(s, next, &n2) : 'a';
		if (c < BMP && p->fold[c] && alone(p, c2)) {
			UChar32 to = p->fold[c];
			size_t k = to < 0x80 ? (p->folded[w] = (char)to, 1) : utf8_put(p->folded + w, to);
			if (k != (size_t)n) note_change(p, w, i, k, (size_t)n);
			w += k;
		} else {
			while (next < s.n && !alone(p, c2)) {
				next += (size_t)n2;
				c2 = next < s.n ? decode(s, next, &n2) : 'a';
			}
			size_t behind = s.n - next;
			room_for(p, w + (next - i) * 60 + behind * 3 + 128);    /* one character becomes at most 18 */
			size_t k = fold_cluster(p, (struct str){ s.p + i, next - i }, p->folded + w);
			note_change(p, w, i, k, next - i);
			w += k;
		}
		i = next, c = c2, n = n2;
	}
	return (struct text_folded){ { p->folded, w }, p->change.v, p->change.n };
}

enum rc text_fold_map(struct cx *cx, struct text_pipe *p, struct str given, struct text_folded *out)
{
	if (given.n > TEXT_FIELD_MAX) return fail(cx, RC_LIMIT, "text.long", NOWHERE, "文本超过 4 MiB", "a text is longer than 4 MiB");
	struct text_folded f = text_fold_again(p, given);
	struct text_change *c = ARENA_ARRAY(cx->arena, struct text_change, f.n_change + 1);
	if (f.n_change) memcpy(c, f.change, f.n_change * sizeof *c);
	*out = (struct text_folded){ str_dup(cx->arena, f.s), c, f.n_change };
	return RC_OK;
}

static uint32_t unfold_one(const struct text_folded *f, uint32_t at, bool end)
{
	size_t lo = 0, hi = f->n_change;        /* the last change at or before `at` (for an end: before it) */
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (f->change[mid].folded + (end ? 1 : 0) <= at) lo = mid + 1;
		else hi = mid;
	}
	if (!lo) return at;
	const struct text_change *c = &f->change[lo - 1];
	uint32_t past = at - c->folded;
	if (past >= c->folded_n) return c->given + c->given_n + (past - c->folded_n);
	return end ? c->given + c->given_n : c->given;
}

void text_unfold(const struct text_folded *f, uint32_t *start, uint32_t *end)
{
	*start = unfold_one(f, *start, false);
	*end = unfold_one(f, *end, true);
}

/* ---- terms ---- */

static uint64_t word_key(struct text_pipe *p, struct str word, bool letters)
{
	uint64_t h = text_hash(word.p, word.n, 7);
	if (!letters || word.n > STEM_MAX) return h;
	struct stem_slot *s = &p->stem[h & (STEMS - 1)];
	if (s->word == h) return s->key;
	const sb_symbol *st = sb_stemmer_stem(p->stemmer, (const sb_symbol *)word.p, (int)word.n);
	*s = (struct stem_slot){ h, st ? text_hash(st, (size_t)sb_stemmer_length(p->stemmer), 7) : h };
	return s->key;
}

static void term_room(struct text_pipe *p)
{
	p->term.v = arena_grow(p->arena, p->term.v, p->term.n, &p->term.cap, sizeof *p->term.v);
}

/* Field by field: a struct made first and copied then would wait for its own bytes. */
static inline void push(struct text_pipe *p, uint64_t key, size_t start, size_t end, enum text_kind kind)
{
	if (p->term.n == p->term.cap) term_room(p);
	struct text_term *t = &p->term.v[p->term.n++];
	t->key = key, t->start = (uint32_t)start, t->end = (uint32_t)end, t->kind = kind;
}

/* A run of letters and digits with joiners inside: its parts, and the whole when it is a model number. */
static size_t scan_word(struct text_pipe *p, struct str s, size_t i)
{
	char whole[STEM_MAX];
	size_t start = i, part = i, last_end = i, n_whole = 0;
	int parts = 0, n = 0, before = 0;
	bool digit = false, letter = false, join = false;
	while (i < s.n) {
		UChar32 c = decode(s, i, &n);
		int cl = class_at(p, c);
		bool inside = cl == C_LETTER || cl == C_DIGIT;
		if (!inside && !(cl == C_JOIN && !join)) break;
		if (before && (cl != before || !inside)) {
			if (last_end > part) push(p, word_key(p, str_sub(s, part, last_end), before == C_LETTER), part, last_end, TEXT_WORD), parts++;
			part = inside ? i : i + (size_t)n;
		}
		join = !inside;
		before = inside ? cl : 0;
		digit |= cl == C_DIGIT;
		letter |= cl == C_LETTER;
		if (inside || c == '.' || c == '+') {
			for (int k = 0; k < n && n_whole < sizeof whole; k++) whole[n_whole++] = s.p[i + (size_t)k];
		}
		i += (size_t)n;
		if (inside) last_end = i;
	}
	if (last_end > part) push(p, word_key(p, str_sub(s, part, last_end), before == C_LETTER), part, last_end, TEXT_WORD), parts++;
	while (n_whole && (whole[n_whole - 1] == '.' || whole[n_whole - 1] == '+')) n_whole--;
	if (parts > 1 && digit && n_whole < sizeof whole) push(p, text_hash(whole, n_whole, 11), start, last_end, TEXT_WHOLE);
	return i;
}

const struct text_term *text_scan(struct text_pipe *p, struct str s, size_t *n_out)
{
	size_t i = 0;
	UChar32 before = 0;             /* the Han character just before, 0 when there is none */
	size_t before_at = 0;
	p->term.n = 0;
	while (i < s.n) {
		int n = 0;
		UChar32 c = decode(s, i, &n);
		int cl = class_at(p, c);
		if (cl == C_HAN) {
			if (before) push(p, text_mix((uint64_t)before << 21 | (uint64_t)c | 1ull << 62), before_at, i + (size_t)n, TEXT_GRAM);
			push(p, text_mix((uint64_t)c | 1ull << 61), i, i + (size_t)n, TEXT_CHAR);
			before = c, before_at = i;
			i += (size_t)n;
			continue;
		}
		before = 0;
		i = cl == C_LETTER || cl == C_DIGIT ? scan_word(p, s, i) : i + (size_t)n;
	}
	*n_out = p->term.n;
	return p->term.v;
}

enum rc text_terms(struct cx *cx, struct text_pipe *p, struct str folded, struct text_term **out, size_t *n)
{
	if (folded.n > (size_t)TEXT_FIELD_MAX * 6) return fail(cx, RC_LIMIT, "text.long", NOWHERE, "文本太长", "the text is too long");
	const struct text_term *t = text_scan(p, folded, n);
	*out = ARENA_ARRAY(cx->arena, struct text_term, *n + 1);
	if (*n) memcpy(*out, t, *n * sizeof *t);
	return RC_OK;
}

/* ---- words of a dictionary, for queries ---- */

static bool in_lexicon(const struct text_pipe *p, struct str w)
{
	if (!p->lexicon_n) return false;
	uint64_t h = text_hash(w.p, w.n, 3) | 1;
	for (size_t i = h & (p->lexicon_cap - 1); p->lexicon[i]; i = (i + 1) & (p->lexicon_cap - 1))
		if (p->lexicon[i] == h) return true;
	return false;
}

enum rc text_pipe_lexicon(struct cx *cx, struct text_pipe *p, const struct str *word, size_t n)
{
	size_t cap = 64;
	while (cap < 2 * (n + p->lexicon_n)) cap *= 2;
	if (cap > 1 << 22) return fail(cx, RC_LIMIT, "text.lexicon", NOWHERE, "词表超过二百万词", "the lexicon has more than two million words");
	uint64_t *old = p->lexicon, *made = ARENA_ARRAY(p->arena, uint64_t, cap);
	for (size_t k = 0; k < p->lexicon_cap + n; k++) {
		uint64_t h = k < p->lexicon_cap ? old[k] : 0;
		if (k >= p->lexicon_cap) {
			struct text_folded f = text_fold_again(p, word[k - p->lexicon_cap]);
			h = f.s.n ? text_hash(f.s.p, f.s.n, 3) | 1 : 0;
			if (f.s.n > p->lexicon_longest) p->lexicon_longest = f.s.n;
			p->lexicon_n++;
		}
		if (!h) continue;
		size_t i = h & (cap - 1);
		while (made[i]) i = (i + 1) & (cap - 1);
		made[i] = h;
	}
	p->lexicon = made, p->lexicon_cap = cap;
	return RC_OK;
}

enum rc text_words(struct cx *cx, struct text_pipe *p, struct str run, bool *mark)
{
	UErrorCode e = U_ZERO_ERROR;
	int32_t n = 0;
	UChar *u = ARENA_ARRAY(cx->arena, UChar, run.n + 1);
	uint32_t *byte = ARENA_ARRAY(cx->arena, uint32_t, run.n + 2);
	for (size_t i = 0; i < run.n;) {
		int k = 0;
		UChar32 c = decode(run, i, &k);
		byte[n] = (uint32_t)i;
		if (c >= BMP) byte[n + 1] = (uint32_t)i, u[n++] = U16_LEAD(c), u[n++] = U16_TRAIL(c);
		else u[n++] = (UChar)c;
		i += (size_t)k;
	}
	ubrk_setText(p->words, u, n, &e);
	if (U_FAILURE(e)) return icu_failed(cx, "word breaks", e);
	for (int32_t b = ubrk_first(p->words); b != UBRK_DONE && b < n; b = ubrk_next(p->words)) mark[byte[b]] = true;
	for (size_t i = 0; i < run.n && p->lexicon_n;) {                /* the longest word of our own wins */
		int k = 0;
		size_t longest = run.n - i < p->lexicon_longest ? run.n - i : p->lexicon_longest, m = longest;
		decode(run, i, &k);
		while (m > (size_t)k && !in_lexicon(p, str_sub(run, i, i + m))) m--;
		if (m <= (size_t)k) {
			i += (size_t)k;
			continue;
		}
		memset(mark + i, 0, m);
		mark[i] = true;
		if (i + m < run.n) mark[i + m] = true;
		i += m;
	}
	return RC_OK;
}

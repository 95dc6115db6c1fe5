/* UTF-8 and the Unicode work that ICU does for us: folding for search keys, collation keys, GB18030. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "fail.h"
#include "str.h"

/* Decode the character at s.p[*at] and move past it; -1 (and one byte further) on malformed input. */
int32_t utf8_next(struct str s, size_t *at);
bool utf8_valid(struct str s);                  /* no surrogates, no overlong forms, no NUL */
size_t utf8_count(struct str s);                /* characters, the unit of every "max" a user sees */
size_t utf8_offset(struct str s, size_t chars); /* byte offset of the n-th character, s.n at the end */
/* Append one character; returns the bytes written (at most 4). */
size_t utf8_put(char out[4], int32_t c);
bool utf8_is_han(int32_t c);

/* NFKC + case folding: equal keys mean "the same text" for search, lookup and duplicate names. */
enum rc text_fold(struct cx *cx, struct str s, struct str *key) MUST_USE;
/* A byte string that sorts (memcmp) in the order of the language: pinyin for Chinese. */
enum rc text_sort_key(struct cx *cx, struct str s, enum lang lang, struct str *key) MUST_USE;
/* Bytes of unknown encoding to UTF-8: a BOM decides (UTF-8, UTF-16), then valid UTF-8, then GB18030; fails naming the first bad byte,
   or the kind of document (PDF, DOCX …) when it is none of text. */
enum rc text_decode(struct cx *cx, struct str bytes, struct str *utf8, const char **encoding) MUST_USE;
enum rc text_to_gb18030(struct cx *cx, struct str utf8, struct str *bytes) MUST_USE;

#endif

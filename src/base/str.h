/* Length-carrying strings. A `struct str` borrows its bytes; whoever made them (an arena, a literal) owns them. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct arena;

struct str {
	const char *p;
	size_t n;
};

/* A literal as a str; does not compile for anything but a literal. */
#define STR(lit) ((struct str){ "" lit "", sizeof(lit) - 1 })
/* The same for static initialisers. */
#define STR_INIT(lit) { "" lit "", sizeof(lit) - 1 }
/* For printf: "%.*s", STRF(s). */
#define STRF(s) (int)(s).n, (s).p

struct str str_c(const char *text);                 /* borrow a C string; NULL gives the empty str */
static inline bool str_eq(struct str a, struct str b);
bool str_is(struct str a, const char *text);
int str_cmp(struct str a, struct str b);            /* by bytes, shorter first on a tie */
bool str_ends(struct str s, struct str suffix);
/* Byte offset of `needle` at or after `from`; SIZE_MAX when absent. */
size_t str_find(struct str s, struct str needle, size_t from);
bool str_has(struct str s, struct str needle);
struct str str_sub(struct str s, size_t from, size_t to);   /* clamped to the string */
struct str str_trim(struct str s);                  /* ASCII white space and U+3000 at both ends */
/* Cut the part before the first `sep` off `rest`; false when `rest` is used up. */
bool str_cut(struct str *rest, char sep, struct str *part);
uint64_t str_hash(struct str s);                    /* FNV-1a; for tables, not for secrets */

/* Names are short: two overlapping words instead of a call. */
static inline bool bytes_eq(const char *a, const char *b, size_t n)
{
	uint64_t a8, b8;
	uint32_t a4, b4;
	if (n > 16) return memcmp(a, b, n) == 0;
	if (n >= 8) {
		memcpy(&a8, a, 8), memcpy(&b8, b, 8);
		if (a8 != b8) return false;
		memcpy(&a8, a + n - 8, 8), memcpy(&b8, b + n - 8, 8);
		return a8 == b8;
	}
	if (n >= 4) {
		memcpy(&a4, a, 4), memcpy(&b4, b, 4);
		if (a4 != b4) return false;
		memcpy(&a4, a + n - 4, 4), memcpy(&b4, b + n - 4, 4);
		return a4 == b4;
	}
	return n == 0 || (a[0] == b[0] && a[n / 2] == b[n / 2] && a[n - 1] == b[n - 1]);
}
static inline bool str_starts(struct str s, struct str prefix) { return s.n >= prefix.n && bytes_eq(s.p, prefix.p, prefix.n); }
static inline bool str_eq(struct str a, struct str b) { return a.n == b.n && bytes_eq(a.p, b.p, a.n); }

struct str str_dup(struct arena *a, struct str s);  /* the copy is NUL-terminated */
char *str_z(struct arena *a, struct str s);         /* a NUL-terminated copy for C interfaces */
struct str str_fmt(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
struct str str_join(struct arena *a, const struct str *parts, size_t n, struct str sep);
/* Texts one after the other: STR_CAT(a, STR("/r/"), name). Many times faster than str_fmt. */
#define STR_CAT(a, ...) \
	str_join((a), (struct str[]){ __VA_ARGS__ }, sizeof((struct str[]){ __VA_ARGS__ }) / sizeof(struct str), (struct str){ 0 })

/* Decimal integers, an optional sign, nothing else; false on anything else or on overflow. */
bool str_int(struct str s, int64_t *out);

#endif

#include "str.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "arena.h"

struct str str_c(const char *text) { return text ? (struct str){ text, strlen(text) } : (struct str){ "", 0 }; }

bool str_is(struct str a, const char *text) { return str_eq(a, str_c(text)); }

int str_cmp(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.p, b.p, n) : 0;
	return c ? c : (a.n > b.n) - (a.n < b.n);
}

bool str_ends(struct str s, struct str suffix) { return s.n >= suffix.n && str_eq(str_sub(s, s.n - suffix.n, s.n), suffix); }

size_t str_find(struct str s, struct str needle, size_t from)
{
	if (from > s.n || needle.n > s.n - from) return SIZE_MAX;
	if (needle.n == 0) return from;
	const char *hit = memmem(s.p + from, s.n - from, needle.p, needle.n);
	return hit ? (size_t)(hit - s.p) : SIZE_MAX;
}

bool str_has(struct str s, struct str needle) { return str_find(s, needle, 0) != SIZE_MAX; }

struct str str_sub(struct str s, size_t from, size_t to)
{
	if (to > s.n) to = s.n;
	if (from > to) from = to;
	return (struct str){ s.p ? s.p + from : "", to - from };
}

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

struct str str_trim(struct str s)
{
	static const struct str wide = STR_INIT("\u3000");
	for (;;) {
		if (s.n && is_space(s.p[0])) s = str_sub(s, 1, s.n);
		else if (str_starts(s, wide)) s = str_sub(s, wide.n, s.n);
		else break;
	}
	for (;;) {
		if (s.n && is_space(s.p[s.n - 1])) s.n--;
		else if (str_ends(s, wide)) s.n -= wide.n;
		else break;
	}
	return s;
}

bool str_cut(struct str *rest, char sep, struct str *part)
{
	if (!rest->p) return false;
	const char *hit = rest->n ? memchr(rest->p, sep, rest->n) : NULL;
	if (!hit) {
		*part = *rest;
		*rest = (struct str){ NULL, 0 };
		return true;
	}
	size_t at = (size_t)(hit - rest->p);
	*part = str_sub(*rest, 0, at);
	*rest = str_sub(*rest, at + 1, rest->n);
	return true;
}

uint64_t str_hash(struct str s)
{
	uint64_t h = 14695981039346656037ull;
	for (size_t i = 0; i < s.n; i++) h = (h ^ (unsigned char)s.p[i]) * 1099511628211ull;
	return h;
}

struct str str_dup(struct arena *a, struct str s) { return (struct str){ str_z(a, s), s.n }; }

char *str_z(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1);
	if (s.n) memcpy(p, s.p, s.n);
	return p;
}

struct str str_fmt(struct arena *a, const char *fmt, ...)
{
	/* Most are short: formatted once, here; and this need not be cleared first. */
	__attribute__((uninitialized)) char small[256];
	va_list args, again;
	va_start(args, fmt);
	va_copy(again, args);
	int n = vsnprintf(small, sizeof small, fmt, args);
	va_end(args);
	assert(n >= 0);
	char *p = arena_alloc(a, (size_t)n + 1);
	if ((size_t)n < sizeof small) memcpy(p, small, (size_t)n);
	else vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	return (struct str){ p, (size_t)n };
}

struct str str_join(struct arena *a, const struct str *parts, size_t n, struct str sep)
{
	size_t total = 0;
	for (size_t i = 0; i < n; i++) total += parts[i].n + (i ? sep.n : 0);
	char *p = arena_alloc(a, total + 1), *w = p;
	for (size_t i = 0; i < n; i++) {
		if (i && sep.n) w = (char *)memcpy(w, sep.p, sep.n) + sep.n;
		if (parts[i].n) w = (char *)memcpy(w, parts[i].p, parts[i].n) + parts[i].n;
	}
	return (struct str){ p, total };
}

bool str_int(struct str s, int64_t *out)
{
	bool minus = s.n && s.p[0] == '-';
	size_t i = (minus || (s.n && s.p[0] == '+')) ? 1 : 0;
	if (i == s.n) return false;
	int64_t v = 0;
	for (; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9') return false;
		int d = s.p[i] - '0';
		if (__builtin_mul_overflow(v, 10, &v) || __builtin_sub_overflow(v, d, &v)) return false;
	}
	if (!minus && __builtin_sub_overflow(0, v, &v)) return false;
	*out = v;
	return true;
}

#include "money.h"

#include <string.h>

#include "arena.h"
#include "val.h"

bool money_parse(struct str s, int64_t *fen)
{
	s = str_trim(s);
	if (str_starts(s, STR("¥"))) s = str_sub(s, 2, s.n);
	if (str_starts(s, STR("￥"))) s = str_sub(s, 3, s.n);
	if (str_ends(s, STR("元"))) s = str_trim(str_sub(s, 0, s.n - 3));
	int64_t factor = 1;
	if (str_ends(s, STR("万"))) factor = 10000;
	if (str_ends(s, STR("亿"))) factor = 100000000;
	if (factor > 1) s = str_trim(str_sub(s, 0, s.n - 3));
	char plain[40];
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == ',') continue;
		if (n == sizeof plain) return false;
		plain[n++] = s.p[i];
	}
	int64_t micro;
	if (!dec_parse((struct str){ plain, n }, &micro)) return false;
	__int128 scaled = (__int128)micro * factor * 100;
	if (scaled % DEC_ONE) return false;
	scaled /= DEC_ONE;
	if (scaled > INT64_MAX || scaled < -INT64_MAX) return false;
	*fen = (int64_t)scaled;
	return true;
}

/* Digits with a comma every three, then `decimals` digits of the fraction; from the end, where the next digit is known. */
static size_t grouped(char to[MONEY_TEXT], int64_t v, uint64_t unit, int decimals, bool trim)
{
	char room[MONEY_TEXT], *end = room + sizeof room, *w = end;
	uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v, whole = u / unit, rest = u % unit;
	for (; decimals > 0; decimals--, rest /= 10) {
		if (trim && rest % 10 == 0) continue;
		trim = false;
		*--w = (char)('0' + rest % 10);
	}
	if (w < end) *--w = '.';
	for (int i = 0; whole || i == 0; i++, whole /= 10) {
		if (i && i % 3 == 0) *--w = ',';
		*--w = (char)('0' + whole % 10);
	}
	if (v < 0) *--w = '-';
	memcpy(to, w, (size_t)(end - w));
	return (size_t)(end - w);
}

size_t money_put(char to[MONEY_TEXT], int64_t fen) { return grouped(to, fen, 100, 2, false); }

struct str money_text(struct arena *a, int64_t fen)
{
	char *p = arena_alloc(a, MONEY_TEXT);
	return (struct str){ p, money_put(p, fen) };
}

struct str money_wan(struct arena *a, int64_t fen)
{
	char *p = arena_alloc(a, MONEY_TEXT);
	return (struct str){ p, grouped(p, fen, 1000000, 6, true) };
}

bool money_share_bp(int64_t part, int64_t whole, int64_t *bp)
{
	if (whole == 0) return false;
	__int128 n = (__int128)part * 10000, d = whole;
	if (d < 0) n = -n, d = -d;
	__int128 half = n < 0 ? -d / 2 : d / 2;
	*bp = (int64_t)((n + half) / d);
	return true;
}

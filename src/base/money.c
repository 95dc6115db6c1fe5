#include "money.h"

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

static struct str str_digits(char room[24], uint64_t u)
{
	size_t i = 24;
	do room[--i] = (char)('0' + u % 10);
	while (u /= 10);
	return (struct str){ room + i, 24 - i };
}

/* Digits with a comma every three, then `decimals` digits of the fraction. */
static struct str grouped(struct arena *a, int64_t v, int64_t unit, int decimals, bool trim)
{
	uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	char digits[24];
	struct str whole = str_digits(digits, u / (uint64_t)unit);
	char *p = arena_alloc(a, whole.n * 2 + 12), *w = p;
	if (v < 0) *w++ = '-';
	for (size_t i = 0; i < whole.n; i++) {
		if (i && (whole.n - i) % 3 == 0) *w++ = ',';
		*w++ = whole.p[i];
	}
	char part[24];
	uint64_t rest = u % (uint64_t)unit;
	part[0] = '.';
	for (int i = decimals; i > 0; i--, rest /= 10) part[i] = (char)('0' + rest % 10);
	struct str f = { part, (size_t)decimals + 1 };
	while (trim && f.n && (f.p[f.n - 1] == '0' || f.p[f.n - 1] == '.')) {
		bool point = f.p[f.n - 1] == '.';
		f.n--;
		if (point) break;
	}
	for (size_t i = 0; i < f.n; i++) *w++ = f.p[i];
	return (struct str){ p, (size_t)(w - p) };
}

struct str money_text(struct arena *a, int64_t fen) { return grouped(a, fen, 100, 2, false); }

struct str money_wan(struct arena *a, int64_t fen) { return grouped(a, fen, 1000000, 6, true); }

bool money_share_bp(int64_t part, int64_t whole, int64_t *bp)
{
	if (whole == 0) return false;
	__int128 n = (__int128)part * 10000, d = whole;
	if (d < 0) n = -n, d = -d;
	__int128 half = n < 0 ? -d / 2 : d / 2;
	*bp = (int64_t)((n + half) / d);
	return true;
}

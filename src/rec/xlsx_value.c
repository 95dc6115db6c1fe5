/* Numbers of XLSX cells as text. */
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "rec/xlsx.h"

enum { DIGITS = 60, SIGNIFICANT = 15, POINT_MAX = 30 };

/* 0.d1d2…dn × 10^point */
struct decimal { char digit[DIGITS]; int n, point; bool minus, plain_integer; };

static bool parse_exponent(struct str s, size_t i, int *e)
{
	bool minus = i < s.n && s.p[i] == '-';
	if (i < s.n && (s.p[i] == '-' || s.p[i] == '+')) i++;
	if (i >= s.n || s.n - i > 3) return false;
	*e = 0;
	for (; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9') return false;
		*e = *e * 10 + (s.p[i] - '0');
	}
	if (minus) *e = -*e;
	return true;
}

static bool parse_decimal(struct str s, struct decimal *d)
{
	size_t i = s.n && (s.p[0] == '-' || s.p[0] == '+') ? 1 : 0;
	bool point = false, any = false;
	int e = 0;
	*d = (struct decimal){ .minus = s.n && s.p[0] == '-', .plain_integer = true };
	for (; i < s.n && s.p[i] != 'e' && s.p[i] != 'E'; i++) {
		char c = s.p[i];
		if (c == '.' && !point) {
			point = true;
			d->plain_integer = false;
			continue;
		}
		if (c < '0' || c > '9' || d->n == DIGITS) return false;
		any = true;
		if (d->n || c != '0') d->digit[d->n++] = c, d->point += !point;
		else d->point -= point;
	}
	if (!any) return false;
	if (i < s.n) {
		d->plain_integer = false;
		if (!parse_exponent(s, i + 1, &e)) return false;
	}
	d->point += e;
	while (d->n && d->digit[d->n - 1] == '0') d->n--;
	if (!d->n) d->point = 0, d->minus = false;
	return d->point <= POINT_MAX * 2 && d->point >= -POINT_MAX;
}

/* Spreadsheets hold 15 to 17 digits and show 15: the rest is noise of their arithmetic. */
static void round_noise(struct decimal *d)
{
	if (d->n <= SIGNIFICANT || d->plain_integer || d->point >= d->n) return;
	bool up = d->digit[SIGNIFICANT] >= '5';
	d->n = SIGNIFICANT;
	for (int i = SIGNIFICANT - 1; up && i >= 0; i--) {
		up = d->digit[i] == '9';
		d->digit[i] = up ? '0' : (char)(d->digit[i] + 1);
	}
	if (up) {
		d->digit[0] = '1';
		d->n = 1;
		d->point++;
	}
	while (d->n > 1 && d->digit[d->n - 1] == '0') d->n--;
}

static size_t write_decimal(char *out, size_t cap, const struct decimal *d)
{
	size_t n = 0;
	int whole = d->point > 0 ? d->point : 0, zeros = d->point < 0 ? -d->point : 0;
	if ((size_t)(whole + zeros + d->n) + 4 > cap) return 0;
	if (d->minus) out[n++] = '-';
	if (!whole) out[n++] = '0';
	for (int i = 0; i < whole; i++) out[n++] = i < d->n ? d->digit[i] : '0';
	if (d->n <= whole) return n;
	out[n++] = '.';
	for (int i = 0; i < zeros; i++) out[n++] = '0';
	for (int i = whole; i < d->n; i++) out[n++] = d->digit[i];
	return n;
}

/* Whole days and seconds of a serial number; false when it is no date that spreadsheets know. */
static bool serial(const struct decimal *d, int64_t *days, int64_t *seconds)
{
	enum { FRACTION = 12, LAST_DAY = 2958465 };     /* 9999-12-31 */
	int64_t whole = 0, part = 0;
	if (d->minus || d->point > 7) return false;
	for (int i = 0; i < d->point; i++) whole = whole * 10 + (i < d->n ? d->digit[i] - '0' : 0);
	for (int i = d->point; i < d->point + FRACTION; i++) part = part * 10 + (i >= 0 && i < d->n ? d->digit[i] - '0' : 0);
	int64_t one = 1000000000000;
	*seconds = (part * 86400 + one / 2) / one;
	*days = whole + *seconds / 86400;
	*seconds %= 86400;
	return *days <= LAST_DAY;
}

static void write_clock(char out[24], int64_t hours, int64_t seconds)
{
	int minute = (int)(seconds / 60 % 60), second = (int)(seconds % 60);
	if (second) snprintf(out, 24, "%02lld:%02d:%02d", (long long)hours, minute, second);
	else snprintf(out, 24, "%02lld:%02d", (long long)hours, minute);
}

static size_t write_moment(char *out, const struct decimal *d, unsigned look, bool from_1904)
{
	int64_t day, seconds;
	if (!serial(d, &day, &seconds)) return 0;
	char clock[24];
	if (!(look & LOOK_DATE) || (day == 0 && !from_1904)) {
		if (!(look & LOOK_TIME)) return 0;
		write_clock(clock, day * 24 + seconds / 3600, seconds);
		return (size_t)snprintf(out, XLSX_NUMBER, "%s", clock);
	}
	write_clock(clock, seconds / 3600, seconds);
	/* Serial 60 is 29 February 1900, a day that never was: days before it count one less. */
	if (day == 60 && !from_1904) return 0;
	int y, m, dd;
	date_split((int32_t)(from_1904 ? day - 24107 : day > 60 ? day - 25569 : day - 25568), &y, &m, &dd);
	return (size_t)snprintf(out, XLSX_NUMBER, "%04d-%02d-%02d%s%s", y, m, dd, look & LOOK_TIME ? " " : "", look & LOOK_TIME ? clock : "");
}

size_t xlsx_number(char out[XLSX_NUMBER], struct str raw, unsigned look, bool from_1904)
{
	struct decimal d;
	size_t n = 0;
	if (parse_decimal(raw, &d)) {
		if (look) n = write_moment(out, &d, look, from_1904);
		if (n) return n;
		round_noise(&d);
		n = write_decimal(out, XLSX_NUMBER, &d);
	}
	if (n) return n;
	n = raw.n < XLSX_NUMBER ? raw.n : XLSX_NUMBER;
	memcpy(out, raw.p ? raw.p : "", n);
	return n;
}

/* ---- number formats ---- */

unsigned xlsx_look_builtin(int64_t id)
{
	if ((id >= 14 && id <= 17) || (id >= 27 && id <= 31) || id == 36 || (id >= 50 && id <= 54) || id == 57 || id == 58) return LOOK_DATE;
	if ((id >= 18 && id <= 21) || (id >= 32 && id <= 35) || (id >= 45 && id <= 47) || id == 55 || id == 56) return LOOK_TIME;
	return id == 22 ? LOOK_DATE | LOOK_TIME : 0;
}

/* Past a quoted text, an escaped character or a bracket; brackets of h, m or s mean elapsed time. */
static size_t skip_literal(struct str f, size_t i, unsigned *look)
{
	if (f.p[i] == '\\' || f.p[i] == '_' || f.p[i] == '*') return i + 2;
	if (f.p[i] == '"') {
		size_t end = str_find(f, STR("\""), i + 1);
		return end == SIZE_MAX ? f.n : end + 1;
	}
	size_t end = str_find(f, STR("]"), i + 1);
	if (end == SIZE_MAX) return f.n;
	if (i + 1 < end && memchr("hHmMsS", f.p[i + 1], 6) && (i + 2 == end || f.p[i + 2] == f.p[i + 1])) *look |= LOOK_TIME;
	return end + 1;
}

unsigned xlsx_look(struct str f)
{
	unsigned look = 0;
	bool month = false;
	if (str_is(f, "General") || str_is(f, "@")) return 0;
	for (size_t i = 0; i < f.n && f.p[i] != ';';) {
		switch (f.p[i]) {
		case '\\': case '_': case '*': case '"': case '[': i = skip_literal(f, i, &look); continue;
		case 'y': case 'Y': case 'd': case 'D': look |= LOOK_DATE; break;
		case 'h': case 'H': case 's': case 'S': look |= LOOK_TIME; break;
		case 'm': case 'M': month = true; break;
		default: break;
		}
		i++;
	}
	return !look && month ? LOOK_DATE : look;
}

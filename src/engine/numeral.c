#include "numeral.h"

#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "base/val.h"

enum {
	DIGITS_MAX = 12,        /* whole digits of a quantity: VAL_DEC holds ±9.2e12 */
	DECIMALS_MAX = 9        /* more decimals are read over */
};

static int arabic_digit(int32_t c)
{
	if (c >= '0' && c <= '9') return c - '0';
	return c >= 0xFF10 && c <= 0xFF19 ? c - 0xFF10 : -1;
}

static int han_digit(int32_t c)
{
	switch (c) {
	case 0x3007: case 0x96F6: case 0x25CB: return 0;        /* 〇 零 ○ */
	case 0x4E00: case 0x58F9: return 1;                     /* 一 壹 */
	case 0x4E8C: case 0x4E24: case 0x8D30: return 2;        /* 二 两 贰 */
	case 0x4E09: case 0x53C1: return 3;                     /* 三 叁 */
	case 0x56DB: case 0x8086: return 4;                     /* 四 肆 */
	case 0x4E94: case 0x4F0D: return 5;                     /* 五 伍 */
	case 0x516D: case 0x9646: return 6;                     /* 六 陆 */
	case 0x4E03: case 0x67D2: return 7;                     /* 七 柒 */
	case 0x516B: case 0x634C: return 8;                     /* 八 捌 */
	case 0x4E5D: case 0x7396: return 9;                     /* 九 玖 */
	default: return -1;
	}
}

int numeral_digit(int32_t c)
{
	int d = arabic_digit(c);
	return d >= 0 ? d : han_digit(c);
}

/* 十 1, 百 2, 千 3, 万 4, 亿 8; 0 for anything else. */
static int power_of(int32_t c)
{
	switch (c) {
	case 0x5341: case 0x62FE: return 1;
	case 0x767E: case 0x4F70: return 2;
	case 0x5343: case 0x4EDF: return 3;
	case 0x4E07: case 0x842C: return 4;
	case 0x4EBF: case 0x5104: return 8;
	default: return 0;
	}
}

static bool is_more(int32_t c) { return c == 0x4F59 || c == 0x591A || c == 0x51E0 || c == 0x6765; }       /* 余 多 几 来 */

static int64_t ten_to(int power)
{
	int64_t v = 1;
	while (power-- > 0) v *= 10;
	return v;
}

/* A multiplier after Arabic digits: 万, 亿, 万亿, 千万, 百亿 … Its power; *length characters. Not the 千 of 千米 or the 百 of 百分. */
static int multiplier(const int32_t *c, int n, int at, int *length)
{
	static const int32_t after_thousand[] = { 0x7C73, 0x514B, 0x74E6, 0x4F0F, 0x5361, 0x8D6B, 0x6849, 0 };  /* 米克瓦伏卡赫桉 */
	int power = 0, i = at;
	while (i < n && power_of(c[i])) {
		int p = power_of(c[i]);
		if (p == 3)
			for (int k = 0; after_thousand[k]; k++)
				if (c[i + 1] == after_thousand[k]) p = 0;
		if (p == 2 && c[i + 1] == 0x5206) p = 0;
		if (!p || power + p > 16) break;
		if (power && !(p > power || (power == 4 && p == 8) || (power % 4 == 0 && p >= 4))) break;
		power += p;
		i++;
	}
	*length = i - at;
	return power;
}

/* Thousands separators: 1-3 digits, then groups of exactly three. Returns the end of the whole part. */
static int whole_end(const int32_t *c, int n, int at)
{
	int i = at;
	while (i < n && arabic_digit(c[i]) >= 0) i++;
	if (i - at > 3) return i;
	int end = i;
	while (end < n && c[end] == ',') {
		int k = end + 1;
		while (k < n && arabic_digit(c[k]) >= 0) k++;
		if (k - end - 1 != 3) break;
		end = k;
	}
	return end;
}

static bool read_plain(const int32_t *c, int n, int at, struct numeral *out)
{
	int end = whole_end(c, n, at), digits = 0;
	int64_t v = 0;
	for (int i = at; i < end; i++) {
		int d = arabic_digit(c[i]);
		if (d < 0) continue;
		digits += digits > 0 || d > 0;
		if (digits <= DIGITS_MAX) v = v * 10 + d;
	}
	out->too_long = digits > DIGITS_MAX;
	v = out->too_long ? 0 : v * DEC_ONE;
	if (end + 1 < n && c[end] == '.' && arabic_digit(c[end + 1]) >= 0) {
		int64_t unit = DEC_ONE;
		for (end++; end < n && arabic_digit(c[end]) >= 0; end++) {
			unit /= 10;
			v += arabic_digit(c[end]) * unit;
			out->decimals += out->decimals < DECIMALS_MAX;
		}
	}
	out->value = out->high = v;
	out->length = end - at;
	return end > at;
}

/* 1亿2000万, 3万5千: a second Arabic part under a smaller multiplier; the smaller one becomes the unit's. */
static void read_tail(const int32_t *c, int n, int at, struct numeral *out)
{
	struct numeral more = { 0 };
	int i = at + out->length, length = 0;
	if (out->power < 4 || out->vague || i >= n || arabic_digit(c[i]) < 0 || !read_plain(c, n, i, &more)) return;
	int power = multiplier(c, n, i + more.length, &length);
	if (power >= out->power || more.too_long || (power == 0 && more.value >= ten_to(out->power) * DEC_ONE)) return;
	int64_t scaled;
	if (out->power - power > 12 || __builtin_mul_overflow(out->value, ten_to(out->power - power), &scaled)
		|| __builtin_add_overflow(scaled, more.value, &scaled)) return;
	out->value = out->high = scaled;
	out->power = power;
	out->decimals = more.decimals;
	out->length += more.length + length;
	out->multiplier_at = out->length - length;
}

static bool read_arabic(const int32_t *c, int n, int at, struct numeral *out)
{
	if (!read_plain(c, n, at, out)) return false;
	out->arabic = true;
	int i = at + out->length;
	/* 600余万, but not 3多样 nor 5来自: the vague word must stand before a multiplier or be judged by the unit later. */
	int skip = i < n && is_more(c[i]) && c[i] != 0x6765 ? 1 : 0, length = 0;
	int power = multiplier(c, n, i + skip, &length);
	out->multiplier_at = out->length + skip;
	if (power) {
		out->power = power;
		out->length += skip + length;
		if (skip) out->vague = NUMERAL_MORE;
	} else {
		out->multiplier_at = out->length;
	}
	i = at + out->length;
	if (i < n && (c[i] == 0x4F59 || c[i] == 0x591A) && !out->vague) {        /* 余 多 */
		out->vague = NUMERAL_MORE;
		out->length++;
		if (!power) out->multiplier_at = out->length;
	}
	read_tail(c, n, at, out);
	return true;
}

/* 二〇二〇, 一九九八: at least two digits and nothing else. */
static bool read_digits(const int32_t *c, int n, int at, struct numeral *out)
{
	int i = at;
	int64_t v = 0;
	for (; i < n && han_digit(c[i]) >= 0 && c[i] != 0x4E24; i++)
		if (i - at < DIGITS_MAX) v = v * 10 + han_digit(c[i]);
	int length = i - at;
	if (length < 2 || power_of(c[i])) return false;
	out->length = out->multiplier_at = length;
	out->too_long = length > DIGITS_MAX;
	out->value = out->high = out->too_long ? 0 : v * DEC_ONE;
	out->digits_only = true;
	/* 七八家, 三五家: two digits, the second a little larger and no zero, are a range. */
	int a = han_digit(c[at]), b = han_digit(c[at + 1]);
	if (length == 2 && a > 0 && b > a && b - a <= 2) {
		out->value = a * (int64_t)DEC_ONE;
		out->high = b * (int64_t)DEC_ONE;
		out->digits_only = false;
	}
	return true;
}

/* The grammar of 三千五百万, 两万五千, 十二, 一百零八. `total` counts whole units. */
struct han {
	int64_t total, section, digit;
	int last;               /* power of the last multiplier read, 0 after a digit */
	bool any;
};

static bool han_step(struct han *h, int32_t c, bool first)
{
	int d = han_digit(c), p = power_of(c);
	if (d >= 0) {
		if (h->digit > 0) return false;
		h->digit = d;
		h->last = 0;
		h->any = true;
		return true;
	}
	if (p >= 4) {
		if (!h->any && !first) return false;
		int64_t part = h->section + h->digit;
		int64_t scaled;
		if (p == 8) {
			part += h->total;
			h->total = 0;
		}
		if (part == 0 && h->last < 4 && !first) return false;
		if (part == 0) part = 1;
		if (__builtin_mul_overflow(part, ten_to(p), &scaled) || scaled > 9000000000000) return false;
		h->total += scaled;
		h->section = h->digit = 0;
	} else {
		if (h->digit == 0 && h->last && h->last < 4 && h->last <= p) return false;
		int64_t part = (h->digit ? h->digit : 1) * ten_to(p);
		if (h->section && h->section % ten_to(p + 1) && h->section < part) return false;
		h->section += part;
		h->digit = 0;
	}
	h->last = p;
	h->any = true;
	return true;
}

static bool read_han(const int32_t *c, int n, int at, struct numeral *out)
{
	struct han h = { 0 };
	int i = at, last_power = 0;
	bool order = c[at] == 0x51E0 || c[at] == 0x6570;        /* 几 数 */
	if (order && !power_of(c[at + 1])) return false;
	if (order) i++;
	int start = i;
	for (; i < n && (han_digit(c[i]) >= 0 || power_of(c[i])); i++) {
		struct han saved = h;
		if (han_digit(c[i]) < 0 && power_of(c[i]) == 2 && c[i + 1] == 0x5206 && c[i + 2] == 0x4E4B) break;   /* 百分之 */
		if (!han_step(&h, c[i], i == start)) {
			h = saved;
			break;
		}
		last_power = power_of(c[i]);
	}
	if (!h.any) return false;
	int64_t whole = h.total + h.section + h.digit;
	/* 两万五 means 25000; 一百二 means 120: only before a unit, so leave it to positional sense. */
	out->length = out->multiplier_at = i - at;
	out->vague = order ? NUMERAL_ORDER : NUMERAL_PLAIN;
	if (last_power >= 4 && whole % ten_to(last_power) == 0 && i - start > 1) {
		int power = last_power;
		int run = 1;
		if (last_power == 8 && power_of(c[i - 2]) == 4 && i - start > 2) power = 12, run = 2;
		whole /= ten_to(power);
		out->power = power;
		out->multiplier_at = i - at - run;
	}
	if (__builtin_mul_overflow(whole, (int64_t)DEC_ONE, &out->value)) return false;
	out->high = out->value;
	if (i < n && (c[i] == 0x4F59 || c[i] == 0x591A || (c[i] == 0x51E0 && last_power)) && whole) {
		int length = 0, power = last_power < 4 ? multiplier(c, n, i + 1, &length) : 0;
		out->vague = NUMERAL_MORE;
		out->length++;
		if (power) {
			out->multiplier_at = out->length;
			out->power = power;
			out->length += length;
		} else if (!out->power) {
			out->multiplier_at = out->length;
		}
	}
	return true;
}

/* 百分之九十八点六, 三点五亿: digits read one by one after 点. Not 三点五十分, 九点半. */
static void read_han_point(const int32_t *c, int n, int at, struct numeral *out)
{
	int i = at + out->length, k = i + 1, length = 0;
	int64_t unit = DEC_ONE, v = out->value;
	if (out->power || out->vague || out->digits_only || i + 1 >= n || c[i] != 0x70B9) return;
	for (; k < n && han_digit(c[k]) >= 0 && c[k] != 0x4E24; k++) v += han_digit(c[k]) * (unit /= 10);
	int power = multiplier(c, n, k, &length);
	if (k == i + 1 || k - i > 5 || (power && power < 4) || c[k] == 0x5206 || c[k] == 0x523B || c[k] == 0x949F) return;      /* 分 刻 钟 */
	out->value = out->high = v;
	out->decimals = k - i - 1;
	out->power = power;
	out->length = k + length - at;
	out->multiplier_at = k - at;
}

bool numeral_read(const int32_t *c, int n, int at, struct numeral *out)
{
	*out = (struct numeral){ 0 };
	if (at >= n) return false;
	if (arabic_digit(c[at]) >= 0) return read_arabic(c, n, at, out);
	if (han_digit(c[at]) >= 0 && han_digit(c[at + 1]) >= 0 && read_digits(c, n, at, out)) return true;
	*out = (struct numeral){ 0 };
	if (han_digit(c[at]) < 0 && !power_of(c[at]) && c[at] != 0x51E0 && c[at] != 0x6570) return false;
	if (!read_han(c, n, at, out)) return false;
	read_han_point(c, n, at, out);
	return true;
}

static void put_section(struct buf *b, int section, bool lead)
{
	static const char *const digit[] = { "零", "一", "二", "三", "四", "五", "六", "七", "八", "九" };
	static const char *const unit[] = { "", "十", "百", "千" };
	bool zero = lead && section < 1000, any = false;
	for (int k = 3; k >= 0; k--) {
		int d = section / (int)ten_to(k) % 10;
		if (!d) {
			zero |= any;
			continue;
		}
		if (zero) buf_add(b, STR("零"));
		zero = false;
		if (!(d == 1 && k == 1 && !any && !lead)) buf_add(b, str_c(digit[d]));
		buf_add(b, str_c(unit[k]));
		any = true;
	}
}

struct str numeral_chinese(struct arena *a, int64_t whole)
{
	static const char *const big[] = { "", "万", "亿", "万亿" };
	struct buf b = BUF(a, 512);
	if (whole <= 0) return STR("零");
	int section[4] = { 0 }, top = 0;
	for (int k = 0; k < 4 && whole; k++, whole /= 10000) section[k] = (int)(whole % 10000), top = k;
	bool gap = false;
	for (int k = top; k >= 0; k--) {
		if (!section[k]) {
			gap = true;
			if (k == 2 && top == 3) buf_add(&b, STR("亿"));
			continue;
		}
		if (gap && section[k] >= 1000) buf_add(&b, STR("零"));
		put_section(&b, section[k], k != top);
		gap = false;
		buf_add(&b, str_c(k == 3 ? "万" : big[k]));
	}
	return buf_str(&b);
}

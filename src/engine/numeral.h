/* Numerals as official Chinese writes them: 1,234.5  ２０２０  三十二  两万五千  2.3万  600余万  十几  数百  千亿  七八.
   Works on decoded characters, so that a caller can look around the place. */
#ifndef ENGINE_NUMERAL_H
#define ENGINE_NUMERAL_H

#include "base/arena.h"
#include "base/str.h"

enum numeral_vague {
	NUMERAL_PLAIN,
	NUMERAL_MORE,           /* 余, 多, 几, 来: 600余, 二十多, 十几 */
	NUMERAL_ORDER           /* only an order of magnitude: 几十, 数百, 上千 */
};

struct numeral {
	int length;             /* characters taken, the multiplier included */
	int64_t value, high;    /* millionths, the trailing multiplier left out; high > value for 七八 */
	int power;              /* the trailing multiplier: 0, or 3 千, 4 万, 8 亿, 12 万亿 … */
	int multiplier_at;      /* where the multiplier starts, counted from the first character; = length when there is none */
	int decimals;           /* digits written after the point */
	bool arabic;
	bool digits_only;       /* 二〇二〇: digits read one by one */
	bool too_long;          /* more digits than a quantity has: value is 0 */
	enum numeral_vague vague;
};

/* Read the longest numeral at c[at]; c[n] must be readable (0). False when there is none. */
bool numeral_read(const int32_t *c, int n, int at, struct numeral *out);
/* The digit 0-9 of a character (Arabic, full-width, 〇, 零, 一, 两, 壹 …), or -1. */
int numeral_digit(int32_t c);
/* Print a whole number ≥ 0 in Chinese: 10203 → 一万零二百零三. */
struct str numeral_chinese(struct arena *a, int64_t whole);

#endif

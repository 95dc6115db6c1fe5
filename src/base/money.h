/* Money is int64 fen (1/100 yuan). No floating point. */
#ifndef BASE_MONEY_H
#define BASE_MONEY_H

#include "str.h"

/* "1,234.56", "1.2万", "1.2 万元", "3亿元", "500元" to fen; plain numbers are yuan. False: not an amount, or a fraction of a fen. */
bool money_parse(struct str s, int64_t *fen);
enum { MONEY_TEXT = 36 };
struct str money_text(struct arena *a, int64_t fen);            /* 1,234.56 */
size_t money_put(char to[MONEY_TEXT], int64_t fen);             /* the same where it belongs; how many bytes */
struct str money_wan(struct arena *a, int64_t fen);             /* in 万元, exact, no trailing zeros: 163,620.5 */
/* part ÷ whole in basis points, half away from zero; false when whole is 0. */
bool money_share_bp(int64_t part, int64_t whole, int64_t *bp);

#endif

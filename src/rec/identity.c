#include "rec/identity.h"

#include <string.h>

#include "base/utf8.h"

/* ASCII upper case, full-width forms folded, blanks dropped; the count, or -1 when something else is in it or it is too long. */
static int normalise(struct str s, char *out, int max)
{
	int n = 0;
	for (size_t i = 0; i < s.n;) {
		int32_t c = utf8_next(s, &i);
		if (c >= 0xFF01 && c <= 0xFF5E) c -= 0xFEE0;
		if (c == ' ' || c == 0x3000) continue;
		if (c >= 'a' && c <= 'z') c -= 32;
		if (c < 0x21 || c > 0x7E || n == max) return -1;
		out[n++] = (char)c;
	}
	return n;
}

bool uscc_check(struct str s, char out[18])
{
	static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
	static const int weight[17] = { 1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28 };
	static const int org_weight[8] = { 3, 7, 9, 10, 5, 8, 4, 2 };
	char code[18];
	if (normalise(s, code, 18) != 18) return false;
	int sum = 0, org_sum = 0;
	for (int i = 0; i < 18; i++) {
		const char *hit = code[i] ? strchr(alphabet, code[i]) : NULL;
		if (!hit) return false;
		if (i < 17) sum += (int)(hit - alphabet) * weight[i];
	}
	if (alphabet[(31 - sum % 31) % 31] != code[17]) return false;
	for (int i = 0; i < 8; i++) {
		char c = code[8 + i];
		org_sum += (c <= '9' ? c - '0' : c - 'A' + 10) * org_weight[i];
	}
	int check = 11 - org_sum % 11;
	char expect = check == 10 ? 'X' : check == 11 ? '0' : (char)('0' + check);
	if (expect != code[16]) return false;
	memcpy(out, code, 18);
	return true;
}

bool orcid_check(struct str s, char out[19])
{
	static const struct str prefix = STR_INIT("https://orcid.org/");
	if (str_starts(s, prefix)) s = str_sub(s, prefix.n, s.n);
	char code[19], digits[16];
	int len = normalise(s, code, 19), n = 0;
	for (int i = 0; i < len; i++) {
		if (code[i] == '-') continue;
		if (n == 16 || !((code[i] >= '0' && code[i] <= '9') || (code[i] == 'X' && n == 15))) return false;
		digits[n++] = code[i];
	}
	if (n != 16) return false;
	int total = 0;
	for (int i = 0; i < 15; i++) total = (total + digits[i] - '0') * 2;
	int check = (12 - total % 11) % 11;
	if ((check == 10 ? 'X' : (char)('0' + check)) != digits[15]) return false;
	for (int i = 0, w = 0; i < 16; i++) {
		if (i && i % 4 == 0) out[w++] = '-';
		out[w++] = digits[i];
	}
	return true;
}

bool email_check(struct str s)
{
	if (!s.n || s.n > 254) return false;
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || strchr("<>(),;:\\\"[]", s.p[i]) || s.p[i] == 0x7F) return false;
	size_t at = str_find(s, STR("@"), 0);
	if (at == SIZE_MAX || at == 0 || str_find(s, STR("@"), at + 1) != SIZE_MAX) return false;
	size_t dot = str_find(s, STR("."), at + 2);
	return dot != SIZE_MAX && dot + 1 < s.n && s.p[s.n - 1] != '.' && str_find(s, STR(".."), at) == SIZE_MAX;
}

bool phone_check(struct str s)
{
	int digits = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] >= '0' && s.p[i] <= '9') digits++;
		else if (!s.p[i] || !strchr(" +-()#", s.p[i])) return false;
	}
	return digits >= 5 && digits <= 20;
}

bool url_check(struct str s)
{
	size_t host = str_starts(s, STR("https://")) ? 8 : str_starts(s, STR("http://")) ? 7 : 0;
	if (!host || s.n <= host || s.n > 2000) return false;
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || strchr("<>\"\\^`{|}", s.p[i])) return false;
	return s.p[host] != '/' && s.p[host] != ':';
}

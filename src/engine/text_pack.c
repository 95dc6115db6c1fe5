#include "engine/text_pack.h"

#include <string.h>

typedef uint32_t lane4 __attribute__((vector_size(16)));

void pack_put(const uint32_t v[128], int bits, unsigned char *out)
{
	lane4 word = { 0 };
	int filled = 0;
	if (!bits) return;
	for (int i = 0; i < 128; i += 4) {
		lane4 x;
		memcpy(&x, v + i, 16);
		word |= x << filled;
		filled += bits;
		if (filled < 32) continue;
		memcpy(out, &word, 16);
		out += 16;
		filled -= 32;
		word = filled ? x >> (bits - filled) : (lane4){ 0 };
	}
}

static inline __attribute__((always_inline)) void get(const unsigned char *in, const int bits, uint32_t *v)
{
	const uint32_t mask = bits == 32 ? 0xffffffffu : (1u << bits) - 1;
	lane4 word;
	int used = 0;
	memcpy(&word, in, 16);
#pragma GCC unroll 32
	for (int i = 0; i < 32; i++) {
		lane4 x = word >> used;
		used += bits;
		if (used >= 32 && i < 31) {
			in += 16;
			memcpy(&word, in, 16);
			used -= 32;
			if (used) x |= word << (bits - used);
		}
		x &= mask;
		memcpy(v + i * 4, &x, 16);
	}
}

void pack_sum(uint32_t v[128], uint32_t before)
{
	const lane4 none = { 0 };
	lane4 sum = { before, before, before, before };
	for (int i = 0; i < 128; i += 4) {
		lane4 x;
		memcpy(&x, v + i, 16);
		x += __builtin_shufflevector(x, none, 4, 0, 1, 2);
		x += __builtin_shufflevector(x, none, 4, 5, 0, 1);
		x += sum;
		sum = __builtin_shufflevector(x, x, 3, 3, 3, 3);
		memcpy(v + i, &x, 16);
	}
}

void pack_get(const unsigned char *in, int bits, uint32_t v[128])
{
	switch (bits) {
	case 0: memset(v, 0, 512); return;
#define CASE(n) case n: get(in, n, v); return;
	CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8) CASE(9) CASE(10) CASE(11) CASE(12) CASE(13) CASE(14) CASE(15) CASE(16)
	CASE(17) CASE(18) CASE(19) CASE(20) CASE(21) CASE(22) CASE(23) CASE(24) CASE(25) CASE(26) CASE(27) CASE(28) CASE(29) CASE(30) CASE(31) CASE(32)
#undef CASE
	}
}

/* 128 numbers in as many bits each as the largest needs, four lanes side by side so that one instruction unpacks four. */
#ifndef ENGINE_TEXT_PACK_H
#define ENGINE_TEXT_PACK_H

#include <stddef.h>
#include <stdint.h>

static inline int pack_bits(uint32_t largest) { return largest ? 32 - __builtin_clz(largest) : 0; }
static inline size_t pack_bytes(int bits) { return (size_t)bits * 16; }
void pack_put(const uint32_t v[128], int bits, unsigned char *out);
void pack_get(const unsigned char *in, int bits, uint32_t v[128]);
/* Steps to sums: each becomes `before` and all steps up to it. */
void pack_sum(uint32_t v[128], uint32_t before);

/* Variable-length numbers, 7 bits a byte, low first. */
static inline size_t var_put(unsigned char *out, uint64_t v)
{
	size_t n = 0;
	for (; v >= 128; v >>= 7) out[n++] = (unsigned char)(v | 128);
	out[n++] = (unsigned char)v;
	return n;
}
/* False at the end of the bytes. */
static inline int var_get(const unsigned char **p, const unsigned char *end, uint32_t *v)
{
	uint32_t x = 0;
	for (int shift = 0; *p < end && shift < 35; shift += 7) {
		unsigned char b = *(*p)++;
		x |= (uint32_t)(b & 127) << shift;
		if (b < 128) {
			*v = x;
			return 1;
		}
	}
	return 0;
}

#endif

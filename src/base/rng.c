#include "rng.h"

#include <assert.h>
#include <sodium.h>

#include "arena.h"

static uint64_t splitmix(uint64_t *x)
{
	uint64_t z = *x += 0x9E3779B97F4A7C15ull;
	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ull;
	z = (z ^ z >> 27) * 0x94D049BB133111EBull;
	return z ^ z >> 31;
}

struct rng rng_seed(uint64_t seed)
{
	struct rng r;
	for (int i = 0; i < 4; i++) r.s[i] = splitmix(&seed);
	return r;
}

static uint64_t rotl(uint64_t x, int k) { return x << k | x >> (64 - k); }

uint64_t rng_next(struct rng *r)
{
	uint64_t *s = r->s, result = rotl(s[1] * 5, 7) * 9, t = s[1] << 17;
	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return result;
}

uint64_t rng_below(struct rng *r, uint64_t n)
{
	assert(n > 0);
	uint64_t limit = -n % n, x;     /* 2^64 mod n: values below it would favour small results */
	do x = rng_next(r);
	while (x < limit);
	return x % n;
}

void rng_secret(void *out, size_t bytes) { randombytes_buf(out, bytes); }

struct str rng_token(struct arena *a)
{
	unsigned char raw[16];
	rng_secret(raw, sizeof raw);
	char *p = arena_alloc(a, 32);
	sodium_bin2base64(p, 32, raw, sizeof raw, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	return str_c(p);
}

int64_t id_next(struct idgen *g, int64_t now_ms)
{
	const int64_t epoch_2020_ms = 1577836800000;
	int64_t floor = (now_ms - epoch_2020_ms) << 22 | (int64_t)randombytes_uniform(1 << 12);
	g->last = floor > g->last ? floor : g->last + 1 + randombytes_uniform(16);
	return g->last;
}

int64_t id_chance(void)
{
	int64_t id;
	rng_secret(&id, sizeof id);
	id &= INT64_MAX;
	return id ? id : 1;
}

static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

void id_put(char out[ID_TEXT], int64_t id)
{
	uint64_t u = (uint64_t)id;
	for (int i = 0; i < ID_TEXT; i++) out[i] = alphabet[u >> (5 * (ID_TEXT - 1 - i)) & 31];
}

struct str id_text(struct arena *a, int64_t id)
{
	char *p = arena_alloc(a, ID_TEXT + 1);
	id_put(p, id);
	return (struct str){ p, ID_TEXT };
}

bool id_parse(struct str s, int64_t *id)
{
	if (s.n != ID_TEXT) return false;
	uint64_t u = 0;
	for (size_t i = 0; i < ID_TEXT; i++) {
		int d = -1;
		for (int k = 0; k < 32; k++)
			if (alphabet[k] == s.p[i]) d = k;
		if (d < 0 || (i == 0 && d > 7)) return false;
		u = u << 5 | (unsigned)d;
	}
	if (u == 0 || u > INT64_MAX) return false;
	*id = (int64_t)u;
	return true;
}

/* Random numbers: seeded and replayable for computation, from the kernel for secrets. And record ids. */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include "str.h"

struct rng { uint64_t s[4]; };

struct rng rng_seed(uint64_t seed);             /* xoshiro256**, state filled by splitmix64 */
uint64_t rng_next(struct rng *r);
uint64_t rng_below(struct rng *r, uint64_t n);  /* uniform in [0, n), without bias; n > 0 */

void rng_secret(void *out, size_t bytes);       /* from the kernel */
struct str rng_token(struct arena *a);          /* 128 random bits, URL-safe */

/* Record ids: 64 bits, positive, ordered by time: 41 bits of milliseconds since 2020, 22 of sequence and chance. */
struct idgen { int64_t last; };
int64_t id_next(struct idgen *g, int64_t now_ms);
int64_t id_chance(void);                        /* one that tells neither when nor in which order it was made */
enum { ID_TEXT = 13 };
struct str id_text(struct arena *a, int64_t id);        /* 13 characters of Crockford's base 32 */
void id_put(char out[ID_TEXT], int64_t id);             /* the same, without a zero at the end */
bool id_parse(struct str s, int64_t *id);

#endif

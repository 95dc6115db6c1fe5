/* Demonstration data by declaration: the same seed gives the same records, and totals are met exactly. */
#ifndef REC_DEMO_H
#define REC_DEMO_H

#include "base/rng.h"
#include "rec/rx.h"

/* Of every demonstration account; shown on the sign-in page of a demonstration. */
#define DEMO_PASSWORD "demo-2026"

/* Organisations and accounts of the declared demonstration accounts, then every demo block in order. `password` is for all accounts. */
enum rc demo_make(struct rx *rx, struct str password, int *records) MUST_USE;

/* The demonstration accounts alone, `out` as the region's list: those already there (account not 0) are left. */
struct demo_person { int64_t account, org, person; };
enum rc demo_accounts(struct rx *rx, struct str pw_hash, struct demo_person *out) MUST_USE;

/* `n` whole numbers, each within [min, max], that add to `total`: drawn by chance, deterministic. False when that cannot be. */
bool apportion_total(struct arena *a, struct rng *rng, int64_t total, int64_t min, int64_t max, int n, int64_t *out);
/* `n` split by weights, largest remainder; each share at least one where n allows. Adds to n exactly. */
void apportion_weights(struct arena *a, const int64_t *weight, int parts, int64_t n, int64_t *out);

#endif

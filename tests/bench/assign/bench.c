/* The engine on a generated instance: bench APPLICATIONS EXPERTS ROOM_PERCENT LEVELS all|one|rules [repairs N]
   One JSON line. Peers get the same instance (lemon.cc). */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/time.h"
#include "engine/assign.h"

#include "instance.h"

static int number_cmp(const void *a, const void *b) { return *(const double *)a < *(const double *)b ? -1 : *(const double *)a > *(const double *)b; }

static double now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

/* One expert after the other declines one application; every answer is exact, every hundredth is proven afresh. */
static int repairs(struct cx *cx, const struct assign_input *in, const struct assign_result *r, int n)
{
	struct assign_session *s;
	double *ms = malloc(sizeof *ms * (size_t)n);
	uint64_t seed = 99;
	long changed = 0;
	int proofs = 0;
	if (assign_session_open(cx, in, r, &s) != RC_OK) return 1;
	for (int k = 0; k < n; k++) {
		struct assign_diff d;
		int a = (int)(instance_next(&seed) % (uint64_t)in->n_application);
		uint32_t i = r->pair[r->first[a] + instance_next(&seed) % (r->first[a + 1] - r->first[a])];
		struct assign_change x = { ASSIGN_FORBID, a, in->expert[i], 0, 0 };
		double from = now_ms();
		if (assign_session_change(cx, s, &x, 1, &d) != RC_OK || d.unfilled) return 1;
		ms[k] = now_ms() - from;
		changed += d.n_added;
		if (k % (n / 5 + 1) == 0) {
			if (assign_session_proof(s) != d.total) return 1;
			proofs++;
		}
	}
	qsort(ms, (size_t)n, sizeof *ms, number_cmp);
	printf("{\"repairs\":%d,\"median_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f,\"pairs_changed\":%.2f,\"proofs\":%d}\n", n, ms[n / 2], ms[n * 99 / 100], ms[n - 1], (double)changed / n, proofs);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 6) return 2;
	int np = atoi(argv[1]), ne = atoi(argv[2]);
	struct instance in = instance_make(np, ne, 75, 5, atoi(argv[3]), atoi(argv[4]), 1);
	bool rules = strcmp(argv[5], "rules") == 0;
	struct assign_input input = { .n_application = np, .n_expert = ne, .need = in.need, .min = in.min, .max = in.max, .row = in.row, .expert = in.expert, .affinity = in.affinity };
	int32_t *senior = malloc(sizeof *senior * (size_t)ne), *region = malloc(sizeof *region * (size_t)ne), *home = malloc(sizeof *home * (size_t)np);
	for (int e = 0; e < ne; e++) senior[e] = e % 5 == 0, region[e] = e / 7 % 4;
	for (int a = 0; a < np; a++) home[a] = a % 4;
	struct assign_quota quota[2] = { { 1, ASSIGN_NEED_MAX, senior, NULL, "senior", "senior" }, { 1, 3, region, home, "local", "local" } };
	if (strcmp(argv[5], "all") != 0) input.one = in.org;
	if (rules) input.quota = quota, input.n_quota = 2;
	struct cx cx = { .arena = arena_new((size_t)16 << 30) };
	struct assign_options o = { 0 };
	struct assign_result r;
	struct rusage use;
	double from = now_ms();
	if (assign_solve(&cx, &input, &o, &r) != RC_OK) return 1;
	double took = now_ms() - from;
	getrusage(RUSAGE_SELF, &use);
	printf("{\"status\":%d,\"total\":%lld,\"bound\":%lld,\"cpu_seconds\":%.3f,\"peak_mib\":%ld}\n", r.status, (long long)r.total, (long long)r.bound, took / 1e3, use.ru_maxrss / 1024);
	return argc > 7 ? repairs(&cx, &input, &r, atoi(argv[7])) : 0;
}

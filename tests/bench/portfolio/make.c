/* Applications and about 55 side rules, drawn from a seed:  make N SEED STEM  writes STEM.csv and STEM.lc. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"

enum { PROGRAMMES = 8, DIVISIONS = 16, TAGS = 14 };

static struct rng rng;
static int pick(int n) { return (int)rng_below(&rng, (uint64_t)n); }
static double unit(void) { return (double)rng_below(&rng, 1 << 30) / (1 << 30); }
static double bell(void) { return sqrt(-2 * log(1 - unit())) * cos(6.283185307179586 * unit()); }
static double between(double low, double high) { return low + (high - low) * unit(); }

static void tags(FILE *f)
{
	static const int how_many[] = { 1, 1, 2, 3 };
	int n = how_many[pick(4)], first = pick(TAGS);
	for (int k = 0; k < n; k++) fprintf(f, n == 1 ? "%st%d" : "%st%d:%d", k ? ";" : "", (first + 5 * k) % TAGS, n == 2 ? 40 + 20 * k : 30 + 5 * k);
}

/* Returns what all of them would cost, in ten thousand yuan. */
static double applications(FILE *f, int n)
{
	static const int share[DIVISIONS] = { 30, 40, 48, 55, 61, 67, 72, 77, 81, 85, 88, 91, 94, 96, 98, 100 };
	double total = 0;
	fputs("id,tier,score,sd,cost,programme,division,organisation,person,industry,year1,partner\n", f);
	for (int i = 0; i < n; i++) {
		double score = fmin(99, fmax(40, 74 + 9 * bell())), cost = fmin(3000, fmax(5, exp(4.2 + 0.8 * bell()))), year = 0.4 + 0.1 * pick(3), sd = between(1, 5);
		double partner = between(0, 0.6), less = between(0.75, 0.9);
		int programme = pick(PROGRAMMES), place = pick(100), division = 0, organisation = pick(n / 15 + 10), person = pick(n * 3 / 4 + 1);
		while (share[division] <= place) division++;
		struct rng here = rng;
		for (int tier = 0, tiers = 1 + (i % 10 < 3); tier < tiers; tier++) {
			double c = tier ? cost * 0.7 : cost;
			rng = here;
			fprintf(f, "A%05d,%s,%.2f,%.2f,%.1f万,P%d,D%02d,O%04d,per%05d,", i + 1, tier ? "reduced" : "full", tier ? score * less : score, sd, c, programme, division,
				organisation, person);
			tags(f);
			fprintf(f, ",%.1f万,%.1f万\n", c * year, programme < 2 ? c * partner : 0);
		}
		total += cost;
	}
	return total;
}

static void rules(FILE *f, int n, double total)
{
	double budget = total * 0.3, one = budget / PROGRAMMES;
	fprintf(f, "budget %.1f万;\nbudget %.1f万 of year1;\n", budget, budget * 0.48);
	for (int p = 0; p < PROGRAMMES; p++) fprintf(f, "budget %.1f万 in programme P%d;\n", one * between(0.8, 1.5), p);
	for (int p = 0; p < 4; p++) fprintf(f, "floor %.1f万 in programme P%d;\n", one * 0.6, p);
	for (int t = 0; t < 8; t++) fprintf(f, "floor %d%% in industry t%d;\n", 5 + pick(3), t);
	for (int t = 8; t < TAGS; t++) fprintf(f, "ceiling %d%% in industry t%d;\n", 6 + pick(3), t);
	for (int d = 0; d < 5; d++) fprintf(f, "ceiling %d%% in division D%02d;\n", d ? 8 + pick(20) : 30, d);
	fprintf(f, "at-most 4 each organisation;\nat-most 1 each person;\nceiling %.1f万 each organisation;\n", budget * 6 / (n / 15 + 10));
	fputs("at-least 1 each division quality 75;\nratio partner cost 1:5 in programme P0;\nratio partner cost 1:4 in programme P1;\n", f);
	for (int k = 0; k < 6; k++) fprintf(f, "exclude A%05d A%05d;\n", 1 + pick(n / 2), 1 + n / 2 + pick(n / 2));
	for (int k = 0; k < 5; k++) fprintf(f, "needs A%05d A%05d;\n", 1 + pick(n / 2), 1 + n / 2 + pick(n / 2));
	fprintf(f, "must A%05d A%05d;\nnever A%05d A%05d;\nat-most %d in programme P7;\n", n / 5, n / 3, n / 7, n / 4, n / 30 > 3 ? n / 30 : 3);
}

int main(int argc, char **argv)
{
	char path[4096];
	if (argc != 4) return 2;
	int n = (int)strtol(argv[1], NULL, 10);
	rng = rng_seed(strtoull(argv[2], NULL, 10));
	snprintf(path, sizeof path, "%s.csv", argv[3]);
	FILE *f = fopen(path, "we");
	if (!f || n < 30) return 2;
	double total = applications(f, n);
	fclose(f);
	snprintf(path, sizeof path, "%s.lc", argv[3]);
	f = fopen(path, "we");
	if (!f) return 2;
	rules(f, n, total);
	fclose(f);
	return 0;
}

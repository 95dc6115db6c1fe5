/* Instances of a foundation's year, made from a seed: disciplines in order, most candidates from an application's own or the
   neighbouring ones; affinities 0 … levels, higher inside the own discipline; the experts' room is about room_percent of the need. */
#ifndef BENCH_INSTANCE_H
#define BENCH_INSTANCE_H

#include <stdint.h>
#include <stdlib.h>

struct instance { int np, ne, k; int32_t *need, *min, *max, *org, *expert, *affinity; uint32_t *row; };

static uint64_t instance_next(uint64_t *x)
{
	uint64_t z = *x += 0x9E3779B97F4A7C15ull;
	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ull;
	z = (z ^ z >> 27) * 0x94D049BB133111EBull;
	return z ^ z >> 31;
}

static int instance_cmp(const void *a, const void *b) { return *(const int32_t *)a < *(const int32_t *)b ? -1 : *(const int32_t *)a > *(const int32_t *)b; }

static struct instance instance_make(int np, int ne, int degree, int k, int room_percent, int levels, uint64_t seed)
{
	struct instance in = { .np = np, .ne = ne, .k = k };
	uint64_t s = seed;
	in.need = (int32_t *)malloc(sizeof(int32_t) * (size_t)np);
	in.min = (int32_t *)calloc((size_t)ne, sizeof(int32_t));
	in.max = (int32_t *)malloc(sizeof(int32_t) * (size_t)ne);
	in.org = (int32_t *)malloc(sizeof(int32_t) * (size_t)ne);
	in.row = (uint32_t *)malloc(sizeof(uint32_t) * ((size_t)np + 1));
	in.expert = (int32_t *)malloc(sizeof(int32_t) * (size_t)np * (size_t)degree);
	in.affinity = (int32_t *)malloc(sizeof(int32_t) * (size_t)np * (size_t)degree);
	int width = 200 < ne ? 200 : ne, room = (int)((int64_t)np * k * 2 * room_percent / 100 / ne);
	for (int e = 0; e < ne; e++) {
		in.max[e] = room / 4 + (int)(instance_next(&s) % (uint64_t)(room / 2 + 1)) + (int)(instance_next(&s) & (uint64_t)(room & 1));
		in.org[e] = (int32_t)(instance_next(&s) % (uint64_t)(ne / 10 + 1));
	}
	uint32_t n = 0;
	for (int a = 0; a < np; a++) {
		in.need[a] = k;
		in.row[a] = n;
		int64_t centre = (int64_t)a * ne / np;
		int got = 0;
		int32_t *row = in.expert + n;
		while (got < degree) {
			uint64_t r = instance_next(&s);
			int64_t reach = (r & 7) ? width : width * 8;
			int64_t e = centre + (int64_t)((r >> 8) % (uint64_t)(2 * reach + 1)) - reach;
			e = ((e % ne) + ne) % ne;
			int dup = 0;
			for (int j = 0; j < got; j++) dup |= row[j] == (int32_t)e;
			if (!dup) row[got++] = (int32_t)e;
		}
		qsort(row, (size_t)degree, sizeof *row, instance_cmp);
		for (int j = 0; j < degree; j++) {
			int64_t far = llabs(row[j] - centre);
			if (far > ne / 2) far = ne - far;
			int base = far <= width ? 1000 - (int)(far * 500 / width) : 300;
			in.affinity[n++] = (int32_t)(base * (int)(instance_next(&s) % 1001) / 1000) * levels / 1000;
		}
	}
	in.row[np] = n;
	return in;
}

#endif

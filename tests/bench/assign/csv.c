/* An instance as the three CSV files of `lianchuang assign`: csv APPLICATIONS EXPERTS ROOM_PERCENT LEVELS DIR */
#include <stdio.h>

#include "instance.h"

static FILE *make(const char *dir, const char *name)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/%s", dir, name);
	FILE *f = fopen(path, "w");
	if (!f) exit(1);
	return f;
}

int main(int argc, char **argv)
{
	if (argc < 6) return 2;
	struct instance in = instance_make(atoi(argv[1]), atoi(argv[2]), 75, 5, atoi(argv[3]), atoi(argv[4]), 1);
	FILE *a = make(argv[5], "a.csv"), *e = make(argv[5], "e.csv"), *p = make(argv[5], "p.csv");
	fputs("id,need,discipline,region\n", a);
	fputs("id,min,max,organisation,discipline,title,region\n", e);
	fputs("application,expert,affinity\n", p);
	for (int i = 0; i < in.np; i++) {
		fprintf(a, "A%d,%d,%05d,r%d\n", i, in.need[i], (int)((long long)i * 1000 / in.np), i % 4);
		for (uint32_t k = in.row[i]; k < in.row[i + 1]; k++) fprintf(p, "A%d,E%d,%d\n", i, in.expert[k], in.affinity[k]);
	}
	for (int i = 0; i < in.ne; i++)
		fprintf(e, "E%d,%d,%d,O%d,%05d,%s,r%d\n", i, in.min[i], in.max[i], in.org[i], (int)((long long)i * 1000 / in.ne), i % 5 == 0 ? "senior" : "other", (i / 7) % 4);
	return fclose(a) | fclose(e) | fclose(p);
}

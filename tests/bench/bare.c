/* The CPU of a page's statements alone: prepared once, stepped to the end with every column read, in a loop over one connection set
   as the server's. Prints microseconds of CPU a round; with 0 rounds the first number of the first statement.

   bench_bare DATABASE STATEMENTS ROUNDS */
#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { STATEMENTS = 64, LINE = 1 << 16 };

static double cpu_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void run(sqlite3_stmt *s)
{
	int n = sqlite3_column_count(s);
	while (sqlite3_step(s) == SQLITE_ROW)
		for (int i = 0; i < n; i++) {
			if (sqlite3_column_type(s, i) == SQLITE_INTEGER) (void)sqlite3_column_int64(s, i);
			else (void)sqlite3_column_blob(s, i), (void)sqlite3_column_bytes(s, i);
		}
	sqlite3_reset(s);
}

int main(int argc, char **argv)
{
	static char line[LINE];
	sqlite3 *h;
	sqlite3_stmt *s[STATEMENTS];
	int n = 0, rounds = argc == 4 ? atoi(argv[3]) : 0;
	assert(argc == 4 && sqlite3_open_v2(argv[1], &h, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK);
	sqlite3_exec(h, "pragma query_only=on; pragma cache_size=-16384; pragma mmap_size=268435456", NULL, NULL, NULL);
	FILE *f = fopen(argv[2], "r");
	assert(f);
	while (fgets(line, sizeof line, f)) {
		assert(n < STATEMENTS);
		if (sqlite3_prepare_v2(h, line, -1, &s[n++], NULL) != SQLITE_OK) return fprintf(stderr, "%s: %s", sqlite3_errmsg(h), line), 1;
	}
	if (rounds == 0) return sqlite3_step(s[0]), printf("%lld\n", (long long)sqlite3_column_int64(s[0], 0)), 0;
	for (int i = 0; i < rounds / 10 + 1; i++)
		for (int k = 0; k < n; k++) run(s[k]);
	double from = cpu_us();
	for (int i = 0; i < rounds; i++)
		for (int k = 0; k < n; k++) run(s[k]);
	printf("%.1f\n", (cpu_us() - from) / rounds);
	return 0;
}

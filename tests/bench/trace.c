/* LD_PRELOAD for a server: every statement SQLite runs, with its values, one a line into the file BENCH_TRACE names. */
#include <dlfcn.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int on_statement(unsigned what, void *ctx, void *stmt, void *text)
{
	char *whole = sqlite3_expanded_sql(stmt);
	const char *path = getenv("BENCH_TRACE");
	int fd = path && whole ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;
	if (fd >= 0) {
		size_t n = strlen(whole);
		whole[n] = '\n';
		(void)!write(fd, whole, n + 1);
		close(fd);
		whole[n] = 0;
	}
	sqlite3_free(whole);
	return 0;
}

int sqlite3_prepare_v3(sqlite3 *db, const char *text, int n, unsigned flags, sqlite3_stmt **stmt, const char **tail)
{
	static int (*real)(sqlite3 *, const char *, int, unsigned, sqlite3_stmt **, const char **);
	if (!real) real = (int (*)(sqlite3 *, const char *, int, unsigned, sqlite3_stmt **, const char **))dlsym(RTLD_NEXT, "sqlite3_prepare_v3");
	sqlite3_trace_v2(db, SQLITE_TRACE_STMT, on_statement, NULL);
	return real(db, text, n, flags, stmt, tail);
}

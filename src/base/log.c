#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "time.h"

static const char *process_name = "main";

void log_name(const char *process) { process_name = process; }

void log_line(enum level level, const char *fmt, ...)
{
	static const char *const words[] = { "error", "warning", "info" };
	char line[1024];
	int n = snprintf(line, sizeof line, "t=%lld level=%s proc=%s ", (long long)time_now_ms(), words[level], process_name);
	va_list args;
	va_start(args, fmt);
	int m = vsnprintf(line + n, sizeof line - (size_t)n - 1, fmt, args);
	va_end(args);
	size_t len = (size_t)n + (m < 0 ? 0 : (size_t)m);
	if (len > sizeof line - 2) len = sizeof line - 2;
	for (size_t i = (size_t)n; i < len; i++)
		if (line[i] == '\n' || line[i] == '\r') line[i] = ' ';
	line[len] = '\n';
	if (write(STDERR_FILENO, line, len + 1) < 0) return;
}

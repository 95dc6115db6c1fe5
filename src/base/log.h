/* One line an event on standard error: time, level, process, message, key=value pairs. Never personal data, never
   bodies. Only src/app and src/web log; libraries return what happened. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "fail.h"

void log_name(const char *process);     /* "web-1", "writer": set once after fork */
void log_line(enum level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif

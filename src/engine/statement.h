/* Small rules files for engines, in the manner of the declarations: `word argument … ;`, `#` begins a comment, an argument with spaces
   stands in double quotes, commas between arguments may be written. No blocks and no expressions. */
#ifndef ENGINE_STATEMENT_H
#define ENGINE_STATEMENT_H

#include "base/fail.h"

struct statement {
	struct str word;
	struct str *arg;        /* without quotes */
	int n;
	int line, column;       /* of the word, from 1 */
	struct str text;        /* as written, without the semicolon */
};

/* `text` is decoded UTF-8 and stays the caller's; the rest is cx->arena's. The first mistake is reported as file:line:column. */
enum rc statement_read(struct cx *cx, struct str text, const char *file, struct statement **out, int *n) MUST_USE;

#endif

/* CSV (RFC 4180) in and out. Reading works on decoded UTF-8 (see text_decode). */
#ifndef BASE_CSV_H
#define BASE_CSV_H

#include "buf.h"
#include "fail.h"

enum { CSV_COLUMNS_MAX = 512 };

struct csv {
	struct str text;
	size_t at;
	int line;               /* of the row last read */
	const char *name;       /* for messages */
	char separator;         /* 0: a comma */
	bool reuse;             /* the cells of a row are only good until the next one is asked for: what is read in millions needs no room then */
	struct str *room;       /* csv.c's own, when `reuse` */
	size_t room_cap;
};

struct csv_row { struct str *cell; int n; int line; };

struct csv csv_open(struct str text, const char *name);
/* The next row; *more is false at the end. Empty lines are skipped. Fails on a quote that never closes. */
enum rc csv_next(struct cx *cx, struct csv *c, struct csv_row *row, bool *more) MUST_USE;
/* The column called `name`; -1 when absent. */
int csv_column(const struct csv_row *header, const char *name);

/* One cell, quoted when needed. A text that a spreadsheet would run as a formula gets a leading apostrophe. */
void csv_put(struct buf *out, struct str cell, bool first);
void csv_end_row(struct buf *out);

#endif

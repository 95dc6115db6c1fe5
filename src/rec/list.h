/* Lists: filter, sort, columns, pages by key. The whole state of a list is its link. */
#ifndef REC_LIST_H
#define REC_LIST_H

#include "rec/store.h"

enum { LIST_PAGE = 50, LIST_PAGE_MAX = 1000, LIST_FILTERS = 24, LIST_COLUMNS = 32, LIST_COUNT_MAX = 1000, LIST_BYTES_MAX = 256 << 10 };

enum filter_op { FILTER_IS, FILTER_MIN, FILTER_MAX, FILTER_EMPTY, FILTER_TEXT };
struct filter { const struct field_def *field; enum filter_op op; struct str raw; };    /* IS takes several values split by "," */

struct list_query {
	const struct type_def *type;
	struct filter filter[LIST_FILTERS];
	int n_filter;
	struct str state;                       /* one or more, split by ","; empty: all */
	struct str words;                       /* in title and number, folded; all must occur */
	const struct field_def *column[LIST_COLUMNS];
	int n_column;
	const struct field_def *sort;           /* NULL: by the time of the last change */
	bool ascending;
	struct str after;                       /* key of the last row of the page before */
	int limit;                              /* a page of long texts ends earlier, after LIST_BYTES_MAX of them */
	const struct expr *where;               /* an indicator's own condition (drill-down) */
};

/* From a link's parameters: "state", "q", "sort" (-name: descending), "cols", "after", "limit", and FIELD, FIELD.min, FIELD.max.
   A parameter that names nothing is a failure; the rest still holds. */
struct list_param { struct str name, value; };
enum rc list_parse(struct rx *rx, const struct type_def *t, const struct list_param *p, int n, struct list_query *out) MUST_USE;

struct list_row {
	int64_t id, changed_ms;
	const struct state_def *state;
	struct str number;
	struct val *cell;                       /* one a column; VNULL also where the viewer may not see it */
	struct str *shown;                      /* refs: the title of what is referred to, if the viewer may see that */
	struct str key;                         /* for `after`; only of the last row of a full page */
};
struct list_page { VEC(struct list_row); bool more; };
enum rc list_read(struct rx *rx, const struct list_query *q, struct list_page *out) MUST_USE;
/* How many there are, counted up to LIST_COUNT_MAX + 1. */
enum rc list_count(struct rx *rx, const struct list_query *q, int64_t *count) MUST_USE;

/* The ids of all of them in the list's order, wherever a page begins; *n is `max` + 1 when there are more than that. */
enum rc list_ids(struct rx *rx, const struct list_query *q, int max, int64_t **id, int *n) MUST_USE;

/* Titles of records by id, as far as the viewer may see them: out[i] is "" otherwise. */
enum rc titles_read(struct rx *rx, const struct type_def *t, const int64_t *id, int n, struct str *out) MUST_USE;
/* For choosing: visible records whose title or number holds the words, at most `limit`. */
struct choice { int64_t id; struct str title, number; };
struct choices { VEC(struct choice); bool more; };
enum rc choices_read(struct rx *rx, const struct type_def *t, struct str words, int limit, struct choices *out) MUST_USE;
/* Records of `t` that refer to (type, id): for each ref field pointing there, whether any is visible. Used for "related" on a page. */
enum rc related_count(struct rx *rx, const struct type_def *t, const struct field_def *ref, int64_t id, int64_t *count) MUST_USE;

#endif

/* Making a dossier: an archive of records, an index, and as far as the maker may see it what hangs on each. */
#ifndef FEATURE_DOSSIER_H
#define FEATURE_DOSSIER_H

#include "feature/show.h"
#include "rec/zip_out.h"

enum { DOSSIER_MAX = 5000, DOSSIER_NOW = 40 };  /* records in one; so many while a request waits: about a second */

struct dossier_item { const struct type_def *type; int64_t id; int depth; };

struct dossier {
	struct page *p;                 /* whose language, time and memory it is made with */
	struct viewer maker;            /* whose rights */
	bool alone;                     /* each record as one PDF, without what hangs on it */
	bool kept;                      /* the archive stays on the disk: a record whose fields are sealed is left out */
	struct zip_out *zip;
	struct dossier_item *item;
	int n, max;
	bool cut;                       /* there were more */
	struct val index;               /* a map for each record that was put */
	struct page inner;              /* of the record under way: memory of its own, the maker's rights */
	struct cx own;
};

/* `max`: records at most. dossier_end gives the memory back. */
struct dossier *dossier_start(struct page *p, const struct viewer *maker, bool alone, int max);
void dossier_end(struct dossier *d);
/* One more record, unless it is there already. */
void dossier_add(struct dossier *d, const struct type_def *t, int64_t id, int depth);
/* Add those that name record `i`. */
enum rc dossier_follow(struct dossier *d, int i) MUST_USE;
/* Write record `i` and a line of the index. One that is gone or hidden by now is named there as such. */
enum rc dossier_put(struct dossier *d, int i) MUST_USE;
enum rc dossier_put_index(struct dossier *d, int64_t made_ms) MUST_USE;

#endif

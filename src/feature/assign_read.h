/* Files of the assign command: applications, experts, candidate pairs, rules, an assignment. docs/assign.md describes them. */
#ifndef FEATURE_ASSIGN_READ_H
#define FEATURE_ASSIGN_READ_H

#include "base/csv.h"
#include "base/hash.h"
#include "engine/assign.h"
#include "engine/names.h"

/* A file as it is (mapped until the process ends) and as UTF-8. */
struct assign_file { const char *path; struct str bytes, text; };

struct assign_table {
	struct assign_file file;
	struct csv_row header;
	struct csv_row *row;            /* by number in the engine */
	int n;
	struct str *id;
	struct names names;             /* ids in the order of the file */
	int32_t *number;                /* place in the file → number in the engine */
	int32_t *place;                 /* and back */
};

struct assign_files {
	struct assign_table applications, experts;
	struct assign_file pairs, rules;
	struct assign_input in;
	int32_t *affinity;              /* of `in`, writable */
	int32_t *min, *max;
	bool draw;
	int32_t tolerance;
};

/* The same from files in memory: `path` is their name in messages; a NULL path: there is no such file (pairs, rules). */
struct assign_sources { struct assign_file applications, experts, pairs, rules; };
enum rc assign_sources_read(struct cx *cx, const struct assign_sources *s, struct assign_files *out) MUST_USE;
/* Read and number everything; `rules` may be NULL. Mistakes are told as file:line. */
enum rc assign_files_read(struct cx *cx, const char *applications, const char *experts, const char *pairs, const char *rules, struct assign_files *out) MUST_USE;
/* The part without pairs: tables and their numbers. */
enum rc assign_map(struct cx *cx, const char *path, struct assign_file *out) MUST_USE;

/* An assignment (columns application, expert): pairs by application as in assign_result. Every line must name a candidate pair. */
enum rc assign_assignment_read(struct cx *cx, const struct assign_files *f, const char *path, const uint32_t **first, const uint32_t **pair) MUST_USE;
/* application,expert,affinity in the order of the files. */
void assign_assignment_write(struct cx *cx, const struct assign_files *f, const uint32_t *first, const uint32_t *pair, struct buf *out);

/* SHA-256 over the seed and the digests of the files, in hexadecimal: to be published before the draw. */
struct str assign_commitment(struct cx *cx, const struct assign_files *f, uint64_t seed);

#endif

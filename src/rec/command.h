/* The commands: the one way to change data. Web workers, jobs and the command line send them to the writer as values. */
#ifndef REC_COMMAND_H
#define REC_COMMAND_H

#include "base/rng.h"
#include "rec/flow.h"

/* What the writer keeps between commands. */
struct office {
	const struct region *region;
	const struct vault *vault;
	struct idgen ids;
	int64_t region_rev;
	int64_t clock_offset_ms;        /* of the demonstration clock */
};

/* writer_run: `ctx` is a struct office. The command: {name, args, actor: {account}, remote}. The actor's rights are read from the
   database here; what the message says beyond the account is not believed. {system: true} is set only by our own processes. */
enum rc command_run(void *ctx, struct cx *cx, struct db *db, struct val command, struct val *reply);
enum rc command_tick(void *ctx, struct cx *cx, struct db *db);
/* The demonstration clock as it stands. */
enum rc clock_offset(struct cx *cx, struct db *db, int64_t *offset_ms) MUST_USE;
/* The values of a row to import, judged as import.apply will; a draft may lack its tables and files. */
enum { IMPORT_ROWS_MAX = 5000, IMPORT_BYTES_MAX = 6 << 20 };
/* The same of a row that changes a record: `key` is "ID.REV", as it was downloaded. RC_CONFLICT when it has another revision by now. */
enum rc record_import_change(struct rx *rx, const struct type_def *t, struct str key, struct val raw, struct record *rec, struct val *values) MUST_USE;
enum rc record_import_values(struct rx *rx, const struct type_def *t, struct val raw, struct val *values) MUST_USE;

#endif

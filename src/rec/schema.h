/* Tables: the system's own by numbered migrations, those of record types by additive changes derived from the region. */
#ifndef REC_SCHEMA_H
#define REC_SCHEMA_H

#include "rec/rx.h"

enum rc schema_migrate(struct cx *cx, struct db *db) MUST_USE;
/* Bring the tables to what the region declares, and store the revision when it is new. Refuses a field whose stored kind changed. */
enum rc schema_apply(struct rx *rx) MUST_USE;
/* The newest stored revision, and the digest of its declarations; 0 when the database has none. */
enum rc schema_revision(struct cx *cx, struct db *db, int64_t *rev, struct str *digest) MUST_USE;

#endif

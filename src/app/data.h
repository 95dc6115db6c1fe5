/* A data folder: database, keys, files. Opening one, and making one. */
#ifndef APP_DATA_H
#define APP_DATA_H

#include "rec/command.h"

struct data {
	struct arena *arena;            /* lives as long as the process */
	struct str dir;
	struct vault vault;
	struct region *region;
	struct db *db;
	int64_t region_rev;
};

/* Open an existing folder; the region is the one its database was made with. */
enum rc data_open(struct cx *cx, struct arena *arena, struct str dir, enum db_mode mode, struct data *out) MUST_USE;
void data_close(struct data *d);

/* Make a folder (or bring an existing one to the region's present declarations): keys, tables, and with `demo` the demonstration
   data, once. *fresh tells whether the data were made now. */
enum rc data_make(struct cx *cx, struct arena *arena, struct str dir, struct str region_dir, bool demo, struct data *out, bool *fresh) MUST_USE;
struct rx data_rx(struct cx *cx, struct data *d, struct idgen *ids);

#endif

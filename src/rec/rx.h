/* Records at work for one viewer: the context that every function of src/rec takes.

   Tables. A type is r_<type>: id, rev, state, number, owner (account), author (person), org, division, created_ms, changed_ms,
   region_rev, title_fold, title_key, sealed, then a column f_<field> for each field that is stored. A table of a type is
   c_<type>_<table>: parent, pos, f_<column> ….
   Stored forms: int, dec (millionths), money (fen), bool 0/1, date (days since 1970), time (ms), ref and file (id): integer;
   text and codes: text. (Day numbers rather than ISO text, so that date arithmetic needs no functions of the database.) */
#ifndef REC_RX_H
#define REC_RX_H

#include "base/fail.h"
#include "base/hash.h"
#include "db/db.h"
#include "def/model.h"
#include "def/viewer.h"

/* What lies outside the database: keys and files. */
struct vault {
	unsigned char seal_key[KEY_BYTES];      /* sealed fields, drafts and files */
	unsigned char chain_key[KEY_BYTES];     /* the event chain's MAC */
	unsigned char sign_seed[KEY_BYTES];     /* signs receipts; its public key is shown to anybody */
	struct str files_dir, anchor_path;
};
/* Load the vault of a data folder; `create` makes keys (mode 0600) and folders that are missing. */
enum rc vault_load(struct cx *cx, struct arena *a, struct str data_dir, bool create, struct vault *out) MUST_USE;

struct rx {
	struct cx *cx;
	struct db *db;
	const struct region *region;
	const struct vault *vault;
	struct viewer viewer;
	struct idgen *ids;              /* the writer's; NULL where nothing is written */
	int64_t region_rev;
};

/* "No such record", in the same words and bytes whether it is missing or hidden. */
enum rc rx_missing(struct rx *rx);

#endif

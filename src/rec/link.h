/* Links that open without signing in: a dossier for an auditor, a calendar feed. The secret is in the address, only its hash is kept;
   each has an end, can be withdrawn, and shows what its maker may see at the time it is used, no more. */
#ifndef REC_LINK_H
#define REC_LINK_H

#include "rec/access.h"

enum { LINK_DAYS_MAX = 400 };

struct link { struct str id_hash, kind, type, name; int64_t record, account, created_ms, expires_ms; bool revoked; };
struct links { VEC(struct link); };

/* One that works now; RC_MISSING otherwise. */
enum rc link_find(struct rx *rx, struct str kind, struct str id_hash, struct link *out) MUST_USE;
/* Those of a record (its dossier links), or with record 0 the viewer's own; newest first. */
enum rc link_list(struct rx *rx, struct str kind, int64_t record, struct links *out) MUST_USE;

/* Commands of the writer. `kind` "dossier" (type, id: by staff who see the record) or "calendar" (the viewer's own). */
enum rc link_make(struct rx *rx, struct val args, struct str remote) MUST_USE;          /* {kind, type, id, id_hash, days, name} */
enum rc link_revoke(struct rx *rx, struct val args, struct str remote) MUST_USE;        /* {kind, type, id, id_hash} */
enum rc link_used(struct rx *rx, struct val args, struct str remote) MUST_USE;          /* {kind, id_hash}: a dossier was taken */

#endif

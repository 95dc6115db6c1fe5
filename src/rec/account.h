/* Accounts, roles and sessions as the writer changes them. Passwords are hashed before they come here. */
#ifndef REC_ACCOUNT_H
#define REC_ACCOUNT_H

#include "rec/rx.h"

enum { SESSION_HOURS = 12, SIGN_IN_TRIES = 5, SIGN_IN_LOCK_MS = 15 * 60 * 1000 };

/* The viewer of an active account; RC_MISSING otherwise. */
enum rc account_viewer(struct cx *cx, struct db *db, const struct region *region, int64_t account, struct viewer *out) MUST_USE;

struct account {
	int64_t id, person, org;
	struct str login, name_zh, name_en, pw_hash, division, email;
	struct str roles;               /* names, split by "," */
};
enum rc account_create(struct rx *rx, const struct account *a, int64_t *id) MUST_USE;
/* For signing in: the account of a login that may try now. RC_BUSY while locked; `found` false for an unknown login. */
enum rc account_by_login(struct cx *cx, struct db *db, struct str login, int64_t *id, struct str *pw_hash, bool *found) MUST_USE;

/* Commands of the writer. */
enum rc account_signed_in(struct rx *rx, struct val args, struct str remote) MUST_USE;  /* {account, id_hash, csrf} */
enum rc account_refused(struct rx *rx, struct val args) MUST_USE;                       /* {account} */
enum rc account_signed_out(struct rx *rx, struct val args, struct str remote) MUST_USE; /* {id_hash} */
enum rc account_password(struct rx *rx, struct val args) MUST_USE;                      /* {pw_hash}: the actor's own */

/* Of administrators. Who opens accounts does not give roles, unless a region's role has both duties; nobody changes his own. A password
   given here must be changed at the first sign-in, and every session of the account ends. Each is an event. */
enum rc account_open(struct rx *rx, struct val args, int64_t *id) MUST_USE;     /* {login, name, org, email, pw_hash}: org by name or number */
enum rc account_state(struct rx *rx, struct val args) MUST_USE;                 /* {id, state: active | closed} */
enum rc account_reset(struct rx *rx, struct val args) MUST_USE;                 /* {id, pw_hash} */
enum rc account_roles(struct rx *rx, struct val args) MUST_USE;                 /* {id, roles: "a,b"} */

#endif

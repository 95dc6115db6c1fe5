/* Who is looking: what access decisions are made for. Loaded from the account by the session, never from the request. */
#ifndef DEF_VIEWER_H
#define DEF_VIEWER_H

#include "base/str.h"

enum { ROLES_MAX = 64 };

struct viewer {
	int64_t account;        /* 0: nobody signed in */
	int64_t person, org;    /* record ids; 0: none */
	uint64_t roles;         /* bit = role_def.index */
	struct str division;    /* the account's division code; empty: none */
	struct str login, name_zh, name_en;
	bool must_change;       /* the password was given by an administrator: change it first */
	bool system;            /* the clock and the command line: moves declared `by system`, sees everything */
};

#endif

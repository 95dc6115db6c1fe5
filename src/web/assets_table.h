/* What tools/embed makes of templates/ and static/: sorted by folder and name. */
#ifndef WEB_ASSETS_TABLE_H
#define WEB_ASSETS_TABLE_H

#include "base/str.h"

struct embedded {
	char folder;                    /* 't' templates, 's' static */
	struct str name, bytes, gzip;
	struct str digest;              /* SHA-256, hex */
};
extern const struct embedded embedded_table[];
extern const int embedded_count;

#endif

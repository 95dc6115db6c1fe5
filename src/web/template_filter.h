/* The filters of the template language: a value in, the text shown out. */
#ifndef WEB_TEMPLATE_FILTER_H
#define WEB_TEMPLATE_FILTER_H

#include "base/val.h"
#include "web/template.h"

enum filter {
	FILTER_MONEY, FILTER_WAN, FILTER_DEC, FILTER_INT, FILTER_PERCENT, FILTER_DATE, FILTER_DAY, FILTER_TIME, FILTER_ISO, FILTER_AGO,
	FILTER_ID, FILTER_SIZE, FILTER_LEN, FILTER_YESNO, FILTER_T, FILTER_DEFAULT, FILTER_JSON, FILTER_QUERY, FILTER_STAMP, FILTER_COUNT
};

struct str filter_name(enum filter f);
struct val filter_apply(struct arena *a, enum filter f, struct str arg, struct val v, const struct template_env *env);
/* The same for a whole number where the text is short and needs no escaping in HTML (and an id's nowhere): written at once, `to` has
   FILTER_SHORT bytes; how many were used, 0: not by this way. */
enum { FILTER_SHORT = 40 };
bool filter_is_short(enum filter f);
size_t filter_short(char *to, enum filter f, int64_t i, const struct template_env *env);
/* A value without filters as text. Lists and maps show nothing. */
struct str filter_plain(struct arena *a, struct val v);

#endif

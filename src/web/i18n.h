/* Two languages. The English text is the key; i18n/zh.po is compiled into a table at build time. */
#ifndef WEB_I18N_H
#define WEB_I18N_H

#include "base/fail.h"

/* The text in `lang`; English when there is no translation. */
struct str tr(enum lang lang, struct str english);
bool tr_has(enum lang lang, struct str english);

#endif

/* What tools/po2c makes of i18n/zh.po: sorted by the English text. */
#ifndef WEB_I18N_TABLE_H
#define WEB_I18N_TABLE_H

#include "base/str.h"

struct i18n_pair { struct str en, zh; };
extern const struct i18n_pair i18n_table[];
extern const int i18n_count;

#endif

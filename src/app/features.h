#ifndef APP_FEATURES_H
#define APP_FEATURES_H

#include "web/route.h"

/* The route tables of all features. */
const struct route *const *feature_tables(int *n);

#endif

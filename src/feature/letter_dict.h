/* The region's indicators as the dictionary that a letter is read with. */
#ifndef FEATURE_LETTER_DICT_H
#define FEATURE_LETTER_DICT_H

#include "engine/letter.h"
#include "rec/rx.h"
#include "web/http.h"

/* Values as far as the viewer may see the records. */
enum rc letter_dict(struct rx *rx, const struct letter_indicator **out, int *n) MUST_USE;
/* The same without records, from declarations alone. */
enum rc letter_dict_plain(struct cx *cx, const struct region *region, const struct letter_indicator **out, int *n) MUST_USE;
/* A spooled upload as bytes. */
enum rc read_upload(struct cx *cx, const struct http_upload *u, int64_t max, struct str *out) MUST_USE;

#endif

/* Request bodies: url-encoded forms, multipart forms (streamed; files to a spool folder with their SHA-256), anything else whole.
   Strict: a multipart body that two parsers could cut differently is refused. Fed piece by piece; pure apart from the spool. */
#ifndef WEB_FORM_H
#define WEB_FORM_H

#include "base/fail.h"
#include "web/http.h"

enum { FORM_FIELDS_MAX = 1000, FORM_FILES_MAX = 20, PART_HEAD_MAX = 4 << 10, FORM_NAME_MAX = 200 };

struct form;

struct form_limits {
	int64_t body_max;               /* of a whole body in memory; of all text fields of a multipart form together */
	int64_t upload_max;             /* of one file */
	struct str spool_dir;           /* empty: no uploads are taken */
};

/* `length` is the announced length (what comes later is bounded by the caller). Fails at once on a content type it cannot
   read or a length over the limits. */
enum rc form_new(struct cx *cx, const struct form_limits *limits, struct str content_type, int64_t length, struct form **out) MUST_USE;
/* The largest length that form_new takes for this content type. */
int64_t form_max(const struct form_limits *limits, struct str content_type);
/* After a failure further pieces are ignored (and answer the same). */
enum rc form_feed(struct cx *cx, struct form *f, struct str bytes) MUST_USE;
/* All bytes have been fed: fill in form, uploads or body. */
enum rc form_finish(struct cx *cx, struct form *f, struct http_request *r) MUST_USE;
/* Close and remove what is left in the spool folder; safe on NULL, after success and after failure. */
void form_done(struct form *f);

#endif

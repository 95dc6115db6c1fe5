/* The mail process: sends notices, away from requests and from long work, since a mail server may take its time. Reads the database, changes
   it only by commands. */
#ifndef APP_MAIL_OUT_H
#define APP_MAIL_OUT_H

#include "app/data.h"
#include "web/channel.h"

struct mail_config { struct str smtp_url, mail_from, link_base; };

/* Until the writer is gone or SIGTERM. */
enum rc mail_serve(struct cx *cx, struct data *d, struct channel *writer, const struct mail_config *config) MUST_USE;

/* One notice as an RFC 5322 message in UTF-8: subject in encoded words, body in base64. */
struct str mail_message(struct arena *a, struct str from, struct str to, struct str subject, struct str text, int64_t id, int64_t at_ms);

#endif

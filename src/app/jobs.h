/* The jobs process: what may take long or talk to the outside, away from requests. Reads the database, changes it only by commands. */
#ifndef APP_JOBS_H
#define APP_JOBS_H

#include "app/data.h"
#include "web/channel.h"

struct jobs_config { struct str smtp_url, mail_from, link_base; };      /* smtp_url empty: notices stay in the outbox */

/* Until the writer is gone or SIGTERM. */
enum rc jobs_serve(struct cx *cx, struct data *d, struct channel *writer, const struct jobs_config *config) MUST_USE;

/* One notice as an RFC 5322 message in UTF-8: subject in encoded words, body in base64. */
struct str mail_message(struct arena *a, struct str from, struct str to, struct str subject, struct str text, int64_t id, int64_t at_ms);

#endif

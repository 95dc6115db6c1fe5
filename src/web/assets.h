/* Templates and static files: out of the binary (tools/embed puts them there), single files overridden from a folder
   (`--assets DIR`, with DIR/templates and DIR/static), read once at start. */
#ifndef WEB_ASSETS_H
#define WEB_ASSETS_H

#include "base/fail.h"
#include "web/template.h"

struct assets;

struct asset {
	struct str name;                /* "app.css", "js/table.js" */
	struct str url;                 /* "/static/app.0123456789ab.css": another content, another address */
	struct str bytes, gzip;         /* gzip: empty when not worth it */
	struct str etag;                /* quoted */
	struct str type;
};

/* `dir` empty: the embedded files only. Owned by `arena`. */
enum rc assets_open(struct cx *cx, struct arena *arena, struct str dir, struct assets **out) MUST_USE;
/* The sources of all templates; returns how many. */
int assets_templates(const struct assets *a, const struct template_source **out);
/* A path below /static/, without it; *hashed tells whether it carried the right hash (then it may be cached for ever). NULL: no such. */
const struct asset *asset_find(const struct assets *a, struct str path, bool *hashed);
/* The address of a static file; empty when there is none of that name. */
struct str asset_url(const struct assets *a, struct str name);
int assets_count(const struct assets *a);
const struct asset *asset_at(const struct assets *a, int i);

#endif

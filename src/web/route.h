/* The router: one table of routes, in which method, path, who may come, template and limits stand side by side.
   A handler fills a value; the router renders it as HTML by the route's template, or as JSON when asked
   (Accept: application/json, or a path ending in .json). Language, session, CSRF, rights and idempotency are decided here. */
#ifndef WEB_ROUTE_H
#define WEB_ROUTE_H

#include "base/val.h"
#include "db/db.h"
#include "def/model.h"
#include "def/viewer.h"
#include "web/http.h"
#include "web/template.h"

enum need {
	NEED_NOTHING,           /* anybody */
	NEED_SIGNED,            /* signed in; HTML is sent to the sign-in page and back, JSON gets 401 */
	NEED_STAFF,             /* holds a role marked `staff`; others get the answer for a missing page, here and below */
	NEED_ACCOUNTS,          /* … `accounts` or `grants` */
	NEED_AUDITS             /* … `audits` */
};

struct session;

struct page {
	struct http_exchange *exchange;
	struct cx *cx;
	const struct http_request *req;
	const struct route *route;
	struct app *app;
	struct db *db;                  /* read-only, inside one snapshot */
	const struct region *region;
	struct viewer viewer;
	struct session *session;
	bool json;                      /* the reply is JSON */
	struct str param[4];            /* path parameters in order: ":type" is param[0] … */

	struct val out;                 /* what the template or JSON shows (a map, made before the handler) */
	const char *template;           /* starts as the route's; a handler may choose another */
	int status;                     /* 0: from the rc */
	bool shown;                     /* the handler failed but filled its page: show that, with the failures, not the error page */
	struct str redirect;            /* 303 to here (HTML only; JSON gets `out`) */
	struct http_pair cookie[2];     /* name and Set-Cookie value */
	int n_cookie;
	struct http_reply raw;          /* used when raw.status is set: files, CSV, XLSX, SVG */

	struct val command;             /* a change to make: {name, args}; sent to the writer when set */
	enum rc (*then)(struct page *p, enum rc rc, struct val reply);  /* after the writer answered; its fails are in cx */
	struct val body;                /* the JSON body, once it was read */
	bool body_read;
	void *data;                     /* from handle to then */
};

struct route {
	const char *method, *path;      /* "/r/:type/:id" */
	enum need need;
	const char *template;           /* NULL: never HTML */
	enum rc (*handle)(struct page *p);
	const char *zh, *en;            /* one sentence for the API document and the access matrix */
	const char *scope;              /* what an API token needs: "read", "write"; NULL: no tokens */
};

/* What the router needs of the application, filled by src/app at start. */
struct app {
	const struct region *region;
	const struct templates *templates;
	const struct assets *assets;
	struct db *db;
	const struct route *const *tables;      /* each ends with a NULL method */
	int n_tables;
	struct channel *writer;
	struct str files_dir;
	bool secure_cookies;
	/* From the layers above, so that this one needs not know records. */
	enum rc (*viewer)(struct cx *cx, struct db *db, const struct region *region, int64_t account, struct viewer *out);
	enum rc (*begin)(struct page *p);       /* before the handler, in its snapshot: the demonstration clock */
	enum rc (*decorate)(struct page *p);    /* before an HTML page is rendered: menus and other common values */
	void *ctx;                              /* the feature layer's own */
	struct route_state *state;              /* the router's own */
};

/* Refuses two routes that no request could tell apart. */
enum rc route_start(struct cx *cx, struct app *app) MUST_USE;
void route_stop(struct app *app);
enum http_next route_handle(void *app, struct http_exchange *x, struct cx *cx, const struct http_request *r, struct http_reply *reply);
bool route_writer_ready(void *app);             /* http_config.extra_ready */
bool route_writer_wants(void *app);
void route_tick(void *app);                     /* http_config.tick: gives up on the writer after 10 s */
/* Does the viewer hold a role marked `staff`? */
bool page_is_staff(const struct page *p);
/* All routes, for the API document and the access matrix. */
const struct route *route_at(const struct app *app, int i);     /* NULL past the end */

#endif

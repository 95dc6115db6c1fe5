/* Where in HTML a hole stands: a small tokenizer that runs over a template's static text while it is compiled. */
#ifndef WEB_TEMPLATE_HTML_H
#define WEB_TEMPLATE_HTML_H

#include <stdbool.h>

#include "base/str.h"

enum html_state {
	HTML_TEXT, HTML_RCDATA,         /* RCDATA: title, textarea */
	HTML_RAW,                       /* script, style */
	HTML_LT,                        /* after "<" */
	HTML_END_LT,                    /* after "</" */
	HTML_BANG,                      /* after "<!" */
	HTML_COMMENT, HTML_DECLARATION,
	HTML_TAG,                       /* in the tag's name */
	HTML_SPACE,                     /* between attributes */
	HTML_NAME,                      /* in an attribute's name */
	HTML_NAMED,                     /* after it */
	HTML_EQUALS,                    /* after "=" */
	HTML_VALUE,                     /* in a quoted value */
	HTML_BARE,                      /* in an unquoted value */
	HTML_VALUED,                    /* after the closing quote */
	HTML_SLASH,                     /* after "/" in a tag */
	HTML_AFTER                      /* something ended in one branch and not in the other: a space, "/" or ">" must follow */
};

enum html_attr { ATTR_PLAIN, ATTR_DATA, ATTR_URL, ATTR_CLOSED };      /* CLOSED: no holes at all (hx-vals, srcset …) */
enum html_url { URL_START, URL_INSIDE, URL_UNSURE };

enum { HTML_NAME_MAX = 40 };

struct html {
	enum html_state state;
	char tag[HTML_NAME_MAX], attr_name[HTML_NAME_MAX];
	unsigned n_tag, n_attr;
	bool closing;                   /* an end tag */
	enum html_attr attr;
	char quote;
	enum html_url url;
	unsigned match;                 /* progress through "</title" or "-->" */
	bool fresh;                     /* right after <textarea> */
};

enum escape { ESCAPE_TEXT, ESCAPE_URL, ESCAPE_URL_PART };

/* What is wrong, in both languages. */
struct html_complaint { const char *code, *zh, *en; };

/* Move over static text; on a mistake its offset is in *at and the complaint is returned, else NULL. */
const struct html_complaint *html_feed(struct html *h, struct str text, size_t *at);
/* May a value stand here, and how is it escaped? `json`: it is JSON (data-… attributes only). */
const struct html_complaint *html_hole(struct html *h, bool json, enum escape *out);
/* The state after either of two branches; false when they cannot be reconciled. */
bool html_join(const struct html *a, const struct html *b, struct html *out);

#endif

/* Templates: HTML with holes, compiled once with escaping by context. C holds no markup.

   {{ path }}             a value, escaped for where it stands: text, quoted attribute, or URL attribute (href, src, action,
                          formaction: only http:, https:, mailto:, tel:, "/…", "#…", "?…", else "#"). Refused inside script, style, comments, tag and
                          attribute names and unquoted attributes: the template does not compile.
   {{ path | filter }}    money wan dec int date time ago percent id json size yesno; filters take the viewer's language
   {{ t "English text" }} translated (i18n/*.po); {{ t "Saved at %s" path }} fills %s in order
   {% for x in path %} … {% else %} … {% end %}     `loop.index` from 1, `loop.last`
   {% if path %} {% if path = "text" %} {% if not path %} {% if a and b %} {% if a or b %} … {% elif … %} {% else %} {% end %}
   {% include "part.html" %}  {% include "part.html" with item = path, kind = "x" %}
   {% extends "layout.html" %} with {% block name %} … {% end %}
   {# comment #}
   Values are struct val; a missing path is empty text. There is no raw output: already-safe HTML (Markdown rendered on save) does not exist yet. */
#ifndef WEB_TEMPLATE_H
#define WEB_TEMPLATE_H

#include "base/buf.h"
#include "base/fail.h"
#include "base/val.h"

struct templates;

struct template_source { struct str name, text; };

/* Formatting that depends on the region. */
struct template_env { enum lang lang; int zone_minutes; int64_t now_ms; };

/* Compile all of them; every mistake of the run is in cx->fails with file:line:column. Owned by `arena`. */
enum rc templates_compile(struct cx *cx, struct arena *arena, const struct template_source *src, int n, struct templates **out) MUST_USE;
enum rc template_render(struct cx *cx, const struct templates *t, const char *name, struct val data, const struct template_env *env, struct buf *out) MUST_USE;

#endif

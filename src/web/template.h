/* Templates: HTML with holes, compiled once with escaping by context. C holds no markup.

   {{ path }}             a value, escaped for where it stands: text, quoted attribute, or URL attribute (href, src, action,
                          formaction, hx-get …: only http:, https:, mailto:, tel:, "/…", "#…", "?…", else "#"; after the
                          first character of the URL, as in href="/r/{{ id }}?q={{ q }}", percent-encoded). Refused inside
                          script, style, comments, tag and attribute names, unquoted attributes, on… and style attributes:
                          the template does not compile.
   {{ path | filter }}    several may follow each other; a null stays empty through all of them but `default`
     money   fen → 1,234.56              wan     fen → 12.5 (in 万元)       dec    decimal with thousands separators
     int     1,234                       percent DEC 0.425 → 42.5%; INT basis points
     date    day number or ISO text → 2026-11-25     day   … → 2026年11月25日, 25 November 2026
     time    ms → 2026-11-25 18:50 in the zone       iso   ms → 2026-11-25T10:50:03.123Z       ago   3 分钟前, 3 minutes ago
     stamp   ms → 2026-11-25 18:50:03 in the zone, without seconds when they are 0
     id      record id → its 13 characters           size  bytes → 1.2 MB                      len   how many items
     yesno   是, yes                     t      the value itself translated                    default "text"
     json    only in data-… attributes   query  an encoded query string, kept as it is, in a URL after its "?"
   {{ t "English text" }} translated (i18n/zh.po); {{ t "Saved at %s by %s" when | time who }} fills %s in order
                          (a translation may reorder: %2$s)
   {{ asset "app.css" }}  the hashed address of a file in static/
   {% for x in path %} … {% else %} … {% end %}     also {% for k, v in map %} (in a list k counts from 0);
                          `loop.index` from 1, `loop.first`, `loop.last`, `loop.count`
   {% for c in columns with cell = row.cells %}     `cell`: the item of another list at the same place, null behind its end; several with ","
   {% if path %} {% if path = "text" %} {% if not path %} {% if a and b %} {% if a or (b and not c) %} … {% elif … %} {% else %} {% end %}
                          comparisons: = != < > <= >= with a path, a text or a whole number
   {% include "part.html" %}  {% include "part.html" with item = path, kind = "x" %}    sees everything seen here; no recursion
   {% extends "layout.html" %} with {% block name %} … {% end %}
   {# comment #}          a statement or comment alone on its line leaves no line behind
   Values are struct val; a missing path is empty text. There is no raw output: already-safe HTML (Markdown rendered on save)
   does not exist yet. A newline is added after <textarea> before a value, so that a leading newline survives. */
#ifndef WEB_TEMPLATE_H
#define WEB_TEMPLATE_H

#include "base/buf.h"
#include "base/fail.h"
#include "base/val.h"

struct assets;
struct templates;

struct template_source { struct str name, text; };

/* Formatting that depends on the region. */
struct template_env { enum lang lang; int zone_minutes; int64_t now_ms; };

/* Compile all of them; every mistake of the run is in cx->fails with file:line:column. Owned by `arena`, which must outlive
   the sources' texts too (they are borrowed). `assets` answers {{ asset }}; NULL: every {{ asset }} is a mistake.
   A part that is included and cannot stand alone (it starts inside a tag, say) is compiled where it is included only. */
enum rc templates_compile(struct cx *cx, struct arena *arena, const struct assets *assets, const struct template_source *src, int n,
	struct templates **out) MUST_USE;
bool templates_have(const struct templates *t, const char *name);
/* RC_MISSING when there is no such template, RC_LIMIT when `out` is full. */
enum rc template_render(struct cx *cx, const struct templates *t, const char *name, struct val data, const struct template_env *env,
	struct buf *out) MUST_USE;

#endif

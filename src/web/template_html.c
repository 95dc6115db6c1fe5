#include "web/template_html.h"

#include <string.h>

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }
static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }
static bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }

static bool listed(const char *const *list, size_t n, const char *name, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(list[i]) == len && memcmp(list[i], name, len) == 0) return true;
	return false;
}
#define LISTED(list, name, len) listed((list), sizeof(list) / sizeof *(list), (name), (len))

/* Elements whose content is parsed by other rules, that load other documents, or that our CSP switches off anyway. */
static const char *const closed_elements[] = { "base", "object", "embed", "applet", "iframe", "frame", "frameset", "plaintext", "xmp",
	"noembed", "noframes", "listing", "style", "animate", "set", "portal" };
static const char *const url_attrs[] = { "href", "src", "action", "formaction", "cite", "poster", "data", "background", "longdesc", "manifest",
	"ping", "icon", "xlink:href", "hx-get", "hx-post", "hx-put", "hx-patch", "hx-delete", "hx-push-url", "hx-replace-url" };
/* Read by a browser or by htmx as a language of their own. */
static const char *const closed_attrs[] = { "srcset", "imagesrcset", "hx-vals", "hx-vars", "hx-headers", "hx-request", "hx-trigger", "hx-ext",
	"values", "attributename", "from", "to" };

static bool tag_is(const struct html *h, const char *name) { return strlen(name) == h->n_tag && memcmp(h->tag, name, h->n_tag) == 0; }

static const struct html_complaint *bad_element(void)
{
	static const struct html_complaint c = { "template.element", "模板中不能用这个元素", "this element is not allowed in a template" };
	return &c;
}

static const struct html_complaint *bad_place(void)
{
	static const struct html_complaint c = { "template.html", "这里的 HTML 写法不对", "the HTML is malformed here" };
	return &c;
}

static const struct html_complaint *name_ended(struct html *h)
{
	const char *name = h->attr_name;
	size_t n = h->n_attr;
	h->attr = ATTR_PLAIN;
	/* htmx reads data-hx-… as hx-…. */
	bool data = n > 5 && memcmp(name, "data-", 5) == 0;
	if (n > 8 && memcmp(name, "data-hx-", 8) == 0) name += 5, n -= 5, data = false;
	bool handler = (n > 2 && memcmp(name, "on", 2) == 0) || (n >= 5 && memcmp(name, "hx-on", 5) == 0);
	static const char *const refused[] = { "style", "srcdoc", "http-equiv" };
	if (handler || LISTED(refused, name, n)) {
		static const struct html_complaint c = { "template.attribute", "内容安全策略不允许这个属性；样式和脚本放在 static/ 中",
			"the content security policy forbids this attribute; styles and scripts belong in static/" };
		return &c;
	}
	if (data) h->attr = ATTR_DATA;
	else if (LISTED(url_attrs, name, n)) h->attr = ATTR_URL;
	else if (LISTED(closed_attrs, name, n)) h->attr = ATTR_CLOSED;
	return NULL;
}

static const struct html_complaint *tag_named(const struct html *h)
{
	return LISTED(closed_elements, h->tag, h->n_tag) ? bad_element() : NULL;
}

static void tag_ended(struct html *h)
{
	h->match = 0;
	h->state = HTML_TEXT;
	if (h->closing) return;
	if (tag_is(h, "script")) h->state = HTML_RAW;
	if (tag_is(h, "title") || tag_is(h, "textarea")) h->state = HTML_RCDATA;
	h->fresh = tag_is(h, "textarea");
}

static const struct html_complaint *begin_name(struct html *h, char c)
{
	if (c == '"' || c == '\'' || c == '<' || c == '=' || c == '`') return bad_place();
	h->state = HTML_NAME;
	h->n_attr = 0;
	h->attr_name[h->n_attr++] = lower(c);
	return NULL;
}

/* What may follow an attribute or a tag's name: true when `c` was one of these. */
static bool tag_goes_on(struct html *h, char c)
{
	if (is_space(c)) h->state = HTML_SPACE;
	else if (c == '/') h->state = HTML_SLASH;
	else if (c == '>') tag_ended(h);
	else return false;
	return true;
}

static const struct html_complaint *feed_open(struct html *h, char c)
{
	switch (h->state) {
	case HTML_LT:
	case HTML_END_LT:
		if (is_letter(c)) {
			h->closing = h->state == HTML_END_LT;
			h->state = HTML_TAG;
			h->tag[0] = lower(c);
			h->n_tag = 1;
		} else if (h->state == HTML_LT && c == '/') {
			h->state = HTML_END_LT;
		} else if (h->state == HTML_LT && c == '!') {
			h->state = HTML_BANG;
			h->match = 0;
		} else if (h->state == HTML_END_LT || c == '?') {
			return bad_place();
		} else {
			h->state = c == '<' ? HTML_LT : HTML_TEXT;
		}
		return NULL;
	case HTML_BANG:
		if (c == '-' && ++h->match == 2) h->state = HTML_COMMENT, h->match = 0;
		else if (c != '-' && (h->match || !is_letter(c))) return bad_place();
		else if (c != '-') h->state = HTML_DECLARATION;
		return NULL;
	case HTML_COMMENT:
		if (c == '-') h->match = h->match < 2 ? h->match + 1 : 2;
		else if (c == '>' && h->match == 2) h->state = HTML_TEXT, h->match = 0;
		else h->match = 0;
		return NULL;
	default:
		if (c == '>') h->state = HTML_TEXT;
		return NULL;
	}
}

/* Text that only "</name" ends. */
static const struct html_complaint *feed_closed(struct html *h, char c)
{
	unsigned full = h->n_tag + 2;
	h->fresh = false;
	if (h->match == full && (is_space(c) || c == '/' || c == '>')) {
		h->closing = true;
		tag_goes_on(h, c);
		return NULL;
	}
	bool goes_on = h->match < full && (h->match == 0 ? c == '<' : h->match == 1 ? c == '/' : lower(c) == h->tag[h->match - 2]);
	h->match = goes_on ? h->match + 1 : c == '<';
	if (h->state == HTML_RAW && !h->match && !is_space(c)) {
		static const struct html_complaint inline_script = { "template.script", "内容安全策略不允许页面内的脚本；放到 static/ 中",
			"the content security policy forbids inline scripts; put it into static/" };
		return &inline_script;
	}
	return NULL;
}

static const struct html_complaint *feed_value(struct html *h, char c)
{
	if (h->state == HTML_EQUALS) {
		if (is_space(c)) return NULL;
		if (c == '>' || c == '<' || c == '=' || c == '`') return bad_place();
		h->state = c == '"' || c == '\'' ? HTML_VALUE : HTML_BARE;
		h->quote = c;
		h->url = URL_START;
		return NULL;
	}
	if (h->state == HTML_VALUE) {
		if (c == h->quote) h->state = HTML_VALUED;
		else if (!is_space(c)) h->url = URL_INSIDE;
		return NULL;
	}
	/* HTML_BARE */
	if (is_space(c)) h->state = HTML_SPACE;
	else if (c == '>') tag_ended(h);
	else if (c == '"' || c == '\'' || c == '<' || c == '=' || c == '`') return bad_place();
	return NULL;
}

static const struct html_complaint *feed_tag(struct html *h, char c)
{
	const struct html_complaint *why = NULL;
	switch (h->state) {
	case HTML_TAG:
		if (is_space(c) || c == '/' || c == '>') {
			why = tag_named(h);
			tag_goes_on(h, c);
			return why;
		}
		if (!is_letter(c) && c != '-' && !(c >= '0' && c <= '9')) return bad_place();
		if (h->n_tag == HTML_NAME_MAX) return bad_place();
		h->tag[h->n_tag++] = lower(c);
		return NULL;
	case HTML_NAME:
		if (is_space(c) || c == '/' || c == '>' || c == '=') {
			why = name_ended(h);
			if (is_space(c)) h->state = HTML_NAMED;
			else if (c == '=') h->state = HTML_EQUALS;
			else tag_goes_on(h, c);
			return why;
		}
		if (c == '"' || c == '\'' || c == '<' || h->n_attr == HTML_NAME_MAX) return bad_place();
		h->attr_name[h->n_attr++] = lower(c);
		return NULL;
	case HTML_NAMED:
		if (is_space(c)) return NULL;
		if (c == '=') {
			h->state = HTML_EQUALS;
			return NULL;
		}
		return tag_goes_on(h, c) ? NULL : begin_name(h, c);
	case HTML_SPACE:
	case HTML_SLASH:
		return tag_goes_on(h, c) ? NULL : begin_name(h, c);
	default:        /* HTML_VALUED, HTML_AFTER */
		return tag_goes_on(h, c) ? NULL : bad_place();
	}
}

const struct html_complaint *html_feed(struct html *h, struct str text, size_t *at)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		const struct html_complaint *why = NULL;
		switch (h->state) {
		case HTML_TEXT:
			if (c == '<') h->state = HTML_LT;
			break;
		case HTML_RCDATA:
		case HTML_RAW: why = feed_closed(h, c); break;
		case HTML_LT:
		case HTML_END_LT:
		case HTML_BANG:
		case HTML_COMMENT:
		case HTML_DECLARATION: why = feed_open(h, c); break;
		case HTML_EQUALS:
		case HTML_VALUE:
		case HTML_BARE: why = feed_value(h, c); break;
		default: why = feed_tag(h, c);
		}
		if (!why) continue;
		*at = i;
		return why;
	}
	return NULL;
}

static const struct html_complaint *refuse(enum html_state state)
{
	static const struct html_complaint script = { "template.hole_script", "脚本和样式中不能放值；用 data-… 属性传给脚本",
		"no value may stand in a script; hand it over in a data-… attribute" };
	static const struct html_complaint comment = { "template.hole_comment", "HTML 注释和声明中不能放值", "no value may stand in a comment or declaration" };
	static const struct html_complaint bare = { "template.hole_bare", "属性值要加引号才能放值", "the attribute's value must be quoted to hold a value" };
	static const struct html_complaint name = { "template.hole_name", "标签名和属性名不能来自值", "no value may be a tag's or an attribute's name" };
	switch (state) {
	case HTML_RAW: return &script;
	case HTML_BANG:
	case HTML_COMMENT:
	case HTML_DECLARATION: return &comment;
	case HTML_EQUALS:
	case HTML_BARE: return &bare;
	default: return &name;
	}
}

const struct html_complaint *html_hole(struct html *h, bool json, enum escape *out)
{
	static const struct html_complaint only_data = { "template.json", "json 只能用在 data-… 属性中", "json belongs in data-… attributes only" };
	static const struct html_complaint closed = { "template.hole_closed", "这个属性中不能放值", "no value may stand in this attribute" };
	static const struct html_complaint unsure = { "template.hole_url", "有的分支里网址还没有开始，无法判断如何转义",
		"in one branch the address has not begun yet: how to escape is undecided" };
	bool text = h->state == HTML_TEXT || (h->state == HTML_RCDATA && h->match == 0);
	if (!text && h->state != HTML_VALUE) return refuse(h->state);
	if (json && (text || h->attr != ATTR_DATA)) return &only_data;
	*out = ESCAPE_TEXT;
	if (text) return NULL;
	if (h->attr == ATTR_CLOSED) return &closed;
	if (h->attr != ATTR_URL) return NULL;
	if (h->url == URL_UNSURE) return &unsure;
	*out = h->url == URL_START ? ESCAPE_URL : ESCAPE_URL_PART;
	h->url = URL_INSIDE;
	return NULL;
}

static bool in_tag(enum html_state s)
{
	return s == HTML_TAG || s == HTML_SPACE || s == HTML_NAME || s == HTML_NAMED || s == HTML_VALUED || s == HTML_BARE || s == HTML_SLASH ||
		s == HTML_AFTER;
}

static bool name_ends_badly(const struct html *h)
{
	struct html copy = *h;
	return h->state == HTML_NAME && name_ended(&copy) != NULL;
}

bool html_join(const struct html *a, const struct html *b, struct html *out)
{
	bool same_tag = a->n_tag == b->n_tag && memcmp(a->tag, b->tag, a->n_tag) == 0 && a->closing == b->closing;
	bool name = a->n_attr == b->n_attr && memcmp(a->attr_name, b->attr_name, a->n_attr) == 0;
	struct html h = *a;
	h.fresh = a->fresh && b->fresh;
	switch (a->state == b->state ? a->state : HTML_AFTER) {
	case HTML_TEXT:
	case HTML_DECLARATION:
	case HTML_LT:
	case HTML_END_LT: break;
	case HTML_RCDATA:
	case HTML_RAW:
	case HTML_COMMENT:
	case HTML_BANG:
		if (!same_tag || a->match != b->match) return false;
		break;
	case HTML_SPACE:
	case HTML_SLASH:
	case HTML_VALUED:
		if (!same_tag) return false;
		break;
	case HTML_VALUE:
		if (!same_tag || !name || a->quote != b->quote || a->attr != b->attr) return false;
		if (a->url != b->url) h.url = URL_UNSURE;
		break;
	case HTML_TAG:
		if (!same_tag) return false;
		break;
	default:
		if (!in_tag(a->state) || !in_tag(b->state) || !same_tag) return false;
		/* An attribute's name that ends with its branch is judged now. */
		if (name_ends_badly(a) || name_ends_badly(b)) return false;
		h.state = HTML_AFTER;
	}
	*out = h;
	return true;
}

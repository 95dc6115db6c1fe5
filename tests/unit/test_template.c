/* Templates: output byte for byte, escaping by context, and every refusal with its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/rng.h"
#include "base/time.h"
#include "base/utf8.h"
#include "web/assets.h"
#include "web/template.h"

#include <cmocka.h>        /* last: it has a macro called fail */

struct world { struct cx cx; struct arena *arena; struct assets *assets; struct val data; };

static int setup(void **state)
{
	struct world *w = test_calloc(1, sizeof *w);
	w->arena = arena_new(64 << 20);
	w->cx = (struct cx){ .arena = w->arena };
	assert_int_equal(assets_open(&w->cx, w->arena, STR(""), &w->assets), RC_OK);
	struct arena *a = w->arena;
	w->data = val_map(a);
	VAL_SET(a, w->data, "name", val_textz("<b>\"O'Neil\" & 铝</b>"));
	VAL_SET(a, w->data, "fen", val_int(123456));
	VAL_SET(a, w->data, "zero", val_int(0));
	VAL_SET(a, w->data, "ratio", val_dec(425000));
	VAL_SET(a, w->data, "yes", val_bool(true));
	VAL_SET(a, w->data, "day", val_int(20782));
	VAL_SET(a, w->data, "iso", val_textz("2026-11-25"));
	VAL_SET(a, w->data, "ms", val_int(1795603803123));
	VAL_SET(a, w->data, "js", val_textz("javascript:alert(1)"));
	VAL_SET(a, w->data, "ok", val_textz("https://example.org/a b?x=1&y='\""));
	VAL_SET(a, w->data, "q", val_textz("a=1&b=%E9%93%9D"));
	struct val list = val_list(a), item = val_map(a);
	VAL_SET(a, item, "t", val_textz("one"));
	val_push(a, list, item);
	item = val_map(a);
	VAL_SET(a, item, "t", val_textz("two"));
	val_push(a, list, item);
	VAL_SET(a, w->data, "items", list);
	VAL_SET(a, w->data, "none", val_list(a));
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	arena_free(w->arena);
	test_free(w);
	return 0;
}

static const struct template_env zh = { LANG_ZH, 480, 1795603803123 + 5 * MINUTE_MS }, en = { LANG_EN, 480, 1795603803123 + 5 * MINUTE_MS };

static struct str render_env(struct world *w, const char *text, const struct template_env *env)
{
	struct template_source src = { STR("a.html"), str_c(text) };
	struct templates *t;
	fail_clear(&w->cx);
	if (templates_compile(&w->cx, w->arena, w->assets, &src, 1, &t) != RC_OK) {
		struct buf b = BUF(w->arena, 1 << 20);
		fail_print(&b, &w->cx.fails, LANG_EN);
		fail_msg("%s: %.*s", text, STRF(buf_str(&b)));
	}
	struct buf out = BUF(w->arena, 1 << 20);
	assert_int_equal(template_render(&w->cx, t, "a.html", w->data, env, &out), RC_OK);
	return str_dup(w->arena, buf_str(&out));
}

static void check(struct world *w, const char *text, const char *expect) { assert_string_equal(render_env(w, text, &en).p, expect); }
static void check_zh(struct world *w, const char *text, const char *expect) { assert_string_equal(render_env(w, text, &zh).p, expect); }

static void refused(struct world *w, const char *text, const char *code, int line, int column)
{
	struct template_source src = { STR("a.html"), str_c(text) };
	struct templates *t = NULL;
	fail_clear(&w->cx);
	if (templates_compile(&w->cx, w->arena, w->assets, &src, 1, &t) != RC_INVALID) fail_msg("not refused: %s", text);
	assert_null(t);
	assert_true(w->cx.fails.n > 0);
	const struct failure *f = &w->cx.fails.v[0];
	if (strcmp(f->code, code) != 0 || f->where.line != line || f->where.column != column)
		fail_msg("%s: %s at %d:%d, not %s at %d:%d", text, f->code, f->where.line, f->where.column, code, line, column);
	assert_true(str_is(f->where.file, "a.html"));
	assert_true(f->zh.n && f->en.n && !str_eq(f->zh, f->en));
}

static void test_text(void **state)
{
	struct world *w = *state;
	check(w, "<p>{{ name }}</p>", "<p>&lt;b&gt;&quot;O&#39;Neil&quot; &amp; 铝&lt;/b&gt;</p>");
	check(w, "<p title=\"{{ name }}\" class='{{name}}'>", "<p title=\"&lt;b&gt;&quot;O&#39;Neil&quot; &amp; 铝&lt;/b&gt;\" "
		"class='&lt;b&gt;&quot;O&#39;Neil&quot; &amp; 铝&lt;/b&gt;'>");
	check(w, "{{ nothing }}{{ items }}{{ name.x.y }}{{ items.1.t }}{{ items.7.t }}|{{ zero }}|{{ yes }}", "two|0|true");
	check(w, "a {# never {{ shown #} b", "a  b");
	check(w, "<textarea>{{ name }}</textarea><title>{{ iso }}</title>",
		"<textarea>\n&lt;b&gt;&quot;O&#39;Neil&quot; &amp; 铝&lt;/b&gt;</textarea><title>2026-11-25</title>");
	check(w, "1 < 2 <3 {{ iso }}", "1 < 2 <3 2026-11-25");
	check(w, "<!-- c --><!doctype html>{{ iso }}", "<!-- c --><!doctype html>2026-11-25");
	VAL_SET(w->arena, w->data, "raw", val_text((struct str){ "a\0b\x01\xFF\xC3(\t\n", 9 }));
	check(w, "{{ raw }}", "a\xEF\xBF\xBD""b\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD(\t\n");
}

/* Values byte by byte: what put_text must come to, however it goes over them. */
static struct str escaped_plainly(struct arena *a, struct str s)
{
	struct buf b = BUF(a, s.n * 6 + 1);
	for (size_t i = 0, next; i < s.n; i = next) {
		next = i;
		int32_t c = utf8_next(s, &next);
		if (c < 0 || c == 0x7F || (c < 0x20 && c != '\t' && c != '\n' && c != '\r')) buf_add(&b, STR("\xEF\xBF\xBD"));
		else if (c == '&') buf_add(&b, STR("&amp;"));
		else if (c == '<') buf_add(&b, STR("&lt;"));
		else if (c == '>') buf_add(&b, STR("&gt;"));
		else if (c == '"') buf_add(&b, STR("&quot;"));
		else if (c == '\'') buf_add(&b, STR("&#39;"));
		else buf_add(&b, str_sub(s, i, next));
	}
	return buf_str(&b);
}

static void test_bytes(void **state)
{
	struct world *w = *state;
	static const struct str piece[] = { STR_INIT("a"), STR_INIT("bc-12"), STR_INIT("<"), STR_INIT("&"), STR_INIT("'\""), STR_INIT("铝"), STR_INIT("合金"), STR_INIT("é"),
		STR_INIT("\xF0\xA0\x80\x80"), STR_INIT("\xE0\x80\x80"), STR_INIT("\xED\xA0\x80"), STR_INIT("\xE0\xA4\x85"), STR_INIT("\xEF\xBF\xBE"), STR_INIT("\xE9\x93"),
		STR_INIT("\xE9"), STR_INIT("\x80"), STR_INIT("\x01"), STR_INIT("\x7F"), STR_INIT("\t"), STR_INIT("\xFF") };
	struct rng r = rng_seed(7);
	struct template_source src = { STR("a.html"), STR("{{ v }}") };
	struct templates *t;
	assert_int_equal(templates_compile(&w->cx, w->arena, w->assets, &src, 1, &t), RC_OK);
	for (int i = 0; i < 3000; i++) {
		struct buf text = BUF(w->arena, 200), out = BUF(w->arena, 2000);
		for (uint64_t n = rng_below(&r, 12); n; n--) buf_add(&text, piece[rng_below(&r, i % 2 ? 7 : sizeof piece / sizeof *piece)]);
		struct str want = escaped_plainly(w->arena, buf_str(&text));
		assert_int_equal(template_render(&w->cx, t, "a.html", VAL_OF(w->arena, { STR("v"), val_text(buf_str(&text)) }), &en, &out), RC_OK);
		if (!str_eq(buf_str(&out), want)) fail_msg("%.*s: %.*s, not %.*s", STRF(buf_str(&text)), STRF(buf_str(&out)), STRF(want));
	}
}

/* A place remembers where a key was; the next map may have it elsewhere, or not at all. */
static void test_shapes(void **state)
{
	struct world *w = *state;
	struct arena *a = w->arena;
	struct val list = val_list(a);
	struct str k1 = STR("one"), k2 = STR("two"), k3 = STR("three");
	val_push(a, list, VAL_OF(a, { k1, val_int(1) }, { k2, val_int(2) }));
	val_push(a, list, VAL_OF(a, { k2, val_int(2) }, { k1, val_int(1) }));
	val_push(a, list, VAL_OF(a, { k2, val_int(2) }));
	val_push(a, list, val_map(a));
	val_push(a, list, val_int(7));
	val_push(a, list, VAL_OF(a, { k3, val_int(3) }, { k2, val_int(2) }, { k1, val_int(1) }));
	VAL_SET(a, w->data, "mixed", list);
	check(w, "{% for x in mixed %}{{ x.one }}{{ x.two }}{% if x.three %}!{% end %};{% end %}", "12;12;2;;;12!;");
	check(w, "a text of more than thirty-two bytes before {% if yes %}and{% else %}or{% end %} behind {% for x in none %}x{% else %}it{% end %}.",
		"a text of more than thirty-two bytes before and behind it.");
}

static void test_urls(void **state)
{
	struct world *w = *state;
	check(w, "<a href=\"{{ js }}\">", "<a href=\"#\">");
	check(w, "<a href=\"{{ ok }}\">", "<a href=\"https://example.org/a%20b?x=1&amp;y=%27%22\">");
	check(w, "<a href=\"/r/{{ name }}?q={{ q }}\">", "<a href=\"/r/%3Cb%3E%22O%27Neil%22%20%26%20%E9%93%9D%3C%2Fb%3E?q=a%3D1%26b%3D%25E9%2593%259D\">");
	check(w, "<a href=\"?{{ q | query }}\">", "<a href=\"?a=1&amp;b=%E9%93%9D\">");
	check(w, "<form action='{{ nothing }}'><img src=\"{{ js }}\"><div hx-get=\"{{ js }}\" data-hx-get=\"{{ js }}\" data-x=\"{{ js }}\">",
		"<form action=''><img src=\"#\"><div hx-get=\"#\" data-hx-get=\"#\" data-x=\"javascript:alert(1)\">");
	static const char *const evil[] = { " javascript:x", "JAVASCRIPT:x", "java\nscript:x", "data:text/html,x", "//evil.example", "/\\evil.example",
		"vbscript:x", "\x01javascript:x", "ja vascript:x", "relative/x", "https" };
	for (size_t i = 0; i < sizeof evil / sizeof *evil; i++) {
		VAL_SET(w->arena, w->data, "evil", val_textz(evil[i]));
		check(w, "<a href=\"{{ evil }}\">", "<a href=\"#\">");
	}
	static const char *const fine[] = { "/a", "#x", "?y=1", "/", "mailto:a@b.cn", "tel:+86", "HTTPS://a/" };
	for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
		VAL_SET(w->arena, w->data, "fine", val_textz(fine[i]));
		check(w, "<a href=\"{{ fine }}\">", str_fmt(w->arena, "<a href=\"%s\">", fine[i]).p);
	}
}

static void test_filters(void **state)
{
	struct world *w = *state;
	check(w, "{{ fen | money }} {{ fen | wan }} {{ fen | int }} {{ ratio | dec }} {{ ratio | percent }} {{ nothing | money }}",
		"1,234.56 0.123456 123,456 0.425 42.5% ");
	check(w, "{{ day | date }} {{ iso | date }} {{ iso | day }} {{ js | date }}", "2026-11-25 2026-11-25 25 November 2026 ");
	check_zh(w, "{{ day | day }} {{ yes | yesno }} {{ zero | yesno }} {{ ms | ago }}", "2026年11月25日 是 否 5 分钟前");
	check(w, "{{ ms | time }} {{ ms | iso }} {{ ms | ago }} {{ yes | yesno }}", "2026-11-25 18:50 2026-11-25T10:50:03.123Z 5 minutes ago Yes");
	check(w, "{{ items | len }} {{ nothing | len }} {{ nothing | default \"—\" }} {{ zero | money | default \"-\" }}", "2 0 — 0.00");
	check(w, "<i data-x=\"{{ items | json }}\">", "<i data-x=\"[{&quot;t&quot;:&quot;one&quot;},{&quot;t&quot;:&quot;two&quot;}]\">");
	static const struct { int64_t v; const char *size; } sizes[] = { { 0, "0 B" }, { 1023, "1023 B" }, { 1024, "1 KB" }, { 1536, "1.5 KB" }, { 5 << 20, "5 MB" } };
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		VAL_SET(w->arena, w->data, "n", val_int(sizes[i].v));
		check(w, "{{ n | size }}", sizes[i].size);
	}
	static const struct { int64_t v; const char *text; } shares[] = { { 500, "0.1%" }, { -500, "-0.1%" }, { 499, "0%" }, { 1000000, "100%" }, { -425000, "-42.5%" } };
	for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
		VAL_SET(w->arena, w->data, "n", val_dec(shares[i].v));
		check(w, "{{ n | percent }}", shares[i].text);
	}
	VAL_SET(w->arena, w->data, "n", val_int(INT64_MIN));
	check(w, "{{ n | int }}{{ n | time }}{{ n | date }}{{ n | id }}{{ n | size }}", "-9,223,372,036,854,775,808");
}

static void test_statements(void **state)
{
	struct world *w = *state;
	check(w, "{% for x in items %}{{ loop.index }}/{{ loop.count }}:{{ x.t }}{% if not loop.last %}, {% end %}{% else %}no{% end %}", "1/2:one, 2/2:two");
	check(w, "{% for x in none %}x{% else %}no{% end %}{% for x in name %}x{% end %}", "no");
	check(w, "{% for i, x in items %}{% for k, v in x %}{{ i }}{{ k }}={{ v }};{{ loop.index }}{% end %}{{ loop.index }} {% end %}", "0t=one;11 1t=two;12 ");
	check(w, "{% if fen = 123456 and not nothing %}a{% elif yes %}b{% else %}c{% end %}", "a");
	check(w, "{% if fen = \"123456\" %}a{% end %}{% if nothing = \"\" %}b{% end %}{% if fen > 5 and ratio < 1 %}c{% end %}{% if iso >= \"2026-01-01\" %}d{% end %}",
		"abcd");
	check(w, "{% if nothing or (yes and zero) %}a{% elif yes = \"true\" %}b{% end %}", "b");
	check(w, "<ul>\n  {% for x in items %}\n  <li>{{ x.t }}</li>\n  {% end %}\n</ul>\n{# alone #}\nend", "<ul>\n  <li>one</li>\n  <li>two</li>\n</ul>\nend");
	check(w, "<input{% if yes %} checked{% end %}><p {% if zero %}hidden{% else %}class=\"x\"{% end %}>", "<input checked><p class=\"x\">");
	check(w, "<p class=\"a{% for x in items %} {{ x.t }}{% end %}\"><option{% if zero %} selected{% end %} value=\"1\">", "<p class=\"a one two\"><option value=\"1\">");
	check(w, "<a href=\"{% if zero %}/a{% else %}/b{% end %}?{{ iso }}\">", "<a href=\"/b?2026-11-25\">");
	check(w, "{{ t \"Yes\" }} {{ t \"%s of %s\" iso | day fen | money }} {{ t }}", "Yes 25 November 2026 of 1,234.56 ");
	check_zh(w, "{{ t \"Yes\" }}<i title=\"{{ t \"Not <translated>\" }}\">", "是<i title=\"Not &lt;translated&gt;\">");
}

static void test_inheritance(void **state)
{
	struct world *w = *state;
	struct template_source src[] = {
		{ STR("layout.html"), STR("<html><title>{% block title %}-{% end %}</title><body class=\"{% block kind %}plain{% end %}\">{% block main %}{% end %}") },
		{ STR("mid.html"), STR("{% extends \"layout.html\" %}\n{% block main %}<main>{% block inner %}none{% end %}</main>{% end %}") },
		{ STR("leaf.html"), STR("{% extends \"mid.html\" %}{% block title %}{{ name }}{% end %}{% block inner %}"
			"{% for x in items %}{% include \"part.html\" with item = x, kind = \"k\" %}{% end %}{% end %}") },
		{ STR("part.html"), STR("[{{ item.t }}{{ x.t }}{{ kind }}]") },
		{ STR("attrs.html"), STR(" id=\"{{ item }}\"") },
		{ STR("uses.html"), STR("<p{% include \"attrs.html\" with item = iso %}>") },
	};
	struct templates *t;
	fail_clear(&w->cx);
	assert_int_equal(templates_compile(&w->cx, w->arena, w->assets, src, 6, &t), RC_OK);
	struct buf out = BUF(w->arena, 1 << 20);
	assert_int_equal(template_render(&w->cx, t, "leaf.html", w->data, &en, &out), RC_OK);
	assert_string_equal(str_dup(w->arena, buf_str(&out)).p, "<html><title>&lt;b&gt;&quot;O&#39;Neil&quot; &amp; 铝&lt;/b&gt;</title>"
		"<body class=\"plain\"><main>[oneonek][twotwok]</main>");
	out = BUF(w->arena, 1 << 20);
	assert_int_equal(template_render(&w->cx, t, "uses.html", w->data, &en, &out), RC_OK);
	assert_string_equal(str_dup(w->arena, buf_str(&out)).p, "<p id=\"2026-11-25\">");
	assert_true(templates_have(t, "part.html"));
	assert_int_equal(template_render(&w->cx, t, "nope.html", w->data, &en, &out), RC_MISSING);
	struct buf small = BUF(w->arena, 20);
	assert_int_equal(template_render(&w->cx, t, "leaf.html", w->data, &en, &small), RC_LIMIT);
}

static void test_refusals(void **state)
{
	struct world *w = *state;
	refused(w, "<script>{{ x }}</script>", "template.hole_script", 1, 9);
	refused(w, "<script>alert(1)</script>", "template.script", 1, 9);
	refused(w, "<style>p{}</style>", "template.element", 1, 7);
	refused(w, "a\n<!-- {{ x }} -->", "template.hole_comment", 2, 6);
	refused(w, "<p class={{ x }}>", "template.hole_bare", 1, 10);
	refused(w, "<{{ x }}>", "template.hole_name", 1, 2);
	refused(w, "<p {{ x }}>", "template.hole_name", 1, 4);
	refused(w, "<p a{{ x }}=\"\">", "template.hole_name", 1, 5);
	refused(w, "<p onclick=\"x()\">", "template.attribute", 1, 11);
	refused(w, "<p STYLE='{{ x }}'>", "template.attribute", 1, 9);
	refused(w, "<p hx-on:click=\"x\">", "template.attribute", 1, 15);
	refused(w, "<p data-hx-on:click=\"x\">", "template.attribute", 1, 20);
	refused(w, "<iframe srcdoc=\"{{ x }}\">", "template.element", 1, 8);
	refused(w, "<base href=\"/\">", "template.element", 1, 6);
	refused(w, "<img srcset=\"{{ x }}\">", "template.hole_closed", 1, 14);
	refused(w, "<p hx-vals='{{ x }}'>", "template.hole_closed", 1, 13);
	refused(w, "<p>{{ x | json }}", "template.json", 1, 4);
	refused(w, "<p title=\"{{ x | json }}\">", "template.json", 1, 11);
	refused(w, "<p>{{ x | query }}", "template.query", 1, 4);
	refused(w, "<p title=\"a", "template.html_open", 1, 11);
	refused(w, "<p title=\"a\"b>", "template.html", 1, 13);
	refused(w, "{% if a %}<p title=\"{% end %}x", "template.branches", 1, 1);
	refused(w, "{% for a in b %}<p title=\"{% end %}", "template.branches", 1, 1);
	refused(w, "<a href=\"{% if a %}/x{% end %}{{ y }}\">", "template.hole_url", 1, 31);
	refused(w, "<p{% if a %} onclick{% end %}=\"{{ x }}\">", "template.branches", 1, 3);
	refused(w, "<p{% if a %} x{% end %}y=\"1\">", "template.html", 1, 24);
	refused(w, "{% if a %}x", "template.open", 1, 1);
	refused(w, "x{% end %}", "template.end", 1, 2);
	refused(w, "{% if a %}{% else %}{% elif b %}{% end %}", "template.else", 1, 21);
	refused(w, "{% iff a %}", "template.statement", 1, 4);
	refused(w, "{{ a | mony }}", "template.filter", 1, 8);
	assert_true(str_has(w->cx.fails.v[0].hint_en, STR("money")));
	refused(w, "{{ a b }}", "template.extra", 1, 6);
	refused(w, "{{ a..b }}", "template.path", 1, 4);
	refused(w, "{{ }}", "template.value", 1, 4);
	refused(w, "{{ a", "template.tag_open", 1, 1);
	refused(w, "{{ \"a }}", "template.tag_open", 1, 1);
	refused(w, "{{ t \"%s\" }}{{ t \"%s %s\" a }}", "template.format", 1, 13);
	refused(w, "{{ asset \"no-such-file.css\" }}", "template.asset", 1, 1);
	refused(w, "{% include \"no.html\" %}", "template.file", 1, 1);
	refused(w, "{% include \"a.html\" %}", "template.recursion", 1, 1);
	refused(w, "{% extends \"a.html\" %}", "template.extends_loop", 1, 1);
	refused(w, "{% extends \"b.html\" %}text", "template.outside", 1, 23);
	refused(w, "{% block a %}{% end %}{% block a %}{% end %}", "template.block_twice", 1, 23);
	refused(w, "{% for x in y %}{{ loop.nr }}{% end %}", "template.loop", 1, 20);
	refused(w, "<a href={% if x %}\"/a\"{% end %}>", "template.branches", 1, 9);
	/* Several mistakes, one run. */
	refused(w, "{{ a | x }}\n<p {{ b }}>\n{% end %}", "template.filter", 1, 8);
	assert_int_equal(w->cx.fails.n, 2);
}

/* A loop of many rounds is made straight first; the same rounds a few at a time are not. Both must show the same bytes. */
static struct str render_part(struct world *w, const char *before, const char *body, const char *after)
{
	struct template_source src[2] = { { STR("a.html"), str_fmt(w->arena, "%s%s%s", before, body, after) },
		{ STR("part.html"), STR("<i title=\"{{ who }}\">{% if fixed %}{{ fixed }}{% end %}{{ both }}</i>") } };
	struct templates *t;
	fail_clear(&w->cx);
	if (templates_compile(&w->cx, w->arena, w->assets, src, 2, &t) != RC_OK) fail_msg("%s: %s", body, w->cx.fails.v[0].en.p);
	struct buf out = BUF(w->arena, 1 << 20);
	assert_int_equal(template_render(&w->cx, t, "a.html", w->data, &zh, &out), RC_OK);
	return str_dup(w->arena, buf_str(&out));
}

static struct val straight_row(struct arena *a, int i)
{
	struct val m = val_map(a), cells = val_list(a), deep = val_map(a);
	if (i % 3 == 0) VAL_SET(a, m, "other", val_int(9));     /* the keys are not always at the same place */
	VAL_SET(a, m, "id", val_int(i));
	VAL_SET(a, m, "odd", val_bool(i % 2));
	if (i != 5) VAL_SET(a, m, "t", val_textz(i % 2 ? "甲乙丙丁<戊>" : "plain & simple"));
	VAL_SET(a, deep, "x", val_int(i * i));
	VAL_SET(a, m, "deep", deep);
	for (int k = 0; k < i % 5; k++) val_push(a, cells, k == 1 ? VNULL : k == 3 ? val_textz("\"q\"") : val_int(20000 + i * k));
	VAL_SET(a, m, "cells", i == 7 ? VNULL : cells);
	return m;
}

static void test_straight(void **state)
{
	static const char *const bodies[] = {
		"{{ r.id }},{{ r.t }};{{ r.deep.x }}{{ r.missing.x }}{{ r.t | default \"—\" }}",
		"{% for c in cols with cell = r.cells %}{% if c.kind = \"money\" %}{{ cell | money }}{% elif c.kind = \"id\" %}<a href=\"/x/{{ cell | id }}\">{% elif c.kind = \"date\" %}{{ cell | date }}{% else %}[{{ cell }}]{% end %}{% end %}",
		"{% if r.odd %}{{ name }}{% else %}even{% end %}|{% if yes %}Y{% else %}N{% end %}|{% if zero %}Z{% end %}{% if not r.odd %}{% if yes %}y{% end %}{% end %}!",
		"{% if r.odd and yes %}a{% elif r.id = 4 %}b{% elif zero %}c{% elif r.id > 6 %}{{ r.id }}{% else %}d{% end %}{% if r.odd or zero %}o{% end %}",
		"{% for k, x in r.cells %}{{ k }}={{ x }}{% if loop.last %}.{% else %};{% end %}{% else %}none{{ r.id }}{% end %}-",
		"{% if r.odd %}{% for x in r.cells %}{{ x }}{% else %}none{% end %}{% else %}{% for x in none %}{% else %}nothing{% end %}{% end %}",
		"{% for c in cols %}{{ loop.index }}{{ c.kind }}{% for x in r.cells with d = cols %}{{ x }}{{ d.kind }}{{ c.kind }}{% end %}{% end %}",
		"{% for c in none %}x{% else %}empty {{ r.id }}{% end %}{% for c in cols %}{{ c.kind }}{% else %}{{ r.id }}{% end %}",
		"{% for c in cols with cell = r.cells, k = cols %}{% for y in cols with z = r.cells %}{{ y.kind }}{{ z }}{{ k.kind }}{{ cell }}{% if cell = z %}={% end %}{% end %}{% end %}",
		"{{ t \"%s of %s\" r.id name }}{{ t \"Saved at %s by %s\" name r.t }}{{ t \"Yes\" }}",
		"{% include \"part.html\" with who = r.t, fixed = name, both = r.deep.x %}",
		"{% for c in cols %}{% include \"part.html\" with who = c.kind, fixed = r.t, both = c.kind %}{% end %}",
		"<p title=\"{% for c in cols with cell = r.cells %}{{ cell | default \"none\" }} {% end %}\">{{ ms | stamp }}",
	};
	struct world *w = *state;
	struct arena *a = w->arena;
	struct val rows = val_list(a), parts = val_list(a), cols = val_list(a);
	static const char *const kinds[] = { "money", "id", "date", "x<y" };
	for (int i = 0; i < 4; i++) val_push(a, cols, VAL_OF(a, { STR("kind"), val_textz(kinds[i]) }));
	for (int i = 0; i < 12; i++) {
		struct val row = straight_row(a, i);
		val_push(a, rows, row);
		if (i % 6 == 0) val_push(a, parts, val_list(a));
		val_push(a, val_at(parts, (size_t)i / 6), row);
	}
	VAL_SET(a, w->data, "rows", rows);
	VAL_SET(a, w->data, "parts", parts);
	VAL_SET(a, w->data, "cols", cols);
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		struct str straight = render_part(w, "{% for r in rows %}", bodies[i], "{% end %}");
		struct str round = render_part(w, "{% for part in parts %}{% for r in part %}", bodies[i], "{% end %}{% end %}");
		assert_true(straight.n > 12);
		assert_string_equal(straight.p, round.p);
	}
	check(w, "{% for r in rows %}{{ loop.index }}{% if loop.first %}^{% end %}{% if loop.last %}/{{ loop.count }}{% end %} {% end %}",
		"1^ 2 3 4 5 6 7 8 9 10 11 12/12 ");
	check(w, "{% for k, r in rows %}{{ k }}{% for c in items with n = r.cells %}{{ c.t }}{{ n }}{% end %}{% end %}",
		"0onetwo1one20000two2one20000two3one20000two4one20000two5onetwo6one20000two7onetwo8one20000two9one20000two10onetwo11one20000two");
}

static void test_companions(void **state)
{
	struct world *w = *state;
	check(w, "{{ ms | stamp }}|{{ zero | stamp }}|{{ name | stamp }}|{{ day | date }}|{{ fen | money }}", "2026-11-25 18:50:03|1970-01-01 08:00||2026-11-25|1,234.56");
	check(w, "{% for x in items with a = items, b = none, c = name %}{{ x.t }}{{ a.t }}{{ b }}{{ c }}.{% end %}", "oneone.twotwo.");
	check(w, "{% for k, x in items with a = items %}{{ k }}{{ a.t }}{% end %}", "0one1two");
	refused(w, "{% for x in items with a = items, b = items, c = items, d = items, e = items %}{% end %}", "template.with", 1, 1);
	refused(w, "{% for x in items with a %}{% end %}", "template.bind", 1, 26);
}

static void test_speed(void **state)
{
	struct world *w = *state;
	struct val rows = val_list(w->arena);
	for (int i = 0; i < 1000; i++) {
		struct val row = val_map(w->arena);
		VAL_SET(w->arena, row, "id", val_int(i));
		VAL_SET(w->arena, row, "title", val_textz("先进铝产业链 <关键> 环节"));
		VAL_SET(w->arena, row, "fen", val_int(i * 7919));
		val_push(w->arena, rows, row);
	}
	VAL_SET(w->arena, w->data, "rows", rows);
	struct template_source src = { STR("a.html"), STR("{% for r in rows %}<tr><td><a href=\"/r/{{ r.id }}\">{{ r.title }}</a><td>{{ r.fen | money }}{% end %}") };
	struct templates *t;
	fail_clear(&w->cx);
	assert_int_equal(templates_compile(&w->cx, w->arena, w->assets, &src, 1, &t), RC_OK);
	int64_t from = time_cpu_us();
	struct arena *a = arena_new(16 << 20);
	struct cx cx = { .arena = a };
	for (int i = 0; i < 20; i++) {
		struct buf out = BUF(a, 1 << 20);
		assert_int_equal(template_render(&cx, t, "a.html", w->data, &en, &out), RC_OK);
		arena_reset(a);
	}
	arena_free(a);
	int64_t us = (time_cpu_us() - from) / 20;
	print_message("1000 rows of 3 cells: %lld us\n", (long long)us);
	assert_true(us < 100000);       /* also under sanitizers */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_text, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bytes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_shapes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_urls, setup, teardown),
		cmocka_unit_test_setup_teardown(test_filters, setup, teardown),
		cmocka_unit_test_setup_teardown(test_statements, setup, teardown),
		cmocka_unit_test_setup_teardown(test_inheritance, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
		cmocka_unit_test_setup_teardown(test_companions, setup, teardown),
		cmocka_unit_test_setup_teardown(test_straight, setup, teardown),
		cmocka_unit_test_setup_teardown(test_speed, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

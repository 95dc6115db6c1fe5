/* Templates: sources are cut at "\f" into a layout, a part and a page. What compiles must render, and no value may bring
   markup of its own: the value is a canary that would show. */
#include <assert.h>
#include <stdint.h>

#include "base/arena.h"
#include "web/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 4096) return 0;
	struct arena *a = arena_new((size_t)512 << 20);
	struct cx cx = { .arena = a };
	struct str rest = str_dup(a, (struct str){ (const char *)data, size }), part;
	struct template_source src[3] = { { STR("layout.html"), STR("") }, { STR("part.html"), STR("") }, { STR("page.html"), STR("") } };
	for (int i = 0; i < 3 && str_cut(&rest, '\f', &part); i++) src[i].text = part;
	/* The canary's letters in the source would be the template's own. */
	bool own = false;
	for (int i = 0; i < 3; i++) own = own || str_has(src[i].text, STR("xss")) || str_has(src[i].text, STR("javascript"));
	struct templates *t;
	if (templates_compile(&cx, a, NULL, src, 3, &t) == RC_OK) {
		struct val data_map = val_map(a), list = val_list(a), evil = val_text(STR("javascript:\"'><xss y=z>&\n-->"));
		static const struct str names[] = { STR_INIT("a"), STR_INIT("b"), STR_INIT("x"), STR_INIT("name"), STR_INIT("url"), STR_INIT("item") };
		struct val item = val_map(a);
		for (int i = 0; i < 6; i++) val_set(a, data_map, names[i], evil), val_set(a, item, names[i], evil);
		for (int i = 0; i < 3; i++) val_push(a, list, item);
		VAL_SET(a, data_map, "items", list);
		struct template_env env = { LANG_EN, 480, 1795603803123 };
		struct buf out = BUF(a, 1 << 20);
		enum rc rc = template_render(&cx, t, "page.html", data_map, &env, &out);
		assert(rc == RC_OK || rc == RC_LIMIT || rc == RC_MISSING);
		assert(own || !str_has(buf_str(&out), STR("<xss")));
		assert(own || !str_has(buf_str(&out), STR("javascript:\"")));
	}
	arena_free(a);
	return 0;
}

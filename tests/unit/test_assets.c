/* Assets: what the binary holds, hashed addresses, one file overridden from a folder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "web/assets.h"

#include <cmocka.h>

static void write_file(struct arena *a, const char *dir, const char *name, const char *text)
{
	FILE *f = fopen(str_fmt(a, "%s/%s", dir, name).p, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void test_override(void **state)
{
	struct arena *a = arena_new(64 << 20);
	struct cx cx = { .arena = a };
	char dir[] = "/tmp/lc-assets-XXXXXX";
	assert_non_null(mkdtemp(dir));
	assert_int_equal(mkdir(str_fmt(a, "%s/static", dir).p, 0700) | mkdir(str_fmt(a, "%s/static/js", dir).p, 0700) |
		mkdir(str_fmt(a, "%s/templates", dir).p, 0700), 0);
	write_file(a, dir, "static/zz-test.css", "p { color: red }");
	write_file(a, dir, "static/js/zz-test.js", "1;");
	write_file(a, dir, "templates/zz-test.html", "<link rel=\"stylesheet\" href=\"{{ asset \"zz-test.css\" }}\">");
	struct assets *base, *with;
	assert_int_equal(assets_open(&cx, a, STR(""), &base), RC_OK);
	assert_int_equal(assets_open(&cx, a, str_c(dir), &with), RC_OK);
	assert_int_equal(assets_count(with), assets_count(base) + 2);
	assert_int_equal(asset_url(base, STR("zz-test.css")).n, 0);
	struct str url = asset_url(with, STR("zz-test.css"));
	assert_true(str_starts(url, STR("/static/zz-test.")) && str_ends(url, STR(".css")) && url.n == STR("/static/zz-test..css").n + 12);
	bool hashed;
	const struct asset *f = asset_find(with, str_sub(url, 8, url.n), &hashed);
	assert_non_null(f);
	assert_true(hashed && str_is(f->bytes, "p { color: red }") && str_is(f->type, "text/css; charset=utf-8"));
	assert_ptr_equal(asset_find(with, STR("zz-test.css"), &hashed), f);
	assert_false(hashed);
	assert_null(asset_find(with, STR("zz-test.000000000000.css"), &hashed));
	assert_null(asset_find(with, STR("../templates/zz-test.html"), &hashed));
	assert_non_null(asset_find(with, STR("js/zz-test.js"), &hashed));
	const struct template_source *src;
	int n = assets_templates(with, &src);
	struct templates *t;
	assert_int_equal(templates_compile(&cx, a, with, src, n, &t), RC_OK);
	struct buf out = BUF(a, 1000);
	struct template_env env = { 0 };
	assert_int_equal(template_render(&cx, t, "zz-test.html", VNULL, &env, &out), RC_OK);
	assert_true(str_has(buf_str(&out), url));
	assert_int_equal(assets_open(&cx, a, STR("/no/such/folder"), &with), RC_IO);
	static const char *const files[] = { "static/zz-test.css", "static/js/zz-test.js", "templates/zz-test.html" };
	for (int i = 0; i < 3; i++) assert_int_equal(unlink(str_fmt(a, "%s/%s", dir, files[i]).p), 0);
	assert_int_equal(rmdir(str_fmt(a, "%s/static/js", dir).p) | rmdir(str_fmt(a, "%s/static", dir).p) |
		rmdir(str_fmt(a, "%s/templates", dir).p) | rmdir(dir), 0);
	arena_free(a);
}

/* The templates and assets that are shipped: all compile, text compresses. */
static void test_shipped(void **state)
{
	struct arena *a = arena_new(256 << 20);
	struct cx cx = { .arena = a };
	struct assets *as;
	assert_int_equal(assets_open(&cx, a, STR(""), &as), RC_OK);
	const struct template_source *src;
	int n = assets_templates(as, &src);
	struct templates *t;
	if (templates_compile(&cx, a, as, src, n, &t) != RC_OK) {
		struct buf b = BUF(a, 1 << 20);
		fail_print(&b, &cx.fails, LANG_EN);
		fail_msg("%.*s", STRF(buf_str(&b)));
	}
	for (int i = 0; i < assets_count(as); i++) {
		const struct asset *f = asset_at(as, i);
		if (str_ends(f->name, STR(".css")) && f->bytes.n > 4000) assert_true(f->gzip.n > 0 && f->gzip.n < f->bytes.n);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_override), cmocka_unit_test(test_shipped) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Declarations against what they must give: tests/golden/def/X.lc loaded as one file, X.out its messages in both languages (with
   columns and hints) and, when it loads, its canonical form. UPDATE=1 writes the .out files anew: read the difference before
   committing it. Run in the project's root, or name the folder. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "def/report.h"

/* cmocka has a macro fail() */
#include <cmocka.h>

static const char *folder = "tests/golden/def";

static struct str slurp(struct arena *a, const char *path)
{
	FILE *f = fopen(path, "rb");
	if (!f) return STR("");
	char *p = arena_alloc(a, DEF_FILE_MAX);
	size_t n = fread(p, 1, DEF_FILE_MAX, f);
	fclose(f);
	return (struct str){ p, n };
}

static struct str outcome(struct arena *a, const char *name, struct str text)
{
	struct arena *region_arena = arena_new((size_t)128 << 20);
	struct cx cx = { .arena = a, .now_ms = 1795000000000 };
	struct region *r = NULL;
	struct buf b = BUF(a, 4 << 20);
	enum rc rc = region_load_text(&cx, region_arena, str_c(name), text, &r);
	assert_true((rc == RC_OK) == (cx.fails.errors == 0));
	assert_true((rc == RC_OK) == (r != NULL));
	fail_print(&b, &cx.fails, LANG_ZH);
	buf_add(&b, STR("----\n"));
	fail_print(&b, &cx.fails, LANG_EN);
	if (rc == RC_OK) {
		buf_add(&b, STR("====\n"));
		region_dump(&b, r);
		/* What an official reads, for one small region. */
		for (int lang = 0; str_is(str_c(name), "good_criteria.lc") && lang < 2; lang++) {
			buf_add(&b, STR("====\n"));
			region_doc(&b, r, lang ? LANG_EN : LANG_ZH);
		}
	}
	assert_false(b.full);
	/* Messages outlive the region: nothing in them may point into it. */
	arena_free(region_arena);
	struct buf again = BUF(a, 4 << 20);
	fail_print(&again, &cx.fails, LANG_ZH);
	assert_true(again.n <= b.n && memcmp(again.p ? again.p : "", b.p, again.n) == 0);
	return buf_str(&b);
}

static bool compare(struct arena *a, const char *name)
{
	char in[512], out[512];
	snprintf(in, sizeof in, "%s/%s", folder, name);
	snprintf(out, sizeof out, "%s/%.*s.out", folder, (int)strlen(name) - 3, name);
	struct str got = outcome(a, name, slurp(a, in));
	if (getenv("UPDATE")) {
		FILE *f = fopen(out, "wb");
		assert_non_null(f);
		fwrite(got.p, 1, got.n, f);
		fclose(f);
		return true;
	}
	struct str want = slurp(a, out);
	if (str_eq(got, want)) return true;
	print_message("%s: got\n%.*s\nwant\n%.*s\n", name, STRF(got), STRF(want));
	return false;
}

static void test_golden(void **state)
{
	(void)state;
	DIR *d = opendir(folder);
	assert_non_null(d);
	struct dirent *e;
	int bad = 0, n = 0;
	while ((e = readdir(d))) {
		size_t len = strlen(e->d_name);
		if (len < 4 || strcmp(e->d_name + len - 3, ".lc")) continue;
		struct arena *a = arena_new((size_t)64 << 20);
		bad += !compare(a, e->d_name);
		n++;
		arena_free(a);
	}
	closedir(d);
	assert_true(n >= 50);
	assert_int_equal(bad, 0);
}

int main(int argc, char **argv)
{
	if (argc > 1) folder = argv[1];
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_golden) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

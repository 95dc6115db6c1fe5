/* Every English text that templates and C code translate has a Chinese translation. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "web/i18n.h"
#include "web/i18n_table.h"

#include <cmocka.h>

static void test_lookup(void **state)
{
	assert_true(str_is(tr(LANG_ZH, STR("Yes")), "是"));
	assert_true(str_is(tr(LANG_EN, STR("Yes")), "Yes"));
	assert_true(str_is(tr(LANG_ZH, STR("no such text")), "no such text"));
	assert_false(tr_has(LANG_ZH, STR("no such text")));
	assert_true(tr_has(LANG_EN, STR("no such text")));
	assert_true(i18n_count > 0);
	for (int i = 0; i < i18n_count; i++) {
		assert_true(str_eq(tr(LANG_ZH, i18n_table[i].en), i18n_table[i].zh));
		if (i) assert_true(str_cmp(i18n_table[i - 1].en, i18n_table[i].en) < 0);
	}
}

struct scan { struct arena *a; int texts, missing; };

/* The quoted text at text[at] == '"'. */
static struct str quoted(struct arena *a, struct str text, size_t at)
{
	char *out = arena_alloc(a, text.n + 1);
	size_t n = 0;
	for (at++; at < text.n && text.p[at] != '"'; at++) {
		char c = text.p[at];
		if (c == '\\' && at + 1 < text.n) c = text.p[++at] == 'n' ? '\n' : text.p[at];
		out[n++] = c;
	}
	return (struct str){ out, n };
}

static void look(struct scan *s, const char *path, struct str text, struct str before)
{
	for (size_t at = 0; (at = str_find(text, before, at)) != SIZE_MAX; at += before.n) {
		struct str english = quoted(s->a, text, at + before.n - 1);
		s->texts++;
		if (tr_has(LANG_ZH, english)) continue;
		s->missing++;
		print_error("%s: not in i18n/zh.po: \"%.*s\"\n", path, STRF(english));
	}
}

static void scan_file(struct scan *s, const char *path, bool html)
{
	FILE *f = fopen(path, "rb");
	assert_non_null(f);
	char *p = arena_alloc(s->a, 1 << 20);
	struct str text = { p, fread(p, 1, 1 << 20, f) };
	fclose(f);
	if (html) {
		look(s, path, text, STR("{{ t \""));
		look(s, path, text, STR("{{t \""));
	} else {
		look(s, path, text, STR("tr(p->cx->lang, STR(\""));
		look(s, path, text, STR("tr(cx->lang, STR(\""));
		look(s, path, text, STR("tr(lang, STR(\""));
	}
}

static void scan_folder(struct scan *s, const char *dir, const char *end, bool html)
{
	DIR *d = opendir(dir);
	if (!d) return;
	for (struct dirent *e; (e = readdir(d));) {
		if (e->d_name[0] == '.') continue;
		char *path = str_z(s->a, str_fmt(s->a, "%s/%s", dir, e->d_name));
		struct stat st;
		assert_int_equal(stat(path, &st), 0);
		if (S_ISDIR(st.st_mode)) scan_folder(s, path, end, html);
		else if (str_ends(str_c(path), str_c(end))) scan_file(s, path, html);
	}
	closedir(d);
}

static void test_complete(void **state)
{
	struct scan s = { .a = arena_new((size_t)1 << 30) };
	const char *root = getenv("SOURCE_ROOT");
	if (!root) root = ".";
	scan_folder(&s, str_fmt(s.a, "%s/templates", root).p, ".html", true);
	scan_folder(&s, str_fmt(s.a, "%s/src", root).p, ".c", false);
	arena_free(s.a);
	assert_int_equal(s.missing, 0);
	/* In another folder nothing would be found, and nothing missed. */
	assert_true(s.texts > 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_lookup), cmocka_unit_test(test_complete) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

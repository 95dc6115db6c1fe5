/* What tells of a file's author is gone, what it shows is there: on files that other programs made, each with canaries in every
   corner (tests/data/strip). The visible content is compared by tests/http/strip.mjs with other programs where they are installed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#undef fail     /* ours has arguments */
#include <unzip.h>
#include <zlib.h>

#include "base/arena.h"
#include "rec/strip_inner.h"

static struct cx fresh(void) { return (struct cx){ .arena = arena_new((size_t)1 << 30), .lang = LANG_EN }; }

static struct str load(struct cx *cx, const char *name)
{
	char path[200];
	snprintf(path, sizeof path, "tests/data/strip/%s", name);
	FILE *f = fopen(path, "rb");
	if (!f) print_error("%s\n", path);
	assert_non_null(f);
	char *p = arena_alloc(cx->arena, 1 << 20);
	size_t n = fread(p, 1, 1 << 20, f);
	fclose(f);
	return (struct str){ p, n };
}

static struct str ending(const char *name) { return str_c(strrchr(name, '.') + 1); }

static struct str stripped(struct cx *cx, const char *name)
{
	struct buf out = BUF(cx->arena, STRIP_BYTES_MAX);
	enum rc rc = strip_bytes(cx, ending(name), load(cx, name), 7, &out);
	if (rc != RC_OK) print_error("%s: %.*s\n", name, STRF(cx->fails.v[0].en));
	assert_int_equal(rc, RC_OK);
	return buf_str(&out);
}

/* Every stream of a PDF that unpacks, and every entry of an archive, laid open after the bytes themselves. */
static void lay_open(struct cx *cx, struct str s, bool ours, struct buf *all, int depth)
{
	buf_add(all, s);
	for (size_t at = 0; (at = str_find(s, STR("stream\n"), at)) != SIZE_MAX; at += 7) {
		z_stream z = { .next_in = (unsigned char *)(uintptr_t)s.p + at + 7, .avail_in = (unsigned)(s.n - at - 7) };
		char chunk[65536];
		if (inflateInit(&z) != Z_OK) continue;
		z.next_out = (unsigned char *)chunk;
		z.avail_out = sizeof chunk;
		(void)inflate(&z, Z_SYNC_FLUSH);
		buf_add(all, (struct str){ chunk, sizeof chunk - z.avail_out });
		(void)inflateEnd(&z);
	}
	if (depth > 2 || !str_starts(s, STR("PK"))) return;
	char path[] = "/tmp/lc-strip-XXXXXX";
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "wb");
	assert_int_equal(fwrite(s.p, 1, s.n, f), s.n);
	fclose(f);
	unzFile zip = unzOpen(path);
	assert_non_null(zip);
	for (int more = unzGoToFirstFile(zip); more == UNZ_OK; more = unzGoToNextFile(zip)) {
		char name[300], extra[300], comment[300];
		unz_file_info info;
		assert_int_equal(unzGetCurrentFileInfo(zip, &info, name, sizeof name, extra, sizeof extra, comment, sizeof comment), UNZ_OK);
		buf_add(all, str_c(name));
		if (ours && !depth) assert_true(info.size_file_extra + info.size_file_comment == 0 && info.dosDate == (1 << 21 | 1 << 16));
		char *p = arena_alloc(cx->arena, info.uncompressed_size + 1);
		assert_int_equal(unzOpenCurrentFile(zip), UNZ_OK);
		assert_int_equal(unzReadCurrentFile(zip, p, (unsigned)info.uncompressed_size), (int)info.uncompressed_size);
		assert_int_equal(unzCloseCurrentFile(zip), UNZ_OK);
		lay_open(cx, (struct str){ p, info.uncompressed_size }, ours, all, depth + 1);
	}
	unzClose(zip);
	remove(path);
}

static const char *const sound[] = { "plain.pdf", "packed.pdf", "linear.pdf", "revised.pdf", "text.docx", "table.xlsx", "photo.jpg", "picture.png" };
enum { SOUND = sizeof sound / sizeof *sound };

static struct str opened(struct cx *cx, struct str s, bool ours)
{
	struct buf all = BUF(cx->arena, (size_t)200 << 20);
	lay_open(cx, s, ours, &all, 0);
	assert_false(all.full);
	return buf_str(&all);
}

static void no_canary_is_left(void **state)
{
	(void)state;
	for (int i = 0; i < SOUND; i++) {
		struct cx cx = fresh();
		size_t at = str_find(opened(&cx, load(&cx, sound[i]), false), STR("KANARI"), 0);
		assert_true(at != SIZE_MAX);    /* or there would be nothing to find */
		struct str out = opened(&cx, stripped(&cx, sound[i]), true);
		at = str_find(out, STR("KANARI"), 0);
		if (at != SIZE_MAX) print_error("%s: …%.*s\n", sound[i], STRF(str_sub(out, at > 60 ? at - 60 : 0, at + 30)));
		assert_true(at == SIZE_MAX);
		assert_true(str_find(out, STR("KANAR"), 0) == SIZE_MAX);
		assert_true(str_find(out, STR("2026112"), 0) == SIZE_MAX);
		assert_true(str_find(out, STR("2026-11-2"), 0) == SIZE_MAX);
		arena_free(cx.arena);
	}
}

static void the_content_stays(void **state)
{
	static const struct { const char *name, *text; } kept[] = {
		{ "plain.pdf", "the content stays" }, { "packed.pdf", "the content stays" }, { "linear.pdf", "the content stays" }, { "revised.pdf", "a remark that stays" },
		{ "text.docx", "锡基新材料中试项目" }, { "text.docx", "a remark that stays" }, { "text.docx", "inserted " }, { "text.docx", "99.99%" },
		{ "table.xlsx", "&#35774;&#22791;&#36153;" }, { "table.xlsx", "please check" }, { "table.xlsx", "123.45" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
		struct cx cx = fresh();
		struct str out = opened(&cx, stripped(&cx, kept[i].name), true);
		if (!str_has(out, str_c(kept[i].text))) print_error("%s lost “%s”\n", kept[i].name, kept[i].text);
		assert_true(str_has(out, str_c(kept[i].text)));
		arena_free(cx.arena);
	}
}

/* The same file from two people is the same afterwards: nothing of the making is carried over, no clock is read. */
static void twice_is_once(void **state)
{
	(void)state;
	for (int i = 0; i < SOUND; i++) {
		struct cx cx = fresh();
		struct str once = stripped(&cx, sound[i]);
		struct buf twice = BUF(cx.arena, STRIP_BYTES_MAX);
		assert_int_equal(strip_bytes(&cx, ending(sound[i]), once, 7, &twice), RC_OK);
		assert_true(str_eq(once, buf_str(&twice)));
		arena_free(cx.arena);
	}
}

static void an_upright_picture_stays_upright(void **state)
{
	(void)state;
	struct cx cx = fresh();
	struct str out = stripped(&cx, "photo.jpg");
	/* One Exif segment, with the orientation (6) and nothing else. */
	size_t exif = str_find(out, (struct str){ "Exif\0\0", 6 }, 0);
	assert_true(exif != SIZE_MAX && str_find(out, (struct str){ "Exif\0\0", 6 }, exif + 1) == SIZE_MAX);
	assert_memory_equal(out.p + exif + 16, "\x01\x12\0\x03\0\0\0\x01\0\x06", 10);
	arena_free(cx.arena);
}

static void protected_and_damaged_files_are_refused(void **state)
{
	(void)state;
	struct cx cx = fresh();
	struct buf out = BUF(cx.arena, STRIP_BYTES_MAX);
	assert_int_equal(strip_bytes(&cx, STR("pdf"), load(&cx, "locked.pdf"), 7, &out), RC_INVALID);
	assert_string_equal(cx.fails.v[0].code, "strip.protected");
	assert_int_equal(strip_bytes(&cx, STR("ofd"), STR("PK"), 7, &out), RC_INVALID);
	assert_int_equal(strip_bytes(&cx, STR("docx"), STR("PK\x03\x04 no archive"), 7, &out), RC_INVALID);
	assert_int_equal(strip_bytes(&cx, STR("pdf"), STR("%PDF-1.4\nnothing"), 7, &out), RC_INVALID);
	arena_free(cx.arena);
	/* Cut anywhere: refused or stripped, never a crash; and in what is stripped there is no canary. */
	for (int i = 0; i < SOUND; i++)
		for (int part = 1; part < 40; part++) {
			cx = fresh();
			struct str whole = load(&cx, sound[i]);
			struct buf half = BUF(cx.arena, STRIP_BYTES_MAX);
			if (strip_bytes(&cx, ending(sound[i]), str_sub(whole, 0, whole.n * (size_t)part / 40), 7, &half) == RC_OK)
				assert_true(str_find(opened(&cx, buf_str(&half), true), STR("KANARI"), 0) == SIZE_MAX);
			arena_free(cx.arena);
		}
}

static void names_may_be_written_in_other_ways(void **state)
{
	static const char pdf[] = "%PDF-1.4\n1 0 obj<</Type/Catalog/Meta#64ata 2 0 R/Pages 3 0 R/Piece#49nfo(KANARI)>>endobj\n2 0 obj<</Type/Metadata/Length 6>>stream\nKANARI\nendstream endobj\n"
		"3 0 obj<</Type/Pages/Kids[4 0 R]/Count 1>>endobj\n4 0 obj<</Type/Page/Parent 3 0 R/Contents 5 0 R>>endobj\n5 0 obj<</Length 6 0 R>>stream\nendstr inside\nendstream\nendobj 6 0 obj 13 endobj\n"
		"trailer<</Root 1 0 R>>";
	(void)state;
	struct cx cx = fresh();
	struct buf out = BUF(cx.arena, STRIP_BYTES_MAX);
	assert_int_equal(strip_bytes(&cx, STR("pdf"), (struct str){ pdf, sizeof pdf - 1 }, 7, &out), RC_OK);
	assert_false(str_has(buf_str(&out), STR("KANARI")));
	assert_true(str_has(buf_str(&out), STR("/Length 13>>\nstream\nendstr inside\nendstream")));
	arena_free(cx.arena);
}

static void the_sandbox_gives_the_same(void **state)
{
	(void)state;
	struct cx cx = fresh();
	struct str out;
	enum rc rc = strip_file(&cx, STR("docx"), load(&cx, "text.docx"), &out);
	if (rc != RC_OK) print_error("%s %.*s\n", cx.fails.v[0].code, STRF(cx.fails.v[0].en));
	assert_int_equal(rc, RC_OK);
	assert_true(str_eq(out, stripped(&cx, "text.docx")));
	assert_int_equal(strip_file(&cx, STR("pdf"), load(&cx, "locked.pdf"), &out), RC_INVALID);
	assert_string_equal(cx.fails.v[cx.fails.n - 1].code, "strip.protected");
	arena_free(cx.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_canary_is_left), cmocka_unit_test(the_content_stays), cmocka_unit_test(twice_is_once), cmocka_unit_test(an_upright_picture_stays_upright),
		cmocka_unit_test(protected_and_damaged_files_are_refused), cmocka_unit_test(names_may_be_written_in_other_ways), cmocka_unit_test(the_sandbox_gives_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

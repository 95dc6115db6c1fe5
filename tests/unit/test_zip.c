/* Archives: what was added comes out again by another program's reader; left at any entry and gone on with, the bytes are the same; more
   than 4 GiB. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <minizip/unzip.h>

#undef fail
#include "base/arena.h"
#include "rec/zip_out.h"

enum { ENTRIES = 40 };

struct scene { struct arena *a; struct cx cx; char path[32]; int fd; };

static struct scene begin(void)
{
	struct scene s = { .a = arena_new(64 << 20), .path = "/tmp/lc-zip-XXXXXX" };
	s.cx = (struct cx){ .arena = s.a };
	s.fd = mkstemp(s.path);
	assert_true(s.fd > 0);
	return s;
}

static void end(struct scene *s)
{
	close(s->fd);
	unlink(s->path);
	arena_free(s->a);
}

static struct str name_of(struct arena *a, int i) { return str_fmt(a, "%03d 记录/名称 %d.txt", i, i); }

/* Some nothing at all, some long, some that do not pack. */
static struct str bytes_of(struct arena *a, int i)
{
	size_t n = (size_t)(i % 5) * 40000;
	char *p = arena_alloc(a, n + 1);
	uint64_t x = (uint64_t)i + 1;
	for (size_t k = 0; k < n; k++) {
		x = x * 6364136223846793005u + 1;
		p[k] = i % 2 ? "abcdefghijklmnopqrst"[i % 20] : (char)(x >> 56);
	}
	return (struct str){ p, n };
}

static void add(struct scene *s, struct zip_out *z, int i)
{
	if (i % 7) {
		assert_int_equal(zip_add(&s->cx, z, name_of(s->a, i), bytes_of(s->a, i)), RC_OK);
		return;
	}
	struct scene file = begin();
	struct str bytes = bytes_of(s->a, i);
	assert_int_equal(write(file.fd, bytes.p, bytes.n), bytes.n);
	assert_int_equal(zip_add_file(&s->cx, z, name_of(s->a, i), file.fd), RC_OK);
	end(&file);
}

static struct str whole(struct scene *s)
{
	size_t n = (size_t)lseek(s->fd, 0, SEEK_END);
	char *p = arena_alloc(s->a, n + 1);
	assert_int_equal(pread(s->fd, p, n, 0), n);
	return (struct str){ p, n };
}

static void reads_back(void **state)
{
	struct scene s = begin();
	struct zip_out *z;
	char name[300], *got = arena_alloc(s.a, 1 << 20);
	assert_int_equal(zip_start(&s.cx, s.fd, 0, &z), RC_OK);
	for (int i = 0; i < ENTRIES; i++) add(&s, z, i);
	int64_t before = zip_bytes(z);
	assert_int_equal(zip_add(&s.cx, z, STR("taken back"), STR("x")), RC_OK);
	zip_cut(z, before);
	assert_int_equal(zip_finish(&s.cx, z), RC_OK);
	unzFile u = unzOpen64(s.path);
	assert_non_null(u);
	for (int i = 0; i < ENTRIES; i++) {
		unz_file_info64 info;
		struct str bytes = bytes_of(s.a, i), want = name_of(s.a, i);
		assert_int_equal(i ? unzGoToNextFile(u) : unzGoToFirstFile(u), UNZ_OK);
		assert_int_equal(unzGetCurrentFileInfo64(u, &info, name, sizeof name, NULL, 0, NULL, 0), UNZ_OK);
		assert_true(str_eq(str_c(name), want));
		assert_true(info.flag & 1 << 11);
		assert_int_equal(unzOpenCurrentFile(u), UNZ_OK);
		assert_int_equal(unzReadCurrentFile(u, got, 1 << 20), bytes.n);
		assert_memory_equal(got, bytes.p, bytes.n);
		assert_int_equal(unzCloseCurrentFile(u), UNZ_OK);       /* the checksum holds */
	}
	assert_int_equal(unzGoToNextFile(u), UNZ_END_OF_LIST_OF_FILE);
	unzClose(u);
	end(&s);
}

static void goes_on_anywhere(void **state)
{
	struct scene once = begin();
	struct zip_out *z;
	assert_int_equal(zip_start(&once.cx, once.fd, 0, &z), RC_OK);
	for (int i = 0; i < ENTRIES; i++) add(&once, z, i);
	assert_int_equal(zip_finish(&once.cx, z), RC_OK);
	struct str want = whole(&once);
	for (int stop = 0; stop < ENTRIES; stop += 3) {
		struct scene s = begin();
		assert_int_equal(zip_start(&s.cx, s.fd, 0, &z), RC_OK);
		for (int i = 0; i < stop; i++) add(&s, z, i);
		int64_t told = zip_bytes(z);
		/* What was written after the telling is not to be trusted, be it an entry or half of the directory. */
		if (stop % 2) add(&s, z, stop + 5);
		else assert_int_equal(zip_finish(&s.cx, z), RC_OK);
		assert_int_equal(zip_start(&s.cx, s.fd, told, &z), RC_OK);
		for (int i = stop; i < ENTRIES; i++) add(&s, z, i);
		assert_int_equal(zip_finish(&s.cx, z), RC_OK);
		struct str got = whole(&s);
		assert_int_equal(got.n, want.n);
		assert_memory_equal(got.p, want.p, want.n);
		end(&s);
	}
	end(&once);
}

/* An entry of almost 4 GiB, most of it a hole of the file, and one behind it. */
static void beyond_four_gib(void **state)
{
	static const unsigned char head[] = { 'P', 'K', 3, 4, 20, 0, 0, 8, 0, 0, 0, 0, 33, 0, 0, 0, 0, 0, 0xF0, 0xFF, 0xFF, 0xFF, 0xF0, 0xFF, 0xFF, 0xFF, 1, 0, 0, 0, 'a' };
	struct scene s = begin();
	struct zip_out *z;
	char got[8] = "";
	assert_int_equal(write(s.fd, head, sizeof head), sizeof head);
	assert_int_equal(zip_start(&s.cx, s.fd, (int64_t)sizeof head + 0xFFFFFFF0, &z), RC_OK);
	assert_int_equal(zip_add(&s.cx, z, STR("b"), STR("behind")), RC_OK);
	assert_int_equal(zip_finish(&s.cx, z), RC_OK);
	/* By Info-ZIP: minizip does not find what begins behind 4 GiB. */
	FILE *p = popen(str_z(s.a, str_fmt(s.a, "unzip -p %s b", s.path)), "r");
	assert_non_null(p);
	assert_int_equal(fread(got, 1, sizeof got, p), 6);
	assert_string_equal(got, "behind");
	assert_int_equal(pclose(p), 0);
	end(&s);
}

/* Not the file that was left: said, not made into an archive. */
static void another_file(void **state)
{
	struct scene s = begin();
	struct zip_out *z;
	assert_int_equal(write(s.fd, "something else", 14), 14);
	assert_int_equal(zip_start(&s.cx, s.fd, 14, &z), RC_OK);
	assert_int_equal(zip_add(&s.cx, z, STR("a"), STR("b")), RC_OK);
	assert_int_equal(zip_finish(&s.cx, z), RC_IO);
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(reads_back), cmocka_unit_test(goes_on_anywhere), cmocka_unit_test(beyond_four_gib), cmocka_unit_test(another_file) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "rec/zip_out.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/utf8.h"

/* Formats and numbers: APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12, 4.3.14 to 4.3.16, 4.5.3. As from a Unix: some programs read the names of
   other systems in an old character set, whatever the entry says. */
enum {
	NAME_CHARS = 80, NAME_BYTES = 2000, LEVEL = 6, CHUNK = 65536,
	LOCAL_SIGN = 0x04034b50, ENTRY_SIGN = 0x02014b50, END_SIGN = 0x06054b50, END64_SIGN = 0x06064b50, LOCATOR_SIGN = 0x07064b50,
	LOCAL_BYTES = 30, ENTRY_BYTES = 46,
	VERSION = 20, VERSION64 = 45, MADE_BY_UNIX = 3 << 8, UTF8_NAMES = 1 << 11, DATE_1980 = 1 << 5 | 1, EXTRA64 = 1,
	STORED = 0, DEFLATED = 8
};
#define LARGE 0xFFFFFFFFu       /* stands for a number that is in the 64-bit part */

struct zip_out { int fd; int64_t at; };
struct entry { unsigned method; uint32_t crc, packed, plain; struct str name; };

static enum rc failed(struct cx *cx)
{
	return fail(cx, RC_IO, "zip.write", NOWHERE, "不能生成压缩包，可能磁盘已满", "the archive cannot be written; the disk may be full");
}

static bool write_at(int fd, int64_t at, struct str s)
{
	while (s.n) {
		ssize_t n = pwrite(fd, s.p, s.n, (off_t)at);
		if (n < 0 && errno == EINTR) continue;
		if (n <= 0) return false;
		at += n;
		s = str_sub(s, (size_t)n, s.n);
	}
	return true;
}

static bool put(struct zip_out *z, struct str s)
{
	if (!write_at(z->fd, z->at, s)) return false;
	z->at += (int64_t)s.n;
	return true;
}

/* Little-endian. */
static void number(struct buf *b, uint64_t v, int bytes)
{
	for (int i = 0; i < bytes; i++) buf_c(b, (char)(v >> 8 * i & 0xFF));
}

static uint32_t number_at(const unsigned char *p, int bytes)
{
	uint32_t v = 0;
	for (int i = 0; i < bytes; i++) v |= (uint32_t)p[i] << 8 * i;
	return v;
}

/* ---- entries ---- */

enum rc zip_start(struct cx *cx, int fd, int64_t bytes, struct zip_out **out)
{
	struct zip_out *z = ARENA_NEW(cx->arena, struct zip_out);
	*z = (struct zip_out){ fd, bytes };
	if (ftruncate(fd, (off_t)bytes) != 0) return failed(cx);
	*out = z;
	return RC_OK;
}

int64_t zip_bytes(const struct zip_out *z) { return z->at; }
void zip_cut(struct zip_out *z, int64_t bytes) { z->at = bytes; }

/* What an entry and its copy in the directory have in common, up to the length of the name. */
static void common(struct buf *b, const struct entry *e)
{
	number(b, UTF8_NAMES, 2);
	number(b, e->method, 2);
	number(b, 0, 2);
	number(b, DATE_1980, 2);
	number(b, e->crc, 4);
	number(b, e->packed, 4);
	number(b, e->plain, 4);
	number(b, e->name.n, 2);
}

static struct str local_head(struct arena *a, const struct entry *e)
{
	struct buf b = BUF(a, LOCAL_BYTES + NAME_BYTES + 1);
	number(&b, LOCAL_SIGN, 4);
	number(&b, VERSION, 2);
	common(&b, e);
	number(&b, 0, 2);
	buf_add(&b, e->name);
	return buf_str(&b);
}

/* The content is behind the head, whose numbers are known only now. */
static enum rc close_entry(struct cx *cx, struct zip_out *z, int64_t start, struct entry *e, int64_t plain)
{
	int64_t packed = z->at - start - LOCAL_BYTES - (int64_t)e->name.n;
	e->packed = (uint32_t)packed;
	e->plain = (uint32_t)plain;
	bool whole = plain < LARGE && packed < LARGE && write_at(z->fd, start, local_head(cx->arena, e));
	if (whole) return RC_OK;
	z->at = start;
	return failed(cx);
}

static bool deflate_into(struct zip_out *z, struct str bytes)
{
	z_stream s = { 0 };
	char chunk[CHUNK];
	bool good = true;
	int end = Z_OK;
	if (deflateInit2(&s, LEVEL, Z_DEFLATED, -MAX_WBITS, MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK) return false;
	s.next_in = (Bytef *)(uintptr_t)bytes.p;
	s.avail_in = (uInt)bytes.n;
	while (good && end == Z_OK) {
		s.next_out = (Bytef *)chunk;
		s.avail_out = CHUNK;
		end = deflate(&s, Z_FINISH);
		good = end != Z_STREAM_ERROR && put(z, (struct str){ chunk, CHUNK - s.avail_out });
	}
	deflateEnd(&s);
	return good;
}

enum rc zip_add(struct cx *cx, struct zip_out *z, struct str name, struct str bytes)
{
	struct entry e = { .method = DEFLATED, .name = str_sub(name, 0, NAME_BYTES), .crc = (uint32_t)crc32_z(0, (const Bytef *)bytes.p, bytes.n) };
	int64_t start = z->at;
	if (bytes.n < LARGE && put(z, local_head(cx->arena, &e)) && deflate_into(z, bytes)) return close_entry(cx, z, start, &e, (int64_t)bytes.n);
	z->at = start;
	return failed(cx);
}

enum rc zip_add_file(struct cx *cx, struct zip_out *z, struct str name, int fd)
{
	struct entry e = { .method = STORED, .name = str_sub(name, 0, NAME_BYTES) };
	char chunk[CHUNK];
	int64_t start = z->at, plain = 0;
	ssize_t n = 0;
	bool good = put(z, local_head(cx->arena, &e));
	while (good && (n = pread(fd, chunk, sizeof chunk, (off_t)plain)) > 0) {
		e.crc = (uint32_t)crc32_z(e.crc, (const Bytef *)chunk, (size_t)n);
		good = put(z, (struct str){ chunk, (size_t)n });
		plain += n;
	}
	if (good && n == 0) return close_entry(cx, z, start, &e, plain);
	z->at = start;
	return failed(cx);
}

/* ---- the directory ---- */

static void directory_entry(struct buf *b, const struct entry *e, int64_t offset)
{
	bool large = offset >= LARGE;
	number(b, ENTRY_SIGN, 4);
	number(b, MADE_BY_UNIX | VERSION, 2);
	number(b, large ? VERSION64 : VERSION, 2);
	common(b, e);
	number(b, large ? 12 : 0, 2);
	number(b, 0, 2 + 2 + 2);                /* no comment, first disk, binary */
	number(b, 0100644u << 16, 4);
	number(b, large ? LARGE : (uint64_t)offset, 4);
	buf_add(b, e->name);
	if (!large) return;
	number(b, EXTRA64, 2);
	number(b, 8, 2);
	number(b, (uint64_t)offset, 8);
}

static void directory_end(struct buf *b, int64_t entries, int64_t offset, int64_t bytes)
{
	bool large = entries >= 0xFFFF || offset >= LARGE || bytes >= LARGE;
	if (large) {
		number(b, END64_SIGN, 4);
		number(b, 44, 8);
		number(b, MADE_BY_UNIX | VERSION64, 2);
		number(b, VERSION64, 2);
		number(b, 0, 4 + 4);
		number(b, (uint64_t)entries, 8);
		number(b, (uint64_t)entries, 8);
		number(b, (uint64_t)bytes, 8);
		number(b, (uint64_t)offset, 8);
		number(b, LOCATOR_SIGN, 4);
		number(b, 0, 4);
		number(b, (uint64_t)(offset + bytes), 8);
		number(b, 1, 4);
	}
	number(b, END_SIGN, 4);
	number(b, 0, 2 + 2);
	number(b, large ? 0xFFFF : (uint64_t)entries, 2);
	number(b, large ? 0xFFFF : (uint64_t)entries, 2);
	number(b, large ? LARGE : (uint64_t)bytes, 4);
	number(b, large ? LARGE : (uint64_t)offset, 4);
	number(b, 0, 2);
}

/* The entry that begins at `at`; false when none does: the file is not as it was left. */
static bool read_entry(int fd, int64_t at, char name[NAME_BYTES], struct entry *e)
{
	unsigned char head[LOCAL_BYTES];
	if (pread(fd, head, sizeof head, (off_t)at) != (ssize_t)sizeof head || number_at(head, 4) != LOCAL_SIGN) return false;
	*e = (struct entry){ number_at(head + 8, 2), number_at(head + 14, 4), number_at(head + 18, 4), number_at(head + 22, 4), { name, number_at(head + 26, 2) } };
	return e->name.n <= NAME_BYTES && pread(fd, name, e->name.n, (off_t)at + LOCAL_BYTES) == (ssize_t)e->name.n;
}

enum rc zip_finish(struct cx *cx, struct zip_out *z)
{
	struct buf b = BUF(cx->arena, 2 * CHUNK);
	char name[NAME_BYTES];
	struct entry e;
	int64_t n = 0, end = z->at;
	for (int64_t at = 0; at < end; n++) {
		if (!read_entry(z->fd, at, name, &e)) return failed(cx);
		directory_entry(&b, &e, at);
		at += LOCAL_BYTES + (int64_t)e.name.n + e.packed;
		if (b.n < CHUNK) continue;
		if (!put(z, buf_str(&b))) return failed(cx);
		b.n = 0;
	}
	directory_end(&b, n, end, z->at + (int64_t)b.n - end);
	return put(z, buf_str(&b)) && ftruncate(z->fd, (off_t)z->at) == 0 ? RC_OK : failed(cx);
}

struct str zip_name(struct arena *a, struct str name)
{
	struct str cut = str_trim(str_sub(name, 0, utf8_offset(name, NAME_CHARS)));
	struct buf b = BUF(a, cut.n + 2);
	for (size_t i = 0; i < cut.n; i++) {
		char c = cut.p[i];
		bool odd = (unsigned char)c < ' ' || c == 0x7F || strchr("/\\:*?\"<>|", c) || (c == '.' && (i == 0 || i + 1 == cut.n));
		buf_c(&b, odd ? '_' : c);
	}
	return b.n ? buf_str(&b) : STR("_");
}

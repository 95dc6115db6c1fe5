#include "rec/zip_out.h"

#include <string.h>
#include <unistd.h>
#include <zip.h>

#include "base/buf.h"
#include "base/utf8.h"

enum { NAME_CHARS = 80, LEVEL = 6, UTF8_NAMES = 1 << 11, MADE_BY_UNIX = 3 << 8 | 20, DATE_1980 = 1 << 21 | 1 << 16 };

struct zip_out { zipFile zip; int fd; bool broken; };

/* minizip's calls, on a descriptor. */
static void *fd_open(void *z, const void *name, int mode) { return z; }
static uLong fd_read(void *z, void *stream, void *to, uLong n)
{
	ssize_t got = read(((struct zip_out *)z)->fd, to, n);
	return got > 0 ? (uLong)got : 0;
}
static uLong fd_write(void *z, void *stream, const void *from, uLong n)
{
	ssize_t put = write(((struct zip_out *)z)->fd, from, n);
	return put > 0 ? (uLong)put : 0;
}
static ZPOS64_T fd_tell(void *z, void *stream) { return (ZPOS64_T)lseek(((struct zip_out *)z)->fd, 0, SEEK_CUR); }
static long fd_seek(void *z, void *stream, ZPOS64_T offset, int origin)
{
	int from = origin == ZLIB_FILEFUNC_SEEK_CUR ? SEEK_CUR : origin == ZLIB_FILEFUNC_SEEK_END ? SEEK_END : SEEK_SET;
	return lseek(((struct zip_out *)z)->fd, (off_t)offset, from) < 0 ? -1 : 0;
}
static int fd_close(void *z, void *stream) { return 0; }
static int fd_error(void *z, void *stream) { return 0; }

static enum rc failed(struct cx *cx, struct zip_out *z)
{
	if (z) z->broken = true;
	return fail(cx, RC_IO, "zip.write", NOWHERE, "不能生成压缩包，可能磁盘已满", "the archive cannot be written; the disk may be full");
}

enum rc zip_start(struct cx *cx, int fd, struct zip_out **out)
{
	struct zip_out *z = ARENA_NEW(cx->arena, struct zip_out);
	zlib_filefunc64_def door = { .zopen64_file = fd_open, .zread_file = fd_read, .zwrite_file = fd_write, .ztell64_file = fd_tell, .zseek64_file = fd_seek,
		.zclose_file = fd_close, .zerror_file = fd_error, .opaque = z };
	z->fd = fd;
	z->zip = zipOpen2_64("", APPEND_STATUS_CREATE, NULL, &door);
	if (!z->zip) return failed(cx, z);
	*out = z;
	return RC_OK;
}

static bool open_entry(struct cx *cx, struct zip_out *z, struct str name, int method)
{
	/* As from a Unix: some programs read the names of other systems in an old character set, whatever the entry says. */
	zip_fileinfo info = { .dosDate = DATE_1980, .external_fa = (uLong)0100644 << 16 };
	return zipOpenNewFileInZip4_64(z->zip, str_z(cx->arena, name), &info, NULL, 0, NULL, 0, NULL, method, LEVEL, 0, -MAX_WBITS, DEF_MEM_LEVEL, Z_DEFAULT_STRATEGY, NULL, 0,
		MADE_BY_UNIX, UTF8_NAMES, 1) == ZIP_OK;
}

enum rc zip_add(struct cx *cx, struct zip_out *z, struct str name, struct str bytes)
{
	if (!open_entry(cx, z, name, Z_DEFLATED) || (bytes.n && zipWriteInFileInZip(z->zip, bytes.p, (unsigned)bytes.n) != ZIP_OK) || zipCloseFileInZip(z->zip) != ZIP_OK)
		return failed(cx, z);
	return RC_OK;
}

enum rc zip_add_file(struct cx *cx, struct zip_out *z, struct str name, int fd)
{
	char chunk[65536];
	off_t at = 0;
	ssize_t n;
	if (!open_entry(cx, z, name, 0)) return failed(cx, z);
	while ((n = pread(fd, chunk, sizeof chunk, at)) > 0) {
		if (zipWriteInFileInZip(z->zip, chunk, (unsigned)n) != ZIP_OK) return failed(cx, z);
		at += n;
	}
	return n == 0 && zipCloseFileInZip(z->zip) == ZIP_OK ? RC_OK : failed(cx, z);
}

enum rc zip_finish(struct cx *cx, struct zip_out *z)
{
	int closed = zipClose(z->zip, NULL);
	return closed == ZIP_OK && !z->broken ? RC_OK : failed(cx, NULL);
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

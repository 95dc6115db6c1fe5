/* Office files: an archive of parts, each of which is left out, rewritten or copied as it is packed. */
#include <string.h>
#include <unzip.h>
#include <zip.h>

#include "rec/strip_inner.h"

enum { ENTRIES_MAX = 5000, NAME_BYTES = 512, NESTED_MAX = 2, LEVEL = 6, UTF8_NAMES = 1 << 11, MADE_BY = 0, DATE_1980 = 1 << 21 | 1 << 16 };

/* An archive in memory: read from `bytes`, or written to `to`, whose closed entries are gone back to. */
struct memory { struct str bytes; struct buf *to; size_t at; };

static void *mem_open(void *m, const void *name, int mode)
{
	((struct memory *)m)->at = 0;
	return m;
}

static size_t mem_size(const struct memory *m) { return m->to ? m->to->n : m->bytes.n; }

static uLong mem_read(void *ctx, void *stream, void *out, uLong n)
{
	struct memory *m = ctx;
	const char *p = m->to ? m->to->p : m->bytes.p;
	if (n > mem_size(m) - m->at) n = mem_size(m) - m->at;
	if (n) memcpy(out, p + m->at, n);
	m->at += n;
	return n;
}

static uLong mem_write(void *ctx, void *stream, const void *from, uLong n)
{
	struct memory *m = ctx;
	size_t over = m->to->n - m->at < n ? m->to->n - m->at : n;
	if (over) memcpy(m->to->p + m->at, from, over);
	buf_add(m->to, (struct str){ (const char *)from + over, n - over });
	m->at += n;
	return m->to->full ? 0 : n;
}

static ZPOS64_T mem_tell(void *ctx, void *stream) { return ((struct memory *)ctx)->at; }

static long mem_seek(void *ctx, void *stream, ZPOS64_T offset, int origin)
{
	struct memory *m = ctx;
	size_t base = origin == ZLIB_FILEFUNC_SEEK_CUR ? m->at : origin == ZLIB_FILEFUNC_SEEK_END ? mem_size(m) : 0;
	if (offset > mem_size(m) - base) return -1;
	m->at = base + (size_t)offset;
	return 0;
}

static int mem_close(void *ctx, void *stream) { return 0; }
static int mem_error(void *ctx, void *stream) { return 0; }

static zlib_filefunc64_def door(struct memory *m)
{
	return (zlib_filefunc64_def){ .zopen64_file = mem_open, .zread_file = mem_read, .zwrite_file = mem_write, .ztell64_file = mem_tell, .zseek64_file = mem_seek,
		.zclose_file = mem_close, .zerror_file = mem_error, .opaque = m };
}

/* ---- one entry ---- */

struct office { struct cx *cx; unzFile in; zipFile out; int depth; uint64_t salt; size_t unpacked; struct str seen[ENTRIES_MAX]; int n_seen; };

static struct str lower(struct arena *a, struct str s)
{
	char *p = str_z(a, s);
	for (size_t i = 0; i < s.n; i++) p[i] = p[i] >= 'A' && p[i] <= 'Z' ? (char)(p[i] | 32) : p[i] == '\\' ? '/' : p[i];
	return (struct str){ p, s.n };
}

static enum rc read_entry(struct office *o, struct str *out)
{
	struct buf b = BUF(o->cx->arena, STRIP_BYTES_MAX - o->unpacked);
	char chunk[32768];
	int n;
	if (unzOpenCurrentFile(o->in) != UNZ_OK) return strip_damaged(o->cx, "ZIP");
	while ((n = unzReadCurrentFile(o->in, chunk, sizeof chunk)) > 0 && !b.full) buf_add(&b, (struct str){ chunk, (size_t)n });
	int closed = unzCloseCurrentFile(o->in);
	if (b.full) return fail(o->cx, RC_LIMIT, "strip.size", NOWHERE, "文件过大", "the file is too large");
	if (n < 0 || closed != UNZ_OK) return strip_damaged(o->cx, "ZIP");
	o->unpacked += b.n;
	*out = buf_str(&b);
	return RC_OK;
}

/* Every entry says the same of its making: no time, no system, no extra fields. */
static int open_new(struct office *o, struct str name, int method, bool raw)
{
	zip_fileinfo info = { .dosDate = DATE_1980 };
	return zipOpenNewFileInZip4_64(o->out, str_z(o->cx->arena, name), &info, NULL, 0, NULL, 0, NULL, method, LEVEL, raw, -MAX_WBITS, DEF_MEM_LEVEL, Z_DEFAULT_STRATEGY, NULL, 0,
		MADE_BY, UTF8_NAMES, 0);
}

static enum rc put_entry(struct office *o, struct str name, struct str bytes)
{
	if (open_new(o, name, bytes.n ? Z_DEFLATED : 0, false) != ZIP_OK || (bytes.n && zipWriteInFileInZip(o->out, bytes.p, (unsigned)bytes.n) != ZIP_OK) ||
		zipCloseFileInZip(o->out) != ZIP_OK)
		return strip_damaged(o->cx, "ZIP");
	return RC_OK;
}

/* Packed bytes as they are: nothing in them is touched, so nothing need be unpacked. */
static enum rc copy_entry(struct office *o, struct str name, const unz_file_info64 *info)
{
	int method, level, n = 0;
	char chunk[32768];
	if (unzOpenCurrentFile2(o->in, &method, &level, 1) != UNZ_OK) return strip_damaged(o->cx, "ZIP");
	bool good = (method == 0 || method == Z_DEFLATED) && open_new(o, name, method, true) == ZIP_OK;
	while (good && (n = unzReadCurrentFile(o->in, chunk, sizeof chunk)) > 0) good = zipWriteInFileInZip(o->out, chunk, (unsigned)n) == ZIP_OK;
	good = good && n == 0 && zipCloseFileInZipRaw64(o->out, info->uncompressed_size, info->crc) == ZIP_OK;
	(void)unzCloseCurrentFile(o->in);
	return good ? RC_OK : strip_damaged(o->cx, "ZIP");
}

static enum part part_of(struct str name)
{
	if (str_ends(name, STR(".rels"))) return PART_RELATIONS;
	if (str_is(name, "[content_types].xml")) return PART_TYPES;
	return str_starts(name, STR("xl/comments")) ? PART_COMMENTS : PART_CONTENT;
}

static bool is_office(struct str name) { return str_ends(name, STR(".docx")) || str_ends(name, STR(".xlsx")) || str_ends(name, STR(".pptx")); }

static enum rc rewrite(struct office *o, struct str name, struct str key)
{
	struct str bytes;
	struct buf out = BUF(o->cx->arena, STRIP_BYTES_MAX);
	TRY(read_entry(o, &bytes));
	if (str_ends(key, STR(".png"))) TRY(strip_png(o->cx, bytes, &out));
	else if (str_ends(key, STR(".jpg")) || str_ends(key, STR(".jpeg"))) TRY(strip_jpeg(o->cx, bytes, &out));
	else if (is_office(key)) TRY(strip_office(o->cx, bytes, o->depth + 1, o->salt, &out));
	else TRY(strip_xml(o->cx, part_of(key), bytes, o->salt, &out));
	return put_entry(o, name, buf_str(&out));
}

static enum rc take_entry(struct office *o)
{
	char name_of[NAME_BYTES];
	unz_file_info64 info;
	if (unzGetCurrentFileInfo64(o->in, &info, name_of, sizeof name_of, NULL, 0, NULL, 0) != UNZ_OK || info.size_filename >= sizeof name_of)
		return strip_damaged(o->cx, "ZIP");
	if (info.flag & 1) return strip_damaged(o->cx, "password");
	struct str name = str_dup(o->cx->arena, str_c(name_of)), key = lower(o->cx->arena, name);
	for (int i = 0; i < o->n_seen; i++)
		if (str_eq(o->seen[i], key)) return strip_damaged(o->cx, "ZIP");
	o->seen[o->n_seen++] = key;
	if (strip_leaves_out(key) || str_ends(key, STR("/"))) return RC_OK;
	/* What a program of another maker left in there cannot be judged; its picture stays in the text. */
	bool foreign = str_has(key, STR("/embeddings/")) && !is_office(key);
	if (foreign) return put_entry(o, name, STR(""));
	if (str_ends(key, STR(".xml")) || str_ends(key, STR(".rels")) || str_ends(key, STR(".png")) || str_ends(key, STR(".jpg")) || str_ends(key, STR(".jpeg")) || is_office(key))
		return rewrite(o, name, key);
	return copy_entry(o, name, &info);
}

static enum rc take_all(struct office *o)
{
	int at = unzGoToFirstFile(o->in);
	while (at == UNZ_OK) {
		if (o->n_seen == ENTRIES_MAX) return strip_damaged(o->cx, "ZIP");
		TRY(take_entry(o));
		at = unzGoToNextFile(o->in);
	}
	return at == UNZ_END_OF_LIST_OF_FILE && o->n_seen ? RC_OK : strip_damaged(o->cx, "ZIP");
}

enum rc strip_office(struct cx *cx, struct str bytes, int depth, uint64_t salt, struct buf *out)
{
	if (depth > NESTED_MAX) return strip_damaged(cx, "depth");
	struct buf archive = BUF(cx->arena, STRIP_BYTES_MAX);
	struct memory from = { .bytes = bytes }, to = { .to = &archive };
	zlib_filefunc64_def from_door = door(&from), to_door = door(&to);
	struct office *o = ARENA_NEW(cx->arena, struct office);
	o->cx = cx;
	o->depth = depth;
	o->salt = salt;
	o->in = unzOpen2_64("", &from_door);
	if (!o->in) return strip_damaged(cx, "ZIP");
	o->out = zipOpen2_64("", APPEND_STATUS_CREATE, NULL, &to_door);
	enum rc rc = o->out ? take_all(o) : strip_damaged(cx, "ZIP");
	if (o->out && zipClose(o->out, NULL) != ZIP_OK && rc == RC_OK) rc = strip_damaged(cx, "ZIP");
	(void)unzClose(o->in);
	TRY(rc);
	buf_add(out, buf_str(&archive));
	return RC_OK;
}

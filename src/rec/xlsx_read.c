/* The streaming reader of XLSX: minizip over memory, expat over each part, rows out as they come. Runs in the sandbox's child.

   Only the parts that are needed are unpacked: the relations, the workbook, styles, shared strings and one sheet. What counts
   against the limits is the bytes that really come out, not what the headers promise. */
#include <expat.h>
#include <stdlib.h>
#include <string.h>
#include <unzip.h>

#include "rec/sheet.h"
#include "rec/xlsx.h"

enum { CHUNK = 32 << 10, RATIO_FLOOR = 64 << 10, STRINGS_MAX = 2000000, STYLES_MAX = 100000, SHEETS_MAX = 1000, PATH_MAX_BYTES = 512 };

struct entry { struct str name; unz64_file_pos at; uint64_t packed; bool locked; };
struct relation { struct str id, kind, target; };
struct tab { struct str relation; bool hidden; };
struct format { int64_t id; unsigned look; };

struct book {
	struct cx *cx;
	const char *name;               /* of the file, for messages */
	uint64_t salt;
	struct str bytes;
	size_t at;                      /* of the reading of `bytes` */
	unzFile zip;
	VEC(struct entry) entry;
	uint64_t unpacked;

	VEC(struct relation) relation;  /* of the part last asked about */
	VEC(struct tab) tab;
	VEC(struct str) string;
	VEC(struct format) format;
	VEC(unsigned) style;
	bool from_1904;

	/* the part being read */
	XML_Parser xml;
	const char *part;
	enum rc rc;
	int depth;
	void (*start)(struct book *b, const char *tag, const char **attr);
	void (*end)(struct book *b, const char *tag);
	struct buf text;
	bool collect;
	int phonetic;
	bool in_cell_formats;

	/* the sheet */
	struct buf *out;
	int64_t row, column, filled;    /* counted from 1; 0: none yet */
	size_t row_at, cells, rows;
	char kind;                      /* of the cell: n, s, b, e, t (text in place), d */
	int64_t look_index;
	bool in_row, in_cell;
};

/* ---- failures ---- */

static enum rc bad(struct book *b, const char *what)
{
	struct where at = { .file = str_c(b->name) };
	enum rc rc = fail(b->cx, RC_INVALID, "xlsx.malformed", at, "%s 不是完好的 XLSX 文件（%s）", "%s is not a sound XLSX file (%s)", b->name, what);
	fail_hint(b->cx, "请用办公软件打开后另存为 .xlsx 再试", "open it in your office software, save it as .xlsx, and try again");
	return rc;
}

static enum rc limit(struct book *b, const char *zh, const char *en)
{
	struct where at = { .file = str_c(b->name), .line = (int)b->row };
	struct arena *a = b->cx->arena;
	enum rc rc = fail_text(b->cx, RC_LIMIT, "xlsx.limit", at, str_fmt(a, "%s：%s", b->name, zh), str_fmt(a, "%s: %s", b->name, en));
	fail_hint(b->cx, "请拆成几个较小的文件", "split it into smaller files");
	return rc;
}

/* From inside a handler: remember the first failure and stop. */
static void stop(struct book *b, enum rc rc)
{
	if (b->rc == RC_OK) b->rc = rc;
	(void)XML_StopParser(b->xml, XML_FALSE);
}

/* ---- the archive, in memory ---- */

static void *mem_open(void *book, const void *name, int mode)
{
	((struct book *)book)->at = 0;
	return book;
}

static uLong mem_read(void *book, void *stream, void *to, uLong n)
{
	struct book *b = book;
	size_t left = b->bytes.n - b->at;
	if (n > left) n = left;
	if (n) memcpy(to, b->bytes.p + b->at, n);
	b->at += n;
	return n;
}

static uLong mem_write(void *book, void *stream, const void *from, uLong n) { return 0; }
static ZPOS64_T mem_tell(void *book, void *stream) { return ((struct book *)book)->at; }

static long mem_seek(void *book, void *stream, ZPOS64_T offset, int origin)
{
	struct book *b = book;
	size_t base = origin == ZLIB_FILEFUNC_SEEK_CUR ? b->at : origin == ZLIB_FILEFUNC_SEEK_END ? b->bytes.n : 0;
	if (offset > b->bytes.n - base) return -1;
	b->at = base + (size_t)offset;
	return 0;
}

static int mem_close(void *book, void *stream) { return 0; }
static int mem_error(void *book, void *stream) { return 0; }

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c | 32) : c == '\\' ? '/' : c; }

static bool same_path(struct str a, struct str b)
{
	if (a.n != b.n) return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower(b.p[i])) return false;
	return true;
}

static enum rc open_archive(struct book *b)
{
	if (b->bytes.n >= 8 && memcmp(b->bytes.p, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8) == 0) {
		enum rc rc = fail(b->cx, RC_INVALID, "xlsx.old", ((struct where){ .file = str_c(b->name) }), "%s 是旧版 XLS 或加了密码",
			"%s is an old XLS file, or has a password", b->name);
		fail_hint(b->cx, "请另存为不带密码的 .xlsx", "save it as .xlsx without a password");
		return rc;
	}
	zlib_filefunc64_def memory = { mem_open, mem_read, mem_write, mem_tell, mem_seek, mem_close, mem_error, b };
	b->zip = unzOpen2_64("", &memory);
	unz_global_info64 info;
	if (!b->zip || unzGetGlobalInfo64(b->zip, &info) != UNZ_OK) return bad(b, "ZIP");
	if (info.number_entry > XLSX_ENTRIES_MAX) return limit(b, "内含的文件超过 1000 个", "it holds more than 1000 files");
	int more = unzGoToFirstFile(b->zip);
	for (; more == UNZ_OK; more = unzGoToNextFile(b->zip)) {
		unz_file_info64 f;
		char path[PATH_MAX_BYTES];
		struct entry e = { 0 };
		if (b->entry.n == XLSX_ENTRIES_MAX) return limit(b, "内含的文件超过 1000 个", "it holds more than 1000 files");
		if (unzGetCurrentFileInfo64(b->zip, &f, path, sizeof path, NULL, 0, NULL, 0) != UNZ_OK) return bad(b, "ZIP");
		if (unzGetFilePos64(b->zip, &e.at) != UNZ_OK) return bad(b, "ZIP");
		size_t n = f.size_filename < sizeof path ? (size_t)f.size_filename : sizeof path;
		e.name = str_dup(b->cx->arena, (struct str){ path, n });
		e.packed = f.compressed_size < b->bytes.n ? f.compressed_size : b->bytes.n;
		e.locked = f.flag & 1;
		VEC_PUSH(b->cx->arena, &b->entry, e);
	}
	return more == UNZ_END_OF_LIST_OF_FILE ? RC_OK : bad(b, "ZIP");
}

static const struct entry *find_entry(const struct book *b, struct str path)
{
	for (size_t i = 0; i < b->entry.n; i++) {
		struct str name = b->entry.v[i].name;
		if (name.n && name.p[0] == '/') name = str_sub(name, 1, name.n);
		if (same_path(name, path)) return &b->entry.v[i];
	}
	return NULL;
}

/* ---- XML ---- */

static const char *local(const char *tag)
{
	const char *colon = strrchr(tag, ':');
	return colon ? colon + 1 : tag;
}

static const char *attribute(const char **attr, const char *name)
{
	for (; attr[0]; attr += 2)
		if (strcmp(attr[0], name) == 0) return attr[1];
	return NULL;
}

/* r:id, whatever the prefix. */
static const char *attribute_local(const char **attr, const char *name)
{
	for (; attr[0]; attr += 2)
		if (strchr(attr[0], ':') && strcmp(local(attr[0]), name) == 0) return attr[1];
	return NULL;
}

static int64_t number(const char *s, int64_t otherwise)
{
	int64_t v;
	return s && str_int(str_c(s), &v) ? v : otherwise;
}

static void on_start(void *book, const char *tag, const char **attr)
{
	struct book *b = book;
	if (++b->depth > XLSX_DEPTH_MAX) {
		stop(b, bad(b, b->part));
		return;
	}
	tag = local(tag);
	if (strcmp(tag, "rPh") == 0) b->phonetic++;
	b->start(b, tag, attr);
}

static void on_end(void *book, const char *tag)
{
	struct book *b = book;
	b->depth--;
	tag = local(tag);
	if (strcmp(tag, "rPh") == 0) b->phonetic--;
	if (b->end) b->end(b, tag);
}

static void on_text(void *book, const char *s, int n)
{
	struct book *b = book;
	if (!b->collect || b->phonetic) return;
	buf_add(&b->text, (struct str){ s, (size_t)n });
	if (b->text.full) stop(b, limit(b, "单元格的文字过长", "a cell's text is too long"));
}

static void on_doctype(void *book, const char *name, const char *sysid, const char *pubid, int internal)
{
	struct book *b = book;
	stop(b, bad(b, "DTD"));
}

static void on_entity(void *book, const char *name, int parameter, const char *value, int n, const char *base, const char *sysid,
	const char *pubid, const char *notation)
{
	struct book *b = book;
	stop(b, bad(b, "DTD"));
}

/* Unpack what is open at the moment into the parser, counting. */
static enum rc feed(struct book *b, const struct entry *e)
{
	uint64_t total = 0;
	for (;;) {
		void *to = XML_GetBuffer(b->xml, CHUNK);
		if (!to) return limit(b, "占用内存过多", "it needs too much memory");
		int n = unzReadCurrentFile(b->zip, to, CHUNK);
		if (n < 0) return bad(b, b->part);
		total += (uint64_t)n;
		b->unpacked += (uint64_t)n;
		if (b->unpacked > XLSX_UNPACKED_MAX) return limit(b, "解开后超过 64 MiB", "it unpacks to more than 64 MiB");
		if (total > RATIO_FLOOR && total / XLSX_RATIO_MAX > e->packed)
			return limit(b, "压缩比异常（超过 100 倍）", "it expands more than 100 times, which no genuine file does");
		enum XML_Status status = XML_ParseBuffer(b->xml, n, n == 0);
		if (b->rc != RC_OK) return b->rc;
		if (status != XML_STATUS_OK) return bad(b, b->part);
		if (n == 0) return RC_OK;
	}
}

static enum rc read_part(struct book *b, struct str path, void (*start)(struct book *, const char *, const char **),
	void (*end)(struct book *, const char *))
{
	const struct entry *e = find_entry(b, path);
	b->part = str_z(b->cx->arena, path);
	if (!e || e->locked || unzGoToFilePos64(b->zip, &e->at) != UNZ_OK || unzOpenCurrentFile(b->zip) != UNZ_OK) return bad(b, b->part);
	b->xml = XML_ParserCreate(NULL);
	if (!b->xml) return limit(b, "占用内存过多", "it needs too much memory");
	b->start = start;
	b->end = end;
	b->depth = b->phonetic = 0;
	b->collect = false;
	b->rc = RC_OK;
	b->text.n = 0;
	/* Given, or expat would ask the system, which the sandbox does not let it. */
	XML_SetHashSalt(b->xml, b->salt);
	XML_SetUserData(b->xml, b);
	XML_SetElementHandler(b->xml, on_start, on_end);
	XML_SetCharacterDataHandler(b->xml, on_text);
	XML_SetStartDoctypeDeclHandler(b->xml, on_doctype);
	XML_SetEntityDeclHandler(b->xml, on_entity);
	enum rc rc = feed(b, e);
	XML_ParserFree(b->xml);
	b->xml = NULL;
	if (unzCloseCurrentFile(b->zip) != UNZ_OK && rc == RC_OK) rc = bad(b, "CRC");
	return rc;
}

/* ---- relations and paths ---- */

static void relation_start(struct book *b, const char *tag, const char **attr)
{
	if (strcmp(tag, "Relationship") != 0) return;
	const char *id = attribute(attr, "Id"), *type = attribute(attr, "Type"), *target = attribute(attr, "Target");
	const char *mode = attribute(attr, "TargetMode");
	if (!id || !type || !target || (mode && strcmp(mode, "External") == 0) || b->relation.n == XLSX_ENTRIES_MAX) return;
	const char *slash = strrchr(type, '/');
	struct arena *a = b->cx->arena;
	struct relation r = { str_dup(a, str_c(id)), str_dup(a, str_c(slash ? slash + 1 : type)), str_dup(a, str_c(target)) };
	VEC_PUSH(a, &b->relation, r);
}

/* "xl/" + "../docs/x.xml" = "docs/x.xml" */
static struct str resolve(struct arena *a, struct str from, struct str target)
{
	size_t dir = from.n;
	while (dir && from.p[dir - 1] != '/') dir--;
	if (target.n && target.p[0] == '/') dir = 0, target = str_sub(target, 1, target.n);
	while (str_starts(target, STR("../")) || str_starts(target, STR("./"))) {
		bool up = target.p[1] == '.';
		target = str_sub(target, up ? 3 : 2, target.n);
		if (up && dir) dir--;
		while (up && dir && from.p[dir - 1] != '/') dir--;
	}
	return str_fmt(a, "%.*s%.*s", (int)dir, from.p, STRF(target));
}

static enum rc read_relations(struct book *b, struct str part)
{
	size_t dir = part.n;
	while (dir && part.p[dir - 1] != '/') dir--;
	struct str path = str_fmt(b->cx->arena, "%.*s_rels/%.*s.rels", (int)dir, part.p, STRF(str_sub(part, dir, part.n)));
	b->relation.n = 0;
	return read_part(b, path, relation_start, NULL);
}

static struct str related(const struct book *b, const char *kind, struct str id, struct str from)
{
	for (size_t i = 0; i < b->relation.n; i++) {
		const struct relation *r = &b->relation.v[i];
		if (str_is(r->kind, kind) && (!id.n || str_eq(r->id, id))) return resolve(b->cx->arena, from, r->target);
	}
	return STR("");
}

static void workbook_start(struct book *b, const char *tag, const char **attr)
{
	if (strcmp(tag, "workbookPr") == 0) {
		const char *from_1904 = attribute(attr, "date1904");
		b->from_1904 = from_1904 && (strcmp(from_1904, "1") == 0 || strcmp(from_1904, "true") == 0);
	}
	if (strcmp(tag, "sheet") != 0 || b->tab.n == SHEETS_MAX) return;
	const char *id = attribute_local(attr, "id"), *state = attribute(attr, "state");
	if (!id) return;
	struct tab t = { str_dup(b->cx->arena, str_c(id)), state && strcmp(state, "visible") != 0 };
	VEC_PUSH(b->cx->arena, &b->tab, t);
}

static enum rc first_sheet(struct book *b, struct str workbook, struct str *path)
{
	for (int hidden = 0; hidden < 2; hidden++)
		for (size_t i = 0; i < b->tab.n; i++) {
			*path = related(b, "worksheet", b->tab.v[i].relation, workbook);
			if (path->n && b->tab.v[i].hidden == hidden) return RC_OK;
		}
	return bad(b, "workbook");
}

/* ---- styles ---- */

static void styles_start(struct book *b, const char *tag, const char **attr)
{
	struct arena *a = b->cx->arena;
	if (strcmp(tag, "cellXfs") == 0) b->in_cell_formats = true;
	if (strcmp(tag, "numFmt") == 0 && b->format.n < STYLES_MAX) {
		const char *code = attribute(attr, "formatCode");
		struct format f = { number(attribute(attr, "numFmtId"), -1), xlsx_look(str_c(code)) };
		VEC_PUSH(a, &b->format, f);
	}
	if (strcmp(tag, "xf") != 0 || !b->in_cell_formats || b->style.n == STYLES_MAX) return;
	int64_t id = number(attribute(attr, "numFmtId"), 0);
	unsigned look = xlsx_look_builtin(id);
	for (size_t i = 0; i < b->format.n; i++)
		if (b->format.v[i].id == id) {
			look = b->format.v[i].look;
			break;
		}
	VEC_PUSH(a, &b->style, look);
}

static void styles_end(struct book *b, const char *tag)
{
	if (strcmp(tag, "cellXfs") == 0) b->in_cell_formats = false;
}

/* ---- shared strings ---- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9') return c - '0';
	if (c >= 'A' && c <= 'F') return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "_x000D_" stands for a control character. Those that text may not hold become spaces; CR LF becomes LF. */
static struct str plain(struct buf *text)
{
	size_t n = 0;
	for (size_t i = 0; i < text->n; i++) {
		const char *p = text->p + i;
		int c = (unsigned char)*p, v = 0;
		bool escaped = text->n - i >= 7 && p[0] == '_' && p[1] == 'x' && p[6] == '_';
		for (int k = 2; escaped && k < 6; k++) {
			escaped = hex_digit(p[k]) >= 0;
			v = v * 16 + hex_digit(p[k]);
		}
		if (escaped && v < 0x80) c = v, i += 6;
		if (c == '\r') continue;
		text->p[n++] = (c < ' ' && c != '\n' && c != '\t') || c == 0x7F ? ' ' : (char)c;
	}
	text->n = n;
	return buf_str(text);
}

static void strings_start(struct book *b, const char *tag, const char **attr)
{
	if (strcmp(tag, "si") == 0) b->text.n = 0;
	if (strcmp(tag, "t") == 0) b->collect = true;
}

static void strings_end(struct book *b, const char *tag)
{
	if (strcmp(tag, "t") == 0) b->collect = false;
	if (strcmp(tag, "si") != 0) return;
	if (b->string.n == STRINGS_MAX) {
		stop(b, limit(b, "文字过多", "it holds too many texts"));
		return;
	}
	struct str s = plain(&b->text);
	VEC_PUSH(b->cx->arena, &b->string, s.n ? str_dup(b->cx->arena, s) : STR(""));
}

/* ---- the sheet ---- */

static void put_u32(struct buf *out, size_t n)
{
	for (int i = 0; i < 4; i++) buf_c(out, (char)(n >> (8 * i)));
}

static void row_start(struct book *b, const char **attr)
{
	int64_t row = number(attribute(attr, "r"), b->row + 1);
	if (b->in_row || row <= b->row || row > INT32_MAX) {
		stop(b, bad(b, b->part));
		return;
	}
	b->in_row = true;
	b->row = row;
	b->column = b->filled = 0;
	b->row_at = b->out->n;
	put_u32(b->out, (size_t)row);
	put_u32(b->out, 0);
}

static void row_end(struct book *b)
{
	b->in_row = false;
	if (b->out->full) {
		stop(b, limit(b, "内容过多", "it holds too much"));
		return;
	}
	if (!b->filled) {
		b->out->n = b->row_at;
		return;
	}
	for (int i = 0; i < 4; i++) b->out->p[b->row_at + 4 + (size_t)i] = (char)(b->filled >> (8 * i));
	if (++b->rows > SHEET_ROWS_MAX) stop(b, limit(b, "超过 100000 行", "more than 100000 rows"));
}

/* "AB12" → 28; 0 when it is no such thing. */
static int64_t column_of(const char *ref)
{
	int64_t c = 0;
	for (; *ref >= 'A' && *ref <= 'Z' && c < 100000; ref++) c = c * 26 + (*ref - 'A' + 1);
	return *ref >= '0' && *ref <= '9' ? c : 0;
}

static void cell_start(struct book *b, const char **attr)
{
	const char *ref = attribute(attr, "r"), *type = attribute(attr, "t");
	int64_t column = ref ? column_of(ref) : b->column + 1;
	if (!b->in_row || b->in_cell || column <= b->column) {
		stop(b, bad(b, b->part));
		return;
	}
	b->in_cell = true;
	b->column = column;
	b->look_index = number(attribute(attr, "s"), 0);
	b->kind = !type || strcmp(type, "n") == 0 ? 'n' : strcmp(type, "inlineStr") == 0 || strcmp(type, "str") == 0 ? 't' : type[0];
	b->text.n = 0;
}

static void put_cell(struct book *b, struct str s)
{
	if (!s.n) return;
	if (b->column > SHEET_COLUMNS_MAX) {
		stop(b, limit(b, "超过 512 列", "more than 512 columns"));
		return;
	}
	b->cells += (size_t)(b->column - b->filled);
	if (b->cells > SHEET_CELLS_MAX) {
		stop(b, limit(b, "单元格过多", "it holds too many cells"));
		return;
	}
	while (++b->filled < b->column) put_u32(b->out, 0);
	put_u32(b->out, s.n);
	buf_add(b->out, s);
}

/* ISO 8601 in a cell of type "d": the day, and the time when it is not midnight. */
static struct str iso_text(struct str s)
{
	if (s.n < 16 || s.p[10] != 'T') return s;
	((char *)(uintptr_t)s.p)[10] = ' ';
	size_t n = s.n >= 19 && memcmp(s.p + 16, ":00", 3) != 0 ? 19 : 16;
	return str_sub(s, 0, memcmp(s.p + 11, "00:00", 5) == 0 && n == 16 ? 10 : n);
}

static void cell_end(struct book *b)
{
	char text[XLSX_NUMBER];
	struct str s = plain(&b->text);
	int64_t index;
	b->in_cell = false;
	switch (b->kind) {
	case 's':
		s = str_trim(s);
		if (!s.n) return;
		if (!str_int(s, &index) || index < 0 || (uint64_t)index >= b->string.n) stop(b, bad(b, "sharedStrings"));
		else put_cell(b, b->string.v[index]);
		return;
	case 'b': put_cell(b, str_is(s, "1") ? STR("true") : STR("false")); return;
	case 'd': put_cell(b, iso_text(s)); return;
	case 'n': {
		unsigned look = b->look_index >= 0 && (uint64_t)b->look_index < b->style.n ? b->style.v[b->look_index] : 0;
		s = str_trim(s);
		if (s.n) put_cell(b, (struct str){ text, xlsx_number(text, s, look, b->from_1904) });
		return;
	}
	default: put_cell(b, s);
	}
}

static void sheet_tag(struct book *b, const char *tag, const char **attr)
{
	if (strcmp(tag, "row") == 0) row_start(b, attr);
	else if (strcmp(tag, "c") == 0) cell_start(b, attr);
	else if (b->in_cell && (strcmp(tag, "v") == 0 || strcmp(tag, "t") == 0)) b->collect = true;
}

static void sheet_end_tag(struct book *b, const char *tag)
{
	if (strcmp(tag, "v") == 0 || strcmp(tag, "t") == 0) b->collect = false;
	else if (strcmp(tag, "c") == 0 && b->in_cell) cell_end(b);
	else if (strcmp(tag, "row") == 0 && b->in_row) row_end(b);
}

static enum rc read_book(struct book *b)
{
	struct str path;
	TRY(open_archive(b));
	TRY(read_relations(b, STR("")));
	struct str workbook = related(b, "officeDocument", STR(""), STR(""));
	if (!workbook.n) return bad(b, "_rels");
	TRY(read_part(b, workbook, workbook_start, NULL));
	TRY(read_relations(b, workbook));
	struct str styles = related(b, "styles", STR(""), workbook), strings = related(b, "sharedStrings", STR(""), workbook);
	TRY(first_sheet(b, workbook, &path));
	if (styles.n && find_entry(b, styles)) TRY(read_part(b, styles, styles_start, styles_end));
	if (strings.n && find_entry(b, strings)) TRY(read_part(b, strings, strings_start, strings_end));
	TRY(read_part(b, path, sheet_tag, sheet_end_tag));
	return b->out->full ? limit(b, "内容过多", "it holds too much") : RC_OK;
}

enum rc xlsx_read(struct cx *cx, const char *name, uint64_t salt, struct str bytes, struct buf *out)
{
	struct book *b = ARENA_NEW(cx->arena, struct book);
	*b = (struct book){ .cx = cx, .name = name, .salt = salt | 1, .bytes = bytes, .out = out, .text = BUF(cx->arena, XLSX_CELL_MAX) };
	enum rc rc = read_book(b);
	/* The fuzzers run this in one process: nothing may stay behind. */
	if (b->zip) {
		(void)unzCloseCurrentFile(b->zip);
		unzClose(b->zip);
	}
	return rc;
}

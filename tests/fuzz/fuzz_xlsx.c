/* Any bytes as a workbook. The first byte chooses: "P", a ZIP archive as it stands (deflate and checksums keep most mutations near its
   door); a digit, the XML of one part of an otherwise good workbook; "r", the bytes a child that was taken over sends back;
   "n", a number and a number format. Reading ends within its limits, with rows that check or with a failure. */
#include <assert.h>
#include <stdint.h>
#include <string.h>
#include <zlib.h>

#include "base/utf8.h"
#include "rec/sheet.h"
#include "rec/xlsx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REL "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
static const struct { const char *name, *xml; } parts[] = {
	{ "_rels/.rels", "<R><Relationship Id=\"a\" Type=\"" REL "officeDocument\" Target=\"xl/workbook.xml\"/></R>" },
	{ "xl/workbook.xml", "<workbook><workbookPr date1904=\"0\"/><sheets><sheet name=\"x\" sheetId=\"7\" r:id=\"s1\"/></sheets></workbook>" },
	{ "xl/_rels/workbook.xml.rels", "<R><Relationship Id=\"s1\" Type=\"" REL "worksheet\" Target=\"worksheets/sheet1.xml\"/>"
		"<Relationship Id=\"s2\" Type=\"" REL "sharedStrings\" Target=\"sharedStrings.xml\"/><Relationship Id=\"s3\" Type=\"" REL "styles\" Target=\"styles.xml\"/></R>" },
	{ "xl/styles.xml", "<styleSheet><numFmts><numFmt numFmtId=\"170\" formatCode=\"yyyy-mm-dd hh:mm\"/></numFmts><cellXfs><xf/><xf numFmtId=\"14\"/><xf numFmtId=\"170\"/></cellXfs></styleSheet>" },
	{ "xl/sharedStrings.xml", "<sst><si><t>a</t></si><si><r><t>b_x0041_</t></r></si></sst>" },
	{ "xl/worksheets/sheet1.xml", "<worksheet><sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>1</v></c><c r=\"B1\" s=\"2\"><v>46112.5</v></c></row></sheetData></worksheet>" },
};
enum { PARTS = sizeof parts / sizeof *parts };

static void put(struct buf *b, uint64_t v, int bytes)
{
	for (int i = 0; i < bytes; i++) buf_c(b, (char)(v >> (8 * i)));
}

static void put_entry(struct buf *b, bool central, const char *name, struct str body, uint32_t at)
{
	buf_add(b, central ? STR("PK\1\2\24\0\24\0") : STR("PK\3\4\24\0"));
	put(b, 0, 2 + 2 + 4);
	put(b, (uint32_t)crc32(0, (const unsigned char *)body.p, (uInt)body.n), 4);
	put(b, (uint32_t)body.n, 4);
	put(b, (uint32_t)body.n, 4);
	put(b, (uint32_t)strlen(name), 2);
	put(b, 0, 2);
	if (central) {
		put(b, 0, 2);
		put(b, 0, 4);
		put(b, 0, 4);
		put(b, at, 4);
	}
	buf_add(b, str_c(name));
	if (!central) buf_add(b, body);
}

/* A stored archive: the part chosen, with these bytes, among good ones. */
static struct str book_with(struct arena *a, int chosen, struct str xml)
{
	struct buf b = BUF(a, 1 << 20);
	uint32_t at[PARTS];
	for (int i = 0; i < PARTS; i++) {
		at[i] = (uint32_t)b.n;
		put_entry(&b, false, parts[i].name, i == chosen ? xml : str_c(parts[i].xml), 0);
	}
	uint32_t start = (uint32_t)b.n;
	for (int i = 0; i < PARTS; i++) put_entry(&b, true, parts[i].name, i == chosen ? xml : str_c(parts[i].xml), at[i]);
	uint32_t bytes = (uint32_t)b.n - start;
	buf_add(&b, STR("PK\5\6\0\0\0\0"));
	put(&b, PARTS, 2);
	put(&b, PARTS, 2);
	put(&b, bytes, 4);
	put(&b, start, 4);
	put(&b, 0, 2);
	assert(!b.full);
	return buf_str(&b);
}

static void check(struct cx *cx, enum rc rc, const struct sheet *s)
{
	assert((rc == RC_OK) == (cx->fails.errors == 0));
	for (size_t i = 0; rc == RC_OK && i < s->n; i++) {
		assert(s->v[i].n > 0 && s->v[i].n <= s->columns && s->columns <= SHEET_COLUMNS_MAX && (i == 0 || s->v[i].line > s->v[i - 1].line));
		for (int k = 0; k < s->v[i].n; k++) assert(utf8_valid(s->v[i].cell[k]));
	}
}

static void read_book(struct cx *cx, struct str bytes)
{
	struct buf rows = BUF(cx->arena, SHEET_OUT_MAX);
	struct sheet s;
	enum rc rc = xlsx_read(cx, "fuzz.xlsx", 1, bytes, &rows);
	if (rc == RC_OK) {
		rc = sheet_take(cx, buf_str(&rows), "fuzz.xlsx", &s);
		assert(rc == RC_OK || rc == RC_LIMIT);
	}
	check(cx, rc, &s);
}

static void show_number(struct str s)
{
	char out[XLSX_NUMBER];
	struct str format = s, raw = s;
	size_t bar = str_find(s, STR("|"), 0);
	if (bar != SIZE_MAX) raw = str_sub(s, 0, bar), format = str_sub(s, bar + 1, s.n);
	unsigned look = xlsx_look(format);
	assert(look <= (LOOK_DATE | LOOK_TIME));
	for (unsigned l = 0; l < 4; l++) assert(xlsx_number(out, raw, l, l % 2) <= XLSX_NUMBER);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { INPUT_MAX = 1 << 17 };
	if (!size || size > INPUT_MAX) return 0;
	struct str rest = { (const char *)data + 1, size - 1 };
	struct cx cx = { .arena = arena_new((size_t)224 << 20) };
	if (data[0] == 'P') read_book(&cx, (struct str){ (const char *)data, size });
	else if (data[0] >= '0' && data[0] < '0' + PARTS) read_book(&cx, book_with(cx.arena, data[0] - '0', rest));
	else if (data[0] == 'n') show_number(rest);
	else if (data[0] == 'r') {
		struct sheet s;
		enum rc rc = sheet_take(&cx, rest, "fuzz.xlsx", &s);
		check(&cx, rc, &s);
	}
	arena_free(cx.arena);
	return 0;
}

/* Tables in and out: genuine workbooks, encodings, and files made to hurt. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xlsxwriter.h>
#include <zip.h>
#include <zlib.h>

#include <cmocka.h>
#undef fail     /* ours has arguments */

#include "base/csv.h"
#include "base/rng.h"
#include "base/time.h"
#include "base/utf8.h"
#include "rec/sheet.h"
#include "rec/xlsx.h"

static struct cx cx;

static int setup(void **state)
{
	cx = (struct cx){ .arena = arena_new((size_t)2 << 30), .lang = LANG_EN, .now_ms = time_now_ms() };
	return 0;
}

static int teardown(void **state)
{
	arena_free(cx.arena);
	return 0;
}

static enum rc read_it(struct str bytes, const char *name, struct sheet *out)
{
	fail_clear(&cx);
	return sheet_read(&cx, bytes, name, out);
}

static void assert_cell(const struct sheet *s, size_t row, int column, const char *want)
{
	assert_true(row < s->n);
	struct str got = sheet_cell(&s->v[row], column);
	if (!str_is(got, want)) print_message("row %zu column %d: “%.*s”, not “%s”\n", row, column, STRF(got), want);
	assert_true(str_is(got, want));
}

static struct str file_bytes(int fd)
{
	off_t n = lseek(fd, 0, SEEK_END);
	char *p = arena_alloc(cx.arena, (size_t)n + 1);
	assert_int_equal(pread(fd, p, (size_t)n, 0), n);
	return (struct str){ p, (size_t)n };
}

static int nameless(void)
{
	char name[] = "/tmp/lc-sheet-XXXXXX";
	int fd = mkstemp(name);
	assert_true(fd > 0);
	unlink(name);
	return fd;
}

/* ---- a ZIP of parts ---- */

struct part { const char *name; struct str bytes; };

static struct str zip_of(const struct part *part, int n)
{
	char name[] = "/tmp/lc-zip-XXXXXX";
	int fd = mkstemp(name);
	zipFile z = zipOpen(name, APPEND_STATUS_CREATE);
	assert_non_null(z);
	for (int i = 0; i < n; i++) {
		assert_int_equal(zipOpenNewFileInZip(z, part[i].name, NULL, NULL, 0, NULL, 0, NULL, Z_DEFLATED, 9), ZIP_OK);
		assert_int_equal(zipWriteInFileInZip(z, part[i].bytes.p, (unsigned)part[i].bytes.n), ZIP_OK);
		zipCloseFileInZip(z);
	}
	zipClose(z, NULL);
	int again = open(name, O_RDONLY | O_CLOEXEC);
	struct str bytes = file_bytes(again);
	close(again);
	close(fd);
	unlink(name);
	return bytes;
}

#define NS "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\""
#define REL "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
static const char rels[] = "<Relationships><Relationship Id=\"a\" Type=\"" REL "officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>";
static const char workbook[] = "<workbook " NS "><sheets><sheet name=\"x\" sheetId=\"7\" r:id=\"s1\"/></sheets></workbook>";
static const char book_rels[] = "<Relationships><Relationship Id=\"s1\" Type=\"" REL "worksheet\" Target=\"worksheets/sheet1.xml\"/>"
				"<Relationship Id=\"s2\" Type=\"" REL "sharedStrings\" Target=\"/xl/sharedStrings.xml\"/>"
				"<Relationship Id=\"s3\" Type=\"" REL "styles\" Target=\"styles.xml\"/></Relationships>";

/* A workbook with this sheet, and strings and styles when given. */
static struct str book_of(struct str sheet, struct str strings, struct str styles)
{
	struct part part[6] = { { "_rels/.rels", str_c(rels) }, { "xl/workbook.xml", str_c(workbook) }, { "xl/_rels/workbook.xml.rels", str_c(book_rels) },
		{ "xl/worksheets/sheet1.xml", sheet } };
	int n = 4;
	if (strings.n) part[n++] = (struct part){ "xl/sharedStrings.xml", strings };
	if (styles.n) part[n++] = (struct part){ "xl/styles.xml", styles };
	return zip_of(part, n);
}

static struct str rows_of(const char *rows) { return str_fmt(cx.arena, "<worksheet " NS "><sheetData>%s</sheetData></worksheet>", rows); }

static enum rc read_rows(const char *rows, struct sheet *s) { return read_it(book_of(rows_of(rows), STR(""), STR("")), "b.xlsx", s); }

/* ---- genuine workbooks ---- */

static struct str genuine(bool constant)
{
	char name[] = "/tmp/lc-xlsx-XXXXXX";
	int fd = mkstemp(name);
	lxw_workbook_options options = { .constant_memory = constant };
	lxw_workbook *b = workbook_new_opt(name, &options);
	lxw_worksheet *hidden = workbook_add_worksheet(b, "隐藏"), *w = workbook_add_worksheet(b, "数据");
	worksheet_hide(hidden);
	worksheet_set_first_sheet(w);
	worksheet_activate(w);
	worksheet_write_string(hidden, 0, 0, "not this", NULL);
	lxw_format *date = workbook_add_format(b), *moment = workbook_add_format(b), *chinese = workbook_add_format(b), *money = workbook_add_format(b);
	format_set_num_format(date, "yyyy-mm-dd");
	format_set_num_format(moment, "yyyy/m/d h:mm");
	format_set_num_format(chinese, "yyyy\"年\"m\"月\"d\"日\"");
	format_set_num_format(money, "[Red]#,##0.00\"d\"");
	lxw_datetime day = { 2026, 3, 31, 0, 0, 0 }, at = { 2026, 3, 31, 17, 5, 0 }, late = { 2026, 3, 31, 23, 59, 59 };
	worksheet_write_string(w, 0, 0, "名称", NULL);
	worksheet_write_string(w, 0, 1, "a,b \"c\"\nd", NULL);
	worksheet_write_number(w, 1, 0, 1234.56, money);
	worksheet_write_number(w, 1, 1, 0.1 + 0.2, NULL);
	worksheet_write_number(w, 1, 2, 123456789012345, NULL);
	worksheet_write_datetime(w, 2, 0, &day, date);
	worksheet_write_datetime(w, 2, 1, &at, moment);
	worksheet_write_datetime(w, 2, 2, &day, chinese);
	worksheet_write_datetime(w, 2, 3, &late, moment);
	worksheet_write_boolean(w, 3, 0, 1, NULL);
	worksheet_write_formula_num(w, 3, 1, "=1+1", NULL, 2);
	worksheet_write_formula_str(w, 3, 2, "=\"x\"", NULL, "算得");
	worksheet_write_blank(w, 3, 3, date);
	worksheet_write_blank(w, 4, 3, date);
	worksheet_write_string(w, 6, 600 % 16, "远", NULL);
	assert_int_equal(workbook_close(b), LXW_NO_ERROR);
	struct str bytes = file_bytes(fd);
	close(fd);
	unlink(name);
	return bytes;
}

static void reads_genuine_workbooks(void **state)
{
	for (int constant = 0; constant < 2; constant++) {
		struct sheet s;
		assert_int_equal(read_it(genuine(constant), "g.xlsx", &s), RC_OK);
		assert_string_equal(s.encoding, "XLSX");
		assert_int_equal(s.n, 5);
		assert_int_equal(s.columns, 9);
		assert_cell(&s, 0, 0, "名称");
		assert_cell(&s, 0, 1, "a,b \"c\"\nd");
		assert_cell(&s, 1, 0, "1234.56");
		assert_cell(&s, 1, 1, "0.3");
		assert_cell(&s, 1, 2, "123456789012345");
		assert_cell(&s, 2, 0, "2026-03-31");
		assert_cell(&s, 2, 1, "2026-03-31 17:05");
		assert_cell(&s, 2, 2, "2026-03-31");
		assert_cell(&s, 2, 3, "2026-03-31 23:59:59");
		assert_cell(&s, 3, 0, "true");
		assert_cell(&s, 3, 1, "2");
		assert_cell(&s, 3, 2, "算得");
		assert_int_equal(s.v[3].n, 3);
		assert_cell(&s, 4, 8, "远");
		assert_cell(&s, 4, 0, "");
		assert_cell(&s, 4, 99, "");
		assert_int_equal(s.v[4].line, 7);
		assert_int_equal(s.v[3].line, 4);
	}
}

static void reads_other_writers_ways(void **state)
{
	struct sheet s;
	/* No references, shared strings with runs and phonetics, text in place, ISO dates, errors, prefixes, missing styles. */
	struct str strings = STR("<sst><si><t>一</t></si><si><r><t>富</t></r><r><rPr/><t xml:space=\"preserve\"> 文本</t></r><rPh><t>fu</t></rPh></si>"
				 "<si/><si><t>a_x000D_\nb_x0041_</t></si></sst>");
	struct str styles = STR("<styleSheet><numFmts><numFmt numFmtId=\"170\" formatCode=\"[$-804]yyyy&quot;年&quot;m&quot;月&quot;\"/></numFmts>"
				"<cellStyleXfs><xf numFmtId=\"14\"/></cellStyleXfs><cellXfs><xf/><xf numFmtId=\"22\"/><xf numFmtId=\"170\"/><xf numFmtId=\"20\"/></cellXfs></styleSheet>");
	struct str sheet = STR("<x:worksheet xmlns:x=\"u\"><x:dimension ref=\"A1:XFD1048576\"/><x:sheetData><x:row><x:c t=\"s\"><x:v>0</x:v></x:c><x:c t=\"s\"><x:v> 1 </x:v></x:c>"
			       "<x:c t=\"s\"><x:v>2</x:v></x:c><x:c t=\"s\"><x:v>3</x:v></x:c><x:c t=\"inlineStr\"><x:is><x:t>内</x:t></x:is></x:c></x:row>"
			       "<x:row r=\"9\"><x:c s=\"1\"><x:v>46112.5</x:v></x:c><x:c s=\"2\"><x:v>46112</x:v></x:c><x:c s=\"3\"><x:v>0.75</x:v></x:c>"
			       "<x:c t=\"d\"><x:v>2026-03-31T00:00:00Z</x:v></x:c><x:c t=\"d\"><x:v>2026-03-31T08:30:00</x:v></x:c><x:c t=\"e\"><x:v>#N/A</x:v></x:c>"
			       "<x:c s=\"99\"><x:v>5</x:v></x:c><x:c><x:f>1+1</x:f><x:v>2</x:v></x:c></x:row></x:sheetData></x:worksheet>");
	assert_int_equal(read_it(book_of(sheet, strings, styles), "o.xlsx", &s), RC_OK);
	assert_int_equal(s.n, 2);
	assert_cell(&s, 0, 0, "一");
	assert_cell(&s, 0, 1, "富 文本");
	assert_cell(&s, 0, 2, "");
	assert_cell(&s, 0, 3, "a\nbA");
	assert_cell(&s, 0, 4, "内");
	assert_int_equal(s.v[1].line, 9);
	assert_cell(&s, 1, 0, "2026-03-31 12:00");
	assert_cell(&s, 1, 1, "2026-03-31");
	assert_cell(&s, 1, 2, "18:00");
	assert_cell(&s, 1, 3, "2026-03-31");
	assert_cell(&s, 1, 4, "2026-03-31 08:30");
	assert_cell(&s, 1, 5, "#N/A");
	assert_cell(&s, 1, 6, "5");
	assert_cell(&s, 1, 7, "2");
}

static void numbers_and_dates(void **state)
{
	static const struct { const char *raw; unsigned look; bool from_1904; const char *want; } cases[] = {
		{ "530111199001011234", 0, false, "530111199001011234" }, { "5.3011119900101101E17", 0, false, "530111199001011010" },
		{ "0.10000000000000001", 0, false, "0.1" }, { "1234.5600000000001", 0, false, "1234.56" }, { "0.30000000000000004", 0, false, "0.3" },
		{ "9.9999999999999999", 0, false, "10" }, { "1E-3", 0, false, "0.001" }, { "-1.50", 0, false, "-1.5" }, { "-0", 0, false, "0" },
		{ "1.0", 0, false, "1" }, { "12e2", 0, false, "1200" }, { "1E+300", 0, false, "1E+300" }, { "abc", 0, false, "abc" }, { "1.2.3", 0, false, "1.2.3" },
		{ "", 0, false, "" }, { "1e", 0, false, "1e" }, { "2958465", LOOK_DATE, false, "9999-12-31" }, { "2958466", LOOK_DATE, false, "2958466" },
		{ "61", LOOK_DATE, false, "1900-03-01" }, { "60", LOOK_DATE, false, "60" }, { "59", LOOK_DATE, false, "1900-02-28" }, { "1", LOOK_DATE, false, "1900-01-01" },
		{ "0", LOOK_DATE, false, "0" }, { "-1", LOOK_DATE, false, "-1" }, { "0", LOOK_DATE, true, "1904-01-01" }, { "44650", LOOK_DATE, true, "2026-03-31" },
		{ "46112.999999999", LOOK_DATE | LOOK_TIME, false, "2026-04-01 00:00" }, { "46112.00001157407", LOOK_DATE | LOOK_TIME, false, "2026-03-31 00:00:01" },
		{ "1.5", LOOK_TIME, false, "36:00" }, { "0.70833333333333337", LOOK_TIME, false, "17:00" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char out[XLSX_NUMBER];
		struct str got = { out, xlsx_number(out, str_c(cases[i].raw), cases[i].look, cases[i].from_1904) };
		if (!str_is(got, cases[i].want)) print_message("%s: %.*s, not %s\n", cases[i].raw, STRF(got), cases[i].want);
		assert_true(str_is(got, cases[i].want));
	}
	assert_int_equal(xlsx_look(STR("General")), 0);
	assert_int_equal(xlsx_look(STR("#,##0.00_);[Red](#,##0.00)")), 0);
	assert_int_equal(xlsx_look(STR("\"days\"0")), 0);
	assert_int_equal(xlsx_look(STR("0.00\\d")), 0);
	assert_int_equal(xlsx_look(STR("[$-409]d-mmm-yy;@")), LOOK_DATE);
	assert_int_equal(xlsx_look(STR("mmmm")), LOOK_DATE);
	assert_int_equal(xlsx_look(STR("[h]:mm:ss")), LOOK_TIME);
	assert_int_equal(xlsx_look(STR("[mm]")), LOOK_TIME);
	assert_int_equal(xlsx_look(STR("yyyy-mm-dd hh:mm")), LOOK_DATE | LOOK_TIME);
	assert_int_equal(xlsx_look(STR("\"open")), 0);
	assert_int_equal(xlsx_look(STR("[open")), 0);
	assert_int_equal(xlsx_look(STR("\\")), 0);
}

/* ---- CSV ---- */

static void reads_csv(void **state)
{
	struct sheet s;
	assert_int_equal(read_it(STR("\xEF\xBB\xBF名称,数\r\n\"甲,\"\"乙\"\"\n丙\",1,,\r\n\r\n,,\r\n丁\n"), "a.csv", &s), RC_OK);
	assert_string_equal(s.encoding, "UTF-8");
	assert_int_equal(s.n, 3);
	assert_cell(&s, 0, 0, "名称");
	assert_cell(&s, 1, 0, "甲,\"乙\"\n丙");
	assert_int_equal(s.v[1].n, 2);
	assert_int_equal(s.v[1].line, 2);
	assert_int_equal(s.v[2].line, 6);

	struct str gb;
	assert_int_equal(text_to_gb18030(&cx, STR("名称,省份\n云南锗业,云南\n𠮷,㐂\n"), &gb), RC_OK);
	assert_false(utf8_valid(gb));
	assert_int_equal(read_it(gb, "g.csv", &s), RC_OK);
	assert_string_equal(s.encoding, "GB18030");
	assert_cell(&s, 1, 0, "云南锗业");
	assert_cell(&s, 2, 0, "𠮷");

	assert_int_equal(read_it(STR("a,\"b"), "a.csv", &s), RC_INVALID);
	assert_string_equal(cx.fails.v[0].code, "csv.quote");
	assert_int_equal(read_it(STR("a\n\xFF\xFE\xFF"), "a.csv", &s), RC_INVALID);
	assert_string_equal(cx.fails.v[0].code, "text.encoding");
	assert_int_equal(read_it(STR("a,b\rc,\"d\re\"\rf\r"), "m.csv", &s), RC_OK);
	assert_int_equal(s.v[2].line, 4);
	assert_int_equal(read_it(STR(""), "a.csv", &s), RC_OK);
	assert_int_equal(s.n, 0);
}

static struct str repeated(const char *what, size_t times, const char *end)
{
	size_t n = strlen(what);
	struct buf b = BUF(cx.arena, n * times + 100);
	for (size_t i = 0; i < times; i++) buf_add(&b, (struct str){ what, n });
	buf_add(&b, str_c(end));
	return buf_str(&b);
}

static void csv_has_limits(void **state)
{
	struct sheet s;
	assert_int_equal(read_it(repeated("x\n", SHEET_ROWS_MAX, ""), "a.csv", &s), RC_OK);
	assert_int_equal(read_it(repeated("x\n", SHEET_ROWS_MAX + 1, ""), "a.csv", &s), RC_LIMIT);
	assert_int_equal(read_it(repeated(",", 511, "x"), "a.csv", &s), RC_OK);
	assert_int_equal(s.columns, 512);
	assert_int_equal(read_it(repeated(",", 512, "x"), "a.csv", &s), RC_LIMIT);
	assert_int_equal(read_it(repeated("x", SHEET_FILE_MAX + 1, ""), "a.csv", &s), RC_LIMIT);
	/* The worst that fits in the file: the declared arena must do, or the process would stop here. */
	static const char *const worst[] = { ",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,\n", ",\n", " \n", "\"\"\"\",\"\"\"\",\"\"\"\"\n", "\"a\",b\n",
		"\xA1\xA1,\x81\x30\x81\x30,,,,,,,\n" };
	struct arena *whole = cx.arena;
	for (size_t i = 0; i < sizeof worst / sizeof *worst; i++) {
		size_t n = strlen(worst[i]);
		struct str bytes = repeated(worst[i], SHEET_FILE_MAX / n, "");
		cx = (struct cx){ .arena = arena_new(SHEET_ARENA) };
		assert_int_equal(sheet_read(&cx, str_dup(cx.arena, bytes), "a.csv", &s), RC_LIMIT);
		arena_free(cx.arena);
		cx = (struct cx){ .arena = whole };
	}
}

/* ---- files made to hurt ---- */

static void assert_refused(struct str bytes, enum rc want, const char *code)
{
	struct sheet s = { .columns = -7 };
	int64_t start = time_mono_ms();
	enum rc rc = read_it(bytes, "bad.xlsx", &s);
	if (rc != want) print_message("rc %d, not %d; %s\n", (int)rc, (int)want, cx.fails.n ? cx.fails.v[0].code : "-");
	assert_int_equal(rc, want);
	assert_true(cx.fails.n > 0 && cx.fails.v[0].zh.n && cx.fails.v[0].en.n);
	/* On a busy machine, or under the sanitizers, the child may run out of time first. */
	if (code && want == RC_LIMIT && strcmp(cx.fails.v[0].code, "sandbox.limit") == 0) code = NULL;
	if (code) assert_string_equal(cx.fails.v[0].code, code);
	assert_int_equal(s.columns, -7);
	assert_true(time_mono_ms() - start < 15000);
}

static void bombs(void **state)
{
	struct str none = STR("");
	/* 20 MB of spaces in a sheet: 1000 times its packed size. */
	struct str blank = repeated("          ", 2000000, "");
	assert_refused(book_of(str_fmt(cx.arena, "<worksheet>%.*s</worksheet>", STRF(blank)), none, none), RC_LIMIT, "xlsx.limit");
	/* Under the ratio, over the size. */
	struct rng r = rng_seed(1);
	struct buf big = BUF(cx.arena, (size_t)80 << 20);
	buf_add(&big, STR("<worksheet><sheetData><row r=\"1\"><c><v>1</v></c></row></sheetData>"));
	while (big.n < (size_t)70 << 20) buf_fmt(&big, "<x y=\"%llx\"/>%s", (unsigned long long)rng_next(&r), "<a/><a/><a/><a/><a/><a/><a/><a/><a/><a/><a/><a/><a/><a/><a/><a/>");
	buf_add(&big, STR("</worksheet>"));
	assert_refused(book_of(buf_str(&big), none, none), RC_LIMIT, "xlsx.limit");
	/* Too many entries. */
	struct part *many = ARENA_ARRAY(cx.arena, struct part, XLSX_ENTRIES_MAX + 1);
	for (int i = 0; i <= XLSX_ENTRIES_MAX; i++) many[i] = (struct part){ str_fmt(cx.arena, "a%d", i).p, STR("x") };
	assert_refused(zip_of(many, XLSX_ENTRIES_MAX + 1), RC_LIMIT, "xlsx.limit");
	/* One shared string used so often that the rows outgrow every limit. */
	struct str strings = str_fmt(cx.arena, "<sst><si><t>%.*s</t></si></sst>", STRF(repeated("云锗", 4000, "")));
	struct buf rows = BUF(cx.arena, (size_t)8 << 20);
	for (int i = 0; i < 5000; i++) buf_fmt(&rows, "<row r=\"%d\"><c t=\"s\"><v>0</v></c><!--%llx--></row>", i + 1, (unsigned long long)rng_next(&r));
	assert_refused(book_of(rows_of(str_z(cx.arena, buf_str(&rows))), strings, none), RC_LIMIT, "xlsx.limit");
}

static void huge_dimensions(void **state)
{
	struct sheet s;
	assert_int_equal(read_rows("<row r=\"1\"><c r=\"A1\"><v>1</v></c></row><row r=\"1048576\"><c r=\"SR1048576\"><v>2</v></c></row>", &s), RC_OK);
	assert_int_equal(s.n, 2);
	assert_int_equal(s.v[1].line, 1048576);
	assert_int_equal(s.columns, 512);
	assert_int_equal(read_rows("<row r=\"1\"><c r=\"SS1\"/><c r=\"XFD1\" s=\"3\"/></row>", &s), RC_OK);
	assert_int_equal(s.n, 0);
	assert_refused(book_of(rows_of("<row r=\"1\"><c r=\"SS1\"><v>1</v></c></row>"), STR(""), STR("")), RC_LIMIT, "xlsx.limit");
	assert_refused(book_of(rows_of("<row r=\"99999999999\"/>"), STR(""), STR("")), RC_INVALID, "xlsx.malformed");
	assert_refused(book_of(rows_of("<row r=\"2\"/><row r=\"1\"/>"), STR(""), STR("")), RC_INVALID, "xlsx.malformed");
	assert_refused(book_of(rows_of("<row r=\"1\"><c r=\"B1\"/><c r=\"A1\"/></row>"), STR(""), STR("")), RC_INVALID, "xlsx.malformed");
	assert_refused(book_of(rows_of("<row r=\"1\"><c r=\"ZZZZZZZZZZZZZZZZ1\"><v>1</v></c></row>"), STR(""), STR("")), RC_INVALID, "xlsx.malformed");
	struct buf b = BUF(cx.arena, (size_t)32 << 20);
	struct rng r = rng_seed(2);
	for (int i = 0; i <= SHEET_ROWS_MAX; i++) buf_fmt(&b, "<row><c><v>%llu</v></c></row>", (unsigned long long)rng_next(&r));
	assert_refused(book_of(rows_of(str_z(cx.arena, buf_str(&b))), STR(""), STR("")), RC_LIMIT, "xlsx.limit");
}

static void hostile_xml(void **state)
{
	struct str none = STR("");
	struct buf laugh = BUF(cx.arena, 10000);
	buf_add(&laugh, STR("<?xml version=\"1.0\"?><!DOCTYPE l [<!ENTITY a \"lol\">"));
	for (char c = 'b'; c < 'l'; c++) {
		buf_fmt(&laugh, "<!ENTITY %c \"", c);
		for (int i = 0; i < 10; i++) buf_fmt(&laugh, "&%c;", c - 1);
		buf_add(&laugh, STR("\">"));
	}
	buf_add(&laugh, STR("]><worksheet><sheetData><row><c t=\"str\"><v>&k;</v></c></row></sheetData></worksheet>"));
	assert_refused(book_of(buf_str(&laugh), none, none), RC_INVALID, "xlsx.malformed");
	assert_refused(book_of(STR("<!DOCTYPE x SYSTEM \"file:///etc/passwd\"><worksheet/>"), none, none), RC_INVALID, "xlsx.malformed");
	assert_refused(book_of(STR("<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><worksheet>&e;</worksheet>"), none, none), RC_INVALID, "xlsx.malformed");
	assert_refused(book_of(repeated("<a>", 100, ""), none, none), RC_INVALID, "xlsx.malformed");
	assert_refused(book_of(STR("<worksheet><sheetData><row>"), none, none), RC_INVALID, "xlsx.malformed");
	assert_refused(book_of(rows_of("<c r=\"A1\"/>"), none, none), RC_INVALID, "xlsx.malformed");
	assert_refused(book_of(rows_of("<row><c><c/></c></row>"), none, none), RC_INVALID, "xlsx.malformed");
	assert_refused(book_of(rows_of("<row><row/></row>"), none, none), RC_INVALID, "xlsx.malformed");
	assert_refused(book_of(rows_of("<row><c t=\"s\"><v>0</v></c></row>"), none, none), RC_INVALID, "xlsx.malformed");
	assert_refused(book_of(rows_of("<row><c t=\"s\"><v>-1</v></c></row>"), STR("<sst><si/></sst>"), none), RC_INVALID, "xlsx.malformed");
	struct str lengthy = repeated("x", XLSX_CELL_MAX + 1, "");
	for (size_t i = 0; i < lengthy.n; i += 2) ((char *)(uintptr_t)lengthy.p)[i] = (char)('a' + i * 7919 % 26);
	assert_refused(book_of(rows_of(str_fmt(cx.arena, "<row><c t=\"str\"><v>%.*s</v></c></row>", STRF(lengthy)).p), none, none), RC_LIMIT, "xlsx.limit");
}

static void not_workbooks(void **state)
{
	struct part only[] = { { "hello.txt", STR_INIT("hello") } };
	assert_refused(STR("PK"), RC_INVALID, NULL);
	assert_refused(STR("PK\3\4 and nothing"), RC_INVALID, "xlsx.malformed");
	assert_refused(zip_of(only, 1), RC_INVALID, "xlsx.malformed");
	assert_refused(STR("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 old"), RC_INVALID, "xlsx.old");
	struct part no_sheet[] = { { "_rels/.rels", str_c(rels) }, { "xl/workbook.xml", STR_INIT("<workbook/>") }, { "xl/_rels/workbook.xml.rels", str_c(book_rels) } };
	assert_refused(zip_of(no_sheet, 3), RC_INVALID, "xlsx.malformed");
	struct part outside[] = { { "_rels/.rels", STR("<R><Relationship Id=\"a\" Type=\"/officeDocument\" Target=\"../../../etc/passwd\"/></R>") } };
	assert_refused(zip_of(outside, 1), RC_INVALID, "xlsx.malformed");
}

/* A header that promises little and a body that gives much; and a wrong checksum. */
static void lying_headers(void **state)
{
	struct str none = STR("");
	struct str good = book_of(rows_of("<row><c t=\"str\"><v>value-value-value</v></c></row>"), none, none);
	size_t at = str_find(good, STR("PK\x01\x02"), 0), last = 0;
	for (; at != SIZE_MAX; at = str_find(good, STR("PK\x01\x02"), at + 1)) last = at;
	char *p = str_z(cx.arena, good);
	p[last + 16] ^= 1;      /* CRC of the sheet in the central directory */
	assert_refused((struct str){ p, good.n }, RC_INVALID, "xlsx.malformed");
	p[last + 16] ^= 1;
	struct sheet s;
	assert_int_equal(read_it((struct str){ p, good.n }, "x.xlsx", &s), RC_OK);      /* negative control */
	p[last + 8] |= 1;       /* encrypted */
	assert_refused((struct str){ p, good.n }, RC_INVALID, "xlsx.malformed");
}

static void truncated(void **state)
{
	struct str good = genuine(false);
	struct sheet s;
	for (size_t n = 2; n < good.n; n += good.n / 37) assert_int_not_equal(read_it(str_sub(good, 0, n), "t.xlsx", &s), RC_OK);
}

/* Whatever the bytes: an answer, no crash, no child left behind, and failures that name a reason. */
static void mutated(void **state)
{
	struct str good[] = { genuine(false), genuine(true), book_of(rows_of("<row r=\"1\"><c r=\"A1\" t=\"str\"><v>x</v></c></row>"), STR("<sst/>"), STR("<styleSheet/>")) };
	struct rng r = rng_seed(20261125);
	struct arena *whole = cx.arena;
	const char *level = getenv("LEVEL");
	int ok = 0, rounds = level && strcmp(level, "full") == 0 ? 2000 : 120;
	for (int i = 0; i < rounds; i++) {
		cx.arena = arena_new(SHEET_ARENA);
		cx.fails = (struct fails){ 0 };
		struct str from = good[rng_below(&r, 3)];
		char *p = str_z(cx.arena, from);
		for (uint64_t k = 1 + rng_below(&r, 8); k > 0; k--) {
			size_t at = rng_below(&r, from.n);
			if (rng_below(&r, 2)) p[at] = (char)rng_next(&r);
			else memmove(p + at, p + rng_below(&r, from.n - at / 2) / 2, rng_below(&r, from.n - at) / 8);
		}
		struct sheet s;
		enum rc rc = sheet_read(&cx, (struct str){ p, from.n }, "m.xlsx", &s);
		if (rc != RC_OK) assert_true(cx.fails.errors > 0);
		assert_true(rc == RC_OK || rc == RC_INVALID || rc == RC_LIMIT);
		ok += rc == RC_OK;
		arena_free(cx.arena);
	}
	cx.arena = whole;
	cx.fails = (struct fails){ 0 };
	print_message("%d of %d still readable\n", ok, rounds);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

/* ---- writing ---- */

static void writes_what_it_reads(void **state)
{
	struct sheet s;
	struct sheet_out *w;
	int fd = nameless();
	struct sheet_target target = { .fd = fd, .tmp_dir = STR("/tmp"), .tab = STR("榜单[2026]:*?/\\'一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十"), .zone_minutes = 480 };
	static const struct str head[] = { STR_INIT("名称"), STR_INIT("数"), STR_INIT("小数"), STR_INIT("金额（元）"), STR_INIT("日"), STR_INIT("时"), STR_INIT("=1+1") };
	int64_t ms;
	int32_t day;
	assert_true(date_parse(STR("2026-03-31"), &day) && instant_parse(STR("2026-03-31 17:05"), 480, &ms));
	struct out_cell a[] = { { OUT_TEXT, .s = STR("=HYPERLINK(\"http://x\")") }, { OUT_INT, .i = 42 }, { OUT_DEC, .i = 1234567 }, { OUT_MONEY, .i = 123456 },
		{ OUT_DATE, .i = day }, { OUT_TIME, .i = ms }, { OUT_EMPTY } };
	struct out_cell b[] = { { OUT_TEXT, .s = STR("@SUM & <b> \"\x01\" _x0041_\nnext") }, { OUT_INT, .i = INT64_MAX }, { OUT_DEC, .i = -100000 }, { OUT_MONEY, .i = -5 },
		{ OUT_DATE, .i = -40000 }, { OUT_TEXT, .s = STR("530111199001011234") }, { OUT_TEXT, .s = repeated("长", 40000, "") } };
	assert_int_equal(sheet_start(&cx, &target, &w), RC_OK);
	assert_int_equal(sheet_head(&cx, w, head, 7), RC_OK);
	assert_int_equal(sheet_put(&cx, w, a, 7), RC_OK);
	assert_int_equal(sheet_put(&cx, w, b, 7), RC_OK);
	assert_int_equal(sheet_finish(&cx, w), RC_OK);
	struct str bytes = file_bytes(fd);
	close(fd);
	assert_int_equal(read_it(bytes, "w.xlsx", &s), RC_OK);
	assert_int_equal(s.n, 3);
	assert_cell(&s, 0, 3, "金额（元）");
	assert_cell(&s, 0, 6, "=1+1");
	assert_cell(&s, 1, 0, "=HYPERLINK(\"http://x\")");
	assert_cell(&s, 1, 1, "42");
	assert_cell(&s, 1, 2, "1.234567");
	assert_cell(&s, 1, 3, "1234.56");
	assert_cell(&s, 1, 4, "2026-03-31");
	assert_cell(&s, 1, 5, "2026-03-31 17:05");
	assert_cell(&s, 2, 0, "@SUM & <b> \" \" _x0041_\nnext");
	assert_cell(&s, 2, 1, "9223372036854775807");
	assert_cell(&s, 2, 2, "-0.1");
	assert_cell(&s, 2, 3, "-0.05");
	assert_cell(&s, 2, 4, "1860-06-26");
	assert_cell(&s, 2, 5, "530111199001011234");
	assert_true(str_has(sheet_cell(&s.v[2], 6), STR("过长")) && utf8_count(sheet_cell(&s.v[2], 6)) < 32767);
}

/* Nothing written may be a formula: the sheet's XML has no <f>. The negative control has one. */
static void writes_no_formulas(void **state)
{
	struct sheet_out *w;
	int fd = nameless();
	struct sheet_target target = { .fd = fd, .tmp_dir = STR("/tmp"), .tab = STR(""), .zone_minutes = 480 };
	static const char *const naughty[] = { "=1+1", "+1", "-1+1", "@A1", "\t=1", "\r=1", "=cmd|'/c calc'!A0", "{=1}", "http://a.example", "mailto:a@b.cn", "internal:x!A1" };
	assert_int_equal(sheet_start(&cx, &target, &w), RC_OK);
	for (size_t i = 0; i < sizeof naughty / sizeof *naughty; i++)
		assert_int_equal(sheet_put(&cx, w, &(struct out_cell){ OUT_TEXT, .s = str_c(naughty[i]) }, 1), RC_OK);
	assert_int_equal(sheet_finish(&cx, w), RC_OK);
	struct str ours = file_bytes(fd), theirs = genuine(true);
	close(fd);
	struct { struct str bytes; bool formula; } look[] = { { ours, false }, { theirs, true } };
	for (int i = 0; i < 2; i++) {
		char name[] = "/tmp/lc-look-XXXXXX";
		int f = mkstemp(name);
		assert_int_equal(write(f, look[i].bytes.p, look[i].bytes.n), (ssize_t)look[i].bytes.n);
		char command[200];
		snprintf(command, sizeof command, "unzip -p %s 'xl/worksheets/sheet*.xml' | grep -qE '<f>|<hyperlink'", name);
		assert_int_equal(system(command) == 0, look[i].formula);
		close(f);
		unlink(name);
	}
}

static void csv_cells_are_not_formulas(void **state)
{
	static const struct { const char *cell, *want; } cases[] = { { "=1", "\"'=1\"" }, { "+1+1", "\"'+1+1\"" }, { "-1+1", "\"'-1+1\"" }, { "@A", "\"'@A\"" },
		{ "-12", "-12" }, { "-12.5", "-12.5" }, { "-0.05", "-0.05" }, { "-", "\"'-\"" }, { "-1.5e", "\"'-1.5e\"" }, { "a,b", "\"a,b\"" }, { "\"", "\"\"\"\"" } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf b = BUF(cx.arena, 100);
		csv_put(&b, str_c(cases[i].cell), true);
		assert_true(str_is(buf_str(&b), cases[i].want));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads_genuine_workbooks, setup, teardown),
		cmocka_unit_test_setup_teardown(reads_other_writers_ways, setup, teardown),
		cmocka_unit_test_setup_teardown(numbers_and_dates, setup, teardown),
		cmocka_unit_test_setup_teardown(reads_csv, setup, teardown),
		cmocka_unit_test_setup_teardown(csv_has_limits, setup, teardown),
		cmocka_unit_test_setup_teardown(bombs, setup, teardown),
		cmocka_unit_test_setup_teardown(huge_dimensions, setup, teardown),
		cmocka_unit_test_setup_teardown(hostile_xml, setup, teardown),
		cmocka_unit_test_setup_teardown(not_workbooks, setup, teardown),
		cmocka_unit_test_setup_teardown(lying_headers, setup, teardown),
		cmocka_unit_test_setup_teardown(truncated, setup, teardown),
		cmocka_unit_test_setup_teardown(mutated, setup, teardown),
		cmocka_unit_test_setup_teardown(writes_what_it_reads, setup, teardown),
		cmocka_unit_test_setup_teardown(writes_no_formulas, setup, teardown),
		cmocka_unit_test_setup_teardown(csv_cells_are_not_formulas, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

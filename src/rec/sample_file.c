#include "rec/sample_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/rng.h"
#include "base/utf8.h"
#include "rec/file.h"

enum { LINES_MAX = 40, LINE_CHARS = 34, PDF_MAX = 64 << 10, OBJECTS = 6 };

/* A line as UTF-16 in hexadecimal, which is how the font's encoding takes it. */
static void hex_line(struct buf *b, struct str text, size_t *at)
{
	int n = 0;
	while (*at < text.n && n < LINE_CHARS) {
		int32_t c = utf8_next(text, at);
		if (c == '\n') return;
		if (c > 0xFFFF) buf_fmt(b, "%04X%04X", (unsigned)(0xD800 + ((c - 0x10000) >> 10)), (unsigned)(0xDC00 + ((c - 0x10000) & 0x3FF)));
		else if (c > 0) buf_fmt(b, "%04X", (unsigned)c);
		n++;
	}
}

struct str sample_pdf(struct arena *a, struct str text)
{
	struct buf page = BUF(a, PDF_MAX), b = BUF(a, PDF_MAX);
	size_t at[OBJECTS + 1] = { 0 };
	buf_add(&page, STR("BT /F1 14 Tf 60 780 Td 20 TL\n"));
	size_t i = 0;
	for (int line = 0; i < text.n && line < LINES_MAX; line++) {
		buf_c(&page, '<');
		hex_line(&page, text, &i);
		buf_add(&page, STR("> Tj T*\n"));
	}
	buf_add(&page, STR("ET\n"));
	const struct str body[OBJECTS] = {
		STR("<< /Type /Catalog /Pages 2 0 R >>"),
		STR("<< /Type /Pages /Kids [3 0 R] /Count 1 >>"),
		STR("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"),
		str_fmt(a, "<< /Length %zu >>\nstream\n%.*s\nendstream", page.n, STRF(buf_str(&page))),
		STR("<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UTF16-H /DescendantFonts [6 0 R] >>"),
		STR("<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light "
		    "/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> /DW 1000 "
		    "/FontDescriptor << /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 "
		    "/Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >> >>"),
	};
	buf_add(&b, STR("%PDF-1.5\n"));
	for (int k = 0; k < OBJECTS; k++) {
		at[k + 1] = b.n;
		buf_fmt(&b, "%d 0 obj\n%.*s\nendobj\n", k + 1, STRF(body[k]));
	}
	size_t table = b.n;
	buf_fmt(&b, "xref\n0 %d\n0000000000 65535 f \n", OBJECTS + 1);
	for (int k = 1; k <= OBJECTS; k++) buf_fmt(&b, "%010zu 00000 n \n", at[k]);
	buf_fmt(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%zu\n%%%%EOF\n", OBJECTS + 1, table);
	return buf_str(&b);
}

enum rc sample_file(struct rx *rx, struct str name, struct str text, struct upload *out)
{
	struct arena *a = rx->cx->arena;
	struct str bytes = str_ends(name, STR(".pdf")) ? sample_pdf(a, text) : text.n ? text : STR("\n");
	/* Beside files/, where uploads wait as well. */
	char *path = str_z(a, str_fmt(a, "%.*s/../spool/sample-%.*s", STRF(rx->vault->files_dir), STRF(rng_token(a))));
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool ok = fd >= 0 && write(fd, bytes.p, bytes.n) == (ssize_t)bytes.n;
	if (fd >= 0 && close(fd) != 0) ok = false;
	if (!ok) return fail(rx->cx, RC_IO, "sample.write", NOWHERE, "不能写入文件 %s：%s", "cannot write the file %s: %s", path, strerror(errno));
	*out = (struct upload){ .path = str_c(path), .name = name, .digest = hash_hex(a, hash_of(HASH_SHA256, bytes)), .bytes = (int64_t)bytes.n };
	return RC_OK;
}

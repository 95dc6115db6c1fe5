/* JPEG and PNG: only the parts that make the picture. */
#include <string.h>

#include "rec/strip_inner.h"

static unsigned at16(struct str s, size_t i, bool little)
{
	unsigned a = (unsigned char)s.p[i], b = (unsigned char)s.p[i + 1];
	return little ? b << 8 | a : a << 8 | b;
}

static uint32_t at32(struct str s, size_t i, bool little)
{
	uint32_t a = at16(s, i, little), b = at16(s, i + 2, little);
	return little ? b << 16 | a : a << 16 | b;
}

/* ---- JPEG ---- */

enum { M_SOI = 0xD8, M_EOI = 0xD9, M_SOS = 0xDA, M_APP0 = 0xE0, M_APP1 = 0xE1, M_APP2 = 0xE2, M_APP14 = 0xEE, M_APP15 = 0xEF, M_COM = 0xFE };

/* Which way is up (1 to 8) of an Exif segment's content; 0: not said. */
static unsigned orientation(struct str s)
{
	enum { TAG = 0x0112, ENTRY = 12 };
	if (s.n < 6 + 8 || memcmp(s.p, "Exif\0\0", 6) != 0) return 0;
	struct str t = str_sub(s, 6, s.n);
	bool little = t.p[0] == 'I';
	uint32_t at = at32(t, 4, little);
	if (at > t.n || t.n - at < 2) return 0;
	unsigned n = at16(t, at, little);
	for (unsigned i = 0; i < n && t.n - at >= 2 + (size_t)(i + 1) * ENTRY; i++) {
		size_t entry = at + 2 + (size_t)i * ENTRY;
		unsigned v = at16(t, entry + 8, little);
		if (at16(t, entry, little) == TAG) return v >= 1 && v <= 8 ? v : 0;
	}
	return 0;
}

/* An Exif segment that says nothing but that. */
static void put_orientation(struct buf *out, unsigned v)
{
	char segment[36] = "\xFF\xE1\0\x22" "Exif\0\0" "MM\0\x2A" "\0\0\0\x08" "\0\x01" "\x01\x12\0\x03\0\0\0\x01\0";
	segment[29] = (char)v;
	buf_add(out, (struct str){ segment, sizeof segment });
}

static void put_segment(struct buf *out, unsigned marker, struct str whole)
{
	struct str content = str_sub(whole, 4, whole.n);
	unsigned up;
	if (marker == M_APP0 && content.n >= 14 && memcmp(content.p, "JFIF", 5) == 0) {
		/* Without its thumbnail, which may show more than the picture does. */
		char head[18] = "\xFF\xE0\0\x10";
		memcpy(head + 4, content.p, 12);
		buf_add(out, (struct str){ head, sizeof head });
	} else if (marker == M_APP1) {
		if ((up = orientation(content)) > 1) put_orientation(out, up);
	} else if (marker == M_APP2) {
		if (content.n > 12 && memcmp(content.p, "ICC_PROFILE", 12) == 0) buf_add(out, whole);
	} else if (marker == M_APP14) {
		if (content.n >= 12 && memcmp(content.p, "Adobe", 5) == 0) buf_add(out, str_sub(whole, 0, whole.n));
	} else if (marker != M_COM && !(marker >= M_APP0 && marker <= M_APP15)) {
		buf_add(out, whole);
	}
}

/* From the first byte after a start of scan to the next marker that is none of a scan's own. */
static size_t scan_end(struct str s, size_t at)
{
	for (; at + 1 < s.n; at++) {
		unsigned char next = (unsigned char)s.p[at + 1];
		if ((unsigned char)s.p[at] == 0xFF && next != 0 && next != 0xFF && !(next >= 0xD0 && next <= 0xD7)) return at;
	}
	return s.n;
}

enum rc strip_jpeg(struct cx *cx, struct str s, struct buf *out)
{
	if (s.n < 4 || memcmp(s.p, "\xFF\xD8", 2) != 0) return strip_damaged(cx, "JPEG");
	buf_add(out, str_sub(s, 0, 2));
	for (size_t at = 2; at + 1 < s.n;) {
		unsigned marker = (unsigned char)s.p[at + 1];
		if ((unsigned char)s.p[at] != 0xFF) return strip_damaged(cx, "JPEG");
		if (marker == 0xFF) {
			at++;
			continue;
		}
		if (marker == M_EOI) break;     /* what follows is no part of the picture */
		if (s.n - at < 4) return strip_damaged(cx, "JPEG");
		size_t n = at16(s, at + 2, false);
		if (n < 2 || n > s.n - at - 2) return strip_damaged(cx, "JPEG");
		put_segment(out, marker, str_sub(s, at, at + 2 + n));
		at += 2 + n;
		if (marker != M_SOS) continue;
		size_t end = scan_end(s, at);
		buf_add(out, str_sub(s, at, end));
		at = end;
	}
	buf_add(out, STR("\xFF\xD9"));
	return RC_OK;
}

/* ---- PNG ---- */

enum rc strip_png(struct cx *cx, struct str s, struct buf *out)
{
	static const char kept[] = "IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB sBIT bKGD pHYs hIST sPLT iCCP cICP acTL fcTL fdAT ";
	enum { HEAD = 8, AROUND = 12 };
	if (s.n < HEAD || memcmp(s.p, "\x89PNG\r\n\x1A\n", HEAD) != 0) return strip_damaged(cx, "PNG");
	buf_add(out, str_sub(s, 0, HEAD));
	for (size_t at = HEAD;;) {
		if (s.n - at < AROUND) return strip_damaged(cx, "PNG");
		uint32_t n = at32(s, at, false);
		if (n > s.n - at - AROUND) return strip_damaged(cx, "PNG");
		char name[6] = { s.p[at + 4], s.p[at + 5], s.p[at + 6], s.p[at + 7], ' ', 0 };
		if (strstr(kept, name)) buf_add(out, str_sub(s, at, at + AROUND + n));
		at += AROUND + n;
		if (strcmp(name, "IEND ") == 0) return RC_OK;
	}
}

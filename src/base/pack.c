/* One tag byte, then: integers as zigzag varints, texts and containers as a varint count and the contents.
   There is one encoding of every value: overlong varints and unknown tags are refused. */
#include "base/pack.h"

enum tag { TAG_NULL = 'n', TAG_FALSE = 'f', TAG_TRUE = 't', TAG_INT = 'i', TAG_DEC = 'd', TAG_TEXT = 's', TAG_LIST = 'l', TAG_MAP = 'm' };

static void put_varint(struct buf *out, uint64_t u)
{
	for (; u >= 0x80; u >>= 7) buf_c(out, (char)(unsigned char)(u | 0x80));
	buf_c(out, (char)(unsigned char)u);
}

static void put_text(struct buf *out, struct str s)
{
	put_varint(out, s.n);
	buf_add(out, s);
}

static void put_int(struct buf *out, enum tag tag, int64_t i)
{
	buf_c(out, (char)tag);
	put_varint(out, ((uint64_t)i << 1) ^ (i < 0 ? UINT64_MAX : 0));
}

static void put(struct buf *out, struct val v, int depth, size_t *items)
{
	size_t n = v.kind == VAL_LIST || v.kind == VAL_MAP ? val_len(v) : 0;
	*items += n;
	if (depth > PACK_DEPTH_MAX || *items > PACK_ITEMS_MAX) out->full = true;
	if (out->full) return;
	switch (v.kind) {
	case VAL_NULL: buf_c(out, TAG_NULL); break;
	case VAL_BOOL: buf_c(out, v.b ? TAG_TRUE : TAG_FALSE); break;
	case VAL_INT: put_int(out, TAG_INT, v.i); break;
	case VAL_DEC: put_int(out, TAG_DEC, v.i); break;
	case VAL_TEXT:
		buf_c(out, TAG_TEXT);
		put_text(out, v.s);
		break;
	case VAL_LIST:
		buf_c(out, TAG_LIST);
		put_varint(out, n);
		for (size_t i = 0; i < n; i++) put(out, v.list->v[i], depth + 1, items);
		break;
	case VAL_MAP:
		buf_c(out, TAG_MAP);
		put_varint(out, n);
		for (size_t i = 0; i < n; i++) {
			put_text(out, v.map->v[i].key);
			put(out, v.map->v[i].val, depth + 1, items);
		}
		break;
	}
}

bool val_pack(struct buf *out, struct val v)
{
	size_t items = 0;
	put(out, v, 0, &items);
	return !out->full;
}

struct reader {
	struct cx *cx;
	struct str in;
	size_t at;
	size_t items;
};

static enum rc malformed(struct reader *r)
{
	return fail(r->cx, RC_INVALID, "pack.malformed", NOWHERE, "内部消息在第 %zu 字节处损坏",
		    "an internal message is malformed at byte %zu", r->at);
}

static enum rc get_varint(struct reader *r, uint64_t *out)
{
	uint64_t u = 0;
	for (int shift = 0; shift < 64; shift += 7) {
		if (r->at >= r->in.n) return malformed(r);
		unsigned char c = (unsigned char)r->in.p[r->at++];
		if (shift == 63 && c > 1) return malformed(r);
		u |= (uint64_t)(c & 0x7F) << shift;
		if (c & 0x80) continue;
		if (c == 0 && shift > 0) return malformed(r);
		*out = u;
		return RC_OK;
	}
	return malformed(r);
}

static enum rc get_text(struct reader *r, struct str *out)
{
	uint64_t n;
	TRY(get_varint(r, &n));
	if (n > r->in.n - r->at) return malformed(r);
	*out = str_dup(r->cx->arena, (struct str){ r->in.p + r->at, (size_t)n });
	r->at += (size_t)n;
	return RC_OK;
}

/* Every member takes at least `least` bytes, so a count that cannot be true is refused before memory is taken for it. */
static enum rc get_count(struct reader *r, size_t least, size_t *out)
{
	uint64_t n;
	TRY(get_varint(r, &n));
	if (n > (r->in.n - r->at) / least) return malformed(r);
	r->items += (size_t)n;
	if (r->items > PACK_ITEMS_MAX)
		return fail(r->cx, RC_LIMIT, "pack.items", NOWHERE, "内部消息的值超过 %d 个",
			    "an internal message holds more than %d values", PACK_ITEMS_MAX);
	*out = (size_t)n;
	return RC_OK;
}

static enum rc get_val(struct reader *r, int depth, struct val *out);

static enum rc get_list(struct reader *r, int depth, struct val *out)
{
	size_t n;
	TRY(get_count(r, 1, &n));
	struct val list = val_list(r->cx->arena);
	*list.list = (struct val_list){ .v = n ? ARENA_ARRAY(r->cx->arena, struct val, n) : NULL, .n = n, .cap = n };
	for (size_t i = 0; i < n; i++) TRY(get_val(r, depth + 1, &list.list->v[i]));
	*out = list;
	return RC_OK;
}

static enum rc get_map(struct reader *r, int depth, struct val *out)
{
	size_t n;
	TRY(get_count(r, 2, &n));
	struct val map = val_map(r->cx->arena);
	*map.map = (struct val_map){ .v = n ? ARENA_ARRAY(r->cx->arena, struct val_pair, n) : NULL, .n = n, .cap = n };
	for (size_t i = 0; i < n; i++) {
		TRY(get_text(r, &map.map->v[i].key));
		TRY(get_val(r, depth + 1, &map.map->v[i].val));
	}
	*out = map;
	return RC_OK;
}

static enum rc get_val(struct reader *r, int depth, struct val *out)
{
	if (depth > PACK_DEPTH_MAX)
		return fail(r->cx, RC_LIMIT, "pack.depth", NOWHERE, "内部消息嵌套超过 %d 层", "an internal message is nested deeper than %d levels",
			    PACK_DEPTH_MAX);
	if (r->at >= r->in.n) return malformed(r);
	char tag = r->in.p[r->at++];
	switch (tag) {
	case TAG_NULL: *out = VNULL; return RC_OK;
	case TAG_FALSE: *out = val_bool(false); return RC_OK;
	case TAG_TRUE: *out = val_bool(true); return RC_OK;
	case TAG_INT:
	case TAG_DEC: {
		uint64_t u;
		TRY(get_varint(r, &u));
		int64_t i = (int64_t)((u >> 1) ^ (0 - (u & 1)));
		*out = tag == TAG_INT ? val_int(i) : val_dec(i);
		return RC_OK;
	}
	case TAG_TEXT: {
		struct str s;
		TRY(get_text(r, &s));
		*out = val_text(s);
		return RC_OK;
	}
	case TAG_LIST: return get_list(r, depth, out);
	case TAG_MAP: return get_map(r, depth, out);
	default: r->at--; return malformed(r);
	}
}

enum rc val_unpack(struct cx *cx, struct str bytes, struct val *out)
{
	struct reader r = { .cx = cx, .in = bytes };
	struct val v;
	TRY(get_val(&r, 0, &v));
	if (r.at != bytes.n) return malformed(&r);
	*out = v;
	return RC_OK;
}

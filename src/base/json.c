#include "json.h"

#include <jansson.h>
#include <math.h>

static enum rc convert(struct cx *cx, const char *name, json_t *j, int depth, int *left, struct val *out)
{
	/* A value takes many times its bytes: "[]," is three. */
	if (--*left < 0)
		return fail(cx, RC_LIMIT, "json.values", NOWHERE, "%s：JSON 多于 %d 个值", "%s: JSON of more than %d values", name, JSON_VALUES_MAX);
	if (depth > JSON_DEPTH_MAX)
		return fail(cx, RC_LIMIT, "json.depth", NOWHERE, "%s：JSON 嵌套超过 %d 层", "%s: JSON is nested deeper than %d levels", name, JSON_DEPTH_MAX);
	switch (json_typeof(j)) {
	case JSON_NULL: *out = VNULL; return RC_OK;
	case JSON_TRUE: *out = val_bool(true); return RC_OK;
	case JSON_FALSE: *out = val_bool(false); return RC_OK;
	case JSON_INTEGER: *out = val_int(json_integer_value(j)); return RC_OK;
	case JSON_REAL: {
		double scaled = json_real_value(j) * DEC_ONE;
		if (!(fabs(scaled) < 9.0e18))
			return fail(cx, RC_INVALID, "json.number", NOWHERE, "%s：数值过大", "%s: number out of range", name);
		*out = val_dec(llround(scaled));
		return RC_OK;
	}
	case JSON_STRING:
		*out = val_text(str_dup(cx->arena, (struct str){ json_string_value(j), json_string_length(j) }));
		return RC_OK;
	case JSON_ARRAY: {
		struct val list = val_list(cx->arena), item;
		for (size_t i = 0; i < json_array_size(j); i++) {
			TRY(convert(cx, name, json_array_get(j, i), depth + 1, left, &item));
			val_push(cx->arena, list, item);
		}
		*out = list;
		return RC_OK;
	}
	case JSON_OBJECT: {
		struct val map = val_map(cx->arena), item;
		const char *key;
		json_t *member;
		json_object_foreach(j, key, member) {
			TRY(convert(cx, name, member, depth + 1, left, &item));
			VEC_PUSH(cx->arena, map.map, ((struct val_pair){ str_dup(cx->arena, str_c(key)), item }));
		}
		*out = map;
		return RC_OK;
	}
	}
	return RC_INVALID;
}

enum rc json_read(struct cx *cx, struct str text, const char *name, struct val *out)
{
	if (text.n > JSON_BYTES_MAX)
		return fail(cx, RC_LIMIT, "json.size", NOWHERE, "%s：JSON 超过 %d 字节", "%s: JSON larger than %d bytes", name, JSON_BYTES_MAX);
	json_error_t error;
	json_t *j = json_loadb(text.p ? text.p : "", text.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
	if (!j) {
		struct where at = { .file = str_dup(cx->arena, str_c(name)), .line = error.line, .column = error.column };
		return fail(cx, RC_INVALID, "json.syntax", at, "不是合法的 JSON：%s", "not valid JSON: %s", error.text);
	}
	int left = JSON_VALUES_MAX;
	enum rc rc = convert(cx, name, j, 0, &left, out);
	json_decref(j);
	return rc;
}

static void write_text(struct buf *out, struct str s)
{
	buf_c(out, '"');
	size_t from = 0;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool separator = c == 0xE2 && i + 2 < s.n && (unsigned char)s.p[i + 1] == 0x80 && ((unsigned char)s.p[i + 2] | 1) == 0xA9;
		if (c >= 0x20 && c != '"' && c != '\\' && c != '<' && c != 0x7F && !separator) continue;
		buf_add(out, str_sub(s, from, i));
		if (c == '\n') buf_add(out, STR("\\n"));
		else if (c == '"' || c == '\\') buf_c(out, '\\'), buf_c(out, (char)c);
		else if (separator) buf_fmt(out, "\\u20%02x", (unsigned char)s.p[i + 2] - 0x80), i += 2;
		else buf_fmt(out, "\\u%04x", c);
		from = i + 1;
	}
	buf_add(out, str_sub(s, from, s.n));
	buf_c(out, '"');
}

static void write_dec(struct buf *out, int64_t micro)
{
	uint64_t u = micro < 0 ? 0 - (uint64_t)micro : (uint64_t)micro;
	char digits[16];
	if (micro < 0) buf_c(out, '-');
	buf_int(out, (int64_t)(u / DEC_ONE));
	uint64_t rest = u % DEC_ONE;
	int n = 6;
	if (!rest) return;
	while (rest % 10 == 0) rest /= 10, n--;
	for (int i = n; i > 0; i--) digits[i - 1] = (char)('0' + rest % 10), rest /= 10;
	buf_c(out, '.');
	buf_add(out, (struct str){ digits, (size_t)n });
}

void json_write(struct buf *out, struct val v)
{
	switch (v.kind) {
	case VAL_NULL: buf_add(out, STR("null")); break;
	case VAL_BOOL: buf_add(out, v.b ? STR("true") : STR("false")); break;
	case VAL_INT: buf_int(out, v.i); break;
	case VAL_DEC: write_dec(out, v.i); break;
	case VAL_TEXT: write_text(out, v.s); break;
	case VAL_LIST:
		buf_c(out, '[');
		for (size_t i = 0; i < v.list->n; i++) {
			if (i) buf_c(out, ',');
			json_write(out, v.list->v[i]);
		}
		buf_c(out, ']');
		break;
	case VAL_MAP:
		buf_c(out, '{');
		for (size_t i = 0; i < v.map->n; i++) {
			if (i) buf_c(out, ',');
			write_text(out, v.map->v[i].key);
			buf_c(out, ':');
			json_write(out, v.map->v[i].val);
		}
		buf_c(out, '}');
		break;
	}
}

struct str json_text(struct arena *a, struct val v)
{
	struct buf b = BUF(a, JSON_BYTES_MAX);
	json_write(&b, v);
	return buf_str(&b);
}

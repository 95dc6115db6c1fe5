#include "val.h"

#include <assert.h>
#include <string.h>

struct val val_list(struct arena *a) { return (struct val){ .kind = VAL_LIST, .list = ARENA_NEW(a, struct val_list) }; }

struct val val_map(struct arena *a) { return (struct val){ .kind = VAL_MAP, .map = ARENA_NEW(a, struct val_map) }; }

struct val val_list_room(struct arena *a, size_t items)
{
	struct val list = val_list(a);
	list.list->v = ARENA_ARRAY(a, struct val, items);
	list.list->cap = items;
	return list;
}

struct val val_map_of(struct arena *a, const struct val_pair *pair, size_t n)
{
	/* One allocation: the map, then its pairs. */
	struct val_map *map = arena_alloc(a, sizeof *map + n * sizeof *pair);
	*map = (struct val_map){ .v = (struct val_pair *)(map + 1), .n = n, .cap = n };
	memcpy(map->v, pair, n * sizeof *pair);
	return (struct val){ .kind = VAL_MAP, .map = map };
}

void val_push(struct arena *a, struct val list, struct val item)
{
	assert(list.kind == VAL_LIST);
	VEC_PUSH(a, list.list, item);
}

void val_set(struct arena *a, struct val map, struct str key, struct val v)
{
	assert(map.kind == VAL_MAP);
	for (size_t i = 0; i < map.map->n; i++) {
		if (!str_eq(map.map->v[i].key, key)) continue;
		map.map->v[i].val = v;
		return;
	}
	VEC_PUSH(a, map.map, ((struct val_pair){ key, v }));
}

struct val val_get(struct val map, struct str key)
{
	if (map.kind != VAL_MAP) return VNULL;
	for (size_t i = 0; i < map.map->n; i++)
		if (str_eq(map.map->v[i].key, key)) return map.map->v[i].val;
	return VNULL;
}

struct val val_at(struct val list, size_t i) { return list.kind == VAL_LIST && i < list.list->n ? list.list->v[i] : VNULL; }

size_t val_len(struct val v)
{
	if (v.kind == VAL_LIST) return v.list->n;
	if (v.kind == VAL_MAP) return v.map->n;
	return v.kind == VAL_TEXT ? v.s.n : 0;
}

struct str val_str(struct val v) { return v.kind == VAL_TEXT ? v.s : STR(""); }

int64_t val_i64(struct val v)
{
	if (v.kind == VAL_INT || v.kind == VAL_DEC) return v.i;
	return v.kind == VAL_BOOL && v.b;
}

bool val_is_null(struct val v) { return v.kind == VAL_NULL; }

bool val_eq(struct val a, struct val b)
{
	if (a.kind != b.kind) return false;
	switch (a.kind) {
	case VAL_NULL: return true;
	case VAL_BOOL: return a.b == b.b;
	case VAL_INT:
	case VAL_DEC: return a.i == b.i;
	case VAL_TEXT: return str_eq(a.s, b.s);
	case VAL_LIST:
		if (a.list->n != b.list->n) return false;
		for (size_t i = 0; i < a.list->n; i++)
			if (!val_eq(a.list->v[i], b.list->v[i])) return false;
		return true;
	case VAL_MAP:
		if (a.map->n != b.map->n) return false;
		for (size_t i = 0; i < a.map->n; i++)
			if (!val_eq(a.map->v[i].val, val_get(b, a.map->v[i].key))) return false;
		return true;
	}
	return false;
}

struct val val_copy(struct arena *a, struct val v)
{
	if (v.kind == VAL_TEXT) return val_text(str_dup(a, v.s));
	if (v.kind == VAL_LIST) {
		struct val out = val_list(a);
		for (size_t i = 0; i < v.list->n; i++) val_push(a, out, val_copy(a, v.list->v[i]));
		return out;
	}
	if (v.kind == VAL_MAP) {
		struct val out = val_map(a);
		for (size_t i = 0; i < v.map->n; i++)
			VEC_PUSH(a, out.map, ((struct val_pair){ str_dup(a, v.map->v[i].key), val_copy(a, v.map->v[i].val) }));
		return out;
	}
	return v;
}

bool dec_parse(struct str s, int64_t *micro)
{
	bool minus = s.n && s.p[0] == '-';
	size_t i = minus ? 1 : 0, digits = 0, decimals = 0;
	bool point = false;
	int64_t v = 0;
	for (; i < s.n; i++) {
		char c = s.p[i];
		if (c == '.' && !point && digits) {
			point = true;
			continue;
		}
		if (c < '0' || c > '9') return false;
		if (point && ++decimals > 6) return false;
		digits++;
		if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, c - '0', &v)) return false;
	}
	if (!digits || (point && !decimals)) return false;
	for (; decimals < 6; decimals++)
		if (__builtin_mul_overflow(v, 10, &v)) return false;
	*micro = minus ? -v : v;
	return true;
}

int64_t dec_round(int64_t micro, int decimals)
{
	int64_t step = DEC_ONE;
	for (int d = 0; d < decimals && step > 1; d++) step /= 10;
	return (micro < 0 ? micro - step / 2 : micro + step / 2) / step * step;
}

struct str dec_format(struct arena *a, int64_t micro)
{
	uint64_t u = micro < 0 ? 0 - (uint64_t)micro : (uint64_t)micro;
	struct str s = str_fmt(a, "%s%llu.%06llu", micro < 0 ? "-" : "", (unsigned long long)(u / DEC_ONE),
		(unsigned long long)(u % DEC_ONE));
	while (s.p[s.n - 1] == '0') s.n--;
	if (s.p[s.n - 1] == '.') s.n--;
	return s;
}

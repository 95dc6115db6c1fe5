#include "web/fails_wire.h"

static void set_text(struct arena *a, struct val map, struct str key, struct str text)
{
	if (text.n) val_set(a, map, key, val_text(text));
}

struct val fails_val(struct arena *a, const struct fails *fails)
{
	struct val list = val_list(a);
	for (int i = 0; i < fails->n; i++) {
		const struct failure *f = &fails->v[i];
		struct val m = val_map(a);
		VAL_SET(a, m, "code", val_textz(f->code));
		VAL_SET(a, m, "level", val_int(f->level));
		set_text(a, m, STR("field"), f->where.field);
		set_text(a, m, STR("file"), f->where.file);
		if (f->where.line) VAL_SET(a, m, "line", val_int(f->where.line));
		if (f->where.column) VAL_SET(a, m, "column", val_int(f->where.column));
		VAL_SET(a, m, "zh", val_text(f->zh));
		VAL_SET(a, m, "en", val_text(f->en));
		set_text(a, m, STR("hint_zh"), f->hint_zh);
		set_text(a, m, STR("hint_en"), f->hint_en);
		val_push(a, list, m);
	}
	return list;
}

static int small(struct val v)
{
	int64_t i = val_i64(v);
	return i >= 0 && i <= INT32_MAX ? (int)i : 0;
}

void fails_from_val(struct cx *cx, struct val list)
{
	for (size_t i = 0; list.kind == VAL_LIST && i < list.list->n; i++) {
		struct val m = list.list->v[i];
		struct str code = val_str(VAL_GET(m, "code"));
		int64_t level = val_i64(VAL_GET(m, "level"));
		if (!code.n || level < LEVEL_ERROR || level > LEVEL_INFO) continue;
		struct where at = { .file = val_str(VAL_GET(m, "file")), .line = small(VAL_GET(m, "line")), .column = small(VAL_GET(m, "column")),
			.field = val_str(VAL_GET(m, "field")) };
		int dropped = cx->fails.dropped;
		const char *z = str_z(cx->arena, code);
		struct str zh = val_str(VAL_GET(m, "zh")), en = val_str(VAL_GET(m, "en"));
		if (level == LEVEL_ERROR) (void)fail(cx, RC_INVALID, z, at, "%.*s", "%.*s", STRF(zh));
		else fail_note(cx, (enum level)level, z, at, "%.*s", "%.*s", STRF(zh));
		if (cx->fails.dropped != dropped) continue;
		struct failure *f = &cx->fails.v[cx->fails.n - 1];
		f->en = en;
		f->hint_zh = val_str(VAL_GET(m, "hint_zh"));
		f->hint_en = val_str(VAL_GET(m, "hint_en"));
	}
}

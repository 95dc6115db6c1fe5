#include "fail.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "buf.h"

static struct str vfmt(struct arena *a, const char *fmt, va_list args)
{
	va_list again;
	va_copy(again, args);
	int n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	assert(n >= 0);
	char *p = arena_alloc(a, (size_t)n + 1);
	vsnprintf(p, (size_t)n + 1, fmt, args);
	return (struct str){ p, (size_t)n };
}

static struct failure *add(struct cx *cx, enum level level, const char *code, struct where at)
{
	struct fails *fs = &cx->fails;
	if (level == LEVEL_ERROR) fs->errors++;
	if (fs->n == FAILS_MAX) {
		fs->dropped++;
		return NULL;
	}
	if (!fs->v) fs->v = ARENA_ARRAY(cx->arena, struct failure, FAILS_MAX);
	struct failure *f = &fs->v[fs->n++];
	*f = (struct failure){ .code = code, .level = level, .where = at };
	return f;
}

enum rc fail(struct cx *cx, enum rc rc, const char *code, struct where at, const char *zh, const char *en, ...)
{
	assert(rc != RC_OK);
	struct failure *f = add(cx, LEVEL_ERROR, code, at);
	if (!f) return rc;
	va_list args;
	va_start(args, en);
	f->zh = vfmt(cx->arena, zh, args);
	va_end(args);
	va_start(args, en);
	f->en = vfmt(cx->arena, en, args);
	va_end(args);
	return rc;
}

enum rc fail_text(struct cx *cx, enum rc rc, const char *code, struct where at, struct str zh, struct str en)
{
	assert(rc != RC_OK);
	struct failure *f = add(cx, LEVEL_ERROR, code, at);
	if (f) f->zh = zh, f->en = en;
	return rc;
}

void fail_note(struct cx *cx, enum level level, const char *code, struct where at, const char *zh, const char *en, ...)
{
	assert(level != LEVEL_ERROR);
	struct failure *f = add(cx, level, code, at);
	if (!f) return;
	va_list args;
	va_start(args, en);
	f->zh = vfmt(cx->arena, zh, args);
	va_end(args);
	va_start(args, en);
	f->en = vfmt(cx->arena, en, args);
	va_end(args);
}

void fail_hint(struct cx *cx, const char *zh, const char *en, ...)
{
	if (cx->fails.n == 0 || cx->fails.dropped) return;
	struct failure *f = &cx->fails.v[cx->fails.n - 1];
	va_list args;
	va_start(args, en);
	f->hint_zh = vfmt(cx->arena, zh, args);
	va_end(args);
	va_start(args, en);
	f->hint_en = vfmt(cx->arena, en, args);
	va_end(args);
}

void fail_hint_text(struct cx *cx, struct str zh, struct str en)
{
	if (cx->fails.n == 0 || cx->fails.dropped) return;
	cx->fails.v[cx->fails.n - 1].hint_zh = zh;
	cx->fails.v[cx->fails.n - 1].hint_en = en;
}

void fail_source(struct cx *cx, struct str line)
{
	if (cx->fails.n && !cx->fails.dropped) cx->fails.v[cx->fails.n - 1].source = line;
}

void fail_copy(struct cx *cx, const struct fails *from)
{
	for (int i = 0; i < from->n; i++) {
		const struct failure *f = &from->v[i];
		struct arena *a = cx->arena;
		struct where at = { str_dup(a, f->where.file), f->where.line, f->where.column, str_dup(a, f->where.field) };
		struct failure *to = add(cx, f->level, str_dup(a, str_c(f->code)).p, at);
		if (!to) continue;
		to->zh = str_dup(a, f->zh);
		to->en = str_dup(a, f->en);
		to->hint_zh = str_dup(a, f->hint_zh);
		to->hint_en = str_dup(a, f->hint_en);
		to->source = str_dup(a, f->source);
	}
	cx->fails.dropped += from->dropped;
}

void fail_clear(struct cx *cx) { cx->fails.n = cx->fails.dropped = cx->fails.errors = 0; }

struct str fail_message(const struct failure *f, enum lang lang) { return lang == LANG_ZH ? f->zh : f->en; }

void fail_print(struct buf *out, const struct fails *fails, enum lang lang)
{
	static const char *const words[2][3] = { { "错误", "警告", "提示" }, { "error", "warning", "note" } };
	for (int i = 0; i < fails->n; i++) {
		const struct failure *f = &fails->v[i];
		if (f->where.file.n) buf_fmt(out, "%.*s:", STRF(f->where.file));
		if (f->where.line) buf_fmt(out, "%d:%d:", f->where.line, f->where.column);
		if (f->where.field.n) buf_fmt(out, "[%.*s]", STRF(f->where.field));
		if (out->n && out->p[out->n - 1] != '\n') buf_c(out, ' ');
		struct str m = fail_message(f, lang);
		buf_fmt(out, "%s: %.*s [%s]\n", words[lang][f->level], STRF(m), f->code);
		if (f->source.n) {
			buf_fmt(out, "    %.*s\n    ", STRF(f->source));
			for (int c = 1; c < f->where.column && (size_t)c <= f->source.n; c++) {
				/* Continuation bytes take no column of their own; wide characters take two. */
				unsigned char b = (unsigned char)f->source.p[c - 1];
				if ((b & 0xC0) != 0x80) buf_add(out, b == '\t' ? STR("\t") : b >= 0xE0 ? STR("  ") : STR(" "));
			}
			buf_add(out, STR("^\n"));
		}
		struct str hint = lang == LANG_ZH ? f->hint_zh : f->hint_en;
		if (hint.n) buf_fmt(out, "    %s%.*s\n", lang == LANG_ZH ? "→ " : "-> ", STRF(hint));
	}
	if (fails->dropped) buf_fmt(out, lang == LANG_ZH ? "另有 %d 处未列出\n" : "and %d more\n", fails->dropped);
}

static int edit_distance(struct str a, struct str b, int limit)
{
	enum { LEN_MAX = 64 };
	if (a.n > LEN_MAX || b.n > LEN_MAX) return limit + 1;
	int row[LEN_MAX + 1], before[LEN_MAX + 1] = { 0 };
	for (size_t j = 0; j <= b.n; j++) row[j] = (int)j;
	for (size_t i = 1; i <= a.n; i++) {
		int diagonal = row[0];
		row[0] = (int)i;
		for (size_t j = 1; j <= b.n; j++) {
			int up = row[j];
			int best = diagonal + (a.p[i - 1] != b.p[j - 1]);
			if (up + 1 < best) best = up + 1;
			if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
			/* Two neighbouring letters swapped is one slip, not two. */
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1] && before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			before[j - 1] = diagonal;
			diagonal = up;
			row[j] = best;
		}
		before[b.n] = diagonal;
	}
	return row[b.n];
}

int nearest_name(struct str word, const struct str *names, int n)
{
	int best = -1, best_distance = 2 + (int)word.n / 3;
	for (int i = 0; i < n; i++) {
		int d = edit_distance(word, names[i], best_distance);
		if (d < best_distance) best_distance = d, best = i;
	}
	return best;
}

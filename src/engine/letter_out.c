/* The result as JSON, for a terminal, and cut into pieces for a page. */
#include <stdlib.h>

#include "base/utf8.h"
#include "letter_inner.h"

static const char *const severity_word[] = { "error", "warning", "info" };
static const char *const qualifier_word[] = { "exact", "about", "more_than", "less_than", "at_least", "at_most", "cumulative", "range", "order" };
static const char *const verdict_word[] = { "unbound", "no_record", "agrees", "differs" };

static struct val figure_val(struct cx *cx, const struct letter_figure *f, const struct letter_indicator *dict)
{
	struct arena *a = cx->arena;
	struct val v = val_map(a);
	const struct letter_indicator *known = f->indicator >= 0 ? &dict[f->indicator] : NULL;
	VAL_SET(a, v, "text", val_text(f->text));
	VAL_SET(a, v, "start", val_int(f->start));
	VAL_SET(a, v, "end", val_int(f->end));
	VAL_SET(a, v, "value", f->has_value ? val_dec(f->value) : VNULL);
	if (f->has_value && f->high != f->value) VAL_SET(a, v, "high", val_dec(f->high));
	VAL_SET(a, v, "unit", val_text(f->unit));
	VAL_SET(a, v, "kind", val_text(f->kind));
	VAL_SET(a, v, "period", val_text(f->period));
	VAL_SET(a, v, "qualifier", val_textz(qualifier_word[f->qualifier]));
	VAL_SET(a, v, "label", val_text(f->label));
	VAL_SET(a, v, "part_of", f->part_of >= 0 ? val_int(f->part_of) : VNULL);
	VAL_SET(a, v, "indicator", known ? val_text(known->id) : VNULL);
	VAL_SET(a, v, "record_value", known && known->known ? val_dec(known->value) : VNULL);
	VAL_SET(a, v, "verdict", val_textz(verdict_word[f->verdict]));
	return v;
}

static struct val finding_val(struct cx *cx, const struct letter_finding *f)
{
	struct arena *a = cx->arena;
	struct val v = val_map(a), spans = val_list(a);
	for (int i = 0; i < f->n_span; i++) {
		struct val one = val_list(a);
		val_push(a, one, val_int(f->span[i].start));
		val_push(a, one, val_int(f->span[i].end));
		val_push(a, spans, one);
	}
	VAL_SET(a, v, "kind", val_text(f->kind));
	VAL_SET(a, v, "severity", val_textz(severity_word[f->severity]));
	VAL_SET(a, v, "spans", spans);
	VAL_SET(a, v, "arithmetic", val_text(f->arithmetic));
	VAL_SET(a, v, "message_zh", val_text(f->zh));
	VAL_SET(a, v, "message_en", val_text(f->en));
	return v;
}

struct val letter_val(struct cx *cx, const struct letter_result *r, const struct letter_indicator *dict)
{
	struct val v = val_map(cx->arena), figures = val_list(cx->arena), findings = val_list(cx->arena);
	for (int i = 0; i < r->n_figure; i++) val_push(cx->arena, figures, figure_val(cx, &r->figure[i], dict));
	for (int i = 0; i < r->n_finding; i++) val_push(cx->arena, findings, finding_val(cx, &r->finding[i]));
	VAL_SET(cx->arena, v, "figures", figures);
	VAL_SET(cx->arena, v, "findings", findings);
	return v;
}

/* Byte offsets of all characters, in one pass. */
static size_t *offsets(struct arena *a, struct str text, size_t *count)
{
	size_t n = utf8_count(text), at = 0;
	size_t *v = ARENA_ARRAY(a, size_t, n + 1);
	for (size_t i = 0; i < n; i++) {
		v[i] = at;
		utf8_next(text, &at);
	}
	v[n] = text.n;
	*count = n;
	return v;
}

/* Terminal control characters of the text are shown as "?". */
static void put_plain(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool c1 = c == 0xC2 && i + 1 < s.n && (unsigned char)s.p[i + 1] >= 0x80 && (unsigned char)s.p[i + 1] < 0xA0;
		if (c1) i++;
		buf_c(out, c1 || (c < 0x20 && c != '\n' && c != '\t') || c == 0x7F ? '?' : s.p[i]);
	}
}

static void put_findings(struct buf *out, const struct letter_result *r, const size_t *byte, enum lang lang, bool colour)
{
	static const char *const words[2][3] = { { "错误", "警告", "提示" }, { "error", "warning", "note" } };
	static const char *const paint[] = { "\033[1;31m", "\033[1;33m", "\033[1;36m" };
	for (int i = 0; i < r->n_finding; i++) {
		const struct letter_finding *f = &r->finding[i];
		int line = 1;
		size_t from = f->n_span ? byte[f->span[0].start] : 0;
		for (size_t k = 0; k < from; k++) line += r->text.p[k] == '\n';
		buf_fmt(out, "%s%s%s", colour ? paint[f->severity] : "", words[lang][f->severity], colour ? "\033[0m" : "");
		buf_fmt(out, lang == LANG_ZH ? "（第%d行，%.*s）" : " (line %d, %.*s) ", line, STRF(f->kind));
		put_plain(out, lang == LANG_ZH ? f->zh : f->en);
		buf_c(out, '\n');
		for (int k = 0; k < f->n_span; k++) {
			buf_add(out, k ? STR("  ") : STR("    "));
			put_plain(out, str_sub(r->text, byte[f->span[k].start], byte[f->span[k].end]));
		}
		if (f->n_span) buf_c(out, '\n');
		if (f->arithmetic.n) {
			buf_add(out, STR("    "));
			put_plain(out, f->arithmetic);
			buf_c(out, '\n');
		}
	}
}

void letter_terminal(struct buf *out, const struct letter_result *r, const struct letter_indicator *dict, enum lang lang, bool colour)
{
	size_t count, at = 0;
	size_t *byte = offsets(out->arena, r->text, &count);
	for (int i = 0; i < r->n_figure; i++) {
		const struct letter_figure *f = &r->figure[i];
		if ((size_t)f->end > count || byte[f->start] < at) continue;
		put_plain(out, str_sub(r->text, at, byte[f->start]));
		const char *open = f->verdict == LETTER_DIFFERS ? "\033[1;31m" : f->indicator >= 0 ? "\033[1;32m" : "\033[1m";
		buf_add(out, colour ? str_c(open) : STR("["));
		put_plain(out, str_sub(r->text, byte[f->start], byte[f->end]));
		buf_add(out, colour ? STR("\033[0m") : STR("]"));
		at = byte[f->end];
	}
	put_plain(out, str_sub(r->text, at, r->text.n));
	buf_add(out, STR("\n\n"));
	put_findings(out, r, byte, lang, colour);
	int bound = 0;
	for (int i = 0; i < r->n_figure; i++) bound += dict && r->figure[i].indicator >= 0;
	buf_fmt(out, lang == LANG_ZH ? "数字 %d 个，对上指标 %d 个，发现 %d 处\n" : "%d figures, %d bound to indicators, %d findings\n", r->n_figure, bound,
		r->n_finding);
}

struct cut { int at; };

static int by_place(const void *a, const void *b)
{
	int x = ((const struct cut *)a)->at, y = ((const struct cut *)b)->at;
	return (x > y) - (x < y);
}

/* Every place where a figure or a finding starts or ends. */
static size_t collect_cuts(struct arena *a, const struct letter_result *r, int chars, struct cut **out)
{
	VEC(struct cut) v = { 0 };
	for (int i = 0; i < r->n_figure; i++) {
		VEC_PUSH(a, &v, ((struct cut){ r->figure[i].start }));
		VEC_PUSH(a, &v, ((struct cut){ r->figure[i].end }));
	}
	for (int i = 0; i < r->n_finding; i++)
		for (int k = 0; k < r->finding[i].n_span; k++) {
			VEC_PUSH(a, &v, ((struct cut){ r->finding[i].span[k].start }));
			VEC_PUSH(a, &v, ((struct cut){ r->finding[i].span[k].end }));
		}
	VEC_PUSH(a, &v, ((struct cut){ chars }));
	qsort(v.v, v.n, sizeof *v.v, by_place);
	*out = v.v;
	return v.n;
}

static struct val piece_val(struct cx *cx, const struct letter_result *r, struct str text, int from, int figure)
{
	struct arena *a = cx->arena;
	struct val piece = val_map(a), list = val_list(a);
	VAL_SET(a, piece, "text", val_text(text));
	if (figure >= 0) VAL_SET(a, piece, "figure", val_int(figure));
	for (int i = 0; i < r->n_finding; i++)
		for (int k = 0; k < r->finding[i].n_span; k++)
			if (from >= r->finding[i].span[k].start && from < r->finding[i].span[k].end) {
				val_push(a, list, val_int(i));
				break;
			}
	if (val_len(list)) VAL_SET(a, piece, "findings", list);
	return piece;
}

struct val letter_pieces(struct cx *cx, const struct letter_result *r)
{
	struct arena *a = cx->arena;
	size_t count;
	size_t *byte = offsets(a, r->text, &count);
	struct cut *cut;
	size_t cuts = collect_cuts(a, r, (int)count, &cut);
	struct val paragraphs = val_list(a), now = val_list(a);
	int at = 0, figure = 0;
	for (size_t i = 0; i < cuts; i++) {
		while (at < cut[i].at && at < (int)count) {
			while (figure < r->n_figure && r->figure[figure].end <= at) figure++;
			bool inside = figure < r->n_figure && r->figure[figure].start <= at;
			struct str s = str_sub(r->text, byte[at], byte[cut[i].at]);
			size_t line = str_find(s, STR("\n"), 0);
			struct str part = line == SIZE_MAX ? s : str_sub(s, 0, line);
			if (part.n) val_push(a, now, piece_val(cx, r, part, at, inside ? figure : -1));
			at += (int)utf8_count(part);
			if (line == SIZE_MAX) continue;
			at++;
			val_push(a, paragraphs, now);
			now = val_list(a);
		}
	}
	if (val_len(now)) val_push(a, paragraphs, now);
	return paragraphs;
}

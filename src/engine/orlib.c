#include "engine/orlib.h"

#include <string.h>

#include "base/val.h"

enum { COLUMNS_MAX = 200000, ROWS_MAX = 10000, ENTRIES_MAX = 50000000 };
static const int64_t NUMBER_MAX = INT64_C(1000000000000);

struct numbers { struct cx *cx; struct str text; const char *file; size_t at; int line; };

static struct where here(const struct numbers *s) { return (struct where){ .file = str_c(s->file), .line = s->line, .column = 1 }; }

static bool blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

static void skip(struct numbers *s)
{
	for (; s->at < s->text.n && blank(s->text.p[s->at]); s->at++) s->line += s->text.p[s->at] == '\n';
}

/* A whole number ("12" or "12.0"). */
static enum rc next(struct numbers *s, int64_t low, int64_t high, int64_t *out)
{
	int64_t micro;
	skip(s);
	size_t from = s->at;
	while (s->at < s->text.n && !blank(s->text.p[s->at])) s->at++;
	struct str word = str_sub(s->text, from, s->at);
	if (!word.n) return fail(s->cx, RC_INVALID, "orlib.short", here(s), "文件在此提前结束", "the file ends too early");
	if (!str_int(word, out)) {
		if (!dec_parse(word, &micro) || micro % DEC_ONE)
			return fail(s->cx, RC_INVALID, "orlib.number", here(s), "应为整数，此处为“%.*s”", "a whole number is expected, not “%.*s”", STRF(str_sub(word, 0, 40)));
		*out = micro / DEC_ONE;
	}
	if (*out < low || *out > high)
		return fail(s->cx, RC_INVALID, "orlib.range", here(s), "%lld 不在 %lld 到 %lld 之间", "%lld is not between %lld and %lld", (long long)*out, (long long)low, (long long)high);
	return RC_OK;
}

/* The first line holds one number alone: how many problems follow. */
static bool counted(struct str text)
{
	struct str line, rest = str_trim(text);
	return str_cut(&rest, '\n', &line) && rest.p && !memchr(str_trim(line).p, ' ', str_trim(line).n) && !memchr(line.p, '\t', str_trim(line).n);
}

static enum rc problem(struct numbers *s, struct arena *a, struct orlib *out)
{
	int64_t n, m, v, total = 0;
	TRY(next(s, 1, COLUMNS_MAX, &n));
	TRY(next(s, 0, ROWS_MAX, &m));
	if (n * m > ENTRIES_MAX) return fail(s->cx, RC_LIMIT, "orlib.size", here(s), "问题太大", "the problem is too large");
	TRY(next(s, -NUMBER_MAX, NUMBER_MAX * 1000, &out->known));
	struct program *p = program_new(a, (int)n);
	for (int j = 0; j < n; j++) {
		TRY(next(s, -NUMBER_MAX, NUMBER_MAX, &p->value[j]));
		total += p->value[j] < 0 ? -p->value[j] : p->value[j];
		if (total > NUMBER_MAX * 1000) return fail(s->cx, RC_LIMIT, "orlib.range", here(s), "数值合计过大", "the numbers are too large together");
	}
	for (int i = 0; i < m; i++) {
		program_row(p, -PROGRAM_FREE, PROGRAM_FREE);
		for (int j = 0; j < n; j++) {
			TRY(next(s, -NUMBER_MAX, NUMBER_MAX, &v));
			program_put(p, j, v);
		}
	}
	for (int i = 0; i < m; i++) TRY(next(s, -NUMBER_MAX * 1000, NUMBER_MAX * 1000, &p->row.v[i].high));
	out->program = p;
	return RC_OK;
}

enum rc orlib_read(struct cx *cx, struct str text, const char *file, int which, struct orlib *out)
{
	struct numbers s = { cx, text, file, 0, 1 };
	int64_t problems = 1;
	struct orlib made = { 0 };
	if (counted(text)) TRY(next(&s, 1, 10000, &problems));
	if (which < 1 || which > problems)
		return fail(cx, RC_INVALID, "orlib.which", here(&s), "文件有 %d 个问题，没有第 %d 个", "there are %d problems in the file, no number %d", (int)problems, which);
	for (int k = 1; k <= which; k++) TRY(problem(&s, cx->arena, &made));
	skip(&s);
	if (which == problems && s.at < text.n) return fail(cx, RC_INVALID, "orlib.rest", here(&s), "此后还有多余的内容", "there is more than the problem here");
	made.problems = (int)problems;
	*out = made;
	return RC_OK;
}

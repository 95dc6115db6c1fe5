/* Arguments of a statement, read from left to right; and names, failures and suggestions. */
#include <string.h>

#include "base/money.h"
#include "base/time.h"
#include "base/utf8.h"
#include "def/load.h"

/* ---- failures ---- */

static struct source *source_of(struct load *ld, struct where at)
{
	for (size_t i = 0; i < ld->sources.n; i++)
		if (ld->sources.v[i]->name.p == at.file.p) return ld->sources.v[i];
	return NULL;
}

struct where load_at(struct load *ld, struct where at)
{
	struct source *s = source_of(ld, at);
	if (s) at.file = s->shown;
	return at;
}

void load_source(struct load *ld, struct where at)
{
	enum { SHOWN_MAX = 240 };
	struct source *s = source_of(ld, at);
	if (!s || ld->cx->fails.dropped) return;
	size_t from = 0;
	for (int line = 1; line < at.line; line++) {
		size_t nl = str_find(s->text, STR("\n"), from);
		if (nl == SIZE_MAX) return;
		from = nl + 1;
	}
	size_t end = str_find(s->text, STR("\n"), from);
	struct str line = str_sub(s->text, from, end == SIZE_MAX ? s->text.n : end);
	if (line.n > SHOWN_MAX) {
		line.n = SHOWN_MAX;
		while (line.n && ((unsigned char)line.p[line.n] & 0xC0) == 0x80) line.n--;
	}
	if (line.n && line.p[line.n - 1] == '\r') line.n--;
	fail_source(ld->cx, str_dup(ld->cx->arena, line));
}

struct str clip(struct str s)
{
	enum { CLIP = 60 };
	if (s.n <= CLIP) return s;
	s.n = CLIP;
	while (s.n && ((unsigned char)s.p[s.n] & 0xC0) == 0x80) s.n--;
	return s;
}

void hint_nearest(struct load *ld, struct str word, const struct names *names)
{
	enum { LISTED = 12, LOOKED_AT = 2000 };
	if (ld->cx->fails.dropped || !names->n) return;
	int best = nearest_name(word, names->v, names->n < LOOKED_AT ? (int)names->n : LOOKED_AT);
	if (best >= 0) {
		HINT(ld, "是否想写“%.*s”？", "did you mean “%.*s”?", STRF(names->v[best]));
		return;
	}
	if (names->n > LISTED) return;
	struct str all = str_join(ld->cx->arena, names->v, names->n, STR(", "));
	HINT(ld, "可以写：%.*s", "one of: %.*s", STRF(all));
}

void *array_room(struct arena *a, const void *old, int n, size_t bytes)
{
	if (n & (n - 1)) return (void *)(uintptr_t)old;
	void *p = arena_array(a, n ? (size_t)n * 2 : 1, bytes);
	if (n) memcpy(p, old, (size_t)n * bytes);
	return p;
}

/* ---- reading ---- */

static const struct tok no_tok = { .kind = TOK_END };

struct args args_of(struct load *ld, struct stmt *st) { return (struct args){ ld, st, st->arg, st->n_arg, 0 }; }
struct args args_tail(struct load *ld, struct stmt *st) { return (struct args){ ld, st, st->tail, st->n_tail, 0 }; }

const struct tok *args_peek(const struct args *a) { return a->i < a->n ? &a->t[a->i] : &no_tok; }

struct where args_at(const struct args *a)
{
	struct where w = a->st->at;
	if (a->i < a->n) {
		w.line = a->t[a->i].line;
		w.column = a->t[a->i].column;
	} else if (a->n) {
		w.line = a->t[a->n - 1].line;
		w.column = a->t[a->n - 1].column + (int)a->t[a->n - 1].text.n;
	} else {
		w.column += (int)a->st->word.n;
	}
	return w;
}

static void usage_hint(struct args *a)
{
	const struct kind *k = a->st->kind;
	if (!k) return;
	const char *word = strcmp(k->word, "*") ? k->word : "";
	HINT(a->ld, "写法：%s%s%s%s", "write: %s%s%s%s", word, *word && *k->usage ? " " : "", k->usage,
		k->block == BLOCK_MUST ? " { … }" : k->block == BLOCK_MAY ? " [{ … }]" : ";");
}

/* A bilingual argument stands twice in both formats; "%.0s" swallows the one of the other language. */
void args_unexpected(struct args *a, const char *zh, const char *en)
{
	if (a->st->bad) return;
	a->st->bad = true;
	const struct tok *t = args_peek(a);
	const char *gap = (unsigned char)zh[0] < 0x80 ? " " : "";        /* Chinese beside Latin */
	if (a->i >= a->n) {
		BAD(a->ld, args_at(a), "def.missing", "“%.*s”缺少%s%s%.0s", "“%.*s” lacks %.0s%.0s%s", STRF(clip(a->st->word)), gap, zh, en);
	} else {
		BAD(a->ld, args_at(a), "def.expected", "此处应是%s%s%.0s，而不是“%.*s”", "expected %.0s%.0s%s, not “%.*s”", gap, zh, en,
			STRF(clip(t->text)));
	}
	usage_hint(a);
}

bool args_is(const struct args *a, const char *word)
{
	const struct tok *t = args_peek(a);
	return t->kind == TOK_WORD && str_is(t->text, word);
}

bool args_word(struct args *a, const char *word)
{
	if (!args_is(a, word)) return false;
	a->i++;
	return true;
}

bool args_op(struct args *a, enum op op)
{
	const struct tok *t = args_peek(a);
	if (t->kind != TOK_OP || t->op != op) return false;
	a->i++;
	return true;
}

bool args_need_op(struct args *a, enum op op, const char *shown)
{
	if (args_op(a, op)) return true;
	args_unexpected(a, shown, shown);
	return false;
}

bool args_any_word(struct args *a, struct str *word, struct where *at, const char *zh, const char *en)
{
	const struct tok *t = args_peek(a);
	if (t->kind != TOK_WORD) {
		args_unexpected(a, zh, en);
		return false;
	}
	if (at) *at = args_at(a);
	*word = t->text;
	a->i++;
	return true;
}

static bool reserved(struct str name)
{
	static const char *const words[] = { "true", "false", "null", "and", "or", "not", "in", "this", "when", "where", "en", "state" };
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (str_is(name, words[i])) return true;
	return false;
}

bool args_name(struct args *a, struct str *name, const char *zh, const char *en)
{
	struct where at;
	struct str w;
	if (!args_any_word(a, &w, &at, zh, en)) return false;
	bool good = w.p[0] >= 'a' && w.p[0] <= 'z';
	for (size_t i = 0; i < w.n; i++)
		if (w.p[i] >= 'A' && w.p[i] <= 'Z') good = false;
	if (!good) {
		a->st->bad = true;
		BAD(a->ld, at, "def.name", "名字“%.*s”须以小写字母开头，只含小写字母、数字和 _", "the name “%.*s” must be of a-z, 0-9 and _, a letter first",
			STRF(clip(w)));
		return false;
	}
	if (w.n > DEF_NAME_MAX) {
		a->st->bad = true;
		BAD(a->ld, at, "def.name_long", "名字“%.*s…”过长（最多 %d 个字母）", "the name “%.*s…” is too long (at most %d letters)", STRF(clip(w)),
			DEF_NAME_MAX);
		return false;
	}
	if (reserved(w)) {
		a->st->bad = true;
		BAD(a->ld, at, "def.reserved", "“%.*s”是语言自己的词，不能作名字", "“%.*s” is a word of the language, not a name", STRF(w));
		return false;
	}
	*name = w;
	return true;
}

static bool code_part(const struct tok *t)
{
	return t->kind == TOK_WORD || t->kind == TOK_NUMBER || t->kind == TOK_CODE || t->kind == TOK_DATE || t->kind == TOK_SIZE;
}

bool args_code(struct args *a, struct str *code)
{
	const struct tok *t = args_peek(a);
	if (t->kind == TOK_STRING) {
		*code = tok_string(a->ld->arena, t);
		a->i++;
		return true;
	}
	if (!code_part(t)) {
		args_unexpected(a, "代码", "a code");
		return false;
	}
	*code = t->text;
	for (a->i++; a->i + 1 < a->n; a->i += 2) {
		const struct tok *sign = &a->t[a->i], *next = sign + 1;
		bool joins = sign->kind == TOK_OP && (sign->op == OP_MINUS || sign->op == OP_DOT) && sign->glued && next->glued && code_part(next);
		if (!joins) break;
		code->n = (size_t)(next->text.p + next->text.n - code->p);
	}
	return true;
}

bool args_string(struct args *a, struct str *s)
{
	const struct tok *t = args_peek(a);
	if (t->kind != TOK_STRING) {
		args_unexpected(a, "引号内的文字", "a text in quotes");
		return false;
	}
	*s = tok_string(a->ld->arena, t);
	a->i++;
	return true;
}

static bool ascii(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80) return false;
	return true;
}

bool args_label_maybe(struct args *a, struct label *l)
{
	struct where at = args_at(a);
	struct label got = { 0 };
	if (args_peek(a)->kind == TOK_STRING && !args_string(a, &got.zh)) return false;
	if (args_word(a, "en") && !args_string(a, &got.en)) return false;
	if (got.zh.n && !got.en.n && !ascii(got.zh))
		WARN(a->ld, at, "def.label_en", "“%.*s”没有英文", "“%.*s” has no English", STRF(clip(got.zh)));
	if (got.en.n && !got.zh.n && !str_is(a->st->word, "plural"))
		WARN(a->ld, at, "def.label_zh", "“%.*s”没有中文", "“%.*s” has no Chinese", STRF(clip(got.en)));
	if (got.zh.n && !got.en.n) got.en = ascii(got.zh) ? got.zh : got.en;
	if (got.en.n && !got.zh.n && !str_is(a->st->word, "plural")) got.zh = got.en;
	if (got.zh.n || got.en.n) *l = got;
	return true;
}

bool args_label(struct args *a, struct label *l)
{
	if (args_peek(a)->kind != TOK_STRING && !args_is(a, "en")) {
		args_unexpected(a, "名称（\"中文\" en \"English\"）", "a label (\"中文\" en \"English\")");
		return false;
	}
	return args_label_maybe(a, l);
}

bool args_int(struct args *a, int64_t low, int64_t high, int64_t *v)
{
	struct where at = args_at(a);
	bool minus = args_op(a, OP_MINUS);
	const struct tok *t = args_peek(a);
	int64_t i;
	if (t->kind != TOK_NUMBER || str_has(t->text, STR("."))) {
		args_unexpected(a, "整数", "a whole number");
		return false;
	}
	a->i++;
	if (!str_int(t->text, &i) || (minus ? -i : i) < low || (minus ? -i : i) > high) {
		a->st->bad = true;
		BAD(a->ld, at, "def.range", "数须在 %lld 与 %lld 之间", "the number must be between %lld and %lld", (long long)low, (long long)high);
		return false;
	}
	*v = minus ? -i : i;
	return true;
}

bool args_date(struct args *a, int32_t *day)
{
	const struct tok *t = args_peek(a);
	if (t->kind != TOK_DATE) {
		args_unexpected(a, "日期（2026-01-31）", "a date (2026-01-31)");
		return false;
	}
	a->i++;
	return date_parse(t->text, day);        /* the lexer has told of impossible days */
}

bool args_end(struct args *a)
{
	if (a->i >= a->n) return true;
	if (a->st->bad) return false;
	a->st->bad = true;
	const struct tok *t = args_peek(a);
	BAD(a->ld, args_at(a), "def.left_over", "多出“%.*s”", "“%.*s” is left over", STRF(clip(t->text)));
	if (t->first && a->i > 0) HINT(a->ld, "上一行末尾是否缺少 ; ？", "is a ; missing at the end of the line before?");
	else usage_hint(a);
	return false;
}

bool args_literal(struct args *a, struct val *v, enum value_type *type)
{
	struct where at = args_at(a);
	bool minus = args_op(a, OP_MINUS);
	const struct tok *t = args_peek(a);
	int64_t i = 0;
	int32_t day = 0;
	bool good = true;
	if (t->kind == TOK_NUMBER && str_has(t->text, STR("."))) {
		good = dec_parse(t->text, &i);
		*v = val_dec(minus ? -i : i), *type = TYPE_DEC;
	} else if (t->kind == TOK_NUMBER) {
		good = str_int(t->text, &i);
		*v = val_int(minus ? -i : i), *type = TYPE_INT;
	} else if (t->kind == TOK_MONEY) {
		if (!money_parse(t->text, &i)) i = 0;   /* the lexer has told */
		*v = val_int(minus ? -i : i), *type = TYPE_MONEY;
	} else if (minus) {
		good = false;
	} else if (t->kind == TOK_DATE) {
		if (!date_parse(t->text, &day)) day = 0;
		*v = val_int(day), *type = TYPE_DATE;
	} else if (t->kind == TOK_STRING) {
		*v = val_text(tok_string(a->ld->arena, t)), *type = TYPE_TEXT;
	} else if (args_is(a, "true") || args_is(a, "false")) {
		*v = val_bool(args_is(a, "true")), *type = TYPE_BOOL;
	} else {
		args_unexpected(a, "值（数、金额、日期、文字、true、false）", "a value (number, money, date, text, true, false)");
		return false;
	}
	a->i++;
	if (good) return true;
	a->st->bad = true;
	BAD(a->ld, at, "def.number", "不能表示的数（小数最多 6 位）", "a number that cannot be kept (at most 6 decimals)");
	return false;
}

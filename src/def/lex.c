#include "def/lex.h"

#include <string.h>

#include "base/money.h"
#include "base/time.h"
#include "base/utf8.h"
#include "def/load.h"

struct lexer {
	struct load *ld;
	struct source *s;
	size_t at, line_start;
	int line;
	size_t before_end;              /* where the previous token ended */
	int before_line;
	VEC(struct tok) out;
};

static bool is_letter(int c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
static bool is_digit(int c) { return c >= '0' && c <= '9'; }

static int byte(const struct lexer *lx, size_t at) { return at < lx->s->text.n ? (unsigned char)lx->s->text.p[at] : -1; }

static struct where here(const struct lexer *lx, size_t at)
{
	return (struct where){ .file = lx->s->name, .line = lx->line, .column = (int)(at - lx->line_start) + 1 };
}

static void push(struct lexer *lx, enum tok_kind kind, enum op op, size_t end)
{
	struct tok t = { .text = str_sub(lx->s->text, lx->at, end), .line = lx->line, .column = (int)(lx->at - lx->line_start) + 1,
		.kind = (unsigned char)kind, .op = (unsigned char)op, .glued = lx->out.n && lx->before_end == lx->at,
		.first = !lx->out.n || lx->before_line != lx->line };
	VEC_PUSH(lx->ld->scratch, &lx->out, t);
	lx->ld->tokens++;
	lx->at = lx->before_end = end;
	lx->before_line = lx->line;
}

/* White space, comments, a byte order mark. */
static void skip(struct lexer *lx)
{
	struct str t = lx->s->text;
	if (lx->at == 0 && str_starts(t, STR("\xEF\xBB\xBF"))) lx->at = 3;
	for (; lx->at < t.n; lx->at++) {
		char c = t.p[lx->at];
		if (c == '#') {
			const char *end = memchr(t.p + lx->at, '\n', t.n - lx->at);
			lx->at = end ? (size_t)(end - t.p) : t.n;
			if (!end) return;
			c = '\n';
		}
		if (c == '\n') lx->line++, lx->line_start = lx->at + 1;
		else if (c != ' ' && c != '\t' && c != '\r') return;
	}
}

static void string(struct lexer *lx)
{
	size_t i = lx->at + 1;
	for (;; i++) {
		int c = byte(lx, i);
		if (c == '"') break;
		if (c == '\\' && byte(lx, i + 1) >= 0 && byte(lx, i + 1) != '\n') {
			if (!memchr("\"\\nt", byte(lx, i + 1), 4)) {
				size_t end = i + 1;
				utf8_next(lx->s->text, &end);
				struct str shown = str_sub(lx->s->text, i, end);
				BAD(lx->ld, here(lx, i), "def.escape", "引号内不认识的转义“%.*s”", "unknown escape “%.*s” in a text", STRF(shown));
				HINT(lx->ld, "可用 \\\" \\\\ \\n \\t", "there are \\\" \\\\ \\n \\t");
			}
			i++;
			continue;
		}
		if (c < 0 || c == '\n') {
			BAD(lx->ld, here(lx, lx->at), "def.string_open", "文字缺少右引号", "this text has no closing quote");
			HINT(lx->ld, "文字须在一行内写完；换行写 \\n", "a text ends on its line; write \\n for a new line");
			push(lx, TOK_STRING, OP_NONE, i);
			return;
		}
	}
	if (i - lx->at > DEF_TEXT_MAX)
		BAD(lx->ld, here(lx, lx->at), "def.string_long", "文字过长（最多 %d 字节）", "the text is too long (at most %d bytes)", DEF_TEXT_MAX);
	push(lx, TOK_STRING, OP_NONE, i + 1);
}

static bool date_here(struct lexer *lx, size_t end_of_digits)
{
	struct str s = str_sub(lx->s->text, lx->at, lx->at + 10);
	if (end_of_digits - lx->at != 4 || s.n != 10 || s.p[4] != '-' || s.p[7] != '-') return false;
	for (int i = 5; i < 10; i++)
		if (i != 7 && !is_digit(s.p[i])) return false;
	int after = byte(lx, lx->at + 10);
	if (is_digit(after) || is_letter(after) || (after == '-' && is_digit(byte(lx, lx->at + 11)))) return false;
	int32_t day;
	if (!date_parse(s, &day))
		BAD(lx->ld, here(lx, lx->at), "def.date", "没有“%.*s”这一天", "there is no day %.*s", STRF(s));
	push(lx, TOK_DATE, OP_NONE, lx->at + 10);
	return true;
}

/* 12, 1.5, 500万元, 20MB, 2026-01-01, 5G. */
static void number(struct lexer *lx)
{
	static const struct str money[] = { STR_INIT("万元"), STR_INIT("亿元"), STR_INIT("元") };
	size_t i = lx->at;
	while (is_digit(byte(lx, i))) i++;
	if (date_here(lx, i)) return;
	if (byte(lx, i) == '.' && is_digit(byte(lx, i + 1)))
		for (i++; is_digit(byte(lx, i));) i++;
	struct str rest = str_sub(lx->s->text, i, i + 6);
	for (int k = 0; k < 3; k++) {
		if (!str_starts(rest, money[k])) continue;
		int64_t fen;
		if (!money_parse(str_sub(lx->s->text, lx->at, i + money[k].n), &fen))
			BAD(lx->ld, here(lx, lx->at), "def.money", "不能表示的金额（最小单位是分）", "not an amount (the smallest unit is a fen)");
		push(lx, TOK_MONEY, OP_NONE, i + money[k].n);
		return;
	}
	size_t digits_end = i;
	while (is_letter(byte(lx, i)) || is_digit(byte(lx, i))) i++;
	struct str unit = str_sub(lx->s->text, digits_end, i);
	bool size = str_is(unit, "KB") || str_is(unit, "MB") || str_is(unit, "GB");
	push(lx, size ? TOK_SIZE : unit.n ? TOK_CODE : TOK_NUMBER, OP_NONE, i);
}

static enum op operator_at(const struct lexer *lx, size_t *bytes)
{
	int c = byte(lx, lx->at), d = byte(lx, lx->at + 1);
	*bytes = 2;
	if (c == '-' && d == '>') return OP_ARROW;
	if (c == '=' && d == '=') return OP_EQ;
	if (c == '!' && d == '=') return OP_NE;
	if (c == '<' && d == '=') return OP_LE;
	if (c == '>' && d == '=') return OP_GE;
	*bytes = 1;
	static const char chars[] = "{};,().:=<>+-*/";
	static const unsigned char ops[] = { OP_OPEN, OP_CLOSE, OP_SEMICOLON, OP_COMMA, OP_PAREN, OP_PAREN_END, OP_DOT, OP_COLON, OP_EQ, OP_LT,
		OP_GT, OP_PLUS, OP_MINUS, OP_TIMES, OP_OVER };
	const char *hit = c > 0 ? memchr(chars, c, sizeof chars - 1) : NULL;
	return hit ? (enum op)ops[hit - chars] : OP_NONE;
}

/* Full-width punctuation is typed by mistake: name the one that was meant, and go on as if it stood there. */
static bool full_width(struct lexer *lx)
{
	static const struct { struct str wide; const char *narrow; enum op op; } pairs[] = {
		{ STR_INIT("；"), ";", OP_SEMICOLON }, { STR_INIT("，"), ",", OP_COMMA }, { STR_INIT("、"), ",", OP_COMMA },
		{ STR_INIT("："), ":", OP_COLON }, { STR_INIT("（"), "(", OP_PAREN }, { STR_INIT("）"), ")", OP_PAREN_END },
		{ STR_INIT("｛"), "{", OP_OPEN }, { STR_INIT("｝"), "}", OP_CLOSE }, { STR_INIT("＝"), "=", OP_EQ },
		{ STR_INIT("≥"), ">=", OP_GE }, { STR_INIT("≤"), "<=", OP_LE }, { STR_INIT("≠"), "!=", OP_NE }, { STR_INIT("×"), "*", OP_TIMES },
		{ STR_INIT("÷"), "/", OP_OVER }, { STR_INIT("→"), "->", OP_ARROW } };
	struct str rest = str_sub(lx->s->text, lx->at, lx->at + 4);
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		if (!str_starts(rest, pairs[i].wide)) continue;
		BAD(lx->ld, here(lx, lx->at), "def.full_width", "此处须用半角符号", "a half-width sign is needed here");
		HINT(lx->ld, "写 %s", "write %s", pairs[i].narrow);
		push(lx, TOK_OP, pairs[i].op, lx->at + pairs[i].wide.n);
		return true;
	}
	return false;
}

static void stranger(struct lexer *lx)
{
	if (full_width(lx)) return;
	struct str t = lx->s->text;
	size_t end = lx->at;
	if (str_starts(str_sub(t, lx->at, t.n), STR("“"))) {
		BAD(lx->ld, here(lx, lx->at), "def.quote", "引号须用半角 \"", "quotes are the plain \"");
		const char *eol = memchr(t.p + lx->at, '\n', t.n - lx->at);
		size_t stop = eol ? (size_t)(eol - t.p) : t.n, close = str_find(str_sub(t, 0, stop), STR("”"), lx->at);
		push(lx, TOK_STRING, OP_NONE, close == SIZE_MAX ? lx->at + 3 : close + 3);
		return;
	}
	if (byte(lx, lx->at) >= 0x80) {
		while (byte(lx, end) >= 0x80 && !str_starts(str_sub(t, end, t.n), STR("；"))) end++;
		BAD(lx->ld, here(lx, lx->at), "def.bare_text", "“%.*s”不是语言中的词", "“%.*s” is no word of the language",
			STRF(clip(str_sub(t, lx->at, end))));
		HINT(lx->ld, "文字写在引号里：\"…\"", "texts stand in quotes: \"…\"");
	} else {
		struct str two = str_sub(t, lx->at, lx->at + 2 < t.n ? lx->at + 2 : t.n);
		bool both = str_is(two, "&&"), either = str_is(two, "||");
		end += both || either ? 2 : 1;
		BAD(lx->ld, here(lx, lx->at), "def.character", "不认识的符号“%.*s”", "unknown sign “%.*s”", STRF(str_sub(t, lx->at, end)));
		if (both || either) HINT(lx->ld, "写作 %s", "write %s", both ? "and" : "or");
	}
	lx->at = end;
}

void lex_source(struct load *ld, struct source *s)
{
	struct lexer lx = { .ld = ld, .s = s, .line = 1 };
	size_t bytes;
	for (skip(&lx); lx.at < s->text.n; skip(&lx)) {
		if (ld->tokens >= DEF_TOKENS_MAX) {
			BAD(ld, here(&lx, lx.at), "def.too_many", "声明过多（记号最多 %d 个）", "too many declarations (at most %d tokens)", DEF_TOKENS_MAX);
			break;
		}
		int c = byte(&lx, lx.at);
		if (is_letter(c)) {
			size_t i = lx.at;
			while (is_letter(byte(&lx, i)) || is_digit(byte(&lx, i))) i++;
			push(&lx, TOK_WORD, OP_NONE, i);
		} else if (is_digit(c)) {
			number(&lx);
		} else if (c == '"') {
			string(&lx);
		} else {
			enum op op = operator_at(&lx, &bytes);
			if (op) push(&lx, TOK_OP, op, lx.at + bytes);
			else stranger(&lx);
		}
	}
	lx.at = s->text.n;
	push(&lx, TOK_END, OP_NONE, s->text.n);
	s->tok = lx.out.v;
	s->n_tok = (int)lx.out.n;
}

struct str tok_string(struct arena *a, const struct tok *t)
{
	struct str s = t->text;
	if (s.n && s.p[0] == '"') s = str_sub(s, 1, s.n > 1 && s.p[s.n - 1] == '"' ? s.n - 1 : s.n);
	char *p = arena_alloc(a, s.n + 1), *w = p;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c == '\\' && i + 1 < s.n) {
			c = s.p[++i];
			if (c == 'n') c = '\n';
			if (c == 't') c = '\t';
		}
		*w++ = c;
	}
	return (struct str){ p, (size_t)(w - p) };
}

struct where tok_at(const struct source *s, const struct tok *t)
{
	return (struct where){ .file = s->name, .line = t->line, .column = t->column };
}

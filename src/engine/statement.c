#include "engine/statement.h"

#include <string.h>

#include "base/arena.h"

enum { ARGS_MAX = 20000, STATEMENTS_MAX = 20000 };

struct cursor { struct cx *cx; struct str text; const char *file; size_t at, line_start; int line; };

static struct where here(const struct cursor *c) { return (struct where){ .file = str_c(c->file), .line = c->line, .column = (int)(c->at - c->line_start) + 1 }; }

static void skip(struct cursor *c)
{
	for (; c->at < c->text.n; c->at++) {
		char ch = c->text.p[c->at];
		if (ch == '#') {
			while (c->at < c->text.n && c->text.p[c->at] != '\n') c->at++;
			if (c->at == c->text.n) return;
			ch = '\n';
		}
		if (ch == '\n') c->line++, c->line_start = c->at + 1;
		else if (ch != ' ' && ch != '\t' && ch != '\r' && ch != ',') return;
	}
}

static enum rc foreign_sign(struct cursor *c, struct str word)
{
	if (!str_has(word, STR("；")) && !str_has(word, STR("“")) && !str_has(word, STR("，"))) return RC_OK;
	return fail(c->cx, RC_INVALID, "rules.sign", here(c), "请使用英文符号 ; , \"，此处为“%.*s”", "use the ASCII signs ; , \" here: “%.*s”", STRF(str_sub(word, 0, 60)));
}

/* One word or quoted text; the cursor stands on its first byte. */
static enum rc take(struct cursor *c, struct str *out)
{
	size_t from = c->at;
	if (c->text.p[from] == '"') {
		size_t end = str_find(c->text, STR("\""), from + 1), newline = str_find(c->text, STR("\n"), from);
		if (end == SIZE_MAX || newline < end) return fail(c->cx, RC_INVALID, "rules.quote", here(c), "引号没有结束", "a quotation mark never closes");
		*out = str_sub(c->text, from + 1, end);
		c->at = end + 1;
		return RC_OK;
	}
	size_t to = from;
	while (to < c->text.n && !memchr(" \t\r\n;,\"", c->text.p[to], 8)) to++;
	*out = str_sub(c->text, from, to);
	TRY(foreign_sign(c, *out));
	c->at = to;
	return RC_OK;
}

static enum rc one(struct cursor *c, struct statement *s)
{
	struct arena *a = c->cx->arena;
	VEC(struct str) args = { 0 };
	struct where at = here(c);
	size_t from = c->at;
	*s = (struct statement){ .line = at.line, .column = at.column };
	TRY(take(c, &s->word));
	for (skip(c); c->at < c->text.n && c->text.p[c->at] != ';'; skip(c)) {
		struct str arg;
		if (args.n == ARGS_MAX) return fail(c->cx, RC_LIMIT, "rules.long", at, "语句太长", "the statement is too long");
		TRY(take(c, &arg));
		VEC_PUSH(a, &args, arg);
	}
	if (c->at == c->text.n) return fail(c->cx, RC_INVALID, "rules.end", at, "语句没有以 ; 结束", "the statement does not end with ;");
	s->text = str_trim(str_sub(c->text, from, c->at++));
	s->arg = args.v;
	s->n = (int)args.n;
	return RC_OK;
}

enum rc statement_read(struct cx *cx, struct str text, const char *file, struct statement **out, int *n)
{
	struct cursor c = { cx, text, file, 0, 0, 1 };
	VEC(struct statement) all = { 0 };
	for (skip(&c); c.at < text.n; skip(&c)) {
		struct statement s;
		if (all.n == STATEMENTS_MAX) return fail(cx, RC_LIMIT, "rules.many", here(&c), "规则太多", "too many rules");
		if (text.p[c.at] == ';') return fail(cx, RC_INVALID, "rules.empty", here(&c), "分号前没有语句", "nothing stands before this semicolon");
		TRY(one(&c, &s));
		VEC_PUSH(cx->arena, &all, s);
	}
	*out = all.v;
	*n = (int)all.n;
	return RC_OK;
}

/* The generic tree of statements. Mistakes are mended here by skipping to the next `;` or the matching `}`. */
#include "def/load.h"

struct parser {
	struct load *ld;
	struct source *s;
	const struct tok *t;            /* the next token */
	int depth;
	bool unclosed;                  /* a block was found open: the blocks around it are not blamed too */
};

static bool is_op(const struct tok *t, enum op op) { return t->kind == TOK_OP && t->op == op; }

static struct where after(const struct parser *p, const struct tok *t)
{
	struct where w = tok_at(p->s, t);
	w.column += (int)t->text.n;
	return w;
}

/* Words that open a statement but, on a new line, may as well go on with the one before: `by system` / `when now() >= deadline`. */
static bool continues(struct str word)
{
	static const char *const words[] = { "when", "by", "unverified" };
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (str_is(word, words[i])) return true;
	return false;
}

/* `required` and on the next line `max 120;`: a known statement word at the head of a line, after something that was complete. */
static bool semicolon_missing(const struct parser *p, enum ctx ctx, const struct tok *start)
{
	const struct tok *t = p->t, *before = t - 1;
	if (t == start || !t->first || t->kind != TOK_WORD || continues(t->text) || !kind_find(ctx, t->text)) return false;
	if (before->kind == TOK_OP && before->op != OP_PAREN_END && before->op != OP_CLOSE) return false;
	return !is_op(t + 1, OP_DOT) && !is_op(t + 1, OP_COMMA) && !is_op(t + 1, OP_PAREN_END);
}

static void skip_block(struct parser *p)
{
	int depth = 0;
	for (; p->t->kind != TOK_END; p->t++) {
		if (is_op(p->t, OP_OPEN)) depth++;
		if (is_op(p->t, OP_CLOSE) && --depth <= 0) {
			p->t++;
			return;
		}
	}
}

/* To just after the next `;`, or after a block that opens before it, or to a `}` that closes the block around. */
static void skip_statement(struct parser *p)
{
	for (; p->t->kind != TOK_END && !is_op(p->t, OP_CLOSE); p->t++) {
		if (is_op(p->t, OP_OPEN)) {
			skip_block(p);
			return;
		}
		if (is_op(p->t, OP_SEMICOLON)) {
			p->t++;
			return;
		}
	}
}

static struct stmt *block(struct parser *p, enum ctx ctx, struct stmt *up);

/* The arguments up to `;` or `{`; a missing `;` is reported and taken as read. True when a block follows. */
static bool arguments(struct parser *p, struct stmt *st, enum ctx ctx, const struct tok **arg, int *n)
{
	const struct tok *start = p->t;
	*arg = start;
	while (p->t->kind != TOK_END && !is_op(p->t, OP_SEMICOLON) && !is_op(p->t, OP_OPEN) && !is_op(p->t, OP_CLOSE) &&
	       !semicolon_missing(p, ctx, start - 1))
		p->t++;
	*n = (int)(p->t - start);
	if (is_op(p->t, OP_OPEN)) return true;
	if (is_op(p->t, OP_SEMICOLON)) {
		p->t++;
		return false;
	}
	BAD(p->ld, after(p, p->t - 1), "def.semicolon", "“%.*s”语句之后缺少 ;", "no ; after this “%.*s” statement", STRF(clip(st->word)));
	return false;
}

/* `not-by` is one word. */
static struct str statement_word(struct parser *p)
{
	struct str w = p->t->text;
	for (p->t++; is_op(p->t, OP_MINUS) && p->t->glued && p->t[1].kind == TOK_WORD && p->t[1].glued; p->t += 2)
		w.n = (size_t)(p->t[1].text.p + p->t[1].text.n - w.p);
	return w;
}

static struct stmt *statement(struct parser *p, enum ctx ctx, struct stmt *up)
{
	if (p->t->kind != TOK_WORD) {
		BAD(p->ld, tok_at(p->s, p->t), "def.statement", "此处应是语句的第一个词，却是“%.*s”", "a statement begins with a word, not “%.*s”",
			STRF(clip(p->t->text)));
		skip_statement(p);
		return NULL;
	}
	if (++p->ld->statements > DEF_STATEMENTS_MAX) {
		BAD(p->ld, tok_at(p->s, p->t), "def.too_many", "声明过多（语句最多 %d 条）", "too many declarations (at most %d statements)",
			DEF_STATEMENTS_MAX);
		while (p->t->kind != TOK_END) p->t++;
		return NULL;
	}
	struct stmt *st = ARENA_NEW(p->ld->scratch, struct stmt);
	st->at = tok_at(p->s, p->t);
	st->word = statement_word(p);
	st->up = up;
	st->kind = kind_find(ctx, st->word);
	if (!arguments(p, st, ctx, &st->arg, &st->n_arg)) return st;
	st->block = true;
	if (p->depth == DEF_DEPTH_MAX) {
		BAD(p->ld, tok_at(p->s, p->t), "def.depth", "嵌套过深（最多 %d 层）", "nested too deeply (at most %d levels)", DEF_DEPTH_MAX);
		skip_block(p);
		return st;
	}
	const struct tok *open = p->t++;
	p->depth++;
	st->child = block(p, st->kind ? st->kind->inner : CTX_NONE, st);
	p->depth--;
	if (!is_op(p->t, OP_CLOSE) || p->unclosed) {
		if (p->unclosed) return st;
		p->unclosed = p->ld->torn = true;
		BAD(p->ld, tok_at(p->s, open), "def.block_open", "“%.*s”的 { 没有配对的 }", "the { of this “%.*s” is never closed", STRF(clip(st->word)));
		return st;
	}
	p->t++;
	bool tail = p->t->kind == TOK_WORD && (str_is(p->t->text, "in") || str_is(p->t->text, "refused"));
	if (tail && arguments(p, st, ctx, &st->tail, &st->n_tail)) {
		BAD(p->ld, tok_at(p->s, p->t), "def.second_block", "一条语句只能有一个块", "a statement has one block only");
		skip_block(p);
	}
	return st;
}

/* A statement of the top at the very left, inside a block that has no such statement: the block was never closed. */
static bool top_again(const struct parser *p, enum ctx ctx)
{
	const struct tok *t = p->t;
	return p->depth && t->first && t->column == 1 && t->kind == TOK_WORD && kind_find(CTX_TOP, t->text) && !kind_find(ctx, t->text);
}

static struct stmt *block(struct parser *p, enum ctx ctx, struct stmt *up)
{
	struct stmt *first = NULL, **link = &first;
	while (p->t->kind != TOK_END && !is_op(p->t, OP_CLOSE) && !p->unclosed && !top_again(p, ctx)) {
		if (is_op(p->t, OP_SEMICOLON)) {
			p->t++;
			continue;
		}
		struct stmt *st = statement(p, ctx, up);
		if (!st) continue;
		*link = st;
		link = &st->next;
	}
	return first;
}

void parse_source(struct load *ld, struct source *s, struct stmt **first)
{
	struct parser p = { .ld = ld, .s = s, .t = s->tok };
	struct stmt **link = first;
	for (;;) {
		*link = block(&p, CTX_TOP, NULL);
		while (*link) link = &(*link)->next;
		if (p.t->kind == TOK_END) return;
		if (p.unclosed) {
			p.unclosed = false;
			continue;
		}
		ld->torn = true;
		BAD(ld, tok_at(s, p.t), "def.block_close", "多余的 }", "this } closes nothing");
		p.t++;
	}
}

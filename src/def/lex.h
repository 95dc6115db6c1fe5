/* Tokens of the declaration language. The whole file is cut at once; mistakes are reported and skipped. */
#ifndef DEF_LEX_H
#define DEF_LEX_H

#include "base/fail.h"

struct load;

enum tok_kind {
	TOK_END,
	TOK_WORD,               /* letters, digits, _ ; begins with a letter */
	TOK_STRING,             /* `text` keeps its quotes and escapes: see tok_string */
	TOK_NUMBER,             /* 12, 1.5 */
	TOK_MONEY,              /* 500万元, 20元 */
	TOK_SIZE,               /* 20MB */
	TOK_DATE,               /* 2026-01-01 */
	TOK_CODE,               /* digits and letters mixed: 5G */
	TOK_OP
};

enum op {
	OP_NONE, OP_OPEN, OP_CLOSE, OP_SEMICOLON, OP_COMMA, OP_PAREN, OP_PAREN_END, OP_DOT, OP_COLON, OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT,
	OP_GE, OP_PLUS, OP_MINUS, OP_TIMES, OP_OVER, OP_ARROW
};

struct tok {
	struct str text;        /* as in the source */
	int line, column;       /* from 1; columns are bytes */
	unsigned char kind, op;
	bool glued;             /* no space before it */
	bool first;             /* the first of its line */
};

struct source {
	struct str name;        /* as shown in messages */
	struct str shown;       /* the same bytes in cx->arena */
	struct str text;
	bool included;
	struct tok *tok;        /* ends with TOK_END */
	int n_tok;
};

void lex_source(struct load *ld, struct source *s);
struct str tok_string(struct arena *a, const struct tok *t);    /* without quotes, escapes replaced */
struct where tok_at(const struct source *s, const struct tok *t);

#endif

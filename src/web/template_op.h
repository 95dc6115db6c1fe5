/* A compiled template: a flat list of operations with names resolved, jumps in place and escaping decided. */
#ifndef WEB_TEMPLATE_OP_H
#define WEB_TEMPLATE_OP_H

#include "web/template_html.h"
#include "web/template_parse.h"

enum root { ROOT_CONST, ROOT_DATA, ROOT_SLOT, ROOT_LOOP };
enum loop_word { LOOP_INDEX, LOOP_FIRST, LOOP_LAST, LOOP_COUNT };

struct get {
	enum root root;
	int slot;                       /* ROOT_SLOT; of the loop for ROOT_LOOP */
	enum loop_word word;
	struct val value;               /* ROOT_CONST */
	const struct segment *seg;
	int n_seg;
	const struct filter_call *filter;
	int n_filter;
};

struct test {
	enum cond_op op;
	struct get get;
	const struct test *a, *b;
};

enum op_kind {
	OP_TEXT,                        /* text[0] */
	OP_TR,                          /* text[lang], escaped already */
	OP_FORMAT,                      /* text[lang] with args */
	OP_PUT,                         /* get[0] */
	OP_FOR,                         /* loop `depth` over get[0]; empty: go `to` */
	OP_NEXT,                        /* back `to` the body, or on */
	OP_UNLESS,                      /* test false: go `to` */
	OP_JUMP,
	OP_BIND                         /* slot = get[0] */
};

struct op {
	enum op_kind kind;
	enum escape escape;
	int to, slot, key_slot, depth;
	struct str text[2];
	const struct get *get;
	int n_get;
	const struct test *test;
};

enum { SLOTS_MAX = 64, LOOPS_MAX = 12 };

struct compiled {
	struct str name;
	const struct op *op;
	int n_op;
};

struct templates {
	struct compiled *v;             /* by name */
	int n;
};

#endif

/* A compiled template: a flat list of operations with names resolved, jumps in place and escaping decided. */
#ifndef WEB_TEMPLATE_OP_H
#define WEB_TEMPLATE_OP_H

#include "web/template_html.h"
#include "web/template_parse.h"

enum root { ROOT_SLOT, ROOT_CONST, ROOT_LOOP };
enum loop_word { LOOP_INDEX, LOOP_FIRST, LOOP_LAST, LOOP_COUNT };

struct get {
	enum root root;
	bool path;                      /* ROOT_SLOT without filters: found, not made */
	int slot;                       /* ROOT_SLOT; of the loop for ROOT_LOOP */
	enum loop_word word;
	struct val value;               /* ROOT_CONST */
	struct segment *seg;            /* this place's own: it remembers */
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
	OP_TEXT,                        /* nothing but `before` */
	OP_TR,                          /* text[lang], escaped already */
	OP_FORMAT,                      /* text[lang] with args */
	OP_PUT,                         /* get[0] */
	OP_FOR,                         /* loop `depth` over get[0]; empty: go `to` */
	OP_NEXT,                        /* back `to` the body, or on */
	OP_UNLESS,                      /* test false: go `to` */
	OP_JUMP,
	OP_BIND                         /* slot = get[0] */
};

enum { TEXT_PAD = 32 };         /* bytes that may be read behind `before`, so that short ones are copied in one piece */

struct op {
	struct str before;              /* static text in front of it */
	enum op_kind kind;
	enum escape escape;
	int to, slot, key_slot, depth;
	const struct get *get;
	const struct test *test;
	int n_get;
	struct str text[2];
};

enum { SLOT_DATA, SLOTS_MAX = 65, LOOPS_MAX = 12 };      /* the first slot holds what is rendered */

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

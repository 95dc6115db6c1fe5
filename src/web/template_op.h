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
	bool brief;                     /* ROOT_SLOT with one filter of filter_short: dates, amounts and ids by the hundred */
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
	OP_PUT,                         /* get[0] */
	OP_FOR,                         /* loop `depth` over get[0], its companions beside it; empty: go `to` */
	OP_NEXT,                        /* back `to` the body, which is behind its OP_FOR, or on */
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
	int next;                       /* OP_FOR: its OP_NEXT */
	bool inner;                     /* OP_FOR of a straightened body: is not straightened itself */
	const struct get *get;          /* OP_FOR: behind the first those of `with`, whose items go into the slots behind `slot` */
	const struct test *test;
	int n_get;
};

enum { SLOT_DATA, SLOTS_MAX = 65, LOOPS_MAX = 12, COMPANIONS_MAX = 4 };      /* the first slot holds what is rendered */

struct compiled {
	struct str name;
	const struct op *op[2];         /* by language: translations are static text */
	int n_op[2];
};

struct templates {
	struct compiled *v;             /* by name */
	int n;
};

#endif

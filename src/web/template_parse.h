/* A template's source as a tree: statements and holes found, nothing resolved, HTML not looked at yet. */
#ifndef WEB_TEMPLATE_PARSE_H
#define WEB_TEMPLATE_PARSE_H

#include "base/fail.h"
#include "base/val.h"
#include "web/template_filter.h"

struct node;
struct nodes { VEC(struct node *); };

struct template_file {
	struct str name, text;
	struct str extends;             /* empty: none */
	size_t extends_at;
	struct nodes body;
	struct nodes block;             /* every block in it, however deep */
	bool included;                  /* by another file */
	bool broken;                    /* mistakes reported while parsing: not compiled further */
};

struct segment {
	struct str name;
	int index;                      /* ≥ 0: also a place in a list */
	bool brief;                     /* lives no longer than the values it meets: a key at the same address is the same */
	size_t seen;                    /* where a map had it last … */
	const char *key;                /* … and by which key, if brief */
};

struct filter_call { enum filter filter; struct str arg; };
enum { FILTERS_MAX = 4, SEGMENTS_MAX = 12, ARGS_MAX = 9 };

/* A value as written: a path or a constant, then filters. */
struct ref {
	size_t at;
	bool constant;
	struct val value;
	struct segment *seg;
	int n_seg;
	struct filter_call filter[FILTERS_MAX];
	int n_filter;
};

enum cond_op { COND_REF, COND_NOT, COND_AND, COND_OR, COND_EQ, COND_NE, COND_LT, COND_GT, COND_LE, COND_GE };
struct cond {
	enum cond_op op;
	struct ref ref;                 /* COND_REF */
	struct cond *a, *b;
};

enum node_kind { NODE_TEXT, NODE_PUT, NODE_TR, NODE_ASSET, NODE_FOR, NODE_IF, NODE_INCLUDE, NODE_BLOCK };

struct branch { struct cond *cond; struct nodes body; };       /* cond NULL: else */
struct bind { struct str name; struct ref ref; };

struct node {
	enum node_kind kind;
	const struct template_file *file;
	size_t at;                      /* offset in file->text */
	struct str text;                /* TEXT; the English of TR; the name of ASSET, INCLUDE, BLOCK */
	struct ref ref;                 /* PUT; what FOR goes through */
	struct ref *arg;                /* TR */
	int n_arg;
	struct str key, var;            /* FOR; key empty when there is one name */
	struct nodes body, other;       /* FOR, BLOCK */
	VEC(struct branch) branch;      /* IF */
	VEC(struct bind) bind;          /* INCLUDE, FOR */
};

/* Report a mistake at an offset of a file. */
#define TEMPLATE_FAIL(cx, file, offset, code, ...) \
	template_blame((cx), (file), (offset), fail((cx), RC_INVALID, (code), template_where((file), (offset)), __VA_ARGS__))
struct where template_where(const struct template_file *file, size_t offset);
enum rc template_blame(struct cx *cx, const struct template_file *file, size_t offset, enum rc rc);

/* Parse file->text; all mistakes are in cx->fails and file->broken is set. */
void template_parse(struct cx *cx, struct arena *arena, struct template_file *file);

#endif

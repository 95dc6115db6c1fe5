/* Inside src/def: what the lexer, the parser, the statement handlers and the checks share while a region is being loaded.
   The work is done in passes over one generic statement tree, so that declarations may stand in any order:
   PASS_NAME makes the objects, PASS_LINK links them (fields to types, moves to states), PASS_RULE types the expressions;
   then check_region looks at the whole. */
#ifndef DEF_LOAD_H
#define DEF_LOAD_H

#include "def/lex.h"
#include "def/model.h"

enum ctx {
	CTX_NONE, CTX_TOP, CTX_REGION, CTX_ROLE, CTX_CODES, CTX_MEASURE, CTX_CRITERION, CTX_CALENDAR, CTX_MAIL, CTX_MENU, CTX_TYPE, CTX_SECTION,
	CTX_FIELD, CTX_TABLE, CTX_CRITERIA, CTX_STATE, CTX_MOVE, CTX_VALUES, CTX_ACCESS, CTX_INDICATOR, CTX_MATRIX, CTX_MATRIX_COLUMN, CTX_SCORING, CTX_SIMILAR, CTX_ASSIGNMENT, CTX_MAKES, CTX_MATCH, CTX_DEMO, CTX_DEMO_ROW, CTX_ACCOUNT, CTX_SCENE, CTX_SCENE_VALUES, CTX_SCENE_ROW,
	CTX_COUNT
};
/* The rules of scenes come last: they name checks and questions that the rules of types declare. */
enum pass { PASS_NAME, PASS_LINK, PASS_RULE, PASS_SCENE, PASS_COUNT };

struct kind;
struct condition;

/* `word argument… ;` or `word argument… { … }`. */
struct stmt {
	struct str word;
	struct where at;
	const struct tok *arg;
	int n_arg;
	const struct tok *tail;         /* what follows the block: create … { … } in filed; */
	int n_tail;
	bool block, bad;                /* bad: reported already, handlers skip it */
	const struct kind *kind;
	struct stmt *child, *next, *up;
	void *object;                   /* what the statement declared: handed to its children; NULL: they are not looked at */
	struct label *heading;          /* of a section */
};

struct load {
	struct cx *cx;
	struct arena *arena;            /* the region's */
	struct arena *scratch;          /* tokens and statements: gone after loading */
	struct region *r;
	VEC(struct source *) sources;
	VEC(struct stmt *) trees;       /* one for each source: its first statement */
	int tokens, statements;
	int64_t bytes;
	VEC(struct condition *) conditions;
	struct stmt *region_stmt;
	bool torn;                      /* blocks do not match: the whole is not judged, much of it would only look missing */
};

typedef void handler(struct load *ld, struct stmt *st, void *object);

enum block { BLOCK_NO, BLOCK_MAY, BLOCK_MUST };

/* One row of the language: what may stand where, how it is written, who reads it, and what it means. */
struct kind {
	enum ctx ctx;
	const char *word;
	const char *usage;              /* arguments, for hints and the manual */
	enum ctx inner;
	enum block block;
	bool once;
	handler *name, *link, *rule;    /* for each pass; NULL: nothing to do */
	size_t offset;                  /* of the member that a simple handler sets */
	const char *zh, *en;
};

extern const struct kind kinds[];
extern const int n_kinds;
const struct kind *kind_find(enum ctx ctx, struct str word);
const char *ctx_word(enum ctx ctx);     /* "field": the statement whose block it is */

/* ---- failures at a place ---- */

struct where load_at(struct load *ld, struct where at);         /* with the file's name in cx->arena: fails outlive the region */
void load_source(struct load *ld, struct where at);             /* adds the source line to the newest failure */
#define BAD(ld, at, code, ...) (fail((ld)->cx, RC_INVALID, code, load_at(ld, at), __VA_ARGS__), load_source(ld, at))
#define WARN(ld, at, code, ...) (fail_note((ld)->cx, LEVEL_WARNING, code, load_at(ld, at), __VA_ARGS__), load_source(ld, at))
#define NOTE(ld, at, code, ...) (fail_note((ld)->cx, LEVEL_INFO, code, load_at(ld, at), __VA_ARGS__), load_source(ld, at))
#define HINT(ld, ...) fail_hint((ld)->cx, __VA_ARGS__)
struct str clip(struct str s);          /* at most 60 bytes, for messages */
/* The newest failure told of something that is declared nowhere and is no slip of the pen: told once, not at each place that uses it. */
void fold_missing(struct load *ld);
/* Names to suggest from; the newest failure gets the nearest as its hint, or else the list when it is short. */
struct names { VEC(struct str); };
void hint_nearest(struct load *ld, struct str word, const struct names *names);

/* Grow a plain array of the model, whose header keeps no capacity: room doubles at powers of two. */
void *array_room(struct arena *a, const void *old, int n, size_t bytes);
#define APPEND(a, array, n, item) ((array) = array_room((a), (array), (n), sizeof *(array)), (array)[(n)++] = (item))

/* ---- arguments of a statement ---- */

struct args { struct load *ld; struct stmt *st; const struct tok *t; int n, i; };

struct args args_of(struct load *ld, struct stmt *st);
struct args args_tail(struct load *ld, struct stmt *st);
const struct tok *args_peek(const struct args *a);              /* TOK_END when used up */
struct where args_at(const struct args *a);                     /* of the next one, or just after the last */
void args_unexpected(struct args *a, const char *zh, const char *en);   /* "expected …, found …" + the usage as hint */
bool args_is(const struct args *a, const char *word);
bool args_word(struct args *a, const char *word);               /* take this word if it is next */
bool args_op(struct args *a, enum op op);
bool args_need_op(struct args *a, enum op op, const char *shown);
bool args_any_word(struct args *a, struct str *word, struct where *at, const char *zh, const char *en);
bool args_name(struct args *a, struct str *name, const char *zh, const char *en);       /* an identifier being declared */
bool args_code(struct args *a, struct str *code);               /* 140203, A01, C-13, 510.20 */
bool args_string(struct args *a, struct str *s);
bool args_label(struct args *a, struct label *l);               /* needs one */
bool args_label_maybe(struct args *a, struct label *l);         /* takes one if it is there; false only after an error */
bool args_int(struct args *a, int64_t low, int64_t high, int64_t *v);
bool args_date(struct args *a, int32_t *day);
bool args_end(struct args *a);                                  /* reports what is left over */
/* A literal: number (INT or DEC), money, text, date, true, false. */
bool args_literal(struct args *a, struct val *v, enum value_type *type);

/* ---- names ---- */

bool name_free(struct load *ld, struct str name, struct where at, struct where first, bool taken);      /* reports a duplicate */
struct type_def *need_type(struct load *ld, struct str name, struct where at);
struct role_def *need_role(struct load *ld, struct str name, struct where at);
struct code_list *need_codes(struct load *ld, struct str name, struct where at);
struct code_item *need_code(struct load *ld, const struct code_list *l, struct str code, struct where at);
struct field_def *need_field(struct load *ld, const struct type_def *t, struct str name, struct where at, bool builtin_too);
struct state_def *need_state(struct load *ld, const struct type_def *t, struct str name, struct where at);
struct move_def *need_move(struct load *ld, const struct type_def *t, struct str name, struct where at);
struct mail_def *need_mail(struct load *ld, struct str name, struct where at);
struct demo_account *need_account(struct load *ld, struct str login, struct where at);
struct indicator_def *need_indicator(struct load *ld, struct str name, struct where at);
struct table_def *need_table(struct load *ld, const struct type_def *t, struct str name, struct where at);
struct field_def *need_column(struct load *ld, const struct table_def *t, struct str name, struct where at);
bool is_ref_to(const struct field_def *f, const struct type_def *t);

/* ---- expressions ---- */

struct scope {
	struct load *ld;
	struct type_def *type;          /* names are its fields; NULL in formulas of indicators */
	struct table_def *row;          /* and before them, columns of this table */
	const struct measure_def *measure;      /* inside a measure: `value.NAME` is one of its values … */
	struct criterion_def *criterion;        /* … used by this criterion */
	bool viewer;                    /* me() and my_org() make sense */
	const struct scope *outer;      /* inside an aggregate's where: what `this.` means; no further aggregate */
};
/* What the place wants: bare words are read as codes or states of it, whole numbers as money 0 or decimals. */
struct want { enum value_type type; struct code_list *codes; struct type_def *ref; };
#define WANT_ANY ((struct want){ 0 })
#define WANT_BOOL ((struct want){ .type = TYPE_BOOL })
struct want want_field(const struct field_def *f);
/* Parse and type the expression that comes next; NULL after an error. */
struct expr *args_expr(struct args *a, const struct scope *sc, struct want want);
struct expr *expr_raw(struct args *a);                                          /* parse only (expr_parse.c) */
struct expr *expr_typed(const struct scope *sc, struct expr *raw, struct want want);      /* type only (expr_type.c) */
enum value_type kind_type(enum field_kind k);
const char *type_word(enum value_type t, enum lang lang);
/* a.b.c from this type, all but the last refs; `state` at the end only when `state` is given. */
bool args_path(struct args *a, const struct type_def *from, struct field_def ***path, int *n);
bool expr_walk(const struct expr *e, bool (*visit)(const struct expr *e, void *ctx), void *ctx);  /* stops when visit is false */

/* ---- parts ---- */

void parse_source(struct load *ld, struct source *s, struct stmt **first);
void walk(struct load *ld, enum pass pass, struct stmt *first, void *object);
void check_region(struct load *ld);
void check_measures(struct load *ld);   /* between the first passes: expressions need the types of values */
void check_types(struct load *ld);      /* check_type.c */
void check_matrices(struct load *ld);
void check_assignments(struct load *ld);
bool assignment_writes(const struct region *r, const struct field_def *f);      /* does one set this field, or make this move? */
bool assignment_moves(const struct region *r, const struct move_def *m);
bool assignment_makes_type(const struct region *r, const struct type_def *t);
void check_scorings(struct load *ld);
void check_similars(struct load *ld);
void check_rest(struct load *ld);
void check_demo(struct load *ld);       /* check_demo.c */
void codes_sort(struct load *ld);       /* kinds_rest.c, after PASS_NAME */

/* A grant as it stands in `by`, access and notify; `until` tokens from the end are left alone. */
bool read_grant(struct args *a, struct type_def *t, bool access, struct grant *g);
bool read_states(struct args *a, struct type_def *t, struct state_def ***state, int *n);
/* A value for a field out of a declaration: `140200`, national, "…", 12, 5万元, 2020-01-01, true; of a ref: `org LOGIN`, `person LOGIN`
   (a text: the login). */
bool read_value(struct args *a, const struct field_def *f, struct type_def *state_of, struct val *v);
/* Is `org LOGIN` or `person LOGIN` next? */
bool args_whose(const struct args *a, const struct field_def *f);
/* Of a demonstration file: its ending is one that can be made (pdf, txt, csv) and that the field takes. */
bool read_file_name(struct args *a, const struct field_def *f, struct str *name);
void make_builtins(struct load *ld);

#endif

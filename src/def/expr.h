/* Typed expressions of the declaration language. Parsed and typed once, when a region is loaded; then evaluated in
   memory (forms, checks, messages with the numbers compared) or turned into SQL (lists, guards, indicators).
   Both give the same answer: a property test holds them together. */
#ifndef DEF_EXPR_H
#define DEF_EXPR_H

#include "base/buf.h"
#include "base/fail.h"
#include "base/val.h"

struct type_def;
struct field_def;
struct table_def;
struct code_list;
struct measure_def;
struct indicator_def;
struct assignment_def;
struct region;

enum value_type {
	TYPE_NONE, TYPE_BOOL, TYPE_INT, TYPE_DEC, TYPE_MONEY, TYPE_TEXT, TYPE_DATE, TYPE_TIME, TYPE_CODE, TYPE_REF, TYPE_STATE,
	TYPE_FILE, TYPE_NULL
};

/* Values in memory: BOOL VAL_BOOL; INT VAL_INT; DEC VAL_DEC; MONEY VAL_INT (fen); TEXT, CODE, STATE VAL_TEXT; DATE VAL_INT (days
   since 1970; readers also take "YYYY-MM-DD"); TIME VAL_INT (UTC ms); REF, FILE VAL_INT (id); the absence of any is VAL_NULL.
   INT and DEC meet in + - comparisons, `in`, if and coalesce, as DEC; FN_DATE is inserted where an instant meets a day. DATE ± INT is
   a DATE, DATE − DATE an INT. INT·DEC is DEC, MONEY·INT and MONEY·DEC are MONEY, MONEY÷MONEY and INT÷INT DEC, MONEY÷INT MONEY, each
   rounded half away from zero. Division by zero gives null; overflow fails. A value assigned to a field has the field's type (an
   int expression for a decimal is written · 1.0). and/or are three-valued as in SQL; not(null) is true. count and sum of nothing
   are 0; avg, min and max of nothing are null. if() with a null condition takes the second value. */
/* Null spreads: an operator with a null side is null, a null condition is false, except `empty(x)` and `coalesce`.
   A check whose condition is null is not judged (the missing field is reported as missing instead). */
enum expr_op {
	EXPR_CONST,             /* `val` */
	EXPR_FIELD,             /* `path`: fields from this record, through refs: challenge.org.level */
	EXPR_STATE,             /* the state of this record (word `state`); EXPR_FIELD path may end in state too (`path_state`) */
	EXPR_COLUMN,            /* inside a table's own check: a column of this row (`path[0]`) */
	EXPR_MEASURE,           /* measure(family.name): the value in force at the day of a record of type `over` (NULL: today) */
	EXPR_NOT, EXPR_NEG,
	EXPR_AND, EXPR_OR,
	EXPR_EQ, EXPR_NE, EXPR_LT, EXPR_LE, EXPR_GT, EXPR_GE,
	EXPR_ADD, EXPR_SUB, EXPR_MUL, EXPR_DIV,
	EXPR_IN,                /* arg[0] in (arg[1] …) */
	EXPR_CALL,              /* `fn` with args */
	EXPR_AGG,               /* count/sum/avg/min/max over a child table or over records that refer here */
	EXPR_INDICATOR          /* in formulas of indicators: `indicator`; evaluated through `lookup` */
};

enum expr_fn {
	FN_TODAY,               /* today(): the date of this request in the region's zone */
	FN_NOW,                 /* now(): its instant */
	FN_WORKDAYS,            /* workdays(date, n): the n-th working day after date, by the calendars */
	FN_DAYS,                /* days(a, b): b − a in days; dates or instants */
	FN_MONTHS, FN_YEARS,    /* whole months, whole years from a to b: the 31st is not reached in a month of 30 days; negative backwards */
	FN_YEAR, FN_MONTH,      /* year, month (1 to 12) of a date or instant */
	FN_DATE,                /* date(instant): its day in the region's zone */
	FN_EMPTY,               /* empty(x): null or "" */
	FN_COALESCE,            /* coalesce(a, b) */
	FN_IF,                  /* if(cond, a, b) */
	FN_ABS, FN_ROUND,       /* round(x, decimals) */
	FN_UP,                  /* up(code): what it stands under in its code list; null at the top */
	FN_PREV,                /* prev(field): the same field in the previous period's return of the same subject */
	FN_ME, FN_MY_ORG,       /* the viewer's person and organisation (guards and access only) */
	FN_AUTHOR,              /* the account's person who created this record */
	FN_SIMILARITY,          /* similarity(NAME): by the comparison `similar`, the percentage of this record's text that stands in others' */
	FN_CONFLICT             /* conflict(ASSIGNMENT [, PERSON]): does a declared conflict stand between this item, or the item of this record that the
				   assignment made, and the person? `assignment`; arg[0]: another person than the record's own */
};

enum expr_agg { AGG_COUNT, AGG_SUM, AGG_AVG, AGG_MIN, AGG_MAX, AGG_ONE };    /* ONE: the only record, a ref; null when there is none or several */

struct expr {
	enum expr_op op;
	enum value_type type;
	struct where at;
	struct str text;                        /* as written, for messages and documentation */

	struct val val;                         /* EXPR_CONST */
	struct str code;                        /* EXPR_CONST of TYPE_CODE or TYPE_STATE: the bare word */
	struct code_list *codes;                /* of a TYPE_CODE; NULL: any */
	struct type_def *ref;                   /* of a TYPE_REF: the type referred to; of a TYPE_STATE: whose state */
	struct field_def **path;                /* EXPR_FIELD, EXPR_COLUMN; all but the last are refs */
	int n_path;
	bool path_state;                        /* the path ends in `.state` of the record reached */
	bool outer;                             /* written this.… in an aggregate's where: of the record (or row) outside of it */
	struct str family, name;                /* EXPR_MEASURE */
	enum expr_fn fn;
	struct expr **arg;
	int n_arg;

	enum expr_agg agg;                      /* EXPR_AGG */
	struct table_def *table;                /* over a child table (then `column`), or */
	struct type_def *over;                  /* over records of this type … */
	struct field_def *back;                 /* … whose field `back` refers to this record, or with `is` … */
	struct expr *is;                        /* … equals this path of it; the record itself is then never among them */
	struct field_def *column;               /* what is summed; NULL for count */
	struct expr *column_expr;               /* or a computed column */
	struct expr *where;                     /* `where` condition, names resolved in `over` or the table; may be NULL */
	struct indicator_def *indicator;        /* EXPR_INDICATOR */
	const struct assignment_def *assignment;        /* FN_CONFLICT */
	const struct similar_def *similar;              /* FN_SIMILARITY */
};

/* workdays() of days and counts beyond these is null, in memory and in SQL: years 1 to 9909, so that no result passes 9999. */
enum { WORKDAYS_FROM = -719162, WORKDAYS_TO = 2900000, WORKDAYS_MAX = 10000 };

/* Where an expression reads its values from when evaluated in memory. */
struct expr_env {
	const struct region *region;
	struct val record;                      /* typed values by field name; tables are lists of maps */
	struct val row;                         /* for table checks */
	struct str state;
	int64_t created_ms;                     /* which measures are in force, where the type has no `day`; 0: at cx->now_ms */
	struct val me, my_org;                  /* ids of the viewer's person and organisation */
	/* What memory does not hold: paths through refs, aggregates over other records, prev(). NULL: such parts are null. */
	enum rc (*lookup)(struct cx *cx, const struct expr_env *env, const struct expr *e, struct val *out);
	void *ctx;                              /* for `lookup` */
	const struct expr_env *outer;           /* inside an aggregate's where: what `this.` means; NULL: this one */
};

/* Is the field itself, of the record that the expression belongs to, in it? (Not what is worked out from it.) */
bool expr_mentions(const struct expr *e, const struct field_def *f);

enum rc expr_eval(struct cx *cx, const struct expr *e, const struct expr_env *env, struct val *out) MUST_USE;
/* As expr_eval and true only for a true condition. `judged` is false when a side was null. */
enum rc expr_true(struct cx *cx, const struct expr *e, const struct expr_env *env, bool *yes, bool *judged) MUST_USE;
/* The day that decides which measures are in force for this record: by the type's `day`, else when it was made, else today. */
enum rc expr_record_day(struct cx *cx, const struct type_def *t, const struct expr_env *env, int32_t *day) MUST_USE;
/* "85 + 93 = 178 ≠ 180": both sides of a failed comparison with their numbers, for the reader. */
struct str expr_show(struct cx *cx, const struct expr *e, const struct expr_env *env, enum lang lang);
/* The same whether it holds or not, with what is needed: "own area 8,000 m² (needed: ≥ 10,000)". */
struct str expr_show_needed(struct cx *cx, const struct expr *e, const struct expr_env *env, enum lang lang);

#endif

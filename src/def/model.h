/* A loaded region: everything its declarations say, resolved and checked. Read-only after loading; owned by one arena.
   Positions stay on every declared object for life, so that a rule failing at run time cites its line. */
#ifndef DEF_MODEL_H
#define DEF_MODEL_H

#include "base/fail.h"
#include "base/val.h"
#include "def/expr.h"

struct label { struct str zh, en; };
static inline struct str label_text(const struct label *l, enum lang lang) { return lang == LANG_ZH || !l->en.n ? l->zh : l->en; }

/* ---- code lists ---- */

struct code_item {
	struct str code;
	struct label label;
	struct str parent;                      /* `under CODE`; empty at the top */
	int32_t from, to;                       /* days since 1970; INT32_MIN / INT32_MAX when open */
	int order;
	struct where at;
};

struct code_list {
	struct str name;
	struct label label;
	struct str source;                      /* "GB/T 2260" */
	bool unverified;
	struct code_item *item;
	int n_item;
	struct code_item **sorted;              /* by code, for codes_item */
	struct where at;
};

/* ---- measures: values by document number and validity ---- */

struct measure_value {
	struct str name;
	struct label label;
	struct val val;
	enum value_type type;
	bool unverified;
	struct where at;
};

/* Values that count otherwise for some records: 0.8 of the area in poor counties. Only criteria of the same version see it. */
struct modify_def {
	int *value;                             /* places in the version's values */
	int n_value;
	int64_t factor;                         /* millionths */
	struct expr *cond;                      /* over the type judged */
	struct label label;
	bool unverified;
	struct where at;
};

/* One condition that a record of the type judged should meet. */
struct criterion_def {
	struct str name;
	struct label label, hint;
	struct expr *when;                      /* applies only then; NULL: always */
	struct expr *cond;                      /* NULL: nothing to compute, people judge */
	bool evidence;                          /* a file must be given before filing */
	bool unverified;                        /* itself, a value it uses, or the whole version */
	struct modify_def **modify;             /* those of the values it uses */
	int n_modify;
	bool *show;                             /* shown beside it to who judges: by index, tables after fields; NULL: the figures compared alone */
	struct measure_def *measure;
	struct where at;
};

struct measure_def {
	struct str family;
	struct label label;
	struct str number;                      /* 云财规〔2020〕3号 */
	int32_t from, to;
	bool unverified;
	struct measure_value *value;
	int n_value;
	struct type_def *judges;                /* `for TYPE [when CONDITION]`: whose records its criteria judge */
	struct expr *judges_when;
	struct criterion_def **criterion;
	int n_criterion;
	struct modify_def **modify;
	int n_modify;
	struct where at;
};

/* ---- record types ---- */

enum field_kind {
	FIELD_TEXT,             /* one line */
	FIELD_LONG,             /* several lines */
	FIELD_INT, FIELD_DEC, FIELD_MONEY, FIELD_BOOL, FIELD_DATE, FIELD_TIME,
	FIELD_CODE,             /* of `codes` */
	FIELD_REF,              /* to `ref` */
	FIELD_FILE,
	FIELD_EMAIL, FIELD_PHONE, FIELD_USCC, FIELD_ORCID, FIELD_URL
};

/* Fields that every record has without declaring them; they are standard columns of its table. */
enum builtin {
	BUILTIN_NONE,
	BUILTIN_ORG,            /* FIELD_REF to the type `org` (when the region has one): the owner organisation */
	BUILTIN_AUTHOR,         /* FIELD_REF to `person`: who created it */
	BUILTIN_CREATED, BUILTIN_CHANGED,       /* FIELD_TIME */
	BUILTIN_DIVISION,       /* FIELD_CODE of `division` (when the region has that list), else FIELD_TEXT */
	BUILTIN_NUMBER,         /* FIELD_TEXT */
	BUILTIN_COUNT
};

enum field_class { CLASS_PUBLIC, CLASS_INTERNAL, CLASS_PERSONAL, CLASS_SENSITIVE };

struct field_def {
	struct str name;
	struct label label, hint;
	enum field_kind kind;
	struct code_list *codes;
	struct type_def *ref;
	struct str code;                        /* the form's cell code ("e00"); empty when none */
	struct label unit;                      /* as shown; money has the region's currency */
	struct label section;                   /* heading it stands under; empty: the first, untitled one */
	bool required;
	struct expr *required_when;             /* instead of `required` */
	bool has_min, has_max;
	int64_t min, max;                       /* INT as is, DEC millionths, MONEY fen, texts characters, files bytes */
	struct str types;                       /* file name endings allowed: "pdf docx xlsx" */
	struct str mask;                        /* of a text: 9 a digit, A a capital letter, X either, all else itself; empty: any text */
	struct expr *initial;                   /* `default EXPR` */
	struct expr *compute;                   /* never stored: worked out when read */
	bool unique, sealed;
	bool deadline;                          /* a date or time that calendars show */
	bool strip;                             /* files: readers outside get them without what tells of their author (rec/strip.h) */
	bool by_system;                         /* never on forms: set by moves, demonstration data and imports */
	enum builtin builtin;                   /* then `index` is -1 */
	enum field_class klass;
	int index;                              /* in its type's `field` (or table's `column`), the bit in access masks */
	struct table_def *in_table;             /* NULL for fields of the record itself */
	struct type_def *type;
	struct where at;
};

struct check_def {
	enum level level;                       /* error blocks; warning needs a note; info shows */
	struct str name;                        /* stable: "check_" and its place, or as declared */
	struct expr *cond;
	struct label message;
	struct table_def *table;                /* judged for each row of it, or NULL */
	struct where at;
};

/* Columns of a `criteria` table, in this order. Rows follow the criteria in force while a record is a draft; what is filed stays
   as it was judged. The applicant fills in STATEMENT and PROOF of a draft, whoever may edit it later VERDICT and NOTE. */
enum criteria_column {
	CRITERIA_FAMILY, CRITERIA_NUMBER,       /* the measure and its document number */
	CRITERIA_NAME, CRITERIA_TEXT, CRITERIA_TEXT_EN, CRITERIA_UNVERIFIED,
	CRITERIA_JUDGED,                        /* met, not_met, unknown */
	CRITERIA_SHOWN, CRITERIA_SHOWN_EN,      /* the numbers compared */
	CRITERIA_STATEMENT, CRITERIA_PROOF,
	CRITERIA_VERDICT,                       /* met, not_met, not_applicable */
	CRITERIA_NOTE, CRITERIA_COLUMNS
};

struct table_def {
	bool criteria;                          /* made by `criteria`: columns by enum criteria_column */
	struct expr *late;                      /* of criteria: whose verdicts are overdue; NULL: not declared */
	struct label late_words;
	struct str name;
	struct label label, hint;
	struct field_def **column;
	int n_column;
	int min_rows, max_rows;
	struct label section;
	bool sealed;
	int index;
	struct type_def *type;
	struct where at;
};

struct state_def {
	struct str name;
	struct label label, hint;               /* hint: what comes next, in words */
	bool draft;                             /* may be incomplete; only drafts can be deleted */
	bool sealed;                            /* sealed fields are stored encrypted in this state */
	bool final;
	struct expr *due;                       /* the last day to move on, a TYPE_DATE; NULL: none */
	bool judged;                            /* criteria are judged anew on every save and before every move out of it, as in a draft */
	enum { TONE_PLAIN, TONE_WAIT, TONE_GOOD, TONE_BAD } tone;
	int index;
	struct where at;
};

/* Who: a role, or one of the words public (nobody signed in), signed (anybody signed in), system (the clock);
   in `notify` also author (who created the record). */
enum who_kind { WHO_ROLE, WHO_PUBLIC, WHO_SIGNED, WHO_SYSTEM, WHO_AUTHOR };
enum scope_kind {
	SCOPE_ALL,
	SCOPE_OWN,              /* created by the viewer; with a path: that ref is the viewer's person */
	SCOPE_ORG,              /* of the viewer's organisation; with a path: that ref is it */
	SCOPE_DIVISION          /* the record's division (or the path's code) lies in the viewer's */
};

struct grant {
	enum who_kind who;
	struct role_def *role;
	enum scope_kind scope;
	struct field_def **path;                /* of the scope; in `via` if that is set */
	int n_path;
	struct type_def *via;                   /* a record of this type … */
	struct field_def *via_field;            /* … whose field refers here, and is in the scope */
	struct state_def **state;               /* only in these states; n 0: all */
	int n_state;
	struct expr *when;
	bool *field;                            /* by field index, true = visible; NULL: all. Tables follow fields: n_field + table index */
	struct where at;
};

enum access_act { ACT_SEE, ACT_EDIT, ACT_CREATE, ACT_COUNT };

enum action_kind { DO_SET, DO_CREATE, DO_MOVE, DO_NOTIFY };

/* Of this record, or of the one that the action's `path` leads to: a field, or all rows of a table (columns of the same name, without files). */
struct action_set {
	struct field_def *field; struct expr *value;
	struct table_def *table, *from;         /* rows of `from`, of the record that `from_path` leads to (n 0: this one) */
	struct field_def **from_path; int n_from_path;
	struct expr *where;                     /* only the rows for which it holds; NULL: all. Names: columns of `from`, then fields of this record */
};

/* `each` of a create: rows of a table of this record, or records that refer to it. */
struct action_each {
	struct table_def *table;
	struct type_def *over;
	struct field_def *back;
	struct state_def **state;
	int n_state;
	struct str as;                          /* its name in the values: p.expert */
};

struct create_value {
	struct field_def *field;                /* of the new record */
	struct str source;                      /* "" this record, else the `as` name of an each */
	struct field_def *from;                 /* copied from there; NULL: the record itself (for a ref) */
	struct expr *value;                     /* or worked out over this record; source and from unused */
	struct table_def *table_to, *table_from;        /* a whole table copied: columns of the same name */
};

struct action_def {
	enum action_kind kind;
	struct expr *when;                      /* only then; judged over the record with the `set`s before it, the others when it has moved */
	struct field_def **path;                /* DO_SET, DO_MOVE: refs that lead to another record; n 0: this one, or `back` */
	int n_path;
	struct action_set set;                  /* DO_SET */
	struct type_def *type;                  /* DO_CREATE: of the new record; DO_MOVE: of those moved */
	struct action_each *each;
	int n_each;
	struct create_value *value;
	int n_value;
	struct state_def *into;                 /* state of the new record; NULL: the type's first */
	struct grant *owner;                    /* DO_CREATE: unused; DO_NOTIFY: to whom (who + scope) */
	struct field_def *back;                 /* DO_MOVE: records whose `back` refers here … */
	struct state_def **state;               /* … in these states … */
	int n_state;
	struct move_def *move;                  /* … make this move, as the system; NULL back: the end of `path` */
	struct mail_def *mail;                  /* DO_NOTIFY */
	struct where at;
};

/* `why`: shown when it does not hold. `asked`: it is about a field that the move itself asks, and so is judged with the answer only.
   `timed`: it waits for a day or an hour, so nobody can see to it. */
struct guard_def { struct expr *cond; struct label why; bool asked, timed; struct where at; };

struct move_def {
	struct str name;
	struct label label, hint, confirm;      /* confirm: the question asked first, if any */
	struct state_def **from;
	int n_from;
	struct state_def *to;
	struct grant *by;
	int n_by;
	bool not_author;
	struct move_def **not_by;               /* nobody who made one of these moves on the record (four eyes) */
	int n_not_by;
	struct guard_def *guard;
	int n_guard;
	struct field_def **ask;                 /* fields filled in with the move itself (they must be valid then) */
	bool *ask_required;
	int n_ask;
	bool reason;                            /* a reason must be given; kept in the event */
	struct expr *approvals;                 /* how many people must make it before it happens (a TYPE_INT); NULL: one */
	bool optional;                          /* not on to-do lists */
	bool receipt;                           /* who makes it gets a receipt (rec/receipt.h) */
	struct action_def *action;
	int n_action;
	int index;
	struct type_def *type;
	struct where at;
};

struct type_def {
	struct str name;
	struct label label, plural, hint;
	struct str number;                      /* pattern "BD{year}-{seq:4}" or "B{random:6}" given when it leaves draft; empty: none */
	struct field_def **number_field;        /* fields that it names, {plan}: text, code or int */
	int n_number_field;
	struct field_def *title;                /* the field that names a record */
	struct field_def **field;               /* in form order */
	int n_field;
	struct table_def **table;
	int n_table;
	struct table_def *criteria;             /* one of them, or NULL */
	struct check_def **check;
	int n_check;
	struct state_def **state;               /* [0] is the first */
	int n_state;
	struct move_def **move;
	int n_move;
	struct grant **grant[ACT_COUNT];
	int n_grant[ACT_COUNT];
	struct field_def **list;                /* default columns; the state is shown after them anyway */
	int n_list;
	bool copies;                            /* a record may be the start of a new one … */
	bool *not_copied;                       /* … without these, as struct grant's `field` counts them */
	struct field_def *return_of;            /* annual return: the ref to its subject … */
	struct field_def *period;               /* … and its int field of the year; the two are unique together */
	struct expr *day;                       /* the record's day, a TYPE_DATE: which measures are in force for it; NULL: when it was made */
	struct field_def *builtin[BUILTIN_COUNT];       /* by enum builtin; NULL where it cannot exist */
	struct field_def *division;             /* a code field that scopes it; NULL: the owner organisation's division */
	struct field_def *anonymous;            /* who does not see this field learns neither the person nor what tells who it is; or NULL */
	bool registry;                          /* org, person: known to the kernel */
	int index;
	struct where at;
};

/* Endings of files that can be stripped. */
bool file_strips(struct str ending);

/* ---- the rest ---- */

struct role_def {
	struct str name;
	struct label label, hint;
	bool staff;                             /* of the department: sees officer's menus */
	bool accounts, grants, audits;          /* opens and closes accounts; gives roles; reads the audit log */
	int index;
	struct where at;
};

enum indicator_kind { INDICATOR_COUNT, INDICATOR_SUM, INDICATOR_AVG, INDICATOR_DISTINCT, INDICATOR_FORMULA };
enum indicator_time { INDICATOR_STOCK, INDICATOR_FLOW, INDICATOR_CUMULATIVE };

struct indicator_def {
	struct str name;
	struct label label;
	struct label *alias;
	int n_alias;
	struct label subject;
	enum indicator_kind kind;
	enum indicator_time time;
	struct type_def *of;
	struct expr *value;                     /* summed, averaged or made distinct; over `of` */
	struct expr *where;
	struct expr *formula;                   /* over other indicators: arithmetic over EXPR_INDICATOR, in their figures (TYPE_DEC) */
	struct label unit;                      /* the unit of the figure … */
	int64_t scale;                          /* … in the stored unit, millionths: 万元 over fen = 1e6 fen; % of a ratio = 0.01 */
	int decimals;
	struct str period;                      /* "2020", "2020-12-31" or empty */
	struct role_def *owner;
	struct where at;
};

struct mail_def { struct str name; struct label subject, text; struct where at; };

struct calendar_def { int year; int32_t *holiday; int n_holiday; int32_t *workday; int n_workday; bool unverified; struct where at; };

/* A matrix: the rows of a code list, in each cell a count or sum of the records that carry the code. */
struct matrix_column {
	struct indicator_def what;              /* first: the handlers of indicators fill it */
	struct field_def *by;                   /* its code field of the matrix's list */
};
struct matrix_def {
	struct str name;
	struct label label, hint;
	struct code_list *rows;
	struct matrix_column **column;
	int n_column;
	struct where at;
};

/* From sheets to a ranking: reviewers fill in `sheet`, one for each item they score. */
struct scoring_def {
	struct str name;
	struct label label, hint;
	struct type_def *sheet;
	struct field_def *item;                 /* its ref to what is scored */
	struct state_def **counts;              /* states of sheets that count; none: all */
	int n_counts;
	struct state_def **in;                  /* states of items that are listed; none: all */
	int n_in;
	struct field_def *reviewer;
	struct field_def *group, *item_group;   /* of sheet and item: what is ranked together */
	struct expr *score, *vote;              /* over the sheet: INT or DEC, BOOL (NULL: no votes) */
	struct expr *cut;                       /* over the group; NULL: none */
	struct str method;                      /* a name of engine/scores.h */
	int trim;
	struct where at;
};

/* Texts compared for passages in common: of whose records, which fields, and whose are compared with them all. */
struct similar_text {
	struct type_def *type;
	struct field_def **field;               /* texts of it, or columns of its tables, in the order in which they are read */
	int n_field;
	struct state_def **state;               /* records in these states; none: all */
	int n_state;
	struct field_def **own;                 /* whose text it is: earlier work of the same is told apart; n 0: nobody's */
	int n_own;
	struct where at;
};
struct similar_def {
	struct str name;
	struct label label, hint;
	struct similar_text **text;             /* one a type */
	int n_text;
	struct type_def *compares;              /* one of them: whose records are compared … */
	struct state_def **in;                  /* … in these states */
	int n_in;
	struct where at;
};
enum { SIMILAR_TEXTS = 12, SIMILAR_FIELDS = 24 };

struct menu_item { struct type_def *type; struct matrix_def *matrix; struct str page; struct label label; };
struct menu_def { struct label label; struct menu_item *item; int n_item; bool staff; struct where at; };

/* Demonstration data: N records of a type, from a seed; totals are met exactly. */
enum demo_kind {
	DEMO_SET,               /* every record: a text pattern ({seq:3}, {field}) or a constant */
	DEMO_SPLIT,             /* exact counts by value: national 15, provincial 31 */
	DEMO_SPREAD,            /* by weights, each at least once when it can */
	DEMO_TOTAL,             /* numbers that add to the total, each ≥ min and ≤ max */
	DEMO_RANGE,             /* a number, date or time between two bounds */
	DEMO_PICK,              /* one of the listed texts or codes, by chance */
	DEMO_UNDER,             /* a ref, to the records made by another demo (or of a type), spread evenly or by a field's weight */
	DEMO_COPY,              /* the value of another field (path) of the same record */
	DEMO_WORK,              /* worked out from what is set already */
	DEMO_ROWS,              /* rows of a table, by rules of their own */
	DEMO_FILE               /* a small file is made */
};
/* A value of a ref is a text: the login of the demonstration account whose organisation or person it is. */
struct demo_share { struct val val; int64_t weight; };
struct demo_rule {
	enum demo_kind kind;
	struct field_def *field;                /* NULL: the state (split and spread), or the rows of a table */
	struct str pattern, pattern_en;
	struct val val, low, high;
	struct demo_share *share;
	int n_share;
	struct str under;                       /* name of the demo block or type drawn from */
	struct field_def *weight;               /* its field used as weight, or NULL */
	struct field_def **path;
	int n_path;
	struct expr *work;                      /* DEMO_WORK */
	struct demo_def *rows;                  /* DEMO_ROWS */
	struct str file, text;                  /* DEMO_FILE: its name, and a pattern of what stands in it */
	struct where at;
};
struct demo_def {
	struct str name;                        /* "" or a handle for `under` */
	struct type_def *type;
	struct table_def *table;                /* of a row block: the rules fill its columns; NULL: records */
	int64_t count;                          /* of a row block: of all records together */
	int64_t each;                           /* rows for each record */
	struct state_def *state;
	struct demo_account *by;                /* who made them; NULL: nobody */
	struct demo_rule *rule;
	int n_rule;
	uint64_t seed;
	struct where at;
};
/* Demonstration accounts, one for each role; password printed by `make run`. */
struct demo_account {
	struct str login;
	struct label name;
	struct role_def **role;
	int n_role;
	struct label org;                       /* its organisation's name: made if absent */
	struct str org_kind, division;          /* codes */
	struct where at;
};

/* A named condition as written, "(body org) = …": what uses it holds it already, this is for comparing and documentation. */
struct condition_def { struct str name, text; struct where at; };

struct scene_def;       /* def/scene.h */
struct assignment_def;  /* def/assignment.h */
/* What a role is for beside records. */
enum duty { DUTY_STAFF, DUTY_ACCOUNTS, DUTY_GRANTS, DUTY_AUDITS };

struct region {
	struct arena *arena;
	struct str dir, name;
	struct label label, brand, currency;
	int zone_minutes;
	struct str division;                    /* the region's own code */
	bool demo;                              /* demonstration data and its clock are allowed */
	enum lang first_lang;
	struct code_list **codes;       int n_codes;
	struct condition_def **condition; int n_condition;
	struct measure_def **measure;   int n_measure;
	struct role_def **role;         int n_role;
	struct type_def **type;         int n_type;
	struct indicator_def **indicator; int n_indicator;
	struct mail_def **mail;         int n_mail;
	struct calendar_def **calendar; int n_calendar;
	struct matrix_def **matrix;     int n_matrix;
	struct assignment_def **assignment; int n_assignment;
	struct scoring_def **scoring;   int n_scoring;
	struct similar_def **similar;   int n_similar;
	struct menu_def **menu;         int n_menu;
	struct demo_def **demo_block;   int n_demo;
	struct demo_account **account;  int n_account;
	struct scene_def **scene;       int n_scene;
	struct str *file;               int n_file;     /* the declaration files read, in order */
	struct str digest;                              /* SHA-256 (hex) of all their bytes */
};

/* Load and check a folder (and what it includes). Every mistake of one run is in cx->fails; RC_INVALID if there was any. */
enum rc region_load(struct cx *cx, struct arena *arena, struct str dir, struct region **out) MUST_USE;
/* The same for declarations in memory (tests, fuzzing, an editor's preview): one file called `name`; includes are refused. */
enum rc region_load_text(struct cx *cx, struct arena *arena, struct str name, struct str text, struct region **out) MUST_USE;

/* Limits of the language; reaching one is a failure like any other. The arena given should have a ceiling of 128 MiB or more. */
enum {
	DEF_FILE_MAX = 4 << 20, DEF_TOTAL_MAX = 16 << 20, DEF_FILES_MAX = 256, DEF_TOKENS_MAX = 600000, DEF_STATEMENTS_MAX = 100000,
	DEF_DEPTH_MAX = 32, DEF_NAME_MAX = 30, DEF_TEXT_MAX = 8000, DEF_TOP_MAX = 1000, DEF_ROLES_MAX = 64, DEF_FIELDS_MAX = 280,
	DEF_TABLES_MAX = 40, DEF_STATES_MAX = 64, DEF_MOVES_MAX = 128, DEF_CODES_MAX = 20000, DEF_LIST_MAX = 1000,
	DEF_EXPR_TOKENS_MAX = 600, DEF_EXPR_DEPTH_MAX = 32
};

struct type_def *region_type(const struct region *r, struct str name);          /* NULL when absent; so all below */
struct role_def *region_role(const struct region *r, struct str name);
/* Does the viewer hold a role with this duty? */
struct viewer;
bool region_duty(const struct region *r, const struct viewer *v, enum duty duty);
struct code_list *region_codes(const struct region *r, struct str name);
struct matrix_def *region_matrix(const struct region *r, struct str name);
struct scoring_def *region_scoring(const struct region *r, struct str name);
struct similar_def *region_similar(const struct region *r, struct str name);
const struct similar_text *similar_text_of(const struct similar_def *s, const struct type_def *t);     /* NULL: its records are no sources */
struct indicator_def *region_indicator(const struct region *r, struct str name);
struct mail_def *region_mail(const struct region *r, struct str name);
struct demo_account *region_account(const struct region *r, struct str login);
struct field_def *type_field(const struct type_def *t, struct str name);        /* declared ones only */
struct field_def *type_any_field(const struct type_def *t, struct str name);    /* or built in */
struct table_def *type_table(const struct type_def *t, struct str name);
struct state_def *type_state(const struct type_def *t, struct str name);
struct move_def *type_move(const struct type_def *t, struct str name);
struct field_def *table_column(const struct table_def *t, struct str name);
struct code_item *codes_item(const struct code_list *c, struct str code);
/* The value of family.name in force on a day (the record's), with the measure that says so. */
const struct measure_value *region_measure(const struct region *r, struct str family, struct str name, int32_t day, const struct measure_def **by);
/* The criterion of a measure by this document number; NULL when it is not declared any more. */
const struct criterion_def *region_criterion(const struct region *r, struct str family, struct str number, struct str name);
/* The n-th working day after `day` (n ≥ 0): weekends off, declared holidays off, declared make-up days on. */
int32_t region_workday(const struct region *r, int32_t day, int n);

#endif

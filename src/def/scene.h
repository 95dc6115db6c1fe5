/* Scenes: what a region should do, told as steps on a fresh database: given, who does what, what is refused, what must hold then.
   Parsed with the region (names are checked), run by rec/scene.c. They are no part of what a region does. */
#ifndef DEF_SCENE_H
#define DEF_SCENE_H

#include "def/model.h"

enum scene_value_kind { SCENE_LITERAL, SCENE_NONE, SCENE_HANDLE, SCENE_ORG, SCENE_PERSON, SCENE_FILE };
struct scene_value {
	struct field_def *field;
	enum scene_value_kind kind;
	struct val val;                         /* SCENE_LITERAL */
	int handle;                             /* SCENE_HANDLE: of the scene */
	struct demo_account *account;           /* SCENE_ORG, SCENE_PERSON */
	struct str file;                        /* SCENE_FILE: its name */
	struct where at;
};
struct scene_rows { struct table_def *table; struct scene_step *step; struct scene_value *value; int n_value; };
struct scene_note { struct str check, text; };          /* "name" or "name.row" of the warning */

enum scene_kind {
	SCENE_DAY,              /* the clock is set forward, to `day` and `minutes` after midnight */
	SCENE_WAIT,             /* … by `n` of `unit` */
	SCENE_GIVEN,            /* a record straight into the database */
	SCENE_CREATE, SCENE_COPY, SCENE_EDIT, SCENE_DELETE, SCENE_MOVE,     /* `account` does it, by the command layer */
	SCENE_FIND,             /* the one record whose fields have these values and for which `expr` holds gets a handle */
	SCENE_HOLDS,            /* `expr` is true for the record */
	SCENE_IS,               /* the field `value[0]` has that value */
	SCENE_COUNT,            /* `n` records of `type`, where `expr` */
	SCENE_SEES, SCENE_TODO, SCENE_MAY,      /* `account` …; `negated` */
	SCENE_MAIL,             /* a notice with this `text` went to `account` */
	SCENE_INDICATOR         /* `indicator` `op` `figure` */
};
enum scene_unit { SCENE_MINUTES, SCENE_HOURS, SCENE_DAYS, SCENE_WORKDAYS };
enum scene_op { SCENE_EQ, SCENE_NE, SCENE_LT, SCENE_LE, SCENE_GT, SCENE_GE };

struct scene_step {
	enum scene_kind kind;
	struct scene_def *scene;
	struct demo_account *account;           /* of given: who made it, or NULL */
	int handle;                             /* the record: index in `scene->handle` */
	int from;                               /* SCENE_COPY: the one that is copied */
	struct type_def *type;                  /* of that record */
	struct state_def *state;                /* given: NULL is the first */
	struct move_def *move;
	struct scene_value *value;
	int n_value;
	struct scene_rows **rows;               /* tables may stand several times: one row each */
	int n_rows;
	struct scene_note *note;
	int n_note;
	struct str reason;
	bool refused;                           /* must be refused, by … */
	struct check_def *check;                /* … this check, or … */
	struct str text;                        /* … this in a code, a field or a message; of mail: in subject or text */
	bool negated;
	struct field_def *field;                /* SCENE_SEES: this field … */
	struct table_def *table;                /* … or table; neither: the record */
	struct expr *expr;
	struct indicator_def *indicator;
	enum scene_op op;
	int64_t figure;                         /* millionths, in the indicator's own unit */
	int32_t day;
	int minutes;
	int64_t n;
	enum scene_unit unit;
	struct where at;
};

struct scene_handle { struct str name; struct type_def *type; struct where at; };

struct scene_def {
	struct str name;
	struct label label;
	struct str *row;                        /* of the list of requirements, as written */
	int n_row;
	struct scene_handle *handle;
	int n_handle;
	struct scene_step **step;
	int n_step;
	struct where at;
};

enum { SCENE_STEPS_MAX = 300, SCENE_HANDLES_MAX = 100, SCENE_YEAR_MIN = 2021 };

#endif

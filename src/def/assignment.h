/* Assignments: which persons (experts) get which items (applications, bids) of a round, by rules that a region declares.
   What stands in the way of a pair, and what speaks for it, are both *matches*: sets of keys on the item's side against sets of keys on
   the person's side. A pair is in conflict when they meet; it has affinity in the share of the item's keys that the person has too.
   Read set by set (rec/assignment.h), and for a single record by the function conflict(NAME). */
#ifndef DEF_ASSIGNMENT_H
#define DEF_ASSIGNMENT_H

#include "def/model.h"

/* `[PATH] [of TYPE.[TABLE.]FIELD] [where CONDITION]`: keys of an item or person. */
struct key_def {
	struct type_def *over;                  /* keys come from records of this type … */
	struct field_def *back;                 /* … whose field, or column of a table, refers to the item or person; NULL: from itself */
	struct table_def *table;                /* one for each row of this table of it, or NULL */
	struct field_def **path;                /* what the key is; n 0: the record itself (`this`) */
	int n_path;
	struct expr *where;                     /* which records, or which rows of the table */
	struct where at;
};

enum match_how {
	MATCH_SAME,             /* the whole value */
	MATCH_CODES,            /* a code and all it stands under: nearer codes share more */
	MATCH_WORDS             /* the words of a text between ; , 、 and spaces */
};

struct match_def {
	struct str name;
	struct label label;
	bool conflict;                          /* else affinity: … */
	enum match_how how;
	int weight;                             /* … points when the person has all of the item's keys; may be negative */
	struct key_def *item, *person;
	int n_item, n_person;
	struct where at;
};

enum assignment_rule_kind { RULE_ONE, RULE_LEAST, RULE_MOST, RULE_CAP, RULE_RING };
struct assignment_rule {
	enum assignment_rule_kind kind;
	int n;                                  /* LEAST, MOST: experts of an item; CAP: items of an expert; RING: 2 or 3 */
	struct label label;
	struct expr *where;                     /* LEAST, MOST: over persons, or … */
	struct field_def **item, **person;      /* … the same value at the ends of both paths. ONE: person only; CAP, RING: item only */
	int n_item, n_person;
	struct where at;
};

enum made_from { MADE_ROUND, MADE_ITEM, MADE_PERSON };
struct made_value { struct field_def *field; enum made_from from; struct field_def **path; int n_path; };      /* n 0: the record itself */

enum assignment_aim { AIM_TOTAL, AIM_FAIR, AIM_FAIR_TOTAL };

struct assignment_def {
	struct str name;
	struct label label, hint;
	struct type_def *round;
	struct state_def **open;                /* states of the round in which it is proposed and published; n 0: all */
	int n_open;
	struct type_def *item, *person;
	struct field_def **item_path, **round_path;     /* items are those whose item_path gives what round_path gives (n 0: the round) */
	int n_item_path, n_round_path;
	struct expr *item_where, *person_where;
	struct type_def *makes;                 /* one for each pair, when it is published */
	struct state_def *into;                 /* NULL: its first state */
	struct state_def **vacant;              /* in these the place is empty again (declined, void) */
	int n_vacant;
	int rest;                               /* who served in each of the last so many rounds gets nothing in this one; 0: nobody rests */
	struct label rest_words;
	struct expr *rest_where;                /* which rounds count */
	struct made_value *value;
	int n_value;
	struct field_def *made_item, *made_person, *made_round; /* of `makes`, from the values; made_round may be NULL */
	struct expr *need, *most, *least;       /* over item; over person; least NULL: 0 */
	struct match_def **match;               /* conflicts and affinities in declared order */
	int n_match, n_conflict, n_affinity;
	struct assignment_rule *rule;
	int n_rule;
	int candidates, tolerance;
	bool draw;
	enum assignment_aim aim;
	struct grant *by, *publish;
	int n_by, n_publish;
	struct move_def *proposed, *published;  /* moves of the round, as the system, in the same transaction; or NULL */
	struct field_def *commitment, *seed;    /* texts of the round, written when proposed and when published */
	struct grant *notify;                   /* over `makes`; one notice an account */
	struct mail_def *mail;
	struct where at;
};

enum { ASSIGNMENT_MATCHES = 24, ASSIGNMENT_RULES = 16, ASSIGNMENT_KEYS = 16, ASSIGNMENT_CANDIDATES = 40 };

struct assignment_def *region_assignment(const struct region *r, struct str name);      /* NULL when absent */

#endif

/* What can be said about loaded regions: differences, rights of a role, documentation. Text into a buffer; nothing fails. */
#ifndef DEF_REPORT_H
#define DEF_REPORT_H

#include "base/buf.h"
#include "def/model.h"

/* ---- differences ---- */

enum change_kind { CHANGE_ADDED, CHANGE_REMOVED, CHANGE_RETYPED, CHANGE_CHANGED };

struct change {
	enum change_kind kind;
	bool safe;                      /* false: stored records could lose something, or stop being valid */
	const char *what;               /* "type", "field", "state", "code", "see" … */
	struct str path;                /* challenge.bounty */
	struct str before, after;       /* in words of the language; empty when there is none */
	struct where at;                /* in the new region; in the old one for what is removed */
};
struct changes { VEC(struct change); int unsafe; };

void region_diff(struct arena *a, const struct region *from, const struct region *to, struct changes *out);
void changes_print(struct buf *out, const struct changes *c, enum lang lang);

/* ---- rights ---- */

/* All that a role can reach, and the line that allows it; NULL: somebody not signed in. */
void region_audit(struct buf *out, const struct region *r, const struct role_def *role, enum lang lang);

/* ---- documentation (Markdown) ---- */

/* The states of a type and the moves between them as SVG, deterministic; arrows carry the moves' places in declared order, from 1. */
void region_diagram(struct buf *out, const struct type_def *t, enum lang lang);

void region_doc(struct buf *out, const struct region *r, enum lang lang);
void language_doc(struct buf *out, enum lang lang);
/* Every declaration in one canonical form, for tests and for comparing: no labels' layout, no comments, no order of files. */
void region_dump(struct buf *out, const struct region *r);

/* A declaration as region_dump writes it: what it is, then a line for each of its parts. */
struct assignment_def;
void text_assignment(struct buf *out, const struct assignment_def *d);
void text_matrix(struct buf *out, const struct matrix_def *m);
void text_similar(struct buf *out, const struct similar_def *s);
void text_scoring(struct buf *out, const struct scoring_def *s);
void text_menu(struct buf *out, const struct menu_def *m);

/* ---- words, shared by all of these ---- */

const char *field_kind_word(enum field_kind k);                 /* "money" */
const char *type_name_of(enum value_type t);                    /* "money" */
void text_kind(struct buf *out, const struct field_def *f);     /* "code level", "ref need", "money" */
void text_path(struct buf *out, struct field_def *const *path, int n);
void text_expr(struct buf *out, const struct expr *e);          /* as written, in one line */
void text_val(struct buf *out, struct val v, enum value_type type);
/* As declared: "enterprise org challenge.org in opened except own". */
void text_grant(struct buf *out, const struct grant *g, const struct type_def *t);
void text_action(struct buf *out, const struct action_def *x);
void text_states(struct buf *out, struct state_def *const *state, int n);
/* In words: "of the own organisation; in Opened; without Own money". */
void text_grant_words(struct buf *out, const struct grant *g, const struct type_def *t, enum lang lang);

#endif

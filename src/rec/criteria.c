#include "rec/criteria.h"

#include "rec/form.h"

static struct str column_name(const struct type_def *t, enum criteria_column c) { return t->criteria->column[c]->name; }

static struct str cell(const struct type_def *t, struct val row, enum criteria_column c) { return val_str(val_get(row, column_name(t, c))); }

bool criteria_open(const struct field_def *column, bool draft)
{
	if (draft) return column->index == CRITERIA_STATEMENT || column->index == CRITERIA_PROOF;
	return column->index == CRITERIA_VERDICT || column->index == CRITERIA_NOTE;
}

const struct criterion_def *criteria_of(const struct region *r, struct val row)
{
	return region_criterion(r, val_str(VAL_GET(row, "measure")), val_str(VAL_GET(row, "document")), val_str(VAL_GET(row, "criterion")));
}

/* The row for the same criterion; a new version of a measure takes over what was said under the old one. VNULL: none. */
static struct val same_row(const struct type_def *t, struct val rows, struct val like)
{
	for (size_t i = 0; i < val_len(rows); i++) {
		struct val row = val_at(rows, i);
		bool same = str_eq(cell(t, row, CRITERIA_FAMILY), cell(t, like, CRITERIA_FAMILY)) &&
			str_eq(cell(t, row, CRITERIA_NAME), cell(t, like, CRITERIA_NAME));
		if (same) return row;
	}
	return VNULL;
}

/* "…; two poor counties: 80 %" */
static enum rc with_modifiers(struct rx *rx, const struct criterion_def *c, const struct expr_env *env, enum lang lang, struct str *shown)
{
	for (int i = 0; i < c->n_modify; i++) {
		bool yes, judged;
		TRY(expr_true(rx->cx, c->modify[i]->cond, env, &yes, &judged));
		if (!yes) continue;
		struct str label = label_text(&c->modify[i]->label, lang);
		*shown = str_fmt(rx->cx->arena, "%.*s%s%.*s", STRF(*shown), lang == LANG_ZH ? "；" : "; ", STRF(label));
	}
	return RC_OK;
}

static enum rc judged_row(struct rx *rx, const struct type_def *t, const struct criterion_def *c, const struct expr_env *env, struct val *out)
{
	struct arena *a = rx->cx->arena;
	struct val row = val_map(a);
	struct str shown[2] = { STR(""), STR("") };
	bool yes = false, judged = false;
	if (c->cond) {
		TRY(expr_true(rx->cx, c->cond, env, &yes, &judged));
		for (int lang = 0; lang < 2; lang++) {
			shown[lang] = expr_show_needed(rx->cx, c->cond, env, lang ? LANG_EN : LANG_ZH);
			TRY(with_modifiers(rx, c, env, lang ? LANG_EN : LANG_ZH, &shown[lang]));
		}
	}
	struct val v[CRITERIA_COLUMNS] = {
		[CRITERIA_FAMILY] = val_text(c->measure->family), [CRITERIA_NUMBER] = val_text(c->measure->number), [CRITERIA_NAME] = val_text(c->name),
		[CRITERIA_TEXT] = val_text(c->label.zh), [CRITERIA_TEXT_EN] = val_text(label_text(&c->label, LANG_EN)),
		[CRITERIA_UNVERIFIED] = val_bool(c->unverified), [CRITERIA_JUDGED] = val_text(!judged ? STR("unknown") : yes ? STR("met") : STR("not_met")),
		[CRITERIA_SHOWN] = val_text(shown[0]), [CRITERIA_SHOWN_EN] = val_text(shown[1]),
		[CRITERIA_STATEMENT] = VNULL, [CRITERIA_PROOF] = VNULL, [CRITERIA_VERDICT] = VNULL, [CRITERIA_NOTE] = VNULL };
	for (int i = 0; i < CRITERIA_COLUMNS; i++) val_set(a, row, column_name(t, (enum criteria_column)i), v[i]);
	*out = row;
	return RC_OK;
}

static enum rc of_measure(struct rx *rx, const struct type_def *t, const struct measure_def *m, const struct expr_env *env, struct val before,
	struct val rows)
{
	struct arena *a = rx->cx->arena;
	bool yes = true, judged;
	if (m->judges_when) TRY(expr_true(rx->cx, m->judges_when, env, &yes, &judged));
	for (int i = 0; yes && i < m->n_criterion; i++) {
		const struct criterion_def *c = m->criterion[i];
		bool applies = true;
		struct val row;
		if (c->when) TRY(expr_true(rx->cx, c->when, env, &applies, &judged));
		if (!applies) continue;
		TRY(judged_row(rx, t, c, env, &row));
		struct val kept = same_row(t, before, row);
		for (int k = CRITERIA_STATEMENT; k < CRITERIA_COLUMNS; k++)
			val_set(a, row, column_name(t, (enum criteria_column)k), val_get(kept, column_name(t, (enum criteria_column)k)));
		val_push(a, rows, row);
	}
	return RC_OK;
}

enum rc criteria_rows(struct rx *rx, const struct type_def *t, const struct record *rec, struct val values, struct val *rows)
{
	struct lookup l;
	struct expr_env env = form_env(rx, t, rec, values, &l);
	struct val list = val_list(rx->cx->arena), before = val_get(values, t->criteria->name);
	int32_t day;
	TRY(expr_record_day(rx->cx, t, &env, &day));
	for (int i = 0; i < rx->region->n_measure; i++) {
		const struct measure_def *m = rx->region->measure[i];
		if (m->judges == t && day >= m->from && day <= m->to) TRY(of_measure(rx, t, m, &env, before, list));
	}
	*rows = list;
	return RC_OK;
}

/* What people may fill in now, from `given` into the rows it belongs to. */
static void take_over(struct arena *a, const struct type_def *t, struct val rows, struct val given, bool draft)
{
	for (size_t i = 0; i < val_len(rows); i++) {
		struct val from = same_row(t, given, val_at(rows, i));
		for (int k = 0; from.kind == VAL_MAP && k < CRITERIA_COLUMNS; k++) {
			const struct field_def *f = t->criteria->column[k];
			for (size_t j = 0; criteria_open(f, draft) && j < val_len(from); j++)
				if (str_eq(from.map->v[j].key, f->name)) val_set(a, val_at(rows, i), f->name, from.map->v[j].val);
		}
	}
}

enum rc criteria_follow(struct rx *rx, const struct type_def *t, const struct record *old, struct val values)
{
	if (!t->criteria || values.kind != VAL_MAP) return RC_OK;
	struct arena *a = rx->cx->arena;
	struct str name = t->criteria->name;
	struct val given = val_get(values, name), before = old ? val_get(old->values, name) : VNULL, rows;
	bool fresh = !old || old->rev == 0, draft = fresh || old->state->draft;
	if (!draft && !old->state->judged) {
		if (val_is_null(given)) return RC_OK;
		rows = val_copy(a, before);
		take_over(a, t, rows, given, false);
		val_set(a, values, name, rows);
		return RC_OK;
	}
	struct val all = old && old->values.kind == VAL_MAP ? val_copy(a, old->values) : val_map(a);
	for (size_t i = 0; i < val_len(values); i++) val_set(a, all, values.map->v[i].key, values.map->v[i].val);
	val_set(a, all, name, before);
	TRY(criteria_rows(rx, t, old, all, &rows));
	take_over(a, t, rows, given, draft);
	val_set(a, values, name, rows);
	return RC_OK;
}

/* Matrices. */
#include "def/kinds.h"

enum { MATRIX_COLUMNS = 24 };

void matrix_name(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct matrix_def *m = ARENA_NEW(ld->arena, struct matrix_def);
	m->at = st->at;
	st->object = m;
	struct where at = args_at(&a);
	if (!args_name(&a, &m->name, "矩阵的名字", "the matrix's name")) return;
	struct matrix_def *before = region_matrix(ld->r, m->name);
	if (!name_free(ld, m->name, at, before ? before->at : at, before != NULL)) return;
	if (ld->r->n_matrix < DEF_TOP_MAX) APPEND(ld->arena, ld->r->matrix, ld->r->n_matrix, m);
	if (args_label(&a, &m->label)) args_end(&a);
}

void matrix_rows(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct matrix_def *m = object;
	struct str name;
	struct where at;
	if (args_any_word(&a, &name, &at, "代码表", "a code list") && args_end(&a)) m->rows = need_codes(ld, name, at);
}

void matrix_column_name(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct matrix_def *m = object;
	struct matrix_column *c = ARENA_NEW(ld->arena, struct matrix_column);
	c->what = (struct indicator_def){ .scale = DEC_ONE, .at = st->at };
	st->object = c;
	struct where at = args_at(&a);
	if (!args_name(&a, &c->what.name, "列的名字", "the column's name")) return;
	for (int i = 0; i < m->n_column; i++)
		if (!name_free(ld, c->what.name, at, m->column[i]->what.at, str_eq(m->column[i]->what.name, c->what.name))) return;
	if (m->n_column >= MATRIX_COLUMNS) {
		BAD(ld, at, "def.too_many", "“%.*s”过多（最多 %d 个）", "too many of “%.*s” (at most %d)", STRF(st->word), MATRIX_COLUMNS);
		return;
	}
	APPEND(ld->arena, m->column, m->n_column, c);
	if (args_label(&a, &c->what.label)) args_end(&a);
}

void matrix_by(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct matrix_column *c = object;
	const struct matrix_def *m = st->up->up->object;
	struct type_def *t = indicator_type_of(ld, st);
	struct str name;
	struct where at;
	if (!args_any_word(&a, &name, &at, "字段", "a field") || !args_end(&a) || !t || !m) return;
	struct field_def *f = need_field(ld, t, name, at, false);
	if (!f || !m->rows) return;
	if (f->kind == FIELD_CODE && f->codes == m->rows && !f->compute) c->by = f;
	else BAD(ld, at, "def.matrix_by", "“%.*s”不是代码表“%.*s”的字段", "“%.*s” is not a field of the code list “%.*s”", STRF(name), STRF(m->rows->name));
}

void menu_matrix(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct menu_item item = { 0 };
	struct str name;
	struct where at;
	if (!args_any_word(&a, &name, &at, "矩阵", "a matrix") || !args_end(&a)) return;
	item.matrix = region_matrix(ld->r, name);
	if (item.matrix) menu_add(ld, st, object, item);
	else BAD(ld, at, "def.unknown", "没有矩阵“%.*s”", "there is no matrix “%.*s”", STRF(name));
}

void check_matrices(struct load *ld)
{
	for (int i = 0; i < ld->r->n_matrix && !ld->cx->fails.errors; i++) {
		const struct matrix_def *m = ld->r->matrix[i];
		if (!m->rows) BAD(ld, m->at, "def.matrix_rows", "矩阵“%.*s”没有写行（rows 代码表;）", "the matrix “%.*s” has no rows CODES;", STRF(m->name));
		for (int k = 0; k < m->n_column; k++) {
			const struct matrix_column *c = m->column[k];
			if (!c->what.of || !c->by)
				BAD(ld, c->what.at, "def.matrix_column", "列“%.*s”须写 count 或 sum，以及 by 字段", "the column “%.*s” needs count or sum, and by FIELD",
					STRF(c->what.name));
		}
	}
}

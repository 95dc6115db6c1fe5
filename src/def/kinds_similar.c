/* Comparisons of texts: which records' words are looked at for passages in common. */
#include "def/kinds.h"

void similar_name(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct similar_def *s = ARENA_NEW(ld->arena, struct similar_def);
	(void)object;
	*s = (struct similar_def){ .at = st->at };
	struct where at = args_at(&a);
	if (!args_name(&a, &s->name, "比对的名字", "the comparison's name")) return;
	struct similar_def *before = region_similar(ld->r, s->name);
	if (!name_free(ld, s->name, at, before ? before->at : at, before != NULL)) return;
	if (ld->r->n_similar < DEF_TOP_MAX) APPEND(ld->arena, ld->r->similar, ld->r->n_similar, s);
	if (args_label(&a, &s->label) && args_end(&a)) st->object = s;
}

/* A text of the type, or a column of one of its tables. Sealed words belong to nobody else's eyes, files are not read. */
static bool text_field(struct args *a, struct similar_text *t)
{
	struct str name;
	struct where at;
	if (!args_any_word(a, &name, &at, "字段", "a field")) return false;
	struct field_def *f = type_field(t->type, name);
	struct table_def *table = f ? NULL : type_table(t->type, name);
	if (table) {
		if (!args_need_op(a, OP_DOT, ".") || !args_any_word(a, &name, &at, "列", "a column")) return false;
		f = need_column(a->ld, table, name, at);
	} else if (!f) {
		need_field(a->ld, t->type, name, at, false);
	}
	if (!f) return false;
	if ((f->kind != FIELD_TEXT && f->kind != FIELD_LONG) || f->compute || f->sealed || (table && table->sealed)) {
		BAD(a->ld, at, "def.similar_field", "“%.*s”须是不密封的文字字段", "“%.*s” must be a text that is neither sealed nor computed", STRF(name));
		return false;
	}
	if (t->n_field < SIMILAR_FIELDS) APPEND(a->ld->arena, t->field, t->n_field, f);
	return true;
}

void similar_text_rule(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct similar_def *s = object;
	struct similar_text *t = ARENA_NEW(ld->arena, struct similar_text);
	struct str name;
	struct where at;
	t->at = st->at;
	if (!args_any_word(&a, &name, &at, "类型", "a type") || !(t->type = need_type(ld, name, at))) return;
	if (similar_text_of(s, t->type) || s->n_text == SIMILAR_TEXTS) {
		BAD(ld, at, "def.similar_twice", "“%.*s”已经写过，或 text 过多", "“%.*s” stands already, or there are too many texts", STRF(name));
		return;
	}
	do {
		if (!text_field(&a, t)) return;
	} while (args_op(&a, OP_COMMA));
	if (args_word(&a, "own") && !args_path(&a, t->type, &t->own, &t->n_own)) return;
	if (args_word(&a, "in") && !read_states(&a, t->type, &t->state, &t->n_state)) return;
	if (args_end(&a)) APPEND(ld->arena, s->text, s->n_text, t);
}

void similar_compare(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct similar_def *s = object;
	struct str name;
	struct where at;
	if (args_any_word(&a, &name, &at, "类型", "a type")) s->compares = need_type(ld, name, at);
}

void similar_compare_in(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct similar_def *s = object;
	a.i = 1;
	if (!s->compares) return;
	if (args_word(&a, "in") && !read_states(&a, s->compares, &s->in, &s->n_in)) return;
	args_end(&a);
}

void check_similars(struct load *ld)
{
	for (int i = 0; i < ld->r->n_similar && !ld->cx->fails.errors; i++) {
		const struct similar_def *s = ld->r->similar[i];
		if (!s->compares || !similar_text_of(s, s->compares))
			BAD(ld, s->at, "def.similar_parts", "比对“%.*s”须写 compare 类型，并为该类型写 text", "the comparison “%.*s” needs compare TYPE, and a text of that type", STRF(s->name));
		for (int k = 0; k < s->n_text; k++) {
			const struct similar_text *t = s->text[k];
			const struct field_def *own = t->n_own ? t->own[t->n_own - 1] : NULL;
			if (own && own->kind != FIELD_REF) BAD(ld, t->at, "def.similar_own", "own 须是引用（人员或单位）", "own must be a ref (a person or organisation)");
		}
	}
}

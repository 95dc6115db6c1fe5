/* Scorings: which sheets score which items, and by what. */
#include "def/kinds.h"

static struct scoring_def *sheet_of(struct stmt *st)
{
	struct scoring_def *s = st->up->object;
	return s && s->sheet && s->item ? s : NULL;     /* what is wrong with the sheet was said there */
}

void scoring_name(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct scoring_def *s = ARENA_NEW(ld->arena, struct scoring_def);
	*s = (struct scoring_def){ .method = STR("shrunk"), .trim = 5, .at = st->at };
	st->object = s;
	struct where at = args_at(&a);
	if (!args_name(&a, &s->name, "评分的名字", "the scoring's name")) return;
	struct scoring_def *before = region_scoring(ld->r, s->name);
	if (!name_free(ld, s->name, at, before ? before->at : at, before != NULL)) return;
	if (ld->r->n_scoring < DEF_TOP_MAX) APPEND(ld->arena, ld->r->scoring, ld->r->n_scoring, s);
	if (args_label(&a, &s->label)) args_end(&a);
}

void scoring_sheet(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct scoring_def *s = object;
	struct str type, field;
	struct where at, field_at;
	if (!args_any_word(&a, &type, &at, "类型", "a type")) return;
	s->sheet = need_type(ld, type, at);
	if (!args_need_op(&a, OP_DOT, ".") || !args_any_word(&a, &field, &field_at, "字段", "a field") || !s->sheet) return;
	if (args_word(&a, "in") && !read_states(&a, s->sheet, &s->counts, &s->n_counts)) return;
	struct field_def *f = need_field(ld, s->sheet, field, field_at, false);
	if (!f || !args_end(&a)) return;
	if (f->kind == FIELD_REF && f->ref && !f->compute) s->item = f;
	else BAD(ld, field_at, "def.scoring_item", "“%.*s”不是引用：评审表须指明所评的记录", "“%.*s” is no ref: a sheet must refer to what it scores", STRF(field));
}

void scoring_items(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct scoring_def *s = sheet_of(st);
	if (s && read_states(&a, s->item->ref, &s->in, &s->n_in)) args_end(&a);
}

void scoring_reviewer(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct scoring_def *s = sheet_of(st);
	struct str name;
	struct where at;
	if (!s || !args_any_word(&a, &name, &at, "字段", "a field") || !args_end(&a)) return;
	struct field_def *f = need_field(ld, s->sheet, name, at, false);
	if (!f) return;
	if (f->kind == FIELD_REF && !f->compute) s->reviewer = f;
	else BAD(ld, at, "def.scoring_reviewer", "“%.*s”不是引用：评审人须是一条记录", "“%.*s” is no ref: a reviewer must be a record", STRF(name));
}

void scoring_group(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct scoring_def *s = sheet_of(st);
	struct str name;
	struct where at;
	if (!s || !args_any_word(&a, &name, &at, "字段", "a field") || !args_end(&a)) return;
	struct field_def *f = need_field(ld, s->sheet, name, at, false), *own = f ? need_field(ld, s->item->ref, name, at, false) : NULL;
	if (!f || !own) return;
	if (f->kind == FIELD_REF && own->kind == FIELD_REF && f->ref == own->ref && f->ref && !f->compute && !own->compute) {
		s->group = f;
		s->item_group = own;
		return;
	}
	BAD(ld, at, "def.scoring_group", "“%.*s”须在“%.*s”和“%.*s”中都是对同一类型的引用", "“%.*s” must be a ref to the same type in “%.*s” and in “%.*s”",
		STRF(name), STRF(s->sheet->name), STRF(s->item->ref->name));
}

static struct expr *number_of(struct load *ld, struct args *a, struct type_def *t)
{
	struct scope sc = { .ld = ld, .type = t };
	struct where at = args_at(a);
	struct expr *e = args_expr(a, &sc, WANT_ANY);
	if (!e || !args_end(a)) return NULL;
	if (e->type == TYPE_INT || e->type == TYPE_DEC) return e;
	BAD(ld, at, "def.scoring_number", "此处须是数，而“%.*s”是%s%.0s", "this must be a number, but “%.*s” is %.0s%s", STRF(clip(e->text)), type_word(e->type, LANG_ZH),
		type_word(e->type, LANG_EN));
	return NULL;
}

void scoring_score(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct scoring_def *s = sheet_of(st);
	if (s) s->score = number_of(ld, &a, s->sheet);
}

void scoring_vote(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct scoring_def *s = sheet_of(st);
	struct scope sc = { .ld = ld, .type = s ? s->sheet : NULL };
	if (!s) return;
	s->vote = args_expr(&a, &sc, WANT_BOOL);
	args_end(&a);
}

/* `cut` may stand before `group`: the field is looked up by the sibling's name. */
void scoring_cut(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct scoring_def *s = sheet_of(st);
	for (const struct stmt *g = st->up->child; s && g; g = g->next) {
		if (!g->kind || g->kind->rule != scoring_group || !g->n_arg || g->arg[0].kind != TOK_WORD) continue;
		struct field_def *f = type_field(s->sheet, g->arg[0].text);
		if (f && f->kind == FIELD_REF && f->ref) s->cut = number_of(ld, &a, f->ref);
		return;
	}
	if (s) BAD(ld, st->at, "def.scoring_cut", "cut 按 group 所指的记录计算：请先写 group", "cut is worked out over the record that group names: write group");
}

void scoring_method(struct load *ld, struct stmt *st, void *object)
{
	static const char *const methods[] = { "mean", "trimmed", "z", "least-squares", "shrunk" };
	struct args a = args_of(ld, st);
	struct scoring_def *s = object;
	struct str name;
	struct where at;
	struct names known = { 0 };
	if (!args_any_word(&a, &name, &at, "方法", "a method") || !args_end(&a)) return;
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
		if (str_is(name, methods[i])) s->method = name;
		VEC_PUSH(ld->scratch, &known, str_c(methods[i]));
	}
	if (str_eq(s->method, name)) return;
	BAD(ld, at, "def.scoring_method", "没有方法“%.*s”", "there is no method “%.*s”", STRF(clip(name)));
	hint_nearest(ld, name, &known);
}

void scoring_trim(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct scoring_def *s = object;
	int64_t n;
	if (args_int(&a, 3, 100, &n) && args_end(&a)) s->trim = (int)n;
}

void check_scorings(struct load *ld)
{
	for (int i = 0; i < ld->r->n_scoring && !ld->cx->fails.errors; i++) {
		const struct scoring_def *s = ld->r->scoring[i];
		if (!s->sheet || !s->item || !s->reviewer || !s->group || !s->score)
			BAD(ld, s->at, "def.scoring_parts", "评分“%.*s”须写 sheet、reviewer、group 和 score", "the scoring “%.*s” needs sheet, reviewer, group and score", STRF(s->name));
	}
}

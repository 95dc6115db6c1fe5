/* Criteria: in a measure, which records it judges and by what; in a type, the table that holds their rows. */
#include "def/expr_inner.h"
#include "def/kinds.h"

static bool room(struct load *ld, struct stmt *st, int n, int max)
{
	if (n < max) return true;
	st->bad = true;
	BAD(ld, st->at, "def.too_many", "“%.*s”过多（最多 %d 个）", "too many of “%.*s” (at most %d)", STRF(st->word), max);
	return false;
}

/* ---- in a measure ---- */

void measure_for(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct str name;
	struct where at;
	if (args_any_word(&a, &name, &at, "类型", "a type")) ((struct measure_def *)object)->judges = need_type(ld, name, at);
}

void measure_for_when(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct measure_def *m = object;
	struct scope sc = { .ld = ld, .type = m->judges, .measure = m };
	if (!m->judges) return;
	a.i = 1;
	if (args_word(&a, "when")) m->judges_when = args_expr(&a, &sc, WANT_BOOL);
	args_end(&a);
}

void criterion_name(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct measure_def *m = object;
	struct criterion_def *c = ARENA_NEW(ld->arena, struct criterion_def);
	*c = (struct criterion_def){ .measure = m, .at = st->at };
	struct where at = args_at(&a);
	if (!args_name(&a, &c->name, "条件的名字", "the criterion's name") || !room(ld, st, m->n_criterion, DEF_LIST_MAX)) return;
	for (int i = 0; i < m->n_criterion; i++)
		if (!name_free(ld, c->name, at, m->criterion[i]->at, str_eq(m->criterion[i]->name, c->name))) return;
	st->object = c;
	APPEND(ld->arena, m->criterion, m->n_criterion, c);
}

static bool needs_type(struct load *ld, const struct stmt *st, const struct measure_def *m)
{
	if (m->judges) return true;
	BAD(ld, st->at, "def.criterion_for", "办法没有写明判定哪类记录", "the measure does not say whose records it judges");
	HINT(ld, "写 for 类型 [when 条件];", "write for TYPE [when CONDITION];");
	return false;
}

void criterion_rule(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct measure_def *m = object;
	struct criterion_def *c = st->object;
	struct scope sc = { .ld = ld, .type = m->judges, .measure = m, .criterion = c };
	if (!c || !needs_type(ld, st, m)) return;
	a.i = 1;
	c->unverified = m->unverified;
	/* Without a condition there is nothing to compute: people judge. */
	if (args_peek(&a)->kind != TOK_STRING && !(c->cond = args_expr(&a, &sc, WANT_BOOL))) return;
	if (!args_label(&a, &c->label)) return;
	if (args_word(&a, "unverified")) c->unverified = true;
	args_end(&a);
}

void criterion_when(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct criterion_def *c = object;
	struct scope sc = { .ld = ld, .type = c->measure->judges, .measure = c->measure };
	if (!sc.type) return;
	c->when = args_expr(&a, &sc, WANT_BOOL);
	args_end(&a);
}

/* FIELD or TABLE of the type judged. */
static bool shown_one(struct args *a, const struct type_def *t, bool *show)
{
	struct str name;
	struct where at;
	if (!args_any_word(a, &name, &at, "字段", "a field")) return false;
	const struct field_def *f = type_field(t, name);
	const struct table_def *table = type_table(t, name);
	if (f) show[f->index] = true;
	else if (table) show[t->n_field + table->index] = true;
	else return need_field(a->ld, (struct type_def *)t, name, at, false) != NULL;
	return true;
}

void criterion_show(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct criterion_def *c = object;
	const struct type_def *t = c->measure->judges;
	if (!t) return;
	c->show = ARENA_ARRAY(ld->arena, bool, (size_t)(t->n_field + t->n_table) + 1);
	do {
		if (!shown_one(&a, t, c->show)) return;
	} while (args_op(&a, OP_COMMA));
	args_end(&a);
}

void criteria_late(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct table_def *table = object;
	struct scope sc = { .ld = ld, .type = table->type };
	if ((table->late = args_expr(&a, &sc, WANT_BOOL)) && args_label(&a, &table->late_words)) args_end(&a);
}

static int value_place(const struct measure_def *m, struct str name)
{
	for (int i = 0; i < m->n_value; i++)
		if (str_eq(m->value[i].name, name)) return i;
	return -1;
}

static void no_value(struct load *ld, struct where at, const struct measure_def *m, struct str name)
{
	struct names n = { 0 };
	for (int i = 0; i < m->n_value; i++) VEC_PUSH(ld->scratch, &n, m->value[i].name);
	BAD(ld, at, "def.unknown_measure", "办法“%.*s”没有值“%.*s”", "measure “%.*s” has no value “%.*s”", STRF(m->family), STRF(clip(name)));
	hint_nearest(ld, name, &n);
}

static bool modified_values(struct args *a, const struct measure_def *m, struct modify_def *x)
{
	do {
		struct str name;
		struct where at = args_at(a);
		if (!args_any_word(a, &name, &at, "数值的名字", "a value's name")) return false;
		int place = value_place(m, name);
		if (place < 0) {
			no_value(a->ld, at, m, name);
			return false;
		}
		enum value_type t = m->value[place].type;
		if (t != TYPE_INT && t != TYPE_DEC && t != TYPE_MONEY) {
			BAD(a->ld, at, "def.modify_kind", "“%.*s”不是数，不能按比例调整", "“%.*s” is no number: there is no share of it", STRF(name));
			return false;
		}
		if (x->n_value < DEF_LIST_MAX) APPEND(a->ld->arena, x->value, x->n_value, place);
	} while (args_op(a, OP_COMMA));
	return true;
}

/* In the link pass: the names of all values are known, criteria are not typed yet. */
void modify_name(struct load *ld, struct stmt *st, void *object)
{
	enum { FACTOR_MAX = 1000 };
	struct args a = args_of(ld, st);
	struct measure_def *m = object;
	struct modify_def *x = ARENA_NEW(ld->arena, struct modify_def);
	*x = (struct modify_def){ .at = st->at, .cond = ARENA_NEW(ld->arena, struct expr) };
	*x->cond = (struct expr){ .op = EXPR_CONST, .type = TYPE_NULL, .val = VNULL, .at = st->at };
	if (!modified_values(&a, m, x)) return;
	if (!args_word(&a, "by")) {
		args_unexpected(&a, "by 和比例", "by and a factor");
		return;
	}
	struct val v;
	enum value_type type;
	struct where at = args_at(&a);
	if (!args_literal(&a, &v, &type)) return;
	x->factor = type == TYPE_INT && v.i <= FACTOR_MAX ? v.i * DEC_ONE : type == TYPE_DEC ? v.i : 0;
	if (x->factor <= 0 || x->factor > FACTOR_MAX * DEC_ONE) {
		BAD(ld, at, "def.modify_factor", "比例须是正数，如 0.8", "the factor is a positive number, such as 0.8");
		return;
	}
	st->object = x;
	APPEND(ld->arena, m->modify, m->n_modify, x);
}

void modify_rule(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct measure_def *m = object;
	struct modify_def *x = st->object;
	struct scope sc = { .ld = ld, .type = m->judges };
	if (!x || !needs_type(ld, st, m)) return;
	while (args_peek(&a)->kind != TOK_END && !args_is(&a, "when")) a.i++;
	if (!args_word(&a, "when")) {
		args_unexpected(&a, "when 和条件", "when and a condition");
		return;
	}
	struct expr *cond = args_expr(&a, &sc, WANT_BOOL);
	if (!cond || !args_label(&a, &x->label)) return;
	x->unverified = args_word(&a, "unverified");
	args_end(&a);
	*x->cond = *cond;       /* criteria typed before this hold the pointer */
}

/* ---- value.NAME ---- */

static struct expr *figure(struct load *ld, const struct expr *e, enum value_type type, struct val v)
{
	struct expr *c = ARENA_NEW(ld->arena, struct expr);
	*c = (struct expr){ .op = EXPR_CONST, .type = type, .at = e->at, .text = e->text, .val = v };
	return c;
}

static bool touches(const struct modify_def *x, int place)
{
	for (int i = 0; i < x->n_value; i++)
		if (x->value[i] == place) return true;
	return false;
}

/* The share of a value: of a whole number a decimal, of money money. */
static struct expr *share_of(struct load *ld, const struct expr *e, const struct measure_value *v, int64_t factor)
{
	__int128 product = (__int128)v->val.i * factor, scaled = v->type == TYPE_INT ? product : (product + DEC_ONE / 2) / DEC_ONE;
	if (scaled > INT64_MAX || scaled < -INT64_MAX) {
		BAD(ld, e->at, "def.modify_large", "数过大", "the number is too large");
		return NULL;
	}
	enum value_type type = v->type == TYPE_INT ? TYPE_DEC : v->type;
	return figure(ld, e, type, type == TYPE_DEC ? val_dec((int64_t)scaled) : val_int((int64_t)scaled));
}

/* A value of the criterion's own version is a constant; where it may be modified, the choice between constants. */
struct expr *expr_own_value(const struct scope *sc, struct expr *e, struct str name)
{
	struct load *ld = sc->ld;
	int place = value_place(sc->measure, name);
	if (place < 0) {
		no_value(ld, e->at, sc->measure, name);
		return NULL;
	}
	const struct measure_value *v = &sc->measure->value[place];
	struct expr *now = figure(ld, e, v->type, v->val);
	if (sc->criterion && v->unverified) sc->criterion->unverified = true;
	for (int i = 0; i < sc->measure->n_modify; i++) {
		struct modify_def *x = sc->measure->modify[i];
		if (!touches(x, place)) continue;
		struct expr *share = share_of(ld, e, v, x->factor), *choice = ARENA_NEW(ld->arena, struct expr);
		if (!share) return NULL;
		*choice = (struct expr){ .op = EXPR_CALL, .fn = FN_IF, .type = share->type, .at = e->at, .text = e->text };
		APPEND(ld->arena, choice->arg, choice->n_arg, x->cond);
		APPEND(ld->arena, choice->arg, choice->n_arg, share);
		APPEND(ld->arena, choice->arg, choice->n_arg, now);
		now = choice;
		bool known = !sc->criterion;
		for (int k = 0; sc->criterion && k < sc->criterion->n_modify; k++) known = known || sc->criterion->modify[k] == x;
		if (!known) APPEND(ld->arena, sc->criterion->modify, sc->criterion->n_modify, x);
	}
	return now;
}

/* ---- in a type ---- */

/* Written in the order of their codes, as codes_item wants them. */
static const char *const judged_rows[][3] = { { "met", "符合", "Met" }, { "not_met", "不符合", "Not met" },
	{ "unknown", "无法自动判定", "Not judged by numbers" } };
static const char *const verdict_rows[][3] = { { "met", "符合", "Met" }, { "not_applicable", "不适用", "Not applicable" },
	{ "not_met", "不符合", "Not met" } };

static struct code_list *answers(struct load *ld, const char *name, const struct label *label, const char *const (*rows)[3])
{
	enum { ANSWERS = 3 };
	struct code_list *l = ARENA_NEW(ld->arena, struct code_list);
	*l = (struct code_list){ .name = str_c(name), .label = *label, .n_item = ANSWERS };
	l->item = ARENA_ARRAY(ld->arena, struct code_item, ANSWERS);
	l->sorted = ARENA_ARRAY(ld->arena, struct code_item *, ANSWERS);
	for (int i = 0; i < ANSWERS; i++) {
		l->item[i] = (struct code_item){ .code = str_c(rows[i][0]), .label = { str_c(rows[i][1]), str_c(rows[i][2]) }, .from = INT32_MIN,
			.to = INT32_MAX, .order = i };
		l->sorted[i] = &l->item[i];
	}
	return l;
}

static const struct { const char *name; enum field_kind kind; const char *zh, *en; } criteria_columns[CRITERIA_COLUMNS] = {
	[CRITERIA_FAMILY] = { "measure", FIELD_TEXT, "办法", "Measure" },
	[CRITERIA_NUMBER] = { "document", FIELD_TEXT, "文号", "Document" },
	[CRITERIA_NAME] = { "criterion", FIELD_TEXT, "条件名", "Criterion's name" },
	[CRITERIA_TEXT] = { "text", FIELD_LONG, "条件", "Criterion (Chinese)" },
	[CRITERIA_TEXT_EN] = { "text_en", FIELD_LONG, "条件（英文）", "Criterion" },
	[CRITERIA_UNVERIFIED] = { "unverified", FIELD_BOOL, "未核对原文", "Unverified" },
	[CRITERIA_JUDGED] = { "judged", FIELD_CODE, "按填报数判定", "By the numbers" },
	[CRITERIA_SHOWN] = { "shown", FIELD_LONG, "比较", "Compared (Chinese)" },
	[CRITERIA_SHOWN_EN] = { "shown_en", FIELD_LONG, "比较（英文）", "Compared" },
	[CRITERIA_STATEMENT] = { "statement", FIELD_LONG, "自评说明", "Own statement" },
	[CRITERIA_PROOF] = { "proof", FIELD_FILE, "证明材料", "Evidence" },
	[CRITERIA_VERDICT] = { "verdict", FIELD_CODE, "核定", "Verdict" },
	[CRITERIA_NOTE] = { "note", FIELD_LONG, "核定说明", "Note on the verdict" },
};

void criteria_name(struct load *ld, struct stmt *st, void *object)
{
	enum { STATEMENT_MAX = 1000, PROOF_MAX = 20 << 20 };
	struct type_def *t = object;
	if (t->criteria) {
		BAD(ld, st->at, "def.twice", "“%s”只能写一次", "“%s” stands once only", "criteria");
		return;
	}
	table_name(ld, st, object);
	struct table_def *table = st->object;
	if (!t->n_table || t->table[t->n_table - 1] != table) return;   /* its name was refused */
	table->criteria = true;
	t->criteria = table;
	for (int i = 0; i < CRITERIA_COLUMNS; i++) {
		struct field_def *f = ARENA_NEW(ld->arena, struct field_def);
		*f = (struct field_def){ .name = str_c(criteria_columns[i].name), .kind = criteria_columns[i].kind, .index = i, .in_table = table,
			.type = t, .label = { str_c(criteria_columns[i].zh), str_c(criteria_columns[i].en) }, .klass = CLASS_INTERNAL, .at = st->at };
		if (i == CRITERIA_JUDGED) f->codes = answers(ld, "criteria_judged", &f->label, judged_rows);
		if (i == CRITERIA_VERDICT) f->codes = answers(ld, "criteria_verdict", &f->label, verdict_rows);
		if (i == CRITERIA_STATEMENT || i == CRITERIA_NOTE) f->has_max = true, f->max = STATEMENT_MAX;
		if (i == CRITERIA_PROOF) f->has_max = true, f->max = PROOF_MAX, f->types = STR("pdf docx xlsx jpg png");
		APPEND(ld->arena, table->column, table->n_column, f);
	}
}

/* Declarations back into text, in the form of the language or in words. */
#include "base/money.h"
#include "base/time.h"
#include "def/report.h"

const char *type_name_of(enum value_type t)
{
	static const char *const words[] = { "none", "bool", "int", "dec", "money", "text", "date", "time", "code", "ref", "state", "file",
		"null" };
	return words[t];
}

void text_kind(struct buf *out, const struct field_def *f)
{
	buf_add(out, str_c(field_kind_word(f->kind)));
	if (f->kind == FIELD_CODE && f->codes) buf_fmt(out, " %.*s", STRF(f->codes->name));
	if (f->kind == FIELD_REF && f->ref) buf_fmt(out, " %.*s", STRF(f->ref->name));
}

void text_path(struct buf *out, struct field_def *const *path, int n)
{
	for (int i = 0; i < n; i++) {
		if (i) buf_c(out, '.');
		buf_add(out, path[i]->name);
	}
}

/* Line breaks and runs of blanks outside of quotes become one blank. */
void text_expr(struct buf *out, const struct expr *e)
{
	bool quoted = false, blank = false;
	for (size_t i = 0; i < e->text.n; i++) {
		char c = e->text.p[i];
		if (!quoted && (c == ' ' || c == '\t' || c == '\n' || c == '\r')) {
			blank = true;
			continue;
		}
		if (blank) buf_c(out, ' ');
		blank = false;
		if (c == '"') quoted = !quoted;
		buf_c(out, c);
	}
}

void text_val(struct buf *out, struct val v, enum value_type type)
{
	struct arena *a = out->arena;
	switch (v.kind) {
	case VAL_NULL: buf_add(out, STR("null")); break;
	case VAL_BOOL: buf_add(out, v.b ? STR("true") : STR("false")); break;
	case VAL_DEC: buf_add(out, dec_format(a, v.i)); break;
	case VAL_TEXT: buf_add(out, v.s); break;
	case VAL_INT:
		if (type == TYPE_MONEY) {
			struct str m = money_text(a, v.i);
			if (v.i % 100 == 0) m.n -= 3;
			buf_fmt(out, "%.*s元", STRF(m));
		} else if (type == TYPE_DATE) {
			buf_add(out, date_text(a, (int32_t)v.i));
		} else if (type == TYPE_TIME) {
			buf_add(out, instant_iso(a, v.i));
		} else {
			buf_int(out, v.i);
		}
		break;
	case VAL_LIST:
	case VAL_MAP: break;
	}
}

void text_states(struct buf *out, struct state_def *const *state, int n)
{
	for (int i = 0; i < n; i++) {
		if (i) buf_add(out, STR(", "));
		buf_add(out, state[i]->name);
	}
}

static const char *who_word(const struct grant *g)
{
	static const char *const words[] = { "", "public", "signed", "system", "author" };
	return words[g->who];
}

void text_grant(struct buf *out, const struct grant *g, const struct type_def *t)
{
	static const char *const scopes[] = { "", " own", " org", " division" };
	if (g->who == WHO_ROLE) buf_add(out, g->role->name);
	else buf_add(out, str_c(who_word(g)));
	if (g->via) buf_fmt(out, " via %.*s.%.*s", STRF(g->via->name), STRF(g->via_field->name));
	buf_add(out, str_c(scopes[g->scope]));
	if (g->n_path) buf_c(out, ' '), text_path(out, g->path, g->n_path);
	if (g->n_state) buf_add(out, STR(" in ")), text_states(out, g->state, g->n_state);
	if (g->when) buf_add(out, STR(" when ")), text_expr(out, g->when);
	if (!g->field || !t) return;
	int n = t->n_field + t->n_table, shown = 0;
	for (int i = 0; i < n; i++) shown += g->field[i];
	bool only = shown < n - shown;
	buf_add(out, only ? STR(" fields ") : STR(" except "));
	for (int i = 0, k = 0; i < n; i++) {
		if (g->field[i] != only) continue;
		if (k++) buf_add(out, STR(", "));
		buf_add(out, i < t->n_field ? t->field[i]->name : t->table[i - t->n_field]->name);
	}
}

static void text_each(struct buf *out, const struct action_each *e)
{
	if (e->table) buf_fmt(out, " each %.*s", STRF(e->table->name));
	else buf_fmt(out, " each %.*s.%.*s", STRF(e->over->name), STRF(e->back->name));
	if (e->n_state) buf_add(out, STR(" in ")), text_states(out, e->state, e->n_state);
	buf_fmt(out, " as %.*s", STRF(e->as));
}

static void text_value(struct buf *out, const struct create_value *v)
{
	buf_fmt(out, " %.*s = ", STRF(v->field ? v->field->name : v->table_to->name));
	if (v->value) text_expr(out, v->value);
	else if (v->source.n) buf_add(out, v->source);
	else if (!v->table_from) buf_add(out, STR("this"));
	const struct str from = v->from ? v->from->name : v->table_from ? v->table_from->name : STR("");
	if (from.n && v->source.n) buf_c(out, '.');
	buf_add(out, from);
	buf_c(out, ';');
}

static void text_when(struct buf *out, const struct expr *when)
{
	if (when) buf_add(out, STR(" when ")), text_expr(out, when);
}

void text_action(struct buf *out, const struct action_def *x)
{
	switch (x->kind) {
	case DO_SET:
		buf_add(out, STR("set "));
		text_path(out, x->path, x->n_path);
		buf_fmt(out, "%s%.*s = ", x->n_path ? "." : "", STRF(x->set.table ? x->set.table->name : x->set.field->name));
		if (x->set.value) text_expr(out, x->set.value);
		else text_path(out, x->set.from_path, x->set.n_from_path), buf_fmt(out, "%s%.*s", x->set.n_from_path ? "." : "", STRF(x->set.from->name));
		if (x->set.where) buf_add(out, STR(" where ")), text_expr(out, x->set.where);
		break;
	case DO_CREATE:
		buf_fmt(out, "create %.*s", STRF(x->type->name));
		for (int i = 0; i < x->n_each; i++) text_each(out, &x->each[i]);
		text_when(out, x->when);
		buf_add(out, STR(" {"));
		for (int i = 0; i < x->n_value; i++) text_value(out, &x->value[i]);
		buf_add(out, STR(" }"));
		if (x->into) buf_fmt(out, " in %.*s", STRF(x->into->name));
		break;
	case DO_MOVE:
		if (x->back) buf_fmt(out, "move %.*s.%.*s", STRF(x->type->name), STRF(x->back->name));
		else if (x->n_path) buf_add(out, STR("move ")), text_path(out, x->path, x->n_path);
		else buf_add(out, STR("move this"));
		if (x->n_state) buf_add(out, STR(" in ")), text_states(out, x->state, x->n_state);
		buf_fmt(out, " by %.*s", STRF(x->move->name));
		break;
	case DO_NOTIFY:
		buf_add(out, STR("notify "));
		text_grant(out, x->owner, NULL);
		buf_fmt(out, " %.*s", STRF(x->mail->name));
		break;
	}
	if (x->kind != DO_CREATE) text_when(out, x->when);
}

/* ---- in words ---- */

static void labels(struct buf *out, struct field_def *const *path, int n, enum lang lang)
{
	for (int i = 0; i < n; i++) {
		if (i) buf_add(out, lang == LANG_ZH ? STR("的") : STR(" / "));
		buf_add(out, label_text(&path[i]->label, lang));
	}
}

static void scope_words(struct buf *out, const struct grant *g, enum lang lang)
{
	static const char *const bare[][2] = { { "全部", "all" }, { "本人创建的", "created by oneself" }, { "本单位的", "of one's organisation" },
		{ "本区划的", "of one's division" } };
	static const char *const to[][2] = { { "", "" }, { "是本人的", "is oneself" }, { "是本单位的", "is one's organisation" }, { "在本区划的",
		"is in one's division" } };
	bool en = lang == LANG_EN;
	if (g->via) {
		if (en) buf_fmt(out, "referred to by %.*s (%.*s) ", STRF(label_text(&g->via->label, lang)), STRF(label_text(&g->via_field->label,
			lang)));
		else buf_fmt(out, "被“%.*s”（%.*s）引用、且其", STRF(g->via->label.zh), STRF(g->via_field->label.zh));
	}
	if (!g->n_path) {
		buf_add(out, str_c(bare[g->scope][en]));
		return;
	}
	if (en) buf_add(out, STR("whose "));
	labels(out, g->path, g->n_path, lang);
	if (en) buf_c(out, ' ');
	buf_add(out, str_c(to[g->scope][en]));
}

void text_grant_words(struct buf *out, const struct grant *g, const struct type_def *t, enum lang lang)
{
	bool en = lang == LANG_EN;
	struct str apart = en ? STR("; ") : STR("；"), comma = en ? STR(", ") : STR("、");
	scope_words(out, g, lang);
	if (g->n_state) {
		buf_add(out, apart);
		buf_add(out, en ? STR("in ") : STR("状态："));
		for (int i = 0; i < g->n_state; i++) {
			if (i) buf_add(out, comma);
			buf_add(out, label_text(&g->state[i]->label, lang));
		}
	}
	if (g->when) {
		buf_add(out, apart);
		buf_add(out, en ? STR("when ") : STR("条件："));
		text_expr(out, g->when);
	}
	if (!g->field || !t) return;
	int n = t->n_field + t->n_table, shown = 0;
	for (int i = 0; i < n; i++) shown += g->field[i];
	bool only = shown < n - shown;
	buf_add(out, apart);
	buf_add(out, only ? (en ? STR("only ") : STR("只有字段：")) : en ? STR("without ") : STR("不含字段："));
	for (int i = 0, k = 0; i < n; i++) {
		if (g->field[i] != only) continue;
		if (k++) buf_add(out, comma);
		buf_add(out, label_text(i < t->n_field ? &t->field[i]->label : &t->table[i - t->n_field]->label, lang));
	}
}

/* Documentation of a region, in Markdown: for officers who want to read the rules, and for whoever answers for them. */
#include "base/time.h"
#include "def/report.h"

struct doc { struct buf *out; const struct region *r; enum lang lang; };

static const char *w(const struct doc *d, const char *zh, const char *en) { return d->lang == LANG_ZH ? zh : en; }

/* Text inside a table cell: no bar, no line break. */
static void cell(const struct doc *d, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '|') buf_c(d->out, '\\');
		buf_c(d->out, s.p[i] == '\n' ? ' ' : s.p[i]);
	}
}

static void text(const struct doc *d, const struct label *l) { cell(d, label_text(l, d->lang)); }

static void code(const struct doc *d, const struct expr *e)
{
	struct buf b = BUF(d->out->arena, DEF_TEXT_MAX);
	text_expr(&b, e);
	buf_c(d->out, '`');
	cell(d, buf_str(&b));
	buf_c(d->out, '`');
}

static void unverified(const struct doc *d, bool yes)
{
	if (yes) buf_add(d->out, str_c(w(d, "（未核对）", " (unverified)")));
}

static void source(const struct doc *d, struct where at) { buf_fmt(d->out, "<!-- %.*s:%d -->\n\n", STRF(at.file), at.line); }

/* ---- types ---- */

static void bound(const struct doc *d, const struct field_def *f, int64_t n)
{
	if (f->kind == FIELD_FILE && n >= 1 << 20) buf_fmt(d->out, "%lldMB", (long long)(n >> 20));
	else text_val(d->out, f->kind == FIELD_DEC ? val_dec(n) : val_int(n), f->kind == FIELD_MONEY ? TYPE_MONEY : TYPE_INT);
}

static void bounds(const struct doc *d, const struct field_def *f)
{
	if (f->has_min) buf_add(d->out, str_c(w(d, "最小 ", "at least "))), bound(d, f, f->min);
	if (f->has_min && f->has_max) buf_add(d->out, str_c(w(d, "，", ", ")));
	if (f->has_max) buf_add(d->out, str_c(w(d, "最大 ", "at most "))), bound(d, f, f->max);
}

static void field_notes(const struct doc *d, const struct field_def *f)
{
	static const char *const classes[][2] = { { "公开", "public" }, { "内部", "internal" }, { "个人信息", "personal" }, { "敏感", "sensitive" } };
	struct buf *out = d->out;
	size_t start = out->n;
#define APART() (out->n > start ? buf_add(out, str_c(w(d, "；", "; "))) : (void)0)
	if (f->required) buf_add(out, str_c(w(d, "必填", "required")));
	if (f->required_when) APART(), buf_add(out, str_c(w(d, "必填，当 ", "required when "))), code(d, f->required_when);
	if (f->has_min || f->has_max) APART(), bounds(d, f);
	if (f->compute) APART(), buf_add(out, str_c(w(d, "算出：", "worked out: "))), code(d, f->compute);
	if (f->initial) APART(), buf_add(out, str_c(w(d, "默认 ", "default "))), code(d, f->initial);
	if (f->types.n) APART(), buf_add(out, f->types);
	if (f->mask.n) APART(), buf_fmt(out, "`%.*s`", STRF(f->mask));
	if (f->unique) APART(), buf_add(out, str_c(w(d, "不得重复", "unique")));
	if (f->strip) APART(), buf_add(out, str_c(w(d, "对外去除作者信息", "stripped for readers outside")));
	if (f->sealed) APART(), buf_add(out, str_c(w(d, "密封", "sealed")));
	if (f->by_system) APART(), buf_add(out, str_c(w(d, "由动作写入", "set by moves")));
	if (f->klass != CLASS_INTERNAL) APART(), buf_add(out, str_c(classes[f->klass][d->lang == LANG_EN]));
	if (label_text(&f->hint, d->lang).n) APART(), text(d, &f->hint);
#undef APART
}

static void fields(const struct doc *d, struct field_def *const *f, int n)
{
	if (n == 0) return;
	buf_fmt(d->out, "| %s | | %s | %s |\n| --- | --- | --- | --- |\n", w(d, "字段", "Field"), w(d, "种类", "Kind"), w(d, "说明", "Notes"));
	for (int i = 0; i < n; i++) {
		buf_fmt(d->out, "| ");
		if (f[i]->code.n) cell(d, f[i]->code), buf_c(d->out, ' ');
		text(d, &f[i]->label);
		buf_fmt(d->out, " | `%.*s` | ", STRF(f[i]->name));
		text_kind(d->out, f[i]);
		if (f[i]->unit.zh.n) buf_c(d->out, ' '), text(d, &f[i]->unit);
		buf_add(d->out, STR(" | "));
		field_notes(d, f[i]);
		buf_add(d->out, STR(" |\n"));
	}
	buf_c(d->out, '\n');
}

static void checks(const struct doc *d, const struct type_def *t)
{
	static const char *const levels[][2] = { { "错误", "error" }, { "警告", "warning" }, { "提示", "note" } };
	if (!t->n_check) return;
	buf_fmt(d->out, "#### %s\n\n", w(d, "校验", "Checks"));
	for (int i = 0; i < t->n_check; i++) {
		const struct check_def *c = t->check[i];
		buf_fmt(d->out, "- **%s** ", levels[c->level][d->lang == LANG_EN]);
		if (c->table) text(d, &c->table->label), buf_add(d->out, str_c(w(d, "逐行：", ", each row: ")));
		text(d, &c->message);
		buf_add(d->out, STR(" — "));
		code(d, c->cond);
		buf_c(d->out, '\n');
	}
	buf_c(d->out, '\n');
}

static void states(const struct doc *d, const struct type_def *t)
{
	buf_fmt(d->out, "#### %s\n\n", w(d, "状态", "States"));
	for (int i = 0; i < t->n_state; i++) {
		const struct state_def *s = t->state[i];
		buf_add(d->out, STR("- **"));
		text(d, &s->label);
		buf_fmt(d->out, "** `%.*s`%s%s%s", STRF(s->name), s->draft ? w(d, "，可不完整", ", may be incomplete") : "",
			s->sealed ? w(d, "，密封", ", sealed") : "",
			s->final ? w(d, "，终结", ", final") : "");
		if (label_text(&s->hint, d->lang).n) buf_add(d->out, str_c(w(d, "：", ": "))), text(d, &s->hint);
		buf_c(d->out, '\n');
	}
	buf_c(d->out, '\n');
}

static void who(const struct doc *d, const struct grant *g, const struct type_def *t)
{
	static const char *const words[][2] = { { "", "" }, { "任何人", "anybody" }, { "任何登录者", "anybody signed in" },
		{ "系统（时钟）", "the system (clock)" },
		{ "创建人", "the author" } };
	if (g->who == WHO_ROLE) text(d, &g->role->label);
	else buf_add(d->out, str_c(words[g->who][d->lang == LANG_EN]));
	buf_add(d->out, str_c(w(d, "（", " (")));
	text_grant_words(d->out, g, t, d->lang);
	buf_add(d->out, str_c(w(d, "）", ")")));
}

static void move(const struct doc *d, const struct type_def *t, const struct move_def *m)
{
	buf_fmt(d->out, "- **%d ", m->index + 1);
	text(d, &m->label);
	buf_add(d->out, STR("** "));
	for (int i = 0; i < m->n_from; i++) {
		if (i) buf_add(d->out, str_c(w(d, "、", ", ")));
		text(d, &m->from[i]->label);
	}
	buf_add(d->out, STR(" → "));
	text(d, &m->to->label);
	buf_c(d->out, '\n');
	for (int i = 0; i < m->n_by; i++) buf_fmt(d->out, "  - %s", w(d, "由：", "by: ")), who(d, &m->by[i], t), buf_c(d->out, '\n');
	if (m->not_author) buf_fmt(d->out, "  - %s\n", w(d, "创建人回避", "not by the author"));
	for (int i = 0; i < m->n_not_by; i++) {
		buf_fmt(d->out, "  - %s", w(d, "回避：做过“", "not by who made “"));
		text(d, &m->not_by[i]->label);
		buf_fmt(d->out, "%s\n", w(d, "”的人", "”"));
	}
	for (int i = 0; i < m->n_guard; i++) {
		buf_fmt(d->out, "  - %s", w(d, "条件：", "when: "));
		code(d, m->guard[i].cond);
		buf_c(d->out, ' ');
		text(d, &m->guard[i].why);
		buf_c(d->out, '\n');
	}
	for (int i = 0; i < m->n_ask; i++) {
		buf_fmt(d->out, "  - %s", w(d, "填写：", "asks for: "));
		text(d, &m->ask[i]->label);
		buf_fmt(d->out, "%s\n", m->ask_required[i] ? w(d, "（必填）", " (required)") : "");
	}
	if (m->approvals) {
		buf_fmt(d->out, "  - %s", w(d, "须同意的人数：", "people who must agree: "));
		code(d, m->approvals);
		buf_c(d->out, '\n');
	}
	if (m->reason) buf_fmt(d->out, "  - %s\n", w(d, "须写理由", "a reason is required"));
	if (m->receipt) buf_fmt(d->out, "  - %s\n", w(d, "出具回执", "gives a receipt"));
	for (int i = 0; i < m->n_action; i++) {
		struct buf b = BUF(d->out->arena, DEF_TEXT_MAX);
		text_action(&b, &m->action[i]);
		buf_fmt(d->out, "  - `%.*s`\n", STRF(buf_str(&b)));
	}
}

static void rights(const struct doc *d, const struct type_def *t)
{
	static const char *const words[][2] = { { "可看", "May see" }, { "可改", "May edit" }, { "可建", "May create" } };
	buf_fmt(d->out, "#### %s\n\n", w(d, "权限", "Rights"));
	for (int act = 0; act < ACT_COUNT; act++)
		for (int i = 0; i < t->n_grant[act]; i++) {
			buf_fmt(d->out, "- %s%s", words[act][d->lang == LANG_EN], w(d, "：", ": "));
			if (act == ACT_CREATE && t->grant[act][i]->who == WHO_ROLE) text(d, &t->grant[act][i]->role->label);
			else who(d, t->grant[act][i], t);
			buf_c(d->out, '\n');
		}
	buf_c(d->out, '\n');
}

static void type(const struct doc *d, const struct type_def *t)
{
	buf_add(d->out, STR("### "));
	text(d, &t->label);
	buf_fmt(d->out, " `%.*s`\n\n", STRF(t->name));
	source(d, t->at);
	if (label_text(&t->hint, d->lang).n) text(d, &t->hint), buf_add(d->out, STR("\n\n"));
	if (t->number.n) buf_fmt(d->out, "%s `%.*s`\n\n", w(d, "编号", "Numbers"), STRF(t->number));
	if (t->day) buf_fmt(d->out, "%s", w(d, "所依办法：此日有效的 ", "Measures in force on ")), code(d, t->day), buf_add(d->out, STR("\n\n"));
	fields(d, t->field, t->n_field);
	for (int i = 0; i < t->n_table; i++) {
		buf_add(d->out, STR("#### "));
		text(d, &t->table[i]->label);
		buf_fmt(d->out, " `%.*s` (%d–%d)\n\n", STRF(t->table[i]->name), t->table[i]->min_rows, t->table[i]->max_rows);
		if (t->table[i]->criteria) buf_fmt(d->out, "%s\n\n", w(d, "各行由现行办法的条件逐条列出，见“办法”。", "One row for each criterion of the measures in force: see “Measures”."));
		else fields(d, t->table[i]->column, t->table[i]->n_column);
	}
	checks(d, t);
	states(d, t);
	if (t->n_move) buf_fmt(d->out, "#### %s\n\n", w(d, "流程", "Process")), region_diagram(d->out, t, d->lang), buf_c(d->out, '\n');
	if (t->n_move) buf_fmt(d->out, "#### %s\n\n", w(d, "动作", "Moves"));
	for (int i = 0; i < t->n_move; i++) move(d, t, t->move[i]);
	if (t->n_move) buf_c(d->out, '\n');
	rights(d, t);
}

/* ---- the rest ---- */

static void criteria(const struct doc *d, const struct measure_def *m)
{
	if (!m->judges || !m->n_criterion) return;
	buf_add(d->out, str_c(w(d, "判定：", "Judges: ")));
	text(d, &m->judges->label);
	if (m->judges_when) buf_add(d->out, str_c(w(d, "，条件 ", " when "))), code(d, m->judges_when);
	buf_add(d->out, STR("\n\n"));
	for (int i = 0; i < m->n_criterion; i++) {
		const struct criterion_def *c = m->criterion[i];
		buf_fmt(d->out, "%d. ", i + 1);
		text(d, &c->label);
		unverified(d, c->unverified);
		if (c->evidence) buf_add(d->out, str_c(w(d, "；附证明材料", "; with evidence")));
		if (c->cond) buf_add(d->out, STR(" — ")), code(d, c->cond);
		else buf_add(d->out, str_c(w(d, " — 由人判定", " — judged by people")));
		if (c->when) buf_add(d->out, str_c(w(d, "，适用于 ", ", where "))), code(d, c->when);
		buf_c(d->out, '\n');
	}
	for (int i = 0; i < m->n_modify; i++) {
		buf_add(d->out, STR("\n"));
		text(d, &m->modify[i]->label);
		unverified(d, m->modify[i]->unverified);
		buf_add(d->out, STR(" — "));
		code(d, m->modify[i]->cond);
		buf_c(d->out, '\n');
	}
	buf_c(d->out, '\n');
}

static void measures(const struct doc *d)
{
	buf_fmt(d->out, "## %s\n\n", w(d, "办法", "Measures"));
	for (int i = 0; i < d->r->n_measure; i++) {
		const struct measure_def *m = d->r->measure[i];
		buf_add(d->out, STR("### "));
		text(d, &m->label);
		buf_fmt(d->out, " %.*s", STRF(m->number));
		unverified(d, m->unverified);
		buf_fmt(d->out, "\n\n%.*s – %.*s\n\n", STRF(m->from == INT32_MIN ? STR("…") : date_text(d->out->arena, m->from)),
			STRF(m->to == INT32_MAX ? STR("…") : date_text(d->out->arena, m->to)));
		source(d, m->at);
		if (m->n_value) buf_fmt(d->out, "| %s | | %s |\n| --- | --- | --- |\n", w(d, "项目", "Value"), w(d, "数值", "Figure"));
		for (int k = 0; k < m->n_value; k++) {
			const struct measure_value *v = &m->value[k];
			buf_add(d->out, STR("| "));
			text(d, &v->label);
			buf_fmt(d->out, " | `%.*s.%.*s` | ", STRF(m->family), STRF(v->name));
			text_val(d->out, v->val, v->type);
			unverified(d, v->unverified);
			buf_add(d->out, STR(" |\n"));
		}
		buf_c(d->out, '\n');
		criteria(d, m);
	}
}

static void codes(const struct doc *d)
{
	enum { LISTED = 60 };
	buf_fmt(d->out, "## %s\n\n", w(d, "代码表", "Code lists"));
	for (int i = 0; i < d->r->n_codes; i++) {
		const struct code_list *l = d->r->codes[i];
		buf_add(d->out, STR("- **"));
		text(d, &l->label);
		buf_fmt(d->out, "** `%.*s` %.*s", STRF(l->name), STRF(l->source));
		unverified(d, l->unverified);
		buf_add(d->out, str_c(w(d, "：", ": ")));
		for (int k = 0; k < l->n_item && k < LISTED; k++) {
			if (k) buf_add(d->out, str_c(w(d, "、", ", ")));
			buf_fmt(d->out, "%.*s ", STRF(l->item[k].code));
			text(d, &l->item[k].label);
		}
		if (l->n_item > LISTED) buf_fmt(d->out, " … %s %d", w(d, "共", "in all"), l->n_item);
		buf_c(d->out, '\n');
	}
	buf_c(d->out, '\n');
}

static void conditions(const struct doc *d)
{
	if (!d->r->n_condition) return;
	buf_fmt(d->out, "## %s\n\n", w(d, "有名字的条件", "Named conditions"));
	for (int i = 0; i < d->r->n_condition; i++) {
		buf_fmt(d->out, "- **%.*s** ", STRF(d->r->condition[i]->name));
		code(d, &(struct expr){ .text = d->r->condition[i]->text });
		buf_c(d->out, '\n');
	}
	buf_c(d->out, '\n');
}

static void indicators(const struct doc *d)
{
	static const char *const kinds[][2] = { { "计数", "count of" }, { "合计", "sum of" }, { "平均", "average of" },
		{ "不同值", "different values of" }, { "公式", "formula" } };
	static const char *const times[][2] = { { "时点", "stock" }, { "时期", "flow" }, { "累计", "cumulative" } };
	bool en = d->lang == LANG_EN;
	if (!d->r->n_indicator) return;
	buf_fmt(d->out, "## %s\n\n| %s | | %s | %s | %s |\n| --- | --- | --- | --- | --- |\n", w(d, "指标", "Indicators"),
		w(d, "指标", "Indicator"),
		w(d, "算法", "How"), w(d, "单位", "Unit"), w(d, "时间", "Time"));
	for (int i = 0; i < d->r->n_indicator; i++) {
		const struct indicator_def *x = d->r->indicator[i];
		buf_add(d->out, STR("| "));
		text(d, &x->label);
		buf_fmt(d->out, " | `%.*s` | %s ", STRF(x->name), kinds[x->kind][en]);
		if (x->of) text(d, &x->of->label), buf_c(d->out, ' ');
		if (x->value) code(d, x->value);
		if (x->formula) code(d, x->formula);
		if (x->where) buf_add(d->out, str_c(w(d, "，范围 ", " where "))), code(d, x->where);
		buf_add(d->out, STR(" | "));
		text(d, &x->unit);
		buf_fmt(d->out, " | %s %.*s |\n", times[x->time][en], STRF(x->period));
	}
	buf_c(d->out, '\n');
}

void region_doc(struct buf *out, const struct region *r, enum lang lang)
{
	struct doc d = { out, r, lang };
	buf_add(out, STR("# "));
	text(&d, &r->label);
	buf_fmt(out, "\n\n%s `%.*s`\n\n## %s\n\n", w(&d, "声明的摘要", "Digest of the declarations"), STRF(r->digest), w(&d, "角色", "Roles"));
	for (int i = 0; i < r->n_role; i++) {
		buf_add(out, STR("- **"));
		text(&d, &r->role[i]->label);
		buf_fmt(out, "** `%.*s`%s ", STRF(r->role[i]->name), r->role[i]->staff ? w(&d, "（主管部门）", " (department)") : "");
		text(&d, &r->role[i]->hint);
		buf_c(out, '\n');
	}
	buf_fmt(out, "\n## %s\n\n", w(&d, "记录类型", "Types of records"));
	for (int i = 0; i < r->n_type; i++) type(&d, r->type[i]);
	conditions(&d);
	measures(&d);
	indicators(&d);
	codes(&d);
}

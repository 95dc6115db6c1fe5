/* What a role can reach, and the line that allows it (after ort-audit). */
#include "def/report.h"

struct audit { struct buf *out; const struct region *r; const struct role_def *role; enum lang lang; };

static bool applies(const struct audit *a, const struct grant *g)
{
	if (g->who == WHO_PUBLIC) return true;
	if (g->who == WHO_SIGNED) return a->role != NULL;
	return g->who == WHO_ROLE && a->role && g->role == a->role;
}

static const char *word(const struct audit *a, const char *zh, const char *en) { return a->lang == LANG_ZH ? zh : en; }

static void place(const struct audit *a, const struct grant *g)
{
	if (g->who == WHO_PUBLIC) buf_add(a->out, str_c(word(a, "（任何人）", " (anybody)")));
	if (g->who == WHO_SIGNED) buf_add(a->out, str_c(word(a, "（任何登录者）", " (anybody signed in)")));
	buf_fmt(a->out, "\t%.*s:%d\n", STRF(g->at.file), g->at.line);
}

static void grants(const struct audit *a, const struct type_def *t, enum access_act act)
{
	static const char *const words[][2] = { { "看", "see" }, { "改", "edit" }, { "建", "create" } };
	for (int i = 0; i < t->n_grant[act]; i++) {
		const struct grant *g = t->grant[act][i];
		if (!applies(a, g)) continue;
		buf_fmt(a->out, "  %s", word(a, words[act][0], words[act][1]));
		if (act != ACT_CREATE) buf_c(a->out, ' '), text_grant_words(a->out, g, t, a->lang);
		place(a, g);
	}
}

static void move_line(const struct audit *a, const struct type_def *t, const struct move_def *m, const struct grant *g)
{
	buf_fmt(a->out, "  %s %.*s ", word(a, "动作", "move"), STRF(label_text(&m->label, a->lang)));
	for (int i = 0; i < m->n_from; i++) {
		if (i) buf_add(a->out, str_c(word(a, "、", ", ")));
		buf_add(a->out, label_text(&m->from[i]->label, a->lang));
	}
	buf_fmt(a->out, " → %.*s%s", STRF(label_text(&m->to->label, a->lang)), word(a, "：", ": "));
	text_grant_words(a->out, g, t, a->lang);
	if (m->not_author) buf_add(a->out, str_c(word(a, "；创建人回避", "; not the author")));
	for (int i = 0; i < m->n_not_by; i++)
		buf_fmt(a->out, "%s%.*s", word(a, "；回避做过", "; not who made "), STRF(label_text(&m->not_by[i]->label, a->lang)));
	for (int i = 0; i < m->n_guard; i++) {
		buf_add(a->out, str_c(word(a, "；须 ", "; needs ")));
		text_expr(a->out, m->guard[i].cond);
	}
	place(a, g);
}

/* Fields that no grant of the role ever shows. */
static void hidden(const struct audit *a, const struct type_def *t)
{
	int n = t->n_field + t->n_table, count = 0;
	for (int i = 0; i < n; i++) {
		bool shown = false;
		for (int k = 0; k < t->n_grant[ACT_SEE]; k++) {
			const struct grant *g = t->grant[ACT_SEE][k];
			shown = shown || (applies(a, g) && (!g->field || g->field[i]));
		}
		if (shown) continue;
		buf_add(a->out, str_c(count++ ? word(a, "、", ", ") : word(a, "  从不可见：", "  never shown: ")));
		buf_add(a->out, label_text(i < t->n_field ? &t->field[i]->label : &t->table[i - t->n_field]->label, a->lang));
	}
	if (count) buf_c(a->out, '\n');
}

static bool reaches(const struct audit *a, const struct type_def *t)
{
	for (int act = 0; act < ACT_COUNT; act++)
		for (int i = 0; i < t->n_grant[act]; i++)
			if (applies(a, t->grant[act][i])) return true;
	for (int i = 0; i < t->n_move; i++)
		for (int k = 0; k < t->move[i]->n_by; k++)
			if (applies(a, &t->move[i]->by[k])) return true;
	return false;
}

static void notices(const struct audit *a)
{
	for (int i = 0; i < a->r->n_type; i++)
		for (int k = 0; k < a->r->type[i]->n_move; k++) {
			const struct move_def *m = a->r->type[i]->move[k];
			for (int j = 0; j < m->n_action; j++) {
				const struct action_def *x = &m->action[j];
				if (x->kind != DO_NOTIFY || x->owner->who != WHO_ROLE || x->owner->role != a->role) continue;
				buf_fmt(a->out, "  %.*s / %.*s: ", STRF(label_text(&a->r->type[i]->label, a->lang)), STRF(label_text(&m->label, a->lang)));
				text_grant_words(a->out, x->owner, NULL, a->lang);
				buf_fmt(a->out, "\t%.*s:%d\n", STRF(x->at.file), x->at.line);
			}
		}
}

void region_audit(struct buf *out, const struct region *r, const struct role_def *role, enum lang lang)
{
	struct audit a = { out, r, role, lang };
	if (role) buf_fmt(out, "%s %.*s %.*s\t%.*s:%d\n", word(&a, "角色", "role"), STRF(role->name), STRF(label_text(&role->label, lang)),
		STRF(role->at.file), role->at.line);
	else buf_fmt(out, "%s\n", word(&a, "未登录者", "somebody not signed in"));
	for (int i = 0; i < r->n_type; i++) {
		const struct type_def *t = r->type[i];
		if (!reaches(&a, t)) continue;
		buf_fmt(out, "\n%.*s %.*s\n", STRF(t->name), STRF(label_text(&t->label, lang)));
		for (int act = 0; act < ACT_COUNT; act++) grants(&a, t, (enum access_act)act);
		for (int k = 0; k < t->n_move; k++)
			for (int j = 0; j < t->move[k]->n_by; j++)
				if (applies(&a, &t->move[k]->by[j])) move_line(&a, t, t->move[k], &t->move[k]->by[j]);
		hidden(&a, t);
	}
	if (role) {
		buf_fmt(out, "\n%s\n", word(&a, "收到的通知", "notices"));
		notices(&a);
	}
	buf_fmt(out, "\n%s", word(&a, "完全无权的类型：", "types out of reach: "));
	int count = 0;
	for (int i = 0; i < r->n_type; i++) {
		if (reaches(&a, r->type[i])) continue;
		if (count++) buf_add(out, str_c(word(&a, "、", ", ")));
		buf_add(out, label_text(&r->type[i]->label, lang));
	}
	buf_fmt(out, "%s\n", count ? "" : word(&a, "无", "none"));
}

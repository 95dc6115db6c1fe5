/* Process and rules of a type: its states drawn, who may do what, what is checked, which measures judge it. */
#include "base/time.h"
#include "def/report.h"
#include "feature/feature.h"
#include "feature/show.h"

enum { WORDS_MAX = 4000 };

static struct str who_words(struct page *p, const struct type_def *t, const struct grant *g)
{
	static const char *const words[][2] = { { "", "" }, { "任何人", "anybody" }, { "任何登录者", "anybody signed in" }, { "系统", "the system" },
		{ "创建人", "the author" } };
	bool en = p->cx->lang == LANG_EN;
	struct buf b = BUF(p->cx->arena, WORDS_MAX), scope = BUF(p->cx->arena, WORDS_MAX);
	text_grant_words(&scope, g, t, p->cx->lang);
	buf_add(&b, g->who == WHO_ROLE ? label_of(p, &g->role->label) : str_c(words[g->who][en]));
	if (scope.n) buf_fmt(&b, en ? " (%.*s)" : "（%.*s）", STRF(buf_str(&scope)));
	return buf_str(&b);
}

static struct val states_val(struct page *p, const struct type_def *t)
{
	struct val list = val_list(p->cx->arena);
	for (int i = 0; i < t->n_state; i++) val_push(p->cx->arena, list, show_state(p, t->state[i]));
	return list;
}

static void add(struct page *p, struct val list, struct str s) { val_push(p->cx->arena, list, val_text(s)); }

/* What must hold, what is asked, who must stand back: one sentence each. */
static struct val rules_of_move(struct page *p, const struct move_def *m)
{
	struct arena *a = p->cx->arena;
	bool zh = p->cx->lang == LANG_ZH;
	struct val list = val_list(a);
	for (int i = 0; i < m->n_guard; i++)
		add(p, list, str_fmt(a, zh ? "不成立时：%.*s" : "otherwise: %.*s", STRF(label_of(p, &m->guard[i].why))));
	if (m->not_author) add(p, list, zh ? STR("创建人回避") : STR("not by the author"));
	for (int i = 0; i < m->n_not_by; i++)
		add(p, list, str_fmt(a, zh ? "做过“%.*s”的人回避" : "not by who made “%.*s”", STRF(label_of(p, &m->not_by[i]->label))));
	for (int i = 0; i < m->n_ask; i++)
		add(p, list, str_fmt(a, zh ? "填写：%.*s%s" : "asks for: %.*s%s", STRF(label_of(p, &m->ask[i]->label)),
			!m->ask_required[i] ? "" : zh ? "（必填）" : " (required)"));
	if (m->reason) add(p, list, zh ? STR("须写理由") : STR("a reason is required"));
	if (m->receipt) add(p, list, zh ? STR("出具回执") : STR("gives a receipt"));
	return list;
}

static struct val moves_val(struct page *p, const struct type_def *t)
{
	struct arena *a = p->cx->arena;
	struct val list = val_list(a);
	for (int i = 0; i < t->n_move; i++) {
		const struct move_def *m = t->move[i];
		struct val one = val_map(a), by = val_list(a), from = val_list(a);
		VAL_SET(a, one, "n", val_int(i + 1));
		VAL_SET(a, one, "name", val_text(m->name));
		VAL_SET(a, one, "label", val_text(label_of(p, &m->label)));
		VAL_SET(a, one, "hint", val_text(label_of(p, &m->hint)));
		VAL_SET(a, one, "to", val_text(label_of(p, &m->to->label)));
		for (int k = 0; k < m->n_from; k++) add(p, from, label_of(p, &m->from[k]->label));
		for (int k = 0; k < m->n_by; k++) add(p, by, who_words(p, t, &m->by[k]));
		VAL_SET(a, one, "from", from);
		VAL_SET(a, one, "by", by);
		VAL_SET(a, one, "rules", rules_of_move(p, m));
		val_push(a, list, one);
	}
	return list;
}

static struct val rights_val(struct page *p, const struct type_def *t)
{
	static const char *const words[ACT_COUNT][2] = { { "可看", "May see" }, { "可改", "May edit" }, { "可建", "May create" } };
	struct arena *a = p->cx->arena;
	struct val list = val_list(a);
	for (int act = 0; act < ACT_COUNT; act++) {
		struct val one = val_map(a), who = val_list(a);
		for (int i = 0; i < t->n_grant[act]; i++) add(p, who, who_words(p, t, t->grant[act][i]));
		VAL_SET(a, one, "label", val_textz(words[act][p->cx->lang == LANG_EN]));
		VAL_SET(a, one, "who", who);
		val_push(a, list, one);
	}
	return list;
}

static struct val checks_of(struct page *p, const struct type_def *t)
{
	static const char *const levels[] = { "error", "warning", "info" };
	struct arena *a = p->cx->arena;
	struct val list = val_list(a);
	for (int i = 0; i < t->n_check; i++) {
		struct val one = val_map(a);
		VAL_SET(a, one, "level", val_textz(levels[t->check[i]->level]));
		VAL_SET(a, one, "message", val_text(label_of(p, &t->check[i]->message)));
		val_push(a, list, one);
	}
	return list;
}

static struct val measure_val(struct page *p, const struct measure_def *m, int32_t today)
{
	struct arena *a = p->cx->arena;
	struct val one = val_map(a), criteria = val_list(a), modify = val_list(a);
	VAL_SET(a, one, "label", val_text(label_of(p, &m->label)));
	VAL_SET(a, one, "number", val_text(m->number));
	VAL_SET(a, one, "from", val_text(m->from == INT32_MIN ? STR("") : date_text(a, m->from)));
	VAL_SET(a, one, "to", val_text(m->to == INT32_MAX ? STR("") : date_text(a, m->to)));
	VAL_SET(a, one, "in_force", val_bool(today >= m->from && today <= m->to));
	VAL_SET(a, one, "unverified", val_bool(m->unverified));
	for (int i = 0; i < m->n_criterion; i++) {
		struct val c = val_map(a);
		VAL_SET(a, c, "label", val_text(label_of(p, &m->criterion[i]->label)));
		VAL_SET(a, c, "unverified", val_bool(m->criterion[i]->unverified));
		VAL_SET(a, c, "evidence", val_bool(m->criterion[i]->evidence));
		VAL_SET(a, c, "computed", val_bool(m->criterion[i]->cond != NULL));
		val_push(a, criteria, c);
	}
	for (int i = 0; i < m->n_modify; i++) add(p, modify, label_of(p, &m->modify[i]->label));
	VAL_SET(a, one, "criteria", criteria);
	VAL_SET(a, one, "modify", modify);
	return one;
}

static enum rc type_page(struct page *p)
{
	struct arena *a = p->cx->arena;
	const struct type_def *t;
	TRY(page_type(p, p->param[0], &t));
	struct val measures = val_list(a);
	int32_t today = instant_date(p->cx->now_ms, p->region->zone_minutes);
	for (int i = 0; i < p->region->n_measure; i++)
		if (p->region->measure[i]->judges == t) val_push(a, measures, measure_val(p, p->region->measure[i], today));
	VAL_SET(a, p->out, "type", show_type(p, t));
	VAL_SET(a, p->out, "states", states_val(p, t));
	VAL_SET(a, p->out, "moves", moves_val(p, t));
	VAL_SET(a, p->out, "rights", rights_val(p, t));
	VAL_SET(a, p->out, "checks", checks_of(p, t));
	VAL_SET(a, p->out, "measures", measures);
	VAL_SET(a, p->out, "diagram", val_text(str_fmt(a, "/types/%.*s/diagram", STRF(t->name))));
	return RC_OK;
}

static enum rc diagram(struct page *p)
{
	const struct type_def *t;
	TRY(page_type(p, p->param[0], &t));
	struct buf b = BUF(p->cx->arena, 1 << 20);
	region_diagram(&b, t, p->cx->lang);
	p->raw = (struct http_reply){ .status = 200, .type = STR("image/svg+xml"), .body = buf_str(&b) };
	return RC_OK;
}

const struct route type_routes[] = {
	{ "GET", "/types/:type", NEED_NOTHING, "type.html", type_page, "一类记录的流程与规则：状态、动作、权限、校验、认定条件", "Process and rules of a type: states, moves, rights, checks, criteria", "read" },
	{ "GET", "/types/:type/diagram", NEED_NOTHING, "error.html", diagram, "状态与动作的图（SVG）", "The states and moves, drawn (SVG)", "read" },
	{ 0 },
};

/* From sheets to a decision: what was scored together, by every method, with its uncertainty; who leans; what depends on the method. */
#include <limits.h>
#include <stdlib.h>

#include "base/rng.h"
#include "engine/scores.h"
#include "feature/feature.h"
#include "feature/svg_chart.h"
#include "feature/show.h"
#include "rec/assignment.h"
#include "rec/scoring.h"
#include "rec/sheet.h"

enum { SHOWN = 500, REVIEWERS_SHOWN = 300, GROUPS = 30, WORK_ARENA = 1 << 30, DISCUSSED = 60,
	DENSE = 80      /* a page must not take long: with more reviewers the engine's quick way */
};

/* ---- one table, computed in memory of its own ---- */

/* An item with its sheets: `at` is its place in the engine's arrays, -1 when nothing was scored. */
struct line { int item, at, rank, first, n, scored, votes, for_it; int64_t doubt; };

struct table {
	struct page *p;
	const struct scoring_def *def;
	int64_t group;
	struct rx rx;                   /* its cx is `cx` */
	struct cx cx;
	struct scored_items items;
	struct scored_sheets sheets;
	struct line *line;              /* one an item; in the order shown */
	int n_line, n_scored, missing;
	int64_t *reviewer;              /* ids, as the engine numbers them */
	bool *named;
	int n_reviewer;
	struct scores_wish wish;
	struct scores_result r;
};

static int by_i64(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static int reviewer_at(const struct table *t, int64_t id)
{
	const int64_t *found = bsearch(&id, t->reviewer, (size_t)t->n_reviewer, sizeof *t->reviewer, by_i64);
	return found ? (int)(found - t->reviewer) : -1;
}

static void find_reviewers(struct table *t)
{
	t->reviewer = ARENA_ARRAY(t->cx.arena, int64_t, t->sheets.n + 1);
	int n = 0;
	for (size_t i = 0; i < t->sheets.n; i++)
		if (t->sheets.v[i].scored) t->reviewer[n++] = t->sheets.v[i].reviewer;
	if (n) qsort(t->reviewer, (size_t)n, sizeof *t->reviewer, by_i64);
	for (int i = 0; i < n; i++)
		if (!i || t->reviewer[i] != t->reviewer[i - 1]) t->reviewer[t->n_reviewer++] = t->reviewer[i];
	t->named = ARENA_ARRAY(t->cx.arena, bool, (size_t)t->n_reviewer + 1);
	for (int j = 0; j < t->n_reviewer; j++) t->named[j] = true;
	for (size_t i = 0; i < t->sheets.n; i++) {
		int j = t->sheets.v[i].scored ? reviewer_at(t, t->sheets.v[i].reviewer) : -1;
		if (j >= 0) t->named[j] = t->named[j] && t->sheets.v[i].named;
	}
}

static void find_lines(struct table *t)
{
	t->line = ARENA_ARRAY(t->cx.arena, struct line, t->items.n + 1);
	size_t k = 0;
	for (size_t i = 0; i < t->items.n; i++) {
		struct line *l = &t->line[t->n_line++];
		*l = (struct line){ .item = (int)i, .at = -1, .first = (int)k };
		for (; k < t->sheets.n && t->sheets.v[k].item == (int)i; k++, l->n++) {
			l->scored += t->sheets.v[k].scored;
			l->votes += t->sheets.v[k].votes;
			l->for_it += t->sheets.v[k].votes && t->sheets.v[k].for_it;
		}
		if (l->scored) l->at = t->n_scored++;
		else t->missing++;
	}
}

/* The engine's input: scored items and reviewers by number. A second sheet of one reviewer for one item does not count. */
static enum rc calibrate(struct table *t)
{
	struct arena *a = t->cx.arena;
	struct scores s = { 0 };
	struct scores_sheet *sheet = ARENA_ARRAY(a, struct scores_sheet, t->sheets.n + 1);
	s.application.list.n = (size_t)t->n_scored;
	s.reviewer.list.n = (size_t)t->n_reviewer;
	for (int i = 0; i < t->n_line; i++) {
		const struct line *l = &t->line[i];
		for (int k = l->first; k < l->first + l->n; k++) {
			bool again = !t->sheets.v[k].scored;
			for (int b = l->first; b < k && !again; b++) again = t->sheets.v[b].scored && t->sheets.v[b].reviewer == t->sheets.v[k].reviewer;
			if (!again) sheet[s.n_sheet++] = (struct scores_sheet){ l->at, reviewer_at(t, t->sheets.v[k].reviewer), t->sheets.v[k].score };
		}
	}
	s.sheet = sheet;
	return t->n_scored ? scores_calibrate(&t->cx, &s, &t->wish, &t->r) : RC_OK;
}

static int by_rank(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	return x->rank != y->rank ? (x->rank > y->rank) - (x->rank < y->rank) : (x->item > y->item) - (x->item < y->item);
}

static enum rc table_fill(struct table *t)
{
	TRY(scored_read(&t->rx, t->def, t->group, &t->items, &t->sheets));
	find_reviewers(t);
	find_lines(t);
	TRY(calibrate(t));
	for (int i = 0; i < t->n_line; i++) t->line[i].rank = t->line[i].at < 0 ? INT_MAX : t->r.application[t->line[i].at].rank;
	if (t->n_line) qsort(t->line, (size_t)t->n_line, sizeof *t->line, by_rank);
	return RC_OK;
}

/* The scoring and group of the path; what the viewer may not see is missing. The table's memory is the caller's to free. */
static enum rc table_open(struct page *p, struct table *t)
{
	struct rx rx = page_rx(p);
	struct right right;
	int64_t cut;
	*t = (struct table){ .p = p, .def = region_scoring(p->region, p->param[0]) };
	if (!t->def) return rx_missing(&rx);
	TRY(page_id(p, p->param[1], &t->group));
	TRY(access_record(&rx, t->def->group->ref, t->group, &right));
	if (!right.see || !access_type(&rx, t->def->sheet)) return rx_missing(&rx);
	t->wish = (struct scores_wish){ .trim = t->def->trim, .dense = DENSE };
	if (!scores_method_of(str_z(p->cx->arena, http_query(p->req, "method")), &t->wish.method))
		scores_method_of(str_z(p->cx->arena, t->def->method), &t->wish.method);
	TRY(scored_cut(&rx, t->def, t->group, &t->wish.cut));
	if (str_int(http_query(p->req, "cut"), &cut) && cut > 0 && cut < 1000000) t->wish.cut = (int)cut;
	t->cx = (struct cx){ .arena = arena_new(WORK_ARENA), .lang = p->cx->lang, .now_ms = p->cx->now_ms };
	t->rx = rx;
	t->rx.cx = &t->cx;
	enum rc rc = table_fill(t);
	if (rc == RC_OK) return RC_OK;
	fail_copy(p->cx, &t->cx.fails);
	arena_free(t->cx.arena);
	return rc;
}

/* ---- as values ---- */

static struct str points(struct page *p, int64_t micro)
{
	enum { CENT = DEC_ONE / 100 };
	int64_t half = micro < 0 ? -CENT / 2 : CENT / 2;
	return dec_format(p->cx->arena, (micro + half) / CENT * CENT);
}

static struct str percent_text(struct page *p, int64_t micro)
{
	if (micro < 0) return STR("");
	if (micro < DEC_ONE / 100) return STR("<1 %");
	if (micro > DEC_ONE - DEC_ONE / 100) return STR(">99 %");
	return str_fmt(p->cx->arena, "%lld %%", (long long)((micro + DEC_ONE / 200) / (DEC_ONE / 100)));
}

static const char *const sides[] = { "none", "above", "below", "depends" };
static bool zh_of(const struct table *t) { return t->cx.lang == LANG_ZH; }

static struct str side_text(const struct table *t, enum scores_side side)
{
	static const char *const zh[] = { "", "都在线上", "都在线下", "取决于方法" }, *const en[] = { "", "above by all", "below by all", "depends" };
	return str_c(zh_of(t) ? zh[side] : en[side]);
}

static struct val sheets_val(struct table *t, const struct line *l)
{
	struct page *p = t->p;
	struct arena *a = p->cx->arena;
	struct val list = val_list(a);
	for (int k = l->first; k < l->first + l->n; k++) {
		const struct scored_sheet *s = &t->sheets.v[k];
		struct val one = val_map(a);
		VAL_SET(a, one, "code", val_text(str_dup(a, scored_code(&t->rx, t->group, s->reviewer))));
		if (s->scored) VAL_SET(a, one, "score", val_text(points(p, s->score)));
		VAL_SET(a, one, "link", val_text(record_link(a, t->def->sheet, s->id)));
		if (s->votes) VAL_SET(a, one, "for", val_bool(s->for_it));
		val_push(a, list, one);
	}
	return list;
}

static struct val line_val(struct table *t, const struct line *l)
{
	struct page *p = t->p;
	struct arena *a = p->cx->arena;
	const struct scored_item *item = &t->items.v[l->item];
	struct val v = val_map(a);
	VAL_SET(a, v, "id", val_text(id_text(a, item->id)));
	VAL_SET(a, v, "number", val_text(str_dup(a, item->number)));
	VAL_SET(a, v, "title", val_text(item->title.n ? str_dup(a, item->title) : item->number.n ? str_dup(a, item->number) : label_of(p, &t->def->item->ref->label)));
	VAL_SET(a, v, "link", val_text(record_link(a, t->def->item->ref, item->id)));
	VAL_SET(a, v, "state", show_state(p, item->state));
	VAL_SET(a, v, "sheets", sheets_val(t, l));
	VAL_SET(a, v, "n", val_int(l->scored));
	VAL_SET(a, v, "unscored", val_int(l->n - l->scored));
	if (l->votes) VAL_SET(a, v, "votes", val_text(str_fmt(a, "%d/%d", l->for_it, l->votes)));
	if (l->at < 0) return v;
	const struct scores_application *x = &t->r.application[l->at];
	VAL_SET(a, v, "rank", val_int(x->rank));
	VAL_SET(a, v, "ranks", val_text(x->best == x->worst ? str_fmt(a, "%d", x->best) : str_fmt(a, "%d–%d", x->best, x->worst)));
	for (int m = 0; m < SCORES_METHODS; m++) val_set(a, v, str_c((const char *[]){ "mean", "trimmed", "z", "least", "shrunk" }[m]), val_text(points(p, x->by[m])));
	if (x->spread >= 0) VAL_SET(a, v, "spread", val_text(points(p, x->spread)));
	VAL_SET(a, v, "sd", val_text(points(p, x->sd)));
	VAL_SET(a, v, "low", val_text(points(p, x->low)));
	VAL_SET(a, v, "high", val_text(points(p, x->high)));
	VAL_SET(a, v, "above", val_text(percent_text(p, x->above)));
	VAL_SET(a, v, "side", val_textz(sides[x->side]));
	VAL_SET(a, v, "side_text", val_text(side_text(t, x->side)));
	/* Those tied across the line are for people to choose. */
	bool parted = t->wish.cut < t->n_scored && t->line[t->wish.cut].rank == x->rank;
	VAL_SET(a, v, "chosen", val_bool(t->wish.cut && x->rank <= t->wish.cut && !parted));
	VAL_SET(a, v, "last", val_bool(t->wish.cut && x->rank <= t->wish.cut && l + 1 < t->line + t->n_line && l[1].rank > t->wish.cut));
	return v;
}

/* ---- who scored: leaning and reliability ---- */

static struct str leaning_text(const struct table *t, const struct scores_reviewer *x)
{
	bool clear = llabs(x->leaning) > 2 * x->leaning_sd && llabs(x->leaning) >= DEC_ONE / 2;
	if (!clear) return zh_of(t) ? STR("不明显") : STR("not clear");
	if (x->leaning > 0) return zh_of(t) ? STR("偏宽") : STR("generous");
	return zh_of(t) ? STR("偏严") : STR("severe");
}

static enum rc reviewer_names(struct table *t, bool asked, struct str *name)
{
	int64_t *id = ARENA_ARRAY(t->cx.arena, int64_t, (size_t)t->n_reviewer + 1);
	for (int j = 0; j < t->n_reviewer; j++) {
		name[j] = STR("");
		id[j] = asked && t->named[j] ? t->reviewer[j] : 0;
	}
	return asked ? titles_read(&t->rx, t->def->reviewer->ref, id, t->n_reviewer < REVIEWERS_SHOWN ? t->n_reviewer : REVIEWERS_SHOWN, name) : RC_OK;
}

static int by_code(const void *a, const void *b)
{
	return str_cmp(val_str(VAL_GET(*(const struct val *)a, "code")), val_str(VAL_GET(*(const struct val *)b, "code")));
}

static enum rc reviewers_val(struct table *t, bool names, struct val *out)
{
	struct page *p = t->p;
	struct arena *a = p->cx->arena;
	struct val list = val_list(a);
	struct str *name = ARENA_ARRAY(t->cx.arena, struct str, (size_t)t->n_reviewer + 1);
	TRY(reviewer_names(t, names, name));
	int64_t noise = t->r.sd_noise;
	for (int j = 0; j < t->n_reviewer && j < REVIEWERS_SHOWN && t->r.reviewer; j++) {
		const struct scores_reviewer *x = &t->r.reviewer[j];
		struct val one = val_map(a);
		VAL_SET(a, one, "code", val_text(str_dup(a, scored_code(&t->rx, t->group, t->reviewer[j]))));
		if (name[j].n) VAL_SET(a, one, "name", val_text(str_dup(a, name[j])));
		VAL_SET(a, one, "sheets", val_int(x->sheets));
		VAL_SET(a, one, "mean", val_text(points(p, x->mean)));
		VAL_SET(a, one, "leaning", val_text(points(p, x->leaning)));
		VAL_SET(a, one, "leaning_sd", val_text(points(p, x->leaning_sd)));
		VAL_SET(a, one, "leans", val_text(leaning_text(t, x)));
		VAL_SET(a, one, "spread", val_text(points(p, x->spread)));
		VAL_SET(a, one, "apart", val_bool(noise > 0 && x->sheets >= 3 && x->spread > noise * 3 / 2));
		val_push(a, list, one);
	}
	if (val_len(list)) qsort(list.list->v, val_len(list), sizeof *list.list->v, by_code);
	*out = list;
	return RC_OK;
}

/* ---- in sentences ---- */

#define SAY(zh, en, ...) val_push(a, out, val_text(zh_of(t) ? str_fmt(a, zh, __VA_ARGS__) : str_fmt(a, en, __VA_ARGS__)))

static void say_agreement(struct table *t, struct val out)
{
	struct arena *a = t->p->cx->arena;
	int64_t alpha = t->r.alpha, total = t->r.var_application + t->r.var_reviewer + t->r.var_noise;
	if (alpha == INT64_MIN) {
		SAY("%d 项各只有一份评分，无法判断评审人之间是否一致。", "The %d items have one score each: whether reviewers agree cannot be told.", t->n_scored);
	} else {
		const char *zh = alpha >= 800000 ? "一致性好" : alpha >= 667000 ? "一致性尚可" : alpha >= 400000 ? "一致性中等，平均分只宜作参考" : "一致性低：同一项目各专家看法相差很大，排序须经会议讨论";
		const char *en = alpha >= 800000 ? "they agree well" : alpha >= 667000 ? "they agree acceptably" : alpha >= 400000 ? "they agree moderately: take means as a hint"
			: "they agree poorly: on the same item they differ widely, so the ranking needs a meeting";
		struct str s = points(t->p, alpha);
		SAY("评审人之间的一致性系数 α = %.*s（1 为完全一致，0 与随机无异）：%s。", "Agreement of reviewers: α = %.*s (1: the same, 0: as by chance): %s.", STRF(s), zh_of(t) ? zh : en);
	}
	if (total > 0) {
		int own = (int)(t->r.var_application * 100 / total), lean = (int)(t->r.var_reviewer * 100 / total);
		SAY("分数的差异中，约 %d%% 来自项目本身，%d%% 来自评审人宽严不同，其余 %d%% 是个别看法。", "Of the differences between scores about %d%% lie in the items, %d%% in how generous reviewers are, the other %d%% in single opinions.",
			own, lean, 100 - own - lean);
	}
}

static void say_cut(struct table *t, struct val out)
{
	struct arena *a = t->p->cx->arena;
	int count[4] = { 0 };
	if (!t->wish.cut) return;
	for (int i = 0; i < t->n_scored; i++) count[t->r.application[i].side]++;
	SAY("可选 %d 项：无论按哪种方法，%d 项都在线上，%d 项都在线下；%d 项取决于所用方法，宜在会上讨论。",
		"%d can be chosen: by every method %d are above the line and %d below; %d depend on the method and should be discussed.", t->wish.cut, count[SCORES_ABOVE_ALL],
		count[SCORES_BELOW_ALL], count[SCORES_DEPENDS]);
	if (t->r.tied) SAY("线上恰有 %d 项同分，须由人决定。", "%d share the very score at the line: it is for people to decide.", t->r.tied);
}

static struct val sentences(struct table *t)
{
	struct arena *a = t->p->cx->arena;
	struct val out = val_list(a);
	if (!t->n_scored) return out;
	say_agreement(t, out);
	say_cut(t, out);
	if (t->missing) SAY("%d 项没有有效评分，列在末尾：缺分不计零，也不参加排序。", "%d have no valid score and stand at the end: a missing score is never 0, and is not ranked.", t->missing);
	if (t->r.components > 1)
		SAY("评分分为 %d 组，组间没有共同的评审人：组间的比较只凭“各组水平相当”的假设。", "The sheets fall into %d groups without a common reviewer: across them only the assumption of equal groups compares.",
			t->r.components);
	if (!t->r.settled) SAY("方差估计未完全收敛（%d 轮），校准分为近似值。", "The variances did not settle fully (%d rounds): calibrated scores are approximate.", t->r.rounds);
	return out;
}

/* ---- the meeting: what needs talk first ---- */

static int by_doubt(const void *a, const void *b)
{
	const struct line *x = *(const struct line *const *)a, *y = *(const struct line *const *)b;
	return x->doubt != y->doubt ? (x->doubt < y->doubt) - (x->doubt > y->doubt) : (x->rank > y->rank) - (x->rank < y->rank);
}

/* ---- who leaves the room ---- */

/* The declared assignment of the same round and sheets, when this viewer may see it: it knows the conflicts. */
static enum rc find_conflicts(struct table *t, struct assignment_case *c, bool *found)
{
	*found = false;
	for (int i = 0; i < t->p->region->n_assignment && !*found; i++) {
		const struct assignment_def *d = t->p->region->assignment[i];
		struct assignment_right right;
		if (d->round != t->def->group->ref || d->makes != t->def->sheet || d->item != t->def->item->ref) continue;
		TRY(assignment_right(&t->rx, d, t->group, &right));
		if (!right.see) continue;
		TRY(assignment_read(&t->rx, d, t->group, NULL, ASSIGNMENT_NO_CANDIDATES, c));
		*found = true;
	}
	return RC_OK;
}

/* The reviewers of the table who have a conflict with an item, by code; null when the assignment no longer holds the item. */
static struct val leaving(struct table *t, const struct assignment_case *c, int64_t item)
{
	struct arena *a = t->p->cx->arena;
	struct val list = val_list(a);
	int at = assignment_item_at(c, item);
	if (at < 0) return VNULL;
	for (int j = 0; j < t->n_reviewer; j++) {
		int person = assignment_person_at(c, t->reviewer[j]);
		if (person >= 0 && assignment_conflicts(c, at, person)) val_push(a, list, val_text(str_dup(a, scored_code(&t->rx, t->group, t->reviewer[j]))));
	}
	return list;
}

/* Doubt: how near to even the chance of being above the line is; and more when the method decides, or the votes are split. */
static enum rc meeting(struct table *t)
{
	struct page *p = t->p;
	struct arena *a = p->cx->arena;
	struct val out = val_list(a);
	const struct line **order = ARENA_ARRAY(t->cx.arena, const struct line *, (size_t)t->n_line + 1);
	struct assignment_case c;
	bool known = false;
	size_t n = 0;
	for (int i = 0; i < t->n_line && t->wish.cut; i++) {
		struct line *l = &t->line[i];
		if (l->at < 0) continue;
		const struct scores_application *x = &t->r.application[l->at];
		l->doubt = x->above < DEC_ONE / 2 ? x->above : DEC_ONE - x->above;
		if (x->side == SCORES_DEPENDS) l->doubt += DEC_ONE;
		if (l->doubt >= DEC_ONE / 20) order[n++] = l;
	}
	if (n) qsort(order, n, sizeof *order, by_doubt);
	if (n) TRY(find_conflicts(t, &c, &known));
	VAL_SET(a, p->out, "leaves_known", val_bool(known));
	for (size_t i = 0; i < n && i < DISCUSSED; i++) {
		const struct scores_application *x = &t->r.application[order[i]->at];
		struct val v = val_map(a);
		const struct scored_item *item = &t->items.v[order[i]->item];
		VAL_SET(a, v, "title", val_text(item->title.n ? str_dup(a, item->title) : str_dup(a, item->number)));
		VAL_SET(a, v, "number", val_text(str_dup(a, item->number)));
		VAL_SET(a, v, "link", val_text(record_link(a, t->def->item->ref, item->id)));
		VAL_SET(a, v, "rank", val_int(x->rank));
		VAL_SET(a, v, "above", val_text(percent_text(p, x->above)));
		VAL_SET(a, v, "side_text", val_text(side_text(t, x->side)));
		if (x->spread >= 0) VAL_SET(a, v, "spread", val_text(points(p, x->spread)));
		struct val leaves = known ? leaving(t, &c, item->id) : VNULL;
		VAL_SET(a, v, "leaves", leaves);
		VAL_SET(a, v, "leaves_known", val_bool(leaves.kind == VAL_LIST));
		val_push(a, out, v);
	}
	VAL_SET(a, p->out, "meeting", out);
	return RC_OK;
}

/* ---- the pages ---- */

static struct val methods_val(struct table *t)
{
	static const char *const zh[] = { "平均分", "去掉最高最低", "标准化（z）", "最小二乘", "校准（收缩估计）" };
	static const char *const en[] = { "mean", "trimmed mean", "standardised (z)", "least squares", "calibrated (shrunk)" };
	struct arena *a = t->p->cx->arena;
	struct val list = val_list(a);
	for (int m = 0; m < SCORES_METHODS; m++) {
		struct val one = val_map(a);
		VAL_SET(a, one, "name", val_textz(scores_method_name((enum scores_method)m)));
		VAL_SET(a, one, "label", val_textz(zh_of(t) ? zh[m] : en[m]));
		VAL_SET(a, one, "selected", val_bool(t->wish.method == (enum scores_method)m));
		val_push(a, list, one);
	}
	return list;
}

static struct str query_text_of(struct table *t)
{
	return str_fmt(t->p->cx->arena, "method=%s&cut=%d", scores_method_name(t->wish.method), t->wish.cut);
}

static enum rc show_head(struct table *t)
{
	struct page *p = t->p;
	struct arena *a = p->cx->arena;
	struct rx rx = page_rx(p);
	struct str title;
	struct val v = val_map(a);
	TRY(titles_read(&rx, t->def->group->ref, &t->group, 1, &title));
	struct str link = str_fmt(a, "/scoring/%.*s/%.*s", STRF(t->def->name), STRF(id_text(a, t->group)));
	VAL_SET(a, v, "name", val_text(t->def->name));
	VAL_SET(a, v, "label", val_text(label_of(p, &t->def->label)));
	VAL_SET(a, v, "hint", val_text(label_of(p, &t->def->hint)));
	VAL_SET(a, v, "link", val_text(link));
	VAL_SET(a, v, "query", val_text(query_text_of(t)));
	VAL_SET(a, v, "group", val_text(title.n ? title : label_of(p, &t->def->group->ref->label)));
	VAL_SET(a, v, "group_link", val_text(record_link(a, t->def->group->ref, t->group)));
	VAL_SET(a, v, "cut", val_int(t->wish.cut));
	VAL_SET(a, v, "items", val_int(t->n_line));
	VAL_SET(a, v, "scored", val_int(t->n_scored));
	VAL_SET(a, v, "reviewers", val_int(t->n_reviewer));
	VAL_SET(a, v, "sheets", val_int((int64_t)t->sheets.n));
	VAL_SET(a, v, "trim", val_int(t->def->trim));
	VAL_SET(a, v, "votes", val_bool(t->def->vote != NULL));
	VAL_SET(a, v, "of", show_type(p, t->def->item->ref));
	VAL_SET(a, p->out, "scoring", v);
	return RC_OK;
}

/* The rows may be ticked and moved in bulk, as on a list of their type. */
static void show_bulk(struct table *t)
{
	struct page *p = t->p;
	struct rx rx = page_rx(p);
	struct list_query q = { .type = t->def->item->ref };
	VAL_SET(p->cx->arena, p->out, "bulk_moves", bulk_choices(p, &rx, &q));
	VAL_SET(p->cx->arena, p->out, "bulk_link", val_text(str_fmt(p->cx->arena, "/r/%.*s/bulk", STRF(q.type->name))));
}

static enum rc fill(struct table *t)
{
	struct page *p = t->p;
	struct arena *a = p->cx->arena;
	struct val rows = val_list(a), reviewers;
	bool may = t->n_reviewer > 0, names = http_query(p->req, "names").n > 0;
	for (int j = 0; j < t->n_reviewer; j++) may = may && t->named[j];
	TRY(show_head(t));
	TRY(reviewers_val(t, names, &reviewers));
	for (int i = 0; i < t->n_line && i < SHOWN; i++) val_push(a, rows, line_val(t, &t->line[i]));
	VAL_SET(a, p->out, "rows", rows);
	VAL_SET(a, p->out, "more", val_bool(t->n_line > SHOWN));
	VAL_SET(a, p->out, "reviewers", reviewers);
	VAL_SET(a, p->out, "reviewers_more", val_bool(t->n_reviewer > REVIEWERS_SHOWN));
	VAL_SET(a, p->out, "names_link", may && !names ? val_bool(true) : VNULL);
	VAL_SET(a, p->out, "names", val_bool(names && may));
	VAL_SET(a, p->out, "sentences", sentences(t));
	TRY(meeting(t));
	VAL_SET(a, p->out, "methods", methods_val(t));
	if (t->n_scored && t->r.alpha != INT64_MIN) VAL_SET(a, p->out, "alpha", val_text(points(p, t->r.alpha)));
	if (!p->json) show_bulk(t);
	return RC_OK;
}

static enum rc group_page(struct page *p)
{
	struct table t;
	TRY(table_open(p, &t));
	enum rc rc = fill(&t);
	if (rc != RC_OK) fail_copy(p->cx, &t.cx.fails);
	arena_free(t.cx.arena);
	return rc;
}

static enum rc chart(struct page *p)
{
	struct table t;
	TRY(table_open(p, &t));
	struct arena *a = p->cx->arena;
	struct chart_row *row = ARENA_ARRAY(a, struct chart_row, CHART_ROWS + 1);
	int n = 0, from = 0;
	/* What lies around the line. */
	if (t.wish.cut > CHART_ROWS / 2 && t.n_scored > CHART_ROWS) from = t.wish.cut - CHART_ROWS / 2;
	if (from > t.n_scored - CHART_ROWS) from = t.n_scored > CHART_ROWS ? t.n_scored - CHART_ROWS : 0;
	for (int i = from; i < t.n_scored && n < CHART_ROWS; i++) {
		const struct line *l = &t.line[i];
		const struct scores_application *x = &t.r.application[l->at];
		const struct scored_item *item = &t.items.v[l->item];
		row[n++] = (struct chart_row){ .rank = x->rank, .label = str_dup(a, item->title.n ? item->title : item->number), .low = x->low, .high = x->high,
			.value = x->by[SCORES_SHRUNK], .mean = x->by[SCORES_MEAN], .side = x->side == SCORES_DEPENDS ? 2 : x->side == SCORES_BELOW_ALL };
	}
	struct buf out = BUF(a, 1 << 20);
	scoring_chart(&out, row, n, t.wish.cut > 0, t.r.line, p->cx->lang);
	arena_free(t.cx.arena);
	p->raw = (struct http_reply){ .status = 200, .type = STR("image/svg+xml"), .body = buf_str(&out) };
	return RC_OK;
}

/* ---- as a file ---- */

static struct out_cell text_cell(struct str s) { return (struct out_cell){ .kind = s.n ? OUT_TEXT : OUT_EMPTY, .s = s }; }
static struct out_cell dec_cell(int64_t micro) { return (struct out_cell){ .kind = OUT_DEC, .i = micro }; }
static struct out_cell int_cell(int64_t i) { return (struct out_cell){ .kind = OUT_INT, .i = i }; }

static enum rc export_rows(struct table *t)
{
	enum { COLUMNS = 19 };
	static const char *const zh[COLUMNS] = { "名次", "名次上限", "名次下限", "编号", "名称", "状态", "评分数", "缺分", "赞成票", "平均分", "去掉最高最低", "标准化", "最小二乘",
		"校准分", "标准误", "区间下限", "区间上限", "在线上的概率", "各种方法" };
	static const char *const en[COLUMNS] = { "Rank", "Best rank", "Worst rank", "Number", "Name", "State", "Sheets", "Missing", "Votes for", "Mean", "Trimmed", "z",
		"Least squares", "Calibrated", "Standard error", "Low", "High", "Chance above", "By all methods" };
	struct arena *a = t->cx.arena;
	struct str head[COLUMNS];
	struct out_cell *cell = ARENA_ARRAY(a, struct out_cell, (size_t)t->n_line * COLUMNS + 1);
	for (int c = 0; c < COLUMNS; c++) head[c] = str_c(zh_of(t) ? zh[c] : en[c]);
	for (int i = 0; i < t->n_line; i++) {
		const struct line *l = &t->line[i];
		const struct scored_item *item = &t->items.v[l->item];
		struct out_cell *c = cell + (size_t)i * COLUMNS;
		c[3] = text_cell(item->number);
		c[4] = text_cell(item->title);
		c[5] = text_cell(label_of(t->p, &item->state->label));
		c[6] = int_cell(l->scored);
		c[7] = int_cell(l->n - l->scored);
		if (t->def->vote) c[8] = int_cell(l->for_it);
		if (l->at < 0) continue;
		const struct scores_application *x = &t->r.application[l->at];
		c[0] = int_cell(x->rank);
		c[1] = int_cell(x->best);
		c[2] = int_cell(x->worst);
		for (int m = 0; m < SCORES_METHODS; m++) c[9 + m] = dec_cell(x->by[m]);
		c[14] = dec_cell(x->sd);
		c[15] = dec_cell(x->low);
		c[16] = dec_cell(x->high);
		if (x->above >= 0) c[17] = dec_cell(x->above);
		c[18] = text_cell(side_text(t, x->side));
	}
	return export_table(t->p, t->def->name, label_of(t->p, &t->def->label), head, COLUMNS, cell, t->n_line);
}

static enum rc scoring_export(struct page *p)
{
	struct table t;
	TRY(table_open(p, &t));
	enum rc rc = export_rows(&t);
	arena_free(t.cx.arena);
	return rc;
}

/* ---- where to begin ---- */

static enum rc groups_of(struct page *p, struct rx *rx, const struct scoring_def *s, struct val *out)
{
	struct arena *a = p->cx->arena;
	struct val list = val_list(a);
	const struct type_def *t = s->group->ref;
	struct list_param param = { STR("limit"), str_fmt(a, "%d", GROUPS) };
	struct list_query q;
	struct list_page page;
	TRY(list_parse(rx, t, &param, 1, &q));
	TRY(list_read(rx, &q, &page));
	int64_t *id = ARENA_ARRAY(a, int64_t, page.n + 1);
	struct str *title = ARENA_ARRAY(a, struct str, page.n + 1);
	for (size_t i = 0; i < page.n; i++) id[i] = page.v[i].id;
	TRY(titles_read(rx, t, id, (int)page.n, title));
	for (size_t i = 0; i < page.n; i++) {
		struct val one = val_map(a);
		VAL_SET(a, one, "title", val_text(title[i].n ? title[i] : page.v[i].number));
		VAL_SET(a, one, "number", val_text(page.v[i].number));
		VAL_SET(a, one, "link", val_text(str_fmt(a, "/scoring/%.*s/%.*s", STRF(s->name), STRF(id_text(a, id[i])))));
		VAL_SET(a, one, "state", show_state(p, page.v[i].state));
		val_push(a, list, one);
	}
	*out = list;
	return RC_OK;
}

static enum rc all_page(struct page *p)
{
	struct rx rx = page_rx(p);
	struct arena *a = p->cx->arena;
	struct val list = val_list(a);
	for (int i = 0; i < p->region->n_scoring; i++) {
		const struct scoring_def *s = p->region->scoring[i];
		struct val one = val_map(a), groups;
		if (!access_type(&rx, s->sheet) || !access_type(&rx, s->group->ref)) continue;
		TRY(groups_of(p, &rx, s, &groups));
		VAL_SET(a, one, "name", val_text(s->name));
		VAL_SET(a, one, "label", val_text(label_of(p, &s->label)));
		VAL_SET(a, one, "hint", val_text(label_of(p, &s->hint)));
		VAL_SET(a, one, "groups", groups);
		val_push(a, list, one);
	}
	VAL_SET(a, p->out, "scorings", list);
	return RC_OK;
}

const struct route scoring_routes[] = {
	{ "GET", "/scoring", NEED_STAFF, "scorings.html", all_page, "评分与排序：有哪些", "Scores and rankings: which there are", "read" },
	{ "GET", "/scoring/:name/:id", NEED_STAFF, "scoring.html", group_page, "一轮评分：各种方法的分数、不确定性、名次", "What was scored together, by every method", "read" },
	{ "GET", "/scoring/:name/:id/chart", NEED_STAFF, "error.html", chart, "一轮评分的图（SVG）", "The scores of a round, drawn (SVG)", "read" },
	{ "GET", "/scoring/:name/:id/export", NEED_STAFF, "error.html", scoring_export, "一轮评分的表（XLSX）", "The scores of a round as XLSX", "read" },
	{ 0 },
};

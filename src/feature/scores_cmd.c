#include "feature/scores_cmd.h"

#include <string.h>

#include "base/csv.h"
#include "engine/scores.h"
#include "feature/engine_cmd.h"

enum { FILE_MAX = 256 << 20 };

static const char usage_zh[] = "用法：lianchuang scores calibrate 评分表.csv [--method shrunk|mean|trimmed|z|least-squares] [--cut N] [--hold-out 份数] [--seed N]\n"
	"        [--reviewers 评审人.csv] --out 结果.csv";
static const char usage_en[] = "usage: lianchuang scores calibrate SHEETS.csv [--method shrunk|mean|trimmed|z|least-squares] [--cut N] [--hold-out FOLDS] [--seed N]\n"
	"         [--reviewers REVIEWERS.csv] --out O.csv";

static void put_dec(struct cx *cx, struct buf *out, int64_t micro) { csv_put(out, dec_format(cx->arena, micro), false); }
static void put_int(struct buf *out, int64_t v) { buf_c(out, ','); buf_int(out, v); }

static void put_applications(struct cx *cx, struct buf *out, const struct scores *s, const struct scores_result *r)
{
	static const char *const sides[] = { "", "above", "below", "depends" };
	buf_add(out, STR("application,rank,score,sd,low,high,above"));
	for (int m = 0; m < SCORES_METHODS; m++) buf_fmt(out, ",%s", scores_method_name((enum scores_method)m));
	buf_add(out, STR(",by_all_methods,sheets,component\r\n"));
	for (size_t i = 0; i < s->application.list.n; i++) {
		const struct scores_application *x = &r->application[i];
		csv_put(out, s->application.list.v[i], true);
		put_int(out, x->rank);
		put_dec(cx, out, x->by[SCORES_SHRUNK]);
		put_dec(cx, out, x->sd);
		put_dec(cx, out, x->low);
		put_dec(cx, out, x->high);
		csv_put(out, x->above < 0 ? STR("") : dec_format(cx->arena, x->above), false);
		for (int m = 0; m < SCORES_METHODS; m++) put_dec(cx, out, x->by[m]);
		csv_put(out, str_c(sides[x->side]), false);
		put_int(out, x->sheets);
		put_int(out, x->component + 1);
		csv_end_row(out);
	}
}

static void put_reviewers(struct cx *cx, struct buf *out, const struct scores *s, const struct scores_result *r)
{
	buf_add(out, STR("reviewer,sheets,mean,leaning,leaning_sd,spread,component\r\n"));
	for (size_t j = 0; j < s->reviewer.list.n; j++) {
		const struct scores_reviewer *x = &r->reviewer[j];
		csv_put(out, s->reviewer.list.v[j], true);
		put_int(out, x->sheets);
		put_dec(cx, out, x->mean);
		put_dec(cx, out, x->leaning);
		put_dec(cx, out, x->leaning_sd);
		put_dec(cx, out, x->spread);
		put_int(out, x->component + 1);
		csv_end_row(out);
	}
}

/* The applications of every component, when there are several: across them only an assumption compares. */
static void tell_components(struct cx *cx, const struct scores *s, const struct scores_result *r, struct val figures)
{
	struct val list = val_list(cx->arena), *part = ARENA_ARRAY(cx->arena, struct val, (size_t)r->components + 1);
	VAL_SET(cx->arena, figures, "components", val_int(r->components));
	if (r->components < 2) return;
	for (int p = 0; p < r->components; p++) val_push(cx->arena, list, part[p] = val_list(cx->arena));
	for (size_t i = 0; i < s->application.list.n; i++) val_push(cx->arena, part[r->application[i].component], val_text(s->application.list.v[i]));
	VAL_SET(cx->arena, figures, "component_applications", list);
	fail_note(cx, LEVEL_WARNING, "scores.components", NOWHERE, "评分分为互不相连的 %d 组（没有共同的评审人）：组间不可比，见 component 列",
		"the sheets fall into %d groups without a common reviewer: across them nothing is comparable; see the column component", r->components);
}

static void tell(struct cx *cx, const struct scores *s, const struct scores_wish *w, const struct scores_result *r, struct val figures)
{
	struct arena *a = cx->arena;
	int depends = 0;
	for (size_t i = 0; i < s->application.list.n; i++) depends += r->application[i].side == SCORES_DEPENDS;
	VAL_SET(a, figures, "status", val_textz(r->settled ? "calibrated" : "approximate"));
	VAL_SET(a, figures, "method", val_textz(scores_method_name(w->method)));
	VAL_SET(a, figures, "applications", val_int((int64_t)s->application.list.n));
	VAL_SET(a, figures, "reviewers", val_int((int64_t)s->reviewer.list.n));
	VAL_SET(a, figures, "sheets", val_int(s->n_sheet));
	VAL_SET(a, figures, "mean", val_dec(r->mean));
	VAL_SET(a, figures, "variance_application", val_dec(r->var_application));
	VAL_SET(a, figures, "variance_reviewer", val_dec(r->var_reviewer));
	VAL_SET(a, figures, "variance_noise", val_dec(r->var_noise));
	VAL_SET(a, figures, "alpha", r->alpha == INT64_MIN ? VNULL : val_dec(r->alpha));
	VAL_SET(a, figures, "rounds", val_int(r->rounds));
	if (w->cut) {
		VAL_SET(a, figures, "cut", val_int(w->cut));
		VAL_SET(a, figures, "line", val_dec(r->line));
		VAL_SET(a, figures, "tied_at_cut", val_int(r->tied));
		VAL_SET(a, figures, "depends_on_method", val_int(depends));
	}
	if (w->cut && r->tied)
		fail_note(cx, LEVEL_WARNING, "scores.tie", NOWHERE, "线上有 %d 项同分：由人决定", "%d applications share the score at the cut: it is for people to decide", r->tied);
	if (r->held) {
		struct val errors = val_map(a);
		for (int m = 0; m < SCORES_METHODS; m++) val_set(a, errors, str_c(scores_method_name((enum scores_method)m)), val_dec(r->error[m]));
		VAL_SET(a, figures, "held_out", val_int(r->held));
		VAL_SET(a, figures, "error", errors);
	}
	tell_components(cx, s, r, figures);
}

static enum rc calibrate(struct engine_run *run)
{
	struct cx *cx = &run->cx;
	struct scores s;
	struct scores_wish w = { .method = SCORES_SHRUNK };
	struct scores_result r;
	struct str text;
	int64_t cut, folds, seed;
	const char *out = engine_option(run, "out"), *reviewers = engine_option(run, "reviewers"), *method = engine_option(run, "method");
	TRY(engine_number(run, "cut", 1, SCORES_SHEETS_MAX, 0, &cut));
	TRY(engine_number(run, "hold-out", 2, 1000000, 0, &folds));
	TRY(engine_number(run, "seed", 0, INT64_MAX, 1, &seed));
	const char *path = engine_word(run);
	if (!path) return fail_text(cx, RC_INVALID, "cli.usage", NOWHERE, str_c(usage_zh), str_c(usage_en));
	TRY(engine_words_end(run, usage_zh, usage_en));
	if (method && !scores_method_of(method, &w.method))
		return fail(cx, RC_INVALID, "cli.method", NOWHERE, "没有方法“%s”", "there is no method “%s”", method);
	w.cut = (int)cut;
	w.folds = (int)folds;
	w.seed = (uint64_t)seed;
	TRY(engine_load(cx, path, FILE_MAX, &text));
	TRY(scores_read(cx, text, path, &s));
	TRY(scores_calibrate(cx, &s, &w, &r));
	struct buf table = BUF(cx->arena, FILE_MAX), people = BUF(cx->arena, FILE_MAX);
	put_applications(cx, &table, &s, &r);
	put_reviewers(cx, &people, &s, &r);
	if (out) TRY(engine_save(cx, out, &table));
	if (reviewers) TRY(engine_save(cx, reviewers, &people));
	struct val figures = val_map(cx->arena);
	tell(cx, &s, &w, &r, figures);
	return engine_figures(run, figures, seed);
}

int scores_command(int argc, char **argv)
{
	struct engine_run run = engine_begin(argc, argv, (size_t)8 << 30);
	const char *word = engine_word(&run);
	enum rc rc = word && strcmp(word, "calibrate") == 0 ? calibrate(&run) : fail_text(&run.cx, RC_INVALID, "cli.usage", NOWHERE, str_c(usage_zh), str_c(usage_en));
	return engine_end(&run, rc, false);
}

#include "feature/portfolio_cmd.h"

#include <string.h>

#include "base/csv.h"
#include "base/money.h"
#include "base/time.h"
#include "engine/portfolio.h"
#include "feature/engine_cmd.h"

enum { FILE_MAX = 256 << 20, OUT_MAX = 256 << 20 };

static const char usage_zh[] = "用法：lianchuang portfolio solve 申请.csv [--rules 规则.lc] [--gap 0.001] [--time 60] [--line 全表.csv] --out 入选.csv\n"
	"      lianchuang portfolio check 申请.csv [--rules 规则.lc] --chosen 入选.csv\n"
	"      lianchuang portfolio price 申请.csv [--rules 规则.lc] [--fund 编号[:档]]… [--drop 编号]… [--out 价目.csv]";
static const char usage_en[] = "usage: lianchuang portfolio solve APPLICATIONS.csv [--rules RULES.lc] [--gap 0.001] [--time 60] [--line ALL.csv] --out CHOSEN.csv\n"
	"       lianchuang portfolio check APPLICATIONS.csv [--rules RULES.lc] --chosen CHOSEN.csv\n"
	"       lianchuang portfolio price APPLICATIONS.csv [--rules RULES.lc] [--fund ID[:TIER]]… [--drop ID]… [--out PRICES.csv]";

struct task {
	struct engine_run *run;
	struct portfolio p;
	struct portfolio_wish wish;
	struct portfolio_result result;
	struct val figures;
	bool no_answer;
};

static struct val points(int64_t milli) { return val_dec(milli * 1000); }

static enum rc usage(struct engine_run *run)
{
	return fail_text(&run->cx, RC_INVALID, "cli.usage", NOWHERE, str_c(usage_zh), str_c(usage_en));
}

static enum rc load(struct task *t)
{
	struct cx *cx = &t->run->cx;
	struct str text, rules = { "", 0 };
	const char *rules_path = engine_option(t->run, "rules"), *path = engine_word(t->run);
	int64_t seconds;
	TRY(engine_ppm(t->run, "gap", 0, &t->wish.gap_ppm));
	TRY(engine_number(t->run, "time", 1, 86400, 60, &seconds));
	t->wish.clock_ms = time_mono_ms;
	t->wish.limit_ms = seconds * 1000;
	if (!path) return usage(t->run);
	TRY(engine_load(cx, path, FILE_MAX, &text));
	TRY(portfolio_read(cx, text, path, &t->p));
	if (!rules_path) return RC_OK;
	TRY(engine_load(cx, rules_path, FILE_MAX, &rules));
	return portfolio_rules(cx, rules, rules_path, &t->p);
}

/* ---- solve ---- */

static void put_chosen(struct task *t, struct buf *out)
{
	struct arena *a = t->run->cx.arena;
	buf_add(out, STR("application,tier,score,cost\r\n"));
	for (int o = 0; o < t->p.n_option; o++) {
		const struct portfolio_option *option = &t->p.option[o];
		if (!t->result.chosen[o]) continue;
		csv_put(out, t->p.application.list.v[option->application], true);
		csv_put(out, option->tier, false);
		csv_put(out, dec_format(a, option->score * 1000), false);
		csv_put(out, dec_format(a, option->cost * (DEC_ONE / 100)), false);
		csv_end_row(out);
	}
}

/* Every option beside the decision, and what deciding its application otherwise costs at least. `firm`: more than its standard error. */
static void put_line(struct task *t, struct buf *out)
{
	struct arena *a = t->run->cx.arena;
	buf_add(out, STR("application,tier,funded,score,sd,cost,price_at_least,firm\r\n"));
	for (int o = 0; o < t->p.n_option; o++) {
		const struct portfolio_option *option = &t->p.option[o];
		int64_t price = t->result.price[option->application];
		csv_put(out, t->p.application.list.v[option->application], true);
		csv_put(out, option->tier, false);
		csv_put(out, t->result.chosen[o] ? STR("1") : STR("0"), false);
		csv_put(out, dec_format(a, option->score * 1000), false);
		csv_put(out, option->sd < 0 ? STR("") : dec_format(a, option->sd * 1000), false);
		csv_put(out, dec_format(a, option->cost * (DEC_ONE / 100)), false);
		csv_put(out, dec_format(a, price * 1000), false);
		csv_put(out, option->sd < 0 ? STR("") : price > option->sd ? STR("1") : STR("0"), false);
		csv_end_row(out);
	}
}

static const char *status_word(enum program_status s)
{
	static const char *const words[] = { "optimal", "within", "feasible", "infeasible", "unknown" };
	return words[s];
}

/* (bound - total) ÷ |total| in millionths, rounded up. */
static int64_t gap_ppm(int64_t total, int64_t bound)
{
	int64_t size = total < 0 ? -total : total;
	return bound <= total ? 0 : !size ? DEC_ONE : (int64_t)(((__int128)(bound - total) * DEC_ONE + size - 1) / size);
}

static struct val differing(struct task *t, const signed char *a, const signed char *b)
{
	struct arena *arena = t->run->cx.arena;
	struct val list = val_list(arena);
	for (int o = 0; o < t->p.n_option; o++) {
		const struct portfolio_option *option = &t->p.option[o];
		struct str id = t->p.application.list.v[option->application];
		if (!a[o] || b[o]) continue;
		val_push(arena, list, val_text(option->tier.n ? str_fmt(arena, "%.*s:%.*s", STRF(id), STRF(option->tier)) : id));
	}
	return list;
}

static void tell_ties(struct task *t)
{
	static const char *const words[] = { "none", "tied", "unknown" };
	struct arena *a = t->run->cx.arena;
	VAL_SET(a, t->figures, "ties", val_textz(words[t->result.ties]));
	if (t->result.ties != PORTFOLIO_TIED) return;
	struct val only = differing(t, t->result.chosen, t->result.other), other = differing(t, t->result.other, t->result.chosen);
	VAL_SET(a, t->figures, "tied_in", only);
	VAL_SET(a, t->figures, "tied_out", other);
	fail_note(&t->run->cx, LEVEL_WARNING, "portfolio.tie", NOWHERE, "有同分的另一方案（改动 %zu 项出、%zu 项进）：由人决定",
		"another selection scores the same (%zu out, %zu in): it is for people to decide", val_len(only), val_len(other));
}

static void tell_conflict(struct task *t)
{
	struct cx *cx = &t->run->cx;
	struct val list = val_list(cx->arena);
	for (int k = 0; k < t->result.n_conflict; k++) {
		const struct portfolio_rule *r = &t->p.rule[t->result.conflict[k]];
		struct where at = { .file = str_c(t->p.rules_file), .line = r->line, .column = 1 };
		val_push(cx->arena, list, val_text(r->text));
		(void)!fail(cx, RC_CONFLICT, "portfolio.conflict", at, "无法同时满足：“%.*s”（不能并存的规则之一）", "cannot hold: “%.*s” (one of the rules that exclude each other)", STRF(r->text));
	}
	VAL_SET(cx->arena, t->figures, "conflict", list);
}

static void tell(struct task *t)
{
	struct arena *a = t->run->cx.arena;
	const struct portfolio_result *r = &t->result;
	VAL_SET(a, t->figures, "status", val_textz(status_word(r->status)));
	if (r->chosen) {
		VAL_SET(a, t->figures, "total", points(r->total));
		VAL_SET(a, t->figures, "bound", points(r->bound));
		VAL_SET(a, t->figures, "gap", val_dec(gap_ppm(r->total, r->bound)));
		VAL_SET(a, t->figures, "chosen", val_int(r->n_chosen));
		VAL_SET(a, t->figures, "cost", val_dec(r->cost * (DEC_ONE / 100)));
		if (t->p.spread >= 0) VAL_SET(a, t->figures, "spread", val_int(r->values));
		tell_ties(t);
	}
	VAL_SET(a, t->figures, "core", val_int(r->core));
	VAL_SET(a, t->figures, "nodes", val_int(r->nodes));
	if (r->status == PROGRAM_IMPOSSIBLE) tell_conflict(t);
	t->no_answer = !r->chosen;
}

static enum rc solve(struct task *t)
{
	struct cx *cx = &t->run->cx;
	const char *out = engine_option(t->run, "out"), *line = engine_option(t->run, "line");
	TRY(load(t));
	TRY(engine_words_end(t->run, usage_zh, usage_en));
	TRY(portfolio_solve(cx, &t->p, &t->wish, &t->result));
	tell(t);
	if (t->result.chosen) {
		struct buf chosen = BUF(cx->arena, OUT_MAX), all = BUF(cx->arena, OUT_MAX);
		put_chosen(t, &chosen);
		put_line(t, &all);
		if (out) TRY(engine_save(cx, out, &chosen));
		if (line) TRY(engine_save(cx, line, &all));
	}
	return engine_figures(t->run, t->figures, 0);
}

/* ---- check ---- */

static int find_option(const struct portfolio *p, struct str id, struct str tier)
{
	int application = names_find(&p->application, id);
	for (int o = 0; application >= 0 && o < p->n_option; o++)
		if (p->option[o].application == application && str_eq(p->option[o].tier, tier)) return o;
	return -1;
}

static enum rc read_chosen(struct task *t, const char *path, signed char *chosen)
{
	struct cx *cx = &t->run->cx;
	struct str text;
	struct csv_row row;
	bool more;
	TRY(engine_load(cx, path, FILE_MAX, &text));
	struct csv csv = csv_open(text, path);
	TRY(csv_next(cx, &csv, &row, &more));
	struct where at = { .file = str_c(path), .line = 1, .column = 1 };
	int id = more ? csv_column(&row, "application") : -1, tier = more ? csv_column(&row, "tier") : -1;
	if (id < 0) return fail(cx, RC_INVALID, "portfolio.column", at, "缺少列 application", "the column application is missing");
	for (;;) {
		TRY(csv_next(cx, &csv, &row, &more));
		if (!more) return RC_OK;
		at.line = row.line;
		struct str name = id < row.n ? str_trim(row.cell[id]) : STR("");
		int o = find_option(&t->p, name, tier >= 0 && tier < row.n ? str_trim(row.cell[tier]) : STR(""));
		if (o < 0) return fail(cx, RC_INVALID, "portfolio.unknown", at, "没有这一申请（或这一档）：“%.*s”", "no such application (or tier): “%.*s”", STRF(name));
		if (chosen[o]) return fail(cx, RC_INVALID, "portfolio.twice", at, "“%.*s”出现两次", "“%.*s” stands here twice", STRF(name));
		chosen[o] = 1;
	}
}

static enum rc check(struct task *t)
{
	struct cx *cx = &t->run->cx;
	const char *path = engine_option(t->run, "chosen");
	struct portfolio_verdict v;
	TRY(load(t));
	TRY(engine_words_end(t->run, usage_zh, usage_en));
	if (!path) return usage(t->run);
	signed char *chosen = ARENA_ARRAY(cx->arena, signed char, (size_t)t->p.n_option + 1);
	TRY(read_chosen(t, path, chosen));
	TRY(portfolio_check(cx, &t->p, chosen, &v));
	struct val breaches = val_list(cx->arena);
	for (int k = 0; k < v.n_breach; k++) {
		const struct portfolio_breach *b = &v.breach[k];
		struct where at = { .file = str_c(b->rule < 0 ? path : t->p.rules_file), .line = b->rule < 0 ? 1 : t->p.rule[b->rule].line, .column = 1 };
		(void)!fail_text(cx, RC_CONFLICT, "portfolio.breach", at, b->zh, b->en);
		val_push(cx->arena, breaches, val_text(cx->lang == LANG_ZH ? b->zh : b->en));
	}
	VAL_SET(cx->arena, t->figures, "status", val_textz(v.n_breach ? "invalid" : "valid"));
	VAL_SET(cx->arena, t->figures, "total", points(v.total));
	VAL_SET(cx->arena, t->figures, "chosen", val_int(v.n_chosen));
	VAL_SET(cx->arena, t->figures, "cost", val_dec(v.cost * (DEC_ONE / 100)));
	VAL_SET(cx->arena, t->figures, "breaches", breaches);
	t->no_answer = v.n_breach > 0;
	return engine_figures(t->run, t->figures, 0);
}

int portfolio_command(int argc, char **argv)
{
	static const struct { const char *word; enum rc (*run)(struct task *t); } doors[] = { { "solve", solve }, { "check", check } };
	struct engine_run run = engine_begin(argc, argv, (size_t)8 << 30);
	struct task t = { .run = &run, .figures = val_map(run.cx.arena) };
	const char *word = engine_word(&run);
	enum rc (*door)(struct task *t) = NULL;
	for (size_t i = 0; word && i < sizeof doors / sizeof *doors; i++)
		if (strcmp(word, doors[i].word) == 0) door = doors[i].run;
	enum rc rc = door ? door(&t) : usage(&run);
	portfolio_done(&t.result);
	return engine_end(&run, rc, t.no_answer);
}

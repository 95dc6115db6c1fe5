#include "feature/portfolio_cmd.h"

#include <string.h>

#include "base/csv.h"
#include "base/time.h"
#include "feature/portfolio_other.h"

static const char usage_zh[] = "用法：lianchuang portfolio solve 文件 [--format csv|orlib|pabulib] [--rule optimum|greedy|greedy-no-skip|threshold|equal-shares]\n"
	"        [--rules 规则.lc] [--gap 0.001] [--time 60] [--line 全表.csv] [--problem N] --out 入选.csv\n"
	"      lianchuang portfolio check 申请.csv [--rules 规则.lc] --chosen 入选.csv\n"
	"      lianchuang portfolio price 申请.csv [--rules 规则.lc] [--fund 编号[:档]]… [--drop 编号]… [--exact] [--gap G] [--time S] [--out 价目.csv]\n"
	"      lianchuang portfolio compare 文件 [--format csv|pabulib] [--rules 规则.lc] [--out 对比.csv]";
static const char usage_en[] = "usage: lianchuang portfolio solve FILE [--format csv|orlib|pabulib] [--rule optimum|greedy|greedy-no-skip|threshold|equal-shares]\n"
	"         [--rules RULES.lc] [--gap 0.001] [--time 60] [--line ALL.csv] [--problem N] --out CHOSEN.csv\n"
	"       lianchuang portfolio check APPLICATIONS.csv [--rules RULES.lc] --chosen CHOSEN.csv\n"
	"       lianchuang portfolio price APPLICATIONS.csv [--rules RULES.lc] [--fund ID[:TIER]]… [--drop ID]… [--exact] [--gap G] [--time S] [--out PRICES.csv]\n"
	"       lianchuang portfolio compare FILE [--format csv|pabulib] [--rules RULES.lc] [--out COMPARED.csv]";

struct task {
	struct engine_run *run;
	struct portfolio p;
	struct portfolio_wish wish;
	struct portfolio_result result;
	struct val figures;
	bool no_answer;
};

enum { POINTS = DEC_ONE / 1000 };       /* a milli-point in millionths */

enum format { FORMAT_CSV, FORMAT_ORLIB, FORMAT_PABULIB };

static enum rc usage(struct engine_run *run)
{
	return fail_text(&run->cx, RC_INVALID, "cli.usage", NOWHERE, str_c(usage_zh), str_c(usage_en));
}

/* What all take: --format, --gap, --time. */
static enum rc read_wish(struct task *t, enum format *format)
{
	static const char *const words[] = { "csv", "orlib", "pabulib" };
	const char *given = engine_option(t->run, "format");
	int64_t seconds;
	*format = FORMAT_CSV;
	for (int k = 0; given && k < 3; k++)
		if (strcmp(given, words[k]) == 0) *format = (enum format)k;
	if (given && strcmp(given, words[*format]) != 0)
		return fail(&t->run->cx, RC_INVALID, "cli.format", NOWHERE, "没有格式“%s”（csv、orlib、pabulib）", "there is no format “%s” (csv, orlib, pabulib)", given);
	TRY(engine_ppm(t->run, "gap", 0, &t->wish.gap_ppm));
	TRY(engine_number(t->run, "time", 1, 86400, 60, &seconds));
	t->wish.clock_ms = time_mono_ms;
	t->wish.limit_ms = seconds * 1000;
	engine_stoppable(t->run, 0);
	t->wish.stop = engine_stop;
	t->wish.stop_ctx = t->run;
	return RC_OK;
}

/* A CSV of applications and its rules; all options of the command are taken before. */
static enum rc load(struct task *t, const char *path, const char *rules_path)
{
	struct cx *cx = &t->run->cx;
	struct str text;
	TRY(engine_load(cx, path, PORTFOLIO_FILE_MAX, &text));
	TRY(portfolio_read(cx, text, path, &t->p));
	if (!rules_path) return RC_OK;
	TRY(engine_load(cx, rules_path, PORTFOLIO_FILE_MAX, &text));
	return portfolio_rules(cx, text, rules_path, &t->p);
}

/* The file to work on: the only word. */
static enum rc only_word(struct task *t, const char **path)
{
	*path = engine_word(t->run);
	if (!*path) return usage(t->run);
	return engine_words_end(t->run, usage_zh, usage_en);
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
	if (r->chosen) {
		portfolio_put_figures(a, t->figures, r->status, r->total, r->bound, r->n_chosen, POINTS);
		VAL_SET(a, t->figures, "cost", val_dec(r->cost * (DEC_ONE / 100)));
		if (t->p.spread >= 0) VAL_SET(a, t->figures, "spread", val_int(r->values));
		tell_ties(t);
	} else {
		VAL_SET(a, t->figures, "status", val_textz(portfolio_status_word(r->status)));
	}
	VAL_SET(a, t->figures, "core", val_int(r->core));
	VAL_SET(a, t->figures, "nodes", val_int(r->nodes));
	if (r->status == PROGRAM_IMPOSSIBLE) tell_conflict(t);
	if ((r->status == PROGRAM_STOPPED || r->status == PROGRAM_UNKNOWN) && engine_stop(t->run)) {
		VAL_SET(a, t->figures, "stopped", val_bool(true));
		fail_note(&t->run->cx, LEVEL_WARNING, "portfolio.stopped", NOWHERE, "计算被中止：这是到此为止最好的结果及其上界", "stopped: this is the best so far, with its bound");
	}
	t->no_answer = !r->chosen;
}

static enum rc solve_csv(struct task *t, const char *out, const char *line)
{
	struct cx *cx = &t->run->cx;
	TRY(portfolio_solve(cx, &t->p, &t->wish, &t->result));
	tell(t);
	if (!t->result.chosen) return RC_OK;
	struct buf chosen = BUF(cx->arena, PORTFOLIO_OUT_MAX), all = BUF(cx->arena, PORTFOLIO_OUT_MAX);
	put_chosen(t, &chosen);
	put_line(t, &all);
	if (out) TRY(engine_save(cx, out, &chosen));
	return line ? engine_save(cx, line, &all) : RC_OK;
}

/* A public rule on applications: by score alone. What it breaks of the rules is counted. */
static enum rc solve_by_rule(struct task *t, const char *rule, const char *out)
{
	struct cx *cx = &t->run->cx;
	struct ballot b;
	struct ballot_outcome o;
	struct portfolio_verdict v;
	enum ballot_rule which;
	if (!ballot_rule_of(str_c(rule), &which))
		return fail(cx, RC_INVALID, "cli.rule", NOWHERE, "没有规则“%s”", "there is no rule “%s”", rule);
	TRY(portfolio_as_ballot(cx, &t->p, &b));
	TRY(ballot_count(cx, &b, which, &o));
	t->result.chosen = ARENA_ARRAY(cx->arena, signed char, (size_t)t->p.n_option + 1);
	for (int k = 0; k < t->p.n_option; k++) {
		int at = t->p.option[k].application;
		t->result.chosen[k] = o.chosen[at] && b.project[at].score == t->p.option[k].score && b.project[at].cost == t->p.option[k].cost;
	}
	TRY(portfolio_check(cx, &t->p, t->result.chosen, &v));
	portfolio_put_figures(cx->arena, t->figures, PROGRAM_STOPPED, v.total, v.total, v.n_chosen, POINTS);
	VAL_SET(cx->arena, t->figures, "status", val_textz("feasible"));
	VAL_SET(cx->arena, t->figures, "bound", VNULL);
	VAL_SET(cx->arena, t->figures, "gap", VNULL);
	VAL_SET(cx->arena, t->figures, "rule", val_textz(ballot_rule_name(which)));
	VAL_SET(cx->arena, t->figures, "breaches", val_int(v.n_breach));
	VAL_SET(cx->arena, t->figures, "ties", val_textz(o.n_tied ? "tied" : "none"));
	if (v.n_breach)
		fail_note(cx, LEVEL_WARNING, "portfolio.breaches", NOWHERE, "只看得分的次序，有 %d 条规则不符合", "by score alone, %d rules are broken", v.n_breach);
	struct buf chosen = BUF(cx->arena, PORTFOLIO_OUT_MAX);
	put_chosen(t, &chosen);
	return out ? engine_save(cx, out, &chosen) : RC_OK;
}

static enum rc solve(struct task *t)
{
	enum format format;
	const char *out = engine_option(t->run, "out"), *line = engine_option(t->run, "line"), *rule = engine_option(t->run, "rule");
	const char *rules = engine_option(t->run, "rules"), *problem = engine_option(t->run, "problem"), *path;
	TRY(read_wish(t, &format));
	TRY(only_word(t, &path));
	if (format == FORMAT_ORLIB) {
		TRY(portfolio_solve_orlib(t->run, path, problem, &t->wish, out, t->figures));
	} else if (format == FORMAT_PABULIB) {
		TRY(portfolio_solve_pabulib(t->run, path, rule, &t->wish, out, t->figures));
	} else {
		TRY(load(t, path, rules));
		if (!rule || strcmp(rule, "optimum") == 0) TRY(solve_csv(t, out, line));
		else TRY(solve_by_rule(t, rule, out));
	}
	return engine_figures(t->run, t->figures, 0);
}

/* ---- compare ---- */

static enum rc compare(struct task *t)
{
	enum format format;
	struct cx *cx = &t->run->cx;
	struct ballot b;
	struct str text;
	const char *out = engine_option(t->run, "out"), *rules = engine_option(t->run, "rules"), *path;
	TRY(read_wish(t, &format));
	TRY(only_word(t, &path));
	if (format == FORMAT_PABULIB) {
		TRY(engine_load(cx, path, PORTFOLIO_FILE_MAX, &text));
		TRY(ballot_read(cx, text, path, &b));
	} else {
		TRY(load(t, path, rules));
		TRY(portfolio_as_ballot(cx, &t->p, &b));
	}
	VAL_SET(cx->arena, t->figures, "status", val_textz("compared"));
	TRY(portfolio_compare_ballot(t->run, &b, &t->wish, out, t->figures));
	if (format == FORMAT_CSV) {             /* and the optimum under all the rules */
		TRY(portfolio_solve(cx, &t->p, &t->wish, &t->result));
		if (t->result.chosen) VAL_SET(cx->arena, t->figures, "total", val_dec(t->result.total * POINTS));
		if (t->result.chosen) VAL_SET(cx->arena, t->figures, "bound", val_dec(t->result.bound * POINTS));
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
	TRY(engine_load(cx, path, PORTFOLIO_FILE_MAX, &text));
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
	const char *path = engine_option(t->run, "chosen"), *rules = engine_option(t->run, "rules"), *file;
	struct portfolio_verdict v;
	TRY(only_word(t, &file));
	if (!path) return usage(t->run);
	TRY(load(t, file, rules));
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
	VAL_SET(cx->arena, t->figures, "total", val_dec(v.total * POINTS));
	VAL_SET(cx->arena, t->figures, "chosen", val_int(v.n_chosen));
	VAL_SET(cx->arena, t->figures, "cost", val_dec(v.cost * (DEC_ONE / 100)));
	VAL_SET(cx->arena, t->figures, "breaches", breaches);
	t->no_answer = v.n_breach > 0;
	return engine_figures(t->run, t->figures, 0);
}

/* ---- price ---- */

struct ask { struct str id, tier; bool fund; int application, option; };
struct asks { VEC(struct ask); };

static enum rc find_asked(struct task *t, struct ask *ask)
{
	const struct portfolio *p = &t->p;
	ask->application = names_find(&p->application, ask->id);
	ask->option = -1;
	for (int o = 0; ask->fund && o < p->n_option; o++) {
		bool mine = p->option[o].application == ask->application && (!ask->tier.n || str_eq(p->option[o].tier, ask->tier));
		if (mine && (ask->option < 0 || p->option[o].score > p->option[ask->option].score)) ask->option = o;
	}
	if (ask->application >= 0 && (!ask->fund || ask->option >= 0)) return RC_OK;
	return fail(&t->run->cx, RC_INVALID, "portfolio.unknown", NOWHERE, "没有这一申请（或这一档）：“%.*s”", "no such application (or tier): “%.*s”", STRF(ask->id));
}

/* Without any asked for: applications whose decision may be less than their standard error (or 1 point) away, the first 20. */
static void near_the_line(struct task *t, struct asks *asks)
{
	enum { ASKED_MAX = 20, POINT = 1000 };
	struct arena *a = t->run->cx.arena;
	const struct portfolio *p = &t->p;
	for (int from = 0, to; from < p->n_option && asks->n < ASKED_MAX; from = to) {
		int best = from;
		bool funded = false;
		for (to = from; to < p->n_option && p->option[to].application == p->option[from].application; to++) {
			funded |= t->result.chosen[to];
			if (p->option[to].score > p->option[best].score) best = to;
		}
		struct ask ask = { .fund = !funded, .application = p->option[from].application, .option = funded ? -1 : best };
		ask.id = p->application.list.v[ask.application];
		if (t->result.price[ask.application] < (p->option[best].sd < 0 ? POINT : p->option[best].sd)) VEC_PUSH(a, asks, ask);
	}
}

static void put_list(struct buf *out, struct val list)
{
	struct buf cell = BUF(out->arena, 1 << 20);
	for (size_t k = 0; k < val_len(list); k++) {
		if (k) buf_add(&cell, STR("; "));
		buf_add(&cell, val_str(val_at(list, k)));
	}
	csv_put(out, buf_str(&cell), false);
}

/* "A1, A2 and 3 others" */
static struct str some_of(struct arena *a, struct val list, bool zh)
{
	enum { SHOWN = 6 };
	size_t n = val_len(list), shown = n > SHOWN ? SHOWN : n;
	struct buf b = BUF(a, 1 << 16);
	for (size_t k = 0; k < shown; k++) {
		if (k) buf_add(&b, zh ? STR("、") : k + 1 == n ? STR(" and ") : STR(", "));
		buf_add(&b, val_str(val_at(list, k)));
	}
	if (n > SHOWN && zh) buf_fmt(&b, "等 %zu 项", n);
	else if (n > SHOWN) buf_fmt(&b, " and %zu others", n - SHOWN);
	return n ? buf_str(&b) : zh ? STR("无") : STR("nothing");
}

/* The price in a sentence of each language. */
static void say_price(struct task *t, const struct ask *ask, const struct portfolio_price *price, struct val gone, struct val come, struct val row)
{
	struct arena *a = t->run->cx.arena;
	struct str id = ask->id, zh, en;
	if (price->chosen) {
		struct str lost = dec_format(a, price->lost * POINTS), least = dec_format(a, price->least * POINTS);
		zh = str_fmt(a, "%s %.*s：总分少 %.*s（至少 %.*s），换下 %.*s，换上 %.*s", ask->fund ? "资助" : "不资助", STRF(id), STRF(lost), STRF(least), STRF(some_of(a, gone, true)),
			STRF(some_of(a, come, true)));
		en = str_fmt(a, "%s %.*s costs %.*s points (at least %.*s), displaces %.*s and brings %.*s", ask->fund ? "funding" : "not funding", STRF(id), STRF(lost), STRF(least),
			STRF(some_of(a, gone, false)), STRF(some_of(a, come, false)));
	} else {
		bool never = price->status == PROGRAM_IMPOSSIBLE;
		zh = str_fmt(a, "%s %.*s：%s", ask->fund ? "资助" : "不资助", STRF(id), never ? "规则不允许" : "时间内没有找到方案");
		en = str_fmt(a, "%s %.*s: %s", ask->fund ? "funding" : "not funding", STRF(id), never ? "the rules do not allow it" : "no selection was found in time");
	}
	VAL_SET(a, row, "zh", val_text(zh));
	VAL_SET(a, row, "en", val_text(en));
	fail_note(&t->run->cx, LEVEL_INFO, "portfolio.price", NOWHERE, "%s%.0s", "%.0s%s", str_z(a, zh), str_z(a, en));
}

static enum rc price_one(struct task *t, const struct ask *ask, struct buf *out, struct val list)
{
	struct cx *cx = &t->run->cx;
	struct portfolio_price price;
	struct val row = val_map(cx->arena), gone = VNULL, come = VNULL;
	TRY(portfolio_price(cx, &t->p, &t->wish, &t->result, ask->application, ask->option, &price));
	VAL_SET(cx->arena, row, "application", val_text(ask->id));
	VAL_SET(cx->arena, row, "decision", val_textz(ask->fund ? "fund" : "drop"));
	VAL_SET(cx->arena, row, "status", val_textz(portfolio_status_word(price.status)));
	csv_put(out, ask->id, true);
	csv_put(out, str_c(ask->fund ? "fund" : "drop"), false);
	csv_put(out, str_c(portfolio_status_word(price.status)), false);
	if (price.chosen) {
		gone = differing(t, t->result.chosen, price.chosen);
		come = differing(t, price.chosen, t->result.chosen);
		VAL_SET(cx->arena, row, "lost", val_dec(price.lost * POINTS));
		VAL_SET(cx->arena, row, "least", val_dec(price.least * POINTS));
		VAL_SET(cx->arena, row, "most", val_dec(price.most * POINTS));
		VAL_SET(cx->arena, row, "displaces", gone);
		VAL_SET(cx->arena, row, "brings", come);
		csv_put(out, dec_format(cx->arena, price.lost * POINTS), false);
		csv_put(out, dec_format(cx->arena, price.least * POINTS), false);
		csv_put(out, dec_format(cx->arena, price.most * POINTS), false);
		put_list(out, gone);
		put_list(out, come);
	} else {
		buf_add(out, STR(",,,,,"));
	}
	say_price(t, ask, &price, gone, come, row);
	csv_end_row(out);
	val_push(cx->arena, list, row);
	return RC_OK;
}

static void read_asks(struct task *t, struct asks *asks)
{
	for (int fund = 1; fund >= 0; fund--)
		for (const char *given; (given = engine_option(t->run, fund ? "fund" : "drop")) != NULL;) {
			struct ask ask = { .id = str_c(given), .fund = fund };
			struct str rest = ask.id, id;
			if (fund && str_has(rest, STR(":")) && str_cut(&rest, ':', &id)) ask.id = id, ask.tier = rest;
			VEC_PUSH(t->run->cx.arena, asks, ask);
		}
}

static enum rc price(struct task *t)
{
	enum format format;
	struct cx *cx = &t->run->cx;
	struct asks asks = { 0 };
	const char *out = engine_option(t->run, "out"), *rules = engine_option(t->run, "rules"), *path;
	t->wish.quick = !engine_flag(t->run, "exact");
	read_asks(t, &asks);
	TRY(read_wish(t, &format));
	TRY(only_word(t, &path));
	TRY(load(t, path, rules));
	for (size_t k = 0; k < asks.n; k++) TRY(find_asked(t, &asks.v[k]));
	int64_t start_us = time_cpu_us();
	TRY(portfolio_solve(cx, &t->p, &t->wish, &t->result));
	int64_t solved_us = time_cpu_us();
	tell(t);
	if (t->result.chosen) {
		struct buf table = BUF(cx->arena, PORTFOLIO_OUT_MAX);
		struct val list = val_list(cx->arena);
		if (!asks.n) near_the_line(t, &asks);
		buf_add(&table, STR("application,decision,status,lost,least,most,displaces,brings\r\n"));
		for (size_t k = 0; k < asks.n; k++) TRY(price_one(t, &asks.v[k], &table, list));
		VAL_SET(cx->arena, t->figures, "prices", list);
		VAL_SET(cx->arena, t->figures, "solve_cpu_seconds", val_dec(solved_us - start_us));
		VAL_SET(cx->arena, t->figures, "prices_cpu_seconds", val_dec(time_cpu_us() - solved_us));
		if (out) TRY(engine_save(cx, out, &table));
	}
	return engine_figures(t->run, t->figures, 0);
}

int portfolio_command(int argc, char **argv)
{
	static const struct { const char *word; enum rc (*run)(struct task *t); } doors[] = { { "solve", solve }, { "check", check }, { "price", price }, { "compare", compare } };
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

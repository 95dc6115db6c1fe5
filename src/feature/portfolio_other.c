#include "feature/portfolio_other.h"

#include <string.h>

#include "base/csv.h"
#include "base/money.h"
#include "engine/orlib.h"

const char *portfolio_status_word(enum program_status s)
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

/* Large worths of the library's problems do not fit in millionths: those are whole. */
static struct val worth(int64_t v, int64_t scale) { return scale == DEC_ONE ? val_int(v) : val_dec(v * scale); }

void portfolio_put_figures(struct arena *a, struct val figures, enum program_status status, int64_t total, int64_t bound, int64_t chosen, int64_t scale)
{
	VAL_SET(a, figures, "status", val_textz(portfolio_status_word(status)));
	VAL_SET(a, figures, "total", worth(total, scale));
	VAL_SET(a, figures, "bound", worth(bound, scale));
	VAL_SET(a, figures, "gap", val_dec(gap_ppm(total, bound)));
	VAL_SET(a, figures, "chosen", val_int(chosen));
}

static void solve_program(struct cx *cx, const struct program *p, const struct portfolio_wish *wish, struct program_answer *out)
{
	struct program_wish w = PROGRAM_WISH;
	struct program_session *session = program_open(p);
	w.gap_ppm = wish->gap_ppm;
	w.clock_ms = wish->clock_ms;
	w.until_ms = wish->clock_ms() + wish->limit_ms;
	w.stop = wish->stop;
	w.stop_ctx = wish->stop_ctx;
	program_solve(session, cx->arena, &w, out);
	program_close(session);
}

/* ---- OR-Library ---- */

enum rc portfolio_solve_orlib(struct engine_run *run, const char *path, const char *problem, const struct portfolio_wish *wish, const char *out, struct val figures)
{
	struct cx *cx = &run->cx;
	struct str text;
	struct orlib lib;
	struct program_answer answer;
	int64_t which = 1, chosen = 0;
	if (problem && (!str_int(str_c(problem), &which) || which < 1 || which > 10000))
		return fail(cx, RC_INVALID, "cli.number", NOWHERE, "--problem 应为序号，此处为“%s”", "--problem takes a number, not “%s”", problem);
	TRY(engine_load(cx, path, PORTFOLIO_FILE_MAX, &text));
	TRY(orlib_read(cx, text, path, (int)which, &lib));
	solve_program(cx, lib.program, wish, &answer);
	struct buf b = BUF(cx->arena, PORTFOLIO_OUT_MAX);
	buf_add(&b, STR("application,score\r\n"));
	for (int j = 0; answer.x && j < lib.program->n; j++) {
		if (!answer.x[j]) continue;
		chosen++;
		buf_fmt(&b, "%d,%lld\r\n", j + 1, (long long)lib.program->value[j]);
	}
	if (out && answer.x) TRY(engine_save(cx, out, &b));
	if (answer.x) portfolio_put_figures(cx->arena, figures, answer.status, answer.worth, answer.bound, chosen, DEC_ONE);
	else VAL_SET(cx->arena, figures, "status", val_textz(portfolio_status_word(answer.status)));
	VAL_SET(cx->arena, figures, "known", val_int(lib.known));
	VAL_SET(cx->arena, figures, "problem", val_int(which));
	VAL_SET(cx->arena, figures, "problems", val_int(lib.problems));
	VAL_SET(cx->arena, figures, "core", val_int(answer.core));
	VAL_SET(cx->arena, figures, "nodes", val_int(answer.nodes));
	return RC_OK;
}

/* ---- elections ---- */

static void optimum_of(struct cx *cx, const struct ballot *b, const struct portfolio_wish *wish, struct program_answer *out)
{
	struct program *p = program_new(cx->arena, b->n_project);
	program_row(p, -PROGRAM_FREE, b->budget);
	for (int k = 0; k < b->n_project; k++) {
		p->value[k] = b->project[k].score;
		program_put(p, k, b->project[k].cost);
	}
	solve_program(cx, p, wish, out);
	if (!out->x) out->x = ARENA_ARRAY(cx->arena, signed char, (size_t)b->n_project);       /* stopped at once: nothing is always allowed */
}

/* The outcome in the file beside ours: "agrees", "differs", "unknown"; the projects that differ are named. */
static void compare_official(struct cx *cx, const struct ballot *b, const signed char *chosen, const char *path, struct val figures)
{
	struct val differ = val_list(cx->arena);
	int said = 0;
	for (int p = 0; p < b->n_project; p++) {
		said += b->project[p].official >= 0;
		if (b->project[p].official >= 0 && b->project[p].official != chosen[p]) val_push(cx->arena, differ, val_text(b->project[p].id));
	}
	VAL_SET(cx->arena, figures, "official", val_textz(!said ? "unknown" : val_len(differ) ? "differs" : "agrees"));
	VAL_SET(cx->arena, figures, "official_differs", differ);
	struct where at = { .file = str_c(path), .line = 1, .column = 1 };
	if (b->miscounted)
		fail_note(cx, LEVEL_WARNING, "ballot.miscounted", at, "%d 个项目的票数与选票不符，以文件所列为准", "%d projects: the figures are not what the votes add up to; the figures count",
			b->miscounted);
}

static void tell_ties(struct cx *cx, const struct ballot *b, const struct ballot_outcome *o, const char *path, struct val figures)
{
	struct val tied = val_list(cx->arena);
	for (int k = 0; k < o->n_tied; k++) val_push(cx->arena, tied, val_text(b->project[o->tied[k]].id));
	VAL_SET(cx->arena, figures, "ties", val_textz(o->n_tied ? "tied" : "none"));
	VAL_SET(cx->arena, figures, "tied", tied);
	if (!o->n_tied) return;
	struct where at = { .file = str_c(path), .line = 1, .column = 1 };
	fail_note(cx, LEVEL_WARNING, "ballot.tie", at, "%d 个项目同分，仅按文件中的次序区分：由人决定", "%d projects are tied and only the order of the file told them apart: it is for people to decide",
		o->n_tied);
}

static void put_projects(struct cx *cx, struct buf *out, const struct ballot *b, const signed char *chosen)
{
	buf_add(out, STR("application,score,cost\r\n"));
	for (int p = 0; p < b->n_project; p++) {
		if (!chosen[p]) continue;
		csv_put(out, b->project[p].id, true);
		buf_fmt(out, ",%lld,%.*s\r\n", (long long)b->project[p].score, STRF(dec_format(cx->arena, b->project[p].cost * (DEC_ONE / 100))));
	}
}

static enum rc rule_named(struct cx *cx, const char *name, enum ballot_rule *rule)
{
	if (ballot_rule_of(str_c(name), rule)) return RC_OK;
	return fail(cx, RC_INVALID, "cli.rule", NOWHERE, "没有规则“%s”（optimum、greedy、greedy-no-skip、threshold、equal-shares）",
		"there is no rule “%s” (optimum, greedy, greedy-no-skip, threshold, equal-shares)", name);
}

enum rc portfolio_solve_pabulib(struct engine_run *run, const char *path, const char *rule, const struct portfolio_wish *wish, const char *out, struct val figures)
{
	struct cx *cx = &run->cx;
	struct str text;
	struct ballot b;
	struct ballot_outcome o = { 0 };
	struct program_answer best;
	enum ballot_rule which = BALLOT_GREEDY;
	bool optimum = !rule || strcmp(rule, "optimum") == 0;
	if (!optimum) TRY(rule_named(cx, rule, &which));
	TRY(engine_load(cx, path, PORTFOLIO_FILE_MAX, &text));
	TRY(ballot_read(cx, text, path, &b));
	optimum_of(cx, &b, wish, &best);
	if (!optimum) TRY(ballot_count(cx, &b, which, &o));
	else o.chosen = best.x, o.score = best.worth;
	int64_t chosen = 0, cost = 0;
	for (int p = 0; p < b.n_project; p++) chosen += o.chosen[p], cost += o.chosen[p] ? b.project[p].cost : 0;
	portfolio_put_figures(cx->arena, figures, o.score == best.bound ? PROGRAM_OPTIMAL : optimum ? best.status : PROGRAM_STOPPED, o.score, best.bound, chosen, DEC_ONE);
	VAL_SET(cx->arena, figures, "rule", val_textz(optimum ? "optimum" : ballot_rule_name(which)));
	VAL_SET(cx->arena, figures, "file_rule", val_text(b.rule));
	VAL_SET(cx->arena, figures, "cost", val_dec(cost * (DEC_ONE / 100)));
	compare_official(cx, &b, o.chosen, path, figures);
	if (!optimum) tell_ties(cx, &b, &o, path, figures);
	struct buf bytes = BUF(cx->arena, PORTFOLIO_OUT_MAX);
	put_projects(cx, &bytes, &b, o.chosen);
	return out ? engine_save(cx, out, &bytes) : RC_OK;
}

enum rc portfolio_as_ballot(struct cx *cx, const struct portfolio *p, struct ballot *out)
{
	VEC(struct ballot_project) all = { 0 };
	int budget = -1;
	for (int k = p->n_rule; k-- > 0;)
		if (p->rule[k].kind == PORTFOLIO_CEILING && !p->rule[k].share && p->rule[k].in < 0 && p->rule[k].of < 0) budget = k;
	if (budget < 0) return fail(cx, RC_INVALID, "portfolio.no_budget", NOWHERE, "规则中没有总预算（budget …;）", "the rules have no whole budget (budget …;)");
	for (int o = 0; o < p->n_option; o++) {
		const struct portfolio_option *option = &p->option[o];
		struct ballot_project *last = all.n ? &all.v[all.n - 1] : NULL;
		struct ballot_project mine = { p->application.list.v[option->application], option->cost, option->score, option->score, -1 };
		if (last && str_eq(last->id, mine.id)) {
			if (mine.score > last->score) *last = mine;
		} else {
			VEC_PUSH(cx->arena, &all, mine);
		}
	}
	*out = (struct ballot){ .budget = p->rule[budget].amount, .project = all.v, .n_project = (int)all.n, .rule = STR("unknown") };
	return RC_OK;
}

static void put_table(struct buf *out, const struct ballot *b, const signed char *const *by, const char *const *name, int n)
{
	buf_add(out, STR("application"));
	for (int k = 0; k < n; k++) buf_fmt(out, ",%s", name[k]);
	csv_end_row(out);
	for (int p = 0; p < b->n_project; p++) {
		csv_put(out, b->project[p].id, true);
		for (int k = 0; k < n; k++) csv_put(out, by[k] && by[k][p] ? STR("1") : STR("0"), false);
		csv_end_row(out);
	}
}

static void push_row(struct cx *cx, struct val list, const struct ballot *b, const char *name, const signed char *x, int tied)
{
	struct val row = val_map(cx->arena);
	int64_t score = 0, cost = 0, chosen = 0;
	for (int p = 0; p < b->n_project; p++) {
		if (!x[p]) continue;
		score += b->project[p].score;
		cost += b->project[p].cost;
		chosen++;
	}
	VAL_SET(cx->arena, row, "rule", val_textz(name));
	VAL_SET(cx->arena, row, "total", b->n_vote ? val_int(score) : val_dec(score * 1000));
	VAL_SET(cx->arena, row, "cost", val_dec(cost * (DEC_ONE / 100)));
	VAL_SET(cx->arena, row, "chosen", val_int(chosen));
	VAL_SET(cx->arena, row, "tied", val_int(tied));
	val_push(cx->arena, list, row);
}

enum rc portfolio_compare_ballot(struct engine_run *run, const struct ballot *b, const struct portfolio_wish *wish, const char *out, struct val figures)
{
	struct cx *cx = &run->cx;
	struct val list = val_list(cx->arena);
	const signed char *by[BALLOT_RULES + 1];
	const char *name[BALLOT_RULES + 1];
	struct program_answer best;
	int n = 0;
	optimum_of(cx, b, wish, &best);
	by[n] = best.x;
	name[n++] = "optimum";
	push_row(cx, list, b, "optimum", best.x, 0);
	for (int r = 0; r < BALLOT_RULES; r++) {
		struct ballot_outcome o;
		if (r == BALLOT_EQUAL_SHARES && !b->n_vote) continue;
		TRY(ballot_count(cx, b, (enum ballot_rule)r, &o));
		by[n] = o.chosen;
		name[n++] = ballot_rule_name((enum ballot_rule)r);
		push_row(cx, list, b, name[n - 1], o.chosen, o.n_tied);
	}
	VAL_SET(cx->arena, figures, "rules", list);
	struct buf bytes = BUF(cx->arena, PORTFOLIO_OUT_MAX);
	put_table(&bytes, b, by, name, n);
	return out ? engine_save(cx, out, &bytes) : RC_OK;
}

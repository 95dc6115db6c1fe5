/* The wishes one after the other, what each decision costs at least, ties, and why there may be no answer. */
#include <math.h>
#include <string.h>

#include "engine/portfolio.h"

struct solver {
	struct cx *cx;
	const struct portfolio *p;
	const struct portfolio_wish *w;
	struct portfolio_result *out;
	int64_t until_ms;
};

static struct program_wish program_wish(const struct solver *s, int64_t gap_ppm)
{
	struct program_wish w = PROGRAM_WISH;
	w.gap_ppm = gap_ppm;
	w.clock_ms = s->w->clock_ms;
	w.until_ms = s->until_ms;
	w.stop = s->w->stop;
	w.stop_ctx = s->w->stop_ctx;
	return w;
}

static bool time_is_up(const struct solver *s) { return (s->w->clock_ms && s->w->clock_ms() >= s->until_ms) || (s->w->stop && s->w->stop(s->w->stop_ctx)); }

static void once(struct solver *s, const struct program *p, const struct program_wish *w, struct program_answer *out)
{
	struct program_session *session = program_open(p);
	program_solve(session, s->cx->arena, w, out);
	program_close(session);
}

/* The largest standard error: what an unknown one is taken for. */
static int64_t unknown_sd(const struct portfolio *p)
{
	int64_t most = 0;
	for (int o = 0; o < p->n_option; o++)
		if (p->option[o].sd > most) most = p->option[o].sd;
	return most;
}

static int64_t squared(const struct portfolio *p, int o, int64_t unknown)
{
	int64_t sd = p->option[o].sd < 0 ? unknown : p->option[o].sd;
	return sd * sd;
}

/* ---- second and third wish ---- */

static void worth_row(struct program *q, const struct program *p, int64_t least)
{
	program_row(q, least, PROGRAM_FREE);
	for (int j = 0; j < p->n; j++) program_put(q, j, p->value[j]);
}

/* The options of each value of the column to be spread over; values numbered as they come. */
static int spread_values(struct solver *s, struct names *values, int **of, int *n)
{
	VEC(int) pairs = { 0 };         /* value, option, value, option … */
	for (int o = 0; o < s->p->n_option; o++) {
		struct str rest = s->p->option[o].cell[s->p->spread], v;
		int percent;
		while (portfolio_value(&rest, &v, &percent)) {
			VEC_PUSH(s->cx->arena, &pairs, names_put(values, v));
			VEC_PUSH(s->cx->arena, &pairs, o);
		}
	}
	*of = pairs.v;
	*n = (int)pairs.n / 2;
	return (int)values->list.n;
}

/* As the programme before, at no less worth, with one column more for every value: it is 1 only if an option of the value is chosen. */
static struct program *spread_program(struct solver *s, const struct program *p, int *values)
{
	struct arena *a = s->cx->arena;
	struct names names = { .arena = a };
	int *pair, n, m = spread_values(s, &names, &pair, &n);
	struct program *q = program_new(a, p->n + m);
	for (size_t r = 0; r < p->row.n; r++) {
		program_row(q, p->row.v[r].low, p->row.v[r].high);
		for (int k = p->row.v[r].start; k < p->row.v[r].start + p->row.v[r].n; k++) program_put(q, p->col.v[k], p->coef.v[k]);
	}
	worth_row(q, p, s->out->total);
	for (int v = 0; v < m; v++) {
		q->value[p->n + v] = 1;
		program_row(q, 0, PROGRAM_FREE);
		for (int k = 0; k < n; k++)
			if (pair[2 * k] == v) program_put(q, pair[2 * k + 1], 1);
		program_put(q, p->n + v, -1);
	}
	*values = m;
	return q;
}

/* What a selection has of the values: completes x (options) to a point of the spread programme. */
static int64_t complete(const struct solver *s, const struct program *q, signed char *x, int values)
{
	int64_t have = 0;
	for (int v = 0; v < values; v++) {
		const struct program_row *row = &q->row.v[q->row.n - (size_t)(values - v)];
		x[s->p->n_option + v] = 0;
		for (int k = row->start; k < row->start + row->n - 1; k++)
			if (x[q->col.v[k]]) x[s->p->n_option + v] = 1;
		have += x[s->p->n_option + v];
	}
	return have;
}

static struct program *wish_spread(struct solver *s, struct program *p)
{
	int values;
	struct program *q = spread_program(s, p, &values);
	struct program_wish w = program_wish(s, 0);
	struct program_answer answer;
	signed char *start = ARENA_ARRAY(s->cx->arena, signed char, (size_t)q->n + 1);
	memcpy(start, s->out->chosen, (size_t)p->n);
	s->out->values = complete(s, q, start, values);
	w.start = start;
	once(s, q, &w, &answer);
	if (answer.x) {
		memcpy(s->out->chosen, answer.x, (size_t)p->n);
		s->out->values = answer.worth;
	}
	if (answer.status != PROGRAM_OPTIMAL) s->out->status = PROGRAM_STOPPED;
	program_row(q, s->out->values, PROGRAM_FREE);
	for (int v = 0; v < values; v++) program_put(q, p->n + v, 1);
	return q;
}

static struct program *wish_certain(struct solver *s, struct program *p)
{
	struct arena *a = s->cx->arena;
	struct program *q = program_copy(a, p);
	struct program_wish w = program_wish(s, s->w->gap_ppm);
	struct program_answer answer;
	int64_t unknown = unknown_sd(s->p);
	if (s->p->spread < 0) worth_row(q, p, s->out->total);
	memset(q->value, 0, sizeof *q->value * (size_t)q->n);
	for (int o = 0; o < s->p->n_option; o++) q->value[o] = -squared(s->p, o, unknown);
	once(s, q, &w, &answer);
	if (answer.x) memcpy(s->out->chosen, answer.x, (size_t)s->p->n_option);
	if (answer.status != PROGRAM_OPTIMAL && s->out->status == PROGRAM_OPTIMAL) s->out->status = answer.status == PROGRAM_WITHIN ? PROGRAM_WITHIN : PROGRAM_STOPPED;
	return q;
}

/* ---- ties ---- */

/* Look for another selection as good in every wish. `q`: the programme of the last wish; its worth is what must be kept. */
static void find_tie(struct solver *s, const struct program *q)
{
	struct portfolio_result *o = s->out;
	struct program *t = program_copy(s->cx->arena, q);
	int64_t chosen = 0, keep = 0;
	for (int k = 0; k < s->p->n_option; k++) {
		chosen += o->chosen[k];
		if (o->chosen[k]) keep += q->value[k];
	}
	if (q->n > s->p->n_option && !s->p->certain) keep = o->values;
	program_row(t, 1 - chosen, PROGRAM_FREE);
	for (int k = 0; k < s->p->n_option; k++) program_put(t, k, o->chosen[k] ? -1 : 1);
	struct program_wish w = program_wish(s, 1000000);
	struct program_answer answer;
	w.floor = keep;
	once(s, t, &w, &answer);
	o->ties = answer.x ? PORTFOLIO_TIED : answer.status == PROGRAM_IMPOSSIBLE ? PORTFOLIO_UNIQUE : PORTFOLIO_TIES_UNKNOWN;
	if (answer.x) o->other = answer.x;
}

/* ---- no answer ---- */

/* The rows of some rules only, nothing wanted but a selection. */
static bool possible(struct solver *s, const struct portfolio_model *m, const bool *with)
{
	struct arena *a = arena_new((size_t)1 << 30);
	struct program *q = program_new(a, m->program->n);
	struct program_wish w = program_wish(s, 1000000);
	struct program_answer answer;
	for (size_t r = 0; r < m->program->row.n; r++) {
		const struct program_row *row = &m->program->row.v[r];
		if (m->rule[r] >= 0 && !with[m->rule[r]]) continue;
		program_row(q, row->low, row->high);
		for (int k = row->start; k < row->start + row->n; k++) program_put(q, m->program->col.v[k], m->program->coef.v[k]);
	}
	struct program_session *session = program_open(q);
	program_solve(session, a, &w, &answer);
	program_close(session);
	bool found = answer.status != PROGRAM_IMPOSSIBLE;
	arena_free(a);
	return found;
}

/* Leave out every rule without which it stays impossible: what remains cannot hold together, each of them counts. */
static void find_conflict(struct solver *s, const struct portfolio_model *m)
{
	bool *with = ARENA_ARRAY(s->cx->arena, bool, (size_t)s->p->n_rule + 1);
	int *left = ARENA_ARRAY(s->cx->arena, int, (size_t)s->p->n_rule + 1);
	for (int k = 0; k < s->p->n_rule; k++) with[k] = true;
	for (int k = 0; k < s->p->n_rule && !time_is_up(s); k++) {
		with[k] = false;
		with[k] = possible(s, m, with);
	}
	for (int k = 0; k < s->p->n_rule; k++)
		if (with[k]) left[s->out->n_conflict++] = k;
	s->out->conflict = left;
}

/* ---- the whole ---- */

/* By the root relaxation: a selection that decides an application otherwise loses at least this much. */
static void least_prices(struct solver *s, const struct program_answer *answer)
{
	const struct portfolio *p = s->p;
	struct portfolio_result *out = s->out;
	out->price = ARENA_ARRAY(s->cx->arena, int64_t, p->application.list.n + 1);
	for (int from = 0, to; from < p->n_option; from = to) {
		bool funded = false;
		int64_t least = INT64_MAX, own = 0;
		for (to = from; to < p->n_option && p->option[to].application == p->option[from].application; to++) {
			double most = floor(answer->relaxed - fabs(answer->reduced[to]) + 1e-6 + fabs(answer->relaxed) * 1e-10);
			int64_t lost = answer->lean[to] != out->chosen[to] || most > (double)out->total ? 0 : out->total - (int64_t)most;
			funded |= out->chosen[to];
			if (out->chosen[to]) own = lost;
			else if (lost < least) least = lost;
		}
		out->price[p->option[from].application] = funded ? own : least;
	}
}

static void describe(struct solver *s)
{
	struct portfolio_result *out = s->out;
	int64_t unknown = unknown_sd(s->p);
	out->total = 0;
	struct names values = { .arena = s->cx->arena };
	for (int o = 0; o < s->p->n_option; o++) {
		if (!out->chosen[o]) continue;
		out->n_chosen++;
		out->total += portfolio_worth(s->p, &s->p->option[o]);
		out->cost += s->p->option[o].cost;
		out->variance += squared(s->p, o, unknown);
		struct str rest = s->p->spread < 0 ? (struct str){ NULL, 0 } : s->p->option[o].cell[s->p->spread], v;
		int percent;
		while (portfolio_value(&rest, &v, &percent)) names_put(&values, v);
	}
	out->values = (int64_t)values.list.n;
}

enum rc portfolio_solve(struct cx *cx, const struct portfolio *p, const struct portfolio_wish *wish, struct portfolio_result *out)
{
	struct portfolio_model *model = ARENA_NEW(cx->arena, struct portfolio_model);
	struct solver s = { cx, p, wish, out, wish->clock_ms ? wish->clock_ms() + wish->limit_ms : 0 };
	struct program_answer answer;
	*out = (struct portfolio_result){ .ties = PORTFOLIO_TIES_UNKNOWN, .model = model };
	TRY(portfolio_model(cx, p, model));
	struct program_wish w = program_wish(&s, wish->gap_ppm);
	out->session = program_open(model->program);
	program_solve(out->session, cx->arena, &w, &answer);
	out->status = answer.status;
	out->bound = answer.bound;
	out->core = answer.core;
	out->nodes = answer.nodes;
	if (answer.status == PROGRAM_IMPOSSIBLE) find_conflict(&s, model);
	if (!answer.x) return RC_OK;
	out->chosen = answer.x;
	out->total = answer.worth;
	struct program *last = model->program;
	if (p->spread >= 0) last = wish_spread(&s, last);
	if (p->certain) last = wish_certain(&s, last);
	describe(&s);
	least_prices(&s, &answer);
	if (out->status == PROGRAM_OPTIMAL && !wish->gap_ppm && !time_is_up(&s)) find_tie(&s, last);
	return RC_OK;
}

enum rc portfolio_price(struct cx *cx, const struct portfolio *p, const struct portfolio_wish *wish, const struct portfolio_result *solved, int application,
			int option, struct portfolio_price *out)
{
	struct solver s = { cx, p, wish, NULL, wish->clock_ms ? wish->clock_ms() + wish->limit_ms : 0 };
	struct program_wish w = program_wish(&s, wish->gap_ppm);
	struct program_answer answer;
	signed char *fix = ARENA_ARRAY(cx->arena, signed char, (size_t)p->n_option + 1);
	for (int o = 0; o < p->n_option; o++) {
		fix[o] = -1;
		if (option < 0 && p->option[o].application == application) fix[o] = 0;
	}
	if (option >= 0) fix[option] = 1;
	w.fix = fix;
	w.start = solved->chosen;
	w.quick = wish->quick;
	program_solve(solved->session, cx->arena, &w, &answer);
	*out = (struct portfolio_price){ .status = answer.status, .chosen = answer.x };
	if (!answer.x) return RC_OK;
	if (answer.bound > solved->bound) answer.bound = solved->bound;
	out->lost = solved->total - answer.worth;
	out->least = solved->total > answer.bound ? solved->total - answer.bound : 0;
	out->most = solved->bound > answer.worth ? solved->bound - answer.worth : 0;
	return RC_OK;
}

void portfolio_done(struct portfolio_result *solved)
{
	if (solved->session) program_close(solved->session);
	solved->session = NULL;
}

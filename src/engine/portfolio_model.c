/* The rules as rows over the options. */
#include <stdlib.h>
#include <string.h>

#include "engine/portfolio.h"

struct entry { struct str value; int option, percent; };
struct index { struct entry *v; int n; };       /* of one column, by value and option */

struct maker {
	struct cx *cx;
	const struct portfolio *p;
	struct program *program;
	struct arena *arena;
	VEC(int) rule;
	int64_t **money;        /* by column + 1, made when first asked for */
	struct index *index;    /* by column, likewise */
	int64_t *best;          /* by application: its highest score */
	int at;                 /* the rule being worked on */
};

static int by_value(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int c = str_cmp(x->value, y->value);
	return c ? c : (x->option > y->option) - (x->option < y->option);
}

static const struct index *index_of(struct maker *m, int column)
{
	struct index *ix = &m->index[column];
	if (ix->v) return ix;
	VEC(struct entry) all = { 0 };
	for (int o = 0; o < m->p->n_option; o++) {
		struct str rest = m->p->option[o].cell[column];
		struct entry e = { .option = o };
		while (portfolio_value(&rest, &e.value, &e.percent)) VEC_PUSH(m->arena, &all, e);
	}
	if (!all.n) all.v = ARENA_NEW(m->arena, struct entry);
	qsort(all.v, all.n, sizeof *all.v, by_value);
	size_t kept = 0;                /* a value written twice in a cell counts once, the first time */
	for (size_t k = 0; k < all.n; k++)
		if (!kept || by_value(&all.v[kept - 1], &all.v[k]) != 0) all.v[kept++] = all.v[k];
	*ix = (struct index){ all.v, (int)kept };
	return ix;
}

static enum rc money_of(struct maker *m, int column, const int64_t **out)
{
	int64_t **known = &m->money[column + 1], sum = 0;
	if (!*known) {
		int64_t *v = ARENA_ARRAY(m->arena, int64_t, (size_t)m->p->n_option + 1);
		for (int o = 0; o < m->p->n_option; o++) {
			TRY(portfolio_money(m->cx, m->p, &m->p->option[o], column, &v[o]));
			if (v[o] > PORTFOLIO_MONEY_MAX - sum)
				return fail(m->cx, RC_INVALID, "portfolio.money", ((struct where){ .file = str_c(m->p->file), .line = m->p->option[o].line, .column = 1 }),
					"金额合计过大", "the amounts are too large together");
			sum += v[o];
		}
		*known = v;
	}
	*out = *known;
	return RC_OK;
}

static void row(struct maker *m, int64_t low, int64_t high)
{
	VEC_PUSH(m->arena, &m->rule, m->at);
	program_row(m->program, low, high);
}

/* One rule over some options (in order, each once) with their weights. */
static enum rc money_row(struct maker *m, const struct portfolio_rule *r, const struct entry *e, int n)
{
	const int64_t *money;
	TRY(money_of(m, r->of, &money));
	bool ceiling = r->kind == PORTFOLIO_CEILING;
	if (!r->share) {
		row(m, ceiling ? -PROGRAM_FREE : r->amount * 100, ceiling ? r->amount * 100 : PROGRAM_FREE);
		for (int k = 0; k < n; k++) program_put(m->program, e[k].option, money[e[k].option] * e[k].percent);
		return RC_OK;
	}
	row(m, ceiling ? -PROGRAM_FREE : 0, ceiling ? 0 : PROGRAM_FREE);
	for (int o = 0, k = 0; o < m->p->n_option; o++) {
		int percent = k < n && e[k].option == o ? e[k++].percent : 0;
		program_put(m->program, o, money[o] * (percent * 100 - r->amount));
	}
	return RC_OK;
}

static void count_row(struct maker *m, const struct portfolio_rule *r, const struct entry *e, int n)
{
	int64_t there = 0;
	int last = -1;
	row(m, -PROGRAM_FREE, PROGRAM_FREE);
	for (int k = 0; k < n; k++) {
		int application = m->p->option[e[k].option].application;
		if (m->best[application] < r->quality) continue;
		program_put(m->program, e[k].option, 1);
		there += application != last;
		last = application;
	}
	struct program_row *made = &m->program->row.v[m->program->row.n - 1];
	if (r->kind == PORTFOLIO_AT_MOST) made->high = r->amount;
	else made->low = r->quality != INT64_MIN && there < r->amount ? there : r->amount;
}

static enum rc ratio_row(struct maker *m, const struct portfolio_rule *r, const struct entry *e, int n)
{
	const int64_t *a, *b;
	TRY(money_of(m, r->of, &a));
	TRY(money_of(m, r->per, &b));
	row(m, 0, PROGRAM_FREE);
	for (int k = 0; k < n; k++) program_put(m->program, e[k].option, r->q * a[e[k].option] - r->p * b[e[k].option]);
	return RC_OK;
}

static enum rc group(struct maker *m, const struct portfolio_rule *r, const struct entry *e, int n)
{
	if (r->kind == PORTFOLIO_RATIO) return ratio_row(m, r, e, n);
	if (r->kind == PORTFOLIO_CEILING || r->kind == PORTFOLIO_FLOOR) return money_row(m, r, e, n);
	count_row(m, r, e, n);
	return RC_OK;
}

static enum rc grouped(struct maker *m, const struct portfolio_rule *r)
{
	if (r->in < 0) {
		struct entry *all = ARENA_ARRAY(m->arena, struct entry, (size_t)m->p->n_option + 1);
		for (int o = 0; o < m->p->n_option; o++) all[o] = (struct entry){ .option = o, .percent = 100 };
		return group(m, r, all, m->p->n_option);
	}
	const struct index *ix = index_of(m, r->in);
	bool met = false;
	for (int from = 0, to; from < ix->n; from = to) {
		for (to = from + 1; to < ix->n && str_eq(ix->v[to].value, ix->v[from].value);) to++;
		if (!r->each && !str_eq(ix->v[from].value, r->value)) continue;
		met = true;
		TRY(group(m, r, ix->v + from, to - from));
	}
	return met || r->each ? RC_OK : group(m, r, NULL, 0);
}

static void put_application(struct maker *m, const int *first, int application, int64_t coef)
{
	for (int o = first[application]; o < first[application + 1]; o++) program_put(m->program, o, coef);
}

static void named(struct maker *m, const struct portfolio_rule *r, const int *first)
{
	const int *a = r->application;
	switch (r->kind) {
	case PORTFOLIO_EXCLUDE:
		row(m, -PROGRAM_FREE, 1);
		for (int k = 0; k < r->n_application; k++) put_application(m, first, a[k], 1);
		break;
	case PORTFOLIO_NEEDS:
		for (int k = 1; k < r->n_application; k++) {
			row(m, -PROGRAM_FREE, 0);
			put_application(m, first, a[0], 1);
			put_application(m, first, a[k], -1);
		}
		break;
	default:
		for (int k = 0; k < r->n_application; k++) {
			row(m, r->kind == PORTFOLIO_MUST ? 1 : -PROGRAM_FREE, r->kind == PORTFOLIO_MUST ? PROGRAM_FREE : 0);
			put_application(m, first, a[k], 1);
		}
	}
}

enum rc portfolio_model(struct cx *cx, const struct portfolio *p, struct portfolio_model *out)
{
	struct arena *a = cx->arena;
	int applications = (int)p->application.list.n;
	struct maker m = { .cx = cx, .p = p, .arena = a, .program = program_new(a, p->n_option), .money = ARENA_ARRAY(a, int64_t *, (size_t)p->n_column + 1),
		.index = ARENA_ARRAY(a, struct index, (size_t)p->n_column + 1), .best = ARENA_ARRAY(a, int64_t, (size_t)applications + 1), .at = -1 };
	int *first = ARENA_ARRAY(a, int, (size_t)applications + 2);
	for (int o = p->n_option; o-- > 0;) first[p->option[o].application] = o;
	first[applications] = p->n_option;
	for (int i = 0; i < applications; i++) {
		m.best[i] = INT64_MIN;
		for (int o = first[i]; o < first[i + 1]; o++) {
			m.program->value[o] = portfolio_worth(p, &p->option[o]);
			if (p->option[o].score > m.best[i]) m.best[i] = p->option[o].score;
		}
		if (first[i + 1] - first[i] < 2) continue;
		row(&m, -PROGRAM_FREE, 1);
		put_application(&m, first, i, 1);
	}
	for (m.at = 0; m.at < p->n_rule; m.at++) {
		const struct portfolio_rule *r = &p->rule[m.at];
		if (r->kind == PORTFOLIO_EXCLUDE || r->kind == PORTFOLIO_NEEDS || r->kind == PORTFOLIO_MUST || r->kind == PORTFOLIO_NEVER) named(&m, r, first);
		else TRY(grouped(&m, r));
	}
	out->program = m.program;
	out->rule = m.rule.v;
	return RC_OK;
}

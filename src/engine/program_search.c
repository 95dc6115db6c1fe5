/* The search: relax, fix what cannot matter, solve a small core, then what is left. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/program_inner.h"

struct search {
	const struct program *p;
	const struct program_wish *w;
	struct arena *arena;            /* the answer's */
	struct program_answer *out;
	struct lp *lp;
	const struct columns *columns;
	double *x;                      /* of the relaxation */
	signed char *fix, *try;         /* room for one part: what is fixed in it, what it found */
	int *order;                     /* columns, the most doubtful first */
};

static double seconds_left(const struct program_wish *w)
{
	if (!w->clock_ms) return 0;
	int64_t left = w->until_ms - w->clock_ms();
	return left < 10 ? 0.01 : (double)left / 1000;
}

static bool time_is_up(const struct program_wish *w) { return (w->clock_ms && w->clock_ms() >= w->until_ms) || (w->stop && w->stop(w->stop_ctx)); }

/* How far above the best the bound may stay. */
static int64_t allowed(const struct search *s)
{
	int64_t worth = s->out->worth < 0 ? -s->out->worth : s->out->worth;
	return (int64_t)((__int128)worth * s->w->gap_ppm / 1000000);
}

static bool closed(const struct search *s) { return s->out->x && s->out->bound <= s->out->worth + allowed(s); }

static void keep(struct search *s, const signed char *x)
{
	struct program_answer *o = s->out;
	int64_t worth = program_worth(s->p, x);
	if ((o->x && worth <= o->worth) || worth < s->w->floor) return;
	if (!o->x) o->x = ARENA_ARRAY(s->arena, signed char, (size_t)s->p->n + 1);
	memcpy(o->x, x, (size_t)s->p->n);
	o->worth = worth;
}

static bool obeys(const struct search *s, const signed char *x)
{
	for (int j = 0; s->w->fix && j < s->p->n; j++)
		if (s->w->fix[j] >= 0 && s->w->fix[j] != x[j]) return false;
	return program_broken(s->p, x) < 0;
}

/* ---- the relaxation ---- */

struct doubt { double rank; int col; };

static int by_doubt(const void *a, const void *b)
{
	const struct doubt *x = a, *y = b;
	return x->rank < y->rank ? -1 : x->rank > y->rank ? 1 : (x->col > y->col) - (x->col < y->col);
}

static void order_by_doubt(struct search *s, struct arena *scratch)
{
	struct doubt *d = ARENA_ARRAY(scratch, struct doubt, (size_t)s->p->n + 1);
	for (int j = 0; j < s->p->n; j++) {
		bool fraction = s->x[j] > 1e-7 && s->x[j] < 1 - 1e-7;
		d[j] = (struct doubt){ fraction ? -1 : fabs(s->out->reduced[j]), j };
	}
	qsort(d, (size_t)s->p->n, sizeof *d, by_doubt);
	for (int j = 0; j < s->p->n; j++) s->order[j] = d[j].col;
}

/* False: settled already. */
static bool relax(struct search *s, struct arena *scratch)
{
	const struct program *p = s->p;
	bool sure;
	for (int j = 0; j < p->n; j++) {
		bool fixed = s->w->fix && s->w->fix[j] >= 0;
		lp_fix(s->lp, j, fixed ? s->w->fix[j] : 0, fixed ? s->w->fix[j] : 1);
	}
	bool solved = lp_solve(s->lp, s->w->clock_ms ? seconds_left(s->w) : 0, s->w, &sure);
	if (!solved) {
		s->out->status = sure ? PROGRAM_IMPOSSIBLE : PROGRAM_UNKNOWN;
		if (sure) s->out->bound = -PROGRAM_FREE;
		return false;
	}
	struct lp_view view = lp_look(s->lp);
	memcpy(s->x, view.x, sizeof *s->x * (size_t)p->n);
	memcpy(s->out->reduced, view.reduced, sizeof *s->x * (size_t)p->n);
	s->out->relaxed = view.bound;
	s->columns = view.columns;
	/* A sum of doubles errs by far less than one part in 10^10. */
	double safe = floor(view.bound + 1e-6 + fabs(view.bound) * 1e-10);
	if (safe < (double)s->out->bound) s->out->bound = (int64_t)safe;
	for (int j = 0; j < p->n; j++) s->out->lean[j] = s->out->reduced[j] > 0;
	order_by_doubt(s, scratch);
	return true;
}

/* ---- parts ---- */

static int count_free(const struct search *s)
{
	int n = 0;
	for (int j = 0; j < s->p->n; j++) n += s->fix[j] < 0;
	return n;
}

/* Fix every column that cannot turn up differently in a selection worth more than the best plus what is allowed.
   Returns the bound of all that is cut off by it. */
static int64_t fix_settled(struct search *s)
{
	const struct program_answer *o = s->out;
	double target = o->x ? (double)(o->worth + allowed(s)) : s->w->floor == -PROGRAM_FREE ? -INFINITY : (double)s->w->floor - 1;
	double cut = -INFINITY, err = 1e-6 + fabs(o->relaxed) * 1e-10;
	for (int j = 0; j < s->p->n; j++) {
		double flipped = floor(o->relaxed - fabs(o->reduced[j]) + err);
		s->fix[j] = s->w->fix && s->w->fix[j] >= 0 ? s->w->fix[j] : -1;
		if (s->fix[j] >= 0 || flipped > target) continue;
		s->fix[j] = o->lean[j];
		if (flipped > cut) cut = flipped;
	}
	return cut == -INFINITY ? -PROGRAM_FREE : (int64_t)cut;
}

/* Solve what s->fix leaves free. `proof`: only what exceeds the best by more than is allowed is looked for. True: closed, *bound holds for it. */
static bool part(struct search *s, bool proof, double seconds, int nodes, int64_t *bound)
{
	struct program_answer *o = s->out;
	struct mip_answer a;
	int64_t above = o->x && proof ? o->worth + allowed(s) : s->w->floor == -PROGRAM_FREE ? -PROGRAM_FREE : s->w->floor - 1;
	struct mip_wish w = { .fix = s->fix, .above = above, .allow = allowed(s), .gap_ppm = s->w->gap_ppm, .seconds = seconds,
		.nodes = nodes, .stop = s->w->stop, .stop_ctx = s->w->stop_ctx };
	mip_solve(s->p, &w, s->try, &a);
	o->nodes += a.nodes;
	o->core = a.columns;
	if (a.found) keep(s, s->try);
	*bound = a.bound;
	return a.closed;
}

static double share_of_time(const struct search *s, double share) { return s->w->clock_ms ? seconds_left(s->w) * share : 0; }

static bool enough(const struct search *s) { return closed(s) || time_is_up(s->w) || (s->w->quick && s->out->x); }

/* A first selection, and better ones: all but the most doubtful columns as the relaxation has them (or as the start has). */
static void cores(struct search *s, int size, int nodes)
{
	const struct program *p = s->p;
	const signed char *near = s->w->start;
	for (; size < p->n && !enough(s); size *= 2) {
		int64_t was = s->out->x ? s->out->worth : -PROGRAM_FREE, bound;
		for (int j = 0; j < p->n; j++) s->fix[j] = near ? near[j] : s->x[j] > 0.5;
		for (int k = 0; k < size; k++) s->fix[s->order[k]] = -1;
		for (int j = 0; s->w->fix && j < p->n; j++)
			if (s->w->fix[j] >= 0) s->fix[j] = s->w->fix[j];
		part(s, false, share_of_time(s, 0.25), nodes, &bound);
		if (s->out->x && was != -PROGRAM_FREE && s->out->worth - was < (s->out->bound - was) / 8) break;
		fix_settled(s);
		if (s->out->x && count_free(s) <= 2 * size) break;
	}
}

/* All that is still open, for so much of the time that is left. */
static void finish(struct search *s, double share)
{
	double seconds = share_of_time(s, share);
	while (!enough(s)) {
		int64_t cut = fix_settled(s), bound, was = s->out->x ? s->out->worth : -PROGRAM_FREE;
		bool done = part(s, true, seconds, 0, &bound);
		if (cut > bound) bound = cut;
		if (s->out->x && bound < s->out->worth) bound = s->out->worth;
		if (bound < s->out->bound) s->out->bound = bound;
		if (!done || !s->out->x || s->out->worth == was) break;
	}
}

/* The least worth with which the gap that was asked for is proven. */
static int64_t wanted(const struct search *s)
{
	int64_t bound = s->out->bound, gap = (int64_t)((__int128)llabs(bound) * s->w->gap_ppm / 1000000);
	return gap > 0 ? bound - gap + gap * s->w->gap_ppm / 1000000 + 1 : bound;
}

static void trade(struct search *s, int columns, int rounds, double share)
{
	if (!s->out->x || enough(s)) return;
	memcpy(s->try, s->out->x, (size_t)s->p->n);
	struct trade_wish w = { .wish = s->w, .reduced = s->out->reduced, .order = s->order, .n = columns < s->p->n ? columns : s->p->n, .rounds = rounds, .enough = wanted(s),
		.until_ms = s->w->clock_ms ? s->w->clock_ms() + (int64_t)(1000 * share_of_time(s, share)) : 0 };
	if (trade_up(s->p, s->columns, &w, s->try)) keep(s, s->try);
}

/* A selection at once, if rounding and mending come to one: the whole answer when a quick one is asked or it is within the gap, and better
   than none when the work was stopped early. To CBC it is no help: it finds its own sooner without such a cutoff. */
static void first_selection(struct search *s, int trades)
{
	enum { COLUMNS = 300 };
	const struct program_wish *w = s->w;
	for (int pass = 0; pass < 2; pass++) {  /* around what is there, and around the relaxation */
		if (pass == 0 && !w->start) continue;
		for (int j = 0; j < s->p->n; j++) s->try[j] = w->fix && w->fix[j] >= 0 ? w->fix[j] : pass == 0 ? w->start[j] : s->x[j] > 0.5;
		if (trade_mend(s->p, s->columns, w->fix, s->out->reduced, s->try)) keep(s, s->try);
	}
	if (s->out->x && !closed(s) && !time_is_up(w)) trade(s, COLUMNS, trades, 1);
}

/* CBC finds its own way in a small programme as quickly as we do; where that takes long, its selection is better looked for in cores.
   In a large one the cores come first. */
static void search(struct search *s)
{
	enum { SMALL = 600, CORE_SMALL = 45, CORE_FIRST = 60, CORE_NODES = 400, TRADES = 400000, TRADES_QUICK = 4000, TRADES_GAP = 30000 };
	if (s->w->quick) first_selection(s, TRADES_QUICK);
	else if (s->w->gap_ppm > 0 && s->p->n > SMALL) first_selection(s, TRADES_GAP);
	if (s->w->quick) cores(s, 2 * CORE_FIRST, CORE_NODES);
	else if (s->p->n > SMALL) cores(s, CORE_FIRST, CORE_NODES);
	else if (s->w->clock_ms) {
		finish(s, 0.3);
		trade(s, s->p->n, TRADES, 0.2);
		cores(s, CORE_SMALL, 0);
	}
	finish(s, 1);
	if (!s->out->x && time_is_up(s->w)) first_selection(s, TRADES_QUICK);
}

static void give_verdict(struct search *s)
{
	struct program_answer *o = s->out;
	if (!o->x) o->status = o->bound == -PROGRAM_FREE || o->bound < s->w->floor ? PROGRAM_IMPOSSIBLE : PROGRAM_UNKNOWN;
	else o->status = o->bound <= o->worth ? PROGRAM_OPTIMAL : closed(s) ? PROGRAM_WITHIN : PROGRAM_STOPPED;
}

struct program_session { const struct program *p; struct lp *lp; };

struct program_session *program_open(const struct program *p)
{
	struct lp *lp = lp_open(p, LP_ALL);
	struct program_session *s = ARENA_NEW(lp_arena(lp), struct program_session);
	*s = (struct program_session){ p, lp };
	return s;
}

void program_close(struct program_session *s) { lp_close(s->lp); }

void program_solve(struct program_session *session, struct arena *a, const struct program_wish *wish, struct program_answer *out)
{
	const struct program *p = session->p;
	struct arena *scratch = arena_new((size_t)2 << 30);
	size_t n = (size_t)p->n + 1;
	*out = (struct program_answer){ .reduced = ARENA_ARRAY(a, double, n), .lean = ARENA_ARRAY(a, signed char, n), .bound = PROGRAM_FREE - 1 };
	struct search s = { .p = p, .w = wish, .arena = a, .out = out, .lp = session->lp, .fix = ARENA_ARRAY(scratch, signed char, n),
		.try = ARENA_ARRAY(scratch, signed char, n), .order = ARENA_ARRAY(scratch, int, n), .x = ARENA_ARRAY(scratch, double, n) };
	if (relax(&s, scratch)) {
		if (wish->start && obeys(&s, wish->start)) keep(&s, wish->start);
		search(&s);
		give_verdict(&s);
	}
	arena_free(scratch);
}

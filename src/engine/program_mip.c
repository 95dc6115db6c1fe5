/* Branch and bound by CBC over the columns that are still free. */
#include <coin/Cbc_C_Interface.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/program_inner.h"

/* What is left of the programme once some columns are fixed. */
struct rest {
	struct arena *arena;
	int n, rows;
	int *col;               /* column of the programme */
	int *here;              /* by column of the programme; -1: fixed */
	int64_t offset;         /* worth of the columns fixed at 1 */
	bool impossible;        /* a row that no free column can mend */
	CoinBigIndex *start;    /* row by row */
	VEC(int) index;
	VEC(double) element;
	VEC(double) low;
	VEC(double) high;
	VEC(CoinBigIndex) begin;
};

static int64_t gcd(int64_t a, int64_t b)
{
	while (b) {
		int64_t r = a % b;
		a = b;
		b = r;
	}
	return a < 0 ? -a : a;
}

static int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b != 0 && (a < 0) != (b < 0)); }

/* One row over the free columns, in lowest terms; left out when nothing can break it. `squeeze`: how much narrower than it is. */
static void rest_row(struct rest *s, const struct program *p, const struct program_row *row, const signed char *fix, double squeeze)
{
	int64_t done = 0, least = 0, most = 0, g = 0;
	double widest = 0;
	for (int k = row->start; k < row->start + row->n; k++) {
		int64_t c = p->coef.v[k];
		signed char f = fix ? fix[p->col.v[k]] : -1;
		if (f == 1) done += c;
		if (f >= 0) continue;
		*(c < 0 ? &least : &most) += c;
		g = gcd(g, c);
		if (fabs((double)c) > widest) widest = fabs((double)c);
	}
	int64_t low = row->low == -PROGRAM_FREE ? -PROGRAM_FREE : row->low - done, high = row->high == PROGRAM_FREE ? PROGRAM_FREE : row->high - done;
	if (low <= least) low = -PROGRAM_FREE;
	if (high >= most) high = PROGRAM_FREE;
	s->impossible |= (low != -PROGRAM_FREE && low > most) || (high != PROGRAM_FREE && high < least);
	if (s->impossible || (low == -PROGRAM_FREE && high == PROGRAM_FREE)) return;
	double scale = widest / (double)g > 1e6 ? widest / (double)g / 1e3 : 1, slack = squeeze * widest / (double)g / scale;
	VEC_PUSH(s->arena, &s->begin, (CoinBigIndex)s->index.n);
	VEC_PUSH(s->arena, &s->low, low == -PROGRAM_FREE ? -1e100 : (double)-floor_div(-low, g) / scale + slack);
	VEC_PUSH(s->arena, &s->high, high == PROGRAM_FREE ? 1e100 : (double)floor_div(high, g) / scale - slack);
	for (int k = row->start; k < row->start + row->n; k++) {
		if (s->here[p->col.v[k]] < 0) continue;
		VEC_PUSH(s->arena, &s->index, s->here[p->col.v[k]]);
		int64_t units = p->coef.v[k] / g;       /* exact: g divides them all */
		VEC_PUSH(s->arena, &s->element, (double)units / scale);
	}
	s->rows++;
}

static struct rest *rest_make(struct arena *a, const struct program *p, const signed char *fix, double squeeze)
{
	struct rest *s = ARENA_NEW(a, struct rest);
	s->arena = a;
	s->col = ARENA_ARRAY(a, int, (size_t)p->n + 1);
	s->here = ARENA_ARRAY(a, int, (size_t)p->n + 1);
	for (int j = 0; j < p->n; j++) {
		s->here[j] = -1;
		if (fix && fix[j] >= 0) s->offset += fix[j] ? p->value[j] : 0;
		else s->here[j] = s->n, s->col[s->n++] = j;
	}
	for (size_t r = 0; r < p->row.n && !s->impossible; r++) rest_row(s, p, &p->row.v[r], fix, squeeze);
	VEC_PUSH(a, &s->begin, (CoinBigIndex)s->index.n);
	return s;
}

/* CBC loads column by column. */
static Cbc_Model *rest_load(struct rest *s, const struct program *p)
{
	struct arena *a = s->arena;
	CoinBigIndex *start = ARENA_ARRAY(a, CoinBigIndex, (size_t)s->n + 2);
	int *row = ARENA_ARRAY(a, int, s->index.n + 1);
	double *element = ARENA_ARRAY(a, double, s->index.n + 1), *zero = ARENA_ARRAY(a, double, (size_t)s->n + 1);
	double *one = ARENA_ARRAY(a, double, (size_t)s->n + 1), *cost = ARENA_ARRAY(a, double, (size_t)s->n + 1);
	for (size_t k = 0; k < s->index.n; k++) start[s->index.v[k] + 2]++;
	for (int j = 0; j < s->n; j++) start[j + 2] += start[j + 1], one[j] = 1, cost[j] = -(double)p->value[s->col[j]];
	for (int r = 0; r < s->rows; r++)
		for (CoinBigIndex k = s->begin.v[r]; k < s->begin.v[r + 1]; k++) {
			CoinBigIndex to = start[s->index.v[k] + 1]++;
			row[to] = r;
			element[to] = s->element.v[k];
		}
	Cbc_Model *m = Cbc_newModel();
	Cbc_setLogLevel(m, 0);
	Cbc_setParameter(m, "log", "0");
	Cbc_loadProblem(m, s->n, s->rows, start, row, element, zero, one, cost, s->low.v, s->high.v);
	for (int j = 0; j < s->n; j++) Cbc_setInteger(m, j);
	return m;
}

static void rest_start(struct rest *s, Cbc_Model *m, const signed char *start)
{
	int *index = ARENA_ARRAY(s->arena, int, (size_t)s->n + 1);
	double *value = ARENA_ARRAY(s->arena, double, (size_t)s->n + 1);
	for (int j = 0; j < s->n; j++) index[j] = j, value[j] = start[s->col[j]];
	Cbc_setMIPStartI(m, s->n, index, value);
}

static void limits(Cbc_Model *m, const struct rest *s, const struct mip_wish *w)
{
	char text[40];
	Cbc_setParameter(m, "timeMode", "elapsed");
	if (w->seconds > 0) Cbc_setMaximumSeconds(m, w->seconds);
	if (w->nodes > 0) Cbc_setMaximumNodes(m, w->nodes);
	if (w->allow > 0) Cbc_setAllowableGap(m, (double)w->allow + 0.5);
	if (w->gap_ppm > 0) {
		snprintf(text, sizeof text, "0.%06d", (int)(w->gap_ppm < 1000000 ? w->gap_ppm : 999999));
		Cbc_setParameter(m, "ratioGap", text);
	}
	if (w->above == -PROGRAM_FREE) return;
	snprintf(text, sizeof text, "%.1f", -(double)(w->above - s->offset) - 0.5);
	Cbc_setParameter(m, "cutoff", text);
}

/* True: it found a selection, but one that breaks a row in exact integers. */
static bool solve(const struct program *p, struct rest *s, const struct mip_wish *w, signed char *x, struct mip_answer *out)
{
	Cbc_Model *m = rest_load(s, p);
	limits(m, s, w);
	if (w->start && program_broken(p, w->start) < 0) rest_start(s, m, w->start);
	Cbc_solve(m);
	bool ended = Cbc_status(m) == 0;
	const double *best = Cbc_bestSolution(m);
	out->nodes += Cbc_getNodeCount(m);
	double bound = floor(-Cbc_getBestPossibleObjValue(m) + 1e-6 * (1 + fabs(Cbc_getBestPossibleObjValue(m)) * 1e-3));
	out->bound = bound > 4e18 ? PROGRAM_FREE : (int64_t)bound + s->offset;
	if (best) {
		for (int j = 0; j < p->n; j++) x[j] = s->here[j] >= 0 ? best[s->here[j]] > 0.5 : w->fix[j] == 1;
		out->found = program_broken(p, x) < 0;
		out->worth = out->found ? program_worth(p, x) : 0;
		out->closed = ended && out->found;
		int64_t gap = (int64_t)((__int128)(out->worth < 0 ? -out->worth : out->worth) * w->gap_ppm / 1000000);
		if (gap < w->allow) gap = w->allow;
		if (out->closed && out->bound > out->worth + gap) out->bound = out->worth + gap;
		if (out->bound < out->worth) out->bound = out->worth;
	} else if (ended) {
		out->closed = true;
		out->bound = w->above;          /* -PROGRAM_FREE: nothing at all */
	}
	Cbc_deleteModel(m);
	return best && !out->found;
}

/* ---- in a child process: the library cannot be interrupted, a process can be ended ---- */

struct told { bool broke; struct mip_answer answer; };

static void child(int fd, const struct program *p, struct rest *s, const struct mip_wish *w, signed char *x)
{
	struct told t = { 0 };
	t.broke = solve(p, s, w, x, &t.answer);
	bool fine = write(fd, &t, sizeof t) == (ssize_t)sizeof t;
	for (int at = 0; fine && at < p->n;) {
		ssize_t put = write(fd, x + at, (size_t)(p->n - at));
		fine = put > 0;
		at += fine ? (int)put : 0;
	}
	_exit(0);
}

/* So many bytes, or false: the child died, or the caller wants to stop. */
static bool hear(int fd, const struct mip_wish *w, void *to, size_t bytes)
{
	enum { WAIT_MS = 20 };
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	for (size_t at = 0; at < bytes;) {
		if (w->stop(w->stop_ctx)) return false;
		if (poll(&ready, 1, WAIT_MS) <= 0) continue;
		ssize_t got = read(fd, (char *)to + at, bytes - at);
		if (got <= 0) return false;
		at += (size_t)got;
	}
	return true;
}

static bool solve_apart(const struct program *p, struct rest *s, const struct mip_wish *w, signed char *x, struct mip_answer *out)
{
	int ends[2];
	struct told t = { 0 };
	if (!w->stop || pipe(ends) != 0) return solve(p, s, w, x, out);
	pid_t pid = fork();
	if (pid == 0) child(ends[1], p, s, w, x);
	close(ends[1]);
	bool heard = pid > 0 && hear(ends[0], w, &t, sizeof t) && hear(ends[0], w, x, (size_t)p->n);
	if (pid > 0 && !heard) kill(pid, SIGKILL);
	if (pid > 0) waitpid(pid, NULL, 0);
	close(ends[0]);
	if (pid < 0) return solve(p, s, w, x, out);
	int columns = out->columns, nodes = out->nodes;
	*out = heard ? t.answer : (struct mip_answer){ .bound = PROGRAM_FREE };
	out->columns = columns;
	out->nodes += nodes;
	return heard && t.broke;
}

/* Nothing is free: the one selection there is. */
static void settled(const struct program *p, const struct mip_wish *w, signed char *x, struct mip_answer *out)
{
	out->closed = true;
	for (int j = 0; j < p->n; j++) x[j] = w->fix && w->fix[j] == 1;
	out->worth = out->bound = program_worth(p, x);
	out->found = program_broken(p, x) < 0 && (w->above == -PROGRAM_FREE || out->worth > w->above);
	if (!out->found) out->bound = w->above;
}

void mip_solve(const struct program *p, const struct mip_wish *wish, signed char *x, struct mip_answer *out)
{
	struct mip_answer again = { 0 };
	struct arena *a = arena_new((size_t)2 << 30);
	struct rest *s = rest_make(a, p, wish->fix, 0);
	*out = (struct mip_answer){ .columns = s->n };
	if (s->impossible) {
		out->closed = true;
		out->bound = wish->above;
	} else if (!s->n) {
		settled(p, wish, x, out);
	} else if (!s->rows) {          /* nothing can break: every free column that is worth something */
		signed char *all = ARENA_ARRAY(a, signed char, (size_t)p->n + 1);
		struct mip_wish w = *wish;
		for (int j = 0; j < p->n; j++) all[j] = s->here[j] >= 0 ? p->value[j] > 0 : wish->fix[j];
		w.fix = all;
		settled(p, &w, x, out);
	} else if (solve_apart(p, s, wish, x, out)) {
		/* The library lets a row be broken by a hair: look once more in rows narrower by that hair. The bound stays. */
		s = rest_make(a, p, wish->fix, 2e-6);
		if (!s->impossible) solve_apart(p, s, wish, x, &again);
		out->found = again.found;
		out->worth = again.worth;
		out->nodes += again.nodes;
		if (out->found && out->bound < out->worth) out->bound = out->worth;
	}
	arena_free(a);
}

/* The assignment engine held to its peers on random instances with every kind of rule, value for value: CBC over the plain 0-1 programme
   of the rules as they are written, and LEMON's network simplex where the case is a flow. Every answer also passes assign_check.
     equal HOW_MANY [SEED]                       random instances; ends with the counts, exit 1 at the first difference
     equal --files A.csv E.csv P.csv [R.lc]      one case from files, with a minute for CBC (rings of three are not written out here) */
#include <coin/Cbc_C_Interface.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "feature/assign_read.h"

long lemon_total(int np, int ne, const int *need, const int *min, const int *max, const unsigned *row, const int *expert, const int *cost, int forbidden, const int *org);
enum { NO_ANSWER = INT32_MIN };

static struct rng rng;
static int pick(int n) { return (int)rng_below(&rng, (uint64_t)n); }

/* ---- the programme ---- */

struct milp { Cbc_Model *m; int index[4096]; double one[4096]; int n; };

static void put(struct milp *p, uint32_t i)
{
	if (p->n == 4096) abort();
	p->index[p->n] = (int)i;
	p->one[p->n++] = 1;
}

static void row(struct milp *p, double low, double high)
{
	if (p->n) Cbc_addRow(p->m, "", p->n, p->index, p->one, 'L', high);
	if (p->n && low > 0) Cbc_addRow(p->m, "", p->n, p->index, p->one, 'G', low);
	if (!p->n && low > 0) {                 /* nothing can reach it */
		int first = 0;
		double zero = 0;
		Cbc_addRow(p->m, "", 1, &first, &zero, 'G', low);
	}
	p->n = 0;
}

static uint32_t find(const struct assign_input *in, int a, int e)
{
	for (uint32_t i = in->row[a]; i < in->row[a + 1]; i++)
		if (in->expert[i] == e) return i;
	return UINT32_MAX;
}

static void loads(struct milp *p, const struct assign_input *in, const struct assign_cap *cap)
{
	int groups = 1;
	for (int a = 0; cap && a < in->n_application; a++)
		if (cap->group[a] >= groups) groups = cap->group[a] + 1;
	for (int e = 0; e < in->n_expert; e++)
		for (int g = 0; g < groups; g++) {
			for (int a = 0; a < in->n_application; a++) {
				uint32_t i = find(in, a, e);
				if (i != UINT32_MAX && (!cap || cap->group[a] == g)) put(p, i);
			}
			row(p, cap ? 0 : in->min ? in->min[e] : 0, cap ? cap->most : in->max[e]);
		}
}

static void of_application(struct milp *p, const struct assign_input *in, int a)
{
	for (uint32_t i = in->row[a]; i < in->row[a + 1]; i++) put(p, i);
	row(p, in->need[a], in->need[a]);
	for (uint32_t i = in->row[a]; in->one && i < in->row[a + 1]; i++) {
		int32_t org = in->one[in->expert[i]];
		for (uint32_t j = i; org >= 0 && j < in->row[a + 1]; j++)
			if (in->one[in->expert[j]] == org) put(p, j);
		row(p, 0, 1);
	}
	for (int q = 0; in->need[a] && q < in->n_quota; q++) {
		const struct assign_quota *x = &in->quota[q];
		for (uint32_t i = in->row[a]; i < in->row[a + 1]; i++)
			if (x->application ? x->expert[in->expert[i]] >= 0 && x->expert[in->expert[i]] == x->application[a] : x->expert[in->expert[i]] > 0) put(p, i);
		row(p, x->least, x->most);
	}
}

static void rings(struct milp *p, const struct assign_input *in, bool three)
{
	const int32_t *who = in->applicant;
	for (int a = 0; in->cycle && a < in->n_application; a++)
		for (int b = 0; who[a] >= 0 && b < in->n_application; b++) {
			if (who[b] < 0 || who[b] == who[a]) continue;
			uint32_t i = find(in, a, who[b]), j = find(in, b, who[a]);
			if (i != UINT32_MAX && j != UINT32_MAX && who[a] < who[b]) {
				put(p, i);
				put(p, j);
				row(p, 0, 1);
			}
			for (int c = 0; three && in->cycle == 3 && i != UINT32_MAX && c < in->n_application; c++) {
				if (who[c] < 0 || who[c] == who[a] || who[c] == who[b] || who[a] > who[b] || who[a] > who[c]) continue;
				uint32_t k = find(in, b, who[c]), l = find(in, c, who[a]);
				if (k == UINT32_MAX || l == UINT32_MAX) continue;
				put(p, i);
				put(p, k);
				put(p, l);
				row(p, 0, 2);
			}
		}
}

/* The greatest total by CBC; NO_ANSWER: there is none. *sure is false when its time was up. */
static int64_t cbc_total(const struct assign_input *in, bool three, double seconds, bool *sure)
{
	static struct milp p;
	uint32_t n = in->row[in->n_application];
	p = (struct milp){ .m = Cbc_newModel() };
	Cbc_setLogLevel(p.m, 0);
	Cbc_setParameter(p.m, "log", "0");
	for (uint32_t i = 0; i <= n; i++) {     /* one more, fixed at 0: a programme needs a column */
		bool open = i < n && in->affinity[i] != ASSIGN_FORBIDDEN;
		Cbc_addCol(p.m, "", 0, open, open ? -in->affinity[i] : 0, 1, 0, NULL, NULL);
	}
	for (int a = 0; a < in->n_application; a++) of_application(&p, in, a);
	loads(&p, in, NULL);
	for (int c = 0; c < in->n_cap; c++) loads(&p, in, &in->cap[c]);
	rings(&p, in, three);
	Cbc_setMaximumSeconds(p.m, seconds);
	Cbc_solve(p.m);
	bool found = Cbc_bestSolution(p.m) != NULL;
	*sure = Cbc_status(p.m) == 0;
	double worth = found ? -Cbc_getObjValue(p.m) : NO_ANSWER;
	Cbc_deleteModel(p.m);
	return (int64_t)(worth < 0 ? worth - 0.5 : worth + 0.5);
}

/* ---- random instances ---- */

enum { APPLICATIONS = 24, EXPERTS = 20, PAIRS = APPLICATIONS * EXPERTS };

struct made {
	int32_t need[APPLICATIONS], min[EXPERTS], max[EXPERTS], expert[PAIRS], affinity[PAIRS], one[EXPERTS], senior[EXPERTS], place[EXPERTS], at[APPLICATIONS], group[APPLICATIONS],
		applicant[APPLICATIONS];
	uint32_t row[APPLICATIONS + 1];
	struct assign_quota quota[3];
	struct assign_cap cap[2];
	struct assign_input in;
};

static void make(struct made *s, int np, int ne, bool one, bool rules)
{
	int range = (int[]){ 3, 20, 1000, 100000 }[pick(4)], k = 1 + pick(ne < 4 ? ne : 4), room = 0, need = 0;
	uint32_t n = 0;
	memset(s, 0, sizeof *s);
	for (int a = 0; a < np; a++) {
		need += s->need[a] = pick(10) ? k : pick(k + 1);
		s->group[a] = pick(4) - (pick(4) == 0);
		s->at[a] = pick(3) - (pick(6) == 0);
		s->applicant[a] = pick(3) ? pick(ne) : -1;
		for (int e = 0; e < ne; e++) {
			if (pick(4) == 0) continue;
			s->expert[n] = e;
			s->affinity[n++] = pick(15) == 0 ? ASSIGN_FORBIDDEN : pick(range) - range / 4;
		}
		s->row[a + 1] = n;
	}
	for (int e = 0; e < ne; e++) {
		room += s->max[e] = need / ne + pick(4);
		s->min[e] = pick(5) == 0 ? pick(s->max[e] + 1) : 0;
		s->one[e] = pick(ne) - 1;
		s->senior[e] = pick(2);
		s->place[e] = pick(3);
	}
	for (int e = 0; room < need; e = (e + 1) % ne) s->max[e]++, room++;
	s->in = (struct assign_input){ .n_application = np, .n_expert = ne, .need = s->need, .min = s->min, .max = s->max, .row = s->row, .expert = s->expert, .affinity = s->affinity };
	if (one) s->in.one = s->one;
	if (!rules) return;
	s->quota[0] = (struct assign_quota){ .least = pick(2), .most = ASSIGN_NEED_MAX, .expert = s->senior, .zh = "", .en = "" };
	s->quota[1] = (struct assign_quota){ .least = pick(2), .most = 1 + pick(3), .expert = s->place, .application = s->at, .zh = "", .en = "" };
	s->quota[2] = (struct assign_quota){ .most = 1 + pick(3), .expert = s->senior, .zh = "", .en = "" };
	s->cap[0] = (struct assign_cap){ 1 + pick(3), s->group, "", "" };
	s->cap[1] = (struct assign_cap){ 1 + pick(3), s->at, "", "" };
	s->in.quota = s->quota;
	s->in.n_quota = pick(4);
	s->in.cap = s->cap;
	s->in.n_cap = pick(3);
	s->in.applicant = s->applicant;
	s->in.cycle = (int[]){ 0, 2, 3 }[pick(3)];
}

struct tally { int compared, lemon, ruled, feasible, infeasible, gaps, unproven; };

static void differ(int n, const char *peer, int64_t theirs, const struct assign_result *r)
{
	printf("instance %d: here status %d total %lld bound %lld, %s %lld\n", n, (int)r->status, (long long)r->total, (long long)r->bound, peer, (long long)theirs);
	for (int k = 0; k < r->n_reason; k++) printf("  %.*s\n", STRF(r->reason[k].en));
	exit(1);
}

static void compare(struct tally *t, int n, const struct made *s)
{
	struct arena *arena = arena_new((size_t)2 << 30);
	struct cx cx = { .arena = arena };
	struct assign_options o = { 0 };
	struct assign_result r;
	struct assign_check c;
	bool rules = s->in.n_quota || s->in.n_cap || s->in.cycle, sure;
	if (assign_solve(&cx, &s->in, &o, &r) != RC_OK) differ(n, "an error", 0, &r);
	bool any = r.status == ASSIGN_OPTIMAL || r.status == ASSIGN_FEASIBLE;
	if (any && (assign_check(&cx, &s->in, r.first, r.pair, &c) != RC_OK || c.n_reason || c.total != r.total)) differ(n, "check", c.total, &r);
	int64_t best = cbc_total(&s->in, true, 60, &sure);
	if (!sure) return;
	t->compared++;
	t->ruled += rules;
	t->feasible += any;
	t->infeasible += r.status == ASSIGN_INFEASIBLE;
	t->gaps += r.status == ASSIGN_FEASIBLE;
	if (r.status == ASSIGN_INFEASIBLE ? best != NO_ANSWER : best == NO_ANSWER) differ(n, "CBC", best, &r);
	if (r.status == ASSIGN_OPTIMAL && r.total != best) differ(n, "CBC", best, &r);
	if (any && (r.total > best || r.bound < best)) differ(n, "CBC", best, &r);
	if (!rules) {
		long flow = lemon_total(s->in.n_application, s->in.n_expert, s->need, s->min, s->max, s->row, s->expert, s->affinity, ASSIGN_FORBIDDEN, s->in.one);
		t->lemon++;
		if (r.status == ASSIGN_INFEASIBLE ? flow != NO_ANSWER : flow != r.total) differ(n, "LEMON", flow, &r);
	}
	arena_free(arena);
}

static int from_files(int argc, char **argv)
{
	struct cx cx = { .arena = arena_new((size_t)8 << 30) };
	struct assign_files f = { 0 };
	bool sure;
	if (argc < 5 || assign_files_read(&cx, argv[2], argv[3], argv[4], argc > 5 ? argv[5] : NULL, &f) != RC_OK) return 2;
	int64_t best = cbc_total(&f.in, false, 60, &sure);
	printf("{\"peer\":\"CBC\",\"total\":%lld,\"proven\":%s}\n", (long long)best, sure ? "true" : "false");
	return 0;
}

int main(int argc, char **argv)
{
	static struct made s;
	struct tally t = { 0 };
	if (argc > 1 && strcmp(argv[1], "--files") == 0) return from_files(argc, argv);
	int wanted = argc > 1 ? atoi(argv[1]) : 1000;
	rng = rng_seed(argc > 2 ? strtoull(argv[2], NULL, 10) : 1);
	for (int n = 0; n < wanted; n++) {
		bool large = n % 50 == 49;
		make(&s, large ? APPLICATIONS : 2 + pick(9), large ? EXPERTS : 3 + pick(7), pick(2), n % 3 != 0);
		compare(&t, n, &s);
	}
	printf("assign: %d instances equal to CBC (%d with side rules, %d of them flows equal to LEMON too); %d feasible, %d infeasible, %d left with a proven gap\n", t.compared, t.ruled,
		t.lemon, t.feasible, t.infeasible, t.gaps);
	return t.compared == wanted ? 0 : 1;
}

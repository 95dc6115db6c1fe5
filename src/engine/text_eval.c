/* The usual measures of a ranked answer against judgements. */
#include <math.h>
#include <stdlib.h>

#include "engine/text.h"

enum { DEPTH = 100, ROWS_MAX = 20000000 };

struct row { struct str query, doc; int64_t grade, rank; int line; };
struct rows { VEC(struct row); };

static bool word(struct str *rest, struct str *out)
{
	while (rest->n && (rest->p[0] == ' ' || rest->p[0] == '\t' || rest->p[0] == '\r')) rest->p++, rest->n--;
	size_t n = 0;
	while (n < rest->n && rest->p[n] != ' ' && rest->p[n] != '\t' && rest->p[n] != '\r') n++;
	*out = (struct str){ rest->p, n };
	rest->p += n, rest->n -= n;
	return n > 0;
}

static enum rc read_rows(struct cx *cx, struct str text, const char *name, bool run, struct rows *out)
{
	struct str line;
	int number = 0;
	while (str_cut(&text, '\n', &line)) {
		struct str w[6], extra;
		int n = 0;
		struct row r = { .line = ++number };
		while (n < 6 && word(&line, &w[n])) n++;
		if (!n) continue;
		bool ok = run ? n == 6 && !word(&line, &extra) && str_int(w[3], &r.rank) : (n == 4 && str_int(w[3], &r.grade)) || (n == 3 && str_int(w[2], &r.grade));
		if (!ok || out->n == ROWS_MAX)
			return fail(cx, RC_INVALID, "text.trec", ((struct where){ .file = str_c(name), .line = number, .column = 1 }),
				run ? "应为：查询 Q0 文档 名次 分数 标记" : "应为：查询 0 文档 等级", run ? "expected: query Q0 document rank score tag" : "expected: query 0 document grade");
		r.query = w[0];
		r.doc = w[run || n == 4 ? 2 : 1];
		VEC_PUSH(cx->arena, out, r);
	}
	return RC_OK;
}

static int by_rank(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int c = str_cmp(x->query, y->query);
	return c ? c : x->rank != y->rank ? (x->rank < y->rank ? -1 : 1) : x->line - y->line;
}
static int by_grade(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int c = str_cmp(x->query, y->query);
	return c ? c : (x->grade < y->grade) - (x->grade > y->grade);
}

static double gain(int64_t grade, int rank) { return (exp2((double)(grade > 30 ? 30 : grade)) - 1) / log2(rank + 1); }

/* One query: `judged` by grade, best first; `run` by rank. */
static void measure(const struct row *judged, size_t n, const struct row *run, size_t m, struct text_measures *out)
{
	double ideal = 0, dcg = 0, precision = 0;
	size_t relevant = 0, found = 0, found100 = 0;
	while (relevant < n && judged[relevant].grade > 0) relevant++;
	if (!relevant) return;
	for (size_t i = 0; i < relevant && i < 10; i++) ideal += gain(judged[i].grade, (int)i + 1);
	for (size_t i = 0; i < m; i++) {
		int64_t grade = 0;
		for (size_t k = 0; k < relevant && !grade; k++)
			if (str_eq(judged[k].doc, run[i].doc)) grade = judged[k].grade;
		if (!grade) continue;
		if (i < 10) dcg += gain(grade, (int)i + 1);
		if (i < DEPTH) found100++;
		if (!found && i < 10) out->mrr10 += 1 / (double)(i + 1);
		if (i == 0) out->success1++;
		precision += (double)++found / (double)(i + 1);
	}
	out->queries++;
	out->ndcg10 += dcg / ideal;
	out->recall100 += (double)found100 / (double)relevant;
	out->map += precision / (double)relevant;
}

enum rc text_eval(struct cx *cx, struct str run_text, const char *run_name, struct str judged_text, const char *judged_name, struct text_measures *out)
{
	struct rows run = { 0 }, judged = { 0 };
	struct text_measures r = { 0 };
	TRY(read_rows(cx, run_text, run_name, true, &run));
	TRY(read_rows(cx, judged_text, judged_name, false, &judged));
	if (run.n) qsort(run.v, run.n, sizeof *run.v, by_rank);
	if (judged.n) qsort(judged.v, judged.n, sizeof *judged.v, by_grade);
	for (size_t i = 0, at = 0, end, to; i < judged.n; i = end) {
		for (end = i; end < judged.n && str_eq(judged.v[end].query, judged.v[i].query);) end++;
		while (at < run.n && str_cmp(run.v[at].query, judged.v[i].query) < 0) at++;
		for (to = at; to < run.n && str_eq(run.v[to].query, judged.v[i].query);) to++;
		measure(judged.v + i, end - i, run.n ? run.v + at : NULL, to - at, &r);
		at = to;
	}
	if (!r.queries) return fail(cx, RC_MISSING, "text.judged", ((struct where){ .file = str_c(judged_name) }), "没有一个查询有相关文档", "no query has a relevant document");
	double *v[] = { &r.ndcg10, &r.recall100, &r.mrr10, &r.map, &r.success1 };
	for (size_t i = 0; i < sizeof v / sizeof *v; i++) *v[i] /= r.queries;
	*out = r;
	return RC_OK;
}

/* Random small texts: ranking equals scoring every document by the formula; every common run of 13 units is found; every term's
   place in the folded text leads back to the bytes it was made of. */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rng.h"
#include "base/utf8.h"
#include "engine/text_segment.h"

enum { DOCS = 700, CHARS = 40 };

static int passed, failed;
static void check(bool ok, const char *what, long n)
{
	if (ok) passed++;
	else if (failed++ < 20) printf("FAILED %s (%ld)\n", what, n);
}

static void clear(const char *dir)
{
	DIR *d = opendir(dir);
	for (struct dirent *e; d && (e = readdir(d));) {
		char path[400];
		snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
		unlink(path);
	}
	if (d) closedir(d);
}

/* Skewed to few characters, so that terms repeat and blocks fill. */
static struct str random_text(struct arena *a, struct rng *r, int chars, int alphabet)
{
	char *p = arena_alloc(a, (size_t)chars * 8 + 8);
	size_t n = 0;
	for (int i = 0; i < chars; i++) {
		uint64_t kind = rng_below(r, 20);
		if (kind == 0) n += utf8_put(p + n, 0xFF0C);
		else if (kind == 1) n += (size_t)sprintf(p + n, " w%d ", (int)rng_below(r, 4));
		else n += utf8_put(p + n, 0x4E00 + (int32_t)rng_below(r, 1 + rng_below(r, (uint64_t)alphabet)));
	}
	return (struct str){ p, n };
}

/* ---- ranking against the formula ---- */

struct model { struct text_doc doc; uint64_t *title, *body; size_t n_title, n_body; float title_length, body_length; bool live; };
struct brute { double score; struct str id; };

static void read_field(struct cx *cx, struct text_pipe *p, struct str s, uint64_t **keys, size_t *n, float *length)
{
	struct text_folded f;
	struct text_term *t;
	uint32_t units = 0;
	if (text_fold_map(cx, p, s, &f) != RC_OK || text_terms(cx, p, f.s, &t, n) != RC_OK) abort();
	*keys = ARENA_ARRAY(cx->arena, uint64_t, *n + 1);
	for (size_t i = 0; i < *n; i++) (*keys)[i] = t[i].key, units += t[i].kind == TEXT_CHAR || t[i].kind == TEXT_WORD;
	*length = seg_length_of(seg_length_code(units));
}

static int times(const uint64_t *v, size_t n, uint64_t key, int most)
{
	int c = 0;
	for (size_t i = 0; i < n; i++) c += v[i] == key;
	return c < most ? c : most;
}

static int by_score(const void *a, const void *b)
{
	const struct brute *x = a, *y = b;
	return x->score > y->score ? -1 : x->score < y->score ? 1 : str_cmp(x->id, y->id);
}

static bool visible(const struct text_doc *d, const struct text_filter *f)
{
	bool may = !d->n_see;
	for (int i = 0; i < d->n_see; i++)
		for (int k = 0; k < f->n_group; k++) may |= str_eq(d->see[i], f->group[k]);
	return may && (!f->year_from || d->year >= f->year_from) && (!f->n_type || str_eq(d->type, f->type[0]));
}

static int brute_force(struct cx *cx, struct text_pipe *p, const struct model *m, int n, const struct text_query *q, struct brute *out)
{
	struct text_ask ask;
	double title = 0, body = 0;
	int found = 0;
	if (text_ask_read(cx, p, q->text, &ask) != RC_OK) abort();
	for (int i = 0; i < n; i++) title += (double)(uint64_t)m[i].title_length / n, body += (double)(uint64_t)m[i].body_length / n;
	double *idf = ARENA_ARRAY(cx->arena, double, (size_t)ask.n + 1);
	for (int w = 0; w < ask.n; w++) {
		int df = 0;
		for (int i = 0; i < n; i++) df += times(m[i].title, m[i].n_title, ask.want[w].key, 1) || times(m[i].body, m[i].n_body, ask.want[w].key, 1);
		idf[w] = df ? log(1 + (n - df + 0.5) / (df + 0.5)) : 0;
	}
	for (int i = 0; i < n; i++) {
		double score = 0;
		int terms = 0;
		for (int w = 0; w < ask.n; w++) {
			double t = times(m[i].title, m[i].n_title, ask.want[w].key, 3) * 2.0 / (0.25 + 0.75 * (double)m[i].title_length / title) +
				times(m[i].body, m[i].n_body, ask.want[w].key, 63) / (0.25 + 0.75 * (double)m[i].body_length / body);
			score += idf[w] * (double)ask.want[w].weight * t / (t + 1.2);
			terms += t > 0;
		}
		if (terms && (!q->all || terms == ask.n) && m[i].live && visible(&m[i].doc, &q->filter)) out[found++] = (struct brute){ score, m[i].doc.id };
	}
	qsort(out, (size_t)found, sizeof *out, by_score);
	return found;
}

static void compare(struct cx *cx, struct text_pipe *p, struct text_index *x, const struct model *m, int n, const struct text_query *q, long round)
{
	struct brute *b = ARENA_ARRAY(cx->arena, struct brute, (size_t)n + 1);
	struct text_result r;
	int found = brute_force(cx, p, m, n, q, b);
	if (text_search(cx, x, q, &r) != RC_OK) abort();
	check(r.n == (found < q->k ? found : q->k), "number of hits", round);
	for (int i = 0; i < r.n && i < found; i++) {
		struct text_explanation e;
		check(fabs(r.hit[i].score - b[i].score) < 2e-4 * (1 + b[i].score), "score of a rank", round);
		check(i == 0 || r.hit[i - 1].score >= r.hit[i].score, "order", round);
		if (i > 3) continue;
		double sum = 0;
		if (text_explain(cx, x, q, r.hit[i].id, &e) != RC_OK) abort();
		for (int k = 0; k < e.n_part; k++) sum += e.part[k].score;
		check(fabs(sum - r.hit[i].score) < 1e-6, "parts add up", round);
	}
}

static void ranking(struct cx *base, struct text_pipe *p, const char *dir, uint64_t seed, int queries)
{
	static const struct str types[] = { STR_INIT("t0"), STR_INIT("t1") }, groups[] = { STR_INIT("g0"), STR_INIT("g1"), STR_INIT("g2") };
	struct rng r = rng_seed(seed);
	struct model *m = ARENA_ARRAY(base->arena, struct model, DOCS);
	struct text_writer *w;
	struct text_index *x;
	int n = 100 + (int)rng_below(&r, DOCS - 100);
	clear(dir);
	if (text_writer_open(base, p, str_c(dir), 0, &w) != RC_OK) abort();
	for (int i = 0; i < n; i++) {
		m[i] = (struct model){ .live = true, .doc = { .id = str_fmt(base->arena, "d%d", i), .title = random_text(base->arena, &r, (int)rng_below(&r, 8), CHARS),
			.body = random_text(base->arena, &r, (int)rng_below(&r, 300), CHARS), .type = types[rng_below(&r, 2)], .year = 2000 + (int)rng_below(&r, 5),
			.see = groups + rng_below(&r, 3), .n_see = rng_below(&r, 3) == 0 } };
		read_field(base, p, m[i].doc.title, &m[i].title, &m[i].n_title, &m[i].title_length);
		read_field(base, p, m[i].doc.body, &m[i].body, &m[i].n_body, &m[i].body_length);
		if (text_put(base, w, &m[i].doc) != RC_OK) abort();
		if (rng_below(&r, 150) == 0 && text_commit(base, w) != RC_OK) abort();
	}
	if (text_commit(base, w) != RC_OK) abort();
	for (int i = 0; i < n / 10; i++) {              /* too few for a merge: df and averages still count them */
		int d = (int)rng_below(&r, (uint64_t)n);
		if (m[d].live && text_remove(base, w, m[d].doc.id) != RC_OK) abort();
		m[d].live = false;
	}
	if (text_commit(base, w) != RC_OK || text_open(base, p, str_c(dir), &x) != RC_OK) abort();
	for (int i = 0; i < queries; i++) {
		struct cx cx = { .arena = arena_new((size_t)256 << 20) };
		struct text_query q = { .text = random_text(cx.arena, &r, 1 + (int)rng_below(&r, 12), CHARS), .k = 1 + (int)rng_below(&r, 60), .words_only = true,
			.all = rng_below(&r, 4) == 0, .filter = { .group = groups, .n_group = (int)rng_below(&r, 4) } };
		if (rng_below(&r, 3) == 0) q.filter.year_from = 2003;
		if (rng_below(&r, 3) == 0) q.filter.type = types, q.filter.n_type = 1;
		compare(&cx, p, x, m, n, &q, i);
		arena_free(cx.arena);
	}
	text_close(x);
	text_writer_close(w);
}

/* ---- common runs ---- */

static void common_runs(struct cx *base, struct text_pipe *p, const char *dir, uint64_t seed, int rounds)
{
	struct rng r = rng_seed(seed);
	for (int i = 0; i < rounds; i++) {
		struct cx cx = { .arena = arena_new((size_t)256 << 20) };
		struct text_writer *w;
		struct text_index *x;
		struct text_dup_result out;
		int run = 1 + (int)rng_below(&r, 30);
		struct str shared = random_text(cx.arena, &r, 0, 1), pad[4];
		char *s = arena_alloc(cx.arena, (size_t)run * 4 + 1);
		for (int k = 0; k < run; k++) shared.n += utf8_put(s + shared.n, 0x5000 + (int32_t)rng_below(&r, 3000));
		shared.p = s;
		for (int k = 0; k < 4; k++) {           /* alphabets that have nothing in common */
			char *q = arena_alloc(cx.arena, 1000);
			size_t n = 0;
			for (uint64_t c = rng_below(&r, 100); c > 0; c--) n += utf8_put(q + n, 0x6000 + k * 0x400 + (int32_t)rng_below(&r, 0x400));
			pad[k] = (struct str){ q, n };
		}
		struct text_doc src = { .id = STR("s"), .body = str_fmt(cx.arena, "%.*s%.*s%.*s", STRF(pad[0]), STRF(shared), STRF(pad[1])) };
		struct text_doc doc = { .id = STR("n"), .body = str_fmt(cx.arena, "%.*s%.*s%.*s", STRF(pad[2]), STRF(shared), STRF(pad[3])) };
		struct text_dup_query q = { .doc = &doc, .filter = { .everything = true } };
		clear(dir);
		if (text_writer_open(&cx, p, str_c(dir), 0, &w) != RC_OK || text_put(&cx, w, &src) != RC_OK || text_commit(&cx, w) != RC_OK) abort();
		if (text_open(&cx, p, str_c(dir), &x) != RC_OK || text_dup(&cx, x, &q, &out) != RC_OK) abort();
		check(out.n_source == (run >= TEXT_COMMON_RUN), "a common run is found if and only if it is long enough", run);
		for (int k = 0; k < out.n_source; k++) {
			const struct text_passage *t = out.source[k].passage;
			check(t->matched >= (uint32_t)run && str_has(str_sub(doc.body, t->a0, t->a1), shared) && str_has(str_sub(src.body, t->b0, t->b1), shared), "the passage", run);
		}
		text_close(x);
		text_writer_close(w);
		arena_free(cx.arena);
	}
	(void)base;
}

/* ---- offsets ---- */

static void offsets(struct text_pipe *p, uint64_t seed, int rounds)
{
	static const int32_t odd[] = { 0x301, 0xE9, 0xFB01, 0x3F0, 0x3383, 0xFF21, 0xFF76, 0xFF9E, 0x2460, 0x1F600, 0x20000, 0xAD, 0x1100, 0x1161, 0x81FA, 0xDF, 0xFDFA, ' ', '-', 0x3002 };
	struct rng r = rng_seed(seed);
	for (int i = 0; i < rounds; i++) {
		struct cx cx = { .arena = arena_new((size_t)64 << 20) };
		char given[400];
		size_t n = 0, terms;
		for (uint64_t k = rng_below(&r, 40); k > 0; k--) {
			uint64_t kind = rng_below(&r, 4);
			n += utf8_put(given + n, kind == 0 ? odd[rng_below(&r, sizeof odd / sizeof *odd)] : kind == 1 ? 'a' + (int32_t)rng_below(&r, 26) : 0x4E00 + (int32_t)rng_below(&r, 5000));
		}
		struct text_folded f, again;
		struct text_term *t;
		struct str all = { given, n };
		if (text_fold_map(&cx, p, all, &f) != RC_OK || text_terms(&cx, p, f.s, &t, &terms) != RC_OK) abort();
		check(utf8_valid(f.s), "folded text is UTF-8", i);
		for (size_t k = 0; k < terms; k++) {
			uint32_t start = t[k].start, end = t[k].end;
			text_unfold(&f, &start, &end);
			check(start < end && end <= n, "inside", i);
			if (start >= end || end > n) continue;
			struct str part = str_sub(all, start, end), term = str_sub(f.s, t[k].start, t[k].end);
			if (text_fold_map(&cx, p, part, &again) != RC_OK) abort();
			check(str_has(again.s, term), "what was given there folds to the term", i);
		}
		arena_free(cx.arena);
	}
}

int main(void)
{
	const char *level = getenv("LEVEL");
	int scale = level && strcmp(level, "full") == 0 ? 40 : 1;
	struct cx cx = { .arena = arena_new((size_t)2 << 30) };
	struct text_pipe *p;
	char dir[] = "/tmp/lc-text-prop-XXXXXX";
	if (!mkdtemp(dir) || text_pipe_open(&cx, &p) != RC_OK) return 2;
	for (int i = 0; i < 2 * scale; i++) ranking(&cx, p, dir, (uint64_t)i + 1, 120);
	common_runs(&cx, p, dir, 5, 60 * scale);
	offsets(p, 9, 2000 * scale);
	clear(dir);
	rmdir(dir);
	text_pipe_close(p);
	arena_free(cx.arena);
	/* Three properties: ranking and its explanation, common runs, offsets. */
	printf("%d checks\n%d passed, %d failed\n", passed, failed ? 0 : 3, failed);
	return failed ? 1 : 0;
}

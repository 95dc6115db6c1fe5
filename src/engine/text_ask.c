/* Reading a query: distinct terms with weights, and the runs that a document may hold as written. */
#include <stdlib.h>

#include "engine/text_inner.h"

enum { PHRASE_BYTES = 192, PHRASES = 4, WANTS_MAX = 4096 };
/* A pair of characters across a word border tells a little less than one inside a word; 0.5 cost a hundredth of nDCG on questions. */
#define CROSSING 0.9f

static int by_key(const void *a, const void *b)
{
	const struct text_want *x = a, *y = b;
	return x->key != y->key ? (x->key < y->key ? -1 : 1) : (x->start > y->start) - (x->start < y->start);
}
static int by_place(const void *a, const void *b)
{
	const struct text_want *x = a, *y = b;
	return x->start != y->start ? (x->start < y->start ? -1 : 1) : (x->key > y->key) - (x->key < y->key);
}

/* Word borders of every run of Han characters; `t` are the terms of the folded text. */
static enum rc mark_words(struct cx *cx, struct text_pipe *p, struct str s, const struct text_term *t, size_t n, bool *mark)
{
	for (size_t i = 0; i < n;) {
		size_t k = i;
		uint32_t end = t[i].end;
		if (t[i].kind != TEXT_CHAR) {
			i++;
			continue;
		}
		while (k < n && (t[k].kind == TEXT_CHAR || t[k].kind == TEXT_GRAM) && t[k].start <= end) end = t[k].end, k++;
		TRY(text_words(cx, p, str_sub(s, t[i].start, end), mark + t[i].start));
		i = k;
	}
	return RC_OK;
}

static void add_phrase(struct text_ask *a, struct str s, float weight)
{
	for (int i = 0; i < a->n_phrase; i++)
		if (str_eq(a->phrase[i], s)) return;
	if (a->n_phrase == PHRASES || s.n > PHRASE_BYTES) return;
	a->phrase[a->n_phrase] = s;
	a->phrase_weight[a->n_phrase++] = weight;
}

/* The whole query first, then its runs between spaces and marks that hold at least two terms. */
static void find_phrases(struct cx *cx, struct text_ask *a, const struct text_term *t, size_t n)
{
	a->phrase = ARENA_ARRAY(cx->arena, struct str, PHRASES);
	a->phrase_weight = ARENA_ARRAY(cx->arena, float, PHRASES);
	if (n < 2) return;
	add_phrase(a, str_sub(a->folded, t[0].start, t[n - 1].end), 1);
	for (size_t i = 0, k; i < n; i = k) {
		uint32_t end = t[i].end;
		for (k = i + 1; k < n && t[k].start <= end; k++)
			if (t[k].end > end) end = t[k].end;
		if (k - i > 2) add_phrase(a, str_sub(a->folded, t[i].start, end), 0.5f);
	}
}

enum rc text_ask_read(struct cx *cx, struct text_pipe *p, struct str query, struct text_ask *out)
{
	struct text_folded f;
	struct text_term *t;
	size_t n;
	if (query.n > TEXT_QUERY_MAX) return fail(cx, RC_LIMIT, "text.query", NOWHERE, "查询超过 1 MiB", "the query is longer than 1 MiB");
	TRY(text_fold_map(cx, p, query, &f));
	TRY(text_terms(cx, p, f.s, &t, &n));
	struct text_ask a = { .folded = f.s, .want = ARENA_ARRAY(cx->arena, struct text_want, n + 1) };
	bool *mark = ARENA_ARRAY(cx->arena, bool, f.s.n + 2);
	TRY(mark_words(cx, p, f.s, t, n, mark));
	size_t m = 0;
	for (size_t i = 0; i < n; i++) {
		bool grams = (i > 0 && t[i - 1].kind == TEXT_GRAM) || (i + 1 < n && t[i + 1].kind == TEXT_GRAM && t[i + 1].start == t[i].start);
		if (t[i].kind == TEXT_CHAR && grams) continue;
		uint32_t second = t[i].start + 1;
		while (second < t[i].end && ((unsigned char)f.s.p[second] & 0xC0) == 0x80) second++;
		float w = t[i].kind == TEXT_GRAM && mark[second] ? CROSSING : t[i].kind == TEXT_CHAR && n > 1 ? CROSSING : 1;
		a.want[m++] = (struct text_want){ t[i].key, t[i].kind, t[i].start, t[i].end, w };
	}
	if (m) qsort(a.want, m, sizeof *a.want, by_key);
	for (size_t i = 0; i < m; i++) {
		if (a.n && a.want[a.n - 1].key == a.want[i].key) a.want[a.n - 1].weight += a.want[i].weight;
		else a.want[a.n++] = a.want[i];
	}
	if (a.n) qsort(a.want, (size_t)a.n, sizeof *a.want, by_place);
	if (a.n > WANTS_MAX) a.n = WANTS_MAX;
	find_phrases(cx, &a, t, n);
	*out = a;
	return RC_OK;
}

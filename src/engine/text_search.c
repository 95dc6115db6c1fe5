/* From the best by words to hits: the phrase as written, meaning, and the account of every part. */
#include <math.h>
#include <stdlib.h>

#include "engine/text_rank.h"

enum { PHRASE_DEPTH = 200, MEANING_DEPTH = 1000, SPANS = 50, AFFINITIES = 8, ARENA_BYTES = 1 << 30 };
/* Shares of the best words score of the answer. */
#define PHRASE_SHARE 0.2
#define MEANING_SEARCH 0.2
#define MEANING_MATCH 1.0

struct asked {
	struct text_ask ask;
	struct rank_term *term;
	bool meaning;
	float vector[MEANING_K];
	double best;                    /* words score of the best document, the measure of the other parts */
	double phrase_least;            /* weight of all terms of the lightest phrase */
	const struct text_query *q;
};

/* Terms that stand in the phrase at their first place in the query. */
static double phrase_weight(const struct asked *a, struct str phrase)
{
	double w = 0;
	uint32_t from = (uint32_t)(phrase.p - a->ask.folded.p), to = from + (uint32_t)phrase.n;
	for (int i = 0; i < a->ask.n; i++)
		if (a->ask.want[i].start >= from && a->ask.want[i].end <= to) w += (double)a->term[i].weight;
	return w;
}

static enum rc read_query(struct cx *cx, struct text_index *x, const struct text_query *q, struct asked *out)
{
	struct asked a = { .q = q };
	if (q->k < 1 || q->k > TEXT_TOP_MAX) return fail(cx, RC_INVALID, "text.k", IN_FIELD(STR("k")), "k 应为 1 到 %d", "k must be 1 to %d", TEXT_TOP_MAX);
	TRY(text_ask_read(cx, x->pipe, q->text, &a.ask));
	a.ask.all = q->all;
	a.term = rank_terms(cx->arena, x, &a.ask);
	for (int i = 0; i < a.ask.n_phrase; i++) {
		double w = phrase_weight(&a, a.ask.phrase[i]);
		if (!i || w < a.phrase_least) a.phrase_least = w;
	}
	a.meaning = !q->words_only && x->model.number && meaning_query(&x->model, &a.ask, a.vector);
	*out = a;
	return RC_OK;
}

static double meaning_share(const struct asked *a) { return a->q->profile == TEXT_MATCH ? MEANING_MATCH : MEANING_SEARCH; }

/* Words that a document must score to hold the query's phrases: every term of the lightest phrase at least once. */
static double phrase_needs(const struct text_index *x, const struct asked *a, const struct rank_found *f)
{
	const struct seg *s = &x->piece[f->seg].seg;
	float title = rank_saturated(x, 1, s->title_length[f->doc], 0), body = rank_saturated(x, 4, 0, s->body_length[f->doc]);
	return a->phrase_least * (double)(title < body ? title : body) * 0.999;
}

static double phrase_score(const struct text_index *x, const struct asked *a, const struct rank_found *f)
{
	struct seg_doc d = { 0 };
	double most = 0;
	if ((double)f->score < phrase_needs(x, a, f) || !seg_doc(&x->piece[f->seg].seg, NULL, f->doc, false, &d)) return 0;
	for (int i = 0; i < a->ask.n_phrase; i++)
		if ((double)a->ask.phrase_weight[i] > most && (str_has(d.title.s, a->ask.phrase[i]) || str_has(d.body.s, a->ask.phrase[i]))) most = (double)a->ask.phrase_weight[i];
	return most * PHRASE_SHARE * a->best;
}

/* A candidate: the sums alone, so that most documents need not be touched. */
struct light { double words, phrase, meaning, score; uint32_t place; };

static struct light weigh(const struct text_index *x, const struct asked *a, const struct rank_found *f, bool phrase, bool meaning)
{
	struct light h = { .words = (double)f->score / TEXT_ONE };
	if (phrase) h.phrase = phrase_score(x, a, f);
	if (meaning) {
		double cosine = meaning_cosine(&x->piece[f->seg].seg, f->doc, a->vector);
		h.meaning = cosine > 0 ? cosine * a->best * meaning_share(a) : 0;
	}
	h.score = h.words + h.phrase + h.meaning;
	return h;
}

static struct text_hit make_hit(struct cx *cx, const struct text_index *x, const struct rank_found *f, const struct light *l)
{
	const struct seg *s = &x->piece[f->seg].seg;
	const struct seg_class *c = &s->classes[s->class[f->doc]];
	struct seg_doc d = { 0 };
	struct text_hit h = { .year = c->year, .type = str_dup(cx->arena, c->type), .division = str_dup(cx->arena, c->division),
		.score = l->score, .words = l->words, .phrase = l->phrase, .meaning = l->meaning };
	if (!seg_doc(s, NULL, f->doc, false, &d)) return h;
	h.id = str_dup(cx->arena, d.id), h.owner = str_dup(cx->arena, d.owner);
	return h;
}

/* Equal scores keep the order that rank_best gave them. */
static int lighter(const void *a, const void *b)
{
	const struct light *x = a, *y = b;
	if (x->score > y->score || x->score < y->score) return x->score > y->score ? -1 : 1;
	return (x->place > y->place) - (x->place < y->place);
}

/* The k best scores so far, worst first, for a small k. */
struct front { double *v; uint32_t k, n; };

static bool front_is_ahead(const struct front *f, double most) { return f->n == f->k && most < f->v[0] - 1e-9; }

static void front_put(struct front *f, double score)
{
	uint32_t i = 0;
	if (f->n < f->k) {
		for (i = f->n++; i && f->v[i - 1] > score; i--) f->v[i] = f->v[i - 1];
		f->v[i] = score;
	} else if (score > f->v[0]) {
		for (; i + 1 < f->k && f->v[i + 1] < score; i++) f->v[i] = f->v[i + 1];
		f->v[i] = score;
	}
}

static bool phrase_wanted(const struct asked *a) { return !a->q->words_only && a->q->profile == TEXT_SEARCH && a->ask.n_phrase; }

static enum rc search(struct cx *cx, struct text_index *x, const struct text_query *q, struct arena *scratch, struct text_result *out)
{
	struct asked a;
	uint32_t n, depth = (uint32_t)q->k;
	TRY(read_query(cx, x, q, &a));
	bool phrase = phrase_wanted(&a);
	uint32_t meaning_depth = a.meaning ? (q->profile == TEXT_MATCH ? MEANING_DEPTH : PHRASE_DEPTH) : 0;
	if (phrase && depth < PHRASE_DEPTH) depth = PHRASE_DEPTH;
	if (depth < meaning_depth) depth = meaning_depth;
	struct rank_found *found = rank_best(scratch, x, &a.ask, a.term, &q->filter, depth, &n);
	a.best = n ? (double)found[0].score / TEXT_ONE : 0;
	struct light *l = ARENA_ARRAY(scratch, struct light, (size_t)n + 1);
	uint32_t looked = phrase && meaning_depth < PHRASE_DEPTH ? PHRASE_DEPTH : meaning_depth;
	struct front front = { .v = ARENA_ARRAY(scratch, double, (size_t)q->k + 1), .k = (uint32_t)q->k };
	double more = (phrase ? PHRASE_SHARE * a.best : 0) + (a.meaning ? meaning_share(&a) * a.best : 0);
	for (uint32_t i = 0; i < n; i++) {
		if (front_is_ahead(&front, (double)found[i].score / TEXT_ONE + more)) {
			n = i;          /* by words alone everything from here on is too far behind */
			break;
		}
		l[i] = weigh(x, &a, &found[i], phrase && i < PHRASE_DEPTH, i < meaning_depth);
		l[i].place = i;
		if (front.k < PHRASE_DEPTH) front_put(&front, l[i].score);
	}
	qsort(l, looked < n ? looked : n, sizeof *l, lighter);          /* what lies deeper keeps its place behind */
	out->n = n < (uint32_t)q->k ? (int)n : q->k;
	out->hit = ARENA_ARRAY(cx->arena, struct text_hit, (size_t)out->n + 1);
	for (int i = 0; i < out->n; i++) out->hit[i] = make_hit(cx, x, &found[l[i].place], &l[i]);
	return RC_OK;
}

enum rc text_search(struct cx *cx, struct text_index *x, const struct text_query *q, struct text_result *out)
{
	struct arena *scratch = arena_new(ARENA_BYTES);
	enum rc rc = search(cx, x, q, scratch, out);
	arena_free(scratch);
	return rc;
}

/* ---- explanation ---- */

static bool find_doc(const struct text_index *x, struct str id, const struct text_filter *f, struct cx *cx, struct rank_found *out)
{
	for (int i = x->n - 1; i >= 0; i--) {
		const struct seg *s = &x->piece[i].seg;
		if (!seg_by_id(s, id, &out->doc)) continue;
		out->seg = i;
		return rank_classes(cx->arena, s, f)[s->class[out->doc]];
	}
	return false;
}

/* The code of a term in one document, 0 when it is not there. */
static unsigned char code_of(const struct seg *s, uint64_t key, uint32_t doc)
{
	const struct seg_term *t = seg_find(s, key);
	const struct seg_block *h = t ? seg_blocks(s, t) : NULL;
	uint32_t docs[BLOCK];
	unsigned char code[BLOCK];
	for (uint32_t b = 0; h && b < t->blocks; b++) {
		if (h[b].last < doc) continue;
		int n = seg_docs(s, t, h, b, docs);
		if (!n) return 0;
		seg_codes(s, t, h, b, code);
		for (int i = 0; i < n; i++)
			if (docs[i] == doc) return code[i];
		return 0;
	}
	return 0;
}

struct places { struct text_folded title, body; struct text_term *title_term, *body_term; size_t n_title, n_body; };

static void find_spans(struct cx *cx, const struct places *p, uint64_t key, struct text_part *part)
{
	struct text_span *span = ARENA_ARRAY(cx->arena, struct text_span, SPANS);
	for (int field = 0; field < 2; field++) {
		const struct text_term *t = field ? p->body_term : p->title_term;
		size_t n = field ? p->n_body : p->n_title;
		for (size_t i = 0; i < n && part->n_span < SPANS; i++) {
			if (t[i].key != key) continue;
			struct text_span s = { .title = !field, .start = t[i].start, .end = t[i].end };
			text_unfold(field ? &p->body : &p->title, &s.start, &s.end);
			span[part->n_span++] = s;
		}
	}
	part->span = span;
}

static struct text_part make_part(struct cx *cx, const struct text_index *x, const struct asked *a, int i, const struct rank_found *f, const struct places *p)
{
	const struct text_want *w = &a->ask.want[i];
	const struct seg *s = &x->piece[f->seg].seg;
	unsigned char code = code_of(s, w->key, f->doc), tl = s->title_length[f->doc], bl = s->body_length[f->doc];
	struct text_part part = { .text = str_sub(a->ask.folded, w->start, w->end), .kind = w->kind, .in_title = code & 3, .in_body = code >> 2,
		.idf = a->term[i].idf, .weight = (double)w->weight };
	if (!code) return part;
	double title = (double)((float)(code & 3) * x->title_norm[tl]), body = (double)((float)(code >> 2) * x->body_norm[bl]);
	part.score = (double)rank_part(a->term[i].weight, rank_saturated(x, code, tl, bl)) / TEXT_ONE;
	part.title_score = part.score * title / (title + body);
	part.body_score = part.score - part.title_score;
	find_spans(cx, p, w->key, &part);
	return part;
}

static int by_cosine(const void *a, const void *b)
{
	const struct text_affinity *x = a, *y = b;
	return (x->cosine < y->cosine) - (x->cosine > y->cosine);
}

/* Which of the query's terms lie nearest to the document in meaning. */
static void find_affinities(struct cx *cx, const struct text_index *x, const struct asked *a, const struct rank_found *f, struct text_explanation *out)
{
	struct text_affinity *v = ARENA_ARRAY(cx->arena, struct text_affinity, (size_t)a->ask.n + 1);
	int n = 0;
	for (int i = 0; i < a->ask.n && a->meaning; i++) {
		struct text_ask one = { .want = &a->ask.want[i], .n = 1 };
		float vector[MEANING_K];
		if (!meaning_query(&x->model, &one, vector)) continue;
		v[n++] = (struct text_affinity){ str_sub(a->ask.folded, one.want->start, one.want->end), meaning_cosine(&x->piece[f->seg].seg, f->doc, vector) };
	}
	if (n) qsort(v, (size_t)n, sizeof *v, by_cosine);
	out->affinity = v;
	out->n_affinity = n < AFFINITIES ? n : AFFINITIES;
}

enum rc text_explain(struct cx *cx, struct text_index *x, const struct text_query *q, struct str id, struct text_explanation *out)
{
	struct asked a;
	struct rank_found f = { 0 };
	struct seg_doc d;
	struct text_explanation r = { 0 };
	uint32_t n;
	TRY(read_query(cx, x, q, &a));
	if (!find_doc(x, id, &q->filter, cx, &f)) return fail(cx, RC_MISSING, "text.missing", NOWHERE, "没有文档 %.*s", "no document %.*s", STRF(id));
	if (!seg_doc(&x->piece[f.seg].seg, cx->arena, f.doc, true, &d)) return seg_damaged(cx, "segment");
	struct places p = { .title = d.title, .body = d.body };
	TRY(text_terms(cx, x->pipe, d.title.s, &p.title_term, &p.n_title));
	TRY(text_terms(cx, x->pipe, d.body.s, &p.body_term, &p.n_body));
	struct rank_found *best = rank_best(cx->arena, x, &a.ask, a.term, &q->filter, 1, &n);
	a.best = n ? (double)best[0].score / TEXT_ONE : 0;
	struct text_part *part = ARENA_ARRAY(cx->arena, struct text_part, (size_t)a.ask.n + 1);
	for (int i = 0; i < a.ask.n; i++) {
		part[i] = make_part(cx, x, &a, i, &f, &p);
		f.score += (uint32_t)(part[i].score * TEXT_ONE);
	}
	r.part = part, r.n_part = a.ask.n;
	struct light l = weigh(x, &a, &f, phrase_wanted(&a), a.meaning);
	r.hit = make_hit(cx, x, &f, &l);
	find_affinities(cx, x, &a, &f, &r);
	*out = r;
	return RC_OK;
}

/* ---- what the caller knows ---- */

static int by_score(const void *a, const void *b)
{
	const struct text_hit *x = a, *y = b;
	if (x->score > y->score || x->score < y->score) return x->score > y->score ? -1 : 1;
	return str_cmp(x->id, y->id);
}

void text_match_features(struct cx *cx, struct text_result *r, const struct text_known *known, int n_known, int page)
{
	double best = 0;
	for (int i = 0; i < r->n; i++)
		if (r->hit[i].words > best) best = r->hit[i].words;
	for (int i = 0; i < r->n; i++)
		for (int k = 0; k < n_known; k++) {
			if (!str_eq(known[k].id, r->hit[i].id)) continue;
			for (int f = 0; f < known[k].n_feature; f++) r->hit[i].score += known[k].feature[f].value * known[k].feature[f].weight * best;
		}
	if (r->n) qsort(r->hit, (size_t)r->n, sizeof *r->hit, by_score);
	struct text_hit *front = ARENA_ARRAY(cx->arena, struct text_hit, (size_t)r->n + 1), *back = ARENA_ARRAY(cx->arena, struct text_hit, (size_t)r->n + 1);
	int n = 0, m = 0;
	for (int i = 0; i < r->n; i++) {
		int same = 0;
		for (int k = 0; k < n && r->hit[i].owner.n; k++) same += str_eq(front[k].owner, r->hit[i].owner);
		if (n < page && same < 2) front[n++] = r->hit[i];
		else back[m++] = r->hit[i];
	}
	memcpy(r->hit, front, (size_t)n * sizeof *front);
	memcpy(r->hit + n, back, (size_t)m * sizeof *back);
}

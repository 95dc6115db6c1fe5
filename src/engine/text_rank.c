/* Windows of documents: terms that can lift a document over the score to beat fill a window of sums, the heaviest first; when so few
   documents may still make it that looking the other terms up costs less than adding them, these are looked up. Blocks whose bound
   cannot matter are not opened. Sums are whole numbers, so order and grouping change nothing. */
#include "engine/text_rank.h"

#include <math.h>
#include <stdlib.h>

/* GROUP documents share a mark that one of them was met; where terms have ALL_MET postings in a window together, all are marked. A candidate costs
   about as much as adding LOOK_UP postings; counting candidates is not worth it for fewer than WORTH_COUNTING. */
enum { WINDOW = 1 << 14, GROUP = 32, ALL_MET = 1024, LOOK_UP = 5, WORTH_COUNTING = 64 };

/* Loops over a window, compiled twice: for processors with and without wide registers; sanitizers do not go with that. */
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
#define WIDE __attribute__((target_clones("avx2", "default")))
#else
#define WIDE
#endif

struct lane {
	const struct seg_term *term;
	const struct seg_block *head;
	float weight, max_scale;
	uint32_t dense;                 /* postings to expect in a window */
	uint32_t block;                 /* the block that is open or next */
	int n, at;                      /* documents in it, and the first not passed; n 0: not open */
	bool coded;
	uint32_t bound;                 /* in the window at hand */
	uint32_t doc[BLOCK];
	unsigned char code[BLOCK];
};

struct scorer {
	const struct text_index *x;
	const struct seg *s;
	int seg;
	const bool *class;
	bool sifting;                   /* some class is not let through, or documents are removed */
	struct lane **lane;             /* of the segment, by weight */
	int n, need_all;
	int32_t *sum;                   /* rank_terms keeps sums under 2^31 */
	unsigned char *met;             /* per GROUP of documents: some sum is not 0 */
	unsigned char *seen;            /* terms met, when all are needed */
	struct rank_found *heap;        /* the worst on top */
	uint32_t k, found;
	uint32_t low, high;             /* the window */
	bool crowded;                   /* so many postings that marking groups is not worth it */
	struct arena *arena;
};

static struct str id_of(const struct scorer *c, const struct rank_found *f)
{
	struct seg_doc d = { 0 };
	return seg_doc(&c->x->piece[f->seg].seg, c->arena, f->doc, false, &d) ? d.id : (struct str){ 0 };
}

/* True when a is better than b. */
static bool better(const struct scorer *c, const struct rank_found *a, const struct rank_found *b)
{
	if (a->score != b->score) return a->score > b->score;
	uint32_t x = c->x->piece[a->seg].seg.tie[a->doc], y = c->x->piece[b->seg].seg.tie[b->doc];
	if (x != y) return x < y;
	return str_cmp(id_of(c, a), id_of(c, b)) < 0;
}

static void sift(const struct scorer *c, struct rank_found *h, uint32_t n, uint32_t i)
{
	struct rank_found v = h[i];
	for (;;) {
		uint32_t child = 2 * i + 1;
		if (child >= n) break;
		if (child + 1 < n && better(c, &h[child], &h[child + 1])) child++;
		if (!better(c, &v, &h[child])) break;
		h[i] = h[child];
		i = child;
	}
	h[i] = v;
}

static void offer(struct scorer *c, struct rank_found f)
{
	if (c->found < c->k) {
		uint32_t i = c->found++;
		for (c->heap[i] = f; i && better(c, &c->heap[(i - 1) / 2], &f); i = (i - 1) / 2) {
			c->heap[i] = c->heap[(i - 1) / 2];
			c->heap[(i - 1) / 2] = f;
		}
	} else if (better(c, &f, &c->heap[0])) {
		c->heap[0] = f;
		sift(c, c->heap, c->found, 0);
	}
}

/* A document below this cannot be among the best. */
static uint32_t to_beat(const struct scorer *c) { return c->found == c->k ? c->heap[0].score : 1; }

static uint32_t block_bound(const struct lane *l, uint32_t b)
{
	float s = (float)l->head[b].max / 255;
	if (l->head[b].max == 255 || s >= 1) return (uint32_t)l->weight + 2;
	if (l->max_scale > 1) {         /* the averages have moved since the segment was written */
		float t = TEXT_K1 * s / (1 - s) * l->max_scale;
		s = t / (t + TEXT_K1);
	}
	return (uint32_t)(l->weight * s) + 2;
}

static bool open_block(const struct scorer *c, struct lane *l)
{
	l->at = 0;
	l->coded = false;
	l->n = seg_docs(c->s, l->term, l->head, l->block, l->doc);
	if (!l->n) l->block = l->term->blocks;          /* damaged beyond its checksum: nothing more of this term */
	for (int i = l->n; i < BLOCK; i++) l->doc[i] = UINT32_MAX;
	return l->n > 0;
}

static void next_block(struct lane *l) { l->block++, l->n = 0; }

/* The best that a term can add in the window; passes the blocks that lie before it. */
static void bound_window(const struct scorer *c, struct lane *l)
{
	while (l->block < l->term->blocks && l->head[l->block].last < c->low) next_block(l);
	l->bound = 0;
	for (uint32_t b = l->block; b < l->term->blocks; b++) {
		if (b && l->head[b - 1].last >= c->high) break;
		uint32_t s = block_bound(l, b);
		if (s > l->bound) l->bound = s;
		if (l->head[b].last >= c->high) break;
	}
}

/* The first of the open block's documents that is not below `doc`: seven steps without a branch to mispredict. */
static int find_doc(const struct lane *l, uint32_t doc)
{
	int lo = 0;
	for (int half = BLOCK / 2; half; half /= 2) lo += (l->doc[lo + half - 1] < doc) * half;
	return lo + (l->doc[lo] < doc);
}

/* In three passes: what is looked up, what four lanes compute at once (as rank_part has it), what is stored. */
static void add_postings(const struct scorer *c, const struct lane *l, int from, int to)
{
	NOT_CLEARED float saturated[BLOCK];
	NOT_CLEARED int32_t part[BLOCK];
	const unsigned char *title = c->s->title_length, *body = c->s->body_length, *code = l->code + from;
	const uint32_t *doc = l->doc + from;
	const struct text_index *x = c->x;
	int32_t *restrict sum = c->sum;
	int n = to - from;
	float weight = l->weight;
	uint32_t low = c->low;
	for (int k = 0; k < n; k++) saturated[k] = rank_saturated(x, code[k], title[doc[k]], body[doc[k]]);
	for (int k = 0; k < n; k++) part[k] = (int32_t)(weight * saturated[k] + 0.5f);
	for (int k = 0; k < n; k++) sum[doc[k] - low] += part[k];
}

/* Add the open block's postings of the window to the sums. */
static void add_block(const struct scorer *c, struct lane *l)
{
	int i = l->at, end = l->doc[l->n - 1] < c->high ? l->n : find_doc(l, c->high);
	while (i < l->n && l->doc[i] < c->low) i++;
	l->at = end;
	if (i >= end) return;
	if (!l->coded) seg_codes(c->s, l->term, l->head, l->block, l->code), l->coded = true;
	add_postings(c, l, i, end);
	for (int k = i; !c->crowded && k < end; k++) c->met[(l->doc[k] - c->low) / GROUP] = 1;
	for (int k = i; c->need_all && k < end; k++) c->seen[l->doc[k] - c->low]++;
}

/* `others`: the most that the other terms can add. */
static void add_lane(const struct scorer *c, struct lane *l, uint64_t others, uint32_t beat)
{
	while (l->block < l->term->blocks) {
		bool past = l->block && l->head[l->block - 1].last >= c->high;
		if (past) return;
		if (c->need_all || block_bound(l, l->block) + others >= beat) {
			if (!l->n && !open_block(c, l)) return;
			add_block(c, l);
		}
		if (l->head[l->block].last >= c->high) return;
		next_block(l);
	}
}

/* A term's part of one document; documents come in order. */
static uint32_t look_up(const struct scorer *c, struct lane *l, uint32_t doc)
{
	while (l->block < l->term->blocks && l->head[l->block].last < doc) next_block(l);
	if (l->block >= l->term->blocks || (!l->n && !open_block(c, l))) return 0;
	int lo = find_doc(l, doc);
	if (lo >= l->n || l->doc[lo] != doc) return 0;
	if (!l->coded) seg_codes(c->s, l->term, l->head, l->block, l->code), l->coded = true;
	return rank_part(l->weight, rank_saturated(c->x, l->code[lo], c->s->title_length[doc], c->s->body_length[doc]));
}

static bool let_through(const struct scorer *c, uint32_t doc)
{
	return !c->sifting || (c->class[c->s->class[doc]] && !seg_is_removed(c->s, doc));
}

static void judge(struct scorer *c, uint32_t doc, int essential, const uint64_t *below)
{
	uint64_t score = (uint64_t)c->sum[doc - c->low];
	if (!let_through(c, doc) || (c->need_all && c->seen[doc - c->low] < c->need_all)) return;
	for (int i = essential - 1; i >= 0; i--) {
		if (score + below[i + 1] < to_beat(c)) return;
		score += look_up(c, c->lane[i], doc);
	}
	if (score >= to_beat(c)) offer(c, (struct rank_found){ (uint32_t)score, c->seg, doc });
}

/* What a sum must be when the terms not added are worth `rest` at most. */
static int32_t least_sum(uint32_t beat, uint64_t rest) { return beat > rest ? (int32_t)(beat - rest) : 1; }

/* Sums of a group that are at least `least`. */
static inline int32_t count_group(const int32_t *sum, int32_t least)
{
	int32_t n = 0;
	for (int k = 0; k < GROUP; k++) n += sum[k] >= least;
	return n;
}

WIDE static uint32_t count_candidates(const struct scorer *c, int32_t least)
{
	uint32_t n = 0;
	for (uint32_t g = 0; g < WINDOW / GROUP; g++)
		if (c->met[g]) n += (uint32_t)count_group(c->sum + g * GROUP, least);
	return n;
}

/* The candidates of the window; it is left empty. */
WIDE static void judge_window(struct scorer *c, int essential, const uint64_t *below)
{
	int32_t least = least_sum(to_beat(c), below[essential]);
	for (uint32_t g = 0; g < WINDOW / GROUP; g++) {
		int32_t *sum = c->sum + g * GROUP;
		if (!c->met[g]) continue;
		if (count_group(sum, least)) {
			for (uint32_t k = 0; k < GROUP; k++)
				if (sum[k] >= least) judge(c, c->low + g * GROUP + k, essential, below);
			least = least_sum(to_beat(c), below[essential]);
		}
		memset(sum, 0, GROUP * sizeof *sum);
		c->met[g] = 0;
	}
}

/* Adds terms, the heaviest first, until what is left cannot lift a document by itself and looking it up is cheaper. Returns how many are left. */
static int fill_window(struct scorer *c, const uint64_t *below, uint32_t beat)
{
	int left = c->n;
	while (left) {
		struct lane *l = c->lane[left - 1];
		if (!c->need_all && below[left] < beat &&
			(!l->bound || (l->dense >= WORTH_COUNTING && count_candidates(c, least_sum(beat, below[left])) * LOOK_UP <= l->dense))) break;
		if (l->bound) add_lane(c, l, below[c->n] - l->bound, beat);
		left--;
	}
	return left;
}

static void score_window(struct scorer *c, uint64_t *below)
{
	uint32_t beat = to_beat(c);
	for (int i = 0; i < c->n; i++) {
		bound_window(c, c->lane[i]);
		below[i + 1] = below[i] + c->lane[i]->bound;
	}
	if (!below[c->n] || below[c->n] < beat) return;
	if (c->need_all) memset(c->seen, 0, WINDOW);
	if (c->crowded) memset(c->met, 1, WINDOW / GROUP);
	judge_window(c, fill_window(c, below, beat), below);
}

static int by_weight(const void *a, const void *b)
{
	const struct lane *x = *(struct lane *const *)a, *y = *(struct lane *const *)b;
	if (x->weight < y->weight || x->weight > y->weight) return x->weight < y->weight ? -1 : 1;
	return (x->term->key > y->term->key) - (x->term->key < y->term->key);
}

static void score_segment(struct scorer *c, struct arena *a, const struct text_ask *ask, const struct rank_term *terms)
{
	uint64_t *below = ARENA_ARRAY(a, uint64_t, (size_t)ask->n + 1);
	const struct seg_head *h = c->s->head;
	float title = h->title_sum ? (float)h->title_sum / (float)h->n_doc : 1, body = h->body_sum ? (float)h->body_sum / (float)h->n_doc : 1, scale = 1;
	/* Longer averages than the segment's make scores rise, by no more than this. */
	if (c->x->title_average > title) scale = c->x->title_average / title;
	if (c->x->body_average > body * scale) scale = c->x->body_average / body;
	uint64_t dense = 0;
	c->n = 0;
	for (int i = 0; i < ask->n; i++) {
		const struct seg_term *t = seg_find(c->s, ask->want[i].key);
		const struct seg_block *head = t ? seg_blocks(c->s, t) : NULL;
		if (!head || terms[i].weight <= 0) continue;
		struct lane *l = ARENA_NEW(a, struct lane);
		l->term = t, l->head = head, l->weight = terms[i].weight, l->max_scale = scale * 1.0001f;
		l->dense = (uint32_t)((uint64_t)t->df * WINDOW / h->n_doc) + 1;
		dense += l->dense;
		c->lane[c->n++] = l;
	}
	if (!c->n || (c->need_all && c->n < ask->n)) return;
	c->crowded = dense >= ALL_MET;
	if (c->n > 1) qsort(c->lane, (size_t)c->n, sizeof *c->lane, by_weight);
	for (c->low = 0; c->low < h->n_doc; c->low += WINDOW) {
		c->high = c->low + WINDOW;
		score_window(c, below);
	}
}

struct rank_found *rank_best(struct arena *a, const struct text_index *x, const struct text_ask *ask, const struct rank_term *terms,
	const struct text_filter *f, uint32_t k, uint32_t *n)
{
	struct scorer c = { .x = x, .k = k, .arena = a, .need_all = ask->all && ask->n < 255 ? ask->n : 0 };
	uint64_t living = 0;
	for (int i = 0; i < x->n; i++) living += x->piece[i].seg.head->n_doc - x->piece[i].seg.n_removed;
	if (c.k > living) c.k = (uint32_t)living + 1;
	c.heap = ARENA_ARRAY(a, struct rank_found, (size_t)c.k + 1);
	c.lane = ARENA_ARRAY(a, struct lane *, (size_t)ask->n + 1);
	c.sum = ARENA_ARRAY(a, int32_t, WINDOW);
	c.met = ARENA_ARRAY(a, unsigned char, WINDOW / GROUP);
	c.seen = ARENA_ARRAY(a, unsigned char, WINDOW);
	for (int i = 0; i < x->n; i++) {
		c.seg = i, c.s = &x->piece[i].seg;
		c.class = rank_classes(a, c.s, f);
		c.sifting = c.s->n_removed > 0;
		for (uint32_t b = 0; b < c.s->head->n_class; b++) c.sifting |= !c.class[b];
		score_segment(&c, a, ask, terms);
	}
	for (uint32_t m = c.found; m > 1; m--) {        /* the worst to the end, one by one */
		struct rank_found worst = c.heap[0];
		c.heap[0] = c.heap[m - 1];
		c.heap[m - 1] = worst;
		sift(&c, c.heap, m - 1, 0);
	}
	*n = c.found;
	return c.heap;
}

struct rank_term *rank_terms(struct arena *a, const struct text_index *x, const struct text_ask *ask)
{
	struct rank_term *r = ARENA_ARRAY(a, struct rank_term, (size_t)ask->n + 1);
	double sum = 0;
	for (int i = 0; i < ask->n; i++) {
		for (int k = 0; k < x->n; k++) {
			const struct seg_term *t = seg_find(&x->piece[k].seg, ask->want[i].key);
			if (t) r[i].df += t->df;
		}
		r[i].idf = r[i].df ? log(1 + ((double)x->documents - (double)r[i].df + 0.5) / ((double)r[i].df + 0.5)) : 0;
		sum += r[i].idf * ask->want[i].weight;
	}
	double fit = sum > 8000 ? 8000 / sum : 1;       /* sums stay inside 32 bits */
	for (int i = 0; i < ask->n; i++) r[i].weight = (float)(r[i].idf * ask->want[i].weight * fit * TEXT_ONE);
	return r;
}

static bool among(struct str s, const struct str *v, int n)
{
	for (int i = 0; i < n; i++)
		if (str_eq(s, v[i])) return true;
	return false;
}

bool *rank_classes(struct arena *a, const struct seg *s, const struct text_filter *f)
{
	bool *ok = ARENA_ARRAY(a, bool, (size_t)s->head->n_class + 1);
	for (uint32_t i = 0; i < s->head->n_class; i++) {
		const struct seg_class *c = &s->classes[i];
		bool in = !f->n_division, may = f->everything || !c->n_see;
		for (int k = 0; k < f->n_division && !in; k++) in = str_starts(c->division, f->division[k]);
		for (int k = 0; k < c->n_see && !may; k++) may = among(c->see[k], f->group, f->n_group);
		ok[i] = in && may && (!f->n_type || among(c->type, f->type, f->n_type)) && (!f->year_from || c->year >= f->year_from) &&
			(!f->year_to || c->year <= f->year_to);
	}
	return ok;
}

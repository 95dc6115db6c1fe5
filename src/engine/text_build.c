#include "engine/text_build.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "engine/text_winnow.h"

enum { CHUNK_MAX = 256, GROWING = 4 + 8 + 16 + 32 + 64 + 128, SLOT_BITS = 16, AHEAD = 24, HUGE = 2 << 20, PART_BITS = 9, PARTS = 1 << PART_BITS, PART_MAX = 4096,
	PART_MIN = 16 };

/* Postings of a term, 4, 8, 16 … 256 in a piece: how many a piece holds follows from how many came before. */
struct chunk { struct chunk *next; uint32_t v[]; };
/* A term in the making. The posting of the document at hand stays in `now` until the next document has the term. */
struct slot { uint64_t key; struct chunk *first, *last; uint32_t now, df; };
/* One occurrence on its way into the table: the table is far larger than the cache, so occurrences wait by the part of the table that
   they belong to, and a part that is full goes in as a whole. */
struct token { uint64_t key; uint32_t doc; bool title; };

struct build {
	struct text_pipe *pipe;
	struct arena *arena, *scratch;
	size_t memory, chunks;          /* bytes to spend; bytes of chunks */
	struct seg_out *out;
	struct slot *slot;              /* open addressing by the top bits of the key; df 0: free */
	size_t n, cap;
	int shift;                      /* of a key, to its first slot */
	struct token *token;            /* PARTS times part_cap */
	uint32_t part_n[PARTS], part_cap;
	VEC(uint64_t) print;
};

struct build *build_new(struct text_pipe *p, size_t memory)
{
	struct build *b = calloc(1, sizeof *b);
	if (!b) abort();
	b->pipe = p;
	b->memory = memory ? memory : (size_t)512 << 20;
	size_t part = b->memory / 8 / PARTS / sizeof *b->token;
	b->part_cap = part > PART_MAX ? PART_MAX : part < PART_MIN ? PART_MIN : (uint32_t)part;
	b->token = malloc((size_t)PARTS * b->part_cap * sizeof *b->token);      /* touched as it fills */
	if (!b->token) abort();
	b->scratch = arena_new((size_t)512 << 20);
	return b;
}

static void forget(struct build *b)
{
	if (b->arena) arena_free(b->arena);
	free(b->slot);
	b->arena = NULL, b->slot = NULL, b->n = b->cap = 0;
	b->print.v = NULL, b->print.n = b->print.cap = 0;
	memset(b->part_n, 0, sizeof b->part_n);
	b->chunks = 0;
	b->out = NULL;
}

void build_free(struct build *b)
{
	if (!b) return;
	seg_out_drop(b->out);
	forget(b);
	arena_free(b->scratch);
	free(b->token);
	free(b);
}

uint32_t build_docs(const struct build *b) { return b->out ? seg_out_docs(b->out) : 0; }
bool build_is_full(const struct build *b)
{
	return b->out && (seg_out_docs(b->out) >= SEG_DOCS_MAX || b->chunks + b->cap * sizeof *b->slot + 2 * b->print.cap * sizeof *b->print.v > b->memory);
}

static void grow(struct build *b)
{
	size_t cap = b->cap ? b->cap * 2 : (size_t)1 << SLOT_BITS;
	int shift = b->cap ? b->shift - 1 : 64 - SLOT_BITS;
	struct slot *made = aligned_alloc(HUGE, cap * sizeof *made);
	if (!made) abort();
	madvise(made, cap * sizeof *made, MADV_HUGEPAGE);       /* looked up at random: small pages would cost a miss of their own */
	memset(made, 0, cap * sizeof *made);
	for (size_t k = 0; k < b->cap; k++) {
		if (!b->slot[k].df) continue;
		size_t i = b->slot[k].key >> shift;
		while (made[i].df) i = (i + 1) & (cap - 1);
		made[i] = b->slot[k];
	}
	free(b->slot);
	b->slot = made, b->cap = cap, b->shift = shift;
}

/* Where the n-th posting stands in its piece, and how many that piece holds. */
static uint32_t place(uint32_t n, uint32_t *cap)
{
	if (n >= GROWING) return *cap = CHUNK_MAX, (n - GROWING) % CHUNK_MAX;
	int level = 31 - __builtin_clz(n / 4 + 1);
	*cap = 4u << level;
	return n - 4 * ((1u << level) - 1);
}

static void keep(struct build *b, struct slot *s)
{
	uint32_t cap, at = place(s->df - 1, &cap);
	if (!at) {
		struct chunk *c = arena_alloc(b->arena, sizeof *c + cap * 4);
		b->chunks += sizeof *c + cap * 4;
		if (s->last) s->last->next = c;
		else s->first = c;
		s->last = c;
	}
	s->last->v[at] = s->now;
}

static inline void prefetch_place(const struct slot *s)
{
	uint32_t cap;
	if (s->last) __builtin_prefetch(&s->last->v[place(s->df - 1, &cap)], 1);
}

static inline void count(struct build *b, uint64_t key, uint32_t doc, bool title)
{
	size_t i = key >> b->shift;
	while (b->slot[i].df && b->slot[i].key != key) i = (i + 1) & (b->cap - 1);
	struct slot *s = &b->slot[i];
	if (!s->df) {
		*s = (struct slot){ .key = key, .now = doc << 8, .df = 1 };
		if (++b->n * 2 > b->cap) {
			s->now |= title ? 1 : 4;
			grow(b);
			return;
		}
	} else if (s->now >> 8 != doc) {
		keep(b, s);
		s->now = doc << 8;
		s->df++;
	}
	uint32_t code = s->now & 255;
	if (title) s->now += (code & 3) < 3 ? 1 : 0;
	else s->now += code < 252 ? 4 : 0;
}

static struct text_folded keep_folded(struct arena *a, const struct text_folded *f)
{
	struct text_change *c = ARENA_ARRAY(a, struct text_change, f->n_change + 1);
	if (f->n_change) memcpy(c, f->change, f->n_change * sizeof *c);
	return (struct text_folded){ str_dup(a, f->s), c, f->n_change };
}

static void drain(struct build *b, uint32_t part)
{
	const struct token *t = b->token + (size_t)part * b->part_cap;
	uint32_t n = b->part_n[part];
	for (uint32_t i = 0; i < n; i++) {
		if (i + AHEAD < n) __builtin_prefetch(&b->slot[t[i + AHEAD].key >> b->shift], 1);
		if (i + AHEAD / 2 < n) prefetch_place(&b->slot[t[i + AHEAD / 2].key >> b->shift]);
		count(b, t[i].key, t[i].doc, t[i].title);
	}
	b->part_n[part] = 0;
}

static uint32_t count_all(struct build *b, const struct text_term *t, size_t n, uint32_t doc, bool title)
{
	uint32_t length = 0;
	for (size_t i = 0; i < n; i++) {
		uint32_t part = (uint32_t)(t[i].key >> (64 - PART_BITS));
		struct token *to = b->token + (size_t)part * b->part_cap + b->part_n[part];
		to->key = t[i].key, to->doc = doc, to->title = title;
		if (++b->part_n[part] == b->part_cap) drain(b, part);
		length += t[i].kind == TEXT_CHAR || t[i].kind == TEXT_WORD;
	}
	return length;
}

static void put_prints(struct build *b, const struct text_term *t, size_t n, uint32_t doc)
{
	uint32_t *unit = ARENA_ARRAY(b->scratch, uint32_t, n + 1);
	size_t m = winnow_units(t, n, unit);
	struct winnow_print *p = ARENA_ARRAY(b->scratch, struct winnow_print, m + 1);
	size_t k = winnow(t, unit, m, false, p);
	for (size_t i = 0; i < k; i++) VEC_PUSH(b->arena, &b->print, (uint64_t)p[i].hash << 32 | doc);
}

enum rc build_put(struct cx *cx, struct build *b, int dir_fd, const char *name, const struct text_doc *d, uint32_t *number)
{
	size_t n;
	if (!b->out) {
		TRY(seg_out_open(cx, dir_fd, name, &b->out));
		b->arena = arena_new(b->memory * 2 + ((size_t)256 << 20));
		grow(b);
	}
	arena_reset(b->scratch);
	uint32_t doc = seg_out_docs(b->out);
	struct seg_record r = { .doc = { .id = d->id, .owner = d->owner }, .class = { d->type, d->division, d->year, d->see, d->n_see } };
	struct text_folded f = text_fold_again(b->pipe, d->title);
	const struct text_term *t = text_scan(b->pipe, f.s, &n);
	r.title_length = count_all(b, t, n, doc, true);
	r.doc.title = keep_folded(b->scratch, &f);
	r.doc.body = text_fold_again(b->pipe, d->body);
	t = text_scan(b->pipe, r.doc.body.s, &n);
	r.body_length = count_all(b, t, n, doc, false);
	put_prints(b, t, n, doc);
	TRY(seg_out_doc(cx, b->out, &r));
	*number = doc;
	return RC_OK;
}

static int by_key(const void *a, const void *b)
{
	const struct slot *x = a, *y = b;
	return (x->key > y->key) - (x->key < y->key);
}

static enum rc put_terms(struct cx *cx, struct build *b)
{
	size_t n = 0;
	uint32_t *posting = ARENA_ARRAY(b->scratch, uint32_t, (size_t)seg_out_docs(b->out) + 1);
	TRY(seg_out_postings(cx, b->out));
	for (uint32_t part = 0; part < PARTS; part++) drain(b, part);
	for (size_t i = 0; i < b->cap; i++)
		if (b->slot[i].df) b->slot[n++] = b->slot[i];
	qsort(b->slot, n, sizeof *b->slot, by_key);
	for (size_t i = 0; i < n; i++) {
		uint32_t w = 0;
		keep(b, &b->slot[i]);
		for (const struct chunk *c = b->slot[i].first; c; c = c->next) {
			uint32_t cap, n_here;
			place(w, &cap);
			n_here = b->slot[i].df - w < cap ? b->slot[i].df - w : cap;
			memcpy(posting + w, c->v, n_here * 4);
			w += n_here;
		}
		TRY(seg_out_term(cx, b->out, b->slot[i].key, posting, w));
	}
	return RC_OK;
}

enum rc build_flush(struct cx *cx, struct build *b)
{
	arena_reset(b->scratch);
	enum rc rc = put_terms(cx, b);
	if (rc == RC_OK) rc = seg_out_close(cx, b->out, b->print.v, b->print.n);
	else seg_out_drop(b->out);
	forget(b);
	return rc;
}

/* ---- merging ---- */

enum { GONE = UINT32_MAX };

struct merge {
	struct arena *arena;
	struct seg_out *out;
	const struct seg *const *in;
	int n;
	uint32_t **to;                  /* new number of each document */
};

static enum rc merge_docs(struct cx *cx, struct merge *m)
{
	struct arena *scratch = arena_new((size_t)512 << 20);
	enum rc rc = RC_OK;
	for (int k = 0; k < m->n; k++) {
		const struct seg *s = m->in[k];
		m->to[k] = ARENA_ARRAY(m->arena, uint32_t, (size_t)s->head->n_doc + 1);
		for (uint32_t d = 0; d < s->head->n_doc && rc == RC_OK; d++) {
			struct seg_record r = { .class = s->classes[s->class[d]], .title_length = (uint32_t)seg_length_of(s->title_length[d]),
				.body_length = (uint32_t)seg_length_of(s->body_length[d]) };
			m->to[k][d] = seg_is_removed(s, d) ? GONE : seg_out_docs(m->out);
			if (m->to[k][d] == GONE) continue;
			arena_reset(scratch);
			rc = seg_doc(s, scratch, d, true, &r.doc) ? seg_out_doc(cx, m->out, &r) : seg_damaged(cx, "segment");
		}
	}
	arena_free(scratch);
	return rc;
}

static enum rc merge_terms(struct cx *cx, struct merge *m)
{
	uint32_t *posting = ARENA_ARRAY(m->arena, uint32_t, (size_t)seg_out_docs(m->out) + SEG_SECTIONS), *one;
	uint32_t most = 0;
	uint64_t *at = ARENA_ARRAY(m->arena, uint64_t, (size_t)m->n);
	for (int k = 0; k < m->n; k++)
		if (m->in[k]->head->n_doc > most) most = m->in[k]->head->n_doc;
	one = ARENA_ARRAY(m->arena, uint32_t, (size_t)most + 1);
	TRY(seg_out_postings(cx, m->out));
	for (;;) {
		uint64_t key = UINT64_MAX;
		bool more = false;
		for (int k = 0; k < m->n; k++)
			if (at[k] < m->in[k]->head->n_term && m->in[k]->term[at[k]].key <= key) key = m->in[k]->term[at[k]].key, more = true;
		if (!more) return RC_OK;
		uint32_t w = 0;
		for (int k = 0; k < m->n; k++) {
			const struct seg *s = m->in[k];
			if (at[k] >= s->head->n_term || s->term[at[k]].key != key) continue;
			const struct seg_term *t = &s->term[at[k]++];
			if (!seg_all(s, t, one)) return seg_damaged(cx, "segment");
			for (uint32_t i = 0; i < t->df; i++)
				if (m->to[k][one[i] >> 8] != GONE) posting[w++] = m->to[k][one[i] >> 8] << 8 | (one[i] & 255);
		}
		if (w) TRY(seg_out_term(cx, m->out, key, posting, w));
	}
}

static size_t merge_prints(const struct merge *m, uint64_t *print)
{
	size_t w = 0;
	for (int k = 0; k < m->n; k++) {
		const struct seg *s = m->in[k];
		uint32_t bits = s->head->print_bits, low = 32 - bits;
		for (uint32_t b = 0; b < 1u << bits; b++)
			for (uint32_t i = s->print_dir[b]; i < s->print_dir[b + 1]; i++) {
				uint32_t doc = s->print[i] & ((1u << bits) - 1);
				if (doc < s->head->n_doc && m->to[k][doc] != GONE) print[w++] = (uint64_t)(b << low | s->print[i] >> bits) << 32 | m->to[k][doc];
			}
	}
	return w;
}

enum rc build_merge(struct cx *cx, int dir_fd, const char *name, const struct seg *const *in, int n)
{
	uint64_t prints = 1;
	for (int k = 0; k < n; k++) prints += in[k]->head->n_print;
	struct merge m = { .arena = arena_new((size_t)8 << 30), .in = in, .n = n };
	m.to = ARENA_ARRAY(m.arena, uint32_t *, (size_t)n);
	enum rc rc = seg_out_open(cx, dir_fd, name, &m.out);
	if (rc == RC_OK) {
		rc = merge_docs(cx, &m);
		if (rc == RC_OK) rc = merge_terms(cx, &m);
		if (rc == RC_OK) {
			uint64_t *print = ARENA_ARRAY(m.arena, uint64_t, prints);
			rc = seg_out_close(cx, m.out, print, merge_prints(&m, print));
		} else {
			seg_out_drop(m.out);
		}
	}
	arena_free(m.arena);
	return rc;
}

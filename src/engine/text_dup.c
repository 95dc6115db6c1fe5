/* Copied passages: fingerprints find the sources, chains of common grams find the passages, extension finds their ends. */
#include <stdlib.h>

#include "engine/text_rank.h"
#include "engine/text_winnow.h"

enum { SOURCES = 20, CANDIDATES = 64, CAP_LEAST = 20, CAP_SHARE = 500, SEEDS_A_GRAM = 8, GAP = 24, DRIFT = 12, UNITS_LEAST = TEXT_COMMON_RUN, ARENA_BYTES = 1 << 30 };

/* A text as units: the keys, and where they are in the folded text. */
struct units { struct text_folded f; const struct text_term *term; uint32_t *unit; size_t n; };
struct vote { int seg; uint32_t doc, count; };
struct seed { uint32_t a, b; };

static struct units read_units(struct arena *a, struct text_pipe *p, struct text_folded f)
{
	size_t n;
	struct units u = { .f = f };
	const struct text_term *t = text_scan(p, f.s, &n);
	struct text_term *copy = ARENA_ARRAY(a, struct text_term, n + 1);
	if (n) memcpy(copy, t, n * sizeof *t);
	u.term = copy;
	u.unit = ARENA_ARRAY(a, uint32_t, n + 1);
	u.n = winnow_units(copy, n, u.unit);
	return u;
}

static inline uint64_t key_at(const struct units *u, size_t i) { return u->term[u->unit[i]].key; }

/* A table from fingerprint to the places where it stands. */
struct grams { uint32_t *first, *next, cap; struct winnow_print *print; size_t n; };

static struct grams index_grams(struct arena *a, const struct units *u)
{
	struct grams g = { .cap = 64, .print = ARENA_ARRAY(a, struct winnow_print, u->n + 1) };
	g.n = winnow(u->term, u->unit, u->n, true, g.print);
	while (g.cap < 2 * g.n) g.cap *= 2;
	g.first = ARENA_ARRAY(a, uint32_t, g.cap);
	g.next = ARENA_ARRAY(a, uint32_t, g.n + 1);
	for (size_t i = g.n; i-- > 0;) {
		uint32_t *slot = &g.first[g.print[i].hash & (g.cap - 1)];
		g.next[i] = *slot;
		*slot = (uint32_t)i + 1;
	}
	return g;
}

static bool same_gram(const struct units *x, size_t i, const struct units *y, size_t k)
{
	for (size_t j = 0; j < TEXT_GRAM_UNITS; j++)
		if (key_at(x, i + j) != key_at(y, k + j)) return false;
	return true;
}

/* ---- candidates ---- */

static uint32_t places_of(const struct seg *s, uint32_t hash, uint32_t *from)
{
	uint32_t bits = s->head->print_bits, low = 32 - bits, b = hash >> low, tail = (uint32_t)((uint64_t)hash << bits) >> bits, lo = s->print_dir[b], hi = s->print_dir[b + 1];
	uint32_t end = hi;
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		if (s->print[mid] >> bits < tail) lo = mid + 1;
		else hi = mid;
	}
	*from = lo;
	while (lo < end && s->print[lo] >> bits == tail) lo++;
	return lo - *from;
}

static int by_votes(const void *a, const void *b)
{
	const struct vote *x = a, *y = b;
	if (x->count != y->count) return x->count > y->count ? -1 : 1;
	return x->seg != y->seg ? x->seg - y->seg : (x->doc > y->doc) - (x->doc < y->doc);
}
static int by_number(const void *a, const void *b) { return (*(const uint64_t *)a > *(const uint64_t *)b) - (*(const uint64_t *)a < *(const uint64_t *)b); }

struct voters { VEC(uint64_t); };

/* Marks the units under fingerprints that are too frequent, and gathers a vote for every document under the others. */
static void gather(struct arena *a, const struct text_index *x, const struct units *u, bool *template, struct voters *out)
{
	struct winnow_print *p = ARENA_ARRAY(a, struct winnow_print, u->n + 1);
	size_t n = winnow(u->term, u->unit, u->n, false, p);
	uint64_t cap = x->documents / CAP_SHARE > CAP_LEAST ? x->documents / CAP_SHARE : CAP_LEAST;
	uint32_t *from = ARENA_ARRAY(a, uint32_t, (size_t)x->n + 1), *count = ARENA_ARRAY(a, uint32_t, (size_t)x->n + 1);
	for (size_t i = 0; i < n; i++) {
		uint64_t df = 0;
		for (int k = 0; k < x->n; k++) df += count[k] = places_of(&x->piece[k].seg, p[i].hash, &from[k]);
		bool frequent = df > cap, masked = template[p[i].unit] && template[p[i].unit + TEXT_GRAM_UNITS - 1];
		for (size_t k = 0; frequent && k < TEXT_GRAM_UNITS; k++) template[p[i].unit + k] = true;
		for (int k = 0; k < x->n && !frequent && !masked; k++) {
			const struct seg *s = &x->piece[k].seg;
			uint32_t before = UINT32_MAX, mask = (1u << s->head->print_bits) - 1;
			for (uint32_t e = from[k]; e < from[k] + count[k]; e++) {
				uint32_t doc = s->print[e] & mask;
				if (doc == before || doc >= s->head->n_doc || seg_is_removed(s, doc)) continue;
				before = doc;
				VEC_PUSH(a, out, (uint64_t)k << 32 | doc);
			}
		}
	}
}

static size_t candidates(struct arena *a, const struct text_index *x, const struct units *u, bool *template, struct vote **out)
{
	struct voters v = { 0 };
	size_t n = 0;
	gather(a, x, u, template, &v);
	if (v.n) qsort(v.v, v.n, sizeof *v.v, by_number);
	struct vote *vote = ARENA_ARRAY(a, struct vote, v.n + 1);
	for (size_t i = 0; i < v.n; i++) {
		if (i && v.v[i] == v.v[i - 1]) vote[n - 1].count++;
		else vote[n++] = (struct vote){ (int)(v.v[i] >> 32), (uint32_t)v.v[i], 1 };
	}
	if (n) qsort(vote, n, sizeof *vote, by_votes);
	*out = vote;
	return n < CANDIDATES ? n : CANDIDATES;
}

/* ---- passages ---- */

struct chain { uint32_t a0, a1, b0, b1, matched; };
struct chains { VEC(struct chain); };

/* Diagonal runs of equal units: from each common gram to both sides as far as the units are equal. */
static void find_runs(struct arena *a, const struct units *x, const struct units *y, const struct grams *g, struct chains *out)
{
	struct winnow_print *p = ARENA_ARRAY(a, struct winnow_print, x->n + 1);
	size_t n = winnow(x->term, x->unit, x->n, true, p);
	uint32_t *reach = ARENA_ARRAY(a, uint32_t, x->n + y->n + 1);    /* by diagonal: the end in x of its last run */
	for (size_t i = 0; i < n; i++) {
		int tries = 0;
		for (uint32_t e = g->first[p[i].hash & (g->cap - 1)]; e && tries < SEEDS_A_GRAM * 4; e = g->next[e - 1], tries++) {
			uint32_t b = g->print[e - 1].unit, at = p[i].unit, *end = &reach[at + y->n - b];
			if (g->print[e - 1].hash != p[i].hash || at < *end || !same_gram(x, at, y, b)) continue;
			uint32_t k = TEXT_GRAM_UNITS;
			while (at + k < x->n && b + k < y->n && key_at(x, at + k) == key_at(y, b + k)) k++;
			*end = at + k;
			struct chain c = { at, at + k, b, b + k, k };
			VEC_PUSH(a, out, c);
		}
	}
}

static int by_start(const void *a, const void *b)
{
	const struct chain *x = a, *y = b;
	return x->a0 != y->a0 ? (x->a0 < y->a0 ? -1 : 1) : (x->b0 > y->b0) - (x->b0 < y->b0);
}

/* Runs that follow one another closely in both texts become one passage; short ones that stay alone are dropped. */
static size_t join_runs(struct chains *c)
{
	size_t n = 0;
	if (c->n) qsort(c->v, c->n, sizeof *c->v, by_start);
	for (size_t i = 0; i < c->n; i++) {
		struct chain r = c->v[i];
		bool joined = false;
		for (size_t k = n; k-- > 0 && !joined && k + 8 > n;) {
			struct chain *p = &c->v[k];
			int64_t ga = (int64_t)r.a0 - p->a1, gb = (int64_t)r.b0 - p->b1;
			if (r.a1 <= p->a1 || ga > GAP || gb > GAP || gb < -DRIFT || ga < -DRIFT || ga - gb > DRIFT || gb - ga > DRIFT || r.b1 <= p->b1) continue;
			uint32_t over = ga < 0 ? (uint32_t)-ga : 0, over_b = gb < 0 ? (uint32_t)-gb : 0;
			if (over_b > over) over = over_b;
			if (over >= r.matched) continue;
			p->matched += r.matched - over;
			p->a1 = r.a1, p->b1 = r.b1;
			joined = true;
		}
		if (!joined) c->v[n++] = r;
	}
	size_t kept = 0;
	for (size_t i = 0; i < n; i++)
		if (c->v[i].matched >= UNITS_LEAST) c->v[kept++] = c->v[i];
	return kept;
}

static void span(const struct units *u, uint32_t from, uint32_t to, uint32_t *start, uint32_t *end)
{
	*start = u->term[u->unit[from]].start, *end = u->term[u->unit[to - 1]].end;
	text_unfold(&u->f, start, end);
}

static uint32_t count_marks(const bool *mark, size_t n)
{
	uint32_t c = 0;
	for (size_t i = 0; i < n; i++) c += mark[i];
	return c;
}

/* ---- registered templates ---- */

static void mask_form(struct arena *a, struct text_pipe *p, struct str form, const struct units *x, bool *template)
{
	struct text_folded f = text_fold_again(p, form);
	struct units y = read_units(a, p, (struct text_folded){ str_dup(a, f.s), NULL, 0 });
	struct grams g = index_grams(a, &y);
	struct chains runs = { 0 };
	find_runs(a, x, &y, &g, &runs);
	for (size_t i = 0; i < runs.n; i++)
		for (uint32_t k = runs.v[i].a0; k < runs.v[i].a1; k++) template[k] = true;
}

/* ---- all together ---- */

struct check {
	struct text_index *x;
	const struct text_dup_query *q;
	struct arena *scratch;
	struct units u;
	bool *template, *copied, *others;       /* by unit: in a template, in any source, in a source of another owner */
	struct text_source *source;
	int n, n_hidden;
};

static enum rc check_source(struct cx *cx, struct check *k, const struct vote *v)
{
	const struct seg *s = &k->x->piece[v->seg].seg;
	struct seg_doc d;
	struct chains runs = { 0 };
	struct arena *a = k->scratch;
	if (!seg_doc(s, a, v->doc, true, &d)) return seg_damaged(cx, "segment");
	const struct seg_class *class = &s->classes[s->class[v->doc]];
	struct text_filter narrow = k->q->filter;
	narrow.everything = true;
	if (str_eq(d.id, k->q->doc->id) || !rank_classes(a, s, &narrow)[s->class[v->doc]]) return RC_OK;
	struct units y = read_units(a, k->x->pipe, d.body);
	struct grams g = index_grams(a, &y);
	find_runs(a, &k->u, &y, &g, &runs);
	size_t n = join_runs(&runs);
	bool *mark = ARENA_ARRAY(a, bool, k->u.n + 1);
	struct text_passage *p = ARENA_ARRAY(cx->arena, struct text_passage, n + 1);
	struct text_source r = { .own = d.owner.n && str_eq(d.owner, k->q->doc->owner), .passage = p };
	for (size_t i = 0; i < n; i++) {
		uint32_t clean = 0;
		for (uint32_t j = runs.v[i].a0; j < runs.v[i].a1; j++) clean += !k->template[j];
		if (clean < UNITS_LEAST) continue;
		for (uint32_t j = runs.v[i].a0; j < runs.v[i].a1; j++) mark[j] = true;
		struct text_passage *t = &p[r.n_passage++];
		span(&k->u, runs.v[i].a0, runs.v[i].a1, &t->a0, &t->a1);
		span(&y, runs.v[i].b0, runs.v[i].b1, &t->b0, &t->b1);
		t->matched = runs.v[i].matched;
	}
	if (!r.n_passage) return RC_OK;
	uint32_t clean = 0;
	for (size_t j = 0; j < k->u.n; j++) {
		clean += mark[j] && !k->template[j];
		k->copied[j] |= mark[j];
		k->others[j] |= mark[j] && !r.own;
	}
	r.share = (double)clean / (double)k->u.n;
	bool sees = k->q->filter.everything || !class->n_see;
	for (int i = 0; i < class->n_see && !sees; i++)
		for (int j = 0; j < k->q->filter.n_group && !sees; j++) sees = str_eq(class->see[i], k->q->filter.group[j]);
	if (sees) r.id = str_dup(cx->arena, d.id), r.owner = str_dup(cx->arena, d.owner);
	else r.hidden = true, r.passage = NULL, r.n_passage = 0;
	k->n_hidden += !sees;
	k->source[k->n++] = r;
	return RC_OK;
}

int64_t text_percent(double share) { return (int64_t)(share * 100e6 + 0.5); }

static int by_share(const void *a, const void *b)
{
	const struct text_source *x = a, *y = b;
	if (x->share > y->share || x->share < y->share) return x->share > y->share ? -1 : 1;
	return str_cmp(x->id, y->id);
}

static enum rc dup(struct cx *cx, struct check *k, struct text_dup_result *out)
{
	struct arena *a = k->scratch;
	struct text_folded f;
	struct vote *vote;
	int most = k->q->sources > 0 ? k->q->sources : SOURCES;
	TRY(text_fold_map(cx, k->x->pipe, k->q->doc->body, &f));
	k->u = read_units(a, k->x->pipe, f);
	k->template = ARENA_ARRAY(a, bool, k->u.n + TEXT_GRAM_UNITS);
	k->copied = ARENA_ARRAY(a, bool, k->u.n + 1);
	k->others = ARENA_ARRAY(a, bool, k->u.n + 1);
	for (int i = 0; i < k->q->n_form; i++) mask_form(a, k->x->pipe, k->q->form[i], &k->u, k->template);
	size_t n = candidates(a, k->x, &k->u, k->template, &vote);
	k->source = ARENA_ARRAY(cx->arena, struct text_source, n + 1);
	for (size_t i = 0; i < n; i++) TRY(check_source(cx, k, &vote[i]));
	if (k->n) qsort(k->source, (size_t)k->n, sizeof *k->source, by_share);
	struct text_dup_result r = { .source = k->source, .n_source = k->n < most ? k->n : most, .n_hidden = k->n_hidden, .units = (uint32_t)k->u.n,
		.template_units = count_marks(k->template, k->u.n) };
	uint32_t total = count_marks(k->copied, k->u.n), clean = 0, others = 0;
	for (size_t i = 0; i < k->u.n; i++) clean += k->copied[i] && !k->template[i], others += k->others[i] && !k->template[i];
	double units = k->u.n ? (double)k->u.n : 1;
	r.total = (double)total / units, r.without_template = (double)clean / units, r.without_own = (double)others / units;
	*out = r;
	return RC_OK;
}

enum rc text_dup(struct cx *cx, struct text_index *x, const struct text_dup_query *q, struct text_dup_result *out)
{
	struct check k = { .x = x, .q = q, .scratch = arena_new(ARENA_BYTES) };
	enum rc rc = dup(cx, &k, out);
	arena_free(k.scratch);
	return rc;
}

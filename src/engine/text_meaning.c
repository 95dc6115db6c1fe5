/* The right singular vectors of the documents × terms matrix by subspace iteration from a random start (Halko et al.), with Cholesky QR
   and a Jacobi eigensolver of our own: 144 columns need no library, and none that starts threads. */
#include "engine/text_meaning.h"

#include <math.h>
#include <stdlib.h>

#include "base/rng.h"

enum { L = MEANING_K + 16, ROUNDS = 3, SAMPLE = 20000, WORDS_MAX = 60000, DF_MIN = 3, LONG = 40, STRIP = 4096 };

struct entry { uint32_t doc; float w; };
struct column { uint64_t key; float idf; uint64_t from, to; };
struct matrix {
	struct arena *arena;
	VEC(struct entry) entry;
	VEC(struct column) column;
	uint32_t docs;
	float *y, *q;                   /* docs × L, columns × L */
};

static const char model_magic[8] = "LCMEAN01";

/* ---- the matrix ---- */

/* Number in the sample of each document, UINT32_MAX for none: long ones, evenly spread when there are too many. */
static uint32_t **sample(struct arena *a, const struct seg *const *seg, int n, uint64_t seed, uint32_t *docs)
{
	struct rng r = rng_seed(seed);
	uint64_t longs = 0, all = 0;
	for (int k = 0; k < n; k++)
		for (uint32_t d = 0; d < seg[k]->head->n_doc; d++)
			if (!seg_is_removed(seg[k], d)) all++, longs += seg[k]->body_length[d] >= LONG;
	bool any = longs < 1000;
	uint64_t pool = any ? all : longs;
	uint32_t **to = ARENA_ARRAY(a, uint32_t *, (size_t)n);
	*docs = 0;
	for (int k = 0; k < n; k++) {
		to[k] = ARENA_ARRAY(a, uint32_t, (size_t)seg[k]->head->n_doc + 1);
		for (uint32_t d = 0; d < seg[k]->head->n_doc; d++) {
			bool in = !seg_is_removed(seg[k], d) && (any || seg[k]->body_length[d] >= LONG);
			if (in && pool > SAMPLE) in = rng_below(&r, pool) < SAMPLE;
			to[k][d] = in ? (*docs)++ : UINT32_MAX;
		}
	}
	return to;
}

static bool add_column(struct cx *cx, struct matrix *m, const struct seg *s, const struct seg_term *t, const uint32_t *to, uint32_t *room)
{
	if (!seg_all(s, t, room)) return false;
	for (uint32_t i = 0; i < t->df; i++) {
		uint32_t doc = to[room[i] >> 8], code = room[i] & 255;
		if (doc == UINT32_MAX) continue;
		struct entry e = { doc, 1 + logf((float)((code >> 2) + 2 * (code & 3))) };
		VEC_PUSH(m->arena, &m->entry, e);
	}
	return true;
}

static enum rc read_matrix(struct cx *cx, struct matrix *m, const struct seg *const *seg, int n, uint64_t seed)
{
	uint32_t **to = sample(m->arena, seg, n, seed, &m->docs), most = 0;
	uint64_t *at = ARENA_ARRAY(m->arena, uint64_t, (size_t)n);
	for (int k = 0; k < n; k++)
		if (seg[k]->head->n_doc > most) most = seg[k]->head->n_doc;
	uint32_t *room = ARENA_ARRAY(m->arena, uint32_t, (size_t)most + 1);
	for (;;) {
		uint64_t key = UINT64_MAX;
		bool more = false;
		struct column c = { .from = m->entry.n };
		for (int k = 0; k < n; k++)
			if (at[k] < seg[k]->head->n_term && seg[k]->term[at[k]].key <= key) key = seg[k]->term[at[k]].key, more = true;
		if (!more) return RC_OK;
		for (int k = 0; k < n; k++) {
			if (at[k] >= seg[k]->head->n_term || seg[k]->term[at[k]].key != key) continue;
			if (!add_column(cx, m, seg[k], &seg[k]->term[at[k]++], to[k], room)) return seg_damaged(cx, "segment");
		}
		uint64_t df = m->entry.n - c.from;
		if (df < DF_MIN || df * 4 > m->docs) {
			m->entry.n = c.from;
			continue;
		}
		c.key = key, c.to = m->entry.n, c.idf = logf((float)m->docs / (float)df);
		VEC_PUSH(m->arena, &m->column, c);
	}
}

static int by_df(const void *a, const void *b)
{
	const struct column *x = a, *y = b;
	uint64_t dx = x->to - x->from, dy = y->to - y->from;
	return dx != dy ? (dx > dy ? -1 : 1) : (x->key > y->key) - (x->key < y->key);
}

/* tf·idf, rows of length 1; at most WORDS_MAX columns, the most frequent. */
static void weigh(struct matrix *m)
{
	if (m->column.n > WORDS_MAX) {
		qsort(m->column.v, m->column.n, sizeof *m->column.v, by_df);
		m->column.n = WORDS_MAX;
	}
	float *norm = ARENA_ARRAY(m->arena, float, (size_t)m->docs + 1);
	for (int pass = 0; pass < 2; pass++)
		for (size_t c = 0; c < m->column.n; c++)
			for (uint64_t i = m->column.v[c].from; i < m->column.v[c].to; i++) {
				struct entry *e = &m->entry.v[i];
				if (!pass) e->w *= m->column.v[c].idf, norm[e->doc] += e->w * e->w;
				else e->w /= sqrtf(norm[e->doc]);
			}
}

/* ---- linear algebra on L columns ---- */

static void axpy(float *restrict y, const float *restrict x, float w)
{
	for (int k = 0; k < L; k++) y[k] += w * x[k];
}

static void documents_from_words(struct matrix *m)
{
	memset(m->y, 0, (size_t)m->docs * L * sizeof *m->y);
	for (size_t c = 0; c < m->column.n; c++)
		for (uint64_t i = m->column.v[c].from; i < m->column.v[c].to; i++)
			axpy(m->y + (size_t)m->entry.v[i].doc * L, m->q + c * L, m->entry.v[i].w);
}

static void words_from_documents(struct matrix *m)
{
	memset(m->q, 0, m->column.n * L * sizeof *m->q);
	for (size_t c = 0; c < m->column.n; c++)
		for (uint64_t i = m->column.v[c].from; i < m->column.v[c].to; i++)
			axpy(m->q + c * L, m->y + (size_t)m->entry.v[i].doc * L, m->entry.v[i].w);
}

/* g = xᵀx of an n × L matrix. */
static void gram(const float *x, size_t n, double *g)
{
	memset(g, 0, sizeof(double) * L * L);
	for (size_t from = 0; from < n; from += STRIP) {
		size_t to = from + STRIP < n ? from + STRIP : n;
		for (int i = 0; i < L; i++) {
			float row[L] = { 0 };
			for (size_t r = from; r < to; r++) axpy(row, x + r * L, x[r * L + i]);
			for (int k = 0; k < L; k++) g[i * L + k] += row[k];
		}
	}
}

/* Columns made orthonormal: x ← x R⁻¹ with xᵀx = RᵀR. Columns that depend on others become 0. */
static void orthonormal(float *x, size_t n, double *g)
{
	gram(x, n, g);
	for (int i = 0; i < L; i++) {           /* R in the upper triangle of g */
		double d = g[i * L + i];
		for (int k = 0; k < i; k++) d -= g[k * L + i] * g[k * L + i];
		double r = d > 1e-12 * fabs(g[i * L + i]) && d > 0 ? sqrt(d) : 0;
		for (int j = i + 1; j < L; j++) {
			double s = g[i * L + j];
			for (int k = 0; k < i; k++) s -= g[k * L + i] * g[k * L + j];
			g[i * L + j] = r > 0 ? s / r : 0;
		}
		g[i * L + i] = r;
	}
	for (size_t row = 0; row < n; row++) {
		float *v = x + row * L;
		for (int i = 0; i < L; i++) {
			double r = g[i * L + i];
			float s = r > 0 ? (float)((double)v[i] / r) : 0;
			v[i] = s;
			for (int j = i + 1; j < L; j++) v[j] -= s * (float)g[i * L + j];
		}
	}
}

/* Eigenvectors of a symmetric matrix as the rows of e, by Jacobi rotations; a ends as the diagonal of eigenvalues. */
static void jacobi(double *a, double *e)
{
	for (int i = 0; i < L * L; i++) e[i] = i % (L + 1) == 0;
	for (int sweep = 0; sweep < 12; sweep++)
		for (int p = 0; p < L; p++)
			for (int q = p + 1; q < L; q++) {
				double apq = a[p * L + q];
				if (fabs(apq) < 1e-12 * (fabs(a[p * L + p]) + fabs(a[q * L + q]) + 1e-300)) continue;
				double theta = (a[q * L + q] - a[p * L + p]) / (2 * apq);
				double t = (theta >= 0 ? 1 : -1) / (fabs(theta) + sqrt(theta * theta + 1)), c = 1 / sqrt(t * t + 1), s = t * c;
				for (int k = 0; k < L; k++) {
					double x = a[k * L + p], y = a[k * L + q];
					a[k * L + p] = c * x - s * y, a[k * L + q] = s * x + c * y;
				}
				for (int k = 0; k < L; k++) {
					double x = a[p * L + k], y = a[q * L + k], u = e[p * L + k], v = e[q * L + k];
					a[p * L + k] = c * x - s * y, a[q * L + k] = s * x + c * y;
					e[p * L + k] = c * u - s * v, e[q * L + k] = s * u + c * v;
				}
			}
}

/* q ← its combinations that are the singular vectors, strongest first. */
static void rotate(struct matrix *m, double *g)
{
	double *e = ARENA_ARRAY(m->arena, double, L * L);
	int order[L] = { 0 };
	documents_from_words(m);
	gram(m->y, m->docs, g);
	jacobi(g, e);
	for (int i = 0; i < L; i++) {
		int k = i;
		for (; k && g[order[k - 1] * L + order[k - 1]] < g[i * L + i]; k--) order[k] = order[k - 1];
		order[k] = i;
	}
	for (size_t row = 0; row < m->column.n; row++) {
		float v[L], *q = m->q + row * L;
		for (int i = 0; i < MEANING_K; i++) {
			double s = 0;
			for (int k = 0; k < L; k++) s += e[order[i] * L + k] * (double)q[k];
			v[i] = (float)s;
		}
		memcpy(q, v, MEANING_K * sizeof *v);
	}
}

/* ---- files ---- */

static float to_bytes(const float *v, int8_t *out)
{
	float most = 0;
	for (int k = 0; k < MEANING_K; k++)
		if (fabsf(v[k]) > most) most = fabsf(v[k]);
	for (int k = 0; k < MEANING_K; k++) out[k] = most > 0 ? (int8_t)lrintf(v[k] / most * 127) : 0;
	return most / 127;
}

static int word_by_key(const void *a, const void *b)
{
	const struct meaning_word *x = a, *y = b;
	return (x->key > y->key) - (x->key < y->key);
}

enum rc meaning_train(struct cx *cx, int dir_fd, const struct seg *const *seg, int n, uint64_t seed, uint64_t number)
{
	struct matrix m = { .arena = arena_new((size_t)8 << 30) };
	char name[FOLDER_NAME];
	enum rc rc = read_matrix(cx, &m, seg, n, seed);
	if (rc == RC_OK) {
		struct rng r = rng_seed(seed);
		double *g = ARENA_ARRAY(m.arena, double, L * L);
		weigh(&m);
		m.y = ARENA_ARRAY(m.arena, float, (size_t)m.docs * L + 1);
		m.q = ARENA_ARRAY(m.arena, float, m.column.n * L + 1);
		for (size_t i = 0; i < m.column.n * L; i++) m.q[i] = (float)rng_below(&r, 2000001) / 1000000 - 1;
		for (int round = 0; round < ROUNDS; round++) {
			orthonormal(m.q, m.column.n, g);
			documents_from_words(&m);
			words_from_documents(&m);
		}
		orthonormal(m.q, m.column.n, g);
		orthonormal(m.q, m.column.n, g);
		rotate(&m, g);
		size_t bytes = 16 + m.column.n * sizeof(struct meaning_word);
		char *out = arena_alloc(m.arena, bytes);
		struct meaning_word *w = (struct meaning_word *)(out + 16);
		memcpy(out, model_magic, 8);
		for (size_t i = 0; i < m.column.n; i++) {
			w[i] = (struct meaning_word){ .key = m.column.v[i].key, .idf = m.column.v[i].idf };
			w[i].scale = to_bytes(m.q + i * L, w[i].v);
		}
		qsort(w, m.column.n, sizeof *w, word_by_key);
		folder_model_name(name, number);
		rc = seg_file_put(cx, dir_fd, name, out, bytes);
	}
	arena_free(m.arena);
	return rc;
}

enum rc meaning_load(struct cx *cx, struct arena *a, int dir_fd, uint64_t number, struct meaning *out)
{
	char name[FOLDER_NAME];
	struct str s;
	folder_model_name(name, number);
	enum rc rc = seg_file_get(cx, a, dir_fd, name, &s);
	if (rc == RC_MISSING) return seg_damaged(cx, name);
	TRY(rc);
	if (s.n < 16 || memcmp(s.p, model_magic, 8) != 0 || (s.n - 16) % sizeof(struct meaning_word)) return seg_damaged(cx, name);
	*out = (struct meaning){ .number = number, .word = (const struct meaning_word *)(s.p + 16), .n = (uint32_t)((s.n - 16) / sizeof(struct meaning_word)) };
	return RC_OK;
}

const struct meaning_word *meaning_find(const struct meaning *m, uint64_t key)
{
	uint32_t lo = 0, hi = m->n;
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		if (m->word[mid].key < key) lo = mid + 1;
		else hi = mid;
	}
	return lo < m->n && m->word[lo].key == key ? &m->word[lo] : NULL;
}

static void add_word(float *v, const struct meaning_word *w, float weight)
{
	for (int k = 0; k < MEANING_K; k++) v[k] += weight * w->scale * (float)w->v[k];
}

/* Documents in strips, so that the sums stay in the cache. */
enum rc meaning_fold_docs(struct cx *cx, int dir_fd, const struct meaning *m, const struct seg *s, uint64_t number)
{
	struct arena *a = arena_new((size_t)8 << 30);
	char name[FOLDER_NAME];
	uint32_t docs = s->head->n_doc;
	float *sum = ARENA_ARRAY(a, float, (size_t)docs * MEANING_K + 1);
	uint32_t *posting = ARENA_ARRAY(a, uint32_t, (size_t)docs + 1);
	char *out = arena_alloc(a, (size_t)docs * (MEANING_K + 4) + 4);
	enum rc rc = RC_OK;
	for (uint32_t i = 0; i < m->n && rc == RC_OK; i++) {
		const struct seg_term *t = seg_find(s, m->word[i].key);
		if (!t) continue;
		if (!seg_all(s, t, posting)) rc = seg_damaged(cx, "segment");
		for (uint32_t k = 0; rc == RC_OK && k < t->df; k++) {
			uint32_t code = posting[k] & 255;
			add_word(sum + (size_t)(posting[k] >> 8) * MEANING_K, &m->word[i], m->word[i].idf * (1 + logf((float)((code >> 2) + 2 * (code & 3)))));
		}
	}
	for (uint32_t d = 0; d < docs; d++) {
		float *v = sum + (size_t)d * MEANING_K, length = 0;
		for (int k = 0; k < MEANING_K; k++) length += v[k] * v[k];
		float scale = to_bytes(v, (int8_t *)out + (size_t)docs * 4 + (size_t)d * MEANING_K);
		scale = length > 0 ? scale / sqrtf(length) : 0;
		memcpy(out + (size_t)d * 4, &scale, 4);
	}
	folder_meaning_name(name, number, m->number);
	if (rc == RC_OK) rc = seg_file_put(cx, dir_fd, name, out, (size_t)docs * (MEANING_K + 4));
	arena_free(a);
	return rc;
}

enum rc meaning_load_docs(struct cx *cx, struct arena *a, int dir_fd, uint64_t number, uint64_t model, struct seg *s)
{
	char name[FOLDER_NAME];
	struct str bytes;
	folder_meaning_name(name, number, model);
	enum rc rc = seg_file_get(cx, a, dir_fd, name, &bytes);
	if (rc == RC_MISSING) return RC_OK;
	TRY(rc);
	if (bytes.n != (size_t)s->head->n_doc * (MEANING_K + 4)) return seg_damaged(cx, name);
	s->meaning_scale = (const float *)(const void *)bytes.p;
	s->meaning = (const int8_t *)bytes.p + (size_t)s->head->n_doc * 4;
	return RC_OK;
}

bool meaning_query(const struct meaning *m, const struct text_ask *ask, float v[MEANING_K])
{
	float length = 0;
	memset(v, 0, MEANING_K * sizeof *v);
	for (int i = 0; i < ask->n; i++) {
		const struct meaning_word *w = meaning_find(m, ask->want[i].key);
		if (w) add_word(v, w, w->idf * (1 + logf(ask->want[i].weight > 1 ? ask->want[i].weight : 1)));
	}
	for (int k = 0; k < MEANING_K; k++) length += v[k] * v[k];
	for (int k = 0; k < MEANING_K && length > 0; k++) v[k] /= sqrtf(length);
	return length > 0;
}

double meaning_cosine(const struct seg *s, uint32_t doc, const float v[MEANING_K])
{
	float sum = 0;
	if (!s->meaning) return 0;
	for (int k = 0; k < MEANING_K; k++) sum += v[k] * (float)s->meaning[(size_t)doc * MEANING_K + (size_t)k];
	return (double)(sum * s->meaning_scale[doc]);
}

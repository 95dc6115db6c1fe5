#include "engine/assign_program.h"

#include <string.h>

#include "engine/assign_inner.h"

struct making {
	const struct assign_part *part;
	const struct assign_input *in;
	struct program *p;
	int *col;               /* by pair: its column; -1: decided */
	int64_t taken;          /* decided pairs of the row at hand */
};

static void begin(struct making *m)
{
	m->taken = 0;
	program_row(m->p, -PROGRAM_FREE, PROGRAM_FREE);
}

static void put(struct making *m, uint32_t i)
{
	m->taken += m->part->fix[i] == 1;
	if (m->col[i] >= 0) program_put(m->p, m->col[i], 1);
}

static void end(struct making *m, int64_t low, int64_t high)
{
	struct program_row *r = &m->p->row.v[m->p->row.n - 1];
	if (low > 0) r->low = low - m->taken;
	if (high < m->taken + r->n) r->high = high - m->taken;
}

static void one_of_each(struct making *m, int a)
{
	const struct assign_input *in = m->in;
	for (uint32_t i = in->row[a]; i < in->row[a + 1]; i++) {
		int32_t org = in->one[in->expert[i]];
		bool first = org >= 0;
		for (uint32_t j = in->row[a]; first && j < i; j++) first = in->one[in->expert[j]] != org;
		if (!first) continue;
		begin(m);
		for (uint32_t j = i; j < in->row[a + 1]; j++)
			if (in->one[in->expert[j]] == org) put(m, j);
		end(m, 0, 1);
	}
}

static void application(struct making *m, int a)
{
	const struct assign_input *in = m->in;
	begin(m);
	for (uint32_t i = in->row[a]; i < in->row[a + 1]; i++) put(m, i);
	end(m, in->need[a], in->need[a]);
	if (in->one) one_of_each(m, a);
	for (int q = 0; in->need[a] && q < in->n_quota; q++) {
		begin(m);
		for (uint32_t i = in->row[a]; i < in->row[a + 1]; i++)
			if (quota_has(&in->quota[q], in, a, i)) put(m, i);
		end(m, in->quota[q].least, in->quota[q].most);
	}
}

/* `of`: the applications of an expert's pairs. */
static void one_cap(struct making *m, const struct assign_cap *cap, const uint32_t *pair, const int32_t *of, uint32_t n)
{
	for (uint32_t j = 0; j < n; j++) {
		int32_t group = cap->group[of[j]];
		bool first = group >= 0;
		for (uint32_t k = 0; first && k < j; k++) first = cap->group[of[k]] != group;
		if (!first) continue;
		begin(m);
		for (uint32_t k = j; k < n; k++)
			if (cap->group[of[k]] == group) put(m, pair[k]);
		end(m, 0, cap->most);
	}
}

/* Experts: their pairs that are not decided against, by expert. */
static void experts(struct making *m, struct arena *a)
{
	const struct assign_input *in = m->in;
	uint32_t pairs = in->row[in->n_application], *start = ARENA_ARRAY(a, uint32_t, (size_t)in->n_expert + 2), *pair = ARENA_ARRAY(a, uint32_t, pairs);
	int32_t *of = ARENA_ARRAY(a, int32_t, pairs);
	for (uint32_t i = 0; i < pairs; i++) start[in->expert[i] + 2] += m->part->fix[i] != 0;
	for (int e = 2; e <= in->n_expert; e++) start[e] += start[e - 1];
	for (int p = 0; p < in->n_application; p++)
		for (uint32_t i = in->row[p]; i < in->row[p + 1]; i++) {
			if (!m->part->fix[i]) continue;
			uint32_t at = start[in->expert[i] + 1]++;
			pair[at] = i;
			of[at] = p;
		}
	for (int e = 0; e < in->n_expert; e++) {
		uint32_t from = start[e], n = start[e + 1] - from;
		begin(m);
		for (uint32_t k = 0; k < n; k++) put(m, pair[from + k]);
		end(m, in->min ? in->min[e] : 0, in->max[e]);
		for (int c = 0; c < in->n_cap; c++) one_cap(m, &in->cap[c], pair + from, of + from, n);
	}
}

static void rings(struct making *m)
{
	for (size_t k = 0; k < m->part->n_ring; k++) {
		const struct assign_ring *r = &m->part->ring[k];
		begin(m);
		for (int j = 0; j < r->n; j++) put(m, r->pair[j]);
		end(m, 0, r->n - 1);
	}
}

void assign_program(struct cx *cx, const struct assign_part *part, struct program_answer *out)
{
	const struct assign_input *in = part->in;
	struct arena *a = arena_new((size_t)16 << 30);
	uint32_t pairs = in->row[in->n_application];
	struct making m = { .part = part, .in = in, .col = ARENA_ARRAY(a, int, pairs) };
	int64_t decided = 0;
	int n = 0;
	for (uint32_t i = 0; i < pairs; i++) {
		m.col[i] = part->fix[i] < 0 ? n++ : -1;
		if (part->fix[i] == 1) decided += in->affinity[i];
	}
	m.p = program_new(a, n);
	for (uint32_t i = 0; i < pairs; i++)
		if (m.col[i] >= 0) m.p->value[m.col[i]] = in->affinity[i];
	for (int p = 0; p < in->n_application; p++) application(&m, p);
	experts(&m, a);
	rings(&m);
	struct program_wish wish = PROGRAM_WISH;
	wish.gap_ppm = part->gap_ppm;
	if (part->floor != -PROGRAM_FREE) wish.floor = part->floor - decided;
	wish.stop = part->stop;
	wish.stop_ctx = part->stop_ctx;
	struct program_session *session = program_open(m.p);
	struct program_answer answer;
	program_solve(session, a, &wish, &answer);
	program_close(session);
	*out = answer;
	out->reduced = NULL;
	out->lean = NULL;
	if (answer.bound != -PROGRAM_FREE && answer.bound < PROGRAM_FREE - 1) out->bound += decided;
	if (answer.x) {
		out->worth += decided;
		out->x = ARENA_ARRAY(cx->arena, signed char, pairs);
		for (uint32_t i = 0; i < pairs; i++) out->x[i] = m.col[i] >= 0 ? answer.x[m.col[i]] : part->fix[i] == 1;
	}
	arena_free(a);
}

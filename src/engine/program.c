#include "engine/program_inner.h"

#include <assert.h>
#include <string.h>

struct program *program_new(struct arena *a, int columns)
{
	struct program *p = ARENA_NEW(a, struct program);
	p->arena = a;
	p->n = columns;
	p->value = ARENA_ARRAY(a, int64_t, (size_t)columns + 1);
	return p;
}

int program_row(struct program *p, int64_t low, int64_t high)
{
	struct program_row r = { low, high, (int)p->col.n, 0 };
	VEC_PUSH(p->arena, &p->row, r);
	return (int)p->row.n - 1;
}

void program_put(struct program *p, int col, int64_t coef)
{
	assert(p->row.n && col >= 0 && col < p->n);
	if (!coef) return;
	VEC_PUSH(p->arena, &p->col, col);
	VEC_PUSH(p->arena, &p->coef, coef);
	p->row.v[p->row.n - 1].n++;
}

struct program *program_copy(struct arena *a, const struct program *p)
{
	struct program *q = program_new(a, p->n);
	memcpy(q->value, p->value, sizeof *q->value * (size_t)p->n);
	for (size_t r = 0; r < p->row.n; r++) {
		const struct program_row *row = &p->row.v[r];
		program_row(q, row->low, row->high);
		for (int k = row->start; k < row->start + row->n; k++) program_put(q, p->col.v[k], p->coef.v[k]);
	}
	return q;
}

int program_broken(const struct program *p, const signed char *x)
{
	for (size_t r = 0; r < p->row.n; r++) {
		const struct program_row *row = &p->row.v[r];
		int64_t sum = 0;
		for (int k = row->start; k < row->start + row->n; k++)
			if (x[p->col.v[k]]) sum += p->coef.v[k];
		if ((row->low != -PROGRAM_FREE && sum < row->low) || (row->high != PROGRAM_FREE && sum > row->high)) return (int)r;
	}
	return -1;
}

int64_t program_worth(const struct program *p, const signed char *x)
{
	int64_t sum = 0;
	for (int j = 0; j < p->n; j++)
		if (x[j]) sum += p->value[j];
	return sum;
}

struct columns columns_of(struct arena *a, const struct program *p)
{
	struct columns c = { ARENA_ARRAY(a, int, (size_t)p->n + 2), ARENA_ARRAY(a, int, p->col.n + 1), ARENA_ARRAY(a, int64_t, p->col.n + 1) };
	for (size_t k = 0; k < p->col.n; k++) c.start[p->col.v[k] + 2]++;
	for (int j = 0; j < p->n; j++) c.start[j + 2] += c.start[j + 1];
	for (size_t r = 0; r < p->row.n; r++)
		for (int k = p->row.v[r].start; k < p->row.v[r].start + p->row.v[r].n; k++) {
			int to = c.start[p->col.v[k] + 1]++;
			c.row[to] = (int)r;
			c.coef[to] = p->coef.v[k];
		}
	return c;
}

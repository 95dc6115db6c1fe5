/* What a whole chain shows that no single line does: cycles, and shares that add up to more than everything. */
#include "engine/chain_inner.h"

/* Edges input → product and kind → what it is a kind of, sorted by their start. */
struct edge { int32_t to; const struct chain_evidence *evidence; };
struct edges { int32_t *first; struct edge *edge; };

static struct edges edges_of(struct arena *a, const struct chain *c)
{
	size_t n = c->node.n, m = c->need.n + c->variant.n;
	struct edges e = { ARENA_ARRAY(a, int32_t, n + 3), ARENA_ARRAY(a, struct edge, m + 1) };
	int32_t *at = e.first + 1;      /* starts while filling; each ends as its own end, the next one's start */
	for (size_t i = 0; i < c->need.n; i++) at[c->need.v[i].input + 1]++;
	for (size_t i = 0; i < c->variant.n; i++) at[c->variant.v[i].product + 1]++;
	for (size_t v = 0; v < n; v++) at[v + 1] += at[v];
	for (size_t i = 0; i < c->need.n; i++) e.edge[at[c->need.v[i].input]++] = (struct edge){ c->need.v[i].product, &c->need.v[i].evidence };
	for (size_t i = 0; i < c->variant.n; i++) e.edge[at[c->variant.v[i].product]++] = (struct edge){ c->variant.v[i].kind_of, &c->variant.v[i].evidence };
	return e;
}

/* The names on the walk's stack from `from` on, and back to it. */
static struct str path_text(struct cx *cx, const struct chain *c, const int32_t *stack, int n)
{
	enum { SHOWN = 6 };
	struct buf b = BUF(cx->arena, 1 << 16);
	for (int i = 0; i < n; i++) {
		if (i >= SHOWN - 1 && i < n - 1) {
			if (i == SHOWN - 1) buf_fmt(&b, "… (%d) → ", n - SHOWN);
			continue;
		}
		buf_add(&b, str_sub(c->node.v[stack[i]].name, 0, utf8_offset(c->node.v[stack[i]].name, 30)));
		buf_add(&b, STR(" → "));
	}
	buf_add(&b, str_sub(c->node.v[stack[0]].name, 0, utf8_offset(c->node.v[stack[0]].name, 30)));
	return buf_str(&b);
}

static void report_cycle(struct cx *cx, struct chain *c, const struct edge *closing, const int32_t *stack, int n, const struct edge *opening)
{
	struct str path = path_text(cx, c, stack, n);
	chain_found(cx, c, &(struct chain_finding){ CHAIN_CYCLE, closing->evidence->table, closing->evidence->line, opening ? opening->evidence->line : 0,
		str_fmt(cx->arena, "这一行使 %d 个节点形成循环：%.*s", n, STRF(path)), str_fmt(cx->arena, "this line closes a cycle of %d: %.*s", n, STRF(path)) });
}

/* Depth first; a line that leads back onto the walk closes a cycle. Without the lines reported there is none left. */
static void find_cycles(struct cx *cx, struct chain *c)
{
	size_t n = c->node.n;
	struct edges e = edges_of(cx->arena, c);
	int32_t *stack = ARENA_ARRAY(cx->arena, int32_t, n + 1), *next = ARENA_ARRAY(cx->arena, int32_t, n + 1), *depth = ARENA_ARRAY(cx->arena, int32_t, n + 1);
	const struct edge **by = ARENA_ARRAY(cx->arena, const struct edge *, n + 1);
	bool *done = ARENA_ARRAY(cx->arena, bool, n + 1);
	for (size_t s = 0; s < n; s++) {
		int32_t top = 0;
		if (done[s] || depth[s]) continue;
		stack[top++] = (int32_t)s;
		depth[s] = 1;
		next[s] = e.first[s];
		while (top) {
			int32_t v = stack[top - 1];
			if (next[v] == e.first[v + 1]) {
				done[v] = true;
				depth[v] = 0;
				top--;
				continue;
			}
			const struct edge *x = &e.edge[next[v]++];
			if (depth[x->to]) {
				int32_t from = depth[x->to] - 1;
				report_cycle(cx, c, x, stack + from, top - from, from + 1 < top ? by[stack[from + 1]] : NULL);
			} else if (!done[x->to]) {
				stack[top++] = x->to;
				depth[x->to] = top;
				by[x->to] = x;
				next[x->to] = e.first[x->to];
			}
		}
	}
}

/* All supply of a product is 1; a little more is rounding. */
static void find_excess(struct cx *cx, struct chain *c)
{
	double *sum = ARENA_ARRAY(cx->arena, double, c->node.n + 1);
	for (size_t i = 0; i < c->make.n; i++) {
		struct chain_make *m = &c->make.v[i];
		double before = sum[m->product];
		if (chain_known(m->share)) sum[m->product] += m->share;
		if (before > 1.01 || sum[m->product] <= 1.01) continue;
		struct str name = c->node.v[m->product].name;
		chain_found(cx, c, &(struct chain_finding){ CHAIN_SHARES_OVER, CHAIN_MAKES, m->evidence.line, 0,
			str_fmt(cx->arena, "“%.*s”各生产者的份额之和超过 100 %%", STRF(name)), str_fmt(cx->arena, "the makers' shares of “%.*s” add up to more than 100 %%", STRF(name)) });
	}
}

void chain_judge(struct cx *cx, struct chain *c)
{
	find_cycles(cx, c);
	find_excess(cx, c);
}

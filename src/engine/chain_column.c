/* Columns that make the edges shortest in sum: the network simplex of Gansner, Koutsofios, North and Vo 1993. */
#include "engine/chain_inner.h"

/* A spanning tree of edges of length 1 for every piece that hangs together, roots first. A node's subtree is [first, last] of the walk. */
struct simplex {
	int32_t n, m, *column;
	const int32_t *from, *to;
	struct chain_rows at;           /* edges at a node, either way */
	int32_t *parent, *edge;         /* in the tree; -1 for a root, whose edge is -1 */
	int32_t *walk, *first, *last;   /* parents before children; places in it */
	int32_t *child, *next;
	int32_t *excess;                /* edges out of a subtree less those into it */
	uint8_t *in_tree;
};

static int32_t slack(const struct simplex *s, int32_t e) { return s->column[s->to[e]] - s->column[s->from[e]] - 1; }
static int32_t other_end(const struct simplex *s, int32_t e, int32_t v) { return s->from[e] == v ? s->to[e] : s->from[e]; }
static bool below(const struct simplex *s, int32_t v, int32_t top) { return s->first[v] >= s->first[top] && s->first[v] <= s->last[top]; }

/* What edges without slack join to the tree. Returns how many nodes it has; `piece` lists them. */
static int32_t grow(struct simplex *s, int32_t *piece, int32_t begin, int32_t end)
{
	for (int32_t i = begin; i < end; i++) {
		int32_t v = piece[i];
		for (int32_t k = s->at.first[v]; k < s->at.first[v + 1]; k++) {
			int32_t e = s->at.to[k], u = other_end(s, e, v);
			if (s->in_tree[u] || slack(s, e)) continue;
			s->in_tree[u] = 1;
			s->parent[u] = v;
			s->edge[u] = e;
			piece[end++] = u;
		}
	}
	return end;
}

/* From a root: join what is tight; when nothing is, move the tree towards the nearest node beside it. */
static void make_tree(struct simplex *s, int32_t root, int32_t *piece)
{
	int32_t end = 1, done = 0;
	piece[0] = root;
	s->in_tree[root] = 1;
	for (;;) {
		int32_t nearest = -1, begin = done;
		end = grow(s, piece, begin, end);
		done = end;
		for (int32_t i = 0; i < end; i++) {
			for (int32_t k = s->at.first[piece[i]]; k < s->at.first[piece[i] + 1]; k++) {
				int32_t e = s->at.to[k];
				if (!s->in_tree[other_end(s, e, piece[i])] && (nearest < 0 || slack(s, e) < slack(s, nearest))) nearest = e;
			}
		}
		if (nearest < 0) return;
		int32_t by = s->in_tree[s->from[nearest]] ? slack(s, nearest) : -slack(s, nearest);
		for (int32_t i = 0; i < end; i++) s->column[piece[i]] += by;
		done = 0;
	}
}

/* The walk, the subtrees and what leads out of them, from the parents. */
static void survey(struct simplex *s)
{
	int32_t n = s->n, top = 0, *stack = s->last;    /* a node's last place is known only when it has left the stack */
	for (int32_t v = 0; v < n; v++) s->child[v] = -1;
	for (int32_t v = n - 1; v >= 0; v--)
		if (s->parent[v] >= 0) s->next[v] = s->child[s->parent[v]], s->child[s->parent[v]] = v;
	int32_t at = 0;
	for (int32_t root = 0; root < n; root++) {
		if (s->parent[root] >= 0) continue;
		stack[top++] = root;
		while (top) {
			int32_t v = stack[--top];
			s->first[v] = at;
			s->walk[at++] = v;
			for (int32_t u = s->child[v]; u >= 0; u = s->next[u]) stack[top++] = u;
		}
	}
	for (int32_t v = 0; v < n; v++) s->excess[v] = 0, s->last[v] = s->first[v];
	for (int32_t e = 0; e < s->m; e++) s->excess[s->from[e]]++, s->excess[s->to[e]]--;
	for (int32_t i = n - 1; i >= 0; i--) {
		int32_t v = s->walk[i], p = s->parent[v];
		if (p < 0) continue;
		s->excess[p] += s->excess[v];
		if (s->last[v] > s->last[p]) s->last[p] = s->last[v];
	}
}

/* How much shorter the edges get in sum for every column that v's subtree moves away from its parent. */
static int32_t gain(const struct simplex *s, int32_t v) { return s->from[s->edge[v]] == v ? -s->excess[v] : s->excess[v]; }

/* The subtree of v leaves its parent until another edge has no slack left, which takes the place of its edge. False: nothing holds it. */
static bool exchange(struct simplex *s, int32_t v)
{
	bool tail = s->from[s->edge[v]] == v;   /* then the subtree moves left, and an edge into it becomes tight */
	int32_t enters = -1;
	for (int32_t e = 0; e < s->m; e++) {
		bool starts = below(s, s->from[e], v), ends = below(s, s->to[e], v);
		if (starts == ends || starts == tail) continue;
		if (enters < 0 || slack(s, e) < slack(s, enters)) enters = e;
	}
	if (enters < 0) return false;
	int32_t by = tail ? -slack(s, enters) : slack(s, enters);
	for (int32_t i = s->first[v]; i <= s->last[v]; i++) s->column[s->walk[i]] += by;
	int32_t x = tail ? s->to[enters] : s->from[enters], above = other_end(s, enters, x), edge = enters;
	for (int32_t end = s->parent[v]; x != end; ) {
		int32_t up = s->parent[x], was = s->edge[x];
		s->parent[x] = above;
		s->edge[x] = edge;
		above = x;
		edge = was;
		x = up;
	}
	return true;
}

/* Every piece that hangs together begins in the first column. */
static void begin_left(struct simplex *s)
{
	for (int32_t i = 0; i < s->n; ) {
		int32_t root = s->walk[i], least = INT32_MAX;
		for (int32_t k = s->first[root]; k <= s->last[root]; k++)
			if (s->column[s->walk[k]] < least) least = s->column[s->walk[k]];
		for (int32_t k = s->first[root]; k <= s->last[root]; k++) s->column[s->walk[k]] -= least;
		i = s->last[root] + 1;
	}
}

void chain_columns(struct arena *a, int32_t n, int32_t m, const int32_t *from, const int32_t *to, const int32_t *order, int32_t *column)
{
	enum { EXCHANGES = 4 };         /* a node: it ends long before, unless exchanges without gain go round in a circle */
	size_t room = (size_t)n + 1;
	struct simplex s = { .n = n, .m = m, .column = column, .from = from, .to = to };
	int32_t **array[] = { &s.parent, &s.edge, &s.walk, &s.first, &s.last, &s.child, &s.next, &s.excess };
	int32_t *both = ARENA_ARRAY(a, int32_t, 2 * (size_t)m + 1), *edge = ARENA_ARRAY(a, int32_t, 2 * (size_t)m + 1), *piece = ARENA_ARRAY(a, int32_t, room);
	struct chain_rows down = chain_rows_make(a, n, from, to, (size_t)m);
	for (size_t i = 0; i < sizeof array / sizeof *array; i++) *array[i] = ARENA_ARRAY(a, int32_t, room);
	s.in_tree = ARENA_ARRAY(a, uint8_t, room);
	for (int32_t e = 0; e < m; e++) both[2 * e] = from[e], both[2 * e + 1] = to[e], edge[2 * e] = edge[2 * e + 1] = e;
	s.at = chain_rows_make(a, n, both, edge, 2 * (size_t)m);
	for (int32_t i = 0; i < n; i++)
		for (int32_t k = down.first[order[i]]; k < down.first[order[i] + 1]; k++)
			if (column[down.to[k]] <= column[order[i]]) column[down.to[k]] = column[order[i]] + 1;
	for (int32_t v = 0; v < n; v++) {
		s.parent[v] = s.in_tree[v] ? s.parent[v] : -1;
		if (!s.in_tree[v]) make_tree(&s, v, piece);
	}
	survey(&s);
	for (int64_t left = (int64_t)n * EXCHANGES; left > 0; left--) {
		int32_t best = -1;
		for (int32_t v = 0; v < n; v++)
			if (s.parent[v] >= 0 && gain(&s, v) > 0 && (best < 0 || gain(&s, v) > gain(&s, best))) best = v;
		if (best < 0 || !exchange(&s, best)) break;
		survey(&s);
	}
	begin_left(&s);
}

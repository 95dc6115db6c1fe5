/* Layered layout after Sugiyama, Tagawa and Toda 1981, with one bus for the long edges of a source. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/chain_inner.h"
#include "engine/chain_map.h"

enum { SWEEPS = 24, PATIENCE = 8, PHASE = 4, SWITCHES = 12, SIFTS = 8, WINDOW = 120, RELAX = 24 };

struct work {
	struct arena *a;
	const struct chain_layout_in *in;
	struct chain_layout *l;
	struct chain_rows down, up;     /* segments from and to items */
	int32_t *of_item_lane;
	double *key;
	int32_t *fenwick, *moving, *list, *listed[2];
};

/* ---- columns ---- */

/* Depth first over forward edges; an edge back onto the walk is turned. Fills a topological order. */
static void break_cycles(struct work *w, int32_t *order)
{
	int32_t n = w->in->n, m = w->in->m, filled = n, *from = ARENA_ARRAY(w->a, int32_t, m + 1), *index = ARENA_ARRAY(w->a, int32_t, m + 1);
	for (int32_t i = 0; i < m; i++) from[i] = w->in->edge[i].from, index[i] = i;
	struct chain_rows rows = chain_rows_make(w->a, n, from, index, (size_t)m);
	int32_t *next = ARENA_ARRAY(w->a, int32_t, n + 1), *stack = ARENA_ARRAY(w->a, int32_t, n + 1), *in = ARENA_ARRAY(w->a, int32_t, n + 1);
	uint8_t *seen = ARENA_ARRAY(w->a, uint8_t, n + 1);      /* 1 on the walk, 2 done */
	for (int32_t i = 0; i < m; i++) in[w->in->edge[i].to] += w->in->edge[i].from != w->in->edge[i].to;
	/* Sources first, so that cycles are entered where the chain enters them. */
	for (int pass = 0; pass < 2; pass++) {
		for (int32_t s = 0; s < n; s++) {
			int32_t top = 0;
			if (seen[s] || (pass == 0 && in[s])) continue;
			stack[top++] = s;
			seen[s] = 1;
			next[s] = rows.first[s];
			while (top) {
				int32_t v = stack[top - 1];
				if (next[v] == rows.first[v + 1]) {
					seen[v] = 2;
					order[--filled] = v;
					top--;
					continue;
				}
				int32_t e = rows.to[next[v]++], u = w->in->edge[e].to;
				if (seen[u] == 1) w->l->against[e] = true;
				if (seen[u]) continue;
				seen[u] = 1;
				next[u] = rows.first[u];
				stack[top++] = u;
			}
		}
	}
}

static struct chain_edge along(const struct work *w, int32_t e)
{
	struct chain_edge x = w->in->edge[e];
	return w->l->against[e] ? (struct chain_edge){ x.to, x.from } : x;
}

static void assign_columns(struct work *w, const int32_t *order)
{
	int32_t m = 0, *from = ARENA_ARRAY(w->a, int32_t, w->in->m + 1), *to = ARENA_ARRAY(w->a, int32_t, w->in->m + 1);
	for (int32_t e = 0; e < w->in->m; e++) {
		struct chain_edge x = along(w, e);
		if (x.from != x.to) from[m] = x.from, to[m++] = x.to;
	}
	chain_columns(w->a, w->in->n, m, from, to, order, w->l->column);
	for (int32_t v = 0; v < w->in->n; v++)
		if (w->l->column[v] >= w->l->columns) w->l->columns = w->l->column[v] + 1;
}

/* ---- items and segments ---- */

static void add_segment(struct work *w, int32_t from, int32_t to) { w->l->segment[w->l->segments++] = (struct chain_edge){ from, to }; }

static void build_items(struct work *w)
{
	int32_t n = w->in->n, m = w->in->m, *far = ARENA_ARRAY(w->a, int32_t, n + 1), *bus = ARENA_ARRAY(w->a, int32_t, n + 1), items = n;
	int32_t *column = w->l->column;
	for (int32_t e = 0; e < m; e++) {
		struct chain_edge x = along(w, e);
		if (x.from != x.to && column[x.to] - 1 > far[x.from]) far[x.from] = column[x.to] - 1;
	}
	for (int32_t v = 0; v < n; v++) {
		bus[v] = items;         /* the bend of column c is bus[v] + c - column[v] - 1 */
		if (far[v] > column[v]) items += far[v] - column[v];
	}
	struct chain_layout *l = w->l;
	l->items = items;
	l->column = ARENA_ARRAY(w->a, int32_t, items + 1);
	memcpy(l->column, column, sizeof *column * (size_t)n);
	l->segment = ARENA_ARRAY(w->a, struct chain_edge, (size_t)items + (size_t)m + 1);
	w->of_item_lane = ARENA_ARRAY(w->a, int32_t, items + 1);
	for (int32_t v = 0; v < n; v++) {
		w->of_item_lane[v] = w->in->lane ? w->in->lane[v] : 0;
		for (int32_t c = column[v] + 1; c <= far[v]; c++) {
			int32_t bend = bus[v] + c - column[v] - 1;
			l->column[bend] = c;
			w->of_item_lane[bend] = w->of_item_lane[v];
			add_segment(w, c == column[v] + 1 ? v : bend - 1, bend);
		}
	}
	for (int32_t e = 0; e < m; e++) {
		struct chain_edge x = along(w, e);
		if (x.from == x.to) continue;
		add_segment(w, column[x.to] == column[x.from] + 1 ? x.from : bus[x.from] + column[x.to] - column[x.from] - 2, x.to);
	}
	int32_t *from = ARENA_ARRAY(w->a, int32_t, l->segments + 1), *to = ARENA_ARRAY(w->a, int32_t, l->segments + 1);
	for (int32_t i = 0; i < l->segments; i++) from[i] = l->segment[i].from, to[i] = l->segment[i].to;
	w->down = chain_rows_make(w->a, items, from, to, (size_t)l->segments);
	w->up = chain_rows_turn(w->a, &w->down);
}

/* ---- order in the columns ---- */

static int by_number(const void *a, const void *b) { return (*(const int32_t *)a > *(const int32_t *)b) - (*(const int32_t *)a < *(const int32_t *)b); }

/* Crossings between a column and the next: pairs of segments in unequal order, by a Fenwick tree over the places. */
static int64_t crossings_after(struct work *w, int32_t c)
{
	struct chain_layout *l = w->l;
	int32_t size = l->first[c + 2] - l->first[c + 1];
	int64_t found = 0, so_far = 0;
	memset(w->fenwick, 0, sizeof *w->fenwick * ((size_t)size + 1));
	int32_t *ends = w->fenwick + size + 1;
	for (int32_t i = l->first[c]; i < l->first[c + 1]; i++) {
		int32_t v = l->in_column[i], n = 0;
		for (int32_t k = w->down.first[v]; k < w->down.first[v + 1]; k++) ends[n++] = l->place[w->down.to[k]];
		if (n > 1) qsort(ends, (size_t)n, sizeof *ends, by_number);
		for (int32_t k = 0; k < n; k++) {
			int32_t not_above = 0;
			for (int32_t at = ends[k] + 1; at > 0; at &= at - 1) not_above += w->fenwick[at];
			found += so_far - not_above;
		}
		for (int32_t k = 0; k < n; k++, so_far++)
			for (int32_t at = ends[k] + 1; at <= size; at += at & -at) w->fenwick[at]++;
	}
	return found;
}

static int64_t count_crossings(struct work *w)
{
	int64_t all = 0;
	for (int32_t c = 0; c + 1 < w->l->columns; c++) all += crossings_after(w, c);
	return all;
}

static int by_key(const void *a, const void *b, void *ctx)
{
	const struct work *w = ctx;
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
	if (w->of_item_lane[x] != w->of_item_lane[y]) return w->of_item_lane[x] < w->of_item_lane[y] ? -1 : 1;
	if (w->key[x] != w->key[y]) return w->key[x] < w->key[y] ? -1 : 1;
	return (w->l->place[x] > w->l->place[y]) - (w->l->place[x] < w->l->place[y]);
}

/* Mean height of the neighbours on one side, columns reaching from 0 to 1; -1 without any. */
static double mean_height(const struct work *w, const struct chain_rows *r, int32_t v)
{
	const struct chain_layout *l = w->l;
	double sum = 0;
	for (int32_t k = r->first[v]; k < r->first[v + 1]; k++) {
		int32_t u = r->to[k], c = l->column[u];
		sum += (l->place[u] + 0.5) / (l->first[c + 1] - l->first[c]);
	}
	return r->first[v + 1] > r->first[v] ? sum / (r->first[v + 1] - r->first[v]) : -1;
}

/* What has no neighbours on the side asked for stays where it is, or goes by those on the other (`follow`): an input stays with what it is put into. */
static void sort_column(struct work *w, int32_t c, bool by_left, bool follow)
{
	struct chain_layout *l = w->l;
	int32_t *v = l->in_column + l->first[c], n = l->first[c + 1] - l->first[c], m = 0;
	const struct chain_rows *near = by_left ? &w->up : &w->down, *far = by_left ? &w->down : &w->up;
	for (int32_t i = 0; i < n; i++) {
		double height = mean_height(w, near, v[i]);
		if (height < 0 && follow) height = mean_height(w, far, v[i]);
		w->key[v[i]] = height;
		if (height >= 0) w->moving[m++] = v[i];
	}
	qsort_r(w->moving, (size_t)m, sizeof *v, by_key, w);
	for (int32_t i = 0, k = 0; i < n; i++) {
		if (w->key[v[i]] >= 0) v[i] = w->moving[k++];
		l->place[v[i]] = i;
	}
}

/* Crossings of u's and v's segments when u stands above v. Neighbours are sorted by place first. */
static int64_t pair_crossings(const int32_t *u, int32_t nu, const int32_t *v, int32_t nv)
{
	int64_t found = 0;
	for (int32_t i = 0, k = 0; i < nu; i++) {
		while (k < nv && v[k] < u[i]) k++;
		found += k;
	}
	return found;
}

static int32_t places_of(const struct work *w, const struct chain_rows *r, int32_t v, int32_t *out)
{
	int32_t n = 0;
	for (int32_t k = r->first[v]; k < r->first[v + 1]; k++) {
		int32_t x = w->l->place[r->to[k]], i = n++;
		for (; i > 0 && out[i - 1] > x; i--) out[i] = out[i - 1];
		out[i] = x;
	}
	return n;
}

/* Neighbours in a column change places while that takes crossings away. */
static bool switch_column(struct work *w, int32_t c, int32_t *room)
{
	struct chain_layout *l = w->l;
	bool any = false;
	for (int32_t i = l->first[c]; i + 1 < l->first[c + 1]; i++) {
		int32_t u = l->in_column[i], v = l->in_column[i + 1];
		if (w->of_item_lane[u] != w->of_item_lane[v]) continue;
		int64_t gain = 0;
		for (int side = 0; side < 2; side++) {
			const struct chain_rows *r = side ? &w->down : &w->up;
			int32_t nu = places_of(w, r, u, room), *rv = room + nu, nv = places_of(w, r, v, rv);
			gain += pair_crossings(room, nu, rv, nv) - pair_crossings(rv, nv, room, nu);
		}
		if (gain <= 0) continue;
		l->in_column[i] = v;
		l->in_column[i + 1] = u;
		l->place[v]--;
		l->place[u]++;
		any = true;
	}
	return any;
}

static void switch_all(struct work *w, int32_t *room)
{
	bool more = true;
	for (int round = 0; more && round < SWITCHES; round++) {
		more = false;
		for (int32_t c = 0; c < w->l->columns; c++) more |= switch_column(w, c, room);
	}
}

/* The places of the neighbours of every item of a column, in order: they stay while the column itself is put in order. */
static void list_neighbours(struct work *w, int32_t c)
{
	struct chain_layout *l = w->l;
	int32_t n = 0;
	for (int32_t i = l->first[c]; i < l->first[c + 1]; i++) {
		for (int side = 0; side < 2; side++) {
			w->listed[side][l->in_column[i]] = n;
			n += places_of(w, side ? &w->down : &w->up, l->in_column[i], w->list + n);
		}
	}
}

/* Crossings with u above v, less those with v above u. */
static int64_t above(const struct work *w, int32_t u, int32_t v)
{
	int64_t more = 0;
	for (int side = 0; side < 2; side++) {
		const struct chain_rows *r = side ? &w->down : &w->up;
		const int32_t *a = w->list + w->listed[side][u], *b = w->list + w->listed[side][v];
		int32_t na = r->first[u + 1] - r->first[u], nb = r->first[v + 1] - r->first[v];
		if (na && nb) more += pair_crossings(a, na, b, nb) - pair_crossings(b, nb, a, na);
	}
	return more;
}

static void move_item(struct chain_layout *l, int32_t c, int32_t from, int32_t to)
{
	int32_t *v = l->in_column + l->first[c], item = v[from], step = to > from ? 1 : -1;
	for (int32_t i = from; i != to; i += step) {
		v[i] = v[i + step];
		l->place[v[i]] = i;
	}
	v[to] = item;
	l->place[item] = to;
}

/* Every item of a column goes to the best of the places around it in its lane, one after another (Matuszewski, Schönfeld and Molitor 1999). */
static int64_t sift_column(struct work *w, int32_t c)
{
	struct chain_layout *l = w->l;
	int32_t *v = l->in_column + l->first[c], n = l->first[c + 1] - l->first[c];
	int64_t gained = 0;
	list_neighbours(w, c);
	memcpy(w->moving, v, sizeof *v * (size_t)n);
	for (int32_t i = 0; i < n; i++) {
		int32_t u = w->moving[i], at = l->place[u], lane = w->of_item_lane[u], best_at = at;
		int64_t best = 0, sum = 0;
		for (int32_t k = at + 1; k < n && k <= at + WINDOW && w->of_item_lane[v[k]] == lane; k++) {
			sum -= above(w, u, v[k]);
			if (sum < best) best = sum, best_at = k;
		}
		sum = 0;
		for (int32_t k = at - 1; k >= 0 && k >= at - WINDOW && w->of_item_lane[v[k]] == lane; k--) {
			sum += above(w, u, v[k]);
			if (sum < best) best = sum, best_at = k;
		}
		if (best_at != at) move_item(l, c, at, best_at);
		gained -= best;
	}
	return gained;
}

static void first_order(struct work *w)
{
	struct chain_layout *l = w->l;
	l->first = ARENA_ARRAY(w->a, int32_t, l->columns + 3);
	l->in_column = ARENA_ARRAY(w->a, int32_t, l->items + 1);
	l->place = ARENA_ARRAY(w->a, int32_t, l->items + 1);
	for (int32_t v = 0; v < l->items; v++) l->first[l->column[v] + 1]++;
	for (int32_t c = 0; c < l->columns; c++) l->first[c + 1] += l->first[c];
	/* Walking the segments both ways puts what hangs together side by side. */
	int32_t *stack = ARENA_ARRAY(w->a, int32_t, l->items + 2 * (size_t)l->segments + 2), *at = ARENA_ARRAY(w->a, int32_t, l->columns + 1), top = 0;
	bool *seen = ARENA_ARRAY(w->a, bool, l->items + 1);
	memcpy(at, l->first, sizeof *at * (size_t)l->columns);
	for (int32_t s = 0; s < l->items; s++) {
		if (!seen[s]) stack[top++] = s;
		while (top) {
			int32_t v = stack[--top];
			if (seen[v]) continue;
			seen[v] = true;
			l->in_column[at[l->column[v]]++] = v;
			for (int32_t k = w->up.first[v + 1] - 1; k >= w->up.first[v]; k--)
				if (!seen[w->up.to[k]]) stack[top++] = w->up.to[k];
			for (int32_t k = w->down.first[v + 1] - 1; k >= w->down.first[v]; k--)
				if (!seen[w->down.to[k]]) stack[top++] = w->down.to[k];
		}
	}
	for (int32_t c = 0; c < l->columns; c++) {
		for (int32_t i = l->first[c]; i < l->first[c + 1]; i++) l->place[l->in_column[i]] = i - l->first[c], w->key[l->in_column[i]] = i;
		qsort_r(l->in_column + l->first[c], (size_t)(l->first[c + 1] - l->first[c]), sizeof *l->in_column, by_key, w);
		for (int32_t i = l->first[c]; i < l->first[c + 1]; i++) l->place[l->in_column[i]] = i - l->first[c];
	}
}

static void order_columns(struct work *w)
{
	struct chain_layout *l = w->l;
	first_order(w);
	w->fenwick = ARENA_ARRAY(w->a, int32_t, 2 * ((size_t)l->items + (size_t)l->segments) + 8);
	int32_t *best = ARENA_ARRAY(w->a, int32_t, l->items + 1), *room = ARENA_ARRAY(w->a, int32_t, 2 * (size_t)l->segments + 8);
	w->moving = ARENA_ARRAY(w->a, int32_t, l->items + 1);
	w->list = ARENA_ARRAY(w->a, int32_t, 2 * (size_t)l->segments + 8);
	for (int side = 0; side < 2; side++) w->listed[side] = ARENA_ARRAY(w->a, int32_t, l->items + 1);
	int64_t least = count_crossings(w);
	memcpy(best, l->in_column, sizeof *best * (size_t)l->items);
	for (int sweep = 0, idle = 0; sweep < SWEEPS && idle < PATIENCE && least; sweep++, idle++) {
		bool follow = sweep % (2 * PHASE) < PHASE;
		for (int32_t c = 1; sweep % 2 == 0 && c < l->columns; c++) sort_column(w, c, true, follow);
		for (int32_t c = l->columns - 2; sweep % 2 && c >= 0; c--) sort_column(w, c, false, follow);
		switch_all(w, room);
		int64_t now = count_crossings(w);
		if (now >= least) continue;
		least = now;
		idle = 0;
		memcpy(best, l->in_column, sizeof *best * (size_t)l->items);
	}
	memcpy(l->in_column, best, sizeof *best * (size_t)l->items);
	for (int32_t c = 0; c < l->columns; c++)
		for (int32_t i = l->first[c]; i < l->first[c + 1]; i++) l->place[l->in_column[i]] = i - l->first[c];
	for (int64_t round = 0, gained = 1; round < SIFTS && gained; round++) {
		gained = 0;
		for (int32_t k = 0; k < l->columns; k++) gained += sift_column(w, round % 2 ? l->columns - 1 - k : k);
		least -= gained;
	}
	l->crossings = least;
}

/* ---- heights ---- */

static double gap_between(const struct work *w, int32_t u, int32_t v)
{
	double half = w->in->gap / 2, bus = w->in->bus_gap / 2;
	return (u < w->in->n ? half : bus) + (v < w->in->n ? half : bus);
}

/* Nearest heights to those wanted that keep order and distances: pools of neighbours that push each other share the mean (PAV). What must
   stay in a band is pushed back into it. */
struct pools { double *mean, *offset; int32_t *size; };

static void place_range(struct work *w, const int32_t *v, int32_t n, struct pools *p, double top, double bottom)
{
	int32_t pools = 0;
	double at = 0;
	for (int32_t i = 0; i < n; i++) {
		if (i) at += gap_between(w, v[i - 1], v[i]);
		p->offset[i] = at;
		p->mean[pools] = w->key[v[i]] - at;
		p->size[pools++] = 1;
		while (pools > 1 && p->mean[pools - 2] > p->mean[pools - 1]) {
			int32_t a = p->size[pools - 2], b = p->size[pools - 1];
			p->mean[pools - 2] = (p->mean[pools - 2] * a + p->mean[pools - 1] * b) / (a + b);
			p->size[pools - 2] = a + b;
			pools--;
		}
	}
	for (int32_t i = 0, k = 0, left = n ? p->size[0] : 0; i < n; i++, left--) {
		if (!left) left = p->size[++k];
		double z = p->mean[k];
		if (z > bottom - at) z = bottom - at;
		if (z < top) z = top;
		w->l->y[v[i]] = z + p->offset[i];
	}
}

/* Bands as high as the fullest column makes them; one band without ends when there are no lanes. */
struct bands { double *top, *bottom; int32_t n; };

static struct bands make_bands(struct work *w)
{
	struct chain_layout *l = w->l;
	int32_t lanes = 1;
	for (int32_t v = 0; v < l->items; v++) lanes = w->of_item_lane[v] >= lanes ? w->of_item_lane[v] + 1 : lanes;
	struct bands b = { ARENA_ARRAY(w->a, double, lanes + 1), ARENA_ARRAY(w->a, double, lanes + 1), lanes };
	double *height = ARENA_ARRAY(w->a, double, lanes + 1), at = 0;
	for (int32_t c = 0; c < l->columns; c++) {
		double here = 0;
		for (int32_t i = l->first[c]; i < l->first[c + 1]; i++) {
			int32_t lane = w->of_item_lane[l->in_column[i]];
			bool starts = i == l->first[c] || w->of_item_lane[l->in_column[i - 1]] != lane;
			here = starts ? 0 : here + gap_between(w, l->in_column[i - 1], l->in_column[i]);
			if (here > height[lane]) height[lane] = here;
		}
	}
	for (int32_t k = 0; k < lanes; k++) {
		b.top[k] = at;
		b.bottom[k] = at + height[k];
		at = b.bottom[k] + w->in->gap * 1.5;
	}
	if (lanes == 1) b.top[0] = -1e15, b.bottom[0] = 1e15;
	return b;
}

static void place_column(struct work *w, int32_t c, struct pools *p, const struct bands *b)
{
	struct chain_layout *l = w->l;
	for (int32_t i = l->first[c], end; i < l->first[c + 1]; i = end) {
		int32_t lane = w->of_item_lane[l->in_column[i]];
		for (end = i; end < l->first[c + 1] && w->of_item_lane[l->in_column[end]] == lane; end++) continue;
		place_range(w, l->in_column + i, end - i, p, b->top[lane], b->bottom[lane]);
	}
}

static void set_heights(struct work *w)
{
	struct chain_layout *l = w->l;
	l->y = ARENA_ARRAY(w->a, double, l->items + 1);
	struct pools p = { ARENA_ARRAY(w->a, double, l->items + 1), ARENA_ARRAY(w->a, double, l->items + 1), ARENA_ARRAY(w->a, int32_t, l->items + 1) };
	struct bands b = make_bands(w);
	for (int32_t v = 0; v < l->items; v++) l->y[v] = l->place[v] * w->in->gap;
	for (int round = 0; round < RELAX; round++) {
		for (int32_t s = 0; s < l->columns; s++) {
			int32_t c = round % 2 ? l->columns - 1 - s : s;
			for (int32_t i = l->first[c]; i < l->first[c + 1]; i++) {
				int32_t v = l->in_column[i], n = 0;
				double sum = 0;
				for (int32_t k = w->up.first[v]; k < w->up.first[v + 1]; k++, n++) sum += l->y[w->up.to[k]];
				for (int32_t k = w->down.first[v]; k < w->down.first[v + 1]; k++, n++) sum += l->y[w->down.to[k]];
				w->key[v] = n ? sum / n : l->y[v];
			}
			place_column(w, c, &p, &b);
		}
	}
	double top = l->items ? l->y[0] : 0;
	for (int32_t v = 1; v < l->items; v++) top = l->y[v] < top ? l->y[v] : top;
	for (int32_t v = 0; v < l->items; v++) l->y[v] -= top;
}

void chain_layout(struct arena *a, const struct chain_layout_in *in, struct chain_layout *out)
{
	struct chain_layout l = { .column = ARENA_ARRAY(a, int32_t, in->n + 1), .against = ARENA_ARRAY(a, bool, in->m + 1) };
	struct work w = { .a = a, .in = in, .l = &l };
	int32_t *order = ARENA_ARRAY(a, int32_t, in->n + 1);
	break_cycles(&w, order);
	assign_columns(&w, order);
	build_items(&w);
	w.key = ARENA_ARRAY(a, double, l.items + 1);
	order_columns(&w);
	set_heights(&w);
	*out = l;
}

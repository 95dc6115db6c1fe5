/* Candidates: for each item the persons with the greatest affinity, none of them in conflict, so that the instance stays sparse.
   Beside the best: enough persons of the classes that a rule asks for, the pairs wished for, and what was made already. */
#include "rec/assignment_inner.h"

#include <stdlib.h>

/* `order`: affinity above, place in the item's turn below, so that equal ones differ from item to item and nobody is always first. */
struct pick { int64_t order; int32_t person, affinity; };
typedef VEC(struct pick) pick_list;

struct picking {
	struct assignment_case *c;
	struct arena *arena, *scratch;
	int n_affinity;
	int of[ASSIGNMENT_MATCHES];             /* affinities: their places among the matches */
	int32_t *shared[ASSIGNMENT_MATCHES];    /* by affinity, by person: keys shared with the item at hand */
	uint32_t *barred;                       /* by person: conflicts with the item at hand */
	int32_t *met, n_met;                    /* persons that share anything with it … */
	int32_t *seen, *chosen;                 /* … stamped with item + 1; so are those chosen */
	int item;
	pick_list best, out;
	uint32_t *row;
	VEC(int32_t) candidate;
	VEC(int32_t) affinity;
	VEC(int32_t) part;
};

static int32_t points(const struct picking *p, int k, int32_t person)
{
	const struct assignment_keys *keys = &p->c->keys[p->of[k]];
	int32_t all = keys->first[p->item + 1] - keys->first[p->item];
	return all ? p->c->def->match[p->of[k]]->weight * p->shared[k][person] / all : 0;
}

static int32_t affinity(const struct picking *p, int32_t person)
{
	int32_t sum = 0;
	for (int k = 0; k < p->n_affinity; k++) sum += points(p, k, person);
	return sum;
}

/* From the item's keys to who holds them: once for what speaks for a person, once for what stands in the way. */
static void meet(struct picking *p)
{
	const struct assignment_case *c = p->c;
	p->n_met = 0;
	for (int m = 0, k = 0; m < c->def->n_match; m++) {
		const struct assignment_keys *keys = &c->keys[m];
		bool conflict = c->def->match[m]->conflict;
		for (int32_t i = keys->first[p->item]; i < keys->first[p->item + 1]; i++)
			for (int32_t h = keys->held[keys->key[i]]; h < keys->held[keys->key[i] + 1]; h++) {
				int32_t person = keys->holder[h];
				if (p->seen[person] != p->item + 1) p->met[p->n_met++] = person;
				p->seen[person] = p->item + 1;
				if (conflict) p->barred[person] |= 1U << m;
				else p->shared[k][person]++;
			}
		k += !conflict;
	}
}

static void forget(struct picking *p)
{
	for (int32_t i = 0; i < p->n_met; i++) {
		p->barred[p->met[i]] = 0;
		for (int k = 0; k < p->n_affinity; k++) p->shared[k][p->met[i]] = 0;
	}
}

static void count_barred(struct picking *p)
{
	for (int32_t i = 0; i < p->n_met; i++) {
		uint32_t bits = p->barred[p->met[i]];
		p->c->excluded_pairs += bits != 0;
		for (int m = 0; bits; m++, bits >>= 1) p->c->excluded[m] += bits & 1;
	}
}

static int32_t turn_start(const struct picking *p) { return (int32_t)((int64_t)p->item * p->c->def->candidates % p->c->n_person); }

static int best_first(const void *x, const void *y)
{
	const struct pick *a = x, *b = y;
	return a->order > b->order ? -1 : a->order < b->order;
}

static int by_person(const void *x, const void *y)
{
	const struct pick *a = x, *b = y;
	return a->person < b->person ? -1 : a->person > b->person;
}

static bool open_to(const struct picking *p, int32_t person) { return !p->barred[person] && p->c->most[person] > 0; }

/* The `k` first in order to the front (Hoare's selection); what follows stays unsorted. */
static void select_first(struct pick *v, size_t n, size_t k)
{
	size_t low = 0, high = n;
	while (high - low > 1 && k > low && k < high) {
		int64_t pivot = v[low + (high - low) / 2].order;
		size_t i = low, j = high - 1;
		for (;;) {
			while (v[i].order > pivot) i++;
			while (v[j].order < pivot) j--;
			if (i >= j) break;
			struct pick x = v[i];
			v[i++] = v[j];
			v[j--] = x;
		}
		if (k <= i) high = i;
		else low = i;
	}
}

static void sort_met(struct picking *p)
{
	int32_t n = p->c->n_person, start = turn_start(p);
	size_t wanted = (size_t)p->c->def->candidates * 2;
	p->best.n = 0;
	for (int32_t i = 0; i < p->n_met; i++) {
		int32_t person = p->met[i], w = affinity(p, person), turn = person >= start ? person - start : person - start + n;
		if (open_to(p, person)) VEC_PUSH(p->scratch, &p->best, ((struct pick){ (int64_t)w * ((int64_t)1 << 32) - turn, person, w }));
	}
	if (p->best.n > wanted) {
		select_first(p->best.v, p->best.n, wanted);
		p->best.n = wanted;
	}
	if (p->best.n) qsort(p->best.v, p->best.n, sizeof *p->best.v, best_first);
}

static void take(struct picking *p, int32_t person)
{
	if (p->chosen[person] == p->item + 1) return;
	p->chosen[person] = p->item + 1;
	VEC_PUSH(p->scratch, &p->out, ((struct pick){ 0, person, affinity(p, person) }));
}

/* Of a class that a rule asks for (NULL: of everybody), up to `wanted`: the best ones met, then others by turn. */
static void take_class(struct picking *p, const int32_t *class, int32_t value, size_t wanted)
{
	size_t have = 0;
	int32_t n = p->c->n_person, start = turn_start(p);
	for (size_t i = 0; i < p->out.n; i++) have += !class || class[p->out.v[i].person] == value;
	for (size_t i = 0; i < p->best.n && have < wanted; i++) {
		int32_t person = p->best.v[i].person;
		if (p->best.v[i].affinity < 0 || p->chosen[person] == p->item + 1 || (class && class[person] != value)) continue;
		take(p, person);
		have++;
	}
	for (int32_t i = 0; i < n && have < wanted; i++) {
		int32_t person = start + i < n ? start + i : start + i - n;
		if (!open_to(p, person) || p->chosen[person] == p->item + 1 || (class && class[person] != value)) continue;
		take(p, person);
		have++;
	}
}

static void take_classes(struct picking *p)
{
	const struct assignment_case *c = p->c;
	for (int i = 0; i < c->def->n_rule; i++) {
		const struct assignment_rule *r = &c->def->rule[i];
		if (r->kind != RULE_LEAST || !r->n) continue;
		int32_t value = r->where ? 1 : c->values[i].item[p->item];
		if (value >= 0) take_class(p, c->values[i].person, value, (size_t)r->n * 4 + 4);
	}
}

static void put(struct picking *p)
{
	if (p->out.n) qsort(p->out.v, p->out.n, sizeof *p->out.v, by_person);
	for (size_t i = 0; i < p->out.n; i++) {
		int32_t person = p->out.v[i].person;
		VEC_PUSH(p->arena, &p->candidate, person);
		VEC_PUSH(p->arena, &p->affinity, p->out.v[i].affinity);
		for (int k = 0; k < p->n_affinity; k++) VEC_PUSH(p->arena, &p->part, points(p, k, person));
	}
	p->row[p->item + 1] = (uint32_t)p->candidate.n;
	p->out.n = 0;
}

struct wished { int item, person; };

static int by_item(const void *x, const void *y)
{
	const struct wished *a = x, *b = y;
	return a->item < b->item ? -1 : a->item > b->item;
}

/* Pairs that must be there, by item. */
static struct wished *wishes(struct picking *p, const struct assignment_wish *wish, int n_wish, int *n)
{
	const struct assignment_case *c = p->c;
	struct wished *v = ARENA_ARRAY(p->scratch, struct wished, (size_t)(n_wish + c->n_made + 1));
	*n = 0;
	for (int i = 0; i < n_wish; i++) {
		struct wished x = { assignment_item_at(c, wish[i].item), assignment_person_at(c, wish[i].person) };
		if (x.item >= 0 && x.person >= 0) v[(*n)++] = x;
	}
	for (int i = 0; i < c->n_made; i++)
		if (c->made[i].item >= 0 && c->made[i].person >= 0) v[(*n)++] = (struct wished){ c->made[i].item, c->made[i].person };
	if (*n) qsort(v, (size_t)*n, sizeof *v, by_item);
	return v;
}

static struct picking picking_new(struct rx *rx, struct assignment_case *c)
{
	size_t n = (size_t)c->n_person + 1;
	struct picking p = { .c = c, .arena = rx->cx->arena, .scratch = arena_new((size_t)1 << 30) };
	for (int m = 0; m < c->def->n_match; m++)
		if (!c->def->match[m]->conflict) p.of[p.n_affinity++] = m;
	for (int k = 0; k < p.n_affinity; k++) p.shared[k] = ARENA_ARRAY(p.scratch, int32_t, n);
	p.barred = ARENA_ARRAY(p.scratch, uint32_t, n);
	p.met = ARENA_ARRAY(p.scratch, int32_t, n);
	p.seen = ARENA_ARRAY(p.scratch, int32_t, n);
	p.chosen = ARENA_ARRAY(p.scratch, int32_t, n);
	p.row = ARENA_ARRAY(p.arena, uint32_t, (size_t)c->n_item + 2);
	return p;
}

void assignment_pick(struct rx *rx, struct assignment_case *c, const struct assignment_wish *wish, int n_wish)
{
	struct picking p = picking_new(rx, c);
	int n, at = 0;
	struct wished *v = wishes(&p, wish, n_wish, &n);
	for (p.item = 0; p.item < c->n_item && c->n_person; p.item++) {
		meet(&p);
		count_barred(&p);
		sort_met(&p);
		for (; at < n && v[at].item <= p.item; at++)
			if (v[at].item == p.item) take(&p, v[at].person);
		take_class(&p, NULL, 0, (size_t)c->def->candidates);
		take_classes(&p);
		put(&p);
		forget(&p);
	}
	c->row = p.row;
	c->candidate = p.candidate.v;
	c->affinity = p.affinity.v;
	c->part = p.part.v;
	arena_free(p.scratch);
}

#include "rec/assignment_inner.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "rec/query_inner.h"

struct reading {
	struct rx *rx;
	const struct assignment_def *d;
	struct assignment_case *c;
	struct arena *scratch;
};

static int place_of(const int64_t *id, int n, int64_t wanted)
{
	int low = 0, high = n - 1;
	while (low <= high) {
		int mid = low + (high - low) / 2;
		if (id[mid] == wanted) return mid;
		if (id[mid] < wanted) low = mid + 1;
		else high = mid - 1;
	}
	return -1;
}

int assignment_item_at(const struct assignment_case *c, int64_t id) { return place_of(c->item, c->n_item, id); }
int assignment_person_at(const struct assignment_case *c, int64_t id) { return place_of(c->person, c->n_person, id); }

/* ---- items and persons ---- */

typedef VEC(int64_t) id_list;
typedef VEC(int32_t) int_list;
typedef VEC(struct str) str_list;

/* One row an item (person): its id, its numbers, and the value of each rule as text. */
struct side { id_list id; int_list a, b; str_list *value; };

static enum rc round_of(struct query *q, const struct reading *r)
{
	const struct assignment_def *d = r->d;
	if (!d->n_round_path) {
		query_int(q, r->c->round);
		return RC_OK;
	}
	int round = q->aliases++;
	Q(q, "(SELECT ");
	TRY(query_path(q, d->round_path, d->n_round_path, false, round));
	Q(q, " FROM ");
	query_table(q, d->round, round);
	Q(q, " WHERE ");
	query_column(q, round, "id");
	Q(q, " = ");
	query_int(q, r->c->round);
	Q(q, ")");
	return RC_OK;
}

static enum rc rule_column(struct query *q, const struct assignment_rule *rule, bool item)
{
	Q(q, ", CAST(");
	if (item && rule->n_item) TRY(query_path(q, rule->item, rule->n_item, false, 0));
	else if (!item && rule->n_person) TRY(query_path(q, rule->person, rule->n_person, false, 0));
	else if (!item && rule->where) TRY(query_cond(q, rule->where));
	else Q(q, "NULL");
	Q(q, " AS TEXT)");
	return RC_OK;
}

static enum rc numbers(struct query *q, const struct expr *x, const struct expr *y)
{
	const struct expr *e[] = { x, y };
	for (int i = 0; i < 2; i++) {
		Q(q, ", ");
		if (e[i]) TRY(query_expr(q, e[i]));
		else Q(q, "0");
	}
	return RC_OK;
}

/* " FROM … WHERE …": the items of the round, or the persons. */
static enum rc side_from(const struct reading *r, bool item, struct query *q)
{
	const struct assignment_def *d = r->d;
	Q(q, " FROM ");
	query_table(q, q->type, 0);
	Q(q, " WHERE ");
	if (item) {
		TRY(query_path(q, d->item_path, d->n_item_path, false, 0));
		Q(q, " = ");
		TRY(round_of(q, r));
	} else {
		Q(q, "TRUE");
	}
	const struct expr *where = item ? d->item_where : d->person_where;
	if (where) {
		Q(q, " AND ");
		TRY(query_cond(q, where));
	}
	return RC_OK;
}

enum rc assignment_size(struct rx *rx, const struct assignment_def *d, int64_t round, int64_t *items, int64_t *persons)
{
	struct assignment_case c = { .def = d, .round = round };
	struct reading r = { .rx = rx, .d = d, .c = &c };
	int64_t n[2] = { 0, 0 };
	for (int i = 0; i < 2; i++) {
		struct query q = query_new(rx, i ? d->person : d->item);
		bool found;
		Q(&q, "SELECT COUNT(*)");
		TRY(side_from(&r, !i, &q));
		TRY(query_one_int(&q, &n[i], &found));
	}
	*items = n[0];
	*persons = n[1];
	return RC_OK;
}

static enum rc side_query(const struct reading *r, bool item, struct query *q)
{
	const struct assignment_def *d = r->d;
	*q = query_new(r->rx, item ? d->item : d->person);
	Q(q, "SELECT ");
	query_column(q, 0, "id");
	TRY(item ? numbers(q, d->need, NULL) : numbers(q, d->least, d->most));
	for (int i = 0; i < d->n_rule; i++) TRY(rule_column(q, &d->rule[i], item));
	TRY(side_from(r, item, q));
	Q(q, " ORDER BY ");
	query_column(q, 0, "id");
	Q(q, " LIMIT ");
	sqlb_int(&q->sql, ASSIGNMENT_SIDE_MAX + 1);
	return RC_OK;
}

static int32_t clamped(int64_t v, int64_t high) { return (int32_t)(v < 0 ? 0 : v > high ? high : v); }

static enum rc side_read(const struct reading *r, bool item, struct side *out)
{
	struct arena *a = r->rx->cx->arena;
	struct query q;
	struct rows *rows;
	enum rc rc;
	bool more;
	*out = (struct side){ .value = ARENA_ARRAY(r->scratch, str_list, (size_t)r->d->n_rule + 1) };
	TRY(side_query(r, item, &q));
	TRY(query_rows(&q, &rows));
	while ((rc = db_step(r->rx->cx, rows, &more)) == RC_OK && more) {
		VEC_PUSH(a, &out->id, row_int(rows, 0));
		VEC_PUSH(a, &out->a, clamped(row_int(rows, 1), item ? 64 : 1000000));
		VEC_PUSH(a, &out->b, clamped(row_int(rows, 2), 1000000));
		for (int i = 0; i < r->d->n_rule; i++) VEC_PUSH(r->scratch, &out->value[i], str_dup(r->scratch, row_text(rows, 3 + i)));
	}
	rows_done(rows);
	if (rc == RC_OK && out->id.n > ASSIGNMENT_SIDE_MAX)
		return fail(r->rx->cx, RC_LIMIT, "assignment.size", NOWHERE, "一轮最多 %d 项", "a round has at most %d of a kind", ASSIGNMENT_SIDE_MAX);
	return rc;
}

/* ---- values of rules as numbers ---- */

struct valued { struct str s; int32_t *slot; };

static int valued_cmp(const void *x, const void *y) { return str_cmp(((const struct valued *)x)->s, ((const struct valued *)y)->s); }

static void number_values(const struct reading *r, int rule, const struct side *items, const struct side *persons, struct assignment_values *out)
{
	const struct assignment_rule *d = &r->d->rule[rule];
	struct arena *a = r->rx->cx->arena;
	size_t ni = items->id.n, np = persons->id.n, n = 0;
	int32_t *item = ARENA_ARRAY(a, int32_t, ni + 1), *person = ARENA_ARRAY(a, int32_t, np + 1);
	struct valued *v = ARENA_ARRAY(r->scratch, struct valued, ni + np + 1);
	for (size_t i = 0; i < ni; i++) v[n++] = (struct valued){ items->value[rule].v[i], &item[i] };
	for (size_t i = 0; i < np; i++) v[n++] = (struct valued){ persons->value[rule].v[i], &person[i] };
	if (d->where) {
		for (size_t i = 0; i < np; i++) person[i] = str_is(persons->value[rule].v[i], "1");
	} else if (d->kind == RULE_RING) {
		int64_t id;
		for (size_t i = 0; i < ni; i++) item[i] = str_int(items->value[rule].v[i], &id) ? assignment_person_at(r->c, id) : -1;
	} else {
		qsort(v, n, sizeof *v, valued_cmp);
		int32_t last = 0;
		for (size_t i = 0; i < n; i++) {
			if (i && !str_eq(v[i].s, v[i - 1].s)) last++;
			*v[i].slot = v[i].s.n ? last : -1;
		}
	}
	bool of_item = d->n_item > 0, of_person = d->where || d->n_person;
	*out = (struct assignment_values){ of_item ? item : NULL, of_person ? person : NULL };
}

/* ---- keys ---- */

struct entry { struct str s; int64_t number; int32_t owner; bool person; };
typedef VEC(struct entry) entry_list;

static int entry_cmp(const void *x, const void *y)
{
	const struct entry *a = x, *b = y;
	int c = a->number < b->number ? -1 : a->number > b->number ? 1 : str_cmp(a->s, b->s);
	if (c) return c;
	if (a->person != b->person) return a->person ? 1 : -1;
	return a->owner < b->owner ? -1 : a->owner > b->owner;
}

static bool separates(int32_t c) { return c == ';' || c == ',' || c == ' ' || c == '\n' || c == 0x3001 || c == 0xFF1B || c == 0xFF0C || c == 0x3000; }

static void words(const struct reading *r, entry_list *out, struct str s, struct entry e)
{
	size_t from = 0;
	for (size_t at = 0; from < s.n;) {
		size_t end = at;
		int32_t c = at < s.n ? utf8_next(s, &at) : ';';
		if (!separates(c)) continue;
		struct str folded;
		e.s = str_trim(str_sub(s, from, end));
		if (e.s.n && text_fold(r->rx->cx, e.s, &folded) == RC_OK) {
			e.s = folded;
			VEC_PUSH(r->scratch, out, e);
		}
		from = at > end ? at : s.n;
	}
}

static void codes(const struct reading *r, entry_list *out, const struct code_list *list, struct entry e)
{
	for (int depth = 0; depth < 16; depth++) {
		VEC_PUSH(r->scratch, out, e);
		const struct code_item *item = list ? codes_item(list, e.s) : NULL;
		if (!item || !item->parent.n) return;
		e.s = item->parent;
	}
}

static const struct field_def *key_field(const struct key_def *k) { return k->n_path ? k->path[k->n_path - 1] : NULL; }

static enum rc key_rows(const struct reading *r, const struct match_def *m, const struct key_def *k, bool person, entry_list *out)
{
	struct query q = query_new(r->rx, person ? r->d->person : r->d->item);
	const struct field_def *f = key_field(k);
	bool whole = !f || (f->kind != FIELD_CODE && field_value_type(f) != TYPE_TEXT);
	struct rows *rows;
	enum rc rc;
	bool more;
	TRY(query_keys(&q, q.type, k));
	TRY(query_rows(&q, &rows));
	while ((rc = db_step(r->rx->cx, rows, &more)) == RC_OK && more) {
		int64_t id = row_int(rows, 0);
		struct entry e = { .owner = person ? assignment_person_at(r->c, id) : assignment_item_at(r->c, id), .person = person };
		if (e.owner < 0 || row_null(rows, 1)) continue;
		if (whole) {
			e.number = row_int(rows, 1);
			VEC_PUSH(r->scratch, out, e);
			continue;
		}
		e.s = str_trim(str_dup(r->scratch, row_text(rows, 1)));
		if (!e.s.n) continue;
		if (m->how == MATCH_CODES) codes(r, out, f->codes, e);
		else if (m->how == MATCH_WORDS) words(r, out, e.s, e);
		else VEC_PUSH(r->scratch, out, e);
	}
	rows_done(rows);
	return rc;
}

/* Sorted entries without doubles, each key numbered; a key that only one side has meets nothing, but counts in an item's share. */
static void keys_build(const struct reading *r, entry_list *list, struct assignment_keys *out)
{
	struct arena *a = r->rx->cx->arena;
	int ni = r->c->n_item;
	size_t n = 0, holders = 0, of_items = 0;
	if (list->n) qsort(list->v, list->n, sizeof *list->v, entry_cmp);
	for (size_t i = 0; i < list->n; i++)
		if (!n || entry_cmp(&list->v[n - 1], &list->v[i])) list->v[n++] = list->v[i];
	for (size_t i = 0; i < n; i++) *(list->v[i].person ? &holders : &of_items) += 1;
	int32_t *first = ARENA_ARRAY(a, int32_t, (size_t)ni + 2), *key = ARENA_ARRAY(a, int32_t, of_items + 1), *held = ARENA_ARRAY(a, int32_t, n + 2),
		*holder = ARENA_ARRAY(a, int32_t, holders + 1);
	for (size_t i = 0; i < n; i++)
		if (!list->v[i].person) first[list->v[i].owner + 2]++;
	for (int i = 2; i <= ni; i++) first[i] += first[i - 1];
	int32_t number = -1, at = 0;
	for (size_t i = 0; i < n; i++) {
		const struct entry *e = &list->v[i], *before = i ? e - 1 : NULL;
		if (!before || before->number != e->number || !str_eq(before->s, e->s)) held[++number] = at;
		if (e->person) holder[at++] = e->owner;
		else key[first[e->owner + 1]++] = number;
	}
	held[number + 1] = at;
	*out = (struct assignment_keys){ first, key, held, holder };
}

static enum rc match_read(const struct reading *r, const struct match_def *m, struct assignment_keys *out)
{
	entry_list list = { 0 };
	for (int i = 0; i < m->n_item; i++) TRY(key_rows(r, m, &m->item[i], false, &list));
	for (int i = 0; i < m->n_person; i++) TRY(key_rows(r, m, &m->person[i], true, &list));
	keys_build(r, &list, out);
	return RC_OK;
}

static bool holds(const struct assignment_keys *k, int32_t key, int32_t person)
{
	int32_t low = k->held[key], high = k->held[key + 1] - 1;
	while (low <= high) {
		int32_t mid = low + (high - low) / 2;
		if (k->holder[mid] == person) return true;
		if (k->holder[mid] < person) low = mid + 1;
		else high = mid - 1;
	}
	return false;
}

uint32_t assignment_conflicts(const struct assignment_case *c, int item, int person)
{
	uint32_t found = 0;
	for (int m = 0; m < c->def->n_match; m++) {
		const struct assignment_keys *k = &c->keys[m];
		for (int32_t i = k->first[item]; c->def->match[m]->conflict && i < k->first[item + 1]; i++)
			if (holds(k, k->key[i], person)) found |= 1U << m;
	}
	return found;
}

bool assignment_stands(const struct assignment_case *c, const struct assignment_made *m)
{
	return !m->vacant && m->item >= 0 && m->person >= 0 && !assignment_conflicts(c, m->item, m->person);
}

/* ---- the codes that order files, so that neighbours in them are neighbours in memory ---- */

static enum rc order_codes(const struct reading *r, const struct match_def *m, bool person, struct str *out)
{
	struct query q = query_new(r->rx, person ? r->d->person : r->d->item);
	struct rows *rows;
	enum rc rc;
	bool more;
	TRY(query_keys(&q, q.type, person ? &m->person[0] : &m->item[0]));
	TRY(query_rows(&q, &rows));
	while ((rc = db_step(r->rx->cx, rows, &more)) == RC_OK && more) {
		int at = person ? assignment_person_at(r->c, row_int(rows, 0)) : assignment_item_at(r->c, row_int(rows, 0));
		struct str s = row_text(rows, 1);
		if (at >= 0 && s.n && (!out[at].n || str_cmp(s, out[at]) < 0)) out[at] = str_dup(r->rx->cx->arena, s);
	}
	rows_done(rows);
	return rc;
}

static enum rc order(const struct reading *r)
{
	const struct match_def *m = NULL;
	for (int i = r->d->n_match - 1; i >= 0; i--)
		if (r->d->match[i]->how == MATCH_CODES) m = r->d->match[i];
	if (!m) return RC_OK;
	struct str *items = ARENA_ARRAY(r->rx->cx->arena, struct str, (size_t)r->c->n_item + 1),
		*persons = ARENA_ARRAY(r->rx->cx->arena, struct str, (size_t)r->c->n_person + 1);
	TRY(order_codes(r, m, false, items));
	TRY(order_codes(r, m, true, persons));
	r->c->item_code = items;
	r->c->person_code = persons;
	return RC_OK;
}

/* ---- what was made already ---- */

static bool is_vacant(const struct assignment_def *d, struct str state)
{
	for (int i = 0; i < d->n_vacant; i++)
		if (str_eq(d->vacant[i]->name, state)) return true;
	return false;
}

static enum rc made_read(const struct reading *r)
{
	const struct assignment_def *d = r->d;
	struct query q = query_new(r->rx, d->makes);
	VEC(struct assignment_made) made = { 0 };
	struct rows *rows;
	enum rc rc;
	bool more;
	Q(&q, "SELECT ");
	query_column(&q, 0, "id");
	Q(&q, ", ");
	TRY(query_field(&q, d->made_item, 0));
	Q(&q, ", ");
	TRY(query_field(&q, d->made_person, 0));
	Q(&q, ", ");
	query_column(&q, 0, "state");
	Q(&q, " FROM ");
	query_table(&q, d->makes, 0);
	Q(&q, " WHERE ");
	if (d->made_round) {
		TRY(query_field(&q, d->made_round, 0));
		Q(&q, " = ");
		query_int(&q, r->c->round);
	} else {
		Q(&q, "TRUE");
	}
	Q(&q, " ORDER BY ");
	query_column(&q, 0, "id");
	TRY(query_rows(&q, &rows));
	while ((rc = db_step(r->rx->cx, rows, &more)) == RC_OK && more) {
		struct assignment_made m = { .id = row_int(rows, 0), .item = assignment_item_at(r->c, row_int(rows, 1)), .person = assignment_person_at(r->c, row_int(rows, 2)),
			.vacant = is_vacant(d, row_text(rows, 3)), .state = str_dup(r->rx->cx->arena, row_text(rows, 3)) };
		if (m.item >= 0 || d->made_round) VEC_PUSH(r->rx->cx->arena, &made, m);
	}
	rows_done(rows);
	r->c->made = made.v;
	r->c->n_made = (int)made.n;
	return rc;
}

/* ---- rotation ---- */

static void not_vacant(struct query *q, const struct assignment_def *d, int alias)
{
	if (!d->n_vacant) return;
	Q(q, " AND NOT ");
	query_states(q, d->vacant, d->n_vacant, alias);
}

/* The last rounds before this one in which somebody served: ids by chance or in order, time is what counts. */
static enum rc last_rounds(const struct reading *r, id_list *out)
{
	const struct assignment_def *d = r->d;
	struct query q = query_new(r->rx, d->round);
	struct rows *rows;
	enum rc rc;
	bool more;
	int made = q.aliases++, own = q.aliases++;
	Q(&q, "SELECT ");
	query_column(&q, 0, "id");
	Q(&q, " FROM ");
	query_table(&q, d->round, 0);
	Q(&q, " WHERE ");
	query_column(&q, 0, "id");
	Q(&q, " <> ");
	query_int(&q, r->c->round);
	Q(&q, " AND ");
	query_column(&q, 0, "created_ms");
	Q(&q, " <= (SELECT ");
	query_column(&q, own, "created_ms");
	Q(&q, " FROM ");
	query_table(&q, d->round, own);
	Q(&q, " WHERE ");
	query_column(&q, own, "id");
	Q(&q, " = ");
	query_int(&q, r->c->round);
	Q(&q, ") AND EXISTS (SELECT 1 FROM ");
	query_table(&q, d->makes, made);
	Q(&q, " WHERE ");
	TRY(query_field(&q, d->made_round, made));
	Q(&q, " = ");
	query_column(&q, 0, "id");
	not_vacant(&q, d, made);
	Q(&q, ")");
	if (d->rest_where) {
		Q(&q, " AND ");
		TRY(query_cond(&q, d->rest_where));
	}
	Q(&q, " ORDER BY ");
	query_column(&q, 0, "created_ms");
	Q(&q, " DESC, ");
	query_column(&q, 0, "id");
	Q(&q, " DESC LIMIT ");
	sqlb_int(&q.sql, d->rest);
	TRY(query_rows(&q, &rows));
	while ((rc = db_step(r->rx->cx, rows, &more)) == RC_OK && more) VEC_PUSH(r->scratch, out, row_int(rows, 0));
	rows_done(rows);
	return rc;
}

/* Who served in every one of them takes nothing new: a load of 0, what is made stays. */
static enum rc rest_read(const struct reading *r, int32_t *most)
{
	const struct assignment_def *d = r->d;
	struct query q = query_new(r->rx, d->makes);
	struct rows *rows;
	id_list round = { 0 };
	enum rc rc;
	bool more;
	if (!d->rest) return RC_OK;
	TRY(last_rounds(r, &round));
	if (round.n < (size_t)d->rest) return RC_OK;
	bool *rests = ARENA_ARRAY(r->rx->cx->arena, bool, (size_t)r->c->n_person + 1);
	Q(&q, "SELECT ");
	TRY(query_field(&q, d->made_person, 0));
	Q(&q, " FROM ");
	query_table(&q, d->makes, 0);
	Q(&q, " WHERE ");
	TRY(query_field(&q, d->made_round, 0));
	Q(&q, " IN (");
	for (size_t i = 0; i < round.n; i++) {
		if (i) Q(&q, ", ");
		query_int(&q, round.v[i]);
	}
	Q(&q, ")");
	not_vacant(&q, d, 0);
	Q(&q, " GROUP BY ");
	TRY(query_field(&q, d->made_person, 0));
	Q(&q, " HAVING COUNT(DISTINCT ");
	TRY(query_field(&q, d->made_round, 0));
	Q(&q, ") = ");
	sqlb_int(&q.sql, d->rest);
	TRY(query_rows(&q, &rows));
	while ((rc = db_step(r->rx->cx, rows, &more)) == RC_OK && more) {
		int at = assignment_person_at(r->c, row_int(rows, 0));
		if (at < 0) continue;
		rests[at] = true;
		most[at] = 0;
		r->c->n_rests++;
	}
	rows_done(rows);
	r->c->rests = rests;
	return rc;
}

static enum rc all(struct reading *r, const struct assignment_wish *wish, int n_wish)
{
	struct arena *a = r->rx->cx->arena;
	const struct assignment_def *d = r->d;
	struct assignment_case *c = r->c;
	struct side items, persons;
	TRY(side_read(r, true, &items));
	TRY(side_read(r, false, &persons));
	c->n_item = (int)items.id.n;
	c->n_person = (int)persons.id.n;
	c->item = items.id.v;
	c->person = persons.id.v;
	c->need = items.a.v;
	c->least = persons.a.v;
	c->most = persons.b.v;
	struct assignment_values *values = ARENA_ARRAY(a, struct assignment_values, (size_t)d->n_rule + 1);
	for (int i = 0; i < d->n_rule; i++) number_values(r, i, &items, &persons, &values[i]);
	c->values = values;
	struct assignment_keys *keys = ARENA_ARRAY(a, struct assignment_keys, (size_t)d->n_match + 1);
	for (int i = 0; i < d->n_match; i++) TRY(match_read(r, d->match[i], &keys[i]));
	c->keys = keys;
	TRY(order(r));
	TRY(made_read(r));
	TRY(rest_read(r, persons.b.v));
	/* Whoever left the pool since keeps what was assigned: that place is not open. */
	for (int i = 0; i < c->n_made; i++)
		if (!c->made[i].vacant && c->made[i].item >= 0 && c->made[i].person < 0 && items.a.v[c->made[i].item] > 0) items.a.v[c->made[i].item]--;
	if (n_wish != ASSIGNMENT_NO_CANDIDATES) assignment_pick(r->rx, c, wish, n_wish);
	return RC_OK;
}

enum rc assignment_read(struct rx *rx, const struct assignment_def *d, int64_t round, const struct assignment_wish *wish, int n_wish, struct assignment_case *out)
{
	*out = (struct assignment_case){ .def = d, .round = round };
	struct reading r = { .rx = rx, .d = d, .c = out, .scratch = arena_new((size_t)1 << 30) };
	enum rc rc = all(&r, wish, n_wish);
	arena_free(r.scratch);
	return rc;
}

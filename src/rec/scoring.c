#include "rec/scoring.h"

#include <stdio.h>
#include <stdlib.h>

static enum rc in_group(struct query *q, const struct field_def *f, int64_t group)
{
	Q(q, " AND ");
	TRY(query_field(q, f, 0));
	Q(q, " = ");
	query_int(q, group);
	return RC_OK;
}

static enum rc read_items(struct rx *rx, const struct scoring_def *s, int64_t group, struct scored_items *out)
{
	const struct type_def *t = s->item->ref;
	struct arena *a = rx->cx->arena;
	struct query q = query_new(rx, t);
	Q(&q, "SELECT ");
	query_column(&q, 0, "id");
	Q(&q, ", ");
	query_column(&q, 0, "rev");
	Q(&q, ", ");
	query_column(&q, 0, "number");
	Q(&q, ", ");
	query_column(&q, 0, "state");
	Q(&q, ", CASE WHEN ");
	if (t->title) TRY(access_where_field(&q, t->title));
	else Q(&q, "FALSE");
	Q(&q, " THEN ");
	TRY(query_title(&q, t, 0));
	Q(&q, " END FROM ");
	query_table(&q, t, 0);
	Q(&q, " WHERE ");
	TRY(access_where_field(&q, s->item_group));
	TRY(in_group(&q, s->item_group, group));
	if (s->n_in) {
		Q(&q, " AND ");
		query_states(&q, s->in, s->n_in, 0);
	}
	Q(&q, " ORDER BY ");
	query_column(&q, 0, "id");
	struct rows *r;
	TRY(query_rows(&q, &r));
	enum rc rc;
	bool more;
	while ((rc = db_step(rx->cx, r, &more)) == RC_OK && more) {
		struct scored_item one = { row_int(r, 0), row_int(r, 1), str_dup(a, row_text(r, 2)), str_dup(a, row_text(r, 4)), type_state(t, row_text(r, 3)) };
		VEC_PUSH(a, out, one);
	}
	rows_done(r);
	return rc;
}

/* Grants that show the item, and every field of the sheet that the score or the vote is worked out from. */
static enum rc sheet_seen(struct query *q, const struct scoring_def *s)
{
	TRY(access_where_field(q, s->item));
	for (int i = 0; i < s->sheet->n_field; i++) {
		const struct field_def *f = s->sheet->field[i];
		if (!expr_mentions(s->score, f) && !(s->vote && expr_mentions(s->vote, f))) continue;
		Q(q, " AND ");
		TRY(access_where_field(q, f));
	}
	return RC_OK;
}

static int place_of(const struct scored_items *items, int64_t id)
{
	size_t low = 0, high = items->n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (items->v[mid].id < id) low = mid + 1;
		else high = mid;
	}
	return low < items->n && items->v[low].id == id ? (int)low : -1;
}

static enum rc read_sheets(struct rx *rx, const struct scoring_def *s, int64_t group, const struct scored_items *items, struct scored_sheets *out)
{
	struct arena *a = rx->cx->arena;
	struct query q = query_new(rx, s->sheet);
	Q(&q, "SELECT ");
	query_column(&q, 0, "id");
	Q(&q, ", ");
	query_column(&q, 0, "number");
	Q(&q, ", ");
	TRY(query_field(&q, s->item, 0));
	Q(&q, ", ");
	TRY(query_field(&q, s->reviewer, 0));
	Q(&q, ", ");
	TRY(query_expr(&q, s->score));
	Q(&q, ", ");
	if (s->vote) TRY(query_expr(&q, s->vote));
	else Q(&q, "NULL");
	Q(&q, ", CASE WHEN ");
	TRY(access_where_field(&q, s->reviewer));
	Q(&q, " THEN 1 ELSE 0 END FROM ");
	query_table(&q, s->sheet, 0);
	Q(&q, " WHERE ");
	TRY(sheet_seen(&q, s));
	TRY(in_group(&q, s->group, group));
	if (s->n_counts) {
		Q(&q, " AND ");
		query_states(&q, s->counts, s->n_counts, 0);
	}
	struct rows *r;
	TRY(query_rows(&q, &r));
	enum rc rc;
	bool more;
	int64_t unit = s->score->type == TYPE_DEC ? 1 : DEC_ONE;
	while ((rc = db_step(rx->cx, r, &more)) == RC_OK && more) {
		struct scored_sheet one = { .id = row_int(r, 0), .reviewer = row_int(r, 3), .item = place_of(items, row_int(r, 2)), .number = str_dup(a, row_text(r, 1)),
			.scored = !row_null(r, 4) && !row_null(r, 3), .score = row_int(r, 4) * unit, .votes = !row_null(r, 5), .for_it = row_int(r, 5) != 0,
			.named = row_int(r, 6) != 0 };
		if (one.item >= 0) VEC_PUSH(a, out, one);
	}
	rows_done(r);
	return rc;
}

/* The pages of one item show its sheets in an order of their own: by the digest, which differs from item to item. */
struct keyed { struct scored_sheet sheet; uint64_t key; };

static int by_item(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;
	return x->sheet.item != y->sheet.item ? (x->sheet.item > y->sheet.item) - (x->sheet.item < y->sheet.item) : (x->key > y->key) - (x->key < y->key);
}

static uint64_t digest_of(struct rx *rx, const char *what, int64_t x, int64_t y)
{
	char text[80];
	int n = snprintf(text, sizeof text, "%s:%lld:%lld", what, (long long)x, (long long)y);
	struct str secret = { (const char *)rx->vault->seal_key, KEY_BYTES };
	struct digest d = hash_mac(HASH_SM3, secret, (struct str){ text, (size_t)n });
	uint64_t key = 0;
	for (int i = 0; i < 8; i++) key = key << 8 | d.b[i];
	return key;
}

enum rc scored_read(struct rx *rx, const struct scoring_def *s, int64_t group, struct scored_items *items, struct scored_sheets *sheets)
{
	struct scored_items all = { 0 };
	struct scored_sheets list = { 0 };
	TRY(read_items(rx, s, group, &all));
	TRY(read_sheets(rx, s, group, &all, &list));
	struct keyed *keyed = ARENA_ARRAY(rx->cx->arena, struct keyed, list.n + 1);
	for (size_t i = 0; i < list.n; i++) keyed[i] = (struct keyed){ list.v[i], digest_of(rx, "sheet", all.v[list.v[i].item].id, list.v[i].reviewer) };
	if (list.n) qsort(keyed, list.n, sizeof *keyed, by_item);
	for (size_t i = 0; i < list.n; i++) list.v[i] = keyed[i].sheet;
	*items = all;
	*sheets = list;
	return RC_OK;
}

enum rc scored_cut(struct rx *rx, const struct scoring_def *s, int64_t group, int *cut)
{
	int64_t v = 0;
	bool found = false;
	*cut = 0;
	if (!s->cut) return RC_OK;
	struct query q = query_new(rx, s->group->ref);
	Q(&q, "SELECT ");
	TRY(query_expr(&q, s->cut));
	Q(&q, " FROM ");
	query_table(&q, s->group->ref, 0);
	Q(&q, " WHERE ");
	query_column(&q, 0, "id");
	Q(&q, " = ");
	query_int(&q, group);
	TRY(query_one_int(&q, &v, &found));
	if (s->cut->type == TYPE_DEC) v /= DEC_ONE;
	if (found && v > 0 && v < 1000000) *cut = (int)v;
	return RC_OK;
}

struct str scored_code(struct rx *rx, int64_t group, int64_t reviewer)
{
	static const char letters[] = "0123456789abcdefghjkmnpqrstvwxyz";
	char text[6];
	uint64_t key = digest_of(rx, "reviewer", group, reviewer);
	for (size_t i = 0; i < sizeof text; i++, key >>= 5) text[i] = letters[key & 31];
	return str_dup(rx->cx->arena, (struct str){ text, sizeof text });
}

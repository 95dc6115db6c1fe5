#include "rec/store.h"

#include "base/json.h"
#include "base/pack.h"
#include "base/rng.h"
#include "base/time.h"
#include "base/utf8.h"
#include "rec/criteria.h"

static struct str child_name(struct arena *a, const struct table_def *t)
{
	return str_fmt(a, "%.*s_%.*s", STRF(t->type->name), STRF(t->name));
}

/* Binds a sealed text to its record, so that it cannot be moved to another. */
static struct str seal_context(struct arena *a, const struct type_def *t, int64_t id)
{
	return str_fmt(a, "%.*s:%lld", STRF(t->name), (long long)id);
}

/* ---- reading ---- */

enum { HEAD_COLUMNS = 12 };

static void select_head(struct query *q)
{
	static const char *const names[] = { "id", "rev", "state", "number", "owner", "author", "org", "division", "created_ms",
		"changed_ms", "region_rev", "sealed" };
	for (int i = 0; i < HEAD_COLUMNS; i++) {
		if (i) Q(q, ", ");
		query_column(q, 0, names[i]);
	}
}

static void read_head(struct arena *a, const struct type_def *t, const struct rows *r, struct record *out)
{
	*out = (struct record){ .id = row_int(r, 0), .rev = row_int(r, 1), .state = type_state(t, row_text(r, 2)),
		.number = str_dup(a, row_text(r, 3)), .owner = row_int(r, 4), .author = row_int(r, 5), .org = row_int(r, 6),
		.division = str_dup(a, row_text(r, 7)), .created_ms = row_int(r, 8), .changed_ms = row_int(r, 9), .region_rev = row_int(r, 10) };
}

static enum rc read_table(struct rx *rx, const struct table_def *t, int64_t parent, struct val *out)
{
	struct arena *a = rx->cx->arena;
	struct query q = query_new(rx, t->type);
	int child = q.aliases++;
	Q(&q, "SELECT ");
	query_column(&q, child, "pos");
	for (int i = 0; i < t->n_column; i++) {
		Q(&q, ", ");
		TRY(query_field(&q, t->column[i], child));
	}
	Q(&q, " FROM ");
	query_child(&q, t, child);
	/* Beside its record, which a computed column may name. */
	Q(&q, ", ");
	query_table(&q, t->type, 0);
	Q(&q, " WHERE ");
	query_column(&q, child, "parent");
	Q(&q, " = ");
	query_int(&q, parent);
	Q(&q, " AND ");
	query_column(&q, 0, "id");
	Q(&q, " = ");
	query_column(&q, child, "parent");
	Q(&q, " ORDER BY ");
	query_column(&q, child, "pos");
	struct rows *r;
	TRY(query_rows(&q, &r));
	struct val list = val_list(a);
	enum rc rc;
	bool more;
	while ((rc = db_step(rx->cx, r, &more)) == RC_OK && more) {
		struct val row = val_map(a);
		for (int i = 0; i < t->n_column; i++)
			VEC_PUSH(a, row.map, ((struct val_pair){ t->column[i]->name, column_val(a, field_value_type(t->column[i]), r, i + 1) }));
		val_push(a, list, row);
	}
	rows_done(r);
	if (rc == RC_OK) *out = list;
	return rc;
}

/* Only the owner, the owner's organisation, or the opening itself reads sealed fields. */
static bool may_open(const struct viewer *v, int64_t owner, int64_t org)
{
	return v->system || (v->account && v->account == owner) || (v->org && v->org == org);
}

enum rc record_unseal(struct rx *rx, const struct type_def *t, int64_t id, int64_t owner, int64_t org, struct str sealed, struct val *out)
{
	struct arena *a = rx->cx->arena;
	struct str plain;
	*out = VNULL;
	if (!sealed.n || !may_open(&rx->viewer, owner, org)) return RC_OK;
	if (!seal_open(a, rx->vault->seal_key, seal_context(a, t, id), sealed, &plain))
		return fail(rx->cx, RC_IO, "record.seal", NOWHERE, "密封内容无法解开：密钥不符或数据损坏", "the sealed part does not open: wrong key or damaged data");
	return val_unpack(rx->cx, plain, out);
}

static enum rc merge_sealed(struct rx *rx, const struct type_def *t, const struct mask *mask, struct str sealed, struct record *rec)
{
	struct val values;
	TRY(record_unseal(rx, t, rec->id, rec->owner, rec->org, sealed, &values));
	rec->sealed = val_is_null(values);
	for (size_t i = 0; i < val_len(values); i++) {
		struct val_pair p = values.map->v[i];
		const struct field_def *f = type_field(t, p.key);
		const struct table_def *table = f ? NULL : type_table(t, p.key);
		if ((f && mask_field(mask, f)) || (table && mask_table(mask, table))) val_set(rx->cx->arena, rec->values, p.key, p.val);
	}
	return RC_OK;
}

enum rc record_read(struct rx *rx, const struct type_def *t, int64_t id, const struct mask *mask, struct record *out)
{
	struct arena *a = rx->cx->arena;
	struct query q = query_new(rx, t);
	Q(&q, "SELECT ");
	select_head(&q);
	for (int i = 0; i < t->n_field; i++) {
		if (!mask_field(mask, t->field[i])) continue;
		Q(&q, ", ");
		TRY(query_field(&q, t->field[i], 0));
	}
	Q(&q, " FROM ");
	query_table(&q, t, 0);
	Q(&q, " WHERE ");
	query_column(&q, 0, "id");
	Q(&q, " = ");
	query_int(&q, id);
	struct rows *r;
	bool more;
	TRY(query_rows(&q, &r));
	enum rc rc = db_step(rx->cx, r, &more);
	if (rc != RC_OK || !more) {
		rows_done(r);
		return rc == RC_OK ? rx_missing(rx) : rc;
	}
	struct record rec;
	read_head(a, t, r, &rec);
	struct str sealed = str_dup(a, row_text(r, HEAD_COLUMNS - 1));
	rec.values = val_map(a);
	for (int i = 0, column = HEAD_COLUMNS; i < t->n_field; i++) {
		const struct field_def *f = t->field[i];
		if (!mask_field(mask, f)) continue;
		VEC_PUSH(a, rec.values.map, ((struct val_pair){ f->name, column_val(a, field_value_type(f), r, column++) }));
	}
	rows_done(r);
	for (int i = 0; i < t->n_table; i++) {
		if (!mask_table(mask, t->table[i])) continue;
		struct val rows;
		TRY(read_table(rx, t->table[i], id, &rows));
		val_set(a, rec.values, t->table[i]->name, rows);
	}
	if (sealed.n) TRY(merge_sealed(rx, t, mask, sealed, &rec));
	*out = rec;
	return RC_OK;
}

/* ---- writing ---- */

static struct param stored(const struct field_def *f, struct val v)
{
	if (val_is_null(v)) return p_null();
	if (v.kind == VAL_TEXT) return p_text(v.s);
	/* A whole number given for a decimal field. */
	if (f->kind == FIELD_DEC && v.kind == VAL_INT) return p_int(v.i * DEC_ONE);
	return p_int(val_i64(v));
}

enum rc record_put_rows(struct rx *rx, const struct table_def *t, int64_t parent, struct val rows)
{
	struct arena *a = rx->cx->arena;
	struct sqlb drop = sqlb_new(a);
	sqlb_add(&drop, SQL("DELETE FROM "));
	sqlb_name(&drop, "c_", child_name(a, t));
	sqlb_add(&drop, SQL(" WHERE parent = ?"));
	TRY(db_run(rx->cx, rx->db, sqlb_sql(&drop), P(p_int(parent))));
	for (size_t i = 0; i < val_len(rows); i++) {
		struct sqlb b = sqlb_new(a), marks = sqlb_new(a);
		struct paramv p = { 0 };
		sqlb_add(&b, SQL("INSERT INTO "));
		sqlb_name(&b, "c_", child_name(a, t));
		sqlb_add(&b, SQL(" (parent, pos"));
		VEC_PUSH(a, &p, p_int(parent));
		VEC_PUSH(a, &p, p_int((int64_t)i + 1));
		for (int k = 0; k < t->n_column; k++) {
			if (!field_stored(t->column[k])) continue;
			sqlb_add(&b, SQL(", "));
			sqlb_name(&b, "f_", t->column[k]->name);
			sqlb_add(&marks, SQL(", ?"));
			VEC_PUSH(a, &p, stored(t->column[k], val_get(val_at(rows, i), t->column[k]->name)));
		}
		sqlb_add(&b, SQL(") VALUES (?, ?"));
		sqlb_add(&b, sqlb_sql(&marks));
		sqlb_add(&b, SQL(")"));
		TRY(db_run(rx->cx, rx->db, sqlb_sql(&b), PV(&p)));
	}
	return RC_OK;
}

/* Split off what must not be readable in the database while the record is sealed. */
static enum rc close_sealed(struct rx *rx, const struct type_def *t, int64_t id, struct val values, struct str *sealed)
{
	struct arena *a = rx->cx->arena;
	struct val hidden = val_map(a);
	for (int i = 0; i < t->n_field; i++)
		if (t->field[i]->sealed) val_set(a, hidden, t->field[i]->name, val_get(values, t->field[i]->name));
	for (int i = 0; i < t->n_table; i++)
		if (t->table[i]->sealed) val_set(a, hidden, t->table[i]->name, val_get(values, t->table[i]->name));
	struct buf b = BUF(a, (size_t)8 << 20);
	val_pack(&b, hidden);
	if (b.full) return fail(rx->cx, RC_LIMIT, "record.seal_size", NOWHERE, "密封内容过大", "the sealed part is too large");
	*sealed = seal_close(a, rx->vault->seal_key, seal_context(a, t, id), buf_str(&b));
	return RC_OK;
}

bool type_seals(const struct type_def *t)
{
	for (int i = 0; i < t->n_field; i++)
		if (t->field[i]->sealed) return true;
	for (int i = 0; i < t->n_table; i++)
		if (t->table[i]->sealed) return true;
	return false;
}

static bool seals(const struct type_def *t, const struct state_def *s) { return s->sealed && type_seals(t); }

struct str record_title(const struct type_def *t, const struct record *r)
{
	struct val v = t->title ? val_get(r->values, t->title->name) : VNULL;
	return val_str(v);
}

struct assign { struct arena *a; struct sqlb text; struct paramv p; };

static void assign(struct assign *s, const char *prefix, struct str name, struct param p)
{
	if (s->p.n) sqlb_add(&s->text, SQL(", "));
	sqlb_name(&s->text, prefix, name);
	sqlb_add(&s->text, SQL(" = ?"));
	VEC_PUSH(s->a, &s->p, p);
}

static enum rc assign_title(struct rx *rx, struct assign *s, const struct type_def *t, struct val values, bool closing)
{
	if (!t->title || t->title->kind == FIELD_REF || (closing && t->title->sealed) || val_is_null(val_get(values, t->title->name))) return RC_OK;
	struct str title = val_str(val_get(values, t->title->name)), fold, key;
	TRY(text_fold(rx->cx, title, &fold));
	TRY(text_sort_key(rx->cx, title, LANG_ZH, &key));
	assign(s, "", STR("title_fold"), p_text(fold));
	assign(s, "", STR("title_key"), p_blob(key));
	return RC_OK;
}

/* Fields of `values` as assignments; in a sealed state the sealed ones are stored empty and go into `sealed` instead. */
static enum rc assign_values(struct rx *rx, struct assign *s, const struct type_def *t, int64_t id, struct val values, const struct state_def *state,
	struct str *sealed)
{
	bool closing = seals(t, state);
	for (int i = 0; i < t->n_field; i++) {
		const struct field_def *f = t->field[i];
		if (!field_stored(f)) continue;
		bool present = false;
		for (size_t k = 0; k < val_len(values) && !present; k++) present = str_eq(values.map->v[k].key, f->name);
		if (closing && f->sealed) assign(s, "f_", f->name, p_null());
		else if (present) assign(s, "f_", f->name, stored(f, val_get(values, f->name)));
	}
	*sealed = STR("");
	if (closing) TRY(close_sealed(rx, t, id, values, sealed));
	return assign_title(rx, s, t, values, closing);
}

static enum rc write_tables(struct rx *rx, const struct type_def *t, int64_t id, struct val values, bool closing)
{
	for (int i = 0; i < t->n_table; i++) {
		const struct table_def *table = t->table[i];
		struct val rows = val_get(values, table->name);
		if (closing && table->sealed) rows = val_list(rx->cx->arena);
		if (rows.kind == VAL_LIST) TRY(record_put_rows(rx, table, id, rows));
	}
	return RC_OK;
}

/* What is not there is null, for expressions: two records without an organisation do not share one. */
static struct param or_null(struct str s) { return s.n ? p_text(s) : p_null(); }

enum rc record_insert(struct rx *rx, const struct type_def *t, const struct record *head, struct val values, int64_t *id)
{
	struct arena *a = rx->cx->arena;
	int64_t new_id = t->anonymous ? id_chance() : id_next(rx->ids, rx->cx->now_ms);
	struct sqlb b = sqlb_new(a);
	sqlb_add(&b, SQL("INSERT INTO "));
	sqlb_name(&b, "r_", t->name);
	sqlb_add(&b, SQL(" (id, rev, state, number, owner, author, org, division, created_ms, changed_ms, region_rev) "
			 "VALUES (?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
	TRY(db_run(rx->cx, rx->db, sqlb_sql(&b),
		P(p_int(new_id), p_text(head->state->name), or_null(head->number), p_int(head->owner),
			head->author ? p_int(head->author) : p_null(), head->org ? p_int(head->org) : p_null(), or_null(head->division), p_int(rx->cx->now_ms), p_int(rx->cx->now_ms), p_int(rx->region_rev))));
	struct record fresh = *head;
	fresh.id = new_id;
	fresh.rev = 0;
	fresh.values = val_map(a);
	TRY(record_update(rx, t, &fresh, values, head->state, head->number));
	*id = new_id;
	return RC_OK;
}

enum rc record_update(struct rx *rx, const struct type_def *t, const struct record *old, struct val given, const struct state_def *state, struct str number)
{
	struct arena *a = rx->cx->arena;
	TRY(criteria_follow(rx, t, old, given));
	/* Sealing and unsealing rewrite the sealed fields whole, so they need the values that are not being changed too. */
	struct val values = given;
	if (type_seals(t) && (seals(t, state) || seals(t, old->state))) {
		if (old->sealed) return fail(rx->cx, RC_DENIED, "record.sealed", NOWHERE, "密封期间只有提交单位可以修改", "while sealed, only its owner may change it");
		values = val_copy(a, old->values);
		for (size_t i = 0; i < val_len(given); i++) val_set(a, values, given.map->v[i].key, given.map->v[i].val);
	}
	struct assign s = { .a = a, .text = sqlb_new(a) };
	struct str sealed;
	sqlb_add(&s.text, SQL("UPDATE "));
	sqlb_name(&s.text, "r_", t->name);
	sqlb_add(&s.text, SQL(" SET "));
	assign(&s, "", STR("rev"), p_int(old->rev + 1));
	assign(&s, "", STR("state"), p_text(state->name));
	assign(&s, "", STR("number"), number.n ? p_text(number) : p_null());
	assign(&s, "", STR("changed_ms"), p_int(rx->cx->now_ms));
	TRY(assign_values(rx, &s, t, old->id, values, state, &sealed));
	assign(&s, "", STR("sealed"), sealed.n ? p_blob(sealed) : p_null());
	if (t->division && val_get(values, t->division->name).kind == VAL_TEXT)
		assign(&s, "", STR("division"), p_text(val_str(val_get(values, t->division->name))));
	sqlb_add(&s.text, SQL(" WHERE id = ? AND rev = ?"));
	VEC_PUSH(a, &s.p, p_int(old->id));
	VEC_PUSH(a, &s.p, p_int(old->rev));
	TRY(db_run(rx->cx, rx->db, sqlb_sql(&s.text), PV(&s.p)));
	if (db_changed(rx->db) != 1) {
		enum rc rc = fail(rx->cx, RC_CONFLICT, "record.changed", NOWHERE, "有人在您之后修改了这条记录", "somebody changed this record after you opened it");
		fail_hint(rx->cx, "您填写的内容已保留；请核对新的内容后再保存", "what you typed is kept; compare with the new content, then save again");
		return rc;
	}
	return write_tables(rx, t, old->id, values, seals(t, state));
}

bool record_deletable(const struct rx *rx, const struct right *right, const struct record *rec)
{
	return right->edit && rec->state->draft && !rec->number.n && rec->owner && rec->owner == rx->viewer.account;
}

enum rc record_delete(struct rx *rx, const struct type_def *t, const struct record *old)
{
	for (int i = 0; i < t->n_table; i++) TRY(record_put_rows(rx, t->table[i], old->id, VNULL));
	struct sqlb b = sqlb_new(rx->cx->arena);
	sqlb_add(&b, SQL("DELETE FROM "));
	sqlb_name(&b, "r_", t->name);
	sqlb_add(&b, SQL(" WHERE id = ? AND rev = ?"));
	TRY(db_run(rx->cx, rx->db, sqlb_sql(&b), P(p_int(old->id), p_int(old->rev))));
	if (db_changed(rx->db) != 1)
		return fail(rx->cx, RC_CONFLICT, "record.changed", NOWHERE, "有人在您之后修改了这条记录", "somebody changed this record after you opened it");
	return RC_OK;
}

/* The running number within what else the number says: its other parts name the counter. */
static enum rc next_in_line(struct rx *rx, const struct type_def *t, struct str others, int64_t *value)
{
	struct str counter = others.n ? str_fmt(rx->cx->arena, "%.*s:%.*s", STRF(t->name), STRF(others)) : t->name;
	bool found;
	*value = 0;
	TRY(db_int(rx->cx, rx->db, SQL("SELECT value FROM counter WHERE name = ?"), P(p_text(counter)), value, &found));
	++*value;
	if (found) return db_run(rx->cx, rx->db, SQL("UPDATE counter SET value = ? WHERE name = ?"), P(p_int(*value), p_text(counter)));
	return db_run(rx->cx, rx->db, SQL("INSERT INTO counter (name, value) VALUES (?, ?)"), P(p_text(counter), p_int(*value)));
}

/* Without 0 O 1 I, which are read for one another. */
static void by_chance(struct buf *b, int n)
{
	static const char letters[] = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
	unsigned char bytes[9];
	rng_secret(bytes, sizeof bytes);
	for (int i = 0; i < n; i++) buf_c(b, letters[bytes[i] % 32]);
}

/* What the pattern's {…} stand for; `field`: the values of t->number_field. `seq` < 0: the number without its running part. */
static struct str numbered(struct arena *a, const struct type_def *t, int year, const struct str *field, int64_t seq)
{
	struct buf b = BUF(a, 400);
	struct str pattern = t->number;
	int fields = 0;
	for (size_t i = 0; i < pattern.n; i++) {
		struct str rest = str_sub(pattern, i, pattern.n);
		size_t end = rest.p[0] == '{' ? str_find(rest, STR("}"), 0) : SIZE_MAX;
		if (end == SIZE_MAX) {
			buf_c(&b, rest.p[0]);
			continue;
		}
		i += end;
		if (str_starts(rest, STR("{seq:"))) {
			if (seq >= 0) buf_fmt(&b, "%0*lld", rest.p[5] - '0', (long long)seq);
			else buf_c(&b, '#');
		} else if (str_starts(rest, STR("{random:"))) {
			by_chance(&b, rest.p[8] - '0');
		} else if (fields < t->n_number_field && str_eq(t->number_field[fields]->name, str_sub(rest, 1, end))) {
			buf_add(&b, field[fields++]);
		} else {
			buf_fmt(&b, "%04d", year);
		}
	}
	return buf_str(&b);
}

static enum rc number_taken(struct rx *rx, const struct type_def *t, struct str number, bool *taken)
{
	struct query q = query_new(rx, t);
	int64_t one;
	Q(&q, "SELECT 1 FROM ");
	query_table(&q, t, 0);
	Q(&q, " WHERE ");
	query_column(&q, 0, "number");
	Q(&q, " = ");
	query_text(&q, number);
	Q(&q, " LIMIT 1");
	return query_one_int(&q, &one, taken);
}

/* The values of the fields that the pattern names, computed ones worked out. */
static enum rc number_fields(struct rx *rx, const struct type_def *t, const struct record *rec, struct val values, struct str *field)
{
	struct lookup l = { .rx = rx, .type = t, .id = rec->id };
	struct expr_env env = { .region = rx->region, .record = record_whole(rx, rec, values), .state = rec->state->name, .created_ms = rec->created_ms,
		.lookup = query_lookup, .ctx = &l };
	for (int i = 0; i < t->n_number_field; i++) {
		struct expr read = { .op = EXPR_FIELD, .type = field_value_type(t->number_field[i]), .path = &t->number_field[i], .n_path = 1, .at = t->at };
		struct val v;
		TRY(expr_eval(rx->cx, t->number_field[i]->compute ? t->number_field[i]->compute : &read, &env, &v));
		field[i] = v.kind == VAL_INT ? str_fmt(rx->cx->arena, "%lld", (long long)v.i) : val_str(v);
	}
	return RC_OK;
}

enum rc record_number(struct rx *rx, const struct type_def *t, const struct record *rec, struct val values, struct str *out)
{
	enum { TRIES = 50 };
	struct arena *a = rx->cx->arena;
	struct str *field = ARENA_ARRAY(a, struct str, (size_t)t->n_number_field + 1);
	int year, month, day;
	bool runs = str_has(t->number, STR("{seq:"));
	date_split(instant_date(rx->cx->now_ms, rx->region->zone_minutes), &year, &month, &day);
	TRY(number_fields(rx, t, rec, values, field));
	struct str others = t->n_number_field ? numbered(a, t, year, field, -1) : str_has(t->number, STR("{year}")) ? str_fmt(a, "%d", year) : STR("");
	for (int i = 0; i < TRIES; i++) {
		int64_t value = 0;
		bool taken;
		if (runs) TRY(next_in_line(rx, t, others, &value));
		struct str number = numbered(a, t, year, field, value);
		TRY(number_taken(rx, t, number, &taken));
		if (taken) continue;
		*out = number;
		return RC_OK;
	}
	return fail(rx->cx, RC_LIMIT, "record.number", NOWHERE, "编号已快用完：须加长 {random}，或加宽 {seq}", "the numbers are nearly used up: {random} must be longer, or {seq} wider");
}

struct val record_whole(struct rx *rx, const struct record *rec, struct val over)
{
	struct arena *a = rx->cx->arena;
	struct val all = val_copy(a, rec->values);
	if (all.kind != VAL_MAP) all = val_map(a);
	for (size_t i = 0; i < val_len(over); i++) val_set(a, all, over.map->v[i].key, over.map->v[i].val);
	int64_t org = rec->id ? rec->org : rx->viewer.org, author = rec->id ? rec->author : rx->viewer.person;
	struct str division = rec->id ? rec->division : rx->viewer.division;
	VAL_SET(a, all, "org", org ? val_int(org) : VNULL);
	VAL_SET(a, all, "author", author ? val_int(author) : VNULL);
	VAL_SET(a, all, "created", val_int(rec->id ? rec->created_ms : rx->cx->now_ms));
	VAL_SET(a, all, "changed", val_int(rec->id ? rec->changed_ms : rx->cx->now_ms));
	/* A type may declare fields of these names; they come first. */
	if (val_is_null(VAL_GET(all, "division"))) VAL_SET(a, all, "division", division.n ? val_text(division) : VNULL);
	if (val_is_null(VAL_GET(all, "number"))) VAL_SET(a, all, "number", rec->number.n ? val_text(rec->number) : VNULL);
	return all;
}

struct val record_changes(struct rx *rx, const struct type_def *t, const struct record *old, struct val values)
{
	struct arena *a = rx->cx->arena;
	struct val out = val_map(a);
	for (size_t i = 0; i < val_len(values); i++) {
		struct str key = values.map->v[i].key;
		struct val before = old ? val_get(old->values, key) : VNULL, after = values.map->v[i].val;
		if (val_eq(before, after)) continue;
		const struct field_def *f = type_field(t, key);
		const struct table_def *table = f ? NULL : type_table(t, key);
		if ((f && f->sealed) || (table && table->sealed)) {
			/* The chain must bind the text without showing it: a keyed digest. */
			struct str secret = { (const char *)rx->vault->seal_key, KEY_BYTES };
			after = val_text(hash_hex(a, hash_mac(HASH_SM3, secret, json_text(a, after))));
			before = VNULL;
		}
		struct val pair = val_list(a);
		val_push(a, pair, before);
		val_push(a, pair, after);
		val_set(a, out, key, pair);
	}
	return out;
}

/* ---- working copies ---- */

static struct str draft_context(struct rx *rx, const struct type_def *t, int64_t record)
{
	return str_fmt(rx->cx->arena, "draft:%lld:%.*s:%lld", (long long)rx->viewer.account, STRF(t->name), (long long)record);
}

enum rc draft_put(struct rx *rx, const struct type_def *t, int64_t record, struct val raw)
{
	/* A form's copy is read back in a web request's arena; staged rows (record -1) only by the writer. */
	struct buf b = BUF(rx->cx->arena, (size_t)(record < 0 ? 8 : 2) << 20);
	val_pack(&b, raw);
	if (b.full) return fail(rx->cx, RC_LIMIT, "draft.size", NOWHERE, "草稿过大", "the draft is too large");
	struct str body = seal_close(rx->cx->arena, rx->vault->seal_key, draft_context(rx, t, record), buf_str(&b));
	TRY(draft_drop(rx, t, record));
	return db_run(rx->cx, rx->db, SQL("INSERT INTO draft (account_id, type, record, body, saved_ms) VALUES (?, ?, ?, ?, ?)"),
		P(p_int(rx->viewer.account), p_text(t->name), p_int(record), p_blob(body), p_int(rx->cx->now_ms)));
}

enum rc draft_get(struct rx *rx, const struct type_def *t, int64_t record, struct val *raw, int64_t *saved_ms)
{
	struct rows *r;
	bool more;
	TRY(db_rows(rx->cx, rx->db, SQL("SELECT body, saved_ms FROM draft WHERE account_id = ? AND type = ? AND record = ?"),
		P(p_int(rx->viewer.account), p_text(t->name), p_int(record)), &r));
	enum rc rc = db_step(rx->cx, r, &more);
	struct str body = rc == RC_OK && more ? str_dup(rx->cx->arena, row_text(r, 0)) : STR("");
	int64_t at = rc == RC_OK && more ? row_int(r, 1) : 0;
	rows_done(r);
	TRY(rc);
	*raw = VNULL;
	*saved_ms = at;
	struct str plain;
	if (!body.n || !seal_open(rx->cx->arena, rx->vault->seal_key, draft_context(rx, t, record), body, &plain)) return RC_OK;
	return val_unpack(rx->cx, plain, raw);
}

enum rc draft_drop(struct rx *rx, const struct type_def *t, int64_t record)
{
	return db_run(rx->cx, rx->db, SQL("DELETE FROM draft WHERE account_id = ? AND type = ? AND record = ?"),
		P(p_int(rx->viewer.account), p_text(t->name), p_int(record)));
}

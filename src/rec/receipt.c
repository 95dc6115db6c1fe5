#include "rec/receipt.h"

#include <unistd.h>

#include "base/json.h"
#include "base/rng.h"
#include "base/time.h"
#include "rec/event.h"
#include "rec/file.h"
#include "rec/receipt_inner.h"

enum { FILES_MAX = 200, FILE_ARENA = 80 << 20 };

/* Like R20261125-7kq2m4xz: by chance after the day, so that it tells neither order nor how many there are. */
static struct str new_number(struct rx *rx)
{
	int year, month, day;
	int64_t chance;
	rng_secret(&chance, sizeof chance);
	date_split(instant_date(rx->cx->now_ms, rx->region->zone_minutes), &year, &month, &day);
	struct str letters = id_text(rx->cx->arena, chance & INT64_MAX);
	return str_fmt(rx->cx->arena, "R%04d%02d%02d-%.*s", year, month, day, STRF(str_sub(letters, letters.n - 8, letters.n)));
}

/* ---- the files ---- */

/* In memory of its own: a sealed file is opened for it. */
static enum rc file_digest(struct rx *rx, int64_t id, struct val *out)
{
	struct cx own = *rx->cx;
	struct rx big = *rx;
	struct file_info info;
	struct str content = STR("");
	struct digest digest;
	int64_t bytes;
	int fd = -1;
	own.arena = arena_new(FILE_ARENA);
	own.fails = (struct fails){ 0 };
	big.cx = &own;
	enum rc rc = file_open_original(&big, id, &info, &fd, &content);
	if (rc == RC_OK && fd < 0) digest = hash_of(HASH_SHA256, content), bytes = (int64_t)content.n;
	else if (rc == RC_OK) rc = hash_file(&own, fd, &digest, &bytes);
	if (fd >= 0) close(fd);
	if (rc == RC_OK) {
		struct arena *a = rx->cx->arena;
		struct val m = val_map(a);
		VAL_SET(a, m, "id", val_text(id_text(a, id)));
		VAL_SET(a, m, "field", val_text(str_dup(a, info.field)));
		VAL_SET(a, m, "name", val_text(str_dup(a, info.name)));
		VAL_SET(a, m, "bytes", val_int(bytes));
		VAL_SET(a, m, "sha256", val_text(hash_hex(a, digest)));
		*out = m;
	} else {
		fail_copy(rx->cx, &own.fails);
	}
	arena_free(own.arena);
	return rc;
}

static enum rc add_file(struct rx *rx, struct val list, const struct field_def *f, struct val v)
{
	struct val one;
	if (f->kind != FIELD_FILE || !val_i64(v)) return RC_OK;
	if (val_len(list) >= FILES_MAX) return fail(rx->cx, RC_LIMIT, "receipt.files", NOWHERE, "附件过多", "too many files");
	TRY(file_digest(rx, val_i64(v), &one));
	val_push(rx->cx->arena, list, one);
	return RC_OK;
}

/* What was filled in and shows to who filed: neither what is worked out nor what the system sets. */
static enum rc filed_values(struct rx *rx, const struct type_def *t, const struct record *rec, const struct mask *shown, struct val *values, struct val *files)
{
	struct arena *a = rx->cx->arena;
	struct val map = val_map(a), list = val_list(a);
	for (int i = 0; i < t->n_field; i++) {
		const struct field_def *f = t->field[i];
		if (!field_stored(f) || f->by_system || !mask_field(shown, f)) continue;
		val_set(a, map, f->name, val_get(rec->values, f->name));
		TRY(add_file(rx, list, f, val_get(rec->values, f->name)));
	}
	for (int i = 0; i < t->n_table; i++) {
		const struct table_def *td = t->table[i];
		if (!mask_table(shown, td)) continue;
		struct val rows = val_get(rec->values, td->name);
		val_set(a, map, td->name, rows);
		for (size_t k = 0; k < val_len(rows); k++)
			for (int c = 0; c < td->n_column; c++) TRY(add_file(rx, list, td->column[c], val_get(val_at(rows, k), td->column[c]->name)));
	}
	*values = receipt_canonical(a, map);
	*files = list;
	return RC_OK;
}

/* ---- issuing ---- */

static struct val labels(struct arena *a, const struct label *l)
{
	struct val m = val_map(a);
	VAL_SET(a, m, "zh", val_text(l->zh));
	VAL_SET(a, m, "en", val_text(label_text(l, LANG_EN)));
	return m;
}

static enum rc head_of(struct rx *rx, const struct type_def *t, const struct record *rec, const struct move_def *m, struct str number, struct val values,
	struct val files, struct val *out)
{
	struct arena *a = rx->cx->arena;
	struct val head = val_map(a), fields = val_map(a);
	struct str salt = rng_token(a), chain;
	int64_t seq;
	TRY(event_head(rx, &seq, &chain));
	for (size_t i = 0; i < val_len(values); i++) {
		struct str name = values.map->v[i].key;
		val_set(a, fields, name, val_text(receipt_field_digest(a, salt, name, values.map->v[i].val)));
	}
	VAL_SET(a, head, "receipt", val_text(number));
	VAL_SET(a, head, "issued_by", labels(a, &rx->region->label));
	VAL_SET(a, head, "at", val_text(instant_iso(a, rx->cx->now_ms)));
	VAL_SET(a, head, "at_ms", val_int(rx->cx->now_ms));
	VAL_SET(a, head, "to", val_text(rx->viewer.login));
	VAL_SET(a, head, "type", val_text(t->name));
	VAL_SET(a, head, "type_label", labels(a, &t->label));
	VAL_SET(a, head, "record", val_text(id_text(a, rec->id)));
	VAL_SET(a, head, "record_number", val_text(rec->number));
	VAL_SET(a, head, "move", val_text(m->name));
	VAL_SET(a, head, "move_label", labels(a, &m->label));
	VAL_SET(a, head, "state", val_text(rec->state->name));
	VAL_SET(a, head, "rev", val_int(rec->rev));
	VAL_SET(a, head, "event", val_int(seq));
	VAL_SET(a, head, "chain", val_text(chain));
	VAL_SET(a, head, "salt", val_text(salt));
	VAL_SET(a, head, "fields", fields);
	VAL_SET(a, head, "files", files);
	*out = head;
	return RC_OK;
}

static struct str receipt_context(struct arena *a, struct str number) { return str_fmt(a, "receipt:%.*s", STRF(number)); }

static enum rc keep(struct rx *rx, const struct type_def *t, const struct record *rec, struct str number, struct str digest, struct str text)
{
	struct arena *a = rx->cx->arena;
	if (text.n > RECEIPT_BYTES_MAX) return fail(rx->cx, RC_LIMIT, "receipt.size", NOWHERE, "内容过多，不能出具回执", "too much content for a receipt");
	TRY(db_run(rx->cx, rx->db, SQL("INSERT INTO receipt (number, type, record, rev, account_id, org, at_ms, digest, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"),
		P(p_text(number), p_text(t->name), p_int(rec->id), p_int(rec->rev), p_int(rx->viewer.account), p_int(rx->viewer.org), p_int(rx->cx->now_ms),
			p_text(digest), p_blob(seal_close(a, rx->vault->seal_key, receipt_context(a, number), text)))));
	struct val changes = val_map(a), pair = val_list(a);
	val_push(a, pair, VNULL);
	val_push(a, pair, val_text(str_fmt(a, "%.*s %.*s", STRF(number), STRF(digest))));
	VAL_SET(a, changes, "receipt:", pair);          /* no field's name has a colon */
	struct event e = { .type = t->name, .record = rec->id, .rev = rec->rev, .act = STR("receipt"), .changes = changes };
	return event_add(rx, &e);
}

enum rc receipt_issue(struct rx *rx, const struct type_def *t, const struct record *rec, const struct move_def *m, const struct mask *shown)
{
	struct arena *a = rx->cx->arena;
	struct val values, files, head, whole = val_map(a);
	struct str number = new_number(rx);
	TRY(filed_values(rx, t, rec, shown, &values, &files));
	TRY(head_of(rx, t, rec, m, number, values, files, &head));
	struct str bytes = json_text(a, head), digest = hash_hex(a, hash_of(HASH_SM3, bytes));
	struct signature s = sign_make(rx->vault->sign_seed, bytes);
	struct digest key, half[2];
	sign_public(rx->vault->sign_seed, key.b);
	for (int i = 0; i < SIGNATURE_BYTES; i++) half[i / HASH_BYTES].b[i % HASH_BYTES] = s.b[i];
	VAL_SET(a, whole, "lianchuang_receipt", val_int(1));
	VAL_SET(a, whole, "head", val_text(bytes));
	VAL_SET(a, whole, "digest", val_text(digest));
	VAL_SET(a, whole, "digest_of", val_textz("SM3 of head"));
	VAL_SET(a, whole, "signature_of", val_textz("Ed25519 of head"));
	VAL_SET(a, whole, "key", val_text(hash_hex(a, key)));
	VAL_SET(a, whole, "signature", val_text(str_fmt(a, "%.*s%.*s", STRF(hash_hex(a, half[0])), STRF(hash_hex(a, half[1])))));
	VAL_SET(a, whole, "values", values);
	return keep(rx, t, rec, number, digest, json_text(a, whole));
}

/* ---- reading ---- */

static struct receipt read_one(struct arena *a, const struct rows *r)
{
	return (struct receipt){ .number = str_dup(a, row_text(r, 0)), .type = str_dup(a, row_text(r, 1)), .record = row_int(r, 2), .rev = row_int(r, 3),
		.account = row_int(r, 4), .org = row_int(r, 5), .at_ms = row_int(r, 6), .digest = str_dup(a, row_text(r, 7)) };
}

static bool is_for(const struct rx *rx, const struct receipt *r)
{
	const struct viewer *v = &rx->viewer;
	return (v->account && v->account == r->account) || (v->org && v->org == r->org);
}

enum rc receipt_list(struct rx *rx, const struct type_def *t, int64_t record, struct receipts *out)
{
	struct rows *r;
	struct receipts list = { 0 };
	TRY(db_rows(rx->cx, rx->db, SQL("SELECT number, type, record, rev, account_id, org, at_ms, digest FROM receipt WHERE record = ? ORDER BY at_ms DESC LIMIT 50"),
		P(p_int(record)), &r));
	enum rc rc;
	bool more;
	while ((rc = db_step(rx->cx, r, &more)) == RC_OK && more) {
		struct receipt one = read_one(rx->cx->arena, r);
		if (str_eq(one.type, t->name) && is_for(rx, &one)) VEC_PUSH(rx->cx->arena, &list, one);
	}
	rows_done(r);
	if (rc == RC_OK) *out = list;
	return rc;
}

enum rc receipt_open(struct rx *rx, struct str number, struct receipt *out, struct str *text)
{
	struct arena *a = rx->cx->arena;
	struct rows *r;
	bool more;
	TRY(db_rows(rx->cx, rx->db, SQL("SELECT number, type, record, rev, account_id, org, at_ms, digest, body FROM receipt WHERE number = ?"),
		P(p_text(number)), &r));
	enum rc rc = db_step(rx->cx, r, &more);
	struct receipt one = { 0 };
	struct str body = STR("");
	if (rc == RC_OK && more) {
		one = read_one(a, r);
		if (is_for(rx, &one)) body = str_dup(a, row_text(r, 8));
	}
	rows_done(r);
	TRY(rc);
	if (!more || !is_for(rx, &one)) return rx_missing(rx);
	if (!seal_open(a, rx->vault->seal_key, receipt_context(a, number), body, text))
		return fail(rx->cx, RC_IO, "receipt.seal", NOWHERE, "回执无法解开", "the receipt does not open");
	*out = one;
	return RC_OK;
}

enum rc receipt_known(struct rx *rx, struct str number, struct str digest, bool *yes)
{
	int64_t one;
	return db_int(rx->cx, rx->db, SQL("SELECT 1 FROM receipt WHERE number = ? AND digest = ?"), P(p_text(number), p_text(digest)), &one, yes);
}

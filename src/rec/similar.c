#include "rec/similar.h"

#include "base/pack.h"
#include "base/rng.h"

enum { WORDS_MAX = 2 << 20, SOURCES_MAX = 1 << 20 };

const struct similar_def *similar_of(const struct field_def *f)
{
	return f->compute && f->compute->op == EXPR_CALL && f->compute->fn == FN_SIMILARITY ? f->compute->similar : NULL;
}

/* ---- what is to be done ---- */

static enum rc pieces(struct query *q, const struct type_def *t, bool gone, int limit, struct similar_pieces *out)
{
	struct rows *r;
	enum rc rc;
	bool more;
	Q(q, " LIMIT ");
	sqlb_int(&q->sql, limit - (int)out->n);
	TRY(query_rows(q, &r));
	while ((rc = db_step(q->rx->cx, r, &more)) == RC_OK && more) {
		struct similar_piece one = { t, row_int(r, 0), gone ? 0 : row_int(r, 1), gone };
		VEC_PUSH(q->rx->cx->arena, out, one);
	}
	rows_done(r);
	return rc;
}

static void name_is(struct query *q, const struct similar_def *d)
{
	Q(q, ".name = ");
	query_text(q, d->name);
}

static enum rc changed_texts(struct rx *rx, const struct similar_def *d, const struct similar_text *t, int limit, struct similar_pieces *out)
{
	struct query q = query_new(rx, t->type);
	Q(&q, "SELECT ");
	query_column(&q, 0, "id");
	Q(&q, ", ");
	query_column(&q, 0, "rev");
	Q(&q, " FROM ");
	query_table(&q, t->type, 0);
	Q(&q, " LEFT JOIN similar_text s ON s");
	name_is(&q, d);
	Q(&q, " AND s.record = ");
	query_column(&q, 0, "id");
	Q(&q, " WHERE ");
	query_states(&q, t->state, t->n_state, 0);
	Q(&q, " AND (s.rev IS NULL OR s.rev <> ");
	query_column(&q, 0, "rev");
	Q(&q, ")");
	return pieces(&q, t->type, false, limit, out);
}

static enum rc gone_texts(struct rx *rx, const struct similar_def *d, const struct similar_text *t, int limit, struct similar_pieces *out)
{
	struct query q = query_new(rx, t->type);
	Q(&q, "SELECT s.record FROM similar_text s WHERE s");
	name_is(&q, d);
	Q(&q, " AND s.type = ");
	query_text(&q, t->type->name);
	Q(&q, " AND NOT EXISTS (SELECT 1 FROM ");
	query_table(&q, t->type, 0);
	Q(&q, " WHERE ");
	query_column(&q, 0, "id");
	Q(&q, " = s.record AND ");
	query_states(&q, t->state, t->n_state, 0);
	Q(&q, ")");
	return pieces(&q, t->type, true, limit, out);
}

enum rc similar_pending(struct rx *rx, const struct similar_def *d, int limit, struct similar_pieces *out)
{
	*out = (struct similar_pieces){ 0 };
	for (int i = 0; i < d->n_text && (int)out->n < limit; i++) {
		TRY(changed_texts(rx, d, d->text[i], limit, out));
		if ((int)out->n < limit) TRY(gone_texts(rx, d, d->text[i], limit, out));
	}
	return RC_OK;
}

enum rc similar_due(struct rx *rx, const struct similar_def *d, int limit, struct similar_pieces *out)
{
	struct query q = query_new(rx, d->compares);
	*out = (struct similar_pieces){ 0 };
	Q(&q, "SELECT s.record, s.rev FROM similar_text s JOIN ");
	query_table(&q, d->compares, 0);
	Q(&q, " ON ");
	query_column(&q, 0, "id");
	Q(&q, " = s.record LEFT JOIN similar c ON c.name = s.name AND c.record = s.record WHERE s");
	name_is(&q, d);
	Q(&q, " AND s.type = ");
	query_text(&q, d->compares->name);
	Q(&q, " AND ");
	query_states(&q, d->in, d->n_in, 0);
	Q(&q, " AND (c.digest IS NULL OR c.digest <> s.digest) ORDER BY s.seq");
	return pieces(&q, d->compares, false, limit, out);
}

enum rc similar_fed(struct rx *rx, const struct similar_def *d, int64_t *n, int64_t *seq)
{
	bool found;
	*n = *seq = 0;
	TRY(db_int(rx->cx, rx->db, SQL("SELECT COUNT(*) FROM similar_text WHERE name = ?"), P(p_text(d->name)), n, &found));
	return db_int(rx->cx, rx->db, SQL("SELECT MAX(seq) FROM similar_text WHERE name = ?"), P(p_text(d->name)), seq, &found);
}

/* ---- words ---- */

static void add_line(struct buf *b, struct val v)
{
	struct str s = str_trim(val_str(v));
	if (!s.n) return;
	buf_add(b, s);
	buf_c(b, '\n');
}

static enum rc whose(struct rx *rx, const struct similar_text *t, int64_t record, struct str *out)
{
	struct query q = query_new(rx, t->type);
	int64_t id = 0;
	bool found;
	*out = STR("");
	if (!t->n_own) return RC_OK;
	Q(&q, "SELECT ");
	TRY(query_path(&q, t->own, t->n_own, false, 0));
	Q(&q, " FROM ");
	query_table(&q, t->type, 0);
	Q(&q, " WHERE ");
	query_ids(&q, &record, 1);
	TRY(query_one_int(&q, &id, &found));
	if (found) *out = id_text(rx->cx->arena, id);
	return RC_OK;
}

enum rc similar_words(struct rx *rx, const struct similar_text *t, int64_t record, struct similar_words *out)
{
	struct arena *a = rx->cx->arena;
	struct mask all = mask_all();
	struct record rec;
	struct buf b = BUF(a, WORDS_MAX);
	TRY(record_read(rx, t->type, record, &all, &rec));
	for (int i = 0; i < t->n_field; i++) {
		const struct field_def *f = t->field[i];
		struct val rows = f->in_table ? val_get(rec.values, f->in_table->name) : VNULL;
		if (!f->in_table) add_line(&b, val_get(rec.values, f->name));
		for (size_t k = 0; k < val_len(rows); k++) add_line(&b, val_get(val_at(rows, k), f->name));
	}
	struct str body = buf_str(&b);
	*out = (struct similar_words){ .title = record_title(t->type, &rec), .body = body, .rev = rec.rev,
		.digest = str_fmt(a, "%016llx%zx", (unsigned long long)str_hash(body), body.n) };
	return whose(rx, t, record, &out->own);
}

/* ---- what came of it ---- */

enum rc similar_read(struct rx *rx, const struct similar_def *d, int64_t record, struct similar_result *out, bool *found)
{
	struct rows *r;
	struct arena *a = rx->cx->arena;
	TRY(db_rows(rx->cx, rx->db, SQL("SELECT c.at_ms, c.units, c.total, c.clean, c.others, c.digest, c.sources, s.digest FROM similar c "
		"LEFT JOIN similar_text s ON s.name = c.name AND s.record = c.record WHERE c.name = ? AND c.record = ?"), P(p_text(d->name), p_int(record)), &r));
	enum rc rc = db_step(rx->cx, r, found);
	struct str packed = STR("");
	if (rc == RC_OK && *found) {
		*out = (struct similar_result){ .at_ms = row_int(r, 0), .units = row_int(r, 1), .total = row_int(r, 2), .clean = row_int(r, 3), .others = row_int(r, 4),
			.digest = str_dup(a, row_text(r, 5)), .sources = val_list(a), .fresh = str_eq(row_text(r, 5), row_text(r, 7)) };
		packed = str_dup(a, row_text(r, 6));
	}
	rows_done(r);
	TRY(rc);
	return *found ? val_unpack(rx->cx, packed, &out->sources) : RC_OK;
}

static enum rc asked(struct rx *rx, struct val args, const struct similar_def **d)
{
	*d = region_similar(rx->region, val_str(VAL_GET(args, "name")));
	return *d ? RC_OK : rx_missing(rx);
}

static enum rc make_due(struct rx *rx, const struct similar_def *d, int64_t record)
{
	return db_run(rx->cx, rx->db, SQL("UPDATE similar SET digest = '' WHERE name = ? AND record = ?"), P(p_text(d->name), p_int(record)));
}

/* A text is another, or gone: what had passages in common with it is compared again. */
static enum rc forget_text(struct rx *rx, const struct similar_def *d, int64_t record)
{
	struct similar_result was;
	bool found;
	TRY(similar_read(rx, d, record, &was, &found));
	for (size_t i = 0; found && i < val_len(was.sources); i++) TRY(make_due(rx, d, val_i64(VAL_GET(val_at(was.sources, i), "id"))));
	return db_run(rx->cx, rx->db, SQL("DELETE FROM similar_text WHERE name = ? AND record = ?"), P(p_text(d->name), p_int(record)));
}

enum rc similar_do_fed(struct rx *rx, struct val args)
{
	const struct similar_def *d;
	struct val fed = VAL_GET(args, "fed"), gone = VAL_GET(args, "gone");
	int64_t n, seq;
	TRY(asked(rx, args, &d));
	TRY(similar_fed(rx, d, &n, &seq));
	for (size_t i = 0; i < val_len(fed); i++) {
		struct val v = val_at(fed, i), record = VAL_GET(v, "record"), digest = VAL_GET(v, "digest");
		/* The same words under a new revision stay what they were, their number too. */
		TRY(db_run(rx->cx, rx->db, SQL("UPDATE similar_text SET rev = ? WHERE name = ? AND record = ? AND digest = ?"),
			P(p_int(val_i64(VAL_GET(v, "rev"))), p_text(d->name), p_int(val_i64(record)), p_text(val_str(digest)))));
		if (db_changed(rx->db)) continue;
		TRY(forget_text(rx, d, val_i64(record)));
		seq++;
		TRY(db_run(rx->cx, rx->db, SQL("INSERT INTO similar_text (name, type, record, rev, digest, seq) VALUES (?, ?, ?, ?, ?, ?)"),
			P(p_text(d->name), p_text(val_str(VAL_GET(v, "type"))), p_int(val_i64(record)), p_int(val_i64(VAL_GET(v, "rev"))), p_text(val_str(digest)), p_int(seq))));
	}
	for (size_t i = 0; i < val_len(gone); i++) TRY(forget_text(rx, d, val_i64(val_at(gone, i))));
	return RC_OK;
}

enum rc similar_do_compared(struct rx *rx, struct val args)
{
	const struct similar_def *d;
	struct val sources = VAL_GET(args, "sources");
	int64_t record = val_i64(VAL_GET(args, "record"));
	struct buf packed = BUF(rx->cx->arena, SOURCES_MAX);
	TRY(asked(rx, args, &d));
	if (!val_pack(&packed, sources)) return fail(rx->cx, RC_LIMIT, "similar.sources", NOWHERE, "相同段落过多", "too many passages in common");
	TRY(db_run(rx->cx, rx->db, SQL("DELETE FROM similar WHERE name = ? AND record = ?"), P(p_text(d->name), p_int(record))));
	TRY(db_run(rx->cx, rx->db, SQL("INSERT INTO similar (name, record, digest, seen, at_ms, units, total, clean, others, sources) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
		P(p_text(d->name), p_int(record), p_text(val_str(VAL_GET(args, "digest"))), p_int(val_i64(VAL_GET(args, "seen"))), p_int(rx->cx->now_ms),
			p_int(val_i64(VAL_GET(args, "units"))), p_int(val_i64(VAL_GET(args, "total"))), p_int(val_i64(VAL_GET(args, "clean"))),
			p_int(val_i64(VAL_GET(args, "others"))), p_blob(buf_str(&packed)))));
	/* Those compared before this text was there have not seen it. */
	for (size_t i = 0; i < val_len(sources); i++)
		TRY(db_run(rx->cx, rx->db, SQL("UPDATE similar SET digest = '' WHERE name = ? AND record = ? AND seen < (SELECT s.seq FROM similar_text s WHERE s.name = ? AND s.record = ?)"),
			P(p_text(d->name), p_int(val_i64(VAL_GET(val_at(sources, i), "id"))), p_text(d->name), p_int(record))));
	return RC_OK;
}

enum rc similar_do_reset(struct rx *rx, struct val args)
{
	const struct similar_def *d;
	TRY(asked(rx, args, &d));
	/* Numbers begin anew: what was compared has seen none of them. */
	TRY(db_run(rx->cx, rx->db, SQL("UPDATE similar SET seen = 0 WHERE name = ?"), P(p_text(d->name))));
	return db_run(rx->cx, rx->db, SQL("DELETE FROM similar_text WHERE name = ?"), P(p_text(d->name)));
}

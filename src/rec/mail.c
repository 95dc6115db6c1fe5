/* Notices: who is told, and the words; into the outbox, from which they are shown and (when SMTP is set) sent. */
#include "base/rng.h"
#include "rec/flow.h"
#include "rec/list.h"
#include "rec/receipt.h"

/* What the words in braces stand for, beside fields. */
struct words { struct str reason, receipt, title; };

/* "{title} … {number}" in one language. Unknown names were refused when the region was loaded. */
static struct str filled(struct rx *rx, const struct type_def *t, const struct record *rec, const struct words *w, struct str pattern, enum lang lang)
{
	struct arena *a = rx->cx->arena;
	struct buf b = BUF(a, 16384);
	for (size_t i = 0; i < pattern.n; i++) {
		size_t end = pattern.p[i] == '{' ? str_find(pattern, STR("}"), i) : SIZE_MAX;
		if (end == SIZE_MAX) {
			buf_c(&b, pattern.p[i]);
			continue;
		}
		struct str name = str_sub(pattern, i + 1, end);
		const struct field_def *f = type_field(t, name);
		if (str_is(name, "number")) buf_add(&b, rec->number);
		else if (str_is(name, "title") && !f) buf_add(&b, w->title);
		else if (str_is(name, "link")) buf_fmt(&b, "/r/%.*s/%.*s", STRF(t->name), STRF(id_text(a, rec->id)));
		else if (str_is(name, "reason") && !f) buf_add(&b, w->reason);
		else if (str_is(name, "receipt") && !f) buf_add(&b, w->receipt);
		else if (str_is(name, "state")) buf_add(&b, label_text(&rec->state->label, lang));
		else if (f && !(f->sealed && rec->state->sealed)) buf_add(&b, form_text(rx, f, val_get(rec->values, name)));
		i = end;
	}
	return buf_str(&b);
}

struct targets { int64_t v[200]; int n; bool all; };

/* The ids that the grant's scope points to: persons for own, organisations for org; accounts for a bare own. */
static enum rc target_ids(struct rx *rx, const struct type_def *t, const struct record *rec, const struct grant *g, struct targets *out)
{
	*out = (struct targets){ .all = g->scope == SCOPE_ALL && !g->via };
	if (out->all || g->scope == SCOPE_DIVISION) return RC_OK;
	if (!g->via && !g->n_path) {
		out->v[out->n++] = g->scope == SCOPE_OWN ? rec->owner : rec->org;
		return RC_OK;
	}
	const struct type_def *from = g->via ? g->via : t;
	struct query q = query_new(rx, from);
	Q(&q, "SELECT ");
	if (g->n_path) TRY(query_path(&q, g->path, g->n_path, false, 0));
	else query_column(&q, 0, g->scope == SCOPE_OWN ? "owner" : "org");
	Q(&q, " FROM ");
	query_table(&q, from, 0);
	Q(&q, " WHERE ");
	if (g->via) TRY(query_field(&q, g->via_field, 0));
	else query_column(&q, 0, "id");
	Q(&q, " = ");
	query_int(&q, rec->id);
	Q(&q, " LIMIT 200");
	struct rows *r;
	TRY(query_rows(&q, &r));
	enum rc rc;
	bool more;
	while ((rc = db_step(rx->cx, r, &more)) == RC_OK && more)
		if (row_int(r, 0)) out->v[out->n++] = row_int(r, 0);
	rows_done(r);
	return rc;
}

struct reader { int64_t account, person, org; struct str address, division; };

static bool reaches(const struct grant *g, const struct targets *to, const struct record *rec, const struct reader *who)
{
	if (to->all) return true;
	if (g->scope == SCOPE_DIVISION) return division_holds(who->division, rec->division);
	bool by_account = g->scope == SCOPE_OWN && !g->n_path;
	int64_t mine = by_account ? who->account : g->scope == SCOPE_OWN ? who->person : who->org;
	for (int i = 0; i < to->n; i++)
		if (mine && to->v[i] == mine) return true;
	return false;
}

/* "R20261125-7kq2m4xz SM3 1f0…", for who made the step and their organisation; nobody else is told. */
static enum rc receipt_words(struct rx *rx, const struct type_def *t, const struct record *rec, const struct reader *who, const struct mail_def *m, struct str *out)
{
	struct receipts list;
	*out = STR("");
	bool ours = who->account == rx->viewer.account || (who->org && who->org == rx->viewer.org);
	if (!ours || !str_has(m->text.zh, STR("{receipt}"))) return RC_OK;
	TRY(receipt_list(rx, t, rec->id, &list));
	if (list.n) *out = str_fmt(rx->cx->arena, "%.*s SM3 %.*s", STRF(list.v[0].number), STRF(list.v[0].digest));
	return RC_OK;
}

/* What people know the record by: of one named by a ref, the name of what it refers to. */
static enum rc title_words(struct rx *rx, const struct type_def *t, const struct record *rec, struct str *out)
{
	struct rx system = *rx;
	*out = STR("");
	if (!t->title || t->title->sealed) return RC_OK;
	*out = record_title(t, rec);
	if (out->n || t->title->kind != FIELD_REF) return RC_OK;
	system.viewer.system = true;
	int64_t to = val_i64(val_get(rec->values, t->title->name));
	return to ? titles_read(&system, t->title->ref, &to, 1, out) : RC_OK;
}

static enum rc put(struct rx *rx, const struct type_def *t, const struct record *rec, const struct reader *who, const struct mail_def *m,
	struct str reason)
{
	struct words w = { .reason = reason };
	TRY(receipt_words(rx, t, rec, who, m, &w.receipt));
	TRY(title_words(rx, t, rec, &w.title));
	return db_run(rx->cx, rx->db,
		SQL("INSERT INTO mail (id, at_ms, account_id, address, subject_zh, subject_en, text_zh, text_en, type, record, state) "
		    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'queued')"),
		P(p_int(id_next(rx->ids, rx->cx->now_ms)), p_int(rx->cx->now_ms), p_int(who->account), p_text(who->address),
			p_text(filled(rx, t, rec, &w, m->subject.zh, LANG_ZH)), p_text(filled(rx, t, rec, &w, label_text(&m->subject, LANG_EN), LANG_EN)),
			p_text(filled(rx, t, rec, &w, m->text.zh, LANG_ZH)), p_text(filled(rx, t, rec, &w, label_text(&m->text, LANG_EN), LANG_EN)),
			p_text(t->name), p_int(rec->id)));
}

typedef VEC(struct reader) reader_list;

/* Accounts that the grant reaches, all of them or one person's. */
static enum rc read_readers(struct rx *rx, const struct grant *to, const struct targets *targets, const struct record *rec, int64_t person, reader_list *out)
{
	struct rows *r;
	enum rc rc;
	bool more;
	if (person)
		TRY(db_rows(rx->cx, rx->db,
			SQL("SELECT a.id, a.person_id, a.org_id, a.email, a.division FROM account a JOIN account_role r ON r.account_id = a.id "
			    "WHERE a.person_id = ? AND r.role = ? AND a.state = 'active' ORDER BY a.id LIMIT 1000"),
			P(p_int(person), p_text(to->role->name)), &r));
	else if (to->who == WHO_ROLE)
		TRY(db_rows(rx->cx, rx->db,
			SQL("SELECT a.id, a.person_id, a.org_id, a.email, a.division FROM account a JOIN account_role r ON r.account_id = a.id "
			    "WHERE r.role = ? AND a.state = 'active' ORDER BY a.id LIMIT 1000"),
			P(p_text(to->role->name)), &r));
	else
		TRY(db_rows(rx->cx, rx->db, SQL("SELECT a.id, a.person_id, a.org_id, a.email, a.division FROM account a WHERE a.state = 'active' ORDER BY a.id LIMIT 1000"),
			NO_PARAMS, &r));
	while ((rc = db_step(rx->cx, r, &more)) == RC_OK && more) {
		struct reader who = { row_int(r, 0), row_int(r, 1), row_int(r, 2), str_dup(rx->cx->arena, row_text(r, 3)), str_dup(rx->cx->arena, row_text(r, 4)) };
		if (reaches(to, targets, rec, &who)) VEC_PUSH(rx->cx->arena, out, who);
	}
	rows_done(r);
	return rc;
}

static bool has(const int64_t *v, int n, int64_t x)
{
	while (n-- > 0)
		if (v[n] == x) return true;
	return false;
}

enum rc mail_notify(struct rx *rx, const struct type_def *t, const struct record *rec, const struct grant *to, const struct mail_def *mail,
	struct str reason)
{
	struct targets targets = { .n = 1, .v = { rec->owner } };
	struct grant author = { .who = WHO_SIGNED, .scope = SCOPE_OWN };
	if (to->who == WHO_AUTHOR) to = &author;
	else TRY(target_ids(rx, t, rec, to, &targets));
	reader_list readers = { 0 };
	/* To named persons: theirs are looked up, as a role may have more accounts than are read below. */
	bool persons = to->who == WHO_ROLE && to->scope == SCOPE_OWN && (to->n_path || to->via);
	for (int i = 0; persons && i < targets.n; i++)
		if (!has(targets.v, i, targets.v[i])) TRY(read_readers(rx, to, &targets, rec, targets.v[i], &readers));
	if (!persons) TRY(read_readers(rx, to, &targets, rec, 0, &readers));
	for (size_t i = 0; i < readers.n; i++) TRY(put(rx, t, rec, &readers.v[i], mail, reason));
	return RC_OK;
}

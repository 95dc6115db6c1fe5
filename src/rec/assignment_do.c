/* Assignments in the writer: keep a proposal, publish it. */
#include <stdlib.h>

#include "base/csv.h"
#include "base/rng.h"
#include "rec/assignment.h"
#include "rec/event.h"
#include "rec/flow.h"

enum { ROW_ARENA = 64 << 20, TOLD_MAX = 10, PROPOSAL_COLUMNS = 17 };

/* ---- rights ---- */

/* SELECT 1 of the one round, up to where the condition goes. */
static void ask_round(struct query *q, int64_t round)
{
	Q(q, "SELECT 1 FROM ");
	query_table(q, q->type, 0);
	Q(q, " WHERE ");
	query_ids(q, &round, 1);
	Q(q, " AND ");
}

static enum rc granted(struct rx *rx, const struct assignment_def *d, int64_t round, const struct grant *g, int n, bool *yes)
{
	*yes = false;
	for (int i = 0; i < n && !*yes; i++) {
		struct query q = query_new(rx, d->round);
		int64_t one;
		if (!grant_names(&g[i], &rx->viewer)) continue;
		ask_round(&q, round);
		TRY(access_grant(&q, &g[i]));
		TRY(query_one_int(&q, &one, yes));
	}
	return RC_OK;
}

enum rc assignment_right(struct rx *rx, const struct assignment_def *d, int64_t round, struct assignment_right *out)
{
	struct right right;
	struct query q = query_new(rx, d->round);
	int64_t one;
	*out = (struct assignment_right){ 0 };
	TRY(access_record(rx, d->round, round, &right));
	if (!right.see) return RC_OK;
	TRY(granted(rx, d, round, d->by, d->n_by, &out->propose));
	TRY(granted(rx, d, round, d->publish, d->n_publish, &out->publish));
	out->see = out->propose || out->publish;
	ask_round(&q, round);
	query_states(&q, d->open, d->n_open, 0);
	return query_one_int(&q, &one, &out->open);
}

/* ---- the proposal ---- */

static void proposal_of(struct arena *a, const struct rows *r, struct assignment_proposal *p)
{
	struct str *text[] = { &p->items, &p->persons, &p->pairs, &p->rules, &p->answer, &p->item_ids, &p->person_ids, &p->changes, &p->commitment, &p->figures };
	int64_t *number[] = { &p->id, &p->seed, &p->account, &p->at_ms, &p->published_ms, &p->publisher };
	for (int i = 0; i < 6; i++) *number[i] = row_int(r, i);
	for (int i = 0; i < 10; i++) *text[i] = str_dup(a, row_text(r, 6 + i));
	p->tries = (int)row_int(r, PROPOSAL_COLUMNS - 1);
}

enum rc assignment_proposal_read(struct rx *rx, const struct assignment_def *d, int64_t round, struct assignment_proposal *out, bool *found)
{
	struct rows *r;
	*out = (struct assignment_proposal){ 0 };
	TRY(db_rows(rx->cx, rx->db,
		SQL("SELECT id, seed, account, at_ms, published_ms, publisher, items, persons, pairs, rules, answer, item_ids, person_ids, changes, commitment, figures, "
		    "(SELECT COUNT(*) FROM proposal o WHERE o.assignment = p.assignment AND o.round = p.round) FROM proposal p WHERE assignment = ? AND round = ? "
		    "ORDER BY id DESC LIMIT 1"),
		P(p_text(d->name), p_int(round)), &r));
	enum rc rc = db_step(rx->cx, r, found);
	if (rc == RC_OK && *found) proposal_of(rx->cx->arena, r, out);
	rows_done(r);
	return rc;
}

enum rc assignment_waiting(struct rx *rx, const struct assignment_def *d, struct assignment_waits *out)
{
	struct assignment_waits all = { 0 }, list = { 0 };
	struct rows *r;
	enum rc rc;
	bool more;
	TRY(db_rows(rx->cx, rx->db,
		SQL("SELECT round, at_ms FROM proposal p WHERE assignment = ? AND published_ms = 0 AND answer <> '' AND account <> ? "
		    "AND NOT EXISTS (SELECT 1 FROM proposal o WHERE o.assignment = p.assignment AND o.round = p.round AND o.id > p.id) ORDER BY id LIMIT 100"),
		P(p_text(d->name), p_int(rx->viewer.account)), &r));
	while ((rc = db_step(rx->cx, r, &more)) == RC_OK && more) VEC_PUSH(rx->cx->arena, &all, ((struct assignment_wait){ row_int(r, 0), row_int(r, 1) }));
	rows_done(r);
	TRY(rc);
	for (size_t i = 0; i < all.n; i++) {
		struct assignment_right right;
		TRY(assignment_right(rx, d, all.v[i].round, &right));
		if (right.publish) VEC_PUSH(rx->cx->arena, &list, all.v[i]);
	}
	*out = list;
	return RC_OK;
}

struct asked { struct rx *rx; const struct assignment_def *d; int64_t round; struct str remote; struct assignment_right right; };

static enum rc read_asked(struct rx *rx, struct val args, struct str remote, struct asked *out)
{
	*out = (struct asked){ .rx = rx, .d = region_assignment(rx->region, val_str(VAL_GET(args, "assignment"))), .round = val_i64(VAL_GET(args, "round")), .remote = remote };
	if (!out->d || !out->round) return rx_missing(rx);
	TRY(assignment_right(rx, out->d, out->round, &out->right));
	return out->right.see ? RC_OK : rx_missing(rx);
}

static enum rc not_open(struct rx *rx)
{
	return fail(rx->cx, RC_CONFLICT, "assignment.closed", NOWHERE, "该轮次现在不能指派", "this round takes no assignment now");
}

/* One text field of the round, with its event. */
static enum rc set_round(const struct asked *x, const struct field_def *f, struct str s)
{
	struct rx *rx = x->rx, system = *rx;
	struct mask all = mask_all();
	struct record rec;
	struct val values = val_map(rx->cx->arena);
	if (!f) return RC_OK;
	system.viewer.system = true;
	TRY(record_read(&system, x->d->round, x->round, &all, &rec));
	val_set(rx->cx->arena, values, f->name, val_text(s));
	struct val changes = record_changes(&system, x->d->round, &rec, values);
	if (!val_len(changes)) return RC_OK;
	TRY(record_update(&system, x->d->round, &rec, values, rec.state, rec.number));
	struct event e = { .type = x->d->round->name, .record = x->round, .rev = rec.rev + 1, .act = STR("save"), .changes = changes, .remote = x->remote };
	return event_add(&system, &e);
}

static enum rc note(const struct asked *x, const char *act, const struct assignment_proposal *p)
{
	struct arena *a = x->rx->cx->arena;
	struct val changes = val_map(a), pair = val_list(a);
	val_push(a, pair, VNULL);
	val_push(a, pair, val_text(p->commitment));
	VAL_SET(a, changes, "commitment", pair);
	struct event e = { .type = x->d->round->name, .record = x->round, .act = str_c(act), .reason = str_is(p->changes, "[]") ? STR("") : p->changes, .changes = changes, .remote = x->remote };
	return event_add(x->rx, &e);
}

/* The round's own move, where it stands in a state that it starts from. */
static enum rc move_round(const struct asked *x, const struct move_def *m)
{
	struct rx system = *x->rx;
	struct record after, rec;
	struct mask none = { 0 };
	struct move_request req = { .rev = -1, .raw = VNULL, .notes = VNULL };
	if (!m) return RC_OK;
	TRY(record_read(&system, x->d->round, x->round, &none, &rec));
	int k = 0;
	while (k < m->n_from && m->from[k] != rec.state) k++;
	if (k == m->n_from) return RC_OK;
	req.move = m->name;
	system.viewer.system = true;
	return flow_move(&system, x->d->round, x->round, &req, &after);
}

enum rc assignment_do_propose(struct rx *rx, struct val args, struct str remote, struct val *reply)
{
	static const char *const names[] = { "items", "persons", "pairs", "rules", "answer", "item_ids", "person_ids", "changes", "commitment", "figures" };
	struct asked x;
	struct assignment_proposal before, now = { .seed = val_i64(VAL_GET(args, "seed")), .account = rx->viewer.account, .at_ms = rx->cx->now_ms };
	bool found;
	TRY(read_asked(rx, args, remote, &x));
	if (!x.right.propose) return rx_missing(rx);
	TRY(assignment_proposal_read(rx, x.d, x.round, &before, &found));
	bool repair = found && before.published_ms;
	if (!x.right.open && !repair) return not_open(rx);
	if (now.seed < 1 || (found && before.seed != now.seed))
		return fail(rx->cx, RC_CONFLICT, "assignment.seed", NOWHERE, "本轮的种子已定，不能更换", "the seed of this round is drawn already and stays");
	struct param p[6 + 10] = { p_int(id_next(rx->ids, rx->cx->now_ms)), p_text(x.d->name), p_int(x.round), p_int(now.seed), p_int(now.account), p_int(now.at_ms) };
	for (int i = 0; i < 10; i++) p[6 + i] = p_text(val_str(val_get(args, str_c(names[i]))));
	now.changes = val_str(VAL_GET(args, "changes"));
	now.commitment = val_str(VAL_GET(args, "commitment"));
	/* Of proposals that came to nothing the trail keeps commitment and changes; their files would only take room. */
	TRY(db_run(rx->cx, rx->db, SQL("UPDATE proposal SET items = '', persons = '', pairs = '', answer = '', item_ids = '', person_ids = '' "
		"WHERE assignment = ? AND round = ? AND published_ms = 0"), P(p_text(x.d->name), p_int(x.round))));
	TRY(db_run(rx->cx, rx->db, SQL("INSERT INTO proposal (id, assignment, round, seed, account, at_ms, items, persons, pairs, rules, answer, item_ids, person_ids, changes, "
		"commitment, figures) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"), ((struct params){ p, 16 })));
	TRY(set_round(&x, x.d->commitment, now.commitment));
	TRY(move_round(&x, x.d->proposed));
	*reply = val_map(rx->cx->arena);
	VAL_SET(rx->cx->arena, *reply, "commitment", val_text(now.commitment));
	return note(&x, "propose", &now);
}

/* ---- publishing ---- */

/* `a`, `e`: places in the proposal's lists, as its files call them; item, person: in the case of now. */
struct pair { int32_t item, person; int a, e; bool there; };
struct publishing {
	struct asked x;
	struct assignment_proposal p;
	struct assignment_case c;
	struct pair *pair;
	int n_pair;
	struct val *value;                      /* by made value: its values by item, person or one */
	struct record round;
	int made;
};

int64_t *assignment_ids(struct arena *a, struct str list, int *n)
{
	typedef VEC(int64_t) id_list;
	id_list v = { 0 };
	struct str part;
	int64_t id;
	while (list.n && str_cut(&list, ',', &part))
		if (str_int(part, &id)) VEC_PUSH(a, &v, id);
	*n = (int)v.n;
	return v.v;
}

int assignment_place(struct str s, char letter, int n)
{
	int64_t k;
	s = str_trim(s);
	if (s.n < 2 || (s.p[0] != letter && s.p[0] != letter + 'a' - 'A') || !str_int(str_sub(s, 1, s.n), &k) || k < 1 || k > n) return -1;
	return (int)k - 1;
}

static enum rc gone(struct publishing *p, struct str item, struct str person)
{
	return fail(p->x.rx->cx, RC_CONFLICT, "assignment.gone", NOWHERE, "提出之后，%.*s 或 %.*s 已不在本轮中，请重新提出", "since it was proposed, %.*s or %.*s has left the round: propose again",
		STRF(item), STRF(person));
}

static enum rc read_pairs(struct publishing *p)
{
	struct cx *cx = p->x.rx->cx;
	struct csv csv = csv_open(p->p.answer, "assignment.csv");
	struct csv_row row;
	VEC(struct pair) pairs = { 0 };
	bool more;
	int n_item, n_person;
	int64_t *item = assignment_ids(cx->arena, p->p.item_ids, &n_item), *person = assignment_ids(cx->arena, p->p.person_ids, &n_person);
	TRY(csv_next(cx, &csv, &row, &more));
	for (;;) {
		TRY(csv_next(cx, &csv, &row, &more));
		if (!more) break;
		struct pair one = { .a = row.n < 2 ? -1 : assignment_place(row.cell[0], 'A', n_item), .e = row.n < 2 ? -1 : assignment_place(row.cell[1], 'E', n_person) };
		if (one.a < 0 || one.e < 0) return gone(p, STR("?"), STR("?"));
		one.item = assignment_item_at(&p->c, item[one.a]);
		one.person = assignment_person_at(&p->c, person[one.e]);
		if (one.item < 0 || one.person < 0) return gone(p, row.cell[0], row.cell[1]);
		VEC_PUSH(cx->arena, &pairs, one);
	}
	p->pair = pairs.v;
	p->n_pair = (int)pairs.n;
	return RC_OK;
}

/* Conflicts as they are now, and every place filled. */
static enum rc check_pairs(struct publishing *p)
{
	struct cx *cx = p->x.rx->cx;
	const struct assignment_case *c = &p->c;
	int32_t *got = ARENA_ARRAY(cx->arena, int32_t, (size_t)c->n_item + 1);
	int bad = 0;
	enum rc rc = RC_OK;
	for (int i = 0; i < p->n_pair && bad < TOLD_MAX; i++) {
		uint32_t bits = assignment_conflicts(c, p->pair[i].item, p->pair[i].person);
		got[p->pair[i].item]++;
		for (int m = 0; bits && m < c->def->n_match; m++) {
			if (!(bits >> m & 1)) continue;
			const struct label *l = &c->def->match[m]->label;
			rc = fail_text(cx, RC_CONFLICT, "assignment.conflict", NOWHERE, str_fmt(cx->arena, "A%d 与 E%d：%.*s", p->pair[i].a + 1, p->pair[i].e + 1, STRF(l->zh)),
				str_fmt(cx->arena, "A%d and E%d: %.*s", p->pair[i].a + 1, p->pair[i].e + 1, STRF(label_text(l, LANG_EN))));
			fail_hint(cx, "提出之后出现的回避，请重新提出", "a conflict that came up since it was proposed: propose again");
			bits = 0;
			bad++;
		}
	}
	for (int i = 0; i < c->n_item && rc == RC_OK; i++)
		if (got[i] < c->need[i])
			rc = fail(cx, RC_CONFLICT, "assignment.short", NOWHERE, "A%d 需要 %d 人，只有 %d 人", "A%d needs %d persons and has %d", i + 1, c->need[i], got[i]);
	return rc;
}

static int pair_of(const struct publishing *p, int32_t item, int32_t person)
{
	int low = 0, high = p->n_pair - 1;
	while (low <= high) {
		int mid = low + (high - low) / 2;
		const struct pair *x = &p->pair[mid];
		if (x->item == item && x->person == person) return mid;
		if (x->item < item || (x->item == item && x->person < person)) low = mid + 1;
		else high = mid - 1;
	}
	return -1;
}

static int pair_cmp(const void *x, const void *y)
{
	const struct pair *a = x, *b = y;
	if (a->item != b->item) return a->item < b->item ? -1 : 1;
	return a->person < b->person ? -1 : a->person > b->person;
}

/* Records that are there and stand stay; a proposal that leaves one out cannot be published. */
static enum rc keep_made(struct publishing *p)
{
	if (p->n_pair) qsort(p->pair, (size_t)p->n_pair, sizeof *p->pair, pair_cmp);
	for (int i = 0; i < p->c.n_made; i++) {
		const struct assignment_made *m = &p->c.made[i];
		if (!assignment_stands(&p->c, m)) continue;
		int at = pair_of(p, m->item, m->person);
		if (at < 0) return fail(p->x.rx->cx, RC_CONFLICT, "assignment.left_out", NOWHERE, "方案漏掉了已经指派的 A%d、E%d", "the proposal leaves out A%d, E%d, who are assigned already",
			m->item + 1, m->person + 1);
		p->pair[at].there = true;
	}
	return RC_OK;
}

/* The values at the end of a path, for all records of a side. */
static enum rc path_values(struct publishing *p, const struct made_value *v, struct val *out)
{
	struct rx *rx = p->x.rx;
	const struct assignment_def *d = p->x.d;
	const struct type_def *types[] = { d->round, d->item, d->person };
	struct query q = query_new(rx, types[v->from]);
	struct rows *r;
	enum rc rc;
	bool more;
	Q(&q, "SELECT ");
	query_column(&q, 0, "id");
	Q(&q, ", ");
	TRY(query_path(&q, v->path, v->n_path, false, 0));
	Q(&q, " FROM ");
	query_table(&q, q.type, 0);
	if (v->from == MADE_ROUND) {
		Q(&q, " WHERE ");
		query_column(&q, 0, "id");
		Q(&q, " = ");
		query_int(&q, p->x.round);
	}
	TRY(query_rows(&q, &r));
	while ((rc = db_step(rx->cx, r, &more)) == RC_OK && more) {
		int at = v->from == MADE_ROUND ? 0 : v->from == MADE_ITEM ? assignment_item_at(&p->c, row_int(r, 0)) : assignment_person_at(&p->c, row_int(r, 0));
		if (at >= 0) out[at] = column_val(rx->cx->arena, field_value_type(v->path[v->n_path - 1]), r, 1);
	}
	rows_done(r);
	return rc;
}

static enum rc gather(struct publishing *p, struct val **by_value)
{
	const struct assignment_def *d = p->x.d;
	const int size[] = { 1, p->c.n_item, p->c.n_person };
	for (int i = 0; i < d->n_value; i++) {
		by_value[i] = ARENA_ARRAY(p->x.rx->cx->arena, struct val, (size_t)size[d->value[i].from] + 1);
		if (d->value[i].n_path) TRY(path_values(p, &d->value[i], by_value[i]));
	}
	return RC_OK;
}

static struct val value_of(const struct publishing *p, struct val *const *by_value, int i, const struct pair *pair)
{
	const struct made_value *v = &p->x.d->value[i];
	const int at[] = { 0, pair->item, pair->person };
	if (v->n_path) return by_value[i][at[v->from]];
	return val_int(v->from == MADE_ROUND ? p->x.round : v->from == MADE_ITEM ? p->c.item[pair->item] : p->c.person[pair->person]);
}

static enum rc make(struct publishing *p, struct rx *rx, struct val *const *by_value, const struct pair *pair, struct record *rec)
{
	const struct assignment_def *d = p->x.d;
	struct val values;
	TRY(form_defaults(rx, d->makes, &values));
	for (int i = 0; i < d->n_value; i++) val_set(rx->cx->arena, values, d->value[i].field->name, value_of(p, by_value, i, pair));
	*rec = (struct record){ .rev = 1, .state = d->into ? d->into : d->makes->state[0], .owner = rx->viewer.account, .author = rx->viewer.person, .org = p->round.org,
		.division = p->round.division, .created_ms = rx->cx->now_ms, .changed_ms = rx->cx->now_ms, .values = values };
	if (!rec->state->draft && d->makes->number.n) TRY(record_number(rx, d->makes, rec, values, &rec->number));
	TRY(record_insert(rx, d->makes, rec, values, &rec->id));
	struct event e = { .type = d->makes->name, .record = rec->id, .rev = 1, .act = STR("create"), .to = rec->state->name,
		.changes = record_changes(rx, d->makes, NULL, values), .remote = p->x.remote };
	TRY(event_add(rx, &e));
	p->made++;
	return RC_OK;
}

/* Every record in memory of its own, as thousands of them would fill the command's. The first of a person brings the notice. */
static enum rc make_all(struct publishing *p)
{
	struct rx *rx = p->x.rx;
	const struct assignment_def *d = p->x.d;
	struct val **by_value = ARENA_ARRAY(rx->cx->arena, struct val *, (size_t)d->n_value + 1);
	bool *told = ARENA_ARRAY(rx->cx->arena, bool, (size_t)p->c.n_person + 1);
	TRY(gather(p, by_value));
	struct arena *a = arena_new(ROW_ARENA);
	struct cx cx = { .arena = a, .lang = rx->cx->lang, .now_ms = rx->cx->now_ms };
	struct rx one = *rx;
	enum rc rc = RC_OK;
	one.cx = &cx;
	for (int i = 0; i < p->n_pair && rc == RC_OK; i++) {
		struct record rec;
		if (p->pair[i].there) continue;
		rc = make(p, &one, by_value, &p->pair[i], &rec);
		if (rc == RC_OK && d->notify && !told[p->pair[i].person]) rc = mail_notify(&one, d->makes, &rec, d->notify, d->mail, STR(""));
		told[p->pair[i].person] = true;
		if (rc != RC_OK) fail_copy(rx->cx, &cx.fails);
		arena_reset(a);
	}
	arena_free(a);
	return rc;
}

static enum rc may_publish(struct publishing *p, struct val args)
{
	struct rx *rx = p->x.rx;
	bool found;
	if (!p->x.right.publish) return rx_missing(rx);
	TRY(assignment_proposal_read(rx, p->x.d, p->x.round, &p->p, &found));
	if (!found || p->p.published_ms || !p->p.answer.n) return fail(rx->cx, RC_CONFLICT, "assignment.none", NOWHERE, "没有可公布的方案", "there is no proposal to publish");
	if (!str_eq(p->p.commitment, val_str(VAL_GET(args, "commitment"))))
		return fail(rx->cx, RC_CONFLICT, "assignment.other", NOWHERE, "此后又有新的方案，请看过再公布", "there is a newer proposal: look at that one");
	if (p->p.account == rx->viewer.account)
		return fail(rx->cx, RC_DENIED, "assignment.four_eyes", NOWHERE, "提出方案的人不能公布，请由另一人公布", "who proposed it cannot publish it: another person must");
	return RC_OK;
}

enum rc assignment_do_publish(struct rx *rx, struct val args, struct str remote, struct val *reply)
{
	struct publishing p = { 0 };
	struct mask all = mask_all();
	TRY(read_asked(rx, args, remote, &p.x));
	TRY(may_publish(&p, args));
	TRY(assignment_read(rx, p.x.d, p.x.round, NULL, ASSIGNMENT_NO_CANDIDATES, &p.c));
	if (!p.x.right.open && !p.c.n_made) return not_open(rx);
	TRY(read_pairs(&p));
	TRY(check_pairs(&p));
	TRY(keep_made(&p));
	TRY(record_read(rx, p.x.d->round, p.x.round, &all, &p.round));
	TRY(make_all(&p));
	TRY(set_round(&p.x, p.x.d->seed, str_fmt(rx->cx->arena, "%lld", (long long)p.p.seed)));
	TRY(move_round(&p.x, p.x.d->published));
	TRY(db_run(rx->cx, rx->db, SQL("UPDATE proposal SET published_ms = ?, publisher = ? WHERE id = ?"), P(p_int(rx->cx->now_ms), p_int(rx->viewer.account), p_int(p.p.id))));
	*reply = val_map(rx->cx->arena);
	VAL_SET(rx->cx->arena, *reply, "made", val_int(p.made));
	return note(&p.x, "publish", &p.p);
}

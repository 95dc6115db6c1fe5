/* Assignments of a round: propose, look at every pair with its reasons, change by hand, publish by another person, repair after a decline,
   and the files by which anybody can replay the draw. */
#include "base/json.h"
#include "feature/assign_job.h"
#include "feature/feature.h"
#include "feature/job.h"
#include "feature/show.h"

enum { ITEMS_PAGE = 25, PERSONS_PAGE = 100, LATE_SHOWN = 50, PAGE_ARENA = 96 << 20,
	PAIRS_NOW = 6000 };                     /* items × persons that are worked out while the request waits: some tenths of a second */

struct pair { int item, person, next; };        /* places in the proposal's lists; next: the following pair of the person, -1 */

struct sheet {
	const struct assignment_def *def;
	int64_t round;
	struct assignment_right right;
	struct assignment_proposal p;
	bool found;
	struct draw_changes changes;
	int64_t *item, *person;
	int n_item, n_person;
	struct pair *pair;                      /* by item */
	int n_pair;
	int32_t *load;                          /* by person */
	struct str link;
};

static enum rc read_pairs(struct page *p, struct sheet *s)
{
	struct arena *a = p->cx->arena;
	struct csv csv = csv_open(s->p.answer, "assignment.csv");
	struct csv_row row;
	VEC(struct pair) pairs = { 0 };
	bool more;
	s->load = ARENA_ARRAY(a, int32_t, (size_t)s->n_person + 1);
	if (!s->p.answer.n) return RC_OK;
	TRY(csv_next(p->cx, &csv, &row, &more));
	for (;;) {
		TRY(csv_next(p->cx, &csv, &row, &more));
		if (!more) break;
		struct pair x = { row.n > 1 ? assignment_place(row.cell[0], 'A', s->n_item) : -1, row.n > 1 ? assignment_place(row.cell[1], 'E', s->n_person) : -1, -1 };
		if (x.item < 0 || x.person < 0) continue;
		s->load[x.person]++;
		VEC_PUSH(a, &pairs, x);
	}
	s->pair = pairs.v;
	s->n_pair = (int)pairs.n;
	return RC_OK;
}

/* The assignment and round of the path, with the proposal as it stands. Whoever may do nothing with it gets the answer for a missing page. */
static enum rc load(struct page *p, struct rx *rx, struct sheet *s)
{
	*s = (struct sheet){ .def = region_assignment(p->region, p->param[0]) };
	if (!s->def) return rx_missing(rx);
	arena_ceiling(p->cx->arena, PAGE_ARENA);
	TRY(page_id(p, p->param[1], &s->round));
	TRY(assignment_right(rx, s->def, s->round, &s->right));
	if (!s->right.see) return rx_missing(rx);
	s->link = str_fmt(p->cx->arena, "/assignment/%.*s/%.*s", STRF(s->def->name), STRF(p->param[1]));
	TRY(assignment_proposal_read(rx, s->def, s->round, &s->p, &s->found));
	TRY(draw_changes_read(p->cx, s->p.changes, &s->changes));
	s->item = assignment_ids(p->cx->arena, s->p.item_ids, &s->n_item);
	s->person = assignment_ids(p->cx->arena, s->p.person_ids, &s->n_person);
	return read_pairs(p, s);
}

/* ---- showing ---- */

static struct str of_lang(const struct page *p, struct val v) { return val_str(p->cx->lang == LANG_ZH ? VAL_GET(v, "zh") : VAL_GET(v, "en")); }

static struct val named(struct page *p, const char *letter, int place, const struct type_def *t, int64_t id, struct str title)
{
	struct arena *a = p->cx->arena;
	struct val v = val_map(a);
	VAL_SET(a, v, "id", val_text(str_fmt(a, "%s%d", letter, place + 1)));
	VAL_SET(a, v, "title", val_text(title));
	if (title.n) VAL_SET(a, v, "link", val_text(record_link(a, t, id)));
	return v;
}

/* The line of a pair in pairs.csv, cut into cells. */
static bool pair_line(struct page *p, const struct sheet *s, int item, int person, struct csv_row *row)
{
	struct str key = str_fmt(p->cx->arena, "\nA%d,E%d,", item + 1, person + 1);
	size_t at = str_find(s->p.pairs, key, 0);
	bool more = false;
	if (at == SIZE_MAX) return false;
	struct csv csv = csv_open(str_sub(s->p.pairs, at + 1, s->p.pairs.n), "pairs.csv");
	return csv_next(p->cx, &csv, row, &more) == RC_OK && more;
}

/* What speaks for a pair: the points of each affinity, and whether it stays by hand or because it was assigned. */
static struct val reasons(struct page *p, const struct sheet *s, const struct pair *x)
{
	struct arena *a = p->cx->arena;
	struct val list = val_list(a);
	struct csv_row row = { 0 };
	int64_t n;
	if (!pair_line(p, s, x->item, x->person, &row)) return list;
	for (int m = 0, k = 3; m < s->def->n_match; m++) {
		if (s->def->match[m]->conflict) continue;
		struct val v = val_map(a);
		if (k >= row.n || !str_int(row.cell[k++], &n) || !n) continue;
		VAL_SET(a, v, "label", val_text(label_of(p, &s->def->match[m]->label)));
		VAL_SET(a, v, "points", val_int(n));
		val_push(a, list, v);
	}
	int stays = 3 + s->def->n_affinity;
	if (stays < row.n && str_int(row.cell[stays], &n) && n) {
		struct val v = val_map(a);
		VAL_SET(a, v, "stays", val_textz(n >= DRAW_FORCED ? "forced" : "kept"));
		val_push(a, list, v);
	}
	return list;
}

/* Items from..to with their experts. */
static enum rc show_items(struct page *p, struct rx *rx, const struct sheet *s, const int *shown, int n)
{
	struct arena *a = p->cx->arena;
	struct val list = val_list(a);
	int64_t *id = ARENA_ARRAY(a, int64_t, (size_t)n + 1), *who = ARENA_ARRAY(a, int64_t, (size_t)n * 64 + 1);
	struct str *title = ARENA_ARRAY(a, struct str, (size_t)n + 1), *name = ARENA_ARRAY(a, struct str, (size_t)n * 64 + 1);
	const struct pair **pair = ARENA_ARRAY(a, const struct pair *, (size_t)n * 64 + 1);
	int *first = ARENA_ARRAY(a, int, (size_t)n + 2), n_pair = 0;
	for (int i = 0; i < n; i++) {
		id[i] = s->item[shown[i]];
		first[i] = n_pair;
		for (int k = 0; k < s->n_pair && n_pair < n * 64; k++) {
			if (s->pair[k].item != shown[i]) continue;
			pair[n_pair] = &s->pair[k];
			who[n_pair++] = s->person[s->pair[k].person];
		}
	}
	first[n] = n_pair;
	TRY(titles_read(rx, s->def->item, id, n, title));
	TRY(titles_read(rx, s->def->person, who, n_pair, name));
	for (int i = 0; i < n; i++) {
		struct val v = named(p, "A", shown[i], s->def->item, id[i], title[i]), experts = val_list(a);
		for (int k = first[i]; k < first[i + 1]; k++) {
			struct val e = named(p, "E", pair[k]->person, s->def->person, who[k], name[k]);
			VAL_SET(a, e, "load", val_int(s->load[pair[k]->person]));
			VAL_SET(a, e, "reasons", reasons(p, s, pair[k]));
			val_push(a, experts, e);
		}
		VAL_SET(a, v, "experts", experts);
		val_push(a, list, v);
	}
	VAL_SET(a, p->out, "items", list);
	return RC_OK;
}

/* Which items the link asks for: one expert's, or a page of all. */
static enum rc items_part(struct page *p, struct rx *rx, const struct sheet *s)
{
	struct arena *a = p->cx->arena;
	int *shown = ARENA_ARRAY(a, int, (size_t)s->n_item + 1), n = 0;
	struct str asked = http_query(p->req, "expert"), one = http_query(p->req, "item");
	int64_t from = 0;
	VAL_SET(a, p->out, "asked", val_text(str_trim(asked.n ? asked : one)));
	if (asked.n || one.n) {
		int person = assignment_place(asked, 'E', s->n_person), item = assignment_place(one, 'A', s->n_item);
		for (int k = 0; person >= 0 && k < s->n_pair && n < ITEMS_PAGE * 4; k++)
			if (s->pair[k].person == person) shown[n++] = s->pair[k].item;
		if (item >= 0) shown[n++] = item;
	} else {
		if (!str_int(http_query(p->req, "from"), &from) || from < 0 || from > s->n_item) from = 0;
		for (int i = (int)from; i < s->n_item && n < ITEMS_PAGE; i++) shown[n++] = i;
		if (from > 0) VAL_SET(a, p->out, "previous", val_text(str_fmt(a, "%.*s?from=%d", STRF(s->link), (int)(from > ITEMS_PAGE ? from - ITEMS_PAGE : 0))));
		if (from + ITEMS_PAGE < s->n_item) VAL_SET(a, p->out, "following", val_text(str_fmt(a, "%.*s?from=%d", STRF(s->link), (int)from + ITEMS_PAGE)));
	}
	return show_items(p, rx, s, shown, n);
}

static void figures_part(struct page *p, const struct sheet *s, struct val f)
{
	struct arena *a = p->cx->arena;
	struct val excluded = VAL_GET(f, "excluded"), rows = val_list(a), told = val_list(a), given = VAL_GET(f, "reasons");
	for (size_t i = 0; i < val_len(excluded); i++)
		for (int m = 0; m < s->def->n_match; m++) {
			if (!str_eq(s->def->match[m]->name, val_str(VAL_GET(val_at(excluded, i), "name")))) continue;
			struct val v = val_map(a);
			VAL_SET(a, v, "label", val_text(label_of(p, &s->def->match[m]->label)));
			VAL_SET(a, v, "pairs", VAL_GET(val_at(excluded, i), "pairs"));
			val_push(a, rows, v);
		}
	for (size_t i = 0; i < val_len(given); i++) val_push(a, told, val_text(of_lang(p, val_at(given, i))));
	VAL_SET(a, p->out, "figures", f);
	VAL_SET(a, p->out, "excluded", rows);
	VAL_SET(a, p->out, "why", told);
}

static struct str rule_words(struct page *p, const struct assignment_rule *r)
{
	struct str label = label_of(p, &r->label);
	struct arena *a = p->cx->arena;
	bool zh = p->cx->lang == LANG_ZH;
	switch (r->kind) {
	case RULE_ONE: return str_fmt(a, zh ? "每项至多一名同一“%.*s”的专家" : "at most one expert with the same “%.*s” for an item", STRF(label));
	case RULE_LEAST: return str_fmt(a, zh ? "每项至少 %d 名：%.*s" : "at least %d for an item: %.*s", r->n, STRF(label));
	case RULE_MOST: return str_fmt(a, zh ? "每项至多 %d 名：%.*s" : "at most %d for an item: %.*s", r->n, STRF(label));
	case RULE_CAP: return str_fmt(a, zh ? "每人至多评 %d 项同一“%.*s”的" : "at most %d items with the same “%.*s” for an expert", r->n, STRF(label));
	case RULE_RING: break;
	}
	return str_fmt(a, zh ? "不得 %d 方互评成环（%.*s）" : "no ring of %d reviewing each other (%.*s)", r->n, STRF(label));
}

static void rules_part(struct page *p, const struct sheet *s)
{
	struct arena *a = p->cx->arena;
	struct val conflicts = val_list(a), affinities = val_list(a), rules = val_list(a);
	for (int m = 0; m < s->def->n_match; m++) {
		struct val v = val_map(a);
		VAL_SET(a, v, "label", val_text(label_of(p, &s->def->match[m]->label)));
		int weight = s->def->match[m]->weight;
		VAL_SET(a, v, "weight", val_int(weight < 0 ? -weight : weight));
		VAL_SET(a, v, "against", val_bool(weight < 0));
		val_push(a, s->def->match[m]->conflict ? conflicts : affinities, v);
	}
	for (int i = 0; i < s->def->n_rule; i++) val_push(a, rules, val_text(rule_words(p, &s->def->rule[i])));
	if (s->def->rest) val_push(a, rules, val_text(label_of(p, &s->def->rest_words)));
	VAL_SET(a, p->out, "conflicts", conflicts);
	VAL_SET(a, p->out, "affinities", affinities);
	VAL_SET(a, p->out, "rules", rules);
}

static enum rc changes_part(struct page *p, struct rx *rx, const struct sheet *s)
{
	static const char *const kinds[] = { "forbid", "force", "load" };
	struct arena *a = p->cx->arena;
	struct val list = val_list(a);
	for (size_t i = 0; i < s->changes.n; i++) {
		const struct draw_change *x = &s->changes.v[i];
		struct val v = val_map(a);
		struct str title[2] = { STR(""), STR("") };
		if (x->item) TRY(titles_read(rx, s->def->item, &x->item, 1, &title[0]));
		TRY(titles_read(rx, s->def->person, &x->person, 1, &title[1]));
		VAL_SET(a, v, "at", val_int((int64_t)i));
		VAL_SET(a, v, "kind", val_textz(kinds[x->kind]));
		VAL_SET(a, v, "item", val_text(title[0]));
		VAL_SET(a, v, "person", val_text(title[1]));
		VAL_SET(a, v, "min", val_int(x->min));
		VAL_SET(a, v, "max", val_int(x->max));
		VAL_SET(a, v, "reason", val_text(x->reason));
		val_push(a, list, v);
	}
	VAL_SET(a, p->out, "changes", list);
	return RC_OK;
}

/* After publishing: places that are empty again, and conflicts found late. Only who runs the round is told why. */
static enum rc late_part(struct page *p, struct rx *rx, const struct sheet *s)
{
	struct arena *a = p->cx->arena;
	struct assignment_case c;
	struct val list = val_list(a);
	if (!s->p.published_ms) return RC_OK;
	TRY(assignment_read(rx, s->def, s->round, NULL, ASSIGNMENT_NO_CANDIDATES, &c));
	int64_t vacant = 0, late = 0;
	for (int i = 0; i < c.n_made; i++) {
		const struct assignment_made *m = &c.made[i];
		vacant += m->vacant;
		uint32_t bits = m->vacant || m->item < 0 || m->person < 0 ? 0 : assignment_conflicts(&c, m->item, m->person);
		if (!bits || late++ >= LATE_SHOWN) continue;
		struct str title[2], why[ASSIGNMENT_MATCHES];
		size_t n = 0;
		TRY(titles_read(rx, s->def->item, &c.item[m->item], 1, &title[0]));
		TRY(titles_read(rx, s->def->person, &c.person[m->person], 1, &title[1]));
		for (int k = 0; k < s->def->n_match; k++)
			if (bits >> k & 1) why[n++] = label_of(p, &s->def->match[k]->label);
		struct val v = val_map(a);
		VAL_SET(a, v, "item", val_text(title[0]));
		VAL_SET(a, v, "person", val_text(title[1]));
		VAL_SET(a, v, "why", val_text(str_join(a, why, n, p->cx->lang == LANG_ZH ? STR("、") : STR(", "))));
		VAL_SET(a, v, "link", val_text(record_link(a, s->def->makes, m->id)));
		val_push(a, list, v);
	}
	int64_t open = 0, have = 0;
	for (int i = 0; i < c.n_made; i++) have += assignment_stands(&c, &c.made[i]);
	for (int i = 0; i < c.n_item; i++) open += c.need[i];
	VAL_SET(a, p->out, "declined", val_int(vacant));
	VAL_SET(a, p->out, "vacant", val_int(open > have ? open - have : 0));
	VAL_SET(a, p->out, "late", list);
	return RC_OK;
}

static enum rc account_name(struct page *p, int64_t account, struct str *out)
{
	struct rows *r;
	bool more;
	*out = STR("");
	TRY(db_rows(p->cx, p->db, SQL("SELECT name_zh, name_en FROM account WHERE id = ?"), P(p_int(account)), &r));
	enum rc rc = db_step(p->cx, r, &more);
	if (rc == RC_OK && more) *out = str_dup(p->cx->arena, row_text(r, p->cx->lang == LANG_ZH ? 0 : 1));
	rows_done(r);
	return rc;
}

static enum rc proposal_part(struct page *p, const struct sheet *s)
{
	struct arena *a = p->cx->arena;
	struct val v = val_map(a);
	struct str by, publisher;
	TRY(account_name(p, s->p.account, &by));
	TRY(account_name(p, s->p.publisher, &publisher));
	VAL_SET(a, v, "at", val_int(s->p.at_ms));
	VAL_SET(a, v, "by", val_text(by));
	VAL_SET(a, v, "mine", val_bool(s->p.account == p->viewer.account));
	VAL_SET(a, v, "tries", val_int(s->p.tries));
	VAL_SET(a, v, "commitment", val_text(s->p.commitment));
	VAL_SET(a, v, "answered", val_bool(s->p.answer.n > 0));
	if (s->p.published_ms) {
		VAL_SET(a, v, "published_ms", val_int(s->p.published_ms));
		VAL_SET(a, v, "publisher", val_text(publisher));
		VAL_SET(a, v, "seed", val_text(str_fmt(a, "%lld", (long long)s->p.seed)));
		static const char *const aims[] = { "total", "fair", "fair-total" };
		VAL_SET(a, v, "replay", val_text(str_fmt(a, "lianchuang assign replay --applications applications.csv --experts experts.csv --pairs pairs.csv --rules rules.lc%s%s "
			"--seed %lld --assignment assignment.csv --commitment %.*s", s->def->aim ? " --objective " : "", s->def->aim ? aims[s->def->aim] : "", (long long)s->p.seed,
			STRF(s->p.commitment))));
	}
	VAL_SET(a, p->out, "proposal", v);
	return RC_OK;
}

static enum rc fill(struct page *p, struct rx *rx, struct sheet *s)
{
	struct arena *a = p->cx->arena;
	struct val def = val_map(a);
	struct str title;
	TRY(titles_read(rx, s->def->round, &s->round, 1, &title));
	VAL_SET(a, def, "label", val_text(label_of(p, &s->def->label)));
	VAL_SET(a, def, "hint", val_text(label_of(p, &s->def->hint)));
	VAL_SET(a, p->out, "assignment", def);
	VAL_SET(a, p->out, "link", val_text(s->link));
	VAL_SET(a, p->out, "round", val_text(title));
	VAL_SET(a, p->out, "round_link", val_text(record_link(a, s->def->round, s->round)));
	VAL_SET(a, p->out, "round_type", show_type(p, s->def->round));
	VAL_SET(a, p->out, "may_propose", val_bool(s->right.propose && (s->right.open || s->p.published_ms)));
	VAL_SET(a, p->out, "may_publish", val_bool(s->right.publish && s->found && !s->p.published_ms && s->p.answer.n && s->p.account != p->viewer.account));
	VAL_SET(a, p->out, "did", val_text(http_query(p->req, "did")));
	rules_part(p, s);
	if (!s->found) return RC_OK;
	struct val f;
	TRY(json_read(p->cx, s->p.figures, "figures", &f));
	figures_part(p, s, f);
	TRY(proposal_part(p, s));
	TRY(changes_part(p, rx, s));
	TRY(late_part(p, rx, s));
	return s->p.answer.n ? items_part(p, rx, s) : RC_OK;
}

static enum rc assignment_page(struct page *p)
{
	struct rx rx = page_rx(p);
	struct sheet s;
	TRY(load(p, &rx, &s));
	return fill(p, &rx, &s);
}

/* ---- the experts and their loads ---- */

static enum rc persons_page(struct page *p)
{
	struct rx rx = page_rx(p);
	struct arena *a = p->cx->arena;
	struct sheet s;
	struct val list = val_list(a);
	int64_t from;
	TRY(load(p, &rx, &s));
	if (!str_int(http_query(p->req, "from"), &from) || from < 0 || from > s.n_person) from = 0;
	int n = s.n_person - (int)from < PERSONS_PAGE ? s.n_person - (int)from : PERSONS_PAGE;
	struct str *name = ARENA_ARRAY(a, struct str, (size_t)n + 1);
	TRY(titles_read(&rx, s.def->person, s.person + from, n, name));
	for (int i = 0; i < n; i++) {
		struct val v = named(p, "E", (int)from + i, s.def->person, s.person[from + i], name[i]);
		VAL_SET(a, v, "load", val_int(s.load[from + i]));
		VAL_SET(a, v, "items", val_text(str_fmt(a, "%.*s?expert=E%d", STRF(s.link), (int)from + i + 1)));
		val_push(a, list, v);
	}
	if (from > 0) VAL_SET(a, p->out, "previous", val_text(str_fmt(a, "%.*s/experts?from=%d", STRF(s.link), (int)(from > PERSONS_PAGE ? from - PERSONS_PAGE : 0))));
	if (from + n < s.n_person) VAL_SET(a, p->out, "following", val_text(str_fmt(a, "%.*s/experts?from=%d", STRF(s.link), (int)from + PERSONS_PAGE)));
	VAL_SET(a, p->out, "persons", list);
	VAL_SET(a, p->out, "link", val_text(s.link));
	VAL_SET(a, p->out, "label", val_text(label_of(p, &s.def->label)));
	return RC_OK;
}

/* ---- proposing ---- */

/* After a refusal the page comes back as it stands, with what went wrong. */
static enum rc answered(struct page *p, enum rc rc, struct val reply)
{
	struct rx rx = page_rx(p);
	struct sheet s;
	if (rc == RC_OK) {
		if (p->json) p->out = reply;
		p->redirect = str_fmt(p->cx->arena, "/assignment/%.*s/%.*s?did=%.*s", STRF(p->param[0]), STRF(p->param[1]), STRF(val_is_null(VAL_GET(reply, "made")) ? STR("proposed") : STR("published")));
		return RC_OK;
	}
	if (p->json || load(p, &rx, &s) != RC_OK || fill(p, &rx, &s) != RC_OK) return rc;
	p->shown = true;
	p->template = "assignment.html";
	return rc;
}

static enum rc asked_wrong(struct page *p, const char *field, const char *zh, const char *en)
{
	return fail_text(p->cx, RC_INVALID, "assignment.asked", IN_FIELD(str_c(field)), str_c(zh), str_c(en));
}

/* What the form adds to the changes by hand, or takes back. */
static enum rc take_change(struct page *p, struct sheet *s)
{
	struct str kind = http_form(p->req, "change");
	struct draw_change x = { .reason = str_trim(http_form(p->req, "reason")) };
	int64_t at, min = 0, max = 0;
	if (!kind.n || str_is(kind, "none")) return RC_OK;
	if (str_is(kind, "undo")) {
		if (!str_int(http_form(p->req, "at"), &at) || at < 0 || at >= (int64_t)s->changes.n) return asked_wrong(p, "at", "没有这项改动", "there is no such change");
		for (size_t i = (size_t)at; i + 1 < s->changes.n; i++) s->changes.v[i] = s->changes.v[i + 1];
		s->changes.n--;
		return RC_OK;
	}
	x.kind = str_is(kind, "forbid") ? DRAW_FORBID : str_is(kind, "force") ? DRAW_FORCE : DRAW_LOAD;
	int item = assignment_place(http_form(p->req, "item"), 'A', s->n_item), person = assignment_place(http_form(p->req, "person"), 'E', s->n_person);
	if (x.kind != DRAW_LOAD && item < 0) return asked_wrong(p, "item", "请写项目的编号，如 A12", "give the item as A12");
	if (person < 0) return asked_wrong(p, "person", "请写专家的编号，如 E7", "give the expert as E7");
	if (x.kind == DRAW_LOAD && (!str_int(http_form(p->req, "min"), &min) || !str_int(http_form(p->req, "max"), &max) || min < 0 || max < min || max > 1000))
		return asked_wrong(p, "max", "请写最少和最多几项", "give the least and the most items");
	if (!x.reason.n || x.reason.n > 600) return asked_wrong(p, "reason", "请写理由", "give the reason");
	x.item = x.kind == DRAW_LOAD ? 0 : s->item[item];
	x.person = s->person[person];
	x.min = (int32_t)min;
	x.max = (int32_t)max;
	VEC_PUSH(p->cx->arena, &s->changes, x);
	return RC_OK;
}

/* A large round takes seconds: it is worked out away from requests. */
static enum rc as_job(struct page *p, struct rx *rx, const struct sheet *s)
{
	struct arena *a = p->cx->arena;
	struct str title;
	struct val args = val_map(a);
	TRY(titles_read(rx, s->def->round, &s->round, 1, &title));
	VAL_SET(a, args, "assignment", val_text(s->def->name));
	VAL_SET(a, args, "round", val_int(s->round));
	VAL_SET(a, args, "proposal", val_int(s->p.id));
	VAL_SET(a, args, "changes", val_text(draw_changes_text(a, &s->changes)));
	job_page_ask(p, &assign_job, args, str_fmt(a, "%.*s：%.*s", STRF(s->def->label.zh), STRF(title)),
		str_fmt(a, "%.*s: %.*s", STRF(label_text(&s->def->label, LANG_EN)), STRF(title)));
	return RC_OK;
}

static enum rc propose(struct page *p)
{
	struct rx rx = page_rx(p);
	struct arena *a = p->cx->arena;
	struct sheet s;
	TRY(load(p, &rx, &s));
	if (!s.right.propose) return rx_missing(&rx);
	enum rc rc = take_change(p, &s);
	if (rc != RC_OK) return answered(p, rc, VNULL);
	int64_t items, persons;
	TRY(assignment_size(&rx, s.def, s.round, &items, &persons));
	if (items * persons > PAIRS_NOW) return as_job(p, &rx, &s);
	struct val args = val_map(a);
	rc = assign_work_out(&rx, s.def, s.round, &s.changes, s.p.seed, args);
	if (rc != RC_OK) return answered(p, rc, VNULL);
	page_command(p, "assignment.propose", args);
	p->then = answered;
	return RC_OK;
}

static enum rc publish(struct page *p)
{
	struct rx rx = page_rx(p);
	struct arena *a = p->cx->arena;
	struct sheet s;
	TRY(load(p, &rx, &s));
	struct val args = val_map(a);
	VAL_SET(a, args, "assignment", val_text(s.def->name));
	VAL_SET(a, args, "round", val_int(s.round));
	VAL_SET(a, args, "commitment", val_text(http_form(p->req, "commitment")));
	page_command(p, "assignment.publish", args);
	p->then = answered;
	return RC_OK;
}

/* ---- files ---- */

static enum rc file(struct page *p)
{
	struct rx rx = page_rx(p);
	struct sheet s;
	TRY(load(p, &rx, &s));
	const struct { const char *name; struct str text; } files[] = { { "applications.csv", s.p.items }, { "experts.csv", s.p.persons }, { "pairs.csv", s.p.pairs },
		{ "rules.lc", s.p.rules }, { "assignment.csv", s.p.answer } };
	for (size_t i = 0; s.found && i < sizeof files / sizeof *files; i++) {
		if (!str_is(p->param[2], files[i].name)) continue;
		p->raw = (struct http_reply){ .status = 200, .type = STR("text/plain; charset=utf-8"), .body = files[i].text };
		http_reply_header(&p->raw, STR("Content-Disposition"), str_fmt(p->cx->arena, "attachment; filename=\"%s\"", files[i].name));
		return RC_OK;
	}
	return rx_missing(&rx);
}

const struct route assignment_routes[] = {
	{ "GET", "/assignment/:name/:round", NEED_SIGNED, "assignment.html", assignment_page, "一轮的指派：方案、理由、改动、公布", "The assignment of a round: proposal, reasons, changes, publication", "read" },
	{ "GET", "/assignment/:name/:round/experts", NEED_SIGNED, "assignment_experts.html", persons_page, "一轮的专家和各自项数", "The experts of a round and their loads", "read" },
	{ "GET", "/assignment/:name/:round/file/:file", NEED_SIGNED, "error.html", file, "抽签的输入和结果文件", "Files of the draw: what went in and what came out", "read" },
	{ "POST", "/assignment/:name/:round/propose", NEED_SIGNED, "assignment.html", propose, "提出指派方案，或改动后重排", "Propose an assignment, or anew after a change", "write" },
	{ "POST", "/assignment/:name/:round/publish", NEED_SIGNED, "assignment.html", publish, "公布指派", "Publish the assignment", "write" },
	{ 0 },
};

/* Declared assignments against brute force, on random small rounds in a real database: which pairs are in conflict (set by set, and for one
   record by conflict()), what speaks for a pair, which candidates are kept, what fills a place, and who rests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#undef fail     /* ours has arguments */

#include "base/rng.h"
#include "base/time.h"
#include "rec/assignment.h"
#include "rec/scene_play.h"

enum { UNITS = 4, PERSONS = 9, PAPERS = 7, TIES = 4, TEAM = 2, ROUNDS = 4, REST = 2, TOPICS = 3, TODAY = 20514, CASES_QUICK = 40, CASES_FULL = 600 };
static const char *const topics[TOPICS] = { "A", "A1", "B" };

struct past { int person, round; bool vacant; };
/* One random world, as plain numbers: places, -1 for none. */
struct toy {
	int org[PERSONS], post[PERSONS], post_until[PERSONS], skill[PERSONS];
	int who[PAPERS], team[PAPERS][TEAM], topic[PAPERS], of_org[PAPERS];
	bool here[PAPERS], in_round[PAPERS];
	int tie_who[TIES], tie_with[TIES];
	bool tie_declared[TIES];
	struct past past[PERSONS * 2];
	int n_past;
	int made_person[PAPERS], made_state[PAPERS];    /* 0 none, 1 open, 2 declined */
	int64_t unit_id[UNITS], person_id[PERSONS], paper_id[PAPERS], round_id[ROUNDS + 1];
};

struct bench { struct stage stage; struct region *region; struct cx *cx; struct rx rx; const struct assignment_def *def; struct rng rng; struct toy t; };

static int below(struct bench *b, int n) { return (int)rng_below(&b->rng, (uint64_t)n); }
static int maybe(struct bench *b, int n) { return below(b, 3) ? below(b, n) : -1; }

static int64_t put(struct bench *b, const char *type, const char *state, int64_t org, struct val values)
{
	const struct type_def *t = region_type(b->region, str_c(type));
	struct record head = { .state = state ? type_state(t, str_c(state)) : t->state[0], .org = org, .created_ms = b->cx->now_ms };
	int64_t id = 0;
	assert_int_equal(record_insert(&b->rx, t, &head, values, &id), RC_OK);
	b->cx->now_ms += 1000;
	return id;
}

static struct val ref(const int64_t *id, int at) { return at < 0 ? VNULL : val_int(id[at]); }

static void make_persons(struct bench *b)
{
	struct toy *t = &b->t;
	struct arena *a = b->cx->arena;
	for (int i = 0; i < UNITS; i++) t->unit_id[i] = put(b, "org", NULL, 0, VAL_OF(a, { STR("name"), val_text(STR("单位")) }));
	for (int i = 0; i < PERSONS; i++) {
		struct val posts = val_list(a), skills = val_list(a);
		t->org[i] = below(b, UNITS);
		t->post[i] = maybe(b, UNITS);
		t->post_until[i] = below(b, 3) - 1;     /* -1 yesterday, 0 today, 1 open */
		t->skill[i] = maybe(b, TOPICS);
		if (t->post[i] >= 0) val_push(a, posts, VAL_OF(a, { STR("unit"), ref(t->unit_id, t->post[i]) }, { STR("until"), t->post_until[i] > 0 ? VNULL : val_int(TODAY + t->post_until[i]) }));
		if (t->skill[i] >= 0) val_push(a, skills, VAL_OF(a, { STR("field"), val_textz(topics[t->skill[i]]) }));
		t->person_id[i] = put(b, "person", NULL, t->unit_id[t->org[i]], VAL_OF(a, { STR("name"), val_text(STR("人")) }, { STR("senior"), val_bool(true) }, { STR("post"), posts }, { STR("skill"), skills }));
	}
}

static void make_papers(struct bench *b)
{
	struct toy *t = &b->t;
	struct arena *a = b->cx->arena;
	for (int i = 0; i < PAPERS; i++) {
		struct val team = val_list(a);
		t->who[i] = below(b, PERSONS);
		t->topic[i] = below(b, TOPICS);
		t->of_org[i] = below(b, UNITS);
		t->in_round[i] = below(b, 4) != 0;
		for (int k = 0; k < TEAM; k++) {
			t->team[i][k] = maybe(b, PERSONS);
			if (t->team[i][k] >= 0) val_push(a, team, VAL_OF(a, { STR("person"), ref(t->person_id, t->team[i][k]) }));
		}
		t->paper_id[i] = put(b, "paper", "here", t->unit_id[t->of_org[i]], VAL_OF(a, { STR("name"), val_text(STR("稿")) }, { STR("round"), t->in_round[i] ? val_int(t->round_id[ROUNDS]) : VNULL },
			{ STR("who"), ref(t->person_id, t->who[i]) }, { STR("topic"), val_textz(topics[t->topic[i]]) }, { STR("seats"), val_int(2) }, { STR("team"), team }));
	}
}

static void make_rest(struct bench *b)
{
	struct toy *t = &b->t;
	struct arena *a = b->cx->arena;
	for (int i = 0; i < TIES; i++) {
		t->tie_who[i] = below(b, PERSONS);
		t->tie_with[i] = below(b, PERSONS);
		put(b, "tie", "declared", 0, VAL_OF(a, { STR("who"), ref(t->person_id, t->tie_who[i]) }, { STR("with"), ref(t->person_id, t->tie_with[i]) }));
	}
	for (t->n_past = 0; t->n_past < PERSONS * 2; t->n_past++) {
		struct past *p = &t->past[t->n_past];
		*p = (struct past){ below(b, PERSONS), below(b, ROUNDS), below(b, 4) == 0 };
		put(b, "report", p->vacant ? "declined" : "open", 0, VAL_OF(a, { STR("round"), val_int(t->round_id[p->round]) }, { STR("paper"), VNULL }, { STR("expert"), ref(t->person_id, p->person) }));
	}
	for (int i = 0; i < PAPERS; i++) {
		t->made_state[i] = t->in_round[i] ? below(b, 3) : 0;
		t->made_person[i] = below(b, PERSONS);
		if (t->made_state[i]) put(b, "report", t->made_state[i] == 2 ? "declined" : "open", 0, VAL_OF(a, { STR("round"), val_int(t->round_id[ROUNDS]) }, { STR("paper"), val_int(t->paper_id[i]) },
			{ STR("expert"), ref(t->person_id, t->made_person[i]) }));
	}
}

/* ---- brute force ---- */

static bool on_team(const struct toy *t, int paper, int person)
{
	for (int k = 0; k < TEAM; k++)
		if (t->team[paper][k] == person) return true;
	return false;
}

static bool stands_for(const struct toy *t, int paper, int person) { return t->who[paper] == person || on_team(t, paper, person); }

static uint32_t brute(const struct toy *t, int i, int e)
{
	bool unit = t->org[e] == t->of_org[i] || (t->post[e] == t->of_org[i] && t->post_until[e] >= 0), mates = stands_for(t, i, e), tie = false;
	for (int p = 0; p < PAPERS; p++) {
		if (!on_team(t, p, e)) continue;
		/* With whom this person once stood in a team, and for whom it then stood. */
		for (int other = 0; other < PERSONS; other++) mates |= stands_for(t, i, other) && stands_for(t, p, other);
	}
	for (int k = 0; k < TIES; k++) tie |= (t->tie_who[k] == e && t->tie_with[k] == t->who[i]) || (t->tie_with[k] == e && t->tie_who[k] == t->who[i]);
	return (uint32_t)unit | (uint32_t)mates << 1 | (uint32_t)tie << 2;
}

/* A1 stands under A: of its two keys half are met by A. */
static int topic_points(const struct toy *t, int i, int e)
{
	if (t->skill[e] < 0) return 0;
	bool a_item = t->topic[i] < 2, a_skill = t->skill[e] < 2;
	if (a_item != a_skill) return 0;
	if (!a_item) return 60;
	return t->topic[i] == 1 ? (t->skill[e] == 1 ? 60 : 30) : 60;
}

static bool rests(const struct toy *t, int e)
{
	int served = 0, last = 0;
	for (int r = ROUNDS; r-- > 0 && last < REST;) {
		bool any = false, mine = false;
		for (int k = 0; k < t->n_past; k++) {
			if (t->past[k].round != r || t->past[k].vacant) continue;
			any = true;
			mine |= t->past[k].person == e;
		}
		last += any;
		served += mine;
	}
	return last == REST && served == REST;
}

/* ---- a case ---- */

static void check_pairs(struct bench *b, const struct assignment_case *c)
{
	const struct toy *t = &b->t;
	int64_t excluded = 0;
	for (int i = 0; i < PAPERS; i++) {
		int at = assignment_item_at(c, t->paper_id[i]);
		assert_int_equal(at >= 0, t->in_round[i]);
		for (int e = 0; at >= 0 && e < PERSONS; e++) {
			int person = assignment_person_at(c, t->person_id[e]);
			uint32_t want = brute(t, i, e), got = assignment_conflicts(c, at, person);
			if (got != want) print_message("paper %d person %d: %x instead of %x\n", i, e, got, want);
			assert_int_equal(got, want);
			excluded += want != 0;
			for (uint32_t k = c->row[at]; k < c->row[at + 1]; k++) {
				if (c->candidate[k] != person) continue;
				int points = topic_points(t, i, e) - 5 * (t->who[i] == e);
				bool made = t->made_state[i] && t->made_person[i] == e;
				assert_true(!want || made);
				assert_true(!rests(t, e) || made);
				assert_int_equal(c->affinity[k], points);
			}
		}
	}
	assert_int_equal(c->excluded_pairs, excluded);
}

static void check_made(struct bench *b, const struct assignment_case *c)
{
	const struct toy *t = &b->t;
	int n = 0, resting = 0;
	for (int i = 0; i < c->n_made; i++) {
		const struct assignment_made *m = &c->made[i];
		for (int k = 0; k < PAPERS; k++) {
			if (m->item < 0 || c->item[m->item] != t->paper_id[k]) continue;
			n++;
			assert_int_equal(m->vacant, t->made_state[k] == 2);
			assert_int_equal(assignment_stands(c, m), t->made_state[k] == 1 && !brute(t, k, t->made_person[k]));
		}
	}
	int want = 0;
	for (int k = 0; k < PAPERS; k++) want += t->made_state[k] != 0;
	assert_int_equal(n, want);
	for (int e = 0; e < PERSONS; e++) {
		int at = assignment_person_at(c, t->person_id[e]);
		bool got = c->rests && c->rests[at];
		resting += rests(t, e);
		assert_int_equal(got, rests(t, e));
		assert_int_equal(c->most[at], got ? 0 : 4);
	}
	assert_int_equal(c->n_rests, resting);
}

/* The same by conflict() inside a right: a clerk sees a paper unless in conflict with it. */
static void check_rights(struct bench *b)
{
	const struct toy *t = &b->t;
	const struct type_def *paper = region_type(b->region, STR("paper"));
	struct rx rx = b->rx;
	for (int i = 0; i < PAPERS; i++) {
		int e = below(b, PERSONS);
		struct right right;
		rx.viewer = (struct viewer){ .account = 7, .person = t->person_id[e], .org = t->unit_id[0], .roles = (uint64_t)1 << region_role(b->region, STR("clerk"))->index };
		assert_int_equal(access_record(&rx, paper, t->paper_id[i], &right), RC_OK);
		assert_int_equal(right.see, brute(t, i, e) == 0);
	}
}

static void one(struct bench *b)
{
	struct assignment_case c;
	struct toy *t = &b->t;
	struct arena *a = b->cx->arena;
	memset(t, 0, sizeof *t);
	for (int r = 0; r <= ROUNDS; r++) t->round_id[r] = put(b, "round", NULL, 0, VAL_OF(a, { STR("name"), val_text(STR("轮")) }));
	make_persons(b);
	make_papers(b);
	make_rest(b);
	assert_int_equal(assignment_read(&b->rx, b->def, t->round_id[ROUNDS], NULL, 0, &c), RC_OK);
	assert_int_equal(c.n_person, PERSONS);
	check_pairs(b, &c);
	check_made(b, &c);
	check_rights(b);
}

static struct str region_source(struct arena *a)
{
	FILE *f = fopen("tests/golden/def/good_assignment.lc", "rb");
	assert_non_null(f);
	char *p = arena_alloc(a, 64 << 10);
	size_t n = fread(p, 1, (64 << 10) - 1, f);
	fclose(f);
	return (struct str){ p, n };
}

static void test_brute_force(void **state)
{
	(void)state;
	const char *level = getenv("LEVEL");
	int cases = level && !strcmp(level, "full") ? CASES_FULL : CASES_QUICK;
	struct arena *a = arena_new((size_t)512 << 20), *keep = arena_new((size_t)128 << 20), *work = arena_new((size_t)256 << 20);
	struct cx cx = { .arena = a, .lang = LANG_EN }, own = { .arena = work, .lang = LANG_EN };
	struct bench b = { .cx = &own };
	assert_int_equal(region_load_text(&cx, keep, STR("good_assignment.lc"), region_source(a), &b.region), RC_OK);
	assert_int_equal(stage_open(&cx, b.region, &b.stage), RC_OK);
	b.def = region_assignment(b.region, STR("draw"));
	b.rng = rng_seed(20261125);
	for (int i = 0; i < cases; i++) {
		own.now_ms = (int64_t)TODAY * DAY_MS + 4 * 60 * MINUTE_MS;
		own.fails = (struct fails){ 0 };
		b.rx = (struct rx){ .cx = &own, .db = b.stage.db, .region = b.region, .vault = &b.stage.vault, .ids = &b.stage.office.ids, .region_rev = b.stage.office.region_rev, .viewer = { .system = true } };
		assert_int_equal(db_savepoint(&own, b.stage.db), RC_OK);
		one(&b);
		db_undo(b.stage.db);
		arena_reset(work);
	}
	stage_close(&b.stage);
	arena_free(work);
	arena_free(keep);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_brute_force) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

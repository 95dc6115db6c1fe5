#include "feature/assign_job.h"

#include "base/json.h"
#include "base/rng.h"
#include "feature/job.h"

enum { WORK_ARENA = 1 << 30 };

static struct str ids_text(struct arena *a, const int64_t *id, int n)
{
	struct buf b = BUF(a, 4 << 20);
	for (int i = 0; i < n; i++) {
		if (i) buf_c(&b, ',');
		buf_int(&b, id[i]);
	}
	return buf_str(&b);
}

/* In memory of its own; only what is kept stays. */
static enum rc work_out(struct rx *rx, const struct assignment_def *def, int64_t round, const struct draw_changes *changes, uint64_t seed, struct arena *keep, struct val args)
{
	struct assignment_case c;
	struct draw_outcome o = { 0 };
	struct arena *a = rx->cx->arena;
	struct assignment_wish *wish = ARENA_ARRAY(a, struct assignment_wish, changes->n + 1);
	int n = 0;
	for (size_t i = 0; i < changes->n; i++)
		if (changes->v[i].kind == DRAW_FORCE) wish[n++] = (struct assignment_wish){ changes->v[i].item, changes->v[i].person };
	TRY(assignment_read(rx, def, round, wish, n, &c));
	db_rollback(rx->db);
	TRY(draw_solve(rx->cx, &c, changes, seed, &o));
	TRY(db_begin(rx->cx, rx->db));
	VAL_SET(keep, args, "items", val_text(str_dup(keep, o.items)));
	VAL_SET(keep, args, "persons", val_text(str_dup(keep, o.persons)));
	VAL_SET(keep, args, "pairs", val_text(str_dup(keep, o.pairs)));
	VAL_SET(keep, args, "rules", val_text(str_dup(keep, o.rules)));
	VAL_SET(keep, args, "answer", val_text(str_dup(keep, o.answer)));
	VAL_SET(keep, args, "item_ids", val_text(ids_text(keep, c.item, c.n_item)));
	VAL_SET(keep, args, "person_ids", val_text(ids_text(keep, c.person, c.n_person)));
	VAL_SET(keep, args, "commitment", val_text(str_dup(keep, o.commitment)));
	VAL_SET(keep, args, "figures", val_text(json_text(keep, o.figures)));
	return RC_OK;
}

enum rc assign_work_out(struct rx *rx, const struct assignment_def *def, int64_t round, const struct draw_changes *changes, int64_t seed, struct val args)
{
	struct arena *a = rx->cx->arena;
	uint64_t drawn = (uint64_t)seed;
	if (!seed) {
		rng_secret(&drawn, sizeof drawn);
		drawn = (drawn & INT64_MAX) | 1;
	}
	struct cx own = { .arena = arena_new(WORK_ARENA), .lang = rx->cx->lang, .now_ms = rx->cx->now_ms };
	struct rx work = *rx;
	work.cx = &own;
	enum rc rc = work_out(&work, def, round, changes, drawn, a, args);
	fail_copy(rx->cx, &own.fails);
	arena_free(own.arena);
	TRY(rc);
	VAL_SET(a, args, "assignment", val_text(def->name));
	VAL_SET(a, args, "round", val_int(round));
	VAL_SET(a, args, "seed", val_int((int64_t)drawn));
	VAL_SET(a, args, "changes", val_text(draw_changes_text(a, changes)));
	return RC_OK;
}

/* ---- as a job: one step ---- */

struct draw_job { const struct assignment_def *def; int64_t round; struct assignment_proposal before; bool found; };

static enum rc plan(struct job_run *r)
{
	r->total = 1;
	return RC_OK;
}

static enum rc open_round(struct job_run *r)
{
	struct rx rx = page_rx(r->page);
	struct draw_job *j = ARENA_NEW(rx.cx->arena, struct draw_job);
	struct assignment_right right = { 0 };
	j->def = region_assignment(rx.region, val_str(VAL_GET(r->args, "assignment")));
	j->round = val_i64(VAL_GET(r->args, "round"));
	if (j->def) TRY(assignment_right(&rx, j->def, j->round, &right));
	if (!right.propose) return fail(rx.cx, RC_DENIED, "assignment.rights", NOWHERE, "您已无权提出这一轮的方案", "you may no longer propose for this round");
	r->data = j;
	return assignment_proposal_read(&rx, j->def, j->round, &j->before, &j->found);
}

static enum rc solve(struct job_run *r)
{
	struct page *p = r->page;
	struct rx rx = page_rx(p);
	struct draw_job *j = r->data;
	struct str text = val_str(VAL_GET(r->args, "changes"));
	struct draw_changes changes;
	r->done = 1;
	if (j->before.id != val_i64(VAL_GET(r->args, "proposal"))) {
		/* This job's own, if it was killed between proposing and ending. */
		if (j->before.account == p->viewer.account && j->before.at_ms >= r->started_ms && str_eq(j->before.changes, text)) return RC_OK;
		enum rc rc = fail(rx.cx, RC_CONFLICT, "assignment.other", NOWHERE, "此间另有人提出了方案", "somebody else has proposed meanwhile");
		fail_hint(rx.cx, "请先看新的方案，再决定是否重排", "look at the new proposal first");
		return rc;
	}
	TRY(draw_changes_read(rx.cx, text, &changes));
	struct val args = val_map(rx.cx->arena);
	TRY(assign_work_out(&rx, j->def, j->round, &changes, j->before.seed, args));
	r->command = VAL_OF(rx.cx->arena, { STR("name"), val_textz("assignment.propose") }, { STR("args"), args });
	return RC_OK;
}

static enum rc show(struct job_run *r)
{
	const struct draw_job *j = r->data;
	struct arena *a = r->page->cx->arena;
	r->link = str_fmt(a, "/assignment/%.*s/%.*s", STRF(j->def->name), STRF(id_text(a, j->round)));
	return RC_OK;
}

const struct job_kind assign_job = { "assignment", plan, open_round, solve, show, NULL };

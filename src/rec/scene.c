#include "rec/scene.h"

#include <errno.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "rec/account.h"
#include "rec/scene_play.h"
#include "rec/schema.h"

enum { SCENE_ARENA = 256 << 20, LINE_MAX_BYTES = 4000 };

/* ---- one scene ---- */

struct cx play_cx(const struct play *p) { return (struct cx){ .arena = p->arena, .lang = p->lang, .now_ms = p->now_ms }; }

const struct demo_person *play_person(const struct play *p, const struct demo_account *account)
{
	for (int i = 0; i < p->region->n_account; i++)
		if (p->region->account[i] == account) return &p->person[i];
	return NULL;
}

enum rc play_rx(const struct play *p, struct cx *cx, const struct demo_account *account, struct rx *out)
{
	struct rx rx = { .cx = cx, .db = p->db, .region = p->region, .vault = p->office->vault, .ids = &p->office->ids, .region_rev = p->office->region_rev };
	if (account) TRY(account_viewer(cx, p->db, p->region, play_person(p, account)->account, &rx.viewer));
	else rx.viewer.system = true;
	*out = rx;
	return RC_OK;
}

enum rc play_value(const struct play *p, struct cx *cx, const struct scene_value *v, struct val *out)
{
	switch (v->kind) {
	case SCENE_LITERAL: *out = v->val; return RC_OK;
	case SCENE_NONE:
	case SCENE_FILE: *out = VNULL; return RC_OK;
	case SCENE_ORG: *out = val_int(play_person(p, v->account)->org); return RC_OK;
	case SCENE_PERSON: *out = val_int(play_person(p, v->account)->person); return RC_OK;
	case SCENE_HANDLE: break;
	}
	if (!p->id[v->handle])
		return fail(cx, RC_MISSING, "scene.no_record", NOWHERE, "记录“%.*s”不存在", "there is no record “%.*s”", STRF(p->scene->handle[v->handle].name));
	*out = val_int(p->id[v->handle]);
	return RC_OK;
}

static void tell_line(struct play *p, struct where at, struct str words)
{
	if (!p->failed) buf_fmt(p->out, "FAILED  %.*s  %.*s\n", STRF(p->scene->name), STRF(label_text(&p->scene->label, p->lang)));
	p->failed = true;
	buf_fmt(p->out, "    %.*s:%d: %.*s\n", STRF(at.file), at.line, STRF(words));
}

void play_tell(struct play *p, const struct scene_step *s, const char *zh, const char *en, ...)
{
	char *line = arena_alloc(p->arena, LINE_MAX_BYTES);
	va_list list;
	va_start(list, en);
	vsnprintf(line, LINE_MAX_BYTES, p->lang == LANG_ZH ? zh : en, list);
	va_end(list);
	tell_line(p, s->at, str_c(line));
}

void play_tell_fails(struct play *p, const struct scene_step *s, const struct fails *fails)
{
	for (int i = 0; i < fails->n; i++) {
		const struct failure *f = &fails->v[i];
		if (f->level != LEVEL_ERROR) continue;
		tell_line(p, s->at, str_fmt(p->arena, "  [%s%s%.*s] %.*s", f->code, f->where.field.n ? " " : "", STRF(f->where.field), STRF(fail_message(f, p->lang))));
	}
}

static void run_one(struct play *p)
{
	int32_t first;
	if (!date_make(2026, 3, 2, &first)) return;
	p->now_ms = first * (int64_t)DAY_MS + 9 * 60 * MINUTE_MS - (int64_t)p->region->zone_minutes * MINUTE_MS;
	p->id = ARENA_ARRAY(p->arena, int64_t, (size_t)p->scene->n_handle + 1);
	p->office->ids = (struct idgen){ 0 };
	p->failed = false;
	for (int i = 0; i < p->scene->n_step; i++) {
		const struct scene_step *s = p->scene->step[i];
		if (s->kind >= SCENE_HOLDS) scene_judge(p, s);
		else if (!scene_do(p, s)) break;
		p->now_ms += 1000;
	}
	if (!p->failed) buf_fmt(p->out, "ok      %.*s  %.*s\n", STRF(p->scene->name), STRF(label_text(&p->scene->label, p->lang)));
}

/* ---- the stage ---- */

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *at) { return remove(path); }

static enum rc build(struct cx *cx, const struct region *r, struct stage *s)
{
	/* Before any scene, so that ids and events of the accounts are the oldest. */
	struct cx early = { .arena = cx->arena, .lang = cx->lang, .now_ms = 1590969600000 };
	int64_t rev = 1;
	TRY(vault_load(cx, cx->arena, str_c(s->dir), true, &s->vault));
	TRY(db_open(cx, str_fmt(cx->arena, "sqlite:%s/scenes.db", s->dir), DB_WRITE, &s->db));
	s->office = (struct office){ .region = r, .vault = &s->vault, .region_rev = rev };
	struct rx rx = { .cx = &early, .db = s->db, .region = r, .vault = &s->vault, .ids = &s->office.ids, .region_rev = rev, .viewer = { .system = true } };
	enum rc rc = schema_migrate(&early, s->db);
	if (rc == RC_OK) rc = db_begin(&early, s->db);
	if (rc == RC_OK) rc = schema_apply(&rx);
	s->person = ARENA_ARRAY(cx->arena, struct demo_person, (size_t)r->n_account + 1);
	if (rc == RC_OK) rc = demo_accounts(&rx, STR("-"), s->person);
	/* Committed, because going back to a savepoint behind a change of the schema makes SQLite read the whole schema again, scene after scene. */
	if (rc == RC_OK) rc = db_commit(&early, s->db);
	if (rc == RC_OK) rc = db_begin(&early, s->db);
	s->office.region_rev = rx.region_rev;
	if (rc != RC_OK) fail_copy(cx, &early.fails);
	return rc;
}

static bool wanted(const struct scene_def *x, const struct str *names, int n)
{
	for (int i = 0; i < n; i++)
		if (str_eq(x->name, names[i])) return true;
	return n == 0;
}

/* All scenes play in one transaction that is never committed: each is a savepoint in it. */
static enum rc play_all(struct cx *cx, const struct region *r, struct stage *s, const struct str *names, int n, struct buf *out, struct scene_tally *tally)
{
	struct arena *a = arena_new(SCENE_ARENA);
	struct play p = { .region = r, .db = s->db, .office = &s->office, .person = s->person, .arena = a, .lang = cx->lang, .out = out };
	enum rc rc = RC_OK;
	for (int i = 0; i < r->n_scene && rc == RC_OK; i++) {
		if (!wanted(r->scene[i], names, n)) continue;
		p.scene = r->scene[i];
		rc = db_savepoint(cx, s->db);
		if (rc != RC_OK) break;
		run_one(&p);
		db_undo(s->db);
		arena_reset(a);
		if (p.failed) tally->failed++;
		else tally->passed++;
	}
	arena_free(a);
	return rc;
}

static enum rc names_known(struct cx *cx, const struct region *r, const struct str *names, int n)
{
	struct str *all = ARENA_ARRAY(cx->arena, struct str, (size_t)r->n_scene + 1);
	for (int i = 0; i < r->n_scene; i++) all[i] = r->scene[i]->name;
	for (int i = 0; i < n; i++) {
		bool known = false;
		for (int k = 0; k < r->n_scene; k++) known |= str_eq(all[k], names[i]);
		if (known) continue;
		enum rc rc = fail(cx, RC_MISSING, "scene.unknown", NOWHERE, "没有情景“%.*s”", "no scene “%.*s”", STRF(names[i]));
		int near = nearest_name(names[i], all, r->n_scene);
		if (near >= 0) fail_hint(cx, "是否指 %.*s？", "did you mean %.*s?", STRF(all[near]));
		return rc;
	}
	return RC_OK;
}

enum rc stage_open(struct cx *cx, const struct region *r, struct stage *s)
{
	const char *tmp = getenv("TMPDIR");
	*s = (struct stage){ 0 };
	snprintf(s->dir, sizeof s->dir, "%s/lianchuang-scenes-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (mkdtemp(s->dir)) return build(cx, r, s);
	enum rc rc = fail(cx, RC_IO, "scene.folder", NOWHERE, "不能建立临时目录 %s：%s", "cannot create the folder %s: %s", s->dir, strerror(errno));
	*s = (struct stage){ 0 };
	return rc;
}

void stage_close(struct stage *s)
{
	if (s->db) db_rollback(s->db);
	if (s->db) db_close(s->db);
	if (*s->dir) nftw(s->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

enum rc scene_run(struct cx *cx, const struct region *r, const struct str *names, int n, struct buf *out, struct scene_tally *tally)
{
	struct stage s;
	*tally = (struct scene_tally){ 0 };
	TRY(names_known(cx, r, names, n));
	enum rc rc = stage_open(cx, r, &s);
	if (rc == RC_OK) rc = play_all(cx, r, &s, names, n, out, tally);
	stage_close(&s);
	return rc;
}

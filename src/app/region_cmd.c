/* lianchuang region check|test|diff|apply|audit|doc */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli.h"
#include "app/data.h"
#include "def/report.h"
#include "rec/scene.h"
#include "rec/statements.h"

static const char *const with_value[] = { "data", "lang", NULL };
enum { OUTPUT_MAX = 64 << 20 };

static enum rc usage(struct cx *cx)
{
	return fail(cx, RC_INVALID, "cli.usage", NOWHERE, "用法：lianchuang region check 目录 | test 目录 [情景…] | diff 旧目录 新目录 | apply [目录] --data 数据目录 | audit 角色 目录 | doc [目录]",
		"usage: lianchuang region check DIR | test DIR [SCENE…] | diff OLD NEW | apply [DIR] --data DATA | audit ROLE DIR | doc [DIR]");
}

static enum rc load(struct cx *cx, struct arena *keep, const char *dir, struct region **out)
{
	return dir ? region_load(cx, keep, str_c(dir), out) : usage(cx);
}

static enum rc check(struct cx *cx, struct arena *keep, const struct command_line *c, struct buf *out)
{
	struct region *r;
	TRY(load(cx, keep, cli_word(c, 1, with_value), &r));
	TRY(statements_try(cx, r));
	buf_fmt(out, "{\"status\":\"ok\",\"types\":%d,\"codes\":%d,\"measures\":%d,\"roles\":%d,\"indicators\":%d,\"files\":%d,\"digest\":\"%.*s\"}\n", r->n_type,
		r->n_codes, r->n_measure, r->n_role, r->n_indicator, r->n_file, STRF(r->digest));
	return RC_OK;
}

static enum rc diff(struct cx *cx, struct arena *keep, const struct command_line *c, struct buf *out)
{
	struct region *from, *to;
	struct changes changes;
	TRY(load(cx, keep, cli_word(c, 1, with_value), &from));
	TRY(load(cx, keep, cli_word(c, 2, with_value), &to));
	region_diff(cx->arena, from, to, &changes);
	changes_print(out, &changes, cx->lang);
	buf_fmt(out, "{\"status\":\"%s\",\"changes\":%zu,\"unsafe\":%d}\n", changes.n ? "different" : "same", changes.n, changes.unsafe);
	return RC_OK;
}

/* Bring a database to a region: the folder it was made with, or another. */
static enum rc apply(struct cx *cx, struct arena *keep, const struct command_line *c, struct buf *out)
{
	const char *dir = cli_word(c, 1, with_value), *data = cli_option(c, "data");
	struct data d;
	bool fresh;
	if (!dir) dir = DEFAULT_REGION;
	TRY(data_make(cx, keep, str_c(data ? data : "data"), str_c(dir), false, &d, &fresh));
	buf_fmt(out, "{\"status\":\"applied\",\"revision\":%lld}\n", (long long)d.region_rev);
	data_close(&d);
	return RC_OK;
}

static enum rc audit(struct cx *cx, struct arena *keep, const struct command_line *c, struct buf *out)
{
	struct region *r;
	const char *role = cli_word(c, 1, with_value);
	if (!role) return usage(cx);
	TRY(load(cx, keep, cli_word(c, 2, with_value), &r));
	const struct role_def *def = region_role(r, str_c(role));
	if (!def && strcmp(role, "public") != 0) {
		struct str *names = ARENA_ARRAY(cx->arena, struct str, (size_t)r->n_role + 1);
		for (int i = 0; i < r->n_role; i++) names[i] = r->role[i]->name;
		enum rc rc = fail(cx, RC_MISSING, "region.role", NOWHERE, "没有角色“%s”", "no role “%s”", role);
		int near = nearest_name(str_c(role), names, r->n_role);
		if (near >= 0) fail_hint(cx, "是否指 %.*s？", "did you mean %.*s?", STRF(names[near]));
		return rc;
	}
	region_audit(out, r, def, cx->lang);
	return RC_OK;
}

static enum rc doc(struct cx *cx, struct arena *keep, const struct command_line *c, struct buf *out)
{
	struct region *r;
	if (!cli_word(c, 1, with_value)) {
		language_doc(out, cx->lang);
		return RC_OK;
	}
	TRY(load(cx, keep, cli_word(c, 1, with_value), &r));
	region_doc(out, r, cx->lang);
	return RC_OK;
}

/* RC_CONFLICT without a failure: the report says what differs. */
static enum rc test(struct cx *cx, struct arena *keep, const struct command_line *c, struct buf *out)
{
	enum { NAMES_MAX = 100 };
	struct region *r;
	struct str name[NAMES_MAX];
	struct scene_tally tally;
	int n = 0;
	TRY(load(cx, keep, cli_word(c, 1, with_value), &r));
	for (const char *word; n < NAMES_MAX && (word = cli_word(c, n + 2, with_value)); n++) name[n] = str_c(word);
	TRY(scene_run(cx, r, name, n, out, &tally));
	buf_fmt(out, "%d passed, %d failed\n", tally.passed, tally.failed);
	return tally.failed ? RC_CONFLICT : RC_OK;
}

int region_command(struct command_line *c)
{
	static const struct { const char *word; enum rc (*run)(struct cx *, struct arena *, const struct command_line *, struct buf *); } words[] = {
		{ "check", check }, { "test", test }, { "diff", diff }, { "apply", apply }, { "audit", audit }, { "doc", doc },
	};
	struct cx cx = cli_cx((size_t)1 << 30);
	struct arena *keep = arena_new((size_t)512 << 20);
	struct buf out = BUF(cx.arena, OUTPUT_MAX);
	const char *word = cli_word(c, 0, with_value), *lang = cli_option(c, "lang");
	enum rc rc = RC_MISSING;
	if (lang) cx.lang = strcmp(lang, "en") == 0 ? LANG_EN : LANG_ZH;
	for (size_t i = 0; word && i < sizeof words / sizeof *words; i++)
		if (strcmp(word, words[i].word) == 0) rc = words[i].run(&cx, keep, c, &out);
	if (rc == RC_MISSING && !cx.fails.n) rc = usage(&cx);
	if (rc == RC_OK || !cx.fails.errors) fwrite(out.p ? out.p : "", 1, out.n, stdout);
	int code = cli_end(&cx, rc);
	arena_free(keep);
	return code;
}

#include <string.h>

#include "base/csv.h"
#include "base/val.h"
#include "engine/ballot.h"

enum { PROJECTS_MAX = 20000, VOTES_MAX = 2000000 };
static const int64_t COST_MAX = INT64_C(100000000000000);       /* hundredths */

struct reader {
	struct cx *cx;
	const char *file;
	struct csv csv;
	struct csv_row row;
	bool more;
	struct ballot *b;
	struct names ids;
	VEC(struct ballot_project) project;
	VEC(struct ballot_vote) vote;
	bool budget;
};

static struct where at_row(const struct reader *r) { return (struct where){ .file = str_c(r->file), .line = r->row.line ? r->row.line : 1, .column = 1 }; }

static enum rc next(struct reader *r) { return csv_next(r->cx, &r->csv, &r->row, &r->more); }

static bool section(const struct reader *r, const char *name) { return r->more && r->row.n && str_is(str_trim(r->row.cell[0]), name); }

static struct str cell(const struct reader *r, int column) { return column >= 0 && column < r->row.n ? str_trim(r->row.cell[column]) : STR(""); }

/* "638889", "638889.5" or "638889,5" in hundredths. */
static enum rc amount(struct reader *r, struct str s, int64_t *out)
{
	char text[40];
	int64_t micro;
	for (size_t i = 0; i < s.n && i < sizeof text; i++) text[i] = s.p[i] == ',' ? '.' : s.p[i];
	if (s.n > sizeof text || !dec_parse((struct str){ text, s.n }, &micro) || micro < 0 || micro / (DEC_ONE / 100) > COST_MAX)
		return fail(r->cx, RC_INVALID, "ballot.amount", at_row(r), "金额无法识别：“%.*s”", "not an amount: “%.*s”", STRF(str_sub(s, 0, 40)));
	*out = micro / (DEC_ONE / 100);
	return RC_OK;
}

static enum rc count(struct reader *r, struct str s, int64_t *out)
{
	int64_t micro;
	if (!dec_parse(s, &micro) || micro < 0 || micro % DEC_ONE || micro / DEC_ONE > INT64_C(1000000000))
		return fail(r->cx, RC_INVALID, "ballot.number", at_row(r), "应为整数，此处为“%.*s”", "a whole number is expected, not “%.*s”", STRF(str_sub(s, 0, 40)));
	*out = micro / DEC_ONE;
	return RC_OK;
}

static enum rc read_meta(struct reader *r)
{
	TRY(next(r));           /* key;value */
	for (;;) {
		TRY(next(r));
		if (!r->more || section(r, "PROJECTS")) break;
		struct str key = cell(r, 0), value = cell(r, 1);
		if (str_is(key, "budget")) {
			TRY(amount(r, value, &r->b->budget));
			r->budget = true;
		} else if (str_is(key, "rule")) {
			r->b->rule = value;
		} else if (str_is(key, "vote_type")) {
			if (!str_is(value, "approval") && !str_is(value, "cumulative") && !str_is(value, "scoring") && !str_is(value, "choose-1") &&
			    !str_is(value, "ordinal"))
				return fail(r->cx, RC_INVALID, "ballot.type", at_row(r), "不支持的投票类型 %.*s", "votes of the type %.*s are not supported", STRF(value));
			r->b->points = str_is(value, "cumulative") || str_is(value, "scoring");
		} else if (str_is(key, "min_project_score_threshold")) {
			TRY(count(r, value, &r->b->threshold));
		}
	}
	if (!r->budget) return fail(r->cx, RC_INVALID, "ballot.budget", at_row(r), "没有 budget", "there is no budget");
	return RC_OK;
}

struct columns { int id, cost, votes, score, selected; };

static enum rc read_project(struct reader *r, const struct columns *c)
{
	struct ballot_project p = { .id = cell(r, c->id), .official = -1, .votes = -1, .score = -1 };
	if (!p.id.n || names_find(&r->ids, p.id) >= 0) return fail(r->cx, RC_INVALID, "ballot.id", at_row(r), "项目编号为空或重复：“%.*s”", "the project id is empty or double: “%.*s”", STRF(p.id));
	if (r->project.n == PROJECTS_MAX) return fail(r->cx, RC_LIMIT, "ballot.projects", at_row(r), "项目太多", "too many projects");
	names_put(&r->ids, p.id);
	TRY(amount(r, cell(r, c->cost), &p.cost));
	if (cell(r, c->votes).n) TRY(count(r, cell(r, c->votes), &p.votes));
	if (cell(r, c->score).n) TRY(count(r, cell(r, c->score), &p.score));
	int64_t selected;
	if (cell(r, c->selected).n) {
		TRY(count(r, cell(r, c->selected), &selected));
		p.official = selected == 1;
	}
	VEC_PUSH(r->cx->arena, &r->project, p);
	return RC_OK;
}

static enum rc read_projects(struct reader *r)
{
	if (!section(r, "PROJECTS")) return fail(r->cx, RC_INVALID, "ballot.section", at_row(r), "缺少 PROJECTS 部分", "the section PROJECTS is missing");
	TRY(next(r));
	struct columns c = { csv_column(&r->row, "project_id"), csv_column(&r->row, "cost"), csv_column(&r->row, "votes"), csv_column(&r->row, "score"),
		csv_column(&r->row, "selected") };
	if (c.id < 0 || c.cost < 0) return fail(r->cx, RC_INVALID, "ballot.column", at_row(r), "缺少列 project_id 或 cost", "the column project_id or cost is missing");
	for (;;) {
		TRY(next(r));
		if (!r->more || section(r, "VOTES")) break;
		TRY(read_project(r, &c));
	}
	return RC_OK;
}

static enum rc read_vote(struct reader *r, int votes, int points)
{
	struct str list = cell(r, votes), given = cell(r, points), id, amount_given;
	VEC(int) project = { 0 };
	VEC(int64_t) worth = { 0 };
	if (!list.n) return RC_OK;
	while (str_cut(&list, ',', &id)) {
		int found = names_find(&r->ids, str_trim(id));
		int64_t v = 1;
		if (found < 0) return fail(r->cx, RC_INVALID, "ballot.unknown", at_row(r), "没有项目“%.*s”", "there is no project “%.*s”", STRF(str_sub(id, 0, 60)));
		for (size_t k = 0; k < project.n; k++)
			if (project.v[k] == found) return fail(r->cx, RC_INVALID, "ballot.twice", at_row(r), "一张票上项目重复：“%.*s”", "a project twice on one ballot: “%.*s”", STRF(id));
		if (points >= 0 && str_cut(&given, ',', &amount_given)) TRY(count(r, str_trim(amount_given), &v));
		VEC_PUSH(r->cx->arena, &project, found);
		VEC_PUSH(r->cx->arena, &worth, v);
	}
	struct ballot_vote vote = { project.v, worth.v, (int)project.n };
	if (r->vote.n == VOTES_MAX) return fail(r->cx, RC_LIMIT, "ballot.votes_many", at_row(r), "选票太多", "too many votes");
	VEC_PUSH(r->cx->arena, &r->vote, vote);
	return RC_OK;
}

static enum rc read_votes(struct reader *r)
{
	if (!r->more) return RC_OK;
	TRY(next(r));
	int votes = csv_column(&r->row, "vote"), points = r->b->points ? csv_column(&r->row, "points") : -1;
	if (votes < 0) return fail(r->cx, RC_INVALID, "ballot.column", at_row(r), "缺少列 vote", "the column vote is missing");
	for (;;) {
		TRY(next(r));
		if (!r->more) return RC_OK;
		TRY(read_vote(r, votes, points));
	}
}

/* What the votes add up to; the file's own figures count where it has them. */
static void recount(struct reader *r)
{
	int64_t *votes = ARENA_ARRAY(r->cx->arena, int64_t, r->project.n + 1), *score = ARENA_ARRAY(r->cx->arena, int64_t, r->project.n + 1);
	for (size_t v = 0; v < r->vote.n; v++)
		for (int k = 0; k < r->vote.v[v].n; k++) {
			votes[r->vote.v[v].project[k]]++;
			score[r->vote.v[v].project[k]] += r->vote.v[v].points[k];
		}
	for (size_t p = 0; p < r->project.n; p++) {
		struct ballot_project *q = &r->project.v[p];
		bool other = r->vote.n && ((q->votes >= 0 && q->votes != votes[p]) || (r->b->points && q->score >= 0 && q->score != score[p]));
		r->b->miscounted += other;
		if (q->votes < 0) q->votes = votes[p];
		if (q->score < 0) q->score = r->b->points ? score[p] : q->votes;
	}
}

enum rc ballot_read(struct cx *cx, struct str text, const char *file, struct ballot *out)
{
	struct ballot b = { 0 };
	struct reader r = { .cx = cx, .file = file, .csv = csv_open(text, file), .b = &b, .ids = { .arena = cx->arena } };
	r.csv.separator = ';';
	TRY(next(&r));
	if (!section(&r, "META")) return fail(cx, RC_INVALID, "ballot.section", at_row(&r), "文件应以 META 开始", "the file should begin with META");
	TRY(read_meta(&r));
	TRY(read_projects(&r));
	TRY(read_votes(&r));
	recount(&r);
	b.project = r.project.v;
	b.n_project = (int)r.project.n;
	b.vote = r.vote.v;
	b.n_vote = (int)r.vote.n;
	if (!b.n_project) return fail(cx, RC_INVALID, "ballot.none", at_row(&r), "没有项目", "there are no projects");
	*out = b;
	return RC_OK;
}

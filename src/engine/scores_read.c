#include "base/csv.h"
#include "base/val.h"
#include "engine/scores.h"

static const int64_t SCORE_MAX = INT64_C(1000000) * DEC_ONE;

struct reader { struct cx *cx; const char *file; int application, reviewer, score; struct scores *s; VEC(struct scores_sheet) sheet; VEC(int) line; };

static struct where at_line(const struct reader *r, int line) { return (struct where){ .file = str_c(r->file), .line = line, .column = 1 }; }

static enum rc need(struct reader *r, const struct csv_row *head, const char *name, int *out)
{
	*out = csv_column(head, name);
	if (*out >= 0) return RC_OK;
	return fail(r->cx, RC_INVALID, "scores.column", at_line(r, head->line), "缺少列 %s", "the column %s is missing", name);
}

static enum rc read_sheet(struct reader *r, const struct csv_row *row)
{
	int last = r->application > r->reviewer ? r->application : r->reviewer;
	if (row->n <= last || row->n <= r->score) return fail(r->cx, RC_INVALID, "scores.cells", at_line(r, row->line), "此行列数不足", "this row has too few cells");
	struct str a = str_trim(row->cell[r->application]), v = str_trim(row->cell[r->reviewer]), score = str_trim(row->cell[r->score]);
	struct scores_sheet s;
	if (!a.n || !v.n || a.n > 200 || v.n > 200) return fail(r->cx, RC_INVALID, "scores.id", at_line(r, row->line), "申请或评审人为空或过长", "the application or the reviewer is empty or too long");
	if (!score.n) {
		fail_note(r->cx, LEVEL_WARNING, "scores.empty_score", at_line(r, row->line), "没有得分：此行不计入", "no score: this row is left out");
		return RC_OK;
	}
	if (!dec_parse(score, &s.score) || s.score > SCORE_MAX || s.score < -SCORE_MAX)
		return fail(r->cx, RC_INVALID, "scores.score", at_line(r, row->line), "得分无法识别：“%.*s”", "not a score: “%.*s”", STRF(str_sub(score, 0, 40)));
	s.application = names_put(&r->s->application, a);
	s.reviewer = names_put(&r->s->reviewer, v);
	if (r->s->reviewer.list.n > SCORES_REVIEWERS_MAX) return fail(r->cx, RC_LIMIT, "scores.reviewers", at_line(r, row->line), "评审人太多", "too many reviewers");
	VEC_PUSH(r->cx->arena, &r->sheet, s);
	VEC_PUSH(r->cx->arena, &r->line, row->line);
	return RC_OK;
}

/* The same application and reviewer twice: found through one list for each application. */
static void find_doubles(struct reader *r)
{
	size_t n = r->s->application.list.n;
	int *newest = ARENA_ARRAY(r->cx->arena, int, n + 1), *before = ARENA_ARRAY(r->cx->arena, int, r->sheet.n + 1);
	for (size_t k = 0; k < r->sheet.n; k++) {
		const struct scores_sheet *s = &r->sheet.v[k];
		for (int l = newest[s->application]; l; l = before[l - 1])
			if (r->sheet.v[l - 1].reviewer == s->reviewer) {
				(void)!fail(r->cx, RC_INVALID, "scores.twice", at_line(r, r->line.v[k]), "同一评审人对同一申请打分两次（另见第 %d 行）",
					"the same reviewer scores the same application twice (see line %d)", r->line.v[l - 1]);
				break;
			}
		before[k] = newest[s->application];
		newest[s->application] = (int)k + 1;
	}
}

enum rc scores_read(struct cx *cx, struct str text, const char *file, struct scores *out)
{
	struct scores s = { .application = { .arena = cx->arena }, .reviewer = { .arena = cx->arena } };
	struct reader r = { .cx = cx, .file = file, .s = &s };
	struct csv csv = csv_open(text, file);
	struct csv_row row;
	bool more;
	int errors = cx->fails.errors;
	TRY(csv_next(cx, &csv, &row, &more));
	if (!more) return fail(cx, RC_INVALID, "scores.empty", at_line(&r, 1), "文件是空的", "the file is empty");
	enum rc a = need(&r, &row, "application", &r.application), v = need(&r, &row, "reviewer", &r.reviewer), c = need(&r, &row, "score", &r.score);
	if (a != RC_OK || v != RC_OK || c != RC_OK) return RC_INVALID;
	for (;;) {
		TRY(csv_next(cx, &csv, &row, &more));
		if (!more) break;
		if (r.sheet.n == SCORES_SHEETS_MAX) return fail(cx, RC_LIMIT, "scores.many", at_line(&r, row.line), "超过 %d 份", "more than %d sheets", SCORES_SHEETS_MAX);
		(void)!read_sheet(&r, &row);
	}
	find_doubles(&r);
	if (cx->fails.errors > errors) return RC_INVALID;
	if (!r.sheet.n) return fail(cx, RC_INVALID, "scores.none", at_line(&r, 1), "没有得分", "there are no scores");
	s.sheet = r.sheet.v;
	s.n_sheet = (int)r.sheet.n;
	*out = s;
	return RC_OK;
}

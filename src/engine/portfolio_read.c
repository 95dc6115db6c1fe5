#include <string.h>

#include "base/csv.h"
#include "base/money.h"
#include "base/val.h"
#include "engine/portfolio.h"

enum { SCORE_MAX = 1000000, SD_MAX = 1000000 };         /* points; milli-points: its square is summed */

struct reader {
	struct cx *cx;
	struct portfolio *p;
	int id, score, cost, tier, sd;
	int64_t money;
	VEC(struct portfolio_option) option;
};

static struct where at_line(const struct portfolio *p, int line) { return (struct where){ .file = str_c(p->file), .line = line, .column = 1 }; }

/* Points to milli-points, half away from zero. */
static bool points(struct str s, int64_t *milli)
{
	int64_t micro;
	if (!dec_parse(str_trim(s), &micro) || micro > SCORE_MAX * (int64_t)DEC_ONE || micro < -SCORE_MAX * (int64_t)DEC_ONE) return false;
	*milli = (micro + (micro < 0 ? -500 : 500)) / 1000;
	return true;
}

static enum rc need_column(struct reader *r, const struct csv_row *head, const char *name, int *out)
{
	*out = csv_column(head, name);
	if (*out >= 0) return RC_OK;
	enum rc rc = fail(r->cx, RC_INVALID, "portfolio.column", at_line(r->p, head->line), "缺少列 %s", "the column %s is missing", name);
	int near = nearest_name(str_c(name), head->cell, head->n);
	if (near >= 0) fail_hint(r->cx, "是否指 %.*s？", "is it %.*s?", STRF(head->cell[near]));
	return rc;
}

static enum rc read_head(struct reader *r, const struct csv_row *head)
{
	struct cx *cx = r->cx;
	struct str *names = ARENA_ARRAY(cx->arena, struct str, (size_t)head->n);
	for (int i = 0; i < head->n; i++) {
		names[i] = str_trim(head->cell[i]);
		for (int k = 0; k < i; k++)
			if (names[i].n && str_eq(names[i], names[k]))
				return fail(cx, RC_INVALID, "portfolio.column_twice", at_line(r->p, head->line), "列 %.*s 出现两次", "the column %.*s appears twice", STRF(names[i]));
	}
	enum rc id = need_column(r, head, "id", &r->id), score = need_column(r, head, "score", &r->score), cost = need_column(r, head, "cost", &r->cost);
	r->tier = csv_column(head, "tier");
	r->sd = csv_column(head, "sd");
	r->p->column = names;
	r->p->n_column = head->n;
	return id != RC_OK ? id : score != RC_OK ? score : cost;
}

#define BAD_CELL(code, zh, en) fail(r->cx, RC_INVALID, code, at_line(r->p, row->line), zh, en, STRF(str_sub(cell, 0, 60)))

static enum rc read_option(struct reader *r, const struct csv_row *row)
{
	struct portfolio_option o = { .cell = row->cell, .line = row->line, .sd = -1 };
	struct str cell = str_trim(row->cell[r->id]);
	if (!cell.n || cell.n > 200) return BAD_CELL("portfolio.id", "编号为空或过长：“%.*s”", "the id is empty or too long: “%.*s”");
	int known = names_find(&r->p->application, cell);
	if (known >= 0 && known != (int)r->p->application.list.n - 1) return BAD_CELL("portfolio.apart", "申请 %.*s 的各档须排在一起", "the tiers of %.*s must stand together");
	o.application = names_put(&r->p->application, cell);
	if (r->tier >= 0) o.tier = str_trim(row->cell[r->tier]);
	for (size_t k = r->option.n; known >= 0 && k-- > 0 && r->option.v[k].application == o.application;)
		if (str_eq(r->option.v[k].tier, o.tier)) return BAD_CELL("portfolio.twice", "申请 %.*s 重复（同一档）", "the application %.*s is there twice (the same tier)");
	cell = row->cell[r->score];
	if (!points(cell, &o.score)) return BAD_CELL("portfolio.score", "得分无法识别：“%.*s”", "not a score: “%.*s”");
	cell = row->cell[r->cost];
	if (!money_parse(str_trim(cell), &o.cost) || o.cost < 0) return BAD_CELL("portfolio.cost", "金额无法识别或过大：“%.*s”", "not an amount, or too large: “%.*s”");
	if (o.cost > PORTFOLIO_MONEY_MAX - r->money) return BAD_CELL("portfolio.money", "金额合计过大：“%.*s”", "the amounts are too large together: “%.*s”");
	r->money += o.cost;
	if (r->sd >= 0 && str_trim(row->cell[r->sd]).n) {
		cell = row->cell[r->sd];
		if (!points(cell, &o.sd) || o.sd < 0 || o.sd > SD_MAX) return BAD_CELL("portfolio.sd", "标准误无法识别：“%.*s”", "not a standard error: “%.*s”");
	}
	VEC_PUSH(r->cx->arena, &r->option, o);
	return RC_OK;
}

enum rc portfolio_read(struct cx *cx, struct str text, const char *file, struct portfolio *out)
{
	struct portfolio p = { .file = file, .rules_file = "", .spread = -1, .application = { .arena = cx->arena } };
	struct reader r = { .cx = cx, .p = &p };
	struct csv csv = csv_open(text, file);
	struct csv_row row, head;
	bool more;
	TRY(csv_next(cx, &csv, &head, &more));
	if (!more) return fail(cx, RC_INVALID, "portfolio.empty", at_line(&p, 1), "文件是空的", "the file is empty");
	TRY(read_head(&r, &head));
	int errors = cx->fails.errors;
	for (;;) {
		TRY(csv_next(cx, &csv, &row, &more));
		if (!more) break;
		if (r.option.n == PORTFOLIO_OPTIONS_MAX)
			return fail(cx, RC_LIMIT, "portfolio.many", at_line(&p, row.line), "超过 %d 行", "more than %d rows", PORTFOLIO_OPTIONS_MAX);
		if (row.n != head.n) {
			(void)!fail(cx, RC_INVALID, "portfolio.cells", at_line(&p, row.line), "此行有 %d 列，标题行有 %d 列", "%d cells here, %d in the header", row.n, head.n);
			continue;
		}
		(void)!read_option(&r, &row);
	}
	if (cx->fails.errors > errors) return RC_INVALID;
	if (!r.option.n) return fail(cx, RC_INVALID, "portfolio.none", at_line(&p, head.line), "没有申请", "there are no applications");
	p.option = r.option.v;
	p.n_option = (int)r.option.n;
	*out = p;
	return RC_OK;
}

int portfolio_column(const struct portfolio *p, struct str name)
{
	for (int i = 0; i < p->n_column; i++)
		if (str_eq(p->column[i], name)) return i;
	return -1;
}

enum rc portfolio_money(struct cx *cx, const struct portfolio *p, const struct portfolio_option *o, int column, int64_t *fen)
{
	if (column < 0) {
		*fen = o->cost;
		return RC_OK;
	}
	struct str cell = str_trim(o->cell[column]);
	if (!cell.n) *fen = 0;
	else if (!money_parse(cell, fen) || *fen < 0 || *fen > PORTFOLIO_MONEY_MAX)
		return fail(cx, RC_INVALID, "portfolio.amount", at_line(p, o->line), "列 %.*s：金额无法识别或过大：“%.*s”", "column %.*s: not an amount, or too large: “%.*s”",
			STRF(p->column[column]), STRF(str_sub(cell, 0, 60)));
	return RC_OK;
}

int64_t portfolio_worth(const struct portfolio *p, const struct portfolio_option *o)
{
	return o->score - (o->sd > 0 ? o->sd * p->caution / 1000 : 0);
}

bool portfolio_value(struct str *rest, struct str *value, int *percent)
{
	struct str part;
	while (str_cut(rest, ';', &part)) {
		part = str_trim(part);
		if (!part.n) continue;
		*percent = 100;
		*value = part;
		for (size_t i = part.n; i-- > 0;) {
			int64_t weight;
			if (part.p[i] != ':') continue;
			if (str_int(str_trim(str_sub(part, i + 1, part.n)), &weight) && weight >= 1 && weight <= 100) {
				*percent = (int)weight;
				*value = str_trim(str_sub(part, 0, i));
			}
			break;
		}
		return true;
	}
	return false;
}

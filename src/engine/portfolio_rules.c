#include <string.h>

#include "base/money.h"
#include "base/val.h"
#include "engine/portfolio.h"
#include "engine/statement.h"

struct parser {
	struct cx *cx;
	struct portfolio *p;
	const struct statement *s;
	int i;                          /* the next argument */
	struct portfolio_rule r;
	bool spread, caution;           /* said already */
	VEC(struct portfolio_rule) all;
};

static struct where here(const struct parser *x) { return (struct where){ .file = str_c(x->p->rules_file), .line = x->s->line, .column = x->s->column }; }

/* The formats take one text: what is wrong, cut to a length fit for a message. */
#define wrong(x, code, zh, en, what) fail((x)->cx, RC_INVALID, code, here(x), zh, en, (int)((what).n < 80 ? (what).n : 80), (what).p)

static struct str next(struct parser *x) { return x->i < x->s->n ? x->s->arg[x->i++] : (struct str){ "", 0 }; }

static bool take(struct parser *x, const char *word)
{
	bool is = x->i < x->s->n && str_is(x->s->arg[x->i], word);
	x->i += is;
	return is;
}

static enum rc hint_name(struct parser *x, enum rc rc, struct str word, const struct str *names, int n)
{
	int near = nearest_name(word, names, n);
	if (near >= 0) fail_hint(x->cx, "是否指 %.*s？", "did you mean %.*s?", STRF(names[near]));
	return rc;
}

static enum rc column(struct parser *x, int *out)
{
	struct str name = next(x);
	*out = portfolio_column(x->p, name);
	if (*out >= 0) return RC_OK;
	enum rc rc = name.n ? wrong(x, "portfolio.rule_column", "没有列“%.*s”", "there is no column “%.*s”", name)
			    : wrong(x, "portfolio.rule_short", "缺少列名：%.*s", "a column name is missing: %.*s", x->s->text);
	return hint_name(x, rc, name, x->p->column, x->p->n_column);
}

static enum rc money_column(struct parser *x, int *out)
{
	TRY(column(x, out));
	if (str_is(x->p->column[*out], "cost")) *out = -1;
	return RC_OK;
}

/* 3000万元, or 30% */
static enum rc amount(struct parser *x)
{
	struct str s = next(x);
	int64_t micro;
	x->r.share = str_ends(s, STR("%"));
	bool fine = x->r.share ? dec_parse(str_sub(s, 0, s.n - 1), &micro) && micro % 10000 == 0 && micro >= 0 && micro <= (int64_t)100 * DEC_ONE
			       : money_parse(s, &x->r.amount) && x->r.amount >= 0 && x->r.amount <= PORTFOLIO_MONEY_MAX;
	if (!fine) return wrong(x, "portfolio.rule_amount", "应为金额或百分比，此处为“%.*s”", "an amount or a percentage is expected here, not “%.*s”", s);
	if (x->r.share) x->r.amount = micro / 10000;
	return RC_OK;
}

static enum rc number(struct parser *x)
{
	struct str s = next(x);
	if (!str_int(s, &x->r.amount) || x->r.amount < 0 || x->r.amount > PORTFOLIO_OPTIONS_MAX)
		return wrong(x, "portfolio.rule_number", "应为个数，此处为“%.*s”", "a number of applications is expected here, not “%.*s”", s);
	return RC_OK;
}

/* [of COLUMN] [in COLUMN VALUE | each COLUMN] [quality SCORE] */
static enum rc scope(struct parser *x, bool money, bool quality)
{
	if (money && take(x, "of")) TRY(money_column(x, &x->r.of));
	if (take(x, "in")) {
		TRY(column(x, &x->r.in));
		x->r.value = next(x);
		if (!x->r.value.n) return wrong(x, "portfolio.rule_short", "缺少取值：%.*s", "a value is missing: %.*s", x->s->text);
	} else if (take(x, "each")) {
		TRY(column(x, &x->r.in));
		x->r.each = true;
	}
	if (quality && take(x, "quality")) {
		int64_t micro;
		struct str s = next(x);
		if (!dec_parse(s, &micro)) return wrong(x, "portfolio.rule_quality", "应为得分，此处为“%.*s”", "a score is expected here, not “%.*s”", s);
		x->r.quality = micro / 1000;
	}
	return RC_OK;
}

static enum rc applications(struct parser *x, int least)
{
	const struct names *known = &x->p->application;
	int *list = ARENA_ARRAY(x->cx->arena, int, (size_t)x->s->n + 1);
	for (; x->i < x->s->n; x->i++) {
		int found = names_find(known, x->s->arg[x->i]);
		if (found < 0) {
			enum rc rc = wrong(x, "portfolio.rule_application", "没有申请“%.*s”", "there is no application “%.*s”", x->s->arg[x->i]);
			return known->list.n <= 5000 ? hint_name(x, rc, x->s->arg[x->i], known->list.v, (int)known->list.n) : rc;
		}
		for (int k = 0; k < x->r.n_application; k++)
			if (list[k] == found) return wrong(x, "portfolio.rule_twice", "申请“%.*s”出现两次", "the application “%.*s” stands here twice", x->s->arg[x->i]);
		list[x->r.n_application++] = found;
	}
	x->r.application = list;
	if (x->r.n_application < least) return wrong(x, "portfolio.rule_short", "申请太少：%.*s", "too few applications: %.*s", x->s->text);
	return RC_OK;
}

static enum rc ratio(struct parser *x)
{
	TRY(money_column(x, &x->r.of));
	TRY(money_column(x, &x->r.per));
	struct str s = next(x), left = { "", 0 }, rest = s;
	bool fine = str_cut(&rest, ':', &left) && rest.p && str_int(left, &x->r.p) && str_int(rest, &x->r.q);
	if (!fine || x->r.p < 0 || x->r.q < 1 || x->r.p > 1000 || x->r.q > 1000)
		return wrong(x, "portfolio.rule_ratio", "应为比例（如 1:4），此处为“%.*s”", "a ratio such as 1:4 is expected here, not “%.*s”", s);
	return scope(x, false, false);
}

enum word { W_BUDGET, W_CEILING, W_FLOOR, W_AT_MOST, W_AT_LEAST, W_EXCLUDE, W_NEEDS, W_MUST, W_NEVER, W_RATIO, W_SPREAD, W_CERTAIN, W_CAUTION, W_COUNT };
static const struct str words[W_COUNT] = { STR_INIT("budget"), STR_INIT("ceiling"), STR_INIT("floor"), STR_INIT("at-most"), STR_INIT("at-least"), STR_INIT("exclude"),
	STR_INIT("needs"), STR_INIT("must"), STR_INIT("never"), STR_INIT("ratio"), STR_INIT("spread"), STR_INIT("certain"), STR_INIT("caution") };
static const enum portfolio_kind kinds[] = { PORTFOLIO_CEILING, PORTFOLIO_CEILING, PORTFOLIO_FLOOR, PORTFOLIO_AT_MOST, PORTFOLIO_AT_LEAST, PORTFOLIO_EXCLUDE,
	PORTFOLIO_NEEDS, PORTFOLIO_MUST, PORTFOLIO_NEVER, PORTFOLIO_RATIO };

/* The wishes: what is wanted after the rules. */
static enum rc wish(struct parser *x, enum word w)
{
	int64_t micro;
	if (w == W_CERTAIN) {
		x->p->certain = true;
	} else if (w == W_SPREAD) {
		if (x->spread) return wrong(x, "portfolio.rule_again", "只能写一次：%.*s", "only once: %.*s", x->s->text);
		x->spread = true;
		TRY(column(x, &x->p->spread));
	} else {
		struct str s = next(x);
		if (x->caution || !dec_parse(s, &micro) || micro < 0 || micro > 10 * (int64_t)DEC_ONE)
			return wrong(x, "portfolio.rule_caution", "应为 0 到 10 的倍数，只写一次，此处为“%.*s”", "one factor from 0 to 10 is expected here, not “%.*s”", s);
		x->caution = true;
		x->p->caution = micro / 1000;
	}
	return RC_OK;
}

static enum rc rule(struct parser *x)
{
	int w = 0;
	while (w < W_COUNT && !str_eq(words[w], x->s->word)) w++;
	if (w == W_COUNT) return hint_name(x, wrong(x, "portfolio.rule_word", "没有规则“%.*s”", "there is no rule “%.*s”", x->s->word), x->s->word, words, W_COUNT);
	x->r = (struct portfolio_rule){ .of = -1, .per = -1, .in = -1, .quality = INT64_MIN, .text = x->s->text, .line = x->s->line };
	if (w < W_SPREAD) x->r.kind = kinds[w];
	switch ((enum word)w) {
	case W_BUDGET: case W_CEILING: case W_FLOOR:
		TRY(amount(x));
		TRY(scope(x, true, false));
		break;
	case W_AT_MOST: case W_AT_LEAST:
		TRY(number(x));
		TRY(scope(x, false, w == W_AT_LEAST));
		break;
	case W_EXCLUDE: case W_NEEDS: case W_MUST: case W_NEVER:
		TRY(applications(x, w == W_EXCLUDE || w == W_NEEDS ? 2 : 1));
		break;
	case W_RATIO:
		TRY(ratio(x));
		break;
	default:
		TRY(wish(x, (enum word)w));
	}
	if (x->i < x->s->n) return wrong(x, "portfolio.rule_rest", "多余的内容“%.*s”", "“%.*s” is too much here", x->s->arg[x->i]);
	if (w >= W_SPREAD) return RC_OK;
	if (x->all.n == PORTFOLIO_RULES_MAX) return wrong(x, "portfolio.rules", "规则太多：%.*s", "too many rules: %.*s", x->s->text);
	VEC_PUSH(x->cx->arena, &x->all, x->r);
	return RC_OK;
}

enum rc portfolio_rules(struct cx *cx, struct str text, const char *file, struct portfolio *p)
{
	struct statement *s;
	int n, errors = cx->fails.errors;
	struct parser x = { .cx = cx, .p = p };
	p->rules_file = file;
	TRY(statement_read(cx, text, file, &s, &n));
	for (int k = 0; k < n; k++) {
		x.s = &s[k];
		x.i = 0;
		(void)!rule(&x);
	}
	if (cx->fails.errors > errors) return RC_INVALID;
	p->rule = x.all.v;
	p->n_rule = (int)x.all.n;
	return RC_OK;
}

/* Dates against dates: the signature before what the text reports as past, days that do not exist, spans turned round,
   document numbers of another year than the text gives, 三年 against 2019—2021年. */
#include "base/time.h"
#include "letter_inner.h"

static bool is_date(const struct mark *m) { return str_is(m->f.kind, "date") || str_is(m->f.kind, "year"); }

static bool is_full(const struct mark *m) { return m->year && m->month && m->day; }

/* The first and the last day that a date can mean; false for one without a year or that does not exist. */
static bool days_of(const struct mark *m, int32_t *first, int32_t *last)
{
	if (!m->year || m->month > 12) return false;
	if (m->day) {
		*last = 0;
		return date_make(m->year, m->month, m->day, first) && (*last = *first, true);
	}
	int month = m->month ? m->month : 12;
	if (!date_make(m->year, m->month ? m->month : 1, 1, first)) return false;
	return date_make(month == 12 ? m->year + 1 : m->year, month == 12 ? 1 : month + 1, 1, last) && (--*last, true);
}

/* The signature: a line near the end, or near the start, that is a full date and little else. */
static void find_signature(struct reading *r)
{
	for (int pass = 0; pass < 2 && !r->sign_b; pass++)
		for (size_t k = r->m.n; k-- > 0;) {
			const struct mark *m = &r->m.v[k];
			int32_t first, last;
			if (!str_is(m->f.kind, "date") || !is_full(m) || !days_of(m, &first, &last) || (m->clues & CLUE_END)) continue;
			int a = paragraph_start(r, m->a), b = paragraph_end(r, m->b);
			int spare = (b - a) - (m->b - m->a);
			bool near_end = r->n - m->b < 600, near_start = m->a < 160;
			bool alone = spare == 0 || (spare <= 2 && r->c[a] == '(') || (spare <= 2 && at_any(r, m->b, "印发|发布"));
			bool dated = spare <= 36 && has_any(r, a, m->a, "印发|成文日期|发布日期|发文日期|签发|答复日期|省|市|县|厅|局|委|办公室|公司") && b == m->b;
			bool head = near_start && spare <= 40 && (alone || has_any(r, m->b, b, "会议上|大会上|全会上|第") || has_any(r, a, m->a, "发布日期|成文日期"));
			if (pass == 0 ? !(near_end && (alone || dated)) : !head) continue;
			r->sign_a = m->a;
			r->sign_b = m->b;
			r->sign_day = first;
			return;
		}
}

static const char future_words[] = "到20|力争|预计|将|计划|目标|拟|规划|下一步|年前|底前|月前|日前完成|以前|之前|争取|确保|预期|按期|期限|要求|截止日期|有效期|安排|打算|展望|至20|前完成|工作要点|协议|申报|尚未|必须|应于|须于|需在|不得晚于|年度科技|于20";
static const char past_words[] = "批准|认定|完成|实现|落实|达|已|新增|下达|获|发布|印发|出台|实施|举办|召开|建成|投入|新建|成立|引进|培育|形成|增长|下降|共|荣获|开展|通过|组织|支持|推荐|签订|备案|审计|检查|收到|受理";

/* Does the text tell of this time as of something over? */
static bool told_as_past(const struct reading *r, const struct mark *m)
{
	int start = sentence_start(r, m->a), end = clause_end(r, m->b), lead = m->a > 6 ? m->a - 6 : 0;
	if (start < m->a - 200) start = m->a - 200;
	if (in_title(r, m->a) || (m->clues & CLUE_SPAN) || m->year_end != m->year || before_any(r, m->a, lead, "比|较")) return false;
	if (before_any(r, m->a, lead, "到|至|在今后|前|力争|预计|延长至|于")) {
		if (!before_any(r, m->a, lead, "截至|截止|截止到|截至到")) return false;
	}
	int from = clause_start(r, m->a), before = from - 40 > start ? from - 40 : start;
	if (has_any(r, before, m->a, "将|拟|计划|力争|预计|目标|规划|下一步") || has_any(r, m->b, end, future_words) || at_any(r, m->b, "前|之前|以前|底前|起|计划")) return false;
	if (before_any(r, m->a, lead, "截至|截止|截止到|截至到") || at_any(r, m->b, "以来|底,|末,") || (m->clues & CLUE_END)) return true;
	return (has_any(r, m->b, end, past_words) || before_any(r, m->a, lead, "落实|完成|实现|形成")) && !has_any(r, m->b, end, "预算安排|计划");
}

static void check_signature(struct reading *r)
{
	struct letter_finding *f = NULL;
	int32_t first, last, latest = 0;
	int places = 0;
	if (!r->sign_b) return;
	for (size_t i = 0; i < r->m.n; i++) {
		const struct mark *m = &r->m.v[i];
		bool document = str_is(m->f.kind, "document");
		if ((!document && !is_date(m)) || !days_of(m, &first, &last) || m->a == r->sign_a) continue;
		bool state = (m->clues & CLUE_END) && !m->day;
		int32_t from = (m->clues & CLUE_END) || state ? last : first;
		if (from <= r->sign_day) continue;
		if (!document && !told_as_past(r, m)) continue;
		if (!f) {
			f = add_finding(r, "date", LEVEL_ERROR, STR(""));
			add_span(r, f, r->sign_a, r->sign_b);
		}
		add_mark_span(r, f, m);
		places++;
		if (from > latest) latest = from;
	}
	if (!f) return;
	struct str sign = date_text(r->arena, r->sign_day), late = date_text(r->arena, latest);
	f->arithmetic = str_fmt(r->arena, "%.*s < %.*s", STRF(sign), STRF(late));
	f->zh = str_fmt(r->arena, "落款日期%.*s早于文中已经发生的事（%d处，最晚到%.*s），落款年份疑有误", STRF(sign), places, STRF(late));
	f->en = str_fmt(r->arena, "the signature date %.*s is earlier than what the text reports as past (%d place%s, the latest %.*s): the signature date is likely wrong",
		STRF(sign), places, places == 1 ? "" : "s", STRF(late));
}

static void check_existence(struct reading *r, const struct mark *m)
{
	int32_t day;
	bool bad = m->month > 12 || m->day > 31 || (m->month == 0 && m->day);
	if (!bad && m->month && m->day) bad = !date_make(m->year ? m->year : 2020, m->month, m->day, &day);
	if (!bad || !is_date(m)) return;
	struct str said = value_text(r, m);
	struct letter_finding *f = add_finding(r, "date", LEVEL_ERROR, said);
	f->zh = str_fmt(r->arena, "没有这一天：%.*s", STRF(said));
	f->en = str_fmt(r->arena, "there is no such date: %.*s", STRF(said));
	add_mark_span(r, f, m);
}

static void check_order(struct reading *r, const struct mark *a, const struct mark *b)
{
	int32_t a_first, a_last, b_first, b_last;
	if (!is_date(a) || !is_date(b) || a->sent != b->sent || b->a - a->b > 8 || b->a - a->b < 1 || in_title(r, a->a) != in_title(r, b->a)) return;
	int sep = at_any(r, a->b, "至|到|-");
	if (at_any(r, a->b, "起至|开始至|开始到|起到")) sep = at_any(r, a->b, "起至|开始至|开始到|起到");
	while (sep && r->c[a->b + sep] == '-') sep++;
	if (!sep || a->b + sep != b->a) return;
	bool ok = false;
	if (a->year && b->year) {
		if (!days_of(a, &a_first, &a_last) || !days_of(b, &b_first, &b_last)) return;
		int32_t first = (a->clues & CLUE_SPAN) && !a->month ? a->year : a_first, last = (a->clues & CLUE_SPAN) && !a->month ? b->year_end : b_last;
		ok = first <= last;
	} else if (!b->year && b->month && a->month) {
		ok = b->month > a->month || (b->month == a->month && (!a->day || !b->day || b->day >= a->day)) || a->day == 0 || b->day == 0;
		if (!a->year) return;
	} else return;
	if (ok) return;
	struct str x = value_text(r, a), y = value_text(r, b);
	struct letter_finding *f = add_finding(r, "date", LEVEL_ERROR, str_fmt(r->arena, "%.*s > %.*s", STRF(x), STRF(y)));
	f->zh = str_fmt(r->arena, "起止时间颠倒：%.*s晚于%.*s", STRF(x), STRF(y));
	f->en = str_fmt(r->arena, "the span is turned round: it starts %.*s and ends %.*s", STRF(x), STRF(y));
	add_mark_span(r, f, a);
	add_mark_span(r, f, b);
}

/* 2019年印发《…》(×〔2021〕3号). */
static void check_document(struct reading *r, const struct mark *d)
{
	int start = sentence_start(r, d->a);
	const struct mark *said = NULL;
	for (size_t k = (size_t)d->seq; k-- > 0 && r->m.v[k].a >= start;) {
		const struct mark *m = &r->m.v[k];
		if (!is_date(m) || !m->year || in_title(r, m->a) || m->year != m->year_end) continue;
		said = m;
		break;
	}
	if (!said || said->year == d->year || (r->sign_b && said->a == r->sign_a)) return;
	bool since = at_any(r, said->b, "以来|起|至今") > 0;
	int open = find_any(r, said->b, d->a, "《");
	int told = find_any(r, said->b, open >= 0 ? open : d->a, "印发|发布|出台|制定|下发|颁布|公布");
	int after = find_any(r, d->b, clause_end(r, d->b + 1), "发布|印发|出台|颁布");
	if (told < 0 && after < 0) return;
	if (told >= 0 && find_any(r, said->b, told, ";|。") >= 0) return;
	if (told < 0 && !since && said->a < d->a - 60) return;
	if (find_any(r, said->b, d->a, "根据|按照|依据|落实|贯彻|修订|废止|替代") >= 0) return;
	bool future = d->year > said->year;
	if (since && future && !said->month) return;
	if (!since && !future && said->year - d->year == 1 && (!said->month || said->month <= 3)) return;
	enum level level = since && future ? LEVEL_INFO : LEVEL_WARNING;
	struct str x = value_text(r, d), y = value_text(r, said);
	struct letter_finding *f = add_finding(r, "document", level, str_fmt(r->arena, "%d ≠ %d", d->year, said->year));
	f->zh = str_fmt(r->arena, "文号%.*s为%d年，文中说是%.*s%s发布，请核对", STRF(x), d->year, STRF(y), since ? "以来" : "");
	f->en = str_fmt(r->arena, "the document number %.*s is of %d, the text places its issue in %s%.*s", STRF(x), d->year, since ? "or after " : "", STRF(y));
	add_mark_span(r, f, said);
	add_mark_span(r, f, d);
}

/* 三年行动计划(2019—2022年). */
static void check_duration(struct reading *r, const struct mark *m)
{
	if (m->dim != DIM_TIME || m->group != 3 || !at_any(r, m->b - 1, "年") || m->f.qualifier != LETTER_EXACT) return;
	for (size_t k = (size_t)m->seq + 1; k < r->m.n && k < (size_t)m->seq + 3; k++) {
		const struct mark *s = &r->m.v[k];
		if (s->year_end <= s->year || !str_is(s->f.kind, "year") || s->a - m->b > 16 || s->sent != m->sent) continue;
		if (!has_any(r, m->b, s->a, "(") || !has_any(r, m->b, s->a, "计划|规划|方案|周期|行动|任务|工程")) return;
		int64_t years = s->year_end - s->year, said = m->f.value / DEC_ONE;
		if (said == years || said == years + 1) return;
		struct str x = value_text(r, m), y = letter_slice(r, s->a, r->m.v[k + 1 < r->m.n ? k + 1 : k].b);
		struct letter_finding *f = add_finding(r, "date", LEVEL_WARNING,
			str_fmt(r->arena, "%d - %d + 1 = %lld ≠ %lld", s->year_end, s->year, (long long)years + 1, (long long)said));
		f->zh = str_fmt(r->arena, "写的是%.*s，起止却是%.*s", STRF(x), STRF(y));
		f->en = str_fmt(r->arena, "it says %.*s, the span is %.*s", STRF(x), STRF(y));
		add_mark_span(r, f, m);
		add_mark_span(r, f, s);
		return;
	}
}

/* 执行期三年,自2024年1月1日至2026年12月31日. */
static void check_term_of(struct reading *r, const struct mark *m)
{
	int32_t first, last, spare;
	if (m->dim != DIM_TIME || m->group != 3 || !at_any(r, m->b - 1, "年") || m->f.qualifier != LETTER_EXACT || (size_t)m->seq + 2 >= r->m.n) return;
	const struct mark *a = m + 1, *b = m + 2;
	if (!is_date(a) || !is_date(b) || b->sent != m->sent || b->clause - m->clause > 1 || a->a - m->b > 6 || !at_any(r, a->b, "至|到|-|起至") || b->a - a->b > 2) return;
	if (!has_any(r, clause_start(r, m->a), m->a, "期|周期") || !a->month || !b->month || !days_of(a, &first, &spare) || !days_of(b, &spare, &last)) return;
	double years = (last - first + 1) / 365.25, said = (double)m->f.value / DEC_ONE;
	if (last < first || (years > said - 0.1 && years < said + 0.1)) return;
	struct str x = value_text(r, m), y = letter_slice(r, a->a, b->b), n = number_text(r->arena, years, 1);
	struct letter_finding *f = add_finding(r, "date", LEVEL_WARNING, str_fmt(r->arena, "%.*s = %.*s年 ≠ %.*s", STRF(y), STRF(n), STRF(x)));
	f->zh = str_fmt(r->arena, "写的是%.*s，起止却是%.*s（约%.*s年）", STRF(x), STRF(y), STRF(n));
	f->en = str_fmt(r->arena, "it says %.*s, the span %.*s is about %.*s years", STRF(x), STRF(y), STRF(n));
	add_mark_span(r, f, m);
	add_span(r, f, a->a, b->b);
}

/* “十四五”规划(2021—2025年): the five-year plans have their years. */
static void check_five_years(struct reading *r, const struct mark *m)
{
	static const struct { const char *word; int from; } plans[] = { { "十一五", 2006 }, { "十二五", 2011 }, { "十三五", 2016 }, { "十四五", 2021 }, { "十五五", 2026 } };
	if (!str_is(m->f.kind, "year") || !(m->clues & CLUE_SPAN) || m->paren < 0 || m->paren + 1 != m->a) return;
	for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
		int at = rfind_any(r, m->a - 30, m->paren, plans[i].word);
		if (at < sentence_start(r, m->a) || has_any(r, at, m->paren, ",|，|;") || !has_any(r, at + 3, m->paren, "规划|时期|期间|计划|纲要")) continue;
		if (has_any(r, at + 4, m->paren, "十|实施|行动|中期|两个|后") || (m->year == plans[i].from && m->year_end == plans[i].from + 4)) continue;
		struct str said = letter_slice(r, m->a, m[1].b);
		struct letter_finding *f = add_finding(r, "date", LEVEL_WARNING,
			str_fmt(r->arena, "%s = %d-%d ≠ %.*s", plans[i].word, plans[i].from, plans[i].from + 4, STRF(said)));
		f->zh = str_fmt(r->arena, "“%s”为%d—%d年，括号内写%.*s", plans[i].word, plans[i].from, plans[i].from + 4, STRF(said));
		f->en = str_fmt(r->arena, "the plan %s runs %d to %d, the brackets say %.*s", plans[i].word, plans[i].from, plans[i].from + 4, STRF(said));
		add_span(r, f, m->a, m[1].b);
		return;
	}
}

void check_times(struct reading *r)
{
	find_signature(r);
	check_signature(r);
	for (size_t i = 0; i < r->m.n; i++) {
		struct mark *m = &r->m.v[i];
		check_existence(r, m);
		if (i + 1 < r->m.n) check_order(r, m, m + 1);
		if (str_is(m->f.kind, "document")) check_document(r, m);
		check_duration(r, m);
		check_term_of(r, m);
		if (i + 1 < r->m.n) check_five_years(r, m);
	}
}

/* Values that cannot be: averages outside any sane band, ranges turned round; the same thing said twice differently;
   labels and sentences repeated by mistake; words that lost a character. */
#include "base/utf8.h"
#include "letter_inner.h"

/* Bands of what one of the second thing has of the first. After DOMAIN section 18, items 6 and 9 (employees a firm 1-200,
   square metres a seat 3-30), the others set wide from the yearly statistics of incubators, schools and hospitals:
   outside them a unit or a decimal point has slipped. `over` and `under` are words of the label, unit or noun. */
struct band { const char *over; enum dim over_dim; const char *under; enum dim under_dim; double low, high; const char *zh, *en; };

static const struct band bands[] = {
	{ "面积", DIM_AREA, "工位", DIM_COUNT, 3, 30, "每个工位平方米", "square metres a seat" },
	{ "面积", DIM_AREA, "床位|张床", DIM_COUNT, 3, 400, "每张床位平方米", "square metres a bed" },
	{ "面积", DIM_AREA, "孵化器|众创空间", DIM_COUNT, 100, 300000, "每家平方米", "square metres each" },
	{ "面积", DIM_AREA, "车位|停车位|泊位", DIM_COUNT, 8, 200, "每个车位平方米", "square metres a parking space" },
	{ "面积", DIM_AREA, "在孵企业", DIM_COUNT, 5, 20000, "每家在孵企业平方米", "square metres a tenant firm" },
	{ "在孵企业从业人员|在孵企业员工|在孵企业职工", DIM_PERSON, "在孵企业", DIM_COUNT, 1, 200, "每家在孵企业人数", "people a tenant firm" },
	{ "企业从业人员|企业员工|企业职工|企业从业人数|企业就业人员", DIM_PERSON, "企业", DIM_COUNT, 1, 2000, "每家企业人数", "people a firm" },
	{ "投融资|融资|投资金额|风险投资|创投", DIM_MONEY, "融资企业|投融资的企业|获投|融资的企业|融资团队|投融资团队", DIM_COUNT, 5000, 5e9, "每家获投企业元", "yuan a financed firm" },
	{ "贷款|授信", DIM_MONEY, "贷款企业|获贷|企业", DIM_COUNT, 5000, 1e10, "每家企业贷款元", "yuan of loans a firm" },
	{ "补助|补贴|奖补|奖励", DIM_MONEY, "企业|单位", DIM_COUNT, 500, 2e9, "每家补助元", "yuan of aid each" },
	{ "经费|资金", DIM_MONEY, "项目|课题", DIM_COUNT, 3000, 5e9, "每个项目元", "yuan a project" },
};

enum { BANDS = sizeof bands / sizeof *bands, NEAR_MAX = 200 };

static bool named(const struct reading *r, const struct mark *m, const char *words)
{
	return has_any(r, m->pre, m->a, words) || has_any(r, m->b - 1, m->post_b, words);
}

static bool is_step(const struct reading *r, const struct mark *m) { return m->quantity && m->value > 0 && !(m->clues & (CLUE_DELTA | CLUE_WORD | CLUE_PLAN)) && m->f.qualifier != LETTER_RANGE && r->n; }

static void report_band(struct reading *r, const struct mark *a, const struct mark *b, const struct band *w, double per)
{
	static const double factors[] = { 0.1, 10, 0.0001, 10000, 0.01, 100, 0.001, 1000 };
	static const char *const text[] = { "÷10", "×10", "÷10000", "×10000", "÷100", "×100", "÷1000", "×1000" };
	const char *fix = "";
	for (int i = 0; i < 8 && !*fix; i++)
		if (per * factors[i] >= w->low && per * factors[i] <= w->high) fix = text[i];
	struct str x = value_text(r, a), y = value_text(r, b), p = number_text(r->arena, per, per < 1 ? 4 : per < 100 ? 2 : 0);
	struct str low = number_text(r->arena, w->low, 0), high = number_text(r->arena, w->high, 0);
	struct letter_finding *f = add_finding(r, "ratio", LEVEL_WARNING, str_fmt(r->arena, "%.*s ÷ %.*s = %.*s", STRF(x), STRF(y), STRF(p)));
	f->zh = str_fmt(r->arena, "%s为%.*s，通常在%.*s—%.*s之间", w->zh, STRF(p), STRF(low), STRF(high));
	f->en = str_fmt(r->arena, "%.*s %s, usually %.*s to %.*s", STRF(p), w->en, STRF(low), STRF(high));
	if (*fix) {
		f->zh = str_fmt(r->arena, "%.*s；若%.*s%s则合理，疑为小数点或单位有误", STRF(f->zh), STRF(x), fix);
		f->en = str_fmt(r->arena, "%.*s; %.*s %s would be plausible: a slip of decimal point or unit?", STRF(f->en), STRF(x), fix);
	}
	add_mark_span(r, f, a);
	add_mark_span(r, f, b);
}

/* Nearest pairs in one sentence only, and only when the two stand close. */
static void check_bands(struct reading *r, const struct mark *a)
{
	for (int i = 0; i < BANDS; i++) {
		const struct band *w = &bands[i];
		if (a->dim != w->over_dim || !named(r, a, w->over)) continue;
		const struct mark *b = NULL;
		int best = 1 << 30;
		for (int k = a->seq - 12; k <= a->seq + 12; k++) {
			if (k < 0 || (size_t)k >= r->m.n || k == a->seq) continue;
			const struct mark *m = &r->m.v[k];
			int gap = m->a > a->a ? m->a - a->b : a->a - m->b;
			if (m->sent != a->sent || m->dim != w->under_dim || !is_step(r, m) || !named(r, m, w->under) || m->year != a->year) continue;
			if (gap < best) best = gap, b = m;
		}
		if (!b || best > 160) continue;
		double low = ratio_of(a->lo, b->hi), high = ratio_of(a->hi, b->lo);
		if (low > w->high || high < w->low) {
			report_band(r, a, b, w, ratio_of(a->value, b->value));
			return;
		}
		if (i < 3) return;
	}
}

static void check_range(struct reading *r, const struct mark *m)
{
	if (m->f.qualifier != LETTER_RANGE || m->f.high >= m->f.value) return;
	struct str said = value_text(r, m);
	struct letter_finding *f = add_finding(r, "order", LEVEL_ERROR, said);
	f->zh = str_fmt(r->arena, "区间上下限颠倒：%.*s", STRF(said));
	f->en = str_fmt(r->arena, "the range is turned round: %.*s", STRF(said));
	add_mark_span(r, f, m);
}

/* 不低于A…不超过B with A above B. */
static void check_limits(struct reading *r, const struct mark *a)
{
	if ((size_t)a->seq + 1 >= r->m.n || (a->f.qualifier != LETTER_AT_LEAST && a->f.qualifier != LETTER_AT_MOST)) return;
	const struct mark *b = a + 1;
	if (b->sent != a->sent || b->clause - a->clause > 1 || !comparable(a, b) || b->b - a->b > 24) return;
	bool least_first = a->f.qualifier == LETTER_AT_LEAST && b->f.qualifier == LETTER_AT_MOST;
	bool most_first = a->f.qualifier == LETTER_AT_MOST && b->f.qualifier == LETTER_AT_LEAST;
	const struct mark *low = least_first ? a : b, *high = least_first ? b : a;
	if ((!least_first && !most_first) || low->value <= high->value) return;
	/* 100人以下、200人以上 speaks of two groups. */
	if (!before_any(r, low->a, low->a > 8 ? low->a - 8 : 0, "不低于|不少于|最低|至少|不得低于|不得少于") || has_any(r, a->b, b->a, ";|或")) return;
	if (!before_any(r, high->a, high->a > 8 ? high->a - 8 : 0, "不超过|不高于|最高|至多|不得超过|不得高于|不多于")) return;
	if (b->pre_b - b->pre > 4 && !at_any(r, b->pre, "最高|不超过|不高于|且|最多|并")) return;
	struct str x = value_text(r, low), y = value_text(r, high);
	struct letter_finding *f = add_finding(r, "order", LEVEL_ERROR, str_fmt(r->arena, "%.*s > %.*s", STRF(x), STRF(y)));
	f->zh = str_fmt(r->arena, "下限%.*s高于上限%.*s", STRF(x), STRF(y));
	f->en = str_fmt(r->arena, "the lower limit %.*s is above the upper limit %.*s", STRF(x), STRF(y));
	add_mark_span(r, f, a);
	add_mark_span(r, f, b);
}

/* 20个项目,总投资10亿元,平均每个项目5000万元. */
static void check_average(struct reading *r, const struct mark *m)
{
	int from = clause_start(r, m->a);
	if (!m->quantity || !has_any(r, from, m->a, "平均每|平均单个|户均|平均单|家均|项均|村均|县均|校均|所均|平均资助")) return;
	const struct mark *count = NULL, *total = NULL;
	int counts = 0, totals = 0;
	for (size_t k = (size_t)m->seq; k-- > 0 && r->m.v[k].sent == m->sent;) {
		const struct mark *x = &r->m.v[k];
		if (!is_step(r, x) || x->paren >= 0) continue;
		if (comparable(x, m)) total = x, totals++;
		else if (x->dim == DIM_COUNT || x->dim == DIM_PERSON || x->dim == DIM_VISIT) count = x, counts++;
	}
	if (counts != 1 || totals != 1 || count->lo <= 0 || total->dim == DIM_COUNT) return;
	double low = ratio_of(total->lo, count->hi), high = ratio_of(total->hi, count->lo);
	if (low <= ratio_of(m->hi, DEC_ONE) * 1.005 && high >= ratio_of(m->lo, DEC_ONE) * 0.995) return;
	struct str x = value_text(r, total), y = value_text(r, count), said = value_text(r, m);
	wide each = (wide)(ratio_of(total->value, count->value) * (double)DEC_ONE);
	struct str per = base_text(r, m, each);
	struct letter_finding *f = add_finding(r, "ratio", LEVEL_WARNING, str_fmt(r->arena, "%.*s ÷ %.*s = %.*s ≠ %.*s", STRF(x), STRF(y), STRF(per), STRF(said)));
	f->zh = str_fmt(r->arena, "平均数不符：%.*s除以%.*s为%.*s，文中写%.*s", STRF(x), STRF(y), STRF(per), STRF(said));
	f->en = str_fmt(r->arena, "the average does not follow: %.*s over %.*s is %.*s, the text says %.*s", STRF(x), STRF(y), STRF(per), STRF(said));
	add_mark_span(r, f, m);
	add_mark_span(r, f, total);
	add_mark_span(r, f, count);
}

void check_ratios(struct reading *r)
{
	for (size_t i = 0; i < r->m.n; i++) {
		const struct mark *m = &r->m.v[i];
		check_range(r, m);
		check_limits(r, m);
		if (is_step(r, m)) check_bands(r, m);
		check_average(r, m);
	}
}

/* 2019年批准认定2019年…; 2020年批准认定2019年…: the leading year moved on, the label's did not. */
static void check_labels(struct reading *r, size_t i)
{
	const struct mark *a = &r->m.v[i];
	if (i + 1 >= r->m.n || !str_is(a->f.kind, "year") || !str_is(a[1].f.kind, "year") || a[1].clause != a->clause) return;
	if (a[1].a - a->b > 12 || a[1].a == a->b || a->year != a[1].year) return;
	for (size_t k = i + 2; k + 1 < r->m.n && k < i + NEAR_MAX && r->m.v[k].para == a->para; k++) {
		const struct mark *b = &r->m.v[k];
		if (!str_is(b->f.kind, "year") || !str_is(b[1].f.kind, "year") || b[1].clause != b->clause) continue;
		if (!same_text(r, a->b, a[1].a, b->b, b[1].a) || b->year == a->year || b[1].year != a[1].year) continue;
		int n = 0;
		while (n < 6 && r->c[a[1].b + n] == r->c[b[1].b + n] && !is_clause_end(r->c[a[1].b + n])) n++;
		if (n < 3) continue;
		struct str x = value_text(r, b), y = value_text(r, b + 1);
		struct letter_finding *f = add_finding(r, "repeated_label", LEVEL_WARNING,
			str_fmt(r->arena, "%d→%d, %d→%d", a->year, b->year, a[1].year, b[1].year));
		f->zh = str_fmt(r->arena, "%.*s的事仍写作“%.*s”的批次，与上一句相同，疑为照抄未改", STRF(x), STRF(y));
		f->en = str_fmt(r->arena, "the sentence about %.*s still speaks of the %.*s batch, as the one before: copied without change?", STRF(x), STRF(y));
		add_span(r, f, a->a, a[1].b);
		add_span(r, f, b->a, b[1].b);
		return;
	}
}

/* The same words, period and unit with another value. Only labels long enough to name one thing. */
static bool same_thing(const struct reading *r, const struct mark *a, const struct mark *b)
{
	int pre = a->pre_b - a->pre, post = a->post_b - a->post;
	if (!comparable(a, b) || a->f.qualifier != b->f.qualifier || a->clues != b->clues || a->paren != b->paren) return false;
	bool whole_year = a->year && a->year == b->year && (a->month == 0 || a->month == 12) && (b->month == 0 || b->month == 12);
	if (pre + post < 7 || a->year_end != b->year_end || b->seq - a->seq < 2) return false;
	if (!whole_year && (a->year != b->year || a->month != b->month || !str_eq(a->f.period, b->f.period))) return false;
	if (!same_text(r, a->pre, a->pre_b, b->pre, b->pre_b) || !same_text(r, a->post, a->post_b, b->post, b->post_b)) return false;
	/* "其中企业牵头" or "推荐企业" of two different subjects: the first figures of their sentences are safe. */
	int sa = sentence_start(r, a->a), sb = sentence_start(r, b->a);
	bool first = !has_any(r, sa, a->pre, "其中|分别") && !has_any(r, sb, b->pre, "其中|分别") && (a->seq == 0 || a[-1].sent != a->sent || a->pre_b - a->pre >= 9);
	return first && a->f.part_of < 0 && b->f.part_of < 0;
}

static void check_restated(struct reading *r, const struct mark *a)
{
	if (!a->quantity || (a->clues & (CLUE_DELTA | CLUE_WORD | CLUE_PLAN))) return;
	for (int k = a->seq + 1; (size_t)k < r->m.n && k < a->seq + 200; k++) {
		const struct mark *b = &r->m.v[k];
		if (!b->quantity || !same_thing(r, a, b)) continue;
		if (a->lo <= b->hi && a->hi >= b->lo) return;
		struct str x = value_text(r, a), y = value_text(r, b), label = label_text(r, a);
		struct letter_finding *f = add_finding(r, "conflict", LEVEL_WARNING, str_fmt(r->arena, "%.*s ≠ %.*s", STRF(x), STRF(y)));
		f->zh = str_fmt(r->arena, "“%.*s”前后说法不一：%.*s，%.*s", STRF(label), STRF(x), STRF(y));
		f->en = str_fmt(r->arena, "%.*s is given twice with different values: %.*s and %.*s", STRF(label), STRF(x), STRF(y));
		add_mark_span(r, f, a);
		add_mark_span(r, f, b);
		return;
	}
}

/* 全省16个州(市) here, 全省15个州(市) there. */
static void check_divisions(struct reading *r, const struct mark *a)
{
	static const char whole_words[] = "全省|全市|全县|全州|全区|全国|我省|我市|我县";
	static const char nouns[] = "州(市)|市(州)|州市|市州|县(市、区)|县(区)|县市区|地级市|区县|乡镇|乡(镇)|街道|社区|行政村|村|市|县|区|州|省";
	int lead = before_any(r, a->a, a->a > 4 ? a->a - 4 : 0, whole_words), noun = at_any(r, a->b, nouns);
	if (!lead || !noun || a->f.qualifier != LETTER_EXACT || a->dim != DIM_COUNT) return;
	for (size_t k = (size_t)a->seq + 1; k < r->m.n && k < (size_t)a->seq + 300; k++) {
		const struct mark *b = &r->m.v[k];
		if (b->a < lead || !same_text(r, a->a - lead, a->a, b->a - lead, b->a) || !same_text(r, a->b, a->b + noun, b->b, b->b + noun)) continue;
		if (at_any(r, b->b, nouns) != noun || b->value == a->value || b->f.qualifier != LETTER_EXACT || b->year != a->year) continue;
		struct str x = letter_slice(r, a->a - lead, a->b + noun), y = letter_slice(r, b->a - lead, b->b + noun);
		struct letter_finding *f = add_finding(r, "conflict", LEVEL_WARNING, str_fmt(r->arena, "%.*s ≠ %.*s", STRF(x), STRF(y)));
		f->zh = str_fmt(r->arena, "前后说法不一：%.*s，%.*s", STRF(x), STRF(y));
		f->en = str_fmt(r->arena, "given twice with different numbers: %.*s and %.*s", STRF(x), STRF(y));
		add_mark_span(r, f, a);
		add_mark_span(r, f, b);
		return;
	}
}

/* 四大工程(A、B、C): the number and the names. */
static void check_enumeration(struct reading *r, const struct mark *m)
{
	int open = m->b, close, items = 1;
	if (m->value < 2 * (wide)DEC_ONE || m->value > 20 * (wide)DEC_ONE || m->f.qualifier != LETTER_EXACT || (m->dim != DIM_COUNT && !(m->clues & CLUE_WORD))) return;
	while (open < m->b + 12 && open < r->n && r->c[open] != '(' && !is_clause_end(r->c[open]) && r->c[open] != 0x3001) open++;
	if (r->c[open] != '(' || open == m->b) return;
	for (close = open + 1; close < r->n && close < open + 200 && r->c[close] != ')'; close++) {
		int32_t c = r->c[close];
		if (is_clause_end(c) || is_digit(c) || at_any(r, close, "等|其中|含|和|及|与|或")) return;
		items += c == 0x3001;
	}
	if (r->c[close] != ')' || items < 2 || (wide)items * DEC_ONE == m->value) return;
	struct str said = letter_slice(r, m->a, open);
	struct letter_finding *f = add_finding(r, "count", LEVEL_WARNING, str_fmt(r->arena, "%d ≠ %lld", items, (long long)(m->value / DEC_ONE)));
	f->zh = str_fmt(r->arena, "“%.*s”，括号里却列了%d个", STRF(said), items);
	f->en = str_fmt(r->arena, "it says %.*s, but the brackets name %d", STRF(said), items);
	add_mark_span(r, f, m);
	add_span(r, f, open + 1, close);
}

enum { LINES_MAX = 4000, TOPIC_MIN = 12 };

/* The opening sentence of a paragraph without its number: what two paragraphs should not share. */
static bool topic_of(const struct reading *r, int line, int *a, int *b)
{
	*a = line;
	int number = at_any(r, line, "第") ? 0 : 1;
	int end = sentence_end(r, line);
	for (int i = line; number && i < line + 5 && i < end; i++)
		if (at_any(r, i, "是|、|)|.") && i > line) {
			*a = i + 1;
			break;
		}
	*b = end;
	return end - *a >= TOPIC_MIN && r->c[end] == 0x3002;
}

static void check_topics(struct reading *r)
{
	VEC(struct letter_span) seen = { 0 };
	for (int i = 0; i < r->n; i++) {
		int a, b;
		if ((i && r->c[i - 1] != '\n') || !topic_of(r, i, &a, &b)) continue;
		if (seen.n >= LINES_MAX) return;
		for (size_t k = 0; k < seen.n && k < 400; k++) {
			if (!same_text(r, seen.v[k].start, seen.v[k].end, a, b)) continue;
			struct str s = letter_slice(r, a, b);
			struct letter_finding *f = add_finding(r, "repeated_sentence", LEVEL_INFO, STR(""));
			f->zh = str_fmt(r->arena, "两段的首句相同：“%.*s”", STRF(s));
			f->en = str_fmt(r->arena, "two paragraphs open with the same sentence: %.*s", STRF(s));
			add_span(r, f, seen.v[k].start, seen.v[k].end);
			add_span(r, f, a, b);
			break;
		}
		VEC_PUSH(r->arena, &seen, ((struct letter_span){ a, b }));
	}
}

void check_repeats(struct reading *r)
{
	for (size_t i = 0; i < r->m.n; i++) {
		check_labels(r, i);
		check_restated(r, &r->m.v[i]);
		check_divisions(r, &r->m.v[i]);
		check_enumeration(r, &r->m.v[i]);
	}
	check_topics(r);
}

/* Standard terms that lost their last character: the cut form, the whole. The cut form must not be a word of its own. */
struct term { const char *cut, *whole; };

static const struct term terms[] = {
	{ "重点实验", "重点实验室" }, { "行动计", "行动计划" }, { "管理办", "管理办法" }, { "实施方", "实施方案" }, { "实施意", "实施意见" },
	{ "高新技术企", "高新技术企业" }, { "人民政", "人民政府" }, { "研究中", "研究中心" }, { "众创空", "众创空间" }, { "知识产", "知识产权" },
	{ "有限公", "有限公司" }, { "科技企业孵", "科技企业孵化器" }, { "专家工作", "专家工作站" }, { "技术创新中", "技术创新中心" },
	{ "战略性新兴产", "战略性新兴产业" }, { "生产总", "生产总值" }, { "建设规", "建设规划" }, { "指导意", "指导意见" }, { "发展规", "发展规划" },
};

static void check_term(struct reading *r, int at, const struct term *t)
{
	int length = at_any(r, at, t->cut);
	if (!length || at_any(r, at, t->whole)) return;
	int32_t next = r->c[at + length];
	if (utf8_is_han(next) || next == 0x3001 || is_latin(next)) return;
	struct str s = letter_slice(r, at, at + length);
	struct letter_finding *f = add_finding(r, "wording", LEVEL_INFO, STR(""));
	f->zh = str_fmt(r->arena, "“%.*s”疑为“%s”漏字", STRF(s), t->whole);
	f->en = str_fmt(r->arena, "\"%.*s\" seems to lack a character of \"%s\"", STRF(s), t->whole);
	add_span(r, f, at, at + length);
}

/* A title or quotation that is opened and never closed in its paragraph. */
static void check_pairs(struct reading *r, int from, int to)
{
	static const int32_t pairs[][2] = { { 0x300A, 0x300B }, { '(', ')' }, { '[', ']' } };
	for (int p = 0; p < 3; p++) {
		int depth = 0, at = -1;
		for (int i = from; i < to; i++) {
			if (r->c[i] == pairs[p][0]) {
				if (!depth++) at = i;
			} else if (r->c[i] == pairs[p][1]) {
				if (depth) depth--;
				else if (p == 0) at = i, depth = 100, i = to;
			}
		}
		if (!depth || at < 0 || to - from > 2900) continue;
		struct str s = letter_slice(r, at, at + 1);
		struct letter_finding *f = add_finding(r, "wording", LEVEL_INFO, STR(""));
		f->zh = str_fmt(r->arena, "“%.*s”没有配对", STRF(s));
		f->en = str_fmt(r->arena, "\"%.*s\" has no partner", STRF(s));
		add_span(r, f, at, at + 1);
	}
}

void check_wording(struct reading *r)
{
	/* A cut term ends before something that is no Chinese character: look back from there. */
	for (int i = 0; i < r->n; i++) {
		if (i && utf8_is_han(r->c[i - 1]) && !utf8_is_han(r->c[i]))
			for (size_t t = 0; t < sizeof terms / sizeof *terms; t++) {
				int length = before_any(r, i, 0, terms[t].cut);
				if (length) check_term(r, i - length, &terms[t]);
			}
		if (i == 0 || r->c[i - 1] == '\n') check_pairs(r, i, paragraph_end(r, i));
	}
}

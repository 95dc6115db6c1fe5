/* Wholes and their parts: 其中, brackets, 合计, a colon and a list; parts that exceed their whole; two-sided restatements. */
#include "letter_inner.h"

enum { GAP_MAX = 14 };

static const char complement[] = "男|女;本级|转移;本级|下达;本级|对下;中央|地方;城镇|农村;城镇|乡村;国有|民营;国有|非公;公办|民办;线上|线下;境内|境外;国内|国外;新建|续建;新增|延续"
	";直接|间接;进口|出口;国内|出口;内销|出口;第一产业|第二产业|第三产业;学士|硕士|博士;硕士|博士;上半年|下半年;一季度|二季度|三季度|四季度;内资|外资;重大项目|重点项目|一般项目;财政|自筹;特等奖|一等奖|二等奖;一等奖|二等奖|三等奖"
	";通过|未通过;合格|不合格;优秀|合格;优秀|良好|合格;优秀|良好|合格|不合格;优秀|良好|一般;维持|驳回|终止;公开|部分公开|不予公开|无法;党员|非党员;常规|专项;大型|中型|小型|微型;甲类|乙类;A类|B类;A级|B级|C级;机关|事业;在职|退休;省级|市级;省级|州市;本科|高职;本科|专科;基本支出|项目支出;因公出国|公务用车|公务接待;固定人员|流动人员;省级|县级;发明|实用新型|外观;办结|正在;已|未;主席|副主席"
	";中央|省;中央|省|市;中央|省|市|县;中央|省|自筹;中央|市|自筹;中央|自筹;财政|企业;政府|社会;政府|企业;上级|本级;国家级|省级|市级;省级|市级|县级;市级|县级|自筹;固定资产|流动资金;贷款|自筹;银行贷款|企业自筹;城市|农村;陆地|水域;公有|非公有;全职|兼职|柔性;专职|兼职";

/* Every word of one row heads a different part: 省本级资金 … 对下转移支付资金. */
static bool is_complementary(const struct reading *r, const struct parts *p)
{
	struct str rest = str_c(complement), row;
	while (str_cut(&rest, ';', &row)) {
		struct str words = row, word;
		int hit = 0, n = 0;
		while (str_cut(&words, '|', &word)) {
			char z[32];
			if (word.n >= sizeof z) continue;
			for (size_t i = 0; i < word.n; i++) z[i] = word.p[i];
			z[word.n] = 0;
			n++;
			for (int k = 0; k < p->n; k++)
				if (has_any(r, p->part[k]->pre, p->part[k]->a, z) || has_any(r, p->part[k]->post, p->part[k]->post_b, z)) {
					hit++;
					break;
				}
		}
		if (hit == n && n == p->n) return true;
	}
	return false;
}

static const char levels[] = "国家级|省级|部级|市级|州市级|州级|县级|区级|乡级|校级|院级|中央|特等奖|一等奖|二等奖|三等奖|第一产业|第二产业|第三产业|甲级|乙级|丙级|上市|民营|国有|外资";

/* Each part is of another level or class: they cannot overlap. */
static bool is_exclusive(const struct reading *r, const struct parts *p)
{
	int at[PARTS_MAX];
	for (int k = 0; k < p->n; k++) {
		at[k] = find_any(r, p->part[k]->pre, p->part[k]->pre_b, levels);
		if (at[k] < 0) at[k] = find_any(r, p->part[k]->post, p->part[k]->post_b, levels);
		if (at[k] < 0) return false;
		for (int i = 0; i < k; i++)
			if (same_text(r, at[k], at[k] + 3, at[i], at[i] + 3)) return false;
	}
	return true;
}

/* People and firms counted by several marks at once: 女性300人、博士260人 may well exceed the whole. */
static bool may_overlap(const struct reading *r, const struct parts *p)
{
	if (p->whole->dim == DIM_MONEY) return false;
	for (int k = 0; k < p->n; k++)
		if (has_any(r, p->part[k]->pre, p->part[k]->pre_b, OVERLAP_WORDS) || has_any(r, p->part[k]->post, p->part[k]->post_b, OVERLAP_WORDS)) return true;
	return false;
}

static int label_end(const struct mark *m) { return m->post_b > m->post ? m->post_b : m->pre_b; }

/* The parts are called like the whole: 院士工作站, 专家工作站 of 院士专家工作站. */
static bool same_kind(const struct reading *r, const struct parts *p)
{
	int w = label_end(p->whole);
	for (int k = 0; k < p->n; k++) {
		int e = label_end(p->part[k]), same = 0;
		while (same < 4 && e - same > p->part[k]->pre && w - same > 0 && r->c[e - 1 - same] == r->c[w - 1 - same]) same++;
		if (same < 2) return false;
	}
	return true;
}

static void bounds(const struct parts *p, int n, wide *lo, wide *hi, wide *sum)
{
	*lo = *hi = *sum = 0;
	for (int k = 0; k < n; k++) {
		*lo += p->part[k]->lo;
		*hi += p->part[k]->hi;
		*sum += p->part[k]->value;
	}
}

bool adds_up(const struct parts *p, int n)
{
	wide lo, hi, sum;
	bounds(p, n, &lo, &hi, &sum);
	return lo <= p->whole->hi && hi >= p->whole->lo;
}

/* The finest of the units written, so that the arithmetic loses nothing. */
static const struct mark *finest(const struct parts *p)
{
	const struct mark *best = p->whole;
	for (int k = 0; k < p->n; k++)
		if (p->part[k]->factor * (wide)(p->part[k]->power) < best->factor * (wide)best->power
			|| (p->part[k]->power == best->power && p->part[k]->decimals > best->decimals)) best = p->part[k];
	return best;
}

static struct str sum_text(const struct reading *r, const struct parts *p, wide sum)
{
	struct buf b = BUF(r->arena, 4000);
	const struct mark *like = finest(p);
	for (int k = 0; k < p->n; k++) {
		if (k) buf_add(&b, STR(" + "));
		buf_add(&b, base_text(r, like, p->part[k]->value));
	}
	struct str total = base_text(r, like, sum), whole = base_text(r, like, p->whole->value);
	buf_fmt(&b, " = %.*s ≠ %.*s", STRF(total), STRF(whole));
	return buf_str(&b);
}

static void add_part_spans(struct reading *r, struct letter_finding *f, const struct parts *p)
{
	add_mark_span(r, f, p->whole);
	for (int k = 0; k < p->n; k++) add_mark_span(r, f, p->part[k]);
}

/* One figure too large or too small by a power of ten: 53621.5万元 for 5362.15万元. */
static const struct mark *unit_slip(const struct parts *p, int *power)
{
	static const int powers[] = { 4, -4, 1, -1, 3, -3, 2, -2 };
	wide lo, hi, sum;
	bounds(p, p->n, &lo, &hi, &sum);
	for (int t = 0; t < 8; t++) {
		wide factor = 1;
		for (int k = 0; k < (powers[t] < 0 ? -powers[t] : powers[t]); k++) factor *= 10;
		for (int k = 0; k < p->n; k++) {
			const struct mark *m = p->part[k];
			wide a = powers[t] > 0 ? m->lo * factor : m->lo / factor, b = powers[t] > 0 ? m->hi * factor : m->hi / factor;
			if (lo - m->lo + a <= p->whole->hi && hi - m->hi + b >= p->whole->lo && m->value) {
				*power = powers[t];
				return m;
			}
		}
	}
	return NULL;
}

void report_sum(struct reading *r, const struct parts *p, enum level level)
{
	wide lo, hi, sum;
	bounds(p, p->n, &lo, &hi, &sum);
	struct str total = base_text(r, finest(p), sum), whole = value_text(r, p->whole);
	struct str off = base_text(r, finest(p), sum > p->whole->value ? sum - p->whole->value : p->whole->value - sum);
	bool over = sum > p->whole->value;
	struct letter_finding *f = add_finding(r, "sum", level, sum_text(r, p, sum));
	f->zh = str_fmt(r->arena, "分项之和为%.*s，与总数%.*s不符，%s%.*s", STRF(total), STRF(whole), over ? "多" : "少", STRF(off));
	f->en = str_fmt(r->arena, "the parts add up to %.*s, not to the stated %.*s (%s by %.*s)", STRF(total), STRF(whole), over ? "over" : "short",
		STRF(off));
	int power;
	const struct mark *slip = p->n > 1 ? unit_slip(p, &power) : NULL;
	if (slip) {
		struct str s = value_text(r, slip);
		bool up = power > 0;
		const char *times = power == 4 || power == -4 ? "10000" : power == 3 || power == -3 ? "1000" : power == 2 || power == -2 ? "100" : "10";
		f->zh = str_fmt(r->arena, "%.*s；若把%.*s%s%s倍则相符，疑为单位或小数点有误", STRF(f->zh), STRF(s), up ? "扩大" : "缩小", times);
		f->en = str_fmt(r->arena, "%.*s; %.*s %s %s would fit: a slip of unit or decimal point?", STRF(f->en), STRF(s), up ? "times" : "divided by",
			times);
	}
	add_part_spans(r, f, p);
}

void report_subset(struct reading *r, const struct mark *part, const struct mark *whole, enum level level)
{
	struct str a = value_text(r, part), b = value_text(r, whole);
	struct letter_finding *f = add_finding(r, "subset", level, str_fmt(r->arena, "%.*s > %.*s", STRF(a), STRF(b)));
	f->zh = str_fmt(r->arena, "“其中”的%.*s大于总数%.*s", STRF(a), STRF(b));
	f->en = str_fmt(r->arena, "a part (%.*s) is larger than its whole (%.*s)", STRF(a), STRF(b));
	add_mark_span(r, f, whole);
	add_mark_span(r, f, part);
}

static void report_overlap(struct reading *r, const struct parts *p)
{
	wide lo, hi, sum;
	bounds(p, p->n, &lo, &hi, &sum);
	struct str total = base_text(r, finest(p), sum), whole = value_text(r, p->whole);
	struct letter_finding *f = add_finding(r, "sum", LEVEL_INFO, sum_text(r, p, sum));
	f->zh = str_fmt(r->arena, "各项之和%.*s大于%.*s：各项口径有交叉，不能相加，宜在文中说明", STRF(total), STRF(whole));
	f->en = str_fmt(r->arena, "the items add up to %.*s, more than %.*s: they overlap and cannot be added; say so in the text", STRF(total), STRF(whole));
	add_part_spans(r, f, p);
}

static void own_parts(struct reading *r, const struct parts *p, int n)
{
	for (int k = 0; k < n; k++) r->m.v[p->part[k]->seq].f.part_of = p->whole->seq;
}

/* Only 、 and the words of one label stand between the two. */
static bool joined(const struct reading *r, const struct mark *a, const struct mark *b)
{
	int at = find_any(r, a->b, b->a, "、");
	if (at < 0 || b->a - a->b > 16) return false;
	for (int i = a->b; i < b->a; i++)
		if (is_clause_end(r->c[i])) return false;
	return true;
}

/* 20亿元 = 3 + 8 + 6 + 4亿元: within what rounding allows, but money in whole units is meant exactly, except in statistics. */
static bool near_miss(const struct reading *r, const struct parts *p)
{
	wide lo, hi, sum;
	if (p->whole->dim != DIM_MONEY || !p->adjacent || p->whole->decimals || has_any(r, 0, r->n < 120 ? r->n : 120, "公报|统计")) return false;
	if (p->whole->f.qualifier != LETTER_EXACT && p->whole->f.qualifier != LETTER_CUMULATIVE) return false;
	for (int k = 0; k < p->n; k++)
		if (p->part[k]->decimals || p->part[k]->power != p->whole->power || p->part[k]->f.qualifier != LETTER_EXACT) return false;
	bounds(p, p->n, &lo, &hi, &sum);
	return sum != p->whole->value && (p->complete || p->listed || is_complementary(r, p));
}

/* Judge a list of parts; says nothing unless the wording leaves no other reading. */
static void judge(struct reading *r, struct parts *p)
{
	wide lo, hi, sum;
	if (!p->n) return;
	if (p->part[0]->lo > p->whole->hi) {
		if (p->adjacent) report_subset(r, p->part[0], p->whole, LEVEL_ERROR);
		return;
	}
	/* A later figure larger than the whole speaks of something else, unless 、 joins it to the list. */
	for (int k = 1; k < p->n; k++)
		if (p->part[k]->lo > p->whole->hi && !(p->listed && p->complete)) {
			if (p->adjacent && joined(r, p->part[k - 1], p->part[k])) return report_subset(r, p->part[k], p->whole, LEVEL_ERROR);
			p->n = k;
		}
	for (int k = p->n; k >= 2; k--)
		if (adds_up(p, k) && (k == p->n || !joined(r, p->part[k - 1], p->part[k]))) {
			own_parts(r, p, k);
			if (k == p->n && near_miss(r, p)) report_sum(r, p, LEVEL_WARNING);
			return;
		}
	own_parts(r, p, p->n);
	if (p->n < 2) return;
	bounds(p, p->n, &lo, &hi, &sum);
	bool over = lo > p->whole->hi;
	double off = ratio_of(over ? sum - p->whole->value : p->whole->value - sum, p->whole->value);
	bool sure = p->complete || (is_complementary(r, p) && off <= 0.5), kind = same_kind(r, p);
	bool counted = p->whole->hi == p->whole->lo;    /* a count, not a rounded amount: a few are not simply left out */
	if (sure && p->adjacent) report_sum(r, p, LEVEL_ERROR);
	else if (kind && p->adjacent && p->listed && off <= 0.4 && !(over && may_overlap(r, p))) report_sum(r, p, LEVEL_ERROR);
	else if (over && p->adjacent && is_exclusive(r, p)) report_sum(r, p, LEVEL_ERROR);
	else if (over && p->adjacent && p->listed && !may_overlap(r, p)) report_sum(r, p, off < 0.3 ? LEVEL_ERROR : LEVEL_WARNING);
	else if (over && p->whole->dim == DIM_MONEY) report_overlap(r, p);
	else if (kind && counted && p->adjacent && off <= 0.15) report_sum(r, p, LEVEL_WARNING);
	else if (p->listed && p->adjacent && p->n >= 2 && off <= 0.06 && !over) report_sum(r, p, LEVEL_WARNING);
}

/* Averages, prices and rates are quantities that do not add up. */
bool is_part(const struct mark *m)
{
	return m->quantity && !(m->clues & (CLUE_DELTA | CLUE_BASE | CLUE_WORD | CLUE_MEAN | CLUE_GOAL)) && m->f.qualifier != LETTER_RANGE;
}

static int close_bracket(const struct reading *r, int open)
{
	int depth = 0;
	for (int i = open; i < r->n && i - open < 600 && r->c[i] != '\n'; i++) {
		depth += r->c[i] == '(';
		if (r->c[i] == ')' && --depth == 0) return i;
	}
	return -1;
}

size_t mark_from(const struct reading *r, int at)
{
	size_t lo = 0, hi = r->m.n;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (r->m.v[mid].a < at) lo = mid + 1;
		else hi = mid;
	}
	return lo;
}

static const struct mark *whole_before(const struct reading *r, int at, size_t *index)
{
	*index = mark_from(r, at);
	return *index ? &r->m.v[*index - 1] : NULL;
}

static void collect(const struct reading *r, struct parts *p, size_t from, int to, int paren)
{
	for (size_t k = from; k < r->m.n && r->m.v[k].a < to && p->n < PARTS_MAX; k++) {
		const struct mark *m = &r->m.v[k];
		if (m->paren != paren || !is_part(m) || !comparable(m, p->whole)) continue;
		p->part[p->n++] = m;
	}
}

/* 1.2亿元(12000万元): the same amount again. */
static bool restated(struct reading *r, const struct mark *whole, const struct mark *m, int open, int close)
{
	int lead = open + 1 + at_any(r, open + 1, "即|约|合|折合|约合|人民币|共|共计|合计");
	if (m->a != lead || m->b != close || whole->dim != m->dim) return false;
	if (whole->power == m->power && str_eq(whole->f.unit, m->f.unit)) return false;
	if (m->lo <= whole->hi && m->hi >= whole->lo) return true;
	struct str a = value_text(r, whole), b = value_text(r, m), c = base_text(r, m, whole->value);
	struct letter_finding *f = add_finding(r, "unit", LEVEL_ERROR, str_fmt(r->arena, "%.*s = %.*s ≠ %.*s", STRF(a), STRF(c), STRF(b)));
	f->zh = str_fmt(r->arena, "同一数额前后换算不符：%.*s应为%.*s，括号内写作%.*s", STRF(a), STRF(c), STRF(b));
	f->en = str_fmt(r->arena, "the same amount converted wrongly: %.*s is %.*s, the brackets say %.*s", STRF(a), STRF(c), STRF(b));
	add_mark_span(r, f, whole);
	add_mark_span(r, f, m);
	return true;
}

static void check_bracket(struct reading *r, int open)
{
	size_t next;
	const struct mark *whole = whole_before(r, open, &next);
	if (!whole || !is_part(whole) || open - whole->b > GAP_MAX) return;
	int close = close_bracket(r, open);
	if (close < 0) return;
	for (int i = whole->b; i < open; i++)
		if (is_clause_end(r->c[i]) || r->c[i] == 0x3001) return;
	struct parts p = { .whole = whole, .from = open + 1, .to = close, .listed = true, .adjacent = true };
	collect(r, &p, next, close, open);
	if (p.n == 1 && restated(r, whole, p.part[0], open, close)) return;
	bool among = at_any(r, open + 1, "其中") > 0, contains = at_any(r, open + 1, "含|包括|包含|不含") > 0;
	bool open_end = at_any(r, close - 1, "等") > 0;
	if (has_any(r, open, close, "不含|除|另有|另|原|目标|计划|上年|去年|同比|截至|单价|每")) return;
	if (p.n == 1 && !among && !contains) return;
	if (p.n == 1 && contains && comparable(p.part[0], whole) && !has_any(r, open, close, "家|项|个|人|元")) return;
	int inner = find_any(r, open + 3, close, "其中");
	if (inner >= 0) {
		/* A nested 其中: what follows it up to the next ; or 、 belongs to the part before. */
		int n = 0;
		for (int k = 0; k < p.n; k++)
			if (p.part[k]->a < inner) p.part[n++] = p.part[k];
		if (n < p.n) {
			if (n >= 2) p.n = n;
			else return;
			if (!adds_up(&p, n)) return;
		}
	}
	p.complete = !among && !contains && !open_end && p.n >= 2;
	if (open_end) p.listed = false;
	judge(r, &p);
}

/* The figure that 其中 divides: the nearest comparable one before it, in its sentence or, at a sentence's start, in the one before. */
static const struct mark *whole_of(const struct reading *r, size_t before, const struct mark *first, int at, bool new_sentence, bool *adjacent, int *rivals)
{
	const struct mark *best = NULL;
	int sent = -1, clause = -1;
	*rivals = 0;
	for (size_t k = before; k-- > 0 && before - k < 40;) {
		const struct mark *m = &r->m.v[k];
		if (sent < 0) sent = m->sent, clause = m->clause;
		if (m->sent != sent || m->para != first->para) break;
		if (!is_part(m) || m->paren != first->paren || !comparable(m, first)) {
			if (m->quantity && m->paren == first->paren && !best && !(m->clues & (CLUE_DELTA | CLUE_GOAL))) clause = -2;
			continue;
		}
		if (!best) best = m;
		else if (m->lo > best->hi || m->hi < best->lo) ++*rivals;
	}
	*adjacent = best && (clause == -2 ? false : true) && (new_sentence ? *rivals == 0 : true);
	if (best && !new_sentence && first->a > at + 40) *adjacent = false;
	/* 众创空间数量已达167家,…。其中,41家众创空间…: the same noun makes up for what stands between. */
	if (best && new_sentence && *rivals == 0 && share_of_label(r, best->pre, best->pre_b, first->pre, first->post_b) >= 50) *adjacent = true;
	return best;
}

static const char list_stops[] = "另外|此外|另有|同时|累计|截至|全年|预计|总计|合计|共计|带动|吸引|实现|平均|人均|比上年|同比|较上年|目前|下一步|新增|完成|拥有|从业";

/* Where the list after 其中 ends: at the sentence's end, or at a clause that starts another subject. */
static int list_end(const struct reading *r, int at)
{
	int end = sentence_end(r, at);
	for (int i = at; i < end; i++) {
		int32_t c = r->c[i];
		if (c != ',' && c != 0xFF0C && c != ';') continue;
		int stop = at_any(r, i + 1, list_stops);
		if (stop || at_any(r, i + 1, "其中") || (c == ';' && has_any(r, i, clause_end(r, i + 1), "分别"))) return i;
	}
	return end;
}

/* 其中A、B分别为…: all of the whole, unless a few are picked (南宁、柳州、桂林三市) or their own total follows. */
static bool is_respective(const struct reading *r, const struct parts *p)
{
	static const char picked[] = "两市|三市|四市|五市|两省|三省|两县|三县|两区|三区|两州|三州|两地|三地|四地|五地|两校|三校|两家|三家|前三|前五|前十|主要|排名|位居|居前|最多|较多|较大";
	if (p->n < 2 || !has_any(r, p->from, p->part[0]->a, "分别") || p->part[p->n - 1]->clause - p->part[0]->clause > 1) return false;
	if (has_any(r, p->from, p->part[0]->a, picked)) return false;
	for (int k = p->part[p->n - 1]->seq + 1; (size_t)k < r->m.n && r->m.v[k].sent == p->whole->sent; k++)
		if (r->m.v[k].clues & CLUE_TOTAL) return false;
	return true;
}

/* …,其他收入 1521 万元: the rest is named, so nothing is left out. */
static bool ends_in_rest(const struct reading *r, const struct parts *p)
{
	if (p->n < 3) return false;
	const struct mark *m = p->part[p->n - 1];
	return at_any(r, m->pre, "其他|其它|其余|余下|剩余") > 0 && !has_any(r, m->pre, m->pre_b, "其他省|其他市|其他州|其他县");
}

/* Every part has its share and the shares make a hundred. */
static bool shares_close(const struct reading *r, const struct parts *p)
{
	wide sum = 0;
	int n = 0;
	for (size_t k = mark_from(r, p->from); k < r->m.n && r->m.v[k].a < p->to + 40 && r->m.v[k].sent == p->part[0]->sent; k++) {
		const struct mark *m = &r->m.v[k];
		if (m->dim != DIM_SHARE || !has_any(r, clause_start(r, m->a), m->a, "占")) continue;
		sum += m->value;
		n++;
	}
	wide off = sum - 100 * (wide)DEC_ONE;
	return p->n >= 2 && n == p->n && off > -DEC_ONE / 2 && off < DEC_ONE / 2;
}

/* 合肥市4200万元,芜湖市2350万元,…: at least three short names of one kind, one a clause. */
static bool is_uniform(const struct reading *r, const struct parts *p)
{
	if (p->n < 3) return false;
	for (int k = 0; k < p->n; k++) {
		const struct mark *m = p->part[k];
		if (m->pre_b - m->pre < 2 || m->pre_b - m->pre > 10 || r->c[m->pre_b - 1] != r->c[p->part[0]->pre_b - 1]) return false;
		if (k && m->a - p->part[k - 1]->b > 16) return false;
	}
	return true;
}

static bool has_more(const struct parts *p)
{
	wide lo, hi, sum;
	bounds(p, p->n, &lo, &hi, &sum);
	return lo > p->whole->hi;
}

static void check_among(struct reading *r, int at)
{
	int start = at + 2;
	while (at_any(r, start, ",|，|:|、")) start++;
	size_t next;
	whole_before(r, start, &next);
	if (next >= r->m.n || (at && r->c[at - 1] == '(')) return;
	bool new_sentence = at == 0 || is_sentence_end(r->c[at - 1]);
	const struct mark *first = NULL;
	int end = list_end(r, start);
	for (size_t k = next; k < r->m.n && r->m.v[k].a < end; k++)
		if (is_part(&r->m.v[k])) {
			first = &r->m.v[k];
			break;
		}
	if (!first || (new_sentence && at && r->c[at - 1] == '\n')) return;
	int rivals;
	struct parts p = { 0 };
	p.whole = whole_of(r, next, first, at, new_sentence, &p.adjacent, &rivals);
	if (!p.whole) return;
	p.from = start;
	p.to = end;
	collect(r, &p, next, end, first->paren);
	p.complete = is_respective(r, &p) && !rivals;
	p.complete |= p.adjacent && (ends_in_rest(r, &p) || shares_close(r, &p));
	p.listed = p.n >= 2 && joined(r, p.part[0], p.part[1]);
	/* Names of one kind may be a selection (稻谷产量, 小麦产量): they tell only when they exceed the whole, or share out money among places. */
	if (is_uniform(r, &p)) p.listed |= has_more(&p) || (p.whole->dim == DIM_MONEY && at_any(r, p.part[0]->pre_b - 1, "市|县|区|州|省|盟"));
	if (p.n >= 2 && at_any(r, p.part[p.n - 1]->post_b, "等")) p.listed = p.complete = false;
	judge(r, &p);
}

/* 共有X100个:A20个,B30个,C50个. */
static void check_colon(struct reading *r, int at)
{
	size_t next;
	const struct mark *whole = whole_before(r, at, &next);
	if (!whole || !is_part(whole) || at - whole->b > GAP_MAX || whole->paren >= 0) return;
	if (!has_any(r, whole->pre, whole->a, "共|总|合计") || whole->clause != (next < r->m.n ? r->m.v[next].clause : 0) - 1) return;
	struct parts p = { .whole = whole, .from = at, .to = list_end(r, at + 1), .complete = true, .listed = true, .adjacent = true };
	collect(r, &p, next, p.to, -1);
	if (p.n >= 2 && p.part[0]->lo <= whole->hi) judge(r, &p);
}

/* 资金8000万元,安排如下:A3500万元,…,合计7300万元. */
static void check_listing(struct reading *r, int at)
{
	int from = clause_start(r, at);
	size_t next;
	const struct mark *whole = whole_before(r, at, &next), *total = NULL;
	if (!before_any(r, at, from, "如下|分配如下|安排如下|具体为|分别为") || !whole || !is_part(whole) || whole->paren >= 0 || from - whole->b > 2) return;
	struct parts p = { .whole = whole, .complete = true, .listed = true, .adjacent = true };
	int end = sentence_end(r, at + 1);
	for (size_t k = next; k < r->m.n && r->m.v[k].a < end && p.n < PARTS_MAX; k++) {
		const struct mark *m = &r->m.v[k];
		if (m->paren >= 0 || !is_part(m) || !comparable(m, whole)) continue;
		if (m->clues & CLUE_TOTAL) total = m;
		else p.part[p.n++] = m;
	}
	if (p.n < 2 || p.part[0]->lo > whole->hi || whole->dim != DIM_MONEY || adds_up(&p, p.n)) return;
	report_sum(r, &p, total ? LEVEL_ERROR : LEVEL_WARNING);
}

/* 评价项目216个,优秀的58个、良好的121个、合格的31个、不合格的6个: the words alone say that the list is the whole. */
static void check_plain(struct reading *r, const struct mark *whole)
{
	struct parts p = { .whole = whole, .complete = true, .listed = true, .adjacent = true };
	for (int k = whole->seq + 1; (size_t)k < r->m.n && p.n < PARTS_MAX; k++) {
		const struct mark *m = &r->m.v[k], *last = p.n ? p.part[p.n - 1] : whole;
		if (m->sent != whole->sent || !is_part(m) || !comparable(m, whole) || !str_eq(m->f.unit, whole->f.unit)) break;
		if (p.n ? !joined(r, last, m) : (m->clause != whole->clause + 1 || m->a - whole->b > 16)) break;
		p.part[p.n++] = m;
	}
	if (p.n >= 3 && whole->paren < 0 && is_complementary(r, &p) && p.part[0]->f.part_of < 0) judge(r, &p);
}

void check_sums(struct reading *r)
{
	for (int i = 0; i < r->n; i++) {
		if (r->c[i] == '(') check_bracket(r, i);
		else if (r->c[i] == ':' && !is_digit(r->c[i + 1])) check_colon(r, i), check_listing(r, i);
		else if (at_any(r, i, "其中") && !at_any(r, i, "其中之一")) check_among(r, i);
	}
	for (size_t k = 0; k < r->m.n; k++)
		if (is_part(&r->m.v[k])) check_plain(r, &r->m.v[k]);
}

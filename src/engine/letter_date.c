/* Dates, spans of years, document numbers, ids and telephone numbers; and which period each figure speaks of. */
#include <string.h>

#include "base/time.h"
#include "base/utf8.h"
#include "letter_inner.h"

enum { YEAR_MIN = 1900, YEAR_MAX = 2099 };

struct mark *add_mark(struct reading *r, int a, int b, const char *kind)
{
	struct mark m = { .a = a, .b = b, .pre = a, .pre_b = a, .post = b, .post_b = b, .paren = -1, .seq = (int)r->m.n };
	m.f.text = letter_slice(r, a, b);
	m.f.start = r->pos[a];
	m.f.end = r->pos[b - 1] + 1;
	m.f.kind = str_c(kind);
	m.f.unit = m.f.period = m.f.label = STR("");
	m.f.indicator = m.f.part_of = -1;
	VEC_PUSH(r->arena, &r->m, m);
	return &r->m.v[r->m.n - 1];
}

static int digits_at(const struct reading *r, int at)
{
	int i = at;
	while (i < r->n && is_digit(r->c[i])) i++;
	return i - at;
}

static int number_at(const struct reading *r, int at, int length)
{
	int v = 0;
	for (int i = 0; i < length && i < 8; i++) v = v * 10 + (r->c[at + i] - '0');
	return v;
}

/* A number of up to `max` digits, Arabic or Chinese (二〇一八, 十二); its length, 0 when there is none. */
static int small_at(const struct reading *r, int at, int max, int *v)
{
	int length = digits_at(r, at);
	if (length) {
		if (length > max) return 0;
		*v = number_at(r, at, length);
		return length;
	}
	struct numeral x;
	if (numeral_digit(r->c[at]) < 0 && r->c[at] != 0x5341) return 0;
	if (!numeral_read(r->c, r->n, at, &x) || x.power || x.vague || x.too_long || x.high != x.value) return 0;
	if (x.value >= 10000 * (int64_t)DEC_ONE || (max == 4 && x.length != 4)) return 0;
	*v = (int)(x.value / DEC_ONE);
	return x.length;
}

static bool year_at(const struct reading *r, int at, int *year, int *length)
{
	if (at && is_digit(r->c[at - 1])) return false;
	*length = small_at(r, at, 4, year);
	return *length == 4 && *year >= YEAR_MIN && *year <= YEAR_MAX;
}

/* Words glued to the agency code of a document number by the walk back from the bracket. */
static const char lead_words[] = "根据|依据|按照|依照|遵照|参照|贯彻|落实|执行|印发|下发|出台|发布|通过|关于|文件|通知|办法|规定|意见|方案|见|以|与|和|及|由|为|的|按|在|据|现将|转发|号|年";

static int agency_start(const struct reading *r, int bracket)
{
	int low = bracket - 12 > 0 ? bracket - 12 : 0, a = bracket;
	if (r->m.n && r->m.v[r->m.n - 1].b > low) low = r->m.v[r->m.n - 1].b;
	while (a > low && utf8_is_han(r->c[a - 1])) a--;
	for (int i = bracket - 1; i > a; i--)
		if (before_any(r, i, a, lead_words) && bracket - i >= 2) {
			a = i;
			break;
		}
	return a;
}

/* 云科规〔2020〕6号, also [2020] and (2020). */
static int read_document(struct reading *r, int at)
{
	int32_t open = r->c[at];
	if ((open != '[' && open != '(') || at + 7 > r->n || at == 0 || !utf8_is_han(r->c[at - 1])) return 0;
	if (digits_at(r, at + 1) != 4 || r->c[at + 5] != (open == '[' ? ']' : ')')) return 0;
	int i = at + 6 + at_any(r, at + 6, "第"), year = number_at(r, at + 1, 4);
	int length = digits_at(r, i);
	if (!length || length > 6 || !at_any(r, i + length, "号")) return 0;
	int a = agency_start(r, at);
	struct mark *m = add_mark(r, a, i + length + 1, "document");
	m->year = m->year_end = year;
	m->f.period = str_fmt(r->arena, "%d", year);
	return i + length + 1;
}

/* 第0499号, 第3位, 第十二届; 第一产业 and 第三方 are names and are only passed over. */
static int read_ordinal(struct reading *r, int at)
{
	if (!at_any(r, at, "第")) return 0;
	struct numeral x;
	if (!numeral_read(r->c, r->n, at + 1, &x)) return 0;
	int i = at + 1 + x.length;
	int suffix = at_any(r, i, "季度|号|位|名|届|批|次|条|期|章|款|轮|页|类|节|个|年|天|产业|方");
	bool number = at_any(r, i, "号") > 0;
	if (!x.arabic && !at_any(r, i, "位|名|号")) return i + suffix;
	struct mark *m = add_mark(r, at, i + suffix, number ? "id" : "ordinal");
	m->f.has_value = !x.too_long;
	m->f.value = m->f.high = x.value;
	m->f.unit = letter_slice(r, i, i + suffix);
	return i + suffix;
}

static int telephone_length(const struct reading *r, int at)
{
	int first = digits_at(r, at), rest = r->c[at + first] == '-' ? digits_at(r, at + first + 1) : 0;
	int third = rest && r->c[at + first + 1 + rest] == '-' ? digits_at(r, at + first + rest + 2) : 0;
	if (r->c[at] == '0' && (first == 3 || first == 4) && (rest == 7 || rest == 8)) return first + 1 + rest;
	if ((at_any(r, at, "400") || at_any(r, at, "800")) && first == 3 && (rest == 3 || rest == 4) && (third == 3 || third == 4))
		return first + rest + third + 2;
	if (first == 11 && r->c[at] == '1' && r->c[at + 1] >= '3') return 11;
	if ((first == 11 || first == 12) && r->c[at] == '0') return first;
	bool named = has_any(r, at > 8 ? at - 8 : 0, at, "电话|传真|热线|手机|联系方式|咨询");
	if (named && first >= 5 && first <= 12 && !at_any(r, at + first, "家|个|人|件|次|项|户|元|万|亿")) return first;
	return 0;
}

static int read_telephone(struct reading *r, int at)
{
	if (!is_digit(r->c[at]) || (at && (is_digit(r->c[at - 1]) || r->c[at - 1] == '.'))) return 0;
	int length = telephone_length(r, at);
	if (!length) return 0;
	add_mark(r, at, at + length, "id");
	return at + length;
}

static void set_date(struct reading *r, struct mark *m, int year, int month, int day)
{
	m->year = m->year_end = year;
	m->month = month;
	m->day = day;
	if (year && day) m->f.period = str_fmt(r->arena, "%04d-%02d-%02d", year, month, day);
	else if (year && month) m->f.period = str_fmt(r->arena, "%04d-%02d", year, month);
	else if (year) m->f.period = str_fmt(r->arena, "%04d", year);
	else if (month && day) m->f.period = str_fmt(r->arena, "%02d-%02d", month, day);
	else if (month) m->f.period = str_fmt(r->arena, "%02d", month);
}

static int days_in(int year, int month)
{
	int32_t day;
	for (int d = 31; d > 28; d--)
		if (date_make(year ? year : 2020, month, d, &day)) return d;
	return 28;
}

/* 年底, 年末, 月底: the last day. */
static int mark_end_of_period(struct reading *r, struct mark *m, int at)
{
	int length = at_any(r, at, "底|末|年底|年末");
	if (!length || at_any(r, at, "末端|底线|底子|底前|末前")) return 0;
	m->clues |= CLUE_END;
	if (!m->month) set_date(r, m, m->year, 12, 31);
	else if (!m->day && m->month <= 12) set_date(r, m, m->year, m->month, days_in(m->year, m->month));
	m->b = at + length;
	m->f.text = letter_slice(r, m->a, m->b);
	m->f.end = r->pos[m->b - 1] + 1;
	return length;
}

/* 2020-12-31, 2020.12.31, 2020/12/31. */
static int read_iso(struct reading *r, int at, int year)
{
	int32_t sep = r->c[at + 4];
	int m = digits_at(r, at + 5), month = number_at(r, at + 5, m);
	if ((sep != '-' && sep != '.' && sep != '/') || !m || m > 2 || r->c[at + 5 + m] != sep) return 0;
	int d = digits_at(r, at + 6 + m), day = number_at(r, at + 6 + m, d);
	if (!d || d > 2 || at_any(r, at + 6 + m + d, "年|%|.")) return 0;
	struct mark *x = add_mark(r, at, at + 6 + m + d, "date");
	set_date(r, x, year, month, day);
	return at + 6 + m + d;
}

/* 2024年1—9月: one date that spans months. Its end, 0 when it is none. */
static int read_month_span(struct reading *r, int a, int at, int year)
{
	int first, last, m = small_at(r, at, 2, &first), sep = m ? at_any(r, at + m, "月至|月到|月-|-|至|到") : 0;
	int k = sep ? small_at(r, at + m + sep, 2, &last) : 0, end = at + m + sep + k;
	if (!k || !at_any(r, end, "月") || first < 1 || last > 12 || first >= last || (is_digit(r->c[end + 1]) && !at_any(r, end + 1, "0"))) return 0;
	struct mark *x = add_mark(r, a, end + 1, "date");
	set_date(r, x, year, last, 0);
	x->f.period = str_fmt(r->arena, "%04d-%02d/%04d-%02d", year, first, year, last);
	return end + 1;
}

/* After the year's 年: [M月[D日]], or only [度|底|末]. `a` is where the date starts. */
static int read_after_year(struct reading *r, int a, int at, int year)
{
	int month = 0, day = 0, i = read_month_span(r, a, at, year);
	if (i) return i;
	i = at;
	int m = small_at(r, at, 2, &month);
	if (m && at_any(r, at + m, "月") && !at_any(r, at + m, "月份以来|月以")) i = at + m + 1;
	else if (m && at_any(r, at + m, "月")) i = at + m + 1;
	else month = 0;
	if (month) {
		int d = small_at(r, i, 2, &day);
		if (d && at_any(r, i + d, "日|号")) i += d + 1;
		else day = 0;
	}
	struct mark *x = add_mark(r, a, i, month ? "date" : "year");
	set_date(r, x, year, month, day);
	if (!month) {
		x->f.has_value = true;
		x->f.value = x->f.high = year * (int64_t)DEC_ONE;
		x->f.unit = STR("年");
	}
	i += mark_end_of_period(r, x, i);
	if (!x->month && before_any(r, a, a > 8 ? a - 8 : 0, "截至|截止|截止到|截至到|截止至")) x->clues |= CLUE_END;
	return i;
}

/* 2019—2021年, 2019年至2021年, 2019、2020年. */
static int read_years(struct reading *r, int at, int year, int length)
{
	int next_year, next_length, i = at + length;
	int bare = at_any(r, i, "年度|年") ? at_any(r, i, "年") : 0;
	int sep = at_any(r, i + bare, "-|至|到");
	while (sep && r->c[i + bare + sep] == '-') sep++;
	int list = !bare ? at_any(r, i, "、|和|与|,|及") : 0;
	int from = i + bare + sep;
	if (sep && year_at(r, from, &next_year, &next_length) && at_any(r, from + next_length, "年|学年|)|]")) {
		struct mark *x = add_mark(r, at, i + bare, "year");
		size_t first = r->m.n - 1;
		set_date(r, x, year, 0, 0);
		x->f.has_value = true;
		x->f.value = x->f.high = year * (int64_t)DEC_ONE;
		x->f.unit = STR("年");
		x->clues |= CLUE_SPAN;
		int y = at_any(r, from + next_length, "年");
		int month, m = y ? small_at(r, from + next_length + 1, 2, &month) : 0;
		if (m && at_any(r, from + next_length + 1 + m, "月")) return i + bare;       /* a span of dates: read the second on its own */
		struct mark *z = add_mark(r, from, from + next_length + y, "year");
		set_date(r, z, next_year, 0, 0);
		z->f.has_value = true;
		z->f.value = z->f.high = next_year * (int64_t)DEC_ONE;
		z->f.unit = STR("年");
		x = &r->m.v[first];
		x->year_end = z->year_end = next_year;
		z->year = year;
		x->f.period = z->f.period = str_fmt(r->arena, "%d-%d", year, next_year);
		return from + next_length + y;
	}
	if (list && year_at(r, i + list, &next_year, &next_length) && at_any(r, i + list + next_length, "年|、|和|及")) {
		struct mark *x = add_mark(r, at, i, "year");
		set_date(r, x, year, 0, 0);
		x->f.has_value = true;
		x->f.value = x->f.high = year * (int64_t)DEC_ONE;
		x->f.unit = STR("年");
		return i;
	}
	return 0;
}

/* 3月15日, 1—6月, 十月; "3个月" is a duration. */
static int read_month(struct reading *r, int at)
{
	int month, day, m = small_at(r, at, 2, &month);
	if (!m || (at && (is_digit(r->c[at - 1]) || r->c[at - 1] == '.' || numeral_digit(r->c[at - 1]) >= 0))) return 0;
	int sep = at_any(r, at + m, "-|至|到"), second;
	int k = sep ? small_at(r, at + m + sep, 2, &second) : 0;
	if (k && at_any(r, at + m + sep + k, "月")) {
		struct mark *x = add_mark(r, at, at + m + sep + k + 1, "date");
		set_date(r, x, 0, second, 0);
		x->f.period = str_fmt(r->arena, "%02d-%02d", month, second);
		return at + m + sep + k + 1;
	}
	if (!at_any(r, at + m, "月") || month > 99) return 0;
	int i = at + m + 1, d = small_at(r, i, 2, &day);
	if (d && at_any(r, i + d, "日|号")) i += d + 1;
	else day = 0;
	if (!day && !is_digit(r->c[at]) && !at_any(r, i, "份|底|末|初|中|上|下|以|起|至|前")) return i;
	struct mark *x = add_mark(r, at, i, "date");
	set_date(r, x, 0, month, day);
	i += mark_end_of_period(r, x, i);
	return i;
}

int read_special(struct reading *r, int at)
{
	int end = read_document(r, at), year, length;
	if (!end) end = read_ordinal(r, at);
	if (!end) end = read_telephone(r, at);
	if (end) return end;
	if (numeral_digit(r->c[at]) < 0 && r->c[at] != 0x5341) return 0;
	if (year_at(r, at, &year, &length)) {
		if (is_digit(r->c[at]) && (end = read_iso(r, at, year))) return end;
		if ((end = read_years(r, at, year, length))) return end;
		if (at_any(r, at + length, "年") && !at_any(r, at + length, "年级")) return read_after_year(r, at, at + length + 1, year);
	}
	return read_month(r, at);
}

/* Dates that only compare (比2019年增长), found a plan (2025年前) or stand in a title say nothing of the figure's period. */
static bool is_base_date(const struct reading *r, const struct mark *m)
{
	int low = m->a > 6 ? m->a - 6 : 0;
	return before_any(r, m->a, low, "比|较|与|同|相比|由|从|高于|低于|是|成立于|建于|创办于|创立于|始于|设立于|出生于") > 0 || in_title(r, m->a);
}

static bool is_date(const struct mark *m) { return str_is(m->f.kind, "date") || str_is(m->f.kind, "year"); }

static void take_period(struct mark *m, const struct mark *from)
{
	m->year = from->year;
	m->month = from->month;
	m->day = from->day;
	m->year_end = from->year_end;
	m->f.period = from->f.period;
}

/* 近年来, 今年, 上年, "十三五"期间: a period in words, from the last place before the figure in its sentence. */
static struct str words_period(const struct reading *r, int from, int to)
{
	static const char words[] = "近年来|近几年|近三年|近五年|近两年|今年|去年|上年|上半年|下半年|一季度|二季度|三季度|四季度|前两季度|十三五|十四五|十二五|十五五";
	int at = rfind_any(r, from, to, words);
	int lead = at > from && (r->c[at - 1] == 0x201C || r->c[at - 1] == 0x2018) ? at - 1 : at;
	if (at < 0 || before_any(r, lead, from, "比|较|与|同|由|从")) return STR("");
	int length = at_any(r, at, words);
	if (at > from && at_any(r, at - 1, "前|第") && at_any(r, at + 1, "季度")) at -= at_any(r, at - 1, "前"), length += at_any(r, at, "前");
	return letter_slice(r, at, at + length);
}

/* A part of the year told in words inside a dated sentence: 2024年…,其中三季度… → 2024-07/2024-09. */
static void narrow_period(const struct reading *r, struct mark *m, const struct mark *date)
{
	static const struct { const char *words; int first, last; } parts[] = {
		{ "上半年", 1, 6 }, { "下半年", 7, 12 }, { "前两季度|前二季度", 1, 6 }, { "前三季度", 1, 9 }, { "一季度", 1, 3 }, { "二季度", 4, 6 }, { "三季度", 7, 9 },
		{ "四季度", 10, 12 },
	};
	if (!m->year || m->year != m->year_end || m->day) return;
	int best = -1, which = 0;
	for (int i = 0; i < (int)(sizeof parts / sizeof *parts); i++) {
		int at = rfind_any(r, date->b, m->a, parts[i].words);
		if (at < 0 || at < best || before_any(r, at, date->b, "比|较|与|同|由|从")) continue;
		if (at_any(r, at + 1, "季度") && at > date->b && before_any(r, at, date->b, "前|至|到|-")) continue;
		best = at, which = i;
	}
	if (best < 0) return;
	m->month = parts[which].last;
	m->f.period = str_fmt(r->arena, "%04d-%02d/%04d-%02d", m->year, parts[which].first, m->year, parts[which].last);
}

/* 由2020年的15.2万吨增加到…, 是2015年1011.2亿元的1.84倍: a date right before an amount is the amount's own, though it only compares. */
static const struct mark *own_date(const struct reading *r, const struct mark *m)
{
	const struct mark *d = m->seq ? m - 1 : NULL;
	if (!d || !is_date(d) || !d->year || d->clause != m->clause || m->a - d->b > 14 || in_title(r, d->a) || !is_base_date(r, d) || (m->clues & CLUE_DELTA)) return NULL;
	if (has_any(r, d->b, m->a, "增|减|多|少|高|低|升|降|净|提|翻|超|快|慢|扩|滑|涨|跌|到|至|以来|起|前")) return NULL;
	return m->quantity || (m->dim == DIM_SHARE && at_any(r, d->b, "的")) || (str_is(m->f.kind, "ratio") && at_any(r, d->b, "的")) ? d : NULL;
}

/* The year of the document's title: what "全年" and "年末" mean in a report. */
static int title_year(const struct reading *r)
{
	for (size_t i = 0; i < r->m.n && r->m.v[i].a < 200; i++) {
		const struct mark *m = &r->m.v[i];
		if (!str_is(m->f.kind, "year") || !m->year) continue;
		int end = paragraph_end(r, m->b);
		if (end - paragraph_start(r, m->a) >= 60 || !has_any(r, m->b, end, "公报|报告|总结|年报")) continue;
		/* The report that a government gives at the year's start tells of the year before. */
		return at_any(r, m->b, "政府工作报告") ? m->year - 1 : m->year;
	}
	return 0;
}

static void period_of(struct reading *r, struct mark *m, const struct mark *before, const struct mark *carried, int titled)
{
	int start = sentence_start(r, m->a);
	const struct mark *own = own_date(r, m);
	if (own || (before && before->a >= start)) {
		take_period(m, own ? own : before);
		narrow_period(r, m, own ? own : before);
		return;
	}
	int end = clause_end(r, m->b);
	for (size_t k = (size_t)m->seq + 1; k < r->m.n && r->m.v[k].a < end; k++) {
		const struct mark *x = &r->m.v[k];
		if (!is_date(x)) break;
		if (x->year && !is_base_date(r, x)) {
			take_period(m, x);
			return;
		}
	}
	struct str words = words_period(r, start, m->a);
	if (words.n) m->f.period = words;
	else if (carried) take_period(m, carried);
	else if (titled && !(m->clues & CLUE_PLAN)) {
		m->year = m->year_end = titled;
		bool stock = has_any(r, start, m->a, "年末|年底") && !has_any(r, start, m->a, "全年");
		if (stock) m->month = 12, m->day = 31;
		m->f.period = str_fmt(r->arena, stock ? "%d-12-31" : "%d", titled);
	}
}

/* 2021年、2022年、2023年,…分别为A、B和C: each figure takes its year. */
static void spread_years(struct reading *r, size_t i)
{
	int n = 1, k;
	const struct mark *m = &r->m.v[i];
	if (i && m[-1].sent == m->sent && is_date(&m[-1]) && m->a - m[-1].b == 1) return;
	while (i + (size_t)n < r->m.n && is_date(&m[n]) && m[n].sent == m->sent && m[n].a - m[n - 1].b == 1 && at_any(r, m[n - 1].b, "、|和|及") && m[n].year) n++;
	if (n < 2 || i + 2 * (size_t)n > r->m.n || !m->year) return;
	int at = find_any(r, m[n - 1].b, m[n].a, "分别");
	if (at < 0 || m[n].a - m[n - 1].b > 40 || m[n].sent != m->sent) return;
	for (k = n; k < 2 * n; k++)
		if (m[k].sent != m->sent || is_date(&m[k]) || !m[k].f.has_value || (k > n && (m[k].a - m[k - 1].b != 1 || !at_any(r, m[k - 1].b, "、|和|及")))) return;
	for (k = n; k < 2 * n; k++) take_period(&r->m.v[i + (size_t)k], &r->m.v[i + (size_t)(k - n)]);
}

void letter_periods(struct reading *r)
{
	const struct mark *before = NULL, *carried = NULL;
	int para = -1, titled = title_year(r);
	for (size_t i = 0; i < r->m.n; i++) {
		struct mark *m = &r->m.v[i];
		if (m->para != para) {
			para = m->para;
			before = carried = NULL;
		}
		if (is_date(m)) {
			if (!m->year || is_base_date(r, m)) continue;
			/* 2020年批准认定2019年的…93个: the year of the deed, not of the batch. */
			if (before && before->clause == m->clause && m->seq == before->seq + 1) continue;
			before = m;
			/* What later sentences of the paragraph inherit: the state date, or the first date of the latest sentence. */
			bool replace = !carried || m->sent != carried->sent || (m->clues & CLUE_END);
			if (replace && !(carried && (carried->clues & CLUE_END) && !(m->clues & CLUE_END)
				&& m->a != sentence_start(r, m->a))) carried = m;
			continue;
		}
		if (str_is(m->f.kind, "document") || str_is(m->f.kind, "id")) continue;
		period_of(r, m, before, carried, titled);
	}
	for (size_t i = 0; i < r->m.n; i++)
		if (is_date(&r->m.v[i])) spread_years(r, i);
}

/* Finding the figures: numerals with their units, qualifiers and labels. */
#include <string.h>

#include "base/utf8.h"
#include "letter_inner.h"

enum { PRE_MAX = 60, POST_MAX = 24, NEST_MAX = 8 };

/* Set phrases with numerals that count nothing. */
static const char set_phrases[] = "一带一路|三支一扶|三重一大|两弹一星|五险一金|两免一补|两个一百年|一百年|三农|三权分置|三次产业|三公经费|一老一小|两新"
	"|一网通办|一站式|一体化|三资|四好农村路|两化|两会|两山|三品一标|四上企业|双一流|一票否决|百分点|千方百计|千家万户|万众|百姓|百强|百年|千年|十分"
	"|一案一策|一企一策|一事一议|三产|二产|一产|两岸|三地|万一|四季|五官|三亚|四川|九江|六安|百色|千米|万物|万里|万象|二元结构|二元化|三元|一元|两部分|三部分|一位数|两位数|三位数";

static const char prefix_at_least[] = "不低于|不少于|不小于|不得低于|不得少于|不短于|至少|起码|最低|最少|达到或超过";
static const char prefix_at_most[] = "不超过|不高于|不多于|不大于|不得超过|不得高于|至多|最多|最高|最高不超过|控制在|限于";
static const char prefix_more[] = "超过|突破|逾|高于|多于|大于|超出|超额|超|过";
static const char prefix_less[] = "低于|少于|小于|不足|不到|未满|未达到";
static const char prefix_about[] = "大约|将近|接近|近|约|大概|左右|约为|约占|一般为|一般|平均";

static int trim_bridge(const struct reading *r, int end, int lo)
{
	int length;
	while ((length = before_any(r, end, lo, "达到了|达到|人民币|达|为|了|到|共|有|在|的|是"))) end -= length;
	return end;
}

static enum letter_qualifier qualifier_of(const struct reading *r, const struct mark *m, int after)
{
	int lo = m->a > 12 ? m->a - 12 : 0;
	for (int pass = 0; pass < 2; pass++) {
		int end = pass ? trim_bridge(r, m->a, lo) : m->a;
		if (before_any(r, end, lo, prefix_at_least)) return LETTER_AT_LEAST;
		if (before_any(r, end, lo, prefix_at_most)) return LETTER_AT_MOST;
		if (before_any(r, end, lo, prefix_less)) return LETTER_LESS_THAN;
		if (before_any(r, end, lo, "通过|经过|渡过|度过|跨过|路过|走过")) break;
		if (before_any(r, end, lo, prefix_more)) return LETTER_MORE_THAN;
		if (before_any(r, end, lo, prefix_about)) return LETTER_ABOUT;
	}
	if (at_any(r, after, "(含)以上|(含本数)以上|及以上|以上|起")) return LETTER_AT_LEAST;
	if (at_any(r, after, "以下|以内|之内|及以下|(含)以下|(含)以内")) return LETTER_AT_MOST;
	if (at_any(r, after, "左右|上下")) return LETTER_ABOUT;
	return LETTER_EXACT;
}

static int suffix_length(const struct reading *r, int at)
{
	return at_any(r, at, "(含)以上|(含本数)以上|及以上|以上|及以下|(含)以下|(含)以内|以下|以内|之内|左右|上下");
}

static const char *kind_of(const struct mark *m)
{
	switch (m->dim) {
	case DIM_COUNT: case DIM_PERSON: case DIM_VISIT: return "count";
	case DIM_MONEY: case DIM_FOREIGN: return "money";
	case DIM_AREA: return "area";
	case DIM_SHARE: case DIM_POINT: case DIM_TIMES: return "share";
	case DIM_TIME: return "duration";
	default: return "other";
	}
}

static int64_t ten(int power)
{
	int64_t v = 1;
	while (power-- > 0) v *= 10;
	return v;
}

/* One unit of the last digit that is not zero: the room that 余 and 近 leave (600余 → 100, 23余 → 1). */
static int64_t last_step(int64_t value)
{
	int64_t step = 1;
	if (!value) return 0;
	while (value % (step * 10) == 0 && step < 1000000000000000) step *= 10;
	return step;
}

/* What the wording allows: rounding by the digits written, then the qualifier. */
static void set_interval(struct mark *m, enum numeral_vague vague)
{
	wide scale = (wide)ten(m->power) * m->factor;
	wide low = (wide)m->f.value * scale / DEC_ONE, high = (wide)m->f.high * scale / DEC_ONE;
	wide step = (wide)last_step(m->f.value) * scale / DEC_ONE;
	bool counted = (m->dim == DIM_COUNT || m->dim == DIM_PERSON || m->dim == DIM_VISIT) && !m->power && !m->decimals;
	wide half = counted ? 0 : scale / ten(m->decimals) / 2;
	/* 5亿元 is rarely a rounded 4.6: whole numbers of 万 and 亿 are taken for nearly exact. */
	if (!m->decimals && m->power >= 4 && half > low / 50) half = low / 50;
	m->value = low;
	m->lo = low - half;
	m->hi = high + half;
	switch (m->f.qualifier) {
	case LETTER_MORE_THAN: m->hi = low + step; break;
	case LETTER_LESS_THAN: m->lo = low - step; break;
	case LETTER_ABOUT: m->lo = low - (step > low / 20 ? step : low / 20), m->hi = low + low / 20 + half; break;
	case LETTER_AT_LEAST: m->hi = low * 1000; break;
	case LETTER_AT_MOST: m->lo = 0; break;
	case LETTER_ORDER: m->lo = low / 2, m->hi = low * 10; break;
	default: break;
	}
	if (vague == NUMERAL_MORE && m->hi < low + step) m->hi = low + step;
}

/* The unit as it is written, 余 and 多 left out: 余万元 → 万元. */
static struct str unit_text(const struct reading *r, int a, int b)
{
	while (a < b && at_any(r, a, "余|多|几")) a++;
	if (b > a && at_any(r, b - 1, "余|多")) b--;
	struct buf out = BUF(r->arena, 200);
	for (int i = a; i < b; i++)
		if (!at_any(r, i, "余|多|几")) buf_add(&out, letter_slice(r, i, i + 1));
	return buf_str(&out);
}

struct found { struct numeral x; int a, number_b, b; struct unit unit; bool has_unit; };

static struct mark *put_figure(struct reading *r, const struct found *q)
{
	struct mark *m = add_mark(r, q->a, q->b, "other");
	const struct numeral *x = &q->x;
	m->f.has_value = !x->too_long;
	m->f.value = x->value;
	m->f.high = x->high;
	m->power = x->power;
	m->decimals = x->decimals;
	m->dim = q->has_unit ? q->unit.dim : DIM_NONE;
	m->group = q->has_unit ? q->unit.group : 0;
	m->factor = q->has_unit ? q->unit.factor : DEC_ONE;
	m->f.unit = m->dim == DIM_SHARE && at_any(r, q->number_b, "%") ? STR("%") : unit_text(r, q->number_b, q->b);
	m->f.kind = str_c(x->too_long ? "id" : kind_of(m));
	m->f.qualifier = qualifier_of(r, m, q->b);
	if (m->f.qualifier == LETTER_EXACT || m->f.qualifier == LETTER_AT_LEAST) {
		if (x->vague == NUMERAL_MORE) m->f.qualifier = LETTER_MORE_THAN;
		if (x->vague == NUMERAL_ORDER) m->f.qualifier = LETTER_ORDER;
	}
	if (x->high != x->value) m->f.qualifier = LETTER_RANGE;
	set_interval(m, x->vague);
	m->quantity = m->f.has_value && (m->dim != DIM_NONE && m->dim != DIM_SHARE && m->dim != DIM_POINT && m->dim != DIM_TIMES && m->dim != DIM_TIME)
		&& m->f.qualifier != LETTER_ORDER;
	return m;
}

/* The second half of 3-5家, 3至5家, 30%—50%, 10万至20万元. */
static void read_range(const struct reading *r, struct found *q)
{
	int sep = at_any(r, q->b, "--|-|至|到");
	struct numeral high;
	if (!sep || !is_digit(r->c[q->b + sep]) || !numeral_read(r->c, r->n, q->b + sep, &high) || high.too_long || q->x.vague) return;
	if (q->has_unit && r->c[q->b] != '-' && before_any(r, q->a, q->a > 8 ? q->a - 8 : 0, "从|由|自")) return;
	int end = q->b + sep + high.length;
	struct unit unit;
	bool has = unit_read(r, end, &unit);
	if (q->has_unit && (!has || unit.dim != q->unit.dim || unit.length != q->unit.length)) return;
	if (r->c[end] == '-' || r->c[end] == '.') return;
	int64_t value = q->x.value;
	int power = q->x.power;
	if (power != high.power) {
		if (power && !q->has_unit && power > high.power) return;
		if (power > high.power || __builtin_mul_overflow(high.value, ten(high.power - power), &high.value)) return;
		/* 3-5万元: the multiplier belongs to both. 8000-2万: only to the second. */
		if (!power && value < high.value) {
			high.value /= ten(high.power);
			power = high.power;
		}
	}
	if (high.value < q->x.value && !has) return;
	int decimals = q->x.decimals > high.decimals ? q->x.decimals : high.decimals;
	int multiplier = q->b + sep + high.multiplier_at;
	q->x.high = high.value;
	q->x.power = power;
	q->x.decimals = decimals;
	q->number_b = multiplier;
	q->has_unit = has;
	if (has) q->unit = unit;
	q->b = has ? end + unit.length : end;
}

/* 211工程, 12345热线, "1+3+5", C919, PM2.5: numbers that are names. Their length, 0 when it is a real number. */
static int name_length(const struct reading *r, int at, const struct numeral *x)
{
	int end = at + x->length;
	struct unit unit;
	bool has = unit_read(r, end, &unit) && unit.dim != DIM_OTHER && unit.dim != DIM_TIME;
	if (at && (r->c[at - 1] == '+' || r->c[at - 1] == '@' || r->c[at - 1] == '/' || r->c[at - 1] == '_')) return x->length;
	if (r->c[end] == '+' || r->c[end] == '@' || r->c[end] == '_') return x->length;
	if (r->c[end] == '.' && is_digit(r->c[end + 1])) return x->length;
	if (at && is_latin(r->c[at - 1]) && !has) return x->length;
	if (at && (r->c[at - 1] == '-' || r->c[at - 1] == '.') && at > 1 && is_latin(r->c[at - 2])) return x->length;
	if (is_latin(r->c[end]) && !unit_read(r, end, &unit)) return x->length;
	if (at_any(r, at, "211|985|863|973|111") && x->length == 3 && at_any(r, end, "工程|计划|高校|院校|大学|引智|、|项目")) return x->length;
	if (at_any(r, end, "热线|高速|国道|省道|号|室|路|栋楼|世纪|后")) return x->length + at_any(r, end, "号");
	if (before_any(r, at, at > 4 ? at - 4 : 0, "附件|附表|图|表|式|注|邮编|邮政编码|编号|编码|代码|账号|卡号")) return x->length;
	return 0;
}

/* 1. 2、 (3) at the start of a line or sentence: numbering. Its length. */
static int numbering_length(const struct reading *r, int at)
{
	bool open = r->c[at] == '(';
	int i = at + open, digits = 0;
	if (at && !is_sentence_end(r->c[at - 1]) && r->c[at - 1] != ';' && r->c[at - 1] != ':') return 0;
	while (i < r->n && is_digit(r->c[i]) && digits < 3) i++, digits++;
	if (!digits || digits > 2) return 0;
	if (open) return r->c[i] == ')' ? i + 1 - at : 0;
	if (r->c[i] == '.' && is_digit(r->c[i + 1])) {
		int k = i + 1;
		while (k < r->n && (is_digit(r->c[k]) || r->c[k] == '.')) k++;
		struct unit unit;
		return utf8_is_han(r->c[k]) && !unit_read(r, k, &unit) && numeral_digit(r->c[k]) < 0 && !at_any(r, k, "万|亿|千|百") ? k - at : 0;
	}
	return r->c[i] == '.' || r->c[i] == 0x3001 || r->c[i] == ')' ? i + 1 - at : 0;
}

static int skip_digits(const struct reading *r, int at)
{
	while (at < r->n && (is_digit(r->c[at]) || is_latin(r->c[at]) || r->c[at] == '.' || r->c[at] == '-')) at++;
	return at;
}

/* A minus sign: only right after a word that announces a rate. */
static bool is_negative(const struct reading *r, int at)
{
	return at > 1 && r->c[at - 1] == '-' && before_any(r, at - 1, 0, "增长|为|是|降|(|幅|速|率|:|增幅|增速|、|和|及") > 0;
}

static int read_arabic_figure(struct reading *r, int at)
{
	struct found q = { .a = at };
	if (!numeral_read(r->c, r->n, at, &q.x)) return 0;
	/* 分别为120,135,140: a list, not thousands. */
	int groups = 0, k = at;
	for (int i = at; i < at + q.x.length; i++) groups += r->c[i] == ',';
	while (is_digit(r->c[k])) k++;
	if (groups > 1 && has_any(r, clause_start(r, at), at, "分别") && !numeral_read(r->c, k, at, &q.x)) return 0;
	if (name_length(r, at, &q.x)) {
		int end = at + name_length(r, at, &q.x);
		return end > at && (is_latin(r->c[end]) || r->c[end] == '.') ? skip_digits(r, end) : end;
	}
	q.number_b = at + q.x.multiplier_at;
	q.b = at + q.x.length;
	q.has_unit = unit_read(r, q.b, &q.unit);
	int big = !q.has_unit && utf8_is_han(r->c[q.b + 1]) ? at_any(r, q.b, "大") : 0;
	if (q.has_unit) q.b += q.unit.length;
	q.b += big;
	/* 20个多月, 3倍多 */
	if (q.has_unit && at_any(r, q.b, "余|多") && q.unit.dim != DIM_OTHER && !at_any(r, q.b, "多家|多个|多层|多元|多功能|多种|多样")) {
		q.x.vague = NUMERAL_MORE;
		q.b++;
	}
	read_range(r, &q);
	if (r->c[q.b] == '-' && is_digit(r->c[q.b + 1]) && !q.has_unit) return skip_digits(r, q.b);
	struct mark *m = put_figure(r, &q);
	if (big) m->clues |= CLUE_WORD, m->quantity = false;
	if (is_negative(r, at)) {
		m->f.value = -m->f.value;
		m->f.high = -m->f.high;
		m->a--;
		m->f.text = letter_slice(r, m->a, m->b);
		m->f.start = r->pos[m->a];
		m->quantity = false;
		set_interval(m, NUMERAL_PLAIN);
	}
	return q.b;
}

/* 百分之二十, 三分之一, 过半. */
static int read_fraction(struct reading *r, int at)
{
	int lead = at_any(r, at, "百分之|千分之|万分之"), half = at_any(r, at, "过半数|过半|半数|一半|半壁");
	struct found q = { .a = at };
	if (half && !at_any(r, at, "半壁")) {
		q.x = (struct numeral){ .length = half, .value = DEC_ONE / 2, .high = DEC_ONE / 2, .decimals = 1 };
		q.b = q.number_b = at + half;
	} else if (lead && numeral_read(r->c, r->n, at + lead, &q.x) && !q.x.power) {
		q.b = q.number_b = at + lead + q.x.length;
	} else {
		struct numeral over;
		if (!numeral_read(r->c, r->n, at, &q.x) || q.x.value < 2 * DEC_ONE || !at_any(r, at + q.x.length, "分之")) return 0;
		if (!numeral_read(r->c, r->n, at + q.x.length + 2, &over) || over.value >= q.x.value || q.x.value > 1000 * (int64_t)DEC_ONE) return 0;
		q.b = q.number_b = at + q.x.length + 2 + over.length;
		q.x.value = q.x.high = over.value / (q.x.value / DEC_ONE);
		q.x.decimals = 2;
	}
	struct mark *m = put_figure(r, &q);
	m->dim = DIM_SHARE;
	m->f.kind = STR("share");
	bool ten = at_any(r, at, "千") > 0, hundred = at_any(r, at, "万") > 0;
	if (lead) m->f.unit = hundred ? STR("‱") : ten ? STR("‰") : STR("%");
	m->factor = !lead ? 100 * (int64_t)DEC_ONE : hundred ? DEC_ONE / 100 : ten ? DEC_ONE / 10 : DEC_ONE;
	set_interval(m, NUMERAL_PLAIN);
	return q.b;
}

static struct mark *put_word(struct reading *r, int at, int b, const struct numeral *x, int unit_a, int unit_b)
{
	struct mark *m = add_mark(r, at, b, "count");
	m->f.has_value = true;
	m->f.value = x->value;
	m->f.high = x->high;
	m->f.unit = letter_slice(r, unit_a, unit_b);
	m->dim = DIM_OTHER;
	m->factor = DEC_ONE;
	m->clues = CLUE_WORD;
	set_interval(m, NUMERAL_PLAIN);
	return m;
}

/* 八大重点产业, 三位一体, "四个一", "三张牌"; 千亿级. */
static int read_word_figure(struct reading *r, int at, const struct numeral *x)
{
	int end = at + x->length;
	if (x->vague || x->high != x->value) return 0;
	if (at_any(r, end, "位一体")) {
		put_word(r, at, end + 3, x, end, end + 1);
		return end + 3;
	}
	if (at_any(r, end, "个一") && x->value >= 2 * DEC_ONE && !at_any(r, end + 2, "批|百|体|流|定")) {
		put_word(r, at, end + 2, x, end, end + 1);
		return end + 2;
	}
	if (at_any(r, end, "大") && utf8_is_han(r->c[end + 1]) && x->value >= 2 * DEC_ONE && x->value <= 16 * DEC_ONE
		&& !at_any(r, end + 1, "报告|精神|以来|召开|胜利|代表|学|会|代会|常委")) {
		put_word(r, at, end + 1, x, end, end + 1);
		return end + 1;
	}
	if (x->power >= 4 && at_any(r, end, "级|产业|规模|集群|园区")) {
		struct mark *m = put_word(r, at, end + at_any(r, end, "级"), x, end, end);
		m->f.unit = x->power == 4 ? STR("万元") : x->power == 8 ? STR("亿元") : STR("万亿元");
		m->f.kind = STR("money");
		m->f.qualifier = LETTER_ORDER;
		m->dim = DIM_MONEY;
		m->power = x->power;
		set_interval(m, NUMERAL_ORDER);
		return m->b;
	}
	return 0;
}

/* May this Chinese numeral with this unit be a quantity? */
static bool han_counts(const struct reading *r, int at, const struct numeral *x, const struct unit *u)
{
	int end = at + x->length, lo = at > 8 ? at - 8 : 0;
	bool power_first = numeral_digit(r->c[at]) < 0 && !at_any(r, at, "十|几|数|拾");
	if (power_first && !x->vague && !(x->power && x->length > 1) && !before_any(r, at, lo, "近|上|过|超|逾|超过|突破")) return false;
	if (x->digits_only) return false;
	if (u->strict) {
		bool listed = find_any(r, lo, at, "、|和|与|及") >= 0;
		return u->group == 7 && u->dim == DIM_COUNT && x->length == 1 && x->value >= 2 * DEC_ONE && listed;
	}
	if (at_any(r, end, "届|次会议|次全会|次全体|次大会|次常委|次代表|次人大|次党代")) return false;
	if (at_any(r, end, "期|类|代|本")) return x->length > 1 && !before_any(r, at, lo, "第|上|下|本");
	if (at_any(r, end, "成") && at_any(r, end + 1, "员|果|功|立|为|本|长|都|熟|人|效|绩|就|分|套")) return false;
	if (at_any(r, end, "元|部分|口|道|天然|名称|名单|位于|位置|名录|名义|头|重|单位|单元|步|组织|口之家|只|声") && x->length == 1) return false;
	if (x->value == DEC_ONE && x->length == 1) {
		if (u->dim == DIM_TIMES) return before_any(r, at, lo, "翻了|翻") > 0;
		return before_any(r, at, lo, "新增|新增了|仅|仅有|共有|减少|增加|增加了") > 0 && at_any(r, end, "家|人|名|所|座|项|个|件");
	}
	return true;
}

/* 三至五家, 三到五年: the second half of a range in Chinese numerals. */
static void read_han_range(const struct reading *r, struct found *q)
{
	int at = q->b + 1, end;
	struct numeral high;
	struct unit unit;
	if (!at_any(r, q->b, "至|到") || q->x.vague || q->x.power || q->x.digits_only || !numeral_read(r->c, r->n, at, &high)) return;
	end = at + high.length;
	if (high.vague || high.digits_only || high.value <= q->x.value || !unit_read(r, end, &unit) || unit.strict || !han_counts(r, at, &high, &unit)) return;
	if (before_any(r, q->a, q->a > 4 ? q->a - 4 : 0, "从|由|第")) return;
	q->x.high = high.value;
	q->x.power = high.power;
	q->number_b = at + high.multiplier_at;
	q->unit = unit;
	q->has_unit = true;
	q->b = end + unit.length;
}

static int read_han_figure(struct reading *r, int at)
{
	struct found q = { .a = at };
	int phrase = at_any(r, at, set_phrases);
	if (phrase) return at + phrase;
	if (!numeral_read(r->c, r->n, at, &q.x)) return 0;
	int end = read_word_figure(r, at, &q.x);
	if (end) return end;
	end = at + q.x.length;
	q.number_b = at + q.x.multiplier_at;
	q.b = end;
	q.has_unit = unit_read(r, end, &q.unit);
	if (!q.has_unit) read_han_range(r, &q);
	if (!q.has_unit || (q.b == end && !han_counts(r, at, &q.x, &q.unit))) return at_any(r, at, "几|数") ? at + 1 : end;
	if (q.b == end) q.b = end + q.unit.length;
	if (q.unit.dim == DIM_TIME && at_any(r, q.b, "级|轻|夜|线")) return q.b;
	struct mark *m = put_figure(r, &q);
	bool quoted = at && (r->c[at - 1] == 0x201C || r->c[at - 1] == 0x2018);
	int close = find_any(r, q.b, q.b + 4 < r->n ? q.b + 4 : r->n, "”|’");
	if (quoted && close >= 0) {
		m->b = close;
		m->f.text = letter_slice(r, at, close);
		m->f.end = r->pos[close - 1] + 1;
		m->clues |= CLUE_WORD;
		m->quantity = false;
		return close;
	}
	if (q.unit.strict || (q.x.length == 1 && q.x.arabic == false && q.x.value < 10 * DEC_ONE && m->f.qualifier == LETTER_EXACT
		&& at_any(r, end, "个|项|条|种|类|张|方面"))) m->clues |= CLUE_WORD;
	return q.b;
}

/* 1:4, 14.3:33.8:51.9. Each part is a figure. Times of day are passed over. */
static int read_ratio(struct reading *r, int at)
{
	struct numeral x[6];
	int from[6], n = 0, i = at;
	while (n < 6 && is_digit(r->c[i]) && numeral_read(r->c, r->n, i, &x[n]) && !x[n].power && !x[n].vague && !x[n].too_long) {
		from[n] = i;
		i += x[n++].length;
		if (r->c[i] != ':') break;
		i++;
	}
	if (n > 1 && r->c[i - 1] == ':') i--;
	if (n < 2 || (at && is_digit(r->c[at - 1]))) return 0;
	bool named = has_any(r, at > 24 ? at - 24 : 0, at, "比") || at_any(r, i, "的比例|的出资|比例|配套|配比|出资");
	bool clock = n <= 3 && x[1].length == 2 && x[1].value < 60 * DEC_ONE && x[0].value < 25 * DEC_ONE && !x[1].decimals && !named;
	if (clock || (!named && n == 2 && x[0].value > 1000 * (int64_t)DEC_ONE)) return i;
	for (int k = 0; k < n; k++) {
		struct mark *m = add_mark(r, from[k], from[k] + x[k].length, "ratio");
		m->f.has_value = true;
		m->f.value = m->f.high = x[k].value;
		m->decimals = x[k].decimals;
		m->factor = DEC_ONE;
		set_interval(m, NUMERAL_PLAIN);
		if (before_any(r, at, at > 6 ? at - 6 : 0, "一般为|一般")) m->f.qualifier = LETTER_ABOUT;
	}
	return i;
}

static int read_at(struct reading *r, int i)
{
	int32_t c = r->c[i];
	int end = numbering_length(r, i);
	if (end) return i + end;
	bool digit = is_digit(c), opener = c == '[' || c == '(' || c == 0x7B2C;
	bool han = numeral_digit(c) >= 0 || at_any(r, i, "十|百|千|万|亿|几|数|过半|半数");
	if (!digit && !opener && !han) return 0;
	end = read_special(r, i);
	if (end > i || (opener && !han)) return end;
	if (digit && (end = read_ratio(r, i)) > i) return end;
	if ((end = read_fraction(r, i)) > i) return end;
	return digit ? read_arabic_figure(r, i) : read_han_figure(r, i);
}

void give_unit(struct reading *r, struct mark *m, const struct unit *unit, int power, struct str text)
{
	m->dim = unit->dim;
	m->group = unit->group;
	m->factor = unit->factor;
	m->power = power;
	m->f.unit = text;
	m->f.kind = str_c(kind_of(m));
	m->quantity = m->f.value >= 0 && m->dim != DIM_SHARE && m->dim != DIM_POINT && m->dim != DIM_TIMES && m->dim != DIM_TIME;
	set_interval(m, NUMERAL_PLAIN);
}

/* 收窄1.7、0.7、8.3个百分点; 高了5.5个和2.7个百分点: the unit written once belongs to each of the list. */
static void share_units(struct reading *r)
{
	for (size_t k = r->m.n; k-- > 1;) {
		struct mark *m = &r->m.v[k - 1];
		const struct mark *next = m + 1;
		bool joint = next->a - m->b == 1 && at_any(r, m->b, "、|和|及|与|或");
		bool bare = m->dim == DIM_NONE && str_is(m->f.kind, "other"), points = next->dim == DIM_POINT && str_is(m->f.unit, "个");
		if (!joint || !(bare || points) || next->dim == DIM_NONE || !next->f.has_value || next->f.qualifier != LETTER_EXACT) continue;
		if (m->power || str_is(next->f.kind, "date") || str_is(next->f.kind, "year") || str_is(next->f.kind, "ordinal")) continue;
		struct unit unit = { .dim = next->dim, .factor = next->factor, .group = next->group };
		give_unit(r, m, &unit, next->power, next->f.unit);
	}
}

/* Running numbers of paragraph, sentence and clause, and the bracket each figure stands in. */
static void place_marks(struct reading *r)
{
	int para = 0, sent = 0, clause = 0, depth = 0, open[NEST_MAX];
	size_t k = 0;
	for (int i = 0; i < r->n && k < r->m.n; i++) {
		while (k < r->m.n && r->m.v[k].a <= i) {
			struct mark *m = &r->m.v[k++];
			m->para = para;
			m->sent = sent;
			m->clause = clause;
			m->paren = depth > 0 && depth <= NEST_MAX ? open[depth - 1] : -1;
			if (str_is(m->f.kind, "document") && m->b > i + 1) i = m->b - 1;
		}
		int32_t c = r->c[i];
		if (c == '(' || c == '[') {
			if (depth < NEST_MAX) open[depth] = i;
			depth++;
		}
		if ((c == ')' || c == ']') && depth > 0) depth--;
		if (is_clause_end(c)) clause++;
		if (is_sentence_end(c)) sent++, depth = c == '\n' ? 0 : depth;
		if (c == '\n') para++;
	}
}

static const char lead_out[] = "一是|二是|三是|四是|五是|六是|七是|八是|九是|其中|以及|并且|同时|另有|另外|还有|此外|全省|全市|全县|全区|我省|我市|我县|我区|全国|目前|现有|现|已|和|及|与|并|共|还|另|且|含|包括|等";
static const char verb_out[] = "已经达到|已达到|达到了|达到|已达|共达|总计达|总计|共计|合计|累计达|共有|拥有|现有|已有|设有|建有|建成|建立了|增加到|增长到|增至|达|共|有|为|是|了|共计|不低于|不少于|不超过|不高于|约|近|超过|超|突破|逾|至少|最高|的|到|:|“";

/* A short bracket without figures belongs to the word: 项目(专项), 州(市). The length with both brackets, 0 if it is none. */
static int aside(const struct reading *r, int at, int step)
{
	int32_t near = step > 0 ? '(' : ')', far = step > 0 ? ')' : '(';
	if (at < 0 || at >= r->n || r->c[at] != near) return 0;
	for (int k = 1; k <= 7; k++) {
		int i = at + k * step;
		if (i < 0 || i >= r->n) return 0;
		if (r->c[i] == far) return k > 1 ? k + 1 : 0;
		if (!utf8_is_han(r->c[i]) && r->c[i] != 0x3001) return 0;
	}
	return 0;
}

/* What the text calls a figure: the words before it in its clause, and the noun right after its unit. */
static void label_mark(struct reading *r, struct mark *m, int before)
{
	int a = m->a, low = a - PRE_MAX > before ? a - PRE_MAX : before;
	for (;;) {
		int length = aside(r, a - 1, -1);
		if (length && a - length > low && !is_clause_end(r->c[a - length - 1])) a -= length;
		else if (a > low && !is_clause_end(r->c[a - 1]) && r->c[a - 1] != 0x3001) a--;
		else break;
	}
	int b = m->a, length;
	while (a < b && (is_digit(r->c[a]) || r->c[a] == '.')) a++;     /* numbering: 1.建成 */
	while (a < b && (length = at_any(r, a, lead_out))) a += length;
	while (b > a && (length = before_any(r, b, a, verb_out))) b -= length;
	m->pre = a;
	m->pre_b = b > a ? b : a;
	int p = m->b + suffix_length(r, m->b), high = p + POST_MAX;
	p += at_any(r, p, "”|’");
	p += at_any(r, p, "的");
	m->post = m->post_b = p < r->n ? p : r->n;
	if (at_any(r, p, "增长|下降|比|同比|较|占|来自|等|以来|期间|和|与|及|以|为|在|由|中|至|到|用于|,|增加|减少|提高")) return;
	const struct mark *next = (size_t)m->seq + 1 < r->m.n ? &r->m.v[m->seq + 1] : NULL;
	if (next && next->a < high) high = next->a;
	while (p < r->n && p < high) {
		int around = aside(r, p, 1);
		/* 3个层次的…格局: the counted thing is 层次. */
		if (at_any(r, p, "的") && p - m->post >= 2 && p - m->post <= 6) break;
		if (!around && (is_clause_end(r->c[p]) || r->c[p] == 0x3001 || is_digit(r->c[p]))) break;
		p += around ? around : 1;
	}
	m->post_b = p < high ? p : high;
}

/* 较2019年底的4530家增加…: the value compared with. */
static bool is_compared(const struct reading *r, const struct mark *m, int from)
{
	int low = m->a - 14 > from ? m->a - 14 : from, at = rfind_any(r, low, m->a, "比|较");
	if (at < 0 || !m->quantity || at_any(r, at, "比例|比重|较大|较好|较高|较快") || before_any(r, at, from, "占|对|可|相")) return false;
	if (m->seq && m[-1].b > at && !str_is(m[-1].f.kind, "year") && !str_is(m[-1].f.kind, "date")) return false;
	return has_any(r, at, m->a, "20|19|上年|去年|年初|同期|上月|原") && !has_any(r, at, m->a, "增|减|多|少|提高|下降|上升|达|净|完成");
}

static void clues_of(const struct reading *r, struct mark *m)
{
	int from = clause_start(r, m->a), start = sentence_start(r, m->a);
	if (has_any(r, from, m->a, "增加|增长|减少|净增|多增|少增|下降|提高|上升|回落|增收|节约|压减|新增")
		&& has_any(r, start > m->a - 40 ? start : m->a - 40, m->a, "比上年|比去年|同比|相比|较上年|较去年|比20|较20|环比|比上月|上年同期|净增|比年初|较年初|比19|与上年|与去年")
		&& !has_any(r, from, m->a, "增加到|增长到|减少到|下降到|提高到|上升到|增至|降至|减至|升至")) m->clues |= CLUE_DELTA;
	if (before_any(r, m->a, from, "净增|增加|增加了|减少|减少了|多增|少增") && !str_is(m->f.kind, "year")) m->clues |= CLUE_DELTA;
	if (has_any(r, from, m->a, "人均|户均|项均|家均|村均|县均|校均|所均|平均|均价|单价|亩均|单产|每人|每户|每亩|每家|每个|每项|单个|标准为") || at_any(r, m->b, "/")) m->clues |= CLUE_MEAN;
	if (has_any(r, from, m->a, "合计|总计|共计|总共")) m->clues |= CLUE_TOTAL;
	if (has_any(r, start, m->a, "预计|计划|力争|目标|拟|将达|将超|争取到20|争取达|争取实现|争取完成|争取新|确保|规划|下一步|到20")) m->clues |= CLUE_PLAN;
	if (is_compared(r, m, from)) m->clues |= CLUE_BASE;
	if (has_any(r, from, m->a, "上年为|去年为|上年同期|去年同期|原有|原来")) m->clues |= CLUE_BASE;
	const struct mark *next = (size_t)m->seq + 1 < r->m.n ? m + 1 : NULL;
	if (next && next->dim == DIM_SHARE && next->a - m->b <= 2 && at_any(r, m->b, "的") && has_any(r, from, m->a, "完成|达到|占|相当于|实现")) m->clues |= CLUE_GOAL;
	if (m->f.qualifier == LETTER_EXACT && has_any(r, m->pre, m->a, "累计") && m->quantity) m->f.qualifier = LETTER_CUMULATIVE;
}

enum rc letter_figures(struct reading *r)
{
	for (int i = 0; i < r->n;) {
		int end = read_at(r, i);
		i = end > i ? end : i + 1;
		if (r->m.n > LETTER_FIGURES_MAX)
			return fail(r->cx, RC_LIMIT, "letter.figures", NOWHERE, "数字超过 %d 个，请分篇核对", "more than %d figures: check the text in parts",
				LETTER_FIGURES_MAX);
	}
	share_units(r);
	table_units(r);
	place_marks(r);
	int before = 0;
	for (size_t i = 0; i < r->m.n; i++) {
		struct mark *m = &r->m.v[i];
		/* 比2019年增长22%: the year is part of what a rate is called. */
		bool rate = m->dim == DIM_SHARE && i && str_is(m[-1].f.kind, "year") && m[-1].clause == m->clause;
		label_mark(r, m, rate ? m[-1].a - 1 > 0 ? m[-1].a - 1 : 0 : before);
		if (!(m->clues & CLUE_WORD)) before = m->b;
		m->f.label = str_is(m->f.kind, "year") || str_is(m->f.kind, "date") ? STR("") : label_text(r, m);
		clues_of(r, m);
	}
	return RC_OK;
}

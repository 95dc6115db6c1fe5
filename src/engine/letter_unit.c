/* Units and measure words. A table of names, then the open ends: 台(套), 元/平方米, 州(市). */
#include "base/utf8.h"
#include "letter_inner.h"

enum { M = DEC_ONE };

struct unit_row { const char *names; enum dim dim; int64_t factor; int group; bool strict; };

/* Longer names before names that begin them. Groups: counts in one group may be added to each other. */
static const struct unit_row rows[] = {
	{ "个百分点|百分点|个点|个pct", DIM_POINT, M, 0, false },
	{ "个千分点|千分点", DIM_POINT, M / 10, 0, false },
	{ "%|％", DIM_SHARE, M, 0, false },
	{ "‰", DIM_SHARE, M / 10, 0, false },
	{ "美元|欧元|港元|港币|日元|英镑|韩元|卢布|泰铢|澳元|加元|新加坡元|瑞士法郎|法郎|越南盾", DIM_FOREIGN, M, 0, false },
	{ "元人民币|元|块钱|圆", DIM_MONEY, M, 0, false },
	{ "平方公里|平方千米|km²|km2|k㎡", DIM_AREA, (int64_t)M * 1000000, 0, false },
	{ "平方厘米", DIM_AREA, M / 10000, 0, false },
	{ "平方米|平米|㎡|m²|m2|平方", DIM_AREA, M, 0, false },
	{ "公顷|hm²", DIM_AREA, (int64_t)M * 10000, 0, false },
	{ "公亩", DIM_AREA, (int64_t)M * 100, 0, false },
	{ "亩次", DIM_OTHER, M, 3, false },
	{ "亩", DIM_AREA, 666666667, 0, false },
	{ "标立方米|立方米|立方|m³|m3|方量", DIM_VOLUME, M, 0, false },
	{ "公里|千米|km|KM", DIM_LENGTH, (int64_t)M * 1000, 0, false },
	{ "海里", DIM_LENGTH, (int64_t)M * 1852, 0, false },
	{ "厘米|cm", DIM_LENGTH, M / 100, 0, false }, { "毫米|mm", DIM_LENGTH, M / 1000, 0, false },
	{ "微米|纳米|μm|nm", DIM_OTHER, M, 4, false },
	{ "米", DIM_LENGTH, M, 0, false },
	{ "吨标准煤|吨标煤", DIM_OTHER, M, 5, false }, { "吨公里|人公里", DIM_OTHER, M, 6, false },
	{ "吨二氧化碳|吨", DIM_MASS, (int64_t)M * 1000, 0, false }, { "公斤|千克|kg|KG", DIM_MASS, M, 0, false },
	{ "毫克|mg", DIM_OTHER, M, 7, false }, { "克拉", DIM_OTHER, M, 8, false }, { "克|斤|担", DIM_MASS, M / 1000, 1, false },
	{ "毫升|ml|mL", DIM_VOLUME, M / 1000000, 1, false }, { "升", DIM_VOLUME, M / 1000, 1, false }, { "桶", DIM_VOLUME, M, 2, false },
	{ "兆瓦时|MWh", DIM_ENERGY, (int64_t)M * 1000, 0, false }, { "千瓦时|kWh|KWh|kwh|度电", DIM_ENERGY, M, 0, false },
	{ "吉瓦|GW", DIM_POWER, (int64_t)M * 1000000, 0, false }, { "兆瓦|MW", DIM_POWER, (int64_t)M * 1000, 0, false },
	{ "千瓦|kW|KW|kw", DIM_POWER, M, 0, false }, { "千伏安|kVA|千伏|kV|伏", DIM_OTHER, M, 9, false },
	{ "摄氏度|℃|°C", DIM_OTHER, M, 10, false }, { "GB|TB|PB|MB|Gbps|Mbps|kbps|EFLOPS|PFLOPS", DIM_OTHER, M, 11, false },
	{ "标准箱|TEU|标箱", DIM_OTHER, M, 12, false },
	{ "人年|人月|人天|人日", DIM_OTHER, M, 13, false },
	{ "微克/立方米|微克", DIM_OTHER, M, 14, false }, { "分贝|赫兹|GHz|MHz|Hz", DIM_OTHER, M, 15, false },
	{ "人次|人/次|户次|例次|件次|架次|班次|辆次|车次|家次|篇次|台次|场次|批次|频次|课次|师次", DIM_VISIT, M, 0, false },
	{ "名|位", DIM_PERSON, M, 0, false }, { "人", DIM_PERSON, M, 0, false },
	{ "个月|个多月", DIM_TIME, M, 1, false }, { "个工作日|工作日|个小时|小时|分钟|秒钟|秒|学时|课时|学分|个季度|周岁|岁|个学期|学年|学期|毫秒",
		DIM_TIME, M, 2, false },
	{ "年|天|日|周|个星期|星期|昼夜|代", DIM_TIME, M, 3, false }, { "季度|月|旬", DIM_TIME, M, 4, true },
	{ "倍", DIM_TIMES, M, 0, false }, { "番", DIM_TIMES, M, 1, false }, { "成", DIM_SHARE, (int64_t)M * 10, 1, false },
	{ "亩均", DIM_OTHER, M, 16, true },
	/* Counts. */
	{ "家|户|所", DIM_COUNT, M, 1, false },
	{ "个|项|件|宗|起|单|桩", DIM_COUNT, M, 2, false },
	{ "篇|部|本|册|种|类|款|份|幅|张|枚|首|卷|则|期", DIM_COUNT, M, 3, false },
	{ "座|栋|幢|处|间|套|床|张床位|张床|厂|床位|席|席位|车位|工位|泊位|机位", DIM_COUNT, M, 4, false },
	{ "台套|台|辆|艘|架|列|条|部门|根|只|头|匹|口|羽|尾|棵|株|颗|粒|片|块|支|盏|组|副|门|把|眼|孔|具", DIM_COUNT, M, 5, false },
	{ "场|次|轮|届|趟|回|遍|批|笔|例|步|道|重|堂|站", DIM_COUNT, M, 6, false },
	{ "省区市|省市|省区|省|州市|市县|市州|州|地市|县市区|县区|市区|县|区县|区|乡镇|镇|乡|街道|社区|村|国家|国|地区|市|院|校|厅|局|师|团|连|旗|盟",
		DIM_COUNT, M, 7, true },
	{ "支队伍|对|双|箱|包|袋|瓶|盒|捆|股|串|束|层次|层|栏|页|字|字节|行|格|盘|环|段|节|章|维|票|声|剂|针|剂次|人份|卡|码|柱|桌|餐|榜",
		DIM_COUNT, M, 8, false },
	{ "级|方|点|面|线|边|角|极|度|分|等|元化|农|改|化|端|关|制|声|性|强|大类|档|型|链", DIM_OTHER, M, 20, true },
};

enum { ROWS = sizeof rows / sizeof *rows };

static const struct unit_row *row_at(const struct reading *r, int at, int *length)
{
	const struct unit_row *best = NULL;
	*length = 0;
	for (int i = 0; i < ROWS; i++) {
		int n = at_any(r, at, rows[i].names);
		if (n > *length) *length = n, best = &rows[i];
	}
	return best;
}

/* Letters after a Latin unit mean another word: "3D", "5G基站", "8TEUs". */
static bool latin_runs_on(const struct reading *r, int at, int length)
{
	return is_latin(r->c[at]) && is_latin(r->c[at + length]);
}

bool unit_read(const struct reading *r, int at, struct unit *out)
{
	int length;
	if (at >= r->n) return false;
	const struct unit_row *row = row_at(r, at, &length);
	if (!row || latin_runs_on(r, at, length)) return false;
	*out = (struct unit){ row->dim, row->factor, length, row->group, row->strict };
	int end = at + length;
	/* 台(套), 项(次), 州(市): one or two characters in brackets, closed at once. */
	if (out->dim == DIM_COUNT && r->c[end] == '(' && end + 2 < r->n && utf8_is_han(r->c[end + 1])) {
		int close = r->c[end + 2] == ')' ? end + 2 : end + 3 < r->n && r->c[end + 3] == ')' ? end + 3 : 0;
		int inner;
		if (close && row_at(r, end + 1, &inner) && inner == close - end - 1) out->length = close + 1 - at, end = close + 1;
	}
	/* 元/吨, 万元/年, 元/平方米·月: a rate, comparable only with itself. */
	if (r->c[end] == '/' && end + 1 < r->n) {
		int inner;
		if (row_at(r, end + 1, &inner) && !is_digit(r->c[end + 1])) {
			out->length = end + 1 + inner - at;
			if (out->dim != DIM_VISIT) out->dim = DIM_OTHER, out->group = 30 + (int)(row - rows);
		}
	}
	return true;
}

/* For the dictionary: "万平方米", "亿元", "家". */
bool unit_of(struct str unit, int64_t *factor, enum dim *dim, int *group)
{
	int32_t c[32] = { 0 };
	int64_t work = 0;
	struct reading small = { .c = c, .work = &work };
	for (size_t at = 0; at < unit.n && small.n < 28;) c[small.n++] = utf8_next(unit, &at);
	int64_t scale = 1;
	int at = 0;
	for (; at < small.n - 1; at++) {
		int64_t step = c[at] == 0x4E07 ? 10000 : c[at] == 0x4EBF ? 100000000 : c[at] == 0x5343 && c[at + 1] == 0x5143 ? 1000 : c[at] == 0x767E && c[at + 1] != 0x5206 ? 100 : 0;
		if (!step) break;
		scale *= step;
		if (scale > 1000000000000) return false;
	}
	struct unit u;
	if (!unit_read(&small, at, &u) || at + u.length != small.n) return false;
	if (__builtin_mul_overflow(scale, u.factor, factor)) return false;
	*dim = u.dim;
	*group = u.group;
	return true;
}

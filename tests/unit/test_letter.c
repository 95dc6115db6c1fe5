/* The letter engine over the golden letters (the folder may be given as the first argument): every figure and every finding of NAME.txt is in
   NAME.expected, one a line. Clean letters (…-clean) find nothing above info. Then single planted mistakes. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "engine/letter.h"
#include <cmocka.h>

enum { FILES_MAX = 100 };

static const char *folder = "tests/golden/letter";

static const char *const severity[] = { "error", "warning", "info" };
static const char *const qualifier[] = { "exact", "about", "more_than", "less_than", "at_least", "at_most", "cumulative", "range", "order" };

static struct cx cx_new(void) { return (struct cx){ .arena = arena_new((size_t)512 << 20) }; }

static struct str read_file(struct arena *a, const char *name, const char *ending)
{
	struct str path = str_fmt(a, "%s/%s%s", folder, name, ending);
	FILE *f = fopen(str_z(a, path), "rb");
	if (!f) fail_msg("%.*s cannot be opened", STRF(path));
	char *p = arena_alloc(a, 1 << 20);
	size_t n = fread(p, 1, 1 << 20, f);
	fclose(f);
	return (struct str){ p, n };
}

static struct str place(const struct letter_result *r, int start, int end)
{
	return str_sub(r->text, utf8_offset(r->text, (size_t)start), utf8_offset(r->text, (size_t)end));
}

static void put_result(struct cx *cx, struct buf *b, const struct letter_result *r)
{
	for (int i = 0; i < r->n_finding; i++) {
		const struct letter_finding *f = &r->finding[i];
		buf_fmt(b, "finding\t%.*s\t%s\t", STRF(f->kind), severity[f->severity]);
		for (int k = 0; k < f->n_span; k++) {
			if (k) buf_c(b, '\t');
			buf_add(b, place(r, f->span[k].start, f->span[k].end));
		}
		buf_c(b, '\n');
	}
	for (int i = 0; i < r->n_figure; i++) {
		const struct letter_figure *f = &r->figure[i];
		struct str value = f->has_value ? dec_format(cx->arena, f->value) : STR("");
		assert_true(str_eq(f->text, place(r, f->start, f->end)));
		buf_fmt(b, "figure\t%.*s\t%.*s\t%.*s\t%.*s\t%s\n", STRF(f->text), STRF(value), STRF(f->unit), STRF(f->period), qualifier[f->qualifier]);
	}
}

/* Show the first line that differs. */
static void compare(const char *name, struct str want, struct str got)
{
	struct str w, g;
	while (want.p || got.p) {
		if (!str_cut(&want, '\n', &w)) w = STR("(nothing)");
		if (!str_cut(&got, '\n', &g)) g = STR("(nothing)");
		if (!str_eq(w, g)) fail_msg("%s:\n  expected %.*s\n  found    %.*s", name, STRF(w), STRF(g));
	}
}

static void check_golden(const char *name)
{
	struct cx cx = cx_new();
	struct letter_result r;
	assert_int_equal(letter_check(&cx, read_file(cx.arena, name, ".txt"), NULL, 0, &r), RC_OK);
	struct buf b = BUF(cx.arena, 1 << 20);
	put_result(&cx, &b, &r);
	compare(name, read_file(cx.arena, name, ".expected"), buf_str(&b));
	if (strstr(name, "-clean"))
		for (int i = 0; i < r.n_finding; i++) assert_int_equal(r.finding[i].severity, LEVEL_INFO);
	arena_free(cx.arena);
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void golden_letters(void **state)
{
	char *name[FILES_MAX];
	int n = 0;
	(void)state;
	DIR *d = opendir(folder);
	if (!d) fail_msg("%s cannot be opened", folder);
	for (struct dirent *e; n < FILES_MAX && (e = readdir(d));) {
		size_t length = strlen(e->d_name);
		if (length > 4 && strcmp(e->d_name + length - 4, ".txt") == 0) name[n++] = strndup(e->d_name, length - 4);
	}
	closedir(d);
	qsort(name, (size_t)n, sizeof *name, by_name);
	assert_true(n >= 12);
	for (int i = 0; i < n; i++) {
		check_golden(name[i]);
		free(name[i]);
	}
}

struct plant { const char *text, *kind; enum level level; };     /* kind NULL: nothing above info */

static void planted(void **state)
{
	static const struct plant rows[] = {
		{ "共认定工作站85个（其中院士工作站20个、专家工作站56个）。", "sum", LEVEL_ERROR },
		{ "共认定工作站85个（其中院士工作站20个、专家工作站65个）。", NULL, LEVEL_ERROR },
		{ "全省孵化器46家，其中国家级15家。", NULL, LEVEL_ERROR },
		{ "全省孵化器46家，其中国家级64家。", "subset", LEVEL_ERROR },
		{ "下达资金217242万元（省本级资金163620.5万元，对下转移支付资金53621.5万元）。", NULL, LEVEL_ERROR },
		{ "下达资金217242万元（省本级资金163620.5万元，对下转移支付资金63621.5万元）。", "sum", LEVEL_ERROR },
		{ "下达资金21.72亿元（省本级资金16.36亿元，对下转移支付资金5.36亿元）。", NULL, LEVEL_ERROR },
		{ "安排资金2.17亿元（中央资金1.63亿元，省级资金5400元）。", "sum", LEVEL_ERROR },
		{ "2020年收入120亿元，比2019年的100亿元增长20%。", NULL, LEVEL_ERROR },
		{ "2020年收入120亿元，比2019年的100亿元增长12%。", "growth", LEVEL_ERROR },
		{ "企业数由2018年的200家增加到2020年的400家，翻了一番。", NULL, LEVEL_ERROR },
		{ "企业数由2018年的200家增加到2020年的300家，翻了一番。", "growth", LEVEL_ERROR },
		{ "全市有企业500家，其中高新技术企业100家，占20%。", NULL, LEVEL_ERROR },
		{ "全市有企业500家，其中高新技术企业100家，占企业总数的25%。", "share", LEVEL_ERROR },
		{ "会议定于2021年2月29日召开。", "date", LEVEL_ERROR },
		{ "会议定于2020年2月29日召开。", NULL, LEVEL_ERROR },
		{ "执行期自2021年5月1日至2020年4月30日。", "date", LEVEL_ERROR },
		{ "实施三年行动计划（2019—2023年）。", "date", LEVEL_WARNING },
		{ "每个项目支持50—20万元。", "order", LEVEL_ERROR },
		{ "众创空间总面积23.6万平方米，提供工位21477个。", NULL, LEVEL_ERROR },
		{ "众创空间总面积236万平方米，提供工位21477个。", "ratio", LEVEL_WARNING },
		{ "总投资1.2亿元（12000万元）。", NULL, LEVEL_ERROR },
		{ "总投资1.2亿元（1200万元）。", "unit", LEVEL_ERROR },
		{ "A类20家、B类30家，合计50家。", NULL, LEVEL_ERROR },
		{ "一类20家、二类30家，合计60家。", "sum", LEVEL_ERROR },
		{ "森林覆盖率达到165.04%。", "share", LEVEL_ERROR },
		{ "全省16个州（市）中有17个建成中心。", "subset", LEVEL_ERROR },
		{ "全省共有孵化器128家，其中国家级36家，省级112家。", "sum", LEVEL_ERROR },
		{ "培训人员500人，其中女性300人、少数民族260人。", NULL, LEVEL_ERROR },
		{ "完成投资9.5亿元，占年度计划10亿元的85%。", "share", LEVEL_ERROR },
		{ "完成投资9.5亿元，占年度计划10亿元的95%。", NULL, LEVEL_ERROR },
		{ "共抽检500批次，合格490批次，合格率96%。", "share", LEVEL_WARNING },
		{ "覆盖率由80%提高到92%，提高10个百分点。", "growth", LEVEL_ERROR },
		{ "覆盖全省16个州（市）。\n目前全省15个州（市）均建立机构。", "conflict", LEVEL_WARNING },
		{ "实施四大工程（强基工程、人才工程、平台工程）。", "count", LEVEL_WARNING },
		{ "2019年全市企业320家，2020年全市企业416家，增长30%。", NULL, LEVEL_ERROR },
		{ "入库企业达到5812家，较2019年底的4530家增加1282家，增长28.3%。", NULL, LEVEL_ERROR },
		{ "入库企业达到5812家，较2019年底的4530家增加1382家，增长28.3%。", "growth", LEVEL_ERROR },
		{ "投入资金4680万元，支持项目156个，平均每个项目50万元。", "ratio", LEVEL_WARNING },
		{ "安排资金20亿元，其中基础研究3亿元、重点研发8亿元、平台建设6亿元、人才专项4亿元。", "sum", LEVEL_ERROR },
		{ "谷物产量61674万吨。其中，稻谷产量21186万吨；小麦产量13425万吨；玉米产量26067万吨。", NULL, LEVEL_ERROR },
		{ "年营业收入不超过2亿元、不低于5000万元。", NULL, LEVEL_ERROR },
		{ "对收入5000万元以上的企业补助20—50万元，对2亿元以上的补助100万元以下。", NULL, LEVEL_ERROR },
		{ "受理申请4件，其中维持2件、驳回2件、终止1件。", "sum", LEVEL_ERROR },
		{ "本年收入7986万元，其中财政拨款7521万元、事业收入312万元、其他收入251万元。", "sum", LEVEL_ERROR },
		{ "全市企业900家，其中甲、乙、丙三市分别为300家、200家和100家。", NULL, LEVEL_ERROR },
		{ "甲、乙、丙三市分别为300家、200家和100家，三市合计700家。", "sum", LEVEL_ERROR },
		{ "落实协作资金320万元、县级配套80万元，共440万元。", "sum", LEVEL_ERROR },
		{ "落实协作资金320万元、县级配套80万元，共400万元。", NULL, LEVEL_ERROR },
		{ "14项指标中，8项提前完成、5项达到进度、2项滞后。", "sum", LEVEL_WARNING },
		{ "14项指标中，8项提前完成、4项达到进度、2项滞后，完成和达到进度的占85.7%。", NULL, LEVEL_ERROR },
		{ "已落实的122件，占84%；基本落实的24件，占16%。", NULL, LEVEL_ERROR },
		{ "甲类50项、乙类30项、丙类20项，占比分别为50%、30%和30%。", "share", LEVEL_ERROR },
		{ "甲类50家，占50%；乙类30家，占30%；丙类20家，占25%。", "share", LEVEL_ERROR },
		{ "常住人口3466万人，其中60岁及以上754万人，占21.75%，其中65岁及以上526万人，占15.18%。", NULL, LEVEL_ERROR },
		{ "民营性质的占72.3%，国有性质的占19.6%，其他性质的占18.1%。", "share", LEVEL_ERROR },
		{ "高新技术企业625家，完成目标800家的87.1%。", "share", LEVEL_ERROR },
		{ "高新技术企业625家，完成目标800家的78.1%。", NULL, LEVEL_ERROR },
		{ "出生率3.29‰；死亡率9.14‰；自然增长率-6.85‰。", "sum", LEVEL_ERROR },
		{ "由2020年的65.2%下降到2023年的66.4%。", "growth", LEVEL_ERROR },
		{ "由2020年的284家增至2023年的619家，三年净增325家。", "growth", LEVEL_ERROR },
		{ "2021年、2022年、2023年成交额分别为211亿元、304亿元和486亿元，2023年同比增长49.6%。", "growth", LEVEL_ERROR },
		{ "2021年、2022年、2023年成交额分别为211亿元、304亿元和486亿元，2023年同比增长59.9%。", NULL, LEVEL_ERROR },
		{ "预算12.50亿元，实际下达12.18亿元，预算执行率87.4%。", "share", LEVEL_WARNING },
		{ "“十四五”科技创新规划（2021—2026年）。", "date", LEVEL_WARNING },
		{ "执行期三年，自2024年1月1日至2028年12月31日。", "date", LEVEL_WARNING },
		{ "执行期三年，自2024年1月1日至2026年12月31日。", NULL, LEVEL_ERROR },
		{ "单位：万元\n甲市　4200\n乙市　2350\n合计　6550", NULL, LEVEL_ERROR },
		{ "单位：万元\n甲市　4200\n乙市　2350\n合计　6650", "sum", LEVEL_ERROR },
		{ "| 县 | 家数 | 平均年龄 |\n| --- | --- | --- |\n| 甲 | 12 | 40 |\n| 乙 | 9 | 42 |\n| 合计 | 21 | 41 |", NULL, LEVEL_ERROR },
		{ "| 县 | 家数 | 平均年龄 |\n| --- | --- | --- |\n| 甲 | 12 | 40 |\n| 乙 | 9 | 42 |\n| 合计 | 22 | 41 |", "sum", LEVEL_ERROR },
		{ "截至2020年底，建成平台46家。\n某某局\n2019年5月10日", "date", LEVEL_ERROR },
		{ "到2020年底，力争建成平台46家。\n某某局\n2019年5月10日", NULL, LEVEL_ERROR },
		{ "按照《规划（2019—2025年）》，2019年完成投资3亿元。\n某某局\n2020年5月10日", NULL, LEVEL_ERROR },
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct cx cx = cx_new();
		struct letter_result r;
		assert_int_equal(letter_check(&cx, str_c(rows[i].text), NULL, 0, &r), RC_OK);
		bool found = false;
		for (int k = 0; k < r.n_finding; k++) {
			const struct letter_finding *f = &r.finding[k];
			if (!rows[i].kind && f->severity != LEVEL_INFO) fail_msg("%s: unexpected %.*s: %.*s", rows[i].text, STRF(f->kind), STRF(f->zh));
			found |= rows[i].kind && str_is(f->kind, rows[i].kind) && f->severity == rows[i].level;
		}
		if (rows[i].kind && !found) fail_msg("%s: no %s found", rows[i].text, rows[i].kind);
		arena_free(cx.arena);
	}
}

/* What one figure reads as. */
struct reads { const char *text, *figure, *value, *unit, *period; enum letter_qualifier qualifier; };

static void figures_read(void **state)
{
	static const struct reads rows[] = {
		{ "经费达600余万元。", "600余万元", "600", "万元", "", LETTER_MORE_THAN },
		{ "不低于2500万元。", "2500万元", "2500", "万元", "", LETTER_AT_LEAST },
		{ "服务企业近三千家。", "三千家", "3000", "家", "", LETTER_ABOUT },
		{ "2020年，新增企业３２家。", "３２家", "32", "家", "2020", LETTER_EXACT },
		{ "截至2020年底，共有企业46家。", "46家", "46", "家", "2020-12-31", LETTER_EXACT },
		{ "占比百分之二十。", "百分之二十", "20", "%", "", LETTER_EXACT },
		{ "支持3至5家企业。", "3至5家", "3", "家", "", LETTER_RANGE },
		{ "人才三位一体。", "三位一体", "3", "位", "", LETTER_EXACT },
		{ "八大重点产业。", "八大", "8", "大", "", LETTER_EXACT },
		{ "打造“三张牌”。", "三张牌", "3", "张", "", LETTER_EXACT },
		{ "支撑千亿级产业。", "千亿级", "1000", "亿元", "", LETTER_ORDER },
		{ "仪器120台（套）。", "120台（套）", "120", "台（套）", "", LETTER_EXACT },
		{ "单价30元/吨。", "30元/吨", "30", "元/吨", "", LETTER_EXACT },
		{ "共 1 286 人，其中 20 人。", "20 人", "20", "人", "", LETTER_EXACT },
		{ "电话：0871-60000001。", "0871-60000001", "", "", "", LETTER_EXACT },
		{ "依据云科规〔2020〕6号办理。", "云科规〔2020〕6号", "", "", "2020", LETTER_EXACT },
		{ "收窄1.7、0.7、8.3个百分点。", "0.7", "0.7", "个百分点", "", LETTER_EXACT },
		{ "高了5.5个和2.7个百分点。", "5.5个", "5.5", "个百分点", "", LETTER_EXACT },
		{ "下降3.18个千分点。", "3.18个千分点", "3.18", "个千分点", "", LETTER_EXACT },
		{ "误差为万分之五。", "万分之五", "5", "‱", "", LETTER_EXACT },
		{ "有效率为百分之九十八点六。", "百分之九十八点六", "98.6", "%", "", LETTER_EXACT },
		{ "投资三点五亿元。", "三点五亿元", "3.5", "亿元", "", LETTER_EXACT },
		{ "支持周期三到五年。", "三到五年", "3", "年", "", LETTER_RANGE },
		{ "2024年1—9月，成交额586.4亿元。", "586.4亿元", "586.4", "亿元", "2024-01/2024-09", LETTER_EXACT },
		{ "2024年成交586亿元，其中第三季度成交213亿元。", "213亿元", "213", "亿元", "2024-07/2024-09", LETTER_EXACT },
		{ "由2018年的286家增加到2023年的1144家。", "286家", "286", "家", "2018", LETTER_EXACT },
		{ "单位：万元\n甲市　4200\n乙市　2350", "2350", "2350", "万元", "", LETTER_EXACT },
		{ "增长-3.2%。", "-3.2%", "-3.2", "%", "", LETTER_EXACT },
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct cx cx = cx_new();
		struct letter_result r;
		assert_int_equal(letter_check(&cx, str_c(rows[i].text), NULL, 0, &r), RC_OK);
		bool ok = false;
		for (int k = 0; k < r.n_figure && !ok; k++) {
			const struct letter_figure *f = &r.figure[k];
			struct str value = f->has_value ? dec_format(cx.arena, f->value) : STR("");
			ok = str_is(f->text, rows[i].figure) && str_is(value, rows[i].value) && str_is(f->unit, rows[i].unit)
				&& str_is(f->period, rows[i].period) && f->qualifier == rows[i].qualifier;
		}
		if (!ok) fail_msg("%s: %s is not read as it should be", rows[i].text, rows[i].figure);
		arena_free(cx.arena);
	}
}

static void records(void **state)
{
	static const struct letter_indicator dict[] = {
		{ .id = STR_INIT("inc_area"), .zh = STR_INIT("孵化器总面积"), .en = STR_INIT("area"), .subject = STR_INIT("孵化器"), .unit = STR_INIT("平方米"),
			.known = true, .value = 815800 * (int64_t)DEC_ONE },
		{ .id = STR_INIT("ms_area"), .zh = STR_INIT("众创空间总面积"), .en = STR_INIT("area"), .subject = STR_INIT("众创空间"), .unit = STR_INIT("平方米"),
			.known = true, .value = 236050 * (int64_t)DEC_ONE },
		{ .id = STR_INIT("inc_mentors"), .zh = STR_INIT("孵化器创业导师"), .en = STR_INIT("mentors"), .subject = STR_INIT("孵化器"), .unit = STR_INIT("人"),
			.known = true, .value = 993 * (int64_t)DEC_ONE },
		{ .id = STR_INIT("budget"), .zh = STR_INIT("部门项目预算资金"), .en = STR_INIT("budget"), .unit = STR_INIT("亿元"), .period = STR_INIT("2020"),
			.known = true, .value = 23751500 },
	};
	struct cx cx = cx_new();
	struct letter_result r;
	struct str text = STR("全省科技企业孵化器总面积达81.58万平方米，拥有创业导师990人。众创空间总面积23.61万平方米。落实2020年部门项目预算资金237515万元。");
	(void)state;
	assert_int_equal(letter_check(&cx, text, dict, 4, &r), RC_OK);
	enum letter_verdict want[] = { LETTER_AGREES, LETTER_DIFFERS, LETTER_AGREES, LETTER_AGREES };
	int indicator[] = { 0, 2, 1, 3 }, n = 0;
	for (int i = 0; i < r.n_figure; i++) {
		if (str_is(r.figure[i].kind, "year")) continue;
		assert_int_equal(r.figure[i].indicator, indicator[n]);
		assert_int_equal(r.figure[i].verdict, want[n]);
		n++;
	}
	assert_int_equal(n, 4);
	assert_int_equal(r.n_finding, 1);
	assert_true(str_is(r.finding[0].kind, "record"));
	struct str json = json_text(cx.arena, letter_val(&cx, &r, dict));
	struct val back;
	assert_int_equal(json_read(&cx, json, "letter", &back), RC_OK);
	assert_int_equal(val_len(VAL_GET(back, "figures")), (size_t)r.n_figure);
	arena_free(cx.arena);
}

/* The pieces of a page, joined again, are the text. */
static void pieces_join(void **state)
{
	struct cx cx = cx_new();
	struct letter_result r;
	struct str text = STR("第一段<b>共85个（其中A类20个、B类56个）。\n\n第二段，2020年30家。\n");
	(void)state;
	assert_int_equal(letter_check(&cx, text, NULL, 0, &r), RC_OK);
	struct val paragraphs = letter_pieces(&cx, &r);
	struct buf b = BUF(cx.arena, 10000);
	for (size_t i = 0; i < val_len(paragraphs); i++) {
		for (size_t k = 0; k < val_len(val_at(paragraphs, i)); k++) buf_add(&b, val_str(VAL_GET(val_at(val_at(paragraphs, i), k), "text")));
		buf_c(&b, '\n');
	}
	assert_true(str_eq(buf_str(&b), text));
	arena_free(cx.arena);
}

int main(int argc, char **argv)
{
	if (argc > 1) folder = argv[1];
	const struct CMUnitTest tests[] = { cmocka_unit_test(golden_letters), cmocka_unit_test(planted), cmocka_unit_test(figures_read), cmocka_unit_test(records),
		cmocka_unit_test(pieces_join) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

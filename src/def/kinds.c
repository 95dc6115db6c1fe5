/* The language: every statement, where it may stand, how it is written, what it means. The parser, the suggestions and the
   manual (language_doc) all read this one table. */
#include "def/kinds.h"
#include "def/assignment.h"

#include <stddef.h>
#include <string.h>

#define AT(type, member) offsetof(struct type, member)
#define L "\"中文\" en \"English\""

const struct kind kinds[] = {
	/* where, word, arguments, inside, block, once, name, link, rule, offset, zh, en */
	{ CTX_TOP, "region", "NAME " L, CTX_REGION, BLOCK_MAY, false, region_name, NULL, NULL, 0,
		"地区：一个文件夹一条", "the region: one for each folder" },
	{ CTX_TOP, "role", "NAME " L, CTX_ROLE, BLOCK_MAY, false, role_name, NULL, NULL, 0, "角色", "a role" },
	{ CTX_TOP, "codes", "NAME " L, CTX_CODES, BLOCK_MUST, false, codes_name, NULL, codes_rule, 0, "代码表", "a list of codes" },
	{ CTX_TOP, "measure", "FAMILY " L, CTX_MEASURE, BLOCK_MUST, false, measure_name, NULL, NULL, 0, "办法的一个版本：按文号和有效期给出数值",
		"one version of a measure: values by document number and validity" },
	{ CTX_TOP, "condition", "NAME(NAME TYPE, …) = CONDITION", CTX_NONE, BLOCK_NO, false, condition_name, condition_link, condition_rule, 0,
		"有名字的条件：以字段为参数，用在条件之中：NAME(字段, …)", "a named condition, used within conditions with fields for its names: NAME(FIELD, …)" },
	{ CTX_TOP, "calendar", "YEAR", CTX_CALENDAR, BLOCK_MUST, false, calendar_name, NULL, NULL, 0,
		"一年的放假和调休", "holidays and working weekends of a year" },
	{ CTX_TOP, "mail", "NAME " L, CTX_MAIL, BLOCK_MUST, false, mail_name, NULL, NULL, 0,
		"通知模板；{字段} 换成其值", "a notice; {field} stands for its value" },
	{ CTX_TOP, "menu", L, CTX_MENU, BLOCK_MUST, false, menu_name, NULL, NULL, 0, "菜单", "a menu" },
	{ CTX_TOP, "type", "NAME " L, CTX_TYPE, BLOCK_MUST, false, type_name, NULL, NULL, 0, "记录类型", "a type of records" },
	{ CTX_TOP, "matrix", "NAME " L, CTX_MATRIX, BLOCK_MUST, false, matrix_name, NULL, NULL, 0, "矩阵：一张代码表为行，各类记录为列",
		"a matrix: a code list down, kinds of records across" },
	{ CTX_TOP, "assignment", "NAME " L, CTX_ASSIGNMENT, BLOCK_MUST, false, assignment_name, NULL, NULL, 0, "指派：一轮中谁评哪些，按声明的规则",
		"an assignment: who gets which items of a round, by declared rules" },
	{ CTX_TOP, "similar", "NAME " L, CTX_SIMILAR, BLOCK_MUST, false, similar_name, NULL, NULL, 0, "文字比对：哪些记录的哪些文字与哪些记录比对相同段落",
		"texts compared for passages in common: of whose records, and whose with them all" },
	{ CTX_TOP, "scoring", "NAME " L, CTX_SCORING, BLOCK_MUST, false, scoring_name, NULL, NULL, 0, "评分：哪些评审表评哪些记录，如何排序",
		"a scoring: which sheets score which records, and how they are ranked" },
	{ CTX_TOP, "indicator", "NAME " L, CTX_INDICATOR, BLOCK_MUST, false, indicator_name, NULL, NULL, 0,
		"指标：唯一口径", "an indicator: its one definition" },
	{ CTX_TOP, "demo", "[HANDLE] TYPE COUNT seed N", CTX_DEMO, BLOCK_MUST, false, demo_name, demo_link, NULL, 0,
		"演示数据", "demonstration records" },
	{ CTX_TOP, "account", "LOGIN " L, CTX_ACCOUNT, BLOCK_MUST, false, account_name, NULL, NULL, 0, "演示账户", "a demonstration account" },
	{ CTX_TOP, "scene", "NAME " L, CTX_SCENE, BLOCK_MUST, false, scene_name, NULL, NULL, 0,
		"情景：一步步说明应当如何，由 region test 试行", "what should happen, step by step; tried by region test" },

	{ CTX_REGION, "brand", L, CTX_NONE, BLOCK_NO, true, NULL, set_label, NULL, AT(region, brand), "系统名称", "the name of the system" },
	{ CTX_REGION, "include", "\"FOLDER\"", CTX_NONE, BLOCK_NO, false, region_include, NULL, NULL, 0,
		"另读一个文件夹的声明", "read the declarations of a folder too" },
	{ CTX_REGION, "zone", "+8:00", CTX_NONE, BLOCK_NO, true, NULL, region_zone, NULL, 0, "时区", "the time zone" },
	{ CTX_REGION, "currency", L, CTX_NONE, BLOCK_NO, true, NULL, set_label, NULL, AT(region, currency), "货币", "the currency" },
	{ CTX_REGION, "division", "CODE", CTX_NONE, BLOCK_NO, true, NULL, region_division, NULL, 0,
		"本地区的行政区划代码", "the region's own division code" },
	{ CTX_REGION, "first", "zh | en", CTX_NONE, BLOCK_NO, true, NULL, region_first, NULL, 0, "首选语言", "the language shown first" },
	{ CTX_REGION, "demo", "", CTX_NONE, BLOCK_NO, true, NULL, set_flag, NULL, AT(region, demo),
		"允许演示数据及其时钟", "demonstration data and its clock are allowed" },

	{ CTX_ROLE, "staff", "", CTX_NONE, BLOCK_NO, true, NULL, set_flag, NULL, AT(role_def, staff), "主管部门人员", "of the department" },
	{ CTX_ROLE, "accounts", "", CTX_NONE, BLOCK_NO, true, NULL, set_flag, NULL, AT(role_def, accounts), "开设、停用账号", "opens and closes accounts" },
	{ CTX_ROLE, "grants", "", CTX_NONE, BLOCK_NO, true, NULL, set_flag, NULL, AT(role_def, grants), "授予角色", "gives accounts their roles" },
	{ CTX_ROLE, "audits", "", CTX_NONE, BLOCK_NO, true, NULL, set_flag, NULL, AT(role_def, audits), "查看审计日志", "reads the audit log" },
	{ CTX_ROLE, "hint", L, CTX_NONE, BLOCK_NO, true, NULL, set_label, NULL, AT(role_def, hint), "说明", "an explanation" },

	{ CTX_CODES, "source", "\"TEXT\"", CTX_NONE, BLOCK_NO, true, NULL, set_string, NULL, AT(code_list, source),
		"来源（标准号、文号）", "where it comes from" },
	{ CTX_CODES, "unverified", "", CTX_NONE, BLOCK_NO, true, NULL, set_flag, NULL, AT(code_list, unverified),
		"未与原件核对", "not checked against the original" },
	{ CTX_CODES, "code", "CODE " L " [from DATE] [to DATE] [under CODE]", CTX_NONE, BLOCK_NO, false, code_name, NULL, NULL, 0,
		"一个代码", "one code" },

	{ CTX_MEASURE, "number", "\"TEXT\"", CTX_NONE, BLOCK_NO, true, set_string, NULL, NULL, AT(measure_def, number),
		"文号", "the document number" },
	{ CTX_MEASURE, "from", "DATE", CTX_NONE, BLOCK_NO, true, measure_from, NULL, NULL, 0, "自何日起有效", "in force from" },
	{ CTX_MEASURE, "to", "DATE", CTX_NONE, BLOCK_NO, true, measure_to, NULL, NULL, 0, "至何日止（含）", "in force to, inclusive" },
	{ CTX_MEASURE, "unverified", "", CTX_NONE, BLOCK_NO, true, set_flag, NULL, NULL, AT(measure_def, unverified),
		"未与原件核对", "not checked against the original" },
	{ CTX_MEASURE, "for", "TYPE [when CONDITION]", CTX_NONE, BLOCK_NO, true, NULL, measure_for, measure_for_when, 0,
		"判定哪些记录", "whose records its criteria judge" },
	{ CTX_MEASURE, "criterion", "NAME [CONDITION] " L " [unverified]", CTX_CRITERION, BLOCK_MAY, false, criterion_name, NULL, criterion_rule, 0,
		"一项认定条件；value.名称 指本版本的数值", "a criterion; value.NAME is a value of this version" },
	{ CTX_MEASURE, "modify", "NAME, … by FACTOR when CONDITION " L " [unverified]", CTX_NONE, BLOCK_NO, false, NULL, modify_name, modify_rule, 0,
		"对部分记录按比例放宽数值", "values that count otherwise for some records" },
	{ CTX_MEASURE, "value", "NAME VALUE " L " [unverified]", CTX_NONE, BLOCK_NO, false, measure_value_name, NULL, NULL, 0,
		"一个数值", "one value" },

	{ CTX_CALENDAR, "holiday", "DATE [to DATE]", CTX_NONE, BLOCK_NO, false, NULL, calendar_days, NULL, 1, "放假", "no work" },
	{ CTX_CALENDAR, "workday", "DATE [to DATE]", CTX_NONE, BLOCK_NO, false, NULL, calendar_days, NULL, 0,
		"调休上班", "work although a weekend" },
	{ CTX_CALENDAR, "unverified", "", CTX_NONE, BLOCK_NO, true, NULL, set_flag, NULL, AT(calendar_def, unverified),
		"未与原件核对", "not checked against the original" },

	{ CTX_MAIL, "text", L, CTX_NONE, BLOCK_NO, true, NULL, set_label, NULL, AT(mail_def, text), "正文", "the text" },

	{ CTX_MENU, "type", "TYPE", CTX_NONE, BLOCK_NO, false, NULL, menu_type, NULL, 0, "一个类型的列表", "the list of a type" },
	{ CTX_MENU, "matrix", "NAME", CTX_NONE, BLOCK_NO, false, NULL, NULL, menu_matrix, 0, "一个矩阵", "a matrix" },
	{ CTX_MENU, "page", "NAME " L, CTX_NONE, BLOCK_NO, false, NULL, menu_page, NULL, 0, "一个页面", "a page" },
	{ CTX_MENU, "staff", "", CTX_NONE, BLOCK_NO, true, NULL, set_flag, NULL, AT(menu_def, staff), "只给主管部门人员", "for the department only" },

	{ CTX_TYPE, "plural", "en \"English\"", CTX_NONE, BLOCK_NO, true, NULL, set_label, NULL, AT(type_def, plural),
		"英文复数", "the English plural" },
	{ CTX_TYPE, "hint", L, CTX_NONE, BLOCK_NO, true, NULL, set_label, NULL, AT(type_def, hint), "说明", "an explanation" },
	{ CTX_TYPE, "number", "\"BD{year}-{seq:4}\"", CTX_NONE, BLOCK_NO, true, NULL, NULL, type_number, 0,
		"编号式样；{字段} 为本记录的值，顺序号在其余部分相同者之中连续；{random:6} 为随机字符，看不出先后和多少",
		"the pattern of numbers; {FIELD}: a value of the record, the numbers run within what is else alike; {random:6}: by chance, so that they tell neither order nor how many" },
	{ CTX_TYPE, "registry", "", CTX_NONE, BLOCK_NO, true, NULL, set_flag, NULL, AT(type_def, registry),
		"系统自己用到的登记库（org、person）", "a registry that the system itself uses (org, person)" },
	{ CTX_TYPE, "title", "FIELD", CTX_NONE, BLOCK_NO, true, NULL, type_title, NULL, 0, "作为记录名称的字段", "the field that names a record" },
	{ CTX_TYPE, "division", "FIELD", CTX_NONE, BLOCK_NO, true, NULL, type_division, NULL, 0,
		"定其区划的字段", "the field that scopes it by division" },
	{ CTX_TYPE, "anonymous", "FIELD", CTX_NONE, BLOCK_NO, true, NULL, type_anonymous, NULL, 0,
		"看不到该字段的人也无从得知是谁：标识随机、排列无序、时间只到日、不显示经过",
		"who does not see the field cannot tell who it is: ids and order by chance, times to the day, no history" },
	{ CTX_TYPE, "return", "of FIELD period FIELD", CTX_NONE, BLOCK_NO, true, NULL, type_return, NULL, 0,
		"年报：对象和年份", "an annual return: its subject and year" },
	{ CTX_TYPE, "day", "PATH", CTX_NONE, BLOCK_NO, true, NULL, NULL, type_day, 0,
		"本记录依何日有效的办法（日期字段，可经引用；未填按今天；不写此句按创建之日）",
		"the day whose measures are in force for a record (a date field, also through refs; empty: today; without this statement: when it was made)" },
	{ CTX_TYPE, "section", L, CTX_SECTION, BLOCK_MUST, false, section_name, NULL, NULL, 0, "表单的一节", "a part of the form" },
	{ CTX_TYPE, "field", "NAME KIND [CODES|TYPE] " L, CTX_FIELD, BLOCK_MAY, false, field_name, field_link, NULL, 0, "字段", "a field" },
	{ CTX_TYPE, "table", "NAME " L, CTX_TABLE, BLOCK_MUST, false, table_name, NULL, NULL, 0, "子表", "a table of rows" },
	{ CTX_TYPE, "criteria", "NAME " L, CTX_CRITERIA, BLOCK_MAY, true, criteria_name, NULL, NULL, 0,
		"按现行办法逐条自评和核定的表", "the table of self-assessment and verdicts by the measures in force" },
	{ CTX_TYPE, "check", "[warning|info] [NAME:] CONDITION " L, CTX_NONE, BLOCK_NO, false, NULL, NULL, check_rule, 0,
		"校验：不成立时给出此话", "a rule; the words are shown when it does not hold" },
	{ CTX_TYPE, "state", "NAME " L, CTX_STATE, BLOCK_MAY, false, state_name, NULL, NULL, 0,
		"状态；第一个是初始状态", "a state; the first is where records begin" },
	{ CTX_TYPE, "move", "NAME " L " STATE, … -> STATE", CTX_MOVE, BLOCK_MUST, false, move_name, move_link, NULL, 0,
		"动作：从状态到状态", "a move from states to a state" },
	{ CTX_TYPE, "access", "", CTX_ACCESS, BLOCK_MUST, false, access_name, NULL, NULL, 0,
		"权限；未写明的一律不许", "rights; what is not granted is denied" },
	{ CTX_TYPE, "copy", "[except FIELD, …]", CTX_NONE, BLOCK_NO, true, NULL, NULL, type_copy, 0,
		"可以一条记录为底新建：照抄可填、可见的字段和表（文件除外）",
		"a record may be the start of a new one: what may be filled in and seen is copied, files are not" },
	{ CTX_TYPE, "list", "FIELD, …", CTX_NONE, BLOCK_NO, true, NULL, NULL, type_list, 0, "列表各列", "the columns of lists" },

	{ CTX_SECTION, "field", "NAME KIND [CODES|TYPE] " L, CTX_FIELD, BLOCK_MAY, false, field_name, field_link, NULL, 0, "字段", "a field" },
	{ CTX_SECTION, "table", "NAME " L, CTX_TABLE, BLOCK_MUST, false, table_name, NULL, NULL, 0, "子表", "a table of rows" },
	{ CTX_SECTION, "criteria", "NAME " L, CTX_CRITERIA, BLOCK_MAY, true, criteria_name, NULL, NULL, 0,
		"按现行办法逐条自评和核定的表", "the table of self-assessment and verdicts by the measures in force" },
	{ CTX_SECTION, "check", "[warning|info] [NAME:] CONDITION " L, CTX_NONE, BLOCK_NO, false, NULL, NULL, check_rule, 0,
		"校验：不成立时给出此话", "a rule; the words are shown when it does not hold" },

	{ CTX_CRITERION, "when", "CONDITION", CTX_NONE, BLOCK_NO, true, NULL, NULL, criterion_when, 0, "何时适用", "when it applies" },
	{ CTX_CRITERION, "evidence", "", CTX_NONE, BLOCK_NO, true, set_flag, NULL, NULL, AT(criterion_def, evidence),
		"提交前须附证明材料", "a file is needed before filing" },
	{ CTX_CRITERION, "show", "FIELD|TABLE, …", CTX_NONE, BLOCK_NO, true, NULL, NULL, criterion_show, 0,
		"批量核定页上摆在旁边的字段和子表", "fields and tables shown beside it on the page of many verdicts" },
	{ CTX_CRITERION, "hint", L, CTX_NONE, BLOCK_NO, true, set_label, NULL, NULL, AT(criterion_def, hint), "说明", "an explanation" },
	{ CTX_CRITERIA, "hint", L, CTX_NONE, BLOCK_NO, true, set_label, NULL, NULL, AT(table_def, hint), "填写说明", "how to fill it in" },
	{ CTX_CRITERIA, "late", "CONDITION " L, CTX_NONE, BLOCK_NO, true, NULL, NULL, criteria_late, 0,
		"哪些记录的核定已超期（批量核定页据此标出）", "whose verdicts are overdue: marked on the page of many verdicts" },

	{ CTX_FIELD, "required", "[when CONDITION]", CTX_NONE, BLOCK_NO, true, NULL, NULL, field_required, 0, "必填", "must be filled in" },
	{ CTX_FIELD, "min", "VALUE", CTX_NONE, BLOCK_NO, true, NULL, field_min, NULL, 0, "最小值", "the least value" },
	{ CTX_FIELD, "max", "VALUE", CTX_NONE, BLOCK_NO, true, NULL, field_max, NULL, 0,
		"最大值；文字按字数，文件按大小", "the greatest value; characters of a text, size of a file" },
	{ CTX_FIELD, "hint", L, CTX_NONE, BLOCK_NO, true, NULL, set_label, NULL, AT(field_def, hint), "填写说明", "how to fill it in" },
	{ CTX_FIELD, "default", "EXPRESSION", CTX_NONE, BLOCK_NO, true, NULL, NULL, field_default, 0, "新记录的初值", "the value of new records" },
	{ CTX_FIELD, "compute", "EXPRESSION", CTX_NONE, BLOCK_NO, true, NULL, field_computed, field_compute, 0,
		"算出，不填写", "worked out, never typed" },
	{ CTX_FIELD, "types", "pdf docx …", CTX_NONE, BLOCK_NO, true, NULL, field_types, NULL, 0, "允许的文件后缀", "file name endings allowed" },
	{ CTX_FIELD, "mask", "\"9999-AAXX\"", CTX_NONE, BLOCK_NO, true, NULL, set_string, NULL, AT(field_def, mask),
		"文字的样式：9 为数字，A 为大写字母，X 为其一，其余照写", "the form of a text: 9 a digit, A a capital letter, X either, all else itself" },
	{ CTX_FIELD, "deadline", "", CTX_NONE, BLOCK_NO, true, NULL, field_deadline, NULL, 0, "截止日期或时间，进入日历订阅", "a deadline: calendars show it" },
	{ CTX_FIELD, "strip", "", CTX_NONE, BLOCK_NO, true, NULL, NULL, field_strip, 0, "提交单位和主管部门以外的人看到的文件去除作者、时间等信息",
		"files go without authors, times and the like to readers outside the filing organisation and the department" },
	{ CTX_FIELD, "code", "\"CELL\"", CTX_NONE, BLOCK_NO, true, NULL, set_string, NULL, AT(field_def, code),
		"报表栏次代码", "the cell code of the form" },
	{ CTX_FIELD, "unit", L, CTX_NONE, BLOCK_NO, true, NULL, set_label, NULL, AT(field_def, unit), "计量单位", "the unit" },
	{ CTX_FIELD, "class", "public | internal | personal | sensitive", CTX_NONE, BLOCK_NO, true, NULL, field_class, NULL, 0,
		"数据分级", "how protected it is" },
	{ CTX_FIELD, "sealed", "", CTX_NONE, BLOCK_NO, true, NULL, set_flag, NULL, AT(field_def, sealed),
		"密封状态下加密", "encrypted while the state is sealed" },
	{ CTX_FIELD, "unique", "", CTX_NONE, BLOCK_NO, true, NULL, set_flag, NULL, AT(field_def, unique), "不得重复", "no two records alike" },
	{ CTX_FIELD, "by_system", "", CTX_NONE, BLOCK_NO, true, NULL, set_flag, NULL, AT(field_def, by_system),
		"由动作写入，不在表单上", "set by moves, never on forms" },

	{ CTX_TABLE, "min", "N", CTX_NONE, BLOCK_NO, true, NULL, table_min, NULL, 0, "最少行数", "the least rows" },
	{ CTX_TABLE, "max", "N", CTX_NONE, BLOCK_NO, true, NULL, table_max, NULL, 0, "最多行数", "the most rows" },
	{ CTX_TABLE, "hint", L, CTX_NONE, BLOCK_NO, true, NULL, set_label, NULL, AT(table_def, hint), "填写说明", "how to fill it in" },
	{ CTX_TABLE, "sealed", "", CTX_NONE, BLOCK_NO, true, NULL, set_flag, NULL, AT(table_def, sealed),
		"密封状态下加密", "encrypted while the state is sealed" },
	{ CTX_TABLE, "column", "NAME KIND [CODES|TYPE] " L, CTX_FIELD, BLOCK_MAY, false, field_name, field_link, NULL, 0, "列", "a column" },
	{ CTX_TABLE, "check", "[warning|info] [NAME:] CONDITION " L, CTX_NONE, BLOCK_NO, false, NULL, NULL, check_rule, 0,
		"逐行校验", "a rule for each row" },

	{ CTX_STATE, "draft", "", CTX_NONE, BLOCK_NO, true, NULL, set_flag, NULL, AT(state_def, draft),
		"草稿：可不完整，可删除", "may be incomplete, may be deleted" },
	{ CTX_STATE, "due", "DATE", CTX_NONE, BLOCK_NO, true, NULL, NULL, state_due, 0,
		"应在哪一天（含）以前离开本状态（日期表达式）：待办、统计按此算逾期", "the last day to move on from here, an expression: to-do lists and the cockpit call it late by that" },
	{ CTX_STATE, "sealed", "", CTX_NONE, BLOCK_NO, true, NULL, set_flag, NULL, AT(state_def, sealed),
		"密封", "sealed fields are encrypted" },
	{ CTX_STATE, "final", "", CTX_NONE, BLOCK_NO, true, NULL, set_flag, NULL, AT(state_def, final), "终结", "the end" },
	{ CTX_STATE, "judged", "", CTX_NONE, BLOCK_NO, true, NULL, set_flag, NULL, AT(state_def, judged),
		"在此状态每次保存和办理前重新判定各条条件", "criteria are judged anew here, on every save and before every move" },
	{ CTX_STATE, "tone", "plain | wait | good | bad", CTX_NONE, BLOCK_NO, true, NULL, state_tone, NULL, 0, "显示色调", "how it looks" },
	{ CTX_STATE, "hint", L, CTX_NONE, BLOCK_NO, true, NULL, set_label, NULL, AT(state_def, hint), "下一步是什么", "what comes next" },

	{ CTX_MOVE, "by", "WHO [SCOPE [PATH]] [when CONDITION], …", CTX_NONE, BLOCK_NO, false, NULL, NULL, move_by, 0,
		"谁可以做", "who may make it" },
	{ CTX_MOVE, "not-by", "author | MOVE, …", CTX_NONE, BLOCK_NO, false, NULL, NULL, move_not_by, 0,
		"回避：创建人，或做过某动作的人", "not the author, not who made that move" },
	{ CTX_MOVE, "when", "CONDITION " L, CTX_NONE, BLOCK_NO, false, NULL, NULL, move_when, 0,
		"条件；不成立时给出此话", "a guard; the words are shown when it does not hold" },
	{ CTX_MOVE, "ask", "FIELD [required], …", CTX_NONE, BLOCK_NO, false, NULL, NULL, move_ask, 0,
		"随动作填写的字段", "fields filled in with the move" },
	{ CTX_MOVE, "reason", "", CTX_NONE, BLOCK_NO, true, NULL, set_flag, NULL, AT(move_def, reason), "须写理由", "a reason is required" },
	{ CTX_MOVE, "approvals", "EXPRESSION", CTX_NONE, BLOCK_NO, true, NULL, NULL, move_approvals, 0,
		"须多少个不同的人同意；期间有修改或退回，此前的同意作废",
		"how many different people must agree; a change or a send-back voids what they agreed to" },
	{ CTX_MOVE, "confirm", L, CTX_NONE, BLOCK_NO, true, NULL, set_label, NULL, AT(move_def, confirm), "先问一句", "a question asked first" },
	{ CTX_MOVE, "hint", L, CTX_NONE, BLOCK_NO, true, NULL, set_label, NULL, AT(move_def, hint), "说明", "an explanation" },
	{ CTX_MOVE, "optional", "", CTX_NONE, BLOCK_NO, true, NULL, set_flag, NULL, AT(move_def, optional), "不进待办", "not on to-do lists" },
	{ CTX_MOVE, "receipt", "", CTX_NONE, BLOCK_NO, true, NULL, set_flag, NULL, AT(move_def, receipt), "给办理人出具可离线核验的回执",
		"who makes it gets a receipt that can be verified offline" },
	{ CTX_MOVE, "set", "[REF.…]FIELD = EXPRESSION [when CONDITION] | [REF.…]TABLE = [REF.…]TABLE [where CONDITION] [when CONDITION]", CTX_NONE, BLOCK_NO, false, NULL, NULL, move_set, 0,
		"写入字段；经引用时写入所引用的记录", "set a field, of this record or of one it refers to" },
	{ CTX_MOVE, "create", "TYPE [each TABLE as NAME] [each TYPE.FIELD [in STATE, …] as NAME] [when CONDITION] { FIELD = VALUE; … } [in STATE]", CTX_VALUES,
		BLOCK_MUST, false,
		move_create_name, NULL, move_create, 0, "另建记录", "make other records" },
	{ CTX_MOVE, "move", "(TYPE.FIELD [in STATE, …] | REF[.REF…]) by MOVE [when CONDITION]", CTX_NONE, BLOCK_NO, false, NULL, NULL, move_move, 0,
		"引用本记录的各记录，或本记录所引用的记录，也做动作；做不了则整步不成", "records that refer here, or the one this refers to, make a move too; where that fails all fails" },
	{ CTX_MOVE, "notify", "WHO [SCOPE [PATH]] MAIL [when CONDITION]", CTX_NONE, BLOCK_NO, false, NULL, NULL, move_notify, 0, "发通知", "send a notice" },

	{ CTX_VALUES, "*", "FIELD = this | NAME | NAME.FIELD | EXPRESSION", CTX_NONE, BLOCK_NO, false, NULL, NULL, move_value, 0,
		"新记录的字段", "a field of the new record" },

	{ CTX_ACCESS, "see", "WHO [SCOPE [PATH] | via TYPE.FIELD SCOPE [PATH]] [in STATE, …] [when CONDITION] [fields F, … | except F, …]",
		CTX_NONE, BLOCK_NO, false,
		NULL, NULL, access_grant_rule, ACT_SEE, "谁可以看", "who may see" },
	{ CTX_ACCESS, "edit", "WHO [SCOPE [PATH] | via TYPE.FIELD SCOPE [PATH]] [in STATE, …] [when CONDITION] [fields F, … | except F, …]",
		CTX_NONE, BLOCK_NO, false,
		NULL, NULL, access_grant_rule, ACT_EDIT, "谁可以改字段", "who may edit fields" },
	{ CTX_ACCESS, "create", "WHO", CTX_NONE, BLOCK_NO, false, NULL, NULL, access_grant_rule, ACT_CREATE, "谁可以新建", "who may create" },

	{ CTX_SIMILAR, "hint", L, CTX_NONE, BLOCK_NO, true, NULL, set_label, NULL, AT(similar_def, hint), "说明", "an explanation" },
	{ CTX_SIMILAR, "text", "TYPE FIELD|TABLE.COLUMN, … [own PATH] [in STATE, …]", CTX_NONE, BLOCK_NO, false, NULL, NULL, similar_text_rule, 0,
		"作为来源的一类记录及其文字；own：谁的，同一人（单位）以往的另计", "records that are sources, and their texts; own: whose they are, earlier work of the same is told apart" },
	{ CTX_SIMILAR, "compare", "TYPE [in STATE, …]", CTX_NONE, BLOCK_NO, true, NULL, similar_compare, similar_compare_in, 0,
		"哪些记录与全部来源比对（此类也须写 text）", "whose records are compared with all of them (this type needs a text, too)" },

	{ CTX_SCORING, "hint", L, CTX_NONE, BLOCK_NO, true, NULL, set_label, NULL, AT(scoring_def, hint), "说明", "an explanation" },
	{ CTX_SCORING, "sheet", "TYPE.FIELD [in STATES]", CTX_NONE, BLOCK_NO, true, NULL, NULL, scoring_sheet, 0, "评审表及其所评记录的字段；只计这些状态的",
		"the type of the sheets and its ref to what is scored; only those in these states count" },
	{ CTX_SCORING, "items", "STATES", CTX_NONE, BLOCK_NO, true, NULL, NULL, scoring_items, 0, "列入的记录的状态；没有评审表的也列出，缺分不计零",
		"the states of the records listed; those without a sheet are listed too: a missing score is never 0" },
	{ CTX_SCORING, "reviewer", "FIELD", CTX_NONE, BLOCK_NO, true, NULL, NULL, scoring_reviewer, 0, "评审表中评审人的字段；页面上只用代号", "the sheet's ref to who scored; pages show a code" },
	{ CTX_SCORING, "group", "FIELD", CTX_NONE, BLOCK_NO, true, NULL, NULL, scoring_group, 0, "评审表和所评记录都有的字段：在其中一起排序", "the ref that sheets and records share: what is ranked together" },
	{ CTX_SCORING, "score", "EXPRESSION", CTX_NONE, BLOCK_NO, true, NULL, NULL, scoring_score, 0, "一张评审表的分数：权重、等级折算写在式中",
		"the score of a sheet; weights and the worth of grades are written in it" },
	{ CTX_SCORING, "vote", "CONDITION", CTX_NONE, BLOCK_NO, true, NULL, NULL, scoring_vote, 0, "何为赞成票", "which sheets are votes for it" },
	{ CTX_SCORING, "cut", "EXPRESSION", CTX_NONE, BLOCK_NO, true, NULL, NULL, scoring_cut, 0, "可选几项，按 group 所指的记录计算", "how many can be chosen, over the record that group names" },
	{ CTX_SCORING, "method", "mean|trimmed|z|least-squares|shrunk", CTX_NONE, BLOCK_NO, true, NULL, scoring_method, NULL, 0, "按哪种方法排序（默认 shrunk）",
		"the method that ranks (shrunk unless said)" },
	{ CTX_SCORING, "trim", "N", CTX_NONE, BLOCK_NO, true, NULL, scoring_trim, NULL, 0, "满 N 张评审表时去掉一个最高分和一个最低分（默认 5）",
		"from N sheets on the highest and the lowest are left out of the trimmed mean (5 unless said)" },
	{ CTX_MATRIX, "rows", "CODES", CTX_NONE, BLOCK_NO, true, NULL, matrix_rows, NULL, 0, "行：代码表", "its rows: a code list" },
	{ CTX_MATRIX, "hint", L, CTX_NONE, BLOCK_NO, true, NULL, set_label, NULL, AT(matrix_def, hint), "说明", "an explanation" },
	{ CTX_MATRIX, "column", "NAME " L, CTX_MATRIX_COLUMN, BLOCK_MUST, false, matrix_column_name, NULL, NULL, 0, "一列", "a column" },
	{ CTX_MATRIX_COLUMN, "count", "TYPE", CTX_NONE, BLOCK_NO, true, NULL, NULL, indicator_value, INDICATOR_COUNT, "计数", "how many" },
	{ CTX_MATRIX_COLUMN, "sum", "TYPE.FIELD", CTX_NONE, BLOCK_NO, true, NULL, NULL, indicator_value, INDICATOR_SUM, "合计", "the sum" },
	{ CTX_MATRIX_COLUMN, "by", "FIELD", CTX_NONE, BLOCK_NO, true, NULL, NULL, matrix_by, 0, "按哪个代码字段归到行", "the code field that puts a record in a row" },
	{ CTX_MATRIX_COLUMN, "where", "CONDITION", CTX_NONE, BLOCK_NO, true, NULL, NULL, indicator_where, 0, "范围", "which records" },
	{ CTX_MATRIX_COLUMN, "unit", L " [scale N]", CTX_NONE, BLOCK_NO, true, NULL, indicator_unit, NULL, 0, "单位和换算", "the unit and its scale" },
	{ CTX_MATRIX_COLUMN, "decimals", "N", CTX_NONE, BLOCK_NO, true, NULL, indicator_decimals, NULL, 0, "小数位数", "decimals shown" },
	{ CTX_ASSIGNMENT, "hint", L, CTX_NONE, BLOCK_NO, true, NULL, set_label, NULL, AT(assignment_def, hint), "说明", "an explanation" },
	{ CTX_ASSIGNMENT, "round", "TYPE [in STATE, …]", CTX_NONE, BLOCK_NO, true, NULL, assignment_round, assignment_round_rule, 0,
		"轮次，在哪些状态下可提出和公布", "the round, and its states in which an assignment is proposed and published" },
	{ CTX_ASSIGNMENT, "item", "TYPE of PATH [is PATH] [where CONDITION]", CTX_NONE, BLOCK_NO, true, NULL, assignment_item, assignment_item_rule, 0,
		"要评的记录：其 PATH 指向本轮次，或等于轮次的后一 PATH", "what is reviewed: records whose path gives the round, or what the round's path gives" },
	{ CTX_ASSIGNMENT, "person", "TYPE [where CONDITION]", CTX_NONE, BLOCK_NO, true, NULL, assignment_person, assignment_person_rule, 0, "可指派的人", "who may be assigned" },
	{ CTX_ASSIGNMENT, "makes", "TYPE [in STATE]", CTX_MAKES, BLOCK_MUST, true, NULL, assignment_makes, assignment_makes_rule, 0, "公布时为每一对建立的记录",
		"the record made for each pair when it is published" },
	{ CTX_MAKES, "*", "FIELD = round | item | person [.PATH]", CTX_NONE, BLOCK_NO, false, NULL, NULL, assignment_value, 0, "其字段的值", "the value of a field of it" },
	{ CTX_ASSIGNMENT, "vacant", "STATE, …", CTX_NONE, BLOCK_NO, true, NULL, NULL, assignment_vacant, 0, "所建记录在这些状态时席位空出（谢绝）",
		"states of what is made in which the place is empty again (declined)" },
	{ CTX_ASSIGNMENT, "need", "EXPRESSION", CTX_NONE, BLOCK_NO, true, NULL, NULL, assignment_need, 0, "每项需要几人", "how many persons an item needs" },
	{ CTX_ASSIGNMENT, "load", "[LEAST to] MOST", CTX_NONE, BLOCK_NO, true, NULL, NULL, assignment_load, 0, "每人承担几项", "how many items a person takes" },
	{ CTX_ASSIGNMENT, "conflict", "NAME " L, CTX_MATCH, BLOCK_MUST, false, NULL, assignment_conflict, NULL, 0, "回避：两边有一个值相同即不得指派；conflict(名字) 可在权限和条件中用",
		"a conflict: no pair whose sides share a value; conflict(NAME) can stand in rights and guards" },
	{ CTX_ASSIGNMENT, "affinity", "NAME " L " weight N [codes | words]", CTX_MATCH, BLOCK_MUST, false, NULL, assignment_affinity, NULL, 0,
		"契合：item 的各值中，此人也有的占几成，乘以权重；codes 连同上级代码，words 按词", "affinity: the share of the item's values that the person has too, times the weight; codes: with what they stand under; words: by word" },
	{ CTX_MATCH, "item", "this | PATH | TABLE.PATH [of TYPE.[TABLE.]FIELD] [where CONDITION]", CTX_NONE, BLOCK_NO, false, NULL, NULL, match_item, 0,
		"item 一边的值：本记录、其子表各行，或以 FIELD 指向它的各记录", "values on the item's side: of it, of its rows, or of the records that refer to it by FIELD" },
	{ CTX_MATCH, "person", "this | PATH | TABLE.PATH [of TYPE.[TABLE.]FIELD] [where CONDITION]", CTX_NONE, BLOCK_NO, false, NULL, NULL, match_person, 0,
		"person 一边的值，写法同上", "values on the person's side, written the same way" },
	{ CTX_ASSIGNMENT, "one", "PATH [" L "]", CTX_NONE, BLOCK_NO, true, NULL, NULL, assignment_one, 0, "每项中此值（如单位）相同的至多一人", "at most one person with the same value (an organisation) for an item" },
	{ CTX_ASSIGNMENT, "least", "N " L " where CONDITION | same PATH as PATH", CTX_NONE, BLOCK_NO, false, NULL, NULL, assignment_least, 0, "每项至少几名这样的人，或与该项同值的人",
		"of an item's persons at least N for whom the condition holds, or whose value is the item's" },
	{ CTX_ASSIGNMENT, "most", "N " L " where CONDITION | same PATH as PATH", CTX_NONE, BLOCK_NO, false, NULL, NULL, assignment_most, 0, "每项至多几名这样的人", "… at most N" },
	{ CTX_ASSIGNMENT, "cap", "N PATH [" L "]", CTX_NONE, BLOCK_NO, false, NULL, NULL, assignment_cap, 0, "每人至多评几项同值的", "a person gets at most N items with the same value" },
	{ CTX_ASSIGNMENT, "ring", "2 | 3 PATH [" L "]", CTX_NONE, BLOCK_NO, true, NULL, NULL, assignment_ring, 0, "互评不得成环：PATH 是申请人", "no two (or three) review each other in a ring; the path is who applies" },
	{ CTX_ASSIGNMENT, "rest", "N " L " [where CONDITION]", CTX_NONE, BLOCK_NO, true, NULL, NULL, assignment_rest, 0,
		"轮换：最近 N 轮每轮都参加的，本轮休息；条件写明哪些轮次计入", "rotation: who served in each of the last N rounds gets nothing in this one; the condition says which rounds count" },
	{ CTX_ASSIGNMENT, "candidates", "N", CTX_NONE, BLOCK_NO, true, NULL, NULL, assignment_candidates, 0, "每项的候选人数（40）", "candidates kept for an item (40)" },
	{ CTX_ASSIGNMENT, "draw", "[TOLERANCE]", CTX_NONE, BLOCK_NO, true, NULL, NULL, assignment_draw, 0, "同分由抽签决定；相差不超过此数也算同分", "among equals by lot; points within the tolerance count as equal" },
	{ CTX_ASSIGNMENT, "aim", "total | fair | fair_total", CTX_NONE, BLOCK_NO, true, NULL, NULL, assignment_aim, 0, "总分最高，或先看最低", "the greatest total, or the weakest pairs first" },
	{ CTX_ASSIGNMENT, "by", "WHO [SCOPE [PATH]] [when CONDITION]", CTX_NONE, BLOCK_NO, false, NULL, NULL, assignment_by, 0, "谁可以提出", "who may propose it" },
	{ CTX_ASSIGNMENT, "publish", "WHO [SCOPE [PATH]] [when CONDITION]", CTX_NONE, BLOCK_NO, false, NULL, NULL, assignment_publish, 0, "谁可以公布（不能是提出的人）",
		"who may publish it (never who proposed it)" },
	{ CTX_ASSIGNMENT, "then", "MOVE, MOVE", CTX_NONE, BLOCK_NO, true, NULL, NULL, assignment_then, 0, "提出时、公布时轮次所作的动作（by system）",
		"the moves that the round makes when it is proposed and when it is published (by system)" },
	{ CTX_ASSIGNMENT, "commitment", "FIELD", CTX_NONE, BLOCK_NO, true, NULL, NULL, assignment_commitment, 0, "轮次的此字段写入抽签承诺", "the field of the round that gets the commitment of the draw" },
	{ CTX_ASSIGNMENT, "seed", "FIELD", CTX_NONE, BLOCK_NO, true, NULL, NULL, assignment_seed, 0, "公布时此字段写入种子", "the field that gets the seed when it is published" },
	{ CTX_ASSIGNMENT, "notify", "WHO [SCOPE [PATH]] MAIL", CTX_NONE, BLOCK_NO, true, NULL, NULL, assignment_notify, 0, "公布时通知，每个账户一封", "a notice when it is published, one an account" },
	{ CTX_INDICATOR, "alias", L ", …", CTX_NONE, BLOCK_NO, false, NULL, indicator_alias, NULL, 0, "别名", "other names" },
	{ CTX_INDICATOR, "subject", L, CTX_NONE, BLOCK_NO, true, NULL, set_label, NULL, AT(indicator_def, subject), "主语", "what it is about" },
	{ CTX_INDICATOR, "count", "TYPE", CTX_NONE, BLOCK_NO, true, NULL, NULL, indicator_value, INDICATOR_COUNT, "计数", "how many" },
	{ CTX_INDICATOR, "sum", "TYPE.FIELD", CTX_NONE, BLOCK_NO, true, NULL, NULL, indicator_value, INDICATOR_SUM, "合计", "the sum" },
	{ CTX_INDICATOR, "avg", "TYPE.FIELD", CTX_NONE, BLOCK_NO, true, NULL, NULL, indicator_value, INDICATOR_AVG, "平均", "the average" },
	{ CTX_INDICATOR, "distinct", "TYPE.FIELD", CTX_NONE, BLOCK_NO, true, NULL, NULL, indicator_value, INDICATOR_DISTINCT,
		"不同值的个数", "how many different values" },
	{ CTX_INDICATOR, "formula", "EXPRESSION", CTX_NONE, BLOCK_NO, true, NULL, NULL, indicator_formula, 0,
		"由其他指标算出", "worked out from other indicators" },
	{ CTX_INDICATOR, "where", "CONDITION", CTX_NONE, BLOCK_NO, true, NULL, NULL, indicator_where, 0, "范围", "which records" },
	{ CTX_INDICATOR, "unit", L " [scale N]", CTX_NONE, BLOCK_NO, true, NULL, indicator_unit, NULL, 0, "单位和换算", "the unit and its scale" },
	{ CTX_INDICATOR, "decimals", "N", CTX_NONE, BLOCK_NO, true, NULL, indicator_decimals, NULL, 0, "小数位数", "decimals shown" },
	{ CTX_INDICATOR, "kind", "stock | flow | cumulative", CTX_NONE, BLOCK_NO, true, NULL, indicator_kind_word, NULL, 0,
		"时点、时期或累计", "a stock, a flow or cumulative" },
	{ CTX_INDICATOR, "period", "\"2020\" | \"2020-12-31\"", CTX_NONE, BLOCK_NO, true, NULL, indicator_period, NULL, 0, "时间", "the time" },
	{ CTX_INDICATOR, "owner", "ROLE", CTX_NONE, BLOCK_NO, true, NULL, indicator_owner, NULL, 0, "负责的角色", "the role that answers for it" },

	{ CTX_DEMO, "state", "STATE", CTX_NONE, BLOCK_NO, true, NULL, NULL, demo_state, 0, "状态", "their state" },
	{ CTX_DEMO, "set", "FIELD \"PATTERN\" [en \"PATTERN\"] | FIELD = VALUE | FIELD = EXPRESSION", CTX_NONE, BLOCK_NO, false, NULL, NULL,
		demo_set, 0,
		"每条都写入", "for every record" },
	{ CTX_DEMO, "split", "FIELD VALUE COUNT …", CTX_NONE, BLOCK_NO, false, NULL, NULL, demo_shares, DEMO_SPLIT,
		"按个数分", "exact counts by value" },
	{ CTX_DEMO, "spread", "FIELD VALUE WEIGHT …", CTX_NONE, BLOCK_NO, false, NULL, NULL, demo_shares, DEMO_SPREAD, "按权重分", "by weights" },
	{ CTX_DEMO, "total", "FIELD VALUE [min VALUE] [max VALUE]", CTX_NONE, BLOCK_NO, false, NULL, NULL, demo_total, 0,
		"合计恰为此数", "numbers that add up to the total" },
	{ CTX_DEMO, "range", "FIELD LOW HIGH", CTX_NONE, BLOCK_NO, false, NULL, NULL, demo_range, 0, "两数之间", "between two bounds" },
	{ CTX_DEMO, "pick", "FIELD VALUE …", CTX_NONE, BLOCK_NO, false, NULL, NULL, demo_pick, 0, "其中之一", "one of these" },
	{ CTX_DEMO, "under", "FIELD HANDLE|TYPE [weight FIELD]", CTX_NONE, BLOCK_NO, false, NULL, NULL, demo_under, 0,
		"挂在哪些记录之下", "a reference to these records" },
	{ CTX_DEMO, "file", "FIELD \"NAME.pdf\" \"PATTERN\"", CTX_NONE, BLOCK_NO, false, NULL, NULL, demo_file, 0,
		"做一个小文件（pdf、txt、csv），其中是此文字", "a small file (pdf, txt, csv) with this text in it" },
	{ CTX_DEMO, "by", "LOGIN", CTX_NONE, BLOCK_NO, true, NULL, NULL, demo_by, 0, "由此演示账户填报，归其单位",
		"made by this demonstration account, and its organisation's" },
	{ CTX_DEMO, "row", "TABLE [COUNT]", CTX_DEMO_ROW, BLOCK_MUST, false, demo_row, NULL, demo_row, 0, "每条记录的子表各行",
		"rows of a table, in every record" },

	{ CTX_DEMO_ROW, "set", "COLUMN \"PATTERN\" [en \"PATTERN\"] | COLUMN = VALUE | COLUMN = EXPRESSION", CTX_NONE, BLOCK_NO, false, NULL, NULL,
		demo_set, 0,
		"每行都写入", "for every row" },
	{ CTX_DEMO_ROW, "split", "COLUMN VALUE COUNT …", CTX_NONE, BLOCK_NO, false, NULL, NULL, demo_shares, DEMO_SPLIT,
		"按个数分", "exact counts by value" },
	{ CTX_DEMO_ROW, "spread", "COLUMN VALUE WEIGHT …", CTX_NONE, BLOCK_NO, false, NULL, NULL, demo_shares, DEMO_SPREAD, "按权重分", "by weights" },
	{ CTX_DEMO_ROW, "total", "COLUMN VALUE [min VALUE] [max VALUE]", CTX_NONE, BLOCK_NO, false, NULL, NULL, demo_total, 0,
		"合计恰为此数", "numbers that add up to the total" },
	{ CTX_DEMO_ROW, "range", "COLUMN LOW HIGH", CTX_NONE, BLOCK_NO, false, NULL, NULL, demo_range, 0, "两数之间", "between two bounds" },
	{ CTX_DEMO_ROW, "pick", "COLUMN VALUE …", CTX_NONE, BLOCK_NO, false, NULL, NULL, demo_pick, 0, "其中之一", "one of these" },
	{ CTX_DEMO_ROW, "under", "COLUMN HANDLE|TYPE [weight COLUMN]", CTX_NONE, BLOCK_NO, false, NULL, NULL, demo_under, 0,
		"挂在哪些记录之下", "a reference to these records" },
	{ CTX_DEMO_ROW, "file", "COLUMN \"NAME.pdf\" \"PATTERN\"", CTX_NONE, BLOCK_NO, false, NULL, NULL, demo_file, 0,
		"做一个小文件（pdf、txt、csv），其中是此文字", "a small file (pdf, txt, csv) with this text in it" },

	{ CTX_ACCOUNT, "role", "ROLE, …", CTX_NONE, BLOCK_NO, false, NULL, account_role, NULL, 0, "角色", "its roles" },
	{ CTX_ACCOUNT, "org", L, CTX_NONE, BLOCK_NO, true, NULL, account_org, NULL, 0, "单位", "its organisation" },
	{ CTX_ACCOUNT, "kind", "CODE", CTX_NONE, BLOCK_NO, true, NULL, account_code, NULL, AT(demo_account, org_kind),
		"单位类别", "the kind of organisation" },
	{ CTX_ACCOUNT, "division", "CODE", CTX_NONE, BLOCK_NO, true, NULL, account_code, NULL, AT(demo_account, division),
		"区划", "its division" },

	{ CTX_SCENE, "row", "WORD, …", CTX_NONE, BLOCK_NO, false, NULL, NULL, scene_need, 0, "对应的需求条目", "the requirements it stands for" },
	{ CTX_SCENE, "day", "DATE [at H:MM]", CTX_NONE, BLOCK_NO, false, scene_step_new, NULL, scene_day, 0,
		"时钟拨到这一天（9:00）", "the clock is set to this day (9:00)" },
	{ CTX_SCENE, "wait", "N minutes | hours | days | workdays", CTX_NONE, BLOCK_NO, false, scene_step_new, NULL, scene_wait, 0,
		"时钟前进，到期的动作自动办理", "the clock goes on; what is due by itself is done" },
	{ CTX_SCENE, "given", "HANDLE TYPE [in STATE] [by LOGIN]", CTX_SCENE_VALUES, BLOCK_MAY, false, scene_step_new, NULL, scene_given, 0,
		"已有的记录，直接入库，不经校验", "a record that is there, put in without checks" },
	{ CTX_SCENE, "as", "LOGIN create HANDLE TYPE | copy HANDLE as NEW | edit HANDLE | delete HANDLE | MOVE HANDLE [refused CHECK | \"TEXT\"]", CTX_SCENE_VALUES,
		BLOCK_MAY, false, scene_step_new, NULL, scene_as, 0,
		"某账户办理；refused：必须被拒绝，依据是这条校验，或编码、字段、说明中有此文字",
		"an account does it; refused: it must be, by this check or with this text in the code, field or message" },
	{ CTX_SCENE, "find", "HANDLE TYPE [of FIELD VALUE, …] [where CONDITION]", CTX_NONE, BLOCK_NO, false, scene_step_new, NULL, scene_find, 0,
		"给由动作生成的一条记录起名", "names the one record that a move has made" },
	{ CTX_SCENE, "expect",
		"HANDLE CONDITION | HANDLE FIELD is VALUE | N TYPE [where CONDITION] | LOGIN sees|hides HANDLE[.FIELD] | "
		"LOGIN may|cannot MOVE HANDLE | LOGIN [no] todo HANDLE [MOVE] | [no] mail LOGIN [\"TEXT\"] | indicator NAME == NUMBER",
		CTX_NONE, BLOCK_NO, false, scene_step_new, NULL, scene_expect, 0, "此时必须如此", "what must hold now" },

	{ CTX_SCENE_VALUES, "row", "TABLE", CTX_SCENE_ROW, BLOCK_MUST, false, scene_rows_new, NULL, scene_row, 0, "子表的一行", "a row of a table" },
	{ CTX_SCENE_VALUES, "*", "FIELD VALUE | reason \"TEXT\" | note CHECK \"TEXT\"", CTX_NONE, BLOCK_NO, false, NULL, NULL, scene_value_rule, 0,
		"一个值：字面值、记录的名字、org 或 person 加账户、\"文件名.pdf\"、none；理由；对警告的说明",
		"a value: a literal, a handle, org or person of an account, \"name.pdf\", none; the reason; a note on a warning" },
	{ CTX_SCENE_ROW, "*", "COLUMN VALUE", CTX_NONE, BLOCK_NO, false, NULL, NULL, scene_value_rule, 0, "一列的值", "the value of a column" },
};
const int n_kinds = sizeof kinds / sizeof kinds[0];

const struct kind *kind_find(enum ctx ctx, struct str word)
{
	for (int i = 0; i < n_kinds; i++)
		if (kinds[i].ctx == ctx && (str_is(word, kinds[i].word) || !strcmp(kinds[i].word, "*"))) return &kinds[i];
	return NULL;
}

const char *ctx_word(enum ctx ctx)
{
	for (int i = 0; i < n_kinds; i++)
		if (kinds[i].inner == ctx && ctx != CTX_NONE) return kinds[i].word;
	return "";
}

/* ---- simple members ---- */

void set_flag(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	if (args_end(&a)) *(bool *)((char *)object + st->kind->offset) = true;
}

void set_label(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct label l;
	if (args_label(&a, &l) && args_end(&a)) *(struct label *)((char *)object + st->kind->offset) = l;
}

void set_string(struct load *ld, struct stmt *st, void *object)
{
	struct args a = args_of(ld, st);
	struct str s;
	if (args_string(&a, &s) && args_end(&a)) *(struct str *)((char *)object + st->kind->offset) = s;
}

/* ---- walking ---- */

static void unknown_word(struct load *ld, struct stmt *st, enum ctx ctx)
{
	struct names n = { 0 };
	const struct kind *elsewhere = NULL;
	for (int i = 0; i < n_kinds; i++) {
		if (kinds[i].ctx == ctx) VEC_PUSH(ld->scratch, &n, str_c(kinds[i].word));
		else if (str_is(st->word, kinds[i].word)) elsewhere = &kinds[i];
	}
	const char *in = ctx_word(ctx);
	if (*in)
		BAD(ld, st->at, "def.unknown_word", "“%s”之内没有语句“%.*s”", "inside “%s” there is no statement “%.*s”", in, STRF(clip(st->word)));
	else
		BAD(ld, st->at, "def.unknown_word", "没有语句“%.*s”", "there is no statement “%.*s”", STRF(clip(st->word)));
	int near = nearest_name(st->word, n.v, (int)n.n);
	if (near < 0 && elsewhere)
		HINT(ld, "它属于“%s”之内", "it belongs inside “%s”", elsewhere->ctx == CTX_TOP ? "(top)" : ctx_word(elsewhere->ctx));
	else hint_nearest(ld, st->word, &n);
}

/* Everything that the table alone decides. */
static void check_shape(struct load *ld, struct stmt *st, enum ctx ctx, const struct stmt **seen)
{
	const struct kind *k = st->kind;
	if (!k) {
		unknown_word(ld, st, ctx);
		st->bad = true;
		return;
	}
	if (k->block == BLOCK_MUST && !st->block) {
		BAD(ld, st->at, "def.block_missing", "“%s”之后应有 { … }", "“%s” needs a block { … }", k->word);
		HINT(ld, "写法：%s %s { … }", "write: %s %s { … }", k->word, k->usage);
	}
	if (k->block == BLOCK_NO && st->block) {
		BAD(ld, st->at, "def.block_unwanted", "“%s”没有 { … }", "“%s” has no block { … }", k->word);
		HINT(ld, "以 ; 结束", "end it with ;");
	}
	if (k->once && seen[k - kinds]) {
		BAD(ld, st->at, "def.twice", "“%s”只能写一次", "“%s” stands once only", k->word);
		HINT(ld, "已在第 %d 行写过", "it stands in line %d already", seen[k - kinds]->at.line);
		st->bad = true;
		return;
	}
	seen[k - kinds] = st;
}

void walk(struct load *ld, enum pass pass, struct stmt *first, void *object)
{
	const struct stmt *seen[sizeof kinds / sizeof kinds[0]] = { 0 };
	for (struct stmt *st = first; st; st = st->next) {
		enum ctx ctx = st->up ? st->up->kind->inner : CTX_TOP;
		if (pass == PASS_NAME) check_shape(ld, st, ctx, seen);
		if (!st->kind) continue;
		if (!st->up && pass >= PASS_RULE && (st->kind->inner == CTX_SCENE) != (pass == PASS_SCENE)) continue;
		handler *h = pass == PASS_NAME ? st->kind->name : pass == PASS_LINK ? st->kind->link : st->kind->rule;
		if (h && !st->bad) h(ld, st, object);
		if (st->object && st->child) walk(ld, pass, st->child, st->object);
	}
}

/* The manual of the language, from the very tables that the parser reads. */
#include "def/expr_inner.h"
#include "def/report.h"

static void cell(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '|') buf_c(out, '\\');
		buf_c(out, s.p[i]);
	}
}

static void context(struct buf *out, enum ctx ctx, bool en)
{
	const char *in = ctx_word(ctx);
	if (ctx == CTX_TOP) buf_fmt(out, "## %s\n\n", en ? "At the top of a file" : "文件最外层");
	else buf_fmt(out, "## %s `%s`\n\n", en ? "Inside" : "之内：", in);
	buf_fmt(out, "| %s | %s | |\n| --- | --- | --- |\n", en ? "Statement" : "语句", en ? "Meaning" : "含义");
	for (int i = 0; i < n_kinds; i++) {
		const struct kind *k = &kinds[i];
		if (k->ctx != ctx) continue;
		bool named = k->word[0] != '*';
		buf_fmt(out, "| `%s%s", named ? k->word : "", named && *k->usage ? " " : "");
		cell(out, str_c(k->usage));
		buf_fmt(out, "%s` | %s | %s |\n", k->block == BLOCK_NO ? ";" : k->block == BLOCK_MUST ? " { … }" : " [{ … }]", en ? k->en : k->zh,
			k->once ? (en ? "once" : "至多一次") : "");
	}
	buf_c(out, '\n');
}

void language_doc(struct buf *out, enum lang lang)
{
	bool en = lang == LANG_EN;
	buf_fmt(out, "# %s\n\n%s\n\n", en ? "The declaration language" : "声明语言",
		en ? "Every statement is `word argument… ;` or `word argument… { … }`. `#` begins a comment. "
		     "Labels are a Chinese text and `en` with an English one."
		   : "每条语句是 `词 参数… ;` 或 `词 参数… { … }`。`#` 起注释。名称先写中文，再写 `en` 和英文。");
	for (int ctx = CTX_TOP; ctx < CTX_COUNT; ctx++) context(out, (enum ctx)ctx, en);
	buf_fmt(out, "## %s\n\n", en ? "Kinds of fields" : "字段种类");
	for (int k = 0; k <= FIELD_URL; k++) buf_fmt(out, "%s`%s`", k ? " " : "", field_kind_word((enum field_kind)k));
	buf_fmt(out, "\n\n## %s\n\n%s\n\n| %s | %s |\n| --- | --- |\n", en ? "Expressions" : "表达式",
		en ? "`and or not`, `= != < <= > >=`, `in (a, b)`, `+ - * /`, "
		     "names of fields, paths through refs `a.b.c`, `state`, literals `12 1.5 500万元 2026-01-31 \"text\" true false null`, codes and states as bare words."
		   : "`and or not`，`= != < <= > >=`，`in (a, b)`，`+ - * /`，"
		     "字段名，经引用的路径 `a.b.c`，`state`，字面量 `12 1.5 500万元 2026-01-31 \"文字\" true false null`，代码和状态直接写。",
		en ? "Function" : "函数", en ? "Meaning" : "含义");
	for (int i = 0; i < n_fn_rows; i++) buf_fmt(out, "| `%s` | %s |\n", fn_rows[i].usage, en ? fn_rows[i].en : fn_rows[i].zh);
	static const char *const more[][3] = {
		{ "measure(FAMILY.VALUE)", "记录当日有效的办法中的数值", "the value in force on the record's day" },
		{ "count(TABLE [where …]), len(TABLE)", "子表行数", "rows of a table" },
		{ "count(TYPE.FIELD [where …])", "以该字段引用本记录的记录数", "records that refer here by that field" },
		{ "one(TYPE.FIELD [is PATH] [where …])", "唯一的那条记录；没有或不止一条时为空", "the one record of which that holds; null when there is none, or more than one" },
		{ "count(TYPE.FIELD is PATH [where …])", "该字段与本记录 PATH 的值相同的其他记录数（不含本记录）",
			"other records whose field has the value of this record's PATH (never this record itself)" },
		{ "count(TYPE.TABLE.COLUMN [is PATH] [where …])", "某表的某列引用本记录（或等于本记录该路径的值）的其他记录，每条只计一次",
			"records with a row whose column refers here (or has the value of this record's PATH); each counts once" },
		{ "sum avg min max (TABLE.COLUMN [where …])", "子表某列的合计、平均、最小、最大", "of a column of a table" },
		{ "sum avg min max (TYPE.FIELD.COLUMN [is PATH] [where …])", "上述各记录某字段的", "of a field of those records" },
		{ "this.PATH", "where 之内：本记录的字段，而非被汇总记录的", "inside a where: a field of this record, not of those counted" },
	};
	for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) buf_fmt(out, "| `%s` | %s |\n", more[i][0], more[i][en ? 2 : 1]);
}

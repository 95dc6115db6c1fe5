/* A list as a table to be filled in away from the system: the records that the viewer may change now, what is in them, what may be
   typed, and help. It comes back by the import page, which finds each record by its key. */
#include <string.h>
#include <unistd.h>

#include "base/rng.h"
#include "base/utf8.h"
#include "feature/feature.h"
#include "feature/import.h"
#include "feature/show.h"
#include "rec/form.h"
#include "rec/sheet.h"

enum { FILL_ROWS_MAX = 1000, COLUMNS_MAX = 120, FIXED = 3, CHOICES_MAX = 2000, ROW_ARENA = 64 << 20, RULES_ROWS = 1000 };

struct fill {
	struct page *p;
	const struct type_def *type;
	struct list_query query;
	const struct field_def *field[COLUMNS_MAX];
	int n;
	struct sheet_out *sheet;
	int rows;
};

static bool zh(const struct fill *f) { return f->p->cx->lang == LANG_ZH; }

static struct out_cell text_cell(struct str s) { return (struct out_cell){ s.n ? OUT_TEXT : OUT_EMPTY, .s = s }; }

/* ---- rows ---- */

/* As the import page reads it back: whole numbers of refs would say nothing to people, so their number or name. */
static enum rc value_cell(struct page *p, struct rx *rx, const struct field_def *f, struct val v, struct out_cell *out)
{
	struct str title;
	*out = (struct out_cell){ 0 };
	if (val_is_null(v)) return RC_OK;
	switch (f->kind) {
	case FIELD_INT: *out = (struct out_cell){ OUT_INT, .i = v.i }; return RC_OK;
	case FIELD_MONEY: *out = (struct out_cell){ OUT_MONEY, .i = v.i }; return RC_OK;
	case FIELD_DATE: *out = (struct out_cell){ OUT_DATE, .i = v.i }; return RC_OK;
	case FIELD_TIME: *out = (struct out_cell){ OUT_TIME, .i = v.i }; return RC_OK;
	case FIELD_DEC: *out = (struct out_cell){ OUT_DEC, .i = v.kind == VAL_INT ? v.i * DEC_ONE : v.i }; return RC_OK;
	case FIELD_REF:
		TRY(titles_read(rx, f->ref, &v.i, 1, &title));
		*out = text_cell(title);
		return RC_OK;
	default: *out = text_cell(show_text(p, f, v)); return RC_OK;
	}
}

static enum rc put_record(struct fill *f, struct page *p, struct rx *rx, const struct list_row *row)
{
	struct arena *a = p->cx->arena;
	struct right right;
	struct record rec;
	struct out_cell cell[COLUMNS_MAX + FIXED];
	TRY(access_record(rx, f->type, row->id, &right));
	if (!right.see || !right.edit) return RC_OK;
	TRY(record_read(rx, f->type, row->id, &right.fields, &rec));
	if (++f->rows > FILL_ROWS_MAX) {
		enum rc rc = fail(p->cx, RC_LIMIT, "fill.rows", NOWHERE, "可填报的超过 %d 条", "more than %d records can be filled in", FILL_ROWS_MAX);
		fail_hint(p->cx, "请在列表上用筛选条件缩小范围", "narrow the list down with filters");
		return rc;
	}
	struct str title = record_title(f->type, &rec);
	if (!title.n && f->type->title && f->type->title->kind == FIELD_REF) TRY(titles_read(rx, f->type, &row->id, 1, &title));
	cell[0] = text_cell(str_fmt(a, "%.*s.%lld", STRF(id_text(a, row->id)), (long long)rec.rev));
	cell[1] = text_cell(rec.number);
	cell[2] = text_cell(title);
	for (int i = 0; i < f->n; i++) TRY(value_cell(p, rx, f->field[i], val_get(rec.values, f->field[i]->name), &cell[FIXED + i]));
	return sheet_put(p->cx, f->sheet, cell, FIXED + f->n);
}

static enum rc put_page(struct fill *f, struct page *p, bool *more)
{
	struct rx rx = page_rx(p);
	struct list_page page;
	TRY(list_read(&rx, &f->query, &page));
	for (size_t i = 0; i < page.n; i++) TRY(put_record(f, p, &rx, &page.v[i]));
	*more = page.more;
	if (page.more) f->query.after = str_dup(f->p->cx->arena, page.v[page.n - 1].key);
	return RC_OK;
}

static enum rc put_rows(struct fill *f)
{
	struct arena *a = arena_new(ROW_ARENA);
	struct cx cx = { .arena = a, .lang = f->p->cx->lang, .now_ms = f->p->cx->now_ms };
	struct page inner = *f->p;
	bool more = true;
	enum rc rc = RC_OK;
	inner.cx = &cx;
	while (rc == RC_OK && more) {
		rc = put_page(f, &inner, &more);
		if (rc != RC_OK) fail_copy(f->p->cx, &cx.fails);
		cx.fails = (struct fails){ 0 };
		arena_reset(a);
	}
	arena_free(a);
	return rc;
}

/* ---- what may be typed ---- */

static int choices_of(const struct field_def *f)
{
	if (f->kind == FIELD_BOOL) return 2;
	return f->kind == FIELD_CODE && f->codes && f->codes->n_item <= CHOICES_MAX ? f->codes->n_item : 0;
}

static struct str choice_text(struct page *p, const struct field_def *f, int i)
{
	bool chinese = p->cx->lang == LANG_ZH;
	if (i >= choices_of(f)) return STR("");
	if (f->kind == FIELD_BOOL) return i == 0 ? (chinese ? STR("是") : STR("yes")) : (chinese ? STR("否") : STR("no"));
	return label_of(p, &f->codes->item[i].label);
}

static struct str limit_text(struct page *p, const struct field_def *f)
{
	struct arena *a = p->cx->arena;
	bool chinese = p->cx->lang == LANG_ZH;
	struct buf b = BUF(a, 1000);
	struct val least = f->kind == FIELD_DEC ? val_dec(f->min) : val_int(f->min), most = f->kind == FIELD_DEC ? val_dec(f->max) : val_int(f->max);
	bool number = f->kind == FIELD_INT || f->kind == FIELD_DEC || f->kind == FIELD_MONEY;
	if (f->required) buf_add(&b, chinese ? STR("必填。") : STR("Required. "));
	if (f->has_min && number) buf_fmt(&b, chinese ? "不小于 %.*s。" : "At least %.*s. ", STRF(show_text(p, f, least)));
	if (f->has_max && number) buf_fmt(&b, chinese ? "不大于 %.*s。" : "At most %.*s. ", STRF(show_text(p, f, most)));
	if (f->has_max && field_value_type(f) == TYPE_TEXT) buf_fmt(&b, chinese ? "最多 %lld 字。" : "At most %lld characters. ", (long long)f->max);
	if (choices_of(f)) buf_add(&b, chinese ? STR("从下拉列表选。") : STR("Choose from the list. "));
	buf_add(&b, label_of(p, &f->hint));
	return buf_str(&b);
}

static struct sheet_rule rule_of(struct page *p, const struct field_def *f)
{
	bool chinese = p->cx->lang == LANG_ZH;
	struct sheet_rule r = { .min = f->min, .max = f->max, .has_min = f->has_min, .has_max = f->has_max, .title = label_of(p, &f->label), .help = limit_text(p, f),
		.choices = choices_of(f), .error = chinese ? STR("不符合填写要求，请看“说明”页") : STR("Not what may be filled in here: see the help tab") };
	r.kind = r.choices ? RULE_CHOICE : f->kind == FIELD_INT ? RULE_INT : f->kind == FIELD_DEC ? RULE_DEC : f->kind == FIELD_MONEY ? RULE_MONEY
		: f->kind == FIELD_DATE ? RULE_DATE : field_value_type(f) == TYPE_TEXT ? RULE_LENGTH : RULE_ANY;
	return r;
}

static enum rc put_choices(struct fill *f)
{
	struct cx *cx = f->p->cx;
	struct out_cell cell[COLUMNS_MAX + FIXED] = { 0 };
	int most = 0;
	TRY(sheet_tab(cx, f->sheet, STR(SHEET_CHOICES), true));
	for (int i = 0; i < f->n; i++) most = choices_of(f->field[i]) > most ? choices_of(f->field[i]) : most;
	for (int row = 0; row < most; row++) {
		for (int i = 0; i < f->n; i++) cell[FIXED + i] = text_cell(choice_text(f->p, f->field[i], row));
		TRY(sheet_put(cx, f->sheet, cell, FIXED + f->n));
	}
	return RC_OK;
}

static enum rc put_help(struct fill *f)
{
	struct cx *cx = f->p->cx;
	static const char *const lines[][2] = {
		{ "不要改“" IMPORT_KEY_ZH "”一列：凭它找到记录；也不要改列名。", "Leave the column “" IMPORT_KEY_EN "” as it is: it finds the record. Leave the headings, too." },
		{ "填好后在“导入”页上传：先逐行检查，确认后才写入；没有改动的行不受影响。", "Then upload it on the import page: every row is checked first, nothing is written before you say so, rows without changes stay as they are." },
		{ "下载之后别人又改过的记录不会被覆盖，会提示重新下载。", "A record that somebody changed meanwhile is not overwritten: you are told to download it again." },
		{ "清空的格子会清空记录里的内容。", "A cell that was emptied empties the field of the record." },
	};
	TRY(sheet_tab(cx, f->sheet, zh(f) ? STR("说明") : STR("Help"), false));
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct out_cell one = text_cell(str_c(lines[i][zh(f) ? 0 : 1]));
		TRY(sheet_put(cx, f->sheet, &one, 1));
	}
	struct str head[] = { zh(f) ? STR("栏目") : STR("Field"), zh(f) ? STR("填写要求") : STR("What to fill in") };
	TRY(sheet_head(cx, f->sheet, head, 2));
	for (int i = 0; i < f->n; i++) {
		struct out_cell pair[] = { text_cell(import_heading(f->p, f->field[i])), text_cell(limit_text(f->p, f->field[i])) };
		TRY(sheet_put(cx, f->sheet, pair, 2));
	}
	return RC_OK;
}

static enum rc put_all(struct fill *f)
{
	struct cx *cx = f->p->cx;
	struct str head[COLUMNS_MAX + FIXED] = { zh(f) ? STR(IMPORT_KEY_ZH) : STR(IMPORT_KEY_EN), zh(f) ? STR("编号（供参考）") : STR("Number (for reference)"),
		zh(f) ? STR("名称（供参考）") : STR("Title (for reference)") };
	for (int i = 0; i < f->n; i++) head[FIXED + i] = import_heading(f->p, f->field[i]);
	TRY(sheet_head(cx, f->sheet, head, FIXED + f->n));
	for (int i = 0; i < f->n; i++) {
		struct sheet_rule rule = rule_of(f->p, f->field[i]);
		TRY(sheet_limit(cx, f->sheet, FIXED + i, RULES_ROWS, &rule));
	}
	TRY(put_rows(f));
	TRY(put_help(f));
	return put_choices(f);
}

static enum rc fill_file(struct page *p)
{
	struct rx rx = page_rx(p);
	struct fill *f = ARENA_NEW(p->cx->arena, struct fill);
	f->p = p;
	TRY(page_type(p, p->param[0], &f->type));
	if (!access_fill(&rx, f->type)) return rx_missing(&rx);
	struct mask editable = import_mask(&rx, f->type);
	for (int i = 0; i < f->type->n_field && f->n < COLUMNS_MAX; i++)
		if (import_takes(&editable, f->type->field[i])) f->field[f->n++] = f->type->field[i];
	TRY(list_from_request(p, &rx, f->type, &f->query));
	f->query.after = STR("");
	f->query.limit = LIST_PAGE_MAX;
	struct sheet_target target;
	struct str label = label_of(p, f->type->plural.zh.n ? &f->type->plural : &f->type->label);
	TRY(export_target(p, label, &target));
	enum rc rc = sheet_start(p->cx, &target, &f->sheet);
	if (rc == RC_OK) {
		enum rc put = put_all(f), closed = sheet_finish(p->cx, f->sheet);
		rc = put == RC_OK ? closed : put;
	}
	if (rc == RC_OK) export_reply(p, f->type->name, label, target.fd, p->cx->lang == LANG_ZH ? STR("填报表") : STR("form"), STR("form"));
	else close(target.fd);
	return rc;
}

const struct route fill_routes[] = {
	{ "GET", "/r/:type/fill", NEED_SIGNED, "error.html", fill_file, "可修改的各条记录，作为 XLSX 离线填报，再由导入页收回",
		"The records that one may change, as an XLSX to fill in offline; it comes back by the import page", "read" },
	{ 0 },
};

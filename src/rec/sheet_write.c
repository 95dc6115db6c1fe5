/* XLSX out, by libxlsxwriter in constant memory: rows go to a temporary file as they come. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <xlsxwriter.h>

#include "base/money.h"
#include "base/time.h"
#include "base/utf8.h"
#include "base/val.h"
#include "rec/sheet.h"

/* Spreadsheets hold 15 digits; a cell holds 32767 UTF-16 units, a sheet name 31. */
static const int64_t exact = 999999999999999;
enum { CELL_UNITS = 32767, TAB_CHARS = 31, WIDTH = 18 };

struct sheet_out {
	lxw_workbook *book;
	lxw_worksheet *tab;
	lxw_format *head, *money, *date, *moment, *decimal, *whole;
	int zone_minutes;
	lxw_row_t row;
	enum rc rc;
};

static enum rc broken(struct cx *cx, lxw_error e)
{
	return fail(cx, RC_IO, "sheet.write", NOWHERE, "不能生成工作簿：%s", "cannot make the workbook: %s", lxw_strerror(e));
}

/* Names may not hold []:*?/\ nor start or end with an apostrophe, and are cut at 31 characters. */
static char *tab_name(struct arena *a, struct str s)
{
	struct buf b = BUF(a, s.n + 8);
	struct str cut = str_sub(s, 0, utf8_offset(s, TAB_CHARS));
	for (size_t i = 0; i < cut.n; i++)
		if ((unsigned char)cut.p[i] >= ' ' && !memchr("[]:*?/\\'", cut.p[i], 8)) buf_c(&b, cut.p[i]);
	return b.n ? str_z(a, buf_str(&b)) : (char *)(uintptr_t) "1";
}

static lxw_format *format_of(lxw_workbook *book, const char *code)
{
	lxw_format *f = workbook_add_format(book);
	if (f) format_set_num_format(f, code);
	return f;
}

enum rc sheet_start(struct cx *cx, const struct sheet_target *target, struct sheet_out **out)
{
	struct sheet_out *s = ARENA_NEW(cx->arena, struct sheet_out);
	lxw_workbook_options options = { .constant_memory = LXW_TRUE, .tmpdir = target->tmp_dir.n ? str_z(cx->arena, target->tmp_dir) : NULL };
	/* The library opens a path; this one is our descriptor, whether it has a name or not. */
	char *path = str_z(cx->arena, str_fmt(cx->arena, "/proc/self/fd/%d", target->fd));
	*s = (struct sheet_out){ .book = workbook_new_opt(path, &options), .zone_minutes = target->zone_minutes };
	if (!s->book) return broken(cx, LXW_ERROR_CREATING_XLSX_FILE);
	lxw_doc_properties about = { .created = (time_t)(cx->now_ms / 1000) };
	workbook_set_properties(s->book, &about);
	s->tab = workbook_add_worksheet(s->book, tab_name(cx->arena, target->tab));
	s->head = workbook_add_format(s->book);
	s->money = format_of(s->book, "#,##0.00");
	s->whole = format_of(s->book, "0");
	s->decimal = format_of(s->book, "0.######");
	s->date = format_of(s->book, "yyyy-mm-dd");
	s->moment = format_of(s->book, "yyyy-mm-dd hh:mm:ss");
	if (!s->tab || !s->head || !s->money || !s->whole || !s->decimal || !s->date || !s->moment) {
		lxw_workbook_free(s->book);
		return broken(cx, LXW_ERROR_MEMORY_MALLOC_FAILED);
	}
	format_set_bold(s->head);
	worksheet_freeze_panes(s->tab, 1, 0);
	*out = s;
	return RC_OK;
}

/* Control characters would come back as spaces; "_x0041_" would come back as "A", so its underscore is written as an escape.
   What no cell can hold is cut, and says so. */
static char *cell_text(struct arena *a, struct str s)
{
	static const struct str cut = STR_INIT("…（过长，见系统 / cut, see the record）");
	struct buf b = BUF(a, s.n * 8 + cut.n);
	size_t units = 0;
	for (size_t i = 0; i < s.n;) {
		size_t from = i;
		int32_t c = utf8_next(s, &i);
		units += c > 0xFFFF ? 2 : 1;
		if (units > CELL_UNITS - 60) {
			buf_add(&b, cut);
			break;
		}
		if (c < 0 || (c < ' ' && c != '\n' && c != '\t')) buf_c(&b, ' ');
		else if (c == '_' && s.n - from >= 7 && s.p[from + 1] == 'x' && s.p[from + 6] == '_') buf_add(&b, STR("_x005F_")), units += 6;
		else buf_add(&b, str_sub(s, from, i));
	}
	return str_z(a, buf_str(&b));
}

static lxw_error put_text(struct cx *cx, struct sheet_out *s, lxw_col_t c, struct str text, lxw_format *f)
{
	return text.n ? worksheet_write_string(s->tab, s->row, c, cell_text(cx->arena, text), f) : LXW_NO_ERROR;
}

/* The double nearest to i / one is written with 16 digits, so up to 15 digits of i stand in the file as they are. */
static lxw_error put_number(struct cx *cx, struct sheet_out *s, lxw_col_t c, int64_t i, int64_t one, lxw_format *f, struct str text)
{
	if (i > exact || i < -exact) return put_text(cx, s, c, text, NULL);
	return worksheet_write_number(s->tab, s->row, c, (double)i / (double)one, f);
}

/* Days from 1970 as a serial number; the first days of 1900 are counted wrongly by spreadsheets, so those stay texts. */
static lxw_error put_day(struct cx *cx, struct sheet_out *s, lxw_col_t c, int64_t day, int64_t ms, lxw_format *f, struct str text)
{
	int64_t serial = day + 25569;
	if (serial <= 60 || serial > 2958465) return put_text(cx, s, c, text, NULL);
	return worksheet_write_number(s->tab, s->row, c, (double)serial + (double)ms / DAY_MS, f);
}

static lxw_error put_cell(struct cx *cx, struct sheet_out *s, lxw_col_t c, const struct out_cell *v)
{
	struct arena *a = cx->arena;
	switch (v->kind) {
	case OUT_EMPTY: return LXW_NO_ERROR;
	case OUT_TEXT: return put_text(cx, s, c, v->s, NULL);
	case OUT_INT: return put_number(cx, s, c, v->i, 1, s->whole, str_fmt(a, "%lld", (long long)v->i));
	case OUT_DEC: return put_number(cx, s, c, v->i, DEC_ONE, s->decimal, dec_format(a, v->i));
	case OUT_MONEY: return put_number(cx, s, c, v->i, 100, s->money, money_text(a, v->i));
	case OUT_DATE: return put_day(cx, s, c, v->i, 0, s->date, date_text(a, (int32_t)v->i));
	case OUT_TIME: {
		int32_t day = instant_date(v->i, s->zone_minutes);
		int64_t ms = v->i + (int64_t)s->zone_minutes * MINUTE_MS - (int64_t)day * DAY_MS;
		return put_day(cx, s, c, day, ms, s->moment, instant_text(a, v->i, s->zone_minutes));
	}
	}
	return LXW_NO_ERROR;
}

static enum rc end_row(struct cx *cx, struct sheet_out *s, lxw_error e)
{
	if (e != LXW_NO_ERROR) return s->rc = broken(cx, e);
	s->row++;
	return RC_OK;
}

enum rc sheet_head(struct cx *cx, struct sheet_out *s, const struct str *label, int n)
{
	lxw_error e = worksheet_set_column(s->tab, 0, (lxw_col_t)(n - 1), WIDTH, NULL);
	for (int i = 0; i < n && e == LXW_NO_ERROR; i++) e = put_text(cx, s, (lxw_col_t)i, label[i], s->head);
	return end_row(cx, s, e);
}

enum rc sheet_put(struct cx *cx, struct sheet_out *s, const struct out_cell *cell, int n)
{
	lxw_error e = LXW_NO_ERROR;
	for (int i = 0; i < n && e == LXW_NO_ERROR; i++) e = put_cell(cx, s, (lxw_col_t)i, &cell[i]);
	return end_row(cx, s, e);
}

enum { RULE_TITLE = 30, RULE_TEXT = 220 };

/* The program's own limits on these texts count characters. */
static char *rule_text(struct arena *a, struct str s, size_t chars)
{
	size_t cut = utf8_offset(s, chars);
	return cut ? cell_text(a, str_sub(s, 0, cut)) : NULL;
}

static void between(lxw_data_validation *v, const struct sheet_rule *r, double one)
{
	v->criteria = r->has_min && r->has_max ? LXW_VALIDATION_CRITERIA_BETWEEN : r->has_min ? LXW_VALIDATION_CRITERIA_GREATER_THAN_OR_EQUAL_TO
		: LXW_VALIDATION_CRITERIA_LESS_THAN_OR_EQUAL_TO;
	v->minimum_number = (double)r->min / one;
	v->maximum_number = (double)r->max / one;
	v->value_number = (double)(r->has_min ? r->min : r->max) / one;
}

enum rc sheet_limit(struct cx *cx, struct sheet_out *s, int column, int rows, const struct sheet_rule *r)
{
	lxw_data_validation v = { .ignore_blank = LXW_VALIDATION_ON, .input_title = rule_text(cx->arena, r->title, RULE_TITLE),
		.input_message = rule_text(cx->arena, r->help, RULE_TEXT), .error_message = rule_text(cx->arena, r->error, RULE_TEXT) };
	char range[80], cell[LXW_MAX_CELL_NAME_LENGTH];
	bool limited = r->has_min || r->has_max;
	if (r->kind == RULE_CHOICE && r->choices) {
		lxw_rowcol_to_cell_abs(cell, 0, (lxw_col_t)column, true, true);
		int n = snprintf(range, sizeof range, "=" SHEET_CHOICES "!%s:", cell);
		lxw_rowcol_to_cell_abs(range + n, (lxw_row_t)r->choices - 1, (lxw_col_t)column, true, true);
		v.validate = LXW_VALIDATION_TYPE_LIST_FORMULA;
		v.value_formula = range;
	} else if (r->kind == RULE_DATE) {
		v.validate = LXW_VALIDATION_TYPE_DATE_NUMBER;
		v.criteria = LXW_VALIDATION_CRITERIA_GREATER_THAN_OR_EQUAL_TO;
		v.value_number = 1;
	} else if (r->kind == RULE_INT || r->kind == RULE_DEC || r->kind == RULE_MONEY) {
		v.validate = r->kind == RULE_INT ? LXW_VALIDATION_TYPE_INTEGER : LXW_VALIDATION_TYPE_DECIMAL;
		struct sheet_rule wide = { .min = -exact, .max = exact, .has_min = true, .has_max = true };
		between(&v, limited ? r : &wide, !limited || r->kind == RULE_INT ? 1 : r->kind == RULE_DEC ? DEC_ONE : 100);
	} else if (r->kind == RULE_LENGTH && r->has_max) {
		v.validate = LXW_VALIDATION_TYPE_LENGTH;
		v.criteria = LXW_VALIDATION_CRITERIA_LESS_THAN_OR_EQUAL_TO;
		v.value_number = (double)r->max;
	} else {
		v.validate = LXW_VALIDATION_TYPE_ANY;
	}
	lxw_error e = worksheet_data_validation_range(s->tab, 1, (lxw_col_t)column, (lxw_row_t)(rows > 0 ? rows : 1), (lxw_col_t)column, &v);
	return e == LXW_NO_ERROR ? RC_OK : (s->rc = broken(cx, e));
}

enum rc sheet_tab(struct cx *cx, struct sheet_out *s, struct str name, bool hidden)
{
	s->tab = workbook_add_worksheet(s->book, tab_name(cx->arena, name));
	s->row = 0;
	if (!s->tab) return s->rc = broken(cx, LXW_ERROR_MEMORY_MALLOC_FAILED);
	if (hidden) worksheet_hide(s->tab);
	return RC_OK;
}

enum rc sheet_finish(struct cx *cx, struct sheet_out *s)
{
	if (s->rc != RC_OK) {
		lxw_workbook_free(s->book);
		return s->rc;
	}
	lxw_error e = workbook_close(s->book);
	return e == LXW_NO_ERROR ? RC_OK : broken(cx, e);
}

/* Importing a table: every row is looked at first and nothing is written; then, when all are in order, the rows wait with the
   writer as the account's draft, and one more step takes in all of them or none. */
#include <string.h>

#include "base/pack.h"
#include "base/utf8.h"
#include "feature/feature.h"
#include "feature/import.h"
#include "feature/letter_dict.h"
#include "feature/show.h"
#include "rec/form.h"
#include "rec/sheet.h"

enum {
	SHOWN_MAX = 200, SHOWN_BAD_MAX = 300,   /* rows shown: the first ones, and some more that are wrong */
	SHOWN_BYTES = 512 << 10, CELL_COST = 64, CELL_CHARS = 80, NAME_CHARS = 40, ERRORS_A_ROW = 10, IGNORED_MAX = 50,
	FIELDS_MAX = 320, ROW_ARENA = 64 << 20, ROW_BYTES = 1 << 20, KEYS_MAX = 16, SLOTS = 16384
};

/* A field as a heading may name it: folded, and without what stands in brackets at the end. */
struct known { const struct field_def *field; struct str name, label[2], bare[2], unit[2]; int column; const char *scale; };

struct seen { struct str text; int line; };
struct key { const struct field_def *one, *two; struct seen *slot; };

struct import {
	struct page *p;
	const struct type_def *type;
	struct cx *cx;                  /* the file's memory; `p` has little */
	struct mask editable;
	struct sheet sheet;
	struct known known[FIELDS_MAX];
	int n_known;
	int order[FIELDS_MAX], n_order; /* known ones, as their columns stand in the file */
	struct key key[KEYS_MAX];       /* what no two rows may share */
	int n_key;
	int key_column;                 /* "ID.REV" of the records that rows change; -1: none, every row is a new one */
	struct val ignored, rows, stage;
	size_t shown_bytes, stage_bytes;
	int64_t good, bad, same;
};

/* ---- headings ---- */

static struct str cut(struct str s, size_t chars) { return str_sub(s, 0, utf8_offset(s, chars)); }

bool import_takes(const struct mask *editable, const struct field_def *f)
{
	return field_stored(f) && !f->by_system && f->kind != FIELD_FILE && mask_field(editable, f);
}

bool import_is_key(struct str heading) { return str_is(heading, "记录号") || str_is(heading, "record key"); }

/* "金额(元)" → "金额", "元"; a star at the end is a mark of required columns. */
static void split_heading(struct str s, struct str *bare, struct str *unit)
{
	s = str_trim(s);
	if (str_ends(s, STR("*"))) s = str_trim(str_sub(s, 0, s.n - 1));
	*bare = s;
	*unit = STR("");
	if (!str_ends(s, STR(")"))) return;
	for (size_t i = s.n - 1; i > 0; i--)
		if (s.p[i] == '(') {
			*bare = str_trim(str_sub(s, 0, i));
			*unit = str_trim(str_sub(s, i + 1, s.n - 1));
			return;
		}
}

static enum rc know_fields(struct import *im)
{
	const struct type_def *t = im->type;
	const struct label *currency = &im->p->region->currency;
	for (int i = 0; i < t->n_field && im->n_known < FIELDS_MAX; i++) {
		const struct field_def *f = t->field[i];
		if (!import_takes(&im->editable, f)) continue;
		struct known *k = &im->known[im->n_known++];
		const struct label *unit = f->unit.zh.n ? &f->unit : currency;
		bool has_unit = f->unit.zh.n || f->kind == FIELD_MONEY;
		*k = (struct known){ .field = f, .name = f->name, .column = -1, .scale = "" };
		for (int lang = 0; lang < 2; lang++) {
			struct str none;
			TRY(text_fold(im->cx, label_text(&f->label, (enum lang)lang), &k->label[lang]));
			split_heading(k->label[lang], &k->bare[lang], &none);
			if (has_unit) TRY(text_fold(im->cx, label_text(unit, (enum lang)lang), &k->unit[lang]));
		}
	}
	return RC_OK;
}

static struct known *find_known(struct import *im, struct str heading, struct str bare)
{
	for (int pass = 0; pass < 2; pass++)
		for (int i = 0; i < im->n_known; i++) {
			struct known *k = &im->known[i];
			bool whole = str_eq(k->name, heading) || str_eq(k->label[0], heading) || str_eq(k->label[1], heading);
			bool part = bare.n && (str_eq(k->name, bare) || str_eq(k->label[0], bare) || str_eq(k->label[1], bare) || str_eq(k->bare[0], bare) ||
				str_eq(k->bare[1], bare));
			if (pass == 0 ? whole : part) return k;
		}
	return NULL;
}

/* A number under another unit would be wrong by a factor without anybody noticing. */
static enum rc judge_unit(struct import *im, struct known *k, struct str unit, struct str shown)
{
	const struct field_def *f = k->field;
	bool number = f->kind == FIELD_INT || f->kind == FIELD_DEC || f->kind == FIELD_MONEY;
	if (!unit.n || !number || str_eq(unit, k->unit[0]) || str_eq(unit, k->unit[1])) return RC_OK;
	if (str_is(unit, "必填") || str_is(unit, "选填") || str_is(unit, "required") || str_is(unit, "optional")) return RC_OK;
	/* The folded label itself may end in brackets. */
	for (int lang = 0; lang < 2; lang++) {
		struct str bare, own;
		split_heading(k->label[lang], &bare, &own);
		if (str_eq(own, unit)) return RC_OK;
	}
	if (f->kind == FIELD_MONEY && (str_is(unit, "万元") || str_is(unit, "亿元"))) {
		k->scale = str_is(unit, "万元") ? "万元" : "亿元";
		return RC_OK;
	}
	struct str want = k->unit[0].n ? k->unit[0] : STR("—");
	enum rc rc = fail(im->cx, RC_INVALID, "import.unit", NOWHERE, "列“%.*s”的单位与系统不同（系统：%.*s）",
		"column “%.*s” has another unit than the system (%.*s)",
		STRF(shown), STRF(want));
	fail_hint(im->cx, "请换算后改正列名", "convert the numbers and correct the heading");
	return rc;
}

static enum rc take_heading(struct import *im, struct str cell, int column)
{
	struct arena *a = im->p->cx->arena;
	struct str fold, bare, unit, shown = str_dup(a, cut(str_trim(cell), NAME_CHARS));
	if (!shown.n) return RC_OK;
	TRY(text_fold(im->cx, str_trim(cell), &fold));
	split_heading(fold, &bare, &unit);
	struct known *k = find_known(im, fold, bare);
	if (!k && import_is_key(fold)) {
		im->key_column = column;
		return RC_OK;
	}
	if (!k) {
		if (val_len(im->ignored) < IGNORED_MAX) val_push(a, im->ignored, val_text(shown));
		return RC_OK;
	}
	if (k->column >= 0) {
		enum rc rc = fail(im->cx, RC_INVALID, "import.twice", NOWHERE, "列“%.*s”出现了两次", "column “%.*s” stands there twice", STRF(shown));
		fail_hint(im->cx, "请只保留一列", "keep only one of them");
		return rc;
	}
	k->column = column;
	im->order[im->n_order++] = (int)(k - im->known);
	return judge_unit(im, k, unit, shown);
}

static enum rc take_headings(struct import *im)
{
	const struct sheet_row *head = &im->sheet.v[0];
	bool good = true;
	for (int i = 0; i < head->n; i++) good &= take_heading(im, head->cell[i], i) == RC_OK;
	for (int i = 0; i < im->n_known; i++) {
		const struct field_def *f = im->known[i].field;
		if (!f->required || f->initial || im->known[i].column >= 0 || im->key_column >= 0) continue;
		(void)fail_text(im->cx, RC_INVALID, "import.column", NOWHERE, str_fmt(im->cx->arena, "缺少必填的列“%.*s”", STRF(f->label.zh)),
			str_fmt(im->cx->arena, "the required column “%.*s” is missing", STRF(label_text(&f->label, LANG_EN))));
		fail_hint(im->cx, "第一行应是列名；可下载导入模板对照", "the first row names the columns; compare with the template");
		good = false;
	}
	if (good && !im->n_order) {
		(void)fail(im->cx, RC_INVALID, "import.columns", NOWHERE, "没有认出任何一列", "no column is known");
		fail_hint(im->cx, "第一行应是列名；可下载导入模板对照", "the first row names the columns; compare with the template");
		good = false;
	}
	return good ? RC_OK : RC_INVALID;
}

/* ---- cells ---- */

static bool digits(struct str s, size_t *at, int most, int *out)
{
	int n = 0;
	for (*out = 0; *at < s.n && n < most && s.p[*at] >= '0' && s.p[*at] <= '9'; n++) *out = *out * 10 + (s.p[(*at)++] - '0');
	return n > 0;
}

static bool past(struct str s, size_t *at, const char *const *words)
{
	for (; *words; words++)
		if (str_starts(str_sub(s, *at, s.n), str_c(*words))) return *at += strlen(*words), true;
	return false;
}

/* 2026/3/31, 2026.3.31 and 2026年3月31日 as 2026-03-31, with a time after it as 17:05; anything else stays. */
static struct str plain_date(struct arena *a, struct str s, bool only_date)
{
	static const char *const after_year[] = { "-", "/", ".", "年", NULL }, *const after_month[] = { "-", "/", ".", "月", NULL },
		*const after_day[] = { "日", NULL };
	size_t i = 0;
	int y, m, d, h, min;
	if (!digits(s, &i, 4, &y) || i != 4 || !past(s, &i, after_year)) return s;
	if (!digits(s, &i, 2, &m) || !past(s, &i, after_month) || !digits(s, &i, 2, &d)) return s;
	(void)past(s, &i, after_day);
	struct str rest = str_trim(str_sub(s, i, s.n));
	if (str_starts(rest, STR("T"))) rest = str_sub(rest, 1, rest.n);
	if (!rest.n || (only_date && (str_is(rest, "00:00") || str_is(rest, "0:00") || str_is(rest, "00:00:00") || str_is(rest, "0:00:00"))))
		return str_fmt(a, "%04d-%02d-%02d", y, m, d);
	i = 0;
	if (only_date || !digits(rest, &i, 2, &h) || i == rest.n || rest.p[i] != ':') return s;
	i++;
	if (!digits(rest, &i, 2, &min)) return s;
	return str_fmt(a, "%04d-%02d-%02d %02d:%02d%.*s", y, m, d, h, min, STRF(str_sub(rest, i, rest.n)));
}

static bool word_of(struct str s, const char *const *words)
{
	for (; *words; words++)
		if (str_is(s, *words)) return true;
	return false;
}

/* On a form a box is ticked or not; in a file somebody may have written "maybe". */
static enum rc plain_bool(struct cx *cx, const struct field_def *f, struct str s, struct str *out)
{
	static const char *const yes[] = { "1", "y", "yes", "true", "是", "√", "✓", "对", "有", NULL };
	static const char *const no[] = { "", "0", "n", "no", "false", "否", "×", "✗", "无", NULL };
	struct str fold;
	TRY(text_fold(cx, s, &fold));
	if (word_of(fold, yes)) return *out = STR("1"), RC_OK;
	if (word_of(fold, no)) return *out = STR(""), RC_OK;
	enum rc rc = fail_text(cx, RC_INVALID, "import.bool", IN_FIELD(f->name), str_fmt(cx->arena, "“%.*s”应为是或否", STRF(f->label.zh)),
		str_fmt(cx->arena, "“%.*s” must be yes or no", STRF(label_text(&f->label, LANG_EN))));
	fail_hint(cx, "请填“是”或“否”", "write yes or no");
	return rc;
}

/* A cell as form_parse takes it. */
static enum rc plain_cell(struct cx *cx, const struct known *k, struct str s, struct str *out)
{
	const struct field_def *f = k->field;
	int64_t micro;
	if (f->kind != FIELD_LONG) s = str_trim(s);
	/* The apostrophe that our own CSV puts before what a spreadsheet would run. */
	if (s.n > 1 && s.p[0] == '\'' && memchr("=+-@\t\r", s.p[1], 6)) s = str_sub(s, 1, s.n);
	if (f->kind == FIELD_BOOL) return plain_bool(cx, f, s, out);
	if (f->kind == FIELD_DATE || f->kind == FIELD_TIME) s = plain_date(cx->arena, s, f->kind == FIELD_DATE);
	if (k->scale[0] && dec_parse(s, &micro)) s = str_fmt(cx->arena, "%.*s%s", STRF(s), k->scale);
	*out = s;
	return RC_OK;
}

/* ---- rows that are alike ---- */

static void add_key(struct import *im, const struct field_def *one, const struct field_def *two)
{
	if (im->n_key < KEYS_MAX) im->key[im->n_key++] = (struct key){ one, two, ARENA_ARRAY(im->cx->arena, struct seen, SLOTS) };
}

static void choose_keys(struct import *im)
{
	const struct type_def *t = im->type;
	for (int i = 0; i < im->n_known; i++)
		if (im->known[i].field->unique) add_key(im, im->known[i].field, NULL);
	if (t->return_of && t->period) add_key(im, t->return_of, t->period);
}

static struct str key_text(struct arena *a, struct val v)
{
	if (v.kind == VAL_TEXT) return v.s;
	return val_is_null(v) ? STR("") : str_fmt(a, "%lld", (long long)val_i64(v));
}

/* The database knows nothing yet of the rows above this one. */
static enum rc judge_alike(struct import *im, struct cx *cx, struct val values, int line)
{
	bool good = true;
	for (int i = 0; i < im->n_key; i++) {
		struct key *k = &im->key[i];
		struct str text = key_text(cx->arena, val_get(values, k->one->name)), second = STR("-");
		if (k->two) second = key_text(cx->arena, val_get(values, k->two->name));
		if (!text.n || !second.n) continue;
		if (k->two) text = str_fmt(cx->arena, "%.*s|%.*s", STRF(text), STRF(second));
		size_t at = str_hash(text) % SLOTS;
		while (k->slot[at].line && !str_eq(k->slot[at].text, text)) at = (at + 1) % SLOTS;
		if (!k->slot[at].line) {
			k->slot[at] = (struct seen){ str_dup(im->cx->arena, text), line };
			continue;
		}
		good = false;
		(void)fail_text(cx, RC_INVALID, "import.alike", IN_FIELD(k->one->name),
			str_fmt(cx->arena, "“%.*s”与第 %d 行重复", STRF(k->one->label.zh), k->slot[at].line),
			str_fmt(cx->arena, "“%.*s” is the same as in row %d", STRF(label_text(&k->one->label, LANG_EN)), k->slot[at].line));
		fail_hint(cx, "请删去其中一行", "remove one of the two");
	}
	return good ? RC_OK : RC_INVALID;
}

/* ---- rows ---- */

/* A row that changes a record: which fields it changes. */
static enum rc judge_change(struct import *im, struct rx *rx, struct str key, struct val raw, struct val *changed)
{
	struct arena *a = im->p->cx->arena;
	struct record rec;
	struct val values;
	TRY(record_import_change(rx, im->type, key, raw, &rec, &values));
	struct val changes = record_changes(rx, im->type, &rec, values), list = val_list(a);
	for (size_t i = 0; i < val_len(changes); i++) {
		const struct field_def *f = type_field(im->type, changes.map->v[i].key);
		if (f) val_push(a, list, val_text(label_of(im->p, &f->label)));
	}
	if (!val_len(changes)) im->same++;
	*changed = list;
	return RC_OK;
}

static enum rc judge_row(struct import *im, struct rx *rx, const struct sheet_row *row, struct val raw, struct val *changed)
{
	bool good = true;
	struct val values;
	struct str key = str_trim(sheet_cell(row, im->key_column));
	for (int i = 0; i < im->n_order; i++) {
		const struct known *k = &im->known[im->order[i]];
		struct str s = STR("");
		if (plain_cell(rx->cx, k, sheet_cell(row, k->column), &s) == RC_OK) val_set(rx->cx->arena, raw, k->field->name, val_text(s));
		else good = false;
	}
	if (key.n) {
		TRY(judge_change(im, rx, key, raw, changed));
		return good ? RC_OK : RC_INVALID;
	}
	if (!access_create(rx, im->type))
		return fail(rx->cx, RC_INVALID, "import.new", NOWHERE, "没有记录号：您不能新建这类记录", "no record is named, and you may not make new ones");
	TRY(record_import_values(rx, im->type, raw, &values));
	TRY(judge_alike(im, rx->cx, values, row->line));
	return good ? RC_OK : RC_INVALID;
}

static struct val error_texts(struct arena *a, enum lang lang, const struct fails *fails)
{
	struct val list = val_list(a);
	for (int i = 0; i < fails->n && i < ERRORS_A_ROW; i++) {
		const struct failure *f = &fails->v[i];
		struct str text = fail_message(f, lang), hint = lang == LANG_ZH ? f->hint_zh : f->hint_en;
		const char *between = !hint.n ? "" : lang == LANG_ZH ? "：" : ": ";
		val_push(a, list, val_text(str_fmt(a, "%.*s%s%.*s", STRF(text), between, STRF(hint))));
	}
	return list;
}

static void show_row(struct import *im, const struct sheet_row *row, struct val changed, const struct fails *fails)
{
	struct arena *a = im->p->cx->arena;
	size_t shown = val_len(im->rows), cost = (size_t)(im->n_order + (fails->n < ERRORS_A_ROW ? fails->n : ERRORS_A_ROW) * 4) * CELL_COST;
	if (shown >= (fails->errors ? SHOWN_BAD_MAX : SHOWN_MAX) || im->shown_bytes > SHOWN_BYTES) return;
	struct val m = val_map(a), cells = val_list(a);
	for (int i = 0; i < im->n_order; i++) {
		struct str s = sheet_cell(row, im->known[im->order[i]].column), part = cut(s, CELL_CHARS);
		val_push(a, cells, val_text(part.n < s.n ? str_fmt(a, "%.*s…", STRF(part)) : str_dup(a, part)));
		cost += part.n;
	}
	im->shown_bytes += cost;
	VAL_SET(a, m, "n", val_int(row->line));
	VAL_SET(a, m, "cells", cells);
	if (changed.kind == VAL_LIST) VAL_SET(a, m, "changed", changed);
	VAL_SET(a, m, "errors", error_texts(a, im->p->cx->lang, fails));
	val_push(a, im->rows, m);
}

/* As the writer takes it: see import.stage. Kept only while every row is in order. */
static enum rc stage_row(struct import *im, struct cx *cx, const struct sheet_row *row, struct val raw)
{
	struct val pair = val_list(cx->arena);
	struct buf b = BUF(cx->arena, ROW_BYTES);
	val_push(cx->arena, pair, val_int(row->line));
	val_push(cx->arena, pair, raw);
	val_push(cx->arena, pair, val_text(str_trim(sheet_cell(row, im->key_column))));
	if (!val_pack(&b, pair)) return fail(cx, RC_INVALID, "import.row", NOWHERE, "这一行过长", "the row is too long");
	im->stage_bytes += b.n + 8;
	if (im->bad) return RC_OK;
	if (im->stage_bytes > IMPORT_BYTES_MAX) {
		enum rc rc = fail(im->cx, RC_LIMIT, "import.bytes", NOWHERE, "内容超过 6 MiB", "more than 6 MiB of content");
		fail_hint(im->cx, "请拆成几个较小的文件", "split it into smaller files");
		return rc;
	}
	struct arena *a = http_page_arena(im->p->exchange);
	val_push(a, im->stage, val_text(str_dup(a, buf_str(&b))));
	return RC_OK;
}

static enum rc take_row(struct import *im, struct arena *a, const struct sheet_row *row)
{
	struct cx cx = { .arena = a, .lang = im->p->cx->lang, .now_ms = im->p->cx->now_ms };
	struct rx rx = page_rx(im->p);
	struct val raw = val_map(a), changed = VNULL;
	rx.cx = &cx;
	enum rc rc = judge_row(im, &rx, row, raw, &changed);
	if (rc == RC_IO || rc == RC_BUSY) {
		fail_copy(im->cx, &cx.fails);
		return rc;
	}
	if (rc == RC_OK) rc = stage_row(im, &cx, row, raw);
	if (rc == RC_LIMIT) return rc;
	if (rc == RC_OK) im->good++;
	else im->bad++;
	show_row(im, row, changed, &cx.fails);
	return RC_OK;
}

static enum rc take_rows(struct import *im)
{
	if (im->sheet.n - 1 > IMPORT_ROWS_MAX) {
		enum rc rc = fail(im->cx, RC_LIMIT, "import.rows", NOWHERE, "一次最多导入 %d 行", "at most %d rows at a time", IMPORT_ROWS_MAX);
		fail_hint(im->cx, "请拆成几个较小的文件", "split it into smaller files");
		return rc;
	}
	struct arena *a = arena_new(ROW_ARENA);
	enum rc rc = RC_OK;
	for (size_t i = 1; i < im->sheet.n && rc == RC_OK; i++) {
		rc = take_row(im, a, &im->sheet.v[i]);
		arena_reset(a);
	}
	arena_free(a);
	return rc;
}

/* ---- the pages ---- */

/* Every field that a grant of the viewer's roles lets change: which record, each row tells. */
struct mask import_mask(const struct rx *rx, const struct type_def *t)
{
	struct mask m = access_create(rx, t) ? access_new(rx, t).editable : (struct mask){ 0 };
	for (int i = 0; i < t->n_grant[ACT_EDIT]; i++) {
		const struct grant *g = t->grant[ACT_EDIT][i];
		if (!grant_names(g, &rx->viewer)) continue;
		for (int k = 0; k < t->n_field + t->n_table; k++)
			if (!g->field || g->field[k]) m.w[k / 64] |= (uint64_t)1 << (k % 64);
	}
	return m;
}

static enum rc open_import(struct page *p, struct import *im)
{
	struct rx rx = page_rx(p);
	struct arena *a = p->cx->arena;
	*im = (struct import){ .p = p, .cx = p->cx, .key_column = -1 };
	TRY(page_type(p, p->param[0], &im->type));
	if (!access_fill(&rx, im->type)) return rx_missing(&rx);
	im->editable = import_mask(&rx, im->type);
	VAL_SET(a, p->out, "type", show_type(p, im->type));
	VAL_SET(a, p->out, "fill_link", val_text(str_fmt(a, "/r/%.*s/fill", STRF(im->type->name))));
	if (access_create(&rx, im->type)) VAL_SET(a, p->out, "template_link", val_text(str_fmt(a, "/r/%.*s/import-template", STRF(im->type->name))));
	return RC_OK;
}

static enum rc import_page(struct page *p)
{
	struct import *im = ARENA_NEW(p->cx->arena, struct import);
	return open_import(p, im);
}

/* With units, and a star on what is required; take_heading reads both. */
struct str import_heading(struct page *p, const struct field_def *f)
{
	struct str label = label_of(p, &f->label), unit = show_unit(p, f);
	const char *star = f->required && !f->initial ? "*" : "";
	if (!unit.n) return str_fmt(p->cx->arena, "%.*s%s", STRF(label), star);
	return str_fmt(p->cx->arena, p->cx->lang == LANG_ZH ? "%.*s（%.*s）%s" : "%.*s (%.*s)%s", STRF(label), STRF(unit), star);
}

static enum rc template_file(struct page *p)
{
	struct import *im = ARENA_NEW(p->cx->arena, struct import);
	struct str label[FIELDS_MAX];
	int n = 0;
	TRY(open_import(p, im));
	for (int i = 0; i < im->type->n_field && n < FIELDS_MAX; i++)
		if (import_takes(&im->editable, im->type->field[i])) label[n++] = import_heading(p, im->type->field[i]);
	return import_template(p, im->type, label, n);
}

static enum rc read_file(struct import *im)
{
	const struct http_upload *u = NULL;
	struct str bytes;
	for (int i = 0; i < im->p->req->n_upload; i++)
		if (str_is(im->p->req->upload[i].field, "file") && im->p->req->upload[i].filename.n) u = &im->p->req->upload[i];
	if (!u) {
		enum rc rc = fail(im->cx, RC_INVALID, "import.file", IN_FIELD(STR("file")), "请选择文件", "choose a file");
		fail_hint(im->cx, "CSV 或 XLSX", "CSV or XLSX");
		return rc;
	}
	TRY(read_upload(im->cx, u, SHEET_FILE_MAX, &bytes));
	TRY(sheet_read(im->cx, bytes, str_z(im->cx->arena, u->filename), &im->sheet));
	if (im->sheet.n < 2) {
		enum rc rc = fail(im->cx, RC_INVALID, "import.empty", IN_FIELD(STR("file")), "文件里没有数据行", "there are no rows in the file");
		fail_hint(im->cx, "第一行是列名，从第二行起是数据", "the first row names the columns, the rows follow");
		return rc;
	}
	return RC_OK;
}

static enum rc look(struct import *im)
{
	TRY(read_file(im));
	TRY(know_fields(im));
	TRY(take_headings(im));
	choose_keys(im);
	return take_rows(im);
}

/* What is wrong with the file as a whole: pages show the text alone, so the line goes into it. */
static void tell(struct cx *to, const struct cx *from)
{
	struct arena *a = to->arena;
	for (int i = 0; i < from->fails.n; i++) {
		const struct failure *f = &from->fails.v[i];
		struct where at = { .line = f->where.line, .field = STR("file") };
		bool line = f->where.line > 0;
		struct str zh = line ? str_fmt(a, "第 %d 行：%.*s", f->where.line, STRF(f->zh)) : str_dup(a, f->zh);
		struct str en = line ? str_fmt(a, "line %d: %.*s", f->where.line, STRF(f->en)) : str_dup(a, f->en);
		(void)fail_text(to, RC_INVALID, str_dup(a, str_c(f->code)).p, at, zh, en);
		if (f->hint_zh.n) fail_hint_text(to, str_dup(a, f->hint_zh), str_dup(a, f->hint_en));
		else fail_hint(to, "请改正后重新上传", "mend it and upload the file again");
	}
}

static void show_preview(struct import *im)
{
	struct page *p = im->p;
	struct arena *a = p->cx->arena;
	struct val preview = val_map(a), columns = val_list(a);
	for (int i = 0; i < im->n_order; i++) val_push(a, columns, val_text(label_of(p, &im->known[im->order[i]].field->label)));
	VAL_SET(a, preview, "columns", columns);
	VAL_SET(a, preview, "rows", im->rows);
	VAL_SET(a, preview, "good", val_int(im->good));
	VAL_SET(a, preview, "bad", val_int(im->bad));
	VAL_SET(a, preview, "same", val_int(im->same));
	VAL_SET(a, preview, "changes", val_bool(im->key_column >= 0));
	VAL_SET(a, preview, "encoding", val_textz(im->sheet.encoding));
	VAL_SET(a, preview, "ignored", im->ignored);
	VAL_SET(a, preview, "drafts", val_bool(im->type->state[0]->draft));
	VAL_SET(a, p->out, "preview", preview);
}

static enum rc staged(struct page *p, enum rc rc, struct val reply)
{
	p->shown = true;
	TRY(rc);
	VAL_SET(p->cx->arena, p->out, "token", VAL_GET(reply, "token"));
	return RC_OK;
}

static enum rc look_at_file(struct page *p)
{
	struct arena *a = p->cx->arena;
	struct import *im = ARENA_NEW(a, struct import);
	TRY(open_import(p, im));
	struct cx cx = { .arena = arena_new(SHEET_ARENA + ((size_t)64 << 20)), .lang = p->cx->lang, .now_ms = p->cx->now_ms };
	im->cx = &cx;
	im->ignored = val_list(a);
	im->rows = val_list(a);
	im->stage = val_list(http_page_arena(p->exchange));
	enum rc rc = look(im);
	tell(p->cx, &cx);
	if (rc == RC_OK) show_preview(im);
	arena_free(cx.arena);
	p->shown = true;
	if (rc != RC_OK || im->bad) return rc;
	struct val args = val_map(a);
	VAL_SET(a, args, "type", val_text(im->type->name));
	VAL_SET(a, args, "rows", im->stage);
	page_command(p, "import.stage", args);
	p->then = staged;
	return RC_OK;
}

static enum rc applied(struct page *p, enum rc rc, struct val reply)
{
	p->shown = true;
	TRY(rc);
	if (p->json) p->out = reply;
	p->redirect = str_fmt(p->cx->arena, "/r/%.*s?done=imported", STRF(p->param[0]));
	return RC_OK;
}

static enum rc apply(struct page *p)
{
	struct import *im = ARENA_NEW(p->cx->arena, struct import);
	struct val args = val_map(p->cx->arena), body = page_body(p);
	if (p->cx->fails.errors) return RC_INVALID;
	TRY(open_import(p, im));
	VAL_SET(p->cx->arena, args, "type", val_text(im->type->name));
	VAL_SET(p->cx->arena, args, "token", body.kind == VAL_MAP ? VAL_GET(body, "token") : val_text(http_form(p->req, "token")));
	page_command(p, "import.apply", args);
	p->then = applied;
	return RC_OK;
}

const struct route import_routes[] = {
	{ "GET", "/r/:type/import", NEED_SIGNED, "import.html", import_page, "从表格导入", "Import a table", NULL },
	{ "GET", "/r/:type/import-template", NEED_SIGNED, "error.html", template_file, "导入模板（CSV 或 XLSX）",
		"An empty table to fill in (CSV or XLSX)", "read" },
	{ "POST", "/r/:type/import", NEED_SIGNED, "import.html", look_at_file, "逐行检查要导入的表格，不写入",
		"Look at every row of a table; nothing is written", "write" },
	{ "POST", "/r/:type/import/apply", NEED_SIGNED, "import.html", apply, "导入检查过的各行：全部或全不",
		"Take in the rows that were looked at: all or none", "write" },
	{ 0 },
};

#include "feature/show.h"

#include "base/json.h"
#include "base/money.h"
#include "base/rng.h"
#include "base/time.h"
#include "rec/criteria.h"
#include "rec/file.h"
#include "rec/form.h"
#include "rec/strip.h"
#include "feature/letter_dict.h"

struct rx page_rx(struct page *p)
{
	const struct desk *desk = p->app->ctx;
	return (struct rx){ .cx = p->cx, .db = p->db, .region = p->region, .vault = desk->vault, .viewer = p->viewer };
}

enum rc page_type(struct page *p, struct str name, const struct type_def **t)
{
	struct rx rx = page_rx(p);
	const struct type_def *found = region_type(p->region, name);
	if (!found || (!access_type(&rx, found) && !access_create(&rx, found))) return rx_missing(&rx);
	*t = found;
	return RC_OK;
}

enum rc page_id(struct page *p, struct str text, int64_t *id)
{
	struct rx rx = page_rx(p);
	return id_parse(text, id) ? RC_OK : rx_missing(&rx);
}

struct str label_of(const struct page *p, const struct label *l) { return label_text(l, p->cx->lang); }

struct str record_link(struct arena *a, const struct type_def *t, int64_t id)
{
	size_t n = t->name.n + 4;
	char *p = arena_alloc(a, n + ID_TEXT + 1);
	memcpy(p, "/r/", 3);
	memcpy(p + 3, t->name.p, t->name.n);
	p[n - 1] = '/';
	id_put(p + n, id);
	return (struct str){ p, n + ID_TEXT };
}

struct str show_instant(struct page *p, int64_t ms)
{
	struct str s = instant_text(p->cx->arena, ms, p->region->zone_minutes);
	return str_ends(s, STR(":00")) ? str_sub(s, 0, 16) : s;
}

struct str show_text(struct page *p, const struct field_def *f, struct val v)
{
	struct arena *a = p->cx->arena;
	bool zh = p->cx->lang == LANG_ZH;
	if (val_is_null(v)) return STR("");
	switch (f->kind) {
	/* More decimals of a mean or a share would promise what is not there; JSON and exports keep them. */
	case FIELD_DEC: return dec_format(a, dec_round(v.kind == VAL_INT ? v.i * DEC_ONE : v.i, f->compute ? 2 : 6));
	case FIELD_BOOL: return val_true(v) ? (zh ? STR("是") : STR("yes")) : (zh ? STR("否") : STR("no"));
	case FIELD_MONEY: return money_text(a, v.i);
	case FIELD_TIME: return show_instant(p, v.i);
	case FIELD_DATE: return date_text(a, (int32_t)v.i);
	case FIELD_CODE: {
		const struct code_item *item = f->codes ? codes_item(f->codes, val_str(v)) : NULL;
		return item ? label_of(p, &item->label) : val_str(v);
	}
	default: {
		if (v.kind == VAL_TEXT) return v.s;
		struct rx rx = page_rx(p);
		return form_text(&rx, f, v);
	}
	}
}

static const char *const kind_names[] = { "text", "long", "int", "dec", "money", "bool", "date", "time", "code", "ref", "file", "email", "phone", "uscc",
	"orcid", "url" };

struct str show_unit(struct page *p, const struct field_def *f)
{
	if (f->unit.zh.n) return label_of(p, &f->unit);
	return f->kind == FIELD_MONEY ? label_of(p, &p->region->currency) : STR("");
}

static enum rc show_file(struct page *p, struct rx *rx, int64_t id, struct val m)
{
	struct arena *a = p->cx->arena;
	struct file_info info;
	TRY(file_info(rx, id, &info));
	VAL_SET(a, m, "text", val_text(info.name));
	VAL_SET(a, m, "bytes", val_int(info.bytes));
	VAL_SET(a, m, "link", val_text(str_fmt(a, "/file/%.*s", STRF(id_text(a, id)))));
	return RC_OK;
}

enum rc show_field(struct page *p, struct rx *rx, const struct field_def *f, struct val v, struct val *out)
{
	struct arena *a = p->cx->arena;
	struct val m = val_map(a);
	VAL_SET(a, m, "name", val_text(f->name));
	VAL_SET(a, m, "label", val_text(label_of(p, &f->label)));
	VAL_SET(a, m, "kind", val_textz(kind_names[f->kind]));
	if (f->code.n) VAL_SET(a, m, "code", val_text(f->code));
	VAL_SET(a, m, "empty", val_bool(val_is_null(v)));
	VAL_SET(a, m, "number", val_bool(f->kind == FIELD_INT || f->kind == FIELD_DEC || f->kind == FIELD_MONEY));
	VAL_SET(a, m, "text", val_text(show_text(p, f, v)));
	if (!val_is_null(v)) VAL_SET(a, m, "unit", val_text(show_unit(p, f)));
	if (f->kind == FIELD_REF && !val_is_null(v)) {
		struct str title;
		TRY(titles_read(rx, f->ref, &v.i, 1, &title));
		VAL_SET(a, m, "text", val_text(title));
		VAL_SET(a, m, "hidden", val_bool(!title.n));
		if (title.n) VAL_SET(a, m, "link", val_text(record_link(a, f->ref, v.i)));
	}
	if (f->kind == FIELD_FILE && !val_is_null(v)) TRY(show_file(p, rx, v.i, m));
	if (f->kind == FIELD_URL && !val_is_null(v)) VAL_SET(a, m, "link", v);
	if (f->kind == FIELD_EMAIL && !val_is_null(v)) VAL_SET(a, m, "link", val_text(str_fmt(a, "mailto:%.*s", STRF(val_str(v)))));
	*out = m;
	return RC_OK;
}

struct str show_act(struct page *p, const struct type_def *t, struct str act, struct str move)
{
	static const struct { const char *act, *zh, *en; } words[] = {
		{ "create", "新建", "created" }, { "save", "修改", "changed" }, { "delete", "删除", "deleted" }, { "import", "导入", "imported" },
		{ "demo", "生成演示数据", "made as demonstration data" }, { "propose", "提出指派方案", "assignment proposed" },
		{ "publish", "公布指派", "assignment published" }, { "receipt", "出具回执", "receipt given" },
		{ "link", "制作卷宗链接", "made a link to the dossier" }, { "link-used", "凭链接取走卷宗", "the dossier was taken by its link" },
		{ "link-revoke", "停用卷宗链接", "withdrew a link to the dossier" },
		{ "sign-in", "登录", "signed in" }, { "sign-in-refused", "登录被拒", "sign-in refused" }, { "sign-out", "退出", "signed out" },
		{ "password", "修改密码", "changed the password" }, { "token", "开设接口令牌", "made a token" }, { "token-revoke", "停用接口令牌", "withdrew a token" },
		{ "advance", "拨动演示时钟", "moved the demonstration clock" }, { "open", "开设账号", "opened the account" }, { "close", "停用账号", "closed the account" },
		{ "reopen", "恢复账号", "reopened the account" }, { "roles", "授予角色", "gave roles" }, { "reset", "重置密码", "gave a new password" },
	};
	const struct move_def *m = t && move.n ? type_move(t, move) : NULL;
	bool zh = p->cx->lang == LANG_ZH;
	if (m && str_is(act, "approve")) return str_fmt(p->cx->arena, "%s%.*s%s", zh ? "同意“" : "agreed to “", STRF(label_of(p, &m->label)), "”");
	if (m) return label_of(p, &m->label);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (str_is(act, words[i].act)) return str_c(zh ? words[i].zh : words[i].en);
	return act;
}

struct val show_state(struct page *p, const struct state_def *s)
{
	static const char *const tones[] = { "plain", "wait", "good", "bad" };
	struct arena *a = p->cx->arena;
	struct val m = val_map(a);
	VAL_SET(a, m, "name", val_text(s->name));
	VAL_SET(a, m, "label", val_text(label_of(p, &s->label)));
	VAL_SET(a, m, "hint", val_text(label_of(p, &s->hint)));
	VAL_SET(a, m, "tone", val_textz(tones[s->tone]));
	VAL_SET(a, m, "draft", val_bool(s->draft));
	VAL_SET(a, m, "final", val_bool(s->final));
	VAL_SET(a, m, "sealed", val_bool(s->sealed));
	return m;
}

struct val show_type(struct page *p, const struct type_def *t)
{
	struct arena *a = p->cx->arena;
	struct val m = val_map(a);
	VAL_SET(a, m, "name", val_text(t->name));
	VAL_SET(a, m, "label", val_text(label_of(p, &t->label)));
	VAL_SET(a, m, "plural", val_text(t->plural.zh.n ? label_of(p, &t->plural) : label_of(p, &t->label)));
	VAL_SET(a, m, "hint", val_text(label_of(p, &t->hint)));
	VAL_SET(a, m, "link", val_text(STR_CAT(a, STR("/r/"), t->name)));
	return m;
}

/* ---- sections ---- */

static struct val section_named(struct page *p, struct val list, const struct label *title)
{
	struct arena *a = p->cx->arena;
	struct str text = label_of(p, title);
	if (val_len(list) && str_eq(val_str(VAL_GET(val_at(list, val_len(list) - 1), "title")), text)) return val_at(list, val_len(list) - 1);
	struct val s = val_map(a);
	VAL_SET(a, s, "title", val_text(text));
	VAL_SET(a, s, "fields", val_list(a));
	VAL_SET(a, s, "tables", val_list(a));
	val_push(a, list, s);
	return s;
}

static enum rc show_table(struct page *p, struct rx *rx, const struct table_def *t, struct val rows, show_one each, void *ctx, struct val *out)
{
	struct arena *a = p->cx->arena;
	struct val m = val_map(a), columns = val_list(a), shown = val_list(a);
	VAL_SET(a, m, "name", val_text(t->name));
	VAL_SET(a, m, "label", val_text(label_of(p, &t->label)));
	VAL_SET(a, m, "hint", val_text(label_of(p, &t->hint)));
	VAL_SET(a, m, "min", val_int(t->min_rows));
	for (int i = 0; i < t->n_column; i++) {
		struct val c = val_map(a);
		VAL_SET(a, c, "name", val_text(t->column[i]->name));
		VAL_SET(a, c, "label", val_text(label_of(p, &t->column[i]->label)));
		VAL_SET(a, c, "required", val_bool(t->column[i]->required));
		VAL_SET(a, c, "unit", val_text(show_unit(p, t->column[i])));
		val_push(a, columns, c);
	}
	for (size_t r = 0; r < val_len(rows); r++) {
		struct val row = val_map(a), cells = val_list(a);
		VAL_SET(a, row, "n", val_int((int64_t)r + 1));
		for (int i = 0; i < t->n_column; i++) {
			struct val cell;
			struct str path = str_fmt(a, "%.*s.%zu.%.*s", STRF(t->name), r + 1, STRF(t->column[i]->name));
			TRY(each(p, rx, ctx, t->column[i], path, val_get(val_at(rows, r), t->column[i]->name), &cell));
			val_push(a, cells, cell);
		}
		VAL_SET(a, row, "cells", cells);
		val_push(a, shown, row);
	}
	VAL_SET(a, m, "columns", columns);
	VAL_SET(a, m, "rows", shown);
	*out = m;
	return RC_OK;
}

/* A cell of a criterion: the input where it may be filled in, the value otherwise. */
static enum rc criterion_cell(struct page *p, struct rx *rx, const struct field_def *f, struct str path, struct val v, show_one each, void *ctx,
	struct val *out)
{
	TRY(each(p, rx, ctx, f, path, v, out));
	return val_is_null(*out) ? show_field(p, rx, f, v, out) : RC_OK;
}

enum rc show_criterion(struct page *p, struct rx *rx, const struct table_def *t, struct val row, size_t n, show_one each, void *ctx,
	struct val *out)
{
	static const enum criteria_column filled[] = { CRITERIA_STATEMENT, CRITERIA_PROOF, CRITERIA_VERDICT, CRITERIA_NOTE };
	struct arena *a = p->cx->arena;
	bool zh = p->cx->lang == LANG_ZH;
	struct val m = val_map(a);
	const struct criterion_def *c = criteria_of(p->region, row);
	struct str judged = val_str(val_get(row, t->column[CRITERIA_JUDGED]->name));
	VAL_SET(a, m, "n", val_int((int64_t)n));
	VAL_SET(a, m, "measure", val_get(row, t->column[CRITERIA_FAMILY]->name));
	VAL_SET(a, m, "criterion", val_get(row, t->column[CRITERIA_NAME]->name));
	VAL_SET(a, m, "document", val_get(row, t->column[CRITERIA_NUMBER]->name));
	VAL_SET(a, m, "title", val_text(c ? label_of(p, &c->measure->label) : STR("")));
	VAL_SET(a, m, "text", val_get(row, t->column[zh ? CRITERIA_TEXT : CRITERIA_TEXT_EN]->name));
	VAL_SET(a, m, "hint", val_text(c ? label_of(p, &c->hint) : STR("")));
	VAL_SET(a, m, "evidence", val_bool(c && c->evidence));
	VAL_SET(a, m, "unverified", val_bool(val_true(val_get(row, t->column[CRITERIA_UNVERIFIED]->name))));
	VAL_SET(a, m, "judged", val_text(judged));
	VAL_SET(a, m, "judged_label", val_text(show_text(p, t->column[CRITERIA_JUDGED], val_text(judged))));
	VAL_SET(a, m, "tone", val_textz(str_is(judged, "met") ? "good" : str_is(judged, "not_met") ? "bad" : "plain"));
	VAL_SET(a, m, "shown", val_get(row, t->column[zh ? CRITERIA_SHOWN : CRITERIA_SHOWN_EN]->name));
	for (size_t i = 0; i < sizeof filled / sizeof *filled; i++) {
		const struct field_def *f = t->column[filled[i]];
		struct val one;
		struct str path = str_fmt(a, "%.*s.%zu.%.*s", STRF(t->name), n, STRF(f->name));
		TRY(criterion_cell(p, rx, f, path, val_get(row, f->name), each, ctx, &one));
		val_set(a, m, f->name, one);
	}
	*out = m;
	return RC_OK;
}

/* Criteria stand one below the other, each with all that belongs to it: as a table they would be too wide to read. */
static enum rc show_criteria(struct page *p, struct rx *rx, const struct table_def *t, struct val rows, show_one each, void *ctx, struct val *out)
{
	struct arena *a = p->cx->arena;
	struct val m = val_map(a), list = val_list(a);
	VAL_SET(a, m, "name", val_text(t->name));
	VAL_SET(a, m, "label", val_text(label_of(p, &t->label)));
	VAL_SET(a, m, "hint", val_text(label_of(p, &t->hint)));
	VAL_SET(a, m, "is_criteria", val_bool(true));
	for (size_t r = 0; r < val_len(rows); r++) {
		struct val one;
		TRY(show_criterion(p, rx, t, val_at(rows, r), r + 1, each, ctx, &one));
		struct val before = r ? val_at(list, r - 1) : VNULL;
		VAL_SET(a, one, "first", val_bool(!r || !val_eq(VAL_GET(before, "document"), VAL_GET(one, "document")) ||
			!val_eq(VAL_GET(before, "measure"), VAL_GET(one, "measure"))));
		val_push(a, list, one);
	}
	VAL_SET(a, m, "criteria", list);
	*out = m;
	return RC_OK;
}

enum rc show_sections(struct page *p, struct rx *rx, const struct type_def *t, const struct mask *mask, struct val values, show_one each, void *ctx,
	struct val *out)
{
	struct arena *a = p->cx->arena;
	struct val list = val_list(a);
	for (int i = 0; i < t->n_field; i++) {
		const struct field_def *f = t->field[i];
		if (!mask_field(mask, f)) continue;
		struct val one;
		TRY(each(p, rx, ctx, f, f->name, val_get(values, f->name), &one));
		if (val_is_null(one)) continue;
		val_push(a, VAL_GET(section_named(p, list, &f->section), "fields"), one);
	}
	for (int i = 0; i < t->n_table; i++) {
		const struct table_def *table = t->table[i];
		if (!mask_table(mask, table)) continue;
		struct val one, section = VNULL;
		if (table->criteria) TRY(show_criteria(p, rx, table, val_get(values, table->name), each, ctx, &one));
		else TRY(show_table(p, rx, table, val_get(values, table->name), each, ctx, &one));
		for (size_t k = 0; k < val_len(list); k++)
			if (table->section.zh.n && str_eq(val_str(VAL_GET(val_at(list, k), "title")), label_of(p, &table->section))) section = val_at(list, k);
		if (val_is_null(section)) section = section_named(p, list, table->section.zh.n ? &table->section : &table->label);
		val_push(a, VAL_GET(section, "tables"), one);
	}
	*out = list;
	return RC_OK;
}

/* ---- what was typed ---- */

enum { ROWS_MAX = 1000 };

/* Put "target.3.goal" where it belongs; rows may come in any order and are kept by number. */
static void put_row(struct arena *a, const struct table_def *t, struct val raw, struct str row, struct str column, struct str value)
{
	int64_t n;
	if (!table_column(t, column) || !str_int(row, &n) || n < 1 || n > ROWS_MAX) return;
	struct val list = val_get(raw, t->name);
	if (list.kind != VAL_LIST) {
		list = val_list(a);
		val_set(a, raw, t->name, list);
	}
	while ((int64_t)val_len(list) < n) val_push(a, list, val_map(a));
	val_set(a, val_at(list, (size_t)n - 1), column, val_text(value));
}

struct val page_body(struct page *p)
{
	if (p->body_read) return p->body;
	p->body_read = true;
	p->body = VNULL;
	struct val body;
	if (p->req->body.n && json_read(p->cx, p->req->body, "body", &body) == RC_OK) p->body = body;
	return p->body;
}

struct val form_raw(struct page *p, const struct type_def *t)
{
	struct arena *a = p->cx->arena;
	struct val raw = VAL_GET(page_body(p), "values");
	if (raw.kind == VAL_MAP) return raw;
	raw = val_map(a);
	for (int i = 0; i < p->req->n_form; i++) {
		struct str name = p->req->form[i].name, value = p->req->form[i].value;
		if (str_starts(name, STR("_"))) continue;
		struct str rest = name, table, row;
		const struct table_def *td = str_cut(&rest, '.', &table) && rest.p ? type_table(t, table) : NULL;
		if (td && str_cut(&rest, '.', &row) && rest.p) put_row(a, td, raw, row, rest, value);
		else if (type_field(t, name)) val_set(a, raw, name, val_text(value));
	}
	/* A row of which only the file is filled in is a row too. */
	for (int i = 0; i < p->req->n_upload; i++) {
		struct str rest = p->req->upload[i].field, table, row;
		const struct table_def *td = str_cut(&rest, '.', &table) && rest.p ? type_table(t, table) : NULL;
		if (td && str_cut(&rest, '.', &row) && rest.p) put_row(a, td, raw, row, rest, STR(""));
	}
	return raw;
}

/* "report", or "evidence.2.paper" in a table. */
static const struct field_def *upload_field(const struct type_def *t, struct str path)
{
	const struct field_def *f = type_field(t, path);
	struct str rest = path, table, row;
	if (f || !str_cut(&rest, '.', &table) || !str_cut(&rest, '.', &row) || !rest.p) return f;
	const struct table_def *td = type_table(t, table);
	return td ? table_column(td, rest) : NULL;
}

static struct str ending_of(struct arena *a, struct str name)
{
	size_t dot = name.n;
	while (dot > 0 && name.p[dot - 1] != '.') dot--;
	char *end = str_z(a, str_sub(name, dot, name.n));
	for (char *c = end; *c; c++) *c = *c >= 'A' && *c <= 'Z' ? (char)(*c | 32) : *c;
	return str_c(end);
}

static enum rc try_strip(struct page *p, const struct http_upload *u, struct str kind)
{
	struct cx own = { .arena = arena_new(STRIP_ARENA), .lang = p->cx->lang, .now_ms = p->cx->now_ms };
	struct str bytes;
	enum rc rc = read_upload(&own, u, STRIP_BYTES_MAX, &bytes);
	if (rc == RC_OK) rc = strip_file(&own, kind, bytes, &bytes);
	for (int i = 0; rc != RC_OK && i < own.fails.n; i++) {
		const struct failure *f = &own.fails.v[i];
		(void)fail_text(p->cx, RC_INVALID, str_dup(p->cx->arena, str_c(f->code)).p, IN_FIELD(u->field),
			str_fmt(p->cx->arena, "“%.*s”：%.*s", STRF(u->filename), STRF(f->zh)), str_fmt(p->cx->arena, "“%.*s”: %.*s", STRF(u->filename), STRF(f->en)));
		fail_hint_text(p->cx, str_dup(p->cx->arena, f->hint_zh), str_dup(p->cx->arena, f->hint_en));
	}
	arena_free(own.arena);
	return rc;
}

enum rc form_files_strip(struct page *p, const struct type_def *t)
{
	bool good = true;
	for (int i = 0; i < p->req->n_upload; i++) {
		const struct http_upload *u = &p->req->upload[i];
		const struct field_def *f = upload_field(t, u->field);
		struct str kind = ending_of(p->cx->arena, u->filename);
		/* Of another ending: the command refuses it in its own words. */
		if (!u->bytes || !f || !f->strip || !file_strips(kind)) continue;
		good = try_strip(p, u, kind) == RC_OK && good;
	}
	return good ? RC_OK : RC_INVALID;
}

struct val form_files(struct page *p)
{
	struct arena *a = p->cx->arena;
	struct val list = val_list(a);
	for (int i = 0; i < p->req->n_upload; i++) {
		const struct http_upload *u = &p->req->upload[i];
		if (!u->bytes && !u->filename.n) continue;
		struct val m = val_map(a);
		VAL_SET(a, m, "field", val_text(u->field));
		VAL_SET(a, m, "name", val_text(u->filename));
		VAL_SET(a, m, "path", val_text(u->path));
		VAL_SET(a, m, "digest", val_text(u->digest));
		VAL_SET(a, m, "bytes", val_int(u->bytes));
		val_push(a, list, m);
	}
	return list;
}

void page_command(struct page *p, const char *name, struct val args)
{
	struct arena *a = p->cx->arena;
	p->command = val_map(a);
	VAL_SET(a, p->command, "name", val_textz(name));
	VAL_SET(a, p->command, "args", args);
}

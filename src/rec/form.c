#include "rec/form.h"

#include "base/money.h"
#include "base/rng.h"
#include "base/time.h"
#include "base/utf8.h"
#include "rec/criteria.h"
#include "rec/file.h"
#include "rec/identity.h"

/* ---- one field ---- */

static enum rc bad(struct rx *rx, const struct field_def *f, struct str path, const char *zh, const char *en, const char *hint_zh, const char *hint_en)
{
	struct arena *a = rx->cx->arena;
	enum rc rc = fail_text(rx->cx, RC_INVALID, "form.kind", IN_FIELD(path), str_fmt(a, "“%.*s”%s", STRF(f->label.zh), zh),
		str_fmt(a, "“%.*s” %s", STRF(label_text(&f->label, LANG_EN)), en));
	fail_hint_text(rx->cx, str_c(hint_zh), str_c(hint_en));
	return rc;
}

static struct str strip_commas(struct arena *a, struct str s)
{
	struct buf b = BUF(a, s.n);
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != ',') buf_c(&b, s.p[i]);
	return buf_str(&b);
}

/* A ref may be given as its id, its number, or its exact title when only one visible record has it. */
static enum rc parse_ref(struct rx *rx, const struct field_def *f, struct str path, struct str s, struct val *out)
{
	int64_t id;
	struct query q = query_new(rx, f->ref);
	Q(&q, "SELECT ");
	query_column(&q, 0, "id");
	Q(&q, " FROM ");
	query_table(&q, f->ref, 0);
	Q(&q, " WHERE ");
	TRY(access_where(&q, ACT_SEE));
	Q(&q, " AND (");
	if (id_parse(s, &id)) {
		query_column(&q, 0, "id");
		Q(&q, " = ");
		query_int(&q, id);
	} else {
		struct str fold;
		TRY(text_fold(rx->cx, s, &fold));
		query_column(&q, 0, "number");
		Q(&q, " = ");
		query_text(&q, s);
		Q(&q, " OR ");
		query_column(&q, 0, "title_fold");
		Q(&q, " = ");
		query_text(&q, fold);
	}
	Q(&q, ") LIMIT 2");
	struct rows *r;
	TRY(query_rows(&q, &r));
	int64_t found[2] = { 0 };
	int n = 0;
	enum rc rc;
	bool more;
	while ((rc = db_step(rx->cx, r, &more)) == RC_OK && more) found[n++] = row_int(r, 0);
	rows_done(r);
	TRY(rc);
	if (n == 1) {
		*out = val_int(found[0]);
		return RC_OK;
	}
	if (n == 0) return bad(rx, f, path, "找不到所填的记录", "names no record you can see", "请从列表中选择，或填写编号", "choose from the list, or give its number");
	return bad(rx, f, path, "对应不止一条记录", "fits more than one record", "请填写编号", "give its number");
}

static enum rc parse_number(struct rx *rx, const struct field_def *f, struct str path, struct str s, struct val *out)
{
	int64_t v;
	struct str plain = strip_commas(rx->cx->arena, s);
	if (f->kind == FIELD_INT) {
		if (!str_int(plain, &v)) return bad(rx, f, path, "应为整数", "must be a whole number", "例如 12", "for example 12");
		*out = val_int(v);
		return RC_OK;
	}
	if (f->kind == FIELD_DEC) {
		if (!dec_parse(plain, &v)) return bad(rx, f, path, "应为数字，最多 6 位小数", "must be a number with at most 6 decimals", "例如 12.5", "for example 12.5");
		*out = val_dec(v);
		return RC_OK;
	}
	if (!money_parse(s, &v))
		return bad(rx, f, path, "应为金额", "must be an amount of money", "例如 1234.56、500万元、1.2亿元", "for example 1234.56 (yuan) or 500万元");
	*out = val_int(v);
	return RC_OK;
}

static enum rc parse_code(struct rx *rx, const struct field_def *f, struct str path, struct str s, struct val *out)
{
	const struct code_item *item = codes_item(f->codes, s);
	int32_t today = instant_date(rx->cx->now_ms, rx->region->zone_minutes);
	for (int i = 0; !item && i < f->codes->n_item; i++) {
		const struct code_item *c = &f->codes->item[i];
		if (str_eq(c->label.zh, s) || (c->label.en.n && str_eq(c->label.en, s))) item = c;
	}
	if (!item) return bad(rx, f, path, "不在代码表中", "is not in the code list", "请从列表中选择", "choose from the list");
	if (item->to < today)
		return bad(rx, f, path, "所选代码已停用", "uses a code that is no longer valid", "请选择现行代码", "choose a code in force");
	*out = val_text(item->code);
	return RC_OK;
}

static enum rc parse_identity(struct rx *rx, const struct field_def *f, struct str path, struct str s, struct val *out)
{
	char code[20];
	switch (f->kind) {
	case FIELD_USCC:
		if (!uscc_check(s, code)) return bad(rx, f, path, "不是有效的统一社会信用代码", "is not a valid unified social credit code",
			"共 18 位，末位与第 17 位是校验码，请对照证照核对", "18 characters; the 17th and 18th are check characters");
		*out = val_text(str_dup(rx->cx->arena, (struct str){ code, 18 }));
		return RC_OK;
	case FIELD_ORCID:
		if (!orcid_check(s, code)) return bad(rx, f, path, "不是有效的 ORCID", "is not a valid ORCID", "例如 0000-0002-1825-0097", "for example 0000-0002-1825-0097");
		*out = val_text(str_dup(rx->cx->arena, (struct str){ code, 19 }));
		return RC_OK;
	case FIELD_EMAIL:
		if (!email_check(s)) return bad(rx, f, path, "不是有效的电子邮箱", "is not an e-mail address", "例如 name@example.cn", "for example name@example.cn");
		break;
	case FIELD_PHONE:
		if (!phone_check(s)) return bad(rx, f, path, "不是有效的电话号码", "is not a telephone number", "例如 0871-60000000", "for example 0871-60000000");
		break;
	default:
		if (!url_check(s)) return bad(rx, f, path, "不是有效的网址", "is not a web address", "以 https:// 开头", "starting with https://");
	}
	*out = val_text(s);
	return RC_OK;
}

/* A limit in the reader's terms: characters, fen as yuan, millionths as decimals. */
static struct str limit_text(struct rx *rx, const struct field_def *f, int64_t v)
{
	struct arena *a = rx->cx->arena;
	if (f->kind == FIELD_MONEY) return money_text(a, v);
	if (f->kind == FIELD_DEC) return dec_format(a, v);
	if (f->kind == FIELD_DATE) return date_text(a, (int32_t)v);
	return str_fmt(a, "%lld", (long long)v);
}

static void out_of_range(struct rx *rx, const struct field_def *f, struct str path, bool below, int64_t limit)
{
	struct arena *a = rx->cx->arena;
	struct str at = limit_text(rx, f, limit);
	bool text = field_value_type(f) == TYPE_TEXT;
	(void)fail_text(rx->cx, RC_INVALID, "form.range", IN_FIELD(path),
		str_fmt(a, "“%.*s”%s %.*s%s", STRF(f->label.zh), below ? "不能少于" : "不能超过", STRF(at), text ? " 个字" : ""),
		str_fmt(a, "“%.*s” must be %s %.*s%s", STRF(label_text(&f->label, LANG_EN)), below ? "at least" : "at most", STRF(at), text ? " characters" : ""));
}

static bool fits(struct str mask, struct str s)
{
	for (size_t i = 0; i < mask.n && mask.n == s.n; i++) {
		char m = mask.p[i], c = s.p[i];
		bool digit = c >= '0' && c <= '9', letter = c >= 'A' && c <= 'Z';
		if (m == '9' ? !digit : m == 'A' ? !letter : m == 'X' ? !digit && !letter : m != c) return false;
	}
	return mask.n == s.n;
}

static enum rc parse_text(struct rx *rx, const struct field_def *f, struct str path, struct str s, struct val *out)
{
	int64_t ms;
	int32_t day;
	switch (f->kind) {
	case FIELD_TEXT:
		for (size_t i = 0; i < s.n; i++)
			if ((unsigned char)s.p[i] < ' ') return bad(rx, f, path, "不能换行", "must be on one line", "请删去换行", "remove the line breaks");
		if (f->mask.n && !fits(f->mask, s))
			return bad(rx, f, path, "的样式不对", "does not have the form it must have",
				str_z(rx->cx->arena, str_fmt(rx->cx->arena, "样式 %.*s：9 为数字，A 为大写字母，X 为数字或大写字母", STRF(f->mask))),
				str_z(rx->cx->arena, str_fmt(rx->cx->arena, "the form is %.*s: 9 a digit, A a capital letter, X either", STRF(f->mask))));
		*out = val_text(s);
		return RC_OK;
	case FIELD_LONG: *out = val_text(s); return RC_OK;
	case FIELD_INT:
	case FIELD_DEC:
	case FIELD_MONEY: return parse_number(rx, f, path, s, out);
	case FIELD_BOOL:
		*out = val_bool(str_is(s, "1") || str_is(s, "true") || str_is(s, "on") || str_is(s, "是") || str_is(s, "yes"));
		return RC_OK;
	case FIELD_DATE:
		if (!date_parse(s, &day)) return bad(rx, f, path, "应为存在的日期", "must be a date that exists", "例如 2026-03-31", "for example 2026-03-31");
		*out = val_int(day);
		return RC_OK;
	case FIELD_TIME:
		if (!instant_parse(s, rx->region->zone_minutes, &ms))
			return bad(rx, f, path, "应为日期和时间", "must be a date and a time", "例如 2026-03-31 17:00", "for example 2026-03-31 17:00");
		*out = val_int(ms);
		return RC_OK;
	case FIELD_CODE: return parse_code(rx, f, path, s, out);
	case FIELD_REF: return parse_ref(rx, f, path, s, out);
	case FIELD_FILE: {
		int64_t id;
		bool known = false;
		if (id_parse(s, &id)) TRY(file_known(rx, id, &known));
		if (!known) return bad(rx, f, path, "不是已上传的文件", "is not an uploaded file", "请重新上传", "upload it again");
		*out = val_int(id);
		return RC_OK;
	}
	default: return parse_identity(rx, f, path, s, out);
	}
}

enum rc form_parse_field(struct rx *rx, const struct field_def *f, struct str path, struct val raw, struct val *out)
{
	switch (raw.kind) {
	case VAL_NULL: *out = f->kind == FIELD_BOOL ? val_bool(false) : VNULL; return RC_OK;
	case VAL_BOOL:
		if (f->kind == FIELD_BOOL) return *out = raw, RC_OK;
		break;
	case VAL_INT:
		/* Ids are texts outside; a number must not pass by what a text is asked. */
		if (f->kind == FIELD_REF || f->kind == FIELD_FILE) return form_parse_field(rx, f, path, val_text(id_text(rx->cx->arena, raw.i)), out);
		if (f->kind == FIELD_INT || f->kind == FIELD_MONEY || f->kind == FIELD_TIME || f->kind == FIELD_DATE)
			return *out = raw, RC_OK;
		if (f->kind == FIELD_DEC && raw.i < INT64_MAX / DEC_ONE && raw.i > INT64_MIN / DEC_ONE) return *out = val_dec(raw.i * DEC_ONE), RC_OK;
		break;
	case VAL_DEC:
		if (f->kind == FIELD_DEC) return *out = raw, RC_OK;
		break;
	case VAL_TEXT: {
		struct str s = f->kind == FIELD_LONG ? raw.s : str_trim(raw.s);
		if (!utf8_valid(s)) return bad(rx, f, path, "含有无法识别的字符", "has characters that are not valid text", "请重新输入", "type it again");
		if (s.n == 0) {
			*out = f->kind == FIELD_BOOL ? val_bool(false) : VNULL;
			return RC_OK;
		}
		/* Also in drafts: what is kept is never longer than the field, and the form still has all that was typed. */
		if (field_value_type(f) == TYPE_TEXT && f->has_max && (int64_t)utf8_count(s) > f->max) {
			out_of_range(rx, f, path, false, f->max);
			return RC_INVALID;
		}
		return parse_text(rx, f, path, s, out);
	}
	default: break;
	}
	return bad(rx, f, path, "的值类型不对", "has a value of the wrong type", "见接口说明", "see the API document");
}

struct str form_text(struct rx *rx, const struct field_def *f, struct val v)
{
	struct arena *a = rx->cx->arena;
	if (val_is_null(v)) return STR("");
	switch (f->kind) {
	case FIELD_INT: {
		struct buf b = BUF(a, 24);
		b.cap = 24, b.p = arena_alloc(a, b.cap);
		buf_int(&b, v.i);
		return buf_str(&b);
	}
	case FIELD_DEC: return dec_format(a, v.kind == VAL_INT ? v.i * DEC_ONE : v.i);
	case FIELD_MONEY: {
		struct str s = money_text(a, v.i);
		return strip_commas(a, str_ends(s, STR(".00")) ? str_sub(s, 0, s.n - 3) : s);
	}
	case FIELD_BOOL: return v.b ? STR("1") : STR("");
	case FIELD_DATE: return date_text(a, (int32_t)v.i);
	case FIELD_TIME: {
		struct str s = instant_text(a, v.i, rx->region->zone_minutes);
		return str_fmt(a, "%.10sT%.*s", s.p, str_ends(s, STR(":00")) ? 5 : 8, s.p + 11);
	}
	case FIELD_REF:
	case FIELD_FILE: return id_text(a, v.i);
	default: return val_str(v);
	}
}

/* ---- the whole form ---- */

static bool present(struct val map, struct str key)
{
	for (size_t i = 0; i < val_len(map); i++)
		if (map.kind == VAL_MAP && str_eq(map.map->v[i].key, key)) return true;
	return false;
}

static bool empty_raw(struct val v) { return v.kind == VAL_NULL || (v.kind == VAL_TEXT && str_trim(v.s).n == 0); }

/* Of a row of criteria: which one it is, and what people fill in. The rest is worked out. */
static bool asked_of_criteria(const struct field_def *f, struct val given)
{
	bool key = f->index == CRITERIA_FAMILY || f->index == CRITERIA_NAME;
	return key || ((criteria_open(f, true) || criteria_open(f, false)) && present(given, f->name));
}

static enum rc parse_rows(struct rx *rx, const struct table_def *t, struct val raw, struct val *out)
{
	struct arena *a = rx->cx->arena;
	struct val rows = val_list(a);
	bool good = true;
	enum { ROWS_MAX = 1000 };
	if (raw.kind != VAL_LIST || val_len(raw) > ROWS_MAX)
		return fail(rx->cx, RC_INVALID, "form.rows", IN_FIELD(t->name), "“%.*s”应为不超过 %d 行的列表", "“%.*s” must be a list of at most %d rows",
			STRF(t->label.zh), ROWS_MAX);
	for (size_t i = 0; i < val_len(raw); i++) {
		struct val given = val_at(raw, i), row = val_map(a);
		bool any = false;
		for (int k = 0; k < t->n_column; k++) any |= !empty_raw(val_get(given, t->column[k]->name));
		if (!any) continue;
		for (int k = 0; k < t->n_column; k++) {
			const struct field_def *f = t->column[k];
			if (!field_stored(f) || (t->criteria && !asked_of_criteria(f, given))) continue;
			struct str path = str_fmt(a, "%.*s.%zu.%.*s", STRF(t->name), val_len(rows) + 1, STRF(f->name));
			struct val v = VNULL;
			good &= form_parse_field(rx, f, path, val_get(given, f->name), &v) == RC_OK;
			val_set(a, row, f->name, v);
		}
		val_push(a, rows, row);
	}
	*out = rows;
	return good ? RC_OK : RC_INVALID;
}

enum rc form_parse(struct rx *rx, const struct type_def *t, struct val raw, const struct mask *editable, struct val *values)
{
	struct arena *a = rx->cx->arena;
	struct val out = val_map(a);
	bool good = true;
	for (int i = 0; i < t->n_field; i++) {
		const struct field_def *f = t->field[i];
		if (!field_stored(f) || f->by_system || !mask_field(editable, f) || !present(raw, f->name)) continue;
		struct val v;
		if (form_parse_field(rx, f, f->name, val_get(raw, f->name), &v) == RC_OK) val_set(a, out, f->name, v);
		else good = false;
	}
	for (int i = 0; i < t->n_table; i++) {
		const struct table_def *table = t->table[i];
		if (!mask_table(editable, table) || !present(raw, table->name)) continue;
		struct val rows;
		if (parse_rows(rx, table, val_get(raw, table->name), &rows) == RC_OK) val_set(a, out, table->name, rows);
		else good = false;
	}
	*values = out;
	return good ? RC_OK : RC_INVALID;
}

struct expr_env form_env(struct rx *rx, const struct type_def *t, const struct record *rec, struct val values, struct lookup *l)
{
	struct record fresh = { .state = t->state[0], .values = values };
	if (!rec) rec = &fresh;
	*l = (struct lookup){ .rx = rx, .type = t, .id = rec->id };
	return (struct expr_env){ .region = rx->region, .record = record_whole(rx, rec, values), .state = rec->state->name, .created_ms = rec->id ? rec->created_ms : 0,
		.me = rx->viewer.person ? val_int(rx->viewer.person) : VNULL, .my_org = rx->viewer.org ? val_int(rx->viewer.org) : VNULL,
		.lookup = query_lookup, .ctx = l };
}

enum rc form_defaults(struct rx *rx, const struct type_def *t, struct val *values)
{
	struct val out = val_map(rx->cx->arena);
	struct lookup l;
	for (int i = 0; i < t->n_field; i++) {
		if (!t->field[i]->initial) continue;
		struct expr_env env = form_env(rx, t, NULL, out, &l);
		struct val v;
		TRY(expr_eval(rx->cx, t->field[i]->initial, &env, &v));
		val_set(rx->cx->arena, out, t->field[i]->name, v);
	}
	*values = out;
	return RC_OK;
}

/* ---- completeness ---- */

static void missing(struct rx *rx, const struct field_def *f, struct str path)
{
	struct arena *a = rx->cx->arena;
	(void)fail_text(rx->cx, RC_INVALID, "form.required", IN_FIELD(path), str_fmt(a, "请填写“%.*s”", STRF(f->label.zh)),
		str_fmt(a, "“%.*s” is needed", STRF(label_text(&f->label, LANG_EN))));
}

static enum rc unique_value(struct rx *rx, const struct type_def *t, int64_t id, const struct field_def *f, struct val v)
{
	struct query q = query_new(rx, t);
	Q(&q, "SELECT 1 FROM ");
	query_table(&q, t, 0);
	Q(&q, " WHERE ");
	TRY(query_field(&q, f, 0));
	Q(&q, " = ");
	if (v.kind == VAL_TEXT) query_text(&q, v.s);
	else query_int(&q, val_i64(v));
	Q(&q, " AND ");
	query_column(&q, 0, "id");
	Q(&q, " <> ");
	query_int(&q, id);
	Q(&q, " LIMIT 1");
	int64_t one;
	bool found;
	TRY(query_one_int(&q, &one, &found));
	if (!found) return RC_OK;
	struct arena *a = rx->cx->arena;
	(void)fail_text(rx->cx, RC_INVALID, "form.unique", IN_FIELD(f->name), str_fmt(a, "“%.*s”已被另一条记录使用", STRF(f->label.zh)),
		str_fmt(a, "“%.*s” is already used by another record", STRF(label_text(&f->label, LANG_EN))));
	return RC_OK;
}

static enum rc within(struct rx *rx, const struct type_def *t, int64_t id, const struct field_def *f, struct str path, struct val v)
{
	if (f->kind != FIELD_FILE) {
		int64_t size = v.kind == VAL_TEXT ? (int64_t)utf8_count(v.s) : val_i64(v);
		if (f->has_min && size < f->min) out_of_range(rx, f, path, true, f->min);
		if (f->has_max && size > f->max) out_of_range(rx, f, path, false, f->max);
	}
	return f->unique && !f->in_table ? unique_value(rx, t, id, f, v) : RC_OK;
}

enum rc form_fits(struct rx *rx, const struct type_def *t, int64_t id, const struct field_def *f, struct val v)
{
	int before = rx->cx->fails.errors;
	if (!val_is_null(v)) TRY(within(rx, t, id, f, f->name, v));
	return rx->cx->fails.errors > before ? RC_INVALID : RC_OK;
}

static enum rc complete_field(struct rx *rx, const struct type_def *t, int64_t id, const struct field_def *f, struct str path, struct val v,
	const struct expr_env *env)
{
	if (!field_stored(f) || f->by_system) return RC_OK;
	if (val_is_null(v) || (v.kind == VAL_TEXT && !v.s.n)) {
		bool required = f->required, judged;
		if (f->required_when) TRY(expr_true(rx->cx, f->required_when, env, &required, &judged));
		if (required) missing(rx, f, path);
		return RC_OK;
	}
	if (f->kind == FIELD_BOOL && f->required && !v.b) missing(rx, f, path);
	return within(rx, t, id, f, path, v);
}

static enum rc complete_table(struct rx *rx, const struct type_def *t, int64_t id, const struct table_def *table, struct val rows, struct expr_env *env)
{
	struct arena *a = rx->cx->arena;
	int64_t n = (int64_t)val_len(rows);
	struct str zh = table->label.zh, en = label_text(&table->label, LANG_EN);
	if (n < table->min_rows)
		(void)fail_text(rx->cx, RC_INVALID, "form.rows_min", IN_FIELD(table->name), str_fmt(a, "“%.*s”至少要有 %d 行", STRF(zh), table->min_rows),
			str_fmt(a, "“%.*s” needs at least %d rows", STRF(en), table->min_rows));
	if (table->max_rows && n > table->max_rows)
		(void)fail_text(rx->cx, RC_INVALID, "form.rows_max", IN_FIELD(table->name), str_fmt(a, "“%.*s”最多 %d 行", STRF(zh), table->max_rows),
			str_fmt(a, "“%.*s” may have at most %d rows", STRF(en), table->max_rows));
	for (int64_t i = 0; i < n; i++) {
		env->row = val_at(rows, (size_t)i);
		for (int k = 0; k < table->n_column; k++) {
			const struct field_def *f = table->column[k];
			struct str path = str_fmt(rx->cx->arena, "%.*s.%lld.%.*s", STRF(table->name), (long long)i + 1, STRF(f->name));
			TRY(complete_field(rx, t, id, f, path, val_get(env->row, f->name), env));
			const struct criterion_def *c = table->criteria && k == CRITERIA_PROOF ? criteria_of(rx->region, env->row) : NULL;
			if (c && c->evidence && val_is_null(val_get(env->row, f->name))) missing(rx, f, path);
		}
	}
	env->row = VNULL;
	return RC_OK;
}

/* Two returns of one subject for one period are one too many. */
static enum rc unique_period(struct rx *rx, const struct type_def *t, int64_t id, struct val values)
{
	struct val subject = val_get(values, t->return_of->name), period = val_get(values, t->period->name);
	if (val_is_null(subject) || val_is_null(period)) return RC_OK;
	struct query q = query_new(rx, t);
	Q(&q, "SELECT 1 FROM ");
	query_table(&q, t, 0);
	Q(&q, " WHERE ");
	TRY(query_field(&q, t->return_of, 0));
	Q(&q, " = ");
	query_int(&q, val_i64(subject));
	Q(&q, " AND ");
	TRY(query_field(&q, t->period, 0));
	Q(&q, " = ");
	query_int(&q, val_i64(period));
	Q(&q, " AND ");
	query_column(&q, 0, "id");
	Q(&q, " <> ");
	query_int(&q, id);
	Q(&q, " LIMIT 1");
	int64_t one;
	bool found;
	TRY(query_one_int(&q, &one, &found));
	if (found)
		(void)fail(rx->cx, RC_INVALID, "form.period", IN_FIELD(t->period->name), "该年度的报表已经存在", "there is already a return for this period");
	return RC_OK;
}

enum rc form_complete(struct rx *rx, const struct type_def *t, const struct record *rec, struct val values)
{
	struct lookup l;
	struct expr_env env = form_env(rx, t, rec, values, &l);
	int64_t id = rec ? rec->id : 0;
	int before = rx->cx->fails.errors;
	for (int i = 0; i < t->n_field; i++)
		TRY(complete_field(rx, t, id, t->field[i], t->field[i]->name, val_get(values, t->field[i]->name), &env));
	for (int i = 0; i < t->n_table; i++) TRY(complete_table(rx, t, id, t->table[i], val_get(values, t->table[i]->name), &env));
	if (t->return_of && t->period) TRY(unique_period(rx, t, id, values));
	return rx->cx->fails.errors > before ? RC_INVALID : RC_OK;
}

/* ---- checks ---- */

static enum rc judge_one(struct rx *rx, const struct check_def *c, struct expr_env *env, int row, struct check_list *out)
{
	bool yes, judged;
	TRY(expr_true(rx->cx, c->cond, env, &yes, &judged));
	if (yes || !judged) return RC_OK;
	struct check_result found = { .check = c, .row = row, .shown = expr_show(rx->cx, c->cond, env, rx->cx->lang) };
	found.name = row ? str_fmt(rx->cx->arena, "%.*s.%d", STRF(c->name), row) : c->name;
	VEC_PUSH(rx->cx->arena, out, found);
	return RC_OK;
}

enum rc form_checks(struct rx *rx, const struct type_def *t, const struct record *rec, struct val values, struct check_list *out)
{
	struct lookup l;
	struct expr_env env = form_env(rx, t, rec, values, &l);
	struct check_list list = { 0 };
	for (int i = 0; i < t->n_check; i++) {
		const struct check_def *c = t->check[i];
		if (!c->table) {
			TRY(judge_one(rx, c, &env, 0, &list));
			continue;
		}
		struct val rows = val_get(values, c->table->name);
		for (size_t k = 0; k < val_len(rows); k++) {
			env.row = val_at(rows, k);
			TRY(judge_one(rx, c, &env, (int)k + 1, &list));
		}
		env.row = VNULL;
	}
	*out = list;
	return RC_OK;
}

enum rc form_judge(struct rx *rx, const struct check_list *checks, struct val notes)
{
	struct arena *a = rx->cx->arena;
	int before = rx->cx->fails.errors;
	for (size_t i = 0; i < checks->n; i++) {
		const struct check_result *r = &checks->v[i];
		enum level level = r->check->level;
		bool noted = str_trim(val_str(val_get(notes, r->name))).n > 0;
		if (level == LEVEL_INFO || (level == LEVEL_WARNING && noted)) continue;
		struct str field = level == LEVEL_WARNING ? str_fmt(a, "note.%.*s", STRF(r->name))
			: r->row ? str_fmt(a, "%.*s.%d", STRF(r->check->table->name), r->row) : r->check->table ? r->check->table->name : STR("");
		const char *code = level == LEVEL_WARNING ? "form.note" : "form.check";
		struct str zh = r->check->message.zh, en = label_text(&r->check->message, LANG_EN);
		(void)fail_text(rx->cx, RC_INVALID, code, IN_FIELD(field),
			str_fmt(a, "%.*s%s%.*s%s", STRF(zh), r->shown.n ? "：" : "", STRF(r->shown), level == LEVEL_WARNING ? "（请说明原因）" : ""),
			str_fmt(a, "%.*s%s%.*s%s", STRF(en), r->shown.n ? ": " : "", STRF(r->shown), level == LEVEL_WARNING ? " (a note is needed)" : ""));
	}
	return rx->cx->fails.errors > before ? RC_INVALID : RC_OK;
}

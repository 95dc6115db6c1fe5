/* Filling in: new records and changes, with working copies that survive anything, and errors beside the field. */
#include "base/rng.h"
#include "base/time.h"
#include "feature/feature.h"
#include "feature/show.h"
#include "rec/criteria.h"
#include "rec/file.h"
#include "rec/form.h"

enum { CHOICES_SELECT = 200, CHOICES_HINT = 60, ROWS_SPARE = 2, ROWS_ADD = 3 };

/* ---- one input ---- */

static const char *input_kind(const struct field_def *f, bool combo)
{
	switch (f->kind) {
	case FIELD_LONG: return "textarea";
	case FIELD_BOOL: return "checkbox";
	case FIELD_DATE: return "date";
	case FIELD_TIME: return "datetime-local";
	case FIELD_CODE: return "select";
	case FIELD_REF: return combo ? "combo" : "select";
	case FIELD_FILE: return "file";
	case FIELD_EMAIL: return "email";
	case FIELD_URL: return "url";
	case FIELD_PHONE: return "tel";
	default: return "text";
	}
}

static struct val option(struct arena *a, struct str value, struct str label, bool selected)
{
	return VAL_OF(a, { STR("value"), val_text(value) }, { STR("label"), val_text(label) }, { STR("selected"), val_bool(selected) });
}

static int code_depth(const struct code_list *c, const struct code_item *item)
{
	int depth = 0;
	for (const struct code_item *up = item; up && up->parent.n && depth < 6; depth++) up = codes_item(c, up->parent);
	return depth;
}

static struct val code_options(struct page *p, const struct field_def *f, struct str chosen)
{
	static const char *const indent[] = { "", "　", "　　", "　　　", "　　　　", "　　　　　", "　　　　　　" };
	struct arena *a = p->cx->arena;
	struct val list = val_list(a);
	int32_t today = instant_date(p->cx->now_ms, p->region->zone_minutes);
	for (int i = 0; i < f->codes->n_item; i++) {
		const struct code_item *c = &f->codes->item[i];
		bool selected = str_eq(c->code, chosen) || str_eq(c->label.zh, chosen);
		if (!selected && (c->to < today || c->from > today)) continue;
		struct str label = STR_CAT(a, str_c(indent[code_depth(f->codes, c)]), label_of(p, &c->label));
		val_push(a, list, option(a, c->code, label, selected));
	}
	return list;
}

/* Records to choose from; when there are too many for a list, a text input with suggestions. */
static enum rc ref_options(struct page *p, struct rx *rx, const struct field_def *f, struct str chosen, struct val m)
{
	struct arena *a = p->cx->arena;
	struct choices choices;
	TRY(choices_read(rx, f->ref, STR(""), CHOICES_SELECT, &choices));
	struct val list = val_list(a);
	int64_t id;
	size_t n = choices.more && choices.n > CHOICES_HINT ? CHOICES_HINT : choices.n;
	bool have = !chosen.n;
	for (size_t i = 0; i < n; i++) {
		const struct choice *c = &choices.v[i];
		struct str value = choices.more ? (c->number.n ? c->number : c->title) : id_text(a, c->id);
		bool selected = chosen.n && (id_parse(chosen, &id) ? id == c->id : str_eq(c->title, chosen) || str_eq(c->number, chosen));
		have |= selected;
		struct str label = c->number.n && c->title.n ? STR_CAT(a, c->title, STR("（"), c->number, STR("）")) : c->title.n ? c->title : c->number;
		val_push(a, list, option(a, value, label, selected));
	}
	VAL_SET(a, m, "options", list);
	VAL_SET(a, m, "input", val_textz(input_kind(f, choices.more)));
	if (!choices.more) {
		if (!have) val_push(a, list, option(a, chosen, STR("?"), true));
		return RC_OK;
	}
	struct str title = STR("");
	if (id_parse(chosen, &id)) TRY(titles_read(rx, f->ref, &id, 1, &title));
	VAL_SET(a, m, "value", val_text(title.n ? title : chosen));
	return RC_OK;
}

static void put_error(struct page *p, struct str path, struct val m)
{
	for (int i = 0; i < p->cx->fails.n; i++) {
		const struct failure *f = &p->cx->fails.v[i];
		if (!str_eq(f->where.field, path)) continue;
		VAL_SET(p->cx->arena, m, "error", val_text(fail_message(f, p->cx->lang)));
		VAL_SET(p->cx->arena, m, "error_hint", val_text(p->cx->lang == LANG_ZH ? f->hint_zh : f->hint_en));
		return;
	}
}

enum rc form_input(struct page *p, struct rx *rx, const struct field_def *f, struct str path, struct val stored, struct str typed, struct val *out)
{
	struct arena *a = p->cx->arena;
	struct val m = val_map(a);
	/* A text value is what was typed (or is text anyway); anything else is as stored. */
	struct str text = typed.n ? typed : stored.kind == VAL_TEXT ? stored.s : form_text(rx, f, stored);
	VAL_SET(a, m, "name", val_text(path));
	VAL_SET(a, m, "label", val_text(label_of(p, &f->label)));
	VAL_SET(a, m, "hint", val_text(label_of(p, &f->hint)));
	VAL_SET(a, m, "input", val_textz(input_kind(f, false)));
	VAL_SET(a, m, "required", val_bool(f->required));
	VAL_SET(a, m, "sealed", val_bool(f->sealed || (f->in_table && f->in_table->sealed)));
	VAL_SET(a, m, "number", val_bool(f->kind == FIELD_INT || f->kind == FIELD_DEC || f->kind == FIELD_MONEY));
	VAL_SET(a, m, "code", val_text(f->code));
	VAL_SET(a, m, "unit", val_text(show_unit(p, f)));
	VAL_SET(a, m, "value", val_text(text));
	if (f->has_max && field_value_type(f) == TYPE_TEXT) VAL_SET(a, m, "max", val_int(f->max));
	if (f->kind == FIELD_BOOL) VAL_SET(a, m, "checked", val_bool(text.n > 0));
	if (f->kind == FIELD_CODE) VAL_SET(a, m, "options", code_options(p, f, text));
	if (f->kind == FIELD_REF) TRY(ref_options(p, rx, f, text, m));
	if (f->kind == FIELD_FILE) {
		struct buf accept = BUF(a, 400);
		struct str rest = f->types, part;
		while (rest.n && str_cut(&rest, ' ', &part)) buf_fmt(&accept, "%s.%.*s", accept.n ? "," : "", STRF(part));
		VAL_SET(a, m, "accept", val_text(buf_str(&accept)));
		int64_t id;
		struct file_info info;
		bool known = false;
		if (id_parse(text, &id)) TRY(file_known(rx, id, &known));
		if (known && file_info(rx, id, &info) == RC_OK) {
			VAL_SET(a, m, "file_name", val_text(info.name));
			VAL_SET(a, m, "file_link", val_text(str_fmt(a, "/file/%.*s", STRF(text))));
		}
	}
	put_error(p, path, m);
	*out = m;
	return RC_OK;
}

/* ---- the form ---- */

struct form {
	const struct type_def *type;
	int64_t id;                     /* 0: new */
	struct mask mask;
	struct record rec;
	struct val values;              /* stored ones, with what was typed laid over them as texts */
};

static enum rc one_input(struct page *p, struct rx *rx, void *ctx, const struct field_def *f, struct str path, struct val v, struct val *out)
{
	const struct form *form = ctx;
	bool closed = f->in_table && f->in_table->criteria && !criteria_open(f, form->rec.state->draft);
	if (!field_stored(f) || f->by_system || closed) {
		*out = VNULL;
		return RC_OK;
	}
	return form_input(p, rx, f, path, v, STR(""), out);
}

static enum rc open_form(struct page *p, struct rx *rx, struct form *f)
{
	*f = (struct form){ 0 };
	TRY(page_type(p, p->param[0], &f->type));
	if (!p->param[1].n) {
		if (!access_create(rx, f->type)) return rx_missing(rx);
		f->mask = access_new(rx, f->type).editable;
		f->rec.state = f->type->state[0];
		return form_defaults(rx, f->type, &f->values);
	}
	struct right right;
	TRY(page_id(p, p->param[1], &f->id));
	TRY(access_record(rx, f->type, f->id, &right));
	if (!right.see || !right.edit) return rx_missing(rx);
	for (int i = 0; i < MASK_WORDS; i++) f->mask.w[i] = right.editable.w[i] & right.fields.w[i];
	TRY(record_read(rx, f->type, f->id, &right.fields, &f->rec));
	f->values = f->rec.values;
	return RC_OK;
}

static void lay_over(struct arena *a, struct val values, struct val raw)
{
	for (size_t i = 0; i < val_len(raw); i++) val_set(a, values, raw.map->v[i].key, raw.map->v[i].val);
}

/* Empty rows at the end of each table, so that it can be filled in without scripts. */
static void spare_rows(struct page *p, struct form *f, struct str add)
{
	struct arena *a = p->cx->arena;
	for (int i = 0; i < f->type->n_table; i++) {
		const struct table_def *t = f->type->table[i];
		if (t->criteria) continue;
		struct val rows = val_copy(a, val_get(f->values, t->name));
		if (rows.kind != VAL_LIST) rows = val_list(a);
		size_t want = val_len(rows) + (str_eq(add, t->name) ? ROWS_ADD : val_len(rows) ? 1 : ROWS_SPARE);
		if (want < (size_t)t->min_rows) want = (size_t)t->min_rows;
		if (t->max_rows && want > (size_t)t->max_rows && val_len(rows) <= (size_t)t->max_rows) want = (size_t)t->max_rows;
		while (val_len(rows) < want) val_push(a, rows, val_map(a));
		val_set(a, f->values, t->name, rows);
	}
}

/* The criteria of a draft by what stands in the form now. */
static enum rc fresh_criteria(struct page *p, struct rx *rx, struct form *f)
{
	const struct type_def *t = f->type;
	struct arena *a = p->cx->arena;
	if (!t->criteria || !(f->rec.state->draft || f->rec.state->judged) || !mask_table(&f->mask, t->criteria)) return RC_OK;
	struct val typed, values, typed_rows = val_get(f->values, t->criteria->name);
	struct fails keep = p->cx->fails;
	if (form_parse(rx, t, f->values, &f->mask, &typed) != RC_OK) typed = val_map(a);
	p->cx->fails = keep;
	values = val_copy(a, f->id ? f->rec.values : f->values);
	lay_over(a, values, typed);
	struct val rows;
	val_set(a, values, t->criteria->name, typed_rows);
	TRY(criteria_rows(rx, t, f->id ? &f->rec : NULL, values, &rows));
	val_set(a, f->values, t->criteria->name, rows);
	return RC_OK;
}

static enum rc fill_form(struct page *p, struct rx *rx, struct form *f, struct str add)
{
	struct arena *a = p->cx->arena;
	struct val sections;
	spare_rows(p, f, add);
	TRY(fresh_criteria(p, rx, f));
	TRY(show_sections(p, rx, f->type, &f->mask, f->values, one_input, f, &sections));
	VAL_SET(a, p->out, "sections", sections);
	VAL_SET(a, p->out, "type", show_type(p, f->type));
	VAL_SET(a, p->out, "state", show_state(p, f->rec.state));
	struct str base = f->id ? record_link(a, f->type, f->id) : str_fmt(a, "/r/%.*s", STRF(f->type->name));
	VAL_SET(a, p->out, "base", val_text(base));
	VAL_SET(a, p->out, "action", val_text(f->id ? str_fmt(a, "%.*s/edit", STRF(base)) : str_fmt(a, "%.*s/new", STRF(base))));
	VAL_SET(a, p->out, "autosave", val_text(str_fmt(a, "%.*s/autosave", STRF(base))));
	VAL_SET(a, p->out, "discard", val_text(str_fmt(a, "%.*s/discard", STRF(base))));
	VAL_SET(a, p->out, "new", val_bool(!f->id));
	if (f->id) {
		struct str title = record_title(f->type, &f->rec);
		VAL_SET(a, p->out, "id", val_text(id_text(a, f->id)));
		VAL_SET(a, p->out, "title", val_text(title.n ? title : f->rec.number));
	}
	VAL_SET(a, p->out, "rev", val_text(f->id ? str_fmt(a, "%lld", (long long)f->rec.rev) : STR("")));
	p->template = "record_form.html";
	return RC_OK;
}

static enum rc form_page(struct page *p)
{
	struct rx rx = page_rx(p);
	struct arena *a = p->cx->arena;
	struct form f;
	TRY(open_form(p, &rx, &f));
	for (int i = 0; i < p->req->n_query && !f.id; i++)
		if (type_field(f.type, p->req->query[i].name)) val_set(a, f.values, p->req->query[i].name, val_text(p->req->query[i].value));
	struct val draft;
	int64_t saved_ms;
	TRY(draft_get(&rx, f.type, f.id, &draft, &saved_ms));
	if (draft.kind == VAL_MAP) {
		lay_over(a, f.values, draft);
		VAL_SET(a, p->out, "restored", val_text(show_instant(p, saved_ms)));
	}
	return fill_form(p, &rx, &f, STR(""));
}

static enum rc saved(struct page *p, enum rc rc, struct val reply)
{
	struct rx rx = page_rx(p);
	struct form f;
	if (rc == RC_OK) {
		if (p->json) p->out = reply;
		p->redirect = str_fmt(p->cx->arena, "/r/%.*s/%.*s?done=saved", STRF(p->param[0]), STRF(val_str(VAL_GET(reply, "id"))));
		return RC_OK;
	}
	if (p->json) return rc;
	struct fails keep = p->cx->fails;
	if (open_form(p, &rx, &f) != RC_OK) {
		p->cx->fails = keep;
		return rc;
	}
	lay_over(p->cx->arena, f.values, form_raw(p, f.type));
	if (rc == RC_CONFLICT) VAL_SET(p->cx->arena, p->out, "conflict", val_text(record_link(p->cx->arena, f.type, f.id)));
	p->shown = true;
	TRY(fill_form(p, &rx, &f, STR("")));
	return rc;
}

static enum rc save_args(struct page *p, const struct type_def *t, struct val *out)
{
	struct arena *a = p->cx->arena;
	struct val args = val_map(a), body = page_body(p);
	if (p->cx->fails.errors) return RC_INVALID;
	TRY(form_files_strip(p, t));
	VAL_SET(a, args, "type", val_text(t->name));
	VAL_SET(a, args, "id", val_text(p->param[1]));
	VAL_SET(a, args, "rev", body.kind == VAL_MAP ? VAL_GET(body, "rev") : val_text(http_form(p->req, "_rev")));
	VAL_SET(a, args, "values", form_raw(p, t));
	VAL_SET(a, args, "files", form_files(p));
	*out = args;
	return RC_OK;
}

static enum rc save_form(struct page *p)
{
	struct rx rx = page_rx(p);
	const struct type_def *t;
	struct val args;
	TRY(page_type(p, p->param[0], &t));
	struct str add = http_form(p->req, "_add");
	if (add.n) {
		struct form f;
		TRY(open_form(p, &rx, &f));
		lay_over(p->cx->arena, f.values, form_raw(p, f.type));
		return fill_form(p, &rx, &f, add);
	}
	enum rc rc = save_args(p, t, &args);
	if (rc != RC_OK) return saved(p, rc, VNULL);
	page_command(p, "record.save", args);
	p->then = saved;
	return RC_OK;
}

/* ---- working copies ---- */

static enum rc autosaved(struct page *p, enum rc rc, struct val reply)
{
	struct rx rx = page_rx(p);
	struct arena *a = p->cx->arena;
	struct form f;
	TRY(rc);
	p->out = val_map(a);
	p->json = true;
	VAL_SET(a, p->out, "saved", val_text(show_instant(p, val_i64(VAL_GET(reply, "saved_ms")))));
	/* How much is still to do: judged on what was typed, without telling errors in mid-word. */
	TRY(open_form(p, &rx, &f));
	struct val typed;
	if (form_parse(&rx, f.type, form_raw(p, f.type), &f.mask, &typed) != RC_OK) typed = val_map(a);
	struct val all = val_copy(a, f.id ? f.rec.values : f.values);
	lay_over(a, all, typed);
	(void)!form_complete(&rx, f.type, f.id ? &f.rec : NULL, all);
	VAL_SET(a, p->out, "missing", val_int(p->cx->fails.errors));
	fail_clear(p->cx);
	return RC_OK;
}

static enum rc autosave(struct page *p)
{
	const struct type_def *t;
	struct val args;
	TRY(page_type(p, p->param[0], &t));
	TRY(save_args(p, t, &args));
	p->json = true;
	page_command(p, "draft.put", args);
	p->then = autosaved;
	return RC_OK;
}

static enum rc back_to_list(struct page *p, enum rc rc, struct val reply)
{
	(void)reply;
	TRY(rc);
	p->redirect = str_fmt(p->cx->arena, "/r/%.*s?done=deleted", STRF(p->param[0]));
	return RC_OK;
}

static enum rc back_to_form(struct page *p, enum rc rc, struct val reply)
{
	(void)reply;
	TRY(rc);
	struct arena *a = p->cx->arena;
	p->redirect = p->param[1].n ? str_fmt(a, "/r/%.*s/%.*s/edit", STRF(p->param[0]), STRF(p->param[1])) : str_fmt(a, "/r/%.*s/new", STRF(p->param[0]));
	return RC_OK;
}

static enum rc drop(struct page *p, const char *command, enum rc (*then)(struct page *, enum rc, struct val))
{
	const struct type_def *t;
	struct val args;
	TRY(page_type(p, p->param[0], &t));
	TRY(save_args(p, t, &args));
	page_command(p, command, args);
	p->then = then;
	return RC_OK;
}

static enum rc to_copy(struct page *p, enum rc rc, struct val reply)
{
	TRY(rc);
	if (p->json) p->out = reply;
	p->redirect = str_fmt(p->cx->arena, "/r/%.*s/%.*s/edit?done=copied", STRF(p->param[0]), STRF(val_str(VAL_GET(reply, "id"))));
	return RC_OK;
}

static enum rc copy_record(struct page *p) { return drop(p, "record.copy", to_copy); }
static enum rc delete_record(struct page *p) { return drop(p, "record.delete", back_to_list); }
static enum rc discard(struct page *p) { return drop(p, "draft.drop", back_to_form); }

const struct route record_form_routes[] = {
	{ "GET", "/r/:type/new", NEED_SIGNED, "record_form.html", form_page, "填写新记录", "The form of a new record", NULL },
	{ "POST", "/r/:type/new", NEED_SIGNED, "record_form.html", save_form, "保存新记录", "Save a new record", "write" },
	{ "POST", "/r/:type/autosave", NEED_SIGNED, NULL, autosave, "保留正在填写的内容", "Keep a working copy of what is being typed", NULL },
	{ "POST", "/r/:type/discard", NEED_SIGNED, NULL, discard, "放弃正在填写的内容", "Drop the working copy", NULL },
	{ "GET", "/r/:type/:id/edit", NEED_SIGNED, "record_form.html", form_page, "修改记录", "The form of a record", NULL },
	{ "POST", "/r/:type/:id/edit", NEED_SIGNED, "record_form.html", save_form, "保存记录", "Save a record", "write" },
	{ "POST", "/r/:type/:id/autosave", NEED_SIGNED, NULL, autosave, "保留正在填写的内容", "Keep a working copy of what is being typed", NULL },
	{ "POST", "/r/:type/:id/discard", NEED_SIGNED, NULL, discard, "放弃正在填写的内容", "Drop the working copy", NULL },
	{ "POST", "/r/:type/:id/copy", NEED_SIGNED, NULL, copy_record, "以此为底新建草稿", "A new draft from a record", "write" },
	{ "POST", "/r/:type/:id/delete", NEED_SIGNED, NULL, delete_record, "删除草稿", "Delete a draft that was never filed", "write" },
	{ 0 },
};

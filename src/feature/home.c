/* The first page, the to-do list, notices, and what every page shows around its content. */
#include "base/rng.h"
#include "base/time.h"
#include "feature/feature.h"
#include "feature/show.h"
#include "rec/assignment.h"
#include "rec/bulk.h"

enum {
	MENUS_OPEN = 5,         /* with more than these, only the menu one is in is unfolded */
	HOME_TODO = 10,         /* shown on the first page */
	STARTS_EXPLAINED = 8    /* with more things to start than these, their explanations are left out */
};

enum rc feature_begin(struct page *p)
{
	int64_t offset = 0;
	if (p->region->demo) TRY(clock_offset(p->cx, p->db, &offset));
	p->cx->now_ms += offset;
	return RC_OK;
}

static struct val menu_item(struct page *p, const struct menu_item *item, struct rx *rx)
{
	struct arena *a = p->cx->arena;
	struct val m = val_map(a);
	if (item->type) {
		if (!access_type(rx, item->type) && !access_create(rx, item->type)) return VNULL;
		struct label name = item->label.zh.n ? item->label : item->type->label;
		if (!item->label.zh.n && item->type->plural.en.n) name.en = item->type->plural.en;
		struct str link = STR_CAT(a, STR("/r/"), item->type->name), here = p->req->path;
		VAL_SET(a, m, "label", val_text(label_of(p, &name)));
		VAL_SET(a, m, "link", val_text(link));
		VAL_SET(a, m, "here", val_bool(str_starts(here, link) && (here.n == link.n || here.p[link.n] == '/')));
		return m;
	}
	struct str link = item->matrix ? STR_CAT(a, STR("/matrix/"), item->matrix->name) : STR_CAT(a, STR("/"), item->page);
	VAL_SET(a, m, "label", val_text(label_of(p, item->matrix ? &item->matrix->label : &item->label)));
	VAL_SET(a, m, "link", val_text(link));
	VAL_SET(a, m, "here", val_bool(str_eq(p->req->path, link)));
	return m;
}

enum rc feature_decorate(struct page *p)
{
	struct arena *a = p->cx->arena;
	struct rx rx = page_rx(p);
	struct val menus = val_list(a);
	bool staff = page_is_staff(p);
	for (int i = 0; i < p->region->n_menu; i++) {
		const struct menu_def *menu = p->region->menu[i];
		if (menu->staff && !staff) continue;
		struct val m = val_map(a), items = val_list(a);
		bool here = false;
		for (int k = 0; k < menu->n_item; k++) {
			struct val item = menu_item(p, &menu->item[k], &rx);
			if (val_is_null(item)) continue;
			val_push(a, items, item);
			here = here || val_get(item, STR("here")).b;
		}
		if (!val_len(items)) continue;
		VAL_SET(a, m, "label", val_text(label_of(p, &menu->label)));
		VAL_SET(a, m, "items", items);
		VAL_SET(a, m, "here", val_bool(here));
		val_push(a, menus, m);
	}
	VAL_SET(a, p->out, "menus", menus);
	VAL_SET(a, p->out, "menus_open", val_bool(val_len(menus) <= MENUS_OPEN));
	VAL_SET(a, p->out, "staff", val_bool(staff));
	VAL_SET(a, p->out, "may_accounts", val_bool(region_duty(p->region, &p->viewer, DUTY_ACCOUNTS) || region_duty(p->region, &p->viewer, DUTY_GRANTS)));
	VAL_SET(a, p->out, "may_audit", val_bool(region_duty(p->region, &p->viewer, DUTY_AUDITS)));
	VAL_SET(a, p->out, "brand", val_text(label_of(p, &p->region->brand)));
	VAL_SET(a, p->out, "region_name", val_text(label_of(p, &p->region->label)));
	VAL_SET(a, p->out, "demo", val_bool(p->region->demo));
	VAL_SET(a, p->out, "clock", val_text(show_instant(p, p->cx->now_ms)));
	return RC_OK;
}

static struct val todo_val(struct page *p, const struct todo *t)
{
	struct arena *a = p->cx->arena;
	struct val m = val_map(a);
	VAL_SET(a, m, "id", val_text(id_text(a, t->id)));
	VAL_SET(a, m, "type", val_text(label_of(p, &t->type->label)));
	VAL_SET(a, m, "title", val_text(t->title.n ? t->title : t->number.n ? t->number : label_of(p, &t->type->label)));
	VAL_SET(a, m, "number", val_text(t->number));
	VAL_SET(a, m, "link", val_text(record_link(a, t->type, t->id)));
	VAL_SET(a, m, "move", val_text(label_of(p, &t->move->label)));
	if (t->blocked) VAL_SET(a, m, "blocked", val_text(label_of(p, &t->blocked->why)));
	if (t->due) VAL_SET(a, m, "due", val_text(date_text(a, t->due)));
	VAL_SET(a, m, "overdue", val_bool(t->due && t->due < instant_date(p->cx->now_ms, p->region->zone_minutes)));
	VAL_SET(a, m, "state", show_state(p, t->state));
	VAL_SET(a, m, "since", val_text(show_instant(p, t->changed_ms)));
	VAL_SET(a, m, "since_ms", val_int(t->changed_ms));
	return m;
}

/* One step of one type, and what waits for it. */
static struct val todo_group(struct page *p, const struct todo *t, int n)
{
	struct arena *a = p->cx->arena;
	struct val g = val_map(a);
	struct str *from = ARENA_ARRAY(a, struct str, (size_t)t->move->n_from + 1);
	for (int i = 0; i < t->move->n_from; i++) from[i] = t->move->from[i]->name;
	struct str list = str_fmt(a, "/r/%.*s?state=%.*s", STRF(t->type->name), STRF(str_join(a, from, (size_t)t->move->n_from, STR(","))));
	VAL_SET(a, g, "n", val_int(n));
	VAL_SET(a, g, "type", val_text(label_of(p, &t->type->label)));
	VAL_SET(a, g, "type_name", val_text(t->type->name));
	VAL_SET(a, g, "move", val_text(label_of(p, &t->move->label)));
	VAL_SET(a, g, "move_name", val_text(t->move->name));
	VAL_SET(a, g, "list", val_text(list));
	VAL_SET(a, g, "rows", val_list(a));
	return g;
}

/* By type and step, the group with the oldest first. */
static struct val todo_groups(struct page *p, struct rx *rx, const struct todo_list *todo, struct val all)
{
	struct arena *a = p->cx->arena;
	struct val list = val_list(a);
	size_t *head = ARENA_ARRAY(a, size_t, todo->n + 1);
	for (size_t i = 0; i < todo->n; i++) {
		size_t k = 0;
		while (k < val_len(list) && (todo->v[head[k]].type != todo->v[i].type || todo->v[head[k]].move != todo->v[i].move)) k++;
		if (k == val_len(list)) {
			head[k] = i;
			val_push(a, list, todo_group(p, &todo->v[i], (int)k + 1));
		}
		val_push(a, VAL_GET(val_at(list, k), "rows"), val_at(all, i));
	}
	/* Where more than one waits, and the step can be made for many at once, they can be ticked. */
	for (size_t k = 0; k < val_len(list); k++) {
		const struct todo *t = &todo->v[head[k]];
		struct val g = val_at(list, k);
		if (val_len(VAL_GET(g, "rows")) > 1 && bulk_offers(rx, t->move)) VAL_SET(a, g, "bulk", val_text(str_fmt(a, "/r/%.*s/bulk", STRF(t->type->name))));
	}
	return list;
}

/* Proposals of assignments that somebody else made and this viewer may publish: no move of a record says so, least of all after a repair. */
static enum rc fill_publish(struct page *p, struct rx *rx)
{
	struct arena *a = p->cx->arena;
	struct val list = val_list(a);
	for (int i = 0; i < p->region->n_assignment; i++) {
		const struct assignment_def *d = p->region->assignment[i];
		struct assignment_waits waits;
		TRY(assignment_waiting(rx, d, &waits));
		for (size_t k = 0; k < waits.n; k++) {
			struct val one = val_map(a);
			struct str title;
			TRY(titles_read(rx, d->round, &waits.v[k].round, 1, &title));
			VAL_SET(a, one, "label", val_text(label_of(p, &d->label)));
			VAL_SET(a, one, "title", val_text(title));
			VAL_SET(a, one, "at_ms", val_int(waits.v[k].at_ms));
			VAL_SET(a, one, "link", val_text(str_fmt(a, "/assignment/%.*s/%.*s", STRF(d->name), STRF(id_text(a, waits.v[k].round)))));
			val_push(a, list, one);
		}
	}
	VAL_SET(a, p->out, "publish", list);
	return RC_OK;
}

/* At most `limit` of them, and how many there are; `grouped`: by type and step, too. */
static enum rc fill_todo(struct page *p, struct rx *rx, size_t limit, bool grouped)
{
	struct arena *a = p->cx->arena;
	struct todo_list todo;
	TRY(flow_todo(rx, &todo));
	struct val list = val_list(a);
	for (size_t i = 0; i < todo.n && i < limit; i++) val_push(a, list, todo_val(p, &todo.v[i]));
	VAL_SET(a, p->out, "todo", list);
	if (grouped && !p->json) VAL_SET(a, p->out, "groups", todo_groups(p, rx, &todo, list));
	VAL_SET(a, p->out, "todo_full", val_bool(todo.n >= TODO_MAX));
	VAL_SET(a, p->out, "todo_count", val_int((int64_t)todo.n));
	VAL_SET(a, p->out, "todo_more", val_bool(todo.n > limit));
	return fill_publish(p, rx);
}

/* On a page the subject is the link: the address at the end of the text is for mail. */
static struct str without_link(struct str text, struct str link)
{
	if (str_ends(text, link)) text.n -= link.n;
	return str_trim(text);
}

static enum rc fill_mail(struct page *p, int limit)
{
	struct arena *a = p->cx->arena;
	struct rows *r;
	TRY(db_rows(p->cx, p->db,
		SQL("SELECT id, at_ms, subject_zh, subject_en, text_zh, text_en, type, record, state FROM mail WHERE account_id = ? ORDER BY id DESC LIMIT ?"),
		P(p_int(p->viewer.account), p_int(limit)), &r));
	struct val list = val_list(a);
	int zh = p->cx->lang == LANG_ZH;
	enum rc rc;
	bool more;
	while ((rc = db_step(p->cx, r, &more)) == RC_OK && more) {
		struct val m = val_map(a);
		VAL_SET(a, m, "at", val_text(show_instant(p, row_int(r, 1))));
		VAL_SET(a, m, "subject", val_text(str_dup(a, row_text(r, zh ? 2 : 3))));
		struct str link = str_fmt(a, "/r/%.*s/%.*s", STRF(row_text(r, 6)), STRF(id_text(a, row_int(r, 7))));
		VAL_SET(a, m, "text", val_text(str_dup(a, without_link(row_text(r, zh ? 4 : 5), link))));
		VAL_SET(a, m, "link", val_text(link));
		VAL_SET(a, m, "state", val_text(str_dup(a, row_text(r, 8))));
		val_push(a, list, m);
	}
	rows_done(r);
	VAL_SET(a, p->out, "mail", list);
	return rc;
}

/* What this viewer may start: types they may create, in menu order. */
static void fill_starts(struct page *p, struct rx *rx)
{
	struct arena *a = p->cx->arena;
	struct val list = val_list(a);
	for (int i = 0; i < p->region->n_type && p->viewer.account; i++) {
		const struct type_def *t = p->region->type[i];
		if (!access_create(rx, t)) continue;
		struct val m = show_type(p, t);
		VAL_SET(a, m, "new_link", val_text(str_fmt(a, "/r/%.*s/new", STRF(t->name))));
		val_push(a, list, m);
	}
	VAL_SET(a, p->out, "starts", list);
	VAL_SET(a, p->out, "starts_explained", val_bool(val_len(list) <= STARTS_EXPLAINED));
}

/* Something in it has a last day: a call, a notice. That is what visitors come for; the rest is named below. */
static bool has_days(const struct type_def *t)
{
	for (int i = 0; i < t->n_field; i++)
		if (t->field[i]->deadline) return true;
	for (int i = 0; i < t->n_state; i++)
		if (t->state[i]->due) return true;
	return false;
}

static enum rc home_page(struct page *p)
{
	struct rx rx = page_rx(p);
	struct arena *a = p->cx->arena;
	fill_starts(p, &rx);
	if (p->viewer.account) {
		TRY(fill_todo(p, &rx, HOME_TODO, false));
		TRY(fill_mail(p, 5));
		return RC_OK;
	}
	/* A visitor sees what is public: the newest of each type whose records anybody may see. */
	struct val open = val_list(a);
	for (int i = 0; i < p->region->n_type; i++) {
		const struct type_def *t = p->region->type[i];
		if (!access_type(&rx, t)) continue;
		struct list_query q;
		struct list_param param = { STR("limit"), STR("3") };
		struct list_page page;
		TRY(list_parse(&rx, t, &param, 1, &q));
		TRY(list_read(&rx, &q, &page));
		if (!page.n) continue;
		struct val m = show_type(p, t), rows = val_list(a);
		for (size_t k = 0; k < page.n; k++) {
			struct val row = val_map(a);
			struct str title = page.v[k].number;
			for (int c = 0; c < q.n_column; c++)
				if (q.column[c] == t->title && !val_is_null(page.v[k].cell[c])) title = t->title->kind == FIELD_REF ? page.v[k].shown[c] : val_str(page.v[k].cell[c]);
			VAL_SET(a, row, "title", val_text(title));
			VAL_SET(a, row, "link", val_text(record_link(a, t, page.v[k].id)));
			VAL_SET(a, row, "state", show_state(p, page.v[k].state));
			VAL_SET(a, row, "changed", val_text(show_instant(p, page.v[k].changed_ms)));
			val_push(a, rows, row);
		}
		VAL_SET(a, m, "rows", rows);
		VAL_SET(a, m, "first", val_bool(has_days(t)));
		val_push(a, open, m);
	}
	VAL_SET(a, p->out, "open", open);
	return RC_OK;
}

static enum rc todo_page(struct page *p)
{
	struct rx rx = page_rx(p);
	return fill_todo(p, &rx, TODO_MAX, true);
}

static enum rc mail_page(struct page *p) { return fill_mail(p, 200); }

const struct route home_routes[] = {
	{ "GET", "/", NEED_NOTHING, "home.html", home_page, "首页", "The first page", NULL },
	{ "GET", "/todo", NEED_SIGNED, "todo.html", todo_page, "我的待办", "What waits for me", "read" },
	{ "GET", "/mail", NEED_SIGNED, "mail.html", mail_page, "给我的通知", "Notices to me", "read" },
	{ 0 },
};

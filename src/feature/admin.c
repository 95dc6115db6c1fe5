/* About the region, the demonstration clock, the outbox, health. */
#include <string.h>

#include "base/rng.h"
#include "base/time.h"
#include "feature/feature.h"
#include "feature/show.h"
#include "rec/access.h"

static struct val measures_val(struct page *p)
{
	struct arena *a = p->cx->arena;
	struct val list = val_list(a);
	for (int i = 0; i < p->region->n_measure; i++) {
		const struct measure_def *d = p->region->measure[i];
		struct val m = val_map(a), values = val_list(a);
		VAL_SET(a, m, "label", val_text(label_of(p, &d->label)));
		VAL_SET(a, m, "number", val_text(d->number));
		VAL_SET(a, m, "from", d->from == INT32_MIN ? VNULL : val_int(d->from));
		VAL_SET(a, m, "to", d->to == INT32_MAX ? VNULL : val_int(d->to));
		VAL_SET(a, m, "unverified", val_bool(d->unverified));
		for (int k = 0; k < d->n_value; k++) {
			const struct measure_value *v = &d->value[k];
			struct val one = val_map(a);
			struct field_def as = { .kind = v->type == TYPE_DEC ? FIELD_DEC : v->type == TYPE_MONEY ? FIELD_MONEY : v->type == TYPE_DATE ? FIELD_DATE
				: v->type == TYPE_BOOL ? FIELD_BOOL : v->type == TYPE_INT ? FIELD_INT : FIELD_TEXT };
			VAL_SET(a, one, "label", val_text(v->label.zh.n ? label_of(p, &v->label) : v->name));
			VAL_SET(a, one, "text", val_text(show_text(p, &as, v->val)));
			VAL_SET(a, one, "unverified", val_bool(v->unverified || d->unverified));
			val_push(a, values, one);
		}
		VAL_SET(a, m, "values", values);
		val_push(a, list, m);
	}
	return list;
}

static enum rc about_page(struct page *p)
{
	struct arena *a = p->cx->arena;
	VAL_SET(a, p->out, "measures", measures_val(p));
	VAL_SET(a, p->out, "digest", val_text(p->region->digest));
	VAL_SET(a, p->out, "types", val_int(p->region->n_type));
	return RC_OK;
}

static enum rc admin_page(struct page *p)
{
	struct arena *a = p->cx->arena;
	/* No count of events here: it would move with every sealed bid. */
	int64_t rev = 0;
	bool found;
	TRY(db_int(p->cx, p->db, SQL("SELECT MAX(id) FROM region_rev"), NO_PARAMS, &rev, &found));
	VAL_SET(a, p->out, "region_rev", val_int(rev));
	VAL_SET(a, p->out, "digest", val_text(p->region->digest));
	int64_t step_s = time_step_ms() / 1000;
	if (step_s) VAL_SET(a, p->out, "clock_step", val_int(step_s));
	return RC_OK;
}

static enum rc clock_moved(struct page *p, enum rc rc, struct val reply)
{
	(void)reply;
	p->shown = rc == RC_INVALID;
	TRY(rc == RC_INVALID ? admin_page(p) : RC_OK);
	TRY(rc);
	p->redirect = STR("/admin?done=clock");
	return RC_OK;
}

static enum rc clock_page(struct page *p)
{
	struct arena *a = p->cx->arena;
	int64_t days = 0, minutes = 0;
	struct str d = str_trim(http_form(p->req, "days")), m = str_trim(http_form(p->req, "minutes"));
	if ((d.n && !str_int(d, &days)) || (m.n && !str_int(m, &minutes)) || days < 0 || days > 400 || minutes < 0 || minutes > 100000) {
		p->shown = true;
		TRY(admin_page(p));
		return fail(p->cx, RC_INVALID, "clock.step", IN_FIELD(STR("days")), "请填 0 到 400 天", "give 0 to 400 days");
	}
	struct val args = val_map(a);
	VAL_SET(a, args, "add_ms", val_int(days * DAY_MS + minutes * MINUTE_MS));
	page_command(p, "clock.advance", args);
	p->then = clock_moved;
	return RC_OK;
}

/* Notices about records that the viewer sees whole. That a notice went out, and to whom, may tell what is hidden: a bid before
   the opening, an expert of the panel. */
static enum rc outbox_page(struct page *p)
{
	enum { LOOK = 1000, SHOW = 100 };
	struct arena *a = p->cx->arena;
	struct rx rx = page_rx(p);
	struct mask all = mask_all();
	struct rows *r;
	TRY(db_rows(p->cx, p->db,
		SQL("SELECT m.at_ms, a.login, m.address, m.subject_zh, m.subject_en, m.text_zh, m.text_en, m.type, m.record, m.state "
		    "FROM mail m JOIN account a ON a.id = m.account_id ORDER BY m.id DESC LIMIT ?"),
		P(p_int(LOOK)), &r));
	struct val list = val_list(a);
	int zh = p->cx->lang == LANG_ZH;
	enum rc rc;
	bool more;
	int64_t asked = 0;
	struct right right = { 0 };
	while ((rc = db_step(p->cx, r, &more)) == RC_OK && more && val_len(list) < SHOW) {
		const struct type_def *t = region_type(p->region, row_text(r, 7));
		int64_t id = row_int(r, 8);
		if (!t) continue;
		/* Notices about one record come together. */
		if (id != asked && (rc = access_record(&rx, t, id, &right)) != RC_OK) break;
		asked = id;
		if (!right.see || memcmp(&right.fields, &all, sizeof all) != 0) continue;
		struct val m = val_map(a);
		VAL_SET(a, m, "at", val_text(show_instant(p, row_int(r, 0))));
		VAL_SET(a, m, "to", val_text(str_dup(a, row_text(r, 1))));
		VAL_SET(a, m, "address", val_text(str_dup(a, row_text(r, 2))));
		VAL_SET(a, m, "subject", val_text(str_dup(a, row_text(r, zh ? 3 : 4))));
		VAL_SET(a, m, "text", val_text(str_dup(a, row_text(r, zh ? 5 : 6))));
		VAL_SET(a, m, "type", val_text(t->name));
		VAL_SET(a, m, "record", val_text(id_text(a, id)));
		VAL_SET(a, m, "link", val_text(record_link(a, t, id)));
		VAL_SET(a, m, "state", val_text(str_dup(a, row_text(r, 9))));
		val_push(a, list, m);
	}
	rows_done(r);
	VAL_SET(a, p->out, "mail", list);
	return rc;
}

static enum rc health_page(struct page *p)
{
	int64_t one;
	bool found;
	TRY(db_int(p->cx, p->db, SQL("SELECT COUNT(*) FROM region_rev"), NO_PARAMS, &one, &found));
	p->json = true;
	p->out = val_map(p->cx->arena);
	VAL_SET(p->cx->arena, p->out, "status", val_textz("ok"));
	return RC_OK;
}

const struct route admin_routes[] = {
	{ "GET", "/about", NEED_NOTHING, "about.html", about_page, "本区域：办法、文号与有效期", "This region: measures, document numbers, validity", "read" },
	{ "GET", "/admin", NEED_STAFF, "admin.html", admin_page, "系统状态与演示时钟", "State of the system, demonstration clock", NULL },
	{ "POST", "/admin/clock", NEED_STAFF, "admin.html", clock_page, "拨动演示时钟", "Move the demonstration clock", NULL },
	{ "GET", "/outbox", NEED_STAFF, "outbox.html", outbox_page, "发件箱", "The outbox", NULL },
	{ "GET", "/health", NEED_NOTHING, NULL, health_page, "运行状况", "Health", NULL },
	{ 0 },
};

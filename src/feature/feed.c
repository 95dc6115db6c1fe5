/* Feeds: what the public may see of a type as Atom (RFC 4287), and the deadlines of what one sees as iCalendar (RFC 5545), by a secret
   address that can be withdrawn. */
#include "base/rng.h"
#include "base/time.h"
#include "feature/feature.h"
#include "feature/show.h"
#include "rec/account.h"
#include "rec/link.h"
#include "web/session.h"

enum { ENTRIES = 50, EVENTS_A_FIELD = 500, FEED_BYTES = 2 << 20, BEFORE_DAYS = 30, LINE = 75, LINK_DAYS = 400 };

/* Addresses in feeds are read elsewhere: they must be whole. */
static struct str base_of(struct page *p)
{
	return str_fmt(p->cx->arena, "%s://%.*s", p->app->secure_cookies ? "https" : "http", STRF(http_header(p->req, "host")));
}

/* ---- Atom ---- */

static void xml(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c == '<') buf_add(b, STR("&lt;"));
		else if (c == '>') buf_add(b, STR("&gt;"));
		else if (c == '&') buf_add(b, STR("&amp;"));
		else if (c == '"') buf_add(b, STR("&quot;"));
		else if (c >= ' ' || c == '\n' || c == '\t') buf_c(b, (char)c);
	}
}

static void element(struct buf *b, const char *tag, struct str text)
{
	buf_fmt(b, "<%s>", tag);
	xml(b, text);
	buf_fmt(b, "</%s>\n", tag);
}

static void link_element(struct buf *b, const char *rel, struct str base, struct str path)
{
	buf_fmt(b, "<link rel=\"%s\" href=\"", rel);
	xml(b, base);
	xml(b, path);
	buf_add(b, STR("\"/>\n"));
}

static enum rc entry(struct page *p, struct rx *rx, const struct type_def *t, const struct list_row *row, struct str base, struct buf *b)
{
	struct arena *a = p->cx->arena;
	struct str title, id = id_text(a, row->id);
	TRY(titles_read(rx, t, &row->id, 1, &title));
	buf_add(b, STR("<entry>\n"));
	element(b, "title", title.n ? title : row->number.n ? row->number : label_of(p, &t->label));
	element(b, "id", str_fmt(a, "urn:lianchuang:%.*s:%.*s:%.*s", STRF(p->region->name), STRF(t->name), STRF(id)));
	element(b, "updated", instant_iso(a, row->changed_ms));
	link_element(b, "alternate", base, record_link(a, t, row->id));
	element(b, "summary", str_fmt(a, "%.*s %.*s · %.*s", STRF(label_of(p, &t->label)), STRF(row->number), STRF(label_of(p, &row->state->label))));
	buf_add(b, STR("</entry>\n"));
	return RC_OK;
}

static enum rc atom(struct page *p)
{
	struct rx rx = page_rx(p);
	struct arena *a = p->cx->arena;
	const struct type_def *t;
	struct list_query q;
	struct list_page page;
	struct str limit = STR("50"), base = base_of(p);
	struct list_param only = { STR("limit"), limit };
	/* Whoever asks: a feed reader must not show to others what its owner may see. */
	rx.viewer = (struct viewer){ 0 };
	t = region_type(p->region, p->param[0]);
	if (!t || !access_type(&rx, t)) return rx_missing(&rx);
	TRY(list_parse(&rx, t, &only, 1, &q));
	TRY(list_read(&rx, &q, &page));
	struct buf b = BUF(http_page_arena(p->exchange), FEED_BYTES);
	struct str self = str_fmt(a, "/r/%.*s/feed", STRF(t->name));
	buf_add(&b, STR("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\""));
	buf_add(&b, p->cx->lang == LANG_ZH ? STR("zh-CN\">\n") : STR("en\">\n"));
	element(&b, "title", str_fmt(a, "%.*s · %.*s", STRF(label_of(p, t->plural.zh.n ? &t->plural : &t->label)), STRF(label_of(p, &p->region->label))));
	element(&b, "id", str_fmt(a, "urn:lianchuang:%.*s:%.*s", STRF(p->region->name), STRF(t->name)));
	element(&b, "updated", instant_iso(a, page.n ? page.v[0].changed_ms : 0));
	buf_add(&b, STR("<author>"));
	element(&b, "name", label_of(p, &p->region->brand));
	buf_add(&b, STR("</author>\n"));
	link_element(&b, "self", base, self);
	link_element(&b, "alternate", base, str_fmt(a, "/r/%.*s", STRF(t->name)));
	for (size_t i = 0; i < page.n; i++) TRY(entry(p, &rx, t, &page.v[i], base, &b));
	buf_add(&b, STR("</feed>\n"));
	p->raw = (struct http_reply){ .status = 200, .type = STR("application/atom+xml; charset=utf-8"), .body = buf_str(&b) };
	return RC_OK;
}

/* ---- iCalendar ---- */

/* A content line: at most 75 bytes, folded between characters. */
static void line(struct buf *b, struct str s)
{
	for (size_t from = 0, room = LINE; from < s.n;) {
		size_t to = from + room < s.n ? from + room : s.n;
		while (to < s.n && ((unsigned char)s.p[to] & 0xC0) == 0x80) to--;
		if (from) buf_c(b, ' ');
		buf_add(b, str_sub(s, from, to));
		buf_add(b, STR("\r\n"));
		from = to;
		room = LINE - 1;
	}
}

static struct str escaped(struct arena *a, struct str s)
{
	struct buf b = BUF(a, s.n * 2 + 1);
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\n') buf_add(&b, STR("\\n"));
		else if (s.p[i] == '\\' || s.p[i] == ';' || s.p[i] == ',') buf_c(&b, '\\'), buf_c(&b, s.p[i]);
		else if ((unsigned char)s.p[i] >= ' ') buf_c(&b, s.p[i]);
	}
	return buf_str(&b);
}

/* 20261125T105003 */
static struct str stamp(struct arena *a, int64_t ms, int zone_minutes)
{
	int y, m, d;
	int32_t day = instant_date(ms, zone_minutes);
	date_split(day, &y, &m, &d);
	int64_t s = (ms + (int64_t)zone_minutes * MINUTE_MS - (int64_t)day * DAY_MS) / 1000;
	return str_fmt(a, "%04d%02d%02dT%02d%02d%02d", y, m, d, (int)(s / 3600), (int)(s / 60 % 60), (int)(s % 60));
}

static struct str zone_text(struct arena *a, int minutes, bool colon)
{
	int m = minutes < 0 ? -minutes : minutes;
	return str_fmt(a, "%c%02d%s%02d", minutes < 0 ? '-' : '+', m / 60, colon ? ":" : "", m % 60);
}

static void head(struct page *p, struct buf *b)
{
	struct arena *a = p->cx->arena;
	struct str offset = zone_text(a, p->region->zone_minutes, false);
	line(b, STR("BEGIN:VCALENDAR"));
	line(b, STR("VERSION:2.0"));
	line(b, STR("PRODID:-//Lianchuang//Deadlines//EN"));
	line(b, str_fmt(a, "X-WR-CALNAME:%.*s", STRF(escaped(a, label_of(p, &p->region->brand)))));
	line(b, STR("BEGIN:VTIMEZONE"));
	line(b, str_fmt(a, "TZID:UTC%.*s", STRF(offset)));
	line(b, STR("BEGIN:STANDARD"));
	line(b, STR("DTSTART:19700101T000000"));
	line(b, str_fmt(a, "TZOFFSETFROM:%.*s", STRF(offset)));
	line(b, str_fmt(a, "TZOFFSETTO:%.*s", STRF(offset)));
	line(b, str_fmt(a, "TZNAME:UTC%.*s", STRF(zone_text(a, p->region->zone_minutes, true))));
	line(b, STR("END:STANDARD"));
	line(b, STR("END:VTIMEZONE"));
}

static void event(struct page *p, const struct type_def *t, const struct field_def *f, const struct list_row *row, struct str title, int64_t at, struct str base, struct buf *b)
{
	struct arena *a = p->cx->arena;
	struct str name = title.n ? title : row->number.n ? row->number : label_of(p, &t->label), label = label_of(p, &f->label);
	line(b, STR("BEGIN:VEVENT"));
	line(b, str_fmt(a, "UID:%.*s-%.*s@%.*s.lianchuang", STRF(id_text(a, row->id)), STRF(f->name), STRF(p->region->name)));
	line(b, str_fmt(a, "DTSTAMP:%.*sZ", STRF(stamp(a, row->changed_ms, 0))));
	if (f->kind == FIELD_TIME) {
		line(b, str_fmt(a, "DTSTART;TZID=UTC%.*s:%.*s", STRF(zone_text(a, p->region->zone_minutes, false)), STRF(stamp(a, at, p->region->zone_minutes))));
		line(b, STR("DURATION:PT0S"));
	} else {
		line(b, str_fmt(a, "DTSTART;VALUE=DATE:%.8s", stamp(a, at * DAY_MS, 0).p));
	}
	line(b, str_fmt(a, "SUMMARY:%.*s", STRF(escaped(a, str_fmt(a, "%.*s – %.*s", STRF(label), STRF(name))))));
	line(b, str_fmt(a, "DESCRIPTION:%.*s", STRF(escaped(a, str_fmt(a, "%.*s %.*s\n%.*s", STRF(label_of(p, &t->label)), STRF(row->number), STRF(label_of(p, &row->state->label)))))));
	line(b, str_fmt(a, "URL:%.*s%.*s", STRF(base), STRF(record_link(a, t, row->id))));
	line(b, STR("TRANSP:TRANSPARENT"));
	line(b, STR("BEGIN:VALARM"));
	line(b, STR("ACTION:DISPLAY"));
	line(b, str_fmt(a, "DESCRIPTION:%.*s", STRF(escaped(a, name))));
	line(b, STR("TRIGGER:-P1D"));
	line(b, STR("END:VALARM"));
	line(b, STR("END:VEVENT"));
}

/* One field of a type: the records the viewer sees whose deadline is not long past. */
static enum rc events_of(struct page *p, struct rx *rx, const struct type_def *t, const struct field_def *f, struct buf *b)
{
	struct arena *a = p->cx->arena;
	struct str min = str_fmt(a, "%.*s.min", STRF(f->name)), since = date_text(a, instant_date(p->cx->now_ms, p->region->zone_minutes) - BEFORE_DAYS), base = base_of(p);
	if (f->kind == FIELD_TIME) since = str_fmt(a, "%.*s 00:00", STRF(since));
	struct list_param param[] = { { min, since }, { STR("cols"), f->name }, { STR("limit"), STR("500") } };
	struct list_query q;
	struct list_page page;
	TRY(list_parse(rx, t, param, 3, &q));
	TRY(list_read(rx, &q, &page));
	for (size_t i = 0; i < page.n; i++) {
		struct str title;
		if (!q.n_column || val_is_null(page.v[i].cell[0])) continue;
		TRY(titles_read(rx, t, &page.v[i].id, 1, &title));
		event(p, t, f, &page.v[i], title, page.v[i].cell[0].i, base, b);
	}
	return RC_OK;
}

static enum rc calendar(struct page *p)
{
	struct rx rx = page_rx(p);
	struct link l;
	struct str token = str_ends(p->param[0], STR(".ics")) ? str_sub(p->param[0], 0, p->param[0].n - 4) : p->param[0];
	TRY(link_find(&rx, STR("calendar"), session_hash(p->cx, token), &l));
	if (account_viewer(p->cx, p->db, p->region, l.account, &rx.viewer) != RC_OK) return rx_missing(&rx);
	struct buf b = BUF(http_page_arena(p->exchange), FEED_BYTES);
	head(p, &b);
	for (int i = 0; i < p->region->n_type; i++) {
		const struct type_def *t = p->region->type[i];
		for (int k = 0; k < t->n_field && access_type(&rx, t); k++)
			if (t->field[k]->deadline) TRY(events_of(p, &rx, t, t->field[k], &b));
	}
	line(&b, STR("END:VCALENDAR"));
	if (b.full) return fail(p->cx, RC_LIMIT, "feed.size", NOWHERE, "内容过多", "too much content");
	p->raw = (struct http_reply){ .status = 200, .type = STR("text/calendar; charset=utf-8"), .body = buf_str(&b) };
	return RC_OK;
}

/* ---- the own addresses ---- */

static enum rc feeds_page(struct page *p)
{
	struct rx rx = page_rx(p);
	struct arena *a = p->cx->arena;
	struct links links;
	struct val list = val_list(a), feeds = val_list(a);
	TRY(link_list(&rx, STR("calendar"), 0, &links));
	for (size_t i = 0; i < links.n; i++) {
		const struct link *l = &links.v[i];
		struct val m = val_map(a);
		VAL_SET(a, m, "hash", val_text(l->id_hash));
		VAL_SET(a, m, "created", val_text(show_instant(p, l->created_ms)));
		VAL_SET(a, m, "expires", val_text(show_instant(p, l->expires_ms)));
		VAL_SET(a, m, "open", val_bool(!l->revoked && l->expires_ms > p->cx->now_ms));
		val_push(a, list, m);
	}
	rx.viewer = (struct viewer){ 0 };
	for (int i = 0; i < p->region->n_type; i++) {
		const struct type_def *t = p->region->type[i];
		if (!access_type(&rx, t)) continue;
		struct val m = show_type(p, t);
		VAL_SET(a, m, "feed", val_text(str_fmt(a, "/r/%.*s/feed", STRF(t->name))));
		val_push(a, feeds, m);
	}
	VAL_SET(a, p->out, "feeds", feeds);
	VAL_SET(a, p->out, "calendars", list);
	return RC_OK;
}

static enum rc made(struct page *p, enum rc rc, struct val reply)
{
	(void)reply;
	p->shown = true;
	TRY(rc);
	VAL_SET(p->cx->arena, p->out, "fresh", val_text(str_fmt(p->cx->arena, "%.*s/calendar/%.*s.ics", STRF(base_of(p)), STRF(((struct fresh_session *)p->data)->token))));
	return feeds_page(p);
}

static enum rc make(struct page *p)
{
	struct arena *a = p->cx->arena;
	struct fresh_session *fresh = ARENA_NEW(a, struct fresh_session);
	struct val args = val_map(a);
	*fresh = session_fresh(p->cx);
	VAL_SET(a, args, "kind", val_textz("calendar"));
	VAL_SET(a, args, "days", val_int(LINK_DAYS));
	VAL_SET(a, args, "id_hash", val_text(fresh->id_hash));
	page_command(p, "link.make", args);
	p->then = made;
	p->data = fresh;
	return RC_OK;
}

static enum rc revoked(struct page *p, enum rc rc, struct val reply)
{
	(void)reply;
	TRY(rc);
	p->redirect = STR("/feeds?done=link-revoked");
	return RC_OK;
}

static enum rc revoke(struct page *p)
{
	struct val args = val_map(p->cx->arena);
	VAL_SET(p->cx->arena, args, "kind", val_textz("calendar"));
	VAL_SET(p->cx->arena, args, "id_hash", val_text(http_form(p->req, "hash")));
	page_command(p, "link.revoke", args);
	p->then = revoked;
	return RC_OK;
}

const struct route feed_routes[] = {
	{ "GET", "/r/:type/feed", NEED_NOTHING, NULL, atom, "公开的记录，作为 Atom", "The public records of a type, as Atom", "read" },
	{ "GET", "/feeds", NEED_NOTHING, "feeds.html", feeds_page, "订阅：公开记录的 Atom 和自己的日历", "Feeds: public records as Atom, and one's own calendar", NULL },
	{ "POST", "/feeds/calendar", NEED_SIGNED, "feeds.html", make, "生成日历订阅地址", "Make an address for the calendar", NULL },
	{ "POST", "/feeds/calendar/revoke", NEED_SIGNED, "feeds.html", revoke, "停用日历订阅地址", "Withdraw an address of the calendar", NULL },
	{ "GET", "/calendar/:token", NEED_NOTHING, NULL, calendar, "凭订阅地址取各项截止，iCalendar", "The deadlines of what its owner sees, as iCalendar, by a secret address", NULL },
	{ 0 },
};

#include "web/template.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "web/template_run.h"

enum { SCRATCH_MAX = 16 << 20, SCRATCH_RESET = 16 << 10, STRAIGHT_MIN = 8 };

/* ---- escaping ---- */

/* What stays as it is: in text and quoted attributes, in a URL, in a part of one. LEADS_THREE: the first of three bytes, all of which stay
   in text if the other two continue it. */
enum { IN_TEXT = 1, IN_URL = 2, IN_PART = 4, LEADS_THREE = 8, IN_BOTH = IN_TEXT | IN_URL, IN_ALL = IN_BOTH | IN_PART };
static const unsigned char stays[256] = {
	['\t'] = IN_TEXT, ['\n'] = IN_TEXT, ['\r'] = IN_TEXT, [' '] = IN_TEXT, ['!'] = IN_BOTH, ['#' ... '%'] = IN_BOTH, ['(' ... ','] = IN_BOTH,
	['-'] = IN_ALL, ['.'] = IN_ALL, ['/'] = IN_BOTH, ['0' ... '9'] = IN_ALL, [':'] = IN_BOTH, [';'] = IN_BOTH, ['='] = IN_BOTH, ['?'] = IN_BOTH,
	['@'] = IN_BOTH, ['A' ... 'Z'] = IN_ALL, ['['] = IN_BOTH, ['\\'] = IN_TEXT, [']'] = IN_BOTH, ['^'] = IN_TEXT, ['_'] = IN_ALL, ['`'] = IN_TEXT,
	['a' ... 'z'] = IN_ALL, ['{' ... '}'] = IN_TEXT, ['~'] = IN_ALL,
	[0xE1 ... 0xEC] = LEADS_THREE, [0xEE ... 0xEF] = LEADS_THREE };

/* Up to where all stays: most values have nothing to escape. */
static inline size_t run_of(struct str s, size_t i, int where)
{
	const unsigned char *p = (const unsigned char *)s.p;
	while (s.n - i >= 4 && stays[p[i]] & stays[p[i + 1]] & stays[p[i + 2]] & stays[p[i + 3]] & where) i += 4;
	while (i < s.n && stays[p[i]] & where) i++;
	return i;
}

/* Three bytes that cannot be malformed: Chinese, mostly. */
static inline bool three(const unsigned char *p)
{
	uint16_t rest;
	memcpy(&rest, p + 1, sizeof rest);
	return stays[p[0]] & LEADS_THREE && (rest & 0xC0C0) == 0x8080;
}

/* Four of them: the bytes that continue are looked at in two overlapping words. */
static inline bool twelve(const unsigned char *p)
{
	static const unsigned char mask[12] = { 0, 0xC0, 0xC0, 0, 0xC0, 0xC0, 0, 0xC0, 0xC0, 0, 0xC0, 0xC0 }, want[12] = { 0, 0x80, 0x80, 0, 0x80, 0x80, 0, 0x80, 0x80, 0, 0x80, 0x80 };
	uint64_t a, b, ma, mb, wa, wb;
	memcpy(&a, p, 8), memcpy(&b, p + 4, 8);
	memcpy(&ma, mask, 8), memcpy(&mb, mask + 4, 8);
	memcpy(&wa, want, 8), memcpy(&wb, want + 4, 8);
	return (a & ma) == wa && (b & mb) == wb && stays[p[0]] & stays[p[3]] & stays[p[6]] & stays[p[9]] & LEADS_THREE;
}

/* The same for text. */
static size_t text_run(struct str s, size_t i)
{
	for (;;) {
		i = run_of(s, i, IN_TEXT);
		size_t from = i;
		while (s.n - i >= 12 && twelve((const unsigned char *)s.p + i)) i += 12;
		while (s.n - i >= 3 && three((const unsigned char *)s.p + i)) i += 3;
		if (i == from) return i;
	}
}

/* What stands for the character at `at` in text, if it does not stay: what no HTML parser should meet (control characters, malformed
   UTF-8) becomes U+FFFD. `at` moves behind it. */
static struct str escaped(struct str s, size_t *at)
{
	unsigned char c = (unsigned char)s.p[*at];
	if (c >= 0x80) return utf8_next(s, at) < 0 ? STR("\xEF\xBF\xBD") : (struct str){ NULL, 0 };
	++*at;
	switch (c) {
	case '&': return STR("&amp;");
	case '<': return STR("&lt;");
	case '>': return STR("&gt;");
	case '"': return STR("&quot;");
	case '\'': return STR("&#39;");
	default: return STR("\xEF\xBF\xBD");
	}
}

__attribute__((noinline)) static void put_text_escaped(struct buf *out, struct str s, size_t i)
{
	size_t from = 0;
	while (i < s.n) {
		size_t next = i;
		struct str as = escaped(s, &next);
		if (as.p) {
			buf_add(out, str_sub(s, from, i));
			buf_add(out, as);
			from = next;
		}
		i = text_run(s, next);
	}
	buf_add(out, str_sub(s, from, s.n));
}

/* Text and quoted attributes. */
static void put_text(struct buf *out, struct str s)
{
	size_t i = text_run(s, 0);
	if (i == s.n) buf_add(out, s);
	else put_text_escaped(out, s, i);
}

__attribute__((noinline)) static void put_percent_escaped(struct buf *out, struct str s, int keep, size_t i)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t from = 0;
	for (; i < s.n; i = run_of(s, from, keep)) {
		unsigned char c = (unsigned char)s.p[i];
		buf_add(out, str_sub(s, from, i));
		if (c == '&' && keep == IN_URL) buf_add(out, STR("&amp;"));
		else buf_add(out, (struct str){ (char[]){ '%', hex[c >> 4], hex[c & 15] }, 3 });
		from = i + 1;
	}
	buf_add(out, str_sub(s, from, s.n));
}

static void put_percent(struct buf *out, struct str s, int keep)
{
	size_t i = run_of(s, 0, keep);
	if (i == s.n) buf_add(out, s);
	else put_percent_escaped(out, s, keep, i);
}

static bool scheme_allowed(struct str s)
{
	static const char *const schemes[] = { "http:", "https:", "mailto:", "tel:" };
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
		size_t n = strlen(schemes[i]);
		if (s.n >= n && strncasecmp(s.p, schemes[i], n) == 0) return true;
	}
	return false;
}

static bool url_allowed(struct str s)
{
	if (s.n == 0 || s.p[0] == '#' || s.p[0] == '?') return true;
	/* "//host" and "/\host" leave the site without saying so. */
	if (s.p[0] == '/') return s.n == 1 || (s.p[1] != '/' && s.p[1] != '\\');
	return scheme_allowed(s);
}

__attribute__((noinline)) static void put_url(struct buf *out, enum escape escape, struct str s)
{
	if (escape == ESCAPE_URL_PART) put_percent(out, s, IN_PART);
	else if (url_allowed(s)) put_percent(out, s, IN_URL);
	else buf_c(out, '#');
}

static inline void put(struct buf *out, enum escape escape, struct str s)
{
	if (escape == ESCAPE_TEXT) put_text(out, s);
	else put_url(out, escape, s);
}

void render_escape(struct buf *out, enum escape escape, struct str s) { put(out, escape, s); }

/* ---- values ---- */

static const struct val nothing = { .kind = VAL_NULL };

static struct arena *scratch(struct render *r)
{
	if (!r->scratch) r->scratch = arena_new(SCRATCH_MAX);
	r->scratched = true;
	return r->scratch;
}

/* Nothing made in the scratch arena is needed after the operation that made it. */
static void forget(struct render *r)
{
	if (!r->scratched) return;
	r->scratched = false;
	if (arena_used(r->scratch) > SCRATCH_RESET) arena_reset(r->scratch);
}

static struct val loop_value(const struct frame *f, enum loop_word word)
{
	switch (word) {
	case LOOP_INDEX: return val_int((int64_t)f->i + 1);
	case LOOP_FIRST: return val_bool(f->i == 0);
	case LOOP_LAST: return val_bool(f->i + 1 == f->n);
	default: return val_int((int64_t)f->n);
	}
}

__attribute__((noinline)) static const struct val *search(const struct val *v, struct segment *s)
{
	if (v->kind != VAL_MAP) return &nothing;
	for (size_t i = 0; i < v->map->n; i++)
		if (str_eq(v->map->v[i].key, s->name)) {
			s->seen = i;
			if (s->brief) s->key = v->map->v[i].key.p;
			return &v->map->v[i].val;
		}
	return &nothing;
}

/* The maps that come to one place in a template are made by the same code: the key is where it was the last time. */
__attribute__((always_inline)) static inline const struct val *member(const struct val *v, struct segment *s)
{
	if (v->kind == VAL_LIST) return (size_t)s->index < v->list->n ? &v->list->v[s->index] : &nothing;
	if (v->kind != VAL_MAP || s->seen >= v->map->n) return search(v, s);
	const struct val_pair *p = &v->map->v[s->seen];
	if (p->key.p == s->key && p->key.n == s->name.n) return &p->val;
	return !s->brief && str_eq(p->key, s->name) ? &p->val : search(v, s);
}

__attribute__((noinline)) static const struct val *walk_far(struct render *r, const struct get *g)
{
	const struct val *v = r->slot[g->slot];
	for (int i = 0; i < g->n_seg; i++) v = member(v, &g->seg[i]);
	return v;
}

/* What a path leads to: mostly one step. */
__attribute__((always_inline)) static inline const struct val *walk(struct render *r, const struct get *g)
{
	return g->n_seg == 1 ? member(r->slot[g->slot], g->seg) : walk_far(r, g);
}

/* `room` holds what is made here; what filters make is in `a`, or else gone after the operation. */
static const struct val *make(struct render *r, const struct get *g, struct arena *a, struct val *room)
{
	*room = g->root == ROOT_CONST ? g->value : g->root == ROOT_LOOP ? loop_value(&r->frame[g->slot], g->word) : *walk(r, g);
	for (int i = 0; i < g->n_filter; i++) {
		*room = filter_apply(a ? a : scratch(r), g->filter[i].filter, g->filter[i].arg, *room, r->env);
	}
	return room;
}

const struct val *render_get(struct render *r, const struct get *g, struct arena *a, struct val *room)
{
	return g->path ? walk(r, g) : make(r, g, a, room);
}

__attribute__((noinline)) static void put_made(struct render *r, enum escape escape, const struct get *g)
{
	struct val room;
	const struct val *v = render_get(r, g, NULL, &room);
	if (v->kind == VAL_TEXT) put(r->out, escape, v->s);
	else if (v->kind == VAL_INT) buf_int(r->out, v->i);
	else if (v->kind != VAL_NULL) put(r->out, escape, filter_plain(scratch(r), *v));
	forget(r);
}

/* Written where it belongs, if it is a whole number of the usual size. */
static inline bool put_brief(struct render *r, enum escape escape, const struct get *g)
{
	struct buf *out = r->out;
	const struct val *v = walk(r, g);
	enum filter f = g->filter->filter;
	if (v->kind == VAL_NULL) return true;
	if (v->kind != VAL_INT || out->cap - out->n <= FILTER_SHORT || (escape != ESCAPE_TEXT && f != FILTER_ID)) return false;
	size_t n = filter_short(out->p + out->n, f, v->i, r->env);
	out->n += n;
	return n != 0;
}

static inline void put_value(struct render *r, enum escape escape, const struct get *g)
{
	if (g->path) {
		const struct val *v = walk(r, g);
		if (v->kind == VAL_TEXT) put(r->out, escape, v->s);
		else if (v->kind == VAL_INT) buf_int(r->out, v->i);
		else if (v->kind != VAL_NULL) put_made(r, escape, g);
	} else if (!g->brief || !put_brief(r, escape, g)) {
		put_made(r, escape, g);
	}
}

/* ---- conditions ---- */

static bool is_number(struct val v) { return v.kind == VAL_INT || v.kind == VAL_DEC; }

/* In millionths; __int128 holds every int64 of them. */
static __int128 micro(struct val v) { return v.kind == VAL_INT ? (__int128)v.i * DEC_ONE : v.i; }

static bool equal(struct render *r, struct val a, struct val b)
{
	if (is_number(a) && is_number(b)) return micro(a) == micro(b);
	if (a.kind == b.kind) return val_eq(a, b);
	/* null is the empty text; a number or truth value equals its text */
	return a.kind < VAL_LIST && b.kind < VAL_LIST && str_eq(filter_plain(scratch(r), a), filter_plain(scratch(r), b));
}

static bool ordered(enum cond_op op, struct val a, struct val b)
{
	int c = 0;
	if (is_number(a) && is_number(b)) c = micro(a) < micro(b) ? -1 : micro(a) > micro(b);
	else if (a.kind == VAL_TEXT && b.kind == VAL_TEXT) c = str_cmp(a.s, b.s);
	else return false;
	switch (op) {
	case COND_LT: return c < 0;
	case COND_GT: return c > 0;
	case COND_LE: return c <= 0;
	default: return c >= 0;
	}
}

__attribute__((noinline)) static bool holds_made(struct render *r, const struct test *t)
{
	struct val room[2];
	switch (t->op) {
	case COND_REF: {
		bool is = val_true(*make(r, &t->get, NULL, &room[0]));
		forget(r);
		return is;
	}
	case COND_NOT: return !render_holds(r, t->a);
	case COND_AND: return render_holds(r, t->a) && render_holds(r, t->b);
	case COND_OR: return render_holds(r, t->a) || render_holds(r, t->b);
	default: break;
	}
	const struct val *a = render_get(r, &t->a->get, NULL, &room[0]), *b = render_get(r, &t->b->get, NULL, &room[1]);
	bool is = t->op == COND_EQ ? equal(r, *a, *b) : t->op == COND_NE ? !equal(r, *a, *b) : ordered(t->op, *a, *b);
	forget(r);
	return is;
}

bool render_holds(struct render *r, const struct test *t)
{
	return t->op == COND_REF && t->get.path ? val_true(*walk(r, &t->get)) : holds_made(r, t);
}

/* ---- running ---- */

static const struct val *item_at(const struct val *list, size_t i)
{
	return list->kind == VAL_LIST && i < list->list->n ? &list->list->v[i] : &nothing;
}

void render_item(struct render *r, const struct op *op)
{
	struct frame *f = &r->frame[op->depth];
	bool map = f->list->kind == VAL_MAP;
	for (int i = 1; i < op->n_get; i++) r->slot[op->slot + i] = item_at(f->with[i - 1], f->i);
	r->slot[op->slot] = map ? &f->list->map->v[f->i].val : &f->list->list->v[f->i];
	if (op->key_slot < 0) return;
	f->key = map ? val_text(f->list->map->v[f->i].key) : val_int((int64_t)f->i);
	r->slot[op->key_slot] = &f->key;
}

const struct val *render_keep(struct render *r, const struct get *g)
{
	struct val room;
	const struct val *v = render_get(r, g, r->cx->arena, &room);
	if (v != &room) return v;
	struct val *kept = ARENA_NEW(r->cx->arena, struct val);
	*kept = room;
	return kept;
}

bool render_begin(struct render *r, const struct op *op)
{
	struct frame *f = &r->frame[op->depth];
	f->list = render_keep(r, op->get);
	for (int i = 1; i < op->n_get; i++) f->with[i - 1] = render_keep(r, &op->get[i]);
	f->i = 0;
	f->n = f->list->kind == VAL_LIST || f->list->kind == VAL_MAP ? val_len(*f->list) : 0;
	if (f->n) render_item(r, op);
	return f->n != 0;
}

static bool next_round(struct render *r, const struct op *op)
{
	struct frame *f = &r->frame[op->depth];
	if (++f->i >= f->n || r->out->full) return false;
	render_item(r, op);
	return true;
}

static void put_before(struct buf *out, struct str s)
{
	if (s.n > TEXT_PAD || out->cap - out->n <= TEXT_PAD) {
		buf_add(out, s);
	} else {
		memcpy(out->p + out->n, s.p, TEXT_PAD);
		out->n += s.n;
	}
}

void render_put(struct render *r, const struct op *op) { put_value(r, op->escape, op->get); }

static void run(struct render *r, const struct op *first, int n);

/* Where it goes on: in the body, or behind the loop. */
static const struct op *run_loop(struct render *r, const struct op *first, const struct op *op)
{
	struct straight_body body;
	if (!render_begin(r, op)) return first + op->to;
	if (op->inner || r->frame[op->depth].n < STRAIGHT_MIN || !template_straight(r, first, (int)(op - first), &body)) return op + 1;
	do run(r, body.op, body.n);
	while (next_round(r, op));
	return first + op->next + 1;
}

static void run(struct render *r, const struct op *first, int n)
{
	for (const struct op *op = first, *end = op + n; op < end;) {
		if (op->before.n) put_before(r->out, op->before);
		switch (op->kind) {
		case OP_TEXT: break;
		case OP_PUT: put_value(r, op->escape, op->get); break;
		case OP_FOR: op = run_loop(r, first, op); continue;
		case OP_NEXT:
			if (!next_round(r, first + op->to - 1)) break;
			op = first + op->to;
			continue;
		case OP_UNLESS:
			if (op->test->op == COND_REF && op->test->get.path ? val_true(*walk(r, &op->test->get)) : render_holds(r, op->test)) break;
			op = first + op->to;
			continue;
		case OP_JUMP:
			op = first + op->to;
			continue;
		case OP_BIND: r->slot[op->slot] = op->get->path ? walk(r, op->get) : render_keep(r, op->get); break;
		}
		op++;
	}
}

static const struct compiled *find(const struct templates *t, const char *name)
{
	struct str key = str_c(name);
	int low = 0, high = t->n - 1;
	while (low <= high) {
		int mid = low + (high - low) / 2, c = str_cmp(t->v[mid].name, key);
		if (c == 0) return &t->v[mid];
		if (c < 0) low = mid + 1;
		else high = mid - 1;
	}
	return NULL;
}

bool templates_have(const struct templates *t, const char *name) { return find(t, name) != NULL; }

enum rc template_render(struct cx *cx, const struct templates *t, const char *name, struct val data, const struct template_env *env,
	struct buf *out)
{
	const struct compiled *c = find(t, name);
	if (!c) return fail(cx, RC_MISSING, "template.missing", NOWHERE, "没有名为“%s”的模板", "there is no template \"%s\"", name);
	/* `slot` is large and only written before it is read: no need to clear it. */
	__attribute__((uninitialized)) struct render r;
	r.cx = cx, r.env = env, r.slot[SLOT_DATA] = &data, r.out = out, r.scratch = NULL, r.scratched = false;
	run(&r, c->op[env->lang], c->n_op[env->lang]);
	arena_free(r.scratch);
	if (out->full)
		return fail(cx, RC_LIMIT, "template.large", NOWHERE, "页面超过 %zu 字节", "the page is longer than %zu bytes", out->max);
	return RC_OK;
}

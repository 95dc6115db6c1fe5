#include "web/template.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "web/template_op.h"

struct frame { struct val list; size_t i, n; };

struct render {
	struct cx *cx;
	const struct template_env *env;
	struct val data;
	struct buf *out;
	struct arena *scratch;          /* for values that are shown at once; made when first needed */
	struct val slot[SLOTS_MAX];
	struct frame frame[LOOPS_MAX];
};

enum { SCRATCH_MAX = 16 << 20, SCRATCH_RESET = 16 << 10 };

/* ---- escaping ---- */

/* Text and quoted attributes. What no HTML parser should meet (control characters, malformed UTF-8) becomes U+FFFD. */
static void put_text(struct buf *out, struct str s)
{
	size_t from = 0, i = 0;
	while (i < s.n) {
		unsigned char c = (unsigned char)s.p[i];
		if (c >= 0x40 && c < 0x7F) {    /* letters, mostly: nothing to escape */
			i++;
			continue;
		}
		struct str as = { NULL, 0 };
		size_t next = i + 1;
		if (c >= 0x80) {
			next = i;
			if (utf8_next(s, &next) < 0) as = STR("\xEF\xBF\xBD");
		} else if (c == '&') as = STR("&amp;");
		else if (c == '<') as = STR("&lt;");
		else if (c == '>') as = STR("&gt;");
		else if (c == '"') as = STR("&quot;");
		else if (c == '\'') as = STR("&#39;");
		else if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F) as = STR("\xEF\xBF\xBD");
		if (as.p) {
			buf_add(out, str_sub(s, from, i));
			buf_add(out, as);
			from = next;
		}
		i = next;
	}
	buf_add(out, str_sub(s, from, s.n));
}

static void put_percent(struct buf *out, struct str s, const char *keep)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t from = 0;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr(keep, c));
		if (plain && c != '&') continue;
		buf_add(out, str_sub(s, from, i));
		from = i + 1;
		if (plain) {
			buf_add(out, STR("&amp;"));
		} else {
			buf_c(out, '%');
			buf_c(out, hex[c >> 4]);
			buf_c(out, hex[c & 15]);
		}
	}
	buf_add(out, str_sub(s, from, s.n));
}

static bool url_allowed(struct str s)
{
	static const char *const schemes[] = { "http:", "https:", "mailto:", "tel:" };
	if (s.n == 0 || s.p[0] == '#' || s.p[0] == '?') return true;
	/* "//host" and "/\host" leave the site without saying so. */
	if (s.p[0] == '/') return s.n == 1 || (s.p[1] != '/' && s.p[1] != '\\');
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
		size_t n = strlen(schemes[i]);
		if (s.n >= n && strncasecmp(s.p, schemes[i], n) == 0) return true;
	}
	return false;
}

static void put_url(struct buf *out, struct str s)
{
	if (url_allowed(s)) put_percent(out, s, "-._~:/?#[]@!$&()*+,;=%");
	else buf_c(out, '#');
}

static void put(struct buf *out, enum escape escape, struct str s)
{
	if (escape == ESCAPE_TEXT) put_text(out, s);
	else if (escape == ESCAPE_URL) put_url(out, s);
	else put_percent(out, s, "-._~");
}

/* ---- values ---- */

static struct arena *scratch(struct render *r)
{
	if (!r->scratch) r->scratch = arena_new(SCRATCH_MAX);
	return r->scratch;
}

/* Nothing made in the scratch arena is needed after the operation that made it. */
static void forget(struct render *r)
{
	if (r->scratch && arena_used(r->scratch) > SCRATCH_RESET) arena_reset(r->scratch);
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

static struct val get(struct render *r, const struct get *g, struct arena *a)
{
	struct val v = g->value;
	if (g->root == ROOT_DATA) v = r->data;
	else if (g->root == ROOT_SLOT) v = r->slot[g->slot];
	else if (g->root == ROOT_LOOP) v = loop_value(&r->frame[g->slot], g->word);
	for (int i = 0; i < g->n_seg; i++) {
		if (v.kind == VAL_LIST && g->seg[i].index >= 0) v = val_at(v, (size_t)g->seg[i].index);
		else v = val_get(v, g->seg[i].name);
	}
	for (int i = 0; i < g->n_filter; i++) v = filter_apply(a ? a : scratch(r), g->filter[i].filter, g->filter[i].arg, v, r->env);
	return v;
}

static void put_value(struct render *r, enum escape escape, const struct get *g)
{
	struct val v = get(r, g, NULL);
	if (v.kind == VAL_TEXT) put(r->out, escape, v.s);
	else if (v.kind == VAL_INT) buf_int(r->out, v.i);
	else if (v.kind != VAL_NULL) put(r->out, escape, filter_plain(scratch(r), v));
	forget(r);
}

static void put_format(struct render *r, const struct op *op)
{
	struct str f = op->text[r->env->lang];
	int next = 0;
	for (size_t i = 0, from = 0; i <= f.n; i++) {
		if (i < f.n && f.p[i] != '%') continue;
		put(r->out, op->escape, str_sub(f, from, i));
		if (i == f.n) break;
		i++;            /* the compiler has checked what follows the mark */
		if (f.p[i] == '%') {
			put(r->out, op->escape, STR("%"));
		} else {
			int which = next++;
			if (f.p[i] != 's') which = f.p[i] - '1', i += 2;
			put_value(r, op->escape, &op->get[which]);
		}
		from = i + 1;
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

static bool holds(struct render *r, const struct test *t)
{
	switch (t->op) {
	case COND_REF: return val_true(get(r, &t->get, NULL));
	case COND_NOT: return !holds(r, t->a);
	case COND_AND: return holds(r, t->a) && holds(r, t->b);
	case COND_OR: return holds(r, t->a) || holds(r, t->b);
	default: break;
	}
	struct val a = get(r, &t->a->get, NULL), b = get(r, &t->b->get, NULL);
	if (t->op == COND_EQ) return equal(r, a, b);
	if (t->op == COND_NE) return !equal(r, a, b);
	return ordered(t->op, a, b);
}

/* ---- running ---- */

static void load_item(struct render *r, const struct op *op)
{
	const struct frame *f = &r->frame[op->depth];
	bool map = f->list.kind == VAL_MAP;
	r->slot[op->slot] = map ? f->list.map->v[f->i].val : f->list.list->v[f->i];
	if (op->key_slot >= 0) r->slot[op->key_slot] = map ? val_text(f->list.map->v[f->i].key) : val_int((int64_t)f->i);
}

static int begin_loop(struct render *r, const struct op *op, int at)
{
	struct frame *f = &r->frame[op->depth];
	*f = (struct frame){ .list = get(r, op->get, r->cx->arena) };
	if (f->list.kind == VAL_LIST || f->list.kind == VAL_MAP) f->n = val_len(f->list);
	if (f->n == 0) return op->to;
	load_item(r, op);
	return at + 1;
}

static int next_round(struct render *r, const struct op *op, int at)
{
	struct frame *f = &r->frame[op->depth];
	if (++f->i >= f->n || r->out->full) return at + 1;
	load_item(r, op);
	return op->to;
}

static void run(struct render *r, const struct compiled *c)
{
	for (int i = 0; i < c->n_op;) {
		const struct op *op = &c->op[i];
		switch (op->kind) {
		case OP_TEXT: buf_add(r->out, op->text[0]); break;
		case OP_TR: put(r->out, op->escape, op->text[r->env->lang]); break;
		case OP_FORMAT: put_format(r, op); break;
		case OP_PUT: put_value(r, op->escape, op->get); break;
		case OP_FOR: i = begin_loop(r, op, i); continue;
		case OP_NEXT: i = next_round(r, op, i); continue;
		case OP_UNLESS:
			i = holds(r, op->test) ? i + 1 : op->to;
			forget(r);
			continue;
		case OP_JUMP: i = op->to; continue;
		case OP_BIND: r->slot[op->slot] = get(r, op->get, r->cx->arena); break;
		}
		i++;
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
	r.cx = cx, r.env = env, r.data = data, r.out = out, r.scratch = NULL;
	run(&r, c);
	arena_free(r.scratch);
	if (out->full)
		return fail(cx, RC_LIMIT, "template.large", NOWHERE, "页面超过 %zu 字节", "the page is longer than %zu bytes", out->max);
	return RC_OK;
}

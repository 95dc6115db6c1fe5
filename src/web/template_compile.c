#include "web/template.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "web/assets.h"
#include "web/i18n.h"
#include "web/template_run.h"

enum { CHAIN_MAX = 8, NEST_MAX = 64, INCLUDES_MAX = 16, NODES_MAX = 200000, JOIN_MAX = 4096 };

struct scope { struct str name; int slot; };

struct compiler {
	struct cx *cx;
	struct arena *arena;
	enum lang lang;                 /* of this compilation */
	const struct assets *assets;
	struct template_file *file;
	int n_file;
	VEC(struct op) op;
	struct str pending;             /* static text that no operation carries yet */
	struct html html;
	struct template_file *chain[CHAIN_MAX];         /* the template, what it extends, … */
	int n_chain;
	struct scope scope[SLOTS_MAX];
	int n_scope;
	const struct template_file *inside[INCLUDES_MAX];       /* the parts being included */
	int n_inside, loops, nest, nodes;
	bool failed, stop;              /* stop: endless; nothing more is looked at */
};

static bool told(const struct fails *fails, const char *code, struct where at)
{
	for (int i = 0; i < fails->n; i++) {
		const struct failure *f = &fails->v[i];
		if (strcmp(f->code, code) == 0 && f->where.line == at.line && f->where.column == at.column && str_eq(f->where.file, at.file)) return true;
	}
	return false;
}

/* A layout is compiled with every page that extends it: its mistakes are told once. */
#define COMPLAIN(c, file, offset, code, ...)                                                             \
	do {                                                                                             \
		(c)->failed = true;                                                                      \
		if (!told(&(c)->cx->fails, (code), template_where((file), (offset))))                    \
			(void)TEMPLATE_FAIL((c)->cx, (file), (offset), (code), __VA_ARGS__);             \
	} while (0)

static void complain(struct compiler *c, const struct template_file *file, size_t offset, const struct html_complaint *why)
{
	COMPLAIN(c, file, offset, why->code, "%s%.0s", "%.0s%s", why->zh, why->en);
}

static struct template_file *find_file(const struct compiler *c, struct str name)
{
	for (int i = 0; i < c->n_file; i++)
		if (str_eq(c->file[i].name, name)) return &c->file[i];
	return NULL;
}

static void missing_file(struct compiler *c, const struct template_file *file, size_t at, struct str name)
{
	struct str *names = ARENA_ARRAY(c->cx->arena, struct str, (size_t)c->n_file);
	for (int i = 0; i < c->n_file; i++) names[i] = c->file[i].name;
	COMPLAIN(c, file, at, "template.file", "没有名为“%.*s”的模板", "there is no template \"%.*s\"", STRF(name));
	int near = nearest_name(name, names, c->n_file);
	if (near >= 0) fail_hint(c->cx, "是不是“%.*s”？", "did you mean \"%.*s\"?", STRF(names[near]));
}

static struct op *emit(struct compiler *c, enum op_kind kind)
{
	VEC_PUSH(c->arena, &c->op, ((struct op){ .kind = kind, .before = c->pending }));
	c->pending = STR("");
	return &c->op.v[c->op.n - 1];
}

static void emit_text(struct compiler *c, struct str text)
{
	if (!text.n) return;
	if (c->pending.n > JOIN_MAX) emit(c, OP_TEXT);
	char *both = arena_alloc(c->arena, c->pending.n + text.n + TEXT_PAD);
	memcpy(both, c->pending.p, c->pending.n);
	memcpy(both + c->pending.n, text.p, text.n);
	c->pending = (struct str){ both, c->pending.n + text.n };
}

/* Where the next operation will stand, for jumps to it: the text before does not belong to it. */
static int label(struct compiler *c)
{
	if (c->pending.n) emit(c, OP_TEXT);
	return (int)c->op.n;
}

/* ---- names ---- */

static struct get resolve(struct compiler *c, const struct template_file *file, const struct ref *ref)
{
	struct get g = { .root = ROOT_SLOT, .slot = SLOT_DATA, .path = !ref->n_filter, .n_seg = ref->n_seg, .filter = ref->filter, .n_filter = ref->n_filter };
	if (ref->constant || !ref->n_seg) {
		g.root = ROOT_CONST;
		g.path = false;
		g.n_seg = 0;
		g.value = ref->value;
		return g;
	}
	g.brief = ref->n_filter == 1 && filter_is_short(ref->filter->filter);
	struct str first = ref->seg[0].name;
	/* A layout's places see other maps in every page. */
	g.seg = ARENA_ARRAY(c->arena, struct segment, (size_t)ref->n_seg);
	memcpy(g.seg, ref->seg, (size_t)ref->n_seg * sizeof *g.seg);
	for (int i = c->n_scope - 1; i >= 0; i--) {
		if (!str_eq(c->scope[i].name, first)) continue;
		g.slot = c->scope[i].slot;
		g.seg++;
		g.n_seg--;
		return g;
	}
	if (!str_is(first, "loop") || !c->loops) return g;
	static const struct str words[] = { STR_INIT("index"), STR_INIT("first"), STR_INIT("last"), STR_INIT("count") };
	for (int i = 0; i < 4 && ref->n_seg == 2; i++) {
		if (!str_eq(words[i], ref->seg[1].name)) continue;
		g.root = ROOT_LOOP;
		g.path = g.brief = false;
		g.slot = c->loops - 1;
		g.word = (enum loop_word)i;
		g.n_seg = 0;
		return g;
	}
	COMPLAIN(c, file, ref->at, "template.loop", "loop 只有 index、first、last、count", "loop has index, first, last and count only");
	return g;
}

static const struct get *resolve_one(struct compiler *c, const struct template_file *file, const struct ref *ref)
{
	struct get *g = ARENA_NEW(c->arena, struct get);
	*g = resolve(c, file, ref);
	return g;
}

static const struct test *resolve_cond(struct compiler *c, const struct template_file *file, const struct cond *cond)
{
	struct test *t = ARENA_NEW(c->arena, struct test);
	t->op = cond->op;
	if (cond->op == COND_REF) t->get = resolve(c, file, &cond->ref);
	if (cond->a) t->a = resolve_cond(c, file, cond->a);
	if (cond->b) t->b = resolve_cond(c, file, cond->b);
	return t;
}

static int push_name(struct compiler *c, const struct template_file *file, size_t at, struct str name)
{
	if (c->n_scope == SLOTS_MAX) {
		COMPLAIN(c, file, at, "template.names", "同时有效的名称超过 %d 个", "more than %d names at once", SLOTS_MAX - 1);
		return 0;
	}
	c->scope[c->n_scope] = (struct scope){ name, c->n_scope };
	return c->n_scope++;
}

/* ---- holes ---- */

static bool hole(struct compiler *c, const struct node *n, bool json, enum escape *escape)
{
	const struct html_complaint *why = html_hole(&c->html, json, escape);
	if (why) complain(c, n->file, n->at, why);
	return why == NULL;
}

static void emit_put(struct compiler *c, enum escape escape, const struct get *get)
{
	struct op *op = emit(c, OP_PUT);
	op->escape = escape;
	op->get = get;
	op->n_get = 1;
}

static void compile_put(struct compiler *c, const struct node *n)
{
	bool json = false, query = false;
	for (int i = 0; i < n->ref.n_filter; i++) {
		json = json || n->ref.filter[i].filter == FILTER_JSON;
		query = query || n->ref.filter[i].filter == FILTER_QUERY;
	}
	enum escape escape = ESCAPE_TEXT;
	if (!hole(c, n, json, &escape)) return;
	if (query && escape != ESCAPE_URL_PART)
		COMPLAIN(c, n->file, n->at, "template.query", "query 只能用在网址的“?”之后", "query belongs in an address, after its \"?\"");
	const struct get *g = resolve_one(c, n->file, &n->ref);
	emit_put(c, query ? ESCAPE_TEXT : escape, g);
}

/* Which arguments a format takes: a bit each; -1 when it is malformed. */
static int format_uses(struct str f, int n_arg)
{
	int uses = 0, next = 0;
	for (size_t i = 0; i < f.n; i++) {
		if (f.p[i] != '%') continue;
		if (++i == f.n) return -1;
		if (f.p[i] == '%') continue;
		int which = next++;
		if (f.p[i] >= '1' && f.p[i] <= '9' && i + 2 < f.n && f.p[i + 1] == '$') {
			which = f.p[i] - '1';
			i += 2;
		}
		if (f.p[i] != 's' || which >= n_arg) return -1;
		uses |= 1 << which;
	}
	return uses;
}

static void emit_escaped(struct compiler *c, enum escape escape, struct str text)
{
	struct buf b = BUF(c->arena, text.n * 6 + 1);
	render_escape(&b, escape, text);
	emit_text(c, buf_str(&b));
}

/* A text with %s in it, already checked. */
static void emit_format(struct compiler *c, enum escape escape, struct str f, const struct get *arg)
{
	int next = 0;
	for (size_t i = 0, from = 0; i <= f.n; i++) {
		if (i < f.n && f.p[i] != '%') continue;
		emit_escaped(c, escape, str_sub(f, from, i));
		if (i == f.n) break;
		if (f.p[++i] == '%') {
			emit_escaped(c, escape, STR("%"));
		} else {
			int which = next++;
			if (f.p[i] != 's') which = f.p[i] - '1', i += 2;
			emit_put(c, escape, &arg[which]);
		}
		from = i + 1;
	}
}

static void compile_tr(struct compiler *c, const struct node *n)
{
	enum escape escape = ESCAPE_TEXT;
	if (!hole(c, n, false, &escape)) return;
	struct str zh = tr(LANG_ZH, n->text), en = n->text;
	if (!n->n_arg) {
		emit_escaped(c, escape, c->lang == LANG_ZH ? zh : en);
		return;
	}
	int all = (1 << n->n_arg) - 1;
	if (format_uses(en, n->n_arg) != all || format_uses(zh, n->n_arg) != all) {
		COMPLAIN(c, n->file, n->at, "template.format", "%%s 的个数和给出的值不一致（译文：%.*s）",
			"the number of %%s differs from the values given (translation: %.*s)", STRF(zh));
		return;
	}
	struct get *g = ARENA_ARRAY(c->arena, struct get, (size_t)n->n_arg);
	for (int i = 0; i < n->n_arg; i++) g[i] = resolve(c, n->file, &n->arg[i]);
	emit_format(c, escape, c->lang == LANG_ZH ? zh : en, g);
}

static void compile_asset(struct compiler *c, const struct node *n)
{
	enum escape escape = ESCAPE_TEXT;
	if (!hole(c, n, false, &escape)) return;
	struct str url = c->assets ? asset_url(c->assets, n->text) : STR("");
	if (!url.n) COMPLAIN(c, n->file, n->at, "template.asset", "static/ 中没有“%.*s”", "there is no \"%.*s\" in static/", STRF(n->text));
	emit_text(c, url);
}

/* ---- statements ---- */

static void compile_nodes(struct compiler *c, const struct nodes *nodes);

static void join(struct compiler *c, const struct node *n, const struct html *a, const struct html *b)
{
	if (html_join(a, b, &c->html)) return;
	COMPLAIN(c, n->file, n->at, "template.branches", "各分支结束时 HTML 所处的位置不同", "the branches end at different places in the HTML");
	c->html = *a;
}

static void compile_if(struct compiler *c, const struct node *n)
{
	struct html before = c->html, after = before;
	VEC(int) ends = { 0 };
	bool has_else = false;
	for (size_t i = 0; i < n->branch.n; i++) {
		const struct branch *b = &n->branch.v[i];
		int unless = -1;
		if (b->cond) {
			const struct test *t = resolve_cond(c, n->file, b->cond);
			struct op *op = emit(c, OP_UNLESS);
			op->test = t;
			unless = (int)c->op.n - 1;
		}
		has_else = has_else || !b->cond;
		c->html = before;
		compile_nodes(c, &b->body);
		if (i == 0) after = c->html;
		else join(c, n, &after, &c->html), after = c->html;
		if (i + 1 < n->branch.n) {
			emit(c, OP_JUMP);
			VEC_PUSH(c->arena, &ends, (int)c->op.n - 1);
		}
		int next = label(c);
		if (unless >= 0) c->op.v[unless].to = next;
	}
	c->html = after;
	if (!has_else) join(c, n, &after, &before);
	int end = label(c);
	for (size_t i = 0; i < ends.n; i++) c->op.v[ends.v[i]].to = end;
}

static bool same_place(const struct html *a, const struct html *b) { return a->state == b->state && a->url == b->url && a->match == b->match; }

/* The body once; a second time when its end is another place than its beginning (the second round starts there). */
static void compile_rounds(struct compiler *c, const struct node *n)
{
	struct html before = c->html;
	size_t start = c->op.n;
	compile_nodes(c, &n->body);
	struct html after = c->html;
	join(c, n, &before, &after);
	if (same_place(&c->html, &before)) return;
	struct html joined = c->html;
	c->op.n = start;
	c->pending = STR("");
	compile_nodes(c, &n->body);
	after = c->html;
	join(c, n, &joined, &after);
	if (!same_place(&c->html, &joined))
		COMPLAIN(c, n->file, n->at, "template.branches", "循环每一轮结束时 HTML 所处的位置不同", "each round of the loop ends at a different place in the HTML");
}

static void compile_for(struct compiler *c, const struct node *n)
{
	if (c->loops == LOOPS_MAX) {
		COMPLAIN(c, n->file, n->at, "template.loops", "循环嵌套超过 %d 层", "loops are nested more than %d deep", LOOPS_MAX);
		return;
	}
	if (n->bind.n > COMPANIONS_MAX) {
		COMPLAIN(c, n->file, n->at, "template.with", "for 的 with 最多 %d 个", "a for takes at most %d lists behind its with", COMPANIONS_MAX);
		return;
	}
	struct get *g = ARENA_ARRAY(c->arena, struct get, n->bind.n + 1);
	g[0] = resolve(c, n->file, &n->ref);
	for (size_t i = 0; i < n->bind.n; i++) g[1 + i] = resolve(c, n->file, &n->bind.v[i].ref);
	int names = c->n_scope, key = -1;
	if (n->key.n) key = push_name(c, n->file, n->at, n->key);
	int slot = push_name(c, n->file, n->at, n->var);
	for (size_t i = 0; i < n->bind.n; i++) push_name(c, n->file, n->at, n->bind.v[i].name);
	struct html before = c->html;
	struct op *op = emit(c, OP_FOR);
	op->get = g;
	op->n_get = 1 + (int)n->bind.n;
	op->slot = slot;
	op->key_slot = key;
	op->depth = c->loops++;
	int head = (int)c->op.n - 1;
	compile_rounds(c, n);
	op = emit(c, OP_NEXT);
	op->to = head + 1;
	c->loops--;
	c->n_scope = names;
	c->op.v[head].next = (int)c->op.n - 1;
	struct html after = c->html;
	int over = -1;
	if (n->other.n) {
		emit(c, OP_JUMP);
		over = (int)c->op.n - 1;
	}
	int behind = label(c);
	c->op.v[head].to = behind;
	if (over < 0) return;
	c->html = before;
	compile_nodes(c, &n->other);
	struct html other = c->html;
	join(c, n, &after, &other);
	behind = label(c);
	c->op.v[over].to = behind;
}

static void compile_include(struct compiler *c, const struct node *n)
{
	struct template_file *f = find_file(c, n->text);
	if (!f) {
		missing_file(c, n->file, n->at, n->text);
		return;
	}
	if (f->extends.n) {
		COMPLAIN(c, n->file, n->at, "template.include_page", "不能包含使用 extends 的模板", "a template that extends another cannot be included");
		return;
	}
	bool again = c->n_inside == INCLUDES_MAX || f == n->file;
	for (int i = 0; i < c->n_inside; i++) again = again || c->inside[i] == f;
	if (again) {
		COMPLAIN(c, n->file, n->at, "template.recursion", "模板包含了自己，或包含过深", "this template includes itself, or too deeply");
		return;
	}
	if (f->broken) {
		c->failed = true;
		return;
	}
	int names = c->n_scope;
	/* All values are worked out in the scope outside, so that `with a = b, b = a` swaps. */
	const struct get **g = ARENA_ARRAY(c->arena, const struct get *, n->bind.n + 1);
	for (size_t i = 0; i < n->bind.n; i++) g[i] = resolve_one(c, n->file, &n->bind.v[i].ref);
	for (size_t i = 0; i < n->bind.n; i++) {
		int slot = push_name(c, n->file, n->at, n->bind.v[i].name);
		struct op *op = emit(c, OP_BIND);
		op->slot = slot;
		op->get = g[i];
		op->n_get = 1;
	}
	c->inside[c->n_inside++] = f;
	compile_nodes(c, &f->body);
	c->n_inside--;
	c->n_scope = names;
}

static void compile_block(struct compiler *c, const struct node *n)
{
	for (int i = 0; i < c->n_chain; i++) {
		const struct template_file *f = c->chain[i];
		for (size_t j = 0; j < f->block.n; j++) {
			if (!str_eq(f->block.v[j]->text, n->text)) continue;
			struct html before = c->html;
			compile_nodes(c, &f->block.v[j]->body);
			if (c->html.state == before.state && html_join(&before, &c->html, &c->html)) return;
			COMPLAIN(c, f, f->block.v[j]->at, "template.block_html", "块结束时 HTML 所处的位置和开始时不同",
				"the block ends at another place in the HTML than it began");
			c->html = before;
			return;
		}
	}
	/* A block in an included part: nobody replaces it. */
	compile_nodes(c, &n->body);
}

static void compile_node(struct compiler *c, const struct node *n)
{
	c->nodes++;
	if (n->kind == NODE_TEXT) {
		size_t at = 0;
		const struct html_complaint *why = html_feed(&c->html, n->text, &at);
		if (why) complain(c, n->file, n->at + at, why);
		emit_text(c, n->text);
		return;
	}
	/* HTML drops a newline right after <textarea>: give it one to drop. */
	if (c->html.fresh) emit_text(c, STR("\n"));
	c->html.fresh = false;
	switch (n->kind) {
	case NODE_PUT: compile_put(c, n); break;
	case NODE_TR: compile_tr(c, n); break;
	case NODE_ASSET: compile_asset(c, n); break;
	case NODE_FOR: compile_for(c, n); break;
	case NODE_IF: compile_if(c, n); break;
	case NODE_INCLUDE: compile_include(c, n); break;
	default: compile_block(c, n); break;
	}
}

static void compile_nodes(struct compiler *c, const struct nodes *nodes)
{
	if (!c->stop && nodes->n && (c->nest == NEST_MAX || c->nodes > NODES_MAX)) {
		const struct node *n = nodes->v[0];
		COMPLAIN(c, n->file, n->at, "template.endless", "模板展开后过大或过深", "expanded, this template is too large or too deep");
		c->stop = true;
	}
	c->nest++;
	for (size_t i = 0; i < nodes->n && !c->stop; i++) compile_node(c, nodes->v[i]);
	c->nest--;
}

/* The template and what it extends, checked. */
static bool chain_of(struct compiler *c, struct template_file *f)
{
	for (c->n_chain = 0; f; ) {
		if (f->broken) return false;
		for (int i = 0; i < c->n_chain || c->n_chain == CHAIN_MAX; i++) {
			if (c->n_chain < CHAIN_MAX && c->chain[i] != f) continue;
			COMPLAIN(c, f, f->extends_at, "template.extends_loop", "extends 绕成了圈", "extends goes round in a circle");
			return false;
		}
		c->chain[c->n_chain++] = f;
		if (!f->extends.n) break;
		struct template_file *base = find_file(c, f->extends);
		if (!base) missing_file(c, f, f->extends_at, f->extends);
		f = base;
	}
	if (!f) return false;
	for (int i = 0; i + 1 < c->n_chain; i++) {
		for (size_t j = 0; j < c->chain[i]->body.n; j++) {
			const struct node *n = c->chain[i]->body.v[j];
			bool known = n->kind != NODE_BLOCK;
			for (int k = i + 1; k < c->n_chain && !known; k++)
				for (size_t b = 0; b < c->chain[k]->block.n; b++) known = known || str_eq(c->chain[k]->block.v[b]->text, n->text);
			if (!known)
				COMPLAIN(c, n->file, n->at, "template.block", "上层模板中没有块“%.*s”",
					"no template above has a block \"%.*s\"", STRF(n->text));
		}
	}
	return true;
}

static bool compile_file(struct compiler *c, struct template_file *f, struct compiled *out)
{
	if (!chain_of(c, f)) return false;
	struct template_file *root = c->chain[c->n_chain - 1];
	compile_nodes(c, &root->body);
	if (!c->failed && c->html.state != HTML_TEXT)
		COMPLAIN(c, root, root->text.n ? root->text.n - 1 : 0, "template.html_open", "模板结束时标签还没有结束", "the template ends inside a tag");
	if (c->failed) return false;
	label(c);
	out->name = f->name;
	out->op[c->lang] = c->op.v;
	out->n_op[c->lang] = (int)c->op.n;
	return true;
}

static void mark_included(const struct compiler *c, const struct nodes *nodes)
{
	for (size_t i = 0; i < nodes->n; i++) {
		const struct node *n = nodes->v[i];
		struct template_file *f = n->kind == NODE_INCLUDE ? find_file(c, n->text) : NULL;
		if (f) f->included = true;
		mark_included(c, &n->body);
		mark_included(c, &n->other);
		for (size_t j = 0; j < n->branch.n; j++) mark_included(c, &n->branch.v[j].body);
	}
}

/* A part may only make sense where it is included: alone, only the mistakes that no place could mend count. */
static void keep_certain(struct cx *cx, const struct fails *alone)
{
	static const char *const certain[] = { "template.recursion", "template.file", "template.asset", "template.format", "template.include_page" };
	for (int i = 0; i < alone->n; i++) {
		const struct failure *f = &alone->v[i];
		bool keep = false;
		for (size_t j = 0; j < sizeof certain / sizeof *certain; j++) keep = keep || strcmp(certain[j], f->code) == 0;
		if (!keep || told(&cx->fails, f->code, f->where)) continue;
		(void)fail(cx, RC_INVALID, f->code, f->where, "%.*s", "%.*s", STRF(f->zh));
		struct failure *last = &cx->fails.v[cx->fails.n - 1];
		if (!cx->fails.dropped) *last = *f;
	}
}

static int by_name(const void *a, const void *b) { return str_cmp(((const struct compiled *)a)->name, ((const struct compiled *)b)->name); }

enum rc templates_compile(struct cx *cx, struct arena *arena, const struct assets *assets, const struct template_source *src, int n,
	struct templates **out)
{
	int errors = cx->fails.errors;
	struct template_file *file = ARENA_ARRAY(arena, struct template_file, (size_t)n + 1);
	for (int i = 0; i < n; i++) {
		file[i].name = src[i].name;
		file[i].text = src[i].text;
		template_parse(cx, arena, &file[i]);
	}
	struct compiler base = { .pending = STR(""), .n_scope = SLOT_DATA + 1, .cx = cx, .arena = arena, .assets = assets, .file = file, .n_file = n };
	for (int i = 0; i < n; i++) mark_included(&base, &file[i].body);
	struct templates *t = ARENA_NEW(arena, struct templates);
	t->v = ARENA_ARRAY(arena, struct compiled, (size_t)n + 1);
	for (int i = 0; i < n; i++) {
		struct cx alone = { .arena = cx->arena, .lang = cx->lang };
		struct compiler c[2] = { base, base };
		c[LANG_ZH].lang = LANG_ZH;
		c[LANG_EN].lang = LANG_EN;
		if (file[i].included) c[0].cx = c[1].cx = &alone;
		if (compile_file(&c[0], &file[i], &t->v[t->n]) && compile_file(&c[1], &file[i], &t->v[t->n])) t->n++;
		if (file[i].included) keep_certain(cx, &alone.fails);
	}
	if (cx->fails.errors > errors) return RC_INVALID;
	if (t->n) qsort(t->v, (size_t)t->n, sizeof *t->v, by_name);
	*out = t;
	return RC_OK;
}

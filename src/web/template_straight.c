#include <string.h>

#include "web/template_run.h"

enum { OPS_FIRST = 64, OPS_MAX = 1024, TEXT_MAX = 64 << 10 };

/* What a name stands for while a body is made straight. */
enum meaning {
	SAME,                   /* the same in every round: r->slot has it now */
	VARIES,                 /* r->slot will have it in each round */
	ITEM                    /* r->slot will have a list: its item `place` */
};

struct straight {
	struct render *r;
	const struct op *op;            /* of the whole template */
	VEC(struct op) out;
	struct buf text;                /* static text that no operation of `out` carries yet */
	enum meaning meaning[SLOTS_MAX];
	int place[SLOTS_MAX];
	bool round[LOOPS_MAX];          /* which round a loop is in is known */
	bool failed;
};


static bool known_get(const struct straight *s, const struct get *g)
{
	if (g->root == ROOT_SLOT) return s->meaning[g->slot] == SAME;
	return g->root == ROOT_CONST || s->round[g->slot];
}

static bool known_test(const struct straight *s, const struct test *t)
{
	switch (t->op) {
	case COND_REF: return known_get(s, &t->get);
	case COND_NOT: return known_test(s, t->a);
	default: return known_test(s, t->a) && known_test(s, t->b);
	}
}

/* The same value where the body runs. */
static struct get there(struct straight *s, const struct get *g)
{
	struct arena *a = s->r->cx->arena;
	struct get out = *g;
	if (known_get(s, g)) {
		out = (struct get){ .root = ROOT_CONST, .value = *render_keep(s->r, g) };
	} else if (g->root == ROOT_SLOT) {
		bool item = s->meaning[g->slot] == ITEM;
		out.seg = ARENA_ARRAY(a, struct segment, (size_t)g->n_seg + item);
		out.n_seg += item;
		if (item) out.seg[0] = (struct segment){ .index = s->place[g->slot], .brief = true };
		for (int i = 0; i < g->n_seg; i++) out.seg[i + item] = (struct segment){ .name = g->seg[i].name, .index = g->seg[i].index, .brief = true };
	}
	return out;
}

static const struct test *test_there(struct straight *s, const struct test *t)
{
	struct test *out = ARENA_NEW(s->r->cx->arena, struct test);
	*out = (struct test){ .op = t->op };
	if (t->op == COND_REF) out->get = there(s, &t->get);
	if (t->a) out->a = test_there(s, t->a);
	if (t->b) out->b = test_there(s, t->b);
	return out;
}

static struct op *emit(struct straight *s, const struct op *like)
{
	struct arena *a = s->r->cx->arena;
	char *text = arena_alloc(a, s->text.n + TEXT_PAD);
	if (s->text.n) memcpy(text, s->text.p, s->text.n);
	s->failed = s->failed || s->text.full || s->out.n == OPS_MAX;
	if (s->failed) s->out.n = 0;
	VEC_PUSH(a, &s->out, *like);
	struct op *op = &s->out.v[s->out.n - 1];
	op->before = (struct str){ text, s->text.n };
	s->text.n = 0;
	if (!like->n_get) return op;
	struct get *get = ARENA_ARRAY(a, struct get, (size_t)like->n_get);
	for (int i = 0; i < like->n_get; i++) get[i] = there(s, &like->get[i]);
	op->get = get;
	return op;
}

static int label(struct straight *s)
{
	if (s->text.n) emit(s, &(struct op){ .kind = OP_TEXT });
	return (int)s->out.n;
}

static void put(struct straight *s, const struct op *op)
{
	struct buf *out = s->r->out;
	if (!known_get(s, op->get)) {
		emit(s, op);
		return;
	}
	s->r->out = &s->text;
	render_put(s->r, op);
	s->r->out = out;
}

static void bind(struct straight *s, const struct op *op)
{
	bool known = known_get(s, op->get);
	if (known) s->r->slot[op->slot] = render_keep(s->r, op->get);
	else emit(s, op);
	s->meaning[op->slot] = known ? SAME : VARIES;
}

static void region(struct straight *s, int at, int end);

/* A condition that differs from round to round: both ways, as the compiler laid them out. */
static int branch(struct straight *s, int at)
{
	int to = s->op[at].to, end = to;
	const struct op *last = &s->op[to - 1];
	bool other = to - 1 > at && last->kind == OP_JUMP && last->to > to;
	const struct test *test = test_there(s, s->op[at].test);
	emit(s, &s->op[at])->test = test;
	size_t unless = s->out.n - 1;
	region(s, at + 1, other ? to - 1 : to);
	if (other) {
		buf_add(&s->text, last->before);
		emit(s, last);
		size_t jump = s->out.n - 1;
		int second = label(s);
		end = last->to;
		region(s, to, end);
		int behind = label(s);
		if (!s->failed) s->out.v[unless].to = second, s->out.v[jump].to = behind;
	} else {
		int behind = label(s);
		if (!s->failed) s->out.v[unless].to = behind;
	}
	return end;
}

/* A loop over what differs from round to round stays one. */
static int loop_there(struct straight *s, int at)
{
	const struct op *op = &s->op[at];
	emit(s, op)->inner = true;
	size_t head = s->out.n - 1;
	s->round[op->depth] = false;
	for (int i = 0; i < op->n_get; i++) s->meaning[op->slot + i] = VARIES;
	if (op->key_slot >= 0) s->meaning[op->key_slot] = VARIES;
	region(s, at + 1, op->next);
	buf_add(&s->text, s->op[op->next].before);
	emit(s, &s->op[op->next])->to = (int)head + 1;
	int next = (int)s->out.n - 1, behind = next + 1;
	bool other = s->op[op->next + 1].kind == OP_JUMP && op->to == op->next + 2;
	if (other) {
		buf_add(&s->text, s->op[op->next + 1].before);
		emit(s, &s->op[op->next + 1]);
		behind = label(s);
		region(s, op->to, s->op[op->next + 1].to);
		int end = label(s);
		if (!s->failed) s->out.v[next + 1].to = end;
	}
	if (!s->failed) s->out.v[head].to = behind, s->out.v[head].next = next;
	return other ? s->op[op->next + 1].to : op->next + 1;
}

/* A loop over the same things in every round is rolled out. */
static int loop(struct straight *s, int at)
{
	const struct op *op = &s->op[at];
	if (!known_get(s, op->get)) return loop_there(s, at);
	if (!render_begin(s->r, op)) return op->to;
	struct frame *f = &s->r->frame[op->depth];
	s->round[op->depth] = true;
	s->meaning[op->slot] = SAME;
	if (op->key_slot >= 0) s->meaning[op->key_slot] = SAME;
	for (int i = 1; i < op->n_get; i++) {
		int slot = op->slot + i;
		s->meaning[slot] = known_get(s, &op->get[i]) ? SAME : ITEM;
		if (s->meaning[slot] == SAME) continue;
		emit(s, &(struct op){ .kind = OP_BIND, .slot = slot, .get = &op->get[i], .n_get = 1 });
	}
	for (; f->i < f->n && !s->failed; f->i++) {
		render_item(s->r, op);
		for (int i = 1; i < op->n_get; i++) s->place[op->slot + i] = (int)f->i;
		region(s, at + 1, op->next);
		buf_add(&s->text, s->op[op->next].before);
	}
	return op->next + 1;
}

static void region(struct straight *s, int at, int end)
{
	while (at < end && !s->failed) {
		const struct op *op = &s->op[at];
		buf_add(&s->text, op->before);
		switch (op->kind) {
		case OP_FOR: at = loop(s, at); break;
		case OP_JUMP: at = op->to; break;       /* past the ways not taken */
		case OP_UNLESS:
			if (!known_test(s, op->test)) at = branch(s, at);
			else at = render_holds(s->r, op->test) ? at + 1 : op->to;
			break;
		case OP_BIND:
			bind(s, op);
			at++;
			break;
		case OP_PUT:
			put(s, op);
			at++;
			break;
		default: at++;
		}
	}
}

bool template_straight(struct render *r, const struct op *op, int at, struct straight_body *out)
{
	struct arena *a = r->cx->arena;
	const struct op *head = &op[at];
	struct straight s = { .r = r, .op = op, .text = BUF(a, TEXT_MAX) };
	s.out.v = ARENA_ARRAY(a, struct op, OPS_FIRST);
	s.out.cap = OPS_FIRST;
	for (int i = 0; i < LOOPS_MAX; i++) s.round[i] = i < head->depth;
	/* Names of this loop and within it have the slots behind those of what stands around it. */
	for (int i = head->key_slot >= 0 ? head->key_slot : head->slot; i < SLOTS_MAX; i++) s.meaning[i] = VARIES;
	region(&s, at + 1, head->next);
	buf_add(&s.text, op[head->next].before);
	label(&s);
	*out = (struct straight_body){ s.out.v, (int)s.out.n };
	return !s.failed && !s.text.full;
}

/* Two dates of a chain side by side. */
#include "engine/chain_inner.h"

struct diff { struct cx *cx; const struct chain *c[2]; VEC(struct chain_difference) out; };

static void say(struct diff *d, enum chain_table t, char what, struct str id, struct str zh, struct str en)
{
	VEC_PUSH(d->cx->arena, &d->out, ((struct chain_difference){ t, what, id, zh, en }));
}

/* Every line as a key and the rest of its cells, as it would be written. */
static struct str key_of(struct arena *a, const struct chain *c, enum chain_table t, size_t i)
{
	int32_t from, to;
	if (t == CHAIN_NODES) return c->node.v[i].id;
	if (t == CHAIN_NEEDS) {
		const struct chain_need *n = &c->need.v[i];
		return str_fmt(a, "%.*s → %.*s%s%.*s", STRF(c->node.v[n->product].id), STRF(c->node.v[n->input].id), n->group >= 0 ? " / " : "", STRF(n->group >= 0 ? c->group.v[n->group] : STR("")));
	}
	from = t == CHAIN_MAKES ? c->make.v[i].organisation : t == CHAIN_RESEARCHES ? c->research.v[i].organisation : t == CHAIN_KINDS ? c->variant.v[i].product : c->want.v[i].organisation;
	to = t == CHAIN_MAKES ? c->make.v[i].product : t == CHAIN_RESEARCHES ? c->research.v[i].product : t == CHAIN_KINDS ? c->variant.v[i].kind_of : c->want.v[i].product;
	return str_fmt(a, "%.*s → %.*s", STRF(c->node.v[from].id), STRF(c->node.v[to].id));
}

static size_t count(const struct chain *c, enum chain_table t)
{
	const size_t n[CHAIN_TABLES] = { c->node.n, c->need.n, c->make.n, c->research.n, c->variant.n, c->want.n };
	return n[t];
}

/* The written lines of a table, without the header. Names hold no line breaks, so a line is a row. */
static struct str *lines_of(struct arena *a, const struct chain *c, enum chain_table t)
{
	struct buf b = BUF(a, (size_t)1 << 30);
	struct str *line = ARENA_ARRAY(a, struct str, count(c, t) + 2), rest;
	chain_write(&b, c, t);
	rest = buf_str(&b);
	for (size_t i = 0, n = count(c, t) + 1; i < n && str_cut(&rest, '\n', &line[i]); i++) continue;
	return line + 1;
}

static enum rc compare(struct diff *d, enum chain_table t)
{
	struct arena *a = d->cx->arena;
	size_t n[2] = { count(d->c[0], t), count(d->c[1], t) };
	struct chain_texts old = chain_texts_new(a, n[0]);
	struct str *line[2] = { lines_of(a, d->c[0], t), lines_of(a, d->c[1], t) };
	bool *kept = ARENA_ARRAY(a, bool, n[0] + 1), fresh;
	for (size_t i = 0; i < n[0]; i++) chain_texts_put(&old, key_of(a, d->c[0], t, i), (int32_t)i, &fresh);
	for (size_t i = 0; i < n[1]; i++) {
		struct str key = key_of(a, d->c[1], t, i);
		int32_t was = chain_texts_get(&old, key);
		if (was >= 0) kept[was] = true;
		struct str now = str_trim(line[1][i]), before = was >= 0 ? str_trim(line[0][was]) : STR("");
		if (was < 0) say(d, t, '+', key, str_fmt(a, "新增：%.*s", STRF(now)), str_fmt(a, "added: %.*s", STRF(now)));
		else if (!str_eq(now, before))
			say(d, t, '~', key, str_fmt(a, "由 %.*s 改为 %.*s", STRF(before), STRF(now)), str_fmt(a, "was %.*s, is %.*s", STRF(before), STRF(now)));
	}
	for (size_t i = 0; i < n[0]; i++) {
		struct str before = str_trim(line[0][i]);
		if (!kept[i]) say(d, t, '-', key_of(a, d->c[0], t, i), str_fmt(a, "去除：%.*s", STRF(before)), str_fmt(a, "taken away: %.*s", STRF(before)));
	}
	return RC_OK;
}

enum rc chain_diff(struct cx *cx, const struct chain *old, const struct chain *now, struct chain_difference **out, int *n)
{
	struct diff d = { .cx = cx, .c = { old, now } };
	for (enum chain_table t = 0; t < CHAIN_TABLES; t++) TRY(compare(&d, t));
	*out = d.out.v;
	*n = (int)d.out.n;
	return RC_OK;
}

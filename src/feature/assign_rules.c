#include "feature/assign_rules.h"

#include <string.h>

struct apply { struct cx *cx; const struct assign_rules *rules; struct assign_files *f; const struct statement *s; VEC(struct assign_quota) quotas; VEC(struct assign_cap) caps; };

static struct where at(const struct assign_rules *r, const struct statement *s)
{
	return (struct where){ .file = str_c(r->file->path), .line = s->line, .column = s->column };
}

static const struct { const char *word, *usage; int least, most; } words[] = {
	{ "differ", "differ COLUMN [EXPERTS_COLUMN];", 1, 2 }, { "one", "one COLUMN;", 1, 1 }, { "least", "least N COLUMN VALUE…; | least N COLUMN same;", 3, 40 },
	{ "most", "most N COLUMN VALUE…; | most N COLUMN same;", 3, 40 }, { "cap", "cap N COLUMN;", 2, 2 }, { "acyclic", "acyclic 2|3 COLUMN;", 2, 2 },
	{ "draw", "draw [TOLERANCE];", 0, 1 }, { "field", "field COLUMN;", 1, 1 }, { "weight", "weight code|words|same N COLUMN;", 3, 3 }, { "candidates", "candidates N;", 1, 1 },
};

enum rc assign_rules_read(struct cx *cx, const struct assign_file *file, struct assign_rules *out)
{
	struct assign_rules r = { .file = file };
	struct str names[sizeof words / sizeof *words];
	int n_words = (int)(sizeof words / sizeof *words);
	TRY(statement_read(cx, file->text, file->path, &r.v, &r.n));
	for (int k = 0; k < n_words; k++) names[k] = str_c(words[k].word);
	for (int i = 0; i < r.n; i++) {
		int k = 0;
		while (k < n_words && !str_eq(r.v[i].word, names[k])) k++;
		if (k == n_words) {
			enum rc rc = fail(cx, RC_INVALID, "assign.rule", at(&r, &r.v[i]), "没有规则“%.*s”", "there is no rule “%.*s”", STRF(r.v[i].word));
			int near = nearest_name(r.v[i].word, names, n_words);
			if (near >= 0) fail_hint(cx, "是否指 %s？", "did you mean %s?", words[near].word);
			return rc;
		}
		if (r.v[i].n < words[k].least || r.v[i].n > words[k].most)
			return fail(cx, RC_INVALID, "assign.rule", at(&r, &r.v[i]), "写法：%s", "write: %s", words[k].usage);
		if (str_is(r.v[i].word, "field")) r.field = r.v[i].arg[0];
	}
	*out = r;
	return RC_OK;
}

static enum rc count(struct apply *x, struct str s, int64_t low, int64_t high, int32_t *n)
{
	int64_t v;
	if (!str_int(s, &v) || v < low || v > high)
		return fail(x->cx, RC_INVALID, "assign.rule", at(x->rules, x->s), "应为 %lld 到 %lld 的整数，此处为“%.*s”", "a whole number from %lld to %lld is needed, not “%.*s”", (long long)low,
			(long long)high, STRF(s));
	*n = (int32_t)v;
	return RC_OK;
}

static enum rc column_of(struct apply *x, const struct assign_table *t, struct str name, int *k)
{
	*k = csv_column(&t->header, str_z(x->cx->arena, name));
	if (*k >= 0) return RC_OK;
	return fail(x->cx, RC_INVALID, "assign.column", at(x->rules, x->s), "%s 中没有列“%.*s”", "%s has no column “%.*s”", t->file.path, STRF(name));
}

static struct str cell(const struct csv_row *row, int k) { return k < row->n ? str_trim(row->cell[k]) : STR(""); }

/* The values of a column as numbers; empty cells are -1. */
static int32_t *numbers_of(struct apply *x, const struct assign_table *t, int k, struct names *set)
{
	int32_t *v = ARENA_ARRAY(x->cx->arena, int32_t, (size_t)t->n);
	for (int i = 0; i < t->n; i++) v[i] = cell(&t->row[i], k).n ? names_put(set, cell(&t->row[i], k)) : -1;
	return v;
}

static enum rc differ(struct apply *x)
{
	struct assign_input *in = &x->f->in;
	int ka, ke;
	struct names set = { .arena = x->cx->arena };
	TRY(column_of(x, &x->f->applications, x->s->arg[0], &ka));
	TRY(column_of(x, &x->f->experts, x->s->arg[x->s->n - 1], &ke));
	const int32_t *a = numbers_of(x, &x->f->applications, ka, &set), *e = numbers_of(x, &x->f->experts, ke, &set);
	for (int p = 0; in->row && p < in->n_application; p++)
		for (uint32_t i = in->row[p]; a[p] >= 0 && i < in->row[p + 1]; i++)
			if (e[in->expert[i]] == a[p]) x->f->affinity[i] = ASSIGN_FORBIDDEN;
	return RC_OK;
}

static enum rc one(struct apply *x)
{
	int k;
	struct names set = { .arena = x->cx->arena };
	if (x->f->in.one) return fail(x->cx, RC_INVALID, "assign.rule", at(x->rules, x->s), "规则 one 只能有一条", "the rule one may stand once");
	TRY(column_of(x, &x->f->experts, x->s->arg[0], &k));
	x->f->in.one = numbers_of(x, &x->f->experts, k, &set);
	return RC_OK;
}

static enum rc quota(struct apply *x, bool least)
{
	struct assign_quota q = { .most = ASSIGN_NEED_MAX };
	struct names set = { .arena = x->cx->arena };
	int ke, ka;
	TRY(count(x, x->s->arg[0], 0, ASSIGN_NEED_MAX, least ? &q.least : &q.most));
	TRY(column_of(x, &x->f->experts, x->s->arg[1], &ke));
	if (x->quotas.n == ASSIGN_QUOTA_MAX) return fail(x->cx, RC_INVALID, "assign.rule", at(x->rules, x->s), "规则 least、most 至多 %d 条", "at most %d rules least and most", ASSIGN_QUOTA_MAX);
	q.zh = q.en = str_z(x->cx->arena, str_fmt(x->cx->arena, "“%.*s”", STRF(str_join(x->cx->arena, x->s->arg + 1, (size_t)x->s->n - 1, STR(" ")))));
	if (x->s->n == 3 && str_is(x->s->arg[2], "same")) {
		TRY(column_of(x, &x->f->applications, x->s->arg[1], &ka));
		q.expert = numbers_of(x, &x->f->experts, ke, &set);
		q.application = numbers_of(x, &x->f->applications, ka, &set);
	} else {
		int32_t *v = ARENA_ARRAY(x->cx->arena, int32_t, (size_t)x->f->experts.n);
		for (int i = 0; i < x->f->experts.n; i++)
			for (int k = 2; k < x->s->n; k++) v[i] |= str_eq(cell(&x->f->experts.row[i], ke), x->s->arg[k]);
		q.expert = v;
	}
	VEC_PUSH(x->cx->arena, &x->quotas, q);
	return RC_OK;
}

static enum rc cap(struct apply *x)
{
	struct assign_cap c = { .zh = str_z(x->cx->arena, x->s->arg[1]), .en = str_z(x->cx->arena, x->s->arg[1]) };
	struct names set = { .arena = x->cx->arena };
	int k;
	TRY(count(x, x->s->arg[0], 0, INT32_MAX, &c.most));
	TRY(column_of(x, &x->f->applications, x->s->arg[1], &k));
	c.group = numbers_of(x, &x->f->applications, k, &set);
	VEC_PUSH(x->cx->arena, &x->caps, c);
	return RC_OK;
}

static enum rc acyclic(struct apply *x)
{
	int32_t length;
	int k;
	int32_t *v = ARENA_ARRAY(x->cx->arena, int32_t, (size_t)x->f->applications.n);
	TRY(count(x, x->s->arg[0], 2, 3, &length));
	TRY(column_of(x, &x->f->applications, x->s->arg[1], &k));
	for (int i = 0; i < x->f->applications.n; i++) {
		int place = names_find(&x->f->experts.names, cell(&x->f->applications.row[i], k));
		v[i] = place < 0 ? -1 : x->f->experts.number[place];
	}
	x->f->in.applicant = v;
	x->f->in.cycle = length;
	return RC_OK;
}

static enum rc apply_one(struct apply *x)
{
	struct str w = x->s->word;
	if (str_is(w, "differ")) return differ(x);
	if (str_is(w, "one")) return one(x);
	if (str_is(w, "least")) return quota(x, true);
	if (str_is(w, "most")) return quota(x, false);
	if (str_is(w, "cap")) return cap(x);
	if (str_is(w, "acyclic")) return acyclic(x);
	if (str_is(w, "draw")) {
		x->f->draw = true;
		if (x->s->n) return count(x, x->s->arg[0], 0, ASSIGN_AFFINITY_MAX / 2, &x->f->tolerance);
	}
	return RC_OK;
}

enum rc assign_rules_apply(struct cx *cx, const struct assign_rules *rules, struct assign_files *f)
{
	struct apply x = { .cx = cx, .rules = rules, .f = f };
	for (int i = 0; i < rules->n; i++) {
		x.s = &rules->v[i];
		TRY(apply_one(&x));
	}
	f->in.quota = x.quotas.v;
	f->in.n_quota = (int)x.quotas.n;
	f->in.cap = x.caps.v;
	f->in.n_cap = (int)x.caps.n;
	return RC_OK;
}

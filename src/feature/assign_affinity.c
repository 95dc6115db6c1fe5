#include "feature/assign_affinity.h"

#include <string.h>

#include "base/utf8.h"

/* Every part is the share of an application's tokens that the expert has too, times its weight. The tokens of a `code` are its
   beginnings up to each dot (510, 510.20), of `words` the words between ; , 、 and spaces, of `same` the whole value. */
enum part_kind { PART_CODE, PART_WORDS, PART_SAME };

typedef VEC(int32_t) int_list;

struct part {
	enum part_kind kind;
	int32_t weight;
	int application, expert;        /* columns */
	struct str name;
	struct names tokens;
	int_list *holders;              /* by token: experts */
	int n_holders;                  /* tokens from there on are of applications only */
	int32_t *shared;                /* by expert: tokens shared with the application at hand */
	int n_token;                    /* of the application at hand */
};

struct making { struct cx *cx; const struct assign_files *f; struct part *part; int n_part; int32_t candidates; };

static bool separates(int32_t c) { return c == ';' || c == ',' || c == ' ' || c == 0x3001 || c == 0xFF1B || c == 0xFF0C || c == 0x3000; }

static void token(struct making *m, struct part *p, struct str s, int_list *out)
{
	struct str key;
	s = str_trim(s);
	if (!s.n || text_fold(m->cx, s, &key) != RC_OK) return;
	int32_t k = names_put(&p->tokens, key);
	for (size_t i = 0; i < out->n; i++)
		if (out->v[i] == k) return;
	VEC_PUSH(m->cx->arena, out, k);
}

static void tokens_of(struct making *m, struct part *p, struct str s, int_list *out)
{
	size_t from = 0;
	if (p->kind == PART_SAME) token(m, p, s, out);
	for (size_t at = 0; p->kind == PART_CODE && at <= s.n; at++)
		if (s.n && (at == s.n || s.p[at] == '.')) token(m, p, str_sub(s, 0, at), out);
	for (size_t at = 0; p->kind == PART_WORDS && from < s.n;) {
		size_t end = at;
		int32_t c = at < s.n ? utf8_next(s, &at) : ';';
		if (!separates(c)) continue;
		token(m, p, str_sub(s, from, end), out);
		from = at > end ? at : s.n;
	}
}

static struct str cell(const struct csv_row *row, int k) { return k < row->n ? str_trim(row->cell[k]) : STR(""); }

static enum rc part_read(struct making *m, const struct assign_rules *rules, const struct statement *s, struct part *p)
{
	static const char *const kinds[] = { "code", "words", "same" };
	struct where at = { .file = str_c(rules->file->path), .line = s->line, .column = s->column };
	int64_t weight;
	int k = 0;
	while (k < 3 && !str_is(s->arg[0], kinds[k])) k++;
	if (k == 3 || !str_int(s->arg[1], &weight) || weight < 1 || weight > 1000000)
		return fail(m->cx, RC_INVALID, "assign.weight", at, "写法：weight code|words|same 权重 列; 权重 1 到 1000000", "write: weight code|words|same N COLUMN; N from 1 to 1000000");
	*p = (struct part){ .kind = (enum part_kind)k, .weight = (int32_t)weight, .name = s->arg[2], .tokens.arena = m->cx->arena };
	char *column = str_z(m->cx->arena, s->arg[2]);
	p->application = csv_column(&m->f->applications.header, column);
	p->expert = csv_column(&m->f->experts.header, column);
	if (p->application < 0 || p->expert < 0)
		return fail(m->cx, RC_INVALID, "assign.column", at, "两张表都须有列“%s”", "both tables need the column “%s”", column);
	int ne = m->f->experts.n;
	int_list *of = ARENA_ARRAY(m->cx->arena, int_list, (size_t)ne);
	for (int e = 0; e < ne; e++) tokens_of(m, p, cell(&m->f->experts.row[e], p->expert), &of[e]);
	p->n_holders = (int)p->tokens.list.n;
	p->holders = ARENA_ARRAY(m->cx->arena, int_list, p->tokens.list.n);
	for (int e = 0; e < ne; e++)
		for (size_t i = 0; i < of[e].n; i++) VEC_PUSH(m->cx->arena, &p->holders[of[e].v[i]], e);
	p->shared = ARENA_ARRAY(m->cx->arena, int32_t, (size_t)ne);
	return RC_OK;
}

static int32_t points(const struct part *p, int e) { return p->n_token ? (int32_t)((int64_t)p->weight * p->shared[e] / p->n_token) : 0; }

static int32_t affinity(const struct making *m, int e)
{
	int32_t sum = 0;
	for (int k = 0; k < m->n_part; k++) sum += points(&m->part[k], e);
	return sum;
}

static void put_row(struct making *m, int a, int e, struct buf *out)
{
	csv_put(out, m->f->applications.id[a], true);
	csv_put(out, m->f->experts.id[e], false);
	buf_c(out, ',');
	buf_int(out, affinity(m, e));
	for (int k = 0; k < m->n_part; k++) {
		buf_c(out, ',');
		buf_int(out, points(&m->part[k], e));
	}
	csv_end_row(out);
}

/* The best `candidates` experts that share anything with the application; among equals those that stand first in their file. */
static void application(struct making *m, int a, int32_t *seen, struct buf *out)
{
	int_list met = { 0 };
	for (int k = 0; k < m->n_part; k++) {
		struct part *p = &m->part[k];
		int_list tokens = { 0 };
		tokens_of(m, p, cell(&m->f->applications.row[a], p->application), &tokens);
		p->n_token = (int)tokens.n;
		for (size_t i = 0; i < tokens.n; i++) {
			if (tokens.v[i] >= p->n_holders) continue;
			const int_list *h = &p->holders[tokens.v[i]];
			for (size_t j = 0; j < h->n; j++) {
				p->shared[h->v[j]]++;
				if (seen[h->v[j]] != a + 1) VEC_PUSH(m->cx->arena, &met, h->v[j]);
				seen[h->v[j]] = a + 1;
			}
		}
	}
	int32_t *best = ARENA_ARRAY(m->cx->arena, int32_t, (size_t)m->candidates + 1), n = 0;
	for (size_t i = 0; i < met.n; i++) {
		int32_t e = met.v[i], w = affinity(m, e), k = n < m->candidates ? n++ : n;
		for (; k > 0; k--) {
			int32_t other = best[k - 1], v = affinity(m, other);
			if (v > w || (v == w && m->f->experts.place[other] < m->f->experts.place[e])) break;
			best[k] = other;
		}
		best[k] = e;
	}
	for (int k = 0; k < n; k++) put_row(m, a, best[k], out);
	for (int k = 0; k < m->n_part; k++)
		for (size_t i = 0; i < met.n; i++) m->part[k].shared[met.v[i]] = 0;
}

enum rc assign_affinity(struct cx *cx, const struct assign_files *f, const struct assign_rules *rules, struct buf *out)
{
	struct making m = { .cx = cx, .f = f, .candidates = 75 };
	m.part = ARENA_ARRAY(cx->arena, struct part, (size_t)rules->n);
	for (int i = 0; i < rules->n; i++) {
		const struct statement *s = &rules->v[i];
		int64_t n;
		if (str_is(s->word, "weight")) TRY(part_read(&m, rules, s, &m.part[m.n_part++]));
		if (!str_is(s->word, "candidates")) continue;
		if (!str_int(s->arg[0], &n) || n < 1 || n > 10000)
			return fail(cx, RC_INVALID, "assign.candidates", ((struct where){ .file = str_c(rules->file->path), .line = s->line, .column = s->column }), "candidates 应为 1 到 10000",
				"candidates takes a number from 1 to 10000");
		m.candidates = (int32_t)n;
	}
	if (!m.n_part) return fail(cx, RC_INVALID, "assign.weight", ((struct where){ .file = str_c(rules->file ? rules->file->path : "") }), "规则中没有 weight", "the rules have no weight");
	buf_add(out, STR("application,expert,affinity"));
	for (int k = 0; k < m.n_part; k++) csv_put(out, m.part[k].name, false);
	csv_end_row(out);
	int32_t *seen = ARENA_ARRAY(cx->arena, int32_t, (size_t)f->experts.n);
	for (int place = 0; place < f->applications.n; place++) application(&m, f->applications.number[place], seen, out);
	return RC_OK;
}

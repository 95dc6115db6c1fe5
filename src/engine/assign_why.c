/* Words: why it cannot be done, and why a pair is there or is not. */
#include <string.h>

#include "base/buf.h"
#include "engine/assign_core.h"
#include "engine/assign_inner.h"

enum { NAMES_SHOWN = 5, SETS_SHOWN = 20, CHECKED_MAX = 60 };

/* "12, 40 and 3 others" of the applications (or experts) that are marked. */
struct naming { struct str zh, en; int n; };

static struct naming names_of(struct cx *cx, const struct assign_input *in, const int32_t *v, int n, bool experts)
{
	struct buf zh = BUF(cx->arena, 4096), en = BUF(cx->arena, 4096);
	for (int i = 0; i < n && i < NAMES_SHOWN; i++) {
		struct str name = experts ? assign_expert_name(cx, in, v[i]) : assign_application_name(cx, in, v[i]);
		bool last = i == n - 1;
		if (i) buf_add(&zh, STR("、")), buf_add(&en, last ? STR(" and ") : STR(", "));
		buf_add(&zh, name);
		buf_add(&en, name);
	}
	if (n > NAMES_SHOWN) buf_fmt(&zh, " 等 %d 个", n), buf_fmt(&en, " and %d others", n - NAMES_SHOWN);
	return (struct naming){ buf_str(&zh), buf_str(&en), n };
}

/* The one discipline all of them are in; empty when there are several. */
static struct str shared_field(const struct assign_input *in, const int32_t *v, int n)
{
	if (!in->field || !n) return STR("");
	for (int i = 1; i < n; i++)
		if (!str_eq(in->field[v[i]], in->field[v[0]])) return STR("");
	return in->field[v[0]];
}

/* What the applications of a set can get at most together, by augmenting paths that use nothing else: small sets only. */
struct tiny { const struct core *c; const int32_t *set; int n; const unsigned char *out; int32_t *used; unsigned char *seen; uint32_t *take; int32_t *n_take; };

static bool tiny_place(struct tiny *t, int k, int depth)
{
	const struct core *c = t->c;
	int a = t->set[k];
	for (uint32_t i = c->row[a]; i < c->row[a + 1]; i++) {
		int e = c->expert[i];
		if (c->cost[i] == ASSIGN_FORBIDDEN || t->seen[e]) continue;
		bool mine = false;
		for (int j = 0; j < t->n_take[k]; j++) mine |= t->take[k * (ASSIGN_NEED_MAX + 1) + j] == i;
		if (mine) continue;
		t->seen[e] = 1;
		bool free = t->used[e] < c->max[e];
		for (int o = 0; !free && depth < CHECKED_MAX && o < t->n; o++)
			for (int j = 0; !free && o != k && j < t->n_take[o]; j++) {
				uint32_t was = t->take[o * (ASSIGN_NEED_MAX + 1) + j];
				if (t->out[o] || c->expert[was] != e) continue;
				if (tiny_place(t, o, depth + 1)) {
					t->take[o * (ASSIGN_NEED_MAX + 1) + j] = t->take[o * (ASSIGN_NEED_MAX + 1) + --t->n_take[o]];
					t->used[e]--;
					free = true;
				}
			}
		if (!free || t->n_take[k] > ASSIGN_NEED_MAX) continue;
		t->take[k * (ASSIGN_NEED_MAX + 1) + t->n_take[k]++] = i;
		t->used[e]++;
		return true;
	}
	return false;
}

static bool tiny_feasible(struct tiny *t)
{
	memset(t->used, 0, (size_t)t->c->ne * sizeof *t->used);
	memset(t->n_take, 0, (size_t)t->n * sizeof *t->n_take);
	for (int k = 0; k < t->n; k++)
		for (int j = 0; !t->out[k] && j < t->c->need[t->set[k]]; j++) {
			memset(t->seen, 0, (size_t)t->c->ne);
			if (!tiny_place(t, k, 0)) return false;
		}
	return true;
}

/* Leave out whatever the clash does not need. Not with `one`: there the set stays as the search found it. */
static int smallest(const struct core *c, int32_t *set, int n)
{
	if (c->org || n > CHECKED_MAX) return n;
	struct arena *scratch = arena_new((size_t)1 << 30);
	unsigned char *out = ARENA_ARRAY(scratch, unsigned char, (size_t)n);
	struct tiny t = { .c = c, .set = set, .n = n, .out = out };
	t.used = ARENA_ARRAY(scratch, int32_t, (size_t)c->ne);
	t.seen = ARENA_ARRAY(scratch, unsigned char, (size_t)c->ne);
	t.take = ARENA_ARRAY(scratch, uint32_t, (size_t)n * (ASSIGN_NEED_MAX + 1));
	t.n_take = ARENA_ARRAY(scratch, int32_t, (size_t)n);
	for (int k = 0; k < n; k++) {
		out[k] = 1;
		if (tiny_feasible(&t)) out[k] = 0;
	}
	int kept = 0;
	for (int k = 0; k < n; k++)
		if (!out[k]) set[kept++] = set[k];
	arena_free(scratch);
	return kept;
}

/* Applications `set` compete for too few experts: who qualifies, who is in conflict, who is full. */
static void clash(struct cx *cx, const struct assign_input *in, const struct core *c, const int32_t *set, int n, reason_list *out)
{
	unsigned char *mark = ARENA_ARRAY(cx->arena, unsigned char, (size_t)c->ne);
	int64_t need = 0;
	int qualify = 0, conflict = 0, full = 0, places = 0;
	for (int k = 0; k < n; k++) {
		need += c->need[set[k]];
		for (uint32_t i = c->row[set[k]]; i < c->row[set[k] + 1]; i++) mark[c->expert[i]] |= c->cost[i] == ASSIGN_FORBIDDEN ? 1 : 2;
	}
	for (int e = 0; e < c->ne; e++) {
		if (!mark[e]) continue;
		qualify++;
		if (mark[e] == 1) conflict++;
		else if (c->max[e] == 0) full++;
		else places += c->max[e] < n ? c->max[e] : n;
	}
	struct naming who = names_of(cx, in, set, n, false);
	struct str field = shared_field(in, set, n);
	const char *f = str_z(cx->arena, field), *zh = str_z(cx->arena, who.zh), *en = str_z(cx->arena, who.en);
	const char *zh_in = field.n ? "（" : "", *zh_out = field.n ? "）" : "", *en_in = field.n ? " in " : "";
	struct assign_reason r = {
		str_fmt(cx->arena, "申请 %s%s%s%s 共需 %lld 名专家：符合条件 %d 名，其中回避 %d 名，已满 %d 名，其余合计只能承担 %d 项%s", zh, zh_in, f, zh_out, (long long)need, qualify,
			conflict, full, places, c->org ? "，且一项申请同一单位至多一名" : ""),
		str_fmt(cx->arena, "application%s %s need%s %lld expert%s%s%s; %d qualify, %d %s in conflict, %d %s full, the others have room for %d together%s", n > 1 ? "s" : "", en,
			n > 1 ? "" : "s", (long long)need, need == 1 ? "" : "s", en_in, f, qualify, conflict, conflict == 1 ? "is" : "are", full, full == 1 ? "is" : "are", places,
			c->org ? ", and at most one of an organisation for an application" : "") };
	for (size_t k = 0; k < out->n; k++)             /* others that are open may come down to the same few */
		if (str_eq(out->v[k].en, r.en)) return;
	VEC_PUSH(cx->arena, out, r);
}

static void below_minimum(struct cx *cx, const struct assign_input *in, const struct core *c, int e, reason_list *out)
{
	int degree = 0;
	core_columns((struct core *)(uintptr_t)c);
	for (uint32_t j = c->column_start[e]; j < c->column_start[e + 1]; j++) degree += c->cost[core_find(c, c->column[j], e)] != ASSIGN_FORBIDDEN;
	REASONS(cx, out, "专家 %.*s 至少须承担 %d 项，只能得到 %d 项（候选申请 %d 项）", "expert %.*s must take at least %d applications and can get %d (a candidate for %d)",
		STRF(assign_expert_name(cx, in, e)), c->min[e], c->list[e].n, degree);
}

void assign_why(struct cx *cx, const struct assign_input *in, struct core *c, struct assign_result *out)
{
	reason_list reasons = { 0 };
	int32_t *set = ARENA_ARRAY(cx->arena, int32_t, (size_t)c->np);
	unsigned char *told = ARENA_ARRAY(cx->arena, unsigned char, (size_t)c->np);
	for (int a = 0; a < c->np && reasons.n < SETS_SHOWN; a++) {
		if (c->held[a] == c->need[a] || told[a]) continue;
		core_revive(c);
		core_mend_application(c, a);            /* fails again, and leaves what it reached */
		int n = 0;
		for (size_t i = 0; i < c->seen.n; i++)
			if (c->seen.v[i] < (uint32_t)c->np) set[n++] = (int32_t)c->seen.v[i];
		for (int k = 0; k < n; k++) told[set[k]] = 1;
		clash(cx, in, c, set, smallest(c, set, n), &reasons);
	}
	for (int e = 0; e < c->ne && reasons.n < SETS_SHOWN; e++)
		if (c->list[e].n < c->min[e]) below_minimum(cx, in, c, e, &reasons);
	out->reason = reasons.v;
	out->n_reason = (int)reasons.n;
}

/* ---- why a pair ---- */

static void explain_held(struct cx *cx, const struct assign_input *in, const struct assign_result *r, int a, uint32_t i, reason_list *out)
{
	int better = 0, full = 0, conflict = 0, candidates = (int)(in->row[a + 1] - in->row[a]);
	for (uint32_t j = in->row[a]; j < in->row[a + 1]; j++) {
		conflict += in->affinity[j] == ASSIGN_FORBIDDEN;
		if (in->affinity[j] <= in->affinity[i]) continue;
		bool held = false;
		for (uint32_t k = r->first[a]; k < r->first[a + 1]; k++) held |= r->pair[k] == j;
		better += !held;
		full += !held && r->price && r->price[in->expert[j]] > 0;
	}
	REASONS(cx, out, "契合度 %d；%d 名候选（回避 %d 名）中有 %d 名契合度更高而未指派，其中 %d 名已满、用在别处更好",
		"affinity %d; of %d candidates (%d in conflict) %d with a higher affinity were not assigned, %d of them full and worth more elsewhere", in->affinity[i], candidates, conflict,
		better, full);
}

static void explain_absent(struct cx *cx, const struct assign_input *in, const struct assign_result *r, int a, uint32_t i, reason_list *out)
{
	int e = in->expert[i];
	int64_t price = r->price ? r->price[e] : 0, lowest = INT64_MAX;
	for (uint32_t k = r->first[a]; k < r->first[a + 1]; k++) {
		int64_t value = in->affinity[r->pair[k]] - (r->price ? r->price[in->expert[r->pair[k]]] : 0);
		if (value < lowest) lowest = value;
		if (in->one && in->one[e] >= 0 && in->one[in->expert[r->pair[k]]] == in->one[e])
			REASONS(cx, out, "同一单位的 %.*s 已评这一申请", "%.*s of the same organisation has this application",
				STRF(assign_expert_name(cx, in, in->expert[r->pair[k]])));
	}
	if (in->max[e] == 0) REASONS(cx, out, "专家 %.*s 不再承担（负荷 %d）", "expert %.*s takes none (load %d)", STRF(assign_expert_name(cx, in, e)), in->max[e]);
	if (price > 0)
		REASONS(cx, out, "专家 %.*s 已满；每一名额在别处多值 %lld", "expert %.*s is full; each place is worth %lld more elsewhere", STRF(assign_expert_name(cx, in, e)), (long long)price);
	if (lowest != INT64_MAX && in->affinity[i] - price <= lowest)
		REASONS(cx, out, "契合度 %d，换用不会提高总和（至少少 %lld）", "affinity %d: taking it instead would not raise the total (at least %lld less)", in->affinity[i],
			(long long)(lowest - (in->affinity[i] - price)));
}

enum rc assign_explain(struct cx *cx, const struct assign_input *in, const struct assign_result *r, int application, int expert, const struct assign_reason **reason, int *n)
{
	reason_list out = { 0 };
	uint32_t found = NO_PAIR;
	bool held = false;
	if (application < 0 || application >= in->n_application || expert < 0 || expert >= in->n_expert)
		return fail(cx, RC_MISSING, "assign.explain", NOWHERE, "没有这一申请或专家", "no such application or expert");
	for (uint32_t i = in->row[application]; i < in->row[application + 1]; i++)
		if (in->expert[i] == expert) found = i;
	for (uint32_t k = r->first[application]; k < r->first[application + 1]; k++) held |= r->pair[k] == found;
	if (found == NO_PAIR) REASONS(cx, &out, "专家 %.*s 不是申请 %.*s 的候选", "expert %.*s is no candidate for application %.*s", STRF(assign_expert_name(cx, in, expert)), STRF(assign_application_name(cx, in, application)));
	else if (in->affinity[found] == ASSIGN_FORBIDDEN) REASONS(cx, &out, "专家 %.*s 须回避申请 %.*s", "expert %.*s is in conflict with application %.*s", STRF(assign_expert_name(cx, in, expert)), STRF(assign_application_name(cx, in, application)));
	else if (held) explain_held(cx, in, r, application, found, &out);
	else explain_absent(cx, in, r, application, found, &out);
	*reason = out.v;
	*n = (int)out.n;
	return RC_OK;
}

/* assign_check: every rule counted anew from the input. Shares no code with the solver. */
#include <stdlib.h>

#include "base/buf.h"
#include "engine/assign.h"
#include "engine/assign_inner.h"

struct str assign_application_name(struct cx *cx, const struct assign_input *in, int a)
{
	return in->application_id ? in->application_id[a] : str_fmt(cx->arena, "%d", a + 1);
}

struct str assign_expert_name(struct cx *cx, const struct assign_input *in, int e)
{
	return in->expert_id ? in->expert_id[e] : str_fmt(cx->arena, "%d", e + 1);
}

struct check { struct cx *cx; const struct assign_input *in; const uint32_t *first, *pair; reason_list reasons; };

static struct str application(struct check *k, int a) { return assign_application_name(k->cx, k->in, a); }
static struct str expert(struct check *k, int e) { return assign_expert_name(k->cx, k->in, e); }
static int expert_at(const struct check *k, uint32_t j) { return k->in->expert[k->pair[j]]; }

static void check_one(struct check *k, int a)
{
	const struct assign_input *in = k->in;
	for (uint32_t x = k->first[a]; in->one && x < k->first[a + 1]; x++)
		for (uint32_t y = x + 1; y < k->first[a + 1]; y++)
			if (in->one[expert_at(k, x)] >= 0 && in->one[expert_at(k, x)] == in->one[expert_at(k, y)])
				REASONS(k->cx, &k->reasons, "申请 %.*s：专家 %.*s 与 %.*s 属同一单位", "application %.*s: experts %.*s and %.*s are of one organisation",
					STRF(application(k, a)), STRF(expert(k, expert_at(k, x))), STRF(expert(k, expert_at(k, y))));
}

static void check_quotas(struct check *k, int a)
{
	const struct assign_input *in = k->in;
	for (int q = 0; q < in->n_quota; q++) {
		int n = 0;
		for (uint32_t x = k->first[a]; x < k->first[a + 1]; x++) n += quota_has(&in->quota[q], in, a, k->pair[x]);
		if (in->need[a] && n < in->quota[q].least)
			REASONS(k->cx, &k->reasons, "申请 %.*s：%s专家 %d 名，至少应 %d 名%.0s", "application %.*s: %.0s%d of at least %d experts of %s",
				STRF(application(k, a)), in->quota[q].zh, n, in->quota[q].least, in->quota[q].en);
		if (n > in->quota[q].most)
			REASONS(k->cx, &k->reasons, "申请 %.*s：%s专家 %d 名，至多 %d 名%.0s", "application %.*s: %.0s%d of at most %d experts of %s",
				STRF(application(k, a)), in->quota[q].zh, n, in->quota[q].most, in->quota[q].en);
	}
}

static void check_application(struct check *k, int a)
{
	const struct assign_input *in = k->in;
	int n = (int)(k->first[a + 1] - k->first[a]);
	if (n != in->need[a])
		REASONS(k->cx, &k->reasons, "申请 %.*s：专家 %d 名，应 %d 名", "application %.*s: %d experts, not %d", STRF(application(k, a)), n, in->need[a]);
	for (uint32_t x = k->first[a]; x < k->first[a + 1]; x++) {
		uint32_t i = k->pair[x];
		if (i < in->row[a] || i >= in->row[a + 1])
			REASONS(k->cx, &k->reasons, "申请 %.*s：第 %u 个不是它的候选", "application %.*s: number %u is no candidate of it", STRF(application(k, a)), x - k->first[a] + 1);
		else if (in->affinity[i] == ASSIGN_FORBIDDEN)
			REASONS(k->cx, &k->reasons, "申请 %.*s：专家 %.*s 须回避", "application %.*s: expert %.*s is in conflict", STRF(application(k, a)), STRF(expert(k, in->expert[i])));
		for (uint32_t y = x + 1; y < k->first[a + 1]; y++)
			if (k->pair[y] == i) REASONS(k->cx, &k->reasons, "申请 %.*s：专家 %.*s 重复", "application %.*s: expert %.*s twice", STRF(application(k, a)), STRF(expert(k, in->expert[i])));
	}
	check_one(k, a);
	check_quotas(k, a);
}

static void check_loads(struct check *k)
{
	const struct assign_input *in = k->in;
	int32_t *load = ARENA_ARRAY(k->cx->arena, int32_t, (size_t)in->n_expert);
	for (uint32_t j = 0; j < k->first[in->n_application]; j++) load[expert_at(k, j)]++;
	for (int e = 0; e < in->n_expert; e++) {
		int32_t min = in->min ? in->min[e] : 0;
		if (load[e] < min || load[e] > in->max[e])
			REASONS(k->cx, &k->reasons, "专家 %.*s：承担 %d 项，应在 %d 与 %d 之间", "expert %.*s: %d applications, not between %d and %d", STRF(expert(k, e)), load[e], min, in->max[e]);
	}
}

struct load_of { int32_t expert, group; };

static int load_cmp(const void *x, const void *y)
{
	const struct load_of *a = x, *b = y;
	if (a->expert != b->expert) return a->expert < b->expert ? -1 : 1;
	return a->group < b->group ? -1 : a->group > b->group;
}

static void check_cap(struct check *k, const struct assign_cap *cap)
{
	const struct assign_input *in = k->in;
	uint32_t total = k->first[in->n_application], n = 0;
	struct load_of *v = ARENA_ARRAY(k->cx->arena, struct load_of, total);
	for (int a = 0; a < in->n_application; a++)
		for (uint32_t j = k->first[a]; j < k->first[a + 1]; j++)
			if (cap->group[a] >= 0) v[n++] = (struct load_of){ expert_at(k, j), cap->group[a] };
	qsort(v, n, sizeof *v, load_cmp);
	for (uint32_t from = 0, to; from < n; from = to) {
		for (to = from + 1; to < n && load_cmp(&v[from], &v[to]) == 0; to++) continue;
		if (to - from > (uint32_t)cap->most)
			REASONS(k->cx, &k->reasons, "专家 %.*s：同一%s的申请 %u 项，至多 %d 项%.0s", "expert %.*s: %.0s%u applications, at most %d, of one %s",
				STRF(expert(k, v[from].expert)), cap->zh, to - from, cap->most, cap->en);
	}
}

/* `by_applicant` lists the applications of an expert: start[e] … start[e + 1] of `own`. */
static void rings_from(struct check *k, const uint32_t *start, const int32_t *own, int a)
{
	const struct assign_input *in = k->in;
	int32_t me = in->applicant[a];
	for (uint32_t j = k->first[a]; me >= 0 && j < k->first[a + 1]; j++) {
		int32_t second = expert_at(k, j);
		for (uint32_t b = start[second]; second != me && b < start[second + 1]; b++)
			for (uint32_t l = k->first[own[b]]; l < k->first[own[b] + 1]; l++) {
				int32_t third = expert_at(k, l);
				if (third == me && me < second)
					REASONS(k->cx, &k->reasons, "%.*s 与 %.*s 互评", "%.*s and %.*s review each other", STRF(expert(k, me)), STRF(expert(k, second)));
				for (uint32_t d = start[third]; in->cycle == 3 && third != me && third != second && d < start[third + 1]; d++)
					for (uint32_t m = k->first[own[d]]; m < k->first[own[d] + 1]; m++)
						if (expert_at(k, m) == me && me < second && me < third)
							REASONS(k->cx, &k->reasons, "%.*s、%.*s、%.*s 循环互评", "%.*s, %.*s and %.*s review each other in a ring", STRF(expert(k, me)), STRF(expert(k, second)), STRF(expert(k, third)));
			}
	}
}

static void check_rings(struct check *k)
{
	const struct assign_input *in = k->in;
	if (!in->cycle || !in->applicant) return;
	uint32_t *start = ARENA_ARRAY(k->cx->arena, uint32_t, (size_t)in->n_expert + 2);
	int32_t *own = ARENA_ARRAY(k->cx->arena, int32_t, (size_t)in->n_application);
	for (int a = 0; a < in->n_application; a++)
		if (in->applicant[a] >= 0) start[in->applicant[a] + 2]++;
	for (int e = 2; e <= in->n_expert + 1; e++) start[e] += start[e - 1];
	for (int a = 0; a < in->n_application; a++)
		if (in->applicant[a] >= 0) own[start[in->applicant[a] + 1]++] = a;
	for (int a = 0; a < in->n_application; a++) rings_from(k, start, own, a);
}

enum rc assign_check(struct cx *cx, const struct assign_input *in, const uint32_t *first, const uint32_t *pair, struct assign_check *out)
{
	struct check k = { .cx = cx, .in = in, .first = first, .pair = pair };
	struct assign_check r = { 0 };
	for (uint32_t j = 0; j < first[in->n_application]; j++)
		if (pair[j] >= in->row[in->n_application]) return fail(cx, RC_INVALID, "assign.pair", NOWHERE, "没有第 %u 个候选对", "there is no pair %u", pair[j]);
	for (int a = 0; a < in->n_application; a++) check_application(&k, a);
	check_loads(&k);
	for (int c = 0; c < in->n_cap; c++) check_cap(&k, &in->cap[c]);
	check_rings(&k);
	bool any = false, any_application = false;
	for (int a = 0; a < in->n_application; a++) {
		int64_t sum = 0;
		for (uint32_t j = first[a]; j < first[a + 1]; j++) {
			int32_t w = in->affinity[pair[j]];
			sum += w;
			if (!any || w < r.worst) r.worst = w;
			any = true;
		}
		r.total += sum;
		if (in->need[a] && (!any_application || sum < r.worst_total)) r.worst_total = sum, any_application = true;
	}
	r.reason = k.reasons.v;
	r.n_reason = (int)k.reasons.n;
	*out = r;
	return RC_OK;
}

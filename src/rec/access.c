#include "rec/access.h"

#include <assert.h>

bool mask_has(const struct mask *m, int bit) { return bit >= 0 && bit < MASK_WORDS * 64 && (m->w[bit / 64] >> (bit % 64) & 1); }

static void mask_set(struct mask *m, int bit)
{
	if (bit >= 0 && bit < MASK_WORDS * 64) m->w[bit / 64] |= (uint64_t)1 << (bit % 64);
}

static void mask_or(struct mask *m, struct mask o)
{
	for (int i = 0; i < MASK_WORDS; i++) m->w[i] |= o.w[i];
}

struct mask mask_all(void)
{
	struct mask m;
	for (int i = 0; i < MASK_WORDS; i++) m.w[i] = UINT64_MAX;
	return m;
}

bool mask_table(const struct mask *m, const struct table_def *t) { return mask_has(m, t->type->n_field + t->index); }

bool mask_field(const struct mask *m, const struct field_def *f)
{
	if (f->builtin) return true;
	return f->in_table ? mask_table(m, f->in_table) : mask_has(m, f->index);
}

bool mask_hides_who(const struct mask *m, const struct type_def *t) { return t->anonymous && !mask_field(m, t->anonymous); }

static struct mask grant_mask(const struct grant *g, const struct type_def *t)
{
	if (!g->field) return mask_all();
	struct mask m = { { 0 } };
	for (int i = 0; i < t->n_field + t->n_table; i++)
		if (g->field[i]) mask_set(&m, i);
	return m;
}

bool grant_names(const struct grant *g, const struct viewer *v)
{
	switch (g->who) {
	case WHO_PUBLIC: return true;
	case WHO_SIGNED: return v->account != 0;
	case WHO_SYSTEM: return v->system;
	case WHO_AUTHOR: return false;   /* only notices name authors */
	case WHO_ROLE: return v->account != 0 && (v->roles >> g->role->index & 1);
	}
	return false;
}

/* Is the ref at the end of the path the viewer's own `mine`? An unset id never matches. */
static enum rc path_is(struct query *q, const struct grant *g, const char *standard, int64_t mine, int alias)
{
	if (!mine) {
		Q(q, "FALSE");
		return RC_OK;
	}
	if (g->n_path) TRY(query_path(q, g->path, g->n_path, false, alias));
	else query_column(q, alias, standard);
	Q(q, " = ");
	query_int(q, mine);
	return RC_OK;
}

/* Division codes nest by prefix: 140200 holds 1402xx, 140000 holds 14xxxx. */
static struct str division_prefix(struct str code)
{
	while (code.n > 2 && code.p[code.n - 1] == '0' && code.p[code.n - 2] == '0') code.n -= 2;
	return code;
}

bool division_holds(struct str outer, struct str inner)
{
	struct str prefix = division_prefix(outer);
	return prefix.n > 0 && str_starts(inner, prefix);
}

static enum rc scope_cond(struct query *q, const struct grant *g, int alias)
{
	const struct viewer *v = &q->rx->viewer;
	switch (g->scope) {
	case SCOPE_ALL: Q(q, "TRUE"); return RC_OK;
	case SCOPE_OWN: return path_is(q, g, "owner", g->n_path ? v->person : v->account, alias);
	case SCOPE_ORG: return path_is(q, g, "org", v->org, alias);
	case SCOPE_DIVISION: break;
	}
	struct str prefix = division_prefix(v->division);
	if (!prefix.n) {
		Q(q, "FALSE");
		return RC_OK;
	}
	Q(q, "SUBSTR(");
	if (g->n_path) TRY(query_path(q, g->path, g->n_path, false, alias));
	else query_column(q, alias, "division");
	Q(q, ", 1, ");
	sqlb_int(&q->sql, (int64_t)prefix.n);
	Q(q, ") = ");
	query_text(q, prefix);
	return RC_OK;
}

static enum rc via_cond(struct query *q, const struct grant *g)
{
	int inner = q->aliases++, outer = q->alias;
	Q(q, "EXISTS (SELECT 1 FROM ");
	query_table(q, g->via, inner);
	Q(q, " WHERE ");
	TRY(query_field(q, g->via_field, inner));
	Q(q, " = ");
	query_column(q, outer, "id");
	Q(q, " AND ");
	TRY(scope_cond(q, g, inner));
	Q(q, ")");
	return RC_OK;
}

enum rc access_grant(struct query *q, const struct grant *g)
{
	if (!grant_names(g, &q->rx->viewer)) {
		Q(q, "FALSE");
		return RC_OK;
	}
	Q(q, "(");
	TRY(g->via ? via_cond(q, g) : scope_cond(q, g, q->alias));
	if (g->n_state) {
		Q(q, " AND ");
		query_states(q, g->state, g->n_state, q->alias);
	}
	if (g->when) {
		Q(q, " AND ");
		TRY(query_cond(q, g->when));
	}
	Q(q, ")");
	return RC_OK;
}

static bool unconditional(const struct grant *g) { return g->scope == SCOPE_ALL && !g->via && !g->n_state && !g->when; }

static enum rc any_grant(struct query *q, enum access_act act, const struct field_def *showing)
{
	const struct type_def *t = q->type;
	if (q->rx->viewer.system) {
		Q(q, "TRUE");
		return RC_OK;
	}
	for (int pass = 0; pass < 2; pass++) {
		int n = 0;
		for (int i = 0; i < t->n_grant[act]; i++) {
			const struct grant *g = t->grant[act][i];
			if (!grant_names(g, &q->rx->viewer)) continue;
			struct mask m = grant_mask(g, t);
			if (showing && !mask_field(&m, showing)) continue;
			if (pass == 0) {
				/* One grant without conditions makes the others superfluous, and keeps the indexes usable. */
				if (!unconditional(g)) continue;
				Q(q, "TRUE");
				return RC_OK;
			}
			if (n++) Q(q, " OR ");
			else Q(q, "(");
			TRY(access_grant(q, g));
		}
		if (pass == 0) continue;
		if (n) Q(q, ")");
		else Q(q, "FALSE");
	}
	return RC_OK;
}

enum rc access_where(struct query *q, enum access_act act) { return any_grant(q, act, NULL); }

enum rc access_where_field(struct query *q, const struct field_def *f) { return any_grant(q, ACT_SEE, f); }

bool access_create(const struct rx *rx, const struct type_def *t)
{
	for (int i = 0; i < t->n_grant[ACT_CREATE]; i++)
		if (grant_names(t->grant[ACT_CREATE][i], &rx->viewer)) return true;
	return rx->viewer.system;
}

bool viewer_is_staff(const struct rx *rx)
{
	for (int i = 0; i < rx->region->n_role; i++)
		if (rx->region->role[i]->staff && (rx->viewer.roles & (uint64_t)1 << rx->region->role[i]->index)) return true;
	return false;
}

bool access_fill(const struct rx *rx, const struct type_def *t)
{
	for (int i = 0; i < t->n_grant[ACT_EDIT]; i++)
		if (grant_names(t->grant[ACT_EDIT][i], &rx->viewer)) return true;
	return access_create(rx, t);
}

bool access_type(const struct rx *rx, const struct type_def *t)
{
	for (int i = 0; i < t->n_grant[ACT_SEE]; i++)
		if (grant_names(t->grant[ACT_SEE][i], &rx->viewer)) return true;
	return rx->viewer.system;
}

enum rc access_columns(struct query *q, enum access_act act, struct mask_plan *plan)
{
	const struct type_def *t = q->type;
	*plan = (struct mask_plan){ .type = t };
	if (q->rx->viewer.system) plan->always = mask_all();
	for (int i = 0; i < t->n_grant[act] && !q->rx->viewer.system; i++) {
		const struct grant *g = t->grant[act][i];
		if (!grant_names(g, &q->rx->viewer)) continue;
		if (unconditional(g)) {
			mask_or(&plan->always, grant_mask(g, t));
			continue;
		}
		assert(plan->n < 64);
		Q(q, ", ");
		TRY(access_grant(q, g));
		plan->grant[plan->n++] = g;
	}
	return RC_OK;
}

struct mask access_mask(const struct mask_plan *plan, const struct rows *r, int first_column)
{
	struct mask m = plan->always;
	for (int i = 0; i < plan->n; i++) {
		if (row_int(r, first_column + i) == 0) continue;
		const struct grant *g = plan->grant[i];
		if (!g->field) return mask_all();
		mask_or(&m, grant_mask(g, plan->type));
	}
	return m;
}

enum rc access_record(struct rx *rx, const struct type_def *t, int64_t id, struct right *out)
{
	struct query q = query_new(rx, t);
	struct mask_plan see, edit;
	Q(&q, "SELECT ");
	TRY(access_where(&q, ACT_SEE));
	Q(&q, ", ");
	TRY(access_where(&q, ACT_EDIT));
	TRY(access_columns(&q, ACT_SEE, &see));
	TRY(access_columns(&q, ACT_EDIT, &edit));
	Q(&q, " FROM ");
	query_table(&q, t, 0);
	Q(&q, " WHERE ");
	query_column(&q, 0, "id");
	Q(&q, " = ");
	query_int(&q, id);
	struct rows *r;
	bool more;
	TRY(query_rows(&q, &r));
	enum rc rc = db_step(rx->cx, r, &more);
	struct right right = { 0 };
	if (rc == RC_OK && more) {
		right.see = row_int(r, 0) != 0;
		right.edit = right.see && row_int(r, 1) != 0;
		right.fields = access_mask(&see, r, 2);
		right.editable = access_mask(&edit, r, 2 + see.n);
	}
	rows_done(r);
	if (rc == RC_OK) *out = right;
	return rc;
}

struct right access_new(const struct rx *rx, const struct type_def *t)
{
	struct right right = { .see = true, .edit = access_create(rx, t), .fields = mask_all() };
	/* What the creator may fill in: what the grants to edit in the first state show. */
	for (int i = 0; i < t->n_grant[ACT_EDIT]; i++) {
		const struct grant *g = t->grant[ACT_EDIT][i];
		bool first = g->n_state == 0;
		for (int k = 0; k < g->n_state; k++) first |= g->state[k]->index == 0;
		if (first && grant_names(g, &rx->viewer)) mask_or(&right.editable, grant_mask(g, t));
	}
	if (rx->viewer.system) right.editable = mask_all();
	return right;
}

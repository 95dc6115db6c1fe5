/* Two regions compared: what was added, removed, retyped or changed, and whether stored records survive it. */
#include "base/time.h"
#include "def/assignment.h"
#include "def/report.h"

struct diff { struct arena *a; struct changes *out; };

static struct str none(void) { return STR(""); }

static void add(struct diff *d, enum change_kind kind, bool safe, const char *what, struct str path, struct str before, struct str after,
	struct where at)
{
	struct change c = { kind, safe, what, path, before, after, at };
	VEC_PUSH(d->a, d->out, c);
	d->out->unsafe += !safe;
}

static void changed(struct diff *d, bool safe, const char *what, struct str path, struct str before, struct str after, struct where at)
{
	if (!str_eq(before, after)) add(d, CHANGE_CHANGED, safe, what, path, before, after, at);
}

static void flag(struct diff *d, bool safe, const char *what, struct str path, bool before, bool after, struct where at)
{
	if (before != after) add(d, CHANGE_CHANGED, safe, what, path, before ? STR("yes") : STR("no"), after ? STR("yes") : STR("no"), at);
}

static struct str dotted(struct diff *d, struct str a, struct str b) { return str_fmt(d->a, "%.*s.%.*s", STRF(a), STRF(b)); }

static struct str label_str(struct diff *d, const struct label *l)
{
	return str_eq(l->zh, l->en) ? l->zh : str_fmt(d->a, "%.*s / %.*s", STRF(l->zh), STRF(l->en));
}

static struct str expr_str(struct diff *d, const struct expr *e)
{
	struct buf b = BUF(d->a, DEF_TEXT_MAX);
	if (e) text_expr(&b, e);
	return buf_str(&b);
}

static struct str kind_str(struct diff *d, const struct field_def *f)
{
	struct buf b = BUF(d->a, 200);
	text_kind(&b, f);
	return buf_str(&b);
}

/* ---- fields ---- */

static bool is_text(enum field_kind k)
{
	return k == FIELD_TEXT || k == FIELD_LONG || k == FIELD_EMAIL || k == FIELD_PHONE || k == FIELD_USCC || k == FIELD_ORCID ||
		k == FIELD_URL;
}

static void bounds(struct diff *d, struct str path, const struct field_def *f, const struct field_def *g)
{
	bool raised = g->has_min && (!f->has_min || g->min > f->min), lowered = g->has_max && (!f->has_max || g->max < f->max);
	bool same = f->has_min == g->has_min && f->min == g->min && f->has_max == g->has_max && f->max == g->max;
	if (same) return;
	struct str before = str_fmt(d->a, "%s%lld…%s%lld", f->has_min ? "" : "-", (long long)f->min, f->has_max ? "" : "+", (long long)f->max);
	struct str after = str_fmt(d->a, "%s%lld…%s%lld", g->has_min ? "" : "-", (long long)g->min, g->has_max ? "" : "+", (long long)g->max);
	add(d, CHANGE_CHANGED, !raised && !lowered, "bounds", path, before, after, g->at);
}

static void field(struct diff *d, struct str path, const struct field_def *f, const struct field_def *g)
{
	struct str before = kind_str(d, f), after = kind_str(d, g);
	bool wider = is_text(f->kind) && (g->kind == FIELD_TEXT || g->kind == FIELD_LONG);
	if (!str_eq(before, after)) add(d, CHANGE_RETYPED, wider, "field", path, before, after, g->at);
	if (!f->compute != !g->compute)
		add(d, CHANGE_RETYPED, !g->compute, "compute", path, expr_str(d, f->compute), expr_str(d, g->compute), g->at);
	else changed(d, true, "compute", path, expr_str(d, f->compute), expr_str(d, g->compute), g->at);
	flag(d, !g->required, "required", path, f->required, g->required, g->at);
	changed(d, !g->required_when, "required when", path, expr_str(d, f->required_when), expr_str(d, g->required_when), g->at);
	if (f->kind == g->kind) bounds(d, path, f, g);
	flag(d, !g->unique, "unique", path, f->unique, g->unique, g->at);
	flag(d, false, "sealed", path, f->sealed, g->sealed, g->at);
	flag(d, false, "deadline", path, f->deadline, g->deadline, g->at);
	flag(d, false, "strip", path, f->strip, g->strip, g->at);
	flag(d, true, "by_system", path, f->by_system, g->by_system, g->at);
	changed(d, !g->types.n, "types", path, f->types, g->types, g->at);
	changed(d, !g->mask.n, "mask", path, f->mask, g->mask, g->at);
	changed(d, true, "default", path, expr_str(d, f->initial), expr_str(d, g->initial), g->at);
	changed(d, true, "code", path, f->code, g->code, g->at);
	/* Another unit means that every stored number says something else. */
	changed(d, false, "unit", path, label_str(d, &f->unit), label_str(d, &g->unit), g->at);
	changed(d, true, "label", path, label_str(d, &f->label), label_str(d, &g->label), g->at);
	if (f->klass != g->klass) add(d, CHANGE_CHANGED, true, "class", path, none(), none(), g->at);
}

static void fields(struct diff *d, struct str path, struct field_def *const *old, int n_old, struct field_def *const *now, int n_now,
	const char *what)
{
	for (int i = 0; i < n_now; i++) {
		const struct field_def *before = NULL;
		for (int k = 0; k < n_old; k++)
			if (str_eq(old[k]->name, now[i]->name)) before = old[k];
		struct str p = dotted(d, path, now[i]->name);
		if (before) field(d, p, before, now[i]);
		else add(d, CHANGE_ADDED, true, what, p, none(), kind_str(d, now[i]), now[i]->at);
	}
	for (int k = 0; k < n_old; k++) {
		bool kept = false;
		for (int i = 0; i < n_now; i++) kept = kept || str_eq(old[k]->name, now[i]->name);
		if (!kept) add(d, CHANGE_REMOVED, old[k]->compute != NULL, what, dotted(d, path, old[k]->name), kind_str(d, old[k]), none(),
			old[k]->at);
	}
}

static void tables(struct diff *d, const struct type_def *old, const struct type_def *now)
{
	for (int i = 0; i < now->n_table; i++) {
		const struct table_def *t = now->table[i], *before = type_table(old, t->name);
		struct str p = dotted(d, now->name, t->name);
		if (!before) {
			add(d, CHANGE_ADDED, true, "table", p, none(), none(), t->at);
			continue;
		}
		fields(d, p, before->column, before->n_column, t->column, t->n_column, "column");
		flag(d, false, "sealed", p, before->sealed, t->sealed, t->at);
		changed(d, t->min_rows <= before->min_rows && t->max_rows >= before->max_rows, "rows", p,
			str_fmt(d->a, "%d…%d", before->min_rows, before->max_rows),
			str_fmt(d->a, "%d…%d", t->min_rows, t->max_rows), t->at);
		changed(d, true, "label", p, label_str(d, &before->label), label_str(d, &t->label), t->at);
		changed(d, true, "late", p, expr_str(d, before->late), expr_str(d, t->late), t->at);
	}
	for (int i = 0; i < old->n_table; i++)
		if (!type_table(now, old->table[i]->name))
			add(d, CHANGE_REMOVED, false, "table", dotted(d, old->name, old->table[i]->name), none(), none(), old->table[i]->at);
}

/* ---- states, moves, rights ---- */

static void states(struct diff *d, const struct type_def *old, const struct type_def *now)
{
	for (int i = 0; i < now->n_state; i++) {
		const struct state_def *s = now->state[i], *before = type_state(old, s->name);
		struct str p = dotted(d, now->name, s->name);
		if (!before) {
			add(d, CHANGE_ADDED, true, "state", p, none(), none(), s->at);
			continue;
		}
		flag(d, s->draft, "draft", p, before->draft, s->draft, s->at);
		flag(d, false, "sealed", p, before->sealed, s->sealed, s->at);
		flag(d, true, "final", p, before->final, s->final, s->at);
		flag(d, true, "judged", p, before->judged, s->judged, s->at);
		changed(d, true, "label", p, label_str(d, &before->label), label_str(d, &s->label), s->at);
	}
	for (int i = 0; i < old->n_state; i++)
		if (!type_state(now, old->state[i]->name))
			add(d, CHANGE_REMOVED, false, "state", dotted(d, old->name, old->state[i]->name), none(), none(), old->state[i]->at);
	if (old->n_state && now->n_state) changed(d, true, "first state", now->name, old->state[0]->name, now->state[0]->name,
		now->state[0]->at);
}

static struct str move_str(struct diff *d, const struct move_def *m)
{
	struct buf b = BUF(d->a, DEF_TEXT_MAX);
	text_states(&b, m->from, m->n_from);
	buf_fmt(&b, " -> %.*s%s%s%s%s", STRF(m->to->name), m->not_author ? " not-by author" : "",
		m->reason ? " reason" : "", m->optional ? " optional" : "", m->receipt ? " receipt" : "");
	if (m->approvals) buf_add(&b, STR(" approvals ")), text_expr(&b, m->approvals);
	for (int i = 0; i < m->n_not_by; i++) buf_fmt(&b, " not-by %.*s", STRF(m->not_by[i]->name));
	for (int i = 0; i < m->n_ask; i++) buf_fmt(&b, " ask %.*s%s", STRF(m->ask[i]->name), m->ask_required[i] ? " required" : "");
	for (int i = 0; i < m->n_guard; i++) buf_add(&b, STR(" when ")), text_expr(&b, m->guard[i].cond);
	for (int i = 0; i < m->n_action; i++) buf_add(&b, STR("; ")), text_action(&b, &m->action[i]);
	return buf_str(&b);
}

/* Grants have no names (nor have lines): they are the same when they read the same. */
struct grants { VEC(struct str); VEC(struct where) at; };

static void grant_add(struct diff *d, struct grants *list, const struct grant *g, const struct type_def *t)
{
	struct buf b = BUF(d->a, DEF_TEXT_MAX);
	text_grant(&b, g, t);
	VEC_PUSH(d->a, list, buf_str(&b));
	VEC_PUSH(d->a, &list->at, g->at);
}

static bool has_grant(const struct grants *list, struct str g)
{
	for (size_t i = 0; i < list->n; i++)
		if (str_eq(list->v[i], g)) return true;
	return false;
}

static void grants_apart(struct diff *d, const char *what, struct str path, const struct grants *old, const struct grants *now)
{
	for (size_t i = 0; i < now->n; i++)
		if (!has_grant(old, now->v[i])) add(d, CHANGE_ADDED, true, what, path, none(), now->v[i], now->at.v[i]);
	for (size_t i = 0; i < old->n; i++)
		if (!has_grant(now, old->v[i])) add(d, CHANGE_REMOVED, true, what, path, old->v[i], none(), old->at.v[i]);
}

static void moves(struct diff *d, const struct type_def *old, const struct type_def *now)
{
	for (int i = 0; i < now->n_move; i++) {
		const struct move_def *m = now->move[i], *before = type_move(old, m->name);
		struct str p = dotted(d, now->name, m->name);
		if (!before) {
			add(d, CHANGE_ADDED, true, "move", p, none(), move_str(d, m), m->at);
			continue;
		}
		changed(d, true, "move", p, move_str(d, before), move_str(d, m), m->at);
		changed(d, true, "label", p, label_str(d, &before->label), label_str(d, &m->label), m->at);
		struct grants was = { 0 }, is = { 0 };
		for (int k = 0; k < before->n_by; k++) grant_add(d, &was, &before->by[k], old);
		for (int k = 0; k < m->n_by; k++) grant_add(d, &is, &m->by[k], now);
		grants_apart(d, "by", p, &was, &is);
	}
	for (int i = 0; i < old->n_move; i++)
		if (!type_move(now, old->move[i]->name))
			add(d, CHANGE_REMOVED, true, "move", dotted(d, old->name, old->move[i]->name), move_str(d, old->move[i]), none(),
				old->move[i]->at);
}

static void rights(struct diff *d, const struct type_def *old, const struct type_def *now)
{
	static const char *const words[] = { "see", "edit", "create" };
	for (int act = 0; act < ACT_COUNT; act++) {
		struct grants was = { 0 }, is = { 0 };
		for (int i = 0; i < old->n_grant[act]; i++) grant_add(d, &was, old->grant[act][i], old);
		for (int i = 0; i < now->n_grant[act]; i++) grant_add(d, &is, now->grant[act][i], now);
		grants_apart(d, words[act], now->name, &was, &is);
	}
}

static const struct check_def *check_named(const struct type_def *t, struct str name)
{
	for (int i = 0; i < t->n_check; i++)
		if (str_eq(t->check[i]->name, name)) return t->check[i];
	return NULL;
}

static void checks(struct diff *d, const struct type_def *old, const struct type_def *now)
{
	static const char *const levels[] = { "error", "warning", "info" };
	for (int i = 0; i < now->n_check; i++) {
		const struct check_def *c = now->check[i], *before = check_named(old, c->name);
		struct str p = dotted(d, now->name, c->name);
		if (!before) add(d, CHANGE_ADDED, true, "check", p, none(), expr_str(d, c->cond), c->at);
		else changed(d, true, "check", p, str_fmt(d->a, "%s %.*s", levels[before->level], STRF(expr_str(d, before->cond))),
			str_fmt(d->a, "%s %.*s", levels[c->level], STRF(expr_str(d, c->cond))), c->at);
	}
	for (int i = 0; i < old->n_check; i++)
		if (!check_named(now, old->check[i]->name))
			add(d, CHANGE_REMOVED, true, "check", dotted(d, old->name, old->check[i]->name), expr_str(d, old->check[i]->cond), none(),
				old->check[i]->at);
}

static struct str field_name_of(const struct field_def *f) { return f ? f->name : STR(""); }

static void types(struct diff *d, const struct region *from, const struct region *to)
{
	for (int i = 0; i < to->n_type; i++) {
		const struct type_def *now = to->type[i], *old = region_type(from, now->name);
		if (!old) {
			add(d, CHANGE_ADDED, true, "type", now->name, none(), label_str(d, &now->label), now->at);
			continue;
		}
		changed(d, true, "label", now->name, label_str(d, &old->label), label_str(d, &now->label), now->at);
		changed(d, true, "number", now->name, old->number, now->number, now->at);
		changed(d, true, "title", now->name, field_name_of(old->title), field_name_of(now->title), now->at);
		changed(d, false, "division", now->name, field_name_of(old->division), field_name_of(now->division), now->at);
		changed(d, true, "anonymous", now->name, field_name_of(old->anonymous), field_name_of(now->anonymous), now->at);
		changed(d, false, "return of", now->name, field_name_of(old->return_of), field_name_of(now->return_of), now->at);
		changed(d, false, "period", now->name, field_name_of(old->period), field_name_of(now->period), now->at);
		changed(d, true, "day", now->name, expr_str(d, old->day), expr_str(d, now->day), now->at);
		fields(d, now->name, old->field, old->n_field, now->field, now->n_field, "field");
		tables(d, old, now);
		checks(d, old, now);
		states(d, old, now);
		moves(d, old, now);
		rights(d, old, now);
	}
	for (int i = 0; i < from->n_type; i++)
		if (!region_type(to, from->type[i]->name))
			add(d, CHANGE_REMOVED, false, "type", from->type[i]->name, label_str(d, &from->type[i]->label), none(), from->type[i]->at);
}

/* ---- the rest ---- */

static struct str item_str(struct diff *d, const struct code_item *c)
{
	struct str from = c->from == INT32_MIN ? STR("") : date_text(d->a, c->from), to = c->to == INT32_MAX ? STR("") : date_text(d->a, c->to);
	return str_fmt(d->a, "%.*s%s%.*s%s%.*s%s%.*s", STRF(label_str(d, &c->label)), c->parent.n ? " under " : "", STRF(c->parent),
		from.n ? " from " : "",
		STRF(from), to.n ? " to " : "", STRF(to));
}

static void codes(struct diff *d, const struct region *from, const struct region *to)
{
	for (int i = 0; i < to->n_codes; i++) {
		const struct code_list *now = to->codes[i], *old = region_codes(from, now->name);
		if (!old) {
			add(d, CHANGE_ADDED, true, "codes", now->name, none(), label_str(d, &now->label), now->at);
			continue;
		}
		for (int k = 0; k < now->n_item; k++) {
			const struct code_item *c = &now->item[k], *before = codes_item(old, c->code);
			struct str p = dotted(d, now->name, c->code);
			if (!before) add(d, CHANGE_ADDED, true, "code", p, none(), item_str(d, c), c->at);
			else changed(d, true, "code", p, item_str(d, before), item_str(d, c), c->at);
		}
		for (int k = 0; k < old->n_item; k++)
			if (!codes_item(now, old->item[k].code))
				add(d, CHANGE_REMOVED, false, "code", dotted(d, now->name, old->item[k].code), item_str(d, &old->item[k]), none(),
					old->item[k].at);
	}
	for (int i = 0; i < from->n_codes; i++)
		if (!region_codes(to, from->codes[i]->name))
			add(d, CHANGE_REMOVED, false, "codes", from->codes[i]->name, label_str(d, &from->codes[i]->label), none(), from->codes[i]->at);
}

static const struct measure_def *version(const struct region *r, const struct measure_def *m)
{
	for (int i = 0; i < r->n_measure; i++)
		if (str_eq(r->measure[i]->family, m->family) && r->measure[i]->from == m->from) return r->measure[i];
	return NULL;
}

static struct str measure_str(struct diff *d, const struct measure_def *m)
{
	struct buf b = BUF(d->a, DEF_TEXT_MAX);
	buf_add(&b, m->number);
	if (m->to != INT32_MAX) buf_fmt(&b, " to %.*s", STRF(date_text(d->a, m->to)));
	for (int i = 0; i < m->n_value; i++) {
		buf_fmt(&b, "; %.*s ", STRF(m->value[i].name));
		text_val(&b, m->value[i].val, m->value[i].type);
	}
	return buf_str(&b);
}

static void measures(struct diff *d, const struct region *from, const struct region *to)
{
	for (int i = 0; i < to->n_measure; i++) {
		const struct measure_def *now = to->measure[i], *old = version(from, now);
		struct str p = now->from == INT32_MIN ? now->family : dotted(d, now->family, date_text(d->a, now->from));
		if (!old) add(d, CHANGE_ADDED, true, "measure", p, none(), measure_str(d, now), now->at);
		/* A version in force says what applied to records already judged by it: changing it rewrites the past. */
		else changed(d, false, "measure", p, measure_str(d, old), measure_str(d, now), now->at);
	}
	for (int i = 0; i < from->n_measure; i++)
		if (!version(to, from->measure[i]))
			add(d, CHANGE_REMOVED, false, "measure", from->measure[i]->family, measure_str(d, from->measure[i]), none(),
				from->measure[i]->at);
}

static const struct condition_def *condition_of(const struct region *r, struct str name)
{
	for (int i = 0; i < r->n_condition; i++)
		if (str_eq(r->condition[i]->name, name)) return r->condition[i];
	return NULL;
}

static struct str condition_str(struct diff *d, const struct condition_def *c) { return expr_str(d, &(struct expr){ .text = c->text }); }

/* What uses one is written as before when the condition itself changes: so it is compared for itself. */
static void conditions(struct diff *d, const struct region *from, const struct region *to)
{
	for (int i = 0; i < to->n_condition; i++) {
		const struct condition_def *now = to->condition[i], *old = condition_of(from, now->name);
		if (!old) add(d, CHANGE_ADDED, true, "condition", now->name, none(), condition_str(d, now), now->at);
		else changed(d, true, "condition", now->name, condition_str(d, old), condition_str(d, now), now->at);
	}
	for (int i = 0; i < from->n_condition; i++)
		if (!condition_of(to, from->condition[i]->name))
			add(d, CHANGE_REMOVED, true, "condition", from->condition[i]->name, condition_str(d, from->condition[i]), none(), from->condition[i]->at);
}

static struct str indicator_str(struct diff *d, const struct indicator_def *x)
{
	static const char *const kinds[] = { "count", "sum", "avg", "distinct", "formula" };
	return str_fmt(d->a, "%s %.*s %.*s%.*s where %.*s scale %.*s %.*s", kinds[x->kind], STRF(x->of ? x->of->name : none()),
		STRF(expr_str(d, x->value)),
		STRF(expr_str(d, x->formula)), STRF(expr_str(d, x->where)), STRF(dec_format(d->a, x->scale)), STRF(label_str(d, &x->unit)));
}

static void indicators(struct diff *d, const struct region *from, const struct region *to)
{
	for (int i = 0; i < to->n_indicator; i++) {
		const struct indicator_def *now = to->indicator[i], *old = region_indicator(from, now->name);
		if (!old) add(d, CHANGE_ADDED, true, "indicator", now->name, none(), indicator_str(d, now), now->at);
		else changed(d, true, "indicator", now->name, indicator_str(d, old), indicator_str(d, now), now->at);
	}
	for (int i = 0; i < from->n_indicator; i++)
		if (!region_indicator(to, from->indicator[i]->name))
			add(d, CHANGE_REMOVED, true, "indicator", from->indicator[i]->name, indicator_str(d, from->indicator[i]), none(),
				from->indicator[i]->at);
}

static void roles(struct diff *d, const struct region *from, const struct region *to)
{
	for (int i = 0; i < to->n_role; i++) {
		const struct role_def *now = to->role[i], *old = region_role(from, now->name);
		if (!old) add(d, CHANGE_ADDED, true, "role", now->name, none(), label_str(d, &now->label), now->at);
		else {
			flag(d, true, "staff", now->name, old->staff, now->staff, now->at);
			flag(d, true, "accounts", now->name, old->accounts, now->accounts, now->at);
			flag(d, true, "grants", now->name, old->grants, now->grants, now->at);
			flag(d, true, "audits", now->name, old->audits, now->audits, now->at);
		}
	}
	for (int i = 0; i < from->n_role; i++)
		if (!region_role(to, from->role[i]->name))
			add(d, CHANGE_REMOVED, false, "role", from->role[i]->name, label_str(d, &from->role[i]->label), none(), from->role[i]->at);
}

/* ---- declarations beside types: line by line of their canonical form ---- */

/* One of them: its name, and its lines. */
struct part { struct str name; struct where at; struct buf text; };
typedef VEC(struct part) part_list;

static struct buf *part_add(struct diff *d, part_list *list, struct str name, struct where at)
{
	struct part p = { name, at, BUF(d->a, DEF_TEXT_MAX) };
	VEC_PUSH(d->a, list, p);
	return &list->v[list->n - 1].text;
}

static void assignment_parts(struct diff *d, const struct region *r, part_list *list)
{
	for (int i = 0; i < r->n_assignment; i++) text_assignment(part_add(d, list, r->assignment[i]->name, r->assignment[i]->at), r->assignment[i]);
}

static void matrix_parts(struct diff *d, const struct region *r, part_list *list)
{
	for (int i = 0; i < r->n_matrix; i++) text_matrix(part_add(d, list, r->matrix[i]->name, r->matrix[i]->at), r->matrix[i]);
}

static void scoring_parts(struct diff *d, const struct region *r, part_list *list)
{
	for (int i = 0; i < r->n_scoring; i++) text_scoring(part_add(d, list, r->scoring[i]->name, r->scoring[i]->at), r->scoring[i]);
}

static void similar_parts(struct diff *d, const struct region *r, part_list *list)
{
	for (int i = 0; i < r->n_similar; i++) text_similar(part_add(d, list, r->similar[i]->name, r->similar[i]->at), r->similar[i]);
}

static void menu_parts(struct diff *d, const struct region *r, part_list *list)
{
	for (int i = 0; i < r->n_menu; i++) text_menu(part_add(d, list, label_text(&r->menu[i]->label, LANG_EN), r->menu[i]->at), r->menu[i]);
}

static const struct part *part_named(const part_list *list, struct str name)
{
	for (size_t i = 0; i < list->n; i++)
		if (str_eq(list->v[i].name, name)) return &list->v[i];
	return NULL;
}

/* Lines under the line that they belong to (two tabs under one), so that the same key of two conflicts is not taken for one. */
static void part_lines(struct diff *d, const struct part *p, struct grants *out)
{
	struct str rest = buf_str(&p->text), line, above = STR("");
	while (rest.n && str_cut(&rest, '\n', &line)) {
		bool under = str_starts(line, STR("\t\t"));
		line = str_trim(line);
		if (!line.n) continue;
		if (under) line = str_fmt(d->a, "%.*s: %.*s", STRF(above), STRF(line));
		else above = str_sub(line, 0, str_find(line, STR(" weight "), 0));
		VEC_PUSH(d->a, out, line);
		VEC_PUSH(d->a, &out->at, p->at);
	}
}

static void parts(struct diff *d, const char *what, const struct region *from, const struct region *to,
	void (*list)(struct diff *d, const struct region *r, part_list *out))
{
	part_list old = { 0 }, now = { 0 };
	list(d, from, &old);
	list(d, to, &now);
	for (size_t i = 0; i < now.n; i++) {
		const struct part *before = part_named(&old, now.v[i].name);
		struct grants was = { 0 }, is = { 0 };
		if (!before) {
			add(d, CHANGE_ADDED, true, what, now.v[i].name, none(), none(), now.v[i].at);
			continue;
		}
		part_lines(d, before, &was);
		part_lines(d, &now.v[i], &is);
		grants_apart(d, what, now.v[i].name, &was, &is);
	}
	for (size_t i = 0; i < old.n; i++)
		if (!part_named(&now, old.v[i].name)) add(d, CHANGE_REMOVED, true, what, old.v[i].name, none(), none(), old.v[i].at);
}

void region_diff(struct arena *a, const struct region *from, const struct region *to, struct changes *out)
{
	struct diff d = { a, out };
	struct where nowhere = { 0 };
	changed(&d, false, "region", STR("zone"), str_fmt(a, "%d", from->zone_minutes), str_fmt(a, "%d", to->zone_minutes), nowhere);
	changed(&d, true, "region", STR("division"), from->division, to->division, nowhere);
	roles(&d, from, to);
	codes(&d, from, to);
	measures(&d, from, to);
	conditions(&d, from, to);
	types(&d, from, to);
	indicators(&d, from, to);
	parts(&d, "assignment", from, to, assignment_parts);
	parts(&d, "scoring", from, to, scoring_parts);
	parts(&d, "similar", from, to, similar_parts);
	parts(&d, "matrix", from, to, matrix_parts);
	parts(&d, "menu", from, to, menu_parts);
}

void changes_print(struct buf *out, const struct changes *c, enum lang lang)
{
	static const char *const kinds[][2] = { { "新增", "added" }, { "删除", "removed" }, { "改类型", "retyped" }, { "修改", "changed" } };
	bool en = lang == LANG_EN;
	for (size_t i = 0; i < c->n; i++) {
		const struct change *x = &c->v[i];
		if (x->at.file.n) buf_fmt(out, "%.*s:%d: ", STRF(x->at.file), x->at.line);
		buf_fmt(out, "%s%s %s %.*s", x->safe ? "" : en ? "UNSAFE " : "【有风险】", kinds[x->kind][en], x->what, STRF(x->path));
		if (x->before.n || x->after.n) buf_fmt(out, ": %.*s → %.*s", STRF(x->before), STRF(x->after));
		buf_c(out, '\n');
	}
	if (en) buf_fmt(out, "%zu changes, %d of them unsafe\n", c->n, c->unsafe);
	else buf_fmt(out, "共 %zu 处变化，其中 %d 处有风险\n", c->n, c->unsafe);
}

/* The canonical form of a region: what the loader understood, one declaration a line. */
#include "base/time.h"
#include "def/assignment.h"
#include "def/report.h"
#include "def/scene.h"

static void label(struct buf *out, const char *word, const struct label *l)
{
	if (l->zh.n || l->en.n) buf_fmt(out, "%s\"%.*s\" en \"%.*s\"", word, STRF(l->zh), STRF(l->en));
}

static void day(struct buf *out, const char *word, int32_t d)
{
	if (d != INT32_MIN && d != INT32_MAX) buf_fmt(out, "%s%.*s", word, STRF(date_text(out->arena, d)));
}

static void expr(struct buf *out, const char *word, const struct expr *e)
{
	if (!e) return;
	buf_fmt(out, "%s(", word);
	text_expr(out, e);
	buf_fmt(out, "):%s", type_name_of(e->type));
}

static void field(struct buf *out, const char *word, const struct field_def *f)
{
	static const char *const classes[] = { "public", "internal", "personal", "sensitive" };
	buf_fmt(out, "%s%.*s ", word, STRF(f->name));
	text_kind(out, f);
	label(out, " ", &f->label);
	if (f->code.n) buf_fmt(out, " code %.*s", STRF(f->code));
	label(out, " unit ", &f->unit);
	label(out, " section ", &f->section);
	label(out, " hint ", &f->hint);
	if (f->required) buf_add(out, STR(" required"));
	expr(out, " required when ", f->required_when);
	if (f->has_min) buf_fmt(out, " min %lld", (long long)f->min);
	if (f->has_max) buf_fmt(out, " max %lld", (long long)f->max);
	if (f->types.n) buf_fmt(out, " types %.*s", STRF(f->types));
	expr(out, " default ", f->initial);
	expr(out, " compute ", f->compute);
	if (f->mask.n) buf_fmt(out, " mask %.*s", STRF(f->mask));
	if (f->unique) buf_add(out, STR(" unique"));
	if (f->sealed) buf_add(out, STR(" sealed"));
	if (f->by_system) buf_add(out, STR(" by_system"));
	if (f->strip) buf_add(out, STR(" strip"));
	if (f->deadline) buf_add(out, STR(" deadline"));
	if (f->klass != CLASS_INTERNAL) buf_fmt(out, " class %s", classes[f->klass]);
	buf_c(out, '\n');
}

static void state(struct buf *out, const struct state_def *s)
{
	static const char *const tones[] = { "plain", "wait", "good", "bad" };
	buf_fmt(out, "  state %.*s", STRF(s->name));
	label(out, " ", &s->label);
	buf_fmt(out, " tone %s%s%s%s%s", tones[s->tone], s->draft ? " draft" : "", s->sealed ? " sealed" : "", s->final ? " final" : "",
		s->judged ? " judged" : "");
	label(out, " hint ", &s->hint);
	expr(out, " due ", s->due);
	buf_c(out, '\n');
}

static void move(struct buf *out, const struct move_def *m)
{
	buf_fmt(out, "  move %.*s", STRF(m->name));
	label(out, " ", &m->label);
	buf_c(out, ' ');
	text_states(out, m->from, m->n_from);
	buf_fmt(out, " -> %.*s%s%s%s%s", STRF(m->to->name), m->not_author ? " not-by author" : "",
		m->reason ? " reason" : "", m->optional ? " optional" : "", m->receipt ? " receipt" : "");
	expr(out, " approvals ", m->approvals);
	label(out, " confirm ", &m->confirm);
	for (int i = 0; i < m->n_not_by; i++) buf_fmt(out, " not-by %.*s", STRF(m->not_by[i]->name));
	for (int i = 0; i < m->n_ask; i++) buf_fmt(out, " ask %.*s%s", STRF(m->ask[i]->name), m->ask_required[i] ? " required" : "");
	buf_c(out, '\n');
	for (int i = 0; i < m->n_by; i++) {
		buf_add(out, STR("    by "));
		text_grant(out, &m->by[i], m->type);
		buf_c(out, '\n');
	}
	for (int i = 0; i < m->n_guard; i++) {
		expr(out, "    when ", m->guard[i].cond);
		label(out, " ", &m->guard[i].why);
		buf_c(out, '\n');
	}
	for (int i = 0; i < m->n_action; i++) {
		buf_add(out, STR("    "));
		text_action(out, &m->action[i]);
		buf_c(out, '\n');
	}
}

static void check(struct buf *out, const struct check_def *c)
{
	static const char *const levels[] = { "error", "warning", "info" };
	buf_fmt(out, "  check %.*s %s", STRF(c->name), levels[c->level]);
	if (c->table) buf_fmt(out, " each %.*s", STRF(c->table->name));
	expr(out, " ", c->cond);
	label(out, " ", &c->message);
	buf_c(out, '\n');
}

static void type(struct buf *out, const struct type_def *t)
{
	static const char *const acts[] = { "see", "edit", "create" };
	buf_fmt(out, "type %.*s", STRF(t->name));
	label(out, " ", &t->label);
	label(out, " plural ", &t->plural);
	if (t->number.n) buf_fmt(out, " number %.*s", STRF(t->number));
	if (t->title) buf_fmt(out, " title %.*s", STRF(t->title->name));
	if (t->division) buf_fmt(out, " division %.*s", STRF(t->division->name));
	if (t->anonymous) buf_fmt(out, " anonymous %.*s", STRF(t->anonymous->name));
	if (t->return_of) buf_fmt(out, " return of %.*s period %.*s", STRF(t->return_of->name), STRF(t->period->name));
	expr(out, " day ", t->day);
	buf_fmt(out, "%s%s", t->registry ? " registry" : "", t->copies ? " copy" : "");
	for (int i = 0; t->copies && i < t->n_field + t->n_table; i++)
		if (t->not_copied[i]) buf_fmt(out, " except %.*s", STRF(i < t->n_field ? t->field[i]->name : t->table[i - t->n_field]->name));
	buf_c(out, '\n');
	for (int i = 0; i < t->n_field; i++) field(out, "  field ", t->field[i]);
	for (int i = 0; i < t->n_table; i++) {
		const struct table_def *x = t->table[i];
		buf_fmt(out, "  %s %.*s", x->criteria ? "criteria" : "table", STRF(x->name));
		label(out, " ", &x->label);
		buf_fmt(out, " min %d max %d%s", x->min_rows, x->max_rows, x->sealed ? " sealed" : "");
		expr(out, " late ", x->late);
		buf_c(out, '\n');
		for (int k = 0; !x->criteria && k < x->n_column; k++) field(out, "    column ", x->column[k]);
	}
	for (int i = 0; i < t->n_check; i++) check(out, t->check[i]);
	for (int i = 0; i < t->n_state; i++) state(out, t->state[i]);
	for (int i = 0; i < t->n_move; i++) move(out, t->move[i]);
	for (int act = 0; act < ACT_COUNT; act++)
		for (int i = 0; i < t->n_grant[act]; i++) {
			buf_fmt(out, "  %s ", acts[act]);
			text_grant(out, t->grant[act][i], t);
			buf_c(out, '\n');
		}
	if (t->n_list) buf_add(out, STR("  list "));
	for (int i = 0; i < t->n_list; i++) buf_fmt(out, "%s%.*s", i ? ", " : "", STRF(t->list[i]->name));
	if (t->n_list) buf_c(out, '\n');
}

static void codes(struct buf *out, const struct code_list *l)
{
	buf_fmt(out, "codes %.*s", STRF(l->name));
	label(out, " ", &l->label);
	if (l->source.n) buf_fmt(out, " source %.*s", STRF(l->source));
	buf_fmt(out, "%s\n", l->unverified ? " unverified" : "");
	for (int i = 0; i < l->n_item; i++) {
		const struct code_item *c = &l->item[i];
		buf_fmt(out, "  code %.*s", STRF(c->code));
		label(out, " ", &c->label);
		day(out, " from ", c->from);
		day(out, " to ", c->to);
		if (c->parent.n) buf_fmt(out, " under %.*s", STRF(c->parent));
		buf_c(out, '\n');
	}
}

static void measure(struct buf *out, const struct measure_def *m)
{
	buf_fmt(out, "measure %.*s", STRF(m->family));
	label(out, " ", &m->label);
	buf_fmt(out, " number %.*s", STRF(m->number));
	day(out, " from ", m->from);
	day(out, " to ", m->to);
	buf_fmt(out, "%s\n", m->unverified ? " unverified" : "");
	for (int i = 0; i < m->n_value; i++) {
		buf_fmt(out, "  value %.*s ", STRF(m->value[i].name));
		text_val(out, m->value[i].val, m->value[i].type);
		buf_fmt(out, ":%s%s\n", type_name_of(m->value[i].type), m->value[i].unverified ? " unverified" : "");
	}
}

static void criteria(struct buf *out, const struct measure_def *m)
{
	if (m->judges) buf_fmt(out, "  for %.*s", STRF(m->judges->name)), expr(out, " when ", m->judges_when), buf_c(out, '\n');
	for (int i = 0; i < m->n_modify; i++) {
		const struct modify_def *x = m->modify[i];
		buf_add(out, STR("  modify"));
		for (int k = 0; k < x->n_value; k++) buf_fmt(out, "%s%.*s", k ? ", " : " ", STRF(m->value[x->value[k]].name));
		buf_fmt(out, " by %.*s", STRF(dec_format(out->arena, x->factor)));
		expr(out, " when ", x->cond);
		label(out, " ", &x->label);
		buf_fmt(out, "%s\n", x->unverified ? " unverified" : "");
	}
	for (int i = 0; i < m->n_criterion; i++) {
		const struct criterion_def *c = m->criterion[i];
		buf_fmt(out, "  criterion %.*s", STRF(c->name));
		expr(out, " ", c->cond);
		label(out, " ", &c->label);
		expr(out, " when ", c->when);
		label(out, " hint ", &c->hint);
		for (int k = 0; c->show && k < m->judges->n_field; k++)
			if (c->show[k]) buf_fmt(out, " show %.*s", STRF(m->judges->field[k]->name));
		for (int k = 0; c->show && k < m->judges->n_table; k++)
			if (c->show[m->judges->n_field + k]) buf_fmt(out, " show %.*s", STRF(m->judges->table[k]->name));
		buf_fmt(out, "%s%s\n", c->evidence ? " evidence" : "", c->unverified ? " unverified" : "");
	}
}

static void indicator(struct buf *out, const struct indicator_def *x)
{
	static const char *const kinds[] = { "count", "sum", "avg", "distinct", "formula" };
	static const char *const times[] = { "stock", "flow", "cumulative" };
	buf_fmt(out, "indicator %.*s", STRF(x->name));
	label(out, " ", &x->label);
	buf_fmt(out, " %s", kinds[x->kind]);
	if (x->of) buf_fmt(out, " %.*s", STRF(x->of->name));
	expr(out, " ", x->value);
	expr(out, " ", x->formula);
	expr(out, " where ", x->where);
	label(out, " unit ", &x->unit);
	buf_fmt(out, " scale %.*s decimals %d %s", STRF(dec_format(out->arena, x->scale)), x->decimals, times[x->time]);
	if (x->period.n) buf_fmt(out, " period %.*s", STRF(x->period));
	if (x->owner) buf_fmt(out, " owner %.*s", STRF(x->owner->name));
	buf_c(out, '\n');
}

static void demo_rules(struct buf *out, const struct demo_def *d)
{
	static const char *const kinds[] = { "set", "split", "spread", "total", "range", "pick", "under", "copy", "work", "rows", "file" };
	for (int i = 0; i < d->n_rule; i++) {
		const struct demo_rule *r = &d->rule[i];
		if (r->kind == DEMO_ROWS) {
			buf_fmt(out, "  rows %.*s %lld\n", STRF(r->rows->table->name), (long long)r->rows->each);
			demo_rules(out, r->rows);
			continue;
		}
		buf_fmt(out, "%s  %s %.*s", d->table ? "  " : "", kinds[r->kind], STRF(r->field ? r->field->name : STR("state")));
		if (r->work) buf_fmt(out, " %.*s", STRF(r->work->text));
		if (r->file.n) buf_fmt(out, " \"%.*s\" \"%.*s\"", STRF(r->file), STRF(r->text));
		if (r->pattern.n) buf_fmt(out, " \"%.*s\" en \"%.*s\"", STRF(r->pattern), STRF(r->pattern_en));
		const struct val *v[] = { &r->val, &r->low, &r->high };
		for (int k = 0; k < 3; k++)
			if (v[k]->kind != VAL_NULL) buf_c(out, ' '), text_val(out, *v[k], TYPE_NONE);
		for (int k = 0; k < r->n_share; k++) {
			buf_c(out, ' ');
			text_val(out, r->share[k].val, TYPE_NONE);
			buf_fmt(out, "×%lld", (long long)r->share[k].weight);
		}
		if (r->under.n) buf_fmt(out, " %.*s", STRF(r->under));
		if (r->weight) buf_fmt(out, " weight %.*s", STRF(r->weight->name));
		if (r->n_path) buf_c(out, ' '), text_path(out, r->path, r->n_path);
		buf_c(out, '\n');
	}
}

static void demo(struct buf *out, const struct demo_def *d)
{
	buf_fmt(out, "demo %.*s%s%.*s %lld seed %llu", STRF(d->name), d->name.n ? " " : "", STRF(d->type->name), (long long)d->count,
		(unsigned long long)d->seed);
	if (d->state) buf_fmt(out, " state %.*s", STRF(d->state->name));
	if (d->by) buf_fmt(out, " by %.*s", STRF(d->by->login));
	buf_c(out, '\n');
	demo_rules(out, d);
}

void text_scoring(struct buf *out, const struct scoring_def *s)
{
	buf_fmt(out, "scoring %.*s", STRF(s->name));
	label(out, " ", &s->label);
	buf_fmt(out, " sheet %.*s.%.*s reviewer %.*s group %.*s score %.*s method %.*s trim %d", STRF(s->sheet->name), STRF(s->item->name), STRF(s->reviewer->name),
		STRF(s->group->name), STRF(s->score->text), STRF(s->method), s->trim);
	if (s->vote) buf_fmt(out, " vote %.*s", STRF(s->vote->text));
	if (s->cut) buf_fmt(out, " cut %.*s", STRF(s->cut->text));
	for (int i = 0; i < s->n_counts; i++) buf_fmt(out, "%s%.*s", i ? "," : " counts ", STRF(s->counts[i]->name));
	for (int i = 0; i < s->n_in; i++) buf_fmt(out, "%s%.*s", i ? "," : " items ", STRF(s->in[i]->name));
	buf_c(out, '\n');
}

void text_similar(struct buf *out, const struct similar_def *s)
{
	buf_fmt(out, "similar %.*s", STRF(s->name));
	label(out, " ", &s->label);
	buf_fmt(out, " compare %.*s", STRF(s->compares->name));
	if (s->n_in) buf_add(out, STR(" in ")), text_states(out, s->in, s->n_in);
	buf_c(out, '\n');
	for (int i = 0; i < s->n_text; i++) {
		const struct similar_text *t = s->text[i];
		buf_fmt(out, "\ttext %.*s", STRF(t->type->name));
		for (int k = 0; k < t->n_field; k++)
			buf_fmt(out, "%s%.*s%s%.*s", k ? ", " : " ", STRF(t->field[k]->in_table ? t->field[k]->in_table->name : STR("")), t->field[k]->in_table ? "." : "", STRF(t->field[k]->name));
		if (t->n_own) buf_add(out, STR(" own ")), text_path(out, t->own, t->n_own);
		if (t->n_state) buf_add(out, STR(" in ")), text_states(out, t->state, t->n_state);
		buf_c(out, '\n');
	}
}

void text_matrix(struct buf *out, const struct matrix_def *m)
{
	buf_fmt(out, "matrix %.*s", STRF(m->name));
	label(out, " ", &m->label);
	buf_fmt(out, " rows %.*s\n", STRF(m->rows->name));
	for (int i = 0; i < m->n_column; i++) {
		const struct matrix_column *c = m->column[i];
		buf_fmt(out, "\tcolumn %.*s of %.*s by %.*s scale %lld decimals %d", STRF(c->what.name), STRF(c->what.of->name), STRF(c->by->name),
			(long long)c->what.scale, c->what.decimals);
		if (c->what.value) buf_fmt(out, " sum %.*s", STRF(c->what.value->text));
		if (c->what.where) buf_fmt(out, " where %.*s", STRF(c->what.where->text));
		buf_c(out, '\n');
	}
}

static void keys(struct buf *out, const char *side, const struct key_def *k, int n)
{
	for (int i = 0; i < n; i++, k++) {
		buf_fmt(out, "\t\t%s ", side);
		if (k->table) buf_fmt(out, "%.*s.", STRF(k->table->name));
		if (k->n_path) text_path(out, k->path, k->n_path);
		else buf_add(out, STR("this"));
		if (k->back) buf_fmt(out, " of %.*s.", STRF(k->over->name));
		if (k->back && k->back->in_table) buf_fmt(out, "%.*s.", STRF(k->back->in_table->name));
		if (k->back) buf_add(out, k->back->name);
		expr(out, " where ", k->where);
		buf_c(out, '\n');
	}
}

static void grants(struct buf *out, const char *word, const struct grant *g, int n, const struct type_def *t)
{
	for (int i = 0; i < n; i++) {
		buf_add(out, str_c(word));
		text_grant(out, &g[i], t);
		buf_c(out, '\n');
	}
}

static void states(struct buf *out, const char *word, struct state_def *const *state, int n)
{
	if (!n) return;
	buf_add(out, str_c(word));
	text_states(out, state, n);
}

static void rule(struct buf *out, const struct assignment_rule *x)
{
	static const char *const rules[] = { "one", "least", "most", "cap", "ring" };
	buf_fmt(out, "\t%s %d", rules[x->kind], x->n);
	label(out, " ", &x->label);
	expr(out, " where ", x->where);
	if (x->n_item) buf_c(out, ' '), text_path(out, x->item, x->n_item);
	if (x->n_person) buf_c(out, ' '), text_path(out, x->person, x->n_person);
	buf_c(out, '\n');
}

/* Who proposes and publishes, and what then happens. */
static void ends(struct buf *out, const struct assignment_def *d)
{
	const struct { const char *word; struct str name; } then[] = { { "\tthen propose ", d->proposed ? d->proposed->name : STR("") },
		{ "\tthen publish ", d->published ? d->published->name : STR("") }, { "\tcommitment ", d->commitment ? d->commitment->name : STR("") },
		{ "\tseed ", d->seed ? d->seed->name : STR("") }, { "\tnotify by ", d->mail ? d->mail->name : STR("") } };
	grants(out, "\tby ", d->by, d->n_by, d->round);
	grants(out, "\tpublish ", d->publish, d->n_publish, d->round);
	if (d->notify) grants(out, "\tnotify ", d->notify, 1, NULL);
	for (size_t i = 0; i < sizeof then / sizeof *then; i++)
		if (then[i].name.n) buf_fmt(out, "%s%.*s\n", then[i].word, STRF(then[i].name));
}

void text_assignment(struct buf *out, const struct assignment_def *d)
{
	buf_fmt(out, "assignment %.*s", STRF(d->name));
	label(out, " ", &d->label);
	buf_fmt(out, " round %.*s", STRF(d->round->name));
	states(out, " in ", d->open, d->n_open);
	buf_fmt(out, " item %.*s of ", STRF(d->item->name));
	text_path(out, d->item_path, d->n_item_path);
	if (d->n_round_path) buf_add(out, STR(" is ")), text_path(out, d->round_path, d->n_round_path);
	expr(out, " where ", d->item_where);
	buf_fmt(out, " person %.*s", STRF(d->person->name));
	expr(out, " where ", d->person_where);
	buf_fmt(out, " makes %.*s", STRF(d->makes->name));
	if (d->into) buf_fmt(out, " in %.*s", STRF(d->into->name));
	states(out, " vacant ", d->vacant, d->n_vacant);
	buf_fmt(out, " candidates %d tolerance %d%s aim %d\n", d->candidates, d->tolerance, d->draw ? " draw" : "", (int)d->aim);
	for (int i = 0; i < d->n_value; i++) {
		static const char *const from[] = { "round", "item", "person" };
		buf_fmt(out, "\t%.*s = %s", STRF(d->value[i].field->name), from[d->value[i].from]);
		if (d->value[i].n_path) buf_c(out, '.'), text_path(out, d->value[i].path, d->value[i].n_path);
		buf_c(out, '\n');
	}
	expr(out, "\tneed ", d->need);
	expr(out, " load ", d->least);
	expr(out, " to ", d->most);
	buf_c(out, '\n');
	for (int i = 0; i < d->n_match; i++) {
		const struct match_def *m = d->match[i];
		buf_fmt(out, "\t%s %.*s weight %d how %d", m->conflict ? "conflict" : "affinity", STRF(m->name), m->weight, (int)m->how);
		label(out, " ", &m->label);
		buf_c(out, '\n');
		keys(out, "item", m->item, m->n_item);
		keys(out, "person", m->person, m->n_person);
	}
	for (int i = 0; i < d->n_rule; i++) rule(out, &d->rule[i]);
	if (d->rest) {
		buf_fmt(out, "\trest %d", d->rest);
		label(out, " ", &d->rest_words);
		expr(out, " where ", d->rest_where);
		buf_c(out, '\n');
	}
	ends(out, d);
}

void text_menu(struct buf *out, const struct menu_def *m)
{
	buf_add(out, STR("menu"));
	label(out, " ", &m->label);
	buf_fmt(out, "%s", m->staff ? " staff" : "");
	for (int k = 0; k < m->n_item; k++) {
		const struct menu_item *x = &m->item[k];
		buf_fmt(out, " %.*s", STRF(x->type ? x->type->name : x->matrix ? x->matrix->name : x->page));
	}
	buf_c(out, '\n');
}

static void others(struct buf *out, const struct region *r)
{
	for (int i = 0; i < r->n_mail; i++) {
		buf_fmt(out, "mail %.*s", STRF(r->mail[i]->name));
		label(out, " ", &r->mail[i]->subject);
		label(out, " text ", &r->mail[i]->text);
		buf_c(out, '\n');
	}
	for (int i = 0; i < r->n_calendar; i++)
		buf_fmt(out, "calendar %d holidays %d workdays %d\n", r->calendar[i]->year, r->calendar[i]->n_holiday, r->calendar[i]->n_workday);
	for (int i = 0; i < r->n_matrix; i++) text_matrix(out, r->matrix[i]);
	for (int i = 0; i < r->n_assignment; i++) text_assignment(out, r->assignment[i]);
	for (int i = 0; i < r->n_scoring; i++) text_scoring(out, r->scoring[i]);
	for (int i = 0; i < r->n_similar; i++) text_similar(out, r->similar[i]);
	for (int i = 0; i < r->n_menu; i++) text_menu(out, r->menu[i]);
	for (int i = 0; i < r->n_account; i++) {
		const struct demo_account *a = r->account[i];
		buf_fmt(out, "account %.*s", STRF(a->login));
		label(out, " ", &a->name);
		for (int k = 0; k < a->n_role; k++) buf_fmt(out, " role %.*s", STRF(a->role[k]->name));
		label(out, " org ", &a->org);
		buf_fmt(out, " kind %.*s division %.*s\n", STRF(a->org_kind), STRF(a->division));
	}
}

static void scene(struct buf *out, const struct scene_def *x)
{
	static const char *const kinds[] = { "day", "wait", "given", "create", "copy", "edit", "delete", "move", "find", "holds", "is", "count", "sees", "todo", "may", "mail",
		"indicator" };
	buf_fmt(out, "scene %.*s", STRF(x->name));
	label(out, " ", &x->label);
	for (int i = 0; i < x->n_row; i++) buf_fmt(out, "%s%.*s", i ? ", " : " row ", STRF(x->row[i]));
	buf_c(out, '\n');
	for (int i = 0; i < x->n_step; i++) {
		const struct scene_step *s = x->step[i];
		buf_fmt(out, "  %s%s", s->negated ? "not " : "", kinds[s->kind]);
		if (s->account) buf_fmt(out, " %.*s", STRF(s->account->login));
		if (s->handle >= 0) buf_fmt(out, " %.*s", STRF(x->handle[s->handle].name));
		if (s->type) buf_fmt(out, " %.*s", STRF(s->type->name));
		if (s->move) buf_fmt(out, " %.*s", STRF(s->move->name));
		if (s->field) buf_fmt(out, " .%.*s", STRF(s->field->name));
		if (s->n_value || s->n_rows) buf_fmt(out, " values %d rows %d", s->n_value, s->n_rows);
		if (s->expr) buf_fmt(out, " %.*s", STRF(s->expr->text));
		if (s->refused) buf_fmt(out, " refused %.*s", STRF(s->check ? s->check->name : s->text));
		buf_c(out, '\n');
	}
}

void region_dump(struct buf *out, const struct region *r)
{
	buf_fmt(out, "region %.*s", STRF(r->name));
	label(out, " ", &r->label);
	label(out, " brand ", &r->brand);
	label(out, " currency ", &r->currency);
	buf_fmt(out, " zone %+d division %.*s first %s%s\n", r->zone_minutes, STRF(r->division), r->first_lang == LANG_ZH ? "zh" : "en",
		r->demo ? " demo" : "");
	for (int i = 0; i < r->n_role; i++) {
		buf_fmt(out, "role %.*s", STRF(r->role[i]->name));
		label(out, " ", &r->role[i]->label);
		buf_fmt(out, "%s%s%s%s\n", r->role[i]->staff ? " staff" : "", r->role[i]->accounts ? " accounts" : "", r->role[i]->grants ? " grants" : "", r->role[i]->audits ? " audits" : "");
	}
	for (int i = 0; i < r->n_codes; i++) codes(out, r->codes[i]);
	for (int i = 0; i < r->n_measure; i++) measure(out, r->measure[i]), criteria(out, r->measure[i]);
	for (int i = 0; i < r->n_condition; i++) {
		buf_fmt(out, "condition %.*s", STRF(r->condition[i]->name));
		text_expr(out, &(struct expr){ .text = r->condition[i]->text });
		buf_c(out, '\n');
	}
	for (int i = 0; i < r->n_type; i++) type(out, r->type[i]);
	for (int i = 0; i < r->n_indicator; i++) indicator(out, r->indicator[i]);
	for (int i = 0; i < r->n_demo; i++) demo(out, r->demo_block[i]);
	for (int i = 0; i < r->n_scene; i++) scene(out, r->scene[i]);
	others(out, r);
}

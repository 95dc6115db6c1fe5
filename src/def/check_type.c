/* Types as a whole: can records be made, seen, filled in, moved on, and come to an end? */
#include "def/load.h"

/* ---- fields ---- */

static bool in_asks(const struct type_def *t, const struct field_def *f)
{
	for (int i = 0; i < t->n_move; i++)
		for (int k = 0; k < t->move[i]->n_ask; k++)
			if (t->move[i]->ask[k] == f) return true;
	return false;
}

static bool in_forms(const struct type_def *t, const struct field_def *f)
{
	if (f->by_system || f->compute) return false;
	for (int i = 0; i < t->n_grant[ACT_EDIT]; i++) {
		const struct grant *g = t->grant[ACT_EDIT][i];
		if (!g->field || g->field[f->index]) return true;
	}
	return false;
}

/* Does a move or another type's `create` write it? */
static bool written(const struct region *r, const struct type_def *t, const struct field_def *f)
{
	for (int i = 0; i < r->n_type; i++)
		for (int k = 0; k < r->type[i]->n_move; k++) {
			const struct move_def *m = r->type[i]->move[k];
			for (int j = 0; j < m->n_action; j++) {
				const struct action_def *x = &m->action[j];
				if (x->kind == DO_SET && x->set.field == f) return true;
				for (int v = 0; x->kind == DO_CREATE && v < x->n_value; v++)
					if (x->value[v].field == f) return true;
			}
		}
	return f->initial || in_asks(t, f) || assignment_writes(r, f);
}

static void conflict(struct load *ld, const struct field_def *f, const char *a, const char *b)
{
	BAD(ld, f->at, "def.conflict", "字段“%.*s”不能既是 %s 又是 %s", "the field “%.*s” cannot be both %s and %s", STRF(f->name), a, b);
}

static void check_field(struct load *ld, const struct field_def *f)
{
	bool number = f->kind == FIELD_INT || f->kind == FIELD_DEC || f->kind == FIELD_MONEY;
	if (f->compute && (f->required || f->required_when)) conflict(ld, f, "compute", "required");
	if (f->compute && f->initial) conflict(ld, f, "compute", "default");
	if (f->compute && f->unique) conflict(ld, f, "compute", "unique");
	if (f->compute && f->by_system) conflict(ld, f, "compute", "by_system");
	if (f->compute && f->sealed) conflict(ld, f, "compute", "sealed");
	if (f->sealed && f->unique) conflict(ld, f, "sealed", "unique");
	if (f->unit.zh.n && !number) BAD(ld, f->at, "def.unit_kind", "只有数才有单位", "only numbers have a unit");
	if (f->unique && (f->kind == FIELD_FILE || f->kind == FIELD_BOOL || f->kind == FIELD_LONG))
		BAD(ld, f->at, "def.unique_kind", "这种字段不能 unique", "a field of this kind cannot be unique");
	if (f->mask.n && f->kind != FIELD_TEXT) BAD(ld, f->at, "def.mask_kind", "只有单行文字才有样式", "only a text of one line has a mask");
	if (f->in_table && (f->unique || f->by_system || f->sealed))
		BAD(ld, f->at, "def.column_flag", "列不能 unique、by_system 或 sealed", "a column cannot be unique, by_system or sealed");
}

static void check_filled(struct load *ld, const struct type_def *t, const struct field_def *f)
{
	bool form = in_forms(t, f), set = written(ld->r, t, f);
	if (f->required && !form && !set && !f->compute) {
		BAD(ld, f->at, "def.required_unreachable", "必填字段“%.*s”无人能填", "nobody can fill in the required field “%.*s”", STRF(f->name));
		HINT(ld, "在 access 的 edit 中加上它，或由动作写入", "let an edit right include it, or a move set it");
	}
	if (f->by_system && !set && !t->registry)
		WARN(ld, f->at, "def.never_set", "by_system 字段“%.*s”没有动作写入", "no move sets the by_system field “%.*s”", STRF(f->name));
}

static bool edits(const struct grant *g, int bit, const struct state_def *s)
{
	bool here = g->n_state == 0;
	for (int i = 0; i < g->n_state; i++) here = here || g->state[i] == s;
	return here && (!g->field || g->field[bit]);
}

/* Who fills in the self-assessment must not give the verdict on it. */
static void check_criteria(struct load *ld, const struct type_def *t)
{
	for (int i = 0; t->criteria && i < t->n_grant[ACT_EDIT]; i++) {
		const struct grant *g = t->grant[ACT_EDIT][i];
		bool own = false, verdict = false;
		for (int k = 0; k < t->n_state; k++) {
			bool may = edits(g, t->n_field + t->criteria->index, t->state[k]);
			if (t->state[k]->draft) own = own || may;
			else verdict = verdict || may;
		}
		if (!own || !verdict) continue;
		WARN(ld, g->at, "def.criteria_self", "此权限既可自评又可核定", "this right fills in the self-assessment and gives the verdict on it too");
		HINT(ld, "写 in 草稿状态，或 except %.*s", "say in DRAFT-STATE, or except %.*s", STRF(t->criteria->name));
	}
}

static void check_fields(struct load *ld, struct type_def *t)
{
	check_criteria(ld, t);
	bool sealed = false, sealing = false;
	if (t->n_field + t->n_table > DEF_FIELDS_MAX + DEF_TABLES_MAX) return;
	for (int i = 0; i < t->n_state; i++) sealing = sealing || t->state[i]->sealed;
	for (int i = 0; i < t->n_field; i++) {
		const struct field_def *f = t->field[i];
		check_field(ld, f);
		check_filled(ld, t, f);
		sealed = sealed || f->sealed;
		if (f->sealed && !sealing)
			BAD(ld, f->at, "def.no_sealed_state", "字段“%.*s”要密封，类型却没有密封的状态", "the field “%.*s” is sealed but no state is", STRF(f->name));
		bool scopes = f->kind == FIELD_CODE && f->codes && str_is(f->codes->name, "division") && str_is(f->name, "division");
		if (scopes && !t->division) {
			WARN(ld, f->at, "def.division_scope", "字段“division”没有用来定区划", "the field “division” does not scope the type");
			HINT(ld, "加上 division division;", "add division division;");
		}
	}
	for (int i = 0; i < t->n_table; i++) {
		const struct table_def *table = t->table[i];
		sealed = sealed || table->sealed;
		if (table->sealed && !sealing)
			BAD(ld, table->at, "def.no_sealed_state", "字段“%.*s”要密封，类型却没有密封的状态", "the field “%.*s” is sealed but no state is",
				STRF(table->name));
		if (!table->n_column) BAD(ld, table->at, "def.table_empty", "表“%.*s”没有列", "the table “%.*s” has no columns", STRF(table->name));
		if (table->min_rows > table->max_rows) BAD(ld, table->at, "def.bounds", "min 大于 max", "min is above max");
		for (int k = 0; k < table->n_column; k++) check_field(ld, table->column[k]);
	}
	for (int i = 0; i < t->n_state; i++)
		if (t->state[i]->sealed && !sealed)
			WARN(ld, t->state[i]->at, "def.nothing_sealed", "状态“%.*s”密封，却没有要密封的字段", "the state “%.*s” is sealed but no field is",
				STRF(t->state[i]->name));
}

/* ---- states ---- */

static void mark(const struct type_def *t, const struct state_def *s, bool *reached)
{
	if (!s || reached[s->index]) return;
	reached[s->index] = true;
	for (int i = 0; i < t->n_move; i++)
		for (int k = 0; k < t->move[i]->n_from; k++)
			if (t->move[i]->from[k] == s) mark(t, t->move[i]->to, reached);
}

static void check_states(struct load *ld, const struct type_def *t)
{
	bool reached[DEF_STATES_MAX] = { 0 }, leaves[DEF_STATES_MAX] = { 0 };
	if (!t->n_state) {
		BAD(ld, t->at, "def.no_state", "类型“%.*s”没有状态", "type “%.*s” has no state", STRF(t->name));
		return;
	}
	mark(t, t->state[0], reached);
	for (int i = 0; i < ld->r->n_type; i++)
		for (int k = 0; k < ld->r->type[i]->n_move; k++) {
			const struct move_def *m = ld->r->type[i]->move[k];
			for (int j = 0; j < m->n_action; j++)
				if (m->action[j].kind == DO_CREATE && m->action[j].type == t) mark(t, m->action[j].into ? m->action[j].into : t->state[0],
					reached);
		}
	for (int i = 0; i < t->n_move; i++)
		for (int k = 0; k < t->move[i]->n_from; k++)
			if (t->move[i]->to != t->move[i]->from[k]) leaves[t->move[i]->from[k]->index] = true;
	for (int i = 0; i < t->n_state; i++) {
		const struct state_def *s = t->state[i];
		if (!reached[i])
			BAD(ld, s->at, "def.unreachable", "状态“%.*s”到不了：没有动作从初始状态通向它", "no moves lead from the first state to “%.*s”", STRF(s->name));
		if (!leaves[i] && !s->final) {
			BAD(ld, s->at, "def.dead_end", "状态“%.*s”没有出路，也没有写 final", "no move leaves the state “%.*s”, and it is not final",
				STRF(s->name));
			HINT(ld, "加一个动作，或在状态中写 final;", "add a move, or say final; in the state");
		}
		if (leaves[i] && s->final)
			WARN(ld, s->at, "def.final_left", "终结的状态“%.*s”还有动作离开", "a move leaves the final state “%.*s”", STRF(s->name));
	}
}

/* ---- moves ---- */

static bool same_who(const struct grant *see, const struct grant *by)
{
	if (see->who == WHO_PUBLIC || see->who == WHO_SIGNED) return true;
	return see->who == by->who && see->role == by->role;
}

static bool has_state(const struct grant *g, const struct state_def *s)
{
	for (int i = 0; i < g->n_state; i++)
		if (g->state[i] == s) return true;
	return g->n_state == 0;
}

static bool sees_from(const struct type_def *t, const struct move_def *m, const struct grant *by)
{
	for (int i = 0; i < t->n_grant[ACT_SEE]; i++)
		for (int k = 0; k < m->n_from && same_who(t->grant[ACT_SEE][i], by); k++)
			if (has_state(t->grant[ACT_SEE][i], m->from[k])) return true;
	return false;
}

static bool made_by_others(const struct region *r, const struct move_def *m)
{
	for (int i = 0; i < r->n_type; i++)
		for (int k = 0; k < r->type[i]->n_move; k++)
			for (int j = 0; j < r->type[i]->move[k]->n_action; j++)
				if (r->type[i]->move[k]->action[j].move == m) return true;
	return assignment_moves(r, m);
}

static void check_placeholders(struct load *ld, const struct type_def *t, const struct action_def *x, struct str text)
{
	static const char *const words[] = { "number", "link", "state", "title", "reason", "receipt" };
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] != '{') continue;
		size_t end = str_find(text, STR("}"), i);
		struct str name = str_sub(text, i + 1, end == SIZE_MAX ? text.n : end);
		bool known = end != SIZE_MAX && type_field(t, name);
		for (size_t k = 0; end != SIZE_MAX && k < sizeof words / sizeof words[0]; k++) known = known || str_is(name, words[k]);
		if (!known) {
			BAD(ld, x->mail->at, "def.placeholder_mail", "通知用于类型“%.*s”，它没有“{%.*s}”",
				"the notice is sent for type “%.*s”, which has no “{%.*s}”",
				STRF(t->name), STRF(clip(name)));
			HINT(ld, "可用字段名和 {title} {number} {state} {reason} {receipt} {link}", "there are fields and {title} {number} {state} {reason} {receipt} {link}");
		}
		if (end == SIZE_MAX) return;
		i = end;
	}
}

static bool by_system(const struct move_def *m)
{
	for (int i = 0; i < m->n_by; i++)
		if (m->by[i].who == WHO_SYSTEM) return true;
	return false;
}

static void check_actions(struct load *ld, const struct move_def *m)
{
	for (int i = 0; i < m->n_action; i++) {
		const struct action_def *x = &m->action[i];
		if (x->kind == DO_NOTIFY) {
			const struct label *l[] = { &x->mail->subject, &x->mail->text };
			for (int k = 0; k < 2; k++) {
				check_placeholders(ld, m->type, x, l[k]->zh);
				if (l[k]->en.p != l[k]->zh.p) check_placeholders(ld, m->type, x, l[k]->en);
			}
		}
		if (x->kind == DO_MOVE && x->move && !by_system(x->move)) {
			BAD(ld, x->at, "def.move_system", "动作“%.*s”没有写 by system;，不能由别的动作引起",
				"“%.*s” is not declared by system: no other move can cause it",
				STRF(x->move->name));
			HINT(ld, "在它里面加上 by system;", "add by system; to it");
		}
	}
}

static void mark_asked(const struct move_def *m)
{
	for (int i = 0; i < m->n_guard; i++)
		for (int k = 0; k < m->n_ask; k++) m->guard[i].asked = m->guard[i].asked || expr_mentions(m->guard[i].cond, m->ask[k]);
}

static void check_move(struct load *ld, const struct type_def *t, const struct move_def *m)
{
	mark_asked(m);
	if (!m->n_by) {
		BAD(ld, m->at, "def.move_nobody", "动作“%.*s”无人可做", "nobody may make the move “%.*s”", STRF(m->name));
		HINT(ld, "写 by 角色; 或 by system …;", "write by ROLE; or by system …;");
	}
	bool clock = false;
	for (int i = 0; i < m->n_by; i++) {
		const struct grant *g = &m->by[i];
		clock = clock || (g->who == WHO_SYSTEM && g->when);
		if (g->who == WHO_ROLE && g->role && !sees_from(t, m, g))
			WARN(ld, g->at, "def.move_unseen", "角色“%.*s”可做“%.*s”，却看不到处于那些状态的记录",
				"the role “%.*s” may make “%.*s” but cannot see records in those states",
				STRF(g->role->name), STRF(m->name));
	}
	if (m->n_by == 1 && by_system(m) && !clock && !made_by_others(ld->r, m)) {
		BAD(ld, m->at, "def.move_never", "动作“%.*s”由 system 做，却既无 when 也无别的动作引起",
			"the move “%.*s” is by system, but has no when and no move causes it",
			STRF(m->name));
		HINT(ld, "写 by system when 条件;", "write by system when CONDITION;");
	}
	if (m->n_by == 1 && by_system(m) && (m->n_ask || m->reason))
		BAD(ld, m->at, "def.system_ask", "由 system 做的动作“%.*s”不能提问", "the move “%.*s” by system cannot ask anything", STRF(m->name));
	check_actions(ld, m);
}

/* ---- the type ---- */

static bool made_elsewhere(const struct region *r, const struct type_def *t)
{
	for (int i = 0; i < r->n_type; i++)
		for (int k = 0; k < r->type[i]->n_move; k++)
			for (int j = 0; j < r->type[i]->move[k]->n_action; j++)
				if (r->type[i]->move[k]->action[j].kind == DO_CREATE && r->type[i]->move[k]->action[j].type == t) return true;
	for (int i = 0; i < r->n_demo; i++)
		if (r->demo_block[i]->type == t) return true;
	return t->registry || assignment_makes_type(r, t);
}

static void check_type(struct load *ld, struct type_def *t)
{
	if (!t->title) {
		BAD(ld, t->at, "def.no_title", "类型“%.*s”没有写哪个字段是名称", "type “%.*s” does not say which field names a record", STRF(t->name));
		HINT(ld, "写 title 字段;", "write title FIELD;");
	}
	if (!t->n_grant[ACT_SEE]) {
		BAD(ld, t->at, "def.no_see", "类型“%.*s”没有人能看", "nobody may see type “%.*s”", STRF(t->name));
		HINT(ld, "写 access { see 角色; }", "write access { see ROLE; }");
	}
	if (!t->n_grant[ACT_CREATE] && !made_elsewhere(ld->r, t))
		WARN(ld, t->at, "def.never_created", "类型“%.*s”没有人能建，也没有动作建它", "nobody may create type “%.*s”, and no move does", STRF(t->name));
	bool kernel = str_is(t->name, "org") || str_is(t->name, "person");
	if (t->registry && !kernel)
		BAD(ld, t->at, "def.registry_name", "只有 org 和 person 是系统自己用到的登记库", "only org and person are registries that the system uses");
	t->registry = t->registry || kernel;
	check_fields(ld, t);
	check_states(ld, t);
	for (int i = 0; i < t->n_move; i++) check_move(ld, t, t->move[i]);
}

/* What stands before the running number, with the names of placeholders: two types alike here would give the same numbers. */
static struct str number_head(const struct type_def *t)
{
	size_t at = str_find(t->number, STR("{seq:"), 0);
	return at == SIZE_MAX ? STR("") : str_sub(t->number, 0, at);
}

static void check_numbers(struct load *ld)
{
	for (int i = 0; i < ld->r->n_type; i++)
		for (int k = 0; k < ld->r->type[i]->n_number_field; k++) {
			const struct field_def *f = ld->r->type[i]->number_field[k];
			if ((f->required || f->compute) && !f->sealed) continue;
			BAD(ld, f->at, "def.number_field", "“%.*s”写在编号式样里，须必填或算出，且不密封", "“%.*s” stands in the number pattern: it must be required or computed, and not sealed",
				STRF(f->name));
		}
	for (int i = 0; i < ld->r->n_type; i++)
		for (int k = 0; k < i; k++) {
			const struct type_def *a = ld->r->type[k], *b = ld->r->type[i];
			if (!number_head(b).n || !str_eq(number_head(a), number_head(b))) continue;
			BAD(ld, b->at, "def.number_twice", "“%.*s”与“%.*s”的编号式样开头相同，会有相同的编号", "“%.*s” and “%.*s” have number patterns that begin alike: they would give the same numbers",
				STRF(b->name), STRF(a->name));
		}
}

void check_types(struct load *ld)
{
	check_numbers(ld);
	for (int i = 0; i < ld->r->n_type; i++) check_type(ld, ld->r->type[i]);
}

/* Demonstration data: does every block make complete records, from what is there before it? */
#include "base/time.h"
#include "def/load.h"

static void check_pattern(struct load *ld, const struct demo_rule *rule, const struct demo_def *d, struct str pattern)
{
	for (size_t i = 0; i < pattern.n; i++) {
		if (pattern.p[i] != '{') continue;
		size_t end = str_find(pattern, STR("}"), i);
		struct str name = str_sub(pattern, i + 1, end == SIZE_MAX ? pattern.n : end);
		bool seq = str_is(name, "seq") || (name.n == 5 && str_starts(name, STR("seq:")) && name.p[4] >= '1' && name.p[4] <= '9');
		if (end != SIZE_MAX && (seq || type_any_field(d->type, name) || (d->table && table_column(d->table, name)))) {
			i = end;
			continue;
		}
		BAD(ld, rule->at, "def.placeholder", "式样中的“{%.*s}”既不是字段也不是 {seq:位数}", "“{%.*s}” in the pattern is neither a field nor {seq:DIGITS}",
			STRF(clip(name)));
		if (end == SIZE_MAX) return;
		i = end;
	}
}

static void check_under(struct load *ld, const struct demo_rule *rule, int block)
{
	for (int i = 0; i < block; i++) {
		const struct demo_def *d = ld->r->demo_block[i];
		if (str_eq(d->name, rule->under) || (d->type && str_eq(d->type->name, rule->under))) return;
	}
	BAD(ld, rule->at, "def.demo_order", "“%.*s”的演示数据须写在前面", "the demonstration data of “%.*s” must stand before this", STRF(rule->under));
}

static bool given(const struct demo_def *d, const struct field_def *f)
{
	for (int i = 0; i < d->n_rule; i++)
		if (d->rule[i].field == f) return true;
	return f->initial || f->compute;
}

/* An account's organisation is made with it unless it is there: a block that makes it must not come later. */
static void check_account(struct load *ld, const struct demo_account *x, struct where at, int block)
{
	for (int i = block; x && x->org.zh.n && i < ld->r->n_demo; i++) {
		const struct demo_def *d = ld->r->demo_block[i];
		for (int k = 0; k < d->n_rule && d->type && str_is(d->type->name, "org"); k++) {
			if (d->rule[k].kind != DEMO_SET || !str_eq(d->rule[k].pattern, x->org.zh)) continue;
			struct where there = load_at(ld, d->at);
			BAD(ld, at, "def.demo_account", "账户“%.*s”的单位须在此之前给出", "the organisation of the account “%.*s” must stand before this", STRF(x->login));
			HINT(ld, "它在 %.*s:%d", "it stands at %.*s:%d", STRF(there.file), there.line);
		}
	}
}

static void check_logins(struct load *ld, const struct demo_rule *rule, int block)
{
	if (!rule->field || rule->field->kind != FIELD_REF) return;
	if (rule->val.kind == VAL_TEXT) check_account(ld, region_account(ld->r, rule->val.s), rule->at, block);
	for (int i = 0; i < rule->n_share; i++)
		if (rule->share[i].val.kind == VAL_TEXT) check_account(ld, region_account(ld->r, rule->share[i].val.s), rule->at, block);
}

static void check_rules(struct load *ld, const struct demo_def *d, int block)
{
	for (int i = 0; i < d->n_rule; i++) {
		const struct demo_rule *rule = &d->rule[i];
		check_pattern(ld, rule, d, rule->pattern);
		check_pattern(ld, rule, d, rule->pattern_en);
		check_pattern(ld, rule, d, rule->file);
		check_pattern(ld, rule, d, rule->text);
		check_logins(ld, rule, block);
		if (rule->kind == DEMO_ROWS) check_rules(ld, rule->rows, block);
		if (rule->kind == DEMO_UNDER) check_under(ld, rule, block);
		if (rule->kind == DEMO_COPY && rule->n_path == 1 && rule->path[0] == rule->field)
			BAD(ld, rule->at, "def.copy_self", "“%.*s”照抄自己", "“%.*s” is copied from itself", STRF(rule->field->name));
	}
}

static void check_block(struct load *ld, const struct demo_def *d, int block)
{
	const struct type_def *t = d->type;
	if (!t || !t->n_state) return;
	check_rules(ld, d, block);
	check_account(ld, d->by, d->at, block);
	const struct state_def *state = d->state ? d->state : t->state[0];
	struct names missing = { 0 };
	for (int i = 0; i < t->n_field && !state->draft; i++)
		if (t->field[i]->required && !given(d, t->field[i])) VEC_PUSH(ld->scratch, &missing, t->field[i]->name);
	if (missing.n) {
		struct str all = clip(str_join(ld->scratch, missing.v, missing.n, STR(", ")));
		NOTE(ld, d->at, "def.demo_incomplete", "这些演示数据没有给必填字段：%.*s",
			"these demonstration records leave required fields empty: %.*s", STRF(all));
	}
	for (int i = 0; i < t->n_field; i++)
		if (t->field[i]->unique)
			for (int k = 0; k < d->n_rule && d->count > 1; k++)
				if (d->rule[k].field == t->field[i] && d->rule[k].kind == DEMO_SET && !str_has(d->rule[k].pattern, STR("{seq")))
					BAD(ld, d->rule[k].at, "def.demo_unique", "“%.*s”不得重复：式样中须有 {seq:位数}",
						"“%.*s” is unique: its pattern needs {seq:DIGITS}",
						STRF(t->field[i]->name));
}

void check_demo(struct load *ld)
{
	for (int i = 0; i < ld->r->n_demo; i++) check_block(ld, ld->r->demo_block[i], i);
}

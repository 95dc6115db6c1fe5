#include "rec/demo.h"

#include <assert.h>

#include "base/rng.h"
#include "base/time.h"
#include "base/utf8.h"
#include "rec/account.h"
#include "rec/event.h"
#include "rec/file.h"
#include "rec/form.h"
#include "rec/sample_file.h"

/* ---- apportionment ---- */

bool apportion_total(struct arena *a, struct rng *rng, int64_t total, int64_t min, int64_t max, int n, int64_t *out)
{
	if (n <= 0 || min > max || (__int128)min * n > total || (__int128)max * n < total) return false;
	int64_t rest = total - min * n, room = max - min, sum = 0;
	int64_t *weight = ARENA_ARRAY(a, int64_t, (size_t)n);
	/* Squared chance: many small ones and a few large, as such figures are. */
	for (int i = 0; i < n; i++) {
		int64_t x = 100 + (int64_t)rng_below(rng, 900);
		weight[i] = x * x;
		sum += weight[i];
	}
	int64_t given = 0;
	for (int i = 0; i < n; i++) {
		int64_t part = (int64_t)((__int128)rest * weight[i] / sum);
		out[i] = part < room ? part : room;
		given += out[i];
	}
	for (int i = 0; given < rest; i = (i + 1) % n) {
		int64_t step = (rest - given) / n + 1, free_room = room - out[i];
		if (step > free_room) step = free_room;
		if (step > rest - given) step = rest - given;
		out[i] += step;
		given += step;
	}
	for (int i = 0; i < n; i++) out[i] += min;
	return true;
}

void apportion_weights(struct arena *a, const int64_t *weight, int parts, int64_t n, int64_t *out)
{
	int64_t *rest = ARENA_ARRAY(a, int64_t, (size_t)parts), given = 0;
	int64_t sum = 0, floor_each = n >= parts ? 1 : 0;
	for (int i = 0; i < parts; i++) sum += weight[i];
	if (sum == n) floor_each = 0;   /* the weights are the counts */
	int64_t share = n - floor_each * parts;
	for (int i = 0; i < parts; i++) {
		__int128 exact = sum ? (__int128)share * weight[i] : share / parts;
		out[i] = floor_each + (sum ? (int64_t)(exact / sum) : (int64_t)exact);
		rest[i] = sum ? (int64_t)(exact % sum) : 0;
		given += out[i];
	}
	for (; given < n; given++) {
		int best = 0;
		for (int i = 1; i < parts; i++)
			if (rest[i] > rest[best]) best = i;
		rest[best] = INT64_MIN + given;
		out[best]++;
	}
}

/* ---- blocks ---- */

/* The records of a block; or rows of a table, `def->each` for each record of `of`. */
struct made { const struct demo_def *def; int64_t *id; struct val *values; const struct state_def **state; int n; const struct made *of; };

struct demo {
	struct rx *rx;                  /* with the viewer that the present block is made by */
	struct made *made;              /* one a block, in order */
	int n_made;
	struct str pw_hash;
	struct demo_person *account;    /* as the region's accounts; id 0: not made yet */
};

static void shuffle(struct rng *rng, int64_t *v, int n)
{
	for (int i = n - 1; i > 0; i--) {
		int k = (int)rng_below(rng, (uint64_t)i + 1);
		int64_t t = v[i];
		v[i] = v[k];
		v[k] = t;
	}
}

/* What a field's value reads as inside a pattern: the label of a code, the title of a ref, else its text. */
static struct str pattern_part(struct demo *d, const struct field_def *f, struct val v, enum lang lang)
{
	if (f->kind == FIELD_CODE && f->codes) {
		const struct code_item *item = codes_item(f->codes, val_str(v));
		if (item) return label_text(&item->label, lang);
	}
	if (f->kind == FIELD_REF)
		for (int b = 0; b < d->n_made; b++)
			for (int i = 0; i < d->made[b].n && d->made[b].def->type == f->ref; i++)
				if (d->made[b].id[i] == v.i && f->ref->title) return val_str(val_get(d->made[b].values[i], f->ref->title->name));
	return form_text(d->rx, f, v);
}

/* The record that row i belongs to; a record is its own. */
static int of_record(const struct made *m, int i) { return m->of ? i / (int)m->def->each : i; }

static struct str pattern_text(struct demo *d, struct str pattern, const struct made *m, int at, enum lang lang)
{
	const struct made *records = m->of ? m->of : m;
	const struct type_def *t = m->def->type;
	struct val values = records->values[of_record(m, at)];
	int64_t seq = m->of ? at % m->def->each + 1 : at + 1;
	struct buf b = BUF(d->rx->cx->arena, 4000);
	for (size_t i = 0; i < pattern.n; i++) {
		size_t end = pattern.p[i] == '{' ? str_find(pattern, STR("}"), i) : SIZE_MAX;
		if (end == SIZE_MAX) {
			buf_c(&b, pattern.p[i]);
			continue;
		}
		struct str name = str_sub(pattern, i + 1, end);
		const struct field_def *f = type_any_field(t, name), *column = m->of ? table_column(m->def->table, name) : NULL;
		if (str_starts(name, STR("seq:")) && name.n == 5) buf_fmt(&b, "%0*lld", name.p[4] - '0', (long long)seq);
		else if (str_is(name, "seq")) buf_int(&b, seq);
		else if (column) buf_add(&b, pattern_part(d, column, val_get(m->values[at], name), lang));
		else if (f) buf_add(&b, pattern_part(d, f, val_get(values, name), lang));
		i = end;
	}
	return buf_str(&b);
}

/* The login of an account stands for its organisation or person. */
static struct val whose(struct demo *d, const struct field_def *f, struct str login)
{
	for (int i = 0; i < d->rx->region->n_account; i++)
		if (str_eq(d->rx->region->account[i]->login, login))
			return val_int(str_is(f->ref->name, "org") ? d->account[i].org : d->account[i].person);
	return VNULL;
}

static void put(struct demo *d, struct made *m, const struct demo_rule *rule, int i, struct val v)
{
	if (rule->field && rule->field->kind == FIELD_REF && v.kind == VAL_TEXT) v = whose(d, rule->field, v.s);
	if (!rule->field) m->state[i] = type_state(m->def->type, val_str(v));
	else val_set(d->rx->cx->arena, m->values[i], rule->field->name, v);
}

static int64_t stored_number(const struct field_def *f, struct val v)
{
	return f->kind == FIELD_DEC && v.kind == VAL_INT ? v.i * DEC_ONE : val_i64(v);
}

static struct val number_val(const struct field_def *f, int64_t n) { return f->kind == FIELD_DEC ? val_dec(n) : val_int(n); }

/* Round steps, so that amounts look like amounts: the largest power of ten (in stored units) that divides everything and leaves room. */
static int64_t nice_step(int64_t total, int64_t min, int n, const struct field_def *f)
{
	int64_t step = f->kind == FIELD_DEC ? DEC_ONE : 1;
	if (total % step || min % step) step = 1;
	while (f->kind != FIELD_INT && total % (step * 10) == 0 && min % (step * 10) == 0 && (total - min * n) / (step * 10) > 40 * (int64_t)n) step *= 10;
	return step;
}

static enum rc do_total(struct demo *d, struct made *m, const struct demo_rule *rule, struct rng *rng)
{
	struct arena *a = d->rx->cx->arena;
	int64_t total = stored_number(rule->field, rule->val), min = val_is_null(rule->low) ? 0 : stored_number(rule->field, rule->low);
	int64_t max = val_is_null(rule->high) ? total : stored_number(rule->field, rule->high), step = nice_step(total, min, m->n, rule->field);
	int64_t *out = ARENA_ARRAY(a, int64_t, (size_t)m->n + 1);
	if (!apportion_total(a, rng, total / step, min / step, max / step, m->n, out))
		return fail(d->rx->cx, RC_INVALID, "demo.total", rule->at, "总量与上下限不相容", "the total does not fit between the bounds");
	for (int i = 0; i < m->n; i++) put(d, m, rule, i, number_val(rule->field, out[i] * step));
	return RC_OK;
}

static void do_shares(struct demo *d, struct made *m, const struct demo_rule *rule, struct rng *rng)
{
	struct arena *a = d->rx->cx->arena;
	int64_t *weight = ARENA_ARRAY(a, int64_t, (size_t)rule->n_share + 1), *count = ARENA_ARRAY(a, int64_t, (size_t)rule->n_share + 1);
	int64_t *order = ARENA_ARRAY(a, int64_t, (size_t)m->n + 1);
	for (int i = 0; i < rule->n_share; i++) weight[i] = rule->share[i].weight;
	apportion_weights(a, weight, rule->n_share, m->n, count);
	for (int s = 0, i = 0; s < rule->n_share; s++)
		for (int64_t k = 0; k < count[s]; k++) order[i++] = s;
	shuffle(rng, order, m->n);
	for (int i = 0; i < m->n; i++) put(d, m, rule, i, rule->share[order[i]].val);
}

static const struct made *block_named(struct demo *d, struct str name)
{
	for (int i = d->n_made - 1; i >= 0; i--)
		if (str_eq(d->made[i].def->name, name)) return &d->made[i];
	for (int i = 0; i < d->n_made; i++)
		if (str_eq(d->made[i].def->type->name, name)) return &d->made[i];
	return NULL;
}

static enum rc do_under(struct demo *d, struct made *m, const struct demo_rule *rule, struct rng *rng)
{
	struct arena *a = d->rx->cx->arena;
	const struct made *from = block_named(d, rule->under);
	if (!from || !from->n)
		return fail(d->rx->cx, RC_INVALID, "demo.under", rule->at, "前面没有名为“%.*s”的演示数据", "no demonstration data “%.*s” before this", STRF(rule->under));
	int64_t *weight = ARENA_ARRAY(a, int64_t, (size_t)from->n), *count = ARENA_ARRAY(a, int64_t, (size_t)from->n), *order = ARENA_ARRAY(a, int64_t, (size_t)m->n + 1);
	for (int i = 0; i < from->n; i++) weight[i] = rule->weight ? val_i64(val_get(from->values[i], rule->weight->name)) : 1;
	apportion_weights(a, weight, from->n, m->n, count);
	for (int s = 0, i = 0; s < from->n; s++)
		for (int64_t k = 0; k < count[s]; k++) order[i++] = s;
	/* With one record for each, keep the order: the n-th belongs to the n-th. */
	if (m->n != from->n) shuffle(rng, order, m->n);
	for (int i = 0; i < m->n; i++) put(d, m, rule, i, val_int(from->id[order[i]]));
	return RC_OK;
}

static struct val path_value(struct demo *d, struct val values, struct field_def **path, int n)
{
	struct val v = val_get(values, path[0]->name);
	if (n == 1) return v;
	for (int b = 0; b < d->n_made; b++)
		for (int i = 0; i < d->made[b].n && d->made[b].def->type == path[0]->ref; i++)
			if (d->made[b].id[i] == v.i) return path_value(d, d->made[b].values[i], path + 1, n - 1);
	return VNULL;
}

/* An expression over what is set already. */
static enum rc do_work(struct demo *d, struct made *m, const struct demo_rule *rule)
{
	struct rx *rx = d->rx;
	const struct made *records = m->of ? m->of : m;
	for (int i = 0; i < m->n; i++) {
		int k = of_record(m, i);
		struct val values = records->values[k], v;
		/* Not in the database yet: any id tells record_whole to take the owner from here. */
		struct record rec = { .id = 1, .org = val_i64(VAL_GET(values, "org")), .author = val_i64(VAL_GET(values, "author")), .created_ms = rx->cx->now_ms,
			.changed_ms = rx->cx->now_ms, .values = values };
		struct lookup l = { .rx = rx, .type = m->def->type };
		struct expr_env env = { .region = rx->region, .record = record_whole(rx, &rec, VNULL), .row = m->of ? m->values[i] : VNULL,
			.state = records->state[k]->name, .lookup = query_lookup, .ctx = &l };
		TRY(expr_eval(rx->cx, rule->work, &env, &v));
		put(d, m, rule, i, v);
	}
	return RC_OK;
}

static enum rc do_file(struct demo *d, struct made *m, const struct demo_rule *rule)
{
	for (int i = 0; i < m->n && d->rx->vault && d->rx->vault->files_dir.n; i++) {
		struct upload u;
		int64_t id;
		TRY(sample_file(d->rx, pattern_text(d, rule->file, m, i, LANG_ZH), pattern_text(d, rule->text, m, i, LANG_ZH), &u));
		TRY(file_keep(d->rx, rule->field, 0, &u, &id));
		put(d, m, rule, i, val_int(id));
	}
	return RC_OK;
}

static enum rc do_rule(struct demo *d, struct made *m, const struct demo_rule *rule, struct rng *rng);

static enum rc do_rows(struct demo *d, struct made *m, const struct demo_rule *rule, struct rng *rng)
{
	struct arena *a = d->rx->cx->arena;
	const struct demo_def *def = rule->rows;
	int each = (int)def->each;
	struct made rows = { .def = def, .values = ARENA_ARRAY(a, struct val, (size_t)def->count + 1), .n = (int)def->count, .of = m };
	for (int i = 0; i < rows.n; i++) rows.values[i] = val_map(a);
	for (int r = 0; r < def->n_rule; r++) TRY(do_rule(d, &rows, &def->rule[r], rng));
	for (int i = 0; i < m->n; i++) {
		struct val list = val_get(m->values[i], def->table->name);
		if (list.kind != VAL_LIST) list = val_list(a);
		for (int k = 0; k < each; k++) val_push(a, list, rows.values[i * each + k]);
		val_set(a, m->values[i], def->table->name, list);
	}
	return RC_OK;
}

static void do_range(struct demo *d, struct made *m, const struct demo_rule *rule, struct rng *rng)
{
	const struct field_def *f = rule->field;
	int64_t low = stored_number(f, rule->low), high = stored_number(f, rule->high);
	int64_t step = f->kind == FIELD_DEC ? DEC_ONE : f->kind == FIELD_TIME ? MINUTE_MS : f->kind == FIELD_MONEY ? 100000 : 1;
	if ((high - low) % step) step = 1;
	for (int i = 0; i < m->n; i++)
		put(d, m, rule, i, number_val(f, low + step * (int64_t)rng_below(rng, (uint64_t)((high - low) / step) + 1)));
}

static enum rc do_rule(struct demo *d, struct made *m, const struct demo_rule *rule, struct rng *rng)
{
	switch (rule->kind) {
	case DEMO_SET:
		for (int i = 0; i < m->n; i++)
			put(d, m, rule, i, rule->pattern.n ? val_text(pattern_text(d, rule->pattern, m, i, LANG_ZH)) : rule->val);
		return RC_OK;
	case DEMO_SPLIT:
	case DEMO_SPREAD: do_shares(d, m, rule, rng); return RC_OK;
	case DEMO_TOTAL: return do_total(d, m, rule, rng);
	case DEMO_RANGE: do_range(d, m, rule, rng); return RC_OK;
	case DEMO_PICK:
		for (int i = 0; i < m->n; i++) put(d, m, rule, i, rule->share[rng_below(rng, (uint64_t)rule->n_share)].val);
		return RC_OK;
	case DEMO_UNDER: return do_under(d, m, rule, rng);
	case DEMO_COPY:
		for (int i = 0; i < m->n; i++) put(d, m, rule, i, path_value(d, m->values[i], rule->path, rule->n_path));
		return RC_OK;
	case DEMO_WORK: return do_work(d, m, rule);
	case DEMO_ROWS: return do_rows(d, m, rule, rng);
	case DEMO_FILE: return do_file(d, m, rule);
	}
	return RC_OK;
}

/* Files that the rules made belong to the record now. */
static enum rc bind_files(struct demo *d, const struct demo_def *def, struct val values, int64_t record)
{
	for (int r = 0; r < def->n_rule; r++) {
		const struct demo_rule *rule = &def->rule[r];
		if (rule->kind == DEMO_FILE && val_i64(val_get(values, rule->field->name)))
			TRY(file_bind(d->rx, val_i64(val_get(values, rule->field->name)), record));
		if (rule->kind != DEMO_ROWS) continue;
		struct val rows = val_get(values, rule->rows->table->name);
		for (size_t i = 0; i < val_len(rows); i++) TRY(bind_files(d, rule->rows, val_at(rows, i), record));
	}
	return RC_OK;
}

static enum rc insert_one(struct demo *d, struct made *m, int i)
{
	struct rx *rx = d->rx;
	const struct type_def *t = m->def->type;
	struct record head = { .state = m->state[i], .owner = rx->viewer.account, .org = val_i64(VAL_GET(m->values[i], "org")),
		.author = val_i64(VAL_GET(m->values[i], "author")) };
	if (!head.org) head.org = rx->viewer.org;
	if (!head.author) head.author = rx->viewer.person;
	if (t->division) head.division = val_str(val_get(m->values[i], t->division->name));
	if (!head.division.n) head.division = rx->viewer.division;
	if (!head.division.n) head.division = rx->region->division;
	if (!head.state->draft && t->number.n) TRY(record_number(rx, t, &head, m->values[i], &head.number));
	TRY(record_insert(rx, t, &head, m->values[i], &m->id[i]));
	TRY(bind_files(d, m->def, m->values[i], m->id[i]));
	struct event e = { .type = t->name, .record = m->id[i], .rev = 1, .act = STR("demo"), .to = head.state->name };
	return event_add(rx, &e);
}

static enum rc fill_block(struct demo *d, const struct demo_def *def)
{
	struct arena *a = d->rx->cx->arena;
	struct made *m = &d->made[d->n_made];
	size_t n = (size_t)def->count;
	*m = (struct made){ .def = def, .id = ARENA_ARRAY(a, int64_t, n), .values = ARENA_ARRAY(a, struct val, n),
		.state = ARENA_ARRAY(a, const struct state_def *, n), .n = (int)n };
	struct rng rng = rng_seed(def->seed);
	for (int i = 0; i < m->n; i++) {
		TRY(form_defaults(d->rx, def->type, &m->values[i]));
		m->state[i] = def->state ? def->state : def->type->state[0];
	}
	for (int r = 0; r < def->n_rule; r++) TRY(do_rule(d, m, &def->rule[r], &rng));
	for (int i = 0; i < m->n; i++) TRY(insert_one(d, m, i));
	d->n_made++;
	return RC_OK;
}

/* ---- accounts ---- */

/* The registry record of that name, made when absent. */
static enum rc registry_record(struct rx *rx, const struct type_def *t, struct label name, struct val values, int64_t org, struct str division, int64_t *id)
{
	struct str fold;
	bool found;
	struct str title = label_text(&name, rx->region->first_lang);
	TRY(text_fold(rx->cx, title, &fold));
	struct query q = query_new(rx, t);
	Q(&q, "SELECT ");
	query_column(&q, 0, "id");
	Q(&q, " FROM ");
	query_table(&q, t, 0);
	Q(&q, " WHERE ");
	query_column(&q, 0, "title_fold");
	Q(&q, " = ");
	query_text(&q, fold);
	Q(&q, " LIMIT 1");
	TRY(query_one_int(&q, id, &found));
	if (found) return RC_OK;
	val_set(rx->cx->arena, values, t->title->name, val_text(title));
	if (type_field(t, STR("name_en"))) VAL_SET(rx->cx->arena, values, "name_en", val_text(name.en));
	const struct state_def *state = t->state[0];
	for (int i = 0; i < t->n_state; i++)
		if (state->draft && !t->state[i]->draft) state = t->state[i];
	struct record head = { .state = state, .org = org, .division = division };
	if (t->number.n && !state->draft) TRY(record_number(rx, t, &head, values, &head.number));
	TRY(record_insert(rx, t, &head, values, id));
	struct event e = { .type = t->name, .record = *id, .rev = 1, .act = STR("demo"), .to = state->name };
	return event_add(rx, &e);
}

static enum rc make_account(struct rx *rx, const struct demo_account *d, struct str pw_hash, struct demo_person *out)
{
	struct arena *a = rx->cx->arena;
	const struct type_def *org = region_type(rx->region, STR("org")), *person = region_type(rx->region, STR("person"));
	struct account account = { .login = d->login, .name_zh = d->name.zh, .name_en = label_text(&d->name, LANG_EN), .pw_hash = pw_hash,
		.division = d->division, .email = str_fmt(a, "%.*s@demo.invalid", STRF(d->login)) };
	if (org && d->org.zh.n) {
		struct val values = val_map(a);
		if (type_field(org, STR("kind"))) VAL_SET(a, values, "kind", val_text(d->org_kind));
		if (org->division) val_set(a, values, org->division->name, val_text(d->division));
		TRY(registry_record(rx, org, d->org, values, 0, d->division, &account.org));
		/* An organisation belongs to itself; a person is his or her own author. */
		TRY(db_run(rx->cx, rx->db, SQL("UPDATE r_org SET org = id WHERE id = ? AND COALESCE(org, 0) = 0"), P(p_int(account.org))));
	}
	if (person) {
		struct val values = val_map(a);
		if (account.org && type_field(person, STR("org_ref"))) VAL_SET(a, values, "org_ref", val_int(account.org));
		TRY(registry_record(rx, person, d->name, values, account.org, d->division, &account.person));
		TRY(db_run(rx->cx, rx->db, SQL("UPDATE r_person SET author = id WHERE id = ? AND COALESCE(author, 0) = 0"), P(p_int(account.person))));
	}
	struct str *roles = ARENA_ARRAY(a, struct str, (size_t)d->n_role + 1);
	for (int i = 0; i < d->n_role; i++) roles[i] = d->role[i]->name;
	account.roles = str_join(a, roles, (size_t)d->n_role, STR(","));
	*out = (struct demo_person){ .org = account.org, .person = account.person };
	return account_create(rx, &account, &out->account);
}

enum rc demo_accounts(struct rx *rx, struct str pw_hash, struct demo_person *out)
{
	for (int i = 0; i < rx->region->n_account; i++)
		if (!out[i].account) TRY(make_account(rx, rx->region->account[i], pw_hash, &out[i]));
	return RC_OK;
}

/* Accounts that a block names are made before it; the others after the data, so that each joins the organisation of its name. */
static enum rc need_account(struct demo *d, struct str login)
{
	for (int i = 0; i < d->rx->region->n_account; i++) {
		const struct demo_account *x = d->rx->region->account[i];
		if (str_eq(x->login, login) && !d->account[i].account) TRY(make_account(d->rx, x, d->pw_hash, &d->account[i]));
	}
	return RC_OK;
}

static enum rc need_accounts(struct demo *d, const struct demo_def *def)
{
	if (def->by) TRY(need_account(d, def->by->login));
	for (int r = 0; r < def->n_rule; r++) {
		const struct demo_rule *rule = &def->rule[r];
		if (rule->kind == DEMO_ROWS) TRY(need_accounts(d, rule->rows));
		if (!rule->field || rule->field->kind != FIELD_REF) continue;
		if (rule->val.kind == VAL_TEXT) TRY(need_account(d, rule->val.s));
		for (int k = 0; k < rule->n_share; k++)
			if (rule->share[k].val.kind == VAL_TEXT) TRY(need_account(d, rule->share[k].val.s));
	}
	return RC_OK;
}

static enum rc make_block(struct demo *d, const struct demo_def *def)
{
	struct rx *own = d->rx, by = *own;
	TRY(need_accounts(d, def));
	for (int i = 0; i < own->region->n_account; i++)
		if (own->region->account[i] == def->by) TRY(account_viewer(own->cx, own->db, own->region, d->account[i].account, &by.viewer));
	d->rx = &by;
	enum rc rc = fill_block(d, def);
	d->rx = own;
	return rc;
}

enum rc demo_make(struct rx *rx, struct str password, int *records)
{
	struct arena *a = rx->cx->arena;
	struct demo d = { .rx = rx, .made = ARENA_ARRAY(a, struct made, (size_t)rx->region->n_demo + 1),
		.account = ARENA_ARRAY(a, struct demo_person, (size_t)rx->region->n_account + 1) };
	TRY(password_hash(rx->cx, password, &d.pw_hash));
	*records = 0;
	for (int i = 0; i < rx->region->n_demo; i++) {
		TRY(make_block(&d, rx->region->demo_block[i]));
		*records += d.made[d.n_made - 1].n;
	}
	return demo_accounts(rx, d.pw_hash, d.account);
}

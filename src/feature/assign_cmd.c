#include "feature/assign_cmd.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "feature/assign_affinity.h"
#include "feature/engine_cmd.h"

static const char usage_zh[] = "用法：lianchuang assign solve --applications A.csv --experts E.csv --pairs P.csv [--rules R.lc] [--objective total|fair|fair-total]\n"
	"        [--seed N] [--time 秒] [--prices V.csv] --out O.csv\n"
	"      lianchuang assign check （同上） --assignment O.csv [--prices V.csv]\n"
	"      lianchuang assign repair （同上） --assignment O.csv [--decline 专家[:申请]]… [--forbid 专家:申请]… [--force 专家:申请]… [--load 专家:下限:上限]… --out 新.csv\n"
	"      lianchuang assign replay （同上） --seed N --assignment O.csv [--commitment 承诺]\n"
	"      lianchuang assign explain （同上） [--assignment O.csv] --application 申请 [--expert 专家]\n"
	"      lianchuang assign commit （同上） --seed N\n"
	"      lianchuang assign affinity --applications A.csv --experts E.csv --rules R.lc --out P.csv";
static const char usage_en[] = "usage: lianchuang assign solve --applications A.csv --experts E.csv --pairs P.csv [--rules R.lc] [--objective total|fair|fair-total]\n"
	"         [--seed N] [--time SECONDS] [--prices V.csv] --out O.csv\n"
	"       lianchuang assign check (the same) --assignment O.csv [--prices V.csv]\n"
	"       lianchuang assign repair (the same) --assignment O.csv [--decline EXPERT[:APPLICATION]]… [--forbid EXPERT:APPLICATION]… [--force EXPERT:APPLICATION]…\n"
	"         [--load EXPERT:MIN:MAX]… --out NEW.csv\n"
	"       lianchuang assign replay (the same) --seed N --assignment O.csv [--commitment HEX]\n"
	"       lianchuang assign explain (the same) [--assignment O.csv] --application ID [--expert ID]\n"
	"       lianchuang assign commit (the same) --seed N\n"
	"       lianchuang assign affinity --applications A.csv --experts E.csv --rules R.lc --out P.csv";

enum { FILE_MAX = 1 << 30 };

struct task {
	struct engine_run *run;
	struct assign_files files;
	struct assign_options o;
	int64_t seed;
	const char *out, *assignment, *prices;
	struct val figures;
	bool no_answer;
};

static void figure(struct task *t, struct str key, struct val v) { val_set(t->run->cx.arena, t->figures, key, v); }

static enum rc usage(struct task *t) { return fail_text(&t->run->cx, RC_INVALID, "cli.usage", NOWHERE, str_c(usage_zh), str_c(usage_en)); }

/* What every word takes. */
static enum rc common(struct task *t)
{
	static const char *const objectives[] = { "total", "fair", "fair-total" };
	struct engine_run *run = t->run;
	int64_t seconds;
	const char *a = engine_option(run, "applications"), *e = engine_option(run, "experts"), *p = engine_option(run, "pairs"), *r = engine_option(run, "rules"),
		*objective = engine_option(run, "objective");
	t->out = engine_option(run, "out");
	t->assignment = engine_option(run, "assignment");
	t->prices = engine_option(run, "prices");
	TRY(engine_number(run, "seed", 0, INT64_MAX, 0, &t->seed));
	TRY(engine_number(run, "time", 1, 86400, 0, &seconds));
	if (!t->assignment) t->assignment = engine_word(run);
	TRY(engine_words_end(run, usage_zh, usage_en));
	if (!a || !e || !p) return usage(t);
	int k = 0;
	while (objective && k < 3 && strcmp(objective, objectives[k]) != 0) k++;
	if (k == 3) return fail(&run->cx, RC_INVALID, "cli.objective", NOWHERE, "没有目标“%s”（total、fair、fair-total）", "there is no objective “%s” (total, fair, fair-total)", objective);
	TRY(assign_files_read(&run->cx, a, e, p, r, &t->files));
	engine_stoppable(run, seconds);
	t->o = (struct assign_options){ .objective = (enum assign_objective)k, .seed = (uint64_t)t->seed, .draw = t->files.draw, .tolerance = t->files.tolerance,
		.stop = engine_stop, .stop_ctx = run };
	return RC_OK;
}

static enum rc finish(struct task *t) { return engine_figures(t->run, t->figures, t->seed); }

/* The same words in both languages' places: "%.0s" swallows the one that is not meant. */
static void note(struct task *t, enum level level, struct assign_reason r)
{
	struct arena *a = t->run->cx.arena;
	fail_note(&t->run->cx, level, "assign.reason", NOWHERE, "%s%.0s", "%.0s%s", str_z(a, r.zh), str_z(a, r.en));
}

static void tell_reasons(struct task *t, const struct assign_reason *reason, int n)
{
	struct cx *cx = &t->run->cx;
	struct val list = val_list(cx->arena);
	for (int i = 0; i < n; i++) {
		struct val x = val_map(cx->arena);
		VAL_SET(cx->arena, x, "zh", val_text(reason[i].zh));
		VAL_SET(cx->arena, x, "en", val_text(reason[i].en));
		val_push(cx->arena, list, x);
		note(t, LEVEL_WARNING, reason[i]);
	}
	figure(t, STR("reasons"), list);
}

static bool answered(const struct assign_result *r) { return r->status == ASSIGN_OPTIMAL || r->status == ASSIGN_FEASIBLE; }

static void tell(struct task *t, const struct assign_result *r)
{
	static const char *const words[] = { "optimal", "feasible", "infeasible", "unknown" };
	figure(t, STR("status"), val_textz(words[r->status]));
	if (r->status != ASSIGN_OPTIMAL && engine_stop(t->run)) {
		figure(t, STR("stopped"), val_bool(true));
		fail_note(&t->run->cx, LEVEL_WARNING, "assign.stopped", NOWHERE, "计算被中止：这是到此为止最好的结果及其上界", "stopped: this is the best so far, with its bound");
	}
	if (!answered(r)) {
		figure(t, STR("total"), VNULL);
		figure(t, STR("bound"), r->status == ASSIGN_UNKNOWN ? val_int(r->bound) : VNULL);
		figure(t, STR("unfilled"), val_int(r->unfilled));
		figure(t, STR("worst"), VNULL);
		tell_reasons(t, r->reason, r->n_reason);
		t->no_answer = true;
		return;
	}
	figure(t, STR("total"), val_int(r->total));
	figure(t, STR("bound"), val_int(r->bound));
	figure(t, STR("gap"), val_int(r->bound - r->total));
	figure(t, STR("unfilled"), val_int(r->unfilled));
	figure(t, STR("worst"), val_int(r->worst));
	figure(t, STR("worst_total"), val_int(r->worst_total));
}

static enum rc save(struct task *t, const uint32_t *first, const uint32_t *pair)
{
	struct buf out = BUF(t->run->cx.arena, FILE_MAX);
	assign_assignment_write(&t->run->cx, &t->files, first, pair, &out);
	return t->out ? engine_save(&t->run->cx, t->out, &out) : RC_OK;
}

static enum rc save_prices(struct task *t, const struct assign_result *r)
{
	struct buf out = BUF(t->run->cx.arena, FILE_MAX);
	if (!t->prices) return RC_OK;
	if (!r->price) return fail(&t->run->cx, RC_CONFLICT, "assign.prices", NOWHERE, "带有这些规则或目标的结果没有价格", "an answer under these rules or this objective has no prices");
	buf_add(&out, STR("expert,price\r\n"));
	for (int place = 0; place < t->files.experts.n; place++) {
		csv_put(&out, t->files.experts.names.list.v[place], true);
		buf_c(&out, ',');
		buf_int(&out, r->price[t->files.experts.number[place]]);
		csv_end_row(&out);
	}
	return engine_save(&t->run->cx, t->prices, &out);
}

static void tell_commitment(struct task *t)
{
	if (t->files.draw) figure(t, STR("commitment"), val_text(assign_commitment(&t->run->cx, &t->files, (uint64_t)t->seed)));
}

static enum rc solve(struct task *t)
{
	struct assign_result r;
	TRY(common(t));
	TRY(assign_solve(&t->run->cx, &t->files.in, &t->o, &r));
	tell(t, &r);
	if (answered(&r)) {
		TRY(save(t, r.first, r.pair));
		TRY(save_prices(t, &r));
	}
	tell_commitment(t);
	return finish(t);
}

/* ---- check ---- */

static enum rc read_prices(struct task *t, int64_t **out)
{
	struct cx *cx = &t->run->cx;
	struct str text;
	struct csv_row row;
	bool more;
	int64_t *price = ARENA_ARRAY(cx->arena, int64_t, (size_t)t->files.in.n_expert);
	TRY(engine_load(cx, t->prices, FILE_MAX, &text));
	struct csv csv = csv_open(text, t->prices);
	TRY(csv_next(cx, &csv, &row, &more));
	int expert = more ? csv_column(&row, "expert") : -1, value = more ? csv_column(&row, "price") : -1;
	struct where at = { .file = str_c(t->prices), .line = 1, .column = 1 };
	if (expert < 0 || value < 0) return fail(cx, RC_INVALID, "assign.column", at, "缺少列 expert 或 price", "the column expert or price is missing");
	for (;;) {
		TRY(csv_next(cx, &csv, &row, &more));
		if (!more) break;
		at.line = row.line;
		int place = expert < row.n ? names_find(&t->files.experts.names, str_trim(row.cell[expert])) : -1;
		int64_t v;
		if (place < 0 || value >= row.n || !str_int(str_trim(row.cell[value]), &v) || llabs(v) > (int64_t)1 << 40)
			return fail(cx, RC_INVALID, "assign.price", at, "不是专家及其价格", "not an expert and a price");
		price[t->files.experts.number[place]] = v;
	}
	*out = price;
	return RC_OK;
}

static enum rc check(struct task *t)
{
	const uint32_t *first, *pair;
	struct assign_check c;
	TRY(common(t));
	if (!t->assignment) t->assignment = t->out;
	if (!t->assignment) return usage(t);
	TRY(assign_assignment_read(&t->run->cx, &t->files, t->assignment, &first, &pair));
	TRY(assign_check(&t->run->cx, &t->files.in, first, pair, &c));
	figure(t, STR("status"), val_textz(c.n_reason ? "invalid" : "valid"));
	figure(t, STR("total"), val_int(c.total));
	figure(t, STR("worst"), val_int(c.worst));
	figure(t, STR("worst_total"), val_int(c.worst_total));
	if (t->prices) {
		int64_t *price;
		TRY(read_prices(t, &price));
		int64_t bound = assign_bound(&t->files.in, price);
		figure(t, STR("bound"), val_int(bound));
		figure(t, STR("proven"), val_bool(!c.n_reason && bound == c.total));
	}
	tell_reasons(t, c.reason, c.n_reason);
	t->no_answer = c.n_reason > 0;
	return finish(t);
}

/* ---- repair ---- */

static enum rc id_number(struct task *t, struct str s, const struct assign_table *table, int32_t *n)
{
	int place = names_find(&table->names, s);
	if (place < 0) return fail(&t->run->cx, RC_INVALID, "assign.unknown", NOWHERE, "%s 中没有“%.*s”", "%s has no “%.*s”", table->file.path, STRF(s));
	*n = table->number[place];
	return RC_OK;
}

/* EXPERT, EXPERT:APPLICATION or EXPERT:MIN:MAX. */
static enum rc read_change(struct task *t, const char *option, const char *text, struct assign_change *out)
{
	struct assign_change x = { .kind = strcmp(option, "force") == 0 ? ASSIGN_FORCE : strcmp(option, "load") == 0 ? ASSIGN_LOAD : ASSIGN_FORBID };
	struct str rest = str_c(text), expert, second = STR("");
	if (names_find(&t->files.experts.names, rest) >= 0) expert = rest, rest = STR("");      /* an id may hold a colon */
	else str_cut(&rest, ':', &expert);
	TRY(id_number(t, expert, &t->files.experts, &x.expert));
	if (x.kind == ASSIGN_LOAD) {
		int64_t min, max;
		if (!str_cut(&rest, ':', &second) || !str_int(second, &min) || !str_int(rest, &max) || min < 0 || max < min || max > INT32_MAX)
			return fail(&t->run->cx, RC_INVALID, "cli.load", NOWHERE, "--load 应为 专家:下限:上限", "--load takes EXPERT:MIN:MAX");
		x.min = (int32_t)min;
		x.max = (int32_t)max;
	} else if (rest.n) {
		TRY(id_number(t, rest, &t->files.applications, &x.application));
	} else if (strcmp(option, "decline") == 0) {
		x.kind = ASSIGN_LOAD;           /* declines everything */
	} else {
		return fail(&t->run->cx, RC_INVALID, "cli.pair", NOWHERE, "--%s 应为 专家:申请", "--%s takes EXPERT:APPLICATION", option);
	}
	*out = x;
	return RC_OK;
}

typedef VEC(struct assign_change) change_list;
struct asked { const char *option, *text; };
typedef VEC(struct asked) asked_list;

static void take_changes(struct task *t, asked_list *out)
{
	static const char *const options[] = { "decline", "forbid", "force", "load" };
	const char *text;
	for (int k = 0; k < 4; k++)
		while ((text = engine_option(t->run, options[k]))) VEC_PUSH(t->run->cx.arena, out, ((struct asked){ options[k], text }));
}

static uint32_t find_pair(const struct assign_input *in, int a, int e)
{
	for (uint32_t i = in->row[a]; i < in->row[a + 1]; i++)
		if (in->expert[i] == e) return i;
	return UINT32_MAX;
}

/* The input as the changes want it: for the check at the end, and for solving under side rules. */
static enum rc change_input(struct task *t, const change_list *changes)
{
	struct assign_files *f = &t->files;
	for (size_t k = 0; k < changes->n; k++) {
		const struct assign_change *x = &changes->v[k];
		if (x->kind == ASSIGN_LOAD) {
			f->min[x->expert] = x->min;
			f->max[x->expert] = x->max;
			continue;
		}
		uint32_t i = find_pair(&f->in, x->application, x->expert);
		if (i == UINT32_MAX || (x->kind == ASSIGN_FORCE && f->affinity[i] == ASSIGN_FORBIDDEN))
			return fail(&t->run->cx, RC_INVALID, "assign.change", NOWHERE, "专家 %.*s 不能评申请 %.*s", "expert %.*s cannot have application %.*s", STRF(f->experts.id[x->expert]),
				STRF(f->applications.id[x->application]));
		if (x->kind == ASSIGN_FORBID) f->affinity[i] = ASSIGN_FORBIDDEN;
	}
	return RC_OK;
}

/* On the prices of the first answer: exact again. */
static enum rc repair_exact(struct task *t, struct assign_result *from, const change_list *changes, struct assign_diff *d, const uint32_t **first, const uint32_t **pair)
{
	struct cx *cx = &t->run->cx;
	struct assign_session *s;
	TRY(assign_session_open(cx, &t->files.in, from, &s));
	int64_t start_us = time_cpu_us();
	TRY(assign_session_change(cx, s, changes->v, (int)changes->n, d));
	figure(t, STR("repair_ms"), val_dec((time_cpu_us() - start_us) * 1000));
	assign_session_pairs(cx, s, first, pair);
	if (d->unfilled == 0) d->bound = assign_session_proof(s);
	return RC_OK;
}

/* As many of the old pairs as possible, then the greatest total: solved again with a bonus on what is there. */
static enum rc repair_keeping(struct task *t, const uint32_t *was_first, const uint32_t *was, const change_list *changes, struct assign_result *r)
{
	struct assign_input in = t->files.in;
	uint32_t pairs = in.row[in.n_application];
	int32_t widest = 1, *affinity = ARENA_ARRAY(t->run->cx.arena, int32_t, pairs);
	for (uint32_t i = 0; i < pairs; i++)
		if (in.affinity[i] != ASSIGN_FORBIDDEN && abs(in.affinity[i]) > widest) widest = abs(in.affinity[i]);
	int64_t wish = 4 * (int64_t)widest * ASSIGN_NEED_MAX, room = ASSIGN_AFFINITY_MAX / 3 - widest;
	int32_t bonus = (int32_t)(wish < room ? wish : room);
	if (bonus < 0) bonus = 0;
	memcpy(affinity, in.affinity, pairs * sizeof *affinity);
	for (uint32_t k = 0; k < was_first[in.n_application]; k++)
		if (affinity[was[k]] != ASSIGN_FORBIDDEN) affinity[was[k]] += bonus;
	for (size_t k = 0; k < changes->n; k++)
		if (changes->v[k].kind == ASSIGN_FORCE) affinity[find_pair(&in, changes->v[k].application, changes->v[k].expert)] += bonus * 2;
	in.affinity = affinity;
	struct assign_options plain = { .objective = ASSIGN_TOTAL, .stop = engine_stop, .stop_ctx = t->run };
	return assign_solve(&t->run->cx, &in, &plain, r);
}

static bool holds(const uint32_t *first, const uint32_t *pair, int a, uint32_t i)
{
	for (uint32_t k = first[a]; k < first[a + 1]; k++)
		if (pair[k] == i) return true;
	return false;
}

/* Pairs of `pair` that `other` lacks, as [[application, expert] …]. */
static struct val lacking(struct task *t, const uint32_t *first, const uint32_t *pair, const uint32_t *other_first, const uint32_t *other)
{
	enum { LISTED = 1000 };
	struct arena *arena = t->run->cx.arena;
	struct val list = val_list(arena);
	for (int a = 0; a < t->files.in.n_application; a++)
		for (uint32_t k = first[a]; k < first[a + 1]; k++) {
			if (holds(other_first, other, a, pair[k]) || val_len(list) == LISTED) continue;
			struct val x = val_list(arena);
			val_push(arena, x, val_text(t->files.applications.id[a]));
			val_push(arena, x, val_text(t->files.experts.id[t->files.in.expert[pair[k]]]));
			val_push(arena, list, x);
		}
	return list;
}

static enum rc tell_repaired(struct task *t, const uint32_t *was_first, const uint32_t *was, const uint32_t *first, const uint32_t *pair, int64_t bound)
{
	struct assign_check c;
	TRY(assign_check(&t->run->cx, &t->files.in, first, pair, &c));
	struct assign_result r = { .status = c.n_reason ? ASSIGN_INFEASIBLE : bound == c.total ? ASSIGN_OPTIMAL : ASSIGN_FEASIBLE, .total = c.total, .bound = bound, .worst = c.worst,
		.worst_total = c.worst_total, .reason = c.reason, .n_reason = c.n_reason };
	tell(t, &r);
	figure(t, STR("added"), lacking(t, first, pair, was_first, was));
	figure(t, STR("removed"), lacking(t, was_first, was, first, pair));
	if (!c.n_reason) TRY(save(t, first, pair));
	return finish(t);
}

static enum rc repair(struct task *t)
{
	struct cx *cx = &t->run->cx;
	const uint32_t *was_first, *was, *first, *pair;
	struct assign_result base, again;
	struct assign_options plain = { .objective = ASSIGN_TOTAL, .stop = engine_stop, .stop_ctx = t->run };
	asked_list asked = { 0 };
	change_list changes = { 0 };
	take_changes(t, &asked);
	TRY(common(t));
	if (!t->assignment) t->assignment = t->out;
	if (!t->assignment || !asked.n) return usage(t);
	for (size_t k = 0; k < asked.n; k++) {
		struct assign_change x;
		TRY(read_change(t, asked.v[k].option, asked.v[k].text, &x));
		VEC_PUSH(cx->arena, &changes, x);
	}
	TRY(assign_assignment_read(cx, &t->files, t->assignment, &was_first, &was));
	const struct assign_input *in = &t->files.in;
	bool side = in->n_quota || in->n_cap || in->cycle;
	struct assign_check before;
	TRY(assign_check(cx, in, was_first, was, &before));
	if (!side && !before.n_reason) {
		TRY(assign_solve(cx, in, &plain, &base));
		if (base.status == ASSIGN_OPTIMAL && base.total == before.total) {      /* any optimum fits the prices of any other */
			struct assign_diff d;
			base.first = was_first;
			base.pair = was;
			TRY(repair_exact(t, &base, &changes, &d, &first, &pair));
			TRY(change_input(t, &changes));
			if (d.unfilled == 0) return tell_repaired(t, was_first, was, first, pair, d.bound);
			TRY(assign_solve(cx, in, &plain, &base));       /* for the reasons */
			tell(t, &base);
			return finish(t);
		}
	}
	TRY(change_input(t, &changes));
	TRY(assign_solve(cx, in, &plain, &base));
	TRY(repair_keeping(t, was_first, was, &changes, &again));
	if (!answered(&base) || !answered(&again)) {
		tell(t, answered(&base) ? &again : &base);
		return finish(t);
	}
	return tell_repaired(t, was_first, was, again.first, again.pair, base.bound);
}

/* ---- replay, commit, explain ---- */

static enum rc replay(struct task *t)
{
	struct cx *cx = &t->run->cx;
	const char *promised = engine_option(t->run, "commitment");
	struct assign_result r;
	struct str published;
	TRY(common(t));
	if (!t->assignment) t->assignment = t->out;
	if (!t->assignment) return usage(t);
	TRY(engine_load(cx, t->assignment, FILE_MAX, &published));
	TRY(assign_solve(cx, &t->files.in, &t->o, &r));
	tell(t, &r);
	struct buf mine = BUF(cx->arena, FILE_MAX);
	assign_assignment_write(cx, &t->files, r.first, r.pair, &mine);
	struct str commitment = assign_commitment(cx, &t->files, (uint64_t)t->seed);
	bool same = str_eq(buf_str(&mine), published), kept = !promised || str_eq(commitment, str_c(promised));
	figure(t, STR("identical"), val_bool(same));
	figure(t, STR("commitment"), val_text(commitment));
	if (promised) figure(t, STR("commitment_kept"), val_bool(kept));
	if (!same) fail_note(cx, LEVEL_WARNING, "assign.replay", NOWHERE, "重放结果与公布的不同", "the replay differs from what was published");
	if (!kept) fail_note(cx, LEVEL_WARNING, "assign.commitment", NOWHERE, "种子或数据与事先公布的承诺不符", "the seed or the data do not match the commitment published beforehand");
	t->no_answer |= !same || !kept;
	return finish(t);
}

static enum rc commit(struct task *t)
{
	TRY(common(t));
	figure(t, STR("status"), val_textz("committed"));
	figure(t, STR("commitment"), val_text(assign_commitment(&t->run->cx, &t->files, (uint64_t)t->seed)));
	return finish(t);
}

static enum rc explain_pair(struct task *t, const struct assign_result *r, int a, int e, struct val list)
{
	struct cx *cx = &t->run->cx;
	const struct assign_reason *reason;
	int n;
	TRY(assign_explain(cx, &t->files.in, r, a, e, &reason, &n));
	for (int i = 0; i < n; i++) {
		struct val x = val_map(cx->arena);
		VAL_SET(cx->arena, x, "application", val_text(t->files.applications.id[a]));
		VAL_SET(cx->arena, x, "expert", val_text(t->files.experts.id[e]));
		VAL_SET(cx->arena, x, "zh", val_text(reason[i].zh));
		VAL_SET(cx->arena, x, "en", val_text(reason[i].en));
		val_push(cx->arena, list, x);
		note(t, LEVEL_INFO, (struct assign_reason){ str_fmt(cx->arena, "%.*s → %.*s：%.*s", STRF(t->files.applications.id[a]), STRF(t->files.experts.id[e]), STRF(reason[i].zh)),
			str_fmt(cx->arena, "%.*s → %.*s: %.*s", STRF(t->files.applications.id[a]), STRF(t->files.experts.id[e]), STRF(reason[i].en)) });
	}
	return RC_OK;
}

static enum rc explain(struct task *t)
{
	struct cx *cx = &t->run->cx;
	const char *application = engine_option(t->run, "application"), *expert = engine_option(t->run, "expert");
	struct assign_result r;
	int32_t a, e;
	TRY(common(t));
	if (!application) return usage(t);
	TRY(id_number(t, str_c(application), &t->files.applications, &a));
	TRY(assign_solve(cx, &t->files.in, &t->o, &r));
	tell(t, &r);
	if (!answered(&r)) return finish(t);
	if (t->assignment) {
		TRY(assign_assignment_read(cx, &t->files, t->assignment, &r.first, &r.pair));
	}
	struct val list = val_list(cx->arena);
	if (expert) {
		TRY(id_number(t, str_c(expert), &t->files.experts, &e));
		TRY(explain_pair(t, &r, a, e, list));
	} else {
		for (uint32_t k = r.first[a]; k < r.first[a + 1]; k++) TRY(explain_pair(t, &r, a, t->files.in.expert[r.pair[k]], list));
	}
	figure(t, STR("reasons"), list);
	return finish(t);
}

/* ---- affinity ---- */

static enum rc affinity(struct task *t)
{
	struct engine_run *run = t->run;
	struct cx *cx = &run->cx;
	const char *a = engine_option(run, "applications"), *e = engine_option(run, "experts"), *r = engine_option(run, "rules");
	struct assign_rules rules;
	struct assign_file file;
	struct buf out = BUF(cx->arena, FILE_MAX);
	t->out = engine_option(run, "out");
	TRY(engine_words_end(run, usage_zh, usage_en));
	if (!a || !e || !r || !t->out) return usage(t);
	TRY(assign_files_read(cx, a, e, NULL, NULL, &t->files));
	TRY(assign_map(cx, r, &file));
	TRY(assign_rules_read(cx, &file, &rules));
	TRY(assign_affinity(cx, &t->files, &rules, &out));
	TRY(engine_save(cx, t->out, &out));
	figure(t, STR("status"), val_textz("written"));
	figure(t, STR("bytes"), val_int((int64_t)out.n));
	return finish(t);
}

int assign_command(int argc, char **argv)
{
	static const struct { const char *word; enum rc (*run)(struct task *t); } doors[] = { { "solve", solve }, { "check", check }, { "repair", repair }, { "replay", replay },
		{ "explain", explain }, { "commit", commit }, { "affinity", affinity } };
	struct engine_run run = engine_begin(argc, argv, (size_t)32 << 30);
	struct task t = { .run = &run, .figures = val_map(run.cx.arena) };
	const char *word = engine_word(&run);
	enum rc (*door)(struct task *t) = NULL;
	for (size_t i = 0; word && i < sizeof doors / sizeof *doors; i++)
		if (strcmp(word, doors[i].word) == 0) door = doors[i].run;
	enum rc rc = door ? door(&t) : usage(&t);
	return engine_end(&run, rc, t.no_answer);
}

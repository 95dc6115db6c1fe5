#include "feature/assign_draw.h"

#include <string.h>

#include "base/json.h"
#include "base/rng.h"
#include "base/time.h"

enum { TEXT_MAX = 64 << 20, REASONS_SHOWN = 40 };

/* ---- changes by hand ---- */

static const char *const kinds[] = { "forbid", "force", "load" };

struct str draw_changes_text(struct arena *a, const struct draw_changes *c)
{
	struct val list = val_list(a);
	for (size_t i = 0; i < c->n; i++) {
		const struct draw_change *x = &c->v[i];
		struct val v = val_map(a);
		VAL_SET(a, v, "kind", val_textz(kinds[x->kind]));
		if (x->item) VAL_SET(a, v, "item", val_text(id_text(a, x->item)));
		VAL_SET(a, v, "person", val_text(id_text(a, x->person)));
		if (x->kind == DRAW_LOAD) {
			VAL_SET(a, v, "min", val_int(x->min));
			VAL_SET(a, v, "max", val_int(x->max));
		}
		VAL_SET(a, v, "reason", val_text(x->reason));
		val_push(a, list, v);
	}
	return json_text(a, list);
}

enum rc draw_changes_read(struct cx *cx, struct str json, struct draw_changes *out)
{
	struct val list;
	*out = (struct draw_changes){ 0 };
	if (!json.n) return RC_OK;
	TRY(json_read(cx, json, "changes", &list));
	for (size_t i = 0; i < val_len(list); i++) {
		struct val v = val_at(list, i);
		struct draw_change x = { .min = (int32_t)val_i64(VAL_GET(v, "min")), .max = (int32_t)val_i64(VAL_GET(v, "max")), .reason = val_str(VAL_GET(v, "reason")) };
		int k = 0;
		while (k < 3 && !str_is(val_str(VAL_GET(v, "kind")), kinds[k])) k++;
		x.kind = (enum draw_kind)k;
		struct str item = val_str(VAL_GET(v, "item"));
		if (k == 3 || !id_parse(val_str(VAL_GET(v, "person")), &x.person) || (item.n && !id_parse(item, &x.item)))
			return fail(cx, RC_INVALID, "assignment.changes", NOWHERE, "改动记录无法读取", "the changes cannot be read");
		VEC_PUSH(cx->arena, out, x);
	}
	return RC_OK;
}

/* ---- files ---- */

struct making { struct cx *cx; const struct assignment_case *c; const struct draw_changes *changes; };

/* A rule's column in the files. */
static void column_name(struct buf *b, int rule) { buf_fmt(b, ",r%d", rule + 1); }

static void number_cell(struct buf *b, int32_t v)
{
	buf_c(b, ',');
	if (v >= 0) buf_int(b, v);
}

static void code_cell(struct buf *b, const struct str *codes, int i) { csv_put(b, codes ? codes[i] : STR(""), false); }

static struct str items_file(struct making *m)
{
	const struct assignment_case *c = m->c;
	struct buf b = BUF(m->cx->arena, TEXT_MAX);
	buf_add(&b, STR("id,need,discipline"));
	for (int r = 0; r < c->def->n_rule; r++)
		if (c->values[r].item) column_name(&b, r);
	csv_end_row(&b);
	for (int i = 0; i < c->n_item; i++) {
		buf_fmt(&b, "A%d,%d", i + 1, c->need[i]);
		code_cell(&b, c->item_code, i);
		for (int r = 0; r < c->def->n_rule; r++) {
			if (!c->values[r].item) continue;
			bool ring = c->def->rule[r].kind == RULE_RING;
			if (ring && c->values[r].item[i] >= 0) buf_fmt(&b, ",E%d", c->values[r].item[i] + 1);
			else number_cell(&b, ring ? -1 : c->values[r].item[i]);
		}
		csv_end_row(&b);
	}
	return buf_str(&b);
}

/* What a person has already is no more than the person can take; who declined gets nothing new. */
static void loads(struct making *m, int32_t *least, int32_t *most)
{
	const struct assignment_case *c = m->c;
	int32_t *have = ARENA_ARRAY(m->cx->arena, int32_t, (size_t)c->n_person + 1);
	bool *declined = ARENA_ARRAY(m->cx->arena, bool, (size_t)c->n_person + 1);
	for (int i = 0; i < c->n_made; i++) {
		if (c->made[i].item < 0 || c->made[i].person < 0) continue;
		have[c->made[i].person] += !c->made[i].vacant;
		declined[c->made[i].person] |= c->made[i].vacant;
	}
	for (int e = 0; e < c->n_person; e++) {
		least[e] = c->least[e];
		most[e] = c->most[e] > have[e] && !declined[e] ? c->most[e] : have[e];
	}
	for (size_t k = 0; k < m->changes->n; k++) {
		int e = m->changes->v[k].kind == DRAW_LOAD ? assignment_person_at(c, m->changes->v[k].person) : -1;
		if (e < 0) continue;
		least[e] = m->changes->v[k].min;
		most[e] = m->changes->v[k].max > have[e] ? m->changes->v[k].max : have[e];
	}
	/* Mending moves nobody: no least load is worth a place that is taken. */
	for (int e = 0; e < c->n_person; e++)
		if (least[e] > most[e] || c->n_made) least[e] = c->n_made ? 0 : most[e];
}

static struct str persons_file(struct making *m)
{
	const struct assignment_case *c = m->c;
	struct buf b = BUF(m->cx->arena, TEXT_MAX);
	int32_t *least = ARENA_ARRAY(m->cx->arena, int32_t, (size_t)c->n_person + 1), *most = ARENA_ARRAY(m->cx->arena, int32_t, (size_t)c->n_person + 1);
	loads(m, least, most);
	buf_add(&b, STR("id,min,max,discipline"));
	for (int r = 0; r < c->def->n_rule; r++)
		if (c->values[r].person) column_name(&b, r);
	csv_end_row(&b);
	for (int e = 0; e < c->n_person; e++) {
		buf_fmt(&b, "E%d,%d,%d", e + 1, least[e], most[e]);
		code_cell(&b, c->person_code, e);
		for (int r = 0; r < c->def->n_rule; r++)
			if (c->values[r].person) number_cell(&b, c->values[r].person[e]);
		csv_end_row(&b);
	}
	return buf_str(&b);
}

/* Of each candidate: forced, kept, forbidden. */
enum mark { MARK_FORCED = 1, MARK_KEPT = 2, MARK_FORBIDDEN = 4 };

static void mark(const struct assignment_case *c, unsigned char *marks, int item, int person, enum mark what)
{
	for (uint32_t i = item < 0 ? 0 : c->row[item]; item >= 0 && i < c->row[item + 1]; i++)
		if (c->candidate[i] == person) marks[i] |= (unsigned char)what;
}

static unsigned char *marks_of(struct making *m)
{
	const struct assignment_case *c = m->c;
	unsigned char *marks = ARENA_ARRAY(m->cx->arena, unsigned char, (size_t)c->row[c->n_item] + 1);
	for (int i = 0; i < c->n_made; i++)
		mark(c, marks, c->made[i].item, c->made[i].person, assignment_stands(c, &c->made[i]) ? MARK_KEPT : MARK_FORBIDDEN);
	for (size_t k = 0; k < m->changes->n; k++) {
		const struct draw_change *x = &m->changes->v[k];
		if (x->kind != DRAW_LOAD) mark(c, marks, assignment_item_at(c, x->item), assignment_person_at(c, x->person), x->kind == DRAW_FORCE ? MARK_FORCED : MARK_FORBIDDEN);
	}
	return marks;
}

static void conflict_cell(struct buf *b, const struct assignment_case *c, int item, int person, unsigned char marks)
{
	uint32_t bits = assignment_conflicts(c, item, person);
	bool any = false;
	buf_c(b, ',');
	for (int k = 0; k < c->def->n_match; k++) {
		if (!(bits >> k & 1)) continue;
		buf_fmt(b, "%s%.*s", any ? "+" : "", STRF(c->def->match[k]->name));
		any = true;
	}
	if (marks & MARK_FORBIDDEN) buf_fmt(b, "%sforbidden", any ? "+" : "");
}

static struct str pairs_file(struct making *m)
{
	const struct assignment_case *c = m->c;
	int parts = c->def->n_affinity;
	unsigned char *marks = marks_of(m);
	struct buf b = BUF(m->cx->arena, TEXT_MAX);
	buf_add(&b, STR("application,expert,affinity"));
	for (int k = 0; k < c->def->n_match; k++)
		if (!c->def->match[k]->conflict) csv_put(&b, c->def->match[k]->name, false);
	buf_add(&b, STR(",stays,conflict"));
	csv_end_row(&b);
	for (int i = 0; i < c->n_item; i++)
		for (uint32_t k = c->row[i]; k < c->row[i + 1]; k++) {
			int32_t stays = marks[k] & MARK_FORCED ? DRAW_FORCED : marks[k] & MARK_KEPT ? DRAW_KEPT : 0;
			buf_fmt(&b, "A%d,E%d,%d", i + 1, c->candidate[k] + 1, c->affinity[k] + stays);
			for (int p = 0; p < parts; p++) {
				buf_c(&b, ',');
				buf_int(&b, c->part[(size_t)k * (size_t)parts + (size_t)p]);
			}
			buf_c(&b, ',');
			buf_int(&b, stays);
			conflict_cell(&b, c, i, c->candidate[k], marks[k]);
			csv_end_row(&b);
		}
	return buf_str(&b);
}

static struct str rules_file(struct making *m)
{
	const struct assignment_def *d = m->c->def;
	struct buf b = BUF(m->cx->arena, 1 << 16);
	buf_add(&b, STR("field discipline;\n"));
	for (int r = 0; r < d->n_rule; r++) {
		const struct assignment_rule *x = &d->rule[r];
		const char *word = x->kind == RULE_LEAST ? "least" : "most";
		switch (x->kind) {
		case RULE_ONE: buf_fmt(&b, "one r%d;\n", r + 1); break;
		case RULE_CAP: buf_fmt(&b, "cap %d r%d;\n", x->n, r + 1); break;
		case RULE_RING: buf_fmt(&b, "acyclic %d r%d;\n", x->n, r + 1); break;
		default: buf_fmt(&b, "%s %d r%d %s;\n", word, x->n, r + 1, x->where ? "1" : "same");
		}
	}
	if (d->draw) buf_fmt(&b, "draw %d;\n", d->tolerance);
	return buf_str(&b);
}

enum rc draw_files(struct cx *cx, const struct assignment_case *c, const struct draw_changes *changes, struct draw_outcome *out)
{
	struct making m = { cx, c, changes };
	*out = (struct draw_outcome){ .items = items_file(&m), .persons = persons_file(&m), .pairs = pairs_file(&m), .rules = rules_file(&m) };
	return RC_OK;
}

/* ---- solving ---- */

/* A draw that takes longer is given up rather than cut short: what was cut short could not be replayed. The engine goes other ways when it
   may be stopped, so `assign replay`, which may, and this must both be stoppable. */
enum { SOLVE_CPU_S = 60 };
struct watch { int64_t until_us; bool over; };

static bool over_time(void *ctx)
{
	struct watch *w = ctx;
	w->over |= time_cpu_us() > w->until_us;
	return w->over;
}

struct solved { struct assign_files files; struct assign_result r; struct assign_check check; int64_t cpu_ms; };

static struct assign_file named(const char *path, struct str bytes) { return (struct assign_file){ path, bytes, bytes }; }

/* The engine names classes in its reasons: by the words of the declaration rather than by columns of ours. */
static void name_rules(struct cx *cx, const struct assignment_def *d, struct assign_input *in)
{
	struct assign_quota *quota = ARENA_ARRAY(cx->arena, struct assign_quota, (size_t)in->n_quota + 1);
	struct assign_cap *cap = ARENA_ARRAY(cx->arena, struct assign_cap, (size_t)in->n_cap + 1);
	int nq = 0, nc = 0;
	for (int r = 0; r < d->n_rule; r++) {
		const struct assignment_rule *x = &d->rule[r];
		char *zh = str_z(cx->arena, x->label.zh), *en = str_z(cx->arena, label_text(&x->label, LANG_EN));
		if ((x->kind == RULE_LEAST || x->kind == RULE_MOST) && nq < in->n_quota) {
			quota[nq] = in->quota[nq];
			quota[nq].zh = zh;
			quota[nq++].en = en;
		} else if (x->kind == RULE_CAP && nc < in->n_cap) {
			cap[nc] = in->cap[nc];
			cap[nc].zh = zh;
			cap[nc++].en = en;
		}
	}
	in->quota = quota;
	in->cap = cap;
}

static enum rc run(struct cx *cx, const struct assignment_def *d, uint64_t seed, const struct draw_outcome *out, struct solved *s)
{
	struct assign_sources sources = { named("applications.csv", out->items), named("experts.csv", out->persons), named("pairs.csv", out->pairs), named("rules.lc", out->rules) };
	int64_t start_us = time_cpu_us();
	struct watch watch = { .until_us = start_us + (int64_t)SOLVE_CPU_S * 1000000 };
	TRY(assign_sources_read(cx, &sources, &s->files));
	name_rules(cx, d, &s->files.in);
	struct assign_options o = { .objective = (enum assign_objective)d->aim, .seed = seed, .draw = s->files.draw, .tolerance = s->files.tolerance,
		.stop = over_time, .stop_ctx = &watch };
	TRY(assign_solve(cx, &s->files.in, &o, &s->r));
	if (watch.over) return fail(cx, RC_LIMIT, "assignment.long", NOWHERE, "%d 秒内没有排完", "not worked out within %d seconds", SOLVE_CPU_S);
	TRY(assign_check(cx, &s->files.in, s->r.first, s->r.pair, &s->check));
	s->cpu_ms = (time_cpu_us() - start_us) / 1000;
	return RC_OK;
}

static void add_reasons(struct arena *a, struct val list, const struct assign_reason *reason, int n)
{
	for (int i = 0; i < n && val_len(list) < REASONS_SHOWN; i++) {
		struct val x = val_map(a);
		VAL_SET(a, x, "zh", val_text(reason[i].zh));
		VAL_SET(a, x, "en", val_text(reason[i].en));
		val_push(a, list, x);
	}
}

static bool made(const struct assignment_case *c, int item, int person)
{
	for (int i = 0; i < c->n_made; i++)
		if (c->made[i].item == item && c->made[i].person == person) return true;
	return false;
}

/* Pairs forced by hand that found no place; not those that were assigned, and declined or came into conflict since. */
static void missed(struct arena *a, const struct assignment_case *c, const struct draw_changes *changes, const struct solved *s, struct val list)
{
	for (size_t k = 0; k < changes->n; k++) {
		const struct draw_change *x = &changes->v[k];
		int i = assignment_item_at(c, x->item), e = assignment_person_at(c, x->person);
		bool there = false;
		if (x->kind != DRAW_FORCE || i < 0 || e < 0) continue;
		int item = s->files.applications.number[i], person = s->files.experts.number[e];
		for (uint32_t p = s->r.first[item]; p < s->r.first[item + 1]; p++) there |= s->files.in.expert[s->r.pair[p]] == person;
		uint32_t bits = assignment_conflicts(c, i, e);
		if (there || made(c, i, e)) continue;
		struct assign_reason r = { str_fmt(a, "指定的 A%d、E%d 排不进去%s", i + 1, e + 1, bits ? "：两者应当回避" : ""),
			str_fmt(a, "A%d with E%d, as forced, finds no place%s", i + 1, e + 1, bits ? ": they are in conflict" : "") };
		add_reasons(a, list, &r, 1);
	}
}

/* What was put on top so that a pair stays, of the affinity in the file. */
static int32_t stays_of(int32_t w) { return w < DRAW_KEPT / 2 ? 0 : (w + DRAW_KEPT / 2) / DRAW_KEPT * DRAW_KEPT; }

static void counts(struct arena *a, const struct assignment_case *c, const struct solved *s, struct val figures)
{
	int32_t *load = ARENA_ARRAY(a, int32_t, (size_t)c->n_person + 1);
	int64_t places = 0, filled = 0, used = 0, most = 0, no_field = 0, stay = 0;
	for (int i = 0; i < c->n_item; i++) places += c->need[i];
	for (int i = 0; i < s->files.in.n_application; i++)
		for (uint32_t p = s->r.first[i]; p < s->r.first[i + 1]; p++) {
			filled++;
			load[s->files.in.expert[s->r.pair[p]]]++;
			int32_t w = s->files.in.affinity[s->r.pair[p]];
			stay += stays_of(w);
			no_field += w - stays_of(w) <= 0;
		}
	for (int e = 0; e < c->n_person; e++) {
		used += load[e] > 0;
		if (load[e] > most) most = load[e];
	}
	struct val loads = val_map(a);
	VAL_SET(a, loads, "used", val_int(used));
	VAL_SET(a, loads, "most", val_int(most));
	VAL_SET(a, loads, "mean", val_dec(used ? (filled * 10 + used / 2) / used * (DEC_ONE / 10) : 0));
	VAL_SET(a, figures, "total", val_int(s->r.total - stay));
	VAL_SET(a, figures, "bound", val_int(s->r.bound - stay));
	VAL_SET(a, figures, "places", val_int(places));
	VAL_SET(a, figures, "filled", val_int(filled));
	VAL_SET(a, figures, "no_field", val_int(no_field));
	VAL_SET(a, figures, "loads", loads);
}

static struct val excluded(struct arena *a, const struct assignment_case *c)
{
	struct val list = val_list(a);
	for (int m = 0; m < c->def->n_match; m++) {
		struct val x = val_map(a);
		if (!c->def->match[m]->conflict) continue;
		VAL_SET(a, x, "name", val_text(c->def->match[m]->name));
		VAL_SET(a, x, "pairs", val_int(c->excluded[m]));
		val_push(a, list, x);
	}
	return list;
}

enum rc draw_solve(struct cx *cx, const struct assignment_case *c, const struct draw_changes *changes, uint64_t seed, struct draw_outcome *out)
{
	static const char *const statuses[] = { "optimal", "feasible", "infeasible", "infeasible" };
	struct arena *a = cx->arena;
	struct solved s = { 0 };
	struct val f = val_map(a), reasons = val_list(a);
	if (!c->n_item || !c->n_person)
		return fail(cx, RC_CONFLICT, "assignment.empty", NOWHERE, "本轮有 %d 项待评、%d 名专家，无从指派", "the round has %d items and %d persons: nothing to assign", c->n_item, c->n_person);
	TRY(draw_files(cx, c, changes, out));
	TRY(run(cx, c->def, seed, out, &s));
	bool none = s.r.status >= ASSIGN_INFEASIBLE || s.check.n_reason > 0;
	if (s.r.status == ASSIGN_INFEASIBLE) add_reasons(a, reasons, s.r.reason, s.r.n_reason);
	else add_reasons(a, reasons, s.check.reason, s.check.n_reason);
	size_t before = val_len(reasons);
	missed(a, c, changes, &s, reasons);
	none |= val_len(reasons) > before;
	VAL_SET(a, f, "status", val_textz(none ? "infeasible" : statuses[s.r.status]));
	VAL_SET(a, f, "items", val_int(c->n_item));
	VAL_SET(a, f, "persons", val_int(c->n_person));
	VAL_SET(a, f, "candidates", val_int(c->row[c->n_item]));
	VAL_SET(a, f, "unfilled", val_int(s.r.unfilled));
	VAL_SET(a, f, "rests", val_int(c->n_rests));
	counts(a, c, &s, f);
	VAL_SET(a, f, "excluded_pairs", val_int(c->excluded_pairs));
	VAL_SET(a, f, "excluded", excluded(a, c));
	VAL_SET(a, f, "reasons", reasons);
	VAL_SET(a, f, "cpu_ms", val_int(s.cpu_ms));
	out->figures = f;
	out->commitment = assign_commitment(cx, &s.files, seed);
	if (none) return RC_OK;
	struct buf b = BUF(a, TEXT_MAX);
	assign_assignment_write(cx, &s.files, s.r.first, s.r.pair, &b);
	out->answer = buf_str(&b);
	return RC_OK;
}

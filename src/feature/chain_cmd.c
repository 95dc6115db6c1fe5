#include "feature/chain_cmd.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/csv.h"
#include "base/time.h"
#include "engine/chain_io.h"
#include "engine/chain_map.h"
#include "feature/chain_file.h"
#include "feature/engine_cmd.h"

enum { OUT_MAX = 1 << 30 };

enum { STEPS_MAX = 64, WORDS_MAX = 3 };
/* What a what-if changes, as it was given; the option tells which act it is. */
struct asked { const char *option, *value; };

struct job {
	struct cx *cx;
	const char *word[WORDS_MAX];    /* after the verb; NULL where there is none */
	const char *out, *region, *root, *paper, *link, *table, *metrics;
	int64_t depth, most;
	struct asked step[STEPS_MAX];
	int n_step;
	struct val json;
	struct chain chain;
	struct str file[CHAIN_TABLES];
};

static const char usage_zh[] =
	"用法：lianchuang chain load|check 目录 · metrics 目录 --region R --out O.csv · impact 目录 --out O.csv · map 目录 --root ID --out F.svg [--region R] [--depth N] [--most N] [--paper A4|A3] [--table T.csv] · what-if 目录 [--stop ID] [--stop-region R] [--drop-maker O:P] [--add-maker O:P] --out O.csv [--region R --metrics M.csv] · shock 目录 --stop ID --out O.csv · diff 旧 新 --out O.csv · io 流量.csv --out O.csv · convert ckg|csv|graphml 来源 去处";
static const char usage_en[] =
	"usage: lianchuang chain load|check DIR · metrics DIR --region R --out O.csv · impact DIR --out O.csv · map DIR --root ID --out F.svg [--region R] [--depth N] [--most N] [--paper A4|A3] [--table T.csv] · what-if DIR [--stop ID] [--stop-region R] [--drop-maker O:P] [--add-maker O:P] --out O.csv [--region R --metrics M.csv] · shock DIR --stop ID --out O.csv · diff OLD NEW --out O.csv · io FLOWS.csv --out O.csv · convert ckg|csv|graphml FROM TO";

static enum rc usage(struct cx *cx) { return fail_text(cx, RC_INVALID, "cli.usage", NOWHERE, str_c(usage_zh), str_c(usage_en)); }

static enum rc read_options(struct engine_run *r, struct job *j)
{
	static const char *const acts[] = { "stop", "stop-region", "drop-maker", "add-maker" };
	const char *given;
	j->out = engine_option(r, "out");
	j->region = engine_option(r, "region");
	j->root = engine_option(r, "root");
	j->paper = engine_option(r, "paper");
	j->link = engine_option(r, "link");
	j->table = engine_option(r, "table");
	j->metrics = engine_option(r, "metrics");
	TRY(engine_number(r, "depth", 0, 1000, 0, &j->depth));
	TRY(engine_number(r, "most", 0, 5000, 0, &j->most));
	for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
		while (j->n_step < STEPS_MAX && (given = engine_option(r, acts[i]))) j->step[j->n_step++] = (struct asked){ acts[i], given };
	for (int i = 0; i < WORDS_MAX; i++) j->word[i] = engine_word(r);
	if (j->paper && strcmp(j->paper, "A4") != 0 && strcmp(j->paper, "A3") != 0)
		return fail(&r->cx, RC_INVALID, "chain.paper", NOWHERE, "--paper 应为 A4 或 A3，此处为“%s”", "--paper takes A4 or A3, not “%s”", j->paper);
	return engine_words_end(r, usage_zh, usage_en);
}

static void set_int(struct job *j, const char *key, int64_t v) { val_set(j->cx->arena, j->json, str_c(key), val_int(v)); }

/* ---- reading, and what it found ---- */

static void put_findings(const struct job *j)
{
	for (size_t i = 0; i < j->chain.finding.n; i++) {
		const struct chain_finding *f = &j->chain.finding.v[i];
		struct str text = j->cx->lang == LANG_ZH ? f->zh : f->en;
		fprintf(stderr, "%.*s:%d: %s: %.*s", STRF(j->file[f->table]), f->line, chain_fault_name[f->fault], STRF(text));
		if (f->other) fprintf(stderr, j->cx->lang == LANG_ZH ? "（另见第 %d 行）" : " (see line %d)", f->other);
		fputc('\n', stderr);
	}
}

/* Cycles and equal names are worth knowing, but a chain may have them. */
static bool is_mistake(enum chain_fault f) { return f != CHAIN_CYCLE && f != CHAIN_SAME_NAME; }

static struct where at_file(const struct job *j, enum chain_table t) { return (struct where){ .file = j->file[t], .line = 1, .column = 1 }; }

static int count_kind(const struct chain *c, enum chain_kind kind)
{
	int n = 0;
	for (size_t i = 0; i < c->node.n; i++) n += c->node.v[i].kind == kind;
	return n;
}

static int set_counts(struct job *j)
{
	const struct chain *c = &j->chain;
	int by[CHAIN_FAULTS] = { 0 }, mistakes = 0;
	set_int(j, "nodes", (int64_t)c->node.n);
	set_int(j, "products", count_kind(c, CHAIN_PRODUCT));
	set_int(j, "organisations", count_kind(c, CHAIN_ORGANISATION));
	set_int(j, "needs", (int64_t)c->need.n);
	set_int(j, "makes", (int64_t)c->make.n);
	set_int(j, "researches", (int64_t)c->research.n);
	set_int(j, "kinds", (int64_t)c->variant.n);
	set_int(j, "wants", (int64_t)c->want.n);
	for (size_t i = 0; i < c->finding.n; i++) {
		by[c->finding.v[i].fault]++;
		mistakes += is_mistake(c->finding.v[i].fault);
	}
	struct val faults = val_map(j->cx->arena);
	for (int k = 0; k < CHAIN_FAULTS; k++)
		if (by[k]) val_set(j->cx->arena, faults, str_c(chain_fault_name[k]), val_int(by[k]));
	set_int(j, "findings", (int64_t)c->finding.n);
	VAL_SET(j->cx->arena, j->json, "found", faults);
	return mistakes;
}

static enum rc read_chain(struct job *j, bool findings)
{
	if (!j->word[0]) return usage(j->cx);
	TRY(chain_file_read(j->cx, str_c(j->word[0]), &j->chain, j->file));
	if (findings) put_findings(j);
	else if (j->chain.finding.n)
		fprintf(stderr, j->cx->lang == LANG_ZH ? "导入时发现 %zu 处问题，用 chain check 查看\n" : "%zu findings on import: see chain check\n", j->chain.finding.n);
	return RC_OK;
}

static enum rc do_load(struct job *j)
{
	TRY(read_chain(j, true));
	set_counts(j);
	return RC_OK;
}

static enum rc do_check(struct job *j)
{
	TRY(read_chain(j, true));
	int mistakes = set_counts(j);
	if (!mistakes) return RC_OK;
	const struct chain_finding *first = j->chain.finding.v;
	while (!is_mistake(first->fault)) first++;
	return fail(j->cx, RC_INVALID, "chain.mistakes", ((struct where){ .file = j->file[first->table], .line = first->line, .column = 1 }), "共 %d 处错误，这是第一处",
		"%d mistakes, this is the first", mistakes);
}

/* ---- what fails ---- */

static enum rc write_out(struct job *j, const struct buf *b)
{
	return j->out ? engine_save(j->cx, j->out, b) : RC_OK;
}

/* A table for a person: spreadsheets take it for UTF-8 by its first three bytes. */
static struct buf table_out(struct job *j)
{
	struct buf b = BUF(j->cx->arena, OUT_MAX);
	buf_add(&b, STR("\xEF\xBB\xBF"));
	return b;
}

static enum rc do_impact(struct job *j)
{
	struct chain_wired w;
	struct buf b = table_out(j);
	TRY(read_chain(j, false));
	const struct chain *c = &j->chain;
	int64_t at = time_cpu_us(), most = 0, sum = 0;
	chain_wire(j->cx, c, &w);
	at = time_cpu_us() - at;
	buf_add(&b, STR("id,kind,name,stopped,products,organisations,share,size_coverage\r\n"));
	for (size_t i = 0; i < c->node.n; i++) {
		const struct chain_node *n = &c->node.v[i];
		csv_put(&b, n->id, true);
		csv_put(&b, str_c(chain_kind_name[n->kind]), false);
		csv_put(&b, n->name, false);
		buf_fmt(&b, ",%d,%d,%d,", w.impact.stopped[i], w.products[i], w.organisations[i]);
		if (w.total) buf_fmt(&b, "%.6f", (double)w.impact.weight[i] / (double)w.total);
		buf_fmt(&b, ",%.4f\r\n", w.coverage);
		if (w.impact.stopped[i] > most) most = w.impact.stopped[i];
		sum += w.impact.stopped[i];
	}
	set_int(j, "nodes", (int64_t)c->node.n);
	set_int(j, "largest", most);
	set_int(j, "sum", sum);
	VAL_SET(j->cx->arena, j->json, "size_coverage", chain_ratio(w.coverage));
	VAL_SET(j->cx->arena, j->json, "method", val_textz(w.impact.by_rows ? "rows" : "cascades"));
	VAL_SET(j->cx->arena, j->json, "compute_seconds", val_dec(at));
	return write_out(j, &b);
}

static enum rc place_named(struct job *j, struct str name, int32_t *out)
{
	const struct chain *c = &j->chain;
	*out = chain_place_find(c, name);
	if (*out >= 0) return RC_OK;
	enum rc rc = fail(j->cx, RC_INVALID, "chain.region", at_file(j, CHAIN_NODES), "没有地区“%.*s”", "no region “%.*s”", STRF(name));
	struct str *names = ARENA_ARRAY(j->cx->arena, struct str, c->place.n + 1);
	for (size_t i = 0; i < c->place.n; i++) names[i] = c->place.v[i].name;
	int near = nearest_name(name, names, (int)c->place.n);
	if (near >= 0) fail_hint(j->cx, "是否指 %.*s？", "did you mean %.*s?", STRF(names[near]));
	return rc;
}

static enum rc region_of(struct job *j, int32_t *out)
{
	*out = -1;
	return j->region ? place_named(j, str_c(j->region), out) : RC_OK;
}

/* The table of figures of a chain as the region sees it, and how many products are in which state. */
static enum rc put_metrics(struct job *j, const struct chain *c, struct buf *out)
{
	struct chain_wired w;
	struct chain_figures f;
	struct chain_view view = { 0 };
	int by[4] = { 0 };
	TRY(region_of(j, &view.region));
	int64_t at = time_cpu_us();
	chain_wire(j->cx, c, &w);
	TRY(chain_measure(j->cx, c, &w, &view, &f));
	VAL_SET(j->cx->arena, j->json, "compute_seconds", val_dec(time_cpu_us() - at));
	chain_table_csv(j->cx, out, &f);
	for (int i = 0; i < f.n; i++) by[f.product[i].state]++;
	set_int(j, "products", f.n);
	set_int(j, "missing", by[CHAIN_MISSING]);
	set_int(j, "weak", by[CHAIN_WEAK]);
	set_int(j, "strong", by[CHAIN_STRONG]);
	set_int(j, "unknown", by[CHAIN_STATE_UNKNOWN]);
	VAL_SET(j->cx->arena, j->json, "coverage", chain_ratio(f.coverage));
	VAL_SET(j->cx->arena, j->json, "size_coverage", chain_ratio(w.coverage));
	return RC_OK;
}

static enum rc do_metrics(struct job *j)
{
	struct buf b = table_out(j);
	TRY(read_chain(j, false));
	TRY(put_metrics(j, &j->chain, &b));
	return write_out(j, &b);
}

static enum rc view_of(struct job *j, struct chain_map_view *view)
{
	struct str root = str_c(j->root);
	*view = (struct chain_map_view){ .root = root.n ? chain_find(&j->chain, root) : -1, .depth = (int)j->depth, .most = (int)j->most, .lang = j->cx->lang,
		.link = str_c(j->link), .paper = !j->paper ? CHAIN_SCREEN : strcmp(j->paper, "A4") == 0 ? CHAIN_A4 : CHAIN_A3 };
	if (root.n && (view->root < 0 || j->chain.node.v[view->root].kind != CHAIN_PRODUCT))
		return fail(j->cx, RC_INVALID, "chain.root", at_file(j, CHAIN_NODES), "没有产品“%.*s”", "no product “%.*s”", STRF(root));
	return RC_OK;
}

static enum rc do_map(struct job *j)
{
	struct chain_wired w;
	struct chain_figures f;
	struct chain_view region = { 0 };
	struct chain_map_view view;
	struct chain_map m;
	struct buf svg = BUF(j->cx->arena, OUT_MAX), table = table_out(j);
	TRY(read_chain(j, false));
	TRY(region_of(j, &region.region));
	TRY(view_of(j, &view));
	chain_wire(j->cx, &j->chain, &w);
	TRY(chain_measure(j->cx, &j->chain, &w, &region, &f));
	int64_t at = time_cpu_us();
	chain_map(j->cx, &f, &view, &m);
	VAL_SET(j->cx->arena, j->json, "layout_seconds", val_dec(time_cpu_us() - at));
	chain_map_svg(&svg, &f, &view, &m);
	set_int(j, "nodes", m.n);
	set_int(j, "edges", m.edges);
	set_int(j, "columns", m.layout.columns);
	set_int(j, "crossings", m.layout.crossings);
	TRY(write_out(j, &svg));
	if (!j->table) return RC_OK;
	chain_map_csv(&table, &f, &m);
	return engine_save(j->cx, j->table, &table);
}

/* ---- what if ---- */

static enum rc node_named(struct job *j, struct str id, int32_t *out)
{
	*out = chain_find(&j->chain, id);
	if (*out < 0) return fail(j->cx, RC_INVALID, "chain.node", at_file(j, CHAIN_NODES), "没有编号“%.*s”", "no id “%.*s”", STRF(id));
	return RC_OK;
}

/* --stop ID · --stop-region R · --drop-maker ORGANISATION:PRODUCT · --add-maker ORGANISATION:PRODUCT. */
static enum rc read_step(struct job *j, const struct asked *asked, struct chain_step *s)
{
	struct str value = str_c(asked->value), first;
	*s = (struct chain_step){ .share = NAN };
	if (strcmp(asked->option, "stop") == 0) return node_named(j, value, &s->a);
	if (strcmp(asked->option, "stop-region") == 0) {
		s->act = CHAIN_STOP_PLACE;
		return place_named(j, value, &s->a);
	}
	s->act = asked->option[0] == 'd' ? CHAIN_DROP_MAKER : CHAIN_ADD_MAKER;
	if (!str_cut(&value, ':', &first) || !value.n) return usage(j->cx);
	TRY(node_named(j, first, &s->a));
	return node_named(j, value, &s->b);
}

/* The lines of the tables that the group stands on. */
static void put_lines(struct job *j, struct buf *b, const struct chain_wired *w, int32_t group)
{
	enum { LINES_SHOWN = 12 };
	struct buf text = BUF(j->cx->arena, 1 << 12);
	for (int32_t i = group < 0 ? 0 : w->why_first[group], from = i; group >= 0 && i < w->why_first[group + 1] && i < from + LINES_SHOWN; i++)
		buf_fmt(&text, "%s%s:%d", i > from ? " " : "", chain_table_name[w->why[i]->table], w->why[i]->line);
	csv_put(b, buf_str(&text), false);
}

static void put_stopped(struct job *j, struct buf *b, const struct chain *c, const struct chain_wired *w, const struct chain_stopped *s)
{
	enum { PATH_MAX_SHOWN = 12 };
	buf_add(b, STR("id,kind,name,because,evidence\r\n"));
	for (int32_t i = 0; i < s->n; i++) {
		int32_t path[PATH_MAX_SHOWN];
		struct buf why = BUF(j->cx->arena, 1 << 16);
		int n = chain_reasons(w, s, s->node[i], path, PATH_MAX_SHOWN);
		for (int k = 0; k < n; k++) {
			if (k) buf_add(&why, STR(" → "));
			buf_add(&why, c->node.v[path[k]].name);
		}
		csv_put(b, c->node.v[s->node[i]].id, true);
		csv_put(b, str_c(chain_kind_name[c->node.v[s->node[i]].kind]), false);
		csv_put(b, c->node.v[s->node[i]].name, false);
		csv_put(b, buf_str(&why), false);
		put_lines(j, b, w, s->cause[s->node[i]]);
		csv_end_row(b);
	}
}

/* What is left to be measured: those that stopped make nothing any more. */
static struct chain without_stopped(struct job *j, const struct chain *c, const struct chain_stopped *s)
{
	struct chain r = *c;
	r.make.v = NULL;
	r.make.n = r.make.cap = 0;
	for (size_t i = 0; i < c->make.n; i++)
		if (s->cause[c->make.v[i].organisation] == CHAIN_RUNS) VEC_PUSH(j->cx->arena, &r.make, c->make.v[i]);
	return r;
}

static enum rc do_what_if(struct job *j)
{
	struct chain_step step[STEPS_MAX];
	struct chain now;
	struct chain_wired w;
	struct chain_stopped s;
	struct buf b = table_out(j);
	if (!j->n_step) return usage(j->cx);
	TRY(read_chain(j, false));
	for (int i = 0; i < j->n_step; i++) TRY(read_step(j, &j->step[i], &step[i]));
	int64_t at = time_cpu_us();
	chain_change(j->cx, &j->chain, step, j->n_step, &now);
	chain_wire(j->cx, &now, &w);
	chain_stop(j->cx, &now, &w, now.fallen, now.n_fallen, &s);
	VAL_SET(j->cx->arena, j->json, "compute_seconds", val_dec(time_cpu_us() - at));
	put_stopped(j, &b, &now, &w, &s);
	set_int(j, "stopped", s.n);
	set_int(j, "products", s.products);
	set_int(j, "organisations", s.organisations);
	VAL_SET(j->cx->arena, j->json, "share", w.total ? chain_ratio((double)s.weight / (double)w.total) : VNULL);
	VAL_SET(j->cx->arena, j->json, "size_coverage", chain_ratio(w.coverage));
	TRY(write_out(j, &b));
	if (!j->metrics) return RC_OK;
	struct buf table = table_out(j);
	struct chain left = without_stopped(j, &now, &s);
	struct job after = { .cx = j->cx, .region = j->region, .chain = left, .json = val_map(j->cx->arena) };
	TRY(put_metrics(&after, &left, &table));
	VAL_SET(j->cx->arena, j->json, "after", after.json);
	return engine_save(j->cx, j->metrics, &table);
}

/* How much output each node loses while one stops for a time. */
static enum rc do_shock(struct job *j)
{
	struct chain_step stop;
	struct buf b = table_out(j);
	double cut;
	int64_t hit = 0;
	if (j->n_step != 1 || strcmp(j->step[0].option, "stop") != 0) return usage(j->cx);
	TRY(read_chain(j, false));
	TRY(read_step(j, &j->step[0], &stop));
	const struct chain *c = &j->chain;
	double *loss = ARENA_ARRAY(j->cx->arena, double, c->node.n + 1);
	int64_t at = time_cpu_us();
	chain_shock(j->cx, c, stop.a, loss, &cut);
	VAL_SET(j->cx->arena, j->json, "compute_seconds", val_dec(time_cpu_us() - at));
	buf_add(&b, STR("id,kind,name,loss,sentence_zh,sentence_en\r\n"));
	for (size_t i = 0; i < c->node.n; i++) {
		if (loss[i] <= 0) continue;
		hit++;
		csv_put(&b, c->node.v[i].id, true);
		csv_put(&b, str_c(chain_kind_name[c->node.v[i].kind]), false);
		csv_put(&b, c->node.v[i].name, false);
		buf_fmt(&b, ",%.6f", loss[i]);
		csv_put(&b, chain_shock_sentence(j->cx->arena, c, stop.a, (int32_t)i, loss[i], LANG_ZH), false);
		csv_put(&b, chain_shock_sentence(j->cx->arena, c, stop.a, (int32_t)i, loss[i], LANG_EN), false);
		csv_end_row(&b);
	}
	set_int(j, "hit", hit);
	VAL_SET(j->cx->arena, j->json, "not_followed", chain_ratio(cut));
	return write_out(j, &b);
}

static enum rc do_diff(struct job *j)
{
	struct chain now;
	struct str file[CHAIN_TABLES];
	struct chain_difference *d;
	struct buf b = table_out(j);
	int n, by[3] = { 0 };
	TRY(read_chain(j, false));
	if (!j->word[1]) return usage(j->cx);
	TRY(chain_file_read(j->cx, str_c(j->word[1]), &now, file));
	chain_diff(j->cx, &j->chain, &now, &d, &n);
	buf_add(&b, STR("table,what,id,zh,en\r\n"));
	for (int i = 0; i < n; i++) {
		static const char *const what[3] = { "added", "taken", "changed" };
		int k = d[i].what == '+' ? 0 : d[i].what == '-' ? 1 : 2;
		by[k]++;
		csv_put(&b, str_c(chain_table_name[d[i].table]), true);
		csv_put(&b, str_c(what[k]), false);
		csv_put(&b, d[i].id, false);
		csv_put(&b, d[i].zh, false);
		csv_put(&b, d[i].en, false);
		csv_end_row(&b);
	}
	set_int(j, "added", by[0]);
	set_int(j, "taken", by[1]);
	set_int(j, "changed", by[2]);
	return write_out(j, &b);
}

static enum rc do_io(struct job *j)
{
	struct chain_rows_in flows;
	struct chain_io io;
	struct buf b = table_out(j);
	if (!j->word[0]) return usage(j->cx);
	TRY(chain_file_rows(j->cx, j->word[0], &flows));
	TRY(chain_io(j->cx, &flows, &io));
	buf_add(&b, STR("sector,output,backward,forward,removal,sentence_zh,sentence_en\r\n"));
	for (int i = 0; i < io.n; i++) {
		csv_put(&b, io.sector[i], true);
		buf_fmt(&b, ",%.10g,%.10g,%.10g,%.10g", io.output[i], io.backward[i], io.forward[i], io.removal[i]);
		csv_put(&b, chain_io_sentence(j->cx->arena, &io, i, LANG_ZH), false);
		csv_put(&b, chain_io_sentence(j->cx->arena, &io, i, LANG_EN), false);
		csv_end_row(&b);
	}
	set_int(j, "sectors", io.n);
	return write_out(j, &b);
}

/* ---- convert ---- */

static enum rc write_folder(struct job *j, const char *dir)
{
	if (mkdir(dir, 0777) != 0 && access(dir, W_OK) != 0)
		return fail(j->cx, RC_IO, "chain.output", NOWHERE, "无法建立目录 %s", "cannot make the folder %s", dir);
	for (enum chain_table t = 0; t < CHAIN_TABLES; t++) {
		struct buf b = BUF(j->cx->arena, OUT_MAX);
		chain_write(&b, &j->chain, t);
		TRY(engine_save(j->cx, str_fmt(j->cx->arena, "%s/%s.csv", dir, chain_table_name[t]).p, &b));
	}
	return RC_OK;
}

static enum rc do_convert(struct job *j)
{
	struct str what = str_c(j->word[0]), from = str_c(j->word[1]);
	const char *to = j->word[2];
	struct chain_rows_in table[CHAIN_TABLES] = { 0 };
	if (!to) return usage(j->cx);
	if (str_is(what, "ckg")) {
		TRY(chain_file_ckg(j->cx, from, table));
		TRY(chain_read(j->cx, table, &j->chain));
		for (int t = 0; t < CHAIN_TABLES; t++) j->file[t] = table[t].file;
	} else if (str_is(what, "csv") || str_is(what, "graphml")) {
		TRY(chain_file_read(j->cx, from, &j->chain, j->file));
	} else {
		return usage(j->cx);
	}
	put_findings(j);
	set_counts(j);
	if (!str_is(what, "graphml")) return write_folder(j, to);
	struct buf b = BUF(j->cx->arena, OUT_MAX);
	chain_graphml(&b, &j->chain);
	return engine_save(j->cx, to, &b);
}

/* ---- the command ---- */

static const struct { const char *word; enum rc (*run)(struct job *j); } verbs[] = {
	{ "load", do_load }, { "check", do_check }, { "impact", do_impact }, { "metrics", do_metrics }, { "map", do_map }, { "what-if", do_what_if }, { "shock", do_shock }, { "diff", do_diff }, { "io", do_io }, { "convert", do_convert },
};

static enum rc run(struct engine_run *r, struct job *j)
{
	const char *verb = engine_word(r);
	TRY(read_options(r, j));
	for (size_t i = 0; verb && i < sizeof verbs / sizeof *verbs; i++)
		if (strcmp(verb, verbs[i].word) == 0) return verbs[i].run(j);
	return usage(&r->cx);
}

int chain_command(int argc, char **argv)
{
	struct engine_run r = engine_begin(argc, argv, (size_t)12 << 30);
	struct job j = { .cx = &r.cx, .json = val_map(r.cx.arena) };
	enum rc rc = run(&r, &j);
	VAL_SET(r.cx.arena, j.json, "status", val_textz(rc == RC_OK ? "ok" : "invalid"));
	enum rc printed = engine_figures(&r, j.json, 0);
	return engine_end(&r, rc == RC_OK ? printed : rc, false);
}

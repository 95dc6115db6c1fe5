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

struct job {
	struct cx *cx;
	int argc;
	char **argv;                    /* words after the verb */
	struct val json;
	struct chain chain;
	struct str file[CHAIN_TABLES];
};

static const char *const with_value[] = { "out", "region", "root", "depth", "paper", "stop", "stop-region", "drop-maker", "add-maker", "link", "most", "table", NULL };

static struct str option(const struct job *j, const char *name)
{
	for (int i = 0; i + 1 < j->argc; i++)
		if (strncmp(j->argv[i], "--", 2) == 0 && strcmp(j->argv[i] + 2, name) == 0) return str_c(j->argv[i + 1]);
	return STR("");
}

/* The n-th word that is neither an option nor an option's value. */
static struct str word(const struct job *j, int n)
{
	for (int i = 0; i < j->argc; i++) {
		if (strncmp(j->argv[i], "--", 2) == 0) {
			for (int k = 0; with_value[k]; k++)
				if (strcmp(j->argv[i] + 2, with_value[k]) == 0) i++;
			continue;
		}
		if (n-- == 0) return str_c(j->argv[i]);
	}
	return STR("");
}

static enum rc usage(struct cx *cx)
{
	return fail(cx, RC_INVALID, "cli.usage", NOWHERE,
		"用法：lianchuang chain load|check 目录 · metrics 目录 --region R --out O.csv · impact 目录 --out O.csv · map 目录 --root ID --out F.svg [--region R] [--depth N] [--most N] [--paper A4|A3] [--table T.csv] · what-if 目录 [--stop ID] [--stop-region R] [--drop-maker O:P] [--add-maker O:P] --out O.csv · diff 旧 新 --out O.csv · io 流量.csv --out O.csv · convert ckg|csv|graphml 来源 去处",
		"usage: lianchuang chain load|check DIR · metrics DIR --region R --out O.csv · impact DIR --out O.csv · map DIR --root ID --out F.svg [--region R] [--depth N] [--most N] [--paper A4|A3] [--table T.csv] · what-if DIR [--stop ID] [--stop-region R] [--drop-maker O:P] [--add-maker O:P] --out O.csv · diff OLD NEW --out O.csv · io FLOWS.csv --out O.csv · convert ckg|csv|graphml FROM TO");
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
	if (!word(j, 0).n) return usage(j->cx);
	TRY(chain_file_read(j->cx, word(j, 0), &j->chain, j->file));
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
	struct str path = option(j, "out");
	if (path.n) TRY(chain_file_write(j->cx, path, b));
	return RC_OK;
}

static enum rc do_impact(struct job *j)
{
	struct chain_wired w;
	struct buf b = BUF(j->cx->arena, OUT_MAX);
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

static enum rc region_of(struct job *j, const struct chain *c, int32_t *out)
{
	struct str name = option(j, "region");
	*out = name.n ? chain_place_find(c, name) : -1;
	if (*out >= 0 || !name.n) return RC_OK;
	enum rc rc = fail(j->cx, RC_INVALID, "chain.region", at_file(j, CHAIN_NODES), "没有地区“%.*s”，请用 --region 给出", "no region “%.*s”; name one with --region", STRF(name));
	struct str *names = ARENA_ARRAY(j->cx->arena, struct str, c->place.n + 1);
	for (size_t i = 0; i < c->place.n; i++) names[i] = c->place.v[i].name;
	int near = nearest_name(name, names, (int)c->place.n);
	if (near >= 0) fail_hint(j->cx, "是否指 %.*s？", "did you mean %.*s?", STRF(names[near]));
	return rc;
}

static enum rc do_metrics(struct job *j)
{
	struct chain_wired w;
	struct chain_figures f;
	struct chain_view view = { 0 };
	struct buf b = BUF(j->cx->arena, OUT_MAX);
	int by[4] = { 0 };
	TRY(read_chain(j, false));
	TRY(region_of(j, &j->chain, &view.region));
	int64_t at = time_cpu_us();
	chain_wire(j->cx, &j->chain, &w);
	TRY(chain_measure(j->cx, &j->chain, &w, &view, &f));
	VAL_SET(j->cx->arena, j->json, "compute_seconds", val_dec(time_cpu_us() - at));
	chain_table_csv(j->cx, &b, &f);
	for (int i = 0; i < f.n; i++) by[f.product[i].state]++;
	set_int(j, "products", f.n);
	set_int(j, "missing", by[CHAIN_MISSING]);
	set_int(j, "weak", by[CHAIN_WEAK]);
	set_int(j, "strong", by[CHAIN_STRONG]);
	set_int(j, "unknown", by[CHAIN_STATE_UNKNOWN]);
	VAL_SET(j->cx->arena, j->json, "coverage", chain_ratio(f.coverage));
	VAL_SET(j->cx->arena, j->json, "size_coverage", chain_ratio(w.coverage));
	return write_out(j, &b);
}

static enum rc view_of(struct job *j, struct chain_map_view *view)
{
	struct str root = option(j, "root"), paper = option(j, "paper");
	int64_t depth = 0, most = 0;
	*view = (struct chain_map_view){ .root = root.n ? chain_find(&j->chain, root) : -1, .lang = j->cx->lang, .link = option(j, "link") };
	if (root.n && (view->root < 0 || j->chain.node.v[view->root].kind != CHAIN_PRODUCT))
		return fail(j->cx, RC_INVALID, "chain.root", at_file(j, CHAIN_NODES), "没有产品“%.*s”", "no product “%.*s”", STRF(root));
	if ((option(j, "depth").n && !str_int(option(j, "depth"), &depth)) || (option(j, "most").n && !str_int(option(j, "most"), &most)) || depth < 0 || depth > 1000 || most < 0 || most > 5000)
		return usage(j->cx);
	view->depth = (int)depth;
	view->most = (int)most;
	view->paper = str_is(paper, "A4") ? CHAIN_A4 : str_is(paper, "A3") ? CHAIN_A3 : CHAIN_SCREEN;
	return RC_OK;
}

static enum rc do_map(struct job *j)
{
	struct chain_wired w;
	struct chain_figures f;
	struct chain_view region = { 0 };
	struct chain_map_view view;
	struct chain_map m;
	struct buf svg = BUF(j->cx->arena, OUT_MAX), table = BUF(j->cx->arena, OUT_MAX);
	TRY(read_chain(j, false));
	TRY(region_of(j, &j->chain, &region.region));
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
	if (!option(j, "table").n) return RC_OK;
	chain_map_csv(&table, &f, &m);
	return chain_file_write(j->cx, option(j, "table"), &table);
}

/* ---- what if ---- */

enum { STEPS_MAX = 64 };

static enum rc node_named(struct job *j, struct str id, int32_t *out)
{
	*out = chain_find(&j->chain, id);
	if (*out < 0) return fail(j->cx, RC_INVALID, "chain.node", at_file(j, CHAIN_NODES), "没有编号“%.*s”", "no id “%.*s”", STRF(id));
	return RC_OK;
}

/* --stop ID · --stop-region R · --drop-maker ORGANISATION:PRODUCT · --add-maker ORGANISATION:PRODUCT, any number of times. */
static enum rc read_steps(struct job *j, struct chain_step step[STEPS_MAX], int *n)
{
	*n = 0;
	for (int i = 0; i + 1 < j->argc && *n < STEPS_MAX; i++) {
		struct str value = str_c(j->argv[i + 1]), first;
		struct chain_step *s = &step[*n];
		*s = (struct chain_step){ .share = NAN };
		if (strcmp(j->argv[i], "--stop") == 0) {
			TRY(node_named(j, value, &s->a));
		} else if (strcmp(j->argv[i], "--stop-region") == 0) {
			s->act = CHAIN_STOP_PLACE;
			s->a = chain_place_find(&j->chain, value);
			if (s->a < 0) return fail(j->cx, RC_INVALID, "chain.region", at_file(j, CHAIN_NODES), "没有地区“%.*s”", "no region “%.*s”", STRF(value));
		} else if (strcmp(j->argv[i], "--drop-maker") == 0 || strcmp(j->argv[i], "--add-maker") == 0) {
			s->act = j->argv[i][2] == 'd' ? CHAIN_DROP_MAKER : CHAIN_ADD_MAKER;
			if (!str_cut(&value, ':', &first)) return usage(j->cx);
			TRY(node_named(j, first, &s->a));
			TRY(node_named(j, value, &s->b));
		} else {
			continue;
		}
		(*n)++;
		i++;
	}
	return *n ? RC_OK : usage(j->cx);
}

static void put_stopped(struct job *j, struct buf *b, const struct chain *c, const struct chain_wired *w, const struct chain_stopped *s)
{
	enum { PATH_MAX_SHOWN = 12 };
	buf_add(b, STR("id,kind,name,because\r\n"));
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
		csv_end_row(b);
	}
}

static enum rc do_what_if(struct job *j)
{
	struct chain_step step[STEPS_MAX];
	struct chain now;
	struct chain_wired w;
	struct chain_stopped s;
	struct buf b = BUF(j->cx->arena, OUT_MAX);
	int n;
	TRY(read_chain(j, false));
	TRY(read_steps(j, step, &n));
	int64_t at = time_cpu_us();
	chain_change(j->cx, &j->chain, step, n, &now);
	chain_wire(j->cx, &now, &w);
	chain_stop(j->cx, &now, &w, now.fallen, now.n_fallen, &s);
	VAL_SET(j->cx->arena, j->json, "compute_seconds", val_dec(time_cpu_us() - at));
	put_stopped(j, &b, &now, &w, &s);
	set_int(j, "stopped", s.n);
	set_int(j, "products", s.products);
	set_int(j, "organisations", s.organisations);
	VAL_SET(j->cx->arena, j->json, "share", w.total ? chain_ratio((double)s.weight / (double)w.total) : VNULL);
	VAL_SET(j->cx->arena, j->json, "size_coverage", chain_ratio(w.coverage));
	return write_out(j, &b);
}

static enum rc do_diff(struct job *j)
{
	struct chain now;
	struct str file[CHAIN_TABLES];
	struct chain_difference *d;
	struct buf b = BUF(j->cx->arena, OUT_MAX);
	int n, by[3] = { 0 };
	TRY(read_chain(j, false));
	if (!word(j, 1).n) return usage(j->cx);
	TRY(chain_file_read(j->cx, word(j, 1), &now, file));
	TRY(chain_diff(j->cx, &j->chain, &now, &d, &n));
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
	struct buf b = BUF(j->cx->arena, OUT_MAX);
	if (!word(j, 0).n) return usage(j->cx);
	TRY(chain_file_rows(j->cx, word(j, 0), &flows));
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

static enum rc write_folder(struct job *j, struct str dir)
{
	if (mkdir(str_z(j->cx->arena, dir), 0777) != 0 && access(str_z(j->cx->arena, dir), W_OK) != 0)
		return fail(j->cx, RC_IO, "chain.output", NOWHERE, "无法建立目录 %.*s", "cannot make the folder %.*s", STRF(dir));
	for (enum chain_table t = 0; t < CHAIN_TABLES; t++) {
		struct buf b = BUF(j->cx->arena, OUT_MAX);
		chain_write(&b, &j->chain, t);
		TRY(chain_file_write(j->cx, str_fmt(j->cx->arena, "%.*s/%s.csv", STRF(dir), chain_table_name[t]), &b));
	}
	return RC_OK;
}

static enum rc do_convert(struct job *j)
{
	struct str what = word(j, 0), from = word(j, 1), to = word(j, 2);
	struct chain_rows_in table[CHAIN_TABLES] = { 0 };
	if (!to.n) return usage(j->cx);
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
	return chain_file_write(j->cx, to, &b);
}

/* ---- the command ---- */

static const struct { const char *word; enum rc (*run)(struct job *j); } verbs[] = {
	{ "load", do_load }, { "check", do_check }, { "impact", do_impact }, { "metrics", do_metrics }, { "map", do_map }, { "what-if", do_what_if }, { "diff", do_diff }, { "io", do_io }, { "convert", do_convert },
};

int chain_command(int argc, char **argv)
{
	struct engine_run r = engine_begin(argc, argv, (size_t)12 << 30);
	struct job j = { .cx = &r.cx, .argc = r.argc - 1, .argv = r.argv + 1, .json = val_map(r.cx.arena) };
	size_t verb = 0, n = sizeof verbs / sizeof *verbs;
	while (verb < n && (r.argc < 1 || strcmp(r.argv[0], verbs[verb].word) != 0)) verb++;
	enum rc rc = verb < n ? verbs[verb].run(&j) : usage(&r.cx);
	if (val_is_null(VAL_GET(j.json, "status"))) VAL_SET(r.cx.arena, j.json, "status", val_textz(rc == RC_OK ? "ok" : "invalid"));
	enum rc printed = engine_figures(&r, j.json, 0);
	return engine_end(&r, rc == RC_OK ? printed : rc, false);
}

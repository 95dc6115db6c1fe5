#include "feature/text_cmd.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/time.h"
#include "base/utf8.h"
#include "feature/engine_cmd.h"

enum { WORDS_MAX = 3, FORMS_MAX = 64, LIST_MAX = 64, MEMORY_MAX_MIB = 1 << 20 };

static const char usage_zh[] =
	"用法：lianchuang text index 文件.jsonl 目录 [--train] [--seed N] [--memory MiB] [--commit-every N]\n"
	"      text search|match 目录 查询.tsv [-k N] [--profile search|match] [--all] [--words-only] [--type T,…] [--division D,…] [--year-from Y] [--year-to Y] [--groups G,…] [--lexicon 文件] [--out 文件]\n"
	"      text explain 目录 查询 文档 · text eval 结果 评判 · text dup 目录 文件.jsonl [--form 模板]… --out 文件";
static const char usage_en[] =
	"usage: lianchuang text index FILE.jsonl DIR [--train] [--seed N] [--memory MIB] [--commit-every N]\n"
	"       text search|match DIR QUERIES.tsv [-k N] [--profile search|match] [--all] [--words-only] [--type T,…] [--division D,…] [--year-from Y] [--year-to Y] [--groups G,…] [--lexicon FILE] [--out RUN]\n"
	"       text explain DIR QUERY DOC · text eval RUN QRELS · text dup DIR FILE.jsonl [--form FILE]… --out FILE";

struct list { struct str v[LIST_MAX]; int n; };

struct task {
	const char *word[WORDS_MAX];
	int n;
	const char *out, *profile, *lexicon, *form[FORMS_MAX];
	int n_form;
	int64_t k, seed, year_from, year_to, memory, every;
	struct list type, division, group;
	bool grouped, words_only, all, train;
	struct text_pipe *pipe;
	struct val figures;             /* what the last line tells */
};

static void split(struct list *l, const char *s)
{
	struct str rest = str_c(s), part;
	while (l->n < LIST_MAX && str_cut(&rest, ',', &part)) l->v[l->n++] = part;
}

static enum rc read_options(struct engine_run *r, struct task *t)
{
	const struct { const char *name; int64_t low, high, otherwise, *to; } numbers[] = { { "k", 1, TEXT_TOP_MAX, 0, &t->k }, { "seed", 0, INT64_MAX, 1, &t->seed },
		{ "year-from", 0, 9999, 0, &t->year_from }, { "year-to", 0, 9999, 0, &t->year_to }, { "memory", 1, MEMORY_MAX_MIB, 0, &t->memory },
		{ "commit-every", 1, INT64_MAX, 0, &t->every } };
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) TRY(engine_number(r, numbers[i].name, numbers[i].low, numbers[i].high, numbers[i].otherwise, numbers[i].to));
	const char *given;
	t->out = engine_option(r, "out");
	t->profile = engine_option(r, "profile");
	t->lexicon = engine_option(r, "lexicon");
	while ((given = engine_option(r, "type"))) split(&t->type, given);
	while ((given = engine_option(r, "division"))) split(&t->division, given);
	while ((given = engine_option(r, "groups"))) split(&t->group, given), t->grouped = true;
	while (t->n_form < FORMS_MAX && (given = engine_option(r, "form"))) t->form[t->n_form++] = given;
	t->words_only = engine_flag(r, "words-only");
	t->all = engine_flag(r, "all");
	t->train = engine_flag(r, "train");
	while (t->n < WORDS_MAX && (given = engine_word(r))) t->word[t->n++] = given;
	if (t->profile && strcmp(t->profile, "search") != 0 && strcmp(t->profile, "match") != 0)
		return fail(&r->cx, RC_INVALID, "text.profile", NOWHERE, "--profile 应为 search 或 match，此处为“%s”", "--profile takes search or match, not “%s”", t->profile);
	return engine_words_end(r, usage_zh, usage_en);
}

/* ---- files ---- */

static enum rc map_utf8(struct cx *cx, const char *path, struct str *out)
{
	TRY(engine_map(cx, path, out));
	return text_utf8_check(cx, *out, (struct where){ .file = str_c(path), .line = 1 });
}

/* Calls `each` for every line that is not blank, in an arena of the line's own; the first failure ends it. */
typedef enum rc (*each_line)(struct cx *cx, void *ctx, struct str line, const char *path, int number);
static enum rc for_lines(struct cx *cx, const char *path, each_line each, void *ctx, int64_t *bytes)
{
	struct str text, line;
	int number = 0;
	enum rc rc = RC_OK;
	TRY(engine_map(cx, path, &text));
	*bytes = (int64_t)text.n;
	struct cx one = { .arena = arena_new((size_t)1 << 30), .lang = cx->lang, .now_ms = cx->now_ms };
	while (rc == RC_OK && str_cut(&text, '\n', &line)) {
		number++;
		if (!str_trim(line).n) continue;
		rc = each(&one, ctx, line, path, number);
		if (rc != RC_OK) break;
		fail_clear(&one);
		arena_reset(one.arena);
	}
	fail_copy(cx, &one.fails);
	arena_free(one.arena);
	return rc;
}

struct each_doc { enum rc (*each)(struct cx *cx, void *ctx, const struct text_doc *d); void *ctx; };

static enum rc doc_line(struct cx *one, void *ctx, struct str line, const char *path, int number)
{
	const struct each_doc *e = ctx;
	struct text_doc d;
	enum rc rc = text_doc_read(one, line, path, number, &d);
	if (rc == RC_OK) rc = e->each(one, e->ctx, &d);
	for (int i = 0; i < one->fails.n; i++)
		if (!one->fails.v[i].where.line) one->fails.v[i].where = (struct where){ .file = str_c(path), .line = number, .column = 1 };
	return rc;
}

/* A file takes the old one's place when all is well; what is no plain file (a pipe, a device) is written as it comes. */
struct output { FILE *file; const char *path, *beside; };

static enum rc out_failed(struct cx *cx, const char *path)
{
	return fail(cx, RC_IO, "output", ((struct where){ .file = str_c(path) }), "无法写出：%s", "cannot write: %s", strerror(errno));
}

static enum rc open_out(struct cx *cx, const struct task *t, struct output *o)
{
	struct stat st;
	*o = (struct output){ .file = stdout, .path = t->out };
	if (!t->out) return RC_OK;
	if (stat(t->out, &st) != 0 || S_ISREG(st.st_mode)) o->beside = str_z(cx->arena, str_fmt(cx->arena, "%s.%d.tmp", t->out, (int)getpid()));
	o->file = fopen(o->beside ? o->beside : t->out, "we");
	return o->file ? RC_OK : out_failed(cx, t->out);
}

/* `rc`: how the work went; its failure stays the answer. */
static enum rc close_out(struct cx *cx, struct output *o, enum rc rc)
{
	bool bad = ferror(o->file) != 0;
	bad |= o->file == stdout ? fflush(o->file) != 0 : fclose(o->file) != 0;
	if (!bad && rc == RC_OK && o->beside) bad = rename(o->beside, o->path) != 0;
	if (bad && rc == RC_OK) rc = out_failed(cx, o->path ? o->path : "-");
	if (rc != RC_OK && o->beside) unlink(o->beside);
	return rc;
}

#define FIGURE(cx, t, name, v) VAL_SET((cx)->arena, (t)->figures, name, v)
#define NUMBER(x) val_dec(llround((x) * DEC_ONE))

static void put_figures(struct cx *cx, struct task *t, const struct text_index *x)
{
	struct text_figures f = text_figures(x);
	FIGURE(cx, t, "documents", val_int(f.documents));
	FIGURE(cx, t, "removed", val_int(f.removed));
	FIGURE(cx, t, "terms", val_int(f.terms));
	FIGURE(cx, t, "segments", val_int(f.segments));
	FIGURE(cx, t, "bytes", val_int(f.bytes));
	FIGURE(cx, t, "model", val_bool(f.model));
}

/* ---- index ---- */

struct feeding { struct text_writer *w; int64_t n, every; };

static enum rc feed(struct cx *cx, void *ctx, const struct text_doc *d)
{
	struct feeding *f = ctx;
	TRY(text_put(cx, f->w, d));
	return ++f->n % (f->every ? f->every : INT64_MAX) ? RC_OK : text_commit(cx, f->w);
}

static enum rc do_index(struct cx *cx, struct task *t)
{
	struct feeding f = { .every = t->every };
	struct text_index *x;
	int64_t bytes = 0;
	TRY(text_writer_open(cx, t->pipe, str_c(t->word[1]), (size_t)t->memory << 20, &f.w));
	enum rc rc = for_lines(cx, t->word[0], doc_line, &(struct each_doc){ feed, &f }, &bytes);
	if (rc == RC_OK) rc = text_commit(cx, f.w);
	if (rc == RC_OK && t->train) rc = text_train(cx, f.w, (uint64_t)t->seed);
	text_writer_close(f.w);
	TRY(rc);
	TRY(text_open(cx, t->pipe, str_c(t->word[1]), &x));
	FIGURE(cx, t, "status", val_textz("indexed"));
	FIGURE(cx, t, "fed", val_int(f.n));
	FIGURE(cx, t, "input_bytes", val_int(bytes));
	put_figures(cx, t, x);
	text_close(x);
	return RC_OK;
}

/* ---- search ---- */

static struct text_query query_of(const struct task *t, struct str text)
{
	return (struct text_query){ .text = text, .k = (int)(t->k ? t->k : 10), .profile = t->profile && strcmp(t->profile, "match") == 0 ? TEXT_MATCH : TEXT_SEARCH,
		.all = t->all, .words_only = t->words_only,
		.filter = { .type = t->type.v, .n_type = t->type.n, .division = t->division.v, .n_division = t->division.n, .year_from = (int)t->year_from,
			.year_to = (int)t->year_to, .everything = !t->grouped, .group = t->group.v, .n_group = t->group.n } };
}

static int by_size(const void *a, const void *b) { return (*(const int64_t *)a > *(const int64_t *)b) - (*(const int64_t *)a < *(const int64_t *)b); }

struct asking { struct cx *cx; const struct task *t; struct text_index *x; struct output out; VEC(int64_t) us; int64_t hits, nothing; };

static enum rc ask_line(struct cx *one, void *ctx, struct str line, const char *path, int number)
{
	struct asking *a = ctx;
	struct str id, text = line;
	struct text_result r;
	struct where at = { .file = str_c(path), .line = number, .column = 1 };
	if (!str_cut(&text, '\t', &id) || !id.n || !str_trim(text).n) return fail(one, RC_INVALID, "text.query", at, "应为：编号、制表符、查询", "expected: id, tab, query");
	TRY(text_utf8_check(one, line, at));
	struct text_query q = query_of(a->t, str_trim(text));
	int64_t before = time_cpu_us();
	enum rc rc = text_search(one, a->x, &q, &r);
	for (int i = 0; i < one->fails.n; i++) one->fails.v[i].where = at;
	TRY(rc);
	VEC_PUSH(a->cx->arena, &a->us, time_cpu_us() - before);
	a->hits += r.n;
	a->nothing += r.n == 0;
	for (int i = 0; i < r.n; i++) fprintf(a->out.file, "%.*s Q0 %.*s %d %.6f lianchuang\n", STRF(id), STRF(r.hit[i].id), i + 1, r.hit[i].score);
	return RC_OK;
}

static enum rc do_search(struct cx *cx, struct task *t)
{
	struct asking a = { .cx = cx, .t = t };
	int64_t bytes;
	TRY(text_open(cx, t->pipe, str_c(t->word[0]), &a.x));
	enum rc rc = open_out(cx, t, &a.out);
	if (rc == RC_OK) {
		rc = for_lines(cx, t->word[1], ask_line, &a, &bytes);
		rc = close_out(cx, &a.out, rc);
	}
	if (rc == RC_OK) {
		if (a.us.n) qsort(a.us.v, a.us.n, sizeof *a.us.v, by_size);
		FIGURE(cx, t, "status", val_textz("searched"));
		FIGURE(cx, t, "queries", val_int((int64_t)a.us.n));
		FIGURE(cx, t, "hits", val_int(a.hits));
		FIGURE(cx, t, "without_hits", val_int(a.nothing));
		FIGURE(cx, t, "cpu_us_p50", val_int(a.us.n ? a.us.v[a.us.n / 2] : 0));
		FIGURE(cx, t, "cpu_us_p99", val_int(a.us.n ? a.us.v[a.us.n * 99 / 100] : 0));
		put_figures(cx, t, a.x);
	}
	text_close(a.x);
	return rc;
}

/* ---- explain ---- */

static struct val span_val(struct arena *a, const struct text_span *s)
{
	struct val v = val_list(a);
	val_push(a, v, val_textz(s->title ? "title" : "body"));
	val_push(a, v, val_int(s->start));
	val_push(a, v, val_int(s->end));
	return v;
}

static struct val part_val(struct arena *a, const struct text_part *p)
{
	static const char *const kind[] = { "character", "pair", "word", "model number" };
	struct val v = val_map(a), spans = val_list(a);
	VAL_SET(a, v, "term", val_text(p->text));
	VAL_SET(a, v, "kind", val_textz(kind[p->kind]));
	VAL_SET(a, v, "in_title", val_int(p->in_title));
	VAL_SET(a, v, "in_body", val_int(p->in_body));
	VAL_SET(a, v, "idf", NUMBER(p->idf));
	VAL_SET(a, v, "weight", NUMBER(p->weight));
	VAL_SET(a, v, "title_score", NUMBER(p->title_score));
	VAL_SET(a, v, "body_score", NUMBER(p->body_score));
	VAL_SET(a, v, "score", NUMBER(p->score));
	for (int i = 0; i < p->n_span; i++) val_push(a, spans, span_val(a, &p->span[i]));
	VAL_SET(a, v, "spans", spans);
	return v;
}

static enum rc do_explain(struct cx *cx, struct task *t)
{
	struct text_index *x;
	struct text_explanation e;
	struct arena *a = cx->arena;
	TRY(text_open(cx, t->pipe, str_c(t->word[0]), &x));
	struct text_query q = query_of(t, str_c(t->word[1]));
	enum rc rc = text_explain(cx, x, &q, str_c(t->word[2]), &e);
	if (rc == RC_OK) {
		struct val parts = val_list(a), near = val_list(a);
		for (int i = 0; i < e.n_part; i++) val_push(a, parts, part_val(a, &e.part[i]));
		for (int i = 0; i < e.n_affinity; i++) {
			struct val v = val_map(a);
			VAL_SET(a, v, "term", val_text(e.affinity[i].query_term));
			VAL_SET(a, v, "cosine", NUMBER(e.affinity[i].cosine));
			val_push(a, near, v);
		}
		FIGURE(cx, t, "status", val_textz("explained"));
		FIGURE(cx, t, "document", val_text(str_dup(a, e.hit.id)));
		FIGURE(cx, t, "score", NUMBER(e.hit.score));
		FIGURE(cx, t, "words", NUMBER(e.hit.words));
		FIGURE(cx, t, "phrase", NUMBER(e.hit.phrase));
		FIGURE(cx, t, "meaning", NUMBER(e.hit.meaning));
		FIGURE(cx, t, "parts", parts);
		FIGURE(cx, t, "nearest", near);
	}
	text_close(x);
	return rc;
}

/* ---- eval ---- */

static enum rc do_eval(struct cx *cx, struct task *t)
{
	struct str run, judged;
	struct text_measures m;
	TRY(engine_map(cx, t->word[0], &run));
	TRY(engine_map(cx, t->word[1], &judged));
	TRY(text_eval(cx, run, t->word[0], judged, t->word[1], &m));
	FIGURE(cx, t, "status", val_textz("measured"));
	FIGURE(cx, t, "queries", val_int(m.queries));
	FIGURE(cx, t, "ndcg10", NUMBER(m.ndcg10));
	FIGURE(cx, t, "recall100", NUMBER(m.recall100));
	FIGURE(cx, t, "mrr10", NUMBER(m.mrr10));
	FIGURE(cx, t, "map", NUMBER(m.map));
	FIGURE(cx, t, "success1", NUMBER(m.success1));
	return RC_OK;
}

/* ---- dup ---- */

struct checking { const struct task *t; struct text_index *x; struct output out; struct str form[FORMS_MAX]; int64_t n, flagged, us; };

static struct val source_val(struct arena *a, const struct text_source *s)
{
	struct val v = val_map(a), list = val_list(a);
	VAL_SET(a, v, "id", val_text(s->id));
	VAL_SET(a, v, "share", NUMBER(s->share));
	VAL_SET(a, v, "own", val_bool(s->own));
	for (int i = 0; i < s->n_passage; i++) {
		const struct text_passage *p = &s->passage[i];
		const uint32_t n[] = { p->a0, p->a1, p->b0, p->b1, p->matched };
		struct val one = val_list(a);
		for (size_t k = 0; k < 5; k++) val_push(a, one, val_int(n[k]));
		val_push(a, list, one);
	}
	VAL_SET(a, v, "passages", list);
	return v;
}

/* One line a document: {"id","source","share","passages"} of its first source, then the rest. */
static enum rc check_doc(struct cx *cx, void *ctx, const struct text_doc *d)
{
	struct checking *c = ctx;
	struct text_dup_result r;
	struct text_query like = query_of(c->t, (struct str){ 0 });
	struct text_dup_query q = { .doc = d, .form = c->form, .n_form = c->t->n_form, .filter = like.filter, .sources = (int)c->t->k };
	int64_t before = time_cpu_us();
	TRY(text_dup(cx, c->x, &q, &r));
	c->us += time_cpu_us() - before;
	c->n++;
	c->flagged += r.n_source > 0;
	struct arena *a = cx->arena;
	struct val v = val_map(a), all = val_list(a);
	VAL_SET(a, v, "id", val_text(d->id));
	for (int i = 0; i < r.n_source; i++)
		if (!r.source[i].hidden) val_push(a, all, source_val(a, &r.source[i]));
	struct val first = val_at(all, 0);
	VAL_SET(a, v, "source", VAL_GET(first, "id"));
	VAL_SET(a, v, "share", val_len(all) ? VAL_GET(first, "share") : val_int(0));
	VAL_SET(a, v, "passages", val_len(all) ? VAL_GET(first, "passages") : val_list(a));
	VAL_SET(a, v, "sources", all);
	VAL_SET(a, v, "hidden", val_int(r.n_hidden));
	VAL_SET(a, v, "units", val_int(r.units));
	VAL_SET(a, v, "template_units", val_int(r.template_units));
	VAL_SET(a, v, "total", NUMBER(r.total));
	VAL_SET(a, v, "without_template", NUMBER(r.without_template));
	VAL_SET(a, v, "without_own", NUMBER(r.without_own));
	struct str line = json_text(a, v);
	fprintf(c->out.file, "%.*s\n", STRF(line));
	return RC_OK;
}

static enum rc do_dup(struct cx *cx, struct task *t)
{
	struct checking c = { .t = t };
	int64_t bytes = 0;
	for (int i = 0; i < t->n_form; i++) TRY(map_utf8(cx, t->form[i], &c.form[i]));
	TRY(text_open(cx, t->pipe, str_c(t->word[0]), &c.x));
	enum rc rc = open_out(cx, t, &c.out);
	if (rc == RC_OK) {
		rc = for_lines(cx, t->word[1], doc_line, &(struct each_doc){ check_doc, &c }, &bytes);
		rc = close_out(cx, &c.out, rc);
	}
	if (rc == RC_OK) {
		FIGURE(cx, t, "status", val_textz("checked"));
		FIGURE(cx, t, "checked", val_int(c.n));
		FIGURE(cx, t, "flagged", val_int(c.flagged));
		FIGURE(cx, t, "cpu_us_mean", val_int(c.n ? c.us / c.n : 0));
		put_figures(cx, t, c.x);
	}
	text_close(c.x);
	return rc;
}

/* ---- all ---- */

static enum rc read_lexicon(struct cx *cx, struct task *t)
{
	struct str text, line;
	struct { VEC(struct str); } words = { 0 };
	if (!t->lexicon) return RC_OK;
	TRY(map_utf8(cx, t->lexicon, &text));
	while (str_cut(&text, '\n', &line))
		if (str_trim(line).n) VEC_PUSH(cx->arena, &words, str_trim(line));
	return text_pipe_lexicon(cx, t->pipe, words.v, words.n);
}

static enum rc run(struct engine_run *r, struct task *t)
{
	static const struct { const char *word; int words; bool pipe; enum rc (*run)(struct cx *, struct task *); } what[] = { { "index", 2, true, do_index },
		{ "search", 2, true, do_search }, { "match", 2, true, do_search }, { "explain", 3, true, do_explain }, { "eval", 2, false, do_eval }, { "dup", 2, true, do_dup } };
	struct cx *cx = &r->cx;
	const char *verb = engine_word(r);
	TRY(read_options(r, t));
	for (size_t i = 0; verb && i < sizeof what / sizeof *what; i++) {
		if (strcmp(verb, what[i].word) != 0 || t->n != what[i].words) continue;
		if (strcmp(verb, "match") == 0 && !t->profile) t->profile = "match";
		t->figures = val_map(cx->arena);
		if (what[i].pipe) {
			TRY(text_pipe_open(cx, &t->pipe));
			TRY(read_lexicon(cx, t));
		}
		return what[i].run(cx, t);
	}
	return fail_text(cx, RC_INVALID, "cli.usage", NOWHERE, str_c(usage_zh), str_c(usage_en));
}

int text_command(int argc, char **argv)
{
	struct engine_run r = engine_begin(argc, argv, (size_t)8 << 30);
	struct task t = { 0 };
	enum rc rc = run(&r, &t);
	text_pipe_close(t.pipe);
	if (rc == RC_OK) rc = engine_figures(&r, t.figures, t.seed);
	return engine_end(&r, rc, false);
}

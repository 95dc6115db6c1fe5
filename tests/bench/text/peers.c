/* SQLite FTS5 and Groonga over the same documents and queries: peers WHAT DOCS.jsonl QUERIES.tsv RUN [K].
   WHAT: fts5-same (our terms, joined by spaces), fts5-trigram, fts5-porter, groonga. Prints index CPU seconds and microseconds of CPU
   a query; writes a TREC run. Queries are the OR of their terms, title weight 2. */
#include <groonga.h>
#include <jansson.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/utf8.h"
#include "engine/text_inner.h"

static double cpu(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void die(const char *what) { fprintf(stderr, "%s\n", what); exit(1); }

struct peer { const char *what; struct cx cx; struct text_pipe *pipe; sqlite3 *db; sqlite3_stmt *put, *ask; grn_ctx grn; int k; };

static bool porter(const struct peer *p) { return strcmp(p->what, "fts5-porter") == 0; }
static bool same(const struct peer *p) { return strcmp(p->what, "fts5-same") == 0; }

/* Terms as words of letters that FTS5's ascii tokenizer keeps as they are. Distinct ones for a query. */
static char *our_terms(struct peer *p, const char *text, const char *between, bool query)
{
	struct text_term *t;
	struct text_folded f;
	struct text_ask ask;
	size_t n = 0, w = 0;
	arena_reset(p->cx.arena);
	if (query) {
		if (text_ask_read(&p->cx, p->pipe, str_c(text), &ask) != RC_OK) die("query");
		n = (size_t)ask.n;
	} else if (text_fold_map(&p->cx, p->pipe, str_c(text), &f) != RC_OK || text_terms(&p->cx, p->pipe, f.s, &t, &n) != RC_OK) die("terms");
	char *s = malloc(n * 24 + 1);
	s[0] = 0;
	for (size_t i = 0; i < n; i++) w += (size_t)sprintf(s + w, "%s%c%llx", i ? between : "", 'x', (unsigned long long)(query ? ask.want[i].key : t[i].key));
	return s;
}

/* The OR of words (fts5-porter), of trigrams (fts5-trigram), or the pieces between spaces (Groonga cuts them itself). */
static char *or_query(const struct peer *p, const char *text)
{
	size_t n = strlen(text), w = 0;
	char *s = malloc(n * 20 + 64);
	struct str t = { text, n };
	s[0] = 0;
	if (strcmp(p->what, "fts5-trigram") == 0) {
		for (size_t at = 0; at < n;) {
			size_t i = at, end;
			int32_t a = utf8_next(t, &i);
			at = i;
			if (i >= n) break;
			utf8_next(t, &i);
			if (i >= n) break;
			utf8_next(t, &i);
			end = i;
			size_t from = at - (a < 0x80 ? 1 : a < 0x800 ? 2 : a < 0x10000 ? 3 : 4);
			if (memchr(text + from, '"', end - from)) continue;
			w += (size_t)sprintf(s + w, "%s\"%.*s\"", w ? " OR " : "", (int)(end - from), text + from);
		}
		return s;
	}
	for (size_t at = 0; at < n;) {
		size_t i = at, from = at;
		int32_t c = utf8_next(t, &i);
		bool han = utf8_is_han(c), word = (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
		at = i;
		if (han && !porter(p)) {        /* Groonga: pairs, as its bigram tokenizer has them */
			size_t j = i;
			int32_t c2 = i < n ? utf8_next(t, &j) : 0;
			if (utf8_is_han(c2)) w += (size_t)sprintf(s + w, "%s\"%.*s\"", w ? " OR " : "", (int)(j - from), text + from);
			continue;
		}
		if (!word && !han) continue;
		while (i < n) {
			size_t j = i;
			c = utf8_next(t, &j);
			if (han ? !utf8_is_han(c) : !((c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z'))) break;
			i = j;
		}
		at = i;
		w += (size_t)sprintf(s + w, "%s\"%.*s\"", w ? " OR " : "", (int)(i - from), text + from);
	}
	return s;
}

/* ---- FTS5 ---- */

static void fts_open(struct peer *p)
{
	char sql[200];
	snprintf(sql, sizeof sql, "CREATE VIRTUAL TABLE t USING fts5(id UNINDEXED, title, body, tokenize='%s')",
		same(p) ? "ascii" : porter(p) ? "porter unicode61" : "trigram");
	if (sqlite3_open(":memory:", &p->db) || sqlite3_exec(p->db, sql, 0, 0, 0) || sqlite3_exec(p->db, "BEGIN", 0, 0, 0) ||
		sqlite3_prepare_v2(p->db, "INSERT INTO t VALUES(?,?,?)", -1, &p->put, 0) ||
		sqlite3_prepare_v2(p->db, "SELECT id, bm25(t, 0, 2, 1) s FROM t WHERE t MATCH ? ORDER BY s LIMIT ?", -1, &p->ask, 0)) die(sqlite3_errmsg(p->db));
}

static void fts_put(struct peer *p, const char *id, const char *title, const char *body)
{
	sqlite3_bind_text(p->put, 1, id, -1, SQLITE_TRANSIENT);
	sqlite3_bind_text(p->put, 2, title, -1, SQLITE_TRANSIENT);
	sqlite3_bind_text(p->put, 3, body, -1, SQLITE_TRANSIENT);
	if (sqlite3_step(p->put) != SQLITE_DONE) die(sqlite3_errmsg(p->db));
	sqlite3_reset(p->put);
}

static void fts_ask(struct peer *p, const char *id, const char *query, FILE *run)
{
	int rank = 0;
	sqlite3_bind_text(p->ask, 1, query, -1, SQLITE_TRANSIENT);
	sqlite3_bind_int(p->ask, 2, p->k);
	while (*query && sqlite3_step(p->ask) == SQLITE_ROW) fprintf(run, "%s Q0 %s %d %f peer\n", id, (const char *)sqlite3_column_text(p->ask, 0), ++rank, -sqlite3_column_double(p->ask, 1));
	sqlite3_reset(p->ask);
}

/* ---- Groonga ---- */

static char *grn_do(struct peer *p, const char *command)
{
	char *out;
	unsigned int n;
	int flags;
	grn_ctx_send(&p->grn, command, (unsigned)strlen(command), 0);
	if (grn_ctx_recv(&p->grn, &out, &n, &flags) != 0 && p->grn.rc) die(p->grn.errbuf);
	return strndup(out, n);
}

static void groonga_open(struct peer *p)
{
	grn_init();
	grn_ctx_init(&p->grn, 0);
	char path[] = "/tmp/lc-groonga-XXXXXX";
	if (!mkdtemp(path)) die("mkdtemp");
	char file[64];
	snprintf(file, sizeof file, "%s/db", path);
	if (!grn_db_create(&p->grn, file, NULL)) die(p->grn.errbuf);
	static const char *const make[] = { "table_create D TABLE_HASH_KEY ShortText", "column_create D title COLUMN_SCALAR ShortText", "column_create D body COLUMN_SCALAR Text",
		"table_create T TABLE_PAT_KEY ShortText --default_tokenizer TokenBigram --normalizer NormalizerAuto",
		"column_create T ix COLUMN_INDEX|WITH_POSITION|WITH_SECTION D title,body" };
	for (size_t i = 0; i < sizeof make / sizeof *make; i++) free(grn_do(p, make[i]));
}

static void groonga_put(struct peer *p, const char *id, const char *title, const char *body)
{
	json_t *row = json_pack("[{s:s,s:s,s:s}]", "_key", id, "title", title, "body", body);
	char *text = json_dumps(row, JSON_COMPACT), *command = malloc(strlen(text) + 64);
	sprintf(command, "load --table D\n%s", text);
	char *line = strchr(command, '\n');
	*line = 0;
	grn_ctx_send(&p->grn, command, (unsigned)strlen(command), GRN_CTX_MORE);
	free(grn_do(p, line + 1));
	json_decref(row);
	free(text);
	free(command);
}

static void groonga_ask(struct peer *p, const char *id, const char *query, FILE *run)
{
	char *command = malloc(strlen(query) * 2 + 300), *w;
	w = command + sprintf(command, "select D --match_columns \"scorer_tf_idf(title)*2||scorer_tf_idf(body)\" --limit %d --sort_keys -_score --output_columns _key,_score --query '", p->k);
	for (const char *c = query; *c; c++) *w++ = *c;
	strcpy(w, "'");
	if (!*query) return free(command);
	char *out = grn_do(p, command);
	json_t *v = json_loads(out, 0, NULL), *rows = json_array_get(v, 0);
	int rank = 0;
	for (size_t i = 2; i < json_array_size(rows); i++) {
		json_t *r = json_array_get(rows, i);
		fprintf(run, "%s Q0 %s %d %d peer\n", id, json_string_value(json_array_get(r, 0)), ++rank, (int)json_integer_value(json_array_get(r, 1)));
	}
	if (!v) fprintf(stderr, "groonga: %.200s\n", out);
	json_decref(v);
	free(out);
	free(command);
}

/* ---- all ---- */

int main(int argc, char **argv)
{
	if (argc < 5) die("peers WHAT DOCS QUERIES RUN [K]");
	struct peer p = { .what = argv[1], .k = argc > 5 ? atoi(argv[5]) : 100, .cx = { .arena = arena_new((size_t)1 << 30) } };
	bool groonga = strcmp(p.what, "groonga") == 0;
	char *line = NULL;
	size_t cap = 0;
	FILE *f = fopen(argv[2], "r"), *run = fopen(argv[4], "w");
	if (!f || !run || text_pipe_open(&p.cx, &p.pipe) != RC_OK) die("files");
	if (groonga) groonga_open(&p);
	else fts_open(&p);
	double start = cpu();
	while (getline(&line, &cap, f) > 0) {
		json_t *d = json_loads(line, 0, NULL);
		const char *id = json_string_value(json_object_get(d, "id")), *title = json_string_value(json_object_get(d, "title")), *body = json_string_value(json_object_get(d, "body"));
		if (!title) title = "";
		if (same(&p)) {
			char *a = our_terms(&p, title, " ", false), *b = our_terms(&p, body, " ", false);
			fts_put(&p, id, a, b);
			free(a), free(b);
		} else if (groonga) groonga_put(&p, id, title, body);
		else fts_put(&p, id, title, body);
		json_decref(d);
	}
	if (!groonga) sqlite3_exec(p.db, "COMMIT; INSERT INTO t(t) VALUES('optimize')", 0, 0, 0);
	double built = cpu() - start, spent = 0;
	int n = 0;
	f = fopen(argv[3], "r");
	while (f && getline(&line, &cap, f) > 0) {
		char *text = strchr(line, '\t');
		if (!text) continue;
		*text++ = 0;
		text[strcspn(text, "\n")] = 0;
		char *q = same(&p) ? our_terms(&p, text, " OR ", true) : or_query(&p, text);
		double before = cpu();
		if (groonga) groonga_ask(&p, line, q, run);
		else fts_ask(&p, line, q, run);
		spent += cpu() - before;
		n++;
		free(q);
	}
	fclose(run);
	printf("%-14s index %.2f s, query %.0f us\n", p.what, built, n ? spent / n * 1e6 : 0);
	return 0;
}

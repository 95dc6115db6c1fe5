#include "feature/assign_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/utf8.h"
#include "feature/assign_rules.h"

static struct where at_line(const struct assign_file *f, int line) { return (struct where){ .file = str_c(f->path), .line = line, .column = 1 }; }

enum rc assign_map(struct cx *cx, const char *path, struct assign_file *out)
{
	struct assign_file f = { .path = path };
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		const char *why = fd < 0 ? strerror(errno) : "not a file";
		if (fd >= 0) close(fd);
		return fail(cx, RC_INVALID, "file.read", at_line(&f, 1), "无法读取文件：%s", "cannot read the file: %s", why);
	}
	void *p = st.st_size ? mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
	close(fd);
	if (p == MAP_FAILED) return fail(cx, RC_INVALID, "file.read", at_line(&f, 1), "无法读取文件：%s", "cannot read the file: %s", strerror(errno));
	f.bytes = f.text = (struct str){ p ? p : "", (size_t)st.st_size };
	if (str_starts(f.text, STR("\xEF\xBB\xBF"))) f.text = str_sub(f.text, 3, f.text.n);
	if (!utf8_valid(f.text)) {
		const char *encoding;
		int before = cx->fails.n;
		enum rc rc = text_decode(cx, f.bytes, &f.text, &encoding);
		for (int i = before; i < cx->fails.n; i++) cx->fails.v[i].where = at_line(&f, cx->fails.v[i].where.line ? cx->fails.v[i].where.line : 1);
		if (rc != RC_OK) return rc == RC_IO ? rc : RC_INVALID;
	}
	*out = f;
	return RC_OK;
}

static enum rc column(struct cx *cx, const struct assign_file *f, const struct csv_row *header, const char *name, int *at)
{
	*at = csv_column(header, name);
	return *at >= 0 ? RC_OK : fail(cx, RC_INVALID, "assign.column", at_line(f, header->line ? header->line : 1), "缺少列 %s", "the column %s is missing", name);
}

static struct str cell(const struct csv_row *row, int k) { return k >= 0 && k < row->n ? str_trim(row->cell[k]) : STR(""); }

static enum rc whole(struct cx *cx, const struct assign_file *f, const struct csv_row *row, int k, const char *name, int64_t low, int64_t high, int32_t *out)
{
	int64_t v;
	struct str s = cell(row, k);
	if (!str_int(s, &v) || v < low || v > high)
		return fail(cx, RC_INVALID, "assign.number", at_line(f, row->line), "%s 应为 %lld 到 %lld 的整数，此处为“%.*s”", "%s takes a whole number from %lld to %lld, not “%.*s”", name,
			(long long)low, (long long)high, STRF(str_sub(s, 0, 60)));
	*out = (int32_t)v;
	return RC_OK;
}

/* ---- applications and experts ---- */

static enum rc table_read(struct cx *cx, const struct assign_file *file, struct assign_table *t)
{
	bool more;
	int id;
	struct csv_row row;
	VEC(struct csv_row) rows = { 0 };
	t->file = *file;
	struct csv csv = csv_open(t->file.text, t->file.path);
	TRY(csv_next(cx, &csv, &t->header, &more));
	if (!more) return fail(cx, RC_INVALID, "assign.empty", at_line(&t->file, 1), "文件是空的", "the file is empty");
	TRY(column(cx, &t->file, &t->header, "id", &id));
	t->names.arena = cx->arena;
	for (;;) {
		TRY(csv_next(cx, &csv, &row, &more));
		if (!more) break;
		struct str name = cell(&row, id);
		if (!name.n) return fail(cx, RC_INVALID, "assign.id", at_line(&t->file, row.line), "缺少 id", "the id is missing");
		if (names_find(&t->names, name) >= 0) return fail(cx, RC_INVALID, "assign.twice", at_line(&t->file, row.line), "id “%.*s”重复", "the id “%.*s” stands here twice", STRF(name));
		names_put(&t->names, name);
		VEC_PUSH(cx->arena, &rows, row);
	}
	t->row = rows.v;
	t->n = (int)rows.n;
	return RC_OK;
}

struct keyed { struct str key; int32_t place; };

static int keyed_cmp(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;
	int c = str_cmp(x->key, y->key);
	return c ? c : x->place < y->place ? -1 : x->place > y->place;
}

/* Numbers by discipline code: neighbours in the tables are then neighbours in memory, which is worth a factor of three at large sizes. */
static void number(struct cx *cx, struct assign_table *t, struct str field)
{
	int at = field.n ? csv_column(&t->header, str_z(cx->arena, field)) : -1;
	if (at < 0) at = csv_column(&t->header, "discipline");
	if (at < 0) at = csv_column(&t->header, "field");
	struct keyed *v = ARENA_ARRAY(cx->arena, struct keyed, (size_t)t->n);
	for (int i = 0; i < t->n; i++) v[i] = (struct keyed){ cell(&t->row[i], at), i };
	if (at >= 0 && t->n) qsort(v, (size_t)t->n, sizeof *v, keyed_cmp);
	struct csv_row *row = ARENA_ARRAY(cx->arena, struct csv_row, (size_t)t->n);
	t->id = ARENA_ARRAY(cx->arena, struct str, (size_t)t->n);
	t->number = ARENA_ARRAY(cx->arena, int32_t, (size_t)t->n);
	t->place = ARENA_ARRAY(cx->arena, int32_t, (size_t)t->n);
	for (int i = 0; i < t->n; i++) {
		t->number[v[i].place] = i;
		t->place[i] = v[i].place;
		t->id[i] = t->names.list.v[v[i].place];
		row[i] = t->row[v[i].place];
	}
	t->row = row;
}

static enum rc needs(struct cx *cx, struct assign_files *f)
{
	struct assign_table *t = &f->applications;
	int need, field = csv_column(&t->header, "discipline");
	int32_t *v = ARENA_ARRAY(cx->arena, int32_t, (size_t)t->n);
	TRY(column(cx, &t->file, &t->header, "need", &need));
	for (int i = 0; i < t->n; i++) TRY(whole(cx, &t->file, &t->row[i], need, "need", 0, ASSIGN_NEED_MAX, &v[i]));
	f->in.need = v;
	if (field < 0) field = csv_column(&t->header, "field");
	if (field < 0) return RC_OK;
	struct str *fields = ARENA_ARRAY(cx->arena, struct str, (size_t)t->n);
	for (int i = 0; i < t->n; i++) fields[i] = cell(&t->row[i], field);
	f->in.field = fields;
	return RC_OK;
}

static enum rc loads(struct cx *cx, struct assign_files *f)
{
	struct assign_table *t = &f->experts;
	int min = csv_column(&t->header, "min"), max;
	TRY(column(cx, &t->file, &t->header, "max", &max));
	f->min = ARENA_ARRAY(cx->arena, int32_t, (size_t)t->n);
	f->max = ARENA_ARRAY(cx->arena, int32_t, (size_t)t->n);
	for (int i = 0; i < t->n; i++) {
		TRY(whole(cx, &t->file, &t->row[i], max, "max", 0, INT32_MAX, &f->max[i]));
		if (cell(&t->row[i], min).n) TRY(whole(cx, &t->file, &t->row[i], min, "min", 0, f->max[i], &f->min[i]));
	}
	f->in.min = f->min;
	f->in.max = f->max;
	return RC_OK;
}

/* ---- pairs: tens of millions of lines, so without a cell array for each ---- */

struct pair_reader {
	struct cx *cx;
	const struct assign_files *f;
	const struct assign_file *file;
	struct csv csv;
	struct arena *scratch;
	int application, expert, affinity, conflict, columns;
	struct str last;                /* the application of the line before, and its number */
	int32_t last_number;
};

struct pair_line { int32_t application, expert, affinity; int line; };

/* The cells wanted of the next line. Lines without quotes are cut here; the others by csv_next. */
static enum rc pair_cells(struct pair_reader *r, struct str out[4], int *line, bool *more)
{
	const int want[4] = { r->application, r->expert, r->affinity, r->conflict };
	struct csv *c = &r->csv;
	while (c->at < c->text.n && (c->text.p[c->at] == '\n' || c->text.p[c->at] == '\r')) c->line += c->text.p[c->at++] == '\n';
	*more = c->at < c->text.n;
	if (!*more) return RC_OK;
	const char *p = c->text.p + c->at, *end = c->text.p + c->text.n, *stop = memchr(p, '\n', (size_t)(end - p));
	if (!stop) stop = end;
	*line = c->line;
	for (int k = 0; k < 4; k++) out[k] = STR("");
	if (memchr(p, '"', (size_t)(stop - p)) || (stop[-1] != '\r' && memchr(p, '\r', (size_t)(stop - p)))) {
		struct csv_row row;
		struct arena *outer = r->cx->arena;
		arena_reset(r->scratch);
		r->cx->arena = r->scratch;
		enum rc rc = csv_next(r->cx, c, &row, more);
		r->cx->arena = outer;
		if (rc != RC_OK) return fail(r->cx, RC_INVALID, "assign.csv", at_line(r->file, *line), "不是 CSV", "not CSV");
		for (int k = 0; k < 4; k++) out[k] = cell(&row, want[k]);
		return RC_OK;
	}
	c->at = (size_t)(stop - c->text.p);
	for (int at = 0; p <= stop; at++) {
		const char *comma = p;
		while (comma < stop && *comma != ',') comma++;
		for (int k = 0; k < 4; k++)
			if (want[k] == at) out[k] = str_trim((struct str){ p, (size_t)(comma - p) });
		p = comma + 1;
	}
	return RC_OK;
}

static enum rc unknown_id(struct pair_reader *r, int line, const char *zh, const char *en, struct str s)
{
	return fail(r->cx, RC_INVALID, "assign.unknown", at_line(r->file, line), "没有%s“%.*s”%.0s", "%.0s“%.*s” is no known %s", zh, STRF(str_sub(s, 0, 60)), en);
}

static enum rc pair_next(struct pair_reader *r, struct pair_line *out, bool *more)
{
	struct str c[4];
	int64_t w = 0;
	TRY(pair_cells(r, c, &out->line, more));
	if (!*more) return RC_OK;
	if (r->last_number < 0 || !str_eq(c[0], r->last)) {
		int place = names_find(&r->f->applications.names, c[0]);
		if (place < 0) return unknown_id(r, out->line, "申请", "application", c[0]);
		r->last_number = r->f->applications.number[place];
		r->last = r->f->applications.id[r->last_number];
	}
	int place = names_find(&r->f->experts.names, c[1]);
	if (place < 0) return unknown_id(r, out->line, "专家", "expert", c[1]);
	if (r->affinity >= 0 && (!str_int(c[2], &w) || w > ASSIGN_AFFINITY_MAX || w < -ASSIGN_AFFINITY_MAX))
		return fail(r->cx, RC_INVALID, "assign.affinity", at_line(r->file, out->line), "affinity 应为整数（绝对值至多 %d），此处为“%.*s”",
			"affinity takes a whole number (up to %d), not “%.*s”", ASSIGN_AFFINITY_MAX, STRF(str_sub(c[2], 0, 60)));
	out->application = r->last_number;
	out->expert = r->f->experts.number[place];
	out->affinity = c[3].n && !str_is(c[3], "0") ? ASSIGN_FORBIDDEN : (int32_t)w;
	return RC_OK;
}

/* On success the caller frees r->scratch. */
static enum rc pair_open(struct cx *cx, const struct assign_files *f, const struct assign_file *file, bool affinity, struct pair_reader *r)
{
	struct csv_row header;
	bool more;
	*r = (struct pair_reader){ .cx = cx, .f = f, .file = file, .csv = csv_open(file->text, file->path), .affinity = -1, .conflict = -1, .last_number = -1 };
	TRY(csv_next(cx, &r->csv, &header, &more));
	if (!more) return fail(cx, RC_INVALID, "assign.empty", at_line(file, 1), "文件是空的", "the file is empty");
	TRY(column(cx, file, &header, "application", &r->application));
	TRY(column(cx, file, &header, "expert", &r->expert));
	if (affinity) TRY(column(cx, file, &header, "affinity", &r->affinity));
	if (affinity) r->conflict = csv_column(&header, "conflict");
	r->scratch = arena_new((size_t)256 << 20);
	return RC_OK;
}

/* By (application, expert): a counting sort, then short rows by insertion; most files come sorted. */
static void sort_row(int32_t *expert, int32_t *affinity, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++) {
		int32_t e = expert[i], w = affinity[i];
		uint32_t k = i;
		for (; k > 0 && expert[k - 1] > e; k--) expert[k] = expert[k - 1], affinity[k] = affinity[k - 1];
		expert[k] = e;
		affinity[k] = w;
	}
}

static enum rc twice(struct cx *cx, const struct assign_files *f, int32_t a, int32_t e)
{
	struct pair_reader r;
	struct pair_line x = { 0 };
	bool more = true;
	int seen = 0;
	TRY(pair_open(cx, f, &f->pairs, true, &r));
	enum rc rc = RC_OK;
	while (seen < 2 && (rc = pair_next(&r, &x, &more)) == RC_OK && more) seen += x.application == a && x.expert == e;
	arena_free(r.scratch);
	return rc != RC_OK ? rc : fail(cx, RC_INVALID, "assign.twice", at_line(&f->pairs, x.line), "申请 %.*s 与专家 %.*s 重复", "application %.*s and expert %.*s stand here twice", STRF(f->applications.id[a]),
		STRF(f->experts.id[e]));
}

static enum rc pairs_into(struct cx *cx, struct assign_files *f, struct pair_line *v, uint32_t n)
{
	int np = f->applications.n;
	uint32_t *row = ARENA_ARRAY(cx->arena, uint32_t, (size_t)np + 2);
	int32_t *expert = ARENA_ARRAY(cx->arena, int32_t, n);
	f->affinity = ARENA_ARRAY(cx->arena, int32_t, n);
	for (uint32_t i = 0; i < n; i++) row[v[i].application + 2]++;
	for (int a = 2; a <= np; a++) row[a] += row[a - 1];
	for (uint32_t i = 0; i < n; i++) {
		uint32_t at = row[v[i].application + 1]++;
		expert[at] = v[i].expert;
		f->affinity[at] = v[i].affinity;
	}
	for (int a = 0; a < np; a++) {
		sort_row(expert + row[a], f->affinity + row[a], row[a + 1] - row[a]);
		for (uint32_t i = row[a] + 1; i < row[a + 1]; i++)
			if (expert[i] == expert[i - 1]) return twice(cx, f, a, expert[i]);
	}
	f->in.row = row;
	f->in.expert = expert;
	f->in.affinity = f->affinity;
	return RC_OK;
}

static uint32_t lines_of(struct str s)
{
	uint32_t n = 1;
	for (const char *p = s.p, *end = s.p + s.n; (p = memchr(p, '\n', (size_t)(end - p))); p++) n++;
	for (size_t i = 0; i < s.n && n < 3; i++) n += s.p[i] == '\r';   /* old Macintosh files end lines so */
	return n;
}

static enum rc pairs_read(struct cx *cx, struct assign_files *f)
{
	struct pair_reader r;
	if (f->pairs.text.n > UINT32_MAX) return fail(cx, RC_LIMIT, "file.size", at_line(&f->pairs, 1), "文件超过 4 GiB", "the file is larger than 4 GiB");
	TRY(pair_open(cx, f, &f->pairs, true, &r));
	struct arena *scratch = arena_new((size_t)32 << 30);
	uint32_t room = lines_of(f->pairs.text), n = 0;
	if (room < 4) room = (uint32_t)f->pairs.text.n + 1;
	struct pair_line *v = ARENA_ARRAY(scratch, struct pair_line, room);
	enum rc rc;
	for (bool more = true; (rc = pair_next(&r, &v[n], &more)) == RC_OK && more && n + 1 < room;) n++;
	if (rc == RC_OK) rc = pairs_into(cx, f, v, n);
	arena_free(scratch);
	arena_free(r.scratch);
	return rc;
}

enum rc assign_sources_read(struct cx *cx, const struct assign_sources *s, struct assign_files *out)
{
	struct assign_files *f = out;
	struct assign_rules parsed = { 0 };
	f->rules = s->rules;
	f->pairs = s->pairs;
	if (f->rules.path) TRY(assign_rules_read(cx, &f->rules, &parsed));
	TRY(table_read(cx, &s->applications, &f->applications));
	TRY(table_read(cx, &s->experts, &f->experts));
	number(cx, &f->applications, parsed.field);
	number(cx, &f->experts, parsed.field);
	f->in.n_application = f->applications.n;
	f->in.n_expert = f->experts.n;
	f->in.application_id = f->applications.id;
	f->in.expert_id = f->experts.id;
	TRY(needs(cx, f));
	TRY(loads(cx, f));
	if (f->pairs.path) TRY(pairs_read(cx, f));
	return assign_rules_apply(cx, &parsed, f);
}

enum rc assign_files_read(struct cx *cx, const char *applications, const char *experts, const char *pairs, const char *rules, struct assign_files *out)
{
	struct assign_sources s = { 0 };
	if (rules) TRY(assign_map(cx, rules, &s.rules));
	TRY(assign_map(cx, applications, &s.applications));
	TRY(assign_map(cx, experts, &s.experts));
	if (pairs) TRY(assign_map(cx, pairs, &s.pairs));
	return assign_sources_read(cx, &s, out);
}

/* ---- assignments ---- */

static int pair_order(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

static enum rc candidate(struct cx *cx, const struct assign_files *f, const struct assign_file *file, const struct pair_line *x, uint32_t *i)
{
	for (*i = f->in.row[x->application]; *i < f->in.row[x->application + 1]; ++*i)
		if (f->in.expert[*i] == x->expert) return RC_OK;
	return fail(cx, RC_INVALID, "assign.candidate", at_line(file, x->line), "专家 %.*s 不是申请 %.*s 的候选", "expert %.*s is no candidate for application %.*s", STRF(f->experts.id[x->expert]),
		STRF(f->applications.id[x->application]));
}

enum rc assign_assignment_read(struct cx *cx, const struct assign_files *f, const char *path, const uint32_t **first, const uint32_t **pair)
{
	struct assign_file *file = ARENA_NEW(cx->arena, struct assign_file);
	struct pair_reader r;
	struct pair_line x;
	VEC(uint32_t) pairs = { 0 };
	TRY(assign_map(cx, path, file));
	TRY(pair_open(cx, f, file, false, &r));
	for (bool more = true;;) {
		uint32_t i;
		TRY(pair_next(&r, &x, &more));
		if (!more) break;
		TRY(candidate(cx, f, file, &x, &i));
		VEC_PUSH(cx->arena, &pairs, i);
	}
	arena_free(r.scratch);
	if (pairs.n) qsort(pairs.v, pairs.n, sizeof *pairs.v, pair_order);
	uint32_t *start = ARENA_ARRAY(cx->arena, uint32_t, (size_t)f->in.n_application + 1), k = 0;
	for (int a = 0; a < f->in.n_application; a++) {
		while (k < pairs.n && pairs.v[k] < f->in.row[a + 1]) k++;
		start[a + 1] = k;
	}
	*first = start;
	*pair = pairs.n ? pairs.v : start;
	return RC_OK;
}

void assign_assignment_write(struct cx *cx, const struct assign_files *f, const uint32_t *first, const uint32_t *pair, struct buf *out)
{
	uint32_t sorted[ASSIGN_NEED_MAX];
	buf_add(out, STR("application,expert,affinity\r\n"));
	for (int place = 0; place < f->applications.n; place++) {
		int a = f->applications.number[place];
		int n = 0;
		for (uint32_t k = first[a]; k < first[a + 1] && n < ASSIGN_NEED_MAX; k++, n++) {       /* by place in the file */
			int at = n;
			for (; at > 0 && f->experts.place[f->in.expert[sorted[at - 1]]] > f->experts.place[f->in.expert[pair[k]]]; at--) sorted[at] = sorted[at - 1];
			sorted[at] = pair[k];
		}
		for (int k = 0; k < n; k++) {
			csv_put(out, f->applications.id[a], true);
			csv_put(out, f->experts.id[f->in.expert[sorted[k]]], false);
			buf_c(out, ',');
			buf_int(out, f->in.affinity[sorted[k]]);
			csv_end_row(out);
		}
	}
	(void)cx;
}

struct str assign_commitment(struct cx *cx, const struct assign_files *f, uint64_t seed)
{
	const struct assign_file *files[] = { &f->applications.file, &f->experts.file, &f->pairs, &f->rules };
	struct buf b = BUF(cx->arena, 4096);
	buf_fmt(&b, "%llu\n", (unsigned long long)seed);
	for (int i = 0; i < 4; i++) {
		struct str hex = hash_hex(cx->arena, hash_of(HASH_SHA256, files[i]->bytes));
		buf_add(&b, files[i]->path ? hex : STR("-"));
		buf_c(&b, '\n');
	}
	return hash_hex(cx->arena, hash_of(HASH_SHA256, buf_str(&b)));
}

/* Reading a region: which files, in which order, and the passes over them. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/utf8.h"
#include "def/kinds.h"

enum { SCRATCH_MAX = 512 << 20 };

/* ---- files ---- */

static enum rc io_fail(struct load *ld, const char *path, const char *zh, const char *en)
{
	struct str shown = str_dup(ld->cx->arena, str_c(path));
	return fail(ld->cx, RC_IO, "def.read", (struct where){ .file = shown }, "%s%.0s：%s", "%.0s%s: %s", zh, en, strerror(errno));
}

static enum rc read_file(struct load *ld, int dir, const char *path, const char *name, struct str *out)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	if (fd < 0) return io_fail(ld, path, "不能打开文件", "cannot open the file");
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		errno = EINVAL;
		return io_fail(ld, path, "不是普通文件", "not a regular file");
	}
	if (st.st_size > DEF_FILE_MAX || (ld->bytes += st.st_size) > DEF_TOTAL_MAX) {
		close(fd);
		return fail(ld->cx, RC_LIMIT, "def.file_large", (struct where){ .file = str_dup(ld->cx->arena, str_c(path)) },
			"声明过大（一个文件最多 %d 字节，合计最多 %d）", "too large (a file at most %d bytes, all together at most %d)", DEF_FILE_MAX, DEF_TOTAL_MAX);
	}
	char *p = arena_alloc(ld->arena, (size_t)st.st_size + 1);
	size_t n = 0;
	while (n < (size_t)st.st_size) {
		ssize_t got = read(fd, p + n, (size_t)st.st_size - n);
		if (got < 0 && errno == EINTR) continue;
		if (got < 0) {
			close(fd);
			return io_fail(ld, path, "不能读文件", "cannot read the file");
		}
		if (got == 0) break;
		n += (size_t)got;
	}
	close(fd);
	*out = (struct str){ p, n };
	return RC_OK;
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

struct file_names { VEC(char *); };

static enum rc list_folder(struct load *ld, const char *path, DIR *d, struct file_names *names)
{
	const struct dirent *e;
	while ((e = readdir(d))) {
		size_t n = strlen(e->d_name);
		if (n < 4 || e->d_name[0] == '.' || strcmp(e->d_name + n - 3, ".lc") != 0) continue;
		if (names->n == DEF_FILES_MAX)
			return fail(ld->cx, RC_LIMIT, "def.files", (struct where){ .file = str_dup(ld->cx->arena, str_c(path)) }, "文件过多（最多 %d 个）",
				"too many files (at most %d)", DEF_FILES_MAX);
		VEC_PUSH(ld->scratch, names, str_z(ld->scratch, str_c(e->d_name)));
	}
	if (names->n) qsort(names->v, names->n, sizeof *names->v, by_name);
	return RC_OK;
}

static void add_source(struct load *ld, struct str name, struct str text, bool included)
{
	struct source *s = ARENA_NEW(ld->scratch, struct source);
	s->name = str_dup(ld->arena, name);
	s->shown = str_dup(ld->cx->arena, name);
	s->text = text;
	s->included = included;
	VEC_PUSH(ld->scratch, &ld->sources, s);
	struct stmt *first = NULL;
	size_t bad = 0;
	while (bad < text.n && utf8_next(text, &bad) > 0) {}
	if (!utf8_valid(text)) {
		struct where at = { .file = s->name, .line = 1, .column = 1 };
		size_t stop = bad ? bad - 1 : 0;
		for (size_t i = 0; i < stop && i < text.n; i++) {
			at.column++;
			if (text.p[i] == '\n') at.line++, at.column = 1;
		}
		fail(ld->cx, RC_INVALID, "def.encoding", load_at(ld, at), "文件不是 UTF-8 编码", "the file is not UTF-8");
	} else {
		lex_source(ld, s);
		parse_source(ld, s, &first);
	}
	VEC_PUSH(ld->scratch, &ld->trees, first);
}

static enum rc read_folder(struct load *ld, const char *path, bool included)
{
	DIR *d = opendir(path);
	struct file_names names = { 0 };
	if (!d) return io_fail(ld, path, "不能打开文件夹", "cannot open the folder");
	enum rc rc = list_folder(ld, path, d, &names);
	for (size_t i = 0; rc == RC_OK && i < names.n; i++) {
		struct str shown = str_fmt(ld->scratch, "%s%s%s", path, path[0] && path[strlen(path) - 1] == '/' ? "" : "/", names.v[i]), text;
		rc = read_file(ld, dirfd(d), shown.p, names.v[i], &text);
		if (rc == RC_OK) add_source(ld, shown, text, included);
	}
	closedir(d);
	return rc;
}

/* ---- the region statement and what it includes ---- */

static void find_region(struct load *ld)
{
	for (size_t i = 0; i < ld->trees.n && !ld->region_stmt; i++)
		for (struct stmt *st = ld->trees.v[i]; st && !ld->region_stmt; st = st->next)
			if (str_is(st->word, "region")) ld->region_stmt = st;
}

/* "../base" beside "region/x" is "region/base": shown short, compared by its real path. */
static struct str joined(struct load *ld, struct str dir, struct str folder)
{
	while (dir.n > 1 && dir.p[dir.n - 1] == '/') dir.n--;
	while (str_starts(folder, STR("../")) && dir.n && !str_ends(dir, STR("..")) && !str_is(dir, ".")) {
		size_t cut = dir.n;
		while (cut && dir.p[cut - 1] != '/') cut--;
		if (!cut) break;
		dir = str_sub(dir, 0, cut > 1 ? cut - 1 : 1);
		folder = str_sub(folder, 3, folder.n);
	}
	return str_fmt(ld->scratch, "%.*s/%.*s", STRF(dir), STRF(folder));
}

struct seen { VEC(char *); };

static enum rc include(struct load *ld, struct stmt *st, struct str dir, const char *parent, struct seen *seen)
{
	struct where at = st->at;
	struct str folder = tok_string(ld->scratch, &st->arg[0]);
	at.line = st->arg[0].line;
	at.column = st->arg[0].column;
	struct str path = joined(ld, dir, folder);
	char real[PATH_MAX];
	bool inside = folder.n && folder.p[0] != '/' && realpath(path.p, real);
	if (!inside) {
		BAD(ld, at, "def.include", "没有文件夹“%.*s”", "there is no folder “%.*s”", STRF(clip(folder)));
		HINT(ld, "路径从本地区的文件夹算起", "the path starts at the region's folder");
		return RC_OK;
	}
	size_t n = strlen(parent);
	if (strncmp(real, parent, n) != 0 || (n > 1 && real[n] != '/')) {
		BAD(ld, at, "def.include_outside", "只能包含上级文件夹之内的", "only folders inside the parent folder can be included");
		return RC_OK;
	}
	for (size_t i = 0; i < seen->n; i++)
		if (!strcmp(seen->v[i], real)) {
			BAD(ld, at, "def.include_again", "这个文件夹已经读过", "this folder is read already");
			return RC_OK;
		}
	VEC_PUSH(ld->scratch, seen, str_z(ld->scratch, str_c(real)));
	return read_folder(ld, path.p, true);
}

static enum rc read_includes(struct load *ld, struct str dir)
{
	char own[PATH_MAX], parent[PATH_MAX];
	char *dir_z = str_z(ld->scratch, dir);
	if (!realpath(dir_z, own)) return io_fail(ld, dir_z, "不能打开文件夹", "cannot open the folder");
	if (!realpath(str_fmt(ld->scratch, "%s/..", own).p, parent)) return io_fail(ld, dir_z, "不能打开文件夹", "cannot open the folder");
	struct seen seen = { 0 };
	VEC_PUSH(ld->scratch, &seen, own);
	for (struct stmt *st = ld->region_stmt ? ld->region_stmt->child : NULL; st; st = st->next)
		if (str_is(st->word, "include") && st->n_arg == 1 && st->arg[0].kind == TOK_STRING) TRY(include(ld, st, dir, parent, &seen));
	return RC_OK;
}

/* Included declarations come first, so that a region's own ones follow them in menus and lists. */
static void included_first(struct load *ld, size_t own)
{
	struct source **s = ARENA_ARRAY(ld->scratch, struct source *, ld->sources.n + 1);
	struct stmt **t = ARENA_ARRAY(ld->scratch, struct stmt *, ld->sources.n + 1);
	size_t n = 0;
	for (size_t i = own; i < ld->sources.n; i++, n++) s[n] = ld->sources.v[i], t[n] = ld->trees.v[i];
	for (size_t i = 0; i < own; i++, n++) s[n] = ld->sources.v[i], t[n] = ld->trees.v[i];
	if (n) memcpy(ld->sources.v, s, n * sizeof *s), memcpy(ld->trees.v, t, n * sizeof *t);
}

/* ---- the passes ---- */

static void digest(struct load *ld)
{
	struct region *r = ld->r;
	size_t bytes = 0;
	for (size_t i = 0; i < ld->sources.n; i++) bytes += ld->sources.v[i]->text.n;
	char *all = arena_alloc(ld->scratch, bytes + 1), *w = all;
	for (size_t i = 0; i < ld->sources.n; i++) {
		const struct source *s = ld->sources.v[i];
		if (s->text.n) w = (char *)memcpy(w, s->text.p, s->text.n) + s->text.n;
		APPEND(ld->arena, r->file, r->n_file, s->name);
	}
	r->digest = hash_hex(ld->arena, hash_of(HASH_SHA256, (struct str){ all, bytes }));
}

static void understand(struct load *ld)
{
	for (int pass = PASS_NAME; pass < PASS_COUNT; pass++) {
		for (size_t i = 0; i < ld->trees.n; i++) walk(ld, (enum pass)pass, ld->trees.v[i], NULL);
		if (pass == PASS_NAME) {
			make_builtins(ld);
			codes_sort(ld);
			check_measures(ld);
		}
	}
	if (!ld->region_stmt)
		fail(ld->cx, RC_INVALID, "def.no_region", (struct where){ .file = str_dup(ld->cx->arena, ld->r->dir) }, "没有 region 语句",
			"there is no region statement");
	if (!ld->torn) check_region(ld);
	digest(ld);
}

static struct load load_new(struct cx *cx, struct arena *arena, struct str dir)
{
	struct load ld = { .cx = cx, .arena = arena, .scratch = arena_new(SCRATCH_MAX) };
	ld.r = ARENA_NEW(arena, struct region);
	ld.r->arena = arena;
	ld.r->dir = str_dup(arena, dir);
	ld.r->currency = (struct label){ STR("元"), STR("yuan") };
	ld.r->brand = (struct label){ STR("链创"), STR("Lianchuang") };
	ld.r->zone_minutes = 480;
	return ld;
}

/* Errors that were there before do not count against this region. */
static enum rc finish(struct load *ld, enum rc rc, int errors_before, struct region **out)
{
	if (rc == RC_OK) understand(ld);
	if (rc == RC_OK && ld->cx->fails.errors > errors_before) rc = RC_INVALID;
	if (rc == RC_OK) *out = ld->r;
	arena_free(ld->scratch);
	return rc;
}

enum rc region_load(struct cx *cx, struct arena *arena, struct str dir, struct region **out)
{
	int errors_before = cx->fails.errors;
	struct load ld = load_new(cx, arena, dir);
	enum rc rc = read_folder(&ld, ld.r->dir.p, false);
	size_t own = ld.sources.n;
	find_region(&ld);
	if (rc == RC_OK) rc = read_includes(&ld, ld.r->dir);
	included_first(&ld, own);
	return finish(&ld, rc, errors_before, out);
}

enum rc region_load_text(struct cx *cx, struct arena *arena, struct str name, struct str text, struct region **out)
{
	int errors_before = cx->fails.errors;
	struct load ld = load_new(cx, arena, name);
	enum rc rc = RC_OK;
	if (text.n > DEF_FILE_MAX) {
		rc = fail(cx, RC_LIMIT, "def.file_large", (struct where){ .file = str_dup(cx->arena, name) }, "声明过大（一个文件最多 %d 字节，合计最多 %d）",
			"too large (a file at most %d bytes, all together at most %d)", DEF_FILE_MAX, DEF_TOTAL_MAX);
	} else {
		add_source(&ld, name, str_dup(arena, text), false);
		find_region(&ld);
		for (struct stmt *st = ld.region_stmt ? ld.region_stmt->child : NULL; st; st = st->next)
			if (str_is(st->word, "include")) BAD(&ld, st->at, "def.include_text", "此处不能包含文件夹", "no folder can be included here");
	}
	return finish(&ld, rc, errors_before, out);
}

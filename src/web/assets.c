#include "web/assets.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "web/assets_table.h"

enum { HASH_CHARS = 12, FILES_MAX = 4000, FILE_BYTES_MAX = 16 << 20, FOLDER_DEPTH_MAX = 6 };

struct assets {
	VEC(struct asset) file;                 /* by name */
	VEC(struct template_source) source;
};

static struct str content_type(struct str name)
{
	static const struct { const char *end, *type; } types[] = {
		{ ".css", "text/css; charset=utf-8" }, { ".js", "text/javascript; charset=utf-8" }, { ".mjs", "text/javascript; charset=utf-8" },
		{ ".svg", "image/svg+xml" }, { ".png", "image/png" }, { ".ico", "image/x-icon" }, { ".webp", "image/webp" }, { ".jpg", "image/jpeg" },
		{ ".woff2", "font/woff2" }, { ".json", "application/json" }, { ".txt", "text/plain; charset=utf-8" },
		{ ".webmanifest", "application/manifest+json" } };
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (str_ends(name, str_c(types[i].end))) return str_c(types[i].type);
	return STR("application/octet-stream");
}

/* "js/table.js" and its digest → "js/table.0123456789ab.js" */
static struct str hashed_name(struct arena *a, struct str name, struct str digest)
{
	size_t dot = name.n;
	while (dot > 0 && name.p[dot - 1] != '.' && name.p[dot - 1] != '/') dot--;
	if (dot == 0 || name.p[dot - 1] == '/') return str_fmt(a, "%.*s.%.*s", STRF(name), HASH_CHARS, digest.p);
	return str_fmt(a, "%.*s%.*s.%.*s", (int)dot, name.p, HASH_CHARS, digest.p, STRF(str_sub(name, dot, name.n)));
}

static void add_static(struct assets *as, struct arena *a, struct str name, struct str bytes, struct str gzip, struct str digest)
{
	struct asset f = { .name = name, .bytes = bytes, .gzip = gzip, .type = content_type(name) };
	f.url = str_fmt(a, "/static/%.*s", STRF(hashed_name(a, name, digest)));
	f.etag = str_fmt(a, "\"%.*s\"", HASH_CHARS * 2, digest.p);
	for (size_t i = 0; i < as->file.n; i++) {
		if (!str_eq(as->file.v[i].name, name)) continue;
		as->file.v[i] = f;
		return;
	}
	VEC_PUSH(a, &as->file, f);
}

static void add_template(struct assets *as, struct arena *a, struct str name, struct str text)
{
	for (size_t i = 0; i < as->source.n; i++) {
		if (!str_eq(as->source.v[i].name, name)) continue;
		as->source.v[i].text = text;
		return;
	}
	VEC_PUSH(a, &as->source, ((struct template_source){ name, text }));
}

static enum rc io_fail(struct cx *cx, const char *path)
{
	return fail(cx, RC_IO, "assets.read", NOWHERE, "不能读取 %s：%s", "cannot read %s: %s", path, strerror(errno));
}

static enum rc read_file(struct cx *cx, struct arena *a, const char *path, struct str *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	if (fd < 0) return io_fail(cx, path);
	if (fstat(fd, &st) != 0 || st.st_size > FILE_BYTES_MAX) {
		close(fd);
		return fail(cx, RC_LIMIT, "assets.size", NOWHERE, "%s 超过 16 MiB", "%s is larger than 16 MiB", path);
	}
	char *p = arena_alloc(a, (size_t)st.st_size + 1);
	size_t n = 0;
	ssize_t got = 0;
	while (n < (size_t)st.st_size && (got = read(fd, p + n, (size_t)st.st_size - n)) > 0) n += (size_t)got;
	close(fd);
	if (got < 0) return io_fail(cx, path);
	*out = (struct str){ p, n };
	return RC_OK;
}

static enum rc read_folder(struct cx *cx, struct arena *a, struct assets *as, bool templates, const char *dir, struct str prefix, int depth)
{
	DIR *d = depth < FOLDER_DEPTH_MAX ? opendir(dir) : NULL;
	if (!d) return errno == ENOENT ? RC_OK : io_fail(cx, dir);
	enum rc rc = RC_OK;
	for (struct dirent *e; rc == RC_OK && (e = readdir(d));) {
		if (e->d_name[0] == '.') continue;
		const char *path = str_fmt(a, "%s/%s", dir, e->d_name).p;
		struct str name = str_fmt(a, "%.*s%s", STRF(prefix), e->d_name), bytes;
		struct stat st;
		if (stat(path, &st) != 0) {
			rc = io_fail(cx, path);
		} else if (S_ISDIR(st.st_mode)) {
			rc = read_folder(cx, a, as, templates, path, str_fmt(a, "%.*s/", STRF(name)), depth + 1);
		} else if (S_ISREG(st.st_mode)) {
			rc = read_file(cx, a, path, &bytes);
			if (rc == RC_OK && templates) add_template(as, a, name, bytes);
			else if (rc == RC_OK) add_static(as, a, name, bytes, STR(""), hash_hex(a, hash_of(HASH_SHA256, bytes)));
		}
		if (as->file.n + as->source.n > FILES_MAX)
			rc = fail(cx, RC_LIMIT, "assets.count", NOWHERE, "%s 中文件过多", "too many files in %s", dir);
	}
	closedir(d);
	return rc;
}

static int by_name(const void *a, const void *b) { return str_cmp(((const struct asset *)a)->name, ((const struct asset *)b)->name); }

enum rc assets_open(struct cx *cx, struct arena *arena, struct str dir, struct assets **out)
{
	struct assets *as = ARENA_NEW(arena, struct assets);
	for (int i = 0; i < embedded_count; i++) {
		const struct embedded *e = &embedded_table[i];
		if (e->folder == 't') add_template(as, arena, e->name, e->bytes);
		else add_static(as, arena, e->name, e->bytes, e->gzip, e->digest);
	}
	if (dir.n) {
		struct stat st;
		const char *path = str_z(arena, dir);
		if (stat(path, &st) != 0) return io_fail(cx, path);
		TRY(read_folder(cx, arena, as, true, str_fmt(arena, "%s/templates", path).p, STR(""), 0));
		TRY(read_folder(cx, arena, as, false, str_fmt(arena, "%s/static", path).p, STR(""), 0));
	}
	if (as->file.n) qsort(as->file.v, as->file.n, sizeof *as->file.v, by_name);
	*out = as;
	return RC_OK;
}

int assets_templates(const struct assets *a, const struct template_source **out)
{
	*out = a->source.v;
	return (int)a->source.n;
}

static const struct asset *find_name(const struct assets *a, struct str name)
{
	size_t low = 0, high = a->file.n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = str_cmp(a->file.v[mid].name, name);
		if (c == 0) return &a->file.v[mid];
		if (c < 0) low = mid + 1;
		else high = mid;
	}
	return NULL;
}

const struct asset *asset_find(const struct assets *a, struct str path, bool *hashed)
{
	const struct asset *f = find_name(a, path);
	*hashed = false;
	if (f) return f;
	size_t base = STR("/static/").n;
	for (size_t i = 0; i < a->file.n; i++) {
		if (!str_eq(str_sub(a->file.v[i].url, base, SIZE_MAX), path)) continue;
		*hashed = true;
		return &a->file.v[i];
	}
	return NULL;
}

struct str asset_url(const struct assets *a, struct str name)
{
	const struct asset *f = find_name(a, name);
	return f ? f->url : STR("");
}

int assets_count(const struct assets *a) { return (int)a->file.n; }
const struct asset *asset_at(const struct assets *a, int i) { return i >= 0 && (size_t)i < a->file.n ? &a->file.v[i] : NULL; }

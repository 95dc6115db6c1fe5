/* embed OUT.c TEMPLATES_DIR STATIC_DIR [DEPFILE]: write both folders as C (src/web/assets_table.h): bytes, SHA-256, and
   gzip where it saves a tenth. Runs at build time only. */
#include <dirent.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

enum { FILES_MAX = 2000, PATH_BYTES = 1024, FILE_MAX = 16 << 20 };

struct found { char path[PATH_BYTES], name[PATH_BYTES]; };
struct list { struct found *v; int n; };

static void die(const char *what, const char *path)
{
	fprintf(stderr, "embed: %s: %s\n", path, what);
	exit(1);
}

static int by_name(const void *a, const void *b) { return strcmp(((const struct found *)a)->name, ((const struct found *)b)->name); }

static void walk(struct list *l, const char *dir, const char *prefix)
{
	DIR *d = opendir(dir);
	if (!d) return;         /* an absent folder is an empty one */
	for (struct dirent *e; (e = readdir(d));) {
		if (e->d_name[0] == '.') continue;
		if (l->n == FILES_MAX) die("too many files", dir);
		struct found *f = &l->v[l->n];
		if (snprintf(f->path, PATH_BYTES, "%s/%s", dir, e->d_name) >= PATH_BYTES ||
			snprintf(f->name, PATH_BYTES, "%s%s", prefix, e->d_name) >= PATH_BYTES - 1)
			die("name too long", dir);
		struct stat st;
		if (stat(f->path, &st) != 0) die("cannot stat", f->path);
		if (S_ISREG(st.st_mode)) {
			l->n++;
		} else if (S_ISDIR(st.st_mode)) {
			struct found here = *f;
			strcat(here.name, "/");
			walk(l, here.path, here.name);
		}
	}
	closedir(d);
}

static unsigned char *read_file(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	if (!f) die("cannot open", path);
	unsigned char *p = malloc(FILE_MAX);
	if (!p) die("out of memory", path);
	*n = fread(p, 1, FILE_MAX, f);
	if (ferror(f) || !feof(f)) die("cannot read, or larger than 16 MiB", path);
	fclose(f);
	return p;
}

static unsigned char *gzip(const unsigned char *p, size_t n, size_t *out_n)
{
	z_stream z = { 0 };
	if (deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK) die("zlib", "deflateInit2");
	size_t cap = deflateBound(&z, n);
	unsigned char *out = malloc(cap);
	if (!out) die("out of memory", "gzip");
	z.next_in = (unsigned char *)p;
	z.avail_in = (unsigned)n;
	z.next_out = out;
	z.avail_out = (unsigned)cap;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END) die("zlib", "deflate");
	*out_n = z.total_out;
	deflateEnd(&z);
	return out;
}

static void write_bytes(FILE *out, const char *prefix, int i, const unsigned char *p, size_t n)
{
	fprintf(out, "static const char %s%d[] =", prefix, i);
	for (size_t at = 0; at < n || at == 0; at += 64) {
		fputs("\n\"", out);
		for (size_t k = at; k < n && k < at + 64; k++) {
			if (p[k] >= 0x20 && p[k] < 0x7F && p[k] != '"' && p[k] != '\\' && p[k] != '?') fputc(p[k], out);
			else fprintf(out, "\\%03o", p[k]);
		}
		fputc('"', out);
	}
	fputs(";\n", out);
}

static int write_folder(FILE *out, FILE *table, FILE *dep, char folder, const char *dir, int count)
{
	struct list l = { calloc(FILES_MAX, sizeof(struct found)), 0 };
	if (!l.v) die("out of memory", dir);
	walk(&l, dir, "");
	qsort(l.v, (size_t)l.n, sizeof *l.v, by_name);
	for (int i = 0; i < l.n; i++, count++) {
		size_t n, gz_n;
		unsigned char *p = read_file(l.v[i].path, &n), *gz = gzip(p, n, &gz_n);
		bool smaller = folder == 's' && gz_n < n - n / 10;
		unsigned char sha[SHA256_DIGEST_LENGTH];
		SHA256(p, n, sha);
		write_bytes(out, "b", count, p, n);
		if (smaller) write_bytes(out, "z", count, gz, gz_n);
		fprintf(table, "\t{ '%c', STR_INIT(\"%s\"), { b%d, %zu }, ", folder, l.v[i].name, count, n);
		if (smaller) fprintf(table, "{ z%d, %zu }, STR_INIT(\"", count, gz_n);
		else fputs("{ \"\", 0 }, STR_INIT(\"", table);
		for (int k = 0; k < SHA256_DIGEST_LENGTH; k++) fprintf(table, "%02x", sha[k]);
		fputs("\") },\n", table);
		if (dep) fprintf(dep, " %s", l.v[i].path);
		free(p);
		free(gz);
	}
	free(l.v);
	return count;
}

int main(int argc, char **argv)
{
	if (argc < 4) die("usage: embed OUT.c TEMPLATES_DIR STATIC_DIR [DEPFILE]", argv[0]);
	FILE *out = fopen(argv[1], "w"), *dep = argc > 4 ? fopen(argv[4], "w") : NULL;
	char *table_text = NULL;
	size_t table_bytes = 0;
	FILE *table = open_memstream(&table_text, &table_bytes);
	if (!out || !table || (argc > 4 && !dep)) die("cannot write", argv[1]);
	fputs("/* Made by tools/embed. */\n#include \"web/assets_table.h\"\n", out);
	/* The folders themselves are listed too, so that a new file is noticed. */
	if (dep) fprintf(dep, "%s: %s %s", argv[1], argv[2], argv[3]);
	int count = write_folder(out, table, dep, 's', argv[3], 0);
	count = write_folder(out, table, dep, 't', argv[2], count);
	fputs("\t{ 0, STR_INIT(\"\"), STR_INIT(\"\"), STR_INIT(\"\"), STR_INIT(\"\") }\n", table);
	if (fclose(table) != 0) die("cannot write", argv[1]);
	fprintf(out, "const struct embedded embedded_table[] = {\n%s};\nconst int embedded_count = %d;\n", table_text, count);
	free(table_text);
	if (dep) fputc('\n', dep);
	if (fclose(out) != 0 || (dep && fclose(dep) != 0)) die("cannot write", argv[1]);
	return 0;
}

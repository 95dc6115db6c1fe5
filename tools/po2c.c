/* po2c IN.po OUT.c: the translations as a sorted C table (src/web/i18n_table.h). Refuses what would go wrong silently:
   a text translated twice, an empty or fuzzy translation, contexts and plurals (we have neither). Runs at build time only. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAIRS_MAX = 20000, LINE_BYTES = 8192, TEXT_BYTES = 16384 };

struct pair { char *en, *zh; int line; };

struct reader {
	const char *path;
	int line;
	struct pair *pair;
	int n;
	char id[TEXT_BYTES], str[TEXT_BYTES];
	char *into;                     /* where a continuation line goes */
	bool has_id, fuzzy;
	int id_line;
};

static void die(const struct reader *r, int line, const char *what)
{
	fprintf(stderr, "%s:%d: error: %s\n", r->path, line, what);
	exit(1);
}

static void append_quoted(struct reader *r, const char *p)
{
	size_t n = strlen(r->into);
	if (*p++ != '"') die(r, r->line, "a quoted text is needed here");
	for (; *p && *p != '"'; p++) {
		char c = *p;
		if (c == '\\') {
			c = *++p;
			if (c == 'n') c = '\n';
			else if (c == 't') c = '\t';
			else if (c != '"' && c != '\\') die(r, r->line, "unknown escape");
		}
		if (n + 1 >= TEXT_BYTES) die(r, r->line, "text too long");
		r->into[n++] = c;
	}
	r->into[n] = '\0';
	if (*p != '"' || (p[1] != '\n' && p[1] != '\r' && p[1] != '\0')) die(r, r->line, "no closing quote at the end of the line");
}

static void finish(struct reader *r)
{
	if (!r->has_id) return;
	if (r->id[0]) {         /* the entry of the empty text is the file's header */
		if (r->fuzzy) die(r, r->id_line, "fuzzy: check the translation and remove the mark");
		if (!r->str[0]) die(r, r->id_line, "no translation");
		if (r->n == PAIRS_MAX) die(r, r->id_line, "too many texts");
		r->pair[r->n++] = (struct pair){ strdup(r->id), strdup(r->str), r->id_line };
	}
	r->id[0] = r->str[0] = '\0';
	r->has_id = r->fuzzy = false;
	r->into = NULL;
}

static void take_line(struct reader *r, const char *line)
{
	static const char id[] = "msgid ", str[] = "msgstr ";
	if (line[0] == '\n' || line[0] == '\r' || line[0] == '\0') return;
	if (line[0] == '#') {
		if (r->into == r->str) finish(r);
		if (line[1] == ',' && strstr(line, "fuzzy")) r->fuzzy = true;
	} else if (strncmp(line, id, sizeof id - 1) == 0) {
		if (r->into == r->str) finish(r);
		r->has_id = true;
		r->id_line = r->line;
		r->into = r->id;
		append_quoted(r, line + sizeof id - 1);
	} else if (strncmp(line, str, sizeof str - 1) == 0 && r->has_id) {
		r->into = r->str;
		append_quoted(r, line + sizeof str - 1);
	} else if (line[0] == '"' && r->into) {
		append_quoted(r, line);
	} else {
		die(r, r->line, "only comments, msgid, msgstr and quoted texts are known here");
	}
}

static int by_english(const void *a, const void *b) { return strcmp(((const struct pair *)a)->en, ((const struct pair *)b)->en); }

static void write_text(FILE *out, const char *s)
{
	fprintf(out, "{ \"");
	for (const char *p = s; *p; p++) {
		if (*p >= 0x20 && *p < 0x7F && *p != '"' && *p != '\\' && *p != '?') fputc(*p, out);
		else fprintf(out, "\\%03o", (unsigned char)*p);
	}
	fprintf(out, "\", %zu }", strlen(s));
}

static void write_table(struct reader *r, FILE *out)
{
	qsort(r->pair, (size_t)r->n, sizeof *r->pair, by_english);
	fputs("/* Made by tools/po2c. */\n#include \"web/i18n_table.h\"\n\nconst struct i18n_pair i18n_table[] = {\n", out);
	for (int i = 0; i < r->n; i++) {
		if (i && strcmp(r->pair[i - 1].en, r->pair[i].en) == 0) die(r, r->pair[i].line, "this text is translated twice");
		fputs("\t{ ", out);
		write_text(out, r->pair[i].en);
		fputs(", ", out);
		write_text(out, r->pair[i].zh);
		fputs(" },\n", out);
	}
	fprintf(out, "\t{ { \"\", 0 }, { \"\", 0 } }\n};\nconst int i18n_count = %d;\n", r->n);
}

int main(int argc, char **argv)
{
	static struct reader r;
	r.path = argc > 1 ? argv[1] : "po2c";
	if (argc != 3) die(&r, 0, "usage: po2c IN.po OUT.c");
	FILE *in = fopen(argv[1], "r");
	r.pair = calloc(PAIRS_MAX, sizeof *r.pair);
	if (!in || !r.pair) die(&r, 0, "cannot open");
	char line[LINE_BYTES];
	while (fgets(line, sizeof line, in)) {
		r.line++;
		if (!strchr(line, '\n') && !feof(in)) die(&r, r.line, "line too long");
		take_line(&r, line);
	}
	finish(&r);
	fclose(in);
	FILE *out = fopen(argv[2], "w");
	if (!out) die(&r, 0, "cannot write");
	write_table(&r, out);
	if (fclose(out) != 0) die(&r, 0, "cannot write");
	return 0;
}

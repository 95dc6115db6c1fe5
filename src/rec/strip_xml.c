/* Parts of office files: read by expat, written again without what tells of people, machines and programs. */
#include <expat.h>
#include <string.h>

#include "rec/strip_inner.h"

enum { DEPTH_MAX = 256, AUTHORS_MAX = 1000, AUTHOR_BYTES = 200 };

struct xml {
	struct cx *cx;
	enum part part;
	struct buf *out;
	XML_Parser parser;
	enum rc rc;
	int depth, dropped;             /* dropped: inside something left out, this deep; 0: not */
	bool collect;                   /* texts go to `text` first: an author's name, or a comment that may start with one */
	bool in_author;
	struct buf text;
	struct str author[AUTHORS_MAX];
	int n_author;
};

static bool one_of(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(word, *words) == 0) return true;
	return false;
}

static const char *local(const char *name)
{
	const char *colon = strchr(name, ':');
	return colon ? colon + 1 : name;
}

static const char *value_of(const char **attr, const char *wanted)
{
	for (; *attr; attr += 2)
		if (strcmp(local(attr[0]), wanted) == 0) return attr[1];
	return NULL;
}

static void put_escaped(struct buf *b, const char *s)
{
	for (; *s; s++)
		switch (*s) {
		case '&': buf_add(b, STR("&amp;")); break;
		case '<': buf_add(b, STR("&lt;")); break;
		case '>': buf_add(b, STR("&gt;")); break;
		case '"': buf_add(b, STR("&quot;")); break;
		case '\n': case '\r': case '\t': buf_fmt(b, "&#%d;", *s); break;
		default: buf_c(b, *s);
		}
}

/* C:\Users\… , \\server\… , file:///home/…: only the last part says what, the rest says where and whose. */
static const char *without_path(const char *v)
{
	bool drive = ((v[0] >= 'A' && v[0] <= 'Z') || (v[0] >= 'a' && v[0] <= 'z')) && v[1] == ':' && (v[2] == '\\' || v[2] == '/');
	bool path = drive || strncmp(v, "\\\\", 2) == 0 || strncmp(v, "file:", 5) == 0 || strncmp(v, "/Users/", 7) == 0 || strncmp(v, "/home/", 6) == 0;
	const char *last = v;
	for (const char *s = v; path && *s; s++)
		if (*s == '\\' || *s == '/') last = s + 1;
	return last;
}

/* ---- relations and types: what leads to parts that are left out ---- */

static bool relation_stays(const char **attr)
{
	static const char *const gone[] = { "core-properties", "extended-properties", "custom-properties", "thumbnail", "customXml", "printerSettings", "revisionHeaders",
		"usernames", "origin", "signature", "attachedTemplate", "classificationlabels", "webextensiontaskpanes", "webextension", "keyMapCustomizations", "attachedToolbars",
		"vbaProject", "wordVbaData", "recipientData", "mailMergeSource", "mailMergeHeaderSource", NULL };
	const char *type = value_of(attr, "Type"), *mode = value_of(attr, "TargetMode"), *slash = type ? strrchr(type, '/') : NULL;
	if (!slash || one_of(slash + 1, gone)) return false;
	/* A picture or template from outside would call its server whenever somebody opens the file. */
	return !mode || strcmp(mode, "External") != 0 || strcmp(slash + 1, "hyperlink") == 0;
}

static bool type_stays(struct cx *cx, const char **attr)
{
	const char *part = value_of(attr, "PartName");
	if (!part) return true;
	char *name = str_z(cx->arena, str_c(*part == '/' ? part + 1 : part));
	for (char *c = name; *c; c++) *c = *c >= 'A' && *c <= 'Z' ? (char)(*c | 32) : *c;
	return !strip_leaves_out(str_c(name));
}

static bool stays(struct xml *x, const char *tag, const char **attr)
{
	static const char *const gone[] = { "rsids", "docVars", "absPath", "attachedTemplate", "presenceInfo", "dataBinding", "printerSettings", "fileVersion", "revisionPtr",
		"docId", "mailMerge", "saveThroughXslt", NULL };
	if (x->part == PART_RELATIONS) return strcmp(tag, "Relationship") != 0 || relation_stays(attr);
	if (x->part == PART_TYPES) return strcmp(tag, "Override") != 0 || type_stays(x->cx, attr);
	return !one_of(tag, gone);
}

/* An attribute's value as it goes out; NULL: not at all. */
static const char *kept_value(const struct xml *x, const char *tag, const char **attr, const char *name, const char *value)
{
	static const char *const people[] = { "author", "userName", "displayName", "userId", "refreshedBy", "lastModifiedBy", NULL };
	static const char *const times[] = { "refreshedDate", "refreshedDateIso", "dateTime", NULL };
	if (x->part == PART_TYPES) return value;
	if (x->part == PART_RELATIONS) return strcmp(name, "Target") == 0 ? without_path(value) : value;
	if (strncmp(name, "rsid", 4) == 0 || one_of(name, times)) return NULL;
	if (one_of(name, people)) return "Author";
	if (strcmp(name, "initials") == 0) return "A";
	if (strcmp(name, "providerId") == 0) return "None";
	if (strcmp(name, "date") == 0 && value_of(attr, "author")) return NULL;
	if (strcmp(name, "dT") == 0) return "2000-01-01T00:00:00.00";
	if (strcmp(name, "dt") == 0 && strcmp(tag, "cm") == 0) return NULL;
	if (strcmp(name, "created") == 0 && strcmp(tag, "cm") == 0) return "2000-01-01T00:00:00.000";
	if (strcmp(name, "name") == 0 && one_of(tag, (const char *const[]){ "cmAuthor", "author", NULL })) return "Author";
	if (strcmp(name, "id") == 0 && strcmp(tag, "pageSetup") == 0) return NULL;
	return without_path(value);
}

/* ---- expat's calls ---- */

static void XMLCALL on_start(void *ctx, const char *name, const char **attr)
{
	struct xml *x = ctx;
	const char *tag = local(name);
	if (++x->depth > DEPTH_MAX) {
		x->rc = strip_damaged(x->cx, "XML");
		(void)XML_StopParser(x->parser, XML_FALSE);
		return;
	}
	if (x->dropped) return;
	if (!stays(x, tag, attr)) {
		x->dropped = x->depth;
		return;
	}
	buf_c(x->out, '<');
	buf_add(x->out, str_c(name));
	for (const char **a = attr; *a; a += 2) {
		const char *v = kept_value(x, tag, attr, local(a[0]), a[1]);
		if (!v) continue;
		buf_fmt(x->out, " %s=\"", a[0]);
		put_escaped(x->out, v);
		buf_c(x->out, '"');
	}
	buf_c(x->out, '>');
	if (x->part != PART_COMMENTS) return;
	x->in_author = strcmp(tag, "author") == 0;
	x->collect = x->in_author || strcmp(tag, "t") == 0;
	x->text.n = 0;
}

/* Office writes "NAME:" at the head of a comment. */
static struct str without_author(const struct xml *x, struct str s)
{
	for (int i = 0; i < x->n_author; i++) {
		struct str a = x->author[i];
		if (!a.n || !str_starts(s, a)) continue;
		struct str rest = str_sub(s, a.n, s.n);
		if (str_starts(rest, STR(":"))) return str_sub(rest, 1, rest.n);
		if (str_starts(rest, STR("："))) return str_sub(rest, strlen("："), rest.n);
	}
	return s;
}

static void end_collecting(struct xml *x)
{
	struct str s = buf_str(&x->text);
	if (!x->collect) return;
	if (!x->in_author) buf_add(x->out, without_author(x, s));
	else if (x->n_author < AUTHORS_MAX && s.n <= AUTHOR_BYTES) x->author[x->n_author++] = str_dup(x->cx->arena, s);
	if (x->in_author) buf_add(x->out, STR("Author"));
	x->collect = x->in_author = false;
}

static void XMLCALL on_end(void *ctx, const char *name)
{
	struct xml *x = ctx;
	int depth = x->depth--;
	if (x->dropped) {
		if (x->dropped == depth) x->dropped = 0;
		return;
	}
	end_collecting(x);
	buf_fmt(x->out, "</%s>", name);
}

/* Texts, as they stand in the file. */
static void XMLCALL on_rest(void *ctx, const char *s, int n)
{
	struct xml *x = ctx;
	if (!x->dropped && x->depth) buf_add(x->collect ? &x->text : x->out, (struct str){ s, (size_t)n });
}

static void XMLCALL on_comment(void *ctx, const char *text) { (void)ctx, (void)text; }
static void XMLCALL on_instruction(void *ctx, const char *target, const char *data) { (void)ctx, (void)target, (void)data; }
static void XMLCALL on_declaration(void *ctx, const char *version, const char *encoding, int standalone) { (void)ctx, (void)version, (void)encoding, (void)standalone; }

static void XMLCALL on_doctype(void *ctx, const char *name, const char *system, const char *public, int internal)
{
	struct xml *x = ctx;
	(void)name, (void)system, (void)public, (void)internal;
	x->rc = strip_damaged(x->cx, "DOCTYPE");
	(void)XML_StopParser(x->parser, XML_FALSE);
}

enum rc strip_xml(struct cx *cx, enum part part, struct str bytes, uint64_t salt, struct buf *out)
{
	struct xml *x = ARENA_NEW(cx->arena, struct xml);
	*x = (struct xml){ .cx = cx, .part = part, .out = out, .parser = XML_ParserCreate(NULL), .text = BUF(cx->arena, 1 << 20) };
	if (!x->parser) return fail(cx, RC_LIMIT, "strip.memory", NOWHERE, "内存不足", "out of memory");
	buf_add(out, STR("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"));
	/* Without one, expat would ask the system, which the sandbox forbids. */
	XML_SetHashSalt(x->parser, (unsigned long)salt | 1);
	XML_SetUserData(x->parser, x);
	XML_SetElementHandler(x->parser, on_start, on_end);
	XML_SetDefaultHandler(x->parser, on_rest);
	XML_SetCommentHandler(x->parser, on_comment);
	XML_SetProcessingInstructionHandler(x->parser, on_instruction);
	XML_SetXmlDeclHandler(x->parser, on_declaration);
	XML_SetStartDoctypeDeclHandler(x->parser, on_doctype);
	enum XML_Status status = bytes.n <= INT32_MAX ? XML_Parse(x->parser, bytes.p, (int)bytes.n, XML_TRUE) : XML_STATUS_ERROR;
	XML_ParserFree(x->parser);
	TRY(x->rc);
	return status == XML_STATUS_OK && !x->text.full ? RC_OK : strip_damaged(cx, "XML");
}

bool strip_leaves_out(struct str name)
{
	static const struct str folders[] = { STR_INIT("docprops/"), STR_INIT("customxml/"), STR_INIT("_xmlsignatures/"), STR_INIT("docmetadata/"), STR_INIT("customui/"),
		STR_INIT("xl/revisions/"), STR_INIT("xl/printersettings/"), STR_INIT("xl/webextensions/"), STR_INIT("word/webextensions/"), STR_INIT("ppt/printersettings/"),
		STR_INIT("word/printersettings") };
	static const char *const files[] = { "word/customizations.xml", "word/attachedtoolbars.bin", "word/vbaproject.bin", "xl/vbaproject.bin", "ppt/vbaproject.bin",
		"word/vbadata.xml", "word/recipientdata.xml", NULL };
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		if (str_starts(name, folders[i])) return true;
	for (const char *const *f = files; *f; f++)
		if (str_is(name, *f)) return true;
	return false;
}

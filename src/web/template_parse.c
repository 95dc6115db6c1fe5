#include "web/template_parse.h"

#include <string.h>

enum { DEPTH_MAX = 24 };

enum tok { TOK_END, TOK_WORD, TOK_TEXT, TOK_INT, TOK_MARK };

struct parser {
	struct cx *cx;
	struct arena *arena;
	struct template_file *file;
	size_t at;                      /* in the source, between tags */
	size_t in, end;                 /* inside the current tag: next byte, first byte of the closing mark */
	enum tok tok;
	struct str word;                /* as written; for TOK_TEXT unescaped */
	size_t tok_at;
	bool bad;                       /* this tag is already reported */
	int depth;
	enum { STOP_FILE, STOP_ELSE, STOP_ELIF, STOP_END } stop;
	size_t stop_at;
};

struct where template_where(const struct template_file *file, size_t offset)
{
	int line = 1;
	size_t start = 0;
	for (size_t i = 0; i < offset && i < file->text.n; i++)
		if (file->text.p[i] == '\n') line++, start = i + 1;
	return (struct where){ .file = file->name, .line = line, .column = (int)(offset - start) + 1 };
}

enum rc template_blame(struct cx *cx, const struct template_file *file, size_t offset, enum rc rc)
{
	size_t from = offset > file->text.n ? file->text.n : offset, to = from;
	while (from > 0 && file->text.p[from - 1] != '\n') from--;
	while (to < file->text.n && file->text.p[to] != '\n') to++;
	fail_source(cx, str_sub(file->text, from, to));
	return rc;
}

/* Several mistakes in one tag usually have one cause: only the first is told. */
#define COMPLAIN(p, offset, ...)                                                                \
	do {                                                                                    \
		if (!(p)->bad) (void)TEMPLATE_FAIL((p)->cx, (p)->file, (offset), __VA_ARGS__);  \
		(p)->bad = (p)->file->broken = true;                                            \
	} while (0)

/* ---- words inside a tag ---- */

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c); }

static void read_text(struct parser *p)
{
	struct str src = p->file->text;
	char *out = arena_alloc(p->arena, p->end - p->in + 1);
	size_t n = 0;
	for (p->in++; p->in < p->end && src.p[p->in] != '"'; p->in++) {
		char c = src.p[p->in];
		if (c == '\\' && p->in + 1 < p->end) {
			c = src.p[++p->in];
			if (c == 'n') c = '\n';
			else if (c != '"' && c != '\\')
				COMPLAIN(p, p->in, "template.escape", "反斜杠后只能是 \\\" \\\\ \\n", "after a backslash only \\\" \\\\ or \\n");
		}
		out[n++] = c;
	}
	if (p->in == p->end) COMPLAIN(p, p->tok_at, "template.text_open", "文字缺少结尾的引号", "this text has no closing quote");
	else p->in++;
	p->tok = TOK_TEXT;
	p->word = (struct str){ out, n };
}

static void advance(struct parser *p)
{
	struct str src = p->file->text;
	while (p->in < p->end && is_blank(src.p[p->in])) p->in++;
	p->tok_at = p->in;
	if (p->in == p->end) {
		p->tok = TOK_END;
		p->word = STR("");
		return;
	}
	char c = src.p[p->in];
	if (c == '"') {
		read_text(p);
		return;
	}
	if (is_digit(c) || (c == '-' && p->in + 1 < p->end && is_digit(src.p[p->in + 1]))) {
		for (p->in++; p->in < p->end && is_word(src.p[p->in]); p->in++) continue;
		p->tok = TOK_INT;
	} else if (is_word(c)) {
		while (p->in < p->end && (is_word(src.p[p->in]) || src.p[p->in] == '.')) p->in++;
		p->tok = TOK_WORD;
	} else {
		p->in++;
		if (p->in < p->end && src.p[p->in] == '=' && (c == '!' || c == '<' || c == '>')) p->in++;
		p->tok = TOK_MARK;
	}
	p->word = str_sub(src, p->tok_at, p->in);
}

static bool accept_word(struct parser *p, const char *word)
{
	if (p->tok != TOK_WORD || !str_is(p->word, word)) return false;
	advance(p);
	return true;
}

static bool accept_mark(struct parser *p, const char *mark)
{
	if (p->tok != TOK_MARK || !str_is(p->word, mark)) return false;
	advance(p);
	return true;
}

static void expect_end(struct parser *p)
{
	if (p->tok != TOK_END)
		COMPLAIN(p, p->tok_at, "template.extra", "这里多了“%.*s”", "\"%.*s\" is too much here", STRF(p->word));
}

static struct str expect_name(struct parser *p)
{
	struct str name = p->word;
	if (p->tok != TOK_WORD || str_has(name, STR(".")) || is_digit(name.p[0])) {
		COMPLAIN(p, p->tok_at, "template.name", "这里需要一个名称", "a name is needed here");
		return STR("");
	}
	advance(p);
	return name;
}

static struct str expect_text(struct parser *p)
{
	struct str text = p->word;
	if (p->tok != TOK_TEXT) {
		COMPLAIN(p, p->tok_at, "template.text", "这里需要引号中的文字", "a quoted text is needed here");
		return STR("");
	}
	advance(p);
	return text;
}

/* ---- values and conditions ---- */

static void parse_path(struct parser *p, struct ref *ref)
{
	struct str rest = p->word, part;
	ref->seg = ARENA_ARRAY(p->arena, struct segment, SEGMENTS_MAX);
	while (str_cut(&rest, '.', &part)) {
		if (part.n == 0 || ref->n_seg == SEGMENTS_MAX) {
			COMPLAIN(p, p->tok_at, "template.path", "路径“%.*s”不正确", "\"%.*s\" is not a path", STRF(p->word));
			return;
		}
		int64_t index = -1;
		if (is_digit(part.p[0]) && (!str_int(part, &index) || index > 100000)) index = -1;
		ref->seg[ref->n_seg++] = (struct segment){ .name = part, .index = (int)index };
	}
	if (p->word.p[p->word.n - 1] == '.' || is_digit(p->word.p[0]))
		COMPLAIN(p, p->tok_at, "template.path", "路径“%.*s”不正确", "\"%.*s\" is not a path", STRF(p->word));
}

static void parse_filter(struct parser *p, struct ref *ref)
{
	struct str names[FILTER_COUNT];
	for (int i = 0; i < FILTER_COUNT; i++) names[i] = filter_name((enum filter)i);
	int found = -1;
	for (int i = 0; i < FILTER_COUNT && p->tok == TOK_WORD; i++)
		if (str_eq(names[i], p->word)) found = i;
	if (found < 0) {
		bool first = !p->bad;
		COMPLAIN(p, p->tok_at, "template.filter", "没有名为“%.*s”的过滤器", "there is no filter \"%.*s\"", STRF(p->word));
		int near = nearest_name(p->word, names, FILTER_COUNT);
		if (first && near >= 0) fail_hint(p->cx, "是不是“%.*s”？", "did you mean \"%.*s\"?", STRF(names[near]));
		return;
	}
	if (ref->n_filter == FILTERS_MAX) {
		COMPLAIN(p, p->tok_at, "template.filters", "最多 %d 个过滤器", "at most %d filters", FILTERS_MAX);
		return;
	}
	advance(p);
	struct str arg = STR("");
	if (found == FILTER_DEFAULT) arg = expect_text(p);
	ref->filter[ref->n_filter++] = (struct filter_call){ (enum filter)found, arg };
}

static struct ref parse_ref(struct parser *p)
{
	struct ref ref = { .at = p->tok_at };
	int64_t number;
	if (p->tok == TOK_TEXT) {
		ref.constant = true;
		ref.value = val_text(p->word);
		advance(p);
	} else if (p->tok == TOK_INT && str_int(p->word, &number)) {
		ref.constant = true;
		ref.value = val_int(number);
		advance(p);
	} else if (p->tok == TOK_WORD) {
		parse_path(p, &ref);
		advance(p);
	} else {
		COMPLAIN(p, p->tok_at, "template.value", "这里需要一个值", "a value is needed here");
	}
	while (!p->bad && accept_mark(p, "|")) parse_filter(p, &ref);
	return ref;
}

static struct cond *parse_or(struct parser *p);

static struct cond *cond_new(struct parser *p, enum cond_op op, struct cond *a, struct cond *b)
{
	struct cond *c = ARENA_NEW(p->arena, struct cond);
	*c = (struct cond){ .op = op, .a = a, .b = b };
	return c;
}

static struct cond *parse_side(struct parser *p)
{
	struct cond *c = cond_new(p, COND_REF, NULL, NULL);
	c->ref = parse_ref(p);
	return c;
}

static struct cond *parse_not(struct parser *p)
{
	if (++p->depth > DEPTH_MAX) {
		COMPLAIN(p, p->tok_at, "template.deep", "条件嵌套过深", "this condition is nested too deeply");
		p->depth--;
		return cond_new(p, COND_REF, NULL, NULL);
	}
	struct cond *c;
	if (accept_word(p, "not")) {
		c = cond_new(p, COND_NOT, parse_not(p), NULL);
	} else if (accept_mark(p, "(")) {
		c = parse_or(p);
		if (!accept_mark(p, ")")) COMPLAIN(p, p->tok_at, "template.paren", "缺少“)”", "\")\" is missing");
	} else {
		static const struct { const char *mark; enum cond_op op; } marks[] = { { "=", COND_EQ }, { "!=", COND_NE },
			{ "<", COND_LT }, { ">", COND_GT }, { "<=", COND_LE }, { ">=", COND_GE } };
		c = parse_side(p);
		for (size_t i = 0; i < sizeof marks / sizeof *marks && !p->bad; i++) {
			if (!accept_mark(p, marks[i].mark)) continue;
			c = cond_new(p, marks[i].op, c, parse_side(p));
			break;
		}
	}
	p->depth--;
	return c;
}

static struct cond *parse_and(struct parser *p)
{
	struct cond *c = parse_not(p);
	while (!p->bad && accept_word(p, "and")) c = cond_new(p, COND_AND, c, parse_not(p));
	return c;
}

static struct cond *parse_or(struct parser *p)
{
	struct cond *c = parse_and(p);
	while (!p->bad && accept_word(p, "or")) c = cond_new(p, COND_OR, c, parse_and(p));
	return c;
}

/* ---- tags ---- */

static struct node *node_new(struct parser *p, struct nodes *out, enum node_kind kind, size_t at)
{
	struct node *n = ARENA_NEW(p->arena, struct node);
	*n = (struct node){ .kind = kind, .file = p->file, .at = at };
	VEC_PUSH(p->arena, out, n);
	return n;
}

static void parse_body(struct parser *p, struct nodes *out);

static void parse_put(struct parser *p, struct nodes *out, size_t at)
{
	/* "t" and "asset" are only special before a quoted text: {{ t }} shows the value t. */
	struct parser ahead = *p;
	advance(&ahead);
	if (ahead.tok == TOK_TEXT && accept_word(p, "t")) {
		struct node *n = node_new(p, out, NODE_TR, at);
		n->text = expect_text(p);
		n->arg = ARENA_ARRAY(p->arena, struct ref, ARGS_MAX);
		while (p->tok != TOK_END && !p->bad && n->n_arg < ARGS_MAX) n->arg[n->n_arg++] = parse_ref(p);
	} else if (ahead.tok == TOK_TEXT && accept_word(p, "asset")) {
		struct node *n = node_new(p, out, NODE_ASSET, at);
		n->text = expect_text(p);
	} else {
		struct node *n = node_new(p, out, NODE_PUT, at);
		n->ref = parse_ref(p);
	}
	expect_end(p);
}

/* The parts of a statement until its {% end %}; `else_ok`: an else may come and goes into `other`. */
static void parse_parts(struct parser *p, struct nodes *body, struct nodes *other, size_t opened)
{
	parse_body(p, body);
	if (p->stop == STOP_ELSE && other) parse_body(p, other);
	if (p->stop == STOP_FILE)
		COMPLAIN(p, opened, "template.open", "这里开始的语句没有 {%% end %%}", "the statement that begins here has no {%% end %%}");
	else if (p->stop != STOP_END)
		COMPLAIN(p, p->stop_at, "template.else", "这里不能有 else 或 elif", "no else or elif may stand here");
}

static void parse_if(struct parser *p, struct nodes *out, size_t at)
{
	struct node *n = node_new(p, out, NODE_IF, at);
	struct cond *cond = parse_or(p);
	expect_end(p);
	for (;;) {
		struct branch b = { .cond = cond };
		parse_body(p, &b.body);
		VEC_PUSH(p->arena, &n->branch, b);
		if (p->stop == STOP_ELIF && cond) {
			/* parse_body has left the tag open at the condition. */
			cond = parse_or(p);
			expect_end(p);
		} else if (p->stop == STOP_ELSE && cond) {
			cond = NULL;
		} else {
			break;
		}
	}
	p->bad = false;
	if (p->stop == STOP_FILE)
		COMPLAIN(p, at, "template.open", "这里开始的语句没有 {%% end %%}", "the statement that begins here has no {%% end %%}");
	else if (p->stop != STOP_END)
		COMPLAIN(p, p->stop_at, "template.else", "else 之后不能再有 else 或 elif", "no else or elif after else");
}

/* … with name = value, name = value */
static void parse_with(struct parser *p, struct node *n)
{
	if (p->bad || !accept_word(p, "with")) return;
	do {
		struct bind b = { .name = expect_name(p) };
		if (!p->bad && !accept_mark(p, "=")) COMPLAIN(p, p->tok_at, "template.bind", "缺少“=”", "\"=\" is missing");
		if (!p->bad) b.ref = parse_ref(p);
		VEC_PUSH(p->arena, &n->bind, b);
	} while (!p->bad && accept_mark(p, ","));
}

static void parse_for(struct parser *p, struct nodes *out, size_t at)
{
	struct node *n = node_new(p, out, NODE_FOR, at);
	n->var = expect_name(p);
	if (!p->bad && accept_mark(p, ",")) {
		n->key = n->var;
		n->var = expect_name(p);
	}
	if (!p->bad && !accept_word(p, "in")) COMPLAIN(p, p->tok_at, "template.in", "缺少 in", "\"in\" is missing");
	if (!p->bad) n->ref = parse_ref(p);
	parse_with(p, n);
	expect_end(p);
	p->bad = false;
	parse_parts(p, &n->body, &n->other, at);
}

static void parse_include(struct parser *p, struct nodes *out, size_t at)
{
	struct node *n = node_new(p, out, NODE_INCLUDE, at);
	n->text = expect_text(p);
	parse_with(p, n);
	expect_end(p);
}

static void parse_block(struct parser *p, struct nodes *out, size_t at)
{
	struct node *n = node_new(p, out, NODE_BLOCK, at);
	n->text = expect_name(p);
	expect_end(p);
	for (size_t i = 0; i < p->file->block.n; i++)
		if (str_eq(p->file->block.v[i]->text, n->text))
			COMPLAIN(p, at, "template.block_twice", "块“%.*s”已经有了", "there is already a block \"%.*s\"", STRF(n->text));
	VEC_PUSH(p->arena, &p->file->block, n);
	p->bad = false;
	parse_parts(p, &n->body, NULL, at);
}

static void parse_extends(struct parser *p, size_t at)
{
	if (p->file->extends.n) COMPLAIN(p, at, "template.extends_twice", "只能有一个 extends", "only one extends");
	p->file->extends = expect_text(p);
	p->file->extends_at = at;
	expect_end(p);
}

/* True when the statement closes the enclosing one. */
static bool parse_statement(struct parser *p, struct nodes *out, size_t at)
{
	static const struct str words[] = { STR_INIT("for"), STR_INIT("if"), STR_INIT("include"), STR_INIT("block"), STR_INIT("extends"),
		STR_INIT("else"), STR_INIT("elif"), STR_INIT("end") };
	struct str word = p->word;
	int which = -1;
	for (int i = 0; i < 8 && p->tok == TOK_WORD; i++)
		if (str_eq(words[i], word)) which = i;
	if (which < 0) {
		COMPLAIN(p, p->tok_at, "template.statement", "没有名为“%.*s”的语句", "there is no statement \"%.*s\"", STRF(word));
		int near = nearest_name(word, words, 8);
		if (near >= 0) fail_hint(p->cx, "是不是“%.*s”？", "did you mean \"%.*s\"?", STRF(words[near]));
		return false;
	}
	advance(p);
	switch (which) {
	case 0: parse_for(p, out, at); return false;
	case 1: parse_if(p, out, at); return false;
	case 2: parse_include(p, out, at); return false;
	case 3: parse_block(p, out, at); return false;
	case 4: parse_extends(p, at); return false;
	}
	p->stop = which == 5 ? STOP_ELSE : which == 6 ? STOP_ELIF : STOP_END;
	p->stop_at = at;
	if (p->stop != STOP_ELIF) expect_end(p);
	return true;
}

/* The closing mark of the tag at `open`, outside of quotes; SIZE_MAX when there is none. */
static size_t tag_end(struct str src, size_t open, char mark)
{
	bool quoted = false;
	for (size_t i = open + 2; i + 1 < src.n; i++) {
		if (mark != '#' && src.p[i] == '"') quoted = !quoted;
		else if (quoted && src.p[i] == '\\') i++;
		else if (!quoted && src.p[i] == (mark == '{' ? '}' : mark) && src.p[i + 1] == '}') return i;
	}
	return SIZE_MAX;
}

static size_t next_tag(struct str src, size_t from)
{
	for (size_t i = from; i + 1 < src.n; i++)
		if (src.p[i] == '{' && (src.p[i + 1] == '{' || src.p[i + 1] == '%' || src.p[i + 1] == '#')) return i;
	return src.n;
}

/* Static text up to the tag at `open`; a statement alone on its line takes the line with it. Sets p->at behind the tag. */
static void take_text(struct parser *p, struct nodes *out, size_t open, size_t close, bool hole)
{
	struct str src = p->file->text;
	size_t text_end = open, next = close == src.n ? src.n : close + 2;
	if (!hole && close < src.n) {
		size_t before = open, after = next;
		while (before > p->at && (src.p[before - 1] == ' ' || src.p[before - 1] == '\t')) before--;
		while (after < src.n && (src.p[after] == ' ' || src.p[after] == '\t' || src.p[after] == '\r')) after++;
		if ((before == 0 || src.p[before - 1] == '\n') && (after == src.n || src.p[after] == '\n')) {
			text_end = before;
			next = after == src.n ? after : after + 1;
		}
	}
	if (text_end > p->at) {
		struct node *n = node_new(p, out, NODE_TEXT, p->at);
		n->text = str_sub(src, p->at, text_end);
	}
	p->at = next;
}

static void parse_body(struct parser *p, struct nodes *out)
{
	struct str src = p->file->text;
	if (++p->depth > DEPTH_MAX) {
		COMPLAIN(p, p->at, "template.deep", "语句嵌套超过 %d 层", "statements are nested more than %d deep", DEPTH_MAX);
		p->at = src.n;
	}
	p->stop = STOP_FILE;
	while (p->at < src.n) {
		size_t open = next_tag(src, p->at);
		if (open == src.n) {
			take_text(p, out, src.n, src.n, true);
			break;
		}
		size_t close = tag_end(src, open, src.p[open + 1]);
		p->bad = false;
		if (close == SIZE_MAX) {
			COMPLAIN(p, open, "template.tag_open", "标记没有结束", "this tag is not closed");
			p->at = src.n;
			break;
		}
		char mark = src.p[open + 1];
		take_text(p, out, open, close, mark == '{');
		if (mark == '#') continue;
		p->in = open + 2;
		p->end = close;
		advance(p);
		if (mark == '{') {
			parse_put(p, out, open);
		} else if (parse_statement(p, out, open)) {
			p->depth--;
			return;
		}
	}
	p->stop = STOP_FILE;
	p->depth--;
}

void template_parse(struct cx *cx, struct arena *arena, struct template_file *file)
{
	struct parser p = { .cx = cx, .arena = arena, .file = file };
	for (size_t i = 0; i < file->text.n; i++) {
		if (file->text.p[i] != '\0') continue;
		COMPLAIN(&p, i, "template.nul", "模板中有空字节", "there is a NUL byte in the template");
		return;
	}
	parse_body(&p, &file->body);
	while (p.stop != STOP_FILE) {
		p.bad = false;
		COMPLAIN(&p, p.stop_at, "template.end", "这里没有可以结束的语句", "there is no statement to end here");
		parse_body(&p, &file->body);
	}
	if (!file->extends.n) return;
	for (size_t i = 0; i < file->body.n; i++) {
		const struct node *n = file->body.v[i];
		if (n->kind == NODE_BLOCK || (n->kind == NODE_TEXT && str_trim(n->text).n == 0)) continue;
		p.bad = false;
		COMPLAIN(&p, n->at, "template.outside", "有 extends 的模板，内容都要放在块中", "in a template that extends another, everything stands in blocks");
		return;
	}
}

#include "feature/letter_cmd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/json.h"
#include "base/time.h"
#include "feature/engine_cmd.h"

enum { OUT_MAX = 512 << 20 };

struct task { const char *path; bool json, html, usage; struct letter_place place; };

static void read_words(int argc, char **argv, struct cx *cx, struct task *t)
{
	t->usage = argc < 2 || strcmp(argv[0], "check") != 0;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0) t->json = true;
		else if (strcmp(argv[i], "--html") == 0) t->html = true;
		else if (strcmp(argv[i], "--lang") == 0 && i + 1 < argc) cx->lang = strcmp(argv[++i], "en") == 0 ? LANG_EN : LANG_ZH;
		else if (strcmp(argv[i], "--data") == 0 && i + 1 < argc) t->place.data = argv[++i];
		else if (strcmp(argv[i], "--region") == 0 && i + 1 < argc) t->place.region = argv[++i];
		else if (strncmp(argv[i], "--", 2) == 0 || t->path) t->usage = true;
		else t->path = argv[i];
	}
	t->usage |= !t->path || (t->json && t->html);
}

static enum rc load_text(struct cx *cx, const char *path, struct str *out)
{
	TRY(engine_load(cx, path, LETTER_BYTES_MAX, out));
	struct where at = { .file = str_c(path), .line = 1, .column = 1 };
	if (!str_trim(*out).n) return fail(cx, RC_INVALID, "letter.empty", at, "文件是空的", "the file is empty");
	return RC_OK;
}

static const char page_head[] =
	"<meta charset=\"utf-8\"><meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
	"<meta name=\"viewport\" content=\"width=device-width\"><style>body{font:17px/1.8 serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222}"
	"p{text-indent:2em;margin:.4em 0}b{font-weight:600;background:#eef3f8;border-radius:3px}b.agrees{background:#dff2e1}b.differs{background:#f8d7d7}"
	"mark{background:#fff2b8;border-bottom:2px solid #c90}sup{font:11px sans-serif;color:#a40}li{margin:.6em 0}li.error{border-left:4px solid #b00;padding-left:.6em}"
	"li.warning{border-left:4px solid #c90;padding-left:.6em}li.info{border-left:4px solid #48a;padding-left:.6em}code{display:block;color:#555}</style>";

static void put_piece(struct buf *out, struct val piece, const struct letter_result *r)
{
	static const char *const verdict[] = { "plain", "plain", "agrees", "differs" };
	struct val figure = VAL_GET(piece, "figure"), findings = VAL_GET(piece, "findings");
	bool marked = val_len(findings) > 0, bold = figure.kind == VAL_INT;
	if (marked) buf_add(out, STR("<mark>"));
	if (bold) buf_fmt(out, "<b class=\"%s\">", verdict[r->figure[val_i64(figure)].verdict]);
	buf_xml(out, val_str(VAL_GET(piece, "text")));
	if (bold) buf_add(out, STR("</b>"));
	for (size_t i = 0; i < val_len(findings) && i < 3; i++) buf_fmt(out, "<sup>%lld</sup>", (long long)val_i64(val_at(findings, i)) + 1);
	if (marked) buf_add(out, STR("</mark>"));
}

static void put_html(struct cx *cx, struct buf *out, const struct letter_result *r)
{
	static const char *const level[] = { "error", "warning", "info" };
	bool zh = cx->lang == LANG_ZH;
	buf_fmt(out, "<!doctype html><html lang=\"%s\"><head><title>%s</title>%s</head><body>", zh ? "zh-CN" : "en", zh ? "文稿核对" : "Letter check", page_head);
	struct val paragraphs = letter_pieces(cx, r);
	for (size_t i = 0; i < val_len(paragraphs); i++) {
		struct val p = val_at(paragraphs, i);
		buf_add(out, STR("<p>"));
		for (size_t k = 0; k < val_len(p); k++) put_piece(out, val_at(p, k), r);
		buf_add(out, STR("</p>\n"));
	}
	buf_fmt(out, zh ? "<h2>发现 %d 处</h2><ol>" : "<h2>%d findings</h2><ol>", r->n_finding);
	for (int i = 0; i < r->n_finding; i++) {
		const struct letter_finding *f = &r->finding[i];
		buf_fmt(out, "<li class=\"%s\">", level[f->severity]);
		buf_xml(out, zh ? f->zh : f->en);
		if (f->arithmetic.n) {
			buf_add(out, STR("<code>"));
			buf_xml(out, f->arithmetic);
			buf_add(out, STR("</code>"));
		}
		buf_add(out, STR("</li>\n"));
	}
	buf_add(out, STR("</ol></body></html>\n"));
}

static void put_json(struct cx *cx, struct buf *out, const struct letter_result *r, const struct letter_indicator *dict, int64_t start_ms, int64_t start_us)
{
	struct rusage use;
	struct val v = letter_val(cx, r, dict);
	VAL_SET(cx->arena, v, "status", val_textz("checked"));
	VAL_SET(cx->arena, v, "seconds", val_dec((time_mono_ms() - start_ms) * 1000));
	VAL_SET(cx->arena, v, "cpu_seconds", val_dec(time_cpu_us() - start_us));
	VAL_SET(cx->arena, v, "peak_mib", val_int(getrusage(RUSAGE_SELF, &use) == 0 ? use.ru_maxrss / 1024 : 0));
	VAL_SET(cx->arena, v, "seed", val_int(0));
	json_write(out, v);
	buf_c(out, '\n');
}

static enum rc run(struct cx *cx, const struct task *t, letter_dictionary load)
{
	int64_t start_ms = time_mono_ms(), start_us = time_cpu_us();
	struct str text;
	const struct letter_indicator *dict = NULL;
	int n = 0;
	struct letter_result result = { 0 };
	struct buf out = BUF(cx->arena, OUT_MAX);
	if (t->usage)
		return fail(cx, RC_INVALID, "cli.usage", NOWHERE, "用法：lianchuang letter check 文件 [--json|--html] [--lang zh|en]",
			"usage: lianchuang letter check FILE [--json|--html] [--lang zh|en]");
	TRY(load_text(cx, t->path, &text));
	if (load) TRY(load(cx, &t->place, &dict, &n));
	int before = cx->fails.n;
	enum rc rc = letter_check(cx, text, dict, n, &result);
	for (int i = before; i < cx->fails.n; i++) cx->fails.v[i].where = (struct where){ .file = str_c(t->path), .line = 1, .column = 1 };
	TRY(rc);
	if (t->html) put_html(cx, &out, &result);
	else if (t->json) put_json(cx, &out, &result, dict, start_ms, start_us);
	else letter_terminal(&out, &result, dict, cx->lang, isatty(1));
	if (out.full) return fail(cx, RC_LIMIT, "letter.output", NOWHERE, "结果太大", "the result is too large");
	if (fwrite(out.p, 1, out.n, stdout) != out.n || fflush(stdout)) return fail(cx, RC_IO, "output", NOWHERE, "无法写出结果", "cannot write the result");
	return RC_OK;
}

int letter_command(int argc, char **argv, letter_dictionary load)
{
	const char *lang = getenv("LC_ALL");
	if (!lang || !*lang) lang = getenv("LANG");
	struct cx cx = { .arena = arena_new((size_t)3 << 30), .lang = lang && strncmp(lang, "zh", 2) == 0 ? LANG_ZH : LANG_EN, .now_ms = time_now_ms() };
	struct task task = { 0 };
	read_words(argc, argv, &cx, &task);
	enum rc rc = run(&cx, &task, load);
	struct buf err = BUF(cx.arena, 1 << 20);
	fail_print(&err, &cx.fails, cx.lang);
	if (err.n) fwrite(err.p, 1, err.n, stderr);
	arena_free(cx.arena);
	return rc == RC_OK ? 0 : rc == RC_INVALID || rc == RC_LIMIT ? 2 : 1;
}

/* The text engine: folding with offsets, terms, search under filters, explanations that add up, copies, measures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/text.h"
#include "feature/text_cmd.h"
#include <cmocka.h>
#undef fail

struct fix { struct cx cx; struct text_pipe *pipe; char dir[64]; };

static int set_up(void **state)
{
	struct fix *f = calloc(1, sizeof *f);
	f->cx.arena = arena_new((size_t)1 << 30);
	snprintf(f->dir, sizeof f->dir, "/tmp/lc-text-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	assert_int_equal(text_pipe_open(&f->cx, &f->pipe), RC_OK);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fix *f = *state;
	DIR *d = opendir(f->dir);
	for (struct dirent *e; d && (e = readdir(d));) {
		char path[400];
		snprintf(path, sizeof path, "%s/%s", f->dir, e->d_name);
		unlink(path);
	}
	if (d) closedir(d);
	rmdir(f->dir);
	text_pipe_close(f->pipe);
	arena_free(f->cx.arena);
	free(f);
	return 0;
}

static struct str fold(struct fix *f, const char *s)
{
	struct text_folded r;
	assert_int_equal(text_fold_map(&f->cx, f->pipe, str_c(s), &r), RC_OK);
	return r.s;
}

#define IS(f, given, folded) assert_string_equal(str_z((f)->cx.arena, fold((f), (given))), (folded))

static void folds(void **state)
{
	struct fix *f = *state;
	IS(f, "ＡＢＣ　１２", "abc 12");
	IS(f, "臺灣機器學習", "台湾机器学习");
	IS(f, "Résumé Straße", "resume strasse");
	IS(f, "ﬁne ㎡ ①", "fine m2 1");
	IS(f, "e\xCC\x81t", "et");
	IS(f, "ｶﾞ", "ガ");
	IS(f, "so\xC2\xAD" "ft", "soft");
	IS(f, "a\xFF" "b", "a\xEF\xBF\xBD" "b");
	IS(f, "", "");
}

static void offsets_come_back(void **state)
{
	struct fix *f = *state;
	struct text_folded r;
	const char *given = "第①章，ＣＢＮ-850（㎡）";
	assert_int_equal(text_fold_map(&f->cx, f->pipe, str_c(given), &r), RC_OK);
	size_t at = str_find(r.s, STR("cbn"), 0);
	uint32_t start = (uint32_t)at, end = start + 3;
	text_unfold(&r, &start, &end);
	assert_int_equal(str_find(str_c(given), STR("ＣＢＮ"), 0), start);
	assert_int_equal(end - start, 9);
	start = (uint32_t)str_find(r.s, STR("2"), 0), end = start + 1;      /* half of ㎡ is all of it */
	text_unfold(&r, &start, &end);
	assert_int_equal(end - start, 3);
}

/* One line of a file; NULL: it is refused, at its line. */
static const struct text_doc *line(struct fix *f, const char *s)
{
	struct text_doc *d = ARENA_NEW(f->cx.arena, struct text_doc);
	if (text_doc_read(&f->cx, str_c(s), "some.jsonl", 7, d) == RC_OK) return d;
	assert_int_equal(f->cx.fails.v[0].where.line, 7);
	fail_clear(&f->cx);
	return NULL;
}

static void lines(void **state)
{
	struct fix *f = *state;
	const struct text_doc *d = line(f, " {\"id\" : 12, \"title\":\"a\\n\\u53f0\\\"b\", \"body\":\"臺灣\",\"year\":2024,\"see\":[\"g1\",\"g2\"],\"other\":-3} \r");
	assert_non_null(d);
	assert_true(str_is(d->id, "12") && str_is(d->title, "a\n台\"b") && str_is(d->body, "臺灣"));
	assert_true(d->year == 2024 && d->n_see == 2 && str_is(d->see[1], "g2"));
	d = line(f, "{\"id\":\"x\",\"extra\":{\"deep\":[1.5,null]},\"title\":\"\\ud83d\\ude00\",\"body\":null,\"year\":0}");
	assert_non_null(d);
	assert_true(str_is(d->id, "x") && str_is(d->title, "\xF0\x9F\x98\x80") && !d->body.n && d->year == 0);
	static const char *const wrong[] = { "{\"id\":\"a\",\"id\":\"b\"}", "{\"id\":\"a\",\"x\":1,\"x\":2}", "{\"id\":\"\xB8\xDF\"}", "{\"id\":\"\xED\xA0\x80\"}", "{\"id\":\"a\tb\"}",
		"{\"id\":\"a\"} x", "{\"id\":\"a\",}", "{\"id\":01}", "{\"id\":\"\\ud83d\"}", "{\"id\":\"\\x\"}", "{\"id\":\"a", "{\"title\":\"no id\"}", "[]", "", "{\"id\":\"a\",\"title\":5}",
		"{\"id\":\"a\",\"body\":[\"b\"]}", "{\"id\":\"a\",\"year\":\"2024\"}", "{\"id\":\"a\",\"year\":20240}", "{\"id\":\"a\",\"see\":\"g\"}", "{\"id\":\"a\",\"see\":[1]}" };
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) assert_null(line(f, wrong[i]));
}

static bool has_term(struct fix *f, const char *text, const char *term, enum text_kind kind)
{
	struct text_term *t;
	size_t n;
	struct str s = fold(f, text);
	assert_int_equal(text_terms(&f->cx, f->pipe, s, &t, &n), RC_OK);
	for (size_t i = 0; i < n; i++)
		if (t[i].kind == kind && str_is(str_sub(s, t[i].start, t[i].end), term)) return true;
	return false;
}

static uint64_t key_of(struct fix *f, const char *text, enum text_kind kind)
{
	struct text_term *t;
	size_t n;
	assert_int_equal(text_terms(&f->cx, f->pipe, fold(f, text), &t, &n), RC_OK);
	for (size_t i = 0; i < n; i++)
		if (t[i].kind == kind) return t[i].key;
	return 0;
}

static void terms(void **state)
{
	struct fix *f = *state;
	assert_true(has_term(f, "CBN-850 reactor", "cbn", TEXT_WORD));
	assert_true(has_term(f, "CBN-850 reactor", "850", TEXT_WORD));
	assert_true(has_term(f, "CBN-850 reactor", "cbn-850", TEXT_WHOLE));
	assert_true(key_of(f, "CBN-850", TEXT_WHOLE) == key_of(f, "cbn850", TEXT_WHOLE));
	assert_true(key_of(f, "CBN-850", TEXT_WHOLE) != key_of(f, "cbn-851", TEXT_WHOLE));
	assert_true(key_of(f, "running", TEXT_WORD) == key_of(f, "runs", TEXT_WORD));
	assert_false(has_term(f, "state-of-the-art", "state-of-the-art", TEXT_WHOLE));
	assert_true(has_term(f, "云计算中心", "计算", TEXT_GRAM));
	assert_true(has_term(f, "5G网", "网", TEXT_CHAR));
	assert_false(has_term(f, "上海，北京", "海北", TEXT_GRAM));
	assert_true(key_of(f, "中中", TEXT_GRAM) != key_of(f, "中中", TEXT_CHAR));
}

static const struct str secret[] = { STR_INIT("g1") };
static const struct text_doc docs[] = {
	{ .id = STR_INIT("a"), .title = STR_INIT("新型钛合金材料"), .body = STR_INIT("本项目研究新型钛合金的疲劳性能。"), .type = STR_INIT("project"), .division = STR_INIT("5301"), .year = 2020, .owner = STR_INIT("o1") },
	{ .id = STR_INIT("b"), .title = STR_INIT("铝合金压铸工艺"), .body = STR_INIT("压铸 machine CBN-850 running at speed"), .type = STR_INIT("result"), .division = STR_INIT("5302"), .year = 2022, .owner = STR_INIT("o1") },
	{ .id = STR_INIT("c"), .title = STR_INIT("钛白粉"), .body = STR_INIT("钛白粉的生产"), .type = STR_INIT("project"), .division = STR_INIT("5301"), .year = 2023, .see = secret, .n_see = 1, .owner = STR_INIT("o2") },
	{ .id = STR_INIT("d"), .title = STR_INIT("水稻育种"), .body = STR_INIT("高原水稻"), .type = STR_INIT("project"), .division = STR_INIT("5303"), .owner = STR_INIT("o1") },
};

static struct text_writer *writer(struct fix *f)
{
	struct text_writer *w;
	assert_int_equal(text_writer_open(&f->cx, f->pipe, str_c(f->dir), 0, &w), RC_OK);
	return w;
}

static void feed(struct fix *f)
{
	struct text_writer *w = writer(f);
	for (size_t i = 0; i < sizeof docs / sizeof *docs; i++) assert_int_equal(text_put(&f->cx, w, &docs[i]), RC_OK);
	assert_int_equal(text_commit(&f->cx, w), RC_OK);
	text_writer_close(w);
}

static struct text_index *reader(struct fix *f)
{
	struct text_index *x;
	assert_int_equal(text_open(&f->cx, f->pipe, str_c(f->dir), &x), RC_OK);
	return x;
}

/* The ids found, in order, as one text. */
static const char *ask(struct fix *f, struct text_index *x, struct text_query q)
{
	struct text_result r;
	struct str all = { 0 };
	if (!q.k) q.k = 10;
	assert_int_equal(text_search(&f->cx, x, &q, &r), RC_OK);
	for (int i = 0; i < r.n; i++) all = str_fmt(f->cx.arena, "%.*s%.*s", STRF(all), STRF(r.hit[i].id));
	return str_z(f->cx.arena, all);
}

static void finds_and_filters(void **state)
{
	struct fix *f = *state;
	feed(f);
	struct text_index *x = reader(f);
	struct str g = STR("g1"), division = STR("530"), type = STR("result");
	assert_string_equal(ask(f, x, (struct text_query){ .text = STR("钛合金疲劳") }), "ab");
	assert_string_equal(ask(f, x, (struct text_query){ .text = STR("鈦") }), "a");                  /* traditional, one character, c is hidden */
	assert_string_equal(ask(f, x, (struct text_query){ .text = STR("钛"), .filter = { .group = &g, .n_group = 1 } }), "ca");
	assert_string_equal(ask(f, x, (struct text_query){ .text = STR("钛"), .filter = { .everything = true, .year_from = 2021 } }), "c");
	assert_string_equal(ask(f, x, (struct text_query){ .text = STR("cbn850") }), "b");
	assert_string_equal(ask(f, x, (struct text_query){ .text = STR("run") }), "b");
	assert_string_equal(ask(f, x, (struct text_query){ .text = STR("合金"), .filter = { .type = &type, .n_type = 1 } }), "b");
	assert_string_equal(ask(f, x, (struct text_query){ .text = STR("水稻"), .filter = { .division = &division, .n_division = 1 } }), "d");
	assert_string_equal(ask(f, x, (struct text_query){ .text = STR("合金 水稻"), .all = true }), "");
	assert_string_equal(ask(f, x, (struct text_query){ .text = STR("，。") }), "");
	text_close(x);
}

static void replaces_removes_refreshes(void **state)
{
	struct fix *f = *state;
	bool changed;
	feed(f);
	struct text_index *x = reader(f);
	struct text_writer *w = writer(f), *second;
	struct text_doc d = { .id = STR("a"), .title = STR("石墨烯") }, e = { .id = STR("e"), .title = STR("石墨烯薄膜") };
	assert_int_equal(text_writer_open(&f->cx, f->pipe, str_c(f->dir), 0, &second), RC_BUSY);
	assert_int_equal(text_put(&f->cx, w, &d), RC_OK);
	assert_int_equal(text_put(&f->cx, w, &e), RC_OK);
	assert_int_equal(text_put(&f->cx, w, &e), RC_OK);               /* twice before one commit */
	assert_int_equal(text_remove(&f->cx, w, STR("d")), RC_OK);
	assert_int_equal(text_remove(&f->cx, w, STR("zz")), RC_MISSING);
	assert_int_equal(text_refresh(&f->cx, x, &changed), RC_OK);
	assert_false(changed);
	assert_string_equal(ask(f, x, (struct text_query){ .text = STR("水稻") }), "d");
	assert_int_equal(text_commit(&f->cx, w), RC_OK);
	assert_int_equal(text_refresh(&f->cx, x, &changed), RC_OK);
	assert_true(changed);
	assert_string_equal(ask(f, x, (struct text_query){ .text = STR("水稻") }), "");
	assert_string_equal(ask(f, x, (struct text_query){ .text = STR("石墨烯") }), "ae");
	assert_string_equal(ask(f, x, (struct text_query){ .text = STR("钛合金疲劳") }), "b");
	assert_int_equal(text_figures(x).documents, 4);
	for (int i = 0; i < 40; i++) {                                  /* many small commits are merged */
		assert_int_equal(text_put(&f->cx, w, &e), RC_OK);
		assert_int_equal(text_commit(&f->cx, w), RC_OK);
	}
	assert_int_equal(text_refresh(&f->cx, x, &changed), RC_OK);
	assert_true(text_figures(x).segments < 12);
	assert_int_equal(text_figures(x).documents, 4);
	assert_string_equal(ask(f, x, (struct text_query){ .text = STR("石墨烯") }), "ae");
	text_writer_close(w);
	text_close(x);
}

static void explains(void **state)
{
	struct fix *f = *state;
	struct text_explanation e;
	struct text_result r;
	feed(f);
	struct text_index *x = reader(f);
	struct text_query q = { .text = STR("钛合金疲劳"), .k = 5 };
	assert_int_equal(text_search(&f->cx, x, &q, &r), RC_OK);
	assert_int_equal(text_explain(&f->cx, x, &q, STR("a"), &e), RC_OK);
	double sum = e.hit.phrase + e.hit.meaning;
	for (int i = 0; i < e.n_part; i++) sum += e.part[i].title_score + e.part[i].body_score;
	assert_true(sum - r.hit[0].score < 1e-6 && r.hit[0].score - sum < 1e-6);
	assert_true(e.part[0].n_span == 2 && e.part[0].span[0].title && !e.part[0].span[1].title);
	struct text_span s = e.part[0].span[1];
	assert_string_equal(str_z(f->cx.arena, str_sub(docs[0].body, s.start, s.end)), "钛合");
	assert_int_equal(text_explain(&f->cx, x, &q, STR("c"), &e), RC_MISSING);        /* hidden: as if it were not there */
	text_close(x);
}

static void features_and_owners(void **state)
{
	struct fix *f = *state;
	struct text_hit hit[] = { { .id = STR("1"), .owner = STR("o"), .score = 9, .words = 9 }, { .id = STR("2"), .owner = STR("o"), .score = 8, .words = 8 },
		{ .id = STR("3"), .owner = STR("o"), .score = 7, .words = 7 }, { .id = STR("4"), .owner = STR("p"), .score = 1, .words = 1 } };
	struct text_result r = { hit, 4 };
	struct text_feature near = { .name = STR("segment"), .value = 1, .weight = 0.5 };
	struct text_known known = { STR("2"), &near, 1 };
	text_match_features(&f->cx, &r, &known, 1, 3);
	assert_string_equal(str_z(f->cx.arena, str_fmt(f->cx.arena, "%.*s%.*s%.*s%.*s", STRF(r.hit[0].id), STRF(r.hit[1].id), STRF(r.hit[2].id), STRF(r.hit[3].id))), "2143");
}

static void copies(void **state)
{
	struct fix *f = *state;
	struct text_writer *w = writer(f);
	struct str g = STR("g1");
	struct text_dup_result r;
	struct text_doc src = { .id = STR("s"), .owner = STR("o1"), .body = STR("前言。高原特色农业的核心在于品种、品质与品牌三者同时提升，缺一不可。后记。") };
	struct text_doc own = { .id = STR("t"), .owner = STR("me"), .see = &g, .n_see = 1, .body = STR("另一份材料：本单位已建成年处理十万吨的智能化生产示范线一条。") };
	struct text_doc d = { .id = STR("n"), .owner = STR("me"), .body = STR("我们认为高原特色农业的核心，在于品种品质与品牌三者同时提升。本单位已建成年处理十万吨的智能化生产示范线一条。完。") };
	assert_int_equal(text_put(&f->cx, w, &src), RC_OK);
	assert_int_equal(text_put(&f->cx, w, &own), RC_OK);
	assert_int_equal(text_commit(&f->cx, w), RC_OK);
	text_writer_close(w);
	struct text_index *x = reader(f);
	struct text_dup_query q = { .doc = &d, .filter = { .everything = true } };
	assert_int_equal(text_dup(&f->cx, x, &q, &r), RC_OK);
	assert_int_equal(r.n_source, 2);
	assert_true(r.total > r.without_own && r.without_own > 0.3);
	for (int i = 0; i < 2; i++) {
		const struct text_source *s = &r.source[i];
		const struct text_passage *p = &s->passage[0];
		struct str a = str_sub(d.body, p->a0, p->a1), b = str_sub(str_is(s->id, "s") ? src.body : own.body, p->b0, p->b1);
		assert_int_equal(s->own, str_is(s->id, "t"));
		assert_true(str_starts(a, s->own ? STR("本单位") : STR("高原")) && str_ends(b, s->own ? STR("一条") : STR("提升")));
	}
	q.filter = (struct text_filter){ 0 };           /* a stranger learns that there is a source, not which */
	assert_int_equal(text_dup(&f->cx, x, &q, &r), RC_OK);
	assert_int_equal(r.n_hidden, 1);
	for (int i = 0; i < r.n_source; i++) assert_true(r.source[i].hidden ? !r.source[i].id.n && !r.source[i].n_passage : str_is(r.source[i].id, "s"));
	struct str form = STR("高原特色农业的核心在于品种、品质与品牌三者同时提升");
	q.form = &form, q.n_form = 1, q.filter.everything = true;
	assert_int_equal(text_dup(&f->cx, x, &q, &r), RC_OK);
	assert_int_equal(r.n_source, 1);
	assert_true(r.without_own < 1e-9 && r.template_units > 20);
	text_close(x);
}

static void measures(void **state)
{
	struct fix *f = *state;
	struct text_measures m;
	struct str run = STR("q1 Q0 a 1 9 t\nq1 Q0 b 2 8 t\nq2 Q0 c 1 9 t\n"), judged = STR("q1 0 b 1\nq2 0 c 1\nq2 0 z 1\nq3 0 x 0\n");
	assert_int_equal(text_eval(&f->cx, run, "r", judged, "j", &m), RC_OK);
	assert_int_equal(m.queries, 2);
	assert_true(m.mrr10 > 0.7499 && m.mrr10 < 0.7501);
	assert_true(m.recall100 > 0.7499 && m.recall100 < 0.7501);
	assert_true(m.ndcg10 > 0.62203 && m.ndcg10 < 0.62205);          /* (1/log2 3 + 1/(1 + 1/log2 3)) / 2 */
	assert_int_equal(text_eval(&f->cx, STR("q1 Q0 a\n"), "r", judged, "j", &m), RC_INVALID);
	assert_int_equal(f->cx.fails.v[0].where.line, 1);
}

static void lexicon_keeps_words_whole(void **state)
{
	struct fix *f = *state;
	struct str word = STR("钛合金");
	struct text_explanation e;
	feed(f);
	struct text_index *x = reader(f);
	struct text_query q = { .text = STR("钛合金疲劳"), .k = 5 };
	assert_int_equal(text_pipe_lexicon(&f->cx, f->pipe, &word, 1), RC_OK);
	assert_int_equal(text_explain(&f->cx, x, &q, STR("a"), &e), RC_OK);
	assert_true(e.part[0].weight > 0.99 && e.part[1].weight > 0.99 && e.part[2].weight < 0.95);      /* 钛合 合金 | 金疲 */
	text_close(x);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = { T(folds), T(lines), T(offsets_come_back), T(terms), T(finds_and_filters), T(replaces_removes_refreshes), T(explains), T(features_and_owners),
		T(copies), T(measures), T(lexicon_keeps_words_whole) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

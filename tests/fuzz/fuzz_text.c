/* Any bytes as lines of JSON, as a text with places, as a query, as a run to be measured, and as the judgements of one. */
#include <assert.h>
#include <string.h>

#include "base/json.h"
#include "engine/text_inner.h"
#include "feature/text_cmd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void follow(struct cx *cx, struct text_pipe *p, struct str s)
{
	struct text_folded f;
	struct text_term *t;
	struct text_ask ask;
	size_t n;
	if (text_fold_map(cx, p, s, &f) != RC_OK || text_terms(cx, p, f.s, &t, &n) != RC_OK) return;
	for (size_t i = 0; i < n; i++) {
		uint32_t start = t[i].start, end = t[i].end;
		assert(start < end && end <= f.s.n);
		text_unfold(&f, &start, &end);
		assert(start <= end && end <= s.n);
	}
	if (text_ask_read(cx, p, s, &ask) == RC_OK) assert((size_t)ask.n <= n);
}

/* The quick reader of lines and the reader of JSON are of one opinion. */
static bool same_document(struct cx *cx, struct str line, int number, struct text_doc *d)
{
	struct val v;
	enum rc rc = text_doc_read(cx, line, "input", number, d), plain = json_read(cx, line, "input", &v);
	if (plain != RC_OK) {
		assert(rc != RC_OK);
		return false;
	}
	if (rc != RC_OK) return false;
	const struct val id = VAL_GET(v, "id"), year = VAL_GET(v, "year"), see = VAL_GET(v, "see");
	assert(str_eq(d->id, id.kind == VAL_INT ? str_fmt(cx->arena, "%lld", (long long)id.i) : val_str(id)));
	assert(str_eq(d->title, val_str(VAL_GET(v, "title"))) && str_eq(d->body, val_str(VAL_GET(v, "body"))) && str_eq(d->owner, val_str(VAL_GET(v, "owner"))));
	assert(str_eq(d->type, val_str(VAL_GET(v, "type"))) && str_eq(d->division, val_str(VAL_GET(v, "division"))));
	assert(d->year == (year.kind == VAL_INT ? year.i : 0) && d->n_see == (int)(see.kind == VAL_LIST ? val_len(see) : 0));
	for (int i = 0; i < d->n_see; i++) assert(str_eq(d->see[i], val_str(val_at(see, (size_t)i))));
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct text_pipe *p;             /* costly to make; a fuzzer runs millions of inputs in one process */
	struct cx cx = { .arena = arena_new((size_t)1 << 30) };
	struct str text = { (const char *)data, size }, rest = text, line;
	struct text_doc d;
	struct text_measures m;
	if (!p && text_pipe_open(&cx, &p) != RC_OK) return 0;
	follow(&cx, p, text);
	for (int n = 1; str_cut(&rest, '\n', &line); n++)
		if (same_document(&cx, line, n, &d)) follow(&cx, p, d.title), follow(&cx, p, d.body);
	if (text_eval(&cx, text, "run", STR("1 0 a 1\n"), "judged", &m) == RC_OK) assert(m.ndcg10 <= 1.000001);
	if (text_eval(&cx, STR("1 Q0 a 1 2.5 t\n1 Q0 b 2 1 t\n"), "run", text, "judged", &m) == RC_OK) assert(m.ndcg10 <= 1.000001 && m.mrr10 <= 1.000001);
	arena_free(cx.arena);
	return 0;
}

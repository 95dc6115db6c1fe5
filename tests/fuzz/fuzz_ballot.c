/* Any bytes as a Pabulib file: reading ends with an election or a mistake told as file:line; every rule then counts it within the budget. */
#include <assert.h>
#include <stdint.h>

#include "base/utf8.h"
#include "engine/ballot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { INPUT_MAX = 1 << 14 };
	struct str text = { (const char *)data, size };
	if (size > INPUT_MAX || !utf8_valid(text)) return 0;    /* the commands decode their files first */
	struct arena *a = arena_new((size_t)512 << 20);
	struct cx cx = { .arena = a };
	struct ballot b;
	struct ballot_outcome o;
	enum rc rc = ballot_read(&cx, text, "fuzz.pb", &b);
	if (rc != RC_OK) {
		assert(cx.fails.errors == 1 && cx.fails.v[cx.fails.n - 1].where.line > 0);
	} else {
		for (int rule = 0; rule < BALLOT_RULES; rule++) {
			int64_t cost = 0, score = 0;
			rc = ballot_count(&cx, &b, (enum ballot_rule)rule, &o);
			assert(rc == RC_OK || (rule == BALLOT_EQUAL_SHARES && cx.fails.errors));
			if (rc != RC_OK) continue;
			for (int p = 0; p < b.n_project; p++)
				if (o.chosen[p]) cost += b.project[p].cost, score += b.project[p].score;
			assert(cost == o.cost && cost <= b.budget && score == o.score);
		}
	}
	arena_free(a);
	return 0;
}

#include "db/db.h"

#include <assert.h>

enum { SQL_BYTES_MAX = 256 * 1024, NAME_MAX_BYTES = 63 };

struct sqlb sqlb_new(struct arena *a) { return (struct sqlb){ BUF(a, SQL_BYTES_MAX) }; }

void sqlb_add(struct sqlb *b, struct sql s) { buf_add(&b->b, s.text); }

static bool name_ok(struct str s, size_t max)
{
	if (s.n == 0 || s.n > max || s.p[0] < 'a' || s.p[0] > 'z') return false;
	for (size_t i = 1; i < s.n; i++) {
		char c = s.p[i];
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) return false;
	}
	return true;
}

void sqlb_name(struct sqlb *b, const char *prefix, struct str name)
{
	struct str front = str_c(prefix);
	assert(name_ok(name, NAME_MAX_BYTES));
	assert(front.n == 0 || name_ok(front, NAME_MAX_BYTES));
	buf_c(&b->b, '"');
	buf_add(&b->b, front);
	buf_add(&b->b, name);
	buf_c(&b->b, '"');
}

void sqlb_int(struct sqlb *b, int64_t n) { buf_int(&b->b, n); }

void sqlb_alias(struct sqlb *b, char letter, int n)
{
	assert(letter >= 'a' && letter <= 'z' && n >= 0);
	buf_c(&b->b, letter);
	buf_int(&b->b, n);
}

struct sql sqlb_sql(const struct sqlb *b)
{
	assert(!b->b.full);
	return (struct sql){ buf_str(&b->b) };
}

/* How things fail. A fallible function returns `enum rc` and, unless RC_OK, has told `cx->fails` what went wrong,
   where, and how to mend it, in both languages. Output parameters are written on success only. */
#ifndef BASE_FAIL_H
#define BASE_FAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "str.h"

struct arena;

enum rc {
	RC_OK,
	RC_INVALID,     /* bad input: 400 or 422; the fails say which field or line */
	RC_DENIED,      /* signed in, but not allowed; pages answer as for RC_MISSING */
	RC_MISSING,     /* no such thing, or hidden from this viewer */
	RC_CONFLICT,    /* changed by somebody else meanwhile, or the state does not allow it */
	RC_LIMIT,       /* too large, too many, too long */
	RC_BUSY,        /* try again later */
	RC_IO           /* the system under us failed: disk, database, socket */
};

enum lang { LANG_ZH, LANG_EN };
enum level { LEVEL_ERROR, LEVEL_WARNING, LEVEL_INFO };

/* A place: in a file (line and column count from 1) or in a form (`field` is a path such as "target.2.goal"). */
struct where {
	struct str file;
	int line, column;
	struct str field;
};

struct failure {
	const char *code;               /* stable, dotted: "def.unknown_word" */
	enum level level;
	struct where where;
	struct str zh, en;              /* the message */
	struct str hint_zh, hint_en;    /* how to mend it; may be empty */
	struct str source;              /* the source line, when there is one */
};

enum { FAILS_MAX = 200 };       /* later ones are counted, not kept */

struct fails {
	struct failure *v;
	int n, dropped, errors;
};

/* The context that every call carries. */
struct cx {
	struct arena *arena;
	struct fails fails;
	enum lang lang;         /* the reader's language */
	int64_t now_ms;         /* the time of this request, UTC milliseconds; every decision uses this one value */
};

#define NOWHERE ((struct where){ 0 })
#define IN_FIELD(name) ((struct where){ .field = (name) })

/* Record an error and return `rc`. Both formats take the same arguments in the same order. */
enum rc fail(struct cx *cx, enum rc rc, const char *code, struct where at, const char *zh, const char *en, ...)
	__attribute__((format(printf, 5, 7), format(printf, 6, 7)));
/* The same from two finished texts, where the languages need different words inside (labels). */
enum rc fail_text(struct cx *cx, enum rc rc, const char *code, struct where at, struct str zh, struct str en);
/* Record a warning or a piece of information; never an error. */
void fail_note(struct cx *cx, enum level level, const char *code, struct where at, const char *zh, const char *en, ...)
	__attribute__((format(printf, 5, 7), format(printf, 6, 7)));
/* Add a hint to the newest failure. */
void fail_hint(struct cx *cx, const char *zh, const char *en, ...) __attribute__((format(printf, 2, 4), format(printf, 3, 4)));
void fail_hint_text(struct cx *cx, struct str zh, struct str en);
/* Add the source line to the newest failure (borrowed). */
void fail_source(struct cx *cx, struct str line);
void fail_clear(struct cx *cx);
/* Add failures out of another context, texts copied: for work done in an arena of its own. */
void fail_copy(struct cx *cx, const struct fails *from);
struct str fail_message(const struct failure *f, enum lang lang);
/* Print as a compiler does: file:line:column: error: message, the line with a caret, the hint. */
struct buf;
void fail_print(struct buf *out, const struct fails *fails, enum lang lang);

#define TRY(call)                                 \
	do {                                      \
		enum rc try_rc = (call);          \
		if (try_rc != RC_OK) return try_rc; \
	} while (0)
#define MUST_USE __attribute__((warn_unused_result))

/* The nearest of `n` names to `word` by edit distance (at most 1 + a third of its length); -1 when none is near. */
int nearest_name(struct str word, const struct str *names, int n);

#endif

/* Reading official Chinese text figure by figure, and finding what contradicts itself.

   Pure: text and a dictionary of indicators in, figures and findings out, all owned by cx->arena.
   Deterministic. Positions are character (not byte) offsets into the text, ends exclusive. */
#ifndef ENGINE_LETTER_H
#define ENGINE_LETTER_H

#include "base/buf.h"
#include "base/fail.h"
#include "base/val.h"

enum { LETTER_BYTES_MAX = 4 << 20 };

/* What the records know. `value` is in `unit` (VAL_DEC millionths); `known` is false when there are no records. */
struct letter_indicator {
	struct str id, zh, en;
	const struct str *alias;        /* other wordings met in texts */
	int n_alias;
	struct str subject;             /* the thing it is about ("科技企业孵化器"), which a text may name a sentence earlier */
	struct str unit;                /* 家, 人, 万元, 平方米, % … */
	struct str period;              /* "2020" or an as-of date; empty when open */
	bool known;
	int64_t value;                  /* millionths of `unit` */
};

enum letter_qualifier {
	LETTER_EXACT, LETTER_ABOUT, LETTER_MORE_THAN, LETTER_LESS_THAN, LETTER_AT_LEAST, LETTER_AT_MOST, LETTER_CUMULATIVE,
	LETTER_RANGE, LETTER_ORDER      /* 千亿级 */
};

enum letter_verdict { LETTER_UNBOUND, LETTER_NO_RECORD, LETTER_AGREES, LETTER_DIFFERS };

struct letter_figure {
	struct str text;                /* as written */
	int start, end;
	bool has_value;                 /* false for ids, document numbers, telephone numbers */
	int64_t value, high;            /* millionths, in `unit` as written; `high` is the upper end of a range, else = value */
	struct str unit;                /* as written, multiplier included: 家, 万平方米, 亿元, % ; "" when bare */
	struct str kind;                /* count, money, area, share, ratio, year, date, document, duration, ordinal, id, other */
	struct str period;              /* year, date or span it speaks of; "" when the text gives none */
	enum letter_qualifier qualifier;
	struct str label;               /* what the text calls it */
	int indicator;                  /* index into the dictionary, -1 when none fits */
	enum letter_verdict verdict;
	int part_of;                    /* index of the figure it is a part of (其中), -1 */
};

struct letter_span { int start, end; };

struct letter_finding {
	struct str kind;                /* sum, subset, share, growth, date, document, repeated_label, ratio, order, unit, wording, record */
	enum level severity;
	struct letter_span *span;
	int n_span;
	struct str arithmetic;          /* "163620.5 + 53621.5 = 217242.0" */
	struct str zh, en;
};

struct letter_result {
	struct str text;                /* the text that was read, UTF-8, line ends as "\n" */
	struct letter_figure *figure;
	int n_figure;
	struct letter_finding *finding;
	int n_finding;
};

enum rc letter_check(struct cx *cx, struct str text, const struct letter_indicator *dict, int n_dict, struct letter_result *out) MUST_USE;

/* The JSON of the command format (ENGINES: figures, findings). */
struct val letter_val(struct cx *cx, const struct letter_result *r, const struct letter_indicator *dict);
/* For a terminal: the text's lines with figures marked, then the findings. */
void letter_terminal(struct buf *out, const struct letter_result *r, const struct letter_indicator *dict, enum lang lang, bool colour);
/* The text cut into paragraphs of pieces for a page: [[{"text"} | {"text","figure":i,"findings":[…]}…]…], nested spans resolved. */
struct val letter_pieces(struct cx *cx, const struct letter_result *r);

#endif

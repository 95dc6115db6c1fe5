/* What the parts of the letter engine share. Reading order: letter_text.c (characters), letter_unit.c (units),
   letter_date.c (dates and document numbers), letter_read.c (figures), letter_bind.c (indicators),
   letter_sum.c, letter_total.c, letter_share.c, letter_pairs.c, letter_growth.c, letter_time.c, letter_check.c (findings),
   letter_table.c, letter_out.c.

   Positions inside the engine count characters of the compact text `c`: line ends kept, other spaces dropped unless they
   stand between two ASCII letters or digits, full-width forms and look-alike punctuation folded. `pos` leads back. */
#ifndef ENGINE_LETTER_INNER_H
#define ENGINE_LETTER_INNER_H

#include "letter.h"
#include "numeral.h"

typedef __int128 wide;          /* millionths of a base unit (元, 平方米, …): 万亿元 does not fit 64 bits */

enum { LETTER_FIGURES_MAX = 60000, LETTER_FINDINGS_MAX = 500, LETTER_SPANS_MAX = 40 };

static const int64_t LETTER_WORK_MAX = (int64_t)1 << 27;         /* some seconds; a letter of ten thousand characters needs 1/600 of it */

enum dim {
	DIM_NONE, DIM_COUNT, DIM_PERSON, DIM_VISIT /* 人次 */, DIM_MONEY, DIM_FOREIGN /* other currencies */, DIM_AREA, DIM_LENGTH,
	DIM_MASS, DIM_VOLUME, DIM_ENERGY, DIM_POWER, DIM_TIME, DIM_SHARE, DIM_POINT /* 百分点 */, DIM_TIMES, DIM_OTHER
};

/* A unit found in the text. */
struct unit {
	enum dim dim;
	int64_t factor;         /* millionths of the base unit in one of it */
	int length;
	int group;              /* within a dimension, only units of one group are compared: 家/户, 个/项, 篇 … */
	bool strict;            /* a Chinese numeral before it may be something else (三级, 两面): not a quantity */
};

enum clue {
	CLUE_DELTA = 1,         /* a change: 比上年增加20家 */
	CLUE_TOTAL = 2,         /* 合计, 共计, 总数 */
	CLUE_PLAN = 4,          /* planned or expected */
	CLUE_BASE = 8,          /* the value of an earlier year: 上年为 …, 由 … */
	CLUE_WORD = 16,         /* a word figure: 三张牌, 五大计划 */
	CLUE_SPAN = 32,         /* the first of two dates of a span: 2019—2021年 */
	CLUE_MEAN = 128,        /* an average, a price, a rate: 人均, 平均每, 单价 */
	CLUE_JUDGED = 256,      /* a share that was judged together with its neighbours */
	CLUE_GOAL = 512,        /* what something is measured against: 完成预算150万元的65.84% */
	CLUE_END = 64           /* a date that means its end: 2020年底, 截至2020年 */
};

/* A figure at work. */
struct mark {
	struct letter_figure f;
	int a, b;               /* its characters in `c` */
	int pre, pre_b;         /* what stands before it, verbs and joining words cut off */
	int post, post_b;       /* the noun right after it: 11家|省级重点实验室 */
	int para, sent, clause; /* running numbers; a clause ends at , ; : ( ) and sentence ends */
	int paren;              /* position of the opening bracket it stands in, -1 */
	int seq;                /* its own index */
	enum dim dim;
	int group;
	wide value, lo, hi;     /* in the base unit: nominal, and what the wording allows */
	int64_t factor;
	int decimals, power;
	int year, month, day;   /* of the period (of the date itself for dates), 0 when open */
	int year_end;           /* the later year of a span, else = year */
	int clues;
	bool quantity;          /* takes part in sums, shares, growth */
};

struct reading {
	struct cx *cx;
	struct arena *arena;
	struct str text;
	int32_t *c;
	int n;
	int64_t *work;          /* characters looked through so far: above the limit nothing is found any more and the check fails */
	int *pos, *byte;        /* character offset in the text and byte offset, both with n + 1 entries */
	const struct letter_indicator *dict;
	int n_dict;
	VEC(struct mark) m;
	VEC(struct letter_finding) found;
	int sign_a, sign_b;     /* the signature date's characters; sign_b = 0 when there is none */
	int32_t sign_day;
};

/* letter_text.c */
enum rc letter_prepare(struct reading *r, struct str text) MUST_USE;
struct str letter_slice(const struct reading *r, int a, int b);
/* `words` is a list "达到|达|为", longest first where one begins another. All give 0 (or -1 for find) when nothing fits. */
int at_any(const struct reading *r, int at, const char *words);                /* length of the word that starts at `at` */
int before_any(const struct reading *r, int end, int lo, const char *words);   /* length of the word that ends at `end` */
int find_any(const struct reading *r, int a, int b, const char *words);        /* first position in [a, b) */
int rfind_any(const struct reading *r, int a, int b, const char *words);       /* last position in [a, b) */
bool has_any(const struct reading *r, int a, int b, const char *words);
bool same_text(const struct reading *r, int a, int b, int c, int d);
bool is_sentence_end(int32_t c);
bool is_clause_end(int32_t c);                  /* commas, colons, brackets and sentence ends; not 、 */
int sentence_start(const struct reading *r, int at);
int sentence_end(const struct reading *r, int at);
int clause_start(const struct reading *r, int at);
int clause_end(const struct reading *r, int at);
int paragraph_start(const struct reading *r, int at);
int paragraph_end(const struct reading *r, int at);
bool in_title(const struct reading *r, int at);         /* between 《 and 》 */
static inline bool is_digit(int32_t c) { return c >= '0' && c <= '9'; }
static inline bool is_latin(int32_t c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

/* letter_unit.c */
bool unit_read(const struct reading *r, int at, struct unit *out);
bool unit_of(struct str unit, int64_t *factor, enum dim *dim, int *group);     /* of a dictionary entry */

/* letter_date.c: reads a date, a document number, an id or a telephone number at `at`, adds marks; returns its end, 0 if none. */
int read_special(struct reading *r, int at);
void letter_periods(struct reading *r);
/* A date mark is written down with its parts; `from`..`to` of a span carry both years. */
struct mark *add_mark(struct reading *r, int a, int b, const char *kind);

/* letter_read.c */
enum rc letter_figures(struct reading *r) MUST_USE;
/* A bare number gets the unit that is written elsewhere for it. `text` is kept. */
void give_unit(struct reading *r, struct mark *m, const struct unit *unit, int power, struct str text);

/* letter_bind.c */
void letter_bind(struct reading *r);
void check_records(struct reading *r);
/* How much of [a,b) is found in [c,d), 0-100, by pairs of neighbouring characters. */
int share_of_label(const struct reading *r, int a, int b, int c, int d);

/* Marks that one person or firm may bear several of. */
#define OVERLAP_WORDS "女|少数民族|党员|博士|硕士|研究生|本科|职称|岁|海归|留学|高层次|专职|外籍|高新|科技型|上市|规上|规模以上|出口|带动|贫困|脱贫|残疾|留守|低保|青年|骨干|企业牵头|参与"

/* The checks. */
void check_sums(struct reading *r);
void check_totals(struct reading *r);
void table_units(struct reading *r);            /* before the checks: bare numbers under 单位:万元 */
void check_tables(struct reading *r);
void check_pairs_of_shares(struct reading *r);  /* before check_shares: marks what it judged */
void check_shares(struct reading *r);
void check_targets(struct reading *r);
void check_balance(struct reading *r);
void check_growth(struct reading *r);
void check_times(struct reading *r);
void check_ratios(struct reading *r);
void check_repeats(struct reading *r);
void check_wording(struct reading *r);

/* A whole and its parts (letter_sum.c). */
enum { PARTS_MAX = 24 };

struct parts {
	const struct mark *whole;
	const struct mark *part[PARTS_MAX];
	int n;
	int from, to;           /* the characters of the list */
	bool complete;          /* the wording says that nothing is missing */
	bool listed;            /* a tidy list: 、 or brackets */
	bool adjacent;          /* the whole stands right before the list */
};

bool is_part(const struct mark *m);
bool adds_up(const struct parts *p, int n);     /* the first n parts, within what the wording allows */
void report_sum(struct reading *r, const struct parts *p, enum level level);
void report_subset(struct reading *r, const struct mark *part, const struct mark *whole, enum level level);
size_t mark_from(const struct reading *r, int at);      /* the first mark that starts at `at` or later */

/* X, 占 Y 的 p% (letter_share.c). */
struct share {
	const struct mark *p, *top;     /* the percentage and the numerator */
	int name_a, name_b;             /* the denominator as the text names it */
	bool outside;                   /* 占全国的 …: the whole need not be in the text */
	const struct mark *given;       /* the whole written between 占 and the percentage */
	bool generic;                   /* no name, or 总数, 总额 … */
};

bool read_share(const struct reading *r, const struct mark *p, struct share *s);
bool share_fits(const struct mark *top, const struct mark *p, wide whole_lo, wide whole_hi);
void report_share(struct reading *r, const struct share *s, const struct mark *whole, enum level level);

/* letter_check.c: what the checks use. */
struct letter_finding *add_finding(struct reading *r, const char *kind, enum level severity, struct str arithmetic);
void add_span(struct reading *r, struct letter_finding *f, int a, int b);
void add_mark_span(struct reading *r, struct letter_finding *f, const struct mark *m);
bool comparable(const struct mark *a, const struct mark *b);
struct str value_text(const struct reading *r, const struct mark *m);          /* "17.81亿元" */
struct str base_text(const struct reading *r, const struct mark *like, wide value); /* in the unit of `like` */
struct str number_text(struct arena *a, double v, int decimals);
struct str label_text(const struct reading *r, const struct mark *m);
struct str where_text(const struct reading *r, const struct mark *m);
static inline double ratio_of(wide a, wide b) { return b ? (double)a / (double)b : 0; }

#endif

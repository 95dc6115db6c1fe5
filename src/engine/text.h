/* Finding, matching and comparing texts: one pipeline, one index of derived files, two ways to rank, copied passages.

   Pure: files of its own folder and arguments in, structs out, owned by cx->arena; the same input gives the same answer.
   Offsets are byte offsets into the text as it was given, ends exclusive.

   Feeding:    text_writer_open … text_put, text_remove … text_commit … text_writer_close     one at a time in a folder
   Asking:     text_open, text_refresh, text_search, text_explain, text_dup … text_close        any number, beside the writer

   Scores are sums of whole numbers of 1/TEXT_ONE for the words, so that the parts of an explanation add up exactly. Sources: BM25F,
   Zaragoza et al., TREC-13 (2004); block-max pruning, Ding and Suel, SIGIR 2011; latent semantics by randomized SVD, Halko,
   Martinsson and Tropp (2011); winnowing, Schleimer, Wilkerson and Aiken, SIGMOD 2003. */
#ifndef ENGINE_TEXT_H
#define ENGINE_TEXT_H

#include "base/arena.h"
#include "base/fail.h"

enum {
	TEXT_ONE = 1 << 18,
	TEXT_FIELD_MAX = 4 << 20,       /* bytes of a title or body */
	TEXT_ID_MAX = 200,              /* bytes of an id, owner, type, division or group */
	TEXT_QUERY_MAX = 1 << 20,       /* bytes of a query: a whole need may be one */
	TEXT_TOP_MAX = 100000           /* hits of one answer */
};

/* ---- The pipeline: NFKC, case, width, accents, traditional to simplified; then terms ---- */

/* Tables and ICU handles. Make one a process; it may be used by one caller at a time. Freed by text_pipe_close. */
struct text_pipe;
enum rc text_pipe_open(struct cx *cx, struct text_pipe **out) MUST_USE;
void text_pipe_close(struct text_pipe *p);
/* Add words to the dictionary that finds words in Chinese queries. */
enum rc text_pipe_lexicon(struct cx *cx, struct text_pipe *p, const struct str *word, size_t n) MUST_USE;

/* Folded text, and where it came from: between the changes bytes correspond one to one. */
struct text_change { uint32_t folded, given; uint8_t folded_n, given_n; };
struct text_folded { struct str s; const struct text_change *change; size_t n_change; };
/* Malformed bytes become U+FFFD. */
enum rc text_fold_map(struct cx *cx, struct text_pipe *p, struct str given, struct text_folded *out) MUST_USE;
/* The bytes of the given text that folded bytes [*start, *end) came from. */
void text_unfold(const struct text_folded *f, uint32_t *start, uint32_t *end);

/* CHAR: one Han, Kana or Hangul character, used only where no pair is to be had; GRAM: two neighbouring ones;
   WORD: a stem (Porter2) or a number; WHOLE: a model number without its joiners (cbn850), its parts are WORDs. */
enum text_kind { TEXT_CHAR, TEXT_GRAM, TEXT_WORD, TEXT_WHOLE };
struct text_term { uint64_t key; uint32_t start, end; enum text_kind kind; };   /* offsets into the folded text */
/* All terms in order. Equal keys are equal terms of equal kinds. */
enum rc text_terms(struct cx *cx, struct text_pipe *p, struct str folded, struct text_term **out, size_t *n) MUST_USE;

/* ---- Feeding ---- */

struct text_doc {
	struct str id;                  /* unique; putting it again replaces */
	struct str title, body;
	struct str owner;               /* organisation or applicant: own earlier work in text_dup, at most two of one in a match */
	struct str type, division;      /* filters */
	int year;                       /* 0: none */
	const struct str *see;          /* groups who may see it; n_see 0: everybody */
	int n_see;
};

struct text_writer;
/* Makes the folder when needed. RC_BUSY when another writer has it. Damaged segments are dropped with a warning (text.damaged)
   that tells the caller to feed everything again. `memory_bytes` is spent before a segment is written by itself; 0: 512 MiB. */
enum rc text_writer_open(struct cx *cx, struct text_pipe *p, struct str dir, size_t memory_bytes, struct text_writer **out) MUST_USE;
enum rc text_put(struct cx *cx, struct text_writer *w, const struct text_doc *doc) MUST_USE;
enum rc text_remove(struct cx *cx, struct text_writer *w, struct str id) MUST_USE;
/* Durable and visible to every reader that refreshes; what came since the last commit appears as a whole or not at all. */
enum rc text_commit(struct cx *cx, struct text_writer *w) MUST_USE;
/* Writes the model of latent semantics anew from what is committed; readers use it after a refresh. Seconds of CPU (2 for 850
   documents of 400 characters); learns from at most 20,000 documents, so it is for the night. RC_MISSING under 64 documents. */
enum rc text_train(struct cx *cx, struct text_writer *w, uint64_t seed) MUST_USE;
/* Drops what was not committed. */
void text_writer_close(struct text_writer *w);

/* ---- Asking ---- */

struct text_index;
/* RC_MISSING when there is no index, RC_INVALID (text.damaged) when a file of it is not what its checksum says. */
enum rc text_open(struct cx *cx, struct text_pipe *p, struct str dir, struct text_index **out) MUST_USE;
/* Looks whether the writer has committed, by one stat(); what is open stays as it is when the new state cannot be read. */
enum rc text_refresh(struct cx *cx, struct text_index *x, bool *changed) MUST_USE;
void text_close(struct text_index *x);

struct text_figures { int64_t documents, removed, terms, bytes; int segments; bool model; };
struct text_figures text_figures(const struct text_index *x);

/* SEARCH: words + a little meaning + the phrase as written. MATCH: a need to what might meet it; more meaning. */
enum text_profile { TEXT_SEARCH, TEXT_MATCH };

struct text_filter {
	const struct str *type; int n_type;             /* any of them; none given: all */
	const struct str *division; int n_division;     /* the division or one whose code begins with it */
	int year_from, year_to;                         /* inclusive, 0: open */
	bool everything;                                /* see all, whatever the groups: for the system itself, never for a person */
	const struct str *group; int n_group;           /* the viewer's groups: sees what is open to everybody or names one of them */
};

struct text_query {
	struct str text;
	enum text_profile profile;
	struct text_filter filter;
	int k;                          /* hits wanted, 1 … TEXT_TOP_MAX */
	bool all;                       /* only documents that hold every term */
	bool words_only;                /* plain BM25F: no phrase, no meaning */
};

struct text_hit {
	struct str id, owner, type, division;
	int year;
	double score;                   /* words + phrase + meaning */
	double words, phrase, meaning;
};
struct text_result { struct text_hit *hit; int n; };
enum rc text_search(struct cx *cx, struct text_index *x, const struct text_query *q, struct text_result *out) MUST_USE;

/* One term of the query in one document. `score` is its share of the hit; title_score + body_score = score. */
struct text_part {
	struct str text;                /* as it stands in the folded query */
	enum text_kind kind;
	int in_title, in_body;          /* occurrences counted */
	double idf, weight;             /* weight: times in the query, less across word borders */
	double title_score, body_score, score;
	const struct text_span *span;   /* where: at most 50 */
	int n_span;
};
struct text_span { bool title; uint32_t start, end; };
/* The nearest dimension pairs of meaning: what the query and the document have in common without sharing the word. */
struct text_affinity { struct str query_term; double cosine; };
struct text_explanation {
	struct text_hit hit;
	const struct text_part *part;
	int n_part;
	const struct text_affinity *affinity;
	int n_affinity;
};
/* Sum of part[].score + phrase + meaning = hit.score within 1e-6. RC_MISSING: no such document, or the viewer may not see it. */
enum rc text_explain(struct cx *cx, struct text_index *x, const struct text_query *q, struct str id, struct text_explanation *out) MUST_USE;

/* What a caller knows besides the texts: a chain segment that is the same or next door, past success, region, readiness. The value
   (0 … 1) times the weight times the best score is added to the hit and shown with its words. */
struct text_feature { struct str name, why; double value, weight; };
struct text_known { struct str id; const struct text_feature *feature; int n_feature; };
/* Adds the features to the hits of a match, sorts them again, and keeps at most two of one owner among the first `page`. */
void text_match_features(struct cx *cx, struct text_result *r, const struct text_known *known, int n_known, int page);

/* ---- Copied passages ---- */

enum { TEXT_GRAM_UNITS = 6, TEXT_WINDOW = 8, TEXT_COMMON_RUN = TEXT_GRAM_UNITS + TEXT_WINDOW - 1 };     /* every common run of 13 units is found */

/* A unit is one Han character or one word or number; punctuation and spaces do not count. */
struct text_passage { uint32_t a0, a1, b0, b1, matched; };      /* bytes of the body checked, of the source's body; units that are equal */
struct text_source {
	struct str id, owner;
	bool own;                       /* of the same owner as the document checked */
	bool hidden;                    /* the viewer may not see it: id, owner and passages are empty */
	double share;                   /* of the units checked, templates left out */
	const struct text_passage *passage;
	int n_passage;
};
struct text_dup_result {
	const struct text_source *source;       /* most first */
	int n_source, n_hidden;
	uint32_t units, template_units;
	double total, without_template, without_own;    /* shares of the body that stand in a source */
};
struct text_dup_query {
	const struct text_doc *doc;             /* its own id is never a source of it */
	const struct str *form; int n_form;     /* texts of registered templates: what stands in them is not counted as copied */
	struct text_filter filter;              /* who asks; type, division and year narrow the sources */
	int sources;                            /* at most; 0: 20 */
};
/* A share as a percentage in millionths, for those who count in whole numbers. */
int64_t text_percent(double share);
/* It flags for a person; it never rejects. Grams that stand in more than 1 in 500 of the documents (at least 20) count as template. */
enum rc text_dup(struct cx *cx, struct text_index *x, const struct text_dup_query *q, struct text_dup_result *out) MUST_USE;

/* ---- Measuring ---- */

struct text_measures { int queries; double ndcg10, recall100, mrr10, map, success1; };
/* Files in TREC form: a run (`query Q0 document rank score tag`), judgements (`query 0 document grade`; 3 columns are read too).
   Queries without a relevant document are left out; grades below 1 are not relevant; gain is 2^grade − 1. */
enum rc text_eval(struct cx *cx, struct str run, const char *run_name, struct str judged, const char *judged_name, struct text_measures *out) MUST_USE;

#endif

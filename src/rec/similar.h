/* Texts compared for passages in common (`similar` in a region), as far as the database knows: which records' texts are to be fed to the
   index, which are due to be compared, and what came of it. The index and the comparing are an engine's (feature/similar_work.h).

   Nothing is worked out when a page is looked at. A text is fed when its record has another revision than was fed, compared when its
   digest is another than was compared; what is found in a record that was compared before this one came makes that one due again, so that
   of two alike both are told, whichever came first. It flags for a person; it never rejects. */
#ifndef REC_SIMILAR_H
#define REC_SIMILAR_H

#include "rec/store.h"

struct similar_piece { const struct type_def *type; int64_t record, rev; bool gone; };
struct similar_pieces { VEC(struct similar_piece); };
/* At most `limit` records whose texts changed since they were fed, or that are sources no more. */
enum rc similar_pending(struct rx *rx, const struct similar_def *d, int limit, struct similar_pieces *out) MUST_USE;
/* At most `limit` records due to be compared. */
enum rc similar_due(struct rx *rx, const struct similar_def *d, int limit, struct similar_pieces *out) MUST_USE;
/* How many texts are fed, and the newest one's number. */
enum rc similar_fed(struct rx *rx, const struct similar_def *d, int64_t *n, int64_t *seq) MUST_USE;

/* A record's words in declared order, a line a field; whose they are; and what tells whether they changed. `rx` as the system. */
struct similar_words { struct str title, body, own, digest; int64_t rev; };
enum rc similar_words(struct rx *rx, const struct similar_text *t, int64_t record, struct similar_words *out) MUST_USE;

/* What came of comparing. Shares are percentages in millionths. sources: [{type, id, own, share, digest, passages: [[a0, a1, b0, b1] …]}], most
   first; offsets are of the words as similar_words gives them. `fresh` false: it is due to be compared again. */
struct similar_result { int64_t at_ms, units, total, clean, others; struct str digest; struct val sources; bool fresh; };
enum rc similar_read(struct rx *rx, const struct similar_def *d, int64_t record, struct similar_result *out, bool *found) MUST_USE;

/* The comparison that a field tells of (`compute similarity(NAME);`); NULL. */
const struct similar_def *similar_of(const struct field_def *f);

/* Commands of the writer, from the jobs process: {name, fed: [{type, record, rev, digest}], gone: [record]},
   {name, record, digest, seen, units, total, clean, others, sources}, {name}: all is to be fed anew. */
enum rc similar_do_fed(struct rx *rx, struct val args) MUST_USE;
enum rc similar_do_compared(struct rx *rx, struct val args) MUST_USE;
enum rc similar_do_reset(struct rx *rx, struct val args) MUST_USE;

#endif

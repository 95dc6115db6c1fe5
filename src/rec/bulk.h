/* One move for many records: chosen rows wait as a batch of the account, are looked at, confirmed, then moved one by one by the writer,
   each in a savepoint of its own and with the account's rights as they are then. What cannot move is skipped, with the reason.

   A batch is a row of `bulk` and one of `bulk_row` for each record. States: staged (nothing of the records is touched) → running → done.
   The writer works for BULK_SLICE_MS at a time and goes on at its next tick, so that nobody waits for a large batch; what was moved is
   durable, and a restart goes on with the rest. Confirming twice moves once. */
#ifndef REC_BULK_H
#define REC_BULK_H

#include "rec/flow.h"

enum { BULK_MAX = 5000, BULK_SLICE_MS = 400 };

/* Can the move be made for many at once: a person's, for whom the viewer holds a role, and it asks for no file. */
bool bulk_offers(const struct rx *rx, const struct move_def *m);

struct bulk {
	int64_t id, account, made_ms, started_ms, ended_ms;
	const struct type_def *type;
	const struct move_def *move;
	struct str state, reason;
	int64_t rows, done, skipped;
};
/* RC_MISSING, in the usual words, unless it is the viewer's own. */
enum rc bulk_read(struct rx *rx, int64_t id, struct bulk *out) MUST_USE;

struct bulk_row { int64_t record, rev; struct str state, zh, en; };     /* waiting, done, skipped and why */
struct bulk_rows { VEC(struct bulk_row); };
enum rc bulk_rows_read(struct rx *rx, const struct bulk *b, struct bulk_rows *out) MUST_USE;

/* What would become of every waiting row, without writing: `state` is "done" or "skipped". `raw`: the asked fields as typed; with
   `answered` false they and the reason are not judged yet. */
enum rc bulk_look(struct rx *rx, const struct bulk *b, struct val raw, struct str reason, bool answered, struct bulk_rows *rows) MUST_USE;

/* Commands of the writer. */
enum rc bulk_stage(struct rx *rx, struct val args, int64_t *id) MUST_USE;       /* {type, move, ids: [id as text or number …]} */
enum rc bulk_start(struct rx *rx, struct val args, struct str remote) MUST_USE; /* {id, reason, values}: does the first slice */
enum rc bulk_tick(struct rx *rx) MUST_USE;                                      /* the next slice of the oldest that runs */

#endif

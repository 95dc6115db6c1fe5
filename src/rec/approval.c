#include "rec/approval.h"

#include "rec/event.h"
#include "rec/flow_do.h"

/* The event since which agreement counts: the last one that changed the record, an agreement with other answers included. */
#define SINCE "(SELECT COALESCE(MAX(x.seq), 0) FROM event x WHERE x.record = e.record AND (x.act IN ('create', 'save', 'move', 'import') OR " \
	"(x.act = 'approve' AND x.changes <> '')))"

void approval_cond(struct query *q, const struct move_def *m)
{
	Q(q, "NOT EXISTS (SELECT 1 FROM event e WHERE e.record = ");
	query_column(q, q->alias, "id");
	Q(q, " AND e.account = ");
	query_int(q, q->rx->viewer.account);
	Q(q, " AND e.act = 'approve' AND e.move = ");
	query_text(q, m->name);
	Q(q, " AND e.seq >= " SINCE ")");
}

enum rc approval_count(struct rx *rx, const struct type_def *t, const struct record *rec, const struct move_def *m, int *have, int *needed)
{
	struct val n = val_int(1);
	int64_t others = 0;
	bool found;
	if (m->approvals) {
		TRY(flow_value(rx, t, rec, record_whole(rx, rec, VNULL), m->approvals, &n));
		TRY(db_int(rx->cx, rx->db, SQL("SELECT COUNT(DISTINCT e.account) FROM event e WHERE e.record = ? AND e.move = ? AND e.account <> ? AND "
			"e.act = 'approve' AND e.seq >= " SINCE), P(p_int(rec->id), p_text(m->name), p_int(rx->viewer.account)), &others, &found));
	}
	*have = (int)others;
	*needed = val_i64(n) < 1 ? 1 : val_i64(n) > INT16_MAX ? INT16_MAX : (int)val_i64(n);
	return RC_OK;
}

enum rc approval_add(struct rx *rx, const struct type_def *t, const struct record *rec, const struct move_def *m, struct val values,
	const struct move_request *req)
{
	struct val changes = record_changes(rx, t, rec, values);
	bool changed = val_len(changes) > 0;
	if (changed) TRY(record_update(rx, t, rec, values, rec->state, rec->number));
	struct event e = { .type = t->name, .record = rec->id, .rev = rec->rev + changed, .act = STR("approve"), .move = m->name,
		.reason = str_trim(req->reason), .changes = changed ? changes : VNULL, .remote = req->remote };
	return event_add(rx, &e);
}

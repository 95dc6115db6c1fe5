#include "rec/event.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"

/* The bytes that the hash speaks for: everything in the row, in a fixed order, as JSON. */
static struct str canonical(struct arena *a, const struct event *e, struct str changes)
{
	struct val list = val_list(a);
	val_push(a, list, val_int(e->seq));
	val_push(a, list, val_int(e->at_ms));
	val_push(a, list, val_int(e->account));
	val_push(a, list, val_text(e->type));
	val_push(a, list, val_int(e->record));
	val_push(a, list, val_int(e->rev));
	val_push(a, list, val_text(e->act));
	val_push(a, list, val_text(e->move));
	val_push(a, list, val_text(e->from));
	val_push(a, list, val_text(e->to));
	val_push(a, list, val_text(e->reason));
	val_push(a, list, val_text(changes));
	val_push(a, list, val_text(e->remote));
	return json_text(a, list);
}

static struct str link_hash(struct rx *rx, struct str previous, struct str body)
{
	struct str key = { (const char *)rx->vault->chain_key, KEY_BYTES };
	struct str joined = str_join(rx->cx->arena, (struct str[]){ previous, body }, 2, STR("\n"));
	return hash_hex(rx->cx->arena, hash_mac(HASH_SM3, key, joined));
}

enum rc event_head(struct rx *rx, int64_t *seq, struct str *hash)
{
	struct rows *r;
	bool more;
	TRY(db_rows(rx->cx, rx->db, SQL("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1"), NO_PARAMS, &r));
	enum rc rc = db_step(rx->cx, r, &more);
	if (rc == RC_OK) {
		*seq = more ? row_int(r, 0) : 0;
		*hash = more ? str_dup(rx->cx->arena, row_text(r, 1)) : STR("");
	}
	rows_done(r);
	return rc;
}

enum rc event_add(struct rx *rx, const struct event *given)
{
	struct event e = *given;
	struct str previous, changes = e.changes.kind == VAL_MAP ? json_text(rx->cx->arena, e.changes) : STR("");
	int64_t last;
	TRY(event_head(rx, &last, &previous));
	e.seq = last + 1;
	e.at_ms = rx->cx->now_ms;
	e.account = rx->viewer.account;
	struct str hash = link_hash(rx, previous, canonical(rx->cx->arena, &e, changes));
	return db_run(rx->cx, rx->db,
		SQL("INSERT INTO event (seq, at_ms, account, type, record, rev, act, move, from_state, to_state, reason, changes, remote, prev, hash) "
		    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
		P(p_int(e.seq), p_int(e.at_ms), p_int(e.account), p_text(e.type), p_int(e.record), p_int(e.rev), p_text(e.act),
			p_text(e.move), p_text(e.from), p_text(e.to), p_text(e.reason), p_text(changes), p_text(e.remote),
			p_text(previous), p_text(hash)));
}

static struct event read_event(struct arena *a, const struct rows *r)
{
	return (struct event){
		.seq = row_int(r, 0), .at_ms = row_int(r, 1), .account = row_int(r, 2), .type = str_dup(a, row_text(r, 3)),
		.record = row_int(r, 4), .rev = row_int(r, 5), .act = str_dup(a, row_text(r, 6)), .move = str_dup(a, row_text(r, 7)),
		.from = str_dup(a, row_text(r, 8)), .to = str_dup(a, row_text(r, 9)), .reason = str_dup(a, row_text(r, 10)),
		.remote = str_dup(a, row_text(r, 12)),
	};
}

#define EVENT_COLUMNS "e.seq, e.at_ms, e.account, e.type, e.record, e.rev, e.act, e.move, e.from_state, e.to_state, e.reason, e.changes, e.remote"

enum rc event_list(struct rx *rx, struct str type, int64_t record, struct event_list *out)
{
	struct arena *a = rx->cx->arena;
	struct rows *r;
	TRY(db_rows(rx->cx, rx->db,
		SQL("SELECT " EVENT_COLUMNS ", COALESCE(a.name_zh, ''), COALESCE(a.name_en, '') FROM event e LEFT JOIN account a ON a.id = e.account "
		    "WHERE e.type = ? AND e.record = ? ORDER BY e.seq LIMIT 500"),
		P(p_text(type), p_int(record)), &r));
	VEC(struct event) list = { 0 };
	enum rc rc;
	bool more;
	while ((rc = db_step(rx->cx, r, &more)) == RC_OK && more) {
		struct event e = read_event(a, r);
		struct str changes = row_text(r, 11);
		if (changes.n && (rc = json_read(rx->cx, str_dup(a, changes), "event", &e.changes)) != RC_OK) break;
		e.actor_zh = str_dup(a, row_text(r, 13));
		e.actor_en = str_dup(a, row_text(r, 14));
		VEC_PUSH(a, &list, e);
	}
	rows_done(r);
	if (rc == RC_OK) *out = (struct event_list){ list.v, (int)list.n };
	return rc;
}

enum rc event_anchor(struct rx *rx)
{
	int64_t seq;
	struct str hash;
	TRY(event_head(rx, &seq, &hash));
	if (!seq) return RC_OK;
	char *path = str_z(rx->cx->arena, rx->vault->anchor_path);
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	struct str line = str_fmt(rx->cx->arena, "%lld %.*s\n", (long long)seq, STRF(hash));
	bool ok = fd >= 0 && write(fd, line.p, line.n) == (ssize_t)line.n;
	if (fd >= 0) close(fd);
	if (!ok) return fail(rx->cx, RC_IO, "event.anchor", NOWHERE, "不能写入审计锚点文件 %s", "cannot write the audit anchor %s", path);
	return RC_OK;
}

struct anchors { struct str text; int64_t seq; struct str hash; };

/* The next anchor that is not behind `seq`. */
static void next_anchor(struct anchors *n, int64_t seq)
{
	while (n->seq < seq) {
		struct str line, word;
		if (!str_cut(&n->text, '\n', &line)) {
			n->seq = INT64_MAX;
			return;
		}
		if (str_cut(&line, ' ', &word) && str_int(word, &n->seq)) n->hash = line;
	}
}

static enum rc read_anchors(struct rx *rx, struct anchors *out)
{
	FILE *f = fopen(str_z(rx->cx->arena, rx->vault->anchor_path), "re");
	*out = (struct anchors){ 0 };
	if (!f) return RC_OK;
	struct buf b = BUF(rx->cx->arena, (size_t)256 << 20);
	char chunk[65536];
	size_t n;
	while ((n = fread(chunk, 1, sizeof chunk, f)) > 0) buf_add(&b, (struct str){ chunk, n });
	fclose(f);
	out->text = buf_str(&b);
	return RC_OK;
}

enum rc event_verify(struct rx *rx, int64_t *checked)
{
	struct arena *a = rx->cx->arena;
	struct anchors anchors;
	TRY(read_anchors(rx, &anchors));
	struct rows *r;
	TRY(db_rows(rx->cx, rx->db, SQL("SELECT " EVENT_COLUMNS ", e.prev, e.hash FROM event e ORDER BY e.seq"), NO_PARAMS, &r));
	struct str previous = STR("");
	int64_t seq = 0;
	enum rc rc;
	bool more;
	while ((rc = db_step(rx->cx, r, &more)) == RC_OK && more) {
		struct event e = read_event(a, r);
		struct str hash = str_dup(a, row_text(r, 14));
		struct str expect = link_hash(rx, previous, canonical(a, &e, row_text(r, 11)));
		if (e.seq != ++seq) {
			rc = fail(rx->cx, RC_INVALID, "event.gap", NOWHERE, "审计链缺少第 %lld 条", "event %lld is missing", (long long)seq);
			break;
		}
		if (!str_eq(expect, hash) || !str_eq(row_text(r, 13), previous)) {
			rc = fail(rx->cx, RC_INVALID, "event.changed", NOWHERE, "审计链第 %lld 条被改动", "event %lld was changed", (long long)seq);
			break;
		}
		next_anchor(&anchors, seq);
		if (anchors.seq == seq && !str_eq(anchors.hash, hash)) {
			rc = fail(rx->cx, RC_INVALID, "event.anchor_differs", NOWHERE, "第 %lld 条与库外锚点不符", "event %lld differs from its anchor", (long long)seq);
			break;
		}
		previous = hash;
	}
	rows_done(r);
	if (rc != RC_OK) return rc;
	next_anchor(&anchors, seq + 1);
	if (anchors.seq != INT64_MAX)
		return fail(rx->cx, RC_INVALID, "event.cut", NOWHERE, "审计链止于第 %lld 条，而库外锚点已到第 %lld 条：末尾被截断或恢复了旧库",
			"the chain ends at event %lld but the anchor has reached %lld: the tail was cut or an old copy restored", (long long)seq,
			(long long)anchors.seq);
	*checked = seq;
	return RC_OK;
}

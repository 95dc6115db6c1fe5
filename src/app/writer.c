#include "app/writer.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/supervise.h"
#include "base/log.h"
#include "base/pack.h"
#include "base/time.h"
#include "base/utf8.h"
#include "web/channel.h"
#include "web/fails_wire.h"

enum {
	PEERS_MAX = 256, BATCH_MAX = 512,
	BATCH_MS = 5,                           /* commands stop joining a batch after this much work */
	BATCH_BYTES = 64 << 20,
	COMMAND_ARENA = 256 << 20, COMMAND_KEEP = 1 << 20,
	RERUNS_MAX = 3,
	TICK_MS = 1000, CLEAN_MS = 3600000, KEEP_DAYS = 7, CLEAN_ROWS = 5000,
	KEY_MAX = 1000,
	REPLY_MAX = CHANNEL_MESSAGE_MAX - (1 << 20)     /* leaves room for the fails */
};

struct peer { struct channel *channel; bool ready, gone; };

struct item {
	struct arena *arena;
	struct cx cx;
	struct peer *from;
	struct val command, answer;     /* the answer: {id, rc, reply, fails} */
	enum rc rc;
	bool settled;                   /* answered without being run again */
};

struct desk {
	struct writer *w;
	struct peer peer[PEERS_MAX];
	int n_peers, control_fd;
	struct item item[BATCH_MAX];
	int n_items;
	bool waiting;                   /* a full batch left messages unread */
	bool broken;                    /* the disk failed at a commit */
	struct arena *arena;            /* of the batch itself */
	int64_t ticked_ms, cleaned_ms;
	bool busy_since_tick;
};

/* ---- peers ---- */

static void peer_add(struct desk *d, int fd)
{
	if (d->n_peers == PEERS_MAX) {
		log_line(LEVEL_ERROR, "msg=\"too many channels\" max=%d", PEERS_MAX);
		close(fd);
		return;
	}
	d->peer[d->n_peers++] = (struct peer){ .channel = channel_new(fd), .ready = true };
}

/* Only between batches: items point at their peers. */
static void peers_sweep(struct desk *d)
{
	int kept = 0;
	for (int i = 0; i < d->n_peers; i++) {
		if (d->peer[i].gone) channel_free(d->peer[i].channel);
		else d->peer[kept++] = d->peer[i];
	}
	d->n_peers = kept;
}

static void control_ready(struct desk *d)
{
	int fd;
	bool open;
	while ((open = hub_take(d->control_fd, &fd)) && fd >= 0) peer_add(d, fd);
	if (open) return;
	close(d->control_fd);
	d->control_fd = -1;
}

/* ---- one command ---- */

static struct val answer_of(struct item *it, struct val reply)
{
	struct arena *a = it->arena;
	struct val m = val_map(a);
	VAL_SET(a, m, "id", VAL_GET(it->command, "id"));
	VAL_SET(a, m, "rc", val_int(it->rc));
	VAL_SET(a, m, "reply", reply);
	VAL_SET(a, m, "fails", fails_val(a, &it->cx.fails));
	return m;
}

static void answer_with(struct item *it, enum rc rc, const struct fails *fails)
{
	it->rc = rc;
	struct val m = answer_of(it, VNULL);
	VAL_SET(it->arena, m, "fails", fails_val(it->arena, fails));
	it->answer = val_copy(it->arena, m);
}

/* The first answer to this key, when there was one. */
static enum rc remembered(struct cx *cx, struct db *db, struct str key, struct val *first, bool *found)
{
	struct rows *r;
	TRY(db_rows(cx, db, SQL("select answer from command_done where key = ?"), P(p_text(key)), &r));
	enum rc rc = db_step(cx, r, found);
	if (rc == RC_OK && *found) rc = val_unpack(cx, row_text(r, 0), first);
	rows_done(r);
	return rc;
}

static enum rc remember(struct cx *cx, struct db *db, struct str key, int64_t at_ms, struct str packed)
{
	return db_run(cx, db, SQL("insert into command_done (key, at_ms, answer) values (?, ?, ?)"),
		      P(p_text(key), p_int(at_ms), p_blob(packed)));
}

static enum rc run_command(struct desk *d, struct item *it, struct val *reply)
{
	struct cx *cx = &it->cx;
	struct db *db = d->w->db;
	struct str key = val_str(VAL_GET(it->command, "key"));
	if (key.n > KEY_MAX || !utf8_valid(key))
		return fail(cx, RC_INVALID, "writer.key", IN_FIELD(STR("key")), "幂等键不合法", "the idempotency key is not valid");
	int64_t at_ms = cx->now_ms;
	bool found = false;
	if (key.n) {
		int64_t account = val_i64(VAL_GET(VAL_GET(it->command, "actor"), "account"));
		key = str_fmt(it->arena, "%lld:%.*s", (long long)account, STRF(key));
		TRY(remembered(cx, db, key, reply, &found));
	}
	if (found) return RC_OK;
	TRY(d->w->run(d->w->ctx, cx, db, it->command, reply));
	struct buf packed = BUF(it->arena, REPLY_MAX);
	if (!val_pack(&packed, *reply)) return fail(cx, RC_LIMIT, "writer.reply", NOWHERE, "结果过大", "the reply is too large");
	return key.n ? remember(cx, db, key, at_ms, buf_str(&packed)) : RC_OK;
}

/* A request counts from its arrival, so that who asked in time is not late because others were before; but no worker can claim more. */
static int64_t command_time(struct val command)
{
	int64_t now = time_now_ms(), arrived = val_i64(VAL_GET(command, "arrived"));
	return arrived >= now - REQUEST_GRACE_MS && arrived < now ? arrived : now;
}

static void run_item(struct desk *d, struct item *it)
{
	struct db *db = d->w->db;
	it->cx = (struct cx){ .arena = it->arena, .now_ms = command_time(it->command) };
	if (str_is(val_str(VAL_GET(it->command, "lang")), "en")) it->cx.lang = LANG_EN;
	struct val reply = VNULL;
	it->rc = db_savepoint(&it->cx, db);
	if (it->rc == RC_OK) it->rc = run_command(d, it, &reply);
	if (it->rc == RC_OK) it->rc = db_release(&it->cx, db);
	if (it->rc != RC_OK) {
		db_undo(db);
		reply = VNULL;
	}
	it->answer = answer_of(it, reply);
}

/* ---- a batch ---- */

static struct item *item_new(struct desk *d)
{
	struct item *it = &d->item[d->n_items];
	if (!it->arena) it->arena = arena_new(COMMAND_ARENA);
	*it = (struct item){ .arena = it->arena, .cx = { .arena = it->arena } };
	return it;
}

static void item_clear(struct item *it)
{
	if (arena_used(it->arena) <= COMMAND_KEEP) {
		arena_reset(it->arena);
		return;
	}
	arena_free(it->arena);
	it->arena = NULL;
}

/* One message from one peer; false when it has none now. */
static bool take_one(struct desk *d, struct peer *p, size_t *bytes)
{
	/* Who does not take answers gets no more commands done. */
	if (!p->ready || p->gone || channel_wants_write(p->channel)) return false;
	struct item *it = item_new(d);
	bool more = false;
	enum rc rc = channel_next(&it->cx, p->channel, &it->command, &more);
	if (rc != RC_OK) {
		log_line(LEVEL_INFO, "msg=\"channel closed\" code=%s", it->cx.fails.n ? it->cx.fails.v[0].code : "");
		p->gone = true;
	}
	if (!more) {
		p->ready = false;
		item_clear(it);
		return false;
	}
	it->from = p;
	*bytes += arena_used(it->arena);
	d->n_items++;
	return true;
}

/* In turn, one command a peer, so that a busy worker does not starve the others. */
static void collect(struct desk *d)
{
	size_t bytes = 0;
	bool any = true;
	d->waiting = false;
	while (any) {
		any = false;
		for (int i = 0; i < d->n_peers; i++) {
			if (d->n_items == BATCH_MAX || bytes > BATCH_BYTES) {
				d->waiting = true;
				return;
			}
			any |= take_one(d, &d->peer[i], &bytes);
		}
	}
}

/* Nothing of [from, to) was saved; those already settled keep their own failure. */
static void refuse(struct desk *d, int from, int to, enum rc rc, const struct fails *why)
{
	for (int i = from; i < to; i++)
		if (!d->item[i].settled) answer_with(&d->item[i], rc, why);
}

/* Run items from `from` until the time of a batch is used up; *to is one past the last. False: the database gave the transaction up. */
static bool run_some(struct desk *d, int from, int *to)
{
	int64_t until = time_mono_ms() + BATCH_MS;
	int i = from;
	while (i < d->n_items) {
		struct item *it = &d->item[i++];
		if (it->settled) continue;
		run_item(d, it);
		if (!db_active(d->w->db)) {
			it->settled = true;
			assert(it->rc != RC_OK);
			return false;
		}
		if (d->w->commit_each || time_mono_ms() >= until) break;
	}
	*to = i;
	return true;
}

/* One transaction; returns one past the last item it answered for. */
static int commit_some(struct desk *d, int from)
{
	struct db *db = d->w->db;
	struct cx cx = { .arena = d->arena, .now_ms = time_now_ms() };
	arena_reset(d->arena);
	enum rc rc;
	for (int tries = 0; tries < RERUNS_MAX; tries++) {
		int to = d->n_items;
		rc = db_begin(&cx, db);
		if (rc != RC_OK) {
			refuse(d, from, to, rc, &cx.fails);
			return to;
		}
		if (!run_some(d, from, &to)) {
			db_rollback(db);
			continue;
		}
		rc = db_commit(&cx, db);
		if (rc == RC_OK) {
			if (d->w->committed) d->w->committed(d->w->ctx);
			return to;
		}
		const char *code = cx.fails.n ? cx.fails.v[0].code : "";
		log_line(LEVEL_ERROR, "msg=\"commit failed\" code=%s commands=%d", code, to - from);
		d->broken = strcmp(code, "db.full") != 0;
		refuse(d, from, to, rc, &cx.fails);
		return to;
	}
	rc = fail(&cx, RC_IO, "writer.given_up", NOWHERE, "数据库多次撤销事务，没有保存",
		  "the database gave the transaction up again and again, nothing was saved");
	refuse(d, from, d->n_items, rc, &cx.fails);
	return d->n_items;
}

static void answer_all(struct desk *d)
{
	for (int i = 0; i < d->n_items; i++) {
		struct item *it = &d->item[i];
		struct cx cx = { .arena = it->arena };
		enum rc rc = it->from->gone ? RC_IO : channel_send(&cx, it->from->channel, it->answer);
		if (rc == RC_LIMIT || rc == RC_BUSY) {
			/* The sender must learn what became of it, or its request hangs: without an answer the channel ends. */
			log_line(LEVEL_ERROR, "msg=\"answer not sent\" code=%s", cx.fails.v[0].code);
			rc = RC_IO;
		}
		if (rc != RC_OK) it->from->gone = true;
		item_clear(it);
	}
	d->n_items = 0;
}

static void batch(struct desk *d)
{
	collect(d);
	if (d->n_items) d->busy_since_tick = true;
	for (int done = 0; done < d->n_items && !d->broken;) {
		done = commit_some(d, done);
		if (!d->broken) continue;
		struct cx cx = { .arena = d->arena };
		(void)fail(&cx, RC_IO, "writer.broken", NOWHERE, "磁盘出错，没有保存", "the disk failed, nothing was saved");
		refuse(d, done, d->n_items, RC_IO, &cx.fails);
	}
	answer_all(d);
	peers_sweep(d);
}

/* ---- about once a second ---- */

static enum rc clean(struct cx *cx, struct desk *d)
{
	if (cx->now_ms - d->cleaned_ms < CLEAN_MS) return RC_OK;
	TRY(db_run(cx, d->w->db, SQL("delete from command_done where key in "
				      "(select key from command_done where at_ms < ? order by at_ms limit ?)"),
		   P(p_int(cx->now_ms - (int64_t)KEEP_DAYS * DAY_MS), p_int(CLEAN_ROWS))));
	if (db_changed(d->w->db) < CLEAN_ROWS) d->cleaned_ms = cx->now_ms;
	return RC_OK;
}

static enum rc tick_inside(struct cx *cx, struct desk *d)
{
	struct db *db = d->w->db;
	TRY(clean(cx, d));
	if (!d->w->tick) return RC_OK;
	TRY(db_savepoint(cx, db));
	enum rc rc = d->w->tick(d->w->ctx, cx, db);
	if (rc == RC_OK) return db_release(cx, db);
	db_undo(db);
	return rc;
}

static void tick(struct desk *d)
{
	int64_t now = time_mono_ms();
	if (now - d->ticked_ms < TICK_MS) return;
	d->ticked_ms = now;
	struct arena *arena = arena_new(COMMAND_ARENA);
	struct cx cx = { .arena = arena, .now_ms = time_now_ms() };
	struct db *db = d->w->db;
	enum rc rc = db_begin(&cx, db);
	if (rc == RC_OK) {
		rc = tick_inside(&cx, d);
		if (rc == RC_OK) rc = db_commit(&cx, db);
		else db_rollback(db);
		if (rc == RC_OK && d->w->committed) d->w->committed(d->w->ctx);
	}
	if (rc != RC_OK) log_line(LEVEL_ERROR, "msg=\"tick failed\" code=%s", cx.fails.n ? cx.fails.v[0].code : "");
	arena_free(arena);
	db_tidy(db, !d->busy_since_tick);
	d->busy_since_tick = false;
}

/* ---- the loop ---- */

static enum rc wait_ready(struct cx *cx, struct desk *d)
{
	struct pollfd p[PEERS_MAX + 1];
	for (int i = 0; i < d->n_peers; i++) {
		bool behind = channel_wants_write(d->peer[i].channel);
		p[i] = (struct pollfd){ .fd = channel_fd(d->peer[i].channel), .events = behind ? POLLOUT : POLLIN };
	}
	p[d->n_peers] = (struct pollfd){ .fd = d->control_fd, .events = POLLIN };
	int64_t left = d->ticked_ms + TICK_MS - time_mono_ms();
	int timeout = d->waiting || left < 0 ? 0 : (int)left;
	if (poll(p, (nfds_t)d->n_peers + 1, timeout) < 0) {
		if (errno == EINTR) return RC_OK;
		return fail(cx, RC_IO, "writer.poll", NOWHERE, "等待消息失败（%s）", "waiting for messages failed (%s)", strerror(errno));
	}
	for (int i = 0; i < d->n_peers; i++) {
		struct cx quiet = { .arena = d->arena };
		if (p[i].revents && channel_flush(&quiet, d->peer[i].channel) != RC_OK) d->peer[i].gone = true;
		if (p[i].revents) d->peer[i].ready = true;
	}
	if (p[d->n_peers].revents) control_ready(d);
	return RC_OK;
}

static enum rc serve(struct cx *cx, struct desk *d)
{
	struct db *db = d->w->db;
	TRY(db_run(cx, db, SQL("create table if not exists command_done "
			    "(key text primary key, at_ms integer not null, answer blob not null) strict"), NO_PARAMS));
	TRY(db_run(cx, db, SQL("create index if not exists command_done_at on command_done (at_ms)"), NO_PARAMS));
	d->ticked_ms = time_mono_ms();
	while (d->n_peers || d->control_fd >= 0) {
		TRY(wait_ready(cx, d));
		batch(d);
		db_tidy(db, false);
		if (d->broken) return fail(cx, RC_IO, "writer.broken", NOWHERE, "磁盘出错，停止写入", "the disk failed, writing stops");
		tick(d);
	}
	return RC_OK;
}

enum rc writer_serve(struct cx *cx, struct writer *w)
{
	struct desk *d = calloc(1, sizeof *d);
	assert(d);
	d->w = w;
	d->control_fd = w->control_fd > 0 ? w->control_fd : -1;
	d->arena = arena_new(16 << 20);
	for (int i = 0; i < w->n_fd; i++) peer_add(d, w->fd[i]);
	enum rc rc = serve(cx, d);
	for (int i = 0; i < d->n_peers; i++) channel_free(d->peer[i].channel);
	if (d->control_fd >= 0) close(d->control_fd);
	for (int i = 0; i < BATCH_MAX; i++) arena_free(d->item[i].arena);
	arena_free(d->arena);
	free(d);
	return rc;
}

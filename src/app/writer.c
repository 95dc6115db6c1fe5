#include "app/writer.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/pack.h"
#include "base/time.h"
#include "web/channel.h"
#include "web/fails_wire.h"

enum { TICK_MS = 1000, KEYS_KEPT_MS = 7 * DAY_MS, TIDY_TICKS = 600, BATCH_ARENA = 256 << 20, COMMAND_ARENA = 128 << 20 };

struct job { struct channel *from; struct val command, answer; };

struct loop {
	const struct writer *w;
	struct channel *channel[WRITER_CHANNELS];
	int n_channel, control_fd;
	struct arena *batch, *command;
	struct job job[WRITER_BATCH];
	int n_job, ticks;
	int64_t next_tick;
};

/* ---- descriptors over the control socket ---- */

bool writer_give(int control_fd, int fd)
{
	char byte = 'c';
	struct iovec io = { &byte, 1 };
	union { char raw[CMSG_SPACE(sizeof(int))]; struct cmsghdr align; } control = { { 0 } };
	struct msghdr m = { .msg_iov = &io, .msg_iovlen = 1, .msg_control = control.raw, .msg_controllen = sizeof control.raw };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(c), &fd, sizeof fd);
	return sendmsg(control_fd, &m, MSG_NOSIGNAL) == 1;
}

/* -1: nothing now; -2: the other end is gone. */
static int take(int control_fd)
{
	char byte;
	struct iovec io = { &byte, 1 };
	union { char raw[CMSG_SPACE(sizeof(int))]; struct cmsghdr align; } control;
	struct msghdr m = { .msg_iov = &io, .msg_iovlen = 1, .msg_control = control.raw, .msg_controllen = sizeof control.raw };
	ssize_t n = recvmsg(control_fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n == 0) return -2;
	if (n < 0) return errno == EAGAIN || errno == EINTR ? -1 : -2;
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	int fd = -1;
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) memcpy(&fd, CMSG_DATA(c), sizeof fd);
	return fd;
}

static void add_channel(struct loop *l, int fd)
{
	if (l->n_channel == WRITER_CHANNELS) {
		close(fd);
		return;
	}
	l->channel[l->n_channel++] = channel_new(fd);
}

static void take_channels(struct loop *l)
{
	while (l->control_fd >= 0) {
		int fd = take(l->control_fd);
		if (fd == -1) return;
		if (fd >= 0) {
			add_channel(l, fd);
			continue;
		}
		close(l->control_fd);
		l->control_fd = -1;
	}
}

/* ---- a batch ---- */

static void gather(struct loop *l, const struct pollfd *p, int first)
{
	struct cx cx = { .arena = l->batch };
	for (int i = l->n_channel - 1; i >= 0; i--) {
		if (!(p[first + i].revents & (POLLIN | POLLHUP | POLLERR)) && !channel_ready(l->channel[i])) continue;
		bool more = true;
		enum rc rc = RC_OK;
		while (rc == RC_OK && more && l->n_job < WRITER_BATCH) {
			struct val v;
			rc = channel_next(&cx, l->channel[i], &v, &more);
			if (rc == RC_OK && more) l->job[l->n_job++] = (struct job){ .from = l->channel[i], .command = v };
		}
		if (rc == RC_OK) continue;
		/* The peer is gone: what it had asked is still carried out, nobody waits for the answer. */
		for (int k = 0; k < l->n_job; k++)
			if (l->job[k].from == l->channel[i]) l->job[k].from = NULL;
		channel_free(l->channel[i]);
		l->channel[i] = l->channel[--l->n_channel];
	}
}

static struct val answer_of(struct arena *a, enum rc rc, struct val reply, const struct fails *fails)
{
	struct val v = val_map(a);
	VAL_SET(a, v, "rc", val_int(rc));
	VAL_SET(a, v, "reply", val_copy(a, reply));
	VAL_SET(a, v, "fails", val_copy(a, fails_val(a, fails)));
	return v;
}

static enum rc earlier_answer(struct cx *cx, struct db *db, struct str key, struct val *answer, bool *found)
{
	struct rows *r;
	TRY(db_rows(cx, db, SQL("SELECT answer FROM command_done WHERE key = ?"), P(p_text(key)), &r));
	enum rc rc = db_step(cx, r, found);
	if (rc == RC_OK && *found) rc = val_unpack(cx, row_text(r, 0), answer);
	rows_done(r);
	return rc;
}

static enum rc remember(struct cx *cx, struct db *db, struct str key, struct val answer)
{
	struct buf b = BUF(cx->arena, CHANNEL_MESSAGE_MAX);
	val_pack(&b, answer);
	return db_run(cx, db, SQL("INSERT INTO command_done (key, at_ms, answer) VALUES (?, ?, ?)"), P(p_text(key), p_int(cx->now_ms), p_blob(buf_str(&b))));
}

/* In its savepoint, with memory of its own; the answer outlives both in the batch's arena. */
static enum rc run_job(struct loop *l, struct job *j)
{
	const struct writer *w = l->w;
	struct cx cx = { .arena = l->command, .now_ms = time_now_ms() };
	struct str key = val_str(VAL_GET(j->command, "key"));
	struct val reply = VNULL, answer;
	bool found = false;
	TRY(db_savepoint(&cx, w->db));
	enum rc rc = key.n ? earlier_answer(&cx, w->db, key, &answer, &found) : RC_OK;
	if (rc == RC_OK && !found) {
		rc = w->run(w->ctx, &cx, w->db, j->command, &reply);
		answer = answer_of(cx.arena, rc, reply, &cx.fails);
		if (rc == RC_OK && key.n) rc = remember(&cx, w->db, key, answer);
	}
	if (rc != RC_OK) answer = answer_of(cx.arena, rc, VNULL, &cx.fails);
	j->answer = val_copy(l->batch, answer);
	arena_reset(l->command);
	if (rc != RC_OK) {
		db_undo(w->db);
		return db_active(w->db) ? RC_OK : RC_IO;        /* the engine gave the whole transaction up */
	}
	return db_release(&(struct cx){ .arena = l->batch }, w->db);
}

static struct str why(const struct cx *cx) { return cx->fails.n ? cx->fails.v[0].en : STR(""); }

static void refuse_all(struct loop *l, int from, int to)
{
	struct cx cx = { .arena = l->batch };
	(void)fail(&cx, RC_IO, "writer.commit", NOWHERE, "未能写入磁盘，没有保存；请重试", "it could not be written to disk and is not saved: please try again");
	for (int i = from; i < to; i++) l->job[i].answer = answer_of(l->batch, RC_IO, VNULL, &cx.fails);
}

/* Jobs [from, to) in one transaction. */
static void run_batch(struct loop *l, int from, int to)
{
	const struct writer *w = l->w;
	struct cx cx = { .arena = l->batch, .now_ms = time_now_ms() };
	enum rc rc = db_begin(&cx, w->db);
	for (int i = from; i < to && rc == RC_OK; i++) rc = run_job(l, &l->job[i]);
	if (rc == RC_OK) rc = db_commit(&cx, w->db);
	if (rc != RC_OK) {
		db_rollback(w->db);
		log_line(LEVEL_ERROR, "msg=\"batch not written\" commands=%d why=\"%.*s\"", to - from, STRF(why(&cx)));
		refuse_all(l, from, to);
		return;
	}
	if (w->committed && w->committed(w->ctx, &cx, w->db) != RC_OK) log_line(LEVEL_ERROR, "msg=\"anchor not written\"");
}

static void answer_all(struct loop *l)
{
	struct cx cx = { .arena = l->batch };
	for (int i = 0; i < l->n_job; i++) {
		struct job *j = &l->job[i];
		if (!j->from) continue;
		VAL_SET(l->batch, j->answer, "id", VAL_GET(j->command, "id"));
		if (channel_send(&cx, j->from, j->answer) != RC_OK) log_line(LEVEL_WARNING, "msg=\"an answer found nobody\"");
	}
	l->n_job = 0;
}

static void tick(struct loop *l)
{
	const struct writer *w = l->w;
	struct cx cx = { .arena = l->command, .now_ms = time_now_ms() };
	l->next_tick = time_mono_ms() + TICK_MS;
	if (l->ticks++ % TIDY_TICKS == 0) {
		if (db_run(&cx, w->db, SQL("DELETE FROM command_done WHERE at_ms < ?"), P(p_int(cx.now_ms - KEYS_KEPT_MS))) != RC_OK)
			log_line(LEVEL_WARNING, "msg=\"old keys not dropped\"");
	}
	if (w->tick) {
		enum rc rc = db_begin(&cx, w->db);
		if (rc == RC_OK) rc = w->tick(w->ctx, &cx, w->db);
		if (rc == RC_OK) rc = db_commit(&cx, w->db);
		if (rc == RC_OK && w->committed) rc = w->committed(w->ctx, &cx, w->db);
		if (rc != RC_OK) {
			db_rollback(w->db);
			log_line(LEVEL_WARNING, "msg=\"tick failed\" why=\"%.*s\"", STRF(why(&cx)));
		}
	}
	db_tidy(w->db, l->n_job == 0);
	arena_reset(l->command);
}

static int watch(struct loop *l, struct pollfd *p)
{
	int n = 0;
	if (l->control_fd >= 0) p[n++] = (struct pollfd){ l->control_fd, POLLIN, 0 };
	for (int i = 0; i < l->n_channel; i++)
		p[n++] = (struct pollfd){ channel_fd(l->channel[i]), (short)(POLLIN | (channel_wants_write(l->channel[i]) ? POLLOUT : 0)), 0 };
	return n;
}

enum rc writer_serve(struct cx *cx, const struct writer *w)
{
	struct loop *l = ARENA_NEW(cx->arena, struct loop);
	*l = (struct loop){ .w = w, .control_fd = w->control_fd, .batch = arena_new(BATCH_ARENA), .command = arena_new(COMMAND_ARENA) };
	for (int i = 0; i < w->n_fd; i++) add_channel(l, w->fd[i]);
	while (l->control_fd >= 0 || l->n_channel > 0) {
		struct pollfd p[WRITER_CHANNELS + 1];
		int first = l->control_fd >= 0, n = watch(l, p);
		int64_t wait = l->next_tick - time_mono_ms();
		for (int i = 0; i < l->n_channel; i++)
			if (channel_ready(l->channel[i])) wait = 0;
		if (poll(p, (nfds_t)n, wait > 0 ? (int)wait : 0) < 0 && errno != EINTR) return fail(cx, RC_IO, "writer.poll", NOWHERE, "写入进程等待失败", "the writer cannot wait");
		struct cx flush = { .arena = l->batch };
		for (int i = 0; i < l->n_channel; i++)
			if (channel_wants_write(l->channel[i]) && channel_flush(&flush, l->channel[i]) != RC_OK) p[first + i].revents |= POLLHUP;
		gather(l, p, first);
		if (first && (p[0].revents & (POLLIN | POLLHUP))) take_channels(l);
		for (int i = 0; i < l->n_job; i += w->commit_each ? 1 : l->n_job) run_batch(l, i, w->commit_each ? i + 1 : l->n_job);
		answer_all(l);
		arena_reset(l->batch);
		if (time_mono_ms() >= l->next_tick) tick(l);
	}
	arena_free(l->batch);
	arena_free(l->command);
	return RC_OK;
}

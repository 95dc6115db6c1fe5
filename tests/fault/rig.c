#include "rig.h"

#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/writer.h"
#include "base/time.h"

enum { ARENA = 64 << 20, BODY_MAX = 30000 };

/* ---- commands ---- */

bool must_fail(int n) { return n % 7 == 0; }

struct ledger ledger_new(int total)
{
	struct ledger l = { .total = total, .next = 1, .outcome = calloc((size_t)total + 1, 1), .early = calloc((size_t)total + 1, 1) };
	assert(l.outcome && l.early);
	return l;
}

void ledger_free(struct ledger *l)
{
	free(l->outcome);
	free(l->early);
}

enum rc put_tables(struct cx *cx, struct db *db)
{
	static const struct migration m[] = {
		{ 1, "a", SQL("create table a (n integer primary key, body blob not null) strict; "
			      "create table tally (id integer primary key, n integer not null) strict; insert into tally (id, n) values (1, 0)") },
		{ 2, "b", SQL("create table b (n integer primary key references a (n), body text not null) strict; "
			      "create index b_body on b (body)") },
	};
	return db_migrate(cx, db, m, 2);
}

enum rc put(struct cx *cx, struct db *db, int n, bool heavy)
{
	size_t bytes = heavy ? (unsigned)n * 7919 % BODY_MAX : 20;
	char *body = arena_alloc(cx->arena, bytes);
	memset(body, 'a' + n % 26, bytes);
	TRY(db_run(cx, db, SQL("insert into a (n, body) values (?, ?)"), P(p_int(n), p_blob((struct str){ body, bytes }))));
	TRY(db_run(cx, db, SQL("update tally set n = n + 1 where id = 1"), NO_PARAMS));
	struct str word = str_fmt(cx->arena, "%x", (unsigned)n * 2654435761u);
	TRY(db_run(cx, db, SQL("insert into b (n, body) values (?, ?)"), P(p_int(n), p_text(word))));
	if (must_fail(n)) return fail(cx, RC_INVALID, "test.refused", NOWHERE, "不行", "no");
	return RC_OK;
}

/* ---- the writer's process ---- */

struct doing { bool heavy; int early_fd, die_at; };

static enum rc run(void *ctx, struct cx *cx, struct db *db, struct val command, struct val *reply)
{
	struct doing *doing = ctx;
	int n = (int)val_i64(VAL_GET(command, "id"));
	TRY(put(cx, db, n, doing->heavy));
	if (write(doing->early_fd, &n, sizeof n) < 0) _exit(9);
	if (--doing->die_at == 0) (void)kill(getpid(), SIGKILL);
	*reply = val_int(n);
	return RC_OK;
}

static int serve(const struct rig_options *o, int *fd, int early_fd, int counts_fd)
{
	struct cx cx = { .arena = arena_new(ARENA), .now_ms = time_now_ms() };
	struct disk *disk = o->disk ? disk_install(o->disk) : NULL;
	struct doing doing = { .heavy = o->heavy, .early_fd = early_fd, .die_at = o->die_at };
	struct db *db;
	enum rc rc = db_open(&cx, str_fmt(cx.arena, "sqlite:%s", o->path), DB_WRITE, &db);
	if (rc == RC_OK) {
		if (o->normal) rc = db_run(&cx, db, SQL("pragma synchronous=normal"), NO_PARAMS);
		if (rc == RC_OK) rc = put_tables(&cx, db);
		struct writer w = { .db = db, .run = run, .ctx = &doing, .fd = fd, .n_fd = o->channels, .commit_each = o->each };
		if (rc == RC_OK) rc = writer_serve(&cx, &w);
		db_close(db);
	}
	struct rig_counts counts = { disk ? disk_changes(disk) : 0, disk ? disk_calls(disk) : 0 };
	if (write(counts_fd, &counts, sizeof counts) < 0) return 9;
	arena_free(cx.arena);
	return rc == RC_OK ? 0 : 5;
}

void rig_start(struct rig *r, const struct rig_options *o)
{
	int ours[RIG_CHANNELS], theirs[RIG_CHANNELS], early[2], counts[2];
	*r = (struct rig){ .o = *o, .n = o->channels };
	assert(o->channels <= RIG_CHANNELS && pipe2(early, O_CLOEXEC) == 0 && pipe2(counts, O_CLOEXEC) == 0);
	for (int i = 0; i < r->n; i++) {
		int pair[2];
		assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
		ours[i] = pair[0];
		theirs[i] = pair[1];
	}
	fflush(NULL);
	r->pid = fork();
	assert(r->pid >= 0);
	if (r->pid == 0) {
		for (int i = 0; i < r->n; i++) close(ours[i]);
		close(early[0]);
		close(counts[0]);
		int null = o->quiet ? open("/dev/null", O_WRONLY) : -1;
		if (null >= 0) dup2(null, 2);
		_exit(serve(o, theirs, early[1], counts[1]));
	}
	close(early[1]);
	close(counts[1]);
	r->early_fd = early[0];
	r->counts_fd = counts[0];
	assert(fcntl(r->early_fd, F_SETFL, O_NONBLOCK) == 0);
	for (int i = 0; i < r->n; i++) {
		close(theirs[i]);
		r->channel[i] = channel_new(ours[i]);
	}
}

/* ---- clients ---- */

static void take_early(struct rig *r, struct ledger *l)
{
	int n[512];
	ssize_t got;
	while ((got = read(r->early_fd, n, sizeof n)) > 0)
		for (size_t i = 0; i < (size_t)got / sizeof *n; i++) l->early[n[i]] = 1;
}

static void part(struct rig *r, int i)
{
	channel_free(r->channel[i]);
	r->channel[i] = NULL;
}

static void take_answers(struct rig *r, struct ledger *l, struct arena *a, int i)
{
	bool more = true;
	while (more && r->channel[i]) {
		struct cx cx = { .arena = a };
		struct val answer;
		if (channel_flush(&cx, r->channel[i]) != RC_OK || channel_next(&cx, r->channel[i], &answer, &more) != RC_OK) {
			part(r, i);
		} else if (more) {
			int n = (int)val_i64(VAL_GET(answer, "id"));
			assert(n == r->busy_with[i] && l->outcome[n] == SENT);
			bool good = val_i64(VAL_GET(answer, "rc")) == RC_OK;
			l->outcome[n] = good ? ACKED : REFUSED;
			l->acked += good;
			r->busy_with[i] = 0;
		}
		arena_reset(a);
	}
}

static void ask(struct rig *r, struct ledger *l, struct arena *a, int i)
{
	struct cx cx = { .arena = a };
	int n = l->next;
	struct val m = val_map(a);
	VAL_SET(a, m, "id", val_int(n));
	VAL_SET(a, m, "key", val_text(str_fmt(a, "k%d", n)));
	if (channel_send(&cx, r->channel[i], m) != RC_OK) {
		part(r, i);
	} else {
		l->next++;
		l->outcome[n] = SENT;
		r->busy_with[i] = n;
	}
	arena_reset(a);
}

void rig_drive(struct rig *r, struct ledger *l, int64_t until_ms)
{
	struct arena *a = arena_new(ARENA);
	int64_t acked = l->acked;
	for (bool first = r->o.from_first > 0;;) {
		if (first && l->acked > acked) {
			first = false;
			until_ms = time_mono_ms() + r->o.from_first;
		}
		struct pollfd p[RIG_CHANNELS];
		int open = 0, busy = 0;
		for (int i = 0; i < r->n; i++) {
			if (r->channel[i] && !r->busy_with[i] && l->next <= l->total) ask(r, l, a, i);
			p[i] = (struct pollfd){ .fd = r->channel[i] ? channel_fd(r->channel[i]) : -1, .events = POLLIN };
			open += r->channel[i] != NULL;
			busy += r->channel[i] && r->busy_with[i];
		}
		int64_t left = until_ms - time_mono_ms();
		if (!open || left <= 0 || (!busy && l->next > l->total)) break;
		(void)poll(p, (nfds_t)r->n, (int)left);
		take_early(r, l);
		for (int i = 0; i < r->n; i++)
			if (p[i].revents) take_answers(r, l, a, i);
	}
	arena_free(a);
}

int rig_end(struct rig *r, struct ledger *l, bool kill_now, struct rig_counts *counts)
{
	int status = -1;
	struct arena *a = arena_new(ARENA);
	if (kill_now) kill(r->pid, SIGKILL);
	else
		for (int i = 0; i < r->n; i++)
			if (r->channel[i]) shutdown(channel_fd(r->channel[i]), SHUT_WR);
	assert(waitpid(r->pid, &status, 0) == r->pid);
	take_early(r, l);
	for (int i = 0; i < r->n; i++) {
		if (!r->channel[i]) continue;
		take_answers(r, l, a, i);
		if (r->channel[i]) part(r, i);
	}
	struct rig_counts got = { 0 };
	if (read(r->counts_fd, &got, sizeof got) != sizeof got) got = (struct rig_counts){ 0 };
	if (counts) *counts = got;
	close(r->counts_fd);
	close(r->early_fd);
	arena_free(a);
	return status;
}

/* ---- afterwards ---- */

static enum rc say(struct cx *cx, const char *what, int64_t n)
{
	return fail(cx, RC_IO, "check", NOWHERE, "%s：%lld", "%s: %lld", what, (long long)n);
}

static enum rc none(struct cx *cx, struct db *db, const char *what, struct sql count)
{
	int64_t n = -1;
	bool found;
	TRY(db_int(cx, db, count, NO_PARAMS, &n, &found));
	return n == 0 ? RC_OK : say(cx, what, n);
}

static enum rc sound_pages(struct cx *cx, struct db *db)
{
	struct rows *r;
	bool more;
	TRY(db_rows(cx, db, SQL("pragma integrity_check(1)"), NO_PARAMS, &r));
	TRY(db_step(cx, r, &more));
	if (!more || !str_is(row_text(r, 0), "ok"))
		return fail(cx, RC_IO, "check", NOWHERE, "损坏：%.*s", "damaged: %.*s", STRF(more ? row_text(r, 0) : STR("?")));
	rows_done(r);
	return none(cx, db, "dangling references", SQL("select count(*) from pragma_foreign_key_check"));
}

static enum rc has_table(struct cx *cx, struct db *db, const char *name, bool *has)
{
	int64_t n = 0;
	TRY(db_int(cx, db, SQL("select count(*) from sqlite_schema where type = 'table' and name = ?"), P(p_text(str_c(name))), &n, has));
	*has = n == 1;
	return RC_OK;
}

static enum rc whole_commands(struct cx *cx, struct db *db)
{
	bool keys;
	TRY(none(cx, db, "effects of refused commands", SQL("select count(*) from a where n % 7 = 0")));
	TRY(none(cx, db, "rows without their twin", SQL("select count(*) from a left join b on b.n = a.n where b.n is null")));
	TRY(none(cx, db, "difference of the tally", SQL("select (select n from tally where id = 1) - (select count(*) from a)")));
	TRY(has_table(cx, db, "command_done", &keys));
	if (!keys) return RC_OK;
	/* The key is there exactly when the effect is, or a replay would act twice, or not at all. (Runs without a writer leave none.) */
	return none(cx, db, "keys without effect or effects without key",
		    SQL("select case when (select count(*) from command_done) = 0 then 0 else "
			"(select count(*) from a left join command_done on key = '0:k' || n where key is null) + "
			"abs((select count(*) from command_done) - (select count(*) from a)) end"));
}

static enum rc compare(struct cx *cx, struct db *db, const struct ledger *l, struct verdict *v)
{
	struct rows *r;
	bool more;
	unsigned char *there = arena_alloc(cx->arena, (size_t)l->total + 1);
	TRY(db_rows(cx, db, SQL("select n from a"), NO_PARAMS, &r));
	for (;;) {
		TRY(db_step(cx, r, &more));
		if (!more) break;
		int64_t n = row_int(r, 0);
		if (n < 1 || n > l->total || l->outcome[n] == UNSENT) return say(cx, "a command nobody gave", n);
		there[n] = 1;
		v->rows++;
	}
	for (int n = 1; n <= l->total; n++) {
		v->lost += l->outcome[n] == ACKED && !there[n];
		v->lost_early += l->early[n] && !there[n];
		v->unasked += l->outcome[n] == REFUSED && there[n];
	}
	return RC_OK;
}

static enum rc examine(struct cx *cx, const char *path, const struct ledger *l, struct verdict *v)
{
	struct db *db;
	bool has;
	TRY(db_open(cx, str_fmt(cx->arena, "sqlite:%s", path), DB_WRITE, &db));
	enum rc rc = sound_pages(cx, db);
	if (rc == RC_OK) rc = has_table(cx, db, "b", &has);
	/* A cut before the tables were made: then nothing was acknowledged either. */
	if (rc == RC_OK && !has)
		for (int n = 1; n <= l->total; n++) v->lost += l->outcome[n] == ACKED;
	if (rc == RC_OK && has) rc = whole_commands(cx, db);
	if (rc == RC_OK && has) rc = compare(cx, db, l, v);
	db_close(db);
	return rc;
}

struct verdict check(const char *path, const struct ledger *l)
{
	struct verdict v = { 0 };
	struct cx cx = { .arena = arena_new(ARENA), .now_ms = time_now_ms() };
	v.sound = examine(&cx, path, l, &v) == RC_OK;
	if (!v.sound && cx.fails.n) snprintf(v.why, sizeof v.why, "%.*s", STRF(cx.fails.v[0].en));
	arena_free(cx.arena);
	return v;
}

void folder_new(char *out, size_t n, bool in_memory)
{
	const char *root = in_memory && access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	snprintf(out, n, "%s/lc-fault-XXXXXX", root);
	assert(mkdtemp(out));
}

void folder_gone(const char *folder)
{
	char path[512];
	DIR *d = opendir(folder);
	assert(d);
	for (struct dirent *e; (e = readdir(d));) {
		if (e->d_name[0] == '.') continue;
		snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
		assert(unlink(path) == 0);
	}
	closedir(d);
	assert(rmdir(folder) == 0);
}

/* Submissions across a deadline, handed to a real writer while the system clock is stepped by up to two hours either way. The truth is
   the clock that nothing moves: who asked before the deadline is in, who asked after it is not, and whoever is in holds a receipt that
   verifies. Negative controls: without the held clock, and without the time of arrival, there are wrong answers.
   --points N: how many submissions. */
#include <assert.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "app/writer.h"
#include "base/log.h"
#include "base/rng.h"
#include "base/time.h"
#include "rec/account.h"
#include "rec/command.h"
#include "rec/receipt.h"
#include "rec/schema.h"
#include "web/channel.h"

/* ---- the clocks ---- */

static int64_t *step_ns;                /* shared with the writer: what the system clock has been moved by */
int __real_clock_gettime(clockid_t id, struct timespec *t);
int __wrap_clock_gettime(clockid_t id, struct timespec *t);
int __wrap_clock_gettime(clockid_t id, struct timespec *t)
{
	int rc = __real_clock_gettime(id, t);
	if (id != CLOCK_REALTIME || !step_ns) return rc;
	int64_t ns = (int64_t)t->tv_sec * 1000000000 + t->tv_nsec + *step_ns;
	*t = (struct timespec){ ns / 1000000000, ns % 1000000000 };
	return rc;
}

static int64_t boot_ms(void)
{
	struct timespec t;
	__real_clock_gettime(CLOCK_BOOTTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- a small house ---- */

static const char region_text[] =
	"region test \"测试\" en \"Test\" { brand \"链\" en \"Chain\"; zone +8:00; currency \"元\" en \"yuan\"; division 530000; first zh; }\n"
	"role school \"高校\" en \"School\";\n"
	"codes division \"区划\" en \"Divisions\" { code 530000 \"云\" en \"Y\"; }\n"
	"type org \"单位\" en \"Organisation\" { registry; title name; field name text \"名称\" en \"Name\" { required; }\n"
	"  state live \"在册\" en \"Live\" { final; } access { see signed; create school; edit school; } list name; }\n"
	"type person \"人员\" en \"Person\" { registry; title name; field name text \"姓名\" en \"Name\" { required; }\n"
	"  state live \"在册\" en \"Live\" { final; } access { see signed; create school; edit school; } list name; }\n"
	"type call \"榜\" en \"Call\" { title title; field title text \"名称\" en \"Title\" { required; } field ends time \"截止\" en \"Ends\" { required; }\n"
	"  state open \"已发布\" en \"Open\"; state closed \"已截止\" en \"Closed\" { final; }\n"
	"  move close \"截止\" en \"Close\" open -> closed { by system when now() >= ends; } access { see signed; create school; edit school; } list title; }\n"
	"type entry \"申报\" en \"Entry\" { title title; field call ref call \"榜\" en \"Call\" { required; } field title text \"名称\" en \"Title\" { required; }\n"
	"  state draft \"草稿\" en \"Draft\" { draft; } state filed \"已报\" en \"Filed\" { final; }\n"
	"  move file \"报\" en \"File\" draft -> filed { by school org; when call.state == open \"未开放\" en \"Not open\"; when now() < call.ends \"已截止\" en \"Closed\"; receipt; }\n"
	"  access { see school org; edit school org in draft; create school; } list title; }\n";

struct house {
	char dir[80];
	struct cx cx;
	struct arena *keep;
	struct vault vault;
	struct region *region;
	struct db *db;
	struct office office;
	int64_t account, call;
	int64_t *entry;
	int n;
};

static void must(struct house *h, enum rc rc)
{
	if (rc == RC_OK) return;
	for (int i = 0; i < h->cx.fails.n; i++) fprintf(stderr, "%s %.*s\n", h->cx.fails.v[i].code, STRF(h->cx.fails.v[i].en));
	abort();
}

static void house_open(struct house *h) { must(h, db_open(&h->cx, str_fmt(h->cx.arena, "sqlite:%s/t.db", h->dir), DB_WRITE, &h->db)); }

static struct rx rx_of(struct house *h) { return (struct rx){ .cx = &h->cx, .db = h->db, .region = h->region, .vault = &h->vault, .ids = &h->office.ids, .region_rev = 1 }; }

static int64_t add(struct house *h, struct rx *rx, const char *type, int64_t org, struct val values)
{
	const struct type_def *t = region_type(h->region, str_c(type));
	struct record head = { .state = t->state[0], .owner = h->account, .author = h->account, .org = org };
	int64_t id;
	must(h, record_insert(rx, t, &head, values, &id));
	return id;
}

static struct val titled(struct arena *a, const char *key, struct str title)
{
	struct val v = val_map(a);
	val_set(a, v, str_c(key), val_text(title));
	return v;
}

static void house_new(struct house *h, int n, int64_t deadline_ms)
{
	*h = (struct house){ .n = n, .entry = calloc((size_t)n, sizeof *h->entry) };
	snprintf(h->dir, sizeof h->dir, "%s/lc-deadline-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert(mkdtemp(h->dir));
	h->keep = arena_new((size_t)64 << 20);
	h->cx = (struct cx){ .arena = arena_new((size_t)1 << 30), .now_ms = time_now_ms() };
	must(h, vault_load(&h->cx, h->keep, str_c(h->dir), true, &h->vault));
	must(h, region_load_text(&h->cx, h->keep, STR("test.lc"), (struct str){ region_text, sizeof region_text - 1 }, &h->region));
	house_open(h);
	must(h, schema_migrate(&h->cx, h->db));
	h->office = (struct office){ .region = h->region, .vault = &h->vault, .region_rev = 1 };
	struct rx rx = rx_of(h);
	rx.viewer.system = true;
	must(h, db_begin(&h->cx, h->db));
	must(h, schema_apply(&rx));
	int64_t org = add(h, &rx, "org", 0, titled(h->cx.arena, "name", STR("school")));
	struct account account = { .login = STR("school"), .name_zh = STR("school"), .name_en = STR("school"), .pw_hash = STR("-"), .org = org, .person = org, .division = STR("530000"),
		.roles = STR("school") };
	must(h, account_create(&rx, &account, &h->account));
	struct val call = titled(h->cx.arena, "title", STR("call"));
	VAL_SET(h->cx.arena, call, "ends", val_int(deadline_ms));
	h->call = add(h, &rx, "call", org, call);
	for (int i = 0; i < n; i++) {
		struct val entry = titled(h->cx.arena, "title", str_fmt(h->cx.arena, "entry %d", i));
		VAL_SET(h->cx.arena, entry, "call", val_int(h->call));
		h->entry[i] = add(h, &rx, "entry", org, entry);
	}
	must(h, db_commit(&h->cx, h->db));
	db_close(h->db);
}

static int drop(const char *path, const struct stat *st, int kind, struct FTW *at) { return remove(path); }

static void house_gone(struct house *h)
{
	assert(nftw(h->dir, drop, 16, FTW_DEPTH | FTW_PHYS) == 0);
	free(h->entry);
	arena_free(h->cx.arena);
	arena_free(h->keep);
}

/* ---- the submissions ---- */

enum { CLIENTS = 32, LATEST_MS = 900 };

struct client { struct channel *channel; int busy; bool timely; };
struct counts { long timely, late, late_in, timely_out, receipts, bad_receipts; };

static pid_t start_writer(struct house *h, struct client *client)
{
	int ours[CLIENTS], theirs[CLIENTS];
	for (int i = 0; i < CLIENTS; i++) {
		int pair[2];
		assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
		ours[i] = pair[0];
		theirs[i] = pair[1];
	}
	fflush(NULL);
	pid_t pid = fork();
	assert(pid >= 0);
	if (pid == 0) {
		for (int i = 0; i < CLIENTS; i++) close(ours[i]);
		house_open(h);
		struct writer w = { .db = h->db, .run = command_run, .tick = command_tick, .ctx = &h->office, .fd = theirs, .n_fd = CLIENTS };
		_exit(writer_serve(&h->cx, &w) == RC_OK ? 0 : 5);
	}
	for (int i = 0; i < CLIENTS; i++) {
		close(theirs[i]);
		client[i] = (struct client){ .channel = channel_new(ours[i]) };
	}
	return pid;
}

/* The request came in up to LATEST_MS ago: its body was long in coming, or others were before it. */
static void send_one(struct house *h, struct client *c, int n, struct rng *rng, int64_t deadline_boot, bool arrival)
{
	struct arena *a = arena_new(1 << 20);
	struct cx cx = { .arena = a };
	int64_t since = (int64_t)rng_below(rng, LATEST_MS);
	struct val m = val_map(a), actor = val_map(a), args = val_map(a);
	VAL_SET(a, actor, "account", val_int(h->account));
	VAL_SET(a, args, "type", val_textz("entry"));
	VAL_SET(a, args, "id", val_text(id_text(a, h->entry[n])));
	VAL_SET(a, args, "move", val_textz("file"));
	VAL_SET(a, m, "id", val_int(n + 1));
	VAL_SET(a, m, "name", val_textz("record.move"));
	VAL_SET(a, m, "actor", actor);
	VAL_SET(a, m, "args", args);
	int64_t truth = boot_ms(), ours = time_now_ms();
	if (arrival) VAL_SET(a, m, "arrived", val_int(ours - since));
	c->timely = truth - since < deadline_boot;
	c->busy = n + 1;
	if (channel_send(&cx, c->channel, m) != RC_OK) abort();
	arena_free(a);
}

static bool take_answer(struct client *c, struct counts *out)
{
	struct arena *a = arena_new(1 << 20);
	struct cx cx = { .arena = a };
	struct val answer;
	bool more = false;
	if (channel_next(&cx, c->channel, &answer, &more) != RC_OK) abort();
	if (more) {
		bool in = val_i64(VAL_GET(answer, "rc")) == RC_OK;
		if (c->timely) out->timely++, out->timely_out += !in;
		else out->late++, out->late_in += in;
		c->busy = 0;
	}
	arena_free(a);
	return more;
}

/* Evenly from as long before the deadline as after it. */
static int64_t half_ms(int n) { return n < 1500 ? 1500 : n; }

static void drive(struct house *h, struct client *client, int64_t deadline_boot, bool arrival, struct counts *out)
{
	struct rng rng = rng_seed(7);
	int sent = 0, answered = 0;
	int64_t moved = 0;
	while (answered < h->n) {
		int64_t now = boot_ms();
		if (now - moved > 15) {
			moved = now;
			*step_ns = ((int64_t)rng_below(&rng, 4 * 3600 * 1000) - 2 * 3600 * 1000) * 1000000;
		}
		int64_t may = (now - deadline_boot + half_ms(h->n)) * h->n / (2 * half_ms(h->n));
		for (int i = 0; i < CLIENTS; i++) {
			if (client[i].busy && take_answer(&client[i], out)) answered++;
			if (!client[i].busy && sent < may && sent < h->n) send_one(h, &client[i], sent++, &rng, deadline_boot, arrival);
		}
		usleep(200);
	}
}

static void verify(struct house *h, struct counts *out)
{
	house_open(h);
	*step_ns = 0;
	struct rx rx = rx_of(h);
	must(h, account_viewer(&h->cx, h->db, h->region, h->account, &rx.viewer));
	const struct type_def *t = region_type(h->region, STR("entry"));
	for (int i = 0; i < h->n; i++) {
		struct arena *a = arena_new(4 << 20);
		struct cx cx = { .arena = a };
		struct rx one = rx;
		struct mask all = mask_all();
		struct record rec;
		struct receipts list = { 0 };
		one.cx = &cx;
		must(h, record_read(&one, t, h->entry[i], &all, &rec));
		must(h, receipt_list(&one, t, h->entry[i], &list));
		bool good = list.n == (str_is(rec.state->name, "filed") ? 1 : 0);
		for (size_t k = 0; k < list.n; k++) {
			struct receipt r;
			struct str text;
			struct receipt_check check;
			must(h, receipt_open(&one, list.v[k].number, &r, &text));
			must(h, receipt_read(&cx, text, &check));
			good = good && check.digest_good && check.signature_good && val_len(check.altered) == 0;
			out->receipts++;
		}
		out->bad_receipts += !good;
		arena_free(a);
	}
	db_close(h->db);
}

static struct counts play(int n, bool held, bool arrival)
{
	struct house h;
	struct client client[CLIENTS];
	struct counts c = { 0 };
	*step_ns = 0;
	/* Time for the drafts to be made, and for half of them to be filed. */
	int64_t ahead = 500 + n / 2 + half_ms(n), deadline_boot = boot_ms() + ahead;
	house_new(&h, n, time_now_ms() + ahead);
	pid_t pid = start_writer(&h, client);
	drive(&h, client, deadline_boot, arrival, &c);
	for (int i = 0; i < CLIENTS; i++) channel_free(client[i].channel);
	int status;
	assert(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
	verify(&h, &c);
	house_gone(&h);
	printf("%s%s: %ld in time, %ld late; late accepted %ld, timely refused %ld; receipts %ld, wrong %ld\n", held ? "held clock" : "system clock", arrival ? ", arrival" : "",
		c.timely, c.late, c.late_in, c.timely_out, c.receipts, c.bad_receipts);
	return c;
}

int main(int argc, char **argv)
{
	int n = argc == 3 && strcmp(argv[1], "--points") == 0 ? atoi(argv[2]) : 600, passed = 0;
	step_ns = mmap(NULL, sizeof *step_ns, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert(step_ns != MAP_FAILED && n > 1);
	log_name("deadline");
	struct counts loose = play(n < 600 ? n : 600, false, true);
	bool found = loose.late_in + loose.timely_out > 0;
	passed += found;
	time_hold();
	struct counts blind = play(n < 600 ? n : 600, true, false);
	passed += blind.timely_out > 0;
	struct counts c = play(n, true, true);
	passed += c.late_in == 0 && c.timely_out == 0 && c.timely > n / 10 && c.late > n / 10;
	passed += c.bad_receipts == 0 && c.receipts == c.timely;
	printf("%d passed, %d failed\n", passed, 4 - passed);
	return passed == 4 ? 0 : 1;
}

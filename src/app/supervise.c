#include "app/supervise.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/time.h"

enum {
	QUICK_MS = 2000,                        /* a child that lived shorter died at once */
	QUICK_DEATHS_MAX = 6,
	DELAY_FIRST_MS = 100, DELAY_MAX_MS = 10000
};

struct running {
	pid_t pid;                              /* 0: not running */
	int64_t since_ms, again_ms;             /* when it started; when to start it next */
	int quick_deaths;
};

struct house {
	const struct child *child;
	int n, hub, stop_ms;
	int control_fd;                         /* our end of the hub's control socket; -1 without a hub */
	struct running run[CHILDREN_MAX];
	sigset_t watched, before;
	bool failed, stop;
};

/* ---- handing sockets to the hub ---- */

bool hub_give(int control_fd, int fd)
{
	char byte = 's';
	struct iovec iov = { &byte, 1 };
	union { struct cmsghdr head; char room[CMSG_SPACE(sizeof(int))]; } u = { 0 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = u.room, .msg_controllen = sizeof u.room };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(c), &fd, sizeof fd);
	ssize_t sent;
	do sent = sendmsg(control_fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (sent < 0 && errno == EINTR);
	return sent == 1;
}

bool hub_take(int control_fd, int *fd)
{
	char byte;
	struct iovec iov = { &byte, 1 };
	union { struct cmsghdr head; char room[CMSG_SPACE(sizeof(int))]; } u;
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = u.room, .msg_controllen = sizeof u.room };
	*fd = -1;
	ssize_t got;
	do got = recvmsg(control_fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
	if (got == 0) return false;
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	bool carries = c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof(int));
	if (carries) memcpy(fd, CMSG_DATA(c), sizeof *fd);
	return true;
}

/* ---- starting ---- */

static void close_fd(int *fd)
{
	if (*fd >= 0) close(*fd);
	*fd = -1;
}

/* Never returns. `fd` is this child's own; everything else of ours is closed, or the hub would never see its peers go. */
static void become(struct house *h, int index, int fd, pid_t parent)
{
	const struct child *c = &h->child[index];
	bool hub = c->kind == CHILD_HUB;
	close_fd(&h->control_fd);
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);                /* Ctrl-C reaches the whole group; the supervisor decides the order */
	signal(SIGTERM, hub ? SIG_IGN : SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	if (!hub) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent) _exit(0);
	}
	sigprocmask(SIG_SETMASK, &h->before, NULL);
	log_name(c->name);
	_exit(c->run(c->ctx, index, fd));
}

static bool spawn(struct house *h, int index)
{
	struct running *r = &h->run[index];
	enum child_kind kind = h->child[index].kind;
	int pair[2] = { -1, -1 };
	int type = kind == CHILD_HUB ? SOCK_SEQPACKET : SOCK_STREAM;
	if (kind != CHILD_ALONE && socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair) != 0) return false;
	pid_t parent = getpid(), pid = fork();
	if (pid == 0) {
		close_fd(&pair[0]);
		become(h, index, pair[1], parent);
	}
	close_fd(&pair[1]);
	if (pid < 0) {
		close_fd(&pair[0]);
		return false;
	}
	*r = (struct running){ .pid = pid, .since_ms = time_mono_ms(), .quick_deaths = r->quick_deaths };
	if (kind == CHILD_HUB) {
		h->control_fd = pair[0];
	} else if (kind == CHILD_SPOKE) {
		/* Without its line to the hub a spoke is useless: its end is closed, it is stopped, and started again later. */
		if (h->control_fd < 0 || !hub_give(h->control_fd, pair[0])) kill(pid, SIGKILL);
		close_fd(&pair[0]);
	}
	log_line(LEVEL_INFO, "msg=\"started\" child=%s pid=%d", h->child[index].name, (int)pid);
	return true;
}

static int64_t delay_ms(const struct running *r)
{
	int64_t ms = DELAY_FIRST_MS;
	for (int i = 1; i < r->quick_deaths && ms < DELAY_MAX_MS; i++) ms *= 2;
	return ms < DELAY_MAX_MS ? ms : DELAY_MAX_MS;
}

static void start_due(struct house *h)
{
	int64_t now = time_mono_ms();
	/* The hub first: spokes need it. */
	struct running *hub = h->hub < 0 ? NULL : &h->run[h->hub];
	if (hub && !hub->pid && now >= hub->again_ms && !spawn(h, h->hub)) hub->again_ms = now + DELAY_MAX_MS;
	if (hub && !hub->pid) return;
	for (int i = 0; i < h->n; i++) {
		if (h->run[i].pid || now < h->run[i].again_ms) continue;
		if (!spawn(h, i)) h->run[i].again_ms = now + DELAY_MAX_MS;
	}
}

/* ---- ending ---- */

static int index_of(const struct house *h, pid_t pid)
{
	for (int i = 0; i < h->n; i++)
		if (h->run[i].pid == pid) return i;
	return -1;
}

/* Take the exit status of every child that has ended; returns whether the hub was among them. */
static bool reap(struct house *h, bool stopping)
{
	bool hub_ended = false;
	int status;
	pid_t pid;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		int i = index_of(h, pid);
		if (i < 0) continue;
		struct running *r = &h->run[i];
		int64_t now = time_mono_ms();
		bool quick = now - r->since_ms < QUICK_MS;
		r->pid = 0;
		if (!stopping) r->quick_deaths = quick ? r->quick_deaths + 1 : 0;
		r->again_ms = now + delay_ms(r);
		if (i == h->hub) {
			hub_ended = true;
			close_fd(&h->control_fd);
		}
		bool calm = stopping && (WIFEXITED(status) ? WEXITSTATUS(status) == 0 : WTERMSIG(status) == SIGTERM);
		if (WIFSIGNALED(status))
			log_line(calm ? LEVEL_INFO : LEVEL_ERROR, "msg=\"ended\" child=%s signal=%d", h->child[i].name, WTERMSIG(status));
		else log_line(calm ? LEVEL_INFO : LEVEL_ERROR, "msg=\"ended\" child=%s status=%d", h->child[i].name, WEXITSTATUS(status));
		if (!stopping && r->quick_deaths >= QUICK_DEATHS_MAX) {
			log_line(LEVEL_ERROR, "msg=\"keeps dying at once, giving up\" child=%s", h->child[i].name);
			h->failed = true;
		}
	}
	return hub_ended;
}

static int alive(const struct house *h, bool with_hub)
{
	int n = 0;
	for (int i = 0; i < h->n; i++) n += h->run[i].pid && (with_hub || i != h->hub);
	return n;
}

static void signal_all(const struct house *h, int sig, bool with_hub)
{
	for (int i = 0; i < h->n; i++)
		if (h->run[i].pid && (with_hub || i != h->hub)) kill(h->run[i].pid, sig);
}

/* Sleep until a watched signal or the time is over. */
static void wait_signal(struct house *h, int64_t ms)
{
	if (ms < 0) ms = 0;
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };
	int sig = sigtimedwait(&h->watched, NULL, &t);
	if (sig == SIGTERM || sig == SIGINT) h->stop = true;
}

static void wait_gone(struct house *h, bool with_hub)
{
	int64_t until = time_mono_ms() + h->stop_ms;
	reap(h, true);
	while (alive(h, with_hub) && time_mono_ms() < until) {
		wait_signal(h, until - time_mono_ms() < 200 ? until - time_mono_ms() : 200);
		reap(h, true);
	}
	if (!alive(h, with_hub)) return;
	log_line(LEVEL_WARNING, "msg=\"killing what does not stop\" count=%d", alive(h, with_hub));
	signal_all(h, SIGKILL, with_hub);
	while (alive(h, with_hub)) {
		wait_signal(h, 200);
		reap(h, true);
	}
}

static void stop_all(struct house *h)
{
	signal_all(h, SIGTERM, false);
	wait_gone(h, false);
	/* The hub now answers nobody; it commits what it had read and ends by itself. */
	close_fd(&h->control_fd);
	wait_gone(h, true);
}

/* How long until a child is due; a minute when all are running. */
static int64_t next_due(const struct house *h)
{
	int64_t now = time_mono_ms(), due = now + 60000;
	for (int i = 0; i < h->n; i++)
		if (!h->run[i].pid && h->run[i].again_ms < due) due = h->run[i].again_ms;
	if (h->hub >= 0 && !h->run[h->hub].pid) due = h->run[h->hub].again_ms;
	return due - now;
}

static void serve(struct house *h)
{
	while (!h->stop && !h->failed) {
		start_due(h);
		wait_signal(h, next_due(h));
		if (h->stop || !reap(h, false) || h->failed) continue;
		log_line(LEVEL_ERROR, "msg=\"the hub ended, all start anew\"");
		int64_t again = h->run[h->hub].again_ms;
		signal_all(h, SIGTERM, false);
		wait_gone(h, false);
		for (int i = 0; i < h->n; i++) h->run[i].again_ms = again;
	}
	log_line(LEVEL_INFO, "msg=\"stopping\"");
	stop_all(h);
}

enum rc supervise(struct cx *cx, const struct child *children, int n, int stop_ms)
{
	assert(n > 0 && n <= CHILDREN_MAX);
	struct house h = { .child = children, .n = n, .hub = -1, .control_fd = -1, .stop_ms = stop_ms };
	for (int i = 0; i < n; i++) {
		if (children[i].kind != CHILD_HUB) continue;
		assert(h.hub < 0);
		h.hub = i;
	}
	sigemptyset(&h.watched);
	sigaddset(&h.watched, SIGCHLD);
	sigaddset(&h.watched, SIGTERM);
	sigaddset(&h.watched, SIGINT);
	/* Blocked, they wait for sigtimedwait; none is lost between two looks. */
	sigprocmask(SIG_BLOCK, &h.watched, &h.before);
	void (*hup)(int) = signal(SIGHUP, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	serve(&h);
	signal(SIGHUP, hup == SIG_ERR ? SIG_DFL : hup);
	sigprocmask(SIG_SETMASK, &h.before, NULL);
	if (h.failed) return fail(cx, RC_IO, "supervise.dying", NOWHERE, "子进程反复退出，停止服务", "a child keeps dying, the service stops");
	return RC_OK;
}

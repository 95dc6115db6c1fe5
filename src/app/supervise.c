#include "app/supervise.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/writer.h"
#include "base/log.h"
#include "base/time.h"

enum { WORKERS_MAX = 64, STOP_MS = 10000, BACKOFF_MS = 500, BACKOFF_MAX_MS = 10000 };

struct herd {
	const struct crew *crew;
	sigset_t before;
	int control_fd;
	pid_t writer, web[WORKERS_MAX];
	int backoff_ms;
	int64_t started_ms;
	bool stopping;
};

/* In the child: signals as usual again, and death when the supervisor dies. */
static void become(struct herd *h, const char *name, int index)
{
	static char title[32];
	snprintf(title, sizeof title, index < 0 ? "%s" : "%s-%d", name, index);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	sigprocmask(SIG_SETMASK, &h->before, NULL);
	if (index < 0) signal(SIGTERM, SIG_IGN), signal(SIGINT, SIG_IGN);       /* the writer goes when its channels have closed */
	else signal(SIGINT, SIG_IGN);
	log_name(title);
}

static enum rc start_writer(struct cx *cx, struct herd *h)
{
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return fail(cx, RC_IO, "supervise.socket", NOWHERE, "不能建立内部连接：%s", "cannot make an internal connection: %s", strerror(errno));
	h->writer = fork();
	if (h->writer == 0) {
		close(pair[0]);
		become(h, "writer", -1);
		_exit(h->crew->writer(h->crew->ctx, pair[1]));
	}
	close(pair[1]);
	h->control_fd = pair[0];
	return h->writer > 0 ? RC_OK : fail(cx, RC_IO, "supervise.fork", NOWHERE, "不能启动进程", "cannot start a process");
}

static enum rc start_web(struct cx *cx, struct herd *h, int index)
{
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0 || !writer_give(h->control_fd, pair[1]))
		return fail(cx, RC_IO, "supervise.socket", NOWHERE, "不能建立内部连接：%s", "cannot make an internal connection: %s", strerror(errno));
	close(pair[1]);
	h->web[index] = fork();
	if (h->web[index] == 0) {
		close(h->control_fd);
		become(h, "web", index);
		_exit(h->crew->web(h->crew->ctx, index, pair[0]));
	}
	close(pair[0]);
	return h->web[index] > 0 ? RC_OK : fail(cx, RC_IO, "supervise.fork", NOWHERE, "不能启动进程", "cannot start a process");
}

static enum rc start_all(struct cx *cx, struct herd *h)
{
	h->started_ms = time_mono_ms();
	TRY(start_writer(cx, h));
	for (int i = 0; i < h->crew->workers; i++) TRY(start_web(cx, h, i));
	return RC_OK;
}

static void tell_web(const struct herd *h, int sig)
{
	for (int i = 0; i < h->crew->workers; i++)
		if (h->web[i] > 0) kill(h->web[i], sig);
}

static bool any_alive(const struct herd *h)
{
	bool alive = h->writer > 0;
	for (int i = 0; i < h->crew->workers; i++) alive |= h->web[i] > 0;
	return alive;
}

/* Note who has ended; the index of a web worker, -1 for the writer, -2 for nobody. */
static int reap(struct herd *h, int *status)
{
	pid_t pid = waitpid(-1, status, WNOHANG);
	if (pid <= 0) return -2;
	if (pid == h->writer) {
		h->writer = 0;
		return -1;
	}
	for (int i = 0; i < h->crew->workers; i++) {
		if (h->web[i] != pid) continue;
		h->web[i] = 0;
		return i;
	}
	return -2;
}

/* Web workers first, so that nothing new is asked; then the writer, which ends by itself when its channels have closed. */
static void stop_all(struct herd *h)
{
	tell_web(h, SIGTERM);
	if (h->control_fd >= 0) close(h->control_fd);
	h->control_fd = -1;
	int64_t until = time_mono_ms() + STOP_MS;
	int status;
	while (any_alive(h)) {
		if (reap(h, &status) != -2) continue;
		if (time_mono_ms() > until) {
			tell_web(h, SIGKILL);
			if (h->writer > 0) kill(h->writer, SIGKILL);
			until = INT64_MAX;
		}
		usleep(20000);
	}
}

static void wait_a_little(struct herd *h)
{
	/* A process that lived a while starts at once; one that dies at birth waits longer each time. */
	if (time_mono_ms() - h->started_ms > 10000) h->backoff_ms = 0;
	if (h->backoff_ms) usleep((useconds_t)h->backoff_ms * 1000);
	h->backoff_ms = h->backoff_ms ? h->backoff_ms * 2 : BACKOFF_MS;
	if (h->backoff_ms > BACKOFF_MAX_MS) h->backoff_ms = BACKOFF_MAX_MS;
	h->started_ms = time_mono_ms();
}

static enum rc replace(struct cx *cx, struct herd *h, int who, int status)
{
	log_line(LEVEL_ERROR, "msg=\"process ended\" who=%s index=%d status=%d signal=%d", who < 0 ? "writer" : "web", who,
		WIFEXITED(status) ? WEXITSTATUS(status) : -1, WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	wait_a_little(h);
	if (who >= 0) return start_web(cx, h, who);
	stop_all(h);
	return start_all(cx, h);
}

enum rc supervise(struct cx *cx, const struct crew *crew)
{
	struct herd h = { .crew = crew, .control_fd = -1 };
	sigset_t ours;
	if (crew->workers < 1 || crew->workers > WORKERS_MAX)
		return fail(cx, RC_INVALID, "supervise.workers", NOWHERE, "workers 应在 1 到 %d 之间", "workers must be between 1 and %d", WORKERS_MAX);
	sigemptyset(&ours);
	sigaddset(&ours, SIGCHLD);
	sigaddset(&ours, SIGTERM);
	sigaddset(&ours, SIGINT);
	sigaddset(&ours, SIGHUP);
	sigprocmask(SIG_BLOCK, &ours, &h.before);
	enum rc rc = start_all(cx, &h);
	while (rc == RC_OK) {
		struct timespec second = { 1, 0 };
		int sig = sigtimedwait(&ours, NULL, &second), status, who;
		if (sig == SIGTERM || sig == SIGINT) break;
		while (rc == RC_OK && (who = reap(&h, &status)) != -2) rc = replace(cx, &h, who, status);
	}
	stop_all(&h);
	return rc;
}

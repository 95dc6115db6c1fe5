/* tiny_server SPOOL_DIR: the HTTP server with a handler that tells what it understood. Prints its port, serves until SIGTERM.
   Deadlines are short, so that slow clients are tested in seconds. */
#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "web/http.h"

enum { WAITING_MAX = 64, FILE_BYTES = 3000009 };

struct tiny { struct http_exchange *waiting[WAITING_MAX]; int n; };

static void describe(struct buf *b, const struct cx *cx, const struct http_request *r)
{
	buf_fmt(b, "%.*s %.*s query=%d form=%d uploads=%d body=%zu remote=%.*s\n", STRF(r->method), STRF(r->path), r->n_query, r->n_form, r->n_upload,
		r->body.n, STRF(r->remote));
	for (int i = 0; i < r->n_form; i++) buf_fmt(b, "form %.*s=%.*s\n", STRF(r->form[i].name), STRF(r->form[i].value));
	for (int i = 0; i < r->n_upload; i++)
		buf_fmt(b, "file %.*s %lld %.*s\n", STRF(r->upload[i].filename), (long long)r->upload[i].bytes, STRF(r->upload[i].digest));
	fail_print(b, &cx->fails, LANG_EN);
}

/* Three million zeros and "the end.". */
static int open_file(void)
{
	static const char end[] = "the end.\n";
	int fd = memfd_create("file", MFD_CLOEXEC);
	assert(fd > 0 && ftruncate(fd, FILE_BYTES) == 0 && pwrite(fd, end, sizeof end - 1, FILE_BYTES - (off_t)sizeof end + 1) == sizeof end - 1);
	return fd;
}

static enum http_next handle(void *ctx, struct http_exchange *x, struct cx *cx, const struct http_request *r, struct http_reply *reply)
{
	struct tiny *t = ctx;
	if (str_is(r->path, "/wait") && t->n < WAITING_MAX) {
		t->waiting[t->n++] = x;
		return HTTP_WAIT;
	}
	if (str_is(r->path, "/file")) {
		*reply = (struct http_reply){ .status = 200, .type = STR("text/plain"), .file_fd = open_file(), .file_bytes = FILE_BYTES };
		return HTTP_REPLY;
	}
	struct buf b = BUF(http_page_arena(x), 8 << 20);
	describe(&b, cx, r);
	while (str_is(r->path, "/large") && b.n < 4 << 20) buf_add(&b, STR("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde\n"));
	int status = r->bad == RC_OK ? 200 : r->bad == RC_LIMIT ? 413 : r->bad == RC_INVALID ? 400 : 503;
	*reply = (struct http_reply){ .status = status, .type = STR("text/plain; charset=utf-8"), .body = buf_str(&b) };
	http_reply_header(reply, STR("X-Content-Type-Options"), STR("nosniff"));
	return HTTP_REPLY;
}

static void tick(void *ctx)
{
	struct tiny *t = ctx;
	struct http_reply reply = { .status = 200, .type = STR("text/plain"), .body = STR("waited\n") };
	for (int i = 0; i < t->n; i++) http_resume(t->waiting[i], &reply);
	t->n = 0;
}

int main(int argc, char **argv)
{
	struct arena *a = arena_new(1 << 20);
	struct cx cx = { .arena = a };
	struct tiny tiny = { .n = 0 };
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, n) != 0 || listen(fd, 256) != 0 || getsockname(fd, (struct sockaddr *)&address, &n) != 0) return 1;
	struct http_config config = { .listen_fd = fd, .body_max = 100 << 10, .upload_max = 1 << 20, .spool_dir = str_c(argc > 1 ? argv[1] : NULL),
		.connections_max = 40, .per_ip_max = 30, .idle_ms = 1500, .header_ms = 2000, .body_ms = 1500, .proxy = STR(""), .handle = handle, .ctx = &tiny,
		.extra_fd = -1, .tick = tick };
	struct http *h;
	if (http_new(&cx, &config, &h) != RC_OK) return 1;
	printf("%d\n", ntohs(address.sin_port));
	fflush(stdout);
	enum rc rc = http_run(h);
	http_free(h);
	close(fd);
	arena_free(a);
	return rc == RC_OK ? 0 : 1;
}

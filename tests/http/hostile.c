/* hostile TINY_SERVER [MUTANTS] [SEED]: what hostile and broken clients send, over raw sockets, to a real server. Every case
   is sent on a new connection and again after a good request on a kept one. A refusal is a 4xx or a closed connection; a 5xx
   (other than 503 for too many connections) is a failure, and so is a server that does not answer the next good request. */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { REPLY_MAX = 6 << 20, CLOSED = 0, TIMEOUT = -1 };

struct test { int port, run, failed; char *reply; size_t n; };

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int open_socket(const struct test *t)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)t->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a) != 0) {
		perror("hostile: connect");
		exit(2);
	}
	return fd;
}

static void say(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t k = send(fd, p, n, MSG_NOSIGNAL);
		if (k <= 0) return;     /* refused in the middle: the reply tells */
		p += k;
		n -= (size_t)k;
	}
}

static void tell(int fd, const char *text) { say(fd, text, strlen(text)); }

/* The status of the next reply, read up to its end by Content-Length; CLOSED, or TIMEOUT. */
static int hear(struct test *t, int fd, int wait_ms, bool head)
{
	int64_t until = now_ms() + wait_ms;
	size_t want = 0;
	t->n = 0;
	for (;;) {
		char *end = t->n ? memmem(t->reply, t->n, "\r\n\r\n", 4) : NULL;
		if (end && !want) {
			char *length = strcasestr(t->reply, "\r\nContent-Length: ");
			bool interim = strncmp(t->reply, "HTTP/1.1 100", 12) == 0;
			want = (size_t)(end - t->reply) + 4 + (length && !head && !interim ? strtoul(length + 18, NULL, 10) : 0);
		}
		if (want && t->n >= want) return atoi(t->reply + 9);
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left = until - now_ms();
		if (left <= 0 || poll(&p, 1, (int)left) <= 0) return TIMEOUT;
		/* Byte for byte to the end of the head, so that nothing of a following reply is taken. */
		size_t room = want ? want - t->n : 1;
		if (t->n + room >= REPLY_MAX) return TIMEOUT;
		ssize_t k = recv(fd, t->reply + t->n, room, 0);
		if (k <= 0) return t->n && want ? TIMEOUT : CLOSED;
		t->n += (size_t)k;
		t->reply[t->n] = '\0';
	}
}

static void verdict(struct test *t, bool ok, const char *name, int status)
{
	t->run++;
	if (ok) return;
	t->failed++;
	fprintf(stderr, "FAILED: %s: status %d: %.200s\n", name, status, t->n ? t->reply : "");
}

static const char good[] = "GET /good?x=1 HTTP/1.1\r\nHost: a.cn\r\n\r\n";

static void still_fine(struct test *t, const char *after)
{
	int fd = open_socket(t);
	say(fd, good, sizeof good - 1);
	int status = hear(t, fd, 10000, false);
	close(fd);
	verdict(t, status == 200 && strstr(t->reply, "GET /good query=1"), after, status);
}

struct hostile { const char *name; int status; const char *bytes; size_t n; };
#define BAD(name, status, bytes) { name, status, bytes, sizeof(bytes) - 1 }
#define H "Host: a.cn\r\n"

static const struct hostile cases[] = {
	BAD("length and chunked", 400, "POST / HTTP/1.1\r\n" H "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	BAD("chunked and length", 400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n" H "\r\n"),
	BAD("chunked alone", 411, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
	BAD("chunk size overflow", 411, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n"),
	BAD("chunked in disguise", 411, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
	BAD("chunked, tab before", 411, "POST / HTTP/1.1\r\n" H "Transfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n"),
	BAD("coding with a space in its name", 400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding : chunked\r\nContent-Length: 3\r\n\r\nabc"),
	BAD("coding folded", 400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding:\r\n chunked\r\nContent-Length: 3\r\n\r\nabc"),
	BAD("two lengths", 400, "POST / HTTP/1.1\r\n" H "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"),
	BAD("same length twice", 400, "POST / HTTP/1.1\r\n" H "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"),
	BAD("length list", 400, "POST / HTTP/1.1\r\n" H "Content-Length: 3,3\r\n\r\nabc"),
	BAD("length negative", 400, "POST / HTTP/1.1\r\n" H "Content-Length: -1\r\n\r\n"),
	BAD("length with plus", 400, "POST / HTTP/1.1\r\n" H "Content-Length: +1\r\n\r\na"),
	BAD("length hexadecimal", 400, "POST / HTTP/1.1\r\n" H "Content-Length: 0x1\r\n\r\na"),
	BAD("length empty", 400, "POST / HTTP/1.1\r\n" H "Content-Length: \r\n\r\n"),
	BAD("length overflow", 400, "POST / HTTP/1.1\r\n" H "Content-Length: 18446744073709551617\r\n\r\na"),
	BAD("length of words", 400, "POST / HTTP/1.1\r\n" H "Content-Length: many\r\n\r\na"),
	BAD("no length", 411, "POST / HTTP/1.1\r\n" H "\r\n"),
	BAD("body with GET", 400, "GET / HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\nabc"),
	BAD("no host", 400, "GET / HTTP/1.1\r\n\r\n"),
	BAD("two hosts", 400, "GET / HTTP/1.1\r\n" H "Host: b.cn\r\n\r\n"),
	BAD("host with path", 400, "GET / HTTP/1.1\r\nHost: a.cn/x\r\n\r\n"),
	BAD("host with user", 400, "GET / HTTP/1.1\r\nHost: u@a.cn\r\n\r\n"),
	BAD("space before colon", 400, "GET / HTTP/1.1\r\nHost : a.cn\r\n\r\n"),
	BAD("folded line", 400, "GET / HTTP/1.1\r\n" H "X: a\r\n b\r\n\r\n"),
	BAD("bare carriage return", 400, "GET / HTTP/1.1\r\n" H "X: a\rb\r\n\r\n"),
	BAD("bare line feed", 400, "GET / HTTP/1.1\n" "Host: a.cn\n\n"),
	BAD("one bare line feed", 400, "GET / HTTP/1.1\r\n" H "X: a\nY: b\r\n\r\n"),
	BAD("NUL in a field", 400, "GET / HTTP/1.1\r\n" H "X: a\0b\r\n\r\n"),
	BAD("NUL in the target", 400, "GET /\0 HTTP/1.1\r\n" H "\r\n"),
	BAD("control character", 400, "GET / HTTP/1.1\r\n" H "X: \x02\r\n\r\n"),
	BAD("field without colon", 400, "GET / HTTP/1.1\r\n" H "junk\r\n\r\n"),
	BAD("field without name", 400, "GET / HTTP/1.1\r\n" H ": v\r\n\r\n"),
	BAD("field name with quotes", 400, "GET / HTTP/1.1\r\n" H "\"X\": v\r\n\r\n"),
	BAD("field not UTF-8", 400, "GET / HTTP/1.1\r\n" H "X: \xC0\xAF\r\n\r\n"),
	BAD("HTTP/0.9", 400, "GET /\r\n\r\n"),
	BAD("HTTP/3.0", 400, "GET / HTTP/3.0\r\n" H "\r\n"),
	BAD("HTTP/2 preface", 400, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
	BAD("version of words", 400, "GET / HTTP/one\r\n" H "\r\n"),
	BAD("absolute form", 400, "GET http://a.cn/ HTTP/1.1\r\n" H "\r\n"),
	BAD("authority form", 405, "CONNECT a.cn:443 HTTP/1.1\r\n" H "\r\n"),
	BAD("TRACE", 405, "TRACE / HTTP/1.1\r\n" H "\r\n"),
	BAD("PUT", 405, "PUT / HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n"),
	BAD("OPTIONS *", 405, "OPTIONS * HTTP/1.1\r\n" H "\r\n"),
	BAD("unknown method", 405, "BREW / HTTP/1.1\r\n" H "\r\n"),
	BAD("method of signs", 400, "G<T / HTTP/1.1\r\n" H "\r\n"),
	BAD("two spaces", 400, "GET  / HTTP/1.1\r\n" H "\r\n"),
	BAD("tab in the request line", 400, "GET\t/ HTTP/1.1\r\n" H "\r\n"),
	BAD("dot segments", 400, "GET /a/../../etc/passwd HTTP/1.1\r\n" H "\r\n"),
	BAD("encoded dot segments", 400, "GET /%2e%2e/%2e%2e/x HTTP/1.1\r\n" H "\r\n"),
	BAD("encoded slash", 400, "GET /a%2f..%2fb HTTP/1.1\r\n" H "\r\n"),
	BAD("backslashes", 400, "GET /..\\..\\x HTTP/1.1\r\n" H "\r\n"),
	BAD("double slash", 400, "GET //evil.example/ HTTP/1.1\r\n" H "\r\n"),
	BAD("bad percent", 400, "GET /%G1 HTTP/1.1\r\n" H "\r\n"),
	BAD("cut percent", 400, "GET /a% HTTP/1.1\r\n" H "\r\n"),
	BAD("encoded NUL", 400, "GET /a%00.png HTTP/1.1\r\n" H "\r\n"),
	BAD("encoded line end", 400, "GET /a%0d%0aX:y HTTP/1.1\r\n" H "\r\n"),
	BAD("overlong UTF-8", 400, "GET /%C0%AE%C0%AE/ HTTP/1.1\r\n" H "\r\n"),
	BAD("surrogates", 400, "GET /%ED%A0%80 HTTP/1.1\r\n" H "\r\n"),
	BAD("raw bytes in the target", 400, "GET /\xE9\x93\x9D HTTP/1.1\r\n" H "\r\n"),
	BAD("bad query", 400, "GET /?a=%C3%28 HTTP/1.1\r\n" H "\r\n"),
	BAD("expectation", 417, "POST / HTTP/1.1\r\n" H "Content-Length: 1\r\nExpect: 200-ok\r\n\r\n"),
	BAD("two cookies fields", 400, "GET / HTTP/1.1\r\n" H "Cookie: a=1\r\nCookie: a=2\r\n\r\n"),
	BAD("TLS on the plain port", 400, "\x16\x03\x01\x00\xF4\x01\x00\x00\xF0\x03\x03"),
	BAD("random bytes", 400, "\x00\x01\x02\xFF\xFE\r\n\r\n"),
	BAD("multipart without boundary", 400, "POST / HTTP/1.1\r\n" H "Content-Type: multipart/form-data\r\nContent-Length: 4\r\n\r\nabcd"),
	BAD("multipart without end", 400, "POST / HTTP/1.1\r\n" H "Content-Type: multipart/form-data; boundary=X\r\nContent-Length: 59\r\n\r\n--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nunfinished"),
	BAD("multipart that is none", 400, "POST / HTTP/1.1\r\n" H "Content-Type: multipart/form-data; boundary=X\r\nContent-Length: 4\r\n\r\nabcd"),
	BAD("form with bad percent", 400, "POST / HTTP/1.1\r\n" H "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 5\r\n\r\na=%zz"),
	BAD("form with NUL", 400, "POST / HTTP/1.1\r\n" H "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 5\r\n\r\na=%00"),
	BAD("unknown content type", 400, "POST / HTTP/1.1\r\n" H "Content-Type: text/xml\r\nContent-Length: 4\r\n\r\n<a/>"),
	BAD("no content type", 400, "POST / HTTP/1.1\r\n" H "Content-Length: 4\r\n\r\nabcd"),
	BAD("body over the limit", 413, "POST / HTTP/1.1\r\n" H "Content-Type: application/json\r\nContent-Length: 200000\r\n\r\n"),
	BAD("body far over the limit", 413, "POST / HTTP/1.1\r\n" H "Content-Type: multipart/form-data; boundary=X\r\nContent-Length: 99999999999\r\n\r\n--X"),
};

static void run_cases(struct test *t)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct hostile *c = &cases[i];
		for (int kept = 0; kept < 2; kept++) {
			int fd = open_socket(t);
			if (kept) {
				say(fd, good, sizeof good - 1);
				verdict(t, hear(t, fd, 10000, false) == 200, "a good request first", 0);
			}
			say(fd, c->bytes, c->n);
			int status = hear(t, fd, 10000, false);
			verdict(t, status == c->status && strcasestr(t->reply, "nosniff"), c->name, status);
			close(fd);
		}
		still_fine(t, c->name);
	}
}

/* ---- sizes and counts ---- */

static int send_built(struct test *t, const char *head, size_t fill, const char *middle, int times, const char *end)
{
	int fd = open_socket(t);
	tell(fd, head);
	char block[1024];
	memset(block, 'x', sizeof block);
	for (; fill > sizeof block; fill -= sizeof block) say(fd, block, sizeof block);
	say(fd, block, fill);
	for (int i = 0; i < times; i++) tell(fd, middle);
	tell(fd, end);
	int status = hear(t, fd, 10000, false);
	close(fd);
	return status;
}

static void run_sizes(struct test *t)
{
	verdict(t, send_built(t, "GET /", 5000, "", 0, " HTTP/1.1\r\n" H "\r\n") == 414, "long target", 0);
	verdict(t, send_built(t, "GET /", 5000000, "", 0, " HTTP/1.1\r\n" H "\r\n") == 414, "endless target", 0);
	verdict(t, send_built(t, "GET / HTTP/1.1\r\n" H "X: ", 17000, "", 0, "\r\n\r\n") == 431, "long field", 0);
	verdict(t, send_built(t, "GET / HTTP/1.1\r\n" H, 0, "X: y\r\n", 200, "\r\n") == 431, "many fields", 0);
	verdict(t, send_built(t, "GET / HTTP/1.1\r\n" H, 0, "X: y\r\n", 50000, "\r\n") == 431, "endless fields", 0);
	verdict(t, send_built(t, "GET / HTTP/1.1\r\n" H "Cookie: a=b", 0, "; a=b", 100, "\r\n\r\n") == 431, "many cookies", 0);
	verdict(t, send_built(t, "GET /?a", 0, "&a", 1000, " HTTP/1.1\r\n" H "\r\n") == 400, "many parameters", 0);
	char head[300];
	snprintf(head, sizeof head, "POST / HTTP/1.1\r\n" H "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n", 4 * 2000);
	verdict(t, send_built(t, head, 0, "a=b&", 2000, "") == 413, "many form fields", 0);
	static const char part[] = "--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n";
	snprintf(head, sizeof head, "POST / HTTP/1.1\r\n" H "Content-Type: multipart/form-data; boundary=X\r\nContent-Length: %d\r\n\r\n", (int)(sizeof part - 1) * 5000 + 5);
	verdict(t, send_built(t, head, 0, part, 5000, "--X--") == 413, "many parts", 0);
	static const char file[] = "--X\r\nContent-Disposition: form-data; name=\"a\"; filename=\"f\"\r\n\r\nx\r\n";
	snprintf(head, sizeof head, "POST / HTTP/1.1\r\n" H "Content-Type: multipart/form-data; boundary=X\r\nContent-Length: %d\r\n\r\n", (int)(sizeof file - 1) * 50 + 5);
	verdict(t, send_built(t, head, 0, file, 50, "--X--") == 413, "many files", 0);
	snprintf(head, sizeof head, "POST / HTTP/1.1\r\n" H "Content-Type: multipart/form-data; boundary=X\r\nContent-Length: %d\r\n\r\n"
		"--X\r\nContent-Disposition: form-data; name=\"a\"; filename=\"f\"\r\n\r\n", 62 + 1500000 + 7);
	verdict(t, send_built(t, head, 1500000, "", 0, "\r\n--X--") == 413, "large file", 0);
	still_fine(t, "after sizes");
}

/* ---- time ---- */

/* Send a byte every `gap` ms until the server has had enough; how long it took, or -1 when it never had. */
static int64_t drip(struct test *t, const char *first, char byte, int gap, int64_t most, int *status)
{
	int64_t from = now_ms();
	int fd = open_socket(t);
	tell(fd, first);
	*status = TIMEOUT;
	while (now_ms() - from < most && *status == TIMEOUT) {
		*status = hear(t, fd, gap, false);
		if (*status == TIMEOUT && byte) say(fd, &byte, 1);
	}
	close(fd);
	return *status == TIMEOUT ? -1 : now_ms() - from;
}

static void run_slow(struct test *t)
{
	int status;
	int64_t ms = drip(t, "", 0, 100, 8000, &status);
	verdict(t, ms > 0 && ms < 5000 && status == CLOSED, "slow first byte", status);
	ms = drip(t, "GET / HTTP/1.1\r\nX: ", 'x', 50, 8000, &status);
	verdict(t, ms > 1000 && ms < 5000 && status == 408, "slow head", status);
	ms = drip(t, "POST / HTTP/1.1\r\n" H "Content-Type: application/json\r\nContent-Length: 50000\r\n\r\n", 'x', 50, 8000, &status);
	verdict(t, ms > 1000 && ms < 5000 && status == 408, "slow body", status);
	int fd = open_socket(t);
	say(fd, good, sizeof good - 1);
	verdict(t, hear(t, fd, 5000, false) == 200, "before idling", 0);
	int64_t from = now_ms();
	status = hear(t, fd, 8000, false);
	verdict(t, status == CLOSED && now_ms() - from < 5000, "idle connection", status);
	close(fd);
	/* A slow head on a kept connection: the clock begins anew, but it begins. */
	fd = open_socket(t);
	say(fd, good, sizeof good - 1);
	verdict(t, hear(t, fd, 5000, false) == 200, "before a slow second head", 0);
	tell(fd, "GET / HTTP/1.1\r\n");
	status = hear(t, fd, 8000, false);
	verdict(t, status == 408, "slow second head", status);
	close(fd);
	/* Half a body, then gone; a reply nobody reads. */
	fd = open_socket(t);
	tell(fd, "POST / HTTP/1.1\r\n" H "Content-Type: application/json\r\nContent-Length: 100\r\n\r\nhalf");
	close(fd);
	fd = open_socket(t);
	tell(fd, "GET /large HTTP/1.1\r\n" H "\r\n");
	close(fd);
	fd = open_socket(t);
	tell(fd, "GET /wait HTTP/1.1\r\n" H "\r\n");
	close(fd);
	still_fine(t, "after slow and vanished clients");
}

static void run_crowd(struct test *t)
{
	int fd[60], refused = 0;
	for (int i = 0; i < 60; i++) fd[i] = open_socket(t);
	for (int i = 0; i < 60; i++) {
		say(fd[i], good, sizeof good - 1);
		int status = hear(t, fd[i], 5000, false);
		if (status == 503) refused++;
		else if (status != 200 && status != CLOSED) verdict(t, false, "crowd", status);
		if (status == 503) verdict(t, strcasestr(t->reply, "Retry-After:") != NULL, "crowd: Retry-After", status);
	}
	for (int i = 0; i < 60; i++) close(fd[i]);
	verdict(t, refused >= 20, "connections over the limit are told 503", refused);
	still_fine(t, "after the crowd");
}

/* ---- what must work ---- */

static void run_good(struct test *t)
{
	static const struct { const char *name, *send, *expect; } fine[] = {
		{ "pipelined second", "GET /one HTTP/1.1\r\n" H "\r\nGET /two HTTP/1.1\r\n" H "\r\n", "GET /one" },
		{ "empty line before", "\r\n", NULL },
		{ "form", "POST /f HTTP/1.1\r\n" H "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 19\r\n\r\na=%E9%93%9D+1&b=2&c=", "form a=铝 1" },
		{ "HTTP/1.0", "GET /old HTTP/1.0\r\n\r\n", "GET /old" },
		{ "waits", "GET /wait HTTP/1.1\r\n" H "\r\n", "waited" },
		{ "length 0", "POST /z HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n", "POST /z" },
	};
	for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
		if (!fine[i].expect) continue;
		int fd = open_socket(t);
		tell(fd, fine[i].send);
		int status = hear(t, fd, 5000, false);
		verdict(t, status == 200 && strstr(t->reply, fine[i].expect), fine[i].name, status);
		if (i == 0) {
			status = hear(t, fd, 5000, false);
			verdict(t, status == 200 && strstr(t->reply, "GET /two"), fine[i].name, status);
			tell(fd, "\r\nGET /three HTTP/1.1\r\n" H "\r\n");
			status = hear(t, fd, 5000, false);
			verdict(t, status == 200 && strstr(t->reply, "GET /three"), "one empty line before a request", status);
		}
		close(fd);
	}
	int fd = open_socket(t);
	tell(fd, "HEAD /h HTTP/1.1\r\n" H "\r\n");
	int status = hear(t, fd, 5000, true);
	verdict(t, status == 200 && strstr(t->reply, "Content-Length: 5") && !strstr(t->reply, "GET /h"), "HEAD", status);
	tell(fd, "POST /e HTTP/1.1\r\n" H "Content-Type: application/json\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
	status = hear(t, fd, 5000, false);
	verdict(t, status == 100, "100 before the body", status);
	tell(fd, "{}");
	status = hear(t, fd, 5000, false);
	verdict(t, status == 200 && strstr(t->reply, "body=2"), "body after 100", status);
	/* Bodies of the heap and of a file, one behind the other, the requests in one packet; then a small one that must not be touched by them. */
	tell(fd, "GET /large HTTP/1.1\r\n" H "\r\nGET /file HTTP/1.1\r\n" H "\r\nHEAD /file HTTP/1.1\r\n" H "\r\nGET /small HTTP/1.1\r\n" H "\r\n");
	status = hear(t, fd, 20000, false);
	verdict(t, status == 200 && t->n > 4 << 20 && strstr(t->reply, "\r\n\r\nGET /large"), "large reply, kept", status);
	status = hear(t, fd, 20000, false);
	verdict(t, status == 200 && t->n > 3000000 && strcmp(t->reply + t->n - 9, "the end.\n") == 0, "file", status);
	status = hear(t, fd, 5000, true);
	verdict(t, status == 200 && strstr(t->reply, "Content-Length: 3000009"), "HEAD of a file", status);
	status = hear(t, fd, 5000, false);
	verdict(t, status == 200 && strstr(t->reply, "\r\n\r\nGET /small"), "after a file", status);
	tell(fd, "GET /large HTTP/1.1\r\n" H "Connection: close\r\n\r\n");
	status = hear(t, fd, 20000, false);
	verdict(t, status == 200 && t->n > 4 << 20, "large reply", status);
	status = hear(t, fd, 5000, false);
	verdict(t, status == CLOSED, "closed as asked", status);
	close(fd);
}

/* ---- mutants ---- */

static uint64_t next_random(uint64_t *s)
{
	*s ^= *s << 13, *s ^= *s >> 7, *s ^= *s << 17;
	return *s;
}

static size_t mutate(uint64_t *s, const char *seed, size_t n, char *out, size_t max)
{
	static const char *const bits[] = { "\r\n", "\n", "\r", "\0", " ", "\t", ":", "%", "%00", "Content-Length: 1\r\n", "Transfer-Encoding: chunked\r\n", "--X", "\xFF", "HTTP/1.1", "/../",
		"\r\n\r\n", "Host: b\r\n", "&", "=", "\"" };
	memcpy(out, seed, n);
	for (int k = (int)(next_random(s) % 4); k >= 0; k--) {
		size_t at = next_random(s) % n;
		const char *bit = bits[next_random(s) % (sizeof bits / sizeof *bits)];
		size_t len = *bit ? strlen(bit) : 1;
		switch (next_random(s) % 4) {
		case 0: out[at] = (char)next_random(s); break;
		case 1:
			if (n + len >= max) break;
			memmove(out + at + len, out + at, n - at);
			memcpy(out + at, bit, len);
			n += len;
			break;
		case 2:
			len = 1 + next_random(s) % 8;
			if (at + len >= n) break;
			memmove(out + at, out + at + len, n - at - len);
			n -= len;
			break;
		default:
			len = 1 + next_random(s) % 40;
			if (at + len >= n || n + len >= max) break;
			memmove(out + at + len, out + at, n - at);
			n += len;
		}
	}
	return n;
}

static void run_mutants(struct test *t, int mutants, uint64_t seed)
{
	static const char *const seeds[] = { good,
		"POST /f HTTP/1.1\r\n" H "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 19\r\n\r\na=%E9%93%9D+1&b=2&c=",
		"POST /m HTTP/1.1\r\n" H "Content-Type: multipart/form-data; boundary=X\r\nContent-Length: 71\r\n\r\n--X\r\nContent-Disposition: form-data; name=\"a\"; filename=\"b\"\r\n\r\nx\r\n--X--",
		"HEAD /a/b?c=d&e=%41 HTTP/1.1\r\n" H "Cookie: lc_session=x; y=z\r\nAccept: */*\r\nConnection: close\r\n\r\n" };
	char out[4096];
	int counts[6] = { 0 };
	for (int i = 0; i < mutants; i++) {
		const char *from = seeds[next_random(&seed) % 4];
		size_t n = mutate(&seed, from, strlen(from), out, sizeof out);
		int fd = open_socket(t);
		say(fd, out, n);
		shutdown(fd, SHUT_WR);
		int status = hear(t, fd, 10000, false);
		close(fd);
		counts[status < 0 ? 0 : status / 100 < 6 ? status / 100 : 0]++;
		/* TIMEOUT here means that a reply's Content-Length was not kept, as for HEAD. */
		if (status >= 500) verdict(t, false, "mutant", status);
	}
	printf("mutants: %d closed or cut, %d fine, %d refused, %d server errors\n", counts[0], counts[2], counts[4], counts[5]);
	still_fine(t, "after mutants");
}

static pid_t start(const char *server, const char *spool, int *port)
{
	int pipe_fd[2];
	if (pipe(pipe_fd) != 0) exit(2);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(pipe_fd[1], STDOUT_FILENO);
		close(pipe_fd[0]);
		close(pipe_fd[1]);
		execl(server, server, spool, (char *)NULL);
		_exit(127);
	}
	close(pipe_fd[1]);
	FILE *f = fdopen(pipe_fd[0], "r");
	if (pid < 0 || !f || fscanf(f, "%d", port) != 1) {
		fprintf(stderr, "hostile: %s does not start\n", server);
		exit(2);
	}
	fclose(f);
	return pid;
}

int main(int argc, char **argv)
{
	if (argc < 2) return 2;
	signal(SIGPIPE, SIG_IGN);
	char spool[] = "/tmp/lc-hostile-XXXXXX";
	struct test t = { .reply = malloc(REPLY_MAX + 1) };
	if (!mkdtemp(spool) || !t.reply) return 2;
	pid_t pid = start(argv[1], spool, &t.port);
	run_good(&t);
	run_cases(&t);
	run_sizes(&t);
	run_slow(&t);
	run_crowd(&t);
	run_mutants(&t, argc > 2 ? atoi(argv[2]) : 2000, argc > 3 ? strtoull(argv[3], NULL, 10) : 20261125);
	int status = 0;
	kill(pid, SIGTERM);
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		fprintf(stderr, "FAILED: the server ended with status %x\n", status);
		t.failed++;
	}
	/* Nothing of an upload stays behind. */
	if (rmdir(spool) != 0) {
		fprintf(stderr, "FAILED: files left in %s\n", spool);
		t.failed++;
	}
	free(t.reply);
	printf("hostile: %d checks, %d failed\n", t.run, t.failed);
	return t.failed != 0;
}

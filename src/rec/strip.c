#include "rec/strip.h"

#include "base/rng.h"
#include "base/sandbox.h"
#include "def/model.h"
#include "rec/strip_inner.h"

static bool one_of(struct str kind, const char *const *words)
{
	for (; *words; words++)
		if (str_is(kind, *words)) return true;
	return false;
}

static bool is_plain(struct str kind) { return one_of(kind, (const char *const[]){ "txt", "csv", NULL }); }

enum rc strip_damaged(struct cx *cx, const char *what)
{
	enum rc rc = fail(cx, RC_INVALID, "strip.damaged", NOWHERE, "文件不完好，无法去除作者等信息（%s）", "the file is not sound: what tells of its author cannot be taken out (%s)", what);
	fail_hint(cx, "请用办公软件打开后另存，再上传", "open it in your office software, save it anew, and upload that");
	return rc;
}

enum rc strip_bytes(struct cx *cx, struct str kind, struct str bytes, uint64_t salt, struct buf *out)
{
	enum rc rc = RC_OK;
	if (bytes.n > STRIP_BYTES_MAX) return fail(cx, RC_LIMIT, "strip.size", NOWHERE, "文件过大", "the file is too large");
	if (is_plain(kind)) buf_add(out, bytes);
	else if (str_is(kind, "pdf")) rc = strip_pdf(cx, bytes, out);
	else if (str_is(kind, "png")) rc = strip_png(cx, bytes, out);
	else if (one_of(kind, (const char *const[]){ "jpg", "jpeg", NULL })) rc = strip_jpeg(cx, bytes, out);
	else if (file_strips(kind)) rc = strip_office(cx, bytes, 0, salt, out);
	else rc = fail(cx, RC_INVALID, "strip.kind", NOWHERE, "不能去除 %.*s 文件的作者等信息", "what tells of its author cannot be taken out of a %.*s file", STRF(kind));
	TRY(rc);
	return out->full ? fail(cx, RC_LIMIT, "strip.size", NOWHERE, "文件过大", "the file is too large") : RC_OK;
}

struct job { struct str kind, bytes; uint64_t salt; };

static enum rc in_child(void *ctx, struct cx *cx, int in_fd, struct sandbox_out *to)
{
	const struct job *job = ctx;
	struct buf out = BUF(cx->arena, STRIP_BYTES_MAX + (1 << 20));
	TRY(strip_bytes(cx, job->kind, job->bytes, job->salt, &out));
	return sandbox_write(to, buf_str(&out)) ? RC_OK : RC_IO;
}

enum rc strip_file(struct cx *cx, struct str kind, struct str bytes, struct str *out)
{
	struct sandbox_limits limits = { .memory_bytes = (size_t)640 << 20, .cpu_s = 10, .wall_ms = 20000, .output_bytes = STRIP_BYTES_MAX + (1 << 20) };
	struct job job = { .kind = kind, .bytes = bytes };
	rng_secret(&job.salt, sizeof job.salt);
	if (is_plain(kind)) return *out = bytes, RC_OK;
	return sandbox_run(cx, in_child, &job, -1, &limits, NULL, out);
}

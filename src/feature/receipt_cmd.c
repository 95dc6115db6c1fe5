/* Checking a receipt offline: says what holds and what differs, in words on standard error and as one JSON line. */
#include "feature/receipt_cmd.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "feature/engine_cmd.h"
#include "rec/receipt.h"

static const char usage_zh[] = "用法：lianchuang receipt verify 回执.json [附件…] [--key 公钥] [--record 记录.json]";
static const char usage_en[] = "usage: lianchuang receipt verify RECEIPT.json [FILE…] [--key PUBLIC-KEY] [--record RECORD.json]";

static enum rc usage(struct cx *cx) { return fail_text(cx, RC_INVALID, "cli.usage", NOWHERE, str_c(usage_zh), str_c(usage_en)); }

static enum rc file_sha256(struct cx *cx, const char *path, struct str *hex)
{
	struct digest d;
	int64_t bytes;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) return fail(cx, RC_INVALID, "receipt.open", ((struct where){ .file = str_c(path) }), "不能读取 %s", "cannot read %s", path);
	enum rc rc = hash_file(cx, fd, &d, &bytes);
	close(fd);
	if (rc == RC_OK) *hex = hash_hex(cx->arena, d);
	return rc;
}

/* Each file named after the receipt must be one that was filed. */
static enum rc compare_files(struct engine_run *run, const struct receipt_check *r, struct val figures, bool *good)
{
	struct cx *cx = &run->cx;
	struct val list = val_list(cx->arena);
	const char *path;
	while ((path = engine_word(run)) != NULL) {
		struct str hex;
		struct val m = val_map(cx->arena);
		TRY(file_sha256(cx, path, &hex));
		struct val filed = receipt_file(r, hex);
		VAL_SET(cx->arena, m, "file", val_textz(path));
		VAL_SET(cx->arena, m, "sha256", val_text(hex));
		VAL_SET(cx->arena, m, "filed_as", VAL_GET(filed, "name"));
		val_push(cx->arena, list, m);
		if (filed.kind == VAL_MAP) continue;
		*good = false;
		fail_note(cx, LEVEL_WARNING, "receipt.other_file", NOWHERE, "%s 不是所提交的附件", "%s is none of the files that were filed", path);
	}
	VAL_SET(cx->arena, figures, "files", list);
	return RC_OK;
}

/* The record as JSON (/r/TYPE/ID.json), or another receipt: both keep what was filled in under `values`. */
static enum rc compare_record(struct engine_run *run, const struct receipt_check *r, const char *path, struct val figures, bool *good)
{
	struct cx *cx = &run->cx;
	struct str text;
	struct val record, names;
	TRY(engine_load(cx, path, RECEIPT_BYTES_MAX, &text));
	TRY(json_read(cx, text, path, &record));
	if (VAL_GET(record, "values").kind != VAL_MAP)
		return fail(cx, RC_INVALID, "receipt.record", ((struct where){ .file = str_c(path) }), "%s 里没有 values", "there are no values in %s", path);
	TRY(receipt_differs(cx, r, VAL_GET(record, "values"), &names));
	VAL_SET(cx->arena, figures, "differs", names);
	for (size_t i = 0; i < val_len(names); i++) {
		*good = false;
		fail_note(cx, LEVEL_WARNING, "receipt.differs", NOWHERE, "字段“%.*s”与回执不同", "field “%.*s” differs from the receipt", STRF(val_str(val_at(names, i))));
	}
	return RC_OK;
}

/* The first thing that does not hold; "" when all does. */
static const char *judge(struct cx *cx, const struct receipt_check *r, const char *key)
{
	for (size_t i = 0; i < val_len(r->altered); i++)
		fail_note(cx, LEVEL_WARNING, "receipt.altered", NOWHERE, "字段“%.*s”的内容被改过", "the content of field “%.*s” was altered", STRF(val_str(val_at(r->altered, i))));
	if (!r->digest_good) fail_note(cx, LEVEL_WARNING, "receipt.digest", NOWHERE, "摘要与内容不符：回执抬头被改过", "the digest does not fit: the head was altered");
	if (!r->signature_good) fail_note(cx, LEVEL_WARNING, "receipt.signature", NOWHERE, "签名无效", "the signature does not hold");
	bool ours = !key || str_is(r->key, key);
	if (!ours) fail_note(cx, LEVEL_WARNING, "receipt.key", NOWHERE, "不是用给出的公钥签的", "it was not signed with the key given");
	if (!key) fail_note(cx, LEVEL_INFO, "receipt.no_key", NOWHERE, "请把公钥 %.*s 与系统“核验回执”页公布的公钥核对，或用 --key 给出",
		"compare the key %.*s with the one published on the page “Verify a receipt”, or give that one with --key", STRF(r->key));
	return !r->signature_good ? "signature" : !r->digest_good ? "digest" : val_len(r->altered) ? "altered" : !ours ? "key" : "";
}

static enum rc verify(struct engine_run *run, bool *good)
{
	struct cx *cx = &run->cx;
	const char *key = engine_option(run, "key"), *record = engine_option(run, "record"), *path = engine_word(run);
	struct str text;
	struct receipt_check r;
	struct val figures = val_map(cx->arena);
	if (!path) return usage(cx);
	TRY(engine_load(cx, path, RECEIPT_BYTES_MAX, &text));
	TRY(receipt_read(cx, text, &r));
	const char *wrong = judge(cx, &r, key);
	*good = !*wrong;
	VAL_SET(cx->arena, figures, "receipt", VAL_GET(r.head, "receipt"));
	VAL_SET(cx->arena, figures, "at", VAL_GET(r.head, "at"));
	VAL_SET(cx->arena, figures, "digest", val_text(r.digest));
	VAL_SET(cx->arena, figures, "key", val_text(r.key));
	VAL_SET(cx->arena, figures, "wrong", val_textz(wrong));
	VAL_SET(cx->arena, figures, "altered", r.altered);
	TRY(compare_files(run, &r, figures, good));
	if (record) TRY(compare_record(run, &r, record, figures, good));
	VAL_SET(cx->arena, figures, "genuine", val_bool(*good));
	printf("%.*s\n", STRF(json_text(cx->arena, figures)));
	return RC_OK;
}

int receipt_command(int argc, char **argv)
{
	struct engine_run run = engine_begin(argc, argv, (size_t)256 << 20);
	const char *word = engine_word(&run);
	bool good = false;
	enum rc rc = word && strcmp(word, "verify") == 0 ? verify(&run, &good) : usage(&run.cx);
	return engine_end(&run, rc, rc == RC_OK && !good);
}

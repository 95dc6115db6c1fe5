/* Receipts without a database: how digests are made, and whether they hold. */
#include <stdlib.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/rng.h"
#include "rec/receipt.h"
#include "rec/receipt_inner.h"

enum { DEPTH_MAX = 16 };
static const int64_t exact_max = (int64_t)1 << 53;

static int by_key(const void *a, const void *b)
{
	return str_cmp(((const struct val_pair *)a)->key, ((const struct val_pair *)b)->key);
}

static struct val sorted(struct arena *a, struct val v, int depth)
{
	struct val out = v;
	if (depth > DEPTH_MAX) return VNULL;
	if (v.kind == VAL_INT && v.i > exact_max) return val_text(id_text(a, v.i));
	if (v.kind == VAL_LIST) {
		out = val_list(a);
		for (size_t i = 0; i < val_len(v); i++) val_push(a, out, sorted(a, val_at(v, i), depth + 1));
	} else if (v.kind == VAL_MAP) {
		struct val_pair *pair = ARENA_ARRAY(a, struct val_pair, val_len(v) + 1);
		for (size_t i = 0; i < val_len(v); i++) pair[i] = v.map->v[i];
		if (val_len(v)) qsort(pair, val_len(v), sizeof *pair, by_key);
		out = val_map(a);
		for (size_t i = 0; i < val_len(v); i++) val_set(a, out, pair[i].key, sorted(a, pair[i].val, depth + 1));
	}
	return out;
}

struct val receipt_canonical(struct arena *a, struct val v) { return sorted(a, v, 0); }

struct str receipt_field_digest(struct arena *a, struct str salt, struct str name, struct val value)
{
	struct str parts[] = { salt, name, json_text(a, receipt_canonical(a, value)) };
	return hash_hex(a, hash_of(HASH_SM3, str_join(a, parts, 3, STR("\n"))));
}

enum rc receipt_differs(struct cx *cx, const struct receipt_check *r, struct val values, struct val *names)
{
	struct val fields = VAL_GET(r->head, "fields"), list = val_list(cx->arena);
	struct str salt = val_str(VAL_GET(r->head, "salt"));
	for (size_t i = 0; i < val_len(fields); i++) {
		struct str name = fields.map->v[i].key, now = receipt_field_digest(cx->arena, salt, name, val_get(values, name));
		if (!str_eq(now, val_str(fields.map->v[i].val))) val_push(cx->arena, list, val_text(name));
	}
	*names = list;
	return RC_OK;
}

static enum rc none(struct cx *cx)
{
	enum rc rc = fail(cx, RC_INVALID, "receipt.form", NOWHERE, "这不是回执文件", "this is not a receipt");
	fail_hint(cx, "请用下载的 .json 回执文件", "use the receipt as it was downloaded, a .json file");
	return rc;
}

enum rc receipt_read(struct cx *cx, struct str text, struct receipt_check *out)
{
	struct val whole, head;
	if (text.n > RECEIPT_BYTES_MAX || json_read(cx, text, "receipt", &whole) != RC_OK) return none(cx);
	struct str bytes = val_str(VAL_GET(whole, "head"));
	struct receipt_check r = { .key = val_str(VAL_GET(whole, "key")), .values = VAL_GET(whole, "values") };
	struct str hex = val_str(VAL_GET(whole, "signature"));
	if (val_i64(VAL_GET(whole, "lianchuang_receipt")) != 1 || json_read(cx, bytes, "receipt", &head) != RC_OK || head.kind != VAL_MAP ||
		VAL_GET(head, "fields").kind != VAL_MAP)
		return none(cx);
	r.head = head;
	struct digest digest = hash_of(HASH_SM3, bytes), key, half[2];
	r.digest = hash_hex(cx->arena, digest);
	r.digest_good = str_eq(r.digest, val_str(VAL_GET(whole, "digest")));
	/* A signature is two digests long. */
	if (hash_from_hex(r.key, &key) && hex.n == 4 * HASH_BYTES && hash_from_hex(str_sub(hex, 0, 2 * HASH_BYTES), &half[0]) &&
		hash_from_hex(str_sub(hex, 2 * HASH_BYTES, hex.n), &half[1])) {
		struct signature s;
		for (int i = 0; i < SIGNATURE_BYTES; i++) s.b[i] = half[i / HASH_BYTES].b[i % HASH_BYTES];
		r.signature_good = sign_check(key.b, bytes, &s);
	}
	TRY(receipt_differs(cx, &r, r.values, &r.altered));
	for (size_t i = 0; i < val_len(r.values); i++)
		if (r.values.kind == VAL_MAP && val_is_null(val_get(VAL_GET(head, "fields"), r.values.map->v[i].key)))
			val_push(cx->arena, r.altered, val_text(r.values.map->v[i].key));
	*out = r;
	return RC_OK;
}

struct val receipt_file(const struct receipt_check *r, struct str sha256)
{
	struct val files = VAL_GET(r->head, "files");
	for (size_t i = 0; i < val_len(files); i++)
		if (str_eq(val_str(VAL_GET(val_at(files, i), "sha256")), sha256)) return val_at(files, i);
	return VNULL;
}

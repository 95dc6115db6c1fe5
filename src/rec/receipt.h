/* Receipts: what was filed, when, by whom, so that anybody can check it later without us.

   A receipt is one JSON text:
     {"lianchuang_receipt": 1, "head": "…", "digest": …, "key": …, "signature": …, "values": {field: value, …}}
   `head` is a JSON text inside a string: number, time, record, state, the event and its place in the audit chain, the files with
   their SHA-256, a salt, and for each field the SM3 of "SALT\nFIELD\nVALUE", where VALUE is the value as JSON without white space,
   keys sorted by bytes, whole numbers above 2^53 (ids) as the 13 characters that links show. `digest` is the SM3 of the bytes of `head`, `signature` the Ed25519 signature of the same bytes (RFC 8032).
   So jq and openssl are enough to check one, and when a value was changed, its field can be named. The salt keeps the digests
   from telling a sealed value to who guesses it. */
#ifndef REC_RECEIPT_H
#define REC_RECEIPT_H

#include "rec/store.h"

enum { RECEIPT_BYTES_MAX = 3 << 20 };

/* Make and keep one for who made the move: `rec` is the record after it, `shown` what the viewer sees of it. Writes its own event. */
enum rc receipt_issue(struct rx *rx, const struct type_def *t, const struct record *rec, const struct move_def *m, const struct mask *shown) MUST_USE;

struct receipt { struct str number, digest, type; int64_t record, rev, account, org, at_ms; };
/* Of a record, newest first: those of the viewer's own account or organisation. */
struct receipts { VEC(struct receipt); };
enum rc receipt_list(struct rx *rx, const struct type_def *t, int64_t record, struct receipts *out) MUST_USE;
/* One with its text; RC_MISSING for anybody but the account it was given to and its organisation. */
enum rc receipt_open(struct rx *rx, struct str number, struct receipt *out, struct str *text) MUST_USE;
/* Did we issue this number with this digest? No right asked: who holds the receipt knows both. */
enum rc receipt_known(struct rx *rx, struct str number, struct str digest, bool *yes) MUST_USE;

/* What a receipt's text says of itself: no database, no key of ours. */
struct receipt_check {
	bool digest_good, signature_good;       /* of the head as it stands */
	struct str digest, key;                 /* worked out anew, and the key it claims; hex */
	struct val head, values;                /* maps */
	struct val altered;                     /* names of fields whose value does not fit the head */
};
/* RC_INVALID when the text is not a receipt at all. */
enum rc receipt_read(struct cx *cx, struct str text, struct receipt_check *out) MUST_USE;
/* Which of the receipt's fields have another value in `values` (of another receipt, or of the record as JSON)? Names. */
enum rc receipt_differs(struct cx *cx, const struct receipt_check *r, struct val values, struct val *names) MUST_USE;
/* The receipt's file with this SHA-256 (hex); VNULL when there is none. */
struct val receipt_file(const struct receipt_check *r, struct str sha256);

#endif

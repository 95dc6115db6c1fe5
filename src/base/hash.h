/* Digests, MACs and sealing. The suite names what was used, so that it can change without losing old records. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "fail.h"

enum { HASH_BYTES = 32, KEY_BYTES = 32 };
enum hash_kind { HASH_SHA256, HASH_SM3 };

struct digest { unsigned char b[HASH_BYTES]; };

struct digest hash_of(enum hash_kind kind, struct str bytes);
struct digest hash_mac(enum hash_kind kind, struct str key, struct str bytes);
bool hash_eq(struct digest a, struct digest b);         /* in constant time */
struct str hash_hex(struct arena *a, struct digest d);
bool hash_from_hex(struct str hex, struct digest *d);
/* Hash a file without loading it. */
enum rc hash_file(struct cx *cx, int fd, struct digest *d, int64_t *bytes) MUST_USE;

/* Authenticated encryption (XChaCha20-Poly1305, random nonce): `context` must be the same when opening. */
struct str seal_close(struct arena *a, const unsigned char key[KEY_BYTES], struct str context, struct str plain);
bool seal_open(struct arena *a, const unsigned char key[KEY_BYTES], struct str context, struct str sealed, struct str *plain);

/* Signatures that anybody can check (Ed25519). The secret key is a seed; the public one follows from it. */
enum { SIGNATURE_BYTES = 64 };
struct signature { unsigned char b[SIGNATURE_BYTES]; };
void sign_public(const unsigned char seed[KEY_BYTES], unsigned char key[KEY_BYTES]);
struct signature sign_make(const unsigned char seed[KEY_BYTES], struct str bytes);
bool sign_check(const unsigned char key[KEY_BYTES], struct str bytes, const struct signature *s);

/* argon2id, 64 MiB. About 0.1 s each: call it where nobody waits in line. */
enum rc password_hash(struct cx *cx, struct str password, struct str *out) MUST_USE;
bool password_verify(struct str hash, struct str password);

#endif

#include "hash.h"

#include <assert.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"

static const EVP_MD *method(enum hash_kind kind) { return kind == HASH_SM3 ? EVP_sm3() : EVP_sha256(); }

struct digest hash_of(enum hash_kind kind, struct str bytes)
{
	struct digest d;
	unsigned n = sizeof d.b;
	int ok = EVP_Digest(bytes.p ? bytes.p : "", bytes.n, d.b, &n, method(kind), NULL);
	assert(ok && n == HASH_BYTES);
	return d;
}

struct digest hash_mac(enum hash_kind kind, struct str key, struct str bytes)
{
	struct digest d;
	unsigned n = sizeof d.b;
	/* Every page has one of these: OpenSSL looks its method up by name each time. */
	if (kind == HASH_SHA256) {
		crypto_auth_hmacsha256_state s;
		crypto_auth_hmacsha256_init(&s, (const unsigned char *)key.p, key.n);
		crypto_auth_hmacsha256_update(&s, (const unsigned char *)bytes.p, bytes.n);
		crypto_auth_hmacsha256_final(&s, d.b);
		return d;
	}
	unsigned char *ok = HMAC(method(kind), key.p, (int)key.n, (const unsigned char *)bytes.p, bytes.n, d.b, &n);
	assert(ok && n == HASH_BYTES);
	return d;
}

bool hash_eq(struct digest a, struct digest b) { return sodium_memcmp(a.b, b.b, HASH_BYTES) == 0; }

struct str hash_hex(struct arena *a, struct digest d)
{
	char *p = arena_alloc(a, HASH_BYTES * 2 + 1);
	sodium_bin2hex(p, HASH_BYTES * 2 + 1, d.b, HASH_BYTES);
	return (struct str){ p, HASH_BYTES * 2 };
}

bool hash_from_hex(struct str hex, struct digest *d)
{
	size_t n;
	return hex.n == HASH_BYTES * 2 && sodium_hex2bin(d->b, HASH_BYTES, hex.p, hex.n, NULL, &n, NULL) == 0 && n == HASH_BYTES;
}

enum rc hash_file(struct cx *cx, int fd, struct digest *d, int64_t *bytes)
{
	EVP_MD_CTX *m = EVP_MD_CTX_new();
	assert(m);
	EVP_DigestInit_ex(m, EVP_sha256(), NULL);
	unsigned char chunk[65536];
	int64_t total = 0;
	ssize_t n;
	while ((n = pread(fd, chunk, sizeof chunk, total)) > 0) {
		EVP_DigestUpdate(m, chunk, (size_t)n);
		total += n;
	}
	struct digest out;
	EVP_DigestFinal_ex(m, out.b, NULL);
	EVP_MD_CTX_free(m);
	if (n < 0) return fail(cx, RC_IO, "file.read", NOWHERE, "读取文件失败", "cannot read the file");
	*d = out;
	*bytes = total;
	return RC_OK;
}

enum { NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES };

struct str seal_close(struct arena *a, const unsigned char key[KEY_BYTES], struct str context, struct str plain)
{
	unsigned char *out = arena_alloc(a, NONCE + plain.n + TAG);
	unsigned long long n;
	randombytes_buf(out, NONCE);
	crypto_aead_xchacha20poly1305_ietf_encrypt(out + NONCE, &n, (const unsigned char *)plain.p, plain.n,
		(const unsigned char *)context.p, context.n, NULL, out, key);
	return (struct str){ (char *)out, NONCE + (size_t)n };
}

bool seal_open(struct arena *a, const unsigned char key[KEY_BYTES], struct str context, struct str sealed, struct str *plain)
{
	if (sealed.n < NONCE + TAG) return false;
	unsigned char *out = arena_alloc(a, sealed.n);
	unsigned long long n;
	const unsigned char *in = (const unsigned char *)sealed.p;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(out, &n, NULL, in + NONCE, sealed.n - NONCE,
		    (const unsigned char *)context.p, context.n, in, key) != 0)
		return false;
	*plain = (struct str){ (char *)out, (size_t)n };
	return true;
}

void sign_public(const unsigned char seed[KEY_BYTES], unsigned char key[KEY_BYTES])
{
	unsigned char secret[crypto_sign_SECRETKEYBYTES];
	crypto_sign_seed_keypair(key, secret, seed);
	sodium_memzero(secret, sizeof secret);
}

struct signature sign_make(const unsigned char seed[KEY_BYTES], struct str bytes)
{
	struct signature s;
	unsigned char key[KEY_BYTES], secret[crypto_sign_SECRETKEYBYTES];
	crypto_sign_seed_keypair(key, secret, seed);
	crypto_sign_detached(s.b, NULL, (const unsigned char *)bytes.p, bytes.n, secret);
	sodium_memzero(secret, sizeof secret);
	return s;
}

bool sign_check(const unsigned char key[KEY_BYTES], struct str bytes, const struct signature *s)
{
	return crypto_sign_verify_detached(s->b, (const unsigned char *)bytes.p, bytes.n, key) == 0;
}

enum rc password_hash(struct cx *cx, struct str password, struct str *out)
{
	char *p = arena_alloc(cx->arena, crypto_pwhash_STRBYTES);
	if (crypto_pwhash_str_alg(p, password.p, password.n, crypto_pwhash_OPSLIMIT_INTERACTIVE, crypto_pwhash_MEMLIMIT_INTERACTIVE,
		    crypto_pwhash_ALG_ARGON2ID13) != 0)
		return fail(cx, RC_BUSY, "password.memory", NOWHERE, "系统繁忙，请稍后再试", "busy, please try again");
	*out = str_c(p);
	return RC_OK;
}

bool password_verify(struct str hash, struct str password)
{
	char stored[crypto_pwhash_STRBYTES] = { 0 };
	if (!hash.n || hash.n >= sizeof stored) return false;
	memcpy(stored, hash.p, hash.n);
	return crypto_pwhash_str_verify(stored, password.p, password.n) == 0;
}

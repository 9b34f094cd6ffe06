/* base/crypto.h - OpenSSL's primitives in the few shapes we use.
 *
 * Nothing here is our own cryptography. Functions that can only fail by our mistake or
 * for want of memory end the process; those that judge input return false.
 *
 * scrypt takes about 50 ms and 16 MiB: call crypto_scrypt() through task_offload()
 * only.
 */
#ifndef BASE_CRYPTO_H
#define BASE_CRYPTO_H

#include "base/str.h"

enum {
    SHA256_BYTES = 32,
    KEY_BYTES = 32,        /* AES-256, HMAC, PRF keys */
    SEAL_EXTRA_BYTES = 28, /* 12 of nonce in front, 16 of tag behind */
    ED25519_BYTES = 32,    /* private seed, public key */
    ED25519_SIGNATURE_BYTES = 64
};

void crypto_sha256(struct str data, uint8_t out[SHA256_BYTES]);
/* The same of data that comes piece by piece; ..._end() says it and frees. ..._free()
 * is for what never came to an end; freeing NULL is allowed. */
struct sha256;
struct sha256 *crypto_sha256_begin(void);
void crypto_sha256_add(struct sha256 *sha256, struct str piece);
void crypto_sha256_free(struct sha256 **sha256);
void crypto_sha256_end(struct sha256 **sha256, uint8_t out[SHA256_BYTES]);
/* HMAC-SHA256 over the parts one after the other, a 0x00 between two of them when
 * `separated` (SCORING.md 3.2 and 7). */
void crypto_hmac(struct str key, const struct str *parts, size_t count, bool separated,
                 uint8_t out[SHA256_BYTES]);
/* A key made ready for many of them: each then costs a quarter. For one thread; freeing
 * NULL is allowed. */
struct hmac;
struct hmac *crypto_hmac_new(struct str key);
void crypto_hmac_free(struct hmac **hmac);
void crypto_hmac_make(struct hmac *hmac, const struct str *parts, size_t count,
                      bool separated, uint8_t out[SHA256_BYTES]);
/* Without regard to content in the time it takes; lengths are not secret. */
bool crypto_equal(struct str a, struct str b);
void crypto_wipe(void *secret, size_t len);

/* AES-256-GCM with a random nonce: out holds plain.len + SEAL_EXTRA_BYTES. `context` is
 * authenticated and not kept: the same must be given to open. */
void crypto_seal(const uint8_t key[KEY_BYTES], struct str context, struct str plain,
                 uint8_t *out);
/* out holds sealed.len - SEAL_EXTRA_BYTES; false when it is not ours or was changed. */
bool crypto_open(const uint8_t key[KEY_BYTES], struct str context, struct str sealed,
                 uint8_t *out);

/* Password hashing, N = 2^14, r = 8, p = 1. */
void crypto_scrypt(struct str password, struct str salt, uint8_t out[KEY_BYTES]);

void crypto_ed25519_public(const uint8_t seed[ED25519_BYTES],
                           uint8_t out[ED25519_BYTES]);
void crypto_ed25519_sign(const uint8_t seed[ED25519_BYTES], struct str message,
                         uint8_t out[ED25519_SIGNATURE_BYTES]);
bool crypto_ed25519_verify(const uint8_t public_key[ED25519_BYTES], struct str message,
                           struct str signature);
/* A public key as PEM; the caller frees it. */
char *crypto_ed25519_pem(const uint8_t public_key[ED25519_BYTES]);
bool crypto_ed25519_from_pem(struct str pem, uint8_t out[ED25519_BYTES]);

#endif

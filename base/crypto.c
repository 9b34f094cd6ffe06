/* base/crypto.c - see the header.
 *
 * OpenSSL keeps a queue of errors for each thread, and a stale entry misleads the next
 * SSL_read (RELIABILITY.md 3): whatever may fail on input clears it. */
#include "base/crypto.h"

#include <assert.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/rand.h"
#include "base/xmalloc.h"

enum { NONCE_BYTES = 12, TAG_BYTES = 16 };

/* Looked up once: a lookup takes OpenSSL a lock and a walk through its providers. */
static struct {
    pthread_once_t once;
    EVP_MD *sha256;
    EVP_MAC *hmac;
    EVP_CIPHER *gcm;
} algorithm = { .once = PTHREAD_ONCE_INIT };

static void
must(bool worked)
{
    if (!worked) {
        fputs("OpenSSL failed where it cannot\n", stderr);
        abort();
    }
}

static void
fetch_algorithms(void)
{
    algorithm.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    algorithm.hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    algorithm.gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    must(algorithm.sha256 != NULL && algorithm.hmac != NULL && algorithm.gcm != NULL);
}

static const unsigned char *
bytes(struct str s)
{
    return (const unsigned char *)(s.data != NULL ? s.data : "");
}

/* --- digests ------------------------------------------------------------------------
 */
void
crypto_sha256(struct str data, uint8_t out[SHA256_BYTES])
{
    pthread_once(&algorithm.once, fetch_algorithms);
    must(EVP_Digest(bytes(data), data.len, out, NULL, algorithm.sha256, NULL) == 1);
}

/* OpenSSL's own, under a name of ours. */
static EVP_MD_CTX *
digest_of(struct sha256 *sha256)
{
    return (EVP_MD_CTX *)sha256;
}

struct sha256 *
crypto_sha256_begin(void)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    pthread_once(&algorithm.once, fetch_algorithms);
    must(ctx != NULL && EVP_DigestInit_ex(ctx, algorithm.sha256, NULL) == 1);
    return (struct sha256 *)ctx;
}

void
crypto_sha256_add(struct sha256 *sha256, struct str piece)
{
    must(EVP_DigestUpdate(digest_of(sha256), bytes(piece), piece.len) == 1);
}

void
crypto_sha256_free(struct sha256 **sha256)
{
    EVP_MD_CTX_free(digest_of(*sha256));
    *sha256 = NULL;
}

void
crypto_sha256_end(struct sha256 **sha256, uint8_t out[SHA256_BYTES])
{
    must(EVP_DigestFinal_ex(digest_of(*sha256), out, NULL) == 1);
    crypto_sha256_free(sha256);
}

/* OpenSSL's own, under a name of ours. */
static EVP_MAC_CTX *
mac_of(struct hmac *hmac)
{
    return (EVP_MAC_CTX *)hmac;
}

struct hmac *
crypto_hmac_new(struct str key)
{
    char digest[] = "SHA256";
    OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
                                                             digest, 0),
                            OSSL_PARAM_construct_end() };
    EVP_MAC_CTX *ctx;

    pthread_once(&algorithm.once, fetch_algorithms);
    ctx = EVP_MAC_CTX_new(algorithm.hmac);
    must(ctx != NULL && EVP_MAC_init(ctx, bytes(key), key.len, params) == 1);
    return (struct hmac *)ctx;
}

void
crypto_hmac_free(struct hmac **hmac)
{
    EVP_MAC_CTX_free(mac_of(*hmac)); /* wipes it */
    *hmac = NULL;
}

/* Without a key, init goes back to where the key was taken in. */
void
crypto_hmac_make(struct hmac *hmac, const struct str *parts, size_t count,
                 bool separated, uint8_t out[SHA256_BYTES])
{
    EVP_MAC_CTX *ctx = mac_of(hmac);

    must(EVP_MAC_init(ctx, NULL, 0, NULL) == 1);
    for (size_t i = 0; i < count; i++) {
        if (separated && i > 0) {
            must(EVP_MAC_update(ctx, (const unsigned char *)"", 1) == 1);
        }
        must(EVP_MAC_update(ctx, bytes(parts[i]), parts[i].len) == 1);
    }
    must(EVP_MAC_final(ctx, out, NULL, SHA256_BYTES) == 1);
}

void
crypto_hmac(struct str key, const struct str *parts, size_t count, bool separated,
            uint8_t out[SHA256_BYTES])
{
    struct hmac *hmac = crypto_hmac_new(key);

    crypto_hmac_make(hmac, parts, count, separated, out);
    crypto_hmac_free(&hmac);
}

bool
crypto_equal(struct str a, struct str b)
{
    return a.len == b.len && CRYPTO_memcmp(bytes(a), bytes(b), a.len) == 0;
}

void
crypto_wipe(void *secret, size_t len)
{
    OPENSSL_cleanse(secret, len);
}

/* --- sealing: nonce, ciphertext, tag ------------------------------------------------
 */
void
crypto_seal(const uint8_t key[KEY_BYTES], struct str context, struct str plain,
            uint8_t *out)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    uint8_t *sealed = out + NONCE_BYTES;
    int len;

    pthread_once(&algorithm.once, fetch_algorithms);
    rand_bytes(out, NONCE_BYTES);
    must(ctx != NULL && EVP_EncryptInit_ex2(ctx, algorithm.gcm, key, out, NULL) == 1);
    must(EVP_EncryptUpdate(ctx, NULL, &len, bytes(context), (int)context.len) == 1);
    must(EVP_EncryptUpdate(ctx, sealed, &len, bytes(plain), (int)plain.len) == 1);
    must(EVP_EncryptFinal_ex(ctx, sealed + len, &len) == 1);
    must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES,
                             sealed + plain.len) == 1);
    EVP_CIPHER_CTX_free(ctx);
}

bool
crypto_open(const uint8_t key[KEY_BYTES], struct str context, struct str sealed,
            uint8_t *out)
{
    EVP_CIPHER_CTX *ctx;
    uint8_t tag[TAG_BYTES];
    size_t plain_len;
    bool ours;
    int len;

    if (sealed.len < SEAL_EXTRA_BYTES) {
        return false;
    }
    pthread_once(&algorithm.once, fetch_algorithms);
    plain_len = sealed.len - SEAL_EXTRA_BYTES;
    memcpy(tag, sealed.data + NONCE_BYTES + plain_len, TAG_BYTES);
    ctx = EVP_CIPHER_CTX_new();
    must(ctx != NULL);
    must(EVP_DecryptInit_ex2(ctx, algorithm.gcm, key, bytes(sealed), NULL) == 1);
    must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES, tag) == 1);
    must(EVP_DecryptUpdate(ctx, NULL, &len, bytes(context), (int)context.len) == 1);
    ours = EVP_DecryptUpdate(ctx, out, &len, bytes(sealed) + NONCE_BYTES,
                             (int)plain_len) == 1 &&
           EVP_DecryptFinal_ex(ctx, out + len, &len) == 1;
    EVP_CIPHER_CTX_free(ctx);
    if (!ours) {
        crypto_wipe(out, plain_len);
        ERR_clear_error();
    }
    return ours;
}

void
crypto_scrypt(struct str password, struct str salt, uint8_t out[KEY_BYTES])
{
    const uint64_t n = 1 << 14, r = 8, p = 1, memory_max = 64 << 20;

    must(EVP_PBE_scrypt(password.data != NULL ? password.data : "", password.len,
                        bytes(salt), salt.len, n, r, p, memory_max, out,
                        KEY_BYTES) == 1);
}

/* --- Ed25519 ------------------------------------------------------------------------
 */
static EVP_PKEY *
private_key(const uint8_t seed[ED25519_BYTES])
{
    EVP_PKEY *key =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, ED25519_BYTES);

    must(key != NULL);
    return key;
}

/* NULL when the 32 bytes are no point of the curve. */
static EVP_PKEY *
public_key_of(const uint8_t raw[ED25519_BYTES])
{
    return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, raw, ED25519_BYTES);
}

void
crypto_ed25519_public(const uint8_t seed[ED25519_BYTES], uint8_t out[ED25519_BYTES])
{
    EVP_PKEY *key = private_key(seed);
    size_t len = ED25519_BYTES;

    must(EVP_PKEY_get_raw_public_key(key, out, &len) == 1 && len == ED25519_BYTES);
    EVP_PKEY_free(key);
}

void
crypto_ed25519_sign(const uint8_t seed[ED25519_BYTES], struct str message,
                    uint8_t out[ED25519_SIGNATURE_BYTES])
{
    EVP_PKEY *key = private_key(seed);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    size_t len = ED25519_SIGNATURE_BYTES;

    must(ctx != NULL && EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1);
    must(EVP_DigestSign(ctx, out, &len, bytes(message), message.len) == 1);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
}

bool
crypto_ed25519_verify(const uint8_t public_key[ED25519_BYTES], struct str message,
                      struct str signature)
{
    EVP_PKEY *key = public_key_of(public_key);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool holds;

    must(ctx != NULL);
    holds = key != NULL && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
            EVP_DigestVerify(ctx, bytes(signature), signature.len, bytes(message),
                             message.len) == 1;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return holds;
}

char *
crypto_ed25519_pem(const uint8_t public_key[ED25519_BYTES])
{
    EVP_PKEY *key = public_key_of(public_key);
    BIO *bio = BIO_new(BIO_s_mem());
    char *data;
    char *pem;
    long len;

    must(key != NULL && bio != NULL && PEM_write_bio_PUBKEY(bio, key) == 1);
    len = BIO_get_mem_data(bio, &data);
    pem = xcalloc(1, (size_t)len + 1);
    memcpy(pem, data, (size_t)len);
    BIO_free(bio);
    EVP_PKEY_free(key);
    return pem;
}

bool
crypto_ed25519_from_pem(struct str pem, uint8_t out[ED25519_BYTES])
{
    BIO *bio = BIO_new_mem_buf(bytes(pem), (int)pem.len);
    EVP_PKEY *key;
    size_t len = ED25519_BYTES;
    bool read;

    must(bio != NULL);
    key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
    read = key != NULL && EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 &&
           EVP_PKEY_get_raw_public_key(key, out, &len) == 1;
    EVP_PKEY_free(key);
    BIO_free(bio);
    ERR_clear_error();
    return read;
}

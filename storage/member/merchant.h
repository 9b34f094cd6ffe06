/* storage/member/merchant.h - members who sell: their name and their signing secrets.
 *
 * merchant:{m}:ID holds the name that catalogue pages show, the secret that proves
 * reported sales, sealed with the key file's sealing key, and former secrets, each
 * with the time until which it still holds.
 *
 * Waits       Every function that takes the store.
 * Ownership   Secrets are the caller's to wipe: merchant_secrets_wipe().
 */
#ifndef STORAGE_MEMBER_MERCHANT_H
#define STORAGE_MEMBER_MERCHANT_H

#include "base/arena.h"
#include "base/crypto.h"
#include "proto/err.h"
#include "proto/ids.h"

struct store;

enum {
    MERCHANT_SECRET_BYTES = 32,
    MERCHANT_SECRETS_MAX = 6, /* one in force and five former */
    MERCHANT_NAME_CHARS_MAX = 60,
    MERCHANT_SECRET_TEXT_BYTES = 64 /* "whsec_" + Base64 + NUL */
};
#define MERCHANT_FORMER_MS (INT64_C(24) * 3600 * 1000)

struct merchant_secrets {
    size_t count; /* the one in force first */
    uint8_t secret[MERCHANT_SECRETS_MAX][MERCHANT_SECRET_BYTES];
};

/* A new secret, and the text in which it is told to the merchant, once. */
void merchant_secret_new(uint8_t secret[MERCHANT_SECRET_BYTES]);
void merchant_secret_text(const uint8_t secret[MERCHANT_SECRET_BYTES],
                          char text[MERCHANT_SECRET_TEXT_BYTES]);

/* As it is kept: sealed for this merchant, in the arena. */
struct str merchant_secret_seal(struct store *store, struct arena *arena,
                                struct member_id id,
                                const uint8_t secret[MERCHANT_SECRET_BYTES]);

/* Those that sign now. ERR_NOT_FOUND when the member is no merchant. */
enum err merchant_secrets_read(struct store *store, struct arena *arena,
                               struct member_id id, int64_t now_ms,
                               struct merchant_secrets *secrets);
void merchant_secrets_wipe(struct merchant_secrets *secrets);
/* Puts a new secret in force; the old one is good for MERCHANT_FORMER_MS more. */
enum err merchant_secret_renew(struct store *store, struct arena *arena,
                               struct member_id id, int64_t now_ms,
                               const uint8_t secret[MERCHANT_SECRET_BYTES]);
/* The merchant's name, in the arena, from the cache where it may be. ERR_NOT_FOUND. */
enum err merchant_name_read(struct store *store, struct arena *arena,
                            struct member_id id, struct str *name);

#endif

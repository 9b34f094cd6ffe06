/* storage/member/merchant.c - signing secrets made, sealed, renewed and read. */
#include "storage/member/merchant.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/encode.h"
#include "base/rand.h"
#include "base/xmalloc.h"
#include "storage/key.h"
#include "storage/privacy/keys.h"
#include "storage/redis/cache.h"
#include "storage/store.h"

enum { SEALED_BYTES = MERCHANT_SECRET_BYTES + SEAL_EXTRA_BYTES };

void
merchant_secret_new(uint8_t secret[MERCHANT_SECRET_BYTES])
{
    rand_bytes(secret, MERCHANT_SECRET_BYTES);
}

void
merchant_secret_text(const uint8_t secret[MERCHANT_SECRET_BYTES],
                     char text[MERCHANT_SECRET_TEXT_BYTES])
{
    char base64[ENCODE_BASE64_BYTES(MERCHANT_SECRET_BYTES)];

    encode_base64(str_of(secret, MERCHANT_SECRET_BYTES), base64);
    snprintf(text, MERCHANT_SECRET_TEXT_BYTES, "whsec_%s", base64);
    crypto_wipe(base64, sizeof(base64));
}

/* A secret that was moved to another merchant's record does not open there. */
static struct str
seal_context(struct arena *arena, struct member_id id)
{
    return arena_printf(arena, "merchant secret %lld", (long long)id.value);
}

struct str
merchant_secret_seal(struct store *store, struct arena *arena, struct member_id id,
                     const uint8_t secret[MERCHANT_SECRET_BYTES])
{
    uint8_t *sealed = arena_alloc(arena, SEALED_BYTES);

    crypto_seal(keys_sealing(store_keys(store)), seal_context(arena, id),
                str_of(secret, MERCHANT_SECRET_BYTES), sealed);
    return str_of(sealed, SEALED_BYTES);
}

/* Opens one more; false when it is not what we sealed. */
static bool
open_secret(struct store *store, struct arena *arena, struct member_id id,
            struct str sealed, struct merchant_secrets *secrets)
{
    if (sealed.len != SEALED_BYTES || secrets->count == MERCHANT_SECRETS_MAX) {
        return false;
    }
    return crypto_open(keys_sealing(store_keys(store)), seal_context(arena, id), sealed,
                       secrets->secret[secrets->count++]);
}

/* Until when a former secret's field says that it holds; 0 for other fields. */
static int64_t
former_until_ms(struct str field)
{
    static const struct str prefix = { "former:", 7 };
    int64_t until_ms;

    if (!str_starts(field, prefix) ||
        !str_to_i64(str_of(field.data + prefix.len, field.len - prefix.len),
                    &until_ms)) {
        return 0;
    }
    return until_ms;
}

static struct str
find_field(const struct reply *reply, struct str name)
{
    for (size_t i = 0; i + 1 < reply->count; i += 2) {
        if (str_equal(reply_str(&reply->element[i]), name)) {
            return reply_str(&reply->element[i + 1]);
        }
    }
    return STR("");
}

enum err
merchant_secrets_read(struct store *store, struct arena *arena, struct member_id id,
                      int64_t now_ms, struct merchant_secrets *secrets)
{
    struct call *call = call_command(arena, "HGETALL");
    const struct reply *reply;
    enum err err;

    secrets->count = 0;
    call_keyf(call, KEY_MERCHANT, id_partition(id.value), id.value);
    if ((err = call_wait(store, call)) != ERR_NONE) {
        return err;
    }
    reply = call->reply;
    if (reply->count == 0) {
        return ERR_NOT_FOUND;
    }
    if (!open_secret(store, arena, id, find_field(reply, STR("secret")), secrets)) {
        return ERR_BAD_DATA;
    }
    for (size_t i = 0; i + 1 < reply->count; i += 2) {
        if (former_until_ms(reply_str(&reply->element[i])) > now_ms &&
            !open_secret(store, arena, id, reply_str(&reply->element[i + 1]),
                         secrets)) {
            return ERR_BAD_DATA;
        }
    }
    return ERR_NONE;
}

void
merchant_secrets_wipe(struct merchant_secrets *secrets)
{
    crypto_wipe(secrets, sizeof(*secrets));
}

enum err
merchant_secret_renew(struct store *store, struct arena *arena, struct member_id id,
                      int64_t now_ms, const uint8_t secret[MERCHANT_SECRET_BYTES])
{
    struct call *call = call_function(arena, "merchant_renew_secret");

    call_keyf(call, KEY_MERCHANT, id_partition(id.value), id.value);
    call_arg(call, merchant_secret_seal(store, arena, id, secret));
    call_int(call, now_ms);
    call_int(call, MERCHANT_FORMER_MS);
    call_int(call, MERCHANT_SECRETS_MAX - 1);
    return call_wait(store, call);
}

/* A merchant's name as an object of the cache. */
struct kept_name {
    size_t len;
    char text[];
};

static enum err
decode_name(const struct reply *reply, const void *arg, void **object, size_t *bytes)
{
    struct str name = reply_str(reply);
    struct kept_name *kept;

    (void)arg;
    if (reply->type != REPLY_STRING) {
        return reply->type == REPLY_NIL ? ERR_NOT_FOUND : ERR_BAD_DATA;
    }
    *bytes = sizeof(*kept) + name.len;
    kept = xmalloc(*bytes);
    kept->len = name.len;
    memcpy(kept->text, name.data, name.len);
    *object = kept;
    return ERR_NONE;
}

enum err
merchant_name_read(struct store *store, struct arena *arena, struct member_id id,
                   struct str *name)
{
    static const struct cache_kind kind = { .decode = decode_name, .free = free };
    struct cache_want want = { .kind = &kind, .call = call_command(arena, "HGET") };
    const struct kept_name *kept;
    enum err err;

    call_keyf(want.call, KEY_MERCHANT, id_partition(id.value), id.value);
    call_text(want.call, "name");
    if ((err = cache_read(store, &want)) != ERR_NONE) {
        return err;
    }
    kept = want.object;
    *name = str_of(kept->text, kept->len);
    return ERR_NONE;
}

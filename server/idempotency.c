/* server/idempotency.c - what an Idempotency-Key makes of a request (RELIABILITY.md 8).
 *
 * The one place that says which calls take a key, what a key is, and what follows from
 * it. What was done under it is found and recorded by storage/, with what was done; the
 * handler asks there first, before it judges anything, and answers again.
 *
 * The id is a keyed hash of caller, method, path and key, so that a retry names the same
 * thing and nobody else can name it; the fingerprint is one of method, path and body.
 * The key for both follows from the key file, which all servers share. */
#include "base/crypto.h"
#include "base/rand.h"
#include "server/exchange.h"
#include "server/loop/loop.h"
#include "storage/privacy/keys.h"
#include "storage/store.h"

enum { KEY_CHARS_MAX = 255 };

static bool
is_visible(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.data[i] <= 0x20 || s.data[i] >= 0x7f) {
            return false;
        }
    }
    return true;
}

/* Quoted, as a structured field's string is, or bare. */
static bool
read_key(struct str *key)
{
    if (key->len >= 2 && key->data[0] == '"' && key->data[key->len - 1] == '"') {
        key->data++;
        key->len -= 2;
    }
    return key->len >= 1 && key->len <= KEY_CHARS_MAX && is_visible(*key);
}

static void
hash(struct request *req, const char *purpose, const struct str *parts, size_t count,
     uint8_t out[SHA256_BYTES])
{
    const struct str label = STR("idempotency");
    uint8_t base[SHA256_BYTES];
    struct str all[6];

    crypto_hmac(str_of(keys_sealing(store_keys(req->store)), KEY_BYTES), &label, 1,
                false, base);
    all[0] = str_from(purpose);
    memcpy(all + 1, parts, count * sizeof *parts);
    crypto_hmac(str_of(base, sizeof base), all, count + 1, true, out);
    crypto_wipe(base, sizeof base);
}

void
request_fingerprint(struct request *req, const uint8_t body[SHA256_BYTES],
                    uint8_t fingerprint[SHA256_BYTES])
{
    const struct str print[] = { str_from(method_name(req->method)), req->path,
                                 str_of(body, SHA256_BYTES) };

    hash(req, "fingerprint", print, sizeof print / sizeof print[0], fingerprint);
}

bool
request_takes_key(const struct request *req)
{
    enum role role = exchange_of(req)->match.route->role;

    return req->method == METHOD_POST && role != ROLE_ANYONE && role != ROLE_SIGNED;
}

enum err
request_read_key(struct request *req)
{
    struct idempotency *idempotency = &req->key;
    struct str key = request_header(req, "Idempotency-Key");
    struct str method = str_from(method_name(req->method));
    struct str caller =
        str_of(&req->caller.member.value, sizeof req->caller.member.value);
    const struct str print[] = { method, req->path, req->body };

    *idempotency = (struct idempotency){ .given = key.data != NULL };
    if (!idempotency->given) {
        rand_bytes(idempotency->id, sizeof idempotency->id);
        return ERR_NONE;
    }
    if (!read_key(&key)) {
        return problem_field(req, "Idempotency-Key", "1 to 255 visible characters");
    }
    hash(req, "id", (const struct str[]){ caller, method, req->path, key }, 4,
         idempotency->id);
    hash(req, "fingerprint", print, sizeof print / sizeof print[0],
         idempotency->fingerprint);
    return ERR_NONE;
}

void
reply_again(struct request *req)
{
    reply_header(req, "Idempotent-Replayed", STR("true"));
}

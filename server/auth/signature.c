/* server/auth/signature.c - see the header. Comparison takes the same time whatever is
 * wrong; which of a merchant's keys made a signature does not matter to anybody. */
#include "server/auth/signature.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "base/encode.h"
#include "storage/member/merchant.h"

static const char part_id[] = "webhook-id";
static const char part_timestamp[] = "webhook-timestamp";
static const char part_signature[] = "webhook-signature";

static bool
timestamp_near(struct str text, int64_t now_s)
{
    int64_t at_s;

    return text.len > 0 && text.data[0] != '-' && str_to_i64(text, &at_s) &&
           at_s <= now_s + SIGNATURE_LIFE_S && at_s >= now_s - SIGNATURE_LIFE_S;
}

static void
sign(const struct signed_message *message, struct str key, char *out)
{
    const struct str parts[] = { message->id, STR("."), message->timestamp, STR("."),
                                 message->body };
    uint8_t mac[SHA256_BYTES];

    crypto_hmac(key, parts, sizeof parts / sizeof parts[0], false, mac);
    encode_base64(str_of(mac, sizeof mac), out);
}

const char *
signature_fault(const struct signed_message *message, struct str key, int64_t now_s)
{
    char wanted[ENCODE_BASE64_BYTES(SHA256_BYTES)];
    struct str rest = message->signatures;
    struct str one;
    bool good = false;

    if (message->id.len == 0 || message->id.len > SIGNATURE_ID_BYTES_MAX) {
        return part_id;
    }
    if (!timestamp_near(message->timestamp, now_s)) {
        return part_timestamp;
    }
    sign(message, key, wanted);
    while (str_split(&rest, ' ', &one)) {
        good |=
            str_starts(one, STR("v1,")) &&
            crypto_equal((struct str){ one.data + 3, one.len - 3 }, str_from(wanted));
    }
    return good ? NULL : part_signature;
}

enum err
signature_judge(struct exchange *x)
{
    struct signed_message message = { request_header(&x->req, part_id),
                                      request_header(&x->req, part_timestamp),
                                      request_header(&x->req, part_signature),
                                      x->req.body };
    int64_t now_s = clock_real_ms() / 1000;
    const char *fault = part_signature;
    struct merchant_secrets secrets;
    enum err err =
        merchant_secrets_read(x->req.store, x->req.arena, x->req.caller.member,
                              x->req.now_ms, &secrets); /* waits */

    if (err != ERR_NONE) {
        return err == ERR_NOT_FOUND ? ERR_FORBIDDEN : err;
    }
    for (size_t i = 0; i < secrets.count && fault != NULL; i++) {
        fault = signature_fault(
            &message, str_of(secrets.secret[i], MERCHANT_SECRET_BYTES), now_s);
    }
    merchant_secrets_wipe(&secrets);
    if (fault == NULL) {
        return ERR_NONE;
    }
    problem_field(&x->req, fault, "does not hold");
    return ERR_BAD_SIGNATURE;
}

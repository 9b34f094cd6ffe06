/* server/api/secret.c - a merchant's signing secret, renewed. */
#include "server/api/api.h"
#include "server/api/doc.h"
#include "storage/member/merchant.h"

enum err
api_secret_post(struct request *req)
{
    uint8_t secret[MERCHANT_SECRET_BYTES];
    char text[MERCHANT_SECRET_TEXT_BYTES];
    json_t *doc;
    enum err err = request_read(req, NULL, 0);

    if (err != ERR_NONE) {
        return err;
    }
    merchant_secret_new(secret);
    merchant_secret_text(secret, text);
    err = merchant_secret_renew(req->store, req->arena, req->caller.member, req->now_ms,
                                secret);
    crypto_wipe(secret, sizeof(secret));
    if (err != ERR_NONE) {
        return err;
    }
    doc = json_pack("{s:s, s:o}", "secret", text, "old_secret_until_at",
                    doc_time(req->now_ms + MERCHANT_FORMER_MS));
    crypto_wipe(text, sizeof(text));
    return reply_created(req, STR("/api/v1/merchant/secret"), doc);
}

/* server/auth/signature.h - a merchant's proof, as Standard Webhooks signs.
 *
 * webhook-signature holds one or more "v1,BASE64" of HMAC-SHA256(key,
 * id.timestamp.body); one that any key in force made is enough. The timestamp is judged
 * by the machine's real clock, which no test moves.
 *
 * Waits       signature_judge(): for the merchant's keys.
 */
#ifndef SERVER_AUTH_SIGNATURE_H
#define SERVER_AUTH_SIGNATURE_H

#include "server/exchange.h"

enum { SIGNATURE_LIFE_S = 300, SIGNATURE_ID_BYTES_MAX = 255 };

struct signed_message {
    struct str id;
    struct str timestamp;
    struct str signatures;
    struct str body;
};

/* NULL, or what is wrong: a field's name, to be told. Pure. */
const char *signature_fault(const struct signed_message *message, struct str key,
                            int64_t now_s);
/* ERR_BAD_SIGNATURE with the part that failed in the problem. */
enum err signature_judge(struct exchange *x);

#endif

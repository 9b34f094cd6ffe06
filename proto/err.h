/* proto/err.h - every outcome that is not success, once.
 *
 * Codes go on the wire (API.md, errors), into store functions' replies and into logs,
 * so they are never renamed or reused. server/http/problem.c maps each to an HTTP
 * status and to what people read.
 */
#ifndef PROTO_ERR_H
#define PROTO_ERR_H

#include "base/str.h"

// clang-format off
#define ERR_MAP(X)                                                                  \
    X(NONE, "ok", "done")                                                           \
    X(BAD_JSON, "bad_json", "the body is not acceptable JSON")                      \
    X(BAD_REQUEST, "bad_request", "the request cannot be understood")               \
    X(UNAUTHENTICATED, "unauthenticated", "a token is needed")                      \
    X(BAD_CREDENTIALS, "bad_credentials", "user name or password is wrong")         \
    X(BAD_SIGNATURE, "bad_signature", "the signature does not hold")                \
    X(FORBIDDEN, "forbidden", "not for this account")                               \
    X(CROSS_SITE, "cross_site", "the request came from another site")               \
    X(SUSPENDED, "suspended", "this shop is suspended")                             \
    X(NOT_FOUND, "not_found", "there is nothing at this address")                   \
    X(NO_SUCH_SHOP, "no_such_shop", "there is no such shop")                        \
    X(NO_SUCH_PRODUCT, "no_such_product", "there is no such product")               \
    X(NO_SUCH_ORDER, "no_such_order", "there is no such order")                     \
    X(NO_SHOP, "no_shop", "this member has no shop yet")                            \
    X(METHOD_NOT_ALLOWED, "method_not_allowed", "not with this method")             \
    X(METHOD_UNKNOWN, "method_unknown", "no such method")                           \
    X(NOT_ACCEPTABLE, "not_acceptable", "none of the accepted types is offered")    \
    X(USERNAME_TAKEN, "username_taken", "this user name is taken")                  \
    X(SHOP_EXISTS, "shop_exists", "this member has a shop already")                 \
    X(COOLDOWN, "cooldown", "this slot was changed too recently")                   \
    X(SLOT_LIMIT, "slot_limit", "this shop has no such slot yet")                   \
    X(ALREADY_FEATURED, "already_featured", "another slot holds this product")      \
    X(PRODUCT_UNLISTED, "product_unlisted", "this product was taken down")          \
    X(SALE_MISMATCH, "sale_mismatch", "this sale id stands for another sale")       \
    X(REFUND_EXCEEDS_SALE, "refund_exceeds_sale", "more than the sale has left")    \
    X(REFUND_TOO_LATE, "refund_too_late", "this sale can be refunded no more")      \
    X(NOT_YOUR_PRODUCT, "not_your_product", "this product is another merchant's")   \
    X(CATALOGUE_FULL, "catalogue_full", "the catalogue holds no more products")     \
    X(FOLLOWING_FULL, "following_full", "no more shops can be followed")            \
    X(SHOP_CLOSED, "shop_closed", "this shop was closed")                           \
    X(PREVIEW_RUNNING, "preview_running", "another preview is not done yet")        \
    X(STALE_VERSION, "stale_version", "the document has changed since")             \
    X(TOO_LARGE, "too_large", "the body is larger than this address takes")         \
    X(URI_TOO_LONG, "uri_too_long", "the address is too long")                      \
    X(HEADERS_TOO_LARGE, "headers_too_large", "the header fields are too large")    \
    X(TIMEOUT, "timeout", "the request did not arrive in time")                     \
    X(MEDIA_TYPE, "unsupported_media_type", "this content type is not taken")       \
    X(EXPECTATION, "expectation_failed", "this expectation cannot be met")          \
    X(INVALID_FIELD, "invalid_field", "a field's value is not acceptable")          \
    X(UNKNOWN_FIELD, "unknown_field", "there is no such field")                     \
    X(WEAK_PASSWORD, "weak_password", "the password is too easy to guess")          \
    X(RESERVED_NAME, "reserved_name", "this name is reserved")                      \
    X(IDEMPOTENCY_MISMATCH, "idempotency_mismatch", "the key was used differently") \
    X(IDEMPOTENCY_BUSY, "idempotency_in_progress", "the first request is not done") \
    X(IF_MATCH_REQUIRED, "if_match_required", "If-Match is needed")                 \
    X(RATE_LIMITED, "rate_limited", "too many requests")                            \
    X(OVERLOADED, "overloaded", "too busy just now")                                \
    X(CLOCK_SKEW, "clock_skew", "the clock is not the store's")                     \
    X(STORE_DOWN, "store_unavailable", "the store did not take the call")           \
    X(STORE_UNCERTAIN, "outcome_unknown", "it may have happened or not; ask again") \
    X(NOT_IMPLEMENTED, "not_implemented", "this is not served")                     \
    X(HTTP_VERSION, "http_version", "this HTTP version is not served")              \
    X(MOVED_ON, "moved_on", "somebody else was first; read again")                  \
    X(AMOUNT_RANGE, "amount_range", "the amount is out of range")                   \
    X(BAD_DATA, "bad_data", "stored data is damaged")                               \
    X(NEWER_FORMAT, "newer_format", "the data was made by a newer version")         \
    X(OLDER_FORMAT, "older_format", "the data was made by an older version")        \
    X(OTHER_KEYS, "other_keys", "the store belongs to another key file")            \
    X(INTERRUPTED, "interrupted", "the work was interrupted")                       \
    X(INTERNAL, "internal", "our own mistake")
// clang-format on

#define ERR_ENUM(name, code, text) ERR_##name,
enum err { ERR_MAP(ERR_ENUM) ERR_COUNT };
#undef ERR_ENUM

const char *err_code(enum err err); /* "cooldown" */
const char *err_text(enum err err); /* English, for logs and the command line */
/* The error with this code; ERR_INTERNAL when there is none. */
enum err err_parse(struct str code);

#endif

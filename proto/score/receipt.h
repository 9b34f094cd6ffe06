/* proto/score/receipt.h - a shop's score with all that it was made of, signed.
 *
 * A JSON document of integers and strings only, so that no program that reads and
 * writes it anew changes a value: doubles are text of 17 digits. It bears the three day
 * series and the policy's "influence" values, no row of any buyer, and is enough to
 * recompute the score, offline, to the same integer.
 *
 * What is signed (Ed25519) is the document without "signature": compact JSON, names
 * sorted, ASCII.
 */
#ifndef PROTO_SCORE_RECEIPT_H
#define PROTO_SCORE_RECEIPT_H

#include <jansson.h>

#include "base/crypto.h"
#include "proto/err.h"
#include "proto/ids.h"
#include "proto/score/influence.h"

struct receipt {
    struct shop_number shop;
    int32_t day;
    int64_t policy_version;
    const json_t *influence; /* of that policy; borrowed */
    const struct score_params *params;
    const struct score_day *days; /* ascending, at most DAYS_KEPT */
    size_t count;
};

/* The document, signed with this seed. The caller json_decref()s. */
json_t *receipt_make(const struct receipt *receipt, const uint8_t seed[ED25519_BYTES]);

/* Checks the signature, against `key` when one is given and else against the key that
 * the receipt names, and recomputes everything. ERR_NONE and the score;
 * ERR_BAD_SIGNATURE; ERR_BAD_DATA, with *why a literal. */
enum err receipt_check(const json_t *receipt, const uint8_t *key, int64_t *score,
                       const char **why);

#endif

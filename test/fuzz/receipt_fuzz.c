/* test/fuzz/receipt_fuzz.c - `xiaopu verify-score` reads files of strangers: any JSON is
 * judged, and nothing that was not signed by the key it names passes. Signed here, by a
 * stranger with a key, it is recomputed, whatever it says. */
#include <stdlib.h>

#include "base/encode.h"
#include "proto/json.h"
#include "proto/score/receipt.h"
#include "test/fuzz/fuzz.h"

static void
set_bytes(json_t *doc, const char *name, struct str bytes)
{
    char text[ENCODE_BASE64_BYTES(ED25519_SIGNATURE_BYTES)];

    encode_base64(bytes, text);
    json_object_set_new(doc, name, json_string(text));
}

static void
sign(json_t *doc, const uint8_t seed[ED25519_BYTES], const uint8_t key[ED25519_BYTES])
{
    uint8_t signature[ED25519_SIGNATURE_BYTES];
    char *message;

    json_object_del(doc, "signature");
    set_bytes(doc, "public_key", str_of(key, ED25519_BYTES));
    message = json_dumps(doc, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENSURE_ASCII);
    assert(message);
    crypto_ed25519_sign(seed, str_from(message), signature);
    set_bytes(doc, "signature", str_of(signature, sizeof(signature)));
    free(message);
}

static void
check_signed(json_t *doc)
{
    static const uint8_t seed[ED25519_BYTES] = { 7 };
    static uint8_t key[ED25519_BYTES];
    const char *why = NULL;
    int64_t score = 0;
    enum err err;

    if (key[0] == 0) {
        crypto_ed25519_public(seed, key);
    }
    sign(doc, seed, key);
    err = receipt_check(doc, key, &score, &why);
    assert(err == ERR_NONE || (err == ERR_BAD_DATA && why != NULL));
    assert(score >= -INFLUENCE_POINTS_MAX && score <= INFLUENCE_POINTS_MAX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t nobody[ED25519_BYTES] = { 1 }; /* has no seed that is known */
    const char *why = NULL;
    int64_t score = 0;
    json_t *doc = NULL;

    if (json_parse(str_of(data, size), &doc) != ERR_NONE) {
        return 0;
    }
    (void)receipt_check(doc, NULL, &score, &why);
    assert(receipt_check(doc, nobody, &score, &why) != ERR_NONE);
    if (json_is_object(doc)) {
        check_signed(doc);
    }
    json_decref(doc);
    return 0;
}

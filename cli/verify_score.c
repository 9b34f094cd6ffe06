/* cli/verify_score.c - xiaopu verify-score: a receipt recomputed, offline.
 *
 * The file holds a receipt, or the document of GET /me/shop/influence with one in it.
 * With --key its signature must be of that key (/receipt-key.pem); without, of the key
 * that the receipt names, which shows that it was not changed, but not whose it is. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "cli/command.h"
#include "proto/score/receipt.h"

enum { FILE_BYTES_MAX = 1 << 20 };

static bool
read_file(const char *path, struct buf *out)
{
    FILE *file = fopen(path, "rb");
    char bytes[4096];
    size_t got;

    if (file == NULL) {
        return false;
    }
    buf_init(out, FILE_BYTES_MAX);
    while ((got = fread(bytes, 1, sizeof(bytes), file)) > 0) {
        buf_put(out, bytes, got);
    }
    fclose(file);
    return !out->full;
}

/* NULL after one line on stderr. */
static json_t *
read_receipt(const char *path)
{
    json_t *doc = NULL, *inner;
    struct buf text;

    if (read_file(path, &text)) {
        doc = json_loadb(text.len > 0 ? text.data : "", text.len,
                         JSON_REJECT_DUPLICATES, NULL);
        buf_free(&text);
    }
    if (doc == NULL) {
        say_failed("%s cannot be read as a receipt", path);
        return NULL;
    }
    inner = json_object_get(doc, "receipt");
    if (json_is_object(inner)) {
        json_incref(inner);
        json_decref(doc);
        return inner;
    }
    return doc;
}

static bool
read_key(const char *path, uint8_t key[ED25519_BYTES])
{
    struct buf text;
    bool good;

    if (!read_file(path, &text)) {
        return false;
    }
    good = crypto_ed25519_from_pem(buf_str(&text), key);
    buf_free(&text);
    return good;
}

int
command_verify_score(const struct options *options)
{
    const char *key_path = options->value[OPTION_KEY];
    uint8_t key[ED25519_BYTES];
    const char *why;
    int64_t score;
    json_t *receipt;
    enum err err;

    if (key_path != NULL && !read_key(key_path, key)) {
        return say_failed("%s is not a public key", key_path);
    }
    if ((receipt = read_receipt(options->args[0])) == NULL) {
        return EXIT_FAILED;
    }
    err = receipt_check(receipt, key_path != NULL ? key : NULL, &score, &why);
    json_decref(receipt);
    if (err != ERR_NONE) {
        return say_failed("%s: %s", options->args[0], why);
    }
    printf("%" PRId64 "\n", score);
    return EXIT_DONE;
}

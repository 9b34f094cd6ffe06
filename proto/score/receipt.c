/* proto/score/receipt.c - a shop's score with all that it was made of, signed. */
#include "proto/score/receipt.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/encode.h"
#include "base/xmalloc.h"
#include "proto/time.h"

enum { RECEIPT_FORMAT = 1, DOUBLE_BYTES = 32 };

static json_t *
double_text(double value)
{
    char text[DOUBLE_BYTES];

    snprintf(text, sizeof(text), "%.17g", value);
    return json_string(text);
}

static json_t *
day_text(int32_t day)
{
    char text[DAY_TEXT_BYTES];

    time_day_write(day, text);
    return json_string(text);
}

static json_t *
base64_text(struct str bytes)
{
    char text[ENCODE_BASE64_BYTES(ED25519_SIGNATURE_BYTES)];

    assert(bytes.len <= ED25519_SIGNATURE_BYTES);
    encode_base64(bytes, text);
    return json_string(text);
}

/* --- making ---------------------------------------------------------------------- */

static json_t *
series_write(const struct receipt *receipt)
{
    json_t *series = json_array();

    for (size_t i = 0; i < receipt->count; i++) {
        const struct score_day *day = &receipt->days[i];

        json_array_append_new(
            series,
            json_pack("[o, I, I, I]", day_text(day->day), (json_int_t)day->sales_fen,
                      (json_int_t)influence_visits_fen(day, receipt->params),
                      (json_int_t)influence_activity_fen(day, receipt->params)));
    }
    return series;
}

/* What the signature covers; the caller frees it. */
static char *
message_of(const json_t *receipt)
{
    json_t *bare = json_copy((json_t *)(uintptr_t)receipt);
    char *text;

    json_object_del(bare, "signature");
    text = json_dumps(bare, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENSURE_ASCII);
    json_decref(bare);
    return text;
}

static void
sign(json_t *doc, const uint8_t seed[ED25519_BYTES])
{
    uint8_t key[ED25519_BYTES], signature[ED25519_SIGNATURE_BYTES];
    char *message;

    crypto_ed25519_public(seed, key);
    json_object_set_new(doc, "public_key", base64_text(str_of(key, sizeof(key))));
    message = message_of(doc);
    crypto_ed25519_sign(seed, str_from(message), signature);
    json_object_set_new(doc, "signature",
                        base64_text(str_of(signature, sizeof(signature))));
    free(message);
}

json_t *
receipt_make(const struct receipt *receipt, const uint8_t seed[ED25519_BYTES])
{
    struct half_life half = half_life(receipt->params->half_life_days, LANDMARK);
    struct sums sums = { 0 };
    struct influence made;
    char number[ID_DIGITS_MAX + 1];
    json_t *doc;

    influence_add_days(&sums, receipt->days, receipt->count, receipt->params, &half);
    made = influence_compose(&sums, receipt->params);
    snprintf(number, sizeof(number), "%" PRId64, receipt->shop.value);
    doc = json_pack("{s:i, s:s, s:o, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:I}", "format",
                    RECEIPT_FORMAT, "number", number, "day", day_text(receipt->day),
                    "landmark", day_text(LANDMARK), "policy_version",
                    (json_int_t)receipt->policy_version, "influence",
                    json_deep_copy(receipt->influence), "days", series_write(receipt),
                    "S", double_text(made.sales), "Ve", double_text(made.visits), "Ae",
                    double_text(made.activity), "score",
                    (json_int_t)influence_points(made.total, receipt->day, &half));
    assert(doc != NULL);
    sign(doc, seed);
    return doc;
}

/* --- checking: the document may come from anybody ---------------------------------- */

struct reading {
    int32_t day;
    struct score_params params; /* what F and the factor need */
    struct half_life half;
    struct sums sums;
    struct influence made;
};

static bool
read_int(const json_t *object, const char *name, int64_t min, int64_t max,
         int64_t *value)
{
    const json_t *found = json_object_get(object, name);

    *value = json_integer_value(found);
    return json_is_integer(found) && *value >= min && *value <= max;
}

static bool
read_day(const json_t *text, int32_t *day)
{
    return json_is_string(text) &&
           time_day_read(str_from(json_string_value(text)), day);
}

static bool
read_policy(const json_t *influence, struct reading *reading)
{
    int64_t days, of_sales, beyond, of_rest;

    if (!read_int(influence, "half_life_days", 1, 1000, &days) ||
        !half_life_allowed((int)days) ||
        !read_int(influence, "visits_of_sales_pct", 0, 100, &of_sales) ||
        !read_int(influence, "visits_beyond_pct", 0, 100, &beyond) ||
        !read_int(influence, "activity_of_rest_pct", 0, 100, &of_rest)) {
        return false;
    }
    reading->params.visits_of_sales_pct = (int32_t)of_sales;
    reading->params.visits_beyond_pct = (int32_t)beyond;
    reading->params.activity_of_rest_pct = (int32_t)of_rest;
    reading->half = half_life((int)days, LANDMARK);
    return true;
}

/* Adds one [day, sales, visits, activity]; *before is the day before it. */
static bool
add_series_day(const json_t *entry, int32_t *before, struct reading *reading)
{
    double factor;
    int32_t day;

    if (json_array_size(entry) != 4 || !read_day(json_array_get(entry, 0), &day) ||
        day <= *before || day > reading->day) {
        return false;
    }
    for (size_t i = 1; i < 4; i++) {
        if (!json_is_integer(json_array_get(entry, i))) {
            return false;
        }
    }
    factor = decay_factor(day, &reading->half);
    reading->sums.sales +=
        (double)json_integer_value(json_array_get(entry, 1)) * factor;
    reading->sums.visits +=
        (double)json_integer_value(json_array_get(entry, 2)) * factor;
    reading->sums.activity +=
        (double)json_integer_value(json_array_get(entry, 3)) * factor;
    *before = day;
    return true;
}

static bool
add_series(const json_t *series, struct reading *reading)
{
    int32_t before = INT32_MIN;
    size_t i;
    json_t *entry;

    if (!json_is_array(series) || json_array_size(series) > DAYS_KEPT) {
        return false;
    }
    json_array_foreach(series, i, entry)
    {
        if (!add_series_day(entry, &before, reading)) {
            return false;
        }
    }
    return true;
}

static bool
says_double(const json_t *receipt, const char *name, double value)
{
    char text[DOUBLE_BYTES];
    const char *said = json_string_value(json_object_get(receipt, name));

    snprintf(text, sizeof(text), "%.17g", value);
    return said != NULL && strcmp(said, text) == 0;
}

/* What the receipt says, worked out again. NULL, or why it does not hold. */
static const char *
recompute(const json_t *receipt, int64_t *score)
{
    struct reading reading = { 0 };
    int64_t said, format;
    int32_t landmark;

    if (!read_int(receipt, "format", RECEIPT_FORMAT, RECEIPT_FORMAT, &format) ||
        !read_day(json_object_get(receipt, "day"), &reading.day) ||
        !read_day(json_object_get(receipt, "landmark"), &landmark) ||
        landmark != LANDMARK) {
        return "not a receipt of this format";
    }
    if (!read_policy(json_object_get(receipt, "influence"), &reading)) {
        return "its policy values cannot be read";
    }
    if (!add_series(json_object_get(receipt, "days"), &reading)) {
        return "its day series cannot be read";
    }
    reading.made = influence_compose(&reading.sums, &reading.params);
    *score = influence_points(reading.made.total, reading.day, &reading.half);
    if (!says_double(receipt, "S", reading.made.sales) ||
        !says_double(receipt, "Ve", reading.made.visits) ||
        !says_double(receipt, "Ae", reading.made.activity)) {
        return "its sums do not follow from its days";
    }
    if (!read_int(receipt, "score", INT64_MIN, INT64_MAX, &said) || said != *score) {
        return "its score does not follow from its days";
    }
    return NULL;
}

static bool
read_base64(const json_t *receipt, const char *name, uint8_t *out, size_t len)
{
    const char *text = json_string_value(json_object_get(receipt, name));
    size_t got = len;

    return text != NULL && decode_base64(str_from(text), out, &got) && got == len;
}

static bool
signature_holds(const json_t *receipt, const uint8_t *key)
{
    uint8_t named[ED25519_BYTES], signature[ED25519_SIGNATURE_BYTES];
    char *message;
    bool holds;

    if (!read_base64(receipt, "public_key", named, sizeof(named)) ||
        !read_base64(receipt, "signature", signature, sizeof(signature)) ||
        (key != NULL && memcmp(key, named, sizeof(named)) != 0)) {
        return false;
    }
    message = message_of(receipt);
    holds = crypto_ed25519_verify(named, str_from(message),
                                  str_of(signature, sizeof(signature)));
    free(message);
    return holds;
}

enum err
receipt_check(const json_t *receipt, const uint8_t *key, int64_t *score,
              const char **why)
{
    *why = "not a receipt";
    if (!json_is_object(receipt)) {
        return ERR_BAD_DATA;
    }
    *why = "its signature does not hold";
    if (!signature_holds(receipt, key)) {
        return ERR_BAD_SIGNATURE;
    }
    *why = recompute(receipt, score);
    return *why == NULL ? ERR_NONE : ERR_BAD_DATA;
}

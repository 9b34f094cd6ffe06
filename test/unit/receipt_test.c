/* test/unit/receipt_test.c - a receipt recomputes to its score, and nothing else does. */
#include <stdlib.h>
#include <string.h>

#include "proto/json.h"
#include "proto/score/receipt.h"
#include "test/support/unit.h"

#include "test/support/score.h"

static const uint8_t seed[ED25519_BYTES] = { 7, 1, 2 };

static const struct score_day days[] = {
    { .day = LANDMARK + 2, .sales_fen = 5000, .visits = 20 },
    { .day = LANDMARK + 3, .sales_fen = 5000, .visits = 25, .active = true },
    { .day = LANDMARK + 4, .visits = 20, .active = true },
    { .day = LANDMARK + 5, .sales_fen = 16000, .visits = 20, .active = true },
    { .day = LANDMARK + 7, .sales_fen = 4000 },
};

static json_t *
make(void)
{
    struct score_params params = score_defaults();
    json_t *influence = json_pack("{s:i, s:i, s:i, s:i, s:[{s:i, s:i}]}",
                                  "half_life_days", 30, "visits_of_sales_pct", 25,
                                  "visits_beyond_pct", 10, "activity_of_rest_pct", 10,
                                  "buyer_weights", "age_days", 0, "weight", 200);
    struct receipt receipt = { { 10000128 }, LANDMARK + 8, 3,          influence,
                               &params,      days,         COUNT(days) };
    json_t *made = receipt_make(&receipt, seed);

    json_decref(influence);
    return made;
}

static enum err
check(const json_t *receipt, int64_t *score)
{
    const char *why;

    return receipt_check(receipt, NULL, score, &why);
}

static void
a_receipt_recomputes_to_its_score(void **state UNUSED)
{
    uint8_t key[ED25519_BYTES];
    json_t *receipt = make();
    const char *why;
    int64_t score;

    crypto_ed25519_public(seed, key);
    assert_int_equal(receipt_check(receipt, key, &score, &why), ERR_NONE);
    assert_int_equal(score, 292);
    key[0] ^= 1;
    assert_int_equal(receipt_check(receipt, key, &score, &why), ERR_BAD_SIGNATURE);
    json_decref(receipt);
}

/* Other programs sort, indent and escape as they like. */
static void
writing_it_anew_changes_nothing(void **state UNUSED)
{
    json_t *receipt = make(), *again;
    char *text = json_dumps(receipt, JSON_INDENT(3) | JSON_SORT_KEYS);
    int64_t score;

    assert_int_equal(json_parse(str_from(text), &again), ERR_NONE);
    assert_int_equal(check(again, &score), ERR_NONE);
    assert_int_equal(score, 292);
    json_decref(again);
    json_decref(receipt);
    free(text);
}

static void
a_changed_receipt_does_not_hold(void **state UNUSED)
{
    static const char *const names[] = { "number", "day", "score", "S", "days" };
    int64_t score;

    for (size_t i = 0; i < COUNT(names); i++) {
        json_t *receipt = make();

        json_object_set_new(receipt, names[i], json_integer(1));
        assert_int_equal(check(receipt, &score), ERR_BAD_SIGNATURE);
        json_object_del(receipt, names[i]);
        assert_int_equal(check(receipt, &score), ERR_BAD_SIGNATURE);
        json_decref(receipt);
    }
    assert_int_equal(check(NULL, &score), ERR_BAD_DATA);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_receipt_recomputes_to_its_score),
        cmocka_unit_test(writing_it_anew_changes_nothing),
        cmocka_unit_test(a_changed_receipt_does_not_hold),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

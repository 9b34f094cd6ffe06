/* test/unit/money_test.c - what proto/money.h promises. */
#include "proto/money.h"

#include "test/support/unit.h"

static void
yuan_in_any_decimal_form_are_exact_to_the_fen(void **state UNUSED)
{
    static const struct {
        const char *text;
        int64_t fen;
    } rows[] = {
        { "12", 1200 },
        { "12.3", 1230 },
        { "12.30", 1230 },
        { "12.3000000000000000000000000000", 1230 },
        { "0", 0 },
        { "0.00", 0 },
        { "-0", -1 },
        { "0.01", 1 },
        { ".5", 50 },
        { "5.", 500 },
        { "000012.50", 1250 },
        { "1,234.50", 123450 },
        { "1,234,567", 123456700 },
        { " 12.5\t", 1250 },
        { "1e2", 10000 },
        { "1.25E+1", 1250 },
        { "1230e-2", 1230 },
        { "1e-2", 1 },
        { "0e30", 0 },
        { "\xc2\xa5"
          "12.50",
          1250 },
        { "\xef\xbf\xa5 12.50", 1250 },
        { "8.29", 829 }, /* 828.9999... in doubles */
        { "4503599627.37", INT64_C(450359962737) },
        { "10000000000", MONEY_FEN_MAX },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t fen = -1;
        enum err err = money_read_yuan(str_from(rows[i].text), &fen);

        assert_int_equal(err, rows[i].fen < 0 ? ERR_INVALID_FIELD : ERR_NONE);
        assert_true(fen == rows[i].fen);
    }
}

static void
what_is_no_amount_is_refused(void **state UNUSED)
{
    static const char *const bad[] = {
        "",     " ",       ".",       "-1",      "+1",       "12.345", "0.001",
        "1e-3", "12,50",   "1,23.00", ",123",    "1234,567", "1,2345", "1.2.3",
        "0x10", "12 yuan", "1e",      "e2",      "1e+",      "1e+-1",  "1e99",
        "NaN",  "inf",     "1 2",     "1.5,000", "1e2.0",
    };
    int64_t fen = 7;

    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_int_equal(money_read_yuan(str_from(bad[i]), &fen), ERR_INVALID_FIELD);
    }
    assert_int_equal(money_read_yuan(STR("10000000000.01"), &fen), ERR_AMOUNT_RANGE);
    assert_int_equal(money_read_yuan(STR("1e30"), &fen), ERR_AMOUNT_RANGE);
    assert_int_equal(money_read_yuan(STR("99999999999999999999"), &fen),
                     ERR_INVALID_FIELD);
    assert_true(fen == 7);
}

static void
yuan_are_written_with_two_decimals(void **state UNUSED)
{
    char text[MONEY_TEXT_BYTES];

    money_write_yuan(0, text);
    assert_string_equal(text, "0.00");
    money_write_yuan(123405, text);
    assert_string_equal(text, "1234.05");
    money_write_yuan(MONEY_FEN_MAX, text);
    assert_string_equal(text, "10000000000.00");
}

static void
percents_are_read_as_basis_points(void **state UNUSED)
{
    int64_t bps = 7;

    assert_int_equal(money_read_percent(STR("5.25%"), BPS_ONE, &bps), ERR_NONE);
    assert_true(bps == 525);
    assert_int_equal(money_read_percent(STR(" 100 % "), BPS_ONE, &bps), ERR_NONE);
    assert_true(bps == 10000);
    assert_int_equal(money_read_percent(STR("30.01"), 3000, &bps), ERR_AMOUNT_RANGE);
    assert_int_equal(money_read_percent(STR("5.001"), BPS_ONE, &bps),
                     ERR_INVALID_FIELD);
    assert_int_equal(money_read_percent(STR("%"), BPS_ONE, &bps), ERR_INVALID_FIELD);
}

static void
arithmetic_never_leaves_the_range(void **state UNUSED)
{
    int64_t fen = 7;

    assert_int_equal(money_add(MONEY_FEN_MAX, 1, &fen), ERR_AMOUNT_RANGE);
    assert_int_equal(money_add(INT64_MAX, 1, &fen), ERR_AMOUNT_RANGE);
    assert_int_equal(money_sub(1, 2, &fen), ERR_AMOUNT_RANGE);
    assert_int_equal(money_mul(MONEY_FEN_MAX, 2, &fen), ERR_AMOUNT_RANGE);
    assert_int_equal(money_mul(INT64_MAX, INT64_MAX, &fen), ERR_AMOUNT_RANGE);
    assert_true(fen == 7);
    assert_int_equal(money_mul(1999, 3, &fen), ERR_NONE);
    assert_true(fen == 5997);
}

static void
shares_round_down_so_that_they_never_exceed_their_whole(void **state UNUSED)
{
    int64_t fen, sum = 0;

    for (int i = 0; i < 3; i++) {
        assert_int_equal(money_share(9999, 3333, &fen), ERR_NONE);
        sum += fen;
    }
    assert_true(fen == 3332 && sum <= 9999);
    assert_int_equal(money_share(MONEY_FEN_MAX, BPS_ONE, &fen), ERR_NONE);
    assert_true(fen == MONEY_FEN_MAX);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(yuan_in_any_decimal_form_are_exact_to_the_fen),
        cmocka_unit_test(what_is_no_amount_is_refused),
        cmocka_unit_test(yuan_are_written_with_two_decimals),
        cmocka_unit_test(percents_are_read_as_basis_points),
        cmocka_unit_test(arithmetic_never_leaves_the_range),
        cmocka_unit_test(shares_round_down_so_that_they_never_exceed_their_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

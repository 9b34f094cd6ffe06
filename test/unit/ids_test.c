/* test/unit/ids_test.c - what proto/ids.h promises. */
#include "proto/ids.h"

#include "test/support/unit.h"

static void
ids_are_plain_digits_in_range(void **state UNUSED)
{
    static const char *const bad[] = { "",
                                       "0",
                                       "01000",
                                       "+1000",
                                       "-1000",
                                       "1 000",
                                       "1000 ",
                                       "255",
                                       "1e3",
                                       "0x1f",
                                       "9007199254740992",
                                       "99999999999999999999" };
    struct product_id id = { 7 };

    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_false(product_id_parse(str_from(bad[i]), &id));
        assert_true(id.value == 7);
    }
    assert_true(product_id_parse(STR("9007199254740991"), &id));
    assert_true(id.value == INT64_C(9007199254740991));
    assert_true(product_id_parse(STR("256"), &id));
    assert_int_equal(id_partition(id.value), 0);
}

static void
a_shop_s_number_has_eight_digits_or_more(void **state UNUSED)
{
    struct shop_number number;

    assert_true(shop_number_parse(STR("10000128"), &number));
    assert_int_equal(shop_n(number), SHOP_N_FIRST);
    assert_true(id_make(SHOP_N_FIRST, 0) == number.value);
    assert_false(shop_number_parse(STR("10000127"), &number));
    assert_false(shop_number_parse(STR("9999999"), &number));
    assert_true(shop_number_parse(STR("1099511627775"), &number));
    assert_false(shop_number_parse(STR("1099511627776"), &number));
}

static void
words_have_their_partition_by_hash(void **state UNUSED)
{
    const struct str abc = STR("abc"), apart[] = { STR("ab"), STR("c") };
    const struct str other[] = { STR("a"), STR("bc") };

    assert_int_equal(partition_of_words(&abc, 1), 0xba); /* FIPS 180-2's first vector */
    assert_int_not_equal(partition_of_words(apart, 2), partition_of_words(other, 2));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_plain_digits_in_range),
        cmocka_unit_test(a_shop_s_number_has_eight_digits_or_more),
        cmocka_unit_test(words_have_their_partition_by_hash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test/unit/str_test.c - what base/str.h promises. */
#include "base/str.h"

#include "base/buf.h"
#include "test/support/unit.h"

static void
splitting_gives_every_part_and_the_empty_ones(void **state UNUSED)
{
    struct str rest = STR("a,,b"), part;

    assert_true(str_split(&rest, ',', &part) && str_equal(part, STR("a")));
    assert_true(str_split(&rest, ',', &part) && part.len == 0);
    assert_true(str_split(&rest, ',', &part) && str_equal(part, STR("b")));
    assert_false(str_split(&rest, ',', &part));
}

static void
numbers_are_decimal_and_whole_or_refused(void **state UNUSED)
{
    int64_t value = 7;

    assert_true(str_to_i64(STR("-9223372036854775808"), &value));
    assert_true(value == INT64_MIN);
    value = 7;
    assert_false(str_to_i64(STR("9223372036854775808"), &value));
    assert_false(str_to_i64(STR("+1"), &value));
    assert_false(str_to_i64(STR(" 1"), &value));
    assert_false(str_to_i64(STR("1x"), &value));
    assert_false(str_to_i64(STR(""), &value));
    assert_false(str_to_i64(STR("-"), &value));
    assert_true(value == 7);
}

static void
trimming_takes_spaces_and_tabs_off_both_ends(void **state UNUSED)
{
    assert_true(str_equal(str_trim(STR(" \t a b\t ")), STR("a b")));
    assert_true(str_trim(STR("  ")).len == 0);
}

static void
comparing_without_case_looks_at_ascii_letters_only(void **state UNUSED)
{
    assert_true(str_equal_nocase(STR("Content-Type"), STR("content-TYPE")));
    assert_false(str_equal_nocase(STR("a@"), STR("a`")));
    assert_true(str_starts(STR("abc"), STR("ab")));
    assert_false(str_starts(STR("a"), STR("ab")));
}

/* Under sanitizers: no offset is added to no bytes. */
static void
nothing_is_put_into_an_empty_buffer(void **state UNUSED)
{
    struct buf buf;

    buf_init(&buf, 16);
    buf_put(&buf, "", 0);
    buf_put_str(&buf, (struct str){ NULL, 0 });
    assert_int_equal(buf.len, 0);
    assert_false(buf.full);
    buf_free(&buf);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splitting_gives_every_part_and_the_empty_ones),
        cmocka_unit_test(numbers_are_decimal_and_whole_or_refused),
        cmocka_unit_test(trimming_takes_spaces_and_tabs_off_both_ends),
        cmocka_unit_test(comparing_without_case_looks_at_ascii_letters_only),
        cmocka_unit_test(nothing_is_put_into_an_empty_buffer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

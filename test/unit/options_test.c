/* test/unit/options_test.c - what cli/options.h promises. */
#include "cli/options.h"
#include "test/support/unit.h"

#define WORDS(...) ((const char *const[]){ __VA_ARGS__ })

static void
values_stand_behind_an_equals_sign_or_in_the_next_word(void **state UNUSED)
{
    struct options options;

    assert_true(options_read(&options, 4, WORDS("--data", "d", "--keys=k=1", "file"),
                             TAKES(DATA) | TAKES(KEYS)));
    assert_string_equal(options.value[OPTION_DATA], "d");
    assert_string_equal(options.value[OPTION_KEYS], "k=1");
    assert_int_equal(options.args_count, 1);
    assert_string_equal(options.args[0], "file");
    assert_string_equal(option_or(&options, OPTION_REDIS, "none"), "none");
}

static void
an_optional_value_is_taken_only_behind_an_equals_sign(void **state UNUSED)
{
    struct options options;

    assert_true(options_read(&options, 2, WORDS("--test-clock", "--demo"),
                             TAKES(TEST_CLOCK) | TAKES(DEMO)));
    assert_string_equal(options.value[OPTION_TEST_CLOCK], "");
    assert_true(options_read(&options, 1, WORDS("--test-clock=2011-09-01T00:00:00Z"),
                             TAKES(TEST_CLOCK)));
    assert_string_equal(options.value[OPTION_TEST_CLOCK], "2011-09-01T00:00:00Z");
}

static void
what_a_command_does_not_take_is_refused(void **state UNUSED)
{
    struct options options;

    assert_false(options_read(&options, 2, WORDS("--redis", "u"), TAKES(DATA)));
    assert_false(options_read(&options, 1, WORDS("--data"), TAKES(DATA)));
    assert_false(options_read(&options, 1, WORDS("--data="), TAKES(DATA)));
    assert_false(options_read(&options, 2, WORDS("--data", ""), TAKES(DATA)));
    assert_false(options_read(&options, 2, WORDS("--data", "--demo"),
                              TAKES(DATA) | TAKES(DEMO)));
    assert_false(options_read(&options, 1, WORDS("--test-clock="), TAKES(TEST_CLOCK)));
    assert_false(options_read(&options, 1, WORDS("--demo=yes"), TAKES(DEMO)));
    assert_false(
        options_read(&options, 4, WORDS("--data", "a", "--data", "b"), TAKES(DATA)));
}

static void
addresses_have_a_host_and_a_port(void **state UNUSED)
{
    struct listen_address address;

    assert_true(listen_address_read("127.0.0.1:8080", &address));
    assert_string_equal(address.host, "127.0.0.1");
    assert_int_equal(address.port, 8080);
    assert_true(listen_address_read("[::1]:0", &address));
    assert_string_equal(address.host, "::1");
    assert_false(listen_address_read("::1:80", &address));
    assert_false(listen_address_read("8080", &address));
    assert_false(listen_address_read(":80", &address));
    assert_false(listen_address_read("localhost:80", &address));
    assert_false(listen_address_read(" 127.0.0.1:80", &address));
    assert_false(listen_address_read("127.0.0.1:65536", &address));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_stand_behind_an_equals_sign_or_in_the_next_word),
        cmocka_unit_test(an_optional_value_is_taken_only_behind_an_equals_sign),
        cmocka_unit_test(what_a_command_does_not_take_is_refused),
        cmocka_unit_test(addresses_have_a_host_and_a_port),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

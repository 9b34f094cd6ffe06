/* test/unit/address_test.c - where a store is, in all the ways to say it. */
#include "storage/redis/address.h"

#include "test/support/unit.h"

static void
a_full_address_is_taken_apart(void **state UNUSED)
{
    struct address address;
    const char *reason;

    assert_true(address_parse(STR("redis://service:p%40s%3as@10.1.2.3:7000/"), &address,
                              &reason));
    assert_false(address.is_unix);
    assert_string_equal(address.host, "10.1.2.3");
    assert_int_equal(address.port, 7000);
    assert_string_equal(address.user, "service");
    assert_string_equal(address.password, "p@s:s");
}

static void
what_is_left_out_has_its_usual_value(void **state UNUSED)
{
    struct address address;
    const char *reason;

    assert_true(address_parse(STR("redis://cache"), &address, &reason));
    assert_string_equal(address.host, "cache");
    assert_int_equal(address.port, 6379);
    assert_string_equal(address.user, "");
    assert_string_equal(address.password, "");
    assert_true(address_parse(STR("redis://:secret@[::1]:7001"), &address, &reason));
    assert_string_equal(address.host, "::1");
    assert_int_equal(address.port, 7001);
    assert_string_equal(address.password, "secret");
}

static void
other_nodes_stand_behind_commas(void **state UNUSED)
{
    struct address address;
    const char *reason;

    assert_true(address_parse(STR("redis://u:p,@10.0.0.1:7000,10.0.0.2,[::1]:7001"),
                              &address, &reason));
    assert_string_equal(address.host, "10.0.0.1");
    assert_int_equal(address.port, 7000);
    assert_string_equal(address.password, "p,");
    assert_int_equal(address.others, 2);
    assert_string_equal(address.other[0].host, "10.0.0.2");
    assert_int_equal(address.other[0].port, 6379);
    assert_string_equal(address.other[1].host, "::1");
    assert_int_equal(address.other[1].port, 7001);
    assert_true(address_parse(STR("redis://a,b,c,d,e,f,g,h"), &address, &reason));
    assert_int_equal(address.others, ADDRESS_OTHERS_MAX);
}

static void
a_socket_has_a_path(void **state UNUSED)
{
    struct address address;
    const char *reason;

    assert_true(
        address_parse(STR("unix:/proc/self/fd/9/redis.sock"), &address, &reason));
    assert_true(address.is_unix);
    assert_string_equal(address.host, "/proc/self/fd/9/redis.sock");
}

static void
everything_else_is_refused_with_a_reason(void **state UNUSED)
{
    static const char *const bad[] = {
        "",
        "redis://",
        "redis://:6379",
        "redis://host:0",
        "redis://host:65536",
        "redis://host:6379x",
        "redis://user@host",
        "redis://u:%4@host",
        "redis://u:%zz@host",
        "redis://u:%00@host",
        "redis://[::1",
        "redis://[::1]7",
        "redis://a,",
        "redis://,a",
        "redis://a,,b",
        "redis://a,b:0",
        "redis://a,b,c,d,e,f,g,h,i",
        "rediss://host",
        "http://host",
        "unix:",
        ("unix:/a23456789012345678901234567890123456789012345678901234567890"
         "123456789012345678901234567890123456789012345678"),
    };

    for (size_t i = 0; i < COUNT(bad); i++) {
        struct address address;
        const char *reason = NULL;

        assert_false(address_parse(str_from(bad[i]), &address, &reason));
        assert_non_null(reason);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_address_is_taken_apart),
        cmocka_unit_test(what_is_left_out_has_its_usual_value),
        cmocka_unit_test(other_nodes_stand_behind_commas),
        cmocka_unit_test(a_socket_has_a_path),
        cmocka_unit_test(everything_else_is_refused_with_a_reason),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

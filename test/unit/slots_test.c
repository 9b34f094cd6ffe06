/* test/unit/slots_test.c - a cluster's slots and redirections, read from its words. */
#include "storage/redis/slots.h"

#include "test/support/unit.h"

/* The vectors of the Redis Cluster specification: CRC16 of "123456789" is 31c3. */
static void
a_tag_has_the_slot_that_the_specification_gives_it(void **state UNUSED)
{
    assert_int_equal(slot_of_tag(STR("123456789")), 0x31c3 % SLOTS);
    assert_int_equal(slot_of_tag(STR("foo")), 12182);
    assert_int_equal(slot_of_tag(STR("user1000")), 3443);
    assert_int_equal(slot_of_tag(STR("")), 0);
}

static void
a_redirection_is_read_with_names_and_both_kinds_of_addresses(void **state UNUSED)
{
    struct slot_moved moved;

    assert_true(slot_moved_read(STR("MOVED 3999 127.0.0.1:6381"), "MOVED", &moved));
    assert_int_equal(moved.slot, 3999);
    assert_true(str_equal(moved.host, STR("127.0.0.1")));
    assert_int_equal(moved.port, 6381);
    assert_true(slot_moved_read(STR("ASK 0 fe80::1:6381"), "ASK", &moved));
    assert_true(str_equal(moved.host, STR("fe80::1")));
    assert_true(slot_moved_read(STR("MOVED 16383 :6381"), "MOVED", &moved));
    assert_int_equal(moved.host.len, 0);
}

static void
words_that_are_no_redirection_are_none(void **state UNUSED)
{
    static const char *const bad[] = {
        "",
        "MOVED",
        "MOVED 1",
        "MOVED 1 host",
        "MOVED 1 host:",
        "MOVED 1 host:x",
        "MOVED 1 host:65536",
        "MOVED -1 host:1",
        "MOVED 16384 host:1",
        "MOVED x host:1",
        "ASK 1 host:1",
        "MOVEDX 1 host:1",
    };
    struct slot_moved moved;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(slot_moved_read(str_from(bad[i]), "MOVED", &moved));
    }
}

/* [first, last, [host, port]] with `replicas` more nodes. */
static struct reply
ranges_of(struct reply *words, struct reply *node, int64_t first, int64_t last)
{
    node[0] = (struct reply){ .type = REPLY_STRING, .str = STR("10.0.0.1") };
    node[1] = (struct reply){ .type = REPLY_INTEGER, .integer = 7000 };
    words[1] = (struct reply){ .type = REPLY_INTEGER, .integer = first };
    words[2] = (struct reply){ .type = REPLY_INTEGER, .integer = last };
    words[3] = (struct reply){ .type = REPLY_ARRAY, .count = 2, .element = node };
    words[4] = words[3];
    words[0] = (struct reply){ .type = REPLY_ARRAY, .count = 4, .element = words + 1 };
    return (struct reply){ .type = REPLY_ARRAY, .count = 1, .element = words };
}

static void
a_range_names_its_primary_and_counts_its_replicas(void **state UNUSED)
{
    struct reply words[5], node[2], ranges = ranges_of(words, node, 0, 5460);
    struct slot_range range;

    assert_true(slot_range_read(&ranges, 0, &range));
    assert_int_equal(range.first, 0);
    assert_int_equal(range.last, 5460);
    assert_true(str_equal(range.host, STR("10.0.0.1")));
    assert_int_equal(range.port, 7000);
    assert_int_equal(range.replicas, 1);
    node[0] = (struct reply){ .type = REPLY_NIL }; /* unknown: the one that was asked */
    assert_true(slot_range_read(&ranges, 0, &range));
    assert_int_equal(range.host.len, 0);
}

static void
a_range_that_cannot_be_is_refused(void **state UNUSED)
{
    struct reply words[5], node[2], ranges;
    struct slot_range range;

    ranges = ranges_of(words, node, 5, 4);
    assert_false(slot_range_read(&ranges, 0, &range));
    ranges = ranges_of(words, node, 0, SLOTS);
    assert_false(slot_range_read(&ranges, 0, &range));
    ranges = ranges_of(words, node, -1, 3);
    assert_false(slot_range_read(&ranges, 0, &range));
    ranges = ranges_of(words, node, 0, 3);
    assert_false(slot_range_read(&ranges, 1, &range));
    node[1].integer = 65536;
    assert_false(slot_range_read(&ranges, 0, &range));
    words[0].count = 2;
    assert_false(slot_range_read(&ranges, 0, &range));
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tag_has_the_slot_that_the_specification_gives_it),
        cmocka_unit_test(a_redirection_is_read_with_names_and_both_kinds_of_addresses),
        cmocka_unit_test(words_that_are_no_redirection_are_none),
        cmocka_unit_test(a_range_names_its_primary_and_counts_its_replicas),
        cmocka_unit_test(a_range_that_cannot_be_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

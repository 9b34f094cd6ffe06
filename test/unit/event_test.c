/* test/unit/event_test.c - what proto/event.h promises, also to hostile bytes. */
#include "proto/event.h"

#include "test/support/unit.h"

static struct event events[EVENTS_PER_ENTRY];

static const struct event one_of_each[] = {
    { .kind = EVENT_VISIT,
      .shop = { SHOP_NUMBER_MIN },
      .visit = { 20454, 0xffffffffff, 9, VISITOR_ANONYMOUS } },
    { .kind = EVENT_VISIT,
      .shop = { SHOP_NUMBER_MIN + 1 },
      .visit = { 0, 0, 0, VISITOR_VERIFIED } },
    { .kind = EVENT_SALE,
      .shop = { SHOP_NUMBER_MAX },
      .sale = { UINT64_MAX, 0xffffffffffff, 1767196800, 1000000000000,
                BUYER_MERCHANT } },
    { .kind = EVENT_REFUND,
      .shop = { SHOP_NUMBER_MAX },
      .sale = { 1, 2, 3, 0, BUYER_LINKED } },
    { .kind = EVENT_ACTIVITY, .shop = { 10000500 }, .activity_day = EVENT_DAY_MAX },
    { .kind = EVENT_SHOP_STATUS,
      .shop = { 10000500 },
      .status = { .open = true, .on_boards = false } },
};

static void
assert_same(const struct event *a, const struct event *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_true(a->shop.value == b->shop.value);
    switch (a->kind) {
    case EVENT_VISIT:
        assert_int_equal(a->visit.day, b->visit.day);
        assert_true(a->visit.visitor == b->visit.visitor);
        assert_int_equal(a->visit.net, b->visit.net);
        assert_int_equal(a->visit.visitor_class, b->visit.visitor_class);
        break;
    case EVENT_SALE:
    case EVENT_REFUND:
        assert_true(a->sale.sale == b->sale.sale && a->sale.buyer == b->sale.buyer);
        assert_true(a->sale.paid_at_s == b->sale.paid_at_s);
        assert_true(a->sale.net_fen == b->sale.net_fen);
        assert_int_equal(a->sale.buyer_class, b->sale.buyer_class);
        break;
    case EVENT_ACTIVITY:
        assert_int_equal(a->activity_day, b->activity_day);
        break;
    case EVENT_SHOP_STATUS:
        assert_int_equal(a->status.open, b->status.open);
        assert_int_equal(a->status.on_boards, b->status.on_boards);
        break;
    }
}

static void
what_was_written_is_read(void **state UNUSED)
{
    struct buf out;
    size_t count;
    const char *why;

    buf_init(&out, EVENT_ENTRY_BYTES_MAX);
    event_write(&out, one_of_each, COUNT(one_of_each));
    assert_false(out.full);
    assert_int_equal(event_read(buf_str(&out), events, &count, &why), ERR_NONE);
    assert_null(why);
    assert_int_equal(count, COUNT(one_of_each));
    for (size_t i = 0; i < count; i++) {
        assert_same(&events[i], &one_of_each[i]);
    }
    buf_free(&out);
}

static void
a_full_entry_fits(void **state UNUSED)
{
    static struct event many[EVENTS_PER_ENTRY];
    struct buf out;
    size_t count;
    const char *why;

    for (size_t i = 0; i < COUNT(many); i++) {
        many[i] = one_of_each[2]; /* the longest */
    }
    buf_init(&out, EVENT_ENTRY_BYTES_MAX);
    event_write(&out, many, COUNT(many));
    assert_false(out.full);
    assert_int_equal(event_read(buf_str(&out), events, &count, &why), ERR_NONE);
    assert_int_equal(count, EVENTS_PER_ENTRY);
    buf_free(&out);
}

/* Every prefix is refused, and so is every single changed byte or still an entry: never
 * a crash, which the sanitizers watch. */
static void
cut_and_changed_bytes_do_no_harm(void **state UNUSED)
{
    struct buf out;
    size_t count;
    const char *why;

    buf_init(&out, EVENT_ENTRY_BYTES_MAX);
    event_write(&out, one_of_each, COUNT(one_of_each));
    for (size_t len = 0; len < out.len; len++) {
        assert_int_equal(event_read(str_of(out.data, len), events, &count, &why),
                         ERR_BAD_DATA);
        assert_non_null(why);
        assert_int_equal(count, 0);
    }
    for (size_t i = 0; i < out.len; i++) {
        char kept = out.data[i];

        for (int byte = 0; byte < 256; byte++) {
            out.data[i] = (char)byte;
            (void)event_read(buf_str(&out), events, &count, &why);
            assert_true(count <= EVENTS_PER_ENTRY);
        }
        out.data[i] = kept;
    }
    buf_free(&out);
}

static void
hostile_entries_are_refused_with_a_reason(void **state UNUSED)
{
    static const struct {
        struct str bytes;
        const char *why;
    } rows[] = {
        { STR(""), "not an entry" },
        { STR("\xc0"), "not an entry" },
        { STR("\x91\x01"), "not an entry" },             /* no event */
        { STR("\xdd\xff\xff\xff\xff"), "not an entry" }, /* counts of 4 billion */
        { STR("\xdc\xff\xff\x01"), "not an entry" },
        { STR("\x92\x02\x93\x04\x00\x00"), "unknown version" },
        { STR("\x92\x01\x01"), "not an event" },
        { STR("\x92\x01\x90"), "not an event" },
        { STR("\x92\x01\x93\x09\x00\x00"), "unknown kind" },
        { STR("\x92\x01\x93\x00\x00\x00"), "unknown kind" },
        { STR("\x92\x01\x92\x04\x00"), "wrong number of fields" },
        { STR("\x92\x01\x93\x04\x07\x00"), "not a shop's number" },
        { STR("\x92\x01\x93\x04\xd2\xff\xff\xff\xff\x00"), "not a shop's number" },
        { STR("\x92\x01\x93\x04\xce\x00\x98\x96\x80\xce\x00\x01\x00\x00"),
          "not a shop's number" },
        { STR("\x92\x01\x93\x04\xce\x00\x98\x97\x00\xce\x00\x01\x00\x00"),
          "a field is out of range" }, /* day 65536 */
        { STR("\x92\x01\x94\x05\xce\x00\x98\x97\x00\x01\x01"),
          "a field is out of range" }, /* 1 is not true */
        { STR("\x92\x01\x93\x04\xce\x00\x98\x97\x00\x05\xc0"), "bytes behind the end" },
        { STR("\x92\x01\x96\x01\xce\x00\x98\x97\x00\x05\x07\x00\x01"),
          "a field is out of range" }, /* an anonymous visitor without a net */
    };
    size_t count;
    const char *why;

    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(event_read(rows[i].bytes, events, &count, &why), ERR_BAD_DATA);
        assert_string_equal(why, rows[i].why);
    }
}

static void
too_many_and_too_large_are_refused(void **state UNUSED)
{
    static char bytes[EVENT_ENTRY_BYTES_MAX + 1];
    size_t count;
    const char *why;

    memset(bytes, 0x90, sizeof(bytes));
    memcpy(bytes, "\xdc\x02\x02\x01", 4); /* 513 events */
    assert_int_equal(event_read(str_of(bytes, 2000), events, &count, &why),
                     ERR_BAD_DATA);
    assert_string_equal(why, "too many events");
    assert_int_equal(event_read(str_of(bytes, sizeof(bytes)), events, &count, &why),
                     ERR_BAD_DATA);
    assert_string_equal(why, "too large");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(a_full_entry_fits),
        cmocka_unit_test(cut_and_changed_bytes_do_no_harm),
        cmocka_unit_test(hostile_entries_are_refused_with_a_reason),
        cmocka_unit_test(too_many_and_too_large_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

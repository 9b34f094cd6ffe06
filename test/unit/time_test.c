/* test/unit/time_test.c - what proto/time.h promises. */
#include "proto/time.h"

#include "test/support/unit.h"

static void
times_are_written_with_milliseconds_in_utc(void **state UNUSED)
{
    static const struct {
        int64_t at_ms;
        const char *text;
    } rows[] = { { 0, "1970-01-01T00:00:00.000Z" },
                 { INT64_C(951827696789), "2000-02-29T12:34:56.789Z" },
                 { INT64_C(1795248000000), "2026-11-21T08:00:00.000Z" },
                 { INT64_C(4107542399999), "2100-02-28T23:59:59.999Z" },
                 { INT64_C(253402300799999), "9999-12-31T23:59:59.999Z" } };
    char text[TIME_TEXT_BYTES];
    int64_t back;

    for (size_t i = 0; i < COUNT(rows); i++) {
        time_write(rows[i].at_ms, text);
        assert_string_equal(text, rows[i].text);
        assert_true(time_read(str_from(text), &back));
        assert_true(back == rows[i].at_ms);
    }
}

static void
any_rfc_3339_time_is_read(void **state UNUSED)
{
    static const char *const same[] = {
        "2026-11-21T08:00:00Z",          "2026-11-21t08:00:00z",
        "2026-11-21T16:00:00+08:00",     "2026-11-21 16:00:00.0009+08:00",
        "2026-11-20T23:30:00.000-08:30", "2026-11-21T08:00:00.000999999999Z",
    };
    int64_t at_ms;

    for (size_t i = 0; i < COUNT(same); i++) {
        at_ms = 0;
        assert_true(time_read(str_from(same[i]), &at_ms));
        assert_true(at_ms == INT64_C(1795248000000));
    }
    assert_true(time_read(STR("2016-12-31T23:59:60Z"), &at_ms)); /* a leap second */
    assert_true(at_ms == INT64_C(1483228799000));
}

static void
other_text_is_no_time(void **state UNUSED)
{
    static const char *const bad[] = {
        "",
        "2026-11-21",
        "2026-11-21T08:00Z",
        "2026-11-21T08:00:00",
        "2026-02-29T08:00:00Z",
        "2026-13-01T08:00:00Z",
        "2026-00-01T08:00:00Z",
        "2026-11-00T08:00:00Z",
        "2026-11-31T08:00:00Z",
        "2026-11-21T24:00:00Z",
        "2026-11-21T08:60:00Z",
        "2026-11-21T08:00:61Z",
        "2026-11-21T08:00:00.Z",
        "2026-11-21T08:00:00Z ",
        "2026-11-21T08:00:00+8:00",
        "2026-11-21T08:00:00+24:00",
        "1969-12-31T23:59:59Z",
        "-026-11-21T08:00:00Z",
        "2026-11-21T08:00:0",
        "9999-12-31T23:59:59-00:01",
    };
    int64_t at_ms = 7;

    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_false(time_read(str_from(bad[i]), &at_ms));
        assert_true(at_ms == 7);
    }
    assert_false(time_read(str_of("2026-11-21T08:00:00Z\0", 21), &at_ms));
}

static void
a_day_is_a_date_in_utc_plus_8(void **state UNUSED)
{
    char text[DAY_TEXT_BYTES];
    int32_t day;

    assert_true(time_day_read(STR("2026-01-01"), &day));
    assert_int_equal(day, 20454); /* SCORING.md 2: the landmark */
    assert_int_equal(time_day(time_day_starts_s(day)), day);
    assert_int_equal(time_day(time_day_starts_s(day) - 1), day - 1);
    assert_int_equal(time_day(1767196800), day); /* 2025-12-31T16:00Z */
    time_day_write(day, text);
    assert_string_equal(text, "2026-01-01");
    assert_int_equal(time_day(-28801), -1);
    assert_false(time_day_read(STR("2026-01-01 "), &day));
    assert_false(time_day_read(STR("2026-1-1"), &day));
}

static void
every_day_of_four_centuries_comes_back(void **state UNUSED)
{
    char text[DAY_TEXT_BYTES];
    int32_t back;

    for (int32_t day = -1000; day < 146097; day++) {
        time_day_write(day, text);
        assert_true(time_day_read(str_from(text), &back));
        assert_int_equal(back, day);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_written_with_milliseconds_in_utc),
        cmocka_unit_test(any_rfc_3339_time_is_read),
        cmocka_unit_test(other_text_is_no_time),
        cmocka_unit_test(a_day_is_a_date_in_utc_plus_8),
        cmocka_unit_test(every_day_of_four_centuries_comes_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

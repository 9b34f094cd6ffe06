/* test/unit/text_test.c - nothing is left unsaid in any language, and figures read as
 * people write them. */
#include <string.h>

#include "proto/time.h"
#include "server/text/format.h"
#include "test/support/unit.h"

enum { ARENA_BYTES = 1 << 20 };

static struct arena *arena;

static int
arena_open(void **state UNUSED)
{
    arena = arena_new(ARENA_BYTES);
    return 0;
}

static int
arena_close(void **state UNUSED)
{
    arena_free(&arena);
    return 0;
}

static void
every_text_has_words_in_every_language(void **state UNUSED)
{
    for (enum language language = 0; language < LANGUAGES; language++) {
        for (enum text text = 0; text < TEXT_COUNT; text++) {
            if (text_of(language, text) == NULL || text_of(language, text)[0] == '\0') {
                fail_msg("language %d has no %s", (int)language, text_key(text));
            }
            /* Words become part of the templates. */
            assert_null(strstr(text_of(language, text), "{{"));
        }
    }
}

static void
every_problem_has_a_title_and_a_detail_in_every_language(void **state UNUSED)
{
    for (enum language language = 0; language < LANGUAGES; language++) {
        for (enum err err = 0; err < ERR_COUNT; err++) {
            struct text_problem words = text_problem(language, err);

            if (words.title == NULL || words.detail == NULL) {
                fail_msg("language %d does not say %s", (int)language, err_code(err));
            }
        }
    }
}

/* Dates are put together differently; all else says the same things everywhere. */
static void
every_language_fills_the_same_places(void **state UNUSED)
{
    for (enum text text = 0; text < TEXT_COUNT; text++) {
        struct str rest = str_from(text_of(LANGUAGE_ZH, text)), part;

        if (text >= TEXT_DAY && text <= TEXT_MONTH_OF_YEAR) {
            continue;
        }
        str_split(&rest, '{', &part);
        while (str_split(&rest, '{', &part)) {
            const char *end = memchr(part.data, '}', part.len);
            struct str place;

            assert_non_null(end);
            place = arena_printf(arena, "{%.*s}", (int)(end - part.data), part.data);
            if (strstr(text_of(LANGUAGE_EN, text), place.data) == NULL) {
                fail_msg("%s has no %s in English", text_key(text), place.data);
            }
        }
    }
}

static void
expect(struct str made, const char *expected)
{
    assert_string_equal(arena_cstr(arena, made), expected);
}

static void
places_are_filled_by_their_names(void **state UNUSED)
{
    const struct text_place places[] = { { "time", STR("{count}") },
                                         { "count", STR("4") } };

    expect(text_fill(arena, LANGUAGE_EN, TEXT_PICKS_MANY, places, COUNT(places)),
           "4 picks · each stays at least {count}");
    expect(text_fill(arena, LANGUAGE_ZH, TEXT_NEW_SHOP, NULL, 0), "新店");
}

static void
numbers_are_grouped_by_thousands(void **state UNUSED)
{
    expect(format_number(arena, 0), "0");
    expect(format_number(arena, 999), "999");
    expect(format_number(arena, 1000), "1,000");
    expect(format_number(arena, 1234567), "1,234,567");
    expect(format_number(arena, -123456), "-123,456");
}

static void
money_shows_fen_only_where_there_are_some(void **state UNUSED)
{
    expect(format_money(arena, 8800), "88");
    expect(format_money(arena, 3990), "39.90");
    expect(format_money(arena, 5), "0.05");
    expect(format_money(arena, 123456789), "1,234,567.89");
}

static void
days_are_those_of_utc_plus_8(void **state UNUSED)
{
    const int64_t at_ms = 1795276800000 - 1; /* 2026-11-22T00:00+08:00 less 1 ms */
    const int64_t next_year_ms = at_ms + INT64_C(366) * DAY_S * 1000;

    expect(format_day(arena, LANGUAGE_ZH, at_ms, at_ms), "11 月 21 日");
    expect(format_day(arena, LANGUAGE_ZH, at_ms + 1, at_ms), "11 月 22 日");
    expect(format_day(arena, LANGUAGE_EN, at_ms, at_ms), "21 November");
    expect(format_day(arena, LANGUAGE_EN, at_ms, next_year_ms), "21 November 2026");
    expect(format_day(arena, LANGUAGE_ZH, at_ms, next_year_ms), "2026 年 11 月 21 日");
    expect(format_month(arena, LANGUAGE_ZH, at_ms), "2026 年 11 月");
    expect(format_month(arena, LANGUAGE_EN, at_ms), "November 2026");
}

static void
durations_take_the_largest_unit_that_is_exact(void **state UNUSED)
{
    expect(format_duration(arena, LANGUAGE_ZH, 259200), "3 天");
    expect(format_duration(arena, LANGUAGE_EN, 86400), "1 day");
    expect(format_duration(arena, LANGUAGE_EN, 5400), "90 minutes");
    expect(format_duration(arena, LANGUAGE_EN, 7200), "2 hours");
    expect(format_duration(arena, LANGUAGE_EN, 0), "0 seconds");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_text_has_words_in_every_language),
        cmocka_unit_test(every_problem_has_a_title_and_a_detail_in_every_language),
        cmocka_unit_test(every_language_fills_the_same_places),
        cmocka_unit_test(places_are_filled_by_their_names),
        cmocka_unit_test(numbers_are_grouped_by_thousands),
        cmocka_unit_test(money_shows_fen_only_where_there_are_some),
        cmocka_unit_test(days_are_those_of_utc_plus_8),
        cmocka_unit_test(durations_take_the_largest_unit_that_is_exact),
    };

    return cmocka_run_group_tests(tests, arena_open, arena_close);
}

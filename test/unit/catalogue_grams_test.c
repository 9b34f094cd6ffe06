/* test/unit/catalogue_grams_test.c - what titles are found by. */
#include <stdlib.h>

#include "base/buf.h"
#include "storage/catalogue/grams.h"
#include "test/support/unit.h"

static void
expect_grams(const char *title, const char *expected)
{
    struct arena *arena = arena_new(1 << 20);
    struct str grams[GRAMS_MAX];
    size_t count = grams_of_title(arena, str_from(title), grams);
    struct buf text;

    buf_init(&text, 1 << 16);
    for (size_t i = 0; i < count; i++) {
        buf_printf(&text, "%s%.*s", i > 0 ? " " : "", STR_ARGS(grams[i]));
    }
    buf_put_char(&text, '\0');
    assert_string_equal(text.data, expected);
    buf_free(&text);
    arena_free(&arena);
}

/* Has the title all grams of the query, and does it match? */
static bool
finds(const char *query, const char *title)
{
    struct arena *arena = arena_new(1 << 20);
    struct str grams[GRAMS_MAX];
    size_t count = grams_of_title(arena, str_from(title), grams);
    struct query_words words;
    bool found;

    query_read(arena, str_from(query), &words);
    found = words.words > 0 && query_matches(arena, &words, str_from(title));
    for (size_t i = 0; i < words.grams; i++) {
        bool has = false;

        for (size_t g = 0; g < count; g++) {
            has = has || str_equal(grams[g], words.gram[i]);
        }
        found = found && has;
    }
    arena_free(&arena);
    return found;
}

static void
a_title_is_cut_into_pairs_ideographs_and_beginnings(void **state UNUSED)
{
    expect_grams("Red Globe", "re ed red gl lo glo ob be");
    expect_grams("羊毛被", "羊 羊毛 毛 毛被 被");
    expect_grams("T恤衫", "t恤 恤 恤衫 衫");
    expect_grams("5 l, 5 L!", "");
    expect_grams("ABAB", "ab ba aba");
    expect_grams("", "");
    expect_grams("\xEF\xBC\xA1\xEF\xBC\xA2", "ab"); /* full-width A and B */
}

static void
two_chinese_characters_or_one_find_a_title(void **state UNUSED)
{
    assert_true(finds("羊毛", "秋冬保暖加厚澳洲羊毛被"));
    assert_true(finds("被", "秋冬保暖加厚澳洲羊毛被"));
    assert_true(finds("羊毛 保暖", "秋冬保暖加厚澳洲羊毛被"));
    assert_false(finds("毛羊", "秋冬保暖加厚澳洲羊毛被"));
    assert_false(finds("羊绒", "秋冬保暖加厚澳洲羊毛被"));
    assert_true(finds("t恤", "纯棉T恤 白色"));
}

static void
latin_words_are_found_by_their_beginning_in_any_case(void **state UNUSED)
{
    assert_true(finds("globe", "Inflatable Political Globe"));
    assert_true(finds("GLOB pol", "Inflatable Political Globe"));
    assert_true(finds("gl", "Inflatable Political Globe"));
    assert_false(finds("lobe", "Inflatable Political Globe"));
    assert_false(finds("gloves", "Inflatable Political Globe"));
    assert_false(finds("globe", "Red Gloves, Beige"));
    assert_true(finds("strasse", "Stra\xC3\x9F"
                                 "e"));
}

static void
a_query_without_words_finds_nothing(void **state UNUSED)
{
    assert_false(finds("", "Globe"));
    assert_false(finds("!?", "Globe"));
}

static void
the_longest_query_and_title_stay_within_bounds(void **state UNUSED)
{
    struct arena *arena = arena_new(8 << 20);
    struct str grams[GRAMS_MAX];
    struct query_words words;
    struct buf text;

    buf_init(&text, 1 << 16);
    for (int i = 0; i < 2000; i++) {
        buf_printf(&text, "%c%c%c", 0xE4 + i % 5, 0x80 + i % 61, 0x80 + i % 59);
        buf_put(&text, " ", i % 7 == 0);
    }
    assert_int_equal(grams_of_title(arena, buf_str(&text), grams), GRAMS_MAX);
    query_read(arena, buf_str(&text), &words);
    assert_int_equal(words.words, QUERY_WORDS_MAX);
    assert_int_equal(words.grams, QUERY_GRAMS_MAX);
    buf_free(&text);
    arena_free(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_title_is_cut_into_pairs_ideographs_and_beginnings),
        cmocka_unit_test(two_chinese_characters_or_one_find_a_title),
        cmocka_unit_test(latin_words_are_found_by_their_beginning_in_any_case),
        cmocka_unit_test(a_query_without_words_finds_nothing),
        cmocka_unit_test(the_longest_query_and_title_stay_within_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

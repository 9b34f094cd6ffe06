/* test/unit/utf8_test.c - what text is taken, and what it becomes. */
#include "base/utf8.h"

#include "test/support/unit.h"

static int
with_arena(void **state)
{
    *state = arena_new(64 * 1024);
    return 0;
}

static int
without_arena(void **state)
{
    struct arena *arena = *state;

    arena_free(&arena);
    return 0;
}

static void
assert_line(struct arena *arena, const char *text, const char *expected)
{
    struct str out = { NULL, 0 };
    bool taken = utf8_text(arena, str_from(text), UTF8_LINE, 1, 8, &out);

    assert_int_equal(taken, expected != NULL);
    assert_true(expected == NULL || str_equal(out, str_from(expected)));
}

static void
overlong_forms_surrogates_and_cut_characters_are_invalid(void **state UNUSED)
{
    assert_true(utf8_valid(STR("小铺 shop \xF0\x9F\x9B\x92")));
    assert_false(utf8_valid(STR("\xC0\xAF")));
    assert_false(utf8_valid(STR("\xED\xA0\x80")));
    assert_false(utf8_valid(STR("\xF4\x90\x80\x80")));
    assert_false(utf8_valid(STR("\xE5\xB0")));
}

static void
a_line_is_composed_and_trimmed(void **state)
{
    assert_line(*state, " \t e\xCC\x81t\xC3\xA9\xE3\x80\x80 ", "\xC3\xA9t\xC3\xA9");
    assert_line(*state, "小铺", "小铺");
}

static void
a_line_has_its_bounds_in_characters(void **state)
{
    assert_line(*state, "", NULL);
    assert_line(*state, "   ", NULL);
    assert_line(*state, "一二三四五六七八", "一二三四五六七八");
    assert_line(*state, "一二三四五六七八九", NULL);
}

static void
what_cannot_be_seen_is_refused(void **state)
{
    assert_line(*state, "a\nb", NULL);
    assert_line(*state, "a\x7f", NULL);
    assert_line(*state, "a\xC2\x85z", NULL);     /* NEL */
    assert_line(*state, "a\xE2\x80\xAEz", NULL); /* right-to-left override */
    assert_line(*state, "a\xE2\x81\xA6z", NULL); /* isolate */
    assert_line(*state, "a\xE2\x80\x8Bz", NULL); /* zero-width space */
    assert_line(*state, "a\xEF\xBB\xBFz", NULL); /* byte order mark */
    assert_line(*state, "a\xE2\x80\x8Dz", NULL); /* a joiner between letters */
    assert_line(*state, "a\xE2\x80\xA8z", NULL); /* line separator */
    assert_line(*state, "\xF0\x9F\x91\xA9\xE2\x80\x8D", NULL); /* joins nothing */
}

static void
a_joiner_inside_an_emoji_is_taken(void **state)
{
    const char *astronaut = "\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x9A\x80";
    const char *toned = "\xF0\x9F\x91\xA9\xF0\x9F\x8F\xBD\xE2\x80\x8D\xF0\x9F\x9A\x80";

    assert_line(*state, astronaut, astronaut);
    assert_line(*state, toned, toned);
}

static void
a_paragraph_may_hold_line_feeds_only(void **state)
{
    struct str out;

    assert_true(utf8_text(*state, STR("a\nb"), UTF8_PARAGRAPH, 1, 9, &out));
    assert_false(utf8_text(*state, STR("a\rb"), UTF8_PARAGRAPH, 1, 9, &out));
}

static void
folding_makes_forms_and_cases_equal(void **state)
{
    struct str wide = utf8_fold(*state, STR("ＡＢＣ Straße"));

    assert_true(str_equal(wide, utf8_fold(*state, STR("abc STRASSE"))));
}

static void
characters_are_walked_one_by_one(void **state UNUSED)
{
    struct str s = STR("小a");
    int32_t code_point;

    assert_int_equal(utf8_count(s), 2);
    assert_int_equal(utf8_next(s, &code_point), 3);
    assert_int_equal(code_point, 0x5C0F);
    assert_int_equal(utf8_next(STR(""), &code_point), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overlong_forms_surrogates_and_cut_characters_are_invalid),
        cmocka_unit_test(a_line_is_composed_and_trimmed),
        cmocka_unit_test(a_line_has_its_bounds_in_characters),
        cmocka_unit_test(what_cannot_be_seen_is_refused),
        cmocka_unit_test(a_joiner_inside_an_emoji_is_taken),
        cmocka_unit_test(a_paragraph_may_hold_line_feeds_only),
        cmocka_unit_test(folding_makes_forms_and_cases_equal),
        cmocka_unit_test(characters_are_walked_one_by_one),
    };

    return cmocka_run_group_tests(tests, with_arena, without_arena);
}

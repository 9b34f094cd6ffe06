/* test/unit/http_accept_test.c - what clients would rather have. */
#include "server/http/accept.h"
#include "test/unit/unit.h"

static int
type_of(const char *accept)
{
    static const char *const types[] = { "application/json", "application/msgpack",
                                         NULL };

    return accept_type(accept != NULL ? str_from(accept) : (struct str){ NULL, 0 },
                       types);
}

static void
the_type_liked_best_is_chosen(void **state UNUSED)
{
    assert_int_equal(type_of(NULL), 0);
    assert_int_equal(type_of(""), 0);
    assert_int_equal(type_of("*/*"), 0);
    assert_int_equal(type_of("application/*"), 0);
    assert_int_equal(type_of("application/msgpack"), 1);
    assert_int_equal(type_of("Application/MsgPack ; q=0.1"), 1);
    assert_int_equal(type_of("application/json;q=0.5, application/msgpack"), 1);
    assert_int_equal(type_of("application/json;q=0.500, application/msgpack;q=0.499"),
                     0);
    assert_int_equal(type_of("*/*;q=0.9, application/json;q=0.1"), 1);
    assert_int_equal(type_of("text/html, */*;q=0.1"), 0);
}

static void
nothing_is_chosen_when_nothing_will_do(void **state UNUSED)
{
    assert_int_equal(type_of("text/html"), -1);
    assert_int_equal(type_of("application/json;q=0"), -1);
    assert_int_equal(type_of("*/*;q=0"), -1);
    assert_int_equal(type_of("application/json;q=nonsense"), -1);
    assert_int_equal(type_of("application"), -1);
}

static enum coding
coding_of(const char *accept)
{
    return accept_coding(accept != NULL ? str_from(accept) : (struct str){ NULL, 0 });
}

static void
brotli_comes_before_gzip_before_nothing(void **state UNUSED)
{
    assert_int_equal(coding_of(NULL), CODING_IDENTITY);
    assert_int_equal(coding_of("gzip, deflate, br"), CODING_BROTLI);
    assert_int_equal(coding_of("gzip, deflate"), CODING_GZIP);
    assert_int_equal(coding_of("br;q=0.5, gzip;q=0.8"), CODING_GZIP);
    assert_int_equal(coding_of("br;q=0, gzip;q=0"), CODING_IDENTITY);
    assert_int_equal(coding_of("*"), CODING_BROTLI);
    assert_int_equal(coding_of("identity, gzip;q=0.5"), CODING_IDENTITY);
    assert_int_equal(coding_of("deflate"), CODING_IDENTITY);
}

static void
chinese_unless_english_is_liked_better(void **state UNUSED)
{
    assert_int_equal(accept_language((struct str){ NULL, 0 }), LANGUAGE_ZH);
    assert_int_equal(accept_language(STR("en")), LANGUAGE_EN);
    assert_int_equal(accept_language(STR("en-GB,en;q=0.9,zh;q=0.8")), LANGUAGE_EN);
    assert_int_equal(accept_language(STR("en;q=0.5, zh-CN;q=0.6")), LANGUAGE_ZH);
    assert_int_equal(accept_language(STR("zh, en")), LANGUAGE_ZH);
    assert_int_equal(accept_language(STR("english")), LANGUAGE_ZH);
    assert_int_equal(accept_language(STR("fr, de;q=0.5")), LANGUAGE_ZH);
}

static void
entity_tags_are_found_in_lists(void **state UNUSED)
{
    assert_true(etag_in_list(STR("\"a\""), STR("\"a\""), true));
    assert_true(etag_in_list(STR("\"b\", W/\"a\""), STR("\"a\""), false));
    assert_false(etag_in_list(STR("W/\"a\""), STR("\"a\""), true));
    assert_true(etag_in_list(STR("*"), STR("\"a\""), true));
    assert_false(etag_in_list(STR("\"b\""), STR("\"a\""), false));
    assert_false(etag_in_list(STR(""), STR("\"a\""), false));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_type_liked_best_is_chosen),
        cmocka_unit_test(nothing_is_chosen_when_nothing_will_do),
        cmocka_unit_test(brotli_comes_before_gzip_before_nothing),
        cmocka_unit_test(chinese_unless_english_is_liked_better),
        cmocka_unit_test(entity_tags_are_found_in_lists),
    };

    return cmocka_run_group_tests_name("http_accept", tests, NULL, NULL);
}

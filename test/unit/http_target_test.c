/* test/unit/http_target_test.c - targets and queries are decoded once, or refused. */
#include <stdio.h>

#include "server/http/target.h"
#include "test/unit/unit.h"

/* The segments joined by '|', or the error's code. */
static const char *
read_path(struct arena *arena, const char *raw)
{
    struct http_target target;
    struct str text = STR("");
    enum err err = http_target_read(arena, str_from(raw), &target);

    if (err != ERR_NONE) {
        return err_code(err);
    }
    for (size_t i = 0; i < target.segment_count; i++) {
        text = arena_printf(arena, "%.*s%s%.*s", STR_ARGS(text), i > 0 ? "|" : "",
                            STR_ARGS(target.segment[i]));
    }
    return text.data;
}

struct path_case {
    const char *raw;
    const char *segments;
};

static void
expect_paths(const struct path_case *cases, size_t count)
{
    struct arena *arena = arena_new(1 << 20);

    for (size_t i = 0; i < count; i++) {
        assert_string_equal(read_path(arena, cases[i].raw), cases[i].segments);
    }
    arena_free(&arena);
}

static void
paths_are_split_before_they_are_decoded(void **state UNUSED)
{
    static const struct path_case cases[] = {
        { "/", "" },
        { "/s/10000128", "s|10000128" },
        { "/a/", "a|" },
        { "//a", "|a" },
        { "/a%2Fb/c", "a/b|c" },
        { "/%e4%b8%ad?x", "\xe4\xb8\xad" },
        { "/%2525", "%25" },
        { "/...", "..." },
        { "/a+b", "a+b" },
        { "http://a/b?c", "b" },
        { "https://a:80", "" },
        { "HTTP://a?x", "" },
    };

    expect_paths(cases, COUNT(cases));
}

static void
paths_that_could_mean_another_are_refused(void **state UNUSED)
{
    static const struct path_case cases[] = {
        { "/a/../b", "bad_request" },
        { "/./a", "bad_request" },
        { "/%2e%2e/a", "bad_request" },
        { "/.%2e", "bad_request" },
        { "/a\\b", "bad_request" },
        { "/a%5cb", "bad_request" },
        { "/%", "bad_request" },
        { "/%4", "bad_request" },
        { "/%zz", "bad_request" },
        { "/%00", "bad_request" },
        { "/%0a", "bad_request" },
        { "/%7f", "bad_request" },
        { "/%ff", "bad_request" },
        { "/%c0%af", "bad_request" },
        { "/%ed%a0%80", "bad_request" },
        { "/a#b", "bad_request" },
        { "/a b", "bad_request" },
        { "", "bad_request" },
        { "a", "bad_request" },
        { "a:80", "bad_request" },
        { "ftp://a/", "bad_request" },
        { "http:///a", "bad_request" },
        { "http://u@a/", "bad_request" },
        { "http://a:b/", "bad_request" },
        { "/\xe4\xb8\xad", "bad_request" },
        { "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", "not_found" },
    };

    expect_paths(cases, COUNT(cases));
}

static void
an_authority_replaces_the_host(void **state UNUSED)
{
    struct arena *arena = arena_new(1 << 16);
    struct http_target target;

    assert_int_equal(http_target_read(arena, STR("http://b:8080/x?y=/z"), &target),
                     ERR_NONE);
    assert_true(str_equal(target.authority, STR("b:8080")));
    assert_true(str_equal(target.path, STR("/x")));
    assert_true(str_equal(target.query, STR("y=/z")));
    arena_free(&arena);
}

static enum err
read_query(struct arena *arena, const char *raw, struct query *query)
{
    return http_query_read(arena, str_from(raw), query);
}

static void
queries_are_decoded(void **state UNUSED)
{
    struct arena *arena = arena_new(1 << 16);
    struct query query;

    assert_int_equal(http_query_read(arena, (struct str){ NULL, 0 }, &query), ERR_NONE);
    assert_int_equal(query.count, 0);
    assert_int_equal(read_query(arena, "a=1&b=%E4%B8%AD+x&c&&d==", &query), ERR_NONE);
    assert_int_equal(query.count, 4);
    assert_true(str_equal(query.field[1].value, STR("\xe4\xb8\xad x")));
    assert_true(str_equal(query.field[2].name, STR("c")));
    assert_int_equal(query.field[2].value.len, 0);
    assert_true(str_equal(query.field[3].value, STR("=")));
    arena_free(&arena);
}

static void
bad_queries_are_refused(void **state UNUSED)
{
    static const char *const bad[] = { "a=%",     "a=%f",      "a=%00", "a=%ff",
                                       "a=1&a=2", "a=1&%61=2", "%0d=1" };
    struct arena *arena = arena_new(1 << 16);
    struct query query;

    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_int_equal(read_query(arena, bad[i], &query), ERR_BAD_REQUEST);
    }
    arena_free(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_split_before_they_are_decoded),
        cmocka_unit_test(paths_that_could_mean_another_are_refused),
        cmocka_unit_test(an_authority_replaces_the_host),
        cmocka_unit_test(queries_are_decoded),
        cmocka_unit_test(bad_queries_are_refused),
    };

    return cmocka_run_group_tests_name("http_target", tests, NULL, NULL);
}

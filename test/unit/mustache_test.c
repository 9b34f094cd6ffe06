/* test/unit/mustache_test.c - templates mean what the public specification says.
 *
 * The specification's cases are read from ../shared/mustache-spec (or the directory
 * that MUSTACHE_SPEC names); without it those tests say so and are skipped.
 */
#include <stdio.h>
#include <stdlib.h>

#include "server/page/mustache.h"
#include "test/support/json_value.h"
#include "test/support/unit.h"

enum { OUT_BYTES_MAX = 1 << 20, ARENA_BYTES_MAX = 1 << 20 };

static struct mustache *
set_of(enum mustache_raw raw, const json_t *partials, const char *source)
{
    struct mustache *set = mustache_new(raw);
    struct mustache_fault fault;
    const char *name;
    const json_t *value;

    /* NOLINTNEXTLINE: jansson's macro casts the const away */
    json_object_foreach((json_t *)(uintptr_t)partials, name, value)
    {
        assert_true(mustache_add(set, str_from(name),
                                 str_from(json_string_value(value)), &fault));
    }
    if (!mustache_add(set, STR("main"), str_from(source), &fault)) {
        print_error("line %d: %s in: %s\n", fault.line, fault.reason, source);
        fail();
    }
    return set;
}

static void
expect(const struct mustache *set, const json_t *data, const char *expected)
{
    struct arena *arena = arena_new(ARENA_BYTES_MAX);
    const struct value *context = json_value(arena, data);
    struct buf out;

    buf_init(&out, OUT_BYTES_MAX);
    assert_true(mustache_render(set, STR("main"), &context, 1, &out));
    buf_put_char(&out, '\0');
    assert_string_equal(out.data, expected);
    buf_free(&out);
    arena_free(&arena);
}

static void
run_case(const json_t *test)
{
    const char *source = json_string_value(json_object_get(test, "template"));
    struct mustache *set =
        set_of(MUSTACHE_RAW_ALLOWED, json_object_get(test, "partials"), source);

    expect(set, json_object_get(test, "data"),
           json_string_value(json_object_get(test, "expected")));
    mustache_free(&set);
}

static void
every_case_of_the_specification_holds(void **state)
{
    const char *folder = getenv("MUSTACHE_SPEC");
    char path[4096];
    json_t *spec;

    snprintf(path, sizeof(path), "%s/%s.json",
             folder != NULL ? folder : "../shared/mustache-spec", (const char *)*state);
    spec = json_load_file(path, 0, NULL);
    if (spec == NULL) {
        print_message("%s is not here: skipped\n", path);
        skip();
    }
    for (size_t i = 0; i < json_array_size(json_object_get(spec, "tests")); i++) {
        run_case(json_array_get(json_object_get(spec, "tests"), i));
    }
    json_decref(spec);
}

static void
quotes_are_escaped_in_both_kinds(void **state UNUSED)
{
    struct mustache *set =
        set_of(MUSTACHE_RAW_REFUSED, NULL, "<a title=\"{{x}}\" id='{{x}}'>");
    json_t *data = json_pack("{s:s}", "x", "\"><'&");

    expect(set, data,
           "<a title=\"&quot;&gt;&lt;&#39;&amp;\" id='&quot;&gt;&lt;&#39;&amp;'>");
    json_decref(data);
    mustache_free(&set);
}

/* Wherever it stands, and whatever stands beside it. */
static void
each_of_them_is_escaped_at_every_place(void **state UNUSED)
{
    static const char *const escaped[][2] = {
        { "&", "&amp;" },   { "<", "&lt;" },  { ">", "&gt;" },
        { "\"", "&quot;" }, { "'", "&#39;" },
    };
    static const char plain[] = "#%(-;=?茶\x7f z/:!*{}";
    struct mustache *set = set_of(MUSTACHE_RAW_REFUSED, NULL, "{{x}}");

    for (size_t i = 0; i < COUNT(escaped) * sizeof(plain); i++) {
        const char *const *one = escaped[i / sizeof(plain)];
        size_t at = i % sizeof(plain);
        char text[64], wanted[64];
        json_t *data;

        snprintf(text, sizeof(text), "%.*s%s%s", (int)at, plain, one[0], plain + at);
        snprintf(wanted, sizeof(wanted), "%.*s%s%s", (int)at, plain, one[1],
                 plain + at);
        data = json_object();
        json_object_set_new(data, "x", json_string_nocheck(text));
        expect(set, data, wanted);
        json_decref(data);
    }
    mustache_free(&set);
}

static void
expect_fault(const char *source, int line, const char *reason)
{
    struct mustache *set = mustache_new(MUSTACHE_RAW_REFUSED);
    struct mustache_fault fault;

    assert_false(mustache_add(set, STR("main"), str_from(source), &fault));
    assert_string_equal(fault.reason, reason);
    assert_int_equal(fault.line, line);
    mustache_free(&set);
}

static void
a_wrong_template_is_refused_with_its_line(void **state UNUSED)
{
    expect_fault("\n{{x", 2, "this tag has no end");
    expect_fault("{{#a}}\n{{#b}}\n{{/a}}{{/b}}", 3,
                 "this closes nothing that is open here");
    expect_fault("{{#a}}\n", 1, "this is never closed");
    expect_fault("{{/a}}", 1, "this closes nothing that is open here");
    expect_fault("{{}}", 1, "a name is missing");
    expect_fault("{{a b}}", 1, "a name has no white space");
    expect_fault("{{a..b}}", 1, "a part of this name is empty");
    expect_fault("{{=<%=}}", 1, "these are no two delimiters");
    expect_fault("{{=a b c=}}", 1, "these are no two delimiters");
    expect_fault("{{<p}}{{x}}{{/p}}", 1, "only blocks may stand in a parent");
}

static void
raw_output_is_a_fault_where_it_is_not_asked_for(void **state UNUSED)
{
    expect_fault("a\n{{{x}}}", 2, "nothing is written unescaped here");
    expect_fault("{{&x}}", 1, "nothing is written unescaped here");
}

static void
nesting_beyond_the_limit_is_refused(void **state UNUSED)
{
    char source[16 * (MUSTACHE_DEPTH_MAX + 1)] = "";

    for (int i = 0; i <= MUSTACHE_DEPTH_MAX; i++) {
        strcat(source, "{{#a}}");
    }
    expect_fault(source, 1, "this is nested too deep");
}

static void
a_partial_without_end_fails_instead_of_running(void **state UNUSED)
{
    struct mustache *set =
        set_of(MUSTACHE_RAW_REFUSED, NULL, "x{{#yes}}{{>main}}{{/yes}}");
    json_t *data = json_pack("{s:b}", "yes", 1);
    struct arena *arena = arena_new(ARENA_BYTES_MAX);
    const struct value *context = json_value(arena, data);
    struct buf out;

    buf_init(&out, OUT_BYTES_MAX);
    assert_false(mustache_render(set, STR("main"), &context, 1, &out));
    assert_true(out.len <= MUSTACHE_DEPTH_MAX);
    buf_free(&out);
    arena_free(&arena);
    json_decref(data);
    mustache_free(&set);
}

static void
output_beyond_the_limit_fails(void **state UNUSED)
{
    struct mustache *set = set_of(MUSTACHE_RAW_REFUSED, NULL, "{{#a}}0123456789{{/a}}");
    json_t *data = json_pack("{s:[i,i,i]}", "a", 1, 2, 3);
    struct arena *arena = arena_new(ARENA_BYTES_MAX);
    const struct value *context = json_value(arena, data);
    struct buf out;

    buf_init(&out, 25);
    assert_false(mustache_render(set, STR("main"), &context, 1, &out));
    buf_free(&out);
    arena_free(&arena);
    json_decref(data);
    mustache_free(&set);
}

static void
names_are_looked_for_in_the_last_context_first(void **state UNUSED)
{
    struct mustache *set = set_of(MUSTACHE_RAW_REFUSED, NULL, "{{a}}{{b}}");
    json_t *texts = json_pack("{s:s,s:s}", "a", "1", "b", "2");
    json_t *view = json_pack("{s:s}", "b", "3");
    struct arena *arena = arena_new(ARENA_BYTES_MAX);
    const struct value *const contexts[] = { json_value(arena, texts),
                                             json_value(arena, view) };
    struct buf out;

    buf_init(&out, OUT_BYTES_MAX);
    assert_true(mustache_render(set, STR("main"), contexts, 2, &out));
    assert_true(str_equal(buf_str(&out), STR("13")));
    buf_free(&out);
    arena_free(&arena);
    json_decref(texts);
    json_decref(view);
    mustache_free(&set);
}

static void
a_missing_partial_is_named_by_the_check(void **state UNUSED)
{
    struct mustache *set =
        set_of(MUSTACHE_RAW_REFUSED, NULL, "{{>main}}{{<gone}}{{/gone}}");

    assert_true(str_equal(mustache_missing(set), STR("gone")));
    mustache_free(&set);
}

#define SPEC(file)                                                                 \
    {                                                                              \
        "every_case_of_" #file, every_case_of_the_specification_holds, NULL, NULL, \
            file                                                                   \
    }

int
main(void)
{
    static char comments[] = "comments", delimiters[] = "delimiters",
                interpolation[] = "interpolation", inverted[] = "inverted",
                partials[] = "partials", sections[] = "sections",
                inheritance[] = "~inheritance";
    const struct CMUnitTest tests[] = {
        SPEC(comments),
        SPEC(delimiters),
        SPEC(interpolation),
        SPEC(inverted),
        SPEC(partials),
        SPEC(sections),
        SPEC(inheritance),
        cmocka_unit_test(quotes_are_escaped_in_both_kinds),
        cmocka_unit_test(each_of_them_is_escaped_at_every_place),
        cmocka_unit_test(a_wrong_template_is_refused_with_its_line),
        cmocka_unit_test(raw_output_is_a_fault_where_it_is_not_asked_for),
        cmocka_unit_test(nesting_beyond_the_limit_is_refused),
        cmocka_unit_test(a_partial_without_end_fails_instead_of_running),
        cmocka_unit_test(output_beyond_the_limit_fails),
        cmocka_unit_test(names_are_looked_for_in_the_last_context_first),
        cmocka_unit_test(a_missing_partial_is_named_by_the_check),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

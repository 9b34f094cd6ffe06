/* test/unit/json_test.c - what proto/json.h promises. */
#include "proto/json.h"

#include "base/buf.h"

#include "test/support/unit.h"

static int
make(void **state)
{
    *state = arena_new(256 << 10);
    return 0;
}

static int
drop(void **state)
{
    struct arena *arena = *state;

    arena_free(&arena);
    return 0;
}

static void
what_is_not_one_json_document_is_refused(void **state UNUSED)
{
    static const char *const bad[] = {
        "",
        " ",
        "{",
        "{}}",
        "{} {}",
        "[1,]",
        "1",
        "\"x\"",
        "null",
        "{\"a\":1,\"a\":2}",
        "{\"a\":NaN}",
        "{\"a\":1e999}",
        "{\"a\":9223372036854775808}",
        "{\"a\":\"\\u0000\"}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":\"\xc3\x28\"}",
        "{\"a\":\"\x01\"}",
        "{'a':1}",
        "{\"a\":01}",
        "\xef\xbb\xbf{}",
    };
    json_t *doc;

    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_int_equal(json_parse(str_from(bad[i]), &doc), ERR_BAD_JSON);
        assert_null(doc);
    }
    assert_int_equal(json_parse(str_of("{}\0", 3), &doc), ERR_BAD_JSON);
}

/* `depth` arrays inside each other. */
static enum err
parse_deep(size_t depth)
{
    char text[128];
    json_t *doc;
    enum err err;

    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    err = json_parse(str_of(text, 2 * depth), &doc);
    json_decref(doc);
    return err;
}

static void
depth_has_a_limit(void **state UNUSED)
{
    json_t *doc;

    assert_int_equal(parse_deep(JSON_DEPTH_MAX), ERR_NONE);
    assert_int_equal(parse_deep(JSON_DEPTH_MAX + 1), ERR_BAD_JSON);
    /* Brackets in strings are none, and an escaped quote does not end a string. */
    assert_int_equal(json_parse(STR("[\"[[[[[[[[[[[[[[[[[\\\"[[[[[[\"]"), &doc),
                     ERR_NONE);
    json_decref(doc);
}

static void
keys_have_a_limit(void **state)
{
    struct buf text;
    json_t *doc;

    (void)state;
    for (int keys = JSON_KEYS_MAX; keys <= JSON_KEYS_MAX + 1; keys++) {
        buf_init(&text, 64 << 10);
        for (int i = 0; i < keys; i++) {
            buf_printf(&text, "%c\"k%d\":\":\"", i == 0 ? '{' : ',', i);
        }
        buf_put_char(&text, '}');
        assert_int_equal(json_parse(buf_str(&text), &doc),
                         keys == JSON_KEYS_MAX ? ERR_NONE : ERR_BAD_JSON);
        json_decref(doc);
        buf_free(&text);
    }
}

struct wanted {
    struct str name, text;
    int64_t count;
    bool flag, given, null;
    const json_t *list;
};

static enum err
read_text(struct arena *arena, const char *text, struct wanted *out,
          struct json_fault *fault)
{
    const struct json_field fields[] = {
        { .name = "name",
          .kind = JSON_FIELD_STRING,
          .out = &out->name,
          .min = 1,
          .max = 5,
          .required = true },
        { .name = "text", .kind = JSON_FIELD_TEXT, .out = &out->text, .max = 3 },
        { .name = "count",
          .kind = JSON_FIELD_INTEGER,
          .out = &out->count,
          .min = 1,
          .max = 99,
          .nullable = true,
          .given = &out->given,
          .null = &out->null },
        { .name = "flag", .kind = JSON_FIELD_BOOL, .out = &out->flag },
        { .name = "list", .kind = JSON_FIELD_ARRAY, .out = &out->list, .max = 2 },
    };
    json_t *doc;
    enum err err;

    assert_int_equal(json_parse(str_from(text), &doc), ERR_NONE);
    err = json_read(arena, doc, "at", fields, COUNT(fields), fault);
    json_decref(doc);
    return err;
}

static void
fields_are_read_by_the_table(void **state)
{
    struct wanted out = { .count = 7 };
    struct json_fault fault;

    assert_int_equal(
        read_text(*state, "{\"name\":\"a\",\"count\":99,\"flag\":true}", &out, &fault),
        ERR_NONE);
    assert_true(out.count == 99 && out.flag && out.given && !out.null);
    out = (struct wanted){ .count = 7 };
    assert_int_equal(read_text(*state, "{\"name\":\"a\",\"count\":null}", &out, &fault),
                     ERR_NONE);
    assert_true(out.count == 7 && out.given && out.null);
    out = (struct wanted){ .count = 7 };
    assert_int_equal(
        read_text(*state, "{\"name\":\"a\",\"text\":\" 一二三 \"}", &out, &fault),
        ERR_NONE);
    assert_true(str_equal(out.text, STR("一二三")) && !out.given);
}

static void
a_fault_names_its_field_and_what_it_should_be(void **state)
{
    static const struct {
        const char *text, *path, *reason;
        enum err err;
    } rows[] = {
        { "{}", "at.name", "is required", ERR_INVALID_FIELD },
        { "{\"name\":1}", "at.name", "must be a string", ERR_INVALID_FIELD },
        { "{\"name\":null}", "at.name", "must be a string", ERR_INVALID_FIELD },
        { "{\"name\":\"abcdef\"}", "at.name", "must have 1 to 5 bytes",
          ERR_INVALID_FIELD },
        { "{\"name\":\"a\\n\"}", "at.name", "must hold no control characters",
          ERR_INVALID_FIELD },
        { "{\"name\":\"a\",\"text\":\"abcd\"}", "at.text",
          "must have 0 to 3 characters, none of them control or invisible",
          ERR_INVALID_FIELD },
        { "{\"name\":\"a\",\"count\":1.0}", "at.count",
          "must be an integer from 1 to 99", ERR_INVALID_FIELD },
        { "{\"name\":\"a\",\"count\":100}", "at.count",
          "must be an integer from 1 to 99", ERR_INVALID_FIELD },
        { "{\"name\":\"a\",\"flag\":1}", "at.flag", "must be true or false",
          ERR_INVALID_FIELD },
        { "{\"name\":\"a\",\"list\":[1,2,3]}", "at.list",
          "must be an array of 0 to 2 elements", ERR_INVALID_FIELD },
        { "{\"name\":\"a\",\"nmae\":1}", "at.nmae", "there is no such field",
          ERR_UNKNOWN_FIELD },
        { "{\"name\":\"a\",\"<script>\":1}", "at.?", "there is no such field",
          ERR_UNKNOWN_FIELD },
        { "[]", "at", "must be an object", ERR_INVALID_FIELD },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct wanted out = { .count = 7 };
        struct json_fault fault;

        assert_int_equal(read_text(*state, rows[i].text, &out, &fault), rows[i].err);
        assert_string_equal(fault.path, rows[i].path);
        assert_string_equal(fault.reason, rows[i].reason);
    }
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)
    const struct CMUnitTest tests[] = {
        TEST(what_is_not_one_json_document_is_refused),
        TEST(depth_has_a_limit),
        TEST(keys_have_a_limit),
        TEST(fields_are_read_by_the_table),
        TEST(a_fault_names_its_field_and_what_it_should_be),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test/unit/msgpack_test.c - what proto/msgpack.h promises. */
#include "proto/msgpack.h"

#include "test/support/unit.h"

static void
assert_written(struct buf *out, struct str want)
{
    assert_false(out->full);
    assert_int_equal(out->len, want.len);
    assert_memory_equal(out->data, want.data, want.len);
    buf_free(out);
}

static void
numbers_take_the_shortest_form(void **state UNUSED)
{
    static const struct {
        int64_t number;
        struct str bytes;
    } rows[] = {
        { 0, STR("\x00") },
        { 127, STR("\x7f") },
        { 128, STR("\xcc\x80") },
        { 255, STR("\xcc\xff") },
        { 256, STR("\xcd\x01\x00") },
        { 65536, STR("\xce\x00\x01\x00\x00") },
        { INT64_C(4294967296), STR("\xcf\x00\x00\x00\x01\x00\x00\x00\x00") },
        { -1, STR("\xff") },
        { -32, STR("\xe0") },
        { -33, STR("\xd0\xdf") },
        { -129, STR("\xd1\xff\x7f") },
        { -32769, STR("\xd2\xff\xff\x7f\xff") },
        { INT64_MIN, STR("\xd3\x80\x00\x00\x00\x00\x00\x00\x00") },
    };
    struct buf out;

    for (size_t i = 0; i < COUNT(rows); i++) {
        buf_init(&out, 64);
        msgpack_put_int(&out, rows[i].number);
        assert_written(&out, rows[i].bytes);
    }
}

static void
a_json_document_becomes_the_same_document(void **state UNUSED)
{
    json_t *doc = json_loads("{\"b\":[1,-1,true,false,null],\"a\":{\"\":\"铺\"},"
                             "\"r\":1.5}",
                             0, NULL);
    struct buf out;

    buf_init(&out, 256);
    msgpack_from_json(&out, doc);
    json_decref(doc);
    assert_written(&out, STR("\x83\xa1"
                             "b\x95\x01\xff\xc3\xc2\xc0\xa1"
                             "a\x81\xa0\xa3铺\xa1"
                             "r\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00"));
}

static void
long_strings_and_arrays_say_their_length(void **state UNUSED)
{
    static char text[70000];
    static const struct {
        size_t len;
        struct str head;
    } rows[] = {
        { 31, STR("\xbf") },
        { 32, STR("\xd9\x20") },
        { 256, STR("\xda\x01\x00") },
        { 65536, STR("\xdb\x00\x01\x00\x00") },
    };
    struct buf out;

    memset(text, 'x', sizeof(text));
    for (size_t i = 0; i < COUNT(rows); i++) {
        buf_init(&out, sizeof(text));
        msgpack_put_str(&out, str_of(text, rows[i].len));
        assert_int_equal(out.len, rows[i].head.len + rows[i].len);
        assert_memory_equal(out.data, rows[i].head.data, rows[i].head.len);
        buf_free(&out);
    }
    buf_init(&out, 64);
    msgpack_put_array(&out, 16);
    msgpack_put_map(&out, 65536);
    assert_written(&out, STR("\xdc\x00\x10\xdf\x00\x01\x00\x00"));
}

static void
signed_forms_are_read_when_positive(void **state UNUSED)
{
    struct msgpack_reader reader =
        msgpack_reader(STR("\xd0\x7f\xd3\x00\x00\x00\x00\x00\x00\x01\x00\xd0\x80"));
    uint64_t value;

    assert_true(msgpack_read_uint(&reader, 200, &value));
    assert_true(value == 127);
    assert_false(msgpack_read_uint(&reader, 255, &value)); /* 256: where it was */
    assert_true(msgpack_read_uint(&reader, 256, &value));
    assert_true(value == 256);
    assert_false(msgpack_read_uint(&reader, UINT64_MAX, &value)); /* -128 */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_take_the_shortest_form),
        cmocka_unit_test(a_json_document_becomes_the_same_document),
        cmocka_unit_test(long_strings_and_arrays_say_their_length),
        cmocka_unit_test(signed_forms_are_read_when_positive),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

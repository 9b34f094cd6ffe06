/* test/unit/encode_test.c - decimal; hex and Base64, there and back and refused. */
#include <stdio.h>

#include "base/encode.h"

#include "test/support/unit.h"

static void
hex_goes_there_and_back(void **state UNUSED)
{
    uint8_t bytes[3];
    char hex[7];

    encode_hex(str_of("\x00\xAb\xff", 3), hex);
    assert_string_equal(hex, "00abff");
    assert_true(decode_hex(STR("00aBFf"), bytes, 3));
    assert_memory_equal(bytes, "\x00\xab\xff", 3);
}

static void
hex_of_another_length_or_alphabet_is_refused(void **state UNUSED)
{
    uint8_t bytes[3];

    assert_false(decode_hex(STR("00abf"), bytes, 3));
    assert_false(decode_hex(STR("00abff00"), bytes, 3));
    assert_false(decode_hex(STR("00abfg"), bytes, 3));
}

/* RFC 4648, 10 */
static void
base64_gives_the_published_texts(void **state UNUSED)
{
    static const struct {
        struct str plain;
        const char *text;
        const char *url;
    } cases[] = {
        { STR(""), "", "" },
        { STR("f"), "Zg==", "Zg" },
        { STR("fo"), "Zm8=", "Zm8" },
        { STR("foo"), "Zm9v", "Zm9v" },
        { STR("foob"), "Zm9vYg==", "Zm9vYg" },
        { STR("fooba"), "Zm9vYmE=", "Zm9vYmE" },
        { STR("foobar"), "Zm9vYmFy", "Zm9vYmFy" },
        { STR("\xfb\xff\xfe"), "+//+", "-__-" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[ENCODE_BASE64_BYTES(6)];
        uint8_t bytes[6];
        size_t len = sizeof bytes;

        assert_int_equal(encode_base64(cases[i].plain, text), strlen(cases[i].text));
        assert_string_equal(text, cases[i].text);
        assert_true(decode_base64(str_from(text), bytes, &len));
        assert_true(str_equal(str_of(bytes, len), cases[i].plain));

        assert_int_equal(encode_base64url(cases[i].plain, text), strlen(cases[i].url));
        assert_string_equal(text, cases[i].url);
        len = sizeof bytes;
        assert_true(decode_base64url(str_from(text), bytes, &len));
        assert_true(str_equal(str_of(bytes, len), cases[i].plain));
    }
}

static void
base64_that_is_not_the_one_text_of_a_value_is_refused(void **state UNUSED)
{
    static const char *const bad[] = { "Zg",   "Zg=", "Zh==", "Z===", "Zg==\n",
                                       "Zm9-", "=",   "====", "Zg=a", " Zg==" };
    uint8_t bytes[8];

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        size_t len = sizeof bytes;

        assert_false(decode_base64(str_from(bad[i]), bytes, &len));
    }
}

static void
what_has_no_room_is_refused(void **state UNUSED)
{
    uint8_t bytes[2];
    size_t len = sizeof bytes;

    assert_false(decode_base64(STR("Zm9v"), bytes, &len));
    assert_true(decode_base64(STR("Zm8="), bytes, &len));
    assert_int_equal(len, 2);
    assert_false(decode_base64url(str_of("Zm\0v", 4), bytes, &len));
}

static void
numbers_are_written_as_printf_would(void **state UNUSED)
{
    static const int64_t numbers[] = { 0, 7, 10, -1, 1234567890, INT64_MAX, INT64_MIN };
    char expected[32], text[ENCODE_DECIMAL_BYTES];

    for (size_t i = 0; i < COUNT(numbers); i++) {
        int len = snprintf(expected, sizeof expected, "%lld", (long long)numbers[i]);

        assert_int_equal(encode_decimal(numbers[i], text), len);
        assert_memory_equal(text, expected, (size_t)len);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_written_as_printf_would),
        cmocka_unit_test(hex_goes_there_and_back),
        cmocka_unit_test(hex_of_another_length_or_alphabet_is_refused),
        cmocka_unit_test(base64_gives_the_published_texts),
        cmocka_unit_test(base64_that_is_not_the_one_text_of_a_value_is_refused),
        cmocka_unit_test(what_has_no_room_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

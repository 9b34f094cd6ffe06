/* test/unit/embedded_test.c - what lies in the binary is what lies in the tree. */
#include "base/embedded.h"

#include <string.h>

#include "base/crypto.h"
#include "base/encode.h"
#include "test/support/unit.h"

EMBEDDED(lua)

static void
files_are_found_by_name_with_their_hash(void **state UNUSED)
{
    const struct embedded *file =
        embedded_find(embedded_lua, embedded_lua_count, STR("outbox.lua"));
    uint8_t digest[SHA256_BYTES];
    char hash[9];

    assert_non_null(file);
    assert_true(str_starts(file->bytes, STR("#!lua name=")));
    assert_int_equal(file->bytes.data[file->bytes.len], '\0');
    crypto_sha256(file->bytes, digest);
    encode_hex(str_of(digest, 4), hash);
    assert_string_equal(file->hash, hash);
}

static void
another_name_finds_nothing(void **state UNUSED)
{
    assert_null(embedded_find(embedded_lua, embedded_lua_count, STR("outbox.lu")));
    assert_null(embedded_find(embedded_lua, embedded_lua_count, STR("")));
    assert_null(embedded_find(embedded_lua, 0, STR("outbox.lua")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_found_by_name_with_their_hash),
        cmocka_unit_test(another_name_finds_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

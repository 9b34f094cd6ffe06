/* test/unit/hash_test.c - what base/hash.h promises: SipHash as OpenSSL has it, and a key
 * of the process's own. */
#include "base/hash.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "base/rand.h"
#include "base/table.h"
#include "test/support/unit.h"

static uint64_t
as_openssl_has_it(const uint64_t key[2], const void *bytes, size_t len)
{
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "SIPHASH", NULL);
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
    unsigned rounds = 1, last_rounds = 3;
    size_t size = sizeof(uint64_t), written;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size),
        OSSL_PARAM_construct_uint(OSSL_MAC_PARAM_C_ROUNDS, &rounds),
        OSSL_PARAM_construct_uint(OSSL_MAC_PARAM_D_ROUNDS, &last_rounds),
        OSSL_PARAM_construct_end(),
    };
    uint64_t hash;

    assert_int_equal(EVP_MAC_init(ctx, (const uint8_t *)key, 16, params), 1);
    assert_int_equal(EVP_MAC_update(ctx, bytes, len), 1);
    assert_int_equal(EVP_MAC_final(ctx, (uint8_t *)&hash, &written, sizeof(hash)), 1);
    EVP_MAC_CTX_free(ctx);
    EVP_MAC_free(mac);
    return hash;
}

static void
it_is_siphash_for_every_length(void **state UNUSED)
{
    uint8_t bytes[100];
    uint64_t key[2];

    rand_bytes(bytes, sizeof(bytes));
    rand_bytes(key, sizeof(key));
    for (size_t len = 0; len <= sizeof(bytes); len++) {
        assert_true(hash_bytes_by(key, bytes, len) ==
                    as_openssl_has_it(key, bytes, len));
    }
    assert_true(hash_bytes_by(key, NULL, 0) == hash_bytes_by(key, bytes, 0));
}

static void
it_has_a_key_that_is_not_zero(void **state UNUSED)
{
    static const uint64_t none[2];

    assert_true(hash_bytes("key", 3) == hash_bytes("key", 3));
    assert_false(hash_bytes("key", 3) == hash_bytes_by(none, "key", 3));
}

struct entry {
    char key[16];
    UT_hash_handle hh;
};

static void
tables_find_what_was_put_in(void **state UNUSED)
{
    static struct entry entries[1000];
    struct entry *table = NULL, *found, *next;

    for (size_t i = 0; i < COUNT(entries); i++) {
        snprintf(entries[i].key, sizeof(entries[i].key), "handle-%zu", i);
        HASH_ADD_KEYPTR(hh, table, entries[i].key, strlen(entries[i].key), &entries[i]);
    }
    for (size_t i = 0; i < COUNT(entries); i++) {
        HASH_FIND(hh, table, entries[i].key, strlen(entries[i].key), found);
        assert_ptr_equal(found, &entries[i]);
    }
    HASH_ITER(hh, table, found, next)
    {
        HASH_DEL(table, found);
    }
    assert_null(table);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_siphash_for_every_length),
        cmocka_unit_test(it_has_a_key_that_is_not_zero),
        cmocka_unit_test(tables_find_what_was_put_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

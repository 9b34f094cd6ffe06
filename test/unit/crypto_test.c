/* test/unit/crypto_test.c - published vectors, and what is refused. */
#include "base/crypto.h"

#include <stdlib.h>

#include "base/encode.h"
#include "base/rand.h"
#include "test/support/unit.h"

static void
assert_hex(const void *data, size_t len, const char *expected)
{
    char hex[2 * 64 + 1];

    encode_hex(str_of(data, len), hex);
    assert_string_equal(hex, expected);
}

/* FIPS 180-2, B.1 */
static void
sha256_gives_the_published_digest(void **state UNUSED)
{
    uint8_t digest[SHA256_BYTES];

    crypto_sha256(STR("abc"), digest);
    assert_hex(digest, sizeof digest,
               "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void
a_digest_is_the_same_however_the_data_is_cut(void **state UNUSED)
{
    struct sha256 *sha256 = crypto_sha256_begin();
    uint8_t digest[SHA256_BYTES];

    crypto_sha256_add(sha256, STR("a"));
    crypto_sha256_add(sha256, STR(""));
    crypto_sha256_add(sha256, STR("bc"));
    crypto_sha256_end(&sha256, digest);
    assert_null(sha256);
    assert_hex(digest, sizeof digest,
               "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

/* RFC 4231, test case 2 */
static void
hmac_gives_the_published_code_however_the_data_is_cut(void **state UNUSED)
{
    static const struct str whole[] = { STR("what do ya want for nothing?") };
    static const struct str cut[] = { STR("what do ya "), STR(""),
                                      STR("want for nothing?") };
    const char *expected =
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    uint8_t code[SHA256_BYTES];

    crypto_hmac(STR("Jefe"), whole, 1, true, code);
    assert_hex(code, sizeof code, expected);
    crypto_hmac(STR("Jefe"), cut, 3, false, code);
    assert_hex(code, sizeof code, expected);
}

static void
a_key_made_ready_gives_the_same_codes(void **state UNUSED)
{
    static const struct str messages[] = { STR("first"), STR(""), STR("first") };
    struct hmac *hmac = crypto_hmac_new(STR("key"));
    uint8_t once[SHA256_BYTES], again[SHA256_BYTES];

    for (size_t i = 0; i < COUNT(messages); i++) {
        crypto_hmac(STR("key"), &messages[i], 1, true, once);
        crypto_hmac_make(hmac, &messages[i], 1, true, again);
        assert_memory_equal(once, again, sizeof once);
    }
    crypto_hmac_free(&hmac);
    assert_null(hmac);
}

static void
a_separated_hmac_tells_parts_apart(void **state UNUSED)
{
    static const struct str one[] = { STR("ab"), STR("c") };
    static const struct str other[] = { STR("a"), STR("bc") };
    static const struct str joined[] = { STR("ab\0c") };
    uint8_t a[SHA256_BYTES], b[SHA256_BYTES], c[SHA256_BYTES];

    crypto_hmac(STR("key"), one, 2, true, a);
    crypto_hmac(STR("key"), other, 2, true, b);
    crypto_hmac(STR("key"), joined, 1, true, c);
    assert_memory_not_equal(a, b, sizeof a);
    assert_memory_equal(a, c, sizeof a);
}

static void
what_was_sealed_opens_with_its_key_and_context_only(void **state UNUSED)
{
    uint8_t key[KEY_BYTES], other[KEY_BYTES];
    uint8_t sealed[5 + SEAL_EXTRA_BYTES];
    uint8_t plain[5];
    struct str s = str_of(sealed, sizeof sealed);

    rand_bytes(key, sizeof key);
    rand_bytes(other, sizeof other);
    crypto_seal(key, STR("here"), STR("hello"), sealed);
    assert_true(crypto_open(key, STR("here"), s, plain));
    assert_memory_equal(plain, "hello", 5);
    assert_false(crypto_open(other, STR("here"), s, plain));
    assert_false(crypto_open(key, STR("there"), s, plain));
    assert_false(crypto_open(key, STR("here"), str_of(sealed, 20), plain));
    sealed[14] ^= 1;
    assert_false(crypto_open(key, STR("here"), s, plain));
}

static void
an_empty_text_can_be_sealed(void **state UNUSED)
{
    uint8_t key[KEY_BYTES] = { 0 };
    uint8_t sealed[SEAL_EXTRA_BYTES];
    uint8_t plain[1];

    crypto_seal(key, STR(""), STR(""), sealed);
    assert_true(crypto_open(key, STR(""), str_of(sealed, sizeof sealed), plain));
}

/* RFC 8032, 7.1, test 2 */
static void
ed25519_signs_as_published_and_verifies(void **state UNUSED)
{
    uint8_t seed[ED25519_BYTES], key[ED25519_BYTES], again[ED25519_BYTES];
    uint8_t signature[ED25519_SIGNATURE_BYTES];
    struct str s = str_of(signature, sizeof signature);
    char *pem;

    assert_true(decode_hex(
        STR("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"), seed,
        sizeof seed));
    crypto_ed25519_public(seed, key);
    assert_hex(key, sizeof key,
               "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
    crypto_ed25519_sign(seed, STR("\x72"), signature);
    assert_hex(signature, sizeof signature,
               "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
               "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
    assert_true(crypto_ed25519_verify(key, STR("\x72"), s));
    assert_false(crypto_ed25519_verify(key, STR("\x73"), s));
    assert_false(crypto_ed25519_verify(key, STR("\x72"), str_of(signature, 63)));
    pem = crypto_ed25519_pem(key);
    assert_true(crypto_ed25519_from_pem(str_from(pem), again));
    assert_memory_equal(key, again, sizeof key);
    assert_false(crypto_ed25519_from_pem(STR("-----BEGIN PUBLIC KEY-----\n"), again));
    free(pem);
}

static void
scrypt_is_repeatable_and_salted(void **state UNUSED)
{
    uint8_t a[KEY_BYTES], b[KEY_BYTES], c[KEY_BYTES];

    crypto_scrypt(STR("correct horse"), STR("salt"), a);
    crypto_scrypt(STR("correct horse"), STR("salt"), b);
    crypto_scrypt(STR("correct horse"), STR("pepper"), c);
    assert_memory_equal(a, b, sizeof a);
    assert_memory_not_equal(a, c, sizeof a);
}

static void
equality_minds_length_and_content(void **state UNUSED)
{
    assert_true(crypto_equal(STR("abc"), STR("abc")));
    assert_true(crypto_equal((struct str){ NULL, 0 }, STR("")));
    assert_false(crypto_equal(STR("abc"), STR("abd")));
    assert_false(crypto_equal(STR("abc"), STR("ab")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_gives_the_published_digest),
        cmocka_unit_test(a_digest_is_the_same_however_the_data_is_cut),
        cmocka_unit_test(hmac_gives_the_published_code_however_the_data_is_cut),
        cmocka_unit_test(a_key_made_ready_gives_the_same_codes),
        cmocka_unit_test(a_separated_hmac_tells_parts_apart),
        cmocka_unit_test(what_was_sealed_opens_with_its_key_and_context_only),
        cmocka_unit_test(an_empty_text_can_be_sealed),
        cmocka_unit_test(ed25519_signs_as_published_and_verifies),
        cmocka_unit_test(scrypt_is_repeatable_and_salted),
        cmocka_unit_test(equality_minds_length_and_content),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What storage/shop/profile.h promises of a shop's packed texts. */
#include "storage/shop/profile.h"

#include <string.h>

#include "storage/redis/call.h"
#include "test/support/unit.h"

enum { ARENA_BYTES = 1 << 20 };

static struct reply
reply_of_bytes(struct str bytes)
{
    return (struct reply){ .type = REPLY_STRING, .str = bytes };
}

static void
expect_texts(struct str packed, const struct shop *want)
{
    const struct reply reply = reply_of_bytes(packed);
    struct shop read = { .parked_count = 0 };

    assert_int_equal(shop_take_profile(&reply, &read), ERR_NONE);
    assert_true(str_equal(read.nickname, want->nickname));
    assert_true(str_equal(read.bio, want->bio));
    for (int i = 0; i < SLOTS_MAX; i++) {
        assert_true(str_equal(read.slot[i].note, want->slot[i].note));
    }
}

static void
texts_come_back_as_they_were(void **state UNUSED)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    char bytes[4 * BIO_CHARS_MAX];
    struct shop shop = { .nickname = STR("小店") }, full = { .parked_count = 0 };

    memset(bytes, 'b', sizeof(bytes));
    full.nickname = full.bio = str_of(bytes, sizeof(bytes));
    for (int i = 0; i < SLOTS_MAX; i++) {
        full.slot[i].note = str_of(bytes, sizeof(bytes));
    }
    expect_texts(shop_pack_profile(arena, &shop), &shop);
    shop.slot[0].note = STR("of slot 1");
    shop.slot[SLOTS_MAX - 1].note = STR("of the last");
    expect_texts(shop_pack_profile(arena, &shop), &shop);
    shop.bio = str_of(bytes, 256);
    expect_texts(shop_pack_profile(arena, &shop), &shop);
    expect_texts(shop_pack_profile(arena, &full), &full);
    arena_free(&arena);
}

static void
where_no_profile_is_there_are_no_texts(void **state UNUSED)
{
    const struct reply nil = { .type = REPLY_NIL };
    struct shop shop = { .nickname = STR("") };

    assert_int_equal(shop_take_profile(&nil, &shop), ERR_NONE);
    assert_int_equal(shop.nickname.len, 0);
}

static void
damaged_texts_are_refused(void **state UNUSED)
{
    static const struct str damaged[] = {
        STR(""),
        STR("\x02"),                           /* another format */
        STR("\x01\x00\x01\x00"),               /* no text */
        STR("\x01\x00\x00\x00"),               /* an empty one */
        STR("\x01\x0e\x01\x00x"),              /* no such field */
        STR("\x01\x01\x01\x00x\x00\x01\x00x"), /* not in their order */
        STR("\x01\x00\x01\x00x\x00\x01\x00x"), /* one twice */
        STR("\x01\x00\xff\xff"
            "shorter than that"), /* too long */
    };
    struct arena *arena = arena_new(ARENA_BYTES);
    const struct shop shop = { .nickname = STR("name"), .bio = STR("bio") };
    struct str packed = shop_pack_profile(arena, &shop);
    struct shop read;

    for (size_t i = 0; i < COUNT(damaged); i++) {
        const struct reply reply = reply_of_bytes(damaged[i]);

        assert_int_equal(shop_take_profile(&reply, &read), ERR_BAD_DATA);
    }
    for (size_t cut = 2; cut < packed.len; cut++) {
        const struct reply reply = reply_of_bytes(str_of(packed.data, cut));
        bool whole = cut == 1 + 3 + shop.nickname.len;

        assert_int_equal(shop_take_profile(&reply, &read),
                         whole ? ERR_NONE : ERR_BAD_DATA);
    }
    arena_free(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_come_back_as_they_were),
        cmocka_unit_test(where_no_profile_is_there_are_no_texts),
        cmocka_unit_test(damaged_texts_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
